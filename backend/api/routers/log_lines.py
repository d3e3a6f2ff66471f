"""Reading logs: pages of lines, the live tail, the lines around one, counts over time, templates, text."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.logs import (
    Level,
    LogContext,
    LogHistogram,
    LogPage,
    LogSource,
    LogSources,
    LogTail,
    LogTemplates,
)
from backend.api.schemas.readings import Span
from backend.api.times import parse_range
from backend.api.views import require_service
from backend.api.wire import log_row, log_template, log_text
from backend.logs import queries
from backend.logs.news import range_news
from backend.logs.queries import LogFilter

router = APIRouter(prefix="/logs", tags=["logs"])

_DEFAULT_RANGE = 3600.0
_CLOCK_SKEW = 60.0
"""Seconds by which a caller's clock may be ahead of ours."""
_MOST_EXPORTED = 200_000
_LARGEST_ID = 2**63 - 1
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def _wanted(
    parts: PartsDep,
    service: Annotated[
        list[str] | None, Query(max_length=100, description="any of these; all without")
    ] = None,
    start: Annotated[str | None, Query(description="RFC 3339; an hour before end by default")] = None,
    end: Annotated[str | None, Query(description="RFC 3339; now by default")] = None,
    level: Annotated[list[Level] | None, Query()] = None,
    q: Annotated[str, Query(max_length=500, description="text in the message, logger or stack trace")] = "",
    template: Annotated[str, Query(max_length=5_000, description="only lines of this template")] = "",
) -> LogFilter:
    now = parts.clock.now()
    first, last = parse_range(start, end, now, _DEFAULT_RANGE)
    if first > now + _CLOCK_SKEW:
        raise ApiError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"start: {start} lies in the future; allowed: up to now"
        )
    _require_known(parts, service or [])
    return LogFilter(tuple(service or ()), first, last, tuple(level or ()), q, template)


Wanted = Annotated[LogFilter, Depends(_wanted)]
LineId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


def _require_known(parts: Parts, services: list[str]) -> None:
    """404 for a service that neither Prometheus nor any line names."""
    if services:
        with_lines = set(parts.log_store.services())
        for service in services:
            if service not in with_lines:
                require_service(parts, service)


@router.get("/lines")
def lines(
    parts: PartsDep,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 300,
    cursor: Annotated[str | None, Query(max_length=60, description="older of the page before")] = None,
) -> LogPage:
    """The newest lines of a range, in time order; older ones page by page."""
    with parts.log_store.reading() as db:
        page = queries.page(db, wanted, limit, _place(cursor) if cursor else None)
    return LogPage(
        start=wanted.start,
        end=wanted.end,
        total=page.total,
        lines=[log_row(line) for line in page.lines],
        older=f"{page.older[0]!r}:{page.older[1]}" if page.older else None,
    )


@router.get("/lines/{line_id}")
def line(
    parts: PartsDep,
    line_id: LineId,
    before: Annotated[int, Query(ge=0, le=500)] = 20,
    after: Annotated[int, Query(ge=0, le=500)] = 20,
) -> LogContext:
    """One line, whole, with those of its service around it."""
    with parts.log_store.reading() as db:
        found = queries.line_by_id(db, line_id)
        if found is None:
            raise ApiError(
                HTTPStatus.NOT_FOUND, f"there is no line {line_id}; lines are kept for logs.keep, then go"
            )
        around = queries.around(db, found, before, after)
    return LogContext(line=log_row(found, whole=True), lines=[log_row(each) for each in around])


@router.get("/tail")
def tail(
    parts: PartsDep,
    service: Annotated[list[str] | None, Query(max_length=100)] = None,
    level: Annotated[list[Level] | None, Query()] = None,
    q: Annotated[str, Query(max_length=500)] = "",
    template: Annotated[str, Query(max_length=5_000)] = "",
    after: Annotated[int | None, Query(ge=0, le=_LARGEST_ID, description="cursor of the last call")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> LogTail:
    """What came in since the last call; the first call has no lines, only the cursor to begin with."""
    _require_known(parts, service or [])
    wanted = LogFilter(tuple(service or ()), 0.0, 0.0, tuple(level or ()), q, template)
    with parts.log_store.reading() as db:
        found = queries.tail(db, wanted, after, limit)
    return LogTail(cursor=found.cursor, dropped=found.dropped, lines=[log_row(each) for each in found.lines])


@router.get("/histogram")
def histogram(
    parts: PartsDep, wanted: Wanted, bins: Annotated[int, Query(ge=1, le=500)] = 60
) -> LogHistogram:
    """How many lines over time, by level."""
    length = wanted.end - wanted.start
    step = next((float(step) for step in _STEPS if length / step <= bins), length / bins)
    with parts.log_store.reading() as db:
        counts = queries.histogram(db, wanted, step)
    stretches = max(1, -int(-length // step))
    return LogHistogram(
        start=wanted.start,
        end=wanted.end,
        step=step,
        total=sum(sum(of_level.values()) for of_level in counts.values()),
        levels={
            level: [of_level.get(stretch, 0) for stretch in range(stretches)]
            for level, of_level in counts.items()
        },
    )


@router.get("/templates")
def templates(
    parts: PartsDep,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    offset: Annotated[int, Query(ge=0, le=queries.MOST_GROUPED)] = 0,
) -> LogTemplates:
    """The lines grouped by template, the greatest news against the window before first."""
    news = range_news(parts.log_store, wanted)
    return LogTemplates(
        start=wanted.start,
        end=wanted.end,
        compared_with=Span(start=news.since, end=wanted.start),
        total=len(news.items),
        truncated=news.truncated,
        items=[log_template(each) for each in news.items[offset : offset + limit]],
    )


@router.get("/sources")
def sources(
    parts: PartsDep, service: Annotated[list[str] | None, Query(max_length=100)] = None
) -> LogSources:
    """Which services have lines, and how the files stand that they come from."""
    known = parts.log_store.services()
    report = parts.live.report
    asked = service or sorted({*known, *(report.services if report else ())})
    found = {status.path: status for name in asked for status in parts.log_tail.sources(name)}
    return LogSources(services=known, sources=[LogSource.model_validate(each) for each in found.values()])


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"text/plain": {}}}})
def export(parts: PartsDep, wanted: Wanted) -> StreamingResponse:
    """The lines of a range as text, oldest first."""

    def text() -> Iterator[str]:
        with parts.log_store.reading() as db:
            for number, each in enumerate(queries.each(db, wanted, _MOST_EXPORTED + 1)):
                if number == _MOST_EXPORTED:
                    yield f"… more lines fit; the first {_MOST_EXPORTED:,} are above\n"
                    return
                yield log_text(each)

    headers = {"Content-Disposition": 'attachment; filename="logs.txt"'}
    return StreamingResponse(text(), media_type="text/plain; charset=utf-8", headers=headers)


def _place(cursor: str) -> tuple[float, int]:
    time, _, number = cursor.partition(":")
    try:
        place = float(time), int(number)
    except ValueError:
        place = 0.0, -1
    if not 0 <= place[1] <= _LARGEST_ID:
        raise ApiError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "cursor: not one of this list; leave it out to begin anew"
        )
    return place
