"""The classic Isolation Forest of a pair: five features, with guard rows, and its own verdict threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.detection.calibration import verdict_threshold
from backend.detection.features import FEATURES
from backend.detection.forest_batch import ForestBatch
from backend.detection.grow import grow
from backend.detection.packed_forest import PackedForest
from backend.settings import Fitter

FloatArray = NDArray[np.float64]

TREES = 100
SUBSAMPLE = 256
_GUARD_SHARE = 0.04
_GUARD_PAD = 0.5
_CALIBRATION_ROWS = 512
"""Rows, or up to twice as many, whose scores set the verdict's threshold, evenly over the window and all of
a small one: all of a large one would take longer than the fit.
"""


def fit(features: FloatArray, contamination: float, seed: int = 0, fitter: Fitter = "fast") -> PackedForest:
    """Fit a pair's forest on float64[n, 5], with a verdict threshold of its own.

    A forest of Liu, Ting and Zhou (2008) splits only inside the values it was shown, so that a reading
    far outside scores like the edge, and one trained on a constant cannot tell anything apart. Guard rows
    one pad outside each feature's range (see `_guard_rows`) let splits fall there too.
    """
    rows = np.vstack([features, _guard_rows(features)])
    subsample = min(SUBSAMPLE, len(rows))
    if fitter == "fast":
        forest = grow(rows.astype(np.float32), TREES, subsample, seed)
    else:
        # It takes a second and 100 MB to import, and only this setting and an export need it.
        from backend.detection.sklearn_forest import fitted

        forest = fitted(rows, TREES, subsample, seed)
    sample = features[:: max(1, len(features) // _CALIBRATION_ROWS)]
    scores = ForestBatch([forest]).score(np.zeros(len(sample), dtype=np.intp), sample)
    return replace(forest, verdict_threshold=verdict_threshold(scores, contamination))


def _guard_rows(features: FloatArray) -> FloatArray:
    """Rows that lie just outside the training range of one feature each and at the median of the others.

    The pad is half of the feature's range, and at least a hundredth of the value's own size (0.01 for a pair
    that was always 0), so that a constant metric has an outside too and an almost constant one is not
    called strange for a change that nobody would notice. Together they are 4 % of the rows.
    """
    columns = np.ascontiguousarray(features.T)  # an axis at a time is ten times as fast so
    low, high = columns.min(axis=1), columns.max(axis=1)
    middle = np.partition(columns, len(features) // 2, axis=1)[:, len(features) // 2]
    least = np.full(len(FEATURES), 0.01 * (float(np.abs(features[:, 0]).max()) or 1.0))
    least[FEATURES.index("zscore")] = 0.1  # it alone has no unit
    pad = np.maximum(_GUARD_PAD * (high - low), least)
    guards = np.tile(middle, (2 * len(FEATURES), 1))
    for column in range(len(FEATURES)):
        guards[2 * column, column] = low[column] - pad[column]
        guards[2 * column + 1, column] = high[column] + pad[column]
    copies = max(1, round(_GUARD_SHARE * len(features) / len(guards)))
    return np.repeat(guards, copies, axis=0)
