"""
What is written for QGIS: read without it, then by it where it is installed.

`make qgis` runs this file alone; BASINMAP_QGIS_PYTHON is the Python that QGIS has, by
default /usr/bin/python3.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import sqlite3
import subprocess
import warnings
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError
from basinmap.export.qgis.layouts import Layout, Map, Words, layout_of
from basinmap.export.qgis.marks import Look, figure_of, symbol_of, tag, words
from basinmap.export.qgis.styles import Rule, Style, Where, qml_of, sld_of
from basinmap.maps.margins.legends import entry_picture

DAY = dt.date(2026, 11, 29)
BREAKS = (3.0, 5.5, 7.0)
HOSTILE = 'L\'Écluse & "Fils" <sud> 12\u202f%'


def rates(units):
    """Return rates on the bounds of classes, of which some are missing."""
    values = pd.Series(4.0, units.index, name="taux")
    values.iloc[:6] = [3.0, 5.5, 7.0, 2.9999999, 6.0, 9.0]
    values.iloc[6:8] = np.nan
    return bm.describe(
        values,
        kind="ratio",
        label="Taux d'essai",
        title="Taux d'essai en 2021",
        unit="%",
        vintage="2021",
        sources=[f"Source {HOSTILE}"],
        states={units.index[6]: "secret", units.index[7]: "not_available"},
    )


def drawn(units, values):
    """Draw a plate of classes, and one of circles."""
    classes = bm.classify(values, breaks=BREAKS)
    sheets = {}
    fig, ax = bm.page(units, title=f"Taux d'essai en 2021 – {HOSTILE}")
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, units, classes)
    bm.draw_outlines(ax, bm.epcis(), label="limite d'EPCI")
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[30_000, 40_000]))
    bm.draw_labels(ax, units, strong=2)
    bm.draw_legend(ax, histogram=values.dropna())
    bm.draw_furniture(ax, author="Mission & Cie", date=DAY, note=f"Note {HOSTILE}.")
    sheets["01-taux"] = fig
    stock = bm.compute("L01", bm.statistics(), communes=None).reindex(units.index)
    fig, ax = bm.page(units, title="Logements")
    bm.draw_outlines(ax, units, fill="#fbfaf7", width=0.4, color="#b9bcc4")
    bm.draw_symbols(ax, units, stock, classes=classes, largest=5000, largest_mm=9.5)
    bm.draw_labels(ax, units)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission & Cie", date=DAY)
    sheets["02-logements"] = fig
    return sheets


def given_layers(units, values):
    """Return the layer that holds the rates and what is said of them."""
    table = bm.table_of({"taux": values})
    frame = units[["name", "geometry"]].join(table)
    frame.iloc[0, 0] = HOSTILE
    frame.attrs = {**units.attrs, "columns": table.attrs["columns"]}
    return {"communes": frame}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Write one project, twice."""
    folder = tmp_path_factory.mktemp("qgis")
    units = bm.communes(epci="245901152").drop(columns=["population", "area_km2"])
    values = rates(units)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheets = drawn(units, values)
    layers = given_layers(units, values)
    for name in ("un", "deux"):
        bm.write_qgis_project(
            folder / name / "essai.qgz",
            sheets,
            layers,
            title=f"Essai {HOSTILE}",
            author="Mission & Cie",
            licence="Licence ouverte 2.0",
            date=DAY,
            fiches="communes",
        )
    return folder, sheets, layers, units


@pytest.fixture(scope="module")
def project(world):
    with zipfile.ZipFile(world[0] / "un/essai.qgz") as archive:
        assert archive.namelist() == ["essai.qgs"]
        return archive.read("essai.qgs").decode()


@pytest.fixture(scope="module")
def tree(project):
    return ET.fromstring(project)  # noqa: S314 - we wrote it


def base(world, name="donnees.gpkg"):
    return closing(sqlite3.connect(world[0] / "un" / name))


# --- rules ----------------------------------------------------------------------------


