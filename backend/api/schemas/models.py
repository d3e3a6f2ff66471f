"""Models and training runs on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.readings import Expected
from backend.settings import DetectorName

ModelState = Literal["ready", "warming_up", "failed"]
ModelSort = Literal[
    "service",
    "metric",
    "state",
    "trained_at",
    "samples",
    "alert_rate",
    "-service",
    "-metric",
    "-state",
    "-trained_at",
    "-samples",
    "-alert_rate",
]


class ModelStatus(Wire):
    """The model of one pair that has a series."""

    service: str
    metric: str
    title: str = Field(description="the metric's title")
    unit: str = Field(description="of the usual values")
    state: ModelState
    reason: str = Field(description="why it failed, or what it waits for; empty when ready")
    have: int = Field(description="samples that its model was trained on, or that there are for its first")
    need: int
    eta: Time | None = Field(description="when warming up: the earliest time the model can be ready")
    trained_at: Time | None
    window: float = Field(description="training window in seconds")
    samples: int | None = Field(description="samples it was fitted on")
    version: str | None = Field(description="the generation it belongs to")
    usual: Expected | None = Field(description="the middle 99 % of the values it learned, and a little more")
    detector: DetectorName
    learned: int | None = Field(
        description="readings it knows by now: a view forest goes on learning; null while it judges nothing"
    )
    judged: int = Field(description="readings it has judged since it serves")
    alert_rate: float | None = Field(description="the share of them that it called anomalous")
    alarming: bool = Field(
        description="it serves, and called a fifth or more of at least 20 readings anomalous: it may not fit"
    )
    changed: str = Field(description="what differs from the model before it; empty for the first")
    candidate: str = Field(description="why a newer model was not taken; empty where none was held back")
    held: bool = Field(description="gone back to by a rollback: it stays as it is until the next retrain")
    before: Time | None = Field(
        description="when the model that POST /models/rollback would serve was trained; null: there is none"
    )


class Pair(Wire):
    service: str
    metric: str


class ModelList(Wire):
    items: list[ModelStatus]
    total: int = Field(description="pairs that fit the filters, on this page or not")
    states: dict[ModelState, int] = Field(description="pairs by state, of all that fit the other filters")


class Rollback(Wire):
    """The models that serve again."""

    generation: str
    models: list[Pair]


class PairProblem(Wire):
    service: str
    metric: str
    reason: str


class RetrainJob(Wire):
    id: str
    state: Literal["running", "done", "failed", "cancelled"]
    trigger: Literal["start", "schedule", "api", "command", "resolved", "seasons"]
    started_at: Time
    finished_at: Time | None
    total: int
    done: int
    trained: int
    skipped: list[PairProblem]
    failed: list[PairProblem]
    held_back: list[PairProblem] = Field(
        description="pairs whose new model judges too differently from the present one, which stays"
    )
    force: bool = Field(description="new models serve however much they differ")
    detail: str = Field(description="what it does, or why it ended")
