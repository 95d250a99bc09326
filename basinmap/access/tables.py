"""Travel times that another engine worked out, read from its table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from basinmap.arguments import check_given
from basinmap.errors import (
    CodeError,
    ColumnError,
    DataError,
    culprits,
)
from basinmap.territory.local import is_there
from basinmap.territory.texts import check_encoding
from basinmap.typography import typeset
from basinmap.values.told import tell

__all__ = ["SENTINELS", "read_travel_times"]

Numbers = NDArray[np.float64]

SENTINELS: Final[Mapping[float, str]] = MappingProxyType(
    {
        -1.0: "« none » of many engines",
        4294967.295: "« unreachable » of pandana",
        4294967295.0: "largest 32-bit number",
        2147483647.0: "largest signed 32-bit number, « unreachable » of R5",
        65535.0: "largest 16-bit number",
        32767.0: "largest signed 16-bit number",
        9999.0: "filler",
        99999.0: "filler",
        999999.0: "filler",
    }
)
"""Numbers that tables hold where nothing is reached, and what they are."""

_NAMES: Final = {
    "origin": ("origin", "from_id", "fromid", "idsrc", "id_src", "origin_id"),
    "destination": (
        "destination", "to_id", "toid", "iddst", "id_dst", "destination_id",
    ),
    "off_street": ("off_street",),
}  # fmt: skip
_UNITS: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "minutes": "minutes",
        "travel_time": "minutes",  # r5py, r5r
        "seconds": "seconds",
        # Minutes in R's osrm, seconds in OSRM itself; metric.osrm and IGN say neither.
        "duree": None,
        "durée": None,
        "duration": None,
        "temps": None,
        "time": None,
    }
)
_TIME: Final = re.compile(rf"({'|'.join(_UNITS)})(?:_p(\d\d?))?", re.IGNORECASE)
_MINUTES: Final = re.compile(r"minutes(?:_p\d\d?)?")
_BLANKS: Final = ("", "na", "nan", "null", "none", "<na>")
_SEPARATOR: Final = re.compile("sep=(.)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d+[.,]0+|\d+(?:[.,]\d+)?[Ee]\+?\d+")
"""Codes that a table took for numbers before it wrote them as text."""

_DAY: Final = 1440.0
_EXPECTED: Final = (
    "expected a table in .csv or .parquet with columns from_id, to_id, travel_time "
    "(or travel_time_p50…)"
)


def read_travel_times(
    table: str | PathLike[str] | pd.DataFrame,
    *,
    unit: Literal["minutes", "seconds"] | None = None,
    columns: Mapping[str, str] | None = None,
    unreachable: Iterable[float] = (),
    source: str = "",
    encoding: str | None = None,
) -> pd.DataFrame:
    """
    Read the travel times that another engine worked out.

    Parameters
    ----------
    table
        A file in `.csv` (any of `, ; tab |`, decimal point or comma) or `.parquet`,
        or a frame, one row a pair: as r5py, r5r (`from_id`, `to_id`, `travel_time`
        or `travel_time_p50`…), metric.osrm (`idSrc`, `idDst`, `duree`) or IGN
        tables give it.
    unit
        Of the times; to be said where the name of the column does not tell.
    columns
        Names in the table of `"origin"`, `"destination"`, `"minutes"` (or
        `"minutes_p50"`…), where they are others.
    unreachable
        Numbers that stand for unreachable; they become missing, as do infinite ones.
    source
        Credit line, in French; by default the name of the file.
    encoding
        Of a `.csv`: UTF-8 by default; what French Excel writes may be `"cp1252"`.

    Returns
    -------
    DataFrame
        As `travel_times` does: index `origin`, `destination`, text; `minutes`,
        missing where nothing leads there; `off_street`, missing unless the table
        has it; percentiles as `minutes_p25`…, in which case `minutes` is the median,
        or the only one. `attrs`: also `unreachable`, how many values of each number
        became missing.

    Raises
    ------
    ColumnError
        If a column is missing, or could be one of several.
    CodeError
        If codes are missing, or numbers, which lose their first zero, be they written
        as text (`62498.0`).
    DataError
        If the file is missing, empty, truncated, in another encoding or no table; a
        pair is repeated, a time is negative, longer than a day, no number, or stands
        for unreachable; the unit cannot be known.

    See Also
    --------
    travel_times : Times worked out on a network.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "idSrc": ["01004", "01005"], "idDst": "62498", "duree": [1800.0, -1.0],
    ... })
    >>> bm.read_travel_times(table, unit="seconds", unreachable=[-1])["minutes"]
    origin  destination
    01004   62498          30.0
    01005   62498           NaN
    Name: minutes, dtype: float64
    """
    check_given(read_travel_times, locals())
    raw, name = _opened(table, encoding)
    found = _columns(raw, dict(columns or {}), name)
    times = {key: found[key] for key in found if _MINUTES.fullmatch(key)}
    factor = _factor(unit, times.values(), name)
    index = _pairs(raw, found, name)
    known = tuple(float(value) for value in unreachable)
    counts: dict[float, int] = {}
    minutes = {
        key: _minutes(raw[column], factor, known, counts, name)
        for key, column in times.items()
    }
    metres = np.full(len(raw), np.nan)
    if "off_street" in found:
        metres = _numbers(raw[found["off_street"]], name)
    main = {"minutes": minutes[_main(list(times), name)], "off_street": metres}
    frame = pd.DataFrame(main | minutes, index=index)
    tell(
        frame,
        mode=None,
        direction="from",
        limit=None,
        rule=typeset(f"temps de parcours lus dans {name}"),
        sources=(source or name,),
        unreachable=counts,
    )
    return frame


# -- files -----------------------------------------------------------------------


def _opened(
    table: str | PathLike[str] | pd.DataFrame, encoding: str | None
) -> tuple[pd.DataFrame, str]:
    if isinstance(table, pd.DataFrame):
        raw, name = table, "table"
    else:
        raw, name = _read(Path(table), encoding), Path(table).name
    if any(level is not None for level in raw.index.names):
        raw = raw.reset_index()
    if raw.empty:
        msg = f"{name}: no rows; {_EXPECTED}"
        raise DataError(msg)
    return raw, name


def _read(file: Path, encoding: str | None) -> pd.DataFrame:
    check_encoding(encoding)
    if not is_there(file) or not file.is_file():
        msg = f"{file}: cannot be read (there is no such file); {_EXPECTED}"
        raise DataError(msg)
    parquet = file.suffix.lower() in {".parquet", ".pq"}
    try:
        return pd.read_parquet(file) if parquet else _read_text(file, encoding)
    except (OSError, ValueError, LookupError) as error:
        if isinstance(error, UnicodeError) or "UTF8" in str(error):
            other = "cp1252" if encoding is None else "utf-8"
            msg = (
                f"{file}: its text is not in {encoding or 'utf-8'}; write "
                f"encoding={other!r} if French Excel wrote it"
            )
        else:
            msg = f"{file}: cannot be read ({error}); {_EXPECTED}"
        raise DataError(msg) from error


def _read_text(file: Path, encoding: str | None) -> pd.DataFrame:
    """Read every cell as text: a code keeps its zeros; a row cut short is refused."""
    codec = encoding or "utf-8-sig"
    with file.open(encoding=codec, newline="") as stream:
        # A first line for Excel alone, which says what separates the cells.
        told = _SEPARATOR.fullmatch(stream.readline().strip())
    skipped = 0 if told is None else 1
    headers = [
        (
            sign,
            list(pd.read_csv(file, sep=sign, nrows=0, encoding=codec, header=skipped)),
        )
        for sign in (",;\t|" if told is None else told[1])
    ]
    sign, names = max(headers, key=lambda pair: len(pair[1]))
    table = csv.read_csv(
        file,
        read_options=csv.ReadOptions(encoding=encoding or "utf8", skip_rows=skipped),
        parse_options=csv.ParseOptions(delimiter=sign),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string())
        ),
    )
    return table.to_pandas()


# -- columns ---------------------------------------------------------------------


def _columns(raw: pd.DataFrame, given: dict[str, str], name: str) -> dict[str, str]:
    """Return the column of the table for each of the result."""
    wrong = [key for key in given if key not in _NAMES and not _MINUTES.fullmatch(key)]
    if wrong:
        msg = (
            f"columns: unknown {culprits(wrong)}; name 'origin', 'destination', "
            "'minutes' or 'minutes_p50'"
        )
        raise ColumnError(msg)
    there = [str(column) for column in raw.columns]
    absent = [column for column in given.values() if column not in there]
    if absent:
        msg = f"{name}: no column {culprits(absent)}; found {culprits(there, most=8)}"
        raise ColumnError(msg)
    timed = any(_MINUTES.fullmatch(key) for key in given)
    found: dict[str, list[str]] = {}
    for column in there:
        key = _key(column, timed=timed)
        if key and key not in given:
            found.setdefault(key, []).append(column)
    merged = _single(found, name) | given
    missing = [key for key in ("origin", "destination") if key not in merged]
    if not any(_MINUTES.fullmatch(key) for key in merged):
        missing.append("minutes")
    if missing:
        msg = (
            f"{name}: no column for {culprits(missing)} among "
            f"{culprits(there, most=8)}; name it, such as "
            f"columns={{{missing[0]!r}: {there[0]!r}}}"
        )
        raise ColumnError(msg)
    return merged


def _key(column: str, *, timed: bool) -> str:
    """Return what a column is called in the result, or nothing."""
    for key, names in _NAMES.items():
        if column.lower() in names:
            return key
    match = _TIME.fullmatch(column)
    if match is None or timed:
        return ""
    return f"minutes_p{match[2]}" if match[2] else "minutes"


def _single(found: Mapping[str, Sequence[str]], name: str) -> dict[str, str]:
    for key, columns in found.items():
        if len(columns) > 1:
            msg = (
                f"{name}: {culprits(columns)} could each be {key!r}; "
                f"choose with columns={{{key!r}: {columns[0]!r}}}"
            )
            raise ColumnError(msg)
    return {key: columns[0] for key, columns in found.items()}


def _factor(unit: str | None, columns: Iterable[str], name: str) -> float:
    """Return how many minutes one of the numbers of the table is."""
    units = {unit}
    if unit is None:
        matches = {column: _TIME.fullmatch(column) for column in columns}
        units = {
            _UNITS[match[1].lower()] if match else None for match in matches.values()
        }
        if None in units or len(units) > 1:
            msg = (
                f"{name}: {culprits(matches)} may be minutes or seconds; "
                "say unit='minutes' or unit='seconds'"
            )
            raise DataError(msg)
    if units not in ({"minutes"}, {"seconds"}):
        msg = f"unknown unit {unit!r}; choose among minutes, seconds"
        raise DataError(msg)
    return 1.0 if units == {"minutes"} else 1 / 60


def _main(keys: Sequence[str], name: str) -> str:
    """Return the column that minutes are taken from."""
    for key in ("minutes", "minutes_p50"):
        if key in keys:
            return key
    if len(keys) > 1:
        msg = (
            f"{name}: percentiles without the 50th ({culprits(keys)}); choose one "
            "with columns={'minutes': …}"
        )
        raise ColumnError(msg)
    return keys[0]


# -- values ----------------------------------------------------------------------


def _pairs(raw: pd.DataFrame, found: Mapping[str, str], name: str) -> pd.MultiIndex:
    """Return the codes of each row."""
    codes = []
    for key in ("origin", "destination"):
        values = raw[found[key]]
        column = found[key]
        blank = values.isna() | values.astype(str).str.strip().eq("")
        if blank.any():
            msg = f"{name}: {blank.sum()} row(s) without {column!r}; drop them first"
            raise CodeError(msg)
        wrong = [
            value
            for value in values.unique()
            if not isinstance(value, str) or _NUMBER.fullmatch(value.strip())
        ]
        if wrong:
            msg = (
                f"{name}: {column!r} holds numbers, which lose their first zero: "
                f"{culprits(wrong)}; read it as text, or write back what was lost: "
                ".astype(str).str.zfill(5)"
            )
            raise CodeError(msg)
        codes.append(values)
    index = pd.MultiIndex.from_arrays(codes, names=["origin", "destination"])
    again = index[index.duplicated()].unique()
    if len(again):
        msg = (
            f"{name}: {len(again)} pair(s) stand more than once: {culprits(again)}; "
            "keep one row a pair (one mode, one hour of departure)"
        )
        raise DataError(msg)
    return index


def _minutes(
    values: pd.Series,
    factor: float,
    unreachable: Sequence[float],
    counts: dict[float, int],
    name: str,
) -> Numbers:
    """Return minutes, once what is no time is missing or refused."""
    numbers = _numbers(values, name)
    for value in (*unreachable, np.inf):
        here = numbers == value
        if here.any():
            counts[value] = counts.get(value, 0) + int(here.sum())
            numbers[here] = np.nan
    _check_sentinels(numbers, factor, f"{name}: {values.name!r}")
    return numbers * factor


def _numbers(values: pd.Series, name: str) -> Numbers:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        text = values.astype("string").str.strip()
        blank = text.isna() | text.str.lower().isin(_BLANKS)
        numbers = text.mask(blank).str.replace(",", ".", regex=False)
        values = pd.to_numeric(numbers, errors="coerce").rename(values.name)
        wrong = text[values.isna().to_numpy() & ~blank.to_numpy()]
        if len(wrong):
            msg = (
                f"{name}: {values.name!r} holds {len(wrong)} value(s) that are no "
                f"numbers: {culprits(wrong.unique())}"
            )
            raise DataError(msg)
    return values.to_numpy("float64", na_value=np.nan, copy=True)


def _check_sentinels(numbers: Numbers, factor: float, where: str) -> None:
    """Refuse what cannot be a time, and what was written where there is none."""
    known = numbers[~np.isnan(numbers)]
    most = known.max(initial=0.0)
    # 9999 s is a time, but not where many stop there.
    stops = most in SENTINELS and (known == most).sum() > 1
    odd = (known < 0) | (known * factor > _DAY) | (stops & (known == most))
    if odd.any():
        shown = [
            f"{value:.15g} ({SENTINELS[value]})" if value in SENTINELS else f"{value:g}"
            for value in np.unique(known[odd]).tolist()
        ]
        rest = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
        first = float(known[odd][0])
        msg = (
            f"{where}: {odd.sum()} value(s) that are negative, longer than a day or "
            f"stand for unreachable: {', '.join(shown[:5])}{rest}; pass "
            f"unreachable=[{first:.15g}] to have them missing, or check unit="
        )
        raise DataError(msg)
