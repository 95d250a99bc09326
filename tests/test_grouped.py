"""Units of few, put together with their neighbours: who, how, and what a map says."""

import datetime as dt
import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex

import basinmap as bm
from basinmap.errors import DataError, MeasureError
from basinmap.maps.paper.blocks import ClassesBlock, KeyBlock
from basinmap.maps.paper.inks import contrast
from basinmap.values.told import told_of

CODES = list(bm.communes(epci="200069482").index)
X, Y = 650_000.0, 7_030_000.0


def units(boxes):
    """Boxes in kilometres: x, y, width, height."""
    shapes = [
        shapely.box(X + 1e3 * x, Y + 1e3 * y, X + 1e3 * (x + w), Y + 1e3 * (y + h))
        for x, y, w, h in boxes
    ]
    codes = pd.Index(CODES[: len(boxes)], name="commune")
    names = [f"Lieu {place}" for place in range(len(boxes))]
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=2154, index=codes)


def counts(dwellings, vacant, **states):
    codes = pd.Index(CODES[: len(dwellings)], name="commune")
    table = pd.DataFrame(
        {"dwellings_2021": dwellings, "vacant_dwellings_2021": vacant, **states},
        index=codes,
        dtype=object if states else float,
    )
    table = table.astype({"dwellings_2021": float, "vacant_dwellings_2021": float})
    whole = {name: bm.Stock() for name in ("dwellings_2021", "vacant_dwellings_2021")}
    return bm.describe(table, measures=whole, sources=["essai"])


def row(count):
    return units([(place, 0, 1, 1) for place in range(count)])


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def places(groups):
    """Groups as sets of places in the row."""
    found = {}
    for place, group in enumerate(groups):
        found.setdefault(group, []).append(place)
    return sorted(found.values())


# -- who goes with whom ----------------------------------------------------------------


def test_communes_of_few_join_until_they_are_enough_and_others_are_left_as_they_are():
    # 2 and 6 are firm. 5 (40) joins 4 (90), 3 (60) joins them: 190, and nobody is left
    # to join: they are undone. 0 (100) joins 1 (120): 220. 7 has no neighbour of few.
    table = counts([100, 120, 300, 60, 90, 40, 250, 50], [10, 6, 30, 1, 9, 4, 5, 5])
    groups = bm.fragile_groups("L04", table, row(8))
    assert groups.tolist() == [f"{CODES[1]}+1"] * 2 + CODES[2:8]
    assert groups.name == "group"
    assert groups.index.tolist() == CODES[:8]
    rates = bm.compute("L04", table, to=groups)
    # 16 of 220, which is not the mean of 10 % and 5 %.
    assert rates[f"{CODES[1]}+1"] == pytest.approx(100 * 16 / 220)
    assert rates[CODES[2]] == pytest.approx(10.0)
    assert set(told_of(rates).fragile) == {CODES[p] for p in (3, 4, 5, 7)}
    assert plain(told_of(groups).rule) == (
        "2 communes de moins de 200 logements regroupées avec leurs voisines : 1 groupe"
    )


def test_the_longest_border_is_joined_then_fewest_then_the_lowest_code():
    # 0 (50) lies under 1 (border of 300 m) and 2 (700 m), of 160 each.
    across = units([(0, 0, 1, 1), (0, 1, 0.3, 1), (0.3, 1, 0.7, 1)])
    under = [(0, 0), (1000, 0), (1000, 1000), (300, 1000), (0, 1000)]
    across.loc[CODES[0], "geometry"] = shapely.Polygon(
        [(X + x, Y + y) for x, y in under]
    )
    # 1 is then of too few still, and joins those that are enough.
    found = bm.fragile_groups("L04", counts([50, 160, 160], [1, 1, 1]), across)
    assert found.tolist() == [f"{CODES[1]}+2"] * 3
    # Borders as long: 1 (30) goes to 2 (170) rather than to 0 (180).
    table = counts([180, 30, 170, 900], [1, 1, 1, 1])
    ends = bm.fragile_groups("L04", table, row(4))
    # Then 0 (180), of too few, joins 1 and 2.
    assert places(ends) == [[0, 1, 2], [3]]
    assert ends.iloc[0] == f"{CODES[0]}+2"
    # 1 (30) between two of 170 goes to the lower code; the other one is left to join.
    table = counts([170, 30, 170, 30], [1, 1, 1, 1])
    assert places(bm.fragile_groups("L04", table, row(4))) == [[0, 1], [2, 3]]


