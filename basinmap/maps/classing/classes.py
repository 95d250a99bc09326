"""Classes: rounded breaks, `[a ; b[` everywhere, labels in French."""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Final, Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, MeasureError, culprits
from basinmap.maps.classing.figures import decimals_told
from basinmap.maps.classing.methods import Method, cut_values, round_breaks
from basinmap.territory.former import strangers
from basinmap.typography import interval, number, typeset
from basinmap.values.checks import (
    MOST,
    UNDECLARED,
    check_series,
    check_states,
    geography_of,
    level_of,
    looks_counted,
    numbers,
)
from basinmap.values.prints import Held
from basinmap.values.told import carry, fact_of, fresh, retell, told_of

__all__ = [
    "ABOVE_ZERO",
    "SRU",
    "Method",
    "classify",
    "shared_classes",
    "signed",
    "written",
]

Thresholds = Literal["sru"]
"""Legal thresholds, by name."""

SRU: Final = (20.0, 25.0)
"""Shares of social housing, in %, that article L302-5 of the CCH asks of communes."""

_LEGAL: Final[Mapping[str, tuple[tuple[float, ...], str]]] = MappingProxyType(
    {
        "sru": (
            SRU,
            "Seuils de 20 et 25 % : taux légaux de logements sociaux "
            "(art. L. 302-5 du code de la construction et de l'habitation)",
        )
    }
)
ABOVE_ZERO: Final = 1e-37
"""The break between zero and all that is above, in single precision too."""
_ENOUGH: Final = 5
"""Firm values without which all make the classes."""
_CROWDED: Final = 0.6
"""Share of the values from which one class is the map, and says nothing."""
_NEAR: Final = 0.25
"""Share of the greater of two distances within which they may be one."""
# Methods that follow the values, and may do so on each side; the others cut evenly.
_BY_SIDE: Final[Mapping[Method, tuple[Method, ...]]] = MappingProxyType(
    {
        "fisher-jenks": ("fisher-jenks", "quantile"),
        "quantile": ("quantile",),
        "nested-means": ("nested-means",),
        "head-tail": ("head-tail",),
    }
)
# They have a centre of their own, or too many classes to be mirrored.
_NOT_MIRRORED: Final = ("standard-deviation", "q6")

# What the series of one set of classes must agree on, where they tell it.
_SHARED: Final = MappingProxyType(
    {"unit": "units", "indicator": "indicators", "kind": "kinds of measure"}
)

Key = TypeVar("Key", bound=Hashable)


