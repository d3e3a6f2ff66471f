"""The command line of ``canopy datasets``."""

from __future__ import annotations

import argparse


def add_compact(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The subcommand of ``datasets``; returns its parser."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    command = actions.add_parser(
        "compact",
        help="sort and mend the CSVs, remove what storage.keep and storage.max_size no longer allow",
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return command
