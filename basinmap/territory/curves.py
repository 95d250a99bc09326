"""Arcs of circles in vector files: readers make lines of them, and do not say so."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import pyogrio

from basinmap.typography import number

__all__ = ["straightened"]

_STRAIGHT: Final = (".shp", ".geojson", ".json", ".geojsonl", ".kml", ".tab")
"""Endings of formats that hold no arcs, or where they are not looked for."""
_CURVED: Final = frozenset({8, 9, 10, 11, 12})
"""Kinds of WKB that may hold an arc: from CircularString to MultiSurface."""
_ARCS: Final = tuple(
    order + struct.pack(form, 8 + shift)
    for order, form in ((b"\x01", "<I"), (b"\x00", ">I"))
    for shift in (0, 1000, 2000, 3000)
)
"""How a CircularString begins, within another shape or alone."""


def straightened(file: Path, layer: str | None = None) -> tuple[str, ...]:
    """
    Say in French how many shapes of a layer have arcs, which are read as segments.

    GDAL puts a vertex every 4 degrees: a disc loses 0.08 % of its surface, a circle
    0.02 % of its length, and a limit moves by 0.06 % of the radius at most.

    Parameters
    ----------
    file
        A vector file that was read.
    layer
        Of several.

    Returns
    -------
    tuple of str
        One sentence, or nothing to say.
    """
    if file.suffix.lower() in _STRAIGHT:
        return ()
    found = 0
    with pyogrio.open_arrow(
        file, layer=layer, columns=[], use_pyarrow=True, batch_size=1024
    ) as (about, lots):
        for lot in lots:
            shapes = lot.column(about["geometry_name"] or "wkb_geometry")
            found += sum(_has_arc(shape.as_buffer()) for shape in shapes)
    if not found:
        return ()
    return (
        f"Objets dont des arcs de cercle sont lus comme des segments : {number(found)} "
        "(un disque perd 0,08 % de sa surface, un cercle 0,02 % de sa longueur).",
    )


def _has_arc(shape: object) -> bool:
    """Tell whether a shape in WKB has an arc."""
    if shape is None:
        return False
    head = memoryview(shape)[:5].tobytes()  # type: ignore[arg-type]
    if len(head) < 5 or _kind(head) not in _CURVED:
        return False
    whole = memoryview(shape).tobytes()  # type: ignore[arg-type]
    return any(mark in whole for mark in _ARCS)


def _kind(head: bytes) -> int:
    return int(struct.unpack("<I" if head[0] else ">I", head[1:5])[0]) % 1000
