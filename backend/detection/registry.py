"""The files that models live in: whole generations, written atomically, loaded only when they match their
manifest.

    models/manifest.json                     what serves now: the generation and, per pair, digest and origin
    models/<service>/<metric>.pkl            the serving models: plain scikit-learn forests, by joblib
    models/.generations/<id>/...             this generation and the one before it
    models/.generations/publishing           stands only while the <metric>.pkl files are being put in place

The commit point of a new generation is the rename onto manifest.json. A process killed before it leaves the
old generation serving; one killed after it finds ``publishing`` at its next start and finishes the work.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import joblib
from sklearn.ensemble import IsolationForest

from backend.clock import to_rfc3339
from backend.detection.features import FEATURES
from backend.detection.forest import ForestBatch, PackedForest, pack
from backend.detection.manifest import (
    MANIFEST,
    Manifest,
    ModelInfo,
    manifest_bytes,
    mismatch,
    present_versions,
    read_manifest,
)
from backend.detection.training import TrainedModel
from backend.metrics.files import replace_synced, sync_folder, write_synced
from backend.metrics.folders import folder_name, make_folder, service_name
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

_KEPT_GENERATIONS = 2


class RegistryBusy(Exception):
    """Another process is writing models just now."""


@dataclass(frozen=True)
class ModelSet:
    """One whole generation as it serves: immutable, so that a poll sees the old one or the new one.

    ``outdated`` are the refused ones that only another version wrote: a retrain mends those without a
    question.
    """

    generation: str | None = None
    models: dict[SeriesKey, ModelInfo] = field(default_factory=dict)
    packed: dict[SeriesKey, PackedForest] = field(default_factory=dict)
    refused: dict[SeriesKey, str] = field(default_factory=dict)
    outdated: frozenset[SeriesKey] = frozenset()

    def __post_init__(self) -> None:
        slots = {key: slot for slot, key in enumerate(self.packed)}
        object.__setattr__(self, "slots", slots)
        object.__setattr__(self, "batch", ForestBatch(list(self.packed.values())))

    slots: dict[SeriesKey, int] = field(init=False)
    batch: ForestBatch = field(init=False)


class ModelRegistry:
    """Loads, writes and swaps generations. ``current`` may be read by any thread at any time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._generations = root / ".generations"
        self._publishing = self._generations / "publishing"
        self.current = ModelSet()

    def load(self) -> ModelSet:
        """Serve what the manifest names; a model that does not match it is refused with its reason, the
        rest serve.

        Raises ManifestError.
        """
        manifest = read_manifest(self._root)
        if self._publishing.exists():
            log.warning(
                "the models of generation %s were being put in place; finishing that", manifest.generation
            )
            with self._writing():
                self._publish(manifest)
        packed: dict[SeriesKey, PackedForest] = {}
        refused = dict(self._foreign(manifest))
        outdated: set[SeriesKey] = set()
        for info in manifest.models:
            try:
                packed[info.key] = self._load_one(info)
            except _Refused as error:
                refused[info.key] = str(error)
                if error.outdated:
                    outdated.add(info.key)
        for key, reason in refused.items():
            log.error("model of %r, %s refused: %s", key.service, key.metric, reason)
        self.current = ModelSet(
            generation=manifest.generation,
            models={info.key: info for info in manifest.models if info.key in packed},
            packed=packed,
            refused=refused,
            outdated=frozenset(outdated),
        )
        return self.current

    def reload_if_changed(self) -> bool:
        """Serve the generation that another process (a training by hand) has written since.

        True if there was one.
        """
        if self._publishing.exists() or read_manifest(self._root).generation == self.current.generation:
            return False
        self.load()
        return True

    def save(self, trained: Sequence[TrainedModel], now: float) -> ModelSet:
        """Write a whole generation (the new models and those they do not replace) and serve it.

        Raises RegistryBusy while another process writes and OSError when the disk refuses; the old
        generation serves on.
        """
        with self._writing():
            self.reload_if_changed()
            generation = self._new_id(now)
            manifest = self._build(generation, trained)
            write_synced(self._publishing, generation.encode())
            replace_synced(self._root / MANIFEST, manifest_bytes(manifest))
            self._publish(manifest)
            self._prune(generation)
        old, fresh = self.current, {model.key: pack(model.forest) for model in trained}
        self.current = ModelSet(
            generation=generation,
            models={info.key: info for info in manifest.models},
            packed={info.key: fresh.get(info.key) or old.packed[info.key] for info in manifest.models},
            refused={key: reason for key, reason in old.refused.items() if key not in fresh},
            outdated=old.outdated - set(fresh),
        )
        return self.current

    def _build(self, generation: str, trained: Sequence[TrainedModel]) -> Manifest:
        """Write the generation's folder, whole and synced, beside the others."""
        building = self._generations / f".tmp-{generation}"
        replaced = {model.key for model in trained}
        kept = [info for key, info in self.current.models.items() if key not in replaced]
        try:
            building.mkdir(parents=True)
            infos = [_write_model(building, model) for model in trained]
            for info in kept:
                make_folder(building, info.key.service)
                target = _model_path(building, info.key)
                os.link(_model_path(self._root, info.key), target)
            manifest = Manifest(generation, tuple(infos + kept))
            write_synced(building / MANIFEST, manifest_bytes(manifest))
            for folder in (*building.iterdir(), building):
                if folder.is_dir():
                    sync_folder(folder)
            building.rename(self._generations / generation)
            sync_folder(self._generations)
        except OSError:
            shutil.rmtree(building, ignore_errors=True)
            raise
        return manifest

    def _publish(self, manifest: Manifest) -> None:
        """Put the generation's files where they serve; safe to repeat after being cut off."""
        folders = {self._root}
        for info in manifest.models:
            make_folder(self._root, info.key.service)
            target = _model_path(self._root, info.key)
            temporary = target.with_name(f".{target.name}.tmp")
            temporary.unlink(missing_ok=True)
            os.link(_model_path(self._generations / str(manifest.generation), info.key), temporary)
            temporary.replace(target)
            folders.add(target.parent)
        for folder in folders:
            sync_folder(folder)
        self._publishing.unlink(missing_ok=True)

    def _load_one(self, info: ModelInfo) -> PackedForest:
        path = _model_path(self._root, info.key)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _Refused(f"{path} cannot be read: {error.strerror}; retrain to replace it") from None
        if hashlib.sha256(content).hexdigest() != info.sha256:
            # Unpickling runs code: what we did not write is never opened.
            raise _Refused(
                f"{path} is not the file its manifest describes (digest differs); retrain to replace it"
            )
        if reason := mismatch(info, FEATURES):
            raise _Refused(f"{path} cannot be used: {reason}; it is retrained", outdated=True)
        forest = joblib.load(io.BytesIO(content))
        if not isinstance(forest, IsolationForest):
            raise _Refused(
                f"{path} holds a {type(forest).__name__}, not an IsolationForest; retrain to replace it"
            )
        return pack(forest)

    def _foreign(self, manifest: Manifest) -> Iterator[tuple[SeriesKey, str]]:
        """Model files that the manifest does not know, and why they are not loaded."""
        listed = {_model_path(self._root, info.key) for info in manifest.models}
        for path in sorted(self._root.glob("*/*.pkl")):
            if path not in listed and not path.parent.name.startswith(".") and not path.name.startswith("."):
                listing = self._root / MANIFEST
                reason = f"{path} is not in {listing}: Canopy did not write it; retrain to replace it"
                yield SeriesKey(service_name(path.parent), path.stem), reason

    def _prune(self, current: str) -> None:
        """Keep this generation and the one before; drop what a killed process left half-built."""
        names = sorted(
            p.name for p in self._generations.iterdir() if p.is_dir() and not p.name.startswith(".")
        )
        older = [name for name in names if name != current][: 1 - _KEPT_GENERATIONS]
        for folder in [self._generations / name for name in older] + list(self._generations.glob(".tmp-*")):
            shutil.rmtree(folder, ignore_errors=True)

    def _new_id(self, now: float) -> str:
        """A name that sorts by time and is new even if the clock stands still or goes back."""
        stamp = to_rfc3339(int(now)).translate({ord(":"): None, ord("-"): None})
        taken = [int(path.name.rpartition("-")[2]) for path in self._generations.glob(f"{stamp}-*")]
        return f"{stamp}-{max(taken, default=-1) + 1:03d}"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._generations.mkdir(parents=True, exist_ok=True)
        with (self._generations / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RegistryBusy(
                    f"another process is writing models in {self._root}; try again later"
                ) from None
            yield


class _Refused(Exception):
    def __init__(self, reason: str, *, outdated: bool = False) -> None:
        super().__init__(reason)
        self.outdated = outdated


def _model_path(folder: Path, key: SeriesKey) -> Path:
    return folder / folder_name(key.service) / f"{key.metric}.pkl"


def _write_model(folder: Path, model: TrainedModel) -> ModelInfo:
    buffer = io.BytesIO()
    joblib.dump(model.forest, buffer, compress=3)
    make_folder(folder, model.key.service)
    path = _model_path(folder, model.key)
    write_synced(path, buffer.getvalue())
    return ModelInfo(
        key=model.key,
        sha256=hashlib.sha256(buffer.getvalue()).hexdigest(),
        trained_at=model.trained_at,
        start=model.start,
        end=model.end,
        samples=model.samples,
        contamination=model.contamination,
        expected=model.expected,
        features=FEATURES,
        versions=present_versions(),
    )
