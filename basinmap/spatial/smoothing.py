"""
Kernel smoothing that moves people without losing one, after Insee's btb.

Each point spreads what it holds over the squares around it; its weights are divided
by their own sum, so that it spreads all of it and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.arguments import check_given, texts_of
from basinmap.errors import ColumnError, DataError, MeasureError, culprits
from basinmap.measures import (
    Measure,
    Ratio,
    Stock,
    check_columns,
    counted,
    evaluate,
    state_column,
)
from basinmap.spatial.grids import (
    check_room,
    epsg_code,
    grid_squares,
    named_squares,
    touched,
    whole_metres,
)
from basinmap.spatial.polygons import check_polygons
from basinmap.spatial.projections import check_finite, check_metric, check_same_crs
from basinmap.states import QUALIFIERS, STATES, summed
from basinmap.typography import number
from basinmap.values.masking import emptied, too_few
from basinmap.values.told import measures_of, tell, told_of

__all__ = ["smooth"]

Edge = Literal["conserve", "open"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_POINTS: Final = "points"
_AT_ONCE: Final = 2**22
"""How many pairs of a point and a square are held at once: about 150 MB."""


@dataclass(frozen=True, slots=True)
class _Window:
    """
    The squares over which points may spread.

    Attributes
    ----------
    size
        Side of a square.
    corner
        Row and column of the first, in sides from the origin of the CRS.
    allowed
        Whether each counts, by row from the south.
    """

    size: int
    corner: tuple[int, int]
    allowed: NDArray[np.bool_]


def smooth(
    points: gpd.GeoDataFrame,
    columns: str | Sequence[str],
    *,
    radius_m: float,
    cell_m: int,
    area: gpd.GeoDataFrame | None = None,
    edge: Edge = "conserve",
    threshold: int | None = None,
) -> gpd.GeoDataFrame:
    """
    Spread stocks over the squares around each point, their totals kept.

    A ratio is that of its two counts, both smoothed.

    Parameters
    ----------
    points
        Points in a metric CRS, such as buildings, or centres of carreaux.
    columns
        Stocks, or ratios that `points` declares, see `bm.measures_of`.
    radius_m
        How far a point spreads; at least a side of a square. The larger, the
        smoother.
    cell_m
        Side of a square, in whole metres.
    area
        Polygons; only the squares that they touch are kept.
    edge
        What becomes of what would spread out of the area. `"conserve"`: the squares
        of the area share it, and the total is that of the points, as in btb; a
        point outside is refused. `"open"`: it leaves, and points outside spread into
        the area; pass those within a radius around it.
    threshold
        Number of points within the radius under which a square is secret: a lone
        household would be seen at the top of its own bump. Filosofi asks for 11.

    Returns
    -------
    GeoDataFrame
        Squares in the CRS of the points, index `carreau`, from the south west: those
        of the area, else those that a point reaches. The columns, the counts of the
        ratios, and `points`: how many lie within the radius. `<column>_state` says
        what a value is worth, by the rule of `aggregate`: missing where a point within
        the radius is not available, a `"lower_bound"` where one is secret. To fill a
        map with a stock, see `density`.

    Raises
    ------
    CRSError
        If a CRS is in degrees, missing, or differs.
    ColumnError
        If a column is missing.
    MeasureError
        If a column is declared as neither a stock nor a ratio of two stocks, or holds
        anything but numbers, infinite or negative ones.
    DataError
        If a geometry is no point, a point is outside the area, the radius is too
        short or the squares are too many.

    Notes
    -----
    The quadratic kernel of Insee: at distance d < R of the centre of a square, a
    point weighs (1 - d²/R²)², and its weights are divided by their sum over the
    squares that count. Method: L. Genebes, A. Renaud and F. Sémécurbe, « Lissage
    spatial », ch. 8 of *Manuel d'analyse spatiale*, Insee Méthodes 131 (2018);
    Insee, documentation of the R package btb (« Beyond the Border »).

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> import shapely
    >>> homes = gpd.GeoDataFrame(
    ...     {"people": [2.0, 3.0]}, geometry=[shapely.Point(685_100, 7_037_100)] * 2,
    ...     crs=2154,
    ... )
    >>> surface = bm.smooth(homes, "people", radius_m=300, cell_m=200)
    >>> surface["people"].round(3).tolist()
    [0.027, 0.676, 0.027, 0.676, 2.189, 0.676, 0.027, 0.676, 0.027]
    >>> round(float(surface["people"].sum()), 9)
    5.0
    """
    check_given(smooth, locals())
    wanted = list(dict.fromkeys(texts_of(columns, "columns", "['dwellings']")))
    known = _check_places(points, area)
    stocks, ratios = _needed(points, wanted)
    size = _check_options(radius_m, cell_m, edge, threshold)
    values, worth = _numbers(points, stocks)
    window = _window(known, area, size, radius_m)
    if area is not None and edge == "conserve":
        _check_inside(points, known, window)
    conserve = edge == "conserve"
    sums, near = _spread(known, values, window, radius_m, conserve=conserve)
    kept = np.flatnonzero(window.allowed if area is not None else near > 0)
    row, column = np.divmod(kept, window.allowed.shape[1])
    names = named_squares(
        epsg_code(points.crs),
        size,
        (row + window.corner[0]) * size,
        (column + window.corner[1]) * size,
    )
    surface = grid_squares(names, crs=points.crs.to_string())
    for name, total in zip([*stocks, _POINTS], [*sums, near], strict=True):
        surface[name] = total[kept]
    for name in stocks:
        if (worth[name] != "").any():
            met = _met(known, worth[name], window, radius_m, conserve=conserve)
            _qualify(
                surface, name, {state: which[kept] for state, which in met.items()}
            )
    _hide(surface, stocks, threshold)
    for name, ratio in ratios.items():
        _divide(surface, name, ratio)
    tell(
        surface,
        level="carreau",
        sources=told_of(points).sources,
        measures={
            **{name: Stock() for name in stocks},
            **_measures(points, surface),
        },
        notes=_notes(radius_m, size, leaves=area is not None and edge == "open"),
    )
    return surface


# -- the door ---------------------------------------------------------------------


def _check_places(points: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None) -> Floats:
    """Return the coordinates of points that may be smoothed."""
    check_metric(points, "points")
    kinds = shapely.get_type_id(points.geometry.array)
    void = (kinds != shapely.GeometryType.POINT) | shapely.is_empty(
        points.geometry.array
    )
    if void.any():
        msg = (
            f"points: {int(void.sum())} geometries are no point: "
            f"{culprits(points.index[void])}; use .representative_point(), or drop them"
        )
        raise DataError(msg)
    check_finite(points.geometry, "points")
    if area is not None:
        check_same_crs(points, area, names=("points", "area"))
        check_polygons(area, "area")
    return shapely.get_coordinates(points.geometry.array)


def _measures(points: gpd.GeoDataFrame, surface: pd.DataFrame) -> dict[str, Measure]:
    known = measures_of(points)
    return {name: known[name] for name in surface.columns if name in known}


def _needed(
    points: gpd.GeoDataFrame, wanted: list[str]
) -> tuple[list[str], dict[str, Ratio]]:
    """Return the stocks to be spread, and the ratios to be made of them."""
    known = measures_of(points)
    stocks: dict[str, None] = {}
    ratios: dict[str, Ratio] = {}
    for name in wanted:
        match known.get(name, Stock()):
            case Ratio() as ratio:
                ratios[name] = ratio
                stocks |= dict.fromkeys([ratio.numerator, ratio.denominator])
            case Stock():
                stocks[name] = None
            case other:
                kind = type(other).__name__.lower()
                msg = f"{name!r} is a {kind}: smooth the counts it is made of"
                raise MeasureError(msg)
    if not stocks:
        msg = "name at least one column of a stock, such as 'population'"
        raise ColumnError(msg)
    check_columns(points, *stocks)
    odd = [name for name in stocks if not isinstance(known.get(name, Stock()), Stock)]
    if odd or _POINTS in stocks:
        msg = f"{culprits(odd or [_POINTS])}: no stock to spread; rename or drop it"
        raise MeasureError(msg)
    return list(stocks), ratios


def _check_options(radius: float, cell: float, edge: str, threshold: int | None) -> int:
    """Return the side of a square."""
    size = whole_metres(cell, "cell_m")
    if not size <= radius < np.inf:
        msg = (
            f"radius_m={radius}: give metres, at least the side of a square "
            f"(cell_m={size}); several times that shows a surface"
        )
        raise DataError(msg)
    if edge not in get_args(Edge):
        msg = f"unknown edge={edge!r}: conserve or open"
        raise DataError(msg)
    if threshold is not None and not threshold >= 1:
        msg = f"threshold is a number of points, such as 11; got {threshold!r}"
        raise DataError(msg)
    return size


def _numbers(
    points: gpd.GeoDataFrame, stocks: list[str]
) -> tuple[list[Floats], dict[str, NDArray[np.object_]]]:
    """Return what each point holds, nothing where it is missing, and its worth."""
    found, worth = [], {}
    for name in stocks:
        values, states = counted(points, name)
        found.append(values.fillna(0.0).to_numpy())
        worth[name] = states.to_numpy(dtype=object)
    return found, worth


# -- squares ----------------------------------------------------------------------


def _window(
    known: Floats, area: gpd.GeoDataFrame | None, size: int, radius: float
) -> _Window:
    """Return the squares of the area, else all those that points may reach."""
    if area is not None:
        row, column = touched(area.geometry, size, "cell_m")
        low, high = [row.min(), column.min()], [row.max(), column.max()]
    else:
        reach = ceil(radius / size)  # a centre further than that is out of it
        places = np.floor(known[:, ::-1] / size).astype(np.int64)
        low, high = places.min(axis=0) - reach, places.max(axis=0) + reach
    corner = int(low[0]), int(low[1])
    shape = int(high[0]) - corner[0] + 1, int(high[1]) - corner[1] + 1
    check_room(shape[0] * shape[1], size, "cell_m")
    if area is None:
        return _Window(size, corner, np.ones(shape, dtype=bool))
    allowed = np.zeros(shape, dtype=bool)
    allowed[row - corner[0], column - corner[1]] = True
    return _Window(size, corner, allowed)


def _own(known: Floats, window: _Window) -> tuple[Ints, Ints]:
    """Return the row and the column of the square of each point."""
    place = np.floor(known / window.size).astype(np.int64)
    return place[:, 1] - window.corner[0], place[:, 0] - window.corner[1]


def _check_inside(points: gpd.GeoDataFrame, known: Floats, window: _Window) -> None:
    row, column = _own(known, window)
    rows, columns = window.allowed.shape
    there = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    there[there] = window.allowed[row[there], column[there]]
    out = points.index[~there]
    if len(out):
        msg = (
            f"points: {len(out)} outside the area: {culprits(out)}; drop them, or "
            "pass edge='open' to let them spread into it from outside"
        )
        raise DataError(msg)


def _spread(
    known: Floats,
    values: list[Floats],
    window: _Window,
    radius: float,
    *,
    conserve: bool,
) -> tuple[list[Floats], Floats]:
    """Return what each square receives, and how many points are near it."""
    reach = ceil(radius / window.size)
    steps = np.arange(-reach, reach + 1)
    # A frame around the squares catches what leaves: no index is out of bounds.
    wide = np.pad(window.allowed, 1)
    sums = [np.zeros(wide.size) for _ in values]
    near = np.zeros(wide.size)
    lot = max(1, _AT_ONCE // len(steps) ** 2)
    for start in range(0, len(known), lot):
        part = slice(start, start + lot)
        row, column = _own(known[part], window)
        up = _apart(known[part, 1], row, steps, window, 0)
        across = _apart(known[part, 0], column, steps, window, 1)
        far = up[:, :, None] ** 2 + across[:, None, :] ** 2
        weight = np.maximum(1 - far / radius**2, 0.0) ** 2
        y = np.clip(row[:, None] + steps + 1, 0, wide.shape[0] - 1)
        x = np.clip(column[:, None] + steps + 1, 0, wide.shape[1] - 1)
        place = y[:, :, None] * wide.shape[1] + x[:, None, :]
        if conserve:
            weight *= wide.ravel()[place]
        weight /= weight.sum(axis=(1, 2), keepdims=True)
        flat = place.ravel()
        near += np.bincount(flat, (weight > 0).ravel(), wide.size)
        for rank, held in enumerate(values):
            shared = (weight * held[part, None, None]).ravel()
            sums[rank] += np.bincount(flat, shared, wide.size)
    inner = [total.reshape(wide.shape)[1:-1, 1:-1].ravel() for total in (*sums, near)]
    outside = ~window.allowed.ravel()
    for total in inner:
        total[outside] = 0.0
    return inner[:-1], inner[-1]


def _apart(place: Floats, own: Ints, steps: Ints, window: _Window, axis: int) -> Floats:
    """Return how far each point is from the centres of the rows around its own."""
    centre = (own + window.corner[axis])[:, None] + steps + 0.5
    return place[:, None] - centre * window.size


# -- what is said -----------------------------------------------------------------


def _met(
    known: Floats,
    worth: NDArray[np.object_],
    window: _Window,
    radius: float,
    *,
    conserve: bool,
) -> dict[str, NDArray[np.bool_]]:
    """Return, for each state and for values, the squares that such a point reaches."""
    groups = {state: worth == state for state in (*STATES, *QUALIFIERS)}
    groups[""] = ~np.isin(worth, list(STATES))
    return {
        state: _spread(known[which], [], window, radius, conserve=conserve)[1] > 0
        for state, which in groups.items()
    }


def _qualify(
    surface: gpd.GeoDataFrame, name: str, met: dict[str, NDArray[np.bool_]]
) -> None:
    """Say what squares are worth, by the rule of `aggregate`."""
    states = summed(met, met[""])
    surface[name] = surface[name].mask(np.isin(states, list(STATES)))
    surface[state_column(name)] = states


def _hide(surface: gpd.GeoDataFrame, stocks: list[str], threshold: int | None) -> None:
    """Make secret what rests on too few points."""
    if threshold is None:
        return
    few = too_few(surface[_POINTS], threshold)
    for name in [*stocks, _POINTS]:
        states = surface.get(state_column(name), pd.Series("", surface.index))
        surface[name], surface[state_column(name)] = emptied(surface[name], states, few)


def _divide(surface: gpd.GeoDataFrame, name: str, ratio: Ratio) -> None:
    found = evaluate(ratio, surface, name)
    states = pd.Series(found.states, dtype=object).reindex(surface.index)
    surface[name] = found.series.mask(states.isin(list(STATES)))
    surface[state_column(name)] = states.fillna("").astype(object)


def _notes(radius: float, size: int, *, leaves: bool) -> tuple[str, ...]:
    note = (
        f"Lissage : noyau quadratique de rayon {number(radius)} m, carreaux de "
        f"{number(size)} m (méthode Insee, btb) ; un carreau isolé ne se lit pas"
    )
    if leaves:
        note += " ; ce qui s'étend hors du périmètre n'est pas compté"
    return (note,)
