"""What the store keeps, answers and refuses."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.incidents import rows
from backend.incidents.acts import IllegalTransition, acknowledge, comment, give_feedback, reopen, resolve
from backend.incidents.incident import KEPT_READINGS, LatestIncident, ResolveReason, Status
from backend.incidents.queries import IncidentCount, IncidentQuery
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentNotFound, IncidentStore
from backend.logs.correlation import CorrelatedLine
from backend.logs.line import LogLine
from backend.metrics.readings import SeriesKey, Severity
from backend.tests.incidents.builders import KEY, SPEC, firing, new_incident, opened, poll


def test_an_incident_comes_back_as_it_was_after_a_restart(store: IncidentStore, database: Path) -> None:
    incident = opened(store)
    store.attach(incident.id, firing(1015.0), SPEC, at=1016.0)
    store.change(incident.id, lambda now: acknowledge(now, 1020.0, "on it"))
    before = store.get(incident.id)
    store.close()
    again = IncidentStore(database)
    assert again.get(incident.id) == before
    assert before is not None
    assert [reading.timestamp for reading in before.readings] == [1000.0, 1015.0]
    assert [entry.kind for entry in before.timeline] == ["opened", "acknowledged"]
    again.close()


def test_opening_is_all_or_nothing(store: IncidentStore) -> None:
    # SQLite keeps NaN as NULL, which the readings' table refuses after the incident's row is written.
    incident = new_incident()
    broken = replace(incident, readings=(replace(incident.readings[0], value=float("nan")),))
    with pytest.raises(sqlite3.IntegrityError):
        store.open(broken, seen=None)
    assert store.list(IncidentQuery()).total == 0
    assert store.latest([KEY]) == {}
    assert opened(store).id == 1


def test_a_transition_that_raises_changes_nothing(store: IncidentStore) -> None:
    incident = opened(store)
    resolved = store.change(incident.id, lambda now: resolve(now, 1020.0, ResolveReason.REAL))
    with pytest.raises(IllegalTransition):
        store.change(incident.id, lambda now: acknowledge(comment(now, 1030.0, "lost"), 1030.0))
    assert store.get(incident.id) == resolved


def test_the_database_itself_refuses_a_second_unresolved_incident(store: IncidentStore) -> None:
    opened(store)
    with store._write() as db, pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        rows.insert(db, new_incident())
    assert store.open(new_incident(), seen=store.latest([KEY])[KEY]) is None
    assert store.list(IncidentQuery()).total == 1


def test_an_unknown_id_is_not_found(store: IncidentStore) -> None:
    for unknown in (0, -1, 7, 2**63, 10**30):
        assert store.get(unknown) is None
        with pytest.raises(IncidentNotFound, match=f"There is no incident #{unknown}"):
            store.change(unknown, lambda now: acknowledge(now, 0.0))
        with pytest.raises(IncidentNotFound):
            store.attach(unknown, firing(0.0), SPEC, at=0.0)


def test_reopening_beside_another_open_one_names_it(store: IncidentStore) -> None:
    first = opened(store, 1000.0)
    store.change(first.id, lambda now: resolve(now, 1020.0))
    second = opened(store, 5000.0)
    with pytest.raises(IllegalTransition) as caught:
        store.change(first.id, lambda now: reopen(now, 5010.0))
    assert caught.value.detail == (
        f"Incident #{first.id} cannot be reopened: incident #{second.id} of the same service and metric is "
        f"not resolved. Resolve #{second.id} first, or work on it."
    )
    assert store.latest([KEY]) == {KEY: LatestIncident(second.id, Status.OPEN, 5000.0)}


def test_a_reopened_older_incident_takes_the_readings_and_keeps_the_episode(store: IncidentStore) -> None:
    first = opened(store, 1000.0)
    store.change(first.id, lambda now: resolve(now, 1020.0))
    second = opened(store, 5000.0)
    store.change(second.id, lambda now: resolve(now, 5020.0))
    store.change(first.id, lambda now: reopen(now, 5030.0))
    poll(store, firing(5850.0))
    store.change(first.id, lambda now: resolve(now, 5860.0))
    poll(store, firing(6700.0))  # quiet for longer than the window since #2 fired, not since #1 did
    assert store.list(IncidentQuery()).total == 2
    assert store.latest([KEY])[KEY] == LatestIncident(first.id, Status.RESOLVED, 6700.0)


def test_only_the_first_readings_are_kept_and_all_are_counted(store: IncidentStore) -> None:
    incident = opened(store, 0.0)
    for number in range(1, KEPT_READINGS + 20):
        store.attach(incident.id, firing(15.0 * number), SPEC, at=15.0 * number)
    kept = store.get(incident.id)
    assert kept is not None
    assert kept.reading_count == KEPT_READINGS + 20
    assert [reading.timestamp for reading in kept.readings] == [
        15.0 * number for number in range(KEPT_READINGS)
    ]
    assert len(kept.timeline) == 1, "polls are not news"


def test_attaching_to_one_that_an_operator_just_resolved_only_lengthens_its_episode(
    store: IncidentStore,
) -> None:
    incident = opened(store)
    resolved = store.change(incident.id, lambda now: resolve(now, 1010.0))
    store.attach(incident.id, firing(1015.0), SPEC, at=1016.0)
    assert store.get(incident.id) == replace(resolved, last_fired_at=1015.0)


def test_log_lines_are_there_from_the_moment_it_opens_and_grow(store: IncidentStore, database: Path) -> None:
    pool = CorrelatedLine(
        LogLine(
            999.0,
            "payment-service",
            "ERROR",
            "Pool\n\x00 \u202e full",
            "pool",
            "exec-1",
            "4bf9",
            "at Pool.java:7",
        ),
        True,
        "new 1 s before the event",
        38,
    )
    other = CorrelatedLine(LogLine(998.0, "payment-service", "INFO", "paid"), False, "")
    incident = store.open(new_incident(lines=(other, pool)), seen=None)
    assert incident is not None
    assert incident.logs == (other, pool)
    assert incident.timeline[-1].text == 'The logs help to explain it: "Pool" (38 times).'
    assert store.set_logs(incident.id, [other, pool], 1030.0) == incident, "the same lines are no change"
    grown = store.set_logs(incident.id, [other, pool, replace(pool, count=1)], 1031.0)
    assert grown.updated_at == 1031.0
    assert grown.timeline[-1].text == 'The logs help to explain it: "Pool" (38 times) and 1 more.'
    fewer = store.set_logs(incident.id, [other], 1032.0)
    assert fewer.timeline == grown.timeline
    store.close()
    again = IncidentStore(database)
    assert again.get(incident.id) == fewer
    again.close()


def test_spans_leave_out_what_was_normal_after_all(store: IncidentStore) -> None:
    reasons = {
        1000.0: None,
        3000.0: ResolveReason.REAL,
        5000.0: ResolveReason.EXPECTED,
        7000.0: ResolveReason.NOISE,
    }
    for start, reason in reasons.items():
        incident = opened(store, start)
        store.attach(incident.id, firing(start + 60), SPEC, at=start + 61)
        store.change(incident.id, partial(resolve, at=start + 100, reason=reason))
    still_open = opened(store, 9000.0)
    assert store.spans(KEY, 0.0, 10_000.0) == [(1000.0, 1060.0), (3000.0, 3060.0), (9000.0, 9000.0)]
    assert store.spans(KEY, 1030.0, 2000.0) == [(1000.0, 1060.0)], "one that began before counts"
    assert store.spans(KEY, 1061.0, 2999.0) == []
    assert store.spans(SeriesKey("another", "lat"), 0.0, 10_000.0) == []
    store.change(still_open.id, lambda now: resolve(now, 9100.0, ResolveReason.NOISE))
    store.change(still_open.id, lambda now: reopen(now, 9200.0))
    assert (9000.0, 9000.0) in store.spans(KEY, 0.0, 10_000.0), "reopened: no longer called noise"
    store.change(still_open.id, lambda now: give_feedback(now, 9300.0, "expected"))
    assert (9000.0, 9000.0) not in store.spans(KEY, 0.0, 10_000.0), "an answer counts as a reason does"
    store.change(still_open.id, lambda now: resolve(now, 9400.0, ResolveReason.REAL))
    assert (9000.0, 9000.0) in store.spans(KEY, 0.0, 10_000.0), "the newest word holds"


def test_what_was_normal_after_all_is_told_from_the_moment_it_was_said(store: IncidentStore) -> None:
    first, second = opened(store), opened(store, key=SeriesKey("a", "cpu"))
    store.change(first.id, lambda now: resolve(now, 2000.0))
    store.change(second.id, lambda now: give_feedback(now, 2100.0, "yes"))
    assert store.normal_after_all(0.0) == []
    store.change(first.id, lambda now: give_feedback(now, 2200.0, "noise"))
    store.change(second.id, lambda now: give_feedback(now, 2300.0, "expected"))
    assert store.normal_after_all(0.0) == [(KEY, 2200.0), (SeriesKey("a", "cpu"), 2300.0)]
    store.change(first.id, lambda now: comment(now, 2400.0, "it flaps"))
    assert store.normal_after_all(2200.0) == [(SeriesKey("a", "cpu"), 2300.0)], "a comment says nothing new"


def test_counts_are_by_service_severity_and_status(store: IncidentStore) -> None:
    opened(store, key=SeriesKey("a", "lat"))
    opened(store, key=SeriesKey("a", "cpu"))
    high = opened(store, key=SeriesKey("a", "err"), severity=Severity.HIGH)
    other = opened(store, key=SeriesKey("b", "lat"))
    store.change(other.id, lambda now: resolve(now, 2000.0))
    store.change(high.id, lambda now: acknowledge(now, 2000.0))
    assert store.counts() == [
        IncidentCount("a", Severity.CRITICAL, Status.OPEN, 2),
        IncidentCount("a", Severity.HIGH, Status.ACKNOWLEDGED, 1),
        IncidentCount("b", Severity.CRITICAL, Status.RESOLVED, 1),
    ]
    assert store.open_counts() == {"a": 3}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(service=st.text(), text=st.text().filter(str.strip))
@example(service="'; DROP TABLE incidents; --\n\"", text="it's 100% \\ 'broken'\n\n?")
@example(service="👩‍💻 שירות \u202e x\x00y", text="\x00\x01")
@example(service="x" * 300, text="x" * 10_000)
@example(service="", text="a")
def test_names_and_words_of_any_characters_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, service: str, text: str
) -> None:
    store = IncidentStore(tmp_path_factory.mktemp("names") / "canopy.db")
    key = SeriesKey(service, "lat")
    incident = opened(store, key=key)
    changed = store.change(incident.id, lambda now: comment(now, 1010.0, text))
    assert store.get(incident.id) == changed
    assert changed.key == key
    assert changed.timeline[-1].text == text.strip()
    assert store.latest([key, SeriesKey(f"{service}?", "lat")]) == {
        key: LatestIncident(incident.id, Status.OPEN, 1000.0)
    }
    page = store.list(IncidentQuery(services=(service,), q=service))
    assert [item.key for item in page.items] == [key]
    store.close()


def test_a_closed_store_says_so(store: IncidentStore) -> None:
    store.close()
    store.close()
    for call in (store.counts, partial(store.get, 1), partial(store.touch, 1, 0.0)):
        with pytest.raises(StoreError, match="closed"):
            call()


def test_a_firing_that_is_still_to_come_does_not_hide_the_new_incident(store: IncidentStore) -> None:
    """A clock that was ahead left it; while it stays, the pair's latest incident would be the old one."""
    old = opened(store, timestamp=9e9)
    store.change(old.id, lambda incident: resolve(incident, 9e9))
    new = opened(store, timestamp=1000.0)
    store.change(new.id, lambda incident: resolve(incident, 1010.0))
    assert store.latest([KEY])[KEY] == LatestIncident(new.id, Status.RESOLVED, 1000.0)
