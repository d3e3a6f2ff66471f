"""A model file that Canopy did not write is never opened, and says so; the others serve on."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.metrics.folders import folder_name
from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import incidents, reading, wait_for_polls, wait_for_state

pytestmark = pytest.mark.real


class Trap:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._path),)


def test_broken_altered_and_foreign_files_are_refused_and_a_retrain_mends_them(
    shop: Shop, tmp_path: Path
) -> None:
    broken, altered, gone, fine = services = [shop.take() for _ in range(4)]
    foreign = "somebody-elses"
    models, sprung = tmp_path / "models", tmp_path / "sprung"
    canopy = RunningCanopy(tmp_path, shop.url, watching(*services))
    with canopy:
        for service in services:
            wait_for_state(canopy, service, "scored")
        canopy.stop()
        _file(models, broken).write_bytes(_file(models, broken).read_bytes()[:1000])
        _replace(_file(models, altered), _trap(sprung))
        _file(models, gone).unlink()
        (models / foreign).mkdir()
        _replace(_file(models, foreign), _trap(sprung))
        canopy.start()
        wait_for_state(canopy, fine, "scored")
        listed = {model["service"]: model for model in canopy.json("/models")["items"]}
        for service, words in (
            (broken, "digest differs"),
            (altered, "digest differs"),
            (gone, "No such file"),
        ):
            assert listed[service]["state"] == "failed"
            assert words in listed[service]["reason"]
            assert "retrain" in listed[service]["reason"]
            shown = reading(canopy, service)
            assert (shown["state"], shown["prediction"], shown["score"]) == ("failed", "Unknown", None)
            assert words in shown["reasons"][0]
            assert shown["value"] is not None, "the value is known, only nobody judges it"
        assert listed[fine]["state"] == "ready"
        dependency = canopy.json("/ready")["dependencies"]["models"]
        assert dependency["state"] == "degraded"
        assert foreign in canopy.log
        shop.set(altered, 2.0 * CRITICAL)
        wait_until(lambda: reading(canopy, altered)["severity"] == "Critical", "the value is seen")
        wait_for_polls(canopy, altered, 2)
        assert incidents(canopy) == [], "opened on a verdict that nobody gave"
        shop.heal(altered)
        job = canopy.post("/retrain", wait="true").json()
        assert (job["state"], job["failed"]) == ("done", [])
        for service in (broken, altered, gone):
            wait_for_state(canopy, service, "scored")
        assert {model["state"] for model in canopy.json("/models")["items"]} == {"ready"}
        canopy.restart()
        wait_for_state(canopy, altered, "scored")
    assert not sprung.exists(), "a foreign pickle was opened"


def _file(models: Path, service: str) -> Path:
    return models / folder_name(service) / "lat.pkl"


def _trap(path: Path) -> bytes:
    buffer = io.BytesIO()
    pickle.dump(Trap(path), buffer)
    return buffer.getvalue()


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_bytes(content)
    temporary.replace(path)
