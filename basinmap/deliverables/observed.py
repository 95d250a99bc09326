"""
What a document observes: a perimeter, the counts, those it is compared with.

An EPCI, a SCoT, an arrondissement, the bassin minier and a perimeter of the user's own
are the same thing here: a set of communes with a name. Comparisons that are the same
set of communes appear once.
"""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import math
import warnings
from functools import cached_property
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.computing import compute
from basinmap.catalogue.entries import Indicator, catalogue
from basinmap.deliverables.subjects import Subject
from basinmap.errors import BasinmapError, BasinmapWarning, DataError, culprits
from basinmap.export.parts import Cell
from basinmap.secrecy.declared import protected_counts
from basinmap.states import SIGNS, VOIDS
from basinmap.territory.levels import BASSIN, fold
from basinmap.territory.lists import Territory, listed
from basinmap.territory.memberships import membership
from basinmap.territory.naming import Name, guessed_name, named, unit_name
from basinmap.territory.perimeters import Perimeter, perimeter
from basinmap.territory.units import communes, epcis, statistics
from basinmap.typography import number, percent
from basinmap.values.told import Told, measures_of, retell, told_of

__all__ = ["Observed", "Other", "Value", "observed", "observed_of"]

_ABOVE: Final = ("epci", "scot", "arrondissement", "bassin", "departement")
_SHORT: Final = {
    "epci": "EPCI",
    "scot": "SCoT",
    "arrondissement": "Arrond.",
    "bassin": "Bassin minier",
}
_STATE: Final = {
    "secret": "secret",
    "not_applicable": "not-applicable",
    "not_available": "not-available",
    "lower_bound": "bound",
    "estimated": "estimated",
}


