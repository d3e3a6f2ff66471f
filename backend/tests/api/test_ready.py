"""What is made once a poll says what the schemas say, byte for byte, and is dropped when it says no more."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from backend.api import scores_text
from backend.api.answers import Answers
from backend.api.ready import Ready
from backend.api.schemas.readings import (
    MetricReading,
    Overview,
    OverviewMetric,
    OverviewService,
    ServiceMetrics,
    WarmingUp,
)
from backend.jobs.live import CycleReport, Live, worst
from backend.metrics.cards import Artefact, ArtefactKind, PastIncident, ReasonCard, Share
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import ExpectedRange, Reading, SeriesKey, Severity, State, Verdict
from backend.tests.api.asgi import ask

CATALOGUE = {
    "lat": MetricSpec("lat", "p99 latency", "milliseconds", "q", 1000, 3000, "above"),
    "free": MetricSpec("free", 'Free "space" é', "percent", "q", None, 5.5, "below"),
}
AT = 1_767_225_600.0

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
times = st.floats(0, 4e9)
numbers = st.floats()
"""NaN and the infinities too: no reading has them, and if one had, no answer would."""

shares = st.builds(
    Share, st.sampled_from(["level", "change"]), names, st.floats(0, 1), st.just("above"), names
)
pasts = st.builds(PastIncident, st.integers(1, 2**63 - 1), names, names, names, times, times, names)
cards = st.builds(
    ReasonCard,
    numbers,
    names,
    *[st.none() | numbers] * 4,
    st.sampled_from(["above", "below", "unsteady"]),
    times,
    st.lists(shares, max_size=2).map(tuple),
    st.none() | pasts,
)
artefacts = st.builds(Artefact, st.sampled_from(ArtefactKind), times, names, st.none() | times)


def readings(key: SeriesKey) -> st.SearchStrategy[Reading]:
    return st.builds(
        Reading,
        key=st.just(key),
        timestamp=times,
        value=st.none() | numbers,
        state=st.sampled_from(State),
        severity=st.sampled_from(Severity),
        verdict=st.sampled_from(Verdict),
        score=st.none() | st.floats(0, 1),
        expected=st.none() | st.builds(ExpectedRange, numbers, numbers),
        reasons=st.lists(names, max_size=2).map(tuple),
        card=st.none() | cards,
        artefact=st.none() | artefacts,
    )


@st.composite
def reports(draw: st.DrawFn) -> CycleReport:
    services = tuple(sorted(draw(st.sets(names, min_size=1, max_size=3))))
    found = {}
    for service in services:
        for metric in draw(st.sets(st.sampled_from(sorted(CATALOGUE)))):
            key = SeriesKey(service, metric)
            found[key] = draw(readings(key))
    recent = {key: draw(st.lists(st.none() | numbers, max_size=3)) for key in found}
    return CycleReport(AT, services, found, recent)


def told(report: CycleReport) -> Answers:
    live = Live()
    live.report = report
    return Answers(live, CATALOGUE, 15.0, no_one_waits)


def no_one_waits(pairs: object, report: object) -> WarmingUp | None:
    return None


def fields(spec: MetricSpec, reading: Reading | None) -> dict[str, Any]:
    """What the schema's fields are, one by one, as it was written before there was a quicker way."""
    known = {name: getattr(spec, name) for name in ("title", "unit", "high", "critical", "direction")}
    if reading is None:
        gone = dict.fromkeys(("value", "score", "expected", "card", "artefact", "event_ts"))
        reasons = ["no series: the metric's query has no answer for this service"]
        return (
            known
            | gone
            | {"severity": "Normal", "prediction": "Unknown", "state": "stale", "reasons": reasons}
        )
    same = ("value", "severity", "score", "state", "expected", "card", "artefact")
    return (
        known
        | {name: getattr(reading, name) for name in same}
        | {
            "prediction": reading.verdict,
            "reasons": list(reading.reasons),
            "event_ts": reading.timestamp,
        }
    )


def of_schema(report: CycleReport, service: str) -> ServiceMetrics:
    found = report.by_service[service]
    metrics = {name: MetricReading(**fields(spec, found.get(name))) for name, spec in CATALOGUE.items()}
    return ServiceMetrics(service=service, timestamp=report.timestamp, metrics=metrics)


