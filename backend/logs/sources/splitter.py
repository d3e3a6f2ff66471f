"""A stretch of a log file -> records: a line, or a plain line with the stack trace that follows it."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_RECORD = 256 * 1024
"""Bytes after which a record takes no further lines, however much they look like its stack trace."""

_CONTINUATION = re.compile(
    rb"[ \t]+\S|Caused by:|Suppressed:|at |\.\.\.|Traceback \(most recent"
    rb"|(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*(?:Exception|Error|Throwable)\b(?::|\s*$)"
)


class Split(NamedTuple):
    """``consumed`` bytes from the start of the stretch are spoken for by ``records`` (and blank lines)."""

    records: list[bytes]
    consumed: int


def split_records(chunk: bytes, limit: int, *, close_record: bool, close_line: bool) -> Split:
    """Up to ``limit`` records of ``chunk``, which starts at the start of a line.

    A JSON line is a record at once. A plain line waits for the next line, which might belong to it, unless
    ``close_record`` says that nothing follows. A last line without line feed waits for it, unless
    ``close_line`` says that none will come.
    """
    records: list[bytes] = []
    consumed = position = 0
    start = end = -1  # the record that may still grow; -1: none
    while position < len(chunk) and len(records) < limit:
        feed = chunk.find(b"\n", position)
        if feed < 0 and not close_line:
            break
        feed = len(chunk) if feed < 0 else feed
        if start >= 0 and feed - start < MAX_RECORD and _CONTINUATION.match(chunk, position, feed):
            end = feed
        else:
            if start >= 0:
                records.append(chunk[start:end])
                consumed, start = position, -1
                if len(records) == limit:
                    break
            line = chunk[position:feed].strip(b"\0\r\t ")
            if not line or line.startswith(b"{") or feed - position >= MAX_RECORD:
                if line:
                    records.append(chunk[position:feed])
                consumed = min(feed + 1, len(chunk))
            else:
                start, end = position, feed
        position = feed + 1
    if start >= 0 and len(records) < limit and (close_record or close_line):
        records.append(chunk[start:end])
        consumed = min(end + 1, len(chunk))
    return Split(records, consumed)
