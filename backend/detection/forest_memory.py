"""What the view forest keeps of many pairs, as arrays whose row i belongs to pair i."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.detection.recurrence import Peaks, bins_a_day, empty_peaks
from backend.detection.step_tables import ENTRIES, average_path
from backend.detection.training_window import BLOCKS, FRESH, TrainingWindow, block_size, empty_window
from backend.detection.views import LARGEST, VIEWS, Spans, ViewState, empty_state

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

_DAY = 86_400.0
_REFIT_SECONDS = 7500.0
_REFIT_READINGS = (25, 100)


class Rules(NamedTuple):
    """What is the same for all pairs of one interval.

    ``refit_every`` readings lie between two refits once the window is old, ``block`` in a block of the
    training window; ``peak_bins`` is `recurrence.bins_a_day`, ``leaf_path`` `step_tables.average_path` of as
    many readings as a window can hold.
    """

    spans: Spans
    peak_bins: int
    refit_every: int
    block: int
    leaf_path: FloatArray

    @classmethod
    def of(cls, interval: float, block: int | None = None) -> Rules:
        """The rules for readings every ``interval`` seconds. Raises ValueError for an impossible one."""
        spans = Spans.of(interval)
        block = block_size(interval) if block is None else block
        refit_every = int(np.clip(round(_REFIT_SECONDS / interval), *_REFIT_READINGS))
        # A block ends with the FRESH readings that fill it, and there may be nearly as many beside them all.
        most = BLOCKS * (block + FRESH) + FRESH
        return cls(spans, bins_a_day(interval), refit_every, block, _paths(most))


@lru_cache
def _paths(count: int) -> FloatArray:
    return average_path(count)


class Tables(NamedTuple):
    """The collapsed trees; see `step_tables.fit_table`.

    ``edges`` float32[pairs, 16, ENTRIES - 1], ``weights`` float32[pairs, 16, ENTRIES], ``origins``
    float64[pairs, 16], ``seeds`` uint64[pairs]; where ``held`` bool[pairs] no reading makes a refit due.
    """

    edges: SingleArray
    weights: SingleArray
    origins: FloatArray
    seeds: NDArray[np.uint64]
    held: BoolArray


class Newest(NamedTuple):
    """Of each pair's newest reading: when it was, its views' weights, the allowance and the score.

    ``at`` float64[pairs] in seconds since the epoch, -inf before the first; ``weights`` float64[pairs, 16].
    """

    at: FloatArray
    weights: FloatArray
    allowed: FloatArray
    score: FloatArray


class Memory(NamedTuple):
    """All of it."""

    views: ViewState
    window: TrainingWindow
    tables: Tables
    peaks: Peaks
    newest: Newest


class PairModel(NamedTuple):
    """What a pair's readings are scored by, apart from its views' memory: 20 kB, to be kept in a file.

    ``edges`` float32[16, ENTRIES - 1], ``weights`` float32[16, ENTRIES], ``origins`` float64[16], ``peaks``
    float32[n] with their ``latest`` bin, and how many readings the trees were grown from.
    """

    edges: SingleArray
    weights: SingleArray
    origins: FloatArray
    peaks: SingleArray
    latest: int
    learned: int


class Habits(NamedTuple):
    """What a pair's views know of earlier days and weeks, up to the ``latest`` bin: `ViewState.profile`.

    ``peaks`` float32[n] with ``latest_peak`` likewise; ``seasons``: weeks before the stored readings too.
    """

    profile: FloatArray
    latest: int
    peaks: SingleArray
    latest_peak: int
    seasons: bool


def empty_memory(seeds: NDArray[np.int64], rules: Rules) -> Memory:
    """The memory of pairs of which nothing was read yet."""
    pairs = len(seeds)
    return Memory(
        views=empty_state(pairs, rules.spans),
        window=empty_window(pairs),
        tables=Tables(
            edges=np.full((pairs, len(VIEWS), ENTRIES - 1), np.inf, dtype=np.float32),
            weights=np.zeros((pairs, len(VIEWS), ENTRIES), dtype=np.float32),
            origins=np.zeros((pairs, len(VIEWS))),
            seeds=seeds.astype(np.uint64),
            held=np.zeros(pairs, dtype=np.bool_),
        ),
        peaks=empty_peaks(pairs, rules.peak_bins),
        newest=Newest(
            np.full(pairs, -np.inf), np.zeros((pairs, len(VIEWS))), np.zeros(pairs), np.zeros(pairs)
        ),
    )


def arrays_of(memory: Memory) -> dict[str, NDArray[np.generic]]:
    """Every array by its name, ``part.array``."""
    return {
        f"{part}.{name}": array
        for part, arrays in memory._asdict().items()
        for name, array in arrays._asdict().items()
    }


def copy_pair(
    memory: Memory, pair: int, other: Memory, other_pair: int, parts: tuple[str, ...] = Memory._fields
) -> None:
    """Give a pair what another one has; the seed stays, and so does whether it is held."""
    theirs = arrays_of(other)
    for name, array in arrays_of(memory).items():
        if name.split(".")[0] in parts and name not in ("tables.seeds", "tables.held"):
            array[pair] = theirs[name][other_pair]


def model_of(memory: Memory, pair: int) -> PairModel:
    """A copy of the pair's model."""
    tables = memory.tables
    return PairModel(
        tables.edges[pair].copy(),
        tables.weights[pair].copy(),
        tables.origins[pair].copy(),
        memory.peaks.highest[pair].copy(),
        int(memory.peaks.latest[pair]),
        int(memory.window.counts[pair, 2]),
    )


