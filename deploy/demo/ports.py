"""The demo's ports: from the environment, checked before anything starts, remembered for `make fault`."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

STATE = Path(".demo")
"""Where the demo keeps what it writes, below its base directory."""


class DemoError(Exception):
    """The demo cannot go on; the message says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One port a server of the demo."""

    canopy: int = 9092
    prometheus: int = 9190  # not 9090, where a Prometheus of the machine's own may listen
    order: int = 8081
    payment: int = 8082
    inventory: int = 8083

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """PORT, PROMETHEUS_PORT, ORDER_PORT, ... where they are set, else the defaults.

        Raises DemoError naming the variable that holds no port, or two that hold the same.
        """
        chosen: dict[str, int] = {}
        for name in _NAMES:
            variable = variable_of(name)
            text = environ.get(variable, "")
            if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
                raise DemoError(f"{variable}: found {text!r}; allowed: a port, 1 to 65535")
            chosen[name] = int(text) if text else getattr(_DEFAULTS, name)
        for name in _NAMES:
            twin = next(other for other in _NAMES if chosen[other] == chosen[name])
            if twin != name:
                raise DemoError(f"{variable_of(twin)} and {variable_of(name)} are both {chosen[name]}")
        return cls(**chosen)

    @classmethod
    def free(cls) -> Self:
        """Ports that nothing listens on at this moment."""
        probes = [socket.socket() for _ in _NAMES]
        try:
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            return cls(*(probe.getsockname()[1] for probe in probes))
        finally:
            for probe in probes:
                probe.close()

    @classmethod
    def read(cls, base: Path) -> Self:
        """Those of the demo that runs in ``base``, or the defaults where none left its state."""
        try:
            state = json.loads((base / STATE / "ports").read_text())
            return cls(**{name: int(state[name]) for name in _NAMES})
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, base: Path) -> None:
        (base / STATE / "ports").write_text(json.dumps(asdict(self)) + "\n")

    def check(self) -> None:
        """Raises DemoError that names each port in use, and how to choose another."""
        taken = [name for name in _NAMES if _in_use(getattr(self, name))]
        if not taken:
            return
        lines = [
            f"port {getattr(self, name)} ({title_of(name)}) is in use; choose another: "
            f"make demo {variable_of(name)}={(getattr(self, name) + 10_000) % 65_536}"
            for name in taken
        ]
        if len(taken) > 1:
            lines.append("(is another `make demo` running? Ctrl-C there stops it)")
        raise DemoError("\n".join(lines))


_DEFAULTS = Ports()
_NAMES = tuple(field.name for field in fields(Ports))


def variable_of(name: str) -> str:
    """The variable of the environment, and of make, that sets a port."""
    return "PORT" if name == "canopy" else f"{name.upper()}_PORT"


def title_of(name: str) -> str:
    """The process that listens there."""
    return name if name in ("canopy", "prometheus") else f"{name}-service"


def _in_use(port: int) -> bool:
    # Both addresses: on some systems a listener on the one does not keep the other from being bound.
    for host in ("127.0.0.1", ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return True
    return False
