"""Furniture: scale bar, north, sources, author, date; true and in French."""

from __future__ import annotations

import datetime as dt
import math
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Polygon, Rectangle
from pyproj import Proj, Transformer
from shapely import box

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, called_from
from basinmap.maps.look.themes import font, one_line, settings, wrapped
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.layouts import Layout, check_texts
from basinmap.maps.paper.panels import Gathered, Maps, gathered
from basinmap.maps.paper.sheets import UNSOURCED, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.spatial.projections import METRIC
from basinmap.typography import month, number, shortest, stopped, typeset

__all__ = ["draw_furniture", "draw_measures_within"]

_BAR_MM = 36.0
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LEADING = 0.447  # millimetres a point
_EDGE = 4.5  # what office printers cannot print
_SMALLEST = 5.0
_RIGHT = 52.0
_SCALE = "Échelle "
_HIDDEN = "s : donnée couverte par le secret statistique"


def draw_furniture(
    ax: Maps,
    *,
    author: str,
    date: dt.date,
    sources: Sequence[str] = (),
    note: str = "",
    alternative: str = "",
) -> None:
    """
    Write what a map must bear: scale, north, sources, author, date.

    Parameters
    ----------
    ax
        The map of `page`, or all those of `panels`, with their layers drawn.
    author
        Who made the map.
    date
        When it was made; of a date with a time, the day.
    sources
        Credits to add to those of what is drawn, which are written anyway; on a narrow
        sheet the names of the producers alone, the rest being in the file.
    note
        A French sentence, such as a reading note.
    alternative
        Alternative text of the files that are saved, in French; by default what
        `alternative_text` makes of the layers.

    Raises
    ------
    DataError
        If there is no author, no date or no source at all, one is no text, or the foot
        is there already.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, lens)
    >>> bm.draw_furniture(ax, author="basinmap", date=dt.date(2026, 11, 23))
    """
    check_given(draw_furniture, locals())
    date = _day(date)
    _check_margins(author, sources, note, alternative)
    drawn = gathered(ax)
    if any(one.signed for one in drawn.sheet.maps):
        msg = (
            "the foot of this sheet is drawn already: make the page again before "
            "drawing it again; of several maps, write draw_furniture(maps, …) once"
        )
        raise DataError(msg)
    told: list[str] = [*_by_year(drawn.credits), *sources, *drawn.grounds]
    lines = [*dict.fromkeys(line for text in told if (line := one_line(text)))]
    unsourced = UNSOURCED in lines and not any(map(one_line, sources))
    lines = [line for line in lines if line != UNSOURCED]
    author = one_line(author)
    for one in drawn.maps:
        one.settle()
    if not author or not lines:
        msg = "a map bears an author and its sources: author='…', sources=['…']"
        raise DataError(msg)
    lines += [b for one in drawn.maps for b in one.sources_below(lines)]
    if unsourced:
        _warn_unsourced()
    notes = _sentences([UNSOURCED if unsourced else "", *drawn.notes, note])
    drawn.sheet.about |= {
        "Author": author,
        "Date": date.isoformat(),
        "Sources": " ; ".join(lines),
        "Notes": "\n".join(notes),
    }
    if one_line(alternative):
        drawn.sheet.about["Alternative"] = typeset(one_line(alternative))
    with settings():
        signs = _sentences([_secret_note(drawn)])
        _write_footer(drawn, lines, author, date, [*signs, *notes])
        if drawn.plan.inside and not drawn.first.explained:
            # The corner is as high as the legend, which is still to come.
            drawn.first.later.append(lambda: _draw_measures(drawn.first))
        else:
            _draw_measures(drawn.first)
    for one in drawn.maps:
        one.signed = True


def _warn_unsourced() -> None:
    warnings.warn(
        "the values of this map do not say whom they are from, nor of which year: its "
        f"foot says « {UNSOURCED} »; write bm.describe(values, sources='Insee, RP "
        "2021', vintage='2021') before they are classified and drawn, or "
        "draw_furniture(ax, sources=['…'])",
        BasinmapWarning,
        stacklevel=called_from(),
    )


