"""Readings on the wire: a service's newest ones, all of Now, and a pair's history."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.cards import Artefact, ReasonCard
from backend.metrics.readings import Severity, State, Verdict


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
    reasons: list[str] = Field(description="the strongest first")
    card: ReasonCard | None = Field(description="why it is anomalous, in detail; null where it is not")
    artefact: Artefact | None = Field(description="what happened to the service just now, if anything did")
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


class Span(Wire):
    """A stretch of time, both ends included."""

    start: Time
    end: Time


class History(Wire):
    """Readings of one pair between two times."""

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
    direction: Literal["above", "below"]
    query: str = Field(description="the PromQL behind the readings, for all services at once")
    unusual: list[Span] = Field(description="runs of readings judged anomalous, of all readings in the range")
    gaps: list[Span] = Field(description="between the two readings around each time without any")
    points: list[HistoryPoint]
