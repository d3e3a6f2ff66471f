"""The main job, as `make demo` starts it: a real fault becomes one incident that a person resolves."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.demo.ports import Ports
from deploy.demo.stack import ROOT, DemoStack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

PAIRS = 12
READY_SECONDS = 400
"""Fifty polls of five seconds, the first rates of services that just started, and a slow machine."""


class Demo:
    """The running demo and what an operator or a script does with it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.ports = Ports.free()
        self.stack = DemoStack(base, self.ports)

    @property
    def url(self) -> str:
        return self.stack.canopy_url

    @property
    def payment_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.payment}"

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def of_latency(self) -> list[dict[str, Any]]:
        return list(self.get("/incidents?service=payment-service&metric=lat&sort=opened_at")["items"])

    def restart(self) -> None:
        self.stack.stop()
        self.stack = DemoStack(self.base, self.ports)
        self.stack.start()


def wait_for(what: str, seconds: float, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.5)
    return answer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.stack.start()
    try:
        yield demo
    finally:
        demo.stack.stop()


# The tests below are one story, in the order in which they stand.


def test_while_it_learns_it_says_how_far_it_is(demo: Demo) -> None:
    # The first poll may know the services' names before Prometheus has a sample of them.
    overview = wait_for("samples to learn from", 60, lambda: (o := demo.get("/overview"))["warming_up"] and o)
    assert overview["services"]
    assert overview["warming_up"]["need"] == 50
    assert overview["warming_up"]["have"] < 50
    assert overview["warming_up"]["eta"] > overview["timestamp"]


def test_models_are_ready_within_minutes_and_the_healthy_shop_has_no_incident(demo: Demo) -> None:
    def ready() -> bool:
        items = demo.get("/models")["items"]
        return len(items) == PAIRS and all(item["state"] == "ready" for item in items)

    wait_for("12 models", READY_SECONDS, ready)
    assert demo.get("/services") == ["inventory-service", "order-service", "payment-service"]
    assert demo.get("/incidents")["items"] == []


def test_a_fault_is_seen_explained_and_resolved_in_the_browser(demo: Demo) -> None:
    """frontend/e2e/mock-free starts the fault, waits for the incident without a reload, and resolves it."""
    environment = os.environ | {"CANOPY_URL": demo.url, "PAYMENT_URL": demo.payment_url}
    browser = ["npm", "run", "e2e", "--silent", "--", "--project", "real"]
    done = subprocess.run(browser, cwd=ROOT / "frontend", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_was_one_incident_that_carried_its_evidence(demo: Demo) -> None:
    (incident,) = demo.of_latency()
    whole = demo.get(f"/incidents/{incident['id']}")
    assert whole["readings"][0]["value"] >= 1000
    assert whole["readings"][0]["prediction"] == "Anomaly"
    assert any(line["explains"] for line in whole["logs"]), whole["logs"]
    assert "threshold_and_model" in whole["reason"]


def test_it_is_still_resolved_after_a_restart_of_everything(demo: Demo) -> None:
    (before,) = demo.of_latency()
    demo.restart()
    (after,) = demo.of_latency()
    assert after["status"] == "RESOLVED"
    assert after["resolved_at"] == before["resolved_at"]
    models = wait_for("the models again", 60, lambda: demo.get("/models")["items"])
    assert {model["state"] for model in models} == {"ready"}