def test_rules_keep_the_lower_bound_and_leave_the_upper_one(tree):
    layer = next(
        one
        for one in tree.iter("maplayer")
        if one.find("layername").text.startswith("Taux d'essai")
    )
    rules = [(r.get("label"), r.get("filter")) for r in layer.iter("rule")]
    assert rules == [
        ("7,0 et plus\u2002(2)", '"taux" >= 7'),
        ("de 5,5 à moins de 7,0\u2002(2)", '"taux" >= 5.5 AND "taux" < 7'),
        ("de 3,0 à moins de 5,5\u2002(13)", '"taux" >= 3 AND "taux" < 5.5'),
        ("moins de 3,0\u2002(1)", '"taux" < 3'),
        (
            "Secret statistique\u2002(1)",
            "\"taux\" IS NULL AND coalesce(\"taux_state\", '') = 'secret'",
        ),
        (
            "Sans objet",
            "\"taux\" IS NULL AND coalesce(\"taux_state\", '') = 'not_applicable'",
        ),
        (
            "Données non disponibles\u2002(1)",
            '"taux" IS NULL AND coalesce("taux_state", \'\') NOT IN '
            "('secret', 'not_applicable')",
        ),
    ]


def test_data_that_are_not_those_of_the_plate_are_refused(world, tmp_path):
    _, sheets, layers, _ = world
    other = layers["communes"].copy()
    other.loc[other.index[0], "taux"] = 9.0
    with pytest.raises(DataError, match=r"1 value\(s\).*59008.*were classified"):
        bm.write_qgis_project(tmp_path / "a.qgz", sheets, {"communes": other})
    with pytest.raises(DataError, match=r"'taux', is no column.*assign"):
        bm.map_styles(sheets, {"communes": other.drop(columns="taux")})
    assert not list(tmp_path.iterdir())


def test_a_layer_without_its_like_in_qgis_is_told_by_its_title(tmp_path):
    units = bm.communes(epci="245901152")
    fig, ax = bm.page(units, title="Logements")
    stock = bm.compute("L01", bm.statistics()).reindex(units.index)
    bm.draw_dots(ax, units, stock, per_dot=100, title="Logements par points")
    with pytest.warns(BasinmapWarning, match="Logements par points"):
        bm.write_qgis_project(tmp_path / "a.qgz", {"a": fig}, {"communes": units})


def test_kinds_and_hatched_areas_are_carried_over_with_their_looks(tmp_path):
    units = bm.communes(epci="245901152")
    kinds = pd.Series("pôle", units.index, name="position")
    kinds.iloc[:3] = "autre"
    fig, ax = bm.page(units, title="Positions")
    bm.draw_typology(ax, units, kinds, title="Position urbaine")
    bm.draw_hatching(ax, units.iloc[:2], label="sans données", pattern="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error", BasinmapWarning)
        made = bm.write_qgis_project(tmp_path / "a.qgz", {"a": fig}, {"u": units})
    with zipfile.ZipFile(made) as archive:
        tree = ET.fromstring(archive.read("a.qgs"))  # noqa: S314 - we wrote it
    filters = {r.get("label"): r.get("filter") for r in tree.iter("rule")}
    assert filters["autre\u2002(3)"] == "\"objet\" = 'autre'"
    hatched = next(
        one
        for one in tree.iter("maplayer")
        if one.find("layername").text == "sans données"
    )
    angles = [
        prop.get("v") for prop in hatched.iter("prop") if prop.get("k") == "angle"
    ]
    assert sorted(angles) == ["135", "45"]
    found = gpd.read_file(tmp_path / "a-habillage.gpkg", layer="fonds")
    assert found.groupby("objet").size().to_dict()["autre"] >= 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "a.qgs"}, r"a\.qgz"),
        ({"sheets": {}}, "at least one"),
        ({"fiches": "cantons"}, r"'cantons' is no layer.*communes"),
    ],
)
def test_what_makes_no_project_is_refused_by_name(world, tmp_path, options, said):
    _, sheets, layers, _ = world
    asked = {"path": "a.qgz", "sheets": sheets, "layers": layers, **options}
    asked["path"] = tmp_path / asked["path"]
    with pytest.raises(DataError, match=said):
        bm.write_qgis_project(**asked)


# --- project --------------------------------------------------------------------------


def test_two_projects_of_the_same_content_have_the_same_bytes(world):
    one, other = world[0] / "un", world[0] / "deux"
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert names == sorted(
        p.relative_to(other) for p in other.rglob("*") if p.is_file()
    )
    assert [
        n for n in names if (one / n).read_bytes() != (other / n).read_bytes()
    ] == []


