"""
What a document is about: a perimeter, its counts, and who signs when.

An EPCI, a SCoT, an arrondissement, the bassin minier, a secteur and a perimeter of the
user's own are the same thing here: a set of communes with a name. Comparisons that are
the same set of communes appear once. An indicator whose counts were not given is no
refusal: the first is listed as a file to give, the second is told with its reason.
"""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.access.circles import rings
from basinmap.access.networks import Network
from basinmap.arguments import check_given
from basinmap.catalogue.comparing import compare
from basinmap.catalogue.computing import compute
from basinmap.catalogue.entries import Indicator, catalogue, indicator
from basinmap.catalogue.ledgers import AREA, Ledger
from basinmap.catalogue.years import choose
from basinmap.deliverables.choices import CLASSES, Classes
from basinmap.deliverables.museum import Reach
from basinmap.deliverables.printed import Other, Value
from basinmap.deliverables.sentences import LITTLE
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
    culprits,
)
from basinmap.measures import state_column
from basinmap.territory.levels import BASSIN, fold
from basinmap.territory.lists import Territory, listed
from basinmap.territory.memberships import membership
from basinmap.territory.naming import Name, guessed_name, named, unit_name
from basinmap.territory.outlines import surface_caution
from basinmap.territory.perimeters import Perimeter, perimeter
from basinmap.territory.places import place
from basinmap.territory.units import (
    communes,
    departements,
    epcis,
    scots,
    statistics,
)
from basinmap.typography import rounded, uncapital
from basinmap.values.columns import column
from basinmap.values.told import Told, carry, measures_of, retell, tell, told_of

__all__ = [
    "FARTHEST",
    "VARIES_LITTLE",
    "VARYING",
    "How",
    "Refusal",
    "Subject",
    "both",
    "checked_ids",
    "joined",
    "stood_in",
    "subject",
    "territory_names",
]

_BOTH = "Nord – Pas-de-Calais"
_JOINT: Final = "departements"
VARIES_LITTLE: Final = f"dont la population varie de moins de {LITTLE} habitants"
"""Why no rate of change is printed of a commune."""
VARYING: Final = f"moins de {LITTLE} habitants de variation"
"""The same in a legend, after « communes de »."""
SHARED: Final = "Classes des communes de tout le bassin minier."
"""What a map says whose classes are not those of its own communes."""
FARTHEST: Final = 30_000.0
"""Metres from the museum beyond which distances to it are left out."""
_LIMITS: Final = {
    "epci": "limite de l'EPCI",
    "scot": "limite du SCoT",
    "departement": "limite du département",
    "arrondissement": "limite de l'arrondissement",
    "secteur": "limite du secteur",
}
_ABOVE: Final = ("epci", "scot", "arrondissement", "bassin", "departement")
_OFFICIAL: Final = frozenset({*_ABOVE, "region"})
_SHORT: Final = {
    "epci": "EPCI",
    "scot": "SCoT",
    "arrondissement": "Arrond.",
    "bassin": "Bassin minier",
}
# What may be said of counts that are there: anything else is a fault, and raised.
_REFUSALS: Final[dict[type[BasinmapError], str]] = {
    SecrecyError: "le secret statistique l'interdit",
    MeasureError: "ne s'additionne pas, ou ne se calcule pas, à cet échelon",
    VintageError: "les millésimes fournis ne le permettent pas",
    DataError: "aucune unité de cet échelon n'est entière dans les fichiers fournis",
}


class How(TypedDict, total=False):
    """Choices of `compute` and of `compare` that a plate may be asked for."""

    year: int | tuple[int, int] | None
    variant: str | None
    least: int | None
    allow_partial: bool


