"""Every preset's queries against a real Prometheus: parsed, and answered from real or recorded targets."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from backend.metrics.catalogue import build_catalogue
from backend.metrics.parts import divided, labels
from backend.metrics.prometheus import InstantAnswer, PrometheusClient
from backend.settings import PrometheusSettings, Settings
from backend.tests.exposition import FakeExposition
from backend.tests.real import RealPrometheus, find_program, free_port, wait_until

pytestmark = pytest.mark.real

# As Micrometer writes it with a G1 heap: no maximum for Eden and Survivor.
JVM = """
process_cpu_usage{service="SERVICE"} 0.25
jvm_memory_used_bytes{area="heap",id="G1 Eden Space",service="SERVICE"} 1.0E8
jvm_memory_used_bytes{area="heap",id="G1 Survivor Space",service="SERVICE"} 1.0E7
jvm_memory_used_bytes{area="heap",id="G1 Old Gen",service="SERVICE"} 3.0E8
jvm_memory_used_bytes{area="nonheap",id="Metaspace",service="SERVICE"} 9.0E8
jvm_memory_max_bytes{area="heap",id="G1 Eden Space",service="SERVICE"} -1.0
jvm_memory_max_bytes{area="heap",id="G1 Survivor Space",service="SERVICE"} -1.0
jvm_memory_max_bytes{area="heap",id="G1 Old Gen",service="SERVICE"} 1.0E9
jvm_memory_max_bytes{area="nonheap",id="Metaspace",service="SERVICE"} -1.0
"""


def requests(service: str, served: int, failed: int | None) -> str:
    """Requests that took 250 to 500 ms, failures among them; scrapes that were slow and failed."""
    labels = f'service="{service}",method="POST",uri="/pay"'
    count = "http_server_requests_seconds_count"
    lines = [f'{count}{{{labels},status="200"}} {served}']
    if failed is not None:
        lines.append(f'{count}{{{labels},status="503"}} {failed}')
    for le, share in (("0.25", 0), ("0.5", 1), ("10.0", 1), ("+Inf", 1)):
        total = (served + (failed or 0)) * share
        lines.append(f'http_server_requests_seconds_bucket{{{labels},status="200",le="{le}"}} {total}')
    scrape = f'service="{service}",method="GET",uri="/actuator/prometheus",status="500"'
    lines.append(f"{count}{{{scrape}}} {served * 3}")
    for le, share in (("0.25", 0), ("0.5", 0), ("10.0", 1), ("+Inf", 1)):
        lines.append(f'http_server_requests_seconds_bucket{{{scrape},le="{le}"}} {served * 3 * share}')
    return "\n".join(lines) + "\n"


def spring(step: int) -> str:
    text = "".join(JVM.replace("SERVICE", service) for service in ("pay", "order", "idle"))
    return (
        text
        + requests("pay", 90 * step, 10 * step)
        + requests("order", 50 * step, None)
        + requests("idle", 0, 0)
    )


def kubernetes(step: int) -> str:
    """A container with limits (and a finished pod of it), one without; a pod's sum and pause container."""
    lines = ["machine_cpu_cores 4", "machine_memory_bytes 1000"]
    for pod, container, memory in (
        ("p1", "app", 200),
        ("p2", "free", 100),
        ("p1", "", 300),
        ("p1", "POD", 1),
    ):
        labels = f'{{namespace="shop",pod="{pod}",container="{container}",service="kubelet"}}'
        lines += [
            f"container_memory_working_set_bytes{labels} {memory}",
            f"container_cpu_usage_seconds_total{labels} {step}",
            f"container_cpu_cfs_periods_total{labels} {100 * step}",
            f"container_cpu_cfs_throttled_periods_total{labels} {25 * step}",
        ]
    for pod, phase in (("p1", "Running"), ("p0", "Succeeded")):
        labels = f'namespace="shop",pod="{pod}",service="kube-state-metrics"'
        for each in ("Running", "Succeeded"):
            lines.append(f'kube_pod_status_phase{{{labels},phase="{each}"}} {int(each == phase)}')
        for resource, limit in (("cpu", 2), ("memory", 400)):
            of = f'{labels},container="app",resource="{resource}"'
            lines.append(f"kube_pod_container_resource_limits{{{of}}} {limit}")
    lines.append(
        f'kube_pod_container_status_restarts_total{{namespace="shop",pod="p1",container="app"}} {step}'
    )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def node_exporter() -> Iterator[str]:
    """The address of a real node-exporter."""
    address = f"127.0.0.1:{free_port()}"
    command = [find_program("prometheus-node-exporter"), f"--web.listen-address={address}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield address
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, node_exporter: str) -> Iterator[RealPrometheus]:
    """Scrapes all targets; every counter has gone up once."""
    server = RealPrometheus(tmp_path_factory.mktemp("prometheus"))
    with FakeExposition(spring(1)) as services, FakeExposition(kubernetes(1)) as cluster:
        job = {"job_name": "recorded", "honor_labels": True}
        targets = [{"targets": [services.address, cluster.address]}]
        server.add_scrape_config(job | {"static_configs": targets})
        server.add_target("node", node_exporter)
        server.add_target("named", node_exporter, {"service": "database-host"})
        with server:
            wait_until(lambda: min(services.scrapes, cluster.scrapes) >= 1, "both were scraped")
            services.text, cluster.text = spring(2), kubernetes(2)
            server.wait_for("changes(http_server_requests_seconds_count[1m]) > 0", series=3)
            server.wait_for("changes(container_cpu_usage_seconds_total[1m]) > 0", series=4)
            server.wait_for('count_over_time(node_cpu_seconds_total{mode="idle",cpu="0"}[1m]) >= 2', series=2)
            yield server


