"""
Typed measures: what a column is decides how it may be combined and mapped.

A `Stock` is summed. A `Ratio` and a `Growth` are computed again from their
counts. A `Mean` is weighted. A `Median` never moves to another territory.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_fields, check_given, shown
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    DataError,
    MeasureError,
    culprits,
)
from basinmap.states import QUALIFIERS, STATES, divided, grown, read_state

__all__ = [
    "QUALIFIERS",
    "STATES",
    "Category",
    "Growth",
    "Mean",
    "Measure",
    "Median",
    "Ratio",
    "Stock",
    "as_floats",
    "check_added",
    "check_columns",
    "check_counts",
    "check_decimals",
    "check_parts",
    "check_percents",
    "check_ratios",
    "counted",
    "evaluate",
    "missing",
    "parse_counts",
    "printed_names",
    "quotient",
    "state_column",
    "state_column_in",
    "state_columns",
    "states_of",
    "states_read",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    What a column holds; one of the daughters below.

    Attributes
    ----------
    label
        French name, as printed.
    unit
        French unit, as printed after a number.
    vintage
        Year, or period, of the statistic.
    geography
        Date of the list of communes (COG) the file was made with.
    source
        Credit line, as printed.
    family
        Sampling family of the census, `"P"` (main) or `"C"` (complementary).
    published
        Year whose 1 January perimeters the published tables use, when it is not
        that of the statistic: the legal population 2019 is published for 2022.
    """

    label: str = ""
    unit: str = ""
    vintage: str = ""
    geography: str = ""
    source: str = ""
    family: str = ""
    published: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be printed, or compared."""
        for item in fields(self):
            value = getattr(self, item.name)
            if item.type == "str" and not isinstance(value, str):
                kind = type(self).__name__
                msg = (
                    f"{kind}({item.name}={value!r}): expected text, such as "
                    f"{item.name}={str(value)!r}"
                )
                raise MeasureError(msg)
        check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Measure):
    """
    A count or a quantity that adds up, such as dwellings.

    Attributes
    ----------
    signed
        Whether it may be negative, such as a balance of migration. A sum without
        some of its terms then bounds nothing.
    """

    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Measure):
    """
    A ratio of two stocks, computed again wherever territories are combined.

    Attributes
    ----------
    numerator, denominator
        Columns of two stocks.
    scale
        What the quotient is multiplied by, such as 100 for a percentage.
    """

    numerator: str
    denominator: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a scale that is no number."""
        _check_number("Ratio", "scale", self.scale)
        Measure.__post_init__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth(Measure):
    """
    A yearly compound rate between two stocks, in per cent.

    Attributes
    ----------
    start, end
        Columns of the stock at the two dates.
    years
        Number of years between them.
    """

    start: str
    end: str
    years: float

    def __post_init__(self) -> None:
        """Refuse a number of years that is none."""
        _check_number("Growth", "years", self.years)
        Measure.__post_init__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Measure):
    """
    A mean, combined with the stock it is a mean over.

    Attributes
    ----------
    weight
        Column of the stock that weighs it.
    signed
        Whether it may be negative, such as a mean gap.
    """

    weight: str
    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(Measure):
    """
    A median or a quantile: read at its own level, never combined.

    Attributes
    ----------
    signed
        Whether it may be negative, such as a published change in per cent.
    """

    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(Measure):
    """
    A class or a type, combined by a rule that is said.

    Attributes
    ----------
    rule
        `"majority"`: the category that holds more than half of the weight, else
        undefined. `"unanimous"`: the one that all share, else undefined.
    weight
        Column of the stock that weighs the majority, such as a population.
    """

    rule: Literal["majority", "unanimous"]
    weight: str = ""


Measures = Mapping[str, Measure]


def _check_number(kind: str, name: str, value: object) -> None:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 < value < math.inf:  # type: ignore[operator]
        msg = f"{kind}({name}={shown(value)}): expected a number above 0"
        raise MeasureError(msg)