def test_a_project_holds_no_trace_of_who_wrote_it_nor_of_where(project, world):
    assert str(world[0]) not in project
    assert not re.search(r"np\.|numpy|float64|saveUser|saveDateTime", project)
    sources = re.findall(r"<datasource>([^<]*)</datasource>", project)
    assert sources
    assert all(one.startswith("./") for one in sources)


def test_plates_are_shown_one_at_a_time_with_a_theme_and_a_layout_each(tree):
    groups = {one.get("name"): one for one in tree.iter("layer-tree-group")}
    assert groups["Planches"].get("mutually-exclusive") == "1"
    names = ["01 – Taux d'essai en 2021", "02 – Logements"]
    assert [
        g.get("name") for g in groups["Planches"].findall("layer-tree-group")
    ] == names
    themes = [one.get("name") for one in tree.iter("visibility-preset")]
    assert themes[:2] == names
    assert [one.get("name") for one in tree.iter("Layout")] == [
        *names,
        "Fiche communale",
    ]


def test_layouts_have_the_millimetres_and_the_scale_of_the_plate(tree, world):
    for layout, sheet in zip(tree.iter("Layout"), world[1].values(), strict=False):
        ax = sheet.maps[0]
        item = next(i for i in layout.iter("LayoutItem") if i.get("type") == "65639")
        width, height, _ = item.get("size").split(",")
        assert (float(width), float(height)) == pytest.approx(
            ax.plan.frame[2:], abs=1e-3
        )
        sides = item.find("Extent").attrib
        ground = float(sides["xmax"]) - float(sides["xmin"])
        assert ground * 1000 / float(width) == pytest.approx(ax.plan.scale, rel=1e-6)


def test_circles_have_the_surface_of_the_plate(tree):
    text = ET.tostring(tree, encoding="unicode")
    assert '19.0 * sqrt("L01" / 5000.0)' in text.replace("&quot;", '"')


def test_names_are_where_the_plate_placed_them(world):
    ax = world[1]["01-taux"].maps[0]
    placed = {
        text.get_text().replace("\n", "|"): text.get_position()
        for text in ax.texts
        if text.get_gid() != "halo" and text.get_horizontalalignment() == "center"
    }
    names = gpd.read_file(world[0] / "un/essai-habillage.gpkg", layer="noms")
    mine = names[names["planche"] == "01-taux"].set_index("texte")
    assert set(placed) <= set(mine.index)
    for text, (x, y) in placed.items():
        assert mine.geometry[text].distance(shapely.Point(x, y)) < 1e-6


def test_what_is_beside_the_data_is_credited_with_the_sources_of_the_plates(world):
    with base(world, "essai-habillage.gpkg") as found:
        (text,) = found.execute(
            "SELECT metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON "
            "r.md_file_id = m.id WHERE table_name = 'fonds' AND md_standard_uri LIKE "
            "'%gmd'"
        ).fetchone()
    for line in world[1]["01-taux"].about["Sources"].split(" ; "):
        assert words(line) in text


def test_outlines_and_rings_are_lines(world):
    lines = gpd.read_file(world[0] / "un/essai-habillage.gpkg", layer="lignes")
    assert set(lines.geom_type) == {"MultiLineString"}
    assert {"limite d’EPCI", "distance à vol d’oiseau"} <= set(lines["objet"])


def test_fonts_styles_and_words_of_use_lie_beside(world):
    folder = world[0] / "un"
    assert {p.suffix for p in (folder / "polices").iterdir()} == {".ttf", ".txt"}
    names = {path.name for path in (folder / "styles").iterdir()}
    assert {"01-taux.qml", "01-taux.sld", "02-logements-cercles.qml"} <= names
    for path in (folder / "styles").iterdir():
        ET.fromstring(path.read_bytes())  # noqa: S314 - we wrote it
    assert "double-cliquez" in (folder / "LISEZ-MOI.txt").read_text(encoding="utf-8")


# --- package --------------------------------------------------------------------------


def test_the_package_names_each_column_in_french_in_both_places(world):
    with base(world) as found:
        rows = dict(
            found.execute(
                "SELECT column_name, name FROM gpkg_data_columns "
                "WHERE table_name = 'communes'"
            )
        )
        (qml,) = found.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'communes' "
            "AND useAsDefault"
        ).fetchone()
    assert rows["taux"] == "Taux d'essai en 2021 (%)"
    assert rows["commune"] == "Code Insee de la commune"
    aliases = {
        one.get("field"): one.get("name")
        for one in ET.fromstring(qml).iter("alias")  # noqa: S314 - we wrote it
    }
    assert aliases == rows
    assert len(set(rows.values())) == len(rows)


