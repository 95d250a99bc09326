"""
Long files of Insee (Melodi): census of 2022 and after, Filosofi of 2023.

A row is one figure: a territory, a year, a value for each dimension. All levels stand
in one file, and `_T` is the total of a dimension: a count is read where each dimension
that does not define it is at `_T`, so that nothing counts twice. A value carried by
another commune since a merger is missing, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.sources.cells import numbers_of
from basinmap.sources.layouts import MARKS, Cells, Count, Found, Held, Source, position
from basinmap.sources.producers.census import COUNTS
from basinmap.sources.producers.census import SOURCES as CENSUS_FILES
from basinmap.sources.producers.filosofi import SOURCES as FILOSOFI
from basinmap.typography import number

__all__ = ["SOURCES"]

_PLACE: Final = ("GEO", "GEO_OBJECT", "TIME_PERIOD", "OBS_VALUE")
_STATUS: Final = ("OBS_STATUS", "CONF_STATUS")
_ASIDE: Final = frozenset({*_PLACE, *_STATUS, "UNIT_MEASURE", "UNIT_MULT", "FREQ"})
_TOTAL: Final = "_T"
_API: Final = re.compile(
    r"(?:(?P<cog>20\d\d)-)?(?:COM-)?(?P<code>[0-9][0-9AB][0-9]{3})"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Where a count stands in a long file.

    Attributes
    ----------
    count
        Its name.
    of
        Dimension to value, or values to add up; all others are at `_T`.
    """

    count: str
    of: Mapping[str, tuple[str, ...]]


def _rule(count: str, **of: str | tuple[str, ...]) -> Rule:
    values = {k: (v,) if isinstance(v, str) else v for k, v in of.items()}
    return Rule(count, MappingProxyType(values))


_HOMES, _MAIN = "DWELLINGS", "DW_MAIN"
_HOUSING: Final = (
    _rule("dwellings", RP_MEASURE=_HOMES, OCS=_TOTAL),
    _rule("main_residences", RP_MEASURE=_HOMES, OCS=_MAIN),
    _rule("secondary_residences", RP_MEASURE=_HOMES, OCS="DW_SEC_DW_OCC"),
    _rule("vacant_dwellings", RP_MEASURE=_HOMES, OCS="DW_VAC"),
)
_TYPES: Final = (
    _rule("houses", RP_MEASURE=_HOMES, OCS=_TOTAL, TDW="1"),
    _rule("flats", RP_MEASURE=_HOMES, OCS=_TOTAL, TDW="2"),
    *(
        _rule(f"main_residences_{name}", RP_MEASURE=_HOMES, OCS=_MAIN, NOR=code)
        for name, code in (
            ("1_room", "R1"),
            ("2_rooms", "R2"),
            ("3_rooms", "R3"),
            ("4_rooms", "R4"),
            ("5_rooms", "R_GE5"),
        )
    ),
    *(
        _rule(f"main_residences_{name}", RP_MEASURE=_HOMES, OCS=_MAIN, TSH=code)
        for name, code in (("owned", "100"), ("rented", "200"), ("rented_hlm", "221"))
    ),
    *(
        _rule(f"main_residences_{name}", RP_MEASURE=_HOMES, OCS=_MAIN, BUILD_END=code)
        for name, code in (
            ("pre1919", "Y_LT1919"),
            ("1919to1945", "Y1919T1945"),
            ("1946to1970", "Y1946T1970"),
        )
    ),
    _rule("household_population", RP_MEASURE="DWELLINGS_POPSIZE", OCS=_MAIN),
)
_OVER: Final = ("SEV_OVER_OCC", "MOD_OVER_OCC")
_CENSUS: Final = {count.name: count for count in reversed(COUNTS)}


