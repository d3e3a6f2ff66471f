"""The event stream: what is told, when, and that silence has a heartbeat."""

from __future__ import annotations

import pytest

from backend.tests.api.conftest import HEALTHY, SICK, Running
from backend.tests.real import wait_until
from backend.tests.system.events import following

pytestmark = pytest.mark.real


def test_readings_incidents_and_training_are_told(running: Running) -> None:
    with following(running.url) as events:
        assert events.wait_for("ping")
        told = events.wait_for("readings", 2)
        assert set(told[0]) == {"timestamp", "pairs"}
        assert told[0]["timestamp"] < told[1]["timestamp"]
        assert running.json("/metrics", service=HEALTHY)["timestamp"] >= told[1]["timestamp"]
        incident_id = running.incident()["id"]
        running.post(f"/incidents/{incident_id}/comments", json={"text": "hello"})
        wait_until(
            lambda: any((e["id"], e["kind"]) == (incident_id, "comment") for e in events.of("incident")),
            "the comment is told",
        )
        assert all(event["service"] for event in events.of("incident"))
        job = running.post("/retrain", service=SICK, wait="true").json()
        wait_until(lambda: events.of("retrain")[-1:] == [job], "the job's end is told")
        assert events.of("retrain")[0]["state"] == "running"


def test_a_change_of_a_dependency_is_told(running: Running) -> None:
    with following(running.url) as events:
        events.wait_for("readings")
        running.shop.prometheus.stop()
        wait_until(lambda: any(e["state"] == "down" for e in events.of("source")), "that it is down")
        down = next(e for e in events.of("source") if e["state"] == "down")
        assert down["name"] == "prometheus"
        assert down["detail"]
        assert running.get("/ready").status_code == 503
        running.shop.prometheus.start()
        wait_until(lambda: events.of("source")[-1]["state"] == "ok", "that it is back")
        wait_until(lambda: running.get("/ready").status_code == 200, "it is ready")
