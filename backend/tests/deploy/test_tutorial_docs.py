"""docs/tutorial.md: every command is run, and prints what the tutorial says it prints.

``python -m backend.tests.deploy.test_tutorial_docs`` writes the outputs and the picture anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from backend.cli import main
from backend.settings import load_settings
from deploy.demo.stack import ROOT

TUTORIAL = ROOT / "docs/tutorial.md"
PICTURE = ROOT / "docs/images/tutorial.png"
CONSOLE = re.compile(r"```console\n\$ (?P<command>canopy .+)\n(?P<output>(?:.*\n)*?)```\n")
TIMES = re.compile(r"\d+\.\d+ s\b|\d+ µs")
"""What differs from machine to machine."""


@contextlib.contextmanager
def folder(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def printed(command: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(shlex.split(command)[1:])
    return out.getvalue()


def rewritten(text: str) -> str:
    """The tutorial with what its commands print in the present folder."""
    return CONSOLE.sub(
        lambda block: f"```console\n$ {block['command']}\n{printed(block['command'])}```\n", text
    )


@pytest.mark.slow
def test_every_command_prints_what_the_tutorial_says(tmp_path: Path) -> None:
    text = TUTORIAL.read_text()
    assert len(CONSOLE.findall(text)) == text.count("$ canopy ") == 5
    with folder(tmp_path):
        assert TIMES.sub("", rewritten(text)) == TIMES.sub("", text)
    assert (tmp_path / "plots" / "series-01-cpu_percent.csv.png").stat().st_size > 10_000


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TUTORIAL.read_text(), flags=re.DOTALL))
def test_its_settings_are_settings(block: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(block)
    settings = load_settings(tmp_path / "config.yaml", {})
    assert (
        settings.model_dump(include={"metrics"}, exclude_unset=True)["metrics"]
        == yaml.safe_load(block)["metrics"]
    )


def rewrite() -> None:
    with tempfile.TemporaryDirectory() as temporary, folder(Path(temporary)):
        text = rewritten(TUTORIAL.read_text())
        shutil.copyfile("plots/series-01-cpu_percent.csv.png", PICTURE)
    TUTORIAL.write_text(text)


if __name__ == "__main__":
    rewrite()
