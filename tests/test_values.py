"""What travels with a number: one description, true of the values it is of."""

import copy
import datetime as dt
import io
import json
import pickle

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

import basinmap as bm
from basinmap.access.networks import build_network
from basinmap.errors import (
    BasinmapWarning,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
)
from basinmap.values.checks import check_geography, looks_counted
from basinmap.values.prints import codes_of, holds, print_of
from basinmap.values.told import fresh, retell, tell, told_of

CALL = "246200364"
CHANGED = r"no longer those of 'Taux de vacance des logements en 2021'.*bm\.describe"


@pytest.fixture
def rate():
    return bm.compute("L04", bm.statistics(epci="call"))


@pytest.fixture
def secrets():
    """Twelve secrets, a commune without object, the rest known."""
    lens = bm.communes(epci="call").index
    raw = pd.Series(["s"] * 12 + ["///"] + ["30"] * 23, lens, name="vacants")
    table = bm.parse_counts(raw)
    table["logements"] = 200.0
    rate = bm.Ratio(
        numerator="vacants",
        denominator="logements",
        scale=100,
        label="Vacance",
        unit="%",
        vintage="2025",
        source="DREAL, inventaire 2025",
    )
    counts = {"vacants": bm.Stock(), "logements": bm.Stock()}
    own = pd.Series(lens, lens, name="commune")
    return bm.aggregate(table, own, measures={**counts, "taux": rate})[0]


# -- prints -------------------------------------------------------------------------


codes = st.lists(st.text("0123456789", min_size=1, max_size=5), unique=True, min_size=1)


@settings(deadline=None, max_examples=60)
@given(codes, st.data())
def test_a_print_holds_for_any_selection_in_any_order(index, data):
    size = len(index)
    numbers = st.one_of(st.none(), st.floats(allow_nan=False, width=32))
    values = pd.Series(
        data.draw(st.lists(numbers, min_size=size, max_size=size)), index, dtype=float
    )
    kept = data.draw(st.lists(st.sampled_from(index), unique=True))
    assert holds(print_of(values), values.loc[kept])
    assert holds(print_of(values), values.mask(values.index.isin(kept)))


@settings(deadline=None, max_examples=60)
@given(codes, st.floats(0.1, 1000), st.integers(0, 10**6))
def test_a_print_no_longer_holds_once_all_values_changed(index, by, start):
    values = pd.Series(np.arange(len(index)) + float(start), index)
    assert not holds(print_of(values), values + by)


def test_a_print_holds_of_many_rows_and_of_a_code_that_stands_twice():
    many = pd.Series(np.random.default_rng(0).random(100_000))
    # Of so many codes, some have the same 32 bits.
    assert len(np.unique(codes_of(many.index))) < len(many)
    assert holds(print_of(many), many)
    assert not holds(print_of(many), many.where(many.index != 70_000, 0.5))
    twice = pd.Series([1.0, 2.0], ["a", "a"])
    assert holds(print_of(twice), twice)
    assert not holds(print_of(twice), twice + 1)


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "object", "float64"])
def test_a_print_does_not_read_the_type_of_numbers(dtype):
    values = pd.Series([3, 0, 12], ["a", "b", "c"])
    assert holds(print_of(values), values.astype(dtype))


@pytest.mark.parametrize("kind", ["string", "string[pyarrow]", "object", "category"])
def test_a_print_does_not_read_the_type_of_codes(kind):
    values = pd.Series([3.0, 1.0], ["62498", "62510"])
    again = values.set_axis(pd.Index(values.index, dtype=kind))
    assert holds(print_of(values), again)


def test_many_codes_that_share_a_few_bits_keep_their_values():
    # Of 200,000 codes, four or five pairs are expected to bear the same 32 bits.
    index = [f"{rank:06}" for rank in range(200_000)]
    values = pd.Series(np.arange(200_000) * 0.5, index)
    bits = pd.Series(codes_of(values.index))
    assert bits.duplicated().any()
    assert holds(print_of(values), values)
    for changed in index[:1] + [index[at] for at in bits.index[bits.duplicated()]]:
        other = values.copy()
        other[changed] += 0.25
        assert not holds(print_of(values), other)


def _hidden_by_hand(secret):
    """A series of a table of which one value was emptied by pandas alone."""
    index = pd.Index(["62498", "62510", "62065"], name="commune")
    counts = pd.DataFrame({"menages": [120.0, secret, 40.0]}, index=index)
    table = bm.describe(counts, measures={"menages": bm.Stock(unit="ménages")})
    few = table.index == "62510"
    return table.mask(few[:, None]), bm.describe(table["menages"], label="M").mask(few)


def test_a_value_emptied_by_hand_leaves_nothing_in_what_is_written(tmp_path):
    files = []
    for secret in (7.0, 9.0):
        table, values = _hidden_by_hand(secret)
        kept = [table.attrs["prints"]["menages"], values.attrs["print"]]
        assert all(isinstance(one, str) for one in kept)
        path = tmp_path / f"{secret}.parquet"
        table.to_parquet(path)
        told = json.dumps([table.attrs, values.attrs])
        written = pickle.dumps(table), pickle.dumps(values), repr(table.attrs)
        files.append((path.read_bytes(), told, *written))
    assert files[0] == files[1]


