"""The stored readings of one pair, for charts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.readings import History
from backend.api.times import parse_range
from backend.api.views import require_metric
from backend.clock import to_rfc3339
from backend.metrics.columns import Columns, score_of
from backend.metrics.downsampling import min_max_indices
from backend.metrics.readings import ExpectedRange, SeriesKey, Severity, Verdict
from backend.metrics.spans import gaps, runs

router = APIRouter(tags=["services"])

_DEFAULT_RANGE = 3600.0
_VERDICTS = {verdict.encode(): str(verdict) for verdict in Verdict}
_SEVERITIES = {severity.encode(): str(severity) for severity in Severity}


@router.get("/metrics/history", response_model=History)
def history(
    parts: PartsDep,
    service: str,
    metric: str,
    start: Annotated[str | None, Query(description="RFC 3339; an hour before end by default")] = None,
    end: Annotated[str | None, Query(description="RFC 3339; now by default")] = None,
    points: Annotated[int, Query(ge=10, le=20_000, description="at most so many points")] = 2_000,
) -> Response:
    """Readings between two times, thinned out to ``points`` so that every peak and trough stays."""
    spec = require_metric(parts, metric)
    key = SeriesKey(service, metric)
    if not _is_known(parts, key):
        raise ApiError(HTTPStatus.NOT_FOUND, f"no reading of {metric} on {service[:100]!r} is stored")
    first, last = parse_range(start, end, parts.clock.now(), _DEFAULT_RANGE)
    rows = parts.history.columns(key, first, last)
    kept = rows.take(min_max_indices(rows.values, points))
    expected = _expected(parts, key)
    answer = {
        "service": service,
        "metric": metric,
        "unit": spec.unit,
        "start": to_rfc3339(first),
        "end": to_rfc3339(last),
        "total": len(rows),
        "downsampled": len(kept) < len(rows),
        "expected": expected and expected._asdict(),
        "high": spec.high,
        "critical": spec.critical,
        "direction": spec.direction,
        "query": spec.query,
        "unusual": _spans(runs(rows.timestamps, rows.status == Verdict.ANOMALY.encode())),
        "gaps": _spans(gaps(rows.timestamps, (last - first) / points)),
        "points": _points(kept),
    }
    # Up to 20,000 points: checked and built as schema objects they would cost a second.
    return Response(orjson.dumps(answer), media_type="application/json")


def _is_known(parts: Parts, key: SeriesKey) -> bool:
    """Whether the pair has a series or a dataset; a name that a client made up costs the store nothing."""
    report = parts.live.report
    return (report is not None and key in report.readings) or parts.history.last_timestamp(key) is not None


def _expected(parts: Parts, key: SeriesKey) -> ExpectedRange | None:
    """What the pair's newest reading was held against."""
    report = parts.live.report
    reading = report.readings.get(key) if report else None
    return reading.expected if reading else None


def _spans(found: list[tuple[float, float]]) -> list[dict[str, str]]:
    return [{"start": to_rfc3339(start), "end": to_rfc3339(end)} for start, end in found]


def _points(rows: Columns) -> list[dict[str, Any]]:
    """The stored rows as HistoryPoint has them; a backfilled reading was never judged."""
    columns = (rows.timestamps.tolist(), rows.values.tolist(), rows.status, rows.severity, rows.score)
    return [
        {
            "timestamp": to_rfc3339(time),
            "value": value,
            "prediction": _VERDICTS.get(status, Verdict.UNKNOWN),
            "severity": _SEVERITIES.get(severity),
            "score": score_of(score),
        }
        for time, value, status, severity, score in zip(*columns, strict=True)
    ]
