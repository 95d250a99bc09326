"""The plate of situation: towns first, every neighbour, ways out, no false coast."""

import datetime as dt
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.deliverables.plates import situation_plate
from basinmap.deliverables.situations import (
    elsewhere,
    name_neighbours,
    numbered_words,
    unlike_whole,
)
from basinmap.deliverables.subjects import subject
from basinmap.maps.grounds.lands import water_of
from basinmap.maps.paper.blocks import FiguresBlock
from basinmap.territory.embedded import table
from basinmap.typography import typeset

HENIN, VALENCIENNES, PORTE = "246200299", "245901160", "200042190"
ARTOIS, MONTREUIL, BOULONNAIS = "200069482", "200069029", "246200729"
OSTREVENT = "245901152"
TWELVE = [
    *(HENIN, VALENCIENNES, PORTE, ARTOIS, MONTREUIL, BOULONNAIS, OSTREVENT),
    *("246200364", "200072460", "245900428", "200093201", "200044048"),
]
DAY = dt.date(2026, 11, 30)


@pytest.fixture(scope="module")
def drawn():
    """Return a maker of the plate of an EPCI, which draws it once."""
    kept = {}

    def plate(epci):
        if epci not in kept:
            kept[epci] = situation_plate(subject(epci, author="essai", date=DAY))
        return kept[epci]

    return plate


def plain(text):
    text = text.replace("\n", " ").replace("’", "'")
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def written(fig, gid=None):
    texts = [text for ax in fig.maps for text in ax.texts]
    return [plain(t.get_text()) for t in texts if gid in (None, t.get_gid())]


def said(fig):
    """Return all that the page prints besides its map."""
    axes = [fig.paper, fig.beside, *fig.axes]
    return plain(" ".join(t.get_text() for ax in axes for t in ax.texts))


def figures(fig):
    blocks = [b for b in fig.maps[0].blocks if isinstance(b, FiguresBlock)]
    return {plain(b.title): b for b in blocks}


def near_figures(fig):
    return figures(fig)["Population municipale en 2023"]


# -- towns -------------------------------------------------------------------------


def test_the_large_towns_around_are_written_whatever_else_is(drawn):
    assert {"Lens", "Liévin", "Douai", "ARRAS"} <= set(written(drawn(HENIN), "town"))
    assert "Saint-Amand-les-Eaux" in written(drawn(VALENCIENNES), "town")
    assert "Denain" in written(drawn(VALENCIENNES), "town")
    assert "Valenciennes" in written(drawn(PORTE), "town")
    around = set(written(drawn(ARTOIS), "town"))
    assert {"Lens", "ARRAS", "Béthune", "Albert", "Doullens"} <= around


def test_the_seat_and_the_largest_communes_of_the_territory_are_written(drawn):
    own = set(written(drawn(MONTREUIL), "name"))
    assert {"Berck", "Étaples", "Le Touquet-Paris-Plage", "Montreuil-sur-Mer"} <= own


def test_no_name_of_the_territory_lies_across_its_edge(drawn):
    for epci in (HENIN, VALENCIENNES, PORTE, MONTREUIL):
        ax = drawn(epci).maps[0]
        mine = bm.epcis(epci=epci).geometry.union_all()
        rim = shapely.boundary(mine)
        names = {plain(str(name)) for name in bm.communes(epci=epci)["name"]}
        texts = [
            t
            for t in ax.texts
            if t.get_gid() == "name" and plain(t.get_text()) in names
        ]
        assert len(texts) >= 4
        for text in texts:
            extent = text.get_window_extent(ax.figure.canvas.get_renderer())
            corners = ax.transData.inverted().transform(extent.get_points())
            assert not shapely.intersects(rim, shapely.box(*corners.ravel()))


def test_a_point_is_free_of_the_names_of_others(drawn):
    ax = drawn(BOULONNAIS).maps[0]
    names = set(written(ax.figure, "name"))
    assert {"Boulogne-sur-Mer", "Saint-Martin-Boulogne", "Le Portel"} <= names


# -- neighbours --------------------------------------------------------------------


@pytest.mark.parametrize("epci", [HENIN, VALENCIENNES, PORTE, ARTOIS, MONTREUIL])
def test_every_neighbour_listed_is_on_the_map(drawn, epci):
    fig = drawn(epci)
    there = set(written(fig, "name"))
    rows = [plain(name) for name, _ in near_figures(fig).rows[1:]]
    assert rows
    for row in rows:
        name = row.removesuffix(" (hors Somme)")
        short = name
        for small in (" de la ", " de ", " du ", " des ", " d'"):
            short = short.replace(small, " ", 1) if short == name else short
        assert {name, short} & there, name


