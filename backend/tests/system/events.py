"""Follows Canopy's event stream as a browser does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from backend.tests.real import wait_until


class Events:
    """The events of one stream as they came; ``ended`` once the server has closed it."""

    def __init__(self, url: str) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.ended = threading.Event()
        self._answer = requests.get(f"{url}/stream", stream=True, timeout=(10, 30))
        assert self._answer.status_code == 200, self._answer.text
        threading.Thread(target=self._follow, daemon=True).start()

    def of(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of one name."""
        return [data for event, data in list(self.seen) if event == name]

    def wait_for(self, name: str, count: int = 1, seconds: float = 30.0) -> list[dict[str, Any]]:
        """Wait until ``count`` events of this name have come."""
        wait_until(lambda: len(self.of(name)) >= count, f"{count} events {name}", seconds)
        return self.of(name)

    def close(self) -> None:
        self._answer.close()

    def _follow(self) -> None:
        name = ""
        try:
            for line in self._answer.iter_lines(chunk_size=1, decode_unicode=True):
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self.seen.append((name, json.loads(value)))
        except (requests.RequestException, AttributeError, ValueError):
            pass  # closed by either side; AttributeError and ValueError are how urllib3 says "by us"
        finally:
            self.ended.set()


@contextmanager
def following(url: str) -> Iterator[Events]:
    """An open stream of the Canopy at ``url``."""
    events = Events(url)
    try:
        yield events
    finally:
        events.close()
