"""The text of vector files: read in its own encoding, whatever the file declares."""

import geopandas as gpd
import pyogrio
import pytest
import shapely

import basinmap as bm
from basinmap.errors import ColumnError, DataError
from basinmap.territory.texts import encoding_of


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


X, Y = 685_000.0, 7_037_000.0
NAMES = ["Cité de l’Étang – Est", "Cœur de ville", "BELLE DE MAI"]


def shapefile(folder, names=NAMES, *, written, page=None, mark=0, **more):
    """Write quartiers as a Shapefile in one encoding that declares another."""
    squares = [
        shapely.box(X + 500 * n, Y, X + 500 * (n + 1), Y + 500)
        for n in range(len(names))
    ]
    codes = [f"q{n}" for n in range(len(names))]
    frame = gpd.GeoDataFrame(
        {"code": codes, "nom": names, **more}, geometry=squares, crs=2154
    )
    path = folder / "c.shp"
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=written)
    (folder / "c.cpg").unlink()
    if page is not None:
        (folder / "c.cpg").write_text(page)
    table = bytearray((folder / "c.dbf").read_bytes())
    table[29] = mark
    (folder / "c.dbf").write_bytes(table)
    return path


def read(path, **options):
    return bm.read_units(path, "quartier", generation="none", **options)


@pytest.mark.parametrize(
    ("page", "mark"),
    [
        (None, 0),
        (None, 0x57),
        ("ISO-8859-1", 0),
        ("ISO 8859-15", 0),
        ("88591", 0),
        ("ANSI 1252", 0),
        ("OEM", 0),
        ("SYSTEM", 0),
    ],
)
def test_windows_1252_that_is_not_declared_is_read_as_it_is(tmp_path, page, mark):
    path = shapefile(tmp_path, written="cp1252", page=page, mark=mark)
    assert read(path)["name"].tolist() == NAMES


def test_a_file_read_in_another_encoding_than_it_declares_says_so(tmp_path):
    path = shapefile(tmp_path, written="cp1252", page="ISO-8859-1")
    notes = bm.report_of(read(path)).notes
    assert any("déclaré en Latin-1, lu en Windows-1252" in note for note in notes)


def test_every_column_is_read_again_and_not_the_names_alone(tmp_path):
    plain = ["Un", "Deux", "Trois"]
    path = shapefile(tmp_path, plain, written="cp1252", opérateur=["l’Œuvre"] * 3)
    found = read(path)
    assert found["opérateur"].tolist() == ["l’Œuvre"] * 3


@pytest.mark.parametrize("page", ["1258", "UTF-8", "1251", "936"])
def test_a_code_page_that_reads_the_same_loses_no_letter(tmp_path, page):
    plain = ["BELLE DE MAI", "SAINT MARTIN"]
    path = shapefile(tmp_path, plain, written="cp1252", page=page)
    assert read(path)["name"].tolist() == plain


def test_a_vietnamese_code_page_is_not_followed(tmp_path):
    path = shapefile(
        tmp_path, ["BELLE DE MAI", "Liévin"], written="cp1252", page="1258"
    )
    found = read(path)
    assert found["name"].tolist() == ["BELLE DE MAI", "Liévin"]
    assert any("déclaré en cp1258" in note for note in bm.report_of(found).notes)
    with pytest.raises(ColumnError, match=r"no column 'no'.*\.cpg is not followed"):
        read(path, name="no")


@pytest.mark.parametrize(
    "page", ["1251", "1253", "936", "932", "850", "437", "1250", "UTF-8"]
)
def test_a_code_page_that_makes_other_letters_is_refused_by_name(tmp_path, page):
    names = ["Liévin", "Cité des Bœufs"]
    path = shapefile(tmp_path, names, written="cp1252", page=page)
    told = rf"c\.cpg says '{page}'.*: write encoding='cp1252'"
    with pytest.raises(DataError, match=told):
        read(path)
    assert read(path, encoding="cp1252")["name"].tolist() == names


@pytest.mark.parametrize("page", [None, "ISO-8859-1", "1252", "1258", "UTF-8"])
def test_the_encoding_of_dos_is_refused_and_named(tmp_path, page):
    names = ["Liévin", "hôtel"]
    path = shapefile(tmp_path, names, written="cp850", page=page)
    with pytest.raises(DataError, match="for 'Liévin': write encoding='cp850'"):
        read(path)
    assert read(path, encoding="cp850")["name"].tolist() == names


