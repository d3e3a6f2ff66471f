"""Incidents: the list, one of them, and what an operator does with it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from backend.api.errors import ApiError
from backend.api.parts import Parts, PartsDep
from backend.api.schemas.incidents import (
    CommentBody,
    FeedbackBody,
    IncidentDetail,
    IncidentList,
    IncidentSummary,
    ResolveBody,
    TextBody,
)
from backend.api.wire import log_entry
from backend.incidents import incident as lifecycle
from backend.incidents.incident import Incident, Status
from backend.incidents.queries import MAX_LIMIT, IncidentQuery
from backend.incidents.store import IncidentNotFound
from backend.jobs.triage import incident_event
from backend.metrics.readings import Severity

router = APIRouter(prefix="/incidents", tags=["incidents"])

IncidentId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("")
def incidents(
    parts: PartsDep,
    service: Annotated[list[str] | None, Query()] = None,
    metric: Annotated[list[str] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    status: Annotated[list[Status] | None, Query()] = None,
    q: Annotated[
        str, Query(max_length=500, description="words in the title, service, metric or reason, or an id")
    ] = "",
    sort: Annotated[
        str, Query(description="urgency, opened_at, updated_at, severity or service; '-' turns it around")
    ] = "urgency",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="next_cursor of the page before")
    ] = None,
) -> IncidentList:
    """One page. A filter may be given several times: any of its values fits."""
    query = IncidentQuery(
        services=tuple(service or ()),
        metrics=tuple(metric or ()),
        severities=tuple(severity or ()),
        statuses=tuple(status or ()),
        q=q,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    try:
        page = parts.incidents.list(query)
    except ValueError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    items = [IncidentSummary.model_validate(item) for item in page.items]
    return IncidentList(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{incident_id}")
def incident(parts: PartsDep, incident_id: IncidentId) -> IncidentDetail:
    """One incident with its timeline, readings, reasons and correlated log lines."""
    found = parts.incidents.get(incident_id)
    if found is None:
        raise IncidentNotFound(incident_id)
    return _detail(found)


@router.post("/{incident_id}/acknowledge")
def acknowledge(parts: PartsDep, incident_id: IncidentId, body: TextBody | None = None) -> IncidentDetail:
    """OPEN -> ACKNOWLEDGED: somebody looks after it."""
    text = body.comment if body else ""
    return _change(parts, incident_id, "acknowledged", lambda i, at: lifecycle.acknowledge(i, at, text))


@router.post("/{incident_id}/resolve")
def resolve(parts: PartsDep, incident_id: IncidentId, body: ResolveBody | None = None) -> IncidentDetail:
    """OPEN or ACKNOWLEDGED -> RESOLVED."""
    body = body or ResolveBody()
    return _change(
        parts, incident_id, "resolved", lambda i, at: lifecycle.resolve(i, at, body.reason, body.comment)
    )


@router.post("/{incident_id}/reopen")
def reopen(parts: PartsDep, incident_id: IncidentId, body: TextBody | None = None) -> IncidentDetail:
    """RESOLVED -> OPEN."""
    text = body.comment if body else ""
    return _change(parts, incident_id, "reopened", lambda i, at: lifecycle.reopen(i, at, text))


@router.post("/{incident_id}/comments")
def comment(parts: PartsDep, incident_id: IncidentId, body: CommentBody) -> IncidentDetail:
    """Add a comment, in any status."""
    try:
        return _change(parts, incident_id, "comment", lambda i, at: lifecycle.comment(i, at, body.text))
    except ValueError as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, f"text: {error}") from None


@router.post("/{incident_id}/feedback")
def feedback(parts: PartsDep, incident_id: IncidentId, body: FeedbackBody) -> IncidentDetail:
    """Was this right? A later answer replaces an earlier one."""
    return _change(parts, incident_id, "feedback", lambda i, at: lifecycle.give_feedback(i, at, body.answer))


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
        }
    )
