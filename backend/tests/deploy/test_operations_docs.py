"""docs/operations.md quotes only messages that Canopy, its demo and make really print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.stack import ROOT

DOCS = (ROOT / "docs/operations.md").read_text()
TROUBLE = DOCS[DOCS.index("## Troubleshooting") :]


def printed() -> Iterator[str]:
    """Every piece of text in the code: what stands between two values of a message is one piece."""
    for folder in ("backend", "deploy"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "tests" not in path.parts:
                yield from constants(path)
        for path in sorted((ROOT / folder).rglob("*.sh")):
            # A shell puts its values between the same pieces: "$doing", %s, $(cat file).
            yield re.sub(r"%[sd]|\$\([^)]*\)|\$\{?\w+\}?", "\0", path.read_text())


def constants(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docstrings:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


PRINTED = list(printed())


def quoted() -> list[str]:
    """The messages of the first column, in backticks."""
    cells = re.findall(r"^\| (.+?) \|", TROUBLE, flags=re.MULTILINE)
    return [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]


def test_the_tables_quote_messages() -> None:
    rows = [row for row in re.findall(r"^\| (.+?) \|", TROUBLE, flags=re.MULTILINE) if row != "message"]
    assert len(rows) > 20
    assert [row for row in rows if "`" not in row] == []


@pytest.mark.parametrize("message", quoted())
def test_a_quoted_message_exists(message: str) -> None:
    pieces = [piece.strip() for piece in message.split("...")]
    assert max(map(len, pieces)) >= 8, f"{message}: too little of it is fixed to be found"
    missing = [piece for piece in pieces if not any(piece in text for text in PRINTED)]
    assert missing == [], "no message in the code has this"


def test_the_docs_link_to_what_is_there() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"
