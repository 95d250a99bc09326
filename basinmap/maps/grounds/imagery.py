"""Rasters of any kind, read for the frame of a map: no more than it shows."""

from __future__ import annotations

import errno
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.features import geometry_mask
from rasterio.transform import Affine
from rasterio.warp import reproject
from rasterio.windows import Window

from basinmap.errors import CRSError, DataError, OutputError
from basinmap.maps.paper.sheets import MapAxes, check_dpi
from basinmap.spatial.projections import METRIC
from basinmap.staging import staged_file
from basinmap.territory.local import is_there, local_file

__all__ = [
    "DPI",
    "Grid",
    "check_voids",
    "credit_of",
    "frame_grid",
    "inside",
    "opened",
    "project_bounds",
    "read_picture",
    "read_values",
    "warped",
    "write_tiff",
]

Path_: TypeAlias = str | PathLike[str]
Box: TypeAlias = tuple[float, float, float, float]
Pixels: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.floating]

DPI: Final = 200.0
"""Dots an inch of a ground on paper: finer is not seen at arm's length."""
_MOST: Final = 25_000_000
"""Pixels of a ground: an A0 at 136 dots an inch, read from a metre."""
_CACHE: Final = 64_000_000
"""Bytes of blocks that GDAL keeps while reading."""
_FINER: Final = 1.5
"""How much finer than the frame a raster is read, for warping not to blur it."""
_CREDITS: Final = "TIFFTAG_COPYRIGHT", "COPYRIGHT", "ATTRIBUTION", "CREDIT", "SOURCE"

_GLANCE: Final = 512
"""Rows and columns that are looked at for a number that stands for nothing."""
_DISTINCT: Final = 3
_VOIDS: Final = frozenset(
    [-9.0, -99.0, -999.0, -9999.0, -99999.0, -999999.0, -32767.0, -32768.0, 9999.0]
)
_ENORMOUS: Final = 1e20


