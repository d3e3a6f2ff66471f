"""Which files of a source are open: those that change, those that were rotated away, never too many."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from backend.logs.sources.log_file import LogFile, NotALogError, file_id
from backend.logs.sources.pattern import MatchedFile
from backend.logs.store import Cursor

MAX_OPEN = 256
"""Files open at a time; with more than these, files take turns."""

_REST = 10  # polls without growth after which a rotated file is closed: its writer may go on for a while


class Seen(NamedTuple):
    """A matched path as this poll found it: ``file`` is its id, or ``problem`` says why it is not read."""

    path: str
    service: str
    file: str
    problem: str


class OpenFiles:
    """``live`` files stand at a matched path, ``rotated`` ones no longer do; both by file id."""

    def __init__(self) -> None:
        self.live: dict[str, LogFile] = {}
        self.rotated: dict[str, LogFile] = {}
        self._crowded = False
        self._now = 0.0

    def close(self) -> None:
        """Close all of them."""
        for file in [*self.live.values(), *self.rotated.values()]:
            file.close()
        self.live, self.rotated = {}, {}

    def look(
        self,
        matched: Sequence[MatchedFile],
        cursors: Mapping[str, Cursor],
        now: float,
        *,
        folders_matter: bool,
    ) -> list[Seen]:
        """Open what is new or has grown. A matched folder is a problem only if ``folders_matter``."""
        self._now = now
        before = {**self.rotated, **self.live}
        for file in before.values():
            file.observe(now)
        self.live, self._crowded = {}, False
        seen: list[Seen] = []
        for path, service in matched:
            try:
                id_ = self._look_at(path, service, before, cursors)
            except FileNotFoundError:
                continue  # gone since it was matched: the next poll sees what became of it
            except NotALogError as error:
                if folders_matter or not os.path.isdir(path):  # noqa: PTH112
                    seen.append(Seen(path, service, "", str(error)))
            except OSError as error:
                seen.append(Seen(path, service, "", f"cannot be read: {error.strerror}"))
            else:
                seen.append(Seen(path, service, id_, ""))
        self.rotated = before
        for file in self.rotated.values():
            file.rotated = True
        return seen

    def _look_at(
        self, path: str, service: str, before: dict[str, LogFile], cursors: Mapping[str, Cursor]
    ) -> str:
        status = os.stat(path)  # noqa: PTH116
        id_ = file_id(status)
        if id_ in self.live:
            return id_  # a link to a file that is read already
        file = before.pop(id_, None)
        if file is None:
            cursor = cursors.get(id_)
            if cursor is not None and cursor.offset == status.st_size and cursor.path == path:
                return id_  # nothing new: most files of a folder of old logs rest like this
            if len(self.live) + len(before) >= MAX_OPEN:
                self._crowded = True
                return id_
            file = LogFile(path, service, self._now)
            if file.id in self.live or file.id in before:  # replaced between the two looks
                file.close()
                return id_
            if cursor is None and file.looks_binary():
                file.close()
                raise NotALogError("holds binary data, not text: it is not read")
        file.path, file.rotated = path, False
        self.live[file.id] = file
        return file.id

    def adopt(self, file: LogFile) -> None:
        """Take over a file found beside a live one, to read it to its end."""
        file.rotated = True
        self.rotated[file.id] = file

    def beside(self, path: str, known: Collection[str]) -> Iterator[LogFile]:
        """The readable files in the folder of ``path`` that are neither open nor ``known``, opened.

        The caller closes those it does not ``adopt``.
        """
        try:
            entries = sorted(os.scandir(os.path.dirname(path)), key=lambda entry: entry.name)  # noqa: PTH120
        except OSError:
            return
        for entry in entries:
            try:
                id_ = file_id(entry.stat())
                if id_ not in known and id_ not in self.live and id_ not in self.rotated:
                    yield LogFile(entry.path, "", self._now)
            except (OSError, NotALogError):
                continue

    def release(self, cursors: Mapping[str, Cursor]) -> None:
        """Close rotated files that rest; while others wait for a turn, all that are read to the end."""
        for files in (self.live, self.rotated):
            for id_, file in list(files.items()):
                cursor = cursors.get(id_)
                read = cursor is not None and cursor.offset >= file.size
                if (file.rotated and file.quiet >= _REST) or (self._crowded and read):
                    file.close()
                    del files[id_]
