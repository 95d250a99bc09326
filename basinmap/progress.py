"""One bar of progress: on a terminal, in a notebook, nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from tqdm import tqdm

__all__ = ["in_notebook", "progress", "shown"]

Item = TypeVar("Item")

_PATIENCE: Final = 1.0
"""Seconds before a notebook shows a bar: what is quick leaves no trace in its cell."""


def progress(
    items: Iterable[Item] | None = None,
    *,
    unit: str,
    total: int | None = None,
    quiet: bool = False,
    delay: float = 0.0,
    unit_scale: bool = False,
) -> tqdm[Item]:
    """
    Return what is gone through, behind a bar where somebody looks.

    Parameters
    ----------
    items
        What is gone through; none where the bar is moved by `update`.
    unit
        French word for one of them.
    total
        How many there are, where `items` does not tell.
    quiet
        Whether nothing is shown.
    delay
        Seconds before it is shown.
    unit_scale
        Whether thousands are written « k ».

    Examples
    --------
    >>> list(progress(range(3), unit="lieu"))
    [0, 1, 2]
    """
    shared: dict[str, Any] = {
        "unit": unit,
        "unit_scale": unit_scale,
        "total": total,
        "leave": False,
    }
    if quiet or not in_notebook():
        # None: where stderr is a terminal only, or a program such as QGIS asks for it.
        unseen = None if "BASINMAP_PROGRESS" not in os.environ else False
        hidden = True if quiet else unseen
        return tqdm(items, disable=hidden, delay=delay, **shared)
    # `tqdm.auto` would warn where ipywidgets is not installed, then show nothing, as
    # the stderr of a notebook is no terminal.
    delay = max(delay, _PATIENCE)
    if find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm_notebook  # noqa: PLC0415 - in notebooks only

        return tqdm_notebook(items, delay=delay, **shared)
    return tqdm(items, disable=False, delay=delay, mininterval=0.5, ncols=80, **shared)


def shown(*, quiet: bool = False) -> bool:
    """
    Tell whether somebody sees a bar.

    Parameters
    ----------
    quiet
        Whether it is asked not to be shown.

    Examples
    --------
    >>> shown(quiet=True)
    False
    """
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return not quiet and (
        terminal or in_notebook() or "BASINMAP_PROGRESS" in os.environ
    )


def in_notebook() -> bool:
    """Tell whether a kernel of Jupyter runs this."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return type(shell).__name__ == "ZMQInteractiveShell"
