"""Which of the oldest readings go, by age and by size: whole days (UTC), never what training needs."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from backend.clock import floor_to, to_rfc3339
from backend.metrics.history import HistoryError, HistoryStore
from backend.metrics.quantity import quantity
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

_DAY = 86400.0
_SLACK = 0.1
"""Readings may be kept by this part longer, datasets cut by it below their limit: a cut rewrites files."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long readings are kept (seconds) and how large the datasets may be (bytes); None: without end.

    ``window``: the seconds that models learn from, which stay in any case.
    """

    keep: float | None
    max_size: int | None
    window: float


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was removed, or would be: readings before ``before`` (seconds since the epoch; None: nothing).

    ``cut`` pairs lost their oldest readings, ``gone`` pairs all. Sizes in bytes. ``problems``: what could not
    be done, and why.
    """

    before: float | None
    cut: int
    gone: int
    freed: int
    left: int
    problems: tuple[str, ...]


def trim(store: HistoryStore, limits: Limits, now: float, *, exact: bool, dry_run: bool = False) -> Trimmed:
    """Remove the oldest readings; ``exact``: also where it is hardly worth it. Raises HistoryError."""
    keys = store.keys()
    total = _total(store, keys)
    protected = floor_to(now - limits.window, _DAY)
    old = None if limits.keep is None else min(protected, floor_to(now - limits.keep, _DAY))
    before = old
    if limits.max_size is not None and total > limits.max_size:
        target = limits.max_size * (1 if exact else 1 - _SLACK)
        before = max(_fitting(store, keys, total - target, protected), old or 0.0)
    elif limits.keep is not None and not exact:
        keys = [key for key in keys if _is_older(store, key, now - limits.keep * (1 + _SLACK) - _DAY)]
    cut = gone = freed = 0
    problems = []
    first = 0.0 if before is None else before
    for key in keys if first else ():
        try:
            size = store.size_before(key, first) if dry_run else store.drop_before(key, first)
            last = store.last_timestamp(key) if size else None
        except HistoryError as error:
            log.warning("%s", error.detail)
            problems.append(error.detail)
            continue
        freed += size
        if size:
            is_gone = last is None or last < first
            cut, gone = cut + (not is_gone), gone + is_gone
    left = total - freed
    if limits.max_size is not None and left > limits.max_size:
        problems.append(
            f"the datasets take {quantity(left, 'bytes')}, more than storage.max_size, and cannot be cut: "
            f"models learn from all since {to_rfc3339(protected)} (training.window)"
        )
    return Trimmed(before if cut + gone else None, cut, gone, freed, left, tuple(problems))


def _total(store: HistoryStore, keys: Iterable[SeriesKey]) -> int:
    return sum(store.size(key) for key in keys)


def _is_older(store: HistoryStore, key: SeriesKey, time: float) -> bool:
    """Whether the pair has a reading before that time; one that cannot be read says so when it is cut."""
    try:
        return store.size_before(key, time) > 0
    except HistoryError:
        return True


def _fitting(store: HistoryStore, keys: Iterable[SeriesKey], excess: float, protected: float) -> float:
    """The first day whose predecessors take ``excess`` bytes; ``protected`` where not all that go do."""
    keys = list(keys)

    def is_enough(day: int) -> bool:
        return sum(_size_before(store, key, day * _DAY) for key in keys) >= excess

    # From the newest day back, ever faster: each look opens every file, and few days are stored.
    first, last, step = 0, int(protected // _DAY), 1
    while first < last - step:
        if not is_enough(last - step):
            first = last - step + 1
            break
        last, step = last - step, 2 * step
    while first < last:
        middle = (first + last) // 2
        if is_enough(middle):
            last = middle
        else:
            first = middle + 1
    return last * _DAY


def _size_before(store: HistoryStore, key: SeriesKey, time: float) -> int:
    try:
        return store.size_before(key, time)
    except HistoryError:
        return 0
