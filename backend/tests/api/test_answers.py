"""Every call answers what it promises, at the root and under /api/v1."""

from __future__ import annotations

import fcntl
import time
from typing import Any

import pytest

from backend.clock import from_rfc3339, to_rfc3339
from backend.metrics.cards import Artefact, ArtefactKind, Marker
from backend.tests.api.conftest import HEALTHY, ODD, SICK, YOUNG, Running, is_time
from backend.tests.real import wait_until
from backend.tests.system.shop import CRITICAL, HIGH

pytestmark = pytest.mark.real

INCIDENT_KEYS = {
    *("id", "service", "metric", "severity", "status", "title", "reason", "opened_at", "event_ts"),
    *("updated_at", "resolved_at", "fingerprint", "readings", "logs", "timeline"),
}


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_services_are_a_bare_sorted_array(running: Running, prefix: str) -> None:
    assert running.json(f"{prefix}/services") == sorted([HEALTHY, SICK, ODD, YOUNG])


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_the_metrics_of_a_service(running: Running, prefix: str) -> None:
    answer = running.json(f"{prefix}/metrics", service=SICK)
    assert set(answer) == {"service", "timestamp", "metrics"}
    assert answer["service"] == SICK
    assert is_time(answer["timestamp"])
    lat = answer["metrics"]["lat"]
    assert lat["value"] == 2.0 * CRITICAL
    assert (lat["unit"], lat["severity"], lat["prediction"], lat["state"]) == (
        "milliseconds",
        "Critical",
        "Anomaly",
        "scored",
    )
    assert 0 < lat["score"] <= 1
    # Its past held fixed, a fall to what was healthy is a change too: as the fault lasts nothing is expected.
    healthy = running.json(f"{prefix}/metrics", service=HEALTHY)["metrics"]["lat"]
    assert 0 <= healthy["expected"]["low"] < healthy["expected"]["high"] < HIGH
    assert lat["expected"] is None or 0 <= lat["expected"]["low"] < lat["expected"]["high"] < HIGH
    assert lat["reasons"]
    assert is_time(lat["event_ts"])
    card = lat["card"]
    assert (card["observed"], card["unit"], card["side"]) == (2.0 * CRITICAL, "milliseconds", "above")
    assert (card["low"], card["high"]) == (lat["expected"]["low"], lat["expected"]["high"])
    assert is_time(card["since"])
    assert card["shares"], "some view has moved"
    assert all(share["words"] in lat["reasons"] for share in card["shares"])


def test_a_normal_reading_has_no_card(running: Running) -> None:
    def is_normal() -> bool:
        lat = running.json("/metrics", service=HEALTHY)["metrics"]["lat"]
        normal: bool = lat["prediction"] == "Normal"
        assert (lat["card"] is None, lat["artefact"]) == (normal, None)
        return normal

    wait_until(is_normal, "one of its noise in a hundred may be anomalous, and the next one is not")


def test_an_incident_keeps_the_card_that_it_opened_with(running: Running) -> None:
    card = running.json(f"/incidents/{running.incident()['id']}")["card"]
    assert (card["observed"], card["side"], card["nearest"]) == (2.0 * CRITICAL, "above", None)
    assert card["low"] < 40 < card["high"] < HIGH, "when it opened all that came before was healthy"
    assert is_time(card["since"])


def test_what_happened_to_services_is_told_by_service_and_time(running: Running) -> None:
    restart = Artefact(ArtefactKind.RESTART, time.time() - 60, "it restarted", time.time() + 60)
    running.app.state.parts.incidents.add_markers([Marker(SICK, restart), Marker(ODD, restart)])
    answer = running.json("/annotations", service=SICK)
    (item,) = [one for one in answer["items"] if one["kind"] == "restart"]
    assert (item["service"], item["words"]) == (SICK, "it restarted")
    assert is_time(item["since"])
    assert is_time(item["settles_at"])
    assert not answer["truncated"]
    assert {one["service"] for one in running.json("/annotations")["items"]} >= {SICK, ODD}
    assert running.json("/annotations", service="nobody")["items"] == []
    assert running.json("/annotations", service=SICK, end=answer["start"])["items"] == []
    assert running.get("/annotations", start="yesterday").status_code == 422


