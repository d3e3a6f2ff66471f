"""Polls beside a training and polls without one, in turn, so that both meet the same machine."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np

from backend.cli import let_answers_go_first
from backend.detection.live_forest import LiveForest
from backend.detection.training import TrainedModel
from benchmarks import made_up
from benchmarks.canopy import Canopy, grown_pairs
from benchmarks.made_up import START, STEP

TRAINED = 64
"""Pairs of a training, each of two days of stored readings."""
_STORED = 11_520
_ROUNDS = 3
_ALONE = 12
"""Polls of a round without a training."""
_PAUSE = 0.2
"""Seconds between two polls, in which the training has the machine."""


def measure(pairs: int) -> dict[str, Any]:
    """Of the view forest alone; the figures of a tick have both detectors."""
    let_answers_go_first()
    with tempfile.TemporaryDirectory() as folder:
        canopy = Canopy(Path(folder), "view_forest", pairs, 8)
        canopy.serve_grown(grown_pairs(8))
        with canopy:
            for _ in range(3):
                canopy.tick()
            return {"pairs": pairs} | polls_beside_training(canopy)


def polls_beside_training(canopy: Canopy) -> dict[str, Any]:
    """Wall seconds of polls, medians: alone, while pairs are trained, and while their models are saved.

    The training is the live one: stored readings, fits, a whole generation on the disk, the swap.
    """
    save_models(canopy)
    some = canopy.keys[:TRAINED]
    times = START - STEP * np.arange(float(_STORED), 0.0, -1.0)
    for number, key in enumerate(some):
        canopy.history.backfill(key, times, made_up.values(times, number))
    alone: list[float] = []
    fitting: list[float] = []
    saving: list[float] = []
    began = trained = 0.0
    for number in range(_ROUNDS):
        print(f"training {number + 1} of {_ROUNDS}", file=sys.stderr, flush=True)
        alone += [_poll(canopy) for _ in range(_ALONE)]
        began = time.perf_counter()
        job = canopy.retrainer.start("api", some, force=True)
        while job is not None and job.state == "running":
            seconds = _poll(canopy)
            now = canopy.retrainer.job(job.id)
            assert now is not None
            if now.state == "running":  # else it ended before the poll did
                (fitting if now.done < now.total else saving).append(seconds)
            job = now
        assert (job.state, job.trained) == ("done", TRAINED), job.detail
        trained += time.perf_counter() - began
    usual = statistics.median(alone)
    return {
        "tick_wall_alone": usual,
        "tick_wall_while_training": statistics.median(fitting + saving),
        "training_delay_ratio": statistics.median(fitting + saving) / usual,
        "fitting_delay_ratio": statistics.median(fitting) / usual,
        "saving_delay_ratio": statistics.median(saving) / usual if saving else None,
        "polls_alone_fitting_saving": [len(alone), len(fitting), len(saving)],
        "training_wall": trained / _ROUNDS,
    }


def save_models(canopy: Canopy) -> None:
    """Put what serves on the disk, so that a training of some pairs keeps the others' models."""
    detector = canopy.detector
    forests = canopy.registry.current.batch
    models = [
        TrainedModel(
            key=info.key,
            forest=detector.arena.model(cast(int, detector.slots.get(info.key)))
            if isinstance(detector, LiveForest)
            else forests.forest(number),
            usual=info.usual,
            samples=info.samples,
            start=info.start,
            end=info.end,
            trained_at=info.trained_at,
            contamination=info.contamination,
            detector=info.detector,
            features=info.features,
        )
        for number, info in enumerate(canopy.registry.current.models.values())
    ]
    saved = canopy.registry.save(models, START)
    if isinstance(detector, LiveForest):
        for key, slot in detector.slots.items():
            detector.slots.begin(slot, saved.models[key].sha256)


def _poll(canopy: Canopy) -> float:
    """Wall seconds of one, after the pause."""
    time.sleep(_PAUSE)
    before = time.perf_counter()
    canopy.tick()
    return time.perf_counter() - before