def test_a_neighbour_without_room_for_its_name_is_told_by_a_number():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="x", around=8_000)
    bm.draw_outlines(ax, lens)
    scale = ax.plan.scale / 1000
    x, y = ax.get_xlim()[0] + 10 * scale, ax.get_ylim()[0] + 10 * scale
    units = bm.epcis(epci=["200033579", "200044048"])[["name", "geometry"]].copy()
    # Five millimetres of the page, then one.
    units.geometry = [
        shapely.box(x, y, x + 5 * scale, y + 5 * scale),
        shapely.box(x + 9 * scale, y, x + 10 * scale, y + scale),
    ]
    numbers = name_neighbours(ax, units)
    assert numbers == {"200033579": 1, "200044048": 0}
    assert "1" in [t.get_text() for t in ax.texts if t.get_gid() == "name"]
    words = numbered_words(units["name"], numbers)
    assert words == (
        "Sur la carte : 1, CU d'Arras. "
        "Sans nom sur la carte, trop petit : CC Osartis-Marquion."
    )


def test_names_of_areas_do_not_meet_one_another_nor_the_towns(drawn):
    for epci in (HENIN, PORTE):
        boxes = np.array(drawn(epci).maps[0].boxes)
        areas = boxes[(boxes[:, 2:] - boxes[:, :2]).min(axis=1) > 1.5]
        for i, one in enumerate(areas):
            rest = areas[i + 1 :]
            over = (one[:2] < rest[:, 2:] - 1e-6) & (one[2:] > rest[:, :2] + 1e-6)
            assert not over.all(axis=1).any()


def test_the_scot_of_the_territory_is_named_beside_those_around(drawn):
    names = {n for n in written(drawn(HENIN)) if n.startswith("SCoT")}
    assert "SCoT de Lens-Liévin et Hénin-Carvin" in names
    assert "SCoT du Grand Douaisis" in names


def test_a_population_without_a_commune_elsewhere_says_so_and_is_no_minimum(drawn):
    # Of the CC du Ternois, Humbercourt (80) is the one that is in the Somme.
    assert unlike_whole(bm.epcis(epci="200069672")) == {"200069672": "Somme"}
    assert unlike_whole(bm.epcis(epci=HENIN)) == {}
    block = near_figures(drawn(ARTOIS))
    names = [plain(name) for name, _ in block.rows]
    place = names.index("CC du Ternois (hors Somme)")
    assert plain(block.written(place, "")) == "36 777"
    assert "secrète" not in said(drawn(ARTOIS))
    words = "sans une commune hors du Nord et du Pas-de-Calais (Somme)."
    assert words in said(drawn(ARTOIS))


def test_neighbours_of_another_departement_are_said_not_to_be_drawn(drawn):
    assert elsewhere(bm.epcis(epci=ARTOIS)) == ["Somme"]
    assert elsewhere(bm.epcis(epci=VALENCIENNES)) == []  # Belgium has no EPCI
    words = "les EPCI voisins (hors Somme)"
    assert words in said(drawn(ARTOIS))
    assert words in said(drawn(MONTREUIL))
    assert "(hors" not in said(drawn(HENIN))


# -- ways out ----------------------------------------------------------------------


def test_exits_lead_to_the_town_not_to_its_suburb(drawn):
    assert {"Vers Lille", "Vers Maubeuge"} <= set(written(drawn(VALENCIENNES), "exit"))
    assert "Vers Maubeuge" in written(drawn(PORTE), "exit")
    assert "Vers Lille" in written(drawn(BOULONNAIS), "exit")
    assert "Vers Bruges" not in written(drawn(BOULONNAIS), "exit")
    assert "Vers Amiens" in written(drawn(ARTOIS), "exit")
    # Lille is that way, whatever room its name finds.
    assert "Vers Wattrelos" not in written(drawn(VALENCIENNES), "exit")


# -- the coast ---------------------------------------------------------------------


def test_there_is_no_sea_along_the_limit_of_a_departement():
    _, ax = bm.page(bm.communes(epci=MONTREUIL), title="x", around=10_000)
    bm.draw_outlines(ax, bm.epcis())
    sea = water_of(ax)
    # The head of the bay of the Canche is at 609 km; the Somme goes on to the east.
    assert sea.bounds[2] < 612_000 < ax.get_xlim()[1]
    canche = bm.communes().loc[["62318"]].geometry.union_all()
    assert sea.distance(canche) < 100
    (coast,) = [p for p in ax.patches if p.get_label() == "_lands coast"]
    inland = coast.get_path().vertices
    inside = (inland[:, 1] > ax.get_ylim()[0]) & (inland[:, 1] < ax.get_ylim()[1])
    inside &= inland[:, 0] > ax.get_xlim()[0]
    assert inland[inside, 0].max() < 612_000


# -- the page ----------------------------------------------------------------------


