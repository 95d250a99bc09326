"""Tables carried from one list of communes to another: totals, states, accounts."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.territory.flows import rebase_flows
from basinmap.territory.history import cog_codes, cog_names
from basinmap.territory.passages import followed, passage
from basinmap.territory.rebasing import join_on_code, rebase
from basinmap.territory.timelines import timeline


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


few = settings(max_examples=20, deadline=None, database=None)
years = st.integers(1968, 2026)
STOCK = {"n": bm.Stock()}
HESDIN = ["62447", "62461", "62549", "62743"]


def stocks(**values):
    """Write a table of one stock `n`, from code (c59006) to value."""
    codes = pd.Index([code.removeprefix("c") for code in values], name="commune")
    return pd.DataFrame({"n": list(values.values())}, index=codes, dtype=float)


def whole(year, seed=0):
    codes = cog_codes(year)
    drawn = np.random.default_rng(seed).integers(0, 50_000, len(codes))
    return pd.DataFrame({"n": drawn.astype(float)}, index=codes)


def key_of(year):
    codes = sorted(timeline(None).grounds(year))
    return pd.Series(np.arange(1.0, len(codes) + 1), index=codes, name="clé d'essai")


def quietly(table, **options):
    """Rebase; old lists lack what lies in Aisne and Somme, which warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        return rebase(table, **options)


@pytest.fixture(scope="module")
def census():
    """Return the census of 2021 in the 1,538 communes of 2024."""
    iris = bm.statistics("iris")
    table = iris.drop(columns="commune").groupby(iris.index.str[:5]).sum()
    table = table.rename_axis("commune")
    vacancy = bm.Ratio(
        numerator="vacant_dwellings_2021", denominator="dwellings_2021", scale=100
    )
    return bm.describe(table, measures={**bm.measures_of(iris), "vacancy": vacancy})


# --- known answers -------------------------------------------------------------------


def test_fusions_of_2025(census):
    table, report = rebase(census, from_year=2024, to_year=2026)
    assert (len(census), len(table)) == (1538, 1534)
    assert table.index.tolist() == cog_codes(2026).tolist()
    assert table.index.name == "commune"
    for absorber, absorbed in (("59006", ["59006", "59070"]), ("62447", HESDIN)):
        expected = census.loc[absorbed].sum()
        assert table.loc[absorber, expected.index].tolist() == expected.tolist()
    assert report.frame["difference"].abs().max() == 0
    assert report.split == report.unmatched == ()
    assert not any(report.estimated.values())
    assert not [c for c in table.columns if c.endswith("_state")]


def test_fusions_agree_with_the_embedded_populations(census):
    table, _ = rebase(census, from_year=2024, to_year=2026)
    own = bm.statistics()["population_2021"]
    assert table.loc["62447", "population_2021"] == own["62447"]
    assert table.loc["59006", "population_2021"] == own["59006"]


def test_ratio_is_computed_again(census):
    table, _ = rebase(census, from_year=2024, to_year=2026)
    row = table.loc["62447"]
    rate = 100 * row["vacant_dwellings_2021"] / row["dwellings_2021"]
    assert row["vacancy"] == pytest.approx(rate)


def test_geography_is_updated(census):
    table, _ = rebase(census, from_year=2024, to_year=2026)
    assert table.attrs["geography"] == "2026-01-01"
    assert {m.geography for m in bm.measures_of(table).values()} == {"2026"}


def test_back_to_2024_is_estimated_and_conserves(census):
    table, _ = rebase(census, from_year=2024, to_year=2026)
    back, report = rebase(table, from_year=2026, to_year=2024)
    assert back.index.tolist() == census.index.tolist()
    assert report.split == ("59006", "62447")
    flagged = back["dwellings_2021_state"] == "estimated"
    assert sorted(back.index[flagged]) == ["59006", "59070", *HESDIN]
    # Shared by the population of 2021, itself comes back as it was.
    pd.testing.assert_series_equal(
        back["population_2021"], census["population_2021"] * 1.0
    )
    assert report.frame["difference"].abs().max() < 1e-6
    part = census.loc[["59006", "59070", *HESDIN], "flats_2021"].sum()
    assert report.estimated["flats_2021"] == pytest.approx(
        part / census["flats_2021"].sum()
    )
    assert back.loc["59070", "vacancy_state"] == "estimated"


