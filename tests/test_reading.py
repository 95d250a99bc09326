"""Files of units: read, checked, projected; quartiers and their communes."""

import json
import math
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.spatial.nesting import quartier_shares
from basinmap.territory.reading import check_generations, read_units


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference"
BASIN = REFERENCE / "bassin-minier"
CITES = BASIN / "cites-minieres.geojson"
QPV = REFERENCE / "qpv" / "qp.geojson"
shared = pytest.mark.skipif(not BASIN.is_dir(), reason="shared files are elsewhere")
KEYS = ("id_unesco", "id_lsm")


@pytest.fixture
def call():
    """Communes of Lens-Liévin, with the columns of any French file."""
    frame = bm.communes(epci="call")[["name", "geometry"]].reset_index()
    frame.attrs = {}
    return frame.rename(columns={"commune": "insee", "name": "nom"})


def squares(codes, *, crs=2154, **columns):
    """Return squares of 1 km near Lens, one a code."""
    boxes = [
        box(685_000 + 1000 * n, 7_036_000, 686_000 + 1000 * n, 7_037_000)
        for n in range(len(codes))
    ]
    data = {"code": codes, "nom": [f"U{n}" for n in range(len(codes))], **columns}
    return gpd.GeoDataFrame(data, geometry=boxes, crs=2154).to_crs(crs)


# -- what can be read ----------------------------------------------------------


@pytest.mark.parametrize("name", ["c.geojson", "c.gpkg", "c.shp", "c.fgb", "c.json"])
@pytest.mark.parametrize("crs", [2154, 4326, 3857, 3950])
def test_any_vector_file_in_any_crs_gives_the_same_frame(call, tmp_path, name, crs):
    path = tmp_path / name
    driver = "GeoJSON" if name == "c.json" else None
    call.to_crs(crs).to_file(path, driver=driver, encoding="utf-8")
    found = read_units(path, "commune")
    assert found.crs.to_string() == "EPSG:2154"
    assert found.index.name == "commune"
    assert found.columns.tolist() == ["name", "geometry"]
    expected = bm.communes(epci="call")
    assert found["name"].sort_index().equals(expected["name"].sort_index())
    gap = found.geometry.area.sort_index() / expected.geometry.area - 1
    assert gap.abs().max() < 1e-5


def test_a_geoparquet_is_read(call, tmp_path):
    call.to_crs(4326).to_parquet(tmp_path / "c.parquet")
    assert read_units(tmp_path / "c.parquet", "commune").loc["62498", "name"] == "Lens"


def test_a_geoparquet_keeps_its_index_as_code(call, tmp_path):
    call.set_index("insee").to_parquet(tmp_path / "c.geoparquet")
    assert "62498" in read_units(tmp_path / "c.geoparquet", "commune").index


def test_what_was_read_says_what_it_is(call, tmp_path):
    call.to_crs(4326).to_file(tmp_path / "c.geojson")
    found = read_units(str(tmp_path / "c.geojson"), "commune")
    assert found.attrs["level"] == "commune"
    assert found.attrs["sources"] == ("c.geojson",)
    told = bm.read_units(
        tmp_path / "c.geojson", "commune", source="IGN, ADMIN EXPRESS 2026 "
    )
    assert told.attrs["sources"] == ("IGN, ADMIN EXPRESS 2026",)
    assert bm.report_of(found).units_before == 36
    assert "EPSG:4326 vers EPSG:2154" in str(bm.report_of(found))


def test_the_frame_that_basinmap_writes_is_read_back(tmp_path):
    path = tmp_path / "epcis.gpkg"
    bm.write_geopackage(path, {"epcis": bm.epcis()})
    found = read_units(path, "epci")
    assert found["name"].to_dict() == bm.epcis()["name"].to_dict()


def test_communes_that_are_no_more_are_told_by_their_history(tmp_path):
    path = tmp_path / "c.geojson"
    squares(["59006", "59070", "80001"]).to_file(path)
    told = str(bm.report_of(read_units(path, "commune"))).replace("\u00a0", " ")
    assert (
        "ne sont plus en 2026 (1) : 59070, dans 59006 depuis le 1er janvier 20" in told
    )


def test_rows_stay_in_the_order_of_the_file(tmp_path):
    squares(["62510", "59001", "62498"]).to_file(tmp_path / "c.geojson")
    found = read_units(tmp_path / "c.geojson", "commune")
    assert found.index.tolist() == ["62510", "59001", "62498"]


def test_altitudes_are_dropped_and_told(tmp_path):
    frame = squares(["62498"])
    frame = frame.set_geometry(shapely.force_3d(frame.geometry.array, 30.0))
    frame.to_file(tmp_path / "c.gpkg")
    found = read_units(tmp_path / "c.gpkg", "commune")
    assert not found.has_z.any()
    assert "Altitudes" in str(bm.report_of(found))


# A disc of 1 km of radius, by four arcs of a quarter; a square; both made of one ring.
ARCS = "<g:ArcString><g:posList>{}</g:posList></g:ArcString>"
ROUND = "685000 7036000 686000 7037000 687000 7036000 686000 7035000 685000 7036000"
SIDES = "<g:LineStringSegment><g:posList>{}</g:posList></g:LineStringSegment>"
GML = (
    '<o:FeatureCollection xmlns:o="http://ogr.maptools.org/" '
    'xmlns:g="http://www.opengis.net/gml/3.2">{}</o:FeatureCollection>'
)
ROW = (
    "<o:featureMember><o:t><o:code>{}</o:code><o:p><g:Polygon "
    'srsName="urn:ogc:def:crs:EPSG::2154"><g:exterior><g:Curve><g:segments>{}'
    "</g:segments></g:Curve></g:exterior></g:Polygon></o:p></o:t></o:featureMember>"
)


