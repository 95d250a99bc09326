"""Who is whose neighbour, and whether neighbours resemble one another."""

import importlib
import sys
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

import basinmap as bm
from basinmap.errors import (
    ArgumentError,
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    LibraryError,
    MeasureError,
    SecrecyError,
    VintageError,
)
from basinmap.impact.conditional import affordable, discoveries, tails

DIGITS = "0123456789abcdefghij"
quick = settings(max_examples=12, deadline=None, database=None)


def grid(side, *, far=()):
    """Return squares of 1 km, codes « 00 » to « 33 », some moved far away."""
    cells = [(x, y) for y in range(side) for x in range(side)]
    codes = [f"{DIGITS[y]}{DIGITS[x]}" for x, y in cells]
    shapes = [
        shapely.box(x * 1e3, y * 1e3, x * 1e3 + 1e3, y * 1e3 + 1e3) for x, y in cells
    ]
    found = gpd.GeoDataFrame(geometry=shapes, index=codes, crs=2154)
    for rank, code in enumerate(far, start=1):
        moved = shapely.affinity.translate(found.geometry[code], 5e5 * rank, 5e5)
        found.loc[code, "geometry"] = moved
    return found


def rates(numbers, codes, **told):
    values = pd.Series(numbers, index=codes, name="taux")
    return bm.describe(values, **{"kind": "ratio"} | told)


@pytest.fixture(scope="module")
def departements():
    """Return the 1,534 communes, their neighbours and two rates."""
    units = bm.communes()
    table = bm.statistics()
    return (
        units,
        bm.contiguity_weights(units),
        bm.compute("L05", table),
        bm.compute("L04", table),
    )


@pytest.fixture(scope="module")
def houses(departements):
    """Return where houses, or flats, gather."""
    _, near, share, _ = departements
    return bm.lisa(share, near)


# -- weights -----------------------------------------------------------------------


def test_neighbours_of_a_grid_are_those_of_chess():
    units = grid(3)
    queen = bm.contiguity_weights(units)
    rook = bm.contiguity_weights(units, corners=False)
    assert queen.counts.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert rook.counts.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]


def test_contiguity_is_that_of_pysal(departements):
    graphs = pytest.importorskip("libpysal.graph")
    units, near, *_ = departements
    peer = graphs.Graph.build_contiguity(units, rook=False)
    assert list(peer.unique_ids) == list(near.codes)
    assert (peer.sparse != near.matrix).nnz == 0


def test_distances_are_those_of_pysal(departements):
    graphs = pytest.importorskip("libpysal.graph")
    units = departements[0]
    points = units.set_geometry(units.representative_point())
    for ours, peer in [
        (
            bm.distance_weights(units, within=9_000),
            graphs.Graph.build_distance_band(points, threshold=9_000, binary=True),
        ),
        (bm.distance_weights(units, nearest=5), graphs.Graph.build_knn(points, k=5)),
    ]:
        assert (peer.sparse != ours.matrix).nnz == 0


def test_a_graph_of_pysal_comes_and_goes():
    pytest.importorskip("libpysal.graph")
    with pytest.warns(BasinmapWarning, match="1 unit.* without a neighbour.*'11'"):
        near = bm.contiguity_weights(grid(3, far=["11"]))
    graph = near.graph()
    assert list(graph.unique_ids) == list(near.codes)
    assert list(graph.isolates) == ["11"]
    with pytest.warns(BasinmapWarning, match="without a neighbour"):
        back = bm.weights_of(graph, rule="carrés qui se touchent")
    assert (back.matrix != near.matrix).nnz == 0
    assert "carrés qui se touchent" in str(back)


def test_a_graph_in_another_order_keeps_its_values_with_its_codes():
    graphs = pytest.importorskip("libpysal.graph")
    near = bm.contiguity_weights(grid(4))
    rows, columns = near.matrix.nonzero()
    order = np.random.default_rng(0).permutation(len(rows))
    graph = graphs.Graph.from_arrays(
        near.codes[rows[order]], near.codes[columns[order]], np.ones(len(rows))
    )
    values = rates(np.arange(16.0) ** 2, near.codes)
    other = bm.weights_of(graph, rule="carrés qui se touchent")
    assert bm.moran(values, other).statistic == pytest.approx(
        bm.moran(values, near).statistic, abs=1e-12
    )


