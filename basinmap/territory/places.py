"""Places: points with a name, a date, a source and a precision."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd
from shapely import Point
from shapely.geometry.base import BaseGeometry

from basinmap.arguments import check_fields, shown
from basinmap.cards import card
from basinmap.errors import CRSError, DataError, VintageError
from basinmap.territory import embedded
from basinmap.typography import long_date, number
from basinmap.values.told import tell

__all__ = ["LOUVRE_LENS", "Place", "places", "town_halls"]  # noqa: F822 - read when asked for


_BOX: Final = (-200_000.0, 5_800_000.0, 1_500_000.0, 7_400_000.0)
"""Where a point of metropolitan France, or near it, lies in EPSG:2154."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    A point that matters.

    Attributes
    ----------
    code
        Slug.
    name
        French name, as printed.
    point
        Position in EPSG:2154, metres.
    commune
        Code of the commune that holds it.
    address
        Postal address, or empty.
    opened
        Day of opening to the public, or None.
    precision_m
        How far the true position may be, in metres.
    source
        Where the position comes from.

    Raises
    ------
    CRSError
        If the point is in degrees, or nowhere near France in EPSG:2154.
    DataError
        If it is no point, or an empty one, or has no name, or its precision is
        below 0 or infinite.
    VintageError
        If the day of opening is no date.
    """

    code: str
    name: str
    point: Point
    commune: str = ""
    address: str = ""
    opened: dt.date | None = None
    precision_m: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be measured as far away as another continent."""
        for what, text in (("code", self.code), ("name", self.name)):
            if not isinstance(text, str) or not text.strip():
                msg = f"place: its {what} is a text such as 'Musée', not {text!r}"
                raise DataError(msg)
        _check_point(self.name, self.point)
        if self.opened is not None and not isinstance(self.opened, dt.date):
            msg = (
                f"place {self.name!r}: opened is a day such as dt.date(2012, 12, 4), "
                f"not {self.opened!r}"
            )
            raise VintageError(msg)
        check_fields(self)
        if not 0 <= self.precision_m < math.inf:
            msg = (
                f"place {self.name!r}: precision_m is in metres, 0 or more, not "
                f"{self.precision_m!r}"
            )
            raise DataError(msg)

    def _repr_html_(self) -> str:
        """Write what it is as a card of a notebook."""
        where = f"{self.point.x:.0f} ; {self.point.y:.0f} (Lambert-93)"
        precision = f"{number(self.precision_m)} m" if self.precision_m else ""
        return card(
            self.name,
            [
                ("Identifiant", self.code),
                ("Commune", self.commune),
                ("Adresse", self.address),
                ("Ouverture", long_date(self.opened) if self.opened else ""),
                ("Position", where),
                ("Précision", precision),
                ("Source", self.source),
            ],
        )

    @property
    def credit(self) -> str:
        """Whom the position is from, as a map credits it."""
        return _credit(self.source, self.name)


def _check_point(name: str, point: object) -> None:
    """Check that a point is one, in EPSG:2154."""
    if not isinstance(point, Point):
        kind = point.geom_type if isinstance(point, BaseGeometry) else shown(point)
        msg = (
            f"place {name!r}: a shapely Point in EPSG:2154 is needed, not {kind}; of a "
            "polygon, its .representative_point()"
        )
        raise DataError(msg)
    if point.is_empty or not math.isfinite(point.x + point.y):
        msg = f"place {name!r}: its point is empty or infinite; give its position"
        raise DataError(msg)
    x, y = point.x, point.y
    if _inside(x, y):
        return
    msg = f"place {name!r}: ({x:.6g}, {y:.6g}) lies nowhere near France in EPSG:2154"
    if abs(x) <= 180 and abs(y) <= 180:
        cure = (
            "it is in degrees; write gpd.GeoSeries([point], crs=4326).to_crs(2154)[0], "
            "with the longitude first"
        )
    elif _inside(y, x):
        cure = "its x and y, or its latitude and longitude, are exchanged"
    else:
        cure = "are its latitude and longitude exchanged? Point(longitude, latitude)"
    msg = f"{msg}: {cure}"
    raise CRSError(msg)


def _inside(x: float, y: float) -> bool:
    return _BOX[0] <= x <= _BOX[2] and _BOX[1] <= y <= _BOX[3]


def places() -> gpd.GeoDataFrame:
    """
    Return the embedded places: the Louvre-Lens, the shafts of De Sessevalle.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:2154, index `place`; `name`, `commune`, `address`,
        `opened` (ISO date), `precision_m` (metres), `source`, `geometry`.
        `attrs["credits"]` is the credit line of each: a map prints those it shows.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.places().loc["louvre-lens", "opened"]
    '2012-12-12'
    >>> bm.places().attrs["credits"]["louvre-lens"]
    'Wikipédia (position : Louvre-Lens)'
    """
    frame = embedded.spatial_table("places").copy()
    # The source writes the particle of the name with a capital.
    frame["name"] = frame["name"].str.replace("Fosse De ", "Fosse de ", regex=False)
    tell(
        frame,
        sources=embedded.credit("places.geometry"),
        credits={
            str(code): _credit(text, name)
            for code, text, name in zip(
                frame.index, frame["source"], frame["name"], strict=True
            )
        },
    )
    return frame


def _credit(source: str, name: str) -> str:
    """Return whom a position is from, and of what, not where its date is from."""
    whose = source.removeprefix("Coordonnées : ").partition(" ; ")[0]
    return f"{whose} (position : {name})" if whose else ""


def town_halls() -> gpd.GeoDataFrame:
    """
    Return the town halls, where their position can be trusted.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:2154, index `commune` (COG 2026): 1,470 of the 1,534
        communes, the others being absent from the source or more than 1.5 km
        outside their commune in it; `name` of the commune, `geometry`.

    Examples
    --------
    >>> import basinmap as bm
    >>> len(bm.town_halls())
    1470
    """
    communes = embedded.communes_2026().dropna(subset=["town_hall_x"])
    points = gpd.points_from_xy(
        communes["town_hall_x"], communes["town_hall_y"], crs="EPSG:2154"
    )
    frame = gpd.GeoDataFrame({"name": communes["name"]}, geometry=points)
    frame.index = communes.index.copy()
    tell(frame, sources=embedded.credit("town_hall_x"))
    return frame


def place(code: str) -> Place:
    """
    Return one embedded place as a value.

    Parameters
    ----------
    code
        Its slug in `places()`.

    Examples
    --------
    >>> place("louvre-lens").commune
    '62498'
    """
    row = embedded.spatial_table("places").loc[code]
    opened = row["opened"]
    return Place(
        code=code,
        name=row["name"],
        point=row["geometry"],
        commune=row["commune"],
        address=row["address"] if pd.notna(row["address"]) else "",
        opened=dt.date.fromisoformat(opened) if pd.notna(opened) else None,
        precision_m=float(row["precision_m"]),
        source=row["source"],
    )


def __getattr__(name: str) -> Place:
    """Read the museum when it is first asked for: nothing is read at import."""
    if name == "LOUVRE_LENS":
        return place("louvre-lens")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
