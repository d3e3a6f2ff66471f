"""The traffic generator against a real HTTP server: its mix, its rhythm, its patience, its end."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.traffic import NIGHT, main, rate_at

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds until a test gives up; none waits that long when all is well


class FakeShop(ThreadingHTTPServer):
    """All three services in one: takes every order but those for nothing, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answers)
        self.asked: queue.Queue[str] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: FakeShop

    def do_GET(self) -> None:
        self._answer(200, f"GET {self.path}", {})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if order["quantity"]:
            self._answer(201, f"POST {self.path}", {"id": "o-1", "paymentId": "p-1"})
        else:
            self._answer(400, f"POST {self.path} for nothing", {})

    def _answer(self, status: int, asked: str, body: dict[str, str]) -> None:
        self.server.asked.put(asked)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output readable."""


@contextmanager
def shop(port: int = 0) -> Iterator[FakeShop]:
    with FakeShop(port) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def traffic(url: str) -> Iterator["subprocess.Popen[str]"]:
    addresses = [f"--{name}={url}" for name in ("orders", "payments", "inventory")]
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo.traffic", *addresses, "--rate=400", "--period=60"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: "subprocess.Popen[str]", pattern: str) -> str:
    """The first line that matches; fails when the output ends before."""
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"the output ended without a line like {pattern!r}")


def test_customers_order_read_and_make_mistakes() -> None:
    wanted = {
        "POST /orders",
        "POST /orders for nothing",
        "GET /orders/o-1",
        "GET /payments/p-1",
        "GET /stock",
        "GET /stock/LAMP",
        "GET /stock/GRAMOPHONE",
    }
    with shop() as server, traffic(server.url):
        while wanted:
            wanted.discard(server.asked.get(timeout=PATIENCE))


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    with shop() as server:
        port, url = server.server_address[1], server.url
    with traffic(url) as process:
        assert "ConnectionError" in read_until(process, "does not answer")
        with shop(port) as server:
            assert read_until(process, r"answers again|does not answer").endswith(f"{url} answers again\n")
            server.asked.get(timeout=PATIENCE)
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=PATIENCE)
    assert "does not answer" not in rest


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_last_count(signum: signal.Signals) -> None:
    with shop() as server, traffic(server.url) as process:
        server.asked.get(timeout=PATIENCE)
        process.send_signal(signum)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert re.search(r"stopped: 2xx \d+, 4xx \d+, 5xx 0, no answer 0, skipped \d+", output)


@given(
    peak=st.floats(0.1, 1e3),
    period=st.floats(1, 1e5),
    share=st.floats(0, 1),
    days=st.integers(0, 100),
)
def test_a_day_lies_between_night_and_peak_and_repeats(
    peak: float, period: float, share: float, days: int
) -> None:
    rate = rate_at(share * period, peak, period)
    assert peak * NIGHT * 0.999 <= rate <= peak * 1.001
    assert rate_at((share + days) * period, peak, period) == pytest.approx(rate, rel=1e-3)


def test_midnight_is_calm_and_noon_is_busy() -> None:
    assert rate_at(0, 10, 300) == pytest.approx(10 * NIGHT)
    assert rate_at(150, 10, 300) == pytest.approx(10)


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("--rate=0", "argument --rate: '0' is not a number above 0"),
        ("--rate=inf", "argument --rate: 'inf' is not a number above 0"),
        ("--period=often", "argument --period: 'often' is not a number above 0"),
        ("--orders=localhost:8081", "argument --orders: 'localhost:8081' is not an address like http://"),
    ],
)
def test_a_wrong_argument_is_named(argument: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([argument])
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err
