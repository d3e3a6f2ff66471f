"""config.yaml and the environment -> one validated, frozen Settings."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

DEFAULT_CONFIG = Path("config.yaml")
ENV_PREFIX = "CANOPY_"

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(\d{1,9})(ms|[smhdwy])")
_METRIC_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SECRET = ("headers", "basic_auth")
"""Keys under ``prometheus`` whose values are never shown."""
_SIZE = re.compile(r"(\d{1,9}) ?([kMGT])B")
_SIZE_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_DURATION_HELP = "a Prometheus duration such as 15s, 1h30m or 2d"


class SettingsError(ValueError):
    """The configuration cannot be used; ``problems`` holds one line for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse_duration(text: object) -> float:
    """A Prometheus duration -> seconds.

    >>> parse_duration("1h30m")
    5400.0
    """
    if isinstance(text, str) and text and "".join(m.group(0) for m in _DURATION.finditer(text)) == text:
        seconds = sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
        if seconds > 0:
            return seconds
    raise ValueError(f"allowed: {_DURATION_HELP}, longer than 0")


def parse_size(text: object) -> int:
    """A size with its unit -> bytes.

    >>> parse_size("10GB")
    10000000000
    """
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if found and int(found[1]) > 0:
        return int(found[1]) * _SIZE_UNITS[found[2]]
    raise ValueError("allowed: a size such as 500MB or 10GB (kB, MB, GB, TB), or null")


def _or_null(parse: Callable[[object], float]) -> Callable[[object], float | None]:
    return lambda given: None if given is None else parse(given)


def _metric_key(key: str) -> str:
    if not _METRIC_KEY.fullmatch(key):
        raise ValueError("allowed: a letter, then up to 63 letters, digits, '_' or '-' (it names files)")
    return key


def _http_url(url: str) -> str:
    if not re.match(r"https?://[^/\s]+", url):
        raise ValueError("allowed: an address that starts with http:// or https://")
    return url.rstrip("/")


def _sqlite_url(url: str) -> str:
    if not re.fullmatch(r"sqlite:///.+", url):
        raise ValueError("allowed: sqlite:///PATH (sqlite:////PATH for an absolute path)")
    return url


def _at_most_a_day(seconds: float) -> float:
    if seconds > _UNITS["d"]:
        raise ValueError("allowed: at most 1d")
    return seconds


def _sensitivity(given: object) -> object:
    if given in ("low", "medium", "high") or (isinstance(given, float) and 0 < given < 1):
        return given
    raise ValueError("allowed: low, medium, high, or a score between 0 and 1 such as 0.63")


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not known, not a name, the name of a folder
        raise ValueError("allowed: the name of a time zone, such as UTC or Europe/Berlin") from None
    return name


Duration = Annotated[float, BeforeValidator(parse_duration)]
DurationOrNull = Annotated[float | None, BeforeValidator(_or_null(parse_duration))]
SizeOrNull = Annotated[int | None, BeforeValidator(_or_null(parse_size))]
UpToADay = Annotated[Duration, AfterValidator(_at_most_a_day)]
MetricKey = Annotated[str, AfterValidator(_metric_key)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
SqliteUrl = Annotated[str, AfterValidator(_sqlite_url)]
Direction = Literal["above", "below"]
PresetName = Literal["spring-boot", "node-exporter", "kubernetes", "none"]
ArtefactQuery = Literal["restart", "deploy", "new_instance", "counter_reset", "scrape_gap", "clock_skew"]
PolicyName = Literal["threshold_and_model", "model", "threshold", "either"]
DetectorName = Literal["view_forest", "isolation_forest"]
Fitter = Literal["fast", "scikit-learn"]
Sensitivity = Literal["low", "medium", "high"] | float
CheckedSensitivity = Annotated[Sensitivity, BeforeValidator(_sensitivity)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]


class _Section(BaseModel):
    """A section refuses unknown keys and never changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ServerSettings(_Section):
    host: str = "127.0.0.1"
    port: int = Field(9092, ge=1, le=65535)


class BasicAuth(_Section):
    username: str
    password_file: Path = Field(strict=False)


class PrometheusSettings(_Section):
    url: HttpUrl = "http://localhost:9090"
    timeout: Duration = 10.0
    headers: dict[str, str] = Field(default_factory=dict)
    service_label: str = Field("service", pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    basic_auth: BasicAuth | None = None
    bearer_token_file: Path | None = Field(None, strict=False)
    tls_ca_file: Path | None = Field(None, strict=False)


class PollSettings(_Section):
    interval: Annotated[Duration, Field(ge=1, le=3600)] = 15.0


class MetricSettings(_Section):
    """One entry under ``metrics``: a whole new metric, or only what differs from the preset's."""

    title: str | None = None
    unit: str | None = None
    query: str | None = None
    high: float | None = Field(None, strict=False, allow_inf_nan=False)
    critical: float | None = Field(None, strict=False, allow_inf_nan=False)
    direction: Direction | None = None
    sensitivity: CheckedSensitivity | None = None


class DetectionSettings(_Section):
    detector: DetectorName = "view_forest"
    sensitivity: CheckedSensitivity = "medium"
    timezone: ZoneName = "UTC"


class ArtefactSettings(_Section):
    settle: UpToADay = 120.0
    queries: dict[ArtefactQuery, str | None] = Field(default_factory=dict)


class TrainingSettings(_Section):
    window: Duration = 2 * 86400.0
    min_samples: int = Field(50, ge=2, le=100_000)
    contamination: float = Field(0.01, gt=0, le=0.5)
    fitter: Fitter = "fast"
    interval: Duration = 86400.0


class IncidentSettings(_Section):
    policy: PolicyName = "threshold_and_model"
    dedup_window: Duration = 900.0
    auto_resolve_after: int | None = Field(None, ge=1)


class FileSource(_Section):
    """A log file, or several by a glob; ``{service}`` in the path stands for the service's name."""

    type: Literal["file"] = "file"
    service: str = "*"
    path: str = Field(min_length=1)


class LogSettings(_Section):
    sources: tuple[FileSource, ...] = Field((FileSource(path="logs/{service}.log"),), strict=False)
    before: UpToADay = 60.0
    after: UpToADay = 30.0
    keep: Duration = 7 * 86400.0
    max_lines: int = Field(1_000_000, ge=1000)


class StorageSettings(_Section):
    datasets: Path = Field(Path("datasets"), strict=False)
    keep: DurationOrNull = 30 * 86400.0
    max_size: SizeOrNull = 10 * 10**9
    models: Path = Field(Path("models"), strict=False)
    database: SqliteUrl = "sqlite:///canopy.db"
    log_database: SqliteUrl = "sqlite:///canopy-logs.db"


class Settings(_Section):
    """Everything an operator can set. Sections and keys are those of config.yaml."""

    server: ServerSettings = ServerSettings()
    prometheus: PrometheusSettings = PrometheusSettings()
    poll: PollSettings = PollSettings()
    preset: PresetName = "spring-boot"
    metrics: dict[MetricKey, MetricSettings] = Field(default_factory=dict)
    detection: DetectionSettings = DetectionSettings()
    artefacts: ArtefactSettings = ArtefactSettings()
    training: TrainingSettings = TrainingSettings()
    incidents: IncidentSettings = IncidentSettings()
    logs: LogSettings = LogSettings()
    storage: StorageSettings = StorageSettings()


def sqlite_path(url: str) -> Path:
    """The file behind a ``sqlite:///`` address."""
    return Path(url.removeprefix("sqlite:///"))


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
