"""What an operator's log files go through, case by case, and what the status says of it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.logs.sources.file_tail import MAX_LINES
from backend.tests.logs.bench import Bench, json_line


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.stop()


def test_a_json_line_is_stored_by_the_poll_that_sees_it(bench: Bench) -> None:
    bench.write(json_line("one"))
    assert bench.poll() == 1
    assert bench.messages() == ["one"]
    assert bench.poll(3) == 0


def test_a_plain_line_waits_one_poll_for_its_stack_trace(bench: Bench) -> None:
    bench.write("ERROR it broke\n")
    assert bench.poll() == 0
    bench.write("java.io.IOException: x\n\tat a.B.c(B.java:1)\nCaused by: d.E: f\n\t... 3 more\nINFO next\n")
    bench.poll(2)
    broke, following = bench.lines()
    assert (broke.message, broke.level) == ("it broke", "ERROR")
    assert broke.stack_trace.splitlines()[-2:] == ["Caused by: d.E: f", "\t... 3 more"]
    assert following.message == "next"


def test_a_line_without_line_feed_is_taken_once_it_rests(bench: Bench) -> None:
    bench.write('{"message":"ha')
    assert bench.poll(2) == 0
    bench.write('lf"}\nlast words')
    bench.poll()
    assert bench.messages() == ["half"]
    bench.poll(4)
    assert bench.messages() == ["half", "last words"]
    bench.write("\nmore\n")
    bench.poll(4)
    assert bench.messages() == ["half", "last words", "more"]


def test_the_rest_of_a_rotated_and_deleted_file_is_read_first(bench: Bench) -> None:
    bench.write(json_line(1))
    bench.poll()
    bench.write(json_line(2))
    (bench.root / "app.log").rename(bench.root / "app.2026-01-01.log.tmp")
    bench.write(json_line(4))
    bench.write(json_line(3), "app.2026-01-01.log.tmp")  # its writer has not noticed yet
    (bench.root / "app.2026-01-01.log.tmp").unlink()  # compressed, as Logback does
    bench.poll()
    assert bench.messages() == ["1", "2", "3", "4"]


def test_the_rest_of_a_file_rotated_while_we_were_down_is_read_first(bench: Bench) -> None:
    bench.write(json_line(1))
    bench.poll()
    bench.stop()
    bench.write(json_line(2))
    (bench.root / "app.log").rename(bench.root / "app-1.old")
    bench.write(json_line(3))
    bench.start()
    bench.poll()
    assert bench.messages() == ["1", "2", "3"]


@pytest.mark.parametrize("path", ["app.log", "app.log*"])
def test_copytruncate_loses_and_doubles_nothing(tmp_path: Path, path: str) -> None:
    bench = Bench(tmp_path, path)
    bench.write(json_line(1))
    bench.poll()
    bench.write(json_line(2))
    shutil.copyfile(tmp_path / "app.log", tmp_path / "app.log.1")
    os.truncate(tmp_path / "app.log", 0)
    bench.write("".join(json_line(n) for n in range(3, 30)))  # larger than before already
    bench.poll(2)
    assert bench.messages() == [str(n) for n in range(1, 30)]
    bench.stop()


def test_a_hole_left_by_copytruncate_is_no_line(bench: Bench) -> None:
    bench.write(b"\0" * 3_000_000 + json_line("after the hole").encode())
    bench.poll(2)
    assert bench.messages() == ["after the hole"]


def test_a_file_that_vanishes_and_comes_back(bench: Bench) -> None:
    assert bench.poll() == 0
    state, detail = bench.only_status()
    assert state == "missing"
    assert str(bench.root / "app.log") in detail
    bench.write(json_line(1))
    bench.poll()
    assert bench.only_status() == ("reading", "")
    (bench.root / "app.log").rename(bench.root / "away")
    bench.poll()
    assert bench.only_status()[0] == "missing"
    (bench.root / "away").rename(bench.root / "app.log")
    bench.write(json_line(2))
    bench.poll()
    (bench.root / "app.log").unlink()
    bench.poll(15)
    bench.write(json_line(3))
    bench.poll()
    assert bench.messages() == ["1", "2", "3"]


def test_a_folder_where_a_file_should_be_is_named(bench: Bench) -> None:
    (bench.root / "app.log").mkdir()
    bench.poll()
    state, detail = bench.only_status()
    assert state == "failed"
    assert "is a folder" in detail


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "*.log")
    bench.write(json_line(1))
    (tmp_path / "loop.log").symlink_to("loop.log")  # fails to open for root as well
    os.mkfifo(tmp_path / "pipe.log")
    bench.poll()
    states = {Path(entry.path).name: (entry.state, entry.detail) for entry in bench.tail.status()}
    assert states["app.log"] == ("reading", "")
    assert states["pipe.log"] == ("failed", "is a device or a pipe, not a regular file")
    assert states["loop.log"] == ("failed", "cannot be read: Too many levels of symbolic links")
    assert bench.messages() == ["1"]
    bench.stop()


def test_a_binary_file_is_named_and_not_read(bench: Bench) -> None:
    bench.write(random.Random(1).randbytes(5000))
    assert bench.poll(5) == 0
    assert bench.only_status() == ("failed", "holds binary data, not text: it is not read")


def test_binary_bytes_in_a_log_are_kept_and_shown(bench: Bench) -> None:
    bench.write(json_line(1) * 50)
    bench.write(b"\xff\x00\x01 odd\n" + json_line(2).encode())
    bench.poll()
    assert bench.messages()[50:] == ["\ufffd␀␁ odd", "2"]


@pytest.mark.parametrize("restart", [False, True])
def test_a_10_mb_line_is_counted_once_and_cut(bench: Bench, restart: bool) -> None:
    bench.write(json_line("before") + "ERROR " + "x" * 10_000_000)
    bench.poll()
    if restart:
        bench.stop()
        bench.start()
    bench.poll()
    bench.write("x" * 1_000_000 + "\n" + json_line("after"))
    bench.poll(3)
    before, long, after = bench.lines()
    assert (before.message, after.message) == ("before", "after")
    assert long.raw_truncated
    assert long.level == "ERROR"
    assert len(long.message) < 100_000


def test_100_000_lines_at_once_never_hold_a_poll_up(bench: Bench) -> None:
    bench.write("".join(json_line(n) for n in range(100_000)))
    taken = [bench.poll()]
    assert "behind" in bench.only_status()[1]
    while taken[-1]:
        taken.append(bench.poll())
    assert max(taken) <= MAX_LINES
    assert bench.messages() == [str(n) for n in range(100_000)]
    assert bench.only_status() == ("reading", "")


def test_more_files_than_may_be_open_are_all_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "{service}.log", "*")
    for n in range(600):
        bench.write(json_line(n), f"s{n}.log")
    while bench.poll():
        pass
    bench.write(json_line("again"), "s599.log")
    bench.poll(4)
    assert [bench.messages(f"s{n}") for n in range(599)] == [[str(n)] for n in range(599)]
    assert bench.messages("s599") == ["599", "again"]
    bench.stop()


def test_the_path_names_the_service(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "logs/{service}/app*.log", "*")
    bench.services = ("pay/ment", "pay")
    for folder in ("pay%2Fment", "pay", "other"):
        (tmp_path / "logs" / folder).mkdir(parents=True)
        bench.write(json_line(folder, "someone-else"), f"logs/{folder}/app1.log")
    bench.poll()
    assert [bench.messages(name) for name in ("pay/ment", "pay", "other", "someone-else")] == [
        ["pay%2Fment"],
        ["pay"],
        ["other"],
        [],
    ]
    [missing] = bench.tail.status_of("nobody")
    assert (missing.state, missing.service) == ("missing", "nobody")
    assert str(tmp_path / "logs" / "nobody" / "app*.log") in missing.detail
    bench.stop()


def test_without_service_in_the_path_the_line_decides_then_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "*.log", "*")
    bench.write(json_line(1, "payment") + '{"message":"2"}\n')
    bench.poll()
    assert (bench.messages("payment"), bench.messages("app")) == (["1"], ["2"])
    bench.stop()


def test_a_rotated_file_belongs_to_the_service_it_was_rotated_from(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "{service}.log", "*")
    bench.services = ("pay",)
    bench.write(json_line(1), "pay.2026-01-01.0.log")
    bench.write(json_line(2), "pay.log")
    bench.poll()
    assert sorted(bench.messages("pay")) == ["1", "2"]
    bench.stop()


def test_a_damaged_store_is_begun_afresh_from_the_files(bench: Bench) -> None:
    bench.write(json_line(1))
    bench.poll()
    bench.stop()
    database = bench.root / "lines.db"
    database.write_bytes(b"SQLite format 3\0" + random.Random(2).randbytes(database.stat().st_size))
    bench.start()
    bench.poll()
    assert bench.messages() == ["1"]
    assert (bench.root / "lines.db.damaged").exists()
