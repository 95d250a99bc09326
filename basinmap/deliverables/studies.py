"""The studies of the territory, each a notebook: the list that documents print."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pandas as pd

from basinmap.typography import typeset
from basinmap.values.told import tell

__all__ = ["studies"]


def studies() -> pd.DataFrame:
    """
    Return the studies of the bassin minier, in the order that documents print them.

    Returns
    -------
    DataFrame
        Index `study`, the name of its notebook; French, typeset: `title`, `question`,
        `data`, `method`, and `gives`, what may be taken from it: none tells a cause.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.studies().loc["15_etude_typologie", "title"]
    'Une typologie des 336 communes'
    """
    text = files("basinmap.deliverables").joinpath("studies.toml").read_text("utf-8")
    table = pd.DataFrame(tomllib.loads(text)["studies"])
    names = table.pop("notebook").str.removesuffix(".ipynb")
    table = table.map(typeset).set_axis(pd.Index(names, name="study"))
    return tell(table)
