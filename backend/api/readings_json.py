"""Newest readings as JSON bytes, straight from what a poll found, as schemas/readings.py describes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from backend.api.schemas.cards import Artefact, ReasonCard
from backend.clock import to_rfc3339
from backend.jobs.live import CycleReport
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey, State

Catalogue = Mapping[str, MetricSpec]

_NO_SERIES = "no series: the metric's query has no answer for this service"
_time = lru_cache(maxsize=1024)(to_rfc3339)  # nearly all readings of a poll have one and the same


def service_metrics(report: CycleReport, service: str, catalogue: Catalogue) -> bytes:
    """A ServiceMetrics. What is no number (NaN, an infinity) is null."""
    readings = report.by_service[service]
    answer = {
        "service": service,
        "timestamp": _time(report.timestamp),
        "metrics": {metric: _reading(spec, readings.get(metric)) for metric, spec in catalogue.items()},
    }
    return orjson.dumps(answer)


def overview_metrics(report: CycleReport, service: str, catalogue: Catalogue) -> bytes:
    """The ``metrics`` of an OverviewService."""
    readings = report.by_service[service]
    recent = report.recent
    return orjson.dumps(
        {
            metric: {
                **_reading(spec, readings.get(metric)),
                "recent": recent.get(SeriesKey(service, metric), ()),
            }
            for metric, spec in catalogue.items()
        }
    )


def _reading(spec: MetricSpec, reading: Reading | None) -> dict[str, Any]:
    """A MetricReading; a pair that Prometheus has no series for is blind, not healthy."""
    if reading is None:
        reading = Reading(SeriesKey("", ""), 0.0, None, State.STALE, reasons=(_NO_SERIES,))
        event_ts = None
    else:
        event_ts = _time(reading.timestamp)
    expected, card, artefact = reading.expected, reading.card, reading.artefact
    return {
        "title": spec.title,
        "value": reading.value,
        "unit": spec.unit,
        "severity": reading.severity,
        "prediction": reading.verdict,
        "score": reading.score,
        "state": reading.state,
        "expected": expected and {"low": expected.low, "high": expected.high},
        "reasons": reading.reasons,
        # Few readings have these: there the schemas themselves are quick enough.
        "card": card and ReasonCard.model_validate(card).model_dump(mode="json"),
        "artefact": artefact and Artefact.model_validate(artefact).model_dump(mode="json"),
        "event_ts": event_ts,
        "high": spec.high,
        "critical": spec.critical,
        "direction": spec.direction,
    }
