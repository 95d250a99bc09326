"""What is followed from year to year: a count or a ratio, its states, its breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import (
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.measures import (
    Measure,
    Ratio,
    Stock,
    check_ratios,
    counted,
    evaluate,
)
from basinmap.states import STATES
from basinmap.territory.sums import refuse
from basinmap.territory.timelines import timeline
from basinmap.values.told import bare, measures_of, told_of

__all__ = [
    "Outcome",
    "breaks_of",
    "check_communes",
    "check_one_geography",
    "check_years",
    "counts_of",
    "credited",
    "dated",
    "known_years",
    "outcome_of",
    "told_measures",
]

Asked = str | Ratio
_OVERLAP: Final = 5
"""Years that an edition of the census rests on, since 2006."""
_CHANGE: Final = (
    "recensement exhaustif jusque-là, enquêtes annuelles ensuite (moyenne de cinq ans)"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    One quantity by commune and year.

    Attributes
    ----------
    frame
        Communes × years; NaN where missing or bounded.
    states
        The same, a key of `STATES` or `QUALIFIERS`, or `""`.
    label
        French, as printed.
    unit
        Of a difference: `"%"` or `"point"`, or that of the ratio.
    logs
        Whether values are 100 times a natural logarithm.
    sources
        Credit lines.
    breaks
        First year of another way of counting, to what changed.
    notes
        French lines for the list of assumptions.
    """

    frame: pd.DataFrame
    states: pd.DataFrame
    label: str
    unit: str
    logs: bool
    sources: tuple[str, ...]
    breaks: Mapping[int, str]
    notes: tuple[str, ...]

    def shown(self, difference: float) -> float:
        """
        Return a difference as it is printed: of logarithms, the growth that it is.

        Parameters
        ----------
        difference
            In the unit of the values.
        """
        if not self.logs or np.isinf(difference):
            return difference
        return 100 * float(np.expm1(difference / 100))

    @property
    def years(self) -> tuple[int, ...]:
        """The years, in order."""
        return tuple(int(year) for year in self.frame.columns)


def counts_of(asked: Asked) -> tuple[str, ...]:
    """
    Return the counts that a quantity is made of, without their year.

    Parameters
    ----------
    asked
        Name of a count, or a ratio of two.
    """
    if isinstance(asked, Ratio):
        return (asked.numerator, asked.denominator)
    if isinstance(asked, str):
        return (asked,)
    msg = (
        f"followed from year to year: the name of a count without its year, such as "
        f"'population', or a bm.Ratio of two of them, not {asked!r}"
    )
    raise MeasureError(msg)


def known_years(table: pd.DataFrame, counts: Sequence[str]) -> list[int]:
    """
    Return the years of which a table has all the counts.

    Parameters
    ----------
    table
        Columns named `<count>_<year>`.
    counts
        Names without year.
    """
    found = []
    for count in counts:
        form = re.compile(rf"{re.escape(count)}_((?:19|20)\d\d)")
        matches = (form.fullmatch(str(column)) for column in table.columns)
        found.append({int(match[1]) for match in matches if match})
    return sorted(set.intersection(*found)) if found else []


def dated(asked: Asked, year: int) -> Asked:
    """
    Return a quantity in one year.

    Parameters
    ----------
    asked
        Count or ratio, without year.
    year
        The year.

    Examples
    --------
    >>> dated("population", 2016)
    'population_2016'
    """
    if isinstance(asked, str):
        return f"{asked}_{year}"
    return replace(
        asked,
        numerator=f"{asked.numerator}_{year}",
        denominator=f"{asked.denominator}_{year}",
        vintage=str(year),
    )


def check_years(
    table: pd.DataFrame, asked: Asked, years: Sequence[int] | None
) -> tuple[int, ...]:
    """
    Return the years to follow.

    Parameters
    ----------
    table
        Columns named `<count>_<year>`.
    asked
        Count or ratio.
    years
        Those wanted, or None for all.

    Raises
    ------
    ColumnError
        If a year is not in the table.
    DataError
        If there is one year or none, or one stands twice.
    """
    counts = counts_of(asked)
    there = known_years(table, counts)
    wanted = there if years is None else _whole_years(years)
    absent = [year for year in wanted if year not in there]
    if absent:
        columns = [f"{count}_{year}" for year in absent for count in counts]
        lost = [name for name in columns if name not in table.columns]
        msg = (
            f"{len(lost)} column(s) missing: {culprits(lost)}; of {culprits(counts)} "
            f"the table has {culprits(there) or 'no year'}"
        )
        raise ColumnError(msg)
    if len(set(wanted)) != len(wanted):
        msg = f"years: one stands twice in {culprits(wanted)}"
        raise DataError(msg)
    if len(wanted) < 2:
        msg = (
            f"{culprits(counts)}: {len(wanted)} year in the table ({culprits(wanted)}):"
            " nothing is followed; two years at least, columns named <count>_<year>"
        )
        raise DataError(msg)
    return tuple(sorted(wanted))


