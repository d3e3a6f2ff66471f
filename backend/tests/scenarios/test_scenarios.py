"""Tables: what Prometheus answers, poll by poll, and which incidents must follow."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backend.incidents import acts
from backend.incidents.incident import Incident
from backend.tests.jobs.bench import GROWN, INTERVAL, KEY, START, Bench
from backend.tests.scenarios.notation import samples

_KINDS = {"opened": "O", "attached": "A", "resolved": "R"}


@dataclass(frozen=True)
class Scenario:
    """One pair with a healthy past. A character of ``expected`` for each poll of ``series``:

    ``O`` an incident opens, ``A`` the reading attaches to the one that is not resolved, ``R`` it resolves by
    itself, ``.`` nothing, ``-`` Canopy does not run (it starts again at the next other character).
    ``operator``: poll -> what an operator does to the newest incident just before it. The dedup window is
    four polls, the thresholds 1000 and 3000, healthy is 30 to 50.
    """

    name: str
    series: str
    expected: str
    operator: Mapping[int, str] = field(default_factory=dict)
    incidents: Mapping[str, Any] = field(default_factory=dict)


SCENARIOS = [
    Scenario("healthy", "40x20", "...................."),
    Scenario("spike", "40x4 5000 40x6", "....O......"),
    Scenario("sustained", "40x4 5000x12", "....OAAAAAAAAAAA"),
    Scenario("high and then critical is one", "40x2 2000x3 5000x3 40x2", "..OAAAAA.."),
    Scenario("ramp", "40+120x15", "........OAAAAAAA"),
    Scenario("below the threshold", "40x3 900x4 40x3", ".........."),
    Scenario("missed scrapes inside", "40x2 5000x2 _x3 5000x2 40", "..OAAAAAA."),
    Scenario("gap inside", "40x2 5000x2 stale _x2 5000x3 40", "..OA...AAA."),
    Scenario("gap longer than the window inside", "40x2 5000x2 stale _x9 5000x3", "..OA..........AAA"),
    Scenario("NaN inside", "40x2 5000x2 NaN NaN NaN 5000x3 40", "..OA...AAA."),
    Scenario("infinite is no anomaly", "40x2 +Inf -Inf +Inf 40x3", "........"),
    Scenario("vanishes for good", "40x2 5000x2 stale _x30", "..OA" + "." * 31),
    Scenario("resolved in the middle", "40x2 5000x10 40x3", "..OAA..........", {5: "resolve"}),
    Scenario(
        "resolved in the middle, a new fault after quiet",
        *("40x2 5000x6 40x5 5000x2", "..OAA........OA"),
        {5: "resolve"},
    ),
    Scenario(
        "resolved in the middle, the same fault again too soon",
        *("40x2 5000x6 40x3 5000x3", "..OAA........."),
        {5: "resolve"},
    ),
    Scenario("acknowledged", "40x2 5000x5 40", "..OAAAA.", {4: "acknowledge"}),
    Scenario("reopened by hand", "40x2 5000x8", "..OAA..AAA", {5: "resolve", 7: "reopen"}),
    Scenario("flaps within the window", "40 5000 40x3 5000 40x3 5000 40", ".O...A...A."),
    Scenario("flaps outside the window, unresolved", "40 5000 40x6 5000 40x6 5000", ".O......A......A"),
    Scenario(
        "flaps outside the window, resolved",
        *("40 5000 40x6 5000 40x6 5000", ".O......O......O"),
        {3: "resolve", 10: "resolve"},
    ),
    Scenario("restart in the middle", "40x2 5000x3 5000x2 5000x4 40", "..OAA--AAAA."),
    Scenario(
        "resolved, then a restart in the middle",
        *("40x2 5000x3 5000x2 5000x4 40x6 5000", "..OA.--..........O"),
        {4: "resolve"},
    ),
    Scenario("begins while Canopy is away", "40x3 40 5000x2 5000x3", "...---OAA"),
    Scenario("comes and goes while Canopy is away", "40x3 5000x3 40x4", "...---...."),
    Scenario(
        "resolves by itself after three quiet readings",
        *("40x2 5000x3 40x5", "..OAA..R.."),
        incidents={"auto_resolve_after": 3},
    ),
    Scenario(
        "missing readings are no quiet ones",
        *("40x2 5000x2 stale _x5 NaN NaN 40x4", "..OA..........R."),
        incidents={"auto_resolve_after": 3},
    ),
    Scenario(
        "a reading that fires starts the count again",
        *("40x2 5000 40x2 5000 40x4", "..O..A..R."),
        incidents={"auto_resolve_after": 3},
    ),
    Scenario(
        "resolved by itself, the same episode goes on",
        *("40x2 5000 40 5000x2 40x6 5000", "..OR........O"),
        incidents={"auto_resolve_after": 1},
    ),
    Scenario(
        "resolved, then blind for longer than the window: blind is not quiet",
        *("40x2 5000x2 stale _x7 5000x2 40x5 5000", "..O................O"),
        {3: "resolve"},
    ),
    Scenario(
        "resolved, then away for longer than the window while it goes on",
        *("40x2 5000x2 5000x8 5000x2 40x5 5000", "..O.--------.......O"),
        {3: "resolve"},
    ),
    Scenario(
        "resolved, then away and blind for longer than the window",
        *("40x2 5000x2 stale _x7 5000x2 40x5 5000", "..O..-----.........O"),
        {3: "resolve"},
    ),
    Scenario(
        "resolved, quiet for longer than the window while Canopy is away",
        *("40x2 5000x2 40x8 5000x2", "..O.--------OA"),
        {3: "resolve"},
    ),
    Scenario(
        "resolved, what was quiet before a blind gap and after it counts together",
        *("40x2 5000 40x3 stale _x6 40x2 5000", "..O............O"),
        {3: "resolve"},
    ),
    Scenario(
        "resolved, too little quiet before a blind gap",
        *("40x2 5000 40x3 stale _x6 5000", "..O..........."),
        {3: "resolve"},
    ),
    Scenario("policy threshold", "40x2 2000x2 40", "..OA.", incidents={"policy": "threshold"}),
    Scenario("policy model, below thresholds", "40x2 500x2", "..OA", incidents={"policy": "model"}),
    Scenario("policy either, below thresholds", "40x2 500x2", "..OA", incidents={"policy": "either"}),
    Scenario("both must agree by default", "40x2 500x2 40", "....."),
]


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a Canopy that has learned the pair's healthy past."""
    folder = tmp_path_factory.mktemp("learned")
    with Bench(folder) as bench:
        bench.learn(KEY, past=GROWN)
    return folder


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, learned: Path, tmp_path: Path) -> None:
    values = samples(scenario.series)
    assert len(values) == len(scenario.expected), "one character for each poll"
    shutil.copytree(learned, tmp_path, dirs_exist_ok=True)
    with Bench(tmp_path, incidents=scenario.incidents) as bench:
        bench.next_poll = START + INTERVAL
        happened = "".join(_play(bench, scenario, index, value) for index, value in enumerate(values))
        assert happened == scenario.expected
        assert len(bench.told("incident")) >= sum(c in "OAR" for c in happened)


def _play(bench: Bench, scenario: Scenario, index: int, value: float | None) -> str:
    """One poll; what became of it, in a character."""
    if action := scenario.operator.get(index):
        _act(bench, action)
    if value is not None:
        bench.write(value)
    if scenario.expected[index] == "-":
        bench.next_poll += INTERVAL
        return "-"
    if scenario.expected[index - 1 : index] == "-":
        bench.restart()
    seen = len(bench.told("incident"))
    bench.poll()
    bench.settle()
    kinds = [_KINDS[event["kind"]] for event in bench.told("incident")[seen:]]
    assert len(kinds) <= 1, f"poll {index}: {kinds}"
    return kinds[0] if kinds else "."


def _act(bench: Bench, action: str) -> None:
    latest = bench.store.latest([KEY])[KEY]

    def change(incident: Incident) -> Incident:
        transition = getattr(acts, action)
        changed: Incident = transition(incident, bench.clock.now())
        return changed

    bench.store.change(latest.id, change)
