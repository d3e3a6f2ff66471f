"""The view forest: per pair and view twenty isolation trees, refitted as readings come."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.recurrence import Peaks, allowance, bins_a_day, empty_peaks, remember
from backend.detection.step_tables import ENTRIES, POWER, average_path, fit_table, weight_at
from backend.detection.training_window import (
    TrainingWindow,
    bring_in_order,
    empty_window,
    learn,
    restore_order,
)
from backend.detection.views import (
    VIEWS,
    Spans,
    ViewState,
    advance,
    empty_state,
    local_seconds,
    what_if,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

THRESHOLD = 0.625
"""The score from which a reading is anomalous: one number for every series."""

WINDOW = 8000
REFIT_EVERY = 25
FIRST_FIT = 32
_LEAST_REFIT = 4
_YOUNG = 8
"""A window is refitted as it grows by an eighth, and every REFIT_EVERY readings once that is more."""

_CALM = 0.5
_DOUBT = 16
"""In a young window a new extreme is nothing rare: what a score has above _CALM counts n / (n + _DOUBT)."""

_STREAMS = 1 << 40
"""Random streams of one seed: one for each view and refit."""


class Tables(NamedTuple):
    """The collapsed trees of many pairs, row i for pair i; see `step_tables.fit_table`.

    ``edges`` float32[pairs, 16, ENTRIES - 1], ``weights`` float32[pairs, 16, ENTRIES], ``origins``
    float64[pairs, 16], ``seeds`` uint64[pairs].
    """

    edges: NDArray[np.float32]
    weights: NDArray[np.float32]
    origins: FloatArray
    seeds: NDArray[np.uint64]


class Newest(NamedTuple):
    """What is known of each pair's newest reading: its views' weights, the allowance and the score."""

    weights: FloatArray
    allowed: FloatArray
    score: FloatArray


class _Memory(NamedTuple):
    views: ViewState
    window: TrainingWindow
    tables: Tables
    peaks: Peaks
    newest: Newest


class ViewForest:
    """The forests of many pairs that are read every ``interval`` seconds.

    A pair's scores depend on its own readings and its seed alone, not on which others are here or on how the
    readings are cut into calls. Until FIRST_FIT readings were learned every score is 0.

    Parameters
    ----------
    interval : seconds between two readings.
    seeds : one for each pair; the same seed and readings give the same scores.
    zone : whose clock the daily and weekly views follow; None is UTC.
    window, refit_every : readings that are learned from, and between two refits. A forest with a window of 0
        keeps 85 kB a pair instead of 2 MB; it learns nothing and is given its trees by `adopt`.
    """

    def __init__(
        self,
        interval: float,
        seeds: IntArray,
        *,
        zone: ZoneInfo | None = None,
        window: int = WINDOW,
        refit_every: int = REFIT_EVERY,
    ) -> None:
        pairs = len(seeds)
        self._spans = Spans.of(interval)
        self._peak_bins = bins_a_day(interval)
        self._zone = zone
        self._memory = _Memory(
            views=empty_state(pairs, self._spans),
            window=empty_window(pairs, window, refit_every),
            tables=Tables(
                edges=np.full((pairs, len(VIEWS), ENTRIES - 1), np.inf, dtype=np.float32),
                weights=np.zeros((pairs, len(VIEWS), ENTRIES), dtype=np.float32),
                origins=np.zeros((pairs, len(VIEWS))),
                seeds=seeds.astype(np.uint64),
            ),
            peaks=empty_peaks(pairs, self._peak_bins),
            newest=Newest(np.zeros((pairs, len(VIEWS))), np.zeros(pairs), np.zeros(pairs)),
        )

    def push(
        self,
        pairs: IntArray,
        timestamps: FloatArray,
        values: FloatArray,
        learned: BoolArray | None = None,
    ) -> FloatArray:
        """Take readings and score each against what its pair was before it: float64[n] in 0..1.

        Row i belongs to ``pairs[i]``: a poll gives each pair once, a replay one pair many times. Timestamps
        are seconds since the epoch and ascend for each pair. Where ``learned`` is False the reading is
        seen and scored, but never trained on. Raises ValueError for a value that is not finite.
        """
        if not (np.isfinite(values).all() and np.isfinite(timestamps).all()):
            raise ValueError("a reading that is not finite cannot be scored")
        if learned is None:
            learned = np.ones(len(values), dtype=np.bool_)
        scores = np.empty(len(values))
        local = local_seconds(timestamps, self._zone)
        _push(self._memory, self._spans, self._peak_bins, pairs, local, values, learned, scores)
        return scores

    def is_ready(self, pairs: IntArray) -> BoolArray:
        """Whether these pairs have trees to be scored by: bool[n]."""
        ready: BoolArray = self._memory.window.counts[pairs, 2] > 0
        return ready

    def shares(self, pair: int) -> FloatArray:
        """Each view's part in the newest reading's score, float64[16], in the order of VIEWS; they sum to 1.

        All zero before the pair is ready.
        """
        weights = self._memory.newest.weights[pair]
        total = weights.sum()
        return weights / total if total > 0 else np.zeros(len(VIEWS))

    def scores_if(self, pair: int, values: FloatArray) -> FloatArray:
        """The score the pair's newest reading would have had with each of ``values``, its past held fixed."""
        if not np.isfinite(values).all():
            raise ValueError("a reading that is not finite cannot be scored")
        scores = np.empty(len(values))
        _scores_if(self._memory, self._spans, pair, values, scores)
        return scores

    def views(self, pair: int) -> FloatArray:
        """The newest reading's views, float64[16] in the order of VIEWS."""
        recent = self._memory.views.recent[pair]
        out = np.empty((1, len(VIEWS)))
        what_if(self._memory.views, pair, self._spans, recent[-1:], out)
        return out[0]

    def refit(self, pair: int) -> None:
        """Grow the pair's trees now, from all that it learned, without waiting for its turn."""
        if self._memory.window.counts[pair, 1] > 0:
            _refit(self._memory, pair)

    def adopt(self, pair: int, other: ViewForest, other_pair: int) -> None:
        """Take the trees of another forest's pair, the next reading on, and what its views remember.

        Raises ValueError where the other was made for another interval.
        """
        if other._spans != self._spans:
            raise ValueError("the other forest reads at another interval")
        taken = ("views.", "tables.", "peaks.")
        theirs = other.state()
        for name, array in self.state().items():
            if name.startswith(taken):
                array[pair] = theirs[name][other_pair]
        self._memory.window.counts[pair] = (0, 0, other._memory.window.counts[other_pair, 2])

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything that scores depend on, as arrays by name, for `restore`."""
        return {
            f"{part}.{name}": array
            for part, arrays in self._memory._asdict().items()
            for name, array in arrays._asdict().items()
            if name != "ascending"
        }

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Become the forest that gave ``state``; its interval, pairs, window and refits must be the same.

        Raises ValueError where they are not.
        """
        for name, array in self.state().items():
            if name not in state or state[name].shape != array.shape or state[name].dtype != array.dtype:
                raise ValueError(f"the state does not fit this forest: {name}")
        for name, array in self.state().items():
            np.copyto(array, state[name])
        restore_order(self._memory.window)


