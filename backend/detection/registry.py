"""What serves: the models of the newest generation that match their manifest, swapped in as a whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from backend.detection.forest_batch import ForestBatch
from backend.detection.forest_memory import PairModel
from backend.detection.generations import Generations, RegistryBusy
from backend.detection.manifest import (
    MANIFEST,
    Manifest,
    ModelInfo,
    Stamp,
    manifest_stamp,
    read_manifest,
)
from backend.detection.model_file import Forest, Refused, check_model, model_path, read_model
from backend.detection.packed_forest import PackedForest, pack
from backend.detection.training import TrainedModel
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

__all__ = ["ModelRegistry", "ModelSet", "NothingBefore", "RegistryBusy"]

log = logging.getLogger(__name__)


class NothingBefore(LookupError):
    """None of the models that are meant has one before it that could serve again."""


@dataclass(frozen=True)
class ModelSet:
    """One whole generation as it serves: immutable, so that a poll sees the old one or the new one.

    ``packed`` are the classic forests, ready to score; a view forest's live state is its detector's.
    ``outdated`` are the refused ones that only another version or detector wrote: a retrain mends those
    without a question.
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
    """Loads, writes and swaps generations of one detector's models.

    ``current`` may be read by any thread at any time.
    """

    def __init__(self, root: Path, detector: DetectorName) -> None:
        self._root = root
        self._detector: DetectorName = detector
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

    def read(self, key: SeriesKey) -> Forest:
        """The serving model of a pair, from its file. Raises Refused, and KeyError where it has none."""
        return read_model(model_path(self._root, key), self.current.models[key], self._detector)

    def save(
        self,
        trained: Sequence[TrainedModel],
        now: float,
        *,
        keep: Collection[SeriesKey] | None = None,
        held_back: Mapping[SeriesKey, str] | None = None,
    ) -> ModelSet:
        """Write a whole generation (the new models and those they do not replace) and serve it.

        ``keep`` tells of a full run: of the models that it did not replace, only those of these pairs stay.
        ``held_back`` says why a pair's new model was not taken: noted beside the one that stays.
        Raises RegistryBusy while another process writes, ManifestError, and OSError when the disk refuses;
        the old generation serves on.
        """
        with self._generations.writing():
            self._take_over()
            kept = self._kept({model.key for model in trained}, keep)
            manifest = self._generations.build(
                trained,
                self._manifest,
                [replace(info, candidate=(held_back or {}).get(info.key, info.candidate)) for info in kept],
                now=now,
                full_run_at=self.full_run_at if keep is None else now,
            )
            # Packing takes seconds for thousands: before the commit, so that the swap itself is short.
            fresh = self._with_new(manifest, {model.key: model.forest for model in trained})
            self._swap_in(manifest, fresh)
        return fresh

    def roll_back(self, keys: Iterable[SeriesKey], now: float) -> dict[SeriesKey, Forest]:
        """Serve the models before the present ones; they are held until the next retrain. Returns them.

        Raises NothingBefore where no pair has one that can be used, and what `save` raises.
        """
        with self._generations.writing():
            self._take_over()
            infos = {info.key: info for info in self._manifest.models}
            back = self._before([infos[key] for key in keys if key in infos])
            if not back:
                raise NothingBefore("none of these models has one before it that can be used")
            manifest = self._generations.build(
                [],
                self._manifest,
                [info for info in infos.values() if info.key not in back],
                back=[infos[key] for key in back],
                now=now,
                full_run_at=self.full_run_at,
            )
            self._swap_in(manifest, self._with_new(manifest, back))
        return back

    def _before(self, infos: Iterable[ModelInfo]) -> dict[SeriesKey, Forest]:
        """The models before these, where there are any that can be used."""
        found: dict[SeriesKey, Forest] = {}
        for info in infos:
            path = self._generations.before(self._manifest, info.key)
            try:
                if info.before is not None:
                    found[info.key] = read_model(path, info.before, self._detector)
            except Refused as error:
                log.warning("the model before is not used: %s", error)
        return found

    def _swap_in(self, manifest: Manifest, fresh: ModelSet) -> None:
        with self._swapping:
            self._generations.commit(manifest)
            self._manifest, self._stamp = manifest, manifest_stamp(self._root)
            self.current = fresh
        self._put_in_place(manifest)

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
                self._open(info, packed)
            except Refused as error:
                refused[info.key] = str(error)
                if error.outdated:
                    outdated.add(info.key)
        for key, reason in refused.items():
            log.error("model of %r, %s refused: %s", key.service, key.metric, reason)
        self._manifest, self._stamp = manifest, stamp
        self.current = ModelSet(
            generation=manifest.generation,
            models={info.key: info for info in manifest.models if info.key not in refused},
            packed=packed,
            refused=refused,
            outdated=frozenset(outdated),
        )

    def _open(self, info: ModelInfo, packed: dict[SeriesKey, PackedForest]) -> None:
        """Raises Refused. A view forest's file is only opened where its tables are needed: see `read`."""
        path = model_path(self._root, info.key)
        if self._detector == "view_forest":
            check_model(path, info, self._detector)
            return
        forest = read_model(path, info, self._detector)
        if not isinstance(forest, PairModel):
            packed[info.key] = pack(forest)

    def _with_new(self, manifest: Manifest, fresh: Mapping[SeriesKey, Forest]) -> ModelSet:
        """What serves once ``manifest`` does: the new forests, the old ones, and what stays refused."""
        old, infos = self.current, {info.key: info for info in manifest.models}
        gone = set(fresh) | {info.key for info in self._manifest.models} - set(infos)
        refused = {key: reason for key, reason in old.refused.items() if key not in gone}
        packed = {key: forest for key, forest in old.packed.items() if key in infos and key not in refused}
        for key, new in fresh.items():
            if not isinstance(new, PairModel):
                packed[key] = pack(new)
        return ModelSet(
            generation=manifest.generation,
            models={key: info for key, info in infos.items() if key not in refused},
            packed=packed,
            refused=refused,
            outdated=old.outdated & set(refused),
        )
