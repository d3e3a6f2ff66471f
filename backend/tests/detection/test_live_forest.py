"""The view forest behind the seam: slots come and go, thousands appear at once, ranges are told in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backend.detection.detector import Batch, Series
from backend.detection.forest_trainer import grow
from backend.detection.live_forest import LiveForest
from backend.detection.manifest import ModelInfo
from backend.detection.registry import ModelSet
from backend.detection.sensitivity import Thresholds
from backend.detection.slots import SlotTable
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import Settings

START, STEP = 1_767_225_600.0, 15.0


def keys(count: int) -> list[SeriesKey]:
    return [SeriesKey(f"service-{i}", "lat") for i in range(count)]


def models(pairs: list[SeriesKey]) -> ModelSet:
    info = {
        key: ModelInfo(key, "digest", START, START, START, 60, 0.0, ExpectedRange(0, 100), (), {})
        for key in pairs
    }
    return ModelSet(models=info)


def live(pairs: list[SeriesKey], count: int = 60) -> LiveForest:
    """All pairs with the same healthy past up to START."""
    forest = LiveForest(STEP, None, Thresholds(Settings()), 50)
    times = START - STEP * np.arange(count, 0.0, -1)
    values = 40 + np.random.default_rng(0).normal(0, 2, count)
    yes = np.ones(count, dtype=np.bool_)
    with forest.training() as trainer:
        for key in pairs:
            trainer.train(key, Series(times, values, yes, ~yes), START)
        trainer.adopt(models(pairs))
    return forest


def batch(pairs: list[SeriesKey], number: int, value: float = 40.0) -> Batch:
    count = len(pairs)
    return Batch(
        pairs,
        START + STEP * number,
        np.full(count, value),
        np.zeros((count, 5)),
        np.ones(count, dtype=np.bool_),
    )


def test_a_pair_without_a_model_is_not_scored_and_the_others_are() -> None:
    known, stranger = keys(1), SeriesKey("stranger", "lat")
    forest = live(known)
    judged = forest.judge(batch([stranger, *known], 0, 5000.0), models(known))
    assert np.isnan(judged.scores[0])
    assert judged.scores[1] >= judged.limits[1]
    assert judged.learned.tolist() == [0, 61]


def test_pairs_that_vanish_free_their_slots() -> None:
    pairs = keys(3)
    forest = live(pairs)
    segments = forest.segments()
    for _ in range(200):
        forest.forget(pairs)
        assert len(forest.slots) == 0
        with forest.training() as trainer:
            times = START - STEP * np.arange(60, 0.0, -1)
            yes = np.ones(60, dtype=np.bool_)
            for key in pairs:
                trainer.train(key, Series(times, np.arange(60.0), yes, ~yes), START)
            trainer.adopt(models(pairs))
    assert forest.segments() == segments


def test_a_thousand_pairs_appear_at_once() -> None:
    pairs = keys(1000)
    forest = live(pairs)
    judged = forest.judge(batch(pairs, 0), models(pairs))
    assert not np.isnan(judged.scores).any()
    assert len({slot for _, slot in forest.slots.items()}) == 1000


def test_every_range_is_told_after_a_few_minutes_and_an_anomalous_one_at_once() -> None:
    pairs = keys(300)
    forest, served = live(pairs), models(pairs)
    judged = forest.judge(batch(pairs, 0), served)
    assert np.isnan(judged.expected[:, 0]).any(), "not all of them in one poll"
    for number in range(1, 21):
        judged = forest.judge(batch(pairs, number), served)
    assert not np.isnan(judged.expected).any()
    assert (judged.expected[:, 0] >= 0).all(), "it was never below 0"
    mixed = batch(pairs, 21)
    mixed.values[17] = 5000.0
    judged = forest.judge(mixed, served)
    assert judged.scores[17] >= judged.limits[17]
    assert judged.expected[17, 1] < 5000


def test_what_comes_while_a_training_goes_on_is_in_what_is_swapped_in() -> None:
    pairs = keys(2)
    forest, served = live(pairs), models(pairs)
    times = START - STEP * np.arange(60, 0.0, -1)
    yes = np.ones(60, dtype=np.bool_)
    with forest.training() as trainer:
        for key in pairs:
            trainer.train(key, Series(times, np.full(60, 40.0), yes, ~yes), START)
        for number in range(3):
            forest.judge(batch(pairs, number), served)
        trainer.adopt(served)
    assert [forest.newest(key) for key in pairs] == [START + 2 * STEP] * 2
    assert forest.standings([pairs[1], SeriesKey("nobody", "lat"), pairs[0]], served) == {
        pairs[1]: (63, 0, 0),
        pairs[0]: (63, 0, 0),
    }
    assert forest.standings([], served) == {}


def test_what_comes_while_the_first_pairs_are_swapped_in_is_in_all_of_them() -> None:
    pairs = keys(3)
    forest, served = live(pairs), models(pairs)
    times = START - STEP * np.arange(60, 0.0, -1)
    yes = np.ones(60, dtype=np.bool_)
    grown, polls = False, 0

    def poll() -> None:
        nonlocal polls
        if grown:
            forest.judge(batch(pairs, polls), served)
            polls += 1

    with forest.training(poll) as trainer:
        for key in pairs:
            trainer.train(key, Series(times, np.full(60, 40.0), yes, ~yes), START)
        grown = True
        trainer.adopt(served)
    assert polls >= len(pairs), "a poll is let in before each"
    assert [standing.learned for standing in forest.standings(pairs, served).values()] == [60 + polls] * 3


def test_what_a_training_has_saved_is_not_lacking_while_it_is_swapped_in() -> None:
    pairs = keys(2)
    forest = LiveForest(STEP, None, Thresholds(Settings()), 50)
    yes = np.ones(60, dtype=np.bool_)
    series = Series(START - STEP * np.arange(60, 0.0, -1), np.arange(60.0) % 7, yes, ~yes)
    saved = models(pairs).models
    lacking = []
    with forest.training(lambda: lacking.append(forest.lacking(saved, START))) as trainer:
        trainer.train(pairs[0], series, saved[pairs[0]].trained_at)
        trainer.train(pairs[1], series, saved[pairs[1]].trained_at - 60.0)
        lacking.clear()
        trainer.drop(pairs[1])
        trainer.adopt(models(pairs))
    assert lacking == [[pairs[1]], [pairs[1]]], "but for what was not taken, or is another model"
    assert forest.lacking(saved, START) == [pairs[1]]


@pytest.mark.parametrize("count", [1, 300])
def test_a_dumped_segment_scores_on_as_if_nothing_had_been(count: int) -> None:
    pairs = keys(count)
    forest, served = live(pairs), models(pairs)
    again = LiveForest(STEP, None, Thresholds(Settings()), 50)
    for segment in range(forest.segments()):
        again.restore(segment, forest.dump(segment), served)
    for number in range(3):
        one, other = (f.judge(batch(pairs, number, 40.0 + number), served) for f in (forest, again))
        np.testing.assert_array_equal(one.scores, other.scores)
    fewer = LiveForest(STEP, None, Thresholds(Settings()), 50)
    fewer.restore(0, forest.dump(0), models(pairs[1:]))
    assert fewer.slots.get(pairs[0]) is None, "a pair whose model serves no more is dropped"


def test_a_state_of_another_interval_is_refused() -> None:
    pairs = keys(1)
    with pytest.raises(ValueError, match="interval"):
        LiveForest(60.0, None, Thresholds(Settings()), 50).restore(0, live(pairs).dump(0), models(pairs))


def test_the_same_series_grows_the_same_pair() -> None:
    forest = live(keys(1))
    yes = np.ones(60, dtype=np.bool_)
    series = Series(START + STEP * np.arange(60.0), np.arange(60.0) % 7, yes, ~yes)
    first, second = (grow(forest.arena, SeriesKey("a", "lat"), series) for _ in range(2))
    for one, other in zip(forest.arena.model(first.slot), forest.arena.model(second.slot), strict=True):
        np.testing.assert_array_equal(one, other)


def test_slots_are_looked_up_anew_when_pairs_come_and_go() -> None:
    first, second = keys(2)
    table = SlotTable()
    table.put(first, 3, "digest")
    assert table.find([first, second]).tolist() == [3, -1]
    table.put(second, 5, "digest")
    assert table.find([first, second]).tolist() == [3, 5]
    table.pop(first)
    assert table.find([first, second]).tolist() == [-1, 5]
    assert table.find([]).tolist() == []


def test_a_pair_lacks_its_past_without_a_slot_with_other_trees_and_under_a_clock_that_was_wrong() -> None:
    known, stranger = keys(1)[0], SeriesKey("stranger", "lat")
    forest, served = live([known]), models([known, stranger]).models
    assert forest.lacking(served, START) == [stranger]
    assert forest.lacking(served, START - 86400.0) == [known, stranger]
    other = {known: replace(served[known], sha256="another digest")}
    assert forest.lacking(other, START) == [known]


def test_a_model_of_another_interval_is_not_gone_back_to_and_every_pair_is_scored_on() -> None:
    pairs = keys(2)
    forest = live(pairs)
    earlier = forest.arena.model(0)
    other = earlier._replace(peaks=earlier.peaks[: len(earlier.peaks) // 2])
    forest.go_back({pairs[0]: other}, models(pairs))
    assert not np.isnan(forest.judge(batch(pairs, 0), models(pairs)).scores).any()
