"""The manifest of a model generation: for each pair the digest, the origin and the versions of its model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backend import __version__
from backend.clock import from_rfc3339, to_rfc3339
from backend.metrics.readings import ExpectedRange, SeriesKey
from backend.settings import DetectorName

MANIFEST = "manifest.json"
FORMAT = 1
_MODEL_FORMAT = "2"
"""Of the files; format 1 was scikit-learn's own forest."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ManifestError(Exception):
    """The manifest is there and cannot be used; the text names the file and what to do."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One pair's model.

    ``start`` and ``end`` bound the readings it was fitted on; times in seconds since the epoch. ``changed``
    says in words what differs from ``before``, the model that it replaced. ``held``: it was gone back to, and
    stays as it is until the next retrain. ``seasons``: earlier weeks were read in too. ``candidate``: why a
    newer one was not taken; empty where none was. ``since``: when the pair's first model of this detector was
    trained; None where nobody noted it.
    """

    key: SeriesKey
    sha256: str
    trained_at: float
    start: float
    end: float
    samples: int
    contamination: float
    usual: ExpectedRange
    features: tuple[str, ...]
    versions: dict[str, str]
    detector: DetectorName = "isolation_forest"
    changed: str = ""
    candidate: str = ""
    held: bool = False
    seasons: bool = False
    since: float | None = None
    before: ModelInfo | None = None

    def replaced(self) -> ModelInfo:
        """As it is kept once another one serves: one step back, and no further."""
        return replace(self, before=None, candidate="", held=False)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation and the models it is made of.

    ``full_run_at``: when all pairs were last trained together, in seconds since the epoch; None if never.
    """

    generation: str | None = None
    models: tuple[ModelInfo, ...] = ()
    full_run_at: float | None = None


Stamp = tuple[int, int, int]
"""Tells one state of the manifest's file from another: its mtime in nanoseconds, inode and size."""


def present_versions() -> dict[str, str]:
    """What decides whether a model file can be read back, and ourselves."""
    return {"canopy": __version__, "numpy": np.__version__, "model format": _MODEL_FORMAT}


def mismatch(info: ModelInfo, detector: DetectorName, features: Iterable[str]) -> str | None:
    """Why this process must not use the model, or None. A patch release of a library is no reason."""
    if info.detector != detector:
        return f"it is a model of the {info.detector}, and detection.detector is {detector}"
    if info.features != tuple(features):
        return f"it was trained on other features ({', '.join(info.features)})"
    for library, version in present_versions().items():
        theirs = info.versions.get(library, "of another version")
        if library != "canopy" and theirs.split(".")[:2] != version.split(".")[:2]:
            return f"it was written with {library} {theirs}, this is {library} {version}"
    return None


def manifest_stamp(folder: Path) -> Stamp | None:
    """What ``read_manifest`` would read now, without reading it; None where there is no manifest."""
    try:
        status = (folder / MANIFEST).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def read_manifest(folder: Path, name: str = MANIFEST) -> Manifest:
    """The folder's manifest; an empty one where there is none. Raises ManifestError."""
    path = folder / name
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ManifestError(f"{path} has format {content['format']}; this Canopy reads format {FORMAT}")
        full_run_at = content.get("full_run_at")
        reader = _Reader()
        return Manifest(
            _generation(content["generation"]),
            tuple(reader.info(entry) for entry in content["models"]),
            None if full_run_at is None else from_rfc3339(full_run_at),
        )
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ManifestError(f"{path} cannot be read ({error!r}); move it away and retrain") from None


def _generation(name: Any) -> str | None:
    """Its number is what the next one's is made of."""
    if name is not None and not re.fullmatch(r".*-\d+", name):
        raise ValueError(f"{name!r} is no generation")
    found: str | None = name
    return found


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as JSON, a model a line: all in one go would hold the interpreter for long."""
    head = {
        "format": FORMAT,
        "generation": manifest.generation,
        "full_run_at": None if manifest.full_run_at is None else to_rfc3339(manifest.full_run_at),
    }
    moment = cache(to_rfc3339)
    models = ",\n".join(_JSON(_to_json(info, moment)) for info in manifest.models)
    text = f'{_JSON(head)[:-1]},"models":[\n{models}\n]}}\n'
    return text.encode("utf-8", "surrogatepass")


def _to_json(info: ModelInfo, moment: Callable[[float], str]) -> dict[str, Any]:
    before = {} if info.before is None else {"before": _to_json(info.before, moment)}
    return before | {
        "service": info.key.service,
        "metric": info.key.metric,
        "sha256": info.sha256,
        "trained_at": moment(info.trained_at),
        "window": {"start": moment(info.start), "end": moment(info.end)},
        "samples": info.samples,
        "contamination": info.contamination,
        "usual": {"low": info.usual.low, "high": info.usual.high},
        "features": info.features,
        "versions": info.versions,
        "detector": info.detector,
        "changed": info.changed,
        "candidate": info.candidate,
        "held": info.held,
        "seasons": info.seasons,
        "since": None if info.since is None else moment(info.since),
    }


class _Reader:
    """Entries of one manifest: what thousands of them have in common is read, and in memory, once."""

    def __init__(self) -> None:
        self._moment = cache(from_rfc3339)
        self._features: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._versions: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def info(self, entry: dict[str, Any]) -> ModelInfo:
        moment = self._moment
        usual = entry["usual"] if "usual" in entry else entry["expected"]  # as older versions called it
        features, versions = tuple(entry["features"]), entry["versions"]
        service, metric = entry["service"], entry["metric"]
        for text in (service, metric, entry["sha256"], *features, *versions.values()):
            if not isinstance(text, str):
                raise TypeError(f"{text!r} where there should be a text")
        metric.encode()  # it is a file's name
        return ModelInfo(
            key=SeriesKey(service, metric),
            sha256=entry["sha256"],
            trained_at=moment(entry["trained_at"]),
            start=moment(entry["window"]["start"]),
            end=moment(entry["window"]["end"]),
            samples=int(entry["samples"]),
            contamination=float(entry["contamination"]),
            usual=ExpectedRange(float(usual["low"]), float(usual["high"])),
            features=self._features.setdefault(features, features),
            versions=self._versions.setdefault(tuple(versions.items()), versions),
            detector=entry.get("detector", "isolation_forest"),
            changed=entry.get("changed", ""),
            candidate=entry.get("candidate", ""),
            held=entry.get("held", False),
            seasons=entry.get("seasons", False),
            since=None if entry.get("since") is None else moment(entry["since"]),
            before=self.info(entry["before"]) if "before" in entry else None,
        )
