"""The Makefile and deploy/setup: what they say, above all when something is missing or fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.demo.stack import ROOT

SETUP = ROOT / "deploy/setup"
TOOLS = ("bash", "dirname", "id", "sed", "grep", "uname", "env", "cat")


def run(*argv: str, cwd: Path = ROOT, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """(exit code, everything it wrote)."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


def a_path_with(folder: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH has the usual tools and ``programs`` (name -> shell script), nothing else."""
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "JAVA_HOME": ""}


def test_make_alone_lists_the_commands() -> None:
    code, said = run("make")
    assert code == 0
    for target in ("demo", "run", "fault", "test", "check", "bench", "clean"):
        assert f"make {target} " in said


def test_a_step_says_when_it_starts_and_ends_and_keeps_the_noise_in_its_log(tmp_path: Path) -> None:
    code, said = run(
        str(SETUP / "step.sh"), "ui", "building the UI", "mend it", "echo", "noise", cwd=tmp_path
    )
    assert code == 0
    assert re.fullmatch(r"\[ui\] building the UI \.\.\.\n\[ui\] ready in \d+ s\n", said)
    assert (tmp_path / ".stamps/ui.log").read_text() == "noise\n"


def test_a_step_that_fails_shows_the_end_of_its_log_and_what_to_do(tmp_path: Path) -> None:
    script = "seq 100; echo 'cannot reach the registry'; exit 7"
    code, said = run(
        str(SETUP / "step.sh"), "npm", "installing", "check the network", "bash", "-c", script, cwd=tmp_path
    )
    assert code == 7
    assert "    cannot reach the registry\n[npm] what to do: check the network\n" in said
    assert "\n    50\n" not in said


def test_what_is_there_already_is_not_installed_again(tmp_path: Path) -> None:
    environ = a_path_with(
        tmp_path / "bin",
        prometheus="",
        promtool="",
        mvn="",
        javac="echo javac 21.0.1",
        **{"apt-get": "echo apt-get was called; exit 1"},
    )
    assert run(str(SETUP / "system.sh"), "java", "prometheus", environ=environ) == (0, "")


def test_without_the_right_to_install_one_line_names_all_that_is_missing(tmp_path: Path) -> None:
    environ = a_path_with(
        tmp_path / "bin",
        javac="echo javac 11.0.2",
        id="echo 1000",
        sudo="exit 1",
        **{"apt-get": "exit 1", "apt-cache": "echo '  Candidate: 3.11.2'"},
    )
    code, said = run(str(SETUP / "system.sh"), "python", "java", "prometheus", "browser", environ=environ)
    assert code == 1
    assert said == (
        "[system] missing; install with: sudo apt-get install -y --no-install-recommends "
        "python3 python3-venv openjdk-17-jdk-headless maven prometheus chromium\n"
    )


def test_a_machine_without_apt_is_told_what_to_install(tmp_path: Path) -> None:
    linux, mac = a_path_with(tmp_path / "linux"), a_path_with(tmp_path / "mac")
    (tmp_path / "mac/uname").unlink()
    (tmp_path / "mac/uname").write_text("#!/bin/sh\necho Darwin\n")
    (tmp_path / "mac/uname").chmod(0o755)
    code, said = run(str(SETUP / "system.sh"), "java", environ=linux)
    assert code == 1
    assert said.count("\n") == 1
    assert "openjdk-17-jdk-headless maven" in said
    assert run(str(SETUP / "system.sh"), "java", environ=mac) == (
        1,
        "[system] missing; install with: brew install openjdk@17 maven\n",
    )


def test_as_root_the_missing_packages_are_installed_in_one_go(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    environ = a_path_with(
        tmp_path / "bin",
        id="echo 0",
        javac="echo javac 17.0.1",
        **{"apt-get": f'echo "$@" >> {journal}', "apt-cache": "echo '  Candidate: 1'"},
    )
    for tool in ("mkdir", "sleep", "tail", "tr", "cut"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    code, said = run(str(SETUP / "system.sh"), "java", "prometheus", cwd=tmp_path, environ=environ)
    assert code == 0, said
    assert [line.split("300 ")[1] for line in journal.read_text().splitlines()] == [
        "update",
        "install -y --no-install-recommends maven prometheus",
    ]


def test_an_unknown_part_is_refused() -> None:
    code, said = run(str(SETUP / "system.sh"), "database")
    assert code == 2
    assert "unknown part 'database'; allowed: python" in said


@pytest.mark.parametrize(("version", "found"), [((3, 10), False), ((3, 11), True)])
def test_python_must_be_new_enough(tmp_path: Path, version: tuple[int, int], found: bool) -> None:
    # A stand-in that answers the script's question as a Python of that version would.
    environ = a_path_with(tmp_path / "bin", python3=f"exit {int(version < (3, 11))}")
    code, said = run(str(SETUP / "find-python.sh"), environ=environ)
    assert (code, said) == ((0, "python3\n") if found else (1, ""))
