"""The PLH of an EPCI: what it holds, and that it works for every one of the 36."""

import datetime as dt
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from matplotlib.text import Text

import basinmap as bm
from basinmap.deliverables import housing
from basinmap.deliverables.housing import PLATES
from basinmap.deliverables.subjects import subject
from basinmap.errors import BasinmapError
from basinmap.territory.embedded import provenance

CALL = "246200364"
DAY = dt.date(2026, 11, 23)
SLUGS = [plate.slug for plate in PLATES]
RATES = ("D02", "D05", "L02", "L03", "L04", "L05")
ALL_36 = sorted(bm.epcis().index)
CHOSEN = {
    "200093201": "Métropole européenne de Lille",
    "200069672": "CC du Ternois",
    "200043404": "CC du Sud-Avesnois",
    "245900428": "CU de Dunkerque",
    "245900758": "CC Flandre Lys",
    "200072460": "CA de Béthune-Bruay",
}


def once(root, name, make):
    """Make a folder once for all the workers of a run; the others wait for it."""
    folder, done = root / name, root / f"{name}.done"
    try:
        (root / f"{name}.lock").mkdir()
    except FileExistsError:
        for _ in range(1200):
            if done.exists():
                break
            time.sleep(0.1)
    else:
        try:
            make(folder)
        finally:
            done.touch()
    assert folder.is_dir(), "it could not be made; see the first failure"
    return folder


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def here(folder):
    assert bm.plh(CALL, out=folder, author="Mission", date=DAY) == folder


def elsewhere(folder):
    """Run the same in a process of its own, with another hash seed."""
    words = ["plh", "--epci", "call", "--out", folder, "--author", "Mission"]
    subprocess.run(
        [sys.executable, "-m", "basinmap", *words, "--date", DAY.isoformat()],
        check=True,
        capture_output=True,
        cwd=folder.parent,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"},
    )


@pytest.fixture(scope="session")
def document(shared):
    return once(shared, "call", here)


@pytest.fixture(scope="session")
def again(shared):
    return once(shared, "call-again", elsewhere)


@pytest.fixture(scope="module")
def everything():
    return bm.statistics()


# --- files ----------------------------------------------------------------------------


def every(folder):
    """Return the paths of all files of a folder, with slashes."""
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_the_same_document_made_by_another_process_has_the_same_bytes(again, document):
    names = every(document)
    assert names == every(again)
    assert not [
        n for n in names if (document / n).read_bytes() != (again / n).read_bytes()
    ]


def test_the_document_holds_six_plates_in_three_formats_data_tables_and_method(
    document,
):
    assert len(SLUGS) >= 6
    plates = {f"{slug}.{suffix}" for slug in SLUGS for suffix in ("pdf", "svg", "png")}
    others = {"donnees.gpkg", "tableaux.xlsx", "methode.md", "manifest.json"}
    others |= {"page.html", "plh.pdf", "plh.qgz", "plh-habillage.gpkg", "LISEZ-MOI.txt"}
    others |= {"polices", "styles"}
    assert {path.name for path in document.iterdir()} == plates | others
    assert all((document / name).stat().st_size > 900 for name in every(document))


