"""What a reader of logs asks the database: pages, the tail, the lines around one, counts, templates."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from backend.logs.line import LogLine
from backend.logs.novelty import Statement

COLUMNS = "timestamp, service, level, message, logger, thread, trace_id, stack_trace, raw_truncated"

MOST_GROUPED = 200_000
"""Lines of a range, the newest ones, that are grouped by template."""

_Values = list[str | float]


class StoredLine(NamedTuple):
    """A line and its number in the store: higher for what came in later."""

    id: int
    line: LogLine


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines: of any of ``services`` (of all, if empty), start <= timestamp < end in seconds.

    ``levels``: only these, all if empty. ``q``: only lines whose message, logger or stack trace holds this
    text, in any case. ``template``: only lines with exactly this one.
    """

    services: Collection[str]
    start: float
    end: float
    levels: Collection[str] = ()
    q: str = ""
    template: str = ""

    def where(self, db: sqlite3.Connection) -> tuple[str, _Values]:
        """The condition in SQL. Services are named one by one, so that the index by service serves."""
        content, values = self.content()
        services = list(self.services) or services_of(db)
        clauses = [f"service IN ({_marks(services)}) AND timestamp >= ? AND timestamp < ?", *content]
        return " AND ".join(clauses), [*services, self.start, self.end, *values]

    def content(self) -> tuple[list[str], _Values]:
        """The part that looks at the lines themselves."""
        clauses: list[str] = []
        values: _Values = []
        if self.levels:
            clauses.append(f"level IN ({_marks(self.levels)})")
            values += self.levels
        if self.q:
            clauses.append("holds(?, message, logger, stack_trace)")
            values.append(self.q.casefold())
        if self.template:
            clauses.append("template_of(message) = ?")
            values.append(self.template)
        return clauses, values


class Page(NamedTuple):
    """Lines in time order; ``total`` fit, ``older`` is where older ones go on, if there are any."""

    lines: list[StoredLine]
    total: int
    older: tuple[float, int] | None


class Tail(NamedTuple):
    """What came in since the last look, in that order; ``dropped`` lines more fit than were asked for."""

    lines: list[StoredLine]
    cursor: int
    dropped: int


class TemplateGroup(NamedTuple):
    """The lines of one statement of one service; ``example`` is the number of the newest."""

    service: str
    statement: Statement
    lines: int
    first: float
    last: float
    example: int


# Only our own column names and marks ever go into the text of a query, hence the S608 marks.


def page(
    db: sqlite3.Connection, wanted: LogFilter, limit: int, before: tuple[float, int] | None = None
) -> Page:
    """The newest ``limit`` lines, or those before the place where the last page ended."""
    where, values = wanted.where(db)
    total = db.execute(f"SELECT count(*) FROM lines WHERE {where}", values).fetchone()[0]  # noqa: S608
    if before is not None:
        where, values = f"{where} AND (timestamp, id) < (?, ?)", [*values, *before]
    rows = db.execute(
        f"SELECT id, {COLUMNS} FROM lines WHERE {where} ORDER BY timestamp DESC, id DESC LIMIT ?",  # noqa: S608
        [*values, limit + 1],
    ).fetchall()
    lines = [stored(row) for row in reversed(rows[:limit])]
    return Page(lines, total, (lines[0].line.timestamp, lines[0].id) if len(rows) > limit else None)


def tail(db: sqlite3.Connection, wanted: LogFilter, after: int | None, limit: int) -> Tail:
    """The newest ``limit`` of the lines that came in after line ``after``; without it, from now on.

    The time of ``wanted`` does not matter. Lines written long ago and read only now are news, too.
    """
    newest = db.execute("SELECT coalesce(max(id), 0) FROM lines").fetchone()[0]
    if after is None or after > newest:  # a fresh store has begun to count anew
        return Tail([], newest, 0)
    clauses, values = wanted.content()
    clauses = ["id > ?", "id <= ?", *clauses]
    if wanted.services:
        clauses.append(f"+service IN ({_marks(wanted.services)})")  # "+": by id, not by the other index
        values = [*values, *wanted.services]
    where, values = " AND ".join(clauses), [after, newest, *values]
    rows = db.execute(
        f"SELECT id, {COLUMNS} FROM lines WHERE {where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        [*values, limit],
    ).fetchall()
    total = len(rows)
    if total == limit:
        total = db.execute(f"SELECT count(*) FROM lines WHERE {where}", values).fetchone()[0]  # noqa: S608
    return Tail([stored(row) for row in reversed(rows)], newest, total - len(rows))


