"""What a kill, a full disk and a cut file leave of the datasets."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.metrics.dataset_file import HEADER, line_time
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State
from backend.tests.metrics.history_writer import KEYS, value_at

KILLS = 30
KEY = SeriesKey("shop", "cpu")
START = 1767225600.0


def reading(number: int) -> Reading:
    return Reading(KEY, START + 15 * number, number / 3, State.SCORED)


def keep(root: Path, numbers: Iterable[int]) -> HistoryStore:
    """Store readings, down to the CSVs."""
    store = HistoryStore(root)
    assert store.append([reading(n) for n in numbers], "live") == {}
    store.flush()
    return store


def stored_lines(root: Path, key: SeriesKey) -> list[bytes]:
    folder = next(
        path.parent for path in root.glob("*/history") if (path.parent.name == "shop") == (key == KEY)
    )
    return [
        line for path in folder.glob("*/*.csv") for line in path.read_bytes().splitlines(keepends=True)[1:]
    ]


@pytest.mark.slow
def test_no_kill_loses_or_doubles_an_acknowledged_reading(tmp_path: Path) -> None:
    acknowledged: set[float] = set()
    chance = random.Random(20260101)
    for _ in range(KILLS):
        command = [sys.executable, "-m", "backend.tests.metrics.history_writer", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
            said = first + writer.stdout.read()
        # The last line may be cut: then nobody has read it as an acknowledgement.
        acknowledged |= {float(line) for line in said[: said.rfind(b"\n") + 1].split()}
        store = HistoryStore(tmp_path)
        for key in KEYS:
            series = store.load(key, 0, 1e12)
            assert acknowledged <= set(series.timestamps.tolist())
            assert series.values.tolist() == [value_at(at) for at in series.timestamps.tolist()]
    for key in KEYS:
        store.flush()
        times = [line_time(line) for line in stored_lines(tmp_path, key)]
        assert None not in times
        assert len(times) == len(set(times))
    assert len(acknowledged) > KILLS


def test_a_file_cut_at_any_byte_keeps_its_whole_lines_and_loses_nothing(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    keep(whole, range(3))
    content = (whole / "shop/history/cpu.csv").read_bytes()
    for cut in range(len(content) + 1):
        root = tmp_path / str(cut)
        file = root / "shop/history/cpu.csv"
        file.parent.mkdir(parents=True)
        file.write_bytes(content[:cut])
        kept = max(0, content[:cut].count(b"\n") - 1)
        assert len(HistoryStore(root).load(KEY, 0, 1e12).timestamps) == kept
        store = HistoryStore(root)
        assert store.append([reading(n) for n in range(2, 5)], "live") == {}
        store.flush()
        expected = [START + 15 * n for n in [*range(kept), *range(max(kept, 2), 5)]]
        assert store.load(KEY, 0, 1e12).timestamps.tolist() == expected
        torn = root / "shop/history/cpu.csv.torn"
        left = content[:cut].rpartition(b"\n")[2] if cut > len(HEADER) else content[: cut % len(HEADER)]
        assert (torn.read_bytes() if torn.exists() else b"") == (left + b"\n" if left else b"")


@pytest.mark.parametrize(
    "tail", [b"\0" * 9000, b"2026-01-01T00:00:45Z,abc,Normal,,,,,,,live\n", b"\xff,\n\n"]
)
def test_an_unreadable_tail_is_set_aside(
    tmp_path: Path, tail: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = keep(tmp_path, range(3))
    file = tmp_path / "shop/history/cpu.csv"
    with file.open("ab") as damaged:
        damaged.write(tail)
    assert store.last_timestamp(KEY) == START + 30
    keep(tmp_path, [3])
    assert "no whole reading" in caplog.text
    assert (tmp_path / "shop/history/cpu.csv.torn").read_bytes().rstrip(b"\n") == tail.rstrip(b"\n")
    assert len(store.load(KEY, 0, 1e12).timestamps) == 4


def test_a_damaged_line_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    keep(tmp_path, range(4))
    file = tmp_path / "shop/history/cpu.csv"
    content = file.read_bytes()
    for position in range(len(HEADER), len(content)):
        damage = (b"\0", b'"', b",", b"x", b"\n")[position % 5]
        file.write_bytes(content[:position] + damage + content[position + 1 :])
        found = HistoryStore(tmp_path).load(KEY, 0, 1e12)
        untouched = [n for n in range(4) if START + 15 * n in found.timestamps.tolist()]
        # A damaged newline joins two lines.
        assert len(untouched) >= (2 if content[position : position + 1] == b"\n" else 3)


def test_a_foreign_file_is_moved_aside_not_overwritten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "shop/history/cpu.csv"
    file.parent.mkdir(parents=True)
    for number in (1, 2):
        file.write_text(f"my,own,notes\n{number},2,3\n")
        keep(tmp_path, [number])
        assert len(HistoryStore(tmp_path).load(KEY, 0, 1e12).timestamps) == 1
    assert file.with_name("cpu.csv.foreign").read_text() == "my,own,notes\n1,2,3\n"
    assert file.with_name("cpu.csv.foreign2").read_text() == "my,own,notes\n2,2,3\n"
    assert "not Canopy's header" in caplog.text


def test_a_full_disk_takes_back_what_it_took_in_part(tmp_path: Path) -> None:
    store = keep(tmp_path, range(50))
    file = tmp_path / "shop/history/cpu.csv"
    before = file.read_bytes()
    # The system lets files grow by 100 bytes more: the write is cut short as on a full disk.
    code = f"""
import resource, signal, sys
from pathlib import Path
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100}, {len(before) + 100}))
readings = [Reading(SeriesKey("shop", "cpu"), {START} + 15 * n, 0.5, State.SCORED) for n in range(50, 60)]
readings.append(Reading(SeriesKey("other", "cpu"), {START}, 0.5, State.SCORED))
store = HistoryStore(Path(sys.argv[1]))
print(store.append(readings, "live"))
store.flush()
print(store.append([], "live"))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kept, lost = done.stdout.splitlines()
    assert kept == "{}"
    assert f"since={START + 15 * 50}" in lost
    assert "shop/history/cpu.csv: cannot be written: File too large" in lost
    assert "other" not in lost
    assert file.read_bytes() == before
    assert store.keys() == [SeriesKey("other", "cpu"), KEY]
    assert store.append([reading(50)], "live") == {}
    assert len(store.load(KEY, 0, 1e12).timestamps) == 51