@dc.dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why an indicator whose counts were given has no value at a level.

    Attributes
    ----------
    id, level
        The indicator, and the level.
    why
        French, as it is printed.
    error
        What was said of it.
    """

    id: str
    level: str
    why: str
    error: BasinmapError


@dc.dataclass(frozen=True)
class Subject:
    """
    A perimeter, its communes and their counts, and who signs when.

    Attributes
    ----------
    area
        The perimeter, of the communes that the list holds.
    author, date
        Who makes the document, and when.
    outside
        Codes of its communes that the list does not hold.
    listing
        The list of communes that `read_territory` returned, where it is not the
        embedded one.
    counts
        Counts by commune that were given, if any.
    alone
        Whether they stand in the place of the embedded ones, rather than beside them.
    outlines
        What `read_outlines` returned, to draw on instead of the embedded outlines.
    network
        Streets that times to the museum are measured on, if any.
    iris
        Outlines of IRIS with their `dwellings_2021`, if any: `iris_dwellings` reads
        them. People are then counted by dwellings, rather than by surface.
    classes
        Of which communes the classes of rates are: `"territoire"`, its own, or
        `"bassin"`, so that a rate has one colour from volume to volume.
    only
        The indicators that are asked for, None for all.
    """

    area: Perimeter
    author: str
    date: dt.date
    outside: tuple[str, ...] = ()
    listing: gpd.GeoDataFrame | None = None
    counts: pd.DataFrame | None = None
    alone: bool = False
    outlines: gpd.GeoDataFrame | None = None
    network: Network | None = None
    iris: gpd.GeoDataFrame | None = None
    classes: Classes = "territoire"
    only: frozenset[str] | None = None

    # -- who ---------------------------------------------------------------------

    @cached_property
    def territory(self) -> Territory:
        """The list of communes that the document is about."""
        return listed(self.listing)

    @cached_property
    def codes(self) -> pd.Index:
        """The codes of the communes."""
        return pd.Index(list(self.area.communes), name="commune")

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
                if mine < set_:
                    found.setdefault(set_, self._other(level, str(code), set_))
        # One that no département holds is set beside all those that it lies in.
        joint = frozenset(self._joint.index)
        if mine < joint:
            found.setdefault(joint, self._together(joint))
        return tuple(sorted(found.values(), key=lambda o: len(o.communes)))

    @cached_property
    def _joint(self) -> pd.Series:
        """The communes of the départements that it lies in, where there are several."""
        held = self._members("departement")
        met = sorted(map(str, set(held.reindex(self.codes).dropna())))
        if len(met) < 2 or not all(self._is_named("departement", c) for c in met):
            return pd.Series(dtype="str")
        index = pd.Index(held.index[held.isin(met)], name="commune")
        return pd.Series("+".join(met), index=index, name=_JOINT)

    def _together(self, held: frozenset[str]) -> Other:
        """Return the départements that it lies in, as one."""
        key = str(self._joint.iloc[0])
        names = [self._other("departement", c, held).name for c in key.split("+")]
        bare, of, short = (
            f"{', '.join(forms[:-1])} et {forms[-1]}"
            for forms in (
                [n.bare for n in names],
                [n.of for n in names],
                [n.short for n in names],
            )
        )
        rest = bare.removeprefix(names[0].bare)
        name = Name(bare, of, f"{names[0].at}{rest}", "m", short)
        return Other(_JOINT, key, name, held, short)

    def _members(self, level: str) -> pd.Series:
        try:
            return membership(level, communes=self.listing).dropna()
        except BasinmapError:
            if self.listing is None:
                raise
            return pd.Series(dtype="str")  # a level that a list does not tell

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

    # -- where -------------------------------------------------------------------

    @cached_property
    def communes(self) -> gpd.GeoDataFrame:
        """The communes, with the best outlines there are."""
        code, level = self.area.code, self.area.level
        if level == "epci":
            own = communes(epci=code, outlines=self.outlines, communes=self.listing)
        elif self.listing is not None:
            own = communes(communes=self.listing)
        elif self.outlines is None:
            own = communes()
        else:  # of the EPCI that the perimeter meets, all are to be there
            met = membership("epci").reindex(self.codes).dropna().unique()
            own = communes(epci=sorted(met), outlines=self.outlines)
        return carry(own.loc[self.codes], own)

    @cached_property
    def ground(self) -> gpd.GeoDataFrame:
        """Every commune of the list, on one set of outlines."""
        if self.listing is not None:
            return self.listing
        return communes(outlines=self.outlines if self.on_one_ground else None)

    @property
    def limit(self) -> str:
        """How the outline of the perimeter is called in a legend."""
        return _LIMITS.get(self.area.level, "limite du périmètre")

    @cached_property
    def outline(self) -> gpd.GeoDataFrame:
        """The perimeter as one polygon."""
        code, level = self.area.code, self.area.level
        if level == "epci":
            return epcis(epci=code, outlines=self.outlines, communes=self.listing)
        ground = self.communes
        shape = shapely.coverage_union_all(ground.geometry.array)
        frame = gpd.GeoDataFrame(
            {"name": [self.area.name]}, geometry=[shape], crs=ground.crs, index=[code]
        )
        return carry(frame.rename_axis(level), ground, level=level)

    @cached_property
    def around(self) -> gpd.GeoDataFrame:
        """The EPCI, with their names, of which no commune is in the perimeter."""
        inside = self.territory.members("epci").reindex(self.codes)
        return self.epcis.drop(list(inside.dropna().unique()), errors="ignore")

    def holds(self, level: str) -> pd.Index:
        """
        Return the units of a level that the outlines given hold whole.

        Parameters
        ----------
        level
            `"commune"`, `"epci"`, `"scot"`.
        """
        if self.outlines is None:
            return pd.Index([])
        members = membership(level).dropna()
        there = members.index.isin(self.outlines.index)
        whole = pd.Series(there, members.index).groupby(members).all()
        return whole.index[whole]

    @cached_property
    def on_one_ground(self) -> bool:
        """Whether every commune is on the same outlines, those given or none."""
        held = len(self.holds("commune"))
        return self.outlines is None or held == len(membership("commune"))

    @cached_property
    def epcis(self) -> gpd.GeoDataFrame:
        """Every EPCI, on the outlines given where they hold all of it."""
        if self.listing is not None:
            return epcis(communes=self.listing)
        mine, every = self.holds("epci"), epcis()
        if mine.empty:
            return every
        given = epcis(epci=list(mine), outlines=self.outlines)
        rest = every.drop(mine)
        if rest.empty:
            return given
        frame = gpd.GeoDataFrame(pd.concat([given, rest]).sort_index(), crs=every.crs)
        both_ = (*told_of(given).sources, *told_of(every).sources)
        retell(carry(frame, every), sources=tuple(dict.fromkeys(both_)))
        return frame

    @cached_property
    def scots(self) -> gpd.GeoDataFrame:
        """The five SCoT, on one set of outlines."""
        five = scots()
        full = five.index.isin(self.holds("scot")).all()
        return scots(outlines=self.outlines) if full else five

    @cached_property
    def near_museum(self) -> bool:
        """Whether distances to the Louvre-Lens mean something there."""
        away = self.outline.distance(place("louvre-lens").point).min()
        return bool(away <= FARTHEST)

    @cached_property
    def rings(self) -> gpd.GeoDataFrame:
        """Crow-fly rings from the museum to the farthest point of the perimeter."""
        museum = place("louvre-lens")
        farthest = float(self.outline.hausdorff_distance(museum.point).iloc[0])
        # At most about half a dozen circles, at round distances.
        step = next(s for s in (5, 10, 20, 50) if farthest <= s * 6_000) * 1000
        # Beyond, a circle says nothing of who goes there.
        count = max(1, min(int(farthest // step) + 1, int(FARTHEST // step)))
        return rings(museum, distances=[step * i for i in range(1, count + 1)])

    @cached_property
    def reach(self) -> Reach:
        """Reach of the museum from its communes, where streets are given."""
        return Reach(self.area.name, self.communes, self.network)

    # -- counts ------------------------------------------------------------------

    @cached_property
    def protected(self) -> tuple[pd.DataFrame, str]:
        """The counts given without what their rules hide, and what is to be said."""
        if self.counts is None:
            return statistics(), ""
        from basinmap.secrecy.declared import (  # noqa: PLC0415 - 0.2 s of solvers
            protected_counts,
        )

        return protected_counts(self.counts)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The counts of every commune of the list, without what secrecy hides."""
        if self.counts is not None and self.alone:
            return self.protected[0]
        table = statistics()
        if self.outlines is not None:
            known = measures_of(table)
            given = measures_of(self.outlines)["area_km2"]
            area = self.outlines["area_km2"].reindex(table.index)
            if area.isna().any():
                rest = f"ailleurs, {known['area_km2'].source}"
                given = dc.replace(given, source=f"{given.source} ; {rest}")
            table["area_km2"] = area.fillna(table["area_km2"])
            retell(table, measures={**known, "area_km2": given})
        return table if self.counts is None else joined(table, self.protected[0])

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """The counts of the communes of the perimeter."""
        if self.counts is None and self.area.level == "epci":
            return statistics(epci=self.area.code, outlines=self.outlines)
        mine = self.table.index.isin(self.codes)
        return carry(pd.DataFrame(self.table[mine]), self.table)

    def years(self, count: str) -> list[int]:
        """
        Return the years of which there is a count, in order.

        Parameters
        ----------
        count
            Its name in the catalogue, such as `"population"`.
        """
        return list(self.columns_of(count))

    def columns_of(self, count: str) -> dict[int, str]:
        """
        Return the column of each year of a count, as the table declares them.

        Parameters
        ----------
        count
            Its name in the catalogue, such as `"population"`.
        """
        held = self._every.held(count)
        return {int(y): str(held[y]) for y in sorted(held) if y.isdigit()}

    def counted(self, count: str, codes: pd.Index) -> pd.DataFrame:
        """
        Return a count of some communes, one column a year.

        Parameters
        ----------
        count
            Its name in the catalogue, such as `"population"`.
        codes
            The communes.
        """
        columns = self.columns_of(count)
        table = self._every.rows[list(columns.values())].reindex(codes)
        return table.astype(float).set_axis(list(columns), axis=1)

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
        return self.counted(count, codes).sum(skipna=False)

    @cached_property
    def _every(self) -> Ledger:
        """The counts of all communes there are."""
        return Ledger(self.table)

    @cached_property
    def _ledger(self) -> Ledger:
        """The counts of the communes of the perimeter, with their surface."""
        found = Ledger(self.statistics)
        found.add_area(self.territory)
        return found

    def knows(self, *ids: str) -> bool:
        """
        Tell whether the counts are there that indicators are computed from.

        Parameters
        ----------
        *ids
            Their ids.
        """
        return all(map(self._is_known, ids))

    def _is_known(self, id_: str) -> bool:
        known: dict[str, bool] = self.__dict__.setdefault("_known", {})
        if id_ not in known:
            try:
                choose(indicator(id_), self._ledger, None)
            except ColumnError:
                known[id_] = False
            else:
                known[id_] = True
        return known[id_]

    def vintages(self, id_: str) -> list[int | None]:
        """
        Return the years that an indicator can be computed of, oldest first.

        Parameters
        ----------
        id_
            Its id. One that compares two years, or whose counts bear none, is computed
            of those that `compute` takes: None.
        """
        item = indicator(id_)
        ones = item.variants.values() or (item,)
        if any(one.span != "one" for one in ones):
            return [None]
        counts = {name for one in ones for name in one.counts}
        held = {year for name in counts for year in self._ledger.held(name)}
        found: list[int | None] = []
        for year in sorted(int(year) for year in held if year.isdigit()):
            try:
                choose(item, self._ledger, year)
            except (ColumnError, VintageError, MeasureError):
                continue
            found.append(year)
        return found or [None]

    # -- indicators --------------------------------------------------------------

    def computed(
        self, indicator_id: str, *, to: str | None = None, **how: Unpack[How]
    ) -> pd.Series:
        """
        Compute an indicator on the list of the document.

        Parameters
        ----------
        indicator_id
            Its id.
        to
            Level, of all the list; by default the communes of the perimeter.
        **how
            Other choices of `compute`.
        """
        memo: dict[object, pd.Series] = self.__dict__.setdefault("_memo", {})
        key = (indicator_id, to, tuple(sorted(how.items())))
        if key not in memo:
            table = self.statistics if to is None else self.table
            memo[key] = compute(
                indicator_id, table, to=to, communes=self.listing, **how
            )
        return memo[key].copy()

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

        Raises
        ------
        DataError
            If they are not.
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
        if every is None:
            return None
        gone = self.codes.difference(every.index)
        if gone.empty:
            found = every.loc[self.codes]
            return retell(found, notes=self._own_notes(self.told(id_).notes))
        found = carry(every.reindex(self.codes), every)
        states = {**self.told(id_).states, **dict.fromkeys(gone, "not_available")}
        return retell(found, states=states)

    def _own_notes(self, notes: tuple[str, ...]) -> tuple[str, ...]:
        """Return notes, the largest error of a surface being that of its communes."""
        if not any("superficie publiée" in note for note in notes):
            return notes
        whole = surface_caution(self.table.index)
        return tuple(n.replace(whole, surface_caution(self.codes)) for n in notes)

    def total(self, id_: str) -> Value | None:
        """
        Return an indicator of the whole territory.

        Parameters
        ----------
        id_
            Id of the indicator.
        """
        return self._at(id_, *self._own)

    @property
    def _own(self) -> tuple[str, str]:
        """The level and the code at which the whole territory is computed."""
        if self.area.level in _OFFICIAL:
            return self.area.level, self.area.code
        return "own", "own"

    @property
    def level_of_own(self) -> str:
        """The level at which the whole territory is computed."""
        return self._own[0]

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
        few = code in told.fragile or (level == "commune" and code in self.little(id_))
        return Value(value, state, told.unit, decimals, told.kind == "growth", few=few)

    def supplied(self, *ids: str) -> list[str]:
        """
        Return those of some indicators that the territory has a value of.

        Parameters
        ----------
        *ids
            Ids of indicators.
        """
        # A median has no value of a whole, and is there all the same.
        return [id_ for id_ in ids if self.wants(id_) and self._has(id_)]

    def wants(self, id_: str) -> bool:
        """
        Tell whether an indicator is among those asked for.

        Parameters
        ----------
        id_
            Its id.
        """
        return self.only is None or id_ in self.only

    def shared(self, id_: str) -> pd.Series | None:
        """
        Return the values whose classes the maps of a rate bear.

        Parameters
        ----------
        id_
            Its id.

        Returns
        -------
        Series
            Of all communes of the bassin minier; None where classes are those of the
            territory, or the indicator has no value.
        """
        values = self.of(id_) if self.classes == "bassin" else None
        if values is None:
            return None
        held = membership("scot").dropna().index
        notes = (*self.told(id_).notes, SHARED)
        return retell(values[values.index.isin(held)], notes=notes)

    def _has(self, id_: str) -> bool:
        values = self.mine(id_)
        if values is None:
            return False
        return bool(values.notna().any() or self.told(id_).states)

    def absent(self, *ids: str) -> list[str]:
        """
        Return those of some indicators whose counts were not given.

        Parameters
        ----------
        *ids
            Ids of indicators.
        """
        return [
            id_
            for id_ in ids
            if self.wants(id_) and self.total(id_) is None and self.refusal(id_) is None
        ]

    def halves(self, id_: str) -> dict[str, Value]:
        """
        Return the counts given of a rate whose denominator was not, each summed.

        Parameters
        ----------
        id_
            Id of the indicator.

        Returns
        -------
        dict
            By printed name with its year; empty where all or nothing was given.
        """
        entry = self.entry(id_)
        tops = [term.count for term in entry.numerator]
        if self.of(id_) is not None or not entry.denominator or not tops:
            return {}
        if not all(map(self.columns_of, tops)):
            return {}
        found = {}
        for count in tops:
            year, column_ = list(self.columns_of(count).items())[-1]
            label = f"{catalogue().counts[count].label}, {year}"
            found[label] = self._summed(column_, self.codes)
        return found

    def lacks(self, id_: str) -> list[str]:
        """
        Return the printed names of the counts of an indicator that were not given.

        Parameters
        ----------
        id_
            Its id.
        """
        counts = dict.fromkeys(self.entry(id_).counts)
        names = [n for n in counts if not self.columns_of(n)]
        # A count of the year before is lacking though another year of it is there.
        names = names or [t.count for t in self.entry(id_).denominator]
        return [uncapital(catalogue().counts[name].label) for name in names]

    def _summed(self, column_: str, codes: pd.Index) -> Value:
        """Return a count of some communes; at least that, where one has none."""
        line = self.table[column_].reindex(codes).astype(float)
        if line.isna().all():
            return Value(float("nan"), "not_available", "", 0)
        state = "lower_bound" if line.isna().any() else ""
        return Value(float(line.sum()), state, "", 0)

    def half(self, id_: str, code: str) -> dict[str, Value]:
        """
        Return what `halves` does, of one commune.

        Parameters
        ----------
        id_, code
            The indicator and the commune.
        """
        if not self.halves(id_):
            return {}
        found = {}
        for term in self.entry(id_).numerator:
            year, column_ = list(self.columns_of(term.count).items())[-1]
            label = f"{catalogue().counts[term.count].label}, {year}"
            found[label] = self._summed(column_, pd.Index([code]))
        return found

    def refusal(self, id_: str, level: str = "") -> Refusal | None:
        """
        Return why an indicator has no value, where its counts were given.

        Parameters
        ----------
        id_
            Id of the indicator.
        level
            `"commune"`, `"scot"`…; by default of the territory itself.
        """
        where = level or self._own[0]
        self._computed_at(id_, where)
        return self._refusals.get((id_, where))

    @property
    def asked(self) -> list[str]:
        """The indicators that were asked for until now and have values, in order."""
        found = [
            id_
            for (id_, level), values in self._computed.items()
            if level == "commune" and values is not None
        ]
        return sorted(found)

    @cached_property
    def _refusals(self) -> dict[tuple[str, str], Refusal]:
        return {}

    @cached_property
    def _computed(self) -> dict[tuple[str, str], tuple[pd.Series, Told] | None]:
        return {}

    def _computed_at(self, id_: str, level: str) -> tuple[pd.Series, Told] | None:
        key = (id_, level)
        if key not in self._computed:
            values = self._found(id_, level)
            # What is told is read once: it checks that the values are those described.
            self._computed[key] = None if values is None else (values, told_of(values))
        return self._computed[key]

    def _found(self, id_: str, level: str) -> pd.Series | None:
        """Compute an indicator of all units of a level; what refuses is kept."""
        to: str | pd.Series | None = None if level == "commune" else level
        if level == _JOINT:
            to = self._joint
        if level == "own":
            to = pd.Series("own", index=self.codes, name="territoire")
        with warnings.catch_warnings():
            # A part is told by its state in the document itself.
            warnings.simplefilter("ignore", BasinmapWarning)
            try:
                return compute(
                    id_,
                    self.table,
                    to=to,
                    allow_partial=to is not None,
                    communes=self.listing if to is not None else None,
                )
            except ColumnError:
                return None
            except tuple(_REFUSALS) as error:
                if not self._gives(id_):
                    return None
                why = next(
                    w for kind, w in _REFUSALS.items() if isinstance(error, kind)
                )
                self._refusals[id_, level] = Refusal(id_, level, why, error)
                return None

    def _gives(self, id_: str) -> bool:
        """Tell whether the counts of an indicator are in the table at all."""
        entry = self.entry(id_)
        every = [entry, *entry.variants.values()]
        heads = {str(name) for name in self.table.columns}
        return any(
            all(any(h == c or h.startswith(f"{c}_") for h in heads) for c in one.counts)
            for one in every
        )

    def fragile(self, id_: str) -> dict[str, str]:
        """
        Return why values of communes are not ranked: rates over too few, by code.

        Parameters
        ----------
        id_
            Id of the indicator, whose threshold is that of the catalogue.
        """
        if self.of(id_) is None:
            return {}
        mine = set(self.codes)
        return {code: why for code, why in self.unranked(id_).items() if code in mine}

    def care(self, id_: str) -> str:
        """
        Return over how few values are fragile, as printed; nothing where none can be.

        Parameters
        ----------
        id_
            Id of the indicator, of which there may be no counts.
        """
        years = self.told(id_).vintage if self.of(id_) is not None else ""
        first, _, last = years.partition("-")
        two = first.isdigit() and last.isdigit()
        span = int(last) - int(first) if two else catalogue().cycle.years
        found = self.entry(id_).care(span, first if two else "")
        return found.told if found is not None else ""

    def ranked(self, id_: str) -> pd.Series:
        """
        Return the values of its communes that are ranked, as they are printed.

        Parameters
        ----------
        id_
            Id of the indicator.

        Returns
        -------
        Series
            Without those that are missing, hidden, told by a state, or not to be
            ranked; the same object each time, each fiche asks for it.
        """
        memo: dict[str, pd.Series] = self.__dict__.setdefault("_ranked", {})
        if id_ not in memo:
            memo[id_] = self._ranked_now(id_)
        return memo[id_]

    def _ranked_now(self, id_: str) -> pd.Series:
        values = self.mine(id_)
        if values is None:
            return pd.Series(dtype=float)
        out = {*self.told(id_).states, *self.unranked(id_)}
        held = {c: self.commune(id_, str(c)) for c in values.index if c not in out}
        return pd.Series(
            {
                code: rounded(value.value, value.decimals)
                for code, value in held.items()
                if value is not None and value.plain
            },
            dtype=float,
        )

    def unranked(self, id_: str) -> dict[str, str]:
        """
        Return why values of communes of the whole list are not ranked, by code.

        Parameters
        ----------
        id_
            An indicator whose counts there are.
        """
        few = self.told(id_).fragile
        return {**dict.fromkeys(self.little(id_), VARIES_LITTLE), **few}

    def cautioned(self, id_: str, values: pd.Series) -> pd.Series:
        """
        Return values told to be read with care wherever no sentence ranks them.

        A map then sets apart the communes whose rate of change its page does not print.

        Parameters
        ----------
        id_
            Id of the indicator.
        values
            Its values by commune, with what is told of them.
        """
        little = self.little(id_)
        here = {str(c): VARYING for c in values.index if c in little}
        if not here:
            return values
        told = told_of(values).fragile
        few = {**here, **{c: w for c, w in told.items() if c in values.index}}
        # They look alike on a map: its key has one line of them.
        why = " ou ".join(sorted(set(few.values()), key=VARYING.__ne__))
        return retell(values.copy(), fragile=dict.fromkeys(few, why))

    def little(self, id_: str) -> dict[str, int]:
        """
        Return by how much the population of communes varies, too little for a rate.

        Parameters
        ----------
        id_
            Id of the indicator; one that is no growth has none.
        """
        memo: dict[str, dict[str, int]] = self.__dict__.setdefault("_little", {})
        if id_ not in memo:
            memo[id_] = self._changed_little(id_)
        return memo[id_]

    def _changed_little(self, id_: str) -> dict[str, int]:
        if self.of(id_) is None:
            return {}
        entry, known = self.entry(id_), self.columns_of("population")
        years = [int(y) for y in re.findall(r"\d{4}", self.told(id_).vintage)]
        grows = entry.kind == "growth" and set(entry.counts) == {"population"}
        if not grows or len(years) != 2 or any(y not in known for y in years):
            return {}
        ends = self.counted("population", self.table.index).round()
        gap = ends[years[1]] - ends[years[0]]
        return {str(c): int(v) for c, v in gap[gap.abs() < LITTLE].items()}

    def entry(self, id_: str) -> Indicator:
        """
        Return the entry of an indicator in the catalogue.

        Parameters
        ----------
        id_
            Its id.
        """
        return catalogue().indicators[id_]

    def comparison(self, indicator_id: str, **how: Unpack[How]) -> pd.Series | None:
        """
        Return one indicator for the perimeter and the territories that hold it.

        Parameters
        ----------
        indicator_id
            Id of the indicator.
        **how
            Other choices of `compare`.

        Returns
        -------
        Series
            Indexed by printed name, the perimeter first. None where the counts that
            are given hold none of these territories whole, which warns.
        """
        memo: dict[str, pd.Series] = self.__dict__.setdefault("_compared", {})
        key = f"{indicator_id} {sorted(how.items())}"
        if key not in memo:
            found = self._compared_now(indicator_id, **how)
            if found is None:
                return None
            memo[key] = found
        return memo[key].copy()  # whoever adds a row to it has one of its own

    def _compared_now(self, indicator_id: str, **how: Unpack[How]) -> pd.Series | None:
        # Of an EPCI that goes beyond the list, the rest is an estimate, told as such.
        asked: How = {"allow_partial": self.counts is None, **how}
        try:
            with warnings.catch_warnings():
                # Territories that are not whole have no value, and are left out.
                warnings.filterwarnings("ignore", f"{indicator_id}:", BasinmapWarning)
                found = compare(
                    indicator_id,
                    self.table,
                    self.area,
                    communes=self.listing,
                    **asked,
                )
        except (DataError, MeasureError) as error:
            msg = f"no comparison on the plate: {error}"
            warnings.warn(msg, BasinmapWarning, stacklevel=3)
            return None
        if found["value"].isna().all():
            return None
        # What the counts do not cover at all has no place on a plate.
        names = _printed_names(found)
        covered = (found["value_state"] != "not_available") & (names != "")
        covered.iloc[0] = True
        values = found["value"][covered]
        whole, names = told_of(column(found, "value")), names[covered]
        result = pd.Series(
            values.to_numpy(), pd.Index(names.to_numpy()), name=indicator_id
        )
        states = {names[c]: s for c, s in whole.states.items() if c in names.index}
        remarks = {
            names[c]: line
            for c, line in told_of(found).remarks.items()
            if c in names.index
        }
        # What is to be noted stands with the values of the map.
        sources = told_of(found).sources
        told = dc.replace(
            whole, states=states, remarks=remarks, sources=sources, level="", notes=()
        )
        return tell(result, told)


