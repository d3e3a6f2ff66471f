"""What runs Canopy itself asks for: trainings, health, its own metrics, and no answer sent twice."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.api import exposition
from backend.incidents.store import IncidentStore
from backend.tests.api.conftest import HEALTHY, ODD, SICK, YOUNG, Running, is_time
from backend.tests.real import find_program, wait_until

pytestmark = pytest.mark.real


def test_a_retrain_is_a_job_with_progress(running: Running) -> None:
    answer = running.post("/retrain")
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"] == f"/retrain/{job['id']}"
    second = running.post("/retrain")
    assert second.status_code == 409
    assert job["id"] in second.json()["detail"]
    wait_until(lambda: running.json(f"/retrain/{job['id']}")["state"] != "running", "it ends")
    done = running.json(f"/retrain/{job['id']}")
    assert (done["state"], done["total"], done["done"]) == ("done", 4, 4)
    assert done["trained"] == 3
    (skipped,) = done["skipped"]
    assert (skipped["service"], skipped["metric"]) == (YOUNG, "lat")
    assert "of the 100 samples needed" in skipped["reason"]
    assert done["failed"] == []


def test_a_retrain_of_one_pair_may_be_waited_for(running: Running) -> None:
    answer = running.post("/retrain", service=ODD, metric="lat", wait="true")
    assert answer.status_code == 200
    job = answer.json()
    assert (job["state"], job["total"], job["trained"]) == ("done", 1, 1)
    assert running.json("/retrain") == job


def test_health_and_ready(running: Running) -> None:
    assert running.json("/health")["status"] == "ok"
    ready = running.json("/ready")
    assert ready["ready"] is True
    assert set(ready["dependencies"]) == {
        *("prometheus", "models", "training", "datasets", "incidents", "logs", "artefacts")
    }
    assert all(is_time(state["since"]) for state in ready["dependencies"].values())


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_load_balancer_may_ask_without_a_body(running: Running, prefix: str, path: str) -> None:
    answer = running.request("HEAD", f"{prefix}{path}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_without_the_incidents_our_other_metrics_are_still_there(running: Running, tmp_path: Path) -> None:
    broken = IncidentStore(tmp_path / "canopy.db")
    broken.close()
    answer = exposition.render(replace(running.app.state.parts, incidents=broken)).decode()
    samples = [s for family in text_string_to_metric_families(answer) for s in family.samples]
    up = {s.labels["dependency"]: s.value for s in samples if s.name == "canopy_dependency_up"}
    assert (up["incidents"], up["prometheus"]) == (0, 1)
    names = {s.name for s in samples}
    assert "canopy_incidents" not in names, "0 incidents would be a lie"
    assert {"canopy_anomaly_score", "canopy_last_poll_timestamp_seconds"} <= names


def test_our_own_metrics_are_what_prometheus_reads(running: Running) -> None:
    answer = running.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = [s for family in text_string_to_metric_families(answer.text) for s in family.samples]
    scores = {s.labels["service"]: s.value for s in samples if s.name == "canopy_anomaly_score"}
    assert set(scores) == {HEALTHY, SICK, ODD}, "a pair without a model has no score"
    assert all(0 <= score <= 1 for score in scores.values())
    counts = {
        (s.labels["service"], s.labels["severity"], s.labels["status"]): s.value
        for s in samples
        if s.name == "canopy_incidents"
    }
    assert counts == {(SICK, "Critical", "OPEN"): 1, (ODD, "Critical", "OPEN"): 1}
    check = subprocess.run(
        [find_program("promtool"), "check", "metrics"], input=answer.content, capture_output=True, check=False
    )
    assert (check.returncode, check.stderr) == (0, b"")


def test_the_root_leads_to_the_ui(running: Running) -> None:
    answer = running.request("GET", "/", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/ui/")


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics", "/overview"])
def test_who_has_the_newest_answer_is_not_sent_it_again(running: Running, path: str) -> None:
    def asked_twice() -> int:
        first = running.get(path, service=HEALTHY)
        known = {"If-None-Match": first.headers["ETag"]}
        again = running.request("GET", path, params={"service": HEALTHY}, headers=known)
        assert again.status_code == 200 or not again.content
        return again.status_code

    wait_until(lambda: asked_twice() == 304, "both fell between the same two polls")
