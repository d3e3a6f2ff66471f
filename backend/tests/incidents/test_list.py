"""The list: filters, search, order, and pages that show each incident exactly once."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.incidents.acts import acknowledge, resolve
from backend.incidents.incident import Status
from backend.incidents.queries import SORTS, IncidentQuery
from backend.incidents.store import IncidentStore
from backend.metrics.readings import SeriesKey, Severity
from backend.tests.incidents.builders import SPEC, firing, opened


@pytest.fixture
def filled(store: IncidentStore) -> IncidentStore:
    """#1 open High on a, #2 resolved on a, #3 acknowledged on b, #4 open Critical on Größe, #5 open on z."""
    opened(store, 1000.0, SeriesKey("a", "lat"), Severity.HIGH)
    second = opened(store, 2000.0, SeriesKey("a", "cpu"))
    third = opened(store, 3000.0, SeriesKey("b", "lat"))
    opened(store, 4000.0, SeriesKey("Größe_100%", "err"))
    opened(store, 5000.0, SeriesKey("z", "lat"), Severity.HIGH)
    store.change(second.id, lambda now: resolve(now, 6000.0))
    store.change(third.id, lambda now: acknowledge(now, 5500.0))
    return store


def ids(store: IncidentStore, query: IncidentQuery) -> list[int]:
    return [item.id for item in store.list(query).items]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("urgency", [4, 5, 1, 3, 2]),
        ("-urgency", [2, 3, 1, 5, 4]),
        ("opened_at", [1, 2, 3, 4, 5]),
        ("-opened_at", [5, 4, 3, 2, 1]),
        ("-updated_at", [2, 3, 5, 4, 1]),
        ("severity", [1, 5, 2, 3, 4]),
        ("-severity", [4, 3, 2, 5, 1]),
        ("service", [4, 1, 2, 3, 5]),
        ("-service", [5, 3, 2, 1, 4]),
    ],
)
def test_order(filled: IncidentStore, sort: str, expected: list[int]) -> None:
    assert ids(filled, IncidentQuery(sort=sort)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (IncidentQuery(services=("a",)), [1, 2]),
        (IncidentQuery(services=("a", "b")), [1, 2, 3]),
        (IncidentQuery(services=("a' OR 1=1 --",)), []),
        (IncidentQuery(metrics=("lat",), severities=(Severity.HIGH,)), [1, 5]),
        (IncidentQuery(statuses=(Status.OPEN, Status.ACKNOWLEDGED)), [1, 3, 4, 5]),
        (IncidentQuery(q="grÖSSE"), [4]),
        (IncidentQuery(q="100%"), [4]),
        (IncidentQuery(q="_"), [1, 2, 3, 4, 5]),  # in the name of the policy, which the reason tells
        (IncidentQuery(q="e_1"), [4]),
        (IncidentQuery(q="#2"), [2]),
        (IncidentQuery(q="2"), [1, 2, 3, 4, 5]),  # all of them are at 3,240 ms
        (IncidentQuery(q=" latency\tP99 #3 "), [3]),
        (IncidentQuery(q="latency nothing"), []),
        (IncidentQuery(q="#99999999999999999999999"), []),
        (IncidentQuery(q="#9223372036854775808"), []),
        (IncidentQuery(q="\x00"), []),
        (IncidentQuery(q=" ".join(["latency"] * 30)), []),  # past its 20th word a query is one phrase
    ],
)
def test_filters_and_search(filled: IncidentStore, query: IncidentQuery, expected: list[int]) -> None:
    assert sorted(ids(filled, query)) == expected
    assert filled.list(query).total == len(expected)


def test_the_total_counts_all_pages(filled: IncidentStore) -> None:
    first = filled.list(IncidentQuery(limit=2))
    assert (len(first.items), first.total) == (2, 5)
    second = filled.list(IncidentQuery(limit=3, cursor=first.next_cursor))
    assert (len(second.items), second.total, second.next_cursor) == (3, 5, None)


