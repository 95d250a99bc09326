"""One door for arguments: what is of another type is named, and what to pass."""

import collections.abc
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap import arguments

sys.path.insert(0, str(Path(__file__).parent))
import fuzz

ArgumentError = bm.errors.ArgumentError


def test_every_public_verb_has_one_valid_call():
    verbs = {
        name
        for name in bm.__all__
        if callable(getattr(bm, name)) and name not in fuzz.RESULTS
    }
    assert verbs - set(fuzz.ENTRIES) == set()
    assert set(fuzz.ENTRIES) - verbs == set()


@pytest.mark.parametrize("name", sorted(fuzz.ENTRIES))
def test_every_public_verb_checks_its_arguments_first(name):
    verb = getattr(bm, name)
    if not fuzz.arguments_of(name):
        pytest.skip("takes nothing")
    names = {"check_given", "check_fields", "check_kind"}
    if isinstance(verb, type):
        made = [base.__post_init__ for base in verb.__mro__[:2] if base is not object]
        assert names & {name for one in made for name in one.__code__.co_names}
    else:
        assert names & set(verb.__code__.co_names)


def test_what_nobody_should_give_is_refused_by_its_name(tmp_path):
    chosen = random.Random(11).sample(  # noqa: S311 - any will do
        fuzz.cases(), 1_500
    )
    outcomes = list(fuzz.ran(chosen, tmp_path))
    bad = [o for o in outcomes if o.kind not in ("right", "refused")]
    assert not bad, "\n".join(f"{o.kind} {o.case} {o.said}" for o in bad)
    count = Counter(outcome.kind for outcome in outcomes)
    assert count["refused"] > count["right"] > 0


def verb(
    frame: gpd.GeoDataFrame = None,
    *,
    table: pd.DataFrame | None = None,
    values: pd.Series | None = None,
    number: float = 1.0,
    whole: int = 1,
    flag: bool = False,
    text: str = "",
    path: str | Path = "x",
    minutes: collections.abc.Sequence[float] = (),
    names: collections.abc.Mapping[str, float] | None = None,
    pair: tuple[str, str] = ("a", "b"),
    word: Literal["one", "two"] = "one",
    anything: object = None,
):
    del frame, table, values, number, whole, flag, text, path, minutes, names, pair
    del word, anything


FRAME = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0], [0]), crs=2154)


