"""What a series must be before it is classed, drawn or written."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import (
    BasinmapWarning,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
    culprits,
)
from basinmap.measures import state_column, state_column_in, state_columns, states_read
from basinmap.states import QUALIFIERS, STATES, read_state
from basinmap.values.told import carry, fact_of, retell, told_of

__all__ = [
    "MOST",
    "UNDECLARED",
    "amounts",
    "check_classes",
    "check_exported",
    "check_geography",
    "check_matched",
    "check_rate",
    "check_series",
    "check_states",
    "columns_of",
    "geography_of",
    "kind_of",
    "level_of",
    "looks_counted",
    "name_of",
    "not_numbers",
    "numbers",
    "states_beside",
    "vintage_of",
    "with_read_states",
]

UNDECLARED: Final = "looks_counted"
"""What `classify` tells on classes of what may well be a stock."""
MOST: Final = 1e15
"""Beyond it a float does not tell two whole numbers apart."""
_COUNTED_FROM: Final = 100.0  # whole numbers up to there may be rounded percentages
_YEARS: Final = (1800.0, 2100.0)


# -- values -------------------------------------------------------------------------


def check_series(values: object, what: str = "values") -> None:
    """
    Check that values are one column, each code once.

    Parameters
    ----------
    values
        What was given.
    what
        What they are, for the message.

    Raises
    ------
    DataError
        If they are no Series, or a code stands twice.
    """
    _check_one_column(values, what)
    assert isinstance(values, pd.Series)  # noqa: S101 - for the type checker
    if not values.index.is_unique:
        again = values.index[values.index.duplicated()].unique()
        msg = f"{what}: codes that stand more than once: {culprits(again)}"
        raise DataError(msg)


def _check_one_column(values: object, what: str) -> None:
    if not isinstance(values, pd.Series):
        fix = "; write table['column']" if isinstance(values, pd.DataFrame) else ""
        given = type(values).__name__
        msg = f"{what}: need a Series on the codes of the units, got {given}{fix}"
        raise DataError(msg)


def numbers(values: pd.Series, what: str = "") -> pd.Series:
    """
    Return values as floats, what is missing as NaN; index and attributes kept.

    Parameters
    ----------
    values
        Numbers, or text that is nothing else.
    what
        What they are, for the message; by default their name.

    Raises
    ------
    DataError
        If one is no number: text, a date, a truth value, a complex number.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers(pd.Series(["1", None, 2.5])).tolist()
    [1.0, nan, 2.5]
    """
    what = what or str(values.name or "values")
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        return carry(values.astype(float), values)
    kept = values.dropna()
    if isinstance(kept.dtype, pd.CategoricalDtype):
        kept = kept.astype(object)
    odd = not_numbers(kept)
    if len(odd):
        msg = f"{what}: no numbers: {culprits(odd)}"
        raise DataError(msg)
    found = pd.Series(np.nan, index=values.index, name=values.name)
    there = values.notna().to_numpy()
    found[there] = pd.to_numeric(kept).to_numpy(dtype=float)
    return carry(found, values)


def amounts(values: pd.Series, what: str = "") -> pd.Series:
    """
    Return amounts as floats, what is missing as NaN; index and attributes kept.

    Parameters
    ----------
    values
        A stock.
    what
        What they are, for the message; by default their name.

    Raises
    ------
    DataError
        If one is no number, is negative, or is infinite.
    """
    what = what or repr(values.name or "values")
    found = numbers(values, what)
    wrong = found.index[(found < 0) | (found > MOST)]
    if len(wrong):
        msg = (
            f"{what}: {len(wrong)} negative or infinite value(s) at {culprits(wrong)}; "
            f"empty them, and say why: bm.describe(values, states=…) (above {MOST:g}: "
            "infinite)"
        )
        raise DataError(msg)
    return found


def not_numbers(kept: pd.Series) -> list[object]:
    """
    Return which values that are there are no numbers.

    Parameters
    ----------
    kept
        Values without those missing.
    """
    if pd.api.types.is_bool_dtype(kept.dtype) or kept.dtype.kind in "mMc":
        return kept.unique().tolist()
    if pd.api.types.is_numeric_dtype(kept.dtype):
        return []
    numeric = pd.to_numeric(kept.astype(object), errors="coerce")
    logical = kept.map(lambda value: isinstance(value, bool | np.bool_)).astype(bool)
    wrong = kept[numeric.isna() | logical].tolist()
    try:
        return list(dict.fromkeys(wrong))
    except TypeError:  # a list, or a dict
        return wrong


def kind_of(values: pd.Series) -> str:
    """
    Return stock, ratio, growth…, or nothing when it is not told.

    Parameters
    ----------
    values
        Values or classes. What is in per cent is a ratio.
    """
    _check_one_column(values, "values")
    return told_of(values).kind


def name_of(values: pd.Series) -> str:
    """
    Return the printed name of values.

    Parameters
    ----------
    values
        Values; their label goes first, then that of their measure, then their name.
    """
    label = told_of(values).label
    return str(label or (values.name if values.name is not None else ""))


def vintage_of(values: pd.Series) -> str:
    """
    Return the year, or the period, of values, or nothing.

    Parameters
    ----------
    values
        Values, of which it may be told.
    """
    return told_of(values).vintage


def looks_counted(values: pd.Series) -> bool:
    """
    Tell whether values of which nothing is said look like a stock.

    Parameters
    ----------
    values
        Numbers, with what is told of them.

    Returns
    -------
    bool
        Whether they are whole, none is negative, one is above 100, and they are no
        years, while nothing says what they are.

    Examples
    --------
    >>> import pandas as pd
    >>> looks_counted(pd.Series([120, 4_500])), looks_counted(pd.Series([12, 45]))
    (True, False)
    """
    known = numbers(values).dropna().to_numpy()
    if kind_of(values) or not len(known) or not (np.abs(known) <= MOST).all():
        return False
    years = bool(((known >= _YEARS[0]) & (known <= _YEARS[1])).all())
    whole = bool((known % 1 == 0).all() and (known >= 0).all())
    return whole and not years and float(known.max()) > _COUNTED_FROM


def check_rate(values: pd.Series, instead: str, *, stacklevel: int = 3) -> None:
    """
    Check that values may fill areas, or be compared from one to the next.

    Parameters
    ----------
    values
        Values or classes.
    instead
        What to say, and to do, of a stock.
    stacklevel
        See `warnings.warn`.

    Raises
    ------
    MeasureError
        If they are a stock or a category.

    Warns
    -----
    BasinmapWarning
        If nothing says what they are and they look like a stock.
    """
    kind, name = kind_of(values), name_of(values) or "values"
    declare = "say so: bm.describe(values, kind='ratio')"
    if kind == "stock":
        msg = f"{name!r} is a stock: {instead}; if you made a rate of it, {declare}"
        raise MeasureError(msg)
    if kind == "category":
        msg = f"{name!r} is a category: use draw_typology(ax, units, categories)"
        raise MeasureError(msg)
    plain = not isinstance(values.dtype, pd.CategoricalDtype)
    if fact_of(values, UNDECLARED) or (plain and looks_counted(values)):
        warnings.warn(
            f"{name!r} holds whole numbers and nothing says what they "
            f"are. If they are counts: {instead}. If they are a rate, {declare}",
            BasinmapWarning,
            stacklevel=stacklevel,
        )


def check_classes(classes: pd.Series) -> None:
    """
    Check that a series holds the classes that `classify` made, all of them.

    Parameters
    ----------
    classes
        What is to be coloured.

    Raises
    ------
    DataError
        If it was not made by `classify`, or categories were dropped, added or put in
        another order since, whose colours and bounds would no longer be theirs.
    """
    check_series(classes, "classes")
    breaks = fact_of(classes, "breaks")
    if not isinstance(classes.dtype, pd.CategoricalDtype) or breaks is None:
        msg = "expected what classify() returns: draw_…(ax, units, bm.classify(values))"
        raise DataError(msg)
    labels = list(classes.cat.categories)
    made = [str(label) for label in fact_of(classes, "labels", labels)]
    moved = sorted(labels, key=str) == sorted(made) and labels != made
    if len(labels) != len(breaks) + 1 or moved:
        msg = (
            f"{classes.name or 'classes'}: {len(labels)} categories "
            f"({culprits(labels, most=3)}) for {len(breaks)} breaks, not as classify() "
            "made them; classify again, an empty class keeps its line"
        )
        raise DataError(msg)


def check_states(
    values: pd.Series, states: Mapping[object, str] | None = None
) -> dict[object, str]:
    """
    Check that no value is there that is said to be missing.

    Parameters
    ----------
    values
        Values, or classes.
    states
        State by code; by default what is told of the values.

    Returns
    -------
    dict
        State by code.

    Raises
    ------
    SecrecyError
        If a value that statistical secrecy covers is there.
    MeasureError
        If another state says that a value is missing which is there, or is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.Series([3.0], index=["62498"], name="vacants")
    >>> check_states(values, {"62498": "secret"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    basinmap.errors.SecrecyError: 'vacants': 1 value(s) under statistical secrecy ...
    """
    told = dict(told_of(values).states if states is None else states)
    told = {code: read_state(state) or str(state) for code, state in told.items()}
    name = str(values.name or "values")
    unknown = sorted({str(s) for s in told.values()} - {"", *STATES, *QUALIFIERS})
    if unknown:
        msg = (
            f"{name!r}: unknown state(s) {culprits(unknown)}; write one of "
            f"{', '.join([*STATES, *QUALIFIERS])}"
        )
        raise MeasureError(msg)
    absent = {code for code, state in told.items() if state in STATES}
    if not absent:
        return told
    there = values.index[values.notna() & values.index.isin(list(absent))]
    secret = [code for code in there if told[code] == "secret"]
    fix = "empty them: values.mask(values.index.isin(codes))"
    if secret:
        msg = (
            f"{name!r}: {len(secret)} value(s) under statistical secrecy are there: "
            f"{culprits(secret)}; they must not be drawn, {fix}"
        )
        raise SecrecyError(msg)
    if len(there):
        msg = (
            f"{name!r}: {len(there)} value(s) said to be missing are there: "
            f"{culprits(there)}; {fix}, or drop their state"
        )
        raise MeasureError(msg)
    return told


def states_beside(units: pd.DataFrame, values: pd.Series) -> dict[object, str]:
    """
    Return what the table of the units says of each value, by code.

    Parameters
    ----------
    units
        What is drawn; a column `<name>_state` counts.
    values
        A column of it.
    """
    if not units.columns.is_unique:
        msg = "a table with columns that stand more than once; drop one"
        raise DataError(msg)
    column = None
    if values.name in units.columns:
        column = state_column_in(units, values.name)
    if column is None:
        return {}
    told = states_read(units[column], column)
    return {code: state for code, state in told.items() if state}


def with_read_states(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """
    Return a table whose columns of states bear their names, and states theirs.

    Parameters
    ----------
    table
        Columns, some with their states beside them, in the words of programs or of
        readers: `n_state` or `n_State`, « secret », « Secret statistique » or « s ».
    what
        What it is, for the message.

    Raises
    ------
    DataError
        If two columns say what the values of one mean.
    MeasureError
        If a word is no state.

    Examples
    --------
    >>> import pandas as pd
    >>> given = pd.DataFrame({"n": [None], "n_State": ["Secret statistique"]})
    >>> with_read_states(given, "table").to_dict("list")
    {'n': [None], 'n_state': ['secret']}
    """
    beside = state_columns(
        table, [n for n in table.columns if isinstance(n, str | int)]
    )
    if not beside:
        return table
    read = {old: states_read(table[old], f"{what}: {old}") for old in beside.values()}
    names = {old: state_column(column) for column, old in beside.items()}
    if all(old == new and read[old].equals(table[old]) for old, new in names.items()):
        return table
    return carry(table.assign(**read).rename(columns=names), table)


def columns_of(table: pd.DataFrame) -> list[pd.Series]:
    """
    Return each column of a table with what its state column says.

    Parameters
    ----------
    table
        Columns, with `<column>_state` beside those of which some values are missing.
    """
    table = with_read_states(table, "table")
    beside = {state_column(str(name)) for name in table.columns}
    columns = []
    for name in table.columns:
        if name in beside:
            continue
        values = table[name]
        states = {**told_of(values).states, **states_beside(table, values)}
        columns.append(retell(values, states=states))
    return columns


def check_exported(table: pd.DataFrame, what: str) -> None:
    """
    Check that a table that leaves the house holds no value said to be missing.

    Parameters
    ----------
    table
        Columns; `<column>_state`, or what is told of the table, says what they mean.
    what
        What it is, for the message.

    Raises
    ------
    SecrecyError
        If a value that statistical secrecy covers is there.
    MeasureError
        If another state says that a value is missing which is there, or a word beside
        values is no state.

    Warns
    -----
    BasinmapWarning
        If a column of states has lost the column it is of.
    """
    alone = [
        str(name)
        for name in table.columns
        if str(name).endswith("_state")
        and str(name).removesuffix("_state") not in table.columns
        and table[name].isin([*STATES, *QUALIFIERS]).any()
    ]
    if alone:
        warnings.warn(
            f"{what}: {culprits(alone)} say what values are worth whose column is not "
            "there; rename the two together",
            BasinmapWarning,
            stacklevel=4,
        )
    for values in columns_of(table):
        told = told_of(values).states
        gone = {code: state for code, state in told.items() if state in STATES}
        if not gone:
            continue
        try:
            check_states(values, gone)
        except (SecrecyError, MeasureError) as error:
            msg = f"{what}: {error}"
            raise type(error)(msg) from None


# -- dates --------------------------------------------------------------------------


def level_of(drawn: pd.Series | pd.DataFrame) -> str:
    """
    Return the level of values or units, or nothing.

    Parameters
    ----------
    drawn
        Values or units; what is told of them, else the name of their index.
    """
    return told_of(drawn).level or str(drawn.index.name or "")


def geography_of(drawn: pd.Series | pd.DataFrame) -> str:
    """
    Return the year of the list of communes of values or outlines, or nothing.

    Parameters
    ----------
    drawn
        Values or units; what is told of them, else of their measure.
    """
    return told_of(drawn).geography[:4]


def check_geography(units: pd.DataFrame, values: pd.Series) -> None:
    """
    Check that values and outlines are of one list of communes, and of one date.

    Parameters
    ----------
    units
        What is drawn.
    values
        On its codes.

    Raises
    ------
    VintageError
        If both say which, and differ.
    """
    dates = [told_of(drawn).date for drawn in (units, values)]
    if all(dates) and dates[0] != dates[1]:
        msg = (
            f"{values.name or 'values'}: values over the perimeters of {dates[1]} on "
            f"outlines of {dates[0]}; take both at one date, date={dates[0]!r}"
        )
        raise VintageError(msg)
    ground, list_of_values = geography_of(units), geography_of(values)
    if ground and list_of_values and ground != list_of_values:
        msg = (
            f"{values.name or 'values'}: values by units of {list_of_values} on "
            f"outlines of {ground}; bring them to one list of communes: "
            f"bm.rebase(table, from_year={list_of_values}, to_year={ground})"
        )
        raise VintageError(msg)


def check_matched(
    units: pd.DataFrame, values: pd.Series, *, stacklevel: int = 4
) -> None:
    """
    Warn of values and outlines that look like two lists of units.

    Parameters
    ----------
    units
        What is drawn.
    values
        On some of its codes, maybe on more.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        If some units have no row, while some rows are of no unit.
    """
    bare = units.index[values.index.get_indexer(units.index) < 0]
    if bare.empty:
        return
    stray = values.index[~values.index.isin(units.index)]
    if len(stray):
        warnings.warn(
            f"{len(bare)} unit(s) have no row in {values.name or 'values'!r} "
            f"({culprits(bare, most=3)}), and {len(stray)} row(s) are of no unit "
            f"({culprits(stray, most=3)}): are they of two lists of communes? "
            "See bm.rebase",
            BasinmapWarning,
            stacklevel=stacklevel,
        )
