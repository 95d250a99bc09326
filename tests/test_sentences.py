"""Sentences that follow the numbers: the twenty known ones, and what they refuse."""

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import basinmap as bm
from basinmap.deliverables.sentences import (
    Noun,
    against,
    check_neutral,
    counted,
    enumerated,
    evolution,
    fraction,
    objective,
    part,
    printed,
    rank,
    reunited,
    stated,
    trend,
)
from basinmap.errors import DataError, MeasureError
from basinmap.territory.naming import Name, named

YEARS = (2016, 2023)
RATE = Noun("taux de vacance", percentage=True, decimals=1)
EPCI = Name(
    "l'intercommunalité",
    "de l'intercommunalité",
    "dans l'intercommunalité",
    "f",
)
X = Name("X", "de X", "à X")


def plain(text):
    """Return a sentence with ordinary spaces: « 7,6 % » is written as one reads it."""
    return re.sub("[\u00a0\u202f]", " ", text)


def populations():
    return bm.statistics()[["population_2016", "population_2023"]].astype(int)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "59574",
            "La population de Somain diminue de 0,8 % par an en moyenne entre 2016 et "
            "2023, soit 722 habitants de moins.",
        ),
        (
            "62498",
            "La population de Lens augmente de 1,0 % par an en moyenne entre 2016 et "
            "2023, soit 2 231 habitants de plus.",
        ),
        (
            "62119",
            "La population de Béthune varie de moins de 0,05 % par an entre 2016 et "
            "2023 (+38 habitants).",
        ),
        (
            "62720",
            "La population de Rombly passe de 50 habitants en 2016 à 53 en 2023 "
            "(+3 habitants).",
        ),
        (
            "59559",
            "La population de Sebourg passe de 1 966 habitants en 2016 à 1 967 en 2023 "
            "(+1 habitant).",
        ),
        (
            "59314",
            "La population d’Hornaing diminue de 0,2 % par an en moyenne entre 2016 et "
            "2023, soit 57 habitants de moins.",
        ),
        (
            "62407",
            "La population de Ham-en-Artois diminue de 0,9 % par an en moyenne entre "
            "2016 et 2023, soit 65 habitants de moins.",
        ),
        (
            "59564",
            "La population de La Sentinelle diminue de 0,2 % par an en moyenne entre "
            "2016 et 2023, soit 45 habitants de moins.",
        ),
    ],
)
def test_a_trend_is_said_from_the_populations_of_the_census(code, said):
    before, after = populations().loc[code]
    assert plain(trend(named(code), evolution(before, after, YEARS))) == said


def test_equal_counts_are_the_same():
    said = trend(X, evolution(1000, 1000, YEARS))
    expected = "La population de X est la même en 2016 et en 2023 (1 000 habitants)."
    assert plain(said) == expected


@pytest.mark.parametrize(
    ("code", "value", "reference", "said"),
    [
        (
            "59574",
            7.58,
            6.74,
            "À Somain, le taux de vacance est supérieur de 0,9 point à celui de "
            "l’intercommunalité (6,7 %).",
        ),
        (
            "59008",
            8.93,
            6.74,
            "À Aniche, le taux de vacance est supérieur de 2,2 points à celui de "
            "l’intercommunalité (6,7 %).",
        ),
        (
            "59227",
            6.52,
            6.74,
            "À Fenain, le taux de vacance est proche de celui de l’intercommunalité "
            "(6,7 %).",
        ),
        (
            "62215",
            7.22,
            7.15,
            "À Carvin, le taux de vacance est le même que dans l’intercommunalité "
            "(7,2 %).",
        ),
    ],
)
def test_a_rate_is_set_against_a_reference_from_printed_values(
    code, value, reference, said
):
    # 7,15 prints 7,2 in the table of the prototype; the nearest double prints 7,2 too.
    assert plain(against(named(code), value, EPCI, reference, noun=RATE)) == said


@pytest.fixture(scope="module")
def vacancy():
    return bm.compute("L04", bm.statistics())


