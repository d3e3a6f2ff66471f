"""What keeps Canopy from starting is said in lines a person can act on, and ends it with status 2."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.shop import Shop, watching

pytestmark = pytest.mark.real

NOWHERE = "http://127.0.0.1:9"


def refused(canopy: RunningCanopy) -> list[str]:
    """The lines with which Canopy refuses to start."""
    process = canopy.launch()
    try:
        code = process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        canopy.kill()
        raise AssertionError(f"it started:\n{canopy.log}") from None
    assert code == 2, canopy.log
    assert "Traceback" not in canopy.log
    return canopy.log.splitlines()


def test_each_problem_of_the_configuration_has_its_line(tmp_path: Path) -> None:
    canopy = RunningCanopy(
        tmp_path,
        NOWHERE,
        {
            "poll": {"intervall": "15s", "interval": "soon"},
            "training": {"min_samples": "many", "contamination": 7},
            "storage": {"database": "postgres://shop"},
            "alarms": {},
        },
    )
    lines = refused(canopy)
    for key, hint in (
        ("poll.intervall", "interval"),
        ("poll.interval", "15s"),
        ("training.min_samples", "'many'"),
        ("training.contamination", "7"),
        ("storage.database", "sqlite:///"),
        ("alarms", "allowed:"),
    ):
        own = [line for line in lines if line.startswith(f"canopy: {key}:")]
        assert len(own) == 1, (key, lines)
        assert hint in own[0]
    assert len(lines) == 6, lines
    assert not (tmp_path / "datasets").exists(), "it touched the disk before it refused"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"poll: {interval: 15s", "YAML"),
        (b"- a list\n", "mapping"),
        (b"preset: none\n", "metrics"),
        (b"\xff\xfe\x00binary", "YAML"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, hint: str) -> None:
    canopy = RunningCanopy(tmp_path, NOWHERE)
    canopy.config.write_bytes(content)
    lines = refused(canopy)
    assert len(lines) == 1, lines
    assert hint in lines[0]


def test_the_environment_is_checked_in_the_same_way(tmp_path: Path) -> None:
    canopy = RunningCanopy(tmp_path, NOWHERE, environment={"CANOPY_POLL__INTERVAL": "0s"})
    (line,) = refused(canopy)
    assert "poll.interval" in line


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        lines = refused(RunningCanopy(tmp_path, NOWHERE, port=port))
    assert f"port {port}" in lines[0]
    assert "--port" in lines[1]
    assert "CANOPY_SERVER__PORT" in lines[1]


def test_a_second_canopy_on_the_same_datasets_says_whose_they_are(shop: Shop, tmp_path: Path) -> None:
    settings = watching(shop.take())
    with RunningCanopy(tmp_path, shop.url, settings) as first:
        assert first.process is not None
        datasets = {"storage": {"datasets": str(tmp_path / "datasets")}}
        second = RunningCanopy(tmp_path / "second", shop.url, settings | datasets)
        line, *_ = refused(second)
        assert f"process {first.process.pid}" in line
        assert str(tmp_path / "datasets") in line
        assert first.get("/ready").status_code == 200, "the second start harmed the first"
    second.start()  # the first is gone: nothing has to be cleared up by hand
    assert second.stop().code == 0


@pytest.mark.parametrize(
    ("file", "content", "hint"),
    [
        ("canopy.db", b"this is no database, it is a shopping list" * 100, "canopy.db"),
        ("models/manifest.json", b'{"format": 1, "generation":', "manifest.json"),
        ("models/manifest.json", b'{"format": 99}', "format 99"),
    ],
)
def test_a_file_of_ours_that_cannot_be_used_is_named_and_kept(
    tmp_path: Path, file: str, content: bytes, hint: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    lines = refused(RunningCanopy(tmp_path, NOWHERE))
    (told,) = [line for line in lines if hint in line]
    assert "cannot start" in told
    assert path.read_bytes() == content
