"""Outlines of communes that the user gives, in place of the embedded ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import Geod

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.measures import Stock
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.history import weighed
from basinmap.territory.levels import check_codes, fold
from basinmap.territory.passages import check_years, deeds, followed
from basinmap.territory.reading import checked_error, checked_units, read_units
from basinmap.territory.timelines import Timeline, timeline
from basinmap.typography import number, percent
from basinmap.values.told import carry, fact_of, report_of, tell, told_of

__all__ = [
    "Outlines",
    "check_seamless",
    "error_of",
    "ground_area",
    "read_outlines",
    "surface_caution",
    "surface_error",
    "surfaces_of",
    "surfaces_too_far",
    "units_of",
]

Outlines: TypeAlias = str | Path | gpd.GeoDataFrame
"""A file of communes, or its frame."""

_GEOD: Final = Geod(ellps="GRS80")
_LATEST: Final = 2026
_AREA: Final = "area_km2"
_NAMED: Final = 3
"""Communes without a surface that are named."""
_GAP: Final = 1.0
"""Width in metres under which a hole is a gap, as for `check_coverage`."""
_SMALLEST: Final = 1e5
"""Square metres under which a hole is no commune: Lannoy has 0.17 km²."""
_ASTRAY: Final = 2_000.0
"""Metres from its place at which an outline is that of another commune."""
_COMMON: Final = 0.75
"""Share of the smaller of two outlines of a commune that they have in common at least;
330 finer ones have 0.93 of it, and none that is 1.9 km away more than 0.72."""
_SHRUNK: Final = 0.8
"""Share of its surface under which an outline is that of a part of its commune; what
is published is 0.84 of what is embedded at the least, at Loon-Plage."""
_EXPLAINED: Final = 0.5
_OFF: Final = 0.2
"""Difference to its outline that a published surface may always have: harbours."""
_TOLD: Final = 0.05
"""Difference to its outline above which a published surface is told."""
_SURFACES: Final = frozenset(
    {
        "superf",
        "superficie",
        "superficie cadastrale",
        *(
            f"{word} {unit}"
            for word in ("superficie", "surface", "surf")
            for unit in ("km2", "ha", "m2")
        ),
    }
)
"""How files call the published surface. Not `shape_area`, that of the drawing."""
_UNITS: Final = {1.0: "km²", 100.0: "hectares", 1e6: "m²"}
_TWICE: Final = 2.0
_FRAME: Final = "outlines"
"""What messages call a frame, which has no name."""


def read_outlines(
    outlines: Outlines,
    *,
    year: int = _LATEST,
    code: str | None = None,
    layer: str | None = None,
    outline_error: float | None = None,
    source: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Read outlines of communes to be used in place of the embedded, generalised ones.

    ADMIN EXPRESS, or any layer with the codes of communes. `communes`, `epcis`,
    `scots`, `departements`, `statistics` and the documents take the result, or the
    path itself, as `outlines=`.

    Parameters
    ----------
    outlines
        Path of a vector file, or a frame of polygons with codes in a column or as
        index.
    year
        Year of the Code officiel géographique that the file follows. Communes merged
        since are merged.
    code, layer
        See `read_units`; of several layers, that of the communes is taken.
    outline_error
        How far the outlines are from the ground, in metres, if known; for a frame, by
        default what it says in `attrs["outline_error"]`.
    source
        Credit to print; by default the name of the file.

    Returns
    -------
    GeoDataFrame
        Communes of Nord and Pas-de-Calais at COG 2026, index `commune`, EPSG:2154:
        `area_km2`, the published surface where the file has it (a column
        `superficie`, `superficie_cadastrale`, `surface_km2`…; km², hectares or m² is
        found by comparison), else that of the outline; `geometry`. `attrs` tells
        `sources`, `outline_error` if known, and `report`, which `report_of` reads.

    Raises
    ------
    VintageError
        If codes are of another year, or communes were divided since.
    CodeError
        If no code, or some code of the two départements, is that of a commune.
    DataError
        If the outlines are no valid coverage or are those of other communes, a part
        of a merged commune is missing, published surfaces make no sense, or for a
        reason of `read_units`.
    ColumnError, CRSError
        See `read_units`.

    See Also
    --------
    check_coverage : Where outlines overlap, leave gaps or do not match.
    clean_coverage : The same outlines, mended.

    Examples
    --------
    >>> import basinmap as bm
    >>> fine = bm.communes(epci="call")[["geometry"]]  # as read from a file
    >>> ground = bm.read_outlines(fine, outline_error=5, source="IGN, ADMIN EXPRESS")
    >>> bm.communes(epci="call", outlines=ground).attrs["outline_error"]
    5.0
    """
    check_given(read_outlines, locals())
    known = checked_error(outline_error)
    units, name, read = units_of(outlines, code, layer)
    known = error_of(units) if known is None else known
    credits_ = (source,) if source else told_of(units).sources or (name,)
    kept = _in_territory(units, name)
    line = timeline(None)
    _check_years(kept.index, year, line, name)
    check_seamless(kept, name)
    area, stock, said = surfaces_of(kept, credits_, known)
    frame, told = _brought(kept[["geometry"]].assign(**{_AREA: area}), year, line, name)
    _check_places(frame, name)
    _check_ground(frame, name)
    tell(
        frame,
        level="commune",
        geography=f"{_LATEST}-01-01",
        sources=credits_,
        stocks={_AREA: asdict(stock)},
        **({} if known is None else {"outline_error": known}),
        report=Report(
            verb="Lecture des contours" + (f" de {name}" if name != _FRAME else ""),
            units_before=len(units),
            units_after=len(frame),
            notes=(*read, *said, *told),
        ),
    )
    return frame


