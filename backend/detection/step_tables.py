"""Isolation trees on one view, grown on a window by size and collapsed into one table of steps."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit
from backend.detection.ordering import first_at_least, last_not_above
from backend.detection.randomness import GOLDEN, fraction, mixed
from backend.detection.training_window import Sorted

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

TREES = 20
DEPTH = 8
ENTRIES = 128
POWER = 4.0
"""A view's weight in the score is ``2 ** -(POWER * d)``, d its mean depth over that of an average reading."""

PAD_RANGE = 0.03
PAD_IQR = 0.1
"""A split is uniform on the node's range and this share of it and of the window's quartiles, each side."""

_BENT_RANGE = 0.01

_FAR = 8.0
"""Times the breadth between the outermost splits: what is so far beyond them is half way to certain."""

_CONSTANT = 1e-9
_CONSTANT_PAD = 0.01
_LEAST_PAD = 1e-12


class Scale(NamedTuple):
    """On what scale a tree draws its splits: straight where ``unit`` is 0, else arcsinh in that unit.

    ``positions`` float64[n] are the window's values on the scale, the origin at 0; ``pad`` is what every
    node is padded by.
    """

    positions: FloatArray
    unit: float
    pad: float


class Steps(NamedTuple):
    """Where the depth of trees jumps, relative to the origin, by how much, and after which of the values."""

    breaks: FloatArray
    jumps: FloatArray
    cells: IntArray


