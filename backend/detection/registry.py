"""What serves: the models of the newest generation that match their manifest, swapped in as a whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from backend.detection.generations import Generations, RegistryBusy
from backend.detection.manifest import (
    MANIFEST,
    Manifest,
    ModelInfo,
    Stamp,
    manifest_stamp,
    read_manifest,
)
from backend.detection.model_file import Forest, Refused, read_model
from backend.detection.model_set import ModelSet, opened, with_new
from backend.detection.training import TrainedModel
from backend.metrics.readings import SeriesKey
from backend.settings import DetectorName

__all__ = ["ModelRegistry", "ModelSet", "NothingBefore", "RegistryBusy"]

log = logging.getLogger(__name__)


class NothingBefore(LookupError):
    """None of the models that are meant has one before it that could serve again."""


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
        return read_model(self._root, self.current.models[key], self._detector)

    def save(
        self,
        trained: Sequence[TrainedModel],
        now: float,
        *,
        keep: Collection[SeriesKey] | None = None,
        held_back: Mapping[SeriesKey, str] | None = None,
        give_way: Callable[[], None] = lambda: None,
    ) -> ModelSet:
        """Write a whole generation (the new models and those they do not replace) and serve it.

        ``keep`` tells of a full run: of the models that it did not replace, only those of these pairs stay.
        ``held_back`` says why a pair's new model was not taken: noted beside the one that stays. ``give_way``
        is called between two models, while no lock is held that a poll takes.
        Raises RegistryBusy while another process writes, ManifestError, and OSError when the disk refuses;
        the old generation serves on.
        """
        with self._generations.writing():
            self._take_over()
            kept = self._kept({model.key for model in trained}, keep)
            manifest = self._generations.build(
                trained,
                self._manifest,
                [_noted(info, (held_back or {}).get(info.key)) for info in kept],
                now=now,
                full_run_at=self.full_run_at if keep is None else now,
                give_way=give_way,
            )
            # Before the commit, so that the swap itself is short.
            new = {model.key: model.forest for model in trained}
            fresh = with_new(self.current, self._manifest, manifest, new)
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
            self._swap_in(manifest, with_new(self.current, self._manifest, manifest, back))
        return back

    def _before(self, infos: Iterable[ModelInfo]) -> dict[SeriesKey, Forest]:
        """The models before these, where there are any that can be used."""
        found: dict[SeriesKey, Forest] = {}
        for info in infos:
            try:
                if info.before is not None:
                    found[info.key] = read_model(self._root, info.before, self._detector)
            except Refused as error:
                log.warning("the model before is not used: %s", error)
        return found

    def _swap_in(self, manifest: Manifest, fresh: ModelSet) -> None:
        with self._swapping:
            self._generations.commit(manifest)
            present, self._manifest = self._manifest, manifest
            self._stamp = manifest_stamp(self._root)
            self.current = fresh
        self._put_in_place(manifest, present)

    def _kept(self, replaced: set[SeriesKey], keep: Collection[SeriesKey] | None) -> list[ModelInfo]:
        return [
            info
            for info in self._manifest.models
            if info.key not in replaced and (keep is None or info.key in keep)
        ]

    def _put_in_place(self, manifest: Manifest, present: Manifest) -> None:
        """The generation is committed and serves: what fails from here on is finished later."""
        try:
            self._generations.publish(manifest, present)
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
        strangers = {
            key: f"{path} is not in {self._root / MANIFEST}: Canopy did not write it; retrain to replace it"
            for path, key in self._generations.unlisted(manifest)
        }
        models = opened(self._root, manifest, self._detector, strangers)
        for key, reason in models.refused.items():
            log.error("model of %r, %s refused: %s", key.service, key.metric, reason)
        self._manifest, self._stamp, self.current = manifest, stamp, models


def _noted(info: ModelInfo, reason: str | None) -> ModelInfo:
    """With why a newer one was not taken, where there is a reason."""
    return info if reason is None else replace(info, candidate=reason)
