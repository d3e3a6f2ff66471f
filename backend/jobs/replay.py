"""Scores of past readings, as live detection would have given them one by one."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.detector import YOUNG
from backend.detection.features import features_of, max_gap, windows_of
from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_memory import PairModel, habits_from
from backend.detection.season import local_seconds
from backend.detection.seed import seed_of
from backend.detection.training import train_pair
from backend.detection.view_forest import ViewForest
from backend.incidents.episodes import Scored
from backend.metrics.readings import SeriesKey
from backend.settings import Fitter

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SHORTEST, _LONGEST = 8, 512
"""Readings pushed at once: after one that fired, and while none does."""

Judge = Callable[[Scored], BoolArray]
"""Some readings -> whether each fires under the present settings: bool[n]."""


class Cancelled(Exception):
    """The replay was asked to stop."""


def by_view_forest(
    key: SeriesKey,
    timestamps: FloatArray,
    values: FloatArray,
    *,
    interval: float,
    zone: ZoneInfo | None,
    min_samples: int,
    quiet: float,
    fires: Judge,
    stopped: Callable[[], bool],
    earlier: tuple[FloatArray, FloatArray] | None = None,
) -> Scored:
    """The view forest's scores of float64[n] ascending seconds and finite values; NaN before ``min_samples``.

    ``earlier``: coarse readings of the weeks before, float64[m] seconds and values: what is usual at a time
    of the day and the week comes from them, as live.

    A reading is not learned within ``quiet`` seconds of one that fired, as live in an incident that nobody
    has resolved yet. Whether one fires is known only with its score, so a block is pushed as if none did;
    where one does, the forest goes back to the block's beginning and takes it up to that one. Raises
    Cancelled.
    """
    forest = ViewForest(interval, np.array([seed_of(key)]), zone=zone)
    if earlier is not None and len(values):
        habits = habits_from(interval, local_seconds(earlier[0], zone), earlier[1])
        forest.put_habits(0, habits, float(timestamps[0]))
    unjudged = np.full(len(values), np.nan)
    scored = Scored(timestamps, values, unjudged, np.zeros(len(values), dtype=np.bool_))
    at, size, learned, fired_at = 0, _LONGEST, 0, -np.inf
    while at < len(values):
        if stopped():
            raise Cancelled
        held_to = int(np.searchsorted(timestamps, fired_at + quiet, side="right"))
        learns = held_to <= at
        part = scored.part(slice(at, at + size if learns else min(held_to, at + _LONGEST)))
        before = {name: array.copy() for name, array in forest.state().items()} if learns else {}
        known = learned + learns * np.arange(1, len(part.values) + 1)
        part.grown[:] = known >= YOUNG
        part.scores[:] = np.where(known > min_samples, _push(forest, part, learned=learns), np.nan)
        fired = np.flatnonzero(fires(part))
        taken = len(part.values)
        if learns and len(fired):
            taken, size = int(fired[0]) + 1, _SHORTEST
            if taken < len(part.values):
                forest.restore(before)
                _push(forest, part.part(slice(taken)), learned=True)
        elif learns:
            size = min(2 * size, _LONGEST)
        if len(fired):
            fired_at = float(part.timestamps[min(taken - 1, int(fired[-1]))])
        learned += taken if learns else 0
        at += taken
    return scored


def by_classic_forest(
    key: SeriesKey,
    timestamps: FloatArray,
    values: FloatArray,
    *,
    start: float,
    interval: float,
    min_samples: int,
    contamination: float,
    fitter: Fitter = "fast",
    stopped: Callable[[], bool],
) -> tuple[Scored, float]:
    """The scores by a forest fitted on what lies before ``start`` (NaN there), and the threshold it learned.

    Raises NotEnoughSamples where too little lies there, and Cancelled.
    """
    past = timestamps < start
    model = train_pair(
        key,
        timestamps[past],
        values[past],
        incident_spans=[],
        min_samples=min_samples,
        contamination=contamination,
        max_gap=max_gap(interval),
        now=start,
        fitter=fitter,
    )
    if isinstance(model.forest, PairModel):
        raise TypeError(f"a model of the {model.detector} judges no features")
    batch = ForestBatch([model.forest])
    features = features_of(windows_of(timestamps, values, max_gap(interval)))
    scores = np.full(len(values), np.nan)
    for at in range(int(past.sum()), len(values), _LONGEST):
        if stopped():
            raise Cancelled
        part = slice(at, min(at + _LONGEST, len(values)))
        scores[part] = batch.score(np.zeros(part.stop - at, dtype=np.intp), features[part])
    # Live a score must lie above it; the episodes take what reaches it.
    grown = np.full(len(values), model.samples >= YOUNG)
    threshold = float(np.nextafter(model.forest.verdict_threshold, np.inf))
    return Scored(timestamps, values, scores, grown), threshold


def _push(forest: ViewForest, readings: Scored, *, learned: bool) -> FloatArray:
    pairs = np.zeros(len(readings.values), dtype=np.int64)
    return forest.push(pairs, readings.timestamps, readings.values, np.full(len(pairs), learned))
