"""One Isolation Forest per pair: fit it, pack it, and score many pairs' readings in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from backend.detection.calibration import verdict_threshold
from backend.detection.features import FEATURES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

TREES = 100
SUBSAMPLE = 256
_GUARD_SHARE = 0.04
_GUARD_PAD = 0.5
_CALIBRATION_ROWS = 2048
_CHUNK = 512
"""Pairs walked at a time: their nodes and positions stay in the processor's cache."""


def fit(features: FloatArray, contamination: float, seed: int = 0) -> IsolationForest:
    """Fit a pair's forest on float64[n, 5]; ``predict`` of the result says -1 above our own threshold.

    A forest of Liu, Ting and Zhou (2008) splits only inside the values it was shown, so that a reading
    far outside scores like the edge, and one trained on a constant cannot tell anything apart. Guard rows
    one pad outside each feature's range (see `_guard_rows`) let splits fall there too.
    """
    rows = np.vstack([features, _guard_rows(features)])
    forest = IsolationForest(n_estimators=TREES, max_samples=min(SUBSAMPLE, len(rows)), random_state=seed)
    forest.fit(rows)
    sample = features[np.linspace(0, len(features) - 1, min(len(features), _CALIBRATION_ROWS)).astype(int)]
    forest.offset_ = -verdict_threshold(-forest.score_samples(sample), contamination)
    return forest


def _guard_rows(features: FloatArray) -> FloatArray:
    """Rows that lie just outside the training range of one feature each and at the median of the others.

    The pad is half of the feature's range, and at least a hundredth of the value's own size (0.01 for a pair
    that was always 0), so that a constant metric has an outside too and an almost constant one is not
    called strange for a change that nobody would notice. Together they are 4 % of the rows.
    """
    low, high, middle = features.min(axis=0), features.max(axis=0), np.median(features, axis=0)
    least = np.full(len(FEATURES), 0.01 * (float(np.abs(features[:, 0]).max()) or 1.0))
    least[FEATURES.index("zscore")] = 0.1  # it alone has no unit
    pad = np.maximum(_GUARD_PAD * (high - low), least)
    guards = np.tile(middle, (2 * len(FEATURES), 1))
    for column in range(len(FEATURES)):
        guards[2 * column, column] = low[column] - pad[column]
        guards[2 * column + 1, column] = high[column] + pad[column]
    copies = max(1, round(_GUARD_SHARE * len(features) / len(guards)))
    return np.repeat(guards, copies, axis=0)


@dataclass(frozen=True, slots=True)
class PackedForest:
    """A fitted forest as flat arrays over its nodes; children and roots are positions in them.

    feature int8[nodes] (-1 at a leaf), threshold float64[nodes], left and right intp[nodes],
    path float64[nodes] (a leaf's path length ``depth + c(samples)``), roots intp[trees].
    """

    feature: NDArray[np.int8]
    threshold: FloatArray
    left: IntArray
    right: IntArray
    path: FloatArray
    roots: IntArray
    normaliser: float
    verdict_threshold: float


def pack(forest: IsolationForest) -> PackedForest:
    """Flatten a fitted scikit-learn forest."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    sizes = [tree.node_count for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    offset = np.repeat(roots, sizes)
    left = np.concatenate([tree.children_left for tree in trees])
    is_leaf = left < 0
    samples = np.concatenate([tree.n_node_samples for tree in trees])
    depth = np.concatenate([_depths(tree.children_left, tree.children_right) for tree in trees])
    return PackedForest(
        feature=np.where(is_leaf, -1, np.concatenate([tree.feature for tree in trees])).astype(np.int8),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=np.where(is_leaf, 0, left + offset),
        right=np.where(is_leaf, 0, np.concatenate([tree.children_right for tree in trees]) + offset),
        path=np.where(is_leaf, depth + average_path_length(samples), 0.0),
        roots=roots,
        normaliser=len(trees) * float(average_path_length(np.array([forest.max_samples_]))[0]),
        verdict_threshold=-float(forest.offset_),
    )


def average_path_length(samples: NDArray[np.int_]) -> FloatArray:
    """c(n) of Liu et al.: the mean path length of an unsuccessful search among n samples."""
    n = samples.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        harmonic = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, harmonic))


def _depths(left: IntArray, right: IntArray) -> FloatArray:
    """Depth of each node of one tree; a parent always stands before its children."""
    depth = np.zeros(len(left))
    for node in np.flatnonzero(left >= 0):
        depth[left[node]] = depth[right[node]] = depth[node] + 1
    return depth


class ForestBatch:
    """Many pairs' forests in one arena, scored together; immutable, so a swap is one assignment."""

    def __init__(self, forests: Sequence[PackedForest]) -> None:
        offsets = np.concatenate([[0], np.cumsum([len(f.path) for f in forests])[:-1]]).astype(np.intp)
        self._feature = _joined([f.feature for f in forests], np.int8)
        self._threshold = _joined([f.threshold for f in forests], np.float64)
        self._left = _joined([f.left + o for f, o in zip(forests, offsets, strict=False)], np.intp)
        self._right = _joined([f.right + o for f, o in zip(forests, offsets, strict=False)], np.intp)
        self._path = _joined([f.path for f in forests], np.float64)
        self._roots = np.array([f.roots + o for f, o in zip(forests, offsets, strict=False)], dtype=np.intp)
        self._normaliser = np.array([f.normaliser for f in forests])
        self.verdict_thresholds = np.array([f.verdict_threshold for f in forests])

    def score(self, index: IntArray, features: FloatArray) -> FloatArray:
        """Score row i of float64[n, 5] with forest ``index[i]``; float64[n] in 0..1, higher is more
        anomalous.

        Equals scikit-learn's ``-score_samples`` up to rounding of the last digit. NaN and Inf are the
        caller's to keep away: a tree would sort them somewhere and score them as if they were seen.
        """
        if not np.isfinite(features).all():
            raise ValueError("a reading that is not finite cannot be scored")
        # scikit-learn's trees compare float32 features with float64 thresholds.
        rows = features.astype(np.float32)
        scores = np.empty(len(rows))
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            depths = self._path[self._leaves(index[part], rows[part])].sum(axis=1)
            normaliser = self._normaliser[index[part]]
            ratio = np.divide(depths, normaliser, out=np.ones_like(depths), where=normaliser != 0)
            scores[part] = 2.0**-ratio
        return scores

    def _leaves(self, index: IntArray, rows: NDArray[np.float32]) -> IntArray:
        """The leaf that each row reaches in each tree: intp[n, trees]."""
        node = self._roots[index]
        row = np.arange(len(rows))[:, None]
        while True:
            feature = self._feature[node]
            inner = feature >= 0
            if not inner.any():
                return node
            goes_left = rows[row, feature] <= self._threshold[node]
            node = np.where(inner, np.where(goes_left, self._left[node], self._right[node]), node)


def _joined(arrays: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(arrays).astype(dtype) if arrays else np.empty(0, dtype)
