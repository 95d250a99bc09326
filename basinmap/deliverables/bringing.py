"""Figures of another year, brought to the list of communes of a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from basinmap.deliverables.subjects import joined
from basinmap.errors import BasinmapError, DataError
from basinmap.measures import Stock, state_column
from basinmap.sources.reading import read_source
from basinmap.territory.lists import listed
from basinmap.territory.rebasing import rebase
from basinmap.territory.timelines import Timeline, timeline
from basinmap.territory.units import statistics
from basinmap.values.told import bare, carry, measures_of, retell, tell, told_of

__all__ = ["brought", "counts_of"]


def brought(
    table: pd.DataFrame, years: tuple[int, int], events: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """
    Bring counts to another list of communes, and what is published as far as can be.

    Parameters
    ----------
    table
        What a reader of files returned, by commune.
    years
        Of the list that it follows, and of that which is meant.
    events
        Movements of communes; by default those that are embedded.

    Returns
    -------
    tuple
        The table, and French notes. A published value of a commune whose ground has
        changed is not available.
    """
    year, to = years
    known = measures_of(table)
    counts = {name: m for name, m in known.items() if isinstance(m, Stock)}
    columns = [c for n in counts for c in (n, state_column(n)) if c in table]
    rest = list(table.columns.difference(columns, sort=False))
    told: tuple[str, ...] = ()
    moved = pd.DataFrame()
    if counts:
        stocks = carry(pd.DataFrame(table[columns]), table, measures=counts)
        moved, report = rebase(
            stocks, from_year=year, to_year=to, measures=counts, events=events
        )
        told = report.notes
    if not rest:
        return moved, list(told)
    kept, lost = _published(table, rest, timeline(events), years)
    whole = kept if moved.empty else bare(moved).join(bare(kept), how="outer")
    whole.index.name = "commune"
    every = {name: replace(m, geography=str(to)) for name, m in known.items()}
    tell(whole, level="commune", geography=f"{to}-01-01", measures=every)
    return whole, [*told, *lost]


def _published(
    table: pd.DataFrame, columns: list[str], line: Timeline, years: tuple[int, int]
) -> tuple[pd.DataFrame, list[str]]:
    """Return what is published of communes that are still what they were."""
    then, now = (line.grounds(year) for year in years)
    gone = [code for code in table.index if code in then and code not in now]
    kept = bare(table).drop(index=gone)[columns]
    changed = [code for code in kept.index if then.get(code) != now.get(code)]
    for name in columns:
        if name.endswith("_state"):
            continue
        state = state_column(name)
        kept[state] = kept.get(state, pd.Series("", kept.index, dtype=object))
        kept.loc[changed, state] = "not_available"
        kept[name] = kept[name].mask(kept.index.isin(changed))
    if not gone and not changed:
        return kept, []
    told = "Valeurs publiées de communes qui ont fusionné depuis, non disponibles"
    return kept, [f"{told} : {', '.join(sorted({*gone, *changed}))}."]


def counts_of(paths: Iterable[Path], *, alone: bool = False) -> pd.DataFrame | None:
    """
    Read producers' files and join them, each at the list of communes of today.

    Parameters
    ----------
    paths
        The files.
    alone
        Whether they stand without the embedded statistics.

    Returns
    -------
    DataFrame
        None without a file.

    Raises
    ------
    DataError
        If a file is none that is known, or is not by commune: it is named.
    """
    every = list(paths)
    if not every:
        return None
    to, whole = listed(None).year, statistics()
    if alone:
        whole = retell(whole.iloc[:, :0], measures={})
    for path in every:
        table = read_source(path)
        if table.index.name != "commune":
            level = table.index.name
            msg = f"{path} is of level {level}: documents take tables by commune"
            raise DataError(msg)
        year = told_of(table).geography[:4]
        if year.isdigit() and int(year) != to:
            try:
                table, _ = brought(table, (int(year), to))
            except BasinmapError as error:
                msg = f"{path}: {error}"
                raise DataError(msg) from error
        whole = joined(whole, table)
    return whole
