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

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, culprits
from basinmap.reports import Accounted, Report
from basinmap.territory import embedded
from basinmap.territory.former import (
    fates,
    fates_of_epcis,
    former_names,
    unknown_communes,
)

__all__ = [
    "LEVELS",
    "check_codes",
    "check_level",
    "check_unique",
    "find_unit",
    "fold",
    "known_as",
    "names_of",
    "near_units",
    "repair_codes",
    "resolve_codes",
    "usual_name",
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

# None is 00 or 96, and 99 stands for foreign countries in the files of Insee.
_DEPARTEMENT = r"(?:0[1-9]|[1-8][0-9]|2[AB]|9[0-5]|9[78])"
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
        "departement": rf"{_DEPARTEMENT}|9[78][0-9]",
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
_USUAL: Final = frozenset({"epci", "scot"})
_SEARCHED: Final = tuple(level for level in LEVELS if level != "iris")
# Where one digit too few can only be a lost zero. Not so for an arrondissement:
# « 62 » is Pas-de-Calais.
_WIDTH: Final = {"commune": 5, "iris": 9, "departement": 2, "region": 2}
_MISSING_WORDS: Final = frozenset({"nan", "none", "null", "<na>", "nat"})
_LONGEST: Final = 120
"""Letters of a name that is searched for; the longest has about half of them."""
# What a usual name leaves out of an official one, at its beginning or its end.
_NATURE: Final = re.compile(
    r"(?:(?:ca|cc|cu|scot|agglo|agglomeration|communaute|communes|urbaine|d|de|du|des|"
    r"l|la|le|les)\s)*"
)
_LAST_WORD: Final = re.compile(r"\s(?:agglo|agglomeration)$")


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


def names_of(level: str) -> pd.Series:
    """
    Return the official name of each unit of a level, by code.

    Parameters
    ----------
    level
        One of `LEVELS`.
    """
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


def usual_name(name: str) -> str:
    """
    Fold a name of EPCI or SCoT to what is said of it: « Lens-Liévin ».

    Parameters
    ----------
    name
        Its official name.

    Examples
    --------
    >>> usual_name("CA de Lens-Liévin"), usual_name("Communauté de communes du Ternois")
    ('lens lievin', 'ternois')
    """
    folded = fold(name)
    shorter = _LAST_WORD.sub("", folded[_NATURE.match(folded).end() :])  # type: ignore[union-attr]
    return shorter or folded


@cache
def _aliases(level: str) -> dict[str, str]:
    """Return folded spelling to code, for the spellings that name one unit."""
    names = [names_of(level)]
    if level in {"scot", "bassin", "quartier"}:
        names.append(names[0].index.to_series())
    if level in _LABELLED:
        table = embedded.labels(level)
        names += [table[c].dropna() for c in ("short_name", "official_name")]
    spelt = [series.map(fold) for series in names]
    if level in _USUAL:
        # « CA de Béthune-Bruay, Artois-Lys Romane » is called by its beginning.
        first = [series.str.split(",").str[0] for series in names]
        spelt += [series.map(usual_name) for series in (*names, *first)]
    pairs = pd.concat(spelt)
    pairs = pairs.rename_axis("code").reset_index(name="name").drop_duplicates()
    unique = pairs[~pairs["name"].duplicated(keep=False)]
    return dict(zip(unique["name"], unique["code"], strict=True))


def known_as(text: str, level: str) -> str | None:
    """
    Return the code of the one unit that bears this name, or None.

    Parameters
    ----------
    text
        A code, an official, usual or short name, whatever its capitals and accents.
    level
        Where to look.

    Examples
    --------
    >>> known_as("Béthune-Bruay", "epci"), known_as("Lens", "epci")
    ('200072460', None)
    """
    if text in names_of(level).index:
        return text
    aliases = _aliases(level)
    found = aliases.get(fold(text))
    return found or (aliases.get(usual_name(text)) if level in _USUAL else None)


def find_unit(text: str, *, level: str | None = None) -> pd.DataFrame:
    """
    Search a unit by its name, its usual or short name or its code, tolerantly.

    Suggests, never decides: read the first rows, then use the code. A commune is
    found by the names and the code it had once: what it became is then given.

    Parameters
    ----------
    text
        What is known of the name, possibly misspelt, of 120 letters at most.
    level
        Where to look; by default in every level but the IRIS.

    Returns
    -------
    DataFrame
        Best first, at most eight rows: `level`, `code`, `name`, `score` in [0, 1],
        and `note`, what became of a commune that is found by a former name.

    Raises
    ------
    CodeError
        If the level is unknown, or the text is empty, too long or no text.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.find_unit("Sessevale").loc[0, ["level", "code"]].tolist()
    ['quartier', 'sessevalle']
    >>> bm.find_unit("Béthune-Bruay").loc[0, ["level", "code"]].tolist()
    ['epci', '200072460']
    >>> bm.find_unit("Lomme").loc[0, ["code", "name", "note"]].tolist()
    ['59350', 'Lille', 'Lomme (59355) was associated with Lille (59350) on 2000-02-27']
    >>> bm.find_unit("zzzz", level="epci").empty
    True
    """
    check_given(find_unit, locals())
    if not isinstance(text, str):
        msg = f"a name is a string, got {text!r}; try bm.find_unit('Somain')"
        raise CodeError(msg)
    if not text.strip():
        msg = "nothing to search for: give a name, such as bm.find_unit('Somain')"
        raise CodeError(msg)
    if len(text) > _LONGEST:
        msg = (
            f"a text of {len(text)} letters is no name ({text[:20]!r}…): give up to "
            f"{_LONGEST}, such as bm.find_unit('Somain')"
        )
        raise CodeError(msg)
    return near_units(text, *([check_level(level)] if level else _SEARCHED))


def near_units(text: str, *levels: str) -> pd.DataFrame:
    """
    Return the units of some levels whose name or code is near a text.

    Parameters
    ----------
    text
        Whatever was typed; nothing is near what is too long or empty.
    *levels
        Where to look.
    """
    columns = ["level", "code", "name", "score", "note"]
    if len(text) > _LONGEST or not text.strip():
        return pd.DataFrame(columns=columns)
    wanted = fold(text)
    rows = [
        (where, unit.code, unit.name, _score(wanted, where, unit), unit.note)
        for where in levels
        for unit in _candidates(where)
    ]
    found = pd.DataFrame(rows, columns=columns)
    found = found[found["score"] >= 0.6]
    if wanted.isdigit() and (found["score"] == 1).any():
        # The number is that of a unit: those near it are of others.
        found = found[found["score"] == 1]
    order = ["score", "note", "code"]
    found = found.sort_values(order, ascending=[False, True, True])
    found = found.drop_duplicates(["level", "code"])
    return found.head(8).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A unit that may be meant, the code and names it is compared by."""

    code: str
    name: str
    written: str
    spellings: tuple[str, ...]
    note: str = ""


@cache
def _candidates(level: str) -> tuple[_Candidate, ...]:
    """Return the units of a level, communes of once included."""
    names = names_of(level)
    short = pd.Series("", index=names.index)
    if level in _LABELLED:
        short = embedded.labels(level)["short_name"].fillna("")
    found = [
        _Candidate(code, name, fold(code), tuple(filter(None, map(fold, spelt))))
        for code, name, *spelt in zip(names.index, names, names, short, strict=True)
    ]
    if level == "commune":
        found += [
            _Candidate(
                row.heir, names[row.heir], row.code, (fold(row.name),), note=row.note
            )
            for row in former_names().itertuples(index=False)
        ]
    return tuple(found)


def _score(wanted: str, level: str, unit: _Candidate) -> float:
    """Compare with a code and with names; a word of the name counts nearly whole."""
    if wanted == unit.written or wanted in unit.spellings:
        return 1.0
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    best = 0.0
    for name in unit.spellings:
        best = max(best, _likeness(matcher, wanted, name))
    if level in _USUAL:
        usual = [usual_name(unit.name), usual_name(unit.name.split(",")[0])]
        if usual_name(wanted) in usual:
            return 0.99
        best = max([best, *(_likeness(matcher, wanted, name) for name in usual)])
    matcher.set_seq1(unit.written)
    if matcher.real_quick_ratio() > best:
        best = max(best, matcher.ratio())
    return round(best, 3)


def _likeness(matcher: difflib.SequenceMatcher[str], wanted: str, name: str) -> float:
    """Compare with one name: whole, its beginning, its words."""
    best = 0.0
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() >= 0.6 and matcher.quick_ratio() >= 0.6:
        best = matcher.ratio()
    # « Haisnes-les-La-Bassée » is Haisnes: one name opens the other.
    if f"{wanted} ".startswith(f"{name} ") or f"{name} ".startswith(f"{wanted} "):
        best = max(best, 0.9)
    for word in name.split() if " " in name else ():
        if len(word) > 3 and abs(len(word) - len(wanted)) <= 2:
            matcher.set_seq1(word)
            best = max(best, 0.95 * matcher.ratio())
    return best


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
    >>> import basinmap as bm
    >>> bm.check_codes(["62498", "2A004"], "commune")
    ['62498', '2A004']
    >>> bm.check_codes(["1004"], "commune")
    Traceback (most recent call last):
    basinmap.errors.CodeError: commune code '1004': lost its leading zero; write '01004'
    """
    check_given(check_codes, locals())
    check_level(level)
    found = codes.tolist() if isinstance(codes, pd.Index | pd.Series) else list(codes)
    if _all_well_formed(found, level):
        return found  # type: ignore[return-value]
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
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> raw = pd.Series(["1004", "62498", " 59574"])
    >>> codes, report = bm.repair_codes(raw, "commune")
    >>> codes.tolist()
    ['01004', '62498', '59574']
    >>> report.notes[1]
    'Codes complétés de leur zéro initial (1 : 1004 → 01004).'
    """
    check_given(repair_codes, locals())
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
    return Accounted(repaired.rename(codes.name), report)


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


def _all_well_formed(codes: list[object], level: str) -> bool:
    """Look at all codes of an official level at once; what is false is looked into."""
    if level not in _OFFICIAL or not codes:
        return False
    try:
        joined = "\n".join(codes)  # type: ignore[arg-type]
    except TypeError:
        return False
    if _listed(level).fullmatch(joined) is None:
        return False
    return level != "iris" or _sirens().isdisjoint(codes)


@cache
def _listed(level: str) -> re.Pattern[str]:
    """Return the form of a list of codes, one a line."""
    form = _FORM[level].pattern
    return re.compile(rf"(?:(?:{form})\n)*+(?:{form})")


@cache
def _sirens() -> frozenset[str]:
    """Return the SIREN that would pass for IRIS, both being nine digits."""
    return frozenset(embedded.labels("epci").index)


def _is_number(code: object) -> bool:
    return isinstance(code, bool | int | float | np.bool | np.integer | np.floating)


def _digits(code: object) -> str:
    """Write a number that can be a code, or an empty string."""
    if isinstance(code, int) and code.bit_length() > 64:
        return ""  # no code, and no float either
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
    found = _no_departement(text, level) or _other_level(text, level)
    return found or _given_by_name(text, level)


def _no_departement(text: str, level: str) -> str:
    """Say why the first two digits of a code are those of no département."""
    width = 5 if level == "commune" else 9
    if level not in {"commune", "iris"} or not re.fullmatch(rf"[0-9]{{{width}}}", text):
        return ""
    if text.startswith("99"):
        return "99 stands for a foreign country in the files of Insee: no commune"
    if text[:2] in {"00", "96"}:
        return f"no département is {text[:2]!r}"
    return ""


def _other_level(text: str, level: str) -> str:
    """Name the levels that have such codes, and the unit of this level if known."""
    if re.fullmatch(r"Q[PN][0-9]{3}.*", text):
        return "this is the code of a QPV: write level='quartier'"
    forms: list[str] = [x for x in _OFFICIAL if _FORM[x].fullmatch(text)]
    levels = [x for x in forms if text in names_of(x).index] or sorted(forms)
    if not levels:
        return ""
    told = f"this is the form of a code of level {' or '.join(map(repr, levels))}"
    fate = fates().get(text)
    if fate:
        told, text = f"{told}; {fate}", fate.heir
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
    names = names_of(level)
    alias = _aliases(level).get(fold(text))
    if alias is not None:
        likely = [alias]
    else:
        near = near_units(text, level)
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
    if isinstance(item, str):
        found = known_as(item, level)
        if found is not None:
            return found
        if re.fullmatch(r"[A-Za-zÀ-ÿ].*", item) is None:
            check_codes([item], level)
    else:
        check_codes([item], level)
    msg = (
        f"unknown {level} {item!r} in Nord and Pas-de-Calais 2026: {_cure(item, level)}"
    )
    raise CodeError(msg)


def _cure(item: object, level: str) -> str:
    """Say what a unit that is not found became, or may be."""
    text = str(item)
    if level == "commune":
        names = former_names()
        once = names[names["name"].map(fold) == fold(text)]
        if len(once) == 1:
            return f"{once['note'].iloc[0]}; write {once['heir'].iloc[0]!r}"
        if _well_formed(text, level):
            return unknown_communes([text])
    fate = fates_of_epcis().get(text) if level == "epci" else None
    if fate:
        return f"{fate}; write {fate.heir!r}, or bm.perimeter({text!r}, date=…)"
    if parent := _of_commune(text, level):
        return parent
    near = near_units(text, level) if fold(text) else pd.DataFrame()
    hint = "; ".join(
        f"{r.code} ({r.name})" for r in near.head(4).itertuples(index=False)
    )
    return f"did you mean {hint}?" if hint else f"an example is {_EXAMPLE[level]}"


def _of_commune(text: str, level: str) -> str:
    """Say in which unit of a level the commune is that bears, or bore, a name."""
    communes = embedded.communes_2026()
    if level == "commune" or level not in communes.columns or not fold(text):
        return ""
    once = former_names()
    heirs = once.loc[once["name"].map(fold) == fold(text), "heir"]
    named = communes.index[communes["name"].map(fold) == fold(text)].union(heirs)
    held = communes.loc[named, level].dropna()
    if held.empty:
        return ""
    names = names_of(level)
    told = [
        f"{unit} ({names.get(unit, unit)}), of which {communes.loc[code, 'name']} "
        f"({code}) is a commune"
        for code, unit in held.head(5).items()
    ]
    return f"did you mean {'; '.join(told)}?"


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
