"""What a document is about: one thing for every perimeter; absent is not refused."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.deliverables import subjects
from basinmap.deliverables.chapters import Chapter, not_supplied
from basinmap.errors import CodeError, ColumnError, DataError

DAY = dt.date(2026, 11, 29)
WHO = {"author": "Observatoire", "date": DAY}


def counted(**columns):
    """Return counts of every commune, each with its unit and year."""
    index = bm.statistics().index
    measures = {
        name: bm.Stock(label=name, source="essai", vintage=name[-4:], family="essai")
        for name in columns
    }
    table = pd.DataFrame(columns, index=index, dtype=float)
    return bm.describe(table, measures=measures)


@pytest.mark.parametrize(
    ("where", "level", "of", "communes"),
    [
        ("call", "epci", "de la CA de Lens-Liévin", 36),
        ("grand-douaisis", "scot", "du SCoT du Grand Douaisis", 55),
        ("bassin-minier", "bassin", "du bassin minier", 336),
        ("62", "departement", "du Pas-de-Calais", 887),
    ],
)
def test_any_perimeter_is_a_subject(where, level, of, communes):
    about = bm.subject(where, **WHO)
    assert (about.area.level, about.name.of) == (level, of)
    assert len(about.communes) == len(about.codes) == communes
    values = about.mine("L04")
    assert values.index.equals(about.codes)
    assert about.outline.area.sum() == pytest.approx(about.communes.area.sum())


def test_a_secteur_of_the_user_has_a_name_a_value_and_a_comparison():
    codes = ["62498", "62510", "62065"]
    own = bm.user_perimeter("trois", codes, name="Secteur centre", source="essai")
    about = bm.subject(own, **WHO)
    table = bm.statistics().loc[codes]
    rate = 100 * table["vacant_dwellings_2021"].sum() / table["dwellings_2021"].sum()
    assert about.total("L04").value == pytest.approx(rate)
    compared = about.comparison("L04")
    assert compared.index[0] == "Secteur centre"
    assert compared.iloc[0] == pytest.approx(rate)
    assert "Bassin minier" in compared.index


def test_the_comparison_of_a_plate_is_that_of_compare():
    found = bm.subject("call", **WHO).comparison("L04")
    told = bm.compare("L04", bm.statistics(), "call").set_index("name")["value"]
    assert found.to_dict() == pytest.approx(told.to_dict())


def test_an_epci_beyond_the_list_is_an_estimate_and_is_told():
    about = bm.subject("200069672", **WHO)
    assert about.outside == ("80810",)
    compared = about.comparison("L04")
    assert bm.told_of(compared).states == {"CC du Ternois": "estimated"}


def test_counts_that_were_not_given_are_absent_and_not_refused():
    about = bm.subject("call", **WHO)
    assert about.absent("L04", "S02", "R01") == ["S02", "R01"]
    assert about.refusal("S02") is None
    assert about.supplied("L04", "S02") == ["L04"]


def test_what_is_refused_of_counts_that_are_there_is_told_with_its_reason():
    medians = bm.statistics()[["population_2023"]].astype(float)
    medians.columns = ["median_living_standard_2021"]
    income = bm.Median(label="Niveau de vie médian", unit="€", source="Filosofi")
    about = bm.subject(
        "call",
        counts=bm.describe(medians, measures={"median_living_standard_2021": income}),
        **WHO,
    )
    assert about.mine("R01") is not None
    assert about.total("R01") is None
    refused = about.refusal("R01")
    assert refused.why.startswith("ne s'additionne pas")
    assert "R01" in str(refused.error)
    assert about.absent("R01") == []
    told = not_supplied(about, [Chapter("revenus", "Revenus", "?", ("R01", "R02"))])
    (absent,) = [" : ".join(cell.text for cell in row) for row in told.rows]
    assert "R02" in absent
    assert "R01" not in absent  # it is shown by commune
    assert about.supplied("R01") == ["R01"]


def test_a_fault_of_the_library_is_raised_and_not_taken_for_an_absence(monkeypatch):
    about = bm.subject("call", **WHO)

    def broken(*_, **__):
        msg = "a code is wrong"
        raise CodeError(msg)

    monkeypatch.setattr(subjects, "compute", broken)
    with pytest.raises(CodeError, match="a code is wrong"):
        about.total("L04")


def test_counts_of_a_part_are_refused_for_the_rest_and_not_absent():
    counts = counted(social_dwellings_2024=np.nan)
    about = bm.subject("call", counts=counts, **WHO)
    whole = about.total("S01")
    assert whole is None or whole.text == "n.d."
    assert "S01" not in about.absent("S01")


def test_a_perimeter_outside_what_is_loaded_says_what_to_load():
    away = bm.Perimeter(
        code="creil",
        name="Creil",
        level="secteur",
        communes=("60175",),
        vintage=2026,
        valid_from=None,
        valid_to=None,
        source="essai",
    )
    with pytest.raises(DataError, match=r"60175.*bm\.read_territory"):
        bm.subject(away, **WHO)


def test_counts_alone_stand_in_the_place_of_the_embedded_ones():
    counts = counted(dwellings_2024=100, vacant_dwellings_2024=8)
    beside = bm.subject("call", counts=counts, **WHO)
    alone = bm.subject("call", counts=counts, alone=True, **WHO)
    assert beside.total("L04").text == alone.total("L04").text == "8,0\u202f%"
    assert beside.total("L05") is not None
    assert alone.absent("L05") == ["L05"]
    with pytest.raises(ColumnError):
        alone.computed("L05")
