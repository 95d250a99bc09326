"""Networks read from layers of lines, such as BD TOPO."""

import itertools
import warnings
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiLineString, Point

from basinmap.access.layers import read_layer
from basinmap.access.networks import sweep
from basinmap.access.speeds import street_speeds
from basinmap.access.streets import read_network
from basinmap.errors import BasinmapWarning, ColumnError, CRSError, DataError


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


quick = settings(max_examples=25, deadline=None, database=None)
X, Y = 685_000.0, 7_037_000.0  # near the museum


def line(*xy):
    return LineString([(X + x, Y + y) for x, y in xy])


def streets(*shapes, crs=2154, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def minutes(network, start, end, **options):
    """Return the minutes between two nodes, given by their positions."""
    from_node, to_node = at(network, *start), at(network, *end)
    return sweep(network, [from_node], [0.0], **options)[to_node]


def at(network, x, y):
    away = np.hypot(network.x - X - x, network.y - Y - y)
    assert away.min() < 2, "no node there"
    return int(away.argmin())


def topo(**columns):
    """Return a block of 1 km, clockwise one-way, as BD TOPO has it."""
    corners = [(0, 0), (0, 1000), (1000, 1000), (1000, 0), (0, 0)]
    sides = [line(a, b) for a, b in itertools.pairwise(corners)]
    told = {
        "nature": ["Route à 1 chaussée"] * 4,
        "sens_de_circulation": ["Sens direct"] * 4,
        "vitesse_moyenne_vl": [30, 30, 60, 60],
        "acces_vehicule_leger": ["Libre"] * 4,
        "etat_de_l_objet": ["En service"] * 4,
    }
    return streets(*sides, **(told | columns))


# -- known answers ---------------------------------------------------------------


def test_a_block_of_one_way_streets_is_driven_one_way():
    network = read_layer(topo(), mode="car")
    # 1 km at 30 km/h is 2 minutes, at 60 km/h 1 minute: 2 + 2 + 1 + 1 around.
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(2, rel=2e-3)
    assert minutes(network, (0, 1000), (0, 0)) == pytest.approx(4, rel=2e-3)
    assert (network.backward == -1).all()
    assert len(network.tail) == 4


def test_on_foot_one_way_streets_have_two_ways():
    network = read_layer(topo(), mode="walk", speed=6)
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(10, rel=2e-3)
    assert minutes(network, (0, 1000), (0, 0)) == pytest.approx(10, rel=2e-3)
    assert (network.backward >= 0).all()


def test_against_the_line_is_backward():
    turned = topo(sens_de_circulation=["Sens inverse"] * 4)
    network = read_layer(turned, mode="car")
    assert minutes(network, (0, 1000), (0, 0)) == pytest.approx(2, rel=2e-3)
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(4, rel=2e-3)


def test_a_river_is_crossed_at_its_bridge():
    banks = streets(
        line((0, 0), (1000, 0)),
        line((0, 100), (1000, 100)),
        line((1000, 0), (1000, 100)),
    )
    network = read_layer(banks, mode="walk", speed=6)
    assert minutes(network, (0, 0), (0, 100)) == pytest.approx(21, rel=2e-3)


def test_a_road_over_another_does_not_meet_it():
    ring = line((0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0))
    over = line((-500, 500), (1500, 500))
    with pytest.warns(BasinmapWarning, match="66,7"):
        network = read_layer(streets(ring, over), mode="walk")
    assert network.report.kilometres == pytest.approx(4, rel=2e-3)
    assert network.report.dropped_kilometres == pytest.approx(2, rel=2e-3)
    assert network.report.parts == 2


def test_a_vertex_in_common_is_a_crossing_unless_lines_meet_at_their_ends():
    cross = streets(
        line((-1000, 0), (0, 0), (1000, 0)),
        line((0, -1000), (0, 0), (0, 1000)),
        line((1000, 0), (0, 1000)),
    )
    network = read_layer(cross, mode="walk", speed=6)
    assert minutes(network, (-1000, 0), (0, -1000)) == pytest.approx(20, rel=2e-3)
    apart = read_layer(cross, mode="walk", speed=6, connect="ends")
    straight = 10 * (1 + 2**0.5 + 1) + 20
    found = minutes(apart, (-1000, 0), (0, -1000))
    assert found == pytest.approx(straight, rel=2e-3)


def test_an_island_is_dropped_and_told():
    main = line((0, 0), (1000, 0), (2000, 0), (3000, 0))
    island = line((0, 5000), (300, 5000), (300, 5100))
    network = read_layer(streets(main, island), mode="walk")
    assert network.report.dropped_nodes == 3
    assert network.report.dropped_kilometres == pytest.approx(0.4, rel=2e-3)
    assert len(network.x) == 4


def test_of_two_lines_between_two_nodes_the_fastest_stays():
    twice = streets(
        line((0, 0), (1000, 0)),
        line((0, 0), (1000, 0)),
        VIT_MOY_VL=[30, 60],
        SENS=["Double sens", "Sens direct"],
    )
    network = read_layer(twice, mode="car")
    assert len(network.tail) == 2
    assert minutes(network, (0, 0), (1000, 0)) == pytest.approx(1, rel=2e-3)
    assert minutes(network, (1000, 0), (0, 0)) == pytest.approx(2, rel=2e-3)


def test_lengths_are_on_the_ground():
    network = read_layer(streets(line((0, 0), (10_000, 0))), mode="walk", speed=6)
    ends = gpd.GeoSeries.from_xy([X, X + 10_000], [Y, Y], crs=2154).to_crs(4326)
    ground = Geod(ellps="GRS80").inv(*ends.x, *ends.y)[2]
    lon, lat = ends.x.to_numpy(), ends.y.to_numpy()
    ground = Geod(ellps="GRS80").inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert network.length == pytest.approx(ground, abs=1e-6)
    assert abs(ground - 10_000) > 5
    assert network.minutes == pytest.approx(ground / 100, rel=1e-9)


def test_a_column_of_lengths_is_shared_out_along_the_line():
    slope = streets(line((0, 0), (300, 0), (1000, 0)), metres=[1500.0])
    network = read_layer(slope, mode="walk", length="metres")
    assert sorted(network.length.round(3)) == [450, 450, 1050, 1050]


def test_several_parts_of_one_line_are_not_joined_across():
    parts = MultiLineString([line((0, 0), (900, 0)), line((1900, 0), (900, 0))])
    network = read_layer(streets(parts), mode="walk", speed=6)
    assert minutes(network, (0, 0), (1900, 0)) == pytest.approx(19, rel=2e-3)
    assert len(network.tail) == 4


@pytest.mark.parametrize(("gap", "meets"), [(0.0004, True), (0.4, False)])
def test_ends_meet_within_a_tolerance(gap, meets):
    # 0.0004 m apart, on both sides of where a rounding to 1 mm would cut.
    broken = streets(
        line((0, 0), (1000.0003, 0)), line((1000.0003 + gap, 0), (1200, 0))
    )
    network = read_layer(broken, mode="walk")
    assert len(network.x) == (3 if meets else 2)
    loose = read_layer(broken, mode="walk", tolerance=0.5)
    assert len(loose.x) == 3


def test_a_loose_end_meets_a_vertex_but_vertices_do_not_melt_together():
    wall = line((0, 0), (0, 99.8), (0, 100), (0, 100.2), (0, 200))
    side = line((0.1, 100), (50, 100))
    network = read_layer(streets(wall, side), mode="walk", tolerance=0.15)
    assert len(network.x) == 6
    assert network.report.parts == 1


steps = st.tuples(st.integers(0, 3), st.integers(0, 3))
paths = st.lists(
    st.tuples(
        st.lists(steps, min_size=2, max_size=4),
        st.sampled_from(["Double sens", "Sens direct", "Sens inverse"]),
        st.sampled_from([10, 30, 90]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
@quick
@given(paths)
def test_times_are_those_of_networkx(drawn):
    rim = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 3), (2, 3), (3, 3), (3, 2), (3, 1)]
    rim += [(3, 0), (2, 0), (1, 0), (0, 0)]
    ring = (rim, "Double sens", 5)
    drawn = [ring, *(path for path in drawn if len(set(path[0])) > 1)]
    graph = nx.DiGraph()

    def add(a, b, cost):
        if a != b and cost < graph.get_edge_data(a, b, {"cost": 1e9})["cost"]:
            graph.add_edge(a, b, cost=cost)

    for points, way, speed in drawn:
        for a, b in itertools.pairwise(points):
            cost = float(np.hypot(a[0] - b[0], a[1] - b[1])) * 60 / speed
            if way != "Sens inverse":
                add(a, b, cost)
            if way != "Sens direct":
                add(b, a, cost)
    layer = streets(
        *(line(*[(1000 * x, 1000 * y) for x, y in path]) for path, _, _ in drawn),
        SENS=[way for _, way, _ in drawn],
        VIT_MOY_VL=[speed for _, _, speed in drawn],
    )
    network = read_layer(layer, mode="car")
    part = max(nx.strongly_connected_components(graph), key=len)
    assert len(network.x) == len(part)
    known = nx.single_source_dijkstra_path_length(graph, (0, 0), weight="cost")
    for x, y in part:
        found = minutes(network, (0, 0), (1000 * x, 1000 * y))
        assert found == pytest.approx(known[x, y], rel=2e-3)


# -- what columns mean -----------------------------------------------------------


GARDANNE = (
    Path(__file__).parents[2]
    / "shared/data/reference/roads/geofabrik_roads_13041-Gardanne_2021-07.geojson"
)
needs_roads = pytest.mark.skipif(not GARDANNE.exists(), reason="no reference data")


def geofabrik(**columns):
    """Return a block of 1 km and its diagonals as Geofabrik has them."""
    corners = [(0, 0), (0, 1000), (1000, 1000), (1000, 0), (0, 0)]
    sides = [line(a, b) for a, b in itertools.pairwise(corners)]
    across = [line((0, 0), (1000, 1000)), line((0, 1000), (1000, 0))]
    told = {
        "fclass": [
            "residential", "secondary", "service", "residential", "tertiary", "steps",
        ],
        "oneway": ["B", "B", "T", "T", "F", "B"],
        "maxspeed": [0, 50, 50, 30, 90, 0],
    }  # fmt: skip
    return streets(*sides, *across, **(told | columns))


def test_the_roads_of_geofabrik_are_recognised_for_cars():
    """80 % of the limit; without, 24 km/h in a street; 16 at most on a service road."""
    network = read_layer(geofabrik(), mode="car")
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(60 / 24, rel=2e-3)
    assert minutes(network, (0, 1000), (1000, 1000)) == pytest.approx(1.5, rel=2e-3)
    # Drawn from (1000, 1000) to (1000, 0) and from there to the origin: against it.
    assert minutes(network, (0, 0), (1000, 0)) == pytest.approx(2.5, rel=2e-3)
    assert minutes(network, (1000, 0), (1000, 1000)) == pytest.approx(3.75, rel=2e-3)
    diagonal = 2**0.5 * 60 / 72
    assert minutes(network, (0, 0), (1000, 1000)) == pytest.approx(diagonal, rel=2e-3)
    assert minutes(network, (1000, 1000), (0, 0)) == pytest.approx(4, rel=2e-3)
    assert network.report.dropped == {"fclass : steps": 1}
    assert network.source.startswith("© les contributeurs OpenStreetMap (ODbL)")


def test_the_roads_of_geofabrik_are_recognised_on_foot_and_by_bike():
    on_foot = read_layer(geofabrik(), mode="walk")
    assert minutes(on_foot, (1000, 0), (0, 0)) == pytest.approx(12.5, rel=2e-3)
    stairs = 2**0.5 * 60 / 2.4  # half of 4.8 km/h
    around = min(25, stairs)
    assert minutes(on_foot, (0, 1000), (1000, 0)) == pytest.approx(around, rel=2e-3)
    by_bike = read_layer(geofabrik(), mode="bike")
    assert minutes(by_bike, (0, 0), (1000, 0)) == pytest.approx(4, rel=2e-3)
    assert minutes(by_bike, (1000, 0), (0, 0)) == pytest.approx(12, rel=2e-3)
    assert by_bike.report.dropped == {"fclass : steps": 1}


@pytest.mark.parametrize("kind", ["footway", "path", "track", "track_grade1", "steps"])
def test_a_default_speed_opens_no_footway_to_cars(kind):
    classes = ["residential", "secondary", "service", "residential", "tertiary", kind]
    network = read_layer(geofabrik(fclass=classes), mode="car", default=30)
    assert network.report.dropped == {f"fclass : {kind}": 1}


def test_a_class_that_geofabrik_has_not_is_refused():
    classes = ["residential", "secondary", "service", "residential", "canal", "steps"]
    with pytest.raises(DataError, match=r"1 street.*'fclass'.*canal"):
        read_layer(geofabrik(fclass=classes, maxspeed=[0] * 6), mode="car")


def test_the_user_wins_over_what_is_recognised():
    network = read_layer(geofabrik(), mode="car", speed=60, direction="both", closed={})
    assert minutes(network, (0, 1000), (1000, 0)) == pytest.approx(2**0.5, rel=2e-3)
    assert (network.backward >= 0).all()


@needs_roads
def test_a_true_layer_of_geofabrik_is_read_from_degrees():
    """2 131 lines, of which 519 are for others than cars."""
    network = read_network(GARDANNE, mode="car", crs=2154)
    assert network.report.dropped == {
        "fclass : cycleway": 25, "fclass : footway": 228, "fclass : path": 155,
        "fclass : pedestrian": 7, "fclass : steps": 32, "fclass : track": 71,
        "fclass : track_grade2": 1,
    }  # fmt: skip
    assert network.crs == "EPSG:2154"
    assert network.notes[0] == "Couche en degrés (EPSG:4326), projetée en EPSG:2154."
    kmh = 0.06 * network.length / network.minutes
    assert kmh.max() == pytest.approx(0.8 * 110)
    with pytest.raises(CRSError, match=r"in degrees.*pass crs=2154"):
        read_network(GARDANNE, mode="car")


@needs_roads
@pytest.mark.parametrize("mode", ["walk", "bike", "car"])
@pytest.mark.parametrize("town", ["06142", "13057"])
def test_a_true_layer_of_bd_topo_is_read_from_degrees(mode, town):
    path = GARDANNE.parent / f"bdtopo_troncon_de_route_{town}_2021-07.geojson"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)  # a commune cut out
        network = read_network(path, mode=mode, crs=2154)
    assert network.crs == "EPSG:2154"
    assert len(network.x) > 300


def test_a_frame_in_degrees_is_brought_where_it_is_asked():
    network = read_layer(topo().to_crs(4326), mode="car", crs=2154)
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(2, rel=2e-3)


def test_the_roads_are_chosen_beside_railways(tmp_path):
    path = tmp_path / "region.gpkg"
    geofabrik().to_file(path, layer="gis_osm_roads_free")
    rails = streets(line((0, 0), (9, 9)), fclass=["rail"])
    rails.to_file(path, layer="gis_osm_railways_free")
    assert len(read_network(path, mode="car").x) == 4
    with pytest.raises(DataError, match=r"no layer 'roads'.*gis_osm_railways_free"):
        read_network(path, mode="car", layer="roads")


def test_directions_of_another_layer_are_named():
    lines = streets(
        line((0, 0), (0, 1000)),
        line((0, 0), (0, 1000)),
        line((0, 1000), (500, 1000)),
        oneway=["F", "T", "B"],
        maxspeed=[60, 30, 30],
    )
    meanings = {"column": "oneway", "both": ["B"], "forward": ["F"], "backward": ["T"]}
    network = read_layer(
        lines, mode="car", direction=meanings, speed="maxspeed", source="OSM"
    )
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(1, rel=2e-3)
    assert minutes(network, (0, 1000), (0, 0)) == pytest.approx(2, rel=2e-3)
    assert network.source == "OSM"


def test_none_stands_for_a_missing_direction():
    layer = streets(line((0, 0), (9, 0)), line((9, 0), (9, 9)), way=[1.0, None])
    meanings = {"column": "way", "both": [None, 1]}
    network = read_layer(layer, mode="bike", direction=meanings)
    assert len(network.tail) == 4


@pytest.mark.parametrize(
    ("direction", "message"),
    [
        ({"column": "SENS", "both": "B"}, "lists of values"),
        ({"column": "SENS", "two-way": ["B"]}, "lists of values"),
        ({"both": ["B"]}, "'column'"),
        ({"column": "SENS"}, "lists of values"),
        ({"column": "SENS", "both": ["B"], "forward": ["B"]}, "'B' under two"),
        ("SENS", "2 street.*'Double sense: 1', 'nan: 1'.*both"),
    ],
)
def test_directions_without_meaning_are_refused(direction, message):
    layer = streets(
        line((0, 0), (9, 0)), line((9, 0), (9, 9)), SENS=["Double sense", None]
    )
    with pytest.raises(DataError, match=message):
        read_layer(layer, mode="car", direction=direction, speed=50)


def test_without_a_direction_cars_do_not_drive_both_ways_silently():
    layer = streets(line((0, 0), (9, 0)), name=["A"])
    with pytest.raises(ColumnError, match=r"'name'.*direction='both'"):
        read_layer(layer, mode="car", speed=50)
    assert len(read_layer(layer, mode="car", speed=50, direction="both").tail) == 2


def test_speeds_come_from_the_column_then_the_class_then_the_default():
    layer = topo(
        vitesse_moyenne_vl=[60, 0, np.nan, np.nan],
        nature=["Chemin", "Chemin", "Chemin", "Sentier"],
    )
    network = read_layer(
        layer, mode="car", speeds={"Chemin": 30}, class_column="nature", default=15
    )
    assert sorted(network.minutes) == pytest.approx([1, 2, 2, 4], rel=2e-3)
    assert network.notes[0] == (
        "Vitesses\xa0: colonne «\xa0vitesse_moyenne_vl\xa0»\u202f; "
        "par «\xa0nature\xa0» (Chemin 30 km/h)\u202f; 15 km/h à défaut\u202f; "
        "sens de circulation\xa0: colonne «\xa0sens_de_circulation\xa0»."
    )


@pytest.mark.parametrize("kind", [dict, pd.Series])
def test_speeds_by_class_alone(kind):
    speeds = kind({"Route à 1 chaussée": 60})
    network = read_layer(topo(), mode="bike", speeds=speeds, class_column="nature")
    assert network.minutes == pytest.approx(1, rel=2e-3)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([50, 0, 0, 50], r"2 street\(s\) of 4.*'0 \(2\)', rows 1, 2; say speeds"),
        ([50, None, 50, 50], r"1 street\(s\) of 4.*'nan \(1\)', rows 1"),
        ([50, -5, 50, 50], r"out of \[0 ; 200\] km/h: '-5 \(1\)'"),
        ([50, 50, 50, 50_000], "out of"),
        (["50", "fast", "50", "50"], r"'fast \(1\)'"),
    ],
)
def test_speeds_that_are_none_are_refused(column, message):
    with pytest.raises(DataError, match=message):
        read_layer(topo(vitesse_moyenne_vl=column), mode="car")


