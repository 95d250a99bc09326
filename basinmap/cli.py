"""The command line: `basinmap demo|plh|data|info`."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import os
import sys
import traceback
import warnings
from collections.abc import Sequence

import basinmap
from basinmap.errors import BasinmapError, BasinmapWarning, VintageError

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
        "--epci", required=True, help="SIREN or short name, such as 246200364 or call"
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
            help="streets around the museum, such as region.osm.pbf: adds the maps of "
            "travel times",
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
        basinmap (with its traceback), 130 interrupted.
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
    except KeyboardInterrupt:
        print("basinmap: interrupted; nothing was changed", file=sys.stderr)
        return 130
    except Exception:  # noqa: BLE001 - the last resort: say that it is our fault
        traceback.print_exc()
        print("basinmap: this is a bug, please report it", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Run the command line of the process."""
    sys.exit(main())


def _plh(given: argparse.Namespace) -> None:
    outlines = None
    if given.outlines is not None:
        outlines = basinmap.read_outlines(
            given.outlines, year=given.outlines_year, source=given.outlines_source
        )
    folder = basinmap.plh(
        given.epci,
        out=given.out,
        author=given.author,
        date=_date(given.date),
        network=given.network,
        mode=given.mode,
        outlines=outlines,
        quiet=given.quiet,
    )
    print(f"{folder}:")
    for path in sorted(folder.iterdir()):
        if path.is_file():
            print(f"  {path.name:<32} {path.stat().st_size / 1024:>8.0f} KiB")


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
