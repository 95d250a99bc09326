"""Linear programs, by HiGHS: the only importer of highspy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["FEASIBLE", "Program", "remaining"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEASIBLE = 1e-6
"""What a solver may miss an equality, or a bound, by."""
_SEED = 0
_NODES = 200


def remaining(deadline: float) -> float:
    """
    Return how many seconds are left, never less than a hundredth.

    Parameters
    ----------
    deadline
        Of `time.monotonic`.
    """
    return max(deadline - time.monotonic(), 0.01)


class Program:
    """
    One linear program whose costs and bounds change, and whose basis stays.

    Simplex without presolve, which throws the basis away: primal where only costs
    change from one question to the next, dual where bounds do.

    Parameters
    ----------
    matrix
        Rows by columns; each row is `low <= row x <= high`.
    lower, upper
        Bounds of the columns.
    low, high
        Of the rows, zero by default.
    whole
        Which columns are whole numbers.
    costs
        Of the columns, none by default.
    dual
        Whether bounds change more than costs.
    """

    def __init__(
        self,
        matrix: sparse.csc_array,
        lower: Floats,
        upper: Floats,
        *,
        low: Floats | None = None,
        high: Floats | None = None,
        whole: NDArray[np.bool_] | None = None,
        costs: Floats | None = None,
        dual: bool = False,
    ) -> None:
        rows, columns = matrix.shape
        self.columns = columns
        mixed = whole is not None and bool(whole.any())
        self._solver = _solver(mixed=mixed, dual=dual)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns, rows
        model.col_cost_ = np.zeros(columns) if costs is None else costs
        model.col_lower_, model.col_upper_ = lower, upper
        model.row_lower_ = np.zeros(rows) if low is None else low
        model.row_upper_ = np.zeros(rows) if high is None else high
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data.astype(float)
        if whole is not None and whole.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            model.integrality_ = [kinds[int(one)] for one in whole]
        self._solver.passModel(model)

    def search(self, nodes: int) -> None:
        """
        Change how far the search in whole numbers goes.

        Parameters
        ----------
        nodes
            How many nodes of its tree at most.
        """
        self._solver.setOptionValue("mip_max_nodes", nodes)

    def bound(self, column: int, low: float, high: float) -> None:
        """
        Change the bounds of a column.

        Parameters
        ----------
        column
            Which.
        low, high
            Its bounds.
        """
        self._solver.changeColBounds(int(column), float(low), float(high))

    def bound_all(self, columns: Ints, low: Floats, high: Floats) -> None:
        """
        Change the bounds of several columns.

        Parameters
        ----------
        columns
            Which.
        low, high
            Their bounds.
        """
        self._solver.changeColsBounds(
            len(columns),
            np.ascontiguousarray(columns, dtype=np.int32),
            np.ascontiguousarray(low, dtype=float),
            np.ascontiguousarray(high, dtype=float),
        )

    def cost(self, column: int, cost: float) -> None:
        """
        Change the cost of a column.

        Parameters
        ----------
        column
            Which.
        cost
            What a unit of it costs.
        """
        self._solver.changeColCost(int(column), float(cost))

    def require(
        self, columns: Sequence[int] | Ints, factors: Floats, low: float
    ) -> None:
        """
        Add a row: what its columns add up to is at least so much.

        Parameters
        ----------
        columns, factors
            Of the row.
        low
            The least.
        """
        self._solver.addRow(
            float(low),
            highspy.kHighsInf,
            len(columns),
            np.ascontiguousarray(columns, dtype=np.int32),
            np.ascontiguousarray(factors, dtype=float),
        )

    def solve(self, *, seconds: float = 0.0) -> bool:
        """
        Solve, and tell whether the answer is an optimum.

        Parameters
        ----------
        seconds
            Time after which to give up, none by default.
        """
        limit = seconds if seconds > 0 else highspy.kHighsInf
        # HiGHS counts from the first run of a model.
        used = self._solver.getRunTime() if seconds > 0 else 0.0
        self._solver.setOptionValue("time_limit", used + limit)
        self._solver.run()
        return self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal

    @property
    def feasible(self) -> bool:
        """Whether the last answer agrees with every row, be it the best or not."""
        found = self._solver.getInfo().primal_solution_status
        return bool(found == highspy.SolutionStatus.kSolutionStatusFeasible)

    @property
    def status(self) -> str:
        """The word of the solver on its last answer."""
        return str(self._solver.modelStatusToString(self._solver.getModelStatus()))

    @property
    def infeasible(self) -> bool:
        """Whether nothing agrees with every row."""
        bad = (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        )
        return self._solver.getModelStatus() in bad

    @property
    def unbounded(self) -> bool:
        """Whether nothing holds the cost."""
        status = self._solver.getModelStatus()
        return bool(status == highspy.HighsModelStatus.kUnbounded)

    @property
    def objective(self) -> float:
        """The cost of the last answer."""
        return float(self._solver.getObjectiveValue())

    @property
    def bound_of_objective(self) -> float:
        """What no answer of a mixed program can be below."""
        return float(self._solver.getInfo().mip_dual_bound)

    @property
    def values(self) -> Floats:
        """The last answer."""
        return np.array(self._solver.getSolution().col_value, dtype=float)

    @property
    def reduced(self) -> Floats:
        """Reduced costs of the columns."""
        return np.array(self._solver.getSolution().col_dual, dtype=float)

    @property
    def duals(self) -> Floats:
        """What a unit of each row is worth."""
        return np.array(self._solver.getSolution().row_dual, dtype=float)


class _Quiet(highspy.Highs):
    """HiGHS without its callbacks, which greet on the standard output."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        for option in ("log_to_console", "output_flag"):
            self.setOptionValue(option, False)  # noqa: FBT003 - an option of HiGHS


def _solver(*, mixed: bool, dual: bool) -> Any:  # noqa: ANN401 - highspy is untyped
    solver = _Quiet()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", _SEED)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-7)
    if mixed:
        solver.setOptionValue("mip_rel_gap", 1e-9)
        solver.setOptionValue("mip_abs_gap", 1e-3)
        # Nodes, and not seconds: the same answer on any machine.
        solver.setOptionValue("mip_max_nodes", _NODES)
        return solver
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_strategy", 1 if dual else 4)
    return solver
