"""What happened in each ring or isochrone, year by year, over the same communes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.access.counting import reach
from basinmap.arguments import check_given, texts_of
from basinmap.errors import DataError, MeasureError, VintageError, culprits
from basinmap.impact.designs import EVENTS, day_of, museum
from basinmap.impact.outcomes import (
    Asked,
    breaks_of,
    check_communes,
    check_one_geography,
    check_years,
    counts_of,
    credited,
    dated,
    told_measures,
)
from basinmap.impact.wording import communes as counted
from basinmap.impact.wording import left_out
from basinmap.measures import Measure, Ratio, state_column, states_of
from basinmap.reports import Accounted, Report
from basinmap.spatial.joins import locate
from basinmap.spatial.options import check_choice
from basinmap.spatial.overlaps import shared_surface
from basinmap.spatial.projections import (
    METRIC,
    check_finite,
    check_frame,
    check_metric,
    check_same_crs,
)
from basinmap.territory.aggregation import aggregate, check_table
from basinmap.territory.days import Day
from basinmap.territory.lists import listed
from basinmap.territory.perimeters import Perimeter
from basinmap.territory.units import check_unique
from basinmap.territory.units import communes as embedded_communes
from basinmap.typography import percent, typeset
from basinmap.values.told import bare, fact_of, tell, told_of

__all__ = ["ring_panel"]

_ROLES: Final = ("treated", "buffer", "control")
_OUTSIDE: Final = 0.01
_NOISE: Final = 1e-6
_TAKEN: Final = ("label", "role", "communes", "cut", "outside", "period")


def ring_panel(  # noqa: PLR0913 - each is a choice that changes the figures
    table: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    *,
    measures: Mapping[str, Asked] | Sequence[str],
    perimeter: str | Perimeter = "constant",
    years: Sequence[int] | None = None,
    roles: Sequence[str] | None = None,
    events: Mapping[str, Day | int] | None = None,
    missing: str = "refuse",
    communes: gpd.GeoDataFrame | None = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Follow counts and ratios by ring, or isochrone, and year, over the same communes.

    Parameters
    ----------
    table
        Communes × columns named `<count>_<year>`, of one list of communes.
    areas
        Disjoint polygons, from the nearest: `bm.rings(…)`, or isochrones that are not
        nested. A commune is of the area that holds its representative point.
    measures
        Name in the panel to a count without its year, or to a `Ratio` of two such
        counts; or names of counts.
    perimeter
        `"constant"`: the communes are the same in all years; or a `Perimeter`, of
        which only the communes count.
    years
        Those followed; by default all that the table has of all measures.
    roles
        Of each area, `"treated"`, `"buffer"` or `"control"`; by default the first is
        treated, the last are controls, what is between is a buffer.
    events
        French name, with its article, to a day or a year; by default, where the first
        area holds the Louvre-Lens, that it was announced in 2004 and opened on
        12 December 2012; else nothing.
    missing
        `"refuse"`: a commune without a value makes that of its area missing, that
        year; `"drop"`: it leaves all years, and the report says so.
    communes
        Outlines; by default the embedded ones.

    Returns
    -------
    panel : DataFrame
        Index: the area, and `year`. `label`, `role`, `communes` (how many), `cut` (how
        many of them lie partly outside the area), `outside` (share of the area that is
        in no commune), `period`; each measure, `<measure>_state`, and of a count
        `<measure>_share` (per cent of all areas) and `<measure>_index` (100 in the
        first year).
    report : Report
        Totals, communes of no area or left out, breaks of the series.

    Raises
    ------
    VintageError
        If `perimeter="current"`, which makes no ring, or columns are of several lists
        of communes.
    DataError
        If there is one year, areas overlap, or no area holds a commune.
    MeasureError
        If a measure is no count nor ratio.
    BasinmapError
        As for `aggregate` and `reach`.

    Examples
    --------
    >>> import basinmap as bm
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000, 20_000, 40_000])
    >>> panel, report = bm.ring_panel(
    ...     bm.statistics(), areas, measures=["population"], years=[2016, 2023]
    ... )
    >>> panel[["role", "communes", "population", "population_index"]].round(1)
                   role  communes  population  population_index
    ring  year
    10000 2016  treated        47    287914.0             100.0
          2023  treated        47    287637.0              99.9
    20000 2016   buffer       145    501722.0             100.0
          2023   buffer       145    506778.0             101.0
    40000 2016  control       501   1529081.0             100.0
          2023  control       501   1554031.0             101.6
    """
    check_given(ring_panel, locals())
    check_choice(missing, "missing", ("refuse", "drop"))
    check_communes(table)
    wanted = _wanted(measures)
    units = _units(perimeter, communes)
    check_areas_of(areas, units)
    check_table(table, "commune", communes)
    chosen = _years(table, wanted, years)
    known = {c: m for q in wanted.values() for c, m in _known(table, q, chosen).items()}
    check_one_geography(known, list(known), table.index, listed(communes).year)
    members = _members(areas, units)
    counted, members, left = _kept(table, members, known, missing)
    asked = dict(known)
    for name, quantity in wanted.items():
        if isinstance(quantity, Ratio):
            asked |= {f"{name}_{y}": _ratio(quantity, y) for y in chosen}
    sums, account = aggregate(
        counted.loc[counted.index.isin(members.index)],
        members,
        measures=asked,
        communes=communes,
    )
    panel = _panel(sums, areas, wanted, chosen)
    held = _ground(areas, units, members)
    for place, name in enumerate(("label", "role", "communes", "cut", "outside")):
        values = {
            "label": _labels(areas),
            "role": _roles(areas, roles),
            **held,
        }[name]
        panel.insert(place, name, panel.index.get_level_values(0).map(values))
    panel.insert(5, "period", _periods(panel, _events(areas, events)))
    notes = _notes(table, areas, held, members, left, known, wanted, chosen)
    credits_ = credited(
        [m.source for m in known.values() if m.source] or told_of(table).sources
    )
    tell(
        panel,
        measures=_told(wanted, known, chosen),
        sources=tuple(dict.fromkeys([*credits_, *told_of(areas).sources])),
        notes=notes,
        rule=told_of(areas).rule,
    )
    return Accounted(panel, replace(account, verb="Suivi par couronne", notes=notes))


