"""What leaves: a table checked once, its columns and their states, for every writer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import pandas as pd

from basinmap.arguments import check_kind
from basinmap.errors import DataError, culprits
from basinmap.export.descriptions import Description, descriptions_of
from basinmap.measures import missing, state_column, states_read
from basinmap.territory.levels import names_of
from basinmap.typography import capital, number, typeset
from basinmap.values.cells import Cells, cells_of, codes_as_cells
from basinmap.values.checks import check_exported, with_read_states
from basinmap.values.columns import table_of
from basinmap.values.told import Told, carry, fact_of, stale, tell, told_of

__all__ = ["Content", "Field", "content_of", "table_from", "with_names", "with_states"]

_NAMES: Final = frozenset({"name", "nom", "libelle", "label"})
_NAMED: Final = frozenset(
    {"commune", "iris", "quartier", "epci", "scot", "arrondissement", "departement"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """
    A column that leaves: what it is, and what it holds.

    Attributes
    ----------
    description
        In French.
    cells
        In the dtype of its kind.
    """

    description: Description
    cells: Cells


@dataclass(frozen=True)
class Content:
    """
    A table that leaves.

    Attributes
    ----------
    what
        The sheet, layer or file that it is, for messages.
    title, note
        French: what stands above it, whose figures they are and what they lack.
    fields
        The codes first, then the columns of the table; those of states are after what
        they are about.
    sources
        A line each.
    """

    what: str
    title: str
    note: str
    fields: tuple[Field, ...]
    sources: tuple[str, ...] = ()

    @property
    def codes(self) -> Field:
        """The index of the table."""
        return self.fields[0]

    @cached_property
    def states(self) -> dict[str, Field]:
        """Column of states, by the column it is about."""
        return {
            one.description.of: one
            for one in self.fields
            if one.description.role == "state"
        }

    def values(self) -> Iterator[Field]:
        """Yield what is no code of the index and no state."""
        for one in self.fields[1:]:
            if one.description.role != "state":
                yield one

    def states_of(self, field: Field) -> list[str | None]:
        """
        Return the state of each cell of a column, row by row.

        Parameters
        ----------
        field
            Of this table.
        """
        beside = self.states.get(field.cells.name)
        if beside is None:
            return [None] * len(field.cells.held)
        return [state or None for state in beside.cells.held.tolist()]


def table_from(given: object, what: str, *, name: str) -> pd.DataFrame:
    """
    Return a table, or the table of a series.

    Parameters
    ----------
    given
        A table or a series.
    what
        What it is, for messages.
    name
        Of the column of a series that has none.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    if isinstance(given, pd.Series):
        given = table_of({str(name if given.name is None else given.name): given})
    check_kind(given, pd.DataFrame, what, "a table or a series")
    assert isinstance(given, pd.DataFrame)  # noqa: S101 - for the type checker
    return given


def with_states(table: pd.DataFrame) -> pd.DataFrame:
    """
    Return a table in which what is said of values stands in columns beside them.

    Parameters
    ----------
    table
        Of which `attrs` may say states by code.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"taux": [None, 7.2]}, index=["62510", "62498"])
    >>> rates.attrs["states"] = {"taux": {"62510": "secret"}}
    >>> with_states(rates)["taux_state"].tolist()
    ['secret', '']
    """
    found: dict[object, pd.Series] = {}
    for name in table.columns:
        found[name] = table[name]
        beside = state_column(str(name))
        if beside in table.columns:
            continue
        told = told_of(table[name]).states
        said = [told.get(code, "") for code in table.index] if told else []
        if any(said):
            states = pd.Series(said, table.index, dtype=object)
            found[beside] = states_read(states, beside)
    if len(found) == len(table.columns):
        return table
    return carry(pd.DataFrame(found, index=table.index), table)


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """
    Return a table with the names of its units after their codes.

    Parameters
    ----------
    table
        On official codes. One that bears names, or is on other codes, is returned as
        it is.

    Examples
    --------
    >>> import basinmap as bm
    >>> with_names(bm.statistics(epci="call")).columns[0]
    'name'
    """
    level = table.index.name
    if table.columns.nlevels > 1:  # refused by whoever writes it
        return table
    if level not in _NAMED or _NAMES & {str(n).lower() for n in table.columns}:
        return table
    known = names_of(str(level))
    names = known.reindex(table.index.astype(str))
    if not len(names) or names.notna().mean() < 0.5:
        return table
    made = pd.DataFrame(table)
    made.insert(0, "name", names.to_numpy())
    return carry(made, table)


