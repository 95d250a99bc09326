"""The door: a producer's file, or any table of the user, as typed counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import DataError, VintageError, culprits
from basinmap.sources.choosing import chosen_sources
from basinmap.sources.codes import level_above
from basinmap.sources.files import recognised
from basinmap.sources.finishing import Reading, finished
from basinmap.sources.layouts import (
    Cells,
    Found,
    Options,
    Source,
    full_year,
    held_counts,
    pattern,
    position,
)
from basinmap.sources.pairs import paired
from basinmap.sources.vintages import check_vintage

__all__ = ["read_as", "read_source"]


def read_source(
    path: str | Path,
    source: str | None = None,
    *,
    cog: int | None = None,
    vintage: int | None = None,
    member: str | None = None,
    dates: Literal["real", "recorded"] | None = None,
) -> pd.DataFrame:
    r"""
    Read a producer's file as typed counts, named as those of the catalogue.

    Parameters
    ----------
    path
        The file as it is published: CSV, workbook, or the zip or gz that holds it.
    source
        What it is, to insist: a source of the catalogue, such as `"rp-logement"`, of
        which a file by IRIS or of another layout is one too. By default it is
        recognised by its columns.
    cog
        Year of its list of communes, where neither its columns nor its name say it.
    vintage
        Year of the statistic, where no column says it: of the populations de
        référence, whose file may bear any name.
    member
        Of a zip that holds several tables.
    dates
        Of a file of Sitadel that does not say it: dwellings by the `"real"` date of
        the event, or by that at which it was `"recorded"`.

    Returns
    -------
    DataFrame
        Index `commune` or `iris`; a column `<count>_<year>` for each count of the file
        that the catalogue knows, and `<count>_<year>_state` where there is something
        to say of its values. Measures with label, unit, vintage, list of communes,
        source and family are declared, so that `compute` takes it as it is;
        `report_of` says what was read, repaired and left out. Of a file above the
        commune, the index is its level (`epci`), of squares `carreau`; flows have
        columns `origin` and `destination`, and no codes of index.

    Raises
    ------
    DataError
        If the file is none of those known, or not the one it is said to be, is cut,
        or holds figures that contradict each other; if it is of places, which
        `read_points` reads, or an extract of a partner, whose layout none knows.
    ColumnError
        If a column stands twice.
    CodeError
        If codes cannot be repaired, or the source is unknown.
    VintageError
        If codes are not those of the list of communes it says, or its counts are not
        of the year you say.
    MeasureError
        If a count is neither a number nor a known sign.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "lovac.csv"
    >>> head = "CODGEO_25;LIBGEO_25;pp_vacant_plus_2ans_25"
    >>> _ = path.write_text(f"{head}\n62498;Lens;860\n62510;Liévin;s\n")
    >>> table = bm.read_source(path)
    >>> bm.column(table, "vacant_private_dwellings_2y_2025").attrs["states"]
    {'62510': 'secret'}
    >>> bm.report_of(table).notes[0]
    'Fichier reconnu (lovac) : LOVAC, logements vacants du parc privé.'
    """
    check_given(read_source, locals())
    chosen = chosen_sources(source)
    if dates not in {None, "real", "recorded"}:
        msg = f"unknown dates {dates!r}: write 'real' or 'recorded'"
        raise DataError(msg)
    if vintage is not None:
        check_vintage(vintage, Path(path).name)
    found = recognised(
        path,
        chosen,
        member=member,
        insisted=source is not None,
        options=Options(dates or "", vintage),
    )
    return _read(found, Path(path), cog)


def read_as(path: str | Path, *sources: Source, cog: int | None = None) -> pd.DataFrame:
    """
    Read a file as one of some sources, which need not be among those that are known.

    Parameters
    ----------
    path
        As `read_source` takes it.
    *sources
        What it may be.
    cog
        Year of its list of communes, where nothing else says it.

    Raises
    ------
    DataError
        If it is none of them, or for a reason of `read_source`.
    """
    return _read(recognised(path, sources), Path(path), cog)


def _read(found: Found, file: Path, cog: int | None) -> pd.DataFrame:
    source = found.source
    if source.points is not None and source.read is None and not source.counts:
        msg = (
            f"{found.grid.file} is « {source.name} »: things that lie somewhere, not "
            "counts: read it with bm.read_points(path), then bm.count(points, units)"
        )
        raise DataError(msg)
    cells = (source.read or _wide)(found)
    if not cells.states:
        cells = replace(cells, whole=found.whole)
    if not cells.held:
        names = [name for name in found.header if name][:12]
        msg = (
            f"{found.grid.file} is « {source.name} », with none of the counts that are "
            f"read of it; found {culprits(names, most=8)}"
        )
        raise DataError(msg)
    _check_options(found, cells)
    years = [h.period[0] for h in cells.held.values() if len(h.period) == 1]
    year = max(years, default=None)
    lag = source.lag
    told = cells.cog or _in_name(source, file)
    if told is None and lag is not None and year is not None:
        told = year + lag
    reading = Reading(
        cells=cells,
        file=found.grid.file,
        source=source,
        notes=(
            f"Fichier reconnu ({source.id}) : {source.name}.",
            *found.grid.notes,
            *cells.notes,
        ),
        credit=cells.credit or source.credit,
        cog=cog or told,
        declared=cog is not None,
    )
    return finished(reading) if cells.ends is None else paired(reading)


def _check_options(found: Found, cells: Cells) -> None:
    """Refuse what the caller declares and the file says otherwise, or not at all."""
    told, file = found.options, found.grid.file
    if told.dates and not found.source.id.startswith("sitadel"):
        msg = f"{file} is « {found.source.name} »: leave dates= out, it is of Sitadel"
        raise DataError(msg)
    years = {year for item in cells.held.values() for year in item.period}
    if told.vintage and told.vintage not in years:
        shown = ", ".join(map(str, sorted(years))) or "no year"
        msg = (
            f"{file}: vintage={told.vintage}, and its counts are of {shown}: leave "
            "vintage= out, or give the file of that year"
        )
        raise VintageError(msg)


def _in_name(source: Source, file: Path) -> int | None:
    """Return the year of the list of communes that the name of a file says."""
    told = pattern(source.title).search(file.name) if source.title else None
    return full_year(told["cog"]) if told else None


def _wide(found: Found) -> Cells:
    """Read a table of one row a territory."""
    source = found.source
    held = held_counts(source.counts, found.header)
    if source.year is not None:
        year = source.year(found)
        held = [h if h.period else replace(h, period=(year,)) for h in held]
    code = position(found.header, source.code)
    assert code is not None  # noqa: S101 - recognised by it
    level = position(found.header, source.only[:1])
    wanted = {code, *(at for item in held for at in (*item.at, *item.minus))}
    text = found.grid.frame(
        found.at, sorted(wanted | ({level} if level is not None else set()))
    )
    if level is not None:
        text = text[text[level].str.fullmatch(source.only[1])]
    above = source.above and level_above(
        text[code], found.header[code], found.path.name
    )
    return Cells(
        codes=text[code],
        columns=text[sorted(wanted - {code})],
        held={item.column: item for item in held},
        level=above or "",
        cog=_cog_of(found.header[code], source.code),
    )


def _cog_of(name: str, names: Sequence[str]) -> int | None:
    for form in names:
        told = pattern(form).fullmatch(name)
        if told is not None and told.groupdict().get("cog"):
            return full_year(told["cog"])
    return None
