"""One description of a column serves every format that leaves."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import basinmap as bm
from basinmap.errors import BasinmapWarning
from basinmap.export.descriptions import STATE_TEXTS, descriptions_of, word_of_state
from basinmap.states import QUALIFIERS, STATES


def _table() -> pd.DataFrame:
    counts = bm.statistics()
    rates = {id_: bm.compute(id_, counts) for id_ in ("L04", "D02")}
    return bm.table_of(rates)


def test_a_column_says_what_it_is_of_which_year_and_in_which_unit() -> None:
    found = descriptions_of(_table())["L04"]
    assert found.heading == "Taux de vacance des logements en 2021 (%)"
    assert (found.label, found.unit) == ("Taux de vacance des logements", "%")
    assert (found.vintage, found.kind, found.decimals) == ("2021", "ratio", 1)
    assert "Part des logements vacants dans l'ensemble des logements." in found.text
    assert "communes au 1er janvier 2026" in found.text
    assert found.credit.startswith("Insee, recensement de la population 2021")


def test_codes_come_first_and_states_say_what_they_are_of() -> None:
    frame = bm.epcis()
    found = descriptions_of(frame)
    assert next(iter(found)) == "epci"
    assert found["epci"].role == "code"
    assert "geometry" not in found
    assert (found["area_km2_state"].role, found["area_km2_state"].of) == (
        "state",
        "area_km2",
    )
    assert found["area_km2_state"].heading == "Superficie (km²) : statut"


def test_labels_of_the_table_go_before_what_is_told() -> None:
    table = _table()
    table.attrs["labels"] = {"L04": "Vacance", "commune": "Insee"}
    found = descriptions_of(table)
    assert [found[name].heading for name in ("commune", "L04")] == ["Insee", "Vacance"]


def test_the_title_of_a_table_is_that_of_no_column() -> None:
    table = bm.statistics(epci="call")
    table.attrs["title"] = "Communes – Lens-Liévin"
    found = descriptions_of(table)["dwellings_2021"]
    assert found.heading == "Logements 2021 (logements)"


def test_two_columns_never_bear_one_heading() -> None:
    table = pd.DataFrame({"a": [1], "b": [2]}, index=["x"])
    table.attrs["labels"] = {"a": "Parc", "b": "Parc"}
    assert [one.heading for one in descriptions_of(table).values()] == [
        "Code",
        "Parc [a]",
        "Parc [b]",
    ]


def test_a_column_that_changed_is_no_longer_what_was_told() -> None:
    table = _table()
    table["L04"] = table["L04"] / 100
    with pytest.warns(BasinmapWarning, match="L04"):
        assert descriptions_of(table)["L04"].heading == "L04"


def test_every_state_has_its_word_and_its_sign() -> None:
    assert set(STATE_TEXTS) == {*STATES, *QUALIFIERS}
    assert word_of_state("secret") == "Secret statistique (s)"
    assert word_of_state("autre") == "autre"


def test_a_table_of_which_nothing_is_told_is_described_by_its_names() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = descriptions_of(pd.DataFrame({"a": [1]}), unnamed="ligne")
    assert [one.heading for one in found.values()] == ["Ligne", "a"]
