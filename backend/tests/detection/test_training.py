"""From readings to a forest: what is counted, what is learned and what is left out."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.training import NotEnoughSamples, firing_stretches, train_pair
from backend.tests.detection.trained import NOW, PAYMENT, trained


def test_too_few_samples_are_counted() -> None:
    with pytest.raises(NotEnoughSamples, match="49 of the 50 samples needed"):
        trained(PAYMENT, count=49)


def test_readings_inside_an_incident_are_not_learned() -> None:
    values = np.r_[np.full(60, 20.0), np.full(10, 3000.0), np.full(60, 20.0)]
    timestamps = 15.0 * np.arange(len(values), dtype=np.float64)
    model = train_pair(
        PAYMENT,
        timestamps,
        values,
        incident_spans=[(60 * 15.0, 69 * 15.0)],
        min_samples=50,
        contamination=0.01,
        max_gap=300,
        now=NOW,
    )
    assert model.samples == 120
    assert model.usual.high < 100


def test_the_same_readings_give_the_same_bytes() -> None:
    first, second = (pickle.dumps(trained(PAYMENT).forest) for _ in range(2))
    assert first == second


STEP, QUIET = 15.0, 60.0


@given(
    anomalous=st.lists(st.booleans(), min_size=1, max_size=200),
    hulls=st.lists(st.tuples(st.integers(0, 199), st.integers(0, 199)), max_size=3),
)
def test_inside_an_incident_only_what_is_quiet_for_long_is_learned(
    anomalous: list[bool], hulls: list[tuple[int, int]]
) -> None:
    times = STEP * np.arange(len(anomalous), dtype=np.float64)
    fired = times[np.array(anomalous)]
    spans = [(STEP * min(hull), STEP * max(hull)) for hull in hulls]
    stretches = firing_stretches(spans, fired, QUIET)

    def learned(time: float, left_out: list[tuple[float, float]]) -> bool:
        return not any(start <= time <= end for start, end in left_out)

    for time in times:
        inside = [(start, end) for start, end in spans if start <= time <= end]
        quiet = all(
            any(start <= t < time for t in fired)
            and any(time < t <= end for t in fired)
            and all(abs(t - time) > QUIET for t in fired if start <= t <= end)
            for start, end in inside
        )
        assert learned(time, stretches) == quiet


def test_an_incident_left_open_for_days_does_not_starve_its_model() -> None:
    values = np.full(4 * 240, 20.0)
    values[:5] = values[-5:] = 3000.0
    times = STEP * np.arange(len(values), dtype=np.float64)
    spans = [(times[0], times[-1])]
    model = train_pair(
        PAYMENT,
        times,
        values,
        incident_spans=firing_stretches(spans, times[values > 100], QUIET),
        min_samples=50,
        contamination=0.01,
        max_gap=300,
        now=NOW,
    )
    assert model.samples == len(values) - 2 * (5 + QUIET / STEP)
    assert model.usual.high < 100
