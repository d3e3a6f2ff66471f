"""The training window: small, yet its ends are exact and its ranks near the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.detection.forest_memory import Rules
from backend.detection.training_window import (
    BLOCKS,
    FRESH,
    POINTS,
    Sorted,
    block_size,
    empty_window,
    held,
    in_order,
    learn,
    rank_of,
    room_for,
)
from backend.detection.views import VIEWS

SHAPES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, count: rng.normal(0, 1, count),
    "long tail": lambda rng, count: rng.pareto(1.2, count),
    "two levels": lambda rng, count: rng.integers(0, 2, count).astype(float),
    "mostly idle": lambda rng, count: np.where(rng.random(count) < 0.98, 0.0, rng.random(count)),
    "drift": lambda rng, count: np.arange(count) + rng.normal(0, 1, count),
    "huge once": lambda rng, count: np.r_[1e18, rng.normal(5, 1, count - 1)],
}


def filled(columns: np.ndarray, block: int) -> list[Sorted]:
    """The window of float64[n, 16] views, each view by size."""
    window = empty_window(1)
    for row in columns:
        learn(window, 0, row, block)
    room = room_for(window, 0)
    copies = []
    for view in range(len(VIEWS)):
        found = in_order(window, 0, view, room)
        copies.append(Sorted(found.values.copy(), found.before.copy()))
    assert held(window, 0) == copies[0].before[-1]
    return copies


@given(
    st.sampled_from(sorted(SHAPES)), st.integers(1, 2500), st.sampled_from([1, 100, 300]), st.integers(0, 99)
)
@settings(max_examples=40, deadline=None)
def test_a_window_is_close_to_the_readings_it_holds(shape: str, count: int, block: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = np.stack([SHAPES[shape](rng, count) for _ in VIEWS], axis=1)
    for view, found in enumerate(filled(columns, block)):
        kept = np.sort(columns[count - found.before[-1] :, view])
        scale = 1e-6 * np.abs(columns[:, view]).max()
        assert (np.diff(found.values) >= 0).all()
        assert (np.diff(found.before) > 0).all()
        assert found.values[0] == pytest.approx(kept[0], abs=scale)
        assert found.values[-1] == pytest.approx(kept[-1], abs=scale)
        low = np.searchsorted(kept, found.values - scale, side="left")
        high = np.searchsorted(kept, found.values + scale, side="right")
        beside = np.maximum(low - found.before[1:], found.before[:-1] - high)
        assert beside.max() <= 0.03 * len(kept) + 1


def test_few_readings_are_all_there() -> None:
    columns = np.random.default_rng(0).normal(1e9, 100, (POINTS, len(VIEWS)))
    for view, found in enumerate(filled(columns, 1000)):
        np.testing.assert_allclose(found.values, np.sort(columns[:, view]), atol=1e-4)
        assert found.before[-1] == POINTS


def test_what_never_moved_stays_as_it_is() -> None:
    for found in filled(np.full((3000, len(VIEWS)), 0.1), 100):
        assert (found.values == 0.1).all()


def test_old_readings_leave_with_their_block() -> None:
    old, new = np.full((FRESH * BLOCKS, len(VIEWS)), 1e6), np.full((FRESH * BLOCKS, len(VIEWS)), 3.0)
    for found in filled(np.r_[old, new], FRESH):
        assert found.values.max() == 3.0
        assert found.before[-1] == FRESH * BLOCKS


@pytest.mark.parametrize("block", [1, 63, 64, 65])
def test_path_lengths_are_known_for_as_many_readings_as_a_window_can_hold(block: int) -> None:
    window = empty_window(1)
    row, most = np.zeros(len(VIEWS)), 0
    for _ in range((BLOCKS + 2) * 2 * FRESH):
        learn(window, 0, row, block)
        most = max(most, held(window, 0))
    assert most < len(Rules.of(300.0, block).leaf_path)


@pytest.mark.parametrize("interval", [1.0, 5.0, 15.0, 60.0, 300.0, 3600.0])
def test_a_window_is_at_least_six_days_and_12000_readings(interval: float) -> None:
    size = block_size(interval)
    assert size >= 1000
    assert BLOCKS * size * interval >= 6 * 86_400


@given(st.integers(1, 100_000))
def test_every_reading_is_stood_for_by_one_point(size: int) -> None:
    points = min(size, POINTS)
    ranks = [rank_of(point, size) for point in range(points + 1)]
    assert ranks[0] == 0
    assert ranks[-1] == size
    parts = np.diff(ranks)
    assert parts.min() >= 1
    assert parts[1:-1].max(initial=1) <= size / (POINTS / 2) + 2
    assert parts[0] == parts[-1] == 1
