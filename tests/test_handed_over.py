"""What is handed over is read back as it was, whichever the format, or refused."""

import csv
import datetime as dt
import hashlib
import io
import json
import math
import re
import shutil
import sqlite3
import subprocess
import warnings
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.export.sheet_charts import charts_of
from basinmap.export.workbooks import _content_of
from basinmap.secrecy.folders import check_secrecy
from basinmap.values.cells import cells_of

ROOT = Path(__file__).parents[1]
DataError = bm.errors.DataError
CODES = pd.Index(["62427", "62498", "62510"], name="commune")
SHAPES = [shapely.box(700_000 + i, 7_000_000, 700_001 + i, 7_000_001) for i in range(9)]


def layer(frame):
    return gpd.GeoDataFrame(frame, geometry=SHAPES[: len(frame)], crs=2154)


@pytest.fixture(scope="module")
def table():
    """Rates of which one is secret, one a minimum."""
    rate = bm.compute("L04", bm.statistics()).loc[CODES]
    states = {"62510": "secret", "62498": "lower_bound"}
    rate = bm.describe(rate.mask(rate.index == "62510"), states=states)
    return bm.table_of({"L04": rate})


# --- each value, through each writer --------------------------------------------------

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["=1+1", "+33", "-", "@a", "00123", "a;b", 'a"b', " é\n", "😀"])
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.sampled_from([dt.UTC]))
    | st.decimals(allow_nan=False, places=2)
    | st.lists(st.integers(), max_size=2)
)
ONE_KIND = st.one_of(
    *(
        st.lists(kind, min_size=1, max_size=4)
        for kind in (
            st.none() | st.booleans(),
            st.none() | st.integers(-(2**54), 2**54),
            st.none() | st.floats(allow_infinity=False),
            st.none() | st.text(max_size=8),
            st.none() | st.dates(),
            st.none() | st.datetimes(),
        )
    )
)


def expected(column):
    """Return what a column holds, as Python says it."""
    cells = cells_of(column, "t")
    gone = cells.held.isna().tolist()
    values = [
        None if absent else value
        for value, absent in zip(cells.held.tolist(), gone, strict=True)
    ]
    return cells.kind, values


def through_csv(path, frame):
    bm.write_csv(path, frame)
    text = path.read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    return [row[1] for row in rows[1:]]


def in_csv(kind, value):
    if value is None:
        return "n.d."
    match kind:
        case "truth":
            return "oui" if value else "non"
        case "whole":
            return str(value)
        case "day":
            return value.strftime("%d/%m/") + f"{value.year:04d}"
    return value


def through_package(path, frame):
    """Read as the schema says: a small reader of Table Schema."""
    found = bm.write_data_package(path, {"t": frame})
    (resource,) = json.loads(found.read_text(encoding="utf-8"))["resources"]
    field = resource["schema"]["fields"][1]
    gaps = field.get("missingValues", resource["schema"]["missingValues"])
    text = (path / resource["path"]).read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == [one["name"] for one in resource["schema"]["fields"]]
    read = {
        "string": str,
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.__getitem__,
        "date": dt.date.fromisoformat,
        "datetime": dt.datetime.fromisoformat,
    }[field["type"]]
    return [None if row[1] in gaps else read(row[1]) for row in rows[1:]]


def through_parquet(path, frame):
    found = bm.read_parquet(bm.write_parquet(path, frame))["v"]
    return [None if pd.isna(value) else value for value in found.tolist()]


def through_gdal(path):
    """Read by Arrow: a whole number beside a gap stays one."""
    _, found = pyogrio.read_arrow(path, read_geometry=False)
    rows = sorted(found.select(["i", "v"]).to_pylist(), key=lambda row: row["i"])
    return [row["v"] for row in rows]


def through_geopackage(path, frame):
    bm.write_geopackage(path, {"l": layer(frame)})
    with closing(sqlite3.connect(path)) as base:
        return [value for (value,) in base.execute("SELECT v FROM l ORDER BY fid")]


def through_flatgeobuf(path, frame):
    bm.write_flatgeobuf(path, layer(frame))
    return through_gdal(path)


