"""Log files in any condition: an incident opens all the same, and /logs says how each source stands."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import wait_for_incident, wait_for_state

pytestmark = pytest.mark.real


def test_missing_rotated_binary_and_overlong_files(shop: Shop, tmp_path: Path) -> None:
    missing, rotated, binary, huge = services = [shop.take() for _ in range(4)]
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / f"{binary}.log").write_bytes(os.urandom(100_000))
    with RunningCanopy(tmp_path, shop.url, watching(*services)) as canopy:
        for service in services:
            wait_for_state(canopy, service, "scored")
        _write(folder / f"{rotated}.log", rotated, "before the rotation")
        wait_until(lambda: "before the rotation" in _messages(canopy, rotated), "the first line is read")
        _write(folder / f"{rotated}.log", rotated, "last words")
        (folder / f"{rotated}.log").rename(folder / f"{rotated}.log.1")
        _write(folder / f"{rotated}.log", rotated, "pool exhausted after the rotation")
        with (folder / f"{huge}.log").open("ab") as file:
            file.write(b'{"message": "' + b"x" * 10_000_000 + b'"}\n')
        _write(folder / f"{huge}.log", huge, "after the long line")
        for service in services:
            shop.set(service, 2.0 * CRITICAL)
        ids = {service: wait_for_incident(canopy, service)["id"] for service in services}
        wait_until(lambda: "after the long line" in _messages(canopy, huge), "reading goes on behind it")
        wait_until(
            lambda: (
                {"before the rotation", "last words", "pool exhausted after the rotation"}
                <= set(_messages(canopy, rotated))
            ),
            "the old file's end and the new file are read",
        )
        wait_until(
            lambda: "pool exhausted after the rotation" in _carried(canopy, ids[rotated]),
            "the incident carries it",
        )
        assert _messages(canopy, rotated).count("last words") == 1
        states = {service: _source(canopy, service) for service in services}
        assert states[missing]["state"] == "missing"
        assert str(folder) in states[missing]["detail"], "it does not say where it looked"
        assert (states[binary]["state"], _messages(canopy, binary)) == ("failed", [])
        assert "binary" in states[binary]["detail"]
        assert states[rotated]["state"] == states[huge]["state"] == "reading"
        logs = canopy.json("/ready")["dependencies"]["logs"]
        assert logs["state"] == "degraded"
        assert binary in logs["detail"]
        (folder / f"{binary}.log").unlink()
        _write(folder / f"{binary}.log", binary, "text at last")
        wait_until(lambda: "text at last" in _messages(canopy, binary), "a mended file is read")
        wait_until(
            lambda: canopy.json("/ready")["dependencies"]["logs"]["state"] == "ok", "the logs have recovered"
        )
        assert "Traceback" not in canopy.log
    for service in services:
        shop.heal(service)


def _write(path: Path, service: str, message: str) -> None:
    line = {
        "@timestamp": datetime.now(UTC).isoformat(),
        "log.level": "ERROR",
        "service.name": service,
        "message": message,
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _logs(canopy: RunningCanopy, service: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    found: dict[str, Any] = canopy.json("/logs", service=service, event_ts=now, before="5m")
    return found


def _messages(canopy: RunningCanopy, service: str) -> list[str]:
    return [line["message"] for line in _logs(canopy, service)["lines"]]


def _carried(canopy: RunningCanopy, incident_id: int) -> list[str]:
    return [line["message"] for line in canopy.json(f"/incidents/{incident_id}")["logs"]]


def _source(canopy: RunningCanopy, service: str) -> dict[str, Any]:
    (source,) = _logs(canopy, service)["sources"]
    found: dict[str, Any] = source
    return found
