"""When a score becomes an alert: once as it passes the threshold, and not again until it has been quiet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

QUIET_SECONDS = 8 * 3600.0
QUIET_READINGS = 8


class IncidentRule:
    """The open episodes of many pairs.

    A score at or above the threshold opens one and alerts once. It closes after eight hours and eight
    readings below, whichever is longer.
    """

    def __init__(self, pairs: int = 1) -> None:
        self._last = np.full(pairs, -np.inf)
        self._below = np.zeros(pairs, dtype=np.int64)

    def push(
        self, pairs: IntArray, timestamps: FloatArray, scores: FloatArray, threshold: float
    ) -> BoolArray:
        """Take scores in order of time; True for each reading at which an alert is due: bool[n].

        ``pairs`` int64[n] says whose score it is; a pair may come many times.
        """
        alerts = np.zeros(len(scores), dtype=np.bool_)
        _push(self._last, self._below, pairs, timestamps, scores, threshold, alerts)
        return alerts


@njit(cache=True, nogil=True)
def _push(
    last: FloatArray,
    below: IntArray,
    pairs: IntArray,
    timestamps: FloatArray,
    scores: FloatArray,
    threshold: float,
    alerts: BoolArray,
) -> None:
    for i in range(len(scores)):
        pair = pairs[i]
        if scores[i] >= threshold:
            quiet = timestamps[i] - last[pair] >= QUIET_SECONDS and below[pair] >= QUIET_READINGS
            alerts[i] = quiet or last[pair] == -np.inf
            last[pair] = timestamps[i]
            below[pair] = 0
        else:
            below[pair] += 1
