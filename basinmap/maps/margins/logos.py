"""Logos of those who made or paid for the map."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.look.themes import settings, text_width
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.local import is_there

__all__ = ["draw_logos"]

_FORMATS: Final = ("PNG", "JPEG")
_GAP: Final = 3.0
_SMALLEST: Final = 4.0
_PIXELS: Final = 25_000_000


def draw_logos(
    ax: MapAxes, paths: Sequence[str | Path], *, height_mm: float = 9.0
) -> None:
    """
    Set logos in a row, at the right of the title or at the foot of the legend.

    They keep their proportions and touch no text: the title line takes them when
    there is room at its right, else the strip does, above the scale bar, made
    smaller if they are too wide for it. Draw them before the legend.

    Parameters
    ----------
    ax
        The map of `page`.
    paths
        PNG or JPEG files, from left to right.
    height_mm
        Height on paper.

    Raises
    ------
    DataError
        If there is none, a file is missing or no PNG or JPEG, the row would be
        unreadable, or logos or legend are drawn already.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_logos(ax, ["logo.png"])
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: logo.png: no such file; give the path of a PNG or JPEG
    """
    check_given(draw_logos, locals())
    check_map(ax)
    if not len(paths) or not 0 < height_mm < np.inf:
        msg = "no logo, or no height: draw_logos(ax, ['logo.png'], height_mm=9)"
        raise DataError(msg)
    if ax.explained or ax.sheet.paper.images:
        msg = "draw all the logos at once, before draw_legend sets out the strip"
        raise DataError(msg)
    pictures = [_opened(Path(path)) for path in paths]
    ratios = [picture.shape[1] / picture.shape[0] for picture in pictures]
    gap = _GAP * ax.plan.zoom
    gaps = gap * (len(pictures) - 1)
    _, y, _, deep = ax.sheet.layout_mm.head
    top = y + deep
    if height_mm <= deep and sum(ratios) * height_mm + gaps <= _room(ax):
        high, bottom = height_mm, top - height_mm
    else:
        high = min(height_mm, (ax.plan.column - gaps) / sum(ratios))
        if high < min(_SMALLEST, height_mm):
            msg = (
                f"{len(pictures)} logos do not fit: they would be {max(high, 0):.1f} "
                "mm high; draw fewer, or shorten the title"
            )
            raise DataError(msg)
        # The bar and the arrow of the north are below.
        bottom = ax.plan.strip[1] + 14.5 * ax.plan.zoom + ax.reserved
        ax.reserved += high + gap
    _draw_row(ax, pictures, high, bottom)


def _opened(path: Path) -> np.ndarray:
    """Return the pixels of a picture, with their transparency."""
    if not (is_there(path) and path.is_file()):
        msg = f"{path}: no such file; give the path of a PNG or JPEG"
        raise DataError(msg)
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            _check_size(path, *picture.size)
            upright = ImageOps.exif_transpose(picture)
            return np.asarray(_in_eight_bits(upright).convert("RGBA"))
    except DataError:
        raise
    except (
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
        zlib.error,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        msg = f"{path}: no readable PNG or JPEG ({error}); export the logo as PNG"
        raise DataError(msg) from error


def _check_size(path: Path, wide: int, high: int) -> None:
    """Refuse what would fill the memory before it is decoded."""
    if wide * high > _PIXELS:
        msg = (
            f"{path}: {wide} × {high} pixels, far more than a logo shows; "
            "export it at 2000 pixels of width at most"
        )
        raise DataError(msg)


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture of 16 bits in 8: Pillow would cut all above 255 to white."""
    if not picture.mode.startswith("I"):
        return picture
    deep = np.asarray(picture, dtype=np.int64)
    return Image.fromarray((np.clip(deep, 0, 65535) >> 8).astype(np.uint8))


def _room(ax: MapAxes) -> float:
    """Return the millimetres that title and subtitle leave at their right."""
    lines = [
        text_width(text.get_text(), text.get_fontproperties())
        for text in ax.sheet.paper.texts
        if text.get_gid() in ("title", "subtitle")
    ]
    return ax.sheet.layout_mm.head[2] - max(lines, default=0.0) - 6.0 * ax.plan.zoom


def _draw_row(
    ax: MapAxes, pictures: list[np.ndarray], high: float, bottom: float
) -> None:
    """Draw pictures of one height, the last against the right margin."""
    x = ax.plan.width - ax.plan.theme.margin
    for picture in reversed(pictures):
        wide = high * picture.shape[1] / picture.shape[0]
        with settings():
            ax.sheet.paper.imshow(
                picture,
                extent=(x - wide, x, bottom, bottom + high),
                aspect="auto",
                zorder=3,
                label="logo",
            )
        x -= wide + _GAP * ax.plan.zoom
