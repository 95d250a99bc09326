"""Secrecy: test tables of the field and their published answers."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.errors import DataError, SecrecyError
from basinmap.values.masking import mask_table, rule_of

EXACT = bm.SecrecyRule(least=4, need="exact")


def indexed(values, name, level):
    codes = pd.Index(list(values), name=level)
    return pd.DataFrame({name: list(values.values())}, codes)


def masked(table, name, codes):
    return mask_table(table, {name: table.index.isin(list(codes))})


def ends(attacked, *codes):
    cells = attacked.cells.set_index("code")
    return [
        (round(cells.loc[code, "low"], 6), round(cells.loc[code, "high"], 6))
        for code in codes
    ]


def cost(safe, tables, column):
    mine = safe.cells[(safe.cells["why"] == "protection")]
    return sum(
        tables[row.table].loc[row.code, column]
        for row in mine.itertuples()
        if row.column == column
    )


# -- two-way tables -----------------------------------------------------------------


def two_way(rows, columns, values, *, name="n"):
    """A table, its two margins and its total, over the cells as base units."""
    cells = [f"{r}{c}" for r in rows for c in columns]
    inner = pd.DataFrame({name: values}, pd.Index(cells, name="cell"))
    by_row = pd.Series([cell[:-1] for cell in cells], inner.index)
    by_column = pd.Series([cell[-1] for cell in cells], inner.index)
    whole = pd.Series("T", inner.index)
    made_of = {"row": by_row, "column": by_column, "all": whole}
    sums = {
        level: inner.groupby(of).sum().rename_axis(level)
        for level, of in made_of.items()
    }
    return {"cells": inner, **sums}, made_of


def microdata():
    tables, made_of = two_way(
        "ABCD", "FM", [20, 178, 204, 140, 106, 118, 152, 366], name="val"
    )
    counts = two_way("ABCD", "FM", [2, 18, 19, 14, 10, 12, 14, 11])[0]
    return {k: t.join(counts[k]) for k, t in tables.items()}, made_of


@pytest.mark.parametrize(
    ("rules", "column", "price"),
    [
        ({"val": bm.SecrecyRule(least=3, count="n", need="share")}, "val", 402),
        ({"n": bm.SecrecyRule(least=3, need="exact")}, "n", 40),
    ],
)
def test_region_by_gender_costs_three_cells(rules, column, price):
    tables, made_of = microdata()
    safe = bm.protect(tables, rules=rules, hierarchies=made_of)
    hidden = safe.cells[safe.cells["column"] == column]
    assert sorted(hidden["code"]) == ["AF", "AM", "CF", "CM"]
    assert (cost(safe, tables, column), safe.gap) == (price, 0)
    found = bm.attack(
        {k: t[[c for c in t if column in c]] for k, t in safe.tables.items()},
        hierarchies=made_of,
        zeros="hidden",
    )
    assert found.safe
    assert ends(found, "AF") == [{"val": (0, 126), "n": (0, 12)}[column]]


PROBLEM = [30, 47, 64, 89, 90, 124, 5, 31, 92, 100, 59, 85, 800, 991, 651, 685]
GONE = ["wa", "wb", "wc", "xa", "xc", "yb", "yd", "zb", "zd"]


def test_two_hidden_a_row_and_a_column_are_not_enough():
    tables, made_of = two_way("wxyz", "abcd", PROBLEM)
    tables["cells"] = masked(tables["cells"], "n", GONE)
    found = bm.attack(tables, hierarchies=made_of, zeros="hidden")
    assert found.found["code"].tolist() == ["wb"]
    assert ends(found, "wb", "wa", "xa", "wc", "xc", "yb", "yd", "zb", "zd") == [
        (47, 47),
        (25, 94),
        (26, 95),
        (0, 69),
        (0, 69),
        (0, 185),
        (0, 185),
        (906, 1091),
        (585, 770),
    ]
    # 236 - 189: the columns b and d less what of them is printed, or held by z and y.
    how = found.found["how"].item().replace("\u202f", " ")
    assert how.startswith("n, column b (1 262) + n, column d (890) + ")
    assert "wb, n = 47" in str(found)
    safe = bm.protect(tables, rules={"n": EXACT}, hierarchies=made_of)
    added = safe.cells[safe.cells["why"] == "protection"]
    assert added["code"].tolist() == ["xd"]
    assert bm.attack(safe.tables, hierarchies=made_of).safe


def linked(values, groups):
    inner = indexed(values, "n", "cell")
    made_of = {
        level: {unit: list(held) for unit, held in units.items()}
        for level, units in groups.items()
    }
    tables = {"cells": inner}
    for level, units in made_of.items():
        sums = {u: sum(values[c] for c in held) for u, held in units.items()}
        tables[level] = indexed(sums, "n", level)
    return tables, made_of


def test_two_groupings_each_safe_are_not_safe_together():
    values = dict(zip("ABIJKLMN", [2, 2, 8, 8, 3, 3, 3, 7], strict=True))
    groups = {
        "county": {"county-1": "ABIJ", "county-2": "KLMN"},
        "size": {"BIG": "LM", "small": "ABIJKN"},
    }
    tables, made_of = linked(values, groups)
    for alone in groups:
        part = {"cells": tables["cells"], alone: tables[alone]}
        safe = bm.protect(part, rules={"n": EXACT}, hierarchies=made_of)
        assert "protection" not in set(safe.cells["why"])
    hidden = masked(tables["cells"], "n", "ABKLM")
    found = bm.attack({**tables, "cells": hidden}, hierarchies=made_of)
    assert set(found.found["code"]) >= {"K"}
    safe = bm.protect(tables, rules={"n": EXACT}, hierarchies=made_of)
    assert safe.cells.loc[safe.cells["why"] == "protection", "code"].tolist() == ["N"]
    assert bm.attack(safe.tables, hierarchies=made_of).safe


def test_equal_units_are_one_figure_and_the_best_costs_31():
    values = dict(zip("ABIJK", [11, 7, 3, 9, 4], strict=True))
    groups = {
        "county": {"county-1": "AI", "county-4": "B", "county-10": "JK"},
        "size": {"BIG": "AB", "small": "IJK"},
        "all": {"T": "ABIJK"},
    }
    tables, made_of = linked(values, groups)
    safe = bm.protect(tables, rules={"n": EXACT}, hierarchies=made_of)
    added = safe.cells[safe.cells["why"] == "protection"]
    assert sorted(added["code"]) == ["K", "county-1", "county-10"]
    assert (cost(safe, tables, "n"), safe.gap) == (31, 0)
    # B and county-4 are one: hidden together.
    both = bm.protect(
        tables, rules={"n": bm.SecrecyRule(least=8, need="exact")}, hierarchies=made_of
    )
    assert {"B", "county-4"} <= set(both.cells["code"])


@pytest.mark.parametrize(
    ("row", "hidden", "zeros", "exact"),
    [
        ([0, 0, 0], "ab", "hidden", 0),
        ([10, 5, 0, 0], "cd", "hidden", 0),
        ([10, 3, 1, 1], "cd", "shown", 1),
    ],
)
def test_zeros_and_ones_give_themselves_away(row, hidden, zeros, exact):
    values = dict(zip("abcd", row, strict=False))
    tables, made_of = linked(values, {"all": {"T": list(values)}})
    tables["cells"] = masked(tables["cells"], "n", hidden)
    found = bm.attack(tables, hierarchies=made_of, zeros=zeros)
    assert found.found["low"].tolist() == [exact, exact]
    assert not found.safe


def test_singletons_of_a_frequency_table():
    tables, made_of = two_way("12", "ABHMW", [1, 1, 7, 1, 0, 1, 0, 0, 2, 8])
    # « 1 » and « 2 » name rows; columns A and B have totals of 2 and 1.
    few = {**tables}
    few["cells"] = masked(
        tables["cells"], "n", ["1A", "1B", "1M", "1W", "2A", "2B", "2H", "2M"]
    )
    few["column"] = masked(tables["column"], "n", "AB")
    found = bm.attack(few, hierarchies=made_of, zeros="hidden")
    assert sorted(found.found["code"]) == ["1W", "2H"]
    assert found.found["low"].tolist() == [0, 0]
    few["cells"] = masked(tables["cells"], "n", ["1A", "1B", "1M", "2A", "2M"])
    loose = bm.attack(few, hierarchies=made_of, zeros="hidden")
    assert loose.safe
    assert ends(loose, "1A", "2M") == [(0, 3), (0, 3)]
    exact = bm.attack(few, hierarchies=made_of, zeros="shown")
    assert len(exact.found) == 7
    assert ends(exact, "1A", "1B", "1M", "2M") == [(1, 1), (1, 1), (1, 1), (2, 2)]


# -- the manual's three tables ------------------------------------------------------


def manual():
    """North, South; women, men; polluting or not: three tables of one total."""
    sizes = {"NWP": 2, "NWC": 14, "NMP": 8, "NMC": 12, "SWP": 6, "SWC": 13}
    sizes |= {"SMP": 14, "SMC": -2}
    codes = list(sizes)
    made_of = {}
    given = {
        ("NW", "NM", "SW", "SM"): [16, 20, 19, 12],
        ("WP", "WC", "MP", "MC"): [8, 27, 22, 10],
        ("NP", "NC", "SP", "SC"): [10, 26, 20, 11],
    }
    tables = {}
    for name, (units, values) in zip(
        ("region_sexe", "sexe_activite", "region_activite"), given.items(), strict=True
    ):
        made_of[name] = {u: [c for c in codes if set(u) <= set(c)] for u in units}
        tables[name] = indexed(dict(zip(units, values, strict=True)), "n", name)
    margins = {"N": 36, "S": 31, "W": 35, "M": 32, "P": 30, "C": 37}
    made_of["marge"] = {u: [c for c in codes if u in c] for u in margins}
    tables["marge"] = indexed(margins, "n", "marge")
    made_of["tout"] = {"T": codes}
    tables["tout"] = indexed({"T": 67}, "n", "tout")
    return tables, made_of


def test_tables_that_share_margins_are_one_system():
    tables, made_of = manual()
    hidden = {**tables, "region_sexe": masked(tables["region_sexe"], "n", ["NW"])}
    found = bm.attack(hidden, hierarchies=made_of)
    assert found.found[["code", "low"]].to_numpy().tolist() == [["NW", 16]]
    # Of three tables, one that hides two cells by margins of the others.
    safe = bm.protect(
        tables, rules={"n": bm.SecrecyRule(least=9, need="exact")}, hierarchies=made_of
    )
    assert "WP" in safe.cells.loc[safe.cells["why"] == "primary", "code"].tolist()
    assert bm.attack(safe.tables, hierarchies=made_of).safe


# -- territories of the basin -------------------------------------------------------


@cache
def llhc():
    scots = bm.membership("scot")
    codes = scots.index[scots == "lens-lievin-henin-carvin"]
    values = pd.Series(range(400, 400 + 37 * len(codes), 37), codes, dtype=float)
    values[codes[3]], values[codes[8]] = 248.0, 7.0
    return codes, values


def of_llhc():
    codes, values = llhc()
    towns = values.rename("menages").rename_axis("commune").to_frame()
    total = values.sum()
    return {
        "communes": masked(towns, "menages", [codes[3]]),
        "arrondissements": indexed({"627": total}, "menages", "arrondissement"),
        "scot": indexed({"lens-lievin-henin-carvin": total}, "menages", "scot"),
    }, codes


def test_trap_23_an_arrondissement_that_is_a_scot_is_one_figure():
    tables, codes = of_llhc()
    found = bm.attack(tables)
    assert found.found[["code", "low"]].to_numpy().tolist() == [[codes[3], 248.0]]
    for total in ("arrondissements", "scot"):
        one = {**tables}
        one[total] = masked(tables[total], "menages", tables[total].index)
        assert set(bm.attack(one).found["code"]) == {codes[3], *one[total].index}
    safe = bm.protect(tables, rules={"menages": rule_of("rpls")})
    assert set(safe.cells["code"]) == {codes[3], codes[8]}
    assert bm.attack(safe.tables).safe
    # Where no commune may be hidden with it, both totals are.
    heavy = bm.protect(tables, rules={"menages": rule_of("rpls")}, weights="number")
    assert bm.attack(heavy.tables).safe


def dated(value):
    """The Porte du Hainaut and the Cœur d'Ostrevent, at two dates of one file."""
    at = {y: bm.membership("epci", date=f"{y}-01-01") for y in (2023, 2024)}
    both = ["200042190", "245901152"]
    sizes = pd.Series(1_000.0, at[2023].index)
    sizes["59192"] = value
    tables, made_of = {}, {}
    for year, of in at.items():
        mine = of[of.isin(both)]
        sums = sizes.loc[mine.index].groupby(mine).sum().rename("menages")
        tables[f"epci_{year}"] = sums.rename_axis("epci").to_frame()
        made_of[f"epci_{year}"] = mine
    return tables, made_of


