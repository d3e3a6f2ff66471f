"""The artefact queries against a real Prometheus that scrapes services which restart, change and lag."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.clock import SystemClock
from backend.incidents.store import IncidentStore
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.metrics.catalogue import artefact_queries
from backend.metrics.presets import ARTEFACTS
from backend.metrics.prometheus import PrometheusClient
from backend.settings import PresetName, PrometheusSettings, Settings
from backend.tests.exposition import FakeExposition
from backend.tests.real import RealPrometheus, wait_until

pytestmark = pytest.mark.real

HOUR = 3600.0


def spring(started: float, version: str = "1.4.2", clock_ahead: float = 0.0, served: int = 1000) -> str:
    """What a Spring Boot service says of itself ``now``, on a clock that is ahead by so many seconds."""
    up_for = time.time() + clock_ahead - started
    return "\n".join(
        [
            f"process_start_time_seconds {started}",
            f"process_uptime_seconds {up_for}",
            f'application_info{{version="{version}"}} 1',
            f'http_server_requests_seconds_count{{uri="/pay",status="200"}} {served}',
        ]
    )


NODE = """
node_boot_time_seconds 1.7e9
node_time_seconds {now}
node_uname_info{{release="6.1.0"}} 1
node_context_switches_total 5
"""
CONTAINERS = """
container_start_time_seconds{namespace="shop",container="pay",pod="p1"} 1.7e9
kube_pod_container_info{namespace="shop",container="pay",pod="p1",image="pay:7"} 1
kube_pod_container_status_running{namespace="shop",container="pay",pod="p1"} 1
container_cpu_usage_seconds_total{namespace="shop",container="pay",pod="p1"} 5
"""


@pytest.fixture
def service() -> Iterator[FakeExposition]:
    with FakeExposition(spring(time.time() - HOUR)) as target:
        yield target


@pytest.fixture
def prometheus(tmp_path: Path, service: FakeExposition) -> Iterator[RealPrometheus]:
    server = RealPrometheus(tmp_path)
    server.add_target("pay", service.address, {"service": "pay"})
    with FakeExposition(NODE.format(now=time.time())) as node, FakeExposition(CONTAINERS) as cluster:
        server.add_target("node", node.address, {"instance": "host-1"})
        server.add_target("cluster", cluster.address)
        with server:
            server.wait_for('process_start_time_seconds{service="pay"}')
            server.wait_for("node_boot_time_seconds")
            server.wait_for("container_start_time_seconds")
            yield server


@pytest.fixture
def client(prometheus: RealPrometheus) -> Iterator[PrometheusClient]:
    client = PrometheusClient(PrometheusSettings(url=prometheus.url))
    yield client
    client.close()


def scraped(service: FakeExposition, text: str) -> float:
    """Serve ``text``, wait until it was scraped, and say what time it is."""
    service.text = text
    before = service.scrapes
    wait_until(lambda: service.scrapes >= before + 2, "the new text was scraped")
    time.sleep(0.3)  # what was scraped is stored a moment later
    return time.time()


def test_a_service_that_restarts_is_deployed_lags_and_goes_is_told_in_words(
    client: PrometheusClient, service: FakeExposition, tmp_path: Path
) -> None:
    store = IncidentStore(tmp_path / "canopy.db")
    health = HealthBoard(SystemClock(), lambda kind, event: None)
    watch = ArtefactWatch(
        queries=artefact_queries(Settings()), settle=0.5, prometheus=client, store=store, health=health
    )

    def told(at: float) -> list[str]:
        watch.look(at, ["pay"])
        return [marker.artefact.words for marker in store.markers(0, 2e10, "pay")]

    begun = time.time()
    assert told(begun) == []
    restarted = time.time() - 0.5
    at = scraped(service, spring(restarted, served=3))
    assert told(at) == ["it restarted"]
    (marker,) = store.markers(0, 2e10)
    assert marker.artefact.since == pytest.approx(restarted, abs=0.01)
    at = scraped(service, spring(time.time(), "1.5.0", served=1))
    assert told(at)[1:] == ["version 1.5.0 was deployed (1.4.2 before)"]
    at = scraped(service, spring(restarted + 5, "1.5.0", clock_ahead=-90, served=2))
    said = re.fullmatch(r"its clock is (\d+) s behind", told(at)[-1])
    assert said is not None
    assert 90 <= int(said[1]) < 120, "the text goes on saying what it said when it was written"
    service.stop()
    wait_until(
        lambda: client.instant('count by (service) (up{service="pay"} == 0)', time.time()).samples != {},
        "gone",
    )
    assert told(time.time())[-1] == "Prometheus cannot scrape it"
    assert health.states()["artefacts"].state is DependencyStatus.OK
    store.close()


EXPECTED: dict[PresetName, dict[str, dict[str, float]]] = {
    "spring-boot": {"new_instance": {"pay": 1}, "scrape_gap": {}},
    "none": {"new_instance": {"pay": 1}, "scrape_gap": {}},
    "node-exporter": {
        "restart": {"host-1": 1.7e9},
        "new_instance": {"host-1": 1},
        "scrape_gap": {},
    },
    "kubernetes": {"restart": {"shop/pay": 1.7e9}, "new_instance": {"shop/pay": 1}},
}
VERSIONS: dict[PresetName, dict[str, frozenset[str]]] = {
    "spring-boot": {"pay": frozenset({"1.4.2"})},
    "none": {"pay": frozenset({"1.4.2"})},
    "node-exporter": {"host-1": frozenset({"6.1.0"})},
    "kubernetes": {"shop/pay": frozenset({"pay:7"})},
}


@pytest.mark.parametrize("preset", list(ARTEFACTS))
def test_every_query_of_every_preset_is_understood_and_tells_services_apart(
    client: PrometheusClient, preset: PresetName
) -> None:
    at = time.time()
    for kind, query in artefact_queries(Settings(preset=preset)).items():
        if kind == "deploy":
            assert client.labels(query, at) == VERSIONS[preset]
            continue
        answer = client.instant(query, at)
        assert answer.rejected == {}
        values = {service: sample.value for service, sample in answer.samples.items()}
        if kind in EXPECTED[preset]:
            assert values == EXPECTED[preset][kind], kind
