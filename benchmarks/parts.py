"""The parts of a tick, and the physical limit: streaming the bytes of the same tables once.

The view forest can beat that limit: of a table of 128 steps a search touches four cache lines.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.detection.arena import ForestArena
from backend.detection.classic import ClassicDetector
from backend.detection.compiled import njit
from backend.detection.forest import fit
from backend.detection.forest_batch import SEGMENT, ForestBatch
from backend.detection.forest_memory import Rules
from backend.detection.live_forest import LiveForest
from backend.detection.model_file import Forest, model_path, read_model, write_model
from backend.detection.packed_forest import PackedForest
from backend.detection.step_tables import POWER, weight_at
from backend.detection.training import TrainedModel
from backend.detection.views import VIEWS, Spans, ViewState, advance
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import DetectorName
from benchmarks.made_up import START, STEP, poll_values
from benchmarks.naive import training_rows

FloatArray = NDArray[np.float64]

_SEGMENTS = 16
"""4,096 pairs: their tables are many times what a processor's caches hold."""
_ROUNDS = 9
_FITS = 64


def view_forest(arena: ForestArena, slots: list[int]) -> dict[str, float]:
    """Seconds a pair of the view forest's parts (one core, wall clock, medians), and bytes."""
    states = [arena.dump(segment) for segment in range(min(_SEGMENTS, arena.segments()))]
    some = [slot for slot in slots if slot < 256 * len(states)]
    size = sum(array.nbytes for array in states[0].values()) / 256
    tables = sum(array.nbytes for name, array in states[0].items() if name.startswith("tables.")) / 256
    kept: dict[str, Any] = {
        name: np.concatenate([state[name] for state in states])
        for name in states[0]
        if name.startswith(("views.", "tables."))
    }
    del states
    views = np.array([arena.views(slot) for slot in some])
    pairs = np.array(some)
    edges, weights, origins = (kept[f"tables.{name}"] for name in ("edges", "weights", "origins"))
    scores = np.empty(len(some))
    state = ViewState(**{name: kept[f"views.{name}"] for name in ViewState._fields})
    values = poll_values(START, len(some), 16)
    spans = Rules.of(STEP).spans
    out = np.empty(len(VIEWS))
    return {
        "views": _each(lambda: _views(state, pairs, spans, values, START, out), len(some)),
        "score": _each(lambda: _scores(edges, weights, origins, pairs, views, scores), len(some)),
        "limit": _each(lambda: _stream(edges, weights), len(edges)),
        "fit": _each(lambda: arena.refit(pairs[:_FITS]), _FITS),
        "memory": tables,
        "memory_with_window_and_views": size,
    } | _file(arena.model(some[0]), "view_forest")


def classic(batch: ForestBatch) -> dict[str, float]:
    """The same of the classic forest."""
    count = len(batch)
    index = np.arange(count, dtype=np.intp)
    # Fewer at a time than are worth a second thread: a core's time is what the limit is compared with.
    parts = np.array_split(index, max(1, count // SEGMENT))
    rows = np.resize(training_rows(0)[-512:], (count, 5))
    nodes = [batch.forest(number).nodes for number in range(min(count, 4096))]
    flat = np.concatenate(nodes)
    past = training_rows(1)
    forest = batch.forest(0)
    size = forest.nodes.nbytes + forest.starts.nbytes + forest.roots.nbytes
    return {
        "score": _each(lambda: [batch.score(some, rows[some]) for some in parts], count),
        "limit": _each(lambda: _stream(flat), len(nodes)),
        "fit": _each(lambda: fit(past, 0.01), 1),
        "memory": float(size),
    } | _file(forest, "isolation_forest")


def parts_of(detector: LiveForest | ClassicDetector, batch: ForestBatch) -> dict[str, float]:
    """The parts of the detector that is measured."""
    if isinstance(detector, LiveForest):
        return view_forest(detector.arena, [slot for _, slot in detector.slots.items()])
    return classic(batch)


def _each(work: Callable[[], Any], count: int) -> float:
    """Seconds one of ``count`` takes."""
    work()
    seconds = []
    for _ in range(_ROUNDS):
        before = time.thread_time()
        work()
        seconds.append(time.thread_time() - before)
    return statistics.median(seconds) / count


def _file(forest: PackedForest | Any, detector: DetectorName) -> dict[str, float]:
    """Bytes on the disk and seconds to load it."""
    key = SeriesKey("service", "lat")
    features = VIEWS if detector == "view_forest" else None
    model = TrainedModel(
        key, forest, ExpectedRange(0.0, 1.0), 1, START, START, START, 0.01, detector, **_columns(features)
    )
    with tempfile.TemporaryDirectory() as folder:
        info = write_model(Path(folder), model)
        path = model_path(Path(folder), key)
        load: Callable[[], Forest] = lambda: read_model(Path(folder), info, detector)  # noqa: E731
        return {"disk": float(path.stat().st_size), "load": _each(load, 1)}


def _columns(features: tuple[str, ...] | None) -> dict[str, Any]:
    return {} if features is None else {"features": features}


@njit(cache=True, nogil=True)
def _views(
    state: ViewState,
    pairs: NDArray[np.int64],
    spans: Spans,
    values: FloatArray,
    local: float,
    out: FloatArray,
) -> None:
    for i in range(len(pairs)):
        advance(state, pairs[i], spans, values[i], local, out)


@njit(cache=True, nogil=True)
def _scores(
    edges: NDArray[np.float32],
    weights: NDArray[np.float32],
    origins: FloatArray,
    pairs: NDArray[np.int64],
    views: FloatArray,
    scores: FloatArray,
) -> None:
    for i in range(len(pairs)):
        pair = pairs[i]
        total = 0.0
        for view in range(views.shape[1]):
            total += weight_at(edges[pair, view], weights[pair, view], views[i, view] - origins[pair, view])
        scores[i] = (total / views.shape[1]) ** (1.0 / POWER)


def _stream(*arrays: NDArray[Any]) -> None:
    """Read all of their bytes, in order, and do next to nothing with them."""
    for array in arrays:
        np.bitwise_xor.reduce(array.reshape(-1).view(np.uint64))
