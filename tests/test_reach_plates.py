"""Plates of reach: what a network adds to a document."""

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.access.networks import build_network, write_network
from basinmap.cli import main
from basinmap.deliverables.housing import _about, _steps
from basinmap.deliverables.museum import iris_dwellings
from basinmap.deliverables.reach_plates import REACH_PLATES, count_inside, counted_note
from basinmap.deliverables.subjects import subject
from basinmap.errors import BasinmapWarning, DataError

DAY = dt.date(2026, 11, 24)


def lattice(half=16_000, step=500, kmh=25.0):
    """Return two-way streets of one speed, the museum at a crossing."""
    museum = bm.LOUVRE_LENS.point
    n = 2 * half // step + 1
    i, j = np.mgrid[:n, :n]
    node = np.arange(n * n).reshape(n, n)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    length = np.full(2 * len(tail), float(step))
    return build_network(
        (museum.x - half + j * step).ravel(),
        (museum.y - half + i * step).ravel(),
        np.concatenate([tail, head]),
        np.concatenate([head, tail]),
        length,
        length / (kmh * 1000 / 60),
        mode="car",
        source="réseau d'essai",
    )


@pytest.fixture(scope="module")
def about():
    return subject("call", author="Essai", date=DAY, network=lattice())


@pytest.mark.parametrize("plate", REACH_PLATES, ids=lambda plate: plate.slug)
def test_a_plate_is_drawn_in_french_with_its_credits(about, plate):
    fig = plate.draw(about)
    texts = [text.get_text() for text in fig.paper.texts]
    foot = " ".join(texts)
    assert "Réalisation\u00a0: Essai, novembre 2026." in foot
    assert "CA de Lens-Liévin" in texts[0]
    if plate.slug != "10-habitants-par-anneau":
        assert "réseau d’essai" in foot
        assert "en voiture" in foot
        assert "jusqu’au musée" in foot
        assert "destination" not in foot


def test_minutes_of_a_lattice_are_those_of_its_blocks(about):
    """A town hall is at |dx| + |dy| by streets, at 25 km/h, and walks at both ends."""
    museum = bm.LOUVRE_LENS.point
    halls = bm.town_halls().loc[about.reach.minutes.dropna().index.intersection(
        bm.town_halls().index
    )]  # fmt: skip
    by_streets = np.abs(halls.geometry.x - museum.x) + np.abs(
        halls.geometry.y - museum.y
    )
    found = about.reach.minutes[halls.index]
    fastest = by_streets / (25_000 / 60)
    # At most a block and a half of detour, and 250 m on foot at 4 km/h.
    assert (found >= fastest - 1.5).all()
    assert (found <= fastest + 2.4 + 3.8).all()


def test_people_of_the_bands_are_those_that_a_loop_counts(about):
    """By share of surface: each band holds a part of the people it covers."""
    (text,) = [
        block for block in _blocks(REACH_PLATES[0].draw(about))
        if type(block).__name__ == "FiguresBlock"
    ]  # fmt: skip
    outlines = bm.communes().geometry
    people = bm.communes()["population"]
    for (label, counted), band in zip(
        text.rows, about.reach.isochrones.geometry, strict=True
    ):
        near = outlines[outlines.intersects(band)]
        shares = near.intersection(band).area / near.area
        assert (label, counted) == (
            label, pytest.approx((people[near.index] * shares).sum(), abs=5.01)
        )  # fmt: skip
        assert counted > 0
        assert counted % 10 == 0


def test_people_of_a_short_walk_are_no_bold_zero():
    """No commune of Lens has its point within 10 minutes on foot of the museum."""
    walk = replace(lattice(half=3_000, step=100, kmh=4.8), mode="walk")
    about = subject("call", author="Essai", date=DAY, network=walk)
    fig = REACH_PLATES[0].draw(about)
    (figures,) = [b for b in _blocks(fig) if type(b).__name__ == "FiguresBlock"]
    # |x| + |y| < 800 m is 1.28 km² of a town of 2 000 to 4 000 people a km².
    assert figures.rows[0][0] == "moins de 10 min"
    assert 1_500 < figures.rows[0][1] < 6_000
    foot = " ".join(text.get_text() for text in fig.paper.texts)
    assert "au prorata de leur surface (estimation)" in foot


