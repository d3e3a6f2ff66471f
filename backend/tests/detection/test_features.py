"""Features: the same in training and in serving, finite on any input, blind to what they must not see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.features import FEATURES, LARGEST, ROLLING_WINDOW, features_of, max_gap, windows_of
from backend.detection.windows import RecentWindows
from backend.metrics.readings import SeriesKey

STEP = 15.0
KEY = SeriesKey("payment-service", "lat")
values_of_any_size = st.lists(
    st.floats(-1e300, 1e300, allow_nan=False), min_size=1, max_size=3 * ROLLING_WINDOW
)


def training_features(values: list[float]) -> np.ndarray:
    timestamps = np.arange(len(values), dtype=np.float64) * STEP
    return features_of(windows_of(timestamps, np.array(values, dtype=float), max_gap(STEP)))


@given(values_of_any_size)
def test_serving_sees_what_training_saw(values: list[float]) -> None:
    live = RecentWindows(max_gap(STEP))
    served = [features_of(live.push([KEY], np.array([v]), i * STEP))[0] for i, v in enumerate(values)]
    np.testing.assert_array_equal(np.array(served), training_features(values))


@given(values_of_any_size)
def test_features_of_finite_values_are_finite(values: list[float]) -> None:
    assert np.isfinite(training_features(values)).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=60), st.floats(0.01, 100), st.floats(-1e5, 1e5))
def test_features_follow_scale_and_shift(values: list[float], scale: float, shift: float) -> None:
    plain = training_features(values)
    moved = training_features([v * scale + shift for v in values])
    expected = plain * np.array([scale, scale, scale, scale, 1.0])
    expected[:, [0, 2]] += shift
    size = max(abs(shift), scale * max(abs(v) for v in values), 1.0)
    np.testing.assert_allclose(moved[:, :4], expected[:, :4], atol=1e-9 * size)


def plainly(window: np.ndarray) -> list[float]:
    """The features of a window's last reading as their definition says them."""
    known = np.clip(window[~np.isnan(window)], -LARGEST, LARGEST)
    value, before = known[-1], known[:-1]
    mean, std = (before.mean(), before.std()) if len(before) else (0.0, 0.0)
    zscore = (value - mean) / max(std, 1e-9 * max(abs(mean), 1.0)) if len(before) >= 2 else 0.0
    delta = value - before[-1] if len(before) and not np.isnan(window[-2]) else 0.0
    return [value, delta, known.mean(), known.std(), float(np.clip(zscore, -10, 10))]


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=ROLLING_WINDOW - 1), st.floats(-1e6, 1e6))
def test_features_are_what_their_definition_says(before: list[float], newest: float) -> None:
    window = np.array([*[np.nan] * (ROLLING_WINDOW - 1 - len(before)), *before, newest])
    expected = np.array(plainly(window))
    size = max(1.0, float(np.nanmax(np.abs(window))))
    found = features_of(window[None, :])[0]
    np.testing.assert_allclose(found[:4], expected[:4], rtol=1e-9, atol=1e-9 * size)
    if expected[3] > 1e-6 * size:
        assert found[4] == pytest.approx(expected[4], rel=1e-6, abs=1e-6)


def test_the_figures_are_those_of_the_recent_window() -> None:
    values = [float(v) for v in range(100)]
    last = dict(zip(FEATURES, training_features(values)[-1], strict=True))
    recent, before = np.arange(80.0, 100.0), np.arange(80.0, 99.0)
    assert last["value"] == 99
    assert last["delta"] == 1
    assert last["rolling_mean"] == recent.mean()
    assert last["rolling_std"] == pytest.approx(recent.std())
    assert last["zscore"] == pytest.approx((99 - before.mean()) / before.std())


def test_a_window_does_not_reach_across_a_long_gap() -> None:
    timestamps = np.array([0, 15, 30, 30 + max_gap(STEP) + 1, 30 + max_gap(STEP) + 16])
    rows = features_of(windows_of(timestamps, np.array([5.0, 5, 5, 100, 100]), max_gap(STEP)))
    mean, std, delta = FEATURES.index("rolling_mean"), FEATURES.index("rolling_std"), FEATURES.index("delta")
    assert rows[3][mean] == 100
    assert rows[3][delta] == 0
    assert rows[4][std] == 0


def test_a_short_gap_leaves_the_window_as_it_is() -> None:
    timestamps = np.array([0.0, 15, 15 + max_gap(STEP)])
    rows = features_of(windows_of(timestamps, np.array([4.0, 6, 5]), max_gap(STEP)))
    assert rows[2][FEATURES.index("rolling_mean")] == 5


def test_a_step_out_of_a_flat_line_has_a_finite_zscore() -> None:
    row = training_features([35.0] * 30 + [36.0])[-1]
    assert row[FEATURES.index("zscore")] == 10


class TestRecentWindows:
    def test_a_poll_repeated_after_a_restart_counts_once(self) -> None:
        live = RecentWindows(max_gap(STEP))
        live.load(KEY, np.array([0.0, 15.0]), np.array([1.0, 2.0]))
        window = live.push([KEY], np.array([2.0]), 15.0)
        assert [v for v in window[0] if not np.isnan(v)] == [1.0, 2.0]

    def test_a_pair_that_comes_back_after_a_long_silence_starts_anew(self) -> None:
        live = RecentWindows(max_gap(STEP))
        live.push([KEY], np.array([1.0]), 0.0)
        window = live.push([KEY], np.array([9.0]), max_gap(STEP) + 1)
        assert np.isnan(window[0, :-1]).all()

    def test_slots_of_pairs_that_are_gone_are_used_again_without_their_past(self) -> None:
        live = RecentWindows(max_gap(STEP))
        first = [SeriesKey(f"service-{i}", "cpu") for i in range(200)]
        live.push(first, np.arange(200.0), 0.0)
        live.forget(first)
        second = [SeriesKey(f"other-{i}", "cpu") for i in range(200)]
        windows = live.push(second, np.arange(200.0), 15.0)
        assert np.isnan(windows[:, :-1]).all()
        np.testing.assert_array_equal(windows[:, -1], np.arange(200.0))

    def test_recent_of_an_unknown_pair_is_empty(self) -> None:
        live = RecentWindows(max_gap(STEP))
        live.push([KEY], np.array([1.0]), 0.0)
        nobody = SeriesKey("nobody", "cpu")
        assert len(live.recent(nobody)) == 0
        shown = live.snapshot([nobody, KEY])
        assert list(shown) == [nobody, KEY]
        assert shown[nobody] == [None] * ROLLING_WINDOW
        assert shown[KEY] == [None] * (ROLLING_WINDOW - 1) + [1.0]

    def test_what_was_shown_stays_as_it_was(self) -> None:
        live = RecentWindows(max_gap(STEP))
        live.push([KEY], np.array([1.0]), 0.0)
        shown = live.snapshot([KEY])
        live.push([KEY], np.array([2.0]), 15.0)
        assert shown[KEY][-1] == 1.0

    def test_other_pairs_than_in_the_poll_before_get_their_own_windows(self) -> None:
        live = RecentWindows(max_gap(STEP))
        other = SeriesKey("order-service", "lat")
        live.push([KEY, other], np.array([1.0, 2.0]), 0.0)
        live.push([other], np.array([3.0]), 15.0)
        windows = live.push([other, KEY], np.array([4.0, 5.0]), 30.0)
        assert windows[0, -3:].tolist() == [2.0, 3.0, 4.0]
        assert windows[1, -2:].tolist() == [1.0, 5.0]