def test_trap_23_two_dates_of_a_perimeter_that_moved_give_a_commune():
    tables, made_of = dated(42)
    rule = bm.SecrecyRule(least=50, need="exact")
    found = bm.attack(tables, hierarchies=made_of, rules={"menages": rule})
    assert found.found["low"].tolist() == [42]
    assert "59192" in found.found["code"].item()
    safe = bm.protect(tables, hierarchies=made_of, rules={"menages": rule})
    assert sorted(zip(safe.cells["table"], safe.cells["code"], strict=True)) == [
        ("epci_2023", "200042190"),
        ("epci_2024", "245901152"),
    ]
    after = bm.attack(safe.tables, hierarchies=made_of, rules={"menages": rule})
    assert after.safe
    # One EPCI alone is not enough.
    half = {**safe.tables, "epci_2024": tables["epci_2024"]}
    assert not bm.attack(half, hierarchies=made_of, rules={"menages": rule}).safe


@pytest.mark.parametrize(
    ("drift", "low", "high"), [(0.0, 42, 42), (0.01, 10, 74), (0.02, 1, 106)]
)
def test_what_moves_between_two_vintages_blurs_the_difference(drift, low, high):
    # CAPH less the commune holds 3,200 dwellings: a hundredth is 32 of them.
    codes = ["a", "59192"]
    made_of = {
        "caph_2023": {"CAPH": ["a"]},
        "caph_2024": {"CAPH": codes},
        "commune": {c: [c] for c in codes},
    }
    first, last = (
        indexed({"CAPH": n}, f"parc_{y}", "epci")
        for y, n in ((2023, 3_200), (2024, 3_242))
    )
    town = pd.DataFrame(
        {"parc_2024": [np.nan], "parc_2024_state": ["secret"]},
        pd.Index(["59192"], name="commune"),
    )
    found = bm.attack(
        {"caph_2023": first, "caph_2024": last, "communes": town},
        hierarchies=made_of,
        drift={("parc_2023", "parc_2024"): drift},
    )
    assert ends(found, "59192") == [(low, high)]


