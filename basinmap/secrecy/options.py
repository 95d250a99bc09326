"""What may be asked of an attack and of a defence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from basinmap.arguments import check_kind, number_of
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.measures import Growth, Ratio

__all__ = ["check_columns_named", "check_options", "check_weights"]

_TABLES = (pd.DataFrame, pd.Series, Mapping, list, tuple)


def check_options(
    *,
    tables: object,
    known: object,
    links: object,
    drift: object,
    rounded: object,
    decimals: object = None,
) -> None:
    """
    Check the Python types of what `attack` and `protect` take.

    Parameters
    ----------
    tables, known, links, drift, rounded, decimals
        See `attack`.

    Raises
    ------
    ArgumentError
        If one is of another type.
    DataError
        If a share is none, or a link no list of columns.
    """
    such = "tables by name: {'communes': table}"
    check_kind(tables, _TABLES, "tables", such)
    if known is not None:
        check_kind(known, _TABLES, "known", such)
    for name, given in (("links", links), ("drift", drift), ("decimals", decimals)):
        if given is not None:
            check_kind(given, Mapping, name, f"a dictionary: {name}={_SUCH[name]}")
    check_kind(rounded, (list, tuple, set, frozenset), "rounded", "a list of columns")
    for name in rounded:  # type: ignore[attr-defined] # one of the four
        check_kind(name, str, "rounded", "a list of columns")
    if isinstance(links, Mapping):
        _check_links(links)
    if isinstance(drift, Mapping):
        _check_drift(drift)


def _check_links(links: Mapping[object, object]) -> None:
    for total, link in links.items():
        such = "the columns it is the sum of, or a bm.Ratio"
        check_kind(link, (list, tuple, Ratio, Growth), f"links[{total!r}]", such)


def _check_drift(drift: Mapping[object, object]) -> None:
    for pair, share in drift.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            msg = f"drift: {pair!r} is no pair of columns: drift={_SUCH['drift']}"
            raise DataError(msg)
        number_of(share, f"drift[{pair!r}]", least=0, most=1, such_as=0.01)


_SUCH = {
    "links": "{'menages': ['proprietaires', 'locataires']}",
    "drift": "{('parc_2022', 'parc_2024'): 0.01}",
    "decimals": "{'taux': 1}",
}


def check_weights(weights: object) -> None:
    """
    Check what hiding a figure costs.

    Parameters
    ----------
    weights
        See `protect`.

    Raises
    ------
    ArgumentError
        If it is no word nor dictionary.
    DataError
        If a factor is no number above zero.
    """
    such = "'value', 'number' or a factor by column, {'vacants': 2.0}"
    check_kind(weights, (str, Mapping), "weights", such)
    if isinstance(weights, str):
        if weights not in {"value", "number"}:
            msg = f"weights={weights!r}: write {such}"
            raise DataError(msg)
        return
    assert isinstance(weights, Mapping)  # noqa: S101 - for the type checker
    for name, factor in weights.items():
        number_of(factor, f"weights[{name!r}]", above=0, such_as=2.0)


def check_columns_named(
    named: Collection[str], every: Collection[str], what: str
) -> None:
    """
    Check that columns are in a table at least.

    Parameters
    ----------
    named
        Those an argument speaks of.
    every
        Those there are.
    what
        The argument.

    Raises
    ------
    ColumnError
        If one is nowhere.
    """
    absent = [name for name in dict.fromkeys(named) if name not in every]
    if absent:
        msg = f"{what}: columns that are in no table: {culprits(absent)}; there are "
        raise ColumnError(msg + culprits(every))
