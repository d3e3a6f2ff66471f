"""Grow an isolation forest: scikit-learn's algorithm compiled, straight into the packed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit, wrapping
from backend.detection.one_forest import Rows, parted
from backend.detection.packed_forest import LARGEST_SUBSAMPLE, LEAF, PackedForest, node_words
from backend.detection.randomness import GOLDEN, fraction, mixed

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]

_SAME = np.float32(1e-7)
"""Values of a feature that lie no further apart count as one, as in scikit-learn's trees."""


def grow(rows: Float32Array, trees: int, subsample: int, seed: int) -> PackedForest:
    """A forest of ``trees`` trees, each on ``subsample`` rows of float32[n, features], drawn without return.

    Liu, Ting and Zhou (2008) as scikit-learn builds it: a node takes a feature that varies in it by chance
    and splits uniformly between its least and its greatest value, down to a depth of log2(subsample). The
    same rows and seed give the same forest; it is not scikit-learn's own of that seed, but drawn from the
    same distribution. Its ``verdict_threshold`` is 1: nobody has said yet what is anomalous. Raises
    ValueError for a subsample that no tree can be grown on.
    """
    if not 1 <= subsample <= min(len(rows), LARGEST_SUBSAMPLE):
        raise ValueError(f"a subsample of {subsample} of {len(rows)} rows; at most {LARGEST_SUBSAMPLE}")
    depth = int(np.ceil(np.log2(max(subsample, 2))))
    thresholds, features, children, starts, roots = _grow(
        np.ascontiguousarray(rows.T), trees, subsample, depth, np.uint64(seed)
    )
    return PackedForest(
        nodes=node_words(thresholds, features, children[:, 0], children[:, 1]),
        starts=starts,
        roots=roots,
        samples=subsample,
        verdict_threshold=1.0,
    )


class _Room(NamedTuple):
    """Made once for all trees: a tree's ``rows`` in the order of its nodes, as many to ``spare``, and as
    many ``untried`` as there are features.
    """

    rows: Rows
    spare: Rows
    untried: IntArray


@wrapping
@njit(cache=True, nogil=True)
def _grow(
    columns: Float32Array, trees: int, subsample: int, deepest: int, seed: np.uint64
) -> tuple[Float32Array, IntArray, IntArray, NDArray[np.int32], NDArray[np.uint16]]:
    most = trees * max(1, subsample - 1)
    thresholds = np.empty(most, dtype=np.float32)
    features = np.empty(most, dtype=np.int64)
    children = np.empty((most, 2), dtype=np.int64)
    starts = np.empty(trees, dtype=np.int32)
    roots = np.zeros(trees, dtype=np.uint16)
    order = np.arange(columns.shape[1])
    sample = np.empty((columns.shape[0], subsample), dtype=np.float32)
    state = np.array([mixed(seed + GOLDEN)], dtype=np.uint64)
    room = _Room(
        np.empty(subsample, dtype=np.uint32),
        np.empty(subsample, dtype=np.uint32),
        np.empty(len(columns), dtype=np.int64),
    )
    used = 0
    for tree in range(trees):
        for i in range(subsample):
            drawn = i + _below(state, len(order) - i)
            order[i], order[drawn] = order[drawn], order[i]
        for feature in range(len(columns)):
            for i in range(subsample):
                sample[feature, i] = columns[feature, order[i]]
        starts[tree] = used
        grown = _grow_tree(sample, deepest, state, room, thresholds[used:], features[used:], children[used:])
        if grown == 0:
            roots[tree] = LEAF | subsample
        used += grown
    return thresholds[:used], features[:used], children[:used], starts, roots


@njit(cache=True, nogil=True)
def _grow_tree(
    sample: Float32Array,
    deepest: int,
    state: NDArray[np.uint64],
    room: _Room,
    thresholds: Float32Array,
    features: IntArray,
    children: IntArray,
) -> int:
    """Grow one tree on float32[features, n]: how many inner nodes; parents come first."""
    used = 0
    rows = room.rows
    for i in range(len(rows)):
        rows[i] = i
    # What waits: its first reading and the one behind its last, its depth, its parent and the side of that.
    waiting = np.empty((2 * deepest + 2, 5), dtype=np.int64)
    waiting[0] = (0, sample.shape[1], 0, -1, 0)
    count = 1
    while count:
        count -= 1
        first, end, depth, parent, side = waiting[count]
        feature = -1
        if end - first > 1 and depth < deepest:
            feature, low, high = _varying(sample, rows[first:end], state, room.untried)
        if feature < 0:
            if parent >= 0:
                children[parent, side] = LEAF | (end - first)
            continue
        node = used
        used += 1
        if parent >= 0:
            children[parent, side] = node - parent
        features[node] = feature
        thresholds[node] = _threshold(low, high, state)
        middle = first + parted(sample[feature], thresholds[node], rows[first:end], room.spare)
        waiting[count] = (middle, end, depth + 1, node, 1)
        waiting[count + 1] = (first, middle, depth + 1, node, 0)
        count += 2
    return used


@njit(cache=True, nogil=True)
def _varying(
    sample: Float32Array, rows: Rows, state: NDArray[np.uint64], untried: IntArray
) -> tuple[int, np.float32, np.float32]:
    """One of the features that differ among these rows, by chance, its least and greatest value there.

    -1 where none does. ``untried`` is room for the features.
    """
    left = len(untried)
    for feature in range(left):
        untried[feature] = feature
    while left:
        drawn = _below(state, left)
        feature = untried[drawn]
        low = high = sample[feature, rows[0]]
        for row in rows:
            value = sample[feature, row]
            low = value if value < low else low
            high = value if value > high else high
        if high > low + _SAME:
            return feature, low, high
        left -= 1
        untried[drawn] = untried[left]
    return -1, np.float32(0), np.float32(0)


@njit(cache=True, nogil=True)
def _threshold(low: np.float32, high: np.float32, state: NDArray[np.uint64]) -> np.float32:
    """Uniform between the least and the greatest value: not below the first, below the second."""
    drawn = np.float64(low) + _uniform(state) * (np.float64(high) - np.float64(low))
    nearest = np.float32(drawn)
    # As if it were not rounded: what lies between two float32 values parts them.
    rounded = np.nextafter(nearest, low) if nearest > drawn else nearest
    return low if rounded >= high else rounded


@njit(cache=True, nogil=True)
def _uniform(state: NDArray[np.uint64]) -> float:
    """The next number of the stream in [0, 1)."""
    state[0] += GOLDEN
    return fraction(state[0])


@njit(cache=True, nogil=True)
def _below(state: NDArray[np.uint64], limit: int) -> int:
    """A whole number from 0 to ``limit`` - 1."""
    return int(_uniform(state) * limit)
