"""The page: a sheet in millimetres, a map frame at a true scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.look.lettering import PaperAxes
from basinmap.maps.look.themes import (
    MM_PER_POINT,
    Theme,
    font,
    one_line,
    settings,
)
from basinmap.maps.paper.layouts import (
    Layout,
    Orientation,
    Place,
    Rectangle,
    Wish,
    bounds_of,
    chosen,
    cornered,
    heading_of,
    leading_of_names,
    name_lines,
)
from basinmap.maps.paper.pictures import SheetCanvas
from basinmap.maps.paper.precision import tell_outlines
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.maps.paper.stack import FURNITURE
from basinmap.spatial.projections import check_metric
from basinmap.typography import typeset

__all__ = ["bare_frame", "bare_sheet", "map_axes", "open_sheet", "page"]


def page(  # noqa: PLR0913 - each is a choice of whoever prints
    units: gpd.GeoDataFrame,
    *,
    title: str,
    subtitle: str = "",
    headline: str = "",
    paper: str | tuple[float, float] = "A4",
    orientation: Orientation = "auto",
    scale: float | None = None,
    legend: Place = "auto",
    legend_mm: float | None = None,
    around: float = 0.0,
    theme: Theme | None = None,
    ground: bool = True,
) -> tuple[Sheet, MapAxes]:
    """
    Make a sheet whose map frame holds the units at a round, true scale.

    The legend has its own strip, at the right or below, or an empty corner of the map
    where that shows the units a quarter larger.

    Parameters
    ----------
    units
        What must be seen whole, in a metric CRS.
    title
        French title, with territory and date.
    subtitle
        What is measured, in a line.
    headline
        French sentence that says what the map shows, large; the title is then written
        under it, before the subtitle.
    paper
        `"A5"` to `"A0"`, `"half-column"` (85 × 120 mm, for a bulletin), or the
        width and height in millimetres.
    orientation
        `"auto"` takes the one that allows the larger scale.
    scale
        Denominator, such as 100_000; by default the largest round scale at which
        the units fit.
    legend
        Where the legend is; `"auto"` takes what allows the larger scale, `"inside"` an
        empty corner of the map.
    legend_mm
        Width of the strip at the right (60 mm, 48 where that gives a step of scale),
        depth of that below (52 mm), height of a corner inside.
    around
        Metres of ground to show on every side of the units.
    theme
        Look of the sheet; by default `PRINT`, or `HALF_COLUMN` on that paper, where
        `GREY` is `in_grey(HALF_COLUMN)`.
    ground
        Whether what lies around is drawn under the layers: sea, countries and
        départements with their names, borders, towns. It is known around Nord and
        Pas-de-Calais; elsewhere give your own to `draw_ground`.

    Returns
    -------
    fig : Sheet
        A matplotlib figure of the size of the paper; `fig.savefig(path)` writes
        PDF, SVG or PNG at 300 dpi, whole or not at all, with its alternative text.
    ax : MapAxes
        Its map frame, in metres.

    Raises
    ------
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, the paper is unknown, nothing is left for
        the map, or the units do not fit at the scale asked for.

    Warns
    -----
    OutlineWarning
        If the outlines are off by more than 0.3 mm on paper, as the embedded ones are
        above 1:580,000; the foot then says « contours généralisés (± 170 m) ». It is
        a BasinmapWarning, with one text, that Python prints once a process.

    See Also
    --------
    panels : Several maps of one scale on a sheet.
    atlas : A sheet for each unit, in one file.

    Notes
    -----
    A poster is read from a metre: beyond A3, type, margins and strip grow with the
    side of the paper (1.4 times on A2, 2 on A1, 2.8 on A0).

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> ax.plan.paper, ax.plan.scale
    ('A4', 110000.0)
    """
    check_given(page, locals())
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
        ground=ground,
    )
    fig, (ax,) = open_sheet([units], wish)
    return fig, ax


def _arranged(
    territories: Sequence[gpd.GeoDataFrame], bounds: list[Rectangle], wish: Wish
) -> tuple[Layout, list[Rectangle], tuple[Layout, Rectangle] | None]:
    """Return the arrangement with a strip for the legend, and that with a corner."""
    alone = territories[0] if len(bounds) == 1 else None
    try:
        layout, frames = chosen(bounds, wish)
    except DataError:
        # A scale that no strip leaves room for may be that of a legend in a corner.
        corner = None if alone is None else cornered(alone, wish, None)
        if corner is None:
            raise
        return corner[0], [], corner
    corner = None if alone is None else cornered(alone, wish, layout)
    return layout, frames, corner


def open_sheet(
    territories: Sequence[gpd.GeoDataFrame], wish: Wish
) -> tuple[Sheet, list[MapAxes]]:
    """
    Make a sheet with a map frame for each territory, all at one scale.

    Parameters
    ----------
    territories
        What must be seen whole in each frame.
    wish
        What the sheet is asked to be.

    Raises
    ------
    CRSError
        If units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, or no room for it.

    Warns
    -----
    OutlineWarning
        If outlines are coarser than the scale.
    """
    for units in territories:
        check_metric(units, "units")
    bounds = [bounds_of(units, wish.around) for units in territories]
    layout, frames, corner = _arranged(territories, bounds, wish)
    if corner is not None:
        layout, bounds = corner[0], [corner[1]]
        frames = [layout.frame]
    elif wish.legend == "inside":
        msg = (
            f"no corner of the map is free for a legend of {layout.column:.0f} mm on "
            f"{wish.name}: write legend='right' or legend='below', a smaller scale, or "
            "a larger paper"
        )
        raise DataError(msg)
    fig = _blank(layout, wish.title, wish.subtitle)
    if one_line(wish.headline):
        fig.about["Headline"] = typeset(one_line(wish.headline))
    with settings():
        maps = []
        for frame, box, units in zip(frames, bounds, territories, strict=True):
            ax = map_axes(fig, replace(layout, frame=frame), box)
            _keep_corner(fig, ax)
            ax.subject, ax.grounded = units.geometry, wish.ground
            tell_outlines(ax, units)
            maps.append(ax)
        _write_title(fig, *wish.words, among=wish.among)
        for ax, name in zip(maps, wish.names, strict=bool(wish.names)):
            ax.caption = name
            _write_name(fig, ax.plan.frame, name)
    return fig, maps


def _blank(layout: Layout, title: str, subtitle: str) -> Sheet:
    """Return a sheet with nothing on it."""
    with settings():
        fig = Sheet(figsize=(layout.width / 25.4, layout.height / 25.4))
        SheetCanvas(fig)
        fig.layout_mm = layout
        fig.about = {"Title": one_line(title)}
        if one_line(subtitle):
            fig.about["Subtitle"] = one_line(subtitle)
        fig.paper = _paper_axes(fig, layout)
    return fig


def bare_frame(layout: Layout, title: str) -> Sheet:
    """
    Make a sheet without anything, not even its title, for the picture of a map.

    Parameters
    ----------
    layout
        Where the frame is.
    title
        What the file is called.
    """
    return _blank(layout, title, "")


def bare_sheet(like: Layout, title: str, subtitle: str) -> Sheet:
    """
    Make a sheet without a map: title and subtitle over an empty page.

    Parameters
    ----------
    like
        A layout of the same paper and theme.
    title, subtitle
        See `page`.
    """
    theme = like.theme
    words = (typeset(one_line(title)), typeset(one_line(subtitle)))
    head = 4.0 * like.zoom
    head += sum(heading_of(words, like.width - 2 * theme.margin, theme).heights)
    side, deep = theme.margin, like.height - 2 * theme.margin - head
    frame = (side, side, like.width - 2 * side, deep)
    fig = _blank(replace(like, frame=frame), title, subtitle)
    with settings():
        _write_title(fig, *words)
    return fig


def _paper_axes(fig: Sheet, layout: Layout, height: float = 0.5) -> Axes:
    """Return axes over the whole page, under its maps, whose unit is the millimetre."""
    # Painted first: who listens to the text hears the title before the names.
    axes = fig.add_axes((0, 0, 1, 1), axes_class=PaperAxes, zorder=height)
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.height)
    axes.axis("off")
    axes.set_gid(FURNITURE)
    return axes


def _keep_corner(fig: Sheet, ax: MapAxes) -> None:
    """Keep a corner of the map for the legend, over it."""
    plan = ax.plan
    if not plan.inside:
        return
    x, y, wide, high = plan.strip
    left, low = x - plan.frame[0], y - plan.frame[1]
    ax.boxes.append((left - 2, low - 2, left + wide + 2, low + high + 2))
    fig.over = _paper_axes(fig, plan, height=1.5)


def map_axes(fig: Sheet, layout: Layout, bounds: Rectangle) -> MapAxes:
    """
    Add a map frame to a sheet.

    Parameters
    ----------
    fig
        The sheet.
    layout
        Tells the frame and the scale.
    bounds
        Map metres to have in the middle of it.
    """
    x, y, width, height = layout.frame
    place = (
        x / layout.width,
        y / layout.height,
        width / layout.width,
        height / layout.height,
    )
    ax = fig.add_axes(place, axes_class=MapAxes, zorder=1)
    assert isinstance(ax, MapAxes)  # noqa: S101 - for the type checker
    ax.plan = layout
    half_x, half_y = (side * layout.scale / 2000 for side in (width, height))
    centre_x, centre_y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    ax.set_xlim(centre_x - half_x, centre_x + half_x)
    ax.set_ylim(centre_y - half_y, centre_y + half_y)
    ax.set_autoscale_on(False)
    for spine in ax.spines.values():
        spine.set_linewidth(0.5 * layout.zoom)
        spine.set_color(layout.theme.faint)
    return ax


def _write_title(
    fig: Sheet, title: str, subtitle: str, among: Sequence[tuple[str, str]] = ()
) -> None:
    layout = fig.layout_mm
    theme = layout.theme
    words = (title, subtitle)
    room = layout.width - 2 * theme.margin
    found = heading_of(words, room, theme, among=among)
    y = layout.height - theme.margin - theme.title * MM_PER_POINT * 0.8
    for line in found.title:
        style = font(theme.family, found.size, weight=700)
        _write_line(fig, y, line, style, theme.ink, "title")
        y -= found.size * MM_PER_POINT * 1.2
    y += found.size * MM_PER_POINT * 1.2 - theme.subtitle * MM_PER_POINT * 1.65
    for line in found.subtitle:
        style = font(theme.family, theme.subtitle)
        _write_line(fig, y, line, style, theme.soft, "subtitle")
        y -= theme.subtitle * MM_PER_POINT * 1.3


def _write_line(
    fig: Sheet, y: float, line: str, style: FontProperties, color: str, gid: str
) -> None:
    x = fig.layout_mm.theme.margin
    fig.paper.text(x, y, line, font=style, color=color, va="baseline", gid=gid)


def _write_name(fig: Sheet, frame: Rectangle, name: str) -> None:
    """Write the heading of a map above its frame."""
    theme = fig.layout_mm.theme
    x, y, width, height = frame
    leading = leading_of_names(theme)
    for i, line in enumerate(name_lines(name, width, theme)[::-1]):
        fig.paper.text(
            x,
            y + height + leading * (i + 0.33),
            line,
            font=font(theme.family, theme.heading, weight=700),
            color=theme.ink,
            va="baseline",
            gid="panel-name",
        )
