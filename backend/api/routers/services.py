"""Which services there are, and what their newest readings say."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from backend.api import exposition
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.readings import (
    MetricReading,
    Overview,
    OverviewMetric,
    OverviewService,
    ServiceMetrics,
    WarmingUp,
)
from backend.api.views import require_service
from backend.jobs.live import CycleReport, worst
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict

router = APIRouter(tags=["services"])


@router.get("/services")
def services(parts: PartsDep) -> list[str]:
    """The services that Prometheus knows, sorted. Empty until the first poll has ended: see /ready."""
    report = parts.live.report
    return list(report.services) if report else []


@router.get(
    "/metrics",
    response_model=ServiceMetrics,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(parts: PartsDep, service: Annotated[str | None, Query()] = None) -> Any:
    """The newest readings of one service.

    Without ``service``, Canopy's own metrics in Prometheus's text format.
    """
    if service is None:
        return Response(exposition.render(parts), media_type=exposition.CONTENT_TYPE)
    report = require_service(parts, service)
    readings = report.of_service(service)
    return ServiceMetrics(
        service=service,
        timestamp=report.timestamp,
        metrics={
            metric: MetricReading(**_fields(spec, readings.get(metric)))
            for metric, spec in parts.catalogue.items()
        },
    )


@router.get("/overview")
def overview(parts: PartsDep) -> Overview:
    """Every service with its newest readings, worst first, and what is still warming up."""
    report = parts.live.report or CycleReport(timestamp=0.0)
    open_counts = parts.incidents.open_counts()
    rows = [_service_row(parts, report, service, open_counts.get(service, 0)) for service in report.services]
    rows.sort(key=lambda row: (-row.severity.rank, -row.open_incidents, not row.blind, row.service))
    seen = [row for row in rows if not row.blind]
    return Overview(
        timestamp=parts.live.report.timestamp if parts.live.report else None,
        poll_interval=parts.settings.poll.interval,
        severities={severity: sum(row.severity == severity for row in seen) for severity in Severity},
        blind=len(rows) - len(seen),
        open_incidents=sum(open_counts.values()),
        warming_up=_warming_up(parts, report),
        services=rows,
    )


def _service_row(parts: Parts, report: CycleReport, service: str, open_incidents: int) -> OverviewService:
    readings = report.of_service(service)
    return OverviewService(
        service=service,
        severity=worst(readings),
        blind=not any(reading.value is not None for reading in readings.values()),
        open_incidents=open_incidents,
        metrics={
            metric: OverviewMetric(
                **_fields(spec, readings.get(metric)),
                recent=report.recent.get(SeriesKey(service, metric), []),
            )
            for metric, spec in parts.catalogue.items()
        },
    )


def _warming_up(parts: Parts, report: CycleReport) -> WarmingUp | None:
    waiting = [key for key, reading in report.readings.items() if reading.state is State.NO_MODEL]
    slowest = parts.warmup.slowest(waiting, report)
    if slowest is None:
        return None
    return WarmingUp(pairs=len(waiting), have=slowest.have, need=slowest.need, eta=slowest.eta)


def _fields(spec: MetricSpec, reading: Reading | None) -> dict[str, Any]:
    """What the wire says of a pair; a pair that Prometheus has no series for is blind, not healthy."""
    common = {
        "title": spec.title,
        "unit": spec.unit,
        "high": spec.high,
        "critical": spec.critical,
        "direction": spec.direction,
    }
    if reading is None:
        return common | {
            "value": None,
            "severity": Severity.NORMAL,
            "prediction": Verdict.UNKNOWN,
            "score": None,
            "state": State.STALE,
            "expected": None,
            "reasons": ["no series: the metric's query has no answer for this service"],
            "card": None,
            "artefact": None,
            "event_ts": None,
        }
    return common | {
        "value": reading.value,
        "severity": reading.severity,
        "prediction": reading.verdict,
        "score": reading.score,
        "state": reading.state,
        "expected": reading.expected,
        "reasons": list(reading.reasons),
        "card": reading.card,
        "artefact": reading.artefact,
        "event_ts": reading.timestamp,
    }