def _whole_years(years: object) -> list[int]:
    plain = isinstance(years, str) or not isinstance(years, Iterable)
    given = [] if plain else list(years)  # type: ignore[call-overload]
    if plain or not all(isinstance(year, int | np.integer) for year in given):
        msg = f"years={years!r}: write them as whole numbers, years=[2016, 2023]"
        raise DataError(msg)
    return [int(year) for year in given]


def check_communes(table: object) -> None:
    """
    Check that a table is one of communes.

    Parameters
    ----------
    table
        What was given.

    Raises
    ------
    DataError
        If it is no frame, or its index is of something else.

    Examples
    --------
    >>> check_communes([])
    Traceback (most recent call last):
    basinmap.errors.DataError: table: a frame by commune is needed, not list
    """
    if not isinstance(table, pd.DataFrame):
        msg = f"table: a frame by commune is needed, not {type(table).__name__}"
        raise DataError(msg)
    if table.index.name != "commune":
        msg = (
            f"table: the index must be named 'commune', found {table.index.name!r}: "
            "table.set_index('code').rename_axis('commune'); what is of IRIS is added "
            "up first"
        )
        raise DataError(msg)


def check_one_geography(
    known: Mapping[str, Measure], columns: Sequence[str], codes: pd.Index, now: int
) -> None:
    """
    Check that all columns are of one list of communes, that of the outlines.

    Parameters
    ----------
    known
        Column to measure.
    columns
        Those followed.
    codes
        Of the table.
    now
        Year of the outlines.

    Raises
    ------
    VintageError
        If two lists differ: their perimeters changed between two years; or if a code
        stood for another ground than the outline that bears it.
    """
    told = {c: known[c].geography for c in columns if c in known}
    years = {c: int(f[0]) for c, g in told.items() if (f := re.search(r"\d{4}", g))}
    if len(set(years.values())) > 1:
        each = {year: column for column, year in years.items()}
        msg = (
            f"columns are of {len(each)} lists of communes: "
            f"{culprits(f'{c} ({y})' for y, c in sorted(each.items()))}; perimeters "
            "changed between them: bring each to one list first, bm.rebase(table, "
            f"from_year=…, to_year={now})"
        )
        raise VintageError(msg)
    line = timeline(None)
    for year in set(years.values()):
        if year == now or not (
            line.first <= min(year, now) <= max(year, now) <= line.last
        ):
            continue
        then, today = line.grounds(year), line.grounds(now)
        moved = [code for code in codes if then.get(code) != today.get(code)]
        if moved:
            msg = (
                f"the table is of the communes of {year}, and {len(moved)} code(s) "
                f"stand for another ground in {now}: {culprits(moved)}; write "
                f"bm.rebase(table, from_year={year}, to_year={now})"
            )
            raise VintageError(msg)


def told_measures(
    table: pd.DataFrame, asked: Asked, years: Sequence[int]
) -> dict[str, Measure]:
    """
    Return what a table declares of the counts of a quantity, a stock by default.

    Parameters
    ----------
    table
        The table.
    asked
        Count or ratio.
    years
        The years.

    Raises
    ------
    MeasureError
        If a column is declared as something that is no stock.
    """
    known = measures_of(table)
    columns = [f"{count}_{year}" for year in years for count in counts_of(asked)]
    found = {column: known.get(column, Stock()) for column in columns}
    wrong = {c: type(m).__name__ for c, m in found.items() if not isinstance(m, Stock)}
    if wrong:
        msg = (
            f"{len(wrong)} column(s) are no stock: {culprits(wrong.items())}; follow a "
            "ratio by its two counts, bm.Ratio(numerator=…, denominator=…)"
        )
        raise MeasureError(msg)
    refuse(found)
    return found


