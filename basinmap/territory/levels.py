"""Levels, and codes that are checked before they are used."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import CodeError, DataError, culprits
from basinmap.reports import Report
from basinmap.territory import embedded

__all__ = [
    "LEVELS",
    "check_codes",
    "check_level",
    "check_unique",
    "find_unit",
    "repair_codes",
    "resolve_codes",
]

LEVELS: Final = (
    "iris",
    "commune",
    "quartier",
    "secteur",
    "epci",
    "scot",
    "arrondissement",
    "departement",
    "region",
    "bassin",
)
PRINTED: Final = {
    "iris": "IRIS",
    "commune": "communes",
    "epci": "EPCI",
    "scot": "SCoT",
    "arrondissement": "arrondissements",
    "departement": "départements",
    "region": "régions",
    "bassin": "bassin minier",
}
"""How a level is called in a French note."""
BASSIN: Final = "bassin-minier"

_DEPARTEMENT = r"(?:[0-9]{2}|2[AB])"
# A slug or a number, but not the code of a commune or of an EPCI.
_SLUG = r"(?!(?:[0-9]{5}|[0-9]{9})$)[a-z0-9]+(?:-[a-z0-9]+)*"
# Given by a user or a programme: any text, but no space around, no « 526.0 », and
# the letters of a QPV are capitals.
_FREE = (
    r"(?![0-9]+[.,]0*$)(?!(?!Q[PN])[qQ][pnPN][0-9]{3})"
    r"[^\s\u200b\u2060\ufeff](?:.*[^\s\u200b\u2060\ufeff])?"
)
_FORM: Final = {
    level: re.compile(form)
    for level, form in {
        "iris": rf"{_DEPARTEMENT}[0-9]{{7}}",
        "commune": rf"{_DEPARTEMENT}[0-9]{{3}}",
        "quartier": _FREE,
        "secteur": _FREE,
        "epci": r"2[0-9]{8}",  # as the SIREN of every local authority
        "scot": _SLUG,
        "arrondissement": rf"{_DEPARTEMENT}[0-9]",
        "departement": r"[0-9]{2,3}|2[AB]",
        "region": r"[0-9]{2}",
        "bassin": _SLUG,
    }.items()
}
_EXAMPLE: Final = {
    "iris": "'624980101'",
    "commune": "'62498'",
    "quartier": "'sessevalle'",
    "secteur": "'nord'",
    "epci": "'246200364'",
    "scot": "'grand-douaisis'",
    "arrondissement": "'627'",
    "departement": "'62'",
    "region": "'32'",
    "bassin": "'bassin-minier'",
}
_OFFICIAL: Final = frozenset(
    {"iris", "commune", "epci", "arrondissement", "departement", "region"}
)
_LABELLED: Final = frozenset(
    {"epci", "scot", "arrondissement", "departement", "region"}
)
# Where one digit too few can only be a lost zero. Not so for an arrondissement:
# « 62 » is Pas-de-Calais.
_WIDTH: Final = {"commune": 5, "iris": 9, "departement": 2, "region": 2}
_MISSING_WORDS: Final = frozenset({"nan", "none", "null", "<na>", "nat"})


def check_level(level: str) -> str:
    """
    Return a level that exists.

    Parameters
    ----------
    level
        One of `LEVELS`.

    Raises
    ------
    CodeError
        With the levels that exist.
    """
    if level not in LEVELS:
        msg = f"unknown level {level!r}; choose among {', '.join(LEVELS)}"
        raise CodeError(msg)
    return level


def fold(text: str) -> str:
    """
    Fold case, accents, ligatures and punctuation, for comparison only.

    Parameters
    ----------
    text
        A name, or the name of a column.

    Examples
    --------
    >>> fold("Cœur d’Ostrevent"), fold("CODE_IRIS")
    ('coeur d ostrevent', 'code iris')
    """
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def _names(level: str) -> pd.Series:
    """Return the official name of each unit of a level, by code."""
    match level:
        case "commune":
            return embedded.communes_2026()["name"]
        case "quartier":
            return embedded.spatial_table("quartiers")["name"]
        case "iris":
            return embedded.table("iris")["name"]
        case "bassin":
            return pd.Series({BASSIN: "Bassin minier"}, name="name")
        case "secteur":
            return pd.Series(dtype=str, name="name")
        case _:
            return embedded.labels(level)["name"]


def _aliases(level: str) -> dict[str, str]:
    """Return folded spelling to code, for the spellings that name one unit."""
    names = [_names(level)]
    if level in {"scot", "bassin", "quartier"}:
        names.append(names[0].index.to_series())
    if level in _LABELLED:
        table = embedded.labels(level)
        names += [table[c].dropna() for c in ("short_name", "official_name")]
    pairs = pd.concat([series.map(fold) for series in names])
    pairs = pairs.rename_axis("code").reset_index(name="name").drop_duplicates()
    unique = pairs[~pairs["name"].duplicated(keep=False)]
    return dict(zip(unique["name"], unique["code"], strict=True))


def find_unit(text: str, *, level: str | None = None) -> pd.DataFrame:
    """
    Search a unit by its name, its short name or its code, tolerantly.

    Suggests, never decides: read the first rows, then use the code.

    Parameters
    ----------
    text
        What is known of the name, possibly misspelt.
    level
        Where to look; by default in every level but the IRIS.

    Returns
    -------
    DataFrame
        Best first, at most eight rows: `level`, `code`, `name`, `score` in [0, 1].

    Raises
    ------
    CodeError
        If the level is unknown, or the text is empty or no text.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.find_unit("Sessevale").loc[0, ["level", "code"]].tolist()
    ['quartier', 'sessevalle']
    >>> bm.find_unit("zzzz", level="epci").empty
    True
    """
    if not isinstance(text, str):
        msg = f"a name is a string, got {text!r}; try bm.find_unit('Somain')"
        raise CodeError(msg)
    if not text.strip():
        msg = "nothing to search for: give a name, such as bm.find_unit('Somain')"
        raise CodeError(msg)
    wanted = fold(text)
    levels = [check_level(level)] if level else [x for x in LEVELS if x != "iris"]
    rows = [
        (where, code, name, _score(wanted, code, name, short))
        for where in levels
        for code, name, short in _candidates(where)
    ]
    found = pd.DataFrame(rows, columns=["level", "code", "name", "score"])
    found = found[found["score"] >= 0.6]
    found = found.sort_values(["score", "code"], ascending=[False, True])
    return found.head(8).reset_index(drop=True)


def _candidates(level: str) -> list[tuple[str, str, str]]:
    names = _names(level)
    short = pd.Series("", index=names.index)
    if level in _LABELLED:
        short = embedded.labels(level)["short_name"].fillna("")
    return list(zip(names.index, names, short, strict=True))


def _score(wanted: str, code: str, *spellings: str) -> float:
    """Compare with a code and with names; a word of the name counts nearly whole."""
    if wanted == fold(code):
        return 1.0
    best = 0.0
    for spelling in filter(None, spellings):
        name = fold(spelling)
        matcher = difflib.SequenceMatcher(None, wanted, name, autojunk=False)
        if matcher.real_quick_ratio() >= 0.6:
            best = max(best, matcher.ratio())
        # « Haisnes-les-La-Bassée » is Haisnes: one name opens the other.
        if f"{wanted} ".startswith(f"{name} ") or f"{name} ".startswith(f"{wanted} "):
            best = max(best, 0.9)
        for word in name.split() if " " in name else ():
            if len(word) > 3 and abs(len(word) - len(wanted)) <= 2:
                ratio = difflib.SequenceMatcher(None, wanted, word).ratio()
                best = max(best, 0.95 * ratio)
    return round(max(best, difflib.SequenceMatcher(None, wanted, code).ratio()), 3)


def check_codes(codes: Iterable[object], level: str) -> list[str]:
    """
    Check that codes are well formed, and name the mistake when they are not.

    Nothing is repaired here: the message proposes, `repair_codes` does.

    Parameters
    ----------
    codes
        What should be codes of that level: strings.
    level
        One of `LEVELS`.

    Returns
    -------
    list of str
        The codes, unchanged.

    Raises
    ------
    CodeError
        With the culprits and what was probably meant: a lost zero, a number, a
        decimal SIREN, spaces, a small letter in Corsica, the letter O, a name, or
        a code of another level.

    Examples
    --------
    >>> check_codes(["62498", "2A004"], "commune")
    ['62498', '2A004']
    >>> check_codes(["1004"], "commune")
    Traceback (most recent call last):
    basinmap.errors.CodeError: commune code '1004': lost its leading zero; write '01004'
    """
    check_level(level)
    found = list(codes)
    wrong = [code for code in found if not _well_formed(code, level)]
    if wrong:
        raise CodeError(_complaint(wrong, level))
    return found  # type: ignore[return-value]


def repair_codes(codes: pd.Series, level: str) -> tuple[pd.Series, Report]:
    """
    Repair the codes that have one possible meaning, and tell which.

    A lost zero, a number, a « .0 », spaces and small letters are repaired. The
    letter O, a name or a code of another level is not: those are refused.

    Parameters
    ----------
    codes
        What should be codes of that level.
    level
        One of `LEVELS`.

    Returns
    -------
    codes : Series
        Strings, all well formed, with the index and the name given.
    report : Report
        How many codes were repaired of what, with examples.

    Raises
    ------
    CodeError
        If one cannot be repaired, or the level is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> codes, report = repair_codes(pd.Series(["1004", "62498", " 59574"]), "commune")
    >>> codes.tolist()
    ['01004', '62498', '59574']
    >>> report.notes[1]
    'Codes complétés de leur zéro initial (1 : 1004 → 01004).'
    """
    check_level(level)
    if not isinstance(codes, pd.Series):
        msg = f"need a Series of codes, got {type(codes).__name__}; write pd.Series(…)"
        raise CodeError(msg)
    found = [_repaired(code, level) for code in codes]
    wrong = [code for code, now in zip(codes, found, strict=True) if not now.safe]
    if wrong:
        raise CodeError(_complaint(wrong, level))
    repaired = pd.Series([x.code for x in found], codes.index, dtype=str)
    report = Report(
        verb=f"Vérification des codes ({level})",
        units_before=len(codes),
        units_after=len(codes),
        notes=_repair_notes(codes.tolist(), found),
    )
    return repaired.rename(codes.name), report


@dataclass(frozen=True, slots=True)
class _Repair:
    """What a code becomes, the kinds of mistakes undone, whether that is certain."""

    code: str
    kinds: tuple[str, ...]
    safe: bool


def _without_spaces(text: str, level: str) -> str:
    blank = r"[\s\u200b\u2060\ufeff]+"
    if level in _OFFICIAL:
        return re.sub(blank, "", text)
    return re.sub(f"^{blank}|{blank}$", "", text)


def _without_decimals(text: str, _: str) -> str:
    return re.sub(r"^([0-9]+)[.,]0*$", r"\1", text)


def _in_capitals(text: str, level: str) -> str:
    form = r"2[ab][0-9]*" if level in _OFFICIAL else r"q[pn][0-9]{3}.*"
    return text.upper() if re.fullmatch(form, text, re.IGNORECASE) else text


def _padded(text: str, level: str) -> str:
    width = _WIDTH.get(level, 0)
    short = len(text) == width - 1 and re.fullmatch(r"[0-9]+", text)
    return text.zfill(width) if short else text


# What may be undone without a doubt, in this order: what is wrong, how the account
# tells it, what undoes it.
_REPAIRS: Final[dict[str, tuple[str, str, Callable[[str, str], str]]]] = {
    "number": (
        "a code is a string, not a number",
        "lus comme des nombres, remis en texte",
        lambda text, _: text,
    ),
    "spaces": (
        "spaces around or in it",
        "débarrassés de leurs espaces",
        _without_spaces,
    ),
    "decimals": (
        "written as a decimal number",
        "débarrassés de leurs décimales",
        _without_decimals,
    ),
    "capitals": (
        "not the form of such a code, whose letters are capitals",
        "mis en capitales",
        _in_capitals,
    ),
    "zero": (
        "lost its leading zero",
        "complétés de leur zéro initial",
        _padded,
    ),
}


def _well_formed(code: object, level: str) -> bool:
    return (
        isinstance(code, str)
        and _FORM[level].fullmatch(code) is not None
        and code.lower() not in _MISSING_WORDS
        and not (level == "iris" and code in _sirens())
    )


@cache
def _sirens() -> frozenset[str]:
    """Return the SIREN that would pass for IRIS, both being nine digits."""
    return frozenset(embedded.labels("epci").index)


def _is_number(code: object) -> bool:
    return isinstance(code, bool | int | float | np.bool | np.integer | np.floating)


def _digits(code: object) -> str:
    """Write a number that can be a code, or an empty string."""
    if isinstance(code, bool | np.bool) or not math.isfinite(code):  # type: ignore[arg-type]
        return ""
    lossy = isinstance(code, np.floating) and code.itemsize < 8 and abs(code) > 2**24
    if lossy or code < 0 or code != int(code):  # type: ignore[operator,call-overload]
        return ""
    return str(int(code))  # type: ignore[call-overload]


def _repaired(code: object, level: str) -> _Repair:
    """Undo what can be undone without a doubt."""
    if isinstance(code, str):
        text, kinds = code, []
    elif _is_number(code):
        text, kinds = _digits(code), ["number"]
    else:
        return _Repair("", (), safe=False)
    if not _well_formed(text, level):
        for kind, (_, _, undo) in _REPAIRS.items():
            after = undo(text, level)
            if after != text:
                text, kinds = after, [*kinds, kind]
    return _Repair(text, tuple(kinds), safe=_well_formed(text, level))


def _repair_notes(raw: list[object], found: list[_Repair]) -> tuple[str, ...]:
    notes = []
    for kind, (_, told, _) in _REPAIRS.items():
        pairs = [
            repair.code
            if str(code).strip() == repair.code
            else f"{str(code).strip()} → {repair.code}"
            for code, repair in zip(raw, found, strict=True)
            if kind in repair.kinds
        ]
        if pairs:
            some = list(dict.fromkeys(pairs))
            more = "…" if len(some) > 5 else ""
            notes.append(f"Codes {told} ({len(pairs)} : {', '.join(some[:5])}{more}).")
    return tuple(notes) or ("Aucun code n'a été modifié.",)


def _complaint(wrong: list[object], level: str) -> str:
    """Tell how many mistakes there are, and up to five that differ."""
    others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    each = list({repr(code): code for code in wrong}.items())[:5]
    (first, code), *rest = each
    also = "".join(f"; {told}: {_mistake(item, level)}" for told, item in rest)
    return f"{level} code {first}{others}: {_mistake(code, level)}{also}"


def _mistake(code: object, level: str) -> str:
    """Say what is wrong with a code and what to write."""
    example = f"a code is a string, such as {_EXAMPLE[level]}"
    if _is_missing(code):
        return f"it is missing; {example}"
    if not isinstance(code, str) and not _is_number(code):
        return example
    repair = _repaired(code, level)
    why = ", ".join(_REPAIRS[kind][0] for kind in repair.kinds)
    tip = " (read the file with dtype=str)" if "number" in repair.kinds else ""
    if repair.safe:
        example = f", an example is {_EXAMPLE[level]}" if "form" in why else ""
        return f"{why}; write {repair.code!r}{tip}{example}"
    guess = _guess(repair.code, level) or f"an example is {_EXAMPLE[level]}{tip}"
    return f"{why or 'not the form of such a code'}; {guess}"


def _is_missing(code: object) -> bool:
    if isinstance(code, str):
        return code.strip().lower() in _MISSING_WORDS
    if isinstance(code, float | np.floating):
        return math.isnan(code)
    return code is None or code is pd.NA or code is pd.NaT


def _guess(text: str, level: str) -> str:
    """Say what was probably meant, without being sure."""
    zeros = re.sub("[oO]", "0", text)
    if zeros != text and level in _OFFICIAL and _well_formed(zeros, level):
        return f"the letter O stands for a zero: write {zeros!r}"
    corsican = re.fullmatch(r"20([ABab])([0-9]{2,3})", text)
    if corsican and level == "commune":
        meant = f"2{corsican[1].upper()}{corsican[2].zfill(3)}"
        return f"in Corsica the letter follows the 2: write {meant!r}"
    return _other_level(text, level) or _given_by_name(text, level)


def _other_level(text: str, level: str) -> str:
    """Name the levels that have such codes, and the unit of this level if known."""
    if re.fullmatch(r"Q[PN][0-9]{3}.*", text):
        return "this is the code of a QPV: write level='quartier'"
    forms: list[str] = [x for x in _OFFICIAL if _FORM[x].fullmatch(text)]
    levels = [x for x in forms if text in _names(x).index] or sorted(forms)
    if not levels:
        return ""
    told = f"this is the form of a code of level {' or '.join(map(repr, levels))}"
    parent = _within(text, levels, level)
    return f"{told}; its {level} is {parent!r}" if parent else told


def _within(text: str, levels: list[str], level: str) -> str:
    """Return the unit of a level that holds a commune or an IRIS, where known."""
    if levels == ["iris"]:
        known = embedded.table("iris")["commune"].get(text, text[:5])
        return str(known) if level == "commune" else ""
    communes = embedded.communes_2026()
    if levels == ["commune"] and text in communes.index and level in communes:
        return str(communes[level].fillna("").loc[text])
    return ""


def _given_by_name(text: str, level: str) -> str:
    if re.search(r"[0-9]", text) or len(fold(text)) < 3:
        return ""
    names = _names(level)
    alias = _aliases(level).get(fold(text))
    if alias is not None:
        likely = [alias]
    else:
        near = find_unit(text, level=level)
        likely = near.loc[near["score"] >= 0.75, "code"].head(3).tolist()
    told = "; ".join(f"{code!r} ({names[code]})" for code in likely)
    return f"a name is no code: did you mean {told}?" if told else ""


def resolve_codes(given: object, level: str) -> list[str]:
    """
    Return the codes of units given by code or by unambiguous short name.

    Parameters
    ----------
    given
        One code or name, or several.
    level
        Their level.

    Raises
    ------
    CodeError
        If one is unknown, with near misses, or the selection is empty.

    Examples
    --------
    >>> resolve_codes("call", "epci")
    ['246200364']
    """
    several = isinstance(given, Iterable) and not isinstance(given, str)
    wanted = list(given) if several else [given]  # type: ignore[call-overload]
    if not wanted:
        msg = f"empty selection of {level}: give at least one, e.g. {_EXAMPLE[level]}"
        raise CodeError(msg)
    return [_resolve(item, level) for item in wanted]


def _resolve(item: object, level: str) -> str:
    known = _names(level).index
    if isinstance(item, str):
        if item in known:
            return item
        alias = _aliases(level).get(fold(item))
        if alias is not None:
            return alias
        if re.fullmatch(r"[A-Za-zÀ-ÿ].*", item) is None:
            check_codes([item], level)
    else:
        check_codes([item], level)
    near = find_unit(str(item), level=level) if fold(str(item)) else pd.DataFrame()
    hint = "; ".join(
        f"{r.code} ({r.name})" for r in near.head(4).itertuples(index=False)
    )
    advice = f"did you mean {hint}?" if hint else f"an example is {_EXAMPLE[level]}"
    msg = f"unknown {level} {item!r} in Nord and Pas-de-Calais 2026: {advice}"
    raise CodeError(msg)


def check_unique(index: pd.Index, what: str) -> None:
    """
    Check that each code stands once.

    Parameters
    ----------
    index
        Codes of a table.
    what
        What the table is, for the message.

    Raises
    ------
    DataError
        With the repeated codes.
    """
    if not index.is_unique:
        again = index[index.duplicated()].unique()
        msg = (
            f"{what}: {len(again)} code(s) stand more than once: {culprits(again)}; "
            "drop the repeated rows, for each would be counted again"
        )
        raise DataError(msg)
