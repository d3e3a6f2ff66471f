"""Backtests and sensitivity over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from backend.clock import from_rfc3339
from backend.tests.api.conftest import HEALTHY, SICK, Running
from backend.tests.real import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def done(running: Running) -> dict[str, Any]:
    """A backtest of the last minutes of SICK, to its end."""
    body = {"service": SICK, "metric": "lat", "start": "10m", "sensitivity": 0.99}
    answer = running.post("/backtests", json=body)
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]
    assert place == f"/backtests/{answer.json()['id']}"
    wait_until(lambda: running.json(place)["state"] != "running", "the backtest ends")
    found: dict[str, Any] = running.json(place)
    return found


def test_a_backtest_from_its_request_to_its_chart(running: Running, done: dict[str, Any]) -> None:
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1), done["detail"]
    assert done["asked"]["sensitivity"] == {"lat": 0.99}
    assert done["present"]["policy"] == "threshold_and_model"
    page = running.json(f"/backtests/{done['id']}/pairs")
    assert (page["total"], page["next_offset"]) == (1, None)
    (pair,) = page["items"]
    assert (pair["service"], pair["unit"], pair["asked"]["incidents"]) == (SICK, "milliseconds", 0)
    assert done["totals"]["vanishes"] == pair["present"]["incidents"] == 1
    (real,) = pair["real"]
    assert (real["id"], real["found"], real["found_asked"]) == (running.incident()["id"], True, False)
    (would,) = pair["incidents"]
    assert from_rfc3339(would["start"]) == pytest.approx(from_rfc3339(real["event_ts"]), abs=2)
    chart = running.json(f"/backtests/{done['id']}/series", service=SICK, metric="lat")
    assert chart["total"] == pair["readings"] == len(chart["points"])
    assert (chart["high"], chart["asked_threshold"]) == (1000, 0.99)
    assert running.json("/backtests")["items"][0]["id"] == done["id"]


def test_one_that_has_ended_is_not_changed_by_a_cancel(running: Running, done: dict[str, Any]) -> None:
    assert running.post(f"/backtests/{done['id']}/cancel").json()["state"] == "done"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"start": "soon"}, 422, "start: found 'soon'; allowed: a time from 1970 on"),
        ({"start": "2040-01-01T00:00:00Z"}, 422, "lies after the end"),
        ({"start": "1h", "end": "2h"}, 422, "lies after the end"),
        ({"start": "1h", "end": "2040-01-01T00:00:00Z"}, 422, "allowed: up to now"),
        ({"start": "1h", "metric": "speed"}, 422, "there are: lat"),
        ({"start": "1h", "sensitivity": "loud"}, 422, "low, medium, high"),
        ({"start": "1h", "speed": 1}, 422, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_said(running: Running, body: dict[str, Any], status: int, said: str) -> None:
    answer = running.post("/backtests", json=body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_a_range_without_the_service_fails_and_has_no_results(running: Running) -> None:
    begun = running.post("/backtests", json={"start": "1m", "service": "nobody"}).json()
    wait_until(lambda: running.json(f"/backtests/{begun['id']}")["state"] != "running", "it ends")
    assert "for the service 'nobody'" in running.json(f"/backtests/{begun['id']}")["detail"]
    answer = running.get(f"/backtests/{begun['id']}/pairs")
    assert (answer.status_code, "no results: failed" in answer.json()["detail"]) == (409, True)


def test_unknown_ones_are_not_found(running: Running, done: dict[str, Any]) -> None:
    for path in ("/backtests/x", "/backtests/x/pairs", "/backtests/x/series?service=a&metric=lat"):
        assert running.get(path).status_code == 404
    assert running.post("/backtests/x/cancel").status_code == 404
    other = running.get(f"/backtests/{done['id']}/series", service=HEALTHY, metric="lat")
    assert other.status_code == 404


def test_a_sensitivity_is_previewed_saved_and_taken_back(running: Running) -> None:
    before = running.json("/sensitivity")["items"][0]
    assert (before["metric"], before["source"], before["threshold"]) == ("lat", "configuration", 0.625)
    preview = running.post("/sensitivity/preview", json={"metric": "lat", "sensitivity": 0.99, "days": 1})
    assert preview.status_code == 200, preview.text
    assert preview.json()["asked"]["incidents"] == 0
    assert running.json("/sensitivity")["items"][0] == before, "a preview changes nothing"
    saved = running.request("PUT", "/sensitivity/lat", json={"sensitivity": "low", "by": "ada"}).json()
    assert (saved["items"][0]["sensitivity"], saved["items"][0]["source"]) == ("low", "operator")
    assert (saved["history"][0]["by"], saved["history"][0]["sensitivity"]) == ("ada", "low")
    back = running.request("DELETE", "/sensitivity/lat").json()
    assert back["items"][0] == before
    assert back["history"][0]["sensitivity"] is None


def test_a_sensitivity_that_cannot_be_is_refused(running: Running) -> None:
    assert running.request("PUT", "/sensitivity/speed", json={"sensitivity": "low"}).status_code == 404
    for bad in ("loud", 0, 1, 1.5, None, True):
        answer = running.request("PUT", "/sensitivity/lat", json={"sensitivity": bad})
        assert answer.status_code == 422, bad
    answer = running.post("/sensitivity/preview", json={"metric": "lat", "sensitivity": "low", "days": 0})
    assert answer.status_code == 422