def test_who_is_of_few_still_goes_before_who_is_enough():
    # 0 and 1 make 200; 3 (90) then goes to 4 (120), and not to the group beside it.
    table = counts([90, 110, 95, 130], [1, 1, 1, 1])
    assert places(bm.fragile_groups("L04", table, row(4))) == [[0, 1], [2, 3]]


def test_what_touches_at_a_point_is_no_neighbour():
    corner = units([(0, 0, 1, 1), (1, 1, 1, 1)])
    table = counts([150, 150], [1, 1])
    assert places(bm.fragile_groups("L04", table, corner)) == [[0], [1]]


def islands(wide, high, few):
    """Places of a grid of which some count, by neighbours of a side in common."""
    left = {place for place in range(wide * high) if few[place]}
    while left:
        island, edge = [], [left.pop()]
        while edge:
            place = edge.pop()
            island.append(place)
            y, x = divmod(place, wide)
            beside = [(y, x - 1), (y, x + 1), (y - 1, x), (y + 1, x)]
            near = {r * wide + c for r, c in beside if 0 <= c < wide and 0 <= r < high}
            edge += left & near
            left -= near
        yield island


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_groups_are_a_partition_in_one_piece_of_enough_whatever_the_order(data):
    wide, high = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    boxes = [(x, y, 1, 1) for y, x in itertools.product(range(high), range(wide))]
    of = st.lists(st.integers(0, 260), min_size=len(boxes), max_size=len(boxes))
    homes = data.draw(of)
    empty = [home // 10 for home in homes]
    ground, table = units(boxes), counts(homes, empty)
    groups = bm.fragile_groups("L04", table, ground)

    order = data.draw(st.permutations(range(len(boxes))))
    again = bm.fragile_groups("L04", table.iloc[order[::-1]], ground.iloc[order])
    assert again.reindex(groups.index).tolist() == groups.tolist()

    weights = pd.Series(homes, groups.index, dtype=float)
    few = weights.between(1, 199)
    sizes, sums = groups.value_counts(), weights.groupby(groups).sum()
    several = sizes.index[sizes > 1]
    assert (sums[several] >= 200).all()
    # Whoever is firm, or has no rate, is alone under its own code.
    assert groups[~few].tolist() == groups.index[~few].tolist()
    for group in several:
        whole = shapely.union_all(ground.geometry[groups == group].to_numpy())
        assert whole.geom_type == "Polygon"
        assert shapely.buffer(whole, -1).geom_type == "Polygon"  # not by a corner
    # Who is left alone lies among neighbours of few who all together are too few.
    for island in islands(wide, high, few.tolist()):
        joined = groups.iloc[island].isin(several)
        enough = weights.iloc[island].sum() >= 200
        assert joined.all() if enough else not joined.any()

    rates = bm.compute("L04", table, to=groups)
    vacant = pd.Series(empty, groups.index, dtype=float).groupby(groups).sum()
    right = (100 * vacant / sums.where(sums > 0)).reindex(rates.index)
    np.testing.assert_allclose(rates.to_numpy(float), right.to_numpy())
    assert vacant.sum() == sum(empty)


# -- what is not known -----------------------------------------------------------------


def test_a_secret_is_in_no_group_and_a_lower_bound_makes_the_group_one():
    states = [None, "secret", "lower_bound", None]
    table = counts(
        [150, 150, 150, 150],
        [10, np.nan, 20, 15],
        vacant_dwellings_2021_state=states,
    )
    groups = bm.fragile_groups("L04", table, row(4))
    assert places(groups) == [[0], [1], [2, 3]]
    rates = bm.compute("L04", table, to=groups)
    assert told_of(rates).states[CODES[1]] == "secret"
    pair = groups.iloc[2]
    assert rates[pair] == pytest.approx(100 * 35 / 300)
    assert told_of(rates).states[pair] == "lower_bound"


def test_groups_of_a_short_span_are_of_as_many_as_it_asks_for():
    ground = row(4)
    people = {"population_2018": [400.0] * 4, "population_2020": [410.0] * 4}
    groups = bm.fragile_groups("D02", pd.DataFrame(people, ground.index), ground)
    # 200 inhabitants over five years, 1,000 over two: 400 and 800 are not enough.
    assert len(set(groups)) == 1
    assert "moins de 1 000 habitants en 2018" in plain(told_of(groups).rule)
    long = pd.DataFrame(people, ground.index).set_axis(
        ["population_2013", "population_2020"], axis=1
    )
    assert bm.fragile_groups("D02", long, ground).is_unique


def test_what_has_no_threshold_has_no_groups():
    table = counts([150, 150], [1, 1])
    with pytest.raises(MeasureError, match="over how few"):
        bm.fragile_groups("L01", table, row(2))


# -- on a map --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grouped():
    """Eight communes, of which 0 and 1 are together, 3 alone and of few."""
    ground = row(8)
    table = counts(
        [100, 120, 300, 60, 900, 400, 250, 500], [10, 6, 30, 1, 90, 20, 5, 60]
    )
    groups = bm.fragile_groups("L04", table, ground)
    rates = bm.compute("L04", table, to=groups)
    classes = bm.classify(rates, breaks=[5, 9], firm=True)
    fig, ax = bm.page(ground, title="Vacance")
    bm.draw_choropleth(ax, ground, classes, groups=groups)
    bm.draw_labels(ax, ground)
    return ground, groups, classes, fig, ax


def test_the_legend_counts_groups_as_one_and_says_how_they_look(grouped):
    *_, ax = grouped
    block = next(one for one in ax.blocks if isinstance(one, ClassesBlock))
    assert block.counted == "communes et groupes"
    # 16/220 7.3 ; 10, 10, 5, 2, 12 ; 1 of 60 is hatched.
    assert [swatch.count for swatch in block.swatches] == [3, 2, 1, 1]
    keys = next(one for one in ax.blocks if isinstance(one, KeyBlock))
    assert [plain(swatch.label) for swatch in keys.swatches] == [
        "2 communes de moins de 200 logements regroupées avec leurs voisines : 1 groupe"
    ]
    assert keys.swatches[0].dashes


def test_borders_within_a_group_are_dotted_and_all_names_are_written(grouped):
    ground, *_, ax = grouped
    (within,) = [c for c in ax.collections if c.get_label() == "_within"]
    (line,) = within.get_segments()
    assert {x for x, _ in line} == {X + 1000.0}
    assert {y for _, y in line} == {Y, Y + 1000.0}
    assert set(ground["name"]) <= {text.get_text() for text in ax.texts}


def test_limits_of_groups_are_seen_on_every_class(grouped):
    *_, classes, _, ax = grouped
    for label in classes.cat.categories:
        (fill,) = [c for c in ax.collections if c.get_label() == label]
        color, rim = (
            to_hex(of()[0]) for of in (fill.get_facecolor, fill.get_edgecolor)
        )
        assert contrast(color, rim) > 1.3


def test_who_does_not_see_the_map_is_told_of_the_groups(grouped):
    *_, ax = grouped
    said = plain(bm.alternative_text(ax))
    assert "6 communes et groupes en 3 classes" in said
    assert "1 groupe" in said
    assert "Lieu 1 et 1 voisine 7,3" in said


def test_groups_of_the_user_have_a_key_too(grouped):
    ground, groups, classes, *_ = grouped
    _, ax = bm.page(ground, title="Vacance")
    own = pd.Series(groups.tolist(), groups.index)
    bm.draw_choropleth(ax, ground, classes, groups=own)
    (key,) = [one for one in ax.blocks if isinstance(one, KeyBlock)]
    assert plain(key.swatches[0].label) == "2 communes regroupées : 1 groupe"


def test_classes_of_communes_are_not_those_of_groups(grouped):
    ground, groups, classes, *_ = grouped
    _, ax = bm.page(ground, title="Vacance")
    alone = classes[[code for code in classes.index if "+" not in code]]
    with pytest.raises(DataError, match="1 group"):
        bm.draw_choropleth(ax, ground, alone, groups=groups)
    with pytest.raises(DataError, match="1 unit"):
        bm.draw_choropleth(ax, ground, classes, groups=groups.iloc[1:])


def test_in_qgis_groups_are_a_layer_of_what_dresses_the_plate(grouped, tmp_path):
    ground, _, _, fig, ax = grouped
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="essai", date=dt.date(2026, 11, 30))
    data = {"communes": ground}
    bm.write_qgis_project(tmp_path / "essai.qgz", {"vacance": fig}, data)
    made = tmp_path / "essai-habillage.gpkg"
    table = gpd.read_file(made, layer="groupes_vacance").set_index("groupe")
    assert table["L04"].round(1).to_dict() == {
        f"{CODES[1]}+1": 7.3,
        **dict(zip(CODES[2:8], [10.0, 1.7, 10.0, 5.0, 2.0, 12.0], strict=True)),
    }
    assert table["name"][f"{CODES[1]}+1"] == "Lieu 1 et 1 voisine"
    assert table["prudence"].dropna().index.tolist() == [CODES[3]]
    whole = shapely.box(X, Y, X + 2000, Y + 1000)
    assert table.geometry[f"{CODES[1]}+1"].symmetric_difference(whole).area < 1
    assert table.geometry.area.sum() == pytest.approx(ground.area.sum())
    assert bm.map_styles({"vacance": fig}, data) == {}


