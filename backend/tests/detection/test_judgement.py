"""Severity, thresholds and the expected range: what a reader is told about a reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.detection.calibration import usual_values, verdict_threshold
from backend.detection.severity import classify
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Severity

LATENCY = MetricSpec("lat", "p99 latency", "milliseconds", "q", 1000, 3000, "above")
FREE = replace(LATENCY, key="free", title="Free disk", unit="percent", high=20, critical=5, direction="below")


@pytest.mark.parametrize(
    ("spec", "value", "severity"),
    [
        (LATENCY, 999.9, Severity.NORMAL),
        (LATENCY, 1000, Severity.HIGH),
        (LATENCY, 3000, Severity.CRITICAL),
        (FREE, 20.1, Severity.NORMAL),
        (FREE, 20, Severity.HIGH),
        (FREE, 5, Severity.CRITICAL),
        (replace(LATENCY, critical=None), 1e9, Severity.HIGH),
        (replace(LATENCY, high=None), 2999, Severity.NORMAL),
        (replace(LATENCY, high=None), 3000, Severity.CRITICAL),
        (replace(LATENCY, high=None, critical=None), 1e9, Severity.NORMAL),
    ],
)
def test_severity(spec: MetricSpec, value: float, severity: Severity) -> None:
    assert classify(np.array([value]), spec) == [severity]


@given(st.lists(st.floats(0, 1), min_size=1), st.floats(0.001, 0.5))
def test_no_more_than_the_contamination_lies_above_the_threshold(scores: list[float], share: float) -> None:
    above = np.array(scores) > verdict_threshold(np.array(scores), share)
    assert above.mean() <= share + 1 / len(scores)


def test_the_top_of_a_very_regular_metric_is_not_strange() -> None:
    assert verdict_threshold(np.full(100, 0.3), 0.01) == 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_the_usual_values_holds_most_of_what_was_seen(values: list[float]) -> None:
    low, high = usual_values(np.array(values))
    assert low <= high
    assert low <= np.median(values) <= high


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_the_usual_values_have_ends_whatever_was_seen(values: list[float]) -> None:
    assert np.isfinite(usual_values(np.array(values))).all()


def test_what_was_never_negative_is_not_expected_to_be() -> None:
    assert usual_values(np.array([0.0, 0.0, 5.0, 10.0])).low == 0
