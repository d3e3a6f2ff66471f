"""Keeping one poll's readings on the disk: ours, and the ways that come to mind first, in CPU time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backend.metrics.history import BATCH, HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict

STEP = 15.0
START = 1_767_225_600.0
PANDAS_PAIRS = 500
ROUNDS = 3
"""Batches of BATCH polls that are measured, after one that creates the files."""


def measure(pairs: int) -> dict[str, Any]:
    """CPU milliseconds a poll of ``pairs`` readings (medians), and of ours the wall time too.

    Ours has synced what it acknowledges, the others have not. pandas is measured on PANDAS_PAIRS pairs and
    scaled; its cost is linear in them.
    """
    keys = [SeriesKey(f"service-{i}", "lat") for i in range(pairs)]
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(keys, Path(folder) / "ours")
        opened = _opened(keys, Path(folder) / "opened")
        few = keys[:PANDAS_PAIRS]
        pandas = _pandas(few, Path(folder) / "pandas") * len(keys) / len(few)
    total = ours["append"][0] + ours["move"][0]
    return {
        "pairs": pairs,
        "polls_a_batch": BATCH,
        "pandas_pairs_measured": len(few),
        "append_cpu_ms": 1000 * ours["append"][0],
        "append_wall_ms": 1000 * ours["append"][1],
        "move_cpu_ms_a_poll": 1000 * ours["move"][0],
        "open_each_csv_cpu_ms": 1000 * opened,
        "pandas_cpu_ms": 1000 * pandas,
        "append_ratio_open_each_csv": opened / total,
        "append_ratio_pandas": pandas / total,
    }


def _readings(keys: list[SeriesKey], number: int) -> list[Reading]:
    """What a poll of healthy pairs gives."""
    numbers = np.random.default_rng(number).gamma(2, 5, (len(keys), 6)).tolist()
    return [
        Reading(
            key=key,
            timestamp=START + STEP * number,
            value=value,
            state=State.SCORED,
            severity=Severity.NORMAL,
            verdict=Verdict.NORMAL,
            score=score / 100,
            features={"delta": delta, "rolling_mean": mean, "rolling_std": std, "zscore": z},
        )
        for key, (value, score, delta, mean, std, z) in zip(keys, numbers, strict=True)
    ]


def _ours(keys: list[SeriesKey], folder: Path) -> dict[str, tuple[float, float]]:
    """(CPU, wall) seconds a poll: appending, and a poll's share of moving a batch into the CSVs."""
    store = HistoryStore(folder)
    appends, moves = [], []
    for batch in range(ROUNDS + 1):
        for number in range(batch * BATCH, (batch + 1) * BATCH):
            readings = _readings(keys, number)
            appends.append(_timed(lambda some=readings: store.append(some, "live")))  # type: ignore[misc]
        moves.append(_timed(store.flush))
    append = [statistics.median(part) for part in zip(*appends[BATCH:], strict=True)]
    move = [statistics.median(part) / BATCH for part in zip(*moves[1:], strict=True)]
    return {"append": (append[0], append[1]), "move": (move[0], move[1])}


def _opened(keys: list[SeriesKey], folder: Path) -> float:
    """A CSV opened for each reading: CPU seconds a poll."""
    folder.mkdir(parents=True)

    def poll(number: int) -> None:
        for reading in _readings(keys, number):
            row = [reading.timestamp, reading.value, reading.verdict, reading.severity, reading.score]
            row += reading.features.values()
            with (folder / f"{reading.key.service}.csv").open("a") as file:
                file.write(",".join(map(str, row)) + "\n")

    return _median_poll(keys, poll)


def _pandas(keys: list[SeriesKey], folder: Path) -> float:
    """A row appended by pandas for each reading: CPU seconds a poll."""
    folder.mkdir(parents=True)

    def poll(number: int) -> None:
        for reading in _readings(keys, number):
            row = {"timestamp": reading.timestamp, "value": reading.value, "score": reading.score}
            path = folder / f"{reading.key.service}.csv"
            pd.DataFrame([row | reading.features]).to_csv(path, mode="a", header=False, index=False)

    return _median_poll(keys, poll)


def _median_poll(keys: list[SeriesKey], poll: Callable[[int], None]) -> float:
    """The median poll, without what making the readings takes; the first one creates the files."""
    poll(0)
    making = statistics.median(_timed(lambda: _readings(keys, 1))[0] for _ in range(3))
    return statistics.median(_timed(lambda n=n: poll(n))[0] for n in range(1, 4)) - making  # type: ignore[misc]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall
