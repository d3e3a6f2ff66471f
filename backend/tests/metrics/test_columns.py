"""Reading in columns says what the table says, line for line, and reads no more than the range."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.metrics.columns import parse_columns, score_of
from backend.metrics.dataset_file import HEADER, read_lines
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict
from backend.metrics.spans import gaps, runs

KEY = SeriesKey("shop", "cpu")
START = 1767225600.0
LINE = b"2026-01-01T00:00:00Z,1.5,Normal,Normal,0.25,,,,,live\n"


def reading(millis: int, value: float, anomalous: bool) -> Reading:
    verdict = Verdict.ANOMALY if anomalous else Verdict.NORMAL
    return Reading(KEY, START + millis / 1000, value, State.SCORED, Severity.HIGH, verdict, 0.5)


readings = st.lists(
    st.builds(
        reading,
        st.integers(0, 3_600_000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
    ),
    max_size=60,
)


@given(readings, st.integers(0, 3_600), st.integers(0, 3_600))
def test_columns_are_the_rows_of_the_table(rows: list[Reading], start: int, length: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = HistoryStore(Path(folder))
        store.append(rows, "live")
        span = (START + start, START + start + length)
        table, columns = store.frame(KEY, *span), store.columns(KEY, *span)
    assert columns.values.tolist() == table["value"].tolist()
    assert columns.timestamps.tolist() == [moment.timestamp() for moment in table["timestamp"]]
    assert [word.decode() for word in columns.status] == table["status"].tolist()
    assert [word.decode() for word in columns.severity] == table["severity"].tolist()
    assert [score_of(text) for text in columns.score] == table["score"].tolist()


@pytest.mark.parametrize(
    "damaged",
    [
        b"torn\n",
        b"2026-01-01T00:00:01Z,1.5,Normal\n",
        b"2026-01-01T00:00:01Z,nan,Normal,Normal,,,,,,live\n",
        b"2026-01-01T00:00:01Z,,Normal,Normal,,,,,,live\n",
        b"2026-01-01T00:00:01Z,1,2,Normal,Normal,0.25,,,,,live\n",
        b"2026-13-01T00:00:01Z,1.5,Normal,Normal,,,,,,live\n",
        b"yesterday at five,1.5,Normal,Normal,,,,,,live\n",
        b"2026-01-01T00:00:01Z and more,1.5,Normal,Normal,,,,,,live\n",
        b"2026-01-01T00:00:01.5Z,1.5,Normal,Normal,,,,,,live\n",
        # A field too few, then one too many: only the number of all fields is right.
        b"2026-01-01T00:00:01Z,1,Normal,Normal,,,,,live\n2026-01-01T00:00:02Z,1,2,Normal,Normal,,,,,,live\n",
        b"\xff\x00\n",
    ],
)
def test_a_damaged_line_costs_itself_alone(damaged: bytes) -> None:
    columns = parse_columns(LINE + damaged + LINE.replace(b":00Z", b":30.250Z"))
    assert columns.timestamps.tolist() == [START, START + 30.25]
    assert columns.values.tolist() == [1.5, 1.5]


def test_nothing_has_no_rows() -> None:
    assert len(parse_columns(b"")) == 0


def test_of_two_readings_at_one_time_the_anomalous_one_is_shown(tmp_path: Path) -> None:
    for dataset, status in (("history", b"Normal"), ("anomaly", b"Anomaly")):
        folder = tmp_path / "shop" / dataset
        folder.mkdir(parents=True)
        (folder / "cpu.csv").write_bytes(HEADER + LINE.replace(b"Normal", status, 1))
    columns = HistoryStore(tmp_path).columns(KEY, START, START)
    assert columns.status.tolist() == [b"Anomaly"]


def test_only_the_range_is_read(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    numbers = np.arange(20_000, dtype=np.float64)
    store.backfill(KEY, np.add(START, 15.0 * numbers, dtype=np.float64), numbers)
    path = tmp_path / "shop" / "history" / "cpu.csv"
    begin = round((START + 15 * 5_000) * 1000)
    read = read_lines(path, begin, begin + 15_000 * 10)
    assert len(read) < 20_000 < path.stat().st_size / 20
    assert store.columns(KEY, begin / 1000, begin / 1000 + 150).values.tolist() == list(range(5_000, 5_011))


def test_runs_and_gaps() -> None:
    times = np.array([0.0, 15, 30, 45, 300, 315, 330])
    marked = np.array([True, False, True, True, False, False, True])
    assert runs(times, marked) == [(0, 0), (30, 45), (330, 330)]
    assert gaps(times, least=0) == [(45, 300)]
    assert gaps(times, least=1000) == []
    assert (runs(times[:0], marked[:0]), gaps(times[:1], 0)) == ([], [])