def classify(
    values: pd.Series,
    *,
    method: Method | None = None,
    k: int = 5,
    breaks: Sequence[float] | Thresholds | None = None,
    pivot: float | None = None,
    zero: bool = False,
    firm: bool = False,
) -> pd.Series:
    """
    Cut values into ordered classes with finished French labels.

    Classes are closed on the left and open on the right, `[a ; b[`. Breaks are
    rounded to the roundest number that leaves the classes as the method made
    them, or moves at most 3 % of the values. There are fewer classes than `k`
    when the values do not allow so many.

    Parameters
    ----------
    values
        Numbers; a missing one gets a missing class.
    method
        By default that which the values are told to be drawn by, with the pivot that
        they turn on, as `compute` tells of an indicator, else `"fisher-jenks"`.
        `"fisher-jenks"` (least variance inside classes), `"quantile"` (equal
        numbers), `"equal"` (equal widths), `"standard-deviation"` (a class a
        standard deviation; the mean is a break when `k` is even, the middle of a
        class when it is odd), `"q6"` (quantiles at 5, 27.5, 50, 72.5 and 95 %),
        `"geometric"` (equal ratios, above zero), `"nested-means"` (2, 4 or 8 classes,
        at most `k`), `"head-tail"` (at most `k`, for few great values and many small),
        `"pretty"` (equal widths between round numbers, at most `k`).
    k
        Number of classes wanted, 1 to 9; with a pivot, half of them on each side.
        It does not count for `"q6"`.
    breaks
        Inner bounds of your own, increasing, or `"sru"` for the legal shares of social
        housing, 20 and 25 %; then neither method nor `k` count.
    pivot
        A value, such as 0, that must be a break: classes are then symmetric
        around it, for a diverging palette, as far as both sides have values; those
        that would be empty are merged on both sides. Where one class would then hold
        more than 60 % of the values, each side is cut by its own, unless the method
        cuts evenly; colours go on telling how far from the pivot a class is.
    zero
        Whether zero, where some value is, is a class of its own, counted in `k`: where
        nothing is counted is not where little is.
    firm
        Whether classes are those of firm values: what is told to be over too few units
        (`bm.told_of(values).fragile`, by the thresholds of the catalogue) makes no
        class, is grey and hatched on the map, with its line in the legend. Where
        fewer than five values are firm, all make the classes, and a note says so. By
        default all values count alike, and the foot says how many are fragile.

    Returns
    -------
    Series
        Ordered categories on the index of `values`. `attrs` keeps those of
        `values` and adds `breaks` (inner bounds), `bounds` (least and greatest
        value), `pivot`, `labels`; and `looks_counted` where nothing says what the
        values are, and they are whole numbers above 100: filling units with their
        colour will then warn.

    Raises
    ------
    SecrecyError
        If a value is there that `attrs["states"]` says is secret.
    DataError
        If all values are missing, one is infinite or no number, `k`, `breaks` or
        `pivot` make no sense or not with this method, or a value is not above zero
        and the method is geometric.

    Warns
    -----
    BasinmapWarning
        If values stand at what is no unit of their level, such as a total or a
        commune that merged: they get no class.

    See Also
    --------
    shared_classes : The same classes for a series of maps.

    Notes
    -----
    All breaks are rounded so but those of `"pretty"`, which are round, of
    `"standard-deviation"`, which only lose the decimals the indicator has not, and your
    own. With `"standard-deviation"`, `"q6"` and `"sru"` a French note for the sheet is
    added to `attrs["notes"]`: what the breaks are, and that they are rounded if so.

    Units a class, empty ones too: `classes.value_counts(sort=False)`.

    References
    ----------
    W. D. Fisher (1958), On grouping for maximum homogeneity, *Journal of the
    American Statistical Association* 53, by exact dynamic programming. The others:
    see `basinmap.maps.classing.methods`.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> rates = pd.Series([1.2, 1.9, 5.1, 5.4, 9.7], index=list("abcde"))
    >>> bm.classify(rates, k=3).tolist()  # doctest: +NORMALIZE_WHITESPACE
    ['moins de 5', 'moins de 5', 'de 5 à moins de 9', 'de 5 à moins de 9', '9 et plus']
    >>> bm.classify(pd.Series([-2.0, -0.1, 0.0, 3.0]), k=4, pivot=0).iloc[2]
    'de 0 à moins de +2'
    >>> bm.classify(pd.Series([0.0, 0.0, 1.0, 6.0]), breaks=[5], zero=True).tolist()
    ['0', '0', 'plus de 0 à moins de 5', '5 et plus']
    >>> bm.classify(pd.Series([12.0, 20.0, 24.9, 25.0]), breaks="sru").tolist()
    ['moins de 20', 'de 20 à moins de 25', 'de 20 à moins de 25', '25 et plus']
    """
    check_given(classify, locals())
    (classes,) = shared_classes(
        {0: values},
        method=method,
        k=k,
        breaks=breaks,
        pivot=pivot,
        zero=zero,
        firm=firm,
    ).values()
    return classes