def test_a_disc_beside_a_disc_is_a_ring():
    discs = {"5 km": ["a", "b"], "10 km": ["a", "b", "c", "d"]}
    table = indexed({"5 km": 240, "10 km": 247}, "menages", "disque")
    rule = bm.SecrecyRule(least=11)
    made_of = {"disque": discs}
    found = bm.attack(table, hierarchies=made_of, rules={"menages": rule})
    assert found.found["how"].tolist() == [
        "menages, disque 10 km (247) − menages, disque 5 km (240)"
    ]
    safe = bm.protect(table, hierarchies=made_of, rules={"menages": rule})
    assert safe.cells["code"].tolist() == ["5 km"]


# -- rates --------------------------------------------------------------------------


def rated(size, decimals):
    """As many communes as numerators, each with one denominator and its rate."""
    n = np.arange(size + 1)
    codes = pd.Index([f"c{k}" for k in n], name="commune")
    scale = 10**decimals
    rates = np.floor(100 * n / size * scale + 0.5) / scale
    return pd.DataFrame(
        {"n": np.nan, "n_state": "secret", "d": size, "taux": rates}, codes
    )


@pytest.mark.parametrize(("size", "found"), [(1_000, 1_001), (2_000, 1)])
def test_a_rate_of_one_decimal_gives_its_numerator_up_to_a_thousand(size, found):
    # Those of 2,000 are told by a few of them: the others go the same way.
    table = rated(size, 1).iloc[: 1_001 if size == 1_000 else 101]
    attacked = bm.attack(
        table,
        links={"taux": bm.Ratio(numerator="n", denominator="d", scale=100)},
        decimals={"taux": 1},
        zeros="hidden",
    )
    assert len(attacked.found) == found
    low = attacked.found["low"].to_numpy()
    assert (low == np.arange(found)).all()


