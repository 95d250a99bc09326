"""
One rule of states: what a number made from others is worth.

A value is whole (`""`), a `lower_bound` or `estimated`; what is missing is `secret`,
`not_applicable` or `not_available`. Every verb that adds, divides or shares out reads
and writes these six, and asks this module what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "QUALIFIERS",
    "SIGNS",
    "STATES",
    "VOIDS",
    "divided",
    "grown",
    "of_part",
    "read_state",
    "shared_out",
    "summed",
]

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "secret": "Secret statistique",
        "not_applicable": "Sans objet",
        "not_available": "Données non disponibles",
    }
)
"""What a missing value may mean, with the entry of the legend. Zero is a value."""

QUALIFIERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lower_bound": "Minimum (une partie est secrète ou n'est pas comptée)",
        "estimated": "Estimation",
    }
)
"""What may have to be said of a value that is there."""

SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"lower_bound": "≥", "estimated": "≈"}
)
"""What stands before a value that is there."""

VOIDS: Final[Mapping[str, str]] = MappingProxyType(
    {"secret": "s", "not_applicable": "s.o.", "not_available": "n.d."}
)
"""What stands in the place of one that is missing."""

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        word.casefold(): state
        for state, text in (*STATES.items(), *QUALIFIERS.items())
        for sign in ({**VOIDS, **SIGNS}[state],)
        for word in (state, text, text.partition(" (")[0], sign, f"{text} ({sign})")
    }
)
"""All that is written anywhere for a state, folded: what is printed is read back."""

States = NDArray[np.object_]


_PLAIN: Final = frozenset({"", "published", "publié", "publiée", "diffusé", "diffusée"})
"""Words of those who say of each value that nothing hides it."""


def read_state(word: object) -> str | None:
    """
    Return the state that a word means, as programs or as readers write it.

    Parameters
    ----------
    word
        A key, a French entry of a legend, a sign such as « s »; in any case of letters.

    Returns
    -------
    str or None
        `""` for nothing, and for « publié »; None for a word that is no state.

    Examples
    --------
    >>> read_state("Secret statistique"), read_state(" s"), read_state("lost")
    ('secret', 'secret', None)
    """
    if not isinstance(word, str):
        return "" if word is None or word != word else None  # noqa: PLR0124 - NaN
    folded = " ".join(word.split()).casefold()
    return "" if folded in _PLAIN else _WORDS.get(folded)


_PARTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        # What is left of a count without some of its territory is at least that.
        "count": {
            "": "lower_bound",
            "estimated": "lower_bound",
            "not_applicable": "not_available",
        },
        # A balance may be pulled either way by what is absent, as a rate is.
        "balance": {
            "": "not_available",
            "estimated": "not_available",
            "lower_bound": "not_available",
            "not_applicable": "not_available",
        },
        # Whoever asks for the rate of a part gets it, as an estimate of the whole.
        "allowed": {"": "estimated", "not_applicable": "not_available"},
    }
)
_PARTS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"rate": "balance", "allowed balance": "allowed", "allowed rate": "allowed"}
)


def shared_out(states: ArrayLike, cut: ArrayLike, nothing: ArrayLike) -> States:
    """
    Return what parts of counts are worth, where their territory is cut.

    A part is estimated. That of a minimum too: what is hidden may lie in it or beside
    it, and the share is not known, so that it bounds nothing. A part of zero is zero,
    and that of a minimum of zero is at least that. What is missing stays missing.

    Parameters
    ----------
    states
        What the counts are worth.
    cut
        Whether each is shared out by an estimate; what moves whole keeps its worth.
    nothing
        Whether each is zero.

    Examples
    --------
    >>> shared_out(["lower_bound", "lower_bound", "secret"], [1, 0, 1], 0).tolist()
    ['estimated', 'lower_bound', 'secret']
    """
    told = np.asarray(states, dtype=object)
    parts = np.asarray(cut, dtype=bool) & ~np.asarray(nothing, dtype=bool)
    return np.where(parts & np.isin(told, ["", "lower_bound"]), "estimated", told)


def summed(
    has: Mapping[str, ArrayLike], some: ArrayLike, *, signed: ArrayLike = False
) -> States:
    """
    Return what sums are worth, from what was added up.

    A value that is not available makes the sum missing. What secrecy hides makes it
    a lower bound, or secret where nothing else is known. What has no object counts
    for nothing.

    Parameters
    ----------
    has
        For each state, whether one at least of the terms of each sum bears it.
    some
        Whether one at least of the terms of each sum is a value.
    signed
        Whether terms may be negative: then what is hidden bounds nothing. One answer,
        or one a sum.

    Returns
    -------
    ndarray of object
        A state a sum; those of `STATES` are of sums that must be emptied.

    Examples
    --------
    >>> summed({"secret": [True, True, False]}, [True, False, True]).tolist()
    ['lower_bound', 'secret', '']
    """
    some = np.asarray(some, dtype=bool)
    of = {
        state: np.asarray(has.get(state, False), dtype=bool) | np.zeros_like(some)
        for state in (*STATES, *QUALIFIERS)
    }
    hidden = of["secret"] | of["lower_bound"]
    return np.select(
        [
            of["not_available"],
            hidden & ~some,
            hidden,
            of["not_applicable"] & ~some,
            of["estimated"],
        ],
        [
            "not_available",
            "secret",
            np.where(signed, "secret", "lower_bound"),
            "not_applicable",
            "estimated",
        ],
        default="",
    ).astype(object)


def divided(above: ArrayLike, below: ArrayLike, void: ArrayLike) -> States:
    """
    Return what ratios are worth, from what their two counts are.

    Over zero there is no ratio. Over a secret, or over a lower bound, it is secret: it
    would be bounded by nothing. With a numerator that is a lower bound, it is one.

    Parameters
    ----------
    above, below
        States of the numerators and of the denominators.
    void
        Where the denominator is zero. The zero of a lower bound is no zero.

    Examples
    --------
    >>> divided(["lower_bound", "", ""], ["", "lower_bound", ""], [0, 0, 1]).tolist()
    ['lower_bound', 'secret', 'not_applicable']
    """
    above, below = np.asarray(above, dtype=object), np.asarray(below, dtype=object)
    void = np.asarray(void, dtype=bool) & (below != "lower_bound")
    # In order: the first that holds is what is said.
    return np.select(
        [
            void | (above == "not_applicable") | (below == "not_applicable"),
            (above == "secret") | (below == "secret") | (below == "lower_bound"),
            (above == "not_available") | (below == "not_available"),
            above == "lower_bound",
            (above == "estimated") | (below == "estimated"),
        ],
        ["not_applicable", "secret", "not_available", "lower_bound", "estimated"],
        default="",
    ).astype(object)


def grown(start: ArrayLike, end: ArrayLike, void: ArrayLike) -> States:
    """
    Return what rates of growth, or weighted means, are worth.

    They are ratios that a lower bound leaves without a bound: secret, then.

    Parameters
    ----------
    start, end
        States of the counts at the two dates; of the weights and of the products, for
        a mean.
    void
        Where the first count is zero.

    Examples
    --------
    >>> grown(["", "estimated"], ["lower_bound", ""], [False, False]).tolist()
    ['secret', 'estimated']
    """
    states = divided(end, start, void)
    return np.where(states == "lower_bound", "secret", states).astype(object)


def of_part(
    states: ArrayLike,
    kind: Literal["count", "balance", "rate"],
    *,
    allowed: bool = False,
) -> States:
    """
    Return what numbers are worth that lack a part of their territory.

    A count is a lower bound. A balance, a rate, a growth, a mean, a category are not
    available; where the part is allowed to stand for the whole, they are estimated.

    Parameters
    ----------
    states
        What they would be worth if the territory were whole.
    kind
        `"count"` for stocks, `"balance"` for those that may be negative, `"rate"` for
        all else.
    allowed
        Whether the part may stand for the whole.

    Examples
    --------
    >>> of_part(["", "secret"], "count").tolist()
    ['lower_bound', 'secret']
    >>> of_part([""], "rate").tolist(), of_part([""], "rate", allowed=True).tolist()
    (['not_available'], ['estimated'])
    """
    name = f"allowed {kind}" if allowed and kind != "count" else kind
    rule = _PARTS[_PARTS_OF.get(name, name)]
    told = np.asarray(states, dtype=object)
    return np.array([rule.get(state, state) for state in told], dtype=object)
