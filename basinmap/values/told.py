"""What is told of a series, a table or a frame: one description, one door each way."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import (
    MISSING,
    asdict,
    dataclass,
    field,
    fields,
    is_dataclass,
    replace,
)
from types import MappingProxyType
from typing import Any, Final, NoReturn, Self, TypeVar

import numpy as np
import pandas as pd

from basinmap.arguments import check_given, check_kind
from basinmap.errors import BasinmapWarning, DataError, MeasureError, culprits
from basinmap.measures import (
    Category,
    Growth,
    Mean,
    Measure,
    Measures,
    Median,
    Ratio,
    Stock,
)
from basinmap.reports import Report
from basinmap.states import STATES
from basinmap.values.prints import MOST, codes_of, holds, knows, print_of, prints_of

__all__ = [
    "Told",
    "bare",
    "carry",
    "declared",
    "fact_of",
    "fresh",
    "kept_facts",
    "measures_of",
    "report_of",
    "restored",
    "retell",
    "silenced",
    "stale",
    "standing",
    "tell",
    "told_of",
    "upheld",
]

_KINDS: Final[Mapping[str, type[Measure]]] = MappingProxyType(
    {
        kind.__name__.lower(): kind
        for kind in (Stock, Ratio, Growth, Mean, Median, Category)
    }
)
# What no longer holds of values that changed since they were described.
_OF_VALUES: Final = (
    "kind",
    "label",
    "title",
    "definition",
    "unit",
    "decimals",
    "vintage",
    "indicator",
    "palette",
    "method",
    "pivot",
    "measure",
)
LEVELS: Final = (
    "iris",
    "commune",
    "quartier",
    "epci",
    "scot",
    "arrondissement",
    "departement",
    "region",
)
"""Names of the codes of an index."""
# What is not shared by the columns of a table that tells of each.
_OF_COLUMN: Final = ("sources", "notes", "remarks", "credits", "fragile", "rule")
_PRINT, _PRINTS, _STATED = "print", "prints", "stated"
_COLUMNS: Final = "columns"

Frame = TypeVar("Frame", pd.Series, pd.DataFrame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What is told of values, or of a table or a frame of outlines.

    Attributes
    ----------
    kind
        `"stock"`, `"ratio"`, `"growth"`, `"mean"`, `"median"`, `"category"` or nothing.
    label, title, definition, unit
        French, as printed; the title holds the year.
    decimals
        Decimals when printed.
    vintage
        Year, or period, of the statistic.
    geography
        Date, or year, of the list of communes.
    date
        Day of the perimeters.
    level
        Of the codes of the index.
    indicator
        Id in the catalogue.
    palette, method, pivot
        Default palette of its map, how its classes are made, and the value that they
        turn on.
    rule
        French sentence: how it was counted.
    sources, notes
        French lines for the foot of a page.
    states
        Code to key of `STATES` or `QUALIFIERS`.
    remarks, credits
        French lines by code, printed with the units shown only.
    fragile
        Of values that are rates over too few units, why they are to be read with care,
        by code: « moins de 200 logements ».
    measure
        What a table declares its column to be.
    """

    kind: str = ""
    label: str = ""
    title: str = ""
    definition: str = ""
    unit: str = ""
    decimals: int | None = None
    vintage: str = ""
    geography: str = ""
    date: str = ""
    level: str = ""
    indicator: str = ""
    palette: str = ""
    method: str = ""
    pivot: float | None = None
    rule: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    states: Mapping[Any, str] = field(default_factory=dict)
    remarks: Mapping[Any, str] = field(default_factory=dict)
    credits: Mapping[Any, str] = field(default_factory=dict)
    fragile: Mapping[Any, str] = field(default_factory=dict)
    measure: Measure | None = None

    @property
    def name(self) -> str:
        """Printed name: the label, else the id of the indicator."""
        return self.label or self.indicator


_TEXT: Final = tuple(f.name for f in fields(Told) if f.default == "")
_LINES: Final = ("sources", "notes")
_BY_CODE: Final = ("states", "remarks", "credits", "fragile")


# -- the writer ---------------------------------------------------------------------


