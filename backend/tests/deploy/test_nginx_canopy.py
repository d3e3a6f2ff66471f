"""A real Canopy and its built UI behind nginx.conf, as an operator's browser and scripts meet them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.tests.deploy.nginx import PASSWORD, USER, RealNginx, find
from backend.tests.real import free_port
from backend.tests.system.canopy import RunningCanopy
from deploy.demo.stack import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealNginx]:
    # No Prometheus: what is asked here is the way through NGINX, and the UI must say what it lacks.
    canopy = RunningCanopy(tmp_path_factory.mktemp("canopy"), f"http://127.0.0.1:{free_port()}")
    canopy.start(wait_for="/health")
    try:
        with RealNginx(canopy.port) as running:
            yield running
    finally:
        canopy.stop()


def test_the_api_answers_behind_the_password(nginx: RealNginx) -> None:
    assert nginx.session(None).get(f"{nginx.url}/api/v1/health", timeout=10).status_code == 401
    assert nginx.session().get(f"{nginx.url}/api/v1/health", timeout=10).json()["status"] == "ok"
    assert nginx.session().get(f"{nginx.url}/incidents", timeout=10).json()["items"] == []


@pytest.mark.parametrize("path", ["/stream", "/api/v1/stream"])
def test_events_come_through(nginx: RealNginx, path: str) -> None:
    with nginx.session().get(nginx.url + path, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert next(line for line in answer.iter_lines() if line)


def test_the_pages_work_and_the_security_policy_forbids_nothing_they_need(
    nginx: RealNginx,
) -> None:
    assert (ROOT / "frontend/dist/index.html").exists(), "build the UI first: make frontend/dist/index.html"
    paths = {"/ui/": "Now", "/ui/incidents": "Incidents", "/ui/models": "Models"}
    script = Path(__file__).with_name("visit.mjs")
    command = [find("node", "nodejs"), str(script), str(ROOT / "frontend"), nginx.url, USER, PASSWORD, *paths]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert shown.returncode == 0, shown.stderr
    visits = json.loads(shown.stdout)
    assert [visit["title"] for visit in visits] == [f"{title} · Canopy" for title in paths.values()]
    assert [visit["refused"] for visit in visits] == [[], [], []]
