"""A folder with logs, and a tail over it that can be ended and started again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.logs.line import LogLine
from backend.logs.sources.file_tail import FileTail
from backend.logs.store import LogStore
from backend.settings import FileSource


class Bench:
    """``poll`` sets the clock a second ahead each time."""

    def __init__(self, root: Path, path: str = "app.log", service: str = "app") -> None:
        self.root, self.source = root, FileSource(path=path, service=service)
        self.services: Sequence[str] = ()
        self.now = 1000.0  # lines without a time get this one
        self.start()

    def start(self) -> None:
        self.store = LogStore(self.root / "lines.db", keep=1e12, max_lines=1_000_000)
        self.tail = FileTail(self.source, self.store, lambda: self.services, self.root)

    def stop(self) -> None:
        self.tail.close()
        self.store.close()

    def write(self, text: str | bytes, name: str = "app.log") -> None:
        with (self.root / name).open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    def poll(self, times: int = 1) -> int:
        lines = 0
        for _ in range(times):
            self.now += 1
            lines += self.tail.poll_once(self.now)
        return lines

    def lines(self, service: str = "app") -> list[LogLine]:
        return self.store.around(service, 0, 2e9, limit=10**6).lines

    def messages(self, service: str = "app") -> list[str]:
        return [line.message for line in self.lines(service)]

    def only_status(self) -> tuple[str, str]:
        [entry] = self.tail.status()
        return entry.state, entry.detail


def json_line(message: object, service: str = "app") -> str:
    return f'{{"message":"{message}","service.name":"{service}"}}\n'