def error_of(frame: pd.DataFrame | pd.Series) -> float | None:
    """
    Return how far the outlines of a frame are said to be from the ground.

    Parameters
    ----------
    frame
        Units, with `attrs["outline_error"]` where it is known.

    Returns
    -------
    float or None
        Metres.

    Raises
    ------
    DataError
        If what is said is no length.

    Examples
    --------
    >>> import basinmap as bm
    >>> error_of(bm.communes(epci="call"))
    174.0
    """
    return checked_error(fact_of(frame, "outline_error"))


def ground_area(frame: gpd.GeoDataFrame) -> pd.Series:
    """
    Return the surface of outlines on the ellipsoid, in km².

    Parameters
    ----------
    frame
        Polygons.

    Examples
    --------
    >>> import basinmap as bm
    >>> call = bm.communes(epci="call")
    >>> bool(abs(ground_area(call) - call["area_km2"]).max() < 1e-6)
    True
    """
    # EPSG:4171 is the geographic CRS of Lambert-93: no datum shift.
    outlines = frame.geometry.to_crs(4171)
    areas = [abs(_GEOD.geometry_area_perimeter(g)[0]) / 1e6 for g in outlines]
    return pd.Series(areas, frame.index)


def surface_caution(communes: Iterable[str], *, whole: bool = False) -> str:
    """
    Say in French how far the embedded surfaces of communes are from the published.

    Parameters
    ----------
    communes
        Codes of what is shown, or of EPCI.
    whole
        Whether what is shown is larger than a commune, whose errors make up for one
        another.

    Returns
    -------
    str
        The largest error known in the EPCI of these communes, and those of which the
        surface is too far off to divide by; empty without any.

    Examples
    --------
    >>> import basinmap as bm
    >>> told = surface_caution(bm.communes(epci="call").index)
    >>> told.replace("\u202f", " ")
    'écart avec la superficie publiée : 4,2 % au plus (Éleu-dit-Leauwette)'
    """
    error, commune = surface_error(communes, whole=whole)
    if not error:
        return ""
    told = f"écart avec la superficie publiée : {percent(error, 1)} au plus"
    names = embedded.communes_2026()["name"]
    if commune:
        told = f"{told} ({names[commune]})"
    codes = pd.Index(communes)
    gone = [code for code in surfaces_too_far() if not whole and code in codes]
    if not gone:
        return told
    where = ", ".join(names[gone]) if len(gone) <= _NAMED else f"{len(gone)} communes"
    return f"{told} ; n.d. : contour trop loin de la superficie publiée ({where})"


def surfaces_too_far() -> dict[str, float]:
    """
    Return communes whose drawn surface is too far from the published to divide by.

    Returns
    -------
    dict
        Code to what is drawn too much, or too little, as a share of the published.

    Examples
    --------
    >>> surfaces_too_far()["59272"]
    -0.411
    """
    far = embedded.outlines_known()["surface_far"]
    return {code: round(off / 100, 6) for code, off in far.items()}