def test_circles_are_those_of_groups_here_and_in_qgis(grouped, tmp_path):
    ground, groups, classes, *_ = grouped
    homes = [100, 120, 300, 60, 900, 400, 250, 500]
    amounts = bm.compute("L01", counts(homes, [1] * 8), to=groups)
    fig, ax = bm.page(ground, title="Logements")
    with pytest.raises(DataError, match="1 group"):
        bm.draw_symbols(ax, ground, amounts.drop(f"{CODES[1]}+1"), groups=groups)
    bm.draw_symbols(ax, ground, amounts, classes=classes, groups=groups)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="essai", date=dt.date(2026, 11, 30))
    both = f"{CODES[1]}+1"
    radius = {code: r for code, (_, _, r) in ax.symbols.items()}
    assert len(radius) == 7
    # 220 dwellings of 900: circles are compared by their surface.
    assert (radius[both] / radius[CODES[4]]) ** 2 == pytest.approx(220 / 900)
    block = next(one for one in ax.blocks if isinstance(one, ClassesBlock))
    assert block.counted == "communes et groupes"
    keys = next(one for one in ax.blocks if isinstance(one, KeyBlock))
    assert any("1\u00a0groupe" in swatch.label for swatch in keys.swatches)
    bm.write_qgis_project(tmp_path / "essai.qgz", {"parc": fig}, {"communes": ground})
    table = gpd.read_file(tmp_path / "essai-habillage.gpkg", layer="cercles_parc")
    rows = table.set_index("group")
    assert rows["L01"].loc[both] == 220
    assert rows["L04"].round(1).loc[both] == 7.3
