"""Guards: what a layer refuses, or warns of, before it draws anything."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes

from basinmap.errors import (
    BasinmapWarning,
    CRSError,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
    culprits,
)
from basinmap.maps.pages import MapAxes, Sheet
from basinmap.measures import QUALIFIERS, STATES, Category, Measure, Stock, state_column
from basinmap.spatial.projections import METRIC, check_metric

__all__ = [
    "UNDECLARED",
    "amounts",
    "check_areas",
    "check_classes",
    "check_drawable",
    "check_geography",
    "check_map",
    "check_rate",
    "check_seen",
    "check_series",
    "check_states",
    "kind_of",
    "looks_counted",
    "measure_of",
    "name_of",
    "numbers",
]

UNDECLARED: Final = "looks_counted"
"""Attribute that `classify` leaves on classes of what may well be a stock."""
MOST: Final = 1e15
"""Beyond it a float does not tell two whole numbers apart."""
_COUNTED_FROM: Final = 100.0  # whole numbers up to there may be rounded percentages
_YEARS: Final = (1800.0, 2100.0)


# -- maps ---------------------------------------------------------------------------


def check_map(ax: object) -> None:
    """
    Check that what is drawn on is one map.

    Parameters
    ----------
    ax
        What was given.

    Raises
    ------
    DataError
        If it is the sheet, all the maps of `panels`, or nothing of ours.
    """
    if isinstance(ax, MapAxes):
        return
    if isinstance(ax, Sheet):
        told = "is the sheet: pass its map, ax of fig, ax = bm.page(…)"
    elif isinstance(ax, Mapping) and ax:
        told = (
            f"is the {len(ax)} maps of panels: draw on one at a time, "
            f"maps[{next(iter(ax))!r}]"
        )
    else:
        told = (
            f"is of type {type(ax).__name__}: pass one map, ax of "
            "fig, ax = bm.page(…) or maps['…'] of fig, maps = bm.panels(…)"
        )
    msg = f"ax {told}"
    raise DataError(msg)


# -- geometries ---------------------------------------------------------------------


def check_drawable(units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that units can be drawn: in the CRS of the map, each code once.

    Parameters
    ----------
    units
        Any geometries.
    what
        What they are, for the message.

    Raises
    ------
    CRSError
        If they are not in EPSG:2154.
    DataError
        If they are no frame, a code is repeated, a unit has no geometry, a
        coordinate is no finite number, or an outline is invalid, such as a bow tie,
        whose surface and middle mean nothing.
    """
    check_metric(units, what)
    if not isinstance(units, gpd.GeoDataFrame):
        msg = f"{what}: a GeoSeries has no columns; write series.to_frame('geometry')"
        raise DataError(msg)
    if not units.index.is_unique:
        again = units.index[units.index.duplicated()].unique()
        msg = f"{what}: codes that stand more than once: {culprits(again)}"
        raise DataError(msg)
    void = units.index[units.geometry.isna() | units.geometry.is_empty]
    if len(void):
        msg = f"{what}: {len(void)} without geometry: {culprits(void)}; drop them first"
        raise DataError(msg)
    if units.crs != METRIC:
        msg = f"the map is in {METRIC}, the {what} in {units.crs.to_string()}; "
        raise CRSError(msg + "call .to_crs(2154)")
    points, owner = shapely.get_coordinates(units.geometry.array, return_index=True)
    wild = units.index[np.unique(owner[~np.isfinite(points).all(axis=1)])]
    if len(wild):
        msg = (
            f"{what}: {len(wild)} with infinite or missing coordinates: "
            f"{culprits(wild)}; drop them or read them again"
        )
        raise DataError(msg)
    invalid = units.index[~units.is_valid]
    if len(invalid):
        msg = (
            f"{what}: {len(invalid)} invalid outline(s): {culprits(invalid)}; repair "
            "them with .make_valid(method='structure', keep_collapsed=False)"
        )
        raise DataError(msg)