def shared_classes(
    series: Mapping[Key, pd.Series],
    *,
    method: Method | None = None,
    k: int = 5,
    breaks: Sequence[float] | Thresholds | None = None,
    pivot: float | None = None,
    zero: bool = False,
    firm: bool = False,
) -> dict[Key, pd.Series]:
    """
    Cut several series of one quantity into the same classes, for maps to compare.

    Breaks are found on all the values together. A class that is empty on one map is
    there all the same, with its label and its colour.

    Parameters
    ----------
    series
        Values by date, territory… One of them may be wholly missing.
    method, k, breaks, pivot, zero, firm
        See `classify`.

    Returns
    -------
    dict
        Classes by the same keys; `attrs["bounds"]` are those of all the values, whose
        number is `attrs["classified"]`.

    Raises
    ------
    DataError
        If there is no series, or for a reason of `classify`.
    MeasureError
        If they are not of one unit, one indicator and one kind of measure.
    SecrecyError
        If a value is there that is secret.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> before, after = pd.Series([4.0, 6.0, 9.0]), pd.Series([6.5, 9.5, 12.0])
    >>> found = bm.shared_classes({2016: before, 2021: after}, breaks=[5, 10])
    >>> found[2021].value_counts(sort=False).to_dict()
    {'moins de 5': 0, 'de 5 à moins de 10': 2, '10 et plus': 1}
    """
    check_given(shared_classes, locals())
    _check_options(k, "fisher-jenks" if method is None else method, pivot)
    series = {key: _of_units(_checked(values)) for key, values in series.items()}
    if method is None:
        method, own = _by_default(series)
        pivot = own if pivot is None and breaks is None else pivot
    pooled, caution = _pooled(series), ""
    if firm:
        pooled, caution = _firm(series, pooled)
    decimals = _decimals(series)
    if zero:
        cut = _cut_above_zero(pooled, method, k, decimals, breaks, pivot)
    else:
        cut = _cut(pooled, method, k, decimals, breaks, pivot)
    of_all = {
        "bounds": (float(pooled[0]), float(pooled[-1])),
        "classified": len(pooled),
        **({"firm": True, "mostly_fragile": _mostly_fragile(series)} if firm else {}),
    }
    cut = replace(cut, note=" ; ".join(filter(None, [cut.note, caution])))
    classes = {key: _cut_up(values, cut, of_all) for key, values in series.items()}
    reasons = [set(told_of(values).fragile.values()) for values in series.values()]
    if firm and len(frozenset().union(*reasons)) > max(map(len, reasons)):
        _reason_in_common(classes, frozenset().union(*reasons))
    return classes


def _reason_in_common(
    classes: Mapping[Key, pd.Series], reasons: frozenset[str]
) -> None:
    """Say once why values are fragile of which each map has its own threshold."""
    words = [text.split(" ") for text in sorted(reasons, key=lambda t: (len(t), t))]
    first, least = words[0], min(map(len, words))
    same = [all(one[i] == first[i] for one in words) for i in range(least)]
    head = same.index(False) if False in same else least
    ends = [all(one[-i] == first[-i] for one in words) for i in range(1, least + 1)]
    tail = min(ends.index(False) if False in ends else least, least - head)
    own = [" ".join(one[head : len(one) - tail]) for one in words]
    either = f"{', '.join(own[:-1])} ou {own[-1]}"
    last = first[len(first) - tail :]
    shared = " ".join([*first[:head], either, *last, "selon la carte"])
    for one in classes.values():
        few = told_of(one).fragile
        if few:
            retell(one, fragile=dict.fromkeys(few, typeset(shared)))


def _firm(
    series: Mapping[Key, pd.Series], pooled: np.ndarray
) -> tuple[np.ndarray, str]:
    """Return the values that are not fragile, or all with the reason why."""
    firm = [
        _numbers(v[~v.index.isin(list(told_of(v).fragile))]) for v in series.values()
    ]
    known = np.sort(np.concatenate(firm))
    known = known[~np.isnan(known)]
    if len(known) >= _ENOUGH or len(known) == len(pooled):
        return known, ""
    why = "moins de cinq ne sont pas à lire avec prudence"
    return pooled, typeset(f"Classes de toutes les valeurs : {why}")


def _mostly_fragile(series: Mapping[Key, pd.Series]) -> bool:
    """Tell whether most values, of all maps, are to be read with care."""
    few = [v.index.isin(list(told_of(v).fragile)) & v.notna() for v in series.values()]
    known = sum(int(v.notna().sum()) for v in series.values())
    return 2 * sum(int(one.sum()) for one in few) > known


def _by_default(series: Mapping[Key, pd.Series]) -> tuple[Method, float | None]:
    """Return how values are told to be drawn, where all say the same."""
    told = [told_of(values) for values in series.values()]
    methods, pivots = {one.method for one in told}, {one.pivot for one in told}
    method = methods.pop() if len(methods) == 1 else ""
    found: Method = method if method in get_args(Method) else "fisher-jenks"  # type: ignore[assignment]
    turns = len(pivots) == 1 and found not in _NOT_MIRRORED
    return found, pivots.pop() if turns else None


@dataclass(frozen=True, slots=True)
class _Cut:
    """Inner breaks, what they stand around, what is said of them on the sheet."""

    breaks: list[float]
    pivot: float | None
    note: str = ""


def _cut(
    numbers: np.ndarray,
    method: Method,
    k: int,
    decimals: int | None,
    breaks: Sequence[float] | Thresholds | None,
    pivot: float | None,
) -> _Cut:
    if isinstance(breaks, str):
        if breaks not in _LEGAL:
            msg = (
                f"unknown thresholds {breaks!r}: {', '.join(_LEGAL)}, or breaks=[5, 10]"
            )
            raise DataError(msg)
        legal, note = _LEGAL[breaks]
        return _Cut(_own_breaks(legal, pivot), pivot, typeset(note))
    if breaks is not None:
        return _Cut(_own_breaks(breaks, pivot), pivot)
    if pivot is not None:
        return _Cut(_mirrored(numbers, method, k, pivot, decimals), pivot)
    found, exact = _breaks(numbers, method, k, decimals)
    return _Cut(found, None, _note(numbers, method, decimals, rounded=found != exact))


def _cut_above_zero(
    numbers: np.ndarray,
    method: Method,
    k: int,
    decimals: int | None,
    breaks: Sequence[float] | Thresholds | None,
    pivot: float | None,
) -> _Cut:
    """Return breaks of which the first sets zero apart from all that is above."""
    if pivot is not None or numbers[0] < 0:
        why = "a pivot" if pivot is not None else "values below zero"
        msg = f"zero=True, and {why}: write pivot=0, where zero is a bound"
        raise DataError(msg)
    above = numbers[numbers > 0]
    if len(above) in (0, len(numbers)):
        return _cut(numbers, method, k, decimals, breaks, pivot)
    found = _cut(above, method, max(1, k - 1), decimals, breaks, pivot)
    if found.breaks and found.breaks[0] <= 0:
        msg = f"zero=True: breaks are above zero, got {found.breaks}"
        raise DataError(msg)
    return _Cut([ABOVE_ZERO, *found.breaks], None, found.note)


def _cut_up(values: pd.Series, cut: _Cut, of_all: Mapping[str, object]) -> pd.Series:
    """Return the classes of one series."""
    known = _numbers(values)
    codes = np.searchsorted(cut.breaks, known, side="right")
    codes = np.where(np.isnan(known), -1, codes)
    told = told_of(values)
    signs = told.kind == "growth" or cut.pivot == 0
    labels = _labels(cut.breaks, signs=signs)
    categories = pd.Categorical.from_codes(codes, categories=labels, ordered=True)
    classes = pd.Series(categories, index=values.index, name=values.name)
    retell(
        carry(classes, values),
        kind=told.kind,
        states=told.states,
        pivot=cut.pivot,
        **of_all,
        breaks=tuple(cut.breaks),
        labels=tuple(labels),
        classed=Held(pd.Series(known, values.index)),
    )
    if cut.note:
        retell(classes, notes=(*told.notes, cut.note))
    return retell(classes, **{UNDECLARED: True}) if looks_counted(values) else classes


def _note(
    numbers: np.ndarray, method: Method, decimals: int | None, *, rounded: bool
) -> str:
    """Say on the sheet what breaks that mean something are."""
    said = "bornes arrondies" if rounded else "bornes exactes"
    if method == "q6":
        return typeset(f"Classes : quantiles à 5, 27,5, 50, 72,5 et 95 % ; {said}")
    if method != "standard-deviation":
        return ""
    deviation = float(numbers.std())
    if decimals is None:
        decimals = _enough_decimals(numbers, [float(numbers.mean())])
    about = (
        f"moyenne {number(float(numbers.mean()), decimals)}, "
        f"écart-type {number(deviation, decimals)}"
    )
    return typeset(f"Classes d'un écart-type : {about} ; {said}")


def _check_options(k: int, method: str, pivot: float | None) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= 9:
        msg = f"k={k}: from 1 to 9 classes can be told apart"
        raise DataError(msg)
    if method not in get_args(Method):
        *most, last = get_args(Method)
        msg = f"unknown method {method!r}: {', '.join(most)} or {last}"
        raise DataError(msg)
    if pivot is None:
        return
    if not math.isfinite(pivot):
        msg = f"pivot={pivot}: give a number, such as 0"
        raise DataError(msg)
    if method in _NOT_MIRRORED:
        msg = (
            f"{method!r} classes are not symmetric around a pivot: "
            "leave pivot out, or use method='quantile' or 'equal'"
        )
        raise DataError(msg)


