"""
DVF of DGFiP: sales by commune and year, counted by mutation and never by line.

A mutation is several lines that all bear its whole price. geo-DVF names it
(`id_mutation`); the raw file does not, and date, disposition, price and commune stand
for it, which is said. One over several communes counts once, in the first of them by
dwellings, then by surface: sums above communes are those of mutations. A median rests
on its mutations, and is given from eleven on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.sources.layouts import Cells, Count, Found, Held, Source, position
from basinmap.sources.producers.tallies import check_times
from basinmap.typography import number

__all__ = ["LEAST", "SOURCES"]

LEAST: Final = 11
"""Mutations under which a median is not given."""

_QUARTER: Final = 3
_MANY: Final = 200
"""Lines of a year from which a month without any is missing."""

_GEO: Final = MappingProxyType(
    {
        "mutation": "id_mutation",
        "date": "date_mutation",
        "nature": "nature_mutation",
        "price": "valeur_fonciere",
        "commune": "code_commune",
        "kind": "type_local",
        "built": "surface_reelle_bati",
        "rooms": "nombre_pieces_principales",
        "lot": "lot1_numero",
        "use": "nature_culture",
        "land": "surface_terrain",
        "number": "adresse_numero",
        "suffix": "adresse_suffixe",
        "street": "adresse_nom_voie",
        "parcel": "id_parcelle",
    }
)
_RAW: Final = MappingProxyType(
    {
        "disposition": "No disposition",
        "date": "Date mutation",
        "nature": "Nature mutation",
        "price": "Valeur fonciere",
        "departement": "Code departement",
        "commune": "Code commune",
        "volume": "No Volume",
        "kind": "Type local",
        "built": "Surface reelle bati",
        "rooms": "Nombre pieces principales",
        "lot": "1er lot",
        "use": "Nature culture",
        "land": "Surface terrain",
        "number": "No voie",
        "suffix": "B/T/Q",
        "street": "Voie",
        "prefix": "Prefixe de section",
        "section": "Section",
        "plan": "No plan",
    }
)
_SALE: Final = "Vente"
_LAND_SALE: Final = "Vente terrain à bâtir"
_FOR_BUILDING: Final = r"AB|terrains? [aà] b[aâ]tir"
_HOUSE, _FLAT, _OUTBUILDING = "Maison", "Appartement", "Dépendance"
_KINDS: Final = ("", _HOUSE, _FLAT, _OUTBUILDING)


def _counted(name: str, label: str) -> Count:
    return Count(name=name, columns=(), label=label, unit="mutations")


def _median(name: str, label: str, unit: str) -> Count:
    return Count(name=name, columns=(), label=label, unit=unit, published=True)


_COUNTS: Final = {
    count.name: count
    for count in (
        _counted("sales", "Mutations"),
        _counted("sales_houses", "Mutations de maisons"),
        _counted("sales_flats", "Mutations d'appartements"),
        _counted("sales_land", "Mutations de terrains à bâtir"),
        _median("median_price_houses", "Prix médian des maisons", "€"),
        _median("median_price_flats", "Prix médian des appartements", "€"),
        _median("median_price_m2_houses", "Prix médian des maisons au m²", "€/m²"),
        _median("median_price_m2_flats", "Prix médian des appartements au m²", "€/m²"),
        _median("median_price_m2_land", "Prix médian du terrain à bâtir au m²", "€/m²"),
    )
}


def _read(found: Found) -> Cells:
    """Count mutations, and take the medians of those of one dwelling."""
    raw = found.source.id == "dvf-brut"
    names = _RAW if raw else _GEO
    at = {key: position(found.header, (name,)) for key, name in names.items()}
    absent = [names[key] for key, place in at.items() if place is None]
    if absent:
        msg = f"{found.grid.file}: no column {culprits(absent)}; is it DVF, whole?"
        raise DataError(msg)
    places = {int(place): key for key, place in at.items() if place is not None}
    lines, others = 0, 0
    parts = []
    for block in found.grid.blocks(found.at, sorted(places)):
        rows = block.rename(columns=places)
        lines += len(rows)
        sold = rows["nature"].isin([_SALE, _LAND_SALE])
        others += int((~sold).sum())
        parts.append(_typed(rows[sold], found.grid.file, raw=raw))
    if not parts:
        msg = f"{found.grid.file}: no line under the header; fetch it again"
        raise DataError(msg)
    every = pd.concat(parts, ignore_index=True)
    check_times(every["row"].value_counts().to_numpy(), found.grid.file)
    every, cut = _whole_years(every, found.grid.file)
    mutations, spread = _mutations(every)
    notes = [
        f"{number(lines)} lignes, {number(len(mutations))} mutations : une mutation "
        "est plusieurs lignes qui portent chacune son prix entier.",
        f"Ventes seules : {number(others)} lignes d'échanges, d'adjudications, de "
        "ventes en l'état futur d'achèvement ou d'expropriations laissées.",
        f"Médianes à partir de {LEAST} mutations, sur celles d'un seul logement.",
        *cut,
    ]
    if spread:
        notes.append(
            f"Mutations sur plusieurs communes : {number(spread)}, chacune comptée une "
            "fois, dans la commune où elle a le plus de logements, sinon de surface."
        )
    if raw:
        notes.append(
            "Mutations reconnues à leur date, leur disposition, leur prix, leur "
            "commune et leur volume : le fichier brut ne les identifie pas. Celle qui "
            "porte sur deux communes y compte dans chacune, à son prix entier."
        )
    return _cells(mutations, notes)


def _typed(rows: pd.DataFrame, file: str, *, raw: bool) -> pd.DataFrame:
    """Return lines with numbers, and keys that take little room."""
    if raw:
        day, month, year = (rows["date"].str.slice(*cut) for cut in _RAW_DATE)
        date = year + "-" + month + "-" + day
        commune = rows["departement"] + rows["commune"].str.zfill(3)
        key = date + "|" + commune
        for name in ("disposition", "price", "volume"):
            key = key + "|" + rows[name]
    else:
        date, commune, key = rows["date"], rows["commune"], rows["mutation"]
    odd = date[~date.str.fullmatch(r"(?:19|20)\d\d-\d\d-\d\d")]
    if len(odd):
        form = "JJ/MM/AAAA" if raw else "AAAA-MM-JJ"
        msg = f"{file}: {len(odd)} date(s) such as {odd.iloc[0]!r}; {form} expected"
        raise DataError(msg)
    blank = key.str.strip("|") == ""
    if blank.any():
        msg = f"{file}: {int(blank.sum())} line(s) without a mutation; fetch it again"
        raise DataError(msg)
    unknown = sorted(set(rows["kind"]) - {*_KINDS} - {_LOCAL})
    if unknown:
        msg = f"{file}: unknown Type local {culprits(unknown)}: columns are shifted"
        raise DataError(msg)
    where = ["number", "suffix", "street"]
    parcel = ["prefix", "section", "plan"] if raw else ["parcel"]
    # Lines of one dwelling have one address; without a number, the parcel tells.
    numbered = (rows["number"] != "").to_numpy()
    ground = rows[parcel].mask(
        np.broadcast_to(numbered[:, None], (len(rows), len(parcel))), ""
    )
    use = rows["use"].str.fullmatch(_FOR_BUILDING, case=False)
    return pd.DataFrame(
        {
            "mutation": pd.util.hash_array(key.to_numpy(dtype=object)),
            "row": pd.util.hash_pandas_object(rows, index=False).to_numpy(),
            "year": date.str[:4].astype("int16"),
            "month": date.str[5:7].astype("int8"),
            "commune": commune,
            "kind": pd.Categorical(rows["kind"], [*_KINDS, _LOCAL]),
            "same": pd.util.hash_pandas_object(
                rows[["kind", "built", "rooms", "lot", *where]].join(ground),
                index=False,
            ),
            "price": _amounts(rows["price"], "valeur foncière", file),
            "built": _amounts(rows["built"], "surface bâtie", file),
            "land": _amounts(rows["land"], "surface de terrain", file),
            "building": (use | (rows["nature"] == _LAND_SALE)).astype(bool),
        }
    )


_RAW_DATE: Final = ((0, 2), (3, 5), (6, 10))
_LOCAL: Final = "Local industriel. commercial ou assimilé"


def _amounts(text: pd.Series, name: str, file: str) -> pd.Series:
    """Return prices or surfaces; blank ones are missing."""
    plain = text.str.fullmatch(r"[0-9]+(?:[.,][0-9]+)?")
    odd = text[~plain & (text != "")]
    if len(odd):
        msg = f"{file}: {len(odd)} {name} that are no numbers: {culprits(odd, most=3)}"
        raise DataError(msg)
    return pd.to_numeric(text.str.replace(",", ".", regex=False).replace("", None))


def _whole_years(lines: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[str]]:
    """Leave out a year that is not whole: it would look like a collapse."""
    sold = lines.groupby(["year", "month"]).size()
    part = {}
    for year, counts in sold.groupby(level="year"):
        months = sorted(counts.index.get_level_values("month"))
        ends = max(months[0] - 1, 12 - months[-1])
        # A small file may have months without a sale, and no quarter at an end.
        if ends >= _QUARTER or (len(months) < 12 and counts.sum() >= _MANY):
            part[int(year)] = months
    if not part:
        return lines, []
    told = ", ".join(f"{year} ({len(months)} mois)" for year, months in part.items())
    if len(part) == len(sold.index.unique("year")):
        msg = (
            f"{file}: its sales are of a part of the year only, {told}: counts of it "
            "would look like those of a whole year; give the file of whole years"
        )
        raise DataError(msg)
    kept = lines[~lines["year"].isin(list(part))].reset_index(drop=True)
    return kept, [f"Années incomplètes, laissées : {told}."]


def _mutations(lines: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return one row a mutation, and how many are of several communes."""
    dwelling = lines["kind"].isin([_HOUSE, _FLAT])
    # One dwelling stands on a line for each parcel, or use of the ground.
    homes = lines[dwelling].drop_duplicates(["mutation", "commune", "same"])
    one = homes.groupby("mutation", observed=True).agg(
        dwellings=("kind", "size"), kind=("kind", "first"), built=("built", "first")
    )
    every = lines.groupby("mutation").agg(
        year=("year", "first"),
        commune=("commune", "first"),
        price=("price", "first"),
        least=("price", "min"),
        most=("price", "max"),
        building=("building", "any"),
        land=("land", "sum"),
    )
    pairs = lines[["mutation", "commune"]].drop_duplicates()
    spread = pairs["mutation"][pairs["mutation"].duplicated()].unique()
    if len(spread):
        first = _first_communes(lines, homes, spread)
        every.loc[first.index, "commune"] = first
    bare = lines["kind"] == ""
    every["only_land"] = bare.groupby(lines["mutation"]).all()
    every["works"] = (lines["kind"] == _LOCAL).groupby(lines["mutation"]).any()
    every = every.join(one)
    # The lines of one mutation bear one price, or it has none that can be told.
    every["price"] = every["price"].where(every["least"] == every["most"])
    return every.reset_index(), len(spread)