def _wanted(measures: Mapping[str, Asked] | Sequence[str]) -> dict[str, Asked]:
    if isinstance(measures, str):
        measures = [measures]
    found: dict[str, Asked] = (
        dict(measures)
        if isinstance(measures, Mapping)
        else {str(name): name for name in measures}
    )
    if not found:
        msg = "measures: nothing to follow; write measures=['population']"
        raise MeasureError(msg)
    for quantity in found.values():
        counts_of(quantity)
    taken = sorted(set(found) & set(_TAKEN))
    if taken:
        msg = f"measures: {culprits(taken)} is a column of the panel; rename it"
        raise MeasureError(msg)
    return found


def _units(
    perimeter: str | Perimeter,
    communes: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    units = embedded_communes() if communes is None else communes
    check_metric(units, "communes")
    if isinstance(perimeter, Perimeter):
        kept = [code for code in perimeter.communes if code in units.index]
        if not kept:
            msg = f"perimeter {perimeter.name!r}: none of its communes has an outline"
            raise DataError(msg)
        return units.loc[kept]
    if perimeter != "constant":
        msg = (
            f"perimeter={perimeter!r}: a ring is followed over the same communes in "
            "all years, perimeter='constant', or over those of a bm.perimeter(…)"
        )
        raise VintageError(msg)
    return units


def check_areas_of(areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> None:
    """
    Check that areas can be followed.

    Parameters
    ----------
    areas, units
        Frames of polygons.

    Raises
    ------
    CRSError, DataError
        If they are no frames, of no metric CRS, of two.
    """
    check_frame(areas, "areas")
    check_metric(areas, "areas")
    check_finite(areas.geometry, "areas")
    check_same_crs(areas, units, names=("areas", "communes"))
    check_unique(areas.index, "areas")
    twice = shared_surface(areas) if areas.index.nlevels == 1 else 0.0
    if twice > _NOISE * float(areas.area.sum()):
        msg = (
            f"areas overlap over {twice / 1e6:.3g} km²: a commune would be in several; "
            "give disjoint ones: rings, or bm.isochrones(…, nested=False)"
        )
        raise DataError(msg)
    if areas.index.nlevels > 1:
        msg = (
            "areas: rings of several places; follow those of one: "
            "areas.xs('louvre-lens', level='place')"
        )
        raise DataError(msg)


def _years(
    table: pd.DataFrame, wanted: Mapping[str, Asked], years: Sequence[int] | None
) -> tuple[int, ...]:
    if years is not None:
        for quantity in wanted.values():
            check_years(table, quantity, years)
        return tuple(sorted(int(year) for year in years))
    every = [set(check_years(table, quantity, None)) for quantity in wanted.values()]
    common = sorted(set.intersection(*every))
    if len(common) < 2:
        told = {name: sorted(found) for name, found in zip(wanted, every, strict=True)}
        msg = f"measures have {len(common)} year in common: {told}; follow each apart"
        raise DataError(msg)
    return tuple(common)


def _known(
    table: pd.DataFrame, quantity: Asked, years: Sequence[int]
) -> dict[str, Measure]:
    return told_measures(table, quantity, years)


def _ratio(quantity: Ratio, year: int) -> Ratio:
    found = dated(quantity, year)
    assert isinstance(found, Ratio)  # noqa: S101 - for the type checker
    return found


def _members(areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Return the area of each commune that has one, as text."""
    points = gpd.GeoDataFrame(
        geometry=units.geometry.representative_point(), index=units.index, crs=units.crs
    )
    shapes = gpd.GeoDataFrame(
        geometry=areas.geometry.array,
        index=pd.Index([str(code) for code in areas.index], name="area"),
        crs=areas.crs,
    )
    found = locate(points, shapes).dropna()
    if found.empty:
        msg = "no area holds the point of a commune: are areas and communes together?"
        raise DataError(msg)
    return found.astype(object).rename("area").rename_axis("commune")


def _kept(
    table: pd.DataFrame, members: pd.Series, known: Mapping[str, Measure], missing: str
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """Leave communes that have no value in some year, where that is asked for."""
    if missing == "refuse":
        return table, members, {}
    plain = bare(table)
    worth = pd.DataFrame({column: states_of(plain, column) for column in known})
    worth = worth.reindex(members.index).fillna("not_available")
    bad = worth.index[(~worth.isin(["", "estimated"])).any(axis=1)]
    left = {
        str(code): "secret statistique"
        if worth.loc[code].isin(["secret", "lower_bound"]).any()
        else "non disponible"
        for code in bad
    }
    kept = members.drop(index=bad)
    if kept.empty:
        msg = f"no commune has a value in all years: {culprits(bad)} leave"
        raise DataError(msg)
    return table, kept, left


def _panel(
    sums: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    wanted: Mapping[str, Asked],
    years: Sequence[int],
) -> pd.DataFrame:
    """Turn columns by year into rows by year."""
    plain = bare(sums)
    names = [str(code) for code in areas.index]
    index = pd.MultiIndex.from_product(
        [areas.index, years], names=[areas.index.name or "area", "year"]
    )
    columns: dict[str, object] = {}
    for name, quantity in wanted.items():
        read = [
            f"{name}_{year}" if isinstance(quantity, Ratio) else f"{quantity}_{year}"
            for year in years
        ]
        values = plain[read].reindex(names).to_numpy(dtype=float)
        states = np.column_stack([states_of(plain, c).reindex(names) for c in read])
        columns[name] = values.ravel()
        told = np.where(pd.isna(states), "not_available", states).ravel()
        if (told != "").any():
            columns[state_column(name)] = told
        if not isinstance(quantity, Ratio):
            with np.errstate(invalid="ignore", divide="ignore"):
                columns[f"{name}_share"] = (100 * values / values.sum(axis=0)).ravel()
                columns[f"{name}_index"] = (100 * values / values[:, :1]).ravel()
    return pd.DataFrame(columns, index=index)


def _labels(areas: gpd.GeoDataFrame) -> dict[object, str]:
    if "label" in areas.columns:
        return {code: str(text) for code, text in areas["label"].items()}
    return {code: str(code) for code in areas.index}


def _roles(areas: gpd.GeoDataFrame, roles: Sequence[str] | None) -> dict[object, str]:
    count = len(areas)
    if roles is None:
        middle = ["buffer"] * max(count - 2, 0)
        found = ["treated", *middle, "control"][:count] if count > 1 else ["treated"]
    else:
        found = texts_of(roles, "roles", "['treated', 'control']")
    wrong = sorted({role for role in found if role not in _ROLES})
    if wrong or len(found) != count:
        msg = (
            f"roles: one of {culprits(_ROLES)} for each of the {count} areas, got "
            f"{culprits(found)}"
        )
        raise DataError(msg)
    return dict(zip(areas.index, found, strict=True))


def _ground(
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, members: pd.Series
) -> dict[str, dict[object, float]]:
    """Return how many communes each area holds, are cut, and what is out of all."""
    held = reach(
        areas, units[["geometry"]], sums=[], rule="centroid", allow_partial=True
    )
    outside = fact_of(held, "outside", ())
    shapes = units.geometry.reindex(members.index).to_numpy()
    own = {str(code): shape for code, shape in areas.geometry.items()}
    inside = shapely.covered_by(shapes, np.array([own[a] for a in members]))
    names = [str(code) for code in areas.index]
    count = members.value_counts().reindex(names, fill_value=0)
    cut = members[~inside].value_counts().reindex(names, fill_value=0)
    return {
        "communes": dict(zip(areas.index, count.astype(int).tolist(), strict=True)),
        "cut": dict(zip(areas.index, cut.astype(int).tolist(), strict=True)),
        "outside": dict(zip(areas.index, outside, strict=True)),
    }


def _periods(panel: pd.DataFrame, events: Mapping[str, Day | int]) -> list[str]:
    """Say of each year between which events it lies: its values are of 1 January."""
    days = sorted((day_of(day), name) for name, day in events.items())
    found = []
    for year in panel.index.get_level_values("year"):
        past = [(d, n) for d, n in days if dt.date(int(year), 1, 1) >= d]
        coming = [(d, n) for d, n in days if dt.date(int(year), 1, 1) < d]
        start, end = past[-1] if past else None, coming[0] if coming else None
        found.append(typeset(_between(start, end)))
    return found


def _events(
    areas: gpd.GeoDataFrame, events: Mapping[str, Day | int] | None
) -> Mapping[str, Day | int]:
    """Return what happened: that of the museum is told of what is around it only."""
    if events is not None:
        return events
    point = gpd.GeoSeries([museum(None).point], crs=METRIC).to_crs(areas.crs).iloc[0]
    return EVENTS if areas.geometry.iloc[0].contains(point) else {}


def _between(start: tuple[dt.date, str] | None, end: tuple[dt.date, str] | None) -> str:
    if start and end:
        return f"entre {start[1]} ({start[0].year}) et {end[1]} ({end[0].year})"
    if end:
        return f"avant {end[1]} ({end[0].year})"
    return f"après {start[1]} ({start[0].year})" if start else ""


def _told(
    wanted: Mapping[str, Asked], known: Mapping[str, Measure], years: Sequence[int]
) -> dict[str, Measure]:
    span = f"{years[0]}-{years[-1]}"
    return {
        name: replace(quantity, vintage=span)
        if isinstance(quantity, Ratio)
        else replace(
            known[f"{quantity}_{years[-1]}"], vintage=span, source="", published=None
        )
        for name, quantity in wanted.items()
    }


def _notes(
    table: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    held: Mapping[str, Mapping[object, float]],
    members: pd.Series,
    left: Mapping[str, str],
    known: Mapping[str, Measure],
    wanted: Mapping[str, Asked],
    years: Sequence[int],
) -> tuple[str, ...]:
    labels = _labels(areas)
    lines = [
        f"Périmètre constant : les mêmes {counted(len(members))} toutes les années, "
        "comptées entières là où tombe leur point représentatif.",
    ]
    cut = sum(held["cut"].values())
    lines.append(
        f"Débordent de leur couronne, étant coupées par une limite : {counted(cut)}."
    )
    lines += [
        f"{labels[code]} : {percent(100 * share)} de l'aire est hors des communes "
        "connues ; ce qui s'y trouve n'est pas compté."
        for code, share in held["outside"].items()
        if share > _OUTSIDE
    ]
    lines += left_out(left.values())
    for quantity in wanted.values():
        found = breaks_of(known, quantity, years)
        lines += [f"À partir de {year} : {what}." for year, what in found.items()]
    lines += [*told_of(areas).notes, *told_of(table).notes]
    return tuple(typeset(line) for line in dict.fromkeys(lines))
