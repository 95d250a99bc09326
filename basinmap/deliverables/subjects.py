"""The territory of a document, and those it is compared with."""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import warnings
from collections.abc import Iterable
from functools import cached_property
from math import floor
from pathlib import Path
from typing import Final, TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.access.circles import rings
from basinmap.access.isochrones import isochrones
from basinmap.access.networks import Network
from basinmap.access.snapping import MAX_GAP, snap
from basinmap.access.times import WAYS, travel_times
from basinmap.catalogue.comparing import compare
from basinmap.catalogue.computing import compute
from basinmap.catalogue.entries import indicator
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import choose
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.secrecy.declared import protected_counts
from basinmap.territory.levels import BASSIN
from basinmap.territory.lists import Territory, listed
from basinmap.territory.memberships import membership
from basinmap.territory.perimeters import Perimeter
from basinmap.territory.places import place, town_halls
from basinmap.territory.reading import read_units
from basinmap.territory.units import (
    communes,
    departements,
    epcis,
    scots,
    statistics,
)
from basinmap.typography import capital, typeset
from basinmap.values.columns import column
from basinmap.values.told import carry, fact_of, measures_of, retell, tell, told_of

__all__ = [
    "FARTHEST",
    "PAST",
    "SERVED",
    "How",
    "Subject",
    "iris_dwellings",
    "subject",
    "subject_of",
]

_BOTH = "Nord – Pas-de-Calais"
_MINUTES: Final = (10, 20, 30)
FARTHEST: Final = 30_000.0
"""Metres from the museum beyond which distances to it are left out."""
_LIMITS: Final = {
    "epci": "limite de l'EPCI",
    "scot": "limite du SCoT",
    "departement": "limite du département",
    "arrondissement": "limite de l'arrondissement",
}

SERVED: Final = "non desservie par le réseau fourni"
PAST: Final = "au-delà de la coupure du réseau fourni"
"""Why a commune has no time to the museum, as it is printed."""


class How(TypedDict, total=False):
    """Choices of `compute` and of `compare` that a plate may be asked for."""

    year: int | tuple[int, int] | None
    variant: str | None
    least: int | None
    allow_partial: bool


