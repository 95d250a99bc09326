"""What a command computes: the figures of some indicators on a territory."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

import basinmap as bm
from basinmap.catalogue.entries import catalogue, indicator
from basinmap.cli.files import Figures, figures_of, shown_column
from basinmap.cli.options import years_of
from basinmap.cli.places import Where, where
from basinmap.cli.words import say
from basinmap.deliverables.subjects import Subject, subject
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.territory.given import dissolved
from basinmap.territory.lists import listed
from basinmap.territory.memberships import members_of
from basinmap.territory.perimeters import Perimeter
from basinmap.typography import capital
from basinmap.values.told import measures_of, retell, told_of

__all__ = [
    "BY",
    "Asked",
    "asked",
    "fed_by",
    "subject_at",
    "subject_for",
    "tell_notes",
    "tell_unused",
]

BY: Final = {
    "commune": "commune",
    "epci": "EPCI",
    "scot": "SCoT",
    "arrondissement": "arrondissement",
    "departement": "département",
}
"""How the units of a level are called in « par commune »."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    The territory and the figures of a command.

    Attributes
    ----------
    where
        The territory.
    figures
        What was read.
    series
        By name of an indicator or of a column, on the units that are shown.
    level
        Of these units.
    """

    where: Where
    figures: Figures
    series: dict[str, pd.Series]
    level: str

    @property
    def codes(self) -> list[str]:
        """The units that are shown."""
        return list(next(iter(self.series.values())).index)

    @property
    def names(self) -> pd.Series:
        """Their names."""
        return self.where.territory.names(self.level)

    def units(self) -> gpd.GeoDataFrame:
        """Return the outlines of the units that are shown."""
        frame = _outlined(self.where, self.level, self.codes)
        return frame.loc[[code for code in frame.index if code in set(self.codes)]]


def asked(given: argparse.Namespace, ids: Sequence[str]) -> Asked:
    """
    Compute what a command asks for.

    Parameters
    ----------
    given
        The options of `add_units`, `add_data` and `add_figures`.
    ids
        Indicators; none for a column.
    """
    place = where(given)
    figures = figures_of(given, place.communes, ids)
    tell_notes(given, figures.notes)
    codes = _codes(place, given.level)
    table = figures.table
    if ids:
        every = {id_: _computed(id_, table, place, given) for id_ in ids}
    else:
        name = shown_column(table, given)
        every = {name: _column(name, table, place, given)}
    tell_unused(figures, every)
    if given.code is not None and given.level == "commune":
        _tell_outside(place, every, codes)
    values = {name: _kept(found, codes) for name, found in every.items()}
    return Asked(place, figures, values, given.level)


def subject_for(given: argparse.Namespace, found: Asked, day: dt.date) -> Subject:
    """
    Return what a plate is about.

    Parameters
    ----------
    given
        The options of `add_signature`.
    found
        What is shown.
    day
        Date of making.
    """
    return subject_at(given, found.where, found.figures.table, day)


def subject_at(
    given: argparse.Namespace, place: Where, counts: pd.DataFrame | None, day: dt.date
) -> Subject:
    """
    Return a territory and its counts.

    Parameters
    ----------
    given
        The options of `add_signature`.
    place
        The territory.
    counts
        Of its communes; None for the embedded ones.
    day
        Date of making.
    """
    return subject(
        place.perimeter or _whole(place),
        author=given.author,
        date=day,
        outlines=place.outlines,
        listing=place.communes,
        counts=counts,
        alone=True,
    )


def _whole(place: Where) -> Perimeter:
    """Return the perimeter of all the communes of a list."""
    territory = place.territory
    names = territory.names("departement")
    held = sorted(territory.members("departement").unique())
    return Perimeter(
        code="ensemble",
        name=" – ".join(str(names.get(code, code)) for code in held[:3]),
        level="ensemble",
        communes=tuple(territory.codes),
        vintage=territory.year,
        valid_from=None,
        valid_to=None,
        source=" ; ".join(territory.sources),
    )


def tell_notes(given: argparse.Namespace, notes: Sequence[str]) -> None:
    """
    Write on stderr what was read, and how.

    Parameters
    ----------
    given
        The options, with `--quiet`.
    notes
        French sentences.
    """
    if not given.quiet:
        for note in notes:
            print(f"basinmap: {note}", file=sys.stderr)


def tell_unused(figures: Figures, values: Mapping[str, pd.Series]) -> None:
    """
    Write on stderr which of the files that were given served for nothing.

    Parameters
    ----------
    figures
        What was read.
    values
        What was computed of it.
    """
    used = {line for found in values.values() for line in told_of(found).sources}
    idle = [
        file
        for file, lines in figures.credits.items()
        # What is said of values may go on, « communes au 1er janvier 2026 ».
        if not any(said.startswith(tuple(lines)) for said in used)
    ]
    if idle and used:
        years = {told_of(found).vintage for found in values.values()} - {""}
        told = say(
            "{names}: not used; what is shown is of {years}, from the other files: "
            "give all its counts of one year, or write --year",
            names=culprits(idle),
            years=", ".join(sorted(years)),
        )
        print(f"basinmap: {told}", file=sys.stderr)


@contextmanager
def fed_by(id_: str) -> Iterator[None]:
    """
    Say which files feed an indicator when its counts are not there.

    Parameters
    ----------
    id_
        The indicator that is computed.

    Raises
    ------
    ColumnError
        As it was, with the files.
    """
    try:
        yield
    except ColumnError as error:
        named = catalogue().sources
        told = say(
            "what feeds {id}: {names}; give it, --data FILE (basinmap indicators {id})",
            id=id_,
            names=", ".join(named[source] for source in indicator(id_).sources),
        )
        msg = f"{error}. {capital(told)}"
        raise ColumnError(msg) from None


def _computed(
    id_: str, table: pd.DataFrame, place: Where, given: argparse.Namespace
) -> pd.Series:
    with fed_by(id_):
        return bm.compute(
            id_,
            table,
            to=None if given.level == "commune" else given.level,
            year=years_of(given.year),
            variant=given.variant,
            communes=place.communes,
            allow_partial=given.allow_partial,
            least=given.least,
        )


def _column(
    name: str, table: pd.DataFrame, place: Where, given: argparse.Namespace
) -> pd.Series:
    """Return a column as it is, or added up at a level above."""
    if given.level != "commune":
        table, _ = bm.aggregate(
            table[[c for c in table.columns if c in (name, f"{name}_state")]],
            given.level,
            measures={name: measures_of(table)[name]},
            communes=place.communes,
            allow_partial=given.allow_partial,
        )
    values = bm.column(table, name)
    told = told_of(values)
    title = f"{told.label or name} en {told.vintage}" if told.vintage else told.label
    return retell(values, title=told.title or title or name)


def _kept(values: pd.Series, codes: Sequence[str]) -> pd.Series:
    """Keep the units that are shown; those without a row are not available."""
    told = told_of(values)
    found = values.reindex(list(codes)).rename_axis(values.index.name)
    gone = {code: "not_available" for code in codes if code not in values.index}
    states = {c: s for c, s in told.states.items() if c in set(codes)} | gone
    return bm.describe(
        found,
        **{
            name: getattr(told, name) or None
            for name in (
                *("label", "unit", "kind", "title", "definition", "vintage"),
                *("geography", "date", "level", "sources", "notes"),
            )
        },
        decimals=told.decimals,
        states=states,
    )


def _codes(place: Where, level: str) -> list[str]:
    """Return the units of a level that are wholly in the perimeter, by code."""
    members = members_of(listed(place.communes), level).dropna()
    if place.perimeter is None:
        found = sorted(members.unique())
    else:
        inside = pd.Series(members.index.isin(place.perimeter.communes), members.index)
        whole = inside.groupby(members).all()
        found = sorted(whole.index[whole])
        met = inside.groupby(members).any()
        cut = sorted(set(met.index[met]) - set(found))
        if cut and found:
            _tell_cut(place, level, cut)
    if not found:
        msg = say(
            "no unit of level {level} is whole in {name}; write a lower --level",
            level=repr(level),
            name=place.perimeter.name if place.perimeter else place.territory.title,
        )
        raise DataError(msg)
    return [str(code) for code in found]


def _tell_cut(place: Where, level: str, cut: list[str]) -> None:
    names = place.territory.names(level)
    told = say(
        "left out, for they go beyond the perimeter: {names}",
        names=culprits([str(names.get(code, code)) for code in cut]),
    )
    print(f"basinmap: {told}", file=sys.stderr)


def _tell_outside(
    place: Where, every: Mapping[str, pd.Series], codes: list[str]
) -> None:
    """Say which rows of a table of one's own the territory leaves out."""
    met = {code for found in every.values() for code in found.dropna().index}
    outside = sorted(met - set(codes))
    if outside:
        names = place.territory.names("commune")
        told = say(
            "{count} row(s) with a value lie outside the territory, left out: {names}",
            count=len(outside),
            names=culprits([str(names.get(code, code)) for code in outside]),
        )
        print(f"basinmap: {told}", file=sys.stderr)


def _outlined(place: Where, level: str, codes: list[str]) -> gpd.GeoDataFrame:
    """Return outlines of a level, on those of the user where he gives some."""
    own = {"communes": place.communes} if place.communes is not None else {}
    ground = {"outlines": place.outlines} if place.outlines is not None else {}
    match level:
        case "commune" if place.outlines is not None:
            members = bm.membership("epci").reindex(codes).dropna().unique()
            return bm.communes(epci=sorted(members), **ground)
        case "commune":
            return bm.communes(**own)
        case "epci":
            return bm.epcis(epci=codes, **own, **ground)
        case "scot" if not own:
            return bm.scots(**ground)
        case _:
            return dissolved(listed(place.communes), level, ["name"], codes)
