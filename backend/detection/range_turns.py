"""Whose expected range is found in a poll: of all that are anomalous, and of the others in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_TURN_SECONDS = 600.0
"""The expected range of a reading that is not anomalous is at most about so old."""
_LEAST_TURN = 32
_MOST_EXACT = 512
"""Anomalous readings of one poll whose range is found at once; in a storm the others wait their turn."""


class RangeTurns:
    """Goes round the pairs: finding a range costs as much as scoring a pair a hundred times."""

    def __init__(self, interval: float) -> None:
        """``interval``: seconds between two polls."""
        self._interval = interval
        self._next = 0

    def choose(self, anomalous: BoolArray, known: FloatArray) -> IntArray:
        """Rows of bool[n] verdicts and of float64[n, 2] ranges as they are (NaN: none), distinct, sorted."""
        count = len(anomalous)
        many = max(_LEAST_TURN, int(np.ceil(count * self._interval / _TURN_SECONDS)))
        turn = (self._next + np.arange(min(many, count))) % count
        self._next = int(turn[-1]) + 1
        exact = np.flatnonzero(anomalous)[:_MOST_EXACT]
        unknown = np.flatnonzero(np.isnan(known[:, 0]))[:_LEAST_TURN]
        chosen: IntArray = np.unique(np.concatenate([turn, exact, unknown]))
        return chosen
