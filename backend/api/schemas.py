"""The wire's schemas; OpenAPI, and from it the UI's TypeScript types, come from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from backend.clock import to_rfc3339
from backend.incidents.incident import Actor, EntryKind, Feedback, ResolveReason, Status
from backend.metrics.readings import Severity, State, Verdict

Time = Annotated[
    float,
    PlainSerializer(to_rfc3339, return_type=str),
    Field(description="RFC 3339, UTC", json_schema_extra={"type": "string", "format": "date-time"}),
]


class Wire(BaseModel):
    """Built from our own objects, never from input: attributes are read as they are."""

    model_config = ConfigDict(from_attributes=True)


class Expected(Wire):
    low: float
    high: float


class MetricReading(Wire):
    """The newest reading of one pair. ``value`` is null where there is no usable sample."""

    title: str
    value: float | None
    unit: str
    severity: Severity
    prediction: Verdict
    score: float | None = Field(description="0..1, higher is more anomalous; null without a model")
    state: State
    expected: Expected | None
    reasons: list[str]
    event_ts: Time | None = Field(description="when the sample was taken; give it to GET /logs")
    high: float | None = Field(description="the threshold of severity High, if the metric has one")
    critical: float | None
    direction: Literal["above", "below"]


class ServiceMetrics(Wire):
    service: str
    timestamp: Time | None = Field(description="the poll this answer comes from; null before the first")
    metrics: dict[str, MetricReading]


class OverviewMetric(MetricReading):
    recent: list[float | None] = Field(
        description="the newest values, oldest first; null where one is missing"
    )


class OverviewService(Wire):
    service: str
    severity: Severity
    blind: bool = Field(description="no metric of the service has a usable sample")
    open_incidents: int
    metrics: dict[str, OverviewMetric]


class WarmingUp(Wire):
    """How far the pairs without a model are from their first one."""

    pairs: int
    have: int = Field(description="samples of the pair that has fewest")
    need: int
    eta: Time | None


class Overview(Wire):
    """Everything the Now page shows, in one answer."""

    timestamp: Time | None
    poll_interval: float = Field(description="seconds")
    severities: dict[Severity, int] = Field(description="services by severity; blind ones are not counted")
    blind: int
    open_incidents: int
    warming_up: WarmingUp | None
    services: list[OverviewService]


class HistoryPoint(Wire):
    timestamp: Time
    value: float
    prediction: Verdict
    severity: Severity | None = Field(
        description="null for a reading fetched from the past, which nobody judged"
    )
    score: float | None


class History(Wire):
    service: str
    metric: str
    unit: str
    start: Time
    end: Time
    total: int = Field(description="readings in the range, before downsampling")
    downsampled: bool
    expected: Expected | None
    high: float | None
    critical: float | None
    points: list[HistoryPoint]


class LogEntry(Wire):
    timestamp: Time
    service: str
    level: str
    message: str
    logger: str
    thread: str
    trace_id: str
    stack_trace: str
    count: int = Field(description="how many like this one were joined into it")
    explains: bool = Field(description="this line helps to explain the event")
    reason: str = Field(description="why it is marked; empty otherwise")


class LogSource(Wire):
    path: str
    state: Literal["reading", "missing", "failed"]
    detail: str
    lines: int


class Logs(Wire):
    service: str
    event_ts: Time
    start: Time
    end: Time
    total: int = Field(description="lines in the range that fit the filters")
    truncated: bool
    lines: list[LogEntry]
    sources: list[LogSource] = Field(description="the files read for this service, and their state")


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


class ModelStatus(Wire):
    """The model of one pair that has a series."""

    service: str
    metric: str
    state: Literal["ready", "warming_up", "failed"]
    reason: str = Field(description="why it failed, or what it waits for; empty when ready")
    have: int = Field(description="samples inside the training window")
    need: int
    eta: Time | None = Field(description="when warming up: the earliest time the model can be ready")
    trained_at: Time | None
    window: float = Field(description="training window in seconds")
    samples: int | None = Field(description="samples it was fitted on")
    version: str | None = Field(description="the generation it belongs to")
    expected: Expected | None


class ModelList(Wire):
    items: list[ModelStatus]


class PairProblem(Wire):
    service: str
    metric: str
    reason: str


class RetrainJob(Wire):
    id: str
    state: Literal["running", "done", "failed", "cancelled"]
    trigger: Literal["start", "schedule", "api", "command"]
    started_at: Time
    finished_at: Time | None
    total: int
    done: int
    trained: int
    skipped: list[PairProblem]
    failed: list[PairProblem]
    detail: str = Field(description="what it does, or why it ended")


class DependencyState(Wire):
    state: Literal["ok", "degraded", "down", "starting"]
    detail: str
    since: Time | None


class Ready(Wire):
    ready: bool
    dependencies: dict[str, DependencyState]


class Health(Wire):
    status: Literal["ok"]
    version: str


class Problem(Wire):
    """application/problem+json (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, Any]] | None = None
