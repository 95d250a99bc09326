"""
Sitadel of SDES: dwellings authorised and started, by commune.

By the date at which an event was recorded, or by its real date: two measures that never
make one series, and bear two names. What is below zero takes back permits of before:
counts of such a file are a balance. The monthly file is of the first; the annual one
does not say, and the caller must. Codes are those of the time of the event.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.sources.cells import numbers_of
from basinmap.sources.layouts import MARKS, Cells, Count, Found, Held, Source, position
from basinmap.territory.levels import fold
from basinmap.typography import number

__all__ = ["SOURCES"]

_TYPES: Final = {
    "tous logements": ("dwellings", "Logements {}"),
    "individuel pur": ("detached", "Logements individuels purs {}"),
    "individuel groupe": ("grouped", "Logements individuels groupés {}"),
    "collectif": ("collective", "Logements collectifs {}"),
    "residence": ("residence", "Logements en résidence {}"),
}
_TOTAL: Final = "tous logements"
_EVENTS: Final = {
    "LOG_AUT": ("authorised", "autorisés"),
    "LOG_COM": ("started", "commencés"),
}
_DATES: Final = {
    "real": ("", "date réelle"),
    "recorded": ("_recorded", "date de prise en compte"),
}


def _read(found: Found) -> Cells:
    """Add months up to years, whole years only."""
    names = ("ANNEE", "MOIS", "CODE_INSEE", "COMM", "TYPE_LGT", *_EVENTS)
    places = {
        name: at
        for name in names
        if (at := position(found.header, (name,))) is not None
    }
    monthly = "MOIS" in places
    dates = _dates(found, monthly=monthly)
    parts = []
    dropped = 0
    for block in found.grid.blocks(found.at, sorted(places.values())):
        rows = block.rename(columns={at: name for name, at in places.items()})
        rows = rows.rename(columns={"COMM": "CODE_INSEE"})
        # Other lengths are totals of départements and regions.
        whole = rows["CODE_INSEE"].str.len() == 5
        dropped += int((~whole).sum())
        parts.append(_summed(rows[whole].reset_index(drop=True), found.grid.file))
    if not parts:
        msg = f"{found.grid.file}: no row under the header; fetch it again"
        raise DataError(msg)
    keys = ["CODE_INSEE", "ANNEE", "type"]
    every = pd.concat(parts).groupby(keys, sort=True).sum()
    notes = (
        [f"Lignes d'autres niveaux laissées : {number(dropped)}."] if dropped else []
    )
    every = _whole_years(every, notes, monthly=monthly)
    _check_types(every, found.grid.file)
    return _cells(every, dates, notes)


def _dates(found: Found, *, monthly: bool) -> str:
    given = found.options.dates
    if monthly:
        if given == "real":
            msg = (
                f"{found.grid.file}: the monthly file is by the date at which events "
                "were recorded: leave dates= out"
            )
            raise DataError(msg)
        return "recorded"
    if not given:
        msg = (
            f"{found.grid.file}: are these dwellings by the real date of the event, or "
            "by that at which it was recorded? The file does not say: write "
            "dates='real' or dates='recorded'"
        )
        raise DataError(msg)
    return given


def _summed(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return dwellings and blank cells by commune, year and type."""
    kinds = rows["TYPE_LGT"].map(fold)
    strange = sorted(set(kinds) - set(_TYPES))
    if strange:
        msg = f"{file}: unknown TYPE_LGT {culprits(strange)}; expected {list(_TYPES)}"
        raise DataError(msg)
    years = rows["ANNEE"]
    if not years.str.fullmatch(r"(?:19|20)\d\d").all():
        msg = f"{file}: ANNEE holds {culprits(years.unique())}: years were expected"
        raise DataError(msg)
    found = {
        "CODE_INSEE": rows["CODE_INSEE"],
        "ANNEE": years.astype(int),
        "type": kinds,
    }
    for name in _EVENTS:
        values, _ = numbers_of(rows[name], name, MARKS, signed=True)
        found[name] = values.fillna(0.0)
        found[f"{name}_below"] = (values < 0).astype(float)
        found[f"{name}_blank"] = values.isna().astype(float)
    found["months"] = pd.Series(1.0, rows.index)
    keys = ["CODE_INSEE", "ANNEE", "type"]
    return pd.DataFrame(found).groupby(keys, as_index=False).sum()


