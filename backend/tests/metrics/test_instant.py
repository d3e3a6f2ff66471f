"""The columns of an instant vector hold what judging each service by itself would say."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.metrics.instant import read_vector

AT = 1767225600.0

odd_points = st.sampled_from(
    [None, [], [AT], [AT, None], ["soon", "1"], [AT, "stale"], {"a": 1}, 7, "x", [AT, []], [None, "1"]]
)
points = st.tuples(
    st.sampled_from([AT, AT - 300.5, AT + 0.001, AT + 0.5, math.nan, -math.inf]),
    st.one_of(
        st.floats().map(repr),
        st.sampled_from(["NaN", "+Inf", "-Inf", "1e400", "-0", "5e-324"]),
        st.integers(),
    ),
).map(list)
vectors = st.lists(
    st.builds(
        lambda name, point: {"metric": {"service": name} if name else {"pod": "p"}, "value": point},
        st.sampled_from(["", "a", "b", "c", "d", "e", "zürich 店", 'q"\n']),
        st.one_of(points, points, odd_points),
    ),
    max_size=12,
)


def is_sample(point: Any) -> bool:
    """The plain definition, one point at a time."""
    try:
        time, value = float(point[0]), float(point[1])
    except (IndexError, KeyError, TypeError, ValueError):
        return False
    return math.isfinite(value) and math.isfinite(time) and time <= AT + 0.001


@given(vectors)
def test_each_service_has_its_value_or_its_reason(vector: list[dict[str, Any]]) -> None:
    answer = read_vector(vector, "service", AT)
    names = [series["metric"].get("service", "") for series in vector]
    expected = {
        name: float(series["value"][1])
        for name, series in zip(names, vector, strict=True)
        if name and names.count(name) == 1 and is_sample(series["value"])
    }
    assert dict(zip(answer.services, answer.values.tolist(), strict=True)) == expected
    assert set(answer.rejected) == set(names) - expected.keys()
    assert all(answer.rejected.values())
    assert list(answer.samples) == answer.services
    assert all(sample.timestamp <= AT + 0.001 for sample in answer.samples.values())


def test_what_is_wrong_is_told_in_the_order_that_helps() -> None:
    twice = [{"metric": {"service": "shop"}, "value": value} for value in ([AT, "NaN"], None)]
    assert "2 series for one service (shop)" in read_vector(twice, "service", AT).rejected["shop"]
    assert "native histogram" in read_vector(twice[1:], "service", AT).rejected["shop"]
