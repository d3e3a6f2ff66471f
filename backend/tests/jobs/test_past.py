"""The past that could not be fetched or stored at once is there in the end, whatever comes between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs.owed import FILE_NAME
from backend.metrics.prometheus import (
    PrometheusError,
    PrometheusRefused,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import Reading, SeriesKey, State
from backend.tests.jobs.bench import INTERVAL, KEY, PAST, START, Bench, normal

WAIT = SeriesKey("shop", "wait")
WHOLE_PAST = [START + i * INTERVAL for i in range(-PAST, 1)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        for key in (KEY, WAIT):
            past = [START - i * INTERVAL for i in range(1, PAST + 1)]
            bench.prometheus.write(key.metric, key.service, {time: normal(time) for time in past})
            bench.healthy(key, polls=20)
        yield bench


def note(bench: Bench) -> Path:
    return bench.directory / "datasets" / FILE_NAME


def since_start(polls: int) -> list[float]:
    """The past, and as many polls from START on."""
    return WHOLE_PAST + [START + i * INTERVAL for i in range(1, polls)]


@pytest.mark.parametrize("kind", [PrometheusRefused, PrometheusTimeout, PrometheusUnreachable])
@pytest.mark.parametrize("restart", [False, True])
def test_a_training_window_that_failed_at_the_first_start_is_fetched_later(
    bench: Bench, kind: type[PrometheusError], restart: bool
) -> None:
    bench.prometheus.failing = {"range lat": kind("too heavy")}
    assert bench.poll().readings[KEY].value is not None, "the present does not wait for the past"
    health = bench.health("prometheus")
    assert health.state == "degraded"
    assert "the past of lat" in health.detail
    assert "is missing: too heavy" in health.detail
    assert note(bench).exists()
    bench.poll()
    assert bench.stored_times() == [START, START + INTERVAL]
    if restart:
        bench.restart()
    bench.prometheus.failing = {}
    bench.poll()
    assert bench.stored_times() == since_start(3)
    assert bench.stored_times(WAIT) == since_start(3)
    assert bench.health("prometheus").state == "ok"
    assert not note(bench).exists()
    for _ in range(2):  # the training of the other pair may still have run
        bench.settle()
        report = bench.poll()
    bench.settle()
    assert report.readings[KEY].value is not None
    assert KEY in bench.registry.current.models, "it was learned"


def test_a_restart_while_the_past_still_fails_goes_on_owing_it(bench: Bench) -> None:
    bench.prometheus.failing = {"range lat": PrometheusRefused("too heavy")}
    bench.poll()
    bench.restart()
    bench.prometheus.failing["lat"] = PrometheusRefused("busy")
    bench.poll()
    assert "the past of lat is missing" in bench.health("prometheus").detail
    bench.restart()
    bench.prometheus.failing = {}
    bench.poll()
    assert bench.stored_times() == since_start(3)


def test_a_kill_between_the_live_reading_and_the_end_of_its_poll_forgets_no_debt(bench: Bench) -> None:
    bench.prometheus.failing = {"range lat": PrometheusRefused("too heavy")}
    bench.backfill.catch_up([KEY], START)
    bench.history.append([Reading(KEY, START, normal(START), State.NO_MODEL)], "live")
    bench.restart()  # `kept`, the poll's last word, was never said
    bench.prometheus.failing = {}
    bench.next_poll += INTERVAL
    bench.poll()
    assert bench.stored_times() == since_start(2)


def test_one_past_that_hangs_neither_delays_the_poll_twice_nor_hides_the_others_for_good(
    bench: Bench,
) -> None:
    bench.prometheus.failing = {"range lat": PrometheusTimeout("too slow")}
    bench.prometheus.asked.clear()
    bench.poll()
    assert bench.prometheus.asked.count("range lat") == 1
    bench.poll()
    bench.poll()
    assert bench.stored_times(WAIT) == since_start(3)
    assert bench.stored_times() == [START, START + INTERVAL, START + 2 * INTERVAL]


def test_what_is_owed_is_written_only_when_it_changes(bench: Bench) -> None:
    bench.prometheus.failing = {"range lat": PrometheusRefused("too heavy")}
    bench.poll()
    before = note(bench).stat().st_ino
    bench.poll()
    assert note(bench).stat().st_ino == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b'{"lat": 7}', b'{"lat": "soon"}', b"\xff"])
def test_a_note_that_cannot_be_read_owes_the_whole_window(bench: Bench, content: bytes) -> None:
    bench.prometheus.failing = {"range lat": PrometheusRefused("too heavy")}
    bench.poll()
    note(bench).write_bytes(content)
    bench.restart()
    bench.prometheus.failing = {}
    bench.poll()
    assert bench.stored_times() == since_start(2)
    assert not note(bench).exists()


@pytest.mark.parametrize("restart", [False, True])
def test_readings_that_the_disk_refused_are_filled_in_once_it_works(bench: Bench, restart: bool) -> None:
    bench.poll()
    bench.history.flush()
    path = bench.directory / "datasets" / "shop" / "history" / "lat.csv"
    aside = path.rename(path.with_name("aside"))
    path.mkdir()
    for _ in range(3):
        bench.prometheus.asked.clear()
        bench.poll()
        bench.history.flush()
    assert "range lat" not in bench.prometheus.asked, "what cannot be stored is not fetched at each poll"
    assert "the past of lat is missing" in bench.health("prometheus").detail
    assert bench.stored_times(WAIT) == since_start(4)
    path.rmdir()
    aside.rename(path)
    if restart:
        bench.restart()
    bench.poll()
    bench.poll()
    assert bench.stored_times() == since_start(6)
    assert bench.health("prometheus").state == "ok"
    assert bench.health("datasets").state == "ok"


def test_a_pair_that_cannot_be_stored_at_the_start_does_not_stop_the_poll(bench: Bench) -> None:
    path = bench.directory / "datasets" / "shop" / "history" / "lat.csv"
    path.mkdir(parents=True)
    bench.restart()
    assert bench.poll().readings[WAIT].value is not None
    assert str(path) in bench.health("prometheus").detail
    path.rmdir()
    bench.poll()
    bench.poll()
    assert bench.stored_times() == since_start(3)


def test_a_clock_that_was_hours_ahead_leaves_no_hole(bench: Bench) -> None:
    bench.poll()
    ahead = START + 3 * 3600
    for i in range(2):
        bench.prometheus.write("lat", "shop", {ahead + i * INTERVAL: 40.0})
        bench.poll(ahead + i * INTERVAL)
    for i in range(3, 6):
        bench.poll(START + i * INTERVAL)
    assert bench.stored_times() == [*since_start(6), ahead, ahead + INTERVAL]
