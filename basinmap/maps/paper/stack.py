"""The stack: at what height each thing on a map is drawn, decided once for all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

__all__ = ["FURNITURE", "LAYERS", "STACK", "layer_at"]

STACK: Final[Mapping[str, float]] = MappingProxyType(
    {
        # Ground: it is covered by whatever is measured.
        "lands": 0.3,
        "waters": 0.4,
        "basemap": 0.5,
        "neighbours": 1.0,
        "borders": 1.2,
        "lines of the ground": 1.3,
        "filled outlines": 1.5,
        "bands": 1.7,
        "hatch under a raster": 1.85,
        "raster": 1.9,
        # One fill, and what lets it be seen.
        "fills": 2.0,
        "shadows": 2.5,
        "without symbol": 2.6,
        # Lines.
        "lines over data": 2.8,
        "outlines": 3.0,
        "limits over outlines": 3.05,
        "hatching": 3.1,
        "discontinuities": 3.2,
        "edges of bands": 3.4,
        "rings": 3.5,
        # Amounts.
        "symbols": 4.0,
        "nodes": 4.2,
        "extent of an inset": 4.5,
        # Words, and what they are about.
        "distances": 5.0,
        "towns": 5.5,
        "points": 6.0,
        "leaders": 6.5,
        "halos": 7.0,
        "names": 8.0,
        "captions": 10.0,
    }
)
"""Heights on a map, lowest first. Of one height, what is drawn last lies on top."""

FURNITURE: Final = "habillage"
"""The layer of what is around the maps: titles, legend, scale, foot."""

LAYERS: Final = ("fond", "données", "noms", FURNITURE)
"""Layers of a file that a reader may hide, or a designer take apart."""

_LAYER_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "basemap": "fond",
        "bands": "données",
        "lines over data": "fond",
        "hatching": "données",
        "extent of an inset": FURNITURE,
        "distances": "noms",
        "points": "données",
        "leaders": "noms",
        "captions": FURNITURE,
    }
)
"""Where another layer starts; what is not told is in that of the height under it."""


@cache
def layer_at(height: float) -> str:
    """
    Return the layer of a file in which what is drawn at a height goes.

    Parameters
    ----------
    height
        One of the stack; another one goes with the height under it.

    Examples
    --------
    >>> layer_at(STACK["neighbours"]), layer_at(STACK["fills"])
    ('fond', 'données')
    """
    found = LAYERS[0]
    for name, at in sorted(STACK.items(), key=lambda item: item[1]):
        if at > height:
            break
        found = _LAYER_OF.get(name, found)
    return found
