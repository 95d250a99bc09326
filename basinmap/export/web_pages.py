"""
A map that is a web page: one file, no library, no request, whole without its script.

Python writes all that is seen first: the map as SVG, the legend, the table. `page.js`,
which people may read, changes the choice; it ranks and writes numbers, and never adds
or divides to make one.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from basinmap.errors import LibraryError
from basinmap.export.web_figures import (
    FRAGILE,
    LETTERS,
    UNRANKED,
    Shown,
    View,
    with_unit,
)
from basinmap.export.web_shapes import Drawing
from basinmap.maps.look.fills import STATE_EDGE, STATE_FILL
from basinmap.maps.look.themes import PRINT
from basinmap.states import QUALIFIERS, SIGNS, STATES, VOIDS
from basinmap.typography import capital, long_date, number, printable, typeset

__all__ = ["Choice", "Level", "Page", "page_text"]

_TEMPLATES: Final = files("basinmap.export") / "templates"
_STATIC: Final = 700
"""Width of the map in px, where no script tells it."""
_RADIUS: Final = 21
"""Radius in px of the largest circle."""
_WORDS: Final = {
    **STATES,
    **QUALIFIERS,
    "fragile": "Valeur fragile, sans rang",
}
_MARKS: Final = {**VOIDS, **SIGNS, "fragile": FRAGILE}
_CLASSES: Final = 9
_BOUNDS: Final = (
    "Des minimums seulement : une partie de chaque territoire est secrète ou n'est pas "
    "comptée."
)
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_NAMED: Final = {letter: state for state, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Level:
    """
    The units of a level.

    Attributes
    ----------
    id
        Such as `"commune"`.
    one, many
        How they are called.
    codes, names
        Of each, in the order of the names.
    above
        By level above, the place of the unit that each is in, or -1.
    """

    id: str
    one: str
    many: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    above: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What the page shows first.

    Attributes
    ----------
    id, year, level
        Of the indicator.
    """

    id: str
    year: str
    level: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    All that a page says.

    Attributes
    ----------
    title, subtitle, author
        French.
    date
        Day of making.
    version
        Of what made it.
    levels
        Finest first.
    drawing
        The map.
    shown
        By level, its indicators.
    themes
        By id, the heading that an indicator stands under.
    columns
        By id, what a workbook or a GeoPackage calls it, for whoever checks a folder.
    start
        What is shown first.
    whole
        Name of the territory as a whole; nothing where its figures are not given.
    wholes
        By indicator and year, its figure as printed, and a letter.
    notes
        French lines of the foot.
    licence, contact, accessibility
        French, as the user gives them.
    address
        Where the page will be published.
    fragile
        What is said of values that are made from few.
    """

    title: str
    subtitle: str
    author: str
    date: dt.date
    version: str
    levels: tuple[Level, ...]
    drawing: Drawing
    shown: Mapping[str, Sequence[Shown]]
    themes: Mapping[str, str]
    columns: Mapping[str, str]
    start: Choice
    whole: str = ""
    wholes: Mapping[str, Mapping[str, tuple[int | None, str]]] = field(
        default_factory=dict
    )
    notes: Sequence[str] = ()
    licence: str = ""
    contact: str = ""
    accessibility: str = ""
    address: str = ""
    fragile: str = ""

    @property
    def sources(self) -> list[str]:
        """All that is to be credited."""
        lines = [
            line
            for some in self.shown.values()
            for one in some
            for view in one.views.values()
            for line in view.sources
        ]
        return list(dict.fromkeys(lines))

    def level(self, name: str) -> Level:
        """
        Return a level.

        Parameters
        ----------
        name
            Its id.
        """
        return next(level for level in self.levels if level.id == name)


def page_text(page: Page) -> str:
    """
    Return a page as its text; see `write_web_page`.

    Parameters
    ----------
    page
        All that it says.

    Raises
    ------
    LibraryError
        If jinja2 is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 - asked for only when a page is written
        import markupsafe  # noqa: PLC0415 - goes with jinja2
    except ImportError as error:
        msg = "web pages need jinja2: pip install jinja2"
        raise LibraryError(msg) from error
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script, style = _read("page.js"), _read("page.css")
    policy = (
        f"default-src 'none'; script-src '{_hashed(script)}'; "
        f"style-src '{_hashed(style)}'; base-uri 'none'; form-action 'none'"
    )
    template = environment.from_string(_read("page.html.j2"))
    return template.render(
        **_context(page),
        policy=policy,
        script=markupsafe.Markup(script),  # noqa: S704 - our own script
        style=markupsafe.Markup(style),  # noqa: S704 - our own style sheet
        data=markupsafe.Markup(_inlined(_data(page))),  # noqa: S704 - nothing is left open
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _hashed(text: str) -> str:
    """Return the hash by which a browser knows what is written between two tags."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _inlined(data: object) -> str:
    """Write data so that no text in it ends the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


# -- what is seen first ---------------------------------------------------------------


def _context(page: Page) -> dict[str, Any]:
    """Return what the template says, of the choice that is shown first."""
    level = page.level(page.start.level)
    shown = next(one for one in page.shown[level.id] if one.id == page.start.id)
    view = shown.views[page.start.year]
    drawing = page.drawing
    scale = drawing.width / _STATIC
    fills = _fills(shown, view)
    return {
        "title": typeset(page.title),
        "subtitle": page.subtitle,
        "author": typeset(page.author),
        "day": long_date(page.date),
        "version": page.version,
        "drawing": drawing,
        "scale": scale,
        "looks": {LETTERS[state]: look[0] for state, look in STATE_FILL.items()},
        "tints": _tints(shown),
        "edge": STATE_EDGE,
        "ink": PRINT.ink,
        "soft": PRINT.soft,
        "sea": any(kind != "land" for kind, _ in drawing.ground),
        "faint": PRINT.faint,
        "level": level,
        "outlined": [one for one in page.levels if one.id != level.id],
        "drawn": page.levels[0].id,
        "units": list(zip(drawing.paths[level.id], fills, strict=True)),
        "circles": _circles(page, level, shown, view),
        "heading": typeset(view.title),
        "lead": _lead(page, level, shown, view),
        "legend": _legend(page, shown, view),
        "legend_title": _legend_title(shown),
        "rings": _rings(shown),
        "view_sources": " ; ".join(view.sources),
        "unit": shown.unit or "Valeur",
        "rows": list(_rows(page, level, shown, view)),
        "above": next(iter(level.above), None) and page.level(next(iter(level.above))),
        "told": _told_states(page),
        "sources": _credits(page.sources),
        "notes": list(dict.fromkeys(page.notes)),
        "definitions": _definitions(page),
        "licence": typeset(page.licence),
        "contact": typeset(page.contact),
        "accessibility": typeset(page.accessibility or "page non auditée"),
    }


def _tints(shown: Shown) -> list[tuple[str, str]]:
    """Return colour and lines of what is made from few, a class each."""
    known = list(zip(shown.colors, shown.veils, strict=True))
    return known + [("#ffffff", "#ffffff")] * (_CLASSES - len(known))


def _fills(shown: Shown, view: View) -> list[str]:
    return [
        _fill(shown, value, state, place)
        for value, state, place in zip(
            view.whole, view.states, view.classes, strict=True
        )
    ]


def _fill(shown: Shown, value: int | None, state: str, place: str) -> str:
    if value is None:
        return f"url(#f{state})"
    if not shown.colors:
        return "#fbfaf7"
    return f"url(#c{place})" if state == "f" else shown.colors[int(place)]


def _lead(page: Page, level: Level, shown: Shown, view: View) -> str:
    """Write between what the values lie, and what that of the whole is."""
    known = [
        (value, name, state)
        for value, name, state in zip(view.whole, level.names, view.states, strict=True)
        if value is not None and state not in UNRANKED
    ]
    if not known:
        return typeset(_BOUNDS if "b" in view.states else "Aucune valeur classée.")
    values = [value for value, _, _ in known]
    first, last = (_end(shown, known, end) for end in (min(values), max(values)))
    between = first if min(values) == max(values) else f"De {first} à {last}"
    whole = page.wholes.get(shown.id, {}).get(view.year)
    if page.whole and whole is not None and whole[0] is not None:
        return typeset(f"{between}. {page.whole} : {_said(shown, *whole)}.")
    return typeset(f"{between}.")


def _end(shown: Shown, known: Sequence[tuple[int, str, str]], value: int) -> str:
    """Write a value, and who has it."""
    names = [name for one, name, _ in known if one == value]
    state = next(state for one, _, state in known if one == value)
    others = len(names) - 1
    more = f" et {number(others)} autre{'s' if others > 1 else ''}" if others else ""
    return f"{_said(shown, value, state)} ({names[0]}{more})"


def _said(shown: Shown, value: int | None, state: str) -> str:
    return with_unit(shown.printed(value, state), shown.unit)


def _legend_title(shown: Shown) -> str:
    unit = f" ({shown.unit})" if shown.unit else ""
    return typeset(f"{capital(shown.label)}{unit}")


def _legend(page: Page, shown: Shown, view: View) -> list[dict[str, str]]:
    """Return the classes, highest first, then what is missing, as plates do."""
    # What is fragile is counted on a line of its own.
    few = LETTERS["fragile"]
    firm = [c for k, c in enumerate(view.classes) if view.states[k : k + 1] != few]
    found = [
        {"fill": color, "label": label, "count": number(firm.count(str(place)))}
        for place, (color, label) in enumerate(
            zip(shown.colors, shown.labels, strict=True)
        )
    ][::-1]
    for state in _WORDS:
        letter = LETTERS[state]
        count = view.states.count(letter)
        if count:
            fill = "" if state in SIGNS else f"url(#k{letter})"
            sign = SIGNS.get(state, "")
            found.append(
                {
                    "fill": fill,
                    "sign": sign,
                    "label": _word(page, state),
                    "count": number(count),
                }
            )
    return found


def _word(page: Page, state: str) -> str:
    """Return what a state means, in the words of the page."""
    told = page.fragile if state == "fragile" else ""
    return typeset(told or _WORDS[state])


def _scale_of(shown: Shown) -> float:
    """Return the value of the largest circle."""
    return max(
        (abs(v) for view in shown.views.values() for v in view.whole if v is not None),
        default=0,
    )


def _rings(shown: Shown) -> list[dict[str, str]]:
    """Return the circles of the legend of a stock, in px of the map."""
    largest = _scale_of(shown)
    return [
        {
            "r": f"{_RADIUS * (value / largest) ** 0.5:.1f}",
            "label": _said(shown, value, "."),
        }
        for value in shown.circles
    ]


def _circles(
    page: Page, level: Level, shown: Shown, view: View
) -> list[tuple[int, int, str, bool]]:
    """Return the circles of a stock, largest first so that none hides another."""
    if shown.colors or not shown.circles:
        return []
    largest = _scale_of(shown)
    points = page.drawing.points[level.id]
    unit = _RADIUS * page.drawing.width / _STATIC
    found = [
        (int(x), int(y), unit * (abs(value) / largest) ** 0.5, value < 0)
        for (x, y), value in zip(points, view.whole, strict=True)
        if value
    ]
    found.sort(key=lambda one: -one[2])
    return [(x, y, f"{radius:.1f}", below) for x, y, radius, below in found]


def _rows(
    page: Page, level: Level, shown: Shown, view: View
) -> Iterator[tuple[str, str, str, str]]:
    """Return name, rank, value and unit above of each row of the table."""
    above = next(iter(level.above), "")
    names = page.level(above).names if above else ()
    places = level.above[above] if above else [-1] * len(level.codes)
    for name, rank, value, state, place in zip(
        level.names, view.ranks, view.whole, view.states, places, strict=True
    ):
        yield (
            name,
            "–" if rank is None else number(rank),
            shown.printed(value, state),
            names[place] if place >= 0 else "",
        )


def _told_states(page: Page) -> list[tuple[str, str]]:
    """Return the signs that stand somewhere in the page, and their words."""
    letters = {
        letter
        for some in page.shown.values()
        for one in some
        for view in one.views.values()
        for letter in view.states
    }
    return [
        (_MARKS[state], _word(page, state))
        for state in _WORDS
        if LETTERS[state] in letters
    ]


def _credits(lines: Sequence[str]) -> list[str]:
    """Return credits, those that differ by their year as one line."""
    years: dict[str, list[str]] = {}
    for line in lines:
        found = _YEAR.search(line)
        key = line if found is None else _YEAR.sub("{}", line, count=1)
        years.setdefault(key, []).append("" if found is None else found[0])
    return [
        typeset(key.replace("{}", _span(sorted(some)), 1))
        for key, some in years.items()
    ]


def _span(years: Sequence[str]) -> str:
    """Write years that follow one another by their ends."""
    first, last = years[0], years[-1]
    if len(years) < 3 or int(last) - int(first) != len(years) - 1:
        return ", ".join(years)
    return f"{first} à {last}"


def _definitions(page: Page) -> list[tuple[str, str]]:
    """Return what is said of each indicator."""
    found = {
        one.label: printable(one.note)
        for some in page.shown.values()
        for one in some
        if one.note and one.note.casefold() != one.label.casefold()
    }
    return [(capital(label), typeset(note)) for label, note in found.items()]


# -- what the script reads ------------------------------------------------------------


def _data(page: Page) -> dict[str, Any]:
    sources = page.sources
    return {
        "frame": [page.drawing.width, page.drawing.height],
        "radius": _RADIUS,
        "title": typeset(page.title),
        "address": page.address,
        "levels": [_level_data(page, level) for level in page.levels],
        "indicators": _indicators_data(page, sources),
        "sources": sources,
        "whole": page.whole,
        "states": {
            letter: [_MARKS[state], _word(page, state)]
            for letter, state in _NAMED.items()
        },
        "start": [page.start.id, page.start.year, page.start.level],
    }


def _level_data(page: Page, level: Level) -> dict[str, Any]:
    points = page.drawing.points[level.id]
    return {
        "id": level.id,
        "one": level.one,
        "many": level.many,
        "codes": level.codes,
        "names": level.names,
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
        "above": level.above,
    }


def _indicators_data(page: Page, sources: list[str]) -> list[dict[str, Any]]:
    """Return the indicators in order, each with its levels."""
    ids = dict.fromkeys(one.id for some in page.shown.values() for one in some)
    found = []
    for id_ in ids:
        levels = {
            level.id: one
            for level in page.levels
            for one in page.shown.get(level.id, ())
            if one.id == id_
        }
        some = next(iter(levels.values()))
        found.append(
            {
                "id": id_,
                "column": page.columns.get(id_, id_),
                "theme": page.themes.get(id_, ""),
                "label": typeset(capital(some.label)),
                "legend": _legend_title(some),
                "unit": some.unit,
                "decimals": some.decimals,
                "signed": any(one.signed for one in levels.values()),
                "circled": not any(one.colors for one in levels.values())
                and some.kind == "stock",
                "growth": some.kind == "growth",
                "levels": {
                    name: _shown_data(page, page.level(name), one, sources)
                    for name, one in levels.items()
                },
                "whole": page.wholes.get(id_, {}),
            }
        )
    return found


def _shown_data(
    page: Page, level: Level, shown: Shown, sources: list[str]
) -> dict[str, Any]:
    return {
        "labels": [typeset(label) for label in shown.labels],
        "colors": shown.colors,
        "veils": shown.veils,
        "circles": shown.circles,
        "largest": _scale_of(shown) if shown.circles else 0,
        "views": {
            year: {
                "title": typeset(view.title),
                "lead": _lead(page, level, shown, view),
                "values": view.whole,
                **({} if view.plain else {"states": view.states}),
                **({"classes": view.classes} if shown.colors else {}),
                "sources": [sources.index(line) for line in view.sources],
            }
            for year, view in shown.views.items()
        },
    }