@pytest.mark.parametrize("form", ["gml", "gpkg"])
def test_arcs_read_as_segments_are_told(tmp_path, form):
    path = tmp_path / "c.gml"
    path.write_text(GML.format(ROW.format("62498", ARCS.format(ROUND))))
    if form == "gpkg":
        about, table = pyogrio.read_arrow(path)
        path = tmp_path / "c.gpkg"
        pyogrio.write_arrow(
            table,
            path,
            geometry_name=about["geometry_name"] or "wkb_geometry",
            geometry_type="Unknown",
            crs="EPSG:2154",
        )
    found = read_units(path, "commune", repair=True)
    told = [n for n in bm.report_of(found).notes if "arcs" in n]
    assert len(told) == 1
    assert "comme des segments : 1" in told[0]
    # What the note says of a disc: 90 sides of 4 degrees lose 0.08 % of it.
    assert found.area.iloc[0] / (math.pi * 1e6) == pytest.approx(1 - 0.0008, abs=5e-5)
    assert found.length.iloc[0] / (2e3 * math.pi) == pytest.approx(0.9998, abs=5e-5)


def test_sides_that_are_segments_are_nothing_to_tell(tmp_path):
    path = tmp_path / "c.gml"
    path.write_text(GML.format(ROW.format("62498", SIDES.format(ROUND))))
    found = read_units(path, "commune", repair=True)
    assert found.area.iloc[0] == pytest.approx(2e6)
    assert not [n for n in bm.report_of(found).notes if "arcs" in n]


def test_a_bom_does_not_hide_the_file(call, tmp_path):
    call.to_crs(4326).to_file(tmp_path / "c.geojson")
    raw = (tmp_path / "c.geojson").read_bytes()
    (tmp_path / "bom.geojson").write_bytes(b"\xef\xbb\xbf" + raw)
    assert len(read_units(tmp_path / "bom.geojson", "commune")) == 36


def test_names_already_taken_are_kept_aside(tmp_path):
    frame = squares(["62498"], name=["x"], commune=["LENS"])
    frame.to_file(tmp_path / "c.geojson")
    found = read_units(tmp_path / "c.geojson", "commune", code="code", name="nom")
    assert found.columns.tolist() == [
        "name",
        "name_in_file",
        "commune_in_file",
        "geometry",
    ]
    assert found.reset_index().columns.is_unique


def test_without_names_the_code_stands_for_them(tmp_path):
    squares(["62498"]).drop(columns="nom").to_file(tmp_path / "c.geojson")
    found = read_units(tmp_path / "c.geojson", "commune")
    assert found.loc["62498", "name"] == "62498"
    assert "pas de colonne de noms" in bm.report_of(found).notes[-1]


def test_a_unit_without_a_name_is_told(tmp_path):
    frame = squares(["62498", "62510"])
    frame.loc[0, "nom"] = None
    frame.to_file(tmp_path / "c.geojson")
    report = bm.report_of(read_units(tmp_path / "c.geojson", "commune"))
    assert "Unités sans nom (1 : 62498)." in report.notes


@pytest.mark.parametrize(
    ("level", "column", "codes"),
    [
        ("commune", "INSEE_COM", ["62498", "2A004"]),
        ("commune", "CODGEO", ["62498", "2A004"]),
        ("commune", "code_insee", ["62498", "2A004"]),
        ("commune", "Code commune", ["62498", "2A004"]),
        ("commune", "commune", ["62498", "2A004"]),
        ("iris", "CODE_IRIS", ["624980101", "2B0330101"]),
        ("iris", "DCOMIRIS", ["624980101", "2B0330101"]),
        ("epci", "code_siren", ["246200364", "200072460"]),
        ("epci", "SIREN_EPCI", ["246200364", "200072460"]),
        ("epci", "CODE_EPCI", ["246200364", "200072460"]),
        ("scot", "scot", ["artois", "valenciennois"]),
        ("secteur", "secteur", ["nord", "sud"]),
        ("departement", "code_departement", ["59", "62"]),
        ("arrondissement", "INSEE_ARR", ["627", "593"]),
        ("region", "code_region", ["32", "11"]),
    ],
)
def test_usual_names_of_codes_are_found(tmp_path, level, column, codes):
    frame = squares(codes).rename(columns={"code": column})
    frame.to_file(tmp_path / "u.geojson")
    found = read_units(tmp_path / "u.geojson", level)
    assert found.index.tolist() == codes
    assert found.index.name == level


def test_two_columns_that_say_the_same_are_one(tmp_path):
    codes = ["62498", "62510"]
    squares(codes, insee=codes, code_insee=codes).to_file(tmp_path / "c.geojson")
    assert read_units(tmp_path / "c.geojson", "commune").index.tolist() == codes


# -- columns -------------------------------------------------------------------


def test_two_columns_that_may_be_the_code_are_named(tmp_path):
    squares(["62498"], insee=["62498"], codgeo=["62510"]).to_file(
        tmp_path / "c.geojson"
    )
    with pytest.raises(ColumnError, match=r"'insee', 'codgeo'; write code='insee'"):
        read_units(tmp_path / "c.geojson", "commune", code=None)


