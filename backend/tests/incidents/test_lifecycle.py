"""Any order of polls, operators and restarts, against a simple model of what must then be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.incidents.acts import IllegalTransition, acknowledge, comment, give_feedback, reopen, resolve
from backend.incidents.incident import Incident, ResolveReason, Status
from backend.incidents.queries import IncidentQuery
from backend.incidents.store import IncidentStore
from backend.incidents.undo import UNDO_WITHIN, undo
from backend.metrics.readings import SeriesKey, Severity
from backend.tests.incidents.builders import DEDUP_WINDOW, blind, firing, poll, quiet

PAIRS = [SeriesKey("a", "lat"), SeriesKey("a", "cpu"), SeriesKey("b\n'", "lat")]
GAPS = [15.0, 300.0, DEDUP_WINDOW - 15, DEDUP_WINDOW, DEDUP_WINDOW + 15, 10_000.0]


@dataclass
class Expected:
    """What the model knows of one incident; ``episode`` numbers the pair's episodes."""

    key: SeriesKey
    episode: int
    severity: Severity
    status: Status = Status.OPEN
    readings: int = 1
    kinds: list[str] = field(default_factory=lambda: ["opened"])
    undoable: list[Status] = field(default_factory=list)
    """The statuses from before the acts that can still be taken back, the newest last."""


@dataclass
class Pair:
    """What the model knows of one pair."""

    episode: int = 0
    last_firing: float | None = None


class Lifecycle(RuleBasedStateMachine):
    """Drives a real store on a real file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "canopy.db"
        self.store = IncidentStore(self.path)
        self.now = 1_000_000.0
        self.incidents: list[Expected] = []
        self.pairs = {key: Pair() for key in PAIRS}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(
        key=st.sampled_from(PAIRS), gap=st.sampled_from(GAPS), severity=st.sampled_from(["High", "Critical"])
    )
    def fires(self, key: SeriesKey, gap: float, severity: str) -> None:
        self.wait(gap)
        level, pair = Severity(severity), self.pairs[key]
        poll(self.store, firing(self.now, key, level))
        begins = pair.last_firing is None or self.now - pair.last_firing > DEDUP_WINDOW
        pair.episode += begins
        pair.last_firing = self.now
        current = self.unresolved(key)
        if current is None:
            if begins:
                self.incidents.append(Expected(key, pair.episode, level))
            return
        current.readings += 1
        if begins:
            current.kinds.append("attached")
        if level.rank > current.severity.rank:
            current.severity = level
            current.kinds.append("severity_changed")

    @rule(key=st.sampled_from(PAIRS), gap=st.sampled_from(GAPS), missing=st.booleans())
    def does_not_fire(self, key: SeriesKey, gap: float, missing: bool) -> None:
        self.wait(gap)
        poll(self.store, blind(self.now, key) if missing else quiet(self.now, key))

    @precondition(lambda self: self.incidents)
    @rule(data=st.data())
    def acknowledged(self, data: st.DataObject) -> None:
        number, one = self.any_incident(data)
        if self.operator(number, acknowledge, allowed=one.status is Status.OPEN):
            one.undoable.append(one.status)
            one.status = Status.ACKNOWLEDGED
            one.kinds.append("acknowledged")

    @precondition(lambda self: self.incidents)
    @rule(data=st.data(), reason=st.sampled_from([None, *ResolveReason]))
    def resolved(self, data: st.DataObject, reason: ResolveReason | None) -> None:
        number, one = self.any_incident(data)
        if self.operator(number, partial(resolve, reason=reason), allowed=one.status is not Status.RESOLVED):
            one.undoable.append(one.status)
            one.status = Status.RESOLVED
            one.kinds.append("resolved")

    @precondition(lambda self: self.incidents)
    @rule(data=st.data())
    def reopened(self, data: st.DataObject) -> None:
        number, one = self.any_incident(data)
        if self.operator(number, reopen, allowed=self.unresolved(one.key) is None):
            one.status = Status.OPEN
            one.undoable.clear()
            one.kinds.append("reopened")

    @precondition(lambda self: self.incidents)
    @rule(data=st.data())
    def undone(self, data: st.DataObject) -> None:
        number, one = self.any_incident(data)
        free = self.unresolved(one.key) in (None, one)
        if self.operator(number, undo, allowed=bool(one.undoable) and free):
            one.status = one.undoable.pop()
            one.kinds.append("undone")

    @precondition(lambda self: self.incidents)
    @rule(data=st.data())
    def commented(self, data: st.DataObject) -> None:
        number, one = self.any_incident(data)
        assert self.operator(number, partial(comment, text="seen"), allowed=True)
        assert self.operator(number, partial(give_feedback, answer="yes"), allowed=True)
        one.kinds += ["comment", "feedback"]

    @rule()
    def restarted(self) -> None:
        self.store.close()
        self.store = IncidentStore(self.path)

    @invariant()
    def everything_is_there_once(self) -> None:
        for number, one in enumerate(self.incidents, start=1):
            kept = self.store.get(number)
            assert kept is not None
            assert (kept.key, kept.status, kept.severity) == (one.key, one.status, one.severity)
            assert kept.reading_count == len(kept.readings) == one.readings
            assert [entry.kind for entry in kept.timeline] == one.kinds
            assert (kept.resolved_at is None) == (kept.status is not Status.RESOLVED)
        assert self.store.list(IncidentQuery()).total == len(self.incidents)

    @invariant()
    def no_pair_has_two(self) -> None:
        for key in PAIRS:
            own = [one for one in self.incidents if one.key == key]
            assert sum(one.status is not Status.RESOLVED for one in own) <= 1
            assert len({one.episode for one in own}) == len(own)

    def wait(self, gap: float) -> None:
        self.now += gap
        if gap >= UNDO_WITHIN:
            for one in self.incidents:
                one.undoable.clear()

    def unresolved(self, key: SeriesKey) -> Expected | None:
        return next(
            (one for one in self.incidents if one.key == key and one.status is not Status.RESOLVED), None
        )

    def any_incident(self, data: st.DataObject) -> tuple[int, Expected]:
        number = data.draw(st.integers(1, len(self.incidents)))
        return number, self.incidents[number - 1]

    def operator(self, number: int, action: Callable[..., Incident], *, allowed: bool) -> bool:
        """Let an operator act; the store must agree with the model on whether that is allowed."""
        self.now += 1
        try:
            self.store.change(number, lambda incident: action(incident, self.now))
        except IllegalTransition:
            assert not allowed
            return False
        assert allowed
        return True


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
