"""The museum from a territory: how long it takes, and what is told of it."""

from __future__ import annotations

import dataclasses as dc
import warnings
from collections.abc import Iterable
from functools import cached_property
from math import floor
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.access.isochrones import isochrones
from basinmap.access.networks import Network
from basinmap.access.snapping import MAX_GAP, snap
from basinmap.access.times import WAYS, travel_times
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.territory.places import place, town_halls
from basinmap.territory.reading import read_units
from basinmap.territory.units import DWELLINGS, statistics
from basinmap.typography import capital, typeset
from basinmap.values.told import fact_of, retell, tell, told_of

__all__ = ["PAST", "SERVED", "Reach", "departures_of", "iris_dwellings"]

_MINUTES: Final = (10, 20, 30)
SERVED: Final = "non desservie par le réseau fourni"
PAST: Final = "au-delà de la coupure du réseau fourni"
"""Why a commune has no time to the museum, as it is printed."""


@dc.dataclass(frozen=True)
class Reach:
    """
    Times from communes to the museum, on streets.

    Attributes
    ----------
    name
        Printed name of the territory.
    communes
        Its communes, with their names.
    network
        Streets, if any.
    """

    name: str
    communes: gpd.GeoDataFrame
    network: Network | None

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
    known = statistics("iris")[DWELLINGS]
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
    frame = found.assign(**{DWELLINGS: known.reindex(found.index)})
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
