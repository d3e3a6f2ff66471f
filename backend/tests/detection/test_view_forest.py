"""The view forest: calm on any input, the same in any cut of the stream, and explainable."""

from __future__ import annotations

import io
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backend.detection.forest_memory import habits_from
from backend.detection.season import local_seconds
from backend.detection.step_tables import DEPTH, ENTRIES, average_path, fit_table, weight_at
from backend.detection.training_window import Sorted
from backend.detection.view_forest import FIRST_FIT, THRESHOLD, ViewForest
from backend.detection.views import VIEWS
from backend.tests.detection.hard_series import HARD, STEP, noisy, stamps
from backend.tests.detection.ranges import expected_range


def forest(seeds: tuple[int, ...] = (1,), block: int | None = None) -> ViewForest:
    return ViewForest(STEP, np.array(seeds), block=block)


def push(model: ViewForest, values: np.ndarray, start: int = 0, pair: int = 0) -> np.ndarray:
    return model.push(np.full(len(values), pair), stamps(len(values), start), values)


@pytest.mark.parametrize("name", HARD)
def test_hard_series_have_scores_between_0_and_1(name: str) -> None:
    model = forest()
    at, values = HARD[name]
    scores = model.push(np.zeros(len(values), dtype=np.int64), at, values)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert np.isfinite(model.shares(0)).all()
    found = expected_range(model, 0, THRESHOLD)
    assert found is None or found.low <= found.high
    assert found is None or model.is_ready(np.array([0]))[0]


@given(
    arrays(np.float64, st.integers(1, 150), elements=st.floats(allow_nan=False, allow_infinity=False)),
    st.lists(st.floats(0, 1e7), min_size=150, max_size=150),
)
@settings(max_examples=60, deadline=None)
def test_any_finite_series_at_any_times_has_scores_between_0_and_1(
    values: np.ndarray, steps: list[float]
) -> None:
    at = np.cumsum(steps[: len(values)])
    scores = forest(block=8).push(np.zeros(len(values), dtype=np.int64), at, values)
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reading_that_is_not_finite_is_refused_and_changes_nothing(bad: float) -> None:
    model, other = forest(), forest()
    push(model, noisy(100))
    push(other, noisy(100))
    with pytest.raises(ValueError, match="not finite"):
        push(model, np.array([1.0, bad]), start=100)
    np.testing.assert_array_equal(push(model, noisy(50), 100), push(other, noisy(50), 100))


def test_no_score_before_there_are_trees() -> None:
    model = forest()
    assert (push(model, noisy(FIRST_FIT)) == 0).all()
    assert push(model, noisy(10), start=FIRST_FIT).min() > 0
    assert model.is_ready(np.array([0])).all()


@pytest.mark.parametrize("count", [50, 70, 100, 150, 239, 300])
@pytest.mark.parametrize(
    "healthy",
    [lambda n: 40 + 10 * np.sin(np.arange(n)), lambda n: 30 + np.arange(n) % 60 / 3, noisy],
    ids=["smooth", "saw", "noisy"],
)
def test_however_little_a_model_has_learned_it_tells_a_fault_a_hundred_times_as_high(
    count: int, healthy: Callable[[int], np.ndarray]
) -> None:
    for seed in range(5):
        model = forest((seed,))
        push(model, healthy(count))
        assert model.scores_if(0, np.array([4000.0, -4000.0])).min() >= THRESHOLD


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_neither_the_cut_of_the_stream_nor_its_neighbours_change_a_score(cuts: list[int], seed: int) -> None:
    values = noisy(300, seed % 1000)
    alone = push(forest((seed,), block=20), values)
    crowd = forest((seed + 1, seed), block=20)
    scores, start = [], 0
    for cut in [*cuts, 300]:
        part = values[start : start + cut]
        both = crowd.push(
            np.tile([0, 1], len(part)),
            np.repeat(stamps(len(part), start), 2),
            np.repeat(part, 2) * np.tile([-2, 1], len(part)),
        )
        scores.append(both[1::2])
        start += cut
    np.testing.assert_array_equal(np.concatenate(scores), alone)


@pytest.mark.parametrize("count", [1, 40, 130, 333])
def test_a_restart_changes_no_score(count: int) -> None:
    values = noisy(600)
    before, after = forest(block=20), forest(block=20)
    push(before, values[:count])
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **before.state())
    file.seek(0)
    with np.load(file) as state:
        after.restore(dict(state))
    np.testing.assert_array_equal(push(after, values[count:], count), push(before, values[count:], count))


