"""Acts on many incidents, undo, time ranges and exports, as a client meets them."""

from __future__ import annotations

import pytest

from backend.tests.api.conftest import ODD, SICK, Running

pytestmark = pytest.mark.real


def test_many_are_acted_on_at_once_and_taken_back(running: Running) -> None:
    both = running.json("/incidents/ids", service=[SICK, ODD], sort="service")
    assert both["total"] == len(both["ids"]) == 2
    sick = running.incident()["id"]
    running.post(f"/incidents/{sick}/acknowledge")
    answer = running.post("/incidents/bulk", {"action": "acknowledge", "ids": [*both["ids"], 10**6]}).json()
    (odd,) = answer["changed"]
    assert {refusal["id"]: refusal["detail"] for refusal in answer["refused"]} == {
        sick: f"Incident #{sick} is acknowledged, so it cannot be acknowledged; it can be resolved.",
        10**6: "There is no incident #1000000.",
    }
    resolve = {"action": "resolve", "ids": [odd], "reason": "noise", "comment": "a test"}
    assert running.post("/incidents/bulk", resolve).json() == {"changed": [odd], "refused": []}
    counts = running.json("/incidents", status="ACKNOWLEDGED")["counts"]
    assert counts["status"] == {"ACKNOWLEDGED": 1, "RESOLVED": 1}
    assert running.json(f"/incidents/{odd}")["feedback"] == "noise"
    assert running.post("/incidents/bulk", {"action": "undo", "ids": [odd]}).json()["changed"] == [odd]
    assert running.json(f"/incidents/{odd}")["status"] == "ACKNOWLEDGED"
    for incident_id in (odd, sick):
        assert running.post(f"/incidents/{incident_id}/undo").json()["status"] == "OPEN"
        assert running.post(f"/incidents/{incident_id}/undo").status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"action": "resolve", "ids": []},
        {"action": "acknowledge", "ids": [1], "reason": "noise"},
        {"action": "undo", "ids": [1], "comment": "why"},
        {"action": "delete", "ids": [1]},
        {"action": "resolve", "ids": [0]},
        {"action": "resolve", "ids": [1] * 10_001},
    ],
)
def test_an_act_that_cannot_be_is_refused_whole(running: Running, body: dict[str, object]) -> None:
    assert running.post("/incidents/bulk", body).status_code == 422


def test_a_time_range_is_read(running: Running) -> None:
    event = running.incident()["event_ts"]
    assert running.json("/incidents", service=SICK, start=event, end=event)["total"] == 1
    assert running.json("/incidents", end="2001-01-01T00:00:00Z")["total"] == 0
    for wrong in ({"start": "yesterday"}, {"start": event, "end": "2001-01-01T00:00:00Z"}):
        assert running.get("/incidents", **wrong).status_code == 422


def test_an_incident_is_exported_the_same_each_time(running: Running) -> None:
    found = running.json("/incidents", service=ODD)["items"][0]
    path = f"/incidents/{found['id']}/export"
    answer = running.get(path, format="md")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.headers["content-disposition"] == f'attachment; filename="incident-{found["id"]}.md"'
    page = answer.content.decode()
    assert page.startswith(f"# Incident #{found['id']}: ")
    assert '- Service: a/b\\\\c"d\\{e\\}\\\\nzürich 店\n' in page
    whole = running.get(path, format="json").json()
    assert whole["service"] == ODD
    assert set(whole) == set(running.json(f"/incidents/{found['id']}"))
    assert running.get(path, format="pdf").status_code == 422
    assert running.get("/incidents/999999/export").status_code == 404