def through_workbook(path, frame):
    bm.write_workbook(path, {"T": frame}, guide=False)
    sheet = openpyxl.load_workbook(path)["T"]
    (column,) = sheet.iter_cols(min_row=5, min_col=2, max_col=2)
    return [cell.value for cell in column]


def unescaped(text):
    """Return a text whose signs of control are written out, as workbooks do."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)


def same(how, kind, value, found):  # noqa: C901, PLR0911, PLR0912 - a format and a kind each
    """Tell whether what was read is what was written, as far as the format says."""
    if how == "csv":
        if kind == "real" and value is not None:
            return float(found.replace(",", ".")) == value
        return kind == "moment" or found == in_csv(kind, value)
    if how == "xlsx":
        if value is None:
            return found == "n.d."
        if kind == "text":
            return unescaped(found or "") == unescaped(value)
        if kind == "truth":
            return found == ("oui" if value else "non")
        if kind == "real":
            return math.isclose(found, value, rel_tol=1e-14)
        if kind in ("day", "moment"):
            return isinstance(found, str) or abs(
                found - dt.datetime(*value.timetuple()[:6])  # noqa: DTZ001
            ) <= dt.timedelta(seconds=1)
        return found == value
    if value is None:
        return found is None
    if kind in ("day", "moment") and how in ("gpkg", "fgb"):
        return str(value)[:10] == str(found)[:10]
    if kind == "moment":
        return pd.Timestamp(found) == pd.Timestamp(value)
    return found == value


WRITERS = {
    "csv": through_csv,
    "package": through_package,
    "parquet": through_parquet,
    "gpkg": through_geopackage,
    "fgb": through_flatgeobuf,
    "xlsx": through_workbook,
}


@pytest.mark.parametrize("how", WRITERS)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(values=st.lists(VALUES, min_size=1, max_size=3) | ONE_KIND)
def test_each_value_is_read_back_or_refused_by_its_column(
    how, values, tmp_path_factory
):
    frame = pd.DataFrame({"v": pd.Series(values, dtype=object)})
    if how in ("gpkg", "fgb"):
        frame["i"] = range(len(frame))
    path = tmp_path_factory.mktemp("fuzz") / f"t.{how}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bm.errors.BasinmapWarning)
            found = WRITERS[how](path, frame)
    except DataError as error:
        assert "column 'v'" in str(error)  # noqa: PT017 - one of two
        assert not path.exists()
        return
    kind, wanted = expected(frame["v"])
    for value, read in zip(wanted, found, strict=True):
        assert same(how, kind, value, read), (how, kind, value, read)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([1, None], dtype="Int8"),
        pd.Series([1.5, None], dtype="double[pyarrow]"),
        pd.Series([0.1, 0.3], dtype="float32"),
        pd.Series(["a", None], dtype="category"),
        pd.Series([2020, 2021], dtype="category"),
        pd.Series([Decimal("6.32"), None]),
        pd.Series([dt.date(2021, 1, 1)] * 2, dtype="date32[pyarrow]"),
        pd.Series(pd.period_range("2021-01", periods=2, freq="M")),
        pd.Series(["a", "b"], dtype="string[pyarrow]"),
        pd.Series(pd.arrays.SparseArray([0.0, 2.5])),
        pd.Series(pd.to_datetime(["2021-01-01 08:30", None])).dt.tz_localize("Etc/GMT"),
    ],
    ids=lambda column: str(column.dtype),
)
@pytest.mark.parametrize("how", WRITERS)
def test_each_dtype_is_read_back(how, column, tmp_path):
    frame = pd.DataFrame({"v": column})
    if how in ("gpkg", "fgb"):
        frame["i"] = range(len(frame))
    found = WRITERS[how](tmp_path / f"t.{how}", frame)
    kind, wanted = expected(frame["v"])
    for value, read in zip(wanted, found, strict=True):
        assert same(how, kind, value, read), (how, kind, value, read)


# --- one guard ------------------------------------------------------------------------

WRITES = {
    "csv": lambda path, table: bm.write_csv(path / "t.csv", table),
    "package": lambda path, table: bm.write_data_package(path / "t", {"t": table}),
    "parquet": lambda path, table: bm.write_parquet(path / "t.parquet", table),
    "geoparquet": lambda path, table: bm.write_parquet(path / "t.pq", layer(table)),
    "fgb": lambda path, table: bm.write_flatgeobuf(path / "t.fgb", layer(table)),
    "gpkg": lambda path, table: bm.write_geopackage(
        path / "t.gpkg", {"l": layer(table)}
    ),
    "xlsx": lambda path, table: bm.write_workbook(path / "t.xlsx", {"t": table}),
}


@pytest.mark.parametrize("how", WRITES)
def test_a_secret_that_still_holds_its_number_is_refused(how, tmp_path):
    beside = pd.DataFrame(
        {"v": [12.0, 40.0, 7.0], "v_state": ["secret", "", ""]}, index=CODES
    )
    told = beside[["v"]].copy()
    told.attrs["states"] = {"v": {"62427": "secret"}}
    for table in (beside, told):
        with pytest.raises(bm.errors.SecrecyError, match=r"'v'.*'62427'"):
            WRITES[how](tmp_path, table)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("how", WRITES)
def test_two_rows_of_one_code_are_refused(how, tmp_path):
    twice = pd.DataFrame({"v": [1.0, 2.0]}, pd.Index([CODES[0]] * 2, name="commune"))
    with pytest.raises(bm.errors.DataError, match="more than once: '62427'"):
        WRITES[how](tmp_path, twice)


@pytest.mark.parametrize("how", WRITES)
def test_a_state_is_read_in_any_of_our_words_or_refused_by_name(how, tmp_path):
    for beside in ("v_state", "v_State", "V_STATE", "v : statut"):
        for word in ("Secret statistique", "SECRET", "secret ", "s", "S.O.", "perdu"):
            said = [word, "", ""]
            table = pd.DataFrame({"v": [12.0, 40.0, 7.0], beside: said}, index=CODES)
            error = {"S.O.": bm.errors.MeasureError, "perdu": bm.errors.MeasureError}
            match = "unknown state.*'perdu'" if word == "perdu" else "'v'.*'62427'"
            with pytest.raises(error.get(word, bm.errors.SecrecyError), match=match):
                WRITES[how](tmp_path, table)
    twice = pd.DataFrame({"v": 1.0, "v_state": "", "v_State": ""}, index=CODES)
    with pytest.raises(bm.errors.DataError, match="keep one"):
        WRITES[how](tmp_path, twice)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (pd.DataFrame([[1, 2]] * 3, CODES, ["a", "a"]), "'a'"),
        (pd.DataFrame([[1, 2]] * 3, CODES, ["commune", "a"]), "'?commune'?"),
        (
            pd.DataFrame({"v": [1, 2, 3]}, pd.MultiIndex.from_arrays([CODES, CODES])),
            "levels",
        ),
        (pd.DataFrame({None: [1, 2, 3]}, CODES), "no name"),
    ],
    ids=["twice", "index", "levels", "unnamed"],
)
def test_columns_that_a_file_cannot_tell_apart_are_refused(how, spoilt, said, tmp_path):
    with pytest.raises(DataError, match=said):
        WRITES[how](tmp_path, spoilt)


@pytest.mark.parametrize("how", WRITES)
def test_the_same_content_is_the_same_bytes(how, table, tmp_path):
    def digests(folder):
        folder.mkdir()
        WRITES[how](folder, table)
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return [(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


@pytest.mark.parametrize("how", WRITES)
def test_a_series_made_a_table_by_pandas_says_what_it_is(how, tmp_path):
    rate = bm.compute("L04", bm.statistics()).loc[CODES].to_frame()
    WRITES[how](tmp_path, rate.assign(autre="a"))  # no warning: it is not of « autre »


@pytest.mark.parametrize(
    "how", ["csv", "package", "parquet", "geoparquet", "fgb", "xlsx"]
)
def test_a_secret_that_a_total_gives_away_is_found_in_every_format(how, tmp_path):
    households = {"v": bm.Stock(label="Ménages", unit="ménages")}
    communes = bm.communes(epci="call").index
    counts = pd.Series(
        range(1000, 1000 + 10 * len(communes), 10), communes, dtype=float
    )
    whole = pd.DataFrame({"v": [counts.sum()]}, pd.Index(["246200364"], name="epci"))
    masked = counts.mask(counts == 1040).to_frame("v")
    masked["v_state"] = ["secret" if gone else "" for gone in masked["v"].isna()]
    masked = bm.describe(masked, measures=households)
    if how in ("geoparquet", "fgb"):
        frame = bm.communes(epci="call")[["geometry"]].join(masked)
        frame = bm.describe(frame, measures=households)
        write = bm.write_flatgeobuf if how == "fgb" else bm.write_parquet
        write(tmp_path / f"t.{'fgb' if how == 'fgb' else 'parquet'}", frame)
    else:
        WRITES[how](tmp_path, masked)
    total = bm.describe(whole, measures=households)
    bm.write_workbook(tmp_path / "epci.xlsx", {"EPCI": total})
    assert "Retrouvées exactement (1)" in str(check_secrecy(tmp_path))


# --- CSV for a French spreadsheet -----------------------------------------------------


def test_a_french_csv_says_what_is_missing_and_what_is_a_minimum(table, tmp_path):
    path = bm.write_csv(tmp_path / "t.csv", table)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    rate = bm.column(table, "L04")["62427"]
    assert lines[0] == (
        "Code Insee de la commune;Nom;Taux de vacance des logements en 2021 (%);"
        "Taux de vacance des logements en 2021 (%) : statut"
    )
    assert lines[1] == f"62427;Hénin-Beaumont;{str(rate).replace('.', ',')};"
    assert lines[3].endswith(";s;Secret statistique")
    assert lines[2].startswith("62498;Lens;11,1")
    assert lines[2].endswith(";Minimum (une partie est secrète ou n'est pas comptée)")
    assert lines[4].startswith("Sources : Insee, recensement de la population 2021")


def test_codes_that_a_spreadsheet_would_shorten_are_told(tmp_path):
    frame = pd.DataFrame({"v": [1]}, index=pd.Index(["01001"], name="commune"))
    with pytest.warns(bm.errors.BasinmapWarning, match=r"begin with a zero.*'01001'"):
        path = bm.write_csv(tmp_path / "t.csv", frame)
    assert "01001;" in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "+33 3", "\t=1"])
def test_a_text_that_a_spreadsheet_would_compute_is_refused(text, tmp_path):
    frame = pd.DataFrame({"v": [text]}, index=["a"])
    with pytest.raises(DataError, match=r"column 'v'.*would compute.*write_workbook"):
        bm.write_csv(tmp_path / "t.csv", frame)
    sheet = through_workbook(tmp_path / "t.xlsx", frame)
    assert sheet == [text]


# --- CSV for programs -----------------------------------------------------------------


@pytest.fixture(scope="module")
def package(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    others = bm.statistics().loc[CODES]
    path = bm.write_data_package(
        folder / "p",
        {"Taux": table, "Effectifs": others},
        title="Vacance à Lens-Liévin",
        date="2026-11-29",
    )
    return json.loads(path.read_text(encoding="utf-8")), path.parent


def test_a_package_says_what_the_specification_asks(package):
    """Data Package 2.0: what must be there, in the form it must have."""
    told, folder = package
    assert told["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[a-z0-9._-]+", told["name"])
    assert told["created"] == "2026-11-29T00:00:00Z"
    assert all(one.keys() & {"name", "path"} for one in told["licenses"])
    assert [one["name"] for one in told["resources"]] == ["taux", "effectifs"]
    for one in told["resources"]:
        raw = (folder / one["path"]).read_bytes()
        assert "/" not in one["path"]
        assert one["bytes"] == len(raw)
        assert one["hash"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"
        assert one["encoding"] == "utf-8"
        assert not raw.startswith(b"\xef\xbb\xbf")
        fields = one["schema"]["fields"]
        names = [field["name"] for field in fields]
        assert len(set(names)) == len(names)
        known = {"string", "integer", "number", "boolean", "date", "datetime"}
        assert {field["type"] for field in fields} <= known
        assert set(one["schema"]["primaryKey"]) <= set(names)
        assert raw.decode().split("\r\n")[0] == ",".join(names)
        assert all(source["title"] for source in one["sources"])


def test_a_package_is_valid_to_the_reference_reader(package):
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(package[1] / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])


def test_a_code_of_a_package_is_text_and_a_rate_has_its_unit(package):
    told, folder = package
    fields = told["resources"][0]["schema"]["fields"]
    assert [(f["name"], f["type"]) for f in fields] == [
        ("commune", "string"),
        ("L04", "number"),
        ("L04_state", "string"),
    ]
    assert (fields[1]["unit"], fields[1]["vintage"]) == ("%", "2021")
    assert fields[1]["title"] == "Taux de vacance des logements en 2021 (%)"
    assert "secret" in fields[2]["constraints"]["enum"]
    rows = (folder / "taux.csv").read_text(encoding="utf-8").splitlines()
    assert rows[3] == "62510,,secret"


def test_an_empty_text_beside_a_missing_one_is_refused_in_a_csv(tmp_path):
    frame = pd.DataFrame({"v": ["", None]}, index=["a", "b"])
    with pytest.raises(DataError, match=r"1 empty text\(s\) at 'a' and 1 missing"):
        bm.write_data_package(tmp_path / "p", {"t": frame})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tables": {}}, "nothing to write"),
        ({"tables": {"é": 1}}, "é.*no DataFrame|is no"),
        ({"tables": {"a b": pd.DataFrame(), "A-b": pd.DataFrame()}}, "make one file"),
        ({"tables": {"…": pd.DataFrame()}}, "no letter"),
        ({"licence": "Licence de la maison"}, "neither an identifier"),
    ],
)
def test_what_a_package_may_not_be_is_refused(options, said, tmp_path):
    given_ = {"tables": {"t": pd.DataFrame({"v": [1]})}, **options}
    with pytest.raises(bm.errors.BasinmapError, match=said):
        bm.write_data_package(tmp_path / "p", **given_)


# --- Parquet --------------------------------------------------------------------------


def test_a_parquet_gives_back_values_states_and_what_is_told(table, tmp_path):
    again = bm.read_parquet(bm.write_parquet(tmp_path / "t.parquet", table))
    pd.testing.assert_frame_equal(again, table)
    before, after = bm.column(table, "L04"), bm.column(again, "L04")
    assert after.attrs["states"] == {"62498": "lower_bound", "62510": "secret"}
    assert bm.told_of(after) == bm.told_of(before)


def test_a_geoparquet_gives_back_its_layer_and_says_what_it_is(tmp_path):
    frame = bm.communes(epci="call")
    path = bm.write_parquet(tmp_path / "t.parquet", frame)
    again = bm.read_parquet(path)
    assert again.index.equals(frame.index)
    assert again.crs == frame.crs
    assert again.geometry.geom_equals(frame.geometry).all()
    assert bm.told_of(bm.column(again, "population")) == bm.told_of(
        bm.column(frame, "population")
    )
    schema = pq.read_schema(path)
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert "bbox" in geo["columns"]["geometry"]["covering"]
    assert schema.field("population").metadata[b"unit"] == b"habitants"
    assert gpd.read_parquet(path)["population"].sum() == frame["population"].sum()


def test_codes_that_are_numbers_find_their_states_again(tmp_path):
    frame = pd.DataFrame({"v": [1.0, None]}, index=pd.Index([7, 8], name="maille"))
    frame.attrs["states"] = {"v": {8: "secret"}}
    again = bm.read_parquet(bm.write_parquet(tmp_path / "t.parquet", frame))
    assert bm.column(again, "v").attrs["states"] == {8: "secret"}


@pytest.mark.parametrize(
    "raw", [b"", b"PAR1", b"<html>", b"PAR1" + b"\0" * 50 + b"PAR1"]
)
def test_what_is_no_parquet_is_refused(raw, tmp_path):
    (tmp_path / "t.parquet").write_bytes(raw)
    with pytest.raises(DataError, match=r"t\.parquet cannot be read"):
        bm.read_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="no file"):
        bm.read_parquet(tmp_path / "absent.parquet")


def test_a_parquet_of_others_is_read_as_it_is(tmp_path):
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    assert bm.read_parquet(tmp_path / "t.parquet").equals(frame)


def test_a_layer_without_crs_or_shapes_is_refused(tmp_path):
    bare = layer(pd.DataFrame({"v": [1, 2, 3]}, CODES)).set_crs(
        None, allow_override=True
    )
    for write in (bm.write_parquet, bm.write_flatgeobuf):
        with pytest.raises(bm.errors.CRSError, match="no CRS"):
            write(tmp_path / "t", bare)
    void = layer(pd.DataFrame({"v": [1, 2, 3]}, CODES))
    void.loc["62498", "geometry"] = None
    with pytest.raises(DataError, match=r"1 row\(s\) without a shape.*'62498'"):
        bm.write_flatgeobuf(tmp_path / "t.fgb", void)
    with pytest.raises(DataError, match="empty"):
        bm.write_flatgeobuf(tmp_path / "t.fgb", void.iloc[:0])


def test_a_flatgeobuf_bears_its_title_and_states(table, tmp_path):
    frame = layer(table)
    frame.attrs = {**table.attrs, "title": "Vacance"}
    path = bm.write_flatgeobuf(tmp_path / "t.fgb", frame)
    told = pyogrio.read_info(path)["layer_metadata"]
    assert told["TITLE"] == "Vacance"
    assert "L04 : Taux de vacance des logements en 2021 (%)" in told["DESCRIPTION"]
    found = pyogrio.read_dataframe(path).set_index("commune")
    assert found.loc["62510", "L04_state"] == "secret"
    assert pd.isna(found.loc["62510", "L04"])


# --- workbooks ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def years():
    totals = [100.0, 110.0, None, 121.0]
    population = bm.describe(
        pd.Series(totals, pd.Index([2016, 2017, 2018, 2020], name="annee"), name="pop"),
        label="Population municipale",
        unit="habitants",
        kind="stock",
        sources="Insee",
        states={2018: "secret"},
    )
    return bm.table_of({"pop": population})


@pytest.fixture(scope="module")
def book(table, years, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "t.xlsx"
    wide = bm.statistics(epci="call")
    bm.write_workbook(
        path,
        {"Effectifs": wide, "Taux": table, "Années": years},
        title="Essai & suite",
        author="Mission",
        date="2026-11-29",
        charts={"Taux": ["L04"], "Années": "pop"},
    )
    return openpyxl.load_workbook(path)


def test_a_workbook_says_what_it_holds(book):
    assert book.sheetnames == [
        "Effectifs",
        "Taux",
        "Années",
        "Graphiques",
        "Lisez-moi",
        "Dictionnaire",
        "Sources",
    ]
    assert book.active.title == "Effectifs"
    assert book.properties.language == "fr-FR"
    lines = {row[0].value: row[1].value for row in book["Lisez-moi"].iter_rows()}
    assert lines["Classeur"] == "Essai & suite"
    assert lines["Date"] == "29\u00a0novembre 2026"
    assert lines["s"] == "Secret statistique"
    assert lines["≥"].startswith("Minimum")
    assert lines["Effectifs"] == "Effectifs (36 lignes)"
    rows = list(book["Dictionnaire"].iter_rows(min_row=4, values_only=True))
    assert rows[0][:5] == (
        "Feuille",
        "Colonne",
        "Nom dans les autres formats",
        "Unité",
        "Millésime",
    )
    told = {(row[0], row[2]): row for row in rows[1:]}
    assert told["Taux", "L04"][3:5] == ("%", "2021")
    assert "logements vacants" in told["Taux", "L04"][5]
    credited = {row[0].value for row in book["Sources"].iter_rows(min_row=5)}
    assert "Insee, recensement de la population 2021" in " ".join(credited)


def test_each_sheet_has_its_title_first_and_a_named_table(book):
    for sheet in book:
        assert sheet["A1"].value
        for named in sheet.tables.values():
            # A spreadsheet mends, with an alarm, a table that its headings belie.
            headings = [cell.value for cell in sheet[named.ref][0]]
            assert headings == [column.name for column in named.tableColumns]
            assert len({text.lower() for text in headings}) == len(headings)
    names = [name for sheet in book for name in sheet.tables]
    assert names == ["T_Effectifs", "T_Taux", "T_Années", "T_Dictionnaire", "T_Sources"]


def test_names_of_communes_stand_beside_their_codes(book):
    rows = list(book["Taux"].iter_rows(min_row=4, max_col=3, values_only=True))
    assert rows[0][1] == "Nom"
    assert rows[2][:2] == ("62498", "Lens")
    assert rows[3] == ("62510", "Liévin", "s")
    formats = [row[2].number_format for row in book["Taux"].iter_rows(5, 6)]
    assert formats == ["#,##0.0", '"≥ "#,##0.0']
    assert book["Taux"].freeze_panes == "C5"


def test_no_heading_is_cut_and_no_number_is_wider_than_its_column(book):  # noqa: C901
    """By the widths of DejaVu Sans, the widest font that may stand in for another."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415
    from matplotlib.textpath import TextPath  # noqa: PLC0415

    def wide(text, weight):
        font = FontProperties(family="DejaVu Sans", weight=weight)
        box = TextPath((0, 0), text, size=10 * 96 / 72, prop=font).get_extents()
        return box.width

    for name in ("Effectifs", "Taux"):
        sheet = book[name]
        widths = {}
        for kept in sheet.column_dimensions.values():
            for at in range(kept.min, kept.max + 1):
                widths[at] = kept.width * 7 + 5
        height = sheet.row_dimensions[4].height
        for cell in sheet[4]:
            room, lines, place = widths[cell.column] - 6, 1, 0.0
            for word in cell.value.split(" "):
                size = wide(word, "bold") + 5
                assert size <= room
                lines, place = (
                    (lines, place) if place + size <= room else (lines + 1, 0)
                )
                place += size
            assert lines * 12 <= height
        for row in sheet.iter_rows(min_row=5, max_row=8):
            for cell in row:
                if isinstance(cell.value, int | float):
                    text = (
                        f"{cell.value:,.1f}"
                        if "." in cell.number_format
                        else (f"{cell.value:,.0f}")
                    )
                    assert wide(text, "normal") <= widths[cell.column] - 4