@dataclass(frozen=True, slots=True)
class Grid:
    """
    Pixels of a picture on the map.

    Attributes
    ----------
    box
        Left, bottom, right, top, in map metres.
    width, height
        Columns and rows.
    """

    box: Box
    width: int
    height: int

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a pixel, in metres."""
        left, bottom, right, top = self.box
        return (right - left) / self.width, (top - bottom) / self.height

    @property
    def transform(self) -> Affine:
        """From columns and rows to map metres."""
        wide, high = self.cell
        return Affine(wide, 0.0, self.box[0], 0.0, -high, self.box[3])

    def grown(self, cells: int) -> Grid:
        """
        Return the same grid with some more pixels on each side.

        Parameters
        ----------
        cells
            How many.
        """
        wide, high = (side * cells for side in self.cell)
        left, bottom, right, top = self.box
        box = (left - wide, bottom - high, right + wide, top + high)
        more = 2 * cells
        return replace(
            self, box=box, width=self.width + more, height=self.height + more
        )


def frame_grid(ax: MapAxes, dpi: float | None) -> Grid:
    """
    Return the pixels that cover a map frame exactly.

    Parameters
    ----------
    ax
        The map of `page`.
    dpi
        Dots an inch on paper; by default 200, fewer on A0 so as to hold in memory.

    Raises
    ------
    DataError
        If the resolution makes no sense, or asks for too many pixels.
    """
    inches = [side / 25.4 for side in ax.plan.frame[2:]]
    most = math.sqrt(_MOST / (inches[0] * inches[1]))
    if dpi is not None:
        of = f"on a frame of {ax.plan.frame[2]:.0f} x {ax.plan.frame[3]:.0f} mm, "
        check_dpi(dpi, usual=DPI, most=most, of=of)
    chosen = min(most, DPI) if dpi is None else dpi
    width, height = (math.ceil(round(side * chosen, 6)) for side in inches)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return Grid((x0, y0, x1, y1), width, height)


# -- the door ---------------------------------------------------------------------


@contextmanager
def opened(path: Path_) -> Iterator[Any]:
    """
    Open a raster that can be laid on a map; say what is wrong with another.

    Parameters
    ----------
    path
        What GDAL reads: GeoTIFF, COG, VRT, MBTiles, raster GeoPackage.

    Raises
    ------
    CRSError
        If it has no CRS, or a local one that leads to no other.
    DataError
        If it is missing, unreadable, truncated, without bands, or not georeferenced
        along its rows and columns.
    """
    name = fspath(path)
    # A layer inside of a file that is there (GPKG:file:layer) is no address.
    within = Path(name.partition(":")[2].partition(":")[0].strip('"'))
    if not (is_there(within) and within.is_file()):
        local_file(name, f"{name}: cannot be read as a raster")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            # By default GDAL keeps a twentieth of the memory of the machine.
            with rasterio.Env(GDAL_CACHEMAX=_CACHE), rasterio.open(name) as dataset:
                _check(dataset, name)
                yield dataset
    except RasterioError as error:
        msg = (
            f"{name}: cannot be read as a raster ({error}); "
            "give the path of a whole file that `rio info` reads"
        )
        raise DataError(msg) from error


def _check(dataset: Any, name: str) -> None:  # noqa: ANN401 - rasterio's
    if dataset.count == 0:
        layers = list(dataset.subdatasets)
        cure = f"give one of its layers, {layers[0]!r}" if layers else "take another"
        msg = f"{name}: 0 bands, {len(layers)} layer(s) inside; {cure}"
        raise DataError(msg)
    if dataset.crs is None:
        msg = (
            f"{name}: no CRS; write the one it is in with "
            "`rio edit-info --crs EPSG:2154 file.tif`"
        )
        raise CRSError(msg)
    try:
        Transformer.from_crs(METRIC, dataset.crs.to_wkt())
    except ProjError as error:
        msg = (
            f"{name}: nothing leads from EPSG:2154 to its CRS, "
            f"{dataset.crs.to_wkt()[:40]}…; write the one it is in with "
            "`rio edit-info --crs EPSG:2154 file.tif`"
        )
        raise CRSError(msg) from error
    shift = dataset.transform
    if shift.is_identity or shift.b or shift.d:
        told = "not georeferenced" if shift.is_identity else "rotated"
        msg = (
            f"{name}: {told}; write a straight copy with "
            "`rio warp in.tif out.tif --dst-crs EPSG:2154`"
        )
        raise DataError(msg)


def credit_of(dataset: Any, given: str, name: Path_) -> str:  # noqa: ANN401 - rasterio's
    """
    Return whom a raster is from, as given or as its tags say.

    Parameters
    ----------
    dataset
        What `opened` gives.
    given
        A credit line, or nothing.
    name
        The file, for the message.

    Raises
    ------
    DataError
        If neither tells.
    """
    tags = {key.upper(): value for key, value in dataset.tags().items()}
    credit = given.strip() or next((tags[key] for key in _CREDITS if tags.get(key)), "")
    if not credit:
        msg = (
            f"{fspath(name)}: nothing says whom it is from, which the map must print; "
            "write credit='© IGN – BD ORTHO, 2024'"
        )
        raise DataError(msg)
    return credit


# -- reading ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of a raster that a frame needs, and how finely it is read."""

    window: Window
    shape: tuple[int, int]
    transform: Affine


def project_bounds(box: Box, source: Any, target: Any) -> Box:  # noqa: ANN401 - any CRS
    """
    Return the bounds, in another CRS, of a rectangle.

    Parameters
    ----------
    box
        Left, bottom, right, top.
    source, target
        The CRS, as pyproj takes them.

    Examples
    --------
    >>> box = project_bounds((680_000, 7_040_000, 690_000, 7_050_000), 2154, 4326)
    >>> [round(side, 2) for side in box]
    [2.72, 50.46, 2.86, 50.55]
    """
    move = Transformer.from_crs(source, target, always_xy=True)
    left, bottom, right, top = move.transform_bounds(*box, densify_pts=21)
    return float(left), float(bottom), float(right), float(top)