def test_people_are_counted_by_the_dwellings_of_iris(about, tmp_path):
    """All dwellings of Lens within 2 km of the museum: so are all its people."""
    lens = bm.communes().loc[["62498"]]
    museum = bm.LOUVRE_LENS.point
    west, south, east, north = lens.total_bounds
    halves = [
        shapely.box(west, south, museum.x + 1_000, north),
        shapely.box(museum.x + 1_000, south, east, north),
    ]
    codes = bm.statistics("iris").query("commune == '62498'").index[:2]
    path = tmp_path / "iris.gpkg"
    gpd.GeoDataFrame(
        {"CODE_IRIS": list(codes)},
        geometry=lens.union_all().intersection(halves), crs=2154,
    ).to_file(path)  # fmt: skip
    with pytest.warns(BasinmapWarning, match="no outline of .* IRIS of 2511"):
        iris = iris_dwellings(path)
    assert iris["dwellings_2021"].tolist() == (
        bm.statistics("iris").loc[codes, "dwellings_2021"].tolist()
    )
    iris["dwellings_2021"] = [1_000, 0]
    by_iris = replace(about, iris=iris)
    areas = gpd.GeoDataFrame(geometry=halves, index=[1, 2], crs=2154)
    people = count_inside(by_iris, areas, lens, ["population"])["population"]
    assert people.tolist() == [lens["population"].item(), 0]
    by_area = count_inside(about, areas, lens, ["population"])["population"]
    assert (by_area > 1_000).all()
    assert (
        "au prorata de leurs logements (estimation), logements de 2021 par IRIS "
        in (counted_note(by_iris))
    )
    assert "iris.gpkg" in counted_note(by_iris)
    other = tmp_path / "other.gpkg"
    gpd.GeoDataFrame(
        {"CODE_IRIS": ["751010101"]}, geometry=[lens.union_all()], crs=2154
    ).to_file(other)
    with pytest.raises(DataError, match=r"none of its 1 codes.*'751010101'"):
        iris_dwellings(other)


def _blocks(fig):
    return next(ax for ax in fig.axes if hasattr(ax, "blocks")).blocks


@pytest.fixture
def cut():
    """Return Lens-Liévin with streets that stop 3 km from the museum."""
    small = subject("call", author="Essai", date=DAY, network=lattice(half=3_000))
    with pytest.warns(BasinmapWarning) as caught:
        small.reach.check_network()
    told = " ".join(str(item.message) for item in caught)
    assert "cut at 7.2 min from the museum; the maps stop at 7 min" in told
    assert "town hall(s) farther than 500 m from any street" in told
    return small


def test_a_commune_off_the_network_is_not_available(cut):
    states = cut.reach.minutes.attrs["states"]
    assert set(states.values()) == {"not_available"}
    assert set(states) == set(cut.reach.minutes.index[cut.reach.minutes.isna()])
    museum = bm.LOUVRE_LENS.point
    harnes = cut.communes.index[cut.communes["name"] == "Harnes"][0]
    assert museum.distance(bm.town_halls().geometry[harnes]) > 5_000
    absence = cut.reach.departures["absence"]
    assert absence[harnes] == "non desservie par le réseau fourni"


def test_nothing_is_drawn_past_the_edge_of_the_network(cut, tmp_path):
    """The outer streets, 3 000 m away, are reached in 7.2 minutes."""
    assert cut.reach.cut == pytest.approx(7.2)
    assert cut.reach.isochrones["outer"].tolist() == [7]
    assert cut.reach.minutes.max() <= 7.2
    foot = "Le réseau fourni est coupé à 7,2\u202fmin du musée"
    for plate in REACH_PLATES[:3]:
        texts = " ".join(t.get_text() for t in plate.draw(cut).paper.texts)
        assert foot.replace("\u202f", " ") in texts.replace("\u202f", " ").replace(
            "\xa0", " "
        ).replace("\n", " ")
    dict(_steps(cut, tmp_path))["methode.md"]()
    note = (tmp_path / "methode.md").read_text(encoding="utf-8")
    assert "- Le réseau fourni est coupé à 7,2 min du musée" in note
    assert "- Communes non desservies par le réseau fourni (" in note
    assert "Harnes (62413)" in note


def test_a_walk_to_far_streets_is_no_drive():
    """Streets 4 km apart: a town hall 1.9 km from any is not « en voiture »."""
    wide = subject("call", author="Essai", date=DAY, network=lattice(step=4_000))
    with pytest.warns(BasinmapWarning, match="farther than 500 m"):
        wide.reach.check_network()
    served = wide.reach.departures["absence"] == ""
    assert 0 < served.sum() < len(served)
    walks = wide.reach.departures["off_street"][served]
    assert (walks <= 500 + 200).all()  # and from the museum, at a crossing
    labels = [
        line.label for block in _blocks(REACH_PLATES[2].draw(wide))
        for line in getattr(block, "hatches", ())
    ]  # fmt: skip
    assert labels == [f"commune non desservie par le réseau fourni ({(~served).sum()})"]
    told = _about(wide)["reach"]
    assert told["not_served"] == served.index[~served].tolist()
    assert told["cut"] is None
    assert told["minutes"] == [10, 20, 30]