def breaks_of(
    known: Mapping[str, Measure],
    asked: Asked,
    years: Sequence[int],
    given: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """
    Return the first year of each other way of counting, and what changed.

    Parameters
    ----------
    known
        Column to measure: the sampling family tells censuses from surveys.
    asked
        Count or ratio.
    years
        In order.
    given
        Breaks that the user declares: they go first.

    Raises
    ------
    VintageError
        If one is not among the years, or is the first: nothing comes before it.
    """
    found: dict[int, str] = {}
    count = counts_of(asked)[0]
    before = known.get(f"{count}_{years[0]}", Stock())
    for year in years[1:]:
        now = known.get(f"{count}_{year}", Stock())
        if before.source and before.family != now.family:
            found[year] = _CHANGE
        before = now
    for year, text in (given or {}).items():
        if int(year) not in years[1:]:
            msg = (
                f"breaks: {year} is not among the years that follow another, "
                f"{culprits(years[1:], most=9)}: give the first year of the new count"
            )
            raise VintageError(msg)
        found[int(year)] = text
    return dict(sorted(found.items()))


def outcome_of(
    table: pd.DataFrame,
    asked: Asked,
    years: Sequence[int] | None,
    breaks: Mapping[int, str] | None = None,
) -> Outcome:
    """
    Read a quantity by commune and year.

    Parameters
    ----------
    table
        Communes, columns named `<count>_<year>`.
    asked
        Count (followed in per cent, by logarithms) or ratio (in points).
    years
        Those wanted, by default all.
    breaks
        First year of another way of counting, to what changed.

    Raises
    ------
    MeasureError
        If a count is no stock, or two of a ratio do not count the same.
    DataError
        If a year is missing for all, or a count of which the logarithm is taken is 0.
    """
    chosen = check_years(table, asked, years)
    known = told_measures(table, asked, chosen)
    plain = bare(table)
    values, states = {}, {}
    for year in chosen:
        values[year], states[year] = _of_year(plain, asked, year, known)
    frame, worth = pd.DataFrame(values), pd.DataFrame(states).fillna("")
    frame = frame.mask(worth.isin([*STATES, "lower_bound"]))
    _check_whole_years(frame, worth)
    logs = isinstance(asked, str)
    if logs:
        frame = _logs(frame, counts_of(asked)[0])
    measure = asked if isinstance(asked, Ratio) else known[f"{asked}_{chosen[-1]}"]
    found = breaks_of(known, asked, chosen, breaks)
    return Outcome(
        frame=frame,
        states=worth,
        label=measure.label or (asked if isinstance(asked, str) else "Rapport"),
        unit=_unit(asked),
        logs=logs,
        sources=_sources(table, known),
        breaks=found,
        notes=_notes(known, chosen, worth),
    )


def _of_year(
    table: pd.DataFrame, asked: Asked, year: int, known: Mapping[str, Measure]
) -> tuple[pd.Series, pd.Series]:
    now = dated(asked, year)
    if isinstance(now, str):
        return counted(table, now)
    check_ratios({"ratio": now}, known)
    found = evaluate(now, table, "ratio")
    states = pd.Series("", index=table.index, dtype=object)
    states.update(pd.Series(found.states, dtype=object))
    return found.series, states


def _check_whole_years(frame: pd.DataFrame, states: pd.DataFrame) -> None:
    """Refuse a year of which nothing is known."""
    gone = [year for year in frame.columns if frame[year].isna().all()]
    if gone:
        kinds = sorted(set(states[gone].to_numpy().ravel()) - {""})
        left = [int(year) for year in frame.columns if year not in gone]
        msg = (
            f"{len(gone)} year(s) without any value: {culprits(gone)} "
            f"({culprits(kinds)}); leave them out: years={left}"
        )
        raise DataError(msg)


def _logs(frame: pd.DataFrame, count: str) -> pd.DataFrame:
    empty = frame.index[(frame <= 0).any(axis=1)]
    if len(empty):
        msg = (
            f"{count!r} is 0 in {len(empty)} commune(s), whose growth has no meaning: "
            f"{culprits(empty)}; leave them out, table.drop(index=…), or follow a "
            "bm.Ratio"
        )
        raise DataError(msg)
    return 100 * np.log(frame)


def _unit(asked: Asked) -> str:
    if isinstance(asked, str):
        return "%"
    return "point" if asked.scale == 100 and asked.unit in ("", "%") else asked.unit


def _sources(table: pd.DataFrame, known: Mapping[str, Measure]) -> tuple[str, ...]:
    own = dict.fromkeys(measure.source for measure in known.values() if measure.source)
    return credited(tuple(own) or told_of(table).sources)


def credited(lines: Sequence[str]) -> tuple[str, ...]:
    """
    Return credit lines, those that differ by their year alone put together.

    Parameters
    ----------
    lines
        French lines.

    Examples
    --------
    >>> credited(["Insee, populations 2016", "Insee, populations 2023", "DGFiP"])
    ('Insee, populations 2016 à 2023', 'DGFiP')
    """
    found: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        years = re.search(r" (?:19|20)\d\d$", line)
        found.setdefault(line[: years.start()] if years else line, []).append(
            years[0].strip() if years else ""
        )
    return tuple(
        text if not years[0] else f"{text} {_from_to(sorted(years))}"
        for text, years in found.items()
    )


def _from_to(years: Sequence[str]) -> str:
    return years[0] if len(years) == 1 else f"{years[0]} à {years[-1]}"


def _notes(
    known: Mapping[str, Measure], years: Sequence[int], states: pd.DataFrame
) -> tuple[str, ...]:
    notes = []
    surveyed = [m for m in known.values() if m.family]
    close = [b for a, b in pairwise(years) if b - a < _OVERLAP]
    if surveyed and close:
        notes.append(
            "Recensement : chaque millésime repose sur cinq années d'enquête ; ceux "
            "que moins de cinq ans séparent se recouvrent."
        )
    guessed = int((states == "estimated").any(axis=1).sum())
    if guessed:
        notes.append(f"{guessed} communes ont une valeur estimée au moins.")
    return tuple(notes)