def ranked(vacancy, code, epci):
    members = bm.communes(epci=epci)
    return plain(rank(code, vacancy.loc[members.index], members["name"], noun=RATE))


@pytest.mark.parametrize(
    ("code", "epci", "said"),
    [
        (
            "59008",
            "245901152",
            "Avec 8,9 %, Aniche a le taux de vacance le plus élevé des 20 communes.",
        ),
        (
            "59574",
            "245901152",
            "Avec 7,6 %, Somain a le 3e taux de vacance le plus élevé des 20 communes.",
        ),
        (
            "59375",
            "245901152",
            "Avec 7,3 %, Marchiennes a le 5e taux de vacance des 20 communes, par "
            "ordre décroissant, ex æquo avec Wandignies-Hamage.",
        ),
        (
            "59314",
            "245901152",
            "Avec 1,7 %, Hornaing a le taux de vacance le plus faible des 20 communes.",
        ),
        (
            "62049",
            "200072460",
            "Avec 7,9 %, Auchy-au-Bois a le 28e taux de vacance des 100 communes, par "
            "ordre décroissant, ex æquo avec Barlin, Marles-les-Mines et 1 autre.",
        ),
    ],
)
def test_a_rank_tells_its_ties(vacancy, code, epci, said):
    assert ranked(vacancy, code, epci) == said


def test_a_share_gives_both_counts_then_a_fraction():
    said = part(419, 5531, Noun("logement"), ("vacant", "vacants"), year=2021)
    assert plain(said) == (
        "En 2021, 419 des 5 531 logements sont vacants, soit 7,6 % "
        "(un logement sur treize)."
    )


def test_three_communes_are_set_against_their_share_of_the_whole():
    scot = Name("le SCoT", "du SCoT", "dans le SCoT")
    said = reunited(
        ["Douai", "Sin-le-Noble", "Somain"],
        51,
        scot,
        of="logements vacants",
        against_share=34,
        against_of="logements",
    )
    assert plain(said) == (
        "Douai, Sin-le-Noble et Somain réunissent 51 % des logements vacants du SCoT, "
        "pour 34 % de ses logements."
    )


def test_a_feminine_noun_agrees():
    share = Noun("part des maisons", gender="f", percentage=True, decimals=1)
    values = pd.Series({"a": 84.2, "b": 60.0, "c": 50.0})
    names = pd.Series({"a": "Somain", "b": "Lens", "c": "Douai"})
    assert plain(rank("a", values, names, noun=share)) == (
        "Avec 84,2 %, Somain a la part des maisons la plus élevée des 3 communes."
    )
    assert plain(against(X, 84.2, EPCI, 90.7, noun=share)) == (
        "À X, la part des maisons est inférieure de 6,5 points à celle de "
        "l’intercommunalité (90,7 %)."
    )
    assert plain(against(X, 90.7, EPCI, 90.7, noun=share)).startswith(
        "À X, la part des maisons est la même que dans"
    )


def test_fragile_units_are_out_of_the_ranks_and_told():
    values = pd.Series({"a": 8.0, "b": 9.0, "c": 7.0})
    names = pd.Series({"a": "A", "b": "B", "c": "C"})
    assert plain(rank("a", values, names, noun=RATE, fragile=["b"])) == (
        "Avec 8,0 %, A a le taux de vacance le plus élevé des 2 communes "
        "(1 taux à lire avec prudence hors classement)."
    )
    with pytest.raises(DataError, match="no value to rank"):
        rank("b", values, names, noun=RATE, fragile=["b"])


def test_values_all_equal_have_no_rank():
    values = pd.Series({"a": 8.01, "b": 8.04})
    names = pd.Series({"a": "A", "b": "B"})
    assert plain(rank("a", values, names, noun=RATE)) == (
        "Les 2 communes ont le même taux de vacance (8,0 %)."
    )


def test_a_constant_perimeter_is_said():
    said = trend(X, evolution(1000, 1200, YEARS, constant=True))
    assert "entre 2016 et 2023, à périmètre constant, soit 200" in plain(said)