def test_speeds_written_as_text_are_numbers():
    network = read_layer(topo(vitesse_moyenne_vl=["60"] * 4), mode="car")
    assert network.minutes == pytest.approx(1, rel=2e-3)


def test_a_class_without_a_speed_is_told():
    with pytest.raises(DataError, match=r"'Route à 1 chaussée \(4\)'"):
        read_layer(topo(), mode="walk", speeds={"Chemin": 4}, class_column="nature")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed": 0}, "speed: a column"),
        ({"speed": True}, "speed: a column"),
        ({"default": -1}, "'default: -1'"),
        ({"speeds": {"a": 0}, "class_column": "nature"}, "'a: 0'.*closed="),
        ({"speeds": {"a": 5}}, "go together"),
        ({"class_column": "nature"}, "go together"),
        ({"tolerance": 20}, "0 to 5 metres"),
        ({"tolerance": float("nan")}, "0 to 5 metres"),
        ({"connect": "crossings"}, "unknown connect"),
        ({"closed": {"nature": "Chemin"}}, "write a list"),
        ({"closed": {"nature": 1}}, "closed: 'nature': write a list"),
        ({"closed": {"nature": ["Route à 1 chaussée"]}}, "all of the 4 streets"),
        ({"bbox": (0, 0, 0)}, "bbox is"),
        ({"bbox": (1, 0, 0, 1)}, "bbox is"),
        ({"bbox": (0, 0, 1, 1)}, r"no street within .* of 4"),
        ({"length": "vitesse_moyenne_vl"}, "0.0[0-9]+ times the length"),
        ({"mode": "boat"}, "unknown mode"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises((DataError, TypeError), match=told_or_typed(message)):
        read_layer(topo(), **({"mode": "car"} | options))


@pytest.mark.parametrize("column", [[1000, 0, 1000, 1000], [1000, None, 1000, 1000]])
def test_lengths_that_are_none_are_refused(column):
    with pytest.raises(DataError, match=r"1 street\(s\) whose 'metres'.*rows 1;"):
        read_layer(topo(metres=column), mode="car", length="metres")


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"speed": "V"}, "'V'"),
        ({"direction": "D"}, "'D'"),
        ({"closed": {"C": [1]}}, "'C'"),
        ({"speeds": {"a": 5}, "class_column": "K"}, "'K'"),
        ({"length": "L"}, "'L'"),
    ],
)
def test_unknown_columns_are_named_with_those_there_are(options, missing, tmp_path):
    with pytest.raises(ColumnError, match=f"{missing}.*'nature'"):
        read_layer(topo(), mode="car", **options)
    path = tmp_path / "streets.gpkg"
    topo().to_file(path)
    with pytest.raises(ColumnError, match=f"streets.gpkg.*{missing}.*'nature'"):
        read_layer(path, mode="car", **options)


