"""A segment of the arena as a snapshot keeps it: its pairs named, and nothing of the slots that are free."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.detection.arena import SEGMENT, State

Pair = tuple[int, str, str, str, int, int]
"""Slot, service, metric, origin and counts, as `SlotTable.describe` tells them."""


def packed(state: State, pairs: list[Pair]) -> State:
    """A dumped segment with the rows of its pairs alone, and their names."""
    rows = [slot % SEGMENT for slot, *_ in pairs]
    kept = {
        name: array[rows] if array.shape[:1] == (SEGMENT,) and name != "used" else array
        for name, array in state.items()
    }
    return kept | {"pairs": np.frombuffer(json.dumps(pairs).encode(), dtype=np.uint8)}


def unpacked(state: State) -> tuple[list[Pair], State]:
    """The pairs and the whole segment, for `ForestArena.load`. Raises ValueError."""
    state = dict(state)
    try:
        pairs = [tuple(pair) for pair in json.loads(state.pop("pairs").tobytes())]
        rows = [slot % SEGMENT for slot, *_ in pairs]
        return pairs, {name: _spread(array, rows, name) for name, array in state.items()}
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"the state is not whole: {error!r}") from None


def _spread(array: NDArray[Any], rows: list[int], name: str) -> NDArray[Any]:
    """The rows of a segment's pairs where they belong; what a free slot holds is never read."""
    if array.ndim == 0 or name == "used":
        return array
    whole = np.zeros((SEGMENT, *array.shape[1:]), dtype=array.dtype)
    whole[rows] = array
    return whole
