"""What a reason card and an artefact hold: the shared words for why a reading is as it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Side = Literal["above", "below", "unsteady"]
"""Where a reading stands against what is usual; ``unsteady``: not its level but its movement is unusual."""

About = Literal["level", "change", "variability", "time_of_day", "time_of_week"]
"""What a detector looked at."""


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of strangeness and its part in the score, in 0..1; ``view`` is the strongest of its kind."""

    about: About
    view: str
    part: float
    side: Side
    words: str


@dataclass(frozen=True, slots=True)
class PastIncident:
    """A resolved incident that resembles the present one; times in seconds since the epoch.

    ``resolution`` is what its timeline says of its end.
    """

    id: int
    service: str
    metric: str
    title: str
    opened_at: float
    resolved_at: float
    resolution: str


@dataclass(frozen=True, slots=True)
class ReasonCard:
    """Why a reading is anomalous. Values in ``unit``, times in seconds since the epoch.

    ``low`` and ``high`` bound the expected range: None where it has no such end, and both are None where
    no range is known. ``yesterday`` and ``last_week`` are the medians of the hour around the same time
    then, None where nothing is stored. ``since`` is the first reading of the anomalous stretch.
    """

    observed: float
    unit: str
    low: float | None
    high: float | None
    yesterday: float | None
    last_week: float | None
    side: Side
    since: float
    shares: tuple[Share, ...]
    nearest: PastIncident | None = None


class ArtefactKind(StrEnum):
    """What can make readings look strange although nobody has to get up for it."""

    DEPLOY = "deploy"
    RESTART = "restart"
    NEW_INSTANCE = "new_instance"
    COUNTER_RESET = "counter_reset"
    SCRAPE_GAP = "scrape_gap"
    STALE = "stale"
    CLOCK_SKEW = "clock_skew"


LASTING = (ArtefactKind.SCRAPE_GAP, ArtefactKind.CLOCK_SKEW)
"""The kinds that are no event but a trouble, which goes on until it ends."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something that happened to a service's measuring; ``words`` is a clause such as ``it restarted``.

    ``since``: when, in seconds since the epoch. ``settles_at``: until then it holds alerts back, None for
    the kinds that never do.
    """

    kind: ArtefactKind
    since: float
    words: str
    settles_at: float | None = None

    def holds_back(self, at: float) -> bool:
        """Whether a reading of time ``at`` opens no incident because of it."""
        return self.settles_at is not None and at < self.settles_at


@dataclass(frozen=True, slots=True)
class Marker:
    """An artefact of one service, as charts show it."""

    service: str
    artefact: Artefact
