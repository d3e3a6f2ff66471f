"""The notation means what it means in Prometheus."""

from __future__ import annotations

import pytest

from backend.tests.scenarios.notation import LOOK_BACK, samples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2 3", [1, 2, 3]),
        ("1+1x3", [1, 2, 3, 4]),
        ("5-2x2", [5, 3, 1]),
        ("0.5x2", [0.5, 0.5]),
        ("7 _ _x2 8", [7, 7, 7, 7, 8]),
        ("_ 1", [None, 1]),
        ("1 stale _ 2", [1, None, None, 2]),
    ],
)
def test_samples(text: str, expected: list[float | None]) -> None:
    assert samples(text) == expected


def test_prometheus_looks_back_for_five_minutes() -> None:
    assert samples(f"1 _x{LOOK_BACK}")[-2:] == [1, None]
