"""Questions to the incidents' database about what models may learn: whose readings not, or after all."""

from __future__ import annotations

import sqlite3

from backend.incidents.incident import ResolveReason
from backend.metrics.readings import SeriesKey

_NORMAL = (ResolveReason.EXPECTED, ResolveReason.NOISE)


def firing(db: sqlite3.Connection, since: float) -> list[SeriesKey]:
    """The pairs of incidents that fired at ``since`` or later, but for ``expected`` ones and ``noise``."""
    rows = db.execute(
        """SELECT DISTINCT service, metric FROM incidents
           WHERE last_fired_at >= ? AND coalesce(feedback, resolve_reason, '') NOT IN (?, ?)""",
        (since, *_NORMAL),
    )
    return [SeriesKey(*row) for row in rows]


def normal_after_all(db: sqlite3.Connection, since: float) -> list[tuple[SeriesKey, float]]:
    """The pairs of incidents that were resolved after ``since`` as ``expected`` or ``noise``, and when."""
    rows = db.execute(
        """SELECT service, metric, resolved_at FROM incidents
           WHERE resolved_at > ? AND coalesce(feedback, resolve_reason, '') IN (?, ?) ORDER BY resolved_at""",
        (since, *_NORMAL),
    )
    return [(SeriesKey(service, metric), at) for service, metric, at in rows]
