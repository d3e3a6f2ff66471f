"""Detection: features, forests, verdicts, severities and the files that models live in."""

from __future__ import annotations

import os
import zlib
from pathlib import Path


def loops_folder(sources: Path) -> Path:
    """Where the compiled loops of a folder's modules are kept: one folder for each state of all of them.

    numba compiles a loop anew when its own file changes, not when a loop that it calls does in another one:
    after an upgrade it would run the old one on the new one's arrays.
    """
    digest = 0
    for path in sorted(sources.glob("*.py")):
        source = path.read_bytes()
        if b"@njit" in source:
            digest = zlib.crc32(source, digest)
    return sources / "__pycache__" / f"loops-{digest:08x}"


# Before numba is imported, which reads it once; where this folder cannot be written it takes another one.
os.environ.setdefault("NUMBA_CACHE_DIR", str(loops_folder(Path(__file__).parent)))
