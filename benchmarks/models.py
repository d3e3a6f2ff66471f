"""What a model costs: its fit, memory, file and load, and a start and a training with many of them."""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from backend.detection.arena import ForestArena
from backend.detection.detector import Series
from backend.detection.features import features_of, max_gap, windows_of
from backend.detection.forest import fit
from backend.detection.forest_memory import PairModel
from backend.detection.forest_trainer import grow
from backend.detection.manifest import ModelInfo
from backend.detection.model_file import model_path, read_model
from backend.detection.registry import ModelRegistry
from backend.detection.training import TrainedModel, train_pair
from backend.detection.views import VIEWS
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

FloatArray = NDArray[np.float64]

STEP = 15.0
START = 1_767_225_600.0
READINGS = 11_520
"""Two days of them, what a model learns from."""
DISTINCT = 20
"""Models that are really fitted; the others are copies of them in files of their own."""
_FITS = 5
_LOADS_A_TURN = 8


def measure(pairs: int) -> dict[str, Any]:
    """Each detector's models and scikit-learn's, side by side: CPU seconds (medians) and bytes a model.

    ``start``: a registry with files for ``pairs`` pairs is opened and ready to serve; the files are in the
    system's cache, as after a restart of Canopy alone. ``save``: all pairs' models are replaced;
    ``save_one``: one pair's is, among all others. Both until everything is in its place on the disk.
    """
    times = START - STEP * np.arange(float(READINGS), 0.0, -1.0)
    features = [features_of(windows_of(times, _values(i), max_gap(STEP))) for i in range(_FITS)]
    _say("scikit-learn")
    found: dict[str, Any] = {"pairs": pairs, "readings": READINGS, "distinct_models": DISTINCT}
    found["scikit_learn"], content = _sklearn(features)
    fit(features[0], 0.01)  # compiles
    found["classic"] = {"fit": statistics.median(_cpu(partial(fit, rows, 0.01)) for rows in features * 4)}
    _say("classic")
    found["classic"] |= _stored(
        pairs, "isolation_forest", [_classic(i, times) for i in range(DISTINCT)], content
    )
    _say("view forest")
    found["view_forest"] = {"fit": _refit(times)}
    found["view_forest"] |= _stored(
        pairs, "view_forest", [_views(i, times) for i in range(DISTINCT)], content
    )
    found["scikit_learn"]["load"] = found["classic"]["naive_load"]
    for name in ("classic", "view_forest"):
        for what in ("fit", "memory_bytes", "disk_bytes"):
            found[f"{name}_{what}_ratio"] = found["scikit_learn"][what] / found[name][what]
        found[f"{name}_load_ratio"] = found[name].pop("load_ratio")
    return found


def _sklearn(features: list[FloatArray]) -> tuple[dict[str, float], bytes]:
    """What scikit-learn's model costs, and its file."""
    forests = [IsolationForest(contamination=0.01, max_samples=256, random_state=0) for _ in features]
    fits = [_cpu(partial(f.fit, x)) for f, x in zip(forests, features, strict=True)]
    file = io.BytesIO()
    joblib.dump(forests[0], file)
    content = file.getvalue()
    costs = {
        "fit": statistics.median(fits),
        "memory_bytes": len(content),  # nearly all of it are the trees' arrays, as in memory
        "disk_bytes": len(content),
    }
    return costs, content


def _stored(pairs: int, detector: DetectorName, models: list[TrainedModel], naive: bytes) -> dict[str, float]:
    """Save them, train one of them and all of them anew, then open them as a start does."""
    every = [replace(models[i % DISTINCT], key=SeriesKey(f"service-{i}", "lat")) for i in range(pairs)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        registry = ModelRegistry(root, detector)
        registry.save(every, START)
        costs = _named("save_one", lambda: registry.save(every[-1:], START), 5)
        costs |= _named("save", lambda: registry.save(every, START), 1)
        costs |= _named("start", lambda: ModelRegistry(root, detector).load(), 3)
        infos = list(registry.current.models.values())[:200]
        disk = [model_path(root, info.key).stat().st_size for info in infos]
        costs |= _loads(root, infos, detector, naive)
    return costs | {
        "memory_bytes": statistics.mean(_nbytes(model) for model in models),
        "disk_bytes": statistics.mean(disk),
    }


def _named(what: str, work: Callable[[], Any], times: int) -> dict[str, float]:
    """The median wall clock and CPU time of some repetitions."""
    walls, cpus = [], []
    for _ in range(times):
        before, before_cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - before)
        cpus.append(time.process_time() - before_cpu)
    return {f"{what}_wall_seconds": statistics.median(walls), f"{what}_cpu_seconds": statistics.median(cpus)}


def _loads(root: Path, infos: list[ModelInfo], detector: DetectorName, naive: bytes) -> dict[str, float]:
    """Loading one model, in turn with loading scikit-learn's: other work on the machine meets both alike."""
    ours, theirs = [], []
    for first in range(0, len(infos), _LOADS_A_TURN):
        theirs.append(_cpu(lambda: joblib.load(io.BytesIO(naive))))
        some = infos[first : first + _LOADS_A_TURN]
        read_model(root, some[0], detector)  # the first one after other work finds cold caches
        ours += [_cpu(partial(read_model, root, info, detector)) for info in some[1:]]
    load, naive_load = statistics.median(ours), statistics.median(theirs)
    return {"load": load, "naive_load": naive_load, "load_ratio": naive_load / load}


def _nbytes(model: TrainedModel) -> int:
    if isinstance(model.forest, PairModel):
        return sum(np.asarray(part).nbytes for part in model.forest)
    return model.forest.nbytes


def _classic(number: int, times: FloatArray) -> TrainedModel:
    return train_pair(
        SeriesKey(f"service-{number}", "lat"),
        times,
        _values(number),
        incident_spans=[],
        min_samples=50,
        contamination=0.01,
        max_gap=max_gap(STEP),
        now=START,
    )


def _views(number: int, times: FloatArray) -> TrainedModel:
    arena = ForestArena(STEP)
    nothing = np.zeros(len(times), dtype=np.bool_)
    key = SeriesKey(f"service-{number}", "lat")
    grown = grow(arena, key, Series(times, _values(number), ~nothing, nothing))
    return replace(
        _classic(number, times), forest=arena.model(grown.slot), detector="view_forest", features=VIEWS
    )


def _refit(times: FloatArray) -> float:
    """Growing a pair's 16 views' trees from its training window."""
    arena = ForestArena(STEP)
    slots = np.array([arena.add(number) for number in range(_FITS)])
    for number, slot in enumerate(slots.tolist()):
        arena.hold(np.array([slot]), True)
        arena.push(np.full(len(times), slot), times, _values(number))
    arena.refit(slots)
    return statistics.median(_cpu(lambda: arena.refit(slots)) / len(slots) for _ in range(9))


def _values(number: int) -> FloatArray:
    noise = np.random.default_rng(number).gamma(2, 5, READINGS)
    values: FloatArray = noise + 20 * np.sin(2 * np.pi * STEP * np.arange(READINGS) / 86_400.0)
    return values


def _cpu(work: Callable[[], Any]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _say(text: str) -> None:
    print(text, file=sys.stderr)
