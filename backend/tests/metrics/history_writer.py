"""The process that the kill test kills: stores readings and says on stdout which ones are stored.

    python -m backend.tests.metrics.history_writer FOLDER

Every third reading is left to a backfill, so that rewriting a file is killed too, and so is moving the
readings out of the block.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State, Verdict

KEYS = [SeriesKey(service, "cpu") for service in ("shop", "a/b")]
STEP = 15.0


def value_at(time: float) -> float:
    """What a test expects of a reading at that time."""
    return time / 7


def main(root: Path) -> None:
    store = HistoryStore(root)
    number = round(max((store.last_timestamp(key) or 0.0) for key in KEYS) / STEP)
    while True:
        number += 1
        time = number * STEP
        if number % 3:
            verdict = Verdict.ANOMALY if number % 5 == 0 else Verdict.NORMAL
            readings = [Reading(key, time, value_at(time), State.SCORED, verdict=verdict) for key in KEYS]
            assert store.append(readings, "live") == {}
            stored = [time]
        else:
            stored = [time - 3 * STEP, time - 2 * STEP] if number > 3 else []
            for key in KEYS:
                store.backfill(key, np.array(stored), np.array([value_at(at) for at in stored]))
        if number % 4 == 0:
            store.flush()
        for time in stored:
            sys.stdout.write(f"{time}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
