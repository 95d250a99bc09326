"""Whether areas and units suit each other: ground out of all units, units too large."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.spatial.polygons import NOISE
from basinmap.spatial.sharing import Layer, layer_of, pair_areas
from basinmap.territory import embedded
from basinmap.territory.levels import PRINTED
from basinmap.territory.units import check_unique
from basinmap.typography import number, percent

__all__ = [
    "MOST_OUTSIDE",
    "Extent",
    "check_areas",
    "extent_of",
    "names_of",
    "notes_of",
    "warn_of",
]

MOST_OUTSIDE: Final = 0.01
"""Share of an area out of all units from which its sums are minima."""
_ALIKE: Final = 0.95
"""Share of a unit inside from which an area is the unit, drawn by another hand."""
_TOLD: Final = 0.001
"""Share of an area under which its ground out of all units is one of outline."""
_SPECK: Final = 1e-6
"""Share of an area under which it only touches units."""
_MOSTLY: Final = 0.5
"""Share of codes of communes above which units are communes."""
_BANDS: Final = frozenset({"ring", "isochrone"})
_FEMININE: Final = frozenset({"commune", "region"})


@dataclass(frozen=True, slots=True)
class Extent:
    """
    What is to be said of areas on the ground of units, one value an area.

    Attributes
    ----------
    outside
        Share of the area that no unit covers.
    unheld
        Whether it lies on units and none counts in it, their points being elsewhere.
    larger
        Whether a unit larger than the area counts whole in it.
    lies
        Positions `area` and `unit` of those that have ground in common.
    lost
        Of areas that units seem to cover, by position, the communes that are not
        among them and whose point is inside.
    """

    outside: np.ndarray
    unheld: np.ndarray
    larger: np.ndarray
    lies: pd.DataFrame
    lost: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def partial(self) -> np.ndarray:
        """Return the areas whose sums lack what is out of all units."""
        few = np.isin(np.arange(len(self.outside)), list(self.lost))
        return (self.outside > MOST_OUTSIDE) | few

    @property
    def rough(self) -> np.ndarray:
        """Return the areas of which whole units are no count."""
        return self.unheld | self.larger


# --- the door ----------------------------------------------------------------------


def check_areas(areas: gpd.GeoDataFrame) -> None:
    """
    Check that areas are polygons, one a code.

    A ring or an isochrone may be empty: other places hold all of its ground.

    Parameters
    ----------
    areas
        Polygons, in a metric CRS.

    Raises
    ------
    DataError
        If one has no outline, is no polygon, is invalid or without surface, or all
        are empty.

    Examples
    --------
    >>> import basinmap as bm
    >>> check_areas(bm.places())
    Traceback (most recent call last):
    basinmap.errors.DataError: areas: 3 that are no polygon: 'louvre-lens', ...
    """
    check_unique(areas.index, "areas")
    shapes = np.asarray(areas.geometry.array)
    absent = shapely.is_missing(shapes)
    empty = ~absent & shapely.is_empty(shapes)
    kind = ~absent & ~np.isin(shapely.get_type_id(shapes), [3, 6])
    band = bool(_BANDS.intersection(areas.index.names))
    void = absent if band else absent | empty
    there = ~(absent | empty | kind)
    invalid = there & ~shapely.is_valid(shapes)
    flat = there & ~invalid & ~(shapely.area(shapes) > 0)
    for wrong, told, cure in (
        (void, "without outline", "drop them"),
        (kind & ~empty, "that are no polygon", "give them a surface with .buffer(…)"),
        (invalid, "with an invalid outline", "repair them with .make_valid()"),
        (flat, "without surface", "drop them"),
    ):
        if wrong.any():
            codes = culprits(areas.index[wrong])
            msg = f"areas: {int(wrong.sum())} {told}: {codes}; {cure}"
            raise DataError(msg)
    if not there.any():
        msg = f"areas: all {len(areas)} are empty, nothing can be inside"
        raise DataError(msg)


# --- what suits ----------------------------------------------------------------------


def extent_of(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    parts: pd.DataFrame | None = None,
) -> Extent:
    """
    Measure how areas lie on the ground of units.

    Parameters
    ----------
    areas, units
        Polygons, checked; units that have no surface say nothing.
    pairs
        Which units count in which area: positions `area` and `unit`.
    parts
        Surface that they have in common: positions `left` of units, `right` of the
        areas that are not empty, and `area`. Without it, units count whole.
    """
    size, whole = len(areas), parts is None
    unheld, larger = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    outside = np.zeros(size)
    surface = shapely.area(units.geometry.array)
    kinds = shapely.get_type_id(units.geometry.array)
    if not (np.isin(kinds, [3, 6]) & (surface > 0)).all():
        lies = pd.DataFrame({"area": [], "unit": []}, dtype=np.int64)
        return Extent(outside, unheld, larger, lies, _lost(areas, units, outside))
    ground = shapely.area(areas.geometry.array)
    held = np.flatnonzero(ground > 0)
    if parts is None:
        left = layer_of(units, "units", repair=True)
        right = Layer(
            "areas",
            areas.index[held],
            np.asarray(areas.geometry.array)[held],
            ground[held],
        )
        parts = pair_areas(left, right)
    unit, area = parts["left"].to_numpy(), held[parts["right"]]
    common = parts["area"].to_numpy()
    covered = np.bincount(area, common, size)[held] / ground[held]
    out = np.clip(1 - covered, 0, 1)
    outside[held] = np.where(out < NOISE, 0.0, out)
    real = common > _SPECK * np.minimum(surface[unit], ground[area])
    lies = pd.DataFrame({"area": area[real], "unit": unit[real]})
    if whole:
        unheld[lies["area"]] = True
        unheld[pairs["area"]] = False
        inside = pd.Series(common / surface[unit], index=[area, unit])
        keys = pd.MultiIndex.from_frame(pairs[["area", "unit"]])
        inside = inside.reindex(keys, fill_value=0.0).to_numpy()
        wide = surface[pairs["unit"]] > ground[pairs["area"]]
        larger[pairs["area"][wide & (inside < _ALIKE)]] = True
    return Extent(outside, unheld, larger, lies, _lost(areas, units, outside))


def _lost(
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, outside: np.ndarray
) -> dict[int, tuple[str, ...]]:
    """Return the communes that are in no unit and whose point is in an area."""
    every = embedded.communes_2026().geometry
    # As objects: pandas looks for text of Arrow fifty times as slowly.
    own, known = units.index.astype(object), every.index.astype(object)
    if units.crs != every.crs or own.isin(known).mean() <= _MOSTLY:
        return {}
    absent = every[~known.isin(own)]
    near = absent.cx[slice(*areas.total_bounds[::2]), slice(*areas.total_bounds[1::2])]
    points = np.asarray(near.representative_point().array)
    # Under the code of another year, or of an EPCI, its ground is there.
    covered = shapely.STRtree(units.geometry.array).query(points, "within")[0]
    at, area = shapely.STRtree(areas.geometry.array).query(points, "within")
    found: dict[int, list[str]] = {}
    for point, one in zip(at, area, strict=True):
        if point not in set(covered) and outside[one] <= MOST_OUTSIDE:
            found.setdefault(int(one), []).append(str(near.index[point]))
    return {one: tuple(sorted(codes)) for one, codes in sorted(found.items())}


def names_of(areas: gpd.GeoDataFrame) -> list[str]:
    """
    Return how areas are called in a note: by their label, else by their code.

    Parameters
    ----------
    areas
        Rings, isochrones or any areas.
    """
    codes = areas.index.to_flat_index()
    names = [
        ", ".join(map(str, code)) if isinstance(code, tuple) else str(code)
        for code in codes
    ]
    if "label" not in areas.columns:
        return names
    if areas.index.nlevels == 1:
        return [str(label) for label in areas["label"]]
    places = [", ".join(map(str, code[:-1])) for code in codes]
    return [f"{a}, {b}" for a, b in zip(places, areas["label"], strict=True)]


def notes_of(
    extent: Extent, areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> tuple[str, ...]:
    """
    Say in French what does not suit.

    Parameters
    ----------
    extent
        What was measured.
    areas, units
        What it was measured of.
    """
    names = names_of(areas)
    level = str(units.index.name)
    given = "fournies" if level in _FEMININE or level not in PRINTED else "fournis"
    what = f"{PRINTED.get(level, 'unités')} {given}"
    notes = []
    out = np.flatnonzero(extent.outside >= _TOLD)
    if len(out):
        shares = [
            percent(100 * extent.outside[i], int(extent.outside[i] < 0.0995))
            for i in out
        ]
        told = [f"{shares[0]} de l'aire hors des {what}"]
        if len(names) > 1:
            told[0] = f"{names[out[0]]} : {told[0]}"
        told += [
            f"{names[i]} : {s}" for i, s in zip(out[1:5], shares[1:5], strict=True)
        ]
        if len(out) > 5:
            told.append(f"… ({number(len(out))} aires)")
        low = (
            " Au-delà de 1 %, les sommes sont des minimums."
            if (extent.outside > MOST_OUTSIDE).any()
            else ""
        )
        notes.append(" ; ".join(told) + "." + low)
    if extent.lost:
        communes = embedded.communes_2026()["name"]
        every = sorted({code for codes in extent.lost.values() for code in codes})
        told = [f"{communes[code]} ({code})" for code in every[:5]]
        more = f"… ({number(len(every))})" if len(every) > 5 else ""
        notes.append(
            f"Sans {', '.join(told)}{more}, qui y ont leur point et ne sont pas "
            "fournies : les sommes sont des minimums."
            if len(every) > 1
            else f"Sans {told[0]}, qui y a son point et n'est pas fournie : les "
            "sommes sont des minimums."
        )
    for which, what in (
        (
            extent.unheld,
            "posées sur des unités, sans contenir le point d'aucune d'elles",
        ),
        (extent.larger, "plus petites qu'une unité qui y compte entière"),
    ):
        if which.any():
            notes.append(
                f"Aires {what} : {_listed(names, which)}. Leurs sommes n'en sont pas "
                "un comptage ; répartir par surface ou par logements l'estime."
            )
    return tuple(notes)


def _listed(names: Sequence[str], which: np.ndarray) -> str:
    found = [names[int(i)] for i in np.flatnonzero(which)]
    more = f"… ({number(len(found))})" if len(found) > 5 else ""
    return " ; ".join(found[:5]) + more


def warn_of(
    extent: Extent,
    areas: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    units: pd.Index,
    *,
    partial: bool,
) -> None:
    """
    Warn of what does not suit.

    Parameters
    ----------
    extent
        What was measured.
    areas
        What it was measured of.
    pairs
        Which units count in which area, by position.
    units
        Codes of the units.
    partial
        Whether areas may leave the units.
    """
    codes = areas.index.tolist()

    def named(which: np.ndarray) -> str:
        return culprits([codes[int(i)] for i in np.flatnonzero(which)])

    rules = "rule='area' or rule='dwellings' shares units out"
    if extent.lost and not partial:
        every = sorted({code for lost in extent.lost.values() for code in lost})
        areas_ = culprits([codes[one] for one in extent.lost])
        msg = (
            f"{len(every)} commune(s) are not among the units, and have their point in "
            f"{areas_}: {culprits(every)}; the sums there are lower bounds: add their "
            "rows, or say allow_partial=True"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
    at = np.flatnonzero(extent.outside > MOST_OUTSIDE)
    if len(at) and not partial:
        told = [f"{codes[int(i)]!r} ({100 * extent.outside[i]:.0f} %)" for i in at[:5]]
        more = f" and {len(at) - 5} more" if len(at) > 5 else ""
        msg = (
            f"{len(at)} area(s) lie partly out of the units given: "
            f"{', '.join(told)}{more}; their sums are lower bounds: pass the units "
            "that lie around as well, or allow_partial=True"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
    if extent.unheld.any():
        msg = (
            f"{int(extent.unheld.sum())} area(s) lie on units but hold the point of "
            f"none: {named(extent.unheld)}; their sums are no count: {rules}"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
    if extent.larger.any():
        first = int(np.flatnonzero(extent.larger)[0])
        taken = units[pairs.loc[pairs["area"] == first, "unit"]]
        msg = (
            f"{int(extent.larger.sum())} area(s) are smaller than a unit that they "
            f"take whole: {named(extent.larger)} (the first takes "
            f"{culprits(taken)}); their sums are no count: {rules}"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