def surface_error(communes: Iterable[str], *, whole: bool = False) -> tuple[float, str]:
    """
    Return how far from the published the drawn surfaces are, in per cent, at most.

    Those that are too far off for anything to be divided by them do not count.

    Parameters
    ----------
    communes
        Codes of what is shown, or of EPCI.
    whole
        Whether what is shown is larger than a commune.

    Returns
    -------
    tuple of float and str
        0 where nothing is known; with the commune of which it is, where it is shown.

    Examples
    --------
    >>> import basinmap as bm
    >>> surface_error(bm.communes(epci="call").index)
    (4.2, '62291')
    """
    frame = embedded.communes_2026()
    codes = pd.Index(communes)
    shown = frame.index.intersection(codes)
    errors = embedded.outlines_known()["surface_errors"]
    known = [errors[epci] for epci in frame.loc[shown, "epci"].unique()]
    if not known:  # EPCI, or none of ours
        known, whole = [errors[code] for code in codes if code in errors], True
    if not known:
        return 0.0, ""
    key = "whole" if whole else "most"
    worst = max(known, key=lambda error: error[key])
    named = "" if whole or worst["commune"] not in shown else str(worst["commune"])
    return float(worst[key]), named


# -- the file ------------------------------------------------------------------


def units_of(
    outlines: Outlines, code: str | None = None, layer: str | None = None
) -> tuple[gpd.GeoDataFrame, str, tuple[str, ...]]:
    """
    Return the communes of a file or a frame, what to call them, and French notes.

    Parameters
    ----------
    outlines, code, layer
        As for `read_outlines`.
    """
    if isinstance(outlines, gpd.GeoDataFrame):
        raw, column = _with_codes(outlines, code)
        name = _FRAME
        units = checked_units(raw, "commune", code=column, file=Path(name))
        sources = told_of(outlines).sources or ("contours fournis",)
        carry(units, outlines, sources=sources)
        return units, name, ()
    if not isinstance(outlines, str | Path):
        msg = (
            f"outlines: a {type(outlines).__name__}; give the path of a vector file, "
            "or a GeoDataFrame of communes"
        )
        raise DataError(msg)
    file = Path(outlines)
    if layer is None:
        layer = _layer_of_communes(file)
    units = read_units(file, "commune", code=code, layer=layer)
    return units, file.name, report_of(units).notes


