"""`basinmap demo|plh`: the documents."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import basinmap as bm
from basinmap.cli.files import figures_of
from basinmap.cli.museums import add_streets, streets_of
from basinmap.cli.options import (
    add_data,
    add_outlines,
    add_signature,
    add_units,
    day_of,
)
from basinmap.cli.places import where
from basinmap.cli.publications import (
    add_document,
    add_shown,
    area_of,
    formats_of,
    former_of,
    indicators_of,
    list_files,
    look_of,
    plates_of,
    texts_of,
)
from basinmap.cli.words import say
from basinmap.deliverables.subjects import joined
from basinmap.errors import DataError

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]

DEMO_EPCI: Final = "246200364"
DEMO_SCOT: Final = "lens-lievin-henin-carvin"


def fill(command: Parser) -> None:
    """
    Add the options of `demo` or of `plh`.

    Parameters
    ----------
    command
        Its parser.
    """
    command.set_defaults(run=_plh)
    if command.prog.endswith("demo"):
        group = command.add_argument_group(say("territory"))
        group.add_argument("--epci", default=DEMO_EPCI, help=argparse.SUPPRESS)
        add_outlines(group, territory=False)
        unasked = (
            *("territory", "territory_year", "territory_epcis", "scot", "name"),
            *("departement", "perimeter", "communes", "indicators"),
        )
        untold = dict.fromkeys(("sectors", "balance", "moves"))
        command.set_defaults(**dict.fromkeys(unasked), **untold, data=[], former=[])
        command.set_defaults(classes="territoire")
        _add_output(command, "out")
    else:
        add_units(command, leveled=False, territory=True)
        _add_output(command, None)
        add_data(command)
        add_shown(command)
        _add_programme(command)
    _add_museum(command)
    add_document(command)
    add_signature(command)


def _add_output(command: Parser, folder: str | None) -> None:
    group = command.add_argument_group(say("output"))
    group.add_argument(
        "--out",
        default=folder,
        required=folder is None,
        metavar=say("FOLDER"),
        help=say("folder of the outputs"),
    )


def _add_programme(command: Parser) -> None:
    """Add what only the maker of a PLH knows."""
    group = command.add_argument_group(say("programme"))
    group.add_argument(
        "--sectors",
        metavar=say("FILE"),
        help=say("secteur of each commune: a table with columns commune and secteur"),
    )
    group.add_argument(
        "--moves",
        metavar=say("FILE"),
        help=say("Insee's file of residential moves between communes"),
    )
    group.add_argument(
        "--balance",
        metavar=say("FILE"),
        help=say(
            "balance of the previous PLH: a table with columns commune, objectif, "
            "realise, and theme where there are several"
        ),
    )
    group.add_argument(
        "--balance-source",
        default="",
        metavar=say("TEXT"),
        help=say("source of the balance to print"),
    )
    group.add_argument(
        "--balance-period",
        metavar="2014-2020",
        help=say("first and last year of the previous PLH"),
    )
    group.add_argument(
        "--balance-closed",
        action="store_true",
        help=say(
            "the period of the previous PLH is over: objectives are reached or not"
        ),
    )


def _balance_of(given: argparse.Namespace) -> bm.Balance | None:
    """Read the balance of the previous PLH, with its period."""
    if given.balance is None:
        return None
    years = str(given.balance_period or "").split("-")
    if len(years) != 2 or not all(year.isdigit() for year in years):
        msg = say("--balance FILE needs --balance-period FIRST-LAST, such as 2014-2020")
        raise DataError(msg)
    return bm.read_balance(
        given.balance,
        source=given.balance_source,
        period=(int(years[0]), int(years[1])),
        closed=given.balance_closed,
    )


def _add_museum(command: Parser) -> None:
    """Add what measures the way to the museum."""
    group = add_streets(command)
    group.add_argument(
        "--iris",
        metavar=say("FILE"),
        help=say(
            "outlines of IRIS: people around the museum are counted by dwellings "
            "rather than by surface"
        ),
    )


def _plh(given: argparse.Namespace) -> None:
    day, network = day_of(given.date), streets_of(given)
    found = where(given)
    communes, counts = found.communes, None
    if given.data or communes is not None:
        figures = figures_of(given, communes, ("L04",) if given.column else ())
        counts = figures.table
        if communes is None:  # as in the other documents, files complete what is there
            counts = joined(bm.statistics(), counts)
        if not given.quiet:
            for note in figures.notes:
                print(f"basinmap: {note}", file=sys.stderr)
    folder = bm.plh(
        area_of(found),
        out=given.out,
        author=given.author,
        date=day,
        network=network,
        iris=given.iris,
        outlines=found.outlines,
        communes=communes,
        counts=counts,
        balance=_balance_of(given),
        sectors=None if given.sectors is None else bm.read_sectors(given.sectors),
        former=former_of(given, communes),
        moves=None if given.moves is None else bm.read_source(given.moves),
        classes=given.classes,
        indicators=indicators_of(given),
        formats=formats_of(given),
        theme=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
        quiet=given.quiet,
    )
    list_files(folder)
    if given.command == "demo":
        _write_others(given, folder)


def _write_others(given: argparse.Namespace, folder: Path) -> None:
    """Write the two other documents that embedded data are enough for."""
    signed = {"author": given.author, "date": day_of(given.date) or dt.date.today()}  # noqa: DTZ011 - the maker's day
    list_files(
        bm.scot_observatory(
            DEMO_SCOT, "logement-vacance", out=folder / "bulletin-scot", **signed
        )
    )
    year = signed["date"].year
    list_files(bm.pic(year, out=folder / "louvre-lens", **signed))
