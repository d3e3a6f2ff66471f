"""What Canopy asks Prometheus for: the presets' metrics with the operator's own laid over them."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from backend.metrics import parts
from backend.metrics.presets import ARTEFACTS, PRESETS, Preset
from backend.settings import ArtefactQuery, Direction, MetricSettings, Settings, SettingsError

_WINDOW_POLLS = 4
"""``$window`` in polls: as Prometheus's own advice of four scrapes, so that one lost scrape leaves a rate."""

_PART = re.compile(r"\$part\b(?!\()")


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One entry of the catalogue: how to ask for it, and where its value becomes High and Critical.

    ``query`` is PromQL that answers an instant vector with one series a service. A threshold is in ``unit``;
    None where there is none. ``direction`` says on which side of the thresholds it gets worse.
    ``template`` is the query with its places for matchers (see `parts`), empty where it has none.
    """

    key: str
    title: str
    unit: str
    query: str
    high: float | None
    critical: float | None
    direction: Direction
    template: str = ""


def build_catalogue(settings: Settings) -> dict[str, MetricSpec]:
    """The preset's metrics, changed field by field by ``metrics`` of config.yaml, then the new ones.

    Raises SettingsError with one line for each problem.
    """
    preset = PRESETS[settings.preset]
    problems: list[str] = []
    if not preset and not settings.metrics:
        problems.append("preset: found 'none' and no metrics; allowed: a preset, or one entry under metrics")
    catalogue = {}
    for key in [*preset, *(key for key in settings.metrics if key not in preset)]:
        fields = _merge(key, preset, settings.metrics.get(key))
        found = _problems(key, fields)
        if found:
            problems += found
        else:
            template = _fill_in(fields.pop("query"), settings)
            query, divisible = parts.whole(template), bool(parts.labels(template))
            catalogue[key] = MetricSpec(**fields, query=query, template=template if divisible else "")
    if problems:
        raise SettingsError(problems)
    return catalogue


def artefact_queries(settings: Settings) -> dict[ArtefactQuery, str]:
    """What the preset and config.yaml ask about artefacts, by kind, ready to be sent."""
    asked = ARTEFACTS[settings.preset] | settings.artefacts.queries
    return {kind: parts.whole(_fill_in(query, settings)) for kind, query in asked.items() if query}


def _merge(key: str, preset: Preset, override: MetricSettings | None) -> dict[str, Any]:
    """The fields of one metric; ``high: null`` in config.yaml takes a preset's threshold away."""
    fields: dict[str, Any] = {"key": key, "title": key, "unit": None, "query": None}
    fields |= {"high": None, "critical": None, "direction": "above"}
    if key in preset:
        fields |= asdict(preset[key])
    if override is not None:
        given = override.model_dump(include=override.model_fields_set, exclude={"sensitivity"})
        fields |= {name: value for name, value in given.items() if value is not None}
        fields |= {name: None for name in ("high", "critical") if name in given and given[name] is None}
    return fields


def _problems(key: str, fields: dict[str, Any]) -> list[str]:
    """One line for each thing that keeps ``fields`` from being a metric."""
    problems = []
    if fields["query"] is None:
        problems.append(f"metrics.{key}.query: missing; the preset has no metric {key!r} to take it from")
    elif not fields["query"].strip():
        problems.append(f"metrics.{key}.query: found {fields['query']!r}; allowed: a PromQL query")
    if fields["unit"] is None:
        problems.append(f"metrics.{key}.unit: missing; the preset has no metric {key!r} to take it from")
    high, critical, direction = fields["high"], fields["critical"], fields["direction"]
    if high is not None and critical is not None:
        limit = f"with direction {direction}, as high is {high:g}"
        if direction == "above" and critical < high:
            problems.append(f"metrics.{key}.critical: found {critical:g}; allowed: {high:g} or more {limit}")
        if direction == "below" and critical > high:
            problems.append(f"metrics.{key}.critical: found {critical:g}; allowed: {high:g} or less {limit}")
    return problems


def _fill_in(query: str, settings: Settings) -> str:
    """Put the settings' words in the place of ``$service_label`` and ``$window``; ``$part`` gets a label."""
    window = f"{round(_WINDOW_POLLS * settings.poll.interval)}s"
    label = settings.prometheus.service_label
    query = _PART.sub("$part($service_label)", query.strip())
    return query.replace("$service_label", label).replace("$window", window)
