"""Who: embedded frames, codes, names, perimeters, places; known and shared figures."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import CodeError, DataError, VintageError
from basinmap.territory.places import place


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
REGISTRY = SHARED / "registry"
REFERENCE = SHARED / "reference"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="shared files are elsewhere")
few = settings(max_examples=6, deadline=None, database=None)


BASSIN = {  # SIREN: communes on 1 January 2026 (DGCL)
    "200042190": 47,
    "200044618": 35,
    "200072460": 100,
    "200044048": 49,
    "245901152": 20,
    "245901160": 35,
    "246200299": 14,
    "246200364": 36,
}
SCOTS = {
    "artois": 100,
    "valenciennois": 82,
    "grand-douaisis": 55,
    "lens-lievin-henin-carvin": 50,
    "osartis-marquion": 49,
}
FRAMES = {  # verb: index name, columns
    "communes": (
        "commune",
        "name epci scot arrondissement departement population area_km2 geometry",
    ),
    "epcis": (
        "epci",
        "name short_name nature outside communes population population_state "
        "area_km2 area_km2_state geometry",
    ),
    "scots": ("scot", "name communes population area_km2 geometry"),
    "departements": ("departement", "name communes population area_km2 geometry"),
    "quartiers": (
        "quartier",
        "name commune quality precision_m source note geometry",
    ),
    "places": (
        "place",
        "name commune address opened precision_m source geometry",
    ),
}
# Merged since the COG 2024 of the shared census tables (Insee, COG 2025 and 2026).
MERGED = {"59070": "59006", "62461": "62447", "62549": "62447", "62743": "62447"}


def read(path, index, **options):
    """Read a shared table, codes as strings, one row a code."""
    table = pd.read_csv(path, dtype={index: str}, **options)
    return table.drop_duplicates(index).set_index(index)


# -- known answers -------------------------------------------------------------


def test_there_are_1534_communes_647_and_887():
    counts = bm.communes()["departement"].value_counts().to_dict()
    assert counts == {"59": 647, "62": 887}
    assert len(bm.communes()) == 1534


def test_there_are_36_epcis():
    assert len(bm.epcis()) == 36


def test_the_basin_is_eight_epcis_and_336_communes():
    members = list(bm.perimeter("bassin-minier").communes)
    sizes = bm.communes().loc[members, "epci"].value_counts().to_dict()
    assert sizes == BASSIN
    assert sum(sizes.values()) == 336


@pytest.mark.parametrize(("year", "people"), [(2023, 1_255_036), (2016, 1_258_936)])
def test_the_basin_has_the_published_population(year, people):
    members = list(bm.perimeter("bassin-minier").communes)
    assert bm.statistics().loc[members, f"population_{year}"].sum() == people


def test_the_scots_have_their_communes():
    assert bm.scots()["communes"].to_dict() == SCOTS


def test_the_museum_is_where_it_stands():
    assert bm.LOUVRE_LENS.point.distance(shapely.Point(686006, 7037021)) <= 30


def test_the_museum_lies_in_its_commune():
    outlines = bm.communes().geometry
    holding = outlines.index[outlines.contains(bm.LOUVRE_LENS.point)]
    assert holding.tolist() == ["62498"] == [bm.LOUVRE_LENS.commune]


def test_every_place_lies_in_the_commune_it_names():
    for code, row in bm.places().iterrows():
        outline = bm.communes().loc[row["commune"], "geometry"]
        assert outline.contains(row["geometry"]), code


def test_sessevalle_is_marked_as_indicative():
    row = bm.quartiers().loc["sessevalle"]
    assert row["quality"] == "indicative"
    assert "PAS le contour" in row["note"]


def test_the_shafts_of_sessevalle_lie_in_somain():
    shafts = bm.places().filter(like="sessevalle", axis=0)
    somain = bm.communes().loc["59574"]
    assert somain["name"] == "Somain"
    assert len(shafts) == 2
    assert shafts.within(somain["geometry"]).all()


def test_the_mark_of_sessevalle_holds_its_two_shafts():
    mark = bm.quartiers().loc["sessevalle", "geometry"]
    assert bm.places().filter(like="sessevalle", axis=0).within(mark).all()


def test_the_museum_is_no_place_of_the_shafts():
    assert bm.places().loc["louvre-lens", "opened"] == "2012-12-12"
    assert bm.places().loc["sessevalle-puits-1":, "opened"].isna().all()


@pytest.mark.parametrize(
    "code",
    [
        "louvre-lens",
        pytest.param("sessevalle-puits-1"),
        pytest.param("sessevalle-puits-2"),
    ],
)
def test_every_embedded_place_can_be_read_as_a_value(code):
    found = place(code)
    assert found.code == code
    assert found.address == found.address.strip()


# -- frames --------------------------------------------------------------------


@pytest.mark.parametrize("verb", FRAMES)
def test_a_frame_is_indexed_by_string_codes(verb):
    frame = getattr(bm, verb)()
    assert frame.index.name == FRAMES[verb][0]
    assert all(isinstance(code, str) for code in frame.index)
    assert pd.api.types.is_string_dtype(frame.index.dtype)
    assert frame.index.is_unique
    assert frame.index.is_monotonic_increasing


@pytest.mark.parametrize("verb", FRAMES)
def test_a_frame_has_the_columns_of_the_contract(verb):
    assert getattr(bm, verb)().columns.tolist() == FRAMES[verb][1].split()


@pytest.mark.parametrize("verb", FRAMES)
def test_a_frame_is_in_lambert_93(verb):
    frame = getattr(bm, verb)()
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs == "EPSG:2154"
    assert frame.crs.to_string() == "EPSG:2154"


@pytest.mark.parametrize("verb", FRAMES)
def test_a_frame_says_its_sources(verb):
    sources = getattr(bm, verb)().attrs["sources"]
    assert isinstance(sources, tuple)
    assert sources
    assert all(sources)


@pytest.mark.parametrize("verb", [*FRAMES, "statistics"])
def test_changing_a_frame_never_changes_the_next_one(verb):
    call = getattr(bm, verb)
    before = call()
    spoilt = call()
    spoilt[spoilt.columns[0]] = 0
    spoilt["more"] = 1
    spoilt.index.name = "spoilt"
    spoilt.columns.name = "spoilt"
    spoilt.attrs.clear()
    after = call()
    pd.testing.assert_frame_equal(
        pd.DataFrame(after), pd.DataFrame(before), check_names=True
    )
    assert after.attrs == before.attrs


@pytest.mark.parametrize(
    "level",
    ["epci", "scot", "arrondissement", "departement", "bassin", "commune"],
)
def test_changing_a_membership_never_changes_the_next_one(level):
    spoilt = bm.membership(level)
    first = spoilt.iloc[-1]
    spoilt.iloc[-1] = "spoilt"
    spoilt.name = "spoilt"
    spoilt.attrs["spoilt"] = True
    again = bm.membership(level)
    assert again.iloc[-1] == first or pd.isna(again.iloc[-1])
    assert again.name == level
    assert again.attrs == {}


def test_renaming_the_index_of_a_membership_leaves_the_frames_alone():
    spoilt = bm.membership("commune")
    try:
        spoilt.index.name = "spoilt"
        assert bm.communes().index.name == "commune"
    finally:
        spoilt.index.name = "commune"  # or every test after this one would fail


def test_the_communes_are_a_valid_coverage():
    assert shapely.coverage_is_valid(bm.communes().geometry.array)


@pytest.mark.parametrize("verb", ["communes", "epcis", "scots", "departements"])
def test_outlines_are_valid_polygons(verb):
    frame = getattr(bm, verb)()
    assert frame.is_valid.all()
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(
    ("verb", "level"),
    [("epcis", "epci"), ("scots", "scot"), ("departements", "departement")],
)
def test_merged_outlines_keep_surface_people_and_communes(verb, level):
    frame = getattr(bm, verb)()
    communes = bm.communes()
    communes["surface"] = communes.area
    sums = communes.groupby(level)[["surface", "population", "area_km2"]].sum()
    np.testing.assert_allclose(frame.area, sums["surface"], rtol=1e-9)
    np.testing.assert_allclose(frame["area_km2"], sums["area_km2"], rtol=1e-9)
    assert frame["population"].tolist() == sums["population"].tolist()
    assert (
        frame["communes"].tolist()
        == communes[level].value_counts()[frame.index].tolist()
    )


def test_the_count_of_communes_of_an_epci_is_that_of_its_frame():
    for epci, told in bm.epcis()["communes"].items():
        assert len(bm.communes(epci=epci)) == told, epci


def test_one_epci_has_a_commune_in_another_departement():
    outside = bm.epcis()["outside"].dropna()
    assert outside.to_dict() == {"200069672": "80810"}
    assert bm.epcis().loc["200069672", "name"] == "CC du Ternois"


def test_surfaces_are_those_of_the_ellipsoid():
    # Lambert-93 stretches surfaces by 2 × 0.14 % at Lens, less in the south.
    frame = bm.communes()
    geod = frame.crs.get_geod()
    degrees = frame.geometry.loc[["62498", "59574"]].to_crs(4326)
    true = [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in degrees]
    found = frame.loc[["62498", "59574"], "area_km2"]
    np.testing.assert_allclose(found, true, rtol=1e-5)


def test_statistics_declare_every_count_as_a_stock():
    for level in ("commune", "iris"):
        table = bm.statistics(level)
        numbers = [name for name in table.columns if name != "commune"]
        assert list(bm.measures_of(table)) == numbers
        for measure in bm.measures_of(table).values():
            assert isinstance(measure, bm.Stock)
            assert measure.source
            assert measure.label


def test_iris_and_communes_hold_the_same_dwellings():
    by_iris = bm.statistics("iris").groupby("commune")["dwellings_2021"].sum()
    found = bm.statistics()["dwellings_2021"]
    assert len(bm.statistics("iris")) == 2511
    assert by_iris.reindex(found.index).tolist() == found.tolist()


# -- filters -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "size"),
    [
        ({"epci": "246200364"}, 36),
        ({"epci": "call"}, 36),
        ({"epci": "CALL"}, 36),
        ({"epci": "CA de Lens-Liévin"}, 36),
        ({"epci": "ca de lens lievin"}, 36),
        ({"epci": ["call", "246200299"]}, 50),
        ({"epci": ("call", "call")}, 36),
        ({"epci": pd.Index(["call", "cahc"])}, 50),
        ({"scot": "artois"}, 100),
        ({"scot": "SCoT de l'Artois"}, 100),
        ({"scot": ["artois", "valenciennois"]}, 182),
        ({"departement": "62"}, 887),
        ({"departement": "Pas de Calais"}, 887),
        ({"departement": ["59", "62"]}, 1534),
        ({"scot": "lens-lievin-henin-carvin", "departement": "62"}, 50),
        ({"scot": "lens-lievin-henin-carvin", "epci": "cahc"}, 14),
        ({"scot": "grand-douaisis", "epci": "ccco", "departement": "nord"}, 20),
    ],
)
def test_filters_keep_the_communes_of_the_units(given_, size):
    found = bm.communes(**given_)
    assert len(found) == size
    assert found.index.equals(bm.statistics(**given_).index)


def test_filters_reach_the_iris():
    inside = bm.communes(epci="call").index
    table = bm.statistics("iris", epci="call")
    assert set(table["commune"]) == set(inside)


def test_epcis_are_filtered_by_scot():
    assert bm.epcis(scot="grand-douaisis").index.tolist() == ["200044618", "245901152"]


@pytest.mark.parametrize("verb", ["communes", "epcis", "statistics"])
def test_an_empty_selection_names_its_conditions(verb):
    with pytest.raises(DataError, match=r"empty selection.*'call'.*'59'.*drop one"):
        getattr(bm, verb)(epci="call", departement="59")


@pytest.mark.parametrize("kind", [np.array, pd.Series, pd.Index])
def test_an_empty_selection_is_told_whatever_held_the_codes(kind):
    with pytest.raises(DataError, match="empty selection"):
        bm.communes(epci=kind(["call", "cahc"]), departement="59")


def test_an_empty_list_is_refused():
    with pytest.raises(CodeError, match=r"empty selection of epci.*'246200364'"):
        bm.communes(epci=[])


@pytest.mark.parametrize(
    ("given_", "near"),
    [
        ("246200365", r"246200364 \(CA de Lens-Liévin\)"),
        ("Lens", r"246200364 \(CA de Lens-Liévin\)"),
        ("Lens Lievain", r"246200364 \(CA de Lens-Liévin\)"),
        ("Bethune", r"200072460 \(CA de Béthune-Bruay"),
        ("coeur d'ostrevant", r"245901152 \(CA Cœur d'Ostrevent\)"),
    ],
)
def test_an_unknown_epci_suggests_near_misses(given_, near):
    told = f"unknown epci .*{given_}.* 2026: did you mean.*{near}"
    with pytest.raises(CodeError, match=told):
        bm.communes(epci=given_)


def test_one_unknown_code_among_good_ones_is_named():
    with pytest.raises(CodeError, match=r"unknown epci '246200365'"):
        bm.communes(epci=["call", "246200365"])


def test_a_scot_is_found_by_the_folded_spelling_of_its_slug():
    assert len(bm.communes(scot="Grand Douaisis")) == 55


# -- codes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "level", "repaired"),
    [
        (62498.0, "commune", "'62498'"),
        (62498, "commune", "'62498'"),
        (1001, "commune", "'01001'"),
        (1001.0, "commune", "'01001'"),
        (np.int64(62498), "commune", "'62498'"),
        (np.int32(1001), "commune", "'01001'"),
        (np.float64(62498.0), "commune", "'62498'"),
        (200072460.0, "epci", "'200072460'"),
        (np.float32(59), "departement", "'59'"),
        (10040101, "iris", "'010040101'"),
        ("1001", "commune", "'01001'"),
        ("62498.0", "commune", "'62498'"),
        ("1001.0", "commune", "'01001'"),
        ("200072460.0", "epci", "'200072460'"),
        (" 62498", "commune", "'62498'"),
        ("62498 ", "commune", "'62498'"),
        ("62498\n", "commune", "'62498'"),
        ("\u00a062498", "commune", "'62498'"),
    ],
)
def test_a_spoilt_code_is_refused_with_the_repaired_one(code, level, repaired):
    with pytest.raises(CodeError, match=f"{level} code .*write {repaired}"):
        bm.check_codes([code], level)


@pytest.mark.parametrize(
    "code", [None, float("nan"), pd.NA, pd.NaT, b"62498", [], object()]
)
def test_what_is_no_code_is_refused_with_an_example(code):
    with pytest.raises(CodeError, match=r"commune code .*such as '62498'"):
        bm.check_codes([code], "commune")


@pytest.mark.parametrize("code", ["", "abc", "62-498", "624980", "2a004", "2C004"])
def test_a_malformed_code_is_refused_with_an_example(code):
    with pytest.raises(CodeError, match=r"not the form.*an example is '62498'"):
        bm.check_codes([code], "commune")


def test_codes_are_told_with_how_many_more():
    with pytest.raises(CodeError, match=r"62498 \(and 1 more\)"):
        bm.check_codes([62498, "62510", 59574], "commune")


@pytest.mark.parametrize("code", [True, float("inf"), -3, 62498.7, 0.5])
def test_a_cure_that_is_no_code_is_never_advised(code):
    with pytest.raises(CodeError) as error:
        bm.check_codes([code], "commune")
    advice = str(error.value).partition("write '")[2].partition("'")[0]
    assert not advice


def test_digits_of_another_alphabet_are_no_code():
    with pytest.raises(CodeError):
        bm.check_codes(["٦٢٤٩٨"], "commune")


def test_blank_is_not_advised_as_a_code():
    with pytest.raises(CodeError) as error:
        bm.communes(epci="   ")
    assert "write ''" not in str(error.value)


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("commune", ["62498", "2A004", "01001"]),
        ("iris", ["624980101", "2B0330101"]),
        ("epci", ["246200364"]),
        ("arrondissement", ["627", "2A1"]),
        ("departement", ["59", "2A", "974"]),
        ("scot", ["artois"]),
    ],
)
def test_well_formed_codes_come_back_unchanged(level, codes):
    assert bm.check_codes(codes, level) == codes


def test_an_unknown_level_lists_the_levels():
    with pytest.raises(CodeError, match=r"unknown level 'canton'; choose among iris"):
        bm.check_codes(["62498"], "canton")


@pytest.mark.parametrize("code", [246200364, 246200364.0, np.int64(246200364)])
def test_a_number_is_refused_by_every_filter(code):
    for verb in (bm.communes, bm.epcis, bm.statistics):
        with pytest.raises(
            (CodeError, TypeError),
            match=told_or_typed("write '246200364' \\(read.*dtype=str"),
        ):
            verb(epci=code)


def test_a_missing_code_among_good_ones_is_refused():
    with pytest.raises(CodeError, match="epci code nan: it is missing"):
        bm.communes(epci=["246200364", float("nan")])


# -- names ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("Sessevale", None, "sessevalle"),
        ("sessevalle", None, "sessevalle"),
        ("Cité de Sessevalle", None, "sessevalle"),
        ("lievin", None, "62510"),
        ("LIÉVIN", None, "62510"),
        ("Liévin", "commune", "62510"),
        ("Oeuf-en-Ternois", None, "62633"),
        ("œuf en ternois", None, "62633"),
        ("coeur d'ostrevent", None, "245901152"),
        ("Cœur d’Ostrevent", None, "245901152"),
        ("hénin beaumont", None, "62427"),
        ("62498", None, "62498"),
        ("grand douaisis", "scot", "grand-douaisis"),
        ("nord", "departement", "59"),
    ],
)
def test_a_unit_is_found_by_a_tolerant_name(text, level, code):
    found = bm.find_unit(text, level=level)
    assert found.loc[0, "code"] == code
    assert found["score"].is_monotonic_decreasing
    assert found["score"].between(0.6, 1).all()
    assert len(found) <= 8


def test_names_are_searched_with_their_columns_even_in_vain():
    found = bm.find_unit("zzzzzzzz")
    assert found.empty
    assert found.columns.tolist() == ["level", "code", "name", "score", "note"]


@few
@given(st.text(st.characters(codec="utf-8"), max_size=12).map(lambda text: f"x{text}"))
def test_nonsense_never_breaks_the_search(text):
    assert len(bm.find_unit(text, level="commune")) <= 8


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_search_is_refused(text):
    with pytest.raises(CodeError, match=r"give a name, such as bm\.find_unit"):
        bm.find_unit(text)


@pytest.mark.parametrize("text", ["???", "日本", "Ленс"])
def test_a_search_without_latin_letter_finds_nothing_and_does_not_raise(text):
    assert bm.find_unit(text).empty


@pytest.mark.parametrize("text", [None, 62498, 62498.0])
def test_searching_something_else_than_text_is_refused_clearly(text):
    with pytest.raises((CodeError, TypeError)):
        bm.find_unit(text)


# -- dates, perimeters ---------------------------------------------------------


@pytest.mark.parametrize("date", ["2007-12-31", "2027-01-01", "1990-01-01"])
def test_a_date_out_of_range_says_the_range(date):
    told = f"no membership is embedded for {date}: it covers 2008-01-01 to 2026-12-31"
    for call in (
        lambda: bm.epcis(date=date),
        lambda: bm.scots(date=date),
        lambda: bm.membership("epci", date=date),
        lambda: bm.perimeter("bassin-minier", date=date),
        lambda: bm.aggregate(bm.statistics(epci="call"), "epci", date=date),
    ):
        with pytest.raises(VintageError, match=told):
            call()


@pytest.mark.parametrize("date", ["2026-02-30", "01/01/2026", "2026", ""])
def test_what_is_no_date_is_refused_with_the_form(date):
    with pytest.raises(VintageError, match=r"not a date.*write it as '2026-01-01'"):
        bm.epcis(date=date)


def test_a_number_is_no_date():
    with pytest.raises(
        TypeError, match=r"date: 2026 is of no use here; pass text: .*day"
    ):
        bm.epcis(date=2026)


@pytest.mark.parametrize("vintage", [2024, 2027, "2026", 0])
def test_another_vintage_is_refused(vintage):
    with pytest.raises(
        (VintageError, TypeError),
        match=told_or_typed("not embedded; write vintage=2026"),
    ):
        bm.communes(vintage=vintage)


@pytest.mark.parametrize(
    ("name", "level", "size"),
    [
        ("bassin-minier", "bassin", 336),
        ("Bassin minier", "bassin", 336),
        ("246200364", "epci", 36),
        ("call", "epci", 36),
        ("artois", "scot", 100),
        ("62", "departement", 887),
        ("Nord", "departement", 647),
    ],
)
def test_a_perimeter_is_found_by_code_or_short_name(name, level, size):
    found = bm.perimeter(name)
    assert (found.level, len(found.communes)) == (level, size)
    assert found.communes == tuple(sorted(found.communes))
    assert found.vintage == 2026
    assert found.source


def test_the_arrondissement_of_lens_is_its_scot():
    # DOMAIN.md, trap 23: arrondissement 627 = SCoT Lens-Liévin et Hénin-Carvin.
    scot = bm.perimeter("lens-lievin-henin-carvin")
    assert bm.perimeter("627").communes == scot.communes


def test_an_unknown_perimeter_suggests_near_misses():
    with pytest.raises(CodeError, match=r"no perimeter.*'bassin mignier'.*bassin-min"):
        bm.perimeter("bassin mignier")


@pytest.mark.parametrize("name", [246200364, 246200364.0, 62, None])
def test_a_perimeter_given_as_number_is_refused_clearly(name):
    with pytest.raises(
        (CodeError, TypeError), match=told_or_typed("string|number|missing")
    ):
        bm.perimeter(name)


def test_a_perimeter_is_one_unit():
    with pytest.raises(TypeError, match="name: of type list is of no use here"):
        bm.perimeter(["call", "cahc"])


@pytest.mark.parametrize("level", ["iris", "quartier"])
def test_communes_do_not_nest_in_smaller_levels(level):
    with pytest.raises(DataError, match=f"not nested in the level '{level}'"):
        bm.membership(level)


def test_a_message_only_advises_what_exists():
    with pytest.raises(DataError) as error:
        bm.membership("iris")
    advised = re.findall(r"bm\.(\w+)", str(error.value))
    assert set(advised) <= set(bm.__all__)


@pytest.mark.parametrize("level", ["epci", "departement", "arrondissement", "commune"])
def test_every_commune_has_a_unit(level):
    members = bm.membership(level)
    assert members.name == level
    assert members.index.equals(bm.communes().index)
    assert members.notna().all()


@pytest.mark.parametrize("level", ["scot", "bassin"])
def test_only_the_basin_has_a_scot(level):
    assert bm.membership(level).notna().sum() == 336


def test_no_statistics_above_the_commune():
    with pytest.raises(DataError, match=r"level 'epci': choose 'commune' or 'iris'"):
        bm.statistics("epci")


# -- shared files --------------------------------------------------------------


@shared
def test_the_basin_is_the_reference_list():
    told = read(REFERENCE / "domain" / "communes_8epci_2026.csv", "code_insee")
    found = bm.communes().dropna(subset="scot").loc[told.index]
    assert len(told) == bm.membership("bassin").notna().sum()
    assert found["epci"].tolist() == told["epci_siren"].astype(str).tolist()
    assert found["arrondissement"].tolist() == told["arr"].astype(str).tolist()
    differ = found.index[found["name"] != told["nom"]]
    assert differ.tolist() == ["62486"]  # Lambres: DOMAIN.md, trap 24


@shared
def test_the_scots_are_those_of_the_reference_list():
    told = read(REFERENCE / "domain" / "communes_8epci_2026.csv", "code_insee")
    names = bm.communes()["scot"].map(bm.scots()["name"]).loc[told.index]
    assert names.tolist() == told["scot"].tolist()


@shared
def test_membership_is_that_of_the_registry():
    told = read(REGISTRY / "communes_epci_2026_59_62.csv", "code")
    found = bm.communes()
    assert sorted(told.index) == found.index.tolist()
    sirens = told["siren_epci"].astype(str).reindex(found.index)
    assert found["epci"].tolist() == sirens.tolist()


@shared
@pytest.mark.parametrize("year", range(2016, 2024))
def test_populations_are_those_of_the_registry(year):
    path = REGISTRY / "population_municipale_2016_2023_59_62.csv"
    told = read(path, "code")[f"P{year}"].rename(index=MERGED).groupby(level=0).sum()
    # The registry lacks Canteleux (15), absorbed by Bonnières on 1 January 2019.
    told["62154"] += 15 if year == 2016 else 0
    found = bm.statistics()[f"population_{year}"]
    assert found.tolist() == told.reindex(found.index).tolist()


@shared
def test_populations_of_2021_are_those_of_the_comparateur():
    path = REFERENCE / "comparateur" / "communes_comparateur_2021_59_62.csv"
    told = read(path, "insee_com")["population_2021"].rename(index=MERGED)
    found = bm.statistics()["population_2021"]
    assert found.tolist() == told.groupby(level=0).sum().reindex(found.index).tolist()


@shared
def test_surfaces_are_near_the_published_ones():
    path = REFERENCE / "comparateur" / "communes_comparateur_2021_59_62.csv"
    told = read(path, "insee_com")["superficie_km2"].rename(index=MERGED)
    found = bm.communes()["area_km2"]
    error = (found / told.groupby(level=0).sum().reindex(found.index) - 1).abs()
    assert error.median() <= 0.015


@shared
def test_dwellings_of_the_iris_are_those_of_the_registry():
    told = pd.read_parquet(REGISTRY / "iris_2021_pop_logement_59_62.parquet")
    told = told.set_index(told.columns[0]) if "iris" in told.columns else told
    found = bm.statistics("iris")
    for column, source in {
        "dwellings_2021": "logements",
        "vacant_dwellings_2021": "logements_vacants",
        "main_residences_2021": "res_principales",
    }.items():
        assert found[column].tolist() == told.loc[found.index, source].tolist()


# -- those of a perimeter --------------------------------------------------------------


def test_communes_and_counts_of_a_perimeter_are_asked_for_by_its_name():
    basin = bm.perimeter("bassin-minier")
    assert set(bm.communes(perimeter="bassin-minier").index) == set(basin.communes)
    assert set(bm.statistics(perimeter=basin).index) == set(basin.communes)
    # Published: 65 communes in 2014, and conditions are all met.
    before = bm.perimeter("grand-douaisis", date="2014-01-01")
    assert len(bm.communes(perimeter=before)) == 65
    assert bm.communes(perimeter=basin, epci="call").index.size == 36
    assert set(bm.statistics("iris", perimeter="call")["commune"]) <= set(
        bm.communes(epci="call").index
    )


def test_a_perimeter_that_is_none_or_lies_elsewhere_is_refused():
    with pytest.raises(CodeError, match="'lens' may be any of 3"):
        bm.communes(perimeter="lens")
    with pytest.raises(DataError, match=r"no commune of 'CA de Lens.*drop one"):
        bm.communes(perimeter="call", departement="59")
