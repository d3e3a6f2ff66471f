"""From our own objects to the wire's, where the two have other shapes."""

from __future__ import annotations

from backend.api.schemas.logs import LogEntry
from backend.api.schemas.models import RetrainJob
from backend.jobs.retrain import TrainingJob
from backend.logs.correlation import CorrelatedLine


def log_entry(correlated: CorrelatedLine) -> LogEntry:
    """One log line with what it explains."""
    line = correlated.line
    return LogEntry(
        timestamp=line.timestamp,
        service=line.service,
        level=line.level,
        message=line.message,
        logger=line.logger,
        thread=line.thread,
        trace_id=line.trace_id,
        stack_trace=line.stack_trace,
        count=correlated.count,
        explains=correlated.explains,
        reason=correlated.reason,
    )


def retrain_job(job: TrainingJob) -> RetrainJob:
    """A training run as the API and the event stream tell it."""
    return RetrainJob.model_validate(job)
