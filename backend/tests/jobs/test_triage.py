"""Incidents and their log lines, also while a store does not work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.incidents.acts import resolve
from backend.incidents.queries import IncidentQuery
from backend.logs.correlation import CorrelatedLine
from backend.logs.line import parse_line
from backend.logs.store import LogStoreError
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict
from backend.tests.jobs.bench import GROWN, INTERVAL, KEY, Bench

OTHER = SeriesKey("shop", "wait")

LINE = CorrelatedLine(
    line=parse_line(b'{"message": "pool exhausted", "level": "ERROR"}', "shop", 0.0),
    count=1,
    explains=True,
    reason="new",
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        bench.learn(KEY, OTHER)
        yield bench


def fire(bench: Bench) -> None:
    bench.write(5000.0)
    bench.poll()


def carried(bench: Bench) -> list[str]:
    incident = bench.store.get(1)
    assert incident is not None
    return [line.line.message for line in incident.logs]


def test_an_incident_carries_its_lines_from_the_moment_it_opens(bench: Bench) -> None:
    asked: list[tuple[str, float]] = []

    def explain(service: str, event_ts: float) -> list[CorrelatedLine]:
        asked.append((service, event_ts))
        return [LINE]

    bench.explain = explain
    at = bench.next_poll
    fire(bench)
    assert asked[0] == ("shop", at)
    assert carried(bench) == ["pool exhausted"]


def test_lines_written_after_the_event_are_added_until_their_window_is_over(bench: Bench) -> None:
    fire(bench)
    assert carried(bench) == []
    bench.explain = lambda service, event_ts: [LINE]
    fire(bench)
    assert carried(bench) == ["pool exhausted"]
    for _ in range(10):
        fire(bench)
    bench.explain = lambda service, event_ts: pytest.fail("the window is long over")
    fire(bench)


def test_a_restart_goes_on_looking_for_lines(bench: Bench) -> None:
    fire(bench)
    bench.restart()
    bench.explain = lambda service, event_ts: [LINE]
    fire(bench)
    assert carried(bench) == ["pool exhausted"]


def test_log_files_are_read_once_a_poll_and_only_where_lines_are_needed(bench: Bench) -> None:
    read: list[float] = []
    bench.read_new_lines = lambda: read.append(bench.clock.time)
    bench.healthy(KEY)
    bench.poll()
    assert read == [], "nothing to explain"
    bench.write(5000.0)
    bench.write(5000.0, OTHER)
    bench.poll()
    assert [event["kind"] for event in bench.told("incident")] == ["opened", "opened"]
    assert len(read) == 1
    bench.write(5000.0)
    bench.write(5000.0, OTHER)
    bench.poll()
    assert len(read) == 2


def test_the_timeline_says_after_what_pause_it_fires_again(bench: Bench) -> None:
    fire(bench)
    bench.healthy(KEY, polls=8)
    for _ in range(8):
        bench.poll()
    fire(bench)
    for _ in range(8):
        bench.poll()
    fire(bench)
    incident = bench.store.get(1)
    assert incident is not None
    told = [entry.text.partition(":")[0] for entry in incident.timeline if entry.kind == "attached"]
    # The first healthy reading is no quiet one: such a fall is strange too.
    assert told == ["Firing again after 1 min 45 s of quiet", "Firing again after 2 min 15 s without data"]


def test_a_clock_that_was_ahead_does_not_silence_a_pair(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        bench.learn(KEY, past=GROWN)
        _put_the_clock_ahead(bench)


def _put_the_clock_ahead(bench: Bench) -> None:
    bench.write(5000.0)
    right = bench.next_poll
    bench.next_poll += 30 * 86_400
    fire(bench)
    bench.store.change(1, lambda incident: resolve(incident, bench.clock.time))
    bench.restart()
    bench.poll(right)
    assert [event["kind"] for event in bench.told("incident")] == ["opened", "opened"]


def test_without_its_log_store_an_incident_opens_all_the_same(bench: Bench) -> None:
    def broken(service: str, event_ts: float) -> list[CorrelatedLine]:
        raise LogStoreError("logs.db: the disk is full")

    bench.explain = broken
    fire(bench)
    assert [event["kind"] for event in bench.told("incident")] == ["opened"]
    assert (bench.health("logs").state, bench.health("logs").detail) == ("down", "logs.db: the disk is full")


def test_an_incident_that_could_not_be_kept_opens_once_the_store_works(bench: Bench) -> None:
    bench.store.close()
    fire(bench)
    assert bench.told("incident") == []
    assert bench.health("incidents").state == "down"
    assert bench.stored_times()[-1] == bench.next_poll - INTERVAL, "the reading is kept all the same"
    bench.restart()
    fire(bench)
    assert [event["kind"] for event in bench.told("incident")] == ["opened"]
    assert bench.health("incidents").state == "ok"


def test_a_storm_of_incidents_is_told_as_a_few_and_a_number(tmp_path: Path) -> None:
    with Bench(tmp_path) as bench:
        at = bench.next_poll
        bench.triage.handle([critical(SeriesKey(f"shop-{n}", KEY.metric), at) for n in range(130)], at)
        *told, more = bench.told("incident")
        assert [event["service"] for event in told] == [f"shop-{n}" for n in range(50)]
        assert more == {"kind": "more", "changed": 80}
        assert bench.store.list(IncidentQuery()).total == 130


def critical(key: SeriesKey, at: float) -> Reading:
    return Reading(key, at, 5000.0, State.SCORED, Severity.CRITICAL, Verdict.ANOMALY, score=0.99)
