"""Events from the worker threads to every open event stream."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

_MOST = 256
_MOST_BYTES = 1 << 20
"""Events a slow reader may be behind, and their bytes.

Then its oldest are dropped, and it refetches at the next ``readings``.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event: its name and a JSON-ready object; ``wire`` is both, as all streams send it."""

    name: str
    data: dict[str, Any]
    wire: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wire = b"event: %s\ndata: %s\n\n" % (self.name.encode(), orjson.dumps(self.data))
        object.__setattr__(self, "wire", wire)


class Subscription:
    """One open stream; the event loop's alone."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._bytes = 0
        self._ended = False
        self._news = asyncio.Event()

    def offer(self, events: Sequence[Event]) -> None:
        """Put them behind those that wait; the newest one always stays."""
        self._waiting.extend(events)
        self._bytes += sum(len(event.wire) for event in events)
        while len(self._waiting) > 1 and (len(self._waiting) > _MOST or self._bytes > _MOST_BYTES):
            self._bytes -= len(self._waiting.popleft().wire)
        self._news.set()

    def end(self) -> None:
        """Nothing follows what waits."""
        self._ended = True
        self._news.set()

    async def next(self, patience: float) -> list[Event] | None:
        """All that waits, oldest first, as soon as anything does.

        None when the server stops. Raises TimeoutError after ``patience`` seconds of silence.
        """
        await asyncio.wait_for(self._news.wait(), patience)
        events = list(self._waiting)
        if not events and self._ended:
            return None
        self._waiting.clear()
        self._bytes = 0
        if not self._ended:
            self._news.clear()
        return events


class Broadcast:
    """Publishes from any thread; streams subscribe on the event loop.

    However fast events are published, the loop is woken once for all that came since it last looked.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscriptions: set[Subscription] = set()
        self._closed = False
        self._lock = threading.Lock()
        self._published: deque[Event] = deque(maxlen=_MOST)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver on ``loop`` from now on; what was published before had no reader."""
        self._loop = loop

    def publish(self, name: str, data: dict[str, Any]) -> None:
        event = Event(name, data)
        with self._lock:
            wake = not self._published
            self._published.append(event)
        if wake and not self._call(self._deliver):
            self._published.clear()

    def close(self) -> None:
        """End every open stream, so that a stopping server does not wait for its readers.

        Safe in a signal handler.
        """
        self._closed = True
        self._call(self._end)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.end()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    @property
    def readers(self) -> int:
        return len(self._subscriptions)

    def _call(self, work: Callable[[], None]) -> bool:
        """Have the loop do it; False where there is none to do it."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return False
        loop.call_soon_threadsafe(work)
        return True

    def _deliver(self) -> None:
        with self._lock:
            events = list(self._published)
            self._published.clear()
        for subscription in self._subscriptions:
            subscription.offer(events)

    def _end(self) -> None:
        for subscription in self._subscriptions:
            subscription.end()
