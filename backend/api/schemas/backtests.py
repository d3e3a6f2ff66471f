"""Backtests on the wire: what is asked for, how far it is, and what would have fired."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.readings import Span
from backend.metrics.readings import Severity
from backend.settings import CheckedSensitivity, DetectorName, PolicyName, Sensitivity


class BacktestBody(BaseModel):
    """``start`` and ``end`` are RFC 3339 times, durations back from now such as ``14d``, or ``now``.

    With a sensitivity, a policy or a detector the present settings are compared with these.
    """

    model_config = ConfigDict(extra="forbid")
    service: str | None = Field(None, max_length=2000)
    metric: str | None = Field(None, max_length=64)
    start: str = Field(max_length=100, examples=["14d", "2026-01-01T00:00:00Z"])
    end: str | None = Field(None, max_length=100, description="now by default")
    sensitivity: CheckedSensitivity | None = None
    policy: PolicyName | None = None
    detector: DetectorName | None = None


class Judging(Wire):
    """The settings that decide what fires."""

    detector: DetectorName
    policy: PolicyName
    sensitivity: dict[str, Sensitivity] = Field(description="by metric: a word, or a score")
    dedup_window: float = Field(description="seconds")


class Outcome(Wire):
    incidents: int
    firing: int = Field(description="readings that fired")
    alerts_per_week: float


class BacktestTotals(Wire):
    """The sums over all pairs."""

    pairs: int
    readings: int
    gaps: int
    present: Outcome
    asked: Outcome | None
    appears: int = Field(description="incidents that only the settings asked about would have opened")
    vanishes: int = Field(description="incidents that only the present settings would have opened")
    real: int = Field(description="incidents in the database that opened in the range")
    found: int = Field(description="of these, those that the present settings find again")
    found_asked: int | None


class Backtest(Wire):
    """A backtest as it stands. ``asked`` is null where the present settings alone were replayed."""

    id: str
    state: Literal["running", "done", "failed", "cancelled"]
    phase: Literal["fetching", "replaying", "ended"]
    service: str | None
    metric: str | None
    start: Time
    end: Time
    present: Judging
    asked: Judging | None
    started_at: Time
    finished_at: Time | None
    eta: Time | None = Field(description="when it will end, at the pace so far")
    done: int = Field(description="pairs")
    total: int = Field(description="pairs; 0 until the fetch has shown how many there are")
    data_from: Time | None = Field(
        description="the first reading that Prometheus has of the range; later than start where it keeps less"
    )
    detail: str = Field(description="what it does, or why it ended")
    totals: BacktestTotals | None = Field(description="once it is done")


class BacktestList(Wire):
    items: list[Backtest] = Field(description="those since the last start, newest first")


class WouldFire(Wire):
    """An incident that would have opened."""

    service: str
    metric: str
    start: Time
    end: Time
    peak_at: Time = Field(description="its worst reading; value and score are that one's")
    value: float
    score: float | None
    severity: Severity
    readings: int = Field(description="readings that fired")
    title: str
    reason: str = Field(description="why its first reading fired, in words")
    change: Literal["same", "appears", "vanishes"] = Field(
        description="what becomes of it under the settings asked about; same where none were"
    )


class RealIncident(Wire):
    """An incident in the database, and whether the backtest opens one at its time."""

    id: int
    event_ts: Time
    title: str
    found: bool
    found_asked: bool | None


class BacktestPair(Wire):
    service: str
    metric: str
    metric_title: str
    unit: str
    note: str = Field(description="what limits the answer; empty where nothing does")
    first: Time
    last: Time
    readings: int
    judged: int = Field(description="readings that a model judged")
    gaps: int = Field(description="stretches without a reading")
    missing: int = Field(description="polls in them")
    threshold: float | None = Field(description="the score from which a reading is anomalous")
    asked_threshold: float | None
    present: Outcome
    asked: Outcome | None
    incidents: list[WouldFire]
    real: list[RealIncident]


class BacktestPairs(Wire):
    """One page, those with the most incidents first."""

    items: list[BacktestPair]
    total: int
    next_offset: int | None


class BacktestPoint(Wire):
    timestamp: Time
    value: float
    score: float | None
    asked_score: float | None = Field(description="where another detector was asked about")


class BacktestSeries(Wire):
    """The chart of one pair: its readings, thinned out so that every peak of value and score stays."""

    service: str
    metric: str
    metric_title: str
    unit: str
    high: float | None
    critical: float | None
    direction: Literal["above", "below"]
    threshold: float | None
    asked_threshold: float | None
    total: int = Field(description="readings in the range, before downsampling")
    downsampled: bool
    points: list[BacktestPoint]
    gaps: list[Span] = Field(description="stretches without readings, as far as the chart can show them")
    incidents: list[WouldFire]
    real: list[RealIncident]
