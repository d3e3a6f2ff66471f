"""Questions to the incidents' database about what models may learn: whose readings, of when, not, or after all."""

from __future__ import annotations

import sqlite3

from backend.incidents.incident import ResolveReason, Status
from backend.metrics.readings import SeriesKey


def unresolved(db: sqlite3.Connection) -> dict[SeriesKey, float]:
    """The pairs that have an incident that is not RESOLVED, and when it fired last."""
    rows = db.execute(
        "SELECT service, metric, last_fired_at FROM incidents WHERE status <> ?", (Status.RESOLVED,)
    )
    return {SeriesKey(service, metric): fired for service, metric, fired in rows}


def lives(
    db: sqlite3.Connection, key: SeriesKey, start: float, end: float
) -> list[tuple[float, float | None]]:
    """From the event to the resolution (None: not yet) of the pair's incidents that lived in ``start..end``."""
    return db.execute(
        """SELECT event_ts, resolved_at FROM incidents
           WHERE service = ? AND metric = ? AND event_ts <= ? AND coalesce(resolved_at, ?) >= ?
           ORDER BY event_ts""",
        (*key, end, end, start),
    ).fetchall()


def normal_after_all(db: sqlite3.Connection, since: float) -> list[tuple[SeriesKey, float]]:
    """The pairs of incidents that were resolved after ``since`` as ``expected`` or ``noise``, and when."""
    rows = db.execute(
        """SELECT service, metric, resolved_at FROM incidents
           WHERE resolved_at > ? AND coalesce(feedback, resolve_reason, '') IN (?, ?) ORDER BY resolved_at""",
        (since, ResolveReason.EXPECTED, ResolveReason.NOISE),
    )
    return [(SeriesKey(service, metric), at) for service, metric, at in rows]