def test_a_key_of_the_user_is_used(census):
    new, _ = rebase(census, from_year=2024, to_year=2026)
    key = pd.Series(1.0, index=["59006", "59070", *HESDIN], name="parts égales")
    back, report = rebase(new, from_year=2026, to_year=2024, key=key)
    assert back.loc["59006", "houses_2021"] == back.loc["59070", "houses_2021"]
    assert "parts égales" in str(report)


def test_account_reads_as_a_method_note(census):
    note = str(rebase(census, from_year=2024, to_year=2026)[1])
    plain = note.replace("\u202f", " ").replace("\xa0", " ")
    assert plain.startswith(
        "Passage du COG 2024 au COG 2026 : 1 538 unités en entrée, 1 534 en sortie."
    )
    assert (
        "Hesdin (62447), Huby-Saint-Leu (62461), Marconne (62549) et "
        "Sainte-Austreberthe (62743) dans Hesdin-la-Forêt (62447)"
    ) in plain
    assert "inchangés : 1 532, dont 1 sous un autre nom" in plain
    assert "Source : Insee" in plain


# --- passage -------------------------------------------------------------------------


def test_passage_of_renames_is_the_identity():
    table = passage(2019, 2024)
    assert (table["before"] == table["after"]).all()
    assert (table["share"] == 1).all()
    assert not table["estimated"].any()


def test_fusion_then_defusion_in_between_is_followed():
    # Beuvry was in Béthune from 1994 to 1997 only: its figures are its own.
    table = passage(1993, 2000).set_index("before")
    assert table.loc["62126", ["after", "share", "estimated"]].tolist() == [
        "62126",
        1.0,
        False,
    ]
    # Merged in 1990, re-established in 2008: divided between the two dates.
    split = passage(2000, 2010)
    split = split[split["before"] == "62119"]
    assert split["after"].tolist() == ["62119", "62847"]
    assert split["estimated"].all()


def test_default_key_is_the_population_of_the_nearest_year():
    split = passage(2000, 2010).set_index(["before", "after"])["share"]
    people = bm.statistics()["population_2016"]
    expected = people["62847"] / (people["62847"] + people["62119"])
    assert split["62119", "62847"] == pytest.approx(expected)


def test_a_key_is_required_where_no_population_is_embedded():
    with pytest.raises(MeasureError, match=r"'59540'.*pass key=pd\.Series"):
        passage(2026, 1995)
    with pytest.raises(MeasureError, match="59404"):
        passage(2026, 2015)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (pd.Series({"59006": 1.0}), "nothing says how"),
        (pd.Series({"59006": 0, "59070": 0}), "above 0"),
        (pd.Series({"59006": -1, "59070": 2}), "below 0"),
        (pd.Series({"59006": np.inf, "59070": 2}), "infinite"),
        ({"59006": 1, "59070": 2}, "a key is a Series"),
    ],
)
def test_a_key_that_says_nothing(key, why):
    table = stocks(c59006=10)
    with pytest.raises((MeasureError, TypeError), match=told_or_typed(why)):
        rebase(table, from_year=2026, to_year=2024, measures=STOCK, key=key)


def test_a_key_that_is_wrong():
    twice = pd.Series([1, 2], index=["59006", "59006"])
    with pytest.raises(DataError, match="more than once"):
        passage(2026, 2024, key=twice)
    with pytest.raises(CodeError, match="not a number"):
        passage(2026, 2024, key=pd.Series({59006: 1}))


