"""The log sources as a whole: read, in part, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backend.jobs.health import HealthBoard
from backend.jobs.logtail import LogTail
from backend.logs.sources.file_tail import FileTail
from backend.logs.store import LogStore
from backend.settings import FileSource
from backend.tests.jobs.bench import START, SetClock


def forget(name: str, data: dict[str, Any]) -> None:
    """Nobody listens to the events here."""


@pytest.mark.parametrize(
    ("paths", "state"),
    [
        (["good.log"], "ok"),
        (["later.log"], "ok"),
        (["good.log", "folder.log"], "degraded"),
        (["later.log", "folder.log"], "degraded"),
        (["folder.log"], "down"),
        (["folder.log", "binary.log"], "down"),
    ],
)
def test_logs_are_down_when_no_source_can_be_read(tmp_path: Path, paths: list[str], state: str) -> None:
    (tmp_path / "good.log").write_text('{"message": "hello"}\n')
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "binary.log").write_bytes(b"\0\1\2\3" * 5000)
    board = HealthBoard(SetClock(START), forget)
    store = LogStore(tmp_path / "logs.db", keep=3600, max_lines=1000)
    sources = [FileSource(type="file", service="shop", path=str(tmp_path / path)) for path in paths]
    log_tail = LogTail([FileTail(source, store, lambda: ["shop"]) for source in sources], store, board)
    log_tail.read_new_lines(START)
    found = board.states()["logs"]
    assert found.state == state
    assert ("folder.log" in found.detail) is (state != "ok")
    log_tail.close()
    store.close()
