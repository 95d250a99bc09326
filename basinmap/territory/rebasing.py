"""Carrying tables of communes from one list of communes (COG) to another."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, VintageError, culprits
from basinmap.measures import (
    Category,
    Measures,
    Median,
    Stock,
    as_floats,
    check_columns,
    check_ratios,
    printed_names,
    state_column,
    states_of,
)
from basinmap.reports import Accounted, Report
from basinmap.territory.history import a_few, listed, names_on, proposed, weighed
from basinmap.territory.levels import check_codes
from basinmap.territory.passages import (
    Moves,
    check_years,
    deeds,
    estimated_parts,
    followed,
    shared_out,
)
from basinmap.territory.sums import (
    account,
    columns_of,
    refuse,
    shared_minima,
    signed_of,
    still_hidden,
    stocks_of,
    sums_of,
)
from basinmap.territory.timelines import Timeline, check_year, timeline
from basinmap.territory.units import check_unique
from basinmap.typography import number
from basinmap.values.told import carry, declared, measures_of, retell

__all__ = ["join_on_code", "rebase"]


def rebase(
    table: pd.DataFrame,
    *,
    from_year: int,
    to_year: int,
    measures: Measures | None = None,
    key: pd.Series | None = None,
    events: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Carry a table of communes to the list of another year, by type of measure.

    Where communes merge, stocks are summed: it is exact. Where one is divided,
    each stock is shared out by the key, and what comes of it is `"estimated"`.
    Ratios and growth rates are computed again, means are weighted, categories
    follow their rule. Medians are kept where the ground of a commune is the same, and
    not available elsewhere.

    Parameters
    ----------
    table
        Index named `commune`, codes of `from_year`, one row a code.
    from_year, to_year
        Years of the Code officiel géographique (1 January), in either order.
    measures
        Column to measure; by default those that the table carries.
    key
        Weight of each commune of `to_year`, to share out those that are divided;
        by default an embedded population, as `passage` does.
    events
        Another history than the embedded one.

    Returns
    -------
    table : DataFrame
        Index `commune`, codes of `to_year`. Where there is something to say of the
        values, a column `<column>_state`.
    report : Report
        Totals before and after, communes merged and divided, share of each total
        that is estimated. Printed, it is a method note in French.

    Raises
    ------
    VintageError
        If codes are those of another year, which is proposed, or measures say they
        are, or a year is out of range.
    CodeError
        If codes are malformed or no commune ever bore them.
    MeasureError
        If a column is a bare percentage, or the key lacks a commune.
    ColumnError, DataError
        If a column is missing, the table is empty or a code is repeated.

    Warns
    -----
    BasinmapWarning
        If the table lacks a part of some commune of `to_year`: what is known of its
        counts is a `"lower_bound"`, all else is not available.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> old = pd.DataFrame(
    ...     {"dwellings": [100, 120]}, pd.Index(["59006", "59070"], name="commune")
    ... )
    >>> new, report = bm.rebase(
    ...     old, from_year=2024, to_year=2026, measures={"dwellings": bm.Stock()}
    ... )
    >>> new["dwellings"].to_dict()
    {'59006': 220.0}
    """
    check_given(rebase, locals())
    line = timeline(events)
    every = declared(table, measures)
    medians = [name for name, item in every.items() if isinstance(item, Median)]
    known = {name: item for name, item in every.items() if name not in medians}
    refuse(known)
    check_ratios(known, {**measures_of(table), **known})
    _check_table(table, from_year, line)
    check_year(to_year, line)
    _check_geography(every, from_year, line)
    moves = followed(line, from_year, to_year, key=key, codes=table.index)
    given = stocks_of(table, known)
    stocks = shared_out(given, moves.table)
    parent = moves.table["after"].astype(object).set_axis(stocks.index)
    parent = parent.rename("commune")
    sums = sums_of(stocks, parent, signed=signed_of(known))
    rows = _weighted_rows(table, known, moves.table)
    result = columns_of(known, sums, rows, parent, moves.partial)
    if moves.split and (given == "lower_bound").any(axis=None):
        whole = shared_out(given, moves.table.assign(estimated=False))
        sums = sums_of(whole.set_axis(stocks.index), parent, signed=signed_of(known))
        strict = columns_of(known, sums, rows, parent, moves.partial)
        result = still_hidden(result, strict)
    _uncertain(result, known, moves)
    result, lost = _with_medians(result, table, medians, moves, line)
    carry(result, table)
    retell(
        result,
        level="commune",
        geography=f"{to_year}-01-01",
        measures={n: replace(m, geography=str(to_year)) for n, m in every.items()},
    )
    _warn_of_partial(moves, table.index, line)
    notes = _not_carried(every, medians, lost)
    return Accounted(
        result, _account(table, every, given, stocks, result, moves, notes)
    )


