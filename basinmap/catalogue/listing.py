"""The list of the indicators, as a table."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import Indicator, Term, catalogue
from basinmap.errors import CodeError

__all__ = ["indicators"]

_STATUSES = ("embedded", "file", "partner")


def indicators(
    *, status: Literal["embedded", "file", "partner"] | None = None
) -> pd.DataFrame:
    """
    Return the catalogue of the indicators.

    Parameters
    ----------
    status
        Only those that the embedded data allow (`"embedded"`), that a public `"file"`
        allows, or that want an extract of a `"partner"`.

    Returns
    -------
    DataFrame
        Index `indicator`; `title` (without its year), `unit`, `kind` (stock, ratio,
        growth, yearly, gain, median, flow, formula), `numerator`, `denominator` (counts
        without their year, as columns of a table name them), `decimals`, `status`,
        `sources`, `deliverables`, `variants`, `law`, `direction`, `verified`.

    Raises
    ------
    CodeError
        If the status is none of these.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.indicators().loc["L04", ["unit", "numerator", "denominator"]].tolist()
    ['%', 'vacant_dwellings', 'dwellings']
    >>> bm.indicators()["status"].value_counts().to_dict()
    {'file': 47, 'partner': 13, 'embedded': 9}
    """
    check_given(indicators, locals())
    if status is not None and status not in _STATUSES:
        msg = f"unknown status {status!r}; write one of {', '.join(_STATUSES)}"
        raise CodeError(msg)
    rows = {
        item.id: _row(item)
        for item in catalogue().indicators.values()
        if status in {None, item.status}
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def _row(item: Indicator) -> dict[str, object]:
    named = catalogue().sources
    below = _sum_of(item.denominator)
    return {
        "title": item.label,
        "unit": item.unit,
        "kind": "ratio" if item.kind in {"yearly", "gain"} else item.kind,
        "numerator": _sum_of(item.numerator),
        "denominator": below or None,
        "decimals": item.decimals,
        "status": item.status,
        "sources": " ; ".join(named[source] for source in item.sources),
        "deliverables": ", ".join(item.deliverables),
        "variants": ", ".join(item.variants),
        "law": item.law,
        "direction": item.direction,
        "verified": item.verified,
    }


def _sum_of(terms: tuple[Term, ...]) -> str:
    """Write terms as a sum of counts, and when, of a count that stands twice."""
    named = [term.count for term in terms]
    told = []
    for term in terms:
        twice = named.count(term.count) > 1
        sign = "- " if term.sign < 0 else "+ "
        told.append(sign + term.count + (f"@{term.when}" if twice else ""))
    return " ".join(told).removeprefix("+ ")
