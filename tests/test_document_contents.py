"""What stands on the pages of documents: true to its counts, whole, of its length."""

import dataclasses
import datetime as dt
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdfium2
import pytest
import shapely
from matplotlib.text import Text

import basinmap as bm
from basinmap.catalogue.entries import catalogue
from basinmap.cli import main
from basinmap.deliverables.age_pages import BANDS, pyramid_page
from basinmap.deliverables.chapter_figures import ranked, tied_out
from basinmap.deliverables.chapters import (
    Chapter,
    commune_sentences,
    comparison_table,
    halves_table,
    is_rate,
    key_figures,
    not_supplied,
    rate_map,
    rates_by_commune,
    sentences_of,
    stock_map,
    units_table,
)
from basinmap.deliverables.charts import bar_chart, line_chart, range_strips
from basinmap.deliverables.cil_files import situated
from basinmap.deliverables.comparison_documents import comparison_document
from basinmap.deliverables.groups import (
    by_size,
    grouped,
    parts_of_territory,
    peers,
    spread,
)
from basinmap.deliverables.heights import SHEET_MM, grown, of_page
from basinmap.deliverables.housing_documents import CHAPTERS, plh_document
from basinmap.deliverables.move_pages import moves_of, moves_page
from basinmap.deliverables.opening_pages import sources_table
from basinmap.deliverables.pic_documents import pic_document
from basinmap.deliverables.plates import situation_plate
from basinmap.deliverables.point_mort import components, point_mort_parts
from basinmap.deliverables.producers import WHERE
from basinmap.deliverables.programme_pages import (
    balance_page,
    former_page,
    sectors_of,
    sectors_page,
)
from basinmap.deliverables.scot_documents import after_title, bulletin_document
from basinmap.deliverables.subjects import subject
from basinmap.errors import CodeError, ColumnError, DataError
from basinmap.export.parts import (
    Figure,
    Heading,
    KeyFigures,
    Note,
    Paragraph,
    Table,
    strings,
    worded,
)
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.values.told import told_of

DAY = dt.date(2026, 11, 29)
THREE = ("62498", "62510", "62065")
pytestmark = pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")


def of(where, counts=None):
    return subject(where, author="Observatoire", date=DAY, counts=counts)


@pytest.fixture(scope="module")
def lens():
    return of("call")


@pytest.fixture(scope="module")
def three():
    own = bm.user_perimeter("trois", list(THREE), name="Trois villes", source="essai")
    return of(own)


@pytest.fixture(scope="module")
def diagnosis(three):
    return plh_document(three, fiches=False)


@pytest.fixture(scope="module")
def conference(lens):
    return bm.cil_document(lens)


def spaced(text):
    return re.sub("[\u00a0\u202f]", " ", worded(text))


def tables(page):
    return [part for part in page.parts if isinstance(part, Table)]


def rows_of(table):
    return {spaced(r[0].text): [spaced(c.text) for c in r[1:]] for r in table.rows}


def sizes(document):
    return len(pypdfium2.PdfDocument(pdf_bytes(document)))


def texts(page):
    return [spaced(p.text) for p in page.parts if isinstance(p, Paragraph)]


# --- bulletins ------------------------------------------------------------------


def land(years=range(2011, 2024)):
    """One hectare a commune and a year, all of it for housing."""
    index = bm.statistics().index
    names = ("enaf_m2", "enaf_housing_m2")
    other = ("activity", "mixed", "road", "rail", "unknown")
    columns = {f"{name}_{year}": 10_000.0 for name in names for year in years}
    columns |= {f"enaf_{name}_m2_{year}": 0.0 for name in other for year in years}
    return pd.DataFrame(columns, index=index)


@pytest.mark.parametrize(
    ("scot", "theme"),
    [("artois", "demographie"), ("osartis-marquion", "logement-vacance")],
)
def test_a_bulletin_has_eight_pages_on_paper(scot, theme):
    document = bulletin_document(of(scot), theme, editorial="Un mot.\n\nUn autre.")
    assert len(document.pages) == 8
    assert sizes(document) == 8


def test_land_is_told_in_hectares_and_in_per_cent_of_the_surface():
    about = of("grand-douaisis", land())
    document = bulletin_document(about, "foncier")
    assert sizes(document) == 8
    page = next(page for page in document.pages if page.slug == "theme")
    # 55 communes: 10 years before 2021 are 550 ha, the three after it 165 ha.
    assert texts(page)[0] == (
        "Du 1er janvier 2021 au 1er janvier 2024, 165,0 ha sont consommés dans le SCoT "
        "du Grand Douaisis, soit 30,0 % des 550,0 ha consommés de 2011 à 2021 ; la "
        "trajectoire nationale en vise 50 % de 2021 à 2031."
    )
    row = rows_of(tables(page)[0])["SCoT du Grand Douaisis"]
    surface = 100 * bm.statistics()["area_km2"][about.codes].sum()
    assert row[:2] == ["550,0", "165,0"]
    assert row[2] == f"{100 * 550 / surface:.2f} %".replace(".", ",")
    assert row[4] == "30,0 %"
    path = next(
        p for p in page.parts if getattr(p, "slug", "") == "foncier-trajectoire"
    )
    aimed = {row[0].text: row[2].text for row in path.table.rows}
    assert (aimed["2021"], aimed["2031"]) == ("0", "275")


def test_a_missing_year_of_land_makes_no_trajectory():
    about = of("osartis-marquion", land(range(2014, 2024)))
    page = bulletin_document(about, "foncier").pages[3]
    assert not [
        p for p in page.parts if getattr(p, "slug", "") == "foncier-trajectoire"
    ]
    assert rows_of(tables(page)[0])["SCoT Osartis-Marquion"][0] == "n.d."


