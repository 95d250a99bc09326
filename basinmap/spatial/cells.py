"""
Cells of a grid in polygons: which share of each, and sums of what they hold.

Going round a polygon, each piece of edge inside a cell sweeps the ground to its
left: a part of its own cell, and a strip of all those before it in the row. Summed
along the row, what is outside cancels out: exact, without any intersection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from basinmap.spatial.polygons import vertices

__all__ = ["Grid", "Layers", "Parts", "added_up", "fractions", "repeated"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Layers: TypeAlias = Sequence[Any]
"""Arrays of numbers; None for one that is 1 everywhere."""

_NOISE: Final = 1e-11
"""Share of a cell, and of a polygon, under which a part of it is rounding."""
_BAND: Final = 2**20
"""How many cells are added up at once: they stay near the processor."""
_MOST_PIECES: Final = 2**19
"""How many pieces of outline, in cells, are held at once: about 100 MB."""
_FEW_CELLS: Final = 2**16
"""How many cells are rather read for nothing than in two times."""


# -- shares of cells ---------------------------------------------------------------


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """
    Return 0, 0, 1, 2, 2, 2… and 0, 1, 0, 0, 1, 2… for counts 2, 1, 3….

    Parameters
    ----------
    counts
        How many times each place stands.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    start = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - start[owner]


class Parts(NamedTuple):
    """
    Runs of cells that lie in polygons, by row, then by column.

    Attributes
    ----------
    owner
        Place of the polygon.
    row, column
        Place of the first cell.
    size
        How many cells follow one another in the row.
    share
        Share of each cell that is inside, in ]0, 1].
    """

    owner: Ints
    row: Ints
    column: Ints
    size: Ints
    share: Floats

    def between(self, first: int, last: int) -> Parts:
        """
        Return those of some rows.

        Parameters
        ----------
        first, last
            The first row, and the one after the last.
        """
        there = slice(*np.searchsorted(self.row, [first, last]))
        owner, row, column = self.owner[there], self.row[there], self.column[there]
        return Parts(owner, row, column, self.size[there], self.share[there])


class _Pieces(NamedTuple):
    """Parts of edges that lie each in one row, then in one cell."""

    owner: Ints
    row: Ints
    rise: Floats
    low: Floats  # of its two ends, in columns
    high: Floats


def fractions(
    shapes: NDArray[np.object_],
    corner: tuple[float, float],
    size: tuple[float, float],
    shape: tuple[int, int],
) -> Parts:
    """
    Return the share of the cells of a grid that each polygon holds.

    Parameters
    ----------
    shapes
        Valid polygons; what sticks out of the grid is left aside.
    corner
        Where the first cell of the first row starts.
    size
        Steps from a column and from a row to the next; the second is negative when
        rows go down.
    shape
        Numbers of rows and columns.

    Returns
    -------
    Parts
        Cells that outlines cross, one by one, and runs of those in between.

    Examples
    --------
    >>> import shapely
    >>> shapes = shapely.box([0.5], [0.0], [3.0], [1.0])
    >>> parts = fractions(shapes, (0, 1), (1, -1), (1, 4))
    >>> parts.column.tolist(), parts.size.tolist(), parts.share.tolist()
    ([0, 1], [1, 2], [0.5, 1.0])
    """
    rows, columns = shape
    pieces = _within_rows(_edges(shapes, corner, size), rows)
    row, owner, column, rise, part = _by_cell(pieces, len(shapes), columns)
    line = row * len(shapes) + owner
    last = np.searchsorted(line, line, side="right")
    total = np.concatenate([[0.0], np.cumsum(rise)])
    after = total[last] - total[1:]  # what the edges further along the row sweep
    apart = np.where(
        np.append(line[1:] == line[:-1], False), np.diff(column, append=0), 0
    )
    share = np.concatenate([part + after, after])
    many = np.concatenate([(column >= 0) & (column < columns), apart - 1])
    owner, row = np.tile(owner, 2), np.tile(row, 2)
    column = np.concatenate([column, column + 1])
    room = np.bincount(owner, np.maximum(many, 0) * share, len(shapes))
    kept = np.flatnonzero((many > 0) & (share > _NOISE * np.minimum(room, 1)[owner]))
    kept = kept[np.argsort((row * columns + column)[kept], kind="stable")]
    share = np.where(share > 1 - _NOISE, 1.0, share)
    return Parts(owner[kept], row[kept], column[kept], many[kept], share[kept])


