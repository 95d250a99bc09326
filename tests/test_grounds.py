"""Grounds from files: pictures, measured rasters, relief; and GeoTIFF of the frame."""

import datetime as dt
import importlib.util
import io
import math
import sqlite3
import tracemalloc
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image
from pyproj import Transformer
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

import basinmap as bm
from basinmap.errors import CRSError, DataError, OutputError
from basinmap.maps.grounds import imagery
from basinmap.maps.grounds.imagery import frame_grid, opened, read_values
from basinmap.maps.grounds.relief import shade

spec = importlib.util.spec_from_file_location(
    "shared", Path(__file__).with_name("shared.py")
)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


LENS = bm.communes(epci="call")
CREDIT = "© Essai, 2026"
PERIOD = 900.0, 700.0  # metres; at 1 : 200 000 and 200 dots an inch, 35 and 28 pixels


@pytest.fixture
def ax():
    _, found = bm.page(LENS, title="Fond", paper=(150, 90))
    return found


def pattern(x, y):
    """Colour of a place of the map: waves of its metres."""
    waves = [
        127.5 + 110 * np.sin(2 * np.pi * v / p)
        for v, p in zip((x, y), PERIOD, strict=True)
    ]
    return np.stack([*waves, np.full_like(waves[0], 60.0)])


def frame(ax):
    return ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1]


def layout(ax, crs=2154, size=600, margin=0.05):
    """Return transform, columns and rows of a raster around a frame, in some CRS."""
    left, bottom, right, top = transform_bounds("EPSG:2154", f"EPSG:{crs}", *frame(ax))
    wide, high = (right - left) * (1 + 2 * margin), (top - bottom) * (1 + 2 * margin)
    left, top = left - wide * margin, top + high * margin
    rows = round(size * high / wide * (1.6 if crs == 4326 else 1))
    return Affine(wide / size, 0, left, 0, -high / rows, top), size, rows


def centres(transform, columns, rows):
    x = transform.c + transform.a * (np.arange(columns) + 0.5)
    y = transform.f + transform.e * (np.arange(rows) + 0.5)
    return np.meshgrid(x, y)


def write(path, bands, transform, *, crs=2154, driver="GTiff", tags=None, **options):
    bands = np.asarray(bands)
    if bands.ndim == 2:
        bands = bands[np.newaxis]
    with rasterio.open(
        path,
        "w",
        driver=driver,
        width=bands.shape[2],
        height=bands.shape[1],
        count=len(bands),
        dtype=bands.dtype,
        crs=f"EPSG:{crs}" if isinstance(crs, int) else crs,
        transform=transform,
        **options,
    ) as file:
        file.write(bands)
        file.update_tags(**(tags or {}))
    return path


def photo(path, ax, crs=2154, size=1200, **options):
    """Write a picture whose colours tell where they are."""
    transform, columns, rows = layout(ax, crs, size)
    x, y = centres(transform, columns, rows)
    if crs != 2154:
        x, y = Transformer.from_crs(crs, 2154, always_xy=True).transform(x, y)
    bands = np.rint(pattern(x, y)).astype(np.uint8)
    return write(path, bands, transform, crs=crs, **options)


def picture(ax, label="_basemap"):
    (found,) = [image for image in ax.images if image.get_label() == label]
    return np.asarray(found.get_array())


