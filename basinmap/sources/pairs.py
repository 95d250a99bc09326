"""Flows: one row a pair of communes, with codes of abroad left as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pandas as pd

from basinmap.errors import CodeError, DataError, culprits
from basinmap.measures import Measure, state_column
from basinmap.reports import Report
from basinmap.sources.codes import check_repeats, dated, is_total, whole_cities
from basinmap.sources.finishing import Reading, absent, measures_read, parsed
from basinmap.sources.layouts import Cells
from basinmap.territory.flows import is_abroad
from basinmap.territory.levels import repair_codes
from basinmap.territory.sums import sums_of
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["ENDS", "paired"]

ENDS: Final = ("origin", "destination")
_TO: Final = "\x1f"
_CITIES: Final = frozenset({"75056", "69123", "13055"})


def paired(reading: Reading) -> pd.DataFrame:
    """
    Return the table of flows of a reading: codes of both ends repaired, counts typed.

    Parameters
    ----------
    reading
        What was read, with its `ends`.

    Raises
    ------
    CodeError
        If an end is void, or a code cannot be repaired.
    DataError
        If a pair stands in rows that differ, or there is none.
    """
    cells, file = reading.cells, reading.file
    assert cells.ends is not None  # noqa: S101 - flows have ends
    ends, notes = _kept(cells.ends, cells.columns, file)
    ends, said = _repaired(ends)
    notes += said
    ends, said = _once(ends, cells, file)
    notes += said
    french = pd.Series(pd.unique(ends.to_numpy().ravel()), dtype="str")
    geography, said = dated(
        french[~is_abroad(french)],
        reading.cog,
        file,
        declared=reading.declared,
        verb='rebase_flows(table, origin="origin", destination="destination", '
        f"values={list(cells.held)}",
    )
    notes += said
    index = pd.RangeIndex(len(ends))
    counts = {
        name: parsed(item, reading, ends.index, index)
        for name, item in cells.held.items()
    }
    table, said = _folded(ends.reset_index(drop=True), counts)
    notes += said
    measures = measures_read(reading, geography)
    notes += _absent(table, measures)
    notes += [_abroad(table, name, measures[name]) for name in counts]
    report = Report(
        verb=f"Lecture de {file}",
        units_before=len(cells.ends),
        units_after=len(table),
        notes=(*reading.notes, *filter(None, notes), *reading.source.cautions),
    )
    facts: dict[str, Any] = {"geography": f"{geography}-01-01"} if geography else {}
    measures = {n: replace(m, geography=geography) for n, m in measures.items()}
    return tell(table, measures=measures, report=report, **facts)


def _kept(
    ends: pd.DataFrame, values: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows that are flows: no total, no blank row."""
    ends = ends.apply(lambda text: text.str.strip())
    totals = is_total(ends["origin"]) | is_total(ends["destination"])
    void = (ends == "").any(axis=1)
    blank = (ends == "").all(axis=1) & (values.isna() | values.eq("")).all(axis=1)
    bare = ends.index[void & ~blank & ~totals]
    if len(bare):
        rows = culprits([int(at) + 1 for at in bare])
        msg = (
            f"{file}: {len(bare)} flow(s) without one of their ends, at {rows} under "
            "the header: write where they are, 99999 abroad, or fetch the file again"
        )
        raise CodeError(msg)
    kept = ends[~(totals | blank)]
    if kept.empty:
        msg = f"{file}: no flow under the header; fetch it again"
        raise DataError(msg)
    told = f"Lignes qui ne sont pas d'un flux, laissées : {number(int(totals.sum()))}."
    return kept, [told] if totals.any() else []


def _repaired(ends: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Repair each code once, wherever it stands."""
    every = pd.Series(pd.unique(ends.to_numpy().ravel()), dtype="str")
    ours = every[~is_abroad(every)]
    fixed, report = repair_codes(ours, "commune")
    meant = dict(zip(ours, fixed, strict=True))
    table = ends.apply(lambda codes: codes.map(lambda code: meant.get(code, code)))
    return table.astype("str"), [n for n in report.notes if "Aucun" not in n]


def _once(
    ends: pd.DataFrame, cells: Cells, file: str
) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows that repeat another wholly; refuse those that differ."""
    rows = cells.columns.loc[ends.index].assign(**ends)
    first = ~rows.duplicated()
    left = ends[first]
    again = left[left.duplicated()]
    if len(again):
        told = [f"{a} → {b}" for a, b in again.to_numpy()]
        msg = (
            f"{file}: {len(again)} pair(s) in several rows that differ: "
            f"{culprits(told)}; keep one row a pair, or add them up before"
        )
        raise DataError(msg)
    gone = int((~first).sum())
    if gone:
        pairs = ends[ENDS[0]] + " → " + ends[ENDS[1]]
        check_repeats(rows, pairs, file, cells.whole)
    told_once = f"Lignes répétées à l'identique, laissées : {number(gone)}."
    return left, [told_once] if gone else []


def _folded(
    ends: pd.DataFrame, counts: dict[str, tuple[pd.Series, pd.Series]]
) -> tuple[pd.DataFrame, list[str]]:
    """Fold districts into the city that stands beside them; lay out the table."""
    notes = []
    if _CITIES & set(ends.to_numpy().ravel()):
        folded = ends.apply(whole_cities)
        if not folded.equals(ends):
            notes = [
                "Arrondissements de Paris, Lyon ou Marseille portés à la ville, qui "
                "est aussi dans le fichier."
            ]
        ends = folded
    stocks = pd.DataFrame(
        {
            column: part
            for name, (values, states) in counts.items()
            for column, part in ((name, values), (state_column(name), states))
        }
    )
    pair = ends["origin"] + _TO + ends["destination"]
    if not pair.is_unique:
        stocks = sums_of(stocks, pair.rename("pair"))
        ends = pd.DataFrame(
            [key.split(_TO) for key in stocks.index], columns=list(ENDS), dtype="str"
        )
        stocks = stocks.reset_index(drop=True)
    mute = [c for c in map(state_column, counts) if (stocks[c] == "").all()]
    table = pd.concat([ends, stocks.drop(columns=mute)], axis=1)
    return table.sort_values(list(ENDS), ignore_index=True), notes


def _absent(table: pd.DataFrame, measures: dict[str, Measure]) -> list[str]:
    return [
        absent(measure, name, table[state_column(name)])
        for name, measure in measures.items()
        if state_column(name) in table
    ]


def _abroad(table: pd.DataFrame, name: str, measure: Measure) -> str:
    """Say how many come from abroad, or go there."""
    out = is_abroad(table["origin"]) | is_abroad(table["destination"])
    if not out.any():
        return ""
    codes = pd.Series(pd.unique(table.loc[out, list(ENDS)].to_numpy().ravel()))
    heads = sorted(set(codes[is_abroad(codes)].str[:2]))
    return (
        f"{measure.label} : {number(float(table.loc[out, name].sum()))} "
        f"{measure.unit} viennent de l'étranger ou y vont, codes laissés tels quels "
        f"({', '.join(heads)})."
    )