def _numbers(values: pd.Series) -> np.ndarray:
    """Return the values as floats, those missing as NaN."""
    return numbers(values).to_numpy()


def _checked(values: pd.Series) -> pd.Series:
    """Return values of which all that is told is true."""
    check_series(values)
    return fresh(values, stacklevel=6)


def _pooled(series: Mapping[Key, pd.Series]) -> np.ndarray:
    """Return all the values there are, sorted."""
    if not series:
        msg = "no series to classify: give them by date, {2016: before, 2021: after}"
        raise DataError(msg)
    for values in series.values():
        check_states(values)
    for trait, named in _SHARED.items():
        told = {one for v in series.values() if (one := getattr(told_of(v), trait))}
        if len(told) > 1:
            msg = f"{len(told)} {named} ({culprits(sorted(told))}) cannot share classes"
            raise MeasureError(msg)
    found = []
    for values in series.values():
        known = _numbers(values)
        if (np.abs(known) > MOST).any():
            wrong = values.index[np.abs(known) > MOST]
            msg = (
                f"{values.name or 'values'}: infinite values at {culprits(wrong)}; "
                f"empty them (above {MOST:g}: infinite)"
            )
            raise DataError(msg)
        found.append(known[~np.isnan(known)])
    pooled = np.sort(np.concatenate(found))
    if not len(pooled):
        total = sum(len(values) for values in series.values())
        name = next(iter(series.values())).name
        msg = f"{name or 'values'}: all {total} values are missing"
        raise DataError(msg)
    return pooled


def _of_units(values: pd.Series) -> pd.Series:
    """Return values without those that no unit has, which would make classes."""
    level = level_of(values)
    there = values.index[values.notna()]
    lost = strangers(there, level, geography=geography_of(values))
    # Where few are units, the codes are the user's own, or no text: drawing tells.
    if not lost or 2 * len(lost) > len(there):
        return values
    warnings.warn(
        f"{len(lost)} value(s) of {values.name or 'values'!r} stand at what is no "
        f"{level}: {culprits(lost)}; they are in no class. Drop them, or bring an "
        "older table to 2026 with bm.rebase",
        BasinmapWarning,
        stacklevel=5,
    )
    return carry(values.mask(values.index.isin(lost)), values)


def _decimals(series: Mapping[Key, pd.Series]) -> int | None:
    told = [told_of(values).decimals for values in series.values()]
    return max((n for n in told if n is not None), default=None)


def _own_breaks(breaks: Sequence[float], pivot: float | None) -> list[float]:
    inner = [float(b) for b in np.ravel(np.asarray(breaks, dtype=float))]
    if not np.isfinite(inner).all() or (np.diff(inner) < 1e-6).any():
        msg = f"breaks must increase, got {inner}; write breaks=[5, 10, 20]"
        raise DataError(msg)
    tiny = [b for b in inner if b and round(b, 6) == 0]
    if tiny:
        msg = (
            f"breaks {tiny}: printed with six decimals they are 0; give the values in "
            "a smaller unit, such as per 100,000"
        )
        raise DataError(msg)
    if pivot is not None and pivot not in inner:
        msg = f"the pivot {pivot} is none of the breaks {inner}; add it to them"
        raise DataError(msg)
    return inner


def _enough_decimals(numbers: np.ndarray, raw: list[float]) -> int:
    """Return the decimals that keep the breaks apart once they are rounded."""
    steps = np.diff(np.unique([numbers[0], *raw, numbers[-1]]))
    steps = steps[steps > 0]
    if not len(steps):
        return 2
    return int(np.clip(1 - math.floor(math.log10(steps.min())), 0, 6))


