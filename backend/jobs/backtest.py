"""Backtests as jobs: one at a time, in threads of their own, with progress told and an end at any moment."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from zoneinfo import ZoneInfo

from backend.clock import Clock, floor_to, to_rfc3339
from backend.cores import CORES
from backend.detection.sensitivity import Thresholds
from backend.incidents.incident import IncidentSummary
from backend.incidents.queries import IncidentQuery
from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.incidents.wording import shown_name
from backend.jobs.backtest_fetch import TooMuch, fetch
from backend.jobs.backtest_pair import Replay, replay_pair
from backend.jobs.backtest_request import BacktestRefused, BacktestRequest, Judging, check
from backend.jobs.backtest_result import Backtest, PairResult, State, limits, totals
from backend.jobs.earlier_weeks import EarlierWeeks, earlier_weeks
from backend.jobs.replay import Cancelled
from backend.metrics.catalogue import MetricSpec
from backend.metrics.prometheus import PrometheusClient, PrometheusError, SeriesArrays
from backend.metrics.readings import SeriesKey
from backend.settings import Settings

log = logging.getLogger(__name__)

_KEPT = 5
"""Backtests whose results are kept; one takes up to some 30 MB."""
_TELL_EVERY = 0.2
_SHOWN_SERVICES = 5


class BacktestRunning(Exception):
    """Another one is going on; ``backtest`` is that one."""

    def __init__(self, backtest: Backtest) -> None:
        super().__init__(
            f"backtest {backtest.id} has been going on since {to_rfc3339(backtest.started_at)} "
            f"({backtest.done} of {backtest.total} pairs); wait for it to end, or cancel it"
        )
        self.backtest = backtest


class Backtester:
    """Replays what Prometheus has kept through the live path; any thread may call any method."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Mapping[str, MetricSpec],
        thresholds: Thresholds,
        prometheus: PrometheusClient,
        incidents: IncidentStore | None,
        clock: Clock,
        on_progress: Callable[[Backtest], None],
    ) -> None:
        """``incidents``: to hold the replay against; None where there is no database."""
        self._settings = settings
        self._catalogue = catalogue
        self._thresholds = thresholds
        self._prometheus = prometheus
        self._incidents = incidents
        self._clock = clock
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._backtests: dict[str, Backtest] = {}
        self._stopping = threading.Event()
        self._cancelled: set[str] = set()
        self._told_at = 0.0

    def start(self, request: BacktestRequest) -> Backtest:
        """Begin in a thread. Raises BacktestRefused, and BacktestRunning while another one goes on."""
        backtest = self._begin(request)
        threading.Thread(
            target=self._run, args=(backtest,), name=f"backtest-{backtest.id}", daemon=True
        ).start()
        return backtest

    def run(self, request: BacktestRequest) -> Backtest:
        """The same, here and now; the backtest as it ended."""
        return self._run(self._begin(request))

    def get(self, backtest_id: str) -> Backtest | None:
        with self._lock:
            return self._backtests.get(backtest_id)

    def newest_first(self) -> list[Backtest]:
        """Those since the last start, newest first."""
        with self._lock:
            return list(reversed(self._backtests.values()))

    def cancel(self, backtest_id: str) -> Backtest | None:
        """Ask it to end; one that has ended stays as it is. None where there is none."""
        with self._lock:
            backtest = self._backtests.get(backtest_id)
            if backtest is not None and backtest.state == "running":
                self._cancelled.add(backtest_id)
            return backtest

    def wait(self, backtest_id: str, timeout: float) -> Backtest | None:
        """The backtest once it has ended, or as it stands after ``timeout`` seconds."""
        with self._ended:
            self._ended.wait_for(lambda: self._backtests[backtest_id].state != "running", timeout)
            return self._backtests.get(backtest_id)

    def stop(self, timeout: float) -> None:
        """End what runs and wait for it; what still waits for Prometheus then is left behind."""
        self._stopping.set()
        for backtest in self.newest_first():
            self.wait(backtest.id, timeout)

    def _begin(self, request: BacktestRequest) -> Backtest:
        now = self._clock.now()
        check(request, now, self._settings.poll.interval)
        if request.metric is not None and request.metric not in self._catalogue:
            known = ", ".join(self._catalogue)
            raise BacktestRefused(f"found {request.metric[:100]!r}; there are: {known}", "metric")
        present = self._present()
        asked = None
        if request.compares:
            sensitivity = present.sensitivity
            if request.sensitivity is not None:
                sensitivity = dict.fromkeys(sensitivity, request.sensitivity)
            asked = Judging(
                request.detector or present.detector,
                request.policy or present.policy,
                sensitivity,
                present.dedup_window,
            )
        backtest = Backtest(uuid.uuid4().hex[:12], request, present, asked, now)
        with self._lock:
            running = next((one for one in self._backtests.values() if one.state == "running"), None)
            if running is not None:
                raise BacktestRunning(running)
            self._backtests[backtest.id] = backtest
            for old in list(self._backtests)[:-_KEPT]:
                del self._backtests[old]
        self._tell(backtest)
        return backtest

    def _present(self) -> Judging:
        return Judging(
            self._settings.detection.detector,
            self._settings.incidents.policy,
            {metric: self._thresholds.sensitivity(metric) for metric in self._catalogue},
            self._settings.incidents.dedup_window,
        )

    def _run(self, backtest: Backtest) -> Backtest:
        """Whatever happens, it ends: one that stood as running for ever would keep all others out."""
        try:
            return self._replay_all(backtest)
        except Cancelled:
            why = "Canopy was stopped" if self._stopping.is_set() else "an operator cancelled it"
            return self._end(self._newest(backtest), "cancelled", f"{why}; its results are left out")
        except (PrometheusError, TooMuch, BacktestRefused, StoreError) as error:
            return self._end(self._newest(backtest), "failed", str(error))
        finally:
            left = self._newest(backtest)
            if left.state == "running":
                self._end(left, "failed", "it broke off; Canopy's log says why")

    def _replay_all(self, backtest: Backtest) -> Backtest:
        request, interval = backtest.request, self._settings.poll.interval
        start, end = floor_to(request.start, interval), floor_to(request.end, interval)
        warm_up = self._settings.training.window // interval * interval

        def say(detail: str) -> None:
            self._update(replace(backtest, detail=detail))

        series = fetch(
            self._prometheus,
            [spec for key, spec in self._catalogue.items() if request.metric in (None, key)],
            request.service,
            (max(0.0, start - warm_up), end, interval),
            stopped=lambda: self._is_stopped(backtest.id),
            say=say,
        )
        firsts = [times[times >= start][0] for times, _ in series.values() if times[-1] >= start]
        if not firsts:
            raise BacktestRefused(self._nothing(request))
        data_from = float(min(firsts))
        say("fetching the weeks before")
        earlier = self._earlier(backtest, series, max(0.0, start - warm_up))
        backtest = replace(backtest, phase="replaying", total=len(series), data_from=data_from)
        results = self._results(backtest, series, earlier, start, end)
        ended = replace(
            self._newest(backtest),
            results=tuple(sorted(results, key=lambda one: (-len(one.incidents), one.key))),
            totals=totals(results, end - data_from),
        )
        is_short = data_from >= start + 2 * interval
        return self._end(ended, "done", limits(results, data_from if is_short else None))

    def _earlier(self, backtest: Backtest, keys: Collection[SeriesKey], before: float) -> EarlierWeeks | None:
        """What live would know of the weeks before; None for the classic forest, which knows of none."""
        used = (backtest.present, *((backtest.asked,) if backtest.asked else ()))
        if all(judging.detector == "isolation_forest" for judging in used):
            return None

        def check() -> None:
            if self._is_stopped(backtest.id):
                raise Cancelled

        interval = self._settings.poll.interval
        return earlier_weeks(self._prometheus, self._catalogue, keys, before, interval, check)

    def _results(
        self,
        backtest: Backtest,
        series: dict[SeriesKey, SeriesArrays],
        earlier: EarlierWeeks | None,
        start: float,
        end: float,
    ) -> list[PairResult]:
        """Replay every pair, as many at a time as there are cores; the kernels let go of the interpreter."""
        real = self._real(backtest.request)
        about = Replay(
            present=backtest.present,
            asked=backtest.asked,
            start=start,
            end=end,
            interval=self._settings.poll.interval,
            zone=ZoneInfo(self._settings.detection.timezone),
            min_samples=self._settings.training.min_samples,
            contamination=self._settings.training.contamination,
            fitter=self._settings.training.fitter,
            pairs=len(series),
            stopped=lambda: self._is_stopped(backtest.id),
            earlier=earlier or {},
        )

        def one(key: SeriesKey) -> PairResult | None:
            timestamps, values = series.pop(key)  # no longer needed by anyone else
            return replay_pair(key, self._catalogue[key.metric], timestamps, values, real.get(key, ()), about)

        began, results = time.monotonic(), []
        self._update(replace(backtest, detail="replaying"))
        with ThreadPoolExecutor(CORES, "backtest") as threads:
            futures = [threads.submit(one, key) for key in sorted(series)]
            try:
                for done, future in enumerate(as_completed(futures), start=1):
                    result = future.result()
                    results += [] if result is None else [result]
                    left = (time.monotonic() - began) / done * (len(futures) - done)
                    eta = self._clock.now() + left
                    self._update(replace(backtest, done=done, eta=eta, detail="replaying"))
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
        return results

    def _real(self, request: BacktestRequest) -> dict[SeriesKey, list[IncidentSummary]]:
        """The incidents that opened in the range, by pair, oldest first. Raises StoreError."""
        found: dict[SeriesKey, list[IncidentSummary]] = {}
        if self._incidents is None:
            return found
        query = IncidentQuery(
            services=() if request.service is None else (request.service,),
            metrics=() if request.metric is None else (request.metric,),
            sort="-opened_at",
            limit=500,
        )
        while True:
            page = self._incidents.list(query)
            for incident in page.items:
                if request.start <= incident.event_ts <= request.end:
                    found.setdefault(incident.key, []).insert(0, incident)
            if page.next_cursor is None or page.items[-1].opened_at < request.start:
                return found
            query = replace(query, cursor=page.next_cursor)

    def _nothing(self, request: BacktestRequest) -> str:
        what = f"of the metric {request.metric}" if request.metric else "of any metric"
        whose = "any service" if request.service is None else f"the service {request.service[:100]!r}"
        there = self._prometheus.services(request.start, request.end)
        known = ", ".join(shown_name(name) for name in there[:_SHOWN_SERVICES]) or "none"
        more = f" and {len(there) - _SHOWN_SERVICES} more" if len(there) > _SHOWN_SERVICES else ""
        return (
            f"Prometheus has no reading {what} for {whose} between {to_rfc3339(request.start)} and "
            f"{to_rfc3339(request.end)}; services of that time: {known}{more}"
        )

    def _is_stopped(self, backtest_id: str) -> bool:
        return self._stopping.is_set() or backtest_id in self._cancelled

    def _newest(self, backtest: Backtest) -> Backtest:
        return self.get(backtest.id) or backtest

    def _end(self, backtest: Backtest, state: State, detail: str) -> Backtest:
        ended = replace(
            backtest, state=state, phase="ended", finished_at=self._clock.now(), eta=None, detail=detail
        )
        log.info("backtest %s %s: %s", ended.id, state, detail)
        self._update(ended)
        return ended

    def _update(self, backtest: Backtest) -> None:
        with self._ended:
            is_news = self._backtests[backtest.id].phase != backtest.phase
            self._backtests[backtest.id] = backtest
            if backtest.state != "running":
                self._cancelled.discard(backtest.id)
                self._ended.notify_all()
        if is_news or time.monotonic() - self._told_at >= _TELL_EVERY:
            self._tell(backtest)

    def _tell(self, backtest: Backtest) -> None:
        self._told_at = time.monotonic()
        self._on_progress(backtest)
