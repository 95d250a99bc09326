"""Codes of a file: repaired, each once, and the list of communes they are of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pandas as pd

from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.sheets import NOTE
from basinmap.sources.vintages import check_grounds
from basinmap.territory.former import communes_of, fates
from basinmap.territory.history import proposed, weighed
from basinmap.territory.levels import fold, repair_codes
from basinmap.territory.timelines import timeline
from basinmap.typography import number

__all__ = [
    "LATEST",
    "check_repeats",
    "dated",
    "heirs",
    "is_total",
    "level_above",
    "once",
    "repaired",
    "squares",
    "whole_cities",
    "without_districts",
]

LATEST: Final = 2026
"""Year of the last list of communes that is known."""
_NEAR: Final = {"59": "du Nord", "62": "du Pas-de-Calais"}
_TOTAL: Final = re.compile(
    rf"\s*(?:(?:total|ensemble|france|somme)\b.*|{NOTE})", re.IGNORECASE | re.DOTALL
)
# What a commune may have several of, and be one.
_POSTAL: Final = re.compile(
    r"(?:code )?postal|cp|codes? postal|codes? postaux|cp .*|ligne ?5|acheminement|"
    r"libelle (?:d )?acheminement|lat|lon|lng|latitude|longitude|geo ?point.*"
)
_SIREN: Final = "2[0-9]{8}"
_SHORT: Final = "[0-9][0-9AB]|97[1-6]"
_REGIONS: Final = "0[1-46]|11|2[478]|32|44|5[23]|7[56]|84|9[34]"
_SQUARE: Final = r"CRS3035RES200mN[0-9]{7}E[0-9]{7}"
# Cities that files give whole, and by district beside.
_CITIES: Final = {
    "75056": re.compile(r"751(?:0[1-9]|1[0-9]|20)"),
    "69123": re.compile(r"6938[1-9]"),
    "13055": re.compile(r"132(?:0[1-9]|1[0-6])"),
}


def repaired(
    codes: pd.Series, values: pd.DataFrame, level: str, file: str
) -> tuple[pd.Series, list[str]]:
    """
    Return the codes of rows that bear one, repaired, and what was done.

    Parameters
    ----------
    codes
        As read.
    values
        What stands beside: a row with neither code nor value is no row.
    level
        Of the codes.
    file
        For messages.

    Raises
    ------
    CodeError
        If codes cannot be repaired, or values stand beside none.
    """
    text = codes.str.strip()
    totals = is_total(text)
    blank = (text == "") & (values.isna() | values.eq("")).all(axis=1)
    notes = []
    if totals.any():
        told = ", ".join(sorted(set(text[totals].str[:20])))
        notes.append(
            f"Lignes qui ne sont pas d'un territoire, laissées : "
            f"{number(int(totals.sum()))} ({told})."
        )
    kept = text[~(totals | blank)]
    bare = kept.index[kept == ""]
    if len(bare):
        rows = culprits([int(at) + 1 for at in bare])
        msg = (
            f"{file}: {len(bare)} row(s) with values and no code, at {rows} under the "
            "header: give them their code, or take them out if they are totals"
        )
        raise CodeError(msg)
    if kept.empty:
        msg = f"{file}: no territory under the header; fetch it again"
        raise DataError(msg)
    found, report = repair_codes(kept, level)
    return found, [*notes, *(n for n in report.notes if "Aucun" not in n)]


def level_above(codes: pd.Series, header: str, file: str) -> str:
    """
    Return the level of codes that may be of what lies above the commune.

    Parameters
    ----------
    codes
        As read.
    header
        Name of their column, which may say what they are.
    file
        Name of the file, which may too.

    Returns
    -------
    str
        `"commune"`, unless all have the form of another.

    Raises
    ------
    DataError
        If they may be of départements or of regions, and nothing says which.

    Examples
    --------
    >>> level_above(pd.Series(["246200364", "200044618"]), "CODGEO", "x.csv")
    'epci'
    >>> level_above(pd.Series(["59", "62"]), "CODGEO", "x.csv")
    'departement'
    """
    text = codes[~is_total(codes) & (codes != "")]
    if text.empty or not text.str.fullmatch(f"{_SIREN}|{_SHORT}").all():
        return "commune"
    if text.str.fullmatch(_SIREN).all():
        return "epci"
    told = f"{header} {file}".upper()
    for word, level in (("DEP", "departement"), ("REG", "region")):
        if word in told:
            return level
    if text.str.fullmatch(_REGIONS).all():
        msg = (
            f"{file}: are these codes of regions or of départements? The column "
            f"{header!r} does not say: rename the file lovac_REG.csv, or lovac_DEP.csv"
        )
        raise DataError(msg.replace("lovac", file.split(".", maxsplit=1)[0][:20]))
    return "departement"


def squares(codes: pd.Series, file: str) -> pd.Series:
    """
    Return the names of squares, all well formed.

    Parameters
    ----------
    codes
        Such as `CRS3035RES200mN3079000E3835000`.
    file
        For messages.

    Raises
    ------
    CodeError
        If some are none.
    """
    found = codes[codes != ""]
    wrong = found[~found.str.fullmatch(_SQUARE)]
    if len(wrong):
        msg = (
            f"{file}: {len(wrong)} code(s) are no square: {culprits(wrong)}; "
            "'CRS3035RES200mN3079000E3835000' was expected"
        )
        raise CodeError(msg)
    if found.empty or len(found) < len(codes):
        void = len(codes) - len(found)
        msg = f"{file}: {void} row(s) without the name of a square; fetch it again"
        raise CodeError(msg)
    return found


def is_total(text: pd.Series) -> pd.Series:
    """
    Tell which cells stand for a total or a note, and no code.

    Parameters
    ----------
    text
        Of a column of codes.
    """
    return text.str.fullmatch(_TOTAL.pattern, flags=re.IGNORECASE | re.DOTALL)


def whole_cities(codes: pd.Series) -> pd.Series:
    """
    Return the city of each code that is one of its districts.

    Parameters
    ----------
    codes
        Of communes.
    """
    for city, districts in _CITIES.items():
        codes = codes.mask(codes.str.fullmatch(districts.pattern), city)
    return codes


def heirs(codes: pd.Series) -> tuple[pd.Series, int]:
    """
    Return the commune of now that holds each one of once, and how many changed.

    Parameters
    ----------
    codes
        Of communes, of any year, as registers that never clean theirs have them.

    Examples
    --------
    >>> found, n = heirs(pd.Series(["62498", "59355"]))
    >>> found.tolist(), n
    (['62498', '59350'], 1)
    """
    meant = {code: fate.heir for code, fate in fates().items()}
    old = codes.isin(list(meant))
    return codes.mask(old, codes.map(meant)), int(old.sum())


def without_districts(codes: pd.Series) -> tuple[pd.Series, list[str]]:
    """
    Leave out the districts of a city that stands whole beside them.

    Parameters
    ----------
    codes
        Of communes.
    """
    there = set(codes)
    gone = pd.Series(data=False, index=codes.index)
    for city, districts in _CITIES.items():
        if city in there:
            gone |= codes.str.fullmatch(districts.pattern)
    if not gone.any():
        return codes, []
    told = "Arrondissements de Paris, Lyon ou Marseille laissés, la ville y étant"
    return codes[~gone], [f"{told} : {number(int(gone.sum()))}."]


def once(
    codes: pd.Series,
    values: pd.DataFrame,
    file: str,
    whole: Callable[[], pd.DataFrame] | None = None,
) -> tuple[pd.Series, list[str]]:
    """
    Return each code once: rows that repeat another wholly are left out.

    Parameters
    ----------
    codes
        Repaired.
    values
        What stands beside.
    file
        For messages.
    whole
        What gives the same rows with all their columns, named: those that are not
        read too.

    Raises
    ------
    DataError
        If rows of one code differ, were it in what is not read.
    """
    if codes.is_unique:
        return codes, []
    rows = values.loc[codes.index].assign(_code=codes)
    first = ~rows.duplicated()
    left = codes[first]
    again = left[left.duplicated()].unique()
    if len(again):
        msg = (
            f"{file}: {len(again)} code(s) in several rows that differ: "
            f"{culprits(again)}; keep one row a territory, or add them up before"
        )
        raise DataError(msg)
    check_repeats(rows, codes, file, whole)
    told = f"Lignes répétées à l'identique, laissées : {number(int((~first).sum()))}."
    return left, [told]


def check_repeats(
    rows: pd.DataFrame,
    names: pd.Series,
    file: str,
    whole: Callable[[], pd.DataFrame] | None,
) -> None:
    """
    Refuse rows that are alike in what is read of them, and differ beside.

    Two programmes of as many dwellings in one commune are two; one commune on a row
    for each of its postal codes is one.

    Parameters
    ----------
    rows
        What is read, and what it is of.
    names
        What each row is of, for messages.
    file
        For messages.
    whole
        What gives the same rows with all their columns; nothing where rows are sums.

    Raises
    ------
    DataError
        With the columns in which they differ.
    """
    if whole is None:
        return
    twice = rows.index[rows.duplicated(keep=False)]
    every = whole().loc[twice]
    every = every[[c for c in every.columns if not _POSTAL.fullmatch(fold(str(c)))]]
    # Of one group all cells of a column are as its first, or it is told.
    groups = rows.loc[twice].groupby(list(rows.columns), dropna=False).ngroup()
    differs = every.ne(every.groupby(groups).transform("first"))
    found = [str(column) for column in every.columns if differs[column].any()]
    if found:
        wrong = names[twice][groups.isin(groups[differs.any(axis=1)])].unique()
        msg = (
            f"{file}: {len(wrong)} code(s) in several rows that are alike in what is "
            f"read, and differ in {culprits(found)}: {culprits(wrong)}; add them up "
            "before if they are parts (a list of programmes), or keep one (a year): "
            "table.groupby('code').sum()"
        )
        raise DataError(msg)


def dated(
    codes: pd.Series,
    cog: int | None,
    file: str,
    *,
    declared: bool,
    verb: str = "rebase(table",
    since: str = "",
) -> tuple[str, list[str]]:
    """
    Return the year of the list of communes of codes, and what to say of it.

    Parameters
    ----------
    codes
        Of communes.
    cog
        Year that the caller or the file says.
    file
        For messages.
    declared
        Whether the caller says it.
    verb
        What carries the table to another list.
    since
        Year of the figures, where the list may be of that year or of any after.

    Raises
    ------
    VintageError
        If codes of Nord and Pas-de-Calais are no communes of that year, or of none, or
        name other ground from one year they may be of to another.
    """
    near = sorted(set(codes[codes.str.startswith(tuple(_NEAR))]))
    notes = []
    if cog is None and near:
        cog = _year_of(near, file)
        if since:
            check_grounds(near, since, file)
        notes.append(f"Liste des communes reconnue à ses codes : COG {cog}.")
    if cog is None:
        notes.append("Date de la liste des communes non indiquée.")
        return "", notes
    if near and cog <= LATEST:
        _check_codes_of(near, cog, file, declared=declared)
        notes += _covered(near, cog)
    if cog != LATEST:
        notes.append(
            f"Communes du COG {cog} : bm.{verb}, from_year={cog}, "
            f"to_year={LATEST}) les porte à {LATEST}."
        )
    return str(cog), notes


def _year_of(near: list[str], file: str) -> int:
    """Return the last year of which a list of communes may be."""
    found = weighed(near, timeline(None))
    best = found[found["best"]]
    if best["absent"].iloc[0]:
        msg = (
            f"{file}: of which list of communes is it? {proposed(found)}; once it is "
            "one, write cog=2024"
        )
        raise VintageError(msg)
    return int(best["last"].max())


def _check_codes_of(near: list[str], cog: int, file: str, *, declared: bool) -> None:
    absent = [code for code in near if code not in communes_of(cog)]
    if not absent:
        return
    told = "you say" if declared else "the file says"
    looks = proposed(weighed(near, timeline(None)))
    looks = looks.replace("write that year instead", "write cog= with one of them")
    msg = (
        f"{file}: {len(absent)} code(s) are no commune on 1 January {cog}, the list "
        f"that {told} it is of: {culprits(absent)}; {looks}"
    )
    raise VintageError(msg)


def _covered(near: list[str], cog: int) -> list[str]:
    known = communes_of(cog)
    told = []
    for head, name in _NEAR.items():
        there = sum(code.startswith(head) for code in near)
        whole = sum(code.startswith(head) for code in known)
        if there:
            told.append(f"{number(there)} des {number(whole)} communes {name}")
    return [f"{' et '.join(told)} au 1er janvier {cog}."] if told else []
