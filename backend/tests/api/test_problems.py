"""Every error is application/problem+json, with a detail that names what was wrong."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from fastapi import FastAPI

from backend.api import errors
from backend.tests.api.conftest import SICK, Running, served

pytestmark = pytest.mark.real

T = "2026-01-31T09:30:00Z"


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize(
    ("method", "path", "params", "status", "words"),
    [
        ("GET", "/nowhere", {}, 404, "/nowhere"),
        ("GET", "/incidents/none", {}, 422, "incident_id"),
        ("GET", "/incidents/0", {}, 422, "incident_id"),
        ("GET", "/incidents/999999", {}, 404, "#999999"),
        ("POST", "/incidents/999999/resolve", {}, 404, "#999999"),
        ("DELETE", "/incidents/1", {}, 405, "GET"),
        ("PUT", "/services", {}, 405, "GET"),
        ("GET", "/metrics", {"service": "nobody"}, 404, "'nobody'"),
        ("GET", "/metrics", {"service": ""}, 404, "''"),
        ("GET", "/metrics/history", {"service": "nobody", "metric": "lat"}, 404, "'nobody'"),
        ("GET", "/metrics/history", {"service": SICK, "metric": "../x"}, 404, "'../x'"),
        ("GET", "/metrics/history", {"service": SICK}, 422, "metric"),
        ("GET", "/metrics/history", {"service": SICK, "metric": "lat", "start": "noon"}, 422, "start"),
        (
            "GET",
            "/metrics/history",
            {"service": SICK, "metric": "lat", "start": T, "end": "2025-01-01T00:00:00Z"},
            422,
            "start",
        ),
        ("GET", "/metrics/history", {"service": SICK, "metric": "lat", "points": 5}, 422, "points"),
        ("GET", "/logs", {"service": "nobody", "event_ts": T}, 404, "'nobody'"),
        ("GET", "/logs", {"service": SICK}, 422, "event_ts"),
        ("GET", "/logs", {"service": SICK, "event_ts": "yesterday"}, 422, "'yesterday'"),
        ("GET", "/logs", {"service": SICK, "event_ts": "2026-01-31T09:30:00"}, 422, "offset"),
        ("GET", "/logs", {"service": SICK, "event_ts": "2999-01-31T09:30:00Z"}, 422, "future"),
        ("GET", "/logs", {"service": SICK, "event_ts": "1767225600"}, 422, "RFC 3339"),
        ("GET", "/logs", {"service": SICK, "event_ts": "1900-01-01T00:00:00Z"}, 422, "1970"),
        ("GET", "/logs", {"service": SICK, "event_ts": T, "before": "60"}, 422, "before"),
        ("GET", "/logs", {"service": SICK, "event_ts": T, "after": "9" * 400 + "y"}, 422, "after"),
        ("GET", "/logs", {"service": SICK, "event_ts": T, "before": "25h"}, 422, "before: found '25h'"),
        ("GET", "/logs", {"service": SICK, "event_ts": T, "after": "2d"}, 422, "at most 1 d"),
        ("GET", "/logs", {"service": SICK, "event_ts": "2026-W04-6T09:30:00Z"}, 422, "RFC 3339"),
        ("GET", "/logs", {"service": SICK, "event_ts": "20260131T093000Z"}, 422, "RFC 3339"),
        ("GET", "/logs", {"service": SICK, "event_ts": T, "level": "LOUD"}, 422, "level"),
        ("GET", "/incidents", {"sort": "colour"}, 422, "sort"),
        ("GET", "/incidents", {"status": "open"}, 422, "status"),
        ("GET", "/incidents", {"limit": 0}, 422, "limit"),
        ("GET", "/incidents", {"cursor": "%%%"}, 422, "cursor"),
        ("POST", "/retrain", {"service": "nobody"}, 404, "'nobody'"),
        ("POST", "/retrain", {"metric": "nothing"}, 404, "'nothing'"),
        ("GET", "/retrain/none", {}, 404, "'none'"),
    ],
)
def test_a_bad_request(
    running: Running, prefix: str, method: str, path: str, params: dict[str, Any], status: int, words: str
) -> None:
    answer = running.request(method, f"{prefix}{path}", params=params)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert words in problem["detail"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("action", "body", "words"),
    [
        ("resolve", {"reason": "because"}, "reason"),
        ("resolve", {"colour": "red"}, "colour"),
        ("acknowledge", {"comment": 7}, "comment"),
        ("comments", {}, "text"),
        ("comments", {"text": ""}, "text"),
        ("comments", {"text": "   "}, "text"),
        ("comments", {"text": "x" * 10_001}, "text"),
        ("feedback", {"answer": "perhaps"}, "answer"),
        ("feedback", None, "body"),
    ],
)
def test_a_bad_body_changes_nothing(running: Running, action: str, body: object, words: str) -> None:
    path = f"/incidents/{running.incident()['id']}"
    before = running.json(path)
    answer = running.post(f"{path}/{action}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    after = running.json(path)
    assert (after["status"], after["timeline"]) == (before["status"], before["timeline"])


def test_a_body_that_is_no_json(running: Running) -> None:
    path = f"/incidents/{running.incident()['id']}/comments"
    answer = running.request("POST", path, data=b"{text", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_mistake_of_ours_claims_nothing_that_is_not_known() -> None:
    app = FastAPI()
    errors.install(app)

    @app.post("/half-done")
    def half_done() -> None:
        raise ZeroDivisionError

    with served(app) as url:
        answer = requests.post(f"{url}/half-done", timeout=30)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "is not known" in answer.json()["detail"]
    assert "Nothing was changed" not in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_a_page_of_another_site_changes_nothing(running: Running, prefix: str, site: str) -> None:
    path = f"/incidents/{running.incident()['id']}"
    before = running.json(path)["timeline"]
    headers = {"Sec-Fetch-Site": site}
    answer = running.request(
        "POST", f"{prefix}{path}/comments", json={"text": "from elsewhere"}, headers=headers
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "another site" in answer.json()["detail"]
    assert running.request("POST", f"{prefix}/retrain", headers=headers).status_code == 403
    assert running.json(path)["timeline"] == before
    assert running.request("GET", f"{prefix}{path}", headers=headers).status_code == 200, "a link may look"


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_page_may_change(running: Running, site: str) -> None:
    path = f"/incidents/{running.incident()['id']}/comments"
    answer = running.request("POST", path, json={"text": "from here"}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 200
