"""Detection: features, forests, verdicts, severities and the files that models live in."""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

_IMPORTED = re.compile(r"^ *from [\w.]*\b(\w+) import ", re.MULTILINE)


def loops_folder(sources: Path) -> Path:
    """Where the compiled loops of a folder's modules are kept: one folder for each state of all of them.

    numba compiles a loop anew when its own file changes, not when a loop that it calls does in another one,
    or a constant: after an upgrade it would run the old one on the new one's arrays. So what counts are the
    modules with loops and all that these import from the folder.
    """
    written = {path.stem: path.read_text(encoding="utf-8") for path in sources.glob("*.py")}
    left = [name for name, source in written.items() if "\n@njit" in source]
    reached: set[str] = set()
    while left:
        name = left.pop()
        if name in written and name not in reached:
            reached.add(name)
            left += _IMPORTED.findall(written[name])
    digest = 0
    for name in sorted(reached):
        digest = zlib.crc32(written[name].encode(), digest)
    return sources / "__pycache__" / f"loops-{digest:08x}"


# Before numba is imported, which reads it once; where this folder cannot be written it takes another one.
os.environ.setdefault("NUMBA_CACHE_DIR", str(loops_folder(Path(__file__).parent)))
