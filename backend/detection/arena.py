"""The view forests of all live pairs: slots that come and go, in segments that are pushed side by side."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.cores import CORES
from backend.detection.forest_memory import Habits, PairModel, habits_from
from backend.detection.season import local_seconds
from backend.detection.view_forest import ViewForest

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
State = dict[str, NDArray[np.generic]]
Value = TypeVar("Value", bound=np.generic)

SEGMENT = 256
"""Slots that are allocated, kept and loaded together."""

_WORTH_A_THREAD = 512
"""Fewer rows than this are done sooner than a second thread has begun."""


class ForestArena:
    """View forests for any number of pairs that are read every ``interval`` seconds.

    A pair has a slot, a small int, from `add` until `drop`; every method raises KeyError for a slot that is
    free. Scores are those of `ViewForest`, bit by bit: they depend on the pair's readings and seed alone.
    ``zone`` is whose clock the daily and weekly views follow; None is UTC. Not to be called by two threads
    at once; inside, segments run in threads of their own.
    """

    def __init__(self, interval: float, zone: ZoneInfo | None = None) -> None:
        self._interval = interval
        self._zone = zone
        self._segments: list[ViewForest] = []
        self._used = np.zeros(0, dtype=np.bool_)
        self._free: list[int] = []
        self._threads = ThreadPoolExecutor(CORES, "view-forest")

    def add(self, seed: int) -> int:
        """A slot for a new pair, of which nothing was read yet."""
        if not self._free:
            self._grow()
        slot = heapq.heappop(self._free)
        self._used[slot] = True
        forest, pair = self._place(slot)
        forest.reset(pair, seed)
        return slot

    def drop(self, slot: int) -> None:
        """Forget the pair and free its slot for another one."""
        forest, pair = self._place(slot)
        forest.reset(pair, 0)
        self._used[slot] = False
        heapq.heappush(self._free, slot)

    def push(
        self,
        slots: IntArray,
        timestamps: FloatArray,
        values: FloatArray,
        learned: BoolArray | None = None,
    ) -> FloatArray:
        """Take readings and score each: float64[n] in 0..1; see `ViewForest.push`.

        A slot may come several times, its readings in order of time. Raises ValueError for a value or a time
        that is not finite; nothing was taken then.
        """
        if not (np.isfinite(values).all() and np.isfinite(timestamps).all()):
            raise ValueError("a reading that is not finite cannot be scored")
        if learned is None:
            learned = np.ones(len(values), dtype=np.bool_)
        scores = np.empty(len(values))

        def run(forest: ViewForest, rows: IntArray, pairs: IntArray) -> None:
            scores[rows] = forest.push(pairs, timestamps[rows], values[rows], learned[rows])

        self._run(run, slots)
        return scores

    def is_ready(self, slots: IntArray) -> BoolArray:
        """Whether these pairs have trees to be scored by: bool[n]."""
        return self._asked(ViewForest.is_ready, slots, np.bool_)

    def learned(self, slots: IntArray) -> IntArray:
        """How many readings these pairs learned so far: int64[n]."""
        return self._asked(ViewForest.learned, slots, np.int64)

    def newest(self, slots: IntArray) -> FloatArray:
        """When these pairs' newest readings were, float64[n] in seconds since the epoch; -inf: none yet."""
        return self._asked(ViewForest.newest, slots, np.float64)

    def expected(self, slots: IntArray, thresholds: FloatArray) -> FloatArray:
        """Low and high of the values that would have scored below float64[n] thresholds: float64[n, 2].

        NaN where there are none; see `expected.bounds`.
        """
        found = np.empty((len(slots), 2))

        def run(forest: ViewForest, rows: IntArray, pairs: IntArray) -> None:
            found[rows] = forest.expected(pairs, thresholds[rows])

        self._run(run, slots)
        return found

    def views(self, slot: int) -> FloatArray:
        """The newest reading's views, float64[16] in the order of VIEWS."""
        forest, pair = self._place(slot)
        return forest.views(pair)

    def usual(self, slot: int) -> FloatArray:
        """What is usual at the newest reading's time of the day and of the week: float64[2], NaN: unknown."""
        forest, pair = self._place(slot)
        return forest.usual(pair)

    def knows(self, slot: int) -> tuple[bool, bool]:
        """Whether `usual` comes from the same time of earlier days, and of earlier weeks."""
        forest, pair = self._place(slot)
        return forest.knows(pair)

    def shares(self, slot: int) -> FloatArray:
        """Each view's part in the newest reading's score, float64[16]; see `ViewForest.shares`."""
        forest, pair = self._place(slot)
        return forest.shares(pair)

    def scores_if(self, slot: int, values: FloatArray) -> FloatArray:
        """The score the pair's newest reading would have had with each of ``values``, its past held fixed."""
        forest, pair = self._place(slot)
        return forest.scores_if(pair, values)

    def refit(self, slots: IntArray) -> None:
        """Grow these pairs' trees now, from all that their windows hold."""

        def run(forest: ViewForest, _: IntArray, pairs: IntArray) -> None:
            for pair in pairs.tolist():
                forest.refit(pair)

        self._run(run, slots)

    def hold(self, slots: IntArray, held: bool) -> None:
        """While held, these pairs' readings are learned but grow no new trees; `refit` still does."""
        for forest, _, pairs in self._parts(slots):
            forest.hold(pairs, held)

    def model(self, slot: int) -> PairModel:
        """A copy of what the pair is scored by, 20 kB: what a model file keeps."""
        forest, pair = self._place(slot)
        return forest.model(pair)

    def put_model(self, slot: int, model: PairModel) -> None:
        """Score the pair by this model from the next reading on; see `ViewForest.put_model`."""
        forest, pair = self._place(slot)
        forest.put_model(pair, model)

    def habits(self, slot: int, *, seasons: bool) -> Habits:
        """A copy of what the pair's views know of earlier days; ``seasons``: of earlier weeks too."""
        forest, pair = self._place(slot)
        return forest.habits(pair, seasons=seasons)

    def habits_from(self, timestamps: FloatArray, values: FloatArray) -> Habits:
        """The habits that readings tell of, float64[n] seconds and values, n at least 1."""
        return habits_from(self._interval, local_seconds(timestamps, self._zone), values)

    def put_habits(self, slot: int, habits: Habits, before: float) -> None:
        """Let a pair of which nothing was read yet know the habits from before a time, in seconds."""
        forest, pair = self._place(slot)
        forest.put_habits(pair, habits, before)

    def adopt(self, slot: int, other: ForestArena, other_slot: int, *, views: bool) -> None:
        """Take the window and the trees of a pair that was grown elsewhere; see `ViewForest.adopt`."""
        forest, pair = self._place(slot)
        other_forest, other_pair = other._place(other_slot)
        forest.adopt(pair, other_forest, other_pair, views=views)

    def segments(self) -> int:
        """How many segments there are; the last slot is below this many times SEGMENT."""
        return len(self._segments)

    def dump(self, segment: int) -> State:
        """A copy of all that a segment's scores depend on, by name, for `load`."""
        first = segment * SEGMENT
        kept = {name: array.copy() for name, array in self._segments[segment].state().items()}
        return kept | self._made_for() | {"used": self._used[first : first + SEGMENT].copy()}

    def load(self, segment: int, state: State) -> None:
        """Make a segment what it was when it was dumped; segments that are missing before it are made.

        Raises ValueError for a state of another interval, time zone or version; nothing was changed then.
        """
        for name, mine in self._made_for().items():
            if name not in state or not np.array_equal(mine, state[name]):
                raise ValueError(f"the state was kept for another {name}")
        used = state.get("used")
        if used is None or used.shape != (SEGMENT,) or used.dtype != np.bool_:
            raise ValueError("the state does not say which slots it holds")
        forest = self._new_segment()
        forest.restore(state)
        while segment >= len(self._segments):
            self._grow()
        self._segments[segment] = forest
        self._used[segment * SEGMENT : (segment + 1) * SEGMENT] = used
        self._free = np.flatnonzero(~self._used).tolist()

    def _made_for(self) -> State:
        zone = "UTC" if self._zone is None else self._zone.key
        return {"interval": np.array(self._interval), "zone": np.array(zone)}

    def _new_segment(self) -> ViewForest:
        return ViewForest(self._interval, np.zeros(SEGMENT, dtype=np.int64), zone=self._zone)

    def _grow(self) -> None:
        first = len(self._used)
        self._segments.append(self._new_segment())
        self._used = np.r_[self._used, np.zeros(SEGMENT, dtype=np.bool_)]
        for slot in range(first, first + SEGMENT):
            heapq.heappush(self._free, slot)

    def _place(self, slot: int) -> tuple[ViewForest, int]:
        if not 0 <= slot < len(self._used) or not self._used[slot]:
            raise KeyError(f"no pair has slot {slot}")
        return self._segments[slot // SEGMENT], slot % SEGMENT

    def _parts(self, slots: IntArray) -> Iterator[tuple[ViewForest, IntArray, IntArray]]:
        """Each segment that is meant, the rows that are in it, in order, and their pairs there."""
        inside = (slots >= 0) & (slots < len(self._used))
        if not inside.all() or not self._used[slots].all():
            free = slots[~inside] if not inside.all() else slots[~self._used[slots]]
            raise KeyError(f"no pair has slot {free[0]}")
        order = np.argsort(slots // SEGMENT, kind="stable")
        segments, starts = np.unique(slots[order] // SEGMENT, return_index=True)
        for segment, rows in zip(segments.tolist(), np.split(order, starts[1:]), strict=False):
            yield self._segments[segment], rows, slots[rows] % SEGMENT

    def _run(self, run: Callable[[ViewForest, IntArray, IntArray], None], slots: IntArray) -> None:
        """Do it for each segment, in threads where there is enough to do."""
        parts = list(self._parts(slots))
        if len(parts) < 2 or len(slots) < _WORTH_A_THREAD:
            for part in parts:
                run(*part)
        else:
            list(self._threads.map(lambda part: run(*part), parts))

    def _asked(
        self, ask: Callable[[ViewForest, IntArray], NDArray[Value]], slots: IntArray, kind: type[Value]
    ) -> NDArray[Value]:
        """What each pair's segment answers: one for each slot."""
        answers = np.empty(len(slots), dtype=kind)
        for forest, rows, pairs in self._parts(slots):
            answers[rows] = ask(forest, pairs)
        return answers
