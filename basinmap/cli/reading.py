"""`basinmap read` and `basinmap rebase`: a file, checked, and at another year."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import pandas as pd

import basinmap as bm
from basinmap.cli.files import read_file
from basinmap.cli.options import add_data, add_signature, day_of
from basinmap.cli.outputs import Laid, add_output, output_of, write_table
from basinmap.cli.words import say
from basinmap.errors import DataError, VintageError
from basinmap.export.geopackages import write_geopackage
from basinmap.measures import state_column
from basinmap.typography import capital
from basinmap.values.told import bare, fact_of, measures_of, retell, tell, told_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]


def fill(command: Parser) -> None:
    """
    Add the options of `read` or of `rebase`.

    Parameters
    ----------
    command
        Its parser.
    """
    what = command.add_argument_group(say("what is read"))
    what.add_argument(
        "file",
        metavar=say("FILE"),
        help=say("a producer's file, or a table of your own (--code)"),
    )
    rebased = command.prog.endswith("rebase")
    if rebased:
        what.add_argument(
            "--to",
            metavar=say("YEAR"),
            type=int,
            default=2026,
            help=say("year of the list of communes to bring it to (2026)"),
        )
    add_data(command)
    add_output(command)
    add_signature(command)
    command.set_defaults(run=_rebase if rebased else _read)


def _read(given: argparse.Namespace) -> None:
    table = _file(given)
    _write(given, table, _year(given, table))


def _rebase(given: argparse.Namespace) -> None:
    table = _file(given)
    if table.index.name != "commune":
        msg = say(
            "{file} is of level {level}: this command takes tables by commune",
            file=given.file,
            level=table.index.name,
        )
        raise DataError(msg)
    year = _year(given, table)
    if year is None:
        msg = say(
            "{file}: of which year are its communes? Write --cog 2022", file=given.file
        )
        raise VintageError(msg)
    events = None if given.movements is None else bm.read_movements(given.movements)
    moved, report = bm.rebase(table, from_year=year, to_year=given.to, events=events)
    if not given.quiet:
        for line in str(report).splitlines():
            print(f"basinmap: {line}", file=sys.stderr)
    _write(given, moved, given.to)


def _file(given: argparse.Namespace) -> pd.DataFrame:
    """Read the file, and say what was repaired and left out."""
    day_of(given.date)
    output_of(given, (".gpkg",))  # before anything is read
    if given.data:
        msg = say("write the file after the command, without --data")
        raise DataError(msg)
    table = read_file(given.file, given)
    if not given.quiet:
        for note in (fact_of(table, "report") or {}).get("notes", ()):
            print(f"basinmap: {note}", file=sys.stderr)
    return table


def _year(given: argparse.Namespace, table: pd.DataFrame) -> int | None:
    """Return the year of the list of communes that a table follows."""
    told = told_of(table).geography[:4]
    years = {m.geography[:4] for m in measures_of(table).values() if m.geography}
    if not told.isdigit() and len(years) == 1:
        (told,) = years
    return given.cog or (int(told) if told.isdigit() else None)


def _write(given: argparse.Namespace, table: pd.DataFrame, year: int | None) -> None:
    day, output = day_of(given.date), output_of(given, (".gpkg",))
    title = f"{given.file} – communes {year}" if year else str(given.file)
    title = title.replace("\\", "/").rsplit("/", 1)[-1]
    if output is None or output.suffix.lower() != ".gpkg":
        write_table(output, _laid(table, title), author=given.author, date=day)
        return
    if table.index.name != "commune" or year != 2026:
        msg = say(
            "outlines are those of the communes of 2026: bring the table there first, "
            "basinmap rebase, or write a .csv, .xlsx or .parquet"
        )
        raise DataError(msg)
    ground = bm.communes()[["name", "geometry"]]
    frame = ground.join(bare(table), how="inner")
    lost = len(table) - len(frame)
    if lost and not given.quiet:
        told = say(
            "{count} row(s) of elsewhere have no outline: left out of the layer",
            count=lost,
        )
        print(f"basinmap: {told}", file=sys.stderr)
    retell(
        frame,
        title=title,
        level="commune",
        measures=measures_of(table),
        sources=told_of(table).sources,
    )
    write_geopackage(
        output, {"communes": frame}, title=title, author=given.author, date=day
    )
    print(output)


def _laid(table: pd.DataFrame, title: str) -> Laid:
    """Return what was read as a table: counts and their states, names beside."""
    beside = {state_column(str(name)) for name in table.columns}
    counted = [
        name
        for name in table.columns
        if name not in beside and pd.api.types.is_numeric_dtype(table[name].dtype)
    ]
    rest = [name for name in table.columns if name not in {*counted, *beside}]
    kept = [c for n in counted for c in (n, state_column(str(n))) if c in table]
    values = tell(
        bare(table)[kept],
        told_of(table),
        measures=measures_of(table),
        columns=fact_of(table, "columns", {}),
    )
    level = str(table.index.name or "code")
    names = pd.Series("", table.index)
    if level == "commune":
        names = bm.communes()["name"].reindex(table.index).fillna("")
    more = bare(table)[rest].astype(str) if rest else None
    heading = capital(level)
    return Laid(table=values, names=names, title=title, heading=heading, more=more)
