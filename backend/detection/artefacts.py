"""Recognises what happened to services from two polls' answers: restarts, deploys, gaps and the like."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from backend.metrics.cards import Artefact, ArtefactKind, Marker

CLOCK_OFF = 10.0
"""Seconds by which a clock must be off to be named; what two scrapes and a start time leave is far less."""
_STARTED_LATER = 2.0
"""Seconds by which a start time must grow to be another start: some programs compute it anew each time."""
_CALM = 5
"""Settle times without another restart after which one holds alerts back again."""
_LOOKBACK = 300.0
"""Seconds for which Prometheus answers with a series' last sample: so old may the word of a start be."""
_LONGEST_VERSION = 60
_MOST_VERSIONS = 4

_HELD_BACK_FOR = (ArtefactKind.DEPLOY, ArtefactKind.RESTART, ArtefactKind.NEW_INSTANCE)
"""The kinds after which metrics are strange for a while: caches are cold, and code is not compiled yet."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one poll says of every service; a field is None where it was not asked for or not answered.

    ``started``: when the newest of a service's processes started, in seconds since the epoch. ``versions``:
    what its instances say they run. ``instances``: how many there are; ``down``: how many of them Prometheus
    cannot scrape. ``resets``: how often counters began again within the last polls. ``clock``: seconds by
    which its clock is ahead. A service that is not in a mapping has no such series.
    """

    at: float
    started: Mapping[str, float] | None = None
    versions: Mapping[str, Set[str]] | None = None
    instances: Mapping[str, float] | None = None
    down: Mapping[str, float] | None = None
    resets: Mapping[str, float] | None = None
    clock: Mapping[str, float] | None = None


@dataclass
class Known:
    """What the polls so far said: the newest answer of each service, and since when a trouble lasts.

    ``started``: also when it was said; ``changed``: when a service last started anything anew; ``joining``:
    until when its new instance may still tell of its own start; ``settling``: until when it holds alerts
    back, and when it last had a reason to.
    """

    started: dict[str, tuple[float, float]] = field(default_factory=dict)
    versions: dict[str, Set[str]] = field(default_factory=dict)
    instances: dict[str, float] = field(default_factory=dict)
    resetting: set[str] = field(default_factory=set)
    changed: dict[str, float] = field(default_factory=dict)
    joining: dict[str, float] = field(default_factory=dict)
    settling: dict[str, tuple[float, float]] = field(default_factory=dict)
    down: dict[str, Artefact] = field(default_factory=dict)
    skewed: dict[str, Artefact] = field(default_factory=dict)

    def lasting(self) -> set[Marker]:
        """The troubles that go on."""
        both = (*self.down.items(), *self.skewed.items())
        return {Marker(service, artefact) for service, artefact in both}

    def recall(self, markers: Iterable[Marker]) -> None:
        """Go on with the troubles that an earlier run was told of."""
        for marker in markers:
            kept = self.down if marker.artefact.kind is ArtefactKind.SCRAPE_GAP else self.skewed
            kept.setdefault(marker.service, marker.artefact)

    def forget(self, services: Iterable[str]) -> None:
        """Drop services that are gone for good."""
        for service in services:
            for kept in (
                self.started,
                self.versions,
                self.instances,
                self.changed,
                self.joining,
                self.settling,
                self.down,
                self.skewed,
            ):
                kept.pop(service, None)
            self.resetting.discard(service)


def recognise(known: Known, now: Observed, settle: float) -> list[Marker]:
    """What is new since the polls that ``known`` was told of; ``known`` then knows this one too.

    An artefact that holds alerts back does so for ``settle`` seconds from this poll; the next one only after
    a calm of _CALM times that, or a service that starts again and again would never alert. One event has
    one name: a start with another version is a deploy, one together with more instances a new instance, and
    the counters that it resets are part of it. The first time that a service is seen is no change; a start
    less than ``settle`` ago is one all the same.
    """
    deploys, instances = _deploys(known, now), _instances(known, now, settle)
    restarts = _restarts(known, now, settle)
    events = {service: (ArtefactKind.RESTART, "it restarted", since) for service, since in restarts.items()}
    events |= {s: (ArtefactKind.NEW_INSTANCE, words, now.at) for s, words in instances.items()}
    events |= {s: (ArtefactKind.DEPLOY, words, now.at) for s, words in deploys.items()}
    known.changed |= dict.fromkeys(events, now.at)
    for service in sorted(_resets(known, now)):
        if now.at - known.changed.get(service, -math.inf) > settle:
            events[service] = (ArtefactKind.COUNTER_RESET, "its counters began again at 0", now.at)
    found = [
        Marker(service, Artefact(kind, since, words, _settles(known, service, kind, now.at, settle)))
        for service, (kind, words, since) in events.items()
    ]
    return found + _troubles(known, now)


