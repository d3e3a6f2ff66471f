"""With CANOPY_REQUIRE_REAL=1 a skipped test fails: nothing may go unproved because a real server is missing.

Only the public data sets may be absent (CANOPY_TEST_DATA): they are not part of the repository.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import hypothesis
import pytest

# How long an example takes says more of the machine's load than of the code: no test asserts it.
hypothesis.settings.register_profile("canopy", deadline=None)
hypothesis.settings.load_profile("canopy")

_MAY_BE_MISSING = "CANOPY_TEST_DATA"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip (an expected failure is none) into a failure that gives the skip's reason."""
    if os.environ.get("CANOPY_REQUIRE_REAL") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if _MAY_BE_MISSING not in reason:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped (CANOPY_REQUIRE_REAL=1): {reason}"
