"""The life of one incident: its parts, its status and the legal transitions."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What an operator knows of an incident."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


class ResolveReason(StrEnum):
    """Why an operator resolved it; readings of an ``expected`` one are learned as normal."""

    REAL = "real"
    EXPECTED = "expected"
    NOISE = "noise"
    MAINTENANCE = "maintenance"
