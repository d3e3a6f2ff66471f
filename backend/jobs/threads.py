"""Threads that work in the background give way to the one that polls."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

_NICE = 10


def after_polls() -> None:
    """Let the calling thread have what processor time the others leave, where threads have priorities."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