def test_masked_values_are_null_with_their_state_and_states_have_a_domain(world):
    with base(world) as found:
        rows = found.execute(
            "SELECT taux, taux_state FROM communes WHERE taux IS NULL ORDER BY 2"
        ).fetchall()
        assert rows == [(None, "not_available"), (None, "secret")]
        domain = dict(
            found.execute(
                "SELECT value, description FROM gpkg_data_column_constraints "
                "WHERE constraint_name = 'statut_des_valeurs'"
            )
        )
    assert "Secret statistique (s)" in domain.values()
    assert set(domain) > {"", "not_applicable", "lower_bound", "estimated"}


def test_the_package_bears_two_records_a_layer_with_licence_and_sources(world):
    with base(world) as found:
        rows = found.execute(
            "SELECT table_name, md_standard_uri, metadata FROM gpkg_metadata m JOIN "
            "gpkg_metadata_reference r ON r.md_file_id = m.id ORDER BY m.id"
        ).fetchall()
        version = found.execute("PRAGMA user_version").fetchone()[0]
    assert version == 10200
    assert [(table, uri.rsplit("/", 1)[-1]) for table, uri, _ in rows] == [
        (None, "gmd"),
        ("communes", "qgis.dtd"),
        ("communes", "gmd"),
    ]
    for _, _, text in rows:
        ET.fromstring(text.encode())  # noqa: S314 - we wrote it
        assert "Licence ouverte 2.0" in text
        assert 'Source L\'Écluse &amp; "Fils" &lt;sud&gt;' in text
        assert "2021" in text


@pytest.mark.parametrize("name", ["donnees.gpkg", "essai-habillage.gpkg"])
def test_other_readers_open_the_packages_without_a_warning(world, name):
    file = world[0] / "un" / name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layer, _ in pyogrio.list_layers(file):
            read = pyogrio.read_dataframe(file, layer=layer)
            with fiona.open(file, layer=layer) as opened:
                assert len(opened) == len(read)
                held = [*opened.schema["properties"]]
            assert held == [c for c in read.columns if c != "geometry"]


def test_a_project_where_none_can_be_is_refused_by_name(world, tmp_path):
    (tmp_path / "fichier").write_text("", encoding="utf-8")
    _, sheets, layers, _ = world
    with pytest.raises(bm.errors.OutputError, match="fichier"):
        bm.write_qgis_project(tmp_path / "fichier" / "a.qgz", sheets, layers)
    (tmp_path / "styles").write_text("", encoding="utf-8")
    with pytest.raises(bm.errors.OutputError, match="styles"):
        bm.write_qgis_project(tmp_path / "a.qgz", sheets, layers)


def test_styles_of_no_layer_and_the_table_of_qgis_are_refused(world, tmp_path):
    units = world[3]
    with pytest.raises(DataError, match="styles of no layer: 'cantons'"):
        bm.write_geopackage(
            tmp_path / "a.gpkg", {"communes": units}, styles={"cantons": []}
        )
    with pytest.raises(DataError, match="layer_styles"):
        bm.write_geopackage(tmp_path / "a.gpkg", {"Layer_Styles": units})


# --- what they are written with -------------------------------------------------------


@given(st.text())
def test_any_text_is_read_back_as_it_is_or_without_what_xml_lacks(text):
    element = ET.fromstring(tag("a", {"b": text}, words(text)))  # noqa: S314
    kept = "".join(sign for sign in text if sign in words(text) or sign in "&<>")
    plain = kept.replace("\r\n", "\n").replace("\r", "\n")
    assert (element.text or "") == plain
    assert element.get("b") == kept


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_to_its_last_digit(number):
    assert float(figure_of(np.float64(number))) == number


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no number"):
        figure_of(float("nan"))