def test_no_usual_name_lists_the_columns(tmp_path):
    squares(["62498"]).rename(columns={"code": "zz"}).to_file(tmp_path / "c.geojson")
    with pytest.raises(ColumnError, match=r"write code= one of 'zz', 'nom'"):
        read_units(tmp_path / "c.geojson", "commune")


@pytest.mark.parametrize("option", ["code", "name"])
def test_a_column_that_is_not_there_lists_the_others(tmp_path, option):
    squares(["62498"]).to_file(tmp_path / "c.geojson")
    with pytest.raises(ColumnError, match=rf"no column 'x'; write {option}= one of"):
        read_units(tmp_path / "c.geojson", "commune", **{option: "x"})


def test_outlines_without_any_column_are_refused(tmp_path):
    squares(["62498"])[["geometry"]].to_file(tmp_path / "c.geojson")
    with pytest.raises(ColumnError, match="no column at all"):
        read_units(tmp_path / "c.geojson", "commune")


# -- codes ---------------------------------------------------------------------


def test_numeric_codes_are_refused_with_the_cure(tmp_path):
    squares([62498, 1004]).to_file(tmp_path / "c.geojson")
    with pytest.raises(CodeError, match=r"column 'code'.*'62498'.*write repair=True"):
        read_units(tmp_path / "c.geojson", "commune")


def test_numeric_codes_are_repaired_when_asked_and_told(tmp_path):
    squares([62498, 1004]).to_file(tmp_path / "c.geojson")
    found = read_units(tmp_path / "c.geojson", "commune", repair=True)
    assert found.index.tolist() == ["62498", "01004"]
    assert bm.report_of(found).notes == (
        "Codes lus comme des nombres, remis en texte (2 : 62498, 1004 → 01004).",
        "Codes complétés de leur zéro initial (1 : 1004 → 01004).",
    )


def test_a_missing_code_is_not_repaired(tmp_path):
    squares(["62498", None]).to_file(tmp_path / "c.geojson")
    for repair in (False, True):
        with pytest.raises(CodeError, match="it is missing") as error:
            read_units(tmp_path / "c.geojson", "commune", repair=repair)
        assert "repair=True" not in str(error.value)


def test_names_in_place_of_codes_are_refused(call, tmp_path):
    call.to_file(tmp_path / "c.gpkg")
    with pytest.raises(CodeError, match=r"'nom'.*did you mean"):
        read_units(tmp_path / "c.gpkg", "commune", code="nom", repair=True)


def test_repeated_codes_are_named_with_the_columns_that_would_do(tmp_path):
    squares(["62498", "62498", "62510"]).to_file(tmp_path / "c.geojson")
    with pytest.raises(DataError, match=r"1 code.*more than once: '62498'.*'nom'"):
        read_units(tmp_path / "c.geojson", "commune")


def test_codes_that_a_repair_makes_equal_are_refused(tmp_path):
    squares(["01004", "1004"]).to_file(tmp_path / "c.geojson")
    with pytest.raises(DataError, match=r"more than once: '01004'"):
        read_units(tmp_path / "c.geojson", "commune", repair=True)


# -- files ---------------------------------------------------------------------


def test_an_absent_file_names_its_neighbours(tmp_path):
    (tmp_path / "communes.geojson").write_text("{}")
    with pytest.raises(DataError, match=r"no file.*has 'communes\.geojson'"):
        read_units(tmp_path / "commune.geojson", "commune")


def test_an_absent_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        read_units(tmp_path / "x" / "c.geojson", "commune")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="is a folder; give one file"):
        read_units(tmp_path, "commune")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("c.csv", "a table without outlines"),
        ("c.xlsx", "a table without outlines"),
        ("c.dbf", "a table without outlines"),
        ("c.tif", "a raster"),
        ("c.PNG", "a raster"),
        ("c.geojson", "cannot be read: truncated, or not"),
        ("c.gpkg", "cannot be read: truncated, or not"),
        ("c.parquet", "cannot be read: truncated, or not"),
        ("c.xyz", "cannot be read: truncated, or not"),
    ],
)
def test_what_is_no_vector_file_is_refused(tmp_path, name, said):
    (tmp_path / name).write_text("insee,nom\n62498,Lens\n")
    with pytest.raises(DataError, match=said):
        read_units(tmp_path / name, "commune")


def test_a_file_of_no_bytes_is_refused(tmp_path):
    (tmp_path / "c.geojson").write_text("")
    with pytest.raises(DataError, match="empty file"):
        read_units(tmp_path / "c.geojson", "commune")


@pytest.mark.parametrize("name", ["c.geojson", "c.gpkg", "c.shp", "c.parquet", "c.fgb"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_refused(call, tmp_path, name, kept):
    path = tmp_path / name
    if name == "c.parquet":
        call.to_parquet(path)
    else:
        call.to_file(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept * len(raw))])
    with pytest.raises(DataError, match="truncated"):
        read_units(path, "commune")


