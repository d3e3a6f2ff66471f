"""SIGTERM ends Canopy within ten seconds, whatever is going on, and loses nothing."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from backend.tests.fault_proxy import Fault, FaultProxy
from backend.tests.real import wait_until
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.events import following
from backend.tests.system.ledger import assert_complete, stored
from backend.tests.system.shop import Shop, watching
from backend.tests.system.watching import wait_for_state

pytestmark = pytest.mark.real

LIMIT = 10.0
STREAMS = 20


def test_during_a_retrain_with_open_streams(shop: Shop, tmp_path: Path) -> None:
    services = [shop.take() for _ in range(8)]
    with RunningCanopy(tmp_path, shop.url, watching(*services)) as canopy, ExitStack() as streams:
        for service in services:
            wait_for_state(canopy, service, "scored")
        generation = canopy.json("/models")["items"][0]["version"]
        opened = [streams.enter_context(following(canopy.url)) for _ in range(STREAMS)]
        for events in opened:
            events.wait_for("readings")
        job = canopy.post("/retrain")
        assert job.status_code == 202, job.text
        stopped = canopy.stop()
        assert stopped.code == 0, canopy.log
        assert stopped.seconds < LIMIT
        for events in opened:
            assert events.ended.wait(5), "a stream was left open"
        assert "Traceback" not in canopy.log
        shown = {event["timestamp"] for events in opened for event in events.of("readings")}
        assert shown
        canopy.start()
        states = {model["state"] for model in canopy.json("/models")["items"]}
        assert states == {"ready"}
        assert canopy.json("/models")["items"][0]["version"] >= generation
        for service in services:
            assert_complete(tmp_path / "datasets", service, shop.prometheus)


def test_with_a_hanging_prometheus(shop: Shop, tmp_path: Path) -> None:
    service = shop.take()
    settings = watching(service, prometheus={"timeout": "60s"})
    with FaultProxy(shop.url) as proxy, RunningCanopy(tmp_path, proxy.url, settings) as canopy:
        wait_for_state(canopy, service, "scored")
        before = stored(tmp_path / "datasets", service)
        asked = len(proxy.seen)
        proxy.fault = Fault.HANG
        wait_until(lambda: len(proxy.seen) > asked, "a poll hangs")
        stopped = canopy.stop()
        assert stopped.code == 0, canopy.log
        assert stopped.seconds < LIMIT
        assert before.items() <= stored(tmp_path / "datasets", service).items()
        proxy.fault = Fault.PASS
        canopy.start()
        wait_for_state(canopy, service, "scored")
        assert_complete(tmp_path / "datasets", service, shop.prometheus)


def test_with_a_prometheus_that_has_never_answered(shop: Shop, tmp_path: Path) -> None:
    settings = watching(shop.take(), prometheus={"timeout": "60s"})
    with FaultProxy(shop.url) as proxy:
        proxy.fault = Fault.HANG
        canopy = RunningCanopy(tmp_path, proxy.url, settings).start(wait_for="/health")
        wait_until(lambda: bool(proxy.seen), "the first poll hangs")
        ready = canopy.get("/ready")
        assert (ready.status_code, ready.json()["dependencies"]["prometheus"]["state"]) == (503, "starting")
        early = canopy.get("/metrics", service="any")
        assert early.status_code == 503
        assert early.headers["Content-Type"] == "application/problem+json"
        assert "first poll" in early.json()["detail"]
        assert canopy.json("/services") == canopy.json("/models")["items"] == []
        stopped = canopy.stop()
        assert (stopped.code, stopped.seconds < LIMIT) == (0, True)
