"""
Pictures of a workbook, for the guide: `python docs/how-to/classeur.py`.

The cells are laid out by a browser with the widths, heights and formats of the file:
what would be cut in a spreadsheet is cut here. Needs openpyxl and chromium.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import tempfile
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

import basinmap as bm

ROOT = Path(__file__).resolve().parents[1]
STYLE = """
body { margin: 12px }
table { border-collapse: collapse; table-layout: fixed }
td { font: 13.3px Carlito, Calibri, "DejaVu Sans"; vertical-align: top; padding: 0 3px;
     border: 1px solid #e3e3e3; white-space: nowrap; box-sizing: border-box;
     overflow: hidden }
td.free { overflow: visible } td.wrap { white-space: pre-wrap }
div { overflow: hidden } td.free div { overflow: visible }
"""


def shown(cell: Cell) -> str:
    """Return what a French spreadsheet shows of a cell."""
    if not isinstance(cell.value, int | float):
        return "" if cell.value is None else str(cell.value)
    pattern = cell.number_format
    sign = pattern[1:3] if pattern.startswith('"') else ""
    digits = len(pattern.partition(".")[2]) if "." in pattern else 0
    text = f"{cell.value:{',' if '#,##0' in pattern else ''}.{digits}f}"
    return sign + text.replace(",", "\u202f").replace(".", ",")


def laid(cell: Cell, span: int, height: int) -> str:
    """Return a cell as HTML."""
    font, right = cell.font, isinstance(cell.value, int | float)
    right = right or cell.alignment.horizontal == "right"
    fill = cell.fill.fgColor.rgb if cell.fill.fill_type else None
    style = ";".join(
        [
            f"font-size:{(font.sz or 11) * 96 / 72:.1f}px",
            f"font-weight:{'bold' if font.b else 'normal'}",
            f"font-style:{'italic' if font.i else 'normal'}",
            f"text-align:{'right' if right else 'left'}",
            f"background:#{str(fill)[2:]}" if fill else "",
        ]
    )
    kind = "wrap" if cell.alignment.wrap_text else "free" if cell.row == 1 else ""
    text = html.escape(shown(cell))
    return (
        f"<td colspan={span} class='{kind}' style='{style}'>"
        f"<div style='max-height:{height}px'>{text}</div></td>"
    )


def page_of(sheet: Worksheet, rows: int, columns: int) -> tuple[str, int, int]:
    """Return the first cells of a sheet as HTML, and how large they are."""
    widths = dict.fromkeys(range(1, columns + 1), 64)
    for kept in sheet.column_dimensions.values():
        for at in range(kept.min, min(kept.max, columns) + 1):
            widths[at] = round(kept.width * 7 + 5)
    spans = {(m.min_row, m.min_col): m for m in sheet.merged_cells.ranges}
    lines, tall = [], 0
    for row in range(1, rows + 1):
        height = round((sheet.row_dimensions[row].height or 15) * 96 / 72)
        cells, at = [], 1
        while at <= columns:
            merged = spans.get((row, at))
            span = merged.max_col - merged.min_col + 1 if merged else 1
            span = min(span, columns - at + 1)
            cells.append(laid(sheet.cell(row, at), span, height))
            at += span
        lines.append(f"<tr style='height:{height}px'>{''.join(cells)}</tr>")
        tall += height
    wide = sum(widths.values())
    columns_html = "".join(f"<col style='width:{w}px'>" for w in widths.values())
    body = f"<table style='width:{wide}px'>{columns_html}{''.join(lines)}</table>"
    text = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}"
    return text, wide + 24, tall + 24


def picture(text: str, width: int, height: int, path: Path) -> None:
    """Photograph a page with the browser that is there."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(text, encoding="utf-8")
        subprocess.run(  # noqa: S603 - our own page
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={path}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE).save(path)


def main() -> None:
    """Write the workbook of the guide, and its pictures."""
    rate = bm.compute("L04", bm.statistics(epci="call"))
    said = {"62003": "secret", "62107": "secret", "62065": "lower_bound"}
    rate = bm.describe(rate.mask(rate.index.isin(["62003", "62107"])), states=said)
    with tempfile.TemporaryDirectory() as folder:
        path = bm.write_workbook(
            Path(folder) / "vacance.xlsx",
            {"Effectifs": bm.statistics(epci="call"), "Vacance": rate},
            title="Vacance à Lens-Liévin",
        )
        book = openpyxl.load_workbook(path)
    for name, rows, columns in (("Vacance", 18, 3), ("Dictionnaire", 14, 7)):
        out = ROOT / "images" / f"classeur-{name.lower()}.png"
        picture(*page_of(book[name], rows, columns), out)


if __name__ == "__main__":
    main()
