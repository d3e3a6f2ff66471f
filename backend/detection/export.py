"""A stored model of a pair as a file that scikit-learn's users load."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import joblib

from backend.detection.features import FEATURES
from backend.detection.manifest import read_manifest
from backend.detection.model_file import Refused, read_model
from backend.detection.packed_forest import PackedForest
from backend.detection.sklearn_forest import to_sklearn
from backend.metrics.readings import SeriesKey

_LISTED = 20
"""Services that are named where the one that was asked for is not there."""


class NotExported(Exception):
    """There is no such model, or it cannot be had as that; the text says what to do."""


def export_model(models: Path, key: SeriesKey, out: Path) -> None:
    """Write the pair's serving model to ``out`` as a `sklearn.ensemble.IsolationForest`, for `joblib.load`.

    It takes rows of FEATURES; its ``score_samples`` is Canopy's score with a minus, to the last bit, and its
    ``predict`` Canopy's verdict. Only reads ``models``. Raises NotExported, ManifestError and OSError.
    """
    infos = {info.key: info for info in read_manifest(models).models}
    info = infos.get(key)
    if info is None:
        raise NotExported(f"no model of {key.service!r}, {key.metric} in {models}; {_there(infos, key)}")
    try:
        forest = read_model(models, info, info.detector)
    except Refused as error:
        raise NotExported(str(error)) from None
    if not isinstance(forest, PackedForest):
        raise NotExported(
            f"the model of {key.service!r}, {key.metric} is a view forest, which scikit-learn does not know: "
            "16 small forests over views of one reading each, kept as tables. detection.detector: "
            "isolation_forest and a retrain give models that can be exported"
        )
    joblib.dump(to_sklearn(forest, len(FEATURES)), out)


def _there(keys: Iterable[SeriesKey], key: SeriesKey) -> str:
    """What there is instead."""
    metrics = sorted(other.metric for other in keys if other.service == key.service)
    if metrics:
        return f"of this service there are: {', '.join(metrics)}"
    services = sorted({other.service for other in keys})
    if len(services) > _LISTED:
        services[_LISTED:] = ["..."]
    return f"there are models of: {', '.join(services)}" if services else "there is none at all"
