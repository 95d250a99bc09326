"""What a column holds is what a file says of it, whichever the file."""

import datetime as dt
import enum
import pathlib
import sqlite3
import uuid
from decimal import Decimal
from fractions import Fraction

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import basinmap as bm
from basinmap.values.cells import cells_of

DataError = bm.errors.DataError
CODES = pd.Index(["62427", "62498"], name="commune")
SQUARES = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]


def objects(*values):
    return pd.Series(values, dtype=object, name="v")


def layer(**columns):
    return gpd.GeoDataFrame(columns, geometry=SQUARES, crs=2154, index=CODES)


# --- one description ------------------------------------------------------------------


class Kind(enum.Enum):
    POLE = "pôle"


@pytest.mark.parametrize(
    ("values", "kind", "held"),
    [
        (objects(12, None), "whole", [12, pd.NA]),
        (objects(np.int64(12), 3), "whole", [12, 3]),
        (objects(1.5, None), "real", [1.5, np.nan]),
        (objects(1, 2.5), "real", [1.0, 2.5]),
        (
            objects(Decimal("6.32"), Decimal("NaN")),
            "real",
            [6.32, None],
        ),
        (objects(Fraction(1, 4), 1), "real", [0.25, 1.0]),
        (objects(*[True, None]), "truth", [True, None]),
        (objects(*[np.True_, False]), "truth", [True, False]),
        (pd.Series([True, False]), "truth", [True, False]),
        (objects("a", None), "text", ["a", None]),
        (objects("2 bis", 1), "text", ["2 bis", "1"]),
        (objects(*["a", 1.0, 2.5, True]), "text", ["a", "1", "2.5", "oui"]),
        (objects(None, np.nan), "text", [None, None]),
        (objects(dt.date(2021, 1, 1), None), "day", [dt.date(2021, 1, 1), None]),
        (pd.Series(pd.to_datetime(["2021-01-01"])), "day", [dt.date(2021, 1, 1)]),
        (
            objects(pd.Timestamp(2021, 1, 1, 8), dt.date(2021, 1, 2)),
            "moment",
            [pd.Timestamp(2021, 1, 1, 8), pd.Timestamp(2021, 1, 2)],
        ),
        (pd.Series(["a", "b"], dtype="category"), "text", ["a", "b"]),
        (pd.Series([2020, 2021], dtype="category"), "whole", [2020, 2021]),
        (pd.Series([0.1], dtype="float32"), "real", [0.1]),
        (pd.Series([0.5, np.nan], dtype="float16"), "real", [0.5, None]),
        (pd.Series([1, None], dtype="Int8"), "whole", [1, None]),
        (pd.Series([1.5, None], dtype="double[pyarrow]"), "real", [1.5, None]),
        (pd.Series([dt.date(2021, 1, 1)], dtype="date32[pyarrow]"), "day", None),
        (
            pd.Series(pd.period_range("2021-01", periods=1, freq="M")),
            "text",
            ["2021-01"],
        ),
        (objects(Kind.POLE), "text", ["pôle"]),
        (objects(pathlib.PurePosixPath("a/b")), "text", ["a/b"]),
        (objects(uuid.UUID(int=1)), "text", [str(uuid.UUID(int=1))]),
        (pd.Series(pd.arrays.SparseArray([0.0, 2.5])), "real", [0.0, 2.5]),
    ],
)
def test_a_column_is_of_the_kind_of_what_it_holds(values, kind, held):
    found = cells_of(values.rename("v"), "sheet 'A'")
    assert found.kind == kind
    if held is None:
        return
    for value, wanted in zip(found.held, held, strict=True):
        assert pd.isna(value) if pd.isna(wanted) else value == wanted


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (objects(["a", "b"]), r"type list at 0.*join them"),
        (objects(1, {}), r"type dict at 1"),
        (objects(None, np.array([1])), r"type ndarray at 1"),
        (pd.Series(pd.to_timedelta([90], unit="min")), r"Timedelta at 0.*minutes"),
        (objects(dt.timedelta(1)), r"timedelta at 0.*minutes"),
        (objects(1j), r"complex.* at 0"),
        (pd.Series([1j]), r"complex.* at 0"),
        (objects(SQUARES[0]), r"Polygon at 0.*geometry of a layer"),
        (objects(b"abc"), r"bytes at 0"),
        (objects(np.inf, 1), r"1 infinite value\(s\) at 0"),
        (objects(Decimal("Infinity")), r"1 infinite"),
        (pd.Series([1.0, -np.inf]), r"1 infinite value\(s\) at 1"),
        (objects("a\0b"), r"1 text\(s\) with signs that no file holds"),
        (objects("a\ud800"), r"1 text\(s\)"),
        (objects(2**70), r"1 whole number\(s\) that no file holds"),
        (pd.Series([2**64 - 1], dtype="uint64"), r"1 whole number\(s\)"),
        (objects(*[True, 3]), r"'truth', 'whole' together"),
        (objects(dt.date(2021, 1, 1), 3), r"'day', 'whole' together"),
    ],
)
def test_what_no_file_holds_is_refused_by_every_writer(values, said, tmp_path):
    table = pd.DataFrame(index=values.index)
    table["v"] = values
    path = tmp_path / "a.xlsx"
    with pytest.raises(DataError, match=rf"sheet 'A': column 'v'.*{said}"):
        bm.write_workbook(path, {"A": table})
    with pytest.raises(DataError, match=rf"table 't': column 'v'.*{said}"):
        bm.write_geopackage(tmp_path / "a.gpkg", {"l": layer()}, tables={"t": table})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "values", "grouped", "decimals"),
    [
        ("v", [2016, 2021], False, 0),  # years
        ("v", [1999, 12_000], True, 0),
        ("v", [24620036400012, 20004461800017], False, 0),  # SIRET
        ("v", [732829320, 443061841], False, 0),  # SIREN, with their keys
        ("v", [732829321, 443061841], True, 0),
        ("code_insee", [62498, 62427], False, 0),
        ("annee", [16, 21], False, 0),
        ("population", [62498, 62427], True, 0),
        ("v", [7.0, 7.25], True, 2),
        ("v", [7.0, 8.0], True, 0),
        ("v", [0.0042, 7.25], True, 4),
        ("v", [0.1 + 0.2, 1.0], True, 2),
        ("v", [0.0, 1 / 3], True, 2),
        ("v", [1e-9], True, 6),
    ],
)
def test_years_and_identifiers_are_not_grouped_and_decimals_tell_values(
    name, values, grouped, decimals
):
    found = cells_of(pd.Series(values, name=name), "sheet 'A'")
    assert (found.grouped, found.decimals) == (grouped, decimals)


