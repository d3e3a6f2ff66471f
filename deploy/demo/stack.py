"""The demo's processes, and the order they start and stop in: Prometheus, the shop, its traffic, Canopy."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Self

from deploy.demo.ports import STATE, DemoError, Ports
from deploy.demo.process import STOP_SECONDS, Process, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy/demo/config.yaml"
SERVICES = ("order-service", "payment-service", "inventory-service")
PARTS = ("prometheus", *SERVICES, "traffic", "canopy")

START_SECONDS = 120.0
"""How long a server may take to answer on a small machine that starts all of them at once."""
RETENTION = "6h"
"""Prometheus's, thrice the demo's training window: enough for every retrain, little on the disk."""


class DemoStack:
    """Starts ``parts`` with all they write below ``base``; a context manager that leaves none running.

    Data (Canopy's datasets, models and database, Prometheus's series, the services' logs) stays in ``base``
    for the next start. ``processes`` has each part by name: a test may kill one and start it again.
    """

    def __init__(
        self,
        base: Path = ROOT,
        ports: Ports | None = None,
        *,
        config: Path = CONFIG,
        parts: Collection[str] = PARTS,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.base = base.resolve()
        self.ports = ports or Ports()
        self.canopy_url = f"http://localhost:{self.ports.canopy}"
        self.prometheus_url = f"http://localhost:{self.ports.prometheus}"
        self._config = config.resolve()
        self._environment = dict(environment or {})
        self._say = say
        self._interrupted = interrupted
        makers = dict(zip(PARTS, self._define(), strict=True))
        self.processes = {name: makers[name] for name in PARTS if name in parts}

    def start(self) -> None:
        """Start everything and wait until it answers; DemoError, with nothing left running, if it cannot."""
        self.ports.check()
        self._prepare()
        try:
            # Traffic before its services would only count failures; Canopy without Prometheus would be blind.
            self._start("prometheus", *SERVICES)
            self._start("traffic", "canopy")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process, the last started first asked; SIGKILL for those that take over ten seconds."""
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            if not process.stop(deadline):
                self._say(f"[{process.name}] did not end within {STOP_SECONDS:.0f} s and was killed")
        (self.base / STATE / "ports").unlink(missing_ok=True)

    def watch(self) -> None:
        """Return when interrupted; DemoError as soon as a process ends by itself."""
        while not self._interrupted():
            for process in self.processes.values():
                process.check()
            time.sleep(0.5)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, *names: str) -> None:
        started = [self.processes[name] for name in names if name in self.processes]
        for process in started:
            if self._interrupted():
                return
            self._say(f"[{process.name}] starting ...")
            process.start()
        wait_until_ready(started, START_SECONDS, self._interrupted, self._say)

    def _prepare(self) -> None:
        """The folders, Prometheus's configuration and the ports for `make fault`."""
        for folder in (STATE / "logs", STATE / "prometheus", Path("logs")):
            (self.base / folder).mkdir(parents=True, exist_ok=True)
        (self.base / STATE / "prometheus.yml").write_text(render_prometheus_config(self.ports))
        self.ports.write(self.base)

    def _define(self) -> Iterator[Process]:
        """All parts, in the order of PARTS."""
        ports, state = self.ports, self.base / STATE
        yield self._process(
            "prometheus",
            [
                which("prometheus") or "prometheus",
                f"--config.file={state / 'prometheus.yml'}",
                f"--storage.tsdb.path={state / 'prometheus'}",
                f"--storage.tsdb.retention.time={RETENTION}",
                f"--web.listen-address=127.0.0.1:{ports.prometheus}",
                "--log.level=warn",
            ],
            ready_url=f"http://127.0.0.1:{ports.prometheus}/-/ready",
        )
        for name, port in zip(SERVICES, (ports.order, ports.payment, ports.inventory), strict=True):
            jar = ROOT / "spring-services" / name / "target" / f"{name}.jar"
            yield self._process(
                name,
                # Three starting JVMs on a small machine would starve Prometheus and Canopy, which watch them.
                ["nice", "-n", "10", "java", f"@{ROOT / 'spring-services/jvm.options'}", "-jar", str(jar)],
                environment={
                    "SERVER_PORT": str(port),
                    "SHOP_FAULTS_ENABLED": "true",
                    "LOG_DIR": str(self.base / "logs"),
                    "INVENTORY_URL": f"http://127.0.0.1:{ports.inventory}",
                    "PAYMENT_URL": f"http://127.0.0.1:{ports.payment}",
                },
                ready_url=f"http://127.0.0.1:{port}/actuator/health",
            )
        shop = {"orders": ports.order, "payments": ports.payment, "inventory": ports.inventory}
        yield self._process(
            "traffic",
            [
                *(sys.executable, "-m", "deploy.demo.traffic"),
                *(word for name, port in shop.items() for word in (f"--{name}", f"http://127.0.0.1:{port}")),
            ],
        )
        yield self._process(
            "canopy",
            [
                *(sys.executable, "-m", "backend", "serve", "--config", str(self._config)),
                *("--host", "127.0.0.1", "--port", str(ports.canopy)),
            ],
            environment={"CANOPY_PROMETHEUS__URL": f"http://127.0.0.1:{ports.prometheus}"},
            ready_url=f"http://127.0.0.1:{ports.canopy}/health",
        )

    def _process(
        self,
        name: str,
        argv: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        ready_url: str | None = None,
    ) -> Process:
        return Process(
            name,
            argv,
            directory=self.base,
            # PYTHONPATH: `deploy` is no installed package, and ``base`` need not be the checkout.
            environment={"PYTHONPATH": str(ROOT), **self._environment, **(environment or {})},
            log=self.base / STATE / "logs" / f"{name}.log",
            ready_url=ready_url,
        )


def render_prometheus_config(ports: Ports) -> str:
    """prometheus.yml with these ports in the place of its own, and its rules found from anywhere."""
    text = (ROOT / "prometheus.yml").read_text()
    defaults = Ports()
    replacements = {
        f"localhost:{getattr(defaults, name)}": f"127.0.0.1:{getattr(ports, name)}"
        for name in ("order", "payment", "inventory", "canopy")
    }
    replacements["deploy/prometheus/"] = f"{ROOT}/deploy/prometheus/"
    for old, new in replacements.items():
        if old not in text:
            raise DemoError(
                f"prometheus.yml: {old} is not there any more; the demo puts its own in its place"
            )
        text = text.replace(old, new)
    return text