def test_bends_drawn_as_arcs_are_told(tmp_path):
    bend = "<g:ArcString><g:posList>0 0 500 500 1000 0</g:posList></g:ArcString>"
    path = tmp_path / "rues.gml"
    path.write_text(
        '<o:FeatureCollection xmlns:o="http://ogr.maptools.org/" '
        'xmlns:g="http://www.opengis.net/gml/3.2"><o:featureMember><o:rues>'
        "<o:nature>Chemin</o:nature><o:p>"
        '<g:Curve srsName="urn:ogc:def:crs:EPSG::2154"><g:segments>'
        f"{bend}</g:segments></g:Curve></o:p></o:rues></o:featureMember>"
        "</o:FeatureCollection>"
    )
    network = read_layer(path, mode="walk", closed={})
    assert [n for n in network.notes if "arcs de cercle" in n]


def test_what_is_closed_to_a_mode_is_left_out_and_counted():
    extra = {
        "nature": ["Escalier", "Route à 1 chaussée", "Type autoroutier", "Sentier"],
        "acces_vehicule_leger": [
            "Physiquement impossible",
            "Libre",
            "A péage",
            "Libre",
        ],
        "etat_de_l_objet": ["En service", "En service", "En service", "En projet"],
        "sens_de_circulation": ["Double sens"] * 4,
    }
    car = read_layer(topo(**extra), mode="car").report
    assert car.dropped == {
        "etat_de_l_objet : En projet": 1,
        "acces_vehicule_leger : Physiquement impossible": 1,
    }
    assert car.kilometres == pytest.approx(2, rel=2e-3)
    assert read_layer(topo(**extra), mode="car").notes[1] == (
        "Tronçons écartés\xa0: 1 (etat_de_l_objet\xa0: En projet), "
        "1 (acces_vehicule_leger\xa0: Physiquement impossible)."
    )
    walk = read_layer(topo(**extra), mode="walk").report
    assert walk.dropped == {
        "etat_de_l_objet : En projet": 1,
        "nature : Type autoroutier": 1,
    }
    bike = read_layer(topo(**extra), mode="bike").report
    assert bike.dropped["nature : Escalier"] == 1
    everything = read_layer(topo(**extra), mode="bike", closed={}).report
    assert everything.dropped == {}
    named = read_layer(topo(**extra), mode="bike", closed={"nature": ["Sentier"]})
    assert named.report.dropped == {"nature : Sentier": 1}


