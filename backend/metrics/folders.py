"""A folder for a service: any name, safe on disk and readable back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

_LONGEST = 200
"""Bytes of a folder's name; file systems allow 255, and suffixes need room."""
_KEPT_PREFIX = 120
_SHORTENED = "~"
"""Stands between prefix and digest; no encoded name has it."""
_EMPTY = "%"
"""The folder of the service with the empty name; no encoded name is a lone percent sign."""
_NAME_FILE = ".service"


def folder_name(service: str) -> str:
    """The folder's name: percent-encoded, and for a very long service a prefix with a digest.

    Different services have different folders. Never hidden, never ``.`` or ``..``, never with a slash.

    >>> folder_name("payment-service"), folder_name("a/b"), folder_name("..")
    ('payment-service', 'a%2Fb', '%2E.')
    """
    if not service:
        return _EMPTY
    # quote leaves letters, digits and _.-~ as they are.
    name = quote_from_bytes(service.encode(errors="surrogatepass"), safe="").replace("~", "%7E")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(service.encode(errors="surrogatepass")).hexdigest()[:40]
    return f"{_cut(name)}{_SHORTENED}{digest}"


def service_name(folder: str | Path) -> str:
    """The service of a folder that ``make_folder`` made.

    A shortened name can be read back from a Path only (a file in the folder keeps the service); where that
    is missing, and for a foreign folder, the answer is the best reading of the name.
    """
    path = Path(folder)
    if path.name == _EMPTY:
        return ""
    if _SHORTENED in path.name and isinstance(folder, Path):
        try:
            return (folder / _NAME_FILE).read_bytes().decode(errors="surrogatepass")
        except (OSError, UnicodeDecodeError):
            return path.name
    try:
        return unquote_to_bytes(path.name).decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return path.name


def make_folder(root: Path, service: str) -> Path:
    """Create the folder of a service under ``root`` where it is missing; raises OSError."""
    folder = root / folder_name(service)
    folder.mkdir(parents=True, exist_ok=True)
    name_file = folder / _NAME_FILE
    if _SHORTENED in folder.name and not name_file.exists():
        # In one step: a half-written name would be another service's.
        temporary = folder / f"{_NAME_FILE}.tmp"
        temporary.write_bytes(service.encode(errors="surrogatepass"))
        temporary.replace(name_file)
    return folder


def remove_folder(root: Path, service: str) -> None:
    """Remove the folder of a service that holds nothing but its name; raises OSError."""
    folder = root / folder_name(service)
    if {path.name for path in folder.iterdir()} <= {_NAME_FILE}:
        (folder / _NAME_FILE).unlink(missing_ok=True)
        folder.rmdir()


def _cut(name: str) -> str:
    """The first characters, no percent escape cut in two."""
    prefix = name[:_KEPT_PREFIX]
    escape = prefix.rfind("%", -2)
    return prefix if escape < 0 else prefix[:escape]
