"""Features: the same in training and in serving, finite on any input, blind to what they must not see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.features import FEATURES, ROLLING_WINDOW, features_of, max_gap, windows_of
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
        rows = live.recent([SeriesKey("nobody", "cpu"), KEY])
        assert np.isnan(rows[0]).all()
        assert rows[1, -1] == 1.0

    def test_nothing_asked_nothing_answered(self) -> None:
        assert RecentWindows(300).recent([]).shape == (0, ROLLING_WINDOW)
