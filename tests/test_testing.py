"""What observatories assert with: it holds of what is right, and fails of all else."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings

import basinmap as bm
from basinmap.states import QUALIFIERS, STATES
from basinmap.testing import (
    assert_account,
    assert_source,
    assert_states,
    counts,
    tables,
)

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs/how-to/tester-une-source.md"
LENS, LIEVIN, AVION = "62498", "62510", "62065"
SUMMED = bm.Report(
    "Agrégation",
    before={"n": 100.0},
    after={"n": 90.0},
    unmatched=(AVION,),
    missing={"n": (LENS,)},
)


# -- accounts --------------------------------------------------------------------------


def test_an_account_is_what_is_said_of_it():
    assert_account(SUMMED, lost={"n": 10}, unmatched=[AVION], missing={"n": [LENS]})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kept": ["n"]}, "expected to lose 0"),
        ({"lost": {"n": 11}}, "expected to lose 11"),
        ({}, "stocks of the account"),
        ({"lost": {"n": 10}, "missing": {"n": [LENS]}}, "unmatched: "),
        ({"lost": {"n": 10}, "unmatched": [AVION]}, "missing, n"),
        (
            {
                "lost": {"n": 10},
                "unmatched": [AVION],
                "missing": {"n": [LENS]},
                "bounded": {"n": ["246200364"]},
            },
            "bounded, n",
        ),
    ],
)
def test_what_is_not_said_of_an_account_fails(said, told):
    with pytest.raises(AssertionError, match=told):
        assert_account(SUMMED, **said)


# -- states ----------------------------------------------------------------------------


TABLE = pd.DataFrame(
    {"n": [1.0, None], "n_state": ["", "secret"]},
    index=pd.Index([LENS, LIEVIN], name="commune"),
)


@pytest.mark.parametrize(
    "states", [{}, {LENS: "secret"}, {LIEVIN: "not_available"}, {AVION: "secret"}]
)
def test_another_state_fails(states):
    assert_states(TABLE, "n", {LIEVIN: "secret"})
    with pytest.raises(AssertionError, match="found, expected"):
        assert_states(TABLE, "n", states)


def test_a_secret_with_its_value_fails():
    with pytest.raises(AssertionError, match="said to be missing are there"):
        assert_states(TABLE.fillna(3), "n", {LIEVIN: "secret"})


# -- sources ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "vacants.csv"
    path.write_text(f"commune;vacants\n{LENS};812\n{LIEVIN};s\n", encoding="utf-8")
    stock = bm.Stock(label="Logements vacants", unit="logements")
    return bm.read_table(
        path,
        code="commune",
        measures={"vacants": stock},
        source="Ville de Lens",
        vintage=2025,
        cog=2025,
    )


SPOILT = {
    "no level": (lambda t: t.rename_axis("code"), "no level"),
    "a code twice": (lambda t: pd.concat([t, t.iloc[:1]]), "more than once"),
    "nothing declared": (lambda t: pd.DataFrame(t.to_dict(), t.index), "declared"),
    "a column more": (lambda t: t.assign(autre=1), "nothing declares: .'autre'"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_source_that_lacks_something_fails(read, name):
    assert_source(read)
    spoil, told = SPOILT[name]
    with pytest.raises(AssertionError, match=told):
        assert_source(spoil(read))


def test_embedded_statistics_are_told_but_were_not_read_from_a_file():
    with pytest.raises(AssertionError, match="no account"):
        assert_source(bm.statistics(epci="call"))


# -- strategies ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(tables([LENS, LIEVIN, AVION]))
def test_a_table_drawn_is_one_that_verbs_take(table):
    for column in ("n", "total"):
        states = bm.states_of(table, column)
        assert set(states) <= {"", *STATES, *QUALIFIERS}
        assert table[column].isna().equals(states.isin(list(STATES)))


@settings(max_examples=30, deadline=None)
@given(counts([LENS, LIEVIN, AVION], states=["", "secret"]))
def test_a_sum_over_secrets_is_a_minimum_and_never_more_than_what_is_there(table):
    made, report = bm.aggregate(
        table, "epci", measures={"n": bm.Stock()}, allow_partial=True
    )
    known = table["n"].sum()
    assert made["n"].sum() == known
    assert_account(
        report,
        kept=["n"],
        missing={"n": table.index[table["n"].isna()]},
        bounded=report.bounded,
    )


# -- the page --------------------------------------------------------------------------


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL):
        exec(compile(code, str(GUIDE), "exec"), names)  # noqa: S102 - our own page
    for name, test in names.items():
        if name.startswith("test_"):
            test()
