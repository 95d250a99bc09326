"""Communes in time: lists, trajectories, evidence of a vintage, files of Insee."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basinmap.errors import ArgumentError, CodeError, DataError, VintageError
from basinmap.territory import embedded
from basinmap.territory.history import (
    cog_codes,
    cog_events,
    cog_names,
    commune_history,
    guess_vintage,
)
from basinmap.territory.movements import read_communes, read_movements
from basinmap.territory.timelines import timeline


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


few = settings(max_examples=20, deadline=None, database=None)
years = st.integers(1943, 2026)
ABSORBED_2025 = ["59070", "62461", "62549", "62743"]
HEAD = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP"
)
NAMES = {
    "62119": "Béthune",
    "62847": "Verquigneul",
    "62126": "Beuvry",
    "59006": "Amfroipret",
    "59070": "Bermeries",
    "80831": "Ytres",
    "62909": "Ytres",
}


def movement(mod, date, before, after, *, names=("", "")):
    """Write a row of v_mvt_commune, from 'COM 62119' to 'COM 62119'."""
    cells = [mod, date]
    for side, given_name in zip((before, after), names, strict=True):
        kind, code = side.split()
        name = given_name or NAMES.get(code, code)
        cells += [kind, code, "0", name.upper(), name, name]
    return ",".join(cells)


def write_movements(folder, rows, name="v_mvt_commune_2026.csv"):
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return path


def events(*rows):
    """Write events, one text a row: '2001-01-01 59001 59002'."""
    cells = [row.split() for row in rows]
    return pd.DataFrame(cells, columns=["date", "before", "after"])


BETHUNE = [
    movement("33", "1990-12-10", "COM 62119", "COM 62119"),
    movement("33", "1990-12-10", "COM 62847", "COM 62119"),
    movement("33", "1990-12-10", "COM 62847", "COMA 62847"),
    movement("33", "1994-01-01", "COM 62119", "COM 62119"),
    movement("33", "1994-01-01", "COM 62126", "COM 62119"),
    movement("33", "1994-01-01", "COM 62126", "COMA 62126"),
    movement("33", "1994-01-01", "COMA 62847", "COMA 62847"),
    movement("21", "1997-11-20", "COM 62119", "COM 62119"),
    movement("21", "1997-11-20", "COM 62119", "COM 62126"),
    movement("21", "1997-11-20", "COMA 62126", "COM 62126"),
    movement("21", "2008-01-01", "COM 62119", "COM 62119"),
    movement("21", "2008-01-01", "COM 62119", "COM 62847"),
    movement("21", "2008-01-01", "COMA 62847", "COM 62847"),
]


# --- lists ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "count"), [(1968, 1569), (2015, 1545), (2019, 1538), (2024, 1538)]
)
def test_number_of_communes(year, count):
    assert len(cog_codes(year)) == len(cog_names(year)) == count


def test_list_of_2026_is_that_of_the_outlines():
    assert cog_codes(2026).tolist() == sorted(embedded.communes_2026().index)


@few
@given(years)
def test_events_and_spells_tell_the_same_lists(year):
    codes = cog_codes(year)
    assert codes.name == "commune"
    assert codes.is_monotonic_increasing
    assert codes.tolist() == cog_names(year).index.tolist()


@few
@given(years)
def test_every_piece_of_ground_is_in_one_commune(year):
    grounds = timeline(None).grounds(year).values()
    assert sum(map(len, grounds)) == len(frozenset().union(*grounds))


@pytest.mark.parametrize("year", [1942, 2027, "2024", None, True, 2024.0])
def test_year_out_of_range(year):
    for function in (cog_codes, cog_names):
        with pytest.raises(
            (VintageError, TypeError), match=told_or_typed("1943 to 2026")
        ):
            function(year)


def test_names_are_those_of_the_year():
    assert [cog_names(y)["62486"] for y in (2025, 2026)] == [
        "Lambres",
        "Lambres-lez-Aire",
    ]


def test_events_are_a_copy():
    copy = cog_events()
    copy.loc[0, "kind"] = "x"
    assert "x" not in set(cog_events()["kind"])


# --- trajectories --------------------------------------------------------------------


def test_trajectory_of_bethune():
    told = commune_history("62119")
    assert told["date"].tolist() == [
        "1990-12-10",
        "1994-01-01",
        "1997-11-20",
        "2008-01-01",
    ]
    assert told["kind"].tolist() == ["fusion-association"] * 2 + ["retablissement"] * 2
    assert told.loc[0, "before"] == ("62119", "62847")
    assert told.loc[3, "after_names"] == ("Béthune", "Verquigneul")
    assert "Beuvry (62126) rejoint Béthune" in told.loc[1, "sentence"]


def test_trajectory_follows_the_ground_of_an_absorbed_commune():
    told = commune_history("59070")
    assert told["after"].tolist() == [("59006",)]
    assert "commune nouvelle L’Orée de Mormal (59006)" in told.loc[0, "sentence"]
    # Beuvry was in Béthune from 1994 to 1997: what came before and after is not its.
    assert commune_history("62126")["date"].tolist() == ["1994-01-01", "1997-11-20"]


def test_trajectory_says_what_it_does_not_know():
    assert commune_history("62588").loc[0, "sentence"].startswith("Au plus tard le 1er")
    assert "ne dit pas" in commune_history("62907").loc[0, "sentence"]


def test_trajectory_of_a_commune_without_events():
    told = commune_history("62498")
    assert told.empty
    assert "sentence" in told


def test_trajectory_of_an_unknown_code_suggests():
    with pytest.raises(CodeError, match=r"'62911' .*did you mean 62901"):
        commune_history("62911")
    with pytest.raises(ArgumentError, match="pass text: '62119'"):
        commune_history(62119)


# --- which year ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [(2026, 2025, 2026), (2021, 2019, 2024), (1968, 1965, 1968)],
)
def test_vintage_of_a_whole_list(year, first, last):
    found = guess_vintage(cog_codes(year))
    assert found.loc[0, ["first", "last", "absent", "missing"]].tolist() == [
        first,
        last,
        0,
        0,
    ]
    assert found["best"].tolist() == [True] + [False] * (len(found) - 1)


def test_vintage_shows_what_speaks_against_the_other_years():
    found = guess_vintage(cog_codes(2024)).set_index("first")
    assert found.loc[2025, "absent_codes"] == tuple(ABSORBED_2025)
    assert found.loc[2017, "missing_codes"] == ("62210",)


def test_vintage_of_a_part_is_not_chosen_silently():
    # An EPCI where nothing ever happened: every year is as good.
    found = guess_vintage(["62498", "62427"][:1])
    assert found["best"].all()
    # The missing communes of elsewhere do not argue for the year that has fewest.
    found = guess_vintage(["62498", "62447", "62461", "62549", "62743"])
    assert found.loc[found["best"], "last"].max() == 2024


def test_vintage_of_a_mixture():
    # One code of 1986 does not make the list of 1986.
    found = guess_vintage([*cog_codes(2026), "62482"])
    assert found.loc[0, ["last", "absent_codes"]].tolist() == [2026, ("62482",)]
    assert not found.loc[1:, "best"].any()


def test_codes_of_another_departement_have_no_year():
    with pytest.raises(
        CodeError, match=r"none of the 2 code.*'80001', '80003'.*events"
    ):
        guess_vintage(["80003", "80001"])


def test_vintage_of_nothing():
    with pytest.raises(CodeError, match="no code"):
        guess_vintage([])
    with pytest.raises(CodeError, match="leading zero"):
        guess_vintage(["2285"])


@few
@given(years, st.integers(0, 99))
def test_order_and_repetition_do_not_date(year, seed):
    codes = cog_codes(year).tolist()
    shuffled = [*np.random.default_rng(seed).permutation(codes), codes[0]]
    shuffled = [str(code) for code in shuffled]
    pd.testing.assert_frame_equal(guess_vintage(shuffled), guess_vintage(codes))


# --- files of Insee ------------------------------------------------------------------


def test_movements_of_bethune_are_those_embedded(tmp_path):
    found = read_movements(write_movements(tmp_path, BETHUNE))
    own = cog_events()
    own = own[own["date"].isin(found["date"]) & own["after"].str.startswith("62")]
    own = own[own["before"].isin(["62119", "62847", "62126"])]
    columns = ["date", "kind", "before", "before_name", "after", "after_name"]
    assert found[columns].to_numpy().tolist() == own[columns].to_numpy().tolist()
    assert found.columns.tolist() == own.columns.tolist()


def test_read_movements_can_be_used(tmp_path):
    found = read_movements(write_movements(tmp_path, BETHUNE))
    assert cog_codes(1995, events=found).tolist() == ["62119"]
    assert cog_codes(2026, events=found).tolist() == ["62119", "62126", "62847"]
    assert len(commune_history("62847", events=found)) == 4
    assert guess_vintage(["62119", "62126"], events=found).loc[0, "last"] == 2007


def test_communes_that_no_event_touches_are_known_from_the_list(tmp_path):
    listed = write_communes(tmp_path, ["62119", "62126", "62847", "62498"])
    communes = read_communes(listed)
    assert communes.loc["62498"].tolist() == ["62498", "62", "32", "627"]
    found = read_movements(write_movements(tmp_path, BETHUNE), communes=communes)
    assert cog_codes(1995, events=found).tolist() == ["62119", "62498"]


def write_communes(folder, codes):
    path = folder / "v_commune_2026.csv"
    head = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT"
    rows = [f"COM,{c},32,{c[:2]},62D,627,0,{c},{c},{c},6299," for c in codes]
    rows += ["COMD,62482,,,,,0,LABUISSIERE,Labuissière,Labuissière,,62178"]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_list_and_events_of_two_years(tmp_path):
    communes = read_communes(write_communes(tmp_path, ["62119", "62482"]))
    rows = [
        movement("31", "1987-02-09", "COM 62178", "COM 62178"),
        movement("31", "1987-02-09", "COM 62482", "COM 62178"),
    ]
    with pytest.raises(DataError, match=r"'62482'.*same year"):
        read_movements(write_movements(tmp_path, rows), communes=communes)


def test_a_commune_reestablished_from_a_commune_associee_only(tmp_path):
    rows = [row for row in BETHUNE if not row.startswith("21,2008-01-01,COM,")]
    found = read_movements(write_movements(tmp_path, rows))
    assert cog_codes(2026, events=found).tolist() == ["62119", "62126", "62847"]
    last = found[found["date"] == "2008-01-01"]
    assert last[["before", "after"]].to_numpy().tolist() == [
        ["62119", "62119"],
        ["62119", "62847"],
    ]


def test_rows_that_change_no_list_are_left_out(tmp_path):
    rows = [
        movement("10", "2018-11-08", "COM 59004", "COM 59004", names=("Aix", "Aix-P")),
        movement("34", "2019-01-01", "COM 59004", "COM 59004"),
        movement("34", "2019-01-01", "COMA 59005", "COM 59004"),
        movement("35", "2019-01-01", "COMD 59006", "COM 59006"),
        movement("70", "2020-01-01", "COMA 59007", "COMD 59007"),
    ]
    found = read_movements(write_movements(tmp_path, [*rows, rows[0]]))
    assert found["kind"].tolist() == ["changement de nom"]


def test_a_code_that_lives_less_than_a_day(tmp_path):
    # Pont-Farcy changes département and is absorbed on the same day.
    rows = [
        movement("41", "2018-01-01", "COM 14513", "COM 50649"),
        movement("32", "2018-01-01", "COM 50649", "COM 50592"),
        movement("32", "2018-01-01", "COM 50592", "COM 50592"),
    ]
    found = read_movements(write_movements(tmp_path, rows))
    assert found[["before", "after"]].to_numpy().tolist() == [
        ["50592", "50592"],
        ["14513", "50592"],
    ]


def test_departements_are_chosen(tmp_path):
    rows = [*BETHUNE, movement("41", "1971-01-01", "COM 80831", "COM 62909")]
    rows.append(movement("10", "1971-01-01", "COM 14513", "COM 14513"))
    path = write_movements(tmp_path, rows)
    assert read_movements(path, departements=["80"])["before"].tolist() == ["80831"]
    with pytest.raises(DataError, match="no event"):
        read_movements(path, departements=["2A"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("MOD;DATE_EFF;COM_AV\n10;2001-01-01;59001\n", "missing: 'MOD', 'DATE_EFF'"),
        (HEAD.replace(",COM_AP,", ",") + "\n", "1 column.* missing: 'COM_AP'"),
        (HEAD + "\n", "no event"),
        ("", "cannot be read"),
        ("MOD,É\n".encode("latin-1"), "cannot be read"),
    ],
)
def test_a_file_that_is_not_the_events(tmp_path, text, why):
    path = tmp_path / "v_mvt_commune_2026.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=why):
        read_movements(path)


def test_a_file_that_is_not_the_list(tmp_path):
    path = tmp_path / "v_commune_2026.csv"
    path.write_text("COM,LIBELLE\n59001,Abancourt\n")
    with pytest.raises(DataError, match="'TYPECOM', 'REG', 'DEP', 'ARR'"):
        read_communes(path)
    path.write_text("TYPECOM,COM,REG,DEP,ARR,LIBELLE\nARM,75101,11,75,751,Paris 1er\n")
    with pytest.raises(DataError, match="TYPECOM = COM"):
        read_communes(path)
    twice = "COM,59001,32,59,592,Abancourt\n" * 2
    path.write_text(f"TYPECOM,COM,REG,DEP,ARR,LIBELLE\n{twice}")
    with pytest.raises(DataError, match="more than once: '59001'"):
        read_communes(path)


# --- events of the user --------------------------------------------------------------


def test_events_may_extend_those_embedded():
    mine = events("2027-01-01 62498 62498", "2027-01-01 62510 62498")
    longer = pd.concat([cog_events(), mine], ignore_index=True)
    assert len(cog_codes(2027, events=longer)) == 1533
    assert len(cog_codes(1968, events=longer)) == 1569


def test_an_exchange_of_codes_is_no_circle():
    swap = events("2001-01-01 59001 59002", "2001-01-01 59002 59001")
    line = timeline(swap)
    assert line.grounds(2001) == {
        "59001": frozenset(["59002"]),
        "59002": frozenset(["59001"]),
    }


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            (
                "2001-01-01 59001 59002",
                "2001-01-01 59002 59001",
                "2001-01-01 59001 59001",
            ),
            "circle: '59001 → 59002', '59002 → 59001'",
        ),
        (
            ("2001-01-01 59001 59002", "2002-01-01 59001 59003"),
            "2002-01-01: 1 code.*do not exist then: '59001'",
        ),
        (("2002-01-01 59001 59002", "2001-01-01 59003 59004"), "order.*59003 → 59004"),
        (("2001-13-01 59001 59002",), "not dates: '2001-13-01'"),
        (("2001-01-01 59001 59002", "2001-01-01 59001 59002"), "stand twice"),
    ],
)
def test_impossible_events(rows, why):
    with pytest.raises(DataError, match=why):
        cog_codes(2001, events=events(*rows))


def test_events_of_another_form():
    with pytest.raises(DataError, match="'before', 'after'"):
        cog_codes(2001, events=pd.DataFrame({"date": ["2001-01-01"]}))
    with pytest.raises(DataError, match="no row"):
        cog_codes(2001, events=cog_events().head(0))
    nowhere = events("2001-01-01 59001 59002").assign(after=None)
    with pytest.raises(DataError, match="lead nowhere: '59001'"):
        cog_codes(2001, events=nowhere)
    with pytest.raises(CodeError, match="leading zero"):
        cog_codes(2001, events=events("2001-01-01 2285 59545"))


def test_a_commune_dissolved_between_others_is_cut():
    # A, whose parts nobody knows, goes to B and to C, which go on.
    rows = [f"2001-01-01 {pair}" for pair in ("59001 59002", "59001 59003")]
    rows += [f"2001-01-01 {code} {code}" for code in ("59002", "59003")]
    line = timeline(events(*rows))
    before, after = line.grounds(2000), line.grounds(2001)
    assert len(before["59001"]) == 2
    assert before["59001"] <= after["59002"] | after["59003"]
    assert before["59002"] < after["59002"]
