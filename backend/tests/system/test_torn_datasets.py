"""A damaged dataset is mended from Prometheus, and nothing of it is thrown away."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.metrics.folders import folder_name
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.ledger import assert_complete, stored
from backend.tests.system.shop import Shop, watching
from backend.tests.system.watching import wait_for_polls, wait_for_state

pytestmark = pytest.mark.real


def test_torn_foreign_and_deleted_files(shop: Shop, tmp_path: Path) -> None:
    torn, zeros, foreign, deleted = services = [shop.take() for _ in range(4)]
    datasets = tmp_path / "datasets"
    canopy = RunningCanopy(tmp_path, shop.url, watching(*services))
    with canopy:
        for service in services:
            wait_for_state(canopy, service, "scored")
        canopy.stop()
        before = {service: stored(datasets, service) for service in services}
        _file(datasets, torn).write_bytes(_file(datasets, torn).read_bytes()[:-30])
        with _file(datasets, zeros).open("ab") as file:
            file.write(b"\0" * 4096)
        _file(datasets, foreign).write_text("time;value\n1;2\n")
        _file(datasets, deleted).unlink()
        canopy.start()
        for service in services:
            wait_for_state(canopy, service, "scored")
        wait_for_polls(canopy, torn, 2)
    for service in services:
        after = stored(datasets, service)
        recent = [time for time in before[service] if time >= max(before[service]) - 60]
        assert {time: after.get(time) for time in recent} == {time: before[service][time] for time in recent}
        assert_complete(datasets, service, shop.prometheus, since=min(recent))
    aside = [path.name for path in datasets.glob("*/history/*") if path.suffix != ".csv"]
    assert sorted(aside) == ["lat.csv.foreign", "lat.csv.torn", "lat.csv.torn"]
    assert "Traceback" not in canopy.log


def _file(datasets: Path, service: str) -> Path:
    return datasets / folder_name(service) / "history" / "lat.csv"
