"""The templates of a range of time, held against the time before it: which are new, which came more often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from backend.logs.novelty import WEIGHT, Novelty, Statement, Usual
from backend.logs.queries import LogFilter, TemplateGroup, templates
from backend.logs.search import BASELINE
from backend.logs.store import LogStore

NOTABLE = 0.3
"""From this product of novelty and level on a template is named among what changed."""


class TemplateNews(NamedTuple):
    """A template's lines, how much news they are, and how many there were in the window before."""

    group: TemplateGroup
    novelty: Novelty
    before: int

    @property
    def rank(self) -> float:
        """Novelty weighted by level, 0..1."""
        bad = bool(self.group.statement.cause)
        return self.novelty.score * (1.0 if bad else WEIGHT[self.group.statement.level])

    @property
    def is_new(self) -> bool:
        """Not one such line in the window before."""
        return self.before == 0


@dataclass(frozen=True, slots=True)
class RangeNews:
    """All templates of a range, the greatest news first; ``since`` is where the window before begins.

    ``truncated``: only the newest lines of the range, or of the window before, were looked at.
    """

    items: list[TemplateNews]
    since: float
    truncated: bool


def range_news(store: LogStore, wanted: LogFilter) -> RangeNews:
    """Group the lines of a range and compare with the window of the same length before (ten minutes or more).

    Raises LogStoreError.
    """
    length = wanted.end - wanted.start
    since = max(0.0, wanted.start - max(length, BASELINE))
    with store.reading() as db:
        during, more = templates(db, wanted)
        before, more_before = templates(db, replace(wanted, start=since, end=wanted.start))
    # A log that begins within the window before was not silent earlier: it was not known.
    known = {name: store.earliest(name) for name in {group.service for group in during}}
    seconds = {
        name: max(1.0, wanted.start - max(since, earliest or since)) for name, earliest in known.items()
    }
    return RangeNews(compare(during, before, seconds, length), since, more or more_before)


def compare(
    during: Sequence[TemplateGroup],
    before: Sequence[TemplateGroup],
    seconds: Mapping[str, float],
    length: float,
) -> list[TemplateNews]:
    """Judge each template of a range of ``length`` seconds; ``seconds`` is each service's window before."""
    counts: dict[str, dict[Statement, int]] = defaultdict(dict)
    for group in before:
        counts[group.service][group.statement] = group.lines
    usual = {name: Usual(counts[name], span) for name, span in seconds.items()}
    found = [
        TemplateNews(
            group,
            usual[group.service].novelty(group.statement, group.lines, group.first, length),
            usual[group.service].count(group.statement),
        )
        for group in during
    ]
    return sorted(found, key=lambda news: (-news.rank, -news.group.lines, news.group.statement))