def test_a_pair_without_a_model_is_unknown_and_says_how_far_it_is(running: Running) -> None:
    lat = running.json("/metrics", service=YOUNG)["metrics"]["lat"]
    assert (lat["state"], lat["prediction"], lat["score"], lat["expected"]) == (
        "no_model",
        "Unknown",
        None,
        None,
    )
    assert lat["value"] is not None
    (model,) = [m for m in running.json("/models")["items"] if m["service"] == YOUNG]
    assert model["state"] == "warming_up"
    assert 0 < model["have"] < model["need"] == 100
    assert is_time(model["eta"])
    warming_up = running.json("/overview")["warming_up"]
    assert warming_up["pairs"] == 1
    assert warming_up["need"] == 100


def test_models_lists_the_pairs_that_have_a_series(running: Running) -> None:
    items = {model["service"]: model for model in running.json("/models")["items"]}
    assert set(items) == {HEALTHY, SICK, ODD, YOUNG}
    ready = items[SICK]
    assert (ready["metric"], ready["state"], ready["window"]) == ("lat", "ready", 600.0)
    assert ready["samples"] >= 100
    assert ready["version"]
    assert is_time(ready["trained_at"])


def test_the_overview_puts_the_worst_first(running: Running) -> None:
    overview = running.json("/overview")
    order = [row["service"] for row in overview["services"]]
    assert set(order[:2]) == {SICK, ODD}
    assert overview["severities"]["Critical"] == 2
    assert overview["open_incidents"] == 2
    assert overview["blind"] == 0
    assert overview["services"][0]["metrics"]["lat"]["recent"][-1] == 2.0 * CRITICAL


def test_history_holds_what_was_read_and_keeps_the_peaks_when_thinned(running: Running) -> None:
    whole = running.json("/metrics/history", service=SICK, metric="lat")
    assert not whole["downsampled"]
    assert whole["total"] == len(whole["points"]) > 100
    times = [from_rfc3339(point["timestamp"]) for point in whole["points"]]
    assert times == sorted(set(times))
    last = whole["points"][-1]
    assert (last["prediction"], last["severity"]) == ("Anomaly", "Critical")
    assert whole["points"][0]["prediction"] == "Unknown", "nobody judged what was backfilled"
    thinned = running.json("/metrics/history", service=SICK, metric="lat", points=10, end=last["timestamp"])
    assert thinned["downsampled"]
    assert len(thinned["points"]) <= 10
    assert max(p["value"] for p in thinned["points"]) == 2.0 * CRITICAL
    start, end = whole["points"][3]["timestamp"], whole["points"][7]["timestamp"]
    some = running.json("/metrics/history", service=SICK, metric="lat", start=start, end=end)
    assert [p["timestamp"] for p in some["points"]] == [p["timestamp"] for p in whole["points"][3:8]]


def test_logs_around_an_event_mark_what_explains_it(running: Running) -> None:
    event_ts = running.incident()["event_ts"]
    wait_until(lambda: bool(running.json("/logs", service=SICK, event_ts=event_ts)["lines"]), "lines")
    answer = running.json("/logs", service=SICK, event_ts=event_ts)
    (line,) = answer["lines"]
    assert (line["message"], line["level"], line["explains"]) == (
        "timeout: no connection from the pool",
        "ERROR",
        True,
    )
    assert line["reason"]
    moment = from_rfc3339(event_ts)
    assert (answer["start"], answer["end"]) == (to_rfc3339(moment - 60), to_rfc3339(moment + 30))
    for filters in ({"level": "INFO"}, {"q": "no such words"}):
        assert running.json("/logs", service=SICK, event_ts=event_ts, **filters)["lines"] == []
    narrow = running.json("/logs", service=SICK, event_ts=event_ts, before="2m", after="1s")
    assert narrow["start"] == to_rfc3339(moment - 120)


def test_an_incident_has_all_that_was_promised(running: Running) -> None:
    summary = running.incident()
    detail = running.json(f"/incidents/{summary['id']}")
    assert set(detail) >= INCIDENT_KEYS
    assert (detail["service"], detail["metric"], detail["severity"]) == (SICK, "lat", "Critical")
    assert all(is_time(detail[key]) for key in ("opened_at", "event_ts", "updated_at"))
    assert detail["readings"][0]["value"] == 2.0 * CRITICAL
    assert detail["timeline"][0]["kind"] == "opened"
    assert [line["message"] for line in detail["logs"]] == ["timeout: no connection from the pool"]