@few
@given(years, years)
def test_shares_add_up_to_one(first, second):
    table = passage(first, second, key=key_of(second))
    assert table.groupby("before")["share"].sum().to_numpy() == pytest.approx(1)
    assert ((table["share"] == 1) | table["estimated"]).all()
    there = set(timeline(None).grounds(second))
    assert set(table["after"]) <= there


# --- properties ----------------------------------------------------------------------


@few
@given(years, years, st.integers(0, 9))
def test_totals_are_conserved(first, second, seed):
    table = whole(first, seed)
    new, report = quietly(
        table, from_year=first, to_year=second, measures=STOCK, key=key_of(second)
    )
    total = table["n"].sum()
    assert new["n"].sum() == pytest.approx(total, rel=1e-9, abs=0)
    assert abs(report.frame.loc["n", "difference"]) <= 1e-9 * total
    outside = timeline(None).outside
    lacking = set(cog_codes(second)) - set(new.index)
    # Ytres came from the Somme in 1971: no list of the territory holds it before.
    assert lacking == ({"62909"} if first <= 1970 < second else set())
    assert set(new.index) - set(cog_codes(second)) <= outside


@few
@given(years, years, st.integers(0, 99))
def test_row_order_does_not_matter(first, second, seed):
    table = whole(first)
    order = np.random.default_rng(seed).permutation(table.index)
    options = {
        "from_year": first,
        "to_year": second,
        "measures": STOCK,
        "key": key_of(second),
    }
    one, _ = quietly(table, **options)
    two, _ = quietly(table.loc[order], **options)
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@few
@given(st.integers(2019, 2024), st.integers(2019, 2024))
def test_back_and_forth_is_the_identity_where_only_names_change(first, second):
    table = whole(first)
    there, _ = rebase(table, from_year=first, to_year=second, measures=STOCK)
    back, _ = rebase(there, from_year=second, to_year=first, measures=STOCK)
    pd.testing.assert_frame_equal(back, table, check_exact=True)


@few
@given(st.tuples(years, years, years).map(sorted))
def test_two_steps_are_one_where_communes_only_merge(steps):
    first, middle, last = steps
    pairs = [(first, middle), (middle, last), (first, last)]
    if any(passage(a, b, key=key_of(b))["estimated"].any() for a, b in pairs):
        return
    table = whole(first)
    one, _ = quietly(table, from_year=first, to_year=last, measures=STOCK)
    half, _ = quietly(table, from_year=first, to_year=middle, measures=STOCK)
    two, _ = quietly(half, from_year=middle, to_year=last, measures=STOCK)
    pd.testing.assert_series_equal(one["n"], two["n"], check_exact=True)


# --- measures and states -------------------------------------------------------------


def test_medians_are_kept_where_the_ground_is_the_same():
    # 59070 joined 59006 in 2025; Lens is as it was.
    table = pd.DataFrame(
        {"income": [18_000.0, 19_000.0, 17_000.0], "homes": [1, 2, 3]},
        pd.Index(["59006", "59070", "62498"], name="commune"),
    )
    measures = {"income": bm.Median(label="Revenu médian"), "homes": bm.Stock()}
    new, report = bm.rebase(table, from_year=2024, to_year=2026, measures=measures)
    assert new["homes"].to_dict() == {"59006": 3, "62498": 3}
    assert new.loc["62498", "income"] == 17_000
    assert np.isnan(new.loc["59006", "income"])
    assert new["income_state"].to_dict() == {"59006": "not_available", "62498": ""}
    assert isinstance(bm.measures_of(new)["income"], bm.Median)
    assert any("Revenu médian" in note and "59006" in note for note in report.notes)
    alone, _ = bm.rebase(
        table[["income"]],
        from_year=2024,
        to_year=2026,
        measures={"income": bm.Median()},
    )
    assert alone["income"].dropna().to_dict() == {"62498": 17_000}
    back, _ = bm.rebase(alone.loc[["62498"]], from_year=2026, to_year=2024)
    assert back["income"].to_dict() == {"62498": 17_000}


