"""The catalogue: a preset with the operator's own entries laid over it."""

from __future__ import annotations

from typing import Any

import pytest

from backend.metrics.catalogue import MetricSpec, build_catalogue
from backend.settings import Settings, SettingsError


def catalogue(**settings: Any) -> dict[str, MetricSpec]:
    return build_catalogue(Settings.model_validate(settings))


def problems(**settings: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        catalogue(**settings)
    return caught.value.problems


def test_spring_boot_is_the_default_and_has_the_promised_metrics() -> None:
    specs = catalogue()
    assert list(specs) == ["cpu", "mem", "lat", "err"]
    thresholds = {key: (spec.unit, spec.high, spec.critical) for key, spec in specs.items()}
    assert thresholds == {
        "cpu": ("percent", 85, 95),
        "mem": ("percent", 85, 95),
        "lat": ("milliseconds", 1000, 3000),
        "err": ("percent", 5, 20),
    }
    assert specs["cpu"].query == "100 * avg by (service) (avg_over_time(process_cpu_usage[60s]))"


def test_the_service_label_and_the_poll_interval_reach_every_query() -> None:
    for preset in ("spring-boot", "node-exporter", "kubernetes"):
        specs = catalogue(preset=preset, prometheus={"service_label": "app"}, poll={"interval": "5s"})
        for spec in specs.values():
            assert "$" not in spec.query.replace('"$1"', "")
            assert "app" in spec.query
            assert "service" not in spec.query
    assert "[20s]" in catalogue(poll={"interval": "5s"})["cpu"].query
    own = {"queue": {"unit": "messages", "query": "sum by ($service_label) (rate(queue[$window]))"}}
    query = catalogue(preset="none", metrics=own, prometheus={"service_label": "app"})["queue"].query
    assert query == "sum by (app) (rate(queue[60s]))"


def test_an_override_changes_only_the_fields_it_has() -> None:
    before, after = catalogue()["lat"], catalogue(metrics={"lat": {"high": 500}})["lat"]
    assert after.high == 500
    assert (after.title, after.unit, after.query, after.critical) == (
        before.title,
        before.unit,
        before.query,
        before.critical,
    )


def test_a_null_threshold_takes_the_presets_away() -> None:
    spec = catalogue(metrics={"lat": {"high": None, "critical": None, "title": None}})["lat"]
    assert (spec.high, spec.critical, spec.title) == (None, None, "p99 latency")


def test_a_new_metric_comes_after_the_presets_and_is_titled_by_its_key() -> None:
    specs = catalogue(metrics={"queue": {"unit": "messages", "query": " queue_length "}, "cpu": {"high": 80}})
    assert list(specs) == ["cpu", "mem", "lat", "err", "queue"]
    assert specs["queue"] == MetricSpec("queue", "queue", "messages", "queue_length", None, None, "above")


def test_every_problem_has_its_line() -> None:
    found = problems(
        metrics={
            "queue": {"title": "Queue"},
            "lat": {"high": 5000},
            "cpu": {"query": " "},
            "free": {"unit": "percent", "query": "free", "direction": "below", "high": 5, "critical": 20},
        }
    )
    assert found == [
        "metrics.cpu.query: found ' '; allowed: a PromQL query",
        "metrics.lat.critical: found 3000; allowed: 5000 or more with direction above, as high is 5000",
        "metrics.queue.query: missing; the preset has no metric 'queue' to take it from",
        "metrics.queue.unit: missing; the preset has no metric 'queue' to take it from",
        "metrics.free.critical: found 20; allowed: 5 or less with direction below, as high is 5",
    ]


def test_thresholds_may_be_equal_or_alone_and_run_downwards() -> None:
    entry = {"unit": "percent", "query": "free"}
    for extra in ({"high": 5, "critical": 5}, {"high": 5}, {"critical": 5}):
        assert catalogue(preset="none", metrics={"free": entry | extra})
    assert catalogue(metrics={"free": entry | {"direction": "below", "high": 20, "critical": 5}})


def test_no_preset_and_no_metrics_is_nothing_to_watch() -> None:
    assert problems(preset="none") == [
        "preset: found 'none' and no metrics; allowed: a preset, or one entry under metrics"
    ]
