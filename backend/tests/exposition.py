"""A scrape target for tests: serves the Prometheus text that the test has set."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class FakeExposition:
    """Answers every GET with ``text``; set ``text`` at any time, the next scrape sees it.

    with FakeExposition('up_and_well{service="shop"} 1') as target:
        prometheus.add_target("shop", target.address)
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.scrapes = 0
        exposition = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = (exposition.text.rstrip("\n") + "\n").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                exposition.scrapes += 1

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the tests' output stays readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """host:port, as a target in prometheus.yml."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