def test_prints_hold_in_memory_only_and_what_comes_back_is_taken_as_it_is(tmp_path):
    table, values = _hidden_by_hand(7.0)
    copied = copy.deepcopy(values.attrs)["print"]
    assert copied == values.attrs["print"]
    assert copied != print_of(values + 1)
    assert not holds(copied, values + 1)
    table.to_parquet(tmp_path / "t.parquet")
    back = pd.read_parquet(tmp_path / "t.parquet")
    assert bm.told_of(back["menages"] + 1).unit == "ménages"
    assert bm.told_of(table["menages"] + 1).label == ""


def test_what_is_told_is_one_object_in_all_that_is_made_of_it():
    states = {"62498": "secret"}
    values = bm.describe(pd.Series([np.nan], ["62498"]), label="M", states=states)
    told = values.attrs["states"]
    assert (values + 1).attrs["states"] is told
    assert values.copy().attrs["states"] is told
    back = pickle.loads(pickle.dumps(values))  # noqa: S301 - of this line
    assert back.attrs["states"] == told == states
    for change in (told.clear, told.popitem, lambda: told.update(a="b")):
        with pytest.raises(TypeError, match="shared"):
            change()
    assert dict(told) == states


def test_values_that_changed_place_are_not_those_described(rate):
    assert not holds(print_of(rate), rate.set_axis(rate.index[::-1]))


# -- what is no longer true ---------------------------------------------------------

MADE = {
    "difference to the mean": lambda r: r - 7.19,
    "difference of two": lambda r: r - bm.compute("L05", bm.statistics(epci="call")),
    "rank": lambda r: r.rank(),
    "rounding": lambda r: r.round(1),
    "a factor": lambda r: r / 100,
    "filled": lambda r: r.mask(r > 7).fillna(0.0),
}


@pytest.mark.parametrize("made", MADE)
def test_what_pandas_made_of_values_bears_no_title(rate, made):
    values = MADE[made](rate).rename("L04")
    told_before = values.attrs.get("title") or "the first term"
    with pytest.warns(BasinmapWarning, match=r"no longer those of .*bm\.describe"):
        classes = bm.classify(values, k=3)
    told = bm.told_of(classes)
    assert (told.title, told.label, told.unit, told.vintage) == ("", "", "", "")
    assert told_before


def test_what_only_selects_orders_or_empties_keeps_its_title(rate):
    for values in (
        rate.iloc[3:9],
        rate.sort_values(),
        rate.mask(rate > 9),
        rate.reindex(rate.index[:5]),
        rate.astype("Float64"),
        rate * 1,
        rate.rename(bm.communes()["name"]),
        pd.concat([rate, rate.iloc[:1].set_axis(["59999"])]),
    ):
        assert bm.told_of(fresh(values)).title == rate.attrs["title"]


def test_a_map_of_changed_values_prints_no_title_nor_unit(rate):
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="Écart")
    with pytest.warns(BasinmapWarning, match=CHANGED):
        classes = bm.classify(rate - 7.19, k=3)
    bm.draw_choropleth(ax, lens, classes)
    assert ax.blocks[-1].title == ""
    with pytest.warns(BasinmapWarning, match=CHANGED):
        bm.draw_comparison(ax, rate.iloc[:3] - 7.19)
    assert ax.blocks[-1].unit == ""


def test_a_column_changed_in_its_table_is_no_longer_that_of_its_measure():
    table = bm.statistics(epci="call")
    table["population_2023"] = table["population_2023"].rank()
    with pytest.warns(BasinmapWarning, match="no longer those of"):
        values = bm.column(table, "population_2023")
    assert bm.told_of(values).label == ""
    with pytest.warns(BasinmapWarning, match="no longer those of"):
        bm.draw_symbols(
            bm.page(bm.communes(epci="call"), title="Rangs")[1],
            bm.communes(epci="call"),
            table["population_2023"],
        )


def test_names_in_the_place_of_codes_do_not_hide_that_values_changed(rate):
    names = bm.communes()["name"]
    for made, title in (
        (rate.rename(names), rate.attrs["title"]),
        ((rate - 1).rename(names), ""),
        (rate.rename(names).round(0), ""),
    ):
        assert bm.told_of(made).title == title


def test_what_is_added_to_changed_values_does_not_make_them_true_again(rate):
    gap = retell(rate - 7.19, notes=("Écart à la moyenne.",))
    assert bm.told_of(gap).title == ""
    assert bm.told_of(gap).notes == ("Écart à la moyenne.",)


def test_the_measure_of_a_column_is_not_that_of_what_was_made_of_it():
    people = bm.statistics(epci="call")["population_2023"]
    assert bm.told_of(people).vintage == "2023"
    told = bm.told_of(people.rank())
    assert (told.label, told.unit, told.vintage, told.kind) == ("", "", "", "")
    assert told.measure is None


def test_describe_says_what_the_result_is(rate):
    gap = bm.describe(
        rate - 7.19,
        label="Écart à la moyenne",
        unit="points",
        kind="ratio",
        title="Vacance : écart à la moyenne en 2021",
        vintage="2021",
    )
    told = bm.told_of(bm.classify(gap, k=3))
    assert (told.title, told.unit) == ("Vacance : écart à la moyenne en 2021", "points")
    assert told.sources == bm.told_of(rate).sources
    assert (told.level, told.geography) == ("commune", "2026-01-01")
    assert bm.told_of(rate).unit == "%"


