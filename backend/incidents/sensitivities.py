"""The sensitivities that operators have saved, and who changed which when; in the incidents' database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from backend.incidents import schema
from backend.settings import Sensitivity


class SensitivityChange(NamedTuple):
    """``sensitivity``: what was saved for the metric; None: back to the configuration's."""

    at: float
    by: str
    metric: str
    sensitivity: Sensitivity | None


class Sensitivities:
    """Changes are only ever added: the newest of a metric is in force.

    Any thread may call any method; every method raises StoreError when the database cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; create or upgrade it first where needed."""
        schema.prepare(path)
        self._path = path

    def saved(self) -> dict[str, Sensitivity]:
        """By metric, what is in force; metrics that follow the configuration are left out."""
        with self._connected() as db:
            rows = db.execute(
                """SELECT metric, sensitivity FROM sensitivity_changes WHERE id IN
                   (SELECT max(id) FROM sensitivity_changes GROUP BY metric) AND sensitivity IS NOT NULL"""
            )
            return {metric: json.loads(sensitivity) for metric, sensitivity in rows}

    def save(self, change: SensitivityChange) -> None:
        """Keep a change; it is on the disk when this returns."""
        said = None if change.sensitivity is None else json.dumps(change.sensitivity)
        with self._connected() as db:
            db.execute(
                "INSERT INTO sensitivity_changes (at, by, metric, sensitivity) VALUES (?, ?, ?, ?)",
                (change.at, change.by, change.metric, said),
            )

    def history(self, limit: int) -> Sequence[SensitivityChange]:
        """The newest changes, newest first."""
        with self._connected() as db:
            rows = db.execute(
                "SELECT at, by, metric, sensitivity FROM sensitivity_changes ORDER BY id DESC LIMIT ?",
                (limit,),
            )
            return [
                SensitivityChange(at, by, metric, None if said is None else json.loads(said))
                for at, by, metric, said in rows
            ]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Hardly ever asked: a connection each time is one thing less to close."""
        with schema.plain_errors(self._path), closing(schema.connect(self._path)) as db:
            yield db