def put_model(memory: Memory, pair: int, model: PairModel) -> None:
    """Let the pair be scored by ``model``. Raises ValueError for one of another shape."""
    places = (
        (memory.tables.edges, model.edges),
        (memory.tables.weights, model.weights),
        (memory.tables.origins, model.origins),
        (memory.peaks.highest, model.peaks),
    )
    if any(array[pair].shape != given.shape for array, given in places):
        raise ValueError("the model was made for another interval or by another version")
    for array, given in places:
        array[pair] = given
    memory.peaks.latest[pair] = model.latest
    memory.window.counts[pair, 2] = model.learned


def habits_of(memory: Memory, pair: int, *, seasons: bool) -> Habits:
    """A copy of what the pair's views know of earlier days and weeks."""
    return Habits(
        memory.views.profile[pair].copy(),
        int(memory.views.bins[pair, 1]),
        memory.peaks.highest[pair].copy(),
        int(memory.peaks.latest[pair]),
        seasons,
    )


def habits_from(interval: float, local: FloatArray, values: FloatArray) -> Habits:
    """The habits that readings tell of, float64[n] local seconds and values, n at least 1."""
    spans = Spans.of(interval)
    bins = (local * spans.bins // _DAY).astype(np.int64)
    latest = int(bins.max())
    empty = empty_state(1, spans).profile[0]
    kept = bins > latest - len(empty)
    places = bins[kept] % len(empty)
    counts = np.bincount(places, minlength=len(empty))
    cut = np.clip(values[kept], -LARGEST, LARGEST)
    sums = np.bincount(places, cut, minlength=len(empty))
    profile = np.divide(sums, counts, out=empty, where=counts > 0)
    peaks = empty_peaks(1, bins_a_day(interval))
    return Habits(profile, latest, peaks.highest[0], int(peaks.latest[0]), seasons=True)


def put_habits(memory: Memory, rules: Rules, pair: int, habits: Habits, local: float) -> None:
    """Let a pair of which nothing was read yet know the habits from before ``local`` seconds."""
    first, first_peak = (int(local * bins // _DAY) for bins in (rules.spans.bins, rules.peak_bins))
    memory.views.profile[pair] = habits.profile
    _forget_from(memory.views.profile[pair], first, habits.latest)
    memory.peaks.highest[pair] = habits.peaks
    _forget_from(memory.peaks.highest[pair], first_peak, habits.latest_peak)
    memory.peaks.latest[pair] = min(first_peak - 1, habits.latest_peak)


def _forget_from(ring: NDArray[np.floating], first: int, latest: int) -> None:
    """Leave of a ring that reaches to the ``latest`` bin what lies before the ``first``."""
    if latest >= first:
        ring[np.arange(max(first, latest - len(ring) + 1), latest + 1) % len(ring)] = np.nan
