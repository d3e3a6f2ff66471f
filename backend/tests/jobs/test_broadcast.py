"""Events reach every open stream, a slow one never holds the others up, and a stop ends them all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

import pytest

from backend.jobs.broadcast import Broadcast, Event


def run(story: Callable[[Broadcast], Coroutine[None, None, None]]) -> None:
    async def whole() -> None:
        broadcast = Broadcast()
        broadcast.attach(asyncio.get_running_loop())
        await story(broadcast)

    asyncio.run(whole())


def test_every_stream_gets_every_event_in_order() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as one, broadcast.subscribe() as two:
            assert broadcast.readers == 2
            publisher = threading.Thread(target=_publish_three, args=(broadcast,))
            publisher.start()
            for stream in (one, two):
                assert [await stream.next(5) for _ in range(3)] == [
                    Event("readings", {"n": n}) for n in range(3)
                ]
            publisher.join()
        assert broadcast.readers == 0

    run(story)


def _publish_three(broadcast: Broadcast) -> None:
    for n in range(3):
        broadcast.publish("readings", {"n": n})


def test_silence_is_a_timeout() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as stream:
            with pytest.raises(TimeoutError):
                await stream.next(0.01)

    run(story)


def test_a_slow_reader_loses_its_oldest_events_and_no_one_else_does() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as slow, broadcast.subscribe() as quick:
            for n in range(1000):
                broadcast.publish("readings", {"n": n})
                assert await quick.next(5) == Event("readings", {"n": n})
            first = await slow.next(5)
            assert first is not None
            assert first.data["n"] > 0
            rest = [await slow.next(5) for _ in range(999 - first.data["n"])]
            assert rest[-1] == Event("readings", {"n": 999})

    run(story)


def test_a_stop_ends_open_streams_and_those_that_come_later() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as before:
            broadcast.close()
            assert await before.next(5) is None
        async with broadcast.subscribe() as after:
            assert await after.next(5) is None

    run(story)


def test_publishing_to_nobody_is_no_error() -> None:
    broadcast = Broadcast()
    broadcast.publish("readings", {})
    asyncio.run(_attached_and_gone(broadcast))
    broadcast.publish("readings", {})
    broadcast.close()


async def _attached_and_gone(broadcast: Broadcast) -> None:
    broadcast.attach(asyncio.get_running_loop())