@pytest.mark.parametrize("hatch", ["", "////", "--", "..", "\\\\\\"])
def test_symbols_say_each_property_for_new_and_old_qgis(hatch):
    symbol = ET.fromstring(symbol_of(Look(color="#fff", hatch=hatch)))  # noqa: S314
    for layer in symbol.iter("layer"):
        new = {o.get("name"): o.get("value") for o in layer.find("Option")}
        old = {p.get("k"): p.get("v") for p in layer.findall("prop")}
        assert new == old
    assert (len(symbol.findall("layer")) > 1) == bool(hatch)


def test_a_layout_links_its_legend_by_identities_that_stay():
    box = (0.0, 0.0, 100.0, 100.0)
    shown = Map(box=box, name="carte", extent=(0, 0, 1, 1), theme="t")
    said = Words(box=box, text="a", family="Fira Sans", size=8.0, color="#000000")
    page = Layout(name="p", size=(210.0, 297.0), items=(shown, said))
    assert layout_of(page) == layout_of(page)
    keys = re.findall(r' uuid="([^"]+)"', layout_of(page))
    assert len(keys) == len(set(keys)) == 3


def test_sld_and_qml_draw_the_same_rules():
    low = Rule(label="bas", look=Look(color="#ff0000"), test=Where(column="n", high=2))
    none = Rule(label="rien", look=Look(), test=Where(column="n", state="secret"))
    style = Style(name="A", rules=(low, none))
    sld, qml = sld_of(style, "t"), qml_of(style)
    assert re.findall(r"<se:Name>(\w+)</se:Name>", sld)[2:] == ["bas", "rien"]
    assert "<ogc:PropertyIsLessThan>" in sld
    assert '"n" &lt; 2' in qml


# --- what is made from few ------------------------------------------------------------

FEW = {"62107", "62380"}


@pytest.fixture(scope="module")
def cautious(tmp_path_factory):
    """Write a plate of fills and one of circles, that hatch two communes of few."""
    folder = tmp_path_factory.mktemp("prudence")
    lens, counts = bm.communes(epci="call"), bm.statistics(epci="call")
    rate = bm.compute("L04", counts)
    classes = bm.classify(rate, firm=True)
    sheets = {}
    for slug in ("01-taux", "02-cercles"):
        fig, ax = bm.page(lens, title=slug)
        if slug == "01-taux":
            bm.draw_choropleth(ax, lens, classes)
        else:
            bm.draw_symbols(ax, lens, bm.compute("L01", counts), classes=classes)
        bm.draw_legend(ax)
        bm.draw_furniture(ax, author="Mission", date=DAY)
        sheets[slug] = fig
    table = bm.table_of({"L04": rate})
    frame = lens[["name", "geometry"]].join(table)
    frame.attrs = {**lens.attrs, "columns": table.attrs["columns"]}
    bm.write_qgis_project(folder / "p.qgz", sheets, {"communes": frame}, date=DAY)
    return folder


def held_by(rule, units):
    """Return the units that a rule of the data draws, as SQL reads its filter."""
    with closing(sqlite3.connect(":memory:")) as found:
        units.to_sql("u", found, index=False)
        said = rule.get("filter")
        return {c for (c,) in found.execute(f"SELECT commune FROM u WHERE {said}")}  # noqa: S608


def test_a_line_of_the_legend_that_would_leave_the_page_is_cut_as_on_the_plate(
    cautious,
):
    with zipfile.ZipFile(cautious / "p.qgz") as archive:
        tree = ET.fromstring(archive.read("p.qgs"))  # noqa: S314 - we wrote it
    labels = [
        option.get("value")
        for option in tree.iter("Option")
        if option.get("name", "").startswith("legend/label-")
    ]
    cut = [text for text in labels if "prudence" in text]
    assert cut
    assert all("|" in text for text in cut)
    assert any("|" not in text and "moins de" in text for text in labels)


