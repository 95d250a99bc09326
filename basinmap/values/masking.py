"""
The primary secret: which values a rule hides, and the one function that hides them.

Rules are data, `secrecy.toml`. What is hidden by a rule may still be had by
subtraction from what is published around it: that is the business of the room
`secrecy`, which protects tables together.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from basinmap.arguments import check_fields
from basinmap.errors import CodeError, DataError, SecrecyError, culprits
from basinmap.measures import state_column
from basinmap.typography import number, typeset
from basinmap.values.told import measures_of, retell, silenced, stale

__all__ = [
    "SecrecyRule",
    "check_least",
    "emptied",
    "hidden_by",
    "mask_table",
    "rule_of",
    "secrecy_rules",
    "too_few",
]

Table = TypeVar("Table", bound=pd.DataFrame)
Zeros = Literal["shown", "hidden"]
Need = Literal["exact", "threshold", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecrecyRule:
    """
    A rule of secrecy: what is too small, or too much of one, to be shown.

    Attributes
    ----------
    rule
        French sentence, as printed.
    name
        How the rules call it, or nothing for one of the user.
    least
        What is made from 1 to `least - 1` units is hidden; 0 where the producer
        hides himself.
    count
        Column of what `least` counts, without its year; none for the value itself.
    either
        Column to floor: a value is shown as soon as one of these counts reaches its
        own.
    largest
        Column of the largest contribution to each value.
    dominance
        Share of the total, in (0, 1), above which the largest contribution hides it;
        0 for none.
    complement
        Whether what is left of the denominator obeys the rule as well.
    zeros
        `"shown"`: a zero is a value, and is printed; or `"hidden"`.
    need
        How far from its value a hidden one must be believable: `"threshold"`, from 1
        to `least`; `"exact"`, it is only not to be found; `"share"`, of its value.
    share
        That share.
    most
        What a value that comes hidden is known not to pass; 0 where nothing is.
    law
        Text it comes from.
    verified
        Whether that text, or the file, was read.

    See Also
    --------
    secrecy_rules : Those of the producers.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.SecrecyRule(least=5).rule
    'Aucune valeur de 1 à 4'
    """

    rule: str = ""
    name: str = ""
    least: int = 0
    count: str = ""
    either: Mapping[str, int] = field(default_factory=dict, hash=False)
    largest: str = ""
    dominance: float = 0.0
    complement: bool = False
    zeros: Zeros = "shown"
    need: Need = "threshold"
    share: float = 0.1
    most: int = 0
    law: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        """Refuse a rule that hides nothing of what it says, and name it."""
        check_fields(self)
        check_least(self.least, "least", lowest=0)
        if not 0 <= self.dominance < 1 or not 0 < self.share < 1:
            msg = (
                f"SecrecyRule(dominance={self.dominance!r}, share={self.share!r}): "
                "shares lie between 0 and 1, such as dominance=0.85"
            )
            raise SecrecyError(msg)
        if self.zeros not in {"shown", "hidden"}:
            msg = f"SecrecyRule(zeros={self.zeros!r}): write 'shown' or 'hidden'"
            raise SecrecyError(msg)
        if self.need not in {"exact", "threshold", "share"}:
            msg = (
                f"SecrecyRule(need={self.need!r}): write 'exact', 'threshold' or "
                "'share'"
            )
            raise SecrecyError(msg)
        if not self.rule:
            object.__setattr__(self, "rule", _sentence(self))

    def needs(self, value: float, largest: float = np.nan) -> tuple[float, float]:
        """
        Return how far below and above its value a hidden one must be believable.

        Parameters
        ----------
        value
            What is hidden.
        largest
            The largest contribution to it, where there is one.
        """
        if self.need == "threshold" and self.least:
            below, above = value - 1, self.least - value
        elif self.need == "share":
            below = above = self.share * value
            if self.dominance and largest > self.dominance * value:
                above = largest / self.dominance - value
        else:
            below = above = 1.0
        return min(max(below, 1.0), value), max(above, 1.0)


def _sentence(rule: SecrecyRule) -> str:
    """Write what a rule of the user hides."""
    parts = []
    if rule.least > 1 and not rule.count:
        parts.append(f"aucune valeur de 1 à {number(rule.least - 1)}")
    elif rule.least:
        parts.append(f"au moins {number(rule.least)} unités")
    parts += [f"{number(n)} ({name}) au moins" for name, n in rule.either.items()]
    if rule.dominance:
        parts.append(f"aucune unité au-dessus de {number(100 * rule.dominance)} %")
    text = ", ".join(parts) or "aucune règle"
    return typeset(text[0].upper() + text[1:])


@cache
def secrecy_rules() -> Mapping[str, SecrecyRule]:
    """
    Return the rules of secrecy of the producers, by name.

    Returns
    -------
    Mapping
        Name to rule; change one with `dataclasses.replace`.

    See Also
    --------
    protect : What they are for.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.secrecy_rules()["menages-11"].least
    11
    """
    told = resources.files("basinmap.values").joinpath("secrecy.toml")
    raw = tomllib.loads(told.read_text("utf-8"))
    return MappingProxyType(
        {name: SecrecyRule(**{**item, "name": name}) for name, item in raw.items()}
    )


def rule_of(given: SecrecyRule | str | int) -> SecrecyRule:
    """
    Return a rule: itself, that of a name, or that of a threshold.

    Parameters
    ----------
    given
        A rule, a name of `secrecy_rules`, or the least that is shown.

    Raises
    ------
    CodeError
        If no rule bears that name.
    SecrecyError
        If it is no number of units.

    Examples
    --------
    >>> rule_of("oll").least, rule_of(11).least
    (50, 11)
    """
    if isinstance(given, SecrecyRule):
        return given
    if isinstance(given, str):
        known = secrecy_rules()
        if given not in known:
            msg = f"unknown rule of secrecy {given!r}; choose among {', '.join(known)}"
            raise CodeError(msg)
        return known[given]
    check_least(given, "rules")
    return SecrecyRule(least=int(given))


def check_least(least: object, what: str = "threshold", *, lowest: int = 1) -> None:
    """
    Check that a threshold is a number of units.

    Parameters
    ----------
    least
        What was given.
    what
        How the argument is called.
    lowest
        The lowest that means something.

    Raises
    ------
    SecrecyError
        If it is none.

    Examples
    --------
    >>> check_least(0)
    Traceback (most recent call last):
    basinmap.errors.SecrecyError: threshold is a number of units, such as 11; got 0
    """
    number_ = isinstance(least, int | float | np.number) and not isinstance(least, bool)
    if not number_ or not float(least) >= lowest or not float(least).is_integer():  # type: ignore[arg-type]
        msg = f"{what} is a number of units, such as 11; got {least!r}"
        raise SecrecyError(msg)


def too_few(
    base: ArrayLike, least: int, *, zeros: Zeros = "shown", unknown: bool = False
) -> NDArray[np.bool_]:
    """
    Tell which values are made from too few.

    Parameters
    ----------
    base
        How many each is made from.
    least
        The least that is shown.
    zeros
        Whether a zero is a value, or is hidden too.
    unknown
        What to say of those of which the number is not known.

    Examples
    --------
    >>> too_few([0, 3, 11, np.nan], 11).tolist()
    [False, True, False, False]
    """
    held = np.asarray(base, dtype=float)
    few = (held < least) & ((held > 0) | (zeros == "hidden"))
    return few | (np.isnan(held) & unknown)


def hidden_by(
    rule: SecrecyRule,
    values: ArrayLike,
    counts: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.bool_]:
    """
    Tell which values a rule hides by itself.

    Parameters
    ----------
    rule
        The rule.
    values
        What it is about, NaN where there is none.
    counts
        The columns that the rule speaks of, by their names in it.

    Raises
    ------
    DataError
        If a column that the rule speaks of is not there.

    Examples
    --------
    >>> sirene = secrecy_rules()["sirene"]
    >>> jobs = {"units": [2, 9, 9], "largest": [5, 90, 30]}
    >>> hidden_by(sirene, [8, 100, 100], jobs).tolist()
    [True, True, False]
    """
    told = np.asarray(values, dtype=float)
    given = {k: np.asarray(v, dtype=float) for k, v in (counts or {}).items()}
    wanted = [rule.count, rule.largest, *rule.either]
    absent = [name for name in wanted if name and name not in given]
    if absent:
        msg = (
            f"{rule.rule}: the rule needs {culprits(absent)}; give columns of that "
            "name, or say which with dataclasses.replace(rule, count='sales')"
        )
        raise DataError(msg)
    there = ~np.isnan(told)
    few = np.zeros(told.shape, dtype=bool)
    if rule.least:
        base = given[rule.count] if rule.count else told
        few |= too_few(base, rule.least, zeros=rule.zeros, unknown=bool(rule.count))
    if rule.either:
        enough = [given[name] >= floor for name, floor in rule.either.items()]
        few |= ~np.any(enough, axis=0)
    if rule.dominance:
        few |= given[rule.largest] > rule.dominance * told
    if rule.zeros == "shown":
        few &= told != 0
    return few & there


def emptied(
    values: ArrayLike, states: ArrayLike, few: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """
    Return values and states without the numbers that secrecy hides.

    Every verb that hides asks this function: a secret leaves no number behind.

    Parameters
    ----------
    values, states
        What is there.
    few
        What is to be hidden.

    Examples
    --------
    >>> [part.tolist() for part in emptied([3, 12], ["", ""], [True, False])]
    [[nan, 12.0], ['secret', '']]
    """
    hide = np.asarray(few, dtype=bool)
    told = np.where(hide, np.nan, np.asarray(values, dtype=float))
    return told, np.where(hide, "secret", np.asarray(states, dtype=object))


def mask_table(table: Table, columns: Mapping[str, ArrayLike]) -> Table:
    """
    Return a table without what is to be hidden in some of its columns.

    Parameters
    ----------
    table
        With or without `<column>_state`, which is added beside its column.
    columns
        Column to which of its rows are hidden.

    Examples
    --------
    >>> import pandas as pd
    >>> mask_table(pd.DataFrame({"n": [3, 12]}), {"n": [True, False]})
          n n_state
    0   NaN  secret
    1  12.0
    """
    found = table.copy(deep=False)
    # What changed since it was described must not pass for what was described.
    lost = [name for name in columns if stale(table[name])]
    for name, few in columns.items():
        hide = np.asarray(few, dtype=bool)
        if not hide.any():
            continue
        beside = state_column(name)
        here = beside in found.columns
        states = found[beside].fillna("") if here else pd.Series("", found.index)
        told = pd.to_numeric(found[name], errors="coerce")
        values, said = emptied(
            told.to_numpy(dtype=float, na_value=np.nan), states, hide
        )
        found[name] = values
        if here:
            found[beside] = said
        else:
            at = int(found.columns.get_loc(name)) + 1
            found.insert(at, beside, said)
    silenced(found, {n: found.index[np.asarray(few)] for n, few in columns.items()})
    # What is told of a table holds the prints of its values: they are made again.
    kept = {k: v for k, v in measures_of(found).items() if k not in lost}
    return retell(found, measures=kept) if kept else retell(found)