def away(ax, pixels):
    """Levels between what is drawn and what should be, far from the edges."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = frame(ax)
    rows, columns = np.mgrid[3 : height - 3 : 11, 3 : width - 3 : 11]
    x = x0 + (columns + 0.5) / width * (x1 - x0)
    y = y1 - (rows + 0.5) / height * (y1 - y0)
    expected = np.moveaxis(pattern(x, y), 0, -1)
    return np.abs(pixels[rows, columns, :3].astype(float) - expected).max()


# -- pictures ----------------------------------------------------------------------


@pytest.mark.parametrize("crs", [2154, 3857, 4326, 32631])
def test_a_picture_lies_where_it_should_from_any_crs(ax, tmp_path, crs):
    path = photo(tmp_path / "photo.tif", ax, crs)
    before = frame(ax)
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    assert frame(ax) == before
    assert picture(ax).shape[2] == 3
    # A pixel away, the waves have changed by 20 to 25 levels.
    assert away(ax, picture(ax)) < 8
    assert list(ax.grounds) == [CREDIT]


def test_a_raster_that_runs_from_the_south_is_not_upside_down(ax, tmp_path):
    transform, columns, rows = layout(ax, size=1200)
    flipped = Affine(
        transform.a, 0, transform.c, 0, -transform.e, transform.f + rows * transform.e
    )
    bands = np.rint(pattern(*centres(flipped, columns, rows))).astype(np.uint8)
    path = write(tmp_path / "south.tif", bands, flipped)
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    assert away(ax, picture(ax)) < 8


def test_mbtiles_and_geopackages_and_vrt_are_read(ax, tmp_path):
    tif = photo(tmp_path / "photo.tif", ax, 3857)
    with rasterio.open(tif) as file:
        bands, transform = file.read(), file.transform
    write(tmp_path / "photo.gpkg", bands, transform, crs=3857, driver="GPKG")
    with rasterio.vrt.WarpedVRT(rasterio.open(tif)) as vrt:
        rasterio.shutil.copy(vrt, tmp_path / "photo.vrt", driver="VRT")
    for name in ("photo.gpkg", "photo.vrt"):
        _, other = bm.page(LENS, title="Fond", paper=(150, 90))
        bm.draw_basemap(other, tmp_path / name, credit=CREDIT, opacity=1)
        # A GeoPackage holds tiles in JPEG or PNG on its own grid: a blur more.
        assert away(other, picture(other)) < 25, name


def test_mbtiles_say_whom_they_are_from(ax, tmp_path):
    path = tmp_path / "plan.mbtiles"
    file = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 100, 50)).save(file, "PNG")
    with sqlite3.connect(path) as base:
        base.execute("create table metadata (name text, value text)")
        base.executemany(
            "insert into metadata values (?, ?)",
            [("name", "Plan"), ("format", "png"), ("attribution", "© Ville de Lens")],
        )
        base.execute(
            "create table tiles (zoom_level int, tile_column int, tile_row int, "
            "tile_data blob)"
        )
        # All of the frame lies in this tile and its neighbours at zoom 9.
        base.executemany(
            "insert into tiles values (9, ?, ?, ?)",
            [
                (x, 2**9 - 1 - y, file.getvalue())
                for x in (259, 260)
                for y in (172, 173)
            ],
        )
    base.close()
    bm.draw_basemap(ax, path, opacity=1)
    assert (picture(ax)[..., :3] == (200, 100, 50)).all()
    assert list(ax.grounds) == ["© Ville de Lens"]


def test_what_has_no_data_is_transparent_and_lends_no_colour(ax, tmp_path):
    transform, columns, rows = layout(ax)
    bands = np.full((3, rows, columns), 200, np.uint8)
    bands[:, :, : columns // 2] = 0
    path = write(tmp_path / "half.tif", bands, transform, nodata=0)
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    pixels = picture(ax)
    shown = pixels[..., 3] > 0
    assert 0.4 < shown.mean() < 0.6
    assert not shown[:, 0].any()
    assert shown[:, -1].all()
    # No dark fringe: what is half hidden keeps its colour.
    assert np.abs(pixels[shown][:, :3].astype(int) - 200).max() <= 1


def test_an_alpha_band_is_a_mask(ax, tmp_path):
    transform, columns, rows = layout(ax)
    bands = np.full((4, rows, columns), 120, np.uint8)
    bands[3] = 255
    bands[3, : rows // 2] = 0
    path = write(
        tmp_path / "rgba.tif", bands, transform, photometric="RGB", alpha="YES"
    )
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    alpha = picture(ax)[..., 3]
    assert not alpha[0].any()
    assert (alpha[-1] == 255).all()


def test_a_picture_smaller_than_the_frame_leaves_the_rest_bare(ax, tmp_path):
    transform, columns, rows = layout(ax, margin=-0.2)
    path = write(
        tmp_path / "s.tif", np.full((3, rows, columns), 90, np.uint8), transform
    )
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    pixels = picture(ax)
    # 60 % of each side.
    assert (pixels[..., 3] == 255).mean() == pytest.approx(0.36, abs=0.01)
    assert (pixels[pixels[..., 3] == 255][:, :3] == 90).all()


def test_a_picture_of_nothing_is_told(ax, tmp_path):
    transform, columns, rows = layout(ax)
    nothing = np.zeros((3, rows, columns), np.uint8)
    path = write(tmp_path / "void.tif", nothing, transform, nodata=0)
    with pytest.raises(DataError, match="nothing of it is in the frame"):
        bm.draw_basemap(ax, path, credit=CREDIT)


def test_a_palette_gives_its_colours_not_its_codes(ax, tmp_path):
    transform, columns, rows = layout(ax, size=2000)
    codes = np.zeros((rows, columns), np.uint8)
    codes[:, columns // 2 :] = 7
    path = tmp_path / "scan.tif"
    write(path, codes, transform)
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {0: (250, 10, 20, 255), 7: (5, 60, 240, 255)})
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    pixels = picture(ax)
    assert (pixels[:, 5] == (250, 10, 20)).all()
    assert (pixels[:, -5] == (5, 60, 240)).all()


def test_greys_are_a_picture(ax, tmp_path):
    transform, columns, rows = layout(ax)
    path = write(
        tmp_path / "grey.tif", np.full((rows, columns), 77, np.uint8), transform
    )
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    assert (picture(ax) == 77).all()


def test_infrared_first_is_put_in_its_place(ax, tmp_path):
    transform, columns, rows = layout(ax)
    bands = np.stack([np.full((rows, columns), v, np.uint8) for v in (250, 30, 20, 10)])
    path = tmp_path / "irc.tif"
    write(path, bands, transform, photometric="MINISBLACK")
    with rasterio.open(path, "r+") as file:
        roles = (
            ColorInterp.undefined,
            ColorInterp.red,
            ColorInterp.green,
            ColorInterp.blue,
        )
        file.colorinterp = roles
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    assert (picture(ax) == (30, 20, 10)).all()


# -- no more than the frame --------------------------------------------------------


def test_a_large_picture_costs_what_the_frame_shows(ax, tmp_path, monkeypatch):
    """A mosaic of 30,000 x 30,000 pixels, 2.7 GB once open: a sparse file."""
    x0, _, x1, y1 = frame(ax)
    cell = (x1 - x0) / 3_000
    path = tmp_path / "mosaic.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=30_000,
        height=30_000,
        count=3,
        dtype="uint8",
        crs="EPSG:2154",
        transform=Affine(cell, 0, x0 - 13_000 * cell, 0, -cell, y1 + 13_000 * cell),
        tiled=True,
        sparse_ok=True,
        compress="deflate",
    ):
        pass
    parts = []
    part = imagery._part

    def spy(dataset, grid):
        parts.append(part(dataset, grid))
        return parts[-1]

    monkeypatch.setattr(imagery, "_part", spy)
    tracemalloc.start()
    bm.draw_basemap(ax, path, credit=CREDIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (found,) = parts
    assert found.window.width < 3_100
    assert found.window.height < 3_100
    pixels = picture(ax).shape[0] * picture(ax).shape[1]
    assert found.shape[0] * found.shape[1] < 1.1 * 1.5**2 * pixels
    assert peak < 60 * pixels


def test_overviews_serve_when_they_are_there(ax, tmp_path):
    transform, columns, rows = layout(ax, size=4000)
    path = tmp_path / "cog.tif"
    write(path, np.zeros((3, rows, columns), np.uint8), transform, tiled=True)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], Resampling.average)
        # Only the coarse levels are painted: what is drawn tells which was read.
    for level in (0, 1):
        with rasterio.open(path, "r+", overview_level=level) as file:
            shape = (3, file.height, file.width)
            file.write(np.full(shape, 100 + 50 * level, np.uint8))
    bm.draw_basemap(ax, path, credit=CREDIT, opacity=1)
    # The frame is 512 pixels wide, read at 768: the level of 1000 is finer.
    assert (picture(ax) == 150).all()


def test_a_poster_takes_no_more_than_25_million_pixels():
    _, ax = bm.page(LENS, title="Fond", paper="A0")
    grid = frame_grid(ax, None)
    assert 20_000_000 < grid.width * grid.height <= 25_100_000
    with pytest.raises(DataError, match=r"give 1 to \d+ dots an inch"):
        frame_grid(ax, 300)


# -- what is no picture ------------------------------------------------------------


def bad(tmp_path, ax, kind):
    """Write a file that cannot be a ground, and return its path."""
    transform, columns, rows = layout(ax, size=200)
    path = tmp_path / f"{kind}.tif"
    data = np.random.default_rng(1).integers(0, 255, (3, rows, columns), dtype=np.uint8)
    if kind == "text":
        path.write_text("commune;population")
    elif kind == "truncated":
        write(path, data, transform, compress="deflate")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "local":
        write(path, data, transform, crs='LOCAL_CS["mine",UNIT["metre",1]]')
    elif kind != "missing":
        far = Affine.translation(300_000, 0) @ transform
        changed = {
            "sixteen": {"bands": data.astype(np.uint16)},
            "float": {"bands": np.full((rows, columns), np.nan, np.float32)},
            "two": {"bands": data[:2]},
            "no-crs": {"crs": None},
            "rotated": {"transform": transform @ Affine.rotation(10)},
            "elsewhere": {"transform": far},
            "south": {"transform": Affine(0.1, 0, 0, 0, -0.1, -40), "crs": 4326},
        }[kind]
        write(path, **{"bands": data, "transform": transform, **changed})
    return path


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", DataError, "cannot be read as a raster"),
        ("text", DataError, "cannot be read as a raster"),
        ("truncated", DataError, "cannot be read as a raster"),
        ("sixteen", DataError, "rio convert in.tif out.tif --dtype uint8"),
        ("float", DataError, "bm.draw_raster"),
        ("two", DataError, "2 band"),
        ("no-crs", CRSError, "rio edit-info --crs"),
        ("local", CRSError, "nothing leads from EPSG:2154.*rio edit-info --crs"),
        ("rotated", DataError, "rotated; write a straight copy"),
        ("elsewhere", DataError, "lies outside the map"),
        ("south", DataError, "lies outside the map"),
    ],
)
def test_what_is_no_ground_is_told(ax, tmp_path, kind, error, message):
    path = bad(tmp_path, ax, kind)
    with pytest.raises(error, match=message):
        bm.draw_basemap(ax, path, credit=CREDIT)
    assert not ax.images
    assert not ax.grounds


def test_a_geopackage_of_several_rasters_says_which_there_are(ax, tmp_path):
    transform, columns, rows = layout(ax, size=200)
    path = tmp_path / "deux.gpkg"
    for name in ("un", "deux"):
        options = {"raster_table": name, "append_subdataset": "YES"}
        if not path.exists():
            options.pop("append_subdataset")
        write(
            path,
            np.full((3, rows, columns), 9, np.uint8),
            transform,
            driver="GPKG",
            **options,
        )
    with pytest.raises(DataError, match=r"0 bands, 2 layer.*'GPKG:.*deux.gpkg:un'"):
        bm.draw_basemap(ax, path, credit=CREDIT)
    bm.draw_basemap(ax, f"GPKG:{path}:deux", credit=CREDIT)
    assert ax.images


def test_a_file_must_say_whom_it_is_from(ax, tmp_path):
    path = photo(tmp_path / "a.tif", ax, size=300)
    with pytest.raises(DataError, match="credit='© IGN"):
        bm.draw_basemap(ax, path)
    path = photo(
        tmp_path / "b.tif", ax, size=300, tags={"TIFFTAG_COPYRIGHT": "© IGN, 2023"}
    )
    bm.draw_basemap(ax, path)
    assert list(ax.grounds) == ["© IGN, 2023"]


# -- measured rasters --------------------------------------------------------------


def ramp(ax, tmp_path, **options):
    """A raster of 40 x … cells that grows from 0 to 39 from west to east."""
    transform, _, rows = layout(ax, size=40)
    cells = np.repeat(np.arange(40, dtype=np.float32)[np.newaxis], rows, axis=0)
    hole = options.pop("hole", None)
    if hole:
        cells[hole] = np.nan
    return write(tmp_path / "ramp.tif", cells, transform, **options), transform


def test_pixels_below_a_pivot_are_stroked_and_those_above_are_plain(ax, tmp_path):
    path, _ = ramp(ax, tmp_path)
    options = {"breaks": [10, 20, 30], "pivot": 20}
    bm.draw_raster(ax, path, label="Chaleur", unit="°C", credit=CREDIT, **options)
    pixels = picture(ax, "Chaleur")[..., :3]
    (block,) = ax.blocks
    assert [bool(hatch) for hatch in block.hatches] == [True, True, False, False]
    west, east = pixels[:, : len(pixels) // 8], pixels[:, -len(pixels) // 8 :]
    assert [len(np.unique(part.reshape(-1, 3), axis=0)) for part in (west, east)] == [
        2,
        1,
    ]


def test_a_raster_of_categories_has_a_line_a_category_that_is_seen(ax, tmp_path):
    transform, _, rows = layout(ax, size=40)
    cells = np.full((rows, 40), 3, dtype=np.uint8)
    cells[:, :20] = 1
    path = write(tmp_path / "sol.tif", cells, transform)
    labels = {1: "Artificialisé", 2: "Eau", 3: "Agricole"}
    bm.draw_raster(
        ax, path, label="Occupation du sol", unit="", labels=labels, credit=CREDIT
    )
    (block,) = ax.blocks
    assert [line.label for line in block.swatches] == ["Artificialisé", "Agricole"]
    assert block.title == "Occupation du sol"
    pixels = picture(ax, "Occupation du sol")
    west, east = (
        np.rint(np.array(to_rgb(line.color)) * 255) for line in block.swatches
    )
    assert (pixels[10, 5, :3] == west).all()
    assert (pixels[10, -5, :3] == east).all()
    bm.draw_legend(ax)
    assert "Artificialisé" in bm.alternative_text(ax)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"labels": {1: "Bâti"}}, "3"), ({"breaks": [2]}, "leave breaks")],
)
def test_a_code_without_a_name_or_a_category_in_classes_is_refused(
    ax, tmp_path, options, said
):
    transform, _, rows = layout(ax, size=40)
    cells = np.full((rows, 40), 3, dtype=np.uint8)
    cells[:, :20] = 1
    path = write(tmp_path / "sol.tif", cells, transform)
    options = {"labels": {1: "Bâti", 3: "Agricole"}, **options}
    with pytest.raises(DataError, match=said):
        bm.draw_raster(ax, path, label="Sol", unit="", credit=CREDIT, **options)


def test_cells_have_the_colour_of_their_class(ax, tmp_path):
    path, transform = ramp(ax, tmp_path)
    bm.draw_raster(
        ax, path, label="Chaleur", unit="°C", breaks=[10, 20, 30], credit=CREDIT
    )
    pixels = picture(ax, "Chaleur")
    x0, _, x1, _ = frame(ax)
    width = pixels.shape[1]
    x = x0 + (np.arange(width) + 0.5) / width * (x1 - x0)
    cell = np.floor((x - transform.c) / transform.a)
    (block,) = ax.blocks
    colors = np.rint(np.array([to_rgb(c) for c in block.colors]) * 255)
    assert (
        pixels[10] == colors[np.searchsorted([10, 20, 30], cell, side="right")]
    ).all()
    # What is drawn, not what the file holds around.
    assert block.bounds == (cell.min(), cell.max())
    assert [s.label for s in block.swatches] == [
        "30 et plus",
        "de 20 à moins de 30",
        "de 10 à moins de 20",
        "moins de 10",
    ]
    assert all(s.count is None for s in block.swatches)
    assert block.title.startswith("Chaleur (°C")
    assert list(ax.credits) == [CREDIT]


def test_a_value_on_a_break_is_above_it_in_single_precision_too(ax, tmp_path):
    transform, columns, rows = layout(ax, size=40)
    cells = np.full((rows, columns), 0.7, np.float32)
    cells[0] = 0.2
    path = write(tmp_path / "seven.tif", cells, transform)
    bm.draw_raster(ax, path, label="Part", unit="", breaks=[0.7], credit=CREDIT)
    (block,) = ax.blocks
    high = np.rint(np.array(to_rgb(block.colors[1])) * 255)
    assert (picture(ax, "Part")[-1] == high).all()


def test_what_has_no_value_in_the_territory_is_named(ax, tmp_path):
    path, _ = ramp(ax, tmp_path, hole=(slice(None), slice(18, 22)))
    bm.draw_raster(ax, path, label="Chaleur", unit="°C", k=3, credit=CREDIT)
    (block,) = ax.blocks
    assert block.swatches[-1].label == "Données non disponibles"
    pixels = picture(ax, "Chaleur")
    assert not pixels[:, pixels.shape[1] // 2, 3].any()
    # Under it the communes are hatched as the legend says, and nothing else is.
    (under,) = [c for c in ax.collections if c.get_label() == "Données non disponibles"]
    assert under.get_hatch() == block.swatches[-1].hatch != ""
    assert under.get_zorder() < 1.9
    boxes = [path.get_extents().extents for path in under.get_paths()]
    assert np.array(boxes) == pytest.approx(LENS.bounds.to_numpy())


def test_a_page_of_points_has_no_ground_to_hatch(tmp_path):
    _, ax = bm.page(LENS.set_geometry(LENS.centroid), title="Fond", paper=(150, 90))
    path, _ = ramp(ax, tmp_path, hole=(slice(None), slice(5, 35)))
    bm.draw_raster(ax, path, label="Chaleur", unit="°C", k=3, credit=CREDIT)
    assert not ax.collections


def test_on_a_poster_the_hatch_of_what_lacks_is_as_in_the_legend(tmp_path):
    _, ax = bm.page(LENS, title="Fond", paper="A2")
    path, _ = ramp(ax, tmp_path, hole=(slice(None), slice(18, 22)))
    bm.draw_raster(ax, path, label="Chaleur", unit="°C", k=3, credit=CREDIT, dpi=50)
    (under,) = [c for c in ax.collections if c.get_label() == "Données non disponibles"]
    assert under.get_hatch() == ax.blocks[0].swatches[-1].hatch == "."


def test_what_lacks_outside_the_territory_is_not_named(ax, tmp_path):
    path, _ = ramp(ax, tmp_path, hole=(slice(0, 1), slice(None)))
    bm.draw_raster(ax, path, label="Chaleur", unit="°C", k=3, credit=CREDIT)
    (block,) = ax.blocks
    assert all("Données" not in swatch.label for swatch in block.swatches)


def test_a_raster_stops_at_its_area(ax, tmp_path):
    path, _ = ramp(ax, tmp_path)
    bm.draw_raster(ax, path, label="C", unit="°C", k=3, area=LENS, credit=CREDIT)
    alpha = picture(ax, "C")[..., 3]
    grid = frame_grid(ax, None)
    surface = (alpha == 255).sum() * grid.cell[0] * grid.cell[1]
    assert surface == pytest.approx(LENS.area.sum(), rel=0.005)


def test_scale_and_offset_are_applied(ax, tmp_path):
    transform, columns, rows = layout(ax, size=40)
    path = tmp_path / "kelvin.tif"
    write(path, np.full((rows, columns), 2981, np.int16), transform)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (-273.15,)
    with opened(path) as dataset:
        values = read_values(dataset, frame_grid(ax, 50))
    assert values == pytest.approx(298.1 - 273.15, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"band": 2}, "no band 2; write band=1 to 1"),
        ({"band": 0}, "no band 0"),
        ({"k": 0}, "k=0"),
        ({"breaks": [5, 1]}, "breaks must increase"),
        ({"credit": ""}, "nothing says whom it is from"),
    ],
)
def test_a_raster_drawn_wrongly_is_told(ax, tmp_path, options, message):
    path, _ = ramp(ax, tmp_path)
    options = {"label": "C", "unit": "°C", "credit": CREDIT, **options}
    with pytest.raises(DataError, match=message):
        bm.draw_raster(ax, path, **options)
    assert not ax.blocks


def test_a_raster_without_values_is_told(ax, tmp_path):
    path, _ = ramp(ax, tmp_path, hole=(slice(None), slice(None)))
    with pytest.raises(DataError, match="no cell has a value in the frame"):
        bm.draw_raster(ax, path, label="C", unit="", credit=CREDIT)


def test_an_area_in_degrees_is_refused(ax, tmp_path):
    path, _ = ramp(ax, tmp_path)
    with pytest.raises(CRSError):
        bm.draw_raster(
            ax, path, label="C", unit="", credit=CREDIT, area=LENS.to_crs(4326)
        )


def test_classes_of_many_cells_are_nearly_those_of_all(ax, tmp_path):
    transform, columns, rows = layout(ax, size=300)
    cells = np.random.default_rng(3).gamma(2, 30, (rows, columns)).astype(np.float32)
    path = write(tmp_path / "many.tif", cells, transform)
    bm.draw_raster(ax, path, label="C", unit="", k=4, credit=CREDIT)
    (block,) = ax.blocks
    assert len(block.breaks) == 3
    assert block.bounds[0] >= cells.min()
    assert block.bounds[1] <= cells.max()


def test_a_grey_sheet_has_grey_classes(tmp_path):
    _, ax = bm.page(LENS, title="Fond", paper=(150, 90), theme=bm.GREY)
    path, _ = ramp(ax, tmp_path)
    bm.draw_raster(ax, path, label="C", unit="", k=3, credit=CREDIT)
    assert (np.ptp(picture(ax, "C").astype(int), axis=-1) == 0).all()


# -- relief ------------------------------------------------------------------------


def plane(east, north, shape=(5, 7), cell=(10.0, 10.0)):
    """Elevations that rise by `east` and `north` metres a metre."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return 100 + columns * cell[0] * east - rows * cell[1] * north


