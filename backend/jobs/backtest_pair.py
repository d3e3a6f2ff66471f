"""One pair of a backtest: from its readings to what would have fired under one setting or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from backend.clock import to_rfc3339
from backend.detection.detector import YOUNG
from backend.detection.sensitivity import score_of
from backend.detection.severity import classify
from backend.detection.training import NotEnoughSamples
from backend.incidents import wording
from backend.incidents.episodes import Episode, Rule, Scored, Span, episodes, firing, meets
from backend.incidents.incident import IncidentSummary
from backend.incidents.policy import evaluate
from backend.jobs.backtest_chart import thinned
from backend.jobs.backtest_request import Judging
from backend.jobs.backtest_result import (
    FloatArray,
    PairResult,
    RealIncident,
    WouldFire,
    outcome,
)
from backend.jobs.replay import by_classic_forest, by_view_forest
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import Reading, SeriesKey, State, Verdict
from backend.settings import Fitter

_NO_MODEL = np.inf


@dataclass(frozen=True, slots=True)
class Replay:
    """What all ``pairs`` of a backtest share; times and spans in seconds.

    ``earlier``: coarse readings of the weeks before what is replayed, of the pairs that have any.
    """

    present: Judging
    asked: Judging | None
    start: float
    end: float
    interval: float
    zone: ZoneInfo
    min_samples: int
    contamination: float
    fitter: Fitter
    pairs: int
    stopped: Callable[[], bool]
    earlier: Mapping[SeriesKey, tuple[FloatArray, FloatArray]]


def replay_pair(
    key: SeriesKey,
    spec: MetricSpec,
    timestamps: FloatArray,
    values: FloatArray,
    real: Sequence[IncidentSummary],
    about: Replay,
) -> PairResult | None:
    """Replay a pair's readings (float64[n] ascending seconds, finite values), those before the range first.

    ``real``: its incidents in the database. None where it has no reading in the range. Raises Cancelled.
    """
    begin = int(np.searchsorted(timestamps, about.start))
    if begin == len(timestamps):
        return None
    scored, rule, limit = _judged(about.present, key, spec, timestamps, values, about)
    scored_asked, asked_rule, asked_limit = _judged_as_asked(scored, rule, key, spec, about)
    present, asked = scored.part(slice(begin, None)), scored_asked.part(slice(begin, None))
    would = would_fire(key, spec, present, rule)
    would_asked = would_fire(key, spec, asked, asked_rule) if asked_rule else None
    incidents = would if would_asked is None else compared(would, would_asked)
    doubts = _doubts(spec, present, rule, asked, asked_rule)
    notes = (_late(timestamps, about), limit, asked_limit, *doubts)
    seconds = about.end - float(present.timestamps[0])
    gaps, missing = _gaps(present.timestamps, about.interval)
    return PairResult(
        key=key,
        note="; ".join(filter(None, notes)),
        first=float(present.timestamps[0]),
        last=float(present.timestamps[-1]),
        readings=len(present.values),
        judged=int((~np.isnan(present.scores)).sum()),
        gaps=gaps,
        missing=missing,
        doubted=bool(doubts),
        threshold=rule.threshold if np.isfinite(rule.threshold) else None,
        asked_threshold=asked_rule.threshold if asked_rule and np.isfinite(asked_rule.threshold) else None,
        present=outcome(len(would), int(firing(rule, spec, present).sum()), seconds),
        asked=outcome(len(would_asked or ()), int(firing(asked_rule, spec, asked).sum()), seconds)
        if asked_rule
        else None,
        incidents=tuple(incidents),
        real=_found(real, would, would_asked, about.interval),
        chart=thinned(
            present, would, asked.scores if scored_asked is not scored else None, would_asked, about.pairs
        ),
    )


def would_fire(key: SeriesKey, spec: MetricSpec, scored: Scored, rule: Rule) -> list[WouldFire]:
    """The incidents that would have opened, in words, oldest first."""
    found = episodes(rule, spec, scored)
    return [_in_words(key, spec, scored, rule, episode) for episode in found]


def compared(present: Sequence[WouldFire], asked: Sequence[WouldFire]) -> list[WouldFire]:
    """Both settings' incidents in order of time: what stays the same, what vanishes, what appears."""
    spans, asked_spans = [one.span for one in present], [one.span for one in asked]
    stays, known = meets(spans, asked_spans), meets(asked_spans, spans)
    changed = [
        one if same else replace(one, change="vanishes") for one, same in zip(present, stays, strict=True)
    ]
    changed += [replace(one, change="appears") for one, same in zip(asked, known, strict=True) if not same]
    return sorted(changed, key=lambda one: one.start)


def _judged(
    judging: Judging,
    key: SeriesKey,
    spec: MetricSpec,
    timestamps: FloatArray,
    values: FloatArray,
    about: Replay,
) -> tuple[Scored, Rule, str]:
    """The scores, what makes incidents of them, and what limits them in words."""
    if judging.detector == "isolation_forest":
        try:
            scored, threshold = by_classic_forest(
                key,
                timestamps,
                values,
                start=about.start,
                interval=about.interval,
                min_samples=about.min_samples,
                contamination=about.contamination,
                fitter=about.fitter,
                stopped=about.stopped,
            )
        except NotEnoughSamples as error:
            unjudged = np.full(len(values), np.nan)
            nothing = Scored(timestamps, values, unjudged, np.zeros(len(values), dtype=np.bool_))
            said = f"no classic forest: it has {error} before the range"
            return nothing, _rule(judging, spec, about, _NO_MODEL), said
        return scored, _rule(judging, spec, about, threshold), ""
    rule = _rule(judging, spec, about, score_of(judging.sensitivity[key.metric]))
    scored = by_view_forest(
        key,
        timestamps,
        values,
        interval=about.interval,
        zone=about.zone,
        min_samples=about.min_samples,
        quiet=rule.dedup_window,
        fires=lambda part: firing(rule, spec, part),
        stopped=about.stopped,
        earlier=about.earlier.get(key),
    )
    return scored, rule, ""