def tell(values: Frame, told: Told | None = None, /, **facts: object) -> Frame:
    """
    Write what is told of values in their `attrs`, in place of what was.

    Parameters
    ----------
    values
        A series, a table, a frame; changed in place.
    told
        A description.
    **facts
        Fields of `Told`, `measures` (column to measure) of a table, and what is
        particular to a verb, such as `not_reached`. All are kept as plain values, so
        that pandas can copy and write them.

    Returns
    -------
    Series or DataFrame
        The same object.
    """
    every = {**(_fields(told) if told is not None else {}), **facts}
    attrs = {name: _plain(value) for name, value in every.items()}
    # pandas compares attrs when it joins: only plain values can be.
    values.attrs = attrs
    _stamp(values)
    return values


def retell(values: Frame, /, **facts: object) -> Frame:
    """
    Write more of what is told of values, or correct it.

    Parameters
    ----------
    values
        A series, a table, a frame; changed in place.
    **facts
        As for `tell`.

    Returns
    -------
    Series or DataFrame
        The same object.
    """
    values.attrs = {
        **values.attrs,
        **{name: _plain(value) for name, value in facts.items()},
    }
    # Of a series the print stays: what is added does not make changed values true.
    if isinstance(values, pd.DataFrame):
        _stamp(values)
    return values


def carry(values: Frame, source: pd.Series | pd.DataFrame, /, **facts: object) -> Frame:
    """
    Write of values what is told of others, the same in another form.

    Parameters
    ----------
    values
        A series, a table, a frame; changed in place.
    source
        What they were made of: the same numbers, fewer, or in another order.
    **facts
        What is told besides, as for `tell`. Prints stay those of `source`: numbers
        that had changed before are still known to have.

    Returns
    -------
    Series or DataFrame
        The same object.
    """
    more = {name: _plain(value) for name, value in facts.items()}
    values.attrs = {**source.attrs, **more}
    return values


def bare(table: pd.DataFrame) -> pd.DataFrame:
    """
    Return a table on the same data of which nothing is told.

    Parameters
    ----------
    table
        Any table. pandas copies attrs deeply at every step: work without them.
    """
    return pd.DataFrame(table, copy=False)


def silenced(table: Frame, hidden: Mapping[str, pd.Index], /) -> Frame:
    """
    Take away what is told of how few the values that are hidden are made from.

    Parameters
    ----------
    table
        A table; changed in place.
    hidden
        Codes of which nothing is to be said, by column.

    Returns
    -------
    DataFrame
        The same object.
    """
    columns = {**(table.attrs.get(_COLUMNS) or {})}
    for name, codes in hidden.items():
        own = columns.get(name) or {}
        if own.get("fragile"):
            kept = {c: why for c, why in own["fragile"].items() if c not in codes}
            columns[name] = {**own, "fragile": kept}
    return retell(table, **{_COLUMNS: columns}) if columns else table


def _fields(told: Told) -> dict[str, object]:
    kept = {}
    for item in fields(told):
        value = getattr(told, item.name)
        made = item.default_factory
        empty = item.default if made is MISSING else made()
        if value != empty:
            kept[item.name] = value
    return kept


def _stamp(values: pd.Series | pd.DataFrame) -> None:
    """Leave the print of the values beside what is told of them."""
    attrs = values.attrs
    attrs.pop(_PRINT, None)
    attrs.pop(_PRINTS, None)
    if isinstance(values, pd.Series):
        if any(attrs.get(name) for name in _OF_VALUES):
            attrs[_PRINT] = print_of(values)
        return
    columns = set(values.columns) if values.columns.is_unique else set()
    told = {**attrs.get("measures", {}), **attrs.get(_COLUMNS, {})}
    measures = [name for name in told if name in columns]
    stated = [c for c in measures if f"{c}_state" in columns]
    attrs.pop(_STATED, None)
    if stated:
        attrs[_STATED] = stated
    if measures and len(values) * len(measures) <= MOST:
        plain, codes = bare(values), codes_of(values.index)
        found = prints_of({c: plain[c] for c in measures}, codes)
        attrs[_PRINTS] = _Lasting(found)