def test_a_sheet_is_printed_on_the_paper_on_which_it_is_read(book):
    assert (book["Taux"].page_setup.paperSize, book["Taux"].page_setup.orientation) == (
        9,
        "portrait",
    )
    wide = book["Effectifs"].page_setup
    assert (int(wide.paperSize), wide.orientation) == (8, "landscape")
    assert book["Effectifs"].print_title_rows == "$4:$4"
    assert "Essai && suite" in book["Taux"].oddFooter.left.text


def test_what_is_a_little_below_zero_is_not_written_minus_zero(tmp_path):
    frame = pd.DataFrame({"v": [-0.001, -0.41, 0.0]}, CODES)
    frame.attrs["decimals"] = {"v": 2}
    path = bm.write_workbook(tmp_path / "t.xlsx", {"T": frame})
    cells = [row[2] for row in openpyxl.load_workbook(path)["T"].iter_rows(min_row=5)]
    assert [cell.value for cell in cells] == [-0.001, -0.41, 0]
    assert [cell.number_format for cell in cells] == [
        '#,##0.00;"0,00"',
        "#,##0.00",
        "#,##0.00",
    ]


def test_a_wide_table_repeats_its_first_columns(tmp_path):
    many = pd.DataFrame(1.5, CODES, [f"colonne {i}" for i in range(60)])
    path = bm.write_workbook(tmp_path / "t.xlsx", {"T": many})
    sheet = openpyxl.load_workbook(path)["T"]
    assert sheet.print_title_cols == "$A:$B"
    assert sheet.page_setup.scale == 65


