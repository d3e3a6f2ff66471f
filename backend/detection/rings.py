"""Figures of the newest values of a ring, whose last element is the newest; for compiled loops."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.ordering import median

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True)
def shift(ring: FloatArray) -> None:
    """Make room for a new value at the end."""
    for i in range(len(ring) - 1):
        ring[i] = ring[i + 1]


@njit(cache=True, nogil=True)
def mean_of(ring: FloatArray, count: int) -> float:
    """Mean of the newest ``count``."""
    total = 0.0
    for i in range(len(ring) - count, len(ring)):
        total += ring[i]
    return total / count


@njit(cache=True, nogil=True)
def std_of(ring: FloatArray, count: int) -> float:
    """Population standard deviation of the newest ``count``."""
    mean = mean_of(ring, count)
    total = 0.0
    for i in range(len(ring) - count, len(ring)):
        total += (ring[i] - mean) ** 2
    return np.sqrt(total / count)


@njit(cache=True, nogil=True)
def median_of(ring: FloatArray, count: int) -> float:
    """Median of the newest ``count``."""
    newest = np.empty(count)
    for i in range(count):
        newest[i] = ring[len(ring) - count + i]
    return median(newest, count)


@njit(cache=True, nogil=True)
def greatest_of(ring: FloatArray, count: int) -> float:
    """The greatest of the newest ``count``."""
    greatest = ring[-1]
    for i in range(len(ring) - count, len(ring)):
        greatest = max(greatest, ring[i])
    return greatest


@njit(cache=True, nogil=True)
def roughness_of(ring: FloatArray, count: int) -> float:
    """Mean size of the differences between the newest ``count``; 0 for a single one."""
    if count < 2:
        return 0.0
    total = 0.0
    for i in range(len(ring) - count + 1, len(ring)):
        total += abs(ring[i] - ring[i - 1])
    return total / (count - 1)