def _printed_names(found: pd.DataFrame) -> pd.Series:
    """Return names of a comparison; none of what a list knows by its code only."""
    also = found["also"].str.partition(";")[0]
    coded = [str(name).startswith(code) for code, name in found["name"].items()]
    return found["name"].mask(coded, also)


def both() -> pd.Series:
    """Return the partition that puts every commune in one territory."""
    members = membership("commune")
    return pd.Series(_BOTH, index=members.index, name="ensemble")


def territory_names(level: str) -> dict[str, str]:
    """
    Return the printed name of each unit of a level, by code.

    Parameters
    ----------
    level
        `"epci"`, `"scot"`, `"bassin"` or `"departement"`.
    """
    match level:
        case "bassin":
            return {BASSIN: "Bassin minier"}
        case "epci":
            return epcis()["name"].to_dict()
        case "scot":
            return scots()["name"].to_dict()
        case _:
            return departements()["name"].to_dict()


def subject(  # noqa: PLR0913 - what a document may be made from
    where: str | Perimeter,
    *,
    author: str,
    date: dt.date,
    counts: pd.DataFrame | None = None,
    alone: bool = False,
    outlines: gpd.GeoDataFrame | None = None,
    listing: pd.DataFrame | None = None,
    network: Network | None = None,
    classes: Classes = "territoire",
    indicators: Iterable[str] | None = None,
) -> Subject:
    r"""
    Return what a document is about.

    Parameters
    ----------
    where
        Name, code or slug of a perimeter (`bm.perimeter`), or a perimeter of the
        user's own.
    author, date
        Who makes the document, and when.
    counts
        Counts of the communes of the list, by code: those of `read_source`, joined.
    alone
        Whether they stand in the place of the embedded statistics. By default they go
        beside them, a column of the same name in its place.
    outlines
        What `read_outlines` returned; it must hold the communes of the perimeter.
    listing
        What `read_territory` returned, with outlines, for another territory; counts
        are then needed, and stand alone.
    network
        Streets that times to the museum are measured on, if any.
    classes
        Of which communes the classes of rates are: `"territoire"`, or `"bassin"` so
        that a rate has one colour from volume to volume.
    indicators
        Ids of those that are printed; by default all whose counts there are.

    Raises
    ------
    CodeError
        If nothing answers to that name, or to an id; near ones are suggested.
    DataError
        If the author is blank, classes are of a bassin that the perimeter is not in,
        no commune of the perimeter is in the list or some have
        no outline in those given, or a list comes without outlines or counts.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> about = bm.subject("call", author="Observatoire", date=dt.date(2026, 11, 29))
    >>> about.name.of, len(about.codes), about.total("L04").text
    ('de la CA de Lens-Liévin', 36, '7,2\u202f%')
    >>> [other.short for other in about.others]
    ['SCoT', 'Bassin minier', 'Pas-de-Calais']
    """
    check_given(subject, locals())
    if not author.strip():
        msg = "author is blank: a document is signed, author='…'"
        raise DataError(msg)
    _check_listing(listing, counts)
    area = where if isinstance(where, Perimeter) else perimeter(where, communes=listing)
    only = None if indicators is None else checked_ids(indicators)
    _check_classes(classes, area, listing)
    known = listed(listing).codes
    there = tuple(sorted(code for code in area.communes if code in known))
    if not there:
        cure = "load them: bm.read_territory('communes.gpkg'), listing="
        msg = (
            f"none of the {len(area.communes)} communes of {area.name!r} is in "
            f"{listed(listing).title}: {culprits(area.communes)}; {cure}"
        )
        raise DataError(msg)
    gone = [code for code in area.communes if code not in known]
    made = Subject(
        area=dc.replace(area, communes=there),
        author=author,
        date=date,
        outside=tuple(dict.fromkeys([*_beyond(area, listing), *gone])),
        listing=listing,
        counts=counts,
        alone=alone or listing is not None,
        outlines=outlines,
        network=network,
        classes=classes,
        only=only,
    )
    _check_drawn(made)
    return made


