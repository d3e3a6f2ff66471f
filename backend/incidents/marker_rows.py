"""Artefacts of services in the incidents' database: the newest ones, for charts and timelines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backend.metrics.cards import LASTING, Artefact, ArtefactKind, Marker

KEPT = 20_000
"""How many markers are kept; older ones go when newer ones come."""


def add(db: sqlite3.Connection, markers: Iterable[Marker]) -> None:
    """Keep the markers; one that is there already stays as it is."""
    db.executemany(
        """INSERT OR IGNORE INTO artefacts (service, at, kind, words, settles_at, lasts)
           VALUES (?, ?, ?, ?, ?, ?)""",
        [
            (service, one.since, one.kind, one.words, one.settles_at, one.kind in LASTING)
            for service, one in ((marker.service, marker.artefact) for marker in markers)
        ],
    )
    (count,) = db.execute("SELECT count(*) FROM artefacts").fetchone()
    if count > KEPT:
        db.execute(
            """DELETE FROM artefacts WHERE (service, at, kind) IN
               (SELECT service, at, kind FROM artefacts ORDER BY at, service, kind LIMIT ?)""",
            (count - KEPT,),
        )


def between(
    db: sqlite3.Connection, start: float, end: float, service: str | None, limit: int
) -> list[Marker]:
    """The newest ``limit`` markers from ``start`` to ``end``, oldest first; ``service`` None: of all."""
    found = db.execute(
        """SELECT service, at, kind, words, settles_at FROM artefacts
           WHERE at BETWEEN ?1 AND ?2 AND (?3 IS NULL OR service = ?3)
           ORDER BY at DESC, service DESC, kind DESC LIMIT ?4""",
        (start, end, service, limit),
    ).fetchall()
    return [_marker(row) for row in reversed(found)]


def lasting(db: sqlite3.Connection) -> list[Marker]:
    """The troubles that nobody has seen the end of, oldest first."""
    return [
        _marker(row)
        for row in db.execute(
            "SELECT service, at, kind, words, settles_at FROM artefacts WHERE lasts ORDER BY at, service"
        )
    ]


def end(db: sqlite3.Connection, markers: Iterable[Marker]) -> None:
    """These troubles are over."""
    db.executemany(
        "UPDATE artefacts SET lasts = 0 WHERE service = ? AND at = ? AND kind = ?",
        [(marker.service, marker.artefact.since, marker.artefact.kind) for marker in markers],
    )


def _marker(row: tuple[str, float, str, str, float | None]) -> Marker:
    service, at, kind, words, settles_at = row
    return Marker(service, Artefact(ArtefactKind(kind), at, words, settles_at))