def test_counts_leave_their_own_filter_out(filled: IncidentStore) -> None:
    page = filled.list(IncidentQuery(services=("a", "b"), statuses=(Status.OPEN,), limit=1))
    assert page.total == 1
    assert page.statuses == {Status.OPEN: 1, Status.RESOLVED: 1, Status.ACKNOWLEDGED: 1}
    assert page.severities == {Severity.HIGH: 1}
    critical = filled.list(IncidentQuery(severities=(Severity.CRITICAL,)))
    assert critical.statuses == {Status.OPEN: 1, Status.RESOLVED: 1, Status.ACKNOWLEDGED: 1}
    assert critical.severities == {Severity.CRITICAL: 3, Severity.HIGH: 2}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2000.0, 4000.0, [1, 2, 3, 4]),  # 1 began before and still fired
        (2600.0, None, [3, 4, 5]),
        (None, 1999.0, [1]),
        (2501.0, 2999.0, []),
    ],
)
def test_a_time_range_holds_what_fired_in_it(
    filled: IncidentStore, start: float | None, end: float | None, expected: list[int]
) -> None:
    filled.attach(1, firing(2500.0, SeriesKey("a", "lat"), Severity.HIGH), SPEC, at=2501.0)
    assert sorted(ids(filled, IncidentQuery(start=start, end=end))) == expected


def test_ids_are_those_of_the_pages_in_the_same_order(filled: IncidentStore) -> None:
    query = IncidentQuery(severities=(Severity.CRITICAL,), sort="-service", limit=1, offset=2)
    assert filled.ids(query) == ids(filled, replace(query, limit=9, offset=0)) == [3, 2, 4]
    assert ids(filled, query) == [4]


def _made_up(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%%%",
        "é",
        "=" * 5,
        _made_up(),
        _made_up("urgency"),
        _made_up("opened_at", 1000.0, 1),  # of another sort
        _made_up("urgency", "20", 1000.0, 1),
        _made_up("urgency", 20, float("nan"), 1),
        _made_up("urgency", 20, 1000.0, 2**80),
        _made_up("urgency", True, 1000.0, 1),
        _made_up("urgency", 20, [1000.0], 1),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(filled: IncidentStore, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor: not one of"):
        filled.list(IncidentQuery(cursor=cursor))


def test_a_service_that_no_text_can_hold_is_refused_in_a_cursor(filled: IncidentStore) -> None:
    with pytest.raises(ValueError, match="cursor: not one of"):
        filled.list(IncidentQuery(sort="service", cursor=_made_up("service", "\ud800", 1)))


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (IncidentQuery(sort="title"), "sort: found 'title'; allowed: urgency, -urgency, opened_at"),
        (IncidentQuery(sort="--urgency"), "sort: "),
        (IncidentQuery(limit=0), "limit: found 0; allowed: 1 to 500"),
        (IncidentQuery(limit=501), "limit: found 501"),
        (IncidentQuery(cursor="x", offset=1), "cursor, offset: found both"),
    ],
)
def test_a_query_that_cannot_be_is_refused(store: IncidentStore, query: IncidentQuery, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"):
        store.list(query)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 5), min_size=1, max_size=15),
    arrivals=st.lists(st.integers(0, 5), max_size=15),
    limit=st.integers(1, 4),
    sort=st.sampled_from(SORTS),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "services": st.just(("s0", "s2")),
            "severities": st.just((Severity.HIGH, Severity.NORMAL)),
            "statuses": st.just((Status.OPEN,)),
            "q": st.sampled_from(["s1", "m1", "critical"]),
            "start": st.just(2.0),
            "end": st.just(4.0),
        },
    ),
)
def test_paging_shows_each_incident_once_while_others_open(
    tmp_path_factory: pytest.TempPathFactory,
    times: list[int],
    arrivals: list[int],
    limit: int,
    sort: str,
    filters: dict[str, Any],
) -> None:
    path: Path = tmp_path_factory.mktemp("pages") / "canopy.db"
    store = IncidentStore(path)
    severities = list(Severity)

    def add(number: int, time: int) -> int:
        # Few different times, severities and names, so that ties are common.
        key = SeriesKey(f"s{time % 3}", f"m{number}")
        return opened(store, float(time), key, severities[number % 3]).id

    for number, time in enumerate(times):
        add(number, time)
    query = IncidentQuery(sort=sort, limit=limit, **filters)
    there = store.ids(query)
    seen: list[int] = []
    cursor: str | None = None
    waiting = list(arrivals)
    while True:
        page = store.list(replace(query, cursor=cursor))
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        if waiting:
            add(1000 + len(waiting), waiting.pop())
    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)
    store.close()
