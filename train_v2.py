"""Train the models by hand: ``python train_v2.py [--config FILE] [--service NAME] [--metric KEY] [--force]``.

The same as ``canopy train``: reads the datasets, shows a progress bar, writes a whole generation of models.
A running Canopy serves it from its next poll on.
"""

import sys

from backend.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
