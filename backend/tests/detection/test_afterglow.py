"""Afterglow: a score fades by 30 % of its way to calm a reading, and never hides a higher one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.afterglow import CALM, afterglow


def test_a_spike_fades() -> None:
    published = afterglow(np.array([0.4, 0.9, 0.4, 0.4, 0.42]))
    assert published[:2].tolist() == [0.4, 0.9]
    np.testing.assert_allclose(published[2:], [0.78, 0.696, 0.6372])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_nothing_is_hidden_and_calm_stays_as_it_is(scores: list[float]) -> None:
    published = afterglow(np.array(scores))
    assert (published >= scores).all()
    assert (published <= max(scores)).all()
    calm = np.cumsum(np.array(scores) > CALM) == 0
    np.testing.assert_array_equal(published[calm], np.array(scores)[calm])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50), st.integers(1, 49))
def test_it_goes_on_from_the_last_published_score(scores: list[float], cut: int) -> None:
    whole = afterglow(np.array(scores))
    first = afterglow(np.array(scores[:cut]))
    rest = afterglow(np.array(scores[cut:]), before=first[-1])
    assert np.r_[first, rest].tolist() == pytest.approx(whole.tolist())