def state_column(column: str | int) -> str:
    """
    Return the name of the column that says what the values of a column mean.

    Parameters
    ----------
    column
        Column of values.

    Examples
    --------
    >>> state_column("vacant_2025")
    'vacant_2025_state'
    """
    return f"{column}_state"


def state_column_in(table: pd.DataFrame, column: str | int) -> str | None:
    """
    Return the column of a table that says what the values of another mean.

    Parameters
    ----------
    table
        May have it as programs write it, `<column>_state`, or as the files for readers
        do, `<column> : statut`; in any case of letters.
    column
        Column of values.

    Raises
    ------
    DataError
        If several do.

    Examples
    --------
    >>> state_column_in(pd.DataFrame({"n": [1], "n_State": [""]}), "n")
    'n_State'
    """
    return state_columns(table, [column]).get(column)


def state_columns(
    table: pd.DataFrame, columns: Iterable[str | int]
) -> dict[str | int, str]:
    """
    Return the columns of states of a table, by the column that each is about.

    Parameters
    ----------
    table
        See `state_column_in`.
    columns
        Columns of values.

    Raises
    ------
    DataError
        If two are about one column.
    """
    folded: dict[str, list[str]] = {}
    for name in table.columns.tolist():
        # Of a hundred columns few are of states: only those are put side by side.
        if isinstance(name, str) and name.rstrip()[-8:].casefold().endswith(_ENDS):
            folded.setdefault(_folded(name), []).append(name)
    found: dict[str | int, str] = {}
    for column in columns:
        forms = (state_column(column), f"{column} : statut")
        beside = [n for form in forms for n in folded.get(_folded(form), [])]
        if len(set(beside)) > 1:
            msg = f"{column}: {culprits(beside)} say what its values mean; keep one"
            raise DataError(msg)
        if beside:
            found[column] = beside[0]
    return found


_ENDS: Final = ("_state", "statut")
"""What the name of a column of states ends with."""


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def states_read(states: pd.Series, what: str) -> pd.Series:
    """
    Return states under their names, whoever wrote them.

    Parameters
    ----------
    states
        Keys, or the French words and signs that are printed for them.
    what
        What they are, for the message.

    Raises
    ------
    MeasureError
        If a word is no state: what it hides would leave.

    Examples
    --------
    >>> states_read(pd.Series(["Secret statistique", None]), "n_state").tolist()
    ['secret', '']
    """
    given = states.to_numpy(dtype=object)
    gone = states.isna().to_numpy(dtype=bool)
    words = {word: read_state(word) for word in pd.unique(given[~gone])}
    unknown = sorted(str(word) for word, state in words.items() if state is None)
    if unknown:
        msg = (
            f"{what}: unknown state(s) {culprits(unknown)}; "
            f"write one of {', '.join([*STATES, *QUALIFIERS])}, or nothing"
        )
        raise MeasureError(msg)
    told = np.full(len(given), "", dtype=object)
    told[~gone] = [words[word] for word in given[~gone]]
    return pd.Series(told, states.index, dtype=object, name=states.name)


def states_of(table: pd.DataFrame, column: str | int) -> pd.Series:
    """
    Return the state of each value: a key of `STATES` or `QUALIFIERS`, or `""`.

    Parameters
    ----------
    table
        May have a column `<column>_state`; a missing value without a state is
        `"not_available"`.
    column
        Column of values.

    Raises
    ------
    MeasureError
        If a state is unknown, or says that a value is missing where there is one.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> table = bm.parse_counts(pd.Series(["12", "s"], name="vacant"))
    >>> bm.states_of(table, "vacant").tolist()
    ['', 'secret']
    """
    check_given(states_of, locals())
    check_columns(table, column)
    gone = missing(table[column])
    beside = state_column_in(table, column)
    if beside is None:
        told = np.full(len(table), "", dtype=object)
        told[gone.to_numpy()] = "not_available"
        return pd.Series(told, index=table.index, dtype=object)
    states = states_read(table[beside], beside)
    empty, lacking = gone.to_numpy(), np.array([s in STATES for s in states], bool)
    if not lacking.any() and not empty.any():
        return states
    wrong = table.index[lacking & ~empty]
    if len(wrong):
        msg = (
            f"{column}: {len(wrong)} value(s) said to be missing are there: "
            f"{culprits(wrong)}; empty the value or its state"
        )
        raise MeasureError(msg)
    states[empty & ~lacking] = "not_available"
    return states