def _read(found: Found, rules: tuple[Rule, ...], counts: Mapping[str, Count]) -> Cells:
    """Read the counts of communes that rules find."""
    header, file = found.header, found.grid.file
    dimensions = [name for name in header if name and name not in _ASIDE]
    rules = tuple(rule for rule in rules if set(rule.of) <= set(dimensions))
    names = [*_PLACE, *_STATUS, *dimensions]
    places = {
        at: name
        for name in names
        if (at := position(header, (re.escape(name),))) is not None
    }
    parts, other = [], 0
    for block in found.grid.blocks(found.at, sorted(places)):
        rows = block.rename(columns=places)
        ours = rows["GEO_OBJECT"] == "COM"
        other += int((~ours).sum())
        parts += [_matched(rows[ours], rule, dimensions, file) for rule in rules]
    if not parts or not sum(map(len, parts)):
        msg = f"{file}: no commune (GEO_OBJECT = COM) with the counts that are read"
        raise DataError(msg)
    every = pd.concat(parts, ignore_index=True)
    notes = [f"Lignes d'autres niveaux laissées : {number(other)}."]
    carried = int((every["status"] == "K").sum())
    if carried:
        notes.append(
            f"Valeurs portées par une autre commune (fusion) : {number(carried)}."
        )
    return _cells(every, {rule.count: rule for rule in rules}, counts, notes, file)


def _matched(
    rows: pd.DataFrame, rule: Rule, dimensions: list[str], file: str
) -> pd.DataFrame:
    """Return the figures of one count."""
    kept = pd.Series(data=True, index=rows.index)
    for name in dimensions:
        kept &= rows[name].isin(rule.of.get(name, (_TOTAL,)))
    rows = rows[kept]
    codes = rows["GEO"].str.extract(_API)
    odd = rows["GEO"][codes["code"].isna()]
    if len(odd):
        msg = f"{file}: GEO of communes such as {culprits(odd.unique(), most=3)}"
        raise DataError(msg)
    years = rows["TIME_PERIOD"]
    if not years.str.fullmatch(r"(?:19|20)\d\d").all():
        msg = f"{file}: TIME_PERIOD holds {culprits(years.unique())}: years expected"
        raise DataError(msg)
    values, states = numbers_of(rows["OBS_VALUE"], rule.count, MARKS)
    status = rows.get("OBS_STATUS", pd.Series("", rows.index))
    hidden = rows.get("CONF_STATUS", pd.Series("", rows.index)) == "C"
    gone = status.isin(["K", "O"])
    states = states.mask(gone, "not_available").mask(hidden, "secret")
    return pd.DataFrame(
        {
            "count": rule.count,
            "code": codes["code"],
            "cog": codes["cog"],
            "year": years.astype(int),
            "value": values.mask(gone | hidden),
            "state": states,
            "status": status,
        }
    )


def _cells(
    every: pd.DataFrame,
    rules: Mapping[str, Rule],
    counts: Mapping[str, Count],
    notes: list[str],
    file: str,
) -> Cells:
    codes = pd.Index(sorted(every["code"].unique()))
    held: dict[str, Held] = {}
    columns: dict[str, pd.Series] = {}
    states: dict[str, pd.Series] = {}
    for (name, year), rows in every.groupby(["count", "year"], sort=True):
        due = int(np.prod([len(values) for values in rules[name].of.values()]))
        groups = rows.groupby("code")
        n = groups.size()
        if (n > due).any():
            again = culprits(n.index[n > due])
            msg = (
                f"{file}: {name} of {year} stands several times for "
                f"{int((n > due).sum())} commune(s): {again}; rows are "
                "doubled, or a dimension is unknown"
            )
            raise DataError(msg)
        secret = (rows["state"] == "secret").groupby(rows["code"]).any()
        lost = rows["value"].isna().groupby(rows["code"]).any() | (n < due)
        total = groups["value"].sum().mask(lost).reindex(codes)
        told = np.select(
            [secret.reindex(codes, fill_value=False), total.isna()],
            ["secret", "not_available"],
            "",
        )
        item = Held(counts[name], (int(year),))
        held[item.column] = item
        columns[item.column] = total.reset_index(drop=True)
        states[item.column] = pd.Series(told, dtype=object)
    lists = every["cog"].dropna().unique()
    return Cells(
        codes=pd.Series(codes, dtype="str"),
        columns=pd.DataFrame(columns),
        held=held,
        states=states,
        notes=tuple(notes),
        cog=int(lists[0]) if len(lists) == 1 else None,
    )


