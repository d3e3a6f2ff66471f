"""``canopy datasets compact``: puts the datasets in order by hand, while no Canopy runs on them."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from backend.clock import SystemClock
from backend.jobs.keeping import limits_of
from backend.metrics.compaction import compact
from backend.metrics.files import held
from backend.metrics.history import HistoryStore
from backend.settings import Settings


class NoDatasets(LookupError):
    """There is nothing to compact; the text says where it was looked for."""


def compact_by_hand(options: argparse.Namespace, settings: Settings) -> None:
    """Do it and print what was done. Raises NoDatasets, InUse, HistoryError and OSError.

    A dry run only reads, and may look at the datasets of a running Canopy.
    """
    folder = settings.storage.datasets
    if not folder.is_dir():
        raise NoDatasets(f"{folder}: no such folder; storage.datasets names it")
    with ExitStack() as stack:
        if not options.dry_run:
            stack.enter_context(held(folder))
        store = HistoryStore(folder)
        done = compact(store, limits_of(settings), SystemClock().now(), dry_run=options.dry_run)
    print(f"{folder}{' (dry run: nothing is changed)' if options.dry_run else ''}")
    for line in done.lines():
        print(f"  {line}")
    if done.problems:
        raise SystemExit(1)
