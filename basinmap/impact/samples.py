"""What a statistic of neighbours is about: values, weights, what is left out, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.impact.weights import Weights
from basinmap.measures import missing
from basinmap.states import STATES
from basinmap.typography import number, typeset
from basinmap.values.checks import check_series, check_states, numbers
from basinmap.values.told import told_of, upheld

__all__ = ["LEFT_OUT", "Sample", "check_seed", "facts_of", "sample_of"]

_LEAST: Final = 5
_DRAWS: Final = 1_000_000
"""Units under which nothing is said of neighbours."""

LEFT_OUT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "secret": ("secrète", "secrètes"),
        "not_applicable": ("sans objet", "sans objet"),
        "not_available": ("non disponible", "non disponibles"),
        "lower_bound": ("connue par un minimum", "connues par un minimum"),
        "isolate": ("sans voisine", "sans voisine"),
    }
)
"""Why a unit is in no statistic, in French, one and several."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """
    Values that are there, and who among them is whose neighbour.

    Attributes
    ----------
    series
        Of the units kept, on their codes; numbers or names.
    weights
        Among them; each has a neighbour.
    left_out
        Code to key of `LEFT_OUT`.
    notes
        French sentences to print.
    """

    series: pd.Series
    weights: Weights
    left_out: Mapping[Any, str]
    notes: tuple[str, ...]

    @property
    def x(self) -> NDArray[np.float64]:
        """The values, as an array."""
        return self.series.to_numpy(dtype=float)

    @property
    def standardised(self) -> sparse.csr_array:
        """The weights, those of a unit adding up to 1."""
        matrix = self.weights.matrix
        sums = matrix.sum(axis=1)
        return sparse.csr_array(sparse.diags_array(1 / sums) @ matrix)


def sample_of(values: pd.Series, weights: Weights, *, numeric: bool = True) -> Sample:
    """
    Put values beside the weights of their units, and leave out what says nothing.

    Parameters
    ----------
    values
        On the codes of the weights, in any order.
    weights
        Who is whose neighbour.
    numeric
        Whether they are numbers, or names.

    Raises
    ------
    CodeError
        If codes of one are not of the other.
    VintageError
        If both say their date, and differ.
    DataError
        If values are no series, one is no number or infinite, all are equal, or fewer
        than 5 are left.
    SecrecyError, MeasureError
        If a value is there that is said to be missing.

    Notes
    -----
    Left out, and told: missing values, those that are a minimum (they are not what is
    asked), and units left without a neighbour.
    """
    check_series(values)
    _check_weights(weights)
    _check_same_codes(values.index, weights.codes)
    _check_same_dates(values, weights)
    states = check_states(upheld(values, stacklevel=4))
    # Values meet weights by code: never by the order that each is in.
    given = (numbers(values) if numeric else values).reindex(weights.codes)
    left_out = _missing(given, states)
    kept = given.index
    if left_out:
        kept = kept[~kept.isin(list(left_out))]
    near = weights.among(kept)
    while near.isolates:
        left_out |= dict.fromkeys(near.isolates, "isolate")
        near = near.among([code for code in near.codes if code not in left_out])
    found = given.reindex(near.codes)
    _check_enough(found, values, left_out)
    return Sample(found, near, left_out, _notes(found, near, left_out, states))


def check_seed(
    seed: object, permutations: object, least: int = 99, what: str = "permutations"
) -> None:
    """
    Check that draws are whole numbers, and as many as make sense.

    Parameters
    ----------
    seed
        Of the draws.
    permutations
        How many.
    least
        How many there must be.
    what
        What they are called.

    Raises
    ------
    DataError
        If one is not.
    """
    for value, name, low in ((seed, "seed", 0), (permutations, what, least)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or int(value) < low:  # type: ignore[call-overload]
            msg = f"{name}: a whole number from {low}, got {value!r}"
            raise DataError(msg)
    if int(permutations) > _DRAWS:  # type: ignore[call-overload]
        msg = f"{what}: {permutations} is more than {_DRAWS:,}; 9999 tell enough"
        raise DataError(msg)


def _check_weights(weights: object) -> None:
    if not isinstance(weights, Weights):
        kind = type(weights).__name__
        msg = (
            f"weights: got {kind}; write bm.contiguity_weights(units), or "
            "bm.weights_of(graph, rule=…) of a graph of PySAL"
        )
        raise DataError(msg)


def _check_same_codes(index: pd.Index, codes: pd.Index) -> None:
    strange = index.difference(codes, sort=False)
    if len(strange):
        msg = (
            f"values: {len(strange)} code(s) that the weights do not have: "
            f"{culprits(strange)}; make the weights of the same units"
        )
        raise CodeError(msg)
    lost = codes.difference(index, sort=False)
    if len(lost):
        msg = (
            f"values: {len(lost)} unit(s) of the weights without a line: "
            f"{culprits(lost)}; take weights.among(values.index), or say that they are "
            "missing: values.reindex(weights.codes)"
        )
        raise CodeError(msg)


def _check_same_dates(values: pd.Series, weights: Weights) -> None:
    told = told_of(values)
    pairs = [(told.geography[:4], weights.geography), (told.date, weights.date)]
    for own, other in pairs:
        if own and other and own != other:
            msg = (
                f"{values.name or 'values'}: of {own}, among neighbours of {other}: "
                "territories may have changed; bring the values there (bm.rebase), or "
                "take the outlines of their date"
            )
            raise VintageError(msg)


def _missing(values: pd.Series, states: Mapping[Any, str]) -> dict[Any, str]:
    gone = values.index[missing(values)]
    found = {code: states.get(code, "not_available") for code in gone}
    found = {c: s if s in STATES else "not_available" for c, s in found.items()}
    least = [c for c, state in states.items() if state == "lower_bound"]
    return found | dict.fromkeys(values.index[values.index.isin(least)], "lower_bound")


def _check_enough(
    found: pd.Series, values: pd.Series, left_out: Mapping[Any, str]
) -> None:
    name = values.name or "values"
    if len(found) < _LEAST:
        counted = pd.Series(list(left_out.values()), dtype=object).value_counts()
        msg = (
            f"{name}: {len(found)} unit(s) with a value and a neighbour, at least "
            f"{_LEAST} are needed; left out: {counted.to_dict() or 'none'}"
        )
        raise DataError(msg)
    if found.eq(found.iloc[0]).all():
        msg = f"{name}: all {len(found)} values are {found.iloc[0]}: nothing varies"
        raise DataError(msg)
    infinite = found.index[found.isin([np.inf, -np.inf])]
    if len(infinite):
        msg = f"{name}: infinite at {culprits(infinite)}; empty them, and say why"
        raise DataError(msg)


def _notes(
    found: pd.Series,
    near: Weights,
    left_out: Mapping[Any, str],
    states: Mapping[Any, str],
) -> tuple[str, ...]:
    notes = [str(near)]
    counted = pd.Series(list(left_out.values()), dtype=object).value_counts()
    if len(counted):
        parts = [
            f"{number(counted[why])} {LEFT_OUT[why][int(counted[why] > 1)]}"
            for why in LEFT_OUT
            if why in counted
        ]
        several = "s" if len(left_out) > 1 else ""
        notes.append(
            f"{number(len(left_out))} unité{several} laissée{several} de côté "
            f"({', '.join(parts)}), {number(len(found))} gardées."
        )
    told = [c for c, state in states.items() if state == "estimated"]
    guessed = found.index[found.index.isin(told)]
    if len(guessed):
        several = "s" if len(guessed) > 1 else ""
        notes.append(f"{number(len(guessed))} valeur{several} estimée{several}.")
    return tuple(typeset(note) for note in notes)


def facts_of(values: pd.Series) -> dict[str, Any]:
    """
    Return what is told of values and holds for what is made of them.

    Parameters
    ----------
    values
        What was given.
    """
    told = told_of(values)
    return {
        "vintage": told.vintage,
        "geography": told.geography,
        "date": told.date,
        "level": told.level,
        "sources": told.sources,
    }
