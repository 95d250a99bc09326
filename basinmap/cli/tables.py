"""`basinmap table`: one table of indicators by unit, credited."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from basinmap.catalogue.entries import indicator
from basinmap.cli.asked import BY, Asked, asked
from basinmap.cli.options import (
    add_data,
    add_figures,
    add_signature,
    add_units,
    day_of,
)
from basinmap.cli.outputs import Laid, add_output, output_of, write_table
from basinmap.cli.words import say
from basinmap.errors import MeasureError
from basinmap.typography import capital
from basinmap.values.columns import table_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    what = command.add_argument_group(say("what is shown"))
    what.add_argument(
        "ids",
        metavar="ID",
        nargs="*",
        help=say("indicators, such as L04 L14; none to show a --column"),
    )
    add_units(command)
    add_data(command)
    add_figures(command)
    add_output(command)
    add_signature(command)
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    ids = list(dict.fromkeys(id_.upper() for id_ in given.ids))
    for id_ in ids:
        if indicator(id_).kind == "flow":
            msg = say("{id} is of flows between units: read it with bm.compute", id=id_)
            raise MeasureError(msg)
    day, output = day_of(given.date), output_of(given)
    found = asked(given, ids)
    table = table_of(found.series)
    name = found.where.perimeter.name if found.where.perimeter else ""
    laid = Laid(
        table=table,
        names=found.names.reindex(table.index).fillna(""),
        title=_title(found, name),
        heading=capital(BY[found.level]),
    )
    write_table(output, laid, author=given.author, date=day)


def _title(found: Asked, name: str) -> str:
    by = f"par {BY[found.level]}"
    return f"{name}, {by}" if name else f"Indicateurs {by}"