def missing(values: pd.Series) -> pd.Series:
    """
    Return which values are missing, NaN kept apart by Arrow among them.

    Parameters
    ----------
    values
        Any column.

    Examples
    --------
    >>> raw = pd.Series([1.0, None], dtype="float64").astype("double[pyarrow]")
    >>> missing(raw).tolist()
    [False, True]
    """
    gone = values.isna()
    if isinstance(values.dtype, np.dtype):
        return gone
    if not gone.all() and _is_number(values.dtype):
        floats = values.to_numpy(dtype="float64", na_value=np.nan)
        gone |= np.isnan(floats)
    return gone.astype(bool)


def _is_number(dtype: object) -> bool:
    numeric = pd.api.types.is_numeric_dtype(dtype)
    return (
        numeric
        and not pd.api.types.is_bool_dtype(dtype)
        and not pd.api.types.is_complex_dtype(dtype)
    )


def as_floats(values: pd.Series, what: str = "") -> pd.Series:
    """
    Return a column of numbers as floats, what is missing as NaN.

    Parameters
    ----------
    values
        Numbers of any dtype: of numpy, nullable, of Arrow, Python's own.
    what
        What they are, for the message; by default their name.

    Raises
    ------
    MeasureError
        If one is no number: text, a date, a truth value, a complex number.

    Examples
    --------
    >>> as_floats(pd.Series([1, None, 2.5], dtype=object)).tolist()
    [1.0, nan, 2.5]
    """
    what = what or str(values.name or "values")
    if not _is_number(values.dtype):
        there = values[~missing(values)].astype(object)
        odd = there[[not _is_one(value) for value in there]]
        if len(odd):
            msg = f"{what!r} holds {_named_kind(odd)}, not counts: {_some(odd)}; "
            raise MeasureError(msg + _cure(odd))
        values = values.astype(object).where(~missing(values), np.nan)
        return values.astype("float64")
    floats = values.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series(floats, index=values.index, name=values.name)


def _is_one(value: object) -> bool:
    if isinstance(value, bool | np.bool_ | complex | np.complexfloating):
        return False
    # Decimals of a database among them, text and dates not.
    return hasattr(value, "__float__") and not isinstance(value, np.datetime64)


def _named_kind(odd: pd.Series) -> str:
    if odd.map(lambda value: isinstance(value, str)).all():
        return "text"
    return f"values of type {type(odd.iloc[0]).__name__}"


def _some(odd: pd.Series) -> str:
    try:
        return culprits(odd.unique(), most=3)
    except TypeError:  # lists, mappings: things that cannot be told apart
        return culprits(odd, most=3)


def _cure(odd: pd.Series) -> str:
    if _named_kind(odd) == "text":
        return "read it with bm.parse_counts first"
    return "pass a column of numbers"


def check_counts(values: pd.Series, what: str = "", *, signed: bool = False) -> None:
    """
    Check that counts are finite, and not below zero.

    Parameters
    ----------
    values
        Floats; those missing are passed over.
    what
        What they are, for the message; by default their name.
    signed
        Whether they may be negative, as a balance may.

    Raises
    ------
    MeasureError
        Naming the codes.
    """
    what = what or str(values.name or "values")
    floats = values.to_numpy()
    wild = values.index[np.isinf(floats)]
    if len(wild):
        msg = f"{what!r}: {len(wild)} infinite value(s) at {culprits(wild)}; empty them"
        raise MeasureError(msg)
    below = values.index[floats < 0]
    if len(below) and not signed:
        msg = (
            f"{what!r}: {len(below)} negative count(s) at {culprits(below)}; correct "
            "them, or declare a balance: bm.Stock(signed=True)"
        )
        raise MeasureError(msg)


