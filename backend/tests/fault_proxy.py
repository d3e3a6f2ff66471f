"""A proxy that stands between Canopy and a real HTTP server and breaks its answers in the named ways.

with FaultProxy(prometheus.url) as proxy:
    client = PrometheusClient(PrometheusSettings(url=proxy.url))
    proxy.fault = Fault.HANG
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

HTML = b"<!doctype html><html><body>Please log in</body></html>"
GARBAGE = bytes(range(256)) * 8
ERROR_ENVELOPE = b'{"status":"error","errorType":"internal","error":"the head block is on fire"}'


class Fault(StrEnum):
    """What happens to an answer on its way."""

    PASS = "pass"
    DELAY = "delay"  # `delay_seconds`, then the real answer
    HANG = "hang"  # the request is read, nothing is ever answered
    DRIP = "drip"  # a byte now and then, without an end
    CUT = "cut"  # the connection breaks in the middle of the body
    HTTP_500 = "500"
    HTTP_503 = "503"
    HTTP_504 = "504"
    HTML = "html"  # 200 with a login page
    REDIRECT = "redirect"  # to a login page
    GARBAGE = "garbage"  # 200 with bytes of no meaning
    EMPTY = "empty"  # 200 without a body
    TRUNCATED_JSON = "truncated json"  # the real answer's first half, correctly framed
    BROKEN_GZIP = "broken gzip"
    STATUS_ERROR = "status error"  # 200 with Prometheus's error envelope
    OTHER_JSON = "other json"  # JSON of someone else
    REPLACED = "replaced"  # 200 with `replacement`


_CANNED = {
    Fault.HTTP_500: (500, b"Internal Server Error", {}),
    Fault.HTTP_503: (503, b"Service Unavailable", {"Retry-After": "1"}),
    Fault.HTTP_504: (504, b"Gateway Time-out", {}),
    Fault.HTML: (200, HTML, {"Content-Type": "text/html"}),
    Fault.REDIRECT: (302, b"", {"Location": "https://login.example/start?token=s3cret"}),
    Fault.GARBAGE: (200, GARBAGE, {"Content-Type": "application/octet-stream"}),
    Fault.EMPTY: (200, b"", {}),
    Fault.BROKEN_GZIP: (200, b"\x1f\x8b" + GARBAGE, {"Content-Encoding": "gzip"}),
    Fault.STATUS_ERROR: (200, ERROR_ENVELOPE, {}),
    Fault.OTHER_JSON: (200, b'{"message": "not here"}', {}),
}


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class FaultProxy:
    """Forwards to ``upstream`` (http://host:port) with ``fault``, which a test may set at any time."""

    def __init__(self, upstream: str) -> None:
        self.fault = Fault.PASS
        self.delay_seconds = 0.3
        self.replacement = b""
        self.only = b""
        """The faults befall requests alone whose body holds this."""
        self.seen: list[Seen] = []
        self._upstream = urlsplit(upstream).netloc
        self._stopped = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy._handle(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the tests' output stays readable."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Nothing: a client that gives up is what the tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        run = self._server.serve_forever
        threading.Thread(target=run, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.seen.append(Seen(request.command, request.path, dict(request.headers), body))
        fault = self.fault if self.only in body else Fault.PASS
        if fault is Fault.HANG:
            self._stopped.wait()
            request.close_connection = True
        elif fault is Fault.DRIP:
            self._drip(request)
        elif fault is Fault.REPLACED:
            _send(request, 200, self.replacement)
        elif fault in _CANNED:
            _send(request, *_CANNED[fault])
        else:
            if fault is Fault.DELAY:
                self._stopped.wait(self.delay_seconds)
            self._forward(request, body, fault)

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000000")
        request.end_headers()
        while not self._stopped.wait(0.05):
            request.wfile.write(b"{")

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes, fault: Fault) -> None:
        connection = HTTPConnection(self._upstream, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name != "Host"}
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if fault is Fault.TRUNCATED_JSON:
            content = content[: len(content) // 2]
        kept = len(content) // 2 if fault is Fault.CUT else len(content)
        _send(request, answer.status, content, _headers(answer), kept)
        request.close_connection = fault is Fault.CUT


def _headers(answer: HTTPResponse) -> dict[str, str]:
    names = ("Content-Type", "Content-Encoding", "Location")
    return {name: value for name in names if (value := answer.getheader(name)) is not None}


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    kept: int | None = None,
) -> None:
    """Answer with ``body``, of which only the first ``kept`` bytes are sent where that is given."""
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[:kept])
