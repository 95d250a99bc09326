"""Charts of a workbook: where rows are years, or a few units are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from basinmap.errors import ColumnError, DataError, MeasureError, culprits
from basinmap.export.contents import Content, Field
from basinmap.export.sheet_sizes import lines_of
from basinmap.states import SIGNS, STATES
from basinmap.typography import rounded, uncapital
from basinmap.values.cells import Cells

__all__ = ["CHARTS", "Chart", "charts_of", "write_chart"]

CHARTS: Final = "Graphiques"
_COLOURS: Final = ("#27548a", "#c7522a", "#5b8c5a", "#8a6fb0", "#b08d2f", "#5b6270")
_OWN: Final = "#c7522a"
_MOST_BARS: Final = 60
_MOST_ALONE: Final = 40
"""Rows of a series that is drawn without being asked for."""
_YEARS: Final = (1800, 2100)

Row = tuple[Any, list[float | None]]


@dataclass(frozen=True, slots=True)
class Chart:
    """
    A chart, and the figures it is drawn from.

    Attributes
    ----------
    sheet
        Where its figures come from.
    title, unit
        French.
    years
        Whether its rows are years.
    head
        Heading of the rows, then of each column.
    rows
        What is drawn; what is missing is None, and leaves a gap.
    decimals
        When printed.
    amounts
        Whether they are counts, that are read from zero.
    note
        Which rows are not drawn, and why.
    own
        Row that the others are compared with, which is set off; none by default.
    """

    sheet: str
    title: str
    unit: str
    years: bool
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    decimals: int
    amounts: bool
    note: str
    own: str = ""

    @property
    def alternative(self) -> str:
        """Say in words what the chart shows."""
        kind = "Courbes" if self.years else "Barres"
        drawn = [
            (label, values[0]) for label, values in self.rows if values[0] is not None
        ]
        if not drawn:
            return f"{kind} : {self.title}."
        low, high = (f(drawn, key=lambda row: row[1]) for f in (min, max))
        digits = self.decimals
        return (
            f"{kind} : {self.title}. De {_french(low[1], digits)} ({low[0]}) à "
            f"{_french(high[1], digits)} ({high[0]})."
        )


def _french(value: float, decimals: int) -> str:
    text = f"{rounded(value, decimals):,.{decimals}f}"
    return text.replace(",", "\u202f").replace(".", ",")


def charts_of(
    sheets: Mapping[str, Content], asked: Mapping[str, Sequence[str]] | None
) -> list[Chart]:
    """
    Return the charts of a workbook.

    Parameters
    ----------
    sheets
        By name, in order.
    asked
        Sheet to the columns to draw; by default those that a reader would draw: years,
        and one rate of a few units.

    Raises
    ------
    ColumnError, DataError
        If a sheet or a column is not there, or there are too many rows.
    MeasureError
        If a column holds no number, or two are of different units.
    """
    if asked is None:
        found = [(name, _usual(content)) for name, content in sheets.items()]
        return [_chart(name, sheets[name], fields) for name, fields in found if fields]
    unknown = [name for name in asked if name not in sheets]
    if unknown:
        msg = f"charts: no sheet {culprits(unknown)}; there are {culprits(sheets)}"
        raise DataError(msg)
    return [
        _chart(name, sheets[name], _fields(name, sheets[name], columns))
        for name, columns in asked.items()
    ]


def _numbers(content: Content) -> dict[str, Field]:
    return {
        field.cells.name: field
        for field in content.values()
        if field.cells.kind in ("whole", "real") and field.description.role != "code"
    }


def _usual(content: Content) -> list[Field]:
    """Return the columns that are drawn without being asked for."""
    known = list(_numbers(content).values())
    rows = len(content.codes.cells.held)
    if _of_years(content.codes.cells) and rows > 2:
        unit = known[0].description.unit if known else ""
        same = [field for field in known if field.description.unit == unit]
        return same if len(same) <= len(_COLOURS) and unit else []
    rates = [f for f in known if f.description.kind in ("ratio", "growth", "mean")]
    alone = len(known) == len(rates) == 1 and 2 < rows <= _MOST_ALONE
    return rates if alone else []


def _of_years(codes: Cells) -> bool:
    try:
        years = [int(code) for code in codes.held.tolist()]
    except (TypeError, ValueError):
        return False
    usual = all(_YEARS[0] <= year <= _YEARS[1] for year in years)
    return bool(years) and usual and len(set(years)) == len(years)


def _fields(name: str, content: Content, columns: Sequence[str]) -> list[Field]:
    known = _numbers(content)
    there = {field.cells.name for field in content.values()}
    absent = [column for column in columns if column not in there]
    if absent or not columns:
        msg = f"charts of sheet {name!r}: no column {culprits(absent)}; there are "
        raise ColumnError(msg + culprits(known))
    odd = [column for column in columns if column not in known]
    if odd:
        msg = f"charts of sheet {name!r}: {culprits(odd)} hold no numbers; draw others"
        raise MeasureError(msg)
    fields = [known[column] for column in columns]
    units = dict.fromkeys(field.description.unit for field in fields)
    if len(units) > 1 or len(fields) > len(_COLOURS):
        msg = (
            f"charts of sheet {name!r}: {len(fields)} columns in {culprits(units)}; a "
            f"chart is of one unit and {len(_COLOURS)} columns at most"
        )
        raise MeasureError(msg)
    return fields


def _chart(name: str, content: Content, fields: list[Field]) -> Chart:
    years = _of_years(content.codes.cells)
    rows = list(_rows(content, fields, years=years))
    level, own = "", ""
    if not years:
        rows, level, own = _of_one_level(content, rows)
    if not years and len(rows) > _MOST_BARS:
        msg = (
            f"charts of sheet {name!r}: {len(rows)} rows, and {_MOST_BARS} bars at "
            "most are read; keep the largest: table.nlargest(20, 'column')"
        )
        raise DataError(msg)
    gone = [str(label) for label, values in rows if values == [None] * len(fields)]
    if years:
        rows.sort(key=lambda row: row[0])
    else:
        drawn = [row for row in rows if row[1][0] is not None]
        rows = sorted(drawn, key=lambda row: -row[1][0])  # type: ignore[operator]
    first = fields[0].description
    title = first.heading if len(fields) == 1 else content.title or name
    return Chart(
        sheet=name,
        title=title,
        unit=first.unit,
        years=years,
        head=(
            _labelled(content).description.heading,
            *(field.description.heading for field in fields),
        ),
        rows=tuple(rows),
        amounts=first.kind in ("stock", ""),
        decimals=max(field.cells.decimals for field in fields),
        note=" ".join(filter(None, [level, _gaps(content, fields[0], gone)])),
        own=own,
    )


def _of_one_level(content: Content, rows: list[Row]) -> tuple[list[Row], str, str]:
    """
    Keep the rows of the level of the first, which the others are compared with.

    An EPCI, the SCoT that holds it alone and its département are no three peers.
    """
    told = [f for f in content.values() if f.cells.name == "niveau"]
    levels = told[0].cells.held.tolist() if told else []
    if len(set(levels)) < 2:
        return rows, "", ""
    kept = [row for row, one in zip(rows, levels, strict=True) if one == levels[0]]
    return kept, f"Niveau : {levels[0]}.", str(kept[0][0])


def _labelled(content: Content) -> Field:
    """Return the column that says what each row is."""
    named = [f for f in content.values() if f.cells.name in ("name", "nom")]
    return named[0] if named else content.codes


def _rows(content: Content, fields: list[Field], *, years: bool) -> list[Row]:
    """Return what each row is called, and its values."""
    labels = _labelled(content).cells.held.tolist()
    codes = content.codes.cells.held.tolist()
    columns = [
        [
            None if gone else float(value)
            for value, gone in zip(
                field.cells.held.tolist(), field.cells.held.isna(), strict=True
            )
        ]
        for field in fields
    ]
    signs = [SIGNS.get(state or "", "") for state in content.states_of(fields[0])]
    found = []
    for i, (code, label) in enumerate(zip(codes, labels, strict=True)):
        word = int(code) if years else str(code if label is None else label)
        if signs[i] and not years:
            word = f"{word} ({signs[i]})"
        found.append((word, [column[i] for column in columns]))
    return found


def _gaps(content: Content, field: Field, gone: list[str]) -> str:
    """Say which rows are not drawn, and what is drawn that is no whole value."""
    states = content.states_of(field)
    lines = []
    if gone:
        why = dict.fromkeys(
            uncapital(STATES[state]) for state in states if state and state in STATES
        )
        told = ", ".join(gone[:5]) + ("…" if len(gone) > 5 else "")
        reason = f" ({', '.join(why) or 'données non disponibles'})"
        lines.append(f"Sans valeur : {len(gone)}, {told}{reason}.")
    if "lower_bound" in states:
        lines.append("≥ : minimum.")
    if "estimated" in states:
        lines.append("≈ : estimation.")
    return " ".join(lines)


def write_chart(book: Any, sheet: Any, styles: Any, chart: Chart, top: int) -> int:  # noqa: ANN401 - xlsxwriter is untyped
    """
    Write a chart beside its figures; return the first row after it.

    Parameters
    ----------
    book, sheet
        Of xlsxwriter.
    styles
        Formats: `title`, `note`, `header`, `text`, `number`.
    chart
        What is drawn.
    top
        Row of its title.
    """
    number = styles.number(chart.decimals, "", grouped=True)
    sheet.write_string(top, 0, chart.title, styles.title)
    note = " ".join(filter(None, [f"Feuille « {chart.sheet} ».", chart.note]))
    # Over the figures and most of the chart: in one cell it would be cut.
    sheet.merge_range(top + 1, 0, top + 1, len(chart.head) + 9, note, styles.note)
    sheet.set_row(top + 1, lines_of(note, 700) * 13.5 + 3)
    for j, heading in enumerate(chart.head):
        style = styles.over_numbers if j else styles.header
        sheet.write_string(top + 3, j, heading, style)
    lines = max(lines_of(heading, 110, bold=True) for heading in chart.head)
    sheet.set_row(top + 3, lines * 13.5 + 6)
    first = top + 4
    for i, (label, values) in enumerate(chart.rows, start=first):
        if chart.years:
            sheet.write_number(i, 0, label, styles.number(0, "", grouped=False))
        else:
            sheet.write_string(i, 0, label, styles.text)
        for j, value in enumerate(values, start=1):
            # An empty cell is a gap; a text would be drawn at zero.
            if value is not None:
                sheet.write_number(i, j, value, number)
    last = first + len(chart.rows) - 1
    kind = {"type": "scatter", "subtype": "straight_with_markers"}
    drawn = book.add_chart(kind if chart.years else {"type": "bar"})
    for j in range(1, len(chart.head)):
        colour = _COLOURS[j - 1]
        set_off = [
            {"fill": {"color": _OWN}} if label == chart.own else None
            for label, _ in chart.rows
        ]
        drawn.add_series(
            {
                "name": [CHARTS, top + 3, j],
                "categories": [CHARTS, first, 0, last, 0],
                "values": [CHARTS, first, j, last, j],
                "fill": {"color": colour},
                "line": {"color": colour, "width": 2.25},
                "marker": {
                    "type": "circle",
                    "size": 6,
                    "fill": {"color": colour},
                    "border": {"color": colour},
                },
                "gap": 40,
                **({"points": set_off} if any(set_off) else {}),
            }
        )
    height = _axes(drawn, chart)
    sheet.insert_chart(
        top + 3, len(chart.head) + 1, drawn, {"description": chart.alternative}
    )
    return max(last + 3, top + 5 + height // 18)


def _axes(drawn: Any, chart: Chart) -> int:  # noqa: ANN401 - xlsxwriter is untyped
    """Set title, axes and size; return the height in pixels."""
    font = {"name": "Calibri", "size": 10, "bold": False}
    digits = "#,##0" + ("." + "0" * chart.decimals if chart.decimals else "")
    height = 360 if chart.years else 110 + 22 * len(chart.rows)
    values = [v for _, row in chart.rows for v in row if v is not None]
    # The curve of a rate may start where it starts; an amount starts at zero.
    based = not chart.years or chart.amounts
    least = {"min": 0} if based and values and min(values) >= 0 else {}
    name = {"name": chart.unit, "name_font": font} if chart.unit else {}
    drawn.set_title({"name": chart.title, "name_font": {**font, "size": 12}})
    drawn.set_legend({"none": True} if len(chart.head) == 2 else {"position": "bottom"})
    drawn.show_blanks_as("gap")
    grid = {"visible": True, "line": {"color": "#d5d9e0", "width": 0.75}}
    if chart.years:
        years = [label for label, _ in chart.rows]
        step = max(1, -(-(max(years) - min(years)) // 10))
        drawn.set_x_axis(
            {
                "min": min(years),
                "max": max(years),
                "major_unit": step,
                "num_format": "0",
                "num_font": font,
                "crossing": "min",
                "major_gridlines": {"visible": False},
            }
        )
        axis = {**name, **least, "num_format": digits, "num_font": font}
        drawn.set_y_axis({**axis, "major_gridlines": grid})
    else:
        # The largest above, and the scale below: where the categories end.
        categories = {"reverse": True, "crossing": "max", "label_position": "low"}
        small = {**font, "size": 9}
        drawn.set_y_axis({**categories, "num_font": small, "interval_unit": 1})
        axis = {**name, **least, "num_format": digits, "num_font": font}
        drawn.set_x_axis({**axis, "major_gridlines": grid})
    drawn.set_size({"width": 720, "height": height})
    return height
