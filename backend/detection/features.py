"""The only definition of a reading's features, in training and in serving."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.detection.compiled import njit

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
    features = np.empty((len(windows), len(FEATURES)))
    _fill(windows, features)
    return features


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


@njit(cache=True, nogil=True)
def _fill(windows: FloatArray, features: FloatArray) -> None:
    last = windows.shape[1] - 1
    known = np.empty(last + 1)
    for row in range(len(windows)):
        count = 0
        for at in range(last + 1):
            if not np.isnan(windows[row, at]):
                known[count] = min(max(windows[row, at], -LARGEST), LARGEST)
                count += 1
        value = known[count - 1]
        mean, std = _moments(known, count)
        before, spread = _moments(known, count - 1)
        features[row, 0] = value
        features[row, 1] = value - known[count - 2] if not np.isnan(windows[row, last - 1]) else 0.0
        features[row, 2] = mean
        features[row, 3] = std
        scale = max(spread, _FLAT * max(abs(before), 1.0))
        features[row, 4] = min(max((value - before) / scale, -10.0), 10.0) if count > 2 else 0.0


@njit(cache=True, nogil=True)
def _moments(values: FloatArray, count: int) -> tuple[float, float]:
    """Mean and population std of the first ``count`` values; 0 where there are none."""
    total = 0.0
    for i in range(count):
        total += values[i]
    mean = total / max(count, 1)
    squares = 0.0
    for i in range(count):
        away = values[i] - mean
        squares += away * away
    return mean, np.sqrt(squares / max(count, 1))
