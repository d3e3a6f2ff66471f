"""Starts a real Prometheus for tests: own folder, free port, scraped targets, history made by promtool.

prometheus = RealPrometheus(tmp_path)
prometheus.add_target("payments", "127.0.0.1:8081", {"service": "payment-service"})
with prometheus:
    prometheus.wait_for('up{service="payment-service"} == 1')
    ... prometheus.url ...
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import yaml

PATIENCE = 120.0
"""Seconds after which something hangs, however busy the machine is and if loops are compiled first."""


def find_program(name: str) -> str:
    """The path of a program on PATH; AssertionError that says how to get it where it is missing."""
    path = shutil.which(name)
    package = "prometheus" if name == "promtool" else name
    assert path, f"{name} is not installed: apt-get install -y --no-install-recommends {package}"
    return path


def free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as ``condition`` holds; AssertionError naming ``what`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


class RealPrometheus:
    """One Prometheus process with its data in ``directory``; a restart keeps port and data.

    ``flags`` are handed to the program as they are (``--query.max-samples=100``).
    """

    def __init__(
        self,
        directory: Path,
        *,
        scrape_interval: str = "1s",
        flags: Sequence[str] = (),
        port: int | None = None,
    ) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._flags = tuple(flags)
        self._config: dict[str, Any] = {
            "global": {"scrape_interval": scrape_interval, "scrape_timeout": scrape_interval},
            "scrape_configs": [],
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the process has written so far."""
        path = self.directory / "prometheus.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def add_target(
        self, job: str, address: str, labels: Mapping[str, str] | None = None, metrics_path: str = "/metrics"
    ) -> None:
        """Scrape ``address`` (host:port) too, with ``labels`` on every series.

        Best before the start: a running Prometheus reloads at once but takes 5 s until it scrapes anew.
        """
        target = {"targets": [address], "labels": dict(labels or {})}
        self.add_scrape_config({"job_name": job, "metrics_path": metrics_path, "static_configs": [target]})

    def add_scrape_config(self, config: dict[str, Any] | str) -> None:
        """One entry of ``scrape_configs``, as a mapping or as YAML text."""
        parsed = yaml.safe_load(config) if isinstance(config, str) else config
        self._config["scrape_configs"].append(parsed)
        if self.process is not None:
            self._write_config()
            self.process.send_signal(signal.SIGHUP)

    def add_history(self, openmetrics: str) -> None:
        """Make blocks of OpenMetrics text with timestamps (``# EOF`` is added); call before ``start``."""
        assert self.process is None, "history is made before the start"
        self._data.mkdir(parents=True, exist_ok=True)
        source = self.directory / "history.om"
        source.write_text(openmetrics.rstrip("\n") + "\n# EOF\n", encoding="utf-8")
        promtool = find_program("promtool")
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(source), str(self._data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> Self:
        """Start and wait until it is ready to answer."""
        self._data.mkdir(parents=True, exist_ok=True)
        self._write_config()
        command = [
            find_program("prometheus"),
            f"--config.file={self._config_file}",
            f"--storage.tsdb.path={self._data}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{self.port}",
            *self._flags,
        ]
        with (self.directory / "prometheus.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._ready, "Prometheus is ready")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process (by its own pid) and wait for its end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        self.process.wait(timeout=PATIENCE)
        self.process = None

    def query(self, query: str, at: float | None = None) -> list[dict[str, Any]]:
        """The raw result of an instant query."""
        params = {"query": query} | ({"time": str(at)} if at is not None else {})
        answer = requests.post(f"{self.url}/api/v1/query", data=params, timeout=10)
        assert answer.status_code == 200, answer.text
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def wait_for(self, query: str, series: int = 1, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until ``query`` answers at least ``series`` series; returns them."""
        wait_until(lambda: len(self.query(query)) >= series, f"{query} answers {series} series", seconds)
        return self.query(query)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _config_file(self) -> Path:
        return self.directory / "prometheus.yml"

    def _write_config(self) -> None:
        self._config_file.write_text(yaml.safe_dump(self._config), encoding="utf-8")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Prometheus ended at its start:\n{self.log}"
        try:
            return requests.get(f"{self.url}/-/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False
