"""Compiled loops are not used again once any of them has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from backend.detection import loops_folder

CALLED = "from numba import njit\n\n\n@njit(cache=True)\ndef called():\n    return {}\n"
CALLING = (
    "from numba import njit\nfrom loops.called import called\n\n\n"
    "@njit(cache=True)\ndef calling():\n    return called()\n"
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


def test_a_loop_that_calls_a_changed_one_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "loops"
    package.mkdir()
    (package / "calling.py").write_text(CALLING)
    (package / "called.py").write_text(CALLED.format(1))
    assert answer(package) == "1"
    kept = loops_folder(package)
    assert any(kept.rglob("*.nbi")), "nothing was kept"
    (package / "called.py").write_text(CALLED.format(2))
    assert answer(package) == "2"
    (package / "words.py").write_text("WORDS = 1\n")
    (package / "called.py").write_text(CALLED.format(1))
    assert loops_folder(package) == kept, "a module without loops is nothing to them"
