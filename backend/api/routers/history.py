"""The stored readings of one pair, for charts."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.readings import Expected, History, HistoryPoint
from backend.api.times import parse_time
from backend.api.views import require_metric
from backend.metrics.downsampling import min_max_indices
from backend.metrics.readings import SeriesKey, Verdict

router = APIRouter(tags=["services"])

_DEFAULT_RANGE = 3600.0


@router.get("/metrics/history")
def history(
    parts: PartsDep,
    service: str,
    metric: str,
    start: Annotated[str | None, Query(description="RFC 3339; an hour before end by default")] = None,
    end: Annotated[str | None, Query(description="RFC 3339; now by default")] = None,
    points: Annotated[int, Query(ge=10, le=20_000, description="at most so many points")] = 2_000,
) -> History:
    """Readings between two times, thinned out to ``points`` so that every peak and trough stays."""
    spec = require_metric(parts, metric)
    key = SeriesKey(service, metric)
    if not _is_known(parts, key):
        raise ApiError(HTTPStatus.NOT_FOUND, f"no reading of {metric} on {service[:100]!r} is stored")
    last = parse_time("end", end) if end else parts.clock.now()
    first = parse_time("start", start) if start else last - _DEFAULT_RANGE
    if first > last:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "start lies after end; swap them")
    rows = parts.history.frame(key, first, last)
    kept = rows.iloc[min_max_indices(rows["value"].to_numpy(), points)]
    model = parts.registry.current.models.get(key)
    return History(
        service=service,
        metric=metric,
        unit=spec.unit,
        start=first,
        end=last,
        total=len(rows),
        downsampled=len(kept) < len(rows),
        expected=Expected(low=model.expected.low, high=model.expected.high) if model else None,
        high=spec.high,
        critical=spec.critical,
        points=_points(kept),
    )


def _is_known(parts: Parts, key: SeriesKey) -> bool:
    """Whether the pair has a series or a dataset; a name that a client made up costs the store nothing."""
    report = parts.live.report
    return (report is not None and key in report.readings) or key in parts.history.keys()


def _points(rows: pd.DataFrame) -> list[HistoryPoint]:
    """The stored rows as the wire's points; a backfilled reading was never judged."""
    return [
        HistoryPoint(
            timestamp=row.timestamp.timestamp(),
            value=row.value,
            prediction=row.status or Verdict.UNKNOWN,
            severity=row.severity or None,
            score=None if math.isnan(row.score) else row.score,
        )
        for row in rows.itertuples()
    ]
