"""The view forest behind the seam: each live pair has a slot, is scored, learns and is refitted in turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from backend.detection.arena import SEGMENT, ForestArena, State
from backend.detection.detector import Batch, Judged, Standing, at_once
from backend.detection.forest_memory import Habits, PairModel
from backend.detection.forest_trainer import ForestTrainer, Grown
from backend.detection.manifest import ModelInfo
from backend.detection.meanwhile import Meanwhile
from backend.detection.model_file import Forest
from backend.detection.range_turns import RangeTurns
from backend.detection.registry import ModelSet
from backend.detection.seed import seed_of
from backend.detection.segment_file import packed, unpacked
from backend.detection.sensitivity import Thresholds
from backend.detection.shares import Past, Seen, view_shares
from backend.detection.slots import SlotTable
from backend.metrics.cards import Share
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

log = logging.getLogger(__name__)

CLOCK_ERROR = 3600.0
"""Seconds by which a pair's newest reading must be ahead to tell of a clock that was wrong."""


class LiveForest:
    """A `Detector` over one `ForestArena`. A pair is in it while a model of it serves.

    The poll thread judges; a training grows its pairs elsewhere and swaps them in between two polls. Every
    method may be called by any thread.
    """

    name: DetectorName = "view_forest"

    def __init__(
        self, interval: float, zone: ZoneInfo | None, thresholds: Thresholds, min_samples: int
    ) -> None:
        """``interval``: seconds between two readings; ``min_samples``: readings that a model needs."""
        self.interval = interval
        self.zone = zone
        self._thresholds = thresholds
        self._min_samples = min_samples
        self._lock = threading.Lock()
        self.arena = ForestArena(interval, zone)
        self.slots = SlotTable()
        self._turns = RangeTurns(interval)
        self._changed: set[int] = set()
        self._meanwhile: Meanwhile | None = None
        self._trainer: ForestTrainer | None = None

    def judge(self, batch: Batch, models: ModelSet) -> Judged:
        """See Detector: scores, learns, and refits those whose turn it is."""
        count = len(batch.keys)
        judged = Judged(
            scores=np.full(count, np.nan),
            limits=self._limits(batch.keys),
            expected=np.full((count, 2), np.nan),
            learned=np.zeros(count, dtype=np.int64),
        )
        with self._lock:
            if self._meanwhile is not None:
                self._meanwhile.add(batch)
            slots = self.slots.find(batch.keys)
            slots[[key not in models.models for key in batch.keys]] = -1
            rows = np.flatnonzero(slots >= 0)
            if len(rows):
                slots = slots[rows]
                judged.scores[rows] = self._push(batch, rows, slots)
                judged.learned[rows] = self.arena.learned(slots)
                anomalous = judged.scores[rows] >= judged.limits[rows]
                chosen = self._turns.choose(anomalous, self.slots.expected[slots])
                found = self.arena.expected(slots[chosen], judged.limits[rows[chosen]])
                self.slots.expected[slots[chosen]] = found
                judged.expected[rows] = self.slots.expected[slots]
                self.slots.count(slots, anomalous)
        _keep_above_zero(judged.expected, batch.keys, models)
        return judged

    def explain(self, key: SeriesKey, past: Past, unit: str) -> tuple[Share, ...]:
        """See Detector."""
        with self._lock:
            slot = self.slots.get(key)
            if slot is None:
                return ()
            arena = self.arena
            day, week = arena.knows(slot)
            seen = Seen(arena.views(slot), arena.shares(slot), arena.model(slot).origins)
        return view_shares(seen, past._replace(day=day, week=week), self.interval, unit)

    def standings(self, keys: Sequence[SeriesKey], models: ModelSet) -> dict[SeriesKey, Standing]:
        """See Detector."""
        del models
        with self._lock:
            live = {key: slot for key in keys if (slot := self.slots.get(key)) is not None}
            slots = np.array(list(live.values()), dtype=np.int64)
            learned, counts = self.arena.learned(slots), self.slots.counts[slots]
        figures = zip(learned.tolist(), *counts.T.tolist(), strict=True)
        return dict(zip(live, map(Standing._make, figures), strict=True))

    def go_back(self, forests: Mapping[SeriesKey, Forest], models: ModelSet) -> None:
        """See Detector: scored by the earlier tables, and no new trees until the next training."""
        for key, forest in forests.items():
            if isinstance(forest, PairModel):
                with self._lock:
                    self._put_back(key, forest, models.models[key].sha256)

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        """See Detector: their slots are free for others."""
        with self._lock:
            for key in keys:
                slot = self.slots.pop(key)
                if slot is not None:
                    self.arena.drop(slot)

    def lacking(self, models: Mapping[SeriesKey, ModelInfo], now: float) -> list[SeriesKey]:
        """The pairs of these models whose past must be read in.

        That is so where one has no slot, where its trees come from another model, or where its readings run
        ahead of ``now`` (seconds since the epoch): a clock was wrong. What the training under way has trained
        is not lacking: it is about to be swapped in.
        """
        keys = list(models)
        with self._lock:
            slots = self.slots.find(keys)
            origins, trainer = self.slots.origins, self._trainer
            lacks = [
                (slot < 0 or origins[slot] != info.sha256) and not (trainer and trainer.has_trained(info))
                for slot, info in zip(slots.tolist(), models.values(), strict=True)
            ]
            whole = np.flatnonzero(~np.array(lacks, dtype=np.bool_) & (slots >= 0))
            ahead = self.arena.newest(slots[whole]) > now + CLOCK_ERROR
        for row in whole[ahead].tolist():
            lacks[row] = True
        return [key for key, lack in zip(keys, lacks, strict=True) if lack]

    def newest(self, key: SeriesKey) -> float:
        """When the reading was that the pair took last, in seconds since the epoch; -inf: none yet."""
        with self._lock:
            slot = self.slots.get(key)
            return -np.inf if slot is None else float(self.arena.newest(np.array([slot]))[0])

    def catch_up(
        self, key: SeriesKey, timestamps: FloatArray, values: FloatArray, learned: BoolArray
    ) -> None:
        """Take a pair's stored readings, ascending, that are newer than what it has: as if they came live."""
        with self._lock:
            slot = self.slots.get(key)
            if slot is not None:
                _push_newer(self.arena, slot, timestamps, values, learned)

    def take(self, key: SeriesKey, grown: Grown, origin: str, *, held: PairModel | None = None) -> None:
        """Serve a pair as it was grown elsewhere; by the tables ``held`` where a model was gone back to."""
        with self._lock:
            self._take(key, grown, origin)
            if held is not None:
                self._put_back(key, held, origin)

    def without_seasons(self) -> list[SeriesKey]:
        """The pairs whose views know nothing of the weeks before the stored readings."""
        with self._lock:
            return [key for key, _ in self.slots.items() if key not in self.slots.seasons]

    def habits(self, key: SeriesKey) -> Habits | None:
        """What the pair's views know of earlier days and weeks; None where it is not live yet."""
        with self._lock:
            slot = self.slots.get(key)
            return None if slot is None else self.arena.habits(slot, seasons=key in self.slots.seasons)

    def segments(self) -> int:
        """How many segments there are to `dump`."""
        with self._lock:
            return self.arena.segments()

    def take_changed(self) -> set[int]:
        """The segments in which models were put since the last call."""
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed

    def dump(self, segment: int) -> State:
        """All that a segment's scores depend on, of the pairs in it alone, as it is between two polls."""
        with self._lock:
            state = self.arena.dump(segment)
            pairs = self.slots.describe(range(segment * SEGMENT, (segment + 1) * SEGMENT))
        return packed(state, pairs)

    def restore(self, segment: int, state: State, models: ModelSet) -> None:
        """Become what `dump` told, but for pairs whose model serves no more. Raises ValueError."""
        pairs, whole = unpacked(state)
        with self._lock:
            self.arena.load(segment, whole)
            for slot, service, metric, origin, *counts in pairs:
                key = SeriesKey(service, metric)
                if key in models.models and self.slots.get(key) is None:
                    self.slots.put(key, slot, origin, counts)
                    if models.models[key].seasons:
                        self.slots.seasons.add(key)
            known = {slot for _, slot in self.slots.items()}
            for row in np.flatnonzero(whole["used"]).tolist():
                if segment * SEGMENT + row not in known:
                    self.arena.drop(segment * SEGMENT + row)

    @contextmanager
    def training(self, give_way: Callable[[], None] = at_once) -> Iterator[ForestTrainer]:
        """See Detector: what polls bring meanwhile is pushed before anything is swapped in."""
        meanwhile = Meanwhile()
        trainer = ForestTrainer(
            lambda: ForestArena(self.interval, self.zone),
            self._min_samples,
            self._thresholds,
            self.habits,
            partial(self._swap_in, meanwhile, give_way),
            give_way,
        )
        with self._lock:
            self._meanwhile, self._trainer = meanwhile, trainer
        try:
            yield trainer
        finally:
            with self._lock:
                self._meanwhile = self._trainer = None

    def _swap_in(
        self,
        meanwhile: Meanwhile,
        give_way: Callable[[], None],
        grown: dict[SeriesKey, Grown],
        models: ModelSet,
    ) -> None:
        """The long part first, without keeping the poll waiting; then each pair between two polls, whole."""
        known = len(meanwhile)
        for key, pair in grown.items():
            give_way()
            _push_newer(pair.arena, pair.slot, *meanwhile.readings(key, 0, known))
        for key, pair in grown.items():
            give_way()
            with self._lock:
                _push_newer(pair.arena, pair.slot, *meanwhile.readings(key, known))
                self._take(key, pair, models.models[key].sha256)

    def _take(self, key: SeriesKey, grown: Grown, origin: str) -> None:
        slot = self.slots.get(key)
        new = slot is None
        if slot is None:
            slot = self.arena.add(seed_of(key))
            self.slots.put(key, slot, origin)
        # What the views remember of a pair that is live reaches further back than what was trained on.
        ahead = self.arena.newest(np.array([slot]))[0] > grown.newest() + CLOCK_ERROR
        wiser = grown.seasons and key not in self.slots.seasons
        self.arena.adopt(slot, grown.arena, grown.slot, views=new or wiser or bool(ahead))
        if grown.seasons:
            self.slots.seasons.add(key)
        self.arena.hold(np.array([slot]), False)
        self.slots.begin(slot, origin)
        self._changed.add(slot // SEGMENT)

    def _put_back(self, key: SeriesKey, model: PairModel, origin: str) -> None:
        slot = self.slots.get(key)
        if slot is None:
            return
        try:
            self.arena.put_model(slot, model)
        except ValueError as error:
            # Its own trees, of the interval of today, serve on: one old file must not end every poll.
            log.error("%r, %s cannot go back to its earlier model: %s", key.service, key.metric, error)
        else:
            self.arena.hold(np.array([slot]), True)
        self.slots.begin(slot, origin)
        self._changed.add(slot // SEGMENT)

    def _push(self, batch: Batch, rows: IntArray, slots: IntArray) -> FloatArray:
        """Scores; a reading that was taken before a restart is scored again, and not taken twice."""
        scores = np.empty(len(rows))
        fresh = self.arena.newest(slots) < batch.at
        times = np.full(int(fresh.sum()), batch.at)
        taken = rows[fresh]
        scores[fresh] = self.arena.push(slots[fresh], times, batch.values[taken], batch.learned[taken])
        for row in np.flatnonzero(~fresh).tolist():
            scores[row] = self.arena.scores_if(int(slots[row]), batch.values[rows[row : row + 1]])[0]
        return scores

    def _limits(self, keys: Sequence[SeriesKey]) -> FloatArray:
        of = {metric: self._thresholds.of(metric) for metric in {key.metric for key in keys}}
        return np.array([of[key.metric] for key in keys])


def _keep_above_zero(expected: FloatArray, keys: Sequence[SeriesKey], models: ModelSet) -> None:
    """A metric that was never below 0 is not expected there; a range without an end tells nothing."""
    for row in np.flatnonzero(expected[:, 0] < 0).tolist():
        if models.models[keys[row]].usual.low >= 0:
            expected[row, 0] = 0.0
    expected[~np.isfinite(expected).all(axis=1)] = np.nan


def _push_newer(
    arena: ForestArena, slot: int, timestamps: FloatArray, values: FloatArray, learned: BoolArray
) -> None:
    newer = timestamps > arena.newest(np.array([slot]))[0]
    if newer.any():
        slots = np.full(int(newer.sum()), slot)
        arena.push(slots, timestamps[newer], values[newer], learned[newer])
