"""The detectors that are measured side by side, each over one series as if it were live."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.afterglow import afterglow
from backend.detection.features import features_of, windows_of
from backend.detection.forest import fit
from backend.detection.forest_batch import ForestBatch
from backend.detection.incident_rule import IncidentRule
from backend.detection.packed_forest import PackedForest
from backend.detection.view_forest import THRESHOLD, ViewForest

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_DEFAULT_INTERVAL = 60.0
_DAY = 86_400.0
_LARGEST = 1e150
"""Values are cut here: the square of a larger one is infinite."""


class Scorer(Protocol):
    """Scores each reading by those before it.

    ``score`` takes float64[n] ascending seconds and finite values and gives float64[n] in 0..1. ``size`` says
    how many bytes the model of such a series has, beside the readings that it is fitted to.
    """

    def score(self, timestamps: FloatArray, values: FloatArray, /) -> FloatArray: ...

    def size(self, timestamps: FloatArray, values: FloatArray, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Detector:
    """A scorer, the threshold it ships with, whether one episode gives one alert, and whether scores fade."""

    name: str
    scorer: Scorer
    threshold: float
    one_alert_an_episode: bool
    fades: bool = False

    def published(self, scores: FloatArray) -> FloatArray:
        """The scores as they are written and ranked, in order of time: float64[n] -> float64[n]."""
        return afterglow(scores) if self.fades else scores

    def alerts(self, timestamps: FloatArray, scores: FloatArray, threshold: float | None = None) -> BoolArray:
        """The readings at which an alert would be sent, bool[n]; by default at the shipped threshold."""
        limit = self.threshold if threshold is None else threshold
        if not self.one_alert_an_episode:
            return scores >= limit
        return IncidentRule().push(np.zeros(len(scores), dtype=np.int64), timestamps, scores, limit)


def interval_of(timestamps: FloatArray) -> float:
    """The usual distance of ascending timestamps, in seconds; a minute for a series without one."""
    steps = np.diff(timestamps)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else _DEFAULT_INTERVAL


@dataclass(frozen=True, slots=True)
class ViewForestScorer:
    """The default detector, one pair."""

    seed: int = 0
    zone: ZoneInfo | None = None

    def score(self, timestamps: FloatArray, values: FloatArray) -> FloatArray:
        """See Scorer."""
        forest = ViewForest(interval_of(timestamps), np.array([self.seed]), zone=self.zone)
        return forest.push(np.zeros(len(values), dtype=np.int64), timestamps, values)

    def size(self, timestamps: FloatArray, _: FloatArray) -> int:
        """See Scorer: what a model file keeps, which is of one size for every series of an interval."""
        forest = ViewForest(interval_of(timestamps), np.array([self.seed]), zone=self.zone)
        return sum(np.asarray(part).nbytes for part in forest.model(0))


@dataclass(frozen=True, slots=True)
class ClassicForestScorer:
    """The five-feature scikit-learn forest, fitted anew every day, as live, on its last readings.

    Where a day has fewer than ``least_refit`` readings it waits for so many: a fit takes a tenth of a second.
    """

    seed: int = 0
    window: int = 4000
    first: int = 50
    least_refit: int = 288

    def score(self, timestamps: FloatArray, values: FloatArray) -> FloatArray:
        """See Scorer; 0 until the first fit."""
        features = features_of(windows_of(timestamps, values, np.inf))
        scores = np.zeros(len(values))
        refit_every = max(self.least_refit, round(_DAY / interval_of(timestamps)))
        start = self.first
        while start < len(values):
            end = min(len(values), start + min(start, refit_every))
            batch = ForestBatch([self._fitted(features[:start])])
            scores[start:end] = batch.score(np.zeros(end - start, dtype=np.intp), features[start:end])
            start = end
        return scores

    def size(self, timestamps: FloatArray, values: FloatArray) -> int:
        """See Scorer: the forest as it is stored."""
        features = features_of(windows_of(timestamps, values, np.inf))
        return len(pickle.dumps(self._fitted(features))) if len(values) else 0

    def _fitted(self, features: FloatArray) -> PackedForest:
        return fit(features[-self.window :], contamination=0.01, seed=self.seed, fitter="scikit-learn")


@dataclass(frozen=True, slots=True)
class ZScoreScorer:
    """How many standard deviations a reading lies from the mean of those before it; 3 of them score 0.5."""

    window: int = 4000
    first: int = 50

    def score(self, _: FloatArray, values: FloatArray) -> FloatArray:
        """See Scorer; 0 until there are enough readings."""
        scores = np.zeros(len(values))
        values = np.clip(values, -_LARGEST, _LARGEST)
        for i in range(self.first, len(values)):
            past = values[max(0, i - self.window) : i]
            away, spread = abs(values[i] - past.mean()), past.std()
            scores[i] = away / (away + 3 * spread) if away > 0 else 0.0
        return scores

    def size(self, *_: FloatArray) -> int:
        """See Scorer: a mean and a deviation."""
        return 16


def detectors(seed: int, zone: ZoneInfo | None = None) -> list[Detector]:
    """The default detector and, after it, what it is compared with."""
    classic = ClassicForestScorer(seed)
    return [
        Detector("view forest", ViewForestScorer(seed, zone), THRESHOLD, True, fades=True),
        Detector("classic forest + incident rule", classic, 0.6, True),
        Detector("classic forest", classic, 0.6, False),
        Detector("z-score", ZScoreScorer(), 0.5, False),
    ]
