"""Any table of the user: what the file does not say is asked for once."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.measures import (
    Growth,
    Mean,
    Measure,
    Median,
    Ratio,
    Stock,
    state_column,
    states_read,
)
from basinmap.sheets import Grid, grids
from basinmap.sources.finishing import Reading, finished
from basinmap.sources.layouts import Cells, Count, Held, Marks, Source, whole_rows
from basinmap.sources.vintages import check_scale, check_vintage, check_years_of
from basinmap.states import QUALIFIERS
from basinmap.territory.levels import check_level, fold

__all__ = ["read_table"]

Measured = Mapping[str, str | Measure] | Sequence[str]


def read_table(  # noqa: PLR0913 - each is something that the file does not say
    path: str | Path,
    *,
    code: str,
    measures: Measured | None = None,
    source: str | None = None,
    vintage: str | int | None = None,
    level: str = "commune",
    cog: int | None = None,
    part: str | None = None,
    decimal: Literal[".", ","] | None = None,
) -> pd.DataFrame:
    r"""
    Read any table of counts by territory: CSV of any Excel, xlsx, ods.

    Parameters
    ----------
    path
        Whatever its separator, its encoding, the titles above its header.
    code
        Column of the codes; codes that Excel spoilt are repaired, and told.
    measures
        Columns that are counts; or column to its name, that of a count of the
        catalogue for instance (`{"Logements vacants": "vacant_dwellings"}`); or column
        to measure, for what is no count: `bm.Median()`, `bm.Stock(label=…)`.
    source
        Credit, as printed: who made the figures.
    vintage
        Year of the figures; of a measure that bears its own, that one.
    level
        Of the codes.
    cog
        Year of the list of communes; by default the last one its codes may be of.
    part
        Sheet of a workbook, or member of a zip, that holds several.
    decimal
        What stands before decimals, where « 1.234 » may also be a thousand.

    Returns
    -------
    DataFrame
        Index named by the level; `<name>_<vintage>` for each measure, and
        `<name>_<vintage>_state` where there is something to say of its values: « s »
        is secret, « so » without object, an empty cell or « nd » not available.
        `report_of` says what was repaired and left out.

    Raises
    ------
    DataError
        If the file is absent, cut, no table, source or measures are not told, or
        rows of one code differ.
    ColumnError
        If a column is missing, or stands twice.
    VintageError
        If the year is not told, or codes are those of no list of communes.
    CodeError
        If codes cannot be repaired.
    MeasureError
        If a cell is neither a number nor a known sign, or is below zero where its
        measure does not say `signed=True`.

    Warns
    -----
    BasinmapWarning
        If the last line of a text has no end, as that of a file cut short; if what is
        published in « % » is above 100, or are proportions.

    See Also
    --------
    read_source : For the files of Insee, Cerema, SDES, DGFiP.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "vacance.csv"
    >>> rows = "Code INSEE;Vacants;Logements\n62498;1 973,0;17681\n62510;s;14800\n"
    >>> _ = path.write_text(rows, encoding="cp1252")
    >>> table = bm.read_table(
    ...     path, code="Code INSEE", source="Ville de Lens, observatoire", vintage=2022,
    ...     measures={"Vacants": "vacant_dwellings", "Logements": "dwellings"},
    ... )
    >>> rate = bm.compute("L04", table)
    >>> rate.attrs["title"], rate.attrs["states"]
    ('Taux de vacance des logements en 2022', {'62510': 'secret'})
    """
    check_given(read_table, locals())
    check_level(level)
    grid, at, header = _table(Path(path), code, part)
    wanted = _measured(measures, source, header, grid.file)
    where = {column: _only(header, column, grid.file) for column in (code, *wanted)}
    told = _named(wanted, str(vintage or ""), source or "")
    _check_headers(wanted, vintage, grid.file)
    beside = _beside(header, wanted)
    text = grid.frame(at, sorted({*where.values(), *beside.values()}))
    cells = replace(
        _cells(text, where, code, told), whole=partial(whole_rows, grid, at, header)
    )
    if not grid.ended:
        warnings.warn(
            f"{grid.file}: its last line has no end; if it is cut there, its last "
            "number is too",
            BasinmapWarning,
            stacklevel=2,
        )
    found = Source(
        id="table",
        name=grid.file,
        credit=source or "",
        code=(),
        needs=(),
        level=level,
        marks=Marks(decimal=decimal or "", declared=decimal is not None),
    )
    table = finished(
        Reading(
            cells=cells,
            file=grid.file,
            source=found,
            notes=grid.notes,
            credit=source or "",
            cog=cog,
            declared=cog is not None,
            measures=dict(told.values()),
        )
    )
    for column, place in beside.items():
        words = pd.Series(text[place].to_numpy(), text[where[code]].to_numpy())
        states = states_read(words, f"{grid.file}: {header[place]}")
        _qualify(table, told[column][0], states)
    return table


def _beside(header: Sequence[str], wanted: Iterable[str]) -> dict[str, int]:
    """Return where our own files say, in words, what the values of a column are."""
    folded = [" ".join(cell.split()).casefold() for cell in header]
    found = {}
    for column in wanted:
        for form in (f"{column} : statut", f"{column}_state"):
            name = " ".join(form.split()).casefold()
            if name in folded:
                found[column] = folded.index(name)
    return found


def _qualify(table: pd.DataFrame, name: str, states: pd.Series) -> None:
    """Say again of values that they are minimums, or estimates."""
    mine = states[states.isin(list(QUALIFIERS)) & states.index.isin(table.index)]
    mine = mine[~mine.index.duplicated()]
    mine = mine[table.loc[mine.index, name].notna()]
    if mine.empty:
        return
    beside = state_column(name)
    if beside not in table.columns:
        table[beside] = ""
    table.loc[mine.index, beside] = mine


# -- the table ----------------------------------------------------------------------


def _table(file: Path, code: str, part: str | None) -> tuple[Grid, int, list[str]]:
    """Return the table that has the column of codes, and its header."""
    member = part if file.suffix.lower() == ".zip" else None
    met: list[str] = []
    found: list[tuple[Grid, int, list[str]]] = []
    for grid in grids(file, member=member):
        if part is not None and member is None and grid.sheet != part:
            met.append(grid.sheet)
            continue
        for at, row in enumerate(grid.head[:20]):
            if any(_same(cell, code) for cell in row):
                found.append((grid, at, row))
                break
        else:
            fullest = max(grid.head, key=lambda row: sum(map(bool, row)), default=[])
            met += [cell for cell in fullest if cell]
        if found and not grid.sheet:
            break
    if len(found) == 1:
        return found[0]
    if found:
        sheets = culprits([grid.sheet for grid, _, _ in found])
        msg = f"{file.name}: {len(found)} sheets have a column {code!r}: {sheets}; "
        raise DataError(msg + "write part= with one of them")
    told = culprits(dict.fromkeys(met), most=12)
    msg = f"{file.name}: no column {code!r}; found {told or 'nothing'}"
    raise ColumnError(msg)


def _same(cell: str, name: str) -> bool:
    """Compare names of columns as they look, not as they are spaced."""
    return cell == name or " ".join(cell.split()) == " ".join(name.split())


def _only(header: Sequence[str], name: str, file: str) -> int:
    at = [i for i, cell in enumerate(header) if _same(cell, name)]
    if len(at) == 1:
        return at[0]
    if at:
        msg = f"{file}: column {name!r} stands {len(at)} times; rename all but one"
        raise ColumnError(msg)
    near = [cell for cell in header if cell and fold(cell) == fold(name)]
    told = f"did you mean {culprits(near)}?" if near else "found "
    there = "" if near else culprits([cell for cell in header if cell], most=12)
    msg = f"{file}: no column {name!r}; {told}{there}"
    raise ColumnError(msg)


# -- what is asked for --------------------------------------------------------------


def _measured(
    measures: Measured | None, source: str | None, header: Sequence[str], file: str
) -> dict[str, str | Measure]:
    if measures is None or not len(measures):
        there = culprits([cell for cell in header if cell], most=12)
        msg = (
            f"{file}: which columns are counts? Write measures=['…'], or a column and "
            f"the count it is, measures={{'Vacants': 'vacant_dwellings'}}; found "
            f"{there}"
        )
        raise DataError(msg)
    if not source or not source.strip():
        msg = f"{file}: who made these figures? Write source='…', which maps will print"
        raise DataError(msg)
    if isinstance(measures, str):
        measures = [measures]
    if not isinstance(measures, Mapping):
        return {str(name): str(name) for name in measures}
    odd = [n for n, m in measures.items() if not isinstance(m, str | Measure)]
    if odd:
        msg = (
            f"measures: {culprits(odd)} said to be neither a count (its name) nor a "
            "measure: write bm.Stock(), bm.Median()"
        )
        raise MeasureError(msg)
    return dict(measures)


def _check_headers(
    wanted: Mapping[str, str | Measure], vintage: str | int | None, file: str
) -> None:
    """Refuse a year that is none, or that headers deny, and thousands not declared."""
    undated = [
        column
        for column, given in wanted.items()
        if isinstance(given, str) or not given.vintage
    ]
    if vintage is not None and undated:
        check_vintage(vintage, file)
        check_years_of(undated, str(vintage), file)
    unsaid = [
        column
        for column, given in wanted.items()
        if isinstance(given, str) or not given.unit
    ]
    check_scale(unsaid, file)


def _named(
    wanted: Mapping[str, str | Measure], vintage: str, source: str
) -> dict[str, tuple[str, Measure]]:
    """Return the column of the result, and its measure, of each of the file."""
    undated = [
        column
        for column, given in wanted.items()
        if not vintage and not (isinstance(given, Measure) and given.vintage)
    ]
    if undated:
        msg = (
            f"of which year are {culprits(undated)}? Write vintage=2022, or a measure "
            "that says it, bm.Stock(vintage='2022')"
        )
        raise VintageError(msg)
    names: dict[str, str] = {}
    for column, given in wanted.items():
        name = given if isinstance(given, str) else column
        year = vintage if isinstance(given, str) else given.vintage or vintage
        names[column] = name if name.endswith(f"_{year}") else f"{name}_{year}"
    if len(set(names.values())) < len(names):
        again = [
            name for name in names.values() if list(names.values()).count(name) > 1
        ]
        msg = f"{len(again)} columns would be called {again[0]!r}: name them apart"
        raise ColumnError(msg)
    found = {}
    for column, given in wanted.items():
        measure = Stock(label=column) if isinstance(given, str) else given
        found[column] = (
            names[column],
            _completed(measure, column, names, vintage, source),
        )
    return found


def _completed(
    measure: Measure,
    column: str,
    names: Mapping[str, str],
    vintage: str,
    source: str,
) -> Measure:
    """Return a measure with what is told of the whole table."""
    told = replace(
        measure,
        label=measure.label or column,
        vintage=measure.vintage or vintage,
        source=measure.source or source,
    )
    if isinstance(told, Ratio | Growth):
        msg = (
            f"{column!r}: a rate is computed from its two counts: read these, then "
            "bm.compute, or declare what is published as bm.Median()"
        )
        raise MeasureError(msg)
    if isinstance(told, Mean):
        return replace(told, weight=names.get(told.weight, told.weight))
    return told


def _cells(
    text: pd.DataFrame,
    where: Mapping[str, int],
    code: str,
    told: Mapping[str, tuple[str, Measure]],
) -> Cells:
    held = {}
    values = {}
    for column, (name, measure) in told.items():
        count = Count(
            name=name,
            columns=(),
            label=measure.label,
            unit=measure.unit,
            published=isinstance(measure, Median),
            signed=getattr(measure, "signed", False),
        )
        held[name] = Held(count, ())
        values[name] = text[where[column]]
    return Cells(codes=text[where[code]], columns=pd.DataFrame(values), held=held)