def content_of(
    table: pd.DataFrame,
    what: str,
    *,
    unnamed: str = "code",
    reserved: tuple[str, ...] = (),
    folded: bool = False,
) -> Content:
    """
    Return what a table holds, checked: the one guard of all writers.

    Parameters
    ----------
    table
        Its geometry is left out.
    what
        The sheet, layer or file that it is, for messages.
    unnamed
        Name of an index that has none.
    reserved
        Names that the format keeps for itself.
    folded
        Whether the format takes « A » and « a » for one name.

    Raises
    ------
    DataError
        If two columns bear one name, or a value is one that no file holds.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.

    Warns
    -----
    BasinmapWarning
        If a column is no longer that which is told of it.
    """
    if not table.columns.is_unique:
        again = list(table.columns[table.columns.duplicated()])
        msg = f"{what}: columns that stand more than once: {again}"
        raise DataError(msg)
    if table.index.name in _NAMED and not table.index.is_unique:
        again = table.index[table.index.duplicated()].unique()
        msg = (
            f"{what}: codes that stand more than once: {culprits(again)}; keep one row "
            "a code, or make them a column: table.reset_index()"
        )
        raise DataError(msg)
    plain = with_states(with_read_states(_of_column(_without_shape(table)), what))
    codes = codes_as_cells(plain, what, unnamed=unnamed)
    described = descriptions_of(plain, what, unnamed=unnamed)
    decimals = {str(k): v for k, v in fact_of(plain, "decimals", {}).items()}
    told = {str(name): told_of(plain[name]) for name in plain}
    columns = [
        cells_of(plain[name], what, _rounded(told[str(name)], decimals.get(str(name))))
        for name in plain
    ]
    check_exported(plain, what)
    names = [codes.name, *(cells.name for cells in columns)]
    _check_names(names, what, reserved, folded=folded)
    fields = [
        Field(described[cells.name], _blank_states(cells, described[cells.name]))
        for cells in (codes, *columns)
    ]
    every = [told_of(table), *told.values()]
    sources = tuple(dict.fromkeys(line for one in every for line in one.sources))
    return Content(
        what=what,
        title=str(fact_of(table, "title", "")),
        note=_note(table, every, sources),
        fields=tuple(_beside(fields)),
        sources=sources,
    )


def _of_column(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that `to_frame` made, what is told being of its column alone."""
    if not fact_of(table, "print"):
        return table
    mine = [name for name in table.columns if not stale(table[name])]
    if len(mine) != 1:
        return table
    (name,) = mine
    told = told_of(table[name])
    shared = Told(level=told.level, sources=told.sources, notes=told.notes)
    states = {"states": {str(name): dict(told.states)}} if told.states else {}
    found = pd.DataFrame(table, copy=False)
    alone = replace(told, states={}, measure=None)
    return tell(found, shared, columns={str(name): alone}, **states)


def _without_shape(table: pd.DataFrame) -> pd.DataFrame:
    shape = getattr(table, "active_geometry_name", None)
    if shape is None:
        return table
    return carry(pd.DataFrame(table).drop(columns=shape), table)


def _rounded(told: Told, decimals: int | None) -> Told:
    return told if decimals is None else replace(told, decimals=int(decimals))


def _check_names(
    names: list[str], what: str, reserved: tuple[str, ...], *, folded: bool
) -> None:
    """Check that columns can be told apart in the file."""
    index = pd.Index([name.lower() for name in names] if folded else names)
    if index.has_duplicates:
        again = list(index[index.duplicated()])
        how = (
            "columns that differ by case at most"
            if folded
            else ("columns that bear one name as text")
        )
        msg = f"{what}: {how}: {again}; rename one"
        raise DataError(msg)
    kept = index.intersection(pd.Index(list(reserved), dtype=object))
    if len(kept):
        msg = f"{what}: the format keeps {list(kept)} for itself; rename it"
        raise DataError(msg)


def _blank_states(cells: Cells, description: Description) -> Cells:
    """Return states of which those of whole values are empty."""
    if description.role != "state" or cells.kind != "text":
        return cells
    held = cells.held.mask(missing(cells.held) | (cells.held == ""), None)
    return replace(cells, held=held.astype(object))


def _beside(fields: list[Field]) -> Iterator[Field]:
    """Yield columns, those of states after what they are about."""
    states = {f.description.of: f for f in fields if f.description.role == "state"}
    for one in fields:
        if one.description.role == "state":
            continue
        yield one
        if one.cells.name in states:
            yield states[one.cells.name]


def _note(table: pd.DataFrame, every: list[Told], sources: tuple[str, ...]) -> str:
    """Write the note of a table, or whose figures they are and what they lack."""
    given = fact_of(table, "note")
    cautions = _cautions(table, every)
    if given is not None:
        return " ".join([str(given), *cautions])
    lines = dict.fromkeys(line for told in every for line in told.notes)
    for told in every:
        lines |= {v: None for k, v in told.remarks.items() if k in table.index}
    credit = [f"Sources : {' ; '.join(sources)}."] if sources else []
    said = [f"{line.rstrip('.')}." for line in lines]
    return " ".join([*credit, *said, *cautions])


def _cautions(table: pd.DataFrame, every: Iterable[Told]) -> list[str]:
    """Say of each column how many values are rates over too few."""
    found = []
    for told in every:
        few = [why for code, why in told.fragile.items() if code in table.index]
        for why in dict.fromkeys(few):
            name = capital(told.name)
            count = number(few.count(why))
            who = _named(
                [c for c, reason in told.fragile.items() if reason == why], table
            )
            said = f"{name} : {count} sur {why}{who}, à lire avec prudence."
            found.append(typeset(said))
    return found


_MOST_NAMED: Final = 5
"""Units that a note names before it only counts them."""


def _named(codes: list[Hashable], table: pd.DataFrame) -> str:
    """Name units in brackets, where a column does."""
    column = next((c for c in ("name", "nom") if c in table.columns), None)
    if column is None:
        return ""
    names = table.loc[table.index.isin(codes), column].dropna().astype(str)
    told = ", ".join(names.iloc[:_MOST_NAMED]) + (
        "…" if len(names) > _MOST_NAMED else ""
    )
    return f" ({told})" if told else ""
