"""The sixteen causal views of a reading that the view forest judges: the only definition of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.ordering import insert, remove
from backend.detection.rings import roughness_of, shift, spread_of, sum_of
from backend.detection.season import NEAR, median_so_far, usual_at

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
_DAILY = VIEWS.index("daily")
_WEEKLY = VIEWS.index("weekly")


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
    last. ``ordered`` holds the up to L - 1 values before the newest one, ascending. ``profile`` is a ring of
    bin means over the last four weeks on the local clock (NaN: nothing known), ``usual`` what is usual in
    the present bin, by day and by week. ``bins`` is the present bin, the latest and the earliest one ever,
    ``counts`` the readings so far and those in the present bin, ``totals`` their sum in that bin.
    """

    counts: IntArray
    bins: IntArray
    totals: FloatArray
    usual: FloatArray
    recent: FloatArray
    ordered: FloatArray
    daily: FloatArray
    weekly: FloatArray
    profile: FloatArray


def empty_state(pairs: int, spans: Spans) -> ViewState:
    """The state of pairs of which nothing was read yet."""
    length = max(spans.long, 2 * spans.step)
    return ViewState(
        counts=np.zeros((pairs, 2), dtype=np.int64),
        bins=np.zeros((pairs, 3), dtype=np.int64),
        totals=np.zeros(pairs),
        usual=np.full((pairs, 2), np.nan),
        recent=np.zeros((pairs, length)),
        ordered=np.zeros((pairs, spans.long)),
        daily=np.zeros((pairs, spans.step)),
        weekly=np.zeros((pairs, spans.step)),
        profile=np.full((pairs, 7 * _WEEKS_BACK * spans.bins + 2 * NEAR + 2), np.nan),
    )


@njit(cache=True, nogil=True)
def advance(state: ViewState, pair: int, spans: Spans, value: float, local: float, out: FloatArray) -> None:
    """Take a pair's next value, at ``local`` seconds, and write its views to ``out`` float64[16]."""
    value = min(max(value, -LARGEST), LARGEST)
    now = int(np.floor(local * spans.bins / _DAY))
    if state.counts[pair, 0] == 0 or now != state.bins[pair, 0]:
        _enter_bin(state, pair, spans, now)
    _age(state, pair, spans)
    state.counts[pair, 0] += 1
    state.counts[pair, 1] += 1
    state.totals[pair] += value
    look(past_of(state, pair, spans), value, out)
    state.recent[pair, -1] = value
    state.daily[pair, -1] = out[_DAILY]
    state.weekly[pair, -1] = out[_WEEKLY]


@njit(cache=True, nogil=True)
def what_if(state: ViewState, pair: int, spans: Spans, values: FloatArray, out: FloatArray) -> None:
    """Views of each of ``values`` float64[n] in the place of the pair's newest reading: float64[n, 16]."""
    past = past_of(state, pair, spans)
    for i in range(len(values)):
        look(past, values[i], out[i])


@njit(cache=True, nogil=True)
def replay(
    state: ViewState, pair: int, spans: Spans, values: FloatArray, locals_: FloatArray, out: FloatArray
) -> None:
    """Advance one pair over a series: float64[n] values and local seconds -> float64[n, 16]."""
    for i in range(len(values)):
        advance(state, pair, spans, values[i], locals_[i], out[i])


class Held(NamedTuple):
    """How many readings each span holds, the newest one included."""

    all: int
    short: int
    middle: int
    long: int
    step: int
    spread: int
    season: int


class Past(NamedTuple):
    """What the views of a reading need to know of those before it, so that a value is looked at in no time.

    ``short``, ``middle``, ``long`` and ``step`` are sums over the readings before it within those spans,
    ``older`` the mean of the step before that; ``near`` and ``far`` a mean and the squared distances from it;
    ``median`` what `_middle_of` says; ``season`` sums of distances: daily over the season's span and the
    step, weekly over the step.
    """

    held: Held
    before: float
    short: float
    middle: float
    long: float
    step: float
    older: float
    near: tuple[float, float]
    far: tuple[float, float]
    rough: float
    peak: float
    median: tuple[float, float, float]
    season: tuple[float, float, float]
    usual: tuple[float, float]


@njit(cache=True, nogil=True)
def _age(state: ViewState, pair: int, spans: Spans) -> None:
    """Let the newest reading be one of the past, and make room at the rings' end."""
    count = state.counts[pair, 0]
    if count > 0:
        recent = state.recent[pair]
        ordered = state.ordered[pair]
        if count >= spans.long:
            remove(ordered, spans.long - 1, recent[len(recent) - spans.long])
        insert(ordered, min(count, spans.long - 1) - 1, recent[-1])
    shift(state.recent[pair])
    shift(state.daily[pair])
    shift(state.weekly[pair])


