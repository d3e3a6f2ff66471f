"""Runs the jobs on their schedules (APScheduler), each in a worker thread and never twice at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from backend.clock import Clock, floor_to
from backend.detection.registry import ModelRegistry
from backend.jobs.health import DependencyStatus, HealthBoard
from backend.jobs.keeping import Keeping
from backend.jobs.logtail import LogTail
from backend.jobs.poll import PollCycle
from backend.jobs.retrain import Retrainer
from backend.jobs.snapshots import SAVE_INTERVAL, Snapshots
from backend.jobs.training_job import RetrainRunning
from backend.metrics.history import HistoryError, HistoryStore

log = logging.getLogger(__name__)

_LOG_INTERVAL = 2.0
_FLUSH_INTERVAL = 5.0
"""Seconds between two looks whether the newest readings are to be moved into the CSVs."""
_TRIM_INTERVAL = 600.0
_TRIM_DATASETS_INTERVAL = 3600.0
_TRY_AGAIN = 60.0
"""Seconds until a scheduled training that met another one is tried again."""


class Jobs:
    """The poll, the log tail, their housekeeping, the snapshots and the daily training."""

    def __init__(
        self,
        *,
        poll_interval: float,
        retrain_interval: float,
        poll: PollCycle,
        history: HistoryStore,
        keeping: Keeping,
        log_tail: LogTail,
        retrainer: Retrainer,
        registry: ModelRegistry,
        snapshots: Snapshots | None,
        clock: Clock,
        health: HealthBoard,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """``prepare``: done once, beside the first poll."""
        self._poll_interval = poll_interval
        self._retrain_interval = retrain_interval
        self._poll = poll
        self._history = history
        self._keeping = keeping
        self._log_tail = log_tail
        self._retrainer = retrainer
        self._registry = registry
        self._snapshots = snapshots
        self._prepare = prepare
        self._clock = clock
        self._health = health
        self._failing = False
        self._polling = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(6)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Poll at once and then at every grid time; train when it is due."""
        now = self._clock.now()
        next_poll = floor_to(now, self._poll_interval) + self._poll_interval
        add = self._scheduler.add_job
        add(self._poll_once)
        threading.Thread(target=self._prepare, name="prepare", daemon=True).start()
        add(self._poll_once, "interval", seconds=self._poll_interval, start_date=_moment(next_poll))
        add(lambda: self._log_tail.read_new_lines(self._clock.now()), "interval", seconds=_LOG_INTERVAL)
        add(lambda: self._log_tail.trim(self._clock.now()), "interval", seconds=_TRIM_INTERVAL)
        add(self._history.flush_due, "interval", seconds=_FLUSH_INTERVAL)
        soon = _moment(now + _TRY_AGAIN)
        add(self._keeping.run_once, "interval", seconds=_TRIM_DATASETS_INTERVAL, start_date=soon)
        if self._snapshots is not None:
            add(self._snapshots.save_due, "interval", seconds=SAVE_INTERVAL)
        due = _moment(self.next_training(now))
        add(self._retrain, "interval", seconds=self._retrain_interval, start_date=due)
        self._scheduler.start()

    def stop(self, seconds: float) -> None:
        """No new runs; wait up to ``seconds`` in all for those under way.

        What takes longer is left behind: a poll that waits for a hanging Prometheus has nothing to lose yet,
        and models that are half written are not served.
        """
        deadline = time.monotonic() + seconds
        if self._scheduler.running:  # not where the start failed
            # Shut down while it hands out jobs, the scheduler's thread fails: get_jobs waits while it does.
            self._scheduler.pause()
            self._scheduler.get_jobs()
            self._scheduler.shutdown(wait=False)
        self._retrainer.stop(seconds)
        if self._polling.acquire(timeout=max(0.0, deadline - time.monotonic())):
            self._polling.release()
        if self._snapshots is not None:
            self._snapshots.save_all(max(0.0, deadline - time.monotonic()))

    def next_training(self, now: float) -> float:
        """When all pairs are to be trained next, seen from ``now``: one interval after the last time.

        The models' own ages do not tell: the model of a service that is gone is never renewed.
        """
        last = self._registry.full_run_at
        if last is None:
            last = min((info.trained_at for info in self._registry.current.models.values()), default=now)
        return max(now + self._poll_interval, last + self._retrain_interval)

    def _poll_once(self) -> None:
        with self._polling:
            try:
                self._poll.run_once(self._clock.now())
            except Exception as error:  # the scheduler's edge: one that fails must not end all later ones
                log.exception("a poll failed; the next one is tried as usual")
                detail = f"the newest poll failed ({error!r}): what is shown is older; the log says more"
                self._health.report("poll", DependencyStatus.DOWN, detail)
                self._failing = True
            else:
                if self._failing:
                    self._health.report("poll", DependencyStatus.OK)
                self._failing = False

    def _retrain(self) -> None:
        try:
            self._retrainer.start("schedule", self._retrainer.pairs())
        except RetrainRunning as error:
            log.info("the scheduled training waits: %s", error)
            again = _moment(self._clock.now() + _TRY_AGAIN)
            self._scheduler.add_job(self._retrain, "date", run_date=again, id="again", replace_existing=True)
        except HistoryError as error:
            log.error("the scheduled training is left out: %s", error)


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