def test_lines_without_length_are_counted():
    layer = streets(line((0, 0), (99, 0)), line((5, 5), (5, 5)), None, LineString())
    assert read_layer(layer, mode="walk").report.dropped == {"sans longueur": 3}


# -- files -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["streets.gpkg", "streets.shp"])
def test_a_file_gives_what_its_frame_gives(name, tmp_path):
    names = {
        "sens_de_circulation": "SENS",
        "vitesse_moyenne_vl": "VIT_MOY_VL",
        "acces_vehicule_leger": "ACCES_VL",
        "etat_de_l_objet": "ETAT",
        "nature": "NATURE",
    }
    layer = topo() if name.endswith("gpkg") else topo().rename(columns=names)
    layer.to_file(tmp_path / name)
    network = read_layer(tmp_path / name, mode="car")
    known = read_layer(topo(), mode="car")
    np.testing.assert_array_equal(network.tail, known.tail)
    np.testing.assert_allclose(network.minutes, known.minutes)
    assert network.source == f"{name}, couche «\xa0streets\xa0»"
    assert network.crs == known.crs


def test_a_box_reads_the_lines_that_touch_it(tmp_path):
    grid = streets(*(line((0, y), (0, y + 100)) for y in range(0, 1000, 100)))
    path = tmp_path / "grid.gpkg"
    grid.to_file(path)
    box = (X - 10, Y + 250, X + 10, Y + 350)
    network = read_layer(path, mode="walk", bbox=box)
    assert sorted(network.y - Y) == [200, 300, 400]
    same = read_layer(grid, mode="walk", bbox=box)
    np.testing.assert_array_equal(same.y, network.y)


