"""From our own objects to the wire's, where the two have other shapes."""

from __future__ import annotations

from collections.abc import Sequence

from backend.api.schemas.cards import Annotation
from backend.api.schemas.logs import LogEntry, LogRow, LogTemplate
from backend.api.schemas.models import RetrainJob
from backend.api.schemas.readings import WarmingUp
from backend.clock import to_rfc3339
from backend.jobs.live import CycleReport
from backend.jobs.training_job import TrainingJob
from backend.jobs.warmup import WarmUp
from backend.logs.correlation import CorrelatedLine
from backend.logs.line import LogLine
from backend.logs.news import TemplateNews
from backend.logs.queries import StoredLine
from backend.metrics.cards import Marker
from backend.metrics.readings import SeriesKey


def warming_up(warmup: WarmUp, pairs: Sequence[SeriesKey], report: CycleReport) -> WarmingUp | None:
    """How far the pairs without a model are; None where each has one."""
    slowest = warmup.slowest(pairs, report)
    if slowest is None:
        return None
    return WarmingUp(pairs=len(pairs), have=slowest.have, need=slowest.need, eta=slowest.eta)


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


_SHOWN = 4_000
"""Characters of a message, and of a stack trace, that a list of lines carries."""


def log_row(stored: StoredLine, *, whole: bool = False) -> LogRow:
    """One stored line; shortened unless ``whole``, so that a page of huge lines stays small."""
    line = stored.line
    cut = not whole and max(len(line.message), len(line.stack_trace)) > _SHOWN
    return LogRow(
        id=stored.id,
        timestamp=line.timestamp,
        service=line.service,
        level=line.level,
        message=line.message[:_SHOWN] if cut else line.message,
        logger=line.logger,
        thread=line.thread,
        trace_id=line.trace_id,
        stack_trace=line.stack_trace[:_SHOWN] if cut else line.stack_trace,
        cut=cut,
    )


def log_text(line: LogLine) -> str:
    """A line as a text file has it, its stack trace below."""
    names = " ".join(part for part in (line.service, line.logger, line.trace_id) if part)
    text = f"{to_rfc3339(line.timestamp)} {line.level} {names} {line.message}\n"
    return f"{text}{line.stack_trace.rstrip()}\n" if line.stack_trace else text


def log_template(news: TemplateNews) -> LogTemplate:
    """One template with what is said of it."""
    group = news.group
    return LogTemplate(
        service=group.service,
        level=group.statement.level,
        logger=group.statement.logger,
        template=group.statement.template,
        cause=group.statement.cause,
        count=group.lines,
        before=news.before,
        new=news.is_new,
        news=news.rank,
        reason=news.novelty.reason,
        first_seen=group.first,
        last_seen=group.last,
        example=group.example,
    )


def retrain_job(job: TrainingJob) -> RetrainJob:
    """A training run as the API and the event stream tell it."""
    return RetrainJob.model_validate(job)


def annotation(marker: Marker) -> Annotation:
    """What happened to a service, as charts and lists tell it."""
    happened = marker.artefact
    return Annotation(
        service=marker.service,
        kind=happened.kind,
        since=happened.since,
        words=happened.words,
        settles_at=happened.settles_at,
    )
