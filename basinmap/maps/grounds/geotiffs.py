"""The map frame as a GeoTIFF, for those who lay it under something else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.grounds.imagery import Grid, Path_, Pixels, write_tiff
from basinmap.maps.look.themes import settings
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.sheets import LEAST_DPI, MapAxes, check_dpi

__all__ = ["write_geotiff"]

_MOST: Final = 160_000_000
"""Pixels of a page: an A0 at 300 dots an inch, 640 MB while it is drawn."""


def write_geotiff(ax: MapAxes, path: Path_, *, dpi: float = 300) -> None:
    """
    Write the map frame as it is printed, in EPSG:2154, to be opened in a GIS.

    Title, legend and credits are outside the frame: title, author and credits go to
    the tags of the file. Same map, same bytes.

    Parameters
    ----------
    ax
        The map of `page`, with its layers drawn.
    path
        File in `.tif` or `.tiff`; what is there is replaced once all is written.
    dpi
        Dots an inch on paper.

    Raises
    ------
    DataError
        If the name is no TIFF, or the resolution makes no sense or asks for too many
        pixels.
    OutputError
        If the file cannot be written.

    Notes
    -----
    A pixel is `25.4 / dpi` mm on paper, times the scale on the ground. Only pixels
    wholly inside the frame are kept.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import TemporaryDirectory
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, bm.communes(epci="call"))
    >>> with TemporaryDirectory() as folder:
    ...     bm.write_geotiff(ax, f"{folder}/carte.tif", dpi=100)
    """
    check_given(write_geotiff, locals())
    check_map(ax)
    ax.settle()
    target = Path(path)
    if target.suffix.lower() not in {".tif", ".tiff"}:
        msg = f"{target}: a GeoTIFF is written to a file in .tif"
        raise DataError(msg)
    inches = ax.sheet.layout_mm.width / 25.4, ax.sheet.layout_mm.height / 25.4
    most = math.floor(math.sqrt(_MOST / (inches[0] * inches[1])))
    check_dpi(dpi, least=LEAST_DPI, most=most, of="on this paper, ")
    pixels, grid = _framed(ax, dpi)
    about = ax.sheet.about
    drawn = " ; ".join(dict.fromkeys([*ax.credits, *ax.grounds]))
    tags = {
        "TIFFTAG_IMAGEDESCRIPTION": about["Title"],
        "TIFFTAG_ARTIST": about.get("Author", ""),
        "TIFFTAG_COPYRIGHT": about.get("Sources", drawn),
        "TIFFTAG_XRESOLUTION": f"{dpi:g}",
        "TIFFTAG_YRESOLUTION": f"{dpi:g}",
        "TIFFTAG_RESOLUTIONUNIT": "2",
        "SCALE": f"1:{ax.plan.scale:g}",
    }
    write_tiff(target, pixels, grid, {k: v for k, v in tags.items() if v})


def _framed(ax: MapAxes, dpi: float) -> tuple[Pixels, Grid]:
    """Return the pixels of the frame, and where they lie on the map."""
    page = _drawn(ax, dpi)
    plan = ax.sheet.layout_mm
    # Not the frame of the layout: an inset may have moved to the legend.
    left, bottom, width, height = (
        share * side * dpi / 25.4
        for share, side in zip(
            ax.get_position().bounds, (plan.width, plan.height) * 2, strict=True
        )
    )
    # The renderer counts whole pixels, from the foot of the page.
    foot = len(page)
    columns = math.ceil(left - 1e-6), math.floor(left + width + 1e-6)
    rows = (
        math.ceil(foot - bottom - height - 1e-6),
        math.floor(foot - bottom + 1e-6),
    )
    cell = 25.4 / dpi * ax.plan.scale / 1000
    x0, y0 = ax.get_xlim()[0], ax.get_ylim()[0]
    west = x0 + (columns[0] - left) * cell
    north = y0 + (foot - rows[0] - bottom) * cell
    pixels = page[slice(*rows), slice(*columns), :3]
    high, wide = pixels.shape[:2]
    return pixels, Grid(
        (west, north - high * cell, west + wide * cell, north), wide, high
    )


def _drawn(ax: MapAxes, dpi: float) -> Pixels:
    """Return the pixels of the whole page, leaving the figure as it was."""
    sheet = ax.sheet
    canvas, before = sheet.canvas, sheet.dpi
    try:
        with settings():
            sheet.dpi = dpi
            agg = FigureCanvasAgg(sheet)
            agg.draw()
            return np.asarray(agg.buffer_rgba())
    finally:
        sheet.dpi = before
        sheet.set_canvas(canvas)
