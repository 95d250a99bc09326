"""What was made of a geometry, kept: the sheets of a series ask for it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import shapely

__all__ = ["Kept"]

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """
    What a function makes of geometries, made once for each of them.

    A geometry never changes: it is known again as the same object, which frames share
    when they are cut out of each other. Those that are kept stay in memory.

    Parameters
    ----------
    make
        The function.
    most
        How many are kept, before all are forgotten.

    Examples
    --------
    >>> areas = Kept(shapely.area)
    >>> square = shapely.box(0, 0, 2, 2)
    >>> areas.of(square), areas.knows([square])
    (4.0, True)
    """

    def __init__(
        self, make: Callable[[shapely.Geometry], Made], most: int = 6_000
    ) -> None:
        """Start with nothing."""
        self._make, self._most = make, most
        self._found: dict[int, tuple[shapely.Geometry, Made]] = {}

    def of(self, shape: shapely.Geometry) -> Made:
        """
        Return what the function makes of a geometry.

        Parameters
        ----------
        shape
            The geometry.
        """
        found = self._found.get(id(shape))
        if found is None:
            if len(self._found) >= self._most:
                self._found.clear()
            found = self._found[id(shape)] = (shape, self._make(shape))
        return found[1]

    def knows(self, shapes: np.ndarray | list[shapely.Geometry]) -> bool:
        """
        Tell whether all of some geometries are kept.

        Parameters
        ----------
        shapes
            The geometries.
        """
        return all(map(self._found.__contains__, map(id, shapes)))

    def learn(self, shapes: np.ndarray | list[shapely.Geometry], made: Made) -> None:
        """
        Keep what was made of geometries all at once.

        Parameters
        ----------
        shapes
            The geometries; more than are kept are not.
        made
            The same of each.
        """
        if len(shapes) > self._most:
            return
        if len(self._found) + len(shapes) > self._most:
            self._found.clear()
        self._found |= {id(shape): (shape, made) for shape in shapes}
