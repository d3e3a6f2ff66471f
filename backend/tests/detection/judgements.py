"""All that both detectors say and keep of random series, as arrays: what must not depend on the compiler.

Run as a module, it pickles them into a file: ``python -m backend.tests.detection.judgements FILE``.
"""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backend.detection.afterglow import afterglow
from backend.detection.features import features_of, windows_of
from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_memory import PairModel
from backend.detection.incident_rule import IncidentRule
from backend.detection.model_file import model_path, write_model
from backend.detection.packed_forest import PackedForest
from backend.detection.training import TrainedModel, train_pair
from backend.detection.view_forest import THRESHOLD, ViewForest
from backend.metrics.readings import SeriesKey

INTERVALS = (15.0, 3600.0)
READINGS = 200
MAX_GAP = 20_000.0
KEY = SeriesKey("orders", "lat")


def judgements() -> dict[str, np.ndarray]:
    """Name -> scores, views, ranges, features, fitted tables, the whole of the memory and model files."""
    found: dict[str, np.ndarray] = {}
    for interval in INTERVALS:
        at, series = _series(interval)
        views, models = _view_forest(interval, at, series)
        classic = _classic(at, series, models)
        found |= {f"{name}, {interval:g} s": array for name, array in (views | classic).items()}
    return found


def _series(interval: float) -> tuple[np.ndarray, np.ndarray]:
    """float64[READINGS] seconds with a gap of a day, float64[5, READINGS]."""
    rng = np.random.default_rng(int(interval))
    at = 1.7e9 + interval * np.arange(READINGS)
    at[READINGS // 2 :] += 86_400.0
    idle = np.where(rng.random(READINGS) < 0.95, 0.0, rng.gamma(2, 5, READINGS))
    daily = 50 + 20 * np.sin(2 * np.pi * at / 86_400) + rng.normal(0, 1, READINGS)
    jump = np.r_[rng.normal(-1, 1, READINGS - 40), rng.normal(1e12, 1e9, 40)]
    return at, np.stack([rng.gamma(2, 5, READINGS), np.full(READINGS, 3.0), idle, daily, jump])


def _view_forest(
    interval: float, at: np.ndarray, series: np.ndarray
) -> tuple[dict[str, np.ndarray], list[PairModel]]:
    """Polls of all pairs, and the pairs' models; small blocks, so that a window runs through many."""
    pairs = np.arange(len(series))
    forest = ViewForest(interval, (2**32 - 1) // (1 + pairs), block=64)
    polls, times = np.tile(pairs, len(at)), np.repeat(at, len(pairs))
    scores = forest.push(polls, times, series.T.ravel())
    some = np.linspace(-20.0, 200.0, 12)
    told = {
        "scores": scores,
        "alerts": IncidentRule(len(pairs)).push(polls, times, scores, THRESHOLD),
        "published": afterglow(scores),
        "views": np.stack([forest.views(pair) for pair in pairs.tolist()]),
        "expected": forest.expected(pairs, np.full(len(pairs), THRESHOLD)),
        "scores of other values": np.stack([forest.scores_if(pair, some) for pair in pairs.tolist()]),
    }
    return told | forest.state(), [forest.model(pair) for pair in pairs.tolist()]


def _classic(at: np.ndarray, series: np.ndarray, view_models: list[PairModel]) -> dict[str, np.ndarray]:
    """Features, each pair's trained forest and its scores, one pair's and all of them together."""
    features = np.stack([features_of(windows_of(at, values, MAX_GAP)) for values in series])
    trained = [
        train_pair(
            KEY,
            at,
            values,
            incident_spans=[],
            min_samples=50,
            contamination=0.01,
            max_gap=MAX_GAP,
            now=at[-1],
        )
        for values in series
    ]
    batch = ForestBatch([model.forest for model in trained if isinstance(model.forest, PackedForest)])
    pairs = np.arange(len(series))
    files = trained + [replace(trained[0], forest=model, detector="view_forest") for model in view_models]
    return {
        "features": features,
        "scores of one": batch.score(np.zeros(len(at), dtype=np.intp), features[0]),
        "scores of all": np.stack([batch.score(pairs, features[:, row]) for row in range(0, len(at), 10)]),
        "model files": np.concatenate([_file(model) for model in files]),
    }


def _file(model: TrainedModel) -> np.ndarray:
    """The bytes of its model file."""
    with TemporaryDirectory() as folder:
        write_model(Path(folder), model)
        return np.frombuffer(model_path(Path(folder), KEY).read_bytes(), dtype=np.uint8)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(pickle.dumps(judgements()))
