"""`basinmap init|build`: a folder that declares its documents."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from basinmap.cli.words import say
from basinmap.deliverables.building import CHANGES, build_project
from basinmap.deliverables.projects import init_project
from basinmap.errors import DataError

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]


def fill(command: Parser) -> None:
    """
    Add the options of `init` or of `build`.

    Parameters
    ----------
    command
        Its parser.
    """
    building = command.prog.endswith("build")
    command.set_defaults(run=_build if building else _init)
    group = command.add_argument_group(say("project"))
    group.add_argument(
        "folder",
        nargs="?",
        default=".",
        metavar=say("FOLDER"),
        help=say("folder of the project (this one)"),
    )
    if building:
        group.add_argument(
            "--out",
            metavar=say("FOLDER"),
            help=say("folder of the documents (documents, in the project)"),
        )
        group.add_argument(
            "--again",
            action="store_true",
            help=say("build all documents, changed or not"),
        )
        group.add_argument(
            "--since",
            metavar=say("MANIFEST"),
            help=say(
                "manifest.json of an earlier edition, or the folder of its documents: "
                "what changed is written in changements.md"
            ),
        )
        group.add_argument(
            "--at-once",
            type=int,
            metavar=say("NUMBER"),
            help=say("documents built at a time (as many as there are cores)"),
        )
        group.add_argument(
            "--quiet", action="store_true", help=say("no progress on stderr")
        )


def _init(given: argparse.Namespace) -> None:
    print(say("{file}: fill it, then basinmap build", file=init_project(given.folder)))


def _build(given: argparse.Namespace) -> None:
    def tell(name: str) -> None:
        if not (given.quiet or sys.stderr.isatty()):  # there a bar says it
            print(f"basinmap: {name}…", file=sys.stderr)

    failed = 0
    found = build_project(
        given.folder,
        out=given.out,
        again=given.again,
        since=given.since,
        at_once=given.at_once,
        quiet=given.quiet,
        tell=tell,
    )
    for one in found:
        if one.error:
            failed += 1
            told = say("{name}: not built: {error}", name=one.name, error=one.error)
            print(f"basinmap: {told}", file=sys.stderr)
        elif one.done:
            print(say("{name}: built in {folder}", name=one.name, folder=one.folder))
        else:
            print(say("{name}: unchanged", name=one.name))
    if given.since is not None:
        where = given.out or Path(given.folder) / "documents"
        print(say("{file}: what changed", file=Path(where) / CHANGES))
    if failed:
        raise DataError(say("{count} document(s) could not be built", count=failed))
