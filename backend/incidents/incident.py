"""One incident: its parts, how readings begin and continue it, and the log lines that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from backend.incidents import wording
from backend.incidents.fingerprint import fingerprint
from backend.logs.correlation import CorrelatedLine
from backend.metrics.cards import Artefact, ReasonCard
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import ExpectedRange, Reading, SeriesKey, Severity, Verdict

KEPT_READINGS = 200
"""An incident keeps its first readings, which show how it began; the later ones are only counted."""

Feedback = Literal["yes", "expected", "noise"]
EntryKind = Literal[
    "opened",
    "attached",
    "severity_changed",
    "acknowledged",
    "resolved",
    "reopened",
    "undone",
    "comment",
    "feedback",
    "logs",
    "artefact",
]
Actor = Literal["canopy", "operator"]


class Status(StrEnum):
    """What an operator knows of an incident."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


class ResolveReason(StrEnum):
    """Why an operator resolved it; readings of an ``expected`` or ``noise`` one are learned as normal."""

    REAL = "real"
    EXPECTED = "expected"
    NOISE = "noise"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to an incident, in words; ``at`` in seconds since the epoch."""

    at: float
    kind: EntryKind
    actor: Actor
    text: str


@dataclass(frozen=True, slots=True)
class IncidentReading:
    """A reading that fired; ``timestamp`` in seconds since the epoch, ``value`` in the metric's unit."""

    timestamp: float
    value: float
    score: float | None
    severity: Severity
    verdict: Verdict
    expected: ExpectedRange | None

    @property
    def prediction(self) -> Verdict:
        """The verdict by its name in the API."""
        return self.verdict

    @classmethod
    def of(cls, reading: Reading) -> IncidentReading:
        """Raises ValueError for a reading without a value: missing data is no evidence."""
        if reading.value is None:
            raise ValueError("a reading without a value cannot belong to an incident")
        return cls(
            reading.timestamp,
            reading.value,
            reading.score,
            reading.severity,
            reading.verdict,
            reading.expected,
        )


@dataclass(frozen=True, slots=True)
class LatestIncident:
    """What the policy must know of a pair's past: the incident that a firing reading would belong to."""

    id: int
    status: Status
    last_fired_at: float


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """An incident as a list shows it. Times in seconds since the epoch.

    ``severity`` is the highest it reached; ``event_ts`` the time of the reading that opened it;
    ``updated_at`` the time of the newest change that a person sees in the timeline or the logs;
    ``reading_count`` how many readings have fired, those that are not kept included.
    """

    id: int
    key: SeriesKey
    metric_title: str
    unit: str
    fingerprint: str
    severity: Severity
    status: Status
    title: str
    reason: str
    policy: str
    event_ts: float
    opened_at: float
    updated_at: float
    resolved_at: float | None
    resolve_reason: ResolveReason | None
    last_fired_at: float
    reading_count: int
    feedback: Feedback | None

    @property
    def service(self) -> str:
        return self.key.service

    @property
    def metric(self) -> str:
        return self.key.metric


@dataclass(frozen=True, slots=True)
class Incident(IncidentSummary):
    """The whole of it: the first KEPT_READINGS readings, the correlated log lines, the timeline.

    ``card``: why the reading that opened it is anomalous; None where it is not.
    """

    readings: tuple[IncidentReading, ...]
    logs: tuple[CorrelatedLine, ...]
    timeline: tuple[TimelineEntry, ...]
    card: ReasonCard | None = None


def begin(
    reading: Reading,
    spec: MetricSpec,
    *,
    policy: str,
    because: str,
    at: float,
    lines: tuple[CorrelatedLine, ...] = (),
    nearby: Sequence[Artefact] = (),
) -> Incident:
    """The incident that ``reading`` opens at time ``at``; its id is 0 until the store gives it one.

    ``because`` is the policy's reason, ``lines`` the log lines around the reading, ``nearby`` what happened
    to the service shortly before. Raises ValueError for a reading without a value.
    """
    first = IncidentReading.of(reading)
    reason = f"Opened because {because}. Policy: {policy}."
    incident = Incident(
        id=0,
        key=reading.key,
        metric_title=spec.title,
        unit=spec.unit,
        fingerprint=fingerprint(reading.key),
        severity=reading.severity,
        status=Status.OPEN,
        title=wording.title(reading, spec),
        reason=reason,
        policy=policy,
        event_ts=reading.timestamp,
        opened_at=at,
        updated_at=at,
        resolved_at=None,
        resolve_reason=None,
        last_fired_at=reading.timestamp,
        reading_count=1,
        feedback=None,
        readings=(first,),
        logs=(),
        timeline=(TimelineEntry(at, "opened", "canopy", reason), *_entries(nearby, reading.timestamp, at)),
        card=reading.card,
    )
    return with_logs(incident, lines, at)


def _entries(nearby: Sequence[Artefact], event_ts: float, at: float) -> list[TimelineEntry]:
    return [
        TimelineEntry(at, "artefact", "canopy", wording.happened_before(artefact, event_ts))
        for artefact in nearby
    ]


def attach(
    incident: IncidentSummary, reading: Reading, spec: MetricSpec, *, again: str = "", at: float
) -> tuple[IncidentSummary, tuple[TimelineEntry, ...]]:
    """The incident after one more firing reading, and what its timeline gains.

    Severity only rises. The timeline gains a line only for what a person wants to know: the severity rose,
    or, as ``again`` says in a clause, it fires again after a pause. A reading that is not newer than the last
    one is known already and changes nothing, unless ``again`` says that the last one's time was wrong. A
    RESOLVED incident only learns how long its episode lasts.
    """
    if reading.timestamp <= incident.last_fired_at and not again:
        return incident, ()
    if incident.status is Status.RESOLVED:
        return replace(incident, last_fired_at=reading.timestamp), ()
    entries = []
    now_is = wording.standing(reading, spec)
    if again:
        entries.append(TimelineEntry(at, "attached", "canopy", f"{again}: {now_is}."))
    severity = incident.severity
    if reading.severity.rank > severity.rank:
        severity = reading.severity
        text = f"Severity rose from {incident.severity} to {severity}: {now_is}."
        entries.append(TimelineEntry(at, "severity_changed", "canopy", text))
    changed = replace(
        incident,
        severity=severity,
        last_fired_at=reading.timestamp,
        reading_count=incident.reading_count + 1,
        updated_at=max(incident.updated_at, at) if entries else incident.updated_at,
    )
    return changed, tuple(entries)


def with_logs(incident: Incident, lines: tuple[CorrelatedLine, ...], at: float) -> Incident:
    """The incident with these log lines instead of those it had.

    The timeline says so when more of them explain the event than before.
    """
    if lines == incident.logs:
        return incident
    found = [line for line in lines if line.explains]
    changed = replace(incident, logs=lines, updated_at=max(incident.updated_at, at))
    if len(found) <= sum(line.explains for line in incident.logs):
        return changed
    return entered(changed, at, "logs", wording.logs_found(found), actor="canopy")


def entered(
    incident: Incident, at: float, kind: EntryKind, text: str, actor: Actor = "operator", **changes: Any
) -> Incident:
    """``incident`` with ``changes`` and one more line in its timeline; ``updated_at`` never goes back."""
    timeline = (*incident.timeline, TimelineEntry(at, kind, actor, text))
    return replace(incident, updated_at=max(incident.updated_at, at), timeline=timeline, **changes)
