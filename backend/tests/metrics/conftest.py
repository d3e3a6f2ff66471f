"""A real Prometheus with a known history, shared by the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.metrics.prometheus import PrometheusClient
from backend.settings import PrometheusSettings
from backend.tests.fault_proxy import FaultProxy
from backend.tests.real import RealPrometheus

START = 1767225600  # 2026-01-01T00:00:00Z
STEP = 15
COUNT = 2000
ODD_SERVICE = 'a/b\\c"d{e}\nzürich 店'
LONG_SERVICE = "x" * 300


def openmetrics() -> str:
    """`load` counts up for three services; `holes` is NaN, +Inf and -Inf at times.

    Canopy's own series name a service that nothing else does.
    """
    lines = ["# TYPE load gauge"]
    for service in ("shop", ODD_SERVICE, LONG_SERVICE):
        escaped = service.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines += [f'load{{service="{escaped}"}} {i} {START + i * STEP}' for i in range(COUNT)]
    lines += ["# TYPE canopy_incidents gauge", f'canopy_incidents{{service="long-gone"}} 1 {START}']
    lines += ["# TYPE nameless gauge", f'nameless{{pod="p"}} 1 {START}']
    lines += ["# TYPE twice gauge"]
    lines += [f'twice{{service="shop",pod="{pod}"}} {pod} {START}' for pod in (1, 2)]
    lines += [f'twice{{service="alone",pod="1"}} 7 {START}']
    lines += ["# TYPE holes gauge"]
    lines += [f'holes{{service="shop"}} {v} {START + i * STEP}' for i, v in enumerate(HOLES)]
    return "\n".join(lines)


HOLES = ("1", "NaN", "3", "+Inf", "5", "-Inf", "7")


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """Answers the series of ``openmetrics`` from START on; allows 2,500 samples a query."""
    server = RealPrometheus(tmp_path_factory.mktemp("prometheus"), flags=["--query.max-samples=2500"])
    server.add_history(openmetrics())
    with server:
        yield server


@pytest.fixture
def proxy(prometheus: RealPrometheus) -> Iterator[FaultProxy]:
    with FaultProxy(prometheus.url) as proxy:
        yield proxy


def client_for(url: str, **settings: Any) -> PrometheusClient:
    return PrometheusClient(PrometheusSettings.model_validate({"url": url, "timeout": "5s"} | settings))


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[PrometheusClient]:
    client = client_for(proxy.url)
    yield client
    client.close()
