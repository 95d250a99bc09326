"""From `--data` to one table of typed counts."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pandas as pd

import basinmap as bm
from basinmap.catalogue.entries import catalogue, indicator
from basinmap.cli.locating import located
from basinmap.cli.words import say
from basinmap.deliverables.bringing import brought
from basinmap.deliverables.subjects import joined, stood_in
from basinmap.errors import (
    BasinmapError,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.measures import Measure, Median, Stock
from basinmap.sheets import grids
from basinmap.territory.france import departement_of
from basinmap.territory.levels import fold
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.typography import number
from basinmap.values.told import bare, carry, fact_of, measures_of, tell, told_of

__all__ = ["EMBEDDED", "Figures", "figures_of", "read_file", "shown_column"]

EMBEDDED: Final = "embedded"
"""What stands for the embedded statistics among files."""
_HEADS: Final = 20
# Words of headers that no count bears.
_RATES: Final = ("taux", "part", "median", "mediane", "moyen", "moyenne", "prix")

Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """
    A table of counts, and what was done to have it.

    Attributes
    ----------
    table
        Of communes, on the list that is meant.
    notes
        French sentences, in order: what was read, brought to another year, left out.
    credits
        Sources of the columns of each file that was given, by its name.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]
    credits: Mapping[str, frozenset[str]] = field(default_factory=dict)


def figures_of(
    given: argparse.Namespace, communes: Communes, ids: Sequence[str]
) -> Figures:
    """
    Read the files of a command, and join them.

    Parameters
    ----------
    given
        The options of `add_data`.
    communes
        The list that figures are brought to.
    ids
        Indicators that are asked for.

    Raises
    ------
    DataError
        If no file is given for a territory that is not embedded, or something of a
        table is not told.
    ColumnError
        If a column is in no file, or a count in two.
    """
    files = list(dict.fromkeys(given.data)) or [EMBEDDED]
    territory = listed(communes)
    _check_given(files, territory)
    columns = dict(_named(text, ids) for text in given.column)
    own = _own(files, given.code, columns)
    tables: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for file in files:
        if _embedded(file):
            tables[file] = bm.statistics()
            continue
        try:
            table = _read(file, given, own[file], ids)
        except BasinmapError as error:
            raise located(error, file) from error
        report = fact_of(table, "report") or {}
        # Where it says how to bring figures to another year, it is done below.
        notes.extend(n for n in report.get("notes", ()) if "bm.rebase" not in n)
        tables[file], told = _brought(table, Path(file).name, given, territory)
        notes.extend(told)
    credited = {
        Path(file).name: _credits(table)
        for file, table in tables.items()
        if not _embedded(file)
    }
    table, told = _joined(tables)
    return Figures(table, (*notes, *told), credited)


def _credits(table: pd.DataFrame) -> frozenset[str]:
    """Return the sources of the columns of a table."""
    lines = (m.source.split("; ") for m in measures_of(table).values())
    return frozenset(line for several in lines for line in several if line)


def read_file(file: str, given: argparse.Namespace) -> pd.DataFrame:
    """
    Read one file as it is: a producer's, or a table of one's own.

    Parameters
    ----------
    file
        Its path.
    given
        The options of `add_data`.

    Raises
    ------
    DataError
        If something of it is not told.
    """
    columns = dict(_named(text, ()) for text in given.column)
    own = _own([file], given.code, columns)[file]
    try:
        return _read(file, given, own, ())
    except BasinmapError as error:
        raise located(error, file) from error


def _embedded(file: str) -> bool:
    return file == EMBEDDED and not Path(file).exists()


def _check_given(files: Sequence[str], territory: Territory) -> None:
    """Refuse embedded statistics of a territory that is another."""
    if territory.given and any(map(_embedded, files)):
        msg = say(
            "nothing is embedded of the territory of --territory: give its figures, "
            "--data FILE"
        )
        raise DataError(msg)


# -- tables of one's own ------------------------------------------------------------


def _named(text: str, ids: Sequence[str]) -> tuple[str, str]:
    """Return a column and the count it is, as `--column` says."""
    column, _, count = (part.strip() for part in text.rpartition("="))
    if not column:
        column, count = count, ""
    counts = catalogue().counts
    if not ids and not count:
        return column, ""
    count = count or column
    if count not in counts:
        wanted = [name for id_ in ids for name in indicator(id_).counts]
        near = difflib.get_close_matches(count, list(counts), n=3, cutoff=0.7)
        msg = say(
            "--column {text}: {count} is no count of the catalogue; write "
            "--column '{column}=COUNT', such as {names}",
            text=repr(text),
            count=repr(count),
            column=column,
            names=culprits(dict.fromkeys([*wanted, *near]) or list(counts)),
        )
        raise ColumnError(msg)
    return column, count


