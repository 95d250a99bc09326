"""A sheet for each unit, in one PDF or in as many files."""

from __future__ import annotations

import gc
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from pickle import PicklingError
from string import Formatter
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from tqdm import tqdm

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    DataError,
    MeasureError,
    culprits,
)
from basinmap.maps.look.themes import font, one_line, own_fonts, register_own, settings
from basinmap.maps.paper.blocks import FiguresBlock, in_common
from basinmap.maps.paper.canvas import DrawnPage
from basinmap.maps.paper.contents import CONTENTS, Line, contents_sheets
from basinmap.maps.paper.guards import check_drawable
from basinmap.maps.paper.layouts import check_texts
from basinmap.maps.paper.portable import Bookmark, Link, PageFacts, facts_of, finished
from basinmap.maps.paper.sheets import Sheet
from basinmap.measures import check_columns
from basinmap.progress import progress
from basinmap.staging import refusal, staged_file, staged_folder
from basinmap.typography import number

__all__ = ["atlas"]

Draw = Callable[[gpd.GeoDataFrame], Sheet]
Tick = Callable[[], object]

_CHUNK: Final = 24
_LISTED: Final = 6
"""Units from which an atlas has a table of contents."""
"""Sheets that share their fonts in the file, however many processes there are."""
_FEW: Final = 24  # fewer sheets are drawn before other processes have started
_MOST: Final = 8
_FIELDS: Final = ("code", "name", "number")


def atlas(  # noqa: PLR0913 - each is a choice of whoever publishes
    units: gpd.GeoDataFrame,
    draw: Draw,
    *,
    path: str | Path,
    title: str,
    author: str = "",
    name: str = "name",
    group: str | None = None,
    contents: bool | None = None,
    workers: int | None = None,
    quiet: bool = False,
) -> Path:
    """
    Draw a sheet for each unit, and write them in one PDF or in as many files.

    Sheets to compare are drawn with the same classes: class the values of all the units
    once, before. What fails stops the atlas, naming the unit, and leaves what was
    there; what several sheets warn of is said once.

    Parameters
    ----------
    units
        The units, in EPSG:2154, one a sheet, in the order of the sheets.
    draw
        Called with a frame of one unit, its attributes kept; returns the sheet that
        `page` or `panels` made: `def fiche(unit): fig, ax = bm.page(unit, …)`.
    path
        `"atlas.pdf"` for one file with bookmarks, numbered pages and a table of
        contents; or a name with `{code}`, `{name}` or `{number}` for a file a unit,
        such as `"fiches/{code}.png"`, as PDF, SVG or PNG.
    title
        Of the document.
    author
        Of the document; by default that of the first sheet.
    name
        Column of the names, for bookmarks and contents.
    group
        Column under whose values bookmarks and contents are grouped, such as the name
        of the EPCI; sheets then follow each other group by group.
    contents
        Whether the PDF opens with a table of contents: by default where there are six
        units or more; under that, bookmarks do.
    workers
        Processes that draw; by default as many as there are processors, 8 at most, and
        one for a short atlas. `draw` is sent to them with all that it refers to.
    quiet
        Whether the progress on stderr is off; it is anyway when stderr is no terminal.

    Returns
    -------
    Path
        The file, or the folder of the files.

    Raises
    ------
    CRSError
        If the units are not in EPSG:2154.
    ColumnError
        If a column is missing.
    DataError
        If a name is missing, the path tells two units by one name, or `draw` returns no
        sheet.
    OutputError
        If the file or the folder cannot be written.
    BasinmapError
        What `draw` raised, the unit named.

    Warns
    -----
    BasinmapWarning
        What sheets warned of, each message once, with the units that it is about; if
        sheets show one thing with other classes, colours or sizes.

    See Also
    --------
    page : A sheet.
    panels : Several maps of one scale on a sheet.

    Notes
    -----
    The bytes do not depend on the number of processes. A PDF is made whole in memory,
    three times its size: where each sheet has an orthophoto, write a file a unit.

    Examples
    --------
    >>> import datetime as dt, pathlib, tempfile
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call").nlargest(2, "population")
    >>> def fiche(unit):
    ...     fig, ax = bm.page(unit, title=unit["name"].iloc[0], around=2_000)
    ...     bm.draw_neighbours(ax, bm.communes(epci="call"))
    ...     bm.draw_outlines(ax, unit, label="limite communale")
    ...     bm.draw_legend(ax)
    ...     bm.draw_furniture(ax, author="basinmap", date=dt.date(2026, 11, 25))
    ...     return fig
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = bm.atlas(lens, fiche, path=f"{folder}/atlas.pdf", title="Deux")
    ...     path.read_bytes()[:5]
    b'%PDF-'
    """
    check_given(atlas, locals())
    check_drawable(units)
    if not callable(draw):
        msg = f"draw={draw!r}: give a function of a unit that returns its sheet"
        raise DataError(msg)
    if not isinstance(path, str | Path):
        msg = f"path={path!r}: give the path of a file, such as path='atlas.pdf'"
        raise DataError(msg)
    check_texts(title=title, author=author)
    if not one_line(title):
        msg = "title: an atlas bears one, with territory and date: title='…'"
        raise DataError(msg)
    check_columns(units, *[one for one in (name, group) if one is not None])
    _check_names(units, name)
    if group is not None:
        units = _by_group(units, group)
    target = Path(path)
    run = _Run(draw, len(units), workers, quiet)
    if _placeholders(target):
        return _write_files(run, units, target, name)
    if target.suffix.lower() != ".pdf":
        msg = (
            f"{target}: an atlas in one file is a PDF; write path='atlas.pdf', or "
            f"path='{target.stem}-{{code}}{target.suffix}' for a file a unit"
        )
        raise DataError(msg)
    listed = len(units) >= _LISTED if contents is None else contents
    _write_pdf(run, units, target, _Book(title, author, name, group, listed))
    return target


