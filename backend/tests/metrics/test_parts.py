"""Every series is in exactly one part, whatever the services are called; Python's `re` stands in for RE2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.metrics.parts import divided, labels, whole

names = st.one_of(
    st.text(alphabet='ab.*+(|)[]{}^$\\"\n-é店', min_size=1, max_size=6),
    st.integers(0, 300).map(lambda number: f"service-{number}"),
)
MATCHER = re.compile(r'^(\w+)(=~|!~)("(?:[^"\\]|\\.)*")$')


def fits(matcher: str, value: str) -> bool:
    """What Prometheus would say of one matcher."""
    found = MATCHER.match(matcher)
    assert found, matcher
    pattern = json.loads(found[3])
    return (re.fullmatch(pattern, value) is not None) == (found[2] == "=~")


@given(st.sets(names, max_size=60), st.sets(names, max_size=10), st.integers(2, 16))
def test_each_value_is_in_one_part(known: set[str], new: set[str], parts: int) -> None:
    queries = divided("$part(service)", {"service": sorted(known)}, parts)
    assert 1 <= len(queries) <= parts
    if queries != [""]:
        for value in known | new | {""}:
            assert sum(fits(query, value) for query in queries) == 1


@pytest.mark.parametrize("parts", [2, 3, 16])
@pytest.mark.parametrize(
    "name",
    [lambda i: f"service-{i}", lambda i: f"{i * 7919 % 10007:x}.team-{i % 7}", lambda i: "x" * 20 + str(i)],
)
def test_parts_are_of_about_one_size(name: Callable[[int], str], parts: int) -> None:
    values = [name(i) for i in range(600)]
    queries = divided("$part(s)", {"s": values}, parts)
    sizes = [sum(fits(query, value) for value in values) for query in queries]
    assert len(queries) > parts / 2
    assert max(sizes) < 2.5 * 600 / parts + 1
    assert sum(map(len, queries)) < 60_000


def test_values_that_cannot_be_told_apart_are_asked_whole() -> None:
    for values in ([], ["shop"]):
        assert divided("up{$part(service)}", {"service": values}, 4) == ["up"]


def test_a_label_with_one_value_is_in_the_first_part() -> None:
    template = "a{$part(service)} or b{$part(instance)}"
    queries = divided(template, {"service": ["x", "y"], "instance": ["one"]}, 2)
    assert queries == [
        'a{service=~"(?:x)(?s:.*)"} or b{instance=~"(?s:.*)"}',
        'a{service!~"(?:x)(?s:.*)"} or b{instance="",instance!=""}',
    ]


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("up{$part(a)}", "up"),
        ("up{ $part(a) }[1m]", "up[1m]"),
        ('up{job="x",$part(a)}', 'up{job="x"}'),
        ('up{job="x", $part(a), b="c"}', 'up{job="x", b="c"}'),
        ('up{$part(a), job="x"}', 'up{job="x"}'),
        ("up", "up"),
    ],
)
def test_the_whole_query_has_no_trace_of_the_places(template: str, query: str) -> None:
    assert whole(template) == query
    assert labels(template) == ({"a"} if "$" in template else set())
