"""Reason cards and artefacts on the wire."""

from __future__ import annotations

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.metrics.cards import About, ArtefactKind, Side


class ReasonShare(Wire):
    """One kind of strangeness: what part of the score it has, and what was seen."""

    about: About
    view: str = Field(description="the view or feature that says most of it")
    part: float = Field(description="its part of the score, 0..1; calm views have the rest")
    side: Side
    words: str


class PastIncident(Wire):
    """The resolved incident that resembles this one most: of the same pair, else of the same metric."""

    id: int
    service: str
    metric: str
    title: str
    opened_at: Time
    resolved_at: Time
    resolution: str = Field(description="what its timeline says of its end")


class ReasonCard(Wire):
    """Why a reading is anomalous; values in ``unit``."""

    observed: float
    unit: str
    low: float | None = Field(description="the expected range; null: it has no such end")
    high: float | None
    yesterday: float | None = Field(description="median of the same hour yesterday; null: nothing stored")
    last_week: float | None = Field(description="the same a week ago")
    side: Side = Field(description="against what is usual; unsteady: its movement is, not its level")
    since: Time = Field(description="the first reading of the anomalous stretch")
    shares: list[ReasonShare] = Field(description="the strongest first; empty where no part stands out")
    nearest: PastIncident | None


class Artefact(Wire):
    """What happened to the service: to be read with its readings."""

    kind: ArtefactKind
    since: Time
    words: str = Field(description="a clause: it restarted")
    settles_at: Time | None = Field(
        description="until then no incident opens because of it; null for the kinds that hold nothing back"
    )


class Annotation(Artefact):
    service: str


class Annotations(Wire):
    start: Time
    end: Time
    items: list[Annotation] = Field(description="oldest first")
    truncated: bool = Field(description="there are older ones in the range that are not told")
