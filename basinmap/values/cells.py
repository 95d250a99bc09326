"""What a column holds, as files write it: one description for every writer."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import numbers
import os
import re
import uuid
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.measures import missing
from basinmap.typography import yes_or_no
from basinmap.values.told import Told, told_of

__all__ = ["Cells", "cells_of", "check_name", "codes_as_cells"]

Kind = Literal["text", "whole", "real", "truth", "day", "moment"]

_YEARS: Final = (1800, 2100)
_MOST_DECIMALS: Final = 6
_WHOLE: Final = 2.0**53
# Whole numbers that are names: « 24620036400012 » is no amount, « 2 021 » no year.
_NAMED: Final = re.compile(
    r"(^|_)(an|annee|année|year|millesime|millésime|code|insee|siren|siret|naf|ape|cp|"
    r"postal|postcode|id|ident|identifiant|numero|numéro|num|tel|telephone|téléphone|"
    r"matricule|rang)($|_)"
)
_SIREN, _SIRET = 9, 14


@dataclass(frozen=True, slots=True)
class Cells:
    """
    A column as a file may hold it.

    Attributes
    ----------
    name
        Of the column.
    kind
        What every value is: text, whole or real numbers, truth values, days, moments.
    held
        On the index of the table, in the dtype of the kind: objects for text and days,
        Int64, float64, boolean, datetime64.
    decimals
        How many tell all values of the column.
    grouped
        Whether thousands are set apart: years and identifiers are names.
    """

    name: str
    kind: Kind
    held: pd.Series
    decimals: int = 0
    grouped: bool = True


def cells_of(values: pd.Series, what: str, told: Told | None = None) -> Cells:
    """
    Describe a column for a file.

    Parameters
    ----------
    values
        A column of any dtype. Objects are what they hold: numbers with gaps and
        decimals are numbers, dates with gaps are dates; numbers among text are text.
    what
        The sheet, layer or table it is of, for the message.
    told
        What is told of it; by default what its attributes say.

    Raises
    ------
    DataError
        If a value is infinite, is no single value (a list, a shape), a duration, a
        complex number, or a text that no file holds whole.

    Examples
    --------
    >>> import pandas as pd
    >>> found = cells_of(pd.Series([12, None], name="n", dtype=object), "sheet 'A'")
    >>> found.kind, found.held.dtype
    ('whole', Int64Dtype())
    """
    name = check_name(values.name, what)
    where = f"{what}: column {name!r}"
    told = told_of(values) if told is None else told
    kind, plain = _typed(values, where)
    if kind == "text":
        _check_text(plain, where)
    if kind not in ("whole", "real"):
        return Cells(name, kind, plain)
    grouped = not (kind == "whole" and _names(name, plain, told))
    decimals = told.decimals
    if decimals is None:
        decimals = _decimals(plain) if kind == "real" else 0
    return Cells(name, kind, plain, decimals, grouped)


def codes_as_cells(table: pd.DataFrame, what: str, *, unnamed: str) -> Cells:
    """
    Describe the index of a table, which is the first column of its file.

    Parameters
    ----------
    table
        On the codes of its units.
    what
        What it is, for the message.
    unnamed
        Name of an index that has none.

    Raises
    ------
    DataError
        If the index or the columns have several levels, or as for `cells_of`.
    """
    for axis, index in (("index", table.index), ("columns", table.columns)):
        if isinstance(index, pd.MultiIndex):
            fix = (
                "call .reset_index()"
                if axis == "index"
                else "join the levels: table.columns = table.columns.map('_'.join)"
            )
            msg = f"{what}: {axis} of {index.nlevels} levels; a file has one: {fix}"
            raise DataError(msg)
    name = unnamed if table.index.name is None else table.index.name
    # A list of years is an index too: by position, not by its own codes.
    codes = pd.Series(table.index.array, index=table.index, name=name)
    return cells_of(codes, what)


def check_name(name: Hashable, what: str) -> str:
    """
    Return the name of a column, a layer or a sheet as text.

    Parameters
    ----------
    name
        Text, or a number such as a year.
    what
        What bears it, for the message.

    Raises
    ------
    DataError
        If it is empty, missing, of several parts, or not writable.
    """
    if isinstance(name, str):
        text = name
    elif isinstance(name, numbers.Integral) and not isinstance(name, bool | np.bool_):
        text = str(int(name))
    else:
        msg = f"{what}: {name!r} is no name; give text: table.rename(columns=str)"
        raise DataError(msg)
    if not text.strip() or not _writable(text):
        msg = f"{what}: {name!r} is no name; give letters, such as 'population'"
        raise DataError(msg)
    return text


# -- of which kind -------------------------------------------------------------------


def _typed(values: pd.Series, where: str) -> tuple[Kind, pd.Series]:  # noqa: PLR0911 - a kind each
    """Return the kind of a column, and the column in the dtype of that kind."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype | pd.SparseDtype | pd.PeriodDtype) or (
        isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M"
    ):
        return _of_objects(values.astype(object), where)
    if pd.api.types.is_bool_dtype(dtype):
        return "truth", values.astype("boolean")
    if pd.api.types.is_integer_dtype(dtype):
        return "whole", _whole(values, where)
    if pd.api.types.is_float_dtype(dtype):
        return "real", _real(values, where)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return _dated(values, where)
    if isinstance(dtype, pd.StringDtype):
        return "text", values.astype(object)
    if dtype.kind in "mc" or str(dtype) == "geometry":
        _refuse(values[values.notna()], where)
    return _of_objects(values.astype(object), where)


