"""A store on a new file, closed when its test ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.incidents.store import IncidentStore


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "canopy.db"


@pytest.fixture
def store(database: Path) -> Iterator[IncidentStore]:
    store = IncidentStore(database)
    yield store
    store.close()
