"""The door: a producer's file, or any table of the user, as typed counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, culprits
from basinmap.measures import Measure, state_column
from basinmap.reports import Report
from basinmap.sources.cells import numbers_of, sum_of
from basinmap.sources.codes import dated, once, repaired, without_districts
from basinmap.sources.files import recognised
from basinmap.sources.layouts import (
    Cells,
    Found,
    Held,
    Options,
    Source,
    full_year,
    held_counts,
    pattern,
    position,
)
from basinmap.sources.producers import SOURCES
from basinmap.states import STATES
from basinmap.territory.levels import check_level
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["Reading", "finished", "read_source"]

_TOLD: Final = {
    "secret": ("sous secret statistique", "sous secret statistique"),
    "not_applicable": ("sans objet", "sans objet"),
    "not_available": ("non disponible", "non disponibles"),
}


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
        `report_of` says what was read, repaired and left out.

    Raises
    ------
    DataError
        If the file is none of those known, or not the one it is said to be, is cut,
        or holds figures that contradict each other.
    ColumnError
        If a column stands twice.
    CodeError
        If codes cannot be repaired, or the source is unknown.
    VintageError
        If codes are not those of the list of communes it says.
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
    'Fichier reconnu (lovac) : LOVAC, logements vacants du parc privé par commune.'
    """
    check_given(read_source, locals())
    chosen = _chosen(source)
    if dates not in {None, "real", "recorded"}:
        msg = f"unknown dates {dates!r}: write 'real' or 'recorded'"
        raise DataError(msg)
    found = recognised(
        path,
        chosen,
        member=member,
        insisted=source is not None,
        options=Options(dates or "", vintage),
    )
    return _read(found, Path(path), cog)


def _chosen(source: str | None) -> Sequence[Source]:
    if source is None:
        return SOURCES
    chosen = [item for item in SOURCES if f"{item.id}-".startswith(f"{source}-")]
    if not chosen:
        known = ", ".join(item.id for item in SOURCES)
        msg = f"unknown source {source!r}: write one of {known}"
        raise CodeError(msg)
    return chosen


