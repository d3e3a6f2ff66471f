"""Which readings fire, and what a firing reading does to the pair's incidents."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.incident import LatestIncident, Status
from backend.incidents.policy import (
    Attach,
    Firing,
    Observed,
    Open,
    QuietCounter,
    Suppress,
    count_quiet,
    decide,
    evaluate,
    was_quiet,
)
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Severity, State, Verdict
from backend.settings import PolicyName
from backend.tests.incidents.builders import DEDUP_WINDOW, SPEC, blind, firing, quiet

POLICIES: list[PolicyName] = ["threshold_and_model", "model", "threshold", "either"]
NO_THRESHOLDS = replace(SPEC, high=None, critical=None)
FIRES = Firing(True, "it is bad")
UNSEEN = Observed(0.0, 0.0)


@pytest.mark.parametrize(
    ("beyond", "anomalous", "firing_policies"),
    [
        (False, False, set()),
        (True, False, {"threshold", "either"}),
        (False, True, {"model", "either"}),
        (True, True, set(POLICIES)),
    ],
)
def test_what_each_policy_asks_for(beyond: bool, anomalous: bool, firing_policies: set[str]) -> None:
    reading = replace(
        firing(0.0),
        severity=Severity.HIGH if beyond else Severity.NORMAL,
        verdict=Verdict.ANOMALY if anomalous else Verdict.NORMAL,
    )
    assert {policy for policy in POLICIES if evaluate(policy, reading, SPEC).fires} == firing_policies


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("state", [State.STALE, State.FAILED])
def test_missing_data_never_fires_and_says_why(policy: PolicyName, state: State) -> None:
    # The worst severity and verdict on purpose: nothing of a reading that was not judged may count.
    reading = replace(firing(0.0), value=None, state=state, reasons=("value is NaN",))
    assert evaluate(policy, reading, SPEC) == Firing(
        False, f"p99 latency could not be judged: the reading is {state} (value is NaN)"
    )
    assert not evaluate(policy, blind(0.0, state=state), SPEC).fires


def test_without_a_model_only_the_threshold_speaks() -> None:
    reading = replace(firing(0.0), state=State.NO_MODEL, verdict=Verdict.UNKNOWN, score=None, expected=None)
    assert [policy for policy in POLICIES if evaluate(policy, reading, SPEC).fires] == ["threshold", "either"]
    assert evaluate("either", reading, SPEC).reason == (
        "p99 latency is Critical (3,240 ms, above 3,000 ms) but the service has no model of its own yet"
    )


def test_a_refused_model_leaves_the_threshold_to_speak() -> None:
    refused = ("the model file is not the one its manifest describes",)
    reading = replace(firing(0.0), state=State.FAILED, verdict=Verdict.UNKNOWN, score=None, reasons=refused)
    assert [policy for policy in POLICIES if evaluate(policy, reading, SPEC).fires] == ["threshold", "either"]
    assert evaluate("threshold_and_model", reading, SPEC).reason == (
        "p99 latency is Critical (3,240 ms, above 3,000 ms) but the service's own model cannot be used "
        "(the model file is not the one its manifest describes)"
    )


@pytest.mark.parametrize("spec", [SPEC, NO_THRESHOLDS])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("verdict", [Verdict.NORMAL, Verdict.ANOMALY])
def test_a_stored_reading_was_quiet_when_it_did_not_fire(
    policy: PolicyName, spec: MetricSpec, severity: Severity, verdict: Verdict
) -> None:
    reading = replace(firing(0.0), severity=severity, verdict=verdict)
    assert was_quiet(policy, spec, severity, verdict) is not evaluate(policy, reading, spec).fires


@pytest.mark.parametrize("policy", POLICIES)
def test_a_stored_reading_that_nobody_judged_was_quiet_within_its_thresholds(policy: PolicyName) -> None:
    assert was_quiet(policy, SPEC, Severity.NORMAL, Verdict.UNKNOWN)
    assert not was_quiet(policy, SPEC, Severity.HIGH, Verdict.UNKNOWN)


def test_a_metric_without_thresholds_is_judged_by_its_model() -> None:
    odd = replace(firing(0.0), severity=Severity.NORMAL)
    assert evaluate("threshold_and_model", odd, NO_THRESHOLDS) == Firing(
        True,
        "the service's own model calls it anomalous (score 0.81); the metric has no thresholds",
    )
    assert not evaluate("threshold_and_model", quiet(0.0), NO_THRESHOLDS).fires


def test_a_reading_that_does_not_fire_says_what_spoke_against_it() -> None:
    reading = replace(firing(0.0), verdict=Verdict.NORMAL, score=0.31)
    assert evaluate("threshold_and_model", reading, SPEC) == Firing(
        False,
        "p99 latency is Critical (3,240 ms, above 3,000 ms) but the service's own model calls it normal "
        "(score 0.31)",
    )


def test_nothing_opens_while_the_episode_of_a_resolved_incident_lasts() -> None:
    latest = LatestIncident(12, Status.RESOLVED, 1000.0)
    lasts = Suppress("the episode of resolved incident #12 still lasts: it ends after 15 min of quiet", 12)
    assert decide(FIRES, firing(1900.0), latest, 900.0, Observed(900.0, 900.0)) == lasts
    assert decide(FIRES, firing(1901.0), latest, 900.0, Observed(900.0, 900.0)) == Open("it is bad", latest)
    assert decide(FIRES, firing(90_000.0), latest, 900.0, Observed(885.0, 50_000.0)) == lasts, (
        "blind is not quiet"
    )


@pytest.mark.parametrize("status", [Status.OPEN, Status.ACKNOWLEDGED])
def test_an_unresolved_incident_takes_every_firing_reading(status: Status) -> None:
    latest = LatestIncident(12, status, 1000.0)
    assert decide(FIRES, firing(1015.0), latest, 900.0, UNSEEN) == Attach("it is bad", 12)
    assert decide(FIRES, firing(8200.0), latest, 900.0, Observed(900.0, 7200.0)) == Attach(
        "it is bad", 12, "Firing again after 15 min of quiet"
    )
    assert decide(FIRES, firing(8200.0), latest, 900.0, UNSEEN) == Attach(
        "it is bad", 12, "Firing again after 2 h without data"
    )
    assert decide(FIRES, firing(8200.0), latest, 900.0, Observed(0.0, 7185.0)) == Attach("it is bad", 12)


def test_a_resolved_incident_silences_a_pair_without_data_for_a_day_at_most() -> None:
    latest = LatestIncident(12, Status.RESOLVED, 1000.0)
    after_a_day = firing(1000.0 + 86400.0)
    assert isinstance(decide(FIRES, after_a_day, latest, 900.0, UNSEEN), Suppress)
    assert decide(FIRES, firing(1001.0 + 86400.0), latest, 900.0, UNSEEN) == Open("it is bad", latest)
    seen_all_day = Observed(0.0, 86400.0)
    assert isinstance(decide(FIRES, firing(1001.0 + 86400.0), latest, 900.0, seen_all_day), Suppress)
    assert decide(Firing(False, "fine"), quiet(1015.0), latest, 900.0, UNSEEN) == Suppress("fine")


def test_a_last_firing_that_is_still_to_come_holds_nothing_up() -> None:
    """A clock that was a year ahead must not keep a pair's next incidents from opening for a year."""
    resolved = LatestIncident(12, Status.RESOLVED, 31_536_000.0)
    assert decide(FIRES, firing(1000.0), resolved, 900.0, UNSEEN) == Open("it is bad", resolved)
    a_little_ahead = LatestIncident(12, Status.RESOLVED, 1900.0)
    assert isinstance(decide(FIRES, firing(1000.0), a_little_ahead, 900.0, UNSEEN), Suppress)
    decision = decide(FIRES, firing(1000.0), replace(resolved, status=Status.OPEN), 900.0, UNSEEN)
    assert isinstance(decision, Attach)
    assert "a clock was wrong" in decision.again


