"""Many readings through one packed forest: its trees part them, as they part what they are grown on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.packed_forest import (
    COUNT,
    FEATURE,
    FEATURE_SHIFT,
    KEY_SHIFT,
    LEAF,
    LEFT_SHIFT,
    REFERENCE,
    RIGHT_SHIFT,
    Words,
)

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Keys = NDArray[np.uint32]
Rows = NDArray[np.uint32]


class OneForest(NamedTuple):
    """Where a forest's trees begin in ``nodes``, uint32[trees], and their ``roots``: see PackedForest."""

    nodes: Words
    starts: NDArray[np.uint32]
    roots: NDArray[np.uint16]


@njit(cache=True, nogil=True)
def depths_of_many(forest: OneForest, paths: FloatArray, columns: Keys) -> FloatArray:
    """The sum of each row's path lengths over the trees, in the trees' order: float64[rows].

    ``columns`` uint32[features, rows] are `sortable` features; ``paths`` float64[depth, count] the path
    length of a leaf. The same sums as when each row is led through the trees alone, to the last bit.
    """
    rows = columns.shape[1]
    sums = np.zeros(rows)
    order = np.arange(rows).astype(np.uint32)
    spare = np.empty(rows, dtype=np.uint32)
    # What waits: a node, its first row in the order and the one behind its last, its depth.
    waiting = np.empty((2 * paths.shape[0] + 2, 4), dtype=np.int64)
    for tree in range(len(forest.starts)):
        if forest.roots[tree]:
            sums += paths[0, forest.roots[tree] & COUNT]
            continue
        waiting[0] = (np.int64(forest.starts[tree]), 0, rows, 0)
        count = 1
        while count:
            count -= 1
            place, first, end, depth = waiting[count]
            word = forest.nodes[place]
            column = columns[np.int64((word >> FEATURE_SHIFT) & FEATURE)]
            middle = parted(column, np.uint32(word >> KEY_SHIFT), order[first:end], spare) + first
            for side in range(2):
                shift = RIGHT_SHIFT if side else LEFT_SHIFT
                start, stop = (middle, end) if side else (first, middle)
                found = np.int64((word >> shift) & REFERENCE)
                if found & LEAF:
                    path = paths[depth + 1, found & np.int64(COUNT)]
                    for i in range(start, stop):
                        sums[order[i]] += path
                elif stop > start:
                    waiting[count] = (place + found, start, stop, depth + 1)
                    count += 1
    return sums


@njit(cache=True, nogil=True)
def parted(column: Keys | Float32Array, key: np.uint32 | np.float32, order: Rows, spare: Rows) -> int:
    """Bring the rows up to the key before the others; where the others begin.

    ``spare`` is room for as many. Without a branch: the processor could not guess it.
    """
    left = right = 0
    for i in range(len(order)):
        row = order[i]
        above = column[row] > key
        order[left] = row
        spare[right] = row
        left += 1 - above
        right += above
    for i in range(right):
        order[left + i] = spare[i]
    return left
