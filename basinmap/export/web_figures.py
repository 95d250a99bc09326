"""What a web page says of figures: as they are printed, and by which class."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import MeasureError
from basinmap.maps.classing.classes import Method, shared_classes, signed
from basinmap.maps.classing.figures import decimals_of
from basinmap.maps.look.fills import class_colors
from basinmap.maps.look.vision import lightness
from basinmap.states import SIGNS, STATES, VOIDS
from basinmap.typography import THIN, number, rounded
from basinmap.values.checks import check_rate, check_states, name_of, numbers
from basinmap.values.told import Told, carry, fresh, told_of

__all__ = [
    "FRAGILE",
    "LETTERS",
    "UNRANKED",
    "Shown",
    "View",
    "check_shown",
    "decimals_shown",
    "ranks_of",
    "shown_of",
    "with_unit",
]

LETTERS: Final[Mapping[str, str]] = {
    "secret": "s",
    "not_applicable": "o",
    "not_available": "n",
    "lower_bound": "b",
    "estimated": "e",
    "fragile": "f",
}
"""A letter a state, in the data of the page."""
UNRANKED: Final = frozenset("bf")
"""What has a value and no rank: a minimum, and what is made from few."""
FRAGILE: Final = "*"
"""What stands after a value that is made from few."""
_PALE: Final = 72.0
"""Lightness from which white lines are not seen on a colour."""
_STEPS: Final = (1.0, 4.0, 20.0)
"""The circles of a legend: the largest, and how many times smaller the others are."""


@dataclass(frozen=True)
class View:
    """
    An indicator at one level, of one year.

    Attributes
    ----------
    year
        As told, or nothing.
    title
        French, with the year.
    whole
        Each value as printed, times ten to the power of its decimals; None where there
        is none.
    states
        A letter a unit, or a dot.
    classes
        A figure a unit, or a dash.
    sources
        French lines.
    """

    year: str
    title: str
    whole: tuple[int | None, ...]
    states: str
    classes: str
    sources: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether nothing is to be said of any value."""
        return not self.states.strip(".")

    @cached_property
    def ranks(self) -> list[int | None]:
        """The rank of each value."""
        return ranks_of(self.whole, self.states)


@dataclass(frozen=True)
class Shown:
    """
    An indicator at one level: what all its years share.

    Attributes
    ----------
    id, label, unit, kind, note
        As told.
    decimals
        Of the printed values.
    signed
        Whether a plus sign is printed.
    labels, colors
        Of the classes, lowest first; none of a stock.
    veils
        Colour of the lines that say, on each class, that a value is made from few.
    circles
        Of a stock, the values of the circles of the legend, largest first, as printed.
    views
        By year, oldest first.
    """

    id: str
    label: str
    unit: str
    kind: str
    note: str
    decimals: int
    signed: bool
    labels: tuple[str, ...]
    colors: tuple[str, ...]
    veils: tuple[str, ...]
    circles: tuple[int, ...]
    views: Mapping[str, View] = field(default_factory=dict)

    def printed(self, whole: int | None, state: str = ".") -> str:
        """
        Write a value as it is printed everywhere, with the sign of its state.

        Parameters
        ----------
        whole
            As in a view.
        state
            Its letter.
        """
        named = {letter: name for name, letter in LETTERS.items()}.get(state, "")
        if whole is None:
            return VOIDS.get(named, VOIDS["not_available"])
        text = number(whole / 10**self.decimals, self.decimals, signed=self.signed)
        after = FRAGILE if named == "fragile" else ""
        return f"{SIGNS[named]}{THIN}{text}" if named in SIGNS else f"{text}{after}"


def with_unit(text: str, unit: str) -> str:
    r"""
    Write a printed value with its unit, that no end of line parts from it.

    Parameters
    ----------
    text
        A printed value.
    unit
        French, or nothing.

    Examples
    --------
    >>> with_unit("7,6", "%"), with_unit("9", "")
    ('7,6\u202f%', '9')
    """
    if not unit:
        return text
    return f"{text}{THIN if unit.startswith('%') else chr(160)}{unit}"


def ranks_of(whole: Sequence[int | None], states: str) -> list[int | None]:
    """
    Return the rank of each value from the highest, as printed; equals share theirs.

    Parameters
    ----------
    whole
        Values as printed.
    states
        A letter each: what is a minimum, or made from few, has no rank.

    Examples
    --------
    >>> ranks_of([5, 9, None, 9, 7], "...." + "b")
    [3, 1, None, 1, None]
    """
    ranked = [
        value
        for value, state in zip(whole, states, strict=True)
        if value is not None and state not in UNRANKED
    ]
    ordered = sorted(ranked, reverse=True)
    first: dict[int, int] = {}
    for place, value in enumerate(ordered, start=1):
        first.setdefault(value, place)
    return [
        None if value is None or state in UNRANKED else first[value]
        for value, state in zip(whole, states, strict=True)
    ]