def test_at_equal_distance_the_first_goes_first():
    near = bm.distance_weights(grid(3), nearest=2)
    centre = near.matrix[[near.codes.get_loc("11")]].indices
    assert list(near.codes[centre]) == ["01", "10"]


def test_minutes_make_neighbours_one_way():
    pairs = [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")]
    index = pd.MultiIndex.from_tuples(pairs, names=["origin", "destination"])
    times = pd.DataFrame({"minutes": [10, 16, None, 99, 15, 15]}, index=index)
    with pytest.warns(BasinmapWarning, match=r"2 unit.*'b', 'c'"):
        near = bm.time_weights(times, within=14)
    assert near.counts.tolist() == [1, 0, 0]
    near = bm.time_weights(times, within=16)
    assert near.counts.tolist() == [1, 2, 1]
    assert near.rule == "unités à 16 min au plus"


def test_minutes_that_say_nothing_are_refused():
    index = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")], names=["o", "d"])
    times = pd.DataFrame({"minutes": [10.0, 12.0]}, index=index)
    with pytest.raises(CodeError, match="travelled from, or to, but not both: 'a'"):
        bm.time_weights(times, within=15)
    with pytest.raises(ColumnError, match="minutes"):
        bm.time_weights(times.rename(columns={"minutes": "m"}), within=15)
    with pytest.raises(DataError, match="negative minutes"):
        bm.time_weights(-times, within=15)
    with pytest.raises(DataError, match="stand twice"):
        bm.time_weights(pd.concat([times, times]), within=15)
    with pytest.raises(DataError, match="index origin and destination"):
        bm.time_weights(times.reset_index(), within=15)


def test_weights_without_a_meaning_are_refused():
    units = grid(3)
    with pytest.raises(DataError, match="one of the two"):
        bm.distance_weights(units)
    with pytest.raises(DataError, match="in metres: 5_000"):
        bm.distance_weights(units, within=5)
    with pytest.raises(DataError, match="neighbour of all the others"):
        bm.distance_weights(units, within=5_000)
    with pytest.raises(DataError, match="whole number from 1 to 7"):
        bm.distance_weights(units, nearest=8)
    with pytest.raises(CRSError):
        bm.distance_weights(units.to_crs(4326), within=5_000)
    with pytest.raises(DataError, match="none has a neighbour"):
        bm.contiguity_weights(units.head(1))
    with pytest.raises(DataError, match=r"libpysal\.graph\.Graph"):
        bm.weights_of({"a": ["b"]}, rule="amis")
    with pytest.raises(DataError, match="own neighbour"):
        bm.Weights(pd.Index(["a", "b"]), np.eye(2), "soi-même")
    with pytest.raises(DataError, match="pandas Index"):
        bm.Weights(["a", "b"], np.eye(2), "x")
    near = bm.contiguity_weights(units)
    with pytest.raises(ArgumentError, match=r"star: 'yes' is .* True or False"):
        bm.hot_spots(rates(np.arange(9.0), near.codes), near, star="yes")
    with pytest.raises(DataError, match="above 0"):
        bm.Weights(pd.Index(["a", "b"]), sparse.csr_array([[0, -1], [1, 0]]), "x")


def test_without_pysal_the_message_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "libpysal.graph", None)
    with pytest.raises(LibraryError, match=r"pip install libpysal"):
        bm.contiguity_weights(grid(3)).graph()


# -- over the whole territory ------------------------------------------------------


