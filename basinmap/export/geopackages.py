"""GeoPackage: layers with their styles and dictionary, the same bytes each time."""

from __future__ import annotations

import datetime as dt
import errno
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import NoneType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
from pyproj import Transformer

from basinmap.arguments import check_given, check_kind, day_of, text_of
from basinmap.errors import BasinmapWarning, CRSError, DataError, culprits
from basinmap.export.contents import content_of
from basinmap.export.descriptions import Description
from basinmap.export.metadata import About
from basinmap.export.ogr_fields import crs_of, field_of, kind_of, offsets_of
from basinmap.export.package_records import STYLES, Record, plain_style, write_records
from basinmap.export.qgis.styles import Style
from basinmap.staging import UNDATED, check_file, refusal, staged_file
from basinmap.values.cells import Cells, check_name
from basinmap.values.told import fact_of, told_of

__all__ = ["write_geopackage"]


def write_geopackage(
    path: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    date: str | dt.date | None = None,
    title: str = "",
    author: str = "",
    licence: str = "",
    styles: Mapping[str, Sequence[Style]] | None = None,
) -> Path:
    """
    Write layers and tables to one GeoPackage, whole or not at all.

    It opens dressed in QGIS, its columns named in French: what is told of them
    (`attrs`, measures) gives names, units and descriptions, beside styles, domains of
    values and metadata. It is of version 1.2, which all that is in use reads.

    Parameters
    ----------
    path
        The file, replaced if it exists.
    layers
        Layer name to frame; the index becomes the first column. `attrs` may give
        `title` and `description`.
    tables
        Tables without geometry, such as a dictionary of columns.
    date
        Date of making; the 1st of January 2000 by default, so that the same
        content gives the same bytes whenever it is written.
    title, author, licence
        Of the file, for its metadata; on which terms others may use it.
    styles
        Layer name to its styles, the first by default, as `map_styles` returns them;
        a layer that has none is drawn pale, with its names.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    DataError
        If styles are of no layer, there is no layer, one is empty, two columns share a
        name, or a value is one that no file holds: infinite, a list, a duration, a
        second shape.
    TypeError
        If something given is of another type.
    VintageError
        If the date is none.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    Warns
    -----
    BasinmapWarning
        If a row has no shape, or one that crosses itself, or a column is no longer that
        which is told of it.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> path = bm.write_geopackage(
    ...     folder / "lens.gpkg", {"communes": bm.communes(epci="call")}
    ... )
    >>> path.name
    'lens.gpkg'
    """
    check_given(write_geopackage, locals())
    check_file(path)
    check_kind(layers, Mapping, "layers", "{'communes': frame}")
    check_kind(tables, (Mapping, NoneType), "tables", "{'dictionnaire': table}")
    if not layers:
        msg = "nothing to write: give at least one layer, {'communes': frame}"
        raise DataError(msg)
    day = UNDATED if date is None else day_of(date)
    _check_names([*layers, *(tables or {})])
    content = [_layer_of(name, frame) for name, frame in layers.items()]
    content += [_table_of(name, table) for name, table in (tables or {}).items()]
    given = _checked_styles(styles or {}, content)
    words = (text_of(title, "title"), text_of(author, "author"))
    whole = _About(day, *words, text_of(licence, "licence"))
    counts = {one.name: len(one.columns[0].held) for one in content}
    with staged_file(path, check=partial(_check_whole, counts)) as staged, _clock(day):
        try:
            for one in content:
                _write(one, staged)
            records = [_record(one, given.get(one.name, ()), whole) for one in content]
            write_records(staged, records, whole.of_file(records), day)
        except (OSError, sqlite3.Error) as error:
            raise refusal(Path(path), _as_os(error)) from error
    return Path(path)


