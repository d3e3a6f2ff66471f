"""Incidents and their log lines, also while a store does not work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.logs.correlation import CorrelatedLine
from backend.logs.line import parse_line
from backend.logs.store import LogStoreError
from backend.tests.jobs.bench import INTERVAL, KEY, Bench

LINE = CorrelatedLine(
    line=parse_line(b'{"message": "pool exhausted", "level": "ERROR"}', "shop", 0.0),
    count=1,
    explains=True,
    reason="new",
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        bench.learn(KEY)
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