def test_a_circumflex_of_dos_is_no_quotation_mark(tmp_path):
    path = shapefile(tmp_path, ["hôtel", "maire"], written="cp850")
    with pytest.raises(DataError, match=r"such as .*for 'hôtel'"):
        read(path)


@pytest.mark.parametrize("page", [None, "1252", "1251", "850"])
def test_utf_8_that_is_declared_otherwise_is_refused_and_named(tmp_path, page):
    path = shapefile(tmp_path, ["N° 5", "Liévin"], written="utf-8", page=page)
    with pytest.raises(DataError, match="write encoding='utf-8'"):
        read(path)


@pytest.mark.parametrize("names", [["Malmö", "Málaga"], ["Ñuñoa", "Škoda"]])
def test_foreign_letters_are_left_as_they_are_declared(tmp_path, names):
    path = shapefile(tmp_path, names, written="cp1252", page="1252")
    assert read(path)["name"].tolist() == names


def test_texts_beside_a_shapefile_are_looked_at_by_the_thousand(tmp_path):
    names = [f"Unité {n}" for n in range(70_000)] + ["Cœur"]
    path = shapefile(tmp_path, names, written="cp1252", page="ISO-8859-1")
    assert encoding_of(path, None)[0] == "cp1252"


@pytest.mark.parametrize("name", ["c.gpkg", "c.geojson", "c.fgb", "c.parquet"])
def test_control_characters_of_any_format_are_read_again(tmp_path, name):
    frame = gpd.GeoDataFrame(
        {"code": ["q1"], "nom": ["N\x9cux-les-Mines"], "info": ["LiÃ©vin"]},
        geometry=[shapely.box(X, Y, X + 500, Y + 500)],
        crs=2154,
    )
    path = tmp_path / name
    _ = frame.to_parquet(path) if name == "c.parquet" else frame.to_file(path)
    found = read(path)
    assert found["name"].tolist() == ["Nœux-les-Mines"]
    notes = bm.report_of(found).notes
    assert any("relus en Windows-1252" in note for note in notes)
    assert any("« LiÃ©vin » pour « Liévin »" in note for note in notes)


# -- streets -----------------------------------------------------------------------


def roads(folder, *, written, page):
    frame = gpd.GeoDataFrame(
        {
            "NATURE": ["Route à 1 chaussée", "Route à 2 chaussées"],
            "SENS": "Double sens",
            "VIT_MOY_VL": 50,
        },
        geometry=[
            shapely.LineString([(X, Y), (X + 1000, Y)]),
            shapely.LineString([(X + 1000, Y), (X + 1000, Y + 500)]),
        ],
        crs=2154,
    )
    path = folder / "r.shp"
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=written)
    (folder / "r.cpg").unlink()
    if page is not None:
        (folder / "r.cpg").write_text(page)
    return path


@pytest.mark.parametrize("page", ["UTF-8", "1251", "850"])
@pytest.mark.parametrize("verb", [bm.read_layer, bm.read_network])
def test_streets_in_another_encoding_than_declared_are_refused_with_it(
    tmp_path, page, verb
):
    path = roads(tmp_path, written="cp1252", page=page)
    with pytest.raises(DataError, match="write encoding='cp1252'"):
        verb(path, mode="bike")
    network = verb(path, mode="bike", encoding="cp1252")
    assert network.report.kilometres == pytest.approx(1.5, rel=3e-3)


def test_streets_are_left_out_by_a_nature_with_accents(tmp_path):
    path = roads(tmp_path, written="cp1252", page=None)
    network = bm.read_layer(
        path, mode="car", closed={"NATURE": ["Route à 2 chaussées"]}
    )
    assert network.report.dropped == {"NATURE : Route à 2 chaussées": 1}
    assert network.report.kilometres == pytest.approx(1, rel=3e-3)


@pytest.mark.parametrize("encoding", ["latin-99", ""])
def test_an_encoding_that_does_not_exist_is_refused_by_every_reader(tmp_path, encoding):
    units = shapefile(tmp_path, written="utf-8", page="UTF-8")
    streets = roads(tmp_path, written="utf-8", page="UTF-8")
    for call in (
        lambda: read(units, encoding=encoding),
        lambda: bm.read_layer(streets, mode="bike", encoding=encoding),
        lambda: bm.read_network(streets, mode="bike", encoding=encoding),
        lambda: bm.read_gtfs(tmp_path, encoding=encoding),
    ):
        with pytest.raises(
            (DataError, TypeError), match=told_or_typed("unknown encoding")
        ):
            call()
