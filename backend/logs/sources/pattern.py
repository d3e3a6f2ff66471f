"""A source's path, with globs and ``{service}``, -> the files that it names now."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from backend.metrics.folders import folder_name, service_name
from backend.settings import FileSource

_SERVICE = "{service}"
# Their lines were read before they were compressed.
_COMPRESSED = (".gz", ".zip", ".bz2", ".xz", ".zst")
# What rotation puts after a name: -2026-01-31, .20260131, .1, .2026-01-31.0
_ROTATED = re.compile(r"(.+?)(?:\.log)?(?:[._-](?:\d{4}-\d\d-\d\d|\d{8}|\d{1,4}))+$")


class MatchedFile(NamedTuple):
    """An absolute path, and the service whose log it is; an empty service: the lines say it."""

    path: str
    service: str


class PathPattern:
    """The path of one source, resolved against ``root``, which relative paths are relative to."""

    def __init__(self, source: FileSource, root: Path) -> None:
        self.fixed_service = "" if source.service == "*" else source.service
        self.resolved = os.path.join(root, os.path.expanduser(source.path))  # noqa: PTH111, PTH118
        self.has_service = _SERVICE in self.resolved
        self._expression = re.compile(_expression(self.resolved)) if self.has_service else None

    @property
    def names_one_file(self) -> bool:
        """True if the path holds neither a glob nor ``{service}``."""
        return not self.has_service and not glob.has_magic(self.resolved)

    def find(self, services: Sequence[str]) -> list[MatchedFile]:
        """The paths that fit now, sorted, compressed ones left out; they need not be readable files.

        ``services`` are those known: a name in a path is read as one of them where it can be.
        """
        if self.has_service and self.fixed_service:
            names = {_safe(self.fixed_service), folder_name(self.fixed_service)} - {""}
            patterns = [self.resolved.replace(_SERVICE, glob.escape(name)) for name in sorted(names)]
        else:
            patterns = [self.resolved.replace(_SERVICE, "*")]
        paths = {path for pattern in patterns for path in glob.iglob(pattern, recursive=True)}  # noqa: PTH207
        known = {folder_name(service): service for service in services}
        known.update((_safe(service), service) for service in services if _safe(service))
        return [
            MatchedFile(path, service)
            for path in sorted(paths)
            if not path.endswith(_COMPRESSED)
            for service in [self._service(path, known)]
            if service is not None
        ]

    def path_of(self, service: str) -> str:
        """Where the log of ``service`` is looked for."""
        return self.resolved.replace(_SERVICE, _safe(service) or folder_name(service))

    def _service(self, path: str, known: dict[str, str]) -> str | None:
        """The service of a path; None if the path does not fit after all."""
        if self.fixed_service or self._expression is None:
            return self.fixed_service
        found = self._expression.fullmatch(path)
        if found is None:
            return None
        name = found["service"]
        if name not in known:
            rotated = _ROTATED.fullmatch(name)
            name = rotated[1] if rotated and rotated[1] in known else name
        return known.get(name) or printable(service_name(printable(name)))


def _safe(service: str) -> str:
    """The name as it stands, if it can be one part of a path; otherwise empty."""
    return service if service not in ("", ".", "..") and not re.search(r"[/\0]", service) else ""


def printable(name: str) -> str:
    """A path's bytes that are no UTF-8 come as surrogates, which neither SQLite nor JSON takes."""
    return name.encode("utf-8", "replace").decode()


def _expression(pattern: str) -> str:
    """A glob with ``{service}`` as a regular expression with the group ``service``."""
    tokens = re.split(r"(\{service\}|\*\*/|\*+|\?|\[!?\]?[^\]/]*\])", pattern)
    parts, seen = [], False
    for token in tokens:
        if token == _SERVICE:
            parts.append("(?P=service)" if seen else "(?P<service>[^/]+?)")
            seen = True
        elif token == "**/":
            parts.append("(?:[^/]+/)*")
        elif token.startswith("*"):
            parts.append("[^/]*")
        elif token == "?":
            parts.append("[^/]")
        elif token.startswith("[") and token.endswith("]"):
            inside = token[1:-1].replace("\\", "\\\\")
            parts.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
        else:
            parts.append(re.escape(token))
    return "(?s)" + "".join(parts)