@dataclass
class Kept:
    """What the replay below knows of one incident."""

    status: Status
    last_fired_at: float


steps = st.lists(
    st.tuples(
        st.sampled_from([15.0, 60.0, 885.0, 900.0, 915.0, 4000.0]),
        st.sampled_from(
            ["fire", "fire", "fire", "quiet", "acknowledge", "resolve", "reopen first", "reopen last"]
        ),
    ),
    max_size=60,
)


@given(steps)
def test_incidents_opened_are_those_that_the_rule_asks_for(series: list[tuple[float, str]]) -> None:
    """Expected by the rule's own words: an episode opens one unless one is unresolved when it begins."""
    kept: list[Kept] = []
    expected = 0
    now, last_firing = 0.0, None
    for gap, action in series:
        now += gap
        unresolved = [one for one in kept if one.status is not Status.RESOLVED]
        if action == "fire":
            begins = last_firing is None or now - last_firing > DEDUP_WINDOW
            expected += begins and not unresolved
            last_firing = now
            _apply(kept, now)
        elif action == "quiet":
            nothing = decide(Firing(False, ""), quiet(now), _latest(kept), DEDUP_WINDOW, UNSEEN)
            assert isinstance(nothing, Suppress)
        elif action in ("acknowledge", "resolve") and unresolved:
            unresolved[0].status = Status.ACKNOWLEDGED if action == "acknowledge" else Status.RESOLVED
        elif action.startswith("reopen") and kept and not unresolved:
            kept[0 if action == "reopen first" else -1].status = Status.OPEN
        assert len(kept) == expected


