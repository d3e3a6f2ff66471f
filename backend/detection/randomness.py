"""Random streams for compiled loops: splitmix64 of Steele, Lea and Flood (2014)."""

from __future__ import annotations

import numpy as np

from backend.detection.compiled import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""A stream is a counter in steps of this: two seeds must be mixed first, or they are places in one stream."""

_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def mixed(word: np.uint64) -> np.uint64:
    """The random word at this place of the counter."""
    word = (word ^ (word >> np.uint64(30))) * _MIX_A
    word = (word ^ (word >> np.uint64(27))) * _MIX_B
    return word ^ (word >> np.uint64(31))


@njit(cache=True, nogil=True)
def fraction(word: np.uint64) -> float:
    """The random number in [0, 1) at this place of the counter."""
    return np.float64(mixed(word) >> np.uint64(11)) * 2.0**-53