def _first_communes(
    lines: pd.DataFrame, homes: pd.DataFrame, spread: np.ndarray
) -> pd.Series:
    """Return the commune in which each mutation of several counts."""
    keys = ["mutation", "commune"]
    here = lines[lines["mutation"].isin(spread)]
    sums = here.groupby(keys, observed=True)[["land"]].sum()
    mine = homes[homes["mutation"].isin(spread)]
    held = mine.groupby(keys, observed=True)["built"].agg(["size", "sum"])
    ranked = sums.join(held).fillna(0.0).reset_index()
    ranked = ranked.sort_values(
        ["mutation", "size", "sum", "land", "commune"],
        ascending=[True, False, False, False, True],
    )
    return ranked.drop_duplicates("mutation").set_index("mutation")["commune"]


def _cells(mutations: pd.DataFrame, notes: list[str]) -> Cells:
    """Lay counts and medians out by commune and year."""
    alone = (mutations["dwellings"] == 1) & ~mutations["works"].astype(bool)
    house = alone & (mutations["kind"] == _HOUSE)
    flat = alone & (mutations["kind"] == _FLAT)
    plot = mutations["building"] & mutations["only_land"].astype(bool)
    built = mutations["price"] / mutations["built"].where(mutations["built"] > 0)
    bare = mutations["price"] / mutations["land"].where(mutations["land"] > 0)
    what = {
        "sales": (pd.Series(data=True, index=mutations.index), None),
        "sales_houses": (house, None),
        "sales_flats": (flat, None),
        "sales_land": (plot, None),
        "median_price_houses": (house, mutations["price"]),
        "median_price_flats": (flat, mutations["price"]),
        "median_price_m2_houses": (house, built),
        "median_price_m2_flats": (flat, built),
        "median_price_m2_land": (plot, bare),
    }
    codes = pd.Index(sorted(mutations["commune"].astype(str).unique()))
    held: dict[str, Held] = {}
    columns: dict[str, pd.Series] = {}
    states: dict[str, pd.Series] = {}
    for year in sorted(mutations["year"].unique()):
        for name, (which, values) in what.items():
            here = which & (mutations["year"] == year)
            item = Held(_COUNTS[name], (int(year),))
            held[item.column] = item
            kept = pd.Series(1.0, mutations.index) if values is None else values
            groups = kept[here].groupby(mutations["commune"][here].astype(str))
            n = groups.count().reindex(codes).fillna(0.0)
            found = (
                n
                if values is None
                else groups.median().reindex(codes).where(n >= LEAST)
            )
            columns[item.column] = found.reset_index(drop=True)
            states[item.column] = pd.Series(
                np.where(found.isna(), "not_available", ""), dtype=object
            )
    return Cells(
        codes=pd.Series(codes, dtype="str"),
        columns=pd.DataFrame(columns),
        held=held,
        states=states,
        notes=tuple(notes),
    )


_GEO_DVF: Final = Source(
    id="dvf",
    name="DGFiP, DVF géolocalisées (geo-DVF)",
    credit="DGFiP, demandes de valeurs foncières {year}",
    code=("id_mutation",),
    needs=("date_mutation", "nature_mutation", "valeur_fonciere", "code_commune"),
    read=_read,
    cautions=(
        "Une commune absente n'a pas eu de vente. Réutilisation : aucune "
        "réidentification des personnes.",
    ),
)
SOURCES: Final = (
    _GEO_DVF,
    Source(
        id="dvf-brut",
        name="DGFiP, DVF, fichier brut",
        credit=_GEO_DVF.credit,
        code=("Code commune",),
        needs=("Date mutation", "Nature mutation", "Valeur fonciere", "Type local"),
        read=_read,
        cautions=_GEO_DVF.cautions,
    ),
)
