"""Where numba is not there, everything starts and says the same to the last bit, and that it is slower."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from backend.detection.compiled import NOT_COMPILED
from backend.tests.detection.judgements import judgements

WITHOUT = "import sys\nsys.modules['numba'] = None\n"
"""Python's own way to say that a module is not to be found."""

EVERYTHING = """
import importlib, pkgutil
import backend
for module in pkgutil.walk_packages(backend.__path__, "backend."):
    # The compiler's own, which `compiled` takes where there is one.
    if not module.name.startswith(("backend.tests", "backend.detection.prefetch")):
        importlib.import_module(module.name)
from backend.cli import main
main(["--version"])
"""

READY = """
from pathlib import Path
from backend.tests.test_app import app_in, run
said = run(app_in(Path(sys.argv[1]))).health.states()["detection"]
print(said.state, said.detail)
"""

JUDGEMENTS = """
import runpy
runpy.run_module("backend.tests.detection.judgements", run_name="__main__")
"""


def without_numba(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What a process says in which numba cannot be imported and any warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_and_the_command_line_start() -> None:
    ended = without_numba(EVERYTHING)
    assert ended.stdout.startswith("canopy "), ended.stderr
    assert ended.returncode == 0


def test_canopy_says_once_that_it_runs_without_compiled_loops(tmp_path: Path) -> None:
    ended = without_numba(READY, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("ok numba cannot be imported"), "said where /ready says it"
    assert "without compiled loops" in ended.stdout
    assert ended.stderr.count("without compiled loops") == 1


@pytest.mark.skipif(bool(NOT_COMPILED), reason="there is nothing compiled to compare with")
def test_scores_tables_and_model_files_are_those_of_the_compiled_loops(tmp_path: Path) -> None:
    ended = without_numba(JUDGEMENTS, tmp_path / "plain")
    assert ended.returncode == 0, ended.stderr
    plain = pickle.loads((tmp_path / "plain").read_bytes())
    compiled = judgements()
    assert set(plain) == set(compiled)
    for name, array in compiled.items():
        assert plain[name].dtype == array.dtype, name
        assert plain[name].tobytes() == array.tobytes(), name
