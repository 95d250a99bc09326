"""The best answer: what to hide at least cost, by cuts that safety asks for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from basinmap.secrecy.programs import FEASIBLE, Program, remaining

__all__ = ["Benders", "Best", "Task"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ROUNDS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """
    One part to protect.

    Attributes
    ----------
    matrix
        Rows by figures.
    below, above
        How far each figure may go once it is hidden.
    candidates
        Figures that may be hidden; the others are already.
    weights
        What hiding each of them costs.
    figures, signs, needs, intruders
        What must stay believable: see `Sides`.
    """

    matrix: sparse.csc_array
    below: Floats
    above: Floats
    candidates: Ints
    weights: Floats
    figures: Ints
    signs: Ints
    needs: Floats
    intruders: Ints


class Best(NamedTuple):
    """
    What was found.

    Attributes
    ----------
    chosen
        Which candidates are hidden; None where the best was not reached.
    bound
        What no safe answer costs less than.
    solved
        How many programs were solved.
    """

    chosen: Bools | None
    bound: float
    solved: int


class Benders:
    """
    Which candidates to hide: a master that guesses, and an intruder that answers.

    Each side that a guess leaves in the open gives a cut, what the hidden figures must
    be able to move together, from the reduced costs of the intruder's program.

    Parameters
    ----------
    task
        The part.
    budget
        How many programs may be solved.
    deadline
        Of `time.monotonic`.
    """

    def __init__(self, task: Task, budget: int, deadline: float) -> None:
        self.task, self.budget, self.deadline = task, budget, deadline
        self.solved = 0
        self.bound = 0.0
        size = len(task.candidates)
        self.master = Program(
            sparse.csc_array((0, size), dtype=float),
            np.zeros(size),
            np.ones(size),
            whole=np.ones(size, dtype=bool),
            costs=task.weights,
        )
        self.intruder = Program(task.matrix, -task.below, task.above.copy())
        self.place = np.full(len(task.below), -1)
        self.place[task.candidates] = np.arange(size)
        self.known: list[list[Bools]] = [[] for _ in task.figures]

    def best(self) -> Best:
        """Return the best choice, or what is known of it when time is over."""
        size = len(self.task.candidates)
        chosen = np.zeros(size, dtype=bool)
        for _ in range(_ROUNDS):
            cuts = self._answer(chosen)
            if cuts is None:
                return Best(None, self.bound, self.solved)
            if not cuts:
                return Best(chosen, self.bound, self.solved)
            for places, factors, least in cuts:
                self.master.require(places, factors, least)
            if not self.master.solve(seconds=remaining(self.deadline)):
                # Read the status: a master cut short returns a point, not an optimum.
                return Best(None, self.bound, self.solved)
            self.solved += 1
            self.bound = self.master.objective
            chosen = self.master.values > 0.5
        return Best(None, self.bound, self.solved)

    def _answer(self, chosen: Bools) -> list[tuple[Ints, Floats, float]] | None:
        """Return the cuts of the sides that a choice leaves open."""
        task = self.task
        hidden = np.ones(len(task.below), dtype=bool)
        hidden[task.candidates] = chosen
        self.intruder.bound_all(
            task.candidates,
            np.where(chosen, -task.below[task.candidates], 0.0),
            np.where(chosen, task.above[task.candidates], 0.0),
        )
        cuts = []
        for k in range(len(task.figures)):
            if any(not (needed & ~hidden).any() for needed in self.known[k]):
                continue
            if self.solved > self.budget or time.monotonic() > self.deadline:
                return None
            cut = self._ask(k, hidden)
            if cut is not None:
                cuts.append(cut)
        return cuts

    def _ask(self, k: int, hidden: Bools) -> tuple[Ints, Floats, float] | None:
        """Return what a side asks of the master, or nothing if it is safe."""
        task, figure = self.task, int(self.task.figures[k])
        sign, need = float(task.signs[k]), float(task.needs[k])
        stranger = int(task.intruders[k])
        if stranger >= 0:
            self.intruder.bound(stranger, 0.0, 0.0)
        self.intruder.cost(figure, -sign)
        done = self.intruder.solve()
        self.solved += 1
        found, reduced = self.intruder.values, self.intruder.reduced
        self.intruder.cost(figure, 0.0)
        if stranger >= 0:
            free = hidden[stranger]
            self.intruder.bound(
                stranger,
                -task.below[stranger] if free else 0.0,
                task.above[stranger] if free else 0.0,
            )
        if not done:
            return None
        if sign * found[figure] >= need - 1e-5:
            self.known[k].append(np.abs(found) > 1e-6)
            return None
        return self._cut(reduced, need, stranger)

    def _cut(
        self, reduced: Floats, need: float, stranger: int
    ) -> tuple[Ints, Floats, float] | None:
        task = self.task
        factors = np.maximum(reduced, 0.0) * task.below
        factors += np.maximum(-reduced, 0.0) * task.above
        factors[factors < 1e-9] = 0.0
        if stranger >= 0:
            factors[stranger] = 0.0
        mine = factors[task.candidates]
        least = need - (factors.sum() - mine.sum())
        if least <= FEASIBLE:
            return None
        places = np.flatnonzero(mine > 0)
        if not len(places):
            return None
        # No factor need be more than what is asked: all are shares of it.
        return places, np.minimum(mine[places] / least, 1.0), 1.0
