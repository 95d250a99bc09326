"""
The defence: which other figures must be hidden for the secret ones to stay so.

Attack, then flows of least cost for the sides that fail, then what turns out to be
needless is published again. A flow is itself the table that an intruder could believe
in: what is hidden for it is safe by construction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from basinmap.secrecy.cuts import Benders, Task
from basinmap.secrecy.probes import Probe, Sparse, integral
from basinmap.secrecy.programs import FEASIBLE, Program, remaining
from basinmap.secrecy.systems import Part, System, parts_of

__all__ = ["Guard", "Sides", "guard"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_SMALL = 100
"""Figures up to which the best answer is always looked for."""
_LARGE = 4_000
"""Figures beyond which it is not."""
_CLOSE = 1e-5
_WHOLE = 1.0
"""Seconds to look for a table in whole numbers, even when time is over."""
_WIDE = 1_000
"""Figures of a part up to which more is hidden for want of whole numbers."""
_EXTRA = 10.0
"""Seconds that this may take, beyond the time that was given."""
_CROWD = 200
"""Sides beyond which one flow serves several."""
_TOGETHER = 10
_TURNS = 40
"""Flows after which what is hidden by now is looked at again."""


@dataclass(slots=True)
class Sides:
    """
    What must stay believable: one row a secret figure, a side and an intruder.

    Attributes
    ----------
    figures
        Which figure.
    signs
        1 above, -1 below.
    needs
        How far.
    intruders
        Figure that the intruder knows, as its only contributor; -1 for anybody.
    witnesses
        A table that agrees with all that is published, and is as far: what differs.
    """

    figures: Ints
    signs: Ints
    needs: Floats
    intruders: Ints
    witnesses: list[Sparse | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without a witness."""
        if not self.witnesses:
            self.witnesses = [None] * len(self.figures)

    def open(self, among: Ints) -> list[int]:
        """
        Return those that have no witness yet.

        Parameters
        ----------
        among
            Which are looked at.
        """
        return [int(k) for k in among if self.witnesses[k] is None]


