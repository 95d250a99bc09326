"""Plates of reach: what a network adds to a document."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import basinmap as bm
from basinmap.access.networks import build_network, write_network
from basinmap.cli import main
from basinmap.deliverables.housing import _steps
from basinmap.deliverables.reach_plates import REACH_PLATES
from basinmap.deliverables.subjects import subject
from basinmap.errors import DataError

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


def test_minutes_of_a_lattice_are_those_of_its_blocks(about):
    """A town hall is at |dx| + |dy| by streets, at 25 km/h, and walks at both ends."""
    museum = bm.LOUVRE_LENS.point
    halls = bm.town_halls().loc[about.minutes.dropna().index.intersection(
        bm.town_halls().index
    )]  # fmt: skip
    by_streets = np.abs(halls.geometry.x - museum.x) + np.abs(
        halls.geometry.y - museum.y
    )
    found = about.minutes[halls.index]
    fastest = by_streets / (25_000 / 60)
    # At most a block and a half of detour, and 250 m on foot at 4 km/h.
    assert (found >= fastest - 1.5).all()
    assert (found <= fastest + 2.4 + 3.8).all()


def test_people_of_the_bands_are_those_that_a_loop_counts(about):
    (text,) = [
        block for block in _blocks(REACH_PLATES[0].draw(about))
        if type(block).__name__ == "FiguresBlock"
    ]  # fmt: skip
    points = bm.communes().representative_point()
    people = bm.communes()["population"]
    for (label, counted), band in zip(
        text.rows, about.isochrones.geometry, strict=True
    ):
        inside = sum(
            people[code] for code, point in points.items() if band.intersects(point)
        )
        assert (label, counted) == (label, inside)


def _blocks(fig):
    return next(ax for ax in fig.axes if hasattr(ax, "blocks")).blocks


def test_a_commune_off_the_network_is_not_available():
    small = subject("call", author="Essai", date=DAY, network=lattice(half=3_000))
    states = small.minutes.attrs["states"]
    assert set(states.values()) == {"not_available"}
    assert set(states) == set(small.minutes.index[small.minutes.isna()])
    museum = bm.LOUVRE_LENS.point
    harnes = small.communes.index[small.communes["name"] == "Harnes"][0]
    assert museum.distance(bm.town_halls().geometry[harnes]) > 5_000
    assert harnes in states


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
    assert main([*arguments, "--network", str(missing)]) == 2
    assert "none.osm.pbf: missing" in capsys.readouterr().err
    path = tmp_path / "streets.npz"
    write_network(lattice(half=2_000), path)
    assert main([*arguments, "--network", str(path), "--mode", "walk"]) == 2
    assert "mode 'car'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
