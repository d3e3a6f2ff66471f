"""How the files of a source stand, in words for the person who has to mend it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How one file stands; ``service`` is empty where its lines name it; ``lines`` were stored so far.

    ``detail`` says in plain words why it is not read, or that reading is behind; empty otherwise.
    """

    path: str
    service: str
    state: Literal["reading", "missing", "failed"]
    detail: str
    lines: int


def nothing_at(path: str, service: str, root: Path) -> SourceStatus:
    """Why no file fits ``path``: most often a wrong folder, or one that we may not look into."""
    parts = path.split("/")
    plain = next((i for i, part in enumerate(parts) if set(part) & set("*?[{")), len(parts) - 1)
    folder = "/".join(parts[:plain]) or "/"
    where = f"looked for {path} (working directory {root})"
    try:
        with os.scandir(folder):
            return SourceStatus(path, service, "missing", f"no such file yet; {where}", 0)
    except FileNotFoundError:
        return SourceStatus(path, service, "missing", f"the folder {folder} does not exist yet; {where}", 0)
    except OSError as error:
        why = f"the folder {folder} cannot be listed: {error.strerror}"
        return SourceStatus(path, service, "failed", f"{why}; {where}", 0)
