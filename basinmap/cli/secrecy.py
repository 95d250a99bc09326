"""`basinmap check-secrecy`: what an intruder finds in a folder of documents."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from basinmap.cli.words import say
from basinmap.errors import SecrecyError

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]


def fill(command: Parser) -> None:
    """
    Add the options of `check-secrecy`.

    Parameters
    ----------
    command
        Its parser.
    """
    about = command.add_argument_group(say("what to check"))
    about.add_argument(
        "folder",
        metavar=say("FOLDER"),
        help=say("folder of workbooks, GeoPackages, Parquet, CSV files and web pages"),
    )
    about.add_argument(
        "--partial",
        action="store_true",
        help=say("accept that some figures could not be looked at"),
    )
    command.set_defaults(run=_check)


def _check(given: argparse.Namespace) -> None:
    """Print the report, refuse a folder in which something falls or is not read."""
    from basinmap.secrecy.folders import check_secrecy  # noqa: PLC0415 - reads data

    found = check_secrecy(given.folder)
    print(found)
    if not found.safe:
        msg = say(
            "{folder}: {count} secret(s) found, or figures that contradict one "
            "another; protect the tables together, bm.protect, before handing over",
            folder=given.folder,
            count=len(found.found) + len(found.clashes),
        )
        raise SecrecyError(msg)
    if found.unread and not given.partial:
        msg = say(
            "{folder}: {count} thing(s) could not be looked at, listed above; give "
            "each column one kind of figures and each row a known territory, or "
            "accept it with --partial",
            folder=given.folder,
            count=len(found.unread),
        )
        raise SecrecyError(msg)
