"""``canopy plot``: pictures of scored and raw series, and clear words where there is nothing to draw."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.cli import main

START = 1_700_000_000
HEADER = "timestamp,value,label,anomaly_score,alert"
RED = (198, 40, 40)


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def scored(path: Path, alert: bool = True) -> Path:
    rows = [
        f"{START + 300 * i},{math.sin(i / 20)},{int(80 <= i < 90)},0.{4 + 3 * (80 <= i < 90)},"
        f"{int(alert and i == 80)}"
        for i in range(150)
    ]
    return write(path, HEADER, rows)


def plot(*arguments: object) -> None:
    main(["plot", *map(str, arguments)])


def red(path: Path) -> np.ndarray:
    """Which pixels are about as red as an alert's mark and the threshold."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    return np.asarray(np.abs(pixels - RED).sum(axis=-1) < 100)


def red_pixels(path: Path) -> int:
    """Red pixels in the upper quarter, where only marks are red."""
    pixels = red(path)
    return int(pixels[: len(pixels) // 4].sum())


def thresholds(path: Path) -> int:
    """Rows of pixels that are red for the most part: a dashed line across the picture."""
    return int((red(path).mean(axis=1) > 0.4).sum())


def test_a_scored_file_is_drawn_with_its_own_alerts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot(scored(tmp_path / "a.csv"), "--out", tmp_path / "a.png")
    plot(scored(tmp_path / "b.csv", alert=False), "--out", tmp_path / "b.png")
    assert red_pixels(tmp_path / "a.png") > 20 > red_pixels(tmp_path / "b.png") == 0
    assert "150 rows, 1 alerts, the file's scores" in capsys.readouterr().out


def test_a_threshold_is_drawn_where_it_is_known(tmp_path: Path) -> None:
    """A file does not say at which sensitivity it was scored; whoever knows can, and its alerts stay."""
    own = scored(tmp_path / "own.csv")
    raw = write(tmp_path / "raw.csv", "timestamp,value", [f"{START + 60 * i},{i % 7}" for i in range(60)])
    plot(own, "--out", tmp_path / "unknown.png")
    plot(own, "--out", tmp_path / "known.png", "--sensitivity", "0.9")
    plot(raw, "--out", tmp_path / "raw.png")
    assert [thresholds(tmp_path / f"{name}.png") > 0 for name in ("unknown", "known", "raw")] == [
        False, True, True,
    ]  # fmt: skip
    assert red_pixels(tmp_path / "known.png") == red_pixels(tmp_path / "unknown.png") > 0


def test_the_ending_says_which_form_and_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        plot(scored(tmp_path / "series.csv"), "--out", tmp_path / name)
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    for form in ("svg", "png"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()


def test_a_folder_becomes_a_folder_of_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored(tmp_path / "in" / "deep" / "a.csv")
    write(tmp_path / "in" / "b.csv", "timestamp,value", [f"{START + 60 * i},{i % 7}" for i in range(60)])
    write(tmp_path / "in" / "notes.csv", "a,b", ["1,2"])
    write(tmp_path / "in" / "none.csv", "timestamp,value", [])
    scored(tmp_path / "in" / f"{'a' * 250}.csv")
    plot(tmp_path / "in", "--out", tmp_path / "out")
    pictures = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert pictures == ["b.csv.png", "deep/a.csv.png"]
    said = capsys.readouterr().out
    assert "aaa.csv.png: File name too long" in said
    assert "scored now" in said
    assert f"left out: {tmp_path}/in/notes.csv has no columns" in said
    assert "none.csv has no row with a timestamp and a value: nothing to draw" in said


@pytest.mark.parametrize(
    "rows",
    [["1700000000,5"], ["1,1e308", "7,-1e308"], ["0,1", "5e10,2"], ["1,3"] * 50, ["x,1", "7,1"]],
    ids=["one reading", "huge", "sixteen centuries", "one moment", "an unreadable row"],
)  # fmt: skip
def test_odd_series_are_drawn(tmp_path: Path, rows: list[str]) -> None:
    plot(
        write(tmp_path / "x.csv", "timestamp,value", rows),
        "--out",
        tmp_path / "x.png",
        "--zone",
        "Asia/Tokyo",
    )
    with Image.open(tmp_path / "x.png") as image:
        assert image.width == 800


def test_what_cannot_be_drawn_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = scored(tmp_path / "in" / "a.csv")
    empty = write(tmp_path / "empty.csv", "timestamp,value", [])
    for source, out, message in [
        (tmp_path / "nowhere", "x.png", "there is no "),
        (series, "x.jpg", "a plot's name ends in .png or .svg"),
        (series.parent, "x.png", "is a folder, so its plots need one too"),
        (empty, "x.png", "empty.csv has no row with a timestamp and a value"),
        (tmp_path / "in", "empty.csv", "is a folder, so its plots need one too"),
    ]:
        with pytest.raises(SystemExit) as stopped:
            plot(source, "--out", tmp_path / out)
        assert stopped.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
