"""The words every room shares: a series key, a sample, a reading, and the states these can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from backend.metrics.cards import Artefact, ReasonCard


class SeriesKey(NamedTuple):
    """One pair: a service (the ``service`` label's value, any characters) and a metric (a catalogue key)."""

    service: str
    metric: str


class Sample(NamedTuple):
    """One value of one series; ``timestamp`` in seconds since the epoch, ``value`` finite."""

    timestamp: float
    value: float


class State(StrEnum):
    """How a pair ended a poll. Only ``scored`` says anything about the service's health."""

    SCORED = "scored"
    STALE = "stale"
    NO_MODEL = "no_model"
    FAILED = "failed"


class Verdict(StrEnum):
    """What the pair's own forest says of a reading (the API's ``prediction``)."""

    NORMAL = "Normal"
    ANOMALY = "Anomaly"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """Where the value stands against the catalogue's thresholds."""

    NORMAL = "Normal"
    HIGH = "High"
    CRITICAL = "Critical"

    @property
    def rank(self) -> int:
        """0 Normal, 1 High, 2 Critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class ExpectedRange(NamedTuple):
    """The values a pair has learned to expect, in the metric's unit."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample of one pair with all that was decided about it.

    ``value`` is None where there is no usable sample; then ``state`` is not ``scored``, the verdict is
    Unknown and ``reasons`` says why. ``features`` maps the feature names of ``detection.features`` to values.
    ``score`` is in 0..1, higher is more anomalous, None where the pair has no model. ``young``: the model has
    learned too little to raise an alarm by itself. ``card`` says in detail why a reading is anomalous, and is
    None for any other; ``artefact`` is what happened to the service just now.
    """

    key: SeriesKey
    timestamp: float
    value: float | None
    state: State
    severity: Severity = Severity.NORMAL
    verdict: Verdict = Verdict.UNKNOWN
    score: float | None = None
    expected: ExpectedRange | None = None
    reasons: tuple[str, ...] = ()
    features: dict[str, float] = field(default_factory=dict)
    young: bool = False
    card: ReasonCard | None = None
    artefact: Artefact | None = None