def test_trees_of_another_interval_are_not_adopted() -> None:
    with pytest.raises(ValueError, match="interval"):
        forest().adopt(0, ViewForest(15.0, np.array([1])), 0, views=True)


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        forest().restore(ViewForest(3600.0, np.array([1])).state())


def test_readings_of_an_incident_are_not_learned() -> None:
    model, other = forest(), forest()
    for each in (model, other):
        push(each, noisy(500))
    high = noisy(300, 1) + 80
    kept = model.push(
        np.zeros(300, dtype=np.int64), stamps(300, 500), high, learned=np.zeros(300, dtype=bool)
    )
    learned = push(other, high, 500)
    assert kept[-50:].mean() > learned[-50:].mean() + 0.05


def test_shares_name_the_view_that_is_strange() -> None:
    model = forest()
    values = noisy(2000)
    values[-1] += 60
    push(model, values)
    shares = dict(zip(VIEWS, model.shares(0), strict=True))
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares[view] for view in ("value", "delta", "from_median", "daily")) > 3 * shares["long_mean"]


@pytest.mark.parametrize("newest", [0.0, 30.0])
def test_the_expected_range_is_where_the_newest_reading_would_have_passed(newest: float) -> None:
    values = noisy(1500)
    values[-1] += newest
    model = forest()
    score = push(model, values)[-1]
    found = expected_range(model, 0, THRESHOLD)
    assert found is not None
    assert (found.low <= values[-1] <= found.high) == (score < THRESHOLD)
    inside = model.scores_if(0, np.linspace(found.low, found.high, 400))
    assert (inside < THRESHOLD).all()
    width = found.high - found.low
    just_outside = model.scores_if(0, np.array([found.low - 1e-6 * width, found.high + 1e-6 * width]))
    assert (just_outside >= THRESHOLD).all()
    replayed = np.r_[values[:-1], found.high + 1e-6 * width]
    assert push(forest(), replayed)[-1] >= THRESHOLD


def test_no_value_is_expected_right_after_all_changed() -> None:
    values = np.r_[noisy(1500), 4000 + np.tile([-2000.0, 2000.0], 20)]
    model = forest()
    push(model, values)
    assert expected_range(model, 0, THRESHOLD) is None


def test_a_table_is_its_trees_within_a_128th() -> None:
    window = Sorted(np.sort(noisy(4000)), np.arange(4001))
    edges = np.empty(ENTRIES - 1, dtype=np.float32)
    weights = np.empty(ENTRIES, dtype=np.float32)
    origin = fit_table(window, average_path(4000), 100.0, np.uint64(5), edges, weights)
    assert (np.diff(edges[np.isfinite(edges)]) >= 0).all()
    at = [weight_at(edges, weights, value - origin) for value in (0.0, 85.0, 100.0, 115.0, 200.0)]
    assert at[2] < at[1] < at[0]
    assert at[2] < at[3] < at[4]
    deepest = (DEPTH + average_path(4000)[4000]) / average_path(4000)[4000]
    assert weights.min() > 2 ** (-4 * deepest)


@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Berlin")])
def test_habits_are_known_as_if_their_readings_had_been_pushed(zone: ZoneInfo | None) -> None:
    now, one = 1_767_225_600.0, np.array([0])
    times = now - 300.0 * np.arange(28 * 288.0, 0.0, -1.0)
    values = 40 + 30 * np.sin(times / 86400 * 2 * np.pi) + np.random.default_rng(0).normal(0, 1, len(times))
    pushed, told, went_on = (ViewForest(15.0, one, zone=zone) for _ in range(3))
    pushed.push(np.zeros(len(times), dtype=np.int64), times, values)
    told.put_habits(0, habits_from(15.0, local_seconds(times, zone), values), now)
    # What a live pair knows goes on likewise, without what lies in the window that is read again.
    later = ViewForest(15.0, one, zone=zone)
    later.push(
        np.zeros(len(times) + 96, dtype=np.int64),
        np.r_[times, now + 300.0 * np.arange(96)],
        np.r_[values, np.full(96, 500.0)],
    )
    went_on.put_habits(0, later.habits(0, seasons=True), now)
    for forest in (pushed, told, went_on):
        forest.push(one, np.array([now + 600.0]), np.array([40.0]))
    np.testing.assert_allclose(told.usual(0), pushed.usual(0))
    np.testing.assert_allclose(went_on.usual(0)[0], pushed.usual(0)[0])