def test_charts_leave_a_gap_where_nothing_is_and_say_so(book, table, years):
    sheet = book["Graphiques"]
    assert len(sheet._charts) == 2
    values = [[cell.value for cell in row[:2]] for row in sheet.iter_rows(min_row=7)]
    assert (
        values[:2]
        == [
            ["Hénin-Beaumont", pytest.approx(bm.column(table, "L04")["62427"])],
            ["Lens (≥)", pytest.approx(bm.column(table, "L04")["62498"])],
        ]
        or values[0][0] == "Lens (≥)"
    )
    notes = [cell.value for row in sheet.iter_rows(max_col=1) for cell in row]
    assert any("Sans valeur : 1, Liévin (secret statistique)." in str(n) for n in notes)
    content = {"Années": _content_of("Années", years)}
    (drawn,) = charts_of(content, None)
    assert [label for label, _ in drawn.rows] == [2016, 2017, 2018, 2020]
    assert drawn.rows[2][1] == [None]
    assert drawn.alternative == (
        "Courbes : Population municipale (habitants). De 100 (2016) à 121 (2020)."
    )


@pytest.mark.parametrize(
    ("charts", "error", "said"),
    [
        ({"Rien": ["v"]}, DataError, "no sheet 'Rien'"),
        ({"T": ["w"]}, bm.errors.ColumnError, "no column 'w'"),
        ({"T": ["t"]}, bm.errors.MeasureError, "'t' hold no numbers"),
        ({"T": ["v"]}, DataError, "70 rows, and 60 bars"),
    ],
)
def test_a_chart_that_cannot_be_is_refused(charts, error, said, tmp_path):
    frame = pd.DataFrame({"v": range(70), "t": "a"}, index=map(str, range(70)))
    with pytest.raises(error, match=said):
        bm.write_workbook(tmp_path / "t.xlsx", {"T": frame}, charts=charts)


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"Historique": pd.DataFrame({"v": [1]})}, "sheet names.*Historique"),
        ({"T": pd.DataFrame({"v" * 256: [1]})}, "1 heading.*255"),
        ({"T": pd.DataFrame({"v": [1e308]})}, "beyond 1e307"),
    ],
)
def test_what_a_workbook_cannot_hold_is_refused_by_name(sheets, said, tmp_path):
    with pytest.raises(DataError, match=said):
        bm.write_workbook(tmp_path / "t.xlsx", sheets)


