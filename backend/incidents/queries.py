"""Questions to the incidents' database: one page of a list, counts, spans, a pair's newest incident."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from backend.incidents import rows
from backend.incidents.incident import IncidentSummary, LatestIncident, ResolveReason, Status
from backend.metrics.readings import SeriesKey, Severity

MAX_LIMIT = 500
MAX_IDS = 10_000
"""How many incidents one list of ids, and so one act on many, may hold."""

_MOST_WORDS = 20
_LARGEST_ID = 2**63 - 1
_PAIRS_AT_ONCE = 5000

_SORTS: dict[str, tuple[str, ...]] = {
    "urgency": ("urgency", "opened_at", "id"),
    "opened_at": ("opened_at", "id"),
    "updated_at": ("updated_at", "id"),
    "severity": ("severity_rank", "opened_at", "id"),
    "service": ("service", "id"),
}
_SORT_TYPES: dict[str, type] = {"opened_at": float, "updated_at": float, "service": str}
SORTS = tuple(f"{sign}{name}" for name in _SORTS for sign in ("", "-"))
"""What ``IncidentQuery.sort`` may be."""


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """One page of the list. An empty filter lets everything through; several values of one are "or".

    ``q``: every word of it must be in the title, service, metric or reason, or be the id (``12``, ``#12``).
    ``sort``: a key of SORTS, ascending, descending with "-" before it; ``urgency`` alone begins with what
    waits for a person: OPEN before ACKNOWLEDGED before RESOLVED, then severity, then the newest.
    ``start``, ``end``: only what fired in between, in seconds since the epoch, both included.
    ``cursor``: ``next_cursor`` of the page before; so each incident is met once, whatever opens meanwhile.
    ``offset``: skip so many instead, for a reader who jumps; what opens meanwhile moves the rest along.
    """

    services: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    statuses: tuple[Status, ...] = ()
    q: str = ""
    start: float | None = None
    end: float | None = None
    sort: str = "urgency"
    limit: int = 50
    cursor: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """``total`` counts all that fit the filters; ``next_cursor`` is None on the last page.

    ``statuses`` counts by status what fits all filters but that of the status; ``severities`` likewise. Only
    what there is any of is counted.
    """

    items: tuple[IncidentSummary, ...]
    total: int
    next_cursor: str | None
    statuses: Mapping[Status, int]
    severities: Mapping[Severity, int]


class IncidentCount(NamedTuple):
    """How many incidents a service has of one severity and status."""

    service: str
    severity: Severity
    status: Status
    number: int


def page(db: sqlite3.Connection, query: IncidentQuery) -> IncidentPage:
    """Raises ValueError, in words for the caller, for a sort, limit, cursor or offset that cannot be."""
    _refuse_impossible(query)
    columns = _SORTS[query.sort.removeprefix("-")]
    filters, values = _filters(query)
    if query.cursor is not None:
        marks = ", ".join("?" * len(columns))
        filters.append(f"({', '.join(columns)}) {'<' if _descends(query) else '>'} ({marks})")
        values += _position(query.cursor, query.sort, columns)
    # Only our own column names and operators ever go into the text of a query, hence the S608 marks.
    found = db.execute(
        f"""SELECT {rows.COLUMNS}, {", ".join(columns)} FROM incidents {_where(filters)}
            ORDER BY {_order(query)} LIMIT ? OFFSET ?""",  # noqa: S608
        [*values, query.limit + 1, query.offset],
    ).fetchall()
    shown, more = found[: query.limit], len(found) > query.limit
    width = len(columns)
    cursor = _cursor(query.sort, shown[-1][-width:]) if more else None
    items = tuple(rows.summary(row[:-width]) for row in shown)
    return IncidentPage(items, next_cursor=cursor, **_totals(db, query))


def ids(db: sqlite3.Connection, query: IncidentQuery) -> list[int]:
    """The ids of all that fit the filters, in the query's order; the first MAX_IDS of them.

    Limit, cursor and offset say nothing here. Raises ValueError for a sort that cannot be.
    """
    _refuse_impossible(query)
    filters, values = _filters(query)
    found = db.execute(
        f"SELECT id FROM incidents {_where(filters)} ORDER BY {_order(query)} LIMIT ?",  # noqa: S608
        [*values, MAX_IDS],
    )
    return [incident_id for (incident_id,) in found]


def _refuse_impossible(query: IncidentQuery) -> None:
    if query.sort not in SORTS:
        raise ValueError(f"sort: found {query.sort!r}; allowed: {', '.join(SORTS)}")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise ValueError(f"limit: found {query.limit}; allowed: 1 to {MAX_LIMIT}")
    if query.offset and query.cursor is not None:
        raise ValueError("cursor, offset: found both; give one of them")


def _descends(query: IncidentQuery) -> bool:
    return (query.sort.removeprefix("-") == "urgency") != query.sort.startswith("-")


def _order(query: IncidentQuery) -> str:
    direction = "DESC" if _descends(query) else "ASC"
    return ", ".join(f"{column} {direction}" for column in _SORTS[query.sort.removeprefix("-")])


def _totals(db: sqlite3.Connection, query: IncidentQuery) -> dict[str, Any]:
    """IncidentPage's three counts, from one reading of the table."""
    filters, values = _filters(replace(query, statuses=(), severities=()))
    groups = db.execute(
        f"SELECT status, severity, count(*) FROM incidents {_where(filters)} GROUP BY status, severity",  # noqa: S608
        values,
    ).fetchall()
    statuses: Counter[Status] = Counter()
    severities: Counter[Severity] = Counter()
    total = 0
    for status, severity, number in groups:
        status_fits = not query.statuses or status in query.statuses
        severity_fits = not query.severities or severity in query.severities
        if severity_fits:
            statuses[Status(status)] += number
        if status_fits:
            severities[Severity(severity)] += number
        if status_fits and severity_fits:
            total += number
    return {"total": total, "statuses": dict(statuses), "severities": dict(severities)}


def latest(db: sqlite3.Connection, keys: Iterable[SeriesKey]) -> dict[SeriesKey, LatestIncident]:
    """The incident of each pair that a firing reading would belong to; pairs without any are left out.

    That is the one that is not RESOLVED; else, because its episode may still last, the one that fired last.
    The newest by id would be wrong: an operator may have reopened an older one.
    """
    remaining = iter(keys)
    found = {}
    while some := list(islice(remaining, _PAIRS_AT_ONCE)):
        pairs = ", ".join(["(?, ?)"] * len(some))
        for service, metric, *known in db.execute(
            f"""WITH wanted (service, metric) AS (VALUES {pairs})
                SELECT wanted.service, wanted.metric, incidents.id, status, last_fired_at
                FROM wanted JOIN incidents ON incidents.id = (
                    SELECT id FROM incidents AS own
                    WHERE own.service = wanted.service AND own.metric = wanted.metric
                    ORDER BY (own.status = 'RESOLVED'), own.last_fired_at DESC, own.id DESC LIMIT 1)""",  # noqa: S608
            [part for key in some for part in key],
        ):
            incident_id, status, last_fired_at = known
            found[SeriesKey(service, metric)] = LatestIncident(incident_id, Status(status), last_fired_at)
    return found


def unresolved(db: sqlite3.Connection, key: SeriesKey) -> int | None:
    """The id of the pair's incident that is not RESOLVED."""
    row = db.execute(
        "SELECT id FROM incidents WHERE service = ? AND metric = ? AND status <> 'RESOLVED'", key
    ).fetchone()
    return None if row is None else int(row[0])


def counts(db: sqlite3.Connection) -> list[IncidentCount]:
    """All incidents by service, severity and status; nothing for what there is none of."""
    return [
        IncidentCount(service, Severity(severity), Status(status), number)
        for service, severity, status, number in db.execute(
            """SELECT service, severity, status, count(*) FROM incidents
               GROUP BY service, severity, status ORDER BY service, severity, status"""
        )
    ]


def open_counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many incidents of each service are not RESOLVED; services without one are left out."""
    return dict(
        db.execute("SELECT service, count(*) FROM incidents WHERE status <> 'RESOLVED' GROUP BY service")
    )


def spans(db: sqlite3.Connection, key: SeriesKey, start: float, end: float) -> list[tuple[float, float]]:
    """From first to last firing, of the incidents in ``start..end`` whose readings are not to be learned.

    Left out are those that an operator called ``expected`` or ``noise``, by an answer or, where there is
    none, by the reason for resolving: what they held was normal after all.
    """
    return db.execute(
        """SELECT event_ts, last_fired_at FROM incidents
           WHERE service = ? AND metric = ? AND last_fired_at >= ? AND event_ts <= ?
             AND coalesce(feedback, resolve_reason, '') NOT IN (?, ?)
           ORDER BY event_ts""",
        (*key, start, end, ResolveReason.EXPECTED, ResolveReason.NOISE),
    ).fetchall()


def _filters(query: IncidentQuery) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    values: list[Any] = []
    for column, wanted in (
        ("service", query.services),
        ("metric", query.metrics),
        ("severity", query.severities),
        ("status", query.statuses),
    ):
        if wanted:
            clauses.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if query.start is not None:
        clauses.append("last_fired_at >= ?")
        values.append(query.start)
    if query.end is not None:
        clauses.append("event_ts <= ?")
        values.append(query.end)
    # What stands after the last word that is looked at alone is one phrase: the query stays small.
    for word in query.q.casefold().split(maxsplit=_MOST_WORDS):
        number = re.fullmatch(r"#?([0-9]{1,19})", word)
        clauses.append("(instr(search, ?) > 0 OR id = ?)")
        values += [word, min(int(number[1]), _LARGEST_ID) if number else None]
    return clauses, values


def _where(clauses: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(clauses)}" if clauses else ""


def _cursor(sort: str, position: Sequence[Any]) -> str:
    """Where a page ended: the sort and the last row's place in it. Inserts elsewhere do not move it."""
    return base64.urlsafe_b64encode(json.dumps([sort, *position]).encode()).decode().rstrip("=")


def _position(cursor: str, sort: str, columns: Sequence[str]) -> list[Any]:
    """The place a cursor stands for. Raises ValueError."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        held = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        made_for, *position = held if isinstance(held, list) else [None]
    except (ValueError, binascii.Error, RecursionError):
        made_for, position = None, []
    if made_for != sort or not _fits(position, columns):
        raise ValueError("cursor: not one of this list and sort; leave it out to begin at the first page")
    return position


def _fits(position: Sequence[Any], columns: Sequence[str]) -> bool:
    """Could these values be a row's? What a client made up must not reach SQLite."""
    return len(position) == len(columns) and all(
        type(value) is _SORT_TYPES.get(column, int) and _storable(value)
        for value, column in zip(position, columns, strict=True)
    )


def _storable(value: Any) -> bool:
    if isinstance(value, int):
        return -_LARGEST_ID <= value <= _LARGEST_ID
    if isinstance(value, float):
        return math.isfinite(value)
    return bool(value == value.encode("utf-8", "ignore").decode("utf-8"))  # no half of a character