def _settles(known: Known, service: str, kind: ArtefactKind, at: float, settle: float) -> float | None:
    """Until when this artefact holds alerts back; None where it does not."""
    if kind not in _HELD_BACK_FOR:
        return None
    until, last = known.settling.get(service, (-math.inf, -math.inf))
    if at - last > _CALM * settle:
        until = at + settle
    known.settling[service] = (until, at)
    return until if until > at else None


def _restarts(known: Known, now: Observed, settle: float) -> dict[str, float]:
    """Services of which a process started, and when."""
    found = {}
    for service, started in (now.started or {}).items():
        before, said_at = known.started.get(service, (now.at - settle, -math.inf))
        known.started[service] = (started, now.at)
        if not _started_anew(before, said_at, started):
            continue
        if now.at > known.joining.pop(service, -math.inf):
            # A host whose clock is ahead says that its process will start.
            found[service] = min(started, now.at)
    return found


def _started_anew(before: float, said_at: float, started: float) -> bool:
    """Whether a later start time is another start, and not the same one on a clock that was set.

    What started anew did so after the old start was last heard of, or on a clock that is far off.
    """
    later = started - before
    return later > _STARTED_LATER and (started > said_at - _LOOKBACK or later >= _LOOKBACK)


def _deploys(known: Known, now: Observed) -> dict[str, str]:
    """Services that run a version that they did not, and the words for it."""
    found = {}
    for service, versions in (now.versions or {}).items():
        before = known.versions.get(service)
        new = versions - before if before else set()
        if new and before is not None:
            found[service] = f"version {_named(new)} was deployed ({_named(before)} before)"
        known.versions[service] = versions
    return found


def _instances(known: Known, now: Observed, settle: float) -> dict[str, str]:
    """Services with another number of instances, and the words for it."""
    found = {}
    for service, count in (now.instances or {}).items():
        before = known.instances.get(service)
        if before is not None and before != count:
            found[service] = f"its instances went from {before:g} to {count:g}"
            if count > before:
                known.joining[service] = now.at + settle
        known.instances[service] = count
    return found


def _resets(known: Known, now: Observed) -> set[str]:
    """Services whose counters were reset: told once for as long as the query's window shows it."""
    if now.resets is None:
        return set()
    resetting = {service for service, count in now.resets.items() if count > 0}
    new = resetting - known.resetting
    known.resetting = resetting
    return new


def _troubles(known: Known, now: Observed) -> list[Marker]:
    """Gaps and clocks that are off: they last, and are told once when they begin."""
    found = []
    if now.down is not None:
        down = {service: count for service, count in now.down.items() if count > 0}
        for service, count in down.items():
            if service not in known.down:
                whole = (now.instances or known.instances).get(service, count)
                words = f"Prometheus cannot scrape {_of(count, whole)}"
                known.down[service] = Artefact(ArtefactKind.SCRAPE_GAP, now.at, words)
                found.append(Marker(service, known.down[service]))
        _end(known.down, down)
    if now.clock is not None:
        off = {service: ahead for service, ahead in now.clock.items() if abs(ahead) >= CLOCK_OFF}
        for service, ahead in off.items():
            if service not in known.skewed:
                words = f"its clock is {abs(ahead):,.0f} s {'ahead' if ahead > 0 else 'behind'}"
                known.skewed[service] = Artefact(ArtefactKind.CLOCK_SKEW, now.at, words)
                found.append(Marker(service, known.skewed[service]))
        _end(known.skewed, off)
    return found


def _end(lasting: dict[str, Artefact], present: Mapping[str, float]) -> None:
    for service in lasting.keys() - present.keys():
        del lasting[service]


def _of(count: float, whole: float) -> str:
    if count >= whole:
        return "it" if whole <= 1 else f"any of its {whole:g} instances"
    return f"{count:g} of its {whole:g} instances"


def _named(versions: Set[str]) -> str:
    """Versions as they may stand in a sentence: sorted, cut, not too many."""
    shown = [
        "".join(c if c.isprintable() else "?" for c in version)[:_LONGEST_VERSION]
        for version in sorted(versions)[:_MOST_VERSIONS]
    ]
    more = len(versions) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