def given(**changed):
    usual = {
        "frame": FRAME,
        "table": None,
        "values": None,
        "number": 1.0,
        "whole": 1,
        "flag": False,
        "text": "",
        "path": "x",
        "minutes": [1],
        "names": None,
        "pair": ("a", "b"),
        "word": "one",
        "anything": None,
    }
    return {**usual, **changed}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"frame": None}, r"frame: None is of no use here; pass a frame .*bm.communes"),
        ({"frame": FRAME.geometry}, r"frame: of type GeoSeries"),
        ({"table": [1]}, r"table: of type list is of no use here; pass a table: bm"),
        (
            {"values": pd.DataFrame()},
            r"values: .*; of a table, write table\['column'\]",
        ),
        ({"number": "1"}, r"number: '1' is of no use here; pass a number"),
        ({"number": True}, r"number: True is"),
        (
            {"number": np.float64("nan"), "whole": 1.5},
            r"whole: 1.5 is .* a whole number",
        ),
        ({"flag": "non"}, r"flag: 'non' is of no use here; pass True or False"),
        ({"flag": 1}, r"flag: 1 is"),
        ({"text": 3}, r"text: 3 is of no use here; pass text: '…'"),
        ({"text": None}, r"text: None is"),
        ({"path": b"x"}, r"path: b'x' is .* text: '…' or a path"),
        ({"minutes": 5}, r"minutes: 5 is of no use here; pass numbers: \[1, 2\]"),
        ({"minutes": "5"}, r"minutes: '5'"),
        ({"minutes": [5, "x"]}, r"minutes: of type list is"),
        ({"names": {"a": "b"}}, r"names: of type dict is .* names and values"),
        ({"names": [("a", 1)]}, r"names: of type list"),
        ({"pair": "ab"}, r"pair: 'ab'"),
        ({"pair": ("a",)}, r"pair: .*pass \(text: '…', text: '…'\)"),
        ({"pair": ("a", 1)}, r"pair: of type tuple"),
        ({"word": 1}, r"word: 1 is of no use here; pass one of 'one', 'two'"),
    ],
)
def test_another_type_is_named_with_what_to_pass(changed, said):
    with pytest.raises(TypeError, match=said) as caught:
        arguments.check_given(verb, given(**changed))
    assert isinstance(caught.value, bm.errors.BasinmapError)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 3},
        {"number": np.float32(1.5)},
        {"number": np.int64(3)},
        {"whole": np.int8(3)},
        {"flag": np.True_},
        {"path": Path("x")},
        {"minutes": (5.0, np.int64(10))},
        {"minutes": np.array([5.0])},
        {"minutes": pd.Series([5])},
        {"minutes": range(5)},
        {"names": {"a": 1}},
        {"pair": ["a", "b"]},
        {"word": "three"},  # of the right type: the verb says which words there are
        {"anything": object()},
        {"table": FRAME},
    ],
)
def test_what_is_of_the_type_passes(changed):
    arguments.check_given(verb, given(**changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"number": 10**400}, "number: .*too large"),
        ({"number": 1e300}, r"number: 1e\+300 is too large"),
        ({"minutes": [10**400]}, "minutes: .*too large"),
        ({"text": "a\ud800"}, "text: .* half a sign"),
        ({"anything": float("nan"), "number": 1e300}, "number: .*too large"),
        ({"frame": gpd.GeoDataFrame({"a": [1]})}, r"frame: .*set_geometry"),
        ({"values": pd.Series([[1]])}, "values: a series of lists"),
    ],
)
def test_what_breaks_every_verb_is_refused_by_name(changed, said):
    with pytest.raises(bm.errors.DataError, match=said):
        arguments.check_given(verb, given(**changed))


def test_a_long_text_is_shown_short():
    with pytest.raises(bm.errors.CodeError) as caught:
        bm.find_unit("x" * 20_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bm.read_units(None, "commune"), "path: None is of no use here; pass"),
        (lambda: bm.communes(vintage="2026"), "vintage: '2026'"),
        (lambda: bm.rings(bm.LOUVRE_LENS, distances="1 km"), "distances: '1 km'"),
        (lambda: bm.page(bm.communes, title="x"), "units: of type function"),
        (lambda: bm.Stock(signed="non"), "signed: 'non'"),
        (lambda: bm.Theme(title=None), "title: None is of no use here; pass a number"),
    ],
)
def test_verbs_name_their_argument(call, said):
    with pytest.raises(TypeError, match=said):
        call()


@pytest.mark.parametrize(
    ("made", "error", "said"),
    [
        (lambda: bm.Cell("7", value=float("nan")), ValueError, "value: nan"),
        (lambda: bm.Column("a", width=0.0), ValueError, "width: 0.0"),
        (lambda: bm.Page((bm.Heading("a"), "b")), TypeError, "parts: of type tuple"),
        (lambda: bm.Heading("a", level="1"), TypeError, "level: '1'"),
        (lambda: bm.SecrecyRule(either={"a": "b"}), TypeError, "either: of type dict"),
        (lambda: bm.read_theme("y" * 300), ValueError, "path: .*too long"),
        (lambda: bm.page(bm.communes(epci="call"), title="x" * 601), ValueError, "601"),
    ],
)
def test_what_makes_a_document_is_checked_when_it_is_made(made, error, said):
    with pytest.raises(error, match=said):
        made()


def test_a_day_that_is_none_is_no_day():
    about = {"where": "call", "author": "A", "date": pd.NaT}
    with pytest.raises(bm.errors.VintageError, match="date: not a date: NaT"):
        bm.subject(**about)


