"""Thin a long series out so that every peak and trough stays visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler


def min_max_indices(values: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Positions of at most ``most`` (10 or more) of float64[n] values, ascending.

    Each bucket's lowest and highest, and both ends; all positions where there are no more than ``most``.
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    kept = MinMaxDownsampler().downsample(np.ascontiguousarray(values), n_out=(most - 2) // 2 * 2)
    return np.unique(np.concatenate([[0], kept, [count - 1]]).astype(np.intp))
