"""What stays on the screen, and what goes, when Prometheus or the services are away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs.roster import FORGET_AFTER
from backend.metrics.prometheus import (
    PrometheusError,
    PrometheusGarbled,
    PrometheusGaveUp,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import SeriesKey, State
from backend.tests.jobs.bench import INTERVAL, KEY, START, Bench

WAIT = SeriesKey("shop", "wait")
OTHER = SeriesKey("till", "lat")
HOUR = int(FORGET_AFTER / INTERVAL)
"""Polls after which what does not answer is forgotten."""
SILENCE = PrometheusUnreachable("no answer")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as bench:
        yield bench


def test_an_outage_of_hours_makes_nothing_disappear(bench: Bench) -> None:
    bench.learn(KEY)
    bench.prometheus.failing = {"": SILENCE}
    for _ in range(HOUR + 10):
        report = bench.poll()
    assert report.services == ("shop",)
    assert report.readings[KEY].state is State.FAILED
    bench.prometheus.failing = {}
    assert bench.poll().readings[KEY].state is State.STALE, "a rate needs two scrapes after a restart"
    bench.healthy(KEY)
    assert bench.poll().readings[KEY].value is not None


def test_a_restart_in_a_long_outage_shows_what_was_known(bench: Bench) -> None:
    bench.learn(KEY)
    bench.prometheus.failing = {"": SILENCE}
    bench.next_poll = START + 0.9 * bench.settings.training.window
    bench.next_poll -= bench.next_poll % INTERVAL
    bench.restart()
    report = bench.poll()
    assert report.services == ("shop",)
    assert report.readings[KEY].state is State.FAILED


def test_a_restart_does_not_bring_back_what_ended_before_the_training_window(bench: Bench) -> None:
    bench.learn(KEY)
    bench.next_poll += bench.settings.training.window + INTERVAL
    bench.restart()
    report = bench.poll()
    assert (report.services, dict(report.readings)) == ((), {}), "though Prometheus lists its name still"


def test_a_machine_that_slept_has_not_watched_meanwhile(bench: Bench) -> None:
    bench.learn(KEY)
    bench.next_poll += 2 * FORGET_AFTER
    assert bench.poll().readings[KEY].state is State.STALE


def test_a_service_that_is_gone_for_long_is_forgotten_and_known_again(bench: Bench) -> None:
    bench.learn(KEY, OTHER)
    bench.healthy(OTHER, polls=HOUR + 2)
    for _ in range(HOUR - 1):
        report = bench.poll()
    assert KEY in report.readings, "just not long enough"
    report = bench.poll()
    assert report.services == ("till",), "though Prometheus lists its name still"
    assert set(report.readings) == {OTHER}
    assert KEY in bench.registry.current.models, "its model waits for it"
    bench.healthy(KEY)
    report = bench.poll()
    assert report.services == ("shop", "till")
    assert report.readings[KEY].state is State.SCORED


def test_a_service_that_never_had_a_reading_is_listed_as_long_as_prometheus_lists_it(bench: Bench) -> None:
    bench.learn(KEY)
    bench.prometheus.write("unrelated", "idle", {START: 1.0})
    bench.healthy(KEY, polls=HOUR + 20)
    for _ in range(HOUR + 10):
        report = bench.poll()
    assert report.services == ("idle", "shop")
    del bench.prometheus.series["unrelated", "idle"]
    for _ in range(5):
        report = bench.poll()
    assert report.services == ("shop",)


def test_the_names_are_asked_for_once_a_minute(bench: Bench) -> None:
    bench.healthy(KEY, polls=12)
    for _ in range(12):
        bench.poll()
    assert bench.prometheus.asked.count("services") == 12 * INTERVAL / 60
    bench.poll(START)
    assert bench.prometheus.asked.count("services") == 12 * INTERVAL / 60 + 1, "a clock that jumped back"


@pytest.mark.parametrize(
    "error", [PrometheusGarbled("HTML"), PrometheusTimeout("HTML")], ids=["said", "silent"]
)
def test_names_that_cannot_be_listed_cost_no_reading(bench: Bench, error: PrometheusError) -> None:
    bench.prometheus.failing = {"services": error}
    bench.learn(KEY)
    bench.healthy(KEY, polls=6)
    report = bench.poll()
    assert report.readings[KEY].state is State.SCORED
    assert report.services == ("shop",), "the answers name it"
    health = bench.health("prometheus")
    assert (health.state, health.detail) == ("degraded", "the services cannot be listed: HTML")
    bench.prometheus.failing = {}
    for _ in range(4):
        bench.poll()
    assert bench.health("prometheus").state == "ok"


@pytest.mark.parametrize("hanging", ["lat", "wait"])
def test_a_query_that_hangs_does_not_blind_the_others_for_good(bench: Bench, hanging: str) -> None:
    bench.learn(KEY, WAIT)
    good = WAIT if hanging == "lat" else KEY
    bench.prometheus.failing = {hanging: PrometheusTimeout("too slow")}
    bench.healthy(good, polls=10)
    bench.poll()
    for _ in range(5):
        report = bench.poll()
        assert report.readings[good].state is State.SCORED
        assert report.readings[SeriesKey("shop", hanging)].state is State.FAILED
    assert bench.health("prometheus").state == "degraded"


def test_a_query_that_prometheus_gives_up_is_the_failure_of_its_metric_alone(bench: Bench) -> None:
    bench.learn(KEY, WAIT)
    bench.healthy(WAIT)
    bench.prometheus.failing = {"lat": PrometheusGaveUp("timed out")}
    report = bench.poll()
    assert report.readings[WAIT].state is State.SCORED
    (reason,) = report.readings[KEY].reasons
    assert reason == "timed out; the metric's query has no $part, so it cannot be asked in parts"
    assert bench.health("prometheus").detail == f"lat: {reason}"


def test_a_metric_that_answered_with_nothing_has_answered(bench: Bench) -> None:
    bench.learn(KEY, WAIT)
    bench.prometheus.failing = {"wait": PrometheusTimeout("too slow")}
    report = bench.poll()
    assert report.readings[KEY].state is State.STALE
    assert report.readings[WAIT].state is State.FAILED
    assert bench.health("prometheus").state == "degraded", "not down: it has answered"


@pytest.mark.parametrize("rejected", [False, True])
def test_a_prometheus_without_any_sample_is_not_called_well(bench: Bench, rejected: bool) -> None:
    bench.learn(KEY)
    if rejected:
        bench.write(math.nan)
    bench.poll()
    health = bench.health("prometheus")
    assert health.state == "degraded"
    assert "no usable sample" in health.detail
    bench.healthy(KEY)
    bench.poll()
    assert bench.health("prometheus").state == "ok"
