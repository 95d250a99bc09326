"""Furniture: scale bar, north, sources, author, date; true and in French."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Polygon, Rectangle
from pyproj import Proj, Transformer

from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.pages import Layout, MapAxes
from basinmap.maps.themes import font, one_line, settings, wrapped
from basinmap.spatial.projections import METRIC
from basinmap.typography import month, number, shortest, typeset

__all__ = ["draw_furniture"]

_BAR_MM = 36.0
_LEADING = 0.447  # millimetres a point
_EDGE = 4.5  # what office printers cannot print
_SMALLEST = 5.0


def draw_furniture(
    ax: MapAxes,
    *,
    author: str,
    date: dt.date,
    sources: Sequence[str] = (),
    note: str = "",
) -> None:
    """
    Write what a map must bear: scale, north, sources, author, date.

    Parameters
    ----------
    ax
        The map of `page`, with its layers drawn.
    author
        Who made the map.
    date
        When it was made.
    sources
        Credits to add to those of what is drawn, which are written anyway.
    note
        A French sentence, such as a reading note.

    Raises
    ------
    DataError
        If there is no author, or no source at all.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, lens)
    >>> bm.draw_furniture(ax, author="basinmap", date=dt.date(2026, 11, 23))
    """
    lines = [*dict.fromkeys([*ax.credits, *sources, *ax.grounds])]
    author = one_line(author)
    if not author or not lines:
        msg = "a map bears an author and its sources: author='…', sources=['…']"
        raise DataError(msg)
    ax.sheet.about["Author"] = author
    with settings():
        _write_footer(ax, lines, author, date, note)
        _draw_scale_bar(ax)
        _draw_north(ax)


def _write_footer(
    ax: MapAxes, credits_: list[str], author: str, date: dt.date, note: str
) -> None:
    plan, paper = ax.plan, ax.sheet.paper
    theme = plan.theme
    x, y, width, height = plan.footer
    top = y + height
    paper.plot([x, x + width], [top] * 2, color=theme.faint, linewidth=0.5)
    sentences = [f"Sources : {' ; '.join(credits_)}."]
    notes = [*ax.notes, note] if note else [*ax.notes]
    sentences += [" ".join(f"{text.rstrip('.')}." for text in notes)] if notes else []
    sentences.append(f"Réalisation : {author}, {month(date)}.")
    size, lines = _fitted([typeset(one_line(s)) for s in sentences], plan)
    leading = size * _LEADING
    small = font(theme.family, size)
    for i, line in enumerate(lines):
        paper.text(
            x,
            top - leading * (i + 1) - 0.4,
            line,
            font=small,
            color=theme.soft,
            va="baseline",
        )
    right = [
        f"Échelle 1\u00a0: {number(plan.scale)} ({plan.paper})",
        "RGF93 v1 / Lambert-93 (EPSG:2154)",
    ]
    for i, line in enumerate(right):
        paper.text(
            x + width,
            top - theme.small * _LEADING * (i + 1) - 0.4,
            line,
            font=font(theme.family, theme.small),
            color=theme.soft,
            ha="right",
            va="baseline",
        )


def _fitted(sentences: list[str], plan: Layout) -> tuple[float, list[str]]:
    """Return the size at which the credits fit under the map, and their lines."""
    _, y, width, height = plan.footer
    room = y + height - _EDGE
    size = plan.theme.small
    while True:
        style = font(plan.theme.family, size)
        lines = [x for text in sentences for x in wrapped(text, width - 52, style)]
        if len(lines) * size * _LEADING <= room or size <= _SMALLEST:
            break
        size -= 0.25
    if len(lines) * size * _LEADING > room:
        warnings.warn(
            f"the credits take {len(lines)} lines and run off the page: shorten the "
            "note or the sources, or take a larger paper",
            BasinmapWarning,
            stacklevel=4,
        )
    return size, lines


def _centre_degrees(ax: MapAxes) -> tuple[float, float]:
    x, y = np.mean(ax.get_xlim()), np.mean(ax.get_ylim())
    to_degrees = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    return float(lon), float(lat)


def bar_kilometres(scale: float) -> float:
    """
    Return the longest round distance whose bar is at most 36 mm.

    Parameters
    ----------
    scale
        Denominator of the scale.

    Examples
    --------
    >>> bar_kilometres(125_000), bar_kilometres(600_000)
    (4.0, 20.0)
    """
    most = _BAR_MM * scale / 1e6
    power = 10.0 ** math.floor(math.log10(most))
    return max(
        step * power for step in (1, 2, 3, 4, 5) if step * power <= most * 1.0001
    )


def _draw_scale_bar(ax: MapAxes) -> None:
    """Draw a bar whose length is true on the ground at the centre of the map."""
    plan, paper = ax.plan, ax.sheet.paper
    theme = plan.theme
    kilometres = bar_kilometres(plan.scale)
    factor = Proj(METRIC).get_factors(*_centre_degrees(ax)).meridional_scale
    length = kilometres * 1e6 * factor / plan.scale
    x, y = _foot(ax)
    for i, color in enumerate((theme.ink, "#ffffff")):
        half = length / 2
        paper.add_patch(
            Rectangle((x + i * half, y), half, 1.3, fc=color, ec=theme.ink, lw=0.5)
        )
    properties = font(theme.family, theme.small)
    texts = ["0", *(shortest(part) for part in (kilometres / 2, kilometres))]
    texts[-1] += "\u00a0km"
    for i, text in enumerate(texts):
        paper.text(
            x + i * length / 2,
            y + 2.3,
            text,
            font=properties,
            color=theme.ink,
            ha="left" if i == 0 else "center",
            va="baseline",
            gid=f"scale-bar-{i}",
        )


def _foot(ax: MapAxes) -> tuple[float, float]:
    """Return the lower left corner of what the legend leaves at its foot."""
    x, y, width, _ = ax.plan.strip
    column = 60.0 if ax.plan.columns > 1 else width
    return x + width - column, y + 1.0


def _draw_north(ax: MapAxes) -> None:
    """Point to the true north: the grid of Lambert-93 turns away from it."""
    plan, paper = ax.plan, ax.sheet.paper
    theme = plan.theme
    turn = math.radians(
        Proj(METRIC).get_factors(*_centre_degrees(ax)).meridian_convergence
    )
    x, y, width, _ = plan.strip
    base = np.array([x + width - 4.0, y + 5.0])
    rotation = np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    )
    for side, color in ((-1, theme.ink), (1, "#ffffff")):
        half = np.array([[0.0, 5.0], [side * 1.9, -3.2], [0.0, -1.8]])
        paper.add_patch(
            Polygon(base + half @ rotation.T, fc=color, ec=theme.ink, lw=0.4)
        )
    x, y = base + rotation @ np.array([0.0, 6.0])
    paper.text(
        x,
        y,
        "N",
        font=font(theme.family, theme.body, weight=700),
        color=theme.ink,
        ha="center",
        va="baseline",
    )
