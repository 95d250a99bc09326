"""The command line: `basinmap demo|plh|data|info`."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import basinmap
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    DataError,
    Interrupted,
    VintageError,
)

if TYPE_CHECKING:
    from basinmap.access.networks import Network
    from basinmap.access.streets import LayerOptions

__all__ = ["main", "run"]

DEMO_EPCI = "246200364"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="basinmap",
        description="Territorial observation of the bassin minier: maps, data, tables.",
    )
    parser.add_argument(
        "--version", action="version", version=f"basinmap {basinmap.__version__}"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="plates, data and tables of Lens-Liévin, the museum's EPCI"
    )
    demo.add_argument("--epci", default=DEMO_EPCI, help=argparse.SUPPRESS)
    plh = commands.add_parser("plh", help="plates, data and tables of one EPCI")
    plh.add_argument(
        "--epci",
        required=True,
        help="SIREN or name, such as 246200364, call or Lens-Liévin",
    )
    for command, folder in ((demo, "out"), (plh, None)):
        command.add_argument(
            "--out",
            default=folder,
            required=folder is None,
            help="folder of the outputs",
        )
        command.add_argument(
            "--network",
            metavar="FILE",
            help="streets around the museum, such as region.osm.pbf, or a layer of "
            "Geofabrik or of BD TOPO: adds the maps of travel times",
        )
        command.add_argument(
            "--layer",
            metavar="NAME",
            help="layer of streets, where the file has several",
        )
        command.add_argument(
            "--mode",
            choices=("walk", "bike", "car"),
            default="car",
            help="how the streets are travelled (car)",
        )
        command.add_argument(
            "--outlines",
            metavar="FILE",
            help="outlines of communes, such as ADMIN EXPRESS, in place of the "
            "embedded ones, which are generalised",
        )
        command.add_argument(
            "--outlines-year",
            metavar="YEAR",
            type=int,
            default=2026,
            help="year of the list of communes that this file follows (2026)",
        )
        command.add_argument(
            "--outlines-source",
            metavar="TEXT",
            help="credit of these outlines to print (the name of the file)",
        )
        command.add_argument(
            "--iris",
            metavar="FILE",
            help="outlines of IRIS: people around the museum are counted by dwellings "
            "rather than by surface",
        )
        command.add_argument("--author", default="basinmap", help="who signs the maps")
        command.add_argument("--date", help="date of making, YYYY-MM-DD (today)")
        command.add_argument(
            "--quiet", action="store_true", help="no progress on stderr"
        )
    commands.add_parser("data", help="what is embedded: vintage, source, licence")
    commands.add_parser("info", help="versions")
    return parser


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
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter prints a question mark rather than fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", BasinmapWarning)
            _COMMANDS[given.command](given)
        for message in dict.fromkeys(str(warning.message) for warning in caught):
            print(f"basinmap: warning: {message}", file=sys.stderr)
    except BasinmapError as error:
        print(f"basinmap: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; keep the exit silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as stop:
        return _interrupted(stop)
    except Exception:  # noqa: BLE001 - the last resort: say that it is our fault
        traceback.print_exc()
        print("basinmap: this is a bug, please report it", file=sys.stderr)
        return 1
    return 0


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
    done = isinstance(stop, Interrupted)
    left = "all files are in place" if done else "nothing was changed"
    print(f"basinmap: interrupted; {left}", file=sys.stderr)
    return 128 + (int(stop.args[0]) if stop.args else int(signal.SIGINT))


def _plh(given: argparse.Namespace) -> None:
    day, network = _date(given.date), _network(given)
    outlines = None
    if given.outlines is not None:
        outlines = basinmap.read_outlines(
            given.outlines, year=given.outlines_year, source=given.outlines_source
        )
    folder = basinmap.plh(
        given.epci,
        out=given.out,
        author=given.author,
        date=day,
        network=network,
        iris=given.iris,
        outlines=outlines,
        quiet=given.quiet,
    )
    print(f"{folder}:")
    for path in sorted(folder.iterdir()):
        if path.is_file():
            print(f"  {path.name:<32} {path.stat().st_size / 1024:>8.0f} KiB")


def _network(given: argparse.Namespace) -> Network | None:
    """Read the streets, and say what they are."""
    if given.network is None:
        if given.layer is not None:
            msg = "--layer is a layer of --network FILE; give the file too"
            raise DataError(msg)
        return None
    options: LayerOptions = {} if given.layer is None else {"layer": given.layer}
    network = basinmap.read_network(
        given.network, mode=given.mode, crs=2154, quiet=given.quiet, **options
    )
    if not given.quiet:
        print(f"basinmap: {network!r}", file=sys.stderr)
        for note in network.notes:
            print(f"basinmap: {note}", file=sys.stderr)
    return network


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        msg = f"--date {text!r} is no date: write it as 2026-11-23"
        raise VintageError(msg) from None


def _data(_: argparse.Namespace) -> None:
    from basinmap.territory.embedded import provenance  # noqa: PLC0415 - reads data

    known = provenance()
    print("Embedded data sets\n")
    for key, item in sorted(known["datasets"].items()):
        print(f"{key}: {item['title']}")
        print(f"    vintage {item['vintage']}; geography {item['geography']}")
        print(f"    {item['credit']}")
        print(f"    {item['licence']}")
        if "error_m" in item:
            print(
                f"    outlines {item['error_m']:g} m off (median), "
                f"{item['error_p95_m']:g} m for 95 %"
            )
    print("\nFiles\n")
    for name, item in sorted(known["files"].items()):
        print(f"{name:<22} {item['rows']:>5} rows  sha256 {item['sha256'][:16]}…")


def _info(_: argparse.Namespace) -> None:
    from basinmap.export.manifests import versions  # noqa: PLC0415 - reads metadata

    for name, version in versions().items():
        print(f"{name:<12} {version}")


_COMMANDS = {"demo": _plh, "plh": _plh, "data": _data, "info": _info}
