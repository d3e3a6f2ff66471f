"""Ranges of time over HTTP: history, what changed, every way to read the logs; bad input is told apart."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backend.clock import from_rfc3339, to_rfc3339
from backend.tests.api.conftest import HEALTHY, ODD, SICK, Running
from backend.tests.real import wait_until
from backend.tests.system.shop import CRITICAL

pytestmark = pytest.mark.real

TIMEOUT = "timeout: no connection from the pool"


def ago(seconds: float) -> str:
    return to_rfc3339(time.time() - seconds)


def with_lines(running: Running) -> dict[str, Any]:
    """The page of lines, once the log file was read."""
    wait_until(lambda: running.json("/logs/lines", service=SICK)["total"] > 0, "the line is stored")
    found: dict[str, Any] = running.json("/logs/lines", service=SICK)
    return found


def test_history_tells_the_unusual_spans_and_the_query(running: Running) -> None:
    past = running.json("/metrics/history", service=SICK, metric="lat")
    assert past["direction"] == "above"
    assert past["query"]
    assert past["gaps"] == []
    (span,) = past["unusual"]
    bad = [point["timestamp"] for point in past["points"] if point["prediction"] == "Anomaly"]
    assert (span["start"], span["end"]) == (bad[0], bad[-1])
    thinned = running.json("/metrics/history", service=SICK, metric="lat", points=10)
    assert len(thinned["points"]) <= 10
    assert thinned["unusual"][0]["start"] == span["start"], "thinning out must not hide what was unusual"


def test_what_changed_names_the_metric_the_log_and_the_incident(running: Running) -> None:
    with_lines(running)
    event = from_rfc3339(running.incident()["event_ts"])
    changes = running.json("/changes", service=SICK, start=to_rfc3339(event - 60), end=ago(0))
    (lat,) = changes["metrics"]
    assert (lat["metric"], lat["direction"], lat["notable"]) == ("lat", "up", True)
    assert lat["extreme"] == 2.0 * CRITICAL
    assert lat["usual"] < CRITICAL
    assert lat["score"] == pytest.approx((lat["extreme"] - lat["usual"]) / lat["spread"])
    assert from_rfc3339(lat["extreme_at"]) >= event - 60
    assert from_rfc3339(changes["compared_with"]["end"]) == from_rfc3339(changes["range"]["start"])
    assert ODD in {each["service"] for each in changes["others"]}, "the other sick service moved, too"
    assert HEALTHY not in {each["service"] for each in changes["others"]}
    assert changes["others_compared"] >= 2
    assert SICK in {each["service"] for each in changes["incidents"]}
    assert [each["template"] for each in changes["templates"]] == [TIMEOUT]


def test_nothing_changed_for_a_healthy_service(running: Running) -> None:
    changes = running.json("/changes", service=HEALTHY, start=ago(60), end=ago(0))
    assert [each["notable"] for each in changes["metrics"]] == [False]
    assert changes["templates"] == []


def test_lines_are_paged_counted_grouped_shown_in_context_and_exported(running: Running) -> None:
    page = with_lines(running)
    (line,) = page["lines"]
    assert (line["message"], line["level"], line["service"], line["cut"]) == (TIMEOUT, "ERROR", SICK, False)
    assert (page["total"], page["older"]) == (1, None)
    context = running.json(f"/logs/lines/{line['id']}")
    assert context["line"] == line
    assert context["lines"] == [line]
    counts = running.json("/logs/histogram", service=SICK)
    assert (counts["total"], sum(counts["levels"]["ERROR"])) == (1, 1)
    groups = running.json("/logs/templates", service=SICK)
    (group,) = groups["items"]
    assert (group["template"], group["count"], group["new"], group["example"]) == (
        TIMEOUT,
        1,
        True,
        line["id"],
    )
    assert running.json("/logs/lines", service=SICK, template="another")["total"] == 0
    assert running.json("/logs/lines", service=[SICK, HEALTHY], q="POOL")["total"] == 1
    assert running.json("/logs/lines", service=SICK, level="INFO")["total"] == 0
    text = running.get("/logs/export", service=SICK)
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text == f"{line['timestamp']} ERROR {SICK} {TIMEOUT}\n"
    sources = running.json("/logs/sources", service=SICK)
    assert SICK in sources["services"]
    assert [source["state"] for source in sources["sources"]] == ["reading"]
    tail = running.json("/logs/tail", service=SICK)
    assert (tail["lines"], tail["dropped"]) == ([], 0)
    assert running.json("/logs/tail", service=SICK, after=0)["lines"] == [line]


def test_a_source_that_is_missing_is_said(running: Running) -> None:
    (source,) = running.json("/logs/sources", service=HEALTHY)["sources"]
    assert source["state"] == "missing"
    assert source["detail"]


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/changes", {"start": ago(0), "end": ago(60)}, 422, "swap"),
        ("/changes", {"start": ago(60), "end": ago(60)}, 422, "swap"),
        ("/changes", {"start": ago(30 * 86400), "end": ago(0)}, 422, "allowed: up to 7"),
        ("/changes", {"start": ago(-600), "end": ago(-900)}, 422, "future"),
        ("/changes", {"start": "yesterday", "end": ago(0)}, 422, "start: found 'yesterday'"),
        ("/changes", {"service": "nobody", "start": ago(60), "end": ago(0)}, 404, "nobody"),
        ("/logs/lines", {"start": ago(0), "end": ago(60)}, 422, "swap"),
        ("/logs/lines", {"start": ago(-600), "end": ago(-900)}, 422, "future"),
        ("/logs/lines", {"service": "nobody"}, 404, "nobody"),
        ("/logs/lines", {"cursor": "elsewhere"}, 422, "cursor"),
        ("/logs/lines", {"level": "LOUD"}, 422, "level"),
        ("/logs/lines/4711", {}, 404, "4711"),
        ("/logs/tail", {"service": "nobody"}, 404, "nobody"),
        ("/logs/templates", {"end": "soon"}, 422, "end"),
        ("/metrics/history", {"metric": "lat", "start": ago(0), "end": ago(60)}, 422, "swap"),
    ],
)
def test_bad_input_is_refused_with_what_is_allowed(
    running: Running, path: str, query: dict[str, str], status: int, words: str
) -> None:
    answer = running.get(path, **({"service": SICK} | query))
    assert answer.status_code == status
    assert words in answer.json()["detail"]