def _long(
    id_: str, name: str, needs: tuple[str, ...], rules: tuple[Rule, ...]
) -> Source:
    return Source(
        id=id_,
        name=name,
        credit="Insee, recensement de la population {year}",
        code=("GEO",),
        needs=(*_PLACE, *needs),
        lag=3,
        totals=CENSUS_FILES[0].totals,
        read=lambda found: _read(found, rules, _CENSUS),
        cautions=("Les années d'un fichier se comparent entre elles, non à d'autres.",),
    )


_INCOME: Final = {count.name: count for count in FILOSOFI[0].counts}
SOURCES: Final = (
    _long(
        "rp-logement-long",
        "Insee, recensement, logement, fichier long",
        ("RP_MEASURE", "OCS", "TDW", "TSH"),
        (*_HOUSING, *_TYPES),
    ),
    _long(
        "rp-serie-historique-long",
        "Insee, recensement, séries historiques, fichier long",
        ("RP_MEASURE", "OCS"),
        (*_HOUSING, _rule("population", RP_MEASURE="POP")),
    ),
    _long(
        "rp-logement-comp-long",
        "Insee, recensement, occupation des logements, fichier long",
        ("RP_MEASURE", "OCC_IND"),
        (
            _rule("overcrowded", RP_MEASURE=_HOMES, OCC_IND=_OVER),
            _rule("occupancy_known", RP_MEASURE=_HOMES, OCC_IND=_TOTAL),
        ),
    ),
    _long(
        "rp-evol-struct-pop-long",
        "Insee, recensement, population, fichier long",
        ("RP_MEASURE", "AGE", "SEX"),
        (
            _rule("population", RP_MEASURE="POP", AGE=_TOTAL, SEX=_TOTAL),
            _rule("population_under_20", RP_MEASURE="POP", AGE="Y_LT20", SEX=_TOTAL),
            _rule("population_65_plus", RP_MEASURE="POP", AGE="Y_GE65", SEX=_TOTAL),
        ),
    ),
    _long(
        "rp-couples-familles-menages-long",
        "Insee, recensement, ménages, fichier long",
        ("RP_MEASURE", "TPH"),
        (
            _rule("households_c", RP_MEASURE=_HOMES, TPH=_TOTAL),
            _rule("one_person_households", RP_MEASURE=_HOMES, TPH="11"),
            _rule("single_parent_households", RP_MEASURE=_HOMES, TPH="MF21"),
        ),
    ),
    _long(
        "rp-emploi-pop-active-long",
        "Insee, recensement, activité, fichier long",
        ("RP_MEASURE", "EMPSTA_ENQ", "AGE"),
        (
            _rule("active_15_64", RP_MEASURE="POP", EMPSTA_ENQ="1T2", AGE="Y15T64"),
            _rule("unemployed_15_64", RP_MEASURE="POP", EMPSTA_ENQ="2", AGE="Y15T64"),
        ),
    ),
    Source(
        id="filosofi-long",
        name="Insee, Filosofi 2, communes, fichier long",
        credit=FILOSOFI[0].credit,
        code=("GEO",),
        needs=(*_PLACE, "FILOSOFI_MEASURE"),
        read=lambda found: _read(
            found,
            (
                _rule("median_living_standard", FILOSOFI_MEASURE="MED_SL"),
                _rule("poverty_rate", FILOSOFI_MEASURE="PR_MD60"),
                _rule("decile_1", FILOSOFI_MEASURE="D1_SL"),
                _rule("decile_9", FILOSOFI_MEASURE="D9_SL"),
            ),
            _INCOME,
        ),
        cautions=("Filosofi 2 : ne se compare pas aux années 2012 à 2021.",),
    ),
)
