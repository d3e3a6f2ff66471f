"""Asks Prometheus at each poll what happened to the services, and remembers it for readings and incidents."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backend.detection.artefacts import Known, Observed, recognise
from backend.incidents.marker_rows import KEPT
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.incidents.wording import held_back
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.metrics.cards import LASTING, Artefact, ArtefactKind, Marker
from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusError,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict
from backend.settings import ArtefactQuery

log = logging.getLogger(__name__)

_NEAR = 600.0
"""Seconds before an incident for which the timeline tells what happened."""
_REST = 600.0
"""Seconds for which a query that failed is not asked again: it must not cost every poll its timeout."""

_FIELDS: dict[ArtefactQuery, str] = {
    "restart": "started",
    "deploy": "versions",
    "new_instance": "instances",
    "counter_reset": "resets",
    "scrape_gap": "down",
    "clock_skew": "clock",
}
"""Which field of `Observed` a query answers."""


class ArtefactWatch:
    """What happened to the services; used by the poll thread alone."""

    def __init__(
        self,
        *,
        queries: Mapping[ArtefactQuery, str],
        settle: float,
        prometheus: PrometheusClient,
        store: IncidentStore,
        health: HealthBoard,
    ) -> None:
        """``queries``: PromQL by kind. ``settle``: seconds for which restarts hold alerts back."""
        self._queries = queries
        self._settle = settle
        self._memory = max(_NEAR, settle)
        self._prometheus = prometheus
        self._store = store
        self._health = health
        self._known = Known()
        self._services: frozenset[str] = frozenset()
        self._recent: dict[str, list[Artefact]] = {}
        self._loaded = False
        self._unsaved: list[Marker] = []
        self._over: set[Marker] = set()
        self._troubles: dict[ArtefactQuery, tuple[float, str]] = {}

    def look(self, at: float, services: Collection[str]) -> None:
        """Ask at a grid time (seconds since the epoch) about these services; never raises."""
        present = frozenset(services)
        self._recall(at)
        lasted = self._known.lasting()
        self._known.forget(self._services - present)
        self._services = present
        observed = Observed(at, **self._ask(at))
        self._report()
        markers = recognise(self._known, observed, self._settle)
        self._over |= lasted - self._known.lasting()
        self._remember(markers, at)

    def mark(self, readings: Sequence[Reading], seen: Mapping[SeriesKey, float]) -> list[Reading]:
        """The readings with what happened to their services; ``seen``: when each pair last had a sample.

        What may be held back, an anomaly or a value beyond its thresholds, stays what it is and says so.
        """
        touched = self._recent.keys() | self._known.down.keys() | self._known.skewed.keys()
        if not touched and not any(reading.state is State.STALE for reading in readings):
            return list(readings)
        marked = []
        for reading in readings:
            artefact = None
            if reading.key.service in touched or reading.state is State.STALE:
                artefact = self.of(reading, seen.get(reading.key))
            if artefact is not None:
                reasons = reading.reasons
                bad = reading.verdict is Verdict.ANOMALY or reading.severity is not Severity.NORMAL
                if bad and artefact.holds_back(reading.timestamp):
                    reasons = (held_back(artefact, reading.timestamp), *reasons)
                reading = replace(reading, artefact=artefact, reasons=reasons)
            marked.append(reading)
        return marked

    def of(self, reading: Reading, seen: float | None) -> Artefact | None:
        """What a reading of this poll is to be read with; ``seen``: when its pair last had a sample.

        First what holds alerts back, then what lasts, then what is over but still felt.
        """
        at, service = reading.timestamp, reading.key.service
        recent = self._recent.get(service, [])
        for artefact in reversed(recent):
            if artefact.holds_back(at):
                return artefact
        lasting = self._known.down.get(service) or self._known.skewed.get(service)
        if lasting is not None:
            return lasting
        if reading.state is State.STALE:
            return Artefact(ArtefactKind.STALE, at if seen is None else seen, "it has no current sample")
        felt = (one for one in reversed(recent) if _is_over(one) and 0 <= at - one.since < self._settle)
        return next(felt, None)

    def near(self, service: str, at: float) -> list[Artefact]:
        """What happened to a service shortly before ``at``, oldest first."""
        return [one for one in self._recent.get(service, []) if at - _NEAR <= one.since <= at]

    def _ask(self, at: float) -> dict[str, Any]:
        """The fields of `Observed` that were answered, of the services that are there."""
        answered: dict[str, Any] = {}
        for kind, query in self._queries.items():
            rested = self._troubles.get(kind)
            if rested is not None and 0 <= at - rested[0] < _REST:
                continue
            try:
                answered[_FIELDS[kind]] = self._one(kind, query, at)
                self._troubles.pop(kind, None)
            except PrometheusUnreachable:
                break  # the poll says so, and the next one asks again
            except PrometheusError as error:
                self._troubles[kind] = (at, str(error))
                if isinstance(error, PrometheusTimeout):
                    break  # the others would wait for the same silence
        return answered

    def _one(self, kind: ArtefactQuery, query: str, at: float) -> dict[str, Any]:
        if kind == "deploy":
            labels = self._prometheus.labels(query, at)
            return {service: labels[service] for service in self._services & labels.keys()}
        answer = self._prometheus.instant(query, at)
        found = dict(zip(answer.services, answer.values.tolist(), strict=True))
        return {service: found[service] for service in self._services & found.keys()}

    def _report(self) -> None:
        said = "; ".join(f"{kind}: {words}" for kind, (_, words) in sorted(self._troubles.items()))
        self._health.report("artefacts", DependencyStatus.DEGRADED if said else DependencyStatus.OK, said)

    def _remember(self, markers: Sequence[Marker], at: float) -> None:
        """Keep them on disk; what cannot be kept now is with the next ones."""
        self._note(markers)
        self._unsaved = [*self._unsaved, *markers][-KEPT:]
        try:
            if self._unsaved or self._over:
                self._store.add_markers(self._unsaved, list(self._over))
                self._unsaved, self._over = [], set()
        except StoreError as error:
            log.warning("%d artefacts are not kept yet: %s", len(self._unsaved), error)
        oldest = at - self._memory
        kept = {service: list(_still(some, oldest, at)) for service, some in self._recent.items()}
        self._recent = {service: some for service, some in kept.items() if some}

    def _recall(self, at: float) -> None:
        """What an earlier run has kept: the newest events, and the troubles that go on."""
        if self._loaded:
            return
        try:
            self._note(self._store.markers(at - self._memory, at))
            self._known.recall(self._store.lasting_markers())
            self._loaded = True
        except StoreError as error:
            log.warning("what happened before this start is not known: %s", error)

    def _note(self, markers: Sequence[Marker]) -> None:
        for marker in markers:
            known = self._recent.setdefault(marker.service, [])
            if marker.artefact not in known:
                known.append(marker.artefact)


def _still(artefacts: Collection[Artefact], oldest: float, at: float) -> Iterator[Artefact]:
    return (one for one in artefacts if one.since >= oldest or one.holds_back(at))


def _is_over(artefact: Artefact) -> bool:
    """Whether it is an event and no trouble that lasts: what lasts is known by its own end."""
    return artefact.kind not in LASTING
