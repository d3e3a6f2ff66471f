"""What a broken Prometheus does to a running Canopy: Unknown, said why, and nothing lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from backend.tests.fault_proxy import Fault
from backend.tests.real import RealPrometheus, free_port, wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.edited_answers import EditingProxy
from backend.tests.system.ledger import assert_complete
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import (
    incidents,
    last_poll,
    reading,
    standing,
    wait_for_incident,
    wait_for_polls,
    wait_for_state,
)

pytestmark = pytest.mark.real

QUIET_READINGS = 2
"""auto_resolve_after: were a missing reading taken for a quiet one, the incident would resolve."""
SICK = 2.0 * CRITICAL


@dataclass
class Watch:
    """A Canopy behind a proxy; ``sick`` has an open incident, ``well`` has none."""

    canopy: RunningCanopy
    proxy: EditingProxy
    shop: Shop
    sick: str
    well: str


@pytest.fixture(scope="module")
def watch(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    sick, well = shop.take(), shop.take()
    settings = watching(
        sick,
        well,
        prometheus={"timeout": "1s"},
        incidents={"auto_resolve_after": QUIET_READINGS},
    )
    with EditingProxy(shop.url) as proxy:
        canopy = RunningCanopy(tmp_path_factory.mktemp("faults"), proxy.url, settings)
        with canopy:
            wait_for_state(canopy, sick, "scored")
            shop.set(sick, SICK)
            wait_for_incident(canopy, sick)
            yield Watch(canopy, proxy, shop, sick, well)


@pytest.mark.parametrize(
    "fault", [Fault.HTTP_500, Fault.HTML, Fault.STATUS_ERROR, Fault.HANG, Fault.CUT, Fault.GARBAGE]
)
def test_blind_is_never_healthy_and_nothing_is_lost(watch: Watch, fault: Fault) -> None:
    canopy = watch.canopy
    before = standing(canopy)
    watch.proxy.fault = fault
    wait_for_state(canopy, watch.well, "failed")
    wait_for_polls(canopy, watch.well, QUIET_READINGS + 1)
    for service in (watch.sick, watch.well):
        blind = reading(canopy, service)
        assert (blind["prediction"], blind["value"], blind["score"]) == ("Unknown", None, None)
        assert blind["reasons"]
        assert "Traceback" not in blind["reasons"][0]
    ready = canopy.get("/ready")
    assert ready.status_code == 503
    prometheus = ready.json()["dependencies"]["prometheus"]
    assert prometheus["state"] == "down"
    assert watch.proxy.url.removeprefix("http://") in prometheus["detail"], "it does not say which server"
    overview = canopy.json("/overview")
    assert all(row["blind"] for row in overview["services"] if row["service"] in (watch.sick, watch.well))
    watch.proxy.fault = Fault.PASS
    wait_for_state(canopy, watch.well, "scored")
    wait_until(lambda: canopy.get("/ready").status_code == 200, "it is ready again")
    assert standing(canopy) == before
    assert_complete(canopy.directory / "datasets", watch.sick, watch.shop.prometheus)
    assert_complete(canopy.directory / "datasets", watch.well, watch.shop.prometheus)
    assert "Traceback" not in canopy.log


def test_a_slow_prometheus_is_waited_for(watch: Watch) -> None:
    watch.proxy.fault = Fault.DELAY
    wait_for_polls(watch.canopy, watch.well, 2)
    assert reading(watch.canopy, watch.well)["state"] == "scored"
    watch.proxy.fault = Fault.PASS
    wait_for_polls(watch.canopy, watch.well, 2)
    assert_complete(watch.canopy.directory / "datasets", watch.well, watch.shop.prometheus)


def test_a_partial_answer_is_used_and_called_partial(watch: Watch) -> None:
    canopy = watch.canopy
    before = standing(canopy)

    def without_sick(answer: dict[str, object]) -> dict[str, object]:
        data = answer["data"]
        assert isinstance(data, dict)
        data["result"] = [s for s in data["result"] if s["metric"]["service"] != watch.sick]
        return answer | {"warnings": ["a store did not answer"]}

    watch.proxy.edit = without_sick
    wait_for_state(canopy, watch.sick, "stale")
    wait_for_polls(canopy, watch.sick, QUIET_READINGS + 1)
    blind = reading(canopy, watch.sick)
    assert blind["prediction"] == "Unknown"
    assert reading(canopy, watch.well)["state"] == "scored"
    prometheus = canopy.json("/ready")["dependencies"]["prometheus"]
    assert prometheus["state"] == "degraded"
    assert "a store did not answer" in prometheus["detail"]
    watch.proxy.edit = None
    wait_for_state(canopy, watch.sick, "scored")
    wait_until(
        lambda: canopy.json("/ready")["dependencies"]["prometheus"]["state"] == "ok", "it is whole again"
    )
    assert standing(canopy) == before


def test_what_is_no_number_is_no_reading(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    """NaN, Inf, no series and two series, each on a service of its own with an incident open."""
    nan, infinite, gone, twice, healthy = (shop.take() for _ in range(5))
    broken = (nan, infinite, gone, twice)
    settings = watching(*broken, healthy, incidents={"auto_resolve_after": QUIET_READINGS})
    with RunningCanopy(tmp_path_factory.mktemp("numbers"), shop.url, settings) as canopy:
        for service in broken:
            wait_for_state(canopy, service, "scored")
            shop.set(service, SICK)
        for service in broken:
            wait_for_incident(canopy, service)
        before = standing(canopy)
        shop.set(nan, math.nan)
        shop.set(infinite, math.inf)
        shop.set(gone, None)
        shop.set(twice, 40, 40)
        for service in broken:
            wait_for_state(canopy, service, "stale")
        blind_since = last_poll(canopy, nan)
        wait_for_polls(canopy, nan, QUIET_READINGS + 1)
        for service, words in ((nan, "NaN"), (infinite, "Inf"), (gone, "no current"), (twice, "2 series")):
            blind = reading(canopy, service)
            assert (blind["prediction"], blind["severity"]) == ("Unknown", "Normal")
            assert blind["value"] is None
            assert words in blind["reasons"][0]
        assert reading(canopy, healthy)["state"] == "scored", "one bad series stops the rest"
        for service in broken:
            shop.set(service, SICK)
        for service in broken:
            wait_for_state(canopy, service, "scored")
        assert standing(canopy) == before
        assert incidents(canopy, healthy) == []
        shown = canopy.json("/metrics/history", service=nan, metric="lat")["points"]
        values = [point["value"] for point in shown]
        assert all(math.isfinite(value) for value in values)
        assert blind_since not in [point["timestamp"] for point in shown]


def test_prometheus_may_come_later_and_go_in_between(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing listens at the start; it comes, goes and comes again, and nobody has to help."""
    service = shop.take()
    port = free_port()
    late = RealPrometheus(tmp_path_factory.mktemp("late"), port=port)
    late.add_target("shop", shop.address)
    canopy = RunningCanopy(
        tmp_path_factory.mktemp("early"), late.url, watching(service, training={"min_samples": 5})
    )
    canopy.start(wait_for="/health")
    try:
        wait_until(lambda: _prometheus_state(canopy) == "down", "the first poll has ended")
        answer = canopy.get("/ready")
        assert answer.status_code == 503
        assert f"127.0.0.1:{port}" in answer.text
        assert canopy.json("/services") == []
        assert canopy.get("/metrics", service=service).status_code == 404
        with late:
            wait_for_state(canopy, service, "scored")
        wait_for_state(canopy, service, "failed")
        assert reading(canopy, service)["prediction"] == "Unknown"
        assert service in canopy.json("/services")
        with late:
            wait_for_state(canopy, service, "scored")
            assert incidents(canopy) == []
            assert canopy.stop().code == 0
            assert_complete(canopy.directory / "datasets", service, late)
    finally:
        canopy.kill()


def _prometheus_state(canopy: RunningCanopy) -> str:
    return str(canopy.get("/ready").json()["dependencies"]["prometheus"]["state"])
