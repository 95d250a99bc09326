"""The pages of what is around the museum: by distance, by minutes, who is in reach."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.deliverables.chapter_figures import BASED_SPAN, sources_line
from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.chapters import little_cell, map_figure, short_title
from basinmap.deliverables.charts import bar_chart, line_chart
from basinmap.deliverables.classing import classes_of
from basinmap.deliverables.groups import grouped, in_basin
from basinmap.deliverables.heights import legend_mm
from basinmap.deliverables.museum_areas import (
    Zones,
    crow_zones,
    establishments_in,
    minutes_zones,
    people_in,
)
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import (
    Cell,
    Column,
    Figure,
    Heading,
    Note,
    Page,
    Paragraph,
    Table,
)
from basinmap.maps.layers.bands import draw_isochrones
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.paper.sheets import MapAxes
from basinmap.states import SIGNS
from basinmap.territory.levels import fold
from basinmap.territory.places import place, places
from basinmap.typography import BROAD, capital, number, typeset
from basinmap.values.told import told_of

__all__ = [
    "OBSERVED",
    "crow_page",
    "establishments_table",
    "minutes_page",
    "near_table",
    "people_table",
    "unsupplied",
    "zone_table",
]

_LISTED: Final = 16
OBSERVED: Final = "Écart constaté, sans mesure d’effet."
_BLANK: Final = Cell("n.d.", "not-available")


def crow_page(about: Subject, zones: Zones, running: str) -> Page:
    """
    Return the page of the rings: map, population, vacancy, in or out of the bassin.

    Parameters
    ----------
    about
        What is observed.
    zones
        What `crow_zones` returned.
    running
        What the head of the page says.
    """
    text = (
        "Les communes du Nord et du Pas-de-Calais sont rangées selon la distance à "
        f"vol d’oiseau d’un point de leur intérieur au musée. {OBSERVED}"
    )
    title = "Autour du musée, à vol d’oiseau"
    return _page(about, zones, (title, text), running)


def minutes_page(
    about: Subject, areas: gpd.GeoDataFrame, running: str
) -> tuple[Zones, Page]:
    """
    Return the areas of travel time, and their page: the same beside the rings.

    Parameters
    ----------
    about
        What is observed.
    areas
        What `isochrones` or `read_isochrones` returned.
    running
        What the head of the page says.
    """
    zones = minutes_zones(about, areas)
    rule = told_of(zones.areas).rule
    told = f"{capital(rule).rstrip('.')}. " if rule else ""
    text = (
        f"{told}Les communes sont rangées selon l’aire qui contient un point de leur "
        f"intérieur. {OBSERVED}"
    )
    said = ("Autour du musée, en minutes", text)
    return zones, _page(about, zones, said, running)


def _page(
    about: Subject,
    zones: Zones,
    said: tuple[str, str],
    running: str,
) -> Page:
    """Return a page of areas: map, years, rates and tables."""
    title, text = said
    sheet = Sheet([("title", Heading(title))])
    sheet.put("lead", Paragraph(typeset(text), role="lead"))
    sheet.put("table", zone_table(about, zones))
    sheet.put("table", _inside_table(about, zones))
    room = sheet.room_mm(rows=2)
    high = min(112.0, max(70.0, 0.6 * room))
    draw = _crow_map if zones.slug == "couronnes" else _minutes_map
    main = draw(about, zones, high)
    sheet.put("map", main)
    tall = max(34.0, high - legend_mm(main) - 8.0)
    sheet.put("side", _bars(about, zones, "D02", (67.0, min(60.0, tall))))
    low = min(80.0, max(44.0, room - high))
    sheet.put("left", _lines(about, zones, (88.0, low)))
    sheet.put("right", _bars(about, zones, "L04", (89.0, low)))
    return sheet.page(zones.slug, running)


# --- what is in each area -------------------------------------------------------


def zone_table(about: Subject, zones: Zones) -> Table:
    """
    Return the indicators of the communes of each area.

    Parameters
    ----------
    about
        What is observed.
    zones
        The areas.
    """
    ids = [
        i
        for i in ("D01", "D02", "L01", "L04", "E02")
        if about.of(i) is not None and about.wants(i)
    ]
    found = {i: grouped(about, i, zones.held) for i in ids}
    rows = []
    for label in zones.labels:
        cells = [found[i][label].cell() if label in found[i] else _BLANK for i in ids]
        count = int((zones.held == label).sum())
        rows.append((Cell(typeset(label)), Cell(number(count)), *cells))
    columns = (
        Column(zones.heading, "left", 2),
        Column("Communes"),
        *(Column(short_title(about, i)) for i in ids),
    )
    how = (
        "la distance du musée à un point de leur intérieur"
        if zones.slug == "couronnes"
        else "le temps jusqu’au musée d’un point de leur intérieur"
    )
    return Table(
        columns,
        tuple(rows),
        typeset(f"Communes selon {how}"),
        notes=("Taux calculés sur les sommes des effectifs des communes.",),
        source=sources_line(about, *ids) if ids else "",
    )


def _inside_table(about: Subject, zones: Zones) -> Table | None:
    """Return the communes of each area in the bassin minier, and outside of it."""
    basin, ring = in_basin(), zones.held
    side = pd.Series(
        ["en bassin minier" if c in basin else "hors" for c in ring.index], ring.index
    )
    both = ring.astype("str") + " · " + side
    ids = [
        i for i in ("D01", "D02", "L04") if about.of(i) is not None and about.wants(i)
    ]
    found = {i: grouped(about, i, both) for i in ids}
    rows = []
    for label in zones.labels:
        for where in ("en bassin minier", "hors"):
            key = f"{label} · {where}"
            count = int((both == key).sum())
            if not count:
                continue
            cells = [found[i][key].cell() if key in found[i] else _BLANK for i in ids]
            rows.append((Cell(typeset(key)), Cell(number(count)), *cells))
    if not rows:
        return None
    columns = (
        Column(zones.heading, "left", 2),
        Column("Communes"),
        *(Column(short_title(about, i)) for i in ids),
    )
    caption = f"Dans le bassin minier et hors de lui, {zones.by}"
    source = sources_line(about, *ids) if ids else ""
    return Table(columns, tuple(rows), typeset(caption), source=source)


def near_table(about: Subject, zones: Zones) -> Table | None:
    """
    Return the communes of the nearest area, one by one.

    Parameters
    ----------
    about
        What is observed.
    zones
        The areas.
    """
    near = zones.labels[0]
    held = zones.held.index[zones.held == near]
    ids = [i for i in ("D01", "D02", "L01", "L04") if about.of(i) is not None]
    ids = [i for i in ids if about.wants(i)]
    if not ids or not 1 < len(held) <= _LISTED:
        return None
    names = about.territory.names("commune")
    rows = []
    for code in sorted(held, key=lambda c: fold(str(names[c]))):
        values = [
            None if code in about.little(i) else about.commune(i, code) for i in ids
        ]
        cells = [
            little_cell(about, i, code) if code in about.little(i) else _BLANK
            for i in ids
        ]
        printed = [
            c if v is None else v.cell() for v, c in zip(values, cells, strict=True)
        ]
        rows.append((Cell(str(names[code])), *printed))
    columns = (
        Column("Commune", "left", 2),
        *(Column(short_title(about, i)) for i in ids),
    )
    caption = f"Les communes à {near} du musée, d’un point de leur intérieur"
    return Table(
        columns,
        tuple(rows),
        typeset(caption),
        source=sources_line(about, *ids),
    )


def people_table(*every: Zones) -> Table:
    """
    Return the people reached, by distance and by minutes: estimates, and in all.

    Parameters
    ----------
    *every
        The areas.
    """
    rows = []
    sources: dict[str, None] = {}
    for zones in every:
        people = people_in(zones)
        sources |= dict.fromkeys(told_of(people).sources)
        within = people.cumsum()
        rows += [
            (
                Cell(typeset(str(label))),
                _estimate(float(people[label])),
                _estimate(float(within[label])),
            )
            for label in people.index
        ]
    columns = (
        Column("Aire autour du musée", "left", 2),
        Column("Habitants"),
        Column("Habitants, avec tout ce qui est plus près"),
    )
    notes = (
        "Estimation, au prorata de la surface de chaque commune, arrondie à la "
        "dizaine ; Nord et Pas-de-Calais.",
    )
    return Table(
        columns,
        tuple(rows),
        typeset("Population atteinte"),
        notes=tuple(map(typeset, notes)),
        source=" ; ".join(sources),
    )


def _estimate(value: float) -> Cell:
    if value == 0:
        return Cell(number(value), "zero", value)
    return Cell(f"{SIGNS['estimated']}\u202f{number(value)}", "estimated", value)


def establishments_table(points: gpd.GeoDataFrame, *every: Zones) -> Table:
    """
    Return the establishments within reach, area by area.

    Parameters
    ----------
    points
        What `read_points` returned of Sirene.
    *every
        The areas.
    """
    rows = []
    for zones in every:
        counts = establishments_in(points, zones)
        for label, count, within in zip(
            counts.index, counts, counts.cumsum(), strict=True
        ):
            cells = (_count(int(count)), _count(int(within)))
            rows.append((Cell(typeset(str(label))), *cells))
    columns = (
        Column("Aire autour du musée", "left", 2),
        Column("Établissements"),
        Column("Établissements, avec tout ce qui est plus près"),
    )
    notes = (
        "Établissements ouverts et situés ; Sirene compte des établissements, non des "
        "emplois.",
    )
    return Table(
        columns,
        tuple(rows),
        typeset("Établissements à portée du musée"),
        notes=tuple(map(typeset, notes)),
        source=" ; ".join(told_of(points).sources),
    )


def _count(value: int) -> Cell:
    return Cell(number(value), "zero" if value == 0 else "value", float(value))


def unsupplied(*, streets: bool, sirene: bool) -> Note | None:
    """
    Say what was not given of what is around the museum, and what would be.

    Parameters
    ----------
    streets, sirene
        Whether streets or areas of time, and establishments, were given.
    """
    lines = []
    if not streets:
        lines.append(
            "Temps de parcours : non fournis. Il y faut un extrait d’OpenStreetMap ou "
            "de BD TOPO autour du musée, ou des isochrones enregistrées."
        )
    if not sirene:
        lines.append(
            "Établissements à portée : non fournis. Il y faut le stock des "
            "établissements de Sirene et sa géolocalisation (Insee)."
        )
    if not lines:
        return None
    return Note("missing", "Données non fournies", tuple(map(typeset, lines)))


# --- figures --------------------------------------------------------------------


def _bars(
    about: Subject, zones: Zones, id_: str, size_mm: tuple[float, float]
) -> Figure | None:
    """Draw an indicator by area."""
    if not about.wants(id_):
        return None
    values = grouped(about, id_, zones.held)
    line = pd.Series(
        {
            typeset(label): values[label].value
            if label in values and values[label].plain
            else float("nan")
            for label in zones.labels
        }
    )
    if line.notna().sum() < 2:
        return None
    return bar_chart(
        f"{zones.slug}-{id_.lower()}-{round(size_mm[0])}",
        line,
        caption=f"{short_title(about, id_)}, {zones.by}",
        source="",
        unit="%",
        decimals=1,
        order=False,
        size_mm=size_mm,
    )


def _lines(about: Subject, zones: Zones, size_mm: tuple[float, float]) -> Figure | None:
    ring = zones.held
    sums = pd.DataFrame(
        {
            label: about.sums("population", ring.index[ring == label])
            for label in zones.labels
        }
    ).T
    if sums.shape[1] < 2:
        return None
    based = 100 * sums.div(sums.iloc[:, 0], axis=0)
    how = "la distance au musée" if zones.slug == "couronnes" else "le temps au musée"
    return line_chart(
        f"{zones.slug}-population",
        based.T,
        caption=f"Population selon {how}, base 100 en{BROAD}{based.columns[0]}",
        source="",
        size_mm=size_mm,
        span=BASED_SPAN,
    )


def _near(about: Subject, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return about.ground[about.ground.intersects(areas.union_all())]


def _crow_map(about: Subject, zones: Zones, high: float) -> Figure:
    areas = zones.areas
    values = about.of("D02")
    near = _near(about, areas)

    def draw(ax: MapAxes) -> None:
        if values is not None:
            classes = classes_of(about, "D02", values.loc[near.index], beside=True)
            draw_choropleth(ax, near, classes)
        draw_outlines(ax, about.communes.dissolve(), label="bassin minier", width=1.0)
        draw_rings(ax, areas)
        draw_points(ax, places().loc[["louvre-lens"]], label="Louvre-Lens")

    return map_figure(
        about,
        "couronnes-carte",
        draw,
        title=f"{about.told('D02').title}, par commune"
        if values is not None
        else "Distances au musée",
        size_mm=(110.0, high),
        units=gpd.GeoDataFrame(geometry=areas.geometry, crs=areas.crs),
    )


def _minutes_map(about: Subject, zones: Zones, high: float) -> Figure:
    """Draw the minutes, and the circles that they are set beside."""
    areas = zones.areas
    farthest = _farthest(areas)
    circles = crow_zones(about).areas
    kept = circles[circles["outer"] <= max(farthest, float(circles["outer"].min()))]
    near = _near(about, areas)

    def draw(ax: MapAxes) -> None:
        draw_isochrones(ax, areas, title="Temps jusqu’au musée")
        draw_outlines(ax, near, label="limite de commune", width=0.25, color="#ffffff")
        draw_outlines(ax, about.communes.dissolve(), label="bassin minier", width=1.0)
        draw_rings(ax, kept)
        draw_points(ax, places().loc[["louvre-lens"]], label="Louvre-Lens")

    return map_figure(
        about,
        "isochrones-carte",
        draw,
        title="Minutes et kilomètres autour du musée",
        size_mm=(110.0, high),
        beside=f"Isochrones : {' ; '.join(told_of(areas).sources)}",
        units=gpd.GeoDataFrame(geometry=areas.geometry, crs=areas.crs),
    )


def _farthest(areas: gpd.GeoDataFrame) -> float:
    """Return how far areas go from the museum, in metres."""
    middle = place("louvre-lens").point
    return float(areas.geometry.hausdorff_distance(middle).max())
