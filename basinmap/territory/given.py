"""Units of a list of communes that the user gives, on its outlines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.errors import CodeError, DataError
from basinmap.measures import Stock, state_column
from basinmap.territory.levels import fold, usual_name
from basinmap.territory.lists import Territory
from basinmap.territory.memberships import everyone, members_of
from basinmap.territory.wholes import Lack, lacking, warn_of_cut
from basinmap.values.told import carry, fact_of, measures_of, tell

__all__ = [
    "check_no_outlines",
    "dissolved",
    "named",
    "selected",
    "validity",
    "whole_units",
]

_NAMED: Final = ("bassin", "epci", "scot", "arrondissement", "departement")
"""Levels whose units are perimeters."""


def check_no_outlines(outlines: object) -> None:
    """
    Refuse outlines beside a list that has, or may have, its own.

    Parameters
    ----------
    outlines
        What was given as `outlines=`.

    Raises
    ------
    DataError
        If anything was.
    """
    if outlines is not None:
        msg = (
            "outlines= is for the embedded communes: put those of a list in it, "
            "communes=bm.read_territory(path, outlines=…)"
        )
        raise DataError(msg)


def selected(territory: Territory, **conditions: object) -> pd.DataFrame:
    """
    Return the communes of a list that lie in all the units asked for.

    Parameters
    ----------
    territory
        What `listed` returned.
    **conditions
        Level to codes or names; None where nothing is asked.

    Raises
    ------
    CodeError
        If a unit is not in the list.
    DataError
        If no commune meets all of them, or a level is not told.
    """
    kept = pd.Series(data=True, index=territory.codes)
    for level, given in conditions.items():
        if given is not None:
            wanted = territory.resolve(given, level)
            kept &= members_of(territory, level).isin(wanted)
    if not kept.any():
        told = {k: v for k, v in conditions.items() if v is not None}
        msg = (
            f"empty selection: no commune of {territory.title} has {told}; drop one "
            "of the conditions"
        )
        raise DataError(msg)
    return carry(territory.frame[kept].copy(), territory.frame)


def whole_units(
    territory: Territory, level: str, units: Sequence[str]
) -> dict[str, Lack]:
    """
    Return what units lack in a list, for those that are not whole in it.

    Parameters
    ----------
    territory
        What `listed` returned.
    level, units
        Their level and codes.
    """
    members = members_of(territory, level)
    parent = members[members.isin(list(units))]
    return lacking(parent.index, parent, everyone(territory, level), territory)


def dissolved(
    territory: Territory,
    level: str,
    columns: Sequence[str],
    units: Sequence[str] | None = None,
) -> gpd.GeoDataFrame:
    """
    Return units of a level, merged from the communes of a list.

    Parameters
    ----------
    territory
        What `listed` returned.
    level
        Their level.
    columns
        Those that are wanted, of what is known.
    units
        Codes, by default all.

    Raises
    ------
    DataError
        If the list has no outlines, or does not tell the level.

    Warns
    -----
    BasinmapWarning
        If units are not whole in the list.
    """
    ground = territory.frame
    if not isinstance(ground, gpd.GeoDataFrame):
        msg = (
            f"{territory.title} has no outlines to merge: read it with them, "
            "bm.read_territory(path, outlines='communes.gpkg'), or take "
            f"bm.membership({level!r}, communes=…), which needs none"
        )
        raise DataError(msg)
    members = members_of(territory, level).dropna()
    members = members if units is None else members[members.isin(list(units))]
    frame = _counted(gpd.GeoDataFrame(ground[["geometry"]], crs=ground.crs), ground)
    frame = frame.loc[members.index].assign(**{level: members})
    merged = frame[[level, "geometry"]].dissolve(by=level, method="coverage")
    grouped = frame.groupby(level)
    part = whole_units(territory, level, list(merged.index))
    warn_of_cut(part, stacklevel=4)
    table = pd.DataFrame(
        {
            "name": territory.names(level).reindex(merged.index),
            "short_name": pd.Series(index=merged.index, dtype=object),
            "nature": _natures(territory, level).reindex(merged.index),
            "outside": pd.Series(
                {k: " ".join(x.absent) for k, x in part.items() if x.absent},
                merged.index,
                dtype=object,
            ),
            "communes": grouped.size(),
            # A sum without one of its communes is no sum.
            "population": grouped["population"].sum(min_count=1),
            "area_km2": grouped["area_km2"].sum(min_count=1),
        }
    )
    if part:
        # What is not in the list is in no figure.
        cut = table.index.isin(list(part))
        for column in ("population", "area_km2"):
            bound = cut & table[column].notna()
            table[state_column(column)] = np.where(bound, "lower_bound", "")
    for column in ("population", "area_km2"):
        gone = frame[column].isna().groupby(frame[level]).any()
        table[column] = table[column].mask(gone)
    kept = [c for name in columns for c in (name, state_column(name)) if c in table]
    result = gpd.GeoDataFrame(
        table[kept],
        geometry=merged.geometry,
        crs=frame.crs,
    ).rename_axis(level)
    return _described(result, territory, level)


def _counted(frame: gpd.GeoDataFrame, ground: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the counts of communes, missing where the list has none."""
    for column in ("population", "area_km2"):
        frame[column] = ground.get(column, np.nan)
    return frame


