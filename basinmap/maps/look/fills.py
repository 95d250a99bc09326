"""What fills a unit: the colour of its class, or the sign of what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.maps.look.palettes import (
    DIVERGING,
    levels_from,
    pivot_colors,
    sequential_colors,
)
from basinmap.maps.look.vision import own_colors, seen
from basinmap.values.checks import check_classes
from basinmap.values.told import fact_of, told_of

__all__ = ["STATE_EDGE", "STATE_FILL", "class_colors"]

STATE_FILL: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "secret": ("#e2e2e2", "////"),
        "not_applicable": ("#ebebeb", "--"),
        "not_available": ("#ffffff", ".."),
    }
)
"""Fill and hatch of what has no value: no class has a hatch, in colour or in grey."""
STATE_EDGE: Final = "#8a8f99"
"""Colour of their edges and hatches, on the map and in the legend."""


def class_colors(
    classes: pd.Series, palette: str | Sequence[str] | None, *, grey: bool = False
) -> list[str]:
    """
    Return the colour of each class, lowest first.

    Parameters
    ----------
    classes
        What `classify` returned.
    palette
        Name, colours of your own, lowest class first, or None for that of the
        indicator.
    grey
        Whether only greys may be drawn.

    Raises
    ------
    DataError
        If the series is not made of classes, the palette is unknown, or colours of
        your own are not one a class or cannot be told apart.

    Warns
    -----
    BasinmapWarning
        If colours of your own are hard to tell apart.
    """
    check_classes(classes)
    pivot, count = fact_of(classes, "pivot"), len(classes.cat.categories)
    breaks = fact_of(classes, "breaks")
    below = None if pivot is None else sum(b <= pivot for b in breaks)
    if palette is not None and not isinstance(palette, str):
        colors = own_colors(palette, count, ordered=True, below=below)
        return seen(colors, "grey") if grey else colors
    if grey:
        return sequential_colors("greys", count)
    name = palette if palette is not None else told_of(classes).palette or None
    if below is None:
        name = (
            "reds" if name is None or (palette is None and name in DIVERGING) else name
        )
        return sequential_colors(name, count)
    if palette is None and name not in DIVERGING:
        name = "orange-violet"
    return pivot_colors(str(name), *levels_from(pivot, breaks))