def test_of_several_layers_the_one_of_lines_is_read(tmp_path):
    path = tmp_path / "topo.gpkg"
    topo().to_file(path, layer="troncon_de_route")
    points = gpd.GeoDataFrame(geometry=[Point(X, Y)], crs=2154)
    points.to_file(path, layer="equipement")
    assert len(read_layer(path, mode="car").tail) == 4
    with pytest.raises(DataError, match=r"no lines \(Point\)"):
        read_layer(path, mode="walk", layer="equipement")
    with pytest.raises(DataError, match=r"no layer 'routes'.*'troncon_de_route'"):
        read_layer(path, mode="walk", layer="routes")
    topo().to_file(path, layer="troncon_hydrographique")
    with pytest.raises(DataError, match=r"2 layers of lines: .*\(4 rows\).*layer='tr"):
        read_layer(path, mode="car")
    assert len(read_layer(path, mode="car", layer="troncon_de_route").tail) == 4


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        (4326, "in degrees.*to_crs.2154"),
        (3857, "Web Mercator.*to_crs.2154"),
        (None, "no CRS.*set_crs"),
    ],
)
def test_a_crs_that_cannot_be_measured_is_refused(crs, message, tmp_path):
    layer = topo() if crs is None else topo().to_crs(crs)
    layer = layer.set_crs(None, allow_override=True) if crs is None else layer
    with pytest.raises(CRSError, match=message):
        read_layer(layer, mode="car")
    path = tmp_path / "streets.shp"
    topo()[["geometry"]].to_crs(crs or 2154).to_file(path)
    if crs is None:
        path.with_suffix(".prj").unlink()
    cure = r"streets.shp: .*geopandas.read_file\('streets.shp', layer='streets'\)"
    with pytest.raises(CRSError, match=cure):
        read_layer(path, mode="walk")


