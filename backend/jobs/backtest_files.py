"""The folder that ``canopy backtest --out`` writes: what it found as JSON and tables."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from backend.clock import to_rfc3339
from backend.evaluation.series import ALERT, SCORE
from backend.jobs.backtest_request import BacktestRefused
from backend.jobs.backtest_result import Backtest, PairResult
from backend.metrics.folders import folder_name

_ALL, _TABLE, _CHARTS = "backtest.json", "incidents.csv", "series"
COLUMNS = (
    "service",
    "metric",
    "start",
    "end",
    "severity",
    "value",
    "score",
    "readings",
    "change",
    "reason",
)


def check_folder(folder: Path) -> None:
    """Make it where there is none; it must take files, and hold none but an earlier backtest's.

    Raises BacktestRefused.
    """
    if folder.is_file():
        raise BacktestRefused(f"{folder} is a file: a folder is needed for the results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = _not_ours(folder)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BacktestRefused(f"cannot write {folder}: {error.strerror}") from error
    if others:
        raise BacktestRefused(f"{folder} holds other files ({min(others)}): give another folder as --out")


def _not_ours(folder: Path) -> list[str]:
    """The names in it that no earlier backtest has written."""
    held = sorted(path.name for path in folder.iterdir())
    if _TABLE not in held or not _is_table(folder / _TABLE):  # which is written first
        return held
    wanted = {_TABLE} | {name for name in (_ALL,) if (folder / name).is_file()}
    charts = folder / _CHARTS
    if charts.is_dir() and not charts.is_symlink():
        wanted.add(_CHARTS)
        strange = (path for path in charts.rglob("*") if path.is_symlink() or path.suffix != ".csv")
        held += [str(path.relative_to(folder)) for path in strange if path.is_symlink() or not path.is_dir()]
    return [name for name in held if name not in wanted]


def _is_table(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return next(csv.reader(file), []) == list(COLUMNS)


def write_files(backtest: Backtest, document: str, folder: Path) -> None:
    """``incidents.csv``, ``series/<service>/<metric>.csv`` for each pair, and ``document``.

    They replace those of an earlier backtest in a folder that `check_folder` let pass. Raises OSError.
    """
    (folder / _ALL).unlink(missing_ok=True)
    if (folder / _CHARTS).exists():
        shutil.rmtree(folder / _CHARTS)
    _write(folder / _TABLE, COLUMNS, _incidents(backtest))
    for result in backtest.results:
        path = folder / _CHARTS / folder_name(result.service) / f"{folder_name(result.metric)}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = _chart(result)
        _write(path, list(columns), zip(*columns.values(), strict=True))
    (folder / _ALL).write_text(document + "\n", encoding="utf-8", errors="backslashreplace")


def _incidents(backtest: Backtest) -> list[tuple[object, ...]]:
    return [
        (
            one.service,
            one.metric,
            to_rfc3339(one.start),
            to_rfc3339(one.end),
            one.severity,
            one.value,
            "" if one.score is None else round(one.score, 4),
            one.readings,
            one.change,
            one.reason,
        )
        for result in backtest.results
        for one in result.incidents
    ]


def _chart(result: PairResult) -> dict[str, list[object]]:
    """The columns that ``canopy plot`` draws, and those of the settings asked about."""
    chart = result.chart
    columns: dict[str, list[object]] = {
        "timestamp": [to_rfc3339(time) for time in chart.timestamps.tolist()],
        "value": chart.values.tolist(),
        SCORE: _scores(chart.scores.tolist()),
        ALERT: chart.alerts.astype(int).tolist(),
    }
    if chart.asked_scores is not None:
        columns["asked_score"] = _scores(chart.asked_scores.tolist())
    if chart.asked_alerts is not None:
        columns["asked_alert"] = chart.asked_alerts.astype(int).tolist()
    return columns


def _scores(scores: list[float]) -> list[object]:
    return ["" if math.isnan(score) else score for score in scores]


def _write(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        csv.writer(file).writerows([names, *rows])
