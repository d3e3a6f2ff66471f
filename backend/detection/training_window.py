"""The views a pair's trees learn from: the last readings, kept in order of time and in order of size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.ordering import insertion_sort
from backend.detection.views import VIEWS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class TrainingWindow(NamedTuple):
    """Learned views of many pairs: row i of every array belongs to pair i.

    ``views`` float64[pairs, n, 16] is a ring by time, ``ascending`` float64[pairs, 16, n] holds the same
    by size as of the last refit, ``leaving`` what fell out of the ring since then. ``counts`` is
    int64[pairs, 3]: readings learned ever, since the last refit, and in ``ascending``.
    """

    views: FloatArray
    ascending: FloatArray
    leaving: FloatArray
    counts: IntArray


def empty_window(pairs: int, length: int, refit_every: int) -> TrainingWindow:
    """Windows of ``length`` readings that are brought in order at least every ``refit_every``."""
    return TrainingWindow(
        views=np.zeros((pairs, length, len(VIEWS))),
        ascending=np.zeros((pairs, len(VIEWS), length)),
        leaving=np.zeros((pairs, refit_every, len(VIEWS))),
        counts=np.zeros((pairs, 3), dtype=np.int64),
    )


def restore_order(window: TrainingWindow) -> None:
    """Rebuild ``ascending`` from the other arrays: what it held at the last refit."""
    length = window.views.shape[1]
    for pair, (ever, fresh, ordered) in enumerate(window.counts.tolist()):
        known = min(ever, length)
        gone = ordered + fresh - known
        times = np.arange(ever - known, ever - fresh) % length
        rows = np.vstack([window.views[pair, times], window.leaving[pair, fresh - gone : fresh]])
        window.ascending[pair, :, :ordered] = np.sort(rows, axis=0).T


@njit(cache=True, nogil=True)
def held(window: TrainingWindow, pair: int) -> int:
    """How many readings the pair's window holds."""
    return min(window.counts[pair, 0], window.views.shape[1])


@njit(cache=True, nogil=True)
def learn(window: TrainingWindow, pair: int, views: FloatArray) -> None:
    """Put a reading's views float64[16] into the ring."""
    counts = window.counts[pair]
    ring = window.views[pair]
    slot = counts[0] % len(ring)
    full = counts[0] >= len(ring)
    for view in range(len(VIEWS)):
        if full:
            window.leaving[pair, counts[1], view] = ring[slot, view]
        ring[slot, view] = views[view]
    counts[0] += 1
    counts[1] += 1


@njit(cache=True, nogil=True)
def bring_in_order(window: TrainingWindow, pair: int) -> int:
    """Merge what came since the last refit into ``ascending`` and drop what left; how many it holds now."""
    counts = window.counts[pair]
    ring = window.views[pair]
    fresh = counts[1]
    known = min(counts[0], len(ring))
    gone = counts[2] + fresh - known
    arrived = np.empty(fresh)
    left = np.empty(gone)
    for view in range(len(VIEWS)):
        for i in range(fresh):
            arrived[i] = ring[(counts[0] - fresh + i) % len(ring), view]
        for i in range(gone):
            left[i] = window.leaving[pair, fresh - gone + i, view]
        insertion_sort(arrived, fresh)
        insertion_sort(left, gone)
        _exchange(window.ascending[pair, view], counts[2], left, arrived)
    counts[1] = 0
    counts[2] = known
    return known


@njit(cache=True, nogil=True)
def _exchange(ascending: FloatArray, count: int, left: FloatArray, arrived: FloatArray) -> None:
    """Take the values of ``left`` out of the first ``count`` and merge ``arrived`` in; all ascend."""
    kept = 0
    out = 0
    for i in range(count):
        if out < len(left) and ascending[i] == left[out]:
            out += 1
        else:
            ascending[kept] = ascending[i]
            kept += 1
    at = kept + len(arrived) - 1
    old = kept - 1
    new = len(arrived) - 1
    while new >= 0:
        if old >= 0 and ascending[old] > arrived[new]:
            ascending[at] = ascending[old]
            old -= 1
        else:
            ascending[at] = arrived[new]
            new -= 1
        at -= 1
