"""The only definition of a reading's features, in training and in serving."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEATURES = ("value", "delta", "rolling_mean", "rolling_std", "zscore")
ROLLING_WINDOW = 20
"""Readings a rolling figure looks back on, the newest included."""

LARGEST = 1e18
"""Values are cut to this size: their squares stay finite, and their differences fit a tree's float32."""

_FLAT = 1e-9
"""A rolling_std below this share of the mean's size is rounding, not movement."""


def features_of(windows: FloatArray) -> FloatArray:
    """Features of the last reading of each window.

    Parameters
    ----------
    windows : float64[n, w]
        The newest ``w`` values of a pair, oldest first; NaN stands where the pair has no older value.
        The last column is the reading itself and is never NaN.

    Returns
    -------
    float64[n, 5]
        One column for each of FEATURES, in the metric's unit but for the unitless ``zscore``:
        ``delta`` is 0 for a pair's first reading; mean and std (population) are over the window's known
        values; ``zscore`` compares the reading with the mean and std of those before it, 0 while there are
        fewer than two, and is bounded to ±10 so that a step out of a flat line stays a finite number.
    """
    windows = np.clip(windows, -LARGEST, LARGEST)
    known = ~np.isnan(windows)
    filled = np.where(known, windows, 0.0)
    value = windows[:, -1]
    mean, std = _moments(filled, known)
    before_mean, before_std = _moments(filled[:, :-1], known[:, :-1])
    has_past = known[:, -2]
    delta = np.where(has_past, value - filled[:, -2], 0.0)
    scale = np.maximum(before_std, _FLAT * np.maximum(np.abs(before_mean), 1.0))
    enough = known[:, :-1].sum(axis=1) >= 2
    zscore = np.where(enough, np.clip((value - before_mean) / scale, -10.0, 10.0), 0.0)
    return np.column_stack([value, delta, mean, std, zscore])


def windows_of(timestamps: FloatArray, values: FloatArray, max_gap: float) -> FloatArray:
    """Every reading's window over a stored series: float64[n] seconds, float64[n] -> float64[n,
    ROLLING_WINDOW].

    ``timestamps`` ascend. A gap longer than ``max_gap`` seconds ends the past: figures over a
    recent window must not reach back over hours of which nothing is known.
    """
    count = len(values)
    padded = np.concatenate([np.full(ROLLING_WINDOW - 1, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, ROLLING_WINDOW).copy()
    index = np.arange(count)
    starts_anew = np.ones(count, dtype=bool)
    starts_anew[1:] = np.diff(timestamps) > max_gap
    segment_start = np.maximum.accumulate(np.where(starts_anew, index, 0))
    age = np.arange(ROLLING_WINDOW - 1, -1, -1)
    windows[index[:, None] - age[None, :] < segment_start[:, None]] = np.nan
    return windows


def max_gap(poll_interval: float) -> float:
    """The longest silence, in seconds, that a recent window reaches across."""
    return max(300.0, 10.0 * poll_interval)


def _moments(filled: FloatArray, known: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Mean and population std over the known entries of each row; 0 where there are none."""
    count = np.maximum(known.sum(axis=1), 1)
    mean = filled.sum(axis=1) / count
    squares = np.where(known, filled - mean[:, None], 0.0) ** 2
    return mean, np.sqrt(squares.sum(axis=1) / count)
