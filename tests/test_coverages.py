"""Coverages: borders shared, faults found and mended, units merged and simplified."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
)
from basinmap.spatial.coverages import (
    check_coverage,
    clean_coverage,
    dissolve,
    neighbours,
    simplify_coverage,
)
from basinmap.spatial.matching import is_coverage
from basinmap.spatial.merging import merged_coverage

SHARED = Path(__file__).parents[2] / "shared/data/reference"
needs_reference = pytest.mark.skipif(not SHARED.exists(), reason="no reference data")


def boxes(*bounds, **columns):
    """Return rectangles called a, b, c…"""
    codes = list("abcdefgh"[: len(bounds)])
    shapes = [shapely.box(*box) for box in bounds]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=codes, crs=2154)


def chequer():
    """Return four squares of 100 m that meet at one point."""
    return boxes(
        (0, 0, 100, 100), (100, 0, 200, 100), (0, 100, 100, 200), (100, 100, 200, 200)
    )


def mbm():
    path = SHARED / "bassin-minier/communes-mbm.geojson"
    return gpd.read_file(path).to_crs(2154).set_index("insee")


# -- neighbours ----------------------------------------------------------------


def test_neighbours_share_a_border_and_not_just_a_corner():
    pairs = neighbours(chequer())
    told = [tuple(row) for row in pairs.itertuples(index=False)]
    assert told == [
        ("a", "b", 100.0),
        ("a", "c", 100.0),
        ("b", "d", 100.0),
        ("c", "d", 100.0),
    ]


def test_corners_count_when_asked_at_length_zero():
    pairs = neighbours(chequer(), points=True)
    corners = pairs[pairs["length"] == 0]
    assert corners[["unit", "neighbour"]].to_numpy().tolist() == [
        ["a", "d"],
        ["b", "c"],
    ]
    assert len(pairs) == 6


def test_neighbours_of_communes_agree_with_brute_force():
    units = bm.communes()
    pairs = neighbours(units, points=True)
    shapes = units.geometry.array
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    common = shapely.intersection(shapes[left], shapes[right])
    slow = pd.Series(
        shapely.length(common),
        index=pd.MultiIndex.from_arrays([units.index[left], units.index[right]]),
    ).sort_index()
    fast = pairs.set_index(["unit", "neighbour"])["length"].sort_index()
    assert fast.index.tolist() == slow.index.tolist()
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-6)


def test_a_tolerance_finds_the_same_neighbours_as_shared_edges():
    units = bm.communes(epci="call")
    exact, close = neighbours(units), neighbours(units, tolerance=5)
    pairs = [list(f[["unit", "neighbour"]].to_numpy().tolist()) for f in (exact, close)]
    assert pairs[0] == pairs[1]
    np.testing.assert_allclose(close["length"], exact["length"], atol=6 * 5)
    assert close.attrs["tolerance"] == 5


def test_a_gap_needs_a_tolerance_which_is_stated():
    apart = boxes((0, 0, 100, 100), (99, 0, 200, 100))
    with pytest.raises(DataError, match=r"2 unit\(s\).*'a', 'b'.*tolerance=5"):
        neighbours(apart)
    assert neighbours(apart, tolerance=2)["length"].tolist() == pytest.approx(
        [100], abs=8
    )
    with pytest.raises(DataError, match="above 0"):
        neighbours(apart, tolerance=-1)


def test_units_far_apart_have_no_neighbour():
    apart = boxes((0, 0, 100, 100), (500, 0, 600, 100))
    assert neighbours(apart).empty
    assert neighbours(apart, tolerance=10).empty


# -- checking ------------------------------------------------------------------


def test_embedded_communes_are_a_valid_coverage():
    assert check_coverage(bm.communes()).empty
    assert check_coverage(bm.communes(), gap_width=10).empty


@needs_reference
def test_finer_communes_are_not_until_they_are_cleaned():
    units = mbm()
    faults = check_coverage(units, gap_width=10)
    assert {"overlap", "gap"} <= set(faults["kind"])
    assert (faults.geometry.geom_type == "Point").all()
    clean, report = clean_coverage(units, gap_width=10)
    assert check_coverage(clean).empty
    assert len(report.changed) > 300
    moved = clean.area - units.area
    assert moved.abs().max() / 1e6 < 0.02


def test_overlap_gap_and_edge_are_told_with_place_and_surface():
    units = boxes(
        (0, 0, 100, 100),
        (98, 0, 200, 100),  # 2 m into a
        (0, 100, 200, 200),  # no vertex where a and b meet: an edge that differs
        (0, 200, 99.5, 300),
        (100, 200, 200, 300),  # half a metre from d, closed by f
        (0, 300, 200, 400),
    )
    faults = check_coverage(units)
    told = {
        (kind, codes): area
        for kind, codes, area in zip(
            faults["kind"], faults["codes"], faults["area"], strict=True
        )
    }
    assert told["overlap", ("a", "b")] == pytest.approx(200)
    assert told["gap", ("c", "d", "e", "f")] == pytest.approx(50)
    overlap = faults[faults["kind"] == "overlap"].geometry.iloc[0]
    assert 98 < overlap.x < 100
    assert faults["area"].is_monotonic_decreasing


def test_edges_that_do_not_match_are_a_fault_of_no_surface():
    units = boxes((0, 0, 100, 100), (100, 0, 200, 100), (0, 100, 200, 200))
    faults = check_coverage(units)
    assert set(faults["kind"]) == {"edge"}
    assert faults["area"].sum() == 0
    assert ("c",) in set(faults["codes"])


def test_a_wide_hole_is_a_lake():
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60)
    lake = gpd.GeoDataFrame(geometry=[ring], index=["a"], crs=2154)
    assert check_coverage(lake, gap_width=1).empty


# -- cleaning ------------------------------------------------------------------


def test_cleaning_says_what_moved():
    units = boxes((0, 0, 100, 100), (98, 0, 200, 100), name=["one", "two"])
    clean, report = clean_coverage(units)
    assert report.changed == {"b": -200.0}
    assert clean["name"].tolist() == ["one", "two"]
    assert report.frame.loc["surface (ha)", "difference"] == pytest.approx(-0.02)
    assert "b" in str(report)


def test_a_unit_that_would_vanish_is_an_error():
    twice = boxes((0, 0, 100, 100), (0, 0, 100, 100))
    with pytest.raises(DataError, match=r"1 would vanish.*'[ab]'"):
        clean_coverage(twice)


@pytest.mark.parametrize("options", [{"gap_width": -1}, {"snap": -1.0}])
def test_cleaning_refuses_negative_distances(options):
    with pytest.raises(DataError, match="0 or more"):
        clean_coverage(chequer(), **options)


# -- merging -------------------------------------------------------------------


def test_dissolving_communes_gives_the_epcis():
    merged = dissolve(bm.communes(), "epci", measures={"population": bm.Stock()})
    known = bm.epcis()
    assert merged.index.equals(known.index)
    assert merged.index.name == "epci"
    assert merged.geometry.geom_equals(known.geometry).all()
    assert merged["population"].tolist() == known["population"].tolist()
    assert merged["units"].tolist() == known["communes"].tolist()


def test_dissolving_combines_each_measure_as_aggregate_does():
    units = bm.communes().join(
        bm.statistics()[["dwellings_2021", "vacant_dwellings_2021"]]
    )
    units.loc["62498", "vacant_dwellings_2021"] = np.nan
    units["vacant_dwellings_2021_state"] = ""
    units.loc["62498", "vacant_dwellings_2021_state"] = "secret"
    rate = bm.Ratio(
        numerator="vacant_dwellings_2021", denominator="dwellings_2021", scale=100
    )
    measures = {"vacant_dwellings_2021": bm.Stock(), "rate": rate}
    merged = dissolve(units, "epci", measures=measures)
    table, _ = bm.aggregate(
        pd.DataFrame(units.drop(columns="geometry")), "epci", measures=measures
    )
    columns = list(table.columns)
    pd.testing.assert_frame_equal(
        pd.DataFrame(merged[columns]), table, check_names=False
    )
    assert merged.loc["246200364", "rate_state"] == "lower_bound"
    # It has a commune in the Somme.
    assert merged.loc["200069672", "vacant_dwellings_2021_state"] == "lower_bound"
    assert "(autre département)" in merged.attrs["remarks"]["200069672"]


def test_an_epci_that_lacks_a_commune_is_not_merged_as_if_it_were_whole():
    stock = {"population": bm.Stock()}
    units = bm.communes(scot="lens-lievin-henin-carvin").drop("62498")
    with pytest.warns(BasinmapWarning, match="couvre 35 communes sur 36, sans Lens"):
        merged = dissolve(units, "epci", measures=stock)
    assert merged["population_state"].tolist() == ["", "lower_bound"]
    told = dissolve(units, "epci").attrs["remarks"]["246200364"]
    assert "35 communes sur 36, sans Lens" in told.replace("\u202f", " ")
    allowed = dissolve(units, "epci", measures=stock, allow_partial=True)
    pd.testing.assert_frame_equal(allowed, merged)
    assert "246200364" in allowed.attrs["remarks"]
    with pytest.raises(DataError, match="no unit of level 'departement' is whole"):
        dissolve(units, "departement", measures=stock)


def test_a_partition_of_ones_own_says_what_it_lacks():
    units = bm.communes(epci="call")
    half = pd.Series("nord", units.index, name="secteur").mask(units.index > "62500")
    half = half.fillna("sud")
    whole = dissolve(units, half, measures={"population": bm.Stock()})
    assert "population_state" not in whole
    with pytest.warns(BasinmapWarning, match=r"« nord ».*sans Lens"):
        cut = dissolve(units.drop("62498"), half, measures={"population": bm.Stock()})
    assert cut["population_state"].tolist() == ["lower_bound", ""]
    # Under a name that is known, a partition of one's own is not that of the EPCI.
    mine = units.drop("62498").assign(epci=half)
    assert "remarks" not in dissolve(mine, "epci").attrs


def test_what_is_no_coverage_is_merged_with_a_warning():
    units = boxes((0, 0, 100, 100), (98, 0, 200, 100), group=["x", "x"])
    with pytest.warns(BasinmapWarning, match="no valid coverage"):
        merged = dissolve(units, "group")
    assert merged.area.tolist() == [200 * 100]


def test_dissolving_by_a_series_leaves_out_what_has_no_group():
    by = pd.Series({"a": 7, "b": 7, "d": 3}, name="sector")
    merged = dissolve(chequer(), by)
    assert merged["units"].to_dict() == {3: 1, 7: 2}
    assert merged.index.name == "sector"


def test_dissolving_refuses_what_it_cannot_combine():
    units = chequer().assign(group="x", units=1.0)
    with pytest.raises(ColumnError, match="sector"):
        dissolve(units, "sector")
    with pytest.raises(MeasureError, match="median"):
        dissolve(units, "group", measures={"units": bm.Median()})
    with pytest.raises(MeasureError, match="cannot be called 'units'"):
        dissolve(units, "group", measures={"units": bm.Stock()})
    with pytest.raises(DataError, match="empty selection"):
        dissolve(units.assign(group=None), "group")


# -- simplifying ---------------------------------------------------------------


def test_simplified_outlines_still_share_their_borders():
    fine = bm.communes(epci="call")
    coarse = simplify_coverage(fine, scale=5_000_000)
    assert coarse.attrs["simplified"] == 250
    assert shapely.coverage_is_valid(coarse.geometry.array)
    vertices = [
        shapely.get_num_coordinates(f.geometry.array).sum() for f in (fine, coarse)
    ]
    assert vertices[1] < 0.8 * vertices[0]
    assert coarse.area.sum() == pytest.approx(fine.area.sum(), rel=0.01)
    assert coarse["name"].equals(fine["name"])


@pytest.mark.parametrize("options", [{"scale": 0}, {"scale": 1e6, "paper_mm": -1}])
def test_simplifying_refuses_no_scale(options):
    with pytest.raises(DataError, match="above 0"):
        simplify_coverage(chequer(), **options)


def test_simplifying_refuses_what_would_tear():
    with pytest.raises(DataError, match="do not match"):
        simplify_coverage(boxes((0, 0, 100, 100), (98, 0, 200, 100)), scale=1e6)


# -- bad input -----------------------------------------------------------------

VERBS = [
    neighbours,
    check_coverage,
    clean_coverage,
    lambda units: dissolve(units, pd.Series("x", units.index)),
    lambda units: simplify_coverage(units, scale=1e5),
]


@pytest.mark.parametrize("verb", VERBS)
def test_outlines_that_mean_nothing_are_named(verb):
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    for shape, told in (
        (bow, "invalid"),
        (None, "without outline"),
        (shapely.Polygon(), "without outline"),
        (shapely.Point(0, 0), "no polygon"),
    ):
        units = chequer()
        units.geometry = [shape, *units.geometry.iloc[1:]]
        with pytest.raises(DataError, match=f"{told}.*'a'"):
            verb(units)


@pytest.mark.parametrize("verb", VERBS)
def test_what_cannot_be_measured_is_refused(verb):
    with pytest.raises(CRSError, match="degrees"):
        verb(chequer().to_crs(4326))
    with pytest.raises(DataError, match="empty"):
        verb(chequer().iloc[:0])
    with pytest.raises(DataError, match="more than once"):
        verb(chequer().iloc[[0, 0]])


def test_nothing_warns_on_a_valid_coverage():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dissolve(bm.communes(epci="call"), "scot")


def cracked(*gaps):
    """Two units a crack apart, or three around cracks in a T, all open outside."""
    if len(gaps) == 1:
        return boxes((0, 0, 1000, 1000), (1000 + gaps[0], 0, 2000, 1000))
    across, up = gaps
    return boxes(
        (0, 0, 1000, 1000),
        (1000 + across, 0, 2000, 1000),
        (0, 1000 + up, 2000, 2000),
    )


@pytest.mark.parametrize("gaps", [(1e-7,), (0.0005,), (0.5,), (0.3, 0.3)])
def test_a_crack_that_is_open_at_its_ends_is_a_fault_for_all_five_verbs(gaps):
    units = cracked(*gaps)
    assert len(check_coverage(units)) == len(units)
    with pytest.raises(DataError, match=rf"{len(units)} unit.* tolerance=5"):
        neighbours(units)
    with pytest.raises(DataError, match=rf"borders of {len(units)} unit"):
        simplify_coverage(units, scale=250_000)
    with pytest.warns(BasinmapWarning, match="no valid coverage"):
        dissolve(units.assign(whole="x"), "whole")


@pytest.mark.parametrize("gaps", [(1e-7,), (0.0005,), (0.5,), (0.3, 0.3)])
def test_cleaning_closes_a_crack_that_is_open_at_its_ends(gaps):
    units = cracked(*gaps)
    clean, _ = clean_coverage(units)
    assert len(check_coverage(clean)) == 0
    assert len(neighbours(clean)) == (1 if len(gaps) == 1 else 3)
    assert clean.area.sum() == pytest.approx(clean.union_all().area, abs=1e-6)


def test_cleaning_that_joins_vertices_says_how_far_apart_they_were():
    clean, report = clean_coverage(cracked(0.5))
    assert report.notes[1].startswith("Sommets à moins de 1,00 m")
    assert sum(report.changed.values()) == pytest.approx(500)
    assert clean.area.sum() == pytest.approx(2_000_000)


def test_a_snap_that_is_too_small_for_a_crack_is_refused_with_one_that_is_not():
    with pytest.raises(DataError, match=r"2 still no valid coverage.*snap=1"):
        clean_coverage(cracked(0.5), snap=0.1)
    clean, _ = clean_coverage(cracked(0.5), snap=1)
    assert len(neighbours(clean)) == 1


def test_units_that_lie_wider_apart_than_a_metre_are_no_neighbours():
    assert neighbours(cracked(1.5)).empty
    assert len(check_coverage(cracked(1.5))) == 0


@pytest.mark.parametrize("tolerance", [20, 100, 1000])
def test_a_wide_tolerance_loses_no_true_neighbour(tolerance):
    units = bm.communes(epci="call")
    exact = neighbours(units).set_index(["unit", "neighbour"])
    found = neighbours(units, tolerance=tolerance).set_index(["unit", "neighbour"])
    assert len(exact) == 84
    assert exact.index.isin(found.index).all()
    assert (found["length"].loc[exact.index] > 0).all()


def test_a_crack_left_by_a_wide_cleaning_is_told_by_unit():
    units = cracked(3.0)
    clean, report = clean_coverage(units, gap_width=5)
    assert clean.area.tolist() == units.area.tolist()
    assert "ouvert à un bout et laissé : 2 (a, b)." in report.notes[-1]


# -- whether many units are a coverage ---------------------------------------------


def tiling():
    """Return 30 × 30 squares of 100 m, those of every other column turned round."""
    x, y = (100.0 * each for each in divmod(np.arange(900), 30))
    shapes = shapely.segmentize(shapely.box(x, y, x + 100, y + 100), 50)
    return np.where((x // 100) % 2, shapely.reverse(shapes), shapes)


MIDDLE = 15 * 30 + 15  # from (1500, 1500) to (1600, 1600)
FAULTS = {
    "a unit that stands twice": lambda t: np.append(t, t[MIDDLE]),
    "one that stands three times": lambda t: np.append(t, t[[MIDDLE, MIDDLE]]),
    "one inside another": lambda t: np.append(t, shapely.box(1520, 1520, 1580, 1580)),
    "one over two": lambda t: np.append(t, shapely.box(1550, 1520, 1650, 1580)),
    "one that is moved by 30 cm": lambda t: _changed(t, lambda xy: xy + 0.3),
    "one that is larger by 1 mm": lambda t: _changed(
        t, lambda xy: 1550 + (xy - 1550) * 1.00002
    ),
    "one that is smaller by 50 cm": lambda t: _changed(
        t, lambda xy: 1550 + (xy - 1550) * 0.99
    ),
    "one that lacks a vertex": lambda t: _put(t, shapely.box(1500, 1500, 1600, 1600)),
    "one merged with what stays": lambda t: _put(t, t[MIDDLE].union(t[MIDDLE + 1])),
}
SOUND = {
    "a hole of 20 cm in one": lambda t: _put(
        t, t[MIDDLE] - t[MIDDLE].centroid.buffer(0.1)
    ),
    "nothing wrong": lambda t: t,
    "a lake where a unit was": lambda t: np.delete(t, MIDDLE),
    "a hole of 60 m": lambda t: _put(t, t[MIDDLE] - t[MIDDLE].centroid.buffer(30)),
    "a hole and what fills it": lambda t: np.append(
        _put(t, t[MIDDLE] - t[MIDDLE].centroid.buffer(30)),
        t[MIDDLE].centroid.buffer(30),
    ),
    "a unit in two pieces": lambda t: np.delete(
        _put(t, shapely.union(t[MIDDLE], t[0])), 0
    ),
}


def _changed(shapes, move):
    return _put(shapes, shapely.transform(shapes[MIDDLE], move))


def _put(shapes, shape):
    return np.concatenate([shapes[:MIDDLE], [shape], shapes[MIDDLE + 1 :]])


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_of_many_units_one_fault_is_enough_for_no_coverage(change):
    assert not is_coverage(change(tiling()), 1.0)


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_many_units_that_share_their_borders_are_a_coverage(change):
    assert is_coverage(change(tiling()), 1.0)


def test_most_units_of_a_tiling_are_not_looked_at(monkeypatch):
    looked = []

    def valid(shapes, **options):
        looked.append(len(shapes))
        return bool(real(shapes, **options))

    real = shapely.coverage_is_valid
    monkeypatch.setattr(shapely, "coverage_is_valid", valid)
    assert is_coverage(tiling(), 1.0)
    assert looked == [4 * 30 - 4]  # the rim


# -- merging many units ------------------------------------------------------------


def same_as_geos(shapes, groups):
    """Tell whether groups are merged as GEOS does, vertex by vertex."""
    merged = merged_coverage(shapes, groups, 1.0)
    theirs = [
        shapely.coverage_union_all(shapes[groups == n]) for n in range(len(merged))
    ]
    assert shapely.is_valid(merged).all()
    return bool(
        shapely.equals_exact(
            shapely.normalize(merged), shapely.normalize(theirs), 0.0
        ).all()
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 900))
def test_communes_merged_at_random_are_those_that_geos_merges(seed, count):
    shapes = np.asarray(bm.communes().geometry.array)
    chosen = np.random.default_rng(seed).integers(0, count, len(shapes))
    assert same_as_geos(shapes, np.unique(chosen, return_inverse=True)[1])


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
@pytest.mark.parametrize("wide", [1, 2, 7, 30])
def test_units_of_every_kind_are_merged_as_geos_does(change, wide):
    shapes = change(tiling())
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    # Blocks, every other one of them of one group: they meet at corners only.
    blocks = (x // (100 * wide) + y // (100 * wide)).astype(int) % 2
    assert same_as_geos(shapes, np.unique(blocks, return_inverse=True)[1])
    rows = (y // (100 * wide)).astype(int)
    assert same_as_geos(shapes, np.unique(rows, return_inverse=True)[1])


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_many_units_that_are_no_coverage_are_not_merged_as_one(change):
    shapes = change(tiling())
    assert merged_coverage(shapes, np.zeros(len(shapes), int), 1.0) is None


def test_most_groups_of_a_tiling_are_followed(monkeypatch):
    asked = []
    monkeypatch.setattr(shapely, "coverage_union_all", asked.append)
    merged = merged_coverage(tiling(), np.arange(900) // 30, 1.0)
    assert shapely.area(merged).tolist() == [300_000.0] * 30
    assert shapely.get_num_coordinates(merged).tolist() == [2 * 62 + 1] * 30
    assert asked == []


def test_heights_of_units_are_not_lost_when_they_are_merged():
    shapes = shapely.force_3d(tiling(), 12.0)
    (merged,) = merged_coverage(shapes, np.zeros(900, int), 1.0)
    assert merged.has_z == shapely.coverage_union_all(shapes).has_z