def shown_of(
    series: Mapping[str, pd.Series],
    codes: Sequence[str],
    *,
    id_: str,
    decimals: int,
    method: Method | None = None,
    fragile: Collection[str] = (),
) -> Shown:
    """
    Describe an indicator at one level, its years having the same classes.

    Parameters
    ----------
    series
        By year, on codes of the level; those of `codes` count.
    codes
        The units, in the order that they are shown in.
    id_
        What the indicator is called in a link.
    decimals
        Of the printed values.
    method
        How classes are made, by default as the values tell.
    fragile
        Units whose rates are made from few, beside those that the values tell.

    Raises
    ------
    MeasureError
        If classes are of counts.
    SecrecyError
        If a value is there that is said to be secret.
    """
    series = {year: _aligned(values, codes) for year, values in series.items()}
    told = told_of(next(iter(series.values())))
    circled = told.kind == "stock"
    classes: Mapping[str, pd.Series] = {}
    if not circled and any(values.notna().any() for values in series.values()):
        k = 5 if told.pivot is None else 6
        classes = shared_classes(series, method=method, k=k, firm=True)
    some = next(iter(classes.values()), None)
    if some is not None:
        check_rate(some, "map it as circles: bm.describe(values, kind='stock')")
    views = {
        year: _view(
            year,
            values,
            classes.get(year),
            decimals,
            () if circled else {*fragile, *told_of(values).fragile},
        )
        for year, values in series.items()
    }
    colors = () if some is None else tuple(class_colors(some, None))
    return Shown(
        id=id_,
        label=told.label or name_of(next(iter(series.values()))),
        unit=told.unit,
        kind=told.kind,
        note=told.definition,
        decimals=decimals,
        signed=told.kind == "growth" or (some is not None and signed(some)),
        labels=() if some is None else tuple(map(str, some.cat.categories)),
        colors=colors,
        veils=tuple(
            "#8a8f99" if light > _PALE else "#ffffff" for light in _light(colors)
        ),
        circles=_circles(views.values()) if circled else (),
        views=views,
    )


def check_shown(told: Told, name: str) -> None:
    """
    Refuse what a page that ranks has no place for.

    Parameters
    ----------
    told
        What is told of values.
    name
        Of them, for the message.

    Raises
    ------
    MeasureError
        If they are of kinds without an order, or flows.
    """
    if told.kind in {"category", "flow"}:
        msg = (
            f"{name}: values of kind {told.kind!r} have no order, and no place in a "
            "page that ranks; leave them out"
        )
        raise MeasureError(msg)


def _light(colors: Sequence[str]) -> list[float]:
    return lightness(colors).tolist() if colors else []


def _aligned(values: pd.Series, codes: Sequence[str]) -> pd.Series:
    """Return the values of the units that are shown, what is told of them kept."""
    values = fresh(values)
    told = told_of(values)
    kept = numbers(values).reindex(list(codes))
    kept.index.name = values.index.name
    states = {code: told.states[code] for code in codes if code in told.states}
    found = carry(kept.rename(values.name), values, states=states)
    check_states(found)
    return found


def _view(
    year: str,
    values: pd.Series,
    classes: pd.Series | None,
    decimals: int,
    fragile: Collection[str],
) -> View:
    told = told_of(values)
    found = [_whole(value, decimals) for value in values.to_numpy(dtype=float)]
    states = "".join(
        _letter(told.states.get(code, "fragile" * (code in fragile)), value)
        for code, value in zip(values.index, found, strict=True)
    )
    places = [-1] * len(values) if classes is None else classes.cat.codes.tolist()
    return View(
        year,
        told.title or _title(told.label or name_of(values), told.vintage),
        tuple(found),
        states,
        "".join("-" if place < 0 else str(place) for place in places),
        told.sources,
    )


def _title(label: str, vintage: str) -> str:
    """Write a title with its year, where none is told."""
    if not vintage or vintage in label:
        return label
    return f"{label} en {vintage}" if vintage.isdigit() else f"{label}, {vintage}"


def _letter(state: str, value: int | None) -> str:
    if value is None:
        return LETTERS[state if state in STATES else "not_available"]
    return LETTERS.get(state, ".")


def _whole(value: float, decimals: int) -> int | None:
    """Return a value as it is printed, without its comma."""
    if math.isnan(value):
        return None
    return round(rounded(value, decimals) * 10**decimals)


def _circles(views: Iterable[View]) -> tuple[int, ...]:
    """Return round values for the circles of a legend, none above the largest."""
    largest = max(
        (abs(value) for view in views for value in view.whole if value is not None),
        default=0,
    )
    found = [_round_below(largest / step) for step in _STEPS if largest / step >= 1]
    return tuple(dict.fromkeys(found))


def _round_below(value: float) -> int:
    power = 10 ** math.floor(math.log10(value))
    return int(next(s * power for s in (5, 2, 1) if s * power <= value))


def decimals_shown(series: Iterable[pd.Series]) -> int:
    """
    Return the decimals that an indicator is printed with, at all levels.

    Parameters
    ----------
    series
        Its values at all levels, of all years.
    """
    every = list(series)
    told = [d for values in every if (d := told_of(values).decimals) is not None]
    if told:
        return max(told)
    figures = np.concatenate([numbers(values).to_numpy() for values in every])
    return decimals_of(figures[~np.isnan(figures)].tolist())