def _edges(
    shapes: NDArray[np.object_], corner: tuple[float, float], size: tuple[float, float]
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return whose each edge is, which way it goes, and its low and high ends."""
    turned = shapely.orient_polygons(shapes, exterior_cw=size[0] * size[1] < 0)
    xy, ring, owner = vertices(turned)
    xy = (xy - np.array(corner)) / np.array(size)
    rise = np.diff(xy[:, 1])
    kept = np.flatnonzero((ring[1:] == ring[:-1]) & (rise != 0))
    up = rise[kept] > 0
    low, high = xy[kept + ~up], xy[kept + up]
    return owner[kept].astype(np.int64), np.where(up, 1.0, -1.0), low, high


def _within_rows(edges: tuple[Ints, Floats, Floats, Floats], rows: int) -> _Pieces:
    """Cut edges where they leave a row."""
    owner, way, low, high = edges
    first = np.clip(np.floor(low[:, 1]), 0, rows)
    last = np.clip(np.ceil(high[:, 1]), 0, rows)
    edge, step = repeated((last - first).astype(np.int64))
    row = first[edge] + step
    x, y, end, top = low[edge, 0], low[edge, 1], high[edge, 0], high[edge, 1]
    bottom, roof = np.maximum(row, y), np.minimum(row + 1, top)
    slope = (end - x) / (top - y)
    ends = x + (bottom - y) * slope, np.where(roof == top, end, x + (roof - y) * slope)
    west, east = np.minimum(x, end), np.maximum(x, end)
    return _Pieces(
        owner[edge],
        row.astype(np.int64),
        way[edge] * (roof - bottom),
        np.clip(np.minimum(*ends), west, east),
        np.clip(np.maximum(*ends), west, east),
    )


def _by_cell(
    pieces: _Pieces, count: int, columns: int
) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """
    Cut pieces where they leave a cell, and add them up by cell.

    Returns
    -------
    row, owner, column
        The cell, and whose edges pass.
    rise, part
        What they rise in all, and the share of the cell that lies to their left.
    """
    # Beyond the grid, an edge only tells whether the row is inside.
    first = np.clip(np.floor(pieces.low), -1, columns)
    last = np.maximum(np.clip(np.ceil(pieces.high) - 1, -1, columns), first)
    piece, step = repeated((last - first + 1).astype(np.int64))
    owner, row = pieces.owner[piece], pieces.row[piece]
    low, high = pieces.low[piece], pieces.high[piece]
    column = first[piece] + step
    west = np.where(step == 0, low, column)
    east = np.where(column == last[piece], high, column + 1)
    span = high - low
    rise = np.divide(east - west, span, out=np.ones(len(span)), where=span > 0)
    rise = rise * pieces.rise[piece]
    part = rise * ((west + east) / 2 - column)
    column = column.astype(np.int64)
    key = (row * count + owner) * (columns + 2) + column
    order = np.argsort(key, kind="stable")
    new = np.flatnonzero(np.diff(key[order], prepend=-2))
    if len(new):  # reduceat refuses none
        rise, part = (np.add.reduceat(values[order], new) for values in (rise, part))
    at = order[new]
    return row[at], owner[at], column[at], rise, part


# -- sums of cells -----------------------------------------------------------------


class Grid(NamedTuple):
    """
    Cells from the north-west, rows going down.

    Attributes
    ----------
    west, north
        Where the first cell starts.
    step
        Sides of a cell.
    columns, rows
        How many there are.
    tall
        How many rows are stored together.
    """

    west: float
    north: float
    step: tuple[float, float]
    columns: int
    rows: int
    tall: int = 1


def added_up(
    shapes: gpd.GeoSeries,
    grid: Grid,
    read: Callable[[int, int, int, int], Layers],
    *,
    layers: int = 1,
) -> Floats:
    """
    Add cells up by polygon, each for the share of it that is inside.

    Parameters
    ----------
    shapes
        Valid polygons; outside of the grid there is nothing.
    grid
        Cells.
    read
        From first column, first row, number of columns and of rows to the layers of
        numbers there, none missing; None for a layer that is 1 everywhere.
    layers
        How many layers there are.

    Returns
    -------
    array
        One row a layer, one column a polygon.

    Notes
    -----
    Polygons go by lots of neighbours, whose cells are read once, in bands. A run of
    whole cells is added up by itself, by pairs and in float64, rather than taken as
    a difference of sums along the row: a large value elsewhere costs it no digit.
    """
    sums = np.zeros((layers, len(shapes)))
    outlines = shapes.to_numpy()
    windows = _windows(shapely.bounds(outlines), grid)
    for lot in _lots(shapes, windows, grid):
        x, y = windows[lot, :2].min(axis=0).tolist()
        end, foot = windows[lot, 2:].max(axis=0).tolist()
        corner = grid.west + x * grid.step[0], grid.north - y * grid.step[1]
        size = grid.step[0], -grid.step[1]
        parts = fractions(outlines[lot], corner, size, (foot - y, end - x))
        found = np.zeros((layers, len(lot)))
        for top, bottom in pairwise(_bands(y, foot, end - x, grid.tall)):
            band = parts.between(top - y, bottom - y)
            if len(band.row):
                start = (band.row + y - top) * (end - x) + band.column
                _add(found, read(x, top, end - x, bottom - top), band, start)
        sums[:, lot] = found
    return sums


def _windows(bounds: Floats, grid: Grid) -> Ints:
    """Return the cells under boxes: first column and row, then those after."""
    x = (bounds[:, [0, 2]] - grid.west) / grid.step[0]
    y = (grid.north - bounds[:, [3, 1]]) / grid.step[1]
    low, high = np.floor([x[:, 0], y[:, 0]]), np.ceil([x[:, 1], y[:, 1]])
    most = [grid.columns, grid.rows] * 2
    return np.clip(np.concatenate([low, high]).T, 0, most).astype(np.int64)


def _lots(shapes: gpd.GeoSeries, windows: Ints, grid: Grid) -> Iterator[Ints]:
    """Yield places of neighbours that little is read around, none outside."""
    order = np.argsort(shapes.hilbert_distance().to_numpy(), kind="stable")
    order = order[(windows[order, 2:] > windows[order, :2]).all(axis=1)]
    each = shapes.length * (1 / grid.step[0] + 1 / grid.step[1])
    each = each.to_numpy() + shapely.get_num_coordinates(shapes.to_numpy())
    start, held, pieces = 0, 0, 0.0
    box: tuple[int, ...] = ()
    for place, own in enumerate(windows[order].tolist()):
        grown = _union(box, own) if box else own
        wanted, added = held + _room(own), pieces + each[order[place]]
        wide = _room(grown) > max(2 * wanted, _FEW_CELLS)
        if place > start and (wide or added > _MOST_PIECES):
            yield order[start:place]
            start, wanted, added, grown = place, _room(own), each[order[place]], own
        held, pieces, box = wanted, added, grown
    if len(order):
        yield order[start:]


def _union(box: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    return (*map(min, box[:2], other[:2]), *map(max, box[2:], other[2:]))


def _room(box: Sequence[int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _bands(first: int, last: int, columns: int, tall: int) -> list[int]:
    """Return where to cut rows, between those that are stored together if it does."""
    step = max(1, _BAND // columns)
    start = first
    if step >= tall:
        step -= step % tall
        start -= first % tall
    return [first, *range(start + step, last, step), last]


def _add(sums: Floats, layers: Layers, parts: Parts, start: Ints) -> None:
    """Add the cells of a band, in which runs have these places."""
    many = sums.shape[1]
    # Runs come in order: little lies between the end of one and the next.
    ends = np.stack([start, start + parts.size], axis=1).ravel()
    for row, layer in enumerate(layers):
        if layer is None:
            held = parts.size
        else:
            flat = np.zeros(layer.size + 1)  # one more, for runs to end at
            flat[:-1] = layer.ravel()
            held = np.add.reduceat(flat, ends)[::2]
        sums[row] += np.bincount(parts.owner, parts.share * held, many)
