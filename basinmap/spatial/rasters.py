"""Rasters into units: statistics of cells, each counted for the part that is inside."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import pairwise
from os import PathLike
from typing import Any, Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import RasterSource
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, CRSError, DataError, MeasureError, culprits
from basinmap.measures import Mean, Measure, Median, Stock, state_column
from basinmap.spatial.cells import Grid, Layers, added_up
from basinmap.spatial.overlaps import warn_apart
from basinmap.spatial.projections import check_metric
from basinmap.territory.local import local_file
from basinmap.territory.units import check_unique
from basinmap.values.told import tell, told_of

__all__ = ["weight_within", "zonal"]

Raster = Any  # a path, or what rasterio.open returns
Box = tuple[float, float, float, float]
Shapes: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries
Resample = Literal["nearest", "bilinear", "average", "sum"]

_STATS: Final = (
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "median",
    "stdev",
    "variety",
    "majority",
    "shares",
)
_SUMS: Final = frozenset({"count", "sum", "mean"})
_CLASSES: Final = frozenset({"variety", "majority", "shares"})
_MOST_CLASSES: Final = 1000
_MOST_CELLS: Final = 16_000_000
"""How many cells exactextract reads at once: 64 MB of float32."""
_BEYOND: Final = 1e30
"""No altitude, no count is as far from 0: in decimal cells, it means no data."""
_NEARLY: Final = 1e-6
"""Under this share, a part that is not covered is rounding."""


def zonal(
    raster: Raster,
    units: gpd.GeoDataFrame,
    *,
    stats: str | Sequence[str] = ("mean",),
    band: int = 1,
    weights: Raster | None = None,
    resample: Resample | None = None,
    min_cover: float = 0.0,
    source: str = "",
) -> pd.DataFrame:
    """
    Summarise a raster by unit, each cell for the share of it that is inside.

    A cell without data, or not a number, counts for nothing; nor does a decimal one
    beyond ±1e30, whatever the header says means no data. Only the windows
    that units lie in are read, so that a national raster needs no memory.

    Parameters
    ----------
    raster
        Path of a file that GDAL reads (GeoTIFF, COG, VRT, …), or a dataset opened
        by rasterio, in the CRS of the units. Scale and offset are applied.
    units
        Polygons, in metres; each code once. One may be smaller than a cell.
    stats
        Any of `"count"` (cells with a value, with fractions), `"sum"`, `"mean"`,
        `"min"`, `"max"`, `"median"` (by surface), `"stdev"`; of classes,
        `"variety"` (how many), `"majority"` (the highest when several tie) and
        `"shares"` (of the surface with a value, one column `share_<class>` each).
    band
        Band that is read, from 1.
    weights
        Raster that weighs the cells, such as inhabitants. Its cells are those of
        `raster`, or nest in them or hold them; a cell without data weighs nothing.
    resample
        How to bring `weights` to the cells and the CRS of `raster` when they are
        others: `"sum"` for counts such as inhabitants; `"nearest"`, `"bilinear"`
        or `"average"` for densities.
    min_cover
        Share of the surface of a unit that must have a value, in [0, 1]. With
        less, what is computed of it is missing.
    source
        Credit line of the raster.

    Returns
    -------
    DataFrame
        On the index of `units`: the statistics in the order asked for, each with
        its `<column>_state`, *not_available* where nothing is covered; with
        weights, `weighted_mean`, `weight` (of the cells with a value) and
        `weight_covered` (its share of all the weight); last `covered`, the share
        of the surface that has a value, in [0, 1].

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or not that of the units.
    DataError
        If a file cannot be read or is rotated, a band does not exist, an outline
        is no valid polygon, a code is repeated, or grids of cells do not fit.
    MeasureError
        If a statistic is unknown, or one of classes is asked of decimal values.

    Warns
    -----
    BasinmapWarning
        If a sum leaves out a part of a unit, a unit sticks out of the weights, or no
        unit lies on the raster.

    See Also
    --------
    basinmap.aggregate : Combine the units of the table further.

    Notes
    -----
    Counts, sums and means, weighted or not, rest on shares of cells in float64, got
    by summing signed surfaces edge by edge; the other statistics are those of
    exactextract, which keeps the share of a cell in single precision.

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> import numpy as np
    >>> import pandas as pd
    >>> import shapely
    >>> from rasterio import Affine
    >>> from rasterio.io import MemoryFile
    >>> units = gpd.GeoDataFrame(
    ...     geometry=[shapely.box(50, 0, 200, 100)], crs="EPSG:2154",
    ...     index=pd.Index(["A"], name="quartier"),
    ... )
    >>> grid = {
    ...     "driver": "GTiff", "width": 2, "height": 1, "count": 1,
    ...     "dtype": "float32", "crs": "EPSG:2154",
    ...     "transform": Affine(100, 0, 0, 0, -100, 100),
    ... }
    >>> with MemoryFile() as file, file.open(**grid) as raster:
    ...     raster.write(np.array([[4.0, 10.0]]), 1)
    ...     table = bm.zonal(raster, units, stats=("count", "mean"))
    >>> table[["count", "mean", "covered"]]
              count  mean  covered
    quartier
    A           1.5   8.0      1.0
    """
    check_given(zonal, locals())
    names = _checked_stats(stats, min_cover)
    _check_units(units)
    with ExitStack() as stack:
        dataset = stack.enter_context(_opened(raster, "raster"))
        _check_crs(dataset, units, "raster")
        integral = bool(_CLASSES & set(names))
        cells = _Cells(dataset, band, what="raster", integral=integral)
        found = _found(cells, units.geometry, names)
        table = pd.DataFrame(index=units.index)
        covered = _covered(found["count"], cells, units.geometry)
        blank = (covered == 0) | (covered < min_cover)
        for name in names:
            _add(table, name, found, blank)
        if weights is not None:
            other = stack.enter_context(_opened(weights, "weights"))
            fitted = _fitted(other, cells, resample, stack)
            _add_weighted(table, units.geometry, cells, fitted, blank)
        table["covered"] = covered
        partial = covered.index[(covered < 1) & ~blank]
        if "sum" in names and len(partial):
            _bound(table, cells, units.geometry[partial])
        warn_apart(shapely.box(*cells.box), units, ("raster", "units"))
        _describe(table, cells, units, source)
    if "sum" in names:
        _warn_part(partial)
    return table


def weight_within(raster: Raster, shapes: gpd.GeoSeries) -> NDArray[np.float64]:
    """
    Return what the cells of a raster weigh in each polygon.

    Each cell counts for the share of it that is inside; one without data weighs
    nothing.

    Parameters
    ----------
    raster
        Path or dataset, as in `zonal`, of which the first band is read.
    shapes
        Valid polygons, in metres, on an index that may repeat codes.

    Returns
    -------
    array
        One sum a polygon, in their order.

    Raises
    ------
    CRSError
        If the CRS is missing, in degrees, or not that of the polygons.
    DataError
        If the file cannot be read or is rotated, or a weight is negative.

    Warns
    -----
    BasinmapWarning
        If a polygon sticks out of the raster.

    See Also
    --------
    zonal : Statistics of the values of a raster.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import numpy as np
    >>> import shapely
    >>> from rasterio import Affine
    >>> from rasterio.io import MemoryFile
    >>> shapes = gpd.GeoSeries([shapely.box(50, 0, 200, 100)], crs=2154)
    >>> grid = {
    ...     "driver": "GTiff", "width": 2, "height": 1, "count": 1,
    ...     "dtype": "float32", "crs": "EPSG:2154",
    ...     "transform": Affine(100, 0, 0, 0, -100, 100),
    ... }
    >>> with MemoryFile() as file, file.open(**grid) as raster:
    ...     raster.write(np.array([[4.0, 10.0]]), 1)
    ...     weight_within(raster, shapes).tolist()
    [12.0]
    """
    with _opened(raster, "weights") as dataset:
        _check_crs(dataset, shapes, "weights")
        weights = _Weights(dataset, 1, what="weights")
        _warn_out(shapes, weights.box, stacklevel=6)
        return added_up(shapes, weights.grid, weights.layers)[0]


def _checked_stats(stats: str | Sequence[str], min_cover: float) -> list[str]:
    several = isinstance(stats, Sequence) and not isinstance(stats, str)
    names = list(dict.fromkeys(stats if several else [str(stats)]))
    unknown = [name for name in names if name not in _STATS]
    if unknown or not names:
        msg = (
            f"{len(unknown)} unknown statistic(s): {culprits(unknown) or 'none given'};"
            f" write some of {', '.join(_STATS)}; for a weighted mean, pass weights=…"
        )
        raise MeasureError(msg)
    real = isinstance(min_cover, int | float | np.number)
    if not real or not 0 <= min_cover <= 1:
        msg = f"min_cover is a share in [0, 1], such as 0.5; got {min_cover!r}"
        raise DataError(msg)
    return names


def _check_units(units: gpd.GeoDataFrame) -> None:
    check_metric(units, "units")
    check_unique(units.index, "units")
    shapes = units.geometry
    faults: Mapping[str, tuple[pd.Series, str]] = {
        "without outline": (
            shapely.is_missing(shapes.array) | shapes.is_empty,
            "drop them with units[~units.is_empty]",
        ),
        "that are no polygons": (
            ~shapes.geom_type.isin(["Polygon", "MultiPolygon"]),
            "cells have a surface; locate points instead",
        ),
        "with an invalid outline": (~shapes.is_valid, "repair with .make_valid()"),
        "without surface": (~(shapes.area > 0), "drop them, or buffer them"),
    }
    for fault, (wrong, cure) in faults.items():
        if wrong.any():
            who = units.index[wrong]
            msg = f"units: {len(who)} {fault}: {culprits(who)}; {cure}"
            raise DataError(msg)


def _opened(raster: Raster, what: str) -> AbstractContextManager[Any]:
    """Open a path, which is closed at the end, or take a dataset as it is."""
    if isinstance(raster, str | PathLike):
        file = local_file(raster, f"{what}: cannot be read as a raster")
        try:
            return rasterio.open(file)
        except RasterioError as error:
            msg = (
                f"{what}: cannot be read as a raster ({error}); "
                "give the path of a whole file that `rio info` reads"
            )
            raise DataError(msg) from error
    if not all(hasattr(raster, name) for name in ("read", "transform", "crs")):
        msg = (
            f"{what}: need a path or what rasterio.open returns, "
            f"got {type(raster).__name__}"
        )
        raise DataError(msg)
    if raster.closed:
        msg = f"{what}: the dataset {raster.name!r} is closed; open it again"
        raise DataError(msg)
    return nullcontext(raster)


def _check_crs(dataset: Any, units: Shapes, what: str) -> None:  # noqa: ANN401 - rasterio's
    if dataset.crs is None:
        msg = (
            f"{what}: {dataset.name!r} has no CRS; write the one it is in with "
            "`rio edit-info --crs EPSG:2154 file.tif`"
        )
        raise CRSError(msg)
    found = CRS.from_user_input(dataset.crs)
    if not _same(found, units.crs):
        mine = found.to_string() if found.to_epsg() else found.name
        plane = found.is_projected and "pseudo" not in found.to_wkt().lower()
        cure = (
            "call .to_crs(…) on the units, so that cells stay as they are"
            if plane
            else "warp it first: `rio warp in.tif out.tif --dst-crs EPSG:2154`"
        )
        msg = f"{what} in {mine}, units in {units.crs.to_string()}; {cure}"
        raise CRSError(msg)


def _same(left: CRS, right: CRS) -> bool:
    """Say whether two CRS are one on the ground, heights and names left aside."""
    if left.is_compound:
        left = left.sub_crs_list[0]
    if right.is_compound:
        right = right.sub_crs_list[0]
    code = left.to_epsg()
    return left == right or (code is not None and code == right.to_epsg())


class _Cells(RasterSource):  # type: ignore[misc]
    """
    A band as exactextract reads it: north up, what has no value masked or NaN.

    Parameters
    ----------
    dataset
        An open dataset.
    band
        From 1.
    what
        What it is, for the messages.
    integral
        Whether its values must be whole numbers.
    """

    def __init__(
        self,
        dataset: Any,  # noqa: ANN401 - rasterio's
        band: int,
        *,
        what: str,
        integral: bool = False,
    ) -> None:
        super().__init__()
        if isinstance(band, bool) or band not in range(1, dataset.count + 1):
            msg = f"{what}: no band {band!r}; {dataset.name!r} has {dataset.count}"
            raise DataError(msg)
        grid = dataset.transform
        if grid.b or grid.d or grid.a < 0:
            msg = (
                f"{what}: {dataset.name!r} is rotated or mirrored; straighten it: "
                "`rio warp in.tif out.tif --dst-crs EPSG:2154`"
            )
            raise DataError(msg)
        kind = np.dtype(dataset.dtypes[band - 1])
        if kind.kind == "c":
            msg = f"{what}: band {band} holds complex numbers; write its modulus"
            raise DataError(msg)
        flags = set(dataset.mask_flag_enums[band - 1])
        self.nodata = None
        if flags == {MaskFlags.nodata} and kind.kind == "f":
            # Compared here: rasterio would read each block again for its mask.
            self.nodata = kind.type(dataset.nodata)
        self.masked = self.nodata is None and MaskFlags.all_valid not in flags
        self.dataset, self.band, self.what = dataset, band, what
        self.integral, self.kind = integral, kind
        self.scale = (dataset.scales[band - 1], dataset.offsets[band - 1])
        self.step = (abs(grid.a), abs(grid.e))
        ends = sorted((grid.f, grid.f + grid.e * dataset.height))
        left = grid.c
        self.box = (left, ends[0], left + grid.a * dataset.width, ends[1])
        tall = dataset.block_shapes[band - 1][0]
        self.grid = Grid(left, ends[1], self.step, dataset.width, dataset.height, tall)

    def res(self) -> tuple[float, float]:
        """Return the sides of a cell."""
        return self.step

    def extent(self) -> tuple[float, float, float, float]:
        """Return the bounds."""
        return self.box

    def srs_wkt(self) -> str | None:
        """Say nothing: the CRS was checked."""
        return None

    def nodata_value(self) -> None:
        """Say nothing: cells are masked when they are read."""

    def read_window(self, x: int, y: int, width: int, height: int) -> NDArray[Any]:
        """Return the cells of a window, its first row in the north."""
        southern = self.dataset.transform.e > 0  # its first row is in the south
        if southern:
            y = self.dataset.height - y - height
        # Of no cell, exactextract asks for the type.
        if width == 0 or height == 0:
            return self._valued(np.ma.zeros((height, width), self.kind))
        window = Window(x, y, width, height)
        try:
            cells = self.dataset.read(self.band, window=window, masked=self.masked)
        except RasterioIOError as error:
            msg = (
                f"{self.what}: {self.dataset.name!r} cannot be read to its end "
                f"({error}); it may be truncated: fetch it again"
            )
            raise DataError(msg) from error
        return self._valued(cells[::-1] if southern else cells)

    def layers(self, x: int, y: int, width: int, height: int) -> Layers:
        """Return where a window has a value, None if all over, and it or zero."""
        values = self.read_window(x, y, width, height)
        if np.ma.isMaskedArray(values):
            values = np.ma.filled(values.astype("float64"), np.nan)
        lost = np.isnan(values)
        return (~lost, np.where(lost, 0, values)) if lost.any() else (None, values)

    def _valued(self, cells: NDArray[Any]) -> NDArray[Any]:
        """Return floats, with NaN for nothing, or integers, masked."""
        if self.nodata is not None:
            cells[cells == self.nodata] = np.nan
        if self.kind.kind == "f":
            # Headers round it, or leave it out: compared exactly, it would be a value.
            beyond = np.ma.getdata(np.abs(cells)) > _BEYOND
            if beyond.any():
                cells[beyond] = np.nan
        if self.scale != (1.0, 0.0):
            cells = cells * self.scale[0] + self.scale[1]
        if cells.dtype.kind != "f":
            return cells if np.ma.is_masked(cells) else np.ma.getdata(cells)
        cells = np.ma.filled(cells, np.nan)
        wild = ~np.isfinite(cells)
        if wild.any():
            cells[wild] = np.nan
        if self.integral and not np.all((cells % 1 == 0) | np.isnan(cells)):
            wrong = np.unique(cells[(cells % 1 != 0) & ~np.isnan(cells)])
            msg = (
                f"{self.what}: {len(wrong)} decimal value(s) where classes are asked "
                f"for: {culprits(wrong.tolist())}; ask for mean, min, max, …"
            )
            raise MeasureError(msg)
        return cells


class _Weights(_Cells):
    """Weights, zero where there is none."""

    def _valued(self, cells: NDArray[Any]) -> NDArray[Any]:
        values = np.ma.filled(super()._valued(cells).astype("float64"), np.nan)
        if (values < 0).any():
            wrong = np.unique(values[values < 0]).tolist()
            msg = (
                f"weights: {len(wrong)} negative value(s): {culprits(wrong)}; "
                "say which one means no data: `rio edit-info --nodata -9999 file.tif`"
            )
            raise DataError(msg)
        return np.nan_to_num(values, nan=0.0)

    def layers(self, x: int, y: int, width: int, height: int) -> Layers:
        """Return the weights of a window."""
        return (self.read_window(x, y, width, height),)


class _Outline(Feature):  # type: ignore[misc]
    """One outline, which exactextract need not read from JSON."""

    def __init__(self, outline: bytes) -> None:
        super().__init__()
        self.outline = outline

    def geometry(self) -> bytes:
        """Return the outline as WKB."""
        return self.outline

    def fields(self) -> list[str]:
        """Say that it has no column."""
        return []


class _Outlines(FeatureSource):  # type: ignore[misc]
    """Outlines in a given order."""

    def __init__(self, shapes: NDArray[Any]) -> None:
        super().__init__()
        self.outlines = shapely.to_wkb(shapely.force_2d(shapes))

    def count(self) -> int:
        """Return how many there are."""
        return len(self.outlines)

    def __iter__(self) -> Iterator[_Outline]:
        """Yield each."""
        return (_Outline(outline) for outline in self.outlines)

    def srs_wkt(self) -> str | None:
        """Say nothing: the CRS was checked."""
        return None


def _found(cells: _Cells, shapes: gpd.GeoSeries, names: Sequence[str]) -> pd.DataFrame:
    """Return the count and what is asked for; other than sums, by exactextract."""
    if not set(names) <= _SUMS:
        return _extracted(cells, shapes, ["count", *_operations(names)], names)
    count, total = added_up(shapes, cells.grid, cells.layers, layers=2)
    columns = {"count": count, "sum": total, "mean": _divided(total, count)}
    return pd.DataFrame(columns, index=shapes.index)


def _operations(names: Sequence[str]) -> list[str]:
    """Return what exactextract is asked for, beside the count."""
    own = {"count", "shares", "median"}
    asked = [name for name in names if name not in own]
    return asked + (["unique", "frac"] if own & set(names) - {"count"} else [])


def _extracted(
    cells: _Cells,
    shapes: gpd.GeoSeries,
    operations: Sequence[str],
    names: Sequence[str],
) -> pd.DataFrame:
    """Run exactextract on neighbours in turn, whose blocks are then still at hand."""
    order = np.argsort(shapes.hilbert_distance().to_numpy(), kind="stable")
    parts = []
    for lot in _lots(shapes.bounds.to_numpy()[order], cells.step):
        found = exact_extract(
            cells,
            _Outlines(shapes.to_numpy()[order[lot]]),
            list(operations),
            output="pandas",
            max_cells_in_memory=_MOST_CELLS,
        )
        found.columns = list(operations)
        parts.append(_reduced(found, names))
    whole = pd.concat(parts, ignore_index=True)
    return whole.set_axis(shapes.index[order]).reindex(shapes.index)


def _lots(bounds: NDArray[np.float64], step: tuple[float, float]) -> list[slice]:
    """Return runs of units that hold about as many cells as may be read at once."""
    wide, high = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    lot = np.cumsum(wide / step[0] * (high / step[1])) // _MOST_CELLS
    cuts = [0, *(np.flatnonzero(np.diff(lot)) + 1), len(bounds)]
    return [slice(*cut) for cut in pairwise(cuts)]


def _reduced(found: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Take what is needed from the values of each unit, and let them go."""
    if "median" in names:
        pairs = zip(found["unique"], found["frac"], strict=True)
        found["median"] = [_median(values, shares) for values, shares in pairs]
    if "shares" not in names:
        found = found.drop(columns=["unique", "frac"], errors="ignore")
    return found


