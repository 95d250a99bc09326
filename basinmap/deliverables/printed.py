"""What a document prints of a figure, and of the territories that it sets beside."""

from __future__ import annotations

import dataclasses as dc
import math
from typing import Final

from basinmap.export.parts import Cell
from basinmap.states import SIGNS, VOIDS
from basinmap.territory.naming import Name
from basinmap.typography import number, percent

__all__ = ["PALES", "Other", "Value"]

PALES: Final = (
    *("#b3bdda", "#e8d7a5", "#f4f4f4", "#e8a5a5", "#ddf4d6", "#b6a5e8", "#d0d0d0"),
    *("#bde2ee",),
)
"""Fills of parts of a territory under names, apart by any eye (7.8 at least)."""

_STATE: Final = {
    "secret": "secret",
    "not_applicable": "not-applicable",
    "not_available": "not-available",
    "lower_bound": "bound",
    "estimated": "estimated",
}


@dc.dataclass(frozen=True, slots=True)
class Value:
    """
    A value with its state, and how it is printed.

    Attributes
    ----------
    value
        NaN where there is none.
    state
        State of the value, nothing for a plain one.
    unit, decimals, signed
        How it is printed.
    """

    value: float
    state: str
    unit: str
    decimals: int
    signed: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is whole, and may be compared and ranked."""
        return not self.state and math.isfinite(self.value)

    @property
    def text(self) -> str:
        """The value as printed: « 7,6 % », « ≥ 860 », « s »."""
        if math.isnan(self.value):
            return VOIDS.get(self.state, "n.d.")
        sign = f"{SIGNS[self.state]}\u202f" if self.state in SIGNS else ""
        if self.unit.startswith("%"):
            return sign + percent(self.value, self.decimals, signed=self.signed)
        return sign + number(self.value, self.decimals, signed=self.signed)

    def cell(self, *, fragile: bool = False) -> Cell:
        """
        Return the cell of a table.

        Parameters
        ----------
        fragile
            Whether it rests on few units.
        """
        state = _STATE.get(self.state)
        if state is None and math.isnan(self.value):
            state = "not-available"
        if state is None:
            state = "fragile" if fragile else "zero" if self.value == 0 else "value"
        gone = math.isnan(self.value)
        return Cell(self.text, state, None if gone else self.value)  # type: ignore[arg-type] # a state


@dc.dataclass(frozen=True, slots=True)
class Other:
    """
    A territory that the one observed is compared with.

    Attributes
    ----------
    level, code
        What it is.
    name
        Its name.
    communes
        Its communes.
    short
        Heading of its column.
    """

    level: str
    code: str
    name: Name
    communes: frozenset[str]
    short: str
