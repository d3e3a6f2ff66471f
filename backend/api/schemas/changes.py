"""What changed in a range of time, on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.cards import Annotation
from backend.api.schemas.incidents import IncidentSummary
from backend.api.schemas.logs import LogTemplate
from backend.api.schemas.readings import Span


class MetricChange(Wire):
    """How far one metric moved, with the numbers and the query by which anyone can check it."""

    service: str
    metric: str
    title: str
    unit: str
    score: float | None = Field(
        description="max |x - median before| / max(IQR before / 1.349, 0.1 % of |median before|); "
        "null where the metric was constantly 0 before: any change is infinitely many times nothing"
    )
    notable: bool = Field(description="moved more than noise does")
    direction: Literal["up", "down", "none"]
    usual: float = Field(description="the median of the window before, in the metric's unit")
    spread: float = Field(description="the denominator of the score, in the metric's unit")
    extreme: float = Field(description="the range's value farthest from the median before")
    extreme_at: Time
    readings_before: int
    readings: int
    query: str = Field(description="the PromQL behind the readings, for all services at once")


class NotCompared(Wire):
    service: str
    metric: str
    reason: str


class Changes(Wire):
    """What moved between ``range`` and ``compared_with``, the greatest change first."""

    service: str
    range: Span
    compared_with: Span
    metrics: list[MetricChange] = Field(description="all metrics of the service")
    others: list[MetricChange] = Field(description="what moved most on the other services")
    others_compared: int = Field(description="pairs of other services that were looked at")
    others_skipped: str = Field(description="why none of them were; empty otherwise")
    not_compared: list[NotCompared] = Field(description="metrics of the service without enough readings")
    templates: list[LogTemplate] = Field(description="new and more frequent log templates of the service")
    templates_truncated: bool
    happened: list[Annotation] = Field(
        description="restarts, deploys and the like in the range, of any service, the newest first"
    )
    incidents: list[IncidentSummary] = Field(
        description="those of any service that fired in the range, the newest first"
    )
