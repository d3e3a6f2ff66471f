"""The work of one poll after Prometheus has answered, ours and the naive build's, in CPU time.

The naive build keeps a pandas window per pair, calls a scikit-learn model per pair and opens a CSV per
reading.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from backend.detection.features import FEATURES, ROLLING_WINDOW, max_gap
from backend.detection.forest_batch import ForestBatch
from backend.detection.packed_forest import PackedForest
from backend.detection.registry import ModelRegistry, ModelSet
from backend.detection.sensitivity import Thresholds
from backend.detection.sklearn_forest import to_sklearn
from backend.detection.training import TrainedModel, train_pair
from backend.detection.windows import RecentWindows
from backend.incidents.store import IncidentStore
from backend.jobs.cards import Cards
from backend.jobs.detecting import build_detector
from backend.jobs.judge import Judge
from backend.jobs.learning import Learning
from backend.metrics.catalogue import MetricSpec
from backend.metrics.history import HistoryStore
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

STEP = 15.0
START = 1_767_225_600.0
DISTINCT = 50
"""Models that are really fitted; the others are copies of them, in memory of their own."""
NAIVE_PAIRS = 50
ROUNDS = 7

SPEC = MetricSpec("lat", "p99 latency", "milliseconds", "q", 1000, 3000, "above")


def measure(pairs: int) -> dict[str, Any]:
    """CPU seconds of one tick over ``pairs`` pairs, ours (median of ROUNDS) and the naive build's.

    The naive build is measured on NAIVE_PAIRS pairs and scaled; its cost is linear in them.
    """
    models = [_model(i) for i in range(min(pairs, DISTINCT))]
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(pairs, models, Path(folder) / "ours")
        naive_pairs = min(pairs, NAIVE_PAIRS)
        naive = _naive(models, naive_pairs, Path(folder) / "naive") * pairs / naive_pairs
    return {
        "pairs": pairs,
        "rounds": ROUNDS,
        "naive_pairs_measured": naive_pairs,
        "distinct_models": len(models),
        "tick_cpu_seconds_classic": ours,
        "tick_cpu_seconds_naive": naive,
        "tick_ratio_classic": naive / ours,
    }


def _model(number: int) -> TrainedModel:
    values = np.random.default_rng(number).gamma(2, 5, 2000)
    return train_pair(
        SeriesKey(f"service-{number}", "lat"),
        START + STEP * np.arange(len(values), dtype=np.float64),
        values,
        incident_spans=[],
        min_samples=50,
        contamination=0.01,
        max_gap=max_gap(STEP),
        now=START,
    )


def _ours(pairs: int, models: list[TrainedModel], folder: Path) -> float:
    """Windows, features, one batched score, severities, readings and the CSVs, as a poll does them."""
    settings = Settings.model_validate({"detection": {"detector": "isolation_forest"}})
    registry = ModelRegistry(folder / "models", settings.detection.detector)
    detector = build_detector(settings, Thresholds(settings))
    keys = [SeriesKey(f"service-{i}", "lat") for i in range(pairs)]
    registry.save([_as(models[i % len(models)], key) for i, key in enumerate(keys[:DISTINCT])], START)
    _repeat(registry, keys)
    history = HistoryStore(folder / "datasets")
    store = IncidentStore(folder / "canopy.db")
    learning = Learning(store, settings.incidents.policy, settings.incidents.dedup_window)
    catalogue = {"lat": SPEC}
    cards = Cards(
        catalogue=catalogue, interval=STEP, zone=None, detector=detector, history=history, store=store
    )
    judge = Judge(catalogue, registry, detector, learning, RecentWindows(max_gap(STEP)), cards)
    values = np.random.default_rng(0).gamma(2, 5, (ROUNDS + ROLLING_WINDOW, pairs))

    def tick(number: int) -> None:
        at = START + STEP * number
        column = dict(zip(keys, values[number].tolist(), strict=True))
        history.append(judge.read(column, {}, {}, {}, at), "live")

    for number in range(ROLLING_WINDOW):
        tick(number)
    with closing(store):
        return statistics.median(_cpu(lambda n=n: tick(ROLLING_WINDOW + n)) for n in range(ROUNDS))  # type: ignore[misc]


def _repeat(registry: ModelRegistry, keys: list[SeriesKey]) -> None:
    """Serve every pair with a packed model of its own, without fitting and storing thousands."""
    served = registry.current
    first = list(served.slots)
    registry.current = ModelSet(
        generation=served.generation,
        models={key: served.models[first[i % len(first)]] for i, key in enumerate(keys)},
        slots={key: i for i, key in enumerate(keys)},
        batch=ForestBatch(served.batch.forest(served.slots[first[i % len(first)]]) for i in range(len(keys))),
    )


def _as(model: TrainedModel, key: SeriesKey) -> TrainedModel:
    return TrainedModel(**{name: getattr(model, name) for name in model.__slots__} | {"key": key})


def _naive(models: list[TrainedModel], pairs: int, folder: Path) -> float:
    folder.mkdir(parents=True)
    forests = [_sklearn(model) for model in models]
    windows = [pd.Series(np.random.default_rng(i).gamma(2, 5, ROLLING_WINDOW)) for i in range(pairs)]

    def tick() -> None:
        for i, window in enumerate(windows):
            rolling = window.rolling(ROLLING_WINDOW, min_periods=1)
            mean, std = rolling.mean().iloc[-1], rolling.std(ddof=0).iloc[-1]
            value, delta = window.iloc[-1], window.diff().iloc[-1]
            features = [[value, delta, mean, std, (value - mean) / std]]
            row = pd.DataFrame(features, columns=list(FEATURES)).to_numpy()
            forest = forests[i % len(forests)]
            score, verdict = forest.decision_function(row)[0], forest.predict(row)[0]
            with (folder / f"{i}.csv").open("a") as file:
                file.write(f"{value},{score},{verdict}\n")

    tick()
    return statistics.median(_cpu(tick) for _ in range(3))


def _sklearn(model: TrainedModel) -> IsolationForest:
    """The same forest as the naive build keeps it."""
    assert isinstance(model.forest, PackedForest)
    return to_sklearn(model.forest, len(FEATURES))


def _cpu(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
