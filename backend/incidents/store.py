"""Keeps incidents in SQLite: what was answered is on disk, and a pair never has two that are not resolved."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from backend.incidents import card_rows, learning, marker_rows, queries, rows, schema
from backend.incidents import incident as lifecycle
from backend.incidents.acts import IllegalTransition
from backend.incidents.incident import Incident, IncidentReading, IncidentSummary, LatestIncident, Status
from backend.incidents.nearest import Candidate
from backend.incidents.queries import IncidentCount, IncidentPage, IncidentQuery
from backend.incidents.schema import StoreError
from backend.logs.correlation import CorrelatedLine
from backend.metrics.cards import Marker
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey

_CHANGED_AT_ONCE = 500
"""How many changes share a commit: the poll's own writes wait for no more than these."""


class IncidentNotFound(LookupError):
    """No incident has this id."""

    def __init__(self, incident_id: int) -> None:
        self.detail = f"There is no incident #{incident_id}."
        super().__init__(self.detail)


class IncidentStore:
    """The incidents of one database file. Any thread may call any method; other processes may share the file.

    Writes wait for each other, reads wait for nothing. A method that returns has its change on disk; one that
    raises has changed nothing. Every method raises StoreError when the database cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; create or upgrade it first where needed. Raises StoreError, SchemaTooNew."""
        schema.prepare(path)
        self._path = path
        self._writer = schema.connect(path)
        self._writing_now = threading.Lock()
        self._idle_readers: deque[sqlite3.Connection] = deque()
        self._closed = False

    def keep_room(self, *, anew: bool) -> None:
        """See `schema.keep_room`; on a disk that is full already, what room there is must do."""
        with suppress(StoreError), self._write() as db:
            schema.keep_room(db, anew=anew)

    def close(self) -> None:
        """Wait for the write under way and let the file go; a second call does nothing."""
        with self._writing_now:
            self._closed = True
            with suppress(IndexError):
                while True:
                    self._idle_readers.pop().close()
            self._writer.close()

    def open(self, incident: Incident, *, seen: LatestIncident | None) -> Incident | None:
        """Keep a new incident (from ``incident.begin``) with all its parts; the answer has its id.

        None, and nothing kept, if the pair's past is no longer ``seen``, on which the decision to open was
        taken, or has an incident that is not resolved: another thread or process was faster, and the next
        reading is decided on what is true then.
        """
        with self._write() as db:
            past = queries.latest(db, [incident.key]).get(incident.key)
            if past != seen or (past is not None and past.status is not Status.RESOLVED):
                return None
            # A wrong clock may have left firings that are still to come: the newest one must not hide there.
            db.execute(
                "UPDATE incidents SET last_fired_at = ?1 WHERE service = ?2 AND metric = ?3 "
                "AND last_fired_at > ?1",
                (incident.last_fired_at, *incident.key),
            )
            opened = replace(incident, id=rows.insert(db, incident))
        self.keep_room(anew=False)
        return opened

    def attach(
        self, incident_id: int, reading: Reading, spec: MetricSpec, *, again: str = "", at: float
    ) -> IncidentSummary:
        """Add a firing reading, as ``incident.attach`` says. Raises IncidentNotFound."""
        with self._write() as db:
            before = rows.load_summary(db, incident_id)
            if before is None:
                raise IncidentNotFound(incident_id)
            after, entries = lifecycle.attach(before, reading, spec, again=again, at=at)
            if after != before:
                rows.update_summary(db, after)
                rows.add_entries(db, incident_id, entries)
            if after.reading_count > before.reading_count:
                rows.add_reading(db, incident_id, IncidentReading.of(reading))
            return after

    def touch(self, incident_id: int, last_fired_at: float) -> None:
        """The episode of a resolved incident still lasts: remember when it fired last."""
        with self._write() as db:
            db.execute(
                "UPDATE incidents SET last_fired_at = max(last_fired_at, ?) WHERE id = ?",
                (last_fired_at, incident_id),
            )

    def change(self, incident_id: int, transition: Callable[[Incident], Incident]) -> Incident:
        """Apply a transition to the incident as it is now, with nothing in between.

        Raises IncidentNotFound, and IllegalTransition from the transition, or when it would leave the pair
        with two incidents that are not resolved.
        """
        with self._write() as db:
            before = rows.load(db, incident_id)
            if before is None:
                raise IncidentNotFound(incident_id)
            after = transition(before)
            if after == before:
                return before
            if before.status is Status.RESOLVED and after.status is not Status.RESOLVED:
                _refuse_second(db, before)
            rows.update(db, before, after)
            return after

    def change_many(
        self, incident_ids: Iterable[int], transition: Callable[[Incident], Incident]
    ) -> tuple[list[IncidentSummary], dict[int, str]]:
        """Apply a transition to each of them: those that changed, and why each of the others did not.

        The transition sees no readings and no log lines. Those of one batch are on disk together, and other
        writers come in between two batches; each incident once, in the order given.
        """
        changed: list[IncidentSummary] = []
        refused: dict[int, str] = {}
        remaining = iter(dict.fromkeys(incident_ids))
        while batch := list(islice(remaining, _CHANGED_AT_ONCE)):
            with self._write() as db:
                done, not_done = _change_batch(db, batch, transition)
            changed += done
            refused |= not_done
        return changed, refused

    def set_logs(self, incident_id: int, lines: Iterable[CorrelatedLine], at: float) -> Incident:
        """Replace the incident's log lines. Raises IncidentNotFound."""
        kept = tuple(lines)
        return self.change(incident_id, lambda incident: lifecycle.with_logs(incident, kept, at))

    def get(self, incident_id: int) -> Incident | None:
        """The whole incident, or None."""
        with self._read() as db:
            return rows.load(db, incident_id)

    def latest(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, LatestIncident]:
        """For each pair that has incidents, the one that a firing reading would belong to."""
        with self._read() as db:
            return queries.latest(db, keys)

    def list(self, query: IncidentQuery) -> IncidentPage:
        """One page. Raises ValueError for a sort, limit or cursor that cannot be."""
        with self._read() as db:
            return queries.page(db, query)

    def ids(self, query: IncidentQuery) -> Sequence[int]:
        """The ids of all that fit, in order, ``queries.MAX_IDS`` at most. Raises ValueError."""
        with self._read() as db:
            return queries.ids(db, query)

    def counts(self) -> Sequence[IncidentCount]:
        """All incidents by service, severity and status."""
        with self._read() as db:
            return queries.counts(db)

    def open_counts(self) -> dict[str, int]:
        """How many incidents of each service are not resolved; services without one are left out."""
        with self._read() as db:
            return queries.open_counts(db)

    def spans(self, key: SeriesKey, start: float, end: float) -> Sequence[tuple[float, float]]:
        """From first to last firing, of the pair's incidents whose readings are not to be learned."""
        with self._read() as db:
            return queries.spans(db, key, start, end)

    def firing(self, since: float) -> Sequence[SeriesKey]:
        """The pairs of incidents that fired at ``since`` or later and were not called expected or noise."""
        with self._read() as db:
            return learning.firing(db, since)

    def normal_after_all(self, since: float) -> Sequence[tuple[SeriesKey, float]]:
        """The pairs of incidents that were resolved after ``since`` as expected or noise, and when."""
        with self._read() as db:
            return learning.normal_after_all(db, since)

    def candidates(self, key: SeriesKey) -> Sequence[Candidate]:
        """The newest resolved incidents of the pair, or where it has none of its metric."""
        with self._read() as db:
            return card_rows.candidates(db, key)

    def add_markers(self, markers: Sequence[Marker], over: Sequence[Marker] = ()) -> None:
        """Keep what happened to services, the newest ``marker_rows.KEPT``, and which troubles are over."""
        with self._write() as db:
            marker_rows.add(db, markers)
            marker_rows.end(db, over)

    def lasting_markers(self) -> Sequence[Marker]:
        """The troubles that nobody has seen the end of, oldest first."""
        with self._read() as db:
            return marker_rows.lasting(db)

    def markers(
        self, start: float, end: float, service: str | None = None, limit: int = marker_rows.KEPT
    ) -> Sequence[Marker]:
        """What happened between two times, oldest first, to one service or to all; the newest ``limit``."""
        with self._read() as db:
            return marker_rows.between(db, start, end, service, limit)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, undone by whatever is raised inside."""
        with self._writing_now, schema.plain_errors(self._path):
            self._refuse_closed()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """One snapshot, on a connection of its own for as long as it takes."""
        with schema.plain_errors(self._path):
            self._refuse_closed()
            try:
                reader = self._idle_readers.pop()
            except IndexError:
                reader = schema.connect(self._path)
            try:
                reader.execute("BEGIN")
                yield reader
            finally:
                if reader.in_transaction:
                    reader.execute("ROLLBACK")
                self._idle_readers.append(reader)
                if self._closed:  # closed while reading: nobody else will close this one
                    with suppress(IndexError):
                        self._idle_readers.pop().close()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError(f"{self._path}: it is closed, Canopy is stopping.")


def _change_batch(
    db: sqlite3.Connection, batch: Iterable[int], transition: Callable[[Incident], Incident]
) -> tuple[list[IncidentSummary], dict[int, str]]:
    changed: list[IncidentSummary] = []
    refused: dict[int, str] = {}
    for incident_id in batch:
        try:
            before = rows.load_with_timeline(db, incident_id)
            if before is None:
                raise IncidentNotFound(incident_id)
            after = transition(before)
            if before.status is Status.RESOLVED and after.status is not Status.RESOLVED:
                _refuse_second(db, before)
        except (IncidentNotFound, IllegalTransition) as error:
            refused[incident_id] = error.detail
            continue
        rows.update(db, before, after)
        changed.append(after)
    return changed, refused


def _refuse_second(db: sqlite3.Connection, incident: Incident) -> None:
    """The unique index would refuse it as well, but could not say which other incident is in the way."""
    other = queries.unresolved(db, incident.key)
    if other is not None:
        raise IllegalTransition(
            f"Incident #{incident.id} cannot be reopened: incident #{other} of the same service and metric "
            f"is not resolved. Resolve #{other} first, or work on it."
        )