def test_moran_and_geary_of_a_line_by_hand():
    # a-b-c-d-e, values 1 to 5, ends have one neighbour: by rows standardised,
    # z = -2 -1 0 1 2; lags -1, -1, 0, 1, 1; z.lag = 2+1+0+1+2 = 6, z.z = 10.
    units = grid(5).iloc[::5]
    near = bm.contiguity_weights(units)
    assert near.counts.tolist() == [1, 2, 2, 2, 1]
    values = rates([1.0, 2.0, 3.0, 4.0, 5.0], units.index)
    assert bm.moran(values, near).statistic == pytest.approx(0.6)
    assert bm.moran(values, near).expected == pytest.approx(-0.25)
    # All neighbours differ by 1: (5 - 1) / (2 x 5) x 5 / 10.
    assert bm.geary(values, near).statistic == pytest.approx(0.2)
    # Products of neighbours 2 (2+6+12+20) = 80; of all pairs 15² - 55 = 170.
    assert bm.getis_ord(values, near).statistic == pytest.approx(80 / 170)


def test_global_statistics_are_those_of_esda(departements):
    esda = pytest.importorskip("esda")
    _, near, share, _ = departements
    x = share.reindex(near.codes).to_numpy()
    graph = near.graph()
    rows = graph.transform("r")
    ours = bm.moran(share, near, permutations=199)
    peer = esda.Moran(x, rows, permutations=0)
    assert ours.statistic == pytest.approx(peer.I, abs=1e-12)
    assert ours.expected == pytest.approx(peer.EI, abs=1e-15)
    assert bm.geary(share, near, permutations=99).statistic == pytest.approx(
        esda.Geary(x, rows, permutations=0).C, abs=1e-12
    )
    assert bm.getis_ord(share, near, permutations=99).statistic == pytest.approx(
        esda.G(x, graph, permutations=0).G, abs=1e-12
    )
    assert ours.p_value == 2 / 200
    assert "se ressemblent plus" in ours.sentence
    assert "p ≤ 0,01, 199 tirages" in ours.sentence


def test_joins_of_a_grid_by_hand():
    # Rows 0 and 1 of a 4 x 4 grid are « a »: rook joins 12 - 2 = 10 of each, 4 across.
    units = grid(4)
    near = bm.contiguity_weights(units, corners=False)
    kinds = pd.Series(["a" if c[0] in "01" else "b" for c in units.index], units.index)
    found = bm.join_counts(kinds.rename("genre"), near)
    assert found["joins"].tolist() == [10, 4, 10]
    assert found["expected"].tolist() == pytest.approx([5.6, 12.8, 5.6])
    assert (found["p_value"] < 0.01).all()
    assert found["expected"].sum() == pytest.approx(24)


def test_joins_are_those_of_esda():
    esda = pytest.importorskip("esda")
    near = bm.contiguity_weights(grid(6))
    town = np.random.default_rng(3).integers(0, 2, 36)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = esda.Join_Counts(town, near.graph(), permutations=9)
    found = bm.join_counts(pd.Series(town, near.codes, name="ville"), near)
    assert found["joins"].tolist() == [peer.ww, peer.bw, peer.bb]


def test_noise_is_no_resemblance_and_is_said_so():
    near = bm.contiguity_weights(grid(7))
    noise = np.random.default_rng(5).normal(10, 1, 49)
    found = bm.moran(rates(noise, near.codes), near)
    assert found.p_value > 0.05
    assert found.sentence.startswith("Rien ne permet de dire")


def test_a_chequerboard_is_less_than_chance():
    units = grid(6)
    near = bm.contiguity_weights(units, corners=False)
    board = [float((int(c[0]) + int(c[1])) % 2) for c in units.index]
    found = bm.moran(rates(board, units.index), near)
    assert found.statistic == pytest.approx(-1)
    assert "se ressemblent moins" in found.sentence
    assert "se ressemblent moins" in bm.geary(rates(board, units.index), near).sentence
    alike = bm.moran(rates(board, units.index), near, alternative="greater")
    assert alike.p_value == 1.0


# -- unit by unit ------------------------------------------------------------------


def test_local_statistics_are_those_of_esda(departements, houses):
    esda = pytest.importorskip("esda")
    _, near, share, _ = departements
    x = share.reindex(near.codes).to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = esda.Moran_Local(x, near.graph().transform("r"), permutations=0)
    assert houses["moran"].to_numpy() == pytest.approx(peer.Is, abs=1e-9)


