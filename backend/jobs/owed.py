"""Remembers, across restarts too, which past the datasets still lack: for each metric, from when on."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from pathlib import Path

from backend.clock import from_rfc3339, to_rfc3339
from backend.metrics.files import replace_synced

FILE_NAME = ".owed.json"
_WHOLE_WINDOW = 0.0

log = logging.getLogger(__name__)


class Owed:
    """Metric -> the first time of which a reading may be missing, with the reason; used by one thread.

    Kept in ``<folder>/.owed.json``, which is there only while something is owed. A file that cannot be
    read is taken to owe the whole training window of every metric: fetching twice stores nothing twice.
    """

    def __init__(self, folder: Path, metrics: Collection[str]) -> None:
        self._path = folder / FILE_NAME
        self._starts = self._read(metrics)
        self._written = dict(self._starts)
        self.reasons = dict.fromkeys(self._starts, "it could not be fetched before the restart")
        """Metric -> why its past is missing; the one that was tried longest ago comes first."""

    def start(self, metric: str) -> float | None:
        """From when on the metric's past may be missing (seconds since the epoch); None if it is not."""
        return self._starts.get(metric)

    def owe(self, metric: str, start: float, why: str) -> None:
        """The metric's past is missing from ``start`` on, or from earlier if that was owed before."""
        self._starts[metric] = min(start, self._starts.get(metric, start))
        self.reasons.pop(metric, None)
        self.reasons[metric] = why

    def paid(self, metric: str) -> None:
        """Nothing of the metric's past is missing."""
        self._starts.pop(metric, None)
        self.reasons.pop(metric, None)

    def save(self) -> None:
        """Have on the disk what is owed; if the disk refuses, it is tried at the next call."""
        if self._starts == self._written:
            return
        try:
            if self._starts:
                times = {metric: to_rfc3339(start) for metric, start in sorted(self._starts.items())}
                self._path.parent.mkdir(parents=True, exist_ok=True)
                replace_synced(self._path, json.dumps(times, indent=1).encode() + b"\n")
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s: cannot be written: %s", self._path, error.strerror)
        else:
            self._written = dict(self._starts)

    def _read(self, metrics: Collection[str]) -> dict[str, float]:
        try:
            times = json.loads(self._path.read_bytes())
            return {metric: from_rfc3339(time) for metric, time in times.items() if metric in metrics}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s: cannot be read: %s; the whole past is fetched again", self._path, error)
            return dict.fromkeys(metrics, _WHOLE_WINDOW)
