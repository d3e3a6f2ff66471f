"""Reason cards: the same input gives the same bytes, and every view and feature has its plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backend.detection.features import FEATURES
from backend.detection.reason_card import Circumstances, reasons_of, write_card
from backend.detection.shares import Past, Seen, feature_shares, view_shares
from backend.detection.view_forest import THRESHOLD, ViewForest
from backend.detection.views import VIEWS
from backend.metrics.cards import ReasonCard, Share
from backend.metrics.catalogue import MetricSpec
from backend.metrics.readings import ExpectedRange, Severity

LATENCY = MetricSpec("lat", "p99 latency", "milliseconds", "q", 1000, 3000, "above")
INTERVAL = 60.0
AT = 1_767_225_600.0


def seen(views: dict[str, float], only: str = "value") -> Seen:
    """A reading whose score is all ``only``'s; every view's usual is 40 and its own value ``views`` or 40."""
    return Seen(
        views=np.array([views.get(name, 40.0) for name in VIEWS]),
        shares=np.array([float(name == only) for name in VIEWS]),
        usual=np.full(len(VIEWS), 40.0),
    )


def past(*recent: float, day: bool = True, week: bool = True) -> Past:
    return Past(np.array(recent), day, week)


def said(view: str, views: dict[str, float], known: Past | None = None) -> str:
    (share,) = view_shares(seen(views, view), known or past(), INTERVAL, "milliseconds")
    assert (share.view, share.part) == (view, 1.0)
    return share.words


@pytest.mark.parametrize(
    ("view", "value", "words"),
    [
        ("value", 164, "it is 4.1× the usual 40 ms"),
        ("value", 4000, "it is 100× the usual 40 ms"),
        ("value", 4, "it is only 0.10× the usual 40 ms"),
        ("value", 0, "it is 0 ms where 40 ms is usual"),
        ("value", 45, "it is 45 ms where 40 ms is usual"),
        (
            "short_mean",
            90,
            "its mean over the last 10 min is unusually high: 90 ms, usually 40 ms",
        ),
        ("mean", 90, "its mean over the last 30 min is unusually high: 90 ms, usually 40 ms"),
        ("long_mean", 9, "its mean over the last 2 h is unusually low: 9 ms, usually 40 ms"),
        ("peak", 500, "the highest value of the last 2 h, 500 ms, is unusually high: 40 ms is usual"),
        ("delta", 300, "it rose by 300 ms in one reading"),
        ("delta", -300, "it fell by 300 ms in one reading"),
        ("delta", 0, "it stands still"),
        ("from_median", -30, "it is 30 ms below the median of the last 2 h"),
        ("step", 70, "the mean of the last 48 min is 70 ms above that of the 48 min before"),
        (
            "std",
            80,
            "it is unusually unsteady over the last 30 min: its standard deviation is 80 ms, usually 40 ms",
        ),
        (
            "long_std",
            0,
            "it is unusually steady over the last 2 h: its standard deviation is 0 ms, usually 40 ms",
        ),
        ("roughness", 55, "it moves by 55 ms from one reading to the next, usually by 40 ms"),
        ("daily_short_mean", 30, "its mean over the last 10 min is 30 ms above what is usual at this hour"),
        ("daily_mean", -30, "its mean over the last 48 min is 30 ms below what is usual at this hour"),
        (
            "weekly_mean",
            30,
            "its mean over the last 48 min is 30 ms above what is usual at this time of the week",
        ),
    ],
)
def test_every_view_has_its_words(view: str, value: float, words: str) -> None:
    assert said(view, {view: value}) == words


def test_the_time_of_day_is_named_only_where_a_day_is_known() -> None:
    far = {"value": 164.0, "daily": 124.0, "weekly": 124.0}
    assert said("daily", far) == "it is 4.1× what it is at this hour (40 ms)"
    assert said("weekly", far) == "it is 4.1× what it is at this time of the week (40 ms)"
    young = past(day=False, week=False)
    assert said("daily", far, young) == "it is 4.1× the usual 40 ms"
    assert (
        said("daily_mean", {"daily_mean": 30.0}, young)
        == "its mean over the last 48 min is 30 ms above what is usual"
    )
    assert said("weekly", far, past(week=False)) == "it is 4.1× the usual 40 ms"


def test_fastest_is_said_only_of_the_time_that_is_known_and_only_if_it_is() -> None:
    rose = {"delta": 300.0}
    fastest = said("delta", rose, past(10, 20, 15, 315))
    assert fastest == "it never changed this fast in the last 3 min: it rose by 300 ms in one reading"
    assert said("delta", rose, past(10, 400, 15, 315)) == "it rose by 300 ms in one reading"
    assert said("delta", rose, past(15, 315)) == "it rose by 300 ms in one reading"


def test_kinds_of_views_come_strongest_first_and_calm_ones_not_at_all() -> None:
    shares = np.full(len(VIEWS), 0.01)
    shares[[VIEWS.index("daily"), VIEWS.index("daily_mean"), VIEWS.index("mean")]] = (0.3, 0.2, 0.37)
    found = view_shares(seen({})._replace(shares=shares), past(), INTERVAL, "milliseconds")
    assert [(share.about, share.view, share.part) for share in found] == [
        ("time_of_day", "daily", 0.51),
        ("level", "mean", 0.41),
    ]


EXPECTED = ExpectedRange(12, 85)


def card(value: float = 3240, expected: ExpectedRange | None = EXPECTED) -> ReasonCard:
    share = Share("change", "delta", 0.8, "above", "it rose by 3,200 ms in one reading")
    return write_card(value, expected, [share], LATENCY, Circumstances(AT - 1500, 44.0, 41.0))


def test_the_sentences_begin_with_the_limit_and_the_range() -> None:
    assert reasons_of(card(), Severity.CRITICAL, 0.81, 0.625, AT, LATENCY) == (
        "Critical: above 3,000 ms",
        "3,240 ms is above the expected 12–85 ms",
        "it rose by 3,200 ms in one reading",
        "at this hour last week it was 41 ms",
        "at this hour yesterday it was 44 ms",
        "anomalous for 25 min",
        "score 0.81, anomalous from 0.625",
    )


def test_what_two_kinds_of_view_say_alike_is_said_once() -> None:
    shares = [
        Share(about, "value", 0.3, "above", "it is 8.8× the usual 41 ms")
        for about in ("level", "time_of_day")
    ]
    said = reasons_of(
        write_card(360, None, shares, LATENCY, Circumstances(AT)), Severity.NORMAL, 0.7, 0.6, AT, LATENCY
    )
    assert said == ("it is 8.8× the usual 41 ms", "score 0.70, anomalous from 0.6")


def test_without_any_finding_the_combination_is_named_and_nothing_is_claimed() -> None:
    bare = write_card(50, ExpectedRange(12, 85), [], LATENCY, Circumstances(AT))
    assert bare.side == "unsteady"
    assert reasons_of(bare, Severity.NORMAL, 0.7, 0.58, AT, LATENCY) == (
        "its level and variation together are unlike the readings it was trained on",
        "score 0.70, anomalous from 0.58",
    )


@pytest.mark.parametrize(
    ("value", "expected", "side"),
    [
        (3240, ExpectedRange(12, 85), "above"),
        (3, ExpectedRange(12, 85), "below"),
        (50, ExpectedRange(12, 85), "above"),  # by its strongest share
        (50, None, "above"),
    ],
)
def test_the_side_is_that_of_the_range_and_else_of_the_strongest_share(
    value: float, expected: ExpectedRange | None, side: str
) -> None:
    assert card(value, expected).side == side


def test_a_range_without_an_end_is_said_so_and_stays_finite_json() -> None:
    open_below = card(3240, ExpectedRange(-np.inf, 85))
    assert (open_below.low, open_below.high) == (None, 85)
    words = reasons_of(open_below, Severity.NORMAL, 0.7, 0.625, AT, LATENCY)[0]
    assert words == "3,240 ms is above the expected 85 ms or less"


ANY = st.floats(-1e15, 1e15)


@given(
    arrays(np.float64, len(VIEWS), elements=ANY),
    arrays(np.float64, len(VIEWS), elements=st.floats(0, 1)),
    arrays(np.float64, len(VIEWS), elements=ANY),
    arrays(np.float64, st.integers(0, 20), elements=ANY),
    st.sampled_from([15.0, 60.0, 3600.0]),
    st.sampled_from(["milliseconds", "percent", "bytes", ""]),
    st.booleans(),
)
def test_the_same_input_gives_the_same_bytes(
    views: np.ndarray,
    weights: np.ndarray,
    usual: np.ndarray,
    recent: np.ndarray,
    interval: float,
    unit: str,
    known: bool,
) -> None:
    total = weights.sum()
    shares = weights / total if total > 0 else weights

    def once() -> bytes:
        parts = Seen(views.copy(), shares.copy(), usual.copy())
        found = view_shares(parts, Past(recent.copy(), known, known), interval, unit)
        spec = replace(LATENCY, unit=unit)
        made = write_card(float(views[0]), ExpectedRange(-1, 1), found, spec, Circumstances(AT))
        reasons = reasons_of(made, Severity.NORMAL, 0.7, THRESHOLD, AT, spec)
        assert all("nan" not in reason and "inf" not in reason for reason in reasons)
        return orjson.dumps([asdict(made), reasons])

    assert once() == once()


def test_a_real_forest_s_fault_is_explained_by_what_it_did() -> None:
    forest = ViewForest(INTERVAL, np.array([3]))
    values: np.ndarray = 40 + np.random.default_rng(0).normal(0, 2, 3000)
    values[-1] = 400.0
    stamps: np.ndarray = AT + INTERVAL * np.arange(len(values))
    scores = forest.push(np.zeros(len(values), dtype=np.int64), stamps, values)
    assert scores[-1] > THRESHOLD
    usual = np.asarray(forest.state()["tables.origins"][0], dtype=np.float64)
    parts = Seen(forest.views(0), forest.shares(0), usual)
    shares = view_shares(parts, Past(values[-20:], True, False), INTERVAL, "milliseconds")
    words = {share.about: share.words for share in shares}
    assert re.fullmatch(r"it is 10× the usual (39\.\d|40) ms", words["level"])
    assert words["change"].startswith("it never changed this fast") or "above the median" in words["change"]
    assert all(share.side != "below" for share in shares)
    assert sum(share.part for share in shares) <= 1.001


def weigh(weights: dict[str, float]) -> Callable[[np.ndarray], np.ndarray]:
    """A scorer that adds what each feature is away from 0, weighted: what a share should find again."""
    row = np.array([weights.get(name, 0.0) for name in FEATURES])

    def rescore(rows: np.ndarray) -> np.ndarray:
        scores: np.ndarray = 0.3 + np.abs(rows) @ row
        return scores

    return rescore


def test_features_are_named_by_what_the_score_loses_without_them() -> None:
    features = {"value": 3240.0, "delta": 3200.0, "rolling_mean": 200.0, "rolling_std": 700.0, "zscore": 10.0}
    rescore = weigh({"zscore": 0.03, "value": 0.00001})
    found = feature_shares(features, ExpectedRange(12, 85), rescore, "milliseconds")
    assert [(share.about, share.view) for share in found] == [("change", "zscore"), ("level", "value")]
    assert found[0].words == "it is 10 times or more its recent variation above its recent mean"
    assert sum(share.part for share in found) == pytest.approx(1)


def test_no_share_is_claimed_where_no_feature_alone_matters() -> None:
    features = dict.fromkeys(FEATURES, 0.0)
    assert feature_shares(features, ExpectedRange(0, 1), lambda rows: np.full(len(rows), 0.6), "") == ()


def test_what_two_views_say_alike_is_said_once_with_both_parts() -> None:
    same = "it is 4.0× the usual 1,252 ms"
    jump = Share("change", "delta", 0.4, "above", "it rose by 900 ms in one reading")
    level = Share("level", "value", 0.3, "above", same)
    day = Share("time_of_day", "from_day", 0.25, "above", same)
    card = write_card(5_000, None, (jump, level, day), LATENCY, Circumstances(since=AT))
    assert [(share.words, share.about, share.part) for share in card.shares] == [
        (same, "level", pytest.approx(0.55)),
        (jump.words, "change", 0.4),
    ]