def test_what_is_told_of_a_column_goes_before_how_it_looks():
    counts = bm.describe(pd.Series([2016, 2021], name="v"), kind="stock")
    assert cells_of(counts, "sheet 'A'").grouped
    rates = bm.describe(pd.Series([0.0042], name="v"), kind="ratio", decimals=1)
    assert cells_of(rates, "sheet 'A'").decimals == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.none()
        | st.booleans()
        | st.integers(-(2**80), 2**80)
        | st.floats()
        | st.text()
        | st.dates()
        | st.datetimes()
        | st.timedeltas()
        | st.decimals()
        | st.lists(st.integers(), max_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_any_objects_are_described_or_refused_by_the_column(values):
    column = objects(*values)
    try:
        found = cells_of(column, "sheet 'A'")
    except DataError as error:
        assert "sheet 'A': column 'v'" in str(error)  # noqa: PT017 - one of two
    else:
        assert found.held.index.equals(column.index)


# --- workbooks ------------------------------------------------------------------------


def cells(path, sheet="T"):
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(min_row=5, min_col=2))


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    table = pd.DataFrame(
        {
            "annee": [2016, 2021],
            "budget": [1234567890.5, 98765432.25],
            "taux": [7.0, 7.25],
            "sru": pd.array([True, pd.NA], dtype="boolean"),
            "loyer": [Decimal("6.32"), Decimal("1234.5")],
            "jour": [dt.date(1850, 1, 2), dt.date(2021, 1, 1)],
            "heure": pd.to_datetime(["2021-01-01 08:30", "2021-01-02 00:00"]),
            "texte": ["a", 3],
        },
        index=CODES.rename("code"),
    )
    path = tmp_path_factory.mktemp("sheet") / "t.xlsx"
    bm.write_workbook(path, {"T": table})
    return path


