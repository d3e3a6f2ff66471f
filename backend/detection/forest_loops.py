"""The view forest's compiled loops: take readings, score them, and grow new trees when they are due."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit, wrapping
from backend.detection.detector import YOUNG
from backend.detection.forest_memory import Memory, Rules
from backend.detection.recurrence import allowance, remember
from backend.detection.step_tables import POWER, far_out, fit_table, weight_at
from backend.detection.training_window import held, in_order, learn, room_for
from backend.detection.views import VIEWS, Past, Spans, advance, look, past_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FIRST_FIT = 32
_LEAST_REFIT = 4
_YOUNG = 8
"""A window is refitted as it grows by an eighth, and every ``refit_every`` readings once that is more."""

_CALM = 0.5
_DOUBT = 16
"""In a young window a new extreme is nothing rare: what a score has above _CALM counts n / (n + _DOUBT)."""

_VALUE = VIEWS.index("value")
_STREAMS = 1 << 40
"""Random streams of one seed: one for each view and refit."""


@wrapping
@njit(cache=True, nogil=True)
def push(
    memory: Memory,
    rules: Rules,
    pairs: IntArray,
    timestamps: FloatArray,
    local: FloatArray,
    values: FloatArray,
    learned: BoolArray,
    scores: FloatArray,
) -> None:
    """Take readings in the order given and write their scores; see `ViewForest.push`."""
    newest = memory.newest
    views = np.empty(len(VIEWS))
    for i in range(len(values)):
        pair = pairs[i]
        # A refit waits for the next reading: until then the tables are those that scored the newest one,
        # and what they say of it (its shares, its expected range) holds exactly.
        _refit_if_due(memory, rules, pair)
        advance(memory.views, pair, rules.spans, values[i], local[i], views)
        newest.at[pair] = timestamps[i]
        newest.allowed[pair] = 0.0
        newest.score[pair] = 0.0
        if memory.window.counts[pair, 2] > 0:
            raw = _score(memory, pair, views, newest.weights[pair])
            newest.allowed[pair] = allowance(memory.peaks, pair, rules.peak_bins, local[i])
            remember(memory.peaks, pair, rules.peak_bins, raw, local[i])
            newest.score[pair] = max(0.0, raw - newest.allowed[pair])
        scores[i] = newest.score[pair]
        if learned[i]:
            learn(memory.window, pair, views, rules.block)


@njit(cache=True, nogil=True)
def score_if(memory: Memory, pair: int, past: Past, value: float, room: FloatArray) -> float:
    """The score of ``value`` in the newest reading's place, its `past_of` held fixed.

    ``room`` float64[2, 16] takes the views and their weights.
    """
    look(past, value, room[0])
    return max(0.0, _score(memory, pair, room[0], room[1]) - memory.newest.allowed[pair])


@njit(cache=True, nogil=True)
def scores_if(memory: Memory, spans: Spans, pair: int, values: FloatArray, scores: FloatArray) -> None:
    """Write the score of each of ``values`` in the newest reading's place; see `ViewForest.scores_if`."""
    past = past_of(memory.views, pair, spans)
    room = np.empty((2, len(VIEWS)))
    for i in range(len(values)):
        scores[i] = score_if(memory, pair, past, values[i], room)


@wrapping
@njit(cache=True, nogil=True)
def refit(memory: Memory, rules: Rules, pair: int) -> None:
    """Grow the pair's trees from all that its window holds."""
    window, tables = memory.window, memory.tables
    room = room_for(window, pair)
    ever = window.counts[pair, 0]
    level = 0.0
    for view in range(len(VIEWS)):
        ordered = in_order(window, pair, view, room)
        if view == 0:
            level = max(abs(ordered.values[0]), abs(ordered.values[-1]))
        stream = tables.seeds[pair] * np.uint64(_STREAMS) + np.uint64(ever * len(VIEWS) + view)
        tables.origins[pair, view] = fit_table(
            ordered, rules.leaf_path, level, stream, tables.edges[pair, view], tables.weights[pair, view]
        )
    window.counts[pair, 1] = 0
    window.counts[pair, 2] = held(window, pair)


@njit(cache=True, nogil=True)
def _score(memory: Memory, pair: int, views: FloatArray, weights: FloatArray) -> float:
    """The power mean of the views' scores, doubted while the window is young; writes their weights.

    A young window is doubted where a value lies a little beyond what it has seen, and not where it lies far
    off: few readings make shallow trees, and no score of theirs would tell a fault a hundred times as high.
    """
    tables = memory.tables
    learned = memory.window.counts[pair, 2]
    far = 0.0
    if learned < YOUNG:
        off = far_out(tables.edges[pair, _VALUE], views[_VALUE] - tables.origins[pair, _VALUE])
        far = off * (1.0 - learned / YOUNG)
    total = 0.0
    for view in range(len(VIEWS)):
        away = views[view] - tables.origins[pair, view]
        weights[view] = weight_at(tables.edges[pair, view], tables.weights[pair, view], away)
        if far > 0.0:
            weights[view] += (1.0 - weights[view]) * far * far_out(tables.edges[pair, view], away)
        total += weights[view]
    score = (total / len(VIEWS)) ** (1.0 / POWER)
    return _CALM + (score - _CALM) * learned / (learned + _DOUBT) if score > _CALM else score


@njit(cache=True, nogil=True)
def _refit_if_due(memory: Memory, rules: Rules, pair: int) -> None:
    """Grow new trees if enough readings came since the last ones.

    Old pairs take turns, each at its seed's place, or all of them would be refitted in one poll.
    """
    counts, tables = memory.window.counts[pair], memory.tables
    ever, since, grown_from = counts[0], counts[1], counts[2]
    every = rules.refit_every
    grown = max(_LEAST_REFIT, grown_from // _YOUNG)
    turn = (np.uint64(ever) + tables.seeds[pair]) % np.uint64(every) == 0
    due = since >= grown if grown < every else since >= every or (turn and since > 0)
    if due and ever >= FIRST_FIT and not tables.held[pair]:
        # Trees that were put here know more than a window that has just begun.
        known = held(memory.window, pair)
        if known >= FIRST_FIT and 2 * known >= grown_from:
            refit(memory, rules, pair)