def check_areas(units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that units are areas that can be filled, on the CRS of the map.

    Parameters
    ----------
    units
        Polygons.
    what
        What they are, for the message.

    Raises
    ------
    CRSError
        If they are not in EPSG:2154.
    DataError
        For a reason of `check_drawable`, or if one is no polygon or has no surface.
    """
    check_drawable(units, what)
    odd = units.index[~units.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(odd):
        kinds = culprits(units.geom_type[odd].unique())
        msg = (
            f"{what}: {len(odd)} that are no polygon: {culprits(odd)} ({kinds}); drop "
            "them, or keep their polygons with .explode() and .dissolve()"
        )
        raise DataError(msg)
    flat = units.index[~(units.area > 0)]
    if len(flat):
        msg = f"{what}: {len(flat)} without surface: {culprits(flat)}; drop them first"
        raise DataError(msg)


def check_seen(ax: Axes, units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that the frame of the map shows some of the units.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    what
        What they are, for the message.

    Raises
    ------
    DataError
        If it shows none: the page would be empty.
    """
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    if units.cx[x0:x1, y0:y1].empty:
        msg = (
            f"none of the {len(units)} {what} lies in the frame of the map: make the "
            "page for them, page(units, title=…)"
        )
        raise DataError(msg)


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
    found.attrs = values.attrs
    return found


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
            f"empty them, and say why in attrs['states'] (above {MOST:g}: infinite)"
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
    return kept[numeric.isna() | logical].unique().tolist()


def kind_of(values: pd.Series) -> str:
    """
    Return stock, ratio, growth…, or nothing when it is not told.

    Parameters
    ----------
    values
        Values or classes, with their `attrs`. What is in per cent is a ratio.
    """
    _check_one_column(values, "values")
    measure = measure_of(values)
    told = str(values.attrs.get("kind", ""))
    told = told or (type(measure).__name__.lower() if measure is not None else "")
    in_percent = str(values.attrs.get("unit", "")).startswith("%")
    return told or ("ratio" if in_percent else "")


def measure_of(values: pd.Series) -> Measure | None:
    """
    Return what the table of a column declares it to be, if it does.

    Parameters
    ----------
    values
        A column; `attrs["measures"]` counts, or `attrs["stocks"]`, which holds the
        fields of a `Stock` as plain values.
    """
    found = values.attrs.get("measures", {}).get(values.name)
    plain = values.attrs.get("stocks", {}).get(values.name)
    found = Stock(**plain) if found is None and plain else found
    counted = pd.api.types.is_numeric_dtype(values.dtype)
    counted &= not pd.api.types.is_bool_dtype(values.dtype)
    # Kinds that pandas made of a count keep its name and its attributes.
    made = not counted and "breaks" not in values.attrs
    made &= not isinstance(found, Category)
    return found if isinstance(found, Measure) and not made else None


def name_of(values: pd.Series) -> str:
    """
    Return the printed name of values.

    Parameters
    ----------
    values
        Values; `attrs["label"]` goes first, then that of their measure, their name.
    """
    measure = measure_of(values)
    label = values.attrs.get("label") or (measure.label if measure is not None else "")
    return str(label or (values.name if values.name is not None else ""))


def vintage_of(values: pd.Series) -> str:
    """
    Return the year, or the period, of values, or nothing.

    Parameters
    ----------
    values
        Values, with their `attrs`.
    """
    measure = measure_of(values)
    told = measure.vintage if measure is not None else ""
    return str(values.attrs.get("vintage") or told)


def looks_counted(values: pd.Series) -> bool:
    """
    Tell whether values of which nothing is said look like a stock.

    Parameters
    ----------
    values
        Numbers, with their `attrs`.

    Returns
    -------
    bool
        Whether they are whole, none is negative, one is above 100, and they are no
        years, while neither `attrs["kind"]` nor a measure says what they are.

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
    declare = "say so: values.attrs['kind'] = 'ratio'"
    if kind == "stock":
        msg = f"{name!r} is a stock: {instead}; if you made a rate of it, {declare}"
        raise MeasureError(msg)
    if kind == "category":
        msg = f"{name!r} is a category: use draw_typology(ax, units, categories)"
        raise MeasureError(msg)
    plain = not isinstance(values.dtype, pd.CategoricalDtype)
    if values.attrs.get(UNDECLARED) or (plain and looks_counted(values)):
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
    breaks = classes.attrs.get("breaks")
    if not isinstance(classes.dtype, pd.CategoricalDtype) or breaks is None:
        msg = "expected what classify() returns: draw_…(ax, units, bm.classify(values))"
        raise DataError(msg)
    labels = list(classes.cat.categories)
    made = [str(label) for label in classes.attrs.get("labels", labels)]
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
        State by code; by default `attrs["states"]`.

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
    told = dict(values.attrs.get("states", {}) if states is None else states)
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
    column = state_column(str(values.name))
    if values.name not in units.columns or column not in units.columns:
        return {}
    told = units[column].dropna()
    return {code: str(state) for code, state in told.items() if state}


def stocks_of(table: pd.DataFrame) -> list[pd.Series]:
    """
    Return each column of a table with what its state column says.

    Parameters
    ----------
    table
        Columns, with `<column>_state` beside those of which some values are missing.
    """
    beside = {state_column(str(name)) for name in table.columns}
    columns = []
    for name in table.columns:
        if name in beside:
            continue
        values = table[name]
        values.attrs["states"] = {
            **values.attrs.get("states", {}),
            **states_beside(table, values),
        }
        columns.append(values)
    return columns


# -- dates --------------------------------------------------------------------------


def level_of(drawn: pd.Series | pd.DataFrame) -> str:
    """
    Return the level of values or units, or nothing.

    Parameters
    ----------
    drawn
        Values or units; `attrs["level"]`, else the name of their index.
    """
    return str(drawn.attrs.get("level") or drawn.index.name or "")


def geography_of(drawn: pd.Series | pd.DataFrame) -> str:
    """
    Return the year of the list of communes of values or outlines, or nothing.

    Parameters
    ----------
    drawn
        Values or units; `attrs["geography"]`, else that of their measure.
    """
    told = str(drawn.attrs.get("geography") or "")
    if not told and isinstance(drawn, pd.Series):
        measure = measure_of(drawn)
        told = measure.geography if measure is not None else ""
    return told[:4]


def check_geography(units: gpd.GeoDataFrame, values: pd.Series) -> None:
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
    dates = [str(drawn.attrs.get("date") or "") for drawn in (units, values)]
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
    units: gpd.GeoDataFrame, values: pd.Series, *, stacklevel: int = 4
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