def lit(slope, aspect, azimuth, altitude):
    """Light on a slope, in degrees, as textbooks have it; its aspect is downwards."""
    slope, aspect, azimuth, altitude = map(
        math.radians, (slope, aspect, azimuth, altitude)
    )
    zenith = math.pi / 2 - altitude
    return math.cos(zenith) * math.cos(slope) + math.sin(zenith) * math.sin(
        slope
    ) * math.cos(azimuth - aspect)


@given(
    slope=st.floats(0.5, 75),
    aspect=st.floats(0, 360),
    azimuth=st.floats(0, 360),
    altitude=st.floats(5, 90),
    stretch=st.floats(0.5, 2),
)
@settings(max_examples=60, deadline=None)
def test_planes_are_shaded_as_the_closed_form_says(
    slope, aspect, azimuth, altitude, stretch
):
    rise, turn = math.tan(math.radians(slope)), math.radians(aspect)
    cell = 10.0, 10.0 * stretch
    heights = plane(-rise * math.sin(turn), -rise * math.cos(turn), cell=cell)
    found = shade(heights, cell, (azimuth,), altitude)
    light = max(lit(slope, aspect, azimuth, altitude), 0)
    expected = max(0, 1 - light / math.sin(math.radians(altitude)))
    assert found == pytest.approx(np.full((3, 5), expected), abs=1e-7)