def test_a_geojson_in_degrees_is_refused_and_its_frame_read(tmp_path):
    path = tmp_path / "streets.geojson"
    topo().to_crs(4326).to_file(path)
    with pytest.raises(CRSError, match="in degrees"):
        read_layer(path, mode="car")
    network = read_layer(gpd.read_file(path).to_crs(2154), mode="car")
    assert minutes(network, (0, 0), (0, 1000)) == pytest.approx(2, rel=2e-3)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(DataError, match=r"no file '.*none.gpkg'"):
        read_layer(tmp_path / "none.gpkg", mode="walk")
    (tmp_path / "text.gpkg").write_text("not a database")
    with pytest.raises(DataError, match=r"text.gpkg: no vector file"):
        read_layer(tmp_path / "text.gpkg", mode="walk")
    (tmp_path / "empty.geojson").write_text("")
    with pytest.raises(DataError, match=r"empty.geojson: no vector file"):
        read_layer(tmp_path / "empty.geojson", mode="walk")


def test_a_truncated_file_is_refused(tmp_path):
    whole = tmp_path / "whole.gpkg"
    many = streets(*(line((k, 0), (k, 9), (k + 1, 9)) for k in range(5000)))
    many.to_file(whole)
    content = whole.read_bytes()
    for share in (0.3, 0.6, 0.9):
        cut = tmp_path / f"cut{share}.gpkg"
        cut.write_bytes(content[: int(share * len(content))])
        with pytest.raises(DataError, match=r"cut0\..*: "):
            read_layer(cut, mode="walk")
    (tmp_path / "cut.geojson").write_text(many.to_crs(4326).to_json()[:90_000])
    with pytest.raises(DataError, match=r"cut.geojson"):
        read_layer(tmp_path / "cut.geojson", mode="walk")