def _by_year(credits_: Iterable[str]) -> list[str]:
    """Return credits, those that differ by their years alone in the order of these."""
    listed = list(credits_)
    alike: dict[str, list[str]] = {}
    for credit in listed:
        alike.setdefault(_YEAR.sub("", credit), []).append(credit)
    ordered = {key: iter(sorted(same)) for key, same in alike.items()}
    return [next(ordered[_YEAR.sub("", credit)]) for credit in listed]


def _draw_measures(ax: MapAxes) -> None:
    """Draw the scale and the north."""
    with settings():
        _draw_scale_bar(ax)
        _draw_north(ax)


def _day(date: object) -> dt.date:
    """Return the day of a date, be it one of pandas with its hours."""
    if not isinstance(date, dt.date) or date is pd.NaT:
        msg = f"date={date!r}: give a day, date=dt.date(2026, 11, 23)"
        raise DataError(msg)
    return date.date() if isinstance(date, dt.datetime) else date


def _check_margins(
    author: str, sources: Sequence[str], note: str, alternative: str
) -> None:
    """Check that what is written under a map is text."""
    check_texts(author=author, note=note, alternative=alternative)
    listed = not isinstance(sources, str)
    if not listed or not all(isinstance(source, str) for source in sources):
        msg = f"sources={sources!r}: give a list of texts, sources=['Insee, …']"
        raise DataError(msg)


def _sentences(texts: Iterable[str]) -> list[str]:
    return [text for given in texts if (text := stopped(one_line(given)))]


def _write_footer(
    drawn: Gathered,
    credits_: list[str],
    author: str,
    date: dt.date,
    notes: Sequence[str],
) -> None:
    plan, paper = drawn.plan, drawn.sheet.paper
    theme = plan.theme
    x, y, width, height = plan.footer
    top = y + height
    paper.plot([x, x + width], [top] * 2, color=theme.faint, linewidth=0.5 * plan.zoom)
    sentences = [stopped(f"Sources : {' ; '.join(credits_)}")]
    sentences += [" ".join(notes)] if notes else []
    sentences.append(f"Réalisation : {author}, {month(date)}.")
    right = [
        f"{_SCALE}1\u00a0: {number(plan.scale)} ({plan.size})",
        "RGF93 v1 / Lambert-93 (EPSG:2154)",
    ]
    room = width - _RIGHT * plan.zoom
    if plan.narrow:
        who = f"{author}, {month(date)}"
        whose = ", ".join(_producers(credits_))
        sentences = [
            stopped(f"{whose}. {who}. {right[0].removeprefix(_SCALE)}"),
            *notes,
        ]
        right, room = [], width
    size, lines = _fitted([typeset(one_line(s)) for s in sentences], room, plan)
    _write_lines(drawn.first, lines, size, x)
    _write_lines(drawn.first, right, theme.small, x + width, ha="right")


def _producers(credits_: Sequence[str]) -> list[str]:
    """Return whom credits are from: all that a narrow foot has room for."""
    firsts = (re.split(r",| \(| : ", credit, maxsplit=1)[0] for credit in credits_)
    return list(dict.fromkeys(first.strip() for first in firsts if first.strip()))


def _write_lines(
    ax: MapAxes, lines: Sequence[str], size: float, x: float, *, ha: str = "left"
) -> None:
    """Write lines under the rule of the foot."""
    theme = ax.plan.theme
    top = ax.plan.footer[1] + ax.plan.footer[3] - 0.4 * ax.plan.zoom
    for i, line in enumerate(lines):
        ax.sheet.paper.text(
            x,
            top - size * _LEADING * (i + 1),
            line,
            font=font(theme.family, size),
            color=theme.soft,
            ha=ha,
            va="baseline",
        )


def _secret_note(drawn: Gathered) -> str:
    """Say what « s » means when a value that is secret is drawn."""
    labels = {
        swatch.label
        for block in drawn.blocks
        for swatch in getattr(block, "swatches", ())
        if isinstance(swatch, Swatch)
    }
    return _HIDDEN if STATES["secret"] in labels else ""


