"""Which services and pairs there are: known from the datasets, seen in polls, forgotten when long gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

from backend.metrics.readings import SeriesKey

FORGET_AFTER = 3600.0
"""Seconds of answered polls without it after which a pair is no longer shown."""
_MOST_INTERVALS = 2
"""Poll intervals that one poll counts at most: a machine that slept has not watched meanwhile."""


class Roster:
    """The pairs that are shown and the services that are listed; used by the poll thread alone.

    Only a metric's answer can make its pairs older: an outage of Prometheus says nothing about services.
    """

    def __init__(self, interval: float, stored: Mapping[SeriesKey, float]) -> None:
        """``stored``: the pairs of the datasets, and when the newest reading of each was."""
        self.pairs: dict[SeriesKey, float] = dict(stored)
        """Pair -> when it was last seen (seconds since the epoch)."""
        self._most = _MOST_INTERVALS * interval
        self._missed: dict[SeriesKey, float] = {}
        self._had_readings = {key.service for key in stored}
        self._listed: set[str] = set()
        self._last_poll: float | None = None
        self._services: tuple[str, ...] | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """The services to show, sorted.

        Prometheus goes on listing a name for hours after its last series ended. So a name that has had
        readings is kept by its pairs alone; one that never had any is shown as long as it is listed.
        """
        if self._services is None:
            known = {key.service for key in self.pairs}
            self._services = tuple(sorted(known | self._listed - self._had_readings))
        return self._services

    def take_names(self, names: Collection[str]) -> None:
        """Take the names that Prometheus lists now."""
        self._listed = set(names)
        self._had_readings &= self._listed | {key.service for key in self.pairs}
        self._services = None

    def poll(self, at: float, answered: Collection[str], found: Set[SeriesKey]) -> list[SeriesKey]:
        """Note the metrics that answered, and the pairs in the answers; returns the pairs forgotten."""
        watched = 0.0 if self._last_poll is None else min(max(0.0, at - self._last_poll), self._most)
        self._last_poll = at
        new = found - self.pairs.keys()
        if new:
            self._had_readings.update(key.service for key in new)
            self._services = None
        self.pairs.update(dict.fromkeys(found, at))
        for key in self._missed.keys() & found:
            del self._missed[key]
        missing = [key for key in self.pairs.keys() - found if key.metric in answered]
        for key in missing:
            self._missed[key] = self._missed.get(key, 0.0) + watched
        return self._forget([key for key in missing if self._missed[key] >= FORGET_AFTER])

    def forget_older(self, oldest: float) -> None:
        """Leave out the pairs that were last seen before ``oldest``."""
        self._forget([key for key, seen in self.pairs.items() if seen < oldest])

    def _forget(self, gone: list[SeriesKey]) -> list[SeriesKey]:
        if gone:
            self._services = None
        for key in gone:
            del self.pairs[key]
            self._missed.pop(key, None)
        return gone