def _breaks(
    numbers: np.ndarray, method: Method, k: int, decimals: int | None
) -> tuple[list[float], list[float]]:
    """Return the inner breaks, each with values on both sides, rounded and exact."""
    k = min(6 if method == "q6" else k, len(np.unique(numbers)))
    if k == 1:
        return [], []
    if method == "pretty":
        found = round_breaks(numbers, k, 6 if decimals is None else decimals)
        return found, found
    cut = sorted(set(cut_values(numbers, method, k)))
    exact = [b for b in cut if numbers[0] < b <= numbers[-1]]
    if method == "standard-deviation":  # rounder ones would no longer be it
        if decimals is None:
            decimals = _enough_decimals(numbers, exact)
        return sorted({round(b, decimals) for b in exact}), exact
    return _rounded(numbers, exact, decimals), exact


def _rounded(
    numbers: np.ndarray, exact: list[float], decimals: int | None
) -> list[float]:
    """Return the roundest breaks that cut the values as exact ones do, or nearly."""
    if decimals is None:
        decimals = _enough_decimals(numbers, exact)
    cuts = np.searchsorted(numbers, exact, side="left")
    sizes = np.diff([0, *cuts, len(numbers)])
    # A rounder break may move a few values, never a good part of a class.
    slack = np.minimum(0.03 * len(numbers), 0.2 * np.minimum(sizes[:-1], sizes[1:]))
    rounded = {
        _roundest(numbers, b, int(room), decimals)
        for b, room in zip(exact, slack, strict=True)
    }
    return sorted(b for b in rounded if numbers[0] < b <= numbers[-1])


def _roundest(numbers: np.ndarray, raw: float, slack: int, decimals: int) -> float:
    """Return the roundest number that cuts the values where `raw` does, or nearly."""
    position = int(np.searchsorted(numbers, raw, side="left"))
    low = numbers[max(position - 1 - slack, 0)]
    high = numbers[min(position + slack, len(numbers) - 1)]
    for exponent in range(9, -decimals - 1, -1):
        for factor in (1.0, 0.5):
            step = factor * 10.0**exponent
            if step < 10.0**-decimals:
                continue
            near = step * float(np.rint(raw / step))
            # 3 × 0.1 is a hair above 0.3: compare what will be printed.
            near_by = [round(b, decimals) for b in (near, near - step, near + step)]
            fit = [b for b in near_by if low < b <= high]
            if fit:
                nearest = int(np.argmin(np.abs(np.array(fit) - raw)))
                return fit[nearest]
    return round(raw, decimals)


def _mirrored(
    numbers: np.ndarray, method: Method, k: int, pivot: float, decimals: int | None
) -> list[float]:
    """Return breaks symmetric around the pivot, unless one class would be the map."""
    breaks = _symmetric(numbers, method, k, pivot, decimals)
    found = [breaks]
    for own in _BY_SIDE.get(method, ()):
        if _crowd(numbers, found[-1]) > _CROWDED:
            found.append(_by_side(numbers, own, k, pivot, decimals))
    if _crowd(numbers, found[-1]) <= _CROWDED:
        return found[-1]
    return min(found, key=partial(_crowd, numbers))


def _crowd(numbers: np.ndarray, breaks: list[float]) -> float:
    """Return the share of the values that the fullest class holds."""
    held = np.bincount(np.searchsorted(breaks, numbers, side="right"))
    return float(held.max() / len(numbers))


