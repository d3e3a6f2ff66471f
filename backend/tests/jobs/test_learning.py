"""What is learned of an incident's readings: live and at a retrain the same ones count as its firing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.incidents.acts import resolve
from backend.incidents.incident import ResolveReason
from backend.jobs.learning import Learning
from backend.metrics.columns import Columns
from backend.metrics.readings import Severity, Verdict
from backend.settings import PolicyName
from backend.tests.jobs.bench import CATALOGUE, KEY, Bench

QUIET = 60.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """With one incident that fired from its first reading to one an hour later."""
    with Bench(tmp_path, incidents={"dedup_window": "2h"}) as bench:
        bench.learn(KEY)
        bench.write(5000.0)
        bench.poll()
        bench.next_poll += 3600.0
        bench.write(5000.0)
        bench.poll()
        yield bench


def stored(bench: Bench) -> Columns:
    """The hour of the incident, with a reading halfway that is anomalous but within the thresholds."""
    incident = bench.told("incident")[0]
    (span,) = bench.store.spans(KEY, 0.0, bench.next_poll)
    assert incident["service"] == KEY.service
    times = np.linspace(*span, 241)
    bad = np.isin(np.arange(241), (0, 120, 240))
    severity = np.full(241, Severity.NORMAL.encode(), dtype=object)
    severity[[0, 240]] = Severity.CRITICAL.encode()
    status = np.where(bad, Verdict.ANOMALY.encode(), Verdict.NORMAL.encode()).astype(object)
    return Columns(times, np.full(241, 40.0), status, severity, np.full(241, b"0.5", dtype=object))


@pytest.mark.parametrize(("policy", "halfway"), [("threshold_and_model", True), ("model", False)])
def test_what_the_policy_does_not_take_for_firing_is_learned_live_and_later(
    bench: Bench, policy: PolicyName, halfway: bool
) -> None:
    learning = Learning(bench.store, CATALOGUE, policy, QUIET)
    readings = stored(bench)
    after = slice(121, 124)
    assert learning.then(KEY, readings)[after].all() == halfway
    assert learning.at_last(KEY, readings)[after].all() == halfway
    assert not learning.at_last(KEY, readings)[[0, 240]].any()


def test_what_was_normal_after_all_is_learned_whole(bench: Bench) -> None:
    incident = bench.told("incident")[0]
    bench.store.change(incident["id"], lambda i: resolve(i, bench.clock.time, ResolveReason.EXPECTED))
    learning = Learning(bench.store, CATALOGUE, "model", QUIET)
    times = np.arange(10.0) + bench.next_poll - 3700.0
    text = np.full(10, b"", dtype=object)
    assert learning.at_last(KEY, Columns(times, times, text, text, text)).all()