def _as_os(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(errno.EIO, str(error))


def _checked_styles(
    styles: Mapping[str, Sequence[Style]], content: Sequence[_Content]
) -> dict[str, tuple[Style, ...]]:
    """Return styles by layer, once they are known to be of some."""
    drawn = [one.name for one in content if one.shapes is not None]
    strange = [name for name in styles if name not in drawn]
    if strange:
        msg = f"styles of no layer: {culprits(strange)}; there are {culprits(drawn)}"
        raise DataError(msg)
    for name, given in styles.items():
        check_kind(given, (list, tuple), f"styles[{name!r}]", "what map_styles returns")
    found = {name: tuple(given) for name, given in styles.items()}
    wrong = [n for n, g in found.items() if not all(isinstance(s, Style) for s in g)]
    if wrong:
        msg = f"styles of {culprits(wrong)}: give a list of what map_styles returns"
        raise DataError(msg)
    return found


@dataclass(frozen=True, slots=True)
class _About:
    """What is said of a file and of all its tables."""

    date: dt.date
    title: str
    author: str
    licence: str

    def of_file(self, records: Sequence[Record]) -> About:
        """Return what the file is."""
        every = [record.about for record in records]
        boxes = [one.bounds for one in every if one.bounds is not None]
        west, south, east, north = zip(*boxes, strict=True) if boxes else ((),) * 4
        return About(
            key=self.title or "basinmap",
            title=self.title or "Données territoriales",
            abstract="Contient : " + " ; ".join(one.title for one in every) + ".",
            author=self.author,
            licence=self.licence,
            date=self.date,
            sources=tuple(dict.fromkeys(s for one in every for s in one.sources)),
            vintages=tuple(sorted({v for one in every for v in one.vintages})),
            crs=next((one.crs for one in every if one.crs), ""),
            bounds=(min(west), min(south), max(east), max(north)) if boxes else None,
        )


def _record(content: _Content, styles: tuple[Style, ...], whole: _About) -> Record:
    """Return what is to be said of a layer or a table."""
    columns, shapes = content.described, content.shapes
    title = content.options.get("IDENTIFIER", content.name)
    if shapes is not None and not styles:
        kind = _drawn_as(shapes)
        styles = (plain_style(content.name, title, kind, columns),) if kind else ()
    vintages = {column.vintage for column in columns.values() if column.vintage}
    credited = [*content.sources, *(column.credit for column in columns.values())]
    sources = [line for text in credited for line in text.split(" ; ") if line]
    about = About(
        key=content.name,
        title=title,
        abstract=content.options.get("DESCRIPTION", ""),
        author=whole.author,
        licence=whole.licence,
        date=whole.date,
        sources=tuple(dict.fromkeys(sources)),
        vintages=tuple(sorted(vintages)),
        crs="" if shapes is None else crs_of(shapes),
        bounds=None if shapes is None else _degrees(shapes),
    )
    return Record(
        table=content.name,
        cells=content.columns,
        columns=columns,
        about=about,
        styles=styles,
    )


def _drawn_as(shapes: gpd.GeoSeries) -> str:
    """Return how shapes are drawn, or nothing where they are of several kinds."""
    kinds = {str(kind).removeprefix("Multi") for kind in shapes.geom_type.dropna()}
    known = {"Point": "marker", "LineString": "line", "Polygon": "fill"}
    return known.get(kinds.pop(), "") if len(kinds) == 1 else ""


def _degrees(shapes: gpd.GeoSeries) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north, to the metre."""
    box = shapes.total_bounds
    if not np.isfinite(box).all():
        return None
    from_here = Transformer.from_crs(shapes.crs, "EPSG:4326", always_xy=True)
    xmin, ymin, xmax, ymax = (float(side) for side in box)
    found = from_here.transform_bounds(xmin, ymin, xmax, ymax)
    if not np.isfinite(found).all():
        return None
    west, south, east, north = (round(float(side), 5) for side in found)
    return west, south, east, north


@dataclass(frozen=True, slots=True)
class _Content:
    """A layer or a table: its columns, its shapes, what it says of itself."""

    name: str
    columns: tuple[Cells, ...]
    described: Mapping[str, Description]
    shapes: gpd.GeoSeries | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


def _check_names(names: list[object]) -> None:
    """Check that layers and tables can be told apart, and asked for by their names."""
    words = [check_name(name, "layer") for name in names]
    if len({word.lower() for word in words}) < len(words):
        msg = f"layers and tables that differ by case at most: {words}"
        raise DataError(msg)
    reserved = [
        w
        for w in words
        if w.lower().startswith(("gpkg_", "sqlite_", "rtree_")) or w.lower() == STYLES
    ]
    if reserved:
        msg = (
            f"layer {reserved[0]!r}: GeoPackage keeps names in gpkg_, rtree_ and "
            f"sqlite_ for itself, QGIS {STYLES}; rename it"
        )
        raise DataError(msg)


def _layer_of(name: str, frame: gpd.GeoDataFrame) -> _Content:
    what = f"layer {name!r}"
    if not isinstance(frame, gpd.GeoDataFrame):
        if not isinstance(frame, pd.DataFrame):
            check_kind(frame, gpd.GeoDataFrame, what, "a frame, such as bm.communes()")
        msg = f"{what} has no geometry; pass it in tables={{…}}"
        raise DataError(msg)
    if frame.active_geometry_name is None:
        msg = f"{what} has no geometry: call .set_geometry(…) first"
        raise DataError(msg)
    if frame.empty:
        msg = f"{what} is empty"
        raise DataError(msg)
    if frame.crs is None:
        msg = f"{what} has no CRS: call .set_crs(…) first"
        raise CRSError(msg)
    _check_shapes(frame.geometry, what)
    columns, said = _columns_of(frame, what)
    options = {"IDENTIFIER": str(fact_of(frame, "title", name))}
    if described := fact_of(frame, "description"):
        options["DESCRIPTION"] = str(described)
    sources = told_of(frame).sources
    return _Content(str(name), columns, said, frame.geometry, options, sources)


def _table_of(name: str, table: pd.DataFrame) -> _Content:
    what = f"table {name!r}"
    check_kind(table, pd.DataFrame, what, "a table")
    if isinstance(table, gpd.GeoDataFrame):
        msg = f"{what} has a geometry; pass it as a layer, or drop the column"
        raise DataError(msg)
    columns, said = _columns_of(table, what)
    options = {"IDENTIFIER": str(fact_of(table, "title", name))}
    return _Content(
        str(name),
        columns,
        said,
        options=options,
        sources=told_of(table).sources,
    )


def _columns_of(
    table: pd.DataFrame, what: str
) -> tuple[tuple[Cells, ...], dict[str, Description]]:
    """Return what a layer or a table holds, checked, and what it is."""
    # GeoPackage takes « A » and « a » for one name, and keeps two for itself.
    held = content_of(
        table, what, unnamed="index", reserved=("fid", "geom"), folded=True
    )
    columns = tuple(field.cells for field in held.fields)
    return columns, {field.cells.name: field.description for field in held.fields}


def _check_shapes(shapes: gpd.GeoSeries, what: str) -> None:
    """Refuse coordinates that are nowhere; tell what nothing can be made of."""
    plain = shapes.to_numpy()
    if not np.isfinite(shapely.get_coordinates(plain)).all():
        bad = [
            code
            for code, shape in zip(shapes.index, plain, strict=True)
            if not np.isfinite(shapely.get_coordinates(shape)).all()
        ]
        msg = f"{what}: coordinates that are no numbers at {culprits(bad)}"
        raise DataError(msg)
    gone = shapely.is_missing(plain)
    void = shapes.index[gone | shapely.is_empty(plain)]
    crossed = shapes.index[~shapely.is_valid(plain) & ~gone]
    for codes, fault in (
        (void, "without a shape: it cannot be drawn"),
        (crossed, "whose outline crosses itself: call .make_valid()"),
    ):
        if len(codes):
            msg = f"{what}: {len(codes)} row(s) {fault}: {culprits(codes)}"
            warnings.warn(msg, BasinmapWarning, stacklevel=4)


def _write(content: _Content, path: Path) -> None:
    """Write a layer or a table after those that are in the file."""
    columns = [field_of(cells) for cells in content.columns]
    shapes = content.shapes
    kind = None if shapes is None else kind_of(shapes)
    try:
        pyogrio.raw.write(
            path,
            None if shapes is None else shapely.to_wkb(shapes.to_numpy()),
            [values for values, _ in columns],
            [cells.name for cells in content.columns],
            field_mask=[gone for _, gone in columns],
            layer=content.name,
            driver="GPKG",
            geometry_type=kind,
            crs=None if shapes is None else crs_of(shapes),
            promote_to_multi=kind is not None and kind.startswith("Multi"),
            append=path.exists(),
            # 1.4, which GDAL writes by itself, makes older readers warn.
            dataset_options={"VERSION": "1.2"},
            layer_options=dict(content.options),
            gdal_tz_offsets=offsets_of(content.columns),
        )
    except (DataSourceError, DataLayerError, FieldError, FeatureError) as error:
        # What a file cannot bear is refused above: what is left is the disk.
        raise OSError(errno.EIO, str(error)) from error


def _check_whole(counts: Mapping[str, int], staged: Path) -> None:
    """Check that a GeoPackage is read back as it was written."""
    reader = f"{staged.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(reader, uri=True)) as base:
            found = [str(line) for (line,) in base.execute("PRAGMA quick_check")]
            held = {name: _count(base, name) for name in counts}
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from error
    if found != ["ok"] or held != dict(counts):
        raise OSError(errno.EIO, "what is there is not what was written")


def _count(base: sqlite3.Connection, name: str) -> int:
    doubled = name.replace('"', '""')
    (found,) = base.execute(f'SELECT COUNT(*) FROM "{doubled}"').fetchone()  # noqa: S608 - quoted
    return int(found)


@contextmanager
def _clock(date: dt.date) -> Iterator[None]:
    """Let GDAL write that date instead of the time of day."""
    key = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(key)
    pyogrio.set_gdal_config_options({key: f"{date.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({key: before})
