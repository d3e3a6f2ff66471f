"""Answers range queries as Prometheus does, from a made-up past of many services; a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray

_DAY = 86400.0
_POINT = len(b'[1767225600,"0000.000000"],')


class Past:
    """``services`` services, each with the series of every query: a day's wave, noise, a fault a week.

    Every point is text of the same length, so that a range of it is cut out and not written anew: what is
    measured is who asks, not who answers.
    """

    def __init__(self, services: int, start: int, step: int, count: int) -> None:
        self.start, self.step, self.count = start, step, count
        self.series = {
            f"service-{i}": _text(start, step, _values(i, start, step, count)) for i in range(services)
        }

    def answer(self, start: float, end: float) -> bytes:
        first = max(0, round((start - self.start) / self.step))
        last = min(self.count, round((end - self.start) / self.step) + 1)
        parts = [
            b'{"metric":{"service":"%s"},"values":[%s]}'
            % (name.encode(), text[first * _POINT : last * _POINT - 1])
            for name, text in self.series.items()
            if last > first
        ]
        return b'{"status":"success","data":{"resultType":"matrix","result":[%s]}}' % b",".join(parts)


def _values(number: int, start: int, step: int, count: int) -> NDArray[np.float64]:
    random = np.random.default_rng(number)
    times = start + step * np.arange(count, dtype=np.float64)
    values = 200 + 80 * np.sin(2 * np.pi * times / _DAY) + random.gamma(2, 10, count)
    fault = random.integers(0, int(7 * _DAY))
    values[(times - start - fault) % (7 * _DAY) < 1800] += 4000
    return values


def _text(start: int, step: int, values: NDArray[np.float64]) -> bytes:
    return b"".join(b'[%d,"%011.6f"],' % (start + i * step, v) for i, v in enumerate(values.tolist()))


class _Handler(BaseHTTPRequestHandler):
    past: Past
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, form: str) -> None:
        asked = parse_qs(form)
        body = self.past.answer(float(asked["start"][0]), float(asked["end"][0]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """One line a request says nothing here."""


@contextmanager
def synthetic_prometheus(services: int, start: int, step: int, count: int) -> Iterator[str]:
    """The address of one that runs in a process of its own, once it has made its past up."""
    command = [sys.executable, "-m", "benchmarks.synthetic_prometheus"]
    with subprocess.Popen(
        [*command, json.dumps([services, start, step, count])], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended; the address goes to stdout first."""
    _Handler.past = Past(*json.loads(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