class _Lasting(dict):
    """
    What is told by name, which never changes: a dictionary to all that reads it.

    pandas copies attributes deeply at every step, code by code: a seventh of the time
    of a document went into it.
    """

    __slots__ = ("_made",)

    _made: Measure

    def as_measure(self) -> Measure:
        """Return the measure that this was kept of, made once: it is often asked."""
        try:
            return self._made
        except AttributeError:
            self._made = _made(self)
        return self._made

    def __copy__(self) -> Self:
        """Return itself: nothing changes in it."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself."""
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[dict[Any, Any]]]:
        """Leave the process as a dictionary that becomes this again."""
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Refuse to change: other series and tables tell the same."""
        msg = (
            "what is told of values is shared by all that is made of them, and is not "
            "changed in place: write bm.describe(values, …)"
        )
        raise TypeError(msg)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class _Fields(_Lasting):
    """The fields of an account: plain for json, and read by their names as before."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any field
        """Return a field."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a verb tells
    """Return a value as json and pandas hold it."""
    if isinstance(value, Measure):
        kept = {
            item.name: _plain(found)
            for item in fields(value)
            if (found := getattr(value, item.name)) != item.default
        }
        return _Lasting({"kind": type(value).__name__.lower(), **kept})
    if is_dataclass(value) and not isinstance(value, type):
        return _Fields(_plain(asdict(value)))
    if isinstance(value, Mapping):
        if not isinstance(value, _Lasting):  # what is one is plain already
            value = _Lasting({_key(key): _plain(it) for key, it in value.items()})
        return value
    if isinstance(value, tuple | list | set | frozenset):
        found = [_plain(item) for item in value]
        return found if isinstance(value, list) else tuple(found)
    if isinstance(value, np.generic):
        return value.item()
    return value


def _key(key: object) -> object:
    return key.item() if isinstance(key, np.generic) else key


# -- the reader ---------------------------------------------------------------------


def told_of(values: pd.Series | pd.DataFrame) -> Told:
    """
    Return what is told of values.

    Of a column, what its table declares it to be counts where nothing else is said. Of
    values that are no longer those described, what is true of any value only: their
    level, dates, states, sources.

    Parameters
    ----------
    values
        A series, a table or a frame.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> rates = pd.Series([7.2], ["62498"])
    >>> rates = bm.describe(rates, label="Vacance", unit="%", kind="ratio")
    >>> bm.told_of(rates).unit, bm.told_of(rates - 1).unit
    ('%', '')
    """
    # Asked of every column, of any content: its type is all that counts.
    check_kind(values, (pd.Series, pd.DataFrame), "values", "a series or a table")
    attrs = values.attrs
    if not attrs:
        return Told()
    found = _kept(attrs)
    if isinstance(values, pd.Series):
        measure = _measure(values)
        own = (attrs.get(_COLUMNS) or {}).get(values.name)
        if own is not None:
            # A column without a source is not credited to those beside it.
            beside = {k: v for k, v in found.items() if k not in _OF_COLUMN}
            found = {**beside, **_kept(own)}
        changed = stale(values)
        if changed:
            found = {k: v for k, v in found.items() if k not in _OF_VALUES}
            measure = None
        states = _states(attrs, values.name)
        # What bounds a value does not bound what was made of it.
        found["states"] = {
            k: v for k, v in states.items() if v in STATES or not changed
        }
        found["level"] = _level(values, found.get("level", ""))
        if measure is not None:
            found = {**_of_measure(measure), **found, "measure": measure}
            if measure.source:
                found["sources"] = tuple(measure.source.split("; "))
        found.setdefault("kind", "")
        if not found["kind"] and str(found.get("unit", "")).startswith("%"):
            found["kind"] = "ratio"
    else:
        found["states"] = {}
    return Told(**found)


def _kept(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the fields of a description that was kept as plain values."""
    found: dict[str, Any] = {
        name: str(attrs[name]) for name in _TEXT if attrs.get(name)
    }
    decimals = attrs.get("decimals")
    if decimals is not None and not isinstance(decimals, Mapping):
        found["decimals"] = int(decimals)
    if isinstance(attrs.get("pivot"), int | float):
        found["pivot"] = float(attrs["pivot"])
    found |= {name: _lines(attrs[name]) for name in _LINES if attrs.get(name)}
    found |= {name: dict(attrs[name]) for name in _BY_CODE if attrs.get(name)}
    return found


