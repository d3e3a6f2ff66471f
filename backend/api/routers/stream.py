"""Server-sent events: readings, incidents, training progress, the state of what Canopy depends on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from backend.api.parts import PartsDep
from backend.jobs.broadcast import Broadcast, Event

router = APIRouter(tags=["stream"])

_HEARTBEAT = 2.0
"""Seconds of silence after which a ``ping`` is sent.

A reader that hears nothing for longer has lost the stream.
"""
_PING = Event("ping", {}).wire
_FIRST = b"retry: 2000\n" + _PING
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "data": {"type": "string", "description": "JSON"},
        "retry": {"type": "integer", "minimum": 0, "description": "milliseconds"},
    },
}


class _Stream(StreamingResponse):
    """The framework's own would write every event anew for every stream."""

    media_type = "text/event-stream"


@router.get(
    "/stream",
    response_class=_Stream,
    responses={200: {"content": {"text/event-stream": {"itemSchema": _EVENT}}}},
)
async def stream(parts: PartsDep) -> _Stream:
    """Events ``readings`` (once a poll), ``incident``, ``retrain``, ``source``, ``backtest`` and others.

    After 2 s of silence there is a ``ping``. Who reads too slowly misses the oldest events: fetch what you
    show anew at each ``readings``.
    """
    return _Stream(_events(parts.broadcast), headers=_HEADERS)


async def _events(broadcast: Broadcast) -> AsyncIterator[bytes]:
    """All that waits goes out as one piece: a storm costs each reader one write, not a thousand."""
    async with broadcast.subscribe() as subscription:
        yield _FIRST
        while True:
            try:
                events = await subscription.next(_HEARTBEAT)
            except TimeoutError:
                yield _PING
                continue
            if events is None:
                return
            yield b"".join(event.wire for event in events)
