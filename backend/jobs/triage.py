"""From readings to incidents: judge by the policy, decide, keep, correlate the logs, and tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backend.incidents.acts import auto_resolve
from backend.incidents.incident import Incident, IncidentSummary, LatestIncident, begin
from backend.incidents.policy import (
    Attach,
    Firing,
    Observed,
    Open,
    QuietCounter,
    Suppress,
    decide,
    evaluate,
)
from backend.incidents.queries import IncidentQuery
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.quiet import QuietTime
from backend.logs.correlation import CorrelatedLine
from backend.logs.database import LogStoreError
from backend.metrics.cards import Artefact
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, Verdict
from backend.settings import IncidentSettings

_GRACE = 60.0
"""Seconds for which an incident's lines are still looked for after their window, as after a restart."""

_TOLD = 50
"""Changed incidents that one poll tells of one by one; of the others it tells how many they are."""

Explain = Callable[[str, float], Sequence[CorrelatedLine]]
"""(service, event_ts) -> the log lines around that time, those that explain it marked.

Raises LogStoreError.
"""
Nearby = Callable[[str, float], Sequence[Artefact]]
"""(service, event_ts) -> what happened to the service shortly before, oldest first."""


class Triage:
    """Decides what each reading means for the incidents; used by the poll thread alone."""

    def __init__(
        self,
        *,
        settings: IncidentSettings,
        logs_after: float,
        catalogue: Mapping[str, MetricSpec],
        store: IncidentStore,
        history: HistoryStore,
        interval: float,
        read_new_lines: Callable[[], None],
        explain: Explain,
        nearby: Nearby,
        health: HealthBoard,
        publish: Callable[[str, dict[str, Any]], None],
    ) -> None:
        """``logs_after``: for how many seconds after an event its log lines are looked for anew.

        ``interval``: seconds between two polls. ``read_new_lines`` brings the log store up to date.
        """
        self._settings = settings
        self._logs_after = logs_after
        self._catalogue = catalogue
        self._store = store
        self._quiet_time = QuietTime(history, interval, settings.policy)
        self._read_new_lines = read_new_lines
        self._lines_are_read = False
        self._told = 0
        self._explain = explain
        self._nearby = nearby
        self._health = health
        self._publish = publish
        self._quiet = QuietCounter(settings.auto_resolve_after)
        self._troubled: set[str] = set()
        newest = store.list(IncidentQuery(sort="-opened_at", limit=500)).items
        # Incidents whose log window is still open, also those of before a restart.
        self._awaiting_logs: dict[int, IncidentSummary] = {incident.id: incident for incident in newest}

    def handle(self, readings: Sequence[Reading], now: float) -> None:
        """Open, attach and resolve as the readings ask for; ``now`` in seconds since the epoch."""
        self._lines_are_read = False
        self._told = 0
        awaiting = list(self._awaiting_logs.values())
        try:
            self._decide_all(readings, now)
            self._refresh_logs(awaiting, now)
        except StoreError as error:
            # Nothing is lost: what fires on fires again at the next poll.
            self._health.report("incidents", DependencyStatus.DOWN, str(error))
        else:
            self._health.report("incidents", DependencyStatus.OK)
        if self._told > _TOLD:
            self._publish("incident", {"kind": "more", "changed": self._told - _TOLD})

    def _decide_all(self, readings: Sequence[Reading], at: float) -> None:
        every = self._settings.auto_resolve_after is not None
        judged = [
            (reading, evaluate(self._settings.policy, reading, self._catalogue[reading.key.metric]))
            for reading in self._telling(readings, every)
        ]
        latest = self._store.latest([reading.key for reading, firing in judged if firing.fires or every])
        for reading, firing in judged:
            known = latest.get(reading.key)
            if firing.fires:
                self._fire(reading, firing, known, at)
            if self._quiet.is_back(firing, reading, known) and known is not None:
                self._resolve_quiet(known, at)

    def _telling(self, readings: Sequence[Reading], every: bool) -> list[Reading]:
        """The readings that may change an incident: none fires as nearly all are, Normal in both respects.

        Where incidents resolve by themselves, also those of services that have an open one, or just had.
        """
        before, self._troubled = self._troubled, set(self._store.open_counts()) if every else set()
        troubled = before | self._troubled
        return [
            reading
            for reading in readings
            if reading.verdict is Verdict.ANOMALY
            or reading.severity is not Severity.NORMAL
            or (troubled and reading.key.service in troubled)
        ]

    def _fire(self, reading: Reading, firing: Firing, latest: LatestIncident | None, at: float) -> None:
        observed = self._observed(reading, latest)
        decision = decide(firing, reading, latest, self._settings.dedup_window, observed)
        match decision:
            case Open():
                self._open(reading, decision, at)
            case Attach():
                self._attach(reading, decision, at)
            case Suppress(incident_id=int() as incident_id):
                self._store.touch(incident_id, reading.timestamp)

    def _observed(self, reading: Reading, latest: LatestIncident | None) -> Observed:
        """What was seen since the last firing, looked up only where the policy needs to know."""
        window = self._settings.dedup_window
        if latest is None or reading.timestamp - latest.last_fired_at <= window:
            return Observed(0.0, 0.0)
        spec = self._catalogue[reading.key.metric]
        return self._quiet_time.between(latest.last_fired_at, reading, spec, window)

    def _open(self, reading: Reading, decision: Open, at: float) -> None:
        logs = self._lines(reading.key, reading.timestamp)
        spec = self._catalogue[reading.key.metric]
        draft = begin(
            reading,
            spec,
            policy=self._settings.policy,
            because=decision.reason,
            at=at,
            lines=logs,
            nearby=self._nearby(reading.key.service, reading.timestamp),
        )
        incident = self._store.open(draft, seen=decision.seen)
        if incident is not None:
            self._awaiting_logs[incident.id] = incident
            self._tell(incident, "opened")

    def _attach(self, reading: Reading, decision: Attach, at: float) -> None:
        spec = self._catalogue[reading.key.metric]
        after = self._store.attach(decision.incident_id, reading, spec, again=decision.again, at=at)
        self._tell(after, "attached")

    def _resolve_quiet(self, latest: LatestIncident, at: float) -> None:
        readings = self._settings.auto_resolve_after or 0
        resolved = self._store.change(latest.id, lambda incident: auto_resolve(incident, at, readings))
        self._tell(resolved, "resolved")

    def _refresh_logs(self, awaiting: Sequence[IncidentSummary], at: float) -> None:
        """Look again for the lines of fresh incidents.

        Those after the event were not written when it opened.
        """
        for incident in awaiting:
            overdue = at - incident.event_ts - self._logs_after
            if overdue > 0:
                del self._awaiting_logs[incident.id]
            if overdue > _GRACE:
                continue
            lines = self._lines(incident.key, incident.event_ts)
            if lines:
                self._store.set_logs(incident.id, lines, at)

    def _lines(self, key: SeriesKey, event_ts: float) -> tuple[CorrelatedLine, ...]:
        """The lines around an event; without a log store an incident opens all the same."""
        if not self._lines_are_read:
            self._read_new_lines()
            self._lines_are_read = True
        try:
            return tuple(self._explain(key.service, event_ts))
        except LogStoreError as error:
            self._health.report("logs", DependencyStatus.DOWN, str(error))
            return ()

    def _tell(self, incident: Incident | IncidentSummary, kind: str) -> None:
        self._told += 1
        if self._told <= _TOLD:
            self._publish("incident", incident_event(incident, kind))


def incident_event(incident: IncidentSummary, kind: str) -> dict[str, Any]:
    """What the event stream says of a change to an incident."""
    return {
        "id": incident.id,
        "service": incident.service,
        "metric": incident.metric,
        "status": incident.status,
        "severity": incident.severity,
        "kind": kind,
    }
