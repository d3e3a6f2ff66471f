"""Canopy's own metrics in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Iterator, Set

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.api.parts import Parts
from backend.incidents.schema import StoreError
from backend.jobs.health import DependencyStatus
from backend.jobs.live import CycleReport

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(parts: Parts) -> bytes:
    """The exposition as of now."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(parts))
    report = parts.live.report
    return generate_latest(registry) + (parts.answers.scores(report) if report else b"")


class _Collector(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        down = set()
        try:
            yield self._incidents()
        except StoreError:
            # Without the family the rest can be scraped, and an alert on the dependency can fire.
            down.add("incidents")
        yield self._dependencies(down)
        yield self._models()
        report = self._parts.live.report
        if report is not None:
            yield from _of_report(report)

    def _incidents(self) -> Metric:
        family = GaugeMetricFamily(
            "canopy_incidents",
            "Incidents by service, severity and status.",
            labels=["service", "severity", "status"],
        )
        for service, severity, status, count in self._parts.incidents.counts():
            family.add_metric([service, severity, status], count)
        return family

    def _dependencies(self, down: Set[str]) -> Metric:
        """``down``: those that were found not to work just now."""
        family = GaugeMetricFamily(
            "canopy_dependency_up", "1 while a dependency works, 0 while it is down.", labels=["dependency"]
        )
        working = {
            name: dependency.state in (DependencyStatus.OK, DependencyStatus.DEGRADED)
            for name, dependency in self._parts.health.states().items()
        }
        for name, works in (working | dict.fromkeys(down, False)).items():
            family.add_metric([name], float(works))
        return family

    def _models(self) -> Metric:
        family = GaugeMetricFamily(
            "canopy_models", "Models that serve, and model files refused.", labels=["state"]
        )
        served = self._parts.registry.current
        family.add_metric(["ready"], len(served.models))
        family.add_metric(["refused"], len(served.refused))
        return family


def _of_report(report: CycleReport) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "canopy_pairs", "Pairs by the state in which they ended the last poll.", labels=["state"]
    )
    for state, count in report.states().items():
        states.add_metric([state], count)
    yield states
    yield GaugeMetricFamily("canopy_services", "Services that Prometheus knows.", value=len(report.services))
    yield GaugeMetricFamily(
        "canopy_last_poll_timestamp_seconds", "Time of the last poll.", value=report.timestamp
    )
    yield GaugeMetricFamily(
        "canopy_poll_duration_seconds", "How long the last poll took.", value=report.seconds
    )