def join_on_code(
    left: pd.DataFrame,
    right: pd.DataFrame,
    *,
    left_year: int,
    right_year: int,
    events: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Join two tables of communes by code, if each code stands for the same ground.

    A commune that absorbs another keeps its code: equal codes of two years do not
    make equal communes.

    Parameters
    ----------
    left, right
        Index named `commune`, one row a code.
    left_year, right_year
        Years of the Code officiel géographique of their codes.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        The rows of `left`, with the columns of both.

    Raises
    ------
    VintageError
        If a commune of one table has no equal in the list of the other: rebase
        one of them first.
    CodeError
        If codes are malformed or no commune ever bore them.
    DataError
        If a code is repeated, or a column stands in both.

    Examples
    --------
    >>> import basinmap as bm
    >>> housing = bm.statistics()[["dwellings_2021"]]
    >>> people = bm.statistics()[["population_2023"]]
    >>> bm.join_on_code(housing, people, left_year=2026, right_year=2025).shape
    (1534, 2)
    >>> bm.join_on_code(housing, people, left_year=2026, right_year=2024)
    Traceback (most recent call last):
    basinmap.errors.VintageError: 2 code(s) do not stand for the same ground in 2026 \
and 2024: '59006' (L'Orée de Mormal; Amfroipret), '62447' (Hesdin-la-Forêt; Hesdin); \
carry one of the tables first: bm.rebase(left, from_year=2026, to_year=2024)
    """
    check_given(join_on_code, locals())
    line = timeline(events)
    _check_table(left, left_year, line)
    _check_table(right, right_year, line)
    first, second = line.grounds(left_year), line.grounds(right_year)
    codes = left.index.union(right.index)
    other = [code for code in codes if first.get(code) != second.get(code)]
    if other:
        one, two = names_on(line, left_year), names_on(line, right_year)
        told = [
            f"{code!r} ({one.get(code, '')}; {two.get(code, '')})"
            if code in first and code in second
            else f"{code!r} ({line.years(code)} only)"
            for code in other
        ]
        msg = (
            f"{len(other)} code(s) do not stand for the same ground in {left_year} and "
            f"{right_year}: {a_few(told)}; carry one of the tables first: "
            f"bm.rebase(left, from_year={left_year}, to_year={right_year})"
        )
        raise VintageError(msg)
    common = left.columns.intersection(right.columns)
    if len(common):
        msg = (
            f"{len(common)} column(s) stand in both tables: {culprits(common)}; rename "
            "them, such as population_2021"
        )
        raise DataError(msg)
    joined = left.join(right)
    carry(joined, left)
    return retell(joined, measures={**measures_of(left), **measures_of(right)})


def _check_table(table: pd.DataFrame, year: int, line: Timeline) -> None:
    if table.index.name != "commune":
        msg = (
            f"the index must be named 'commune', found {table.index.name!r}: "
            "table.set_index('code').rename_axis('commune')"
        )
        raise DataError(msg)
    if table.empty:
        msg = "empty selection: the table has no row, or no column"
        raise DataError(msg)
    check_codes(table.index, "commune")
    check_unique(table.index, "table")
    check_years(table.index, year, line)


def _check_geography(known: Measures, year: int, line: Timeline) -> None:
    """Refuse measures that say they are of another list of communes."""
    for column, measure in known.items():
        told = measure.geography[:4]
        if not told.isdigit() or int(told) == year:
            continue
        covered = line.first <= int(told) <= line.last
        if not covered or line.grounds(int(told)) != line.grounds(year):
            msg = (
                f"{column!r} is declared in the geography of {measure.geography}, "
                f"which is not that of {year}; write from_year={told}, or correct the "
                "measure"
            )
            raise VintageError(msg)


def _weighted_rows(
    table: pd.DataFrame, known: Measures, moves: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per move, the weights of categories shared out."""
    rows = table.loc[moves["before"]].copy()
    weights = {m.weight for m in known.values() if isinstance(m, Category) and m.weight}
    check_columns(table, *weights)
    for weight in weights:
        rows[weight] = rows[weight].to_numpy(dtype=float) * moves["share"].to_numpy()
    return rows


def _uncertain(result: pd.DataFrame, known: Measures, moves: Moves) -> None:
    """Say of the categories of what was shared out that they are estimated."""
    cut = moves.table["after"][moves.table["estimated"].astype(bool)]
    unsure = result.index.isin(cut)
    for name in (n for n, m in known.items() if isinstance(m, Category)):
        told = unsure & result[name].notna().to_numpy()
        if told.any():
            states = pd.Series("", result.index, dtype=object)
            states = result.get(state_column(name), states)
            result[state_column(name)] = states.mask(told, "estimated")


def _with_medians(
    result: pd.DataFrame,
    table: pd.DataFrame,
    medians: Sequence[str],
    moves: Moves,
    line: Timeline,
) -> tuple[pd.DataFrame, list[str]]:
    """Carry what is published to the communes of the same ground; name the others."""
    if not medians:
        return result, []
    heirs = {ground: code for code, ground in line.grounds(moves.to_year).items()}
    then = line.grounds(moves.from_year)
    rows = {
        heirs[then[code]]: row
        for row, code in enumerate(table.index)
        if code in then and then[code] in heirs
    }
    at = np.array([rows.get(code, -1) for code in result.index])
    lost = [str(code) for code in result.index[at < 0]]
    found = result.copy()
    for name in medians:
        check_columns(table, name)
        values = as_floats(table[name], name).to_numpy()
        states = states_of(table, name).to_numpy(dtype=object)
        found[name] = np.where(at < 0, np.nan, values[at])
        told = np.where(at < 0, "not_available", states[at])
        if (told != "").any():
            found[state_column(name)] = told
    return found, lost


def _not_carried(
    known: Measures, medians: Sequence[str], lost: Sequence[str]
) -> list[str]:
    """Say of which communes published values are not carried over."""
    if not medians or not lost:
        return []
    names = printed_names(known)
    named = listed([names.get(name, name) for name in medians])
    more = "…" if len(lost) > 5 else ""
    return [
        f"Valeurs publiées ({named}) : ni médiane ni taux ne se recompose, celles des "
        f"communes dont le territoire a changé ne sont pas reprises "
        f"({number(len(lost))} : {', '.join(lost[:5])}{more})."
    ]


def _warn_of_partial(moves: Moves, codes: pd.Index, line: Timeline) -> None:
    if not moves.partial:
        return
    told = [
        f"{heir} lacks {', '.join(c or 'ground of unknown origin' for c in gone)}"
        for heir, gone in moves.partial.items()
    ]
    msg = (
        f"{len(told)} commune(s) of {moves.to_year} are not whole in the table of "
        f"{moves.from_year}: {culprits(told, most=3)}; add the rows that are missing, "
        "with 0 where there is none"
    )
    found = weighed(codes, line)
    best = found[found["best"]]
    likely = (best["first"] <= moves.from_year) & (moves.from_year <= best["last"])
    if not likely.any():
        msg += f" ({proposed(found)})"
    warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _account(
    table: pd.DataFrame,
    known: Measures,
    given: pd.DataFrame,
    stocks: pd.DataFrame,
    result: pd.DataFrame,
    moves: Moves,
    notes: Sequence[str],
) -> Report:
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    unsure = moves.table["estimated"].to_numpy(dtype=bool)
    return account(
        f"Passage du COG {moves.from_year} au COG {moves.to_year}",
        known,
        given,
        result,
        unmatched=moves.lost,
        split=moves.split,
        estimated=estimated_parts(stocks, shown, unsure),
        notes=(
            *deeds(moves),
            *shared_minima(given, moves.split, printed_names(known)),
            *notes,
            *_left_out(table, known),
        ),
    )


def _left_out(table: pd.DataFrame, known: Measures) -> list[str]:
    """Write which columns are left out for want of a measure."""
    used = {*known, *(state_column(name) for name in known)}
    left = [str(c) for c in table.columns if c not in used]
    if not left:
        return []
    return [f"Colonnes laissées, faute de mesure déclarée : {listed(left)}."]