def _fitted(
    sentences: list[str], width: float, plan: Layout
) -> tuple[float, list[str]]:
    """Return the size at which the credits fit under the map, and their lines."""
    room = plan.footer[1] + plan.footer[3] - min(_EDGE, plan.theme.margin)
    size, smallest = plan.theme.small, _SMALLEST * max(plan.zoom, 1.0)
    while True:
        style = font(plan.theme.family, size)
        lines = [x for text in sentences for x in wrapped(text, width, style)]
        if len(lines) * size * _LEADING <= room or size <= smallest:
            break
        size -= 0.25
    if len(lines) * size * _LEADING > room:
        warnings.warn(
            f"the credits take {len(lines)} lines and run off the page: shorten the "
            "note or the sources, or take a larger paper",
            BasinmapWarning,
            stacklevel=4,
        )
    return size, lines


def _centre_degrees(ax: MapAxes) -> tuple[float, float]:
    x, y = np.mean(ax.get_xlim()), np.mean(ax.get_ylim())
    lon, lat = _to_degrees().transform(x, y)
    return float(lon), float(lat)


@cache
def _metric() -> Proj:
    return Proj(METRIC)


@cache
def _to_degrees() -> Transformer:
    return Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)


def bar_kilometres(scale: float, most: float = _BAR_MM) -> float:
    """
    Return the longest round distance whose bar fits.

    Parameters
    ----------
    scale
        Denominator of the scale.
    most
        Millimetres.

    Examples
    --------
    >>> bar_kilometres(125_000), bar_kilometres(600_000)
    (4.0, 20.0)
    """
    kilometres = most * scale / 1e6
    power = 10.0 ** math.floor(math.log10(kilometres))
    return max(
        step * power for step in (1, 2, 3, 4, 5) if step * power <= kilometres * 1.0001
    )


def _draw_scale_bar(ax: MapAxes) -> None:
    """Draw a bar whose length is true on the ground at the centre of the map."""
    plan, paper = ax.plan, ax.sheet.beside
    theme, zoom = plan.theme, plan.zoom
    # The arrow of the north stands at the right of it.
    most = min(_BAR_MM * zoom, plan.column - 14.0 * zoom)
    kilometres = bar_kilometres(plan.scale, most)
    factor = _metric().get_factors(*_centre_degrees(ax)).meridional_scale
    length = kilometres * 1e6 * factor / plan.scale
    x, y = _foot(ax)
    for i, color in enumerate((theme.ink, "#ffffff")):
        half = length / 2
        paper.add_patch(
            Rectangle(
                (x + i * half, y),
                half,
                1.3 * zoom,
                fc=color,
                ec=theme.ink,
                lw=0.5 * zoom,
            )
        )
    properties = font(theme.family, theme.small)
    much, unit = (1, "km") if kilometres >= 1 else (1000, "m")
    texts = ["0", *(shortest(much * part) for part in (kilometres / 2, kilometres))]
    texts[-1] += f"\u00a0{unit}"
    for i, text in enumerate(texts):
        paper.text(
            x + i * length / 2,
            y + 2.3 * zoom,
            text,
            font=properties,
            color=theme.ink,
            ha="left" if i == 0 else "center",
            va="baseline",
            gid=f"scale-bar-{i}",
        )


def _foot(ax: MapAxes) -> tuple[float, float]:
    """Return the lower left corner of what the legend leaves at its foot."""
    x, y, width, _ = ax.plan.strip
    return x + width - ax.plan.column, y + 1.0 * ax.plan.zoom


_WITHIN = (24.0, 11.0)
"""Millimetres of a corner of a figure, for its scale and its north."""


