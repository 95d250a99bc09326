"""`basinmap qgis-toolbox`: the scripts of QGIS, copied where QGIS looks for them."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from basinmap.cli.words import say
from basinmap.staging import write_whole

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]

_PROFILES: Final = {
    "win32": "AppData/Roaming/QGIS/QGIS3",
    "darwin": "Library/Application Support/QGIS/QGIS3",
}
_LINUX: Final = ".local/share/QGIS/QGIS3"


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    group = command.add_argument_group(say("output"))
    group.add_argument(
        "--out",
        metavar=say("FOLDER"),
        help=say("folder of the scripts (that of the profile of QGIS)"),
    )
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    folder = Path(given.out) if given.out else profile() / "processing/scripts"
    folder.mkdir(parents=True, exist_ok=True)
    scripts = files("basinmap.export.qgis") / "toolbox"
    for entry in sorted(scripts.iterdir(), key=lambda one: one.name):
        if entry.name.startswith("basinmap_") and entry.name.endswith(".py"):
            write_whole(folder / entry.name, entry.read_bytes())
            print(folder / entry.name)
    # Scripts find this environment by themselves when it has made them.
    told = f"{sys.executable}\n".encode()
    write_whole(folder / "basinmap_python.txt", told)
    print(folder / "basinmap_python.txt")


def profile() -> Path:
    """Return the folder of the default profile of QGIS on this system."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - as QGIS finds it
    where = _PROFILES.get(sys.platform, _LINUX)
    return home / where / "profiles/default"
