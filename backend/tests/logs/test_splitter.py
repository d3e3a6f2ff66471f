"""Records: nothing between them is lost, and a stack trace stays with its line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.logs.sources.splitter import MAX_RECORD, split_records

pieces = st.sampled_from(
    [b"INFO one", b"\tat a.B", b"Caused by: x", b'{"a":1}', b"", b"  ", b"a.BException: y", b"two"]
)


def all_of(chunk: bytes, limit: int = 10**6) -> list[bytes]:
    return split_records(chunk, limit, close_record=True, close_line=True).records


@given(st.lists(pieces, max_size=12), st.integers(1, 5))
def test_every_line_is_in_one_record_however_small_the_batches(lines: list[bytes], limit: int) -> None:
    chunk = b"\n".join(lines)
    records, position = [], 0
    while position < len(chunk):
        split = split_records(chunk[position:], limit, close_record=True, close_line=True)
        assert split.consumed > 0
        assert len(split.records) <= limit
        records += split.records
        position += split.consumed
    inside = [line for record in records for line in record.split(b"\n") if line.strip()]
    assert inside == [line for line in lines if line.strip()]


@given(st.lists(pieces, min_size=1, max_size=12), st.data())
def test_where_a_stretch_ends_does_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    chunk = b"\n".join([*lines, b"INFO last", b""])
    end = data.draw(st.integers(0, len(chunk)))
    first = split_records(chunk[:end], 10**6, close_record=False, close_line=False)
    assert first.records + all_of(chunk[first.consumed :]) == all_of(chunk)


def test_a_stack_trace_stays_with_its_line_and_a_json_line_alone() -> None:
    trace = b"ERROR x\njava.io.IOException: y\n\tat a.B\nCaused by: c.D\n\t... 3 more"
    assert all_of(trace + b'\nINFO z\n{"a":1}\n\tat lone\n') == [trace, b"INFO z", b'{"a":1}', b"\tat lone"]


def test_a_record_does_not_grow_without_end() -> None:
    records = all_of(b"ERROR x\n" + b"\tat a.B.c(D.java:1)\n" * 40_000)
    assert len(records) > 1
    assert max(map(len, records)) <= MAX_RECORD
