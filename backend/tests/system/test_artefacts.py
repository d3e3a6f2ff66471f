"""A service restarts before a running Canopy: named, held back for a while, then told with the incident."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import (
    incidents,
    reading,
    wait_for_incident,
    wait_for_polls,
)

pytestmark = pytest.mark.real


def test_a_restart_is_named_holds_the_alert_back_and_stands_in_the_timeline(
    shop: Shop, tmp_path: Path
) -> None:
    service = shop.take()
    shop.start(service, time.time() - 3600)
    # By the threshold alone: what is told here does not depend on how a model scores.
    settings = watching(service, incidents={"policy": "threshold"}, artefacts={"settle": "8s"})
    with RunningCanopy(tmp_path, shop.url, settings) as canopy:
        wait_until(lambda: canopy.get("/metrics", service=service).status_code == 200, "it is known")
        wait_for_polls(canopy, service)
        assert reading(canopy, service)["artefact"] is None
        shop.start(service, time.time())
        shop.set(service, 2.0 * CRITICAL)
        wait_until(lambda: reading(canopy, service)["artefact"] is not None, "the restart is named")
        held = reading(canopy, service)
        assert held["artefact"]["kind"] == "restart"
        assert held["severity"] == "Critical"
        assert held["reasons"][0].startswith("held back: it restarted ")
        assert incidents(canopy, service) == []
        opened = wait_for_incident(canopy, service)
        timeline = canopy.json(f"/incidents/{opened['id']}")["timeline"]
        (told,) = [entry["text"] for entry in timeline if entry["kind"] == "artefact"]
        assert told.startswith("It restarted, ")
        (marked,) = canopy.json("/annotations", service=service)["items"]
        assert (marked["kind"], marked["words"]) == ("restart", "it restarted")
