"""Medians, sorting and searching for compiled loops: numpy's own take many times longer to compile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit(cache=True, nogil=True)
def median(values: FloatArray, count: int) -> float:
    """The median of the first ``count`` values, which are reordered; by Hoare's quickselect."""
    upper = _select(values, count, count // 2)
    if count % 2:
        return upper
    lower = values[0]
    for i in range(1, count // 2):
        lower = max(lower, values[i])
    return 0.5 * (lower + upper)


@njit(cache=True, nogil=True)
def _select(values: FloatArray, count: int, rank: int) -> float:
    """Reorder so that ``values[rank]`` is what sorting would put there, nothing greater before it."""
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]


@njit(cache=True, nogil=True)
def insert(values: FloatArray, count: int, value: float) -> None:
    """Put a value into the first ``count`` ascending ones, behind its equals."""
    at = count
    while at > 0 and values[at - 1] > value:
        values[at] = values[at - 1]
        at -= 1
    values[at] = value


@njit(cache=True, nogil=True)
def remove(values: FloatArray, count: int, value: float) -> None:
    """Take a value out of the first ``count`` ascending ones; it must be among them."""
    for at in range(first_at_least(values, 0, count, value), count - 1):
        values[at] = values[at + 1]


@njit(cache=True, nogil=True)
def first_at_least(values: FloatArray, start: int, end: int, limit: float) -> int:
    """Where the first of ascending ``values[start:end]`` not below ``limit`` stands; ``end`` if none."""
    while start < end:
        middle = (start + end) // 2
        if values[middle] < limit:
            start = middle + 1
        else:
            end = middle
    return start


@njit(cache=True, nogil=True)
def last_not_above(values: IntArray, limit: int) -> int:
    """Where the last of ascending ``values`` not above ``limit`` stands; the first one is not."""
    start, end = 0, len(values)
    while end - start > 1:
        middle = (start + end) // 2
        if values[middle] <= limit:
            start = middle
        else:
            end = middle
    return start
