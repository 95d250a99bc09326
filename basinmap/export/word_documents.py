"""Documents for Word: the text of a PLH is finished there, by those who sign it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any, Final

from basinmap.arguments import check_given
from basinmap.errors import LibraryError
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.flat import headings_of
from basinmap.export.parts import (
    WORDS,
    Cell,
    Contents,
    Data,
    Document,
    Figure,
    Heading,
    Inline,
    KeyFigures,
    Legend,
    LegendEntry,
    Note,
    Paragraph,
    Part,
    Table,
    check_document,
    notes_of,
    runs,
)
from basinmap.export.pdf_documents import picture
from basinmap.staging import check_file, write_whole
from basinmap.typography import BROAD, stopped, typeset

__all__ = ["docx_bytes", "write_docx"]

_WIDTH_MM: Final = 182.0
_HIGHEST_MM: Final = 125.0
_SIGNS: Final = {
    "disc": "●",
    "square": "■",
    "line": "━━",
    "dashes": "╍╍",
    "star": "★",
    "triangle": "▲",
    "diamond": "◆",
    "tile": "■",
}
_STRIPES: Final = {
    "/": "thinDiagStripe",
    "\\": "thinReverseDiagStripe",
    "|": "thinVertStripe",
    "-": "thinHorzStripe",
    "x": "thinDiagCross",
    "+": "thinHorzCross",
    ".": "pct10",
}
_QUIET: Final = frozenset({"secret", "not-applicable", "not-available", "fragile"})
# Zip holds no date before 1980, and none of today: same content, same bytes.
_DAY: Final = (1980, 1, 1, 0, 0, 0)


def write_docx(
    path: str | Path, document: Document, *, theme: DocumentTheme | None = None
) -> None:
    """
    Write a document for Word and LibreOffice, to be finished by hand.

    Built-in styles of headings (contents, navigation), header rows that repeat,
    alternatives of pictures, language of the spelling.

    Parameters
    ----------
    path
        Where the file will be.
    document
        The document.
    theme
        Its look.

    Raises
    ------
    DataError
        If the document could not be followed by a reader (`check_document`).
    LibraryError
        If python-docx is not installed.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt, tempfile
    >>> from pathlib import Path
    >>> from basinmap.export.parts import Heading, Page
    >>> page = Page((Heading("Vacance"),))
    >>> day = dt.date(2026, 1, 1)
    >>> about = bm.Document("note", "Note", "Observatoire", day, (page,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bm.write_docx(Path(folder) / "note.docx", about)
    ...     (Path(folder) / "note.docx").read_bytes()[:2]
    b'PK'
    """
    check_given(write_docx, locals())
    check_file(path)
    write_whole(path, docx_bytes(document, theme=theme))


def docx_bytes(document: Document, *, theme: DocumentTheme | None = None) -> bytes:
    """
    Return a document as the bytes of a docx; see `write_docx`.

    Parameters
    ----------
    document
        The document.
    theme
        Its look.

    Raises
    ------
    DataError
        If the document could not be followed by a reader.
    LibraryError
        If python-docx is not installed.
    """
    check_document(document)
    try:
        import docx  # noqa: PLC0415 - asked for only when a document is written
    except ImportError as error:
        msg = "Word documents need python-docx: pip install python-docx"
        raise LibraryError(msg) from error
    writer = _Writer(docx.Document(), document, theme or DocumentTheme())
    writer.write()
    raw = io.BytesIO()
    writer.file.save(raw)
    return _dated(raw.getvalue())


def _dated(data: bytes) -> bytes:
    """Return a zip whose members bear no clock."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for member in given.infolist():
            info = zipfile.ZipInfo(member.filename, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            made.writestr(info, given.read(member))
    return out.getvalue()


def _anchor(mark: str) -> str:
    """Return the name of a mark of Word: letters, digits and low lines."""
    return mark.replace("-", "_")[:40]


class _Writer:
    """Adds parts one after the other to a file of Word."""

    def __init__(self, file: Any, document: Document, theme: DocumentTheme) -> None:  # noqa: ANN401 - python-docx
        self.file = file
        self.document = document
        self.theme = theme
        self.numbers = {"figure": 0, "table": 0}
        self.level = 0
        self.marks = headings_of(document)
        self.marked = 0

    def write(self) -> None:
        self._set_up()
        if self.document.pages[0].template != "cover" and self.document.subtitle:
            self._paragraph(self.document.subtitle, "Basinmap small")
        for number, page in enumerate(self.document.pages):
            if number:
                self.file.add_page_break()
            elif page.template == "cover":
                self._cover()
            for part in page.parts:
                self._add(part)
        if self.document.pages[0].template != "cover":
            self._paragraph(self.document.made, "Basinmap note")

    # --- set-up -----------------------------------------------------------------

    def _set_up(self) -> None:
        from docx.shared import Mm  # noqa: PLC0415 - python-docx

        about = self.document
        properties = self.file.core_properties
        day = dt.datetime.combine(about.date, dt.time(), tzinfo=dt.UTC)
        properties.title, properties.author = about.title, about.author
        properties.subject = about.subject or about.subtitle
        properties.language, properties.comments = "fr-FR", ""
        properties.created = properties.modified = day.replace(tzinfo=None)
        properties.last_modified_by, properties.revision = about.author, 1
        section = self.file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(14)
        section.top_margin = section.bottom_margin = Mm(16)
        section.footer.paragraphs[0].text = self.theme.foot or about.foot
        self._set_styles()

    def _set_styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415 - python-docx
        from docx.enum.text import (  # noqa: PLC0415 - python-docx
            WD_TAB_ALIGNMENT,
            WD_TAB_LEADER,
        )
        from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415 - python-docx

        normal = self.file.styles["Normal"]
        normal.font.name, normal.font.size = "Fira Sans", Pt(9.5)
        normal.paragraph_format.space_after = Pt(5)
        self._language(normal)
        main = RGBColor.from_string(self.theme.main.lstrip("#"))
        for level, points in enumerate((17, 13, 11, 10), start=1):
            style = self.file.styles[f"Heading {level}"]
            style.font.name, style.font.size = "Fira Sans", Pt(points)
            style.font.bold, style.font.color.rgb = True, main
            self._plain_fonts(style)
        for name, size in (
            ("lead", 11.5),
            ("headline", 13),
            ("small", 7.5),
            ("note", 8),
        ):
            style = self.file.styles.add_style(
                f"Basinmap {name}", WD_STYLE_TYPE.PARAGRAPH
            )
            style.base_style, style.font.size = normal, Pt(size)
            style.font.bold = name == "headline" or None
            style.paragraph_format.space_after = Pt(3)
        soft = RGBColor.from_string(self.theme.soft.lstrip("#"))
        self.file.styles["Basinmap small"].font.color.rgb = soft
        for level in (1, 2, 3, 4):
            entry = self.file.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
            entry.base_style = normal
            entry.paragraph_format.space_after = Pt(2)
            entry.paragraph_format.left_indent = Mm(5 * (level - 1))
            entry.paragraph_format.tab_stops.add_tab_stop(
                Mm(_WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
            )
        box = self.file.styles.add_style("Basinmap box", WD_STYLE_TYPE.PARAGRAPH)
        box.base_style = normal
        box.paragraph_format.left_indent = Mm(3)
        self._left_rule(box)
        caption = self.file.styles["Caption"]
        caption.font.size, caption.font.bold = Pt(8.5), False
        caption.font.color.rgb = RGBColor.from_string(self.theme.ink.lstrip("#"))

    def _language(self, style: Any) -> None:  # noqa: ANN401 - python-docx
        """Spell in French, whatever the language of Word."""
        properties = style.element.get_or_add_rPr()
        language = self._element("w:lang", {"w:val": "fr-FR", "w:eastAsia": "fr-FR"})
        properties.append(language)
        defaults = self.file.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr")
        for found in defaults:
            for old in found.xpath("w:lang"):
                found.remove(old)
            found.append(
                self._element("w:lang", {"w:val": "fr-FR", "w:eastAsia": "fr-FR"})
            )

    def _plain_fonts(self, style: Any) -> None:  # noqa: ANN401 - python-docx
        """Drop the fonts of the theme of Word, which win over the name given."""
        from docx.oxml.ns import qn  # noqa: PLC0415 - python-docx

        fonts = style.element.rPr.rFonts
        for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{key}"), None)

    def _left_rule(self, style: Any) -> None:  # noqa: ANN401 - python-docx
        borders = self._element("w:pBdr", {})
        line = {"w:val": "single", "w:sz": "18", "w:space": "6"}
        color = {"w:color": self.theme.accent.lstrip("#")}
        borders.append(self._element("w:left", line | color))
        style.element.get_or_add_pPr().append(borders)

    def _element(self, tag: str, attributes: dict[str, str]) -> Any:  # noqa: ANN401 - python-docx
        from docx.oxml import OxmlElement  # noqa: PLC0415 - python-docx
        from docx.oxml.ns import qn  # noqa: PLC0415 - python-docx

        element = OxmlElement(tag)
        for key, value in attributes.items():
            element.set(qn(key), value)
        return element

    # --- parts ------------------------------------------------------------------

    def _cover(self) -> None:
        about = self.document
        self._paragraph(about.title, "Title")
        if about.subtitle:
            self._paragraph(about.subtitle, "Subtitle")
        self._paragraph(about.made, "Normal")
        for logo, text in zip(self.theme.logos, self.theme.logo_texts, strict=True):
            if logo.suffix.lower() != ".svg":  # Word takes none
                self._picture(logo.read_bytes(), text, 40)

    def _paragraph(self, text: str | Inline, style: str) -> Any:  # noqa: ANN401 - python-docx
        paragraph = self.file.add_paragraph(style=style)
        self._runs(paragraph, text)
        return paragraph

    def _runs(self, paragraph: Any, text: str | Inline) -> None:  # noqa: ANN401 - python-docx
        for run in runs(text):
            if run.style == "link":
                self._link(paragraph, run.text, run.target)
                continue
            made = paragraph.add_run(run.text)
            made.font.superscript = run.style == "sup" or None
            made.bold = run.style == "strong" or None

    def _link(self, paragraph: Any, text: str, target: str) -> None:  # noqa: ANN401 - python-docx
        from docx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415 - python-docx

        where = paragraph.part.relate_to(
            target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
        )
        link = self._element("w:hyperlink", {"r:id": where})
        made = paragraph.add_run(text)
        made.font.underline = True
        link.append(made._r)  # noqa: SLF001 - python-docx has no hyperlink
        paragraph._p.append(link)  # noqa: SLF001 - as above

    def _add(self, part: Part) -> None:
        match part:
            case Heading():
                self._heading(part)
            case Paragraph():
                style = {"body": "Normal"}.get(part.role, f"Basinmap {part.role}")
                self._paragraph(part.text, "List Bullet" if part.bullet else style)
            case Figure():
                self._figure(part)
            case Table():
                self._table(part)
            case _:
                self._box(part)

    def _box(self, part: KeyFigures | Note | Data | Contents) -> None:
        inner = f"Heading {min(self.level + 1, 4)}"
        match part:
            case KeyFigures():
                self._tiles(part)
            case Note():
                self._paragraph(part.title, inner)
                for text in part.paragraphs:
                    self._paragraph(text, "Basinmap box")
            case Data():
                self._paragraph(WORDS["data"], inner)
                for name, told in part.files:
                    self._paragraph(f"{name}{BROAD}: {told}", "List Bullet")
            case Contents():
                self._contents(part)

    def _contents(self, part: Contents) -> None:
        """
        List titles, each leading to its place, with the number of its page.

        The number is a field: only what lays out the pages knows it, and both Word and
        LibreOffice reckon it as they open the file. In a TOC field LibreOffice would
        print what is stored instead, which nothing here can know.
        """
        self._paragraph(WORDS["contents"], "Basinmap headline")
        for heading, mark in headings_of(self.document):
            if heading.listed and heading.level <= part.depth:
                line = self.file.add_paragraph(style=f"toc {heading.level}")
                self._line_of_contents(line, heading, mark)

    def _line_of_contents(self, line: Any, heading: Heading, mark: str) -> None:  # noqa: ANN401 - python-docx
        link = self._element("w:hyperlink", {"w:anchor": _anchor(mark)})
        before = len(line.runs)
        self._runs(line, heading.text)
        line.add_run("\t")
        self._field(line, f" PAGEREF {_anchor(mark)} \\h ", "", dirty=True)
        for run in line.runs[before:]:
            link.append(run._r)  # noqa: SLF001 - python-docx has no hyperlink
        line._p.append(link)  # noqa: SLF001 - as above

    def _heading(self, part: Heading) -> None:
        """Add a title between the marks that the contents lead to."""
        self.level = part.level
        paragraph = self._paragraph(part.text, f"Heading {part.level}")
        mark = next(self.marks)[1]
        number = {"w:id": str(self.marked)}
        self.marked += 1
        start = self._element("w:bookmarkStart", number | {"w:name": _anchor(mark)})
        first = paragraph._p.xpath("w:r")  # noqa: SLF001 - python-docx has no mark
        if first:
            first[0].addprevious(start)
            paragraph._p.append(self._element("w:bookmarkEnd", number))  # noqa: SLF001 - as above

    def _field(
        self,
        paragraph: Any,  # noqa: ANN401 - python-docx
        code: str,
        shown: str,
        *,
        dirty: bool = False,
    ) -> None:
        self._field_mark(paragraph, "begin", dirty=dirty)
        self._field_code(paragraph, code)
        self._field_mark(paragraph, "separate")
        paragraph.add_run(shown)
        self._field_mark(paragraph, "end")

    def _field_mark(self, paragraph: Any, kind: str, *, dirty: bool = False) -> None:  # noqa: ANN401 - python-docx
        told = {"w:fldCharType": kind} | ({"w:dirty": "true"} if dirty else {})
        mark = self._element("w:fldChar", told)
        paragraph.add_run("")._r.append(mark)  # noqa: SLF001 - python-docx has no field

    def _field_code(self, paragraph: Any, code: str) -> None:  # noqa: ANN401 - python-docx
        text = self._element("w:instrText", {})
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        text.text = code
        paragraph.add_run("")._r.append(text)  # noqa: SLF001 - as above

    def _caption(self, what: str, text: str | Inline, *, keep: bool) -> None:
        self.numbers[what] += 1
        paragraph = self.file.add_paragraph(style="Caption")
        name = WORDS[what]
        paragraph.add_run(f"{name}{BROAD}").bold = True
        self._field(paragraph, f" SEQ {name} \\* ARABIC ", str(self.numbers[what]))
        paragraph.add_run(". – ").bold = True
        self._runs(paragraph, text)
        paragraph.paragraph_format.keep_with_next = keep

    def _picture(self, data: bytes, alternative: str, width_mm: float) -> None:
        from docx.shared import Mm  # noqa: PLC0415 - python-docx

        paragraph = self.file.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        width = Mm(min(width_mm, _WIDTH_MM))
        shape = paragraph.add_run().add_picture(io.BytesIO(data), width=width)
        shape._inline.docPr.set("descr", alternative)  # noqa: SLF001 - python-docx has no alternative
        shape._inline.docPr.set("title", "")  # noqa: SLF001 - as above

    def _figure(self, part: Figure) -> None:
        wide, high = part.size_mm
        # A legend and a source follow on the same page.
        wide = min(wide, wide * _HIGHEST_MM / high)
        self._picture(picture(part, "png"), part.alt, wide)
        self._caption("figure", part.caption, keep=bool(part.legends or part.source))
        for legend in part.legends:
            self._legend(legend)
        if part.source:
            told = typeset(stopped(f"{WORDS['source']} : {part.source}"))
            self._paragraph(told, "Basinmap small")

    def _legend(self, legend: Legend) -> None:
        if legend.title:
            self._paragraph(legend.title, "Basinmap note")
        table = self.file.add_table(rows=0, cols=3)
        for entry in legend.entries:
            cells = table.add_row().cells
            self._sample(cells[0], entry)
            self._runs(cells[1].paragraphs[0], entry.label)
            self._runs(cells[2].paragraphs[0], entry.count)
        self._widths(table, (12, 90, 18))
        self.file.add_paragraph(style="Basinmap small")

    def _sample(self, cell: Any, entry: LegendEntry) -> None:  # noqa: ANN401 - python-docx
        from docx.shared import RGBColor  # noqa: PLC0415 - python-docx

        if not entry.color:
            return
        if entry.shape == "box":
            strokes = _STRIPES[entry.slant] if entry.hatched else "clear"
            over = entry.stroke or entry.color if entry.hatched else "auto"
            ground = entry.color if entry.stroke or not entry.hatched else "#ffffff"
            self._shade(cell, ground, strokes, over)
            return
        sign = _SIGNS[entry.shape]
        run = cell.paragraphs[0].add_run(sign)
        run.font.color.rgb = RGBColor.from_string(entry.color.lstrip("#"))

    def _tiles(self, part: KeyFigures) -> None:
        from docx.shared import Pt, RGBColor  # noqa: PLC0415 - python-docx

        accent = RGBColor.from_string(self.theme.accent.lstrip("#"))
        table = self.file.add_table(rows=3, cols=len(part.items))
        for column, item in enumerate(part.items):
            texts = (item.label, item.cell.text, item.detail)
            for row, text in enumerate(texts):
                cell = table.cell(row, column)
                self._shade(cell, self.theme.pale)
                self._runs(cell.paragraphs[0], text)
                for run in cell.paragraphs[0].runs:
                    run.font.size = Pt(13 if row == 1 else 7.5)
                    run.bold = row == 1 or None
                    if row == 1:
                        run.font.color.rgb = accent
        self._repeat(table.rows[0])
        self._widths(table, (_WIDTH_MM / len(part.items),) * len(part.items))
        self.file.add_paragraph(style="Basinmap small")

    def _table(self, part: Table) -> None:
        self._caption("table", part.caption, keep=True)
        table = self.file.add_table(rows=1, cols=len(part.columns))
        self._name_table(table, part)
        for cell, column in zip(table.rows[0].cells, part.columns, strict=True):
            self._fill(cell, Cell(column.label), column.align, strong=True)
            self._shade(cell, self.theme.pale)
        self._repeat(table.rows[0])
        for number, row in enumerate(part.rows):
            if number in part.groups:
                merged = table.add_row().cells
                whole = merged[0].merge(merged[-1])
                self._fill(whole, Cell(part.groups[number]), "left", strong=True)
            added = table.add_row()
            self._whole(added)
            for cell, value, column in zip(added.cells, row, part.columns, strict=True):
                strong = column.mine or number == part.total
                self._fill(cell, value, column.align, strong=strong)
        total = sum(column.width for column in part.columns)
        self._widths(table, [_WIDTH_MM * c.width / total for c in part.columns])
        for note in notes_of(part):
            self._paragraph(note, "Basinmap small")

    def _fill(
        self,
        cell: Any,  # noqa: ANN401 - python-docx
        value: Cell,
        align: str,
        *,
        strong: bool = False,
    ) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415 - python-docx
        from docx.shared import Pt, RGBColor  # noqa: PLC0415 - python-docx

        paragraph = cell.paragraphs[0]
        self._runs(paragraph, value.text)
        paragraph.paragraph_format.space_after = Pt(1)
        if align == "right":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for run in paragraph.runs:
            run.font.size = Pt(8)
            run.bold = strong or None
            run.italic = value.state in _QUIET or None
            if value.state == "fragile":
                run.font.color.rgb = RGBColor.from_string(self.theme.soft.lstrip("#"))

    def _widths(self, table: Any, widths: Any) -> None:  # noqa: ANN401 - python-docx
        """Set each cell too: Word reads them there, LibreOffice in the columns."""
        from docx.shared import Mm  # noqa: PLC0415 - python-docx

        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=False):
                if len({id(c._tc) for c in row.cells}) == len(row.cells):  # noqa: SLF001 - merged
                    cell.width = Mm(width)

    def _shade(
        self,
        cell: Any,  # noqa: ANN401 - python-docx
        color: str,
        strokes: str = "clear",
        over: str = "auto",
    ) -> None:
        fill = {"w:val": strokes, "w:color": over.lstrip("#")}
        fill["w:fill"] = color.lstrip("#")
        cell._tc.get_or_add_tcPr().append(self._element("w:shd", fill))  # noqa: SLF001 - python-docx has no fill

    def _repeat(self, row: Any) -> None:  # noqa: ANN401 - python-docx
        row._tr.get_or_add_trPr().append(self._element("w:tblHeader", {}))  # noqa: SLF001 - python-docx has no header row
        self._whole(row)

    def _whole(self, row: Any) -> None:  # noqa: ANN401 - python-docx
        row._tr.get_or_add_trPr().append(self._element("w:cantSplit", {}))  # noqa: SLF001 - as above

    def _name_table(self, table: Any, part: Table) -> None:  # noqa: ANN401 - python-docx
        caption = part.caption if isinstance(part.caption, str) else ""
        properties = table._tbl.tblPr  # noqa: SLF001 - python-docx has no caption of tables
        properties.append(self._element("w:tblCaption", {"w:val": caption}))
