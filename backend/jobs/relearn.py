"""Has a pair trained anew once an incident of it turns out to have been normal after all."""

from __future__ import annotations

import logging

from backend.incidents.schema import StoreError
from backend.incidents.store import IncidentStore
from backend.jobs.retrain import Retrainer
from backend.jobs.training_job import RetrainRunning
from backend.metrics.readings import SeriesKey

log = logging.getLogger(__name__)


class Relearn:
    """Looks at what was called ``expected`` or ``noise`` since its last look; for the poll thread."""

    def __init__(self, incidents: IncidentStore, retrainer: Retrainer, now: float) -> None:
        """``now``: what was resolved before this start has been learned, or will be by the daily training."""
        self._incidents = incidents
        self._retrainer = retrainer
        self._since = now
        self._due: set[SeriesKey] = set()

    def after_poll(self) -> None:
        """Train what is due, as soon as no other training goes on."""
        try:
            found = self._incidents.normal_after_all(self._since)
        except StoreError as error:
            log.warning("whether an incident was normal after all is not known: %s", error)
            return
        self._due.update(key for key, _ in found)
        self._since = max([self._since, *(at for _, at in found)])
        if self._due and not self._retrainer.running():
            try:
                self._retrainer.start("resolved", self._due, force=True)
            except RetrainRunning:
                return  # one was started by hand just now; what is due stays due
            self._due = set()