def test_charts_name_what_they_are_not_told(tmp_path):
    strips = fuzz.ENTRIES["peer_strips"](fuzz.World(tmp_path))
    for name in ("labels", "decimals", "units"):
        with pytest.raises(bm.errors.DataError, match=f"{name} say nothing of 'L04'"):
            bm.peer_strips(**{**strips, name: {}})
    with pytest.raises(bm.errors.DataError, match="of type list is not among"):
        bm.peer_strips(**{**strips, "mine": ["59574"]})
    with pytest.raises(bm.errors.DataError, match="decimals: -1 is no number"):
        bm.peer_strips(**{**strips, "decimals": {"L04": -1}})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-02-30", "not a date: '2026-02-30'"),
        (2026, "date: 2026 is no str or date"),
    ],
)
def test_a_day_is_text_or_a_date(value, said):
    with pytest.raises((TypeError, bm.errors.VintageError), match=said):
        arguments.day_of(value)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: arguments.number_of("1", "k"), TypeError, "k: '1' is no number"),
        (lambda: arguments.number_of(np.True_, "k"), TypeError, "k: of type bool"),
        (
            lambda: arguments.number_of(9, "k", least=1, most=5, unit="classes"),
            ValueError,
            "k: 9 is no number of classes from 1 to 5",
        ),
        (
            lambda: arguments.number_of(float("nan"), "k"),
            ValueError,
            "k: nan is no finite number",
        ),
        (
            lambda: arguments.number_of(10**400, "k", above=0, most=9),
            ValueError,
            "k: a whole number of more than 60 digits is no number above 0, up to 9",
        ),
        (lambda: arguments.whole_of(1.0, "k"), TypeError, "k: 1.0 is no whole number"),
        (
            lambda: arguments.whole_of(0, "k", least=1, such_as=5),
            ValueError,
            "k: 0 is no whole number of 1 or more; pass k=5",
        ),
        (lambda: arguments.numbers_of([], "m", such_as="[5]"), ValueError, "no number"),
        (lambda: arguments.numbers_of("12", "m", such_as="[5]"), TypeError, "no list"),
        (lambda: arguments.texts_of([1], "m", "['a']"), TypeError, "m: 1 is no str"),
        (lambda: arguments.path_of(""), ValueError, "path: '' is no name of a file"),
        (lambda: arguments.path_of("a\0"), ValueError, "no name of a file"),
        (lambda: arguments.path_of("é" * 200), ValueError, "too long for a name"),
        (lambda: arguments.path_of(3), TypeError, "path: 3 is no str or PathLike"),
        (lambda: arguments.text_of("", "t", named=True), ValueError, "t: '' is empty"),
        (
            lambda: arguments.check_choice("c", ["a", "b"], "t"),
            ValueError,
            "unknown t 'c'; choose among a, b",
        ),
        (lambda: arguments.check_flag(1, "t"), TypeError, "neither True nor False"),
        (
            lambda: arguments.check_mapping({"c": 1}, "t", "{…}", keys=["a"]),
            ValueError,
            "t: unknown 'c'; choose among a",
        ),
    ],
)
def test_each_door_says_what_it_takes(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_each_door_returns_what_it_took():
    assert arguments.number_of(np.int64(3), "k") == 3.0
    assert arguments.whole_of(np.int64(3), "k") == 3
    assert arguments.numbers_of(5, "m", such_as="[5]") == [5.0]
    assert arguments.texts_of("a", "m", "['a']") == ["a"]
    assert arguments.path_of(b"x".decode()) == Path("x")


def test_a_run_that_was_stopped_goes_on_from_its_journal(tmp_path):
    journal = fuzz.Journal(tmp_path, seed=1)
    one, two = fuzz.cases()[:2]
    journal.add(fuzz.Line(fuzz.Outcome(one, "foreign", "KeyError"), "before", 0.1))
    journal.add(fuzz.Line(fuzz.Outcome(two, "refused", "no"), "before", 0.1))
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('["rings", "dist')  # killed while it was writing
    assert [line.good for line in journal.read().values()] == [False, True]
    journal.forget([one])
    assert set(journal.read()) == {two}
    journal.add(fuzz.Line(fuzz.Outcome(one, "right"), "after", 0.1))
    lines = list(journal.read().values())
    assert fuzz.faults(lines) == ""
    told = fuzz.account({1: lines}, 3, "after")
    assert "2 of 3 cases" in told
    assert "1 at before" in told
    assert "1 as it is" in told
