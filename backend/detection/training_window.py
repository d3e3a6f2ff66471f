"""The views a pair's trees learn from: blocks of readings, each view of a block kept as a small sketch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.ordering import insert
from backend.detection.views import VIEWS

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

BLOCKS = 12
"""The window's blocks: the oldest leaves as a whole when a new one begins."""

POINTS = 96
ENDS = 16
"""Points of a sketch, and how many of the lowest and of the highest readings it keeps as they are."""

FRESH = 64
"""Readings that are kept as they are until they go into the block together."""

_MOST_POINTS = BLOCKS * POINTS + FRESH

_LEAST_BLOCK = 1000
_LEAST_SECONDS = 43_200.0

_EVER, _SINCE, _GROWN_FROM, _FRESH, _BLOCK = range(5)


class TrainingWindow(NamedTuple):
    """Learned views of many pairs: row i of every array belongs to pair i.

    ``fresh`` float64[pairs, 16, FRESH] are the newest readings, each view by size. A block keeps of each
    view ``points`` float32[pairs, BLOCKS, 16, POINTS] by size, relative to ``bases`` float64[pairs, BLOCKS,
    16], its median; ``sizes`` int64[pairs, BLOCKS] is how many readings they stand for, and `rank_of` for
    which of them each one does. ``counts`` int64[pairs, 5]: readings learned ever, since the last refit,
    those that the trees were grown from, those in ``fresh``, and the block that is being filled.
    """

    fresh: FloatArray
    points: SingleArray
    bases: FloatArray
    sizes: IntArray
    counts: IntArray


class Sorted(NamedTuple):
    """One view of a window by size: float64[n] values and how many readings lie before each, int64[n + 1]."""

    values: FloatArray
    before: IntArray


class Room(NamedTuple):
    """Scratch: what each point of each block stands for, int64[BLOCKS, POINTS], and two windows' worth."""

    parts: IntArray
    one: Sorted
    other: Sorted


def block_size(interval: float) -> int:
    """Readings in a block: a thousand or half a day, whichever is more.

    Twelve blocks are six days at any scrape interval, and six weeks at five minutes' steps.
    """
    return max(_LEAST_BLOCK, int(np.ceil(_LEAST_SECONDS / interval)))