def counted(
    table: pd.DataFrame, column: str, *, signed: bool = False
) -> tuple[pd.Series, pd.Series]:
    """
    Return the counts of a column as floats, and what each is worth.

    Parameters
    ----------
    table
        With a column `<column>_state` where some are missing or bounded.
    column
        A stock.
    signed
        Whether it may be negative.

    Returns
    -------
    values : Series of float
        NaN where missing, whatever the dtype said so.
    states : Series of object
        A key of `STATES` or `QUALIFIERS`, or `""`.

    Raises
    ------
    ColumnError
        If the column is missing, or stands twice.
    MeasureError
        If it holds anything but numbers, infinite ones, negative ones, or a state
        contradicts a value.

    Examples
    --------
    >>> table = parse_counts(pd.Series(["12", "s"], name="vacant"))
    >>> [part.tolist() for part in counted(table, "vacant")]
    [[12.0, nan], ['', 'secret']]
    """
    check_columns(table, column)
    values = as_floats(table[column], column)
    check_counts(values, column, signed=signed)
    return values, states_of(table, column)


_SIGNS: Final = re.compile(r"[\ufeff\u200b]")
_SPACES: Final = re.compile(r"(?<=[0-9])[\s\u202f\u00a0](?=[0-9]{3}(?![0-9]))")
_DOTTED: Final = re.compile(r"[-−]?[0-9]+\.[0-9]+")
_COMMAED: Final = re.compile(r"[-−]?[0-9]+,[0-9]+")
_THOUSANDS: Final = re.compile(r"[-−]?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_NUMBER: Final = re.compile(r"[-−]?[0-9]+([.,][0-9]+)?")

Signs = str | float | Sequence[str | float]


def parse_counts(
    raw: pd.Series | pd.DataFrame,
    *,
    secret: Signs = ("s", "c"),
    not_applicable: Signs = ("s.o.", "so", "///"),
    not_available: Signs = ("n.d.", "nd", "ns", "n.s.", "…", "...", "-", ""),
    zero: Signs = (),
    signed: bool = False,
    decimal: Literal["", ".", ","] = "",
) -> pd.DataFrame:
    """
    Read counts as they are published, with the signs that stand for no value.

    Parameters
    ----------
    raw
        Text or numbers, such as columns of a file read with `dtype=str`; of a frame,
        every column is read, those of states left as they are.
    secret, not_applicable, not_available
        The signs of each kind of missing value. A zero is a value.
    zero
        Signs that stand for nothing at all: Insee writes « - » for it, others for what
        is not available, so that it is read as such unless `zero="-"` says otherwise.
    signed
        Whether numbers may be negative, as a balance may.
    decimal
        What stands before decimals, where it is known; otherwise « 1.234 » may be a
        thousand.

    Returns
    -------
    DataFrame
        On the index of `raw`: for each column its name, as numbers, and
        `<name>_state`.

    Raises
    ------
    MeasureError
        If something is neither a number nor one of the signs, or is negative.
    ColumnError
        If two columns of a frame bear one name.
    DataError
        If decimals are written in two ways, or all could be thousands.

    Notes
    -----
    Byte order marks, spaces between thousands, no-break ones too, are passed over; a
    comma or a point stands before decimals.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> bm.parse_counts(pd.Series(["12", "0", "s", None], name="vacant"))
       vacant   vacant_state
    0    12.0
    1     0.0
    2     NaN         secret
    3     NaN  not_available
    >>> bm.parse_counts(pd.DataFrame({"a": ["1 234,5"], "b": ["///"]}))
            a a_state   b         b_state
    0  1234.5         NaN  not_applicable
    """
    check_given(parse_counts, locals())
    signs = {
        **dict.fromkeys(_spelt(not_available), "not_available"),
        **dict.fromkeys(_spelt(not_applicable), "not_applicable"),
        **dict.fromkeys(_spelt(secret), "secret"),
    }
    nil = _spelt(zero)
    for column in [raw] if isinstance(raw, pd.Series) else map(raw.get, raw.columns):
        if isinstance(column, pd.Series):  # a name that stands twice is refused below
            written = column[column.map(lambda cell: isinstance(cell, str))]
            text = written.astype(object).str.strip()
            check_decimals(text, str(column.name or "value"), decimal)
    if isinstance(raw, pd.Series):
        return _parsed(raw, str(raw.name or "value"), signs, nil, signed=signed)
    names = [str(name) for name in raw.columns]
    check_columns(raw, *names)
    beside = {state_column(name) for name in names}
    parts = [
        _with_own(_parsed(raw[name], name, signs, nil, signed=signed), raw, name)
        for name in names
        if name not in beside
    ]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=raw.index)


