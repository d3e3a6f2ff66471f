"""Snapshots of the live forests: what was written comes back, and what was damaged is refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from backend.detection.snapshots import (
    SnapshotRefused,
    read_snapshot,
    snapshot_path,
    snapshots,
    write_snapshot,
)

STATE = {"values": np.arange(6.0).reshape(2, 3), "used": np.array([True, False])}


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    path = snapshot_path(tmp_path, 3)
    write_snapshot(path, STATE)
    assert snapshots(tmp_path) == {3: path}
    found = read_snapshot(path)
    assert found.keys() == STATE.keys()
    assert all(np.array_equal(found[name], array) for name, array in STATE.items())


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    path = snapshot_path(tmp_path, 0)
    write_snapshot(path, STATE)
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(SnapshotRefused, match="cannot be read"):
            read_snapshot(path)


def test_any_other_byte_is_refused_or_changes_nothing_that_is_read(tmp_path: Path) -> None:
    path = snapshot_path(tmp_path, 0)
    write_snapshot(path, STATE)
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with suppress(SnapshotRefused):
            found = read_snapshot(path)
            assert all(np.array_equal(array, STATE.get(name, array)) for name, array in found.items())
