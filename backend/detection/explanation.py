"""Why a reading was judged as it was, in plain words; the same input gives the same text."""

from __future__ import annotations

from backend.metrics.catalogue import MetricSpec
from backend.metrics.quantity import quantity, quantity_range
from backend.metrics.readings import ExpectedRange, Severity

_STRANGE_ZSCORE = 3.0


def reasons_for(
    features: dict[str, float],
    severity: Severity,
    expected: ExpectedRange | None,
    score: float,
    threshold: float,
    spec: MetricSpec,
) -> tuple[str, ...]:
    """What speaks for an anomalous verdict, the strongest first.

    ``threshold`` is the score that the verdict asks for.
    """
    value, delta, zscore = features["value"], features["delta"], features["zscore"]
    reasons = []
    if limit := _limit(severity, spec):
        reasons.append(limit)
    if expected is not None and not expected.low <= value <= expected.high:
        side = "above" if value > expected.high else "below"
        reasons.append(
            f"{quantity(value, spec.unit)} is {side} the expected {quantity_range(*expected, spec.unit)}"
        )
    if abs(zscore) >= _STRANGE_ZSCORE:
        moved = "rose" if delta > 0 else "fell"
        times = "10 times or more" if abs(zscore) >= 10 else f"{abs(zscore):.1f} times"
        reasons.append(
            f"it {moved} by {quantity(abs(delta), spec.unit)} in one reading, {times} its recent variation"
        )
    if not reasons:
        reasons.append("its level and variation together are unlike the readings it was trained on")
    reasons.append(f"score {score:.2f}, anomalous above {threshold:.2f}")
    return tuple(reasons)


def _limit(severity: Severity, spec: MetricSpec) -> str | None:
    threshold = {Severity.HIGH: spec.high, Severity.CRITICAL: spec.critical}.get(severity)
    if threshold is None:
        return None
    return f"{severity}: {spec.direction} {quantity(threshold, spec.unit)}"
