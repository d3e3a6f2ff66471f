"""The expected range: the values for which a pair's newest reading would not have passed its threshold."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.forest_loops import scores_if
from backend.detection.forest_memory import Memory
from backend.detection.views import LARGEST, VIEWS, Spans, what_if
from backend.metrics.readings import ExpectedRange

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NEAREST = 1e-6
_RATIO = 2.0**0.25
_BISECTIONS = 60
_VALUE = VIEWS.index("value")
_LONG_MEAN = VIEWS.index("long_mean")
_BASELINES = tuple(VIEWS.index(view) for view in ("delta", "from_median", "daily", "weekly"))
"""Views that are the value less what was usual: the value less the view is a value to start from."""


class Expects(Protocol):
    """A view forest or an arena of them."""

    def expected(self, pairs: IntArray, thresholds: FloatArray, /) -> FloatArray: ...


def expected_range(forest: Expects, pair: int, threshold: float) -> ExpectedRange | None:
    """One pair's `bounds`, None where there are none."""
    low, high = forest.expected(np.array([pair]), np.array([threshold]))[0].tolist()
    return None if np.isnan(low) else ExpectedRange(low, high)


@njit(cache=True, nogil=True)
def bounds(memory: Memory, spans: Spans, pairs: IntArray, thresholds: FloatArray, out: FloatArray) -> None:
    """Write to float64[n, 2] the values around what is usual that would have scored below the thresholds.

    From the most usual value the search goes outward in steps that grow by a fifth and then halves the last
    one until float64 is exhausted: the bounds are exact for the score as it is, the effect of the value on
    every view and the day's allowance included. A bound is infinite where no value passes. NaN where the
    pair is not ready, or every usual value would have passed too: what came before is the anomaly, and no
    value ends it at once. A metric that was never below 0 says nothing here; the caller knows what its
    values can be.
    """
    views = np.empty((1, len(VIEWS)))
    starts = np.empty(2 + len(_BASELINES))
    scores = np.empty(len(starts))
    for i in range(len(pairs)):
        pair = pairs[i]
        out[i] = np.nan
        if memory.window.counts[pair, 2] == 0 or memory.views.counts[pair, 0] == 0:
            continue
        what_if(memory.views, pair, spans, memory.views.recent[pair, -1:], views)
        value = views[0, _VALUE]
        starts[0], starts[1] = value, views[0, _LONG_MEAN]
        for at in range(len(_BASELINES)):
            starts[2 + at] = value - views[0, _BASELINES[at]]
        scores_if(memory, spans, pair, starts, scores)
        best = np.argmin(scores)
        if scores[best] < thresholds[i]:
            size = np.max(np.abs(starts))
            size = size if size > 0.0 else 1.0
            out[i, 0] = _bound(memory, spans, pair, thresholds[i], starts[best], -size)
            out[i, 1] = _bound(memory, spans, pair, thresholds[i], starts[best], size)


@njit(cache=True, nogil=True)
def _bound(memory: Memory, spans: Spans, pair: int, threshold: float, centre: float, size: float) -> float:
    """The last value from ``centre`` in the direction of ``size`` that does not pass."""
    value = np.empty(1)
    score = np.empty(1)
    inside = centre
    step = size * _NEAREST
    while True:
        if abs(step) > LARGEST:
            return np.copysign(np.inf, size)
        value[0] = centre + step
        scores_if(memory, spans, pair, value, score)
        if score[0] >= threshold:
            break
        inside = value[0]
        step *= _RATIO
    outside = value[0]
    for _ in range(_BISECTIONS):
        value[0] = 0.5 * (inside + outside)
        scores_if(memory, spans, pair, value, score)
        if score[0] >= threshold:
            outside = value[0]
        else:
            inside = value[0]
    return inside
