"""Models for tests of the model store: fitted on a few made-up readings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.detection.training import TrainedModel, train_pair
from backend.metrics.folders import folder_name
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

NOW = 1_767_225_600.0
CLASSIC: DetectorName = "isolation_forest"
PAYMENT = SeriesKey("payment-service", "lat")
ODD = SeriesKey('a/b\\..\n"{}\u202e' + "x" * 300, "cpu")


def trained(key: SeriesKey, count: int = 60, seed: int = 0, now: float = NOW) -> TrainedModel:
    values = np.random.default_rng(seed).gamma(2, 5, count)
    return train_pair(
        key,
        now - 15.0 * np.arange(count, dtype=np.float64)[::-1],
        values,
        incident_spans=[],
        min_samples=50,
        contamination=0.01,
        max_gap=300,
        now=now,
    )


def model_file(root: Path, key: SeriesKey) -> Path:
    return root / folder_name(key.service) / f"{key.metric}.pkl"
