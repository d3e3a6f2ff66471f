"""Reason cards and artefacts through whole polls: what a reading, an incident and its timeline carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from backend.detection.classic import ClassicDetector
from backend.incidents.acts import resolve
from backend.incidents.incident import Incident, ResolveReason
from backend.incidents.store import IncidentStore
from backend.jobs.cards import Cards
from backend.metrics.cards import ArtefactKind, ReasonCard
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, Verdict
from backend.settings import DetectorName, TrainingSettings
from backend.tests.jobs.bench import CATALOGUE, INTERVAL, KEY, Bench

OTHER = SeriesKey("other", "lat")
DAY = 86_400.0
OLD = 1_700_000_000.0


@pytest.fixture(params=["view_forest", "isolation_forest"])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    detector: DetectorName = request.param
    with Bench(tmp_path, detector=detector, artefacts={"restart": "started"}) as bench:
        bench.learn(KEY, OTHER)
        yield bench


def fire(bench: Bench, value: float = 5000.0) -> Reading:
    bench.write(value)
    return bench.poll().readings[KEY]


def incident(bench: Bench, number: int = 1) -> Incident:
    found = bench.store.get(number)
    assert found is not None
    return found


def test_an_anomalous_reading_has_a_card_and_a_normal_one_has_none(bench: Bench) -> None:
    bench.healthy(KEY)
    normal = bench.poll().readings[KEY]
    assert (normal.verdict, normal.card, normal.reasons) == (Verdict.NORMAL, None, ())
    reading = fire(bench)
    assert reading.verdict is Verdict.ANOMALY
    card = reading.card
    assert card is not None
    assert (card.observed, card.unit, card.side, card.since) == (
        5000.0,
        "milliseconds",
        "above",
        reading.timestamp,
    )
    assert reading.expected is not None
    assert (card.low, card.high) == tuple(reading.expected)
    assert card.shares, "some view or feature has moved"
    assert sum(share.part for share in card.shares) <= 1.001
    assert reading.reasons[0] == "Critical: above 3,000 ms"
    assert card.shares[0].words in reading.reasons
    assert incident(bench).card == card


def test_the_card_says_for_how_long_also_after_a_restart_of_canopy(bench: Bench) -> None:
    first = fire(bench)
    fire(bench)
    third = fire(bench)
    assert "anomalous for 30 s" in third.reasons
    bench.restart()
    fourth = fire(bench)
    assert fourth.card is not None
    assert fourth.card.since == first.timestamp
    assert "anomalous for 45 s" in fourth.reasons


def test_a_stretch_ends_with_a_normal_reading_and_not_with_a_missing_one(bench: Bench) -> None:
    first = fire(bench)
    bench.poll()
    after_a_gap = fire(bench)
    assert after_a_gap.card is not None
    assert after_a_gap.card.since == first.timestamp
    # The views remember the fault for a while: healthy until the verdict says so again.
    for _ in range(200):
        bench.healthy(KEY)
        if bench.poll().readings[KEY].verdict is Verdict.NORMAL:
            break
    again = fire(bench)
    assert again.card is not None
    assert again.card.since == again.timestamp


def test_the_same_hour_of_yesterday_and_of_last_week_is_told_where_it_is_stored(bench: Bench) -> None:
    at = bench.next_poll
    near: np.ndarray = np.arange(-3, 4) * INTERVAL
    bench.history.backfill(KEY, at - 7 * DAY + near, 41 + near / INTERVAL)
    reading = fire(bench)
    assert reading.card is not None
    assert (reading.card.yesterday, reading.card.last_week) == (None, 41.0)
    assert "at this hour last week it was 41 ms" in reading.reasons


def cards_of(directory: Path, zone: ZoneInfo | None = None) -> tuple[Cards, HistoryStore]:
    """Cards over an empty store and datasets that the test fills."""
    history = HistoryStore(directory / "datasets")
    cards = Cards(
        catalogue=CATALOGUE,
        interval=INTERVAL,
        zone=zone,
        detector=ClassicDetector(TrainingSettings(), 300.0),
        history=history,
        store=IncidentStore(directory / "canopy.db"),
    )
    return cards, history


def written(cards: Cards, key: SeriesKey, at: float) -> ReasonCard:
    return cards.write(key, at, 5000.0, None, Severity.CRITICAL, np.array([40.0, 5000.0]))


def test_the_same_hour_is_the_same_on_the_clock_when_clocks_were_changed_in_between(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    cards, history = cards_of(tmp_path, berlin)
    at = datetime(2026, 4, 1, 9, 0, tzinfo=berlin).timestamp()
    before = datetime(2026, 3, 25, 9, 0, tzinfo=berlin).timestamp()
    assert at - before == 7 * DAY - 3600, "an hour was lost on 29 March"
    history.backfill(KEY, np.array([before, before + 3600]), np.array([41.0, 99.0]))
    cards.begin([KEY], np.array([True]), at)
    assert written(cards, KEY, at).last_week == 41.0


def test_when_hundreds_turn_anomalous_at_once_the_past_of_some_waits_a_poll(tmp_path: Path) -> None:
    cards, history = cards_of(tmp_path)
    at = 1_767_225_600.0
    keys = [SeriesKey(f"service-{i:03}", "lat") for i in range(80)]
    for key in keys:
        history.backfill(key, np.array([at - DAY]), np.array([41.0]))
    all_bad = np.ones(len(keys), dtype=np.bool_)
    known = []
    for poll in range(2):
        now = at + poll * INTERVAL
        cards.begin(keys, all_bad, now)
        known.append([written(cards, key, now).yesterday is not None for key in keys])
    assert known == [[True] * 50 + [False] * 30, [True] * 80]


def test_the_card_names_the_nearest_past_incident_and_how_it_ended(bench: Bench) -> None:
    bench.healthy(OTHER)
    fire(bench)
    at = bench.clock.time
    bench.store.change(1, lambda one: resolve(one, at, ResolveReason.REAL, "restarted the pool"))
    bench.write(6000.0, OTHER)
    reading = bench.poll().readings[OTHER]
    assert reading.card is not None
    assert reading.card.nearest is not None
    assert (reading.card.nearest.id, reading.card.nearest.resolution) == (
        1,
        "Resolved, it was a real problem: restarted the pool",
    )


def test_a_restart_holds_the_alert_back_and_what_goes_on_opens_with_it_in_the_timeline(bench: Bench) -> None:
    def poll(started: float, value: float) -> Reading:
        bench.prometheus.write("started", "shop", {bench.next_poll: started})
        return fire(bench, value)

    poll(OLD, 40.0)
    restarted = bench.next_poll - 5
    reading = poll(restarted, 5000.0)
    assert reading.verdict is Verdict.ANOMALY, "it is an anomaly all the same"
    assert reading.artefact is not None
    assert reading.artefact.kind is ArtefactKind.RESTART
    assert reading.reasons[0] == (
        "held back: it restarted 5 s ago; what is still wrong in 2 min opens an incident"
    )
    for _ in range(7):
        poll(restarted, 5000.0)
    assert bench.told("incident") == []
    assert poll(restarted, 5000.0).artefact is None
    assert [event["kind"] for event in bench.told("incident")] == ["opened"]
    assert [entry.text for entry in incident(bench).timeline if entry.kind == "artefact"] == [
        "It restarted, 2 min 5 s before."
    ]


def test_a_restart_after_which_all_is_well_opens_nothing(bench: Bench) -> None:
    bench.prometheus.write("started", "shop", {bench.next_poll: OLD})
    bench.healthy(KEY)
    bench.poll()
    restarted = bench.next_poll - 5
    for i in range(12):
        bench.prometheus.write("started", "shop", {bench.next_poll: restarted})
        if i < 4:
            bench.write(5000.0)
        else:
            bench.healthy(KEY)
        bench.poll()
    assert bench.told("incident") == []
    assert [marker.artefact.words for marker in bench.store.markers(0, 2e10)] == ["it restarted"]


def test_a_pair_whose_samples_are_missing_is_stale_since_its_last_one(bench: Bench) -> None:
    last = fire(bench, 40.0).timestamp
    reading = bench.poll().readings[KEY]
    assert reading.artefact is not None
    assert (reading.artefact.kind, reading.artefact.since) == (ArtefactKind.STALE, last)
