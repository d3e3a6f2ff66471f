"""How well scores and alerts meet labelled events: AUC-PR, VUS-PR and the F1 of events."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BUFFER = 24
"""VUS's longest buffer around an event, in readings."""

_THRESHOLDS = 250


class EventCounts(NamedTuple):
    """Events found and missed by at least one alert, and alerts outside every event."""

    found: int
    missed: int
    false: int

    def f1(self) -> float:
        """Harmonic mean of the share of events found and of the share of alerts, one an event, that hit."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.false)

    def __add__(self, other: object) -> EventCounts:
        if not isinstance(other, EventCounts):
            return NotImplemented
        return EventCounts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def events_of(labels: BoolArray) -> list[tuple[int, int]]:
    """Runs of labelled readings, first and last row of each."""
    edges = np.diff(np.r_[False, labels, False].astype(np.int8))
    return list(
        zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True)
    )


def count_events(labels: BoolArray, alerts: BoolArray) -> EventCounts:
    """Count the events of bool[n] labels that bool[n] alerts find."""
    found = sum(bool(alerts[first : last + 1].any()) for first, last in events_of(labels))
    return EventCounts(found, len(events_of(labels)) - found, int((alerts & ~labels).sum()))


def auc_pr(labels: BoolArray, scores: FloatArray) -> float:
    """Average precision over readings."""
    return float(average_precision_score(labels, scores))


def vus_pr(labels: BoolArray, scores: FloatArray, buffer: int = BUFFER) -> float:
    """Volume under the surface of precision and recall over thresholds and buffers (Paparrizos et al., 2022).

    A buffer of w readings counts w/2 readings on each side of an event as partly labelled; the figure is
    the mean over w = 0..``buffer`` of the range-based AUC-PR, at 250 thresholds as its authors take them.
    Raises ValueError where nothing is labelled.
    """
    events = events_of(labels)
    if not events:
        raise ValueError("nothing is labelled: VUS-PR is not defined")
    descending = np.sort(scores)[::-1]
    thresholds = descending[np.linspace(0, len(scores) - 1, _THRESHOLDS).astype(int)]
    order = np.argsort(-scores, kind="stable")
    predicted = np.searchsorted(-descending, -thresholds, side="right")
    areas = [
        _range_auc_pr(labels, events, scores, order, predicted, thresholds, width)
        for width in range(buffer + 1)
    ]
    return float(np.mean(areas))


def _range_auc_pr(
    labels: BoolArray,
    events: list[tuple[int, int]],
    scores: FloatArray,
    order: NDArray[np.intp],
    predicted: NDArray[np.intp],
    thresholds: FloatArray,
    width: int,
) -> float:
    """AUC-PR with a buffer of ``width`` readings; recall is weighed by the share of events touched at all."""
    soft = _softened(labels, events, width)
    true = np.r_[0.0, np.cumsum(soft[order])][predicted]
    positives = 0.5 * (labels.sum() + soft.sum())
    best = np.array(
        [scores[first : last + 1].max() for first, last in _widened(events, width // 2, len(labels))]
    )
    touched = (best[:, None] >= thresholds[None, :]).mean(axis=0)
    recall = np.r_[0.0, np.minimum(true / positives, 1.0) * touched]
    precision = np.r_[1.0, true / predicted]
    return float(np.dot(np.diff(recall), 0.5 * (precision[1:] + precision[:-1])))


def _softened(labels: BoolArray, events: list[tuple[int, int]], width: int) -> FloatArray:
    """Labels as weights that fall off over half of ``width`` readings on each side of an event."""
    soft = labels.astype(np.float64)
    for first, last in events:
        after = np.arange(last + 1, min(last + width // 2 + 1, len(labels)))
        before = np.arange(max(first - width // 2, 0), first)
        soft[after] += np.sqrt(1 - (after - last) / max(width, 1))
        soft[before] += np.sqrt(1 - (first - before) / max(width, 1))
    return np.minimum(soft, 1.0)


def _widened(events: list[tuple[int, int]], half: int, count: int) -> list[tuple[int, int]]:
    """Events with ``half`` readings on each side, those that meet joined."""
    joined: list[tuple[int, int]] = []
    for first, last in events:
        start, end = max(first - half, 0), min(last + half, count - 1)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
