"""Flows between units: recoded at both ends, summed, those inside a unit left out."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import Years, counts_of
from basinmap.errors import CodeError, DataError, MeasureError, culprits
from basinmap.measures import check_columns, counted, state_column
from basinmap.states import of_part
from basinmap.territory.france import departement_of
from basinmap.territory.levels import LEVELS, check_codes
from basinmap.territory.lists import Territory, listed
from basinmap.territory.memberships import (
    Lists,
    everyone,
    members_of,
    membership,
)
from basinmap.territory.sums import sums_of
from basinmap.territory.units import check_unique
from basinmap.territory.wholes import Lack, lacking, remarks
from basinmap.typography import number, typeset
from basinmap.values.told import tell

__all__ = ["ELSEWHERE", "flows_of"]

ENDS: Final = ("origin", "destination")
_TO: Final = "\x1f"
ELSEWHERE: Final = "ailleurs"
"""What lies in no unit of the level."""


def flows_of(
    item: Indicator,
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None,
    year: Years,
    date: str,
    memberships: Lists = None,
    territory: Territory | None = None,
) -> pd.Series:
    """
    Add flows between communes up to a level, then leave out those inside a unit.

    Parameters
    ----------
    item
        Of kind `"flow"`.
    table
        One row a pair: `origin`, `destination` and the count.
    to
        Level, or a partition of the user's; by default the communes.
    year
        Of the count.
    date
        Day at which membership is read.
    memberships
        Lists of EPCI of other years.
    territory
        The list of communes that they go between, by default Nord and Pas-de-Calais
        in 2026.

    Returns
    -------
    Series
        By origin and destination. What lies in no unit of the level is `"ailleurs"`.

    Raises
    ------
    DataError
        If there is no flow, or a pair stands more than once.
    CodeError
        If codes are of another year, or units are not named by strings.
    ColumnError
        If an end or the count is missing.
    MeasureError
        If flows cannot be had at that level.
    """
    territory = territory or listed(None)
    check_columns(table, *ENDS)
    _check_pairs(table, territory)
    if isinstance(to, str) and to in LEVELS and to not in item.levels:
        msg = f"{item.id} means nothing at level {to!r}: it is of {item.levels}"
        raise MeasureError(msg)
    ledger = Ledger(table)
    found = counts_of(item, ledger, year)
    (column,) = found.columns
    sources, gaps = found.sources(ledger), found.gaps(ledger)
    rows = ledger.rows.reset_index(drop=True)
    values, states = counted(rows, column)
    ends, level, part = _recoded(rows[list(ENDS)], to, date, memberships, territory)
    stocks = pd.DataFrame({"flow": values, state_column("flow"): states})
    sums = sums_of(stocks, (ends["origin"] + _TO + ends["destination"]).rename("pair"))
    pairs = [tuple(pair.split(_TO)) for pair in sums.index]
    sums.index = pd.MultiIndex.from_tuples(pairs, names=list(ENDS))
    inside = sums.index.get_level_values(0) == sums.index.get_level_values(1)
    known = sums.index.get_level_values(0) != ELSEWHERE
    lost = float(sums.loc[inside & known, "flow"].sum())
    sums = sums[~inside]
    worth = sums[state_column("flow")].to_numpy(dtype=object, copy=True)
    cut = np.array([bool({a, b} & set(part)) for a, b in sums.index], dtype=bool)
    if cut.any():
        worth[cut] = of_part(worth[cut], "count")
    return tell(
        pd.Series(sums["flow"].to_numpy(), sums.index, name=item.id),
        indicator=item.id,
        title=item.title(found.vintage),
        definition=item.definition,
        label=item.label,
        unit=item.unit,
        kind="stock",
        decimals=item.decimals,
        palette=item.map.palette,
        vintage=found.vintage,
        level=level,
        **_when(ledger, date, to),
        sources=sources,
        notes=tuple(map(typeset, (*item.notes, *_told(lost), *gaps))),
        states={pair: s for pair, s in zip(sums.index, worth, strict=True) if s},
        remarks=remarks(part),
    )


def _check_pairs(table: pd.DataFrame, territory: Territory) -> None:
    if table.empty:
        msg = "empty selection: the table holds no flow"
        raise DataError(msg)
    for end in ENDS:
        wrong = [code for code in table[end].unique() if not isinstance(code, str)]
        if wrong:
            msg = (
                f"{end!r}: {len(wrong)} code(s) are no text: {culprits(wrong)}; read "
                "the file with dtype=str"
            )
            raise DataError(msg)
    _check_codes(table, territory)
    again = table[table.duplicated(list(ENDS))]
    if len(again):
        told = [f"{a} → {b}" for a, b in again[list(ENDS)].to_numpy()]
        msg = (
            f"{len(again)} pair(s) stand more than once: {culprits(told)}; sum them "
            "first, or take each mode apart"
        )
        raise DataError(msg)


def _check_codes(table: pd.DataFrame, territory: Territory) -> None:
    """Refuse codes of another year: they would pass for what lies elsewhere."""
    codes = pd.Index(pd.unique(table[list(ENDS)].to_numpy().ravel()), name="commune")
    void = [code for code in codes if not code.strip()]
    if void:
        msg = (
            f"{len(void)} code(s) of {culprits(ENDS)} are void: {culprits(void)}; "
            "write where they are, 99999 abroad, or drop these rows"
        )
        raise CodeError(msg)
    known = territory.codes
    near = set(map(departement_of, known))
    ours = codes[[departement_of(code) in near for code in codes]]
    lost = ours[~ours.isin(known)]
    if len(lost) == 0:
        return
    cure = "give a list that holds them, communes=bm.read_territory(path)"
    if not territory.given:
        cure = (
            "bring the flows there first, on both ends: "
            "bm.rebase_flows(table, origin='origin', destination='destination', …)"
        )
    msg = f"{len(lost)} code(s) are no commune of {territory.title}: {culprits(lost)}; "
    raise CodeError(msg + cure)


def _recoded(
    ends: pd.DataFrame,
    to: str | pd.Series | None,
    date: str,
    memberships: Lists,
    territory: Territory,
) -> tuple[pd.DataFrame, str, dict[str, Lack]]:
    """Return the unit of each end, the level, and the units that are not whole."""
    if to is None or (isinstance(to, str) and to == "commune"):
        return ends, "commune", {}
    if isinstance(to, pd.Series):
        check_unique(to.index, "partition")
        check_codes(to.index, "commune")
        members, part = to.dropna(), {}
        wrong = [unit for unit in members.unique() if not isinstance(unit, str)]
        if wrong:
            msg = f"partition: units are named by strings, not {culprits(wrong)}"
            raise CodeError(msg)
    else:
        if territory.given:
            members, every = members_of(territory, to), everyone(territory, to)
        else:
            lists = memberships if to == "epci" else None
            every = members = membership(to, date=date, memberships=lists)
        part = lacking(members.index, members, every, territory)
        members = members.dropna()
    recoded = ends.apply(lambda codes: codes.map(members).fillna(ELSEWHERE))
    held = set(recoded.to_numpy().ravel())
    level = str(members.name or "unit")
    return recoded, level, {unit: lack for unit, lack in part.items() if unit in held}


def _when(ledger: Ledger, date: str, to: str | pd.Series | None) -> dict[str, str]:
    geography = ledger.told.geography
    found = {"geography": geography} if geography else {}
    return found | ({"date": date} if isinstance(to, str) else {})


def _told(lost: float) -> list[str]:
    return [f"Flux internes retirés : {number(lost)} personnes."] if lost else []