def test_describe_keeps_what_is_not_given(rate):
    again = bm.describe(rate, title="Vacance à Lens-Liévin en 2021")
    before, after = bm.told_of(rate), bm.told_of(again)
    assert after.title == "Vacance à Lens-Liévin en 2021"
    assert (after.unit, after.decimals, after.sources) == ("%", 1, before.sources)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        ({"kind": "rate"}, MeasureError, "unknown kind 'rate'; choose among stock"),
        ({"kind": "stock", "unit": "%"}, MeasureError, "a stock is not in '%'"),
        ({"vintage": 2021}, TypeError, "vintage: 2021 is of no use here; pass text"),
        ({"states": {"62498": "secret"}}, SecrecyError, "1 value.*are there: '62498'"),
        ({"states": {"62498": "lost"}}, MeasureError, r"unknown state\(s\) 'lost'"),
        ({"measures": {"L04": bm.Stock()}}, MeasureError, "write kind="),
    ],
)
def test_describe_refuses_what_cannot_be(rate, call, error, match):
    with pytest.raises(error, match=match):
        bm.describe(rate, **call)


def test_proportions_in_per_cent_are_questioned(rate):
    with pytest.warns(BasinmapWarning, match="multiply them by 100"):
        bm.describe(rate / 100, label="Vacance", unit="%", kind="ratio")


def test_whole_ones_and_zeros_in_per_cent_are_no_proportions():
    few = pd.Series([0, 1, 0, 1, 0.5], list("abcde"))
    assert bm.describe(few, label="Vacance", unit="%").tolist() == few.tolist()
    with pytest.warns(BasinmapWarning, match="multiply them by 100"):
        bm.describe(few.replace({0: 0.1, 1: 0.9}), label="Vacance", unit="%")


# -- from a table to a series, and back ---------------------------------------------


def test_a_column_carries_its_states_its_label_and_its_source(secrets):
    values = bm.column(secrets, "taux")
    told = bm.told_of(values)
    assert list(told.states.values()).count("secret") == 12
    assert list(told.states.values()).count("not_applicable") == 1
    assert (told.label, told.unit, told.vintage) == ("Vacance", "%", "2025")
    assert told.sources == ("DREAL, inventaire 2025",)
    assert told.kind == "ratio"


def test_secrets_stay_secrets_down_to_the_legend(secrets):
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="Vacance en 2025")
    bm.draw_choropleth(ax, lens, bm.classify(bm.column(secrets, "taux"), breaks=[10]))
    shown = {swatch.label: swatch.count for swatch in ax.blocks[-1].swatches}
    assert shown["Secret statistique"] == 12
    assert shown["Sans objet"] == 1
    assert "Données non disponibles" not in shown
    assert "DREAL, inventaire 2025" in ax.credits


def test_a_bare_column_that_left_its_states_behind_is_told(secrets):
    with pytest.warns(BasinmapWarning, match=r"left its states.*bm\.column"):
        bm.classify(secrets["taux"], breaks=[10])


def test_a_blank_of_which_nothing_is_said_bears_no_state(rate):
    table = pd.DataFrame({"taux": rate.mask(rate > 9)})
    table.attrs = {}
    assert bm.column(table, "taux").attrs.get("states", {}) == {}
    beside = table.assign(taux_state=bm.states_of(table, "taux"))
    told = bm.column(beside, "taux").attrs["states"]
    assert set(told) == set(rate.index[rate > 9])


def test_a_table_tells_only_what_is_true_of_all_its_columns(rate):
    old = bm.describe(rate.rename("old"), geography="2021")
    one = bm.told_of(bm.table_of({"a": rate, "b": rate}))
    both = bm.told_of(bm.table_of({"a": rate, "b": old}))
    assert (one.level, one.geography) == ("commune", "2026-01-01")
    assert (both.level, both.geography) == ("commune", "")


def test_a_date_that_only_one_of_two_tells_refuses_nothing():
    lens = bm.communes(epci="call")
    undated, dated, other = (pd.Series(1.0, lens.index, name="taux") for _ in range(3))
    tell(dated, date="2020-01-01")
    tell(other, date="2026-01-01")
    check_geography(tell(lens.copy()), dated)
    check_geography(tell(lens.copy(), date="2026-01-01"), undated)
    check_geography(tell(lens.copy(), date="2026-01-01"), other)
    with pytest.raises(VintageError, match=r"of 2020-01-01 on outlines of 2026-01-01"):
        check_geography(tell(lens.copy(), date="2026-01-01"), dated)


# -- what looks like a count --------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ([101, 12, 3], True),
        ([850, 420, 999], True),
        ([100, 12, 3], False),  # may be rounded percentages
        ([-101, 12, 300], False),  # a balance, a difference
        ([120.5, 12, 300], False),
        ([1975, 2010, 1899], False),  # years
        ([1975, 2010, 2101], True),
    ],
)
def test_whole_numbers_above_100_look_like_counts(values, counted):
    assert looks_counted(pd.Series(values)) == counted


def test_a_table_of_series_keeps_the_states_of_each(secrets):
    lens = bm.statistics(epci="call")
    taux = bm.column(secrets, "taux")
    table = bm.table_of({"L04": bm.compute("L04", lens), "taux": taux})
    assert "L04_state" not in table
    assert bm.states_of(table, "taux").value_counts()["secret"] == 12
    for name, first in (("L04", bm.compute("L04", lens)), ("taux", taux)):
        back = bm.column(table, name)
        pd.testing.assert_series_equal(back, first, check_names=False)
        one, other = bm.told_of(back), bm.told_of(first)
        assert (one.title, one.label, one.unit) == (
            other.title,
            other.label,
            other.unit,
        )
        assert dict(one.states) == dict(other.states)
        assert one.sources == other.sources


