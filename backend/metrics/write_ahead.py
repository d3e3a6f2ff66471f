"""The newest readings, on the disk with one write a poll, until they stand in the CSVs."""

from __future__ import annotations

import json
import logging
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.metrics.files import append_whole, sync_folder
from backend.metrics.reading_rows import ROW, Rows
from backend.metrics.readings import SeriesKey

_LOG = logging.getLogger(__name__)

_MAGIC = b"CanopyR1"
_HEAD = struct.Struct("<8sQII")
"""Magic, sequence number, bytes of the names, number of rows; behind it the CRC-32 of all the rest."""
_CHECK = struct.Struct("<I")
_SUFFIX = ".block"
_NAME = re.compile(r"\d{20}\.block")
_EVER = 2**62
"""A time in milliseconds that no reading reaches."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one append kept: ``rows`` sorted by pair, then time; ``pairs`` uint32[n] is their first column.

    ``first`` and ``last``: the times of its oldest and its newest row, in milliseconds.
    """

    block: Path
    rows: Rows
    pairs: NDArray[np.uint32]
    first: int
    last: int


class WriteAhead:
    """The blocks of one folder, and in memory what is in them.

    A block is ``<first sequence number>.block``: records, each with the names of the pairs that are new in
    the block. A record that is not whole ends its block: nobody was told that it is kept. Writers hold a
    lock around all calls; ``rows`` and ``waiting`` need none. Pairs have numbers while this object lives.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers: dict[SeriesKey, int] = {}
        self._keys: list[SeriesKey] = []
        self._records: tuple[Record, ...] = ()
        self._sizes: dict[str, int] = {}
        self._torn: set[Path] = set()
        self._block: Path | None = None
        self._named: set[int] = set()
        self._sequence = 0

    def number(self, key: SeriesKey) -> int:
        """The pair's number."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._keys)
            self._keys.append(key)
        return number

    def key(self, number: int) -> SeriesKey:
        """The pair of a number."""
        return self._keys[number]

    @property
    def records(self) -> tuple[Record, ...]:
        """All that is in no CSV yet, or may not be, oldest first."""
        return self._records

    def waiting(self) -> set[SeriesKey]:
        """The pairs that have rows here."""
        return {self._keys[pair] for record in self._records for pair in record.pairs.tolist()}

    def rows(self, key: SeriesKey, first: int = -_EVER, last: int = _EVER) -> Rows:
        """The pair's rows from ``first`` to ``last``, times in milliseconds, by time.

        What lies outside costs nothing: most that is asked for is older than all that is here.
        """
        number = self._numbers.get(key)
        found = [np.empty(0, dtype=ROW)]
        if number is not None:
            for record in self._records:
                if record.first <= last and record.last >= first:
                    begin, end = np.searchsorted(record.pairs, (number, number + 1))
                    found.append(record.rows[begin:end])
        rows = np.concatenate(found)
        return rows[(rows["time"] >= first) & (rows["time"] <= last)]

    def append(self, rows: Rows) -> None:
        """Have the rows, sorted by pair and time, on the disk: all of them, or none and OSError."""
        if self._block is None:
            self._folder.mkdir(parents=True, exist_ok=True)
        block = self._block or self._folder / f"{self._sequence:020d}{_SUFFIX}"
        pairs = np.ascontiguousarray(rows["pair"])
        unnamed = set(pairs.tolist()) - self._named
        content = _encoded(self._sequence, {number: self._keys[number] for number in unnamed}, rows)
        try:
            descriptor = os.open(block, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                append_whole(descriptor, content, self._sizes.get(block.name, 0), sync=True)
            finally:
                os.close(descriptor)
            if self._block is None:
                sync_folder(self._folder)
        except OSError:
            # What the disk has of this block now, nobody knows: the next append begins another one.
            self.seal()
            if block.name not in self._sizes:
                with suppress(OSError):
                    block.unlink(missing_ok=True)
            self._sizes = self._listed()
            raise
        self._block = block
        self._named |= unnamed
        self._sequence += 1
        self._sizes[block.name] = self._sizes.get(block.name, 0) + len(content)
        self._records = (*self._records, _record(block, rows, pairs))

    def seal(self) -> int:
        """Let the next append begin a new block; returns that block's number at the least."""
        self._block = None
        self._named = set()
        self._sequence += 1
        return self._sequence

    def drop(self, number: int) -> None:
        """Forget the blocks before that number: all that is in them stands in the CSVs, on the disk."""
        self._records = tuple(r for r in self._records if int(r.block.stem) >= number)
        for name in [name for name in self._sizes if int(Path(name).stem) < number]:
            block = self._folder / name
            del self._sizes[name]
            with suppress(OSError):  # one that stays is found to hold nothing new at the next start
                if block in self._torn:
                    block.rename(block.with_suffix(".torn"))
                block.unlink(missing_ok=True)

    def is_current(self) -> bool:
        """Whether the blocks on the disk are those that are known here."""
        return self._listed() == self._sizes

    def reload(self) -> None:
        """Read in what another process, or another life of this one, has left in the folder."""
        self.seal()
        sizes = self._listed()
        records: list[Record] = []
        for name in sorted(sizes):
            with suppress(FileNotFoundError):  # it went into the CSVs meanwhile
                records += self._read(self._folder / name)
            self._sequence = max(self._sequence, int(name.removesuffix(_SUFFIX)) + len(records) + 1)
        self._sizes = sizes
        self._records = tuple(records)

    def _listed(self) -> dict[str, int]:
        """The blocks on the disk and their sizes in bytes."""
        sizes = {}
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    with suppress(FileNotFoundError):
                        sizes[entry.name] = entry.stat().st_size
        return sizes

    def _read(self, block: Path) -> Iterator[Record]:
        """The whole records of a block."""
        content = block.read_bytes()
        numbers: dict[int, int] = {}
        end = 0
        for names, rows, following in _decoded(content):
            end = following
            numbers |= {there: self.number(key) for there, key in names.items()}
            pairs = np.array([numbers[pair] for pair in rows["pair"].tolist()], dtype=np.uint32)
            rows["pair"] = pairs
            order = np.lexsort((rows["time"], pairs))
            yield _record(block, rows[order], pairs[order])
        if end < len(content) and block not in self._torn:
            _LOG.warning("%s: %d bytes at its end are no whole record", block, len(content) - end)
            self._torn.add(block)


def _record(block: Path, rows: Rows, pairs: NDArray[np.uint32]) -> Record:
    times = rows["time"]
    return Record(block, rows, pairs, int(times.min(initial=_EVER)), int(times.max(initial=-_EVER)))


def _encoded(sequence: int, names: dict[int, SeriesKey], rows: Rows) -> bytes:
    """One record."""
    named = json.dumps([[number, *key] for number, key in names.items()]).encode() if names else b""
    content = _HEAD.pack(_MAGIC, sequence, len(named), len(rows)) + named + rows.tobytes()
    return content + _CHECK.pack(zlib.crc32(content))


def _decoded(content: bytes) -> Iterator[tuple[dict[int, SeriesKey], Rows, int]]:
    """The whole records from the beginning on: new names, rows, where the record ends."""
    start, expected = 0, None
    while len(content) - start >= _HEAD.size:
        magic, sequence, named, count = _HEAD.unpack_from(content, start)
        first = start + _HEAD.size + named
        end = first + count * ROW.itemsize
        if magic != _MAGIC or end + _CHECK.size > len(content) or sequence != (expected or sequence):
            return
        if _CHECK.unpack_from(content, end)[0] != zlib.crc32(memoryview(content)[start:end]):
            return
        names = json.loads(content[start + _HEAD.size : first]) if named else []
        rows = np.frombuffer(content, dtype=ROW, count=count, offset=first).copy()
        start, expected = end + _CHECK.size, sequence + 1
        yield {number: SeriesKey(service, metric) for number, service, metric in names}, rows, start
