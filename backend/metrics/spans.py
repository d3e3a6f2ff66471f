"""Stretches of time in a series: runs of marked readings, and the gaps where readings are missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GAP = 3.0  # usual steps without a reading


def runs(timestamps: NDArray[np.float64], marked: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """From first to last reading of each run of marked ones; float64[n] seconds ascending, bool[n]."""
    edges = np.diff(marked.astype(np.int8), prepend=0, append=0)
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return list(zip(timestamps[firsts].tolist(), timestamps[lasts].tolist(), strict=True))


def gaps(timestamps: NDArray[np.float64], least: float) -> list[tuple[float, float]]:
    """The times on both sides of each step far longer than the usual one, and than ``least`` seconds.

    ``timestamps`` float64[n] in seconds, ascending.
    """
    steps = np.diff(timestamps)
    if not len(steps):
        return []
    wide = np.flatnonzero(steps > max(_GAP * float(np.median(steps)), least))
    return list(zip(timestamps[wide].tolist(), timestamps[wide + 1].tolist(), strict=True))
