"""`basinmap map`: one credited plate of an indicator, or of a column of a table."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import pandas as pd

import basinmap as bm
from basinmap.catalogue.entries import MapStyle, indicator
from basinmap.cli.asked import BY, Asked, asked, subject_for
from basinmap.cli.options import (
    add_data,
    add_figures,
    add_signature,
    add_units,
    cuts_of,
    day_of,
    years_of,
)
from basinmap.cli.words import say
from basinmap.deliverables.plates import (
    Look,
    method_of,
    plain_reading,
    rate_sheet,
    stock_sheet,
)
from basinmap.errors import DataError, MeasureError
from basinmap.maps.classing.methods import Method
from basinmap.territory.levels import fold
from basinmap.values.columns import table_of
from basinmap.values.told import bare, carry, fact_of, retell, told_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser
    from basinmap.deliverables.subjects import Subject
    from basinmap.maps.paper.sheets import Sheet

__all__ = ["fill"]

_SUFFIXES: Final = (".pdf", ".png", ".svg", ".qgz")
_PLAIN: Final = MapStyle(type="", palette="", method="fisher-jenks")


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
        "id",
        metavar="ID",
        nargs="?",
        help=say("an indicator, such as L14; none to show a --column"),
    )
    add_units(command)
    add_data(command)
    add_figures(command)
    look = command.add_argument_group(say("look"))
    look.add_argument(
        "--classes",
        metavar="K",
        help=say("number of classes, or bounds between semicolons: '4;6;8' (5)"),
    )
    look.add_argument(
        "--method",
        choices=get_args(Method),
        metavar=say("NAME"),
        help=say(
            "how classes are made, such as quantile, equal or q6 (that of the "
            "catalogue)"
        ),
    )
    look.add_argument(
        "--palette", metavar=say("NAME"), help=say("colours (those of the catalogue)")
    )
    look.add_argument(
        "--title",
        metavar=say("TEXT"),
        help=say("title in place of that of the figures; the territory is added"),
    )
    look.add_argument(
        "--paper", default="A4", metavar="A4", help=say("paper, from A5 to A0 (A4)")
    )
    look.add_argument(
        "--scale",
        type=float,
        metavar="N",
        help=say("denominator of the scale, such as 100000 (the largest that fits)"),
    )
    look.add_argument(
        "--out",
        metavar=say("FILE"),
        action="append",
        help=say(
            "file to write, .pdf, .svg, .png, or .qgz for QGIS; several times for "
            "several"
        ),
    )
    add_signature(command)
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    ids = [given.id.upper()] if given.id else []
    style = indicator(ids[0], given.variant).map if ids else _PLAIN
    _check_drawn(ids, style)
    day, outputs = day_of(given.date), _outputs(given, ids)
    cuts_of(given.classes)  # before files are read
    found = asked(given, ids)
    (values,) = found.series.values()
    if values.isna().all():
        msg = say("no unit of the territory has a value in these files")
        raise DataError(msg)
    sheet = _drawn(given, found, values, style, day)
    for path in outputs:
        if path.suffix.lower() == ".qgz":
            _write_project(path, sheet, found, values, day, given.author)
        else:
            sheet.savefig(path)
        print(path)


def _write_project(
    path: Path, sheet: Sheet, found: Asked, values: pd.Series, day: dt.date, author: str
) -> None:
    """Write a plate as a project of QGIS, its values beside."""
    table = table_of({str(values.name): values})
    units = found.units()
    kept = units[["name", "geometry"]] if "name" in units else units[["geometry"]]
    frame = carry(kept.join(bare(table)), units)
    told = fact_of(table, "columns", {})
    retell(frame, title=sheet.about["Title"], columns=told)
    bm.write_qgis_project(
        path,
        {path.stem: sheet},
        {found.level: frame.loc[frame.index.isin(table.index)]},
        author=author,
        date=day,
        data=f"{path.stem}.gpkg",
    )


def _outputs(given: argparse.Namespace, ids: list[str]) -> list[Path]:
    """Return the files to write, once it is known that they can be."""
    named = ids[0] if ids else fold(given.column[0]) if given.column else "carte"
    found = [Path(name) for name in given.out or [f"{named.replace(' ', '-')}.pdf"]]
    wrong = [path for path in found if path.suffix.lower() not in _SUFFIXES]
    if wrong:
        msg = say(
            "--out {path}: a plate is written as .pdf, .svg, .png or .qgz",
            path=repr(str(wrong[0])),
        )
        raise DataError(msg)
    return found


def _check_drawn(ids: list[str], style: MapStyle) -> None:
    """Refuse what is drawn from other things than units."""
    if style.type in {"links", "chart"}:
        msg = say(
            "{id} is drawn as {kind}, not unit by unit: read it with "
            "bm.compute and draw it in Python",
            id=ids[0],
            kind=say("links") if style.type == "links" else say("a chart"),
        )
        raise MeasureError(msg)


def _drawn(
    given: argparse.Namespace,
    found: Asked,
    values: pd.Series,
    style: MapStyle,
    day: dt.date,
) -> Sheet:
    """Draw circles of a stock, classes of all else."""
    about, units = subject_for(given, found, day), found.units()
    look = Look(
        title=given.title or "",
        units=units,
        by=BY[found.level],
        paper=given.paper,
        scale=given.scale,
        palette=given.palette or style.palette or None,
    )
    if told_of(values).kind == "stock":
        if given.classes is not None or given.method is not None:
            msg = say(
                "{name} is a stock, drawn as circles: it has no classes; leave "
                "--classes and --method out",
                name=repr(told_of(values).label),
            )
            raise MeasureError(msg)
        return stock_sheet(about, values, look=replace(look, palette=None))
    note = plain_reading(values, units, town=found.level == "commune")
    compared = _compared(given, found, about)
    classes = _classed(given, values, style)
    return rate_sheet(
        about, values, classes, comparison=compared, look=replace(look, note=note)
    )


def _classed(
    given: argparse.Namespace, values: pd.Series, style: MapStyle
) -> pd.Series:
    """Cut values as they are asked to be, or as the catalogue says."""
    cuts = cuts_of(given.classes)
    if isinstance(cuts, tuple):
        if given.method is not None:
            msg = say("--classes gives the bounds: leave --method out")
            raise DataError(msg)
        return bm.classify(values, breaks=cuts, firm=True)
    pivot = style.pivot
    method = method_of(given.method or style.method)
    k = cuts or (6 if pivot is not None else 5)
    return bm.classify(values, method=method, k=k, pivot=pivot, firm=True)


def _compared(
    given: argparse.Namespace, found: Asked, about: Subject
) -> pd.Series | None:
    """Return the same indicator for the territories around, where there is one."""
    (name,) = found.series
    if given.id is None or found.where.perimeter is None:
        return None
    if indicator(name).kind in {"median", "flow"}:
        return None
    return about.comparison(
        name, year=years_of(given.year), variant=given.variant, least=given.least
    )
