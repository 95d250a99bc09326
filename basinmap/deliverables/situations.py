"""Names and words of the plate that says where a territory lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.deliverables.sentences import enumerated
from basinmap.maps.grounds.lands import (
    Lettered,
    lines_of_ground,
    towns_around,
    write_own_towns,
    write_region,
    write_towns,
)
from basinmap.maps.layers.drawing import add_key
from basinmap.maps.layers.placement import split_label
from basinmap.maps.look.themes import settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.embedded import communes_2026, spatial_table, table
from basinmap.typography import typeset

__all__ = [
    "add_limits",
    "add_towns",
    "elsewhere",
    "name_farther",
    "name_french_towns",
    "name_largest",
    "name_main_towns",
    "name_neighbours",
    "name_other_towns",
    "name_schemes",
    "numbered_words",
    "outside_words",
    "unlike_whole",
]

_LIMITS: Final = {"limit": "limite de département", "border": "frontière"}
_NEAR: Final = 500.0
"""Metres from a territory to the départements that touch it."""
_MAIN: Final = 15_000
"""People of a town, no seat, that takes the room of any other name."""
_LESSER: Final = 5_000
"""People of those that are written where room is left, on a map of a département."""
_SMALL: Final = 3_000
_WIDE: Final = 60_000.0
_LINE: Final = 13
"""Letters of a name that stays on one line when it may be broken."""
_WORD: Final = 9
_ARTICLE: Final = re.compile(
    r"^(C[ACU]|Métropole|SCoT) (?:de la |de l'|de |du |des |d')"
)


def name_largest(
    ax: MapAxes, communes: gpd.GeoDataFrame, outline: gpd.GeoDataFrame, most: int
) -> None:
    """
    Write the largest communes of a territory, and the seats among them.

    Parameters
    ----------
    ax
        A map, the territory filled.
    communes
        Those of the territory, with their `population`.
    outline
        The territory.
    most
        How many, besides the seats.
    """
    towns = table("towns")
    seats = communes.index.intersection(towns.loc[towns["seat"].ne(""), "commune"])
    largest = communes["population"].nlargest(most).index
    kept = communes.loc[largest.union(seats)]
    kept = kept.sort_values("population", ascending=False)
    halls = communes_2026()[["town_hall_x", "town_hall_y"]].reindex(kept.index)
    points = shapely.point_on_surface(kept.geometry.to_numpy())
    x = halls["town_hall_x"].fillna(pd.Series(shapely.get_x(points), kept.index))
    y = halls["town_hall_y"].fillna(pd.Series(shapely.get_y(points), kept.index))
    broken = [split_label(typeset(name), _WORD) for name in kept["name"]]
    spots = pd.DataFrame({"name": kept["name"], "broken": broken, "x": x, "y": y})
    write_own_towns(ax, spots, outline.geometry.union_all(), strong=1)


def add_limits(ax: MapAxes, inner: tuple[str, str] | None) -> None:
    """
    Add to the legend the lines that are drawn without being data.

    Parameters
    ----------
    ax
        A map whose neighbours are drawn.
    inner
        Colour of the limits of communes, and of the ground on which they run.
    """
    theme, zoom = ax.plan.theme, ax.plan.zoom
    add_key(ax, Swatch("limite d’EPCI", "#ffffff", None, "limit", theme.land, 1.6))
    if inner is not None:
        line, ground = inner
        add_key(ax, Swatch("limite de commune", line, None, "limit", ground, 0.6))
    for kind, (color, width) in lines_of_ground(ax).items():
        label = _LIMITS[kind]
        add_key(ax, Swatch(label, color, None, "limit", theme.land, width / zoom))


def add_towns(ax: MapAxes) -> None:
    """
    Add to the legend the points of towns, as they will be written.

    Parameters
    ----------
    ax
        A map whose markers are drawn.
    """
    theme = ax.plan.theme
    add_key(ax, Swatch("ville", theme.soft, None, "o", theme.halo, size=1.3))
    if towns_around(ax, least=_MAIN)["seat"].eq("departement").any():
        add_key(ax, Swatch("préfecture", theme.soft, None, "s", theme.halo, size=1.5))


def name_main_towns(ax: MapAxes) -> None:
    """
    Write the seats and the large towns around, before any other name.

    Parameters
    ----------
    ax
        A map whose markers are drawn.
    """
    with settings():
        write_towns(ax, towns_around(ax, least=_MAIN))


def name_french_towns(ax: MapAxes) -> None:
    """
    Write the towns around that are in France before those that are larger abroad.

    Parameters
    ----------
    ax
        A map, the territory named.
    """
    with settings():
        write_towns(ax, towns_around(ax, least=_MAIN, abroad=False))


def name_other_towns(ax: MapAxes) -> None:
    """
    Write the lesser towns around, where names of areas have left room.

    Parameters
    ----------
    ax
        A map whose other names are written.
    """
    left, right = ax.get_xlim()
    least = _SMALL if right - left <= _WIDE else _LESSER
    with settings():
        write_towns(ax, towns_around(ax, least=least))


def name_neighbours(ax: MapAxes, others: gpd.GeoDataFrame) -> dict[str, int]:
    """
    Write every neighbour on the map: whole, broken, shortened, else by a number.

    Parameters
    ----------
    ax
        A map whose towns are written.
    others
        On their codes, with their `name`.

    Returns
    -------
    dict of str to int
        The numbers, by code, of those whose name has no room; 0 of those that are too
        small even for a number.
    """
    numbers: dict[str, int] = {}
    ink = ax.plan.theme.ink
    with settings():
        for code, name, shape in zip(
            others.index.astype(str), others["name"], others.geometry, strict=True
        ):
            if _write_one(ax, shape, str(name), color=ink, sizes=(7.0, 6.5)):
                continue
            number = max(numbers.values(), default=0) + 1
            look = Lettered(str(number), 7.4, ink, spaced=False, narrow=True)
            numbers[code] = number if write_region(ax, shape, look) else 0
    return numbers


def numbered_words(names: pd.Series, numbers: dict[str, int]) -> str:
    """
    Say which neighbours the map tells by a number, or not at all.

    Parameters
    ----------
    names
        Of the neighbours, by code.
    numbers
        What `name_neighbours` returned.
    """
    told = [f"{n}, {names[code]}" for code, n in numbers.items() if n]
    lost = [str(names[code]) for code, n in numbers.items() if not n]
    said = f"Sur la carte : {' ; '.join(told)}." if told else ""
    plural = "s" if len(lost) > 1 else ""
    but = f"Sans nom sur la carte, trop petit{plural} : " if lost else ""
    return " ".join(filter(None, [said, but and f"{but}{enumerated(lost)}."]))


def name_farther(ax: MapAxes, units: gpd.GeoDataFrame) -> None:
    """
    Write the EPCI behind the neighbours, paler, where room is left.

    Parameters
    ----------
    ax
        A map whose other names are written.
    units
        With their `name`.
    """
    with settings():
        for name, shape in zip(units["name"], units.geometry, strict=True):
            _write_one(ax, shape, str(name), color=ax.plan.theme.soft, sizes=(6.5,))


def name_schemes(ax: MapAxes, schemes: gpd.GeoDataFrame, color: str) -> None:
    """
    Write the SCoT where their land is free.

    Parameters
    ----------
    ax
        A map whose neighbours are named.
    schemes
        With their `name`.
    color
        Of the letters.
    """
    with settings():
        for name, shape in zip(schemes["name"], schemes.geometry, strict=True):
            _write_one(ax, shape, str(name), color=color, sizes=(6.6,), italic=True)


def _write_one(
    ax: MapAxes,
    shape: shapely.Geometry,
    name: str,
    *,
    color: str,
    sizes: Iterable[float],
    italic: bool = False,
) -> bool:
    """Write the name of an area, as whole and as large as there is room for."""
    short = _ARTICLE.sub(lambda found: f"{found[1]} ", name)
    texts = dict.fromkeys(
        text
        for whole in (typeset(name), typeset(short))
        for text in (whole, split_label(whole, _LINE))
    )
    return any(
        write_region(
            ax,
            shape,
            Lettered(text, size, color, spaced=False, italic=italic, narrow=not italic),
        )
        for size in sizes
        for text in texts
    )


def elsewhere(outline: gpd.GeoDataFrame) -> list[str]:
    """
    Return the names of the other départements of France that touch a territory.

    Parameters
    ----------
    outline
        The territory.
    """
    around = spatial_table("surroundings")
    around = around[around["kind"] == "departement"]
    away = around.distance(outline.geometry.union_all())
    return [str(name) for name in around.loc[away < _NEAR, "name"]]


def unlike_whole(units: pd.DataFrame) -> dict[str, str]:
    """
    Return the départements where some communes of EPCI are not counted, by code.

    Parameters
    ----------
    units
        EPCI, with `outside`: the codes of their communes that are elsewhere.
    """
    if "outside" not in units:
        return {}
    around = spatial_table("surroundings")["name"]
    return {
        str(code): enumerated(
            sorted({str(around.get(c[:2], c[:2])) for c in _codes(outside)})
        )
        for code, outside in units["outside"].dropna().items()
    }


def outside_words(units: pd.DataFrame) -> str:
    """
    Say which communes of which EPCI are not counted, and where they are.

    Parameters
    ----------
    units
        EPCI, with `name` and `outside`.
    """
    said = []
    for code, where in unlike_whole(units).items():
        codes = _codes(units.loc[code, "outside"])
        some = f"{len(codes)} communes" if len(codes) > 1 else "une commune"
        said.append(
            f"{units.loc[code, 'name']} : sans {some} hors du Nord et du "
            f"Pas-de-Calais ({where})."
        )
    return " ".join(said)


def _codes(outside: object) -> list[str]:
    return re.findall(r"\w{5}", str(outside))
