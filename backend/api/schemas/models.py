"""Models and training runs on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.readings import Expected


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
