"""Names of areas, beside their limit: out of the data, nearer to it than to others."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

import basinmap as bm
from basinmap.errors import DataError
from basinmap.maps.paper.stack import STACK

SIDE = 4_000.0
X0, Y0 = 680_000.0, 7_030_000.0


def squares(*corners, level="commune", names=None):
    """Squares of four kilometres, by their column and row."""
    shapes = [
        shapely.box(
            X0 + SIDE * x, Y0 + SIDE * y, X0 + SIDE * (x + 1), Y0 + SIDE * (y + 1)
        )
        for x, y in corners
    ]
    names = names or [f"Unité {i}" for i in range(len(shapes))]
    index = [f"{62001 + i}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame({"name": names}, geometry=shapes, index=index, crs=2154)
    return frame.rename_axis(level)


@pytest.fixture
def made():
    """A page of four squares, in two areas: the left and the right ones."""
    units = squares((0, 0), (0, 1), (1, 0), (1, 1))
    halves = gpd.GeoDataFrame(
        {"name": ["SCoT du Couchant", "SCoT du Levant"]},
        geometry=[
            shapely.union_all(units.geometry[:2].array),
            shapely.union_all(units.geometry[2:].array),
        ],
        index=["a", "b"],
        crs=2154,
    )
    _, ax = bm.page(units, title="Essai", scale=100_000, ground=False)
    bm.draw_outlines(ax, units)
    return ax, units, halves


def written(ax):
    return {
        text.get_text().replace("\n", " "): text
        for text in ax.artists + ax.texts
        if getattr(text, "get_gid", str)() == "region"
    }


def boxes_of(ax, before):
    """What was taken since, in metres."""
    boxes = np.array(ax.boxes[before:], dtype=float)
    return shapely.box(*ax.to_metres(boxes.reshape(-1, 2)).reshape(-1, 4).T)


def test_each_area_is_named_out_of_the_data_beside_its_own_edge(made):
    ax, units, halves = made
    before = len(ax.boxes)
    assert bm.draw_area_names(ax, halves, color="#1a56a8") == 2
    assert list(written(ax)) == ["SCOT DU COUCHANT", "SCOT DU LEVANT"]
    for box, own, other in zip(
        boxes_of(ax, before), halves.geometry, halves.geometry[::-1], strict=True
    ):
        assert not units.intersects(box).any()
        assert 1.2 <= box.distance(own) / 100 <= 9.0
        assert box.distance(other) >= box.distance(own) + 250
    for text in written(ax).values():
        assert text.get_color() == "#1a56a8"
        assert text.get_zorder() == STACK["names"]
        assert text.tracking > 0


def test_names_of_communes_keep_off_those_of_areas(made):
    ax, units, halves = made
    bm.draw_area_names(ax, halves)
    taken = [shapely.box(*box) for box in ax.boxes]
    before = len(ax.boxes)
    bm.draw_labels(ax, units)
    for box in ax.boxes[before:]:
        assert not any(shapely.box(*box).intersects(one) for one in taken)


def test_an_area_all_inside_others_is_told_and_has_no_name(made):
    ax, _, _ = made
    ring = [(x, y) for x in range(3) for y in range(3)]
    around = squares(*[one for one in ring if one != (1, 1)])
    whole = shapely.union_all(around.geometry.array)
    inner = squares((1, 1)).geometry.iloc[0]
    areas = gpd.GeoDataFrame(
        {"name": ["Dehors", "Dedans"]}, geometry=[whole, inner], crs=2154
    )
    _, ax = bm.page(squares(*ring), title="Essai", scale=150_000, ground=False)
    with pytest.warns(bm.errors.BasinmapWarning, match=r"1 name\(s\) of 2.*Dedans"):
        assert bm.draw_area_names(ax, areas) == 1
    assert list(written(ax)) == ["DEHORS"]


def test_in_grey_the_names_are_grey(made):
    _, units, halves = made
    _, ax = bm.page(units, title="Essai", scale=100_000, theme=bm.GREY, ground=False)
    bm.draw_area_names(ax, halves, color="#b3123f")
    (color,) = {text.get_color() for text in written(ax).values()}
    assert color[1:3] == color[3:5] == color[5:7]


def test_what_is_no_area_or_has_no_name_is_refused(made):
    ax, units, halves = made
    with pytest.raises(bm.errors.ColumnError, match="nom"):
        bm.draw_area_names(ax, halves, column="nom")
    with pytest.raises(DataError, match="areas"):
        bm.draw_area_names(ax, units.set_geometry(units.centroid))
    with pytest.raises(DataError, match="none of the 2 areas lies in the frame"):
        bm.draw_area_names(ax, halves.assign(name=None))
    with pytest.raises(DataError, match="none of the 2 areas"):
        bm.draw_area_names(ax, halves.set_geometry(halves.translate(1e6 / 4)))
    with pytest.raises(DataError, match="size=-1"):
        bm.draw_area_names(ax, halves, size=-1)


def test_the_five_scots_of_the_basin_are_named_on_the_wall_map():
    basin = bm.communes().dropna(subset="scot")
    _, ax = bm.page(basin, title="Bassin minier", paper="A3")
    scots = bm.scots()
    bm.draw_outlines(ax, scots, label="limite de SCoT")
    assert bm.draw_area_names(ax, scots) == 5
    said = " ".join(written(ax)).replace("’", "'")
    for name in ("L'ARTOIS", "GRAND DOUAISIS", "HÉNIN-CARVIN", "VALENCIENNOIS"):
        assert name in said