def fact_of(values: pd.Series | pd.DataFrame, name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever a verb tells
    """
    Return a fact that is particular to a verb.

    Parameters
    ----------
    values
        A series, a table or a frame.
    name
        Such as `not_reached`.
    default
        What to return when it is not told.
    """
    found = values.attrs.get(name, default)
    return tuple(found) if isinstance(found, list) else found


def kept_facts(values: pd.Series | pd.DataFrame) -> dict[str, Any]:
    """
    Return all that is told of values, as a file keeps it in json.

    Parameters
    ----------
    values
        A series, a table or a frame.

    Warns
    -----
    BasinmapWarning
        If something foreign stands in `attrs` that json does not write: it is left out.

    See Also
    --------
    restored : The way back.
    """
    found, odd = {}, []
    for name, value in values.attrs.items():
        try:
            found[str(name)] = json.loads(json.dumps(_plain(value)))
        except (TypeError, ValueError):
            odd.append(name)
    if odd:
        msg = f"attrs: {culprits(odd)} cannot be written in a file: left out"
        warnings.warn(msg, BasinmapWarning, stacklevel=5)
    return found


def restored(values: Frame, facts: Mapping[str, Any]) -> Frame:
    """
    Write of values what `kept_facts` kept.

    Parameters
    ----------
    values
        A series, a table, a frame; changed in place.
    facts
        What a file kept. Prints stay: numbers changed since are known to have.
    """
    # In json every key is text: codes that were numbers are found again.
    codes = {str(code): code for code in values.index if not isinstance(code, str)}
    values.attrs = {name: _read(fact, name, codes) for name, fact in facts.items()}
    return values


def _read(fact: Any, name: str, codes: Mapping[str, object]) -> Any:  # noqa: ANN401 - as it was told
    if isinstance(fact, list):
        return tuple(_read(item, "", codes) for item in fact)
    if not isinstance(fact, dict):
        return fact
    found = codes if name in _BY_CODE else {}
    return _Lasting(
        {
            found.get(key, key): _read(
                item,
                name if name in _BY_CODE and isinstance(item, dict) else key,
                codes,
            )
            for key, item in fact.items()
        }
    )


def measures_of(table: pd.Series | pd.DataFrame) -> dict[str, Measure]:
    """
    Return what a table declares its columns to be.

    Parameters
    ----------
    table
        A table, or a column taken from one.

    Raises
    ------
    MeasureError
        If a column is declared by something that is no measure.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.measures_of(bm.statistics())["dwellings_2021"].unit
    'logements'
    """
    check_given(measures_of, locals())
    kept = table.attrs.get("measures") or {}
    if not isinstance(kept, Mapping):
        msg = f"attrs['measures'] must be column to measure, got {kept!r}"
        raise MeasureError(msg)
    found = {**(table.attrs.get("stocks") or {}), **kept}
    wrong = [name for name, item in found.items() if not _is_measure(item)]
    if wrong:
        raise MeasureError(_no_measure(wrong))
    return {str(name): _whole(item) for name, item in found.items()}


def report_of(frame: pd.Series | pd.DataFrame) -> Report:
    """
    Return the account of how a frame was read, or made.

    Parameters
    ----------
    frame
        What `read_units`, `read_outlines`, `read_source` or `read_table` returned.

    Returns
    -------
    Report
        In `attrs`, its fields are kept as plain values: this is the way to it.

    Raises
    ------
    DataError
        If the frame carries none.

    Examples
    --------
    >>> import basinmap as bm
    >>> ground = bm.read_outlines(bm.communes(epci="call"), source="IGN")
    >>> bm.report_of(ground).units_after
    36
    """
    check_given(report_of, locals())
    kept = frame.attrs.get("report")
    if not isinstance(kept, Mapping):
        msg = (
            "no report is told of this frame: read_units, read_outlines, read_source "
            "and read_table leave one; "
            "other verbs return theirs, as in table, report = bm.aggregate(…)"
        )
        raise DataError(msg)
    return Report(**{name: _as_report(item) for name, item in kept.items()})


def _as_report(item: Any) -> Any:  # noqa: ANN401 - any field of a report
    """Return tuples where a file gives lists."""
    if isinstance(item, Mapping):
        return {key: _as_report(value) for key, value in item.items()}
    return tuple(item) if isinstance(item, list) else item


def declared(table: pd.DataFrame, measures: Measures | None) -> dict[str, Measure]:
    """
    Return the measures of a table: those given, else those it carries.

    Parameters
    ----------
    table
        A table that may declare its columns.
    measures
        Column to measure, which then replaces what the table carries.

    Raises
    ------
    MeasureError
        If nothing is declared, or what is given is no measure.
    """
    if measures is None:
        kept = table.attrs.get("measures") or {}
        found = {n: m for n, m in measures_of(table).items() if n in kept}
    elif isinstance(measures, Mapping):
        found = dict(measures)
    else:
        found = {}
    if measures is None:
        found = standing(table, _there(table, found))
    if not found:
        msg = (
            "no column is declared as a measure: say what each is, counts as "
            "measures={'vacants': bm.Stock()}, a rate as bm.Ratio(numerator=…, "
            "denominator=…), a mean as bm.Mean(weight=…)"
        )
        raise MeasureError(msg)
    wrong = [name for name, item in found.items() if not isinstance(item, Measure)]
    if wrong:
        raise MeasureError(_no_measure(wrong))
    return found


def _there(table: pd.DataFrame, found: dict[str, Measure]) -> dict[str, Measure]:
    """Return the measures that a table has the columns of: it may be a part of one."""
    kept = {}
    for name, measure in found.items():
        match measure:
            case Ratio(numerator=first, denominator=second):
                needed = {first, second}
            case Growth(start=first, end=second):
                needed = {first, second}
            case Mean(weight=weight):
                needed = {name, weight}
            case _:
                needed = {name}
        if needed <= set(table.columns):
            kept[name] = measure
    return kept


def standing(
    table: pd.DataFrame, found: Mapping[str, Measure], *, stacklevel: int = 4
) -> dict[str, Measure]:
    """
    Return measures of a table, without what no longer holds of its columns.

    Parameters
    ----------
    table
        A table that declares its columns.
    found
        Some of what it declares.
    stacklevel
        See `warnings.warn`.

    Returns
    -------
    dict
        A column whose values changed since it was declared keeps its kind and unit, and
        loses its label, year and source.

    Warns
    -----
    BasinmapWarning
        Naming them.
    """
    prints = table.attrs.get(_PRINTS) or {}
    kept = [name for name in found if name in prints and name in table.columns]
    plain = bare(table) if kept else table
    changed = [name for name in kept if not holds(prints[name], plain[name])]
    if not changed:
        return dict(found)
    warnings.warn(
        f"{len(changed)} column(s) changed since they were declared: "
        f"{culprits(changed)}; neither their label, year nor source is kept: say whose "
        "they are, bm.describe(table, measures={'column': bm.Stock(source=…)})",
        BasinmapWarning,
        stacklevel=stacklevel,
    )
    return {
        name: replace(measure, label="", source="", vintage="", published=None)
        if name in changed
        else measure
        for name, measure in found.items()
    }


def _no_measure(wrong: list[str]) -> str:
    return (
        f"{len(wrong)} column(s) declared by something that is no measure: "
        f"{culprits(wrong)}; write bm.Stock(), bm.Ratio(…), bm.Mean(…)"
    )


def _is_measure(item: object) -> bool:
    return isinstance(item, Measure | Mapping)


def _whole(item: Measure | Mapping) -> Measure:
    """Return a measure from what was kept of it."""
    if isinstance(item, Measure):
        return item
    return item.as_measure() if isinstance(item, _Lasting) else _made(item)


def _made(item: Mapping) -> Measure:
    kind = _KINDS.get(str(item.get("kind", "stock")))
    told = {k: v for k, v in item.items() if k != "kind"}
    try:
        return kind(**told)  # type: ignore[misc]
    except TypeError:
        raise MeasureError(_no_measure([str(dict(item))])) from None


def _measure(values: pd.Series) -> Measure | None:
    """Return what the table of a column declares it to be, if it does."""
    known = values.attrs.get("measures") or {}
    if not isinstance(known, Mapping) or values.name not in {
        **(values.attrs.get("stocks") or {}),
        **known,
    }:
        return None
    found = measures_of(values)[str(values.name)]
    counted = pd.api.types.is_numeric_dtype(values.dtype)
    counted &= not pd.api.types.is_bool_dtype(values.dtype)
    # Kinds that pandas made of a count keep its name and its attributes.
    made = not counted and "breaks" not in values.attrs
    return None if made and not isinstance(found, Category) else found


def _of_measure(measure: Measure) -> dict[str, str]:
    told = {
        "kind": type(measure).__name__.lower(),
        "label": measure.label,
        "unit": measure.unit,
        "vintage": measure.vintage,
        "geography": measure.geography,
    }
    return {name: value for name, value in told.items() if value}


def _level(values: pd.Series, told: str) -> str:
    """Return the level of a series: after a grouping, its index tells another."""
    name = str(values.index.name or "")
    return name if told and name in LEVELS and name != told else told


def _lines(told: object) -> tuple[str, ...]:
    if isinstance(told, str):
        return (told,)
    return tuple(str(line) for line in told or ())  # type: ignore[attr-defined]


def _states(attrs: Mapping[object, Any], name: object) -> dict[object, str]:
    """Return the states of a series, or those of its column in its table."""
    told = attrs.get("states") or {}
    if any(isinstance(item, Mapping) for item in told.values()):
        told = told.get(name, {})
    return dict(told)


# -- what is no longer true ---------------------------------------------------------


def stale(values: pd.Series) -> bool:
    """
    Tell whether values changed since they were described.

    Parameters
    ----------
    values
        A series, with its `attrs`.
    """
    attrs = values.attrs
    kept = attrs.get(_PRINT) or (attrs.get(_PRINTS) or {}).get(values.name, "")
    # Classes are what was made of the values, with bounds of their own.
    return "breaks" not in attrs and not holds(kept, values)


def upheld(values: pd.Series, *, stacklevel: int = 3) -> pd.Series:
    """
    Return values with what is still true of them, and warn of what is not.

    Parameters
    ----------
    values
        A series, with its `attrs`.
    stacklevel
        See `warnings.warn`.

    Returns
    -------
    Series
        The same, or without label, title, unit, kind and year where the values are no
        longer those that these describe.

    Warns
    -----
    BasinmapWarning
        If they are not.
    """
    attrs = values.attrs
    if not stale(values):
        _warn_of_names(values, stacklevel=stacklevel + 1)
        return values
    own = (attrs.get(_COLUMNS) or {}).get(values.name) or attrs
    told = own.get("title") or own.get("label") or values.name
    warnings.warn(
        f"{values.name!r}: the values are no longer those of {told!r} (arithmetic, "
        "a rank, a rounding): no title, unit nor year is printed; "
        "say what they are: bm.describe(values, label=…, unit=…, kind=…)",
        BasinmapWarning,
        stacklevel=stacklevel,
    )
    gone = (*_OF_VALUES, _PRINT, _PRINTS, _COLUMNS, "measures", "stocks")
    states = {k: v for k, v in _states(attrs, values.name).items() if v in STATES}
    values = values.copy(deep=False)
    values.attrs = {k: v for k, v in attrs.items() if k not in gone}
    return retell(values, states=states)


def _warn_of_names(values: pd.Series, *, stacklevel: int) -> None:
    """Warn of states that no longer find their values, names being there for codes."""
    attrs = values.attrs
    kept = attrs.get(_PRINT) or (attrs.get(_PRINTS) or {}).get(values.name, "")
    states = _states(attrs, values.name)
    if not states or knows(kept, values.index):
        return
    if not values.index.isin(list(states)).any():
        warnings.warn(
            f"{values.name!r}: its codes were replaced by names, and what is said of "
            f"{len(states)} value(s) ({culprits(dict.fromkeys(states.values()))}) no "
            "longer finds them; keep the codes, and give the names to print: "
            "bm.draw_comparison(ax, values, names=…)",
            BasinmapWarning,
            stacklevel=stacklevel,
        )


def fresh(values: pd.Series, *, stacklevel: int = 3) -> pd.Series:
    """
    Return values as `upheld` does, and warn of a column that left its states behind.

    Parameters
    ----------
    values
        A series, with its `attrs`.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        If the values changed, or if their states stand in a table that is not there.
    """
    attrs = values.attrs
    if values.name in (attrs.get(_STATED) or ()) and not _states(attrs, values.name):
        warnings.warn(
            f"{values.name!r} left its states behind in its table: a secret would be "
            f"shown as not available; take bm.column(table, {values.name!r})",
            BasinmapWarning,
            stacklevel=stacklevel,
        )
    return upheld(values, stacklevel=stacklevel + 1)