def _read(found: Found, file: Path, cog: int | None) -> pd.DataFrame:
    source = found.source
    cells = (source.read or _wide)(found)
    if not cells.held:
        names = [name for name in found.header if name][:12]
        msg = (
            f"{found.grid.file} is « {source.name} », with none of the counts that are "
            f"read of it; found {culprits(names, most=8)}"
        )
        raise DataError(msg)
    years = [h.period[0] for h in cells.held.values() if len(h.period) == 1]
    year = max(years, default=None)
    lag = source.lag
    told = cells.cog or _in_name(source, file)
    if told is None and lag is not None and year is not None:
        told = year + lag
    return finished(
        Reading(
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
    )


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
    return Cells(
        codes=text[code],
        columns=text[sorted(wanted - {code})],
        held={item.column: item for item in held},
        cog=_cog_of(found.header[code], source.code),
    )


def _cog_of(name: str, names: Sequence[str]) -> int | None:
    for form in names:
        told = pattern(form).fullmatch(name)
        if told is not None and told.groupdict().get("cog"):
            return full_year(told["cog"])
    return None


# -- from text to a table -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    What is known of a file when its cells are read.

    Attributes
    ----------
    cells
        As read.
    file
        For messages.
    source
        What it is.
    notes
        French sentences so far.
    credit
        French credit; `{year}` stands for the vintage.
    cog
        Year of the list of communes, if anything says it.
    declared
        Whether the caller does.
    measures
        Of columns that the caller declares.
    """

    cells: Cells
    file: str
    source: Source
    notes: tuple[str, ...]
    credit: str
    cog: int | None = None
    declared: bool = False
    measures: Mapping[str, Measure] | None = None


def finished(reading: Reading) -> pd.DataFrame:
    """
    Return the table of a reading: codes repaired, counts typed, all of it told.

    Parameters
    ----------
    reading
        What was read.
    """
    cells, source, file = reading.cells, reading.source, reading.file
    level = check_level(source.level)
    codes, said = repaired(cells.codes, cells.columns, level, file)
    notes = [*reading.notes, *said]
    if level == "commune":
        codes, said = without_districts(codes)
        notes += said
    codes, said = once(codes, cells.columns, file)
    notes += said
    geography, said = (
        dated(codes, reading.cog, file, declared=reading.declared)
        if level == "commune" and not cells.dated
        else (str(reading.cog or ""), [])
    )
    notes += said
    index = pd.Index(codes.to_numpy(), dtype="str", name=level)
    rows = codes.index
    parsed = {
        name: _parsed(item, reading, rows, index) for name, item in cells.held.items()
    }
    _check_totals(parsed, reading)
    measures = _measures(reading, geography)
    columns: dict[str, pd.Series] = {}
    for name, (values, states) in parsed.items():
        columns[name] = values
        if (states != "").any():
            columns[state_column(name)] = states
            notes.append(_absent(measures[name], name, states))
    table = pd.DataFrame(columns, index=index).sort_index()
    report = Report(
        verb=f"Lecture de {file}",
        units_before=len(cells.codes),
        units_after=len(table),
        notes=(*notes, *source.cautions),
    )
    facts: dict[str, Any] = {"geography": f"{geography}-01-01"} if geography else {}
    return tell(table, level=level, measures=measures, report=report, **facts)


def _measures(reading: Reading, geography: str) -> dict[str, Measure]:
    """Return what each column is, on the list of communes that was found."""
    if reading.measures is not None:
        return {
            name: replace(given, geography=given.geography or geography)
            for name, given in reading.measures.items()
        }
    return {
        name: item.count.measure(
            item.period,
            str(item.period[0]) if reading.cells.dated else geography,
            _credit(reading.credit, item.period),
        )
        for name, item in reading.cells.held.items()
    }


def _parsed(
    item: Held, reading: Reading, rows: pd.Index, index: pd.Index
) -> tuple[pd.Series, pd.Series]:
    """Return a count on its codes."""
    cells = reading.cells
    name = item.column
    if name in cells.states:
        values = cells.columns.loc[rows, name].astype(float)
        states = cells.states[name].loc[rows]
        return values.set_axis(index), states.set_axis(index)
    marks, signed = reading.source.marks, item.count.signed

    def column(at: object) -> tuple[pd.Series, pd.Series]:
        text = cells.columns.loc[rows, at].set_axis(index)
        return numbers_of(text, name, marks, signed=signed)

    positions: Sequence[object] = item.at or (name,)
    values, states = sum_of(
        [column(at) for at in positions], [column(at) for at in item.minus]
    )
    return values.set_axis(index), states.set_axis(index)


def _check_totals(
    parsed: Mapping[str, tuple[pd.Series, pd.Series]], reading: Reading
) -> None:
    """Refuse figures that contradict each other: columns are mixed up, or shifted."""
    held = reading.cells.held
    loose = 2.0 if reading.source.level == "iris" else 0.6
    by_name = {(h.count.name, h.period): column for column, h in held.items()}
    for (name, period), column in by_name.items():
        names = reading.source.totals.get(name, ())
        parts = [by_name.get((part, period)) for part in names]
        if names and None not in parts:
            due = sum(parsed[str(part)][0] for part in parts)
            off = (parsed[column][0] - due).abs()
            _refuse(
                off > loose + 1e-6 * due.abs(), reading, column, "the sum of", parts
            )
    for part, whole in reading.source.parts:
        for (name, period), column in by_name.items():
            above = by_name.get((whole, period))
            if name == part and above is not None:
                over = parsed[column][0] - parsed[above][0] > loose
                _refuse(over, reading, column, "at most", [above])


def _refuse(
    wrong: pd.Series,
    reading: Reading,
    column: str,
    what: str,
    others: Sequence[str | None],
) -> None:
    codes = wrong.index[wrong.to_numpy(dtype=bool)]
    if len(codes):
        msg = (
            f"{reading.file}: {column!r} is not {what} {culprits(others)} in "
            f"{len(codes)} row(s): {culprits(codes)}; columns are shifted or "
            "exchanged: fetch the file again"
        )
        raise DataError(msg)


def _credit(credit: str, period: Sequence[int]) -> str:
    year = str(max(period)) if period else ""
    return re.sub(r"\s+([,;]|$)", r"\1", credit.replace("{year}", year)).strip()


def _absent(measure: Measure, name: str, states: pd.Series) -> str:
    """Write how many values are missing, and why."""
    told = []
    for state, words in _TOLD.items():
        n = int((states == state).sum())
        if n:
            told.append(f"{number(n)} {words[n > 1]}")
    rest = int((~states.isin(["", *STATES])).sum())
    if rest:
        told.append(f"{number(rest)} à valeur minimale ou estimée")
    label = measure.label or name
    year = f" ({measure.vintage})" if measure.vintage else ""
    return f"{label}{year} : {', '.join(told)}."
