"""A map as a figure of a document: the bare frame, the rest as data beside it."""

from __future__ import annotations

import geopandas as gpd

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.look.themes import Theme, settings
from basinmap.maps.paper.layouts import Layout, Wish, bounds_of, rounded_up, scaled
from basinmap.maps.paper.pages import bare_frame, map_axes
from basinmap.maps.paper.precision import tell_outlines
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.spatial.projections import check_metric

__all__ = ["figure"]

_LEAST = 15.0
_EDGE = 0.2  # half the line of the frame stays on the paper


def figure(
    units: gpd.GeoDataFrame,
    *,
    size_mm: tuple[float, float],
    title: str,
    scale: float | None = None,
    around: float = 0.0,
    theme: Theme | None = None,
    zoom: float = 1.0,
    ground: bool = True,
) -> tuple[Sheet, MapAxes]:
    """
    Make a bare map frame of any size, for a document that sets its legend itself.

    Layers are drawn as on a page. Title, legend, sources, notes and scale are not in
    the picture: `bm.legend_entries`, `bm.alternative_text`, `ax.credits` and
    `ax.plan.scale` give them to what sets the page.

    Parameters
    ----------
    units
        What must be seen whole, in a metric CRS.
    size_mm
        Width and height in millimetres.
    title
        French title, for the alternative text and the properties of the file.
    scale
        Denominator; by default the largest round scale at which the units fit.
    around
        Metres of ground to show on every side of the units.
    theme
        Look of the map; by default `PRINT`.
    zoom
        How much larger than on a page the letters are.
    ground
        Whether what lies around is drawn under the layers, see `page`.

    Returns
    -------
    fig : Sheet
        A matplotlib figure of that size.
    ax : MapAxes
        Its map frame, in metres.

    Raises
    ------
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, the size is none, or the units do not fit at the
        scale asked for.

    Warns
    -----
    OutlineWarning
        If the outlines are off by more than 0.3 mm on paper.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.figure(lens, size_mm=(105, 110), title="CA de Lens-Liévin")
    >>> ax.plan.scale
    250000.0
    """
    check_given(figure, locals())
    wish = Wish(
        title=title,
        subtitle="",
        paper=_checked(size_mm),
        orientation="auto",
        scale=scale,
        legend="right",
        legend_mm=None,
        around=around,
        theme=theme,
    )
    check_metric(units, "units")
    width, height = _checked(size_mm)
    box = bounds_of(units, around)
    frame = (_EDGE, _EDGE, width - 2 * _EDGE, height - 2 * _EDGE)
    across, up = box[2] - box[0], box[3] - box[1]
    needed = max(across / frame[2], up / frame[3]) * 1000
    if scale is not None and not scale >= needed:
        msg = (
            f"at 1:{scale:g} the units do not fit in {width:g} x {height:g} mm: write "
            f"scale={rounded_up(needed):g} or more, or a larger size_mm"
        )
        raise DataError(msg)
    layout = Layout(
        paper=wish.name,
        width=width,
        height=height,
        frame=frame,
        strip=(0.0, 0.0, 0.0, 0.0),
        footer=(0.0, 0.0, 0.0, 0.0),
        columns=1,
        scale=float(scale) if scale is not None else rounded_up(needed),
        theme=scaled(wish.look, zoom),
    )
    fig = bare_frame(layout, title)
    with settings():
        ax = map_axes(fig, layout, box)
        ax.subject, ax.grounded = units.geometry, ground
        tell_outlines(ax, units)
    return fig, ax


def _checked(size_mm: object) -> tuple[float, float]:
    pair = isinstance(size_mm, tuple | list) and len(size_mm) == 2
    if not pair or not all(isinstance(side, int | float) for side in size_mm):  # type: ignore[attr-defined] # a pair
        msg = f"size_mm={size_mm!r}: give width and height in mm, such as (105, 110)"
        raise DataError(msg)
    width, height = (float(side) for side in size_mm)  # type: ignore[attr-defined] # a pair
    if not _LEAST <= min(width, height) <= max(width, height) <= 5_000:
        msg = f"size_mm={size_mm!r}: give {_LEAST:g} mm at least, 5,000 at most"
        raise DataError(msg)
    return width, height
