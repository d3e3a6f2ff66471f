"""The expected range: the values for which a pair's newest reading would not have passed its threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.forest_loops import score_if
from backend.detection.forest_memory import Memory
from backend.detection.views import LARGEST, VIEWS, Past, Spans, look, past_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NEAREST = 1e-6
_RATIO = 2.0**0.25
_BISECTIONS = 32
"""Halvings of the last step outward, a fifth of the way at most: to a billionth of the range."""
_LONG_MEAN = VIEWS.index("long_mean")
_BASELINES = tuple(VIEWS.index(view) for view in ("delta", "from_median", "daily", "weekly"))
"""Views that are the value less what was usual: the value less the view is a value to start from."""


@njit(cache=True, nogil=True)
def bounds(memory: Memory, spans: Spans, pairs: IntArray, thresholds: FloatArray, out: FloatArray) -> None:
    """Write to float64[n, 2] the values around what is usual that would have scored below the thresholds.

    From the most usual value the search goes outward in steps that grow by a fifth and then halves the last
    one, to a billionth of the range: the bounds are those of the score as it is, the effect of the value on
    every view and the day's allowance included. A bound is infinite where no value passes. NaN where the
    pair is not ready, or every usual value would have passed too: what came before is the anomaly, and no
    value ends it at once. A metric that was never below 0 says nothing here; the caller knows what its
    values can be.
    """
    room = np.empty((2, len(VIEWS)))
    starts = np.empty(2 + len(_BASELINES))
    for i in range(len(pairs)):
        pair = pairs[i]
        out[i] = np.nan
        if memory.window.counts[pair, 2] == 0 or memory.views.counts[pair, 0] == 0:
            continue
        past = past_of(memory.views, pair, spans)
        value = memory.views.recent[pair, -1]
        look(past, value, room[0])
        starts[0], starts[1] = value, room[0, _LONG_MEAN]
        for at in range(len(_BASELINES)):
            starts[2 + at] = value - room[0, _BASELINES[at]]
        lowest, centre, size = np.inf, value, 0.0
        for start in starts:
            score = score_if(memory, pair, past, start, room)
            size = max(size, abs(start))
            if score < lowest:
                lowest, centre = score, start
        if lowest < thresholds[i]:
            size = size if size > 0.0 else 1.0
            out[i, 0] = _bound(memory, pair, past, thresholds[i], centre, -size, room)
            out[i, 1] = _bound(memory, pair, past, thresholds[i], centre, size, room)


@njit(cache=True, nogil=True)
def _bound(
    memory: Memory, pair: int, past: Past, threshold: float, centre: float, size: float, room: FloatArray
) -> float:
    """The last value from ``centre`` in the direction of ``size`` that does not pass."""
    inside = centre
    step = size * _NEAREST
    outside = centre + step
    while score_if(memory, pair, past, outside, room) < threshold:
        if abs(outside) > LARGEST:
            return np.copysign(np.inf, size)
        inside = outside
        step *= _RATIO
        outside = centre + step
    for _ in range(_BISECTIONS):
        middle = 0.5 * (inside + outside)
        if middle in (inside, outside):
            break
        if score_if(memory, pair, past, middle, room) >= threshold:
            outside = middle
        else:
            inside = middle
    return inside
