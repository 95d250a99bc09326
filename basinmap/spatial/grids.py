"""Grids of squares named as Insee names its carreaux, and what they hold per km²."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import CodeError, CRSError, DataError, MeasureError, culprits
from basinmap.measures import Stock, check_added, check_columns, counted
from basinmap.spatial.cells import fractions, repeated
from basinmap.spatial.polygons import check_polygons
from basinmap.spatial.projections import METRIC, check_metric, read_crs
from basinmap.states import STATES, divided
from basinmap.territory.sums import refuse
from basinmap.values.told import carry, measures_of, tell, told_of

__all__ = [
    "Squares",
    "density",
    "grid_squares",
    "named_squares",
    "parsed_squares",
    "square_grid",
    "touched",
]

Ints = NDArray[np.int64]

_NAME: Final = re.compile(r"CRS(\d+)RES([1-9]\d*)mN(-?\d+)E(-?\d+)")
_EQUAL_AREA: Final = "EPSG:3035"
"""Lambert azimuthal equal-area over Europe: the CRS of Insee's carreaux."""
MOST_SQUARES: Final = 2_000_000
"""How many squares are held at once: about 1 GB."""


class Squares(NamedTuple):
    """
    Squares of one CRS, on whole metres.

    Attributes
    ----------
    crs
        EPSG code.
    size
        Sides, in metres.
    north, east
        Lower left corners.
    """

    crs: int
    size: Ints
    north: Ints
    east: Ints


def square_grid(
    area: gpd.GeoDataFrame, *, size_m: int, crs: str | int = _EQUAL_AREA
) -> gpd.GeoDataFrame:
    """
    Return the squares of a grid that an area touches, named as Insee's carreaux.

    Parameters
    ----------
    area
        Valid polygons, in a metric CRS.
    size_m
        Side of a square, in whole metres: 200 or 1_000 for those of Insee.
    crs
        CRS in which they are squares, their corners at multiples of the side:
        EPSG:3035 for those of Insee, EPSG:2154 for those of a map.

    Returns
    -------
    GeoDataFrame
        In the CRS of `area`, where squares of another CRS are slightly turned;
        index `carreau`, such as `CRS3035RES200mN3079000E3835000`, from the south
        west, row by row. Those that only share a border with the area are left out.

    Raises
    ------
    CRSError
        If a CRS is missing, unknown, in degrees or Web Mercator.
    DataError
        If the area is empty, has no surface or is invalid, the side is no whole
        number of metres, or there would be more than two million squares.

    Notes
    -----
    Insee names a carreau by its CRS, its side and the north and east of its lower
    left corner (Documentation générale sur le carroyage; Inspire, Data Specification
    on Geographical Grid Systems, D2.8.I.2).

    Examples
    --------
    >>> import basinmap as bm
    >>> museum = bm.places().loc[["louvre-lens"]].buffer(100).to_frame("geometry")
    >>> bm.square_grid(museum, size_m=1_000).index.tolist()
    ['CRS3035RES1000mN3060000E3810000']
    """
    check_given(square_grid, locals())
    check_metric(area, "area")
    check_polygons(area, "area")
    epsg = epsg_code(crs)
    size = whole_metres(size_m, "size_m")
    outlines = area.geometry.to_crs(epsg)
    row, column = touched(outlines, size, "size_m")
    names = named_squares(epsg, size, row * size, column * size)
    grid = grid_squares(names, crs=area.crs.to_string())
    tell(grid, level="carreau")
    return grid


def grid_squares(
    codes: Iterable[str] | pd.DataFrame, *, crs: str = METRIC
) -> gpd.GeoDataFrame:
    """
    Return the squares that codes such as those of Insee's files stand for.

    Parameters
    ----------
    codes
        Such as the column `idcar_200m`: `CRS3035RES200mN3079000E3835000`; or a table
        of which they are the index, as `read_source` makes of the carreaux of Insee.
    crs
        CRS of the result.

    Returns
    -------
    GeoDataFrame
        Index `carreau`, in the order of `codes`, to be joined to their table; with
        the columns of the table that was given, and what is told of them.

    Raises
    ------
    CodeError
        If a code is malformed or repeated.
    CRSError
        If the codes are of two CRS, or of one that cannot be measured.
    DataError
        If there is none.

    Examples
    --------
    >>> import basinmap as bm
    >>> square = bm.grid_squares(["CRS2154RES200mN7037000E685000"])
    >>> square.total_bounds.astype(int).tolist()
    [685000, 7037000, 685200, 7037200]
    """
    check_given(grid_squares, locals())
    if isinstance(codes, pd.DataFrame):
        frame = grid_squares(codes.index, crs=crs)
        frame = frame.assign(**{str(n): codes[n].to_numpy() for n in codes})
        return carry(frame, codes, level="carreau")
    index = pd.Index(list(codes), name="carreau")
    if not index.is_unique:
        again = index[index.duplicated()].unique()
        msg = f"{len(again)} carreau(x) more than once: {culprits(again)}; "
        raise CodeError(msg + "drop the duplicates")
    found = parsed_squares(index)
    shapes = shapely.box(
        found.east, found.north, found.east + found.size, found.north + found.size
    )
    grid = gpd.GeoDataFrame(geometry=shapes, index=index, crs=found.crs)
    grid = grid.to_crs(read_crs(crs, "squares"))
    tell(grid, level="carreau")
    return grid