def _with_codes(
    frame: gpd.GeoDataFrame, code: str | None
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Return a frame with its codes in a column, and which, if they were the index."""
    frame = (
        frame
        if frame.geometry.name == "geometry"
        else frame.rename_geometry("geometry")
    )
    if code is not None or not (frame.index.name == "commune" or _coded(frame.index)):
        return frame.reset_index(drop=frame.index.name is None), code
    column = "commune_index"
    return frame.reset_index(names=column), column


def _coded(index: pd.Index) -> bool:
    try:
        check_codes(index, "commune")
    except CodeError:
        return False
    return True


def _layer_of_communes(file: Path) -> str | None:
    """Return the layer of communes among several, as in ADMIN EXPRESS."""
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(file)]
    except (RuntimeError, OSError, ValueError):
        return None  # read_units says what is wrong
    named = [name for name in names if fold(name) in ("commune", "communes")]
    return named[0] if len(names) > 1 and len(named) == 1 else None


def _in_territory(units: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return the communes of the two départements."""
    mine = embedded.communes_2026()["departement"].unique()
    kept = units[units.index.str[:2].isin(mine)]
    if kept.empty:
        msg = (
            f"{name}: none of its {len(units)} communes is of Nord or Pas-de-Calais: "
            f"{culprits(units.index)}; give a file of these départements"
        )
        raise CodeError(msg)
    return kept


# -- the list of communes --------------------------------------------------------


def _check_years(codes: pd.Index, year: int, line: Timeline, name: str) -> None:
    """Refuse codes of another year, and say what became of them."""
    never = sorted(set(codes) - line.ever)
    if never:
        msg = (
            f"{name}: {len(never)} code(s) were never communes of Nord or "
            f"Pas-de-Calais: {culprits(never)}; drop them from the file"
        )
        raise CodeError(msg)
    try:
        check_years(codes, year, line)
    except VintageError as error:
        likely = int(weighed(codes, line).iloc[0]["last"])
        gone = sorted(set(codes) - set(line.grounds(_LATEST)))
        table = followed(line, likely, _LATEST, codes=pd.Index(gone)).table
        joined = [f"{b} → {a}" for b, a in zip(table.before, table.after, strict=True)]
        told = f"; {', '.join(joined[:5])} since" if joined else ""
        msg = (
            f"{name}: {error}{told}: bm.read_outlines(…, year={likely}) merges their "
            f"outlines; for a table, bm.rebase(table, from_year={likely}, "
            f"to_year={_LATEST})"
        )
        raise VintageError(msg) from None


def _brought(
    frame: gpd.GeoDataFrame, year: int, line: Timeline, name: str
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Bring outlines to the latest list: what was merged since is merged."""
    if line.grounds(year) == line.grounds(_LATEST):
        return frame.sort_index(), []
    moves = followed(line, year, _LATEST, codes=frame.index)
    if moves.split:
        msg = (
            f"{name}: {len(moves.split)} commune(s) of {year} were divided since: "
            f"{culprits(moves.split)}; outlines cannot be, give those of a later year"
        )
        raise VintageError(msg)
    if moves.partial:
        told = [f"{heir} lacks {', '.join(x)}" for heir, x in moves.partial.items()]
        msg = (
            f"{name}: {len(told)} commune(s) of {_LATEST} are not whole in the "
            f"outlines of {year}: {culprits(told, most=3)}; add them to the file"
        )
        raise DataError(msg)
    after = moves.table.dropna(subset=["after"]).set_index("before")["after"]
    groups = frame.loc[after.index].groupby(after)
    merged = {
        code: shapely.coverage_union_all(part.array) if len(part) > 1 else part.iloc[0]
        for code, part in groups["geometry"]
    }
    table = gpd.GeoDataFrame(
        {_AREA: groups[_AREA].sum()},
        geometry=gpd.GeoSeries(merged, crs=frame.crs),
    )
    return table.sort_index().rename_axis("commune"), deeds(moves, gaps=False)


# -- what cannot be right --------------------------------------------------------


def check_seamless(units: gpd.GeoDataFrame, name: str) -> None:
    """
    Refuse communes that overlap, do not match, or have ground of nobody between.

    Parameters
    ----------
    units
        Their outlines.
    name
        Name of the file, for messages.

    Raises
    ------
    DataError
        With the communes, and what mends them.
    """
    shapes = units.geometry.array
    wrong = np.zeros(len(units), dtype=bool)
    if not shapely.coverage_is_valid(shapes, gap_width=_GAP):
        edges = shapely.coverage_invalid_edges(shapes, gap_width=_GAP)
        wrong = np.array([edge is not None and not edge.is_empty for edge in edges])
    else:
        holes = _holes(shapely.coverage_union_all(shapes))
        wrong[np.unique(shapely.STRtree(shapes).query(holes, "intersects")[1])] = True
    if wrong.any():
        msg = (
            f"{name}: {wrong.sum()} commune(s) overlap, leave gaps or do not match "
            f"their neighbours: {culprits(units.index[wrong])}; read them as units = "
            "bm.read_units(…, 'commune'), see where with bm.check_coverage(units), and "
            "give what bm.clean_coverage(units, snap=20, gap_width=60)[0] makes of them"
        )
        raise DataError(msg)


def _holes(merged: shapely.Geometry) -> np.ndarray:
    """Return the holes that are too small to be a commune that is not given."""
    rings = [ring for part in shapely.get_parts(merged) for ring in part.interiors]
    found = shapely.polygons(np.array(rings, dtype=object))
    return found[shapely.area(found) < _SMALLEST]


def _check_places(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse outlines that are not where, or hardly what, their commune is."""
    known = embedded.communes_2026().geometry[frame.index]
    away = shapely.distance(frame.geometry.representative_point().array, known.array)
    wrong = frame.index[away > _ASTRAY]
    if len(wrong):
        msg = (
            f"{name}: {len(wrong)} outline(s) lie more than {_ASTRAY / 1000:g} km from "
            f"the commune of their code: {culprits(wrong)}; were codes and outlines "
            "joined row by row? Join them by code"
        )
        raise DataError(msg)
    # A new commune keeps the code of one of those that it is made of.
    areas, mine = shapely.area(known.array), shapely.area(frame.geometry.array)
    small = frame.index[mine < _SHRUNK * areas]
    if len(small):
        msg = (
            f"{name}: {len(small)} outline(s) are less than {100 * _SHRUNK:.0f} % of "
            f"their commune: {culprits(small)}; if they are older than the communes "
            "merged since, say their list: bm.read_outlines(…, year=2024)"
        )
        raise DataError(msg)
    both = shapely.area(shapely.intersection(frame.geometry.array, known.array))
    moved = frame.index[both < _COMMON * np.minimum(areas, mine)]
    if len(moved):
        msg = (
            f"{name}: {len(moved)} outline(s) lie beside the commune of their code: "
            f"{culprits(moved)}; were codes swapped, or outlines shifted by a wrong "
            "CRS? Join them by code, and say the CRS that the file is drawn in"
        )
        raise DataError(msg)


def _check_ground(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse ground of nobody that no commune that is not given explains."""
    merged = shapely.coverage_union_all(frame.geometry.array)
    rings = [ring for part in shapely.get_parts(merged) for ring in part.interiors]
    if not rings:
        return
    every = embedded.communes_2026().geometry
    absent = shapely.union_all(every[~every.index.isin(frame.index)].array)
    around = shapely.buffer(absent, embedded.outlines_known()["error_p95_m"])
    voids = shapely.difference(shapely.polygons(rings), merged)
    held = shapely.area(shapely.intersection(voids, absent))
    beyond = shapely.area(shapely.difference(voids, around))
    wrong = (held < _EXPLAINED * shapely.area(voids)) | (beyond > _SMALLEST)
    if wrong.any():
        beside = shapely.STRtree(frame.geometry.array).query(
            voids[wrong], predicate="intersects"
        )[1]
        km2 = float(shapely.area(voids[wrong]).sum()) / 1e6
        msg = (
            f"{name}: {int(wrong.sum())} hole(s), {km2:.2g} km², that no absent "
            "commune explains, in or beside "
            f"{culprits(frame.index[np.unique(beside)])}; fetch the outlines again, "
            "or see where with bm.check_coverage(…)"
        )
        raise DataError(msg)


def surfaces_of(
    units: gpd.GeoDataFrame,
    credits_: Collection[str],
    error: float | None,
    *,
    year: int = _LATEST,
) -> tuple[pd.Series, Stock, list[str]]:
    """
    Return the published surfaces in km², or those of the outlines, and whose.

    Parameters
    ----------
    units
        Outlines, and the columns of their file.
    credits_
        Where they come from.
    error
        Mean error of the outlines in metres, where it is known.
    year
        COG year of the communes.

    Returns
    -------
    area : Series
        In km².
    stock : Stock
        What it is.
    notes : list of str
        French sentences on the column.
    """
    whose = " ; ".join(credits_)
    drawn = ground_area(units)
    known = fact_of(units, "stocks", {}).get(_AREA)
    if known and _AREA in units:  # read before
        return units[_AREA].astype("float64"), Stock(**known), []
    column = next((c for c in units.columns if fold(str(c)) in _SURFACES), None)
    stock = Stock(label="Superficie", unit="km²", geography=str(year))
    if column is None:
        source = f"surface des contours fournis ({whose})"
        return drawn, replace(stock, source=source), []
    given = pd.to_numeric(units[column], errors="coerce").astype("float64")
    given = given.where(given > 0)
    unit = _unit(str(column), given / drawn)
    area = given / unit
    off = (area / drawn - 1).abs()
    _check_surfaces(str(column), off, _allowed(units, drawn, error))
    lacking = list(area.index[area.isna()])
    notes = [f"Superficie publiée : colonne {column}, en {_UNITS[unit]}."]
    if lacking:
        some = ", ".join(lacking[:5])
        notes.append(
            f"Superficie absente, mesurée sur le contour ({number(len(lacking))} : "
            f"{some})."
        )
    if told := list(off.index[off > _TOLD]):
        more = "…" if len(told) > 5 else ""
        notes.append(
            f"Superficie publiée à plus de {percent(100 * _TOLD)} de celle du contour "
            f"({number(len(told))} : {', '.join(told[:5])}{more})."
        )
    return (
        area.fillna(drawn),
        replace(stock, source=whose),
        notes,
    )


def _allowed(
    units: gpd.GeoDataFrame, drawn: pd.Series, error: float | None
) -> pd.Series:
    """Return how far from its outline each published surface may be, as a share."""
    known = embedded.outlines_known()
    worst = known["error_p95_m"]
    if error is not None:
        worst *= error / known["error_m"]
    strip = shapely.length(units.geometry.array) * worst / 1e6
    return (strip / drawn).clip(lower=_OFF, upper=_TWICE - 1)


def _check_surfaces(column: str, off: pd.Series, allowed: pd.Series) -> None:
    """Refuse published surfaces that the error of the outlines does not explain."""
    wrong = off.index[off > allowed]
    if len(wrong):
        told = [f"{code} ({100 * off[code]:.0f} % off)" for code in wrong[:5]]
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        msg = (
            f"column {column!r}: {len(wrong)} surface(s) are not those of their "
            f"outlines, whatever the error of these: {', '.join(told)}{more}; correct "
            "them, or drop the column to have them measured"
        )
        raise DataError(msg)


def _unit(column: str, ratio: pd.Series) -> float:
    """Return how many units of a column make a km²."""
    middle = float(ratio.median())
    for unit in _UNITS:
        if 1 / _TWICE < middle / unit < _TWICE:
            return unit
    msg = (
        f"column {column!r} is no surface in {', '.join(_UNITS.values())}: the median "
        f"is {middle:.3g} times that of the outlines; drop it to have them measured"
    )
    raise DataError(msg)
