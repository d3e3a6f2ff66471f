"""Compiled loops are not used again once any of them has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.detection import loops_folder

CALLED = "from numba import njit\n\n\n@njit(cache=True)\ndef called():\n    return {}\n"
CALLING = (
    "from numba import njit\nfrom loops.called import called\nfrom loops.words import MANY\n\n\n"
    "@njit(cache=True)\ndef calling():\n    return MANY * called()\n"
)


def answer(package: Path) -> str:
    """What a new process gets from the loop."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom backend.detection import loops_folder\n"
        f"os.environ['NUMBA_CACHE_DIR'] = str(loops_folder(Path({str(package)!r})))\n"
        f"sys.path.insert(0, {str(package.parent)!r})\n"
        "from loops.calling import calling\nprint(calling())"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A loop that calls another module's with a third one's constant."""
    package = tmp_path / "loops"
    package.mkdir()
    (package / "calling.py").write_text(CALLING)
    (package / "called.py").write_text(CALLED.format(1))
    (package / "words.py").write_text("MANY = 1\n")
    return package


def test_a_loop_that_calls_a_changed_one_is_compiled_anew(package: Path) -> None:
    assert answer(package) == "1"
    assert any(loops_folder(package).rglob("*.nbi")), "nothing was kept"
    (package / "called.py").write_text(CALLED.format(2))
    assert answer(package) == "2"


def test_a_loop_is_compiled_anew_for_another_modules_changed_constant(package: Path) -> None:
    assert answer(package) == "1"
    (package / "words.py").write_text("MANY = 3\n")
    assert answer(package) == "3"


def test_a_module_that_no_loop_takes_anything_from_is_nothing_to_them(package: Path) -> None:
    kept = loops_folder(package)
    (package / "others.py").write_text("from loops.calling import calling\n")
    assert loops_folder(package) == kept
