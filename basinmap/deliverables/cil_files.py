"""The tables that a conference on social housing reads: estates, landlords."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.deliverables.programme_files import numbers_of, user_table
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.sources.vintages import check_year
from basinmap.spatial.joins import locate
from basinmap.territory.levels import fold

__all__ = [
    "BAND_M",
    "LEAST",
    "Estates",
    "Landlords",
    "read_estates",
    "read_landlords",
    "situated",
]

_TOTALS: Final = ("total", "totaux", "total general", "ensemble", "tous", "toutes")
LEAST: Final = 11
"""Households under which nothing is printed of them."""
BAND_M: Final = 300.0
"""Metres around a QPV that its band holds (CGI, art. 278 sexies)."""
_HEADS: Final = {
    "name": ("residence", "nom", "name", "libelle"),
    "landlord": ("bailleur", "landlord"),
    "dwellings": ("logements", "nb logements", "dwellings", "nombre de logements"),
    "households": ("menages", "nb menages", "households"),
    "x": ("x", "x l93", "x lambert 93"),
    "y": ("y", "y l93", "y lambert 93"),
    "lon": ("lon", "longitude"),
    "lat": ("lat", "latitude"),
    "in_qpv": ("en qpv", "logements en qpv", "in qpv", "dont qpv"),
    "objective": ("objectif", "objective", "engagement"),
    "achieved": ("realise", "achieved", "attributions"),
}


@dataclass(frozen=True)
class Estates:
    """
    Fragile estates of the user's list, each a point.

    Attributes
    ----------
    points
        EPSG:2154; `name`, and where they are known `landlord`, `dwellings`,
        `households`.
    source
        Whence, as printed.
    """

    points: gpd.GeoDataFrame
    source: str

    def __post_init__(self) -> None:
        """Refuse a list that cannot be placed or credited."""
        if not self.source.strip():
            msg = "the estates have no source: read_estates(path, source='…')"
            raise DataError(msg)
        if self.points.empty or "name" not in self.points:
            msg = "the estates are none, or have no column name"
            raise DataError(msg)


@dataclass(frozen=True)
class Landlords:
    """
    Social dwellings by landlord, and their commitments where there are some.

    Attributes
    ----------
    table
        `landlord`, `dwellings`; `in_qpv`, `objective`, `achieved` where known.
    source
        Whence, as printed.
    year
        Of the counts.
    """

    table: pd.DataFrame
    source: str
    year: int

    def __post_init__(self) -> None:
        """Refuse counts that contradict each other, a total, an odd year."""
        if not self.source.strip():
            msg = "the landlords have no source: read_landlords(path, source='…', …)"
            raise DataError(msg)
        if not {"landlord", "dwellings"} <= set(self.table.columns):
            msg = "landlords need the columns landlord and dwellings"
            raise ColumnError(msg)
        check_year(self.year, "landlords")
        total = [name for name in self.table["landlord"] if fold(str(name)) in _TOTALS]
        if total:
            msg = (
                f"landlords: {culprits(total)} is a total, and would be counted with "
                "those that it adds up: take this row out"
            )
            raise DataError(msg)
        twice = self.table["landlord"][self.table["landlord"].duplicated()]
        if len(twice):
            msg = f"landlords: {culprits(list(map(str, twice)))} stand(s) twice"
            raise DataError(msg)
        if "in_qpv" in self.table:
            over = self.table["in_qpv"] > self.table["dwellings"]
            if over.any():
                listed = culprits(list(map(str, self.table.loc[over, "landlord"])))
                msg = f"landlords: more dwellings in QPV than in all: {listed}"
                raise DataError(msg)


def read_estates(path: str | Path, *, source: str) -> Estates:
    r"""
    Read the fragile estates of a conference: a table of points.

    Parameters
    ----------
    path
        Columns residence, and x, y (Lambert-93) or lon, lat; bailleur, logements and
        menages where they are known. CSV, xlsx or ods.
    source
        Whence, as printed.

    Raises
    ------
    DataError
        If the file is no table, a place is missing or cannot be one, or a cell is no
        number.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "residences.csv"
    >>> _ = path.write_text("residence;x;y;menages\nLes Lilas;685200;7036900;9\n")
    >>> bm.read_estates(path, source="Essai").points["households"].tolist()
    [9.0]
    """
    check_given(read_estates, locals())
    also = ("landlord", "dwellings", "households")
    try:
        table = user_table(path, ("name", "x", "y"), _HEADS, also=also)
        pair, crs = ("x", "y"), 2154
    except ColumnError:
        table = user_table(path, ("name", "lon", "lat"), _HEADS, also=also)
        pair, crs = ("lon", "lat"), 4326
    where = Path(path).name
    for name in (*pair, "dwellings", "households"):
        if name in table:
            table[name] = numbers_of(table[name], f"{where}, {name}")
    gone = table.loc[table[list(pair)].isna().any(axis=1), "name"]
    if len(gone):
        msg = f"{where}: {len(gone)} estate(s) have no place: {culprits(list(gone))}"
        raise DataError(msg)
    _check_places(table, pair, where)
    places = gpd.points_from_xy(table[pair[0]], table[pair[1]], crs=crs)
    points = gpd.GeoDataFrame(table.drop(columns=list(pair)), geometry=places)
    return Estates(points.to_crs(2154), source)


def _check_places(table: pd.DataFrame, pair: tuple[str, str], where: str) -> None:
    """Refuse positions that are out of France in the CRS that they are said to have."""
    x, y = (table[name] for name in pair)
    (x0, x1), (y0, y1) = _FRANCE[pair]
    out = ~(x.between(x0, x1) & y.between(y0, y1))
    if not out.any():
        return
    swapped = (x.between(y0, y1) & y.between(x0, x1))[out].all()
    hint = (
        f"{pair[0]} and {pair[1]} seem exchanged"
        if swapped
        else "x and y are in Lambert-93 (metres), lon and lat in degrees"
    )
    listed = culprits(list(map(str, table.loc[out, "name"])))
    msg = f"{where}: {int(out.sum())} estate(s) out of France: {listed}; {hint}"
    raise DataError(msg)


_FRANCE: Final = {
    ("x", "y"): ((0.0, 1_300_000.0), (6_000_000.0, 7_200_000.0)),
    ("lon", "lat"): ((-6.0, 10.0), (41.0, 52.0)),
}
"""Where metropolitan France is, by the columns of a position."""


def read_landlords(path: str | Path, *, source: str, year: int) -> Landlords:
    r"""
    Read the stock of each landlord, and its commitments where there are some.

    Parameters
    ----------
    path
        Columns bailleur, logements; en_qpv, objectif and realise where they are known.
    source
        Whence, as printed.
    year
        Of the counts.

    Raises
    ------
    DataError
        If the file is no table, or its counts contradict each other.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "bailleurs.csv"
    >>> _ = path.write_text("bailleur;logements;en_qpv\nUn;1200;300\n")
    >>> bm.read_landlords(path, source="Essai", year=2025).table["in_qpv"].tolist()
    [300.0]
    """
    check_given(read_landlords, locals())
    also = ("in_qpv", "objective", "achieved")
    table = user_table(path, ("landlord", "dwellings"), _HEADS, also=also)
    where = Path(path).name
    for name in ("dwellings", *also):
        if name in table:
            table[name] = numbers_of(table[name], f"{where}, {name}")
    kept = table[table["landlord"].astype("str").str.strip() != ""]
    return Landlords(kept.reset_index(drop=True), source, year)


def situated(
    estates: Estates, communes: gpd.GeoDataFrame, quarters: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """
    Return where each estate is: commune, QPV, its band of 300 m, or neither.

    Parameters
    ----------
    estates
        The estates.
    communes
        Those of the territory.
    quarters
        Outlines of QPV, in EPSG:2154, of one generation; without them no place is
        told but the commune.

    Returns
    -------
    DataFrame
        `name`, `landlord`, `commune` (missing outside of the territory), `place`,
        `quarter`, `dwellings`, `households`.
    """
    points = estates.points.reset_index(drop=True)
    found = pd.DataFrame({"name": points["name"].astype("str")})
    found["landlord"] = points.get("landlord", pd.Series("", points.index)).astype(str)
    found["commune"] = locate(points, communes).to_numpy()
    found["place"], found["quarter"] = "", ""
    for column in ("dwellings", "households"):
        values = points.get(column, pd.Series(math.nan, points.index))
        found[column] = values.astype(float).to_numpy()
    if quarters is None or quarters.empty:
        return found
    inside = locate(points, quarters, overlaps="lowest")
    near = locate(points, quarters, overlaps="lowest", nearest=BAND_M)
    names = quarters["name"] if "name" in quarters else pd.Series(dtype="str")
    for row in found.index:
        code = inside.loc[row] if pd.notna(inside.loc[row]) else near.loc[row]
        within = pd.notna(inside.loc[row])
        if pd.isna(code):
            found.loc[row, "place"] = "hors QPV"
            continue
        found.loc[row, "place"] = "en QPV" if within else "bande des 300 m"
        found.loc[row, "quarter"] = str(names.get(code, code))
    return found