def checked_ids(ids: Iterable[str]) -> frozenset[str]:
    """
    Return ids of indicators, once they are known to be some.

    Parameters
    ----------
    ids
        What was asked for.

    Raises
    ------
    CodeError
        If one is unknown, or there is none.

    Examples
    --------
    >>> sorted(checked_ids(["L04", "D02"]))
    ['D02', 'L04']
    """
    asked = [ids] if isinstance(ids, str) else [str(id_) for id_ in ids]
    known = catalogue().indicators
    strange = [id_ for id_ in asked if id_ not in known]
    if strange or not asked:
        msg = f"unknown indicator(s) {culprits(strange)}; see bm.indicators()"
        raise CodeError(msg if strange else "no indicator is asked for; leave it out")
    return frozenset(asked)


def _check_classes(classes: str, area: Perimeter, listing: pd.DataFrame | None) -> None:
    """Refuse classes of a bassin that a territory is not in."""
    if classes not in CLASSES:
        msg = f"classes={classes!r}: choose among {', '.join(CLASSES)}"
        raise DataError(msg)
    if classes == "territoire":
        return
    held = set() if listing is not None else set(membership("scot").dropna().index)
    if beyond := [code for code in area.communes if code not in held]:
        msg = (
            f"classes='bassin' are those of the bassin minier, and {len(beyond)} "
            f"commune(s) of {area.name} are not in it: {culprits(beyond)}; leave it out"
        )
        raise DataError(msg)


