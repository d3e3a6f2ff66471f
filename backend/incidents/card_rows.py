"""Reason cards in the incidents' database: written when an incident opens, read with it, compared later."""

from __future__ import annotations

import sqlite3
from typing import Any

from pydantic import TypeAdapter

from backend.incidents.nearest import Candidate, Likeness
from backend.metrics.cards import PastIncident, ReasonCard
from backend.metrics.readings import SeriesKey, Severity

_CARD = TypeAdapter(ReasonCard)
_OF_THE_PAIR = 50
_OF_THE_METRIC = 200
"""How many of the newest resolved incidents are compared."""

_CANDIDATES = """
    SELECT incidents.id, service, metric, title, opened_at, resolved_at, severity, event_ts, card,
        (SELECT text FROM incident_timeline AS line
         WHERE line.incident_id = incidents.id AND line.kind = 'resolved' ORDER BY line.id DESC LIMIT 1)
    FROM incidents LEFT JOIN incident_cards ON incident_cards.incident_id = incidents.id
    WHERE status = 'RESOLVED' AND resolved_at IS NOT NULL AND metric = ?"""


def write_card(db: sqlite3.Connection, incident_id: int, card: ReasonCard) -> None:
    """Keep the card; the same card is the same bytes."""
    db.execute("INSERT INTO incident_cards VALUES (?, ?)", (incident_id, _CARD.dump_json(card).decode()))


def load_card(db: sqlite3.Connection, incident_id: int) -> ReasonCard | None:
    """The incident's card; None for one that opened without (by a threshold alone, or before cards)."""
    row = db.execute("SELECT card FROM incident_cards WHERE incident_id = ?", (incident_id,)).fetchone()
    return None if row is None else _CARD.validate_json(row[0])


def candidates(db: sqlite3.Connection, key: SeriesKey) -> list[Candidate]:
    """The newest resolved incidents of the pair, or where it has none of the metric, newest first."""
    own = db.execute(
        f"{_CANDIDATES} AND service = ? ORDER BY incidents.id DESC LIMIT ?",
        (key.metric, key.service, _OF_THE_PAIR),
    ).fetchall()
    found = (
        own
        or db.execute(
            f"{_CANDIDATES} ORDER BY incidents.id DESC LIMIT ?", (key.metric, _OF_THE_METRIC)
        ).fetchall()
    )
    return [_candidate(row) for row in found]


def _candidate(row: tuple[Any, ...]) -> Candidate:
    incident_id, service, metric, title, opened_at, resolved_at, severity, event_ts, text, resolution = row
    card = None if text is None else _CARD.validate_json(text)
    return Candidate(
        PastIncident(incident_id, service, metric, title, opened_at, resolved_at, resolution or "Resolved."),
        Likeness(
            SeriesKey(service, metric),
            event_ts,
            Severity(severity),
            None if card is None else card.side,
            () if card is None else card.shares,
        ),
    )