def test_a_worked_example_finds_the_rate_again():
    document = bulletin_document(of("grand-douaisis"), "logement-vacance")
    zoom = next(page for page in document.pages if page.slug == "zoom")
    row = rows_of(tables(zoom)[0])["Ensemble"]
    assert row == ["8 695", "102 176", "8,5 %"]
    box = next(p for p in zoom.parts if isinstance(p, Note) and p.title == "Un exemple")
    mean = bm.compute("L04", bm.statistics())[of("grand-douaisis").codes].mean()
    assert f"{mean:.1f}".replace(".", ",") in spaced(box.paragraphs[0])


# --- the five -------------------------------------------------------------------


def test_the_five_scots_are_ranked_on_printed_values_with_shared_classes():
    document = comparison_document(of("bassin-minier"), indicators=["L04", "D01"])
    page = next(page for page in document.pages if page.slug == "l04")
    rows = rows_of(tables(page)[0])
    ranks = {name: row[3] for name, row in rows.items()}
    assert ranks["Valenciennois"] == "1er"
    assert ranks["Osartis-Marquion"] == "5e"
    assert ranks["Le bassin minier"] == "–"
    maps = [p for p in page.parts if isinstance(p, Figure) and p.kind == "plate"]
    assert len(maps) == 5
    (legend,) = [one for one in maps[-1].legends if "vacance" in one.title]
    assert sum(int(entry.count) for entry in legend.entries) == 336
    assert "1 : " in texts(page)[-1]
    matrix = rows_of(tables(document.pages[-1])[0])
    assert matrix["Taux de vacance 2021"][4] == "8,9 % (1er)"
    with pytest.raises(DataError, match="bassin-minier"):
        comparison_document(of("call"))
    with pytest.raises(CodeError, match="Z99"):
        comparison_document(of("bassin-minier"), indicators=["Z99"])
    with pytest.raises(CodeError, match="no SCoT"):
        comparison_document(of("bassin-minier"), procedures={"douai": "2019"})


