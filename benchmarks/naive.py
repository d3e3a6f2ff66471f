"""The naive build: a scikit-learn model called per pair, pandas features, a CSV opened per reading."""

from __future__ import annotations

import io
import statistics
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from backend.detection.features import FEATURES, ROLLING_WINDOW, features_of, max_gap, windows_of
from benchmarks import made_up
from benchmarks.made_up import START, STEP

FloatArray = NDArray[np.float64]

MODELS = 200
"""Distinct models that are really fitted: its cost is linear in the pairs, and 10,000 would need 14 GB."""
ROUNDS = 3
TRAINED_ON = 11_520
"""Readings: two days, what Canopy trains a classic forest on."""


class Naive(NamedTuple):
    """Medians a pair, CPU seconds: one tick, the calls to the model in it, its fit, its load; bytes."""

    models: int
    tick: float
    score: float
    fit: float
    load: float
    memory: float
    disk: float


def training_rows(number: int) -> FloatArray:
    """The five features of a pair's past: float64[n, 5]."""
    times = START - STEP * np.arange(float(TRAINED_ON), 0.0, -1.0)
    return features_of(windows_of(times, made_up.values(times, number), max_gap(STEP)))


def measure(folder: Path, models: int = MODELS) -> Naive:
    """Fit the models, then tick: all of it in this process, one pair after the other."""
    before = resident()
    fits, forests = [], []
    for number in range(models):
        rows = training_rows(number)
        forest = IsolationForest(n_estimators=100, max_samples=256, contamination=0.01, random_state=number)
        fits.append(cpu(lambda forest=forest, rows=rows: forest.fit(rows)))  # type: ignore[misc]
        forests.append(forest)
    memory = (resident() - before) / models
    file = io.BytesIO()
    joblib.dump(forests[0], file)
    load = [cpu(lambda: joblib.load(io.BytesIO(file.getvalue()))) for _ in range(9)]
    ticks, scores = zip(*[_tick(forests, folder, number) for number in range(ROUNDS + 1)], strict=True)
    return Naive(
        models,
        statistics.median(ticks[1:]) / models,
        statistics.median(scores[1:]) / models,
        statistics.median(fits),
        statistics.median(load),
        memory,
        len(file.getvalue()),
    )


def _tick(forests: list[IsolationForest], folder: Path, number: int) -> tuple[float, float]:
    """CPU seconds of a tick over all, and of the models' part in it."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = [
        made_up.poll_values(START + STEP * i, len(forests), len(forests)) for i in range(ROLLING_WINDOW)
    ]
    windows = [deque(window, ROLLING_WINDOW) for window in np.array(columns).T.tolist()]
    scoring = 0.0
    before = time.process_time()
    for i, (window, value) in enumerate(zip(windows, columns[number].tolist(), strict=True)):
        window.append(value)
        series = pd.Series(window)
        rolling = series.rolling(ROLLING_WINDOW, min_periods=1)
        mean, std = rolling.mean().iloc[-1], rolling.std(ddof=0).iloc[-1]
        features = [[value, series.diff().iloc[-1], mean, std, (value - mean) / std]]
        row = pd.DataFrame(features, columns=list(FEATURES)).to_numpy()
        started = time.process_time()
        score, verdict = forests[i].decision_function(row)[0], forests[i].predict(row)[0]
        scoring += time.process_time() - started
        with (folder / f"{i}.csv").open("a") as file:
            file.write(f"{value},{score},{verdict}\n")
    return time.process_time() - before, scoring


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def resident() -> int:
    """Bytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