def test_isochrones_and_times_are_layers_and_sheets(about, tmp_path):
    steps = dict(_steps(about, tmp_path))
    steps["plh.qgz"]()
    steps["tableaux.xlsx"]()
    areas = gpd.read_file(tmp_path / "donnees.gpkg", layer="isochrones")
    assert areas["outer"].tolist() == [10, 20, 30]
    assert (areas["rule"] == "area").all()
    assert areas.area.to_numpy() == pytest.approx(
        about.reach.isochrones.area.to_numpy()
    )
    times = gpd.read_file(tmp_path / "donnees.gpkg", layer="temps_de_parcours")
    assert times["minutes"].tolist() == pytest.approx(about.reach.minutes.tolist())
    sheets = pd.read_excel(tmp_path / "tableaux.xlsx", sheet_name=None, header=None)
    assert {"Isochrones", "Temps de parcours"} < set(sheets)
    found = sheets["Temps de parcours"].to_string()
    assert "Temps de parcours (minutes)" in found
    assert "Harnes" in found


def test_a_document_has_the_plates_of_reach_only_with_a_network(about, tmp_path):
    slugs = {plate.slug for plate in REACH_PLATES}
    with_streets = {name for name, _ in _steps(about, tmp_path)}
    without = {name for name, _ in _steps(replace(about, network=None), tmp_path)}
    assert slugs <= with_streets
    assert not slugs & without
    with pytest.raises(DataError, match=r"network='region\.osm\.pbf'"):
        REACH_PLATES[0].draw(replace(about, network=None))


def test_the_method_note_says_how_minutes_were_measured(about, tmp_path):
    steps = dict(_steps(about, tmp_path))
    steps["methode.md"]()
    note = (tmp_path / "methode.md").read_text(encoding="utf-8")
    assert "- Temps jusqu'au musée : Temps de parcours en voiture" in note
    assert "Réseau de 4\u202f160 km" in note  # 2 × 65 streets of 32 km
    assert "- réseau d'essai." in note
    alone = dict(_steps(replace(about, network=None), tmp_path))
    alone["methode.md"]()
    assert "Temps jusqu'au" not in (tmp_path / "methode.md").read_text("utf-8")


def test_the_command_line_names_a_bad_network(tmp_path, capsys):
    missing = tmp_path / "none.osm.pbf"
    arguments = ["plh", "--epci", "call", "--out", str(tmp_path / "out"), "--quiet"]
    arguments += ["--formats", ""]
    assert main([*arguments, "--network", str(missing)]) == 2
    assert "none.osm.pbf: missing" in capsys.readouterr().err
    path = tmp_path / "streets.npz"
    write_network(lattice(half=2_000), path)
    assert main([*arguments, "--network", str(path), "--mode", "walk"]) == 2
    assert "mode 'car'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_museum_is_looked_for_before_anything_is_drawn(tmp_path, capsys):
    """A layer of Geofabrik, in degrees, around another town."""
    lens = gpd.GeoSeries([bm.LOUVRE_LENS.point], crs=2154)
    corner = lens.translate(60_000, 0).iloc[0]
    lines = [
        shapely.LineString([(corner.x, corner.y + y), (corner.x + 900, corner.y + y)])
        for y in (0, 900)
    ]
    lines.append(shapely.LineString([lines[0].coords[0], lines[1].coords[0]]))
    roads = gpd.GeoDataFrame(
        {"fclass": "residential", "oneway": "B", "maxspeed": 0},
        geometry=lines, crs=2154, index=range(3),
    ).to_crs(4326)  # fmt: skip
    path = tmp_path / "roads.gpkg"
    roads.to_file(path, layer="gis_osm_roads_free_1")
    arguments = ["plh", "--epci", "call", "--out", str(tmp_path / "out")]
    arguments += ["--formats", ""]
    arguments += ["--network", str(path)]
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert "projetée en EPSG:2154" in err
    assert "place: 1 outside of the network" in err
    assert not (tmp_path / "out").exists()
    assert main([*arguments, "--layer", "rails"]) == 2
    assert "no layer 'rails'; found 'gis_osm_roads_free_1'" in capsys.readouterr().err
    assert main([*arguments[:5], "--layer", "rails"]) == 2
    assert "--layer is a layer of --network FILE" in capsys.readouterr().err
