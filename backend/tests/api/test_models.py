"""Models over HTTP: how they stand, a retrain by force, and the way back."""

from __future__ import annotations

from backend.tests.api.conftest import HEALTHY, Running


def model(running: Running) -> dict[str, object]:
    (found,) = [m for m in running.json("/models")["items"] if m["service"] == HEALTHY]
    return dict(found)


def test_a_model_says_how_it_stands(running: Running) -> None:
    found = model(running)
    assert found["detector"] == "view_forest"
    assert isinstance(found["learned"], int)
    assert found["learned"] > 100
    assert (found["held"], found["candidate"]) == (False, "")


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
    running.post("/retrain", service=HEALTHY, wait="true")
    assert model(running)["held"] is False


def test_a_rollback_of_what_is_not_there_is_refused(running: Running) -> None:
    assert running.post("/models/rollback", service="nobody").status_code == 404
    answer = running.post("/models/rollback", metric="wait")
    assert answer.status_code in (404, 409)
    assert answer.json()["detail"]
