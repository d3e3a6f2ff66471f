"""Write files so that a crash or a power cut leaves the old content or the new one, whole."""

from __future__ import annotations

import ctypes
import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FEW_FILES = 256


def write_synced(path: Path, content: bytes) -> None:
    """Write a file that nobody reads yet, and have it on the disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_synced(path: Path, content: bytes) -> None:
    """Replace a file that others may be reading: they see the old content or the new one."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write_synced(temporary, content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def append_whole(descriptor: int, content: bytes, size: int, *, sync: bool = False) -> None:
    """Append to a file of ``size`` bytes; where the disk does not take it all, go back to that size.

    ``sync``: have it on the disk when this returns. Raises OSError.
    """
    try:
        while content:
            # A second call after a short first one is there to learn why.
            content = content[os.write(descriptor, content) :]
        if sync:
            os.fdatasync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def sync_files(paths: Collection[Path], root: Path) -> None:
    """Have files below ``root``, and their entries in its folders, on the disk, but for those that are gone.

    A few are synced one by one: syncing the whole file system waits for what all others have written there.
    """
    if len(paths) > _FEW_FILES:
        sync_file_system(root)
        return
    for path in paths:
        with suppress(FileNotFoundError), path.open("rb") as file:
            os.fdatasync(file.fileno())
    for folder in {folder for path in paths for folder in path.parents if folder.is_relative_to(root)}:
        with suppress(FileNotFoundError):
            sync_folder(folder)


def sync_file_system(folder: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):  # it is Linux's own
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if libc.syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the folder's entries (new, renamed, removed files) on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class InUse(Exception):
    """Another process holds the folder; the text names both."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone, as long as the process lives. Raises InUse."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".in-use").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InUse(f"{folder} is in use by another Canopy (process {lock.read().strip()})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
