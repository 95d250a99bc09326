"""All that is published, as one sparse system of equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from basinmap.secrecy.programs import FEASIBLE, Program

__all__ = [
    "Builder",
    "Part",
    "Place",
    "System",
    "inward",
    "narrowed",
    "parts_of",
    "slack_of",
    "ties_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Place(NamedTuple):
    """Where a figure stands: its table, its row, its column."""

    table: str
    code: str
    column: str


@dataclass(slots=True)
class System:
    """
    Figures and what ties them: `matrix @ x = 0`, `lower <= x <= upper`.

    Attributes
    ----------
    names
        French name of each figure.
    columns
        The quantity each is of; nothing for the play of a rounding.
    truth
        What each is; NaN where it is not known to whoever holds the system.
    printed
        Whether it stands in a table.
    hidden
        Whether it stands there as a secret.
    known
        Whether it is published elsewhere, so that hiding it is of no use.
    lower, upper
        What anybody knows it lies between.
    weights
        What hiding it costs.
    whole
        Whether it is a whole number.
    matrix
        Rows by figures.
    rows
        French name of each row.
    places
        Where each figure stands.
    secrets
        Where each stands as a secret.
    clashes
        French sentences: figures that contradict one another.
    """

    names: list[str]
    columns: list[str]
    truth: Floats
    printed: Bools
    hidden: Bools
    known: Bools
    lower: Floats
    upper: Floats
    weights: Floats
    whole: Bools
    matrix: sparse.csr_array
    rows: list[str]
    places: list[tuple[Place, ...]]
    secrets: list[tuple[Place, ...]]
    clashes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many figures there are."""
        return len(self.names)

    @property
    def fixed(self) -> Bools:
        """Which figures anybody can read."""
        return (self.printed | self.known) & ~self.hidden & ~np.isnan(self.truth)


@dataclass(slots=True)
class Builder:
    """
    A system as it is being written.

    Attributes
    ----------
    keys
        Place of each figure, by what identifies it.
    """

    keys: dict[object, int] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _columns: list[str] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)
    _bounds: list[tuple[float, float]] = field(default_factory=list)
    _flags: list[list[bool]] = field(default_factory=list)
    _places: list[list[Place]] = field(default_factory=list)
    _secrets: dict[int, list[Place]] = field(default_factory=dict)
    _rows: list[tuple[str, dict[int, float]]] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)

    def figure(self, key: object, name: str, column: str, *, whole: bool = True) -> int:
        """
        Return the place of a figure, made when it is first met.

        Parameters
        ----------
        key
            What identifies it.
        name, column
            French name, and the quantity it is of.
        whole
            Whether it is a whole number.
        """
        at = self.keys.get(key)
        if at is None:
            at = self.keys[key] = len(self._names)
            self._names.append(name)
            self._columns.append(column)
            self._values.append(np.nan)
            self._bounds.append((0.0, np.inf))
            self._flags.append([False, False, False, whole])
            self._places.append([])
        return at

    def stand(self, at: int, place: Place, value: float, *, hidden: bool) -> None:
        """
        Say that a figure stands in a table.

        Parameters
        ----------
        at
            The figure.
        place
            Where.
        value
            What stands there.
        hidden
            Whether it is a secret.
        """
        self._places[at].append(place)
        flags = self._flags[at]
        flags[0] = True
        flags[1] |= hidden
        if hidden:
            self._secrets.setdefault(at, []).append(place)
        else:
            self.learn(at, value, f"{place.table}, {place.code}")

    def learn(self, at: int, value: float, where: str, *, known: bool = False) -> None:
        """
        Say what a figure is.

        Parameters
        ----------
        at
            The figure.
        value
            What it is.
        where
            Who says so.
        known
            Whether it is published elsewhere.
        """
        had = self._values[at]
        if not np.isnan(had) and abs(had - value) > FEASIBLE * max(abs(had), 1):
            self.clashes.append(f"{self._names[at]} : {had:g} et {value:g} ({where})")
            return
        self._values[at] = value
        self._flags[at][2] |= known

    def value(self, at: int) -> float:
        """
        Return what a figure is, or NaN.

        Parameters
        ----------
        at
            The figure.
        """
        return self._values[at]

    def name_of(self, at: int) -> str:
        """
        Return the French name of a figure.

        Parameters
        ----------
        at
            The figure.
        """
        return self._names[at]

    def is_hidden(self, at: int) -> bool:
        """
        Tell whether a figure stands as a secret, and nowhere else in clear.

        Parameters
        ----------
        at
            The figure.
        """
        return self._flags[at][1]

    def is_whole(self, at: int) -> bool:
        """
        Tell whether a figure is a whole number.

        Parameters
        ----------
        at
            The figure.
        """
        return self._flags[at][3]

    @property
    def wholes(self) -> dict[str, bool]:
        """Whether the figures of each quantity are whole numbers."""
        found: dict[str, bool] = {}
        for column, flags in zip(self._columns, self._flags, strict=True):
            found[column] = found.get(column, True) and flags[3]
        return found

    def bound(self, at: int, low: float, high: float = np.inf) -> None:
        """
        Say between what anybody knows a figure to lie.

        Parameters
        ----------
        at
            The figure.
        low, high
            Its bounds.
        """
        had = self._bounds[at]
        self._bounds[at] = (max(had[0], low), min(had[1], high))

    def tie(
        self, name: str, terms: Mapping[int, float], low: float = 0, high: float = 0
    ) -> None:
        """
        Say that what terms add up to lies between two numbers.

        Parameters
        ----------
        name
            French name of the row.
        terms
            Figure to factor.
        low, high
            The two numbers.
        """
        found = dict(terms)
        if low or high:
            at = self.figure(("slack", len(self._rows)), "", "", whole=False)
            self._bounds[at] = (low, high)
            found[at] = -1.0
        self._rows.append((name, found))

    def system(self, weigh: Mapping[str, float] | str = "value") -> System:
        """
        Return the system.

        Parameters
        ----------
        weigh
            See `protect`.
        """
        count = len(self._names)
        at = np.array([i for _, row in self._rows for i in row], dtype=np.int64)
        lengths = [len(row) for _, row in self._rows]
        data = np.array([f for _, row in self._rows for f in row.values()], dtype=float)
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        matrix = sparse.csr_array((data, at, starts), shape=(len(self._rows), count))
        flags = np.array(self._flags, dtype=bool).reshape(count, 4)
        values = np.array(self._values, dtype=float)
        bounds = np.array(self._bounds, dtype=float).reshape(count, 2)
        return System(
            names=self._names,
            columns=self._columns,
            truth=values,
            printed=flags[:, 0],
            hidden=flags[:, 1],
            known=flags[:, 2],
            lower=bounds[:, 0],
            upper=bounds[:, 1],
            weights=_weights(values, self._columns, weigh),
            whole=flags[:, 3],
            matrix=matrix,
            rows=[name for name, _ in self._rows],
            places=[tuple(places) for places in self._places],
            secrets=[tuple(self._secrets.get(at, ())) for at in range(count)],
            clashes=self.clashes,
        )


