"""Relief as shadows: a layer that darkens what it covers, and leaves flat ground."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.grounds.imagery import (
    Floats,
    Path_,
    credit_of,
    frame_grid,
    opened,
    read_values,
)
from basinmap.maps.grounds.laying import check_opacity, lay
from basinmap.maps.paper.guards import check_map, check_open
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK

__all__ = ["draw_hillshade", "shade"]

_SIDES: Final = (225.0, 270.0, 315.0, 360.0)
_LOWEST: Final = -1_000.0
"""Metres under which there is no ground to shade, but a number for « nothing »."""
_COLOR: Final = 0.4
_GREY: Final = 0.25
_STRIP: Final = 512
"""Rows shaded at once."""


def draw_hillshade(  # noqa: PLR0913 - a sun has a place
    ax: MapAxes,
    dem_path: Path_,
    *,
    azimuth: float = 315.0,
    altitude: float = 45.0,
    exaggeration: float = 1.0,
    multidirectional: bool = False,
    opacity: float | None = None,
    credit: str = "",
    dpi: float | None = None,
) -> None:
    """
    Draw the shadows of the relief over fills, under outlines and names.

    Flat ground and slopes that face the light keep the very colour of their class:
    only shadows are drawn, as translucent black.

    Parameters
    ----------
    ax
        The map of `page`.
    dem_path
        File of elevations in metres, of one band, in any CRS.
    azimuth
        Where the light comes from, in degrees from the north of the map, clockwise.
    altitude
        Height of the light above the horizon, in degrees, in ]0, 90].
    exaggeration
        By what elevations are multiplied; flat country wants 3 to 10.
    multidirectional
        Whether light comes from the west in four directions, each counting where a
        slope lies along it; then `azimuth` does not count.
    opacity
        Of the darkest shadow, in ]0, 1]; by default 0.4, and 0.25 on a grey sheet,
        where a class in deep shadow would pass for the next one.
    credit
        Credit line of the elevations; by default what the tags of the file say.
    dpi
        Dots an inch on paper; by default 200, fewer on A0.

    Raises
    ------
    DataError
        If the file cannot be read, lies outside the map, holds -9999 that is not
        declared as nodata or says not whom it is from, or an option makes no sense.
    CRSError
        If it has no CRS.

    Notes
    -----
    Gradients by the third-order finite difference of eight neighbours (Horn 1981),
    on the grid of the map, in metres, a margin of cells being read around the frame.
    With light `s` on a slope and `f` on flat ground, the shadow is `max(0, 1 - s/f)`.
    Where elevations are missing, so are shadows.

    References
    ----------
    B. K. P. Horn (1981), Hill shading and the reflectance map, *Proceedings of the
    IEEE* 69(1). R. K. Mark (1992), A multidirectional, oblique-weighted, shaded-relief
    image of the Island of Hawaii, U.S. Geological Survey Open-File Report 92-422.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_hillshade(ax, "terrain.tif", credit="© IGN – RGE ALTI, 2024")
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: terrain.tif: cannot be read as a raster ...
    """
    check_given(draw_hillshade, locals())
    check_map(ax)
    check_open(ax, keyed=False)
    if opacity is None:
        opacity = _GREY if ax.plan.theme.grey else _COLOR
    check_opacity(opacity)
    _check_light(azimuth, altitude, exaggeration)
    grid = frame_grid(ax, dpi)
    around = grid.grown(1)
    with opened(dem_path) as dataset:
        told = credit_of(dataset, credit, dem_path)
        heights = read_values(dataset, around, smooth=True)
    _check_heights(heights, dem_path)
    heights *= exaggeration
    sides = _SIDES if multidirectional else (azimuth,)
    pixels = np.zeros((grid.height, grid.width, 4), dtype=np.uint8)
    for i in range(0, grid.height, _STRIP):
        rows = heights[i : i + _STRIP + 2]
        shadow = shade(rows, grid.cell, sides, altitude)
        pixels[i : i + _STRIP, :, 3] = np.rint(shadow * (255 * opacity))
    lay(ax, pixels, grid, zorder=STACK["shadows"], label="_hillshade")
    ax.grounds[told] = None


def _check_light(azimuth: float, altitude: float, exaggeration: float) -> None:
    if not math.isfinite(azimuth):
        msg = f"azimuth={azimuth}: give degrees from the north, such as azimuth=315"
        raise DataError(msg)
    if not 0 < altitude <= 90:
        msg = f"altitude={altitude}: give degrees in ]0, 90], such as altitude=45"
        raise DataError(msg)
    if not 0 < exaggeration < math.inf:
        msg = f"exaggeration={exaggeration}: give a factor above 0, such as 5"
        raise DataError(msg)


def _check_heights(heights: Floats, path: Path_) -> None:
    known = heights[np.isfinite(heights)]
    if not len(known):
        msg = f"{path}: no elevation in the frame; check nodata and extent"
        raise DataError(msg)
    lowest = float(known.min())
    if lowest < _LOWEST:
        msg = (
            f"{path}: elevations down to {lowest:.0f} m stand for nothing; say so with "
            f"`rio edit-info --nodata {lowest:.0f} file.tif`"
        )
        raise DataError(msg)


def shade(
    heights: Floats,
    cell: tuple[float, float],
    sides: tuple[float, ...],
    altitude: float,
) -> NDArray[np.float64]:
    """
    Return the shadows of a relief, in [0, 1], 0 where it is flat or unknown.

    Parameters
    ----------
    heights
        Array of shape (rows + 2, columns + 2), north first, in metres.
    cell
        Width and height of a cell, in metres.
    sides
        Where light comes from, in degrees.
    altitude
        Of the light, in degrees.

    Returns
    -------
    array
        Of shape (rows, columns).

    Examples
    --------
    >>> import numpy as np
    >>> falling = np.array([[2.0, 1.0, 0.0]] * 3)  # to the east, at 45°
    >>> shade(falling, (1.0, 1.0), (270.0,), 45.0).round(3).tolist()
    [[1.0]]
    >>> shade(falling, (1.0, 1.0), (90.0,), 45.0).tolist()
    [[0.0]]
    """
    east, north = _gradient(heights.astype(np.float64), cell)
    steep = np.hypot(east, north)
    high = math.sin(math.radians(altitude))
    low = math.cos(math.radians(altitude))
    lit, weights = np.zeros(steep.shape), np.zeros(steep.shape)
    with np.errstate(invalid="ignore"):
        for side in sides:
            turn = math.radians(side)
            # How far the slope goes down towards the light.
            facing = -(east * math.sin(turn) + north * math.cos(turn))
            light = np.maximum(high + low * facing, 0.0) / np.sqrt(1 + steep**2)
            # Squared sine of the angle between slope and light; all 1 when flat.
            across = (
                1
                - np.divide(facing, steep, out=np.zeros_like(steep), where=steep > 0)
                ** 2
            )
            weight = across if len(sides) > 1 else np.ones_like(steep)
            lit += light * weight
            weights += weight
        shadow = 1 - lit / (weights * high)
        # What rounding leaves on flat ground is no shadow.
        return np.where(shadow > 1e-9, shadow, 0.0)


def _gradient(
    z: NDArray[np.float64], cell: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much the ground rises by metre to the east, and to the north."""
    wide, high = cell
    columns = z[:-2] + 2 * z[1:-1] + z[2:]
    rows = z[:, :-2] + 2 * z[:, 1:-1] + z[:, 2:]
    east = (columns[:, 2:] - columns[:, :-2]) / (8 * wide)
    north = (rows[:-2] - rows[2:]) / (8 * high)
    return east, north
