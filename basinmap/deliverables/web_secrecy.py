"""All that a web page holds, attacked together before it is written."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from basinmap.catalogue.entries import catalogue
from basinmap.errors import SecrecyError, culprits
from basinmap.values.columns import table_of
from basinmap.values.told import tell, told_of

__all__ = ["Figures", "check_published", "counted", "figures_of"]

_CLOSE: Final = 1e-9


@dc.dataclass(frozen=True, slots=True)
class Figures:
    """
    The figures of an indicator at a level, of one year, as a page prints them.

    Attributes
    ----------
    level
        Of their codes.
    column
        What they count, and when: rates are known by it to be made of them.
    printed
        As they are.
    decimals
        That are printed.
    rounded
        Whether parts may miss their total for having been rounded.
    """

    level: str
    column: str
    printed: pd.Series
    decimals: int
    rounded: bool


def figures_of(
    values: pd.Series,
    whole: Sequence[int | None],
    codes: Sequence[str],
    *,
    level: str,
    decimals: int,
) -> Figures | None:
    """
    Return figures as a page prints them; none of a balance.

    A balance is protected by the counts that it is made of.

    Parameters
    ----------
    values
        As they were given.
    whole
        As printed, times ten to the power of their decimals.
    codes
        Of `whole`.
    level
        Of the codes.
    decimals
        That are printed.
    """
    told = told_of(values)
    if told.kind == "stock" and any((one or 0) < 0 for one in whole):
        return None
    plain = [float("nan") if one is None else one / 10**decimals for one in whole]
    index = pd.Index(list(codes), name=level)
    found = pd.Series(plain, index=index, name=values.name, dtype=float)
    away = (found - values.reindex(index).astype(float)).abs().max()
    states = {code: told.states[code] for code in codes if code in told.states}
    tell(found, dc.replace(told, states=states, level=level, measure=None))
    rounded = told.kind == "stock" and bool(away > _CLOSE)
    return Figures(level, _column(values), found, decimals, rounded)


def counted(values: pd.Series) -> str:
    """
    Return the count that figures are, so that rates are known to be made of it.

    Parameters
    ----------
    values
        As they were given; what is no count of the catalogue keeps its name.
    """
    told = told_of(values)
    item = catalogue().indicators.get(told.indicator)
    if item is not None and item.kind == "stock" and len(item.terms) == 1:
        return item.terms[0].count
    return told.indicator or str(values.name)


def _column(values: pd.Series) -> str:
    name, years = counted(values), told_of(values).vintage.replace("-", "_")
    return name if not years or name.endswith(f"_{years}") else f"{name}_{years}"


def check_published(
    figures: Iterable[Figures],
    made_of: Mapping[str, pd.Series | Mapping[str, Iterable[str]]],
) -> None:
    """
    Refuse a page from which something that is masked could be found again.

    Parameters
    ----------
    figures
        All that it holds.
    made_of
        By level above, the units of communes.

    Raises
    ------
    SecrecyError
        With what falls, and how; or with what contradicts itself.
    """
    every = list(figures)
    tables = _tables(every)
    from basinmap.secrecy.attacking import attack  # noqa: PLC0415 - 0.2 s of solvers
    from basinmap.secrecy.declared import rules_for  # noqa: PLC0415 - as above

    rules = rules_for({one.column for one in every})
    asked = {name: rule for name, rule in rules.items() if rule.most or rule.least}
    masked = any("secret" in told_of(one.printed).states.values() for one in every)
    if not masked and not asked:
        return  # an intruder is after nothing
    found = attack(
        tables,
        hierarchies=dict(made_of),
        rules=asked or None,
        decimals={one.column: one.decimals for one in every},
        rounded={one.column for one in every if one.rounded},
    )
    fallen = found.found
    if len(fallen):
        told = [f"{row.code} {row.column} ({row.how})" for row in fallen.itertuples()]
        msg = (
            f"{len(fallen)} masked value(s) could be found again from this page: "
            f"{culprits(told, most=3)}; hide them together, "
            "bm.protect({'communes': …, 'epci': …}, rules=…), then compute"
        )
        raise SecrecyError(msg)
    if found.clashes:
        msg = (
            f"{len(found.clashes)} figure(s) beside masked ones contradict the others: "
            f"{culprits(found.clashes, most=3)}; nothing that contradicts itself is "
            "safe: compute all levels from one table"
        )
        raise SecrecyError(msg)


def _tables(figures: Sequence[Figures]) -> dict[str, pd.DataFrame]:
    """Return figures as tables by level; of one count twice, as several tables."""
    return {name: table_of(columns) for name, columns in _sheets(figures)}


def _sheets(figures: Sequence[Figures]) -> Iterator[tuple[str, dict[str, pd.Series]]]:
    for level in dict.fromkeys(one.level for one in figures):
        sheets: list[dict[str, pd.Series]] = []
        for one in figures:
            if one.level != level:
                continue
            free = next((sheet for sheet in sheets if one.column not in sheet), None)
            if free is None:
                free = {}
                sheets.append(free)
            free[one.column] = one.printed
        for n, sheet in enumerate(sheets, start=1):
            yield (level if n == 1 else f"{level} {n}"), sheet
