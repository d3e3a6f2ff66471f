"""Server-sent events: readings, incidents, training progress, the state of what Canopy depends on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from backend.api.parts import PartsDep

router = APIRouter(tags=["stream"])

_HEARTBEAT = 2.0
"""Seconds of silence after which a ``ping`` is sent.

A reader that hears nothing for longer has lost the stream.
"""
_RETRY = 2000


@router.get("/stream", response_class=EventSourceResponse)
async def stream(parts: PartsDep) -> AsyncIterator[ServerSentEvent]:
    """Events ``readings``, ``incident``, ``retrain``, ``source`` and, every 2 s of silence, ``ping``."""
    async with parts.broadcast.subscribe() as subscription:
        yield ServerSentEvent(event="ping", data={}, retry=_RETRY)
        while True:
            try:
                event = await subscription.next(_HEARTBEAT)
            except TimeoutError:
                yield ServerSentEvent(event="ping", data={})
                continue
            if event is None:
                return
            yield ServerSentEvent(event=event.name, data=event.data)
