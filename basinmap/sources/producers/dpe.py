"""
DPE of ADEME: energy labels of dwellings, valid at 1 January, or as points.

A sample: dwellings that were sold, let or built. One of them may have several; those
that another replaces are left out. Those of before July 2021 are of another method, and
make no series with these.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.sources.codes import LATEST, heirs
from basinmap.sources.layouts import Cells, Count, Found, Points, Source
from basinmap.sources.producers.tallies import (
    DAY,
    blocks_of,
    cells_of,
    check_form,
    columns_of,
    day_of,
)
from basinmap.typography import number

__all__ = ["SOURCES"]

_NUMBER: Final = ("numero_dpe", "N°DPE")
_LABEL: Final = ("etiquette_dpe", "Etiquette_DPE")
_COMMUNE: Final = ("code_insee_ban", r"Code_INSEE_\(BAN\)")
_FROM: Final = ("date_etablissement_dpe", "Date_[eé]tablissement_DPE")
_UNTIL: Final = ("date_fin_validite_dpe", "Date_fin_validit[eé]_DPE")
_KIND: Final = ("type_batiment", "Type_b[aâ]timent")
_REPLACED: Final = ("numero_dpe_remplace", "N°DPE_remplac[eé]")
_NAMES: Final = MappingProxyType(
    {
        "number": _NUMBER,
        "label": _LABEL,
        "commune": _COMMUNE,
        "from": _FROM,
        "until": _UNTIL,
        "kind": _KIND,
        "replaced": _REPLACED,
    }
)
_FORM: Final = "[0-9A-Z]{8,20}"
_BUILDING: Final = "immeuble"
_KINDS: Final = ("maison", "appartement", _BUILDING)
_LABELS: Final = tuple("ABCDEFG")
_VALID: Final = Count(
    name="dpe_valid",
    columns=(),
    label="Diagnostics de performance énergétique valides",
    unit="diagnostics",
)
_POOR: Final = Count(
    name="dpe_efg",
    columns=(),
    label="Diagnostics de performance énergétique E, F ou G",
    unit="diagnostics",
)
_CODE: Final = r"[0-9][0-9AB][0-9]{3}"


def _read(found: Found) -> Cells:
    """Count what is valid at the last 1 January of the file, or that asked for."""
    places = columns_of(found, _NAMES)
    file = found.grid.file
    parts = [_typed(rows, file) for rows in blocks_of(found, places)]
    if not parts:
        msg = f"{file}: no diagnosis under the header; fetch it again"
        raise DataError(msg)
    rows = pd.concat(parts, ignore_index=True)
    again = rows["number"].duplicated()
    rows = rows[~again]
    year = found.options.vintage or int(rows["from"].max()[:4])
    day = f"{year}-01-01"
    then = rows[rows["from"] < day]
    gone = then["number"].isin(then["replaced"])
    valid = then[~gone & (then["until"] >= day)]
    if valid.empty:
        first, last = rows["from"].min(), rows["from"].max()
        msg = (
            f"{file}: no diagnosis is valid on 1 January {year}: they were made from "
            f"{first} to {last}; write vintage= with another year"
        )
        raise DataError(msg)
    whole = valid["kind"] == _BUILDING
    homes = valid[~whole]
    placed = homes["commune"].str.fullmatch(_CODE)
    _check_codes(homes["commune"][~placed], file)
    counted = homes[placed].assign(commune=heirs(homes["commune"][placed])[0])
    notes = [
        f"Diagnostics valides au 1er janvier {year} : établis avant, non périmés.",
        f"Remplacés par un autre, laissés : {number(int(gone.sum()))}.",
        f"D'immeubles entiers, laissés : {number(int(whole.sum()))}.",
        f"Sans commune (adresse non reconnue) : {number(int((~placed).sum()))}.",
    ]
    if again.any():
        notes.append(f"Numéros répétés, comptés une fois : {number(int(again.sum()))}.")
    poor = counted[counted["label"].isin(["E", "F", "G"])]
    return cells_of(
        {
            (_VALID, year): counted.groupby("commune").size(),
            (_POOR, year): poor.groupby("commune").size(),
        },
        notes=notes,
        cog=LATEST,
    )


def _typed(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Check labels, kinds and dates; keep numbers as keys that take little room."""
    label = rows["label"].str.upper()
    for name, values, known in (
        ("etiquette_dpe", label, _LABELS),
        ("type_batiment", rows["kind"], _KINDS),
    ):
        strange = sorted(set(values) - set(known))
        if strange:
            msg = (
                f"{file}: {name} {culprits(strange)}: {', '.join(known)} expected; "
                "columns are shifted, or it is another file: fetch it again"
            )
            raise DataError(msg)
    check_form(rows["number"], "numero_dpe", _FORM, file)
    check_form(rows["replaced"], "numero_dpe_remplace", f"{_FORM}|", file)
    dates = {name: day_of(rows[name], name, file) for name in ("from", "until")}
    undated = sum(int((day == "").sum()) for day in dates.values())
    if undated:
        msg = f"{file}: {undated} date(s) of making or of end are void"
        raise DataError(msg)
    keys = {name: _hashed(rows[name]) for name in ("number", "replaced")}
    return pd.DataFrame(
        {
            **keys,
            **dates,
            "label": pd.Categorical(label, _LABELS),
            "kind": pd.Categorical(rows["kind"], _KINDS),
            "commune": rows["commune"],
        }
    )


