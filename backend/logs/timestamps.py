"""The many ways in which logs write a moment -> seconds since the epoch, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# Numbers outside of 1990..2286 are no epoch time in that unit: a port, a count, a date written as digits.
_EARLIEST, _LATEST = 631_152_000.0, 10_000_000_000.0
_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?", re.ASCII)
_LEADING = re.compile(
    r"""\[?(?:
    (?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:\ ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?!\w))?)
   |(?P<slashes>\d{4}/\d\d/\d\d\ \d\d:\d\d:\d\d(?:[.,]\d{1,9})?)
   |(?P<spark>\d\d/\d\d/\d\d\ \d\d:\d\d:\d\d)
   |(?P<compact>\d{8}-\d{1,2}:\d{1,2}:\d{1,2}:\d{1,3})
   |(?P<hdfs>\d{6}\ \d{6})
   |(?P<syslog>[A-Z][a-z]{2}\ [\ \d]\d\ \d\d:\d\d:\d\d)
   |(?P<clock>\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)
    )\]?(?=[\s|\]:,-]|$)""",
    re.ASCII | re.VERBOSE,
)
_FORMATS = {"spark": "%y/%m/%d %H:%M:%S", "compact": "%Y%m%d-%H:%M:%S:%f", "hdfs": "%y%m%d %H%M%S"}


def parse_timestamp(value: object, near: float) -> float | None:
    """A JSON or logfmt value -> seconds since the epoch, or None where it is no time.

    Numbers are seconds, milliseconds, microseconds or nanoseconds, told apart by their size. A text
    without zone is UTC. ``near`` (seconds) completes a time that names no date or no year.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _epoch(float(text))
    return _iso(text) if text[4:5] == "-" else (leading_timestamp(text, near) or (None, 0))[0]


def leading_timestamp(text: str, near: float) -> tuple[float, int] | None:
    """The time at the start of a plain line and where the rest begins; None where there is none."""
    match = _LEADING.match(text)
    if match is None or match.lastgroup is None:
        return None
    kind, stamp = match.lastgroup, match[match.lastgroup]
    try:
        moment = _moment(kind, stamp, near)
    except (ValueError, OverflowError):
        return None
    return None if moment is None else (moment, match.end())


def _moment(kind: str, stamp: str, near: float) -> float | None:
    if kind in ("iso", "slashes"):
        return _iso(stamp.replace("/", "-"))
    if kind == "clock":
        return _nearest_day(stamp, near)
    if kind == "syslog":
        return _this_or_last_year(stamp, near)
    return datetime.strptime(stamp, _FORMATS[kind]).replace(tzinfo=UTC).timestamp()


def _epoch(number: float) -> float | None:
    for unit in (1.0, 1e3, 1e6, 1e9):
        seconds = number / unit
        if _EARLIEST <= seconds < _LATEST:
            return seconds
    return None


def _iso(text: str) -> float | None:
    if text.endswith(("UTC", "GMT")):
        text = text[:-3].rstrip() + "Z"
    if text[19:].count(" "):
        text = text[:19] + text[19:].replace(" ", "")
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _LATEST else None


def _nearest_day(stamp: str, near: float) -> float:
    """A time of day: of the day that brings it nearest to ``near``."""
    around = datetime.fromtimestamp(near, UTC)
    moment = datetime.fromisoformat(f"{around:%Y-%m-%d}T{stamp}").replace(tzinfo=UTC)
    return min(((moment + timedelta(days=d)).timestamp() for d in (-1, 0, 1)), key=lambda t: abs(t - near))


def _this_or_last_year(stamp: str, near: float) -> float:
    """A day without its year: of the newest year that does not lay it more than a day ahead of ``near``."""
    latest = datetime.fromtimestamp(near, UTC) + timedelta(days=1)
    for year in (latest.year, latest.year - 1, latest.year - 2, latest.year - 3):
        try:
            moment = datetime.strptime(f"{year} {stamp}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:  # 29 February, in a year that has none
            continue
        if moment <= latest:
            return moment.timestamp()
    raise ValueError(stamp)
