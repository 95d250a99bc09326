"""The territory of a document, and those it is compared with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from basinmap.access.circles import rings
from basinmap.errors import CodeError, VintageError
from basinmap.indicators.computing import compute
from basinmap.territory.levels import BASSIN, resolve_codes
from basinmap.territory.memberships import membership
from basinmap.territory.places import place
from basinmap.territory.units import (
    communes,
    departements,
    epcis,
    scots,
    statistics,
)

__all__ = ["Subject", "subject"]

_BOTH = "Nord – Pas-de-Calais"


@dataclass(frozen=True)
class Subject:
    """
    An EPCI, its communes and statistics, and who signs when.

    Attributes
    ----------
    code, name
        SIREN and printed name.
    communes
        Its communes, as `bm.communes` gives them.
    outside
        Codes of its communes that lie outside Nord and Pas-de-Calais.
    author
        Who makes the document.
    date
        When it is made.
    """

    code: str
    name: str
    communes: gpd.GeoDataFrame
    outside: tuple[str, ...]
    author: str
    date: dt.date

    @cached_property
    def everything(self) -> pd.DataFrame:
        """The statistics of every commune of the two départements."""
        return statistics()

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """The statistics of the communes of the EPCI."""
        return statistics(epci=self.code)

    @cached_property
    def outline(self) -> gpd.GeoDataFrame:
        """The EPCI as one polygon."""
        return epcis(epci=self.code)

    @cached_property
    def rings(self) -> gpd.GeoDataFrame:
        """Crow-fly rings from the museum to the farthest point of the EPCI."""
        museum = place("louvre-lens")
        farthest = float(self.outline.hausdorff_distance(museum.point).iloc[0])
        # At most about half a dozen circles, at round distances.
        step = next(s for s in (5, 10, 20, 50) if farthest <= s * 6_000) * 1000
        count = int(farthest // step) + 1
        return rings(museum, distances=[step * i for i in range(1, count + 1)])

    @cached_property
    def in_basin(self) -> bool:
        """Whether the EPCI is one of the eight of the bassin minier."""
        return bool(self.communes["scot"].notna().all())

    def comparison(self, indicator_id: str) -> pd.Series:
        """
        Return one indicator for the EPCI and the territories that hold it.

        Parameters
        ----------
        indicator_id
            Id of the indicator.

        Returns
        -------
        Series
            Indexed by printed name, the EPCI first.
        """
        rows = {"epci": [self.code]}
        if self.in_basin:
            scot = self.communes["scot"].iloc[0]
            alone = (membership("scot") == scot).sum() == len(self.communes)
            rows |= {"scot": [] if alone else [scot], "bassin": [BASSIN]}
        rows["departement"] = sorted(self.communes["departement"].unique())
        values: dict[str, float] = {}
        found = pd.Series(dtype=float)
        for level, codes in rows.items():
            if codes:
                found = compute(indicator_id, self.everything, to=level)
                names = territory_names(level)
                values |= {names[code]: float(found[code]) for code in codes}
        whole = compute(indicator_id, self.everything, to=both())
        values[_BOTH] = float(whole.iloc[0])
        result = pd.Series(values, name=indicator_id)
        result.attrs = dict(found.attrs)
        return result


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


def subject(epci: str, *, author: str, date: dt.date) -> Subject:
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

    Raises
    ------
    CodeError
        If the EPCI is unknown; near misses are suggested.
    """
    if isinstance(epci, Iterable) and not isinstance(epci, str):
        msg = f"one EPCI at a time, as a string such as '246200364', not {epci!r}"
        raise CodeError(msg)
    if not isinstance(date, dt.date):
        msg = f"date: give a datetime.date, such as dt.date(2026, 11, 23), not {date!r}"
        raise VintageError(msg)
    (code,) = resolve_codes(epci, "epci")
    row = epcis(epci=code).iloc[0]
    outside = row["outside"]
    return Subject(
        code=code,
        name=row["name"],
        communes=communes(epci=code),
        outside=tuple(outside.split()) if isinstance(outside, str) else (),
        author=author,
        date=date,
    )
