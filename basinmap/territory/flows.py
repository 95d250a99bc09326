"""Carrying flows between communes from one list of communes (COG) to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.measures import Stock, check_columns, printed_names, state_column
from basinmap.reports import Accounted, Report
from basinmap.territory.levels import check_codes
from basinmap.territory.passages import (
    check_years,
    deeds,
    estimated_parts,
    followed,
    shared_out,
)
from basinmap.territory.sums import shared_minima, stocks_of, sums_of, totals
from basinmap.territory.timelines import Timeline, check_year, timeline
from basinmap.typography import number
from basinmap.values.told import carry, measures_of, retell

__all__ = ["is_abroad", "rebase_flows"]

# « BE110 », « LU100 », and 99 and what follows: a country, or somewhere abroad.
_ABROAD: Final = r"[A-Z]{2}[0-9A-Z]{3}|99[0-9]{3}"


def is_abroad(codes: pd.Series) -> pd.Series:
    """
    Tell which codes of an end of a flow are of no commune of France.

    Parameters
    ----------
    codes
        As Insee writes them: `BE110`, `99999`, `ZZZZZ`.

    Examples
    --------
    >>> is_abroad(pd.Series(["62498", "BE110", "99999", "2A004"])).tolist()
    [False, True, True, False]
    """
    return codes.str.fullmatch(_ABROAD)


def rebase_flows(
    table: pd.DataFrame,
    *,
    origin: str,
    destination: str,
    values: str | Sequence[str],
    from_year: int,
    to_year: int,
    key: pd.Series | None = None,
    events: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Carry flows between communes to the list of another year, on both ends.

    Flows between communes that merge become flows inside the new one: they are
    kept, on the diagonal. Drop the diagonal last, at the level that is published.

    Parameters
    ----------
    table
        One row a pair.
    origin, destination
        Columns of codes of `from_year`. Codes outside the territory of the history,
        those of abroad among them (`BE110`, `99999`), are left as they are.
    values
        Columns of counts, such as commuters or movers.
    from_year, to_year
        Years of the Code officiel géographique (1 January), in either order.
    key
        Weight of each commune of `to_year`, as for `passage`. A flow at both ends
        of which a commune is divided is shared by the product of the two shares.
    events
        Another history than the embedded one.

    Returns
    -------
    table : DataFrame
        `origin`, `destination` and the values, one row a pair, in order; with
        `<value>_state` where there is something to say. Its measures are those of the
        table, in the geography of `to_year`.
    report : Report
        Totals before and after, codes divided, what the diagonal holds.

    Raises
    ------
    VintageError, CodeError
        If codes are those of another year, or no commune ever bore them.
    ColumnError, DataError
        If a column is missing, the table is empty or a pair is repeated.
    MeasureError
        If the key lacks a commune.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> flows = pd.DataFrame(
    ...     {
    ...         "home": ["59006", "59006", "59070"],
    ...         "work": ["59006", "59070", "75056"],
    ...         "workers": [5, 3, 2],
    ...     }
    ... )
    >>> new, report = bm.rebase_flows(
    ...     flows, origin="home", destination="work", values="workers",
    ...     from_year=2024, to_year=2026,
    ... )
    >>> new
        home   work  workers
    0  59006  59006      8.0
    1  59006  75056      2.0
    """
    check_given(rebase_flows, locals())
    line = timeline(events)
    table = table.reset_index(drop=True)
    columns = [values] if isinstance(values, str) else list(values)
    ends = [origin, destination]
    _check_flows(table, ends, columns)
    codes = pd.Index(pd.unique(table[ends].to_numpy().ravel()), name="commune")
    own = _own(codes, line)
    check_years(own, from_year, line)
    check_year(to_year, line)
    foreign = codes.difference(own)
    moves = followed(line, from_year, to_year, key=key, codes=own)
    both = _both_ends(table, ends, moves.table, foreign)
    given = stocks_of(table, {c: Stock() for c in columns})
    stocks = shared_out(given, both)
    sums = sums_of(stocks, both["pair"])
    result = _laid_out(sums, ends, columns)
    told = {c: m for c, m in measures_of(table).items() if c in columns}
    carry(result, table)
    retell(
        result,
        geography=f"{to_year}-01-01",
        measures={c: replace(m, geography=str(to_year)) for c, m in told.items()},
    )
    before = table[table[origin] == table[destination]][columns]
    after = result[result[origin] == result[destination]][columns]
    labels = printed_names(told)
    notes = [
        "Flux internes conservés (origine et destination dans la même commune), "
        f"{labels.get(column, column)} : {number(before[column].sum())} avant, "
        f"{number(after[column].sum())} après."
        for column in columns
    ]
    pairs = given.set_axis(table[ends].astype(str).agg(" → ".join, axis=1))
    cut = pairs.index[both.loc[both["estimated"], "before"]]
    notes += shared_minima(pairs, set(cut), labels)
    # A table of flows lists no commune without a flow: nothing is known of gaps.
    notes += [_foreign(foreign), *deeds(moves, gaps=False)]
    return Accounted(
        result,
        Report(
            verb=f"Passage des flux du COG {from_year} au COG {to_year}",
            before=totals(table[columns]),
            after=totals(result[columns]),
            units_before=len(table),
            units_after=len(result),
            unmatched=moves.lost,
            split=moves.split,
            estimated=estimated_parts(stocks, columns, both["estimated"].to_numpy()),
            notes=tuple(filter(None, notes)),
            labels=labels,
        ),
    )