@given(slope=st.floats(0.5, 75), aspect=st.floats(0, 360))
@settings(max_examples=40, deadline=None)
def test_light_of_four_sides_is_weighed_by_mark(slope, aspect):
    rise, turn = math.tan(math.radians(slope)), math.radians(aspect)
    heights = plane(-rise * math.sin(turn), -rise * math.cos(turn))
    sides = 225.0, 270.0, 315.0, 360.0
    found = shade(heights, (10.0, 10.0), sides, 45.0)
    weights = [math.sin(math.radians(aspect - side)) ** 2 for side in sides]
    light = [max(lit(slope, aspect, side, 45.0), 0) for side in sides]
    mean = np.average(light, weights=weights)
    expected = max(0, 1 - mean / math.sin(math.pi / 4))
    assert found == pytest.approx(np.full((3, 5), expected), abs=1e-7)


def test_known_slopes():
    # 45° down to the south-east, light from the north-west at 45°: grazed, no light.
    heights = plane(-math.sqrt(0.5), math.sqrt(0.5))
    assert shade(heights, (10, 10), (315.0,), 45.0) == pytest.approx(1.0)
    # Down to the north-west: faces the light, nothing is darkened.
    heights = plane(math.sqrt(0.5), -math.sqrt(0.5))
    assert (shade(heights, (10, 10), (315.0,), 45.0) == 0).all()
    # 30° across the light: cos 30° of it, 1 - 0.8660 in shadow.
    turn = math.tan(math.radians(30)) * math.sqrt(0.5)
    heights = plane(turn, turn)
    found = shade(heights, (10, 10), (315.0,), 45.0)
    assert found == pytest.approx(1 - math.sqrt(3) / 2)


