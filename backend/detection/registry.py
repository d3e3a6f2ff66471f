"""What serves: the models of the newest generation that match their manifest, swapped in as a whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backend.detection.forest import ForestBatch, PackedForest, pack
from backend.detection.generations import Generations, RegistryBusy
from backend.detection.manifest import (
    MANIFEST,
    Manifest,
    ModelInfo,
    Stamp,
    manifest_stamp,
    read_manifest,
)
from backend.detection.model_file import Refused, model_path, read_model
from backend.detection.training import TrainedModel
from backend.metrics.readings import SeriesKey

__all__ = ["ModelRegistry", "ModelSet", "RegistryBusy"]

log = logging.getLogger(__name__)


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
        self._generations = Generations(root)
        self._swapping = threading.Lock()
        self._manifest = Manifest()
        self._stamp: Stamp | None = None
        self.current = ModelSet()

    @property
    def full_run_at(self) -> float | None:
        """When all pairs were last trained together, in seconds since the epoch; None if never."""
        return self._manifest.full_run_at

    def load(self) -> ModelSet:
        """Serve what the manifest names; a model that does not match it is refused with its reason, the
        rest serve.

        Raises ManifestError, and RegistryBusy while another process puts a generation in place.
        """
        with self._swapping:
            if self._generations.being_published():
                with self._generations.writing():
                    self._generations.finish_publication()
            stamp = manifest_stamp(self._root)
            self._serve(read_manifest(self._root), stamp)
        return self.current

    def reload_if_changed(self) -> bool:
        """Serve the generation that another process (a training by hand) has written since.

        True if there was one. Never waits: while a generation is being swapped in, the next call will see
        it. Raises ManifestError.
        """
        if not self._swapping.acquire(blocking=False):
            return False
        try:
            stamp = manifest_stamp(self._root)
            if stamp == self._stamp:
                return False
            manifest = read_manifest(self._root)
            # Looked at after the manifest: what stands beside a manifest we read is its own publication.
            if self._generations.being_published():
                return False
            return self._serve_if_new(manifest, stamp)
        finally:
            self._swapping.release()

    def save(
        self, trained: Sequence[TrainedModel], now: float, *, keep: Collection[SeriesKey] | None = None
    ) -> ModelSet:
        """Write a whole generation (the new models and those they do not replace) and serve it.

        ``keep`` tells of a full run: of the models that it did not replace, only those of these pairs stay.
        Raises RegistryBusy while another process writes, ManifestError, and OSError when the disk refuses;
        the old generation serves on.
        """
        with self._generations.writing():
            self._take_over()
            manifest = self._generations.build(
                trained,
                self._kept({model.key for model in trained}, keep),
                now=now,
                full_run_at=self.full_run_at if keep is None else now,
            )
            # Packing takes seconds for thousands: before the commit, so that the swap itself is short.
            fresh = self._with_new(manifest, trained)
            with self._swapping:
                self._generations.commit(manifest)
                self._manifest, self._stamp = manifest, manifest_stamp(self._root)
                self.current = fresh
            self._put_in_place(manifest)
        return fresh

    def _kept(self, replaced: set[SeriesKey], keep: Collection[SeriesKey] | None) -> list[ModelInfo]:
        return [
            info
            for info in self._manifest.models
            if info.key not in replaced and (keep is None or info.key in keep)
        ]

    def _put_in_place(self, manifest: Manifest) -> None:
        """The generation is committed and serves: what fails from here on is finished later."""
        try:
            self._generations.publish(manifest)
            self._generations.prune(str(manifest.generation))
        except OSError as error:
            log.error(
                "generation %s serves, but not all its files are in place (%s); the next start or training "
                "finishes it",
                manifest.generation,
                error,
            )

    def _take_over(self) -> None:
        """Build on what another process has saved, and finish what it (or we) could not."""
        with self._swapping:
            self._generations.finish_publication()
            stamp = manifest_stamp(self._root)
            if stamp != self._stamp:
                self._serve_if_new(read_manifest(self._root), stamp)

    def _serve_if_new(self, manifest: Manifest, stamp: Stamp | None) -> bool:
        if manifest.generation == self.current.generation:
            self._stamp = stamp
            return False
        self._serve(manifest, stamp)
        return True

    def _serve(self, manifest: Manifest, stamp: Stamp | None) -> None:
        packed: dict[SeriesKey, PackedForest] = {}
        refused = {
            key: f"{path} is not in {self._root / MANIFEST}: Canopy did not write it; retrain to replace it"
            for path, key in self._generations.unlisted(manifest)
        }
        outdated: set[SeriesKey] = set()
        for info in manifest.models:
            try:
                packed[info.key] = read_model(model_path(self._root, info.key), info)
            except Refused as error:
                refused[info.key] = str(error)
                if error.outdated:
                    outdated.add(info.key)
        for key, reason in refused.items():
            log.error("model of %r, %s refused: %s", key.service, key.metric, reason)
        self._manifest, self._stamp = manifest, stamp
        self.current = ModelSet(
            generation=manifest.generation,
            models={info.key: info for info in manifest.models if info.key in packed},
            packed=packed,
            refused=refused,
            outdated=frozenset(outdated),
        )

    def _with_new(self, manifest: Manifest, trained: Sequence[TrainedModel]) -> ModelSet:
        """What serves once ``manifest`` does: the new forests, the old ones, and what stays refused."""
        old, fresh = self.current, {model.key: pack(model.forest) for model in trained}
        infos = {info.key: info for info in manifest.models}
        gone = set(fresh) | {info.key for info in self._manifest.models} - set(infos)
        refused = {key: reason for key, reason in old.refused.items() if key not in gone}
        packed = {key: fresh.get(key) or old.packed[key] for key in infos if key not in refused}
        return ModelSet(
            generation=manifest.generation,
            models={key: infos[key] for key in packed},
            packed=packed,
            refused=refused,
            outdated=old.outdated & set(refused),
        )
