"""Sums of the units that others make up, by their positions in a frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from basinmap.territory.sums import sums_of

__all__ = ["keys_of", "sums_at"]


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
    sums = sums_of(stocks, pd.Series(positions, stocks.index))
    sums.index = pd.Index(keys_of(sums.index), dtype=object)
    return sums
