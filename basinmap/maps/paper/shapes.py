"""Geometries as paths, holes left open, and what draws many of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from matplotlib.artist import allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.cbook import CallbackRegistry
from matplotlib.collections import PathCollection
from matplotlib.path import Path

__all__ = ["Shapes", "line_path", "outline_path"]


class Shapes(PathCollection):
    """
    Paths where they are told to be: our canvas takes them at once.

    What is asked besides (markers at places, values as colours, gaps, effects) is left
    to matplotlib, which tries twice, and measures the whole, for each of them.
    """

    @classmethod
    def alike(cls, paths: Sequence[Path], **style: Any) -> Shapes:  # noqa: ANN401 - those of PathCollection
        """
        Return paths of a look: a copy of those that had it, which share nothing else.

        Parameters
        ----------
        paths
            The paths.
        **style
            Options of `matplotlib.collections.PathCollection`.
        """
        try:
            look = _look(tuple(sorted(style.items())))
        except TypeError:  # a list of colours cannot be looked up
            return cls(paths, **style)
        made = object.__new__(cls)
        made.__dict__.update(
            look,
            _paths=list(paths),
            _callbacks=CallbackRegistry(signals=["pchanged"]),
            callbacks=CallbackRegistry(signals=["changed"]),
        )
        return made

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any of an artist
        """Return what makes values colours, made when it is asked for."""
        if name != "_colorizer":
            raise AttributeError(name)
        self._colorizer = PathCollection([]).colorizer
        self._id_colorizer = self._colorizer.callbacks.connect("changed", self.changed)
        return self._colorizer

    @allow_rasterization  # type: ignore[untyped-decorator] # matplotlib's
    def draw(self, renderer: RendererBase) -> None:
        """
        Draw them.

        Parameters
        ----------
        renderer
            That of the file.
        """
        move = self.get_transform()
        if not hasattr(renderer, "write_line") or not (
            move.is_affine and self._is_plain()
        ):
            super().draw(renderer)
            return
        if not self.get_visible():
            return
        gc = renderer.new_gc()
        self._set_gc_clip(gc)
        if self.get_hatch():
            gc.set_hatch(self.get_hatch())
            gc.set_hatch_linewidth(self.get_hatch_linewidth())
        if join := self.get_joinstyle():
            gc.set_joinstyle(join)
        if cap := self.get_capstyle():
            gc.set_capstyle(cap)
        canvas: Any = renderer
        canvas.draw_path_collection(
            *(gc, move.frozen(), self.get_paths(), [], [], move),
            *(self.get_facecolor(), self.get_edgecolor()),
            *(self._linewidths, self._linestyles),
            *([], [], "screen"),
            hatchcolors=self.get_hatchcolor() if self.get_hatch() else None,
        )
        self.stale = False

    def _is_plain(self) -> bool:
        """Tell whether nothing else is asked than paths, with inks and lines."""
        return (
            self.get_array() is None
            and not np.any(self.get_offsets())
            and not len(self.get_transforms())
            and not any(self.get_urls())
            and getattr(self, "_gapcolor", None) is None
            and (not self.get_hatch() or hasattr(self, "get_hatchcolor"))  # 3.11
            and self.get_sketch_params() is None
            and not self.get_path_effects()
        )


def outline_path(shape: shapely.Geometry | None) -> Path | None:
    """Turn polygons into one path whose holes are holes.

    Parameters
    ----------
    shape
        A geometry; what is no polygon is left out.
    """
    if shape is None or shape.is_empty:
        return None
    rings = [
        np.asarray(ring.coords)[:, :2]
        for polygon in shapely.get_parts(shapely.orient_polygons(shape))
        if polygon.geom_type == "Polygon"
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    if not rings:
        return None
    codes = []
    for ring in rings:
        codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY]
    return Path(np.concatenate(rings), codes)


@lru_cache(maxsize=256)
def _look(style: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Return what paths of a look are, on no axes."""
    state = dict(vars(Shapes([], **dict(style))))
    for own in ("_colorizer", "_id_colorizer"):
        state.pop(own)
    return state


def line_path(shape: shapely.Geometry | None) -> Path | None:
    """Turn lines into one path.

    Parameters
    ----------
    shape
        A geometry; what is no line is left out.
    """
    if shape is None or shape.is_empty:
        return None
    lines = [
        np.asarray(part.coords)[:, :2]
        for part in shapely.get_parts(shapely.get_parts(shape))
        if part.geom_type in ("LineString", "LinearRing")
    ]
    if not lines:
        return None
    codes = []
    for line in lines:
        codes += [Path.MOVETO, *[Path.LINETO] * (len(line) - 1)]
    return Path(np.concatenate(lines), codes)
