"""What an observatory asserts of its own sources, and tables to try its verbs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import LibraryError, MeasureError
from basinmap.measures import Stock, missing, state_column, states_of
from basinmap.reports import Report
from basinmap.states import QUALIFIERS, STATES
from basinmap.territory.levels import LEVELS, check_codes
from basinmap.values.told import measures_of, report_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["assert_account", "assert_source", "assert_states", "counts", "tables"]

_EVERY: Final = ("", *QUALIFIERS, *STATES)
_CLOSE: Final = 1e-9


def assert_account(
    report: Report,
    *,
    kept: Iterable[str] = (),
    lost: Mapping[str, float] | None = None,
    unmatched: Iterable[str] = (),
    missing: Mapping[str, Iterable[str]] | None = None,
    bounded: Mapping[str, Iterable[str]] | None = None,
    split: Iterable[str] = (),
) -> None:
    """
    Assert what an account says, and that it says nothing else.

    Parameters
    ----------
    report
        As verbs return it, or as `report_of` gives it.
    kept
        Stocks of which the total is the same before and after.
    lost
        What the total of each other stock lost.
    unmatched
        Codes that found no place.
    missing, bounded
        Codes by column: those without a value, those whose total is a minimum.
    split
        Codes shared out between several.

    Raises
    ------
    AssertionError
        With what differs; a stock that is neither kept nor lost is one.

    Examples
    --------
    >>> import basinmap as bm
    >>> table = bm.statistics(epci="call")[["population_2023"]]
    >>> _, report = bm.aggregate(table, "epci")
    >>> bm.testing.assert_account(report, kept=["population_2023"])
    """
    check_given(assert_account, locals())
    lost = lost or {}
    moved = {name: report.before[name] - report.after[name] for name in report.before}
    wanted = {**dict.fromkeys(kept, 0.0), **lost}
    assert set(moved) == set(wanted), (
        f"stocks of the account: {sorted(moved)}, expected {sorted(wanted)}"
    )
    for name, amount in moved.items():
        room = _CLOSE * max(abs(report.before[name]), 1.0)
        assert abs(amount - wanted[name]) <= room, (
            f"{name}: {report.before[name]} before, {report.after[name]} after; "
            f"expected to lose {wanted[name]}"
        )
    _same("unmatched", report.unmatched, unmatched)
    _same("split", report.split, split)
    for what, told, expected in (
        ("missing", report.missing, missing or {}),
        ("bounded", report.bounded, bounded or {}),
    ):
        for column in {*told, *expected}:
            _same(f"{what}, {column}", told.get(column, ()), expected.get(column, ()))


def _same(what: str, told: Iterable[str], expected: Iterable[str]) -> None:
    """Assert that two lists of codes are one, in any order."""
    found, wanted = sorted(told), sorted(expected)
    assert found == wanted, f"{what}: {found}, expected {wanted}"


def assert_states(
    table: pd.DataFrame, column: str, states: Mapping[object, str] | None = None
) -> None:
    """
    Assert the state of each value of a column, those that are not named being whole.

    Parameters
    ----------
    table
        With the column, and what says what its values are worth.
    column
        Its name.
    states
        Code to `"secret"`, `"not_applicable"`, `"not_available"`, `"lower_bound"` or
        `"estimated"`; none: every value is there, and exact.

    Raises
    ------
    AssertionError
        With the codes that differ; a value that is hidden and there is one.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> table = bm.parse_counts(pd.Series(["12", "s"], ["62498", "62510"], name="n"))
    >>> bm.testing.assert_states(table, "n", {"62510": "secret"})
    """
    check_given(assert_states, locals())
    expected = dict.fromkeys(table.index, "") | dict(states or {})
    try:
        found = states_of(table, column).to_dict()
    except MeasureError as error:
        raise AssertionError(str(error)) from None
    odd = {
        code: (found.get(code, "no row"), expected.get(code))
        for code in {**found, **expected}
        if found.get(code, "no row") != expected.get(code)
    }
    assert not odd, f"{column}: states (found, expected) by code: {odd}"


def assert_source(table: pd.DataFrame) -> None:
    r"""
    Assert that a table is what a reader of a source has to return.

    Codes of a known level, well formed, each once; every column declared, with a French
    label, a year and whom to credit; counts that are numbers from 0, or states; and an
    account of how it was read.

    Parameters
    ----------
    table
        As `read_source` and `read_table` return it.

    Raises
    ------
    AssertionError
        With what is lacking.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "vacants.csv")
    ...     _ = path.write_text("commune;vacants\n62498;812\n62510;s\n")
    ...     stock = bm.Stock(label="Logements vacants", unit="logements")
    ...     table = bm.read_table(
    ...         path,
    ...         code="commune",
    ...         measures={"vacants": stock},
    ...         source="Ville de Lens, 2025",
    ...         vintage=2025,
    ...         cog=2025,
    ...     )
    >>> bm.testing.assert_source(table)
    >>> bm.testing.assert_states(table, "vacants_2025", {"62510": "secret"})
    """
    check_given(assert_source, locals())
    level = str(table.index.name)
    assert level in LEVELS, f"index named {level!r}, no level: {', '.join(LEVELS)}"
    twice = table.index[table.index.duplicated()].tolist()
    assert not twice, f"codes that stand more than once: {twice[:5]}"
    check_codes(table.index, level)
    declared = measures_of(table)
    assert declared, "no column is declared as a measure"
    for name, measure in declared.items():
        _assert_declared(table, name)
        assert measure.label, f"{name}: its measure says no label"
        assert measure.source, f"{name}: its measure says no source"
        dated = measure.vintage or measure.geography
        assert dated, f"{name}: its measure says no vintage"
    loose = set(table) - set(declared) - set(map(state_column, declared))
    loose -= {"name", *LEVELS}
    assert not loose, f"columns that nothing declares: {sorted(loose)}"
    try:
        report_of(table)
    except Exception as error:
        msg = "no account: tell(table, report=…) says what was read, and left out"
        raise AssertionError(msg) from error


def _assert_declared(table: pd.DataFrame, name: str) -> None:
    """Assert that the values of a column are what it is said to be."""
    assert name in table, f"{name}: declared, and no column"
    measure = measures_of(table)[name]
    states = states_of(table, name)
    there = table[name][~missing(table[name])]
    if isinstance(measure, Stock):
        assert pd.api.types.is_numeric_dtype(there), f"{name}: counts that are text"
        low = [] if measure.signed else there.index[there < 0].tolist()
        assert not low, f"{name}: negative counts at {low[:5]}"
    hidden = states[states.isin(list(STATES))].index
    shown = hidden.intersection(there.index).tolist()
    assert not shown, f"{name}: hidden values are there at {shown[:5]}"


# -- tables to try verbs on ------------------------------------------------------------


def counts(
    codes: Sequence[str],
    *,
    name: str = "n",
    most: int = 10_000,
    states: Iterable[str] = _EVERY,
) -> SearchStrategy[pd.DataFrame]:
    """
    Return a strategy of hypothesis: one count by code, of any state.

    Parameters
    ----------
    codes
        Of the index.
    name
        Of the column; its states stand beside.
    most
        Largest count.
    states
        Those drawn: `""` for a value that is exact, else `"secret"` and so on.

    Raises
    ------
    LibraryError
        If hypothesis is not installed.

    Examples
    --------
    >>> import basinmap as bm
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=20)
    ... @given(bm.testing.counts(["62498", "62510"], states=["", "secret"]))
    ... def test_a_secret_has_no_value(table):
    ...     hidden = bm.states_of(table, "n") == "secret"
    ...     assert table.loc[hidden, "n"].isna().all()
    >>> test_a_secret_has_no_value()
    """
    check_given(counts, locals())
    return tables(codes, columns=[name], most=most, states=states)


def tables(
    codes: Sequence[str],
    *,
    columns: Sequence[str] = ("n", "total"),
    level: str = "commune",
    most: int = 10_000,
    states: Iterable[str] = _EVERY,
) -> SearchStrategy[pd.DataFrame]:
    """
    Return a strategy of hypothesis: tables of counts by code, of any state.

    Parameters
    ----------
    codes
        Of the index.
    columns
        Counts; the states of each stand beside, in `<column>_state`.
    level
        Name of the index.
    most
        Largest count.
    states
        Those drawn.

    Raises
    ------
    LibraryError
        If hypothesis is not installed.

    Examples
    --------
    >>> import basinmap as bm
    >>> drawn = bm.testing.tables(["62498"], columns=["vacants"], states=["secret"])
    >>> drawn.example()  # doctest: +SKIP
             vacants vacants_state
    commune
    62498        NaN        secret
    """
    check_given(tables, locals())
    st = _strategies()
    kinds = st.sampled_from(sorted(states))
    cell = st.tuples(st.integers(0, most), kinds)
    column = st.lists(cell, min_size=len(codes), max_size=len(codes))

    def made(drawn: Sequence[Sequence[tuple[int, str]]]) -> pd.DataFrame:
        held: dict[str, Sequence[object]] = {}
        for name, cells in zip(columns, drawn, strict=True):
            held[name] = [np.nan if s in STATES else float(n) for n, s in cells]
            held[state_column(name)] = [state for _, state in cells]
        return pd.DataFrame(held, index=pd.Index(list(codes), name=level))

    return st.tuples(*[column] * len(columns)).map(made)


def _strategies() -> Any:  # noqa: ANN401 - a module
    """Import hypothesis, which only tests need."""
    try:
        from hypothesis import strategies  # noqa: PLC0415 - heavy, and for tests alone
    except ImportError:
        msg = "tables are drawn by hypothesis: pip install hypothesis"
        raise LibraryError(msg) from None
    return strategies
