"""Spreads independent pieces of work over the machine's processors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, cpu_count, delayed

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH_A_PROCESS = 50_000
"""Readings: fewer are scored in the time in which a process starts."""


def spread(function: Callable[[Item], Result], items: Sequence[Item], readings: int) -> Iterator[Result]:
    """``function`` of each item, in the items' order; ``readings`` is how many there are in all of them."""
    workers = min(cpu_count(), len(items), 1 + readings // _WORTH_A_PROCESS)
    yield from Parallel(n_jobs=max(1, workers), return_as="generator")(delayed(function)(i) for i in items)
