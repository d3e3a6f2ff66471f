"""A query in parts: where a matcher may stand in it, and matchers that divide all services among the parts.

PromQL is restricted by matchers inside its selectors alone, and only who wrote a query knows in which: so the
query says it. ``rate(requests_total{code="500",$part(pod)}[1m])`` has a place for a matcher on ``pod``. All
series of one service must have the same value of that label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

_PLACE = r"\$part\((\w+)\)"
_PLACES = re.compile(_PLACE)
_PLACES_AND_COMMAS = re.compile(rf"\{{\s*{_PLACE}\s*\}}|\s*,\s*{_PLACE}|{_PLACE}\s*,\s*|{_PLACE}")
_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")
_PIECES_A_PART = 4
"""A part is put together of pieces of a quarter its size, so that parts are of about one size."""


def whole(template: str) -> str:
    """The query without its places: for all services at once."""
    return _PLACES_AND_COMMAS.sub("", template)


def labels(template: str) -> set[str]:
    """The labels that the query has places for; empty where it cannot be divided."""
    return set(_PLACES.findall(template))


def divided(template: str, values: Mapping[str, Sequence[str]], parts: int) -> list[str]:
    """At most ``parts`` queries that together answer what the whole one does, each series in one of them.

    ``values``: the values of each of `labels`, by which the parts become about equal; a value that is not
    among them, or none at all, is in one part too. One query where the values cannot be told apart.
    """
    matchers = {label: _matchers(label, sorted(set(values[label])), parts) for label in labels(template)}
    count = max((len(some) for some in matchers.values()), default=1)
    if count == 1:
        return [whole(template)]
    for label, some in matchers.items():
        some += [f'{label}="",{label}!=""'] * (count - len(some))
    return [_placed(template, {label: some[i] for label, some in matchers.items()}) for i in range(count)]


def _placed(template: str, matchers: Mapping[str, str]) -> str:
    return _PLACES.sub(lambda place: matchers[place[1]], template)


def _matchers(label: str, values: list[str], parts: int) -> list[str]:
    """Matchers of which every value, known or not, fits exactly one; ``values`` sorted and distinct."""
    most = len(values) / parts
    by_part: dict[int, list[str]] = {}
    before = 0
    for prefix, count in _prefixes(values, max(1, int(most / _PIECES_A_PART))):
        by_part.setdefault(int((before + count / 2) / most), []).append(prefix)
        before += count
    # The last part takes what no other does: values that came since, and series without the label.
    chosen = list(by_part.values())[:-1]
    if not chosen:
        return [f'{label}=~"(?s:.*)"']
    matchers = [f"{label}=~{_starts_with(prefixes)}" for prefixes in chosen]
    others = [prefix for prefixes in chosen for prefix in prefixes]
    return [*matchers, f"{label}!~{_starts_with(others)}"]


def _prefixes(values: list[str], most: int) -> list[tuple[str, int]]:
    """Prefixes, none of which is the start of another, with how many values start so: ``most`` if it can be.

    A value that is itself the start of longer ones stays without a prefix.
    """
    found = []
    waiting = [("", values)] if values else []
    while waiting:
        prefix, group = waiting.pop()
        if len(group) <= most:
            found.append((prefix, len(group)))
            continue
        length = _shared_length(group[0], group[-1])
        longer = group[1:] if len(group[0]) == length else group
        heads = groupby(longer, key=itemgetter(slice(length + 1)))
        waiting += reversed([(head, list(some)) for head, some in heads])
    return found


def _shared_length(one: str, other: str) -> int:
    """How many characters two texts start with in common; of a sorted group, first and last tell for all."""
    shortest = min(len(one), len(other))
    return next((i for i in range(shortest) if one[i] != other[i]), shortest)


def _starts_with(prefixes: Sequence[str]) -> str:
    """A regular expression (RE2) as a PromQL string; the prefixes are data, whatever characters they have."""
    pattern = "|".join(_SPECIAL.sub(r"\\\1", prefix) for prefix in prefixes)
    # `.` alone would not go over the end of a line, which a label's value may have.
    pattern = f"(?:{pattern})(?s:.*)"
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
