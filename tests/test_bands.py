"""Bands of travel time: fills, edges, minutes written, legend."""

import geopandas as gpd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import ColumnError, CRSError, DataError
from basinmap.maps.layers.bands import BandsBlock, draw_isochrones


def bands(*radii, nested=False, crs="EPSG:2154"):
    discs = [bm.LOUVRE_LENS.point.buffer(radius) for radius in radii]
    shapes = [
        disc.difference(hole)
        for disc, hole in zip(discs, [shapely.Polygon(), *discs[:-1]], strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "outer": [10.0 * (i + 1) for i in range(len(radii))],
            "label": [f"bande {i}" for i in range(len(radii))],
        },
        geometry=discs if nested else shapes,
        crs=crs,
        index=[10 * (i + 1) for i in range(len(radii))],
    )
    frame.attrs = {"rule": "temps de parcours à pied", "sources": ("© essai",)}
    return frame


@pytest.fixture
def sheet():
    return bm.page(bm.communes(epci="call"), title="À pied")


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_near_bands_are_darker_and_each_edge_bears_its_minutes(sheet):
    _, ax = sheet
    draw_isochrones(ax, bands(2_000, 4_000, 6_000))
    fills = [item.get_facecolor()[0][:3] for item in ax.collections]
    assert [sum(fill) for fill in fills] == sorted(sum(fill) for fill in fills)
    assert written(ax) == ["10\u00a0min", "20\u00a0min", "30\u00a0min"]
    (block,) = ax.blocks
    assert isinstance(block, BandsBlock)
    assert block.title == "Temps de parcours à pied"
    assert [swatch.label for swatch in block.swatches] == [
        "bande 0",
        "bande 1",
        "bande 2",
    ]
    assert list(ax.grounds) == ["© essai"]


def test_minutes_never_sit_on_one_another_nor_outside_the_frame(sheet):
    _, ax = sheet
    draw_isochrones(ax, bands(1_000, 1_050, 1_100, 90_000))
    boxes = [shapely.box(*box) for box in ax.boxes]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    frame = shapely.box(0, 0, *ax.plan.frame[2:])
    assert all(frame.contains(box) for box in boxes)


def test_edges_alone_leave_what_is_under_them(sheet):
    _, ax = sheet
    draw_isochrones(ax, bands(2_000, 4_000), filled=False, title="")
    assert all(len(item.get_facecolor()) == 0 for item in ax.collections)
    (block,) = ax.blocks
    assert {swatch.shape for swatch in block.swatches} == {"line"}


def test_the_legend_holds_the_bands(sheet):
    fig, ax = sheet
    draw_isochrones(ax, bands(2_000, 4_000))
    bm.draw_legend(ax)
    texts = [text.get_text() for text in fig.paper.texts]
    assert {"Temps de parcours à pied", "bande 0", "bande 1"} <= set(texts)


def test_what_is_no_partition_is_refused(sheet):
    _, ax = sheet
    with pytest.raises(DataError, match="nested=False"):
        draw_isochrones(ax, bands(2_000, 4_000, nested=True))
    with pytest.raises(CRSError):
        draw_isochrones(ax, bands(2_000).to_crs(4326))
    with pytest.raises(ColumnError, match="outer"):
        draw_isochrones(ax, bands(2_000).drop(columns="outer"))
