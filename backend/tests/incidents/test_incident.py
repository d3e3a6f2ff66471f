"""The life of one incident: what is allowed when, and what its timeline then says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.acts import (
    IllegalTransition,
    acknowledge,
    auto_resolve,
    comment,
    give_feedback,
    reopen,
    resolve,
)
from backend.incidents.fingerprint import fingerprint, label_signature
from backend.incidents.incident import Incident, ResolveReason, Status, attach, begin
from backend.metrics.readings import SeriesKey, Severity
from backend.tests.incidents.builders import SPEC, blind, firing, new_incident

OPEN = replace(new_incident(), id=12)
ACKNOWLEDGED = acknowledge(OPEN, 1010.0)
RESOLVED = resolve(OPEN, 1020.0, ResolveReason.REAL)


def test_a_new_incident_says_what_where_and_why() -> None:
    assert OPEN.title == "p99 latency on payment-service is 3,240 ms, expected 12–85 ms"
    assert OPEN.reason == (
        "Opened because p99 latency is Critical (3,240 ms, above 3,000 ms) and the service's own model "
        "calls it anomalous (score 0.81). Policy: threshold_and_model."
    )
    assert [(entry.kind, entry.actor, entry.text) for entry in OPEN.timeline] == [
        ("opened", "canopy", OPEN.reason)
    ]
    assert (OPEN.event_ts, OPEN.opened_at, OPEN.updated_at, OPEN.last_fired_at) == (1000, 1001, 1001, 1000)


def test_missing_data_is_no_evidence() -> None:
    with pytest.raises(ValueError, match="without a value"):
        begin(blind(1000.0), SPEC, policy="either", because="it is gone", at=1001.0)


def test_acknowledge_resolve_and_reopen_walk_the_whole_way() -> None:
    done = resolve(acknowledge(OPEN, 1010.0, "on it"), 1020.0, ResolveReason.MAINTENANCE, "deploy")
    assert (done.status, done.resolved_at, done.resolve_reason) == (Status.RESOLVED, 1020.0, "maintenance")
    back = reopen(done, 1030.0)
    assert (back.status, back.resolved_at, back.resolve_reason) == (Status.OPEN, None, None)
    assert [entry.text for entry in back.timeline[1:]] == [
        "Acknowledged: on it",
        "Resolved, it was maintenance: deploy",
        "Reopened.",
    ]
    assert back.updated_at == 1030.0


@pytest.mark.parametrize(
    ("incident", "transition", "detail"),
    [
        (
            ACKNOWLEDGED,
            acknowledge,
            "Incident #12 is acknowledged, so it cannot be acknowledged; it can be resolved.",
        ),
        (
            RESOLVED,
            acknowledge,
            "Incident #12 is resolved, so it cannot be acknowledged; it can be reopened.",
        ),
        (RESOLVED, resolve, "Incident #12 is resolved, so it cannot be resolved; it can be reopened."),
        (
            OPEN,
            reopen,
            "Incident #12 is open, so it cannot be reopened; it can be acknowledged or resolved.",
        ),
        (ACKNOWLEDGED, reopen, "Incident #12 is acknowledged, so it cannot be reopened; it can be resolved."),
    ],
)
def test_an_illegal_transition_says_the_status_and_what_is_allowed(
    incident: Incident, transition: object, detail: str
) -> None:
    with pytest.raises(IllegalTransition) as caught:
        transition(incident, 1040.0)  # type: ignore[operator]
    assert caught.value.detail == detail


@pytest.mark.parametrize("incident", [OPEN, ACKNOWLEDGED, RESOLVED])
def test_words_and_feedback_are_welcome_in_any_status(incident: Incident) -> None:
    spoken = give_feedback(comment(incident, 1050.0, " pool was full \n"), 1060.0, "noise")
    assert spoken.status is incident.status
    assert (spoken.feedback, spoken.updated_at) == ("noise", 1060.0)
    assert [entry.text for entry in spoken.timeline[-2:]] == [
        "pool was full",
        "Was this right? No, it was noise.",
    ]


def test_an_empty_comment_is_refused() -> None:
    with pytest.raises(ValueError, match="the comment is empty"):
        comment(OPEN, 1050.0, " \n ")


def test_resolving_by_itself_never_overrides_an_operator() -> None:
    by_canopy = auto_resolve(ACKNOWLEDGED, 1100.0, 20)
    assert (by_canopy.status, by_canopy.timeline[-1].actor) == (Status.RESOLVED, "canopy")
    assert by_canopy.timeline[-1].text == (
        "Resolved by Canopy: 20 readings in a row did not fire (setting incidents.auto_resolve_after)."
    )
    assert auto_resolve(RESOLVED, 1100.0, 20) is RESOLVED


def test_severity_only_rises_and_the_timeline_says_when() -> None:
    high = replace(OPEN, severity=Severity.HIGH)
    raised, entries = attach(high, firing(1015.0), SPEC, at=1016.0)
    assert raised.severity is Severity.CRITICAL
    assert [(entry.kind, entry.text) for entry in entries] == [
        (
            "severity_changed",
            "Severity rose from High to Critical: p99 latency is Critical (3,240 ms, above 3,000 ms).",
        )
    ]
    assert raised.updated_at == 1016.0
    later, entries = attach(raised, firing(1030.0, severity=Severity.HIGH), SPEC, at=1031.0)
    assert (later.severity, later.last_fired_at, later.reading_count) == (Severity.CRITICAL, 1030.0, 3)
    assert entries == ()
    assert later.updated_at == 1016.0, "a poll that changes nothing a person sees is no update"


def test_a_new_episode_on_an_open_incident_is_told() -> None:
    _, entries = attach(OPEN, firing(8800.0), SPEC, again="Firing again after 2 h of quiet", at=8801.0)
    assert [(entry.kind, entry.text) for entry in entries] == [
        (
            "attached",
            "Firing again after 2 h of quiet: p99 latency is Critical (3,240 ms, above 3,000 ms).",
        )
    ]


def test_a_reading_that_is_known_already_changes_nothing() -> None:
    assert attach(OPEN, firing(1000.0), SPEC, at=2000.0) == (OPEN, ())


def test_a_last_firing_that_is_still_to_come_is_not_kept_for_ever() -> None:
    """A clock that was ahead has left it; nothing would ever be newer."""
    ahead = replace(OPEN, last_fired_at=9e9)
    after, entries = attach(ahead, firing(1015.0), SPEC, again="Firing again; a clock was wrong", at=1016.0)
    assert (after.last_fired_at, after.reading_count) == (1015.0, 2)
    assert [entry.kind for entry in entries] == ["attached"]


def test_a_resolved_incident_learns_only_how_long_its_episode_lasts() -> None:
    after, entries = attach(RESOLVED, firing(1015.0), SPEC, at=1016.0)
    assert after == replace(RESOLVED, last_fired_at=1015.0)
    assert entries == ()


def test_fingerprints_are_those_of_alertmanager() -> None:
    # The vectors of prometheus/common, model/signature_test.go.
    assert label_signature({}) == 14695981039346656037
    assert label_signature({"name": "garland, briggs", "fear": "love is not enough"}) == 5799056148416392346


@given(st.text(), st.text(), st.text(), st.text())
def test_different_pairs_have_different_fingerprints(a: str, b: str, c: str, d: str) -> None:
    one, other = SeriesKey(a, b), SeriesKey(c, d)
    assert (fingerprint(one) == fingerprint(other)) == (one == other)
    assert len(fingerprint(one)) == 16
