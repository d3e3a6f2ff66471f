"""What the operator set: `Settings`, read by `load_settings`."""

from backend.settings.loading import SettingsError, load_settings
from backend.settings.sections import (
    FileSource,
    IncidentSettings,
    MetricSettings,
    PrometheusSettings,
    Settings,
    TrainingSettings,
    sqlite_path,
)
from backend.settings.values import (
    ArtefactQuery,
    CheckedSensitivity,
    DetectorName,
    Direction,
    Fitter,
    PolicyName,
    PresetName,
    Sensitivity,
    parse_duration,
    parse_size,
)

__all__ = [
    "ArtefactQuery",
    "CheckedSensitivity",
    "DetectorName",
    "Direction",
    "FileSource",
    "Fitter",
    "IncidentSettings",
    "MetricSettings",
    "PolicyName",
    "PresetName",
    "PrometheusSettings",
    "Sensitivity",
    "Settings",
    "SettingsError",
    "TrainingSettings",
    "load_settings",
    "parse_duration",
    "parse_size",
    "sqlite_path",
]
