"""What was made of a geometry, kept: the sheets of a series ask for it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import numpy as np
import shapely

__all__ = ["Kept", "KeptOfAll"]

_ROWS: Final = 64
"""Arrays whose geometries are known to be kept."""

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
    >>> float(areas.of(square)), areas.knows([square])
    (4.0, True)
    """

    def __init__(
        self, make: Callable[[shapely.Geometry], Made], most: int = 6_000
    ) -> None:
        """Start with nothing."""
        self._make, self._most = make, most
        self._found: dict[int, tuple[shapely.Geometry, Made]] = {}
        self._rows: set[bytes] = set()  # whose geometries are all there

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
                self._forget()
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
        rows = np.asarray(shapes, dtype=object).tobytes()  # where they are in memory
        if rows in self._rows:
            return True
        if not all(map(self._found.__contains__, map(id, shapes))):
            return False
        if len(self._rows) >= _ROWS:
            self._rows.clear()
        self._rows.add(rows)
        return True

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
            self._forget()
        self._found |= {id(shape): (shape, made) for shape in shapes}

    def _forget(self) -> None:
        self._found.clear()
        self._rows.clear()


class KeptOfAll(Generic[Made]):
    """
    What a function makes of many geometries at once, made once for the same ones.

    Parameters
    ----------
    make
        The function.
    most
        Of how many arrays it is kept, before all is forgotten.

    Examples
    --------
    >>> total = KeptOfAll(lambda shapes: float(shapely.area(shapes).sum()))
    >>> total.of(np.array([shapely.box(0, 0, 2, 2), shapely.box(0, 0, 1, 1)]))
    5.0
    """

    def __init__(self, make: Callable[[np.ndarray], Made], most: int = 16) -> None:
        """Start with nothing."""
        self._make, self._most = make, most
        self._found: dict[bytes, tuple[np.ndarray, Made]] = {}

    def of(self, shapes: np.ndarray) -> Made:
        """
        Return what the function makes of geometries.

        Parameters
        ----------
        shapes
            The geometries.
        """
        rows = shapes.tobytes()  # where they are in memory
        found = self._found.get(rows)
        if found is None:
            if len(self._found) >= self._most:
                self._found.clear()
            # A copy: the geometries of another array may take the place of these.
            found = self._found[rows] = (shapes.copy(), self._make(shapes))
        return found[1]
