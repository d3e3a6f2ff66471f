"""One checked request to Prometheus: its deadline, its credentials, and what may go wrong by name.

PrometheusError
├── PrometheusUnreachable   nothing answered, or the connection or the credentials broke on the way
├── PrometheusTimeout       no whole answer in time
├── PrometheusRefused       an answer that says no: a redirect, 4xx, 5xx or ``status: error``
│   ├── PrometheusGaveUp    it ended the query itself, for that one took too long: others may well succeed
│   └── PrometheusOverLimit the query needs more samples or series at once than it allows
└── PrometheusGarbled       an answer that is not what Prometheus answers
"""

from __future__ import annotations

import gc
import io
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from backend.settings import PrometheusSettings

NO_RETRY = urllib3.Retry(0, read=False)
"""One try: the poll comes again by itself, and a hidden second try would hide how slow the first was."""

_OVER_LIMIT = (
    "too many samples",
    "maxSamplesPerQuery",
    "maxUniqueTimeseries",
    "err-mimir-max-series-per-query",
    "err-mimir-max-chunks-per-query",
)
"""How Prometheus, VictoriaMetrics and Mimir say that a query needs more than they allow it."""

_OUT_OF_TIME = ("context deadline exceeded", "timeout exceeded")
"""How Thanos, Mimir and VictoriaMetrics say that they ended a query; a proxy before them says 504."""

_READ_BYTES = 1 << 18
_QUOTED_CHARACTERS = 200


class PrometheusError(Exception):
    """Prometheus gave no usable answer; ``detail`` names the address, what came and what to do."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class PrometheusUnreachable(PrometheusError):
    """Nothing answered, or the connection broke on the way."""


class PrometheusTimeout(PrometheusError):
    """No whole answer came in time."""


class PrometheusRefused(PrometheusError):
    """Prometheus, or a proxy before it, answered that it will not."""


class PrometheusGaveUp(PrometheusRefused):
    """Prometheus is there, and ended this one query because it took too long."""


class PrometheusOverLimit(PrometheusRefused):
    """Prometheus is there, and will not load as many samples or series as this one query needs."""


class PrometheusGarbled(PrometheusError):
    """The answer is not Prometheus's JSON, or not of the form that was asked for."""


class Answer(requests.Response):
    """A whole answer whose ``envelope`` (``{"status": "success", "data": ...}``) has been checked."""

    envelope: dict[str, Any]

    def json(self, **_: Any) -> Any:
        """The envelope, already decoded."""
        return self.envelope


class PrometheusSession(requests.Session):
    """A requests session in which every request has a deadline and every answer is checked.

    Whoever is handed it gets an ``Answer`` or a PrometheusError, never anything between; so libraries that
    take a session behave like our own calls. Safe for several threads.
    """

    def __init__(self, settings: PrometheusSettings) -> None:
        super().__init__()
        self.address = without_credentials(settings.url)
        self._deadline_seconds = settings.timeout
        self._seen = threading.local()
        self.headers["Accept-Encoding"] = "gzip"
        # As bytes: the HTTP library would fail over a character beyond Latin-1.
        self.headers.update({name: value.encode() for name, value in settings.headers.items()})
        self.auth = _auth(settings)
        self.verify = True if settings.tls_ca_file is None else str(settings.tls_ca_file)
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(max_retries=NO_RETRY))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the last answer in this thread said of its own incompleteness."""
        return getattr(self._seen, "warnings", ())

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Answer:
        """Send; raises PrometheusError for everything that is not a success of Prometheus's API."""
        kwargs |= {"timeout": self._deadline_seconds, "stream": True, "allow_redirects": False}
        # Said for each request: REQUESTS_CA_BUNDLE in the environment would win over the session's own.
        kwargs["verify"] = self.verify
        deadline = time.monotonic() + self._deadline_seconds
        try:
            with super().request(method, url, *args, **kwargs) as response:
                body = self._read(response, deadline)
        except urllib3.exceptions.DecodeError:
            raise PrometheusGarbled(f"{self.address} sent a compressed answer that is broken") from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._translate(error) from None
        answer = _whole(response, body)
        answer.envelope = self._check(response, body)
        self._seen.warnings = tuple(str(warning) for warning in answer.envelope.get("warnings") or ())
        return answer

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The body; a server that sends a byte now and then is as late as one that sends none."""
        parts = []
        # Not `response.content`, nor its chunks: they wait until so many bytes are there, however long.
        while part := response.raw.read1(_READ_BYTES, decode_content=True):
            parts.append(part)
            if time.monotonic() > deadline:
                raise requests.Timeout
        return b"".join(parts)

    def _translate(self, error: Exception) -> PrometheusError:
        if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
            return PrometheusTimeout(
                f"{self.address} gave no whole answer within {self._deadline_seconds:g} s; "
                "is it overloaded, or the query heavy? prometheus.timeout allows it more"
            )
        return PrometheusUnreachable(
            f"{self.address} cannot be reached: {_root_cause(error)}; "
            "check prometheus.url and that Prometheus is running"
        )

    def _check(self, response: requests.Response, body: bytes) -> dict[str, Any]:
        """The envelope of a success; raises for everything else."""
        try:
            envelope = _decoded(body)
        except orjson.JSONDecodeError:
            envelope = None
        known = isinstance(envelope, dict) and envelope.get("status") in ("success", "error")
        if response.status_code != 200 or (known and envelope["status"] == "error"):
            raise self._refusal(response, envelope if known else None, body)
        if not known or "data" not in envelope:
            raise PrometheusGarbled(
                f"{self.address} answered something that is not Prometheus's JSON: {quote(body)}; "
                "check that prometheus.url points at Prometheus and not at a page before it"
            )
        checked: dict[str, Any] = envelope
        return checked

    def _refusal(
        self, response: requests.Response, envelope: dict[str, Any] | None, body: bytes
    ) -> PrometheusError:
        code = response.status_code
        kind, text = ("", quote(body)) if envelope is None else _error_of(envelope)
        if kind in ("timeout", "canceled") or code == 504 or any(words in text for words in _OUT_OF_TIME):
            return PrometheusGaveUp(
                f"{self.address} gave the query up ({text}); "
                "is the query heavy, or Prometheus overloaded? prometheus.timeout allows it more"
            )
        if 300 <= code < 400:
            target = without_credentials(response.headers.get("Location", "nowhere"))
            text = f"a redirect to {target}"
        refused = PrometheusOverLimit if any(words in text for words in _OVER_LIMIT) else PrometheusRefused
        return refused(f"{self.address} answered HTTP {code}: {text}; {_advice(code)}")


def _decoded(body: bytes) -> Any:
    """The JSON of ``body``; raises orjson.JSONDecodeError.

    Ten thousand series are thirty thousand new objects and no garbage. Python would look for some again and
    again, now and then through all it has: 18 ms an answer in the mean, where decoding and judging take 10.
    """
    gc.disable()
    try:
        return orjson.loads(body)
    finally:
        gc.enable()


def without_credentials(url: str) -> str:
    """The address for people to read: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def quote(body: bytes) -> str:
    """The start of a body that was not understood, on one line."""
    text = " ".join(body[: 4 * _QUOTED_CHARACTERS].decode(errors="replace").split())
    printable = "".join(character if character.isprintable() else "�" for character in text)
    return repr(printable[:_QUOTED_CHARACTERS]) if printable else "an empty body"


