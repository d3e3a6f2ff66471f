"""Ticks of several sizes side by side: written into the README's table, and a plot of cost against pairs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

from benchmarks import tick

SIZES = [1_000, 10_000, 50_000]
README = Path(__file__).with_name("README.md")
PLOT = Path(__file__).with_name("cost.svg")
_BEGIN, _END = "<!-- table: written by make bench -->\n", "<!-- end of table -->"
_BYTES_A_PAIR = 220_000
"""What a pair of the view forest takes, all in."""


def measure(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure those sizes that the memory has room for and write them down; returns the figures."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fitting = [size for size in sizes if size * _BYTES_A_PAIR < 0.8 * free]
    for size in sorted(set(sizes) - set(fitting)):
        print(f"{size} pairs are left out: they need {size * _BYTES_A_PAIR / 1e9:.0f} GB", file=sys.stderr)
    load = os.getloadavg()[0]
    rows = tick.table(fitting)
    write(rows, max(load, os.getloadavg()[0]))
    return rows


def write(rows: list[dict[str, Any]], load: float) -> None:
    """Put the tables into the README and draw the plot."""
    text = README.read_text(encoding="utf-8")
    head, _, rest = text.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    README.write_text(f"{head}{_BEGIN}\n{lines(rows, load)}\n{_END}{tail}", encoding="utf-8")
    draw(rows)


def lines(rows: list[dict[str, Any]], load: float) -> str:
    """The tables as Markdown."""
    naive = rows[0]["naive"]
    text = [
        f"Load average while it ran: {load:.1f}. CPU of a tick: the median of {rows[0]['polls']} polls and "
        f"their share of moving readings into the CSVs. The naive build: {naive['models']} distinct models, "
        f"{1e3 * naive['tick']:.1f} ms a pair, scaled.",
        "",
        "| pairs | naive, CPU s | view forest, CPU ms | ratio | classic, CPU ms | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ours = [
            f"{1e3 * row[f'tick_cpu_seconds_{name}']:,.0f} | {row[f'tick_ratio_{name}']:,.0f}×"
            for name in ("view_forest", "classic")
        ]
        text.append(f"| {row['pairs']:,} | {row['tick_cpu_seconds_naive']:,.0f} | {' | '.join(ours)} |")
    text += ["", "| pairs | detector | " + " | ".join(_COLUMNS) + " |", "|---" * (2 + len(_COLUMNS)) + "|"]
    for row in rows:
        for name in ("view_forest", "classic"):
            cells = [say(row[name]) for say in _COLUMNS.values()]
            text.append(f"| {row['pairs']:,} | {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(text) + "\n"


_COLUMNS: dict[str, Callable[[dict[str, Any]], str]] = {
    "score, µs a pair": lambda d: f"{1e6 * d['parts']['score']:.1f} ({d['score_ratio']:,.0f}×)",
    "of the streaming limit": lambda d: f"{100 * d['score_of_limit']:.0f} %",
    "views, µs": lambda d: f"{1e6 * d['parts']['views']:.1f}" if "views" in d["parts"] else "",
    "fit, ms": lambda d: f"{1e3 * d['parts']['fit']:.1f} ({d['fit_ratio']:.0f}×)",
    "load, ms": lambda d: f"{1e3 * d['parts']['load']:.3f} ({d['load_ratio']:,.0f}×)",
    "model in memory, kB": lambda d: f"{d['parts']['memory'] / 1e3:.0f} ({d['memory_ratio']:.0f}×)",
    "on disk, kB": lambda d: f"{d['parts']['disk'] / 1e3:.0f} ({d['disk_ratio']:.0f}×)",
    "resident, GB": lambda d: f"{d['resident_bytes'] / 1e9:.2f}",
    "poll, wall ms": lambda d: f"{1e3 * d['tick_wall']:,.0f}",
    "while training": lambda d: f"{1e3 * d['tick_wall_while_training']:,.0f}",
}


def draw(rows: list[dict[str, Any]]) -> None:
    """CPU seconds a tick against pairs, both axes logarithmic."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    pairs = [row["pairs"] for row in rows]
    for name, label in (
        ("naive", "naive build"),
        ("view_forest", "view forest"),
        ("classic", "classic forest"),
    ):
        axes.loglog(pairs, [row[f"tick_cpu_seconds_{name}"] for row in rows], "o-", label=label)
    axes.axhline(15.0, linestyle=":", color="grey")
    axes.text(pairs[0], 16.5, "a poll's interval", color="grey")
    axes.set_xlabel("pairs of service and metric")
    axes.set_ylabel("CPU seconds a poll")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})
    pyplot.close(figure)
