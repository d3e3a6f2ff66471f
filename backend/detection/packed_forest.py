"""An isolation forest as words of eight bytes a node: the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Words = NDArray[np.uint64]

REFERENCE_BITS = 14
LEAF = 1 << (REFERENCE_BITS - 1)
"""The bit of a reference that says leaf."""
FEATURE_BITS = 4
RIGHT_SHIFT = np.uint64(0)
LEFT_SHIFT = np.uint64(REFERENCE_BITS)
FEATURE_SHIFT = np.uint64(2 * REFERENCE_BITS)
KEY_SHIFT = np.uint64(2 * REFERENCE_BITS + FEATURE_BITS)
LEAF_SHIFT = np.uint32(REFERENCE_BITS - 1)
REFERENCE = np.uint64((1 << REFERENCE_BITS) - 1)
FEATURE = np.uint64((1 << FEATURE_BITS) - 1)
COUNT = np.uint32(LEAF - 1)
LARGEST_SUBSAMPLE = LEAF - 1
"""Readings a tree may be grown on: a leaf's count and the way to a child have 13 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedForest:
    """A fitted forest without its leaves: they are counts inside the references to them.

    ``nodes`` uint64[n] holds the inner nodes, tree after tree and parents first, each a threshold (32 bits,
    `sortable` float32), a feature (4), and references to the left and the right child (14 each). A reference
    is the way from the node to its child, or, with its highest bit set, a leaf and how many readings that
    holds. ``starts`` int32[trees] are the roots' places in ``nodes``. ``roots`` uint16[trees] is 0, or, for a
    tree that found nothing to split, its only leaf. ``samples``: readings each tree was grown on.
    ``verdict_threshold``: the score above which a reading is anomalous.
    """

    nodes: Words
    starts: NDArray[np.int32]
    roots: NDArray[np.uint16]
    samples: int
    verdict_threshold: float

    @property
    def nbytes(self) -> int:
        return self.nodes.nbytes + self.starts.nbytes + self.roots.nbytes

    def __reduce__(self) -> tuple[Callable[..., PackedForest], tuple[object, ...]]:
        """A pickle keeps bytes: to put three arrays together again would take longer than to read them."""
        arrays = (self.nodes.astype("<u8"), self.starts.astype("<i4"), self.roots.astype("<u2"))
        return _from_bytes, (*(each.tobytes() for each in arrays), self.samples, self.verdict_threshold)


def _from_bytes(
    nodes: bytes, starts: bytes, roots: bytes, samples: int, verdict_threshold: float
) -> PackedForest:
    """What `PackedForest.__reduce__` took apart; its arrays are read-only."""
    return PackedForest(
        nodes=np.frombuffer(nodes, dtype="<u8"),
        starts=np.frombuffer(starts, dtype="<i4"),
        roots=np.frombuffer(roots, dtype="<u2"),
        samples=samples,
        verdict_threshold=verdict_threshold,
    )


def sortable(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """float32 -> uint32 of the same order, so that a node compares whole numbers; -0 is 0."""
    bits = (values + np.float32(0.0)).view(np.uint32)
    negative = bits >> np.uint32(31) == 1
    return np.where(negative, ~bits, bits | np.uint32(1 << 31))


def unsortable(keys: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The inverse of `sortable`."""
    positive = keys >> np.uint32(31) == 1
    return np.where(positive, keys & np.uint32((1 << 31) - 1), ~keys).view(np.float32)


def node_words(
    thresholds: NDArray[np.float32],
    features: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> Words:
    """Inner nodes as words; ``left`` and ``right`` are references (see PackedForest)."""
    words = sortable(thresholds).astype(np.uint64) << KEY_SHIFT
    words |= features.astype(np.uint64) << FEATURE_SHIFT
    words |= left.astype(np.uint64) << LEFT_SHIFT
    return words | right.astype(np.uint64)


def words_nodes(
    words: Words,
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The inverse of `node_words`: thresholds, features, and references to the left and the right child."""
    features = (words >> FEATURE_SHIFT & FEATURE).astype(np.int64)
    left, right = ((words >> shift & REFERENCE).astype(np.int64) for shift in (LEFT_SHIFT, RIGHT_SHIFT))
    return unsortable((words >> KEY_SHIFT).astype(np.uint32)), features, left, right


def average_path_length(samples: NDArray[np.int64]) -> FloatArray:
    """c(n) of Liu, Ting and Zhou (2008): the mean path of an unsuccessful search among n readings."""
    n = samples.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        harmonic = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, harmonic))


def rounded_down(thresholds: FloatArray) -> NDArray[np.float32]:
    """The largest float32 not above each: no float32 value lies between the two."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