def check_decimals(text: pd.Series, name: str, known: str = "") -> None:
    """
    Refuse decimals written in two ways, and what may be thousands: « 1.234 ».

    Parameters
    ----------
    text
        Cells.
    name
        Of their column, for the message.
    known
        What stands before decimals, where it is known.

    Raises
    ------
    DataError
        If a reader could take numbers for others.

    Examples
    --------
    >>> check_decimals(pd.Series(["12,5", "1,234"]), "n")
    >>> check_decimals(pd.Series(["1,234"]), "n", ",")
    """
    points = text[text.str.fullmatch(_DOTTED).astype(bool)]
    commas = text[text.str.fullmatch(_COMMAED).astype(bool)]
    if len(points) and len(commas):
        msg = (
            f"{name!r}: decimals with a point ({culprits(points, most=1)}) and with a "
            f"comma ({culprits(commas, most=1)}): which is which? Write one of them"
        )
        raise DataError(msg)
    for cut, mark in ((points, "."), (commas, ",")):
        if mark != known and len(cut) and cut.str.fullmatch(_THOUSANDS).all():
            msg = (
                f"{name!r}: {len(cut)} number(s) such as {culprits(cut, most=2)}: are "
                f"they thousands, or decimals of three digits? Take {mark!r} out of "
                "the file, or read it with decimal='.' or ','"
            )
            raise DataError(msg)


def _with_own(read: pd.DataFrame, raw: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep what a column of states already said, of the values that signs leave."""
    beside = state_column(name)
    if beside not in raw.columns:
        return read
    own = raw[beside].astype(object).where(~missing(raw[beside]), "")
    said = own.where(own != "", read[beside])
    read = read.assign(**{beside: said})
    # A secret that is there is refused.
    return read.assign(**{beside: states_of(read, name)})


def _spelt(signs: Signs) -> list[str]:
    given = signs if isinstance(signs, list | tuple | set | frozenset) else [signs]
    return [_plain_text(sign).lower() for sign in given]


def _plain_text(value: object) -> str:
    """Write a value as a file does: 999, and not 999.0."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _parsed(
    raw: pd.Series,
    name: str,
    signs: Mapping[str, str],
    zero: Sequence[str],
    *,
    signed: bool,
) -> pd.DataFrame:
    """Return one column as numbers, and the state of each."""
    text = raw.astype(object).where(~missing(raw), "").map(_plain_text).astype(object)
    text = text.str.replace(_SIGNS, "", regex=True).str.strip()
    text = text.str.replace(_SPACES, "", regex=True)
    lowered = text.str.lower()
    text = text.mask(lowered.isin(zero), "0")
    states = (
        lowered.where(~lowered.isin(zero), "0").map(signs).fillna("").astype(object)
    )
    plain = text.str.fullmatch(_NUMBER) & (states == "")
    found = text.where(plain).str.replace(",", ".", regex=False)
    values = pd.to_numeric(found.str.replace("−", "-", regex=False)).astype("float64")
    _check_codes(text, name)
    wrong = text[values.isna() & (states == "")]
    if len(wrong):
        msg = (
            f"{name}: {len(wrong)} value(s) are neither numbers nor known signs: "
            f"{culprits(wrong.unique())}; {_meant(wrong)}"
        )
        raise MeasureError(msg)
    below = text[values < 0]
    if len(below) and not signed:
        msg = (
            f"{name}: {len(below)} negative count(s): {culprits(below.unique())}; say "
            "what they stand for, such as secret='-999', or signed=True for a balance"
        )
        raise MeasureError(msg)
    return pd.DataFrame({name: values, state_column(name): states})


