"""Plates of reach: the museum in minutes, beside what is told in kilometres."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.access.counting import RULES, reach
from basinmap.access.networks import PRINTED
from basinmap.deliverables.museum import PAST, SERVED
from basinmap.deliverables.plates import (
    Plate,
    draw_circles,
    draw_museum,
    finish,
    reading_note,
)
from basinmap.deliverables.subjects import Subject
from basinmap.maps.classing.classes import classify
from basinmap.maps.layers.bands import draw_isochrones
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.drawing import in_frame
from basinmap.maps.layers.hatching import draw_hatching
from basinmap.maps.layers.outlines import draw_neighbours, draw_outlines
from basinmap.maps.layers.symbols import draw_symbols
from basinmap.maps.margins.legends import draw_comparison, draw_legend, has_spread
from basinmap.maps.paper.pages import page
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.territory.units import (
    DWELLINGS,
    LATEST,
    LATEST_COUNTS,
    PEOPLE,
    communes,
)
from basinmap.typography import capital, number, shortest
from basinmap.values.columns import column
from basinmap.values.told import bare, fact_of, retell, tell, told_of

__all__ = ["REACH_PLATES", "count_inside", "counted_note", "counting_rule", "cut_note"]

_GREY: Final = "#8b909b"
_CROW: Final = "distance au Louvre-Lens, à vol d'oiseau"


def counting_rule(subject: Subject) -> Literal["area", "dwellings"]:
    """
    Return how people are counted: a commune at one point is a walk of its own.

    Parameters
    ----------
    subject
        The territory, with outlines of IRIS or not.
    """
    return "area" if subject.iris is None else "dwellings"


def count_inside(
    subject: Subject,
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    sums: Sequence[str],
    *,
    cumulative: bool = False,
) -> pd.DataFrame:
    """
    Return what is inside each area, as all outputs of a document count it.

    Parameters
    ----------
    subject
        The territory.
    areas
        Rings or isochrones.
    units
        Communes, with the counts.
    sums
        Columns to add up.
    cumulative
        Whether all that is nearer is counted too, in `<column>_within`.
    """
    rule, iris = counting_rule(subject), subject.iris
    count = None if iris is None else DWELLINGS
    # What lies outside the two départements is told with the figures.
    return reach(
        areas,
        units,
        sums=sums,
        rule=rule,
        weights=iris,
        count=count,
        cumulative=cumulative,
        allow_partial=True,
    )


def counted_note(subject: Subject) -> str:
    """
    Say how people are counted.

    Parameters
    ----------
    subject
        The territory.
    """
    rule = RULES[counting_rule(subject)].replace("unités comptées", "communes comptées")
    told = "" if subject.iris is None else (
        f", logements de {LATEST_COUNTS} par IRIS (contours : "
        f"{fact_of(subject.iris, 'source')})"
    )  # fmt: skip
    return f"Habitants : {rule}{told}, arrondis à la dizaine, Nord et Pas-de-Calais."


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
        f"À combien de minutes du Louvre-Lens {_mode(subject)} – {subject.area.name}",
        "Aires d'où l'on atteint le musée en moins de "
        f"{_steps(subject)} minutes, population municipale en {LATEST} (estimation)",
    )
    _draw_isochrones(ax, subject)
    _draw_ground(ax, subject)
    areas = subject.reach.isochrones
    people = _people(subject, areas, "population")
    draw_comparison(ax, _figures((people, areas["label"])), title="Habitants par aire")
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
        f"Minutes et kilomètres autour du Louvre-Lens – {subject.area.name}",
        f"Temps de parcours {_mode(subject)} et distances à vol d'oiseau ; "
        f"habitants en {LATEST} en deçà de chaque limite",
    )
    _draw_isochrones(ax, subject)
    draw_circles(ax, subject.rings, _CROW)
    _draw_ground(ax, subject)
    rings, areas = subject.rings, subject.reach.isochrones
    circles = [
        f"{shortest(outer / 1000)} km à vol d'oiseau" for outer in rings["outer"]
    ]
    minutes = [f"{shortest(outer)} min {_mode(subject)}" for outer in areas["outer"]]
    figures = _figures(
        (_people(subject, areas, "population_within"), minutes),
        (_people(subject, rings, "population_within"), circles),
    )
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
    values = retell(subject.reach.minutes.dropna(), states={})
    fig, ax = _sheet(
        subject,
        f"Temps de parcours jusqu'au Louvre-Lens {_mode(subject)} – "
        f"{subject.area.name}",
        "Minutes de la mairie au musée par le chemin le plus rapide, par commune",
    )
    classes = classify(values, breaks=_round_steps(values))
    draw_choropleth(ax, subject.communes.loc[values.index], classes)
    absence = subject.reach.departures["absence"]
    for why in (SERVED, PAST):
        lacking = subject.communes[absence == why]
        if len(lacking):
            label = f"commune {why} ({number(len(lacking))})"
            pattern: Literal["x", "/"] = "x" if why == PAST else "/"
            draw_hatching(ax, lacking, label=label, pattern=pattern, color=_GREY)
    draw_museum(ax)
    reading = "{where}, la mairie est à {value} min du musée"
    note = f"{reading_note(subject, values, reading)} {cut_note(subject)}"
    finish(ax, subject, note.strip())
    draw_legend(ax, histogram=values if has_spread(values, firm=True) else None)
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
        f"Habitants autour du Louvre-Lens en {LATEST} – {subject.area.name}",
        "Population municipale par commune et par anneau à vol d'oiseau",
    )
    draw_outlines(
        ax, subject.communes, width=0.4, color=ax.plan.theme.faint, fill="#fbfaf7"
    )
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    draw_circles(ax, subject.rings, _CROW)
    draw_museum(ax)
    draw_symbols(ax, subject.communes, column(subject.statistics, PEOPLE))
    people = _people(subject, subject.rings, "population")
    figures = _figures((people, subject.rings["label"]))
    draw_comparison(ax, figures, title="Habitants par anneau")
    finish(ax, subject, counted_note(subject))
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
    return PRINTED[subject.reach.roads.mode]


def _heading(subject: Subject) -> str:
    return f"Temps de parcours {_mode(subject)} jusqu'au musée"


def _round_steps(values: pd.Series) -> list[float]:
    """Return inner bounds in round minutes, for at most six classes."""
    low, high = float(values.min()), float(values.max())
    step = next(s for s in (1, 2, 5, 10, 15, 30, 60, 120) if (high - low) / s <= 5)
    return [float(m) for m in np.arange(low // step + 1, high // step + 1) * step]


def _steps(subject: Subject) -> str:
    *first, last = (shortest(outer) for outer in subject.reach.isochrones["outer"])
    return f"{', '.join(first)} et {last}" if first else last


def _sheet(subject: Subject, title: str, subtitle: str) -> tuple[Sheet, MapAxes]:
    fig, ax = page(subject.communes, title=title, subtitle=subtitle)
    draw_neighbours(ax, subject.epcis)
    return fig, ax


def _draw_ground(ax: MapAxes, subject: Subject) -> None:
    """Draw limits over areas, and the museum."""
    draw_outlines(ax, subject.communes, width=0.3, color="#ffffff")
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    draw_museum(ax)


def _people(subject: Subject, areas: gpd.GeoDataFrame, name: str) -> pd.Series:
    """Return the inhabitants of each area, or of all that is as near."""
    within = name == "population_within"
    table = count_inside(subject, areas, communes(), ["population"], cumulative=within)
    return column(table, name)


def _figures(*counted: tuple[pd.Series, Iterable[str]]) -> pd.Series:
    """Return what is printed of estimates: tens, and nothing where there is none."""
    parts: list[pd.Series] = []
    states: dict[str, str] = {}
    sources: dict[str, None] = {}
    for people, labels in counted:
        told, names = told_of(people), dict(zip(people.index, labels, strict=True))
        sources |= dict.fromkeys(told.sources)
        states |= {names[code]: state for code, state in told.states.items()}
        parts.append(bare(people.to_frame("people"))["people"].rename(names).round(-1))
    found = pd.concat(parts)
    found = found[found > 0]
    kept = {name: state for name, state in states.items() if name in found.index}
    return tell(found, decimals=0, states=kept, sources=tuple(sources))


def cut_note(subject: Subject) -> str:
    """
    Say where the network stops, if it does before the last minute.

    Parameters
    ----------
    subject
        The territory, with a network.
    """
    if subject.reach.cut is None:
        return ""
    minutes = shortest(floor(10 * subject.reach.cut) / 10)
    return (
        f"Le réseau fourni est coupé à {minutes} min du musée : au-delà, rien n'est "
        "tracé ni compté."
    )


def _signed(fig: Sheet, ax: MapAxes, subject: Subject) -> Sheet:
    rule = capital(told_of(subject.reach.isochrones).rule)
    note = f"{rule}. {counted_note(subject)} {cut_note(subject)}".strip()
    finish(ax, subject, note, around_color=ax.plan.theme.ink)
    draw_legend(ax)
    return fig


def _draw_isochrones(ax: MapAxes, subject: Subject) -> None:
    """Draw the bands of time where the map shows some."""
    if len(in_frame(ax, subject.reach.isochrones)):
        draw_isochrones(ax, subject.reach.isochrones, title=_heading(subject))