def test_a_code_that_a_series_lacks_is_not_available(rate):
    table = bm.table_of({"all": rate, "some": rate.iloc[:30]})
    assert bm.states_of(table, "some").value_counts()["not_available"] == 6


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({}, "no series"),
        ({"a": pd.DataFrame({"b": [1]})}, r"columns\['a'\]: need a Series"),
        ({"a": pd.Series([1, 2], ["x", "x"])}, "stand more than once"),
    ],
)
def test_what_is_no_column_is_refused(columns, match):
    with pytest.raises(DataError, match=match):
        bm.table_of(columns)


def test_series_of_two_levels_are_no_table(rate):
    epci = bm.compute("L04", bm.statistics(), to="epci")
    with pytest.raises(DataError, match="2 levels"):
        bm.table_of({"a": rate, "b": epci})


# -- writers ------------------------------------------------------------------------


def cells(path, name):
    sheet = openpyxl.load_workbook(path)[name]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_writes_what_is_told_of_a_series(tmp_path, secrets):
    path = tmp_path / "taux.xlsx"
    bm.write_workbook(path, {"Vacance": bm.column(secrets, "taux")})
    rows = cells(path, "Vacance")
    assert rows[3][1:3] == ["Nom", "Vacance 2025 (%)"]
    assert "DREAL, inventaire 2025" in rows[1][0]
    written = [row[2] for row in rows[4:]]
    assert (written.count("s"), written.count("s.o."), written.count(15)) == (12, 1, 23)


def test_a_workbook_of_changed_values_bears_no_title(tmp_path, rate):
    path = tmp_path / "ecart.xlsx"
    table = bm.table_of({"L04": rate})
    table["L04"] = table["L04"] - 7.19
    with pytest.warns(BasinmapWarning, match=CHANGED):
        bm.write_workbook(path, {"Écart": table})
    assert cells(path, "Écart")[3][1:3] == ["Nom", "L04"]


def grounds(tmp_path):
    """Return frames of outlines and of places, embedded, read and made."""
    lens = bm.communes(epci="call")
    path = tmp_path / "lens.geojson"
    lens.to_crs(4326).to_file(path)
    ground = bm.read_outlines(lens, outline_error=5, source="IGN, ADMIN EXPRESS")
    return {
        "communes": lens,
        "epcis": bm.epcis(),
        "quartiers": bm.quartiers(),
        "places": bm.places(),
        "town halls": bm.town_halls(),
        "read units": bm.read_units(path, "commune"),
        "read outlines": ground,
        "communes on outlines": bm.communes(epci="call", outlines=ground),
        "dissolve": bm.dissolve(lens, "epci", measures={"population": bm.Stock()}),
        "simplified": bm.simplify_coverage(lens, scale=2_000_000),
        "clean": bm.clean_coverage(lens)[0],
        "neighbours": bm.neighbours(lens),
    }


def counts_of_areas(tmp_path):
    """Return what was counted in rings, cells and communes."""
    lens, halls = bm.communes(epci="call"), bm.town_halls()
    areas = bm.rings(bm.LOUVRE_LENS, distances=[2_000, 5_000])
    halls["seats"] = 30.0
    halls.attrs["measures"] = {"seats": bm.Stock(label="Sièges", source="DGCL")}
    near = halls.loc[lens.index.intersection(halls.index)]
    cells = bm.smooth(near, "seats", radius_m=2_000, cell_m=1_000)
    path = tmp_path / "raster.tif"
    west, south, east, north = lens.total_bounds
    across = Affine((east - west) / 20, 0, west, 0, (south - north) / 20, north)
    grid = {"height": 20, "width": 20, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs=lens.crs, transform=across, **grid) as file:
        file.write(np.arange(400, dtype="float32").reshape(1, 20, 20))
    rows = {"sums": ["population"], "rule": "area"}
    return {
        "rings": areas,
        "reach": bm.reach(areas, lens, **rows),
        "not reached": bm.not_reached(areas, lens, **rows),
        "locate": bm.locate(halls, lens).to_frame(),
        "count": bm.count(halls, lens, sums="seats")[0],
        "apportion": bm.apportion(bm.statistics(epci="call"), lens, areas)[0],
        "zonal": bm.zonal(path, lens, stats=["count", "sum", "mean"], source="x"),
        "smooth": cells,
        "density": bm.density(cells, "seats").to_frame(),
    }


def journeys():
    """Return times and areas along a street of 4 km, 12 minutes a kilometre."""
    x = 685_000.0 + np.arange(5) * 1000
    tail, head = np.array([0, 1, 2, 3, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 0, 1, 2, 3])
    y, length = np.full(5, 7_038_000.0), np.full(8, 1000.0)
    street = build_network(x, y, tail, head, length, length / 83, mode="walk")
    homes = gpd.GeoSeries.from_xy(x, y, index=list("abcde"), crs=2154)
    times = bm.travel_times(homes, homes[["c"]], street, limit=20, max_gap=np.inf)
    people = pd.Series(100.0, homes.index)
    return {
        "times": times,
        "read times": bm.read_travel_times(times.reset_index(), unreachable=[np.inf]),
        "isochrones": bm.isochrones(homes[["c"]], street, minutes=[3, 6]),
        "catchment": bm.catchment(times, demand=people, method="nearest"),
    }


