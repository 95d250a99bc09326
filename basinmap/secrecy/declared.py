"""The rules that the catalogue gives to the counts of its indicators."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

import pandas as pd

from basinmap.catalogue.entries import Indicator, catalogue
from basinmap.measures import Ratio
from basinmap.secrecy.protecting import protect
from basinmap.secrecy.sheets import vintaged
from basinmap.values.masking import SecrecyRule

__all__ = ["headed", "protected_counts", "rules_for"]

_FREE = {"", "none", "census"}
_HEADED = re.compile(
    r"(?P<label>.+?)(?:(?: en)? (?P<years>\d{4}(?:-\d{4})?))?(?: \((?P<unit>[^()]+)\))?"
)


def rules_for(columns: Collection[str]) -> dict[str, SecrecyRule]:
    """
    Return the rule of secrecy of each column that an indicator has one for.

    Parameters
    ----------
    columns
        Counts, with or without their year, or indicators.

    Examples
    --------
    >>> {k: r.name for k, r in rules_for(["social_lettings_2024", "dwellings"]).items()}
    {}
    >>> rules_for(["social_applications_2024"])["social_applications_2024"].least
    11
    """
    found: dict[str, SecrecyRule] = {}
    for item in _indicators():
        if item.secrecy.name in _FREE:
            continue
        for name in _obeying(item):
            for column in columns:
                if vintaged(name, [column]) is not None:
                    found.setdefault(column, _rule(item, columns))
    return found


def headed(headings: Collection[str]) -> dict[str, str]:
    """
    Return the column that each French heading of the catalogue is of.

    Parameters
    ----------
    headings
        As files for readers write them: a label, a year, a unit.

    Examples
    --------
    >>> headed(["Logements vacants 2021 (logements)", "Commune"])
    {'Logements vacants 2021 (logements)': 'vacant_dwellings_2021'}
    >>> headed(["Taux de vacance des logements en 2021 (%)"])
    {'Taux de vacance des logements en 2021 (%)': 'L04'}
    """
    told = catalogue()
    counts = {(c.label, c.unit): name for name, c in told.counts.items()}
    rates = {(i.label, i.unit): i.id for i in told.indicators.values()}
    found = {}
    for heading in headings:
        parts = _HEADED.fullmatch(heading)
        if parts is None:
            continue
        key = (parts["label"], parts["unit"] or "")
        if key in counts:
            years = (parts["years"] or "").replace("-", "_")
            found[heading] = f"{counts[key]}_{years}" if years else counts[key]
        elif key in rates:
            found[heading] = rates[key]
    return found


def _indicators() -> Iterator[Indicator]:
    for item in catalogue().indicators.values():
        yield item
        yield from item.variants.values()


def _obeying(item: Indicator) -> list[str]:
    """Return the counts of an indicator that its rule is about."""
    names = [term.count for term in item.numerator]
    return names if item.kind in {"median", "mean"} else [*names, item.floor]


def _rule(item: Indicator, columns: Collection[str]) -> SecrecyRule:
    """Return the rule on counts themselves, or on the number under a median."""
    if item.kind not in {"median", "mean"}:
        return replace(item.secrecy, count="")
    there = item.floor and any(vintaged(item.floor, [c]) for c in columns)
    if not there:
        # Nothing says what it is made from: only what comes hidden is.
        return replace(item.secrecy, count="", least=0)
    return replace(item.secrecy, count=item.floor)


def _shares(columns: Collection[str]) -> dict[str, Ratio]:
    """Return the shares made of two of these counts: what is left of them counts."""
    found = {}
    for item in _indicators():
        if item.kind != "ratio" or item.unit != "%" or len(item.terms) != 2:
            continue
        part, whole = item.counts[0], item.counts[-1]
        for column in columns:
            if vintaged(part, [column]) is None or not item.secrecy.complement:
                continue
            year = column.removeprefix(part).strip("_")
            below = vintaged(whole, columns, year)
            if below is not None:
                name = f"{item.id} {item.variant} {year}"
                ratio = Ratio(numerator=column, denominator=below, scale=100)
                found[name] = ratio
    return found


def protected_counts(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """
    Return counts without what their rules hide, and what is to be said of it.

    Whatever is made of them afterwards is made of what is printed: a sum is then a
    minimum, and gives nothing away.

    Parameters
    ----------
    table
        Counts by commune, or of any level, such as `read_source` returns them.

    Returns
    -------
    table, report
        The report is French; empty where no rule applies.
    """
    rules = rules_for([str(name) for name in table.columns])
    if not rules:
        return table, ""
    safe = protect(table, rules=rules, links=_shares([str(c) for c in table.columns]))
    (found,) = safe.tables.values()
    assert isinstance(found, pd.DataFrame)  # noqa: S101 - as it was given
    return found, str(safe)
