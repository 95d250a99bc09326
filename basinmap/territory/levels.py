"""Levels, and codes that are checked before they are used."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import CodeError, culprits
from basinmap.territory import embedded

__all__ = ["LEVELS", "check_codes", "check_level", "find_unit", "resolve_codes"]

LEVELS: Final = (
    "iris",
    "commune",
    "quartier",
    "epci",
    "scot",
    "arrondissement",
    "departement",
    "bassin",
)

_FORM: Final = {
    "iris": r"(\d{2}|2[AB])\d{7}",
    "commune": r"(\d{2}|2[AB])\d{3}",
    "epci": r"\d{9}",
    "arrondissement": r"(\d{2}|2[AB])\d",
    "departement": r"\d{2,3}|2[AB]",
}
_EXAMPLE: Final = {
    "iris": "'624980101'",
    "commune": "'62498'",
    "epci": "'246200364'",
    "scot": "'grand-douaisis'",
    "arrondissement": "'627'",
    "departement": "'62'",
    "quartier": "'sessevalle'",
    "bassin": "'bassin-minier'",
}
BASSIN: Final = "bassin-minier"


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


def _plain(text: str) -> str:
    """Fold case, accents, ligatures and punctuation, for comparison only."""
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
        case _:
            return embedded.labels(level)["name"]


def _aliases(level: str) -> dict[str, str]:
    """Return folded spelling to code, for the spellings that name one unit."""
    names = [_names(level)]
    if level in {"epci", "scot", "arrondissement", "departement"}:
        table = embedded.labels(level)
        names += [table[c].dropna() for c in ("short_name", "official_name")]
    pairs = pd.concat([series.map(_plain) for series in names])
    pairs = pairs.reset_index().drop_duplicates().set_axis(["code", "name"], axis=1)
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
        If the level is unknown or the text is empty.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.find_unit("Sessevale").loc[0, ["level", "code"]].tolist()
    ['quartier', 'sessevalle']
    >>> bm.find_unit("zzzz", level="epci").empty
    True
    """
    wanted = _plain(text)
    if not wanted:
        msg = "nothing to search for: give a name, such as bm.find_unit('Somain')"
        raise CodeError(msg)
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
    if level in {"epci", "scot", "arrondissement", "departement"}:
        short = embedded.labels(level)["short_name"].fillna("")
    return list(zip(names.index, names, short, strict=True))


def _score(wanted: str, code: str, *spellings: str) -> float:
    """Compare with a code and with names; a word of the name counts nearly whole."""
    if wanted == _plain(code):
        return 1.0
    best = 0.0
    for spelling in filter(None, spellings):
        name = _plain(spelling)
        matcher = difflib.SequenceMatcher(None, wanted, name, autojunk=False)
        if matcher.real_quick_ratio() >= 0.6:
            best = max(best, matcher.ratio())
        for word in name.split() if " " in name else ():
            if len(word) > 3 and abs(len(word) - len(wanted)) <= 2:
                ratio = difflib.SequenceMatcher(None, wanted, word).ratio()
                best = max(best, 0.95 * ratio)
    return round(max(best, difflib.SequenceMatcher(None, wanted, code).ratio()), 3)


def check_codes(codes: Iterable[object], level: str) -> list[str]:
    """
    Check that codes are well formed, and name the mistake when they are not.

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
        With the culprits and what was probably meant.

    Examples
    --------
    >>> check_codes(["62498", "2A004"], "commune")
    ['62498', '2A004']
    """
    check_level(level)
    found = list(codes)
    form = _FORM.get(level)
    if all(isinstance(code, str) for code in found) and (
        form is None or pd.Series(found, dtype=str).str.fullmatch(form).all()
    ):
        return found  # type: ignore[return-value]
    wrong = [(code, why) for code in found if (why := _mistake(code, level))]
    if wrong:
        first, why = wrong[0]
        others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        msg = f"{level} code {first!r}{others}: {why}"
        raise CodeError(msg)
    return [str(code) for code in found]


def _mistake(code: object, level: str) -> str | None:
    """Say what is wrong with a code, or None."""
    example = _EXAMPLE[level]
    if isinstance(code, bool | int | float | np.integer | np.floating):
        return _numeric_mistake(code, level)
    if not isinstance(code, str):
        return f"a code is a string, such as {example}"
    form = _FORM.get(level)
    if form is None or re.fullmatch(form, code):
        return None
    return _misspelling(code, level) or (
        f"not the form of such a code; an example is {example}"
    )


def _misspelling(code: str, level: str) -> str | None:
    if code != code.strip():
        return f"spaces around it; write {code.strip()!r}"
    if re.fullmatch(r"\d+\.0+", code):
        return f"written as a decimal number; write {_meant(code, level)!r}"
    width = {"commune": 5, "iris": 9}.get(level, 0)
    if code.isdigit() and len(code) == width - 1:
        return f"lost its leading zero; write {code.zfill(width)!r}"
    return None


def _meant(code: object, level: str) -> str:
    digits = str(code).split(".", maxsplit=1)[0]
    return digits.zfill({"commune": 5, "iris": 9}.get(level, 0))


def _numeric_mistake(code: object, level: str) -> str:
    if code != code:  # noqa: PLR0124 - NaN is the one value unlike itself
        return f"it is missing; a code is a string, such as {_EXAMPLE[level]}"
    return (
        f"a code is a string, not a number; write {_meant(code, level)!r} "
        "(read the file with dtype=str)"
    )


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
        alias = _aliases(level).get(_plain(item))
        if alias is not None:
            return alias
        if re.fullmatch(r"[A-Za-zÀ-ÿ].*", item) is None:
            check_codes([item], level)
    else:
        check_codes([item], level)
    near = find_unit(str(item), level=level) if _plain(str(item)) else pd.DataFrame()
    hint = "; ".join(
        f"{r.code} ({r.name})" for r in near.head(4).itertuples(index=False)
    )
    advice = f"did you mean {hint}?" if hint else f"an example is {_EXAMPLE[level]}"
    msg = f"unknown {level} {item!r} in Nord and Pas-de-Calais 2026: {advice}"
    raise CodeError(msg)


def repeated(codes: Iterable[str]) -> str:
    """
    Write the codes that stand more than once, or an empty string.

    Parameters
    ----------
    codes
        Codes of one table.
    """
    index = pd.Index(list(codes))
    return culprits(index[index.duplicated()].unique())
