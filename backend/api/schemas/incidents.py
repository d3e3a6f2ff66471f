"""Incidents on the wire, and what a request may say to one."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.cards import ReasonCard
from backend.api.schemas.logs import LogEntry
from backend.api.schemas.readings import Expected
from backend.incidents.incident import Actor, EntryKind, Feedback, ResolveReason, Status
from backend.incidents.queries import MAX_IDS
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
    card: ReasonCard | None = Field(
        description="why the reading that opened it is anomalous; null where no model said so"
    )


class IncidentCounts(Wire):
    """By status what fits all filters but that of the status; by severity likewise."""

    status: dict[Status, int]
    severity: dict[Severity, int]


class IncidentList(Wire):
    items: list[IncidentSummary]
    total: int
    next_cursor: str | None
    counts: IncidentCounts


class IncidentIds(Wire):
    ids: list[int] = Field(description="in the order of the list, the first 10,000 of them")
    total: int


class TextBody(BaseModel):
    """Body of acknowledge and reopen; the comment may be left out."""

    model_config = ConfigDict(extra="forbid")
    comment: str = Field("", max_length=10_000)


class ResolveBody(TextBody):
    reason: ResolveReason | None = None


class CommentBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=10_000)


BulkAction = Literal["acknowledge", "resolve", "reopen", "undo"]


class BulkBody(ResolveBody):
    """One act on many incidents; ``reason`` goes with resolve alone, and an undo takes no words."""

    action: BulkAction
    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(min_length=1, max_length=MAX_IDS)

    @model_validator(mode="after")
    def _fits_the_action(self) -> Self:
        if self.reason is not None and self.action != "resolve":
            raise ValueError("reason: only resolve takes one")
        if self.comment and self.action == "undo":
            raise ValueError("comment: undo takes none")
        return self


class BulkRefusal(Wire):
    id: int
    detail: str


class BulkResult(Wire):
    """What was done, incident by incident: each id of the request is in one of the two."""

    changed: list[int]
    refused: list[BulkRefusal]


class FeedbackBody(BaseModel):
    """Was this right?"""

    model_config = ConfigDict(extra="forbid")
    answer: Feedback