def _own(
    files: Sequence[str], code: str | None, columns: Columns
) -> dict[str, dict[str, str]]:
    """Return, by file that is a table of one's own, which columns are in it."""
    found: dict[str, dict[str, str]] = {file: {} for file in files}
    if code is None:
        return found
    lost = set(columns)
    for file in files:
        if _embedded(file):
            continue
        heads = _headers(file)
        if _spaced(code) in heads:
            found[file] = {c: n for c, n in columns.items() if _spaced(c) in heads}
            lost -= set(found[file])
    if not any(found.values()) and len(files) == 1:
        # Of one file nothing else can be meant: the reader says what it lacks.
        return {files[0]: dict(columns)}
    if lost:
        msg = say(
            "no file has a column {names} beside its codes, {code}",
            names=culprits(sorted(lost)),
            code=repr(code),
        )
        raise ColumnError(msg)
    return found


def _headers(file: str) -> set[str]:
    """Return the cells of the first rows of a file."""
    return {
        _spaced(cell)
        for grid in grids(file)
        for row in grid.head[:_HEADS]
        for cell in row
    }


def _spaced(cell: str) -> str:
    return " ".join(cell.split())


def _read(
    file: str, given: argparse.Namespace, columns: Columns, ids: Sequence[str]
) -> pd.DataFrame:
    """Read a file: a producer's, or a table of one's own."""
    if given.code is not None and columns:
        _check_told(given, Path(file).name)
        decimal: Literal[".", ","] | None = given.decimal
        return bm.read_table(
            file,
            code=given.code,
            measures={
                column: _measure(column, c, given) for column, c in columns.items()
            }
            if not ids
            else dict(columns),
            source=given.source,
            vintage=given.vintage,
            cog=given.cog,
            part=given.part,
            decimal=decimal,
        )
    # Beside a table of one's own, --vintage is of that table: a producer's file tells
    # its own year.
    vintage = None if given.code is not None else given.vintage
    try:
        return bm.read_source(
            file,
            given.kind,
            cog=given.cog,
            vintage=vintage,
            member=given.part,
            dates=given.dates,
        )
    except DataError as error:
        if given.kind is None and "no known file" in str(error.args[0]):
            raise DataError(_asks(file, str(error.args[0]))) from None
        raise


def _asks(file: str, refusal: str) -> str:
    """Ask for what a table that is no producer's file does not say."""
    near = re.search(r"; (\S+) has (.+) too\. Known", refusal)
    if near:
        return say(
            "{file} is nearly the producer's file {id}, which has {names} too: take it "
            "as it was published; for a table of your own, --code COLUMN --column "
            "'COLUMN=COUNT' --source TEXT --vintage YEAR",
            file=Path(file).name,
            id=near[1],
            names=near[2],
        )
    heads = [
        cell
        for grid in grids(file)
        for cell in max(grid.head, key=lambda row: sum(map(bool, row)), default=[])
    ]
    return say(
        "{file} is no producer's file that is known. A table of your own? Then say "
        "its column of codes and its counts: --code COLUMN --column 'COLUMN=COUNT' "
        "--source TEXT --vintage YEAR; found {names}",
        file=Path(file).name,
        names=culprits([cell for cell in dict.fromkeys(heads) if cell], most=12),
    )


def _check_told(given: argparse.Namespace, file: str) -> None:
    """Ask for the option that is missing."""
    if not (given.source or "").strip():
        msg = say(
            "{file}: who made these figures? Say it, the foot of the map prints it: "
            "--source 'Ville de Lens, observatoire'",
            file=file,
        )
        raise DataError(msg)
    if given.vintage is None:
        msg = say("{file}: of which year are they? Write --vintage 2022", file=file)
        raise VintageError(msg)


def _measure(column: str, count: str, given: argparse.Namespace) -> str | Measure:
    """Return what a column that is shown as it is declares itself to be."""
    if given.published is not None:
        unit = given.published.strip()
        # « Taux (%) » says its unit already.
        label = column.removesuffix(f"({unit})").strip() or column
        return Median(label=label, unit=unit, signed=given.signed)
    if count and given.signed:
        msg = say(
            "--signed is of a column that is shown as it is, and {count} is never "
            "below zero: write --column {column}",
            count=repr(count),
            column=repr(column),
        )
        raise MeasureError(msg)
    if count:
        return count
    unit = (given.counted or "").strip()
    return Stock(label=column, unit=unit, signed=given.signed)


# -- on one list of communes --------------------------------------------------------


