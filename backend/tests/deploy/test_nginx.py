"""nginx.conf, run by a real NGINX before a small upstream that says what it was sent."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.tests.deploy.nginx import RealNginx

pytestmark = pytest.mark.real

LARGE = json.dumps({"text": "reading " * 1000})


class Upstream(ThreadingHTTPServer):
    """Answers with the request's headers as JSON; a stream sends one event, then waits for ``release``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.release = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        if self.path.endswith("/stream"):
            self._stream()
        else:
            self._answer(LARGE if self.path == "/large" else json.dumps(dict(self.headers.items())))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer("{}")

    def _answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "script-src 'none'")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"event: readings\ndata: {}\n\n")
        self.wfile.flush()
        self.server.release.wait(timeout=60)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is for its failures."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def nginx(upstream: Upstream) -> Iterator[RealNginx]:
    with RealNginx(upstream.server_address[1]) as running:
        yield running


@pytest.mark.parametrize(
    "path", ["/ui/", "/api/v1/incidents", "/stream", "/metrics", "/openapi.json", "/health"]
)
@pytest.mark.parametrize("password", [None, "wrong"])
def test_nothing_is_shown_without_the_password(nginx: RealNginx, path: str, password: str | None) -> None:
    answer = nginx.session(password).get(nginx.url + path, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Canopy"'


def test_with_the_password_canopy_answers_and_never_sees_it(nginx: RealNginx) -> None:
    answer = nginx.session().get(f"{nginx.url}/services", timeout=10)
    assert answer.status_code == 200
    seen = answer.json()
    assert "Authorization" not in seen
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["Host"] == "localhost"


def test_plain_http_is_sent_to_https_with_path_and_query(nginx: RealNginx) -> None:
    address = f"http://localhost:{nginx.http_port}/ui/incidents?status=OPEN"
    answer = nginx.session().get(address, timeout=10, allow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://localhost/ui/incidents?status=OPEN"


@pytest.mark.parametrize("path", ["/stream", "/api/v1/stream"])
def test_an_event_arrives_while_its_stream_is_open(nginx: RealNginx, upstream: Upstream, path: str) -> None:
    upstream.release.clear()
    with nginx.session().get(nginx.url + path, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        # The upstream sends nothing more until it is released: a proxy that buffers would time out here.
        assert next(answer.iter_lines()) == b"event: readings"
        upstream.release.set()


@pytest.mark.parametrize(("path", "password"), [("/ui/", "correct horse"), ("/ui/", None), ("/stream", None)])
def test_security_headers_are_on_every_answer(nginx: RealNginx, path: str, password: str | None) -> None:
    headers = nginx.session(password).get(nginx.url + path, timeout=10).headers
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "script-src 'none'" not in headers["Content-Security-Policy"], "the upstream's is replaced"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Server"] == "nginx", "the version is nobody's business"


def test_large_answers_are_compressed(nginx: RealNginx) -> None:
    answer = nginx.session().get(f"{nginx.url}/large", timeout=10)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == LARGE


def test_a_comment_fits_and_a_flood_does_not(nginx: RealNginx) -> None:
    session = nginx.session()
    longest = json.dumps({"text": "\u00e9" * 10_000})
    assert session.post(f"{nginx.url}/incidents/1/comments", data=longest, timeout=10).status_code == 200
    assert (
        session.post(f"{nginx.url}/incidents/1/comments", data="x" * 200_000, timeout=10).status_code == 413
    )


@pytest.mark.parametrize(
    ("method", "site", "status"),
    [
        ("POST", "cross-site", 403),
        ("POST", "same-site", 403),
        ("POST", "same-origin", 200),
        ("POST", None, 200),
        ("GET", "cross-site", 200),
    ],
)
def test_another_site_may_link_here_but_not_act_here(
    nginx: RealNginx, method: str, site: str | None, status: int
) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    answer = nginx.session().request(method, f"{nginx.url}/incidents/1/resolve", headers=headers, timeout=10)
    assert answer.status_code == status


def test_old_protocols_are_refused(nginx: RealNginx) -> None:
    context = ssl.create_default_context(cafile=str(nginx.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("localhost", nginx.https_port), timeout=10) as connection,
        pytest.raises(ssl.SSLError, match="alert protocol version"),
    ):
        context.wrap_socket(connection, server_hostname="localhost")
