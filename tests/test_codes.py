"""Codes: each mistake named with its repair; repairs asked for, and told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import CodeError, DataError
from basinmap.territory.levels import LEVELS, check_codes, find_unit, repair_codes

few = settings(max_examples=60, deadline=None, database=None)


def message(codes, level):
    with pytest.raises(CodeError) as error:
        check_codes(codes, level)
    return str(error.value)


# -- levels --------------------------------------------------------------------


def test_there_are_ten_levels():
    assert set(LEVELS) == {
        "iris",
        "commune",
        "quartier",
        "secteur",
        "epci",
        "scot",
        "arrondissement",
        "departement",
        "region",
        "bassin",
    }


def test_the_region_is_found_by_its_name():
    assert find_unit("hauts de france").loc[0, ["level", "code"]].tolist() == [
        "region",
        "32",
    ]


def test_no_secteur_is_known_before_a_user_makes_it():
    assert find_unit("Nord", level="secteur").empty


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("region", ["32", "01"]),
        ("secteur", ["nord", "Secteur 1", "A", "12"]),
        ("quartier", ["sessevalle", "QP059055", "QN00101M", "26E", "n° 4"]),
        ("scot", ["grand-douaisis", "12"]),
        ("bassin", ["bassin-minier"]),
        ("commune", ["01004", "2B033", "97101"]),
    ],
)
def test_good_codes_come_back_as_they_are(level, codes):
    assert check_codes(codes, level) == codes


# -- trap 9 and its like: mistakes are named -----------------------------------


@pytest.mark.parametrize(
    ("code", "level", "said"),
    [
        ("1004", "commune", "lost its leading zero; write '01004'"),
        ("10040101", "iris", "lost its leading zero; write '010040101'"),
        ("1", "region", "lost its leading zero; write '01'"),
        (200072460.0, "epci", "not a number; write '200072460' (read the file"),
        (np.float64(200072460), "epci", "not a number; write '200072460'"),
        ("200072460.0", "epci", "written as a decimal number; write '200072460'"),
        ("200072460,00", "epci", "written as a decimal number; write '200072460'"),
        (62498, "commune", "not a number; write '62498'"),
        (1004, "commune", "not a number, lost its leading zero; write '01004'"),
        ("62 498", "commune", "spaces around or in it; write '62498'"),
        ("246\u202f200\u00a0364", "epci", "spaces around or in it; write '246200364'"),
        ("\ufeff62498", "commune", "spaces around or in it; write '62498'"),
        (" 1004.0 ", "commune", "spaces around or in it, written as a decimal"),
        ("2a004", "commune", "write '2A004'"),
        ("2b0330101", "iris", "write '2B0330101'"),
        ("20A04", "commune", "in Corsica the letter follows the 2: write '2A004'"),
        ("20B033", "commune", "in Corsica the letter follows the 2: write '2B033'"),
        ("6249O", "commune", "the letter O stands for a zero: write '62490'"),
        ("O1oo4", "commune", "the letter O stands for a zero: write '01004'"),
        ("Lens", "commune", "a name is no code: did you mean '62498' (Lens)?"),
        ("LIEVIN", "commune", "did you mean '62510' (Liévin)?"),
        ("CALL", "epci", "did you mean '246200364'"),
        ("Grand Douaisis", "scot", "did you mean 'grand-douaisis'"),
        ("246200364", "commune", "form of a code of level 'epci'"),
        (246200364, "commune", "form of a code of level 'epci'"),
        ("210010101", "commune", "level 'epci' or 'iris'"),
        ("624980101", "commune", "of level 'iris'; its commune is '62498'"),
        ("624980101", "epci", "of level 'iris'"),
        ("246200364", "iris", "of level 'epci'"),
        ("62498", "epci", "of level 'commune'; its epci is '246200364'"),
        ("62498", "scot", "'commune'; its scot is 'lens-lievin-henin-carvin'"),
        ("62498", "iris", "of level 'commune'"),
        ("62", "arrondissement", "of level 'departement'"),
        ("QP059055", "commune", "code of a QPV: write level='quartier'"),
        ("qp059055", "quartier", "write 'QP059055'"),
        (526.0, "quartier", "not a number; write '526'"),
        ("526.0", "quartier", "written as a decimal number; write '526'"),
        (" nord", "secteur", "spaces around or in it; write 'nord'"),
        ("nan", "commune", "it is missing"),
        ("None", "quartier", "it is missing"),
        ("<NA>", "epci", "it is missing"),
        (pd.NA, "commune", "it is missing"),
        ("", "secteur", "not the form of such a code"),
        ("abc", "commune", "an example is '62498'"),
        ("00000", "commune", "no département is '00'"),
        ("96001", "commune", "no département is '96'"),
        ("99101", "commune", "99 stands for a foreign country"),
        ("991010101", "iris", "99 stands for a foreign country"),
        ("59070", "epci", "'59070' joined '59006' on 2025-01-01; its epci is '2000433"),
    ],
)
def test_trap_9_each_mistake_is_named_with_its_repair(code, level, said):
    assert said in message([code], level)


def test_a_siren_that_lost_its_last_digits_is_not_made_up():
    assert "write '" not in message([np.float32(200072460)], "epci")


def test_several_mistakes_are_counted_and_told_once_each():
    told = message(["Lens", "1004", "Lens", 62498, "Lens", None, "x", "y"], "commune")
    assert "'Lens' (and 7 more)" in told
    assert told.count("did you mean") == 1
    assert "'1004': lost its leading zero; write '01004'" in told
    assert "None: it is missing" in told
    assert "'y'" not in told


def test_a_name_is_suggested_and_never_taken():
    with pytest.raises(CodeError, match="did you mean"):
        repair_codes(pd.Series(["Lens"]), "commune")


def test_trap_7_a_name_that_is_nearly_official_is_only_suggested():
    told = message(["Mont-Bernenchon"], "commune")
    assert "did you mean" in told
    assert "Mont-Bernanchon" in told


def test_trap_24_either_spelling_of_lambres_leads_to_one_code():
    assert "'62486'" in message(["Lambres"], "commune")
    assert "62486" in find_unit("Lambres-lez-Aire")["code"].tolist()


def test_trap_27_sessevale_is_a_suggestion():
    near = bm.find_unit("Sessevale")
    assert near.loc[0, ["level", "code"]].tolist() == ["quartier", "sessevalle"]
    assert near.loc[0, "score"] < 1


def test_a_long_column_is_checked_fast_enough_to_fail():
    told = message([f"Lens {n}" for n in range(100_000)], "commune")
    assert "99999 more" in told


# -- repairs -------------------------------------------------------------------


SPOILT = ["1004", " 59574", "2a004", 62498, 62510.0, "62\u00a0427", "62249"]
MENDED = ["01004", "59574", "2A004", "62498", "62510", "62427", "62249"]


def test_what_has_one_meaning_is_repaired():
    codes, _ = repair_codes(pd.Series(SPOILT, list("abcdefg"), name="insee"), "commune")
    assert codes.tolist() == MENDED
    assert codes.index.tolist() == list("abcdefg")
    assert codes.name == "insee"


def test_repairs_are_told_with_how_many_and_examples():
    _, report = repair_codes(pd.Series(SPOILT), "commune")
    assert report.notes == (
        "Codes lus comme des nombres, remis en texte (2 : 62498, 62510.0 → 62510).",
        "Codes débarrassés de leurs espaces (2 : 59574, 62\u00a0427 → 62427).",
        "Codes mis en capitales (1 : 2a004 → 2A004).",
        "Codes complétés de leur zéro initial (1 : 1004 → 01004).",
    )
    assert report.units_before == report.units_after == 7


def test_many_repairs_are_told_by_five_examples():
    _, report = repair_codes(pd.Series([f"100{n}" for n in range(1, 9)]), "commune")
    (note,) = report.notes
    assert "(8 : 1001 → 01001" in note
    assert note.endswith("1005 → 01005…).")


def test_good_codes_need_no_repair_and_the_account_says_so():
    codes, report = repair_codes(pd.Series(["62498"]), "commune")
    assert codes.tolist() == ["62498"]
    assert report.notes == ("Aucun code n'a été modifié.",)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("6249O", "commune"),
        ("20A04", "commune"),
        ("624980101", "commune"),
        ("62498", "epci"),
        ("Liévin", "commune"),
        ("", "commune"),
        (None, "commune"),
        (float("nan"), "epci"),
        (62498.5, "commune"),
        (True, "commune"),
        (np.float32(200072460), "epci"),
        ("62", "arrondissement"),
        ("nan", "secteur"),
    ],
)
def test_what_has_several_meanings_or_none_is_not_repaired(code, level):
    with pytest.raises(CodeError, match=f"{level} code"):
        repair_codes(pd.Series([code, "62498"], dtype=object), level)


def test_repairing_something_else_than_a_series_is_refused():
    with pytest.raises(TypeError, match=r"codes: of type list .*pass a series"):
        repair_codes(["1004"], "commune")


def test_an_unknown_level_is_refused():
    with pytest.raises(CodeError, match="unknown level 'canton'"):
        repair_codes(pd.Series(["62498"]), "canton")


@pytest.mark.parametrize("level", LEVELS)
def test_an_empty_series_stays_empty(level):
    codes, _ = repair_codes(pd.Series([], dtype=object), level)
    assert codes.empty


anything = st.one_of(
    st.text(max_size=10),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.from_regex(r"[ ]?[0-9oOaA.]{1,9}[ ]?", fullmatch=True),
)


@few
@given(code=anything, level=st.sampled_from(LEVELS))
def test_whatever_is_given_is_accepted_as_it_is_or_refused_clearly(code, level):
    try:
        found = check_codes([code], level)
    except CodeError as refused:
        found, told = None, str(refused)
    except DataError as refused:  # 1e120 is no number to compute with, nor a code
        found, told = None, f"{level} code {refused}"
    if found is None:
        assert told.startswith(f"{level} code ")
    else:
        assert found == [code]


@few
@given(code=anything, level=st.sampled_from(LEVELS))
def test_what_is_repaired_is_well_formed_and_repaired_once(code, level):
    try:
        codes, _ = repair_codes(pd.Series([code], dtype=object), level)
    except CodeError:
        return
    assert check_codes(codes, level) == codes.tolist()
    again, report = repair_codes(codes, level)
    assert again.tolist() == codes.tolist()
    assert report.notes == ("Aucun code n'a été modifié.",)


@few
@given(st.integers(1, 95_999))
def test_a_commune_survives_a_spreadsheet(number):
    code = f"{number:05d}"
    for spoilt in (number, float(number), f"{number}.0"):
        series = pd.Series([spoilt], dtype=object)
        if number >= 1000:
            assert repair_codes(series, "commune")[0].tolist() == [code]
        else:
            with pytest.raises(CodeError):
                repair_codes(series, "commune")
