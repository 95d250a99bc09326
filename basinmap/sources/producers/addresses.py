"""
BAN: the addresses of a département, as points.

One address may have several positions: each counts once, at its entrance if it has one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from basinmap.sources.layouts import Points, Source

__all__ = ["SOURCES"]

SOURCES: Final = (
    Source(
        id="ban",
        name="Base adresse nationale",
        credit="IGN, La Poste, DINUM et communes, Base adresse nationale {year}",
        code=("id",),
        needs=("id", "code_insee", "x", "y", "lon", "lat", "type_position"),
        points=Points(
            key=("id",),
            named="address",
            x=("x",),
            y=("y",),
            commune=("code_insee",),
            kept=MappingProxyType({"position": ("type_position",)}),
            lonlat=("lon", "lat"),
            first=("position", "entrée"),
            # Letters that an encoding spoilt are no letters.
            checked=MappingProxyType({"position": r"(?:[^\W\d_][\w' -]*)?"}),
        ),
        cautions=(
            "Une adresse n'est pas un logement : un immeuble en a une pour tous les "
            "siens.",
        ),
    ),
)