def test_attributes_never_break_pandas(tmp_path):
    frames = {
        "statistics": bm.statistics(epci="call"),
        "iris": bm.statistics("iris", epci="call"),
        "aggregate": bm.aggregate(bm.statistics(), "epci")[0],
        "series": bm.compare_dates(
            bm.statistics(), "scot", columns=["population_2020"]
        )[0],
        "table": bm.table_of({"a": bm.compute("L04", bm.statistics(epci="call"))}),
        "compute": bm.compute("L04", bm.statistics(), to="epci").to_frame(),
        **grounds(tmp_path),
        **counts_of_areas(tmp_path),
        **journeys(),
    }
    for name, frame in frames.items():
        told = json.dumps(frame.attrs)
        assert told != "{}", name
        buffer = io.BytesIO()
        frame.to_parquet(buffer)
        read = gpd if isinstance(frame, gpd.GeoDataFrame) else pd
        back = read.read_parquet(buffer)
        assert json.dumps(back.attrs) == told, name
        assert bm.measures_of(back) == bm.measures_of(frame), name
        pd.concat([frame, frame])
        frame.merge(frame, left_index=True, right_index=True)
        frame.copy(deep=True)


def test_measures_come_back_from_a_parquet_file():
    buffer = io.BytesIO()
    bm.statistics(epci="call").to_parquet(buffer)
    found = bm.compute("L04", pd.read_parquet(buffer), to="epci")
    assert round(found[CALL], 3) == 7.190
    assert found.attrs["vintage"] == "2021"


def test_a_report_comes_back_from_a_file(tmp_path):
    lens, path = bm.communes(epci="call"), tmp_path / "lens.geojson"
    lens.to_crs(4326).to_file(path)
    units = bm.read_units(path, "commune")
    report = bm.report_of(units)
    assert isinstance(report, bm.Report)
    assert report.units_before == report.units_after == 36
    assert report.notes[-1] == "Contours reprojetés de EPSG:4326 vers EPSG:2154."
    buffer = io.BytesIO()
    units.to_parquet(buffer)
    assert bm.report_of(gpd.read_parquet(buffer)) == report
    with pytest.raises(DataError, match="no report is told"):
        bm.report_of(lens)


@pytest.mark.parametrize(
    "mended",
    [
        lambda units: bm.simplify_coverage(units, scale=2_000_000),
        lambda units: bm.clean_coverage(units)[0],
    ],
)
def test_outlines_mended_do_not_make_changed_values_true(mended):
    units = bm.communes(epci="call")[["population", "geometry"]]
    tell(units, measures={"population": bm.Stock(label="Population", unit="habitants")})
    assert told_of(mended(units)["population"]).unit == "habitants"
    changed = units.assign(population=units["population"] * 2)
    assert told_of(mended(changed)["population"]).unit == ""


# -- an indicator is credited and dated by its counts -------------------------------


def own_counts(year="2021", source="DREAL, inventaire"):
    table = bm.statistics(epci="call")[["vacant_dwellings_2021", "dwellings_2021"]]
    table.columns = [f"vacant_dwellings_{year}", f"dwellings_{year}"]
    measures = {c: bm.Stock(label=c, source=source, vintage=year) for c in table}
    return bm.describe(table.copy(), measures=measures)


def test_an_indicator_credits_the_source_of_its_counts():
    assert bm.compute("L04", own_counts()).attrs["sources"] == ("DREAL, inventaire",)


def test_an_indicator_is_of_the_year_of_its_counts():
    found = bm.compute("L04", own_counts("2022"))
    assert found.attrs["title"] == "Taux de vacance des logements en 2022"
    assert found.attrs["vintage"] == "2022"


def test_counts_of_which_nothing_is_told_say_that_they_bear_no_source():
    table = own_counts()
    table.attrs = {}
    found = bm.compute("L04", table)
    assert found.attrs["sources"] == ()
    assert "Source des effectifs non indiquée." in found.attrs["notes"]


def test_the_year_of_an_indicator_can_be_asked_for():
    two = own_counts("2022").join(own_counts("2016"))
    two.attrs = {}
    assert bm.compute("L04", two).attrs["vintage"] == "2022"
    assert bm.compute("L04", two, year=2016).attrs["vintage"] == "2016"
    with pytest.raises(bm.errors.ColumnError, match="no counts of 2011"):
        bm.compute("L04", two, year=2011)
    growth = bm.compute("D02", bm.statistics(), year=(2017, 2023))
    assert growth.attrs["title"].endswith("de 2017 à 2023")
    with pytest.raises(bm.errors.VintageError, match="compares two years"):
        bm.compute("D02", bm.statistics(), year=2017)
    with pytest.raises(bm.errors.VintageError, match="is of one year"):
        bm.compute("L04", bm.statistics(), year=(2016, 2021))


def test_counts_of_two_years_make_no_rate():
    table = own_counts()
    table.attrs = {}
    table.columns = ["vacant_dwellings_2022", "dwellings_2021"]
    with pytest.raises(MeasureError, match="differ by vintage"):
        bm.compute("L04", table)


def test_the_year_that_a_measure_tells_goes_before_that_of_its_name():
    table = own_counts("2021")
    told = {n: bm.Stock(source="DREAL", vintage="2022") for n in table}
    found = bm.compute("L04", bm.describe(table, measures=told))
    assert found.attrs["vintage"] == "2022"
    assert found.attrs["title"] == "Taux de vacance des logements en 2022"


def test_a_year_compared_with_itself_is_no_growth():
    for years in ((2017, 2017), (2023, 2017)):
        with pytest.raises(bm.errors.ColumnError, match=r"write year=\(first, last\)"):
            bm.compute("D02", bm.statistics(), year=years)


def test_a_density_credits_people_not_outlines():
    assert bm.compute("D05", bm.statistics()).attrs["sources"] == (
        "Insee, populations légales 2023, communes au 1er janvier 2026",
    )


