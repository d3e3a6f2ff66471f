"""One whole app over a real Prometheus, with an incident open, for all tests of this room."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
import yaml
from fastapi import FastAPI

from backend.app import create_app
from backend.clock import from_rfc3339
from backend.settings import load_settings
from backend.tests.real import free_port, wait_until
from backend.tests.system.shop import CRITICAL, Shop, watching

ODD = 'a/b\\c"d{e}\nzürich 店'
HEALTHY, SICK, YOUNG = "orders", "payments", "newcomer"


@dataclass
class Running:
    """The app as it answers, and the services behind it: SICK has an incident, YOUNG has no model."""

    app: FastAPI
    url: str
    shop: Shop

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.request("GET", path, params=params)

    def post(self, path: str, json: Any = None, **params: Any) -> requests.Response:
        return self.request("POST", path, json=json, params=params)

    def request(self, method: str, path: str, **parts: Any) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", timeout=30, **parts)

    def json(self, path: str, **params: Any) -> Any:
        answer = self.get(path, **params)
        assert answer.status_code == 200, f"{path} {params}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def incident(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json("/incidents", service=SICK)["items"][0]
        return found


def is_time(text: object) -> bool:
    """RFC 3339 in UTC, as every time of the API."""
    return isinstance(text, str) and text.endswith("Z") and abs(from_rfc3339(text) - time.time()) < 3600


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("api")
    services = [HEALTHY, SICK, ODD]
    with Shop(tmp_path_factory.mktemp("shop"), services, young=[YOUNG]) as shop:
        app = create_app(load_settings(_config(home, shop, [*services, YOUNG]), environ={}))
        with served(app) as url:
            running = Running(app, url, shop)
            wait_until(lambda: _scored(running, services), "the models are ready")
            _log(home)
            shop.set(SICK, 2.0 * CRITICAL)
            shop.set(ODD, 2.0 * CRITICAL)
            wait_until(lambda: running.json("/incidents")["total"] == 2, "two incidents open")
            yield running


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a socket, in a thread of this process."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the server listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _config(home: Path, shop: Shop, services: list[str]) -> Path:
    settings = watching(*services) | {
        "prometheus": {"url": shop.url},
        "poll": {"interval": "1s"},
        # YOUNG never gets there while the tests run.
        "training": {"window": "10m", "min_samples": 100},
        "logs": {"sources": [{"type": "file", "path": str(home / "logs" / "{service}.log")}]},
        "storage": {
            "datasets": str(home / "datasets"),
            "models": str(home / "models"),
            "database": f"sqlite:///{home}/canopy.db",
            "log_database": f"sqlite:///{home}/logs.db",
        },
    }
    config = home / "config.yaml"
    config.write_text(yaml.safe_dump(settings))
    return config


def _scored(running: Running, services: list[str]) -> bool:
    answers = [running.get("/metrics", service=service) for service in services]
    return all(
        answer.status_code == 200 and answer.json()["metrics"]["lat"]["state"] == "scored"
        for answer in answers
    )


def _log(home: Path) -> None:
    (home / "logs").mkdir()
    line = {
        "@timestamp": datetime.now(UTC).isoformat(),
        "log.level": "ERROR",
        "service.name": SICK,
        "message": "timeout: no connection from the pool",
    }
    path = home / "logs" / f"{SICK}.log"
    path.write_text(json.dumps(line) + "\n")
