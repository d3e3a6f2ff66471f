"""How far a metric moved: the same in any unit, zero where nothing did, never a division by nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.metrics.shift import FEWEST_BEFORE, Shift, shift

# No smaller differences than a metric has: below the smallest normal number a unit does cost digits.
values = st.lists(
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)), min_size=FEWEST_BEFORE, max_size=60
)


def moved(before: list[float], during: list[float]) -> Shift:
    found = shift(np.array(before), np.arange(float(len(during))), np.array(during))
    assert found is not None
    return found


@given(values, values, st.integers(-20, 40))
def test_the_score_does_not_depend_on_the_unit(before: list[float], during: list[float], power: int) -> None:
    unit = 2.0**power  # exact, as bytes are to MiB
    plain, scaled = moved(before, during), moved([x * unit for x in before], [x * unit for x in during])
    assert scaled.score == pytest.approx(plain.score, rel=1e-9)
    assert scaled.extreme == plain.extreme * unit


@given(values)
def test_what_stays_at_its_median_has_not_moved(before: list[float]) -> None:
    assert moved(before, [moved(before, before).usual]).score == 0


@given(values, values, st.floats(1, 100))
def test_a_value_farther_away_never_lowers_the_score(
    before: list[float], during: list[float], by: float
) -> None:
    first = moved(before, during)
    farther = first.usual + (abs(first.extreme - first.usual) + by)
    assert moved(before, [*during, farther]).score >= first.score


def test_the_floor_keeps_a_constant_from_making_every_digit_a_change() -> None:
    steady = moved([1000.0] * 20, [1000.5])
    assert steady.score == pytest.approx(0.5)
    assert not steady.notable
    assert moved([1000.0] * 20, [1000.0, 1200.0, 1000.0]).at == 1


def test_what_was_always_zero_and_is_no_more_comes_first() -> None:
    errors = moved([0.0] * 20, [0.0, 3.0])
    assert math.isinf(errors.score)
    assert errors.notable
    assert moved([0.0] * 20, [0.0]).score == 0


def test_too_few_readings_say_nothing() -> None:
    few = np.arange(float(FEWEST_BEFORE - 1))
    assert shift(few, few, few) is None
    assert shift(np.arange(50.0), few[:0], few[:0]) is None
