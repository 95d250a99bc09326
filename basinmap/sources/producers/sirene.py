"""
Sirene of Insee: establishments created, by commune and year, or as points.

The stock holds those that are closed too, so that a creation is counted whatever became
of it. Who asked not to be told of has an address that is masked, and may have no
commune. Where establishments lie is in another file, made for statistics.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
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

_YEARS: Final = 10
"""Whole years of creations that are given."""
_CREATED: Final = Count(
    name="establishment_creations",
    columns=(),
    label="Créations d'établissements",
    unit="établissements",
)
_CODE: Final = r"[0-9][0-9AB][0-9]{3}"
_NAMES: Final = MappingProxyType(
    {
        "siret": ("siret",),
        "commune": ("codeCommuneEtablissement",),
        "created": ("dateCreationEtablissement",),
        "treated": ("dateDernierTraitementEtablissement",),
        "diffusion": ("statutDiffusionEtablissement",),
    }
)


def _read(found: Found) -> Cells:
    """Count the creations of the last whole years."""
    places = columns_of(found, _NAMES)
    parts, sirets, masked, abroad, undated, last = [], [], 0, 0, 0, ""
    file = found.grid.file
    for rows in blocks_of(found, places):
        _check_diffusion(rows["diffusion"], file)
        check_form(rows["siret"], "siret", "[0-9]{14}", file)
        last = max(last, day_of(rows["treated"], "dateDernierTraitement", file).max())
        day = day_of(rows["created"], "dateCreation", file)
        placed = rows["commune"].str.fullmatch(_CODE)
        _check_codes(rows["commune"][~placed], file)
        hidden = ~placed & (rows["diffusion"] != "O")
        masked += int(hidden.sum())
        abroad += int((~placed & ~hidden).sum())
        undated += int((placed & (day == "")).sum())
        kept = placed & (day != "")
        keys = [rows["commune"][kept], day[kept].str.slice(0, 4).astype(int)]
        parts.append(day[kept].groupby(keys).size().rename("n"))
        sirets.append(rows["siret"][placed].to_numpy(dtype="int64"))
    if not parts or not last:
        msg = f"{found.grid.file}: no establishment with the day it was last treated"
        raise DataError(msg)
    _check_once(np.concatenate(sirets), found.grid.file)
    return _counted(pd.concat(parts), last, (masked, abroad, undated))


def _counted(tally: pd.Series, last: str, left: tuple[int, int, int]) -> Cells:
    """Lay creations out by commune and whole year."""
    rows = tally.reset_index().set_axis(["commune", "year", "n"], axis=1)
    rows["commune"], moved = heirs(rows["commune"])
    until = int(last[:4])
    counts = rows.groupby(["year", "commune"])["n"].sum()
    every = pd.Series(0.0, pd.Index(sorted(rows["commune"].unique())))
    tallies = {
        (_CREATED, year): counts.loc[year] if year in counts.index else every
        for year in range(until - _YEARS, until)
    }
    told = [
        f"Stock au {last} : l'année {until}, incomplète, est laissée ; créations de "
        f"{until - _YEARS} à {until - 1}, quel que soit leur état depuis.",
    ]
    for n, words in zip(left, _LEFT, strict=True):
        if n:
            told.append(f"{words} : {number(n)}, dans aucune commune.")
    if moved:
        told.append("Codes d'anciennes communes portés à celle qui les contient.")
    return cells_of(tallies, notes=told, cog=LATEST)


_LEFT: Final = (
    "Établissements à diffusion partielle sans commune",
    "Établissements sans code de commune (à l'étranger)",
    "Établissements sans date de création",
)


def _check_once(sirets: np.ndarray, file: str) -> None:
    """Refuse a file whose rows stand twice: each would be two creations."""
    again = len(sirets) - len(np.unique(sirets))
    if again:
        msg = f"{file}: {again} siret stand more than once: fetch the file again"
        raise DataError(msg)


def _check_diffusion(status: pd.Series, file: str) -> None:
    strange = sorted(set(status) - {"O", "P", "N"})
    if strange:
        msg = (
            f"{file}: statutDiffusion {culprits(strange)}: O, P or N was expected; "
            "columns are shifted: fetch the file again"
        )
        raise DataError(msg)


def _check_codes(codes: pd.Series, file: str) -> None:
    """Refuse what is neither a code, nor masked, nor void."""
    odd = codes[~codes.isin(["", "[ND]"])]
    if len(odd):
        msg = (
            f"{file}: codeCommune {culprits(odd.unique())}: codes of five characters "
            "were expected: the file went through a spreadsheet; fetch it again"
        )
        raise DataError(msg)


_STOCK: Final = Source(
    id="sirene",
    name="Insee, Sirene, stock des établissements",
    credit="Insee, Sirene {year}",
    code=("siret",),
    needs=(
        "siret",
        "statutDiffusionEtablissement",
        "dateCreationEtablissement",
        "codeCommuneEtablissement",
        "etatAdministratifEtablissement",
    ),
    read=_read,
    points=Points(
        key=("siret",),
        named="siret",
        commune=("codeCommuneEtablissement",),
        kept=MappingProxyType(
            {
                "naf": ("activitePrincipaleEtablissement",),
                "nomenclature": ("nomenclatureActivitePrincipaleEtablissement",),
                "created": ("dateCreationEtablissement",),
                "state": ("etatAdministratifEtablissement",),
                "diffusion": ("statutDiffusionEtablissement",),
                "staff": ("trancheEffectifsEtablissement",),
            }
        ),
        apart=True,
        shown=(
            "diffusion",
            "O",
            "À diffusion partielle, à compter et jamais à montrer un à un",
        ),
        checked=MappingProxyType(
            {
                "key": "[0-9]{14}",
                "state": "[AF]",
                "diffusion": "[OPN]",
                "created": DAY,
                "staff": "NN|[0-9]{2}|",
                "naf": r"[0-9]{2}\.[0-9A-Z]{1,3}|[0-9]{4}[A-Z]?|\[ND\]|",
                "nomenclature": r"\w*",
            }
        ),
    ),
    cautions=(
        "Sirene compte des établissements, non des emplois ; une adresse à diffusion "
        "partielle est masquée.",
    ),
)
SOURCES: Final = (
    _STOCK,
    Source(
        id="sirene-positions",
        name="Insee, Sirene, géolocalisation pour les études statistiques",
        credit="Insee, Sirene géolocalisé {year}",
        code=("siret",),
        needs=("siret", "x", "y", "qualite_xy", "epsg", "plg_code_commune"),
        points=Points(
            key=("siret",),
            named="siret",
            x=("x",),
            y=("y",),
            commune=("plg_code_commune",),
            kept=MappingProxyType(
                {
                    "quality": ("qualite_xy",),
                    "iris": ("plg_iris",),
                    "qpv": ("plg_qp24",),
                }
            ),
            epsg="epsg",
            lonlat=("x_longitude", "y_latitude"),
            checked=MappingProxyType(
                {
                    "key": "[0-9]{14}",
                    "quality": "[0-9]{0,3}",
                    "qpv": "Q[NP][0-9A-Z]{6}|[A-Z]{0,3}",
                    "iris": "[0-9][0-9AB][0-9]{7}|[A-Z]{0,3}",
                }
            ),
        ),
    ),
)