def test_p_is_that_of_draws_one_unit_at_a_time(departements, houses):
    # The plain way, unit by unit: the neighbours are drawn among the others.
    _, near, share, _ = departements
    x = share.reindex(near.codes).to_numpy()
    x = x - x.mean()
    rng = np.random.default_rng(7)
    draws = 2_000
    for rank in range(0, len(x), 150):
        others = np.delete(x, rank)
        own = near.matrix[[rank]].indices
        picked = rng.random((draws, len(others))).argpartition(len(own), axis=1)
        sums = others[picked[:, : len(own)]].sum(axis=1)
        tail = min((sums >= x[own].sum()).sum(), (sums <= x[own].sum()).sum())
        expected = min(1.0, 2 * (tail + 1) / (draws + 1))
        spread = 2 * np.sqrt(max(expected, 2 / draws) / 2 / draws)
        assert houses["p_value"].iloc[rank] == pytest.approx(expected, abs=5 * spread)


def test_local_g_is_that_of_esda(departements):
    esda = pytest.importorskip("esda")
    _, near, share, _ = departements
    x = share.reindex(near.codes).to_numpy()
    graph = near.graph()
    for star in (True, False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer = esda.G_Local(x, graph, transform="B", star=star, permutations=0)
        ours = bm.hot_spots(share, near, star=star, permutations=99, correction="none")
        assert ours["g"].to_numpy() == pytest.approx(peer.Gs, abs=1e-12)
        assert ours["z"].to_numpy() == pytest.approx(peer.Zs, abs=1e-9)


def test_p_is_that_of_all_possible_draws():
    # Five units in a line: the two neighbours of c are any of the 6 pairs of the four
    # others, whose sums are counted by hand.
    units = grid(5).iloc[::5]
    near = bm.contiguity_weights(units)
    values = np.array([1.0, 4.0, 3.0, 6.0, 9.0])
    found = tails(values, near.matrix, draws=20_000, seed=0)
    middle = found.above[2] / found.drawn[2]
    # 4 + 6 = 10; pairs of 1 4 6 9: 5 7 10 10 13 15, four of six at least 10.
    assert middle == pytest.approx(4 / 6, abs=0.015)
    assert found.below[2] / found.drawn[2] == pytest.approx(4 / 6, abs=0.015)
    assert (found.drawn >= 20_000).all()
    # The end has one neighbour, 4: three of 4 3 6 9 are at least 4.
    assert found.above[0] / found.drawn[0] == pytest.approx(3 / 4, abs=0.015)


def test_unequal_weights_are_drawn_like_equal_ones():
    units = grid(6)
    near = bm.contiguity_weights(units)
    values = np.random.default_rng(2).normal(size=36)
    even = tails(values, near.matrix, draws=20_000, seed=0)
    # The same up to a part in a million, which sends them the other way.
    matrix = near.matrix.copy()
    matrix.data = 1 + 1e-6 * np.random.default_rng(1).random(matrix.nnz)
    uneven = tails(values, matrix, draws=20_000, seed=1)
    assert affordable(near.matrix) == 199_999
    assert affordable(matrix) == 199_999  # of few units
    many = sparse.block_diag([matrix] * 200, format="csr")
    assert affordable(sparse.csr_array(many)) == 41_666
    one, other = even.above / even.drawn, uneven.above / uneven.drawn
    assert np.abs(one - other).max() < 0.025


def test_noise_gives_the_share_of_false_alarms_that_it_should():
    near = bm.contiguity_weights(grid(20))
    noise = np.random.default_rng(11).normal(size=400)
    values = rates(noise, near.codes, kind="mean")
    p = bm.lisa(values, near, permutations=1_999, correction="none")["p_value"]
    assert 0.02 < (p <= 0.05).mean() < 0.085
    assert p.between(0, 1, inclusive="right").all()
    cleared = bm.lisa(values, near)["cluster"]
    assert (cleared == "Non significatif").all()


def test_twenty_maps_of_noise_show_no_cluster():
    # At most 5 % of maps with a false one are expected: one of twenty.
    near = bm.contiguity_weights(grid(9))
    rng = np.random.default_rng(12)
    false = 0
    for _ in range(20):
        values = rates(rng.normal(size=81), near.codes, kind="mean")
        false += bm.lisa(values, near)["cluster"].ne("Non significatif").any()
    assert false <= 3


def test_most_communes_are_not_significant_and_it_is_said(houses):
    counted = houses["cluster"].value_counts()
    assert counted.index[0] == "Non significatif"
    assert counted["Regroupement bas"] >= 30
    assert houses.loc["59350", "cluster"] == "Regroupement bas"  # Lille, its flats
    said = bm.told_of(bm.column(houses, "cluster"))
    assert said.kind == "category"
    assert any("après correction pour 1\u202f534 tests" in note for note in said.notes)


def test_without_correction_the_notes_count_false_alarms(departements):
    _, near, _, vacancy = departements
    found = bm.lisa(vacancy, near, permutations=999, correction="none")
    assert found["cluster"].ne("Non significatif").sum() > 76
    notes = bm.told_of(found).notes
    assert any("environ 77 seraient signalées par le seul hasard" in n for n in notes)


def test_too_few_draws_for_the_correction_are_told(departements):
    _, near, share, _ = departements
    with pytest.warns(BasinmapWarning, match="write permutations=61359"):
        bm.lisa(share, near, permutations=499)


def test_false_discoveries_are_those_of_scipy():
    p = np.random.default_rng(0).random(200) ** 4
    adjusted = stats.false_discovery_control(p)
    assert (discoveries(p, 0.05) == (adjusted <= 0.05)).all()
    assert not discoveries(np.array([0.2, 0.9]), 0.05).any()


def test_hot_and_cold_spots_are_where_they_were_put():
    units = grid(10)
    near = bm.contiguity_weights(units)
    x, y = (np.array([int(c[i]) for c in units.index]) for i in (1, 0))
    rate = np.random.default_rng(4).normal(20, 1, 100)
    rate += 10 * ((x < 3) & (y < 3)) - 10 * ((x > 6) & (y > 6))
    found = bm.hot_spots(rates(rate, units.index), near)
    assert found.loc["11", "cluster"] == "Point chaud"
    assert found.loc["88", "cluster"] == "Point froid"
    assert found.loc["55", "cluster"] == "Non significatif"


# -- what is not there -------------------------------------------------------------


@pytest.mark.parametrize("statistic", [bm.moran, bm.geary, bm.getis_ord])
def test_missing_values_and_isolates_change_nothing_for_the_others(statistic):
    units = grid(5)
    whole = bm.contiguity_weights(units.drop("44"))
    values = np.random.default_rng(1).random(25)
    expected = statistic(rates(values[:-1], whole.codes), whole).statistic
    with pytest.warns(BasinmapWarning, match="without a neighbour"):
        near = bm.contiguity_weights(grid(5, far=["44"]))
    found = statistic(rates(values, near.codes), near)
    assert found.statistic == pytest.approx(expected)
    assert dict(found.left_out) == {"44": "isolate"}
    near = bm.contiguity_weights(units)
    gone = rates([*values[:-1], np.nan], near.codes, states={"44": "secret"})
    found = statistic(gone, near)
    assert found.statistic == pytest.approx(expected)
    assert found.units == 24
    assert "1 secrète" in str(found)


def test_one_missing_value_makes_no_cluster():
    units = grid(6)
    near = bm.contiguity_weights(units)
    noise = np.random.default_rng(8).random(36)
    values = rates(noise, units.index)
    values["33"] = np.nan
    values = bm.describe(values, kind="ratio")
    found = bm.lisa(values, near)
    assert found["cluster"].isna().tolist() == (found.index == "33").tolist()
    assert found.loc["33", "cluster_state"] == "not_available"
    assert (found["cluster"].dropna() == "Non significatif").all()


def test_an_isolate_is_in_no_cluster_and_the_map_says_why():
    with pytest.warns(BasinmapWarning, match="without a neighbour"):
        near = bm.contiguity_weights(grid(5, far=["22"]))
    values = rates(np.random.default_rng(8).random(25), near.codes)
    found = bm.lisa(values, near)
    assert found.loc["22"].drop(["cluster_state"]).isna().all()
    assert bm.column(found, "cluster").attrs["states"] == {"22": "not_applicable"}
    assert any("1 sans voisine" in note for note in bm.told_of(found).notes)


def test_a_unit_whose_neighbours_are_all_secret_is_left_out():
    units = grid(3)
    near = bm.contiguity_weights(units, corners=False)
    secret = {"01": "secret", "10": "secret"}
    values = rates(np.arange(9.0), units.index).mask(units.index.isin(list(secret)))
    values = bm.describe(values, kind="ratio", states=secret)
    found = bm.moran(values, near)
    assert dict(found.left_out) == {**secret, "00": "isolate"}


def test_a_minimum_is_no_value():
    near = bm.contiguity_weights(grid(4))
    told = {"00": "lower_bound", "01": "estimated"}
    values = rates(np.arange(16.0) ** 2, near.codes, states=told)
    found = bm.lisa(values, near)
    assert found.loc["00", "cluster_state"] == "not_available"
    notes = " ".join(bm.told_of(found).notes)
    assert "1 connue par un minimum" in notes
    assert "1 valeur estimée" in notes


def test_a_value_that_is_secret_and_there_is_refused():
    near = bm.contiguity_weights(grid(4))
    values = pd.Series(np.arange(16.0), near.codes, name="taux")
    values.attrs = {"kind": "ratio", "states": {"00": "secret"}}
    with pytest.raises(SecrecyError):
        bm.lisa(values, near)


def test_what_cannot_be_compared_is_refused():
    near = bm.contiguity_weights(grid(4))
    values = rates(np.arange(16.0), near.codes)
    with pytest.raises(CodeError, match=r"1 unit.* without a line: '00'"):
        bm.moran(values.drop("00"), near)
    with pytest.raises(CodeError, match="that the weights do not have: '00'"):
        bm.moran(values, near.among(near.codes[1:]))
    with pytest.raises(DataError, match=r"all 16 values are 1\.0"):
        bm.moran(rates(np.ones(16), near.codes), near)
    few = values.where(values < 4)
    with pytest.raises(DataError, match="at least 5 are needed"):
        bm.lisa(few, near)
    with pytest.raises(DataError, match="infinite at '00'"):
        bm.moran(rates([np.inf, *range(15)], near.codes), near)
    with pytest.raises(MeasureError, match="is a stock"):
        bm.lisa(bm.describe(values, unit="logements", kind="stock"), near)
    with pytest.raises(DataError, match="negative"):
        bm.hot_spots(bm.describe(values - 3, kind="ratio", unit="points"), near)
    with pytest.raises(ArgumentError, match=r"weights: 'queen' .*contiguity_weights"):
        bm.moran(values, "queen")
    with pytest.raises(ArgumentError, match=r"seed: 1\.5"):
        bm.moran(values, near, seed=1.5)
    with pytest.raises(DataError, match="permutations: a whole number from 99"):
        bm.moran(values, near, permutations=9)
    with pytest.raises(DataError, match="alternative"):
        bm.lisa(values, near, alternative="folded")
    with pytest.raises(DataError, match="alpha"):
        bm.lisa(values, near, alpha=5)
    with pytest.raises(MeasureError, match="is measured"):
        bm.join_counts(values, near)


def test_values_of_another_list_of_communes_are_refused(departements):
    _, near, share, _ = departements
    assert near.rule.startswith("communes qui se touchent")
    old = bm.describe(share, geography="2020-01-01")
    with pytest.raises(VintageError, match="of 2020, among neighbours of 2026"):
        bm.moran(old, near)
    assert near.among(near.codes[:10]).geography == "2026"


# -- invariances -------------------------------------------------------------------


@given(
    seed=st.integers(0, 1_000),
    scale=st.floats(0.01, 1_000),
    shift=st.floats(-1_000, 1_000),
)
@quick
def test_moran_knows_no_unit_of_measure(seed, scale, shift):
    near = bm.contiguity_weights(grid(4))
    numbers = np.random.default_rng(seed).normal(size=16)
    plain = pd.Series(numbers, near.codes, name="taux")
    first = bm.moran(bm.describe(plain, kind="mean"), near, permutations=99)
    moved = bm.describe(plain * scale + shift, kind="mean")
    second = bm.moran(moved, near, permutations=99)
    assert second.statistic == pytest.approx(first.statistic, abs=1e-7)


@given(st.randoms(use_true_random=False))
@quick
def test_neither_order_nor_names_change_a_cluster(random):
    units = grid(4)
    values = rates(np.random.default_rng(9).random(16), units.index)
    near = bm.contiguity_weights(units)
    plain = bm.lisa(values, near, permutations=199)
    order = list(units.index)
    random.shuffle(order)
    # Values in another order: the very same answer.
    again = bm.lisa(values.loc[order], near, permutations=199)
    pd.testing.assert_frame_equal(plain, again)
    # Units in another order, under other names: the same statistic of each.
    names = {code: f"x{rank}" for rank, code in enumerate(order)}
    renamed = units.loc[order].rename(index=names)
    moved = values.loc[order].rename(index=names)
    other = bm.lisa(moved, bm.contiguity_weights(renamed), permutations=199)
    back = other.rename(index={name: code for code, name in names.items()})
    assert back.loc[plain.index, "moran"].tolist() == pytest.approx(
        plain["moran"].tolist()
    )


@given(st.integers(0, 1_000), st.floats(0.01, 1_000))
@quick
def test_joins_know_no_names_and_hot_spots_no_unit(seed, scale):
    near = bm.contiguity_weights(grid(4))
    rng = np.random.default_rng(seed)
    kinds = pd.Series(rng.choice(["a", "b", "c"], 16), near.codes, name="genre")
    kinds.iloc[:3] = ["a", "b", None]
    plain = bm.join_counts(kinds, near, permutations=99)
    named = kinds.map({"a": "x", "b": "y", "c": "z"}).sample(frac=1, random_state=seed)
    again = bm.join_counts(named, near, permutations=99)
    assert again["joins"].tolist() == plain["joins"].tolist()
    assert plain["joins"].sum() == near.among(near.codes.drop("02")).matrix.sum() / 2
    values = rates(rng.random(16), near.codes, kind="mean")
    options = {"permutations": 99, "correction": "none"}
    first = bm.hot_spots(values, near, **options)
    second = bm.hot_spots(bm.describe(values * scale, kind="mean"), near, **options)
    assert second["z"].tolist() == pytest.approx(first["z"].tolist(), abs=1e-6)
    assert second["p_value"].tolist() == first["p_value"].tolist()


def test_one_seed_is_one_answer(departements, houses):
    _, near, share, _ = departements
    pd.testing.assert_frame_equal(bm.lisa(share, near), houses)


# -- drawn -------------------------------------------------------------------------


def test_a_plate_of_clusters_tells_its_kinds_and_how_many(departements, houses):
    units = departements[0]
    fig, ax = bm.page(units, title="Où se regroupent les maisons")
    bm.draw_typology(ax, units, bm.column(houses, "cluster"))
    swatches = ax.blocks[-1].swatches
    assert [swatch.label for swatch in swatches][-1] == "Non significatif"
    assert sum(swatch.count for swatch in swatches) == 1534
    assert swatches[0].color == "#b2182b"
    assert "Regroupement bas" in bm.alternative_text(fig)


def test_a_print_in_grey_leaves_what_is_not_significant_palest(departements, houses):
    units = departements[0]
    _, ax = bm.page(units, title="Où se regroupent les maisons", theme=bm.GREY)
    bm.draw_typology(ax, units, bm.column(houses, "cluster"))
    colors = [swatch.color for swatch in ax.blocks[-1].swatches]
    assert max(colors) == colors[-1] == "#dcdcdc"
    assert min(colors) == colors[0]


def test_the_room_needs_no_optional_library():
    rooms = [
        importlib.import_module(f"basinmap.impact.{name}")
        for name in ("weights", "autocorrelation", "samples", "conditional")
    ]
    for room in rooms:
        assert not {"libpysal", "esda", "numba"} & set(vars(room))
