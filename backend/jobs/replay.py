"""Scores of past readings, as live detection would have given them one by one."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.features import features_of, max_gap, windows_of
from backend.detection.forest import ForestBatch, pack
from backend.detection.seed import seed_of
from backend.detection.training import train_pair
from backend.detection.view_forest import ViewForest
from backend.metrics.readings import SeriesKey

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SHORTEST, _LONGEST = 8, 2048
"""Readings pushed at once, while it changes often whether they fire, and while it does not."""

Fires = Callable[[slice, FloatArray], BoolArray]
"""(which readings, their scores) -> whether each fires under the present settings: bool[n]."""


class Cancelled(Exception):
    """The replay was asked to stop."""


def by_view_forest(
    key: SeriesKey,
    timestamps: FloatArray,
    values: FloatArray,
    *,
    interval: float,
    zone: ZoneInfo | None,
    fires: Fires,
    stopped: Callable[[], bool],
) -> FloatArray:
    """The view forest's scores of float64[n] ascending seconds and finite values; NaN before it was ready.

    A reading after one that fired is not learned: live it lies inside an incident. Whether one fires is known
    only with its score, so a block is pushed as if all went on as before; where it did not, the forest goes
    back to the block's beginning and takes the part that was right. Raises Cancelled.
    """
    forest = ViewForest(interval, np.array([seed_of(key)]), zone=zone)
    scores = np.full(len(values), np.nan)
    at, size, firing = 0, _LONGEST, False
    while at < len(values):
        if stopped():
            raise Cancelled
        part = slice(at, min(at + size, len(values)))
        before = {name: array.copy() for name, array in forest.state().items()}
        found = _push(forest, timestamps[part], values[part], learned=not firing)
        changed = np.flatnonzero(fires(part, found) != firing)
        taken = int(changed[0]) + 1 if len(changed) else len(found)
        if taken < len(found):
            forest.restore(before)
            part = slice(at, at + taken)
            found = _push(forest, timestamps[part], values[part], learned=not firing)
        scores[part] = found
        firing ^= bool(len(changed))
        at += taken
        size = _SHORTEST if len(changed) else min(2 * size, _LONGEST)
    return scores


def by_classic_forest(
    key: SeriesKey,
    timestamps: FloatArray,
    values: FloatArray,
    *,
    start: float,
    interval: float,
    min_samples: int,
    contamination: float,
    stopped: Callable[[], bool],
) -> tuple[FloatArray, float]:
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
    )
    packed = pack(model.forest)
    batch = ForestBatch([packed])
    features = features_of(windows_of(timestamps, values, max_gap(interval)))
    scores = np.full(len(values), np.nan)
    for at in range(int(past.sum()), len(values), _LONGEST):
        if stopped():
            raise Cancelled
        part = slice(at, min(at + _LONGEST, len(values)))
        scores[part] = batch.score(np.zeros(part.stop - at, dtype=np.intp), features[part])
    # Live a score must lie above it; the episodes take what reaches it.
    return scores, float(np.nextafter(packed.verdict_threshold, np.inf))


def _push(forest: ViewForest, timestamps: FloatArray, values: FloatArray, *, learned: bool) -> FloatArray:
    pairs = np.zeros(len(values), dtype=np.int64)
    ready = bool(forest.is_ready(pairs[:1])[0])
    scores = forest.push(pairs, timestamps, values, np.full(len(values), learned))
    return scores if ready else np.where(scores > 0, scores, np.nan)