def line_by_id(db: sqlite3.Connection, number: int) -> StoredLine | None:
    """One line; None where there is none of that number (any more)."""
    row = db.execute(f"SELECT id, {COLUMNS} FROM lines WHERE id = ?", (number,)).fetchone()  # noqa: S608
    return stored(row) if row else None


def around(db: sqlite3.Connection, found: StoredLine, before: int, after: int) -> list[StoredLine]:
    """So many lines of the same service before and after a line, and itself, in time order."""
    place = (found.line.service, found.line.timestamp, found.id)
    query = "SELECT id, {} FROM lines WHERE service = ? AND (timestamp, id) {} (?, ?) ORDER BY {} LIMIT ?"
    earlier = db.execute(query.format(COLUMNS, "<", "timestamp DESC, id DESC"), (*place, before)).fetchall()
    later = db.execute(query.format(COLUMNS, ">", "timestamp, id"), (*place, after)).fetchall()
    return [*map(stored, reversed(earlier)), found, *map(stored, later)]


def histogram(db: sqlite3.Connection, wanted: LogFilter, step: float) -> Mapping[str, Mapping[int, int]]:
    """How many lines of each level fall into each stretch of ``step`` seconds from ``wanted.start`` on."""
    where, values = wanted.where(db)
    counts: dict[str, dict[int, int]] = {}
    for level, stretch, count in db.execute(
        f"""SELECT level, CAST((timestamp - ?) / ? AS INTEGER) AS stretch, count(*)
            FROM lines WHERE {where} GROUP BY level, stretch""",  # noqa: S608
        [wanted.start, step, *values],
    ):
        counts.setdefault(level, {})[stretch] = count
    return counts


def templates(db: sqlite3.Connection, wanted: LogFilter) -> tuple[list[TemplateGroup], bool]:
    """The newest MOST_GROUPED lines by statement; and whether there were more."""
    where, values = wanted.where(db)
    rows = db.execute(
        f"""SELECT service, level, logger, template_of(message) AS template, cause_of(stack_trace) AS cause,
                   count(*), min(timestamp), max(timestamp), max(id)
            FROM (SELECT * FROM lines WHERE {where} ORDER BY timestamp DESC LIMIT ?)
            GROUP BY service, level, logger, template, cause""",  # noqa: S608
        [*values, MOST_GROUPED],
    ).fetchall()
    groups = [TemplateGroup(row[0], Statement(*row[1:5]), *row[5:]) for row in rows]
    return groups, sum(group.lines for group in groups) == MOST_GROUPED


def each(db: sqlite3.Connection, wanted: LogFilter, limit: int) -> Iterator[LogLine]:
    """The first ``limit`` lines in time order, one by one."""
    where, values = wanted.where(db)
    for row in db.execute(
        f"SELECT id, {COLUMNS} FROM lines WHERE {where} ORDER BY timestamp, id LIMIT ?",  # noqa: S608
        [*values, limit],
    ):
        yield stored(row).line


def services_of(db: sqlite3.Connection) -> list[str]:
    """Services that have lines, by one index seek each; DISTINCT would walk the whole index."""
    services: list[str] = []
    row = db.execute("SELECT min(service) FROM lines").fetchone()
    while row[0] is not None:
        services.append(row[0])
        row = db.execute("SELECT min(service) FROM lines WHERE service > ?", (row[0],)).fetchone()
    return services


def stored(row: tuple[Any, ...]) -> StoredLine:
    """A row of id and COLUMNS."""
    number, at, service, level, message, origin, thread, trace_id, stack, cut = row
    return StoredLine(
        number, LogLine(at, service, level, message, origin, thread, trace_id, stack, bool(cut))
    )


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
