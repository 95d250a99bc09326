"""Measures of the units that others make up, by their positions in a frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from basinmap.measures import Measures, Stock, state_column
from basinmap.territory.aggregation import _as_column, _combined, _summed

__all__ = ["combined_columns", "keys_of", "sums_at"]


def keys_of(positions: Iterable[int]) -> list[str]:
    """
    Name positions by strings, as sums of units expect.

    Parameters
    ----------
    positions
        Places in a frame.
    """
    return [str(n) for n in positions]


def sums_at(stocks: pd.DataFrame, positions: np.ndarray) -> pd.DataFrame:
    """
    Add stocks up by position of their unit, each sum under the name of it.

    Parameters
    ----------
    stocks
        Counts and their states, one row a part.
    positions
        Place of the unit of each row.
    """
    # Whole numbers are grouped many times faster than text.
    sums = _summed(stocks, pd.Series(positions, stocks.index))
    sums.index = pd.Index(keys_of(sums.index), dtype=object)
    return sums


def combined_columns(
    known: Measures,
    sums: pd.DataFrame,
    rows: pd.DataFrame,
    parent: pd.Series,
) -> pd.DataFrame:
    """
    Compute each measure of the units from their sums, with its states.

    Parameters
    ----------
    known
        Column to measure.
    sums
        Sums by unit, of `sums_at`.
    rows
        What categories are chosen from, one row a part.
    parent
        Name of the unit of each of these rows.
    """
    columns: dict[str, pd.Series] = {}
    for column, measure in known.items():
        if isinstance(measure, Stock):  # the sum itself
            columns[column] = sums[column]
            states = sums[state_column(column)]
            if (states != "").any():
                columns[state_column(column)] = states.astype(object)
            continue
        found = _combined(column, measure, sums, rows, parent)
        columns[column] = found.series
        if found.states:
            columns[state_column(column)] = _as_column(found.states, sums.index)
    return pd.DataFrame(columns, index=sums.index)
