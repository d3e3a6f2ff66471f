"""The arena: every pair is scored as if it were alone, wherever its slot is and whoever had it before."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.detection.arena import SEGMENT, ForestArena
from backend.detection.view_forest import THRESHOLD, ViewForest
from backend.tests.detection.hard_series import HARD, STEP, noisy, stamps
from backend.tests.detection.ranges import expected_range


def series(seed: int, count: int) -> np.ndarray:
    return noisy(count, seed)


def alone(seed: int, values: np.ndarray, zone: ZoneInfo | None = None) -> tuple[ViewForest, np.ndarray]:
    forest = ViewForest(STEP, np.array([seed]), zone=zone)
    return forest, forest.push(np.zeros(len(values), dtype=np.int64), stamps(len(values)), values)


def replay(arena: ForestArena, slot: int, values: np.ndarray, start: int = 0) -> np.ndarray:
    return arena.push(np.full(len(values), slot), stamps(len(values), start), values)


@given(st.integers(0, 1000), st.lists(st.integers(0, SEGMENT + 40), min_size=1, max_size=6, unique=True))
@settings(max_examples=10, deadline=None)
def test_every_pair_is_scored_as_if_it_were_alone(seed: int, chosen: list[int]) -> None:
    """Polls with the pairs in a random order, spread over two segments."""
    arena = ForestArena(STEP)
    for number in range(SEGMENT + 41):
        assert arena.add(seed + number) == number
    values = np.stack([series(seed + slot, 90) for slot in chosen])
    rng = np.random.default_rng(seed)
    scores = np.empty_like(values)
    for at, stamp in enumerate(stamps(90)):
        order = rng.permutation(len(chosen))
        slots = np.array(chosen)[order]
        scores[order, at] = arena.push(slots, np.full(len(slots), stamp), values[order, at])
    for row, slot in enumerate(chosen):
        forest, expected = alone(seed + slot, values[row])
        np.testing.assert_array_equal(scores[row], expected)
        np.testing.assert_array_equal(arena.shares(slot), forest.shares(0))
        np.testing.assert_array_equal(arena.views(slot), forest.views(0))
        np.testing.assert_array_equal(arena.usual(slot), forest.usual(0))
        found = arena.expected(np.array([slot]), np.array([THRESHOLD]))[0]
        wanted = expected_range(forest, 0, THRESHOLD)
        assert wanted is not None
        assert tuple(found) == (wanted.low, wanted.high)


def test_segments_in_threads_score_what_one_after_the_other_do() -> None:
    arena = ForestArena(STEP)
    slots = np.array([arena.add(seed) for seed in range(SEGMENT * 2 + 1)])
    values = np.stack([series(seed, 40) for seed in range(len(slots))])
    together = np.stack(
        [
            arena.push(slots, np.full(len(slots), at), row)
            for at, row in zip(stamps(40), values.T, strict=True)
        ]
    )
    for slot in (0, 1, SEGMENT - 1, SEGMENT, 2 * SEGMENT):
        np.testing.assert_array_equal(together[:, slot], alone(slot, values[slot])[1])
    assert arena.is_ready(slots).all()
    assert (arena.learned(slots) == 40).all()
    assert (arena.newest(slots) == stamps(40)[-1]).all()


def test_many_readings_of_many_pairs_in_one_call() -> None:
    arena = ForestArena(STEP)
    slots = np.array([arena.add(seed) for seed in range(SEGMENT + 10)])[-20:]
    values = np.stack([series(slot, 60) for slot in slots])
    scores = arena.push(np.tile(slots, 60), np.repeat(stamps(60), 20), values.T.ravel())
    for row, slot in enumerate(slots.tolist()):
        np.testing.assert_array_equal(scores.reshape(60, 20)[:, row], alone(slot, values[row])[1])


def test_a_slot_is_reused_without_a_trace_of_who_had_it() -> None:
    arena = ForestArena(STEP)
    first, other = arena.add(1), arena.add(2)
    replay(arena, first, series(9, 700))
    arena.hold(np.array([first]), True)
    arena.drop(first)
    with pytest.raises(KeyError, match="slot 0"):
        replay(arena, first, series(1, 1))
    with pytest.raises(KeyError, match="slot 0"):
        arena.drop(first)
    again = arena.add(7)
    assert again == first
    assert not arena.is_ready(np.array([again, other])).any()
    assert arena.newest(np.array([again]))[0] == -np.inf
    values = series(3, 300)
    np.testing.assert_array_equal(replay(arena, again, values), alone(7, values)[1])


@pytest.mark.parametrize("slot", [-1, 1, SEGMENT, 10**9])
def test_a_slot_that_nobody_has_is_refused(slot: int) -> None:
    arena = ForestArena(STEP)
    arena.add(1)
    with pytest.raises(KeyError, match=f"slot {slot}"):
        arena.push(np.array([0, slot]), stamps(2), np.ones(2))
    assert arena.newest(np.array([0]))[0] == -np.inf


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_reading_that_is_not_finite_is_refused_and_none_is_taken(bad: float) -> None:
    arena = ForestArena(STEP)
    slots = np.array([arena.add(1), arena.add(2)])
    with pytest.raises(ValueError, match="not finite"):
        arena.push(slots, stamps(2), np.array([1.0, bad]))
    with pytest.raises(ValueError, match="not finite"):
        arena.push(slots, np.array([1.0, bad]), np.ones(2))
    assert (arena.learned(slots) == 0).all()


def test_hard_series_side_by_side_are_scored_as_alone() -> None:
    """Round by round, as polls bring them: no crash, no NaN, and none of them touches another."""
    arena = ForestArena(STEP)
    slots = {name: arena.add(seed) for seed, name in enumerate(HARD)}
    scores: dict[str, list[float]] = {name: [] for name in HARD}
    for reading in range(max(len(values) for _, values in HARD.values())):
        here = [name for name, (_, values) in HARD.items() if reading < len(values)]
        at, values = np.array([[HARD[name][0][reading], HARD[name][1][reading]] for name in here]).T
        for name, score in zip(
            here, arena.push(np.array([slots[name] for name in here]), at, values), strict=True
        ):
            scores[name].append(score)
    for seed, (name, (at, values)) in enumerate(HARD.items()):
        forest = ViewForest(STEP, np.array([seed]))
        alone_scores = forest.push(np.zeros(len(values), dtype=np.int64), at, values)
        np.testing.assert_array_equal(scores[name], alone_scores, err_msg=name)
        assert ((alone_scores >= 0) & (alone_scores <= 1)).all(), name
    found = arena.expected(np.array(list(slots.values())), np.full(len(slots), THRESHOLD))
    assert (np.isnan(found).all(axis=1) | (found[:, 0] <= found[:, 1])).all()


def test_nothing_is_expected_of_a_pair_that_is_not_ready() -> None:
    arena = ForestArena(STEP)
    slots = np.array([arena.add(1), arena.add(2)])
    replay(arena, 0, series(1, 20))
    assert np.isnan(arena.expected(slots, np.full(2, THRESHOLD))).all()


@pytest.mark.parametrize("views", [True, False])
def test_a_pair_that_was_grown_elsewhere_is_adopted(views: bool) -> None:
    """A retrain: a replay without refits, one refit at its end, then the live pair takes it over."""
    trainer, live = ForestArena(STEP), ForestArena(STEP)
    grown, slot = trainer.add(5), [live.add(seed) for seed in (4, 5)][1]
    values = series(5, 600)
    trainer.hold(np.array([grown]), True)
    replay(trainer, grown, values)
    assert not trainer.is_ready(np.array([grown]))[0]
    trainer.refit(np.array([grown]))
    if not views:
        replay(live, slot, values)
    live.adopt(slot, trainer, grown, views=views)
    trainer.hold(np.array([grown]), False)
    later = series(6, 200)
    scores = replay(live, slot, later, 600)
    if views:
        np.testing.assert_array_equal(scores, replay(trainer, grown, later, 600))
        assert live.newest(np.array([slot]))[0] == stamps(800)[-1]
    assert live.learned(np.array([slot]))[0] == 800
    assert scores.min() > 0
    assert not live.is_ready(np.array([0]))[0]


def test_a_pair_of_another_interval_is_not_adopted() -> None:
    mine, other = ForestArena(STEP), ForestArena(15.0)
    with pytest.raises(ValueError, match="interval"):
        mine.adopt(mine.add(1), other, other.add(1), views=True)


def test_a_held_pair_keeps_its_trees_until_it_is_released() -> None:
    arena, values = ForestArena(STEP), series(1, 900)
    slot = arena.add(1)
    replay(arena, slot, values[:300])
    before = arena.model(slot)
    arena.hold(np.array([slot]), True)
    replay(arena, slot, values[300:600], 300)
    np.testing.assert_array_equal(arena.model(slot).edges, before.edges)
    assert arena.learned(np.array([slot]))[0] == 600
    arena.hold(np.array([slot]), False)
    replay(arena, slot, values[600:], 600)
    assert (arena.model(slot).edges != before.edges).any()


def test_a_model_is_kept_in_20_kb_and_put_back() -> None:
    arena, values = ForestArena(STEP), series(1, 700)
    slot = arena.add(1)
    replay(arena, slot, values[:600])
    model, said = arena.model(slot), arena.scores_if(slot, values)
    arena.refit(np.array([slot]))
    assert (arena.scores_if(slot, values) != said).any()
    arena.put_model(slot, model)
    np.testing.assert_array_equal(arena.scores_if(slot, values), said)
    assert sum(np.asarray(part).nbytes for part in model) <= 20_000


def test_a_model_is_not_thrown_away_for_a_window_that_has_just_begun() -> None:
    arena, values = ForestArena(STEP), series(1, 700)
    slot, empty = arena.add(1), arena.add(1)
    replay(arena, slot, values)
    model = arena.model(slot)
    arena.put_model(empty, model)
    assert arena.is_ready(np.array([empty]))[0]
    assert arena.learned(np.array([empty]))[0] == model.learned
    scores = replay(arena, empty, values[:300], 700)
    np.testing.assert_array_equal(arena.model(empty).edges, model.edges)
    assert scores.min() > 0
    replay(arena, empty, values[300:400], 1000)
    assert (arena.model(empty).edges != model.edges).any()


def test_a_model_of_another_interval_is_refused() -> None:
    arena, daily = ForestArena(STEP), ForestArena(86_400.0)
    with pytest.raises(ValueError, match="another interval"):
        arena.put_model(arena.add(1), daily.model(daily.add(1)))


@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Berlin")])
def test_a_segment_is_kept_and_loaded(zone: ZoneInfo | None) -> None:
    arena = ForestArena(STEP, zone)
    slots = [arena.add(seed) for seed in range(SEGMENT + 2)]
    last = slots[-1]
    values = series(1, 500)
    replay(arena, last, values[:400])
    arena.drop(SEGMENT)
    again = ForestArena(STEP, zone)
    for segment in reversed(range(arena.segments())):
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arena.dump(segment))
        file.seek(0)
        with np.load(file) as state:
            again.load(segment, dict(state))
    assert again.add(9) == SEGMENT, "the slot that was free is free again"
    assert again.add(9) == SEGMENT + 2
    np.testing.assert_array_equal(
        replay(again, last, values[400:], 400), replay(arena, last, values[400:], 400)
    )


def test_a_dump_is_of_one_moment() -> None:
    arena = ForestArena(STEP)
    slot = arena.add(1)
    state = arena.dump(0)
    replay(arena, slot, series(1, 100))
    again = ForestArena(STEP)
    again.load(0, state)
    assert again.learned(np.array([slot]))[0] == 0


def test_a_segment_of_another_arena_is_refused() -> None:
    arena = ForestArena(STEP)
    slot = arena.add(1)
    values = series(1, 60)
    replay(arena, slot, values)
    kept = arena.dump(0)
    for other, said in ((ForestArena(60.0), "interval"), (ForestArena(STEP, ZoneInfo("Asia/Tokyo")), "zone")):
        with pytest.raises(ValueError, match=said):
            other.load(0, kept)
    with pytest.raises(ValueError, match="does not fit"):
        arena.load(0, kept | {"views.recent": kept["views.recent"][:, 1:]})
    with pytest.raises(ValueError, match="which slots"):
        arena.load(0, {name: array for name, array in kept.items() if name != "used"})
    assert replay(arena, slot, values[:5], 60).min() > 0
