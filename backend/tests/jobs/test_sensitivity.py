"""Sensitivity: what another one would have done, from stored scores; saved ones are in force and survive."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.detection.sensitivity import Thresholds
from backend.incidents.sensitivities import Sensitivities
from backend.jobs import sensitivity
from backend.jobs.sensitivity import SensitivityControl
from backend.metrics.history import HistoryStore
from backend.metrics.readings import Reading, SeriesKey, Severity, State, Verdict
from backend.settings import Settings
from backend.tests.jobs.bench import CATALOGUE, START, SetClock

STEP, DAY = 60.0, 86400.0
NOW = START + 3 * DAY
SETTINGS = Settings.model_validate(
    {
        "poll": {"interval": "1m"},
        "detection": {"sensitivity": "medium"},
        "metrics": {"wait": {"sensitivity": "low"}},
    }
)
CLEAR, FAINT = 0.7, 0.61
"""Scores above medium, and between medium and high."""


class Desk:
    """A control over the same files each time it is built, as after a restart."""

    def __init__(self, folder: Path, settings: Settings = SETTINGS) -> None:
        self.history = HistoryStore(folder / "datasets")
        self.clock = SetClock(NOW)
        saved = Sensitivities(folder / "canopy.db")
        self.thresholds = Thresholds(settings, saved.saved())
        self.control = SensitivityControl(settings, self.thresholds, saved, self.history, self.clock)

    def store(self, service: str, faults: dict[float, float]) -> None:
        """Two days of healthy readings, with ten bad minutes from each of ``faults`` (time -> score) on."""
        key = SeriesKey(service, "lat")
        readings = []
        for i in range(int(2 * DAY / STEP)):
            at = START + DAY + i * STEP
            score = next((s for begin, s in faults.items() if begin <= at < begin + 600), 0.4)
            verdict = Verdict.ANOMALY if score >= 0.625 else Verdict.NORMAL
            bad = score > 0.4
            severity = Severity.CRITICAL if bad else Severity.NORMAL
            value = 4000.0 if bad else 40.0
            readings.append(Reading(key, at, value, State.SCORED, severity, verdict, score))
        assert not self.history.append(readings, "live")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.store("shop", {START + 1.5 * DAY: CLEAR, START + 2.5 * DAY: FAINT})
    desk.store("bank", {START + 2.2 * DAY: FAINT})
    return desk


def test_more_sensitive_shows_what_would_appear(desk: Desk) -> None:
    found = desk.control.preview(CATALOGUE["lat"], "high", 7)
    assert not found.shortened
    assert (found.pairs, found.readings, found.judged) == (2, 5760, 5760)
    assert (found.present.incidents, found.asked.incidents) == (1, 3)
    assert (found.present.firing, found.asked.firing) == (10, 30)
    assert [(one.service, one.change) for one in found.incidents] == [
        ("shop", "appears"),
        ("bank", "appears"),
        ("shop", "same"),
    ]
    assert [(day.day, day.present, day.asked) for day in found.days] == [
        ("2026-01-02", 1, 1),
        ("2026-01-03", 0, 2),
        ("2026-01-04", 0, 0),
    ]
    assert found.present.alerts_per_week == pytest.approx(3.5)
    assert found.start == START + DAY


def test_less_sensitive_shows_what_would_vanish(desk: Desk) -> None:
    found = desk.control.preview(CATALOGUE["lat"], 0.75, 7)
    assert [one.change for one in found.incidents] == ["vanishes"]
    assert (found.vanishes, found.appears, found.asked.incidents) == (1, 0, 0)
    assert "anomalous (score 0.70)" in found.incidents[0].reason


def test_the_same_sensitivity_changes_nothing(desk: Desk) -> None:
    found = desk.control.preview(CATALOGUE["lat"], "medium", 7)
    assert (found.appears, found.vanishes) == (0, 0)
    assert found.present == found.asked


@pytest.mark.parametrize("days", [7.0, 1.0], ids=["whole", "cut"])
def test_what_a_young_model_alone_would_open_live_holds_back(tmp_path: Path, days: float) -> None:
    """Faults at a new pair's 200th and 300th reading; after the first 100 it was silent for a day."""
    settings = Settings.model_validate({"poll": {"interval": "1m"}, "incidents": {"policy": "model"}})
    desk = Desk(tmp_path, settings)
    key, readings = SeriesKey("new", "lat"), []
    for number in range(1, 401):
        at = NOW - (2 if number <= 100 else 0.9) * DAY + number * STEP
        score = CLEAR if number in (200, 300) else 0.4
        readings.append(Reading(key, at, 40.0, State.SCORED, Severity.NORMAL, Verdict.NORMAL, score))
    assert not desk.history.append(readings, "live")
    found = desk.control.preview(CATALOGUE["lat"], "medium", days)
    assert [one.start for one in found.incidents] == [readings[299].timestamp]
    assert found.readings == (400 if days > 1 else 300)
    assert found.present.alerts_per_week == pytest.approx(7 / max(1, (NOW - found.start) / DAY))


def test_a_metric_without_readings_says_so(desk: Desk) -> None:
    found = desk.control.preview(CATALOGUE["wait"], "high", 1)
    assert (found.pairs, found.judged, found.incidents) == (0, 0, ())
    assert found.present.alerts_per_week == 0


def test_only_the_days_asked_for_count(desk: Desk) -> None:
    found = desk.control.preview(CATALOGUE["lat"], "high", 0.75)
    assert [(one.service, one.start) for one in found.incidents] == [("shop", START + 2.5 * DAY)]


def test_so_many_pairs_that_only_the_newest_readings_are_looked_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensitivity, "MOST_READINGS", 2 * DAY / STEP)
    found = desk.control.preview(CATALOGUE["lat"], "high", 7)
    assert (found.shortened, found.start) == (True, START + 2 * DAY)
    assert [one.start for one in found.incidents] == [START + 2.5 * DAY, START + 2.2 * DAY]


def test_a_saved_sensitivity_is_in_force_and_survives_a_restart(desk: Desk, tmp_path: Path) -> None:
    assert (desk.control.present("lat"), desk.control.present("wait")) == ("medium", "low")
    desk.control.save("lat", "high", "ada")
    desk.clock.time += 5
    desk.control.save("wait", 0.7, "bo")
    assert desk.thresholds.of("lat") == 0.60
    again = Desk(tmp_path)
    assert (again.control.present("lat"), again.control.present("wait")) == ("high", 0.7)
    assert again.thresholds.of("wait") == 0.7
    again.control.save("wait", None, "cy")
    assert again.control.present("wait") == again.control.configured("wait") == "low"
    assert Desk(tmp_path).control.present("wait") == "low"
    assert [(one.by, one.metric, one.sensitivity) for one in again.control.changes(10)] == [
        ("cy", "wait", None),
        ("bo", "wait", 0.7),
        ("ada", "lat", "high"),
    ]
    assert again.control.changes(10)[2].at == NOW


def test_saving_what_is_in_force_is_no_change(desk: Desk) -> None:
    desk.control.save("lat", "high", "ada")
    desk.control.save("lat", "high", "ada")
    desk.control.save("wait", None, "ada")
    assert len(desk.control.changes(10)) == 1