def test_an_empty_layer_is_refused(tmp_path):
    path = tmp_path / "streets.gpkg"
    topo().iloc[:0].to_file(path)
    with pytest.raises(DataError, match=r"streets.gpkg: no street; check the layer"):
        read_layer(path, mode="car")
    with pytest.raises(DataError, match="empty selection"):
        read_layer(topo().iloc[:0], mode="car")


def test_polygons_and_infinite_lines_are_refused():
    blocks = streets(line((0, 0), (9, 0)), Point(X, Y).buffer(9))
    with pytest.raises(DataError, match=r"1 of 2 row\(s\) are no lines \(Polygon\): 1"):
        read_layer(blocks, mode="walk")
    wild = streets(line((0, 0), (9, 0)), LineString([(X, Y), (np.inf, Y)]))
    with pytest.raises(DataError, match=r"1 street\(s\) without finite coordinates: 1"):
        read_layer(wild, mode="walk")


def test_lines_that_do_not_share_vertices_are_told():
    spokes = [line((k, 0), (k, 1000)) for k in range(5)]
    with pytest.warns(BasinmapWarning, match="only 20,0.*5 parts.*tolerance"):
        read_layer(streets(*spokes), mode="walk")


@pytest.mark.parametrize(("mode", "speed"), [("walk", 4.8), ("bike", 15)])
def test_usual_speeds_are_those_of_other_networks(mode, speed):
    layer = streets(line((0, 0), (1000, 0)))
    network = read_layer(layer, mode=mode, direction="both")
    assert network.minutes == pytest.approx(60 / speed, rel=2e-3)
    assert street_speeds(mode).loc["residential", "speed"] == speed


