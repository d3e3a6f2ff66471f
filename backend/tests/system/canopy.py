"""Starts a real Canopy for tests: its own process, folder and port.

canopy = RunningCanopy(tmp_path, prometheus.url, {"poll": {"interval": "1s"}})
with canopy:
    canopy.get("/services").json()
    canopy.kill()
    canopy.start()
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import requests
import yaml

from backend.tests.real import free_port, wait_until

ROOT = Path(__file__).resolve().parents[3]

_DEFAULTS: dict[str, Any] = {
    "prometheus": {"timeout": "5s"},
    "poll": {"interval": "1s"},
    "training": {"window": "5m", "min_samples": 10},
    "incidents": {"dedup_window": "5s"},
}


class Stopped(NamedTuple):
    """How a process ended: its exit code, and the seconds from the signal to its end."""

    code: int
    seconds: float


class RunningCanopy:
    """``python -m backend serve`` with its files in ``directory``; a restart keeps port and files.

    ``settings`` are laid over the tests' own (a poll a second, ten samples for a model) and written to
    ``config.yaml``; ``environment`` is what the process sees besides ours.
    """

    def __init__(
        self,
        directory: Path,
        prometheus_url: str,
        settings: Mapping[str, Any] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = dict(environment or {})
        fixed = {"prometheus": {"url": prometheus_url}, "server": {"port": self.port}}
        self.settings = _merged(_merged(_DEFAULTS, fixed), settings or {})
        directory.mkdir(parents=True, exist_ok=True)
        self.config = directory / "config.yaml"
        self.write_config()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the process has written so far, over all its starts."""
        path = self.directory / "canopy.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def write_config(self) -> None:
        """Write ``settings`` for the next start."""
        self.config.write_text(yaml.safe_dump(self.settings, allow_unicode=True), encoding="utf-8")

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process and wait for nothing."""
        command = [sys.executable, "-m", "backend", "serve", "--config", str(self.config)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CANOPY_")}
        environment |= {"PYTHONPATH": str(ROOT)} | self._environment
        with (self.directory / "canopy.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.directory, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        return self.process

    def start(self, wait_for: str = "/ready") -> Self:
        """Start, and wait until a GET of ``wait_for`` is 200 (``/health``: whatever Prometheus does)."""
        self.launch()
        wait_until(lambda: self._answers(wait_for), f"Canopy answers {wait_for}")
        return self

    def stop(self, seconds: float = 30.0) -> Stopped:
        """Send SIGTERM and wait for the end; AssertionError if it takes longer than ``seconds``."""
        assert self.process is not None, "it does not run"
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not stopped within {seconds:g} s of SIGTERM:\n{self.log}") from None
        self.process = None
        return Stopped(code, time.monotonic() - started)

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, no chance to tidy up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self, wait_for: str = "/ready") -> Self:
        self.stop()
        return self.start(wait_for)

    def get(self, path: str, **params: Any) -> requests.Response:
        return requests.get(f"{self.url}{path}", params=params, timeout=30)

    def post(self, path: str, json: Any = None, **params: Any) -> requests.Response:
        return requests.post(f"{self.url}{path}", json=json, params=params, timeout=60)

    def json(self, path: str, **params: Any) -> Any:
        """The answer of a GET that must be 200."""
        answer = self.get(path, **params)
        assert answer.status_code == 200, f"{path} {params}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop() if kind is None else self.kill()

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Canopy ended at its start:\n{self.log}"
        try:
            return self.get(path).status_code == 200
        except requests.ConnectionError:
            return False


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """``above`` laid over ``below``, section by section."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged
