"""Views: the compiled ones are the written ones, at every step, over gaps, and on the local clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.detection.season import local_seconds
from backend.detection.views import VIEWS, Spans, empty_state, replay, what_if
from backend.tests.detection.reference_views import reference_views

BERLIN = ZoneInfo("Europe/Berlin")


def views_of(values: np.ndarray, local: np.ndarray, interval: float) -> np.ndarray:
    spans = Spans.of(interval)
    out = np.empty((len(values), len(VIEWS)))
    replay(empty_state(1, spans), 0, spans, values, local, out)
    return out


@given(
    interval=st.sampled_from([5.0, 15.0, 60.0, 300.0, 420.0, 1800.0, 3600.0, 86_400.0, 200_000.0]),
    seed=st.integers(0, 1000),
    start=st.integers(-(10**9), 2 * 10**9),
    gaps=st.lists(st.sampled_from([0.0, 1.0, 2.0, 40.0, 600.0, 90_000.0, 4_000_000.0]), max_size=4),
)
@settings(max_examples=25, deadline=None)
def test_compiled_views_are_the_written_ones(
    interval: float, seed: int, start: int, gaps: list[float]
) -> None:
    rng = np.random.default_rng(seed)
    steps = np.full(120, interval)
    steps[rng.integers(0, 120, len(gaps))] = gaps
    local = start + np.cumsum(steps)
    values = np.round(rng.normal(50, 10, 120), int(rng.integers(0, 4)))
    expected = reference_views(values, local, Spans.of(interval))
    np.testing.assert_allclose(views_of(values, local, interval), expected, rtol=1e-9, atol=1e-9)


def test_days_and_weeks_back_are_seen_at_hourly_steps() -> None:
    hours = np.arange(24 * 33)
    values = (
        np.sin(hours / 24 * 2 * np.pi)
        + (hours // 24 % 7 >= 5)
        + np.random.default_rng(0).normal(0, 0.1, len(hours))
    )
    expected = reference_views(values, hours * 3600.0, Spans.of(3600))
    np.testing.assert_allclose(views_of(values, hours * 3600.0, 3600), expected, rtol=1e-9, atol=1e-9)
    weekly = expected[-24 * 7 :, VIEWS.index("weekly")]
    assert np.abs(weekly).max() < 0.6, "a weekend like every weekend is nothing new"


def test_a_view_depends_on_nothing_that_comes_later() -> None:
    values = np.random.default_rng(1).normal(0, 1, 400)
    local = np.arange(400) * 300.0
    whole = views_of(values, local, 300)
    np.testing.assert_array_equal(whole[:250], views_of(values[:250], local[:250], 300))


@pytest.mark.parametrize(
    ("change", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)], ids=["clocks go forward", "clocks go back"]
)
def test_eight_o_clock_stays_eight_o_clock_when_the_clocks_change(change: str, hours: int) -> None:
    """A job at 8 local time on every day must be usual at 8 on the day after the change."""
    midnight = datetime.fromisoformat(change).replace(tzinfo=BERLIN).timestamp()
    stamps = np.arange(midnight - 10 * 86_400, midnight + (hours + 24) * 3600, 300.0)
    local = local_seconds(stamps, BERLIN)
    values = np.where((local % 86_400 >= 8 * 3600) & (local % 86_400 < 9 * 3600), 100.0, 10.0)
    daily = views_of(values, local, 300)[:, VIEWS.index("daily")]
    settled = (stamps > midnight - 5 * 86_400) & ((local // 3600) % 24 > 3)
    edges = np.abs(local % 86_400 - 8.5 * 3600) > 1800 + 600
    assert np.abs(daily[settled & edges]).max() == 0
    assert (
        np.abs(daily[settled & (local % 86_400 > 8 * 3600 + 600) & (local % 86_400 < 8.8 * 3600)]).max() == 0
    )
    in_utc = views_of(values, stamps, 300)[:, VIEWS.index("daily")]
    assert np.abs(in_utc[settled & edges]).max() > 50, "the test sees no difference"


def test_local_seconds_without_a_zone_are_utc() -> None:
    stamps = np.array([0.0, 1e9])
    np.testing.assert_array_equal(local_seconds(stamps, None), stamps)
    np.testing.assert_array_equal(local_seconds(stamps, BERLIN), stamps + np.array([3600, 7200]))


def test_what_if_puts_a_value_in_the_newest_reading_s_place() -> None:
    rng = np.random.default_rng(2)
    values, local = rng.normal(5, 1, 1000), np.arange(0, 300_000, 300, dtype=np.float64)
    spans = Spans.of(300)
    state = empty_state(1, spans)
    replay(state, 0, spans, values, local, np.empty((1000, len(VIEWS))))
    others = np.array([values[-1], -3.0, 1e6])
    out = np.empty((3, len(VIEWS)))
    what_if(state, 0, spans, others, out)
    for other, row in zip(others, out, strict=True):
        np.testing.assert_array_equal(row, views_of(np.r_[values[:-1], other], local, 300)[-1])


@pytest.mark.parametrize("interval", [0.0, -5.0, np.nan, np.inf])
def test_an_impossible_interval_is_refused(interval: float) -> None:
    with pytest.raises(ValueError, match="interval"):
        Spans.of(interval)