@dataclass(frozen=True, slots=True)
class _Book:
    """What the whole PDF says."""

    title: str
    author: str
    name: str
    group: str | None
    contents: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """A warning, and the code of the unit whose sheet gave it."""

    category: type[Warning]
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class _Part:
    """What a process drew: PDF unless in files, facts, warnings, legends by code."""

    pdf: tuple[DrawnPage | bytes, ...]
    facts: tuple[PageFacts, ...]
    said: tuple[_Said, ...]
    legends: tuple[tuple[str, tuple[object, ...]], ...]


_Make = Callable[[gpd.GeoDataFrame, int, Tick], _Part]


@dataclass(frozen=True, slots=True)
class _Run:
    """How sheets are drawn, whatever they become."""

    draw: Draw
    count: int
    workers: int | None
    quiet: bool

    def parts(self, units: gpd.GeoDataFrame, make: _Make) -> list[_Part]:
        """Draw chunks of units here or in other processes; keep their order."""
        starts = range(0, len(units), _CHUNK)
        chunks = [(units.iloc[at : at + _CHUNK], at) for at in starts]
        found: list[_Part] = []
        with progress(total=self.count, unit="page", quiet=self.quiet) as bar:
            found += self._made(chunks, make, bar)
        _warn([said for part in found for said in part.said], self.count)
        _compare(legend for part in found for legend in part.legends)
        return found

    def _made(
        self,
        chunks: list[tuple[gpd.GeoDataFrame, int]],
        make: _Make,
        bar: tqdm,
    ) -> Iterator[_Part]:
        workers = _processes(self.workers, self.count, len(chunks))
        if workers == 1:
            yield from (make(*chunk, bar.update) for chunk in chunks)
            return
        pool = Parallel(n_jobs=workers, return_as="generator", max_nbytes=None)
        try:
            for part in pool(
                delayed(_with_fonts)(own_fonts(), make, *chunk) for chunk in chunks
            ):
                bar.update(min(_CHUNK, self.count - bar.n))
                yield part
        except BrokenProcessPool as error:
            msg = (
                f"a process that drew was stopped, likely for want of memory: write "
                f"workers={max(1, workers // 2)}"
            )
            raise DataError(msg) from error
        except (PicklingError, TypeError, AttributeError) as error:
            if "pickle" not in f"{type(error).__name__} {error}".lower():
                raise
            msg = (
                f"draw cannot be sent to other processes ({error}): write workers=1, "
                "or have it open its files itself"
            )
            raise DataError(msg) from error