@njit(cache=True, nogil=True)
def fit_table(
    window: Sorted,
    leaf_path: FloatArray,
    level: float,
    seed: np.uint64,
    edges: SingleArray,
    weights: SingleArray,
) -> float:
    """Grow the view's trees on its window and write their steps.

    Every other tree draws its splits on a scale that is straight near the median and logarithmic far from
    it: metrics with a long tail are split where their readings are, too. ``leaf_path`` is `average_path`
    of at least as many readings; ``level`` the size of the metric itself, of which a view that never moved
    is padded by a hundredth. Entry k of ``weights`` float32[ENTRIES] holds from ``edges[k - 1]`` up to
    ``edges[k]`` (float32[ENTRIES - 1], infinite where unused). Both are relative to the origin that is
    returned, the window's median, so that float32 is fine where the readings are.
    """
    count = window.before[-1]
    origin = _at_rank(window, count // 2)
    straight, bent = _scales(window, origin, level)
    steps = Steps(
        np.empty(TREES << DEPTH), np.empty(TREES << DEPTH), np.empty(TREES << DEPTH, dtype=np.int64)
    )
    size = 0
    outside = 0.0
    for tree in range(TREES):
        scale = bent if tree % 2 else straight
        size, first = _grow(
            window.before, scale, leaf_path, mixed(seed + GOLDEN * np.uint64(tree + 1)), steps, size
        )
        outside += first
    steps = _in_order(steps, size, len(window.values))
    per_reading = -POWER / (TREES * max(leaf_path[count], 1.0))
    _collapse(steps, outside, per_reading, edges, weights)
    return origin


@njit(cache=True, nogil=True)
def weight_at(edges: SingleArray, weights: SingleArray, value: float) -> float:
    """The table's weight for a value relative to its origin; one binary search."""
    single = np.float32(value)
    start, count = 0, len(edges)
    while count > 1:
        half = count // 2
        # No branch on what is compared: it could not be foretold.
        start += half if edges[start + half - 1] <= single else 0
        count -= half
    return weights[start + (1 if edges[start] <= single else 0)]


@njit(cache=True, nogil=True)
def far_out(edges: SingleArray, value: float) -> float:
    """How far a value relative to the origin lies beyond the outermost splits: 0 within, towards 1 far off.

    The trees score near and far beyond them alike.
    """
    last = len(edges) - 1
    while last > 0 and edges[last] == np.inf:
        last -= 1
    low, high = np.float64(edges[0]), np.float64(edges[last])
    away = max(low - value, value - high)
    return away / (away + _FAR * (high - low)) if away > 0.0 and high > low else 0.0


@njit(cache=True, nogil=True)
def average_path(count: int) -> FloatArray:
    """c(0..count): the mean path length of an failed search among so many (Liu, Ting and Zhou, 2008)."""
    path = np.zeros(count + 1)
    if count >= 2:
        path[2] = 1.0
    for size in range(3, count + 1):
        path[size] = 2.0 * (math.log(size - 1.0) + np.euler_gamma) - 2.0 * (size - 1.0) / size
    return path


@njit(cache=True, nogil=True)
def _at_rank(window: Sorted, rank: int) -> float:
    """The value of the reading that has so many before it."""
    return window.values[last_not_above(window.before, rank)]


@njit(cache=True, nogil=True)
def _scales(window: Sorted, origin: float, level: float) -> tuple[Scale, Scale]:
    """The straight and the bent scale of a window; a view that never moved has no bent one."""
    count = window.before[-1]
    span = window.values[-1] - window.values[0]
    away = window.values - origin
    if span <= _CONSTANT * max(level, _LEAST_PAD):
        constant = Scale(away, 0.0, _CONSTANT_PAD * level if level > 0.0 else _LEAST_PAD)
        return constant, constant
    low, high = _at_rank(window, count // 4) - origin, _at_rank(window, (3 * count) // 4) - origin
    unit = high - low + _BENT_RANGE * span
    middle = _bent(high, unit) - _bent(low, unit)
    bent = np.empty(len(away))
    for i in range(len(away)):
        bent[i] = _bent(away[i], unit)
    return Scale(away, 0.0, PAD_IQR * (high - low)), Scale(bent, unit, PAD_IQR * middle)


@njit(cache=True, nogil=True)
def _bent(away: float, unit: float) -> float:
    """arcsinh in this unit; as exact as the sum of 1 and what is added to it, which is enough on a scale."""
    size = abs(away) / unit
    return np.copysign(math.log(size + np.sqrt(size * size + 1.0)), away)


@njit(cache=True, nogil=True)
def _unbent(position: float, unit: float) -> float:
    power = math.exp(position)
    return unit * 0.5 * (power - 1.0 / power)


@njit(cache=True, nogil=True)
def _grow(
    before: IntArray, scale: Scale, leaf_path: FloatArray, state: np.uint64, steps: Steps, size: int
) -> tuple[int, float]:
    """One tree, leaves from left to right: its steps from ``size`` on; how many there are, its first depth.

    A node is a slice of the window and the interval of positions that reach it. A split that falls beside
    that interval sends everything one way: the node only gets deeper.
    """
    positions = scale.positions
    starts = np.empty(DEPTH + 1, dtype=np.int64)
    ends = np.empty(DEPTH + 1, dtype=np.int64)
    depths = np.empty(DEPTH + 1, dtype=np.int64)
    lows = np.empty(DEPTH + 1)
    highs = np.empty(DEPTH + 1)
    starts[0], ends[0], depths[0], lows[0], highs[0] = 0, len(positions), 0, -np.inf, np.inf
    waiting = 1
    first = last = -1.0
    while waiting:
        waiting -= 1
        start, end, depth = starts[waiting], ends[waiting], depths[waiting]
        low, high = lows[waiting], highs[waiting]
        while depth < DEPTH and before[end] - before[start] > 1:
            left = positions[start]
            span = positions[end - 1] - left
            reach = PAD_RANGE * span + scale.pad
            width = span + 2.0 * reach
            if width <= 0.0:
                break
            state += GOLDEN
            split = left - reach + width * fraction(state + GOLDEN)
            depth += 1
            if low < split < high:
                middle = first_at_least(positions, start, end, split)
                starts[waiting], ends[waiting], depths[waiting] = middle, end, depth
                lows[waiting], highs[waiting] = split, high
                waiting += 1
                end, high = middle, split
        path = depth + leaf_path[before[end] - before[start]]
        if last < 0.0:
            first = path
        elif path != last:
            steps.breaks[size] = low if scale.unit == 0.0 else _unbent(low, scale.unit)
            steps.jumps[size] = path - last
            steps.cells[size] = start
            size += 1
        last = path
    return size, first


@njit(cache=True, nogil=True)
def _in_order(steps: Steps, size: int, values: int) -> Steps:
    """The first ``size`` steps of all trees, ascending: dealt to the gaps between values and sorted there."""
    ends = np.zeros(values + 2, dtype=np.int64)
    for i in range(size):
        ends[steps.cells[i] + 1] += 1
    for cell in range(values + 1):
        ends[cell + 1] += ends[cell]
    ordered = Steps(np.empty(size), np.empty(size), steps.cells)
    for i in range(size):
        at = ends[steps.cells[i]]
        ends[steps.cells[i]] += 1
        ordered.breaks[at], ordered.jumps[at] = steps.breaks[i], steps.jumps[i]
    start = 0
    for cell in range(values + 1):
        if ends[cell] - start > 1:
            _shell_sort(ordered.breaks[start : ends[cell]], ordered.jumps[start : ends[cell]])
        start = ends[cell]
    return ordered


@njit(cache=True, nogil=True)
def _shell_sort(breaks: FloatArray, jumps: FloatArray) -> None:
    """Sort a handful by their breaks, or a few hundred; the gaps are Ciura's."""
    for gap in (301, 132, 57, 23, 10, 4, 1):
        for i in range(gap, len(breaks)):
            value, jump = breaks[i], jumps[i]
            j = i
            while j >= gap and breaks[j - gap] > value:
                breaks[j], jumps[j] = breaks[j - gap], jumps[j - gap]
                j -= gap
            breaks[j], jumps[j] = value, jump


@njit(cache=True, nogil=True)
def _collapse(steps: Steps, outside: float, scale: float, edges: SingleArray, weights: SingleArray) -> None:
    """Resample the steps so that each entry holds an equal part of all the ups and downs.

    ``outside`` is the trees' summed depth below the first break; an entry's weight stands for the middle
    between the least and the greatest depth in it.
    """
    breaks, jumps = steps.breaks, steps.jumps
    variation = 0.0
    for i in range(len(jumps)):
        variation += abs(jumps[i])
    depth = low = high = outside
    entry = 0
    parts = 0
    passed = 0.0
    share = ENTRIES / variation if variation > 0.0 else 0.0
    for i in range(len(breaks)):
        passed += abs(jumps[i])
        depth += jumps[i]
        if entry < ENTRIES - 1 and int(passed * share) > parts:
            parts = int(passed * share)
            edges[entry] = np.float32(breaks[i])
            weights[entry] = math.exp2(scale * 0.5 * (low + high))
            entry += 1
            low = high = depth
        else:
            low = min(low, depth)
            high = max(high, depth)
    last = np.float32(math.exp2(scale * 0.5 * (low + high)))
    for unused in range(entry, ENTRIES - 1):
        edges[unused] = np.inf
        weights[unused] = last
    weights[ENTRIES - 1] = last
