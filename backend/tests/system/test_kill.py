"""kill -9 at any moment of a poll or a retrain: what was shown is still there, and stands there once."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import pytest
import requests

from backend.clock import from_rfc3339
from backend.detection.forest_memory import PairModel
from backend.metrics.folders import folder_name
from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.ledger import assert_complete, stored
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import incidents, wait_for_incident, wait_for_polls, wait_for_state

pytestmark = pytest.mark.real

KILLS = 20
LONGEST_LIFE = 1.5
"""Seconds from ready to the kill: a poll is due every second, and a retrain runs all the time."""
PAIRS = 4


@dataclass
class Shown:
    """All that a user was answered before a kill, and must find again."""

    readings: dict[str, dict[float, float]] = field(default_factory=dict)
    incidents: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[str]] = field(default_factory=dict)

    def take(self, canopy: RunningCanopy, services: list[str]) -> None:
        for service in services:
            answer = canopy.json("/metrics/history", service=service, metric="lat", points=20_000)
            points = {from_rfc3339(point["timestamp"]): point["value"] for point in answer["points"]}
            self.readings.setdefault(service, {}).update(points)
        self.incidents.update({incident["id"]: incident for incident in incidents(canopy)})


@pytest.mark.timeout(900)
def test_twenty_kills(shop: Shop, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    services = [shop.take() for _ in range(PAIRS)]
    # One episode from the first fault to the end: however often it dies, it has one incident.
    settings = watching(*services, incidents={"dedup_window": "1h"})
    canopy, shown = RunningCanopy(tmp_path, shop.url, settings), Shown()
    with canopy:
        for service in services:
            wait_for_state(canopy, service, "scored")
        for number in range(KILLS):
            _live_a_little(canopy, shown, services, chance.uniform(0, LONGEST_LIFE))
            canopy.kill()
            if number % 5 == 2:  # a fault begins while nobody looks
                shop.set(services[number % PAIRS], 2.0 * CRITICAL)
            canopy.start()
        sick = {services[number % PAIRS] for number in range(2, KILLS, 5)}
        for service in sick:
            wait_for_incident(canopy, service)
        wait_for_polls(canopy, services[0], 3)
        _assert_incidents(canopy, shown, sick)
        _assert_models(canopy, services)
    for service in services:
        shop.heal(service)
    _assert_readings(tmp_path / "datasets", shown, shop)


def _live_a_little(canopy: RunningCanopy, shown: Shown, services: list[str], seconds: float) -> None:
    """Retrain without a pause, read and comment until the time is up."""
    end = time.monotonic() + seconds
    for number in _until(end):
        assert canopy.post("/retrain").status_code in (202, 409)
        shown.take(canopy, services)
        for incident_id in shown.incidents:
            text = f"comment {number} at {time.monotonic()}"
            if canopy.post(f"/incidents/{incident_id}/comments", json={"text": text}).status_code == 200:
                shown.comments.setdefault(incident_id, []).append(text)


def _until(end: float) -> Iterator[int]:
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1


def _assert_readings(datasets: Path, shown: Shown, shop: Shop) -> None:
    for service, readings in shown.readings.items():
        on_disk = stored(datasets, service)
        lost = {time: value for time, value in readings.items() if on_disk.get(time) != value}
        assert not lost, f"of {service!r}: shown and not stored so: {lost}"
        assert_complete(datasets, service, shop.prometheus)


def _assert_incidents(canopy: RunningCanopy, shown: Shown, sick: set[str]) -> None:
    now = incidents(canopy)
    assert sorted(incident["service"] for incident in now) == sorted(sick), "one episode, one incident"
    assert set(shown.incidents) <= {incident["id"] for incident in now}
    for incident_id, comments in shown.comments.items():
        timeline = canopy.json(f"/incidents/{incident_id}")["timeline"]
        kept = [entry["text"] for entry in timeline if entry["kind"] == "comment"]
        assert [text for text in kept if text in set(comments)] == comments


def _assert_models(canopy: RunningCanopy, services: list[str]) -> None:
    def ended() -> bool:
        answer = requests.get(f"{canopy.url}/retrain", timeout=10).json()
        return answer is None or answer["state"] != "running"

    wait_until(ended, "the last retrain has ended")
    assert canopy.post("/retrain", wait="true").json()["state"] == "done"
    listed = canopy.json("/models")["items"]
    assert {model["service"]: model["state"] for model in listed} == dict.fromkeys(services, "ready")
    manifest = json.loads((canopy.directory / "models" / "manifest.json").read_bytes())
    assert {entry["service"] for entry in manifest["models"]} == set(services)
    for service in services:
        path = canopy.directory / "models" / folder_name(service) / "lat.pkl"
        assert isinstance(joblib.load(path), PairModel)
    generations = canopy.directory / "models" / ".generations"
    assert not [path for path in generations.iterdir() if path.is_dir()], "remains of a killed writer"
    assert "refused" not in canopy.log
