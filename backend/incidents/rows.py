"""Incidents to rows of the database and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from backend.incidents.card_rows import load_card, write_card
from backend.incidents.incident import (
    KEPT_READINGS,
    Incident,
    IncidentReading,
    IncidentSummary,
    ResolveReason,
    Status,
    TimelineEntry,
)
from backend.logs.correlation import CorrelatedLine
from backend.logs.line import LogLine
from backend.metrics.readings import ExpectedRange, SeriesKey, Severity, Verdict

_PLAIN_COLUMNS = [field.name for field in fields(IncidentSummary) if field.name not in ("id", "key")]
_WRITTEN = ["service", "metric", *_PLAIN_COLUMNS, "search"]
COLUMNS = ", ".join(["id", "service", "metric", *_PLAIN_COLUMNS])
_PLACES = ", ".join(f":{name}" for name in _WRITTEN)
_CHANGES = ", ".join(f"{name} = :{name}" for name in _WRITTEN)
# Only our own column names go into these texts.
_SELECT = f"SELECT {COLUMNS} FROM incidents WHERE id = ?"  # noqa: S608
_INSERT = f"INSERT INTO incidents ({', '.join(_WRITTEN)}) VALUES ({_PLACES})"  # noqa: S608
_UPDATE = f"UPDATE incidents SET {_CHANGES} WHERE id = :id"  # noqa: S608


def summary(row: tuple[Any, ...]) -> IncidentSummary:
    """A row of COLUMNS -> the incident as a list shows it."""
    return IncidentSummary(**_summary_values(row))


def load_summary(db: sqlite3.Connection, incident_id: int) -> IncidentSummary | None:
    row = _row(db, incident_id)
    return None if row is None else summary(row)


def load(db: sqlite3.Connection, incident_id: int) -> Incident | None:
    """The whole incident, or None."""
    row = _row(db, incident_id)
    if row is None:
        return None
    readings = db.execute(
        """SELECT timestamp, value, score, severity, verdict, expected_low, expected_high
           FROM incident_readings WHERE incident_id = ? ORDER BY timestamp""",
        (incident_id,),
    )
    logs = db.execute("SELECT lines FROM incident_logs WHERE incident_id = ?", (incident_id,)).fetchone()
    return Incident(
        **_summary_values(row),
        readings=tuple(_reading(reading) for reading in readings),
        logs=() if logs is None else _lines_from_json(logs[0]),
        timeline=_timeline(db, incident_id),
        card=load_card(db, incident_id),
    )


def load_with_timeline(db: sqlite3.Connection, incident_id: int) -> Incident | None:
    """The incident without its readings and log lines, which are most of its size; or None."""
    row = _row(db, incident_id)
    if row is None:
        return None
    return Incident(**_summary_values(row), readings=(), logs=(), timeline=_timeline(db, incident_id))


def insert(db: sqlite3.Connection, incident: Incident) -> int:
    """Write a new incident with all its parts; returns its id. Raises sqlite3.IntegrityError."""
    incident_id = db.execute(_INSERT, _values(incident)).lastrowid
    assert incident_id is not None
    for reading in incident.readings:
        add_reading(db, incident_id, reading)
    add_entries(db, incident_id, incident.timeline)
    if incident.logs:
        _write_logs(db, incident_id, incident.logs)
    if incident.card is not None:
        write_card(db, incident_id, incident.card)
    return incident_id


def update(db: sqlite3.Connection, before: Incident, after: Incident) -> None:
    """Write what a transition changed. Raises sqlite3.IntegrityError where the pair has another open one."""
    update_summary(db, after)
    add_entries(db, after.id, after.timeline[len(before.timeline) :])
    if after.logs != before.logs:
        _write_logs(db, after.id, after.logs)


def update_summary(db: sqlite3.Connection, incident: IncidentSummary) -> None:
    db.execute(_UPDATE, _values(incident))


def add_reading(db: sqlite3.Connection, incident_id: int, reading: IncidentReading) -> None:
    """Keep a reading, if the incident does not hold its KEPT_READINGS yet."""
    low, high = reading.expected or (None, None)
    db.execute(
        """INSERT INTO incident_readings
           SELECT ?, ?, ?, ?, ?, ?, ?, ?
           WHERE (SELECT count(*) FROM incident_readings WHERE incident_id = ?) < ?""",
        (
            *(incident_id, reading.timestamp, reading.value, reading.score),
            *(reading.severity, reading.verdict, low, high),
            *(incident_id, KEPT_READINGS),
        ),
    )


def add_entries(db: sqlite3.Connection, incident_id: int, entries: Iterable[TimelineEntry]) -> None:
    db.executemany(
        "INSERT INTO incident_timeline (incident_id, at, kind, actor, text) VALUES (?, ?, ?, ?, ?)",
        [(incident_id, entry.at, entry.kind, entry.actor, entry.text) for entry in entries],
    )


def _row(db: sqlite3.Connection, incident_id: int) -> tuple[Any, ...] | None:
    if not 0 < incident_id < 2**63:  # SQLite cannot ask for a larger number
        return None
    row: tuple[Any, ...] | None = db.execute(_SELECT, (incident_id,)).fetchone()
    return row


def _timeline(db: sqlite3.Connection, incident_id: int) -> tuple[TimelineEntry, ...]:
    found = db.execute(
        "SELECT at, kind, actor, text FROM incident_timeline WHERE incident_id = ? ORDER BY id",
        (incident_id,),
    )
    return tuple(TimelineEntry(*entry) for entry in found)


def _summary_values(row: tuple[Any, ...]) -> dict[str, Any]:
    incident_id, service, metric, *plain = row
    values = dict(zip(_PLAIN_COLUMNS, plain, strict=True))
    reason = values["resolve_reason"]
    return values | {
        "id": incident_id,
        "key": SeriesKey(service, metric),
        "severity": Severity(values["severity"]),
        "status": Status(values["status"]),
        "resolve_reason": None if reason is None else ResolveReason(reason),
    }


def _values(incident: IncidentSummary) -> dict[str, Any]:
    values = {name: getattr(incident, name) for name in ("id", "service", "metric", *_PLAIN_COLUMNS)}
    searched = (incident.title, incident.service, incident.metric, incident.metric_title, incident.reason)
    # SQLite compares without case in ASCII only; the text that is searched is folded here.
    return values | {"search": "\n".join(searched).casefold()}


def _reading(row: tuple[Any, ...]) -> IncidentReading:
    timestamp, value, score, severity, verdict, low, high = row
    expected = None if low is None else ExpectedRange(low, high)
    return IncidentReading(timestamp, value, score, Severity(severity), Verdict(verdict), expected)


def _write_logs(db: sqlite3.Connection, incident_id: int, lines: tuple[CorrelatedLine, ...]) -> None:
    # JSON in ASCII: a log line may hold characters that SQLite's text cannot.
    text = json.dumps([asdict(line) for line in lines])
    db.execute("INSERT OR REPLACE INTO incident_logs VALUES (?, ?)", (incident_id, text))


def _lines_from_json(text: str) -> tuple[CorrelatedLine, ...]:
    return tuple(CorrelatedLine(**(item | {"line": LogLine(**item["line"])})) for item in json.loads(text))