@pytest.mark.parametrize("kind", ["fill", "marker"])
def test_what_plates_hatch_for_care_is_hatched_and_counted_once(cautious, kind):
    with zipfile.ZipFile(cautious / "p.qgz") as archive:
        tree = ET.fromstring(archive.read("p.qgs"))  # noqa: S314 - we wrote it
    units = pd.DataFrame(
        pyogrio.read_dataframe(
            cautious / "donnees.gpkg", layer="communes", read_geometry=False
        )
    )
    renderer = next(
        one
        for one in tree.iter("renderer-v2")
        if "prudence" in ET.tostring(one, encoding="unicode")
        and one.find("symbols/symbol").get("type") == kind
    )
    rules = list(renderer.find("rules"))
    care = [rule for rule in rules if "à lire avec prudence" in rule.get("label")]
    assert care[0].get("label") == (
        "moins de 200 logements\u00a0: à lire avec prudence\u2002(2)"
    )
    assert held_by(care[0], units) == FEW
    assert len(care) == 1
    firm = [held_by(rule, units) for rule in rules[: rules.index(care[0])]]
    assert sum(map(len, firm)) == len(units) - len(FEW)
    assert not FEW & set().union(*firm)
    symbols = renderer.find("symbols")
    for rule in care:
        symbol = next(s for s in symbols if s.get("name") == rule.get("symbol"))
        assert "LinePatternFill" in ET.tostring(symbol, encoding="unicode")


def test_why_a_value_is_to_be_read_with_care_stands_beside_it(cautious):
    units = pyogrio.read_dataframe(
        cautious / "donnees.gpkg", layer="communes", read_geometry=False
    )
    said = units.set_index("commune")["L04_prudence"].dropna()
    assert dict(said) == dict.fromkeys(FEW, "moins de 200 logements")
    columns = list(units.columns)
    assert columns.index("L04_prudence") == columns.index("L04") + 1


def test_pictures_of_a_layout_hold_no_pattern_that_qgis_leaves_white():
    lens = bm.communes(epci="call")
    growth = bm.compute("D02", bm.statistics(epci="call"))
    _, ax = bm.page(lens, title="Évolution")
    bm.draw_choropleth(ax, lens, bm.classify(growth))
    bm.draw_legend(ax, histogram=growth, ranking=False)
    pictures = [entry_picture(ax, entry) for entry in ax.strip]
    assert len(pictures) == 2
    for picture in pictures:
        assert b"<pattern" not in picture
        assert b"LineCollection" in picture


def test_a_fiche_credits_each_figure_signs_growth_and_fits_its_scale(tmp_path):
    lens, counts = bm.communes(epci="call"), bm.statistics(epci="call")
    rate = bm.compute("L04", counts)
    table = bm.table_of({"L04": rate, "D02": bm.compute("D02", counts)})
    frame = lens[["name", "geometry"]].join(table)
    frame.attrs = {**lens.attrs, "columns": table.attrs["columns"]}
    fig, ax = bm.page(lens, title="Vacance")
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission", date=DAY)
    bm.write_qgis_project(
        tmp_path / "p.qgz", {"a": fig}, {"communes": frame}, fiches="communes"
    )
    with zipfile.ZipFile(tmp_path / "p.qgz") as archive:
        tree = ET.fromstring(archive.read("p.qgs"))  # noqa: S314 - we wrote it
    fiche = next(
        one for one in tree.iter("Layout") if one.get("name") == "Fiche communale"
    )
    texts = [one.get("labelText") or "" for one in fiche.iter("LayoutItem")]
    credited = next(text for text in texts if text.startswith("Sources"))
    assert "populations légales 2023" in credited
    assert "recensement de la population 2021" in credited
    signed = [text for text in texts if "'+'" in text]
    assert len(signed) == 1
    assert '"D02"' in signed[0]
    assert {
        one.get("segmentSizeMode")
        for one in fiche.iter("LayoutItem")
        if one.get("segmentSizeMode")
    } == {"1"}
    told = (tmp_path / "LISEZ-MOI.txt").read_text(encoding="utf-8")
    assert "cartons" in told
    assert "_prudence" in told


def test_a_rule_of_codes_is_the_same_in_the_words_of_ogc():
    told = Where(column="n", low=2, code="c", without=("a", "b'"))
    assert told.expression.startswith('"n" >= 2 AND "c" NOT IN ')
    assert told.expression.endswith("('a', 'b" + 2 * "'" + "')")
    assert told.filter.count("<ogc:PropertyIsEqualTo>") == 2
    assert "<ogc:Not><ogc:Or>" in told.filter
    alone = Where(code="c", among=("a",))
    assert alone.expression == """"c" IN ('a')"""
    assert "<ogc:Or>" not in alone.filter


# --- in QGIS itself -------------------------------------------------------------------