def test_bare_percentages_are_refused():
    with pytest.raises(MeasureError, match="per cent"):
        rebase(
            stocks(c59006=1),
            from_year=2024,
            to_year=2026,
            measures={"n": bm.Stock(unit="%")},
        )


def test_undeclared_columns_are_left_and_said():
    table = stocks(c62498=1).assign(name="Lens")
    new, report = rebase(table, from_year=2024, to_year=2026, measures=STOCK)
    assert list(new) == ["n"]
    assert "name" in str(report)


def test_means_are_weighted():
    table = pd.DataFrame(
        {"income": [10.0, 20.0], "people": [1.0, 3.0]},
        index=pd.Index(["59006", "59070"], name="commune"),
    )
    measures = {"income": bm.Mean(weight="people"), "people": bm.Stock()}
    new, _ = rebase(table, from_year=2024, to_year=2026, measures=measures)
    assert new.loc["59006", "income"] == 17.5
    back, _ = rebase(new, from_year=2026, to_year=2024, measures=measures)
    assert back["income"].tolist() == [17.5, 17.5]
    assert back["income_state"].tolist() == ["estimated"] * 2


def test_growth_is_computed_again():
    table = pd.DataFrame(
        {"old": [100.0, 300.0], "new": [110.0, 290.0]},
        index=pd.Index(["59006", "59070"], name="commune"),
    )
    measures = {"growth": bm.Growth(start="old", end="new", years=1)}
    found, _ = rebase(table, from_year=2024, to_year=2026, measures=measures)
    assert found.loc["59006", "growth"] == pytest.approx(0)


def test_categories_follow_their_rule():
    table = pd.DataFrame(
        {"type": ["rural", "urbain"] + ["rural"] * 4, "people": [1, 9, 4, 1, 1, 1]},
        index=pd.Index(["59006", "59070", *HESDIN], name="commune"),
    )
    for rule, expected in (("majority", "urbain"), ("unanimous", None)):
        measures = {"type": bm.Category(rule=rule, weight="people")}
        new, _ = rebase(table, from_year=2024, to_year=2026, measures=measures)
        assert new["type"].tolist()[1] == "rural"
        if expected is None:
            assert new.loc["59006", "type_state"] == "not_applicable"
        else:
            assert new.loc["59006", "type"] == expected
    new = new.drop(columns="type_state").assign(type="rural", people=1)
    back, _ = rebase(new, from_year=2026, to_year=2024, measures=measures)
    assert set(back["type"]) == {"rural"}
    assert set(back["type_state"]) == {"estimated"}


@pytest.mark.parametrize(
    ("state", "after", "value"),
    [
        ("secret", "lower_bound", 7.0),
        ("not_available", "not_available", np.nan),
        ("not_applicable", "", 7.0),
    ],
)
def test_states_survive_a_fusion(state, after, value):
    table = stocks(c59006=7, c59070=np.nan, c62498=0)
    table["n_state"] = ["", state, ""]
    new, report = rebase(table, from_year=2024, to_year=2026, measures=STOCK)
    states = bm.states_of(new, "n")
    assert states["59006"] == after
    assert new.loc["59006", "n"] == pytest.approx(value, nan_ok=True)
    assert new.loc["62498", "n"] == 0
    assert report.missing == {"n": ("59070",)}
    assert report.bounded == {"n": ("59006",) if after == "lower_bound" else ()} or (
        after != "lower_bound" and not report.bounded.get("n")
    )


def test_states_survive_a_split():
    table = stocks(c59006=np.nan, c62447=8)
    table["n_state"] = ["secret", "lower_bound"]
    new, _ = rebase(table, from_year=2026, to_year=2024, measures=STOCK)
    assert new.loc[["59006", "59070"], "n_state"].tolist() == ["secret"] * 2
    # The part of a minimum bounds nothing: what is hidden may be all in another.
    assert new.loc[HESDIN, "n_state"].tolist() == ["estimated"] * 4
    assert new["n"].sum() == pytest.approx(8)


