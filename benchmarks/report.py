"""Every part measured in one go: written into README.md's tables, and a plot of cost against pairs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

from benchmarks import tables, tick

SIZES = [1_000, 10_000, 50_000]
README = Path(__file__).with_name("README.md")
PLOT = Path(__file__).with_name("cost.svg")
PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "append": tables.append,
    "models": tables.models,
    "api": tables.api,
    "prometheus": tables.prometheus,
    "backtest": tables.backtest,
}
"""What is measured beside the ticks, each in a process of its own."""
_BYTES_A_PAIR = 220_000
"""What a pair of the view forest takes, all in."""


def measure(sizes: list[int]) -> dict[str, Any]:
    """Ticks of those ``sizes`` that the memory has room for, then PARTS; each is written down as it ends.

    Returns the figures. Raises SystemExit after the last part where one could not be measured; the table of
    that part stays.
    """
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fitting = [size for size in sizes if size * _BYTES_A_PAIR < 0.8 * free]
    for size in sorted(set(sizes) - set(fitting)):
        _say(f"{size} pairs are left out: they need {size * _BYTES_A_PAIR / 1e9:.0f} GB")
    found: dict[str, Any] = {"ticks": tick.table(fitting)}
    write("tick", tables.ticks(found["ticks"]))
    draw(found["ticks"])
    for part, as_table in PARTS.items():
        _say(part)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", part, "--json"],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            found[part] = json.loads(done.stdout)
            write(part, as_table(found[part]))
    missing = sorted(set(PARTS) - set(found))
    if missing:
        raise SystemExit(f"not measured, for the reasons above: {', '.join(missing)}")
    return found


def write(part: str, text: str, readme: Path = README) -> None:
    """Put the text between the marks of ``part``. Raises ValueError where they are missing."""
    begin, end = f"<!-- {part}: written by make bench -->\n", f"<!-- end of {part} -->\n"
    head, mark, rest = readme.read_text(encoding="utf-8").partition(begin)
    _, closing, tail = rest.partition(end)
    if not (mark and closing):
        raise ValueError(f"{readme}: {begin.strip()} or {end.strip()} is missing")
    load = f"Load average of the machine when it ended: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores."
    readme.write_text(f"{head}{begin}\n{text}\n\n{load}\n\n{end}{tail}", encoding="utf-8")


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


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