@dc.dataclass(frozen=True)
class Subject:
    """
    A perimeter, its communes and their counts, and who signs when.

    Attributes
    ----------
    code, name
        Code, such as a SIREN, and printed name.
    communes
        Its communes, as `bm.communes` gives them.
    outside
        Codes of its communes that lie outside the list of communes.
    author
        Who makes the document.
    date
        When it is made.
    level
        Of the perimeter: `"epci"`, `"scot"`, `"departement"`…
    ground
        What `read_territory` returned, for another territory than Nord and
        Pas-de-Calais.
    counts
        Counts of the communes of the list, by default the embedded statistics.
    network
        Streets that times to the museum are measured on, if any.
    outlines
        What `read_outlines` returned, to draw on instead of the embedded outlines.
    iris
        Outlines of IRIS with their `dwellings_2021`, if any: `iris_dwellings` reads
        them. People are then counted by dwellings, rather than by surface.
    """

    code: str
    name: str
    communes: gpd.GeoDataFrame
    outside: tuple[str, ...]
    author: str
    date: dt.date
    level: str = "epci"
    ground: gpd.GeoDataFrame | None = None
    counts: pd.DataFrame | None = None
    network: Network | None = None
    outlines: gpd.GeoDataFrame | None = None
    iris: gpd.GeoDataFrame | None = None

    @cached_property
    def territory(self) -> Territory:
        """The list of communes that the document is about."""
        return listed(self.ground)

    @property
    def perimeter(self) -> Perimeter:
        """The perimeter of the document."""
        return Perimeter(
            code=self.code,
            name=self.name,
            level=self.level,
            communes=tuple(sorted(self.communes.index)),
            vintage=self.territory.year,
            valid_from=None,
            valid_to=None,
            source=" ; ".join(self.territory.sources),
        )

    @property
    def limit(self) -> str:
        """How the outline of the perimeter is called in a legend."""
        return _LIMITS.get(self.level, "limite du périmètre")

    @cached_property
    def near_museum(self) -> bool:
        """Whether distances to the Louvre-Lens mean something there."""
        away = self.outline.distance(place("louvre-lens").point).min()
        return bool(away <= FARTHEST)

    @cached_property
    def everything(self) -> pd.DataFrame:
        """The counts of every commune of the list, without what secrecy hides."""
        if self.counts is not None:
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
        return table

    @cached_property
    def protected(self) -> tuple[pd.DataFrame, str]:
        """The counts given without what their rules hide, and what is to be said."""
        if self.counts is None:
            return statistics(), ""
        return protected_counts(self.counts)

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """The counts of the communes of the perimeter."""
        if self.counts is None and self.level == "epci":
            return statistics(epci=self.code, outlines=self.outlines)
        mine = self.everything.index.isin(self.communes.index)
        return carry(pd.DataFrame(self.everything[mine]), self.everything)

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
        table = self.statistics if to is None else self.everything
        return compute(indicator_id, table, to=to, communes=self.ground, **how)

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
        try:
            for id_ in ids:
                choose(indicator(id_), self._ledger, None)
        except ColumnError:
            return False
        return True

    @cached_property
    def outline(self) -> gpd.GeoDataFrame:
        """The perimeter as one polygon."""
        if self.level == "epci":
            return epcis(epci=self.code, outlines=self.outlines, communes=self.ground)
        ground = self.communes
        shape = shapely.coverage_union_all(ground.geometry.array)
        frame = gpd.GeoDataFrame(
            {"name": [self.name]}, geometry=[shape], crs=ground.crs, index=[self.code]
        )
        return carry(frame.rename_axis(self.level), ground, level=self.level)

    @cached_property
    def around(self) -> gpd.GeoDataFrame:
        """The EPCI, with their names, of which no commune is in the perimeter."""
        inside = self.territory.members("epci").reindex(self.communes.index)
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
    def everyone(self) -> gpd.GeoDataFrame:
        """Every commune of the list, on one set of outlines."""
        if self.ground is not None:
            return self.ground
        return communes(outlines=self.outlines if self.on_one_ground else None)

    @cached_property
    def epcis(self) -> gpd.GeoDataFrame:
        """Every EPCI, on the outlines given where they hold all of it."""
        if self.ground is not None:
            return epcis(communes=self.ground)
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
    def rings(self) -> gpd.GeoDataFrame:
        """Crow-fly rings from the museum to the farthest point of the EPCI."""
        museum = place("louvre-lens")
        farthest = float(self.outline.hausdorff_distance(museum.point).iloc[0])
        # At most about half a dozen circles, at round distances.
        step = next(s for s in (5, 10, 20, 50) if farthest <= s * 6_000) * 1000
        # Beyond, a circle says nothing of who goes there.
        count = max(1, min(int(farthest // step) + 1, int(FARTHEST // step)))
        return rings(museum, distances=[step * i for i in range(1, count + 1)])

    @property
    def roads(self) -> Network:
        """The network, when the document has one."""
        if self.network is None:
            msg = "this plate needs streets: pass network='region.osm.pbf'"
            raise DataError(msg)
        return self.network

    @cached_property
    def _areas(self) -> tuple[gpd.GeoDataFrame, float | None]:
        """The areas around the museum, and the minute the network is cut at."""
        whole, cut = _areas_within(self.roads, _MINUTES)
        if cut is None:
            return whole, None
        kept = [bound for bound in _MINUTES if bound <= cut] or [floor(cut)]
        if kept[0] < 1:
            msg = (
                f"network: its edge is {cut:.1f} min from the museum, so that nothing "
                "can be mapped; give a larger extract around the museum"
            )
            raise DataError(msg)
        msg = (
            f"network: cut at {cut:.1f} min from the museum; the maps stop at "
            f"{kept[-1]} min; give a larger extract to go farther"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
        return _areas_within(self.roads, kept)[0], cut

    @property
    def isochrones(self) -> gpd.GeoDataFrame:
        """
        The ground from which the museum is reached in 10, 20 and 30 minutes.

        Bounds that the edge of the network cuts are left out.
        """
        return self._areas[0]

    @property
    def cut(self) -> float | None:
        """The minutes from which the edge of the network probably cuts areas."""
        return self._areas[1]

    @cached_property
    def departures(self) -> gpd.GeoDataFrame:
        """
        Where one sets out from in each commune, and the time to the museum.

        On the index of the communes: `name`, `minutes`, `off_street` (metres walked
        at both ends), `absence` (why there are no minutes, in French, or nothing),
        the town hall or else the representative point.
        """
        found = departures_of(self.communes, self.roads)
        served = found[found["served"]]
        if served.empty:
            msg = (
                f"network: no street within {MAX_GAP:g} m of any town hall of "
                f"{self.name}; give streets that go from there to the museum"
            )
            raise DataError(msg)
        times = travel_times(place("louvre-lens"), served, self.roads, direction="to")
        table = times.droplevel(0).reindex(found.index)
        past = table["minutes"] > (self.cut or float("inf"))
        table.loc[past, ["minutes", "off_street"]] = float("nan")
        absence = pd.Series("", index=found.index).mask(~found["served"], SERVED)
        frame = gpd.GeoDataFrame(
            {
                "name": self.communes["name"],
                "minutes": table["minutes"],
                "off_street": table["off_street"],
                "absence": absence.mask(past, PAST),
            },
            geometry=found.geometry,
            crs=found.crs,
        )
        told = told_of(times)
        tell(frame, rule=_to_museum(told.rule), sources=told.sources)
        _warn_of_absences(frame)
        return frame

    @cached_property
    def minutes(self) -> pd.Series:
        """The time from each town hall to the museum, in minutes."""
        table = self.departures
        values = table["minutes"].rename("minutes").rename_axis("commune")
        told = told_of(table)
        return tell(
            values,
            kind="ratio",
            level="commune",
            label="temps de parcours",
            unit="min",
            decimals=0,
            palette="teals",
            sources=told.sources,
            notes=(capital(told.rule),),
            states=dict.fromkeys(values.index[values.isna()], "not_available"),
        )

    def check_network(self) -> None:
        """
        Check that the museum and the communes are on the streets.

        Raises
        ------
        DataError
            If nothing could be mapped; said before anything is drawn.
        """
        if self.network is None:
            return
        edge = self._areas[1]  # the museum first
        if self.minutes.isna().all():
            msg = (
                f"network: no town hall of {self.name} is reached before its edge, "
                f"{edge or 0:.1f} min from the museum; give a larger extract"
            )
            raise DataError(msg)

    @cached_property
    def in_basin(self) -> bool:
        """Whether all of it is in the bassin minier."""
        if self.ground is not None:
            return False
        return bool(self.communes["scot"].notna().all())

    def comparison(self, indicator_id: str, **how: Unpack[How]) -> pd.Series | None:
        """
        Return one indicator for the EPCI and the territories that hold it.

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
        if self.counts is not None or self.ground is not None or self.level != "epci":
            return self._compared(indicator_id, **how)
        rows = {"epci": [self.code]}
        if self.in_basin:
            scot = self.communes["scot"].iloc[0]
            alone = (membership("scot") == scot).sum() == len(self.communes)
            rows |= {"scot": [] if alone else [scot], "bassin": [BASSIN]}
        rows["departement"] = sorted(self.communes["departement"].unique())
        values: dict[str, float] = {}
        states: dict[str, str] = {}
        remarks: dict[str, str] = {}
        for level, codes in rows.items():
            if codes:
                found = compute(
                    indicator_id, self.everything, to=level, allow_partial=True
                )
                told, names = told_of(found), territory_names(level)
                values |= {names[code]: float(found[code]) for code in codes}
                states |= {names[c]: told.states[c] for c in codes if c in told.states}
                remarks |= {
                    names[c]: told.remarks[c] for c in codes if c in told.remarks
                }
        whole = compute(indicator_id, self.everything, to=both())
        values[_BOTH] = float(whole.iloc[0])
        result = pd.Series(values, name=indicator_id)
        return tell(
            result, dc.replace(told_of(whole), states=states, remarks=remarks, level="")
        )

    def _compared(self, indicator_id: str, **how: Unpack[How]) -> pd.Series | None:
        """Return one indicator for the territories that the list tells."""
        try:
            with warnings.catch_warnings():
                # Territories that are not whole have no value, and are left out.
                warnings.filterwarnings("ignore", f"{indicator_id}:", BasinmapWarning)
                found = compare(
                    indicator_id,
                    self.everything,
                    self.perimeter,
                    communes=self.ground,
                    **how,
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
        told, names = told_of(column(found, "value")), names[covered]
        result = pd.Series(
            values.to_numpy(), pd.Index(names.to_numpy()), name=indicator_id
        )
        states = {names[c]: s for c, s in told.states.items() if c in names.index}
        # What is to be noted stands with the values of the map.
        sources = told_of(found).sources
        told = dc.replace(told, states=states, sources=sources, level="", notes=())
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
            return {BASSIN: "Bassin minier (8 EPCI)"}
        case "epci":
            return epcis()["name"].to_dict()
        case "scot":
            return scots()["name"].to_dict()
        case _:
            return departements()["name"].to_dict()


def departures_of(communes: gpd.GeoDataFrame, network: Network) -> gpd.GeoDataFrame:
    """
    Return where one sets out from in each commune.

    Parameters
    ----------
    communes
        Communes, as `bm.communes` gives them.
    network
        Streets.

    Returns
    -------
    GeoDataFrame
        The town hall, else the representative point of the outline; `served`, whether
        a street is near enough to walk to.
    """
    halls = town_halls().geometry.reindex(communes.index)
    points = halls.where(halls.notna(), communes.representative_point())
    gap = snap(shapely.get_coordinates(points.array), network).gap
    return gpd.GeoDataFrame(
        {"served": gap <= MAX_GAP},
        geometry=points,
        crs=communes.crs,
        index=communes.index,
    )


def iris_dwellings(path: str | Path) -> gpd.GeoDataFrame:
    """
    Read the outlines of IRIS, and join their dwellings.

    Parameters
    ----------
    path
        Any vector file that `read_units` reads.

    Returns
    -------
    GeoDataFrame
        Index `iris`; `dwellings_2021`. `attrs["source"]`: the name of the file.

    Raises
    ------
    DataError
        If no code is that of an IRIS of Nord or Pas-de-Calais.

    Warns
    -----
    BasinmapWarning
        With the IRIS that have dwellings and no outline.
    """
    outlines = read_units(path, "iris")
    known = statistics("iris")["dwellings_2021"]
    found = outlines.loc[outlines.index.isin(known.index), ["geometry"]]
    if found.empty:
        msg = (
            f"{path}: none of its {len(outlines)} codes is an IRIS of Nord or "
            f"Pas-de-Calais: {culprits(outlines.index.tolist())}"
        )
        raise DataError(msg)
    lacking = known.index[~known.index.isin(found.index) & (known > 0)]
    if len(lacking):
        msg = (
            f"{path}: no outline of {len(lacking)} IRIS of {len(known)}: "
            f"{culprits(lacking.tolist())}; their communes are counted by the others"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=2)
    frame = found.assign(dwellings_2021=known.reindex(found.index))
    tell(frame, source=Path(path).name)
    return frame


def _areas_within(
    network: Network, minutes: Iterable[float]
) -> tuple[gpd.GeoDataFrame, float | None]:
    """Return areas around the museum, and the minute the network is cut at."""
    with warnings.catch_warnings():
        # What the edge cuts is not drawn, and said in the words of a document.
        warnings.filterwarnings("ignore", "isochrones:", BasinmapWarning)
        areas = isochrones(
            place("louvre-lens"), network, minutes=list(minutes), direction="to"
        )
    retell(areas, rule=_to_museum(told_of(areas).rule))
    return areas, next(iter(fact_of(areas, "cut").values()), None)


def _to_museum(rule: str) -> str:
    """Name the place in a rule."""
    return rule.replace(typeset(WAYS["to"]), typeset("jusqu'au musée"))


def _warn_of_absences(departures: gpd.GeoDataFrame) -> None:
    for why, told in (
        (SERVED, f"farther than {MAX_GAP:g} m from any street: no time is drawn"),
        (PAST, "past the edge of the network: no time is drawn"),
    ):
        codes = departures.index[departures["absence"] == why]
        if len(codes):
            msg = f"network: {len(codes)} town hall(s) {told}: {culprits(codes)}"
            warnings.warn(msg, BasinmapWarning, stacklevel=3)


def subject(
    epci: str,
    *,
    author: str,
    date: dt.date,
    network: Network | None = None,
    outlines: gpd.GeoDataFrame | None = None,
    ground: pd.DataFrame | None = None,
    counts: pd.DataFrame | None = None,
) -> Subject:
    """
    Gather what a document about an EPCI needs.

    Parameters
    ----------
    epci
        SIREN, or unambiguous short name.
    author
        Who makes the document.
    date
        When.
    network
        Streets that times to the museum are measured on, if any.
    outlines
        What `read_outlines` returned; it must hold the communes of the EPCI.
    ground
        What `read_territory` returned, with outlines, for another territory.
    counts
        Counts of the communes of the list; the embedded statistics by default.

    Raises
    ------
    CodeError
        If the EPCI is unknown; near misses are suggested.
    DataError
        If some of its communes have no outline in those given, or a list comes
        without outlines or counts.
    """
    if isinstance(epci, Iterable) and not isinstance(epci, str):
        msg = f"one EPCI at a time, as a string such as '246200364', not {epci!r}"
        raise CodeError(msg)
    _check_day(date)
    (code,) = listed(ground).resolve(epci, "epci")
    _check_ground(ground, counts)
    row = epcis(epci=code, communes=ground).iloc[0]
    outside = row["outside"]
    return Subject(
        code=code,
        name=str(row["name"]),
        communes=communes(epci=code, outlines=outlines, communes=ground),
        outside=tuple(outside.split()) if isinstance(outside, str) else (),
        author=author,
        date=date,
        network=network,
        outlines=outlines,
        ground=ground,
        counts=counts,
    )


def subject_of(
    perimeter: Perimeter,
    *,
    author: str,
    date: dt.date,
    outlines: gpd.GeoDataFrame | None = None,
    ground: pd.DataFrame | None = None,
    counts: pd.DataFrame | None = None,
) -> Subject:
    """
    Gather what a document about any perimeter needs.

    Parameters
    ----------
    perimeter
        What `bm.perimeter` or `bm.user_perimeter` returned.
    author, date, outlines, ground, counts
        As for `subject`.

    Raises
    ------
    DataError
        As for `subject`.
    """
    if perimeter.level == "epci":
        return subject(
            perimeter.code,
            author=author,
            date=date,
            outlines=outlines,
            ground=ground,
            counts=counts,
        )
    _check_day(date)
    _check_ground(ground, counts)
    mine = list(perimeter.communes)
    own = (
        communes(outlines=outlines)
        if ground is None and outlines is None
        else _covered(mine, outlines)
        if ground is None
        else communes(communes=ground)
    )
    return Subject(
        code=perimeter.code,
        name=perimeter.name,
        communes=carry(own.loc[mine], own),
        outside=(),
        author=author,
        date=date,
        level=perimeter.level,
        outlines=outlines,
        ground=ground,
        counts=counts,
    )


def _covered(mine: list[str], outlines: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the communes of the EPCI that a perimeter meets, on outlines given."""
    met = sorted(membership("epci").reindex(mine).dropna().unique())
    return communes(epci=met, outlines=outlines)


def _check_day(date: object) -> None:
    if not isinstance(date, dt.date):
        msg = f"date: give a datetime.date, such as dt.date(2026, 11, 23), not {date!r}"
        raise VintageError(msg)


def _check_ground(ground: pd.DataFrame | None, counts: pd.DataFrame | None) -> None:
    """Refuse a list without what a document is drawn from."""
    if ground is None:
        return
    if not isinstance(ground, gpd.GeoDataFrame):
        msg = (
            f"{listed(ground).title} has no outlines to draw: read it with them, "
            "bm.read_territory(path, outlines='communes.gpkg')"
        )
        raise DataError(msg)
    if counts is None:
        msg = (
            f"no counts are embedded of {listed(ground).title}: give them, "
            "counts=bm.read_source('base-cc-logement.csv')"
        )
        raise DataError(msg)
