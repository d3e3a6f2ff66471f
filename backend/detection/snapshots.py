"""The live forests' state as files, a segment each: written whole, refused where not ours or not whole."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend import __version__
from backend.detection.views import VIEWS
from backend.metrics.files import replace_synced

State = dict[str, NDArray[Any]]

_SUFFIX = ".npz"
_WRITTEN_BY = "written_by"
_PRESENT = f"canopy {__version__}: {', '.join(VIEWS)}"


_DAMAGED = (
    *(OSError, ValueError, KeyError, EOFError, AttributeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
    RuntimeError,  # and NotImplementedError: a bit that says encrypted, or packed in a way nobody knows
)
"""What zipfile and numpy raise over a file that is not whole, depending on which byte is another one."""


class SnapshotRefused(Exception):
    """The file is not used; what it held is grown anew from the datasets."""


def snapshot_path(folder: Path, segment: int) -> Path:
    """Where a segment's snapshot is."""
    return folder / f"segment-{segment:04d}{_SUFFIX}"


def snapshots(folder: Path) -> dict[int, Path]:
    """The segments that have a snapshot."""
    found = {}
    for path in sorted(folder.glob(f"segment-*{_SUFFIX}")):
        number = path.stem.removeprefix("segment-")
        if number.isdigit():
            found[int(number)] = path
    return found


def write_snapshot(path: Path, state: State) -> None:
    """Replace the file by the state, synced. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **state, **{_WRITTEN_BY: np.array(_PRESENT)})
    replace_synced(path, buffer.getvalue())


def read_snapshot(path: Path) -> State:
    """The state in the file; its checksums are looked at. Raises SnapshotRefused."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file[_WRITTEN_BY]) != _PRESENT:
                raise SnapshotRefused(f"{path} was written by another version of Canopy")
            return {name: file[name] for name in file.files if name != _WRITTEN_BY}
    except _DAMAGED as error:
        raise SnapshotRefused(f"{path} cannot be read: {error}") from None