def test_no_rate_is_printed_where_the_change_is_small():
    change = evolution(368, 355, YEARS)
    assert change.verdict == "small"
    assert math.isnan(change.rate)
    assert "%" not in trend(X, change)
    # 13 of 368 are not « almost as many »: the headline says how many.
    assert plain(change.short) == "13 de moins qu'en 2016"
    assert "passe de 368 habitants en 2016 à 355 en 2023 (−13 habitants)." in plain(
        trend(X, change)
    )


def test_two_ends_tell_no_trend():
    # Hornaing rose until 2019, then fell: two years alone are compared.
    hump = [3_553, 3_571, 3_571, 3_554, 3_530, 3_510]
    change = evolution(3_553, 3_496, YEARS, between=hump)
    assert plain(change.short) == "57 de moins qu'en 2016"
    fall = [3_550, 3_540, 3_530, 3_520, 3_510, 3_500]
    steady = evolution(3_553, 3_496, YEARS, between=fall)
    assert plain(steady.short) == "en baisse chaque année depuis 2016"
    rise = evolution(100, 800, YEARS, between=[200, 300, 400, 500, 600, 700])
    assert plain(rise.short) == "en hausse chaque année depuis 2016"
    # A year that lacks may have gone the other way; a year alike is no fall.
    assert not evolution(3_553, 3_496, YEARS, between=fall[1:]).steady
    assert not evolution(3_553, 3_496, YEARS, between=[3_553, *fall[1:]]).steady
    assert not evolution(3_553, 3_496, YEARS, between=[math.nan, *fall[1:]]).steady
    assert plain(evolution(500, 500, YEARS).short) == "autant qu'en 2016"


def test_a_growth_above_zero_has_its_plus_and_a_gap_of_it_has_none():
    noun = Noun("évolution", gender="f", unit="% par an", decimals=1, signed=True)
    assert [plain(noun.write(v)) for v in (0.8, -1.1, 0.0)] == [
        "+0,8 % par an",
        "−1,1 % par an",
        "0,0 % par an",
    ]
    assert plain(noun.write_gap(0.8)) == "0,8 point"


def test_a_place_that_was_empty_has_no_rate():
    with pytest.raises(MeasureError, match="no yearly rate"):
        trend(X, evolution(0, 500, YEARS))


def test_a_missing_count_is_not_compared():
    with pytest.raises(DataError, match="2023"):
        evolution(10, math.nan, YEARS)
    with pytest.raises(DataError, match="missing or infinite"):
        against(X, math.nan, EPCI, 7.0, noun=RATE)


def test_an_objective_is_reached_only_when_its_period_is_over():
    open_ = objective(160, 160, "logement", closed=False)
    assert plain(open_) == (
        "Sont comptés 160 logements sur 160, soit 100 % de l’objectif."
    )
    assert plain(objective(100, 160, "logement", closed=True)).endswith(
        ", non atteint."
    )
    with pytest.raises(DataError, match="cannot be divided"):
        objective(1, 0, "logement", closed=True)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (50.0, "un logement sur deux"),
        (7.6, "un logement sur treize"),
        (75.5, "trois logements sur quatre"),
        (40.0, "deux logements sur cinq"),
        (5.0, "un logement sur vingt"),
        (95.0, ""),
        (1.0, ""),
        (0.0, ""),
        (100.0, ""),
    ],
)
def test_a_fraction_is_said_only_when_near(rate, said):
    assert fraction(rate, "logement") == said


def test_the_state_comes_before_any_comment():
    houses = Noun("logement vacant", "logements vacants")
    assert plain(stated("lower_bound", 860, houses)) == "au moins 860 logements vacants"
    assert stated("not_available", math.nan, houses) == ""
    assert "secret" in stated("secret", math.nan, houses)
    assert plain(stated("estimated", 7.58, RATE)) == "environ 7,6 %"