def test_each_value_of_a_workbook_is_what_it_is(sheet):
    first, second = ([c.value for c in row] for row in cells(sheet))
    assert first[:5] == [2016, 1234567890.5, 7, "oui", 6.32]
    assert second[3:5] == ["n.d.", 1234.5]
    assert first[5:] == ["02/01/1850", pd.Timestamp(2021, 1, 1, 8, 30), "a"]
    assert second[5:] == ["01/01/2021", pd.Timestamp(2021, 1, 2), "3"]


def test_a_column_of_a_workbook_has_one_format(sheet):
    formats = [[c.number_format for c in row] for row in cells(sheet)]
    assert formats[0][:3] == ["0", "#,##0.00", "#,##0.00"]
    assert formats[0][4] == formats[1][4] == "#,##0.00"
    assert formats[0][6] == "dd/mm/yyyy hh:mm"
    assert formats[0][:3] == formats[1][:3]


def test_a_column_of_a_workbook_is_as_wide_as_its_numbers(sheet):
    found = openpyxl.load_workbook(sheet)["T"].column_dimensions
    assert found["C"].width >= len("1 234 567 890,50")
    assert found["H"].width >= len("01/01/2021 08:30")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            pd.DataFrame({"v": ["x" * 32_768, "y"]}, index=CODES),
            "1 text.*32,767.*'62427",
        ),
        (
            pd.DataFrame({"v": [2**60 + 1, 1]}, index=CODES),
            r"15 digits.*'62427'.*astype",
        ),
        (pd.DataFrame(1, index=CODES, columns=range(16_384)), "16,386 columns"),
        (
            pd.DataFrame({"v": [1]}, pd.MultiIndex.from_tuples([("62498", "a")])),
            r"index of 2 levels.*reset_index",
        ),
        (
            pd.DataFrame([[1, 2]], columns=[["a", "a"], ["x", "y"]]),
            "columns of 2 levels",
        ),
        (pd.DataFrame([[1, 2]], columns=["1", 1]), "bear one name as text"),
        (pd.DataFrame({None: [1]}), "no name"),
        (layer(), r"column 'geometry'.*Polygon"),
    ],
)
def test_what_a_spreadsheet_would_cut_is_refused(table, said, tmp_path):
    with pytest.raises(DataError, match=said):
        bm.write_workbook(tmp_path / "a.xlsx", {"T": table})


def test_more_rows_than_a_spreadsheet_has_are_refused(tmp_path):
    long = pd.DataFrame({"v": np.zeros(1_048_573, dtype="int8")})
    with pytest.raises(DataError, match=r"1,048,577 rows"):
        bm.write_workbook(tmp_path / "a.xlsx", {"T": long})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sheets": [1]}, "sheets: of type list is of no use here; pass names"),
        ({"sheets": {3: pd.DataFrame()}}, "sheets: of type dict is of no use here"),
        ({"sheets": {"A": [1]}}, "sheet 'A': of type list is no DataFrame"),
        ({"title": 3}, "title: 3 is of no use here; pass text"),
        ({"author": None}, "author: None is of no use here; pass text"),
        ({"date": 2026}, "date: 2026 is of no use here; pass text: .* or a day"),
    ],
)
def test_something_of_another_type_is_named_with_what_to_pass(options, said, tmp_path):
    table = pd.DataFrame({"v": [1]}, index=["a"])
    with pytest.raises(TypeError, match=said):
        bm.write_workbook(tmp_path / "a.xlsx", **{"sheets": {"A": table}, **options})


