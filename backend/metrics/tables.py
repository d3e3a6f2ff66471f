"""Whole lines of a pair's datasets -> a pandas table, for whoever wants every column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from backend.metrics.dataset_file import COLUMNS, HEADER

_WORDS = ("status", "severity", "source")


def table_of(lines: Mapping[str, bytes], first: int, last: int) -> tuple[pd.DataFrame, int]:
    """The valid rows of a pair's datasets (name -> lines) in the span of milliseconds, one for each time.

    All columns of the CSVs (``timestamp`` as UTC datetime, numbers float64) and ``dataset``, sorted by time;
    of two at one time the later dataset's stays. And how many lines were no readings.
    """
    damaged, parts = 0, []
    for dataset, content in lines.items():
        table = _parsed(content)
        valid = table["millis"].notna() & table["value"].notna()
        damaged += int((~valid).sum())
        table = table[valid & (table["millis"] >= first) & (table["millis"] <= last)].copy()
        table["dataset"] = dataset
        parts.append(table)
    both = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    both = both.sort_values("millis", kind="stable").drop_duplicates("millis", keep="last", ignore_index=True)
    both["timestamp"] = pd.to_datetime(both["millis"], unit="ms", utc=True)
    for column in COLUMNS:
        if column not in ("timestamp", "value", *_WORDS):
            both[column] = pd.to_numeric(both[column], errors="coerce").astype("float64")
    return both[[*COLUMNS, "dataset"]], damaged


def _parsed(lines: bytes) -> pd.DataFrame:
    """Lines -> their columns as text, ``value`` as float64 (NaN where none), ``millis`` as Int64 (or NA)."""
    # A damaged line with a comma too many would move the columns of all lines after it.
    whole = [line for line in lines.splitlines(keepends=True) if line.count(b",") == len(COLUMNS) - 1]
    table = pd.read_csv(
        io.BytesIO(HEADER + b"".join(whole)),
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        encoding_errors="replace",
    )
    moments = pd.to_datetime(table["timestamp"], format="ISO8601", utc=True, errors="coerce")
    table["millis"] = moments.dt.as_unit("ms").astype("int64").where(moments.notna()).astype("Int64")
    # float() reads back the very number that was written; pandas's own parser may be a last digit off.
    table["value"] = np.array([_finite(text) for text in table["value"]], dtype=np.float64)
    return table


def _finite(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
