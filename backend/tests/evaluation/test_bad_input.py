"""What people really have in their CSV files: each is scored row by row, or named in one line."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.cli import main

START = 1_700_000_000
ROWS = range(400)
RANDOM = random.Random(0)


def rows(
    value: Callable[[int], object] = lambda _: RANDOM.random(),
    stamp: Callable[[int], object] = lambda i: START + 60 * i,
    count: int = len(ROWS),
) -> list[str]:
    return [f"{stamp(i)},{value(i)}" for i in range(count)]


def iso(i: int, form: str) -> str:
    return datetime.fromtimestamp(START + 60 * i, UTC).strftime(form)


SERIES = {
    "constant": rows(lambda _: 5),
    "all zero": rows(lambda _: 0),
    "one value, then silence": rows(lambda _: 5, count=1),
    "integers with two levels": rows(lambda _: RANDOM.choice([1, 2])),
    "1e300": rows(lambda _: 1e300 * RANDOM.random()),
    "from the smallest to the largest": rows(lambda _: RANDOM.choice(["1e308", "-1e308", "1e-308", "0"])),
    "negative": rows(lambda _: -RANDOM.random()),
    "gaps of hours": rows(stamp=lambda i: START + 60 * i + i // 100 * 36_000),
    "duplicate timestamps": rows(stamp=lambda i: START + 60 * (i // 3)),
    "one timestamp only": rows(stamp=lambda _: START),
    "unsorted": RANDOM.sample(rows(), len(ROWS)),
    "three readings": rows(count=3),
    "ten years": rows(stamp=lambda i: START + 365 * 86_400 * i // 40),
    "empty and odd cells": rows(lambda i: ["", "nan", "inf", "text", "3.5", "7"][i % 6]),
    "epoch milliseconds": rows(stamp=lambda i: (START + 60 * i) * 1000),
    "RFC 3339": rows(stamp=lambda i: iso(i, "%Y-%m-%dT%H:%M:%SZ")),
    "naive times": rows(stamp=lambda i: iso(i, "%Y-%m-%d %H:%M:%S")),
    "no row": [],
}


def scored(folder: Path, name: str = "x.csv") -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def evaluate(tmp_path: Path, content: bytes) -> list[dict[str, str]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.csv").write_bytes(content)
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.csv"], "and no half file beside it"
    return scored(tmp_path / "out")


@pytest.mark.parametrize("name", SERIES)
def test_every_row_comes_back_as_it_was_with_a_score(tmp_path: Path, name: str) -> None:
    given = SERIES[name]
    out = evaluate(tmp_path, "\n".join(["timestamp,value", *given, ""]).encode())
    assert [f"{row['timestamp']},{row['value']}" for row in out] == given
    assert all(0 <= float(row["anomaly_score"]) <= 1 for row in out)
    assert {row["alert"] for row in out} <= {"0", "1"}


def test_rows_that_cannot_be_read_are_counted_and_score_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = evaluate(tmp_path, "\n".join(["timestamp,value", *SERIES["empty and odd cells"]]).encode())
    assert "268 unreadable rows not scored" in capsys.readouterr().out
    assert {row["anomaly_score"] for row in out if row["value"] in ("", "nan", "inf", "text")} == {"0.000000"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_encoding_and_line_end(tmp_path: Path, encoding: str, newline: str) -> None:
    lines = ["Timestamp,VALUE,host", *(f'{row},"höst, {i}"' for i, row in enumerate(rows()))]
    out = evaluate(tmp_path, newline.join(lines).encode(encoding))
    assert list(out[0]) == ["Timestamp", "VALUE", "host", "anomaly_score", "alert"]
    kept = "utf-8" if encoding.startswith("utf") else encoding
    host = out[7]["host"].encode("utf-8", errors="surrogateescape")
    assert host == "höst, 7".encode(kept), "what nobody reads keeps its bytes"


def test_rows_of_uneven_length_keep_their_place(tmp_path: Path) -> None:
    out = evaluate(tmp_path, b"timestamp,value,host\n1700000000,1\n1700000060,2,a\n1700000120\n")
    assert [(row["value"], row["host"]) for row in out] == [("1", ""), ("2", "a"), ("", "")]


def test_cells_beyond_the_header_stay_beyond_it(tmp_path: Path) -> None:
    given = b"timestamp,alert,value\n1700000000,1,5,keep,me\n1700000060,1,6\n"
    evaluate(tmp_path, given)
    lines = (tmp_path / "out" / "x.csv").read_text().splitlines()
    assert lines == [
        "timestamp,value,anomaly_score,alert",
        "1700000000,5,0.000000,0,keep,me",
        "1700000060,6,0.000000,0",
    ]


def test_a_folder_without_a_readable_row_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(tmp_path, b"timestamp,value\nx,1\n1700000000,\n")
    assert capsys.readouterr().out.splitlines()[-1].endswith("there is no row that can be read")
    (tmp_path / "in" / "x.csv").write_bytes(b"timestamp,value\n1700000000,1\n")
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert capsys.readouterr().out.splitlines()[-1].endswith("the series are too short to say")


def test_a_name_of_any_length_is_written_and_what_cannot_be_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file that cannot be written is told, and those after it are written."""
    names = ["a.csv", "b.csv", "c" * 251 + ".csv"]
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("timestamp,value\n1700000000,1\n")
    (tmp_path / "out" / "a.csv" / "in the way").mkdir(parents=True)
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert f"left out: cannot write {tmp_path}/out/a.csv: Is a directory" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert len(scored(tmp_path / "out", names[2])) == 1


