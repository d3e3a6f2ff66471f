"""Where loops get their compiler: numba's, or none, and then they run as plain Python with the same results.

So that the results are the same to the last bit, a loop takes ``log``, ``exp`` and ``exp2`` from `math`, as
numba compiles them (numpy has its own), squares by multiplying, and adds up in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

Loop = TypeVar("Loop", bound=Callable[..., Any])


def _why_not() -> str:
    try:
        import numba
    except ImportError as error:
        return f"numba cannot be imported ({error})"
    settings: Any = numba.config
    return "NUMBA_DISABLE_JIT is set" if settings.DISABLE_JIT else ""


NOT_COMPILED = _why_not()
"""Why loops are not compiled in this process; empty where they are."""

if TYPE_CHECKING or not NOT_COMPILED:
    from numba import njit

    from backend.detection.prefetch import prefetch
else:

    def njit(**_: object) -> Callable[[Loop], Loop]:
        """The loop as it stands."""
        return lambda loop: loop

    def prefetch(array: object, index: object) -> None:
        """Nothing: what is read next is the least of plain Python's delays."""


def wrapping(loop: Loop) -> Loop:
    """For a loop that is called from outside and counts its random streams past 2^64.

    Compiled it begins anew at 0 without a word; numpy's scalars do the same, but warn.
    """
    return np.errstate(over="ignore")(loop) if NOT_COMPILED else loop


__all__ = ["NOT_COMPILED", "njit", "prefetch", "wrapping"]
