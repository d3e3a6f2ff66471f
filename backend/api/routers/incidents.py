"""Incidents: the list, one of them, and what an operator does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.incidents import (
    BulkBody,
    BulkRefusal,
    BulkResult,
    CommentBody,
    FeedbackBody,
    IncidentCounts,
    IncidentDetail,
    IncidentIds,
    IncidentList,
    IncidentSummary,
    ResolveBody,
    TextBody,
)
from backend.api.times import parse_time
from backend.api.wire import log_entry
from backend.incidents import acts
from backend.incidents.incident import Incident, Status
from backend.incidents.queries import MAX_IDS, MAX_LIMIT, IncidentQuery
from backend.incidents.report import markdown
from backend.incidents.store import IncidentNotFound
from backend.incidents.undo import undo
from backend.jobs.triage import incident_event
from backend.metrics.readings import Severity

router = APIRouter(prefix="/incidents", tags=["incidents"])

IncidentId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def _filters(
    service: Annotated[list[str] | None, Query()] = None,
    metric: Annotated[list[str] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    status: Annotated[list[Status] | None, Query()] = None,
    q: Annotated[
        str, Query(max_length=500, description="words in the title, service, metric or reason, or an id")
    ] = "",
    start: Annotated[str | None, Query(description="RFC 3339; only what fired at or after it")] = None,
    end: Annotated[str | None, Query(description="RFC 3339; only what began to fire at or before it")] = None,
    sort: Annotated[
        str, Query(description="urgency, opened_at, updated_at, severity or service; '-' turns it around")
    ] = "urgency",
) -> IncidentQuery:
    first = parse_time("start", start) if start else None
    last = parse_time("end", end) if end else None
    if first is not None and last is not None and first > last:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "start lies after end; swap them")
    return IncidentQuery(
        services=tuple(service or ()),
        metrics=tuple(metric or ()),
        severities=tuple(severity or ()),
        statuses=tuple(status or ()),
        q=q,
        start=first,
        end=last,
        sort=sort,
    )


Filters = Annotated[IncidentQuery, Depends(_filters)]


@router.get("")
def incidents(
    parts: PartsDep,
    filters: Filters,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="next_cursor of the page before")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**31, description="skip so many, instead of a cursor")] = 0,
) -> IncidentList:
    """One page. A filter may be given several times: any of its values fits."""
    query = replace(filters, limit=limit, cursor=cursor, offset=offset)
    try:
        page = parts.incidents.list(query)
    except ValueError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    items = [IncidentSummary.model_validate(item) for item in page.items]
    counts = IncidentCounts(status=dict(page.statuses), severity=dict(page.severities))
    return IncidentList(items=items, total=page.total, next_cursor=page.next_cursor, counts=counts)


@router.get("/ids")
def incident_ids(parts: PartsDep, filters: Filters) -> IncidentIds:
    """The ids alone of all that fit, for acting on all of them or stepping through them."""
    try:
        found = parts.incidents.ids(filters)
        total = len(found) if len(found) < MAX_IDS else parts.incidents.list(replace(filters, limit=1)).total
    except ValueError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    return IncidentIds(ids=list(found), total=total)


@router.post("/bulk")
def act_on_many(parts: PartsDep, body: BulkBody) -> BulkResult:
    """One act on many incidents. Those that do not allow it stay as they are, each with its reason."""
    now = parts.clock.now()
    transition = _transition(body)
    changed, refused = parts.incidents.change_many(body.ids, lambda found: transition(found, now))
    if changed:
        parts.broadcast.publish("incident", {"kind": body.action, "changed": len(changed)})
    return BulkResult(
        changed=[incident.id for incident in changed],
        refused=[BulkRefusal(id=incident_id, detail=detail) for incident_id, detail in refused.items()],
    )


def _transition(body: BulkBody) -> Callable[[Incident, float], Incident]:
    match body.action:
        case "acknowledge":
            return lambda found, at: acts.acknowledge(found, at, body.comment)
        case "resolve":
            return lambda found, at: acts.resolve(found, at, body.reason, body.comment)
        case "reopen":
            return lambda found, at: acts.reopen(found, at, body.comment)
        case "undo":
            return undo


@router.get("/{incident_id}")
def incident(parts: PartsDep, incident_id: IncidentId) -> IncidentDetail:
    """One incident with its timeline, readings, reasons and correlated log lines."""
    return _detail(_found(parts, incident_id))


@router.get(
    "/{incident_id}/export",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}, "application/json": {}}}},
)
def export(
    parts: PartsDep,
    incident_id: IncidentId,
    form: Annotated[Literal["md", "json"], Query(alias="format")] = "md",
) -> Response:
    """The incident as a file: Markdown for a ticket, or the JSON of ``GET /incidents/{id}``, indented."""
    found = _found(parts, incident_id)
    if form == "md":
        body, media_type = markdown(found), "text/markdown"
    else:
        body, media_type = _detail(found).model_dump_json(indent=2) + "\n", "application/json"
    name = f'attachment; filename="incident-{incident_id}.{form}"'
    return Response(
        body.encode("utf-8", "replace"), media_type=media_type, headers={"Content-Disposition": name}
    )


@router.post("/{incident_id}/acknowledge")
def acknowledge(parts: PartsDep, incident_id: IncidentId, body: TextBody | None = None) -> IncidentDetail:
    """OPEN -> ACKNOWLEDGED: somebody looks after it."""
    text = body.comment if body else ""
    return _change(parts, incident_id, "acknowledged", lambda i, at: acts.acknowledge(i, at, text))


@router.post("/{incident_id}/resolve")
def resolve(parts: PartsDep, incident_id: IncidentId, body: ResolveBody | None = None) -> IncidentDetail:
    """OPEN or ACKNOWLEDGED -> RESOLVED."""
    body = body or ResolveBody()
    return _change(
        parts, incident_id, "resolved", lambda i, at: acts.resolve(i, at, body.reason, body.comment)
    )


@router.post("/{incident_id}/reopen")
def reopen(parts: PartsDep, incident_id: IncidentId, body: TextBody | None = None) -> IncidentDetail:
    """RESOLVED -> OPEN."""
    text = body.comment if body else ""
    return _change(parts, incident_id, "reopened", lambda i, at: acts.reopen(i, at, text))


@router.post("/{incident_id}/undo")
def take_back(parts: PartsDep, incident_id: IncidentId) -> IncidentDetail:
    """Take back an acknowledgement or a resolution of the last five minutes; the timeline keeps both."""
    return _change(parts, incident_id, "undone", undo)


@router.post("/{incident_id}/comments")
def comment(parts: PartsDep, incident_id: IncidentId, body: CommentBody) -> IncidentDetail:
    """Add a comment, in any status."""
    try:
        return _change(parts, incident_id, "comment", lambda i, at: acts.comment(i, at, body.text))
    except ValueError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, f"text: {error}") from None


@router.post("/{incident_id}/feedback")
def feedback(parts: PartsDep, incident_id: IncidentId, body: FeedbackBody) -> IncidentDetail:
    """Was this right? A later answer replaces an earlier one."""
    return _change(parts, incident_id, "feedback", lambda i, at: acts.give_feedback(i, at, body.answer))


def _found(parts: Parts, incident_id: int) -> Incident:
    found = parts.incidents.get(incident_id)
    if found is None:
        raise IncidentNotFound(incident_id)
    return found


def _change(
    parts: Parts, incident_id: int, kind: str, transition: Callable[[Incident, float], Incident]
) -> IncidentDetail:
    now = parts.clock.now()
    changed = parts.incidents.change(incident_id, lambda found: transition(found, now))
    parts.broadcast.publish("incident", incident_event(changed, kind))
    return _detail(changed)


def _detail(incident: Incident) -> IncidentDetail:
    summary = IncidentSummary.model_validate(incident).model_dump()
    return IncidentDetail.model_validate(
        {k: getattr(incident, k) for k in summary}
        | {
            "readings": incident.readings,
            "logs": [log_entry(line) for line in incident.logs],
            "timeline": incident.timeline,
            "card": incident.card,
        }
    )