# --- bad input -----------------------------------------------------------------------


def test_codes_of_another_year_are_named_and_the_year_proposed(census):
    with pytest.raises(VintageError) as error:
        rebase(
            census,
            from_year=2026,
            to_year=2024,
            measures={"dwellings_2021": bm.Stock()},
        )
    message = str(error.value)
    for code in ("59070", "62461", "62549", "62743"):
        assert f"'{code}'" in message
    assert "Bermeries, 1943–2024" in message
    assert "2019–2024" in message


def test_measures_of_another_geography_are_refused(census):
    table, _ = rebase(census, from_year=2024, to_year=2026)
    told = bm.measures_of(census)
    with pytest.raises(VintageError, match="declared in the geography of 2024"):
        rebase(table, from_year=2026, to_year=2024, measures=told)
    # The communes of 2021 are those of 2024.
    assert len(rebase(census, from_year=2021, to_year=2026)[0]) == 1534


def test_a_list_that_is_not_whole_warns():
    table = whole(2026)
    with pytest.warns(BasinmapWarning, match=r"62447 lacks 62461.*2025–2026"):
        new, report = rebase(table, from_year=2024, to_year=2026, measures=STOCK)
    assert new.loc["62447", "n_state"] == "lower_bound"
    assert new.loc["62498":"62498", "n_state"].tolist() == [""]
    assert report.bounded["n"] == ("59006", "62447")
    assert "Huby-Saint-Leu (62461)" in str(report)


def test_ground_that_lay_outside_is_said():
    with pytest.warns(BasinmapWarning, match="59545 lacks 02285"):
        new, report = rebase(whole(1968), from_year=1968, to_year=2026, measures=STOCK)
    assert "62909" not in new.index
    assert "Ytres (62909), alors Ytres (80831)" in str(report).replace("\xa0", " ")
    table = stocks(c80831=3, c02285=1, c59545=5)
    new, _ = rebase(table, from_year=1968, to_year=2026, measures=STOCK)
    assert new["n"].to_dict() == {"59545": 6, "62909": 3}


def test_a_commune_created_later_goes_nowhere():
    # Libercourt was created in 1947, from communes that the file does not name.
    new, report = rebase(
        stocks(c62907=4, c62498=1), from_year=1950, to_year=1945, measures=STOCK
    )
    assert new.index.tolist() == ["62498"]
    assert report.unmatched == ("62907",)
    assert "62907" in str(report)


@pytest.mark.parametrize(
    ("table", "error", "why"),
    [
        (stocks(c62498=1).rename_axis("code"), DataError, "named 'commune'"),
        (stocks(c62498=1).head(0), DataError, "empty"),
        (pd.concat([stocks(c62498=1)] * 2), DataError, "more than once: '62498'"),
        (stocks(c75056=1), CodeError, "never communes.*'75056'"),
        (stocks(c6249=1), CodeError, "leading zero"),
        (stocks(c62498=1).rename(columns={"n": "m"}), ColumnError, "'n'"),
    ],
)
def test_bad_tables(table, error, why):
    with pytest.raises(error, match=why):
        rebase(table, from_year=2024, to_year=2026, measures=STOCK)


@pytest.mark.parametrize("pair", [(1942, 2026), (2024, 2027)])
def test_years_out_of_range(pair):
    with pytest.raises(VintageError, match="1943 to 2026"):
        rebase(stocks(c62498=1), from_year=pair[0], to_year=pair[1], measures=STOCK)


def test_nothing_declared():
    with pytest.raises(MeasureError, match="no column is declared"):
        rebase(stocks(c62498=1), from_year=2024, to_year=2026)


# --- events of the user --------------------------------------------------------------


