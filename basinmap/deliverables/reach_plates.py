"""Plates of reach: the museum in minutes, beside what is told in kilometres."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.access.counting import RULES, reach
from basinmap.access.networks import PRINTED
from basinmap.deliverables.plates import (
    MUSEUM,
    Plate,
    finish,
    reading_note,
)
from basinmap.deliverables.subjects import Subject
from basinmap.maps.bands import draw_isochrones
from basinmap.maps.classes import classify
from basinmap.maps.layers import (
    draw_choropleth,
    draw_neighbours,
    draw_outlines,
    draw_points,
    draw_rings,
    draw_symbols,
)
from basinmap.maps.legends import draw_comparison, draw_legend
from basinmap.maps.pages import MapAxes, Sheet, page
from basinmap.territory.places import places
from basinmap.territory.units import communes
from basinmap.typography import capital, shortest
from basinmap.values.told import measures_of

__all__ = ["REACH_PLATES"]

_CROW: Final = "distance au Louvre-Lens, à vol d'oiseau"
_COUNTED: Final = f"Habitants : {RULES['centroid']}, Nord et Pas-de-Calais."


def isochrone_plate(subject: Subject) -> Sheet:
    """
    Map the minutes to the museum, whatever the communes.

    Parameters
    ----------
    subject
        The territory, with a network.
    """
    fig, ax = _sheet(
        subject,
        f"À combien de minutes du Louvre-Lens {_mode(subject)} – {subject.name}",
        "Aires d'où l'on atteint le musée en moins de "
        f"{_steps(subject)} minutes, population municipale en 2023",
    )
    draw_isochrones(ax, subject.isochrones, title=_heading(subject))
    _draw_ground(ax, subject)
    draw_comparison(ax, _people(subject.isochrones), title="Habitants par aire")
    return _signed(fig, ax, subject)


def contrast_plate(subject: Subject) -> Sheet:
    """
    Set minutes against kilometres on one map.

    Parameters
    ----------
    subject
        The territory, with a network.
    """
    fig, ax = _sheet(
        subject,
        f"Minutes et kilomètres autour du Louvre-Lens – {subject.name}",
        f"Temps de parcours {_mode(subject)} et distances à vol d'oiseau ; "
        "habitants en 2023 en deçà de chaque limite",
    )
    draw_isochrones(ax, subject.isochrones, title=_heading(subject))
    draw_rings(ax, subject.rings, label=_CROW)
    _draw_ground(ax, subject)
    circles = _people(subject.rings).cumsum()
    circles.index = [
        f"{shortest(outer / 1000)} km à vol d'oiseau"
        for outer in subject.rings["outer"]
    ]
    areas = _people(subject.isochrones).cumsum()
    areas.index = [
        f"{shortest(outer)} min {_mode(subject)}"
        for outer in subject.isochrones["outer"]
    ]
    figures = pd.concat([areas, circles])
    figures.attrs = {"decimals": 0}
    draw_comparison(ax, figures, title="Habitants à moins de")
    return _signed(fig, ax, subject)


def minutes_plate(subject: Subject) -> Sheet:
    """
    Map the minutes from each town hall to the museum.

    Parameters
    ----------
    subject
        The territory, with a network.
    """
    values = subject.minutes
    fig, ax = _sheet(
        subject,
        f"Temps de parcours jusqu'au Louvre-Lens {_mode(subject)} – {subject.name}",
        "Minutes de la mairie au musée par le chemin le plus rapide, par commune",
    )
    classes = classify(values, breaks=_round_steps(values))
    draw_choropleth(ax, subject.communes, classes)
    draw_points(ax, places().loc[["louvre-lens"]], label=MUSEUM)
    reading = "{where}, la mairie est à {value} min du musée"
    finish(ax, subject, reading_note(subject, values, reading))
    draw_legend(ax, histogram=values)
    return fig


def ring_plate(subject: Subject) -> Sheet:
    """
    Map the people of each crow-fly ring.

    Parameters
    ----------
    subject
        The territory.
    """
    fig, ax = _sheet(
        subject,
        f"Habitants autour du Louvre-Lens en 2023 – {subject.name}",
        "Population municipale par commune et par anneau à vol d'oiseau",
    )
    draw_outlines(
        ax, subject.communes, width=0.4, color=ax.plan.theme.faint, fill="#fbfaf7"
    )
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    draw_rings(ax, subject.rings, label=_CROW)
    draw_points(ax, places().loc[["louvre-lens"]], label=MUSEUM)
    population = subject.statistics["population_2023"]
    measure = measures_of(subject.statistics)["population_2023"]
    population.attrs = {
        "kind": "stock",
        "label": "population municipale",
        "sources": measure.source.split("; "),
    }
    draw_symbols(ax, subject.communes, population)
    draw_comparison(ax, _people(subject.rings), title="Habitants par anneau")
    finish(ax, subject, _COUNTED)
    draw_legend(ax)
    return fig


REACH_PLATES: Final = (
    Plate("07-isochrones", isochrone_plate),
    Plate("08-minutes-et-kilometres", contrast_plate),
    Plate("09-temps-de-parcours", minutes_plate),
    Plate("10-habitants-par-anneau", ring_plate),
)
"""The plates that a network adds to a document, in order."""


def _mode(subject: Subject) -> str:
    return PRINTED[subject.roads.mode]


def _heading(subject: Subject) -> str:
    return f"Temps de parcours {_mode(subject)} jusqu'au musée"


def _round_steps(values: pd.Series) -> list[float]:
    """Return inner bounds in round minutes, for at most six classes."""
    low, high = float(values.min()), float(values.max())
    step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 120) if (high - low) / s <= 5)
    return [float(m) for m in np.arange(low // step + 1, high // step + 1) * step]


def _steps(subject: Subject) -> str:
    *first, last = (shortest(outer) for outer in subject.isochrones["outer"])
    return f"{', '.join(first)} et {last}" if first else last


def _sheet(subject: Subject, title: str, subtitle: str) -> tuple[Sheet, MapAxes]:
    fig, ax = page(subject.communes, title=title, subtitle=subtitle)
    draw_neighbours(ax, subject.epcis)
    return fig, ax


def _draw_ground(ax: MapAxes, subject: Subject) -> None:
    """Draw limits over areas, and the museum."""
    draw_outlines(ax, subject.communes, width=0.3, color="#ffffff")
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    draw_points(ax, places().loc[["louvre-lens"]], label=MUSEUM)


def _people(areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the inhabitants of each area, by its label."""
    counted = reach(areas, communes(), sums=["population"], rule="centroid")
    people = counted["population"]
    people.index = list(areas["label"])
    people.attrs = {"decimals": 0}
    return people


def _signed(fig: Sheet, ax: MapAxes, subject: Subject) -> Sheet:
    note = f"{capital(str(subject.isochrones.attrs['rule']))}. {_COUNTED}"
    finish(ax, subject, note, around_color=ax.plan.theme.ink)
    draw_legend(ax)
    return fig
