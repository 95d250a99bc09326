"""
Charts of documents: lines, bars, strips of peers, pyramids.

Same fonts, inks and French numbers as maps; ends of lines are labelled where they are,
so that no key is needed; each chart bears its alternative text and its values as a
table.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from pandas.api.types import is_hashable

from basinmap.arguments import check_given, number_of, shown
from basinmap.errors import DataError, culprits
from basinmap.export.parts import Cell, Column, Figure, Table
from basinmap.maps.layers.placement import split_label
from basinmap.maps.look.themes import PRINT, font, settings, text_width
from basinmap.typography import BROAD, number, stopped, typeset

__all__ = [
    "ACCENT",
    "MAIN",
    "age_pyramid",
    "bar_chart",
    "interval_chart",
    "line_chart",
    "peer_strips",
    "range_strips",
    "stacked_bars",
]

MAIN: Final = "#1f4e79"
ACCENT: Final = "#b3202c"
_PALE: Final = "#c7ccd6"
_GREYS: Final = ("#6b7280", "#8b909b", "#a3a8b2")
_DASHES: Final = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
_STACK: Final = ("#1f4e79", "#5e8ab4", "#a9c4dd", "#e2c58b", "#c98b3a", "#8f5a1e")
_TEXT: Final = 7.2
_MM: Final = 25.4
_PAD_MM: Final = 1.6
"""Between a name and its axis, and at the edge of the picture."""
_STRIP_RIGHT: Final = 15.0
"""What the values take beside strips."""
_NAMES_SHARE: Final = 0.47
"""Of the width of bars, what the longest names may take."""
_LEAST_NAME: Final = 5.8
"""Points: names are not all set smaller than that for the longest of them."""
_TWO_LINES_MM: Final = 4.6
"""Height of a row where a name may take two lines."""


def _chart(
    slug: str,
    draw: Callable[[Axes], None],
    *,
    size_mm: tuple[float, float],
    caption: str,
    alt: str,
    source: str,
    table: Table,
    room_mm: tuple[float, float, float, float] = (12, 8, 3, 4),
) -> Figure:
    """Return a figure whose axes leave millimetres left, below, right, above."""

    def drawn(form: str, size: tuple[float, float]) -> bytes:
        width, height = size
        left, below, right, above = room_mm
        with settings():
            canvas = Canvas(figsize=(width / _MM, height / _MM))
            axes = canvas.add_axes(
                (
                    left / width,
                    below / height,
                    (width - left - right) / width,
                    (height - below - above) / height,
                )
            )
            for side in ("top", "right", "left"):
                axes.spines[side].set_visible(False)
            axes.spines["bottom"].set_color(PRINT.faint)
            axes.tick_params(length=0, labelsize=_TEXT, colors=PRINT.soft)
            draw(axes)
            _fit_names(axes, left - _PAD_MM, height - below - above)
            out = io.BytesIO()
            dated = {"metadata": {"Date": None}} if form == "svg" else {"dpi": 200}
            canvas.savefig(out, format=form, **dated)
        return out.getvalue()

    lines = cache(partial(drawn, "svg"))  # a PDF and a web page have the same

    def render(form: str, size: tuple[float, float]) -> bytes:
        return lines(size) if form == "svg" else drawn(form, size)

    return Figure(
        slug,
        "chart",
        render,
        size_mm,
        typeset(alt),
        typeset(caption),
        source=source,
        table=table,
    )


def _fit_names(axes: Axes, room: float, height: float) -> None:
    """Break the names beside an axis that are wider than the room, then shrink them."""
    if not isinstance(axes.yaxis.get_major_locator(), FixedLocator):
        return  # numbers, not names
    names = [label.get_text() for label in axes.get_yticklabels()]

    def widest(texts: Iterable[str]) -> float:
        letters = font(PRINT.family, _TEXT, weight=700)
        lines = (line for text in texts for line in text.split("\n") if line)
        return max((text_width(line, letters) for line in lines), default=0.0)

    size = _TEXT
    if widest(names) > room:
        if height / len(names) >= _TWO_LINES_MM:
            split = (split_label(name, 1) for name in names)
            names = [
                two if widest([name]) > room else name
                for name, two in zip(names, split, strict=True)
            ]
            size = _TEXT - 1
        size = min(size, max(_LEAST_NAME, _TEXT * room / widest(names)))
        axes.set_yticklabels(names, fontsize=size, linespacing=0.95)
        for label in axes.get_yticklabels():  # the longest alone are smaller still
            wide = widest([label.get_text()])
            label.set_fontsize(min(size, _TEXT * room / max(wide, 1.0)))


def _cell(
    value: float, decimals: int, suffix: str = "", *, signed: bool = False
) -> Cell:
    if math.isnan(value):
        return Cell("n.d.", "not-available")
    text = number(value, decimals, signed=signed)
    return Cell(f"{text}{suffix}", value=float(value))


def _checked(slug: str, table: pd.DataFrame) -> pd.DataFrame:
    if table.empty or not len(table.columns):
        msg = f"chart {slug!r} has nothing to show; leave it out"
        raise DataError(msg)
    texts = [
        str(c) for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])
    ]
    if texts:
        msg = f"chart {slug!r}: column(s) {culprits(texts)} hold no numbers"
        raise DataError(msg)
    if np.isinf(table.to_numpy(dtype=float)).any():
        msg = f"chart {slug!r} holds an infinite value"
        raise DataError(msg)
    return table.astype(float)


def _check_told(
    slug: str,
    names: Iterable[object],
    told: Mapping[str, object] | pd.Series,
    argument: str,
) -> None:
    """Check that something is told of each of what is shown."""
    lacking = [str(name) for name in names if str(name) not in told]
    if lacking:
        msg = f"chart {slug!r}: {argument} say nothing of {culprits(lacking)}"
        raise DataError(msg)


def line_chart(  # noqa: PLR0913 - each is a choice of whoever prints
    slug: str,
    lines: pd.DataFrame,
    *,
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (89, 41),
    decimals: int = 1,
    unit: str = "",
    breaks: Mapping[int, str] | None = None,
    span: float = 0.0,
) -> Figure:
    r"""
    Draw lines over the years; the first is that of the territory.

    Parameters
    ----------
    slug
        Name of the figure.
    lines
        Index: years, whole; one column a line, its name as printed. A year that is
        missing cuts the line.
    caption, source
        What is printed under it.
    size_mm
        Width and height.
    decimals, unit
        Of the values.
    breaks
        Year from which the series changes, and how: a line stops before it, and what
        changed is written.
    span
        Least range of the axis: what hardly changes must not look like a fall.

    Raises
    ------
    DataError
        If there is nothing to show, a year is no whole number, or `span` no range.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"Somain": [100.0, 94.2]}, index=[2016, 2023])
    >>> bm.line_chart("courbe", lines, caption="Base 100", source="Insee").alt
    'Courbes de 2016 à 2023\xa0: Somain, de 100,0 à 94,2.'
    """
    check_given(line_chart, locals())
    span = number_of(span, "span", least=0)
    lines = _checked(slug, lines).sort_index()
    if not pd.api.types.is_integer_dtype(lines.index):
        msg = (
            f"chart {slug!r}: index it by year, such as 2016; it is {lines.index.dtype}"
        )
        raise DataError(msg)
    # A year that is not there is a gap, not a slope.
    lines = lines.reindex(range(int(lines.index[0]), int(lines.index[-1]) + 1))
    cuts = dict(sorted((breaks or {}).items()))
    rows = _rows_of(cuts, [int(year) for year in lines.index])
    longest = max(len(str(name)) for name in lines)
    beside = min(12 + 1.25 * longest, 0.45 * size_mm[0])

    def draw(axes: Axes) -> None:
        _widen(axes, lines, span)
        _draw_lines(axes, lines, cuts, decimals, size_mm[1] - 12)
        # A year takes 7 mm: closer ones would run together.
        many = int(max(14.0, size_mm[0] - 11 - beside) // 8)
        years = [int(year) for year in lines.index][::-1]
        axes.set_xticks(years[:: max(1, math.ceil(len(years) / min(8, many)))][::-1])

    told = [_told_line(name, lines[name].dropna(), decimals, unit) for name in lines]
    alt = f"Courbes de {lines.index[0]} à {lines.index[-1]} : {' ; '.join(told)}"
    if cuts:
        listed = " ; ".join(f"{year}, {text}" for year, text in cuts.items())
        alt += f". Ruptures de série : {listed}"
    columns = (Column("Année", "left"), *(Column(str(name)) for name in lines))
    body = tuple(
        (Cell(str(year)), *(_cell(value, decimals) for value in row))
        for year, row in zip(lines.index, lines.to_numpy(), strict=True)
        if not np.isnan(row).all()
    )
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(alt),
        source=source,
        table=Table(columns, body, caption, source=source),
        room_mm=(11, 7, beside, 4 + 2.9 * max(rows.values(), default=0)),
    )


def _widen(axes: Axes, lines: pd.DataFrame, span: float) -> None:
    """Keep at least a range around the middle of the lines."""
    low, high = float(lines.min().min()), float(lines.max().max())
    if high - low < span:
        middle = (low + high) / 2
        axes.set_ylim(middle - span / 2, middle + span / 2)


def _told_line(name: object, line: pd.Series, decimals: int, unit: str) -> str:
    if line.empty:
        return f"{name}, donnée non disponible"
    first, last = (number(v, decimals) for v in (line.iloc[0], line.iloc[-1]))
    return f"{name}, de {first} à {last}{f' {unit}' if unit else ''}"


def _draw_lines(
    axes: Axes,
    lines: pd.DataFrame,
    cuts: Mapping[int, str],
    decimals: int,
    height_mm: float,
) -> None:
    ends = {}
    for place, name in enumerate(lines):
        mine = place == 0
        color = (ACCENT, MAIN, *_GREYS)[min(place, 4)]
        style = _DASHES[0] if place < 2 else _DASHES[min(place - 1, 3)]
        line = lines[name]
        for piece in _pieces(line, cuts):
            axes.plot(
                piece.index,
                piece,
                color=color,
                lw=2.0 if mine else 1.2,
                ls=style,
                marker="o" if len(piece) == 1 else "",
                ms=3,
                zorder=5 - min(place, 4),
            )
        known = line.dropna()
        if not known.empty:
            # A line that stops long before the others is named where it stops.
            early = int(known.index[-1]) < int(lines.index[-1]) - 1
            if early:
                text = f"{name}{BROAD}{number(float(known.iloc[-1]), decimals)}"
                _write_end(
                    axes, int(known.index[-1]), float(known.iloc[-1]), text, color
                )
            else:
                ends[str(name)] = (float(known.iloc[-1]), color, mine)
    axes.grid(axis="y", color="#e4e6ea", lw=0.5)
    axes.set_axisbelow(True)
    years = [int(year) for year in lines.index]
    axes.set_xlim(years[0] - 0.2, years[-1] + 0.2)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    _write_ends(axes, ends, years[-1], decimals, height_mm)
    rows = _rows_of(cuts, years)
    for year, text in cuts.items():
        axes.axvline(year - 0.5, color=PRINT.soft, lw=0.6, ls=(0, (2, 2)))
        axes.annotate(
            text,
            (year - 0.5, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(1.5, _ROW_PT * rows[year]),
            textcoords="offset points",
            fontsize=_TEXT - 1,
            color=PRINT.soft,
            va="bottom",
        )


_ROW_PT: Final = 8.0


def _rows_of(cuts: Mapping[int, str], years: Sequence[int]) -> dict[int, int]:
    """Return the row over the chart that each break is told on, apart from others."""
    letter = (max(years) - min(years) + 1) / 90  # a chart is some ninety letters wide
    ends: list[float] = []
    found = {}
    for year, text in sorted(cuts.items()):
        free = (n for n, end in enumerate(ends) if end <= year)
        row = next(free, len(ends))
        ends[row:] = [year + letter * (len(text) + 2), *ends[row + 1 :]]
        found[year] = row
    return found


def _write_end(axes: Axes, year: int, value: float, text: str, color: str) -> None:
    axes.annotate(
        text,
        (year, value),
        xytext=(5, -2),
        textcoords="offset points",
        fontsize=_TEXT,
        color=color,
        weight=700,
        va="top",
    )


def _tick(value: float, _: int, *, signed: bool = False) -> str:
    decimals = 0 if abs(value - round(value)) < 1e-9 else 1
    return number(value, decimals, signed=signed)


def _pieces(line: pd.Series, cuts: Mapping[int, str]) -> list[pd.Series]:
    """Cut a line where a value is missing and where the series breaks."""
    change = line.isna().cumsum()
    for year in cuts:
        change = change + (line.index >= year) * (len(line) + 1)
    known = line.dropna()
    return [piece for _, piece in known.groupby(change[known.index])]


def _write_ends(
    axes: Axes,
    ends: Mapping[str, tuple[float, str, bool]],
    last: int,
    decimals: int,
    height_mm: float,
) -> None:
    """Write the name of each line at its end, pushed apart where they would touch."""
    low, high = axes.get_ylim()
    least = (high - low) * 3.0 / max(height_mm, 1.0)
    placed: list[float] = []
    for name, (value, color, mine) in sorted(ends.items(), key=lambda end: end[1][0]):
        at = max(value, placed[-1] + least) if placed else value
        placed.append(at)
        axes.annotate(
            f"{name}{BROAD}{number(value, decimals)}",
            (last, at),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=_TEXT,
            color=color,
            weight=700 if mine else 400,
            va="center",
            annotation_clip=False,
        )


def interval_chart(
    slug: str,
    values: pd.DataFrame,
    *,
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (182, 62),
    decimals: int = 1,
    unit: str = "%",
) -> Figure:
    r"""
    Draw estimates over the years, each with its interval, around zero.

    Parameters
    ----------
    slug
        Name of the figure.
    values
        Index: years; columns `estimate`, `low`, `high`. A year without an interval,
        that of reference, is drawn as a point.
    caption, source
        What is printed under it.
    size_mm
        Width and height.
    decimals, unit
        Of the values.

    Raises
    ------
    DataError
        If there is nothing to show, or a column is missing.

    Examples
    --------
    >>> values = pd.DataFrame(
    ...     {"estimate": [-1.7], "low": [-4.0], "high": [2.1]}, index=[2023]
    ... )
    >>> interval_chart("ecart", values, caption="Écart", source="Insee").alt
    'Écarts avec leur intervalle, en\xa0%\xa0: 2023, −1,7 (de −4,0 à +2,1).'
    """
    lacking = [c for c in ("estimate", "low", "high") if c not in values]
    if lacking:
        msg = f"chart {slug!r}: no column {culprits(lacking)}"
        raise DataError(msg)
    table = _checked(slug, values[["estimate", "low", "high"]])

    def draw(axes: Axes) -> None:
        axes.axhline(0, color=PRINT.ink, lw=0.8)
        years = np.arange(len(table))
        axes.vlines(years, table["low"], table["high"], color="#a9bcd2", lw=5)
        axes.plot(years, table["estimate"], "o", color=MAIN, ms=4.5)
        axes.set_xticks(years, [str(year) for year in table.index])
        axes.set_xlim(-0.5, len(table) - 0.5)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        tail = "\u202f%" if unit == "%" else f"{BROAD}{unit}".rstrip()
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _signed(v) + tail))
        axes.grid(axis="y", color="#e4e6ea", lw=0.5)
        axes.set_axisbelow(True)

    rows, told = [], []
    for year, (estimate, low, high) in zip(table.index, table.to_numpy(), strict=True):
        rows.append(
            (Cell(str(year)), *(_cell(v, decimals) for v in (estimate, low, high)))
        )
        at = number(estimate, decimals, signed=True)
        if math.isnan(low) or math.isnan(high):
            told.append(f"{year}, {at}")
            continue
        ends = (number(v, decimals, signed=True) for v in (low, high))
        told.append(f"{year}, {at} (de {' à '.join(ends)})")
    columns = (
        Column("Année", "left"),
        Column(f"Écart ({unit})"),
        Column("Borne basse"),
        Column("Borne haute"),
    )
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(
            f"Écarts avec leur intervalle, en{BROAD}{unit} : {' ; '.join(told)}"
        ),
        source=source,
        table=Table(columns, tuple(rows), caption),
        room_mm=(14, 7, 4, 4),
    )


def _signed(value: float) -> str:
    return number(value, 0 if abs(value - round(value)) < 1e-9 else 1, signed=True)


def bar_chart(  # noqa: PLR0913 - each is a choice of whoever prints
    slug: str,
    values: pd.Series,
    *,
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (182, 80),
    decimals: int = 0,
    unit: str = "",
    signed: bool = False,
    mine: Sequence[object] = (),
    reference: tuple[str, float] | None = None,
    order: bool = True,
) -> Figure:
    r"""
    Draw horizontal bars, longest first, from zero.

    Parameters
    ----------
    slug
        Name of the figure.
    values
        One value a name, as printed. What is missing is written « n.d. ».
    caption, source
        What is printed under it.
    size_mm
        Width and height.
    decimals, unit
        Of the values.
    signed
        Whether values above zero take their plus: those of a growth.
    mine
        Names to set off.
    reference
        A name and a value drawn as a line across.
    order
        Whether bars are sorted; otherwise they stay as given.

    Raises
    ------
    DataError
        If there is nothing to show.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> values = pd.Series({"Lens": 1973.0, "Liévin": 965.0})
    >>> bm.bar_chart("vacants", values, caption="Logements vacants", source="Insee").alt
    'Barres\xa0: Lens, 1\u202f973\u202f; Liévin, 965.'
    """
    check_given(bar_chart, locals())
    said = partial(number, decimals=decimals, signed=signed)
    table = _checked(slug, values.to_frame("valeur"))
    line = table["valeur"]
    if order:
        line = line.sort_values(ascending=False, kind="stable")

    left_mm, share = _beside_bars(line.map(said), size_mm[0])

    def draw(axes: Axes) -> None:
        names = [str(name) for name in line.index]
        places = np.arange(len(line))[::-1]
        colors = [ACCENT if name in mine else MAIN for name in line.index]
        axes.barh(places, line.fillna(0), color=colors, height=0.68)
        axes.set_yticks(places, names)
        axes.set_ylim(-0.6, len(line) - 0.4)
        axes.axvline(0, color=PRINT.faint, lw=0.6)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks([])
        ends = [0.0, line.min(), line.max(), *([reference[1]] if reference else [])]
        low, high = min(ends), max(ends)
        room = share * (high - low or 1)
        axes.set_xlim(low - (room if low < 0 else 0), high + room)
        for place, value in zip(places, line, strict=True):
            text = "n.d." if math.isnan(value) else said(value)
            at = 0.0 if math.isnan(value) else value
            axes.annotate(
                text,
                (at, place),
                xytext=(3 if at >= 0 else -3, 0),
                textcoords="offset points",
                fontsize=_TEXT,
                va="center",
                ha="left" if at >= 0 else "right",
                color=PRINT.ink,
                # The line of the reference passes behind the number.
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
                zorder=4,
            )
        if reference:
            axes.axvline(reference[1], color=PRINT.ink, lw=0.9, ls=(0, (3, 2)))
            axes.annotate(
                f"{reference[0]}{BROAD}{said(reference[1])}",
                (reference[1], 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                fontsize=_TEXT,
            )

    told = [
        f"{name}, {'non disponible' if math.isnan(v) else said(v)}"
        for name, v in line.items()
    ]
    alt = f"Barres{f' ({unit})' if unit else ''} : {' ; '.join(told)}"
    rows = tuple(
        (Cell(str(n)), _cell(v, decimals, signed=signed)) for n, v in line.items()
    )
    heading = Column(unit or "Valeur")
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(alt),
        source=source,
        table=Table((Column("Territoire", "left", 2), heading), rows, caption),
        room_mm=(left_mm, 2, 3, 5),
    )


def _beside_bars(written: pd.Series, width_mm: float) -> tuple[float, float]:
    """Return the room of the names, in millimetres, and of the numbers, of the axis."""
    longest = max(len(str(name)) for name in written.index)
    left_mm = min(4 + 1.35 * longest, _NAMES_SHARE * width_mm)
    # A number takes as much of a narrow figure as of a wide one.
    value_mm = 2.0 + 1.35 * max(map(len, written))
    return left_mm, max(0.16, value_mm / (width_mm - left_mm - 3))


def stacked_bars(
    slug: str,
    parts: pd.DataFrame,
    *,
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (182, 80),
    decimals: int = 0,
) -> Figure:
    r"""
    Draw the parts of each territory, in per cent, one bar each.

    Parameters
    ----------
    slug
        Name of the figure.
    parts
        One row a territory, one column a part, six at most, in per cent; the parts
        of a row make 100, within rounding.
    caption, source
        What is printed under it.
    size_mm
        Width and height.
    decimals
        Of the per cents.

    Raises
    ------
    DataError
        If there is nothing to show, too many parts, or a row does not make 100.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> parts = pd.DataFrame({"Maisons": [84.0], "Appartements": [16.0]}, ["Somain"])
    >>> bm.stacked_bars("parc", parts, caption="Parc", source="Insee").alt
    'Barres empilées, en\xa0%\xa0: Somain, Maisons 84, Appartements 16.'
    """
    check_given(stacked_bars, locals())
    parts = _checked(slug, parts)
    if len(parts.columns) > len(_STACK):
        msg = f"chart {slug!r}: {len(parts.columns)} parts; six can be told apart"
        raise DataError(msg)
    off = parts.sum(axis=1, skipna=False)
    bad = off.index[(off - 100).abs() > 0.6]
    if len(bad):
        culprits_ = culprits(list(map(str, bad)))
        msg = f"chart {slug!r}: the parts of {culprits_} do not make 100 %"
        raise DataError(msg)

    def draw(axes: Axes) -> None:
        places = np.arange(len(parts))[::-1]
        left = np.zeros(len(parts))
        for color, name in zip(_STACK, parts, strict=False):
            wide = parts[name].to_numpy()
            axes.barh(places, wide, left=left, color=color, height=0.7, label=str(name))
            for place, start, value in zip(places, left, wide, strict=True):
                if value >= 5:
                    light = color in ("#a9c4dd", "#e2c58b")
                    axes.text(
                        start + value / 2,
                        place,
                        number(value, decimals),
                        ha="center",
                        va="center",
                        fontsize=_TEXT,
                        color=PRINT.ink if light else "white",
                    )
            left += wide
        axes.set_yticks(places, [str(name) for name in parts.index])
        axes.set_xlim(0, 100)
        axes.set_xticks([])
        axes.set_ylim(-0.6, len(parts) - 0.4)
        axes.spines["bottom"].set_visible(False)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=len(parts.columns),
            fontsize=_TEXT,
            frameon=False,
            handlelength=1.0,
            handleheight=0.8,
            borderaxespad=0.0,
            columnspacing=1.2,
        )

    told = []
    for name, row in parts.iterrows():
        listed = [f"{part} {number(v, decimals)}" for part, v in row.items()]
        told.append(f"{name}, {', '.join(listed)}")
    columns = (Column("Territoire", "left", 2), *(Column(f"{p} (%)") for p in parts))
    rows = tuple(
        (Cell(str(name)), *(_cell(v, 1) for v in row)) for name, row in parts.iterrows()
    )
    longest = max(len(str(name)) for name in parts.index)
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(f"Barres empilées, en{BROAD}% : {' ; '.join(told)}"),
        source=source,
        table=Table(columns, rows, caption),
        room_mm=(min(4 + 1.35 * longest, 0.4 * size_mm[0]), 2, 3, 7),
    )


def peer_strips(  # noqa: PLR0913 - each is a choice of whoever prints
    slug: str,
    values: pd.DataFrame,
    mine: object,
    *,
    name: str,
    reference: pd.Series,
    reference_name: str,
    labels: Mapping[str, str],
    decimals: Mapping[str, int],
    units: Mapping[str, str],
    signed: Collection[str] = (),
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (89, 41),
) -> Figure:
    r"""
    Place a territory among its peers, one strip an indicator, each on its own scale.

    Parameters
    ----------
    slug
        Name of the figure.
    values
        One row a peer, one column an indicator.
    mine
        Row of the territory.
    name
        Its name.
    reference
        Value of what it is compared with, by indicator.
    reference_name
        Its name.
    labels, decimals, units
        Of each indicator, as printed.
    signed
        Indicators whose values above zero take their plus: growths.
    caption, source
        What is printed under it.
    size_mm
        Width and height.

    Raises
    ------
    DataError
        If there is nothing to show, or the territory is not among the peers.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> values = pd.DataFrame({"L04": [7.6, 1.7]}, index=["59574", "59314"])
    >>> bm.peer_strips("pairs", values, "59574", name="Somain",
    ...     reference=pd.Series({"L04": 6.7}), reference_name="EPCI",
    ...     labels={"L04": "Vacance"}, decimals={"L04": 1}, units={"L04": "%"},
    ...     caption="Place", source="Insee").alt
    'Place de Somain parmi 2\xa0: Vacance, 7,6 (de 1,7 à 7,6\u202f; EPCI 6,7).'
    """
    check_given(peer_strips, locals())
    values = _checked(slug, values)
    for told_by, argument in (
        (reference, "reference"),
        (labels, "labels"),
        (decimals, "decimals"),
        (units, "units"),
    ):
        _check_told(slug, values.columns, told_by, argument)
    if not is_hashable(mine) or mine not in values.index:
        msg = f"chart {slug!r}: {shown(mine)} is not among the {len(values)} peers"
        raise DataError(msg)

    left_mm, label_size = _room_of([labels[str(c)] for c in values], size_mm[0])
    wide_mm = size_mm[0] - left_mm - _STRIP_RIGHT

    def draw(axes: Axes) -> None:
        axes.axis("off")
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.6, len(values.columns) - 0.05)
        for place, column in enumerate(values):
            _draw_strip(
                axes,
                len(values.columns) - 1 - place,
                values[column],
                mine,
                float(reference[column]),
                (labels[str(column)], decimals[str(column)], units[str(column)]),
                label_size,
                signed=column in signed,
            )
        key = (name, "autres", reference_name)
        _draw_key(axes, len(values.columns) - 0.35, key, wide_mm)

    told = []
    for column in values:
        line, places = values[column].dropna(), decimals[str(column)]
        if mine not in line.index:
            told.append(f"{labels[str(column)]}, non disponible")
            continue
        at, low, high, whole = (
            number(v, places, signed=column in signed)
            for v in (line[mine], line.min(), line.max(), reference[column])
        )
        beside = f"de {low} à {high} ; {reference_name} {whole}"
        told.append(f"{labels[str(column)]}, {at} ({beside})")
    columns = (Column("Indicateur", "left", 2), Column(name), Column(reference_name))
    rows = tuple(
        (
            Cell(f"{labels[str(c)]} ({units[str(c)]})".replace(" ()", "")),
            _cell(float(values.loc[mine, c]), decimals[str(c)], signed=c in signed),
            _cell(float(reference[c]), decimals[str(c)], signed=c in signed),
        )
        for c in values
    )
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(f"Place de {name} parmi {len(values)} : {' ; '.join(told)}"),
        source=source,
        table=Table(columns, rows, caption),
        room_mm=(left_mm, 1, _STRIP_RIGHT, 1),
    )


def _draw_key(
    axes: Axes, top: float, words: tuple[str, str, str], wide_mm: float
) -> None:
    """Write the key of strips on a line, a long name starting before them."""
    letters = font(PRINT.family, _TEXT - 0.4)
    sign, apart = 2.2, 4.0
    widths = [sign + text_width(word, letters) for word in words]
    whole = sum(widths) + apart * (len(words) - 1)
    x = min(1.5, wide_mm - whole)
    for place, (word, width) in enumerate(zip(words, widths, strict=True)):
        at = x / wide_mm
        if place == 2:
            ends = [top - 0.16, top + 0.16]
            axes.plot([at] * 2, ends, color=MAIN, lw=1.4, clip_on=False)
        else:
            color, size = ((ACCENT, 4.2), (_PALE, 3))[place]
            axes.plot(at, top, "o", color=color, ms=size, clip_on=False)
        axes.text(
            (x + sign - 0.6) / wide_mm,
            top,
            word,
            fontsize=_TEXT - 0.4,
            va="center",
            color=PRINT.ink if place else ACCENT,
        )
        x += width + apart


def _room_of(names: Sequence[str], width_mm: float) -> tuple[float, float]:
    """Return the millimetres that names take beside strips, and their size."""
    letters = font(PRINT.family, _TEXT - 0.4)
    widest = max(text_width(name, letters) for name in names)
    # A strip is no shorter than half of the figure: longer names are set smaller.
    room = min(max(26.0, widest + 5.0), 0.45 * width_mm)
    return room, (_TEXT - 0.4) * min(1.0, (room - 5.0) / max(widest, 1.0))


def _draw_strip(
    axes: Axes,
    place: int,
    line: pd.Series,
    mine: object,
    reference: float,
    words: tuple[str, int, str],
    label_size: float,
    *,
    signed: bool,
) -> None:
    label, decimals, unit = words
    known = line.dropna()
    axes.annotate(
        label,
        (0.0, place),
        xytext=(-7, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=label_size,
    )
    if known.empty:
        axes.text(0.5, place, "n.d.", ha="center", va="center", fontsize=_TEXT)
        return
    low = min(known.min(), reference) if math.isfinite(reference) else known.min()
    high = max(known.max(), reference) if math.isfinite(reference) else known.max()
    spread = (high - low) or 1.0

    def across(value: float) -> float:
        return float((value - low) / spread) if high > low else 0.5

    axes.plot([0, 1], [place] * 2, color="#e4e6ea", lw=2.2, solid_capstyle="round")
    # Dots at either end of the axis are whole.
    dots: dict[str, Any] = {"marker": "o", "ls": "", "clip_on": False}
    axes.plot(known.map(across), [place] * len(known), color=_PALE, ms=2.6, **dots)
    if math.isfinite(reference):
        at = across(reference)
        axes.plot([at] * 2, [place - 0.27, place + 0.27], color=MAIN, lw=1.5)
    for at, value, side in ((0.0, known.min(), "left"), (1.0, known.max(), "right")):
        text = number(float(value), decimals, signed=signed)
        axes.text(at, place - 0.42, text, ha=side, va="center", fontsize=_TEXT - 1.4)
    if mine not in known.index:
        axes.text(1.06, place, "n.d.", va="center", fontsize=_TEXT, color=PRINT.soft)
        return
    value = float(known[mine])
    axes.plot(across(value), place, color=ACCENT, ms=4.6, zorder=5, **dots)
    tail = f"\u202f{unit}" if unit == "%" else ""
    axes.text(
        1.06,
        place,
        f"{number(value, decimals, signed=signed)}{tail}",
        va="center",
        fontsize=_TEXT,
        color=ACCENT,
        weight=700,
    )


def _set_ticks(axes: Axes, tail: str, *, signed: bool) -> None:
    tick = partial(_tick, signed=signed)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, at: tick(v, at) + tail))
    axes.grid(axis="x", color="#e9ebef", lw=0.5)
    axes.set_axisbelow(True)


def _say_unit(axes: Axes, unit: str) -> None:
    axes.annotate(
        unit,
        (1.0, 1.0),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        color=PRINT.soft,
        fontsize=_TEXT - 0.6,
    )


def range_strips(  # noqa: PLR0913 - each is a choice of whoever prints
    slug: str,
    totals: pd.Series,
    units: Mapping[str, pd.Series],
    *,
    mine: Sequence[object] = (),
    caption: str,
    source: str,
    unit: str = "%",
    decimals: int = 1,
    signed: bool = False,
    size_mm: tuple[float, float] = (88, 105),
) -> Figure:
    """
    Draw a rate of several territories, each over the range of its communes.

    Parameters
    ----------
    slug
        Name of the figure.
    totals
        One value a territory, by its printed name.
    units
        Values of the communes of each.
    mine
        Territories to set off.
    caption, source
        What is printed under it.
    unit, decimals
        Of the values.
    signed
        Whether values above zero take their plus: those of a growth.
    size_mm
        Width and height.

    Raises
    ------
    DataError
        If there is nothing to show, or a territory has no communes.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> totals = pd.Series({"Grand Douaisis": 8.5})
    >>> bm.range_strips("scot", totals, {"Grand Douaisis": pd.Series([1.7, 15.6])},
    ...     caption="Vacance", source="Insee").alt
    'Grand Douaisis, 8,5 (communes de 1,7 à 15,6).'
    """
    check_given(range_strips, locals())
    said = partial(number, decimals=decimals, signed=signed)
    table = _checked(slug, totals.to_frame("total"))
    line = table["total"].sort_values(ascending=False, kind="stable")
    _check_told(slug, line.index, units, "units")
    close = size_mm[1] / len(line) < 10
    bare = [str(name) for name in line.index if units[str(name)].dropna().empty]
    if bare:
        msg = f"chart {slug!r}: no commune of {culprits(bare)} has a value"
        raise DataError(msg)

    def draw(axes: Axes) -> None:
        for place, (name, total) in enumerate(line.items()):
            at = len(line) - 1 - place
            known = units[str(name)].dropna()
            axes.plot(
                [known.min(), known.max()],
                [at] * 2,
                color="#dfe2e8",
                lw=4,
                solid_capstyle="round",
                zorder=1,
            )
            axes.plot(known, [at] * len(known), "o", color="#8b909b", ms=1.8, zorder=2)
            color = ACCENT if name in mine else MAIN
            axes.plot(total, at, "o", color=color, ms=6.5, mec="white", zorder=3)
            # Where strips are close, values stand at their end, over nothing.
            axes.annotate(
                said(float(total)),
                (1.0, at) if close else (float(total), at),
                xycoords=("axes fraction", "data") if close else "data",
                xytext=(3, 0) if close else (0, 6),
                textcoords="offset points",
                ha="left" if close else "center",
                va="center" if close else "baseline",
                color=color,
                weight=700,
                fontsize=_TEXT + 0.4,
                annotation_clip=False,
            )
        axes.set_yticks(
            range(len(line) - 1, -1, -1), [str(name) for name in line.index]
        )
        for label, name in zip(axes.get_yticklabels(), line.index, strict=True):
            label.set_fontweight("bold" if name in mine else "normal")
            label.set_color(PRINT.ink)
        axes.set_ylim(-0.6, len(line) - 0.2)
        tail = "\u202f%" if unit == "%" else ""
        if unit and not tail:  # said once: beside each number, they would run together
            _say_unit(axes, unit)
        _set_ticks(axes, tail, signed=signed)

    told = [
        f"{name}, {said(float(total))} (communes de "
        f"{said(float(units[str(name)].min()))} à "
        f"{said(float(units[str(name)].max()))})"
        for name, total in line.items()
    ]
    columns = (
        Column("Territoire", "left", 2),
        Column("Ensemble"),
        Column("Commune la plus basse"),
        Column("Commune la plus haute"),
    )
    rows = tuple(
        (
            Cell(str(name)),
            _cell(float(total), decimals, signed=signed),
            _cell(float(units[str(name)].min()), decimals, signed=signed),
            _cell(float(units[str(name)].max()), decimals, signed=signed),
        )
        for name, total in line.items()
    )
    longest = max(len(str(name)) for name in line.index)
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(" ; ".join(told)),
        source=source,
        table=Table(columns, rows, caption),
        room_mm=(min(4 + 1.4 * longest, 0.42 * size_mm[0]), 7, 13 if close else 4, 5),
    )


def age_pyramid(
    slug: str,
    counts: pd.DataFrame,
    *,
    other: pd.DataFrame | None = None,
    other_name: str = "",
    caption: str,
    source: str,
    size_mm: tuple[float, float] = (89, 70),
) -> Figure:
    r"""
    Draw an age pyramid in per cent of the population, beside that of a reference.

    Parameters
    ----------
    slug
        Name of the figure.
    counts
        Index: ages as printed, youngest first; columns `"Hommes"` and `"Femmes"`.
    other
        The same for a territory to compare with, drawn as an outline.
    other_name
        Its name.
    caption, source
        What is printed under it.
    size_mm
        Width and height.

    Raises
    ------
    DataError
        If there is nothing to show, or a column is missing.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> ages = pd.DataFrame({"Hommes": [10.0, 8.0], "Femmes": [9.0, 13.0]},
    ...                     index=["0-14 ans", "15 ans et plus"])
    >>> bm.age_pyramid("ages", ages, caption="Âges", source="Insee").alt
    'Pyramide des âges, en\xa0% de la population\xa0: 0-14 ans, hommes 25,0, ...'
    """
    check_given(age_pyramid, locals())
    lacking = [name for name in ("Hommes", "Femmes") if name not in counts]
    if lacking:
        msg = f"chart {slug!r}: no column {culprits(lacking)}"
        raise DataError(msg)
    mine = _shares(slug, counts)
    beside = None if other is None else _shares(slug, _alike(slug, other, counts))

    def draw(axes: Axes) -> None:
        places = np.arange(len(mine))
        axes.barh(places, -mine["Hommes"], color=MAIN, height=0.85)
        axes.barh(places, mine["Femmes"], color="#c98b3a", height=0.85)
        if beside is not None:
            for column, sign in (("Hommes", -1), ("Femmes", 1)):
                axes.step(
                    np.repeat(sign * beside[column].to_numpy(), 2),
                    np.column_stack([places - 0.5, places + 0.5]).ravel(),
                    color=PRINT.ink,
                    lw=1.0,
                )
        axes.set_yticks(places, [str(age) for age in mine.index])
        most = max(axes.get_xlim()[1], -axes.get_xlim()[0])
        axes.set_xlim(-most, most)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda v, _: f"{_tick(abs(v), 0)}\u202f%")
        )
        axes.axvline(0, color="white", lw=0.8)
        axes.set_title("Hommes", loc="left", fontsize=_TEXT, color=MAIN, pad=2)
        axes.set_title("Femmes", loc="right", fontsize=_TEXT, color="#8f5a1e", pad=2)
        if beside is not None:
            axes.set_title(f"— {other_name}", fontsize=_TEXT, color=PRINT.ink, pad=2)

    told = [
        f"{age}, hommes {number(float(row['Hommes']), 1)}, "
        f"femmes {number(float(row['Femmes']), 1)}"
        for age, row in mine.iterrows()
    ]
    columns = (Column("Âge", "left", 2), Column("Hommes (%)"), Column("Femmes (%)"))
    rows = tuple(
        (Cell(str(age)), *(_cell(float(v), 1) for v in row))
        for age, row in mine[["Hommes", "Femmes"]].iterrows()
    )
    alt = f"Pyramide des âges, en{BROAD}% de la population : {' ; '.join(told)}"
    return _chart(
        slug,
        draw,
        size_mm=size_mm,
        caption=caption,
        alt=stopped(alt),
        source=source,
        table=Table(columns, rows, caption),
        room_mm=(20, 7, 3, 6),
    )


def _alike(slug: str, other: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the other population by the ages of the first."""
    columns = [name for name in ("Hommes", "Femmes") if name not in other]
    gone = [age for age in counts.index if age not in other.index]
    if columns or gone or not other.index.is_unique:
        msg = (
            f"chart {slug!r}: other needs the columns and the ages of counts, each "
            f"once; it lacks {culprits([*columns, *gone]) or 'none, but repeats some'}"
        )
        raise DataError(msg)
    return other.loc[counts.index]


def _shares(slug: str, counts: pd.DataFrame) -> pd.DataFrame:
    table = _checked(slug, counts[["Hommes", "Femmes"]])
    total = table.to_numpy().sum()
    if not total > 0:
        msg = f"chart {slug!r}: the population is {total}"
        raise DataError(msg)
    return 100 * table / total
