"""Models over HTTP: how they stand, a retrain by force, and the way back."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from backend.detection import generations
from backend.tests.api.conftest import HEALTHY, Running
from backend.tests.real import wait_until


def model(running: Running) -> dict[str, Any]:
    (found,) = [m for m in running.json("/models")["items"] if m["service"] == HEALTHY]
    return dict(found)


def test_a_model_says_how_it_stands(running: Running) -> None:
    found = model(running)
    assert found["detector"] == "view_forest"
    assert (found["metric"], found["title"], found["unit"]) == ("lat", "p99 latency", "milliseconds")
    assert isinstance(found["learned"], int)
    assert found["learned"] > 100
    assert (found["held"], found["candidate"]) == (False, "")
    assert found["alarming"] is (found["judged"] >= 20 and found["alert_rate"] >= 0.2)


def test_a_rollback_serves_the_model_before_until_the_next_retrain(running: Running) -> None:
    ended = running.post("/retrain", service=HEALTHY, wait="true", force="true").json()
    assert (ended["trained"], ended["force"], ended["held_back"]) == (1, True, [])
    trained = model(running)
    assert trained["changed"]
    answer = running.post("/models/rollback", service=HEALTHY)
    assert answer.status_code == 200
    assert answer.json()["models"] == [{"service": HEALTHY, "metric": "lat"}]
    back = model(running)
    assert (back["held"], back["trained_at"]) == (True, trained["before"])
    first = running.json("/models", sort="state", state="ready")["items"][0]
    assert first["service"] == HEALTHY, "one that is held wants a look before those that are not"
    running.post("/retrain", service=HEALTHY, wait="true")
    assert model(running)["held"] is False


def test_a_rollback_of_what_is_not_there_is_refused(running: Running) -> None:
    assert running.post("/models/rollback", service="nobody").status_code == 404
    answer = running.post("/models/rollback", metric="wait")
    assert answer.status_code in (404, 409)
    assert answer.json()["detail"]


def test_a_rollback_that_the_disk_refuses_changes_nothing_and_says_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.post("/retrain", service=HEALTHY, wait="true", force="true")
    before = model(running)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(generations, "sync_files", refuse)
        answer = running.post("/models/rollback", service=HEALTHY)
    assert answer.status_code == 503
    assert "No space left on device" in answer.json()["detail"]
    after = model(running)
    assert (after["trained_at"], after["held"]) == (before["trained_at"], False)


def test_models_are_listed_by_page_with_counts(running: Running) -> None:
    whole = running.json("/models")
    assert whole["total"] == len(whole["items"])
    assert whole["states"] == {
        "ready": sum(m["state"] == "ready" for m in whole["items"]),
        "warming_up": sum(m["state"] == "warming_up" for m in whole["items"]),
        "failed": 0,
    }
    pages = [running.json("/models", limit=2, offset=n)["items"] for n in range(0, whole["total"], 2)]
    names = [(m["service"], m["metric"]) for page in pages for m in page]
    assert names == sorted((m["service"], m["metric"]) for m in whole["items"])
    assert running.json("/models", limit=2, offset=10_000)["items"] == []


def test_models_are_filtered_and_sorted(running: Running) -> None:
    one = running.json("/models", service=HEALTHY)
    assert {m["service"] for m in one["items"]} == {HEALTHY}
    learning = running.json("/models", state="warming_up")
    assert learning["total"] == len(learning["items"]) == learning["states"]["warming_up"] > 0
    assert {m["state"] for m in learning["items"]} == {"warming_up"}
    assert learning["states"] == running.json("/models")["states"], "the counts leave the state out"
    assert {m["service"] for m in running.json("/models", q=f"{HEALTHY[:3].upper()} lat")["items"]} == {
        HEALTHY
    }
    assert {m["metric"] for m in running.json("/models", q="P99 latency")["items"]} == {"lat"}
    for sort in ("metric", "state", "trained_at", "samples", "alert_rate"):
        up, down = (running.json("/models", sort=each)["items"] for each in (sort, f"-{sort}"))
        assert len(up) == len(down) == running.json("/models")["total"]
    assert [m["service"] for m in running.json("/models", sort="-service")["items"]] == sorted(
        (m["service"] for m in running.json("/models")["items"]), reverse=True
    )


def test_what_wants_a_look_comes_first(running: Running) -> None:
    """A model that calls its pair anomalous all the time, before one that learns, before a sound one."""

    def by_state() -> list[tuple[str, bool]]:
        return [(m["state"], m["alarming"]) for m in running.json("/models", sort="state")["items"]]

    first = [("ready", True), ("ready", True), ("warming_up", False), ("ready", False)]
    wait_until(lambda: by_state() == first, f"{first}: two pairs are in a fault")


def test_samples_are_those_of_the_model_or_those_on_the_way_to_it(running: Running) -> None:
    items = running.json("/models", sort="samples")["items"]
    assert [m["have"] for m in items] == sorted(m["have"] for m in items)
    assert {m["have"] == m["samples"] for m in items if m["state"] == "ready"} == {True}
    (learning,) = (m for m in items if m["state"] == "warming_up")
    assert (learning["samples"], 0 < learning["have"] < learning["need"]) == (None, True)


def test_a_list_of_models_that_cannot_be_is_refused(running: Running) -> None:
    for wrong in ({"limit": 0}, {"offset": -1}, {"sort": "colour"}, {"state": "sad"}, {"q": "x" * 201}):
        answer = running.get("/models", **wrong)
        assert answer.status_code == 422
        assert next(iter(wrong)) in answer.json()["detail"]
