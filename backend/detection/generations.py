"""The folders that models live in: whole generations, written by one process at a time and never half.

    models/manifest.json                     what serves now: the generation and, per pair, digest and origin
    models/<service>/<metric>.pkl            the serving models, for joblib.load: a view forest's tables, or a
                                             packed isolation forest
    models/.generations/<id>/...             this generation and the one before it; a <metric>.before.pkl is
                                             the pair's model before its present one
    models/.generations/publishing           stands only while the <metric>.pkl files are being put in place

The commit point of a new generation is the rename onto manifest.json. A process killed before it leaves the
old generation serving; one killed after it finds ``publishing`` at its next start and finishes the work.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from backend.clock import to_rfc3339
from backend.detection.manifest import MANIFEST, Manifest, ModelInfo, manifest_bytes, read_manifest
from backend.detection.model_file import before_path, model_path, write_model
from backend.detection.training import TrainedModel
from backend.metrics.files import replace_synced, sync_files, sync_folder, write_synced
from backend.metrics.folders import folder_name, make_folder, service_name
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

_KEPT_GENERATIONS = 2


class RegistryBusy(Exception):
    """Another process is writing models just now."""


class Generations:
    """The generations under one folder. All that writes is called inside ``writing``, and raises OSError."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / ".generations"
        self._publishing = self._folder / "publishing"

    def being_published(self) -> bool:
        """Whether files are being put in place, by a living process or one that was cut off."""
        return self._publishing.exists()

    def build(
        self,
        trained: Sequence[TrainedModel],
        present: Manifest,
        kept: Sequence[ModelInfo],
        *,
        back: Sequence[ModelInfo] = (),
        now: float,
        full_run_at: float | None,
    ) -> Manifest:
        """Write a new generation's folder, whole and synced, beside the others: nobody serves it yet.

        Made of what was ``trained``, of the ``kept`` ones of the ``present`` generation as they are, and of
        those of it that are to go ``back`` one step.
        """
        generation = self._new_id(now)
        building = self._folder / f".tmp-{generation}"
        old = {info.key: info for info in present.models}
        try:
            building.mkdir(parents=True)
            infos = [self._write(building, model, old) for model in trained]
            infos += [self._carry_over(info, building, present) for info in kept]
            infos += [self._swap(info, info.before, building, present) for info in back if info.before]
            manifest = Manifest(generation, tuple(infos), full_run_at)
            (building / MANIFEST).write_bytes(manifest_bytes(manifest))
            sync_files([path for path in building.rglob("*") if path.is_file()], building)
            building.rename(self._folder / generation)
            sync_folder(self._folder)
        except OSError:
            shutil.rmtree(building, ignore_errors=True)
            raise
        return manifest

    def commit(self, manifest: Manifest) -> None:
        """From here on this generation serves, whatever happens next."""
        write_synced(self._publishing, str(manifest.generation).encode())
        replace_synced(self._root / MANIFEST, manifest_bytes(manifest))

    def publish(self, manifest: Manifest) -> None:
        """Put the generation's files where they serve; safe to repeat after being cut off."""
        folders = {self._root}
        for info in manifest.models:
            source = model_path(self._folder / str(manifest.generation), info.key)
            target = model_path(self._root, info.key)
            if not source.exists() or (target.exists() and target.samefile(source)):
                continue
            make_folder(self._root, info.key.service)
            temporary = target.with_name(f".{target.name}.tmp")
            temporary.unlink(missing_ok=True)
            os.link(source, temporary)
            temporary.replace(target)
            folders.add(target.parent)
        for path in self._dropped(manifest):
            path.unlink()
            folders.add(path.parent)
        for folder in folders:
            sync_folder(folder)
        self._publishing.unlink(missing_ok=True)

    def finish_publication(self) -> None:
        """Put in place what a process that was cut off could not."""
        if self.being_published():
            log.warning("a new generation of models was cut off while being put in place; finishing it")
            self.publish(read_manifest(self._root))

    def prune(self, current: str) -> None:
        """Keep this generation and the one before; drop what a killed process left half-built."""
        names = sorted(p.name for p in self._folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        older = [name for name in names if name != current][: 1 - _KEPT_GENERATIONS]
        for folder in [self._folder / name for name in older] + list(self._folder.glob(".tmp-*")):
            shutil.rmtree(folder, ignore_errors=True)

    def unlisted(self, manifest: Manifest) -> Iterator[tuple[Path, SeriesKey]]:
        """Model files that the manifest does not know."""
        listed = {(folder_name(info.key.service), f"{info.key.metric}.pkl") for info in manifest.models}
        if not self._root.is_dir():
            return
        # Names only: ten thousand paths would take longer than reading the files.
        for folder in sorted(entry.name for entry in os.scandir(self._root) if entry.is_dir()):
            if folder.startswith("."):
                continue
            for name in sorted(entry.name for entry in os.scandir(self._root / folder)):
                if name.endswith(".pkl") and not name.startswith(".") and (folder, name) not in listed:
                    path = self._root / folder / name
                    yield path, SeriesKey(service_name(path.parent), path.stem)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write. Raises RegistryBusy at once where another process has it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RegistryBusy(
                    f"another process is writing models in {self._root}; try again later"
                ) from None
            yield

    def _write(self, building: Path, model: TrainedModel, old: Mapping[SeriesKey, ModelInfo]) -> ModelInfo:
        """The new model, and beside it the one that it replaces."""
        info, before = write_model(building, model), old.get(model.key)
        if before is None:
            return info
        _link(model_path(self._root, before.key), before_path(building, before.key))
        return replace(info, before=before.replaced())

    def _carry_over(self, info: ModelInfo, building: Path, present: Manifest) -> ModelInfo:
        """Link the present file of a model that is not replaced into the new generation.

        A refused one goes along as it is, so that its entry and with it the true reason stay; where there is
        no file at all, the entry alone does.
        """
        make_folder(building, info.key.service)
        _link(model_path(self._root, info.key), model_path(building, info.key))
        _link(before_path(self._home(present), info.key), before_path(building, info.key))
        return info

    def _swap(self, info: ModelInfo, before: ModelInfo, building: Path, present: Manifest) -> ModelInfo:
        """The model before the present one serves again, and the present one is the one before it."""
        make_folder(building, info.key.service)
        _link(before_path(self._home(present), info.key), model_path(building, info.key))
        _link(model_path(self._root, info.key), before_path(building, info.key))
        return replace(before, before=info.replaced(), held=True)

    def before(self, present: Manifest, key: SeriesKey) -> Path:
        """The file of the pair's model before its present one."""
        return before_path(self._home(present), key)

    def _home(self, manifest: Manifest) -> Path:
        return self._folder / str(manifest.generation)

    def _dropped(self, manifest: Manifest) -> list[Path]:
        """Files of pairs that the manifest no longer has, if a generation holds the same: they are ours."""
        generations = [path for path in self._folder.iterdir() if path.is_dir()]

        def ours(path: Path) -> bool:
            copies = (folder / path.relative_to(self._root) for folder in generations)
            return any(copy.exists() and path.samefile(copy) for copy in copies)

        return [path for path, _ in self.unlisted(manifest) if ours(path)]

    def _new_id(self, now: float) -> str:
        """A name that sorts by time and is new even if the clock stands still or goes back."""
        stamp = to_rfc3339(int(now)).translate({ord(":"): None, ord("-"): None})
        taken = [int(path.name.rpartition("-")[2]) for path in self._folder.glob(f"{stamp}-*")]
        return f"{stamp}-{max(taken, default=-1) + 1:03d}"


def _link(source: Path, target: Path) -> None:
    if source.is_file():
        os.link(source, target)