def test_events_of_the_user():
    rows = [("2027-01-01", a, "22001") for a in ("22001", "22002")]
    events = pd.DataFrame(rows, columns=["date", "before", "after"])
    table = stocks(c22001=1, c22002=2, c22003=4)
    new, report = rebase(
        table, from_year=2026, to_year=2027, measures=STOCK, events=events
    )
    # 22003 is touched by nothing that is known: it stays.
    assert new["n"].to_dict() == {"22001": 3, "22003": 4}
    assert "Insee" not in str(report)
    with pytest.raises(MeasureError, match="pass key"):
        rebase(new, from_year=2027, to_year=2026, measures=STOCK, events=events)
    key = pd.Series({"22001": 1, "22002": 3})
    back, _ = rebase(
        new, from_year=2027, to_year=2026, measures=STOCK, events=events, key=key
    )
    assert back["n"].to_dict() == {"22001": 0.75, "22002": 2.25, "22003": 4}


# --- flows ---------------------------------------------------------------------------


def flows(*rows):
    return pd.DataFrame(rows, columns=["o", "d", "n"])


ENDS = {"origin": "o", "destination": "d", "values": "n"}


def test_flows_are_carried_on_both_ends_and_the_diagonal_kept():
    table = flows(
        ("62461", "62549", 3),
        ("62447", "62447", 10),
        ("62498", "62743", 2),
        ("59070", "75056", 1),
    )
    new, report = rebase_flows(table, from_year=2024, to_year=2026, **ENDS)
    assert new.to_numpy().tolist() == [
        ["59006", "75056", 1.0],
        ["62447", "62447", 13.0],
        ["62498", "62447", 2.0],
    ]
    assert report.before == report.after == {"n": 16.0}
    note = str(report).replace("\xa0", " ")
    assert "Flux internes conservés" in note
    assert "n : 10 avant, 13 après" in note
    assert "75056" in note
    assert "Bermeries (59070) dans L’Orée de Mormal (59006)" in note


def test_flows_and_tables_are_printed_by_name():
    measures = {"n": bm.Stock(label="Navetteurs", vintage="2021")}
    table = flows(("62461", "62549", 3), ("62447", "62447", 10))
    table.attrs["measures"] = measures
    _, report = rebase_flows(table, from_year=2024, to_year=2026, **ENDS)
    note = str(report).replace("\xa0", " ")
    assert "Totaux conservés : Navetteurs (2021)." in note
    assert "même commune), Navetteurs (2021) : 10 avant, 13 après" in note
    one = stocks(c59006=1, c59070=np.nan)
    _, report = rebase(one, from_year=2024, to_year=2026, measures=measures)
    assert "Valeurs manquantes, Navetteurs (2021)" in str(report)


def test_the_ends_of_flows_bear_any_name():
    ends = {"origin": "row", "destination": "before0", "values": "n"}
    table = flows(("62461", "62549", 3)).set_axis(["row", "before0", "n"], axis=1)
    new, _ = rebase_flows(table, from_year=2024, to_year=2026, **ends)
    assert new.to_numpy().tolist() == [["62447", "62447", 3.0]]


def test_flows_are_shared_on_both_ends():
    key = pd.Series({"59006": 1, "59070": 3})
    new, report = rebase_flows(
        flows(("59006", "59006", 16)), from_year=2026, to_year=2024, key=key, **ENDS
    )
    assert new["n"].tolist() == [1, 3, 3, 9]
    assert new["n_state"].tolist() == ["estimated"] * 4
    assert report.estimated == {"n": 1.0}
    assert report.split == ("59006",)


@few
@given(years, years, st.integers(0, 9))
def test_flows_conserve_their_total(first, second, seed):
    random = np.random.default_rng(seed)
    codes = cog_codes(first)
    pairs = pd.DataFrame(
        {"o": random.choice(codes, 300), "d": random.choice(codes, 300)}
    ).drop_duplicates()
    table = pairs.assign(n=random.integers(0, 100, len(pairs)))
    options = {"from_year": first, "to_year": second, "key": key_of(second), **ENDS}
    new, _ = rebase_flows(table, **options)
    assert new["n"].sum() == pytest.approx(table["n"].sum(), rel=1e-9)
    assert not new.duplicated(["o", "d"]).any()
    again, _ = rebase_flows(table[::-1], **options)
    pd.testing.assert_frame_equal(new, again)


