"""The view forest: many pairs' one-view trees, fed one reading at a time and refitted as readings arrive."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.step_tables import ENTRIES, fit_table, weight_at
from backend.detection.views import VIEWS, Spans, ViewState, advance, empty_state

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WINDOW = 8000
REFIT = 25
FIRST_FIT = 32
_MOST_DAYS = 7
_LEAST_DAYS = 2
_USUAL_SCORE = 0.58
_PEAK_BIN = 900.0
_DAY = 86_400.0


class Refits(NamedTuple):
    """What a forest learns from and how often."""

    window: int = WINDOW
    every: int = REFIT
    first: int = FIRST_FIT


class ForestState(NamedTuple):
    window: FloatArray
    ascending: FloatArray
    leaving: FloatArray
    learned: IntArray
    edges: NDArray[np.float32]
    weights: NDArray[np.float32]
    origins: FloatArray
    peaks: NDArray[np.float32]
    peak_bins: IntArray
    seeds: NDArray[np.uint64]


def empty_forests(pairs, spans, refits, seeds):
    v = len(VIEWS)
    bins = peak_bins(spans)
    return ForestState(
        window=np.zeros((pairs, refits.window, v)),
        ascending=np.zeros((pairs, v, refits.window)),
        leaving=np.zeros((pairs, refits.every, v)),
        learned=np.zeros((pairs, 3), dtype=np.int64),
        edges=np.full((pairs, v, ENTRIES - 1), np.inf, dtype=np.float32),
        weights=np.zeros((pairs, v, ENTRIES), dtype=np.float32),
        origins=np.zeros((pairs, v)),
        peaks=np.zeros((pairs, (_MOST_DAYS + 1) * bins), dtype=np.float32),
        peak_bins=np.full((pairs, 1), np.iinfo(np.int64).min),
        seeds=seeds.astype(np.uint64),
    )


def peak_bins(spans):
    return max(1, min(spans.bins, int(_DAY // _PEAK_BIN)))


@njit(cache=True, nogil=True)
def score_of(state, pair, views, shares):
    total = 0.0
    for v in range(len(views)):
        w = weight_at(state.edges[pair, v], state.weights[pair, v], views[v] - state.origins[pair, v])
        shares[v] = w
        total += w
    return (total / len(views)) ** 0.25


@njit(cache=True, nogil=True)
def less_recurrence(state, pair, bins, score, local):
    peaks = state.peaks[pair]
    size = len(peaks)
    now = np.int64(np.floor(local * bins / _DAY))
    newest = state.peak_bins[pair, 0]
    if newest < now - size:
        peaks[:] = np.nan
    else:
        for fresh in range(newest + 1, now + 1):
            peaks[fresh % size] = np.nan
    state.peak_bins[pair, 0] = max(newest, now)
    highest = np.empty(_MOST_DAYS)
    days = 0
    reach = max(1, int(round(bins / 24.0)))
    for day in range(1, _MOST_DAYS + 1):
        centre = now - day * bins
        best = np.nan
        for at in range(centre - reach, min(centre + reach + 1, now)):
            if at > now - size:
                p = peaks[at % size]
                if not np.isnan(p) and not p <= best:
                    best = p
        if not np.isnan(best):
            highest[days] = best
            days += 1
    at = now % size
    if not score <= peaks[at]:
        peaks[at] = score
    if days < _LEAST_DAYS:
        return score
    return score - max(0.0, np.median(highest[:days]) - _USUAL_SCORE)


@njit(cache=True, nogil=True)
def learn(state, pair, views, every):
    learned = state.learned[pair]
    window = state.window[pair]
    slot = learned[0] % len(window)
    if learned[0] >= len(window):
        state.leaving[pair, learned[1]] = window[slot]
    window[slot] = views
    learned[0] += 1
    learned[1] += 1


@njit(cache=True, nogil=True)
def refit(state, pair):
    learned = state.learned[pair]
    window = state.window[pair]
    size = len(window)
    fresh = learned[1]
    known = min(learned[0], size)
    before = learned[2]
    gone = before + fresh - known
    level = 0.0
    for v in range(len(VIEWS)):
        asc = state.ascending[pair, v]
        new = np.empty(fresh)
        for i in range(fresh):
            new[i] = window[(learned[0] - fresh + i) % size, v]
        new.sort()
        # those that left: the last `gone` of leaving
        old = state.leaving[pair, fresh - gone : fresh, v].copy()
        old.sort()
        _exchange(asc, before, old, new)
        if v == 0:
            level = max(abs(asc[0]), abs(asc[known - 1]))
        state.origins[pair, v] = fit_table(
            asc[:known], level, state.seeds[pair] + np.uint64(v * 1000 + (learned[0] if RNG else 0) * 100000), state.edges[pair, v], state.weights[pair, v]
        )
    learned[1] = 0
    learned[2] = known

RNG = True

@njit(cache=True, nogil=True)
def _exchange(ascending, count, old, new):
    kept = 0
    o = 0
    for i in range(count):
        if o < len(old) and ascending[i] == old[o]:
            o += 1
        else:
            ascending[kept] = ascending[i]
            kept += 1
    at = kept + len(new) - 1
    k = kept - 1
    j = len(new) - 1
    while j >= 0:
        if k >= 0 and ascending[k] > new[j]:
            ascending[at] = ascending[k]
            k -= 1
        else:
            ascending[at] = new[j]
            j -= 1
        at -= 1


@njit(cache=True, nogil=True)
def run(vstate, fstate, pair, spans, bins, refits, values, locals_, raw, scores):
    views = np.empty(len(VIEWS))
    shares = np.empty(len(VIEWS))
    for i in range(len(values)):
        advance(vstate, pair, spans, values[i], locals_[i], views)
        s = 0.0
        if fstate.learned[pair, 2] > 0:
            s = score_of(fstate, pair, views, shares)
        raw[i] = s
        scores[i] = less_recurrence(fstate, pair, bins, s, locals_[i])
        learn(fstate, pair, views, refits.every)
        due = min(max(fstate.learned[pair, 2] // 8, 4), refits.every)
        if fstate.learned[pair, 0] >= refits.first and fstate.learned[pair, 1] >= due:
            refit(fstate, pair)