def test_a_layer_with_heights_is_read_flat():
    raised = shapely.force_3d(line((0, 0), (1000, 0)), 40.0)
    network = read_layer(streets(raised), mode="walk", speed=6)
    assert minutes(network, (0, 0), (1000, 0)) == pytest.approx(10, rel=2e-3)


def test_a_vertex_far_from_the_next_one_of_its_street_is_refused():
    far = streets(
        line((0, 0), (1000, 0)), line((1000, 0), (-600_000, -700_000), (1000, 500))
    )
    with pytest.raises(DataError, match=r"1 street.*200 km .*rows 1:"):
        read_layer(far, mode="walk")


CLOSED_NATURES = {
    "walk": ["Autoroute", "Quasi-autoroute", "Bac auto", "Bac piéton", "Bretelle"],
    "bike": ["Autoroute", "Quasi-autoroute", "Bac auto", "Bac piéton", "Escalier"],
    "car": ["Bac auto", "Bac piéton"],
}


@pytest.mark.parametrize(
    ("mode", "nature"),
    [(mode, nature) for mode, told in CLOSED_NATURES.items() for nature in told],
)
def test_the_words_of_the_former_bd_topo_close_what_those_of_today_do(mode, nature):
    direct, around = line((0, 0), (1000, 0)), line((1000, 0), (1000, 500), (0, 0))
    layer = streets(
        direct, around, NATURE=[nature, "Route à 1 chaussée"], SENS=["Double"] * 2
    )
    network = read_layer(layer, mode=mode, speed=4.8)
    assert network.report.dropped == {f"NATURE : {nature}": 1}
    # 500 m up, then the hypotenuse: 1 618 m at 4.8 km/h.
    assert minutes(network, (0, 0), (1000, 0)) == pytest.approx(20.23, rel=3e-3)


def test_one_does_not_walk_on_the_motorways_of_route_500():
    layer = streets(
        line((0, 0), (1000, 0)),
        line((1000, 0), (1000, 500), (0, 0)),
        VOCATION=["Type autoroutier", "Liaison locale"],
        SENS=["Double sens"] * 2,
    )
    for mode in ("walk", "bike"):
        network = read_layer(layer, mode=mode)
        assert network.report.dropped == {"VOCATION : Type autoroutier": 1}
    assert read_layer(layer, mode="car", speed=80).report.dropped == {}


def test_natures_that_no_rule_knows_are_told_with_their_number():
    layer = topo(nature=["Chemin", "Tapis roulant", "Tapis roulant", None])
    told = r"3 street\(s\) of 4 .*'Tapis roulant: 2', 'nan: 1'.*closed="
    with pytest.warns(BasinmapWarning, match=told):
        read_layer(layer, mode="walk")
    read_layer(layer, mode="walk", closed={"nature": ["Tapis roulant"]})
