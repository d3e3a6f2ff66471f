"""config.yaml and the environment -> one validated, frozen Settings, or one line a problem."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from backend.settings.sections import Settings

DEFAULT_CONFIG = Path("config.yaml")
ENV_PREFIX = "CANOPY_"

_SECRET = ("headers", "basic_auth")
"""Keys under ``prometheus`` whose values are never shown."""


class SettingsError(ValueError):
    """The configuration cannot be used; ``problems`` holds one line for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_settings(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``config`` (or ./config.yaml where there is one, else defaults), then the environment over it.

    Raises SettingsError with one line per problem: the key, what was found, what is allowed.
    """
    environ = os.environ if environ is None else environ
    path = config or DEFAULT_CONFIG
    values = _read_yaml(path) if config is not None or path.exists() else {}
    problems = _apply_environment(values, environ)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(problems + [_problem(dict(detail)) for detail in error.errors()]) from None
    problems += _impossible(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _impossible(settings: Settings) -> Iterator[str]:
    """Values that are allowed one by one and cannot work together."""
    training, interval = settings.training, settings.poll.interval
    fitting = int(training.window // interval)
    if training.min_samples > fitting:
        yield (
            f"training.min_samples: found {training.min_samples}; allowed: up to {fitting}; training.window "
            f"({training.window:g} s) holds no more at a poll.interval of {interval:g} s"
        )
    keep = settings.storage.keep
    if keep is not None and keep < training.window:
        yield (
            f"storage.keep: found {keep:g} s; allowed: training.window ({training.window:g} s) or more, "
            "or null; models learn from all of it"
        )


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_bytes(), Loader=_UniqueKeyLoader)
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError([f"{path}: not valid YAML: {_yaml_problem(error)}"]) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError([f"{path}: found {type(values).__name__}; allowed: a mapping of sections"])
    # A section whose keys are all commented out reads as null: its defaults stand.
    return {key: ({} if value is None and key != "preset" else value) for key, value in values.items()}


def _yaml_problem(error: Exception) -> str:
    """What is wrong and where, without the lines themselves: they may hold a password."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    mark = error.problem_mark
    return f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key if isinstance(key, str) else repr(key))
        return super().construct_mapping(node, deep)


def _apply_environment(values: dict[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Write CANOPY_SECTION__KEY entries into ``values``; returns problems."""
    problems = []
    for name in sorted(environ):
        if not name.startswith(ENV_PREFIX) or ("__" not in name and name != "CANOPY_PRESET"):
            continue
        path = [part.lower() for part in name.removeprefix(ENV_PREFIX).split("__")]
        target: Any = values
        for part in path[:-1]:
            target = target.setdefault(part, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict):
            problems.append(f"{name}: {'.'.join(path[:-1])} has no keys of its own")
            continue
        try:
            target[path[-1]] = yaml.safe_load(environ[name])
        except (yaml.YAMLError, ValueError, RecursionError):
            target[path[-1]] = environ[name]
    return problems


def _problem(error: dict[str, Any]) -> str:
    """One line for one pydantic error: key, what was found, what is allowed."""
    loc = [part for part in error["loc"] if part != "[key]"]
    key = ".".join(str(part) for part in loc)
    if error["type"] == "extra_forbidden":
        allowed = sorted(_keys_at(loc[:-1]))
        close = difflib.get_close_matches(str(loc[-1]), allowed, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return f"{key}: unknown key{hint}; allowed: {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"{key}: missing; it has no default"
    message = re.sub(r"^(Value error, |Input should be )", "", error["msg"])
    if not message.startswith("allowed"):
        message = f"allowed: {message}"
    return f"{key}: found {_found(loc, error['input'])}; {message}"


def _found(loc: list[Any], value: object) -> str:
    """The value as an error line may show it: no password, no token."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if loc[:1] == ["prometheus"] and loc[1:2] and loc[1] in _SECRET:
        return {str: "text", type(None): "nothing"}.get(type(value), f"a {type(value).__name__}")
    # Whatever stands before an @ may be a user and a password, as in http://user:password@host.
    return re.sub(r"^('|\")(\w[\w+.-]*://)?.*@", r"\1\2***@", repr(value), flags=re.DOTALL)


def _keys_at(loc: list[Any]) -> Iterator[str]:
    """The keys that the section at ``loc`` knows."""
    kind: Any = Settings
    for part in loc:
        kind = _section_below(kind, part)
        if kind is None:
            return
    yield from kind.model_fields


def _section_below(kind: Any, part: Any) -> Any:
    """The section class under ``part`` of section ``kind``; looks through Optional, dict and tuple."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if part not in kind.model_fields:
            return None
        kind = kind.model_fields[part].annotation
        if get_origin(kind) in (Union, UnionType):
            kind = next(arg for arg in get_args(kind) if arg is not type(None))
        return kind
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    return None