def test_a_rate_alone_gives_both_its_counts_by_whole_numbers():
    # 36,4 % is 4/11 for any denominator up to 21, and both hold less than 22.
    table = pd.DataFrame(
        {"n": [np.nan, 3], "d": [np.nan, np.nan], "taux": [36.4, np.nan]},
        pd.Index(["a", "b"], name="commune"),
    ).assign(n_state=["secret", ""], d_state="secret", taux_state=["", "secret"])
    total = indexed({"E": 22}, "d", "epci")
    ratio = bm.Ratio(numerator="n", denominator="d", scale=100)
    found = bm.attack(
        {"communes": table, "epci": total},
        hierarchies={"epci": {"E": ["a", "b"]}},
        links={"taux": ratio},
        decimals={"taux": 1},
    ).found
    told = {(row.code, row.column): row.low for row in found.itertuples()}
    assert told == {("a", "n"): 4, ("a", "d"): 11, ("b", "d"): 11}


def test_a_rate_is_hidden_with_its_counts():
    table = pd.DataFrame(
        {"n": [4, 120], "d": [900, 2_000], "taux": [0.4, 6.0]},
        pd.Index(["a", "b"], name="commune"),
    )
    ratio = bm.Ratio(numerator="n", denominator="d", scale=100)
    safe = bm.protect(table, rules={"n": 11}, links={"taux": ratio})
    assert safe.table["taux"].isna().tolist() == [True, False]
    assert safe.table["taux_state"].tolist() == ["secret", ""]
    # Left in print, it gives the count.
    open_ = safe.table.assign(taux=table["taux"]).drop(columns="taux_state")
    found = bm.attack(open_, links={"taux": ratio})
    assert found.found[["code", "low"]].to_numpy().tolist() == [["a", 4]]