def _latest(kept: list[Kept]) -> LatestIncident | None:
    """What the store answers: the unresolved one, else the one that fired last."""
    if not kept:
        return None
    best = max(kept, key=lambda one: (one.status is not Status.RESOLVED, one.last_fired_at))
    return LatestIncident(kept.index(best) + 1, best.status, best.last_fired_at)


def _apply(kept: list[Kept], now: float) -> None:
    latest = _latest(kept)
    since = now - latest.last_fired_at if latest else 0.0
    match decide(FIRES, firing(now), latest, DEDUP_WINDOW, Observed(since, since)):
        case Open():
            kept.append(Kept(Status.OPEN, now))
        case Attach(_, number, _) | Suppress(_, int(number)):
            kept[number - 1].last_fired_at = now


def test_an_incident_is_back_after_so_many_quiet_readings_in_a_row() -> None:
    counter, latest = QuietCounter(3), LatestIncident(12, Status.OPEN, 0.0)
    series = [quiet(1.0), quiet(2.0), firing(3.0), quiet(4.0), blind(5.0), quiet(6.0), quiet(7.0)]
    assert [
        counter.is_back(evaluate("threshold_and_model", reading, SPEC), reading, latest) for reading in series
    ] == [False, False, False, False, False, False, True]


def test_missing_data_alone_never_brings_an_incident_back() -> None:
    counter, latest = QuietCounter(1), LatestIncident(12, Status.OPEN, 0.0)
    for number, state in enumerate([State.STALE, State.FAILED, State.NO_MODEL] * 10):
        reading = blind(float(number), state=state)
        assert not counter.is_back(evaluate("threshold", reading, SPEC), reading, latest)


def test_a_reopened_incident_is_counted_anew_and_off_means_never() -> None:
    counter, calm = QuietCounter(2), Firing(False, "")
    resolved, reopened = LatestIncident(12, Status.RESOLVED, 0.0), LatestIncident(12, Status.OPEN, 0.0)
    assert [
        counter.is_back(calm, quiet(1.0), latest) for latest in (reopened, resolved, reopened, reopened)
    ] == [
        False,
        False,
        False,
        True,
    ]
    off = QuietCounter(None)
    assert not any(off.is_back(calm, quiet(float(number)), reopened) for number in range(100))


@given(st.lists(st.sampled_from(["quiet", "blind", "fire"])))
def test_the_count_is_that_of_the_quiet_readings_since_the_last_firing(series: list[str]) -> None:
    count = 0
    for number, kind in enumerate(series):
        reading = {"quiet": quiet, "blind": blind, "fire": firing}[kind](float(number))
        count = count_quiet(count, evaluate("threshold_and_model", reading, SPEC), reading)
    tail = "".join(kind[0] for kind in series).rpartition("f")[2]
    assert count == tail.count("q")