@njit(cache=True, nogil=True)
def past_of(state: ViewState, pair: int, spans: Spans) -> Past:
    """The past of the pair's newest reading, whose place at the rings' end may still be empty."""
    recent = state.recent[pair, : state.recent.shape[1] - 1]
    daily = state.daily[pair, : spans.step - 1]
    weekly = state.weekly[pair, : spans.step - 1]
    held = _held(state.counts[pair, 0], spans)
    n_older = max(0, min(held.all - spans.step, spans.step))
    older = sum_of(recent[: len(recent) + 1 - spans.step], n_older) / n_older if n_older else np.nan
    peak = state.ordered[pair, held.long - 2] if held.long > 1 else -np.inf
    return Past(
        held,
        recent[-1],
        sum_of(recent, held.short - 1),
        sum_of(recent, held.middle - 1),
        sum_of(recent, held.long - 1),
        sum_of(recent, held.step - 1),
        older,
        spread_of(recent, held.spread - 1),
        spread_of(recent, held.long - 1),
        roughness_of(recent, held.long - 1),
        peak,
        _middle_of(state.ordered[pair], held.long - 1),
        (sum_of(daily, held.season - 1), sum_of(daily, held.step - 1), sum_of(weekly, held.step - 1)),
        (state.usual[pair, 0], state.usual[pair, 1]),
    )


@njit(cache=True, nogil=True)
def _held(count: int, spans: Spans) -> Held:
    step = min(count, spans.step)
    spread = min(count, max(5, spans.middle))
    short = min(count, spans.short)
    return Held(
        count, short, min(count, spans.middle), min(count, spans.long), step, spread, min(step, spans.short)
    )


@njit(cache=True, nogil=True)
def look(past: Past, value: float, out: FloatArray) -> None:
    """Write the views of a reading of ``value`` after this past."""
    held = past.held
    value = min(max(value, -LARGEST), LARGEST)
    out[0] = value
    out[1] = (past.short + value) / held.short
    out[2] = (past.middle + value) / held.middle
    out[3] = (past.long + value) / held.long
    out[4] = value - past.before if held.all > 1 else 0.0
    low, middle, high = past.median
    within = min(max(value, low), high)
    # Of an odd number the median is the newest value or a neighbour, of an even one halfway to the middle.
    out[5] = value - (within if held.long % 2 else 0.5 * (middle + within))
    out[6] = 0.0 if np.isnan(past.older) else (past.step + value) / held.step - past.older
    out[7] = _deviation(past.near, held.spread, value)
    out[8] = _deviation(past.far, held.long, value)
    out[9] = (past.rough + abs(value - past.before)) / (held.long - 1) if held.all > 1 else 0.0
    out[10] = max(past.peak, value)
    daily_short, daily, weekly = past.season
    out[_DAILY] = _distance(value, past.usual[0])
    out[12] = (daily_short + out[_DAILY]) / held.season
    out[13] = (daily + out[_DAILY]) / held.step
    out[_WEEKLY] = _distance(value, past.usual[1])
    out[15] = (weekly + out[_WEEKLY]) / held.step


@njit(cache=True, nogil=True)
def _middle_of(ordered: FloatArray, count: int) -> tuple[float, float, float]:
    """What bounds a new value as the median of the first ``count`` ascending values and itself.

    The neighbours below and above, and between them, for an odd count, the middle one.
    """
    half = count // 2
    low = ordered[half - 1] if half > 0 else -np.inf
    if count % 2 == 0:
        return low, 0.0, ordered[half] if half < count else np.inf
    return low, ordered[half], ordered[half + 1] if half + 1 < count else np.inf


@njit(cache=True, nogil=True)
def _deviation(before: tuple[float, float], count: int, value: float) -> float:
    """Population standard deviation of a value and those before it, ``count`` in all; see `spread_of`."""
    mean, squares = before
    away = value - mean
    return np.sqrt((squares + away * away * ((count - 1) / count)) / count)


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
        state.bins[pair, 2] = min(state.bins[pair, 2], now)
    else:
        state.bins[pair, 1] = state.bins[pair, 2] = now
    state.bins[pair, 0] = now
    state.counts[pair, 1] = 0
    state.totals[pair] = 0.0
    daily = usual_at(profile, now, spans.bins, _DAYS_BACK)
    weekly = usual_at(profile, now, 7 * spans.bins, _WEEKS_BACK)
    if np.isnan(daily) or np.isnan(weekly):
        middle = median_so_far(profile, state.bins[pair, 2], now)
        daily = middle if np.isnan(daily) else daily
        weekly = middle if np.isnan(weekly) else weekly
    state.usual[pair, 0] = daily
    state.usual[pair, 1] = weekly


def known_times(state: ViewState, pair: int, spans: Spans) -> tuple[bool, bool]:
    """Whether the pair's present bin is known of earlier days, and of earlier weeks."""
    profile, now = state.profile[pair], int(state.bins[pair, 0])
    daily = usual_at(profile, now, spans.bins, _DAYS_BACK)
    weekly = usual_at(profile, now, 7 * spans.bins, _WEEKS_BACK)
    return not np.isnan(daily), not np.isnan(weekly)


@njit(cache=True, nogil=True)
def _distance(value: float, usual: float) -> float:
    return 0.0 if np.isnan(usual) else value - usual
