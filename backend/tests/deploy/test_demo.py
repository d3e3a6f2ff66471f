"""The demo's supervisor: ports are checked first, and no process outlives it, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.settings import load_settings
from backend.tests.real import free_port, wait_until
from deploy.demo import fault
from deploy.demo.ports import STATE, DemoError, Ports
from deploy.demo.process import Process, wait_until_ready
from deploy.demo.stack import CONFIG, PARTS, ROOT, DemoStack, render_prometheus_config

SLEEPER = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEPER}"
PARENT = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]);"
    f"print(child.pid, flush=True); {SLEEPER}"
)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Process]:
    def make(*argv: str, ready_url: str | None = None, name: str = "one") -> Process:
        return Process(
            name,
            argv,
            directory=tmp_path,
            environment={},
            log=tmp_path / f"{name}.log",
            ready_url=ready_url,
        )

    return make


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_that_ends_by_itself_is_named_with_the_end_of_its_log(make: Callable[..., Process]) -> None:
    program = "print('no such table: incidents'); raise SystemExit(3)"
    process = make(sys.executable, "-c", program, name="canopy", ready_url="http://127.0.0.1:9/")
    process.start()
    with pytest.raises(DemoError, match=r"canopy ended \(exit code 3\)[\s\S]*no such table: incidents"):
        wait_until_ready([process], 30, lambda: False, lambda _: None)


def test_a_program_that_is_not_there_is_named(make: Callable[..., Process]) -> None:
    with pytest.raises(DemoError, match="one: no-such-program cannot be run: No such file"):
        make("no-such-program").start()


def test_a_server_that_never_answers_is_named(make: Callable[..., Process]) -> None:
    process = make(sys.executable, "-c", SLEEPER, ready_url=f"http://127.0.0.1:{free_port()}/")
    process.start()
    try:
        with pytest.raises(DemoError, match="one does not answer"):
            wait_until_ready([process], 0, lambda: False, lambda _: None)
    finally:
        process.kill()


def test_the_children_of_a_process_end_with_it(make: Callable[..., Process]) -> None:
    process = make(sys.executable, "-c", PARENT, SLEEPER)
    process.start()
    wait_until(lambda: process.log.read_text().strip().isdigit(), "the child runs")
    child = int(process.log.read_text())
    assert runs(child)
    assert process.stop()
    wait_until(lambda: not runs(child), "the child ended")


def test_a_process_deaf_to_sigterm_is_killed(make: Callable[..., Process]) -> None:
    process = make(sys.executable, "-c", DEAF)
    process.start()
    wait_until(lambda: "deaf" in process.log.read_text(), "it ignores SIGTERM")
    pid = process.pid
    assert pid is not None
    assert not process.stop(deadline=time.monotonic() + 0.2)
    assert not runs(pid)


def test_ports_come_from_the_environment() -> None:
    ports = Ports.from_environment({"PORT": "9999", "PROMETHEUS_PORT": "", "ORDER_PORT": "7001"})
    assert (ports.canopy, ports.prometheus, ports.order) == (9999, 9190, 7001)


@pytest.mark.parametrize("text", ["ninety", "0", "65536", "-1", "90 92", "\u0669"])
def test_a_variable_that_holds_no_port_is_named(text: str) -> None:
    with pytest.raises(DemoError, match=r"PAYMENT_PORT: found .* allowed: a port"):
        Ports.from_environment({"PAYMENT_PORT": text})


def test_two_servers_on_one_port_are_named() -> None:
    with pytest.raises(DemoError, match="PORT and ORDER_PORT are both 8081"):
        Ports.from_environment({"PORT": "8081"})


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_stops_the_demo_before_it_starts(tmp_path: Path, host: str) -> None:
    with socket.socket() as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        ports = Ports(**{**_as_dict(Ports.free()), "payment": port})
        with pytest.raises(DemoError, match=rf"port {port} \(payment-service\) is in use.*PAYMENT_PORT="):
            DemoStack(tmp_path, ports).start()
    assert not list(tmp_path.iterdir())


def test_a_start_that_fails_half_way_leaves_nothing_running(tmp_path: Path) -> None:
    stack = DemoStack(tmp_path, Ports.free(), parts=("traffic", "canopy"), config=tmp_path / "no.yaml")
    stack.processes["order-service"] = Process(
        "order-service",
        [sys.executable, "-c", "raise SystemExit('out of memory')"],
        directory=tmp_path,
        environment={},
        log=tmp_path / "order-service.log",
        ready_url=f"http://127.0.0.1:{free_port()}/",
    )
    stack.processes["prometheus"] = long_lived = Process(
        "prometheus",
        [sys.executable, "-c", SLEEPER],
        directory=tmp_path,
        environment={},
        log=tmp_path / "prometheus.log",
        ready_url=None,
    )
    with pytest.raises(DemoError, match=r"order-service ended[\s\S]*out of memory"):
        stack.start()
    assert long_lived.pid is None
    assert not (tmp_path / STATE / "ports").exists()


def _as_dict(ports: Ports) -> dict[str, int]:
    names = ("canopy", "prometheus", "order", "payment", "inventory")
    return {name: getattr(ports, name) for name in names}


def test_the_configuration_of_prometheus_has_the_ports_and_no_default_is_left() -> None:
    text = render_prometheus_config(Ports(1, 2, 3, 4, 5))
    assert all(f"127.0.0.1:{port}]" in text for port in (1, 3, 4, 5))
    assert "localhost" not in text


def test_the_state_for_make_fault_is_read_back_and_a_broken_one_ignored(tmp_path: Path) -> None:
    (tmp_path / STATE).mkdir()
    ports = Ports.free()
    ports.write(tmp_path)
    assert Ports.read(tmp_path) == ports
    (tmp_path / STATE / "ports").write_text("{")
    assert Ports.read(tmp_path) == Ports()


def test_the_demo_has_models_within_five_minutes_of_the_first_rates() -> None:
    settings = load_settings(CONFIG, {})
    assert settings.training.min_samples * settings.poll.interval <= 300 - 30


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["shop", "latency"], "SERVICE: found 'shop'; allowed: order-service, payment-service"),
        (["", ""], "FAULT: found ''; allowed: latency"),
        (["order-service", "slow"], "FAULT: found 'slow'; allowed: latency"),
        (["order-service", "cpu", "--duration", "soon"], "DURATION: found 'soon'; allowed: a duration"),
    ],
)
def test_make_fault_says_what_is_allowed(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fault.main(argv) == 2
    assert said in capsys.readouterr().err


def test_make_fault_says_that_the_demo_is_not_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / STATE).mkdir()
    Ports.free().write(tmp_path)
    monkeypatch.setattr(fault, "ROOT", tmp_path)
    assert fault.main(["order-service", "cpu"]) == 1
    assert "the demo is not running; start it with: make demo" in capsys.readouterr().err


@pytest.mark.real
def test_the_shop_and_its_prometheus_start_and_leave_nothing_behind(tmp_path: Path) -> None:
    parts = [part for part in PARTS if part != "canopy"]
    with DemoStack(tmp_path, Ports.free(), parts=parts) as stack:
        pids = [process.pid for process in stack.processes.values()]
        assert all(pid is not None and runs(pid) for pid in pids)
        assert Ports.read(tmp_path) == stack.ports
        for name in ("order-service", "payment-service", "inventory-service"):
            assert (tmp_path / "logs" / f"{name}.log").exists()
    assert not any(pid is not None and runs(pid) for pid in pids)
    assert not (tmp_path / STATE / "ports").exists()


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("signum", "moment"),
    [(signal.SIGINT, "[payment-service] starting"), (signal.SIGTERM, "Ctrl-C stops")],
)
def test_a_signal_ends_the_demo_and_everything_it_started(
    tmp_path: Path, signum: signal.Signals, moment: str
) -> None:
    variables = ("PORT", "PROMETHEUS_PORT", "ORDER_PORT", "PAYMENT_PORT", "INVENTORY_PORT")
    ports = dict(zip(variables, map(str, _as_dict(Ports.free()).values()), strict=True))
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", "--base", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if moment in line:
                break
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
        assert children
        demo.send_signal(signum)
        rest = demo.stdout.read()
    assert demo.returncode == 0, rest
    assert "everything stopped" in rest
    assert not any(runs(int(child)) for child in children)
