"""The embedded files: one reader each, read once, copied on the way out."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import geopandas as gpd
import pandas as pd

__all__ = [
    "communes_2026",
    "credit",
    "labels",
    "outline_error",
    "outlines_known",
    "provenance",
    "spatial_table",
    "table",
]

_DATA = files("basinmap") / "data"


@cache
def table(name: str) -> pd.DataFrame:
    """
    Read an embedded table without geometry; do not modify what is returned.

    Parameters
    ----------
    name
        File name without `.parquet`.
    """
    with as_file(_DATA / f"{name}.parquet") as path:
        return pd.read_parquet(path)


@cache
def spatial_table(name: str) -> gpd.GeoDataFrame:
    """
    Read an embedded table with geometry; do not modify what is returned.

    Parameters
    ----------
    name
        File name without `.parquet`.
    """
    with as_file(_DATA / f"{name}.parquet") as path:
        frame = gpd.read_parquet(path)
    # The file spells the CRS out; its short name is what users compare and read.
    return frame.set_crs("EPSG:2154", allow_override=True)


def communes_2026() -> gpd.GeoDataFrame:
    """Return the 1,534 communes at COG 2026; do not modify what is returned."""
    return spatial_table("communes")


@cache
def labels(level: str) -> pd.DataFrame:
    """
    Return the names of the units of a level above the commune, by code.

    Parameters
    ----------
    level
        `"epci"`, `"scot"`, `"arrondissement"`, `"departement"` or `"region"`.
    """
    units = table("units")
    found = units[units["level"] == level].drop(columns="level")
    return found.set_index("code").rename_axis(level)


@cache
def provenance() -> dict[str, Any]:
    """Return datasets, columns and files as `data/build.py` wrote them."""
    return json.loads((_DATA / "provenance.json").read_text(encoding="utf-8"))


def credit(*columns: str) -> tuple[str, ...]:
    """
    Return the credit lines of these columns, each once, in order.

    Parameters
    ----------
    *columns
        Names of embedded columns, `"geometry"` among them.
    """
    known = provenance()
    ids = dict.fromkeys(known["columns"][name] for name in columns)
    return tuple(known["datasets"][key]["credit"] for key in ids)


def outlines_known() -> dict[str, Any]:
    """
    Return what is known of the embedded outlines, their errors among it.

    `error_m` and `error_p95_m`, the median and the 95th centile of their distance to
    finer ones, in metres; `surface_errors`, how much the drawn surfaces are off, in
    per cent, by EPCI, and `surface_far`, communes of which that is too much; and where
    all were measured.
    """
    known = provenance()
    return known["datasets"][known["columns"]["geometry"]]


def outline_error() -> float:
    """Return the median error of the embedded outlines, in metres."""
    return float(outlines_known()["error_m"])
