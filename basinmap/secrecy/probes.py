"""The intruder: how far each hidden figure can go, given all that is published."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from basinmap.secrecy.programs import FEASIBLE, Program
from basinmap.secrecy.systems import Part, System, parts_of

__all__ = ["Probe", "Sparse", "integral"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_NODES = 20_000

Sparse = tuple[Ints, Floats]


@dataclass(slots=True)
class Probe:
    """
    What the figures of one part may be.

    Attributes
    ----------
    part
        Figures that are to be found, and the rows that tie them.
    lower, upper, whole
        Of these figures.
    """

    part: Part
    lower: Floats
    upper: Floats
    whole: Bools
    _program: Program | None = None
    _at: dict[int, int] = field(default_factory=dict)
    _asked: int = -1

    @classmethod
    def all_of(
        cls, system: System, free: Bools, lower: Floats, upper: Floats
    ) -> list[Probe]:
        """
        Return a probe for each part of what is hidden.

        Parameters
        ----------
        system
            All that is published.
        free
            Figures that are to be found.
        lower, upper
            Bounds of all figures.
        """
        return [
            cls(
                part,
                lower[part.columns].copy(),
                upper[part.columns].copy(),
                system.whole[part.columns],
            )
            for part in parts_of(system.matrix, free, system.truth)
        ]

    def __post_init__(self) -> None:
        """Remember where each figure is."""
        self._at = {int(c): k for k, c in enumerate(self.part.columns)}

    def place(self, figure: int) -> int:
        """
        Return the place of a figure in this part.

        Parameters
        ----------
        figure
            Its place in the system.
        """
        return self._at[int(figure)]

    def hold(self, place: int, low: float, high: float) -> None:
        """
        Change what a figure may be.

        Parameters
        ----------
        place
            In this part.
        low, high
            Its bounds.
        """
        self.lower[place], self.upper[place] = low, high
        if self._program is not None:
            self._program.bound(place, low, high)

    @property
    def program(self) -> Program:
        """The linear program, made when it is first asked."""
        if self._program is None:
            self._program = Program(
                self.part.matrix,
                self.lower,
                self.upper,
                low=self.part.right,
                high=self.part.right,
            )
        return self._program

    def extreme(self, place: int, sign: int) -> Floats | None:
        """
        Return figures that agree with all, one being as high or low as it may.

        Parameters
        ----------
        place
            Which one, in this part.
        sign
            1 for the highest, -1 for the lowest.

        Returns
        -------
        ndarray or None
            None where nothing agrees; an infinite figure where nothing holds it.
        """
        program = self.program
        if self._asked >= 0 and self._asked != place:
            program.cost(self._asked, 0.0)
        self._asked = place
        program.cost(place, -float(sign))
        if program.solve():
            return program.values
        if program.unbounded:
            found = program.values
            found[place] = sign * np.inf
            return found
        return None

    def whole_extreme(
        self, place: int, sign: int, *, seconds: float = 10.0
    ) -> Floats | None:
        """
        Return the same in whole numbers, or None where none was found in time.

        Parameters
        ----------
        place, sign
            As for `extreme`.
        seconds
            Time after which to give up.
        """
        costs = np.zeros(len(self.lower))
        costs[place] = -float(sign)
        low, high = self._whole_bounds()
        program = Program(
            self.part.matrix,
            low,
            high,
            low=self.part.right,
            high=self.part.right,
            whole=self.whole,
            costs=costs,
        )
        program.search(_NODES)
        if not program.solve(seconds=seconds):
            return None
        return program.values

    def _whole_bounds(self) -> tuple[Floats, Floats]:
        low = np.where(self.whole, np.ceil(self.lower - FEASIBLE), self.lower)
        high = np.where(self.whole, np.floor(self.upper + FEASIBLE), self.upper)
        return low, high

    def whole_witness(
        self, place: int, sign: int, reach: float, *, seconds: float = 10.0
    ) -> Floats | None:
        """
        Return whole numbers that agree with all, one being as far as is asked.

        Parameters
        ----------
        place, sign
            As for `extreme`.
        reach
            What it must be at least, or at most.
        seconds
            Time after which to give up.
        """
        low, high = self._whole_bounds()
        if sign > 0:
            low[place] = max(low[place], reach)
        else:
            high[place] = min(high[place], reach)
        if low[place] > high[place] + FEASIBLE:
            return None
        program = Program(
            self.part.matrix,
            low,
            high,
            low=self.part.right,
            high=self.part.right,
            whole=self.whole,
        )
        program.search(_NODES)
        return program.values if program.solve(seconds=seconds) else None

    def proof(self, place: int, sign: int) -> list[tuple[int, float]]:
        """
        Return the rows that hold a figure, with the factor of each.

        Parameters
        ----------
        place, sign
            As for `extreme`.
        """
        if self.extreme(place, sign) is None:
            return []
        duals = self.program.duals
        used = np.flatnonzero(np.abs(duals) > FEASIBLE)
        return [(int(self.part.rows[k]), float(-sign * duals[k])) for k in used]


def integral(
    figures: Floats, whole: Bools, matrix: sparse.csc_array, right: Floats
) -> Floats | None:
    """
    Return figures rounded to whole numbers, if they still agree with every row.

    Parameters
    ----------
    figures
        An answer of a linear program.
    whole
        Which are whole numbers.
    matrix, right
        The rows.
    """
    found = np.where(whole, np.round(figures), figures)
    if np.abs(found - figures).max(initial=0.0) > 1e-5:
        return None
    missed = np.abs(matrix @ found - right).max(initial=0.0)
    return found if missed <= 1e-4 else None
