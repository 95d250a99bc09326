"""All that the counts of a territory give a web page to show."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.catalogue.computing import compute
from basinmap.catalogue.entries import catalogue, indicator
from basinmap.deliverables.subjects import Subject
from basinmap.deliverables.web_pages import members_within, subject_page
from basinmap.errors import BasinmapWarning, DataError, MeasureError
from basinmap.maps.classing.methods import Method
from basinmap.measures import Stock, state_column
from basinmap.territory.aggregation import aggregate
from basinmap.typography import number
from basinmap.values.columns import column
from basinmap.values.told import carry, measures_of, told_of

__all__ = ["LICENCE", "PAGE", "WHY_FRAGILE", "web_values", "write_page_of"]

Years = int | tuple[int, int] | None
PAGE: Final = "page.html"
"""Name of the page beside a document."""
LICENCE: Final = "Données de l'Insee et de l'IGN : Licence Ouverte 2.0."
"""Of the embedded data."""
WHY_FRAGILE: Final = (
    "Valeur fragile (sur trop peu d’unités : à lire avec prudence), sans rang"
)
_WHOLE: Final = "ensemble"
_ABOVE: Final = ("epci", "scot")
_DATED: Final = re.compile(r"(?:_[0-9]{4}){1,2}$")
_MOST: Final = 10
"""Counts that are shown for want of an indicator made of them."""


def web_values(
    about: Subject, ids: Sequence[str] | None = None
) -> tuple[list[pd.Series], list[pd.Series], list[str]]:
    """
    Compute all that a page may show of a territory.

    Parameters
    ----------
    about
        The territory and its counts.
    ids
        Indicators; by default all those of which the counts are there, then the counts
        given that none of them is made of.

    Returns
    -------
    values, reference, notes
        Series by indicator, level and year; the same for the whole; French lines on
        what has no place in a page.
    """
    wanted = list(catalogue().indicators) if ids is None else list(ids)
    known = [id_ for id_ in wanted if ids is not None or about.knows(id_)]
    flows = [id_ for id_ in known if indicator(id_).kind == "flow"]
    values: list[pd.Series] = []
    reference: list[pd.Series] = []
    notes = [f"{id_} : des flux entre territoires, sans place ici." for id_ in flows]
    with warnings.catch_warnings():
        # Units that are not whole have no value, and the page says so.
        warnings.simplefilter("ignore", BasinmapWarning)
        for id_ in known:
            if id_ in flows:
                continue
            for year in about.vintages(id_):
                values.append(about.computed(id_, year=year))
                values += _higher(about, _computing(about, id_, year))
                reference += _of_whole(about, _computing(about, id_, year))
        if ids is None:
            names, more = _left(about, known)
            notes += more
            for name in names:
                values.append(_named(column(about.statistics, name), name))
                values += _higher(about, _adding(about, name))
                reference += _of_whole(about, _adding(about, name))
    return values, reference, notes


def write_page_of(
    folder: Path,
    about: Subject,
    *,
    title: str,
    methods: Mapping[str, Method] | None = None,
) -> None:
    """
    Write the web page of all that the counts of a document give, beside it.

    Parameters
    ----------
    folder
        Of the document.
    about
        Its territory.
    title
        Of the page.
    methods
        By indicator, how its classes are made on the plates beside, where it is shown.
    """
    values, reference, notes = web_values(about)
    ids = {told_of(one).indicator for one in values}
    subject_page(
        folder / PAGE,
        about,
        values,
        texts={
            "title": title,
            "author": about.author,
            "licence": LICENCE if about.counts is None else "",
            "fragile": WHY_FRAGILE,
        },
        notes=notes,
        default="L04" if "L04" in ids else None,
        reference=reference,
        methods={id_: how for id_, how in (methods or {}).items() if id_ in ids},
    )


Made = Callable[[str | pd.Series], pd.Series]


def _computing(about: Subject, id_: str, year: Years) -> Made:
    """Return what computes an indicator at a level above."""
    return lambda to: compute(
        id_, about.table, to=to, year=year, communes=about.listing
    )


def _adding(about: Subject, name: str) -> Made:
    """Return what adds a count up at a level above."""

    def added(to: str | pd.Series) -> pd.Series:
        table = about.table
        mine = [c for c in (name, state_column(name)) if c in table]
        found, _ = aggregate(
            table[mine],
            to,
            measures={name: measures_of(table)[name]},
            communes=about.listing,
        )
        return _named(column(found, name), name)

    return added


def _named(values: pd.Series, name: str) -> pd.Series:
    """Return a count under its name without the year, which its years share."""
    return carry(values.rename(_DATED.sub("", name)), values)


def _higher(about: Subject, made: Made) -> Iterator[pd.Series]:
    """Return figures of the levels above that have several units there."""
    for level in _ABOVE:
        codes = members_within(about, level).dropna().unique()
        if len(codes) < 2:
            continue
        with suppress(MeasureError, DataError):  # a median is never added up
            found = made(level)
            yield carry(found[found.index.isin(codes)], found)


def _of_whole(about: Subject, made: Made) -> Iterator[pd.Series]:
    """Return the figure of the territory."""
    whole = pd.Series(about.area.name, index=about.communes.index, name=_WHOLE)
    with suppress(MeasureError, DataError):
        found = made(whole)
        if len(found) == 1:
            yield found


def _left(about: Subject, known: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the counts given that no indicator shown is made of, and what is said."""
    if about.counts is None:
        return [], []
    used = {
        count
        for id_ in known
        for item in (indicator(id_), *indicator(id_).variants.values())
        for count in item.counts
    }
    table = about.statistics
    free = [
        str(name)
        for name, measure in measures_of(table).items()
        if isinstance(measure, Stock)
        and name in table
        and _DATED.sub("", str(name)) not in {*used, "area_km2"}
        and bool(table[name].notna().any())
    ]
    year = str(about.territory.year)
    lists = {name: measures_of(table)[name].geography[:4] for name in free}
    old = [name for name in free if lists[name] not in ("", year)]
    free = [name for name in free if name not in old]
    bases = list(dict.fromkeys(_DATED.sub("", name) for name in free))
    shown = bases[:_MOST]
    notes = [
        f"{measures_of(table)[name].label or name}, de la liste des communes de "
        f"{lists[name]} : non montré sur celle de {year}."
        for name in old
    ]
    if len(bases) > _MOST:
        some = ", ".join(bases[_MOST : _MOST + 5])
        notes.append(
            f"Effectifs sans indicateur, non montrés : {number(len(bases) - _MOST)} "
            f"({some}{'…' if len(bases) > _MOST + 5 else ''})."
        )
    return [name for name in free if _DATED.sub("", name) in shown], notes
