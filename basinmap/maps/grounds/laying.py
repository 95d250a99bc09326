"""What lies under a map: a picture on its frame, in few bytes and without limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.image import AxesImage

from basinmap.errors import DataError
from basinmap.maps.grounds.imagery import Grid, Pixels
from basinmap.maps.look.themes import settings
from basinmap.maps.look.vision import simulate_vision
from basinmap.maps.paper.sheets import MapAxes

__all__ = ["Ground", "check_opacity", "lay", "paler", "to_grey"]

_STRIP = 256
"""Rows that are turned to grey at once."""


class Ground(AxesImage):
    """A picture that PDF and SVG hold as it is, and PNG smoothly at its own size."""

    def draw(self, renderer: RendererBase) -> None:
        """
        Draw the picture; a file that keeps pictures gets it untouched.

        Parameters
        ----------
        renderer
            Matplotlib's.
        """
        if not renderer.option_scale_image():
            self.set_interpolation("hanning")
        super().draw(renderer)
        # "none" too keeps matplotlib from melting several pictures into one.
        self.set_interpolation("none")


def lay(ax: MapAxes, pixels: Pixels, grid: Grid, *, zorder: float, label: str) -> None:
    """
    Lay a picture on the frame, whose limits stay what they are.

    Parameters
    ----------
    ax
        The map of `page`.
    pixels
        Of shape (height, width, 4).
    grid
        Where it lies.
    zorder
        What it is under.
    label
        Name of the layer.
    """
    # Without transparency a printer has nothing to mix, and the file is smaller.
    shown = pixels[..., :3] if (pixels[..., 3] == 255).all() else pixels
    left, bottom, right, top = grid.box
    options: dict[str, Any] = {"extent": (left, right, bottom, top), "origin": "upper"}
    with settings():
        ground = Ground(ax, interpolation="none", zorder=zorder, **options)
        ground.set_data(np.ascontiguousarray(shown))
        ground.set_label(label)
        ground.set_clip_path(ax.patch)
        ax.add_image(ground)


def check_opacity(opacity: float) -> None:
    """
    Check a share of ink.

    Parameters
    ----------
    opacity
        In ]0, 1].

    Raises
    ------
    DataError
        If it is none.
    """
    if not 0 < opacity <= 1:
        msg = f"opacity={opacity}: give a share in ]0, 1], such as opacity=0.6"
        raise DataError(msg)


def paler(pixels: Pixels, opacity: float) -> Pixels:
    """
    Return a picture with its colours nearer to the white of the paper.

    Parameters
    ----------
    pixels
        Of shape (height, width, 4).
    opacity
        Share of the ink that is left.

    Examples
    --------
    >>> import numpy as np
    >>> paler(np.array([[[0, 255, 155, 255]]], dtype=np.uint8), 0.5).tolist()
    [[[128, 255, 205, 255]]]
    """
    inks = np.rint(255 - (255 - np.arange(256)) * opacity).astype(np.uint8)
    return np.concatenate([inks[pixels[..., :3]], pixels[..., 3:]], axis=-1)


def to_grey(pixels: Pixels) -> Pixels:
    """
    Return a picture in greys of the same luminance.

    Parameters
    ----------
    pixels
        Of shape (height, width, 4).

    Examples
    --------
    >>> import numpy as np
    >>> to_grey(np.array([[[255, 0, 0, 255]]], dtype=np.uint8)).tolist()
    [[[127, 127, 127, 255]]]
    """
    strips = range(0, len(pixels), _STRIP)
    return np.concatenate(
        [simulate_vision(pixels[i : i + _STRIP], "grey") for i in strips]
    )