def overview_of_schema(report: CycleReport, open_counts: Mapping[str, int]) -> Overview:
    rows = []
    for service in report.services:
        found = report.by_service[service]
        metrics = {
            name: OverviewMetric(
                **fields(spec, found.get(name)), recent=report.recent.get(SeriesKey(service, name), [])
            )
            for name, spec in CATALOGUE.items()
        }
        blind = all(reading.value is None for reading in found.values())
        rows.append(
            OverviewService(
                service=service,
                severity=worst(found),
                blind=blind,
                open_incidents=open_counts.get(service, 0),
                metrics=metrics,
            )
        )
    rows.sort(key=lambda row: (-row.severity.rank, -row.open_incidents, not row.blind, row.service))
    seen = [row for row in rows if not row.blind]
    return Overview(
        timestamp=report.timestamp,
        poll_interval=15.0,
        severities={each: sum(row.severity == each for row in seen) for each in Severity},
        blind=len(rows) - len(seen),
        open_incidents=sum(open_counts.values()),
        warming_up=None,
        services=rows,
    )


@settings(deadline=None, max_examples=40)
@given(reports())
def test_a_services_metrics_are_the_schemas_own_bytes(report: CycleReport) -> None:
    for service in report.services:
        body = told(report).service(report, service).body
        assert orjson.loads(body) == orjson.loads(of_schema(report, service).model_dump_json())
        assert list(orjson.loads(body)["metrics"]["lat"]) == list(MetricReading.model_fields)


@settings(deadline=None, max_examples=40)
@given(reports(), st.integers(0, 3))
def test_the_overview_is_the_schemas_own_bytes(report: CycleReport, incidents: int) -> None:
    open_counts = {report.services[0]: incidents} if incidents else {}
    whole = orjson.loads(told(report).overview(open_counts).body)
    assert whole == orjson.loads(overview_of_schema(report, open_counts).model_dump_json())
    page = orjson.loads(told(report).overview(open_counts, limit=1, offset=1).body)
    assert page == whole | {"services": whole["services"][1:2]}


@settings(deadline=None, max_examples=40)
@given(reports())
def test_scores_are_written_as_the_library_writes_them(report: CycleReport) -> None:
    class One(Collector):
        def collect(self) -> list[GaugeMetricFamily]:
            family = GaugeMetricFamily(
                "canopy_anomaly_score",
                "Newest score of a pair, 0 to 1, higher is more anomalous.",
                labels=["service", "metric"],
            )
            for key, reading in report.readings.items():
                if reading.score is not None:
                    family.add_metric(list(key), reading.score)
            return [family]

    registry = CollectorRegistry(auto_describe=False)
    registry.register(One())
    ours = scores_text.scores(report)
    assert sorted(ours.splitlines()) == sorted(generate_latest(registry).splitlines())


def test_a_new_poll_or_incident_changes_the_answer_and_nothing_else_does() -> None:
    key = SeriesKey("orders", "lat")
    first = CycleReport(AT, ("orders",), {key: Reading(key, AT, 5.0, State.SCORED)})
    live = Live()
    live.report = first
    answers = Answers(live, CATALOGUE, 15.0, no_one_waits)
    overview, service = answers.overview({}), answers.service(first, "orders")
    assert answers.overview({}) is overview
    assert answers.service(first, "orders") is service
    assert orjson.loads(answers.overview({"orders": 1}).body)["open_incidents"] == 1
    live.report = CycleReport(AT + 15, ("orders",), {key: Reading(key, AT + 15, 6.0, State.SCORED)})
    assert orjson.loads(answers.overview({}).body)["services"][0]["metrics"]["lat"]["value"] == 6.0
    assert b'"value":6.0' in answers.service(live.report, "orders").body


def test_before_the_first_poll_the_overview_is_empty_and_has_no_time() -> None:
    answers = Answers(Live(), CATALOGUE, 15.0, no_one_waits)
    empty = orjson.loads(answers.overview({}).body)
    assert (empty["timestamp"], empty["services"], empty["severities"]["Normal"]) == (None, [], 0)


def test_who_has_the_answer_gets_no_body() -> None:
    ready = Ready(b'{"a":1}')
    status, headers, body = ask(ready)
    assert (status, body) == (200, b'{"a":1}')
    tag = headers["etag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        assert ask(ready, {"if-none-match": known})[::2] == (304, b"")
    assert ask(ready, {"if-none-match": '"other"'})[0] == 200
    assert ask(Ready(b'{"a":2}'), {"if-none-match": tag})[0] == 200


@pytest.mark.parametrize("size", [10, 100_000])
def test_large_answers_are_packed_for_who_can_unpack(size: int) -> None:
    ready = Ready(b"x" * size)
    ready.pack()
    _, headers, body = ask(ready, {"accept-encoding": "br, gzip"})
    packed = headers.get("content-encoding") == "gzip"
    assert packed is (size == 100_000)
    assert (gzip.decompress(body) if packed else body) == b"x" * size
    assert ask(ready)[2] == b"x" * size
