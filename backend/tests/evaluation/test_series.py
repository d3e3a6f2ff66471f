"""Series files: one row out for each row in, whatever the file is like, with the live detector's scores."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.cli import main
from backend.evaluation.detectors import detectors
from backend.evaluation.series import NotASeries, alerts, read_series, stream

START = 1_700_000_000


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def scored(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def spiky(count: int = 600) -> np.ndarray:
    values = 50 + np.random.default_rng(0).normal(0, 2, count)
    values[500:510] += 60
    return values


def test_a_folder_is_mirrored_row_by_row(tmp_path: Path) -> None:
    rows = [f"{START + 300 * i},{value!r},host-{i % 2}" for i, value in enumerate(spiky().tolist())]
    write(tmp_path / "in" / "deep" / "Er.CSV", "TimeStamp,VALUE,host", rows)
    write(tmp_path / "in" / "notes.csv", "a,b", ["1,2"])
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    assert [path.name for path in (tmp_path / "out").rglob("*.*")] == ["Er.CSV"]
    out = scored(tmp_path / "out" / "deep" / "Er.CSV")
    assert [f"{row['TimeStamp']},{row['VALUE']},{row['host']}" for row in out] == rows
    assert all(0 <= float(row["anomaly_score"]) <= 1 for row in out)
    raised = [i for i, row in enumerate(out) if row["alert"] == "1"]
    assert 500 in raised
    assert len(raised) <= 3
    assert {row["alert"] for row in out} == {"0", "1"}


def test_order_in_the_file_does_not_matter_and_is_kept(tmp_path: Path) -> None:
    rows = [f"{START + 300 * i},{value}" for i, value in enumerate(spiky().tolist())]
    shuffled = np.random.default_rng(3).permutation(len(rows))
    detector = detectors(seed=0)[0]
    straight = read_series(write(tmp_path / "a.csv", "timestamp,value", rows))
    mixed = read_series(write(tmp_path / "b.csv", "timestamp,value", [rows[i] for i in shuffled]))
    scores = stream(detector, straight)
    np.testing.assert_array_equal(stream(detector, mixed), scores[shuffled])
    np.testing.assert_array_equal(
        alerts(detector, mixed, scores[shuffled]), alerts(detector, straight, scores)[shuffled]
    )


CELLS = st.sampled_from(
    [
        "",
        "nan",
        "inf",
        "-1e300",
        "0",
        "7",
        "x",
        "1.5",
        "1e308",
        "2024-01-01",
        "2024-03-31 02:30:00+01:00",
        '"a,b"',
    ]
)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_cells_are_read_and_every_row_has_a_score(rows: list[tuple[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "x.csv", "Value,Timestamp", [f"{a},{b}" for a, b in rows])
        series = read_series(path)
        scores = stream(detectors(seed=0)[0], series)
        assert len(scores) == len(rows)
        assert ((scores >= 0) & (scores <= 1)).all()
        assert (scores[~series.usable] == 0).all()


@pytest.mark.parametrize(
    "stamp",
    ["1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "2023-11-14 22:13:20",
     "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14 22:13:20.000000"],
)  # fmt: skip
def test_timestamps_of_every_usual_form(tmp_path: Path, stamp: str) -> None:
    assert read_series(write(tmp_path / "x.csv", "timestamp,value", [f"{stamp},1"])).timestamps[0] == START


def test_eight_digits_are_dates_where_the_whole_column_is(tmp_path: Path) -> None:
    """And else seconds, as in a file that counts them from its own start, some of which look like dates."""
    dates = ["20260101,1", " 20260102 ,2", ",3", "20260103,4"]
    days = read_series(write(tmp_path / "x.csv", "timestamp,value", dates)).timestamps
    np.testing.assert_array_equal(days, [1767225600, 1767312000, np.nan, 1767398400])
    counted = [f"{second},1" for second in range(20_260_101, 20_260_400, 99)]
    seconds = read_series(write(tmp_path / "y.csv", "timestamp,value", counted)).timestamps
    np.testing.assert_array_equal(seconds, np.arange(20_260_101, 20_260_400, 99))
    more = read_series(write(tmp_path / "y.csv", "timestamp,value", ["20260101,1", "20260132,1"])).timestamps
    np.testing.assert_array_equal(more, [20_260_101, 20_260_132])


@pytest.mark.parametrize("stamp", ["", "yesterday", "nan", "-1e300", "1e300", "0001-01-01", "13/13/2024"])
def test_what_is_no_timestamp_is_not_shown_to_the_detector(tmp_path: Path, stamp: str) -> None:
    series = read_series(write(tmp_path / "x.csv", "timestamp,value", [f"{stamp},1"]))
    assert not series.usable.any()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00broken", b"timestamp\n1\n"])
def test_what_is_no_series_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(NotASeries, match=r"x\.csv"):
        read_series(tmp_path / "x.csv")


def test_a_byte_order_mark_and_old_results_do_no_harm(tmp_path: Path) -> None:
    lines = ["\ufefftimestamp,value,Alert,anomaly_score", "1700000000,1,1,0.9", "1700000300,2,1"]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.csv").write_text("\n".join(lines), encoding="utf-8")
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "in" / "out")])
    main(["eval", "series", "--data", str(tmp_path / "in"), "--out", str(tmp_path / "in" / "out")])
    assert list((tmp_path / "in" / "out").rglob("*.csv")) == [tmp_path / "in" / "out" / "x.csv"]
    assert scored(tmp_path / "in" / "out" / "x.csv") == [
        {"timestamp": "1700000000", "value": "1", "anomaly_score": "0.000000", "alert": "0"},
        {"timestamp": "1700000300", "value": "2", "anomaly_score": "0.000000", "alert": "0"},
    ]
