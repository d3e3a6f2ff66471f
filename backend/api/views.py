"""What several routers look up in the same way."""

from __future__ import annotations

from http import HTTPStatus

from backend.api.errors import ApiError
from backend.api.parts import Parts
from backend.jobs.live import CycleReport
from backend.metrics.catalogue import MetricSpec

_SHOWN = 5


def require_service(parts: Parts, service: str) -> CycleReport:
    """The newest report, if it knows the service; 404 otherwise, 503 before the first poll has ended."""
    report = parts.live.report
    if report is None:
        raise ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE, "the first poll has not ended yet; try again in a moment"
        )
    if service not in report.by_service:
        known = ", ".join(report.services[:_SHOWN]) or "none"
        more = f" and {len(report.services) - _SHOWN} more" if len(report.services) > _SHOWN else ""
        raise ApiError(
            HTTPStatus.NOT_FOUND, f"Prometheus has no service {service[:100]!r}; there are: {known}{more}"
        )
    return report


def require_metric(parts: Parts, metric: str) -> MetricSpec:
    """The catalogue's entry; 404 otherwise."""
    spec = parts.catalogue.get(metric)
    if spec is None:
        known = ", ".join(parts.catalogue)
        raise ApiError(HTTPStatus.NOT_FOUND, f"there is no metric {metric[:100]!r}; there are: {known}")
    return spec
