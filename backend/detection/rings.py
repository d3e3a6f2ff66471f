"""Figures of the newest values of a ring, whose last element is the newest; for compiled loops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit

FloatArray = NDArray[np.float64]


@njit(cache=True, nogil=True)
def shift(ring: FloatArray) -> None:
    """Make room for a new value at the end."""
    for i in range(len(ring) - 1):
        ring[i] = ring[i + 1]


@njit(cache=True, nogil=True)
def sum_of(ring: FloatArray, count: int) -> float:
    """Sum of the newest ``count``."""
    total = 0.0
    for i in range(len(ring) - count, len(ring)):
        total += ring[i]
    return total


@njit(cache=True, nogil=True)
def spread_of(ring: FloatArray, count: int) -> tuple[float, float]:
    """Mean of the newest ``count`` and the sum of their squared distances from it; 0, 0 for none."""
    if count < 1:
        return 0.0, 0.0
    mean = sum_of(ring, count) / count
    total = 0.0
    for i in range(len(ring) - count, len(ring)):
        away = ring[i] - mean
        total += away * away
    return mean, total


@njit(cache=True, nogil=True)
def roughness_of(ring: FloatArray, count: int) -> float:
    """Summed size of the differences between the newest ``count``."""
    total = 0.0
    for i in range(len(ring) - count + 1, len(ring)):
        total += abs(ring[i] - ring[i - 1])
    return total