PYTHON = os.environ.get("BASINMAP_QGIS_PYTHON", "/usr/bin/python3")
PROBE = Path(__file__).with_name("qgis_probe.py")
HIDDEN = "Secret statistique\u2002(1)"
ABSENT = "Données non disponibles\u2002(1)"
HIGH, UPPER, LOWER, LOW = (
    "7,0 et plus\u2002(2)",
    "de 5,5 à moins de 7,0\u2002(2)",
    "de 3,0 à moins de 5,5\u2002(13)",
    "moins de 3,0\u2002(1)",
)
KNOWN = [
    (-1.0, "", LOW),
    (3.0 - 1e-9, "", LOW),
    (3.0, "", LOWER),
    (5.5 - 1e-9, "", LOWER),
    (5.5, "", UPPER),
    (5.5 + 1e-9, "", UPPER),
    (7.0 - 1e-9, "", UPPER),
    (7.0, "", HIGH),
    (9.0, "estimated", HIGH),
    (None, "secret", HIDDEN),
    (None, "not_applicable", "Sans objet"),
    (None, "not_available", ABSENT),
    (None, None, ABSENT),
]
"""Values, their states, and the only line of the legend that draws them."""


def there():
    """Tell whether QGIS is installed."""
    if not shutil.which("qgis") and "BASINMAP_QGIS_PYTHON" not in os.environ:
        return False
    asked = [PYTHON, "-c", "import qgis.core"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def probe(*asked, **more):
    """Return what QGIS says, and what it complains of."""
    values = {"taux": [[value, state] for value, state, _ in KNOWN]}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [PYTHON, str(PROBE), *map(str, asked)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**kept, "BASINMAP_VALUES": json.dumps(values), **more},
    )
    assert "BASINMAP{" in done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout.split("BASINMAP", 1)[1]), done.stderr


needs_qgis = pytest.mark.skipif(not there(), reason="QGIS is not installed")


@pytest.fixture(scope="module")
def moved(world, tmp_path_factory):
    """Copy the whole folder elsewhere, as a colleague does."""
    folder = tmp_path_factory.mktemp("ailleurs") / "Été à côté"
    shutil.copytree(world[0] / "un", folder)
    return folder


@pytest.fixture(scope="module")
def seen(moved):
    return probe("project", moved / "essai.qgz", moved / "png")[0]


@needs_qgis
def test_qgis_reads_every_layer_of_a_moved_project(seen):
    assert seen["read"]
    assert seen["error"] == ""
    assert seen["crs"] == "EPSG:2154"
    assert seen["title"] == f"Essai {HOSTILE}"
    assert seen["exclusive"] == ["Planches"]
    for layer in seen["layers"]:
        assert layer["valid"], layer["source"]
        assert layer["count"] > 0
        assert layer["crs"] == "EPSG:2154"
        assert layer["rules"] or layer["labels"]


@needs_qgis
@pytest.mark.parametrize("name", ["Taux d'essai en 2021 (%)", "Logements"])
def test_qgis_draws_each_value_by_the_class_that_holds_it_and_no_other(seen, name):
    layer = next(one for one in seen["layers"] if one["name"] == name)
    if name == "Logements":
        assert len(layer["rules"]) == 7
        return
    assert layer["drawn"]["taux"] == [[v, s, [label]] for v, s, label in KNOWN]
    assert layer["aliases"]["taux"] == "Taux d'essai en 2021 (%)"
    assert layer["types"]["commune"] == "String"


@needs_qgis
def test_qgis_prints_each_plate_at_its_scale_with_all_that_it_bears(seen, world):
    plates = dict(zip(world[1], seen["layouts"], strict=False))
    for slug, layout in plates.items():
        sheet = world[1][slug]
        assert layout["pdf"]
        assert layout["image"]
        ((_, scale, theme),) = layout["maps"]
        assert scale == pytest.approx(sheet.maps[0].plan.scale, rel=1e-6)
        assert theme == layout["name"]
        assert layout["size"] == [sheet.layout_mm.width, sheet.layout_mm.height]
        assert layout["items"]["bar"] == 1
        assert layout["cut"] == []
    assert sorted(plates["01-taux"]["legends"]) == [
        [HIGH, UPPER, LOWER, LOW, HIDDEN, ABSENT],
        ["limite d’EPCI", "distance à vol d’oiseau"],
    ]