def _median(values: NDArray[Any], shares: NDArray[Any]) -> float:
    """
    Return the value under and over which lies half of the surface.

    That of exactextract 0.3 interpolates between distinct values: 1, 1, 1, 9
    would give 5.
    """
    if not len(values):
        return np.nan
    order = np.argsort(values)
    below = np.cumsum(np.asarray(shares, dtype="float64")[order])
    ends = np.searchsorted(below, [0.5 - _NEARLY, 0.5 + _NEARLY])
    low, high = values[order[np.minimum(ends, len(order) - 1)]].astype("float64")
    return float(low + (high - low) / 2)


def _covered(count: pd.Series, cells: _Cells, shapes: gpd.GeoSeries) -> pd.Series:
    """Return the share of the surface of each unit that has a value."""
    share = count.astype("float64") * (cells.step[0] * cells.step[1])
    share = share / shapes.area
    return share.mask(share > 1 - _NEARLY, 1.0)


def _add(table: pd.DataFrame, name: str, found: pd.DataFrame, blank: pd.Series) -> None:
    """Add the columns of a statistic."""
    if name == "shares":
        shares = _shares(found, blank)
        table[list(shares.columns)] = shares
        return
    values = pd.to_numeric(found[name]).astype("float64")
    if name == "count":
        table[name] = values
        return
    table[name] = values.mask(blank)
    table[state_column(name)] = _said(blank)


