"""The incidents from arrays are those that the live policy opens reading by reading."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from backend.detection.severity import classify
from backend.incidents.episodes import Rule, Scored, Span, episodes, firing, meets
from backend.incidents.incident import LatestIncident, Status
from backend.incidents.policy import Observed, Open, decide, evaluate, was_quiet
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey, State, Verdict
from backend.settings import PolicyName

KEY = SeriesKey("shop", "lat")
STEP, WINDOW, LIMIT = 15.0, 60.0, 0.625
SPEC = MetricSpec("lat", "p99 latency", "milliseconds", "q", 1000, 3000, "above")
BARE = MetricSpec("rate", "requests", "", "q", None, None, "above")

POLICIES: tuple[PolicyName, ...] = ("threshold_and_model", "model", "threshold", "either")

readings_of_a_pair = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 2, 5, 6000]),  # polls since the one before
        st.sampled_from([40.0, 40.0, 2000.0, 5000.0]),
        st.sampled_from([math.nan, 0.4, 0.4, 0.4, LIMIT, 0.8]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=1,
    max_size=60,
)


@example(  # a young model's anomaly does not fire, and yet is no quiet
    readings=[
        (1, 40.0, LIMIT, True),
        *[(1, 40.0, math.nan, True)] * 3,
        (1, 40.0, LIMIT, False),
        (1, 40.0, LIMIT, True),
    ],
    policy="model",
    spec=BARE,
)
@given(readings=readings_of_a_pair, policy=st.sampled_from(POLICIES), spec=st.sampled_from([SPEC, BARE]))
def test_episodes_are_what_the_policy_opens_reading_by_reading(
    readings: list[tuple[int, float, float, bool]], policy: PolicyName, spec: MetricSpec
) -> None:
    scored = Scored(
        STEP * np.cumsum([step for step, *_ in readings]).astype(np.float64),
        np.array([value for _, value, *_ in readings]),
        np.array([score for *_, score, _ in readings]),
        np.array([grown for *_, grown in readings]),
    )
    rule = Rule(policy, LIMIT, WINDOW, STEP)
    opened, fired = _one_by_one(scored, rule, spec)
    found = episodes(rule, spec, scored)
    assert [one.first for one in found] == opened
    assert firing(rule, spec, scored).tolist() == fired
    assert sum(one.firing for one in found) == sum(fired)
    assert all(one.first <= one.peak <= one.last for one in found)


def test_the_peak_is_the_worst_by_severity_and_then_by_score() -> None:
    values = np.array([2000.0, 5000.0, 4000.0, 2000.0])
    scores = np.array([0.9, 0.7, 0.8, 0.95])
    (one,) = episodes(
        Rule("threshold_and_model", LIMIT, WINDOW, STEP),
        SPEC,
        Scored(STEP * np.arange(4.0), values, scores, values > 0),
    )
    assert (one.first, one.last, one.peak, one.firing) == (0, 3, 2, 4)


def test_spans_that_touch_meet() -> None:
    others = [Span(10, 20), Span(30, 30)]
    asked = [Span(0, 9), Span(0, 10), Span(12, 13), Span(20, 25), Span(21, 29), Span(5, 50), Span(30, 31)]
    assert meets(asked, others) == [False, True, True, True, False, True, True]
    assert meets(asked, []) == [False] * len(asked)


def _one_by_one(scored: Scored, rule: Rule, spec: MetricSpec) -> tuple[list[int], list[bool]]:
    """Where incidents open and which readings fire, each incident resolved as soon as it is open."""
    latest: LatestIncident | None = None
    opened, fired, quiet, seen = [], [], 0, 0
    columns = (scored.timestamps, scored.values, scored.scores, scored.grown)
    for i, (at, value, score, grown) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        reading = _reading(at, value, score, grown, rule, spec)
        said = evaluate(rule.policy, reading, spec)
        fired.append(said.fires)
        if not said.fires:
            quiet += was_quiet(rule.policy, spec, reading.severity, reading.verdict)
            seen += 1
            continue
        span = math.inf if latest is None else at - latest.last_fired_at
        observed = Observed(min(quiet * STEP, span), min(seen * STEP, span))
        if isinstance(decide(said, reading, latest, rule.dedup_window, observed), Open):
            opened.append(i)
        latest, quiet, seen = LatestIncident(1, Status.RESOLVED, at), 0, 0
    return opened, fired


def _reading(at: float, value: float, score: float, grown: bool, rule: Rule, spec: MetricSpec) -> Reading:
    severity = classify(np.array([value]), spec)[0]
    if math.isnan(score):
        return Reading(KEY, at, value, State.NO_MODEL, severity)
    verdict = Verdict.ANOMALY if score >= rule.threshold else Verdict.NORMAL
    return Reading(KEY, at, value, State.SCORED, severity, verdict, score, young=not grown)