def _hashed(text: pd.Series) -> pd.Series:
    return pd.Series(pd.util.hash_array(text.to_numpy(dtype=object)), text.index)


def _check_codes(codes: pd.Series, file: str) -> None:
    odd = codes[codes != ""]
    if len(odd):
        msg = (
            f"{file}: code_insee_ban {culprits(odd.unique())}: codes of five "
            "characters were expected: the file went through a spreadsheet; fetch it"
        )
        raise DataError(msg)


def _refused(found: Found) -> Cells:
    msg = (
        f"{found.grid.file} holds diagnoses of before July 2021, made by another "
        "method (labels A to G, and N): they make no series with those of today; give "
        "« dpe03existant » of ADEME"
    )
    raise DataError(msg)


_CREDIT: Final = "ADEME, diagnostics de performance énergétique {year}"
SOURCES: Final = (
    Source(
        id="dpe-ademe",
        name="ADEME, diagnostics de performance énergétique",
        credit=_CREDIT,
        code=_NUMBER,
        needs=(
            "(?:numero_dpe|N°DPE)",
            "etiquette_dpe",
            r"(?:code_insee_ban|Code_INSEE_\(BAN\))",
        ),
        read=_read,
        points=Points(
            key=_NUMBER,
            named="diagnosis",
            x=(
                "coordonnee_cartographique_x_ban",
                r"Coordonn[eé]e_cartographique_X_\(BAN\)",
            ),
            y=(
                "coordonnee_cartographique_y_ban",
                r"Coordonn[eé]e_cartographique_Y_\(BAN\)",
            ),
            commune=_COMMUNE,
            kept=MappingProxyType(
                {
                    "label": _LABEL,
                    "made": _FROM,
                    "until": _UNTIL,
                    "kind": _KIND,
                    "replaced": _REPLACED,
                }
            ),
            replaced="replaced",
            checked=MappingProxyType(
                {
                    "key": _FORM,
                    "label": "[A-G]",
                    "kind": "maison|appartement|immeuble",
                    "made": DAY,
                    "until": DAY,
                    "replaced": f"{_FORM}|",
                }
            ),
        ),
        cautions=(
            "Échantillon : seuls les logements vendus, loués ou construits sont "
            "diagnostiqués, et un logement peut l'être plusieurs fois.",
        ),
    ),
    Source(
        id="dpe-avant-2021",
        name="ADEME, diagnostics d'avant juillet 2021",
        credit=_CREDIT,
        code=("code_insee_commune_actualise",),
        needs=("classe_consommation_energie",),
        read=_refused,
    ),
)
