"""Events from the worker threads to every open event stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

_QUEUE = 256
"""Events a slow reader may be behind.

Then its oldest are dropped, and it refetches at the next ``readings``.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event: its name and a JSON-ready object."""

    name: str
    data: dict[str, Any]


@dataclass(eq=False)
class Subscription:
    """One open stream."""

    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(_QUEUE))

    def offer(self, event: Event | None) -> None:
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(event)

    async def next(self, patience: float) -> Event | None:
        """The next event.

        None when the server stops. Raises TimeoutError after ``patience`` seconds of silence.
        """
        return await asyncio.wait_for(self.queue.get(), patience)


class Broadcast:
    """Publishes from any thread; streams subscribe on the event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver on ``loop`` from now on; what was published before had no reader."""
        self._loop = loop

    def publish(self, name: str, data: dict[str, Any]) -> None:
        self._send(Event(name, data))

    def close(self) -> None:
        """End every open stream, so that a stopping server does not wait for its readers.

        Safe in a signal handler.
        """
        self._closed = True
        self._send(None)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.offer(None)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    @property
    def readers(self) -> int:
        return len(self._subscriptions)

    def _send(self, event: Event | None) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._deliver, event)

    def _deliver(self, event: Event | None) -> None:
        for subscription in self._subscriptions:
            subscription.offer(event)
