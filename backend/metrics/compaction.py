"""Puts datasets in order that nobody else uses: whole lines, sorted, each time once, no older than wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.clock import to_rfc3339
from backend.metrics.columns import parse_columns
from backend.metrics.dataset_file import HEADER, HistoryError
from backend.metrics.history import HistoryStore
from backend.metrics.quantity import quantity
from backend.metrics.retention import Limits, Trimmed, trim


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was done, or would be: how many files were mended, and why; what the limits took."""

    pairs: int
    waiting: int
    unsorted: int
    damaged: int
    leftovers: int
    trimmed: Trimmed
    problems: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For a person to read."""
        yield f"{self.pairs} pairs"
        if self.waiting:
            yield f"readings of {self.waiting} pairs moved from the write-ahead blocks into their CSVs"
        if self.unsorted:
            yield f"{self.unsorted} files sorted, times that stood twice kept once"
        if self.damaged:
            yield f"{self.damaged} files with torn or damaged lines mended; those lines are in FILE.torn"
        if self.leftovers:
            yield f"{self.leftovers} half-written files of an interrupted run removed"
        if self.trimmed.before is not None:
            yield (
                f"readings before {to_rfc3339(self.trimmed.before)} removed: {self.trimmed.cut} pairs cut, "
                f"{self.trimmed.gone} removed whole, {quantity(self.trimmed.freed, 'bytes')} freed"
            )
        yield f"{quantity(self.trimmed.left, 'bytes')} left"
        yield from self.problems


def compact(store: HistoryStore, limits: Limits, now: float, *, dry_run: bool) -> Compacted:
    """Do it, or with ``dry_run`` only look; nobody else may write meanwhile. Raises HistoryError."""
    waiting = len(store.waiting())
    if not dry_run:
        store.flush()
        if store.trouble:
            raise HistoryError(store.trouble)
    leftovers = [path for path in store.root.glob("*/*/.*.csv.tmp") if path.is_file()]
    unsorted = damaged = 0
    problems: list[str] = []
    for path, mend in store.files():
        try:
            is_damaged, is_unsorted = _look(path)
            if (is_damaged or is_unsorted) and not dry_run:
                mend()
        except HistoryError as error:
            problems.append(error.detail)
            continue
        damaged, unsorted = damaged + is_damaged, unsorted + is_unsorted
    if not dry_run:
        for path in leftovers:
            path.unlink(missing_ok=True)
    pairs = len(store.keys())
    trimmed = trim(store, limits, now, exact=True, dry_run=dry_run)
    every = (*problems, *trimmed.problems)
    return Compacted(pairs, waiting, unsorted, damaged, len(leftovers), trimmed, every)


def _look(path: Path) -> tuple[bool, bool]:
    """Whether a dataset has lines that are no readings, and whether its times are out of order or twice."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from None
    if not content.startswith(HEADER):
        if HEADER.startswith(content):
            return bool(content), False
        raise HistoryError(f"{path}: not a dataset of Canopy: its first line is not the header; left alone")
    lines = content[len(HEADER) : content.rfind(b"\n") + 1]
    times = parse_columns(lines).timestamps
    is_damaged = len(times) != lines.count(b"\n") or not content.endswith(b"\n")
    return is_damaged, bool((np.diff(times) <= 0).any())
