"""Accounts: what a transformation moved, dropped and could not tell."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from basinmap.errors import culprits
from basinmap.typography import BROAD, number

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
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
    notes
        French sentences worth printing in a method note.
    """

    verb: str
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    units_before: int = 0
    units_after: int = 0
    unmatched: tuple[str, ...] = ()
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """One row a stock: `before`, `after`, `difference`."""
        table = pd.DataFrame({"before": self.before, "after": self.after}, dtype=float)
        table.index.name = "measure"
        table["difference"] = table["after"] - table["before"]
        return table

    def __str__(self) -> str:
        """Write the account as a short French note."""
        lines = [
            f"{self.verb}{BROAD}: {number(self.units_before)} unités en entrée, "
            f"{number(self.units_after)} en sortie."
        ]
        kept = [name for name, total in self.before.items() if self._same(name, total)]
        if kept:
            lines.append(f"Totaux conservés{BROAD}: {', '.join(kept)}.")
        lines += [
            f"{name}{BROAD}: {number(total)} avant, {number(self.after[name])} après."
            for name, total in self.before.items()
            if name not in kept
        ]
        if self.unmatched:
            lines.append(
                f"Codes sans rattachement ({len(self.unmatched)}){BROAD}: "
                f"{culprits(self.unmatched)}."
            )
        lines += [
            f"Valeurs manquantes de {name} ({len(codes)}){BROAD}: {culprits(codes)}."
            for name, codes in self.missing.items()
            if codes
        ]
        return "\n".join([*lines, *self.notes])

    def _same(self, name: str, total: float) -> bool:
        return abs(self.after[name] - total) <= 1e-9 * max(abs(total), 1.0)
