"""What is usual at a time of the day or of the week, from a ring of means over bins of the local clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.ordering import median

FloatArray = NDArray[np.float64]

NEAR = 3
"""Bins on each side in which a missing neighbour of the same time of day is looked for."""


def local_seconds(timestamps: FloatArray, zone: ZoneInfo | None) -> FloatArray:
    """Seconds on the clock of ``zone`` (None: UTC) for seconds since the epoch, so that 8 h is 8 h all year.

    When clocks go forward an hour of the day has no bins, and when they go back it is read twice, the
    second time over the first.
    """
    if zone is None:
        return timestamps
    # No zone changes its offset within a quarter of an hour.
    quarters, position = np.unique(np.floor(timestamps / 900.0), return_inverse=True)
    offsets = [_offset(900.0 * quarter, zone) for quarter in quarters.tolist()]
    return timestamps + np.array(offsets)[position]


def _offset(timestamp: float, zone: ZoneInfo) -> float:
    offset = datetime.fromtimestamp(timestamp, UTC).astimezone(zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


@njit(cache=True, nogil=True)
def usual_at(profile: FloatArray, now: int, period: int, periods: int) -> float:
    """Median over the periods back of the mean of the three bins around the same time; NaN: none known."""
    means = np.empty(periods)
    found = 0
    for back in range(1, periods + 1):
        mean = _around(profile, now - back * period, now)
        if not np.isnan(mean):
            means[found] = mean
            found += 1
    return median(means, found) if found else np.nan


@njit(cache=True, nogil=True)
def _around(profile: FloatArray, centre: int, now: int) -> float:
    """Mean of the known bins beside ``centre``; where there is none, of the nearest pair within three."""
    for reach in range(1, NEAR + 1):
        total = 0.0
        found = 0
        for at in range(centre - reach, min(centre + reach + 1, now)):
            mean = profile[at % len(profile)]
            if not np.isnan(mean):
                total += mean
                found += 1
        if found:
            return total / found
    return np.nan


@njit(cache=True, nogil=True)
def median_so_far(profile: FloatArray, earliest: int, now: int) -> float:
    """Median of all known bins before the present one; NaN while there is none."""
    first = max(earliest, now - len(profile) + 1)
    known = np.empty(max(0, now - first))
    found = 0
    for at in range(first, now):
        mean = profile[at % len(profile)]
        if not np.isnan(mean):
            known[found] = mean
            found += 1
    return median(known, found) if found else np.nan
