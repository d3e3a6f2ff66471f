"""Reads a NAB folder: its series and, from its JSON of windows, what is labelled in each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.evaluation import nab
from backend.evaluation.series import Series, read_series, tell_unread
from backend.evaluation.timestamps import seconds_of

_FORM = '{"FILE.csv": [["2026-01-31 10:00", "2026-01-31 12:30"], ...], ...}'

Windows = Sequence[tuple[str, str]]
"""A series' windows, start and end as they are written."""


def nab_files(folder: Path) -> list[tuple[Series, nab.Rubric]]:
    """Series and their marks of a folder with ``windows.json`` beside the series, or of a NAB checkout.

    A checkout has ``labels/combined_windows.json`` and ``data/``. Raises ValueError, which names the file
    and the entry that is wrong, and NotASeries.
    """
    forms = (
        (folder / "windows.json", folder),
        (folder / "labels" / "combined_windows.json", folder / "data"),
    )
    for listing, data in forms:
        if listing.is_file():
            windows = _listed(listing)
            return [_nab_file(listing, name, data / name, windows[name]) for name in sorted(windows)]
    raise ValueError(f"{folder} is no NAB folder: neither {forms[0][0].name} nor {forms[1][0]} is there")


def _listed(listing: Path) -> dict[str, Windows]:
    """The windows of each file. Raises ValueError for a JSON of another form."""
    try:
        windows = json.loads(listing.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{listing} is no JSON: {error}") from error
    if not isinstance(windows, dict) or not windows:
        raise ValueError(f"{listing} names no file; allowed: {_FORM}")
    for name, entry in windows.items():
        for window in entry if isinstance(entry, list) else [entry]:
            if not _is_window(window):
                raise ValueError(
                    f"{listing}: {name!r} has {json.dumps(window)}, which is no window; allowed: {_FORM}"
                )
    return {name: [(start, end) for start, end in entry] for name, entry in windows.items()}


def _is_window(entry: object) -> bool:
    """Whether it is the texts of a start and an end."""
    return isinstance(entry, list) and len(entry) == 2 and all(isinstance(bound, str) for bound in entry)


def _nab_file(listing: Path, name: str, path: Path, windows: Windows) -> tuple[Series, nab.Rubric]:
    bounds = seconds_of(bound for window in windows for bound in window).reshape(-1, 2)
    for window, seconds in zip(windows, bounds, strict=True):
        for bound, at in zip(window, seconds.tolist(), strict=True):
            if np.isnan(at):
                raise ValueError(
                    f"{listing}: {name!r} has a window {json.dumps(window)}: {bound!r} is no timestamp; "
                    "allowed: what a series may have, such as 2026-01-31 10:00"
                )
    series = read_series(path)
    if not series.usable.any():
        raise ValueError(f"{path} has no row that can be read")
    tell_unread(series)
    try:
        return series, nab.rubric(series.timestamps, bounds)
    except nab.BadWindow as error:
        start, end = windows[error.number]
        raise ValueError(f"{listing}: {name!r} has a window from {start} to {end}: {error}") from error
