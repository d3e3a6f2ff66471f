"""Where "now" comes from, so that every test can set it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Protocol

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
    r"(?:[Zz]|[-+](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


class Clock(Protocol):
    """Answers the present time as seconds since the epoch, UTC."""

    def now(self) -> float: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return datetime.now(UTC).timestamp()


def to_rfc3339(timestamp: float) -> str:
    """Seconds since the epoch -> RFC 3339 UTC, in milliseconds only where they are not zero.

    >>> to_rfc3339(1767225600.0)
    '2026-01-01T00:00:00Z'
    >>> to_rfc3339(1767225600.25)
    '2026-01-01T00:00:00.250Z'
    """
    millis = round(timestamp * 1000)
    whole, fraction = divmod(millis, 1000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:03d}Z" if fraction else f"{text}Z"


def from_rfc3339(text: str) -> float:
    """RFC 3339 time with its offset -> seconds since the epoch.

    Raises ValueError for anything else: the other forms of ISO 8601, leap seconds, and a time without an
    offset: guessing a zone would move an incident by hours without anyone noticing.
    """
    # In a URL's query a plus sign stands for a blank, so "+02:00" often arrives as " 02:00".
    written = text.replace(" ", "+")
    if not _RFC_3339.fullmatch(written):
        raise ValueError(f"{text!r} is no RFC 3339 time with its UTC offset (write 2026-01-31T09:30:00Z)")
    return datetime.fromisoformat(written.upper()).timestamp()


def floor_to(timestamp: float, step: float) -> float:
    """The newest multiple of ``step`` seconds that is not after ``timestamp``."""
    return math.floor(timestamp / step) * step