def _processes(workers: int | None, sheets: int, chunks: int) -> int:
    if workers is None:
        workers = 1 if sheets < _FEW else min(cpu_count(), _MOST)
    if workers < 1:
        msg = f"workers={workers}: give a number of processes, 1 or more"
        raise DataError(msg)
    return min(workers, chunks)


def _with_fonts(
    fonts: Sequence[str], make: _Make, units: gpd.GeoDataFrame, at: int
) -> _Part:
    """Draw in another process, which has not met the fonts of the user."""
    register_own(fonts)
    return make(units, at, _nothing)


def _nothing() -> None:
    """Tell no one that a sheet is drawn: the bar is in another process."""


def _check_names(units: gpd.GeoDataFrame, name: str) -> None:
    lacking = units.index[units[name].isna() | (units[name].astype(str) == "")]
    if len(lacking):
        msg = f"{len(lacking)} unit(s) without {name!r}: {culprits(lacking)}"
        raise DataError(msg)


def _by_group(units: gpd.GeoDataFrame, group: str) -> gpd.GeoDataFrame:
    """Return the units group by group, in the order in which groups appear."""
    lacking = units.index[units[group].isna()]
    if len(lacking):
        msg = f"{len(lacking)} unit(s) without {group!r}: {culprits(lacking)}"
        raise DataError(msg)
    rank = pd.Series(pd.factorize(units[group])[0], index=units.index)
    return units.loc[rank.sort_values(kind="stable").index]


# -- sheets ------------------------------------------------------------------------


def _drawn(draw: Draw, unit: gpd.GeoDataFrame, label: str) -> Sheet:
    """Return the sheet of a unit; what goes wrong names it."""
    try:
        sheet = draw(unit)
    except BasinmapError as error:
        msg = f"{label}: {error}"
        raise type(error)(msg) from error
    except Exception as error:
        error.add_note(f"while drawing {label}")
        raise
    if not isinstance(sheet, Sheet):
        msg = (
            f"{label}: draw returned {type(sheet).__name__}; it must return the sheet, "
            "the first of what bm.page(…) returns"
        )
        raise DataError(msg)
    return sheet


def _each(
    draw: Draw,
    units: gpd.GeoDataFrame,
    name: str,
    said: list[_Said],
    tick: Tick = _nothing,
) -> Iterator[tuple[int, str, Sheet]]:
    """Draw unit after unit; keep what is warned of while a sheet is drawn and saved."""
    with _cycles_kept():
        for row, (code, label) in enumerate(units[name].astype(str).items()):
            unit = units.iloc[row : row + 1]  # a list would take every column anew
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", BasinmapWarning)
                sheet = _drawn(draw, unit, f"{code} ({label})")
                yield row, str(code), sheet
            said += [_Said(w.category, str(w.message), str(code)) for w in caught]
            tick()
            if _weight(sheet):
                gc.collect()


def _weight(sheet: Sheet) -> int:
    """Return the bytes of the pictures of a sheet."""
    pictures = [picture for axes in sheet.axes for picture in axes.images]
    return sum(np.asarray(picture.get_array()).nbytes for picture in pictures)


