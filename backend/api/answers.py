"""What the newest poll shows over HTTP, made once a poll, when it is first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from backend.api import scores_text
from backend.api.readings_json import Catalogue, overview_metrics, service_metrics
from backend.api.ready import Kept, Ready
from backend.api.schemas.readings import WarmingUp
from backend.clock import to_rfc3339
from backend.jobs.live import CycleReport, Live, worst
from backend.metrics.readings import SeriesKey as Key
from backend.metrics.readings import Severity, State

TellWarmingUp = Callable[[Sequence[Key], CycleReport], WarmingUp | None]
"""(pairs without a model, report) -> how far they are."""

_NO_POLL = CycleReport(timestamp=0.0)


@dataclass(frozen=True, slots=True)
class _Row:
    """One service of a poll; ``metrics`` are JSON."""

    service: str
    severity: Severity
    blind: bool
    metrics: bytes


class Answers:
    """The newest poll's answers; any thread may ask."""

    def __init__(
        self, live: Live, catalogue: Catalogue, poll_interval: float, warming_up: TellWarmingUp
    ) -> None:
        self._live = live
        self._catalogue = catalogue
        self._poll_interval = poll_interval
        self._warming_up = warming_up
        self.turn = asyncio.Lock()
        """For who asks on the event loop: one at a time asks for the overview, in a thread."""
        self._services: tuple[CycleReport, dict[str, Ready]] = (_NO_POLL, {})
        self._rows: Kept[list[_Row]] = Kept()
        self._overview: Kept[Ready] = Kept()
        self._scores: Kept[bytes] = Kept()

    def service(self, report: CycleReport, service: str) -> Ready:
        """A ServiceMetrics of the newest report, which has such a service."""
        of, services = self._services
        if of is not report:
            self._services = report, (services := {})
        ready = services.get(service)
        if ready is None:
            ready = services[service] = Ready(service_metrics(report, service, self._catalogue))
        return ready

    def scores(self, report: CycleReport) -> bytes:
        """The newest report's scores in Prometheus's text format."""
        return self._scores.get(report, lambda: scores_text.scores(report))

    def overview(self, open_counts: Mapping[str, int], limit: int | None = None, offset: int = 0) -> Ready:
        """An Overview, of all services or of ``limit`` from the ``offset``-th on.

        ``open_counts``: incidents of each service that are not resolved. Takes about 10 µs a pair where
        nobody asked since the poll.
        """
        report = self._live.report or _NO_POLL
        if limit is not None or offset:
            return Ready(self._make_overview(report, open_counts, limit, offset))

        def make() -> Ready:
            ready = Ready(self._make_overview(report, open_counts))
            ready.pack()
            return ready

        return self._overview.get((report, open_counts), make)

    def _make_overview(
        self, report: CycleReport, open_counts: Mapping[str, int], limit: int | None = None, offset: int = 0
    ) -> bytes:
        rows = self._rows.get(report, lambda: [self._row(report, service) for service in report.services])
        seen = [row.severity for row in rows if not row.blind]
        waiting = [key for key, reading in report.readings.items() if reading.state is State.NO_MODEL]
        warming_up = self._warming_up(waiting, report)
        shown = sorted(rows, key=lambda row: _urgency(row, open_counts.get(row.service, 0)))
        if limit is not None:
            shown = shown[offset : offset + limit]
        return orjson.dumps(
            {
                "timestamp": None if report is _NO_POLL else to_rfc3339(report.timestamp),
                "poll_interval": self._poll_interval,
                "severities": {severity.value: seen.count(severity) for severity in Severity},
                "blind": len(rows) - len(seen),
                "open_incidents": sum(open_counts.values()),
                "warming_up": warming_up and warming_up.model_dump(mode="json"),
                "services": [orjson.Fragment(_row_json(row, open_counts)) for row in shown],
            }
        )

    def _row(self, report: CycleReport, service: str) -> _Row:
        readings = report.by_service[service]
        return _Row(
            service,
            worst(readings),
            not any(reading.value is not None for reading in readings.values()),
            overview_metrics(report, service, self._catalogue),
        )


def _urgency(row: _Row, open_incidents: int) -> tuple[int, int, bool, str]:
    """Sorts the worst first."""
    return (-row.severity.rank, -open_incidents, not row.blind, row.service)


def _row_json(row: _Row, open_counts: Mapping[str, int]) -> bytes:
    """An OverviewService."""
    return orjson.dumps(
        {
            "service": row.service,
            "severity": row.severity,
            "blind": row.blind,
            "open_incidents": open_counts.get(row.service, 0),
            "metrics": orjson.Fragment(row.metrics),
        }
    )
