"""Reason cards and artefacts on incidents: kept, compared, told, and holding alerts back for a while."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents import card_rows, marker_rows
from backend.incidents.acts import resolve
from backend.incidents.incident import ResolveReason, begin
from backend.incidents.nearest import Candidate, Likeness, nearest
from backend.incidents.policy import Observed, Open, Suppress, decide, evaluate
from backend.incidents.schema import STEPS, prepare
from backend.incidents.store import IncidentStore
from backend.metrics.cards import Artefact, ArtefactKind, Marker, PastIncident, ReasonCard, Share
from backend.metrics.readings import Reading, SeriesKey, Severity
from backend.tests.incidents.builders import DEDUP_WINDOW, KEY, POLICY, SPEC, firing, new_incident, opened

LEVEL = Share("level", "value", 0.7, "above", "it is 79× the usual 41 ms")
CHANGE = Share("change", "delta", 0.8, "above", "it rose by 3,200 ms in one reading")
CARD = ReasonCard(3240.0, "milliseconds", None, 85.0, 44.0, None, "above", 1000.0, (LEVEL,))
OTHER = SeriesKey("order-service", "lat")
RESTART = Artefact(ArtefactKind.RESTART, 960.0, "it restarted", 1080.0)


def with_card(at: float, key: SeriesKey = KEY, card: ReasonCard | None = CARD) -> Reading:
    return replace(firing(at, key), card=card)


def resolved(store: IncidentStore, reading: Reading, words: str = "") -> int:
    """A resolved incident that ``reading`` opened."""
    draft = begin(reading, SPEC, policy=POLICY, because="it fired", at=reading.timestamp)
    kept = store.open(draft, seen=store.latest([reading.key]).get(reading.key))
    assert kept is not None
    at = reading.timestamp + 300
    store.change(kept.id, lambda incident: resolve(incident, at, ResolveReason.REAL, words))
    return kept.id


def test_an_incident_keeps_the_card_it_opened_with(store: IncidentStore) -> None:
    past = PastIncident(3, "payment-service", "lat", "slow", 1.0, 2.0, "Resolved: rolled back")
    card = replace(CARD, nearest=past)
    kept = store.open(begin(with_card(1000.0, card=card), SPEC, policy=POLICY, because="", at=1.0), seen=None)
    assert kept is not None
    found = store.get(kept.id)
    assert found is not None
    assert found == kept
    assert found.card == card
    store.change(kept.id, lambda incident: resolve(incident, 2000.0))
    changed = store.get(kept.id)
    assert changed is not None
    assert changed.card == card


def test_the_same_card_is_the_same_bytes(store: IncidentStore, database: Path) -> None:
    for key in (KEY, OTHER):
        resolved(store, with_card(1000.0, key))
    with closing(sqlite3.connect(database)) as db:
        texts = {text for (text,) in db.execute("SELECT card FROM incident_cards")}
    assert len(texts) == 1


def test_a_file_from_before_cards_is_upgraded_and_its_incidents_have_none(database: Path) -> None:
    prepare(database, STEPS[:1])
    with closing(sqlite3.connect(database)) as db:
        db.execute(
            """INSERT INTO incidents (service, metric, metric_title, unit, fingerprint, severity, status,
               title, reason, policy, event_ts, opened_at, updated_at, last_fired_at, reading_count, search)
               VALUES ('shop', 'lat', 'p99', 'ms', 'f', 'High', 'OPEN', 't', 'r', 'p', 1, 1, 1, 1, 1, '')"""
        )
        db.commit()
    with closing(IncidentStore(database)) as store:
        old = store.get(1)
        assert old is not None
        assert old.card is None
        assert opened(store).id == 2
    assert database.with_name("canopy.db.v1.bak").exists()


def test_the_nearest_past_incident_says_how_it_ended(store: IncidentStore) -> None:
    elsewhere = resolved(store, with_card(1000.0, OTHER), "scaled up")
    now = Likeness(KEY, 90_000.0, Severity.CRITICAL, "above", (LEVEL,))
    found = nearest(now, store.candidates(KEY))
    assert found is not None
    assert (found.id, found.service, found.resolution) == (
        elsewhere,
        "order-service",
        "Resolved, it was a real problem: scaled up",
    )
    own = resolved(store, with_card(5000.0, card=None), "restarted the pool")
    found = nearest(now, store.candidates(KEY))
    assert found is not None
    assert (found.id, found.resolved_at) == (own, 5300.0), "the same pair comes first, however unlike"


def test_open_incidents_and_other_metrics_are_no_past(store: IncidentStore) -> None:
    opened(store)
    resolved(store, with_card(1000.0, SeriesKey("payment-service", "cpu")))
    assert store.candidates(KEY) == []


def candidate(number: int, at: float, side: str = "above", *shares: Share) -> Candidate:
    past = PastIncident(number, *KEY, "slow", at, at + 60, "Resolved.")
    return Candidate(past, Likeness(KEY, at, Severity.CRITICAL, side, shares))  # type: ignore[arg-type]


def test_what_it_looked_like_counts_more_than_when_it_was() -> None:
    now = Likeness(KEY, 86_400.0 * 9, Severity.CRITICAL, "above", (LEVEL,))
    same_hour_other_way = candidate(1, 86_400.0 * 8, "below", CHANGE)
    other_hour_same_way = candidate(2, 86_400.0 * 8 + 40_000, "above", LEVEL)
    found = nearest(now, [same_hour_other_way, other_hour_same_way])
    assert found is not None
    assert found.id == 2
    twins = [candidate(n, 86_400.0 * n, "above", LEVEL) for n in (3, 5, 4)]
    newest = nearest(now, twins)
    assert newest is not None
    assert newest.id == 5
    assert nearest(now, []) is None


@given(st.permutations(range(6)))
def test_the_nearest_does_not_depend_on_the_order(order: list[int]) -> None:
    some = [candidate(n, 7_000.0 * n, "above" if n % 2 else "below", LEVEL) for n in range(6)]
    now = Likeness(KEY, 86_400.0 * 3, Severity.HIGH, "above", (LEVEL, CHANGE))
    assert nearest(now, [some[i] for i in order]) == nearest(now, some)


def test_while_a_restart_settles_nothing_opens_and_then_it_does() -> None:
    def at(time: float) -> Open | Suppress:
        reading = replace(firing(time), artefact=RESTART)
        decision = decide(
            evaluate("threshold_and_model", reading, SPEC), reading, None, DEDUP_WINDOW, Observed(0, 0)
        )
        assert isinstance(decision, Open | Suppress)
        return decision

    assert at(1000.0) == Suppress(
        "held back: it restarted 40 s ago; what is still wrong in 1 min 20 s opens an incident"
    )
    assert isinstance(at(1079.0), Suppress)
    assert isinstance(at(1080.0), Open)


def test_kinds_that_explain_nothing_away_hold_nothing_back() -> None:
    gap = Artefact(ArtefactKind.SCRAPE_GAP, 960.0, "Prometheus cannot scrape 1 of its 3 instances")
    reading = replace(firing(1000.0), artefact=gap)
    decision = decide(
        evaluate("threshold_and_model", reading, SPEC), reading, None, DEDUP_WINDOW, Observed(0, 0)
    )
    assert isinstance(decision, Open)


def test_an_open_incident_goes_on_through_a_restart(store: IncidentStore) -> None:
    incident = opened(store)
    reading = replace(firing(1015.0), artefact=RESTART)
    latest = store.latest([KEY])[KEY]
    decision = decide(
        evaluate("threshold_and_model", reading, SPEC), reading, latest, DEDUP_WINDOW, Observed(0, 0)
    )
    assert getattr(decision, "incident_id", None) == incident.id


def test_the_timeline_tells_what_happened_just_before(store: IncidentStore) -> None:
    reading = firing(1000.0)
    deploy = Artefact(ArtefactKind.DEPLOY, 1000.0, "version 1.5.0 was deployed (1.4.2 before)")
    draft = begin(reading, SPEC, policy=POLICY, because="", at=1001.0, nearby=[RESTART, deploy])
    assert [(entry.kind, entry.text) for entry in draft.timeline[1:]] == [
        ("artefact", "It restarted, 40 s before."),
        ("artefact", "Version 1.5.0 was deployed (1.4.2 before), at the same time."),
    ]
    assert new_incident().timeline[1:] == ()


def test_markers_are_kept_once_and_found_by_service_and_time(store: IncidentStore, database: Path) -> None:
    markers = [
        Marker("shop", replace(RESTART, since=float(t), settles_at=None if t % 2 else t + 120.0))
        for t in range(5)
    ]
    other = Marker("other\n", Artefact(ArtefactKind.CLOCK_SKEW, 2.0, "its clock is 42 s ahead"))
    store.add_markers([*markers, other])
    store.add_markers(markers)
    assert store.markers(1.0, 3.0, "shop") == markers[1:4]
    assert store.markers(2.0, 2.0) == [other, markers[2]]
    assert store.markers(0.0, 9.0, "shop", limit=2) == markers[3:]
    assert store.markers(0.0, 9.0, "nobody") == []
    store.close()
    with closing(IncidentStore(database)) as again:
        assert again.markers(0.0, 9.0, "shop") == markers


def test_only_the_newest_markers_stay(store: IncidentStore) -> None:
    kept = marker_rows.KEPT
    store.add_markers(
        [Marker("shop", Artefact(ArtefactKind.RESTART, float(t), "it restarted")) for t in range(kept)]
    )
    store.add_markers([Marker("shop", Artefact(ArtefactKind.DEPLOY, float(kept + 1), "x"))])
    found = store.markers(0.0, 2.0 * kept)
    assert (len(found), found[0].artefact.since) == (kept, 1.0)


def test_candidates_of_a_pair_are_bounded(store: IncidentStore) -> None:
    for i in range(card_rows._OF_THE_PAIR + 3):
        resolved(store, with_card(1000.0 + 100_000 * i))
    ids = [one.incident.id for one in store.candidates(KEY)]
    assert len(ids) == card_rows._OF_THE_PAIR
    assert ids == sorted(ids, reverse=True)
