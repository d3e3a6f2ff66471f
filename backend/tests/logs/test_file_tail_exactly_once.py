"""Whatever happens to a log file and to us, in whatever order: each line is stored once, in order."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.logs.sources.log_file import LINE_RESTS
from backend.tests.logs.bench import Bench, json_line

steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5), st.booleans()),
        st.tuples(st.just("partial"), st.integers(1, 9), st.booleans()),
        st.tuples(st.sampled_from(["poll", "restart", "rename", "copytruncate", "delete"])),
    ),
    max_size=25,
)


@given(steps=steps, path=st.sampled_from(["app.log", "app.log*"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_line_once_and_in_order(steps: list[tuple[object, ...]], path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), path)
        written = _play(bench, steps)
        bench.poll(6)
        assert bench.messages() == written
        bench.stop()


def _play(bench: Bench, steps: list[tuple[object, ...]]) -> list[str]:
    """Do the steps to the files; returns the messages that were written."""
    log = bench.root / "app.log"
    written: list[str] = []
    rest = ""
    waited = 0
    for number, (step, *arguments) in enumerate(steps):
        if step in ("append", "partial"):
            count, as_json = arguments
            messages = [f"line {number}.{n}" for n in range(int(str(count)) if step == "append" else 1)]
            text = "".join(json_line(m) if as_json else f"{m}\n" for m in messages)
            cut = min(int(str(count)), len(text) - 1) if step == "partial" else len(text)
            bench.write(rest + text[:cut])
            rest = text[cut:]
            written += messages
        elif step == "restart":
            bench.stop()
            bench.start()
        elif step != "poll" and log.exists():
            # Writers and rotators end the line first. What was never seen before it is gone cannot be read.
            bench.write(rest)
            rest = ""
            bench.poll()
            if step == "rename":
                _shift(bench.root)
                log.rename(bench.root / "app.log.1")
            elif step == "copytruncate":
                written.append(f"read {number}")
                bench.write(json_line(written[-1]))
                bench.poll()
                written.append(f"unread {number}")
                bench.write(json_line(written[-1]))
                _shift(bench.root)
                shutil.copyfile(log, bench.root / "app.log.1")
                os.truncate(log, 0)
            else:
                bench.poll()
                log.unlink()
        # A line that rests for too long is taken as it is: its writer goes on in time here.
        waited = waited + 1 if rest and step in ("poll", "restart") else 0
        if waited == LINE_RESTS[0]:
            bench.write(rest)
            rest, waited = "", 0
        if step == "poll":
            bench.poll()
    bench.write(rest)
    return written


def _shift(root: Path) -> None:
    for n in range(9, 0, -1):
        if (root / f"app.log.{n}").exists():
            (root / f"app.log.{n}").rename(root / f"app.log.{n + 1}")


TAIL_FOREVER = """
import itertools, sys
from pathlib import Path
from backend.logs.sources.file_tail import FileTail
from backend.logs.store import LogStore
from backend.settings import FileSource
root = Path(sys.argv[1])
tail = FileTail(FileSource(path="app.log"), LogStore(root / "lines.db", 1e12, 10**6), lambda: ["app"], root)
print("ready", flush=True)
for poll in itertools.count(float(sys.argv[2]), 0.001):
    tail.poll_once(poll)
"""


def test_kill_9_neither_loses_nor_doubles_a_line(tmp_path: Path) -> None:
    chance = random.Random(7)
    bench = Bench(tmp_path)
    written = seen_by_killed = 0
    for _ in range(12):
        command = [sys.executable, "-c", TAIL_FOREVER, str(tmp_path), str(bench.now)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"ready\n"
            before = bench.store.cursors()
            until = time.monotonic() + chance.uniform(0.1, 0.3)
            while time.monotonic() < until:
                bench.write("".join(json_line(n) for n in range(written, written + 50)))
                written += 50
                time.sleep(0.002)
            reader.send_signal(signal.SIGKILL)
        bench.now += 1000
        seen_by_killed += bench.store.cursors() != before
        if chance.random() < 0.4:
            bench.poll()  # a file that nobody saw before its rotation cannot be known again
            (tmp_path / "app.log").rename(tmp_path / f"rotated.{written}")
            bench.write("")
    bench.poll(30)
    assert seen_by_killed > 2  # else the kills came too early to prove anything
    assert bench.messages() == [str(n) for n in range(written)]
    bench.stop()
