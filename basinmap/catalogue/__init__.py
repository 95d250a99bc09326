"""
What: the catalogue of indicators as data, and their values at any level.

An indicator is a measure with a French name, a unit and a source. It is always
computed from counts at the level asked for, never from the rates of the level
below. The room shares its name with the verb `bm.indicators()`, which lists the
catalogue: calling the room does that.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class _Room(ModuleType):
    """A package that can be called: an import must not hide `bm.indicators()`."""

    def __call__(self) -> pd.DataFrame:
        """Return the catalogue; see `basinmap.indicators.catalogue.indicators`."""
        from basinmap.indicators.catalogue import indicators  # noqa: PLC0415 - on use

        return indicators()


sys.modules[__name__].__class__ = _Room
