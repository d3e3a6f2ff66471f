"""Each metric's sensitivity on the wire, what another one would do, and who changed it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.api.schemas.backtests import Outcome, WouldFire
from backend.api.schemas.base import Time, Wire
from backend.settings import CheckedSensitivity, Sensitivity

Name = Field("operator", min_length=1, max_length=80, description="who asks for it; kept in the history")


class MetricSensitivity(Wire):
    metric: str
    title: str
    sensitivity: Sensitivity = Field(description="a word, or a score")
    threshold: float = Field(description="the score from which a reading is anomalous")
    source: Literal["operator", "configuration"]
    configured: Sensitivity = Field(description="what DELETE returns to")


class SensitivityChange(Wire):
    at: Time
    by: str
    metric: str
    sensitivity: Sensitivity | None = Field(description="null: back to the configuration")


class SensitivityList(Wire):
    items: list[MetricSensitivity]
    words: dict[str, float] = Field(description="the score that each word stands for")
    applies: bool = Field(description="false where the classic forest is set, which has no sensitivity")
    history: list[SensitivityChange] = Field(description="newest first")


class SensitivityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sensitivity: CheckedSensitivity
    by: str = Name


class PreviewBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    metric: str = Field(max_length=64)
    sensitivity: CheckedSensitivity
    days: float = Field(7, gt=0, le=31)


class PreviewDay(Wire):
    day: str = Field(description="YYYY-MM-DD, UTC")
    present: int = Field(description="incidents that would have opened on it")
    asked: int


class SensitivityPreview(Wire):
    """What a sensitivity would have done in the last days, from the scores as they were stored."""

    metric: str
    title: str
    start: Time = Field(description="the first stored score of these days, or their beginning")
    end: Time
    shortened: bool = Field(description="fewer days than asked for, because there are so many pairs")
    sensitivity: Sensitivity
    threshold: float
    present_sensitivity: Sensitivity
    present_threshold: float
    pairs: int
    readings: int
    judged: int = Field(description="readings with a stored score; the others say nothing")
    days: list[PreviewDay]
    present: Outcome
    asked: Outcome
    incidents: list[WouldFire] = Field(description="the first of them, what changes before what does not")
    incidents_total: int
    appears: int
    vanishes: int