@dataclass(slots=True)
class Guard:
    """
    What protects one system.

    Attributes
    ----------
    system
        All that is published, its values known.
    sides
        What must stay believable.
    masked
        What an intruder does not read.
    primary
        What a rule hides.
    maskable
        What may be hidden for the sake of others.
    lower, upper
        Of what is hidden, as an intruder knows them.
    deadline
        Of `time.monotonic`: then what was found is settled.
    end
        Of `time.monotonic`: then it is returned.
    budget
        How many programs may be solved to improve a safe answer.
    lost
        Figures that what is published elsewhere tells.
    weak
        Sides that cannot be as far as they should.
    bound
        What no safe answer costs less than; NaN where it is not known.
    hasty
        Whether time ran out before all was tried.
    proven
        Whether no answer costs less.
    unsettled
        Sides of which the witness is not in whole numbers, for want of time.
    """

    system: System
    sides: Sides
    masked: Bools
    primary: Bools
    maskable: Bools
    lower: Floats
    upper: Floats
    deadline: float
    end: float
    budget: int
    lost: set[int] = field(default_factory=set)
    weak: set[int] = field(default_factory=set)
    bound: float = 0.0
    hasty: bool = False
    proven: bool = True
    unsettled: set[int] = field(default_factory=set)

    # -- the intruder ---------------------------------------------------------------

    def probes(self) -> list[Probe]:
        """Return what an intruder may ask, part by part."""
        return Probe.all_of(self.system, self.masked, self.lower, self.upper)

    def among(self, probe: Probe) -> Ints:
        """
        Return the sides of the figures of a part.

        Parameters
        ----------
        probe
            The part.
        """
        return np.flatnonzero(np.isin(self.sides.figures, probe.part.columns))

    def ask(self, probe: Probe, among: Ints) -> bool:
        """
        Look for the witnesses that are missing, and tell whether all were found.

        Parameters
        ----------
        probe
            A part.
        among
            Sides of it.
        """
        sides, done = self.sides, True
        for intruder in dict.fromkeys(sides.intruders[among].tolist()):
            mine = among[sides.intruders[among] == intruder]
            held = self._hold(probe, intruder)
            for k in sides.open(mine):
                if sides.witnesses[k] is not None:
                    continue
                place = probe.place(sides.figures[k])
                found = probe.extreme(place, int(sides.signs[k]))
                if found is not None:
                    self.learn(probe, found, among)
                done &= sides.witnesses[k] is not None
            if held is not None:
                probe.hold(*held)
        return done

    def _hold(self, probe: Probe, intruder: int) -> tuple[int, float, float] | None:
        """Let the intruder know its own figure; return what undoes it."""
        if intruder < 0 or intruder not in set(probe.part.columns.tolist()):
            return None
        place = probe.place(intruder)
        before = (place, float(probe.lower[place]), float(probe.upper[place]))
        value = float(self.system.truth[intruder])
        probe.hold(place, value, value)
        return before

    def learn(self, probe: Probe, found: Floats, among: Ints) -> None:
        """
        Keep a table as the witness of all the sides that it serves.

        Parameters
        ----------
        probe
            A part.
        found
            Its figures.
        among
            Sides of the part.
        """
        self.keep(self.moved(probe, found), among)

    def moved(self, probe: Probe, found: Floats) -> Sparse:
        """
        Return what differs in a table from the true one.

        Parameters
        ----------
        probe
            A part.
        found
            Its figures.
        """
        columns = probe.part.columns
        exact = integral(found, probe.whole, probe.part.matrix, probe.part.right)
        moved = (found if exact is None else exact) - self.system.truth[columns]
        some = np.flatnonzero(np.abs(moved) > _CLOSE)
        return columns[some], moved[some]

    def keep(self, witness: Sparse, among: Ints) -> None:
        """
        Keep what differs in a table as the witness of the sides that have none.

        Parameters
        ----------
        witness
            What differs.
        among
            Sides it may serve.
        """
        for k in self.served(witness, among):
            if self.sides.witnesses[k] is None:
                self.sides.witnesses[k] = witness

    def served(self, witness: Sparse, among: Ints) -> Ints:
        """
        Return the sides that a table is a witness of.

        Parameters
        ----------
        witness
            What differs in it.
        among
            Sides it may serve.
        """
        sides = self.sides
        dense = np.zeros(self.system.size)
        dense[witness[0]] = witness[1]
        far = sides.signs[among] * dense[sides.figures[among]]
        serves = far >= sides.needs[among] - _CLOSE
        knows = sides.intruders[among]
        return among[serves & ((knows < 0) | (np.abs(dense[knows]) <= _CLOSE))]

    # -- flows ----------------------------------------------------------------------

    def defend(self) -> None:
        """Hide what must be for every side to have a witness."""
        for probe in self.probes():
            among = self.among(probe)
            if len(among):
                self.ask(probe, among)
        every = np.arange(len(self.sides.figures))
        if self.sides.open(every):
            for block in self.blocks():
                self._defend_block(block)

    def blocks(self) -> list[Part]:
        """Return the figures that hiding may tie, part by part."""
        return parts_of(
            self.system.matrix, self.masked | self.maskable, self.system.truth
        )

    def _defend_block(self, block: Part) -> None:
        sides = self.sides
        among = np.flatnonzero(np.isin(sides.figures, block.columns))
        failing = sides.open(among)
        if not failing:
            return
        if len(failing) > _CROWD:
            self._pair(block)
            self._ask_again(block, among)
            failing = sides.open(among)
        flows = _Flows(self, block)
        failing.sort(key=lambda k: (-sides.needs[k], sides.figures[k], sides.signs[k]))
        if len(failing) > _CROWD:
            self._defend_crowd(flows, among, failing)
        for turn, k in enumerate(failing, start=1):
            if turn % _TURNS == 0:
                self._ask_again(block, among)
            if time.monotonic() > self.deadline:
                self._hide_all(block, among)
                return
            if sides.witnesses[k] is None:
                self._defend_side(flows, block, among, k)

    def _defend_side(self, flows: _Flows, block: Part, among: Ints, k: int) -> None:
        """Hide what costs least for one side to have a witness."""
        witness = flows.cheapest(k)
        if witness is None:
            witness = self._farthest(block, k)
        if witness is None:
            return
        self._mask(witness[0])
        flows.forgive(witness[0])
        self.keep(witness, among)
        if self.sides.witnesses[k] is None:
            self.sides.witnesses[k] = witness

    def _pair(self, block: Part) -> None:
        """
        Hide a second figure in each row that hides one only, the cheapest by row met.

        It proves nothing, and saves most flows of a large part.
        """
        rows = sparse.csr_array(block.matrix)
        columns = sparse.csc_array(block.matrix)
        hidden = self.masked[block.columns].copy()
        free = self.maskable[block.columns]
        weights = self.system.weights[block.columns]
        counts = (abs(rows) > 0).astype(int) @ hidden.astype(int)
        queue = np.flatnonzero(counts == 1).tolist()
        while queue:
            row = queue.pop()
            if counts[row] != 1:
                continue
            mine = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
            mine = mine[free[mine] & ~hidden[mine]]
            if not len(mine):
                continue
            met = [
                columns.indices[columns.indptr[c] : columns.indptr[c + 1]] for c in mine
            ]
            # A figure that closes other open rows is worth more than it costs.
            gain = np.array(
                [1 + (counts[m] == 1).sum() - (counts[m] == 0).sum() for m in met]
            )
            best = int(np.argmin(weights[mine] / np.maximum(gain + 4, 1)))
            hidden[mine[best]] = True
            counts[met[best]] += 1
            queue += [int(r) for r in met[best] if counts[r] == 1]
        self._mask(block.columns[hidden])

    def _defend_crowd(self, flows: _Flows, among: Ints, failing: list[int]) -> None:
        """Serve several sides with one flow, where there are very many of them."""
        left = list(failing)
        while left and time.monotonic() < self.deadline:
            some, left = left[:_TOGETHER], left[_TOGETHER:]
            witness = flows.together([k for k in some if self._is_open(k)])
            if witness is not None:
                self._mask(witness[0])
                flows.forgive(witness[0])
                self.keep(witness, among)

    def _is_open(self, k: int) -> bool:
        return self.sides.witnesses[k] is None and self.sides.intruders[k] < 0

    def _mask(self, figures: Ints) -> None:
        self.masked[figures] = True

    def _hide_all(self, block: Part, among: Ints) -> None:
        """Hide all that may be: time is over, and the answer must be safe."""
        self.hasty = True
        self.proven = False
        self._mask(block.columns[self.maskable[block.columns]])
        self._ask_again(block, among)
        for k in self.sides.open(among):
            witness = self._farthest(block, k)
            if witness is not None:
                self.sides.witnesses[k] = witness

    def _ask_again(self, block: Part, among: Ints) -> None:
        """Look for witnesses in what is hidden by now: it costs less than a flow."""
        held = np.zeros(self.system.size, dtype=bool)
        held[block.columns] = self.masked[block.columns]
        for probe in Probe.all_of(self.system, held, self.lower, self.upper):
            mine = among[np.isin(self.sides.figures[among], probe.part.columns)]
            if self.sides.open(mine):
                self.ask(probe, mine)

    def _farthest(self, block: Part, k: int) -> Sparse | None:
        """Return the farthest table there can be, when none is as far as asked."""
        sides = self.sides
        moving = (self.masked | self.maskable)[block.columns]
        held = np.zeros(self.system.size, dtype=bool)
        held[block.columns[moving]] = True
        for probe in Probe.all_of(self.system, held, self.lower, self.upper):
            if sides.figures[k] not in probe.part.columns:
                continue
            self._hold(probe, int(sides.intruders[k]))
            place = probe.place(sides.figures[k])
            found = probe.extreme(place, int(sides.signs[k]))
            if found is None:
                break
            moved = found - self.system.truth[probe.part.columns]
            reach = float(sides.signs[k] * moved[place])
            if reach < min(1.0, sides.needs[k]) - _CLOSE:
                break
            self.weak.add(k)
            # What is as far as can be may be had for less.
            sides.needs[k] = min(sides.needs[k], reach)
            some = np.flatnonzero(np.abs(moved) > _CLOSE)
            cheap = _Flows(self, block).cheapest(k)
            return cheap or (probe.part.columns[some], moved[some])
        self.lost.add(k)
        sides.needs[k] = 0.0
        sides.witnesses[k] = (np.zeros(0, dtype=np.int64), np.zeros(0))
        return None

    # -- what is needless -----------------------------------------------------------

    @property
    def complementary(self) -> Ints:
        """The figures hidden for the sake of others."""
        return np.flatnonzero(self.masked & self.maskable & ~self.primary)

    @property
    def cost(self) -> float:
        """What is lost by hiding them."""
        return float(self.system.weights[self.complementary].sum())

    def clean(self) -> None:
        """Publish again what turns out to be needless, the dearest first."""
        mine = self.complementary
        if not len(mine):
            return
        probes = self.probes()
        where = {int(c): probe for probe in probes for c in probe.part.columns}
        users = _Users(self.sides)
        order = sorted(mine.tolist(), key=lambda c: (-self.system.weights[c], c))
        for figure in order:
            if time.monotonic() > self.deadline:
                self.hasty = True
                self.proven = False
                return
            probe = where[figure]
            if self._publish(probe, figure, users):
                self.masked[figure] = False

    def _publish(self, probe: Probe, figure: int, users: _Users) -> bool:
        """Publish a figure if every side that its hiding serves has another witness."""
        place = probe.place(figure)
        before = (place, float(probe.lower[place]), float(probe.upper[place]))
        value = float(self.system.truth[figure])
        probe.hold(place, value, value)
        mine = np.array(sorted(users.of(figure)), dtype=np.int64)
        had = {int(k): self.sides.witnesses[k] for k in mine}
        for k in mine:
            self.sides.witnesses[k] = None
        if self._ask_until(probe, mine):
            users.change(self.sides, mine)
            return True
        for k, witness in had.items():
            self.sides.witnesses[k] = witness
        probe.hold(*before)
        return False

    def _ask_until(self, probe: Probe, mine: Ints) -> bool:
        """Ask, and stop at the first side that has no witness."""
        for k in mine:
            if self.sides.witnesses[k] is None:
                self.ask(probe, mine[mine == k])
                witness = self.sides.witnesses[k]
                if witness is None:
                    return False
                self.keep(witness, mine)
        return True

    def release(self) -> None:
        """
        Publish again what no witness moves.

        It proves nothing: whoever reads the rest finds it, and every witness stands.
        """
        used = np.zeros(self.system.size, dtype=bool)
        for witness in self.sides.witnesses:
            if witness is not None:
                used[witness[0]] = True
        mine = self.complementary
        self.masked[mine[~used[mine]]] = False

    # -- the best -------------------------------------------------------------------

    def improve(self) -> None:
        """Look for the best answer, in the small parts and then while time remains."""
        blocks = sorted(self.blocks(), key=lambda block: len(block.columns))
        for block in blocks:
            among = np.flatnonzero(np.isin(self.sides.figures, block.columns))
            among = among[self.sides.needs[among] > 0]
            mine = block.columns[self.maskable[block.columns]]
            mine = mine[~self.primary[mine]]
            here = self.masked[mine]
            cost = float(self.system.weights[mine[here]].sum())
            if not len(among) or not here.any():
                continue
            if len(mine) > _LARGE or time.monotonic() > self.deadline:
                self.proven = False
                continue
            self._improve_block(block, among, mine, cost)

    def _improve_block(self, block: Part, among: Ints, mine: Ints, cost: float) -> None:
        small = len(mine) <= _SMALL
        budget = max(self.budget, 3_000) if small else self.budget
        task = self._task(block, among, mine, cost)
        best = Benders(task, budget, self.deadline).best(25 if small else 6)
        self.budget -= 0 if small else best.solved
        self.bound += best.bound
        if best.chosen is None:
            self.proven &= best.bound >= cost * (1 - 1e-4)
            return
        before = (self.masked.copy(), list(self.sides.witnesses))
        chosen = best.chosen.hidden
        found = float(self.system.weights[mine[chosen]].sum())
        if found >= cost - FEASIBLE * max(cost, 1):
            return
        self.masked[mine] = chosen
        for k in among:
            self.sides.witnesses[k] = None
        self._ask_again(block, among)
        if self.sides.open(among):
            self.masked, self.sides.witnesses = before
            self.proven = False

    def _task(self, block: Part, among: Ints, mine: Ints, cost: float) -> Task:
        columns, values = block.columns, self.system.truth[block.columns]
        at = {int(c): k for k, c in enumerate(columns)}
        sides = self.sides
        return Task(
            matrix=block.matrix,
            below=values - self.lower[columns],
            above=self.upper[columns] - values,
            candidates=np.array([at[int(c)] for c in mine], dtype=np.int64),
            weights=self.system.weights[mine],
            figures=np.array([at[int(f)] for f in sides.figures[among]]),
            signs=sides.signs[among],
            needs=sides.needs[among],
            intruders=np.array([at.get(int(s), -1) for s in sides.intruders[among]]),
            ceiling=cost,
        )

    # -- whole numbers --------------------------------------------------------------

    def settle(self) -> None:
        """Give every side a witness in whole numbers, hiding more where none is."""
        sides = self.sides
        every = range(len(sides.figures))
        broken = [
            k
            for k in every
            if (witness := sides.witnesses[k]) is not None
            and not self._is_whole(witness)
        ]
        if broken:
            self._make_whole(np.array(broken, dtype=np.int64))
        for k in broken:
            witness = sides.witnesses[k]
            if witness is None or self._is_whole(witness):
                continue
            if time.monotonic() > self.end:
                self.unsettled.add(k)
                continue
            block = next(b for b in self.blocks() if sides.figures[k] in b.columns)
            found = _Flows(self, block, whole=True).cheapest(
                k, seconds=min(5 * _WHOLE, remaining(self.end))
            )
            if found is None:
                self.unsettled.add(k)
                continue
            self._mask(found[0])
            sides.witnesses[k] = found

    def widen(self) -> None:
        """Hide all that may be around the sides without a witness in whole numbers."""
        sides = self.sides
        broken = np.array(sorted(self.unsettled), dtype=np.int64)
        if not len(broken):
            return
        self.hasty, self.proven = True, False
        held: list[int] = []
        for block in self.blocks():
            mine = broken[np.isin(sides.figures[broken], block.columns)]
            # In a large part whole numbers hold little, and hiding all says nothing.
            if not len(mine) or len(block.columns) > _WIDE:
                continue
            self._mask(block.columns[self.maskable[block.columns]])
            held += mine.tolist()
        self.end = time.monotonic() + _EXTRA
        self._make_whole(np.array(held, dtype=np.int64), least=_WHOLE)
        self.unsettled = {
            k
            for k in broken.tolist()
            if (witness := sides.witnesses[k]) is not None
            and not self._is_whole(witness)
        }

    def _make_whole(self, broken: Ints, *, least: float = 0.0) -> None:
        """Look for whole witnesses in what is hidden already."""
        sides = self.sides
        for probe in self.probes():
            left = broken[np.isin(sides.figures[broken], probe.part.columns)]
            for k in left.tolist():
                if k not in left or time.monotonic() > self.end:
                    continue
                found = self._whole_witness(probe, k, least=least)
                if found is None:
                    continue
                witness = self.moved(probe, found)
                done = self.served(witness, left)
                for other in done.tolist():
                    sides.witnesses[other] = witness
                left = left[~np.isin(left, done)]

    def _whole_witness(
        self, probe: Probe, k: int, *, least: float = 0.0
    ) -> Floats | None:
        sides = self.sides
        held = self._hold(probe, int(sides.intruders[k]))
        figure, sign = int(sides.figures[k]), int(sides.signs[k])
        end = float(self.system.truth[figure] + sign * sides.needs[k])
        end = float(np.ceil(end - _CLOSE) if sign > 0 else np.floor(end + _CLOSE))
        found = probe.whole_witness(
            probe.place(figure),
            sign,
            end,
            seconds=max(least, min(_WHOLE, remaining(self.end))),
        )
        if held is not None:
            probe.hold(*held)
        return found

    def _is_whole(self, witness: Sparse) -> bool:
        figures, moved = witness
        found = self.system.truth[figures] + moved
        whole = self.system.whole[figures]
        return bool((np.abs(found - np.round(found))[whole] < 1e-4).all())

    def check(self) -> list[int]:
        """Return the sides whose witness does not stand up to plain arithmetic."""
        wrong = []
        # Most witnesses serve several sides: each is added up once.
        agrees: dict[int, bool] = {}
        matrix = sparse.csc_array(self.system.matrix)
        for k, witness in enumerate(self.sides.witnesses):
            if k in self.lost:
                continue
            if witness is None:
                wrong.append(k)
                continue
            if id(witness) not in agrees:
                agrees[id(witness)] = self._agrees(witness, matrix)
            if not (agrees[id(witness)] and self._serves(witness, k)):
                wrong.append(k)
        return wrong

    def _agrees(self, witness: Sparse, matrix: sparse.csc_array) -> bool:
        """Tell whether a table agrees with all that is published."""
        figures, moved = witness
        system, play = self.system, self._play(witness)
        table = system.truth[figures] + moved
        rows = matrix[:, figures] @ moved
        return bool(
            self.masked[figures].all()
            and np.abs(rows).max(initial=0.0) <= play
            and (table >= self.lower[figures] - play).all()
            and (table <= self.upper[figures] + play).all()
        )

    def _serves(self, witness: Sparse, k: int) -> bool:
        """Tell whether a table is as far as a side asks, its intruder unaware."""
        figures, moved = witness
        sides = self.sides
        far = sides.signs[k] * moved[figures == sides.figures[k]].sum()
        return bool(
            far >= sides.needs[k] - self._play(witness)
            and sides.intruders[k] not in figures
        )

    def _play(self, witness: Sparse) -> float:
        return 1e-4 * max(1.0, float(np.abs(witness[1]).max(initial=0.0)))


