"""prometheus.yml and deploy/prometheus/, checked by promtool and run by a real Prometheus."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from backend.metrics.catalogue import build_catalogue
from backend.settings import Settings
from backend.tests.exposition import FakeExposition
from backend.tests.real import RealPrometheus, find_program, wait_until
from deploy.demo.ports import Ports
from deploy.demo.stack import ROOT, SERVICES, render_prometheus_config

PRESET = build_catalogue(Settings())
CANOPY = """\
canopy_dependency_up{dependency="prometheus"} 1
canopy_incidents{service="payment-service",severity="Critical",status="OPEN"} 1
"""


@pytest.mark.real
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "deploy/prometheus/canopy.rules.yml"),
        ("test", "rules", "deploy/prometheus/canopy.rules.test.yml"),
        ("check", "rules", "deploy/prometheus/recording.yml"),
        ("test", "rules", "deploy/prometheus/recording.test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    command = [find_program("promtool"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_recorded_metrics_are_the_presets_own() -> None:
    """Each rule asks what the preset asks, and its comment is the line that makes Canopy read it."""
    text = (ROOT / "deploy/prometheus/recording.yml").read_text()
    lines = re.findall(r"# (metrics: .*)\n +- record: (\S+)\n", text)
    rules = {rule["record"]: rule["expr"] for rule in yaml.safe_load(text)["groups"][0]["rules"]}
    assert [record for _, record in lines] == list(rules)
    for line, record in lines:
        changed = build_catalogue(Settings.model_validate(yaml.safe_load(line)))
        ((key, spec),) = [(k, s) for k, s in changed.items() if s != PRESET[k]]
        assert (spec.query, bool(spec.template)) == (record, True)
        assert "".join(rules[record].split()) == "".join(PRESET[key].query.split())
        assert replace(spec, query="", template="") == replace(PRESET[key], query="", template="")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """Prometheus with the demo's configuration, before targets that serve what the real ones would."""
    with ExitStack() as stack:
        shop = [
            stack.enter_context(FakeExposition(f'process_cpu_usage{{service="{name}"}} 0.1'))
            for name in SERVICES
        ]
        canopy = stack.enter_context(FakeExposition(CANOPY))
        order, payment, inventory, canopy_port = (
            int(target.address.rsplit(":")[-1]) for target in [*shop, canopy]
        )
        ports = Ports(canopy=canopy_port, order=order, payment=payment, inventory=inventory)
        yield stack.enter_context(_Rendered(tmp_path_factory.mktemp("prometheus"), ports))


class _Rendered(RealPrometheus):
    """Runs the demo's configuration in the place of one that a test puts together."""

    def __init__(self, directory: Path, ports: Ports) -> None:
        super().__init__(directory)
        self._ports = ports

    def _write_config(self) -> None:
        text = render_prometheus_config(self._ports)
        self._config_file.write_text(text.replace("evaluation_interval: 15s", "evaluation_interval: 1s"))


@pytest.mark.real
def test_each_service_is_scraped_under_its_own_name(prometheus: RealPrometheus) -> None:
    prometheus.wait_for('up{job="shop"} == 1', series=len(SERVICES))
    for series in prometheus.query("process_cpu_usage"):
        assert series["metric"]["service"] in SERVICES
        assert "exported_service" not in series["metric"]


@pytest.mark.real
def test_canopy_is_no_service_and_its_metrics_keep_theirs(prometheus: RealPrometheus) -> None:
    (incidents,) = prometheus.wait_for("canopy_incidents")
    assert incidents["metric"]["service"] == "payment-service"
    (up,) = prometheus.query('up{job="canopy"}')
    assert "service" not in up["metric"]


@pytest.mark.real
def test_an_open_critical_incident_fires_the_page(prometheus: RealPrometheus) -> None:
    def firing() -> bool:
        return bool(prometheus.query('ALERTS{alertname="CanopyCriticalIncident", alertstate="firing"}'))

    wait_until(firing, "the alert fires")
    (alert,) = prometheus.query('ALERTS{alertname="CanopyCriticalIncident"}')
    assert (alert["metric"]["service"], alert["metric"]["severity"]) == ("payment-service", "page")
