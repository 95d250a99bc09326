"""One indicator for a unit and for the territories that hold it."""

from __future__ import annotations

import pytest

import basinmap as bm


@pytest.fixture(scope="module")
def counts():
    return bm.statistics()


@pytest.fixture(scope="module")
def ostrevent(counts):
    return bm.compare("L04", counts, "245901152")


def test_a_unit_stands_first_then_the_territories_that_hold_it(ostrevent):
    assert ostrevent["level"].tolist() == [
        "epci",
        "scot",
        "arrondissement",
        "bassin",
        "departement",
    ]
    assert ostrevent.index.tolist() == [
        "245901152",
        "grand-douaisis",
        "593",
        "bassin-minier",
        "59",
    ]


def test_every_value_is_that_which_compute_returns(ostrevent, counts):
    for code, row in ostrevent.iterrows():
        found = bm.compute("L04", counts, to=row["level"])
        assert row["value"] == found[code]
        assert row["value"] == pytest.approx(
            100 * row["numerator"] / row["denominator"], rel=1e-12
        )


def test_what_is_equal_by_definition_appears_once(counts):
    call = bm.compare("L04", counts, "call")
    assert "627" not in call.index
    assert call.loc["lens-lievin-henin-carvin", "also"] == "Lens (arrondissement)"
    artois = bm.compare("L04", counts, "200072460")
    assert "artois" not in artois.index
    assert artois.loc["200072460", "also"] == "SCoT de l'Artois"


def test_what_is_not_whole_in_the_table_has_no_value_and_is_told():
    mine = bm.statistics(epci="call")
    with pytest.warns(bm.errors.BasinmapWarning, match=r"36 communes sur 887.*Give a"):
        found = bm.compare("L04", mine, "62498")
    whole = found["value"].notna()
    assert found.index[whole].tolist() == ["62498", "246200364"]
    assert set(found["value_state"][~whole]) == {"not_available"}
    assert found[["numerator", "denominator"]][~whole].isna().all(axis=None)