def _of_objects(values: pd.Series, where: str) -> tuple[Kind, pd.Series]:
    """Return the kind of what a column of objects holds."""
    gone = _absent(values)
    values = values.mask(gone, None) if gone.any() else values
    kept = values[~gone]
    kinds = {cls: _kind_of(cls) for cls in set(map(type, kept))}
    odd = [cls for cls, kind in kinds.items() if kind is None]
    if odd:
        _refuse(kept[kept.map(type).isin(odd)], where)
    found = set(kinds.values())
    if not found or "text" in found:
        return "text", _as_text(values, gone, found)
    if found <= {"whole", "real"}:
        if found == {"whole"}:
            return "whole", _whole(values, where)
        floats = pd.Series(np.nan, index=values.index)
        floats[~gone.to_numpy()] = [float(value) for value in kept]
        return "real", _real(floats, where)
    if found <= {"day", "moment"}:
        return _dated(values, where)
    if found == {"truth"}:
        return "truth", values.astype("boolean")
    msg = (
        f"{where}: holds {culprits(sorted(filter(None, found)))} together, such as "
        f"{culprits(kept.drop_duplicates(), most=3)}; make them of one kind"
    )
    raise DataError(msg)


# In order: a truth value is a number for Python, a moment is a day.
_KINDS: Final[tuple[tuple[type | tuple[type, ...], Kind], ...]] = (
    ((bool, np.bool_), "truth"),
    (numbers.Integral, "whole"),
    ((numbers.Real, decimal.Decimal), "real"),
    (dt.datetime, "moment"),
    ((dt.date, np.datetime64), "day"),
    ((str, enum.Enum, uuid.UUID, os.PathLike, pd.Period, pd.Interval, dt.time), "text"),
)


def _kind_of(cls: type) -> Kind | None:
    if issubclass(cls, np.timedelta64):  # a whole number, for numpy
        return None
    return next((kind for known, kind in _KINDS if issubclass(cls, known)), None)


def _absent(values: pd.Series) -> pd.Series:
    """Return which objects stand for nothing; a list of nothings is a list."""
    # The decimal that is no number may not even be compared.
    void = values.map(
        lambda value: isinstance(value, decimal.Decimal) and value.is_nan()
    ).astype(bool)
    return missing(values.mask(void, None) if void.any() else values) | void


def _refuse(kept: pd.Series, where: str) -> None:
    """Refuse values that are no single value, and say what to write instead."""
    if not len(kept):
        msg = f"{where}: holds nothing of a kind that files hold; drop it"
        raise DataError(msg)
    value, codes = kept.iloc[0], culprits(kept.index)
    name = type(value).__name__
    if isinstance(value, dt.timedelta | np.timedelta64):
        fix = "a duration has no unit there: write minutes, .dt.total_seconds() / 60"
    elif isinstance(value, complex | np.complexfloating):
        fix = "a complex number is none of a file; keep .real"
    elif isinstance(value, list | tuple | set | frozenset | dict | np.ndarray):
        fix = "one cell holds one value: join them, .map(', '.join)"
    elif hasattr(value, "geom_type"):
        fix = "shapes go in the geometry of a layer, one a row: drop the column"
    else:
        fix = "write text or numbers"
    msg = f"{where}: {len(kept)} value(s) of type {name} at {codes}; {fix}"
    raise DataError(msg)


def _whole(values: pd.Series, where: str) -> pd.Series:
    """Return whole numbers as Int64."""
    try:
        return values.astype("Int64")
    except (OverflowError, TypeError, ValueError):
        kept = values.dropna()
        huge = kept[[abs(int(value)) >= 2**63 for value in kept]]
        msg = (
            f"{where}: {len(huge)} whole number(s) that no file holds, at "
            f"{culprits(huge.index)}; write them as text, .astype(str)"
        )
        raise DataError(msg) from None


