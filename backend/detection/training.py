"""From a pair's stored readings to its fitted classic forest, and what every trained model has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.detection.calibration import usual_values
from backend.detection.features import FEATURES, features_of, windows_of
from backend.detection.forest import fit
from backend.detection.forest_memory import PairModel
from backend.detection.packed_forest import PackedForest
from backend.detection.seed import seed_of
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import DetectorName, Fitter

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class NotEnoughSamples(Exception):
    """The pair has too few readings to learn from; ``have`` and ``need`` count them."""

    def __init__(self, have: int, need: int) -> None:
        super().__init__(f"{have} of the {need} samples needed")
        self.have = have
        self.need = need


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A pair's forest and what it was made from.

    ``start`` and ``end`` bound the readings it saw, in seconds. ``features`` are the columns it judges.
    ``verdicts`` bool[n]: which of the compared readings it calls anomalous. ``since``: when the pair's first
    model of this detector was trained.
    """

    key: SeriesKey
    forest: PackedForest | PairModel
    usual: ExpectedRange
    samples: int
    start: float
    end: float
    trained_at: float
    contamination: float
    detector: DetectorName = "isolation_forest"
    features: tuple[str, ...] = FEATURES
    verdicts: BoolArray | None = None
    changed: str = ""
    seasons: bool = False
    since: float | None = None


def outside(spans: Sequence[tuple[float, float]], timestamps: FloatArray) -> BoolArray:
    """Which of float64[n] times lie in none of ``[start, end]``: bool[n]."""
    free = np.ones(len(timestamps), dtype=np.bool_)
    for start, end in spans:
        free &= (timestamps < start) | (timestamps > end)
    return free


def firing_stretches(
    spans: Sequence[tuple[float, float]], anomalous: FloatArray, quiet: float
) -> list[tuple[float, float]]:
    """The parts of incidents' spans that are not to be learned; all times in seconds.

    An incident that nobody resolves spans days, most of them healthy. What lies between two anomalous
    readings of it (float64[n], ascending) and further than ``quiet`` from both is such a stretch, and is cut
    out. Nothing is cut out before the first and after the last: where no forest judged, nothing is known.
    """
    stretches: list[tuple[float, float]] = []
    for start, end in spans:
        fired = anomalous[(anomalous >= start) & (anomalous <= end)]
        breaks = np.flatnonzero(np.diff(fired) > 2 * quiet)
        starts = [start, *(fired[breaks + 1] - quiet).tolist()]
        ends = [*(fired[breaks] + quiet).tolist(), end]
        stretches += zip(starts, ends, strict=True)
    return stretches


def train_pair(
    key: SeriesKey,
    timestamps: FloatArray,
    values: FloatArray,
    *,
    incident_spans: Sequence[tuple[float, float]],
    min_samples: int,
    contamination: float,
    max_gap: float,
    now: float,
    fitter: Fitter = "fast",
) -> TrainedModel:
    """Fit the pair's forest on float64[n] seconds, ascending, and float64[n] values.

    Readings inside one of ``incident_spans`` (``[start, end]``) are not learned as normal. The same readings
    give the same forest: the seed comes from the pair's name. Raises NotEnoughSamples.
    """
    normal = outside(incident_spans, timestamps)
    timestamps, values = timestamps[normal], values[normal]
    if len(values) < min_samples:
        raise NotEnoughSamples(len(values), min_samples)
    features = features_of(windows_of(timestamps, values, max_gap))
    return TrainedModel(
        key=key,
        forest=fit(features, contamination, seed_of(key), fitter),
        usual=usual_values(values),
        samples=len(values),
        start=float(timestamps[0]),
        end=float(timestamps[-1]),
        trained_at=now,
        contamination=contamination,
    )