@contextmanager
def _cycles_kept() -> Iterator[None]:
    """
    Look for cycles once a chunk: a sixth of the time went into looking for them.

    A figure refers to itself in a hundred places, 2 MB of them; pictures, which weigh
    more, are not waited for. What is there before is not looked at, chunk after chunk.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        gc.enable()


def _warn(said: Sequence[_Said], count: int) -> None:
    """Say once what several sheets warned of."""
    codes: dict[tuple[type[Warning], str], dict[str, None]] = {}
    for one in said:
        codes.setdefault((one.category, one.text), {})[one.code] = None
    for (category, text), found in codes.items():
        where = "all sheets" if len(found) == count else f"sheet(s) {culprits(found)}"
        warnings.warn(f"{text} [{where}]", category, stacklevel=4)


def _legend_of(sheet: Sheet) -> tuple[object, ...]:
    """Return what the legend of a sheet explains, small maps left out."""
    blocks = (block for ax in sheet.maps for block in ax.blocks)
    # A small map is part of the sheet, and would follow it to another process.
    return tuple(block for block in blocks if not hasattr(block, "axes"))


def _compare(legends: Iterable[tuple[str, tuple[object, ...]]]) -> None:
    """Warn of sheets that bear a title of others and look different."""
    first: dict[tuple[type, str], tuple[str, object]] = {}
    odd: dict[str, dict[str, None]] = {}
    for code, blocks in legends:
        for block in blocks:
            title = str(getattr(block, "title", ""))
            if not title or isinstance(block, FiguresBlock):
                continue  # figures are those of the unit
            there, other = first.setdefault((type(block), title), (code, block))
            if there == code:
                continue
            try:
                in_common(other, block)
            except MeasureError as error:
                told = str(error).partition(": ")[2] or str(error)
                odd.setdefault(f"{title!r}\0{told}", {})[code] = None
    for key, codes in odd.items():
        title, _, told = key.partition("\0")
        warnings.warn(
            f"{title} is not drawn alike on all sheets, which will be compared: "
            f"{len(codes)} differ(s) from the first one that bears it, "
            f"{culprits(codes)}; {told}",
            BasinmapWarning,
            stacklevel=5,
        )


# -- one file ----------------------------------------------------------------------


def _write_pdf(run: _Run, units: gpd.GeoDataFrame, target: Path, book: _Book) -> None:
    with staged_file(target) as staged:
        # The first sheet tells paper and look of the contents, and whether draw works.
        ((_, _, first),) = _each(run.draw, units.iloc[:1], book.name, [])
        lines = _lines(units, book)
        opening: list[Sheet] = []
        links: list[Link] = []
        if book.contents:
            opening, links = contents_sheets(
                first, book.title, lines, author=book.author
            )
        make = partial(_pdf_of, run.draw, book.name, len(opening) + 1)
        parts = run.parts(units, make)
        facts = [facts for part in parts for facts in part.facts]
        pages = [*(PageFacts(title=CONTENTS) for _ in opening), *facts]
        whole = finished(
            [*_printed(opening), *(pdf for part in parts for pdf in part.pdf)],
            pages,
            title=book.title,
            author=book.author or facts[0].author,
            bookmarks=_bookmarks(units, book, len(opening)),
            labels=[str(i) for i in range(1, len(pages) + 1)],
            links=links,
        )
        try:
            staged.write_bytes(whole)
        except OSError as error:
            raise refusal(target, error) from error


def _pdf_of(
    draw: Draw,
    name: str,
    first: int,
    units: gpd.GeoDataFrame,
    at: int,
    tick: Tick,
) -> _Part:
    """Draw a chunk of sheets as one PDF."""
    said: list[_Said] = []
    facts: list[PageFacts] = []
    legends: list[tuple[str, tuple[object, ...]]] = []

    def numbered() -> Iterator[Sheet]:
        for row, code, sheet in _each(draw, units, name, said, tick):
            _write_number(sheet, first + at + row)
            facts.append(facts_of(sheet))
            legends.append((code, _legend_of(sheet)))
            yield sheet

    pdf = tuple(_printed(numbered()))
    return _Part(pdf, tuple(facts), tuple(said), tuple(legends))


def _printed(sheets: Iterable[Sheet]) -> list[DrawnPage | bytes]:
    """Return sheets drawn, which wait for their file packed, pictures and all."""
    found = []
    for sheet in sheets:
        found.append(sheet.drawn_page())
        sheet.check_glyphs()
    return found


def _write_number(sheet: Sheet, count: int) -> None:
    """Write the number of the page in its lower right corner."""
    layout = sheet.layout_mm
    theme = layout.theme
    with settings():
        sheet.paper.text(
            layout.width - theme.margin,
            layout.footer[1],
            number(count),
            font=font(theme.family, theme.body, weight=700),
            color=theme.soft,
            ha="right",
            va="baseline",
            gid="page-number",
        )


def _titles(units: gpd.GeoDataFrame, name: str) -> list[str]:
    """Return the names, with the code of those that several units bear."""
    names = units[name].astype(str)
    again = names.duplicated(keep=False)
    return [
        f"{text} ({code})" if twice else text
        for (code, text), twice in zip(names.items(), again, strict=True)
    ]


def _lines(units: gpd.GeoDataFrame, book: _Book) -> list[Line]:
    """Return the lines of the contents, sheets numbered from 0."""
    lines: list[Line] = []
    groups = units[book.group].astype(str) if book.group else None
    for row, text in enumerate(_titles(units, book.name)):
        if groups is not None and (
            row == 0 or groups.iloc[row] != groups.iloc[row - 1]
        ):
            lines.append(Line(groups.iloc[row], row, heading=True))
        lines.append(Line(text, row))
    return lines


def _bookmarks(units: gpd.GeoDataFrame, book: _Book, before: int) -> list[Bookmark]:
    marks = [Bookmark(CONTENTS, 0)] if before else []
    under = 1 if book.group else 0
    return marks + [
        Bookmark(line.text, before + line.sheet, 0 if line.heading else under)
        for line in _lines(units, book)
    ]


# -- a file a unit -----------------------------------------------------------------


def _placeholders(target: Path) -> list[str]:
    """Return the fields in the name of the files."""
    try:
        parts = list(Formatter().parse(target.name))
    except ValueError as error:
        msg = f"{target}: {error}; a brace that stands for itself is doubled: {{{{"
        raise DataError(msg) from error
    found = [field for _, field, _, _ in parts if field is not None]
    odd = [field for field in found if field not in _FIELDS]
    odd += [kind for _, _, *kinds in parts for kind in kinds if kind]
    if odd:
        msg = (
            f"{target}: unknown {culprits(odd)}; write {{code}}, {{name}} or {{number}}"
        )
        raise DataError(msg)
    for field in _FIELDS:
        if f"{{{field}}}" in str(target.parent):
            msg = f"{target}: write {{{field}}} in the name of the files; "
            raise DataError(msg + "they go in one folder")
    if found and not target.suffix:
        msg = f"{target}: no format; write {target.name}.pdf, .svg or .png"
        raise DataError(msg)
    return found


def _write_files(run: _Run, units: gpd.GeoDataFrame, target: Path, name: str) -> Path:
    names = [
        target.name.format(
            code=_filed(str(code)), name=_plain(str(text)), number=f"{row + 1:04d}"
        )
        for row, (code, text) in enumerate(units[name].items())
    ]
    again = [file for file, count in Counter(names).items() if count > 1]
    if again:
        msg = (
            f"{len(again)} name(s) for several files: {culprits(again)}; add {{code}} "
            "to the path"
        )
        raise DataError(msg)
    with staged_folder(target.parent) as folder:
        codes = units.index.astype(str)
        paths = dict(zip(codes, [folder / file for file in names], strict=True))
        run.parts(units, partial(_files_of, run.draw, name, paths))
    return target.parent


def _files_of(
    draw: Draw,
    name: str,
    paths: dict[str, Path],
    units: gpd.GeoDataFrame,
    at: int,
    tick: Tick,
) -> _Part:
    """Draw a chunk of sheets as files."""
    del at
    said: list[_Said] = []
    legends: list[tuple[str, tuple[object, ...]]] = []
    for _, code, sheet in _each(draw, units, name, said, tick):
        sheet.savefig(paths[code])
        legends.append((code, _legend_of(sheet)))
    return _Part((), (), tuple(said), tuple(legends))


def _filed(code: str) -> str:
    """
    Return a code that every system takes for a file, its case kept.

    Parameters
    ----------
    code
        Such as « 62498 », or whatever tells the units of the user.

    Examples
    --------
    >>> _filed("62498"), _filed("59_ZI-3.b"), _filed("../a:b ?")
    ('62498', '59_ZI-3.b', 'a-b')
    """
    bare = unicodedata.normalize("NFKD", code).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", bare).strip("-. ") or "sans-code"


def _plain(text: str) -> str:
    """
    Return a name that every system takes for a file.

    Parameters
    ----------
    text
        A name, such as « Éleu-dit-Leauwette ».

    Examples
    --------
    >>> _plain("Éleu-dit-Leauwette"), _plain("Cœur d'Ostrevent")
    ('eleu-dit-leauwette', 'coeur-d-ostrevent')
    """
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-") or "sans-nom"
