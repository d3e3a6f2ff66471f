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
    """The pairs of incidents that were called ``expected`` or ``noise`` after ``since``, and when.

    By an answer or by the reason for resolving, whichever came last; also while the incident is open.
    """
    rows = db.execute(
        """SELECT service, metric, max(at) AS said FROM incidents
           JOIN incident_timeline ON incident_id = incidents.id AND kind IN ('feedback', 'resolved')
           WHERE updated_at > ? AND coalesce(feedback, resolve_reason, '') IN (?, ?)
           GROUP BY incidents.id HAVING said > ? ORDER BY said""",
        (since, *_NORMAL, since),
    )
    return [(SeriesKey(service, metric), at) for service, metric, at in rows]
