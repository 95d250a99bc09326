"""Running a command: one message, the right exit status, nothing half-written."""

from __future__ import annotations

import codecs
import importlib
import io
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType, MappingProxyType
from typing import Final, NoReturn

import basinmap
from basinmap.cli.locating import typed
from basinmap.cli.parsing import Parser
from basinmap.cli.words import say, spoken_in
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    Interrupted,
    OutlineWarning,
)
from basinmap.languages import speaking

__all__ = ["COMMANDS", "main", "parser", "run"]

_PLAIN: Final = MappingProxyType(
    {
        **dict.fromkeys("\u202f\u00a0", " "),
        **dict.fromkeys("’‘", "'"),
        **dict.fromkeys("–−·", "-"),
        "≥": ">=",
        "≈": "~",
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "²": "2",
        **dict.fromkeys("«»", '"'),
        **dict(zip("éèêëàâîïôùûçÉÈÀÇ", "eeeeaaiiouucEEAC", strict=True)),
    }
)
"""The nearest writing of signs that a terminal may lack."""
COMMANDS: Final = MappingProxyType(
    {
        "demo": ("documents", "plates, data and tables of Lens-Liévin, as an example"),
        "plh": ("documents", "plates, data and tables of one EPCI"),
        "scot": ("publications", "a bulletin of the observatory of a SCoT"),
        "cil": ("publications", "the document of a conference on social housing"),
        "pic": ("publications", "the yearly deliverable on the Louvre-Lens"),
        "init": ("projects", "an example of a project, to be filled: projet.toml"),
        "build": ("projects", "all the documents of a project, those that changed"),
        "map": (
            "maps",
            "one plate of an indicator, or of a column of a table: classes for a rate, "
            "circles for a stock",
        ),
        "web": (
            "webs",
            "one web page of a territory: map, table, ranking and comparison, which a "
            "phone opens without a network",
        ),
        "table": ("tables", "one table of indicators by unit, with its sources"),
        "compare": (
            "comparisons",
            "one indicator of a unit beside its EPCI, SCoT, département…",
        ),
        "reach": (
            "reaching",
            "how many people live around a place: rings, or travel times",
        ),
        "read": ("reading", "a file read and checked: codes, counts, secrets, sources"),
        "rebase": (
            "reading",
            "a table of communes brought to the list of another year",
        ),
        "qgis-toolbox": ("toolbox", "copy the toolbox of QGIS into a folder"),
        "indicators": (
            "indicators",
            "the 69 indicators with their status, or all that is known of one",
        ),
        "check-secrecy": (
            "secrecy",
            "attack a folder of documents: what is hidden must not be found again",
        ),
        "data": (
            "fetching",
            "what is embedded, and official data on request: list, fetch, verify",
        ),
        "info": ("listings", "versions"),
    }
)
"""Of each command, its module and what it does."""


def parser(words: Sequence[str] = ()) -> Parser:
    """
    Return the parser of a command line, in the language that is spoken.

    Parameters
    ----------
    words
        Of the command line: only the commands among them are read, so that help is
        not paid for by what draws.
    """
    made = Parser(
        prog="basinmap",
        description=say(
            "Territorial observation of the bassin minier: maps, data, tables."
        ),
    )
    about = made.add_argument_group(say("version"))
    about.add_argument(
        "--version",
        action="version",
        version=f"basinmap {basinmap.__version__}",
        help=say("show the version and leave"),
    )
    commands = made.add_subparsers(
        dest="command", required=True, metavar=say("COMMAND"), title=say("commands")
    )
    for name, (module, told) in COMMANDS.items():
        command = commands.add_parser(name, help=say(told), description=say(told))
        if name in words:
            importlib.import_module(f"basinmap.cli.{module}").fill(command)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command and return its exit status.

    Parameters
    ----------
    arguments
        Words of the command line, by default those of the process.

    Returns
    -------
    int
        0 done, 2 the input is wrong (one message on stderr), 1 a bug of
        basinmap (with its traceback), 130 interrupted, 143 and 129 asked to end.
    """
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter prints the nearest one rather than fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")
    words = list(sys.argv[1:] if arguments is None else arguments)
    with speaking(spoken_in(words, os.environ)):
        return _done(words)


def _done(words: Sequence[str]) -> int:
    """Run a command in the language that is spoken."""
    given = parser(words).parse_args(words)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", BasinmapWarning)
            # The foot of a map says it.
            warnings.simplefilter("ignore", OutlineWarning)
            given.run(given)
        said = (typed(str(warning.message), vars(given)) for warning in caught)
        for message in dict.fromkeys(said):
            _tell(say("warning: {message}", message=message))
    except BasinmapError as error:
        _tell(typed(str(error), vars(given)))
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; keep the exit silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as stop:
        return _interrupted(stop)
    except Exception:  # noqa: BLE001 - the last resort: say that it is our fault
        traceback.print_exc()
        _tell(say("this is a bug, please report it"))
        return 1
    return 0


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as a typewriter would: no sign may be lost."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in lacking), error.end


def run() -> None:
    """Run the command line of the process."""
    # The end of a session, or of a job, leaves no more behind than Ctrl-C does.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)
    sys.exit(main())


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(number)


def _interrupted(stop: KeyboardInterrupt) -> int:
    """Say what an interruption leaves, and return the status of the signal."""
    if isinstance(stop, Interrupted):
        _tell(say("interrupted; all files are in place"))
    else:
        _tell(say("interrupted; nothing was changed"))
    return 128 + (int(stop.args[0]) if stop.args else int(signal.SIGINT))


def _tell(text: str) -> None:
    print(f"basinmap: {text}", file=sys.stderr)