def test_a_source_that_names_its_list_of_communes_is_left_as_it_is():
    line = "Insee, RP 2021, communes au 1er janvier 2023"
    table = own_counts()
    measures = {n: bm.Stock(source=line, geography="2026") for n in table}
    found = bm.compute("L04", bm.describe(table, measures=measures))
    assert found.attrs["sources"] == (line,)


# -- impossible counts --------------------------------------------------------------


@pytest.mark.parametrize("value", [np.inf, -np.inf, -500.0])
@pytest.mark.parametrize("to", [None, "epci"])
def test_a_count_that_cannot_be_is_refused_by_name(value, to):
    table = bm.statistics().astype({"vacant_dwellings_2021": float})
    table.loc["62498", "vacant_dwellings_2021"] = value
    table = bm.describe(table, measures=bm.measures_of(table))
    with pytest.raises(MeasureError, match=r"vacant_dwellings_2021.*'62498'"):
        bm.compute("L04", table, to=to)


def test_a_part_above_its_whole_is_told():
    table = bm.statistics(epci="call")
    table.loc["62498", "vacant_dwellings_2021"] = 1e6
    table = bm.describe(table, measures=bm.measures_of(table))
    with pytest.warns(BasinmapWarning, match=r"above 100 % at '62498'"):
        bm.compute("L04", table)


@pytest.mark.parametrize("kind", [[True], ["12"], [1j], [dt.date(2021, 1, 1)]])
def test_what_is_no_count_is_refused(kind):
    table = pd.DataFrame({"n": kind}, pd.Index(["62498"], name="commune"))
    lens = bm.membership("epci").loc[table.index].rename("zone")
    with pytest.raises(MeasureError, match="'n' holds"):
        bm.aggregate(table, lens, measures={"n": bm.Stock()})


def test_text_is_sent_to_parse_counts():
    table = pd.DataFrame({"n": ["s"]}, pd.Index(["62498"], name="commune"))
    lens = bm.membership("epci").loc[table.index].rename("zone")
    with pytest.raises(MeasureError, match=r"holds text.*'s'.*bm\.parse_counts"):
        bm.aggregate(table, lens, measures={"n": bm.Stock()})


@pytest.mark.parametrize(
    "made",
    [
        lambda: bm.Ratio(numerator="a", denominator="b", scale=float("nan")),
        lambda: bm.Ratio(numerator="a", denominator="b", scale="x"),
        lambda: bm.Growth(start="a", end="b", years=-1),
        lambda: bm.Growth(start="a", end="b", years="x"),
        lambda: bm.Stock(vintage=2021),
        lambda: bm.Stock(label=None),
    ],
)
def test_a_measure_that_cannot_be_is_refused(made):
    with pytest.raises(MeasureError, match="expected"):
        made()


@pytest.mark.parametrize(
    "unit",
    [
        "%",
        "% par an",
        "‰",
        "pour cent",
        "pour mille",
        "pour 1000 habitants",
        "pour 1\u202f000 habitants",
        "logements par habitant",
        "€/hab.",
        "hab./km²",
    ],
)
def test_a_rate_declared_as_a_stock_is_refused_by_its_unit(unit):
    table = bm.statistics(epci="call")[["dwellings_2021"]]
    with pytest.raises(MeasureError, match="in the unit of a rate"):
        bm.aggregate(table, "epci", measures={"dwellings_2021": bm.Stock(unit=unit)})


@pytest.mark.parametrize("unit", ["logements", "logements/an", "logements par an", ""])
def test_a_count_a_year_adds_up(unit):
    table = bm.statistics(epci="call")[["dwellings_2021"]]
    measures = {"dwellings_2021": bm.Stock(unit=unit)}
    found, _ = bm.aggregate(table, "epci", measures=measures)
    assert found.loc[CALL, "dwellings_2021"] == 111_551


def test_a_column_that_bears_the_name_of_a_rate_is_questioned():
    table = bm.statistics(epci="call")[["dwellings_2021"]] / 7
    table = table.set_axis(["taux"], axis=1)
    with pytest.warns(BasinmapWarning, match="'taux'.*bears the name of a rate"):
        bm.aggregate(table, "epci", measures={"taux": bm.Stock()})
    # Whole numbers are counts, whatever they are called.
    whole, _ = bm.aggregate((table * 7).round(), "epci", measures={"taux": bm.Stock()})
    assert whole.loc[CALL, "taux"] == 111_551


@pytest.mark.parametrize(
    ("vintages", "years", "match"),
    [
        (("2021", "2015"), 6, "the end is not after the start"),
        (("2015", "2021"), 3, r"2015.*2021.*6 apart; write years=6"),
    ],
)
def test_a_growth_whose_years_contradict_its_counts_is_refused(vintages, years, match):
    table = bm.statistics(epci="call")[["population_2016", "population_2021"]]
    measures = dict(
        zip(table, (bm.Stock(vintage=year) for year in vintages), strict=True)
    )
    growth = bm.Growth(start="population_2016", end="population_2021", years=years)
    with pytest.raises(MeasureError, match=match):
        bm.aggregate(table, "epci", measures={**measures, "g": growth})


def test_a_growth_between_two_geographies_is_refused():
    table = bm.statistics(epci="call")[["population_2016", "population_2021"]]
    measures = {
        "population_2016": bm.Stock(geography="2016"),
        "population_2021": bm.Stock(geography="2026"),
        "g": bm.Growth(start="population_2016", end="population_2021", years=5),
    }
    with pytest.raises(MeasureError, match="differ by geography"):
        bm.aggregate(table, "epci", measures=measures)


