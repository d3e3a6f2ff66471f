"""Incidents on the wire, and what a request may say to one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.logs import LogEntry
from backend.api.schemas.readings import Expected
from backend.incidents.incident import Actor, EntryKind, Feedback, ResolveReason, Status
from backend.metrics.readings import Severity, Verdict


class IncidentReading(Wire):
    timestamp: Time
    value: float
    score: float | None
    severity: Severity
    prediction: Verdict
    expected: Expected | None


class TimelineEntry(Wire):
    at: Time
    kind: EntryKind
    actor: Actor
    text: str


class IncidentSummary(Wire):
    id: int
    service: str
    metric: str
    metric_title: str
    unit: str
    severity: Severity
    status: Status
    title: str
    reason: str
    policy: str
    fingerprint: str
    event_ts: Time
    opened_at: Time
    updated_at: Time
    resolved_at: Time | None
    resolve_reason: ResolveReason | None
    last_fired_at: Time
    feedback: Feedback | None


class IncidentDetail(IncidentSummary):
    readings: list[IncidentReading]
    logs: list[LogEntry]
    timeline: list[TimelineEntry]


class IncidentList(Wire):
    items: list[IncidentSummary]
    total: int
    next_cursor: str | None


class TextBody(BaseModel):
    """Body of acknowledge and reopen; the comment may be left out."""

    model_config = ConfigDict(extra="forbid")
    comment: str = Field("", max_length=10_000)


class ResolveBody(TextBody):
    reason: ResolveReason | None = None


class CommentBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=10_000)


class FeedbackBody(BaseModel):
    """Was this right?"""

    model_config = ConfigDict(extra="forbid")
    answer: Feedback
