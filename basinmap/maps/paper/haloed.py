"""Letters with a halo, of the colour of what is under each part of them."""

from __future__ import annotations

from typing import Any, Final

from basinmap.maps.look.lettering import letter
from basinmap.maps.paper.inks import Ink
from basinmap.maps.paper.shapes import outline_path
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK

__all__ = ["HALOS", "write_inked"]

HALOS: Final = ("halo", "halo part")
"""How halos are called in a file: the whole one, and those that lie on it in places."""


def write_inked(
    ax: MapAxes,
    x: float,
    y: float,
    text: str,
    ink: Ink,
    *,
    halo: float,
    gid: str,
    **options: Any,  # noqa: ANN401 - those of Text
) -> None:
    """
    Write the halo of a text as an outline, then the text itself, which stays text.

    Parameters
    ----------
    ax
        The map of `page`.
    x, y
        In the CRS of the map.
    text
        One line or several.
    ink
        Its colours.
    halo
        Width of the outline, in points.
    gid
        What the text is called in a file.
    **options
        Those of `letter`.
    """
    under = {"halo": halo, "zorder": STACK["halos"], **options}
    if ink.halo:
        letter(ax, x, y, text, color=ink.halo, gid=HALOS[0], **under)
    for color, where in ink.parts:
        path = outline_path(where)
        if path is not None:
            part = letter(ax, x, y, text, color=color, gid=HALOS[1], **under)
            part.set_clip_path(path, ax.transData)
    letter(ax, x, y, text, color=ink.color, zorder=STACK["names"], gid=gid, **options)
