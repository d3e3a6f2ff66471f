"""Log lines on the wire, and the files they come from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from backend.api.schemas.base import Time, Wire


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
