"""Runs detectors over series, each run once, and takes their costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.evaluation.detectors import Detector, Scorer
from backend.evaluation.pool import spread
from backend.evaluation.series import Series, alerts, weeks_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_WARM: set[type[Scorer]] = set()
"""The kinds of scorers that this process has used."""


class Run(NamedTuple):
    """A scorer's scores of one series in the file's order, its seconds of processor, its model's bytes."""

    scores: FloatArray
    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a detector asks for: of operators alerts a week and series, of the machine the rest."""

    alerts_a_week: float
    seconds_a_series: float
    microseconds_a_reading: float
    model_bytes: float


class Runs:
    """Each scorer's run over every series, computed once, on all processors."""

    def __init__(self, series: Sequence[Series]) -> None:
        self.series = series
        self._done: dict[Scorer, list[Run]] = {}

    def of(self, detector: Detector) -> list[Run]:
        """The runs in the order of the series."""
        scorer = detector.scorer
        if scorer not in self._done:
            readings = sum(map(len, self.series))
            self._done[scorer] = list(spread(partial(_run, scorer), self.series, readings))
        return self._done[scorer]

    def raised(self, detector: Detector) -> list[BoolArray]:
        """The alerts in each series, in its file's order."""
        return [
            alerts(detector, item, run.scores)
            for item, run in zip(self.series, self.of(detector), strict=True)
        ]

    def cost(self, versions: Sequence[Detector]) -> Cost:
        """Medians over the versions of a detector."""
        runs = [self.of(version) for version in versions]
        seconds = [sum(run.seconds for run in one) for one in runs]
        sent = [sum(int(each.sum()) for each in self.raised(version)) for version in versions]
        return Cost(
            alerts_a_week=float(np.median(sent)) / max(sum(map(weeks_of, self.series)), 1e-9),
            seconds_a_series=float(np.median(seconds)) / max(1, len(self.series)),
            microseconds_a_reading=1e6 * float(np.median(seconds)) / max(1, sum(map(len, self.series))),
            model_bytes=float(np.median([run.size for one in runs for run in one])),
        )


def _run(scorer: Scorer, series: Series) -> Run:
    _warm_up(scorer)
    order = series.by_time
    times, values = series.timestamps[order], series.values[order]
    start = time.process_time()
    scores = np.zeros(len(series))
    scores[order] = scorer.score(times, values)
    seconds = time.process_time() - start
    return Run(scores, seconds, scorer.size(times, values))


def _warm_up(scorer: Scorer) -> None:
    """Have this process load what the scorer needs before its time is taken."""
    if type(scorer) not in _WARM:
        scorer.score(60.0 * np.arange(100, dtype=np.float64), np.arange(100, dtype=np.float64))
        _WARM.add(type(scorer))