def _part(dataset: Any, grid: Grid) -> _Part:  # noqa: ANN401 - rasterio's
    """Return what to read: the frame and a few cells around, coarser if it is fine."""
    left, bottom, right, top = project_bounds(grid.box, METRIC, dataset.crs.to_wkt())
    # Straight: columns go with the abscissa alone, rows with the ordinate.
    wide, _, x0, _, high, y0 = dataset.transform[:6]
    columns = (left - x0) / wide, (right - x0) / wide
    rows = (top - y0) / high, (bottom - y0) / high
    if not np.isfinite([*columns, *rows]).all():
        raise DataError(_apart(dataset))
    steps = (
        max(1.0, (max(columns) - min(columns)) / (grid.width * _FINER)),
        max(1.0, (max(rows) - min(rows)) / (grid.height * _FINER)),
    )
    spans = []
    for ends, step, most in zip(
        (columns, rows), steps, (dataset.width, dataset.height), strict=True
    ):
        # Resampling looks a few cells away.
        first = max(0, math.floor(min(ends) - 4 * step))
        last = min(most, math.ceil(max(ends) + 4 * step))
        if first >= last:
            raise DataError(_apart(dataset))
        spans.append((first, last - first))
    (column, across), (row, down) = spans
    shape = math.ceil(down / steps[1]), math.ceil(across / steps[0])
    # Of the cells that are read: fewer, larger ones than those of the file.
    cell = wide * across / shape[1], high * down / shape[0]
    transform = Affine(cell[0], 0.0, x0 + wide * column, 0.0, cell[1], y0 + high * row)
    return _Part(Window(column, row, across, down), shape, transform)


def _apart(dataset: Any) -> str:  # noqa: ANN401 - rasterio's
    left, bottom, right, top = dataset.bounds
    return (
        f"{dataset.name}: lies outside the map: it covers {left:.7g} to {right:.7g}, "
        f"{bottom:.7g} to {top:.7g} in {dataset.crs.to_string()[:40]}; check its CRS, "
        "or give the raster of this territory"
    )


def read_values(
    dataset: Any,  # noqa: ANN401 - rasterio's
    grid: Grid,
    *,
    band: int = 1,
    smooth: bool = False,
    kinds: bool = False,
) -> Floats:
    """
    Read a measured band on a grid, what has no value as NaN.

    Parameters
    ----------
    dataset
        What `opened` gives.
    grid
        Where.
    band
        From 1.
    smooth
        Whether to interpolate between cells, as relief wants, or to leave them as
        they are. Cells finer than the grid are averaged either way.
    kinds
        Whether values are codes, of which the commonest is kept, never a mean.

    Raises
    ------
    DataError
        If there is no such band, it holds no real numbers, or it lies elsewhere.
    """
    if not 1 <= band <= dataset.count:
        msg = f"{dataset.name}: no band {band}; write band=1 to {dataset.count}"
        raise DataError(msg)
    kind = np.dtype(dataset.dtypes[band - 1])
    if kind.kind not in "iuf":
        msg = f"{dataset.name}: band {band} holds {kind}; give real numbers"
        raise DataError(msg)
    part = _part(dataset, grid)
    found = dataset.read(
        band,
        window=part.window,
        out_shape=part.shape,
        masked=True,
        resampling=Resampling.mode if kinds else Resampling.average,
    )
    # What float32 holds exactly stays in it: half the memory.
    held = np.float32 if np.can_cast(kind, np.float32) else np.float64
    values = found.astype(held).filled(np.nan)
    values *= dataset.scales[band - 1]
    values += dataset.offsets[band - 1]
    values[~np.isfinite(values)] = np.nan
    drawn = np.full((grid.height, grid.width), np.nan, dtype=held)
    reproject(
        values,
        drawn,
        src_transform=part.transform,
        src_crs=dataset.crs,
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=METRIC,
        dst_nodata=np.nan,
        resampling=Resampling.cubic if smooth else Resampling.nearest,
    )
    return drawn


