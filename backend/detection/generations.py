"""The folders that models live in: a generation replaces the one before it whole, and costs what it changes.

    models/manifest.json                     what serves now: the generation and, per pair, digest and origin
    models/manifest.before.json              the same of the generation before
    models/<service>/<metric>.pkl            the serving models, for joblib.load: a view forest's tables, or a
                                             packed isolation forest
    models/<service>/<metric>.pkl.before     the pair's model before its present one
    models/.generations/<id>/                what a new generation changes, until it is in its place: files of
                                             the same paths
    models/.generations/publishing           stands only while these are moved there

The commit point of a new generation is the rename onto manifest.json. A process killed before it leaves the
old generation serving; one killed after it finds ``publishing`` at its next start and finishes the work:
whatever is left of the generation's folder is moved, so that it does not matter how far the other one came.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from backend.clock import to_rfc3339
from backend.detection.manifest import MANIFEST, Manifest, ModelInfo, manifest_bytes, read_manifest
from backend.detection.model_file import before_path, is_model, model_path, write_model
from backend.detection.training import TrainedModel
from backend.metrics.files import replace_synced, sync_files, sync_folder, write_synced
from backend.metrics.folders import folder_name, make_folder, remove_folder, service_name
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)

MANIFEST_BEFORE = "manifest.before.json"
_MOVERS = 8
"""Threads that move files: some disks take a millisecond to free the one that is replaced."""


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
        give_way: Callable[[], None] = lambda: None,
    ) -> Manifest:
        """Write what a new generation changes beside what serves, synced: nobody serves it yet.

        The generation is made of what was ``trained``, of the ``kept`` ones of the ``present`` one, whose
        files nobody touches, and of those of it that are to go ``back`` one step. ``give_way`` is called
        before each of those that were trained.
        """
        generation = _new_id(present.generation, now)
        building = self._folder / generation
        old = {info.key: info for info in present.models}
        try:
            self._drop_unfinished()
            building.mkdir()
            infos = []
            for model in trained:
                give_way()
                infos.append(self._write(building, model, old))
            infos += kept
            infos += [self._swap(building, info, info.before) for info in back if info.before]
            _link(self._root / MANIFEST, building / MANIFEST_BEFORE)
            sync_files(_files(building), self._folder)
        except OSError:
            shutil.rmtree(building, ignore_errors=True)
            raise
        return Manifest(generation, tuple(infos), full_run_at)

    def commit(self, manifest: Manifest) -> None:
        """From here on this generation serves, whatever happens next."""
        content = manifest_bytes(manifest)
        write_synced(self._publishing, str(manifest.generation).encode())
        sync_folder(self._folder)
        replace_synced(self._root / MANIFEST, content)

    def publish(self, manifest: Manifest, present: Manifest) -> None:
        """Put the generation's files where they serve, and drop those of pairs that only ``present`` has, the
        generation before; safe to repeat after being cut off.
        """
        building = self._folder / str(manifest.generation)
        with ThreadPoolExecutor(_MOVERS, thread_name_prefix="models") as pool:
            moved = list(pool.map(lambda path: self._move(path, building), _files(building)))
        kept = {info.key for info in manifest.models}
        for info in present.models:
            if info.key not in kept:
                moved += self._drop(info)
        sync_files(moved, self._root)
        self._publishing.unlink(missing_ok=True)
        self._drop_unfinished()

    def finish_publication(self) -> None:
        """Put in place what a process that was cut off could not; forget what it had not committed."""
        if not self.being_published():
            return
        manifest = read_manifest(self._root)
        if self._publishing.read_bytes() != str(manifest.generation).encode():
            self._publishing.unlink()
            return
        log.warning("a new generation of models was cut off while being put in place; finishing it")
        # The manifest before has already been moved, or is about to be.
        staged = self._folder / str(manifest.generation) / MANIFEST_BEFORE
        home = staged.parent if staged.exists() else self._root
        self.publish(manifest, read_manifest(home, MANIFEST_BEFORE))

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

    def _swap(self, building: Path, info: ModelInfo, before: ModelInfo) -> ModelInfo:
        """The model before the present one serves again, and the present one is the one before it."""
        make_folder(building, info.key.service)
        _link(before_path(self._root, info.key), model_path(building, info.key))
        _link(model_path(self._root, info.key), before_path(building, info.key))
        return replace(before, before=info.replaced(), held=True)

    def _move(self, path: Path, building: Path) -> Path:
        """Put one file of the generation in its place."""
        target = self._root / path.relative_to(building)
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        return target

    def _drop(self, info: ModelInfo) -> list[Path]:
        """Remove the files of a pair that has no model any more, if they are ours."""
        path, before = model_path(self._root, info.key), before_path(self._root, info.key)
        dropped = [file for file in (path, before) if file == before or is_model(file, info)]
        for file in dropped:
            file.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            remove_folder(self._root, info.key.service)
        return dropped

    def _drop_unfinished(self) -> None:
        """Remove folders of generations: one of a killed process that committed nothing, or one that is
        empty by now.
        """
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)


def _new_id(present: str | None, now: float) -> str:
    """A name that tells the time and, by its number, is new even if the clock stands still or goes back."""
    stamp = to_rfc3339(int(now)).translate({ord(":"): None, ord("-"): None})
    number = -1 if present is None else int(present.rpartition("-")[2])
    return f"{stamp}-{number + 1:03d}"


def _files(folder: Path) -> Collection[Path]:
    return [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]


def _link(source: Path, target: Path) -> None:
    if source.is_file():
        os.link(source, target)