def _check_codes(text: pd.Series, name: str) -> None:
    """Refuse codes taken for counts: a zero before a number is part of a code."""
    codes = text[text.str.fullmatch(r"0[0-9]{2,}")]
    if len(codes):
        msg = (
            f"{name}: {len(codes)} value(s) begin by a zero, as codes do: "
            f"{culprits(codes.unique())}; set the codes as the index, and pass the "
            "columns of counts only"
        )
        raise MeasureError(msg)


def _meant(wrong: pd.Series) -> str:
    """Say what to type for text that is no number."""
    if wrong.str.contains("%", regex=False).all():
        return "take the % off, and declare a ratio of two counts"
    if wrong.str.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?").all():
        return "take the points between thousands out: .str.replace('.', '')"
    return (
        "say what they mean with secret=[…], not_applicable=[…] or not_available=[…]; "
        "of a frame, pass the columns of counts only"
    )


@dataclass(frozen=True, slots=True)
class Evaluated:
    """
    Values of one measure, and what is to be said of them.

    Attributes
    ----------
    series
        The values.
    states
        Code to key of `STATES` or `QUALIFIERS`, for those that need one.
    """

    series: pd.Series
    states: dict[str, str] = field(default_factory=dict)


def printed_names(measures: Measures) -> dict[str, str]:
    """
    Return the printed name of each measure that has one, with its year.

    Parameters
    ----------
    measures
        Column to measure.

    Examples
    --------
    >>> printed_names({"p": Stock(label="Logements", vintage="2021"), "q": Stock()})
    {'p': 'Logements (2021)'}
    """
    return {
        name: f"{item.label} ({item.vintage})" if item.vintage else item.label
        for name, item in measures.items()
        if item.label
    }


def check_columns(table: pd.DataFrame, *columns: str | int) -> None:
    """
    Check that a table has these columns.

    Parameters
    ----------
    table
        Any table.
    *columns
        Names it must have.

    Raises
    ------
    ColumnError
        Naming what is missing and what there is, or what stands twice.
    """
    absent = [name for name in columns if name not in table.columns]
    if absent:
        there = culprits(table.columns, most=8) or "nothing"
        msg = f"{len(absent)} column(s) missing: {culprits(absent)}; found {there}"
        raise ColumnError(msg)
    if not table.columns.is_unique:
        again = set(table.columns[table.columns.duplicated()]) & set(columns)
        if again:
            msg = f"{len(again)} column(s) stand twice: {culprits(sorted(again))}; "
            raise ColumnError(msg + "rename or drop one of each")


def evaluate(
    measure: Measure,
    table: pd.DataFrame,
    column: str,
    *,
    signed: Collection[str] = (),
) -> Evaluated:
    """
    Compute a measure from the stocks of a table, one value a row.

    Parameters
    ----------
    measure
        What to compute. A ratio over 0 is *not applicable*, never infinite.
    table
        Stocks, one row a territory.
    column
        Name of the result, and the column itself for a stock.
    signed
        Columns that may be negative, as a balance may.

    Raises
    ------
    ColumnError
        If a stock that the measure needs is missing.
    MeasureError
        If the measure cannot be computed from stocks.
    """
    match measure:
        case Stock():
            may = measure.signed or column in signed
            values, states = counted(table, column, signed=may)
        case Ratio(numerator=top, denominator=bottom, scale=scale):
            values, states = _quotient(table, top, bottom, signed=top in signed)
            values = values * scale
            check_parts(values.to_numpy(), values.index, measure, column)
        case Growth(start=start, end=end, years=years):
            values, states = _quotient(table, end, start, growth=True)
            values = (values ** (1 / years) - 1) * 100
        case _:
            kind = type(measure).__name__.lower()
            msg = f"{column!r} is a {kind}: it cannot be computed from sums of stocks"
            raise MeasureError(msg)
    told = states[states != ""]
    return Evaluated(
        values.rename(column), {str(code): state for code, state in told.items()}
    )