def test_the_column_of_the_keys_is_filled_and_its_foot_is_kept(drawn):
    for epci in (HENIN, ARTOIS, PORTE):
        fig = drawn(epci)
        plan = fig.maps[0].plan
        entries = fig.maps[0].strip
        first = [e for e in entries if e.x == min(one.x for one in entries)]
        assert "Communes les plus peuplées en 2023" in figures(fig)
        lowest = min(e.y - e.height for e in first)
        assert plan.strip[1] - 0.1 <= lowest <= plan.strip[1] + plan.strip[3] / 3


def boxes_beside(fig):
    """Return all that stands beside the map, with its extent in millimetres."""
    plan = fig.maps[0].plan
    found = {
        f"{type(e.block).__name__} {i}": (e.x, e.y - e.height, e.x + e.width, e.y)
        for i, e in enumerate(fig.maps[0].strip)
        if type(e.block).__name__ != "InsetBlock"
    }
    for ax in fig.maps[1:]:
        x, y, wide, high = ax.plan.frame
        found[ax.get_label()] = (x, y, x + wide, y + high)
    left, low, wide, high = plan.footer
    found["foot"] = (left, low, left + wide, low + high)
    if not plan.inside:
        left, low, wide, high = plan.frame
        found["map"] = (left, low, left + wide, low + high)
    return found


def scale_and_north(fig):
    """Return the extents of the scale bar and of the north, in millimetres."""
    renderer = fig.canvas.get_renderer()
    found = {"scale": [], "north": []}
    for text in fig.beside.texts:
        box = text.get_window_extent(renderer).extents * 25.4 / fig.dpi
        if str(text.get_gid()).startswith("scale-bar"):
            found["scale"].append(box - [0, 2.0, 0, 0])  # the bar under it
        elif text.get_text() == "N":
            found["north"].append(box - [1.0, 9.0, -1.0, 0])  # its arrow
    boxes = {name: np.array(some) for name, some in found.items()}
    return {
        name: (*some[:, :2].min(axis=0), *some[:, 2:].max(axis=0))
        for name, some in boxes.items()
    }


@pytest.mark.parametrize("epci", TWELVE)
def test_nothing_beside_the_map_meets_anything_else(drawn, epci):
    fig = drawn(epci)
    boxes = boxes_beside(fig) | scale_and_north(fig)
    assert {"locator", "scale", "north", "foot"} <= set(boxes)
    if fig.maps[0].plan.inside:
        left, low, wide, high = fig.maps[0].plan.frame
        x0, y0, x1, y1 = boxes["locator"]
        assert left <= x0
        assert x1 <= left + wide
        assert low <= y0
        assert y1 <= low + high
    for (name, one), (other, two) in combinations(boxes.items(), 2):
        apart = max(one[0] - two[2], two[0] - one[2], one[1] - two[3], two[1] - one[3])
        assert apart > 0, (name, other)


def test_a_locator_without_room_in_the_strip_is_left_out_and_said_to_be():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="x", legend="below", legend_mm=34)
    bm.draw_outlines(ax, lens, label="commune")
    bm.draw_locator(ax, bm.epcis(epci=["246200364"]), bm.epcis(), beside=True)
    for title in ("un", "deux"):
        rates = pd.Series(dict.fromkeys("abcd", 1.0))
        bm.draw_comparison(ax, rates, title=title)
    with pytest.warns(bm.errors.BasinmapWarning, match="the locator"):
        bm.draw_legend(ax)
    assert [one.get_label() for one in ax.sheet.maps[1:]] == []


def test_limits_are_seen_over_those_that_run_along_them(drawn):
    for epci in (HENIN, OSTREVENT, VALENCIENNES):
        ax = drawn(epci).maps[0]
        schemes = [c for c in ax.collections if "SCoT" in str(c.get_label())]
        assert schemes
        for kind in ("limit", "border"):
            for patch in ax.patches:
                if patch.get_label() == f"_lands {kind}":
                    assert patch.get_zorder() > schemes[0].get_zorder()


def test_a_legend_in_a_corner_leaves_no_gap_and_gives_back_its_room(drawn):
    fig = drawn(VALENCIENNES)
    ax = fig.maps[0]
    assert ax.plan.inside
    (panel,) = [p for p in fig.beside.patches if p.get_gid() == "panel"]
    x, y, wide, high = ax.plan.frame
    assert panel.get_x() == pytest.approx(x)
    assert panel.get_y() + panel.get_height() == pytest.approx(y + high)
    left, low, right, top = panel.get_bbox().extents
    kept = [left - x, low - y, right - x, top - y]
    # Names keep a little off it, on every side.
    around = np.add(kept, [-2.5, -2.5, 2.5, 2.5])
    assert any(np.allclose(around, box) for box in ax.boxes)
    assert wide > right - left


def test_towns_abroad_have_their_ligatures_and_a_licence_is_on_one_line():
    names = set(table("towns")["name"])
    assert "Belœil" in names
    assert "Beloeil" not in names
    assert typeset("GeoNames (CC BY)") == "GeoNames (CC\u00a0BY)"
    assert typeset("une CC de l'Artois") == "une CC de l’Artois"
