"""The ground of a map: what lies around the data, its names, a user's own layers."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.colors import to_hex

import basinmap as bm
from basinmap.errors import BasinmapWarning, ColumnError, CRSError, DataError
from basinmap.maps.grounds.lands import REACH, lay_ground, lift_ground, towns_around
from basinmap.maps.paper.stack import STACK
from basinmap.territory.embedded import communes_2026, spatial_table, table

LENS = bm.communes(epci="call")
DUNKERQUE = bm.communes(epci="CU de Dunkerque")
DAY = dt.date(2026, 11, 29)


def drawn(units, **options):
    """Return a finished map of outlines."""
    fig, ax = bm.page(units, title="x", **options)
    bm.draw_outlines(ax, units)
    bm.draw_furniture(ax, author="essai", date=DAY, sources=["essai"])
    return fig, ax


@pytest.fixture(scope="module")
def coast():
    return drawn(DUNKERQUE)


@pytest.fixture(scope="module")
def basin():
    units = bm.communes().loc[list(bm.perimeter("bassin-minier").communes)]
    return drawn(units, paper="A3", legend="right")


def parts(ax):
    return [str(p.get_label()) for p in ax.patches if "_lands" in str(p.get_label())]


def written(ax, gid):
    return [t.get_text() for t in ax.texts if t.get_gid() == gid]


def foot(fig):
    text = " ".join(text.get_text() for text in fig.paper.texts)
    return text.replace("\u202f", " ").replace("\u00a0", " ")


# -- the data ------------------------------------------------------------------------


def test_lands_around_cover_nothing_of_our_own_and_leave_no_slit():
    own = shapely.coverage_union_all(communes_2026().geometry.to_numpy())
    lands = [
        shape
        for name in ("surroundings", "abroad")
        for shape, kind in zip(
            spatial_table(name).geometry, spatial_table(name)["kind"], strict=True
        )
        if kind in ("departement", "country")
    ]
    over = shapely.area(shapely.intersection(np.array(lands), own)).sum()
    assert over < 100_000  # m², along 600 km of borders
    whole = shapely.union_all([own, *lands])
    holes = [
        shapely.area(shapely.polygons(ring))
        for part in shapely.get_parts(whole)
        for ring in part.interiors
    ]
    assert max(holes) < 2_000  # m²: a tenth of a millimetre at 1:250,000


def test_whole_of_the_two_departements_is_within_the_reach_of_the_ground():
    box = shapely.box(*communes_2026().total_bounds)
    assert shapely.contains_properly(shapely.box(*REACH), box)


def test_ninety_six_departements_make_the_inset():
    france = spatial_table("france")
    assert len(france) == 96
    assert {"2A", "2B", "59", "62"} <= set(france.index)
    assert france.is_valid.all()


def test_towns_are_where_they_are_and_bear_french_names():
    towns = table("towns").set_index("name")
    assert {"Ypres", "Courtrai", "Bruxelles", "Tournai", "Douvres"} <= set(towns.index)
    assert towns.loc["Lille", "seat"] == "departement"
    assert towns.loc["Lens", "seat"] == "arrondissement"
    # Ypres, 50.851 N 2.886 E, projected apart: 691,960 7,083,430.
    spot = towns.loc["Ypres", ["x", "y"]].astype(float)
    assert spot.to_list() == pytest.approx([691_960, 7_083_430], abs=1_500)
    assert towns.loc["Lille", "commune"] == "59350"


# -- laid by default -------------------------------------------------------------------


def test_a_coast_has_its_sea_its_name_and_the_country_beyond(coast):
    _, ax = coast
    assert to_hex(ax.get_facecolor()) == bm.PRINT.sea
    assert "Mer du Nord" in written(ax, "region")
    assert "BELGIQUE" in written(ax, "region")
    assert {"_lands coast", "_lands border", "_lands area"} <= set(parts(ax))


def test_a_strip_of_sea_is_blue_too():
    _, ax = drawn(bm.departements())
    assert to_hex(ax.get_facecolor()) == bm.PRINT.sea
    assert "_lands coast" in parts(ax)


def test_an_inland_map_has_no_sea(basin):
    _, ax = basin
    assert to_hex(ax.get_facecolor()) == "#ffffff"
    assert "_lands coast" not in parts(ax)
    assert {"BELGIQUE", "SOMME", "AISNE"} <= set(written(ax, "region"))


def test_ground_is_laid_under_every_epci():
    """What is left of a country in a corner is a needle that no cut may stumble on."""
    every = bm.epcis()
    for code in every.index:
        for orientation in ("landscape", "portrait"):
            _, ax = bm.page(every.loc[[code]], title="Un EPCI", orientation=orientation)
            lay_ground(ax)
            assert not ax.grounded


def test_ground_lies_under_neighbours_and_data(coast):
    _, ax = coast
    heights = [p.get_zorder() for p in ax.patches if p.get_label() == "_lands area"]
    assert max(heights) < STACK["neighbours"] < STACK["borders"] < STACK["fills"]


def test_towns_inside_the_frame_are_written_prefectures_in_capitals(basin):
    _, ax = basin
    towns = written(ax, "town")
    assert {"LILLE", "ARRAS", "Cambrai", "Armentières", "Tournai"} <= set(towns)
    assert 8 <= len(towns) <= 20


def test_no_town_is_written_on_the_subject_nor_twice(basin):
    _, ax = basin
    assert not {"Lens", "Douai", "Béthune", "Valenciennes"} & set(written(ax, "town"))
    _, ax = bm.page(LENS, title="x")
    assert "Hénin-Beaumont" in set(towns_around(ax)["name"])
    ax.named.add(("62427", "Hénin-Beaumont"))
    assert "Hénin-Beaumont" not in set(towns_around(ax)["name"])


def test_names_of_the_ground_meet_neither_data_nor_one_another(basin):
    _, ax = basin
    boxes = np.array(ax.boxes)
    sides = boxes[:, 2:] - boxes[:, :2]
    words = boxes[sides[:, 0] > 3]
    corners = ax.to_metres(words.reshape(-1, 2)).reshape(-1, 4)
    shapes = shapely.box(*corners.T)
    assert not shapely.intersects(shapely.union_all(ax.subject.array), shapes).any()
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="overlaps")
    assert not len(left), (left, right)


def test_what_is_shown_is_credited_and_nothing_else(coast, basin):
    fig, _ = coast
    assert "fond : © les contributeurs d’OpenStreetMap (ODbL), via geo-maps" in foot(
        fig
    )
    assert "GeoNames" not in foot(fig)  # no town abroad is written
    fig, _ = basin
    assert "villes : GeoNames (CC BY)" in foot(fig)
    fig, ax = drawn(LENS)
    assert not any("OpenStreetMap" in line for line in ax.below)
    # Our own outlines are credited once.
    assert foot(fig).count("ADMIN EXPRESS") == 1


def test_a_map_without_a_source_is_refused_for_all_its_ground():
    bare = LENS[["geometry"]]
    bare.attrs.clear()
    _, ax = bm.page(bare, title="x")
    bm.draw_outlines(ax, bare)
    with pytest.raises(DataError, match="sources"):
        bm.draw_furniture(ax, author="essai", date=DAY)


def test_ground_is_left_out_on_demand_and_where_it_is_unknown():
    _, ax = drawn(LENS, ground=False)
    assert not parts(ax)
    assert not written(ax, "town")
    far = LENS.set_geometry(LENS.translate(0, -600_000))
    _, ax = drawn(far)
    assert not parts(ax)


def test_ground_is_laid_once_and_lifted_from_under_a_picture():
    _, ax = bm.page(DUNKERQUE, title="x")
    bm.draw_outlines(ax, DUNKERQUE)
    count = len(parts(ax))
    bm.draw_outlines(ax, bm.epcis(), label="EPCI")
    assert len(parts(ax)) == count
    lift_ground(ax)
    ax.settle()
    assert not parts(ax)
    assert not ax.below
    assert not written(ax, "region")


def test_names_are_written_when_the_sheet_is_saved_without_a_foot(tmp_path):
    fig, ax = bm.page(DUNKERQUE, title="x")
    bm.draw_outlines(ax, DUNKERQUE)
    assert not written(ax, "region")
    fig.savefig(tmp_path / "a.svg")
    once = written(ax, "region")
    assert "Mer du Nord" in once
    fig.savefig(tmp_path / "a.svg")
    assert written(ax, "region") == once


def test_ground_of_a_grey_sheet_is_grey():
    _, ax = drawn(DUNKERQUE, theme=bm.GREY)
    colors = {
        to_hex(p.get_edgecolor()) for p in ax.patches if "_lands" in p.get_label()
    }
    colors |= {t.get_color() for t in ax.texts} | {to_hex(ax.get_facecolor())}
    assert all(len({c[1:3], c[3:5], c[5:]}) == 1 for c in colors)


def test_spaced_capitals_are_one_word_for_who_reads_the_file(coast, tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    fig, _ = coast
    fig.savefig(tmp_path / "a.pdf")
    text = pdfium.PdfDocument(tmp_path / "a.pdf")[0].get_textpage().get_text_range()
    assert "BELGIQUE" in text


# -- layers of one's own ---------------------------------------------------------------


def lines(*points, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.LineString(points)], crs=2154)
    frame.attrs["sources"] = ("Agence de l'eau",)
    return frame


X, Y = LENS.total_bounds[0], LENS.total_bounds[1]
RIVER = lines((X - 500, Y + 200), (X + 25_000, Y + 400), nom=["Souchez"])


def test_rivers_lie_under_data_with_their_entry_name_and_source():
    _, ax = bm.page(LENS, title="x")
    bm.draw_ground(ax, RIVER, kind="river", label="rivière", names="nom")
    (river,) = ax.collections
    assert river.get_zorder() < STACK["fills"]
    assert ax.grounds == {"Agence de l'eau": None}
    assert [s.label for s in ax.blocks[0].swatches] == ["rivière"]
    ax.settle()
    assert written(ax, "river") == ["Souchez"]


def test_roads_are_seen_over_data_on_demand_under_outlines():
    _, ax = bm.page(LENS, title="x")
    bm.draw_ground(ax, RIVER, kind="motorway", over=True)
    casing, road = ax.collections
    assert casing.get_linewidth()[0] > road.get_linewidth()[0]
    assert STACK["fills"] < road.get_zorder() < STACK["outlines"]


def test_lands_of_ones_own_cover_the_ground_and_are_named():
    wood = LENS.set_geometry(LENS.translate(4_000)).iloc[:3]
    _, ax = bm.page(LENS, title="x", around=8_000)
    bm.draw_ground(ax, wood, kind="abroad", names="name")
    assert STACK["lands"] < ax.collections[0].get_zorder() < STACK["neighbours"]


def test_surfaces_are_no_rivers_and_lines_no_lands():
    _, ax = bm.page(LENS, title="x")
    with pytest.raises(DataError, match=r"no lines.*layer\.boundary"):
        bm.draw_ground(ax, LENS, kind="river")
    with pytest.raises(DataError, match="polygon"):
        bm.draw_ground(ax, RIVER, kind="land")
    with pytest.raises(DataError, match="choose among"):
        bm.draw_ground(ax, RIVER, kind="fleuve")
    with pytest.raises(ColumnError, match="absent"):
        bm.draw_ground(ax, RIVER, kind="river", names="absent")
    with pytest.raises(CRSError):
        bm.draw_ground(ax, RIVER.to_crs(4326), kind="river")
    assert not ax.blocks


def test_a_layer_outside_the_frame_is_told():
    far = RIVER.set_geometry(RIVER.translate(300_000))
    _, ax = bm.page(LENS, title="x")
    with pytest.warns(BasinmapWarning, match="none of the 1 features"):
        bm.draw_ground(ax, far, kind="river", label="rivière")
    assert not ax.blocks
