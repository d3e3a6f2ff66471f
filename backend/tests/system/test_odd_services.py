"""A service may have any name: it is data everywhere, and never a path, a query or a formula."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.metrics.folders import service_name
from backend.tests.system.canopy import RunningCanopy
from backend.tests.system.conftest import ODD_SERVICES
from backend.tests.system.ledger import assert_complete, stored
from backend.tests.system.shop import CRITICAL, Shop, watching
from backend.tests.system.watching import incidents, wait_for_incident, wait_for_state, wait_for_value

pytestmark = pytest.mark.real


def test_through_the_whole_product(shop: Shop, tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    outside = _files(tmp_path)
    with RunningCanopy(home, shop.url, watching(*ODD_SERVICES)) as canopy:
        for service in ODD_SERVICES:
            wait_for_state(canopy, service, "scored")
        assert set(ODD_SERVICES) <= set(canopy.json("/services"))
        for service in ODD_SERVICES:
            shop.set(service, 2.0 * CRITICAL)
        for service in ODD_SERVICES:
            opened = wait_for_incident(canopy, service)
            assert (opened["service"], opened["metric"]) == (service, "lat")
            assert "\n" not in opened["title"]
            assert canopy.json(f"/incidents/{opened['id']}")["service"] == service
            wait_for_value(canopy, service, 2.0 * CRITICAL)
            logs = canopy.json("/logs", service=service, event_ts=opened["event_ts"])
            assert logs["service"] == service
            points = canopy.json("/metrics/history", service=service, metric="lat")["points"]
            assert points[-1]["value"] == 2.0 * CRITICAL
        assert len(incidents(canopy)) == len(ODD_SERVICES)
        job = canopy.post("/retrain", service=ODD_SERVICES[0], wait="true").json()
        assert (job["total"], job["trained"]) == (1, 1)
        models = canopy.json("/models")["items"]
        assert {model["service"]: model["state"] for model in models} == dict.fromkeys(ODD_SERVICES, "ready")
        scored = _labelled(canopy.get("/metrics").text, "canopy_anomaly_score")
        assert set(ODD_SERVICES) <= scored
        assert _labelled(canopy.get("/metrics").text, "canopy_incidents") == set(ODD_SERVICES)
        canopy.restart()
        for service in ODD_SERVICES:
            wait_for_state(canopy, service, "scored")
        assert len(incidents(canopy)) == len(ODD_SERVICES), "a restart did not know the service again"
    for service in ODD_SERVICES:
        shop.heal(service)
        assert 2.0 * CRITICAL in stored(home / "datasets", service).values()
        assert_complete(home / "datasets", service, shop.prometheus)
    for root in (home / "datasets", home / "models"):
        folders = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
        assert {service_name(folder) for folder in folders} == set(ODD_SERVICES)
    assert {path for path in _files(tmp_path) if not path.is_relative_to(home)} == outside


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _labelled(exposition: str, name: str) -> set[str]:
    """The values of the label ``service`` of one metric."""
    return {
        sample.labels["service"]
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
        if sample.name == name
    }
