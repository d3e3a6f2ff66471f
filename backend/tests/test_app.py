"""The wiring: a failed training is seen on the health board, and a stop does not wait for what hangs."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI

from backend import wiring
from backend.api.parts import Parts
from backend.app import create_app, end_streams
from backend.jobs.health import DependencyStatus
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

KEY = SeriesKey("orders", "lat")


def app_in(home: Path) -> FastAPI:
    """The app over a fresh folder and a Prometheus that is not there."""
    return create_app(
        Settings.model_validate(
            {
                "prometheus": {"url": "http://127.0.0.1:9"},
                "training": {"min_samples": 10},
                "logs": {"sources": []},
                "storage": {
                    "datasets": home / "datasets",
                    "models": home / "models",
                    "database": f"sqlite:///{home}/canopy.db",
                    "log_database": f"sqlite:///{home}/logs.db",
                },
            }
        )
    )


def run(app: FastAPI, while_it_runs: threading.Thread | None = None) -> Parts:
    """Start the app, let a thread of the test do its part, stop it."""

    async def life() -> Parts:
        async with app.router.lifespan_context(app):
            if while_it_runs is not None:
                while_it_runs.start()
                await asyncio.to_thread(while_it_runs.join)
        parts: Parts = app.state.parts
        return parts

    return asyncio.run(life())


def test_a_training_that_fails_degrades_the_health_until_one_succeeds(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    seen: list[tuple[DependencyStatus, str]] = []

    def train() -> None:
        parts: Parts = app.state.parts
        now = parts.clock.now()
        times = now - 15.0 * np.arange(30, dtype=np.float64)[::-1]
        parts.history.backfill(KEY, times, 40 + np.sin(times))
        blocked = tmp_path / "models" / ".generations"
        blocked.parent.mkdir(exist_ok=True)
        blocked.write_text("no folder")
        for _ in range(2):
            parts.retrainer.run("api", [KEY])
            training = parts.health.states()["training"]
            seen.append((training.state, training.detail))
            if blocked.is_file():
                blocked.unlink()

    run(app, threading.Thread(target=train))
    (failed, detail), (mended, _) = seen
    assert failed is DependencyStatus.DEGRADED
    assert str(tmp_path / "models" / ".generations") in detail
    assert mended is DependencyStatus.OK


def test_a_stop_leaves_behind_what_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A log source that hangs in a read keeps the log tail's lock for ever."""
    monkeypatch.setattr(wiring, "STOP_SECONDS", 1.5)
    app = app_in(tmp_path)
    hung = threading.Event()
    closed: list[str] = []

    def hang() -> None:
        hung.wait()
        closed.append("log tail")

    with monkeypatch.context() as patched:
        patched.setattr("backend.jobs.logtail.LogTail.close", lambda self, *_: hang())
        with caplog.at_level(logging.WARNING):
            run(app)
    assert closed == []
    assert "still hangs" in caplog.text
    hung.set()


def test_streams_can_be_ended_before_there_are_any(tmp_path: Path) -> None:
    end_streams(app_in(tmp_path))