def _by_side(
    numbers: np.ndarray, method: Method, k: int, pivot: float, decimals: int | None
) -> list[float]:
    """Return breaks of each side by its own values, on both where they may be."""
    below, above = (
        _of_side(part, method, max(1, k // 2), pivot, decimals)
        for part in (numbers[numbers < pivot], numbers[numbers >= pivot])
    )
    both = {b: round(2 * pivot - b, 6) for b in (*below, *above)}
    for one, other in product(below, above):
        # Near enough to be one distance: where either cuts both sides alike, it does.
        if abs(one + other - 2 * pivot) <= _NEAR * max(pivot - one, other - pivot):
            if _cuts_alike(numbers, one, both[other]):
                below = [both[other] if b == one else b for b in below]
            elif _cuts_alike(numbers, other, both[one]):
                above = [both[one] if b == other else b for b in above]
    return sorted({*below, pivot, *above})


def _cuts_alike(numbers: np.ndarray, one: float, other: float) -> bool:
    first, second = np.searchsorted(numbers, [one, other], side="left")
    return bool(first == second)


def _of_side(
    part: np.ndarray, method: Method, k: int, pivot: float, decimals: int | None
) -> list[float]:
    """Return the breaks of what lies on one side of the pivot, by how far it is."""
    away = np.abs(part - pivot)
    k = min(k, len(np.unique(away)))
    if k < 2:
        return []
    cuts = [away >= cut for cut in cut_values(np.sort(away), method, k)]
    # Values are sorted: those below the pivot have the farthest first.
    outer = [int(cut.sum()) if part[0] < pivot else int((~cut).sum()) for cut in cuts]
    exact = sorted({float(part[n]) for n in outer if 0 < n < len(part)})
    return _rounded(part, exact, decimals)


def _symmetric(
    numbers: np.ndarray, method: Method, k: int, pivot: float, decimals: int | None
) -> list[float]:
    """Return breaks symmetric around the pivot, no class of which is empty."""
    away = np.sort(np.abs(numbers - pivot))
    away = away[away > 0]
    half: list[float] = []
    if len(away):
        half, _ = _breaks(away, method, max(1, k // 2), decimals)
    while True:
        breaks = _around(numbers, half, pivot)
        useless = _bounds_of_an_empty_class(numbers, breaks, pivot)
        if not useless:
            return breaks
        # Of both sides at once: what is as far on each side stays of one colour.
        fewer = [[h for h in half if h != _nearest(half, b)] for b in useless]
        half = min(
            fewer, key=lambda kept: _spread(numbers, _around(numbers, kept, pivot))
        )


def _around(numbers: np.ndarray, half: list[float], pivot: float) -> list[float]:
    """Return the breaks at these distances of the pivot that cut the values."""
    both = [*(pivot - b for b in half), *(pivot + b for b in half)]
    kept = {round(b, 6) for b in both if numbers[0] < b <= numbers[-1]}
    # The pivot is a break even when every value lies on one side of it.
    return sorted({*kept, pivot})


def _bounds_of_an_empty_class(
    numbers: np.ndarray, breaks: list[float], pivot: float
) -> list[float]:
    """Return how far from the pivot the bounds of the first class without value are."""
    held = np.bincount(
        np.searchsorted(breaks, numbers, side="right"), minlength=len(breaks) + 1
    )
    for place in np.flatnonzero(held[1:-1] == 0):
        bounds = breaks[place : place + 2]
        return [abs(b - pivot) for b in bounds if b != pivot]
    return []


def _nearest(half: list[float], distance: float) -> float:
    return min(half, key=lambda h: abs(h - distance))


def _spread(numbers: np.ndarray, breaks: list[float]) -> float:
    """Return the variance inside classes, times the number of values."""
    parts = np.split(numbers, np.searchsorted(numbers, breaks, side="left"))
    return sum(float(part.var()) * len(part) for part in parts if len(part))


def signed(values: pd.Series) -> bool:
    """
    Say whether values are changes, which are written with their sign.

    Parameters
    ----------
    values
        Values or classes. A rate around its mean is no change.

    Examples
    --------
    >>> gaps = pd.Series([-2.0, 0.5, 3.0])
    >>> signed(classify(gaps, pivot=0)), signed(classify(gaps, pivot=0.5))
    (True, False)
    """
    return told_of(values).kind == "growth" or fact_of(values, "pivot") == 0


def written(inner: Sequence[float], *, signs: bool = False) -> list[str]:
    """
    Write breaks with the same, fewest decimals that tell them exactly.

    Parameters
    ----------
    inner
        Inner breaks.
    signs
        Whether a plus sign is written before what is above zero.

    Examples
    --------
    >>> written([0.0, 2.0, 3.5])
    ['0', '2,0', '3,5']
    """
    decimals = decimals_told(inner)
    return [
        number(b, decimals if abs(b) > ABOVE_ZERO else 0, signed=signs) for b in inner
    ]


def _labels(inner: Sequence[float], *, signs: bool) -> list[str]:
    text = written(inner, signs=signs)
    if inner and inner[0] == ABOVE_ZERO:
        if not text[1:]:
            return ["0", "plus de 0"]
        first = f"plus de 0 à {interval(None, text[1])}"
        rest = zip(text[1:], [*text[2:], None], strict=True)
        return ["0", first, *(interval(a, b) for a, b in rest)]
    return [interval(a, b) for a, b in zip([None, *text], [*text, None], strict=True)]
