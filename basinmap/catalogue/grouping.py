"""Units of few, put together with their neighbours until a rate over them is firm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.computing import Asked, Worker, care_of
from basinmap.catalogue.entries import indicator
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import Years, check_tabular
from basinmap.errors import MeasureError
from basinmap.spatial.coverages import neighbours
from basinmap.territory.levels import check_unique
from basinmap.typography import number, typeset
from basinmap.values.told import tell, told_of

__all__ = ["fragile_groups", "grouped_words"]

_MILLIMETRE: Final = 3
"""Decimals of metres to which borders are as long as each other."""


def fragile_groups(
    indicator_id: str,
    table: pd.DataFrame,
    units: gpd.GeoDataFrame,
    *,
    year: Years = None,
    variant: str | None = None,
) -> pd.Series:
    """
    Put units over which a rate is fragile together with neighbours that are so too.

    What the catalogue says is too few for one commune to have a rate of its own, a
    group of them has: the sum of what is counted over the sum of what it is out of.

    Parameters
    ----------
    indicator_id
        A rate of which the catalogue says over how few it is fragile.
    table
        Counts by unit, as for `compute`.
    units
        Outlines of the units that are mapped, in a metric CRS: a valid coverage, as
        `clean_coverage` makes one.
    year, variant
        As for `compute`.

    Returns
    -------
    Series
        On the index of `units`, named `group`: the group of each, for
        `compute(…, to=groups)`, `dissolve(units, groups)` and `draw_choropleth(…,
        groups=groups)`. A unit that stays alone has its own code; a group is named
        after its member of most units and how many others there are, « 62668+3 ».

    Raises
    ------
    MeasureError
        If no count says over how few the indicator is fragile.
    DataError
        If a code is repeated, or the units are no valid coverage.
    CRSError
        If there is no metric CRS.

    See Also
    --------
    compute : Rates of the groups.

    Notes
    -----
    Only units whose value is known and fragile are put together: a firm one keeps its
    own rate, and one without a value is in no group, which would give it away by
    difference. The rule: of all groups that are still of too few, each unit being one
    at the start, that of fewest joins the neighbour with which it has the longest
    border, among those that are of too few as well, or, where there is none, among
    those that are not. A group without any such neighbour is undone if it is still of
    too few: its units stay alone, and fragile. Where borders are as long to the
    millimetre, the neighbour of fewest goes first, then that of the lowest code; the
    order of the units does not matter. Units that touch at a point are no neighbours.

    Examples
    --------
    >>> import basinmap as bm
    >>> artois = bm.communes(epci="200069482")
    >>> counts = bm.statistics(epci="200069482")
    >>> groups = bm.fragile_groups("L04", counts, artois)
    >>> rates = bm.compute("L04", counts, to=groups)
    >>> len(artois), len(rates), len(bm.told_of(rates).fragile)
    (96, 46, 1)
    """
    check_given(fragile_groups, locals())
    check_unique(units.index, "units")
    item = indicator(indicator_id, variant)
    check_tabular(table, item.id)
    if item.prudence is None:
        msg = (
            f"{item.id}: the catalogue does not say over how few it is fragile; no "
            "unit of it needs another"
        )
        raise MeasureError(msg)
    worked = Worker(Ledger(table), Asked(to=None)).work(item, year=year)
    care = care_of(worked.item, worked.found) or item.prudence
    values = worked.series()
    few = set(map(str, told_of(values).fragile)) & set(units.index)
    over = pd.Series(worked.sums[worked.bottom].numbers, worked.index)
    weights = {code: float(over[code]) for code in sorted(few)}
    found = _Grouping(weights, float(care.least), _borders(units, few)).groups()
    names: dict[str, str] = {}
    for members in found:
        head = min(members, key=lambda code: (-weights[code], code))
        others = len(members) - 1
        names |= dict.fromkeys(members, f"{head}+{others}" if others else head)
    groups = pd.Series(
        [names.get(code, code) for code in units.index],
        index=units.index,
        name="group",
        dtype=object,
    )
    return tell(groups, rule=grouped_words(groups, care.told))


def grouped_words(groups: pd.Series, why: str) -> str:
    """
    Say in French what is put together, how many of them, and in how many groups.

    Parameters
    ----------
    groups
        What `fragile_groups` returned.
    why
        Over how few a unit is fragile, « moins de 200 logements ».

    Examples
    --------
    >>> codes = pd.Index(["a", "b", "c"], name="commune")
    >>> groups = pd.Series(["a+1", "a+1", "c"], codes)
    >>> grouped_words(groups, "moins de 200 logements").replace(chr(160), " ")
    '2 communes de moins de 200 logements regroupées avec leurs voisines : 1 groupe'
    """
    sizes = groups.value_counts()
    several = sizes[sizes > 1]
    if several.empty:
        return ""
    noun = {"commune": "communes", "iris": "Iris"}.get(str(groups.index.name), "unités")
    ending, theirs = ("s", "voisins") if noun == "Iris" else ("es", "voisines")
    plural = "s" if len(several) > 1 else ""
    return typeset(
        f"{number(int(several.sum()))} {noun} de {why} regroupé{ending} avec leurs "
        f"{theirs} : {number(len(several))}\u00a0groupe{plural}"
    )


def _borders(units: gpd.GeoDataFrame, few: set[str]) -> dict[str, dict[str, float]]:
    """Return how long the border of each unit of few is with each other one."""
    codes = sorted(few)
    found: dict[str, dict[str, float]] = {code: {} for code in codes}
    if len(codes) < 2:
        return found
    # In the order of codes, lest sums of lengths follow that of the frame.
    pairs = neighbours(units.loc[codes, [units.active_geometry_name]])
    for one, other, length in pairs.itertuples(index=False):
        found[one][other] = found[other][one] = float(length)
    return found


@dataclass(slots=True)
class _Grouping:
    """Groups in the making, each by its lowest code."""

    weights: Mapping[str, float]
    least: float
    borders: dict[str, dict[str, float]]
    members: dict[str, list[str]] = field(init=False)
    size: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.members = {code: [code] for code in self.weights}
        self.size = dict(self.weights)

    def groups(self) -> list[list[str]]:
        """Return the groups that are of enough, and each of the others alone."""
        while True:
            short = [g for g in self.members if self._short(g) and self.borders[g]]
            if not short:
                break
            self._join(min(short, key=lambda group: (self.size[group], group)))
        found = []
        for group, members in self.members.items():
            whole = [members] if not self._short(group) else [[one] for one in members]
            found += whole
        return found

    def _short(self, group: str) -> bool:
        return self.size[group] < self.least

    def _join(self, group: str) -> None:
        """Join a group to the neighbour that is chosen for it."""
        beside = self.borders[group]
        open_ = [other for other in beside if self._short(other)]
        chosen = min(
            open_ or beside,
            key=lambda other: (
                -round(beside[other], _MILLIMETRE),
                self.size[other],
                other,
            ),
        )
        kept, gone = sorted((group, chosen))
        self.members[kept] += self.members.pop(gone)
        self.size[kept] += self.size.pop(gone)
        for other, length in self.borders.pop(gone).items():
            del self.borders[other][gone]
            if other == kept:
                continue
            total = self.borders[kept].get(other, 0.0) + length
            self.borders[kept][other] = self.borders[other][kept] = total