@needs_qgis
def test_qgis_turns_a_page_by_commune_in_french_order_at_round_scales(seen):
    fiches = seen["layouts"][-1]
    names = [name for name, *_ in fiches["pages"]]
    assert len(names) == 20
    assert names.index("Écaillon") == names.index("Erre") - 1
    assert HOSTILE in names
    for _, scale, _texts in fiches["pages"]:
        assert round(scale) % 2_500 == 0
    written = {text for _, _, texts in fiches["pages"] for text in texts}
    assert {"s", "n.d.", "5,5", "page 4 sur 20"} <= written


@needs_qgis
def test_a_sheet_of_qgis_looks_like_the_plate(seen, world, tmp_path):
    """Names and edges differ by pixels; no fill does."""
    sheet = world[1]["01-taux"]
    sheet.savefig(tmp_path / "plate.png", dpi=110)
    with Image.open(tmp_path / "plate.png") as one:
        plate = np.asarray(one.convert("RGB"), dtype=int)
    with Image.open(seen["layouts"][0]["png"]) as other:
        printed = np.asarray(other.convert("RGB").resize(plate.shape[1::-1]), dtype=int)
    x, y, width, height = (side / 25.4 * 110 for side in sheet.maps[0].plan.frame)
    rows = slice(round(plate.shape[0] - y - height), round(plate.shape[0] - y))
    columns = slice(round(x), round(x + width))
    apart = np.abs(plate[rows, columns] - printed[rows, columns]).max(axis=2) > 40
    assert apart.mean() < 0.06
    assert (printed[rows, columns] < 250).any(axis=2).mean() > 0.5


@needs_qgis
def test_without_its_fonts_no_title_of_a_sheet_is_cut(moved):
    facts, _ = probe("project", moved / "essai.qgz", moved / "png", BASINMAP_FONTS="0")
    assert [layout["cut"] for layout in facts["layouts"][:2]] == [[], []]


@needs_qgis
def test_qgis_opens_the_package_dressed_named_and_documented(moved):
    before = (moved / "donnees.gpkg").read_bytes()
    facts, said = probe("package", moved / "donnees.gpkg")
    assert "partially supported" not in said
    layer = facts["communes"]
    assert layer["drawn"]["taux"] == [[v, s, [label]] for v, s, label in KNOWN]
    assert layer["aliases"]["taux_state"] == "Taux d'essai en 2021 (%) : statut"
    assert layer["licences"] == ["Licence ouverte 2.0"]
    assert HOSTILE in layer["abstract"]
    assert len(layer["styles"]) == 1
    assert "format_number" in layer["tip"]
    assert (moved / "donnees.gpkg").read_bytes() == before


@needs_qgis
def test_files_of_style_draw_in_qgis_what_the_plate_draws(moved):
    layer = f"{moved / 'donnees.gpkg'}|layername=communes"
    paths = [moved / "styles" / f"01-taux.{suffix}" for suffix in ("qml", "sld")]
    facts, _ = probe("style", layer, *paths)
    for name, found in facts.items():
        assert found["done"], (name, found["message"])
        assert found["drawn"]["taux"] == [[v, s, [label]] for v, s, label in KNOWN]


@needs_qgis
def test_qgis_reads_what_is_told_apart_in_projects_and_in_files_of_style(cautious):
    layer = f"{cautious / 'donnees.gpkg'}|layername=communes"
    paths = [cautious / "styles" / f"01-taux.{suffix}" for suffix in ("qml", "sld")]
    facts, _ = probe("style", layer, *paths)
    for name, found in facts.items():
        assert found["done"], (name, found["message"])
        lists = [told for _, told in found["rules"] if "62107" in told]
        assert len(lists) == 2, name
    facts, _ = probe("project", cautious / "p.qgz", cautious / "png")
    for layout in facts["layouts"]:
        assert layout["image"]
        lines = [" ".join(line.split("|")) for line in layout["legends"][0]]
        assert any("à lire avec prudence (2)" in " ".join(one.split()) for one in lines)
        assert not any("moins de 6,5, à lire" in line for line in lines)


@needs_qgis
@pytest.mark.parametrize("name", ["donnees.gpkg", "essai-habillage.gpkg"])
def test_the_gdal_of_qgis_opens_the_packages_without_a_warning(moved, name):
    if shutil.which("ogrinfo") is None:
        pytest.skip("no ogrinfo")
    asked = ["ogrinfo", "-so", "-al", str(moved / name)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "ERROR" not in done.stdout