def _quotient(
    table: pd.DataFrame,
    top: str,
    bottom: str,
    *,
    growth: bool = False,
    signed: bool = False,
) -> tuple[pd.Series, pd.Series]:
    """Divide two stocks; say what each result is worth."""
    dividend, above = counted(table, top, signed=signed)
    divisor, below = counted(table, bottom)
    values, states = quotient(
        dividend.to_numpy(),
        above.to_numpy(dtype=object),
        divisor.to_numpy(),
        below.to_numpy(dtype=object),
        growth=growth,
    )
    told = "" if states is None else states
    return (
        pd.Series(values, index=table.index),
        pd.Series(told, index=table.index, dtype=object),
    )


def quotient(
    dividend: NDArray[np.float64],
    above: NDArray[np.object_] | None,
    divisor: NDArray[np.float64],
    below: NDArray[np.object_] | None,
    *,
    growth: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.object_] | None]:
    """
    Divide counts, and say what each quotient is worth.

    Parameters
    ----------
    dividend
        Counts, NaN where missing.
    above
        What they are worth; None where there is nothing to say of any.
    divisor, below
        The same, of what they are divided by.
    growth
        Whether the quotient is that of a count and of the same earlier.

    Returns
    -------
    values, states : ndarray
        NaN where missing; no states where there is nothing to say of any.

    Examples
    --------
    >>> quotient(np.array([1.0, 2.0]), None, np.array([4.0, 0.0]), None)[1].tolist()
    ['', 'not_applicable']
    """
    void = divisor == 0
    values = dividend / np.where(void, np.nan, divisor)
    if above is None and below is None and not void.any():
        return values, None
    whole = np.full(len(values), "", dtype=object)
    above, below = (whole if told is None else told for told in (above, below))
    states = grown(below, above, void) if growth else divided(above, below, void)
    gone = np.isin(states, list(STATES))
    return np.where(gone, np.nan, values), states if (states != "").any() else None


def check_parts(
    values: NDArray[np.float64],
    index: pd.Index,
    measure: Ratio,
    column: str,
    *,
    stacklevel: int = 4,
) -> None:
    """
    Warn of a part that is more than its whole.

    Parameters
    ----------
    values
        Of the ratio.
    index
        Their codes.
    measure
        The ratio; nothing is said of one that is no percentage.
    column
        Its name.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        Naming the codes.
    """
    if not measure.unit.startswith("%") or measure.scale != 100:
        return
    over = index[values > 100 * (1 + 1e-9)]
    if len(over):
        warnings.warn(
            f"{column!r}: {len(over)} value(s) above 100 % at {culprits(over)}: "
            f"{measure.numerator!r} is more than {measure.denominator!r} there; are "
            "they of one file and one year?",
            BasinmapWarning,
            stacklevel=stacklevel,
        )


def check_added(
    known: Measures, column: str, values: pd.Series | None = None, *, stacklevel: int
) -> None:
    """
    Check that what is to be added up may be, and ask of what looks like a rate.

    Parameters
    ----------
    known
        Measures of the columns of the table.
    column
        To be added up.
    values
        Its numbers, where they are at hand.
    stacklevel
        See `warnings.warn`.

    Raises
    ------
    MeasureError
        If it is declared as anything but a stock.

    Warns
    -----
    BasinmapWarning
        If nothing says what it is, and its values lie between 0 and 100, most of them
        with decimals: a join of pandas loses what a rate is declared to be.
    """
    measure = known.get(column)
    if measure is not None and not isinstance(measure, Stock):
        kind = type(measure).__name__.lower()
        msg = f"{column!r} is a {kind}: only stocks add up; sum its counts instead"
        raise MeasureError(msg)
    if measure is not None or values is None:
        return
    there = values.dropna()
    uneven = (there % 1 != 0).mean() if len(there) else 0
    if len(there) > 3 and uneven > 0.5 and there.between(0, 100).all():
        warnings.warn(
            f"{column!r}: nothing says what it is, and its values lie between 0 and "
            "100 with decimals, as rates do, which do not add up. If they are a rate, "
            "add up its two counts; if they are amounts, say so: bm.describe(units, "
            f"measures={{{column!r}: bm.Stock()}})",
            BasinmapWarning,
            stacklevel=stacklevel,
        )


