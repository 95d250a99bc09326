"""The layout of a page by unit: its map, its figures, where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import geopandas as gpd

from basinmap.deliverables.qgis_plates import Drawn
from basinmap.export.descriptions import Description, descriptions_of
from basinmap.export.package_records import figure
from basinmap.export.qgis.layouts import (
    Atlas,
    Bar,
    Item,
    KeyOf,
    Keys,
    Layout,
    Map,
    Stroke,
    Words,
    inert,
)
from basinmap.export.qgis.marks import Look
from basinmap.export.qgis.projects import SCALES, Layer
from basinmap.export.qgis.styles import Rule, Style, Where, quoted
from basinmap.maps.paper.facts import facts_of
from basinmap.maps.paper.sheets import Sheet
from basinmap.typography import stopped

__all__ = ["SITUATION", "fiche_layout", "highlight"]

SITUATION: Final = "Fiche communale – situation"
"""Map theme of the small map: without names."""

_MARGIN = 10.0
_WIDTH, _HEIGHT = 210.0, 297.0
_MOST = 24
"""Figures that a page holds."""


def highlight(frame: gpd.GeoDataFrame) -> tuple[Style, dict[str, Description]]:
    """
    Return how the unit of a page is outlined, and what the columns are.

    Parameters
    ----------
    frame
        The units.
    """
    columns = descriptions_of(frame, unnamed="index")
    rule = Rule(
        label="commune de la fiche",
        look=Look(edge="#b3123f", width=0.8),
        test=Where(only="$id = @atlas_featureid"),
    )
    return Style(name="commune de la fiche", rules=(rule,)), columns


def fiche_layout(
    name: str,
    sheet: Sheet,
    layer: Layer,
    columns: Mapping[str, Description],
    shown: tuple[Drawn, Layer] | None,
) -> Layout:
    """
    Return the layout, a page by unit.

    Parameters
    ----------
    name
        Of the layout, and of its map theme.
    sheet
        The plate that its map is drawn as.
    layer
        The units.
    columns
        What their columns are.
    shown
        The layer of the plate that its legend explains, if there is one.
    """
    theme = sheet.maps[0].plan.theme
    family, ink, soft = theme.family, theme.ink, theme.soft
    named = quoted("name") if "name" in columns else quoted(next(iter(columns)))
    code = quoted(next(iter(columns)))
    whole = facts_of(sheet).frames[0].bounds
    across = _WIDTH - 2 * _MARGIN
    heading = shown[0].title if shown is not None else sheet.about["Title"]
    items: list[Item] = [
        Map(
            box=(_MARGIN, 30.0, 128.0, 128.0),
            name="carte",
            extent=_square(whole, 128.0),
            theme=name,
            edge=theme.faint,
            driven=True,
        ),
        Map(
            box=(142.0, 30.0, 58.0, 58.0),
            name="situation",
            extent=_square(whole, 58.0),
            theme=SITUATION,
            edge=theme.faint,
        ),
        Words(
            box=(_MARGIN, 6.0, across, 14.0),
            text=f"[% {named} %]",
            family=family,
            size=20.0,
            color=ink,
            weight=700,
            rise="bottom",
        ),
        Words(
            box=(_MARGIN, 20.5, across, 8.0),
            text=f"{inert(sheet.about['Title'].split(' – ')[-1])} · code [% {code} %]",
            family=family,
            size=10.0,
            color=soft,
        ),
        Words(
            box=(142.0, 91.0, 58.0, 8.0),
            text=inert(heading),
            family=family,
            size=8.2,
            color=ink,
            weight=700,
        ),
        Bar(
            box=(_MARGIN + 2.0, 160.0, 50.0, 5.0),
            map="carte",
            kilometres=0.5,
            fitted=True,
            family=family,
            size=6.5,
            color=ink,
        ),
        Words(
            box=(_MARGIN + 68.0, 160.5, 60.0, 4.0),
            text="Échelle 1\u00a0: [% format_number(map_get(item_variables('carte'), "
            "'map_scale'), 0, 'fr') %] (A4)",
            family=family,
            size=6.5,
            color=soft,
            align="right",
        ),
        *_figures(columns, family, ink, soft, theme.faint),
        *_foot(sheet, _held(columns), family, soft, theme.faint),
    ]
    if shown is not None:
        measured, drawn = shown
        items.append(
            Keys(
                box=(142.0, 99.0, 58.0, 50.0),
                map="carte",
                layers=(
                    KeyOf(layer=drawn.key, source=drawn.source, lines=measured.lines),
                ),
                family=family,
                heading=8.2,
                body=7.5,
                color=ink,
            )
        )
    atlas = Atlas(
        layer=layer.key,
        source=layer.source,
        title=layer.title,
        name=named,
        order=f"lower(unaccent({named}))",
        file=f"'fiche-' || {code}",
    )
    return Layout(name=name, size=(_WIDTH, _HEIGHT), items=tuple(items), atlas=atlas)


def _square(
    bounds: tuple[float, float, float, float], side: float
) -> tuple[float, float, float, float]:
    """Return the square around some bounds, at a round scale where there is one."""
    xmin, ymin, xmax, ymax = bounds
    needed = max(xmax - xmin, ymax - ymin) / side * 1000
    scale = next((round_ for round_ in SCALES if round_ >= needed), needed)
    half = scale * side / 2000
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - half, y - half, x + half, y + half


def _figures(
    columns: Mapping[str, Description], family: str, ink: str, soft: str, faint: str
) -> list[Item]:
    """Return the figures of the unit, rates first, in two columns."""
    held = _held(columns)
    items: list[Item] = [
        Words(
            box=(_MARGIN, 168.0, 100.0, 6.0),
            text="Chiffres clés",
            family=family,
            size=11.0,
            color=ink,
            weight=700,
        )
    ]
    rows = -(-len(held) // 2)
    apart = min(12.0, 96.0 / max(rows, 1))
    for place, one in enumerate(held):
        left = _MARGIN + (98.0 if place >= rows else 0.0)
        top = 177.0 + apart * (place % rows)
        items += [
            Words(
                box=(left, top, 68.0, apart),
                text=inert(one.heading),
                family=family,
                size=8.0,
                color=soft,
            ),
            Words(
                box=(left + 66.0, top - 0.6, 26.0, 6.0),
                text=f"[% {figure(one, columns)} %]",
                family=family,
                size=11.0,
                color=ink,
                weight=700,
                align="right",
            ),
            Stroke(box=(left, top + apart - 1.2, 92.0, 0.0), color=faint, width=0.1),
        ]
    return items


def _held(columns: Mapping[str, Description]) -> list[Description]:
    """Return what a page prints: the last year of each figure, rates first."""
    held = _last(one for one in columns.values() if one.role == "value" and one.kind)
    held.sort(key=lambda one: one.kind == "stock")
    return held[:_MOST]


def _last(found: Iterable[Description]) -> list[Description]:
    """Keep the last year of each figure."""
    kept: dict[tuple[str, str], Description] = {}
    for one in found:
        key = (one.label, one.unit)
        if key not in kept or one.vintage >= kept[key].vintage:
            kept[key] = one
    return list(kept.values())


def _foot(
    sheet: Sheet, held: Iterable[Description], family: str, soft: str, faint: str
) -> list[Item]:
    """Credit the map and every figure of the page."""
    about = sheet.about
    lines = [line for one in held for line in one.credit.split(" ; ")]
    lines += about.get("Sources", "").split(" ; ")
    credited = " ; ".join(dict.fromkeys(filter(None, lines)))
    told = [stopped(f"Sources : {credited}")] if credited else []
    if about.get("Author"):
        told.append(f"Réalisation : {about['Author']}.")
    return [
        Stroke(box=(_MARGIN, 275.0, 190.0, 0.0), color=faint, width=0.2),
        Words(
            box=(_MARGIN, 276.0, 150.0, 16.0),
            text=inert(" ".join(told)),
            family=family,
            size=6.0,
            color=soft,
        ),
        Words(
            box=(160.0, 276.0, 40.0, 5.0),
            text="page [% @atlas_featurenumber %] sur [% @atlas_totalfeatures %]",
            family=family,
            size=6.5,
            color=soft,
            align="right",
        ),
    ]