def _weights(
    values: Floats, columns: list[str], weigh: Mapping[str, float] | str
) -> Floats:
    """Return what hiding each figure costs, without ties."""
    size = np.nan_to_num(np.abs(values), nan=1.0)
    base = np.ones(len(size)) if weigh == "number" else np.maximum(size, 1.0)
    if not isinstance(weigh, str):
        base = base * np.array([float(weigh.get(name, 1.0)) for name in columns])
    # Two figures of one cost are told apart by their rank, so that there is one answer.
    return base * (1 + 1e-6 * np.arange(len(size)) / max(len(size), 1))


class Part(NamedTuple):
    """
    Figures that nothing ties to others.

    Attributes
    ----------
    columns
        Their places in the system.
    matrix
        The rows that tie them.
    right
        What these rows must add up to.
    rows
        Places of the rows in the system.
    """

    columns: Ints
    matrix: sparse.csc_array
    right: Floats
    rows: Ints


def parts_of(matrix: sparse.csr_array, free: Bools, values: Floats) -> list[Part]:
    """
    Return what is left to find, in parts that nothing ties to one another.

    Parameters
    ----------
    matrix
        Rows by figures.
    free
        Which figures are to be found.
    values
        What the others are.
    """
    columns = np.flatnonzero(free)
    if not len(columns):
        return []
    held = np.where(free, 0.0, np.nan_to_num(values))
    right = -(matrix @ held)
    reduced = sparse.csr_array(matrix[:, columns])
    some = np.flatnonzero(np.diff(reduced.indptr) > 0)
    reduced = sparse.csr_array(reduced[some])
    right = right[some]
    count, label = _labels(reduced)
    row_label = (
        label[reduced.indices[reduced.indptr[:-1]]] if len(some) else np.zeros(0, int)
    )
    parts = []
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=count))
    row_order = np.argsort(row_label, kind="stable")
    row_ends = np.cumsum(np.bincount(row_label, minlength=count))
    for k in range(count):
        mine = order[ends[k - 1] if k else 0 : ends[k]]
        rows = row_order[row_ends[k - 1] if k else 0 : row_ends[k]]
        block = sparse.csc_array(reduced[rows][:, mine])
        parts.append(Part(columns[mine], block, right[rows], some[rows]))
    return parts


