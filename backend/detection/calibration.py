"""What a forest's scores and a pair's past mean: the verdict's threshold and the usual values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.features import LARGEST
from backend.metrics.readings import ExpectedRange

FloatArray = NDArray[np.float64]

_LEAST_THRESHOLD = 0.5
"""An isolation forest scores 0.5 where a reading is as easy to isolate as the average one."""

_TAIL = 0.005
_PAD = 0.1


def verdict_threshold(scores: FloatArray, contamination: float) -> float:
    """The score above which a reading is an anomaly, from the scores of the training readings.

    At most the share ``contamination`` of the training readings lies above it, and it is never below
    0.5: on a very regular metric the top percent is not strange, it is merely the top.
    """
    return max(_LEAST_THRESHOLD, float(np.quantile(scores, 1.0 - contamination)))


def usual_values(values: FloatArray) -> ExpectedRange:
    """The middle 99 % of the training values and a tenth of their width on each side, in the metric's unit.

    A metric that was never below 0 is not usually below 0. The expected range of a reading is another thing:
    see `expected.bounds`.
    """
    values = np.clip(values, -LARGEST, LARGEST)
    low, high = np.quantile(values, [_TAIL, 1.0 - _TAIL])
    pad = _PAD * (high - low)
    floor = 0.0 if values.min() >= 0 else -np.inf
    return ExpectedRange(max(float(low - pad), floor), float(high + pad))