def test_the_comparison_is_a_theme_of_the_command(tmp_path, monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr(
        bm, "scot_comparison", lambda **how: asked.update(how) or tmp_path
    )
    words = ["scot", "--about", "comparaison", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    capsys.readouterr()
    assert asked["formats"] == ["pdf"]


# --- chapters -------------------------------------------------------------------


def test_a_chapter_fills_one_page_with_a_map_its_ends_and_its_peers(lens):
    document = plh_document(lens, fiches=False)
    assert sizes(document) == len(document.pages)
    page = next(page for page in document.pages if page.slug == "vacance")
    assert {"map", "side", "wide", "table", "reading", "note"} <= set(page.slots)
    told = next(p for p in page.parts if isinstance(p, Note) and p.kind == "reading")
    assert any("réunissent" in spaced(text) for text in told.paragraphs)


def test_peers_are_those_of_the_basin_or_of_the_departement(lens):
    assert len(peers(lens)) == 8
    assert "Béthune-Bruay" in {other.short for other in peers(lens)}
    assert all(
        o.code[:2] == "20" or o.code[:2] == "24" for o in peers(of("boulonnais"))
    )
    assert [o.short for o in parts_of_territory(of("grand-douaisis"))] == [
        "Douaisis Agglo",
        "Cœur d’Ostrevent",
    ]


def test_sizes_of_communes_share_them_all_out(lens):
    groups = by_size(lens)
    assert groups.notna().all()
    people = grouped(lens, "D01", groups)
    assert sum(value.value for value in people.values()) == 242_013
    assert grouped(lens, "R01", groups) == {}


def test_years_are_those_that_the_table_declares():
    counts = bm.describe(
        pd.DataFrame({"dwellings": bm.statistics()["dwellings_2021"]}),
        measures={"dwellings": bm.Stock(vintage="2024", source="essai")},
    )
    assert 2024 in of("call", counts).years("dwellings")


def test_a_median_is_mapped_though_it_has_no_whole():
    index = bm.statistics().index
    counts = pd.DataFrame({"median_living_standard_2021": 20_000.0}, index=index)
    counts["median_living_standard_2021"] += list(range(len(index)))
    about = of("call", counts)
    assert about.total("R01") is None
    assert about.supplied("R01") == ["R01"]
    assert "va de" in sentences_of(about, "R01")[0]


def test_a_yearly_balance_is_a_rate_and_no_amount(lens):
    assert is_rate(lens, "D03")
    assert not is_rate(lens, "D06")


def test_dense_strips_write_their_values_beside_them():
    units = {f"T{n}": pd.Series([1.0, 9.0]) for n in range(9)}
    totals = pd.Series(dict.fromkeys(units, 5.0))
    chart = range_strips("s", totals, units, caption="c", source="", size_mm=(88, 60))
    assert b"<svg" in chart.render("svg", chart.size_mm)
    lines = pd.DataFrame({"a": [1.0, None, None], "b": [1.0, 2.0, 3.0]}, [1, 2, 3])
    assert b"<svg" in line_chart("l", lines, caption="c", source="").render(
        "svg", (88, 40)
    )


def test_the_history_of_a_perimeter_is_told_in_french():
    document = plh_document(of("245901152"), fiches=False)
    page = next(page for page in document.pages if page.slug == "perimetre")
    (box,) = [part for part in page.parts if isinstance(part, Note)]
    told = [spaced(text) for text in box.paragraphs]
    assert told[0] == (
        "1er janvier 2025 : CC Cœur d’Ostrevent devient CA Cœur d’Ostrevent."
    )
    assert told[1].startswith("1er janvier 2024 : transfert d’une commune, de CC Cœur")
    assert "Émerchicourt." in told[1]
    assert not re.search(r"transfer[^t]|nature", " ".join(told))


# --- the programme --------------------------------------------------------------


def balance(**change):
    table = pd.DataFrame(
        {
            "commune": list(THREE),
            "objective": [160.0, 40.0, 0.0],
            "achieved": [120.0, 50.0, 3.0],
        }
    )
    return bm.Balance(table, "Essai", (2014, 2020), **change)


def test_a_balance_says_what_was_done_of_what_was_aimed_at(three):
    page = balance_page(three, balance(closed=True), "")
    rows = rows_of(tables(page)[0])
    assert rows["Lens"] == ["160", "120", "75 %"]
    assert rows["Avion"] == ["0", "3", "s.o."]
    assert rows["Ensemble"] == ["200", "173", "87 %"]  # 86.5, a half is rounded up
    said = texts(page)[0]
    assert said.startswith("Logements : sont comptés 173 logements sur 200, soit 87 %")
    assert "non atteint" in said
    open_ = texts(balance_page(three, balance(), ""))[0]
    assert "atteint" not in open_


def test_a_blank_objective_is_not_available_and_hides_the_total(three):
    table = balance().table.assign(achieved=[120.0, None, 3.0])
    page = balance_page(three, bm.Balance(table, "Essai", (2014, 2020)), "")
    rows = rows_of(tables(page)[0])
    assert rows["Liévin"] == ["40", "n.d.", "n.d."]
    assert rows["Ensemble"] == ["200", "n.d.", "n.d."]


def test_without_a_balance_the_last_page_says_which_file_it_takes(diagnosis):
    document = diagnosis
    assert "bilan" not in [page.slug for page in document.pages]
    (box,) = (p for p in document.parts if isinstance(p, Note) and p.kind == "missing")
    assert "code de la construction et de l’habitation" in spaced(box.paragraphs[0])
    assert "objectif" in spaced(box.paragraphs[1])


@pytest.mark.parametrize(
    ("table", "error", "told"),
    [
        ({"commune": ["62498"], "objective": [1.0]}, ColumnError, "achieved"),
        (
            {"commune": ["62498"], "objective": [-1.0], "achieved": [1.0]},
            DataError,
            "negative",
        ),
        (
            {"commune": ["62498"] * 2, "objective": [1.0] * 2, "achieved": [1.0] * 2},
            DataError,
            "twice",
        ),
        (
            {"commune": ["62498"], "objective": ["x"], "achieved": [1.0]},
            DataError,
            "no numbers",
        ),
    ],
)
def test_a_balance_that_cannot_be_read_is_refused(table, error, told):
    with pytest.raises(error, match=told):
        bm.Balance(pd.DataFrame(table), "Essai", (2014, 2020))


def test_a_balance_of_other_communes_is_refused(three):
    table = balance().table.assign(commune=["62498", "62510", "59574"])
    with pytest.raises(CodeError, match="59574"):
        balance_page(three, bm.Balance(table, "Essai", (2014, 2020)), "")


def test_a_secteur_has_the_rate_of_its_counts(three):
    sectors = sectors_of(three, pd.Series(["Est", "Est", "Ouest"], index=list(THREE)))
    page = sectors_page(three, sectors, ["L01", "L04"], "")
    rows = rows_of(tables(page)[0])
    table = bm.statistics().loc[list(THREE[:2])]
    rate = table["vacant_dwellings_2021"].sum() / table["dwellings_2021"].sum()
    assert rows["Taux de vacance 2021"][0] == f"{100 * rate:.1f} %".replace(".", ",")
    assert rows["Communes"] == ["2", "1", "3"]
    with pytest.raises(DataError, match="Avion"):
        sectors_of(three, pd.Series({"62498": "a", "62510": "b"}))
    with pytest.raises(CodeError, match="59574"):
        sectors_of(three, pd.Series({**dict.fromkeys(THREE, "a"), "59574": "b"}))
    with pytest.raises(DataError, match="all communes are in one"):
        sectors_of(three, pd.Series(dict.fromkeys(THREE, "a")))


def test_two_censuses_under_five_years_apart_are_not_compared(three):
    embedded = bm.statistics()
    older = pd.DataFrame(
        {
            "dwellings_2018": embedded["dwellings_2021"],
            "vacant_dwellings_2018": embedded["vacant_dwellings_2021"],
            "enaf_m2_2015": 10_000.0,
        }
    )
    former = bm.subject(three.area, author="A", date=DAY, counts=older, alone=True)
    page = former_page(three, former, ["L04"], "")
    assert rows_of(tables(page)[0])["Taux de vacance des logements"][-1] == "s.o."
    far = older.rename(columns=lambda name: name.replace("2018", "2012"))
    former = bm.subject(three.area, author="A", date=DAY, counts=far, alone=True)
    row = rows_of(tables(former_page(three, former, ["L04"], ""))[0])
    assert row["Taux de vacance des logements"][-1] == "0,0 pt"
    other = of("osartis-marquion")
    with pytest.raises(DataError, match="other communes"):
        former_page(three, other, ["L04"], "")


def test_files_that_are_given_open_a_second_page_a_commune(three):
    index = bm.statistics().index
    names = ("population_under_20", "population_65_plus", "population_75_plus")
    counts = pd.DataFrame({f"{n}_2022": range(1, len(index) + 1) for n in names}, index)
    counts["population_2022"] = 5_000
    for n in ("births", "deaths"):
        counts[f"{n}_2016_2022"] = 100
    counts["social_dwellings_2022"] = range(2, len(index) + 2)
    counts["social_dwellings_in_qpv_2022"] = 1
    about = of(three.area, counts)
    document = plh_document(about)
    second = [page for page in document.pages if page.slug.endswith("-suite")]
    assert [page.slug for page in second][:1] == ["fiche-62065-suite"]
    assert len(second) == 3
    assert sizes(document) == len(document.pages)


def test_second_pages_hold_on_one_page_however_much_is_given(three):
    ids = [i for chapter in CHAPTERS for i in chapter.indicators]
    entries = [catalogue().indicators[i] for i in ids if i not in ("D12", "L12")]
    names = {c for entry in entries for c in entry.counts} - {"population", "area_km2"}
    index = bm.statistics().index
    line = pd.Series([200.0 + n % 90 for n in range(len(index))], index)
    counts = pd.DataFrame({f"{name}_2022": line for name in sorted(names)})
    document = plh_document(of(three.area, counts))
    assert len([p for p in document.pages if p.slug.endswith("-suite")]) == 3
    assert sizes(document) == len(document.pages)


def test_the_point_mort_is_taken_apart_at_the_level_of_the_whole(three):
    # A commune: 72 started for 60 more, 10 more vacant, households of 2 then of 1.9.
    ends = {
        "dwellings": (1000, 1060),
        "main_residences": (900, 950),
        "secondary_residences": (20, 20),
        "vacant_dwellings": (80, 90),
        "household_population": (1800, 1805),
    }
    told = {
        f"{n}_{y}": v
        for n, e in ends.items()
        for y, v in zip((2016, 2022), e, strict=True)
    }
    told["started_dwellings_2016_2022"] = 72
    about = of(three.area, pd.DataFrame(told, bm.statistics().index, dtype=float))
    found = components(about)
    loose = 3 * (1800 / 1.9 - 900) / 6
    assert found.round(6).to_dict() == {
        "Renouvellement du parc": 6.0,
        "Secondaires et vacants": 5.0,
        "Desserrement des ménages": round(loose, 6),
        "Point mort": round(11 + loose, 6),
        "Logements commencés": 36.0,
    }
    slots = [slot for slot, _ in point_mort_parts(about)]
    assert slots == ["wide", "left", "note"]  # three communes have no peers
    assert point_mort_parts(three) == []


# --- the conference -------------------------------------------------------------


@pytest.fixture(scope="module")
def quarter(lens):
    point = lens.communes.geometry["62498"].representative_point()
    box = shapely.box(point.x - 100, point.y - 100, point.x + 100, point.y + 100)
    return gpd.GeoDataFrame(
        {"name": ["Essai"], "generation": ["2024"]},
        geometry=[box],
        crs=2154,
        index=pd.Index(["QN06224M"], name="quartier"),
    )


@pytest.fixture(scope="module")
def estates(quarter):
    middle = quarter.geometry.iloc[0].centroid
    points = [shapely.Point(middle.x + d, middle.y) for d in (0, 250, 500)]
    table = {
        "name": ["Une", "Deux", "Trois"],
        "landlord": ["A", "A", "B"],
        "dwellings": [20.0, 30.0, 40.0],
        "households": [9.0, 25.0, 40.0],
    }
    return bm.Estates(gpd.GeoDataFrame(table, geometry=points, crs=2154), "Essai")


def test_an_estate_is_in_a_quarter_in_its_band_or_outside(lens, estates, quarter):
    found = situated(estates, lens.communes, quarter)
    assert found["place"].tolist() == ["en QPV", "bande des 300 m", "hors QPV"]
    assert found["commune"].tolist() == ["62498"] * 3
    bare = situated(estates, lens.communes, None)
    assert bare["place"].tolist() == [""] * 3


def test_under_eleven_households_nothing_is_printed_nor_found_again(
    lens, estates, quarter
):
    document = bm.cil_document(lens, quarters=quarter, estates=estates)
    page = next(page for page in document.pages if page.slug == "fragiles")
    places, listed = tables(page)
    assert rows_of(listed)["Une"][-1] == "s"
    assert rows_of(places)["en QPV"] == ["1", "20", "s"]
    assert rows_of(places)["hors QPV"] == ["1", "40", "40"]
    cell = next(row[-1] for row in listed.rows if row[0].text == "Une")
    assert (cell.state, cell.value) == ("secret", None)


def leases():
    index = bm.statistics().index
    columns = {"leases_outside_qpv_2024": 100, "leases_outside_qpv_q1_2024": 20}
    return pd.DataFrame(columns, index=index)


def test_the_rule_of_a_quarter_gives_counts_first_and_the_threshold():
    about = of("call", leases())
    with pytest.raises(DataError, match="generation"):
        bm.cil_document(about)
    document = bm.cil_document(about, generation="2024", threshold=8_900.0)
    page = next(page for page in document.pages if page.slug == "baux")
    lead = texts(page)[0]
    assert lead.startswith(
        "En 2024, 720 des 3 600 baux signés hors quartier prioritaire (génération 2024)"
    )
    assert "soit 20,0 %, pour un objectif de 25 %" in lead
    tiles = next(part for part in page.parts if hasattr(part, "items"))
    assert "8 900 €" in [spaced(item.cell.text) for item in tiles.items]
    with pytest.raises(DataError, match="threshold"):
        bm.cil_document(about, generation="2024", threshold=-1.0)


def test_generations_that_differ_are_refused(quarter):
    with pytest.raises(DataError, match="2015"):
        bm.cil_document(of("call", leases()), generation="2015", quarters=quarter)


def test_landlords_are_told_by_their_share_and_what_they_committed_to(lens):
    table = pd.DataFrame(
        {
            "landlord": ["A", "B"],
            "dwellings": [75.0, 25.0],
            "in_qpv": [30.0, 5.0],
            "objective": [10.0, 4.0],
            "achieved": [5.0, 4.0],
        }
    )
    document = bm.cil_document(lens, landlords=bm.Landlords(table, "Essai", 2025))
    page = next(page for page in document.pages if page.slug == "bailleurs")
    assert rows_of(tables(page)[0])["A"] == ["75", "75,0 %", "30", "10", "5"]
    with pytest.raises(DataError, match="more dwellings in QPV"):
        bm.Landlords(table.assign(in_qpv=[80.0, 5.0]), "Essai", 2025)
    with pytest.raises(DataError, match="no source"):
        bm.Landlords(table, " ", 2025)


def test_medians_alone_make_a_page_without_tiles_that_says_why():
    index = bm.statistics().index
    values = [20_000.0 + n for n in range(len(index))]
    medians = pd.DataFrame({"median_living_standard_2021": values}, index=index)
    own = bm.user_perimeter("trois", list(THREE), name="Trois villes", source="essai")
    document = plh_document(of(own, medians), fiches=False)
    page = next(page for page in document.pages if page.slug == "revenus")
    assert not [part for part in page.parts if isinstance(part, KeyFigures)]
    (table,) = tables(page)
    assert rows_of(table)["Ensemble (3 communes)"] == ["n.d."]
    assert [spaced(note) for note in table.notes] == [
        "« n.d. » – Niveau de vie médian : ne s’agrège pas ; à lire dans le fichier de "
        "son niveau chez le producteur."
    ]
    assert sizes(document) == len(document.pages)


def test_a_total_that_is_not_there_names_the_communes_that_lack():
    index = bm.statistics().index
    names = ("social_dwellings_2022", "social_dwellings_in_qpv_2022")
    counts = pd.DataFrame(100.0, index, list(names))
    counts.loc["62498"] = float("nan")
    about = of("call", counts)
    table = comparison_table(about, ["S01", "S07", "L04"], "t")
    told = rows_of(table)
    assert told["Logements locatifs sociaux en 2022"] == ["n.d."] * 4
    assert told["Taux de vacance des logements en 2021"][0] == "7,2 %"
    assert [spaced(note) for note in table.notes] == [
        "« n.d. » – Logements locatifs sociaux et part du parc social en quartier "
        "prioritaire (CA de Lens-Liévin, SCoT, Bassin minier, Pas-de-Calais) : donnée "
        "absente pour 1 commune (Lens)."
    ]
    listed = units_table(about, ["S01"], "t")
    assert rows_of(listed)["Lens"] == ["n.d."]
    assert [spaced(note) for note in listed.notes] == [
        "« n.d. » – Logements locatifs sociaux : donnée absente pour 1 commune (Lens)."
    ]


def test_each_source_of_the_catalogue_says_where_it_is_found(lens):
    assert set(WHERE) == set(catalogue().sources)
    found = rows_of(not_supplied(lens, CHAPTERS))
    assert all(row[0] for row in found.values())
    assert found["SDES, Sitadel"][0] == "www.statistiques.developpement-durable.gouv.fr"


def test_no_unit_of_a_plh_may_part_from_its_number(three):
    told = strings(plh_document(three))
    loose = re.compile(r"\d (?:%|hab|ha\b|km|m²|points?\b|communes?\b|logements?\b|€)")
    assert [text for text in told if loose.search(text)] == []
    assert any("\xa0hab./km²" in text for text in told)


def test_what_was_not_given_is_named_with_its_producer(conference):
    document = conference
    told = " ".join(
        c.text for t in tables(document.pages[-1]) for r in t.rows for c in r
    )
    for producer in ("ANCT", "Union régionale", "SNE, Infocentre", "Arrêté annuel"):
        assert producer in spaced(told)


@pytest.mark.parametrize(
    ("name", "text", "error", "told"),
    [
        ("secteurs", "commune;zone\n62498;a\n", ColumnError, "secteur"),
        ("bilan", "commune;objectif;realise\n62498;x;1\n", DataError, "no numbers"),
        ("residences", "residence;x;y\nUne;;7036900\n", DataError, "no place"),
        ("bailleurs", "bailleur;parc\nUn;3\n", ColumnError, "logements"),
    ],
)
def test_a_table_of_ones_own_says_what_it_lacks(tmp_path, name, text, error, told):
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    read = {
        "secteurs": bm.read_sectors,
        "bilan": lambda p: bm.read_balance(p, source="e", period=(2014, 2020)),
        "residences": lambda p: bm.read_estates(p, source="e"),
        "bailleurs": lambda p: bm.read_landlords(p, source="e", year=2025),
    }[name]
    with pytest.raises(error, match=told):
        read(path)


# --- the museum -----------------------------------------------------------------


def test_attendance_over_a_break_or_a_gap_is_not_compared():
    seen = pd.Series({2013: 900_000, 2014: 500_000, 2015: 435_213, 2019: 533_000})
    about = of("bassin-minier")
    document = pic_document(
        about,
        attendance=seen,
        attendance_source="presse",
        breaks={2015: "année civile"},
        forecast=500_000.0,
        highlights=["Un fait."],
    )
    table = next(
        p
        for p in document.parts
        if isinstance(p, Table) and p.caption == "Entrées au Louvre-Lens"
    )
    rows = rows_of(table)
    assert rows["2014"][1] == "−44,4 %"
    assert [rows[year][1] for year in ("2013", "2015", "2019")] == ["–"] * 3
    told = " ".join(t for page in document.pages for t in texts(page))
    assert "soit 107 % de la prévision" in told
    assert "Un fait." in told
    with pytest.raises(DataError, match="forecast"):
        pic_document(about, forecast=1.0)


def test_rings_in_and_out_of_the_basin_add_up_to_the_rings():
    document = pic_document(of("bassin-minier"))
    page = next(page for page in document.pages if page.slug == "couronnes")
    whole, split = tables(page)
    people = {row[0].text: row[2].value for row in whole.rows}
    parts = dict.fromkeys(people, 0.0)
    for row in split.rows:
        parts[row[0].text.split(" · ")[0]] += row[2].value
    assert parts == people


def test_headings_of_all_documents_are_pages_of_the_model(diagnosis):
    document = diagnosis
    titles = [p.text for p in document.parts if isinstance(p, Heading)]
    assert "Bilan du PLH précédent" not in titles
    assert dataclasses.is_dataclass(document)


# --- what may be compared, ranked and printed -------------------------------------


def given(**columns):
    """Return counts of all communes, one number each, or one of its own a commune."""
    index = bm.statistics().index
    made = {}
    for name, value in columns.items():
        usual, own = value if isinstance(value, tuple) else (value, {})
        made[name] = pd.Series(usual, index).astype(float)
        made[name].loc[list(own)] = list(own.values())
    table = pd.DataFrame(made)
    return bm.describe(table, measures={name: bm.Stock() for name in table})


def test_a_perimeter_over_two_departements_is_set_beside_both():
    about = of("bassin-minier")
    assert [o.short for o in about.others] == ["Nord et Pas-de-Calais"]
    (tile,) = key_figures(about, ["D01"]).items
    # 1 255 036 of 4 073 540 inhabitants: 30,8 %, and 48,0 % of no département.
    assert spaced(tile.detail) == "30,8 % du Nord et du Pas-de-Calais"
    (told, _) = map(spaced, sentences_of(about, "L04"))
    assert "à celui du Nord et du Pas-de-Calais" in told


def test_a_stock_is_not_compared_with_the_whole_that_holds_it():
    counts = given(social_dwellings_2024=(100, {"62498": 8_000}))
    about = of("call", counts)
    assert commune_sentences(about, "62001", "S01") == []


def test_where_the_text_says_few_inhabitants_no_rate_is_printed_nor_ranked():
    about = of("artois")
    people = about.counted("population", about.codes)
    gaps = (people.iloc[:, -1] - people.iloc[:, 0]).astype(int)
    few = set(gaps.index[gaps.abs() < 20])
    assert few
    assert few == set(about.little("D02")) & set(about.codes)
    assert not few & set(ranked(about, "D02").index)
    assert not few & set(spread(about, "D02", frozenset(about.codes)).index)
    code = min(few)
    table = comparison_table(about, ["D02"], "Comparaison", code=code)
    assert [spaced(table.rows[0][n].text) for n in (1, -1)] == [
        f"{gaps[code]:+} hab.".replace("-", "−"),
        "–",
    ]
    rows = rows_of(units_table(about, ["D02"], "Communes"))
    assert rows[spaced(about.names[code])] == [f"{gaps[code]:+} hab.".replace("-", "−")]


def test_the_note_of_a_rank_tells_every_commune_that_it_is_without():
    about = of("artois")
    few = about.fragile("D02")
    code = next(c for c in about.alphabetical if c not in few)
    table = comparison_table(about, ["D01", "D02"], "Comparaison", code=code)
    place, among = spaced(table.rows[1][-1].text).split(" sur ")
    people = about.counted("population", about.codes)
    ends = people.iloc[:, [0, -1]]
    little = (ends.iloc[:, 1] - ends.iloc[:, 0]).abs() < 20
    small = (ends < 200).any(axis=1)  # over few inhabitants, at either year
    assert int(among) == len(about.codes) - int((little | small).sum())
    (note,) = [spaced(one) for one in table.notes if "rang sans" in one]
    counts = {why: int(n) for n, why in re.findall(r"(\d+) communes? (dont|de)", note)}
    assert sum(counts.values()) == len(few) == len(about.codes) - int(among)
    assert note.startswith("Évolution annuelle de la population : rang sans ")
    assert "moins de 20 habitants" in note
    assert "moins de 200 habitants" in note
    assert place.removesuffix(" ex æquo").rstrip("er").isdigit()


def test_few_social_dwellings_make_no_rank_nor_a_bold_value():
    counts = given(
        social_dwellings_2024=(300, {"62107": 8}),
        social_rent_m2_2024=(6.1, {"62107": 9.5}),
    )
    about = of("call", counts)
    (why,) = {code: spaced(w) for code, w in about.fragile("S08").items()}.items()
    assert why == ("62107", "moins de 200 logements sociaux")
    assert about.commune("S08", "62107").cell().state == "fragile"
    assert commune_sentences(about, "62107", "S08") == []


def test_a_group_of_few_dwellings_is_fragile(lens):
    groups = pd.Series("reste", lens.codes).astype("object")
    small = lens.counted("dwellings", lens.codes).iloc[:, -1].idxmin()
    groups[small] = "un"
    few = {label: v.few for label, v in grouped(lens, "L04", groups).items()}
    least = lens.counted("dwellings", lens.codes).iloc[:, -1].min()
    assert few == {"reste": False, "un": least < 200}


def test_a_spread_says_how_many_communes_have_a_published_value():
    values = pd.Series(float("nan"), bm.statistics().index)
    values.loc[list(of("call").codes[:26])] = range(20_010, 20_036)
    counts = pd.DataFrame({"median_living_standard_2021": values})
    (told,) = sentences_of(of("call", counts), "R01")
    assert "Parmi les 26 communes dont la valeur est publiée" in spaced(told)


def test_the_surface_is_credited_and_its_error_is_that_of_the_territory():
    about = of("artois")
    (note,) = told_of(about.mine("D05")).notes
    assert "Lozinghem" in note
    assert "Grand-Fort-Philippe" not in note
    sources = [row[0].text for row in sources_table(about, ["D05"]).rows]
    assert any("ADMIN EXPRESS" in source for source in sources)


def test_a_count_given_without_its_denominator_is_printed_and_said():
    about = of("call", given(vacant_private_dwellings_2y_2024=(10, {"62498": 860})))
    table = halves_table(about, ["L14"])
    assert rows_of(table)["Lens"] == ["860"]
    # 35 other communes of 10.
    assert rows_of(table)["Ensemble (36 communes)"] == ["1 210"]
    assert "il manque logements du parc privé" in spaced(table.notes[0])
    listed = not_supplied(about, [Chapter("v", "Vacance", "", ("L14",))])
    assert "(fourni)" in listed.rows[-1][0].text


def test_ties_that_a_list_cuts_are_told():
    values = pd.Series([9.0, 8.0, 7.04, 7.01, 5.0], index=list("abcde"))
    told = tied_out(values.iloc[:3], values.iloc[3:], 1)
    assert spaced(told) == " (1 autre ex æquo, hors de la figure)"
    assert tied_out(values.iloc[:2], values.iloc[2:], 1) == ""


def test_the_conference_announces_what_is_inside(conference):
    assert conference.subtitle == "Ménages et logements"


def test_a_lead_does_not_say_its_title_again():
    title = "La population de Somain diminue de 0,8 % par an"
    said = [f"{title}, soit 722 habitants de moins.", "Le taux est de 7,6 %."]
    assert after_title(title, said) == ["Soit 722 habitants de moins.", said[1]]


# -- maps of a document ----------------------------------------------------------------


def keys_of(figure, title):
    return [
        (entry.color, entry.label)
        for key in figure.legends
        if key.title.startswith(title)
        for entry in key.entries
    ]


def test_a_rate_has_one_set_of_classes_whatever_map_bears_it(lens):
    areas = keys_of(rate_map(lens, "L04", "taux"), "Taux de vacance")
    circles = keys_of(stock_map(lens, "L01", "L04", "stock"), "Taux de vacance")
    assert areas == circles
    assert len(areas) > 4


def test_a_class_below_zero_keeps_its_colour_and_its_strokes_in_the_key(lens):
    key = next(k for k in rate_map(lens, "D02", "evolution").legends if k.title)
    below = [entry for entry in key.entries if entry.slant == "\\"]
    assert len(below) > 1
    assert len({entry.color for entry in below}) == len(below)
    assert all(entry.hatched and entry.stroke for entry in below)


def test_where_names_have_no_room_fiches_show_a_commune_and_those_beside_it(lens):
    wide, small = (
        rates_by_commune(lens, "L04", size_mm=size) for size in ((102, 66), (50, 34))
    )
    assert (wide.near, small.near) == (False, True)
    scales = {
        re.search(r"1 : [0-9 ]+", spaced(small.of(code).source)).group()
        for code in ("62498", "62666")
    }
    assert len(scales) == 1


def test_limits_of_communes_are_lighter_than_those_of_the_territory(lens):
    lines = {
        label: color
        for key in stock_map(lens, "L01", "", "stock").legends
        for color, label in ((e.color, e.label) for e in key.entries)
        if label.startswith("limite")
    }
    commune, whole = lines["limite de commune"], lines["limite du territoire"]
    assert int(commune[1:3], 16) > int(whole[1:3], 16) + 60


def test_a_long_name_beside_bars_is_broken_rather_than_cut():
    values = pd.Series({"Téteghem-Coudekerque-Village": 3.0, "Spycker": 1.0})
    chart = bar_chart(
        "barres", values, caption="Essai", source="Insee", size_mm=(60, 30)
    )
    drawn = chart.render("svg", chart.size_mm).decode()
    assert "Téteghem-Coudekerque-Village" not in drawn
    assert "Village" in drawn


def test_one_long_name_does_not_make_all_the_others_small():
    names = ["Téteghem-Coudekerque-Village", *(f"Spycker{n:02}" for n in range(16))]
    values = pd.Series(range(1, 18), names, dtype=float)
    chart = bar_chart(
        "barres", values, caption="Essai", source="Insee", size_mm=(60, 62)
    )
    drawn = chart.render("svg", chart.size_mm).decode()
    found = re.findall(
        r"font-size: ([\d.]+)px[^>]*>([^<>]*(?:Spyc|Coude)[^<>]*)<", drawn
    )
    sizes = {text: float(size) for size, text in found}
    assert len(sizes) == 17
    long = sizes.pop("Téteghem-Coudekerque-Village")
    assert 5.0 <= long < 5.8 == min(sizes.values()) == max(sizes.values())


def test_a_scot_that_is_one_epci_and_a_part_of_one_have_their_situation(three):
    for about in (of("osartis-marquion"), three):
        sheet = situation_plate(about)
        told = " ".join(spaced(text.get_text()) for text in sheet.findobj(Text))
        assert about.area.name in told
        people = about.communes["population"].sum()
        listed = f"{people:,.0f}".replace(",", " ")
        assert (listed in told) == (about is not three)


# --- pages are filled by what they have -----------------------------------------


def ages(**change):
    """Each band has 10 men and 10 women in a commune; some of Lens others."""
    names = [f"{sex}_{band}_2021" for sex in ("men", "women") for band in BANDS]
    table = pd.DataFrame(10.0, index=bm.statistics().index, columns=names)
    for name, value in change.items():
        table.loc["62498", f"{name}_2021"] = value
    return table


def test_a_pyramid_says_the_largest_band_and_the_farthest_from_another(three):
    own = of(three.area, ages(women_75to89=40.0))
    page = pyramid_page(own, "PLH")
    (table,) = tables(page)
    # Of 3 × 140 + 30 people, 60 + 30 are 75 to 89; elsewhere a seventh.
    assert rows_of(table)["75-89 ans"][:3] == ["30", "60", "20,0 %"]
    told = [
        spaced(t) for t in next(p for p in page.parts if isinstance(p, Note)).paragraphs
    ]
    assert told[0] == "À Trois villes, les femmes sont 53,3 % de la population en 2021."
    assert "75-89 ans : 20,0 % des habitants" in told[1]
    assert told[2].endswith("celui des 75-89 ans : 20,0 %, contre 14,3 %.")
    (figure,) = (p for p in page.parts if isinstance(p, Figure))
    assert "75-89 ans, hommes 6,7, femmes 13,3" in spaced(figure.alt)


def test_a_pyramid_lacking_an_age_of_a_commune_is_not_drawn(three):
    assert pyramid_page(three, "PLH") is None
    assert pyramid_page(of(three.area, ages(men_0to14=float("nan"))), "PLH") is None
    missing = not_supplied(three, CHAPTERS)
    assert "yramide des âges" in " ".join(c.text for r in missing.rows for c in r)
    given = not_supplied(of(three.area, ages()), CHAPTERS)
    assert "yramide des âges" not in " ".join(c.text for r in given.rows for c in r)


def moves(*more):
    """People by origin and destination around Lens, Liévin and Avion."""
    pairs = [
        ("62498", "62498", 9_000.0),
        ("62510", "62498", 50.0),
        ("62427", "62498", 300.0),
        ("75056", "62510", 200.0),
        ("99999", "62065", 30.0),
        ("62498", "62427", 100.0),
        *more,
    ]
    return pd.DataFrame(pairs, columns=["origin", "destination", "movers_2021"])


def test_moves_are_whence_and_where_to_without_those_who_stay(three):
    page = moves_page(three, moves_of(three, moves()), "PLH")
    tiles = next(p for p in page.parts if isinstance(p, KeyFigures)).items
    told = [spaced(tile.cell.text) for tile in tiles]
    assert told == ["500", "100", "+400", "30", "50"]
    rows = rows_of(tables(page)[0])
    assert rows["CA d’Hénin-Carvin"] == ["300", "100", "+200"]
    assert rows["Autres communes de France"] == ["200", "0", "+200"]
    assert rows["Étranger"] == ["30", "n.d.", "n.d."]
    said = [spaced(t) for p in page.parts if isinstance(p, Note) for t in p.paragraphs]
    assert (
        "500 arrivées en un an depuis le reste de la France, soit 400 de plus"
        in said[0]
    )
    assert (
        said[1]
        == "Première origine : CA d’Hénin-Carvin, 300 personnes (60 % des arrivées)."
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (moves(("62498", "59350", float("nan"))), "1 of 7 are missing"),
        (moves().rename(columns={"movers_2021": "people"}), "no movers"),
        (moves().assign(origin="59350", destination="59350"), "0 of 0"),
    ],
)
def test_moves_that_lack_some_of_a_territory_are_refused(three, table, told):
    with pytest.raises(DataError, match=told):
        moves_of(three, table)


def test_moves_that_are_given_open_a_page_and_are_not_said_to_lack(three):
    document = plh_document(three, fiches=False, moves=moves())
    assert "migrations" in [page.slug for page in document.pages]
    told = " ".join(str(text) for text in strings(document))
    assert "Migrations résidentielles" not in told
    assert "Migrations résidentielles" in " ".join(
        str(text) for text in strings(plh_document(three, fiches=False))
    )


def blank_mm(page):
    """Return how high the highest blank band of a page on paper is, its head aside."""
    grey = page.render(scale=1, grayscale=True).to_numpy().squeeze()
    inked = np.flatnonzero((grey < 200).any(axis=1))
    return float(np.diff(inked).max()) / page.get_height() * 297


def test_the_contents_of_a_short_document_leaves_no_blank_band(diagnosis):
    paper = pypdfium2.PdfDocument(pdf_bytes(diagnosis))
    assert "Sommaire" in paper[1].get_textpage().get_text_range()
    assert blank_mm(paper[1]) < 30


def test_many_communes_without_fiches_leave_room_for_definitions_and_method():
    document = plh_document(of("campagnes de l'artois"), fiches=False)
    contents = document.pages[1]
    titles = [p.title for p in contents.parts if isinstance(p, Note)]
    assert titles == ["Lire ce document", "Signes", "Méthode"]
    captions = [p.caption for p in contents.parts if isinstance(p, Table)]
    assert "Définitions des indicateurs" in captions
    assert document.pages[-1].slug == "donnees"


def test_communes_too_few_for_a_map_have_a_bar_each(three):
    document = plh_document(three, fiches=False)
    for slug in ("population", "menages", "parc", "vacance"):
        page = next(page for page in document.pages if page.slug == slug)
        drawn = [p for p in page.parts if isinstance(p, Figure)]
        assert len(drawn) >= 3, slug
        names = {row[0].text for p in drawn if p.table for row in p.table.rows}
        assert {"Avion", "Lens", "Liévin"} <= names


def test_pages_are_reckoned_to_be_as_high_as_the_paper(lens):
    document = plh_document(lens, fiches=False)
    found = {
        page.slug: of_page(zip(page.slots, page.parts, strict=True))
        for page in document.pages
        if page.template == "chapter"
        and page.slug != "sommaire"  # its titles come late
    }
    assert {k: v for k, v in found.items() if abs(v - SHEET_MM) > 20} == {}


def test_charts_grow_by_what_a_page_leaves_and_maps_do_not():
    bars = bar_chart(
        "barres",
        pd.Series({"a": 1.0, "b": 2.0, "c": 3.0}),
        caption="c",
        source="s",
        size_mm=(88.0, 30.0),
    )
    alone = grown([("left", bars), ("right", Heading("Un titre"))])
    assert alone[0][1].size_mm == (88.0, 30.0)
    taller = dict(grown([("left", bars)]))["left"]
    assert taller.size_mm == (88.0, 45.0)  # three bars of 9 mm, and what is around
    full = grown([("left", bars)], taken_mm=SHEET_MM)
    assert full[0][1].size_mm == (88.0, 30.0)


def test_no_sentence_of_a_bulletin_is_said_three_times():
    document = bulletin_document(of("osartis-marquion"), "demographie")
    told = [str(p.text) for p in document.parts if isinstance(p, Paragraph)]
    often = {
        text: n
        for text in told
        if len(text) > 40 and (n := sum(text in other for other in told)) > 2
    }
    assert often == {}