def test_sheets_of_ones_own_stay(tmp_path):
    own = pd.DataFrame({"v": ["la mienne"]}, index=["a"])
    path = bm.write_workbook(tmp_path / "t.xlsx", {"Sources": own, "lisez-moi": own})
    found = openpyxl.load_workbook(path)
    assert found.sheetnames == ["Sources", "lisez-moi", "Dictionnaire"]
    assert found["Sources"]["B5"].value == "la mienne"


# --- the guide ------------------------------------------------------------------------


def plain(text):
    return re.sub(r"[\u00a0\u202f]", " ", text).replace("’", "'").rstrip()


def test_the_guide_says_what_comes_out(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/how-to/remettre.md").read_text(encoding="utf-8")
    space: dict[str, object] = {}
    for kind, block in re.findall(r"```(python|text)\n(.*?)```", text, re.DOTALL):
        if kind == "python":
            capsys.readouterr()
            exec(block, space)  # noqa: S102 - the guide of this repository
        else:
            told = [plain(line) for line in capsys.readouterr().out.splitlines()]
            assert told == [plain(line) for line in block.splitlines()]
    for image in re.findall(r"\]\((\.\./images/[^)]+)\)", text):
        assert (ROOT / "docs/how-to" / image).exists()


OFFICE = shutil.which("soffice")
CALC = OFFICE and (Path(OFFICE).resolve().parent / "libsclo.so").exists()


@pytest.mark.skipif(not CALC, reason="no spreadsheet of LibreOffice here")
def test_libreoffice_prints_a_workbook_without_cutting(book, tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    path = tmp_path / "t.xlsx"
    book.save(path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [OFFICE, profile, "--headless", "--convert-to", "pdf", path.name]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    with closing(pdfium.PdfDocument(tmp_path / "t.pdf")) as printed:
        texts = [page.get_textpage().get_text_bounded() for page in printed]
    assert any("Hénin-Beaumont" in text for text in texts)
    assert not any("###" in text for text in texts)


def test_a_minimum_of_a_french_csv_is_read_back_as_one(tmp_path):
    states = ["lower_bound", "estimated", "secret"]
    table = pd.DataFrame({"v_2021": [8.0, 9.0, None], "v_2021_state": states}, CODES)
    path = bm.write_csv(tmp_path / "t.csv", table)
    back = bm.read_table(
        path,
        code="Code Insee de la commune",
        measures={"v_2021": "v"},
        vintage=2021,
        source="Observatoire",
    )
    assert back["v_2021"].iloc[:2].tolist() == [8.0, 9.0]
    assert back["v_2021_state"].tolist() == states
    assert bm.column(back, "v_2021").attrs["states"] == dict(
        zip(CODES, states, strict=True)
    )
