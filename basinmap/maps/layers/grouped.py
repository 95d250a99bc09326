"""Groups of units: one area of one colour, with the borders of its units within."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection

from basinmap.errors import DataError, culprits
from basinmap.maps.layers.drawing import add_key, plural_of
from basinmap.maps.layers.washes import Inks, stroke_over
from basinmap.maps.look.themes import settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.spatial.coverages import dissolve
from basinmap.typography import number, typeset
from basinmap.values.told import carry, told_of

__all__ = ["counted_with_groups", "draw_within", "grouped_units"]

_DOTS: Final = (1.0, 1.6)
_WIDTH: Final = 0.5
_KEY: Final = "#5b6270"


def grouped_units(
    units: gpd.GeoDataFrame, groups: pd.Series, classes: pd.Series
) -> gpd.GeoDataFrame:
    """
    Return groups as areas, named after their member that names them.

    Parameters
    ----------
    units
        Polygons.
    groups
        Group of each.
    classes
        On groups.

    Raises
    ------
    DataError
        If a unit has no group, or a group no class.
    """
    alone = units.index.difference(groups.dropna().index)
    if len(alone):
        msg = f"groups: {len(alone)} unit(s) have none: {culprits(alone)}"
        raise DataError(msg)
    mine = groups.reindex(units.index).rename("group")
    lacking = pd.Index(mine.unique()).difference(classes.index)
    if len(lacking):
        msg = (
            f"classes: {len(lacking)} group(s) have none: {culprits(lacking)}; class "
            "the rates of the groups, bm.compute(indicator, table, to=groups)"
        )
        raise DataError(msg)
    merged = dissolve(units[[units.active_geometry_name]], mine)
    if "name" in units.columns:
        heads = [str(group).partition("+")[0] for group in merged.index]
        names = pd.DataFrame(units, copy=False)["name"].reindex(heads).fillna("")
        merged["name"] = [
            _named(str(name) or str(group), int(count) - 1, str(units.index.name))
            for name, group, count in zip(
                names, merged.index, merged["units"], strict=True
            )
        ]
    return carry(merged, units)


def _named(name: str, others: int, level: str) -> str:
    """Return « Saulty et 2 voisines »."""
    if not others:
        return name
    beside = "voisin" if level == "iris" else "voisine"
    return f"{name} et {others} {beside}{'s' if others > 1 else ''}"


def draw_within(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    groups: pd.Series,
    classes: pd.Series | None = None,
    inks: Inks | None = None,
) -> None:
    """
    Draw the borders of units within their group, and their entry of the legend.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons.
    groups
        Group of each.
    classes
        On groups that are filled.
    inks
        What they are filled with.
    """
    lines: dict[int, list[shapely.Geometry]] = {}
    codes: dict[object, int] = (
        {}
        if classes is None
        else dict(zip(classes.index, classes.cat.codes.tolist(), strict=True))
    )
    shapes = np.asarray(units.geometry.array)
    mine = groups.reindex(units.index).to_numpy()
    for group in dict.fromkeys(mine.tolist()):
        members = shapes[mine == group]
        if len(members) > 1:
            lines.setdefault(codes.get(group, -1), []).append(_within(members))
    if not lines:
        return
    for code, found in sorted(lines.items()):
        parts = [shapely.get_coordinates(line) for line in shapely.get_parts(found)]
        with settings():
            dotted = LineCollection(
                parts,
                colors=_KEY
                if inks is None or code < 0
                else stroke_over(inks.colors[code]),
                linewidths=_WIDTH * ax.plan.zoom,
                linestyles=[(0, _DOTS)],
                zorder=STACK["fills"],
                label="_within",
            )
            ax.add_collection(dotted, autolim=False)
    every = [line for found in lines.values() for line in found]
    rule = str(told_of(groups).rule) or _counted(units, mine, len(every))
    swatch = Swatch(rule, _KEY, shape="line", edge=_KEY, width=_WIDTH, dashes=_DOTS)
    ax.laid.append(
        Laid(
            kind="within",
            units=gpd.GeoDataFrame(geometry=every, crs=units.crs),
            swatch=swatch,
        )
    )
    add_key(ax, swatch)


def counted_with_groups(units: gpd.GeoDataFrame) -> str:
    """
    Return what a legend counts where some of the units are put together.

    Parameters
    ----------
    units
        Polygons.
    """
    return f"{plural_of(str(units.index.name or '')) or 'unités'} et groupes"


def _counted(units: gpd.GeoDataFrame, mine: np.ndarray, groups: int) -> str:
    """Say how many units are in how many groups, where these tell nothing."""
    several = int(pd.Series(mine).duplicated(keep=False).sum())
    noun = plural_of(str(units.index.name or "")) or "unités"
    ending = "s" if noun == "Iris" else "es"
    plural = "s" if groups > 1 else ""
    return typeset(
        f"{number(several)} {noun} regroupé{ending} : "
        f"{number(groups)}\u00a0groupe{plural}"
    )


def _within(members: np.ndarray) -> shapely.Geometry:
    """Return the borders that units of a group have in common."""
    whole = shapely.boundary(shapely.union_all(members))
    edges = shapely.union_all(shapely.boundary(members))
    return shapely.line_merge(shapely.difference(edges, whole))
