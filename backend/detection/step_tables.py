"""Isolation trees on one view, grown on a sorted window and collapsed into one table of steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.detection.ordering import first_at_least

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

_CONSTANT = 1e-9
_CONSTANT_PAD = 0.01
_LEAST_PAD = 1e-12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)


class Scale(NamedTuple):
    """On what scale a tree draws its splits: straight where ``unit`` is 0, else arcsinh in that unit.

    Values are taken from ``origin``; ``pad`` is what every node is padded by, on the scale.
    """

    origin: float
    unit: float
    pad: float


@njit(cache=True, nogil=True)
def fit_table(
    window: FloatArray,
    leaf_path: FloatArray,
    level: float,
    seed: np.uint64,
    edges: SingleArray,
    weights: SingleArray,
) -> float:
    """Grow the view's trees on an ascending float64[n] and write their steps.

    Every other tree draws its splits on a scale that is straight near the median and logarithmic far from
    it: metrics with a long tail are split where their readings are, too. ``leaf_path`` is `average_path`
    of at least n; ``level`` the size of the metric itself, of which a view that never moved is padded by a
    hundredth. Entry k of ``weights`` float32[ENTRIES] holds from ``edges[k - 1]`` up to ``edges[k]``
    (float32[ENTRIES - 1], infinite where unused). Both are relative to the origin that is returned, the
    window's median, so that float32 is fine where the readings are.
    """
    count = len(window)
    origin = window[count // 2]
    straight, bent = _scales(window, level)
    breaks = np.empty(TREES << DEPTH)
    jumps = np.empty(TREES << DEPTH)
    starts = np.zeros(TREES + 1, dtype=np.int64)
    outside = 0.0
    for tree in range(TREES):
        size, first = _grow(
            window,
            bent if tree % 2 else straight,
            leaf_path,
            _mixed(seed, tree),
            breaks[starts[tree] :],
            jumps[starts[tree] :],
        )
        starts[tree + 1] = starts[tree] + size
        outside += first
    breaks, jumps = _merged(breaks, jumps, starts)
    scale = -POWER / (TREES * max(leaf_path[count], 1.0))
    _collapse(breaks, jumps, outside, scale, origin, edges, weights)
    return origin


@njit(cache=True, nogil=True)
def weight_at(edges: SingleArray, weights: SingleArray, value: float) -> float:
    """The table's weight for a value relative to its origin; one binary search."""
    single = np.float32(value)
    start, end = 0, len(edges)
    while start < end:
        middle = (start + end) // 2
        if edges[middle] <= single:
            start = middle + 1
        else:
            end = middle
    return weights[start]


@njit(cache=True, nogil=True)
def average_path(count: int) -> FloatArray:
    """c(0..count): the mean path length of an failed search among so many (Liu, Ting and Zhou, 2008)."""
    path = np.zeros(count + 1)
    if count >= 2:
        path[2] = 1.0
    for size in range(3, count + 1):
        path[size] = 2.0 * (np.log(size - 1.0) + np.euler_gamma) - 2.0 * (size - 1.0) / size
    return path


