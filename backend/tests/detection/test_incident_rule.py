"""The incident rule: one alert an episode, closed by hours and by readings, in any cut of the stream."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.detection.incident_rule import QUIET_READINGS, QUIET_SECONDS, IncidentRule


def alerts(hours: list[float], scores: list[float], rule: IncidentRule | None = None) -> list[bool]:
    pairs = np.zeros(len(scores), dtype=np.int64)
    stamps = np.array(hours) * 3600.0
    raised = (rule or IncidentRule()).push(pairs, stamps, np.array(scores), 0.6)
    return [bool(each) for each in raised]


def test_an_episode_alerts_once() -> None:
    assert alerts([0, 1, 2, 3], [0.1, 0.7, 0.6, 0.9]) == [False, True, False, False]


def test_eight_quiet_hours_and_readings_end_it() -> None:
    assert alerts([0, *range(1, 9), 9], [0.7] + [0.1] * 8 + [0.7])[-1]
    assert not alerts([0, *range(1, 8), 9], [0.7] + [0.1] * 7 + [0.7])[-1], "seven readings are not enough"
    quick = [0.1 * i for i in range(1, 60)]
    assert not alerts([0, *quick, 7.9], [0.7] + [0.1] * 59 + [0.7])[-1], "under eight hours is not enough"


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 1)), min_size=1, max_size=80), st.integers(0, 80))
@settings(deadline=None)
def test_the_rule_is_the_written_one_in_any_cut_of_the_stream(
    steps: list[tuple[float, float]], cut: int
) -> None:
    hours = np.cumsum([step for step, _ in steps]).tolist()
    scores = [score for _, score in steps]
    expected, last, below = [], -np.inf, 0
    for hour, score in zip(hours, scores, strict=True):
        over = (hour - last) * 3600 >= QUIET_SECONDS and below >= QUIET_READINGS
        expected.append(score >= 0.6 and (last == -np.inf or over))
        last, below = (hour, 0) if score >= 0.6 else (last, below + 1)
    rule = IncidentRule()
    first = alerts(hours[:cut], scores[:cut], rule)
    assert first + alerts(hours[cut:], scores[cut:], rule) == expected