def test_a_day_may_be_written_as_text(tmp_path):
    table = pd.DataFrame({"v": [1, 2]}, index=CODES)
    path = bm.write_workbook(tmp_path / "a.xlsx", {"T": table}, date="2026-11-29")
    found = openpyxl.load_workbook(path).properties.created
    assert found.date() == dt.date(2026, 11, 29)
    bm.write_geopackage(tmp_path / "a.gpkg", {"l": layer()}, date="2026-11-29")
    with pytest.raises(bm.errors.VintageError, match="not a date: '2026-02-30'"):
        bm.write_geopackage(tmp_path / "a.gpkg", {"l": layer()}, date="2026-02-30")


# --- GeoPackages ----------------------------------------------------------------------


def test_each_column_of_a_geopackage_is_what_it_is(tmp_path):
    path = tmp_path / "t.gpkg"
    frame = layer(
        n=pd.Series([12, None], CODES, dtype=object),
        x=[Decimal("6.32"), 1],
        d=[dt.date(2021, 1, 1), None],
        m=pd.to_datetime(["2021-01-01 08:30", "2021-01-02 00:00"]),
        b=[True, None],
        t=["a", None],
        f=np.array([0.1, np.nan], "float32"),
    ).astype({"n": object, "x": object, "d": object, "b": object})
    frame[2021] = [1, 2]
    bm.write_geopackage(
        path, {"l": frame}, tables={"c": pd.DataFrame(frame[["n", "d"]])}
    )
    info = pyogrio.read_info(path, layer="l")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types == {
        "commune": "OFTString",
        "n": "OFTInteger64",
        "x": "OFTReal",
        "d": "OFTDate",
        "m": "OFTDateTime",
        "b": "OFTInteger",
        "t": "OFTString",
        "f": "OFTReal",
        "2021": "OFTInteger64",
    }
    with sqlite3.connect(path) as base:
        lines = base.execute(
            "SELECT n, x, d, substr(m, 1, 19), b, t, f FROM l"
        ).fetchall()
        assert base.execute("SELECT * FROM c").fetchall() == [
            (1, "62427", 12, "2021-01-01"),
            (2, "62498", None, None),
        ]
    base.close()
    assert lines == [
        (12, 6.32, "2021-01-01", "2021-01-01T08:30:00", 1, "a", 0.1),
        (None, 1.0, None, "2021-01-02T00:00:00", None, None, None),
    ]


def test_moments_keep_their_distance_from_greenwich(tmp_path):
    moments = pd.to_datetime(["2021-01-01 08:30", "2021-07-01 08:30"])
    frame = layer(m=moments.tz_localize("Europe/Paris"))
    path = bm.write_geopackage(tmp_path / "t.gpkg", {"l": frame})
    with sqlite3.connect(path) as base:
        found = base.execute("SELECT m FROM l").fetchall()
    base.close()
    assert [text.replace(".000", "") for (text,) in found] == [
        "2021-01-01T08:30:00+01:00",
        "2021-07-01T08:30:00+02:00",
    ]


@pytest.mark.parametrize(
    ("layers", "tables", "said"),
    [
        ({"": layer()}, {}, "'' is no name"),
        ({"gpkg_x": layer()}, {}, r"'gpkg_x'.*for itself"),
        ({"SQLite_x": layer()}, {}, r"'SQLite_x'.*for itself"),
        ({"l": layer(v=gpd.GeoSeries(SQUARES, CODES))}, {}, "column 'v'.*Polygon"),
        ({"l": layer()}, {"t": pd.DataFrame({"FID": ["a"]})}, r"'t'.*\['fid'\]"),
        ({"l": layer()}, {"t": pd.DataFrame([[1, 2]], columns=["a", "A"])}, r"\['a'\]"),
        ({"l": layer()}, {"t": layer()}, "'t' has a geometry"),
        (
            {"l": layer().set_geometry([SQUARES[0], shapely.Point(np.nan, 1)])},
            {},
            "no numbers at '62498'",
        ),
    ],
)
def test_what_a_geopackage_would_change_is_refused(layers, tables, said, tmp_path):
    with pytest.raises(DataError, match=said):
        bm.write_geopackage(tmp_path / "a.gpkg", layers, tables=tables)
    assert not list(tmp_path.iterdir())