def density(
    cells: gpd.GeoDataFrame, column: str, *, measure: Stock | None = None
) -> pd.Series:
    """
    Return a stock per km², which may fill the squares of a map.

    Parameters
    ----------
    cells
        Squares, or any polygons, in a metric CRS.
    column
        Column of a stock; its state is read in `<column>_state`.
    measure
        Its label, unit, vintage and credit; by default what `cells` declares.

    Returns
    -------
    Series
        On the index of `cells`; `attrs` holds what a map prints, to be handed to
        `classify`, then to `draw_grid` or `draw_surface`.

    Raises
    ------
    MeasureError
        If the column is declared as anything but a stock, or holds anything but
        numbers, infinite or negative ones.
    ColumnError
        If the column is missing.
    CRSError
        If the cells are in degrees, in Web Mercator or without CRS.
    DataError
        If a cell has no surface, or is invalid.

    Notes
    -----
    Surfaces are measured in EPSG:3035, which keeps them: a carreau of 200 m of Insee
    has 0.04 km², to the last digit.

    Examples
    --------
    >>> import basinmap as bm
    >>> cells = bm.grid_squares(["CRS3035RES200mN3079000E3835000"])
    >>> cells["ind"] = 60
    >>> bm.density(cells, "ind", measure=bm.Stock(unit="habitants")).round(6).tolist()
    [1500.0]
    """
    check_given(density, locals())
    check_metric(cells, "cells")
    check_columns(cells, column)
    check_polygons(cells, "cells")
    known = measure or measures_of(cells).get(column, Stock())
    if not isinstance(known, Stock):
        kind = type(known).__name__.lower()
        msg = f"{column!r} is a {kind}: only a stock is divided by a surface"
        raise MeasureError(msg)
    refuse({column: known})
    surface = cells.geometry.to_crs(_EQUAL_AREA).area / 1e6
    amounts, worth = counted(cells, column, signed=known.signed)
    declared = measures_of(cells) if measure is None else {column: measure}
    check_added(declared, column, amounts, stacklevel=3)
    values = (amounts / surface).rename(column)
    states = pd.Series(divided(worth, "", surface == 0), cells.index)
    told = told_of(cells)
    sources = dict.fromkeys([known.source, *told.sources])
    tell(
        values,
        label=known.label or column,
        unit=f"{known.unit} par km²" if known.unit else "par km²",
        kind="ratio",
        decimals=0 if values.max() >= 100 else 2,
        vintage=known.vintage,
        level=cells.index.name,
        sources=tuple(filter(None, sources)),
        notes=told.notes,
        states={code: state for code, state in states.items() if state},
    )
    # A value below a minimum is told, one that is missing is left out.
    return values.mask(states.isin(list(STATES)))


# -- names and places -------------------------------------------------------------


def named_squares(crs: int, size: int, north: Ints, east: Ints) -> list[str]:
    """
    Return the codes of squares.

    Parameters
    ----------
    crs
        EPSG code.
    size
        Side, in metres.
    north, east
        Lower left corners.

    Examples
    --------
    >>> import numpy as np
    >>> named_squares(3035, 200, np.array([3079000]), np.array([3835000]))
    ['CRS3035RES200mN3079000E3835000']
    """
    pairs = zip(north.tolist(), east.tolist(), strict=True)
    return [f"CRS{crs}RES{size}mN{y}E{x}" for y, x in pairs]