@pytest.mark.parametrize(
    ("table", "error", "why"),
    [
        (flows(("59070", "62498", 1), ("59070", "62498", 2)), DataError, "sum them"),
        (flows(("59020", "62498", 1)), VintageError, "'59020'"),
        (flows(("59999", "62498", 1)), CodeError, "'59999'"),
        (flows(), DataError, "empty"),
        (flows(("59070", "62498", 1)).drop(columns="d"), ColumnError, "'d'"),
    ],
)
def test_bad_flows(table, error, why):
    with pytest.raises(error, match=why):
        rebase_flows(table, from_year=2024, to_year=2026, **ENDS)


# --- never by code alone -------------------------------------------------------------


def test_two_years_are_not_joined_by_code_alone():
    left, right = whole(2026), whole(2024).rename(columns={"n": "m"})
    with pytest.raises(VintageError) as error:
        join_on_code(left, right, left_year=2026, right_year=2024)
    message = str(error.value)
    assert "'59006' (L'Orée de Mormal; Amfroipret)" in message
    assert "'62447'" in message
    assert "6 code(s)" in message
    assert "59070" in message


def test_same_ground_is_joined():
    left, right = whole(2019), whole(2024).rename(columns={"n": "m"})
    joined = join_on_code(left, right, left_year=2019, right_year=2024)
    assert joined.index.equals(left.index)
    assert list(joined) == ["n", "m"]
    one = bm.statistics()[["population_2023"]].loc[["62498"]]
    kept = join_on_code(
        one, whole(2024).loc[["62498", "62510"]], left_year=2026, right_year=2024
    )
    assert kept.index.tolist() == ["62498"]
    assert bm.measures_of(kept)["population_2023"].vintage == "2023"


def test_join_refuses_what_would_be_lost():
    table = whole(2024)
    with pytest.raises(DataError, match="stand in both tables: 'n'"):
        join_on_code(table, table, left_year=2024, right_year=2024)
    with pytest.raises(VintageError, match="2019–2024"):
        join_on_code(
            table, table.rename(columns={"n": "m"}), left_year=2026, right_year=2026
        )


def test_names_change_but_ground_does_not():
    assert (cog_names(2019) != cog_names(2024)).sum() == 1


# -- a whole country ---------------------------------------------------------------


def repeated(count):
    """Return the embedded history as if `count` pairs of départements had it."""
    events = bm.cog_events()
    near = events["before"].fillna("59").str[:2].isin(["59", "62"])
    dates = set(events.loc[~near, "date"])
    events = events[~events["date"].isin(dates)]
    parts, listed = [], []
    for pair in range(count):
        heads = {"59": f"{2 * pair + 1:02}", "62": f"{2 * pair + 2:02}"}
        codes = [events[side].dropna().unique() for side in ("before", "after")]
        codes += [cog_codes(2026)]
        moved = {c: heads[c[:2]] + c[2:] for side in codes for c in side}
        parts.append(
            events.assign(
                before=events["before"].map(moved), after=events["after"].map(moved)
            )
        )
        listed += [moved[code] for code in cog_codes(2026)]
    found = pd.concat(parts).sort_values(["date", "after"], ignore_index=True)
    found.attrs = {"communes": tuple(listed), "year": 2026}
    return found


def test_a_list_ten_times_longer_is_followed_in_about_ten_times_the_time():
    spent = {}
    for count in (1, 10):
        line = timeline(repeated(count))
        codes = pd.Index(sorted(line.grounds(2018)))
        start = time.process_time()
        moves = followed(line, 2018, 2024, codes=codes)
        spent[count] = time.process_time() - start
        assert len(moves.table) == len(codes)
        assert len(codes) >= 1500 * count
    # A test of the whole list for each commune took seventy times longer.
    assert spent[10] < 30 * spent[1]
