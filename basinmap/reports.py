"""Accounts: what a transformation moved, dropped and could not tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

import pandas as pd

from basinmap.cards import card
from basinmap.typography import number, percent, typeset

__all__ = ["Accounted", "Report"]

Made = TypeVar("Made", pd.DataFrame, pd.Series)
Said = TypeVar("Said", bound="Report")

_SHOWN = 10
"""Rows of a table that stands in a line with its account."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """
    What a transformation did.

    Attributes
    ----------
    verb
        French name of what was done, such as « Agrégation ».
    before, after
        Total of each stock, over all rows, before and after.
    units_before, units_after
        Number of rows.
    unmatched
        Codes that found no place, and are in no total after.
    missing
        Per column, the codes whose value was missing.
    bounded
        Per column, the units whose total is a lower bound, for want of what
        secrecy hides.
    partial
        Per unit that is not whole, what it lacks.
    split
        Codes that were shared out between several.
    estimated
        Per stock, the share of the total that rests on an estimate, in [0, 1].
    notes
        French sentences worth printing in a method note.
    labels
        Printed name of each stock; its column where there is none.
    """

    verb: str
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    units_before: int = 0
    units_after: int = 0
    unmatched: tuple[str, ...] = ()
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bounded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partial: dict[str, tuple[str, ...]] = field(default_factory=dict)
    split: tuple[str, ...] = ()
    estimated: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say in one line what was done: the codes are in the fields."""
        counts = f"{self.units_before} → {self.units_after} unités"
        gaps = len(self._gaps())
        told = f", {gaps} point(s) à lire : print(report)" if gaps else ""
        return f"<Report {self.verb} : {counts}{told}>"

    def _repr_html_(self) -> str:
        """Write the account as a card of a notebook."""
        first, *totals = self._totals()
        return card(first.rstrip("."), notes=[*totals, *self._gaps(), *self.notes])

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stock: `before`, `after`, `difference`."""
        table = pd.DataFrame({"before": self.before, "after": self.after}, dtype=float)
        table.index.name = "measure"
        table["difference"] = table["after"] - table["before"]
        return table

    def __str__(self) -> str:
        """Write the account as a short French note."""
        return typeset("\n".join([*self._totals(), *self._gaps(), *self.notes]))

    def _totals(self) -> list[str]:
        lines = [
            f"{self.verb} : {number(self.units_before)} unités en entrée, "
            f"{number(self.units_after)} en sortie."
        ]
        kept = [name for name, total in self.before.items() if self._same(name, total)]
        if kept:
            told = ", ".join(self._name(name) for name in kept)
            lines.append(f"Totaux conservés : {told}.")
        return lines + [
            f"{self._name(name)} : {number(total)} avant, "
            f"{number(self.after[name])} après."
            for name, total in self.before.items()
            if name not in kept
        ]

    def _gaps(self) -> list[str]:
        lines = []
        if self.unmatched:
            lines.append(f"Codes sans rattachement {_listed(self.unmatched)}.")
        lines += [
            f"Valeurs manquantes, {self._name(name)} {_listed(codes)}."
            for name, codes in self.missing.items()
            if codes
        ]
        lines += [
            f"{self._name(name)} : totaux qui sont des minimums, une partie étant "
            f"secrète ou absente {_listed(codes)}."
            for name, codes in self.bounded.items()
            if codes
        ]
        if self.split:
            lines.append(f"Codes répartis entre plusieurs {_listed(self.split)}.")
        return lines + [
            f"Part estimée, {self._name(name)} : {percent(100 * share, 2)}."
            for name, share in self.estimated.items()
            if share > 0
        ]

    def _name(self, column: str) -> str:
        return self.labels.get(column) or column

    def _same(self, name: str, total: float) -> bool:
        return abs(self.after[name] - total) <= 1e-9 * max(abs(total), 1.0)


def _listed(codes: tuple[str, ...]) -> str:
    """Write how many codes, and the first of them."""
    first = ", ".join(codes[:5])
    more = "…" if len(codes) > 5 else ""
    return f"({number(len(codes))} : {first}{more})"


class Accounted(tuple[Made, Said], Generic[Made, Said]):
    """
    A table and its account: two things to unpack, that a notebook shows in short.

    Attributes
    ----------
    table
        What was made.
    report
        What was done.
    """

    __slots__ = ()

    def __new__(cls, table: Made, report: Said) -> Self:
        """Put a table beside its account."""
        return super().__new__(cls, (table, report))

    def __getnewargs__(self) -> tuple[object, ...]:
        """Return what it is made of, to be copied and sent to other processes."""
        return tuple(self)

    def __repr__(self) -> str:
        """Write the first and last rows, and the account in one line."""
        table, report = self
        with pd.option_context("display.max_rows", _SHOWN):
            return f"({table!r},\n {report!r})"

    def _repr_html_(self) -> str:
        """Write the table as pandas does, in short, and the account as a card."""
        table, report = self
        frame = table if isinstance(table, pd.DataFrame) else table.to_frame()
        with pd.option_context("display.max_rows", _SHOWN):
            shown = frame._repr_html_()
        return (shown or "") + report._repr_html_()