def ties_of(matrix: sparse.csr_array, free: Bools) -> Ints:
    """
    Return the number of the part of each figure, -1 where it is not to be found.

    Parameters
    ----------
    matrix, free
        As for `parts_of`.
    """
    found = np.full(matrix.shape[1], -1, dtype=np.int64)
    columns = np.flatnonzero(free)
    if len(columns):
        found[columns] = _labels(sparse.csr_array(matrix[:, columns]))[1]
    return found


def _labels(matrix: sparse.csr_array) -> tuple[int, Ints]:
    """Return to which part each column belongs."""
    rows, columns = matrix.shape
    graph = sparse.block_array(
        [
            [sparse.csr_array((columns, columns)), matrix.T],
            [matrix, sparse.csr_array((rows, rows))],
        ],
        format="csr",
    )
    _, label = connected_components(graph, directed=False)
    # Rows are all tied to a column: labels of columns are those of all.
    _, label = np.unique(label[:columns], return_inverse=True)
    return int(label.max()) + 1 if columns else 0, label.astype(np.int64)


def narrowed(
    part: Part, lower: Floats, upper: Floats, whole: Bools, *, rounds: int = 5
) -> tuple[Floats, Floats]:
    """
    Return the bounds that rows give one by one, each from the others of its row.

    It proves nothing to be safe, and finds at once most of what can be found.

    Parameters
    ----------
    part
        Figures and rows.
    lower, upper
        Their bounds.
    whole
        Which are whole numbers.
    rounds
        How many times each row is read.
    """
    low, high = lower.copy(), upper.copy()
    matrix = sparse.coo_array(part.matrix)
    rows, columns, factors = matrix.row, matrix.col, matrix.data
    count = part.matrix.shape[0]
    for _ in range(rounds):
        least = np.where(factors > 0, factors * low[columns], factors * high[columns])
        most = np.where(factors > 0, factors * high[columns], factors * low[columns])
        new_low, new_high = _read(rows, factors, least, most, part.right, count)
        fresh_low, fresh_high = low.copy(), high.copy()
        np.maximum.at(fresh_low, columns, new_low)
        np.minimum.at(fresh_high, columns, new_high)
        fresh_low, fresh_high = inward(fresh_low, fresh_high, whole)
        if np.array_equal(fresh_low, low) and np.array_equal(fresh_high, high):
            break
        low, high = fresh_low, fresh_high
    return low, high


def _read(
    rows: Ints, factors: Floats, least: Floats, most: Floats, right: Floats, count: int
) -> tuple[Floats, Floats]:
    """Return what each row says of each of its figures."""
    ends = []
    for terms in (least, most):
        open_ = np.isinf(terms)
        openings = np.bincount(rows, weights=open_, minlength=count)
        total = np.bincount(rows, weights=np.where(open_, 0.0, terms), minlength=count)
        rest = total[rows] - np.where(open_, 0.0, terms)
        clear = openings[rows] - open_ == 0
        ends.append((right[rows] - rest, clear))
    (above, above_clear), (below, below_clear) = ends
    # factor x <= right - least of the others, and >= right - most of the others.
    above = np.where(above_clear, above, np.inf)
    below = np.where(below_clear, below, -np.inf)
    up, down = above / factors, below / factors
    flip = factors < 0
    return np.where(flip, up, down), np.where(flip, down, up)


def inward(low: Floats, high: Floats, whole: Bools) -> tuple[Floats, Floats]:
    """
    Round bounds of whole numbers inward.

    Parameters
    ----------
    low, high
        Bounds.
    whole
        Which are of whole numbers.
    """
    with np.errstate(invalid="ignore"):
        return (
            np.where(whole, np.ceil(low - FEASIBLE), low),
            np.where(whole, np.floor(high + FEASIBLE), high),
        )


def slack_of(part: Part, lower: Floats, upper: Floats) -> tuple[Floats, list[int]]:
    """
    Return figures that agree with rows as well as they can, and the rows that fail.

    Parameters
    ----------
    part
        Figures and rows.
    lower, upper
        Bounds of the figures.

    Returns
    -------
    values, rows
        Rows by their places in the part; none where all agree.
    """
    rows, columns = part.matrix.shape
    eye = sparse.eye_array(rows, format="csc")
    matrix = sparse.csc_array(sparse.hstack([part.matrix, eye, -eye]))
    costs = np.concatenate([np.zeros(columns), np.ones(2 * rows)])
    program = Program(
        matrix,
        np.concatenate([lower, np.zeros(2 * rows)]),
        np.concatenate([upper, np.full(2 * rows, np.inf)]),
        low=part.right,
        high=part.right,
        costs=costs,
    )
    if not program.solve():
        return np.full(columns, np.nan), list(range(rows))
    found = program.values
    missed = found[columns : columns + rows] + found[columns + rows :]
    return found[:columns], np.flatnonzero(missed > 10 * FEASIBLE).tolist()