class _Users:
    """Which sides lean on each figure."""

    def __init__(self, sides: Sides) -> None:
        self._of: dict[int, set[int]] = {}
        self._held: dict[int, Ints] = {}
        self.change(sides, np.arange(len(sides.figures)))

    def of(self, figure: int) -> set[int]:
        return self._of.get(figure, set())

    def change(self, sides: Sides, which: Ints) -> None:
        for k in map(int, which):
            for figure in self._held.get(k, ()):
                self._of[int(figure)].discard(k)
            witness = sides.witnesses[k]
            held = witness[0] if witness is not None else np.zeros(0, dtype=np.int64)
            self._held[k] = held
            for figure in held.tolist():
                self._of.setdefault(figure, set()).add(k)


class _Flows:
    """Flows of least cost in one part."""

    def __init__(self, guard_: Guard, block: Part, *, whole: bool = False) -> None:
        self.guard, self.block = guard_, block
        system = guard_.system
        columns = block.columns
        self.size = len(columns)
        values = system.truth[columns]
        self.above = np.maximum(guard_.upper[columns] - values, 0.0)
        self.below = np.maximum(values - guard_.lower[columns], 0.0)
        costs = np.where(guard_.masked[columns], 0.0, system.weights[columns])
        kinds = np.tile(system.whole[columns], 2) if whole else None
        self.whole = whole
        self.program = Program(
            sparse.csc_array(sparse.hstack([block.matrix, -block.matrix])),
            np.zeros(2 * self.size),
            np.concatenate([self.above, self.below]),
            costs=np.tile(costs, 2),
            whole=kinds,
            dual=True,
        )
        self.at = {int(c): k for k, c in enumerate(columns)}

    def forgive(self, figures: Ints) -> None:
        """Let figures that are hidden move for nothing."""
        for figure in figures.tolist():
            place = self.at.get(figure)
            if place is None:
                continue
            self.program.cost(place, 0.0)
            self.program.cost(place + self.size, 0.0)

    def cheapest(self, k: int, *, seconds: float = 0.0) -> Sparse | None:
        """Return the cheapest table in which a figure is as far as asked."""
        sides = self.guard.sides
        place = self.at[int(sides.figures[k])]
        need = float(sides.needs[k])
        if self.whole:
            need = float(np.ceil(need - FEASIBLE))
        up, down = place, place + self.size
        if sides.signs[k] < 0:
            up, down = down, up
        room = float((self.below if sides.signs[k] < 0 else self.above)[place])
        if need > room + FEASIBLE:
            return None
        intruder = self.at.get(int(sides.intruders[k]), -1)
        self.program.bound(up, need, room)
        self.program.bound(down, 0.0, 0.0)
        if intruder >= 0:
            self._freeze(intruder)
        done = self.program.solve(seconds=seconds)
        # Of whole numbers any table serves, the cheapest found in time.
        done |= self.whole and self.program.feasible
        found = self.program.values if done else None
        self._thaw(place)
        if intruder >= 0:
            self._thaw(intruder)
        if found is None:
            return None
        moved = found[: self.size] - found[self.size :]
        some = np.flatnonzero(np.abs(moved) > _CLOSE)
        return self.block.columns[some], moved[some]

    def together(self, which: list[int]) -> Sparse | None:
        """Return one table in which several figures are as far as asked."""
        sides, places = self.guard.sides, []
        for k in which:
            place = self.at[int(sides.figures[k])]
            above = sides.signs[k] > 0
            room = float((self.above if above else self.below)[place])
            if place in places or sides.needs[k] > room:
                continue
            places.append(place)
            up, down = place, place + self.size
            up, down = (up, down) if above else (down, up)
            self.program.bound(up, float(sides.needs[k]), room)
            self.program.bound(down, 0.0, 0.0)
        done = bool(places) and self.program.solve()
        found = self.program.values if done else None
        for place in places:
            self._thaw(place)
        if found is None:
            return None
        moved = found[: self.size] - found[self.size :]
        some = np.flatnonzero(np.abs(moved) > _CLOSE)
        return self.block.columns[some], moved[some]

    def _freeze(self, place: int) -> None:
        self.program.bound(place, 0.0, 0.0)
        self.program.bound(place + self.size, 0.0, 0.0)

    def _thaw(self, place: int) -> None:
        self.program.bound(place, 0.0, float(self.above[place]))
        self.program.bound(place + self.size, 0.0, float(self.below[place]))


def guard(plan: Guard, *, best: bool = True) -> Guard:
    """
    Protect a system, and check every witness by plain arithmetic.

    Parameters
    ----------
    plan
        What must be protected; changed in place.
    best
        Whether the best answer is looked for, once a safe one is at hand.

    Returns
    -------
    Guard
        The same.
    """
    plan.defend()
    plan.clean()
    if best:
        plan.improve()
    else:
        plan.proven = not len(plan.complementary)
    plan.settle()
    plan.widen()
    plan.release()
    return plan
