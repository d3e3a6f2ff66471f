"""CANOPY_REQUIRE_REAL=1: what is skipped has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.tests.system.canopy import ROOT

SKIPS = """
import pytest

@pytest.mark.skip(reason="no NGINX here")
def test_by_mark(): ...

def test_in_between():
    pytest.skip("no Chromium here")

@pytest.mark.skipif(True, reason="CANOPY_TEST_DATA is not set")
def test_without_the_public_data(): ...

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_failure():
    assert False
"""
WHOLE_FILE = """
import pytest
pytest.skip("no Prometheus here", allow_module_level=True)
"""


@pytest.mark.parametrize(
    ("required", "counted"),
    [("1", ("1 failed", "2 errors", "1 skipped", "1 xfailed")), ("", ("4 skipped", "1 xfailed"))],
)
def test_a_skip_fails_where_real_parts_are_required(
    tmp_path: Path, required: str, counted: tuple[str, ...]
) -> None:
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_file.py").write_text(WHOLE_FILE)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-rs",
            "-p",
            "conftest",
            "--continue-on-collection-errors",
            str(tmp_path),
        ],
        cwd=ROOT,
        env=os.environ | {"CANOPY_REQUIRE_REAL": required},
        capture_output=True,
        text=True,
        check=False,
    )
    summary = run.stdout.splitlines()[-1]
    assert all(count in summary for count in counted), run.stdout
    assert "no NGINX here" in run.stdout
    assert "no Prometheus here" in run.stdout