def test_a_rate_alone_stands_for_its_numerator():
    table = pd.DataFrame(
        {"d": [900, 2_000], "taux": [0.4, 6.0]}, pd.Index(["a", "b"], name="commune")
    )
    ratio = bm.Ratio(numerator="n", denominator="d", scale=100)
    safe = bm.protect(table, rules={"taux": 11}, links={"taux": ratio})
    assert safe.table["taux"].isna().tolist() == [True, False]


def test_what_is_left_of_a_denominator_obeys_the_rule_too():
    table = pd.DataFrame(
        {"proprietaires": [897, 500], "menages": [900, 2_000]},
        pd.Index(["a", "b"], name="commune"),
    )
    links = {
        "taux": bm.Ratio(numerator="proprietaires", denominator="menages", scale=100)
    }
    rules = {"proprietaires": "menages-11"}
    assert len(bm.attack(table, rules=rules, links=links).found) == 1
    safe = bm.protect(table, rules=rules, links=links, known=table[["menages"]])
    assert safe.table["proprietaires"].isna().tolist() == [True, False]


# -- dominance, singletons, other sources -------------------------------------------


def test_one_that_weighs_too_much_is_hidden_and_a_lone_one_learns_nothing():
    sectors = {
        "jobs": [8, 300, 40, 500, 60, 70],
        "units": [1, 9, 1, 20, 8, 9],
        "largest": [8, 290, 40, 60, 20, 20],
    }
    cells = pd.Index(["aA", "aB", "bA", "bB", "cA", "cB"], name="cell")
    table = pd.DataFrame(sectors, cells, dtype=float)
    made_of = {
        "territoire": pd.Series([c[0] for c in cells], cells),
        "secteur": pd.Series([c[1] for c in cells], cells),
    }
    tables = {"cells": table}
    for level, of in made_of.items():
        how = {"jobs": "sum", "units": "sum", "largest": "max"}
        tables[level] = table.groupby(of).agg(how).rename_axis(level)
    safe = bm.protect(tables, rules={"jobs": "sirene"}, hierarchies=made_of)
    primary = safe.cells.loc[safe.cells["why"] == "primary", "code"]
    assert primary.tolist() == ["aA", "aB", "bA", "a"]
    # Each sole contributor publishes its own to itself, and finds no other.
    for own, other in (("aA", "bA"), ("bA", "aA")):
        seen = safe.tables["cells"].copy()
        seen.loc[own, ["jobs", "jobs_state"]] = [table.loc[own, "jobs"], ""]
        found = bm.attack(
            {**safe.tables, "cells": seen[["jobs", "jobs_state"]]}, hierarchies=made_of
        )
        assert other not in set(found.found["code"])