def test_a_truncated_table_of_a_shapefile_is_refused(call, tmp_path):
    call.to_file(tmp_path / "c.shp")
    raw = (tmp_path / "c.dbf").read_bytes()
    (tmp_path / "c.dbf").write_bytes(raw[: len(raw) // 2])
    with pytest.raises((DataError, CodeError)):
        read_units(tmp_path / "c.shp", "commune")


@pytest.mark.parametrize("part", [".shx", ".dbf"])
def test_a_shapefile_without_a_part_names_it(call, tmp_path, part):
    call.to_file(tmp_path / "c.shp")
    (tmp_path / f"c{part}").unlink()
    with pytest.raises(DataError, match=rf"'\{part}' missing beside it"):
        read_units(tmp_path / "c.shp", "commune")


def test_a_shapefile_without_prj_is_refused_with_the_cure(call, tmp_path):
    call.to_file(tmp_path / "c.shp")
    (tmp_path / "c.prj").unlink()
    with pytest.raises(CRSError, match=r"c\.prj is missing beside it"):
        read_units(tmp_path / "c.shp", "commune")


def test_accents_read_in_the_wrong_encoding_are_refused_with_the_right_one(
    call, tmp_path
):
    call.to_file(tmp_path / "c.shp", encoding="utf-8")
    (tmp_path / "c.cpg").unlink()
    with pytest.raises(DataError, match=r"for 'Bénifontaine': write encoding='utf-8'"):
        read_units(tmp_path / "c.shp", "commune")
    found = read_units(tmp_path / "c.shp", "commune", encoding="utf-8")
    assert "Bénifontaine" in found["name"].tolist()


def test_trap_8_latin_1_read_as_utf_8_is_refused(call, tmp_path):
    call.to_file(tmp_path / "c.shp", encoding="cp1252")
    (tmp_path / "c.cpg").write_text("UTF-8")
    with pytest.raises(DataError, match=r"encoding='cp1252'|'cp1252' for an old"):
        read_units(tmp_path / "c.shp", "commune")


def test_an_encoding_that_does_not_exist_is_refused(call, tmp_path):
    call.to_file(tmp_path / "c.shp")
    with pytest.raises(DataError, match="encoding='utf-8'"):
        read_units(tmp_path / "c.shp", "commune", encoding="latin-99")


def test_trap_8_a_comma_in_a_name_is_kept(tmp_path):
    bm.epcis().to_file(tmp_path / "e.geojson")
    found = read_units(tmp_path / "e.geojson", "epci")
    assert found.loc["200072460", "name"] == bm.epcis().loc["200072460", "name"]
    assert "," in found.loc["200072460", "name"]


# -- layers --------------------------------------------------------------------


@pytest.fixture
def two_layers(call, tmp_path):
    path = tmp_path / "two.gpkg"
    call.to_file(path, layer="communes")
    squares(["nord", "sud"]).to_file(path, layer="secteurs")
    return path


def test_several_layers_are_listed(two_layers):
    with pytest.raises(DataError, match=r"write layer= one of 'communes', 'secteurs'"):
        read_units(two_layers, "commune")


def test_a_layer_is_chosen(two_layers):
    assert len(read_units(two_layers, "commune", layer="communes")) == 36
    assert len(read_units(two_layers, "secteur", layer="secteurs")) == 2


def test_a_layer_that_is_not_there_lists_the_others(two_layers):
    with pytest.raises(DataError, match=r"no layer 'x'.*'communes', 'secteurs'"):
        read_units(two_layers, "commune", layer="x")


def test_a_layer_without_outlines_does_not_count(call, tmp_path):
    import pyogrio  # noqa: PLC0415 - to write a table

    path = tmp_path / "c.gpkg"
    call.to_file(path, layer="communes")
    styles = pd.DataFrame({"style": ["qgis"]})
    pyogrio.write_dataframe(styles, path, layer="layer_styles")
    assert len(read_units(path, "commune")) == 36


def test_a_geoparquet_has_no_layer(call, tmp_path):
    call.to_parquet(tmp_path / "c.parquet")
    with pytest.raises(DataError, match="drop layer='x'"):
        read_units(tmp_path / "c.parquet", "commune", layer="x")


def test_a_parquet_without_outlines_is_refused(tmp_path):
    pd.DataFrame({"insee": ["62498"]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(DataError, match="cannot be read"):
        read_units(tmp_path / "c.parquet", "commune")


def test_a_file_without_unit_is_refused(tmp_path):
    (tmp_path / "c.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    with pytest.raises(DataError, match="holds no unit at all"):
        read_units(tmp_path / "c.geojson", "commune")


# -- outlines ------------------------------------------------------------------


def test_metres_that_say_degrees_are_refused(tmp_path):
    frame = squares(["62498"])
    feature = {
        "type": "Feature",
        "properties": {"insee": "62498"},
        "geometry": frame.geometry[0].__geo_interface__,
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (tmp_path / "c.geojson").write_text(text)
    with pytest.raises(CRSError, match=r"says degrees.*probably Lambert-93"):
        read_units(tmp_path / "c.geojson", "commune")


def test_latitude_before_longitude_is_refused(tmp_path):
    frame = squares(["62498"], crs=4326)
    flipped = shapely.transform(frame.geometry.array, lambda xy: xy[:, ::-1])
    frame.set_geometry(gpd.GeoSeries(flipped, crs=4326)).to_file(tmp_path / "c.geojson")
    with pytest.raises(CRSError, match=r"outside metropolitan France.*latitude stands"):
        read_units(tmp_path / "c.geojson", "commune")


def test_units_overseas_are_named(tmp_path):
    frame = squares(["62498", "97101"], crs=4326)
    frame.loc[1, "geometry"] = box(-61.5, 16.2, -61.4, 16.3)
    frame.to_file(tmp_path / "c.geojson")
    with pytest.raises(CRSError, match="'97101'; either they are overseas"):
        read_units(tmp_path / "c.geojson", "commune")


@pytest.mark.parametrize("outline", [None, Polygon()])
def test_absent_outlines_are_named(tmp_path, outline):
    frame = squares(["62498", "62510"])
    frame.loc[1, "geometry"] = outline
    frame.to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match=r"1 unit\(s\) without outline: '62510'"):
        read_units(tmp_path / "c.gpkg", "commune", repair=True)


def test_points_and_lines_are_no_units(tmp_path):
    frame = squares(["62498", "62510", "62427"])
    frame.loc[1, "geometry"] = Point(685_000, 7_036_000)
    frame.loc[2, "geometry"] = LineString([(685_000, 7_036_000), (685_100, 7_036_000)])
    frame.to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match=r"no polygon but LineString, Point: '62510'"):
        read_units(tmp_path / "c.gpkg", "commune")


def bow_tie():
    x, y = 686_000, 7_036_000
    return Polygon([(x, y), (x + 900, y + 900), (x + 900, y), (x, y + 900)])


def test_invalid_outlines_are_refused_then_repaired_and_told(tmp_path):
    frame = squares(["62498", "62510"])
    frame.loc[1, "geometry"] = bow_tie()
    frame.to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match=r"1 invalid.*of 2: '62510' \(the first: Self-"):
        read_units(tmp_path / "c.gpkg", "commune")
    found = read_units(tmp_path / "c.gpkg", "commune", repair=True)
    assert found.is_valid.all()
    assert isinstance(found.geometry["62510"], MultiPolygon)
    assert found.geometry["62510"].area == pytest.approx(900 * 900 / 2)
    assert found.geometry["62498"].equals(frame.geometry[0])
    assert "invalides réparés (1 : 62510)" in bm.report_of(found).notes[-1]


def test_an_outline_without_surface_cannot_be_repaired(tmp_path):
    frame = squares(["62498", "62510"])
    x, y = 686_000, 7_036_000
    frame.loc[1, "geometry"] = Polygon([(x, y), (x + 9, y), (x, y)])
    frame.to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match=r"without any surface.*'62510'"):
        read_units(tmp_path / "c.gpkg", "commune", repair=True)


# -- generations ---------------------------------------------------------------


def qpv(tmp_path, codes):
    path = tmp_path / "q.geojson"
    squares(codes).rename(columns={"code": "code_qp"}).to_file(path)
    return path


@pytest.mark.parametrize(
    ("generation", "codes"),
    [
        ("2015", ["QP059055", "QP02A001", "QP062001"]),
        ("2024", ["QN00101M", "QN05911M", "QN02A01M"]),
        ("none", ["26E", "704", "Cité de la Plaine"]),
    ],
)
def test_a_quartier_carries_its_generation(tmp_path, generation, codes):
    found = read_units(qpv(tmp_path, codes), "quartier", generation=generation)
    assert found["generation"].tolist() == [generation] * 3
    assert found.columns.tolist() == ["name", "generation", "geometry"]


@pytest.mark.parametrize("generation", [None, 2015, "2007", ""])
def test_quartiers_without_a_generation_are_refused(tmp_path, generation):
    path = qpv(tmp_path, ["QP059055"])
    with pytest.raises(
        (VintageError, TypeError),
        match=told_or_typed("write generation='2015' or '2024'"),
    ):
        read_units(path, "quartier", generation=generation)


@pytest.mark.parametrize(
    ("code", "said", "meant"),
    [
        ("QN05911M", "2015", "2024"),
        ("QP059055", "2024", "2015"),
        ("QP059055", "none", "2015"),
        ("QN05911M", "none", "2024"),
    ],
)
def test_codes_of_another_generation_are_refused(tmp_path, code, said, meant):
    with pytest.raises(VintageError, match=rf"write generation='{meant}'"):
        read_units(qpv(tmp_path, [code]), "quartier", generation=said)


def test_codes_of_no_qpv_are_refused_among_qpv(tmp_path):
    with pytest.raises(CodeError, match=r"'26E'.*'QP059055'.*generation='none'"):
        read_units(qpv(tmp_path, ["26E"]), "quartier", generation="2015")


def test_small_letters_of_a_qpv_are_repaired_when_asked(tmp_path):
    path = qpv(tmp_path, ["qp059055"])
    with pytest.raises(CodeError, match=r"write 'QP059055'.*write repair=True"):
        read_units(path, "quartier", generation="2015")
    found = read_units(path, "quartier", generation="2015", repair=True)
    assert found.index.tolist() == ["QP059055"]


def test_only_quartiers_have_a_generation(call, tmp_path):
    call.to_file(tmp_path / "c.gpkg")
    with pytest.raises(DataError, match="drop generation='2015'"):
        read_units(tmp_path / "c.gpkg", "commune", generation="2015")


def test_an_unknown_level_is_refused_first(tmp_path):
    with pytest.raises(CodeError, match="unknown level 'canton'"):
        read_units(tmp_path / "absent.gpkg", "canton")


def generation(*values):
    return pd.DataFrame({"generation": list(values)})


def test_trap_14_two_generations_are_not_compared_by_code():
    with pytest.raises(VintageError, match=r"'2015', '2024'.*never by code"):
        check_generations(generation("2015"), generation("2024"))


def test_trap_14_one_generation_is_compared():
    assert check_generations(generation("2015"), generation("2015", "2015")) == "2015"


def test_trap_14_a_table_of_both_generations_is_refused():
    with pytest.raises(VintageError, match="two generations"):
        check_generations(generation("2015", "2024"), generation("2024"))


@pytest.mark.parametrize("wrong", [pd.DataFrame({"x": [1]}), generation("2015", None)])
def test_trap_14_without_a_generation_nothing_is_compared(wrong):
    with pytest.raises(VintageError, match="second table: quartiers without"):
        check_generations(generation("2015"), wrong)


def test_trap_14_nothing_against_nothing_is_refused():
    with pytest.raises(VintageError, match="nothing to compare"):
        check_generations(generation(), generation())


# -- quartiers and communes ----------------------------------------------------


def grid(codes=("62001", "62002")):
    """Two communes of 1 km side by side, from x = 0."""
    boxes = [
        box(700_000 + 1000 * n, 7_000_000, 701_000 + 1000 * n, 7_001_000)
        for n in range(len(codes))
    ]
    index = pd.Index(codes, name="commune")
    return gpd.GeoDataFrame({"name": codes}, geometry=boxes, index=index, crs=2154)


def quartier(west, east, code="QP062001", **columns):
    outline = box(700_000 + west, 7_000_200, 700_000 + east, 7_000_400)
    index = pd.Index([code], name="quartier")
    return gpd.GeoDataFrame(
        {"generation": ["2015"], **columns}, geometry=[outline], index=index, crs=2154
    )


def test_trap_15_a_quartier_lies_in_several_communes():
    table, report = quartier_shares(quartier(700, 1100), grid())
    assert table.index.names == ["quartier", "commune"]
    assert table["share_area"].tolist() == pytest.approx([0.75, 0.25])
    assert table["generation"].tolist() == ["2015", "2015"]
    assert report.split == ("QP062001",)


def test_trap_15_the_surface_is_on_the_ground():
    table, report = quartier_shares(quartier(700, 1100), grid())
    # Lambert-93 is 0.2 to 0.3 % too large near Lens.
    assert table["area_km2"].sum() == pytest.approx(0.08, rel=5e-3)
    assert report.before == pytest.approx(report.after)


def test_a_sliver_is_dropped_given_back_and_told():
    table, report = quartier_shares(quartier(601, 1001), grid())
    assert table.index.tolist() == [("QP062001", "62001")]
    assert table["share_area"].tolist() == [1.0]
    assert "QP062001 / 62002" in report.notes[0]
    assert report.split == ()


def test_without_tolerance_a_sliver_is_kept():
    table, _ = quartier_shares(quartier(601, 1001), grid(), tolerance=0)
    assert table["share_area"].tolist() == pytest.approx([0.9975, 0.0025])


def test_what_no_commune_covers_is_told():
    table, report = quartier_shares(quartier(-100, 300), grid())
    assert table["share_area"].tolist() == pytest.approx([0.75])
    assert "hors des communes données (1 : QP062001 25,0" in report.notes[0]
    assert "surface (ha)\u00a0: 8 avant, 6 après" in str(report)


def test_a_quartier_in_no_commune_is_unmatched():
    both = pd.concat([quartier(0, 400), quartier(-900, -500, "QP062002")])
    table, report = quartier_shares(both, grid())
    assert report.unmatched == ("QP062002",)
    assert table.index.get_level_values("quartier").unique().tolist() == ["QP062001"]


def points(*places, crs=2154, **columns):
    shapes = [Point(700_000 + x, 7_000_300) for x in places]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def test_dwellings_are_shared_otherwise_than_surface():
    homes = points(750, 1010, 1020, 1050, 5000)
    table, report = quartier_shares(quartier(700, 1100), grid(), dwellings=homes)
    assert table["dwellings"].tolist() == [1, 3]
    assert table["share_dwellings"].tolist() == pytest.approx([0.25, 0.75])
    assert "Logements pris en compte : 5, dont 1 hors" in report.notes[-1]


def test_a_point_may_stand_for_several_dwellings():
    homes = points(750, 1050, n=[30, 10])
    table, _ = quartier_shares(quartier(700, 1100), grid(), dwellings=homes, count="n")
    assert table["share_dwellings"].tolist() == pytest.approx([0.75, 0.25])


def test_a_point_on_a_border_of_communes_counts_once():
    table, _ = quartier_shares(quartier(700, 1100), grid(), dwellings=points(1000))
    assert table["dwellings"].sum() == 1


def test_a_quartier_without_dwellings_has_no_share_of_them():
    table, report = quartier_shares(quartier(0, 400), grid(), dwellings=points(900))
    assert table["share_dwellings"].isna().all()
    assert report.missing == {"share_dwellings": ("QP062001",)}


def test_dwellings_outside_of_the_communes_kept_are_told():
    homes = points(-50, 100)
    table, report = quartier_shares(quartier(-100, 300), grid(), dwellings=homes)
    assert table["share_dwellings"].tolist() == [0.5]
    assert "retenues pour lui : 1 sur 2" in report.notes[1]


@pytest.mark.parametrize("wrong", [[1, None], [1, -1], [1, np.inf]])
def test_a_bad_count_of_dwellings_is_refused(wrong):
    homes = points(750, 1050, n=wrong)
    with pytest.raises(DataError, match="missing, negative or no number"):
        quartier_shares(quartier(0, 400), grid(), dwellings=homes, count="n")


@pytest.mark.parametrize("wrong", [["a", 1], [True, False], [1j, 2]])
def test_a_count_of_dwellings_that_is_no_number_is_refused(wrong):
    homes = points(750, 1050, n=wrong)
    with pytest.raises(MeasureError, match="'n' holds"):
        quartier_shares(quartier(0, 400), grid(), dwellings=homes, count="n")


def test_a_count_that_is_not_there_is_refused():
    with pytest.raises(ColumnError, match="no column 'n' in dwellings"):
        quartier_shares(quartier(0, 400), grid(), dwellings=points(1), count="n")


def test_dwellings_are_points():
    with pytest.raises(DataError, match=r"no point.*representative_point"):
        quartier_shares(quartier(0, 400), grid(), dwellings=grid())


def test_dwellings_in_degrees_are_refused():
    homes = points(1).to_crs(4326)
    with pytest.raises(CRSError, match=r"dwellings: in degrees"):
        quartier_shares(quartier(0, 400), grid(), dwellings=homes)


@pytest.mark.parametrize("tolerance", [-0.1, 0.5, 2, float("nan")])
def test_a_tolerance_out_of_range_is_refused(tolerance):
    with pytest.raises(DataError, match="tolerance is a share"):
        quartier_shares(quartier(0, 400), grid(), tolerance=tolerance)


def test_communes_that_overlap_are_refused():
    over = pd.concat([grid(("62001",)), grid(("62002",))])
    with pytest.raises(DataError, match="communes overlap inside 1 quartier"):
        quartier_shares(quartier(0, 400), over)


def test_frames_in_the_wrong_place_are_refused():
    with pytest.raises(DataError, match="index named 'commune' instead of 'quartier'"):
        quartier_shares(grid(), quartier(0, 400))


def test_an_invalid_outline_is_refused():
    wrong = quartier(0, 400).set_geometry(gpd.GeoSeries([bow_tie()], crs=2154).values)
    with pytest.raises(DataError, match=r"1 quartier.*repair=True"):
        quartier_shares(wrong, grid())


def test_repeated_quartiers_are_refused():
    with pytest.raises(DataError, match="stand more than once"):
        quartier_shares(pd.concat([quartier(0, 400)] * 2), grid())


def test_the_order_of_rows_changes_nothing():
    both = pd.concat([quartier(700, 1100), quartier(100, 1900, "QP062002")])
    table, _ = quartier_shares(both, grid())
    again, _ = quartier_shares(both[::-1], grid()[::-1])
    pd.testing.assert_frame_equal(table.sort_index(), again.sort_index())


# -- the files at hand ---------------------------------------------------------


@pytest.fixture(scope="module")
def cites():
    return read_units(CITES, "quartier", generation="none", code=KEYS, repair=True)


@shared
def test_the_communes_of_the_mission_are_read():
    found = read_units(BASIN / "communes-mbm.geojson", "commune")
    assert len(found) == 330
    assert found.loc["59574", "name"] == "Somain"


@shared
def test_the_communes_of_the_mission_are_no_epcis():
    with pytest.raises(DataError, match=r"'epci_siren'.*9 code.*'insee'"):
        read_units(BASIN / "communes-mbm.geojson", "epci")


@shared
def test_the_cites_have_no_single_column_of_codes():
    options = {"level": "quartier", "generation": "none"}
    with pytest.raises(ColumnError, match=r"'id', 'nom', .*'id_unesco'"):
        read_units(CITES, **options)
    with pytest.raises(DataError, match=r"'id': 35 code.*code=\('a', 'b'\)"):
        read_units(CITES, **options, code="id")
    with pytest.raises(CodeError, match=r"'id_unesco'.*34 more.*missing"):
        read_units(CITES, **options, code="id_unesco")
    with pytest.raises(CodeError, match=r"704\.0.*write '704'.*repair=True"):
        read_units(CITES, **options, code=KEYS)


@shared
def test_the_cites_are_read_by_the_number_of_unesco_or_else_of_the_landlord(cites):
    assert len(cites) == 159
    assert cites["generation"].eq("none").all()
    assert "(35 : 704.0 → 704," in bm.report_of(cites).notes[0]
    assert cites.geometry.area.sum() / 1e6 == pytest.approx(22.0, abs=0.1)


@shared
def test_trap_27_sessevalle_is_the_cite_du_bois_brule_in_somain(cites):
    (code,) = cites.index[cites["nom_2"] == "Quartier De Sessevalle"]
    assert code == "26E"
    assert cites.loc[code, "name"] == "Cité du Bois Brûlé"
    table, _ = quartier_shares(cites.loc[[code]], bm.communes())
    assert table.index.tolist() == [("26E", "59574")]
    assert table["share_area"].tolist() == [1.0]


@shared
def test_trap_15_each_cite_is_wholly_shared_out(cites):
    table, report = quartier_shares(cites, bm.communes())
    totals = table.groupby("quartier")["share_area"].sum()
    assert totals.to_numpy() == pytest.approx(1)
    assert len(totals) == 159
    assert report.before == pytest.approx(report.after)
    told = cites["commune_2"].notna()
    assert told[list(report.split)].sum() >= 20


@shared
def test_the_zone_has_one_invalid_outline():
    path = BASIN / "zt-cites-minieres.geojson"
    options = {"level": "quartier", "generation": "none", "code": "id"}
    with pytest.raises(DataError, match=r"1 invalid outline\(s\) of 162: '160'"):
        read_units(path, **options)
    assert read_units(path, **options, repair=True).is_valid.all()


@shared
def test_trap_14_the_qpv_of_2015_are_repaired_when_asked():
    with pytest.raises(DataError, match=r"32 invalid outline\(s\) of 105"):
        read_units(QPV, "quartier", generation="2015")
    found = read_units(QPV, "quartier", generation="2015", repair=True)
    assert len(found) == 105
    assert found.is_valid.all()
    assert "réparés (32 :" in bm.report_of(found).notes[1]
    assert "nom_commune" in found


@shared
def test_trap_14_the_qpv_of_2015_are_not_those_of_2024():
    with pytest.raises(VintageError, match="write generation='2015'"):
        read_units(QPV, "quartier", generation="2024")


@shared
def test_the_iris_of_the_tiles_are_read():
    path = REFERENCE / "iris" / "iris_2020_59_62_from_z9tiles.gpkg"
    found = read_units(path, "iris")
    assert len(found) == 2511
    assert set(found.index) == set(bm.statistics("iris").index)


@shared
def test_pits_are_no_quartiers():
    with pytest.raises(DataError, match=r"636 unit.*no polygon but Point"):
        read_units(
            BASIN / "puits-de-mines.geojson", "quartier", generation="none", code="id"
        )


@shared
def test_a_copy_under_another_name_is_read_the_same(tmp_path):
    shutil.copy(BASIN / "epci.geojson", tmp_path / "É pci.GEOJSON")
    assert len(read_units(tmp_path / "É pci.GEOJSON", "epci")) == 9


def test_quartiers_and_communes_of_two_places_are_warned_of():
    here = squares(["62498"]).set_index("code").rename_axis("commune")
    away = squares(["q"]).set_index("code").rename_axis("quartier")
    away = away.set_geometry(away.translate(200_000, 0))
    with pytest.warns(BasinmapWarning, match="no ground in common"):
        table, report = quartier_shares(away, here)
    assert table.empty
    assert report.unmatched == ("q",)


@pytest.mark.parametrize(
    ("true", "said"),
    [(3949, 3950), (3948, 3949), (3946, 3947), (32631, 32632), (32631, 32630)],
)
@pytest.mark.parametrize(
    "level", ["commune", "epci", "departement", "iris", "quartier"]
)
def test_the_crs_of_another_zone_is_refused_by_where_the_codes_are(
    tmp_path, true, said, level
):
    frame = bm.communes(epci="call").iloc[:4]
    codes = {
        "commune": list(frame.index),
        "iris": [f"{code}0000" for code in frame.index],
        "epci": ["246200364"],
        "departement": ["62"],
        "quartier": [f"QP0620{n:02d}" for n in range(1, 5)],
    }[level]
    frame = gpd.GeoDataFrame(
        {"code": codes}, geometry=frame.geometry.to_numpy()[: len(codes)], crs=2154
    )
    options = {"generation": "2015"} if level == "quartier" else {}
    right, wrong = tmp_path / "right.gpkg", tmp_path / "wrong.gpkg"
    frame.to_crs(true).to_file(right)
    frame.to_crs(true).set_crs(said, allow_override=True).to_file(wrong)
    assert len(read_units(right, level, code="code", **options)) == len(codes)
    far = r"lie far from where their codes are: '\S+ [3-9]\d\d km'"
    with pytest.raises(CRSError, match=rf"{far}.*EPSG:{said}"):
        read_units(wrong, level, code="code", **options)


def test_units_whose_codes_say_no_place_are_not_judged_by_it(tmp_path):
    frame = squares(["26E"]).set_geometry(squares(["26E"]).translate(-300_000, 0))
    frame.to_file(tmp_path / "q.gpkg")
    assert len(read_units(tmp_path / "q.gpkg", "quartier", generation="none")) == 1
    frame["code"] = "2A004"
    frame.to_file(tmp_path / "c.gpkg")
    assert len(read_units(tmp_path / "c.gpkg", "commune")) == 1


def test_a_name_cut_at_ten_letters_by_a_shapefile_is_a_name(tmp_path):
    call = bm.communes(epci="call")
    frame = call[["geometry"]].assign(code_insee=call.index, nom_offici=call["name"])
    frame.reset_index(drop=True).to_file(tmp_path / "c.shp", encoding="utf-8")
    assert bm.read_units(tmp_path / "c.shp", "commune").loc["62498", "name"] == "Lens"


def test_outlines_in_a_folder_of_an_archive_are_refused_by_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("DELIVERY/1_DATA/COMMUNE.shp", b"x")
        archive.writestr("DELIVERY/read.me", b"x")
    told = r"folder of the archive: 'DELIVERY/1_DATA/COMMUNE.shp'; unzip it"
    with pytest.raises(DataError, match=told):
        bm.read_units(tmp_path / "d.zip", "commune")


def test_a_change_of_datum_says_by_how_much_it_may_miss(tmp_path):
    call = bm.communes(epci="call")[["geometry"]]
    frame = call.assign(code=call.index).to_crs(27572)  # Lambert II étendu, of the NTF
    frame.to_file(tmp_path / "c.gpkg")
    note = bm.report_of(bm.read_units(tmp_path / "c.gpkg", "commune")).notes[-1]
    assert note.replace("\u202f", " ").replace("\xa0", " ") == (
        "Contours reprojetés de EPSG:27572 vers EPSG:2154 (à ± 3 m près)."
    )
