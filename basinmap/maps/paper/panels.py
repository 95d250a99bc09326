"""Several maps on a sheet: one scale, one legend, one foot."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import geopandas as gpd

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.look.themes import Theme, one_line
from basinmap.maps.paper.alternatives import notes_of
from basinmap.maps.paper.blocks import in_common
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.layouts import Layout, Orientation, Place, Wish
from basinmap.maps.paper.pages import open_sheet
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.typography import typeset

__all__ = ["Gathered", "Maps", "gathered", "panels"]

Key = TypeVar("Key", bound=Hashable)
Maps = MapAxes | Mapping[Hashable, MapAxes]
"""One map of `page`, or those of `panels`."""


def panels(  # noqa: PLR0913 - each is a choice of whoever prints
    territories: Mapping[Key, gpd.GeoDataFrame],
    *,
    title: str,
    subtitle: str = "",
    headline: str = "",
    columns: int | None = None,
    paper: str | tuple[float, float] = "A4",
    orientation: Orientation = "auto",
    scale: float | None = None,
    legend: Place = "auto",
    legend_mm: float | None = None,
    around: float = 0.0,
    theme: Theme | None = None,
    ground: bool = True,
) -> tuple[Sheet, dict[Key, MapAxes]]:
    """
    Make a sheet of several maps at one scale: dates, territories, before and after.

    Draw on each map, then give all of them to `draw_legend` and `draw_furniture`,
    which write one legend and one foot. Maps to compare have the same classes
    (`shared_classes`) and the same symbols (`largest=`, `largest_mm=`): else they
    are refused.

    Parameters
    ----------
    territories
        What each map must show whole, in a metric CRS, by the name printed above it:
        `{"2016": communes, "2021": communes}`.
    title, subtitle, headline
        See `page`.
    columns
        How many maps stand side by side; by default what shows them largest.
    paper, orientation, scale, legend, legend_mm, around, theme, ground
        See `page`.

    Returns
    -------
    fig : Sheet
        The sheet.
    maps : dict of MapAxes
        A map frame for each key, in the order given, from left to right and down.

    Raises
    ------
    CRSError
        If units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is no territory, `columns` makes no sense, or for a reason of `page`.

    Warns
    -----
    OutlineWarning
        If outlines are coarser than the scale, see `page`.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, maps = bm.panels({"2016": lens, "2023": lens}, title="Population")
    >>> maps["2016"].plan.scale == maps["2023"].plan.scale
    True
    """
    check_given(panels, locals())
    if not isinstance(territories, Mapping) or not territories:
        given = "" if isinstance(territories, Mapping) else type(territories).__name__
        msg = (
            f"territories: no map to draw{given and f' in a {given}'}: give them by "
            "name, {'2016': communes, '2021': communes}"
        )
        raise DataError(msg)
    if columns is not None and columns not in range(1, len(territories) + 1):
        msg = f"columns={columns!r}: from 1 to {len(territories)} maps side by side"
        raise DataError(msg)
    wish = Wish(
        title=title,
        subtitle=subtitle,
        headline=headline,
        paper=paper,
        orientation=orientation,
        scale=scale,
        legend=legend,
        legend_mm=legend_mm,
        around=around,
        theme=theme,
        names=tuple(typeset(one_line(str(key))) for key in territories),
        columns=columns,
        ground=ground,
    )
    fig, maps = open_sheet(list(territories.values()), wish)
    return fig, dict(zip(territories, maps, strict=True))


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    What legend and foot read of the maps of a sheet.

    Attributes
    ----------
    maps
        The maps.
    blocks, credits, grounds, notes
        See `MapAxes`; an entry that several maps left stands once, and a note that
        some left has their names before it.
    """

    maps: tuple[MapAxes, ...]
    blocks: list[object]
    credits: dict[str, None]
    grounds: dict[str, None]
    notes: dict[str, None]

    @property
    def first(self) -> MapAxes:
        """The first map; scale and strip are the same for all."""
        return self.maps[0]

    @property
    def sheet(self) -> Sheet:
        """The page."""
        return self.first.sheet

    @property
    def plan(self) -> Layout:
        """The layout."""
        return self.first.plan

    @property
    def reserved(self) -> float:
        """The millimetres kept above the scale bar."""
        return max(ax.reserved for ax in self.maps)


def gathered(maps: Maps) -> Gathered:
    """
    Return what the maps of a sheet left for its legend and its foot.

    Parameters
    ----------
    maps
        One map, or those of `panels`.

    Raises
    ------
    DataError
        If there is none, they are on several sheets, or it is something else.
    MeasureError
        If maps that would be compared are not drawn alike.
    """
    if not isinstance(maps, Mapping):
        ax = _checked_map(maps)
        return Gathered((ax,), ax.blocks, ax.credits, ax.grounds, ax.notes)
    found = tuple(map(_checked_map, maps.values()))
    if not found or len({id(ax.sheet) for ax in found}) > 1:
        msg = f"{len(found)} maps on one sheet are needed: pass what panels returned"
        raise DataError(msg)
    lists = [ax.blocks for ax in found]
    return Gathered(
        found,
        reduce(_joined, lists[1:], list(lists[0])),
        {key: None for ax in found for key in ax.credits},
        {key: None for ax in found for key in ax.grounds},
        notes_of(found),
    )


def _checked_map(ax: MapAxes) -> MapAxes:
    if isinstance(ax, Sequence):
        msg = f"a {type(ax).__name__} of {len(ax)}: pass what panels returned, all maps"
        raise DataError(msg)
    check_map(ax)
    return ax


def _joined(blocks: list[object], others: list[object]) -> list[object]:
    """Add the entries of one more map to those there are."""
    found = list(blocks)
    for other in others:
        for place, block in enumerate(found):
            if type(block) is type(other):
                common = in_common(block, other)
                if common is not None:
                    found[place] = common
                    break
        else:
            found.append(other)
    return found
