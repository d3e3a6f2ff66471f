"""The expected range: the values for which a pair's newest reading would not have passed its threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.view_forest import ViewForest
from backend.detection.views import LARGEST, VIEWS
from backend.metrics.readings import ExpectedRange

FloatArray = NDArray[np.float64]

_NEAREST = 1e-6
_RATIO = 2.0**0.25
_BISECTIONS = 60
_BASELINES = ("delta", "from_median", "daily", "weekly")
"""Views that are the value less what was usual: the value less the view is a value to start from."""


def expected_range(forest: ViewForest, pair: int, threshold: float) -> ExpectedRange | None:
    """The values around what is usual that would have scored below ``threshold``, the past held fixed.

    From the most usual value the search goes outward in steps that grow by a fifth and then halves the last
    one until float64 is exhausted: the bounds are exact for the score as it is, the effect of the value on
    every view and the day's allowance included. A bound is infinite where no value passes. None where every
    usual value would have passed too: what came before is the anomaly, and no value ends it at once. A
    metric that was never below 0 says nothing here; the caller knows what its values can be.
    """
    views = dict(zip(VIEWS, forest.views(pair).tolist(), strict=True))
    value = views["value"]
    starts = np.array([value, views["long_mean"], *(value - views[name] for name in _BASELINES)])
    scores = forest.scores_if(pair, starts)
    if scores.min() >= threshold:
        return None
    centre = float(starts[scores.argmin()])
    size = float(np.abs(starts).max()) or 1.0
    return ExpectedRange(
        _bound(forest, pair, threshold, centre, -size), _bound(forest, pair, threshold, centre, size)
    )


def _bound(forest: ViewForest, pair: int, threshold: float, centre: float, size: float) -> float:
    """The last value from ``centre`` in the direction of ``size`` that does not pass."""
    steps = int(np.log(LARGEST / (abs(size) * _NEAREST)) / np.log(_RATIO)) + 1
    values = centre + size * _NEAREST * np.power(_RATIO, np.arange(steps, dtype=np.float64))
    passing = np.flatnonzero(forest.scores_if(pair, values) >= threshold)
    if not len(passing):
        return float(np.copysign(np.inf, size))
    outside = float(values[passing[0]])
    inside = float(values[passing[0] - 1]) if passing[0] else centre
    for _ in range(_BISECTIONS):
        middle = 0.5 * (inside + outside)
        if forest.scores_if(pair, np.array([middle]))[0] >= threshold:
            outside = middle
        else:
            inside = middle
    return inside
