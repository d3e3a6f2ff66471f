"""An answer as ready bytes: made once, sent to everyone who asks, not at all to who has it already."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

JSON = "application/json"

_WORTH_PACKING = 16_384
"""Bytes from which an answer is sent packed to who can unpack it."""
_LEVEL = 1
"""zlib's fastest: numbers hardly shrink further, and the poll needs the processor too."""
_GZIP = 16 + zlib.MAX_WBITS

T = TypeVar("T")


class Ready:
    """One answer; an ASGI application that any thread may make and the event loop sends.

    Its ETag is weak: packed or not, it says the same.
    """

    def __init__(self, body: bytes, media_type: str = JSON) -> None:
        self.body = body
        self._media_type = media_type.encode()
        self.etag = b'W/"%s"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
        self._packed: bytes | None = None

    def pack(self) -> None:
        """Make the packed form too, if it is worth it. Takes milliseconds a megabyte, without the GIL."""
        if self._packed is None and len(self.body) >= _WORTH_PACKING:
            packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
            self._packed = packer.compress(self.body) + packer.flush()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; 304 where the asker names its ETag."""
        del receive
        accepts, known = _wishes(scope["headers"])
        headers = [(b"etag", self.etag), (b"cache-control", b"no-cache"), (b"vary", b"accept-encoding")]
        if known is not None and _names(known, self.etag):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        body = self.body
        if self._packed is not None and b"gzip" in accepts:
            body = self._packed
            headers.append((b"content-encoding", b"gzip"))
        headers += [(b"content-type", self._media_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Sending(Response):
    """A ready answer as what a router returns."""

    def __init__(self, ready: Ready) -> None:
        super().__init__()
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._ready(scope, receive, send)


class Kept(Generic[T]):
    """The newest of something costly, for as long as what it is made of stays the same.

    One thread makes it; those that ask meanwhile wait.
    """

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._kept: tuple[object, T] | None = None

    def get(self, made_of: object, make: Callable[[], T]) -> T:
        """What was made of an equal ``made_of``, else what ``make`` makes now; it may raise."""
        with self._making:
            if self._kept is None or self._kept[0] != made_of:
                self._kept = (made_of, make())
            return self._kept[1]


def _wishes(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes | None]:
    """The request's Accept-Encoding, and its If-None-Match if it has one."""
    accepts, known = b"", None
    for name, value in headers:
        if name == b"accept-encoding":
            accepts = value
        elif name == b"if-none-match":
            known = value
    return accepts, known


def _names(known: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match names the ETag, compared weakly (RFC 9110, 13.1.2)."""
    opaque = etag.removeprefix(b"W/")
    return any(each.strip().removeprefix(b"W/") in (opaque, b"*") for each in known.split(b","))