@pytest.mark.parametrize("sides", [(315.0,), (225.0, 270.0, 315.0, 360.0)])
def test_flat_and_unknown_ground_has_no_shadow(sides):
    heights = np.full((6, 6), 31.7, np.float32)
    assert (shade(heights, (10, 10), sides, 45.0) == 0).all()
    heights[3, 3] = np.nan
    assert (shade(heights, (10, 10), sides, 45.0) == 0).all()


def hills(x, y):
    """An invented relief: heights of 0 to 200 m."""
    return 100 + 60 * np.sin(x / 900) * np.cos(y / 1100) + 40 * np.sin((x + y) / 600)


def dem(path, ax, *, size=500, margin=0.1, **options):
    transform, columns, rows = layout(ax, size=size, margin=margin)
    heights = hills(*centres(transform, columns, rows)).astype(np.float32)
    if options.pop("hole", False):
        heights[:, columns // 2 :] = -9999
    return write(path, heights, transform, **options)


def test_shadows_are_black_and_lie_over_fills_under_outlines(ax, tmp_path):
    bm.draw_hillshade(ax, dem(tmp_path / "t.tif", ax), credit=CREDIT, exaggeration=5)
    (image,) = ax.images
    pixels = picture(ax, "_hillshade")
    assert not pixels[..., :3].any()
    assert 2 < image.get_zorder() < 3
    assert 0 < pixels[..., 3].max() <= round(0.4 * 255)
    assert (pixels[..., 3] == 0).mean() > 0.2
    assert list(ax.grounds) == [CREDIT]
    assert not ax.blocks


def test_shadows_are_lighter_where_a_class_is_a_grey(tmp_path):
    _, ax = bm.page(LENS, title="Relief", paper=(150, 90), theme=bm.GREY)
    bm.draw_hillshade(ax, dem(tmp_path / "t.tif", ax), credit=CREDIT, exaggeration=50)
    assert picture(ax, "_hillshade")[..., 3].max() == round(0.25 * 255)


def test_relief_of_the_frame_is_that_of_the_formula_up_to_its_edges(ax, tmp_path):
    path = dem(tmp_path / "t.tif", ax, size=1500)
    bm.draw_hillshade(ax, path, credit=CREDIT, exaggeration=4, opacity=1)
    alpha = picture(ax, "_hillshade")[..., 3]
    rows, columns = alpha.shape
    x0, y0, x1, y1 = frame(ax)
    x = x0 + (np.arange(columns) + 0.5) / columns * (x1 - x0)
    y = y1 - (np.arange(rows) + 0.5) / rows * (y1 - y0)
    x, y = np.meshgrid(x, y)
    # Analytic gradient of the hills.
    both = 40 / 600 * np.cos((x + y) / 600)
    east = 4 * (60 / 900 * np.cos(x / 900) * np.cos(y / 1100) + both)
    north = 4 * (-60 / 1100 * np.sin(x / 900) * np.sin(y / 1100) + both)
    sun = math.sqrt(0.5)
    light = sun + sun * sun * (east - north)  # the light goes to the south-east
    expected = 1 - np.clip(light, 0, None) / np.hypot(1, np.hypot(east, north)) / sun
    expected = np.clip(expected, 0, 1) * 255
    away = np.abs(alpha - expected)
    assert away.max() < 6
    # The outermost pixels are no worse: cells around the frame were read.
    edge = np.concatenate([away[0], away[-1], away[:, 0], away[:, -1]])
    assert edge.mean() < 1.5 * away.mean() + 0.1


def test_relief_stops_where_elevations_do(ax, tmp_path):
    path = dem(tmp_path / "t.tif", ax, hole=True, nodata=-9999)
    bm.draw_hillshade(ax, path, credit=CREDIT, exaggeration=5)
    alpha = picture(ax, "_hillshade")[..., 3]
    assert not alpha[:, alpha.shape[1] // 2 + 5 :].any()
    # No cliff down to -9999 at the limit.
    middle = alpha[:, alpha.shape[1] // 2 - 5 : alpha.shape[1] // 2 + 5]
    assert middle.max() < 0.4 * 255


@pytest.mark.parametrize(
    ("heights", "options", "message"),
    [
        (-9999, {}, "--nodata -9999"),
        (-9999, {"nodata": -9999}, "no elevation in the frame"),
    ],
)
def test_elevations_that_are_none_are_told(ax, tmp_path, heights, options, message):
    transform, columns, rows = layout(ax, size=50)
    cells = np.full((rows, columns), heights, np.float32)
    path = write(tmp_path / "t.tif", cells, transform, **options)
    with pytest.raises(DataError, match=message):
        bm.draw_hillshade(ax, path, credit=CREDIT)


def test_strips_do_not_show(tmp_path, monkeypatch, ax):
    path = dem(tmp_path / "t.tif", ax)
    bm.draw_hillshade(ax, path, credit=CREDIT, multidirectional=True)
    monkeypatch.setattr("basinmap.maps.grounds.relief._STRIP", 37)
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    bm.draw_hillshade(other, path, credit=CREDIT, multidirectional=True)
    assert (picture(ax, "_hillshade") == picture(other, "_hillshade")).all()


@pytest.mark.parametrize(
    "option",
    [
        {"azimuth": math.nan},
        {"altitude": 0},
        {"altitude": 91},
        {"exaggeration": 0},
        {"exaggeration": math.inf},
        {"opacity": 2},
        {"dpi": 0},
    ],
)
def test_a_light_that_cannot_be_is_refused(ax, tmp_path, option):
    path = dem(tmp_path / "t.tif", ax)
    with pytest.raises(DataError, match=f"{next(iter(option))}="):
        bm.draw_hillshade(ax, path, credit=CREDIT, **option)


def test_flat_land_keeps_the_very_colour_of_its_class(ax, tmp_path):
    transform, columns, rows = layout(ax, size=50)
    path = write(tmp_path / "t.tif", np.full((rows, columns), 40, np.int16), transform)
    bm.draw_outlines(ax, LENS, fill="#4060a0")
    bm.draw_hillshade(ax, path, credit=CREDIT)
    file = io.BytesIO()
    ax.sheet.savefig(file, format="png", dpi=100)
    with Image.open(file) as image:
        assert (0x40, 0x60, 0xA0) in {
            color for _, color in image.convert("RGB").getcolors(10**6)
        }


# -- the frame as a GeoTIFF --------------------------------------------------------


def square(ax, x, y, side):
    shape = gpd.GeoDataFrame(
        geometry=[shapely.box(x - side, y - side, x + side, y + side)],
        index=["carre"],
        crs=2154,
    )
    bm.draw_outlines(ax, shape, fill="#ff0000", color="#ff0000", width=0.01)


@pytest.mark.parametrize("dpi", [72, 150, 301])
@pytest.mark.parametrize("paper", ["A5", (151.3, 97.7)])
def test_a_corner_falls_in_its_pixel(tmp_path, dpi, paper):
    _, ax = bm.page(LENS, title="Cadre", paper=paper)
    x, y = (float(v) for v in LENS.union_all().centroid.coords[0])
    square(ax, x, y, 2_000)
    bm.write_geotiff(ax, tmp_path / "carte.tif", dpi=dpi)
    with rasterio.open(tmp_path / "carte.tif") as file:
        bands, transform, bounds = file.read(), file.transform, file.bounds
        assert file.crs.to_epsg() == 2154
    cell = 25.4 / dpi / 1000 * ax.plan.scale
    assert transform.a == pytest.approx(cell, rel=1e-9)
    assert transform.e == pytest.approx(-cell, rel=1e-9)
    red = (bands[0] > 200) & (bands[1] < 100) & (bands[2] < 100)
    rows, columns = np.nonzero(red)
    west = transform.c + columns.min() * cell
    east = transform.c + (columns.max() + 1) * cell
    north = transform.f - rows.min() * cell
    south = transform.f - (rows.max() + 1) * cell
    off = np.array([west - x, east - x, south - y, north - y]) - [-2e3, 2e3, -2e3, 2e3]
    assert np.abs(off).max() < cell
    # The frame, less what is no whole pixel.
    gaps = np.array([1, 1, -1, -1]) * (np.array(bounds) - frame(ax))
    assert gaps.min() >= -1e-6
    assert gaps.max() < cell


def test_the_file_says_what_it_is(ax, tmp_path):
    bm.draw_outlines(ax, LENS)
    ax.grounds["© Essai – œuvre, 2026"] = None
    bm.draw_furniture(ax, author="Observatoire", date=dt.date(2026, 11, 25))
    bm.write_geotiff(ax, tmp_path / "carte.tif", dpi=90)
    with rasterio.open(tmp_path / "carte.tif") as file:
        tags = file.tags()
        assert file.colorinterp[0] == ColorInterp.red
        assert file.compression == rasterio.enums.Compression.deflate
    assert tags["TIFFTAG_IMAGEDESCRIPTION"] == "Fond"
    assert tags["TIFFTAG_ARTIST"] == "Observatoire"
    assert "© Essai – œuvre, 2026" in tags["TIFFTAG_COPYRIGHT"]
    assert float(tags["TIFFTAG_XRESOLUTION"]) == 90
    assert "TIFFTAG_DATETIME" not in tags


def test_the_same_map_gives_the_same_bytes_and_is_left_as_it_was(ax, tmp_path):
    bm.draw_outlines(ax, LENS)
    canvas, dpi = ax.sheet.canvas, ax.sheet.dpi
    for name in ("a.tif", "b.tif", "b.tif"):
        bm.write_geotiff(ax, tmp_path / name, dpi=120)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]
    assert ax.sheet.canvas is canvas
    assert ax.sheet.dpi == dpi


def test_the_frame_is_what_a_picture_of_the_page_shows(tmp_path):
    # No names where letters are set on whole pixels, which are not those of the page.
    _, ax = bm.page(LENS, title="Fond", paper=(150, 90), ground=shared.SHAPED)
    bm.draw_outlines(ax, LENS, fill="#4060a0")
    bm.write_geotiff(ax, tmp_path / "carte.tif", dpi=100)
    ax.sheet.savefig(tmp_path / "page.png", dpi=100)
    with rasterio.open(tmp_path / "carte.tif") as file:
        frame_pixels = np.moveaxis(file.read(), 0, -1)
    with Image.open(tmp_path / "page.png") as image:
        page = np.asarray(image.convert("RGB"))
    left, bottom, _, height = (side * 100 / 25.4 for side in ax.plan.frame)
    row, column = math.ceil(len(page) - bottom - height), math.ceil(left)
    rows, columns = frame_pixels.shape[:2]
    assert (page[row : row + rows, column : column + columns] == frame_pixels).all()


def test_the_credits_of_a_geotiff_are_those_that_are_printed(ax, tmp_path):
    bm.draw_outlines(ax, LENS)
    bm.draw_furniture(
        ax, author="Essai", date=dt.date(2026, 11, 26), sources=["© À moi"]
    )
    bm.write_geotiff(ax, tmp_path / "carte.tif", dpi=50)
    with rasterio.open(tmp_path / "carte.tif") as file:
        told = file.tags()["TIFFTAG_COPYRIGHT"]
    assert told == ax.sheet.about["Sources"]
    assert "© À moi" in told


def test_the_folder_of_a_geotiff_is_made_and_a_link_stays_one(ax, tmp_path):
    real = tmp_path / "new" / "real.tif"
    bm.write_geotiff(ax, real, dpi=50)
    before = real.read_bytes()
    (tmp_path / "link.tif").symlink_to(real)
    real.write_bytes(b"")
    bm.write_geotiff(ax, tmp_path / "link.tif", dpi=50)
    assert (tmp_path / "link.tif").is_symlink()
    assert real.read_bytes() == before
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        *("link.tif", "new", "real.tif")
    ]


@pytest.mark.parametrize("name", ["carte.png", "carte"])
def test_a_geotiff_has_the_name_of_one(ax, tmp_path, name):
    with pytest.raises(DataError, match=r"to a file in \.tif"):
        bm.write_geotiff(ax, tmp_path / name)


@pytest.mark.parametrize("dpi", [0, 1, -5, math.nan, 10_000, "300", None])
def test_a_resolution_that_cannot_be_is_refused(ax, tmp_path, dpi):
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("on this paper, give 10 to")
    ):
        bm.write_geotiff(ax, tmp_path / "carte.tif", dpi=dpi)


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_lost(ax, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "dossier.tif").mkdir()
    for path in ("file/carte.tif", "dossier.tif"):
        with pytest.raises(OutputError, match=r"(file|dossier\.tif).*; (choose|give)"):
            bm.write_geotiff(ax, tmp_path / path, dpi=60)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dossier.tif", "file"]


