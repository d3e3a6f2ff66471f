"""The score from which a metric's readings are anomalous, from one setting a metric that a person can say."""

from __future__ import annotations

from collections.abc import Mapping

from backend.detection.view_forest import THRESHOLD
from backend.settings import Sensitivity, Settings

SCORES: Mapping[str, float] = {"low": 0.66, "medium": THRESHOLD, "high": 0.60}
"""The view forest's score for each word; what they cost in alerts a week is in docs/configuration.md."""


def score_of(sensitivity: Sensitivity) -> float:
    """The score that a sensitivity asks for: a word's, or the number itself."""
    return SCORES[sensitivity] if isinstance(sensitivity, str) else sensitivity


class Thresholds:
    """The effective sensitivity of each metric, and the score it asks for.

    What an operator has saved counts before ``metrics.<m>.sensitivity``, and that before
    ``detection.sensitivity``. Any thread may read, and take saved ones over at any time: one assignment.
    """

    def __init__(self, settings: Settings, saved: Mapping[str, Sensitivity] | None = None) -> None:
        self._default: Sensitivity = settings.detection.sensitivity
        self._configured: dict[str, Sensitivity] = {
            metric: given.sensitivity
            for metric, given in settings.metrics.items()
            if given.sensitivity is not None
        }
        self._saved: Mapping[str, Sensitivity] = dict(saved or {})

    def sensitivity(self, metric: str) -> Sensitivity:
        """As it was said: a word or a score."""
        return self._saved.get(metric, self._configured.get(metric, self._default))

    def of(self, metric: str) -> float:
        """The score, in 0..1, from which a reading of the metric is anomalous."""
        return score_of(self.sensitivity(metric))

    def save(self, saved: Mapping[str, Sensitivity]) -> None:
        """Serve these saved sensitivities, and only these, from now on."""
        self._saved = dict(saved)
