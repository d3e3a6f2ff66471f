"""Many pairs' packed forests in one arena, and the compiled walk that scores them in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.cores import CORES
from backend.detection.compiled import njit, prefetch
from backend.detection.one_forest import OneForest, depths_of_many
from backend.detection.packed_forest import (
    COUNT,
    FEATURE,
    FEATURE_BITS,
    FEATURE_SHIFT,
    KEY_SHIFT,
    LEAF_SHIFT,
    LEFT_SHIFT,
    REFERENCE,
    RIGHT_SHIFT,
    PackedForest,
    Words,
    average_path_length,
    sortable,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SEGMENT = 256
"""Forests that are replaced together when one of them is."""
_WORDS_A_LINE = 8
_LINES_A_STEP = 3
"""Lines of the next forest that are fetched at each step of four trees: both come to their end together."""
_WORTH_PARTING = 64
"""So many rows of one forest are faster parted by its trees than led through them one by one."""
_WORTH_A_THREAD = 512
"""Fewer rows than this are done sooner than a second thread has begun."""


class _Segment(NamedTuple):
    """Some forests one behind the other; row i of ``starts`` and ``roots``, and ``ends[i]``, are forest i's.

    ``starts`` uint32[forests, trees] and ``ends`` int64[forests] are places in ``nodes``.
    """

    nodes: Words
    starts: NDArray[np.uint32]
    roots: NDArray[np.uint16]
    ends: IntArray


class ForestBatch:
    """Many pairs' forests in an arena of segments; immutable, so that a swap is one assignment.

    All forests have the same number of trees.
    """

    def __init__(self, forests: Iterable[PackedForest] = ()) -> None:
        """``forests`` are taken a segment at a time: where they are made as they are asked for, no more of
        them are in memory twice.
        """
        segments, samples, thresholds = [], [], []
        coming = iter(forests)
        while some := list(islice(coming, SEGMENT)):
            segments.append(_segment(some))
            samples += [forest.samples for forest in some]
            thresholds += [forest.verdict_threshold for forest in some]
        self._take(segments, np.array(samples, dtype=np.int64), np.array(thresholds, dtype=np.float64))

    def __len__(self) -> int:
        return len(self._samples)

    def forest(self, number: int) -> PackedForest:
        """One of them; its nodes are the arena's own. Raises IndexError."""
        segment, row = self._segments[number // SEGMENT], number % SEGMENT
        first = int(segment.starts[row, 0])
        return PackedForest(
            nodes=segment.nodes[first : segment.ends[row]],
            starts=(segment.starts[row] - np.uint32(first)).astype(np.int32),
            roots=segment.roots[row],
            samples=int(self._samples[number]),
            verdict_threshold=float(self.verdict_thresholds[number]),
        )

    def replaced(self, forests: Mapping[int, PackedForest]) -> ForestBatch:
        """The batch with some forests replaced or, behind the last, added; what did not change is shared."""
        count = max(len(self), 1 + max(forests, default=-1))
        segments = list(self._segments)
        samples, thresholds = np.resize(self._samples, count), np.resize(self.verdict_thresholds, count)
        for number, forest in forests.items():
            samples[number], thresholds[number] = forest.samples, forest.verdict_threshold
        for number in sorted({number // SEGMENT for number in forests}):
            members = range(number * SEGMENT, min(count, (number + 1) * SEGMENT))
            together = [forests[i] if i in forests else self.forest(i) for i in members]
            segments[number : number + 1] = [_segment(together)]
        batch = ForestBatch.__new__(ForestBatch)
        batch._take(segments, samples, thresholds)
        return batch

    def _take(self, segments: list[_Segment], samples: IntArray, thresholds: FloatArray) -> None:
        self._segments, self._samples, self.verdict_thresholds = segments, samples, thresholds
        most = int(samples.max(initial=1))
        depths = np.arange(int(np.ceil(np.log2(max(most, 2)))) + 1)
        # As scikit-learn adds them up: a root's depth is 1, and 1 is taken off again behind c(n).
        self._paths = (depths[:, None] + 1) + average_path_length(np.arange(most + 1))[None, :] - 1.0
        trees = segments[0].roots.shape[1] if segments else 0
        self._normalisers = trees * average_path_length(samples)

    def score(self, index: NDArray[np.intp], features: FloatArray) -> FloatArray:
        """Score row i of float64[n, features] with forest ``index[i]``: float64[n] in 0..1, higher is more
        anomalous.

        Equals scikit-learn's ``-score_samples`` to the last bit. Raises ValueError for NaN and Inf: a tree
        would sort them somewhere and score them as if they were seen.
        """
        if not np.isfinite(features).all():
            raise ValueError("a reading that is not finite cannot be scored")
        # scikit-learn's trees compare float32 features.
        keys = sortable(features.astype(np.float32))
        depths = np.empty(len(keys))
        segment_of = np.asarray(index) // SEGMENT

        def walk(number: int) -> None:
            rows = np.flatnonzero(segment_of == number)
            slots = np.asarray(index)[rows] % SEGMENT
            segment = self._segments[number]
            if len(rows) >= _WORTH_PARTING and (slots == slots[0]).all():
                columns = np.ascontiguousarray(keys[rows].T)
                depths[rows] = depths_of_many(_of_one(segment, int(slots[0])), self._paths, columns)
            else:
                depths[rows] = _depths(segment, self._paths, slots, keys[rows])

        asked = np.unique(segment_of)
        if len(asked) < 2 or len(keys) < _WORTH_A_THREAD:
            list(map(walk, asked))
        else:
            with ThreadPoolExecutor(CORES, "classic-forest") as threads:
                list(threads.map(walk, asked))
        normalisers = self._normalisers[index]
        ratios = np.divide(depths, normalisers, out=np.ones_like(depths), where=normalisers != 0)
        scores: FloatArray = 2.0**-ratios
        return scores


def _segment(forests: Sequence[PackedForest]) -> _Segment:
    ends = np.cumsum([len(forest.nodes) for forest in forests])
    offsets = np.concatenate([[0], ends[:-1]])
    starts = [forest.starts + offset for forest, offset in zip(forests, offsets, strict=True)]
    return _Segment(
        nodes=np.concatenate([forest.nodes for forest in forests]),
        starts=np.stack(starts).astype(np.uint32),
        roots=np.stack([forest.roots for forest in forests]),
        ends=ends.astype(np.int64),
    )


def _of_one(segment: _Segment, row: int) -> OneForest:
    return OneForest(segment.nodes, segment.starts[row], segment.roots[row])


# Unsigned whole numbers throughout: for signed ones numba also looks whether an index counts from the end.
_ONE, _TWO, _THREE, _SIDE_BY_SIDE = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@njit(cache=True, nogil=True, error_model="numpy")
def _down(nodes: Words, key: Words, at: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The reference that a reading follows from the node at ``at``, and 1, or 0 where it is a leaf."""
    word = nodes[at]
    goes_right = key[(word >> FEATURE_SHIFT) & FEATURE] > (word >> KEY_SHIFT)
    found = (word >> (RIGHT_SHIFT if goes_right else LEFT_SHIFT)) & REFERENCE
    return found, (found >> np.uint64(LEAF_SHIFT)) ^ _ONE


@njit(cache=True, nogil=True, error_model="numpy")
def _depths(segment: _Segment, paths: FloatArray, slots: IntArray, keys: NDArray[np.uint32]) -> FloatArray:
    """The sum of each row's path lengths over its forest's trees, in the trees' order.

    Four trees are walked side by side, so that the processor waits for no node: a tree that has come to its
    leaf finds it again until the others have too. While one pair's are walked the next one's are fetched.
    """
    nodes, starts, roots, ends = segment
    rows, trees = len(slots), starts.shape[1]
    sums = np.empty(rows)
    key = np.empty(1 << FEATURE_BITS, dtype=np.uint64)
    place = np.zeros(trees + 3, dtype=np.uint64)
    tree_of = np.zeros(trees + 3, dtype=np.uint64)
    path = np.empty(trees, dtype=np.uint64)
    flat, level, count = paths.reshape(-1), np.uint64(paths.shape[1]), np.uint64(COUNT)
    for row in range(rows):
        slot, following = slots[row], slots[min(row + 1, rows - 1)]
        ahead, end = np.uint64(starts[following, 0]), np.uint64(ends[following])
        for feature in range(keys.shape[1]):
            key[feature] = keys[row, feature]
        walking = np.uint64(0)
        for tree in range(trees):
            path[tree] = roots[slot, tree] & COUNT
            place[walking] = starts[slot, tree]
            tree_of[walking] = tree
            walking += _ONE - np.uint64(roots[slot, tree] >> LEAF_SHIFT)
        if walking:  # the last one again, where four do not come together
            place[walking : walking + _THREE] = place[walking - _ONE]
            tree_of[walking : walking + _THREE] = tree_of[walking - _ONE]
        for first in range(np.uint64(0), walking, _SIDE_BY_SIDE):
            k = np.uint64(first)
            a, b, c, d = place[k], place[k + _ONE], place[k + _TWO], place[k + _THREE]
            depth_a = depth_b = depth_c = depth_d = level
            more = _ONE
            while more:
                if ahead < end:
                    for _ in range(_LINES_A_STEP):
                        prefetch(nodes, ahead)
                        ahead += np.uint64(_WORDS_A_LINE)
                found_a, more_a = _down(nodes, key, a)
                found_b, more_b = _down(nodes, key, b)
                found_c, more_c = _down(nodes, key, c)
                found_d, more_d = _down(nodes, key, d)
                a, b, c, d = (
                    a + found_a * more_a,
                    b + found_b * more_b,
                    c + found_c * more_c,
                    d + found_d * more_d,
                )
                depth_a, depth_b = depth_a + level * more_a, depth_b + level * more_b
                depth_c, depth_d = depth_c + level * more_c, depth_d + level * more_d
                more = more_a | more_b | more_c | more_d
            path[tree_of[k]] = depth_a + (found_a & count)
            path[tree_of[k + _ONE]] = depth_b + (found_b & count)
            path[tree_of[k + _TWO]] = depth_c + (found_c & count)
            path[tree_of[k + _THREE]] = depth_d + (found_d & count)
        total = 0.0
        for tree in range(trees):
            total += flat[path[np.uint32(tree)]]
        sums[row] = total
    return sums
