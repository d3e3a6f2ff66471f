"""What serves: the models of the newest generation that match their manifest, swapped in as a whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from backend.detection.forest_batch import SEGMENT, ForestBatch
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
from backend.detection.packed_forest import PackedForest
from backend.detection.training import TrainedModel
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

__all__ = ["ModelRegistry", "ModelSet", "NothingBefore", "RegistryBusy"]

log = logging.getLogger(__name__)

_READERS = 2
"""Threads that read model files; what is left of the work holds the interpreter."""
_AT_ONCE = 32
"""Files that a thread reads before it says so: a file takes no longer than saying it."""


class NothingBefore(LookupError):
    """None of the models that are meant has one before it that could serve again."""


@dataclass(frozen=True)
class ModelSet:
    """One whole generation as it serves: immutable, so that a poll sees the old one or the new one.

    ``batch`` are the classic forests, ready to score, each in the place that ``slots`` says; a view
    forest's live state is its detector's.
    ``outdated`` are the refused ones that only another version or detector wrote: retrained unasked.
    """

    generation: str | None = None
    models: dict[SeriesKey, ModelInfo] = field(default_factory=dict)
    slots: dict[SeriesKey, int] = field(default_factory=dict)
    batch: ForestBatch = field(default_factory=ForestBatch)
    refused: dict[SeriesKey, str] = field(default_factory=dict)
    outdated: frozenset[SeriesKey] = frozenset()


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
            # Before the commit, so that the swap itself is short.
            fresh = self._with_new(manifest, {model.key: model.forest for model in trained})
            self._swap_in(manifest, fresh)
        return fresh

    def roll_back(self, keys: Iterable[SeriesKey], now: float) -> dict[SeriesKey, Forest]:
        """Serve the models before the present ones; they are held until the next retrain. Returns them.

        Of several pairs those that are held already stay as they are: a second step back would be one forth.
        Raises NothingBefore where no pair has one that can be used, and what `save` raises.
        """
        with self._generations.writing():
            self._take_over()
            infos = {info.key: info for info in self._manifest.models}
            chosen = [infos[key] for key in keys if key in infos]
            back = self._before([info for info in chosen if len(chosen) == 1 or not info.held])
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
        refused = {
            key: f"{path} is not in {self._root / MANIFEST}: Canopy did not write it; retrain to replace it"
            for path, key in self._generations.unlisted(manifest)
        }
        outdated: set[SeriesKey] = set()
        slots: dict[SeriesKey, int] = {}

        def opened() -> Iterator[PackedForest]:
            for info, found in self._open_all(manifest.models):
                if isinstance(found, Refused):
                    refused[info.key] = str(found)
                    if found.outdated:
                        outdated.add(info.key)
                elif isinstance(found, PackedForest):
                    slots[info.key] = len(slots)
                    yield found

        batch = ForestBatch(opened())
        for key, reason in refused.items():
            log.error("model of %r, %s refused: %s", key.service, key.metric, reason)
        self._manifest, self._stamp = manifest, stamp
        self.current = ModelSet(
            generation=manifest.generation,
            models={info.key: info for info in manifest.models if info.key not in refused},
            slots=slots,
            batch=batch,
            refused=refused,
            outdated=frozenset(outdated),
        )

    def _open_all(
        self, infos: Sequence[ModelInfo]
    ) -> Iterator[tuple[ModelInfo, PackedForest | Refused | None]]:
        """Each model's forest, or why it is not used; no more than a segment of them is held here."""
        with ThreadPoolExecutor(_READERS, thread_name_prefix="models") as pool:
            for first in range(0, len(infos), SEGMENT):
                some = infos[first : first + SEGMENT]
                parts = [some[at : at + _AT_ONCE] for at in range(0, len(some), _AT_ONCE)]
                found = chain.from_iterable(pool.map(self._open_some, parts))
                yield from zip(some, found, strict=True)

    def _open_some(self, infos: Sequence[ModelInfo]) -> list[PackedForest | Refused | None]:
        return [self._open(info) for info in infos]

    def _open(self, info: ModelInfo) -> PackedForest | Refused | None:
        """A view forest's file is only opened where its tables are needed: see `read`."""
        path = model_path(self._root, info.key)
        try:
            if self._detector == "view_forest":
                check_model(path, info, self._detector)
                return None
            forest = read_model(path, info, self._detector)
        except Refused as error:
            return error
        return forest if isinstance(forest, PackedForest) else None

    def _with_new(self, manifest: Manifest, fresh: Mapping[SeriesKey, Forest]) -> ModelSet:
        """What serves once ``manifest`` does: the new forests, the old ones, and what stays refused.

        An old one keeps its slot; a new one takes one that nobody has any more, or the next.
        """
        old, infos = self.current, {info.key: info for info in manifest.models}
        gone = set(fresh) | {info.key for info in self._manifest.models} - set(infos)
        refused = {key: reason for key, reason in old.refused.items() if key not in gone}
        slots = {key: slot for key, slot in old.slots.items() if key in infos and key not in refused}
        free = iter(sorted(set(range(len(old.batch) + len(fresh))) - set(slots.values())))
        changed: dict[int, PackedForest] = {}
        for key, forest in fresh.items():
            if isinstance(forest, PackedForest):
                slot = slots[key] = slots[key] if key in slots else next(free)
                changed[slot] = forest
        return ModelSet(
            generation=manifest.generation,
            models={key: info for key, info in infos.items() if key not in refused},
            slots=slots,
            batch=old.batch.replaced(changed),
            refused=refused,
            outdated=old.outdated & set(refused),
        )