def test_a_median_is_hidden_by_its_number_and_told_of_as_not_checked():
    prices = pd.DataFrame(
        {"median_price": [1_500.0, 1_800.0], "sales": [4, 60]},
        pd.Index(["a", "b"], name="commune"),
    )
    told = bm.describe(
        prices,
        measures={"median_price": bm.Median(), "sales": bm.Stock()},
    )
    safe = bm.protect(told, rules={"median_price": "dvf"})
    assert safe.table["median_price"].isna().tolist() == [True, False]
    assert "non vérifiées\xa0: median_price" in str(bm.attack(safe.table))


def test_either_of_two_floors_is_enough():
    rule = rule_of("filosofi-zone")
    table = pd.DataFrame(
        {"niveau": [20.0, 21.0, 22.0], "population": [99, 99, 400]},
        pd.Index(["a", "b", "c"], name="iris"),
    ).assign(households=[49, 50, 40])
    told = bm.describe(
        table,
        measures={
            "niveau": bm.Median(),
            "population": bm.Stock(),
            "households": bm.Stock(),
        },
    )
    safe = bm.protect(
        told, rules={"niveau": rule}, hierarchies={"zone": pd.Series("z", table.index)}
    )
    assert safe.table["niveau"].isna().tolist() == [True, False, False]


# -- what is known elsewhere, what contradicts itself -------------------------------


def test_a_total_published_elsewhere_counts_as_published():
    towns = indexed({"a": 7, "b": 30, "c": 90}, "vacants", "commune")
    made_of = {"epci": {"E": ["a", "b", "c"]}}
    elsewhere = {"insee": indexed({"E": 127}, "vacants", "epci")}
    alone = bm.protect(towns, rules=11, hierarchies=made_of)
    assert alone.cells["code"].tolist() == ["a"]
    safe = bm.protect(towns, rules=11, hierarchies=made_of, known=elsewhere)
    assert safe.cells["code"].tolist() == ["a", "b"]
    assert not bm.attack(alone.table, hierarchies=made_of, known=elsewhere).safe


def test_what_is_known_elsewhere_may_tell_all_and_is_refused():
    towns = indexed({"a": 7, "b": 30}, "vacants", "commune")
    elsewhere = {"insee": indexed({"b": 30}, "vacants", "commune")}
    with pytest.raises(SecrecyError, match="published elsewhere"):
        bm.protect(
            towns,
            rules={"vacants": 11},
            hierarchies={"double": {"F": ["a", "b"]}},
            known={**elsewhere, "tout": indexed({"F": 37}, "vacants", "double")},
        )


def test_figures_that_contradict_one_another_are_never_called_safe():
    towns = indexed({"a": 7, "b": 30}, "vacants", "commune")
    epci = indexed({"E": 38}, "vacants", "epci")
    made_of = {"epci": {"E": ["a", "b"]}}
    tables = {"communes": towns, "epci": epci}
    found = bm.attack(
        {**tables, "communes": masked(towns, "vacants", [])},
        hierarchies=made_of,
        rules={"vacants": 11},
    )
    assert not found.safe
    assert "Contradictions" in str(found)
    with pytest.raises(DataError, match="contradict"):
        bm.protect(tables, rules=11, hierarchies=made_of)
    rounded = bm.protect(tables, rules=11, hierarchies=made_of, rounded=["vacants"])
    assert "a" in rounded.cells["code"].tolist()
    # A secret that would have to be negative.
    short = {"communes": masked(towns, "vacants", ["a"])}
    short["epci"] = indexed({"E": 20}, "vacants", "epci")
    assert not bm.attack(short, hierarchies=made_of).safe


def test_a_secret_in_clear_in_another_table_is_found_there():
    towns = indexed({"a": 7, "b": 30}, "vacants", "commune")
    found = bm.attack({"un": masked(towns, "vacants", ["a"]), "deux": towns})
    assert found.found["how"].tolist() == ["publié en clair dans un autre tableau"]
    safe = bm.protect(
        {"un": masked(towns, "vacants", ["a"]), "deux": towns}, rules={"vacants": 5}
    )
    assert safe.tables["deux"]["vacants"].isna().tolist() == [True, False]


# -- what is left behind ------------------------------------------------------------


def test_no_number_is_left_behind_a_secret_not_even_in_attributes():
    table = bm.statistics(epci="call")
    value = float(table["vacant_dwellings_2021"].iloc[0])
    few = table["vacant_dwellings_2021"] == value
    safe = mask_table(table, {"vacant_dwellings_2021": few})
    assert safe["vacant_dwellings_2021"].isna().sum() == few.sum()
    kept = safe.attrs.get("prints", {}).get("vacant_dwellings_2021")
    assert kept is not None
    assert kept != table.attrs["prints"]["vacant_dwellings_2021"]
    assert bm.column(safe, "vacant_dwellings_2021").attrs["unit"] == "logements"


