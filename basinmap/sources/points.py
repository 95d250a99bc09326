"""Files of things that lie somewhere: addresses, dwellings, establishments, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, CRSError, DataError, culprits
from basinmap.reports import Report
from basinmap.sources.cells import numbers_of
from basinmap.sources.choosing import chosen_sources
from basinmap.sources.files import recognised
from basinmap.sources.layouts import Found, Marks, Points, position
from basinmap.sources.producers.tallies import blocks_of, check_form
from basinmap.territory.levels import check_codes
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["read_points"]

_CRS: Final = 2154
_MARKS: Final = Marks(decimal=".")
# Metropolitan France in Lambert-93, with some sea around.
_LOW, _HIGH = (0.0, 6_000_000.0), (1_300_000.0, 7_200_000.0)
_NEAR: Final = 20.0
"""Metres under which a place in degrees and in Lambert-93 is one."""
_POSITIONS: Final = "sirene-positions"
_STRANGE: Final = re.compile(r"9[78][0-9]{3}")


def read_points(
    path: str | Path,
    source: str | None = None,
    *,
    communes: Iterable[str] | None = None,
    positions: str | Path | None = None,
    vintage: int | None = None,
    member: str | None = None,
) -> gpd.GeoDataFrame:
    r"""
    Read a producer's file of things that lie somewhere: BAN, Sirene, DPE, RPLS.

    Parameters
    ----------
    path
        The file as it is published: CSV, or the zip or gz that holds it.
    source
        What it is, to insist: `"ban"`, `"sirene"`, `"dpe-ademe"`, `"rpls"`.
    communes
        Codes of those that are kept, as the file writes them: of a file of all France
        nothing else is held in memory. By default all of metropolitan France.
    positions
        Of the stock of Sirene, which says no place: the file of its geolocation.
    vintage
        Year that the credit tells, where the file has none.
    member
        Of a zip that holds several tables.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:2154, to be counted by `bm.count` or to weigh `bm.apportion`;
        index and columns of the source, as text: `commune`, then such as `position`
        of an address, `naf`, `created`, `state` and `diffusion` of an establishment,
        `label`, `made`, `until` and `kind` of a diagnosis. `report_of` says what was
        left out.

    Raises
    ------
    DataError
        If the file is none of those known, is read by `read_source`, has a place that
        is none, or nothing is left.
    CRSError
        If places are not in Lambert-93, or its two coordinates are exchanged.
    CodeError
        If codes of `communes` are malformed.
    MeasureError
        If a coordinate is no number.

    See Also
    --------
    read_source : For counts by commune.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "adresses-62.csv"
    >>> head = "id;code_insee;x;y;lon;lat;type_position"
    >>> row = "62498_1;62498;685200.0;7036900.0;2.792009;50.429451;entrée"
    >>> _ = path.write_text(f"{head}\n{row}\n{row}\n")
    >>> found = bm.read_points(path)
    >>> found[["commune", "position"]].to_dict("index")
    {'62498_1': {'commune': '62498', 'position': 'entrée'}}
    >>> bm.report_of(found).notes[2]
    "Positions répétées d'une même adresse ou d'un même numéro, laissées : 1."
    """
    check_given(read_points, locals())
    wanted = _wanted(communes)
    found = recognised(
        path, chosen_sources(source), member=member, insisted=source is not None
    )
    layout = _layout(found)
    left = _Left()
    if layout.apart:
        table = _with_places(found, layout, positions, wanted, left)
    else:
        _check_alone(found, positions)
        table = _rows(found, layout, wanted, left)
    frame = _placed(table, found.grid.file, left)
    if layout.shown is not None:
        column, open_, words = layout.shown
        left.add(words, int((frame[column] != open_).sum()))
    credit = found.source.credit.replace("{year}", str(vintage or "")).strip(" ,")
    report = Report(
        verb=f"Lecture de {found.grid.file}",
        units_before=left.read,
        units_after=len(frame),
        notes=(
            f"Fichier reconnu ({found.source.id}) : {found.source.name}.",
            *found.grid.notes,
            *left.told(),
            *found.source.cautions,
        ),
    )
    return tell(frame, sources=(re.sub(r"\s+,", ",", credit),), report=report)


@dataclass(slots=True)
class _Left:
    """What was read, and what was left out, by the words that say it."""

    read: int = 0
    out: dict[str, int] = field(default_factory=dict)

    def add(self, words: str, n: int) -> None:
        self.out[words] = self.out.get(words, 0) + n

    def told(self) -> list[str]:
        return [f"{words} : {number(n)}." for words, n in self.out.items() if n]


_TWICE: Final = "Positions répétées d'une même adresse ou d'un même numéro, laissées"
_NOWHERE: Final = "Sans position, laissés"
_OVERSEAS: Final = "Hors de France métropolitaine, laissés"
_ELSEWHERE: Final = "D'autres communes, laissés"
_REPLACED: Final = "Remplacés par un autre, laissés"


def _wanted(communes: Iterable[str] | None) -> frozenset[str] | None:
    if communes is None:
        return None
    if isinstance(communes, str):
        communes = [communes]
    found = check_codes(communes, "commune")
    if not found:
        msg = "empty selection: communes= holds no code; leave it out to read them all"
        raise CodeError(msg)
    return frozenset(found)


def _layout(found: Found) -> Points:
    if found.source.points is None:
        msg = (
            f"{found.grid.file} is « {found.source.name} », counts by territory: read "
            "it with bm.read_source(path)"
        )
        raise DataError(msg)
    return found.source.points


def _check_alone(found: Found, positions: str | Path | None) -> None:
    if positions is not None:
        msg = (
            f"{found.grid.file} says itself where things lie: leave positions= out, "
            "which is for the stock of Sirene"
        )
        raise DataError(msg)


def _with_places(
    found: Found,
    layout: Points,
    positions: str | Path | None,
    wanted: frozenset[str] | None,
    left: _Left,
) -> pd.DataFrame:
    """Join the stock of Sirene to the places of its other file."""
    if positions is None:
        msg = (
            f"{found.grid.file}: this stock does not say where establishments lie: "
            "write positions= with « GeolocalisationEtablissement_Sirene_pour_etudes_"
            "statistiques » of the same month, or count creations by commune with "
            "bm.read_source(path)"
        )
        raise DataError(msg)
    other = recognised(positions, chosen_sources(_POSITIONS), insisted=True)
    table = _rows(found, layout, wanted, left)
    places = _rows(other, _layout(other), None, _Left(), keys=table.index)
    places = places.drop(columns="commune")
    there = table.index.isin(places.index)
    left.add(_NOWHERE, int((~there).sum()))
    return table[there].join(places)


def _rows(
    found: Found,
    layout: Points,
    wanted: frozenset[str] | None,
    left: _Left,
    *,
    keys: pd.Index | None = None,
) -> pd.DataFrame:
    """Return the rows that are kept, every cell as text."""
    places = _columns(found, layout)
    parts = []
    for rows in blocks_of(found, places):
        left.read += len(rows)
        _check_kept(rows, layout, found.grid.file)
        here = np.ones(len(rows), dtype=bool)
        if wanted is not None:
            here = rows["commune"].isin(wanted).to_numpy()
            left.add(_ELSEWHERE, int((~here).sum()))
        if keys is not None:
            here &= rows["key"].isin(keys).to_numpy()
        parts.append(rows[here])
    if not parts or not sum(map(len, parts)):
        where = " of these communes" if wanted else ""
        where = (
            " of these siret: give files of one month" if keys is not None else where
        )
        msg = f"{found.grid.file}: nothing{where} under the header"
        raise DataError(msg)
    table = pd.concat(parts, ignore_index=True)
    void = sorted((wanted or frozenset()) - set(table["commune"]))
    if void:
        shown = ", ".join(void[:5])
        left.add(f"Communes demandées dont le fichier n'a rien ({shown})", len(void))
    return _keyed(table, layout, found.grid.file, left)


def _keyed(table: pd.DataFrame, layout: Points, file: str, left: _Left) -> pd.DataFrame:
    """Return each thing once, on its key."""
    if not layout.key:
        return table.rename_axis(layout.named)
    void = int((table["key"] == "").sum())
    if void:
        msg = f"{file}: {void} row(s) without their {layout.key[0]}; fetch it again"
        raise DataError(msg)
    table = _once(table, layout, file, left)
    table = table.set_index("key").rename_axis(layout.named)
    if layout.replaced in table:
        gone = table.index.isin(set(table[layout.replaced]) - {""})
        left.add(_REPLACED, int(gone.sum()))
        table = table[~gone].drop(columns=layout.replaced)
    return table


def _once(table: pd.DataFrame, layout: Points, file: str, left: _Left) -> pd.DataFrame:
    """Keep one place of each key, the same whatever the order of the rows."""
    if table["key"].is_unique:
        return table
    if layout.first is None:
        alike = table.duplicated()
        again = table["key"][~alike][table["key"][~alike].duplicated()]
        if len(again):
            msg = (
                f"{file}: {len(again)} {layout.key[0]} in several rows that differ: "
                f"{culprits(again)}; fetch the file again"
            )
            raise DataError(msg)
        left.add(_TWICE, int(alike.sum()))
        return table[~alike]
    name, best = layout.first
    order = table.assign(_best=table[name] != best)
    order = order.sort_values(["key", "_best", *table.columns])
    kept = order.index[~order["key"].duplicated()]
    left.add(_TWICE, len(table) - len(kept))
    return table.loc[np.sort(kept)]


def _columns(found: Found, layout: Points) -> dict[int, str]:
    """Return the columns that are read, by position; those that lack are told."""
    names: dict[str, Sequence[str]] = {"commune": layout.commune}
    names |= {} if layout.apart else {"x": layout.x, "y": layout.y}
    names |= {"key": layout.key} if layout.key else {}
    names |= {"epsg": (layout.epsg,)} if layout.epsg else {}
    if layout.replaced:
        names |= {layout.replaced: layout.kept[layout.replaced]}
    due = dict(names)
    if layout.lonlat is not None:
        names |= {"lon": (layout.lonlat[0],), "lat": (layout.lonlat[1],)}
    names |= dict(layout.kept)
    at = {name: position(found.header, those) for name, those in names.items()}
    absent = [due[name][0] for name in due if at[name] is None]
    if absent:
        msg = (
            f"{found.grid.file}: no column {culprits(absent)}, which says where things "
            "lie; fetch the file with all its columns"
        )
        raise DataError(msg)
    return {int(place): name for name, place in at.items() if place is not None}


def _check_kept(rows: pd.DataFrame, layout: Points, file: str) -> None:
    for name, form in layout.checked.items():
        if name not in rows:
            continue
        check_form(rows[name], name, form, file)
    check_form(rows["commune"], "commune", r"[0-9][0-9AB][0-9]{3}|\[ND\]|", file)


# -- places -------------------------------------------------------------------------


def _placed(table: pd.DataFrame, file: str, left: _Left) -> gpd.GeoDataFrame:
    """Return points in Lambert-93, of what has a place in metropolitan France."""
    overseas = table["commune"].str.fullmatch(_STRANGE)
    if "epsg" in table:
        overseas |= ~table["epsg"].isin(["", str(_CRS)])
    left.add(_OVERSEAS, int(overseas.sum()))
    table = table[~overseas]
    void = (table["x"] == "") | (table["y"] == "")
    left.add(_NOWHERE, int(void.sum()))
    table = table[~void]
    if table.empty:
        msg = f"{file}: nothing has a place in metropolitan France"
        raise DataError(msg)
    x, y = (_coordinate(table[name], name, file) for name in ("x", "y"))
    _check_inside(x, y, table.index, file)
    points = gpd.points_from_xy(x, y, crs=_CRS)
    if {"lon", "lat"} <= set(table):
        _check_same(points, table, file)
    aside = ["x", "y", "epsg", "lon", "lat", *(n for n in table if n == "key")]
    kept = table.drop(columns=aside, errors="ignore")
    return gpd.GeoDataFrame(kept, geometry=points)


def _coordinate(text: pd.Series, name: str, file: str) -> np.ndarray:
    values, states = numbers_of(text, name, _MARKS, signed=True)
    if (states != "").any():
        wrong = text[(states != "").to_numpy()]
        msg = f"{file}: {name}: {len(wrong)} coordinate(s) are none: {culprits(wrong)}"
        raise DataError(msg)
    return values.to_numpy(dtype=float)


def _check_inside(x: np.ndarray, y: np.ndarray, keys: pd.Index, file: str) -> None:
    """Refuse places that are not in metropolitan France, in Lambert-93."""
    out = (x < _LOW[0]) | (x > _HIGH[0]) | (y < _LOW[1]) | (y > _HIGH[1])
    if not out.any():
        return
    swapped = (y < _HIGH[0]) & (x > _LOW[1])
    why = (
        "x and y are exchanged"
        if swapped[out].all()
        else "they are in degrees or in another projection"
    )
    msg = (
        f"{file}: {int(out.sum())} place(s) are out of metropolitan France in "
        f"Lambert-93: {culprits(keys[out])}; {why}: fetch the file again"
    )
    raise CRSError(msg)


def _check_same(
    points: gpd.array.GeometryArray, table: pd.DataFrame, file: str
) -> None:
    """Refuse places that are one in Lambert-93 and another in degrees."""
    told = (table["lon"] != "") & (table["lat"] != "")
    if not told.any():
        return
    lon, lat = (
        _coordinate(table.loc[told, name], name, file) for name in ("lon", "lat")
    )
    wild = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if not wild.any():
        other = gpd.points_from_xy(lon, lat, crs=4326).to_crs(_CRS)
        ours = points[told.to_numpy()]
        wild = np.hypot(ours.x - other.x, ours.y - other.y) > _NEAR
    if wild.any():
        keys = table.index[told][wild]
        msg = (
            f"{file}: {int(wild.sum())} place(s) are more than {_NEAR:.0f} m apart in "
            f"Lambert-93 and in degrees: {culprits(keys)}; columns are exchanged or "
            "shifted: fetch the file again"
        )
        raise DataError(msg)