def _bound(table: pd.DataFrame, cells: _Cells, shapes: gpd.GeoSeries) -> None:
    """Say of sums of a part that they are minima, where nothing there is negative."""
    least = pd.to_numeric(_found(cells, shapes, ("min",))["min"])
    table.loc[least.index[least >= 0], state_column("sum")] = "lower_bound"


def _said(blank: pd.Series) -> pd.Series:
    states = pd.Series("", index=blank.index, dtype=object)
    return states.mask(blank, "not_available")


def _shares(found: pd.DataFrame, blank: pd.Series) -> pd.DataFrame:
    """Return one column a class; a class that is not there has no surface."""
    lengths = [len(classes) for classes in found["unique"]]
    classes = np.concatenate([*found["unique"], np.empty(0)])
    kinds, columns = np.unique(classes.astype("float64"), return_inverse=True)
    if len(kinds) > _MOST_CLASSES:
        msg = (
            f"raster: {len(kinds)} classes, more than {_MOST_CLASSES}; "
            "group them first, or ask for mean, min, max, …"
        )
        raise MeasureError(msg)
    shares = np.zeros((len(found), len(kinds)))
    rows = np.repeat(np.arange(len(found)), lengths)
    shares[rows, columns] = np.concatenate([*found["frac"], np.empty(0)])
    names = [f"share_{int(kind)}" for kind in kinds]
    table = pd.DataFrame(shares, index=found.index, columns=names)
    table[blank] = np.nan
    return table


