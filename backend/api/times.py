"""Times and durations as they arrive in a query."""

from __future__ import annotations

from http import HTTPStatus

from backend.api.errors import ApiError
from backend.clock import from_rfc3339
from backend.jobs.backtest_request import moment
from backend.metrics.quantity import duration
from backend.settings import parse_duration

_EARLIEST = 0.0
_LATEST = 253402300799.0  # 9999-12-31T23:59:59Z


def parse_time(name: str, text: str) -> float:
    """RFC 3339 -> seconds since the epoch; 422 that names the parameter otherwise."""
    try:
        moment = from_rfc3339(text)
    except (ValueError, OverflowError):
        raise _invalid(name, text, "an RFC 3339 time with its offset, such as 2026-01-31T09:30:00Z") from None
    if not _EARLIEST <= moment <= _LATEST:
        raise _invalid(name, text, "a time from 1970 on")
    return moment


def parse_range(start: str | None, end: str | None, now: float, default: float) -> tuple[float, float]:
    """Two RFC 3339 times -> start and end in seconds; the last ``default`` seconds where they are missing.

    422 where start lies after end.
    """
    last = parse_time("end", end) if end else now
    first = parse_time("start", start) if start else max(_EARLIEST, last - default)
    if first > last:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "start lies after end; swap them")
    return first, last


def parse_moment(name: str, text: str, now: float) -> float:
    """RFC 3339, or a Prometheus duration back from ``now`` -> seconds since the epoch; 422 otherwise."""
    try:
        return moment(text, now)
    except ValueError as error:
        raise _invalid(name, text, str(error)) from None


def parse_span(name: str, text: str, longest: float) -> float:
    """A Prometheus duration up to ``longest`` seconds -> seconds; 422 that names the parameter otherwise."""
    try:
        seconds = parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise _invalid(name, text, str(error).removeprefix("allowed: ")) from None
    if seconds > longest:
        raise _invalid(name, text, f"at most {duration(longest)}")
    return seconds


def _invalid(name: str, found: str, allowed: str) -> ApiError:
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: found {found[:100]!r}; allowed: {allowed}")
