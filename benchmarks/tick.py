"""One poll's work after Prometheus has answered, of Canopy and of the naive build, in CPU time."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

from backend.cli import let_answers_go_first
from backend.detection.classic import ClassicDetector
from backend.detection.forest import fit
from backend.detection.live_forest import LiveForest
from backend.settings import DetectorName
from benchmarks import naive
from benchmarks.beside import polls_beside_training
from benchmarks.canopy import Canopy, grown_pairs
from benchmarks.naive import Naive, cpu, resident, training_rows
from benchmarks.parts import parts_of

DISTINCT = 16
"""Models that are really grown or fitted; the others are copies of them, in memory of their own."""
WARM_UP = 21
ROUNDS = 20
"""Polls: as many as lie between two times that readings are moved into the CSVs."""
DETECTORS: tuple[DetectorName, ...] = ("view_forest", "isolation_forest")
NAMES = {"view_forest": "view_forest", "isolation_forest": "classic"}


def measure(pairs: int) -> dict[str, Any]:
    """A tick over ``pairs`` pairs with each detector, the naive build's, and their ratio; medians."""
    return table([pairs])[0]


def table(sizes: list[int]) -> list[dict[str, Any]]:
    """The same for several sizes, the naive build measured once; each of ours in a process of its own."""
    _say(f"naive: {naive.MODELS} scikit-learn models")
    with tempfile.TemporaryDirectory() as folder:
        plain = cast(Naive, _apart(naive.measure, Path(folder)))
    found = []
    for pairs in sizes:
        row: dict[str, Any] = {
            "pairs": pairs,
            "polls": ROUNDS,
            "distinct_models": min(DISTINCT, pairs),
            "naive_models_measured": plain.models,
            "tick_cpu_seconds_naive": plain.tick * pairs,
            "naive": plain._asdict(),
        }
        for detector in DETECTORS:
            name = NAMES[detector]
            _say(f"{pairs} pairs, {name}")
            ours = cast(dict[str, Any], _apart(ours_of, detector, pairs))
            row[f"tick_cpu_seconds_{name}"] = ours["tick"]
            row[f"tick_ratio_{name}"] = plain.tick * pairs / ours["tick"]
            row[name] = ours | _ratios(ours["parts"], plain)
        found.append(row)
    return found


def ours_of(detector: DetectorName, pairs: int) -> dict[str, Any]:
    """CPU seconds of polls in their steady state; memory; the wall clock of polls beside a training."""
    let_answers_go_first()
    distinct = min(DISTINCT, pairs)
    with tempfile.TemporaryDirectory() as folder:
        canopy = Canopy(Path(folder), detector, pairs, distinct)
        if detector == "view_forest":
            canopy.serve_grown(grown_pairs(distinct))
        else:
            canopy.serve_packed([fit(training_rows(number), 0.01, number) for number in range(distinct)])
        with canopy:
            for _ in range(WARM_UP):
                canopy.tick()
            canopy.history.flush()
            polls, walls = zip(*[_timed(canopy) for _ in range(ROUNDS)], strict=True)
            flush = cpu(canopy.history.flush) / ROUNDS
            memory = resident()
            parts = parts_of(
                cast("LiveForest | ClassicDetector", canopy.detector), canopy.registry.current.batch
            )
            beside = polls_beside_training(canopy)
    return {
        "tick": statistics.median(polls) + flush,
        "tick_worst": max(polls) + flush,
        "of_it_moving_into_csvs": flush,
        "tick_wall": statistics.median(walls),
        "resident_bytes": memory,
        "parts": parts,
    } | beside


def _timed(canopy: Canopy) -> tuple[float, float]:
    """CPU and wall seconds of one poll."""
    wall, before = time.perf_counter(), time.process_time()
    canopy.tick()
    return time.process_time() - before, time.perf_counter() - wall


def _ratios(parts: dict[str, float], plain: Naive) -> dict[str, float]:
    """How many times less each part takes than the naive build's."""
    return {
        "score_ratio": plain.score / parts["score"],
        "score_of_limit": parts["limit"] / parts["score"],
        "fit_ratio": plain.fit / parts["fit"],
        "load_ratio": plain.load / parts["load"],
        "memory_ratio": plain.memory / parts["memory"],
        "disk_ratio": plain.disk / parts["disk"],
    }


def _apart(work: Any, *arguments: Any) -> Any:
    """Do it in a new process, so that what it needs is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