def _real(values: pd.Series, where: str) -> pd.Series:
    """Return real numbers as float64, what is missing as NaN."""
    short = values.dtype.kind == "f" and values.dtype.itemsize < 8
    if short and isinstance(values.dtype, np.dtype):
        # 0.1 in half the bits is still 0.1 for whoever wrote it.
        found = values.astype(str).astype("float64")
    else:
        gone = missing(values).to_numpy()
        found = pd.Series(
            values.to_numpy(dtype="float64", na_value=np.nan),
            index=values.index,
            name=values.name,
        ).mask(gone)
    endless = found[np.isinf(found.to_numpy())]
    if len(endless):
        msg = (
            f"{where}: {len(endless)} infinite value(s) at {culprits(endless.index)}; "
            "empty them, and say why: bm.describe(values, states=…)"
        )
        raise DataError(msg)
    return found


def _dated(values: pd.Series, where: str) -> tuple[Kind, pd.Series]:
    """Return days as dates, moments as they are."""
    if values.dtype == object:
        try:
            # Midnight of a day that has no hour is no moment.
            found = values.map(_moment, na_action="ignore")
            zones = {value.tzinfo for value in found.dropna()}
            if len(zones) > 1:
                return "text", _as_text(values, missing(values), {"moment"})
            values = pd.to_datetime(found)
        except (ValueError, OverflowError) as error:
            msg = f"{where}: dates that cannot be: {error}"
            raise DataError(msg) from None
    if values.dtype.kind == "O":
        return "day", values
    kept = values.dropna()
    if values.dt.tz is None and (kept == kept.dt.normalize()).all():
        return "day", values.dt.date.astype(object).mask(values.isna(), None)
    return "moment", values


def _moment(value: Any) -> dt.datetime:  # noqa: ANN401 - a day of any library
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day


def _as_text(
    values: pd.Series, gone: pd.Series, found: Iterable[Kind | None]
) -> pd.Series:
    """Return values as text; what is missing stays so."""
    if set(found) <= {"text"}:
        whole = values.map(lambda value: isinstance(value, str)) | gone
        if whole.all():
            return values.astype(object)
    return values.map(_written, na_action="ignore").astype(object).mask(gone, None)


def _written(value: Any) -> str:  # noqa: ANN401 - any single value
    match value:
        case enum.Enum():
            return str(value.value)
        case os.PathLike():
            return os.fspath(value)
        case numbers.Real() if not isinstance(value, numbers.Integral):
            return repr(float(value)).removesuffix(".0")
    return yes_or_no(value)


def _check_text(values: pd.Series, where: str) -> None:
    kept = dict.fromkeys(values.dropna())
    odd = [value for value in kept if not _writable(value)]
    if odd:
        msg = (
            f"{where}: {len(odd)} text(s) with signs that no file holds: "
            f"{culprits(odd)}; take them out: .str.replace('\\0', '')"
        )
        raise DataError(msg)


def _writable(text: str) -> bool:
    """Tell whether a text is read back whole: a NUL cuts it, half a pair is no sign."""
    return "\0" not in text and not re.search("[\ud800-\udfff]", text)


# -- how numbers are printed ----------------------------------------------------------


def _names(name: str, values: pd.Series, told: Told) -> bool:
    """Tell whether whole numbers are years or identifiers, which bear no separator."""
    if told.kind:
        return told.kind == "category"
    if told.unit or told.measure is not None:
        return False
    if _NAMED.search(name.lower()):
        return True
    known = values.dropna().to_numpy(dtype="int64")
    if not len(known) or (known < 0).any():
        return False
    years = bool(((known >= _YEARS[0]) & (known <= _YEARS[1])).all())
    lengths = {len(str(value)) for value in known.tolist()}
    keyed = lengths == {_SIREN} and all(map(_sums_to_ten, known.tolist()))
    return years or lengths == {_SIRET} or keyed


def _sums_to_ten(number: int) -> bool:
    """Tell whether digits bear the key of Luhn, as those of a SIREN do."""
    digits = [int(digit) for digit in reversed(str(number))]
    twice = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(twice)) % 10 == 0


def _decimals(values: pd.Series) -> int:
    """Return how many decimals tell all values: none, two, or more for small ones."""
    known = np.abs(values.dropna().to_numpy())
    known = known[known > 0]
    if not len(known) or (known % 1 == 0).all():
        return 0
    # Two figures of the smallest, so that 0.0042 is not written « 0,00 ».
    least = 1 - math.floor(math.log10(known.min()))
    most = min(max(2, least), _MOST_DECIMALS)
    known = known[known < _WHOLE]  # beyond it a float has no decimals
    for digits in range(2, most):
        if (np.abs(np.round(known, digits) - known) <= 1e-9 * known).all():
            return digits
    return most
