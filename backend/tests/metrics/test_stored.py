"""Looking into the past: a range brings the same wherever its readings are kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, State, Verdict

KEY, OTHER = SeriesKey("shop", "cpu"), SeriesKey("other", "lat")
START = 1767225600.0


def reading(number: int, key: SeriesKey = KEY, anomalous: bool = False) -> Reading:
    verdict = Verdict.ANOMALY if anomalous else Verdict.NORMAL
    return Reading(key, START + 15 * number, 1.5, State.SCORED, verdict=verdict)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_range_brings_what_lies_in_it_wherever_it_is_kept(data: st.DataObject) -> None:
    """In the CSVs, in blocks, or in both: a range may end inside a block or before it, or begin behind it."""
    with tempfile.TemporaryDirectory() as folder:
        store = HistoryStore(Path(folder))
        number, expected = 0, {}
        for _ in range(data.draw(st.integers(1, 6))):
            kept = []
            for _ in range(data.draw(st.integers(1, 3))):
                number += data.draw(st.integers(1, 3))
                anomalous = data.draw(st.booleans())
                expected[number] = anomalous
                kept.append(reading(number, anomalous=anomalous))
            store.append([*kept, reading(number, key=OTHER)], "live")
            if data.draw(st.booleans()):
                store.flush()
        for _ in range(5):
            first, last = (data.draw(st.integers(-1, number + 1)) for _ in range(2))
            for stored in (store, HistoryStore(Path(folder))):
                found = stored.load(KEY, START + 15 * first, START + 15 * last)
                moments = ((found.timestamps - START) / 15).tolist()
                assert dict(zip(moments, found.anomalous.tolist(), strict=True)) == {
                    at: anomalous for at, anomalous in expected.items() if first <= at <= last
                }