def check_voids(
    dataset: Any,  # noqa: ANN401 - rasterio's
    grid: Grid,
    *,
    band: int = 1,
) -> None:
    """
    Refuse a number for « nothing » that the file does not declare as such.

    Parameters
    ----------
    dataset
        What `opened` gives.
    grid
        Where.
    band
        From 1.

    Raises
    ------
    DataError
        If a number that is usual for « no data » is farther from all the others than
        these are from each other.
    """
    if not 1 <= band <= dataset.count or dataset.dtypes[band - 1].startswith("c"):
        return  # told by `read_values`
    part = _part(dataset, grid)
    shape = tuple(min(side, _GLANCE) for side in part.shape)
    found = dataset.read(band, window=part.window, out_shape=shape, masked=True)
    known = np.unique(found.compressed())
    known = known[np.isfinite(known)].astype(np.float64)
    for at in (0, -1) if len(known) > _DISTINCT else ():
        void, rest = known[at], np.delete(known, at)
        far = min(abs(void - rest[0]), abs(void - rest[-1]))
        if far > rest[-1] - rest[0] and _usual_void(void, dataset.dtypes[band - 1]):
            msg = (
                f"{dataset.name}: {void:g} is far from all the other values "
                f"({rest[0]:g} to {rest[-1]:g}), as what stands for nothing; say so "
                f"with `rio edit-info --nodata {void:g} file.tif`"
            )
            raise DataError(msg)


def _usual_void(value: float, kind: str) -> bool:
    """Tell a number that stands for « no data » in many files."""
    if np.dtype(kind).kind in "iu":
        bounds = np.iinfo(kind)
        # Of unsigned numbers the least is 0, which is a value.
        if value == bounds.max or bounds.min < 0 <= bounds.min + 1 - value:
            return True
    return value in _VOIDS or abs(value) > _ENORMOUS


def read_picture(dataset: Any, grid: Grid) -> Pixels:  # noqa: ANN401 - rasterio's
    """
    Read a picture on a grid: colours, or a palette, or greys, of eight bits.

    Parameters
    ----------
    dataset
        What `opened` gives.
    grid
        Where.

    Returns
    -------
    array
        Of shape (height, width, 4): red, green, blue, and 0 where there is nothing.

    Raises
    ------
    DataError
        If it is no picture, or lies elsewhere.
    """
    bands = _colors(dataset)
    part = _part(dataset, grid)
    options: dict[str, Any] = {"window": part.window}
    read = dataset.read(
        bands,
        out_shape=(len(bands), *part.shape),
        resampling=Resampling.average,
        **options,
    )
    mask = dataset.dataset_mask(out_shape=part.shape, **options)
    if dataset.colorinterp[bands[0] - 1] == ColorInterp.palette:
        table = np.zeros((256, 4), dtype=np.uint8)
        for code, color in dataset.colormap(bands[0]).items():
            table[code] = color
        painted = table[read[0]]
        read = np.moveaxis(painted[..., :3], -1, 0)
        mask = np.minimum(mask, painted[..., 3])
    return warped(read, mask, part.transform, dataset.crs, grid)


def _colors(dataset: Any) -> list[int]:  # noqa: ANN401 - rasterio's
    """Return the bands that hold red, green, blue, or grey thrice, or a palette."""
    roles = list(dataset.colorinterp)
    shown = [role for role in roles if role != ColorInterp.alpha]
    kinds = {dataset.dtypes[roles.index(role)] for role in shown}
    if len(shown) == 2 or (len(shown) == 1 and kinds != {"uint8"}):
        msg = (
            f"{dataset.name}: {len(shown)} band(s) of {', '.join(sorted(kinds))} are "
            "no picture; draw what is measured with bm.draw_raster, relief with "
            "bm.draw_hillshade"
        )
        raise DataError(msg)
    if kinds != {"uint8"}:
        msg = (
            f"{dataset.name}: colours of {', '.join(sorted(kinds))}, where a print has "
            "8 bits; write a copy, choosing what is white: "
            "`rio convert in.tif out.tif --dtype uint8 --scale-ratio 0.0039`"
        )
        raise DataError(msg)
    if len(shown) == 1:
        band = roles.index(shown[0]) + 1
        return [band] if shown[0] == ColorInterp.palette else [band] * 3
    named = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(role in roles for role in named):
        return [roles.index(role) + 1 for role in named]
    return [i + 1 for i, role in enumerate(roles) if role != ColorInterp.alpha][:3]