@pytest.mark.parametrize(("encoding", "letter"), [("ascii", r"\xfc"), ("utf-8", "ü")])
def test_names_of_any_bytes_are_told_in_one_line_on_any_terminal(
    tmp_path: Path, encoding: str, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsdecode(b"\xff \xc3\xbc $\\x$ \n \xe2\x80\xae.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text("timestamp,value\n1700000000,1\n1700000060,2\n")
    (tmp_path / "in" / f"none-{name}").write_text("a,b\n")
    for command in (["eval", "series", "--data"], ["plot"]):
        told = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
        monkeypatch.setattr("sys.stdout", told)
        main([*command, str(tmp_path / "in"), "--out", str(tmp_path / "out")])
        told.seek(0)
        shown = rf"\udcff {letter} $\x$ \n \u202e.csv"
        lines = [line for line in told if shown in line]
        assert len(lines) == 2
        assert f"left out: {tmp_path}/in/none-{shown} has no columns" in "".join(lines)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}", f"{name}.png"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"timestamp;value\n1;2\n", "parted by ';', and commas are needed"),
        (b"timestamp\tvalue\n1\t2\n", "parted by '\\t', and commas are needed"),
        (b"time,val\n1,2\n", "has no columns timestamp and value"),
    ],
)
def test_a_file_that_is_no_series_is_left_out_with_its_reason(
    tmp_path: Path, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    (tmp_path / "good.csv").write_text("\n".join(["timestamp,value", *rows()]))
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    main(["eval", "series", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "bad.csv" in line and message in line] == [lines[0]]
    assert f"left out: {tmp_path}/gone.csv: No such file or directory" in lines
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.csv"]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_folders_that_cannot_be_used_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    command = ["eval", "series", "--data", str(data), "--out"]
    assert refused([*command, "out"], capsys).endswith("data is not a folder")
    data.mkdir()
    assert "no CSV file below" in refused([*command, "out"], capsys)
    (data / "x.csv").write_text("a,b\n")
    assert "none of the 1 CSV files" in refused([*command, str(tmp_path / "out")], capsys)
    (data / "x.csv").write_text("timestamp,value\n1,2\n")
    assert "x.csv would be overwritten" in refused([*command, str(data)], capsys)
    (tmp_path / "file").touch()
    assert "file is a file: a folder is needed" in refused([*command, str(tmp_path / "file")], capsys)
    assert f"cannot write {tmp_path}/file/out: Not a dir" in refused(
        [*command, f"{tmp_path}/file/out"], capsys
    )
    assert (data / "x.csv").read_text() == "timestamp,value\n1,2\n"


def test_links_are_named_as_they_are_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").write_text("timestamp,value\n1,2\n")
    (tmp_path / "data" / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "data" / "a.csv").symlink_to(tmp_path / "elsewhere")
    command = ["eval", "series", "--data", str(tmp_path / "data"), "--out"]
    assert f"canopy: {tmp_path}/data/a.csv would be over" in refused([*command, f"{tmp_path}/data"], capsys)
    main([*command, str(tmp_path / "out")])
    assert f"left out: {tmp_path}/data/loop.csv: Too many levels" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.csv"]


def test_results_inside_the_data_are_not_scored_again(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("timestamp,value\n1,2\n")
    for _ in range(2):
        main(["eval", "series", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv")] == [
        Path("x.csv"), Path("out/x.csv"),
    ]  # fmt: skip


def test_other_sensitivities_are_counted_and_can_be_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = random.Random(2)
    lines = rows(lambda _: noisy.gauss(50, 2) + 100 * (noisy.random() < 0.003), count=3000)
    (tmp_path / "x.csv").write_text("\n".join(["timestamp,value", *lines]))
    sent = {}
    for sensitivity in ("low", "high", "0.99"):
        command = ["eval", "series", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
        main([*command, "--sensitivity", sensitivity])
        sent[sensitivity] = sum(row["alert"] == "1" for row in scored(tmp_path / "out"))
    assert sent["0.99"] == 0 < sent["low"] <= sent["high"]
    summary = capsys.readouterr().out.splitlines()[-1]
    assert summary.startswith("alerts a week and series, by sensitivity: low ")