def empty_window(pairs: int) -> TrainingWindow:
    """Windows that have learned nothing."""
    return TrainingWindow(
        fresh=np.zeros((pairs, len(VIEWS), FRESH)),
        points=np.zeros((pairs, BLOCKS, len(VIEWS), POINTS), dtype=np.float32),
        bases=np.zeros((pairs, BLOCKS, len(VIEWS))),
        sizes=np.zeros((pairs, BLOCKS), dtype=np.int64),
        counts=np.zeros((pairs, 5), dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def held(window: TrainingWindow, pair: int) -> int:
    """How many readings the pair's window holds."""
    return window.sizes[pair].sum() + window.counts[pair, _FRESH]


@njit(cache=True, nogil=True)
def learn(window: TrainingWindow, pair: int, views: FloatArray, block_size: int) -> None:
    """Take a reading's views float64[16]; after a block of ``block_size`` readings a new one begins."""
    counts = window.counts[pair]
    for view in range(len(VIEWS)):
        insert(window.fresh[pair, view], counts[_FRESH], views[view])
    counts[_EVER] += 1
    counts[_SINCE] += 1
    counts[_FRESH] += 1
    if counts[_FRESH] < FRESH:
        return
    if window.sizes[pair, counts[_BLOCK]] >= block_size:
        counts[_BLOCK] = (counts[_BLOCK] + 1) % BLOCKS
        window.sizes[pair, counts[_BLOCK]] = 0
    _settle(window, pair, counts[_BLOCK])
    counts[_FRESH] = 0


@njit(cache=True, nogil=True)
def rank_of(point: int, size: int) -> int:
    """How many of a sketch's ``size`` readings come before those that ``point`` stands for.

    The lowest and the highest ENDS stand for themselves, the others for equal parts of what lies between.
    """
    if size <= POINTS or point <= ENDS:
        return min(point, size)
    if point >= POINTS - ENDS:
        return size - (POINTS - point)
    return ENDS + (point - ENDS) * (size - 2 * ENDS) // (POINTS - 2 * ENDS)


@njit(cache=True, nogil=True)
def room_for(window: TrainingWindow, pair: int) -> Room:
    """Room for `in_order`, while the pair's window stays as it is."""
    parts = np.empty((BLOCKS, POINTS), dtype=np.int64)
    for block in range(BLOCKS):
        size = window.sizes[pair, block]
        for point in range(min(size, POINTS)):
            parts[block, point] = rank_of(point + 1, size) - rank_of(point, size)
    return Room(
        parts,
        Sorted(np.empty(_MOST_POINTS), np.zeros(_MOST_POINTS + 1, dtype=np.int64)),
        Sorted(np.empty(_MOST_POINTS), np.zeros(_MOST_POINTS + 1, dtype=np.int64)),
    )


@njit(cache=True, nogil=True)
def in_order(window: TrainingWindow, pair: int, view: int, room: Room) -> Sorted:
    """The blocks' sketches of one view and what is fresh, merged by size; it lies in the room."""
    one, other = room.one, room.other
    starts = np.zeros(BLOCKS + 2, dtype=np.int64)
    for block in range(BLOCKS):
        starts[block + 1] = _unpack(window, pair, block, view, room, starts[block])
    known = window.counts[pair, _FRESH]
    end = starts[BLOCKS] + known
    starts[BLOCKS + 1] = end
    one.values[starts[BLOCKS] : end] = window.fresh[pair, view, :known]
    one.before[starts[BLOCKS] : end] = 1
    lists = BLOCKS + 1
    while lists > 1:
        merged = 0
        for first in range(0, lists, 2):
            _merge(one, starts[first], starts[first + 1], starts[min(first + 2, lists)], other)
            merged += 1
            starts[merged] = starts[min(first + 2, lists)]
        lists = merged
        one, other = other, one
    _count_up(one.before, end)
    return Sorted(one.values[:end], one.before[: end + 1])


@njit(cache=True, nogil=True)
def _unpack(window: TrainingWindow, pair: int, block: int, view: int, room: Room, start: int) -> int:
    """Write a sketch's values and what each stands for from ``start`` on; where the next begins."""
    kept = min(window.sizes[pair, block], POINTS)
    base = window.bases[pair, block, view]
    points = window.points[pair, block, view]
    for point in range(kept):
        room.one.values[start + point] = base + points[point]
        room.one.before[start + point] = room.parts[block, point]
    return start + kept


@njit(cache=True, nogil=True)
def _merge(room: Sorted, start: int, middle: int, end: int, other: Sorted) -> None:
    """Merge two neighbouring lists into the same place of the other room; of equals the first goes first."""
    i, j = start, middle
    for at in range(start, end):
        take = i
        if j < end and (i >= middle or room.values[j] < room.values[i]):
            take = j
            j += 1
        else:
            i += 1
        other.values[at] = room.values[take]
        other.before[at] = room.before[take]


@njit(cache=True, nogil=True)
def _count_up(before: IntArray, end: int) -> None:
    """What each value stands for -> how many come before it."""
    total = 0
    for i in range(end):
        here = before[i]
        before[i] = total
        total += here
    before[end] = total


@njit(cache=True, nogil=True)
def _settle(window: TrainingWindow, pair: int, block: int) -> None:
    """Merge what is fresh into a block's sketches."""
    room = room_for(window, pair)
    size = window.sizes[pair, block] + FRESH
    for view in range(len(VIEWS)):
        kept = _unpack(window, pair, block, view, room, 0)
        end = kept + FRESH
        room.one.values[kept:end] = window.fresh[pair, view]
        room.one.before[kept:end] = 1
        _merge(room.one, 0, kept, end, room.other)
        _count_up(room.other.before, end)
        _sketch(room.other, size, window.points[pair, block, view], window.bases[pair, block], view)
    window.sizes[pair, block] = size


@njit(cache=True, nogil=True)
def _sketch(merged: Sorted, size: int, points: SingleArray, bases: FloatArray, view: int) -> None:
    """Keep of merged values that stand for ``size`` readings the one in the middle of each part."""
    chosen = np.empty(POINTS)
    at = 0
    for point in range(min(size, POINTS)):
        rank = (rank_of(point, size) + rank_of(point + 1, size) - 1) // 2
        while merged.before[at + 1] <= rank:
            at += 1
        chosen[point] = merged.values[at]
    kept = min(size, POINTS)
    bases[view] = chosen[kept // 2]
    for point in range(kept):
        points[point] = np.float32(chosen[point] - bases[view])
