"""What comes at the same time every day is no surprise: the 6 a.m. job lowers the score of 6 a.m."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.ordering import median

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_DAYS_BACK = 7
_LEAST_DAYS = 2
_USUAL_SCORE = 0.58
"""Scores up to here are nothing that a later day could be used to."""

_AROUND = 3600.0
_BIN = 900.0
_DAY = 86_400.0


class Peaks(NamedTuple):
    """The highest score of each quarter of an hour (of each reading, where they are further apart).

    ``highest`` float32[pairs, n] is a ring over eight days on the local clock, NaN where nothing is known;
    ``latest`` int64[pairs] the latest bin.
    """

    highest: NDArray[np.float32]
    latest: IntArray


def bins_a_day(interval: float) -> int:
    """Bins of one day for readings every ``interval`` seconds."""
    return max(1, int(_DAY // max(interval, _BIN)))


def empty_peaks(pairs: int, bins: int) -> Peaks:
    """Peaks of pairs that have no scores yet."""
    return Peaks(
        highest=np.full((pairs, (_DAYS_BACK + 1) * bins), np.nan, dtype=np.float32),
        latest=np.full(pairs, np.iinfo(np.int64).min),
    )


@njit(cache=True, nogil=True)
def allowance(peaks: Peaks, pair: int, bins: int, local: float) -> float:
    """How much of a score at ``local`` seconds is usual: what the median of the days before had above 0.58.

    Of each of up to seven days the highest score within an hour of the same time counts; 0 where fewer than
    two are known.
    """
    now = int(np.floor(local * bins / _DAY))
    ring = peaks.highest[pair]
    reach = max(1, int(_AROUND * bins / _DAY))
    found = np.empty(_DAYS_BACK)
    days = 0
    for back in range(1, _DAYS_BACK + 1):
        centre = now - back * bins
        best = np.nan
        first = max(centre - reach, peaks.latest[pair] - len(ring) + 1)
        for at in range(first, min(centre + reach, now - 1, peaks.latest[pair]) + 1):
            peak = ring[at % len(ring)]
            if not np.isnan(peak) and not best >= peak:
                best = peak
        if not np.isnan(best):
            found[days] = best
            days += 1
    if days < _LEAST_DAYS:
        return 0.0
    return max(0.0, median(found, days) - _USUAL_SCORE)


@njit(cache=True, nogil=True)
def remember(peaks: Peaks, pair: int, bins: int, score: float, local: float) -> None:
    """Keep a score, as it was before any allowance."""
    now = int(np.floor(local * bins / _DAY))
    ring = peaks.highest[pair]
    latest = peaks.latest[pair]
    if now > latest:
        for fresh in range(max(latest, now - len(ring)) + 1, now + 1):
            ring[fresh % len(ring)] = np.nan
        peaks.latest[pair] = now
    if not score <= ring[now % len(ring)]:
        ring[now % len(ring)] = score