def _natures(territory: Territory, level: str) -> pd.Series:
    if level != "epci" or "epci_nature" not in territory.frame:
        return pd.Series(dtype=object)
    members = members_of(territory, level)
    return territory.frame["epci_nature"].groupby(members).first()


def _described(
    frame: gpd.GeoDataFrame, territory: Territory, level: str
) -> gpd.GeoDataFrame:
    """Write what units made of a list are."""
    day = territory.day(None)
    error = fact_of(territory.frame, "outline_error")
    stocks = {
        name: stock
        for name, stock in measures_of(territory.frame).items()
        if name in frame and isinstance(stock, Stock)
    }
    return tell(
        frame,
        level=level,
        geography=day,
        date=day,
        sources=territory.sources,
        stocks=stocks,
        **({} if error is None else {"outline_error": error}),
    )


def named(territory: Territory, name: str) -> tuple[str, str]:
    """
    Return level and code of the one unit of a list that answers to a name.

    Parameters
    ----------
    territory
        What `listed` returned.
    name
        A code, or the name, official or usual, of one unit.

    Raises
    ------
    CodeError
        If nothing answers to it, or several units do.
    """
    levels = [level for level in _NAMED if _tells(territory, level)]
    names = {level: territory.names(level) for level in levels}
    exact = [level for level in levels if name in names[level].index]
    if exact:
        return exact[0], name
    text = fold(name)
    spelt = {
        (level, str(code)): {fold(called), _usual(level, called)}
        for level, series in names.items()
        for code, called in series.items()
    }
    found = [unit for unit, spellings in spelt.items() if text in spellings]
    # « Amiens » may be any of the units around the commune that bears the name.
    of_communes = territory.names("commune").map(fold)
    town = (of_communes == text).any()
    if len(found) == 1 and not town:
        return found[0]
    near = found or [u for u, spellings in spelt.items() if _near(text, spellings)]
    if town:
        near += _around(territory, of_communes.index[of_communes == text], levels)
    hints = [
        f"{code!r} ({names[level][code]}, {level})"
        for level, code in dict.fromkeys(near)
    ]
    said = f"no perimeter of {territory.title} is called {name[:60]!r}"
    if hints:
        msg = f"{said} alone: it may be {'; '.join(hints[:5])}; write one of the codes"
    else:
        told = [f"{len(series)} {level}" for level, series in names.items()]
        msg = (
            f"{said}: it has {', '.join(told)}, by code or name; of your own "
            "communes, bm.user_perimeter(…, among=…)"
        )
    raise CodeError(msg)


def _tells(territory: Territory, level: str) -> bool:
    try:
        return bool(members_of(territory, level).notna().any())
    except DataError:
        return False


def _usual(level: str, called: object) -> str:
    return usual_name(str(called)) if level in {"epci", "scot"} else fold(str(called))


def _near(text: str, spellings: set[str]) -> bool:
    return bool(text) and any(f" {text} " in f" {spelling} " for spelling in spellings)


def _around(
    territory: Territory, communes: pd.Index, levels: list[str]
) -> list[tuple[str, str]]:
    """Return the units that hold the communes of a name."""
    found = []
    for level in levels:
        units = members_of(territory, level).loc[communes].dropna()
        found += [(level, str(unit)) for unit in units.unique()]
    return found


def validity(territory: Territory) -> tuple[dt.date, dt.date]:
    """
    Return the first and the last day of the year of a list.

    Parameters
    ----------
    territory
        What `listed` returned.
    """
    return dt.date(territory.year, 1, 1), dt.date(territory.year, 12, 31)
