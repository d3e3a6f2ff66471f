"""NAB's rules: its published worth of an alert by place, small cases by hand, and published results."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.evaluation import nab
from backend.evaluation.nab_folder import nab_files

STANDARD, LOW_FP, LOW_FN = nab.PROFILES


def stamps(count: int) -> np.ndarray:
    return 1_704_067_200 + 300.0 * np.arange(count)


def marks(count: int, *windows: tuple[int, int]) -> nab.Rubric:
    at = stamps(count)
    return nab.rubric(at, at[np.array(windows, dtype=int).reshape(-1, 2)])


def alerts(count: int, *rows: int) -> np.ndarray:
    raised = np.zeros(count, dtype=bool)
    raised[list(rows)] = True
    return raised


def test_the_published_worth_of_an_alert_by_its_place() -> None:
    """The paper's figure: 1 at a window's left edge, 2σ(2.5) - 1 in its middle, -1 far behind."""
    worth = marks(2000, (1000, 1099)).worth
    assert worth[1000] == pytest.approx(1.0)
    assert worth[1050] == pytest.approx(0.84828 / 0.98661, abs=1e-4)
    assert 0 < worth[1099] < 0.03
    assert worth[1100] == pytest.approx(2 / (1 + np.exp(5 / 99)) - 1)
    assert worth[1099 + 99] == pytest.approx(-0.98661, abs=1e-5)
    assert (worth[:1000] == -1).all(), "before every window an alert costs all of its weight"
    assert (worth[1099 + 3 * 99 :] == -1).all()


def test_a_case_by_hand() -> None:
    rubric = marks(1000, (400, 449), (700, 749))
    raised = alerts(1000, 10, 200, 400, 420, 999)  # probation, false, found, the same again, false far behind
    assert nab.raw_score(rubric, raised, STANDARD) == pytest.approx(1 - 1 - 2 * 0.11)
    assert nab.raw_score(rubric, raised, LOW_FP) == pytest.approx(1 - 1 - 2 * 0.22)
    assert nab.raw_score(rubric, raised, LOW_FN) == pytest.approx(1 - 2 - 2 * 0.11)
    assert nab.normalised([rubric], [raised], STANDARD) == pytest.approx(100 * (2 - 0.22) / 4)


def test_the_probation_is_15_percent_but_at_most_750_rows() -> None:
    assert int((~marks(1000, (400, 449)).scored).sum()) == 150
    assert int((~marks(20_000, (9000, 9100)).scored).sum()) == 750


@pytest.mark.parametrize("profile", nab.PROFILES, ids=lambda profile: profile.name)
def test_silence_scores_0_and_perfection_100(profile: nab.Profile) -> None:
    series = [marks(1000, (300, 340), (600, 640)), marks(500), marks(800, (200, 230))]
    silence = [np.zeros(len(each.worth), dtype=bool) for each in series]
    perfect = [alerts(1000, 300, 600), alerts(500), alerts(800, 200)]
    assert nab.normalised(series, silence, profile) == pytest.approx(0)
    assert nab.normalised(series, perfect, profile) == pytest.approx(100)
    assert nab.bootstrap_error(series, perfect, profile) == pytest.approx(0)


@given(st.lists(st.integers(150, 999), max_size=30, unique=True), st.integers(150, 999))
def test_a_false_alert_never_helps_and_an_earlier_one_in_a_window_never_harms(
    rows: list[int], more: int
) -> None:
    rubric = marks(1000, (300, 340), (600, 640))
    before = nab.raw_score(rubric, alerts(1000, *rows), STANDARD)
    after = nab.raw_score(rubric, alerts(1000, *rows, more), STANDARD)
    if rubric.window[more] >= 0:
        assert after >= before
    else:
        assert after <= before


@given(st.integers(0, 1000))
def test_the_order_of_rows_and_windows_changes_nothing(seed: int) -> None:
    windows = np.array([(300, 340), (341, 341), (600, 640)])
    in_order = marks(1000, *windows.tolist())
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(1000)
    mixed = nab.rubric(stamps(1000)[shuffled], stamps(1000)[rng.permutation(windows)])
    np.testing.assert_array_equal(mixed.worth, in_order.worth[shuffled])
    np.testing.assert_array_equal(mixed.window, in_order.window[shuffled])
    np.testing.assert_array_equal(mixed.scored, in_order.scored[shuffled])


def test_rows_without_a_time_lie_nowhere() -> None:
    with_time = marks(1000, (300, 340))
    gaps = nab.rubric(np.insert(stamps(1000), 320, [np.nan] * 5), stamps(1000)[[[300, 340]]])
    assert not gaps.scored[320:325].any()
    assert (gaps.window[320:325] == -1).all()
    np.testing.assert_array_equal(np.delete(gaps.worth, np.arange(320, 325)), with_time.worth)


@pytest.mark.parametrize(
    ("windows", "number", "message"),
    [
        ([(1, 2), (5, 3)], 1, "ends before it starts"),
        ([(1, 20), (2, 3)], 0, "no row has the time of its end"),
        ([(30, 40)], 0, "no row has the time of its start and end"),
        ([(1.5, 3)], 0, "no row has the time of its start"),
        ([(4, 6), (1, 4)], 0, "begins inside another one"),
    ],
)
def test_a_window_that_cannot_be_scored_is_named(
    windows: list[tuple[float, float]], number: int, message: str
) -> None:
    with pytest.raises(nab.BadWindow, match=message) as refused:
        nab.rubric(stamps(10), stamps(1)[0] + 300.0 * np.array(windows))
    assert refused.value.number == number


def test_a_folder_without_a_window_has_nothing_to_score() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        nab.normalised([marks(100)], [alerts(100)], STANDARD)


def test_published_scores_of_a_detector() -> None:
    """Numenta's published scores, of files where its counts leave no doubt where the alerts were."""
    root = os.environ.get("CANOPY_TEST_DATA")
    if root is None or not (Path(root) / "nab").is_dir():
        pytest.skip("CANOPY_TEST_DATA holds no nab")
    files = {series.path.name: mark for series, mark in nab_files(Path(root) / "nab")}
    windows = json.loads((Path(root) / "nab" / "windows.json").read_text())
    quiet = files["ec2_cpu_utilization_c6585a.csv"]
    assert not windows["realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv"]
    assert nab.raw_score(quiet, alerts(4032, 1000, 2000, 3000, 4000), STANDARD) == pytest.approx(-0.44)
    published = {
        "exchange-2_cpc_results.csv": (2, -1.22),
        "iio_us-east-1_i-a2eb1cd9_NetworkIn.csv": (1, -2.11),
    }
    for name, (false, score) in published.items():
        before = np.flatnonzero(files[name].scored & (files[name].worth == -1))[:false]
        raised = alerts(len(files[name].worth), *before.tolist())
        assert nab.raw_score(files[name], raised, STANDARD) == pytest.approx(score)
    counts = {name: int((mark.scored & (mark.window >= 0)).sum()) for name, mark in files.items()}
    assert counts["art_daily_jumpsup.csv"] == 403, "published: TP + FN"
    assert counts["Twitter_volume_AAPL.csv"] == 1588
    assert counts["nyc_taxi.csv"] == 1035