def _laid_out(sums: pd.DataFrame, ends: list[str], columns: list[str]) -> pd.DataFrame:
    """Return sums by pair as a table of flows, with what is to be said of them."""
    pairs = sums.index.str.split(" ", expand=True)
    result = pd.DataFrame(
        {end: pairs.get_level_values(i) for i, end in enumerate(ends)}
    )
    for column in columns:
        result[column] = sums[column].to_numpy()
        state = sums[state_column(column)].to_numpy()
        if (state != "").any():
            result[state_column(column)] = state
    return result


def _check_flows(table: pd.DataFrame, ends: list[str], columns: list[str]) -> None:
    check_columns(table, *ends, *columns)
    if table.empty or not columns:
        msg = "empty selection: no flow, or no column of values"
        raise DataError(msg)
    for end in ends:
        codes = table[end]
        text = codes[[isinstance(code, str) for code in codes]]
        check_codes(codes.drop(text.index[is_abroad(text)]), "commune")
    again = table[table.duplicated(ends)]
    if len(again):
        told = [f"{a} → {b}" for a, b in again[ends].to_numpy()]
        msg = (
            f"{len(again)} pair(s) stand more than once: {culprits(told)}; sum them "
            "first, or take each mode apart"
        )
        raise DataError(msg)


def _own(codes: pd.Index, line: Timeline) -> pd.Index:
    """Return the codes of the territory that the history covers."""
    ever = line.ever
    # Where every commune is listed, a code of these départements must be one.
    whole = {code[:2] for code in ever - line.outside} if line.complete else set()
    return codes[[code in ever or code[:2] in whole for code in codes]]


def _both_ends(
    table: pd.DataFrame, ends: list[str], moves: pd.DataFrame, foreign: pd.Index
) -> pd.DataFrame:
    """Return where both ends of each flow go, and the share of it that does."""
    same = pd.DataFrame({"before": foreign, "after": foreign, "share": 1.0})
    every = pd.concat([moves, same.assign(estimated=False)], ignore_index=True)
    rows = table[ends].set_axis(["end0", "end1"], axis=1)
    rows = rows.rename_axis("before").reset_index()
    for side in "01":
        ways = every.add_suffix(side)
        rows = rows.merge(ways, left_on=f"end{side}", right_on=f"before{side}")
    return pd.DataFrame(
        {
            "before": rows["before"],
            "share": rows["share0"] * rows["share1"],
            "estimated": rows["estimated0"] | rows["estimated1"],
            "pair": rows["after0"] + " " + rows["after1"],
        }
    )


def _foreign(codes: pd.Index) -> str:
    if codes.empty:
        return ""
    more = "…" if len(codes) > 5 else ""
    return (
        "Codes hors du territoire de l'historique, laissés tels quels "
        f"({number(len(codes))}) : {', '.join(codes[:5])}{more}."
    )
