"""Tables of travel times of other engines: what is read, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from basinmap.access.networks import build_network
from basinmap.access.tables import SENTINELS, read_travel_times
from basinmap.access.times import travel_times
from basinmap.errors import CodeError, ColumnError, DataError

R5 = "from_id,to_id,travel_time\n01004,62498,12\n01005,62498,\n"


@pytest.fixture
def written(tmp_path):
    def write(text, name="times.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


def frame(**columns):
    pair = {"from_id": ["01004", "01005"], "to_id": ["62498", "62498"]}
    return pd.DataFrame(pair | columns)


def test_codes_of_a_csv_keep_their_zeros_and_blanks_are_missing(written):
    table = read_travel_times(written(R5))
    assert table.index.names == ["origin", "destination"]
    assert table.loc[("01004", "62498"), "minutes"] == 12
    assert np.isnan(table.loc[("01005", "62498"), "minutes"])
    assert list(table.columns) == ["minutes", "off_street"]
    assert table.attrs["sources"] == ("times.csv",)
    assert table.attrs["rule"] == "temps de parcours lus dans times.csv"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("from_id;to_id;travel_time\n01004;62498;12,5\n", "utf-8"),
        ("from_id\tto_id\ttravel_time\n01004\t62498\t12.5\n", "utf-8-sig"),
        ('"","fromId","toId","travel_time"\n"1","01004","62498",12.5\n', "utf-8"),
    ],
)
def test_any_separator_decimal_comma_and_r_row_numbers(written, text, encoding):
    table = read_travel_times(written(text, encoding=encoding))
    assert table["minutes"].to_dict() == {("01004", "62498"): 12.5}


def test_percentiles_are_kept_and_minutes_is_the_median():
    table = read_travel_times(
        frame(
            travel_time_p25=[10.0, 20], travel_time_p50=[11.0, 22],
            travel_time_p95=[19.0, np.nan],
        )
    )  # fmt: skip
    assert list(table.columns) == [
        "minutes", "off_street", "minutes_p25", "minutes_p50", "minutes_p95",
    ]  # fmt: skip
    assert table["minutes"].tolist() == [11, 22]
    assert table["minutes_p95"].tolist()[0] == 19


def test_a_single_percentile_is_the_time_and_two_without_the_median_are_not():
    one = read_travel_times(frame(travel_time_p85=[10.0, 20]))
    assert one["minutes"].tolist() == one["minutes_p85"].tolist() == [10, 20]
    two = frame(travel_time_p25=[1.0, 2], travel_time_p75=[3.0, 4])
    with pytest.raises(ColumnError, match=r"without the 50th .*columns="):
        read_travel_times(two)
    chosen = read_travel_times(
        two, columns={"minutes": "travel_time_p75"}, unit="minutes"
    )
    assert chosen["minutes"].tolist() == [3, 4]


def test_the_unit_must_be_said_where_the_name_does_not_tell():
    osrm = pd.DataFrame({"idSrc": ["a"], "idDst": ["b"], "duree": [90.0]})
    with pytest.raises(DataError, match="may be minutes or seconds"):
        read_travel_times(osrm)
    assert read_travel_times(osrm, unit="minutes")["minutes"].tolist() == [90]
    assert read_travel_times(osrm, unit="seconds")["minutes"].tolist() == [1.5]
    with pytest.raises(DataError, match="unknown unit 'hours'"):
        read_travel_times(osrm, unit="hours")


def test_columns_of_any_name(written):
    path = written("depart;arrivee;temps_hc\n01004;62498;60\n")
    names = {"origin": "depart", "destination": "arrivee", "minutes": "temps_hc"}
    table = read_travel_times(path, columns=names, unit="seconds", source="IGN, 2026")
    assert table["minutes"].to_dict() == {("01004", "62498"): 1}
    assert table.attrs["sources"] == ("IGN, 2026",)


def test_parquet_and_what_travel_times_wrote_come_back(tmp_path):
    street = build_network(
        [0, 1000], [0, 0], [0, 1], [1, 0], [1000, 1000], [12, 12], mode="walk"
    )
    homes = gpd.GeoSeries.from_xy([0, 500], [30, 0], index=["01", "02"], crs=2154)
    school = gpd.GeoSeries.from_xy([750], [40], index=["s"], crs=2154)
    times = travel_times(homes, school, street, limit=7)
    assert times["minutes"].isna().any()
    times.to_parquet(tmp_path / "times.parquet")
    times.to_csv(tmp_path / "times.csv")
    for name in ("times.parquet", "times.csv"):
        again = read_travel_times(tmp_path / name)
        pd.testing.assert_frame_equal(again, times, check_index_type=False)


# -- unreachable is no number ----------------------------------------------------


@pytest.mark.parametrize("value", SENTINELS)
@pytest.mark.parametrize("unit", ["minutes", "seconds"])
def test_sentinels_are_refused_then_missing_once_named(value, unit):
    pairs = {"from_id": list("abc"), "to_id": list("xyz")}
    table = pd.DataFrame(pairs | {"travel_time": [30.0, value, value]})
    with pytest.raises(DataError, match=r"2 value\(s\).*unreachable=\["):
        read_travel_times(table, unit=unit)
    read = read_travel_times(table, unit=unit, unreachable=[value])
    assert read["minutes"].isna().tolist() == [False, True, True]
    assert read.attrs["unreachable"] == {value: 2}


def test_infinite_times_are_missing_and_counted():
    read = read_travel_times(frame(travel_time=[5.0, np.inf]))
    assert read["minutes"].isna().tolist() == [False, True]
    assert read.attrs["unreachable"] == {np.inf: 1}


def test_a_long_drive_in_seconds_is_a_time():
    read = read_travel_times(frame(travel_time=[60.0, 9999.0]), unit="seconds")
    assert read["minutes"].tolist() == pytest.approx([1, 166.65])


@pytest.mark.parametrize("value", [-0.5, 1441.0])
def test_negative_or_longer_than_a_day_is_refused(value):
    with pytest.raises(DataError, match=r"1 value\(s\) that are negative, longer"):
        read_travel_times(frame(travel_time=[5.0, value]))


# -- bad input -------------------------------------------------------------------


def test_numbers_as_codes_are_refused():
    table = frame(travel_time=[1.0, 2]).assign(from_id=[1004, 1005])
    with pytest.raises(CodeError, match=r"'from_id' holds numbers.*1004.*zfill"):
        read_travel_times(table)


def test_missing_codes_are_refused():
    table = frame(travel_time=[1.0, 2]).assign(to_id=["62498", None])
    with pytest.raises(CodeError, match=r"1 row\(s\) without 'to_id'"):
        read_travel_times(table)


def test_repeated_pairs_are_refused():
    table = frame(travel_time=[1.0, 2]).assign(from_id="01004")
    with pytest.raises(DataError, match=r"1 pair\(s\).*\('01004', '62498'\)"):
        read_travel_times(table)


def test_words_are_no_times():
    with pytest.raises(DataError, match=r"1 value\(s\) that are no numbers: 'loin'"):
        read_travel_times(frame(travel_time=["3", "loin"]))


def test_missing_and_ambiguous_columns_are_named():
    with pytest.raises(ColumnError, match=r"no column for 'minutes' among 'from_id'"):
        read_travel_times(frame(kilometres=[1, 2]))
    with pytest.raises(ColumnError, match="'travel_time', 'duree' could each be"):
        read_travel_times(frame(travel_time=[1, 2], duree=[1, 2]))
    with pytest.raises(ColumnError, match="no column 'tps'; found 'from_id'"):
        read_travel_times(frame(duree=[1, 2]), columns={"minutes": "tps"})
    with pytest.raises(ColumnError, match="unknown 'time'"):
        read_travel_times(frame(duree=[1, 2]), columns={"time": "duree"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read .* expected a table"),
        ("from_id,to_id,travel_time\n", "no rows"),
        (R5 + "01006,62", "cannot be read .*Expected 3 columns, got 2"),
        ("from_id,to_id,travel_time\na,b,1,2\n", "Expected 3 columns, got 4"),
        (R5 + "a,b,1,2\n", "cannot be read"),
    ],
)
def test_broken_files_say_which_and_what_was_expected(written, text, message):
    with pytest.raises(DataError, match=message) as raised:
        read_travel_times(written(text))
    assert "times.csv" in str(raised.value)


def test_no_file_and_no_parquet(written, tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: cannot be read"):
        read_travel_times(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"t\.parquet: cannot be read"):
        read_travel_times(written(R5, name="t.parquet"))
    with pytest.raises(DataError, match=r"times\.csv: its text is not in utf-8"):
        read_travel_times(written(R5 + "é,b,1\n", encoding="latin-1"))


EXCEL = "from_id;to_id;travel_time\nLiévin;Lens;12,5\n"


def test_the_csv_of_french_excel_is_read_once_its_encoding_is_said(written):
    path = written(EXCEL, encoding="cp1252")
    with pytest.raises(DataError, match="not in utf-8; write encoding='cp1252'"):
        read_travel_times(path)
    table = read_travel_times(path, encoding="cp1252")
    assert table["minutes"].to_dict() == {("Liévin", "Lens"): 12.5}
    with pytest.raises(DataError, match="unknown encoding 'nope'"):
        read_travel_times(path, encoding="nope")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("first", ["sep=;", "SEP=;"])
def test_the_first_line_that_excel_adds_is_no_header(written, first, encoding):
    table = read_travel_times(written(f"{first}\n{EXCEL}", encoding=encoding))
    assert table["minutes"].to_dict() == {("Liévin", "Lens"): 12.5}
    old = written(f"{first}\n{EXCEL}", encoding="cp1252")
    assert len(read_travel_times(old, encoding="cp1252")) == 1


def test_an_accent_far_from_the_header_is_read_or_refused_alike(written):
    rows = "".join(f"{n:05d};62498;12\n" for n in range(1, 60_000))
    path = written(
        f"from_id;to_id;travel_time\n{rows}Liévin;62498;12\n", "t.csv", "cp1252"
    )
    with pytest.raises(DataError, match="encoding='cp1252'"):
        read_travel_times(path)
    assert ("Liévin", "62498") in read_travel_times(path, encoding="cp1252").index


@pytest.mark.parametrize("code", ["62498.0", "62498,0", "6.2498E+04", "6,2498E+04"])
def test_codes_that_were_numbers_are_refused_though_they_are_text(written, code):
    text = f"from_id;to_id;travel_time\n{code};62427;12.5\n"
    with pytest.raises(CodeError, match=f"holds numbers.*'{code}'".replace("+", r"\+")):
        read_travel_times(written(text))


@pytest.mark.parametrize("path", ["nowhere.csv", "http://127.0.0.1:9/t.csv", ""])
def test_what_is_no_file_is_refused_and_never_fetched(path):
    with pytest.raises(DataError, match="no such file"):
        read_travel_times(path)
