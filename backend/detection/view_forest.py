"""The view forest: per pair and view twenty isolation trees, refitted as readings come."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection import forest_loops, forest_memory
from backend.detection.expected import bounds
from backend.detection.forest_memory import (
    Habits,
    Memory,
    PairModel,
    Rules,
    arrays_of,
    copy_pair,
    empty_memory,
)
from backend.detection.season import local_seconds
from backend.detection.views import VIEWS, known_times, what_if

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

THRESHOLD = 0.625
"""The score from which a reading is anomalous: one number for every series."""

FIRST_FIT = forest_loops.FIRST_FIT


class ViewForest:
    """The forests of a fixed number of pairs that are read every ``interval`` seconds.

    A pair's scores depend on its own readings and its seed alone, not on which others are here or on how the
    readings are cut into calls. Until FIRST_FIT readings were learned every score is 0. Not to be called by
    two threads at once.

    Parameters
    ----------
    interval : seconds between two readings.
    seeds : one for each pair; the same seed and readings give the same scores.
    zone : whose clock the daily and weekly views follow; None is UTC.
    block : readings in each of the training window's blocks, instead of `training_window.block_size`.
    """

    def __init__(
        self,
        interval: float,
        seeds: IntArray,
        *,
        zone: ZoneInfo | None = None,
        block: int | None = None,
    ) -> None:
        self._rules = Rules.of(interval, block)
        self._zone = zone
        self._memory = self._empty(seeds)

    def push(
        self,
        pairs: IntArray,
        timestamps: FloatArray,
        values: FloatArray,
        learned: BoolArray | None = None,
    ) -> FloatArray:
        """Take readings and score each against what its pair was before it: float64[n] in 0..1.

        Row i belongs to ``pairs[i]``: a poll gives each pair once, a replay one pair many times. Timestamps
        are seconds since the epoch and should ascend for each pair; a reading is taken in the order given and
        at the time it says, so that sorting and dropping duplicates is the caller's (see `newest`). Where
        ``learned`` is False the reading is seen and scored, but never trained on. Raises ValueError for a
        value or a time that is not finite; nothing was taken then.
        """
        if not (np.isfinite(values).all() and np.isfinite(timestamps).all()):
            raise ValueError("a reading that is not finite cannot be scored")
        if learned is None:
            learned = np.ones(len(values), dtype=np.bool_)
        scores = np.empty(len(values))
        local = local_seconds(timestamps, self._zone)
        forest_loops.push(self._memory, self._rules, pairs, timestamps, local, values, learned, scores)
        return scores

    def is_ready(self, pairs: IntArray) -> BoolArray:
        """Whether these pairs have trees to be scored by: bool[n]."""
        ready: BoolArray = self._memory.window.counts[pairs, 2] > 0
        return ready

    def learned(self, pairs: IntArray) -> IntArray:
        """How many readings these pairs learned, or their trees if those know more: int64[n]."""
        counts = self._memory.window.counts[pairs]
        known: IntArray = np.maximum(counts[:, 0], counts[:, 2])
        return known

    def newest(self, pairs: IntArray) -> FloatArray:
        """When these pairs' newest readings were, float64[n] in seconds since the epoch; -inf: none yet."""
        at: FloatArray = self._memory.newest.at[pairs]
        return at

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
        forest_loops.scores_if(self._memory, self._rules.spans, pair, values, scores)
        return scores

    def expected(self, pairs: IntArray, thresholds: FloatArray) -> FloatArray:
        """The values around what is usual that would have scored below: float64[n, 2]; see `expected.bounds`.

        NaN where a pair is not ready or no usual value stays below its threshold.
        """
        found = np.empty((len(pairs), 2))
        bounds(self._memory, self._rules.spans, pairs, thresholds, found)
        return found

    def views(self, pair: int) -> FloatArray:
        """The newest reading's views, float64[16] in the order of VIEWS."""
        recent = self._memory.views.recent[pair]
        out = np.empty((1, len(VIEWS)))
        what_if(self._memory.views, pair, self._rules.spans, recent[-1:], out)
        row: FloatArray = out[0]
        return row

    def usual(self, pair: int) -> FloatArray:
        """What is usual at the newest reading's time of the day and of the week: float64[2], NaN: unknown."""
        usual: FloatArray = self._memory.views.usual[pair].copy()
        return usual

    def knows(self, pair: int) -> tuple[bool, bool]:
        """Whether `usual` comes from the same time of earlier days, and of earlier weeks.

        Where it does not, it is the median of all that is known.
        """
        return known_times(self._memory.views, pair, self._rules.spans)

    def refit(self, pair: int) -> None:
        """Grow the pair's trees now, from all that its window holds, without waiting for its turn."""
        if self._memory.window.counts[pair, 0] > 0:
            forest_loops.refit(self._memory, self._rules, pair)

    def hold(self, pairs: IntArray, held: bool) -> None:
        """While held, readings are learned but grow no new trees; `refit` still does."""
        self._memory.tables.held[pairs] = held

    def reset(self, pair: int, seed: int) -> None:
        """Make the pair a new one, of which nothing was read yet."""
        copy_pair(self._memory, pair, self._empty(np.array([seed])), 0)
        self._memory.tables.seeds[pair] = seed
        self._memory.tables.held[pair] = False

    def model(self, pair: int) -> PairModel:
        """A copy of what the pair is scored by."""
        return forest_memory.model_of(self._memory, pair)

    def put_model(self, pair: int, model: PairModel) -> None:
        """Score the pair by this model from the next reading on; its window and its views stay.

        It stands until a refit from at least half as many readings as it was grown from, or longer if the
        pair is held. Raises ValueError for a model of another interval.
        """
        forest_memory.put_model(self._memory, pair, model)

    def habits(self, pair: int, *, seasons: bool) -> Habits:
        """A copy of what the pair's views know of earlier days; ``seasons``: of earlier weeks too."""
        return forest_memory.habits_of(self._memory, pair, seasons=seasons)

    def put_habits(self, pair: int, habits: Habits, before: float) -> None:
        """Let a pair of which nothing was read yet know the habits from before a time, in seconds."""
        local = float(local_seconds(np.array([before]), self._zone)[0])
        forest_memory.put_habits(self._memory, self._rules, pair, habits, local)

    def adopt(self, pair: int, other: ViewForest, other_pair: int, *, views: bool) -> None:
        """Take the window and the trees of another forest's pair, the next reading on.

        With ``views`` also what its views remember, its peaks and its newest reading: then the pair goes on
        as the other would, given the same seed. Raises ValueError where the other was made for another
        interval.
        """
        if other._rules[:-1] != self._rules[:-1]:
            raise ValueError("the other forest reads at another interval")
        parts = Memory._fields if views else ("window", "tables")
        copy_pair(self._memory, pair, other._memory, other_pair, parts)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything that scores depend on, as arrays by name, for `restore`; not copies."""
        return arrays_of(self._memory)

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Become the forest that gave ``state``; its interval, pairs and blocks must be the same.

        Raises ValueError where they are not; nothing was changed then.
        """
        for name, array in self.state().items():
            if name not in state or state[name].shape != array.shape or state[name].dtype != array.dtype:
                raise ValueError(f"the state does not fit this forest: {name}")
        for name, array in self.state().items():
            np.copyto(array, state[name])

    def _empty(self, seeds: IntArray) -> Memory:
        return empty_memory(seeds, self._rules)
