"""One model's file: written with its manifest entry, opened only if it is the file the entry describes."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import TypeAlias

from backend.detection.features import FEATURES
from backend.detection.forest_memory import PairModel
from backend.detection.manifest import ModelInfo, mismatch, present_versions
from backend.detection.packed_forest import PackedForest
from backend.detection.training import TrainedModel
from backend.detection.views import VIEWS
from backend.metrics.folders import folder_name, make_folder
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

Forest: TypeAlias = PackedForest | PairModel
"""What a file holds."""

_KINDS: dict[DetectorName, type[Forest]] = {"isolation_forest": PackedForest, "view_forest": PairModel}
_COLUMNS: dict[DetectorName, tuple[str, ...]] = {"isolation_forest": FEATURES, "view_forest": VIEWS}


class Refused(Exception):
    """The file is not used; ``outdated`` if only another version wrote it."""

    def __init__(self, reason: str, *, outdated: bool = False) -> None:
        super().__init__(reason)
        self.outdated = outdated


def model_path(folder: Path, key: SeriesKey) -> Path:
    """The pair's file in a folder of models."""
    return folder.joinpath(folder_name(key.service), f"{key.metric}.pkl")


def before_path(folder: Path, key: SeriesKey) -> Path:
    """Beside it: the pair's model that it replaced."""
    path = model_path(folder, key)
    return path.with_name(f"{path.name}.before")


def is_model(path: Path, info: ModelInfo) -> bool:
    """Whether the file is the one that ``info`` describes."""
    try:
        return _digest(_content(path)) == info.sha256
    except OSError:
        return False


def write_model(folder: Path, model: TrainedModel) -> ModelInfo:
    """Write the forest, for the caller to sync, and return its manifest entry. Raises OSError.

    The file is a pickle as `joblib.load` reads it too; joblib's own way of writing makes it slower to read.
    """
    content = pickle.dumps(model.forest, protocol=pickle.HIGHEST_PROTOCOL)
    make_folder(folder, model.key.service)
    model_path(folder, model.key).write_bytes(content)
    return ModelInfo(
        key=model.key,
        sha256=_digest(content),
        trained_at=model.trained_at,
        start=model.start,
        end=model.end,
        samples=model.samples,
        contamination=model.contamination,
        usual=model.usual,
        features=model.features,
        versions=present_versions(),
        detector=model.detector,
        changed=model.changed,
        seasons=model.seasons,
        since=model.since,
    )


def read_model(folder: Path, info: ModelInfo, detector: DetectorName) -> Forest:
    """The forest that ``info`` describes, if it is there and ``detector``'s. Raises Refused.

    It is also found beside its place, where the model before is: there it is while another process puts a
    newer one in place, or after such a moment was copied, or the manifest before was put back.
    """
    forest = pickle.loads(_checked(folder, info, detector))  # noqa: S301 - only what we wrote gets here
    if not isinstance(forest, _KINDS[detector]):
        path, kind = model_path(folder, info.key), _KINDS[detector].__name__
        raise Refused(f"{path} holds a {type(forest).__name__}, not a {kind}; retrain to replace it")
    return forest


def check_model(folder: Path, info: ModelInfo, detector: DetectorName) -> None:
    """Raises Refused where `read_model` would not even open the file."""
    _checked(folder, info, detector)


def _checked(folder: Path, info: ModelInfo, detector: DetectorName) -> bytes:
    path = model_path(folder, info.key)
    try:
        content = _described(path, info)
    except Refused as refused:
        try:
            content = _described(before_path(folder, info.key), info)
        except Refused:
            raise refused from None
    if reason := mismatch(info, detector, _COLUMNS[detector]):
        raise Refused(f"{path} cannot be used: {reason}; it is retrained", outdated=True)
    return content


def _described(path: Path, info: ModelInfo) -> bytes:
    """The file's content, if it is what the manifest says."""
    try:
        content = _content(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}; retrain to replace it") from None
    if _digest(content) != info.sha256:
        # Unpickling runs code: what we did not write is never opened.
        raise Refused(
            f"{path} is not the file its manifest describes (digest differs); retrain to replace it"
        )
    return content


def _content(path: Path) -> bytes:
    """The whole file. In four calls of the system: a file object would take as long as reading it does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        content = os.read(descriptor, size)
        while len(content) < size and (more := os.read(descriptor, size - len(content))):
            content += more
        return content
    finally:
        os.close(descriptor)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