def test_shapes_that_nothing_can_be_made_of_are_told(tmp_path):
    crossed = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    frame = layer().set_geometry([None, crossed])
    with (
        pytest.warns(bm.errors.BasinmapWarning, match="'62427'"),
        pytest.warns(bm.errors.BasinmapWarning, match="crosses itself.*'62498'"),
    ):
        bm.write_geopackage(tmp_path / "a.gpkg", {"l": frame})


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        (SQUARES, "MultiPolygon"),
        ([shapely.Point(0, 0), shapely.Point(1, 1)], "Point"),
        ([shapely.Point(0, 0, 5), shapely.Point(1, 1, 5)], "Point Z"),
        (
            [shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString()],
            "MultiLineString",
        ),
        ([shapely.Point(0, 0), SQUARES[0]], "Unknown"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*without a shape")
def test_a_layer_declares_the_shapes_it_holds(shapes, kind, tmp_path):
    path = bm.write_geopackage(tmp_path / "a.gpkg", {"l": layer().set_geometry(shapes)})
    assert pyogrio.read_info(path, layer="l")["geometry_type"] == kind


# --- what a sheet bears ---------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    fig, ax = bm.page(layer(), title="Titre", paper="A5")
    bm.draw_outlines(ax, layer(), label="x")
    return fig


@pytest.mark.parametrize(
    ("kind", "lost"),
    [("jpg", "neither title"), ("tif", "neither title"), ("webp", "resolution")],
)
def test_a_format_that_loses_what_a_page_bears_says_so(drawn, kind, lost, tmp_path):
    with pytest.warns(
        bm.errors.BasinmapWarning, match=rf"{kind} bears.*{lost}.*'s.png'"
    ):
        drawn.savefig(tmp_path / f"s.{kind}", dpi=30)


def test_a_picture_that_would_fill_the_memory_is_refused(drawn, tmp_path):
    with pytest.raises(DataError, match="on this paper"):
        drawn.savefig(tmp_path / "s.png", dpi=20_000)


def test_truth_values_of_a_legend_are_french_words():
    yes = pd.Series([False, True], index=CODES, name="SRU")
    _, ax = bm.page(layer(), title="Titre")
    bm.draw_typology(ax, layer(), yes)
    assert [swatch.label for swatch in ax.blocks[0].swatches] == ["oui", "non"]


def test_a_logo_of_sixteen_bits_keeps_its_greys(tmp_path):
    deep = np.linspace(0, 65535, 300 * 150).reshape(150, 300).astype("uint16")
    Image.fromarray(deep).save(tmp_path / "l.png")
    _, ax = bm.page(layer(), title="Titre", paper="A5")
    bm.draw_logos(ax, [tmp_path / "l.png"])
    pixels = np.asarray(ax.sheet.paper.images[0].get_array())[..., 0]
    assert np.abs(pixels.astype(int) - deep // 256).max() <= 1


def test_a_logo_of_more_pixels_than_paper_shows_is_refused(tmp_path):
    Image.new("1", (6_000, 6_000)).save(tmp_path / "l.png")
    _, ax = bm.page(layer(), title="Titre", paper="A5")
    with pytest.raises(DataError, match="6000 × 6000 pixels"):
        bm.draw_logos(ax, [tmp_path / "l.png"])


def test_no_font_at_all_is_refused():
    with pytest.raises(DataError, match="no font file"):
        bm.with_fonts(bm.PRINT, [])
