"""One short name for a pair, the same on every machine and in every run."""

from __future__ import annotations

from collections.abc import Mapping

from backend.metrics.readings import SeriesKey


def fingerprint(key: SeriesKey) -> str:
    """The pair's label set as 16 hex digits, computed as Alertmanager does.

    >>> fingerprint(SeriesKey("payment-service", "lat"))
    '20d9558a4f1989b9'
    """
    return f"{label_signature({'metric': key.metric, 'service': key.service}):016x}"


def label_signature(labels: Mapping[str, str]) -> int:
    """FNV-1a, 64 bits, over the sorted names and values, each ended by the byte 255.

    Source: prometheus/common, model/signature.go, LabelSet.Fingerprint.
    """
    digest = 14695981039346656037
    for name in sorted(labels):
        for part in (name, labels[name]):
            for byte in part.encode("utf-8", "surrogatepass") + b"\xff":
                digest = (digest ^ byte) * 1099511628211 % 2**64
    return digest
