"""Events reach every open stream, a slow one never holds the others up, and a stop ends them all."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine

import pytest

from backend.jobs.broadcast import Broadcast, Event, Subscription


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
                assert await _take(stream, 3) == [Event("readings", {"n": n}) for n in range(3)]
            publisher.join()
        assert broadcast.readers == 0

    run(story)


async def _take(stream: Subscription, count: int) -> list[Event]:
    taken: list[Event] = []
    while len(taken) < count:
        taken += await stream.next(5) or []
    return taken


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
                assert await quick.next(5) == [Event("readings", {"n": n})]
            kept = await slow.next(5)
            assert kept == [Event("readings", {"n": n}) for n in range(1000 - len(kept or ()), 1000)]
            assert kept
            assert len(kept) < 1000

    run(story)


def test_who_never_reads_costs_a_megabyte_at_most() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as stream:
            for n in range(50):
                broadcast.publish("retrain", {"n": n, "skipped": "x" * 100_000})
                await asyncio.sleep(0)
            kept = await stream.next(5)
            assert kept
            assert kept[-1].data["n"] == 49
            assert sum(len(event.wire) for event in kept) <= 1 << 20

    run(story)


def test_a_single_event_is_told_however_large_it_is() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as stream:
            huge = {"skipped": "x" * (2 << 20)}
            broadcast.publish("retrain", huge)
            assert await stream.next(5) == [Event("retrain", huge)]

    run(story)


def test_a_storm_is_told_in_one_piece_that_ends_with_the_newest() -> None:
    async def story(broadcast: Broadcast) -> None:
        async with broadcast.subscribe() as stream:
            for n in range(10_000):
                broadcast.publish("incident", {"n": n})
            broadcast.publish("readings", {})
            told = await stream.next(5)
            assert told
            assert told[-1].name == "readings"
            assert len(told) <= 256

    run(story)


def test_an_event_is_one_of_the_stream_format_whatever_it_holds() -> None:
    wire = Event("incident", {"service": "a\nb\r\u2028c", "n": 1}).wire
    name, data, *rest = wire.decode().split("\n")
    assert name == "event: incident"
    assert json.loads(data.removeprefix("data: ")) == {"service": "a\nb\r\u2028c", "n": 1}
    assert rest == ["", ""]
    assert b"\r" not in wire


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
