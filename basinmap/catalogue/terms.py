"""Counts of an indicator added up, row by row, into the stocks of one measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from basinmap.catalogue.entries import Indicator, Term
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import Counts
from basinmap.measures import (
    Growth,
    Mean,
    Measure,
    Ratio,
    Stock,
    check_columns,
)
from basinmap.states import QUALIFIERS, STATES, summed
from basinmap.territory.sums import paired, tallied
from basinmap.territory.tallies import Tally

__all__ = ["VALUE", "Sums", "sums_for"]

VALUE: Final = "value"
"""Column of the result."""


@dataclass(frozen=True, slots=True)
class Sums:
    """
    What an indicator is computed from, one tally a stock.

    Attributes
    ----------
    tallies
        By name, of the rows of the table: all that is to be added up.
    measures
        What to compute: `value`, and the stocks.
    top, bottom
        Names of the numerator and of the denominator.
    parts
        Names of the terms one by one, of an indicator that is no ratio of sums.
    mean
        The published values, of a mean.
    """

    tallies: Mapping[str, Tally]
    measures: Mapping[str, Measure]
    top: str = ""
    bottom: str = ""
    parts: tuple[str, ...] = ()
    mean: Tally | None = None

    @property
    def signed(self) -> set[str]:
        """Return the stocks that may be negative."""
        return {
            name
            for name, item in self.measures.items()
            if isinstance(item, Stock) and item.signed
        }


def sums_for(item: Indicator, found: Counts, ledger: Ledger, floor: str = "") -> Sums:
    """
    Add the counts of an indicator up, row by row.

    Parameters
    ----------
    item
        The indicator.
    found
        Its columns.
    ledger
        Where they are.
    floor
        Column of a further count, that secrecy is about.
    """
    check_columns(ledger.rows, *found.columns, *([floor] if floor else []))
    maker = _Maker(item, found, ledger)
    if item.kind in {"formula", "gain"}:
        return maker.parts(floor)
    if item.kind == "mean":
        return maker.weighed()
    return maker.sides(floor)


class _Maker:
    """The stocks of one indicator on one table."""

    def __init__(self, item: Indicator, found: Counts, ledger: Ledger) -> None:
        """Keep what is asked, and start from no stock."""
        self.item, self.found, self.ledger = item, found, ledger
        self.stocks: dict[str, Stock] = {}
        self.tallies: dict[str, Tally] = {}

    def sides(self, floor: str) -> Sums:
        """Return a numerator and a denominator, or one sum."""
        item, above = self.item, len(self.item.numerator)
        top = self._sum(item.numerator, self.found.terms[:above], item.kind == "stock")
        if item.kind == "stock":
            self._floor(floor)
            return Sums(self.tallies, self.stocks, top)
        bottom = self._sum(item.denominator, self.found.terms[above:])
        self._floor(floor)
        measure = self._measure(top, bottom)
        self.tallies |= paired(VALUE, measure, self.tallies)
        return Sums(self.tallies, {VALUE: measure, **self.stocks}, top, bottom)

    def parts(self, floor: str) -> Sums:
        """Return each term apart, or a numerator and what is gained."""
        item = self.item
        columns = [
            self._sum((replace(term, sign=1),), (names,))
            for term, names in zip(item.terms, self.found.terms, strict=True)
        ]
        self._floor(floor)
        # Without a part of its territory, no term of a formula bounds anything.
        self.stocks = {n: replace(s, signed=True) for n, s in self.stocks.items()}
        return Sums(self.tallies, self.stocks, parts=tuple(columns))

    def weighed(self) -> Sums:
        """Return a published mean, and what it is a mean over."""
        (top,), (bottom,) = self.found.terms
        mean = Mean(weight=bottom, unit=self.item.unit)
        measures = {top: mean, bottom: self._stock([bottom])}
        tallies = tallied(self.ledger.rows, measures)
        return Sums(tallies, measures, top, bottom, mean=self.ledger.tally(top))

    def _measure(self, top: str, bottom: str) -> Ratio | Growth:
        item, found = self.item, self.found
        label, unit, vintage = item.label, item.unit, found.vintage
        if item.kind == "growth":
            return Growth(
                start=bottom,
                end=top,
                years=found.years,
                label=label,
                unit=unit,
                vintage=vintage,
            )
        return Ratio(
            numerator=top,
            denominator=bottom,
            scale=item.scale / (found.years if item.kind == "yearly" else 1),
            label=label,
            unit=unit,
            vintage=vintage,
        )

    def _floor(self, floor: str) -> None:
        if floor and floor not in self.stocks:
            self._keep(floor, self._stock([floor]))

    def _keep(self, name: str, stock: Stock) -> None:
        """Keep a column of the table as a stock."""
        self.stocks[name] = stock
        self.tallies[name] = self.ledger.tally(name, signed=stock.signed)

    def _stock(self, names: Sequence[str], *, signed: bool = False) -> Stock:
        """Return what a sum of columns is, as far as they all say."""
        told = [self.found.known.get(name) for name in names]
        where = {item.geography for item in told if item is not None}
        signed |= any(isinstance(item, Stock) and item.signed for item in told)
        return Stock(signed=signed, geography=where.pop() if len(where) == 1 else "")

    def _sum(
        self,
        terms: Sequence[Term],
        columns: Sequence[Sequence[str]],
        scaled: bool = False,  # noqa: FBT001, FBT002 - one private caller
    ) -> str:
        """Return the column of a sum, which is made unless it is one of the table."""
        signs = [
            (name, term.sign)
            for term, names in zip(terms, columns, strict=True)
            for name in names
        ]
        scale = self.item.scale if scaled else 1.0
        names = [name for name, _ in signs]
        if len(signs) == 1 and signs[0][1] == 1 and scale == 1:
            self._keep(names[0], self._stock(names))
            return names[0]
        minus = any(sign < 0 for _, sign in signs)
        stock = self._stock(names, signed=minus)
        column = " ".join(("- " if s < 0 else "+ ") + n for n, s in signs)
        column = column.removeprefix("+ ") + (f" × {scale:g}" if scale != 1 else "")
        self.stocks[column] = stock
        self.tallies[column] = self.ledger.made(
            column,
            signed=stock.signed,
            make=lambda: self._added(signs, scale, signed=stock.signed),
        )
        return column

    def _added(
        self, signs: Sequence[tuple[str, int]], scale: float, *, signed: bool
    ) -> Tally:
        """Add columns up, row by row, by the rule of states."""
        may = {n: self._stock([n]).signed for n, _ in signs}
        read = [(self.ledger.tally(n, signed=may[n]), s) for n, s in signs]
        numbers = np.array([sign * one.numbers for one, sign in read])
        if all(one.states is None for one, _ in read):
            return Tally(numbers.sum(0) * scale)
        every = np.array([one.told for one, _ in read])
        has = {state: (every == state).any(axis=0) for state in (*STATES, *QUALIFIERS)}
        some = ~np.isnan(numbers).all(axis=0)
        states = summed(has, some, signed=signed)
        total = np.where(np.isin(states, list(STATES)), np.nan, np.nansum(numbers, 0))
        return Tally(total * scale, states if (states != "").any() else None)