@njit(cache=True, nogil=True)
def _push(
    memory: _Memory,
    spans: Spans,
    peak_bins: int,
    pairs: IntArray,
    local: FloatArray,
    values: FloatArray,
    learned: BoolArray,
    scores: FloatArray,
) -> None:
    newest = memory.newest
    views = np.empty(len(VIEWS))
    for i in range(len(values)):
        pair = pairs[i]
        # A refit waits for the next reading: until then the tables are those that scored the newest one,
        # and what they say of it (its shares, its expected range) holds exactly.
        _refit_if_due(memory, pair)
        advance(memory.views, pair, spans, values[i], local[i], views)
        newest.allowed[pair] = 0.0
        newest.score[pair] = 0.0
        if memory.window.counts[pair, 2] > 0:
            raw = _score(memory, pair, views, newest.weights[pair])
            newest.allowed[pair] = allowance(memory.peaks, pair, peak_bins, local[i])
            remember(memory.peaks, pair, peak_bins, raw, local[i])
            newest.score[pair] = max(0.0, raw - newest.allowed[pair])
        scores[i] = newest.score[pair]
        if learned[i] and memory.window.views.shape[1] > 0:
            learn(memory.window, pair, views)


@njit(cache=True, nogil=True)
def _scores_if(memory: _Memory, spans: Spans, pair: int, values: FloatArray, scores: FloatArray) -> None:
    views = np.empty((len(values), len(VIEWS)))
    weights = np.empty(len(VIEWS))
    what_if(memory.views, pair, spans, values, views)
    for i in range(len(values)):
        raw = _score(memory, pair, views[i], weights)
        scores[i] = max(0.0, raw - memory.newest.allowed[pair])


@njit(cache=True, nogil=True)
def _score(memory: _Memory, pair: int, views: FloatArray, weights: FloatArray) -> float:
    """The power mean of the views' scores, doubted while the window is young; writes their weights."""
    tables = memory.tables
    total = 0.0
    for view in range(len(VIEWS)):
        away = views[view] - tables.origins[pair, view]
        weights[view] = weight_at(tables.edges[pair, view], tables.weights[pair, view], away)
        total += weights[view]
    score = (total / len(VIEWS)) ** (1.0 / POWER)
    learned = memory.window.counts[pair, 2]
    return _CALM + (score - _CALM) * learned / (learned + _DOUBT) if score > _CALM else score


@njit(cache=True, nogil=True)
def _refit_if_due(memory: _Memory, pair: int) -> None:
    """Grow new trees if enough readings came since the last ones.

    Old pairs take turns, each at its seed's place, or all of them would be refitted in one poll.
    """
    window, tables = memory.window, memory.tables
    ever, fresh, ordered = window.counts[pair]
    every = window.leaving.shape[1]
    grown = max(_LEAST_REFIT, ordered // _YOUNG)
    turn = (np.uint64(ever) + tables.seeds[pair]) % np.uint64(every) == 0
    due = fresh >= grown if grown < every else fresh >= every or (turn and fresh > 0)
    if ever >= FIRST_FIT and due:
        _refit(memory, pair)


@njit(cache=True, nogil=True)
def _refit(memory: _Memory, pair: int) -> None:
    window, tables = memory.window, memory.tables
    ever = window.counts[pair, 0]
    known = bring_in_order(window, pair)
    leaf_path = average_path(known)
    for view in range(len(VIEWS)):
        ascending = window.ascending[pair, view, :known]
        if view == 0:
            level = max(abs(ascending[0]), abs(ascending[-1]))
        stream = tables.seeds[pair] * np.uint64(_STREAMS) + np.uint64(ever * len(VIEWS) + view)
        tables.origins[pair, view] = fit_table(
            ascending, leaf_path, level, stream, tables.edges[pair, view], tables.weights[pair, view]
        )