# -- coasts and corners --------------------------------------------------------------


def drawn_as(ax, kind):
    """Return what of the ground is drawn under a name, in the CRS of the map."""
    return [
        shapely.LineString(line)
        for patch in ax.patches
        if patch.get_label() == f"_lands {kind}"
        for line in patch.get_path().to_polygons(closed_only=False)
        if len(line) > 1
    ]


def test_a_coast_folds_over_no_needle_of_land():
    """Beside the Aa, outlines that were simplified went there and back."""
    units = bm.communes(epci="245900428")
    _, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units)
    assert drawn_as(ax, "spits")
    mouth = shapely.box(634_000, 7_098_000, 640_000, 7_102_500)
    coast = shapely.union_all(drawn_as(ax, "coast")).intersection(mouth)
    x0, y0, x1, y1 = coast.bounds
    assert coast.length < 1.5 * np.hypot(x1 - x0, y1 - y0)


def test_a_corner_of_a_country_is_no_arc_at_the_edge_of_the_frame():
    units = bm.communes(epci="245900428")
    _, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    frame = shapely.box(x0, y0, x1, y1)
    border = shapely.union_all(drawn_as(ax, "border"))
    for part in shapely.get_parts(shapely.line_merge(border.intersection(frame))):
        assert part.length > 0.02 * (x1 - x0)