def _whole_years(
    every: pd.DataFrame, notes: list[str], *, monthly: bool
) -> pd.DataFrame:
    """Leave out a year that is not whole: it would look like a collapse."""
    due = 12 if monthly else 1
    most = every["months"].groupby("ANNEE").max()
    if (most > due).any():
        years = culprits(most.index[most > due].tolist())
        msg = f"a commune has several rows a month in {years}: is the file doubled?"
        raise DataError(msg)
    part = most.index[most < due]
    if len(part):
        told = ", ".join(f"{year} ({int(most[year])} mois)" for year in part)
        notes.append(f"Années incomplètes, laissées : {told}.")
    return every[~every.index.get_level_values("ANNEE").isin(part)]


def _check_types(every: pd.DataFrame, file: str) -> None:
    """Check that all dwellings are the sum of the four types."""
    for name in _EVENTS:
        kinds = every.index.get_level_values("type")
        if not set(_TYPES) <= set(kinds):
            continue
        signs = np.where(kinds == _TOTAL, 1.0, -1.0)
        off = (every[name] * signs).groupby(["CODE_INSEE", "ANNEE"]).sum().abs() > 0.5
        blank = every[f"{name}_blank"].groupby(["CODE_INSEE", "ANNEE"]).sum() > 0
        wrong = off.index[off & ~blank]
        if len(wrong):
            told = culprits([f"{code} en {year}" for code, year in wrong])
            msg = (
                f"{file}: {name}: all dwellings are not the sum of their types in "
                f"{len(wrong)} case(s): {told}; rows are missing or doubled: fetch it "
                "again"
            )
            raise DataError(msg)


def _cells(every: pd.DataFrame, dates: str, notes: list[str]) -> Cells:
    """Lay counts out by commune."""
    suffix, said = _DATES[dates]
    held: dict[str, Held] = {}
    columns: dict[str, pd.Series] = {}
    states: dict[str, pd.Series] = {}
    most = every["months"].groupby("ANNEE").transform("max")
    codes = every.index.get_level_values("CODE_INSEE").unique()
    for event, (word, told) in _EVENTS.items():
        below = int(every[f"{event}_below"].sum())
        if below:
            notes.append(
                f"{event} : {number(below)} valeur(s) sous zéro, gardées : ce que des "
                "annulations reprennent ; ses effectifs sont des soldes."
            )
        for kind, (key, label) in _TYPES.items():
            count = Count(
                name=f"{word}_{key}{suffix}",
                columns=(),
                label=f"{label.format(told)} ({said})",
                unit="logements",
                signed=below > 0,
            )
            for year in sorted(every.index.get_level_values("ANNEE").unique()):
                here = (every.index.get_level_values("ANNEE") == year) & (
                    every.index.get_level_values("type") == kind
                )
                if not here.any():
                    continue
                rows = every[here].droplevel(["ANNEE", "type"]).reindex(codes)
                short = rows["months"] < most[here].to_numpy().max()
                gone = rows[event].isna() | (rows[f"{event}_blank"] > 0)
                # Without some of its months, a balance is not even a minimum.
                gone |= short & (below > 0)
                item = Held(count, (int(year),))
                held[item.column] = item
                columns[item.column] = rows[event].mask(gone).reset_index(drop=True)
                states[item.column] = pd.Series(
                    np.select([gone, short], ["not_available", "lower_bound"], ""),
                    dtype=object,
                )
    notes.append(
        f"Logements en {said} ; codes du moment de l'événement : porter chaque année à "
        "part, bm.rebase(table[[…]].dropna(), from_year=…, to_year=2026)."
    )
    return Cells(
        codes=pd.Series(codes, dtype="str"),
        columns=pd.DataFrame(columns),
        held=held,
        states=states,
        notes=tuple(notes),
        dated=True,
    )


_MONTHLY: Final = Source(
    id="sitadel-mensuel",
    name="SDES, Sitadel, logements par commune et par mois",
    credit="SDES, Sitadel {year}",
    code=("CODE_INSEE",),
    needs=("ANNEE", "MOIS", "TYPE_LGT", *_EVENTS),
    read=_read,
)
SOURCES: Final = (
    _MONTHLY,
    Source(
        id="sitadel-annuel",
        name="SDES, Sitadel, logements par commune et par an",
        credit="SDES, Sitadel {year}",
        code=("COMM",),
        needs=("ANNEE", "TYPE_LGT", *_EVENTS),
        read=_read,
    ),
)