def test_same_input_same_answer():
    tables, made_of = microdata()
    rules = {"val": bm.SecrecyRule(least=15, count="n", need="share")}
    once, twice = (
        bm.protect(tables, rules=rules, hierarchies=made_of) for _ in range(2)
    )
    pd.testing.assert_frame_equal(once.cells, twice.cells)
    pd.testing.assert_frame_equal(once.witnesses, twice.witnesses)


def test_last_year_s_masks_are_kept_where_they_serve():
    values = {"a": 7, "b": 30, "c": 31, "d": 90}
    tables, made_of = linked(values, {"epci": {"E": "abcd"}})
    first = bm.protect(tables, rules=11, hierarchies=made_of)
    assert first.cells["code"].tolist() == ["a", "b"]
    values |= {"b": 33, "c": 31}
    tables, _ = linked(values, {"epci": {"E": "abcd"}})
    again = bm.protect(tables, rules=11, hierarchies=made_of, previous=first)
    assert again.cells["code"].tolist() == ["a", "b"]


def test_time_over_still_gives_a_safe_answer_and_says_so():
    tables, made_of = two_way("wxyz", "abcd", PROBLEM)
    safe = bm.protect(
        tables,
        rules={"n": bm.SecrecyRule(least=40, need="exact")},
        hierarchies=made_of,
        time_limit=0.0,
    )
    assert safe.hasty
    assert "Durée dépassée" in str(safe)
    assert bm.attack(safe.tables, hierarchies=made_of).safe


def test_what_haste_hides_without_need_is_published_again():
    # d + z = 50 is printed elsewhere and z = 0 stays: hiding d would hide nothing.
    values = {"a": 7, "b": 30, "c": 31, "d": 50, "z": 0}
    groups = {"epci": {"E": "abcdz"}, "pair": {"P": "dz", "Q": "abc"}}
    tables, made_of = linked(values, groups)
    known = {"pair": tables.pop("pair")}
    safe = bm.protect(
        tables, rules=11, hierarchies=made_of, known=known, time_limit=0.0
    )
    assert safe.hasty
    assert set(safe.cells["code"]) == {"a", "b", "c"}
    found = bm.attack(safe.tables, hierarchies=made_of, known=known)
    assert found.safe
    assert len(found.cells) == 3


def test_a_lone_contributor_elsewhere_is_nobody_s_business():
    # Prices of four communes, each of one sale: no total ties one to another.
    table = pd.DataFrame(
        {"price": [1_000.0, 1_200.0, 900.0, 1_100.0], "sales": [1, 1, 1, 40]},
        pd.Index(["a", "b", "c", "d"], name="commune"),
    )
    rule = bm.SecrecyRule(least=11, count="sales", need="exact")
    safe = bm.protect(table, rules={"price": rule}, hierarchies={"epci": {"E": "abcd"}})
    assert safe.cells["code"].tolist() == ["a", "b", "c"]
    assert safe.witnesses.groupby("secret")["witness"].nunique().tolist() == [2, 2, 2]


def test_the_witnesses_can_be_checked_by_hand():
    tables, made_of = two_way("wxyz", "abcd", PROBLEM)
    rules = {"n": bm.SecrecyRule(least=40, need="exact")}
    safe = bm.protect(tables, rules=rules, hierarchies=made_of)
    inner = tables["cells"]["n"].rename(lambda code: f"n, cell {code}")
    for _, table in safe.witnesses.groupby("witness"):
        other = table.set_index("figure")["other"]
        there = inner.copy().astype(float)
        there.update(other)
        assert (there >= 0).all()
        assert (there % 1 == 0).all()
        for level in ("row", "column", "all"):
            of = made_of[level].rename(lambda code: f"n, cell {code}")
            for unit, total in there.groupby(of).sum().items():
                name = f"n, {level} {unit}"
                printed = tables[level].loc[unit, "n"]
                assert total == other.get(name, printed)


def test_the_report_can_be_pasted():
    tables, made_of = microdata()
    safe = bm.protect(tables, rules={"n": "menages-11"}, hierarchies=made_of)
    told = str(safe)
    assert told.startswith("Secret statistique\xa0: ")
    assert "SNE et OPS\xa0: aucun agrégat sous 11 ménages" in told
    assert "Part du total masquée" in told
    assert repr(safe) == told


