"""What was seen of a pair since it fired last, as the datasets tell it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.incidents.policy import Observed
from backend.jobs.quiet import QuietTime
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, Severity, State, Verdict
from backend.settings import PolicyName
from backend.tests.jobs.bench import CATALOGUE, CRITICAL, HIGH, INTERVAL, KEY, START

SPEC = CATALOGUE[KEY.metric]
POLLS = 8


@pytest.fixture
def history(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path / "datasets")


def reading(poll: int, value: float, verdict: Verdict) -> Reading:
    severity = Severity.CRITICAL if value >= CRITICAL else Severity.HIGH if value >= HIGH else Severity.NORMAL
    return Reading(KEY, START + poll * INTERVAL, value, State.SCORED, severity, verdict, 0.5)


def observed(history: HistoryStore, policy: PolicyName, *, enough: float = 60.0) -> Observed:
    """Fired at START; fires again POLLS + 1 polls later."""
    again = reading(POLLS + 1, 5000.0, Verdict.ANOMALY)
    history.append([again], "live")
    return QuietTime(history, INTERVAL, policy).between(START, again, SPEC, enough)


@pytest.mark.parametrize(
    ("value", "verdict", "quiet_under"),
    [
        (40.0, Verdict.NORMAL, {"threshold_and_model", "model", "threshold", "either"}),
        (2000.0, Verdict.NORMAL, {"threshold_and_model", "model"}),
        (40.0, Verdict.ANOMALY, {"threshold_and_model", "threshold"}),
        (2000.0, Verdict.ANOMALY, set()),
        (2000.0, Verdict.UNKNOWN, set()),
    ],
)
@pytest.mark.parametrize("policy", ["threshold_and_model", "model", "threshold", "either"])
def test_what_did_not_fire_was_quiet(
    history: HistoryStore, policy: PolicyName, value: float, verdict: Verdict, quiet_under: set[str]
) -> None:
    history.append([reading(0, 5000.0, Verdict.ANOMALY)], "live")
    history.append([reading(poll, value, verdict) for poll in range(1, POLLS + 1)], "live")
    seconds = POLLS * INTERVAL
    assert observed(history, policy) == Observed(seconds if policy in quiet_under else 0.0, seconds)


def test_what_was_fetched_later_is_judged_by_its_thresholds(history: HistoryStore) -> None:
    times = START + INTERVAL * np.arange(1.0, POLLS + 1, dtype=np.float64)
    history.backfill(KEY, times, np.array([40.0, 5000.0] * (POLLS // 2)))
    assert observed(history, "threshold_and_model") == Observed(POLLS / 2 * INTERVAL, POLLS * INTERVAL)


def test_blind_is_not_quiet_and_readings_never_count_for_more_than_the_time_between(
    history: HistoryStore,
) -> None:
    assert observed(history, "threshold") == Observed(0.0, 0.0)
    dense = START + np.arange(1.0, INTERVAL * POLLS, dtype=np.float64)
    history.backfill(KEY, dense, np.full(len(dense), 40.0))
    span = (POLLS + 1) * INTERVAL
    assert observed(history, "threshold") == Observed(span, span)


def test_a_dataset_that_cannot_be_read_keeps_no_incident_from_opening(
    history: HistoryStore, tmp_path: Path
) -> None:
    (tmp_path / "datasets" / KEY.service / "history").mkdir(parents=True)
    (tmp_path / "datasets" / KEY.service / "history" / f"{KEY.metric}.csv").write_text("no dataset\n" * 50)
    again = reading(POLLS + 1, 5000.0, Verdict.ANOMALY)
    span = (POLLS + 1) * INTERVAL
    assert QuietTime(history, INTERVAL, "model").between(START, again, SPEC, 60.0) == Observed(span, span)
