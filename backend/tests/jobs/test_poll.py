"""A poll: what each pair ends as, what is kept of it, and what Prometheus's troubles do to the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.metrics.prometheus import (
    PrometheusError,
    PrometheusRefused,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import SeriesKey, Severity, State, Verdict
from backend.tests.jobs.bench import INTERVAL, KEY, PAST, START, Bench, normal

WAIT = SeriesKey("shop", "wait")
OTHER = SeriesKey("till", "lat")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


def test_the_past_is_fetched_learned_and_judged_from_the_first_poll_on(bench: Bench) -> None:
    bench.learn(KEY)
    assert bench.stored_times() == [START - i * INTERVAL for i in range(PAST, -1, -1)]
    bench.healthy(KEY)
    reading = bench.poll().readings[KEY]
    assert (reading.state, reading.verdict, reading.severity) == (
        State.SCORED,
        Verdict.NORMAL,
        Severity.NORMAL,
    )
    bench.write(5000.0)
    reading = bench.poll().readings[KEY]
    assert (reading.verdict, reading.severity) == (Verdict.ANOMALY, Severity.CRITICAL)
    assert reading.reasons


def test_the_gap_of_a_downtime_is_filled_from_prometheus(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY, polls=20)
    bench.next_poll += 19 * INTERVAL
    bench.restart()
    assert bench.poll().readings[KEY].state is State.SCORED
    times = bench.stored_times()
    assert times == [times[0] + i * INTERVAL for i in range(len(times))]
    assert times[-1] == START + 20 * INTERVAL


def test_a_gap_is_filled_later_if_prometheus_cannot_tell_the_past_now(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY, polls=10)
    bench.next_poll += 5 * INTERVAL
    bench.prometheus.failing = {"range lat": PrometheusTimeout("too slow")}
    assert bench.poll().readings[KEY].state is State.SCORED, "the present does not wait for the past"
    bench.prometheus.failing = {}
    bench.poll()
    times = bench.stored_times()
    assert times == [START + i * INTERVAL for i in range(-PAST, 8)]


def test_a_metric_that_fails_does_not_stop_the_others(bench: Bench) -> None:
    bench.learn(KEY, WAIT)
    bench.healthy(KEY)
    bench.healthy(WAIT)
    bench.prometheus.failing = {"lat": PrometheusRefused("parse error")}
    report = bench.poll()
    assert report.readings[WAIT].state is State.SCORED
    failed = report.readings[KEY]
    assert (failed.state, failed.verdict, failed.value) == (State.FAILED, Verdict.UNKNOWN, None)
    assert failed.reasons == ("parse error",)
    assert (bench.health("prometheus").state, bench.health("prometheus").detail) == (
        "degraded",
        "lat: parse error",
    )


@pytest.mark.parametrize("kind", [PrometheusUnreachable, PrometheusTimeout])
def test_a_prometheus_that_is_silent_is_asked_once_a_poll(bench: Bench, kind: type[PrometheusError]) -> None:
    bench.learn(KEY, WAIT)
    bench.prometheus.failing = {"": kind("no answer")}
    bench.prometheus.asked.clear()
    report = bench.poll()
    assert len(bench.prometheus.asked) == 1, "each further query would wait as long"
    assert {reading.state for reading in report.readings.values()} == {State.FAILED}
    assert report.services == ("shop",), "what is known stays on the screen"
    assert bench.health("prometheus").state == "down"
    before = bench.stored_times()
    bench.prometheus.failing = {}
    bench.prometheus.write(
        "lat", "shop", {t: normal(t) for t in (bench.next_poll - INTERVAL, bench.next_poll)}
    )
    assert bench.poll().readings[KEY].state is State.SCORED
    assert bench.health("prometheus").state == "ok"
    assert bench.stored_times() == [*before, before[-1] + INTERVAL, before[-1] + 2 * INTERVAL]


def test_silence_in_the_middle_of_a_poll_keeps_what_was_answered(bench: Bench) -> None:
    bench.learn(KEY, WAIT)
    bench.healthy(KEY)
    bench.prometheus.failing = {"wait": PrometheusTimeout("too slow")}
    report = bench.poll()
    assert report.readings[KEY].state is State.SCORED
    assert report.readings[WAIT].state is State.FAILED


def test_a_partial_answer_is_used_and_told(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY)
    bench.prometheus.warnings = ("one store is missing",)
    assert bench.poll().readings[KEY].state is State.SCORED
    assert bench.health("prometheus").state == "degraded"
    assert "one store is missing" in bench.health("prometheus").detail
    bench.prometheus.warnings = ()
    bench.healthy(KEY)
    bench.poll()
    assert bench.health("prometheus").state == "ok"


def test_no_service_at_all_names_the_labels_there_are(bench: Bench) -> None:
    bench.poll()
    detail = bench.health("prometheus").detail
    assert "job, instance" in detail
    assert "prometheus.service_label" in detail


def test_a_pair_vanishes_and_comes_back(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    bench.healthy(OTHER)
    gone = bench.poll().readings[KEY]
    assert (gone.state, gone.verdict, gone.value) == (State.STALE, Verdict.UNKNOWN, None)
    assert "2026-01-01T00:00:00Z" in gone.reasons[0], "since when"
    bench.healthy(KEY)
    bench.healthy(OTHER)
    assert bench.poll().readings[KEY].state is State.SCORED
    assert bench.stored_times() == [START + i * INTERVAL for i in (*range(-PAST, 1), 2)]


def test_what_is_no_number_is_neither_stored_nor_judged(bench: Bench) -> None:
    bench.learn(KEY)
    before = bench.stored_times()
    for value in (math.nan, math.inf, -math.inf):
        bench.write(value)
        reading = bench.poll().readings[KEY]
        assert (reading.state, reading.verdict) == (State.STALE, Verdict.UNKNOWN)
        assert "no value" in reading.reasons[0]
    assert bench.stored_times() == before


def test_a_clock_that_jumps_back_doubles_nothing(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY, polls=10)
    for _ in range(5):
        bench.poll()
    before = bench.stored_times()
    bench.poll(at=START + 2 * INTERVAL)
    assert bench.stored_times() == before
    for _ in range(6):
        bench.poll()
    assert bench.stored_times() == [START + i * INTERVAL for i in range(-PAST, 9)]
    assert bench.store.latest([KEY]) == {}


def test_the_same_poll_twice_stores_once(bench: Bench) -> None:
    bench.learn(KEY)
    bench.write(5000.0)
    at = bench.next_poll
    report = bench.poll(at)
    bench.prometheus.asked.clear()
    assert bench.poll(at) is report
    assert bench.prometheus.asked == [], "the reading is known: nobody is asked, nothing is judged again"
    assert bench.stored_times().count(at) == 1
    assert bench.told("incident")[0]["kind"] == "opened"
    found = bench.store.get(1)
    assert found is not None
    assert found.reading_count == 1


def test_a_poll_that_missed_a_metric_is_tried_again_at_the_same_time(bench: Bench) -> None:
    bench.learn(KEY)
    bench.healthy(KEY)
    at = bench.next_poll
    bench.prometheus.failing = {"lat": PrometheusRefused("busy")}
    assert bench.poll(at).readings[KEY].state is State.FAILED
    bench.prometheus.failing = {}
    assert bench.poll(at).readings[KEY].state is State.SCORED
    assert bench.stored_times()[-1] == at


def test_a_dataset_that_cannot_be_written_is_told_and_the_rest_goes_on(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    path = bench.directory / "datasets" / "shop" / "history" / "lat.csv"
    path.unlink()
    path.mkdir()
    for _ in range(2):
        bench.healthy(KEY)
        bench.healthy(OTHER)
        report = bench.poll()
        bench.history.flush()
    assert report.readings[OTHER].state is State.SCORED
    assert bench.health("datasets").state == "degraded"
    assert str(path) in bench.health("datasets").detail
    path.rmdir()
    bench.healthy(KEY)
    bench.healthy(OTHER)
    bench.poll()
    assert bench.health("datasets").state == "ok"
    assert len(bench.stored_times(OTHER)) == PAST + 4


def test_datasets_that_cannot_be_written_at_all_are_down(bench: Bench) -> None:
    bench.learn(KEY)
    path = bench.directory / "datasets" / "shop" / "history" / "lat.csv"
    path.unlink()
    path.mkdir()
    for _ in range(2):
        bench.healthy(KEY)
        bench.poll()
        bench.history.flush()
    assert bench.health("datasets").state == "down"
    assert "1 of 1 pairs cannot be written" in bench.health("datasets").detail


def test_values_of_any_size_are_learned_and_explained(bench: Bench) -> None:
    times = [bench.next_poll - i * INTERVAL for i in range(1, PAST + 1)]
    bench.prometheus.write("lat", KEY.service, {time: (-1) ** i * 1.7e308 for i, time in enumerate(times)})
    bench.write(40.0)
    bench.poll()
    job = bench.settle()
    assert job is not None
    assert job.state == "done"
    for value in (1.7e308, -1.7e308, 0.0, 5e-324):
        bench.write(value)
        assert bench.poll().readings[KEY].state is State.SCORED