def check_percents(
    values: pd.Series, name: str, unit: str, *, bounded: bool = False, stacklevel: int
) -> None:
    """
    Warn of per cents that are proportions, or more than a whole.

    Parameters
    ----------
    values
        Numbers, missing ones among them.
    name
        What they are, for the message.
    unit
        Of these; nothing is said of one that is no percentage.
    bounded
        Whether they are said to be shares: what is above 100 is then questioned.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        Naming the codes of those above 100.
    """
    if not unit.startswith("%"):
        return
    known = values.dropna()
    fine = (known % 1 != 0).mean() if len(known) else 0
    over = known.index[known.to_numpy(dtype=float) > 100 * (1 + 1e-9)]
    if len(known) > 3 and known.between(0, 1).all() and fine > 0.5:
        msg = (
            f"{name!r}: all values are below 1 in {unit!r}: if they are "
            "proportions, multiply them by 100"
        )
    elif bounded and unit.strip() == "%" and len(over):
        msg = (
            f"{name!r}: {len(over)} value(s) above 100 % at {culprits(over)}: a share "
            "is never; look in the file for a decimal mark that is lost, or for "
            "columns that are exchanged. Kept as they stand, for a change or a cover "
            "may be above"
        )
    else:
        return
    warnings.warn(msg, BasinmapWarning, stacklevel=stacklevel)


def check_ratios(measures: Measures, known: Measures) -> None:
    """
    Check that the two counts of each ratio may be divided.

    Parameters
    ----------
    measures
        What is to be computed.
    known
        Measures of the columns of the table.

    Raises
    ------
    MeasureError
        If a count is no stock, or where both say theirs: the counts of a ratio
        differ by sampling family or vintage, those of a growth by sampling family
        or geography, or are not as many years apart as the growth says.
    """
    for name, measure in measures.items():
        match measure:
            case Ratio(numerator=first, denominator=second):
                _check_pair(name, (first, second), known, ("family", "vintage"))
            case Growth(start=first, end=second, years=years):
                _check_pair(name, (first, second), known, ("family", "geography"))
                _check_years(name, (first, second), years, known)


def _check_pair(
    name: str, pair: tuple[str, str], known: Measures, traits: tuple[str, ...]
) -> None:
    """Check that two counts are stocks that agree on what they both say."""
    counts = {column: known[column] for column in pair if column in known}
    for column, count in counts.items():
        if not isinstance(count, Stock):
            kind = type(count).__name__.lower()
            msg = f"{name!r}: {column!r} is a {kind}; a ratio is of two counts"
            raise MeasureError(msg)
    for trait in traits:
        told = {column: getattr(count, trait) for column, count in counts.items()}
        if len({value for value in told.values() if value}) > 1:
            msg = (
                f"{name!r}: its counts differ by {trait}: {told}; they do not count "
                "the same thing: take both from one file"
            )
            raise MeasureError(msg)


def _check_years(
    name: str, pair: tuple[str, str], years: float, known: Measures
) -> None:
    """Check that two counts are as far apart as the growth between them says."""
    told = [known[column].vintage for column in pair if column in known]
    if len(told) < 2 or not all(year.isdigit() for year in told):
        return
    start, end = map(int, told)
    if end - start != years:
        msg = (
            f"{name!r}: growth over {years:g} years from {pair[0]!r} ({start}) to "
            f"{pair[1]!r} ({end}), which are {end - start} apart; write years="
            f"{end - start}"
            if end > start
            else f"{name!r}: growth from {pair[0]!r} ({start}) to {pair[1]!r} ({end}): "
            "the end is not after the start; exchange them"
        )
        raise MeasureError(msg)