def _beyond(area: Perimeter, listing: pd.DataFrame | None) -> Iterator[str]:
    """Return the communes of an EPCI that are known to lie outside the list."""
    if area.level != "epci":
        return
    told = epcis(epci=area.code, communes=listing)["outside"].iloc[0]
    if isinstance(told, str):
        yield from told.split()


def _check_drawn(made: Subject) -> None:
    """Refuse what could not be drawn or counted, before anything is."""
    if made.outlines is not None:
        len(made.communes)
    if made.counts is not None and not made.alone:
        len(made.table)


def _check_listing(listing: pd.DataFrame | None, counts: pd.DataFrame | None) -> None:
    """Refuse a list without what a document is drawn from."""
    if listing is None:
        return
    if not isinstance(listing, gpd.GeoDataFrame):
        msg = (
            f"{listed(listing).title} has no outlines to draw: read it with them, "
            "bm.read_territory(path, outlines='communes.gpkg')"
        )
        raise DataError(msg)
    if counts is None:
        msg = (
            f"no counts are embedded of {listed(listing).title}: give them, "
            "counts=bm.read_source('base-cc-logement.csv')"
        )
        raise DataError(msg)


def joined(table: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """
    Return counts beside the embedded ones, those given going first.

    Parameters
    ----------
    table
        The embedded statistics.
    counts
        Counts by commune, which replace the embedded ones that `stood_in` lists.

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
    gone = stood_in(table, counts)
    states = [state_column(name) for name in gone]
    kept = table.drop(columns=gone).drop(columns=states, errors="ignore")
    whole = kept.join(counts.reindex(table.index))
    told = {n: m for n, m in measures_of(table).items() if n not in gone}
    return retell(whole, measures={**told, **measures_of(counts)})


def stood_in(table: pd.DataFrame, counts: pd.DataFrame) -> list[str]:
    """
    Return the embedded columns in whose place counts stand.

    Parameters
    ----------
    table
        The embedded statistics.
    counts
        Counts by commune: a column of the same name, and a surface of any year.
    """
    given = set(counts.columns)
    if Ledger(counts).own_area:
        given.add(AREA)
    return [str(column) for column in table if column in given]