def draw_measures_within(ax: MapAxes) -> None:
    r"""
    Draw the scale and the north in the frame, at the corner that holds the least.

    A figure of a document has no margin. Draw it before names, which avoid it.

    Parameters
    ----------
    ax
        The map of `figure`, whose subject is drawn.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.figure(lens, size_mm=(105, 110), title="CA de Lens-Liévin")
    >>> draw_measures_within(ax)
    >>> sorted(text.get_text() for text in ax.texts)
    ['3\xa0km', 'N']
    """
    plan = ax.plan
    theme, (wide, high) = plan.theme, _WITHIN
    x, y = _emptiest(ax)
    bar = wide - 9.0
    kilometres = bar_kilometres(plan.scale, bar)
    factor = _metric().get_factors(*_centre_degrees(ax)).meridional_scale
    length = kilometres * 1e6 * factor / plan.scale
    style: dict[str, Any] = {"zorder": STACK["captions"], "ec": theme.ink, "lw": 0.4}
    for part, color in enumerate((theme.ink, "#ffffff")):
        start, end = (x + length * (part + at) / 2 for at in (0, 1))
        corners = [(start, y), (end, y), (end, y + 1), (start, y + 1)]
        ax.add_patch(Polygon(ax.to_metres(np.array(corners)), fc=color, **style))
    turn = math.radians(
        _metric().get_factors(*_centre_degrees(ax)).meridian_convergence
    )
    base = np.array([x + wide - 3.0, y + 2.4])
    for side, color in ((-1, theme.ink), (1, "#ffffff")):
        arrow = np.array([[0.0, 3.6], [side * 1.4, -2.4], [0.0, -1.4]])
        turned = base + arrow @ _turned(turn).T
        ax.add_patch(Polygon(ax.to_metres(turned), fc=color, **style))
    much = shortest(kilometres if kilometres >= 1 else 1000 * kilometres)
    text = f"{much}\u00a0{'km' if kilometres >= 1 else 'm'}"
    top = base + _turned(turn) @ np.array([0.0, 4.2])
    for at, word, where in (
        ((x + length / 2, y + 1.8), text, "center"),
        (top, "N", "center"),
    ):
        east, north = ax.to_metres(np.array([at]))[0].tolist()
        ax.text(
            east,
            north,
            word,
            font=font(theme.family, theme.small),
            color=theme.ink,
            ha=where,
            va="baseline",
            zorder=STACK["captions"],
        )
    ax.boxes.append((x - 1, y - 1, x + wide + 1, y + high))


def _turned(turn: float) -> np.ndarray:
    return np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    )


def _emptiest(ax: MapAxes) -> tuple[float, float]:
    """Return the corner of the frame, in millimetres, that the subject fills least."""
    width, height = ax.plan.frame[2:]
    wide, high = _WITHIN
    corners = [
        (x, y) for y in (2.0, height - high - 1) for x in (2.0, width - wide - 2)
    ]
    if ax.subject is None:
        return corners[0]
    whole = ax.subject.union_all()

    def filled(corner: tuple[float, float]) -> float:
        ends = np.array([corner, (corner[0] + wide, corner[1] + high)])
        return float(whole.intersection(box(*ax.to_metres(ends).ravel())).area)

    return min(corners, key=filled)


def _draw_north(ax: MapAxes) -> None:
    """Point to the true north: the grid of Lambert-93 turns away from it."""
    plan, paper = ax.plan, ax.sheet.beside
    theme, zoom = plan.theme, plan.zoom
    turn = math.radians(
        _metric().get_factors(*_centre_degrees(ax)).meridian_convergence
    )
    x, y, width, _ = plan.strip
    base = np.array([x + width - 4.0 * zoom, y + 5.0 * zoom])
    rotation = _turned(turn)
    for side, color in ((-1, theme.ink), (1, "#ffffff")):
        half = np.array([[0.0, 5.0], [side * 1.9, -3.2], [0.0, -1.8]]) * zoom
        paper.add_patch(
            Polygon(base + half @ rotation.T, fc=color, ec=theme.ink, lw=0.4 * zoom)
        )
    x, y = base + rotation @ np.array([0.0, 6.0 * zoom])
    paper.text(
        x,
        y,
        "N",
        font=font(theme.family, theme.body, weight=700),
        color=theme.ink,
        ha="center",
        va="baseline",
    )