@pytest.mark.parametrize(
    "text",
    [
        "La hausse est due à la gare.",
        "Grâce à l’ouverture, la population augmente.",
        "Le marché est dynamique.",
        "Le nombre s’effondre.",
        "Le musée permet une hausse.",
    ],
)
def test_a_cause_or_a_judgement_is_refused(text):
    with pytest.raises(DataError, match="cause or a judgement"):
        check_neutral({"clé": text})


def test_names_are_joined_as_the_cog_says():
    assert named("59314").of == "d'Hornaing"
    assert named("62407").of == "de Ham-en-Artois"
    assert named("59481").at == "au Quesnoy"
    assert named("59564").of == "de La Sentinelle"
    assert named("246200364", "epci").of == "de la CA de Lens-Liévin"
    assert named("artois", "scot").at == "dans le SCoT de l'Artois"
    assert named("627", "arrondissement").bare == "l'arrondissement de Lens"
    assert named("62", "departement").of == "du Pas-de-Calais"
    assert named("bassin-minier", "bassin").at == "dans le bassin minier"
    assert named("32", "region").at == "dans les Hauts-de-France"


def test_of_the_communes_in_h_twelve_do_not_elide():
    every = bm.communes()
    in_h = every.index[every["name"].str.startswith("H")]
    forms = [named(code).of for code in in_h]
    assert sum(form.startswith("d'") for form in forms) == 94
    assert sum(form.startswith("de ") for form in forms) == 12


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(2000, 2015),
    st.integers(2016, 2030),
)
def test_any_trend_is_neutral_and_well_set(before, after, start, end):
    change = evolution(before, after, (start, end))
    said = trend(X, change)
    check_neutral({"t": said})
    assert said[0].isalpha()
    assert said.endswith(".")
    assert "  " not in said
    assert not re.search(r"\d %|'| \?", said)
    if change.verdict in {"up", "down"}:
        assert ("augmente" in said) == (after > before)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_gap_is_that_of_the_printed_values(mine, theirs):
    said = plain(against(X, mine, EPCI, theirs, noun=RATE))
    gap = printed(printed(mine, 1) - printed(theirs, 1), 1)
    if gap == 0:
        assert "le même" in said
    elif abs(gap) < 0.5:
        assert "proche" in said
    else:
        assert counted(abs(gap), "point", decimals=1).replace("\xa0", " ") in said
    assert f"({plain(RATE.write(theirs))})" in said


@given(st.lists(st.floats(0, 30), min_size=2, max_size=30))
def test_ranks_are_those_of_the_printed_values(values):
    series = pd.Series(values, index=[str(i) for i in range(len(values))])
    names = pd.Series({c: f"C{c}" for c in series.index})
    said = rank("0", series, names, noun=RATE)
    seen = series.map(lambda value: printed(value, 1))
    ties = int((seen == seen["0"]).sum()) - 1
    if 0 < ties < len(values) - 1:
        assert "ex æquo avec" in said
    elif not ties:
        assert "égalité" not in said


def test_lists_name_some_then_count_the_others():
    names = ["A", "B", "C", "D", "E", "F"]
    assert plain(enumerated(names, most=2)) == "A, B et 4 autres"
    assert enumerated([]) == ""


def test_a_plural_noun_agrees_in_a_comparison():
    noun = Noun("migrations", plural="migrations", gender="f", decimals=0)
    epci = Name("l'EPCI", "de l'EPCI", "dans l'EPCI", "m")
    told = against(named("62498"), 12, epci, 10, noun=noun)
    assert "les migrations sont supérieures de" in told
    assert "à celles de l’EPCI" in told


def test_a_rank_among_those_that_have_a_value_says_so():
    values = pd.Series({"a": 3.0, "b": 2.0, "c": 1.0, "d": float("nan")})
    names = pd.Series({"a": "Aniche", "b": "Bugnicourt", "c": "Cantin", "d": "Dechy"})
    noun = Noun("taux de vacance", percentage=True, decimals=1)
    told = rank("a", values, names, noun=noun)
    assert told.endswith("le plus élevé des 3\u00a0communes classées.")
