"""Carrying tables of communes from one list of communes (COG) to another."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.measures import (
    Category,
    Evaluated,
    Measures,
    Stock,
    check_columns,
    check_ratios,
    declared,
    state_column,
)
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.aggregation import (
    _as_column,
    _combined,
    _refuse,
    _stocks,
    _summed,
    _totals,
)
from basinmap.territory.history import (
    LAST,
    Timeline,
    check_year,
    listed,
    names_on,
    span,
    timeline,
    weighed,
)
from basinmap.territory.levels import check_codes
from basinmap.territory.units import check_unique
from basinmap.typography import number, percent

__all__ = ["join_on_code", "passage", "rebase", "rebase_flows"]

_SEVERAL: Final = 6


# --- what is public ----------------------------------------------------------------


def passage(
    from_year: int,
    to_year: int,
    *,
    key: pd.Series | None = None,
    events: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Return where the communes of a year lie in the list of another year.

    The ground of each commune is followed through every event between the two
    years: a commune that joined and left again in between is left whole.

    Parameters
    ----------
    from_year, to_year
        Years of the Code officiel géographique (1 January), in either order.
    key
        Weight of each commune of `to_year`, to share out those that are divided.
        By default the embedded legal population of the nearest year, or that of
        2021 in the communes of 2024.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        `before`, `after` (missing where the ground was in no commune), `share` of
        `before` that goes to `after`, `estimated` where that share comes from the
        key. Where communes merge or only change name, shares are 1 and exact.

    Raises
    ------
    VintageError
        If a year is out of range.
    MeasureError
        If communes are divided and the key does not weigh their parts.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.territory.rebasing import passage
    >>> table = passage(2024, 2026)
    >>> table[table["after"] == "62447"].values.tolist()
    [['62447', '62447', 1.0, False], ['62461', '62447', 1.0, False], \
['62549', '62447', 1.0, False], ['62743', '62447', 1.0, False]]
    >>> back = passage(2026, 2024)
    >>> back[back["before"] == "59006"]
      before  after     share  estimated
    5  59006  59006  0.371048       True
    6  59006  59070  0.628952       True
    """
    line = timeline(events)
    moves = _moves(line, from_year, to_year, key)
    return moves.table


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
    follow their rule, medians are refused.

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
        If a column is a median or a bare percentage, or the key lacks a commune.
    ColumnError, DataError
        If a column is missing, the table is empty or a code is repeated.

    Warns
    -----
    BasinmapWarning
        If the table lacks a part of some commune of `to_year`: what is known of
        that commune is `"estimated"`.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.territory.rebasing import rebase
    >>> old = pd.DataFrame(
    ...     {"dwellings": [100, 120]}, pd.Index(["59006", "59070"], name="commune")
    ... )
    >>> new, report = rebase(
    ...     old, from_year=2024, to_year=2026, measures={"dwellings": bm.Stock()}
    ... )
    >>> new["dwellings"].to_dict()
    {'59006': 220.0}
    """
    line = timeline(events)
    known = declared(table, measures)
    _refuse(known)
    check_ratios(known, {**table.attrs.get("measures", {}), **known})
    _check_table(table, from_year, line)
    check_year(to_year, line)
    _check_geography(known, from_year, line)
    moves = _moves(line, from_year, to_year, key, table.index)
    stocks = _shared(_stocks(table, known), moves.table)
    parent = pd.Series(
        moves.table["after"].to_numpy(dtype=object), stocks.index, name="commune"
    )
    sums = _flagged(_summed(stocks, parent), moves.partial)
    rows = _weighed(table, known, moves.table)
    columns: dict[str, pd.Series] = {}
    for column, measure in known.items():
        found = _combined(column, measure, sums, rows, parent)
        if isinstance(measure, Category):
            found = _uncertain(found, moves)
        columns[column] = found.series
        if found.states:
            columns[state_column(column)] = _as_column(found.states, sums.index)
    result = pd.DataFrame(columns, index=sums.index)
    result.attrs = {
        **table.attrs,
        "level": "commune",
        "geography": f"{to_year}-01-01",
        "measures": {n: replace(m, geography=str(to_year)) for n, m in known.items()},
    }
    _warn_of_partial(moves, table.index, line)
    return result, _report(table, stocks, result, known, moves)


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
        Columns of codes of `from_year`. Codes outside the territory of the history
        are left as they are.
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
        `<value>_state` where there is something to say.
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
    >>> from basinmap.territory.rebasing import rebase_flows
    >>> flows = pd.DataFrame(
    ...     {
    ...         "home": ["59006", "59006", "59070"],
    ...         "work": ["59006", "59070", "75056"],
    ...         "workers": [5, 3, 2],
    ...     }
    ... )
    >>> new, report = rebase_flows(
    ...     flows, origin="home", destination="work", values="workers",
    ...     from_year=2024, to_year=2026,
    ... )
    >>> new
        home   work  workers
    0  59006  59006      8.0
    1  59006  75056      2.0
    """
    line = timeline(events)
    table = table.reset_index(drop=True)
    columns = [values] if isinstance(values, str) else list(values)
    ends = [origin, destination]
    _check_flows(table, ends, columns)
    codes = pd.Index(pd.unique(table[ends].to_numpy().ravel()), name="commune")
    own = codes[_is_own(codes, line)]
    _check_years(own, from_year, line)
    check_year(to_year, line)
    moves = _moves(line, from_year, to_year, key, own)
    both = _both_ends(table, ends, moves.table, codes.difference(own))
    stocks = _stocks(table, {column: Stock() for column in columns})
    stocks = _shared(stocks.loc[both.index], both)
    sums = _summed(stocks, both["pair"])
    pairs = sums.index.str.split(" ", expand=True)
    result = pd.DataFrame(
        {end: pairs.get_level_values(i) for i, end in enumerate(ends)}
    )
    for column in columns:
        result[column] = sums[column].to_numpy()
        state = sums[state_column(column)].to_numpy()
        if (state != "").any():
            result[state_column(column)] = state
    before = table[table[origin] == table[destination]][columns]
    after = result[result[origin] == result[destination]][columns]
    notes = [_diagonal(c, before[c].sum(), after[c].sum()) for c in columns]
    # A table of flows lists no commune without a flow: nothing is known of gaps.
    notes += [_foreign(codes.difference(own)), *_deeds(moves, gaps=False)]
    return result, Report(
        verb=f"Passage des flux du COG {from_year} au COG {to_year}",
        before=_totals(table[columns]),
        after=_totals(result[columns]),
        units_before=len(table),
        units_after=len(result),
        unmatched=moves.lost,
        split=moves.split,
        estimated=_estimated(stocks, columns, both["estimated"].to_numpy()),
        notes=tuple(filter(None, notes)),
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
    >>> from basinmap.territory.rebasing import join_on_code
    >>> housing = bm.statistics()[["dwellings_2021"]]
    >>> people = bm.statistics()[["population_2023"]]
    >>> join_on_code(housing, people, left_year=2026, right_year=2025).shape
    (1534, 2)
    >>> join_on_code(housing, people, left_year=2026, right_year=2024)
    Traceback (most recent call last):
    basinmap.errors.VintageError: 2 code(s) do not stand for the same ground in 2026 \
and 2024: '59006' (L'Orée de Mormal; Amfroipret), '62447' (Hesdin-la-Forêt; Hesdin); \
carry one of the tables first: bm.rebase(left, from_year=2026, to_year=2024)
    """
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
        more = f" and {len(told) - 5} more" if len(told) > 5 else ""
        msg = (
            f"{len(other)} code(s) do not stand for the same ground in {left_year} and "
            f"{right_year}: {', '.join(told[:5])}{more}; carry one of the tables "
            f"first: bm.rebase(left, from_year={left_year}, to_year={right_year})"
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
    told_by = [frame.attrs.get("measures", {}) for frame in (left, right)]
    joined.attrs = {**left.attrs, "measures": {**told_by[0], **told_by[1]}}
    return joined


# --- where each commune goes -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moves:
    """Where communes go, and what is to be said of it."""

    table: pd.DataFrame
    from_year: int
    to_year: int
    names: tuple[dict[str, str], dict[str, str]]
    keys: tuple[str, ...]
    # Communes of the target year whose ground is partly out of what is moved.
    partial: dict[str, tuple[str, ...]]
    # Communes of the target year whose ground was in no commune of the territory.
    beyond: dict[str, tuple[str, ...]]
    source: str

    @property
    def split(self) -> tuple[str, ...]:
        """Codes that are shared out."""
        return tuple(self.table.loc[self.table["estimated"], "before"].unique())

    @property
    def lost(self) -> tuple[str, ...]:
        """Codes that go nowhere."""
        return tuple(self.table.loc[self.table["after"].isna(), "before"])

    @property
    def unsure(self) -> np.ndarray:
        """Moves whose part, or whose commune, is not known exactly."""
        partial = self.table["after"].isin(list(self.partial))
        return (self.table["estimated"] | partial).to_numpy()

    def called(self, code: str, side: int) -> str:
        """Write a code with its name at the year before (0) or after (1)."""
        name = self.names[side].get(code)
        return f"{name} ({code})" if name else code


def _moves(
    line: Timeline,
    from_year: int,
    to_year: int,
    key: pd.Series | None,
    codes: pd.Index | None = None,
) -> _Moves:
    """Follow the ground of these codes, or of all, from one year to another."""
    check_year(from_year, line)
    check_year(to_year, line)
    old, new = line.grounds(from_year), line.grounds(to_year)
    holder = {atom: code for code, ground in new.items() for atom in ground}
    source = {atom: code for code, ground in old.items() for atom in ground}
    moved = sorted(old if codes is None else codes)
    weights = _Weights(line, to_year, key)
    rows: list[tuple[str, str | None, float, bool]] = []
    for code in moved:
        # A commune that no known event touches stays as it is.
        ground = old.get(code, frozenset())
        heirs = sorted({holder[atom] for atom in ground if atom in holder})
        if len(heirs) > 1:
            shares = weights.shares(code, heirs, from_year)
            rows += [(code, heir, shares[heir], True) for heir in heirs]
        else:
            stays = code if code not in old else None
            rows.append((code, heirs[0] if heirs else stays, 1.0, False))
    table = pd.DataFrame(rows, columns=["before", "after", "share", "estimated"])
    origins = {
        code: {source.get(atom, "") for atom in ground} for code, ground in new.items()
    }
    names = names_on(line, from_year), names_on(line, to_year)
    table = table.astype({"before": "str", "after": "str"})
    keys = tuple(dict.fromkeys(weights.used))
    credit = embedded.credit("cog.code") if line is timeline(None) else ()
    return _Moves(
        table,
        from_year,
        to_year,
        names,
        keys,
        partial=_lacking(origins, set(moved), set(table["after"].dropna())),
        beyond=_out_of_reach(origins, set(moved), set(old) - line.outside),
        source=" ; ".join(credit),
    )


def _lacking(
    origins: dict[str, set[str]], moved: set[str], reached: set[str]
) -> dict[str, tuple[str, ...]]:
    """Return the communes that what is moved reaches, but does not fill."""
    missing = {c: origins[c] - moved for c in reached & origins.keys()}
    return {c: tuple(sorted(gone)) for c, gone in sorted(missing.items()) if gone}


def _out_of_reach(
    origins: dict[str, set[str]], moved: set[str], own: set[str]
) -> dict[str, tuple[str, ...]]:
    """Return the communes that no table of the territory could reach."""
    if not own <= moved:
        return {}
    return {
        code: tuple(sorted(gone))
        for code, gone in sorted(origins.items())
        if not gone & own and not gone & moved
    }


class _Weights:
    """What shares a commune out between those that it is divided into."""

    def __init__(self, line: Timeline, year: int, key: pd.Series | None) -> None:
        self._line, self._year = line, year
        self.used: list[str] = []
        self._sources = self._embedded() if key is None else [_checked_key(key)]

    def _embedded(self) -> list[tuple[str, pd.Series]]:
        """Return the embedded populations of communes with the same ground."""
        line, grounds = timeline(None), self._line.grounds(self._year)
        nearest = min(max(self._year, 2016), 2023)
        population = embedded.table("population")[f"population_{nearest}"]
        iris = embedded.table("iris").groupby("commune_2024")["population_2021"].sum()
        found = []
        for year, series, title in (
            (LAST, population, f"population municipale {nearest} (Insee)"),
            (2024, iris, "population municipale 2021 (Insee)"),
        ):
            same = line.grounds(year)
            kept = [c for c in series.index if same.get(c) == grounds.get(c)]
            found.append((title, series.loc[kept].astype("float64")))
        return found

    def shares(self, code: str, heirs: list[str], from_year: int) -> dict[str, float]:
        """Return the share of each heir, or say what key is wanted."""
        for title, series in self._sources:
            if set(heirs) <= set(series.index):
                parts = series.loc[heirs]
                if parts.sum() > 0:
                    self.used.append(title)
                    return {h: float(w) for h, w in (parts / parts.sum()).items()}
        example = ", ".join(f"{heir!r}: …" for heir in heirs[:4])
        msg = (
            f"{code!r} ({from_year}) is divided between {culprits(heirs)} in "
            f"{self._year}, and nothing says how: no weight above 0 for all of them; "
            f"pass key=pd.Series({{{example}}}), such as their populations"
        )
        raise MeasureError(msg)


def _checked_key(key: pd.Series) -> tuple[str, pd.Series]:
    if not isinstance(key, pd.Series):
        msg = f"a key is a Series from code to weight, not a {type(key).__name__}"
        raise MeasureError(msg)
    check_unique(key.index, "key")
    check_codes(key.index, "commune")
    weights = key.dropna().astype("float64")
    wrong = weights.index[~np.isfinite(weights) | (weights < 0)]
    if len(wrong):
        msg = f"key: {len(wrong)} weight(s) below 0 or infinite: {culprits(wrong)}"
        raise MeasureError(msg)
    return str(key.name or "clé fournie"), weights


# --- checks ------------------------------------------------------------------------


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
    _check_years(table.index, year, line)


def _check_years(codes: pd.Index, year: int, line: Timeline) -> None:
    """Refuse codes that are those of another year, and propose the year."""
    check_year(year, line)
    absent = sorted(set(codes) - line.grounds(year).keys())
    ever = {spell.code for spell in line.spells}
    never = [code for code in absent if code not in ever]
    if never and line.complete:
        msg = (
            f"{len(never)} code(s) were never communes of this history: "
            f"{culprits(never)}; drop them, or pass events=bm.read_movements(…)"
        )
        raise CodeError(msg)
    dated = [code for code in absent if code in ever]
    if dated:
        names = names_on(line, year)
        told = [f"{c!r} ({names.get(c, '')}, {line.years(c)})" for c in dated[:5]]
        more = f" and {len(dated) - 5} more" if len(dated) > 5 else ""
        msg = (
            f"{len(dated)} code(s) are no commune on 1 January {year}: "
            f"{', '.join(told)}{more}; {_proposed(codes, line)}"
        )
        raise VintageError(msg)


def _proposed(codes: Iterable[str], line: Timeline) -> str:
    """Write the years that a list of codes looks like."""
    found = weighed(codes, line)
    best = found[found["best"]]
    first = best.iloc[0]
    if first["absent"]:
        return (
            f"no single year has them all, {span(first['first'], first['last'])} comes "
            f"closest ({first['absent']} absent): are two lists mixed? See "
            "bm.guess_vintage"
        )
    runs = best.sort_values("first")[["first", "last"]].to_numpy().tolist()
    text = ", ".join(span(*run) for run in _joined(runs)[:4])
    return f"the list looks like that of {text}: write that year instead"


def _joined(runs: list[list[int]]) -> list[list[int]]:
    """Join runs of years that follow each other."""
    found: list[list[int]] = []
    for first, last in runs:
        if found and found[-1][1] == first - 1:
            found[-1][1] = last
        else:
            found.append([first, last])
    return found


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


def _check_flows(table: pd.DataFrame, ends: list[str], columns: list[str]) -> None:
    check_columns(table, *ends, *columns)
    if table.empty or not columns:
        msg = "empty selection: no flow, or no column of values"
        raise DataError(msg)
    for end in ends:
        check_codes(table[end], "commune")
    again = table[table.duplicated(ends)]
    if len(again):
        told = [f"{a} → {b}" for a, b in again[ends].to_numpy()]
        msg = (
            f"{len(again)} pair(s) stand more than once: {culprits(told)}; sum them "
            "first, or take each mode apart"
        )
        raise DataError(msg)


def _is_own(codes: pd.Index, line: Timeline) -> np.ndarray:
    """Tell which codes are of the territory that the history covers."""
    ever = {spell.code for spell in line.spells}
    # Where every commune is listed, a code of these départements must be one.
    whole = {code[:2] for code in ever - line.outside} if line.complete else set()
    return np.array([code in ever or code[:2] in whole for code in codes], dtype=bool)


# --- sharing out -------------------------------------------------------------------


def _shared(stocks: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Return the stocks of each move, with what is to be said of a part."""
    if "pair" not in moves:
        stocks = stocks.loc[moves["before"]]
    share = moves["share"].to_numpy()
    estimated = moves["estimated"].to_numpy()
    found = stocks.copy()
    for name in stocks.columns:
        if state_column(name) not in stocks.columns:
            continue
        found[name] = stocks[name].to_numpy() * share
        state = stocks[state_column(name)].to_numpy(dtype=object)
        found[state_column(name)] = np.where(
            estimated & (state == ""), "estimated", state
        )
    return found


def _flagged(sums: pd.DataFrame, partial: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """Say of the communes whose ground is not all there that they are estimated."""
    told = [name for name in sums.columns if state_column(name) in sums.columns]
    where = sums.index.isin(list(partial))
    for name in told:
        state = sums[state_column(name)]
        sums[state_column(name)] = state.mask(where & (state == ""), "estimated")
    return sums


def _weighed(table: pd.DataFrame, known: Measures, moves: pd.DataFrame) -> pd.DataFrame:
    """Return a row per move, the weights of categories shared out."""
    rows = table.loc[moves["before"]].copy()
    weights = {m.weight for m in known.values() if isinstance(m, Category) and m.weight}
    check_columns(table, *weights)
    for weight in weights:
        rows[weight] = rows[weight].to_numpy(dtype=float) * moves["share"].to_numpy()
    return rows


def _uncertain(found: Evaluated, moves: _Moves) -> Evaluated:
    """Say of the categories that rest on a part that they are estimated."""
    unsure = {*moves.table.loc[moves.table["estimated"], "after"], *moves.partial}
    there = set(found.series.dropna().index)
    states = dict.fromkeys(sorted(unsure & there), "estimated") | found.states
    return Evaluated(found.series, states)


def _both_ends(
    table: pd.DataFrame, ends: list[str], moves: pd.DataFrame, foreign: pd.Index
) -> pd.DataFrame:
    """Return, on the index of the flows, where both ends of each go."""
    same = pd.DataFrame({"before": foreign, "after": foreign, "share": 1.0})
    every = pd.concat([moves, same.assign(estimated=False)], ignore_index=True)
    rows = table[ends].copy()
    rows["row"] = rows.index
    for side, end in enumerate(ends):
        rows = rows.merge(
            every.add_suffix(str(side)), left_on=end, right_on=f"before{side}"
        )
    return pd.DataFrame(
        {
            "share": (rows["share0"] * rows["share1"]).to_numpy(),
            "estimated": (rows["estimated0"] | rows["estimated1"]).to_numpy(),
            "pair": (rows["after0"] + " " + rows["after1"]).to_numpy(),
        },
        index=pd.Index(rows["row"]),
    )


# --- accounts ----------------------------------------------------------------------


def _warn_of_partial(moves: _Moves, codes: pd.Index, line: Timeline) -> None:
    if not moves.partial:
        return
    told = [f"{heir} lacks {_origins(gone)}" for heir, gone in moves.partial.items()]
    msg = (
        f"{len(told)} commune(s) of {moves.to_year} are not whole in the table of "
        f"{moves.from_year}: {culprits(told, most=3)}; add the rows that are missing, "
        "with 0 where there is none"
    )
    found = weighed(codes, line)
    best = found[found["best"]]
    if not (
        (best["first"] <= moves.from_year) & (moves.from_year <= best["last"])
    ).any():
        msg += f" ({_proposed(codes, line)})"
    warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _origins(codes: tuple[str, ...]) -> str:
    return ", ".join(code or "ground of unknown origin" for code in codes)


def _report(
    table: pd.DataFrame,
    stocks: pd.DataFrame,
    result: pd.DataFrame,
    known: Measures,
    moves: _Moves,
) -> Report:
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    bounded = {
        name: tuple(result.index[result[state_column(name)] == "lower_bound"])
        for name in shown
        if state_column(name) in result
    }
    missing = {
        str(c): tuple(table.index[table[c].isna()])
        for c in stocks.columns.intersection(table.columns)
        if state_column(str(c)) in stocks
    }
    return Report(
        verb=f"Passage du COG {moves.from_year} au COG {moves.to_year}",
        before=_totals(table[shown].astype("float64")),
        after=_totals(result[shown]),
        units_before=len(table),
        units_after=len(result),
        unmatched=moves.lost,
        missing=missing,
        bounded=bounded,
        split=moves.split,
        estimated=_estimated(stocks, shown, moves.unsure),
        notes=(*_deeds(moves), *_left_out(table, known)),
    )


def _estimated(
    stocks: pd.DataFrame, columns: list[str], unsure: np.ndarray
) -> dict[str, float]:
    """Return the share of each total that rests on an estimate."""
    shares = {}
    for name in columns:
        sizes = stocks[name].abs().to_numpy()
        whole = float(np.nansum(sizes))
        shares[name] = float(np.nansum(sizes[unsure])) / whole if whole > 0 else 0.0
    return shares


def _deeds(moves: _Moves, *, gaps: bool = True) -> list[str]:
    """Write in French what happened to the communes, and to those not there."""
    table = moves.table.dropna(subset=["after"])
    whole = table[~table["estimated"]]
    shared = whole["after"].duplicated(keep=False)
    shared |= whole["after"].isin(list(moves.partial))
    merged = whole[shared].groupby("after")["before"].agg(list)
    single = whole[~shared]
    recoded = single[single["before"] != single["after"]]
    same = single[single["before"] == single["after"]]
    told = [
        f"{listed(moves.called(b, 0) for b in befores)} dans {moves.called(after, 1)}"
        for after, befores in merged.items()
    ]
    lines = [_several("Communes fusionnées, dont les effectifs sont sommés", told)]
    told = [
        f"{moves.called(b, 0)} devient {a}"
        for b, a in zip(recoded["before"], recoded["after"], strict=True)
    ]
    lines.append(_several("Changements de code", told))
    told = [_parted(moves, code) for code in moves.split]
    by = listed(f"« {title} »" for title in moves.keys)
    lines.append(
        _several(f"Communes réparties par estimation, selon la clé {by}", told)
    )
    lines += _gaps(moves) if gaps else []
    named = sum(moves.names[0].get(c) != moves.names[1].get(c) for c in same["before"])
    lines.append(
        f"Communes au territoire et au code inchangés : {number(len(same))}"
        + (f", dont {number(named)} sous un autre nom." if named else ".")
    )
    if moves.source:
        lines.append(f"Source : {moves.source}.")
    return list(filter(None, lines))


def _gaps(moves: _Moves) -> list[str]:
    """Write in French which communes lack a part, or all, of their ground."""
    partial = [
        f"{moves.called(heir, 1)}, sans {_missed(gone, moves)}"
        for heir, gone in moves.partial.items()
    ]
    beyond = [
        f"{moves.called(code, 1)}, alors {_missed(gone, moves)}"
        for code, gone in moves.beyond.items()
    ]
    return [
        _several("Communes dont le tableau ne couvre qu'une partie", partial),
        _several(f"Communes de {moves.to_year} sans donnée", beyond),
    ]


def _missed(codes: tuple[str, ...], moves: _Moves) -> str:
    return listed(
        moves.called(c, 0) if c else "un sol d'origine inconnue" for c in codes
    )


def _parted(moves: _Moves, code: str) -> str:
    rows = moves.table[moves.table["before"] == code]
    parts = [
        f"{moves.called(heir, 1)} {percent(100 * share)}"
        for heir, share in zip(rows["after"], rows["share"], strict=True)
    ]
    return f"{moves.called(code, 0)} entre {listed(parts)}"


def _several(title: str, told: list[str]) -> str:
    """Write a list after its title, cut short when it is long."""
    if not told:
        return ""
    more = (
        f" ; et {number(len(told) - _SEVERAL)} autres" if len(told) > _SEVERAL else ""
    )
    return f"{title} ({number(len(told))}) : {' ; '.join(told[:_SEVERAL])}{more}."


def _left_out(table: pd.DataFrame, known: Measures) -> list[str]:
    """Write which columns are left out for want of a measure."""
    used = {*known, *(state_column(name) for name in known)}
    left = [str(c) for c in table.columns if c not in used]
    if not left:
        return []
    return [f"Colonnes laissées, faute de mesure déclarée : {listed(left)}."]


def _diagonal(column: str, before: float, after: float) -> str:
    return (
        f"Flux internes de {column} (origine et destination dans la même commune), "
        f"conservés : {number(before)} avant, {number(after)} après."
    )


def _foreign(codes: pd.Index) -> str:
    if codes.empty:
        return ""
    more = "…" if len(codes) > 5 else ""
    return (
        "Codes hors du territoire de l'historique, laissés tels quels "
        f"({number(len(codes))}) : {', '.join(codes[:5])}{more}."
    )