def test_the_list_is_filtered_sorted_and_paged_by_the_server(running: Running) -> None:
    assert set(running.json("/incidents")) == {"items", "total", "next_cursor", "counts"}
    assert [i["service"] for i in running.json("/incidents", service=ODD)["items"]] == [ODD]
    assert running.json("/incidents", service=[SICK, ODD])["total"] == 2
    for nothing in ({"severity": "High"}, {"metric": "cpu"}, {"status": "RESOLVED"}, {"q": "nowhere"}):
        answer = running.json("/incidents", **nothing)
        assert (answer["items"], answer["total"], answer["next_cursor"]) == ([], 0, None)
    first = running.json("/incidents", limit=1, sort="service")
    assert (len(first["items"]), first["total"]) == (1, 2)
    second = running.json("/incidents", limit=1, sort="service", cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    assert [first["items"][0]["service"], second["items"][0]["service"]] == sorted([SICK, ODD])


def test_the_life_of_an_incident(running: Running) -> None:
    path = f"/incidents/{running.incident()['id']}"
    before = len(running.json(path)["timeline"])
    assert _post(running, f"{path}/acknowledge", comment="looking")["status"] == "ACKNOWLEDGED"
    assert running.post(f"{path}/acknowledge").status_code == 409
    assert _post(running, f"{path}/comments", text="the pool is empty")["timeline"][-1]["text"] == (
        "the pool is empty"
    )
    assert _post(running, f"{path}/feedback", answer="yes")["feedback"] == "yes"
    resolved = _post(running, f"/api/v1{path}/resolve", reason="real", comment="pool enlarged")
    assert (resolved["status"], resolved["resolve_reason"]) == ("RESOLVED", "real")
    assert is_time(resolved["resolved_at"])
    for illegal in ("acknowledge", "resolve"):
        refused = running.post(f"{path}/{illegal}")
        assert refused.status_code == 409
        assert "is resolved" in refused.json()["detail"]
    reopened = _post(running, f"{path}/reopen")
    assert (reopened["status"], reopened["resolved_at"]) == ("OPEN", None)
    kinds = [entry["kind"] for entry in running.json(path)["timeline"][before:]]
    assert [kind for kind in kinds if kind not in ("opened", "logs", "attached")] == [
        *("acknowledged", "comment", "feedback", "resolved", "reopened")
    ]


def test_a_service_that_a_client_made_up_does_not_cost_a_look_through_all_datasets(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> None:
        raise AssertionError("all datasets are looked through")

    monkeypatch.setattr(running.app.state.parts.history, "keys", look)
    assert running.get("/metrics/history", service="made-up", metric="lat").status_code == 404


def test_history_waits_for_no_writer(running: Running) -> None:
    """Any name may be asked for: it must cost the store nothing that a poll waits for."""
    with (running.app.state.parts.settings.storage.datasets / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert running.get("/metrics/history", service="made-up", metric="lat").status_code == 404
        assert running.json("/metrics/history", service=SICK, metric="lat")["points"]


def _post(running: Running, path: str, **body: Any) -> dict[str, Any]:
    answer = running.post(path, json=body or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_overview_comes_by_page_and_counts_all(running: Running) -> None:
    whole = running.json("/overview")
    page = running.json("/overview", limit=1, offset=1)
    assert len(page["services"]) == 1
    assert sum(page["severities"].values()) + page["blind"] == len(whole["services"])
    assert running.json("/overview", limit=5, offset=100)["services"] == []
    assert running.get("/overview", limit=0).status_code == 422


def test_an_incidents_change_shows_in_the_overview_before_the_next_poll(running: Running) -> None:
    incident = running.incident()
    before = running.json("/overview")["open_incidents"]
    assert running.post(f"/incidents/{incident['id']}/resolve", json={"reason": "real"}).status_code == 200
    try:
        assert running.json("/overview")["open_incidents"] == before - 1
    finally:
        assert running.post(f"/incidents/{incident['id']}/reopen").status_code == 200
    assert running.json("/overview")["open_incidents"] == before
