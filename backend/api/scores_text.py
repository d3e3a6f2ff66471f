"""The scores of all pairs in Prometheus's text format."""

from __future__ import annotations

from backend.jobs.live import CycleReport


def scores(report: CycleReport) -> bytes:
    """The family of all scores, written as the library does, but not in ten times the time."""
    lines = [
        "# HELP canopy_anomaly_score Newest score of a pair, 0 to 1, higher is more anomalous.\n"
        "# TYPE canopy_anomaly_score gauge\n"
    ]
    for service, readings in report.by_service.items():
        label = _escaped(service)
        lines += [
            f'canopy_anomaly_score{{metric="{_escaped(metric)}",service="{label}"}} {reading.score!r}\n'
            for metric, reading in readings.items()
            if reading.score is not None
        ]
    return "".join(lines).encode()


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
