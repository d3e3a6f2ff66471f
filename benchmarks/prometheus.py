"""What polls of many services cost a real Prometheus: a query a metric, one a service, recorded metrics."""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from backend.clock import to_rfc3339
from backend.metrics.catalogue import MetricSpec, build_catalogue
from backend.metrics.parts import whole
from backend.metrics.prometheus import PrometheusClient
from backend.settings import PrometheusSettings, Settings
from backend.tests.real import RealPrometheus, find_program
from deploy.demo.stack import ROOT

START = 1_767_225_600
STEP = 15
SCRAPES = 9
AT = float(START + (SCRAPES - 1) * STEP)
METRICS = ("cpu", "lat", "err")
BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
"""Those of Prometheus's client libraries; Micrometer's 70 make a p99 that much dearer."""
ROUNDS = 5
ONE_BY_ONE = 1000
"""Services that are really asked for one at a time; all of them would take minutes."""
RECORDED = {
    "lat": "service:http_server_requests:p99_milliseconds{$part}",
    "err": "service:http_server_requests:error_percent{$part}",
}
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(services: int) -> dict[str, Any]:
    """CPU seconds of Prometheus and of Canopy's client for one poll of METRICS of ``services`` services.

    One query a metric is the mean of ROUNDS polls. One query a service is measured on ONE_BY_ONE services and
    scaled; its cost is linear in them.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = RealPrometheus(Path(folder), flags=["--query.timeout=2m"])
        _say(f"making the past of {services} services")
        server.add_history("\n".join(_history(services)))
        with server:
            _record(server)
        # The recorded series are blocks too: a start takes them in.
        with server:
            return _measure(server, services)


def _measure(server: RealPrometheus, services: int) -> dict[str, Any]:
    plain, recorded = _specs({}), _specs(RECORDED)
    client = PrometheusClient(PrometheusSettings.model_validate({"url": server.url, "timeout": "2m"}))
    each: dict[str, float] = {}
    for metric, spec in plain.items():
        each[metric], _ = _polls(server, client, {metric: spec}, services)
    one_query, client_seconds = _polls(server, client, plain, services)
    by_rule, _ = _polls(server, client, recorded, services)
    client.close()
    measured = min(services, ONE_BY_ONE)
    _say(f"one query a service, {measured} of them")
    one_by_one = _cpu_of(server, lambda: _ask_one_by_one(server, plain, services, measured))
    one_by_one *= services / measured
    return {
        "services": services,
        "metrics": len(plain),
        "rounds": ROUNDS,
        "services_asked_one_by_one": measured,
        "prometheus_cpu_seconds_query_a_service": one_by_one,
        "prometheus_cpu_seconds_query_a_metric": one_query,
        "prometheus_cpu_ratio": one_by_one / one_query,
        "prometheus_cpu_seconds_by_metric": each,
        "prometheus_cpu_seconds_recorded": by_rule,
        "prometheus_cpu_ratio_recorded": one_by_one / by_rule,
        "client_cpu_seconds_query_a_metric": client_seconds,
        "client_cpu_milliseconds_an_answer": 1000 * client_seconds / len(plain),
    }


def _specs(queries: Mapping[str, str]) -> dict[str, MetricSpec]:
    """METRICS of the default preset, some of them with another query."""
    changed = {"metrics": {metric: {"query": query} for metric, query in queries.items()}}
    catalogue = build_catalogue(Settings.model_validate(changed))
    return {metric: catalogue[metric] for metric in METRICS}


def _history(services: int) -> Iterator[str]:
    """A CPU share, a histogram and a count of requests by status for each service, as OpenMetrics."""
    chance = random.Random(0)
    names = [f'service="service-{i}"' for i in range(services)]
    rates = [chance.randint(1, 400) for _ in names]
    times = [(scrape, START + scrape * STEP) for scrape in range(SCRAPES)]
    yield "# TYPE process_cpu_usage gauge"
    for name in names:
        for _, at in times:
            yield f"process_cpu_usage{{{name}}} {chance.random():.4f} {at}"
    # promtool reads lines as they are; a histogram's sum and its order of buckets mean nothing to it.
    yield "# TYPE http_server_requests_seconds_bucket gauge"
    for name, rate in zip(names, rates, strict=True):
        for bucket, le in enumerate(BUCKETS, 1):
            for scrape, at in times:
                count = rate * scrape * bucket // len(BUCKETS)
                yield f'http_server_requests_seconds_bucket{{{name},uri="/",le="{le}"}} {count} {at}'
    yield "# TYPE http_server_requests_seconds_count gauge"
    for name, rate in zip(names, rates, strict=True):
        for status, share in (("200", rate), ("500", rate // 50)):
            for scrape, at in times:
                labels = f'{name},uri="/",status="{status}"'
                yield f"http_server_requests_seconds_count{{{labels}}} {scrape * share} {at}"


def _record(server: RealPrometheus) -> None:
    """What the recording rules would have written at the time that is asked for, made by promtool."""
    _say("evaluating the recording rules")
    window = [f"--start={to_rfc3339(AT - STEP)}", f"--end={to_rfc3339(AT)}", "--eval-interval=15s"]
    command = [find_program("promtool"), "tsdb", "create-blocks-from", "rules", *window]
    rules = str(ROOT / "deploy/prometheus/recording.yml")
    done = subprocess.run(
        [*command, f"--url={server.url}", f"--output-dir={server.directory / 'data'}", rules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _polls(
    server: RealPrometheus, client: PrometheusClient, specs: Mapping[str, MetricSpec], services: int
) -> tuple[float, float]:
    """CPU seconds of Prometheus and of this process for one poll, in the mean of ROUNDS after a first one."""
    _say(f"one query for each of {', '.join(specs)}: {next(iter(specs.values())).query[:40]} ...")

    def polls(rounds: int) -> None:
        for metric, spec in rounds * list(specs.items()):
            answer = client.instant(spec.query, AT)
            assert len(answer.services) == services, f"{metric}: {len(answer.services)} of {services}"

    polls(1)
    before = time.process_time()
    seconds = _cpu_of(server, lambda: polls(ROUNDS))
    return seconds / ROUNDS, (time.process_time() - before) / ROUNDS


def _ask_one_by_one(
    server: RealPrometheus, specs: Mapping[str, MetricSpec], services: int, measured: int
) -> None:
    """The same metrics with a query for each service, over one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    for number in range(0, services, services // measured):
        for spec in specs.values():
            query = spec.template.replace("$part(service)", f'service="service-{number}"')
            assert query != whole(spec.template)
            form = urlencode({"query": query, "time": AT})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/api/v1/query", form, headers)
            answer = connection.getresponse()
            body = answer.read()
            assert b'"value"' in body, body[:200]
    connection.close()


def _cpu_of(server: RealPrometheus, work: Callable[[], object]) -> float:
    """CPU seconds, user and system, that the server's process spends meanwhile."""
    assert server.process is not None
    stat = Path(f"/proc/{server.process.pid}/stat")

    def spent() -> float:
        # After the name, which may hold blanks: fields 14 and 15 of proc(5).
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS

    before = spent()
    work()
    return spent() - before


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