def _fitted(
    dataset: Any,  # noqa: ANN401 - rasterio's
    cells: _Cells,
    resample: Resample | None,
    stack: ExitStack,
) -> tuple[_Weights, Box]:
    """Return weights whose cells fit those of the values, and their true bounds."""
    grid = cells.dataset
    weights = _Weights(dataset, 1, what="weights") if resample is None else None
    if dataset.crs is None:
        msg = "weights: no CRS; write it with `rio edit-info --crs EPSG:2154 file.tif`"
        raise CRSError(msg)
    if weights is not None:
        _check_fit(weights, cells)
        return weights, weights.box
    if resample not in ("nearest", "bilinear", "average", "sum"):
        msg = f"resample={resample!r}: write 'sum', 'nearest', 'bilinear' or 'average'"
        raise DataError(msg)
    options = {
        "crs": grid.crs,
        "transform": grid.transform,
        "width": grid.width,
        "height": grid.height,
        "resampling": Resampling[resample],
    }
    warped = stack.enter_context(WarpedVRT(dataset, **options))
    box = transform_bounds(dataset.crs, grid.crs, *dataset.bounds)
    return _Weights(warped, 1, what="weights"), box


def _check_fit(weights: _Cells, cells: _Cells) -> None:
    """Check that cells of one grid hold, or are, whole cells of the other."""
    theirs = CRS.from_user_input(weights.dataset.crs)
    mine = CRS.from_user_input(cells.dataset.crs)
    cure = "pass resample='sum' for counts such as inhabitants, 'bilinear' for others"
    if not _same(theirs, mine):
        msg = (
            f"weights in {theirs.to_string()}, raster in {mine.to_string()}; {cure}, "
            "or warp them first"
        )
        raise CRSError(msg)
    for axis, start in ((0, 0), (1, 3)):
        small, large = sorted((weights.step[axis], cells.step[axis]))
        shift = (weights.box[start] - cells.box[start]) / small
        for number in (large / small, shift):
            if abs(number - round(number)) > 1e-3:
                msg = (
                    f"weights: cells of {weights.step} m do not fit those of the "
                    f"raster, of {cells.step} m; {cure}"
                )
                raise DataError(msg)