def _judged_as_asked(
    scored: Scored, rule: Rule, key: SeriesKey, spec: MetricSpec, about: Replay
) -> tuple[Scored, Rule | None, str]:
    """As `_judged`, under the settings asked about: the same scores unless another detector gives them."""
    if about.asked is None:
        return scored, None, ""
    if about.asked.detector == about.present.detector:
        return scored, _rule(about.asked, spec, about, rule.threshold), ""
    return _judged(about.asked, key, spec, scored.timestamps, scored.values, about)


def _rule(judging: Judging, spec: MetricSpec, about: Replay, threshold: float) -> Rule:
    """``threshold`` is the model's own where the detector is the classic forest."""
    if judging.detector == "view_forest":
        threshold = score_of(judging.sensitivity[spec.key])
    return Rule(judging.policy, threshold, judging.dedup_window, about.interval)


def _in_words(key: SeriesKey, spec: MetricSpec, scored: Scored, rule: Rule, episode: Episode) -> WouldFire:
    opening = _reading(key, spec, scored, rule, episode.first)
    peak = _reading(key, spec, scored, rule, episode.peak)
    return WouldFire(
        key=key,
        start=opening.timestamp,
        end=float(scored.timestamps[episode.last]),
        peak_at=peak.timestamp,
        value=float(scored.values[episode.peak]),
        score=peak.score,
        severity=peak.severity,
        readings=episode.firing,
        title=wording.title(peak, spec),
        reason=evaluate(rule.policy, opening, spec).reason,
    )


def _reading(key: SeriesKey, spec: MetricSpec, scored: Scored, rule: Rule, at: int) -> Reading:
    score = float(scored.scores[at])
    judged = not np.isnan(score)
    verdict = Verdict.ANOMALY if score >= rule.threshold else Verdict.NORMAL
    return Reading(
        key=key,
        timestamp=float(scored.timestamps[at]),
        value=float(scored.values[at]),
        state=State.SCORED if judged else State.NO_MODEL,
        severity=classify(scored.values[at : at + 1], spec)[0],
        verdict=verdict if judged else Verdict.UNKNOWN,
        score=score if judged else None,
        young=judged and not scored.grown[at],
    )


def _found(
    real: Sequence[IncidentSummary],
    would: Sequence[WouldFire],
    would_asked: Sequence[WouldFire] | None,
    interval: float,
) -> tuple[RealIncident, ...]:
    """Which of the incidents in the database overlap one that would have opened, give or take a poll."""
    spans = [Span(one.event_ts - interval, max(one.last_fired_at, one.event_ts) + interval) for one in real]
    again = meets(spans, [one.span for one in would])
    asked = None if would_asked is None else meets(spans, [one.span for one in would_asked])
    return tuple(
        RealIncident(one.id, one.event_ts, one.title, again[i], None if asked is None else asked[i])
        for i, one in enumerate(real)
    )


def _late(timestamps: FloatArray, about: Replay) -> str:
    """What is said where Prometheus has less than was asked for, or nothing to warm up with."""
    first = float(timestamps[0])
    if first >= about.start + 2 * about.interval:
        return f"data from {to_rfc3339(first)} only, and none before it to learn from"
    if first >= about.start:
        return "no data before the range to learn from"
    return ""


def _doubts(
    spec: MetricSpec, present: Scored, rule: Rule, asked: Scored, asked_rule: Rule | None
) -> list[str]:
    """What young models kept from firing, in words; empty where they kept nothing."""
    doubt = _doubt(rule, spec, present)
    doubt_asked = _doubt(asked_rule, spec, asked) if asked_rule else ""
    if doubt_asked and doubt_asked != doubt:
        doubt_asked = f"with the settings asked about, {doubt_asked}"
    return list(filter(None, dict.fromkeys((doubt, doubt_asked))))


def _doubt(rule: Rule, spec: MetricSpec, scored: Scored) -> str:
    as_grown = replace(scored, grown=np.ones_like(scored.grown))
    held = int((firing(rule, spec, as_grown) & ~firing(rule, spec, scored)).sum())
    if not held:
        return ""
    grown = np.flatnonzero(scored.grown)
    until = f"until {to_rfc3339(float(scored.timestamps[grown[0]]))}" if len(grown) else "to the end"
    readings = f"{held:,} anomalous reading{'' if held == 1 else 's'}"
    return (
        f"its model was young {until} (fewer than {YOUNG} readings learned): "
        f"alone it opens nothing, so {readings} did not fire"
    )


def _gaps(timestamps: FloatArray, interval: float) -> tuple[int, int]:
    """The stretches without a reading, and the polls in them."""
    steps = np.rint(np.diff(timestamps) / interval).astype(np.int64)
    return int((steps > 1).sum()), int((steps - 1).sum())
