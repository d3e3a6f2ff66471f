"""The main story: a fault, one incident with its log lines, an operator, restarts, the next fault."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.clock import from_rfc3339
from backend.metrics.readings import SeriesKey
from backend.metrics.stored import StoredReadings
from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.events import following
from backend.tests.system.ledger import assert_complete
from backend.tests.system.shop import CRITICAL, HIGH, Shop, watching
from backend.tests.system.watching import (
    incidents,
    reading,
    wait_for_incident,
    wait_for_polls,
    wait_for_state,
)

pytestmark = pytest.mark.real

DEDUP = 5.0
POLL = SCRAPE = 1.0


def test_from_a_fault_to_the_next_one(shop: Shop, tmp_path: Path) -> None:
    service = shop.take()
    (tmp_path / "logs").mkdir()
    # Longer than a restart takes, or the restart itself would be the quiet that ends the episode.
    settings = watching(service, incidents={"dedup_window": "2m"})
    with RunningCanopy(tmp_path, shop.url, settings) as canopy:
        wait_for_state(canopy, service, "scored")
        _log(tmp_path, service, "INFO", "order 17 paid")
        with following(canopy.url) as events:
            events.wait_for("readings")
            shop.set(service, 2.0 * CRITICAL)
            _log(tmp_path, service, "ERROR", "timeout: no connection from the pool within 3000 ms")
            (opened, *_) = events.wait_for("incident")
            assert (opened["kind"], opened["service"], opened["severity"]) == ("opened", service, "Critical")
        incident = canopy.json(f"/incidents/{opened['id']}")
        assert incident["status"] == "OPEN"
        # Seconds of the grid, not of the wall: the first stored reading that passes opened it.
        kept = StoredReadings(tmp_path / "datasets").load(SeriesKey(service, "lat"), 0.0, time.time())
        first = kept.timestamps[kept.values >= HIGH].min()
        assert from_rfc3339(incident["event_ts"]) - first <= 2 * POLL + SCRAPE
        assert "6,000 ms" in incident["title"]
        assert "threshold_and_model" in incident["reason"]
        wait_until(
            lambda: any(
                "no connection" in line["message"] and line["explains"] and line["reason"]
                for line in canopy.json(f"/incidents/{opened['id']}")["logs"]
            ),
            "the incident carries the line that explains it, marked",
        )
        marked = [
            line["message"] for line in canopy.json(f"/incidents/{opened['id']}")["logs"] if line["explains"]
        ]
        assert marked == ["timeout: no connection from the pool within 3000 ms"]
        wait_for_polls(canopy, service, 4)
        assert len(incidents(canopy, service)) == 1, "a second incident for one episode"
        assert canopy.post(f"/incidents/{opened['id']}/acknowledge").status_code == 200
        answer = canopy.post(f"/incidents/{opened['id']}/resolve", json={"reason": "real", "comment": "pool"})
        assert answer.json()["status"] == "RESOLVED"
        canopy.restart()
        wait_for_state(canopy, service, "scored")
        wait_for_polls(canopy, service, 4)
        assert [i["status"] for i in incidents(canopy)] == ["RESOLVED"], "the episode goes on: nothing opens"
        detail = canopy.json(f"/incidents/{opened['id']}")
        assert [e["kind"] for e in detail["timeline"] if e["kind"] in ("acknowledged", "resolved")] == [
            "acknowledged",
            "resolved",
        ]
        shop.heal(service)
        canopy.settings["incidents"]["dedup_window"] = f"{DEDUP:.0f}s"
        canopy.write_config()
        canopy.restart()
        wait_until(lambda: reading(canopy, service)["severity"] == "Normal", "it is well again")
        wait_for_polls(canopy, service, DEDUP + 2)
        shop.set(service, 2.0 * CRITICAL)
        second = wait_for_incident(canopy, service)
        assert second["id"] != opened["id"]
        assert [i["status"] for i in incidents(canopy)] == ["RESOLVED", "OPEN"]
        shop.heal(service)
    assert_complete(tmp_path / "datasets", service, shop.prometheus)


def test_the_policy_and_quiet_readings_that_resolve_are_settings(shop: Shop, tmp_path: Path) -> None:
    """They reach the running process; all their cases are scenarios."""
    service = shop.take()
    settings = watching(service, incidents={"policy": "threshold", "auto_resolve_after": 2})
    with RunningCanopy(tmp_path, shop.url, settings) as canopy:
        wait_for_state(canopy, service, "scored")
        shop.set(service, 1.5 * HIGH)
        incident = wait_for_incident(canopy, service)
        assert (incident["policy"], incident["severity"]) == ("threshold", "High")
        assert "Policy: threshold" in incident["reason"]
        shop.heal(service)
        wait_until(lambda: incidents(canopy)[-1]["status"] == "RESOLVED", "two quiet readings resolve it")
        timeline = canopy.json(f"/incidents/{incident['id']}")["timeline"]
        (resolved,) = [entry for entry in timeline if entry["kind"] == "resolved"]
        assert resolved["actor"] == "canopy"
        assert "auto_resolve_after" in resolved["text"]


def _log(directory: Path, service: str, level: str, message: str) -> None:
    line = {"@timestamp": datetime.now(UTC).isoformat(), "log.level": level, "service.name": service}
    with (directory / "logs" / f"{service}.log").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"message": message}) + "\n")
