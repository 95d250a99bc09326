"""What is read by its path is on this machine, and is what its name says."""

import http.server
import threading

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

import basinmap as bm
from basinmap.errors import DataError

UNITS = gpd.GeoDataFrame(
    geometry=[shapely.box(685_000, 7_037_000, 685_100, 7_037_100)],
    index=["q"],
    crs=2154,
)


@pytest.fixture
def server():
    """Serve nothing, and remember who asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - http.server's

        def log_message(self, *told):
            """Write nothing."""

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()
    thread.join()


def readers():
    """Return each reader of a path, by name."""

    def page():
        return bm.page(bm.communes(epci="call"), title="Essai")[1]

    return {
        "zonal": lambda path: bm.zonal(path, UNITS),
        "weights": lambda path: bm.apportion(
            pd.DataFrame({"pop": [1.0]}, index=UNITS.index),
            UNITS,
            UNITS,
            measures={"pop": bm.Stock()},
            weights=path,
        ),
        "basemap": lambda path: bm.draw_basemap(page(), path),
        "hillshade": lambda path: bm.draw_hillshade(page(), path),
        "units": lambda path: bm.read_units(path, "commune"),
        "layer": lambda path: bm.read_layer(path, mode="walk"),
        "network": lambda path: bm.read_network(path, mode="walk"),
        "timetable": bm.read_gtfs,
        "times": bm.read_travel_times,
        "communes": bm.read_communes,
        "movements": bm.read_movements,
    }


@pytest.mark.parametrize("reader", readers())
@pytest.mark.parametrize(
    "form", ["{}/x.tif", "/vsicurl/{}/x.tif", "WMS:{}/x", "/vsizip//vsicurl/{}/x.zip"]
)
def test_no_reader_sends_a_request(server, reader, form):
    address, asked = server
    with pytest.raises(DataError):
        readers()[reader](form.format(address))
    assert asked == []


@pytest.mark.parametrize("reader", ["zonal", "weights", "basemap", "hillshade"])
def test_a_virtual_raster_under_another_name_is_refused(server, tmp_path, reader):
    address, asked = server
    path = tmp_path / "fond.tif"
    path.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><SRS>EPSG:2154</SRS>'
        "<GeoTransform>685000, 50, 0, 7037100, 0, -50</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename>'
        f"/vsicurl/{address}/x.tif</SourceFilename></SimpleSource></VRTRasterBand>"
        "</VRTDataset>"
    )
    with pytest.raises(DataError, match=r"fond.tif holds no data but the place of"):
        readers()[reader](path)
    assert asked == []


@pytest.mark.parametrize("reader", ["units", "layer", "network"])
@pytest.mark.parametrize("inside", ["here", "there"])
def test_a_virtual_vector_file_under_another_name_is_refused(
    server, tmp_path, reader, inside
):
    address, asked = server
    secret = tmp_path / "secret.geojson"
    bm.communes(epci="call").to_file(secret)
    source = secret if inside == "here" else f"/vsicurl/{address}/x.geojson"
    path = tmp_path / "units.gpkg"
    path.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="secret">'
        f"<SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(DataError, match=r"units.gpkg holds no data but the place"):
        readers()[reader](path)
    assert asked == []


def test_a_virtual_raster_that_says_so_is_read(tmp_path):
    path = tmp_path / "a.tif"
    grid = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float32"}
    grid |= {
        "crs": 2154,
        "transform": rasterio.Affine(50, 0, 685_000, 0, -50, 7_037_100),
    }
    with rasterio.open(path, "w", **grid) as file:
        file.write(np.ones((1, 2, 2), "float32"))
    virtual = tmp_path / "a.vrt"
    virtual.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><SRS>EPSG:2154</SRS>'
        "<GeoTransform>685000, 50, 0, 7037100, 0, -50</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="1">a.tif</SourceFilename>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    assert bm.zonal(virtual, UNITS).loc["q", "mean"] == 1.0


@pytest.mark.parametrize("reader", sorted(set(readers()) - {"basemap"}))
@pytest.mark.parametrize(
    "path", ["nowhere/at/all.csv", "a" * 300, "zero\0inside.shp", ""]
)
def test_what_is_not_there_is_told_by_every_reader(reader, path):
    with pytest.raises(DataError):
        readers()[reader](path)
