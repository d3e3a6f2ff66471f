"""Scores as they are published: a strange reading's score fades over the next few instead of going out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit

FloatArray = NDArray[np.float64]

KEPT = 0.7
"""What is left, one reading later, of a score's distance from CALM."""

CALM = 0.5
_OUT = 1e-3


def afterglow(scores: FloatArray, before: float = CALM) -> FloatArray:
    """Each score, or what is left of those before it where that is more: float64[n] -> float64[n].

    ``before`` is the last published score. What is anomalous is decided on the scores themselves: a reading
    must not pass for its neighbour's sake.
    """
    published = np.empty(len(scores))
    _fade(scores, before, published)
    return published


@njit(cache=True, nogil=True)
def _fade(scores: FloatArray, before: float, published: FloatArray) -> None:
    for i in range(len(scores)):
        lingering = CALM + KEPT * max(0.0, before - CALM)
        # Below CALM nothing lingers: ranks among calm readings stay what they were.
        before = max(scores[i], lingering) if lingering > CALM + _OUT else scores[i]
        published[i] = before
