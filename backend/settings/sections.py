"""The sections of config.yaml: every key an operator can set, with its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.settings.values import (
    ArtefactQuery,
    CheckedSensitivity,
    DetectorName,
    Direction,
    Duration,
    DurationOrNull,
    Fitter,
    HttpUrl,
    MetricKey,
    PolicyName,
    PresetName,
    SizeOrNull,
    SqliteUrl,
    UpToADay,
    ZoneName,
)


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