@dc.dataclass(frozen=True, slots=True)
class Value:
    """
    A value with its state, and how it is printed.

    Attributes
    ----------
    value
        NaN where there is none.
    state
        State of the value, nothing for a plain one.
    unit, decimals, signed
        How it is printed.
    """

    value: float
    state: str
    unit: str
    decimals: int
    signed: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is whole, and may be compared and ranked."""
        return not self.state and math.isfinite(self.value)

    @property
    def text(self) -> str:
        """The value as printed: « 7,6 % », « ≥ 860 », « s »."""
        if math.isnan(self.value):
            return VOIDS.get(self.state, "n.d.")
        sign = f"{SIGNS[self.state]}\u202f" if self.state in SIGNS else ""
        if self.unit.startswith("%"):
            return sign + percent(self.value, self.decimals, signed=self.signed)
        return sign + number(self.value, self.decimals, signed=self.signed)

    def cell(self, *, fragile: bool = False) -> Cell:
        """
        Return the cell of a table.

        Parameters
        ----------
        fragile
            Whether it rests on few units.
        """
        state = _STATE.get(self.state)
        if state is None and math.isnan(self.value):
            state = "not-available"
        if state is None:
            state = "fragile" if fragile else "zero" if self.value == 0 else "value"
        gone = math.isnan(self.value)
        return Cell(self.text, state, None if gone else self.value)  # type: ignore[arg-type] # a state


@dc.dataclass(frozen=True, slots=True)
class Other:
    """
    A territory that the one observed is compared with.

    Attributes
    ----------
    level, code
        What it is.
    name
        Its name.
    communes
        Its communes.
    short
        Heading of its column.
    """

    level: str
    code: str
    name: Name
    communes: frozenset[str]
    short: str


@dc.dataclass(frozen=True)
class Observed:
    """
    A territory, its counts, and who signs when.

    Attributes
    ----------
    area
        Its perimeter.
    table
        Counts of every commune of the list, those of the producers' files joined.
    ground
        Every commune of the list, with its outline.
    author, date
        Who makes the document, and when.
    outside
        Communes of the perimeter that the list does not hold.
    listing
        The list of communes, where it is not the embedded one.
    """

    area: Perimeter
    table: pd.DataFrame
    ground: gpd.GeoDataFrame
    author: str
    date: dt.date
    outside: tuple[str, ...] = ()
    listing: pd.DataFrame | None = None
    _computed: dict[tuple[str, str], tuple[pd.Series, Told] | None] = dc.field(
        default_factory=dict
    )

    @cached_property
    def codes(self) -> pd.Index:
        """The codes of the communes."""
        return pd.Index(list(self.area.communes), name="commune")

    @cached_property
    def communes(self) -> gpd.GeoDataFrame:
        """The communes, with their outlines."""
        return self.ground.loc[self.codes]

    @cached_property
    def territory(self) -> Territory:
        """The list of communes, and what it tells of them."""
        return listed(self.listing)

    @cached_property
    def epcis(self) -> gpd.GeoDataFrame:
        """The EPCI of the list, with their outlines."""
        return epcis(communes=self.listing)

    def years(self, count: str) -> list[int]:
        """
        Return the years of which there is a count, in order.

        Parameters
        ----------
        count
            Its name in the catalogue, such as `"population"`.
        """
        head = f"{count}_"
        tails = [
            str(column).removeprefix(head)
            for column in self.table.columns
            if str(column).startswith(head)
        ]
        return sorted(int(tail) for tail in tails if tail.isdigit())

    def sums(self, count: str, codes: pd.Index) -> pd.Series:
        """
        Return a count summed over communes, by year; NaN where one has none.

        A sum of those that have it would pass for the whole.

        Parameters
        ----------
        count
            Its name in the catalogue, such as `"population"`.
        codes
            The communes.
        """
        years = self.years(count)
        table = self.table.loc[codes, [f"{count}_{year}" for year in years]]
        return table.astype(float).sum(skipna=False).set_axis(years)

    @cached_property
    def name(self) -> Name:
        """The name, in the forms of a sentence."""
        if self.area.level == "bassin":
            return dc.replace(named(BASSIN, "bassin"), short="Bassin minier")
        return unit_name(self.area.name, self.area.level)

    @cached_property
    def names(self) -> pd.Series:
        """The name of each commune."""
        return self.communes["name"]

    @cached_property
    def alphabetical(self) -> list[str]:
        """The communes in the order of a French dictionary: « Éleu » among the E."""
        return [str(c) for c in self.names.map(fold).sort_values(kind="stable").index]

    def town(self, code: str) -> Name:
        """
        Return the name of one of its communes, in the forms of a sentence.

        Parameters
        ----------
        code
            Its code.
        """
        if self.listing is None:
            return named(code)
        return guessed_name(str(self.ground.loc[code, "name"]))

    @cached_property
    def others(self) -> tuple[Other, ...]:
        """The territories that hold it, each set of communes once, smallest first."""
        mine = frozenset(self.codes)
        found: dict[frozenset[str], Other] = {}
        for level in _ABOVE:
            held = self._members(level)
            for code in sorted(set(held.reindex(self.codes).dropna())):
                if not self._is_named(level, str(code)):
                    continue
                set_ = frozenset(held.index[held == code])
                holds = mine < set_
                if holds or (level == "departement" and not mine >= set_):
                    found.setdefault(set_, self._other(level, str(code), set_))
        return tuple(sorted(found.values(), key=lambda o: len(o.communes)))

    def _members(self, level: str) -> pd.Series:
        try:
            return membership(level, communes=self.listing).dropna()
        except BasinmapError:  # a level that a list of the user's does not tell
            return pd.Series(dtype="str")

    def _is_named(self, level: str, code: str) -> bool:
        """Tell whether a unit has a name to print: some lists have codes alone."""
        if self.listing is None:
            return True
        return str(self.territory.names(level).get(code, code)) != code

    def _other(self, level: str, code: str, held: frozenset[str]) -> Other:
        if self.listing is None:
            name = named(code, level)
        else:
            name = unit_name(str(self.territory.names(level)[code]), level)
        return Other(level, code, name, held, _SHORT.get(level, name.short))

    def of(self, id_: str) -> pd.Series | None:
        """
        Return an indicator of every commune of the list, or nothing without its counts.

        Parameters
        ----------
        id_
            Id of the indicator.
        """
        found = self._computed_at(id_, "commune")
        return None if found is None else found[0]

    def told(self, id_: str) -> Told:
        """
        Return what is told of an indicator: title, year, unit, states, sources.

        Parameters
        ----------
        id_
            An indicator whose counts there are.
        """
        found = self._computed_at(id_, "commune")
        if found is None:
            msg = f"{id_}: its counts were not given; see bm.indicators()"
            raise DataError(msg)
        return found[1]

    def mine(self, id_: str) -> pd.Series | None:
        """
        Return an indicator of its communes, with what is told of it.

        Parameters
        ----------
        id_
            Id of the indicator.
        """
        every = self.of(id_)
        return None if every is None else every.loc[self.codes]

    def _computed_at(self, id_: str, level: str) -> tuple[pd.Series, Told] | None:
        key = (id_, level)
        if key not in self._computed:
            values = self._found(id_, level)
            # What is told is read once: it checks that the values are those described.
            self._computed[key] = None if values is None else (values, told_of(values))
        return self._computed[key]

    def _found(self, id_: str, level: str) -> pd.Series | None:
        to: str | pd.Series | None = None if level == "commune" else level
        if level == "own":
            to = pd.Series("own", index=self.codes, name="territoire")
        with warnings.catch_warnings():
            # A part is told by its state in the document itself.
            warnings.simplefilter("ignore", BasinmapWarning)
            try:
                whole = compute(
                    id_,
                    self.table,
                    to=to,
                    allow_partial=to is not None,
                    communes=self.listing if to is not None else None,
                )
            except BasinmapError:
                return None
        return whole

    def total(self, id_: str) -> Value | None:
        """
        Return an indicator of the whole territory.

        Parameters
        ----------
        id_
            Id of the indicator.
        """
        official = self.area.level in {*_ABOVE, "region"}
        if official:
            return self._at(id_, self.area.level, self.area.code)
        return self._at(id_, "own", "own")

    def against(self, id_: str, other: Other) -> Value | None:
        """
        Return an indicator of a territory that it is compared with.

        Parameters
        ----------
        id_
            Id of the indicator.
        other
            One of `others`.
        """
        return self._at(id_, other.level, other.code)

    def commune(self, id_: str, code: str) -> Value | None:
        """
        Return an indicator of a commune.

        Parameters
        ----------
        id_
            Id of the indicator.
        code
            Its code.
        """
        return self._at(id_, "commune", code)

    def _at(self, id_: str, level: str, code: str) -> Value | None:
        found = self._computed_at(id_, level)
        if found is None or code not in found[0].index:
            return None
        values, told = found
        decimals = 1 if told.decimals is None else told.decimals
        # A growth is compared and ranked as it is printed: one decimal on a page.
        if told.kind == "growth":
            decimals = 1
        state = str(told.states.get(code, ""))
        value = float(values[code])
        return Value(value, state, told.unit, decimals, told.kind == "growth")

    def fragile(self, id_: str) -> dict[str, str]:
        """
        Return why values of communes are not ranked: rates over too few, by code.

        Parameters
        ----------
        id_
            Id of the indicator, whose threshold is that of the catalogue.
        """
        found = self._computed_at(id_, "commune")
        if found is None:
            return {}
        mine = set(self.codes)
        return {code: why for code, why in found[1].fragile.items() if code in mine}

    def supplied(self, *ids: str) -> list[str]:
        """
        Return those of some indicators that the counts allow.

        Parameters
        ----------
        *ids
            Ids of indicators.
        """
        return [id_ for id_ in ids if self.total(id_) is not None]

    def entry(self, id_: str) -> Indicator:
        """
        Return the entry of an indicator in the catalogue.

        Parameters
        ----------
        id_
            Its id.
        """
        return catalogue().indicators[id_]


def observed(
    where: str | Perimeter,
    *,
    author: str,
    date: dt.date,
    counts: pd.DataFrame | None = None,
    outlines: gpd.GeoDataFrame | None = None,
) -> Observed:
    r"""
    Return what a document observes.

    Parameters
    ----------
    where
        Name, code or slug of a perimeter (`bm.perimeter`), or a perimeter of the
        user's own.
    author, date
        Who makes the document, and when.
    counts
        Counts of all the communes of the list, by code, that go before or beside the
        embedded ones: those of `read_source`, joined.
    outlines
        What `read_outlines` returned, to draw on.

    Raises
    ------
    CodeError
        If nothing answers to that name.
    DataError
        If the author is blank, or no commune of the perimeter is in the list.

    Examples
    --------
    >>> about = observed("call", author="Observatoire", date=dt.date(2026, 11, 29))
    >>> about.name.of, len(about.codes), about.total("L04").text
    ('de la CA de Lens-Liévin', 36, '7,2\u202f%')
    >>> [other.short for other in about.others]
    ['SCoT', 'Bassin minier', 'Pas-de-Calais']
    """
    check_given(observed, locals())
    if not author.strip():
        msg = "author is blank: a document is signed, author='…'"
        raise DataError(msg)
    area = where if isinstance(where, Perimeter) else perimeter(where)
    ground = communes(outlines=outlines)
    there = [code for code in area.communes if code in ground.index]
    if not there:
        msg = (
            f"none of the {len(area.communes)} communes of {area.name!r} is in the list"
        )
        raise DataError(msg)
    outside = tuple(code for code in area.communes if code not in ground.index)
    table = statistics()
    if counts is not None:
        table = joined(table, protected_counts(counts)[0])
    kept = dc.replace(area, communes=tuple(there))
    return Observed(kept, table, ground, author, date, outside)


def observed_of(about: Subject) -> Observed:
    """
    Return what a document observes, from what its plates are about.

    Parameters
    ----------
    about
        The subject of the plates.
    """
    known = about.ground is None and about.level in {*_ABOVE, "region"}
    whole = perimeter(about.code) if known else None
    area = Perimeter(
        code=about.code,
        name=about.name,
        level=about.level,
        communes=tuple(about.communes.index),
        vintage=int(about.territory.day(None)[:4]),
        valid_from=whole.valid_from if whole else None,
        valid_to=whole.valid_to if whole else None,
        source=whole.source if whole else "",
    )
    return Observed(
        area,
        about.everything,
        about.everyone,
        about.author,
        about.date,
        about.outside,
        about.ground,
    )


def joined(table: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """
    Return counts beside the embedded ones, those given going first.

    Parameters
    ----------
    table
        The embedded statistics.
    counts
        Counts by commune; a column of the same name replaces the embedded one.

    Raises
    ------
    DataError
        If no commune of the counts is in the list, or some of the same départements
        are those of another list.
    """
    common = counts.index.intersection(table.index)
    if common.empty:
        msg = f"none of the {len(counts)} rows of the counts is a commune of the list"
        raise DataError(msg)
    heads = set(table.index.str[:2])
    strange = [c for c in counts.index if str(c)[:2] in heads and c not in table.index]
    if strange:
        msg = (
            f"{len(strange)} commune(s) of the counts are not in the list: "
            f"{culprits(strange)}; bring them to it with bm.rebase(table, from_year=…, "
            "to_year=2026)"
        )
        raise DataError(msg)
    kept = table.drop(columns=[c for c in table if c in counts.columns])
    whole = kept.join(counts.reindex(table.index))
    return retell(whole, measures={**measures_of(kept), **measures_of(counts)})