def test_the_manifest_lists_every_file_with_its_true_hash(document):
    manifest = json.loads((document / "manifest.json").read_text(encoding="utf-8"))
    listed = manifest["outputs"]
    files = [name for name in every(document) if name != "manifest.json"]
    assert sorted(listed) == files
    for name in files:
        content = (document / name).read_bytes()
        assert listed[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert listed[name]["bytes"] == len(content)
    assert (manifest["epci"], manifest["communes"]) == (CALL, 36)
    assert (manifest["author"], manifest["date"]) == ("Mission", "2026-11-23")
    # Those that are in it, and no other.
    assert set(manifest["sources"]) == {
        *("abroad", "france", "surroundings", "towns"),  # the ground
        *("communes-2026", "epci-2026", "outlines-2026", "scots"),
        *("places", "town-halls", "iris-housing-2021", "iris-population-2021"),
        *(f"population-{year}" for year in range(2016, 2024)),
    }
    assert manifest["versions"]["basinmap"] == bm.__version__


def test_the_manifest_says_each_plate_in_words_as_its_files_do(document):
    manifest = json.loads((document / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["plates"]) == list(SLUGS)
    for slug, words in manifest["plates"].items():
        root = ET.parse(document / f"{slug}.svg").getroot()  # noqa: S314 - our own
        title, description = (element.text for element in root[:2])
        assert words == {"title": title, "alternative": description}
    told = manifest["plates"]["02-vacance"]["alternative"].replace("\u00a0", " ")
    # What it says, then what it is.
    assert told.startswith("11,2\u202f% des logements sont vacants à Lens")
    assert f". {manifest['plates']['02-vacance']['title']} (carte" in told
    # 34 communes: 2 + 11 + 11 + 7 + 3, as the legend of the plate has them, and 2.
    assert "34 communes en 5 classes : 9,0 et plus (2)" in told
    assert "moins de 200 logements : à lire avec prudence (2)" in told
    assert "Bassin minier 8,1" in told


def test_nothing_is_left_beside_the_document(document, again):
    assert again.is_dir()  # it is made beside the other
    assert not list(document.parent.glob(".basinmap-*"))


# --- plates ---------------------------------------------------------------------------


def svg_texts(path):
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return ["".join(e.itertext()) for e in root.iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_plate_bears_territory_year_sources_maker_and_scale(document, slug):
    texts = svg_texts(document / f"{slug}.svg")
    (title,) = [text for text in texts if "– CA de Lens-Liévin" in text]
    assert re.search(r"\b20[12]\d\b", title)
    whole = " ".join(texts)
    assert re.search(r"Sources\u00a0: .*20\d\d", whole)
    assert "Réalisation\u00a0: Mission, novembre 2026" in whole
    assert re.search(r"Échelle 1\u00a0: \d{1,3}(\u202f\d{3})+ \(A4\)", whole)
    assert "N" in texts
    assert any(re.fullmatch(r"[\d,\u202f]+\u00a0km", text) for text in texts)
    assert "Liévin" in whole


def test_the_plate_of_vacancy_says_its_unit_classes_and_comparison(document):
    whole = "\n".join(svg_texts(document / "02-vacance.svg"))
    assert "Taux de vacance des logements (%)" in whole
    assert re.search(r"de [\d,]+ à moins de [\d,]+", whole)
    # By hand from the census: 8,020 / 111,551, 8.055 and 7.336 %.
    for value in ("7,2\u202f%", "8,1\u202f%", "7,3\u202f%"):
        assert value in whole
    assert "musée du Louvre-Lens" in whole
    assert "5\u00a0km" in whole


def test_the_plate_of_growth_is_signed_and_cut_at_zero(document):
    texts = svg_texts(document / "03-evolution-population.svg")
    assert any(text.startswith("de 0 à moins de") for text in texts)
    # −0.0218 a year; a third decimal, for that of the SCoT, −0.001, to be below zero.
    assert "\u22120,022" in texts


# --- geopackage -----------------------------------------------------------------------


def layer(document, name):
    return gpd.read_file(document / "donnees.gpkg", layer=name)


def test_communes_of_the_geopackage_hold_counts_and_the_indicators_of_compute(document):
    found = layer(document, "communes").set_index("commune")
    counts = bm.statistics(epci=CALL)
    assert found.crs == "EPSG:2154"
    assert found.index.tolist() == counts.index.tolist()
    for column in counts:
        assert found[column].to_numpy() == pytest.approx(counts[column].to_numpy())
    for id_ in RATES:
        values = bm.compute(id_, counts)
        assert found[id_].to_numpy() == pytest.approx(values.to_numpy(), rel=1e-12)
    lens = found.loc["62498"]
    assert (lens["population_2023"], lens["dwellings_2021"]) == (32_920, 17_681)
    assert lens["L04"] == pytest.approx(100 * 1_973 / 17_681)


def test_epcis_of_the_geopackage_hold_rates_of_sums(document, everything):
    found = layer(document, "epci").set_index("epci")
    assert len(found) == 36
    for id_ in RATES:
        values = bm.compute(id_, everything, to="epci", allow_partial=True)
        values = values.loc[found.index]
        assert found[id_].to_numpy() == pytest.approx(values.to_numpy(), rel=1e-12)
    known = {CALL: 7.190, "200072460": 8.031, "245901160": 9.344, "245901152": 6.744}
    for code, rate in known.items():
        assert found.loc[code, "L04"] == pytest.approx(rate, abs=5e-4)
    # Of an EPCI with a commune in the Somme, the rate of the rest is an estimate.
    states = found.loc["200069672", ["L04_state", "dwellings_2021_state"]]
    assert states.tolist() == ["estimated", "lower_bound"]


def test_population_of_the_rings_adds_up_to_that_of_the_last_circle(
    document, everything
):
    rings = layer(document, "anneaux")
    museum = bm.LOUVRE_LENS.point
    edges = [0.0, *rings["outer"]]
    assert rings["inner"].tolist() == edges[:-1]
    circle = gpd.GeoSeries([rings.union_all().buffer(0.01)], crs=2154).iloc[0]
    # By share of surface, as the title of the layer says.
    ground = bm.communes().geometry
    share = ground.intersection(circle).area / ground.area
    total = (everything["population_2023"] * share).sum()
    assert rings["population_2023"].sum() == pytest.approx(total, rel=1e-4)
    assert set(rings["population_2023_state"]) <= {"estimated", "lower_bound"}
    assert rings.union_all().contains(museum)


def test_the_dictionary_explains_every_column_of_counts_and_rates(document):
    known = set(layer(document, "dictionnaire")["colonne"])
    fixed = {
        *("commune", "name", "epci", "scot", "arrondissement", "departement"),
        "geometry",
    }
    assert set(layer(document, "communes").columns) - fixed <= known


def test_places_of_the_geopackage_hold_the_museum(document):
    places = layer(document, "lieux").set_index("place")
    museum = places.geometry["louvre-lens"]
    assert (museum.x, museum.y) == pytest.approx((686_006, 7_037_021), abs=30)


# --- tables ---------------------------------------------------------------------------


def read(document, name):
    sheet = openpyxl.load_workbook(document / "tableaux.xlsx")[name]
    header, *rows = list(sheet.iter_rows(min_row=4, values_only=True))
    return pd.DataFrame(rows, columns=header).set_index(header[0])


RATE_HEADERS = {
    "L04": "Taux de vacance des logements en 2021 (%)",
    "D02": "Évolution annuelle de la population de 2016 à 2023 (% par an)",
}


@pytest.mark.parametrize("id_", RATE_HEADERS)
@pytest.mark.parametrize("level", ["epci", "scot", "bassin", "departement"])
def test_the_comparison_holds_what_compute_gives_at_each_level(
    document, everything, id_, level
):
    values = bm.compute(id_, everything, to=level)
    found = read(document, "Comparaison")[RATE_HEADERS[id_]]
    common = values.index.intersection(found.index)
    assert len(common) == {"epci": 8, "scot": 5, "bassin": 1, "departement": 2}[level]
    assert found[common].to_numpy(dtype=float) == pytest.approx(
        values[common].to_numpy(), rel=1e-12
    )


@pytest.mark.parametrize(
    ("code", "rate", "wrong"),
    [
        (CALL, 7.190, 5.995),
        ("200072460", 8.031, 6.572),
        ("245901160", 9.344, 7.639),
        ("245901152", 6.744, 5.955),
    ],
)
def test_the_comparison_holds_rates_of_sums_and_no_mean_of_rates(
    document, code, rate, wrong
):
    table = read(document, "Comparaison")
    assert table.index[0] == CALL
    value = table.loc[code, RATE_HEADERS["L04"]]
    assert value == pytest.approx(rate, abs=5e-4)
    assert abs(value - wrong) > 0.5


def test_growth_of_the_comparison_is_the_known_one(document):
    growth = read(document, "Comparaison")[RATE_HEADERS["D02"]]
    known = {CALL: -0.022, "246200299": 0.039, "245901152": -0.290}
    for code, value in known.items():
        assert growth[code] == pytest.approx(value, abs=5e-4)


@pytest.mark.parametrize("name", ["Communes", "Comparaison", "Sources"])
def test_every_header_of_the_tables_is_french_and_none_is_an_id(document, name):
    table = read(document, name)
    headers = [table.index.name, *table.columns]
    assert len(set(headers)) == len(headers)
    assert not [h for h in headers if re.search(r"^[A-Z]\d\d$|_|^[a-z]", h)]


def test_communes_of_the_tables_are_those_of_the_epci(document):
    table = read(document, "Communes")
    assert table.index.tolist() == bm.communes(epci=CALL).index.tolist()
    assert table["Population municipale 2023 (habitants)"].sum() == 242_013


def test_sources_of_the_tables_are_those_of_what_it_holds_and_no_others(document):
    table = read(document, "Sources")
    figures = {f"population-{year}" for year in range(2016, 2024)}
    assert set(table.index) >= {
        *figures,
        *("communes-2026", "epci-2026", "scots", "outlines-2026", "places"),
        *("iris-housing-2021", "iris-population-2021", "surroundings", "towns"),
    }
    # No list of another year, no genealogy, no cité minière stands in it.
    strange = {"communes-2021", "cog-history", "epci-lineage", "quartiers"}
    assert not strange & set(table.index)
    assert set(table.index) < set(provenance()["datasets"])
    assert table.notna().all(axis=None)


def test_the_dictionary_names_no_commune_that_the_tables_do_not_hold(document):
    lines = openpyxl.load_workbook(document / "tableaux.xlsx")["Dictionnaire"]
    said = [str(cell) for row in lines.iter_rows(values_only=True) for cell in row]
    assert any("4,2\u202f% au plus (Éleu-dit-Leauwette)" in text for text in said)
    assert not any("Grand-Fort-Philippe" in text for text in said)


def test_the_chart_compares_epci_alone_and_sets_off_that_of_the_document(document):
    book = openpyxl.load_workbook(document / "tableaux.xlsx")
    sheet = book["Graphiques"]
    rows = [row[0].value for row in sheet.iter_rows(min_row=7, max_col=1)]
    assert sorted(filter(None, rows)) == sorted(
        bm.epcis()["name"][bm.communes().dropna(subset="scot")["epci"].unique()]
    )
    (series,) = sheet._charts[0].series
    assert [point.spPr.solidFill.srgbClr for point in series.dPt] == ["C7522A"]
    assert "Niveau : EPCI." in sheet["A4"].value


def test_the_note_of_a_table_names_who_is_to_be_read_with_care(document):
    note = openpyxl.load_workbook(document / "tableaux.xlsx")["Communes"]["A2"].value
    assert "moins de 200 logements (Bénifontaine, Gouy-Servins)" in note


def test_the_first_sheet_to_read_lists_all_the_others(document):
    book = openpyxl.load_workbook(document / "tableaux.xlsx")
    words = {row[0] for row in book["Lisez-moi"].iter_rows(values_only=True)}
    assert set(book.sheetnames) - {"Lisez-moi"} <= words


# --- method ---------------------------------------------------------------------------


def test_the_note_of_method_says_territory_maker_and_each_source_once(document):
    note = (document / "methode.md").read_text(encoding="utf-8")
    assert note.startswith("# Note de méthode – CA de Lens-Liévin\n")
    assert "Mission, 23/11/2026" in note
    assert "36 communes" in note
    sources = note.split("## Sources")[1].split()
    assert sources
    lines = [line for line in note.splitlines() if line.startswith("- ")]
    assert len(set(lines)) == len(lines)


# --- every EPCI -----------------------------------------------------------------------


@pytest.mark.parametrize("code", CHOSEN, ids=CHOSEN.values())
def test_the_plates_of_very_different_territories_can_be_drawn(code):
    about = subject(code, author="Mission", date=DAY)
    for plate in PLATES:
        sheet = plate.draw(about)
        ax = next(a for a in sheet.axes if a is not sheet.paper)
        xmin, ymin, xmax, ymax = about.communes.total_bounds
        assert ax.get_xlim()[0] < xmin < xmax < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < ymin < ymax < ax.get_ylim()[1]
        texts = [text.get_text() for text in sheet.findobj(Text)]
        assert any(about.area.name.replace("'", "’") in text for text in texts)
        assert any(text.startswith("Sources") for text in texts)


def test_communes_out_of_the_two_departements_are_told_on_the_plates():
    about = subject("200069672", author="Mission", date=DAY)
    (missing,) = about.outside
    sheet = PLATES[1].draw(about)
    whole = " ".join(text.get_text() for text in sheet.findobj(Text))
    assert re.search(rf"Hors 1 commune .*\({missing}\)", whole)


def test_the_method_names_one_commune_out_of_the_field_in_the_singular(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(housing, "PLATES", ())
    monkeypatch.setattr(housing, "FORMATS", ("svg",))
    folder = bm.plh("200069672", out=tmp_path / "out", date=DAY, formats=(), quiet=True)
    method = (folder / "methode.md").read_text(encoding="utf-8")
    assert "- Hors champ : commune 80810." in method


@pytest.mark.parametrize("code", ALL_36)
def test_every_epci_has_a_subject_and_a_comparison(code, everything):
    about = subject(code, author="Mission", date=DAY)
    inside = bm.membership("epci") == code
    assert about.communes.index.tolist() == inside.index[inside].tolist()
    found = about.comparison("L04")
    counts = everything[inside.reindex(everything.index)].sum()
    by_hand = 100 * counts["vacant_dwellings_2021"] / counts["dwellings_2021"]
    assert found.iloc[0] == pytest.approx(by_hand, rel=1e-12)
    assert found.index[0] == about.area.name
    assert found.notna().all()
    assert 1 <= len(about.rings) <= 7
    assert about.rings["outer"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("epci", "first"),
    [
        # The only EPCI of its SCoT is its SCoT.
        ("200072460", ["Béthune (arrondissement)", "Bassin minier"]),
        (
            "246200364",
            ["SCoT de Lens-Liévin et Hénin-Carvin", "Bassin minier"],
        ),
    ],
)
def test_an_epci_is_not_compared_with_itself(epci, first):
    found = subject(epci, author="Mission", date=DAY).comparison("L04")
    assert found.index[1:3].tolist() == first


def test_epcis_of_the_basin_and_the_strangest_have_their_tables(tmp_path, monkeypatch):
    known, compute_all = {}, housing._indicators

    def remembered(table, to, ids=None):
        key = (to if to is None or isinstance(to, str) else "both", tuple(ids or ()))
        if key not in known:
            known[key] = compute_all(table, to, ids)
        found = known[key].copy()
        found.attrs = known[key].attrs
        return found

    # The values of a level are the same for all: they are computed once.
    monkeypatch.setattr(housing, "_indicators", remembered)
    inside = list(bm.perimeter("bassin-minier").communes)
    basin = bm.communes()["epci"].loc[inside]
    for code in sorted({*CHOSEN, *basin}):
        about = subject(code, author="Mission", date=DAY)
        folder = tmp_path / code
        folder.mkdir()
        housing._write_tables(about, folder)
        book = openpyxl.load_workbook(folder / "tableaux.xlsx", read_only=True)
        rows = list(book["Communes"].iter_rows(min_row=5, max_col=1, values_only=True))
        assert [row[0] for row in rows] == about.communes.index.tolist()
        first, *_ = book["Comparaison"].iter_rows(min_row=5, values_only=True)
        assert first[0] == code
        book.close()


# --- other counts, and far from the museum --------------------------------------------


def words_of(sheet):
    found = " | ".join(text.get_text() for text in sheet.findobj(Text))
    return found.replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


@pytest.mark.parametrize(("code", "near"), [(CALL, True), ("245900428", False)])
def test_distances_to_the_museum_are_left_out_beyond_thirty_kilometres(code, near):
    about = subject(code, author="Mission", date=DAY)
    assert about.near_museum is near
    assert ("distance au Louvre-Lens" in words_of(PLATES[1].draw(about))) is near
    assert ("anneaux" in housing._layers_of_rings(about)) is near
    (told,) = housing._method_of_museum(about)
    assert told.startswith("- Distances au " + ("musée" if near else "Louvre-Lens non"))


def counts_of(year, *, without=(), names=("dwellings", "vacant_dwellings")):
    """Return dwellings of the census under another year."""
    table = bm.statistics().drop(index=list(without))
    measures = {
        f"{name}_{year}": bm.Stock(
            label=name, source=f"Recensement {year}", vintage=str(year), family="P"
        )
        for name in names
    }
    columns = {name: table[f"{name[:-5]}_2021"] for name in measures}
    return bm.describe(pd.DataFrame(columns).rename_axis("commune"), measures=measures)


def test_titles_credits_and_readings_are_those_of_the_counts_that_are_given():
    about = subject(
        CALL, author="Mission", date=DAY, counts=counts_of(2024), alone=True
    )
    declared = [plate.slug for plate in housing._declared(about)]
    assert declared == ["01-situation", "02-vacance", "05-logements-vacance"]
    sheet = PLATES[1].draw(about)
    told = words_of(sheet)
    assert sheet.about["Title"].startswith("Taux de vacance des logements en 2024")
    assert "Recensement 2024" in told
    assert "11,2 % des logements sont vacants en 2024" in told
    assert "2021" not in told
    # The same counts: the same figures as those embedded, département included.
    embedded = subject(CALL, author="Mission", date=DAY).comparison("L04")
    given = about.comparison("L04")
    for name in ("CA de Lens-Liévin", "Bassin minier", "Pas-de-Calais"):
        other = "Bassin minier" if name == "Bassin minier" else name
        assert given[name] == pytest.approx(embedded[other], rel=1e-12)


def test_counts_that_hold_no_territory_whole_make_a_plate_without_comparison():
    mine = bm.statistics(epci="call").index
    others = [code for code in bm.statistics().index if code not in mine[1:]]
    counts = counts_of(2024, without=others)
    about = subject(CALL, author="Mission", date=DAY, counts=counts, alone=True)
    with pytest.warns(bm.errors.BasinmapWarning, match="no comparison on the plate"):
        sheet = PLATES[1].draw(about)
    told = words_of(sheet)
    assert "Comparaison" not in told
    assert "Données non disponibles" in told
    note = " ".join(housing._method_of_figures(about))
    assert f"Communes absentes des fichiers fournis (1) : {mine[0]}" in note
    assert "EPCI, SCoT, Bassin minier, Département" in note


def test_counts_that_allow_no_plate_are_refused_before_anything_is_drawn(tmp_path):
    table = counts_of(2024, names=("dwellings",))
    with pytest.raises(BasinmapError, match=r"no plate can be drawn.*L01, L04, L05"):
        bm.plh(CALL, out=tmp_path / "out", counts=table, quiet=True)
    whole = counts_of(2024)
    with pytest.raises(BasinmapError, match="leave it out beside counts="):
        bm.plh(CALL, out=tmp_path / "out", counts=whole, network="a.osm.pbf")
    with pytest.raises(
        BasinmapError, match=r"no counts are embedded of the list given"
    ):
        bm.plh(
            CALL,
            out=tmp_path / "out",
            communes=bm.read_territory(bm.communes(), year=2026),
        )
    assert not (tmp_path / "out").exists()


def test_people_around_the_museum_are_counted_beside_counts_that_hold_the_same():
    same = bm.statistics(epci="call")
    other = same.assign(population_2023=same["population_2023"] + 1)
    assert housing._counts_same_people(None)
    assert housing._counts_same_people(same)
    assert not housing._counts_same_people(other)
    assert not housing._counts_same_people(counts_of(2024))


def test_names_of_a_crowd_of_communes_are_those_of_its_towns():
    about = subject(bm.perimeter("62"), author="Mission", date=DAY)
    sheet = PLATES[1].draw(about)
    named = {text.get_text() for ax in sheet.maps for text in ax.texts}
    assert "Calais" in named
    assert len(named & set(bm.communes(departement="62")["name"])) <= 40
    assert "limite du département" in words_of(sheet)


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epci": "246200365"}, r"'246200365'.*246200364 \(CA de Lens-Liévin\)"),
        ({"epci": 246200364}, r"pass text: '246200364'"),
        ({"epci": 246200364.0}, r"pass text: '246200364'"),
        ({"epci": None}, "epci: None"),
        ({"epci": ["call", "cahc"]}, "epci: of type list"),
        ({"author": "  "}, "author"),
        pytest.param({"date": "2026-11-23"}, "date"),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(tmp_path, options, said):
    given = {"epci": CALL, "author": "Mission", "date": DAY} | options
    with pytest.raises(BasinmapError, match=said):
        bm.plh(given.pop("epci"), out=tmp_path / "deep" / "out", **given)
    assert not list(tmp_path.iterdir())