def ask(prometheus: RealPrometheus, preset: str) -> dict[str, InstantAnswer]:
    """All metrics of a preset, as a poll asks them now."""
    settings = Settings.model_validate({"preset": preset})
    client = PrometheusClient(PrometheusSettings(url=prometheus.url))
    now = time.time()
    answers = {key: client.instant(spec.query, now) for key, spec in build_catalogue(settings).items()}
    client.close()
    return answers


def values(answer: InstantAnswer) -> dict[str, float]:
    return {service: sample.value for service, sample in answer.samples.items()}


@pytest.mark.parametrize("preset", ["spring-boot", "node-exporter", "kubernetes"])
def test_every_metric_of_every_preset_in_parts_is_what_it_is_whole(
    prometheus: RealPrometheus, preset: str
) -> None:
    now = time.time()
    client = PrometheusClient(PrometheusSettings(url=prometheus.url))
    for key, spec in build_catalogue(Settings.model_validate({"preset": preset})).items():
        known = {label: client.label_values(label, now - 3600, now) for label in labels(spec.template)}
        queries = divided(spec.template, known, 3)
        assert len(queries) > 1, key
        whole, parts = client.instant(spec.query, now), client.instant_parts(queries, now)
        assert (values(parts), parts.rejected) == (values(whole), whole.rejected), key
    client.close()


def test_spring_boot(prometheus: RealPrometheus) -> None:
    answers = ask(prometheus, "spring-boot")
    everyone = ("pay", "order", "idle")
    assert values(answers["cpu"]) == pytest.approx(dict.fromkeys(everyone, 25.0))
    assert values(answers["mem"]) == pytest.approx(dict.fromkeys(everyone, 41.0))
    assert values(answers["lat"]) == pytest.approx({"pay": 497.5, "order": 497.5})
    # A service that served requests and failed none has a rate of 0; one without requests has none.
    assert values(answers["err"]) == pytest.approx({"pay": 10.0, "order": 0.0})
    for key in ("lat", "err"):
        assert list(answers[key].rejected) == ["idle"]
        assert "NaN" in answers[key].rejected["idle"]


def test_node_exporter_with_and_without_a_service_label(
    prometheus: RealPrometheus, node_exporter: str
) -> None:
    answers = ask(prometheus, "node-exporter")
    assert set(answers) == {"cpu", "mem", "disk", "load"}
    for key, answer in answers.items():
        assert answer.rejected == {}
        if key == "disk" and not prometheus.query("node_filesystem_avail_bytes"):
            continue  # no disk of its own here, as in some containers
        assert set(answer.samples) == {"database-host", node_exporter}
        assert all(0 <= value <= 100 for value in values(answer).values())


def test_kubernetes(prometheus: RealPrometheus) -> None:
    answers = ask(prometheus, "kubernetes")
    assert all(answer.rejected == {} for answer in answers.values())
    assert values(answers["mem"]) == pytest.approx({"shop/app": 50.0, "shop/free": 10.0})
    assert values(answers["throttling"]) == pytest.approx({"shop/app": 25.0, "shop/free": 25.0})
    cpu = values(answers["cpu"])
    # The same use: 2 cores allowed for one, all 4 of the node for the other.
    assert cpu["shop/app"] == pytest.approx(2 * cpu["shop/free"])
    assert values(answers["restarts"])["shop/app"] > 0