def _brought(
    table: pd.DataFrame, file: str, given: argparse.Namespace, territory: Territory
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the list that is meant, at its year."""
    if table.index.name != "commune":
        msg = say(
            "{file} is of level {level}: this command takes tables by commune",
            file=file,
            level=table.index.name,
        )
        raise DataError(msg)
    kept, notes = _inside(table, file, territory)
    year = told_of(table).geography[:4]
    if not year.isdigit() or int(year) == territory.year:
        return kept, notes
    if territory.given and given.movements is None:
        msg = say(
            "{file} follows the communes of {year}, --territory those of {other}: give "
            "the list of the same year, or --movements FILE (mvtcommune, Insee)",
            file=file,
            year=year,
            other=territory.year,
        )
        raise VintageError(msg)
    events = None if given.movements is None else bm.read_movements(given.movements)
    moved, told = brought(kept, (int(year), territory.year), events)
    return moved, [*notes, *told]


def _inside(
    table: pd.DataFrame, file: str, territory: Territory
) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the rows of départements that the list does not hold whole."""
    here = {departement_of(code) for code in territory.codes}
    whole = {d for d in here if not _cut(territory, d)}
    of = table.index.map(departement_of)
    inside = of.isin(list(whole)) | table.index.isin(territory.codes)
    if inside.all():
        return table, []
    if not inside.any():
        msg = say(
            "{file}: none of its {count} communes is in the territory: {codes}",
            file=file,
            count=len(table),
            codes=culprits(table.index.tolist(), most=3),
        )
        raise CodeError(msg)
    kept = carry(pd.DataFrame(table[inside]), table)
    told = f"{file} : {number(int((~inside).sum()))} communes d'ailleurs, laissées."
    return kept, [told]


def _cut(territory: Territory, departement: str) -> bool:
    """Tell whether a list holds a part of a département only."""
    due = territory.whole.get("departement", {}).get(departement)
    if due is None:
        return False
    members = territory.members("departement")
    return int((members == departement).sum()) < int(due)


def _joined(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns of files side by side; embedded ones give way to a file's."""
    files = {file: table for file, table in tables.items() if not _embedded(file)}
    if len(files) == len(tables):
        return _side_by_side(files), []
    table = tables[EMBEDDED]
    if not files:
        return table, []
    given = _side_by_side(files)
    gone = stood_in(table, given)
    told = f"Des fichiers, non des statistiques embarquées : {', '.join(gone)}."
    return joined(table, given), [told] if gone else []


def _side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Lay the columns of files side by side, each with what is told of it."""
    if len(tables) == 1:
        return next(iter(tables.values()))
    seen: dict[str, str] = {}
    for file, table in tables.items():
        for column in table.columns:
            if column in seen:
                msg = say(
                    "{column} is in two files, {first} and {second}: leave one of them "
                    "out",
                    column=repr(column),
                    first=Path(seen[column]).name,
                    second=Path(file).name,
                )
                raise ColumnError(msg)
            seen[column] = file
    whole = pd.concat([bare(table) for table in tables.values()], axis=1, sort=True)
    whole.index.name = "commune"
    measures = {n: m for t in tables.values() for n, m in measures_of(t).items()}
    days = {told_of(table).geography for table in tables.values()}
    facts = {"geography": days.pop()} if len(days) == 1 else {}
    return tell(whole, level="commune", measures=measures, **facts)


# -- the column that is shown -------------------------------------------------------


def shown_column(table: pd.DataFrame, given: argparse.Namespace) -> str:
    """
    Return the column that `--column` names when there is no indicator.

    Parameters
    ----------
    table
        What `figures_of` read.
    given
        The options of `add_data`, and `--year`.

    Raises
    ------
    DataError
        If none, or several, are named, or it is no count that says so.
    ColumnError
        If it is not there, of that year.
    """
    if len(given.column) != 1:
        msg = say(
            "what is to be shown? Write an indicator (basinmap indicators lists them), "
            "or one --column"
        )
        raise DataError(msg)
    column, count = _named(given.column[0], ())
    name = count or column
    every = [c for c in table.columns if not c.endswith("_state")]
    found = sorted(c for c in every if c == name or _dated(c, name))
    if given.year is not None:
        found = [c for c in found if c.endswith(f"_{given.year}")]
    if not found:
        msg = say(
            "no column {name}; found {names}",
            name=repr(name if given.year is None else f"{name}_{given.year}"),
            names=culprits(every, most=12),
        )
        raise ColumnError(msg)
    _check_count(table, found[-1], given)
    return found[-1]


def _dated(column: str, name: str) -> bool:
    return column.startswith(f"{name}_") and column[len(name) + 1 :].isdigit()


def _check_count(table: pd.DataFrame, column: str, given: argparse.Namespace) -> None:
    """Refuse what looks like a rate under the name of a count."""
    measure = measures_of(table).get(column)
    asked = given.code is not None and given.published is None and given.counted is None
    if not asked or not isinstance(measure, Stock):
        return
    words = fold(measure.label).split()
    values = table[column].dropna()
    uneven = (values % 1 != 0).any()
    if uneven or "%" in measure.label or set(words) & set(_RATES):
        msg = say(
            "{column}: a count, or a rate? Of a rate, a mean, a median, say its unit: "
            "--published '%'; of a count too: --counted logements",
            column=repr(measure.label or column),
        )
        raise DataError(msg)
