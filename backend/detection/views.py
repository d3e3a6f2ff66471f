"""The sixteen causal views of a reading that the view forest judges: the only definition of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.ordering import median
from backend.detection.rings import greatest_of, mean_of, median_of, roughness_of, shift, std_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

VIEWS = (
    "value",
    "short_mean",
    "mean",
    "long_mean",
    "delta",
    "from_median",
    "step",
    "std",
    "long_std",
    "roughness",
    "peak",
    "daily",
    "daily_short_mean",
    "daily_mean",
    "weekly",
    "weekly_mean",
)
"""Names of the columns, in order; all are in the metric's unit.

Level: the value, its means over ``c``, ``a`` and ``L`` readings (see Spans). Change: the difference to the
reading before, to the median of ``L``, and between the means of the last ``g`` readings and the ``g`` before
them. Variability: standard deviation over ``max(5, a)`` and ``L``, mean size of the differences within ``L``,
maximum of ``L``. Season: the distance from what is usual at this time of the day and its means over ``c`` and
``g``, and the same for this time of the week.
"""

LARGEST = 1e18
"""Values are cut to this size, so that their squares and the differences of their means stay finite."""

_DAY = 86_400.0
_FINEST_BIN = 300.0
_DAYS_BACK = 7
_WEEKS_BACK = 4
_NEAR = 3
"""Bins on each side in which a missing neighbour of the same time of day is looked for."""


class Spans(NamedTuple):
    """How far the views look back, in readings, and how finely a day is kept, for one scrape interval."""

    short: int  # c
    middle: int  # a: an hour
    long: int  # L: four hours
    step: int  # g
    bins: int  # a day's bins; one lasts a reading, and five minutes at least

    @classmethod
    def of(cls, interval: float) -> Spans:
        """Spans in time, held within what a series of ``interval`` seconds can tell and afford."""
        if not 0 < interval < np.inf:
            raise ValueError(f"a scrape interval of {interval} s")
        middle = int(np.clip(round(3600 / interval), 4, 30))
        long = int(np.clip(round(4 * 3600 / interval), 8, 120))
        bins = max(1, int(_DAY // max(interval, _FINEST_BIN)))
        return cls(max(3, middle // 3), middle, long, max(5, round(0.4 * long)), bins)


class ViewState(NamedTuple):
    """What the views of many pairs remember: row i of every array belongs to pair i.

    ``recent`` holds the newest values, ``daily`` and ``weekly`` the newest distances from the season, newest
    last. ``profile`` is a ring of bin means over the last four weeks on the local clock (NaN: nothing known),
    ``usual`` what is usual in the present bin, by day and by week. ``bins`` is the present bin and the latest
    one ever, ``counts`` the readings so far and those in the present bin, ``totals`` their sum in that bin.
    """

    counts: IntArray
    bins: IntArray
    totals: FloatArray
    usual: FloatArray
    recent: FloatArray
    daily: FloatArray
    weekly: FloatArray
    profile: FloatArray


def empty_state(pairs: int, spans: Spans) -> ViewState:
    """The state of pairs of which nothing was read yet."""
    length = max(spans.long, 2 * spans.step)
    return ViewState(
        counts=np.zeros((pairs, 2), dtype=np.int64),
        bins=np.zeros((pairs, 2), dtype=np.int64),
        totals=np.zeros(pairs),
        usual=np.full((pairs, 2), np.nan),
        recent=np.zeros((pairs, length)),
        daily=np.zeros((pairs, spans.step)),
        weekly=np.zeros((pairs, spans.step)),
        profile=np.full((pairs, 7 * _WEEKS_BACK * spans.bins + 2 * _NEAR + 2), np.nan),
    )


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
def advance(state: ViewState, pair: int, spans: Spans, value: float, local: float, out: FloatArray) -> None:
    """Take a pair's next value, at ``local`` seconds, and write its views to ``out`` float64[16]."""
    value = min(max(value, -LARGEST), LARGEST)
    now = int(np.floor(local * spans.bins / _DAY))
    if state.counts[pair, 0] == 0 or now != state.bins[pair, 0]:
        _enter_bin(state, pair, spans, now)
    state.counts[pair, 0] += 1
    state.counts[pair, 1] += 1
    state.totals[pair] += value
    shift(state.recent[pair])
    shift(state.daily[pair])
    shift(state.weekly[pair])
    _look(state, pair, spans, value, state.recent[pair], state.daily[pair], state.weekly[pair], out)


