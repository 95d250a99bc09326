"""The door from a table to a series that says what it is, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import DataError, MeasureError, culprits
from basinmap.measures import (
    Growth,
    Measures,
    Ratio,
    as_floats,
    check_columns,
    check_percents,
    missing,
    state_column,
    state_column_in,
    states_of,
)
from basinmap.states import STATES
from basinmap.values.checks import check_series, check_states
from basinmap.values.told import (
    Told,
    declared,
    fresh,
    measures_of,
    retell,
    tell,
    told_of,
    upheld,
)

__all__ = ["column", "describe", "side_by_side", "table_of"]

Kind = Literal["stock", "ratio", "growth", "mean", "median", "category"]
Frame = TypeVar("Frame", pd.Series, pd.DataFrame)


def column(table: pd.DataFrame, name: str | int) -> pd.Series:
    """
    Return a column of a table with all that its table knows of it.

    Parameters
    ----------
    table
        With a column `<name>_state` where something is to be said of the values, and
        measures where they are declared.
    name
        A column; a number where columns are years.

    Returns
    -------
    Series
        On the index of the table, ready for `classify`, `draw_*`, `write_workbook`:
        its label, unit, year, sources and states are in `attrs`. Numbers of Arrow or of
        a nullable dtype become floats, what is missing NaN.

    Raises
    ------
    ColumnError
        If it is missing, or stands twice.
    MeasureError
        If a state is unknown, or says that a value is missing which is there.

    See Also
    --------
    table_of : The way back.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> raw = pd.Series(["12", "s"], pd.Index(["62498", "62510"], name="commune"))
    >>> counts = bm.parse_counts(raw.rename("vacants"))
    >>> bm.column(counts, "vacants").attrs["states"]
    {'62510': 'secret'}
    """
    check_given(column, locals())
    check_columns(table, name)
    given = upheld(table[name])
    values = given.copy(deep=False)
    numeric = pd.api.types.is_numeric_dtype(given.dtype)
    if numeric and pd.api.types.is_extension_array_dtype(given.dtype):
        values = as_floats(given, str(name))
    found = told_of(given)
    said = states_of(table, name)
    if state_column_in(table, name) is None:
        said = said[said != "not_available"]
    states = {**found.states, **said[said != ""].to_dict()}
    level = found.level or str(table.index.name or "")
    told = replace(found, states=states, level=level, measure=None)
    tell(values, told)
    check_states(values)
    return values


def table_of(columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """
    Lay series side by side, each with its states and what is told of it.

    Parameters
    ----------
    columns
        Series on codes of one level, under the names of their columns.

    Returns
    -------
    DataFrame
        On all their codes; `<column>_state` beside the columns of which there is
        something to say. A code that a series lacks is not available there.

    Raises
    ------
    DataError
        If there is none, one is no series, a code stands twice, or they are of several
        levels.
    SecrecyError, MeasureError
        If a value is there that is said to be missing.

    See Also
    --------
    column : The way back.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.statistics(epci="call")
    >>> table = bm.table_of({i: bm.compute(i, lens) for i in ("L04", "L05")})
    >>> bm.column(table, "L04").attrs["title"]
    'Taux de vacance des logements en 2021'
    """
    check_given(table_of, locals())
    if not isinstance(columns, Mapping) or not columns:
        msg = "no series to lay out: give them by name, {'L04': values}"
        raise DataError(msg)
    held, told = {}, {}
    for name, values in columns.items():
        check_series(values, f"columns[{name!r}]")
        held[name] = fresh(values)
        told[name] = told_of(held[name])
    levels = {str(v.index.name or "") for v in held.values()} - {""}
    if len(levels) > 1:
        msg = (
            f"series of {len(levels)} levels ({culprits(sorted(levels))}): one table "
            "is of one level; lay each out apart"
        )
        raise DataError(msg)
    index = _union(held.values())
    parts: dict[str, pd.Series] = {}
    for name, values in held.items():
        parts[name] = values.reindex(index)
        states = _states_on(parts[name], check_states(values))
        if (states != "").any():
            parts[state_column(name)] = states
    table = pd.DataFrame(parts, index=index)
    one = _shared(told.values())
    return tell(table, one, columns={name: _without(t) for name, t in told.items()})


def side_by_side(
    columns: Mapping[str, tuple[pd.Index, Any, Any, Mapping[str, Any]]],
) -> pd.DataFrame:
    """
    Lay values side by side, as `table_of` does series that were made of them.

    Parameters
    ----------
    columns
        By name: codes, numbers, states (None where there is nothing to say), and what
        is told of them.
    """
    one, told = _union_of([index for index, *_ in columns.values()]), {}
    parts: dict[str, object] = {}
    for name, (index, numbers, said, facts) in columns.items():
        values, states = numbers, said
        if index is not one and not index.equals(one):
            at = index.get_indexer(one)
            whole = np.full(len(index), "", dtype=object) if said is None else said
            values = np.where(at < 0, np.nan, numbers[at])
            states = np.where(at < 0, "not_available", whole[at])
        parts[name] = values
        if states is not None and (states != "").any():
            parts[state_column(name)] = pd.Series(states, one, dtype=object)
        told[name] = {k: v for k, v in facts.items() if k != "states"}
    table = pd.DataFrame(parts, index=one)
    fields_ = {field.name for field in fields(Told)}
    shared = _shared(
        Told(**{k: v for k, v in facts.items() if k in fields_})
        for facts in told.values()
    )
    return tell(table, shared, columns=told)


def _union_of(indexes: list[pd.Index]) -> pd.Index:
    """Return the codes of all, in the order they are met."""
    first, *others = indexes
    for index in others:
        if index is not first:
            first = first.append(index[~index.isin(first)])
    return first


def _union(series: Iterable[pd.Series]) -> pd.Index:
    """Return the codes of all series, in the order they are met."""
    return _union_of([values.index for values in series])


def _states_on(values: pd.Series, told: Mapping[object, str]) -> pd.Series:
    """Return the state of each value; of what is missing, why."""
    states = pd.Series([told.get(code, "") for code in values.index], values.index)
    states = states.astype(object)
    gone = missing(values) & ~states.isin(list(STATES))
    return states.mask(gone, "not_available")


def _without(told: Told) -> Told:
    """Return what is told of a column, without what is written elsewhere."""
    return replace(told, states={}, measure=None)


def _shared(told: Iterable[Told]) -> Told:
    """Return what is true of all columns."""
    every = list(told)
    same = {
        name: getattr(every[0], name)
        for name in ("level", "geography", "date")
        if len({getattr(one, name) for one in every}) == 1
    }
    sources = tuple(dict.fromkeys(line for one in every for line in one.sources))
    notes = tuple(dict.fromkeys(line for one in every for line in one.notes))
    return Told(**same, sources=sources, notes=notes)


def describe(  # noqa: PLR0913 - each is a field of what is told
    values: Frame,
    *,
    label: str | None = None,
    unit: str | None = None,
    kind: Kind | None = None,
    title: str | None = None,
    definition: str | None = None,
    vintage: str | None = None,
    geography: str | None = None,
    date: str | None = None,
    level: str | None = None,
    decimals: int | None = None,
    sources: str | Iterable[str] | None = None,
    notes: str | Iterable[str] | None = None,
    states: Mapping[object, str] | None = None,
    measures: Measures | None = None,
) -> Frame:
    """
    Say what values are: for a rate made by hand, a file read, a result of pandas.

    Parameters
    ----------
    values
        A series, or a table whose columns are declared.
    label, unit
        French name and unit, as printed in a legend.
    kind
        Of a series: `"stock"`, `"ratio"`, `"growth"`, `"mean"`, `"median"` or
        `"category"`.
    title, definition
        French title of a map, with its year, and what stands under it.
    vintage
        Year or period of the statistic.
    geography, date
        Year of the list of communes; day of the perimeters.
    level
        Of the codes of the index.
    decimals
        Decimals when printed.
    sources, notes
        French lines for the foot of a page.
    states
        Of a series: what missing values mean, or what is to be said of others, by code.
    measures
        Of a table: column to measure.

    Returns
    -------
    Series or DataFrame
        The same values, of which this is told; what is not given stays as it was told
        before, unless the values changed since. What was given is not modified.

    Raises
    ------
    MeasureError
        If the kind or a state is unknown, or a stock is in the unit of a rate.
    SecrecyError
        If a value is there that is said to be secret.
    DataError
        If values are no series nor table, or a field is no text.

    Warns
    -----
    BasinmapWarning
        If values in « % » are all below 1, as proportions would be.

    Examples
    --------
    >>> import basinmap as bm
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> gap = bm.describe(
    ...     rate - 7.19, label="Écart à la moyenne", unit="points", kind="ratio",
    ...     title="Vacance : écart à la moyenne de l'agglomération en 2021",
    ... )
    >>> gap.attrs["unit"], gap.attrs["sources"] == rate.attrs["sources"]
    ('points', True)
    """
    check_given(describe, locals())
    text = {
        "label": label,
        "unit": unit,
        "title": title,
        "definition": definition,
        "vintage": vintage,
        "geography": geography,
        "date": date,
        "level": level,
    }
    facts = _texts(text) | _lines(sources=sources, notes=notes)
    if decimals is not None:
        facts["decimals"] = decimals
    if kind is not None:
        if kind not in get_args(Kind):
            msg = f"unknown kind {kind!r}; choose among {', '.join(get_args(Kind))}"
            raise MeasureError(msg)
        facts["kind"] = kind
    if isinstance(values, pd.DataFrame):
        return _table_described(values, measures, facts)
    check_series(values)
    if measures is not None:
        msg = "measures declare the columns of a table; of a series write kind=…"
        raise MeasureError(msg)
    told = replace(told_of(values), measure=None, **facts)  # type: ignore[arg-type]
    if states is not None:
        told = replace(told, states=dict(states))
    found = tell(values.copy(deep=False), told)
    check_states(found)
    _check_unit(found, told)
    return found


def _table_described(
    table: pd.DataFrame, measures: Measures | None, facts: dict[str, object]
) -> pd.DataFrame:
    found = table.copy(deep=False)
    if measures is not None:
        derived = (Ratio, Growth)
        check_columns(
            table, *(n for n, m in measures.items() if not isinstance(m, derived))
        )
        facts["measures"] = {**measures_of(table), **declared(table, measures)}
    return retell(found, **facts)


def _texts(text: Mapping[str, str | None]) -> dict[str, object]:
    """Return the fields that are given, if they are text."""
    odd = [n for n, v in text.items() if v is not None and not isinstance(v, str)]
    if odd:
        msg = f"{culprits(odd)}: expected text, such as vintage='2021'"
        raise DataError(msg)
    return {name: value for name, value in text.items() if value is not None}


def _lines(**lines: str | Iterable[str] | None) -> dict[str, object]:
    return {
        name: (told,) if isinstance(told, str) else tuple(told)
        for name, told in lines.items()
        if told is not None
    }


def _check_unit(values: pd.Series, told: Told) -> None:
    """Refuse a stock in per cent; question proportions in per cent."""
    if not told.unit.startswith("%"):
        return
    if told.kind == "stock":
        msg = f"{values.name!r}: a stock is not in {told.unit!r}; write kind='ratio'"
        raise MeasureError(msg)
    if not pd.api.types.is_numeric_dtype(values.dtype) or told.kind == "growth":
        return
    check_percents(values, str(values.name), told.unit, stacklevel=4)
