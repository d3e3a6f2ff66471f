"""Pages, the tail, a line's surroundings, counts and templates: each line once, in order, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.logs import queries
from backend.logs.line import LogLine
from backend.logs.news import NOTABLE, range_news
from backend.logs.queries import LogFilter
from backend.logs.store import LogStore

EVER = LogFilter((), 0, 1e9)


def line(
    at: float, message: str = "m", level: str = "INFO", service: str = "pay", stack: str = ""
) -> LogLine:
    return LogLine(at, service, level, message, "o.Pay", stack_trace=stack)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore(tmp_path / "lines.db", keep=1e9, max_lines=50_000)
    yield store
    store.close()


def messages(lines: list[queries.StoredLine]) -> list[str]:
    return [found.line.message for found in lines]


@settings(max_examples=25)
@given(
    times=st.lists(st.integers(0, 6), max_size=25), limit=st.integers(1, 7), services=st.sampled_from("ab ")
)
def test_pages_meet_each_line_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], limit: int, services: str
) -> None:
    store = LogStore(tmp_path_factory.mktemp("pages") / "lines.db", keep=1e9, max_lines=1000)
    store.append([line(at, str(n), service="ab"[n % 2]) for n, at in enumerate(times)])
    wanted = LogFilter(services.split(), 1, 5)
    met: list[queries.StoredLine] = []
    place: tuple[float, int] | None = None
    with store.reading() as db:
        while True:
            page = queries.page(db, wanted, limit, place)
            assert len(page.lines) <= limit
            met = page.lines + met
            place = page.older
            if place is None:
                break
    store.close()
    expected = sorted(
        (at, n) for n, at in enumerate(times) if 1 <= at < 5 and "ab"[n % 2] in (services.split() or "ab")
    )
    assert messages(met) == [str(n) for _, n in expected]
    assert page.total == len(expected)


def test_the_tail_has_what_came_in_since_and_counts_what_it_drops(store: LogStore) -> None:
    store.append([line(1, "old")])
    with store.reading() as db:
        assert queries.tail(db, EVER, None, 10) == ([], 1, 0)
        assert queries.tail(db, EVER, 1, 10) == ([], 1, 0)
    store.append([line(at, f"n{at}", "ERROR" if at % 2 else "INFO") for at in range(10)])
    store.append([line(5, "other", service="x")])
    with store.reading() as db:
        found = queries.tail(db, LogFilter(["pay"], 0, 0), 1, 3)
        assert (messages(found.lines), found.cursor, found.dropped) == (["n7", "n8", "n9"], 12, 7)
        errors = queries.tail(db, LogFilter(["pay"], 0, 0, ["ERROR"]), 1, 9)
        assert (messages(errors.lines), errors.dropped) == (["n1", "n3", "n5", "n7", "n9"], 0)
        assert queries.tail(db, EVER, 99, 10).cursor == 12, "a store begun afresh counts anew"


def test_a_line_is_shown_among_those_of_its_service(store: LogStore) -> None:
    store.append([line(at, str(at), service="pay" if at % 2 else "x") for at in range(20)])
    store.append([line(9, "same time")])
    with store.reading() as db:
        found = queries.line_by_id(db, 10)
        assert found is not None
        assert found.line.message == "9"
        assert messages(queries.around(db, found, 2, 2)) == ["5", "7", "9", "same time", "11"]
        assert messages(queries.around(db, found, 0, 0)) == ["9"]
        assert queries.line_by_id(db, 4711) is None


def test_lines_are_counted_over_time_by_level(store: LogStore) -> None:
    store.append([line(at, level="ERROR" if at == 7 else "INFO") for at in (0, 1, 5, 7, 9.9, 10, 11)])
    with store.reading() as db:
        counts = queries.histogram(db, LogFilter(["pay"], 0, 11), 5)
    assert counts == {"INFO": {0: 2, 1: 2, 2: 1}, "ERROR": {1: 1}}


def test_text_and_template_filter_together(store: LogStore) -> None:
    store.append([line(1, "order 5 paid"), line(2, "order 6 paid"), line(3, "order 7 failed")])
    with store.reading() as db:
        paid = queries.page(db, LogFilter((), 0, 9, template="order <*> paid"), 9)
        assert messages(paid.lines) == ["order 5 paid", "order 6 paid"]
        six = queries.page(db, LogFilter((), 0, 9, template="order <*> paid", q="6"), 9)
        assert messages(six.lines) == ["order 6 paid"]


def test_what_is_new_or_more_frequent_comes_first(store: LogStore) -> None:
    usual = [line(at, f"order {at} paid") for at in range(1200)]
    usual += [line(at, "cache miss", "WARN") for at in range(0, 1200, 60)]
    bad = [line(650 + at, f"no connection after {at} ms", "ERROR", stack="a.B: x\n\tat c") for at in range(5)]
    boosted = [line(700 + at, "cache miss", "WARN") for at in range(200)]
    store.append([*usual, *bad, *boosted, line(610, "first of another", service="young")])
    news = range_news(store, LogFilter((), 600, 1200))
    first, second, *rest = news.items
    assert (first.group.statement.template, first.group.lines, first.is_new) == (
        "no connection after <*> ms",
        5,
        True,
    )
    assert first.group.statement.cause == "a.B"
    assert (second.group.statement.template, second.before, second.is_new) == ("cache miss", 10, False)
    assert second.novelty.expected == pytest.approx(10)
    assert all(each.rank < NOTABLE for each in rest)
    assert (news.since, news.truncated) == (0, False)


def test_thousands_of_templates_are_grouped(store: LogStore) -> None:
    words = ["".join(chr(97 + (n // 26**k) % 26) for k in range(4)) for n in range(5_000)]
    store.append([line(700 + n / 100, f"said {word}") for n, word in enumerate(words)])
    news = range_news(store, LogFilter(["pay"], 600, 1200))
    assert len(news.items) == 5_000
    with store.reading() as db:
        page = queries.page(db, LogFilter(["pay"], 600, 1200, template=f"said {words[77]}"), 9)
    assert page.total == 1


def test_an_empty_store_answers_everything(store: LogStore) -> None:
    with store.reading() as db:
        assert queries.page(db, EVER, 5) == ([], 0, None)
        assert queries.histogram(db, EVER, 5) == {}
        assert queries.tail(db, EVER, None, 5) == ([], 0, 0)
        assert list(queries.each(db, EVER, 5)) == []
    assert range_news(store, EVER).items == []