def test_two_quantities_or_dates_that_run_backwards_are_no_series():
    table = bm.statistics()
    with pytest.raises(MeasureError, match="2 quantities are no series"):
        bm.compare_dates(table, "scot", columns=["population_2021", "dwellings_2021"])
    with pytest.raises(bm.errors.VintageError, match="in order of time"):
        bm.compare_dates(table, "scot", columns=["population_2021", "population_2019"])


def test_negative_weights_weigh_nothing():
    index = pd.Index(["62498", "62510"], name="commune")
    table = pd.DataFrame({"x": [10.0, 20.0], "w": [-1.0, 3.0]}, index)
    lens = bm.membership("epci").loc[index].rename("zone")
    with pytest.raises(MeasureError, match="'w': 1 negative"):
        bm.aggregate(table, lens, measures={"x": bm.Mean(weight="w")})


# -- reading counts -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "state"),
    [
        ("s", "secret"),
        ("S", "secret"),
        ("c", "secret"),
        ("\ufeffs ", "secret"),
        ("///", "not_applicable"),
        ("s.o.", "not_applicable"),
        ("so", "not_applicable"),
        ("nd", "not_available"),
        ("n.d.", "not_available"),
        ("ns", "not_available"),
        ("-", "not_available"),
        ("…", "not_available"),
        ("", "not_available"),
        (None, "not_available"),
        (float("nan"), "not_available"),
    ],
)
def test_the_usual_marks_are_understood(sign, state):
    found = bm.parse_counts(pd.Series([sign, "1"], name="n", dtype=object))
    assert found["n_state"].tolist() == [state, ""]
    assert found["n"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,5", 1234.5),
        ("1\u202f234", 1234),
        ("1\xa0234\xa0567", 1_234_567),
        ("\ufeff12", 12),
        ("12.5", 12.5),
        ("0", 0),
    ],
)
def test_numbers_are_read_as_they_are_printed(text, value):
    assert bm.parse_counts(pd.Series([text], name="n"))["n"].tolist() == [value]


def test_a_frame_is_read_column_by_column():
    raw = pd.DataFrame({"a": ["1", "s"], "b": ["///", "2"], "c": [3, 4]})
    found = bm.parse_counts(raw)
    assert list(found) == ["a", "a_state", "b", "b_state", "c", "c_state"]
    assert found["a_state"].tolist() == ["", "secret"]
    assert found["c"].tolist() == [3.0, 4.0]


def test_a_dash_is_nothing_where_the_user_says_so():
    raw = pd.Series(["-", "3"], name="n")
    assert bm.parse_counts(raw, zero="-")["n"].tolist() == [0.0, 3.0]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("0,5 %", "take the % off"),
        ("1.234,5", "take the points between thousands out"),
        ("abc", "say what they mean"),
        ("\uff11\uff12", "neither numbers nor known signs"),
        ("-4", r"1 negative count.*signed=True"),
    ],
)
def test_what_is_no_count_says_what_to_type(text, match):
    with pytest.raises(MeasureError, match=match):
        bm.parse_counts(pd.Series([text], name="n"))


def test_a_balance_is_read_with_its_sign():
    raw = pd.Series(["-4", "−12,5", "3"], name="n")
    assert bm.parse_counts(raw, signed=True)["n"].tolist() == [-4.0, -12.5, 3.0]


def test_told_is_kept_as_plain_values(rate):
    plain = tell(rate.copy(), told_of(rate), measures={"L04": bm.Stock(label="x")})
    assert plain.attrs["measures"] == {"L04": {"kind": "stock", "label": "x"}}


# -- nothing secret leaves -----------------------------------------------------------


def held(way):
    """A secret value that is still there, said by a column or by what is told."""
    table = bm.communes(epci="call")[["name", "geometry"]].assign(pop=12.0)
    if way == "column":
        return table.assign(pop_state=["secret"] + [""] * 35)
    table.attrs["states"] = {"pop": {table.index[0]: "secret"}}
    return table


@pytest.mark.parametrize("way", ["column", "attrs"])
@pytest.mark.parametrize("door", ["workbook", "layer", "table"])
def test_a_secret_that_is_there_leaves_by_no_door(tmp_path, way, door):
    layer = held(way)
    table = pd.DataFrame(layer.drop(columns="geometry"))
    table.attrs = layer.attrs
    doors = {
        "workbook": lambda p: bm.write_workbook(p, {"t": table}),
        "layer": lambda p: bm.write_geopackage(p, {"t": layer}),
        "table": lambda p: bm.write_geopackage(
            p, {"l": bm.communes(epci="call")}, tables={"t": table}
        ),
    }
    path = tmp_path / "out"
    with pytest.raises(SecrecyError, match=r"'t': 'pop': 1 value.*are there: '62001'"):
        doors[door](path)
    assert not path.exists()


# -- what a fresh eye met --------------------------------------------------------------


def test_states_that_a_frame_bore_are_kept_when_its_counts_are_read():
    raw = pd.DataFrame(
        {"v": ["7", None, "3"], "v_state": ["lower_bound", "secret", ""]}
    )
    found = bm.parse_counts(raw)
    assert found["v_state"].tolist() == ["lower_bound", "secret", ""]
    with pytest.raises(
        MeasureError, match=r"v: 1 value.* said to be missing are there"
    ):
        bm.parse_counts(raw.assign(v=["7", "5", "3"]))


