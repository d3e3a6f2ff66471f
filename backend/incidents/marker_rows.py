"""Artefacts of services in the incidents' database: the newest ones, for charts and timelines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backend.metrics.cards import Artefact, ArtefactKind, Marker

KEPT = 20_000
"""How many markers are kept; older ones go when newer ones come."""


def add(db: sqlite3.Connection, markers: Iterable[Marker]) -> None:
    """Keep the markers; one that is there already stays as it is."""
    db.executemany(
        "INSERT OR IGNORE INTO artefacts VALUES (?, ?, ?, ?, ?)",
        [
            (m.service, m.artefact.since, m.artefact.kind, m.artefact.words, m.artefact.settles_at)
            for m in markers
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
    return [
        Marker(name, Artefact(ArtefactKind(kind), at, words, settles_at))
        for name, at, kind, words, settles_at in reversed(found)
    ]