@njit(cache=True, nogil=True)
def what_if(state: ViewState, pair: int, spans: Spans, values: FloatArray, out: FloatArray) -> None:
    """Views of each of ``values`` float64[n] in the place of the pair's newest reading: float64[n, 16]."""
    recent = state.recent[pair].copy()
    daily = state.daily[pair].copy()
    weekly = state.weekly[pair].copy()
    for i in range(len(values)):
        value = min(max(values[i], -LARGEST), LARGEST)
        _look(state, pair, spans, value, recent, daily, weekly, out[i])


@njit(cache=True, nogil=True)
def replay(
    state: ViewState, pair: int, spans: Spans, values: FloatArray, locals_: FloatArray, out: FloatArray
) -> None:
    """Advance one pair over a series: float64[n] values and local seconds -> float64[n, 16]."""
    for i in range(len(values)):
        advance(state, pair, spans, values[i], locals_[i], out[i])


@njit(cache=True, nogil=True)
def _look(
    state: ViewState,
    pair: int,
    spans: Spans,
    value: float,
    recent: FloatArray,
    daily: FloatArray,
    weekly: FloatArray,
    out: FloatArray,
) -> None:
    """Put ``value`` at the end of the rings and write the views."""
    known = min(state.counts[pair, 0], len(recent))
    recent[-1] = value
    daily[-1] = _distance(value, state.usual[pair, 0])
    weekly[-1] = _distance(value, state.usual[pair, 1])
    held = min(known, spans.long)
    out[0] = value
    out[1] = mean_of(recent, min(known, spans.short))
    out[2] = mean_of(recent, min(known, spans.middle))
    out[3] = mean_of(recent, held)
    out[4] = value - recent[-2] if known > 1 else 0.0
    out[5] = value - median_of(recent, held)
    older = min(known - spans.step, spans.step)
    if older > 0:
        out[6] = mean_of(recent, spans.step) - mean_of(recent[: len(recent) - spans.step], older)
    else:
        out[6] = 0.0
    out[7] = std_of(recent, min(known, max(5, spans.middle)))
    out[8] = std_of(recent, held)
    out[9] = roughness_of(recent, held)
    out[10] = greatest_of(recent, held)
    seasons = min(state.counts[pair, 0], spans.step)
    out[11] = daily[-1]
    out[12] = mean_of(daily, min(seasons, spans.short))
    out[13] = mean_of(daily, seasons)
    out[14] = weekly[-1]
    out[15] = mean_of(weekly, seasons)


@njit(cache=True, nogil=True)
def _enter_bin(state: ViewState, pair: int, spans: Spans, now: int) -> None:
    """Keep the mean of the bin that ends, forget what lies four weeks back, and learn what is usual now."""
    profile = state.profile[pair]
    size = len(profile)
    if state.counts[pair, 0] > 0:
        profile[state.bins[pair, 0] % size] = state.totals[pair] / state.counts[pair, 1]
        for fresh in range(max(state.bins[pair, 1] + 1, now - size + 1), now + 1):
            profile[fresh % size] = np.nan
        state.bins[pair, 1] = max(state.bins[pair, 1], now)
    else:
        state.bins[pair, 1] = now
    state.bins[pair, 0] = now
    state.counts[pair, 1] = 0
    state.totals[pair] = 0.0
    daily = _usual(profile, now, spans.bins, _DAYS_BACK)
    weekly = _usual(profile, now, 7 * spans.bins, _WEEKS_BACK)
    if np.isnan(daily) or np.isnan(weekly):
        middle = _median_so_far(profile, now)
        daily = middle if np.isnan(daily) else daily
        weekly = middle if np.isnan(weekly) else weekly
    state.usual[pair, 0] = daily
    state.usual[pair, 1] = weekly


@njit(cache=True, nogil=True)
def _usual(profile: FloatArray, now: int, period: int, periods: int) -> float:
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
    for reach in range(1, _NEAR + 1):
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
def _median_so_far(profile: FloatArray, now: int) -> float:
    """Median of all known bins but the present one; NaN while there is none."""
    known = np.empty(len(profile))
    found = 0
    for at in range(len(profile)):
        if at != now % len(profile) and not np.isnan(profile[at]):
            known[found] = profile[at]
            found += 1
    return median(known, found) if found else np.nan


@njit(cache=True, nogil=True)
def _distance(value: float, usual: float) -> float:
    return 0.0 if np.isnan(usual) else value - usual