def _add_weighted(
    table: pd.DataFrame,
    shapes: gpd.GeoSeries,
    cells: _Cells,
    fitted: tuple[_Weights, Box],
    blank: pd.Series,
) -> None:
    """Add the weighted mean, its weight and the share of it that has a value."""
    weights, box = fitted
    fine = _finer(cells.grid, weights.grid)

    def read(*window: int) -> Layers:
        known, values = _spread(cells, fine, window)
        (weight,) = _spread(weights, fine, window)
        return weight if known is None else weight * known, weight * values

    there, summed = added_up(shapes, fine, read, layers=2)
    total = added_up(shapes, weights.grid, weights.layers)[0]
    _warn_out(shapes, box, stacklevel=4)
    states = _said(blank | (there == 0)).mask(total == 0, "not_applicable")
    mean = pd.Series(_divided(summed, there), shapes.index)
    table["weighted_mean"] = mean.mask(states != "")
    table[state_column("weighted_mean")] = states
    # Each finer cell was given all that its own holds.
    there *= fine.step[0] * fine.step[1] / (weights.step[0] * weights.step[1])
    share = _divided(there, total)
    table["weight"] = there
    table["weight_covered"] = np.where(share > 1 - _NEARLY, 1.0, share)


def _divided(
    sums: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return means, NaN of nothing."""
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def _finer(grid: Grid, other: Grid) -> Grid:
    """Return cells on the ground of a grid that nest in both."""
    step = min(grid.step[0], other.step[0]), min(grid.step[1], other.step[1])
    wide, high = round(grid.step[0] / step[0]), round(grid.step[1] / step[1])
    size = grid.columns * wide, grid.rows * high
    return Grid(grid.west, grid.north, step, *size, grid.tall * high)


def _spread(cells: _Cells, fine: Grid, window: Sequence[int]) -> Layers:
    """Return what finer cells hold, each as much as its own; outside, nothing."""
    grid, (x, y, width, height) = cells.grid, window
    times = [
        round(large / small) for large, small in zip(grid.step, fine.step, strict=True)
    ]
    east = round((fine.west - grid.west) / fine.step[0])
    south = round((grid.north - fine.north) / fine.step[1])
    left, wide, columns = _places(x + east, width, times[0], grid.columns)
    top, high, rows = _places(y + south, height, times[1], grid.rows)
    return [
        layer if layer is None else np.pad(layer, (0, 1))[np.ix_(rows, columns)]
        for layer in cells.layers(left, top, wide, high)
    ]


def _places(
    first: int, many: int, times: int, most: int
) -> tuple[int, int, NDArray[np.int64]]:
    """Return which cells hold finer ones: first, how many, place of each or -1."""
    place = np.arange(first, first + many) // times
    start, end = np.clip([place[0], place[-1] + 1], 0, most).tolist()
    there = (start <= place) & (place < end)
    return start, end - start, np.where(there, place - start, -1)


def _warn_part(units: pd.Index) -> None:
    if len(units):
        msg = (
            f"sum: {len(units)} unit(s) without data on a part of their surface "
            f"({culprits(units)}); it is of the other part: see the column 'covered', "
            "or pass min_cover=…"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _warn_out(shapes: gpd.GeoSeries, box: Box, *, stacklevel: int) -> None:
    inside = shapely.area(shapely.intersection(shapes.array, shapely.box(*box)))
    units = shapes.index[inside < (1 - _NEARLY) * shapes.area].unique()
    if len(units):
        msg = (
            f"weights: {len(units)} unit(s) stick out of them ({culprits(units)}); "
            "what is outside weighs nothing: give weights that hold all units"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=stacklevel)


def _describe(
    table: pd.DataFrame, cells: _Cells, units: gpd.GeoDataFrame, source: str
) -> None:
    """Say what the table holds, and what it was made from."""
    unit = cells.dataset.units[cells.band - 1] or ""
    kinds: dict[str, Measure] = {
        "count": Stock(unit="cellules"),
        "sum": Stock(unit=unit, source=source),
        "median": Median(unit=unit, source=source),
        "weight": Stock(),
        "weighted_mean": Mean(weight="weight", unit=unit, source=source),
    }
    if "count" in table:
        kinds["mean"] = Mean(weight="count", unit=unit, source=source)
    credits_ = (source, *told_of(units).sources)
    tell(
        table,
        level=units.index.name,
        raster=cells.dataset.name,
        band=cells.band,
        resolution=cells.step,
        sources=tuple(dict.fromkeys(line for line in credits_ if line)),
        measures={name: kinds[name] for name in table if name in kinds},
    )