def test_a_rule_that_says_nothing_of_the_kind_is_refused():
    with pytest.raises(SecrecyError, match="dominance"):
        bm.SecrecyRule(dominance=85)
    with pytest.raises(SecrecyError, match="number of units"):
        rule_of(0)
    with pytest.raises(bm.errors.CodeError, match="menages-11"):
        rule_of("ménages")
    assert dataclasses.replace(rule_of("dvf"), least=5).least == 5


TOWNS = indexed({"a": 7, "b": 30, "c": 90}, "n", "commune")
EPCI = indexed({"E": 127}, "n", "epci")


@pytest.mark.parametrize(
    "given",
    [
        {"tables": None},
        {"tables": 3},
        {"tables": {}},
        {"tables": TOWNS.reset_index()},
        {"tables": TOWNS.astype(str)},
        {"tables": -TOWNS},
        {"tables": TOWNS * np.inf},
        {"tables": pd.concat([TOWNS, TOWNS])},
        {"rules": None},
        {"rules": {"m": 11}},
        {"rules": True},
        {"hierarchies": 5},
        {"hierarchies": {"epci": {"E": 3}}},
        {"hierarchies": {"epci": {}}},
        {"hierarchies": {"epci": pd.Series(["E", "E"], ["a", "a"])}},
        {"known": 3},
        {"links": {"n": "a"}},
        {"links": {"n": ["m"]}},
        {"weights": {"n": -1}},
        {"weights": "cost"},
        {"drift": {"n": 0.1}},
        {"drift": {("n", "m"): 0.1}},
        {"rounded": ["m"]},
        {"time_limit": -1},
        {"time_limit": "long"},
        {"previous": TOWNS},
    ],
)
def test_what_nobody_should_give_is_refused(given):
    usual = {
        "tables": {"communes": TOWNS, "epci": EPCI},
        "rules": 11,
        "hierarchies": {"epci": {"E": ["a", "b", "c"]}},
    }
    whole = usual | given
    tables = whole.pop("tables")
    with pytest.raises(bm.errors.BasinmapError):
        bm.protect(tables, **whole)


# -- sums that the catalogue knows ----------------------------------------------------


def census_of_three(**other):
    """Acheville, whose vacancies are a secret, and two neighbours in clear."""
    codes = pd.Index(["62003", "62001", "62019"], name="commune")
    found = {
        "dwellings_2021": [263, 846, 1764],
        "main_residences_2021": [255, 790, 1660],
        "secondary_residences_2021": [2, 11, 19],
        "vacant_dwellings_2021": [None, 45, 85],
        "vacant_dwellings_2021_state": ["secret", "", ""],
    }
    return pd.DataFrame(found | other, codes)


def test_parts_known_to_add_up_are_subtracted_without_being_told():
    found = bm.attack(census_of_three())
    assert found.found[["code", "low"]].to_numpy().tolist() == [["62003", 6.0]]
    assert "main" in found.found["how"].item()
    # Without one of the parts nothing is left to subtract.
    assert bm.attack(census_of_three().drop(columns="main_residences_2021")).safe


def test_shares_and_a_total_known_to_add_up_are_subtracted():
    table = census_of_three().drop(
        columns=["main_residences_2021", "secondary_residences_2021"]
    )
    # 255 / 263 and 2 / 263, as they are printed.
    table["L02"], table["L03"] = [97.0, 93.4, 94.1], [0.8, 1.3, 1.1]
    found = bm.attack(table)
    assert found.found["low"].tolist() == [6.0]
    named = table.rename(columns={"dwellings_2021": "L01"})
    assert bm.attack(named).found["low"].tolist() == [6.0]


def test_protection_hides_a_second_part_of_a_known_sum():
    safe = bm.protect(census_of_three(), rules={"vacant_dwellings_2021": 11})
    assert bm.attack(safe.table).safe
    assert "protection" in set(safe.cells["why"])


def test_parts_that_miss_their_total_are_no_contradiction():
    table = census_of_three(dwellings_2021=[263, 860, 1790])
    found = bm.attack(table)
    assert not found.clashes
    lone = census_of_three(vacant_dwellings_2021=[None, 60, 85])
    assert not bm.attack(lone).clashes
