"""The words of the scorecard's page: what its figures mean and where its data comes from."""

from __future__ import annotations

import os
import platform


def introduction(seeds: int) -> str:
    """What stands above the tables; it names the machine, without which seconds mean nothing."""
    medians = "of one seed" if seeds == 1 else f"medians over {seeds} seeds"
    return f"""# Scorecard

What Canopy's detector is worth beside simpler ones. `make scorecard DATA=...` wrote this page, not a hand.

- Every detector is shown one reading at a time and scores it by those before it: nothing of the future, no
  labels, one configuration and one threshold for every series.
- Figures are {medians}. *± over files* is the standard error of NAB's score over the choice of
  files (bootstrap): differences within it mean nothing. *Best threshold* is what tuning to these very files
  would give: no one has that beforehand.
- NAB counts by its published rules: 0 says nothing, 100 is perfect, in three profiles. On labelled events,
  AUC-PR and VUS-PR are means over series and event F1 counts alerts at the shipped threshold; the first 15 %
  of a series do not count.
- The *view forest* is Canopy's default. The *classic forest* is scikit-learn's isolation forest on
  five features, refitted daily, alone and with the view forest's rule of one alert an episode. The *z-score*
  alerts at three standard deviations of the last 4,000 readings.
- *s a series* and *µs a reading* are processor time, refits included ({os.cpu_count()} cores,
  {platform.machine()}, Python {platform.python_version()}). *kB a model* is what is kept beside the readings
  that a model is fitted to.
"""


ENDING = """## Where the data comes from, and how to measure your own

- `nab/`: the Numenta Anomaly Benchmark, github.com/numenta/NAB (MIT): a checkout, or some of its files with
  their windows in a `windows.json`.
- `mscloud/`: Microsoft's cloud monitoring data set, github.com/microsoft/cloud-monitoring-dataset (MIT): CSVs
  with `TimeStamp,Value,Label`.

`make scorecard DATA=FOLDER` takes any folder of folders like these, or one of them, and writes this page anew
(`OUT=mine/scorecard.md`: elsewhere). Series without labels are welcome too: of them it tells how often each
detector would alert. `canopy simulate` makes series to try it on ([tutorial](tutorial.md)).
"""
