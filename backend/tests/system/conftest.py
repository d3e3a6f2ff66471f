"""One shop for all tests of this room; each test takes services of its own from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.tests.system.shop import Shop

ODD_SERVICES = (
    'a/b\\c"d{e}\nzürich 店',
    "..",
    ".",
    "../../etc/passwd",
    "a/b",
    "a%2Fb",
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    " ",
    "x" * 300,
)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    services = [f"service-{number:02d}" for number in range(40)]
    with Shop(tmp_path_factory.mktemp("shop"), [*services, *ODD_SERVICES]) as shop:
        yield shop