def parsed_squares(codes: pd.Index) -> Squares:
    """
    Return what the codes of squares say.

    Parameters
    ----------
    codes
        Such as `CRS3035RES200mN3079000E3835000`.

    Raises
    ------
    CodeError
        If one is malformed.
    CRSError
        If they are of two CRS.
    DataError
        If there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> parsed_squares(pd.Index(["CRS3035RES200mN3079000E3835000"])).size.tolist()
    [200]
    """
    if not len(codes):
        msg = "no carreau: the selection is empty"
        raise DataError(msg)
    found = [_NAME.fullmatch(str(code)) for code in codes]
    wrong = [code for code, match in zip(codes, found, strict=True) if match is None]
    if wrong:
        msg = (
            f"{len(wrong)} code(s) that name no square: {culprits(wrong)}; "
            "expected such as 'CRS3035RES200mN3079000E3835000'"
        )
        raise CodeError(msg)
    rows = [match.groups() for match in found if match is not None]
    crs, size, north, east = np.array(rows).astype(np.int64).T
    if len(np.unique(crs)) > 1:
        msg = f"squares of two CRS: {culprits(np.unique(crs).tolist())}; take one grid"
        raise CRSError(msg)
    return Squares(int(crs[0]), size, north, east)


def touched(outlines: gpd.GeoSeries, size: int, option: str) -> tuple[Ints, Ints]:
    """
    Return the squares that polygons touch, by row from the south, then by column.

    Parameters
    ----------
    outlines
        Valid polygons in the CRS of the grid.
    size
        Side of a square.
    option
        Name of what sets it.

    Returns
    -------
    row, column
        Their lower left corners, in sides from the origin of the CRS.

    Raises
    ------
    DataError
        If there are more than two million.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> row, column = touched(gpd.GeoSeries([shapely.box(150, 0, 450, 100)]), 200, "")
    >>> row.tolist(), column.tolist()
    ([0, 0, 0], [0, 1, 2])
    """
    low_x, low_y, high_x, high_y = (float(v) / size for v in outlines.total_bounds)
    corner = int(np.floor(low_x)), int(np.floor(low_y))
    shape = int(np.ceil(high_y)) - corner[1], int(np.ceil(high_x)) - corner[0]
    start = (float(corner[0] * size), float(corner[1] * size))
    # A territory fills at least a part of its box: the box alone costs nothing.
    check_room(float(outlines.area.sum()) / size**2, size, option)
    parts = fractions(outlines.to_numpy(), start, (size, size), shape)
    run, step = repeated(parts.size)
    keys = np.unique(parts.row[run] * shape[1] + parts.column[run] + step)
    check_room(len(keys), size, option)
    return keys // shape[1] + corner[1], keys % shape[1] + corner[0]


def check_room(count: float, size: int, option: str) -> None:
    """
    Check that there are not too many squares.

    Parameters
    ----------
    count
        How many.
    size
        Their side, in metres.
    option
        Name of what sets it.

    Raises
    ------
    DataError
        If there are more than two million.
    """
    if count > MOST_SQUARES:
        least = int(np.ceil(size * np.sqrt(count / MOST_SQUARES)))
        msg = (
            f"{option}={size}: {count / 1e6:.1f} million squares, more than "
            f"{MOST_SQUARES / 1e6:.0f}; pass {option}={least} or more"
        )
        raise DataError(msg)


def epsg_code(crs: str | int) -> int:
    """
    Return the EPSG code of a CRS whose lengths are metres.

    Parameters
    ----------
    crs
        Such as `"EPSG:3035"` or 2154.

    Raises
    ------
    CRSError
        If it is unknown, has no EPSG code, or cannot be measured.

    Examples
    --------
    >>> epsg_code("EPSG:3035")
    3035
    """
    epsg = read_crs(crs, "squares").to_epsg()
    if epsg is None:
        msg = f"{crs!r} has no EPSG code, which names of squares need; use 'EPSG:3035'"
        raise CRSError(msg)
    check_metric(gpd.GeoSeries([shapely.Point(0, 0)], crs=epsg), "crs")
    return int(epsg)


def whole_metres(size: float, option: str) -> int:
    """
    Return the side of squares, if names can say it.

    Parameters
    ----------
    size
        In metres.
    option
        Name of what sets it.

    Raises
    ------
    DataError
        If it is no whole number above zero.

    Examples
    --------
    >>> whole_metres(200.0, "cell_m")
    200
    """
    if not (size >= 1 and float(size).is_integer()):
        msg = f"{option}={size}: give whole metres, such as {option}=200"
        raise DataError(msg)
    return int(size)
