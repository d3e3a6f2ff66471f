"""Asks an ASGI application without a server or a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message


def ask(app: ASGIApp, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of its answer to a GET."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]

    async def whole() -> None:
        await app({"type": "http", "method": "GET", "headers": asked}, receive, send)

    asyncio.run(whole())
    start, *rest = sent
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], answered, b"".join(message["body"] for message in rest)
