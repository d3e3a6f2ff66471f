"""Follow the files of one source into the log store: each line once, across rotation and kill -9."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from backend.logs.database import LogStoreError
from backend.logs.line import parse_line
from backend.logs.sources.log_file import LogFile
from backend.logs.sources.open_files import OpenFiles, Seen
from backend.logs.sources.pattern import MatchedFile, PathPattern, printable
from backend.logs.sources.status import SourceStatus, nothing_at
from backend.logs.store import Cursor, LogStore
from backend.settings import FileSource

MAX_LINES = 20_000
"""Lines one poll takes at most, so that a flood never holds the poll up."""

MAX_BYTES = 8 * 1024 * 1024
"""Bytes after which a poll reads no further."""


class FileTail:
    """One thread polls; ``status`` and ``status_of`` may be called by any."""

    def __init__(
        self,
        source: FileSource,
        store: LogStore,
        services: Callable[[], Sequence[str]],
        root: Path | None = None,
    ) -> None:
        """``services``: those known now. ``root``: where relative paths begin; None: the working one."""
        self._root = root or Path.cwd()
        self._pattern = PathPattern(source, self._root)
        self._store, self._services = store, services
        self._open = OpenFiles()
        self._sought: set[str] = set()
        self._turn = 0
        self._status: tuple[SourceStatus, ...] = ()

    def close(self) -> None:
        """Close all files."""
        self._open.close()

    def status(self) -> list[SourceStatus]:
        """Each file as the last poll left it; where there was none, one entry says where we looked."""
        return list(self._status)

    def status_of(self, service: str) -> list[SourceStatus]:
        """The files that may hold lines of ``service``; where there are none, one entry that says so."""
        if self._pattern.fixed_service not in ("", service):
            return []
        found = [entry for entry in self._status if entry.service in ("", service)]
        if self._pattern.has_service and not any(entry.service == service for entry in found):
            return [nothing_at(self._pattern.path_of(service), service, self._root)]
        return found

    def poll_once(self, now: float) -> int:
        """Store what was written since the last poll, up to MAX_LINES and MAX_BYTES; -> lines stored.

        ``now`` (seconds) is the time of lines without one, or the file's last change if that is earlier.
        What fails is told by ``status`` and tried again by the next poll; nothing is raised for it.
        """
        poll = _Poll(now)
        matched = self._pattern.find(self._services())
        turn = self._turn % max(1, len(matched))
        self._turn += 1
        try:
            poll.cursors = self._store.cursors()
            seen = self._open.look(
                matched[turn:] + matched[:turn],
                poll.cursors,
                now,
                folders_matter=self._pattern.names_one_file,
            )
            self._find_rotated(poll)
            self._read_all(poll)
            self._status = self._report(seen, poll)
            self._open.release(poll.cursors)
        except LogStoreError as error:
            paths = matched or [MatchedFile(self._pattern.resolved, self._pattern.fixed_service)]
            self._status = tuple(
                SourceStatus(printable(path), name, "failed", str(error), 0) for path, name in paths
            )
        return poll.lines

    def _find_rotated(self, poll: _Poll) -> None:
        """After a restart: the rest of files we were reading and whose path leads to another file now."""
        paths = {file.path for file in self._open.live.values()}
        lost = {
            c.file: c
            for c in poll.cursors.values()
            if c.path in paths
            and c.file not in self._open.live
            and c.file not in self._open.rotated
            and c.file not in self._sought
        }
        for path in {cursor.path for cursor in lost.values()}:
            for file in self._open.beside(path, poll.cursors.keys() - lost.keys()):
                cursor = lost.get(file.id)
                if cursor is None or not file.fits(cursor):
                    file.close()
                    continue
                # It keeps the path it was read at: should we be killed now, it is looked for again.
                file.path, file.service = cursor.path, cursor.service
                self._open.adopt(file)
                self._sought.add(lost.pop(file.id).file)
        if lost:
            self._store.append([], forget=list(lost))
            for id_ in lost:
                del poll.cursors[id_]

    def _read_all(self, poll: _Poll) -> None:
        """What was rotated to its end, so that its lines come first; then the live files chunk by chunk."""
        first, live = list(self._open.rotated.values()), list(self._open.live.values())
        # New files first: a copy is known by the cursor of its original, which truncation resets.
        for file in sorted(live, key=lambda file: file.id in poll.cursors):
            first += self._settle(file, poll)
        for file in first:
            file.rotated = True
            while file.id in poll.cursors and not poll.spent and self._read(file, poll):
                pass
        while live and not poll.spent:
            live = [file for file in live if not poll.spent and self._read(file, poll)]

    def _settle(self, file: LogFile, poll: _Poll) -> list[LogFile]:
        """Give ``file`` the cursor to read on from: its own, that of the file it is a copy of, or the start.

        Returns what is to be read before all others: ``file`` if rotation renamed or copied it, or the copy
        beside it if it was truncated.
        """
        own = poll.cursors.get(file.id)
        first: list[LogFile] = []
        if own is not None and file.fits(own):
            if own.path == file.path:
                return []
            if self._pattern.has_service:
                file.service = own.service  # its new name says no longer whose it is
            changes = [replace(own, path=file.path, service=file.service)]
            first = [file]
        elif own is not None:
            first = self._find_copy(own, poll)
            changes = [replace(own, file=copy.id, lines=0) for copy in first]
            changes.append(Cursor(file.id, file.path, file.service, lines=own.lines))
        else:
            original = next((c for c in poll.cursors.values() if _is_copy(file, c)), None)
            if original is not None:
                file.service = original.service
                changes = [replace(original, file=file.id, path=file.path, lines=0)]
                first = [file]
            else:
                changes = [Cursor(file.id, file.path, file.service)]
        self._store.append([], changes)
        poll.cursors.update((cursor.file, cursor) for cursor in changes)
        return first

    def _find_copy(self, truncated: Cursor, poll: _Poll) -> list[LogFile]:
        found: list[LogFile] = []
        for file in self._open.beside(truncated.path, poll.cursors.keys()):
            if found or not _is_copy(file, truncated):
                file.close()
                continue
            file.path, file.service = truncated.path, truncated.service
            self._open.adopt(file)
            found.append(file)
        return found

    def _read(self, file: LogFile, poll: _Poll) -> bool:
        """Store one batch of ``file``; False once it has nothing more for now."""
        cursor = poll.cursors[file.id]
        batch = file.read(cursor, MAX_LINES - poll.lines)
        if batch.cursor == cursor:
            return False
        default = file.service or printable(Path(file.path).name.removesuffix(".log"))
        fallback = min(poll.now, file.modified)
        own_service = not file.service
        lines = [parse_line(raw, default, fallback, own_service=own_service) for raw in batch.records]
        moved = replace(batch.cursor, path=file.path, service=file.service)
        self._store.append(lines, [moved])
        poll.cursors[file.id] = moved
        poll.lines += len(lines)
        poll.bytes += moved.offset - cursor.offset
        return moved.offset < file.size

    def _report(self, seen: Sequence[Seen], poll: _Poll) -> tuple[SourceStatus, ...]:
        entries = []
        for path, service, id_, problem in seen:
            cursor, file = poll.cursors.get(id_), self._open.live.get(id_)
            lines = cursor.lines if cursor else 0
            left = file.size - cursor.offset if file and cursor else 0
            if problem:
                entries.append(SourceStatus(printable(path), service, "failed", problem, lines))
                continue
            detail = f"behind: {left / 1e6:.1f} MB still to read" if poll.spent and left else ""
            if cursor is None:
                detail = "waits for its turn: there are many files"
            name = file.service if file else service
            entries.append(SourceStatus(printable(path), name, "reading", detail, lines))
        if not entries:
            return (nothing_at(self._pattern.resolved, self._pattern.fixed_service, self._root),)
        return tuple(sorted(entries, key=lambda entry: entry.path))


class _Poll:
    """What one poll knows and has taken so far."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.cursors: dict[str, Cursor] = {}
        self.lines = self.bytes = 0

    @property
    def spent(self) -> bool:
        return self.lines >= MAX_LINES or self.bytes >= MAX_BYTES


def _is_copy(file: LogFile, cursor: Cursor) -> bool:
    """True if ``file`` is named after the cursor's file and holds what was read of that one."""
    named_after = file.path != cursor.path and file.path.startswith(cursor.path)
    return named_after and cursor.offset > 0 and file.fits(cursor)
