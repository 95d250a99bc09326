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

_ROUNDS = 200
_NEAR = 1e-4


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
    ceiling
        What an answer at hand costs: one as dear is of no use.
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
    ceiling: float


class Cut(NamedTuple):
    """What the candidates that are hidden must add up to, at least."""

    places: Ints
    factors: Floats
    least: float


class Choice(NamedTuple):
    """Which candidates are hidden."""

    hidden: Bools


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

    chosen: Choice | None
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
        self.cuts: list[Cut] = []
        self.intruder = Program(task.matrix, -task.below, task.above.copy())
        self.known: list[list[Bools]] = [[] for _ in task.figures]

    def _master(self, *, whole: bool) -> Program:
        size = len(self.task.candidates)
        master = Program(
            sparse.csc_array((0, size), dtype=float),
            np.zeros(size),
            np.ones(size),
            whole=np.ones(size, dtype=bool) if whole else None,
            costs=self.task.weights,
        )
        for cut in self.cuts:
            master.require(*cut)
        return master

    def best(self, guesses: int) -> Best:
        """
        Return the best choice, or what is known of it when effort is spent.

        Parameters
        ----------
        guesses
            How many mixed programs may be solved.
        """
        # Shares of candidates first: most cuts are found there, at little cost.
        if not self._reach(whole=False, rounds=_ROUNDS):
            return Best(None, self.bound, self.solved)
        chosen = self._reach(whole=True, rounds=guesses)
        return Best(chosen, self.bound, self.solved)

    def _reach(self, *, whole: bool, rounds: int) -> Choice | None:
        """Return the best choice that no side refuses."""
        master = self._master(whole=whole)
        chosen = np.zeros(len(self.task.candidates))
        for _ in range(rounds):
            if not master.solve(seconds=remaining(self.deadline)):
                # Read the status: a master cut short returns a point, not an optimum.
                self.bound = max(self.bound, master.bound_of_objective * whole)
                return None
            self.solved += 1
            self.bound = max(self.bound, master.objective)
            chosen = np.clip(master.values, 0.0, 1.0)
            if whole:
                chosen = np.round(chosen)
            if self.bound >= self.task.ceiling * (1 - _NEAR):
                return None
            cuts = self._answer(chosen)
            if cuts is None:
                return None
            if not cuts:
                return Choice(chosen > 0.5)
            self.cuts += cuts
            for cut in cuts:
                master.require(*cut)
        return None

    def _answer(self, chosen: Floats) -> list[Cut] | None:
        """Return the cuts of the sides that a choice leaves open."""
        task = self.task
        hidden = np.ones(len(task.below))
        hidden[task.candidates] = chosen
        self.intruder.bound_all(
            task.candidates,
            -task.below[task.candidates] * chosen,
            task.above[task.candidates] * chosen,
        )
        cuts = []
        for k in range(len(task.figures)):
            if any((hidden[needed] > 1 - 1e-9).all() for needed in self.known[k]):
                continue
            if self.solved > self.budget or time.monotonic() > self.deadline:
                return None
            cut = self._ask(k, hidden)
            if cut is not None:
                cuts.append(cut)
        return cuts

    def _ask(self, k: int, hidden: Floats) -> Cut | None:
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
            share = hidden[stranger]
            self.intruder.bound(
                stranger, -task.below[stranger] * share, task.above[stranger] * share
            )
        if not done:
            return None
        if sign * found[figure] >= need - 1e-5:
            self.known[k].append(np.abs(found) > 1e-6)
            return None
        return self._cut(reduced, need, stranger)

    def _cut(self, reduced: Floats, need: float, stranger: int) -> Cut | None:
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
        return Cut(places, np.minimum(mine[places] / least, 1.0), 1.0)
