"""What happened to services, asked for at each poll: cheap when it fails, kept across restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.jobs.artefacts import ArtefactWatch
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.metrics.cards import ArtefactKind, Marker
from backend.metrics.catalogue import artefact_queries
from backend.metrics.prometheus import (
    PrometheusClient,
    PrometheusRefused,
    PrometheusTimeout,
    PrometheusUnreachable,
)
from backend.metrics.readings import Reading, SeriesKey, State
from backend.settings import ArtefactQuery, PresetName, Settings
from backend.tests.jobs.scripted import ScriptedPrometheus

T0 = 1_767_225_600.0
STEP = 15.0
SETTLE = 120.0
OLD = T0 - 86_400
QUERIES: dict[ArtefactQuery, str] = {
    "restart": "started",
    "deploy": "versions",
    "new_instance": "count",
    "scrape_gap": "down",
}


class FixedClock:
    def now(self) -> float:
        return T0


class FillableStore(IncidentStore):
    """A real store whose disk is full for markers while ``full``."""

    full = False

    def add_markers(self, markers: Sequence[Marker], over: Sequence[Marker] = ()) -> None:
        if self.full:
            raise StoreError("the disk is full")
        super().add_markers(markers, over)


class Watched:
    """A watch over a scripted Prometheus and a real store."""

    def __init__(self, directory: Path) -> None:
        self.prometheus = ScriptedPrometheus()
        self.store = FillableStore(directory / "canopy.db")
        self.told: list[dict[str, Any]] = []
        self.health = HealthBoard(FixedClock(), lambda kind, event: self.told.append(event))
        self.polls = 0
        self.restart()

    def restart(self) -> None:
        self.watch = ArtefactWatch(
            queries=QUERIES,
            settle=SETTLE,
            prometheus=cast(PrometheusClient, self.prometheus),
            store=self.store,
            health=self.health,
        )

    @property
    def at(self) -> float:
        """The time of the newest poll."""
        return T0 + (self.polls - 1) * STEP

    def poll(self, started: float = OLD, *services: str) -> None:
        """One poll at which "shop" and ``services`` said when they started."""
        self.polls += 1
        for service in ("shop", *services):
            self.prometheus.write("started", service, {self.at: started})
        self.watch.look(self.at, ["shop", *services])

    def kinds(self) -> list[ArtefactKind]:
        return [marker.artefact.kind for marker in self.store.markers(0, 2e10)]

    def of(self, state: State = State.SCORED) -> ArtefactKind | None:
        value = 1.0 if state is State.SCORED else None
        found = self.watch.of(Reading(SeriesKey("shop", "lat"), self.at, value, state), OLD)
        return None if found is None else found.kind


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.store.close()


def test_a_restart_marks_the_readings_until_it_has_settled_and_stays_on_the_charts(watched: Watched) -> None:
    watched.poll()
    assert watched.of() is None
    watched.poll(T0 + 10)
    assert watched.of() is ArtefactKind.RESTART
    for _ in range(7):
        watched.poll(T0 + 10)
    assert watched.of() is ArtefactKind.RESTART
    watched.poll(T0 + 10)
    assert watched.of() is None
    assert watched.kinds() == [ArtefactKind.RESTART]
    assert [one.kind for one in watched.watch.near("shop", watched.at)] == [ArtefactKind.RESTART]
    assert watched.watch.near("shop", T0) == []
    assert watched.watch.near("shop", T0 + 10 + 601) == []
    assert watched.watch.near("other", watched.at) == []


def test_a_restart_of_canopy_in_between_forgets_nothing(watched: Watched) -> None:
    watched.poll()
    watched.poll(T0 + 10)
    watched.restart()
    watched.poll(T0 + 10)
    assert watched.of() is ArtefactKind.RESTART
    assert watched.kinds() == [ArtefactKind.RESTART], "told once"


def test_versions_and_gaps_are_asked_for_too(watched: Watched) -> None:
    watched.prometheus.versions["versions"] = {"shop": {"1"}}
    watched.poll()
    watched.prometheus.versions["versions"] = {"shop": {"2"}}
    watched.prometheus.write("down", "shop", {watched.at + STEP: 1.0})
    watched.poll()
    assert watched.kinds() == [ArtefactKind.DEPLOY, ArtefactKind.SCRAPE_GAP]
    assert watched.of() is ArtefactKind.DEPLOY, "what holds alerts back comes first"
    for _ in range(8):
        watched.prometheus.write("down", "shop", {watched.at + STEP: 1.0})
        watched.poll()
    assert watched.of() is ArtefactKind.SCRAPE_GAP
    watched.poll()
    assert watched.of() is None


def test_a_gap_that_lasts_over_a_restart_of_canopy_is_one_and_the_next_one_another(watched: Watched) -> None:
    def polled(down: bool) -> None:
        if down:
            watched.prometheus.write("down", "shop", {watched.at + STEP: 1.0})
        watched.poll()

    def since() -> list[float]:
        return [marker.artefact.since for marker in watched.store.markers(0, 2e10)]

    for _ in range(3):
        polled(True)
    watched.restart()
    polled(True)
    assert since() == [T0]
    assert watched.of() is ArtefactKind.SCRAPE_GAP
    polled(False)
    watched.restart()
    polled(False)
    assert watched.of() is None
    polled(True)
    assert since() == [T0, watched.at]
    watched.restart()
    polled(False)
    assert watched.of() is None, "it ended while Canopy was away"
    polled(True)
    assert since()[-1] == watched.at


def test_a_pair_without_a_sample_is_stale_unless_a_gap_says_why(watched: Watched) -> None:
    watched.poll()
    assert watched.of(State.STALE) is ArtefactKind.STALE
    assert watched.of(State.NO_MODEL) is None
    watched.prometheus.write("down", "shop", {watched.at + STEP: 1.0})
    watched.poll()
    assert watched.of(State.STALE) is ArtefactKind.SCRAPE_GAP
    assert watched.kinds() == [ArtefactKind.SCRAPE_GAP], "a stale pair is no event of its service"


def test_services_that_are_not_watched_leave_no_marks(watched: Watched) -> None:
    watched.prometheus.write("started", "prometheus itself", {T0: OLD, T0 + STEP: T0 + 5})
    watched.poll()
    watched.poll()
    assert watched.kinds() == []


def test_a_query_that_fails_costs_the_others_nothing_is_said_once_and_rests(watched: Watched) -> None:
    watched.prometheus.failing["versions"] = PrometheusRefused("parse error")
    for _ in range(4):
        watched.poll()
    watched.poll(T0 + 50)
    assert watched.kinds() == [ArtefactKind.RESTART]
    assert watched.prometheus.asked.count("versions") == 1
    state = watched.health.states()["artefacts"]
    assert (state.state, state.detail) == (DependencyStatus.DEGRADED, "deploy: parse error")
    assert len(watched.told) == 1
    del watched.prometheus.failing["versions"]
    watched.polls += 40
    watched.poll(T0 + 50)
    assert watched.health.states()["artefacts"].state is DependencyStatus.OK


def test_silence_is_waited_for_once_a_poll_and_an_outage_does_not_make_a_query_rest(watched: Watched) -> None:
    watched.prometheus.failing["started"] = PrometheusTimeout("no whole answer")
    watched.poll()
    assert watched.prometheus.asked == ["started"]
    watched.poll()
    assert watched.prometheus.asked == ["started", "versions", "count", "down"]
    watched.restart()
    watched.prometheus.asked.clear()
    watched.prometheus.failing = {"": PrometheusUnreachable("refused")}
    watched.poll()
    watched.poll()
    assert watched.prometheus.asked == ["started", "started"]


def test_what_cannot_be_kept_now_is_kept_later(watched: Watched) -> None:
    watched.poll()
    watched.store.full = True
    watched.poll(T0 + 10)
    assert watched.of() is ArtefactKind.RESTART
    assert watched.kinds() == []
    watched.store.full = False
    watched.poll(T0 + 10)
    assert watched.kinds() == [ArtefactKind.RESTART]


def test_thousands_of_services_cost_one_query_a_kind(watched: Watched) -> None:
    names = [f"service-{i}" for i in range(3000)]
    watched.poll(OLD, *names)
    watched.prometheus.asked.clear()
    watched.poll(T0 + 10, *names)
    assert watched.prometheus.asked == list(QUERIES.values())
    assert len(watched.kinds()) == 3001


@pytest.mark.parametrize(
    ("preset", "kinds"),
    [
        (
            "spring-boot",
            {"restart", "deploy", "new_instance", "scrape_gap", "counter_reset", "clock_skew"},
        ),
        (
            "node-exporter",
            {"restart", "deploy", "new_instance", "scrape_gap", "counter_reset", "clock_skew"},
        ),
        ("kubernetes", {"restart", "deploy", "new_instance", "counter_reset"}),
        ("none", {"restart", "deploy", "new_instance", "scrape_gap"}),
    ],
)
def test_a_preset_asks_only_what_it_has_a_source_for(preset: PresetName, kinds: set[str]) -> None:
    queries = artefact_queries(Settings(preset=preset))
    assert set(queries) == kinds
    assert not any("$" in query.replace('"$1"', "") for query in queries.values())


def test_a_query_is_changed_or_turned_off_by_setting() -> None:
    changed = Settings.model_validate(
        {
            "prometheus": {"service_label": "app"},
            "artefacts": {"queries": {"restart": None, "deploy": "count by ($service_label, tag) (x)"}},
        }
    )
    queries = artefact_queries(changed)
    assert "restart" not in queries
    assert queries["deploy"] == "count by (app, tag) (x)"