@njit(cache=True, nogil=True)
def _scales(window: FloatArray, level: float) -> tuple[Scale, Scale]:
    """The straight and the bent scale of a window; a view that never moved has no bent one."""
    count = len(window)
    origin = window[count // 2]
    span = window[-1] - window[0]
    if span <= _CONSTANT * max(level, _LEAST_PAD):
        constant = Scale(origin, 0.0, _CONSTANT_PAD * level if level > 0.0 else _LEAST_PAD)
        return constant, constant
    low, high = window[count // 4], window[(3 * count) // 4]
    unit = high - low + _BENT_RANGE * span
    bent = Scale(origin, unit, 0.0)
    middle = _on_scale(bent, high) - _on_scale(bent, low)
    return Scale(origin, 0.0, PAD_IQR * (high - low)), Scale(origin, unit, PAD_IQR * middle)


@njit(cache=True, nogil=True)
def _on_scale(scale: Scale, value: float) -> float:
    away = value - scale.origin
    return np.arcsinh(away / scale.unit) if scale.unit > 0.0 else away


@njit(cache=True, nogil=True)
def _off_scale(scale: Scale, position: float) -> float:
    return scale.origin + (scale.unit * np.sinh(position) if scale.unit > 0.0 else position)


@njit(cache=True, nogil=True)
def _mixed(seed: np.uint64, stream: int) -> np.uint64:
    """The state of a random stream of its own (splitmix64)."""
    state = seed + _GOLDEN * np.uint64(stream + 1)
    state = (state ^ (state >> np.uint64(30))) * _MIX_A
    state = (state ^ (state >> np.uint64(27))) * _MIX_B
    return state ^ (state >> np.uint64(31))


@njit(cache=True, nogil=True)
def _grow(
    window: FloatArray,
    scale: Scale,
    leaf_path: FloatArray,
    state: np.uint64,
    breaks: FloatArray,
    jumps: FloatArray,
) -> tuple[int, float]:
    """One tree, leaves from left to right: where its depth jumps, by how much, and its first leaf's depth.

    A node is a slice of the sorted window and the interval of values that reach it. A split that falls
    beside that interval sends everything one way: the node only gets deeper.
    """
    starts = np.empty(2 * DEPTH + 2, dtype=np.int64)
    ends = np.empty(2 * DEPTH + 2, dtype=np.int64)
    depths = np.empty(2 * DEPTH + 2, dtype=np.int64)
    lows = np.empty(2 * DEPTH + 2)
    highs = np.empty(2 * DEPTH + 2)
    starts[0], ends[0], depths[0], lows[0], highs[0] = 0, len(window), 0, -np.inf, np.inf
    waiting = 1
    size = 0
    first = last = -1.0
    while waiting:
        waiting -= 1
        start, end, depth = starts[waiting], ends[waiting], depths[waiting]
        low, high = lows[waiting], highs[waiting]
        width = 0.0
        left = 0.0
        if depth < DEPTH and end - start > 1:
            left = _on_scale(scale, window[start])
            span = _on_scale(scale, window[end - 1]) - left
            reach = PAD_RANGE * span + scale.pad
            left -= reach
            width = span + 2.0 * reach
        if width <= 0.0:
            path = depth + leaf_path[end - start]
            if last < 0.0:
                first = path
            elif path != last:
                breaks[size] = low
                jumps[size] = path - last
                size += 1
            last = path
            continue
        state += _GOLDEN
        position = left + width * (np.float64(_mixed(state, 0) >> np.uint64(11)) * 2.0**-53)
        split = _off_scale(scale, position)
        if low < split < high:
            middle = first_at_least(window, start, end, split)
            starts[waiting], ends[waiting], depths[waiting] = middle, end, depth + 1
            lows[waiting], highs[waiting] = split, high
            waiting += 1
            end, high = middle, split
        starts[waiting], ends[waiting], depths[waiting] = start, end, depth + 1
        lows[waiting], highs[waiting] = low, high
        waiting += 1
    return size, first


@njit(cache=True, nogil=True)
def _merged(breaks: FloatArray, jumps: FloatArray, starts: IntArray) -> tuple[FloatArray, FloatArray]:
    """All trees' steps in one ascending list, merged two lists at a time."""
    other_breaks = np.empty_like(breaks)
    other_jumps = np.empty_like(jumps)
    lists = len(starts) - 1
    while lists > 1:
        merged = 0
        for pair in range(0, lists, 2):
            i, middle = starts[pair], starts[pair + 1]
            end = starts[min(pair + 2, lists)]
            j = middle
            for at in range(i, end):
                if j >= end or (i < middle and breaks[i] <= breaks[j]):
                    other_breaks[at], other_jumps[at] = breaks[i], jumps[i]
                    i += 1
                else:
                    other_breaks[at], other_jumps[at] = breaks[j], jumps[j]
                    j += 1
            merged += 1
            starts[merged] = end
        lists = merged
        breaks, other_breaks = other_breaks, breaks
        jumps, other_jumps = other_jumps, jumps
    return breaks[: starts[1]], jumps[: starts[1]]


@njit(cache=True, nogil=True)
def _collapse(
    breaks: FloatArray,
    jumps: FloatArray,
    outside: float,
    scale: float,
    origin: float,
    edges: SingleArray,
    weights: SingleArray,
) -> None:
    """Resample the steps so that each entry holds an equal part of all the ups and downs.

    ``outside`` is the trees' summed depth below the first break; an entry's weight stands for the middle
    between the least and the greatest depth in it.
    """
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
            edges[entry] = np.float32(breaks[i] - origin)
            weights[entry] = 2.0 ** (scale * 0.5 * (low + high))
            entry += 1
            low = high = depth
        else:
            low = min(low, depth)
            high = max(high, depth)
    last = np.float32(2.0 ** (scale * 0.5 * (low + high)))
    for unused in range(entry, ENTRIES - 1):
        edges[unused] = np.inf
        weights[unused] = last
    weights[ENTRIES - 1] = last
