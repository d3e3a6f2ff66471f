"""What is too much for one query is asked in parts, by a real Prometheus that allows few samples."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import parse_qs

import orjson
import pytest

from backend.jobs.asking import Questions
from backend.jobs.splitting import WHOLE_AFTER
from backend.metrics.catalogue import MetricSpec, build_catalogue
from backend.metrics.prometheus import PrometheusClient
from backend.metrics.readings import SeriesKey
from backend.settings import Settings
from backend.tests.fault_proxy import Fault, FaultProxy
from backend.tests.metrics.conftest import client_for
from backend.tests.real import RealPrometheus

pytestmark = pytest.mark.real

START = 1767225600
COUNT = 100
SERVICES = [*(f"service-{i}" for i in range(38)), 'a/b\\c"d{e}\nzürich 店', "service-"]
END = float(START + COUNT - 1)
ALLOWED = 1500
"""Samples a query; all services have 4,000 in the window."""
OVER_TIME = f"max by ($service_label) (max_over_time(load{{%s}}[5m:1s] @ {END}))"
GIVEN_UP = orjson.dumps({"status": "error", "errorType": "timeout", "error": "query timed out"})


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    server = RealPrometheus(tmp_path_factory.mktemp("prometheus"), flags=[f"--query.max-samples={ALLOWED}"])
    lines = ["# TYPE load gauge"]
    for number, service in enumerate(SERVICES):
        name = service.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines += [f'load{{service="{name}"}} {number} {START + i}' for i in range(COUNT)]
    server.add_history("\n".join(lines))
    with server:
        yield server


@pytest.fixture
def proxy(prometheus: RealPrometheus) -> Iterator[FaultProxy]:
    with FaultProxy(prometheus.url) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[PrometheusClient]:
    client = client_for(proxy.url)
    yield client
    client.close()


def catalogue(matcher: str = "$part") -> dict[str, MetricSpec]:
    own = {"load": {"unit": "tasks", "query": OVER_TIME % matcher}}
    return build_catalogue(Settings.model_validate({"preset": "none", "metrics": own}))


def asked(proxy: FaultProxy) -> list[str]:
    """The instant queries since the last call."""
    queries = [
        parse_qs(seen.body.decode())["query"][0] for seen in proxy.seen if seen.path.endswith("/query")
    ]
    proxy.seen.clear()
    return queries


def test_too_many_samples_are_asked_for_in_parts_in_the_same_poll(
    client: PrometheusClient, proxy: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    questions = Questions(catalogue(), client)
    with caplog.at_level(logging.INFO):
        answers = questions.ask(END)
    assert answers.values == {SeriesKey(name, "load"): float(i) for i, name in enumerate(SERVICES)}
    assert (answers.failed, answers.rejected, answers.warnings) == ({}, {}, [])
    assert "load is asked in 4 parts" in caplog.text
    # Whole, the first of two parts, and four.
    assert len(asked(proxy)) == 1 + 1 + 4
    assert questions.ask(END + 15).values == answers.values
    assert len(asked(proxy)) == 4, "it is remembered"


def test_it_is_tried_whole_again_after_a_time(client: PrometheusClient, proxy: FaultProxy) -> None:
    questions = Questions(catalogue(), client)
    first = questions.ask(END)
    asked(proxy)
    later = END + WHOLE_AFTER
    assert questions.ask(later).failed == {}
    whole, *parts = asked(proxy)
    assert whole == catalogue()["load"].query
    assert len(parts) == 4, "still too much: at once in the parts that are known"
    assert questions.ask(later + 15).failed == {}
    assert len(asked(proxy)) == 4
    proxy.fault = Fault.REPLACED
    proxy.replacement = orjson.dumps({"status": "success", "data": {"resultType": "vector", "result": []}})
    for wait in (WHOLE_AFTER, WHOLE_AFTER + 15):
        questions.ask(later + wait)
        assert asked(proxy) == [catalogue()["load"].query], "it answers whole: parts are forgotten"
    assert first.values


def test_a_query_without_a_place_says_that_it_cannot_be_divided(
    client: PrometheusClient, proxy: FaultProxy
) -> None:
    answers = Questions(catalogue(""), client).ask(END)
    assert answers.values == {}
    assert "too many samples" in answers.failed["load"]
    assert "query has no $part, so it cannot be asked in parts" in answers.failed["load"]
    assert len(asked(proxy)) == 1


def test_services_that_a_label_does_not_tell_apart_cannot_be_divided(client: PrometheusClient) -> None:
    answers = Questions(catalogue("$part(pod)"), client).ask(END)
    assert "cannot be asked in parts: Prometheus knows no two values of pod" in answers.failed["load"]


def test_a_query_that_is_given_up_is_asked_in_parts_by_the_next_poll(
    client: PrometheusClient, proxy: FaultProxy
) -> None:
    questions = Questions(catalogue(), client)
    proxy.fault, proxy.replacement = Fault.REPLACED, GIVEN_UP
    proxy.only = b"query="
    answers = questions.ask(END)
    assert "query timed out" in answers.failed["load"]
    assert "the next poll asks in 2 parts" in answers.failed["load"]
    assert len(asked(proxy)) == 1
    assert "the next poll asks in 4 parts" in questions.ask(END + 15).failed["load"]
    proxy.fault = Fault.PASS
    assert len(questions.ask(END + 30).values) == len(SERVICES)
    asked(proxy)
    # Tried whole again, it is given up again: the poll has its values all the same.
    proxy.fault, proxy.only = Fault.REPLACED, b"load%5B"
    assert len(questions.ask(END + 15 + WHOLE_AFTER).values) == len(SERVICES)
    assert len(asked(proxy)) == 1 + 4


def test_parts_have_an_end(prometheus: RealPrometheus) -> None:
    client = client_for(prometheus.url)
    heavy = {"load": {"unit": "tasks", "query": OVER_TIME.replace("1s", "10ms") % "$part"}}
    specs = build_catalogue(Settings.model_validate({"preset": "none", "metrics": heavy}))
    failed = Questions(specs, client).ask(END).failed["load"]
    client.close()
    assert "too many samples" in failed
    assert "parts, and cannot be in more" in failed


def test_silence_is_no_reason_to_ask_more(client: PrometheusClient, proxy: FaultProxy) -> None:
    impatient = client_for(proxy.url, timeout="300ms")
    questions = Questions(catalogue(), impatient)
    proxy.fault = Fault.HANG
    for poll in range(3):
        questions.ask(END + 15 * poll)
    assert len(asked(proxy)) == 3
    impatient.close()
