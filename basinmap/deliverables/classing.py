"""How the maps of a document cut a rate: one set of classes, whatever map bears it."""

from __future__ import annotations

from typing import cast

import pandas as pd

from basinmap.deliverables.subjects import Subject
from basinmap.maps.classing.classes import Method, classify

__all__ = ["classes_of"]


def classes_of(
    about: Subject, id_: str, values: pd.Series, *, beside: bool = False
) -> pd.Series:
    """
    Return classes of an indicator, as its maps are drawn.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    values
        Its values, of the communes that share the classes; where those of the bassin
        minier are asked for, theirs go in their place.
    beside
        Whether the map stands beside ranks and sentences: what these leave out makes
        no class, and is set apart.
    """
    shared = about.shared(id_)
    values = values if shared is None else shared
    values = about.cautioned(id_, values) if beside else values
    signed = bool(values.min() < 0 < values.max())
    pivot = 0.0 if about.told(id_).kind == "growth" or signed else None
    k = 6 if pivot is not None else min(5, values.nunique())
    method = cast("Method", about.entry(id_).map.method or "fisher-jenks")
    return classify(values, method=method, k=k, pivot=pivot, firm=True)
