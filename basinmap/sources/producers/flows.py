"""
Flows of the census of Insee: commuting (MOBPRO) and moves of a year (MIGCOM).

A matrix has one row a pair of communes, of which one may be abroad; the detail one row
a person, of whom `IPONDI` says how many they stand for. Those who stay where they are
stand on the diagonal, which is dropped last, at the level that is published.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pandas as pd

from basinmap.errors import DataError
from basinmap.sources.cells import numbers_of
from basinmap.sources.layouts import (
    Cells,
    Count,
    Found,
    Held,
    Marks,
    Source,
    held_counts,
    position,
    told_year,
)
from basinmap.sources.producers.tallies import Rows, blocks_of, check_form
from basinmap.typography import number

__all__ = ["SOURCES"]

_MARKS: Final = Marks(decimal=".")
_MOVERS: Final = Count(
    name="movers",
    columns=("NBFLUX_C{yy}_POP01P",),
    label="Personnes ayant changé de commune de résidence en un an",
    unit="personnes",
    family="C",
)
_COMMUTERS: Final = Count(
    name="commuters",
    columns=("NBFLUX_C{yy}_ACTOCC15P",),
    label="Actifs occupés, de leur commune de résidence à celle de leur travail",
    unit="actifs",
    family="C",
)


def _matrix(origin: str, destination: str) -> Callable[[Found], Cells]:
    """Return what reads one row a pair."""

    def read(found: Found) -> Cells:
        held = held_counts(found.source.counts, found.header)
        ends = [position(found.header, (name,)) for name in (origin, destination)]
        at = [int(place) for place in ends if place is not None]
        values = [place for item in held for place in item.at]
        text = found.grid.frame(found.at, sorted({*at, *values}))
        return Cells(
            codes=text[at[0]],
            columns=text[values],
            held={item.column: item for item in held},
            ends=text[at].set_axis(["origin", "destination"], axis=1),
        )

    return read


def _detail(origin: str, destination: str, count: Count) -> Callable[[Found], Cells]:
    """Return what adds persons up to one row a pair."""

    def read(found: Found) -> Cells:
        names = {"COMMUNE", "ARM", "IRAN", "IPONDI", origin, destination}
        places = {
            at: name
            for name in sorted(names)
            if (at := position(found.header, (name,))) is not None
        }
        parts, out, seen = [], 0, Rows()
        for block in blocks_of(found, places):
            rows = block
            seen.add(rows)
            check_form(rows["ARM"], "ARM", "[0-9]{5}|ZZZZZ|", found.grid.file)
            rows["COMMUNE"] = rows["ARM"].where(
                ~rows["ARM"].isin(["ZZZZZ", ""]), rows["COMMUNE"]
            )
            if "IRAN" in rows:
                check_form(rows["IRAN"], "IRAN", "[0-9]", found.grid.file)
                # « 0 »: attached to another dwelling, out of the field.
                field = rows["IRAN"] != "0"
                out += int((~field).sum())
                rows = rows[field]
            weights, states = numbers_of(rows["IPONDI"], "IPONDI", _MARKS)
            _check_weights(states, found.grid.file)
            keys = [rows[origin].rename("origin"), rows[destination].rename("end")]
            weights = weights.rename("IPONDI")
            parts.append(weights.groupby(keys, sort=False).sum())
        if not parts:
            msg = f"{found.grid.file}: no person under the header; fetch it again"
            raise DataError(msg)
        seen.check(found.grid.file)
        sums = pd.concat(parts).groupby(level=[0, 1]).sum().reset_index()
        item = Held(count, (told_year(found),))
        return Cells(
            codes=sums["origin"],
            columns=sums[["IPONDI"]].set_axis([item.column], axis=1),
            held={item.column: item},
            states={item.column: pd.Series("", sums.index, dtype=object)},
            ends=sums[["origin", "end"]].set_axis(["origin", "destination"], axis=1),
            notes=(
                "Fichier de personnes, additionnées par leur poids (IPONDI).",
                *([f"Personnes hors du champ (IRAN 0) : {number(out)}."] * (out > 0)),
            ),
        )

    return read


def _check_weights(states: pd.Series, file: str) -> None:
    if (states != "").any():
        msg = (
            f"{file}: {int((states != '').sum())} person(s) without a weight "
            "(IPONDI); the file is cut or its columns are shifted: fetch it again"
        )
        raise DataError(msg)


_ORDERS: Final = (
    "Les flux inférieurs à 200 personnes sont des ordres de grandeur.",
    "Diagonale comprise : ceux qui restent dans leur commune ; à retirer en dernier, "
    "au niveau publié.",
)
_MOVES: Final = Source(
    id="mobilite-residentielle",
    name="Insee, recensement, flux de mobilité résidentielle",
    credit="Insee, recensement de la population {year}, mobilités résidentielles",
    code=("CODGEO",),
    needs=("CODGEO", "DCRAN", "NBFLUX_C{yy}_POP01P"),
    counts=(_MOVERS,),
    marks=_MARKS,
    lag=3,
    # Where one lived a year before, where one lives.
    read=_matrix("DCRAN", "CODGEO"),
    cautions=_ORDERS,
)
_WORK: Final = Source(
    id="mobilite-professionnelle",
    name="Insee, recensement, flux entre domicile et travail",
    credit="Insee, recensement de la population {year}, mobilités professionnelles",
    code=("CODGEO",),
    needs=("CODGEO", "DCLT", "NBFLUX_C{yy}_ACTOCC15P"),
    counts=(_COMMUTERS,),
    marks=_MARKS,
    lag=3,
    read=_matrix("CODGEO", "DCLT"),
    cautions=(*_ORDERS, "La matrice ne dit pas le mode de transport."),
)
SOURCES: Final = (
    _MOVES,
    _WORK,
    Source(
        id="mobilite-residentielle-detail",
        name="Insee, recensement, mobilités résidentielles, fichier détail",
        credit=_MOVES.credit,
        code=("COMMUNE",),
        needs=("COMMUNE", "ARM", "DCRAN", "IRAN", "IPONDI"),
        marks=_MARKS,
        read=_detail("DCRAN", "COMMUNE", _MOVERS),
        cautions=_ORDERS,
    ),
    Source(
        id="mobilite-professionnelle-detail",
        name="Insee, recensement, mobilités professionnelles, fichier détail",
        credit=_WORK.credit,
        code=("COMMUNE",),
        needs=("COMMUNE", "ARM", "DCLT", "TRANS", "IPONDI"),
        marks=_MARKS,
        read=_detail("COMMUNE", "DCLT", _COMMUTERS),
        cautions=_ORDERS,
    ),
)
