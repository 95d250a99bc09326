"""`basinmap compare`: one indicator of a unit beside the territories that hold it."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

import basinmap as bm
from basinmap.catalogue.entries import indicator
from basinmap.cli.asked import fed_by, tell_notes, tell_unused
from basinmap.cli.files import figures_of
from basinmap.cli.options import (
    add_data,
    add_figures,
    add_outlines,
    add_signature,
    day_of,
    years_of,
)
from basinmap.cli.outputs import Laid, add_output, output_of, write_table
from basinmap.cli.places import outlines_of, territory_of
from basinmap.cli.words import say
from basinmap.deliverables.plates import (
    Look,
    method_of,
    plain_reading,
    rate_sheet,
    stock_sheet,
)
from basinmap.deliverables.subjects import subject
from basinmap.errors import DataError
from basinmap.typography import capital, number
from basinmap.values.columns import column, describe, table_of
from basinmap.values.told import bare, carry, retell, told_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser
    from basinmap.maps.paper.sheets import Sheet

__all__ = ["fill"]

_PLATES: Final = (".pdf", ".svg", ".png")
_LEVELS: Final = {
    "commune": "commune",
    "secteur": "périmètre",
    "epci": "EPCI",
    "scot": "SCoT",
    "arrondissement": "arrondissement",
    "bassin": "bassin minier",
    "departement": "département",
    "region": "région",
}


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    what = command.add_argument_group(say("what is shown"))
    what.add_argument("id", metavar="ID", help=say("an indicator, such as L14"))
    what.add_argument(
        "--unit",
        metavar="CODE",
        nargs="+",
        required=True,
        help=say("communes, EPCI, SCoT or perimeters: codes or names"),
    )
    add_outlines(command.add_argument_group(say("territory")), territory=True)
    add_data(command)
    add_figures(command)
    add_output(command)
    add_signature(command)
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    id_, day = given.id.upper(), day_of(given.date)
    output = output_of(given, _PLATES)
    communes = territory_of(given)
    figures = figures_of(given, communes, [id_])
    tell_notes(given, figures.notes)
    with fed_by(id_):
        every = [
            bm.compare(
                id_,
                figures.table,
                unit,
                year=years_of(given.year),
                variant=given.variant,
                communes=communes,
                allow_partial=given.allow_partial,
                least=given.least,
            )
            for unit in given.unit
        ]
    shown = [retell(column(t, "value"), sources=told_of(t).sources) for t in every]
    tell_unused(figures, dict(zip(given.unit, shown, strict=True)))
    if output is not None and output.suffix.lower() in _PLATES:
        _plate(given, every, figures.table, communes, day).savefig(output)
        print(output)
        return
    write_table(output, _laid(every, id_), author=given.author, date=day)


def _plate(
    given: argparse.Namespace,
    every: Sequence[pd.DataFrame],
    counts: pd.DataFrame,
    communes: pd.DataFrame | None,
    day: dt.date,
) -> Sheet:
    """Draw the communes of the unit, of the EPCI of a commune, and the comparison."""
    if len(every) > 1:
        msg = say("a plate compares one unit: write one --unit, or a table")
        raise DataError(msg)
    found, id_ = every[0], given.id.upper()
    code = str(found.index[0])
    if found["level"].iloc[0] == "commune":
        code = str(bm.membership("epci", communes=communes)[code])
    about = subject(
        bm.perimeter(code, communes=communes),
        author=given.author,
        date=day,
        outlines=outlines_of(given),
        listing=communes,
        counts=counts,
        alone=True,
    )
    values = about.computed(id_, year=years_of(given.year), variant=given.variant)
    credit = told_of(found).sources
    compared = describe(column(found, "value"), sources=credit, notes=())
    figures = {"comparison": compared, "names": found["name"]}
    if told_of(values).kind == "stock":
        return stock_sheet(about, values, **figures)
    style = indicator(id_, given.variant).map
    method = method_of(style.method)
    classes = bm.classify(values, method=method, pivot=style.pivot, firm=True)
    note = plain_reading(values, about.communes, town=True)
    look = Look(note=note, palette=style.palette or None)
    return rate_sheet(about, values, classes, look=look, **figures)


def _one(every: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return comparisons as one, the units asked for first, none of them twice."""
    if len(every) == 1:
        return every[0]
    firsts = pd.concat([bare(found.head(1)) for found in every])
    rest = pd.concat([bare(found.iloc[1:]) for found in every])
    rest = rest.assign(_at=rest["level"].map(list(_LEVELS).index))
    rest = rest.sort_values("_at", kind="stable").drop(columns="_at")
    joined = pd.concat([firsts, rest])
    joined = joined[~joined.index.duplicated()]
    told = [told_of(found) for found in every]
    remarks = {code: line for one in told for code, line in one.remarks.items()}
    return carry(joined, every[0], remarks=remarks)


def _laid(every: Sequence[pd.DataFrame], id_: str) -> Laid:
    """Return a comparison as a table: values, counts, rank among the peers."""
    found = _one(every)
    whole = told_of(found)
    values = describe(column(found, "value"), sources=whole.sources, notes=whole.notes)
    told = told_of(values)
    table = table_of({id_: values})
    names = [
        f"{name} ({also})" if also else str(name)
        for name, also in zip(found["name"], found["also"], strict=True)
    ]
    more = pd.DataFrame(
        {
            "Échelon": [capital(_LEVELS.get(level, level)) for level in found["level"]],
            "Numérateur": found["numerator"].round(),
            "Dénominateur": found["denominator"].round(),
            "Rang": [_rank(row) for row in found.itertuples()],
        },
        index=found.index,
    )
    units = ", ".join(found["name"].iloc[: len(every)])
    if not found["denominator"].notna().any():
        more = more.drop(columns=["Numérateur", "Dénominateur"])
    return Laid(
        table=table,
        names=pd.Series(names, found.index),
        title=f"{told.title or told.label} – {units}",
        heading="Code",
        more=more,
    )


def _rank(row: object) -> str:
    """Write « 3 sur 36 », the highest value first, or « 3 ex æquo sur 36 »."""
    rank, peers, ties = (getattr(row, name) for name in ("rank", "peers", "ties"))
    if pd.isna(rank):
        return ""
    return f"{number(rank)}{' ex æquo' if ties else ''} sur {number(peers)}"