def _error_of(envelope: dict[str, Any]) -> tuple[str, str]:
    kind = str(envelope.get("errorType", "error"))
    return kind, f"{kind}: {str(envelope.get('error', 'no reason given'))[: 3 * _QUOTED_CHARACTERS]}"


def _advice(code: int) -> str:
    if code in (401, 403, 407):
        return "check prometheus.basic_auth, prometheus.bearer_token_file and prometheus.headers"
    if 300 <= code < 400:
        return "give the final address in prometheus.url"
    if code == 404:
        return "check the path in prometheus.url"
    if code in (400, 405, 413, 414, 422) or code == 200:
        return "check the query"
    return "is it starting or overloaded? Its own log says more"


def _root_cause(error: BaseException) -> str:
    """What the operating system or TLS said, from below the layers of the HTTP libraries."""
    if isinstance(error, urllib3.exceptions.IncompleteRead):
        return "the connection broke in the middle of the answer"
    said = ""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            said = below.strerror
        last, below = below, below.__cause__ or below.__context__
    return said or _without_addresses(str(last))


def _without_addresses(text: str) -> str:
    """One short line of an exception; no address in it, for an address may carry a password."""
    words = ("..." if "://" in word else word for word in text.split())
    return " ".join(words)[:_QUOTED_CHARACTERS]


def _whole(response: requests.Response, body: bytes) -> Answer:
    """An Answer with what ``response`` had, its body read and decompressed."""
    answer = Answer()
    answer.status_code, answer.reason = response.status_code, response.reason
    answer.headers, answer.url, answer.request = response.headers, response.url, response.request
    answer.encoding, answer.elapsed = response.encoding, response.elapsed
    answer.raw = io.BytesIO(body)
    return answer


class _BasicAuthFromFile(AuthBase):
    """Reads the password for each request, so that a rotated one works without a restart."""

    def __init__(self, username: str, password_file: Path) -> None:
        self._username, self._password_file = username, password_file

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        password = _read_secret("prometheus.basic_auth.password_file", self._password_file)
        HTTPBasicAuth(self._username.encode(), password.encode())(request)
        return request


class _BearerTokenFromFile(AuthBase):
    """Reads the token for each request: Kubernetes rotates it every hour."""

    def __init__(self, token_file: Path) -> None:
        self._token_file = token_file

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = (
            f"Bearer {_read_secret('prometheus.bearer_token_file', self._token_file)}"
        )
        return request


def _auth(settings: PrometheusSettings) -> AuthBase | None:
    if settings.basic_auth is not None:
        return _BasicAuthFromFile(settings.basic_auth.username, settings.basic_auth.password_file)
    if settings.bearer_token_file is not None:
        return _BearerTokenFromFile(settings.bearer_token_file)
    return None


def _read_secret(key: str, path: Path) -> str:
    """The secret in a file, without blanks around it; PrometheusUnreachable names the key and the file."""
    try:
        secret = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise PrometheusUnreachable(f"{key}: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        secret = ""
    if not secret or not secret.isprintable():
        raise PrometheusUnreachable(f"{key}: {path} must hold one line of ASCII characters")
    return secret
