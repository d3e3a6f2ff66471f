"""config.yaml and docs/configuration.md know every setting, with the default that the code has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from backend.metrics.presets import PRESETS
from backend.settings import MetricSettings, PresetName, Settings, load_settings, parse_duration, parse_size
from deploy.demo.stack import ROOT

CONFIG = ROOT / "config.yaml"
DOCS = (ROOT / "docs/configuration.md").read_text()


def settings_keys(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, default) of every setting."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from settings_keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


KEYS = dict(settings_keys(Settings()))


def test_config_yaml_holds_exactly_the_defaults() -> None:
    assert load_settings(CONFIG, {}) == Settings()


@pytest.mark.parametrize("key", KEYS)
def test_config_yaml_has_every_key(key: str) -> None:
    values: Any = yaml.safe_load(CONFIG.read_text())
    for part in key.split("."):
        assert part in values, f"{key} is missing in config.yaml"
        values = values[part]


def documented() -> dict[str, str]:
    """Key -> the cell `default` of its row in docs/configuration.md."""
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", DOCS, flags=re.MULTILINE)
    return {key: default.strip("`") for key, default in rows}


@pytest.mark.parametrize("key", KEYS)
def test_the_docs_have_every_key_with_its_default(key: str) -> None:
    rows = documented()
    assert key in rows, f"{key} is missing in docs/configuration.md"
    default = KEYS[key]
    found = yaml.safe_load(rows[key]) if rows[key] else None
    if isinstance(default, float) and isinstance(found, str):
        found = parse_duration(found)
    if isinstance(default, int) and isinstance(found, str):
        found = parse_size(found)
    if isinstance(default, tuple):
        default = [item.model_dump() for item in default]
    assert found == default or found == str(default), f"{key}: the docs say {rows[key]}"


def test_the_docs_know_no_key_that_does_not_exist() -> None:
    item_keys = {f"metrics.{name}" for name in MetricSettings.model_fields}
    item_keys |= {f"prometheus.basic_auth.{name}" for name in ("username", "password_file")}
    item_keys |= {f"logs.sources.{name}" for name in ("type", "service", "path")}
    assert set(documented()) - set(PRESETS) <= set(KEYS) | item_keys


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "none"])
def test_the_docs_name_every_metric_of_each_preset(preset: PresetName) -> None:
    (row,) = re.findall(rf"^\| `{preset}` \| (.+) \|$", DOCS, flags=re.MULTILINE)
    assert [key for key in PRESETS[preset] if f"`{key}`" not in row] == []
