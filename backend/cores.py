"""How many processor cores this process may use."""

from __future__ import annotations

import os

# Not every system tells what a process is held to.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
