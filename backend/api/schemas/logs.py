"""Log lines on the wire, and the files they come from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire
from backend.api.schemas.readings import Span

Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "UNKNOWN"]


class LogEntry(Wire):
    timestamp: Time
    service: str
    level: str
    message: str
    logger: str
    thread: str
    trace_id: str
    stack_trace: str
    count: int = Field(description="how many like this one were joined into it")
    explains: bool = Field(description="this line helps to explain the event")
    reason: str = Field(description="why it is marked; empty otherwise")


class LogSource(Wire):
    path: str
    state: Literal["reading", "missing", "failed"]
    detail: str
    lines: int


class Logs(Wire):
    service: str
    event_ts: Time
    start: Time
    end: Time
    total: int = Field(description="lines in the range that fit the filters")
    truncated: bool
    lines: list[LogEntry]
    sources: list[LogSource] = Field(description="the files read for this service, and their state")


class LogRow(Wire):
    """One stored line. ``id`` grows as lines come in, whatever time they bear."""

    id: int
    timestamp: Time
    service: str
    level: Level
    message: str
    logger: str
    thread: str
    trace_id: str
    stack_trace: str
    cut: bool = Field(description="message or stack trace goes on; GET /logs/lines/{id} has all that is kept")


class LogPage(Wire):
    """The newest lines that fit, in time order."""

    start: Time
    end: Time
    total: int
    lines: list[LogRow]
    older: str | None = Field(description="the cursor of the page before; null where there is none")


class LogTail(Wire):
    """What came in since the last call, in that order."""

    cursor: int = Field(description="for the next call's after")
    dropped: int = Field(description="lines that fit and came in, but are more than limit; the oldest go")
    lines: list[LogRow]


class LogContext(Wire):
    line: LogRow
    lines: list[LogRow] = Field(description="the same service's lines around it, itself among them")


class LogHistogram(Wire):
    """How many lines each stretch of ``step`` seconds has, by level; the first begins at ``start``."""

    start: Time
    end: Time
    step: float
    total: int
    levels: dict[Level, list[int]]


class LogTemplate(Wire):
    """The lines of one log statement in the range; what varies stands as ``<*>``."""

    service: str
    level: Level
    logger: str
    template: str
    cause: str = Field(description="the class of the stack trace's root cause; empty without one")
    count: int
    before: int = Field(description="such lines in the window before")
    new: bool = Field(description="no such line in the window before")
    news: float = Field(description="0..1: novelty times the level's weight")
    reason: str = Field(description="what is said of it, in words")
    first_seen: Time
    last_seen: Time
    example: int = Field(description="the id of the newest such line, for GET /logs/lines/{id}")


class LogTemplates(Wire):
    start: Time
    end: Time
    compared_with: Span
    total: int = Field(description="templates in the range")
    truncated: bool = Field(description="only the newest lines of the range were looked at")
    items: list[LogTemplate]


class LogSources(Wire):
    services: list[str] = Field(description="services that have lines")
    sources: list[LogSource] = Field(description="the files they come from, and their state")
