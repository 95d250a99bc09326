"""Finished PDF: told in words, georeferenced, the same bytes; one page or many."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

import matplotlib as mpl
import pypdf
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)
from pyproj import CRS, Transformer

from basinmap.errors import DataError
from basinmap.maps.paper.binder import Binder, dictionary, numbers, packed
from basinmap.maps.paper.canvas import DrawnPage
from basinmap.maps.paper.facts import SEPARATOR, Box, MapFrame, PageFacts, facts_of
from basinmap.maps.paper.stack import LAYERS
from basinmap.spatial.projections import METRIC

__all__ = ["Bookmark", "Link", "MapFrame", "PageFacts", "facts_of", "finished"]

LANGUAGE: Final = "fr-FR"
_POINTS: Final = 72 / 25.4
# Corners of a frame as ISO 32000-2 § 12.9 runs around them, x then y.
_CORNERS: Final = ((0, 0), (0, 1), (1, 1), (1, 0))
_OPENED: Final = {
    kind: f"/{kind} <</MCID 0>> BDC\n".encode() for kind in ("Figure", "P")
}


@dataclass(frozen=True, slots=True)
class Link:
    """
    A place of a page that leads to another.

    Attributes
    ----------
    page, target
        From 0.
    box
        `(x, y, width, height)` in millimetres from the lower left corner.
    told
        What it says to who does not see it, such as « Lens, page 12 ».
    """

    page: int
    box: Box
    target: int
    told: str = ""

    def __post_init__(self) -> None:
        """Say where it leads, if nothing is told."""
        if not self.told:
            object.__setattr__(self, "told", f"Aller à la page {self.target + 1}")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """
    A line of the outline of a document.

    Attributes
    ----------
    title
        What is read.
    page
        From 0.
    depth
        0 for a chapter, 1 for what lies under the last bookmark of depth 0…
    """

    title: str
    page: int
    depth: int = 0


def finished(  # noqa: PLR0913 - what a document tells of itself
    pdf: bytes | Sequence[bytes | DrawnPage],
    sheets: Sequence[PageFacts],
    *,
    title: str,
    author: str = "",
    subject: str = "",
    keywords: Sequence[str] = (),
    bookmarks: Sequence[Bookmark] | None = None,
    labels: Sequence[str] | None = None,
    links: Sequence[Link] = (),
) -> bytes:
    """
    Return a PDF with words for who does not see it, and maps that know where they are.

    Each page is tagged as one figure with its alternative text, each map has a
    viewport in EPSG:2154 (ISO 32000-2, § 12.9 and 12.10), the file its title,
    author, subject, keywords and language. What is painted is left as it is.

    Parameters
    ----------
    pdf
        Pages that were drawn, files of PDF, or some of each, to be joined. A file that
        is finished already may be finished again.
    sheets
        What to say of each page, in order.
    title, author, subject, keywords
        Of the whole file.
    bookmarks
        By default, one a page when there are several.
    labels
        What readers call each page, such as « iv » or « 12 »; by default, from 1.
    links
        Places of the pages that lead to others.

    Returns
    -------
    bytes
        The same for the same arguments.

    Raises
    ------
    DataError
        If there are not as many facts, or labels, as pages, or a bookmark points
        nowhere.
    """
    parts = [pdf] if isinstance(pdf, bytes) else pdf
    writer = _joined(parts)
    count = len(writer.pages)
    if bookmarks is None:
        bookmarks = [Bookmark(facts.title, i) for i, facts in enumerate(sheets)]
        bookmarks = bookmarks if count > 1 else []
    _check(count, sheets, bookmarks, labels)
    writer.pdf_header = "%PDF-1.7"
    tree, document = _tag(writer, sheets)
    for page, facts in zip(writer.pages, sheets, strict=True):
        _georeference(page, facts.frames)
    _show_layers(writer)
    _mark(writer, bookmarks)
    if labels is not None:
        _label(writer, labels)
    _link(writer, links, tree, document)
    words = {"Title": title, "Author": author, "Subject": subject}
    date = max((facts.date for facts in sheets), default="")
    _describe(writer, words, keywords, date)
    said = repr((list(sheets), words, list(keywords), bookmarks, labels)).encode()
    made_from = hashlib.sha256(b"".join(map(_digest, [*parts, said]))).digest()
    return packed(writer, made_from[:16])


def _check(
    count: int,
    sheets: Sequence[PageFacts],
    bookmarks: Sequence[Bookmark],
    labels: Sequence[str] | None,
) -> None:
    for what, given in (("sheets", sheets), ("labels", labels)):
        if given is not None and len(given) != count:
            msg = f"{what}: {len(given)} for {count} page(s); pass one a page, in order"
            raise DataError(msg)
    depth = -1
    for mark in bookmarks:
        if not 0 <= mark.page < count or not 0 <= mark.depth <= depth + 1:
            msg = (
                f"bookmark {mark.title!r}: page {mark.page}, depth {mark.depth}; "
                f"pages go from 0 to {count - 1}, depths one step deeper at most"
            )
            raise DataError(msg)
        depth = mark.depth


def _joined(parts: Sequence[bytes | DrawnPage]) -> pypdf.PdfWriter:
    if not parts:
        msg = "no PDF to join: pass the bytes of one at least"
        raise DataError(msg)
    only = parts[0]
    if len(parts) == 1 and isinstance(only, bytes):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(only))
        if "/StructTreeRoot" not in writer.root_object:
            return writer
    # Page by page, nothing that was said of the whole comes along.
    writer = pypdf.PdfWriter()
    binder = Binder(writer)
    for part in parts:
        if isinstance(part, DrawnPage):
            binder.add(part)
            continue
        for page in pypdf.PdfReader(io.BytesIO(part)).pages:
            writer.add_page(page)
    binder.close()
    return writer


def _digest(part: bytes | DrawnPage) -> bytes:
    data = part if isinstance(part, bytes) else repr(part).encode()
    return hashlib.sha256(data).digest()


# -- words ---------------------------------------------------------------------


def _tag(
    writer: pypdf.PdfWriter, sheets: Sequence[PageFacts]
) -> tuple[DictionaryObject, DictionaryObject]:
    """Make each page one figure with its text; return the tree and the document."""
    root = writer.root_object
    tree = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
    tree_at = writer._add_object(tree)  # noqa: SLF001 - as its documentation does
    document = dictionary(Type="/StructElem", S="/Document", P=tree_at)
    document_at = writer._add_object(document)  # noqa: SLF001
    opened = {kind: _stream(writer, mark) for kind, mark in _OPENED.items()}
    closed = _stream(writer, b"\nEMC\n")
    elements, parents = ArrayObject(), ArrayObject()
    for i, (page, facts) in enumerate(zip(writer.pages, sheets, strict=True)):
        kind = "Figure" if facts.alternative else "P"
        element = _element(page, kind, facts.alternative, document_at)
        at = writer._add_object(element)  # noqa: SLF001
        elements.append(at)
        parents.extend([NumberObject(i), ArrayObject([at])])
        content = ArrayObject([opened[kind], *_painted(page), closed])
        page[NameObject("/Contents")] = content
        page[NameObject("/StructParents")] = NumberObject(i)
        page[NameObject("/Tabs")] = NameObject("/S")
    document[NameObject("/K")] = elements
    tree[NameObject("/K")] = ArrayObject([document_at])
    tree[NameObject("/ParentTree")] = dictionary(Nums=parents)
    tree[NameObject("/ParentTreeNextKey")] = NumberObject(len(sheets))
    root[NameObject("/StructTreeRoot")] = tree_at
    root[NameObject("/MarkInfo")] = dictionary(Marked=BooleanObject(True))  # noqa: FBT003
    root[NameObject("/Lang")] = TextStringObject(LANGUAGE)
    return tree, document


def _painted(page: pypdf.PageObject) -> list[PdfObject]:
    """Return the streams of a page without the mark that an earlier saving left."""
    content = page.raw_get("/Contents")
    streams = content.get_object()
    if not isinstance(streams, ArrayObject):
        return [content]
    first = streams[0].get_object()
    marked = isinstance(first, StreamObject) and first.get_data() in _OPENED.values()
    return list(streams[1:-1] if marked else streams)


def _element(
    page: pypdf.PageObject, kind: str, alternative: str, parent: IndirectObject
) -> DictionaryObject:
    assert page.indirect_reference is not None  # noqa: S101 - for the type checker
    element = dictionary(
        Type="/StructElem",
        S=f"/{kind}",
        P=parent,
        Pg=page.indirect_reference,
        K=NumberObject(0),
    )
    if alternative:
        element[NameObject("/Alt")] = TextStringObject(alternative)
        box = ArrayObject(FloatObject(side) for side in page.mediabox)
        element[NameObject("/A")] = dictionary(
            O="/Layout", Placement="/Block", BBox=box
        )
    return element


def _stream(writer: pypdf.PdfWriter, data: bytes) -> IndirectObject:
    stream = StreamObject()
    stream.set_data(data)
    return writer._add_object(stream)  # noqa: SLF001


def _describe(
    writer: pypdf.PdfWriter, words: dict[str, str], keywords: Sequence[str], date: str
) -> None:
    """Say the same in the Info dictionary and in XMP."""
    producer = f"matplotlib {mpl.__version__}, pypdf {pypdf.__version__}"
    info = {**words, "Keywords": SEPARATOR.join(keywords), "Producer": producer}
    writer.add_metadata({f"/{key}": text for key, text in info.items() if text})
    root = writer.root_object
    preferences = dictionary(DisplayDocTitle=BooleanObject(True))  # noqa: FBT003
    root[NameObject("/ViewerPreferences")] = preferences
    stream = StreamObject()
    stream.set_data(_xmp(info, keywords, date).encode())
    stream[NameObject("/Type")] = NameObject("/Metadata")
    stream[NameObject("/Subtype")] = NameObject("/XML")
    root[NameObject("/Metadata")] = writer._add_object(stream)  # noqa: SLF001


_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
{}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def _xmp(info: dict[str, str], keywords: Sequence[str], date: str) -> str:
    title, subject = [info["Title"]], [info["Subject"]]
    lines = [
        "<dc:format>application/pdf</dc:format>",
        _listed("dc:language", "Bag", [LANGUAGE]),
        _listed("dc:title", "Alt", title, ' xml:lang="x-default"'),
        _listed("dc:creator", "Seq", [info["Author"]]),
        _listed("dc:description", "Alt", subject, ' xml:lang="x-default"'),
        _listed("dc:subject", "Bag", keywords),
        _listed("dc:date", "Seq", [date]),
        *(
            f"<pdf:{key}>{escape(info[key])}</pdf:{key}>"
            for key in ("Keywords", "Producer")
            if info[key]
        ),
    ]
    return _XMP.format("\n".join(filter(None, lines)))


def _listed(name: str, kind: str, items: Sequence[str], lang: str = "") -> str:
    inside = "".join(f"<rdf:li{lang}>{escape(item)}</rdf:li>" for item in items if item)
    return f"<{name}><rdf:{kind}>{inside}</rdf:{kind}></{name}>" if inside else ""


def _mark(writer: pypdf.PdfWriter, bookmarks: Sequence[Bookmark]) -> None:
    above: list[IndirectObject] = []
    for mark in bookmarks:
        parent = above[mark.depth - 1] if mark.depth else None
        made = writer.add_outline_item(
            title=mark.title, page_number=mark.page, parent=parent
        )
        above[mark.depth :] = [made]
    if bookmarks:
        writer.page_mode = "/UseOutlines"


def _link(
    writer: pypdf.PdfWriter,
    links: Sequence[Link],
    tree: DictionaryObject,
    document: DictionaryObject,
) -> None:
    """Add places that lead to others, each in the tree, and told in words."""
    pages = list(writer.pages)
    if not links:
        return
    elements, document_at = document["/K"], document.indirect_reference
    nums = tree["/ParentTree"]
    assert isinstance(nums, DictionaryObject)  # noqa: S101 - for the type checker
    parents = nums["/Nums"]
    assert isinstance(parents, ArrayObject)  # noqa: S101
    assert isinstance(elements, ArrayObject)  # noqa: S101 - for the type checker
    assert document_at is not None  # noqa: S101
    first = len(pages)
    for number, link in enumerate(links, start=first):
        page = pages[link.page]
        at = writer._add_object(_annotation(link, pages, number))  # noqa: SLF001
        element = _link_element(at, page, document_at)
        element_at = writer._add_object(element)  # noqa: SLF001
        elements.append(element_at)
        parents.extend([NumberObject(number), element_at])
        if "/Annots" not in page:
            page[NameObject("/Annots")] = ArrayObject()
        found = page["/Annots"]
        assert isinstance(found, ArrayObject)  # noqa: S101 - for the type checker
        found.append(at)
    tree[NameObject("/ParentTreeNextKey")] = NumberObject(first + len(links))


def _annotation(
    link: Link, pages: Sequence[pypdf.PageObject], number: int
) -> DictionaryObject:
    x, y, width, height = link.box
    box = [side * _POINTS for side in (x, y, x + width, y + height)]
    return dictionary(
        Type="/Annot",
        Subtype="/Link",
        Rect=numbers(box),
        Border=numbers([0, 0, 0]),
        F=NumberObject(4),  # printed, which changes nothing
        Contents=TextStringObject(link.told),
        StructParent=NumberObject(number),
        Dest=ArrayObject([pages[link.target].indirect_reference, NameObject("/Fit")]),
    )


def _link_element(
    at: IndirectObject, page: pypdf.PageObject, parent: IndirectObject
) -> DictionaryObject:
    assert page.indirect_reference is not None  # noqa: S101 - for the type checker
    whole = dictionary(Type="/OBJR", Obj=at, Pg=page.indirect_reference)
    return dictionary(
        Type="/StructElem",
        S="/Link",
        P=parent,
        Pg=page.indirect_reference,
        K=ArrayObject([whole]),
    )


# -- layers ------------------------------------------------------------------------


def _show_layers(writer: pypdf.PdfWriter) -> None:
    """List the layers of the pages, each once, for readers to hide them."""
    found: dict[str, IndirectObject] = {}
    for page in writer.pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)  # noqa: S101
        properties = resources.get("/Properties", DictionaryObject()).get_object()
        for key in list(properties):
            name = str(properties[key].get_object()["/Name"])
            # Of several files each has its own: one name is one layer.
            properties[NameObject(key)] = found.setdefault(
                name, properties.raw_get(key)
            )
    if not found:
        return
    rank = {name: place for place, name in enumerate(LAYERS)}
    names = sorted(found, key=lambda name: (rank.get(name, len(rank)), name))
    listed = ArrayObject([found[name] for name in names])
    writer.root_object[NameObject("/OCProperties")] = dictionary(
        OCGs=listed,
        D=dictionary(
            Name=TextStringObject("Calques"),
            BaseState="/ON",
            Order=ArrayObject(listed),
            ListMode="/AllPages",
        ),
    )


def _label(writer: pypdf.PdfWriter, labels: Sequence[str]) -> None:
    ranges = ArrayObject()
    for i, label in enumerate(labels):
        ranges.extend([NumberObject(i), dictionary(P=TextStringObject(label))])
    writer.root_object[NameObject("/PageLabels")] = dictionary(Nums=ranges)


# -- where -----------------------------------------------------------------------


def _georeference(page: pypdf.PageObject, frames: Sequence[MapFrame]) -> None:
    """Give each map its viewport; readers search them from the last."""
    if frames:
        page[NameObject("/VP")] = ArrayObject(_viewport(frame) for frame in frames)


def _viewport(frame: MapFrame) -> DictionaryObject:
    x, y, width, height = frame.box
    square = [float(side) for corner in _CORNERS for side in corner]
    epsg, wkt = _system()
    return dictionary(
        Type="/Viewport",
        Name=TextStringObject(frame.name),
        BBox=numbers([side * _POINTS for side in (x, y, x + width, y + height)]),
        Measure=dictionary(
            Type="/Measure",
            Subtype="/GEO",
            Bounds=numbers(square),
            GPTS=numbers(_degrees(frame.bounds)),
            LPTS=numbers(square),
            GCS=dictionary(
                Type="/PROJCS", EPSG=NumberObject(epsg), WKT=TextStringObject(wkt)
            ),
        ),
    )


@cache
def _system() -> tuple[int, str]:
    """Return code and WKT, as ISO 32000-2 has it written, of the CRS of maps."""
    return int(METRIC.split(":")[1]), CRS(METRIC).to_wkt("WKT1_ESRI")


@cache
def _to_degrees() -> Transformer:
    geodetic = CRS(METRIC).geodetic_crs
    return Transformer.from_crs(METRIC, geodetic, always_xy=True)


def _degrees(bounds: Box) -> list[float]:
    """Return latitude and longitude of each corner."""
    xmin, ymin, xmax, ymax = bounds
    xs = [xmax if right else xmin for right, _ in _CORNERS]
    ys = [ymax if up else ymin for _, up in _CORNERS]
    lon, lat = _to_degrees().transform(xs, ys)
    return [side for corner in zip(lat, lon, strict=True) for side in corner]