def warped(
    colors: Pixels,
    mask: Pixels,
    transform: Affine,
    crs: Any,  # noqa: ANN401 - any CRS
    grid: Grid,
) -> Pixels:
    """
    Bring a picture to a grid of the map, by cubic convolution.

    Parameters
    ----------
    colors
        Of shape (3, rows, columns).
    mask
        Of shape (rows, columns): 255 where there is something.
    transform
        From columns and rows to its CRS.
    crs
        Its CRS.
    grid
        Where.

    Returns
    -------
    array
        Of shape (height, width, 4).
    """
    drawn = np.zeros((grid.height, grid.width, 4), dtype=np.uint8)
    options: dict[str, Any] = {
        "src_transform": transform,
        "src_crs": crs,
        "dst_transform": grid.transform,
        "dst_crs": METRIC,
        "resampling": Resampling.cubic,
        "num_threads": 2,
    }
    shape = grid.height, grid.width
    if (mask == 255).all():
        for i, band in enumerate((*colors, mask)):
            found = np.zeros(shape, dtype=np.uint8)
            # Where the picture ends is a line: nothing to interpolate.
            edge = {"resampling": Resampling.nearest} if i == 3 else {}
            reproject(band, found, **{**options, **edge})
            drawn[..., i] = found
        return drawn
    weights = np.zeros(shape, dtype=np.float32)
    reproject(mask / np.float32(255), weights, **options)
    drawn[..., 3] = np.clip(np.rint(weights * 255), 0, 255)
    for i, band in enumerate(colors):
        drawn[..., i] = _through(band, mask, weights, options)
    return drawn


def _through(
    band: Pixels,
    mask: Pixels,
    weights: NDArray[np.float32],
    options: Mapping[str, Any],
) -> Pixels:
    """Warp a band without the colour of what is hidden running into the rest."""
    weighed = band * (mask / np.float32(255))
    found = np.zeros_like(weights)
    reproject(weighed, found, **options)
    # Under half a level of opacity nothing is seen.
    found /= np.maximum(weights, np.float32(0.001))
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def inside(shapes: gpd.GeoSeries, grid: Grid) -> NDArray[np.bool_]:
    """
    Tell which pixels have their centre in some polygon.

    Parameters
    ----------
    shapes
        Polygons in the CRS of the map.
    grid
        The pixels.
    """
    return geometry_mask(
        shapes.array, (grid.height, grid.width), grid.transform, invert=True
    )


def write_tiff(
    target: Path, colors: Pixels, grid: Grid, tags: Mapping[str, str]
) -> None:
    """
    Write a picture of the map as a GeoTIFF in EPSG:2154; same picture, same bytes.

    Parameters
    ----------
    target
        Where; it is written beside, then moved there. Its folder is made if it is
        missing, and a link stays one.
    colors
        Of shape (rows, columns, 3).
    grid
        Where the picture lies.
    tags
        What the file says of itself.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": 3,
        "dtype": "uint8",
        "crs": METRIC,
        "transform": grid.transform,
        "photometric": "RGB",
        "compress": "deflate",
        "predictor": 2,
    }
    if min(grid.width, grid.height) >= 256:
        profile |= {"tiled": True, "blockxsize": 256, "blockysize": 256}

    def check(staged: Path) -> None:
        # Of a disk that is full, GDAL tells nobody when it closes.
        try:
            with rasterio.open(staged) as file:
                found = np.moveaxis(file.read(), 0, -1)
        except RasterioError as error:
            raise OSError(errno.EIO, str(error)) from error
        if not np.array_equal(found, colors):
            raise OSError(errno.EIO, "what is there is not what was written")

    with staged_file(target, check=check) as staged:
        try:
            with rasterio.open(staged, "w", **profile) as file:
                file.update_tags(**tags)
                file.write(np.moveaxis(colors, -1, 0))
        except (OSError, RasterioError) as error:
            reason = getattr(error, "strerror", None) or error
            msg = f"cannot write in {target}: {reason}; choose another place"
            raise OutputError(msg) from error
