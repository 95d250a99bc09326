"""Progress: a bar in a terminal and in a notebook, nothing elsewhere."""

from __future__ import annotations

import sys
import warnings
from typing import Any

__all__ = ["progress", "shown"]


def shown(*, quiet: bool) -> bool:
    """
    Tell whether progress is shown: not where nobody looks.

    Parameters
    ----------
    quiet
        Whether it is asked not to be.
    """
    return not quiet and (_in_notebook() or bool(sys.stderr and sys.stderr.isatty()))


def progress(total: int, unit: str, *, quiet: bool) -> Any:  # noqa: ANN401 - tqdm
    """
    Return a bar of progress, to be used in a `with`.

    Parameters
    ----------
    total
        How many there are.
    unit
        What is counted.
    quiet
        Whether it is off; it is anyway where nobody looks.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets a notebook has a line
        from tqdm.auto import tqdm  # noqa: PLC0415 - tells a notebook when imported

        return tqdm(total=total, unit=unit, leave=False, disable=not shown(quiet=quiet))


def _in_notebook() -> bool:
    """Tell whether this runs in a kernel, whose stderr is no terminal."""
    return "ipykernel" in sys.modules and "IPython" in sys.modules
