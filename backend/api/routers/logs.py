"""The log lines around a time."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from backend.api.errors import ApiError
from backend.api.parts import PartsDep
from backend.api.schemas.logs import Level, Logs, LogSource
from backend.api.times import parse_span, parse_time
from backend.api.views import require_service
from backend.api.wire import log_entry
from backend.logs.search import explain_event

router = APIRouter(tags=["logs"])

_CLOCK_SKEW = 60.0
"""Seconds by which a caller's clock may be ahead of ours."""

_LONGEST = 86400.0
"""Seconds before or after the event that one search may cover."""


@router.get("/logs")
def logs(
    parts: PartsDep,
    service: str,
    event_ts: Annotated[str, Query(description="RFC 3339 with its offset")],
    before: Annotated[
        str | None, Query(description="a Prometheus duration up to 1d; logs.before by default")
    ] = None,
    after: Annotated[
        str | None, Query(description="a Prometheus duration up to 1d; logs.after by default")
    ] = None,
    level: Annotated[list[Level] | None, Query()] = None,
    q: Annotated[str, Query(max_length=500, description="text in the message, logger or stack trace")] = "",
    limit: Annotated[int, Query(ge=1, le=2_000)] = 200,
) -> Logs:
    """The service's log lines around ``event_ts``; those that explain the event are marked."""
    moment = parse_time("event_ts", event_ts)
    if moment > parts.clock.now() + _CLOCK_SKEW:
        raise ApiError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"event_ts: {event_ts} lies in the future; allowed: up to now"
        )
    settings = parts.settings.logs
    earlier = parse_span("before", before, _LONGEST) if before else settings.before
    later = parse_span("after", after, _LONGEST) if after else settings.after
    if service not in parts.log_store.services():
        require_service(parts, service)
    window = explain_event(
        parts.log_store, service, moment, earlier, later, levels=tuple(level or ()), q=q, limit=limit
    )
    return Logs(
        service=service,
        event_ts=moment,
        start=window.start,
        end=window.end,
        total=window.total,
        truncated=window.truncated,
        lines=[log_entry(line) for line in window.lines],
        sources=[
            LogSource(path=s.path, state=s.state, detail=s.detail, lines=s.lines)
            for s in parts.log_tail.sources(service)
        ],
    )