@pytest.mark.parametrize("mark", ["999", 999, 999.0])
def test_a_number_that_stands_for_a_secret_is_one_in_a_column_of_floats(mark):
    raw = pd.Series([999, 1, None], name="n")
    assert bm.parse_counts(raw, secret=mark)["n_state"].tolist() == [
        "secret",
        "",
        "not_available",
    ]
    below = pd.Series([-999, 1, None], name="n")
    assert bm.parse_counts(below, secret=-999)["n_state"].iloc[0] == "secret"


def test_codes_are_no_counts():
    with pytest.raises(MeasureError, match=r"begin by a zero.*'01004'.*as the index"):
        bm.parse_counts(pd.DataFrame({"code": ["01004", "01005"], "n": ["1", "2"]}))


def test_what_has_no_object_leaves_both_sides_of_a_quotient():
    # Lens counted for 31,000 in 2021 and nothing in 2016 would be a growth of its own.
    table = bm.statistics(epci="call").drop(columns="area_km2")
    table["population_2016_state"] = ""
    table.loc["62498", "population_2016_state"] = "not_applicable"
    table["population_2016"] = table["population_2016"].mask(table.index == "62498")
    found = bm.compute("D02", table, to="epci", year=(2016, 2021))
    rest = bm.statistics(epci="call").drop("62498").sum()
    true = ((rest["population_2021"] / rest["population_2016"]) ** (1 / 5) - 1) * 100
    assert found[CALL] == pytest.approx(true)
    assert abs(found[CALL]) < 0.5


def test_a_count_of_the_user_is_not_credited_to_the_others():
    table = bm.statistics(epci="call").rename(
        columns={"vacant_dwellings_2021": "vacant_dwellings"}
    )
    found = bm.told_of(bm.compute("L04", table))
    assert "Source non indiquée : vacant_dwellings." in found.notes
    assert (found.title, found.vintage) == ("Taux de vacance des logements", "")


@pytest.mark.parametrize("verb", ["compute", "aggregate", "series"])
def test_columns_changed_since_they_were_declared_lose_their_credit(verb):
    table = bm.statistics()
    table["population_2021"] *= 3
    verbs = {
        "compute": lambda t: bm.compute("D01", t, year=2021),
        "aggregate": lambda t: bm.aggregate(t, "scot")[0],
        "series": lambda t: bm.aggregate(t[["population_2021"]], "scot")[0],
    }
    with pytest.warns(BasinmapWarning, match="changed since they were declared"):
        found = verbs[verb](table)
    told = bm.measures_of(found).get("population_2021")
    assert told is None or (told.label, told.source) == ("", "")


def test_a_bound_does_not_bound_what_was_made_of_it():
    people = bm.compute("D01", bm.statistics(), to="epci")
    assert bm.told_of(people).states == {"200069672": "lower_bound"}
    assert bm.told_of(50_000 - people).states == {}
    with pytest.warns(BasinmapWarning, match="no longer those of"):
        rest = fresh(50_000 - people)
    assert rest.attrs["states"] == {}
    again = bm.describe(50_000 - people, label="Reste", kind="stock")
    assert bm.told_of(again).states == {}


def test_a_comparison_names_codes_and_keeps_what_is_said_of_them():
    _, ax = bm.page(bm.communes(epci="call"), title="Population en 2023")
    people = bm.compute("D01", bm.statistics(), to="epci").loc[["200069672", CALL]]
    bm.draw_comparison(ax, people, names=bm.epcis()["name"])
    block = ax.blocks[-1]
    assert block.rows[0][0] == "CC du Ternois"
    assert block.written(0, "").startswith("≥")
    assert not block.written(1, "").startswith("≥")
    with pytest.warns(BasinmapWarning, match=r"codes were replaced by names.*names="):
        bm.draw_comparison(ax, people.rename(bm.epcis()["name"]))


def test_epcis_say_that_a_figure_lacks_what_lies_elsewhere():
    epcis = bm.epcis()
    assert bm.told_of(bm.column(epcis, "population")).states == {
        "200069672": "lower_bound"
    }
    _, ax = bm.page(epcis, title="Population en 2023")
    bm.draw_symbols(ax, epcis, epcis["population"])
    assert any(line.startswith("Minimum") for line in ax.notes)


def test_states_without_their_column_are_told(tmp_path):
    table = bm.aggregate(bm.statistics(), "epci")[0]
    renamed = table.rename(columns={"dwellings_2021": "logements"})
    with pytest.warns(BasinmapWarning, match="'dwellings_2021_state' say"):
        bm.write_workbook(
            tmp_path / "t.xlsx",
            {"EPCI": renamed[["logements", "dwellings_2021_state"]]},
        )


def test_a_mean_by_group_is_of_the_level_of_its_index(rate):
    grouped = rate.groupby(bm.membership("scot")).mean()
    assert bm.told_of(grouped).level == "scot"


def test_a_table_that_is_a_part_of_another_is_added_up():
    table = bm.statistics()[["vacant_dwellings_2021", "dwellings_2021"]]
    found, _ = bm.aggregate(table, "scot")
    assert set(found) == {"vacant_dwellings_2021", "dwellings_2021"}


@pytest.mark.parametrize(
    "call",
    [
        lambda: bm.compute("L04", bm.statistics()["dwellings_2021"]),
        lambda: bm.table_of([pd.Series([1.0])]),
        lambda: bm.classify(pd.Series([1.0, 2.0, 3.0]), k=2.5),
    ],
)
def test_what_is_no_table_is_refused_by_name(call):
    with pytest.raises(TypeError, match="is of no use here; pass"):
        call()
