"""Runs the jobs on their schedules (APScheduler), each in a worker thread and never twice at once."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from backend.clock import Clock, floor_to
from backend.detection.registry import ModelRegistry
from backend.jobs.logtail import LogTail
from backend.jobs.poll import PollCycle
from backend.jobs.retrain import Retrainer, RetrainRunning

log = logging.getLogger(__name__)

_LOG_INTERVAL = 2.0
_TRIM_INTERVAL = 600.0
_STOP_SECONDS = 6.0
"""How long a stop waits for what is under way; a poll that waits for a hanging Prometheus is left behind."""


class Jobs:
    """The poll, the log tail, their housekeeping and the daily training."""

    def __init__(
        self,
        *,
        poll_interval: float,
        retrain_interval: float,
        poll: PollCycle,
        log_tail: LogTail,
        retrainer: Retrainer,
        registry: ModelRegistry,
        clock: Clock,
    ) -> None:
        self._poll_interval = poll_interval
        self._retrain_interval = retrain_interval
        self._poll = poll
        self._log_tail = log_tail
        self._retrainer = retrainer
        self._registry = registry
        self._clock = clock
        self._polling = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Poll at once and then at every grid time; train when the oldest model is due."""
        now = self._clock.now()
        next_poll = floor_to(now, self._poll_interval) + self._poll_interval
        add = self._scheduler.add_job
        add(self._poll_once)
        add(self._poll_once, "interval", seconds=self._poll_interval, start_date=_moment(next_poll))
        add(lambda: self._log_tail.read_new_lines(self._clock.now()), "interval", seconds=_LOG_INTERVAL)
        add(lambda: self._log_tail.trim(self._clock.now()), "interval", seconds=_TRIM_INTERVAL)
        due = _moment(self._next_training(now))
        add(self._retrain, "interval", seconds=self._retrain_interval, start_date=due)
        self._scheduler.start()

    def stop(self) -> None:
        """No new runs; wait a little for those under way."""
        self._scheduler.shutdown(wait=False)
        self._retrainer.stop(_STOP_SECONDS)
        if self._polling.acquire(timeout=_STOP_SECONDS):
            self._polling.release()

    def _poll_once(self) -> None:
        with self._polling:
            try:
                self._poll.run_once(self._clock.now())
            except Exception:  # the scheduler's edge: one poll that fails must not end all later ones
                log.exception("a poll failed; the next one is tried as usual")

    def _retrain(self) -> None:
        try:
            self._retrainer.start("schedule", self._retrainer.pairs())
        except RetrainRunning as error:
            log.info("the scheduled training is left out: %s", error)

    def _next_training(self, now: float) -> float:
        trained = [info.trained_at for info in self._registry.current.models.values()]
        oldest = min(trained, default=now)
        return max(now + self._poll_interval, oldest + self._retrain_interval)


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
