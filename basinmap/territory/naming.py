"""Names as a French sentence takes them: bare, after « de », after « à »."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError
from basinmap.territory import embedded
from basinmap.territory.levels import BASSIN, names_of, resolve_codes

__all__ = ["Name", "guessed_name", "named", "town_name", "unit_name"]


@dataclass(frozen=True, slots=True)
class Name:
    """
    The name of a territory, in the forms that a sentence needs.

    Attributes
    ----------
    bare
        As it is written alone: « Hornaing », « le Nord ».
    of
        After « de »: « d'Hornaing », « du Nord ».
    at
        Where one is: « à Hornaing », « dans le Nord ».
    gender
        `"m"` or `"f"`; that of the common noun for a unit, `"m"` for a town.
    short
        Name of a column or of a key: « Hornaing », « Nord ».

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.Name("Lens", "de Lens", "à Lens").short
    'Lens'
    """

    bare: str
    of: str
    at: str
    gender: str = "m"
    short: str = ""

    def __post_init__(self) -> None:
        """Take the bare name where no short one is given."""
        if not self.short:
            object.__setattr__(self, "short", self.bare)


# TNCC of the COG: what stands before « de » and « à », and the article that the name
# starts with where it is contracted. « La » and « L' » keep their capital.
_JOINED: Final = {
    "0": ("de ", "à ", ""),
    "1": ("d'", "à ", ""),
    "2": ("du ", "au ", "Le "),
    "3": ("de ", "à ", ""),
    "4": ("des ", "aux ", "Les "),
    "5": ("de ", "à ", ""),
    "6": ("des ", "aux ", "Aux "),
    "7": ("de ", "à ", ""),
    "8": ("de ", "à ", ""),
}


def town_name(name: str, tncc: str) -> Name:
    """
    Return the forms of the name of a commune.

    The first letter cannot tell: of the communes of Nord and Pas-de-Calais in H, 94
    elide and 12 do not.

    Parameters
    ----------
    name
        As the COG writes it, with its article.
    tncc
        Type de nom en clair of the COG (Insee), `"0"` to `"8"`.

    Raises
    ------
    DataError
        If the type is none of these.

    Examples
    --------
    >>> town_name("Hornaing", "1").of, town_name("Ham-en-Artois", "0").of
    ("d'Hornaing", 'de Ham-en-Artois')
    >>> town_name("Le Quesnoy", "2").at, town_name("La Sentinelle", "3").of
    ('au Quesnoy', 'de La Sentinelle')
    """
    if tncc not in _JOINED:
        msg = f"TNCC of {name!r} is {tncc!r}; the COG has '0' to '8'"
        raise DataError(msg)
    of, at, article = _JOINED[tncc]
    rest = name.removeprefix(article)
    if article and rest == name:  # a type that the name does not bear out
        of, at = "de ", "à "
    return Name(name, of + rest, at + rest)


_ARTICLES: Final = (("Le ", "2"), ("La ", "3"), ("Les ", "4"), ("L'", "5"), ("L’", "5"))


def guessed_name(name: str) -> Name:
    """
    Return the forms of the name of a commune whose type no list tells.

    Articles and vowels tell it; before an H nothing is elided, which is wrong for most.

    Parameters
    ----------
    name
        As it is printed.

    Examples
    --------
    >>> guessed_name("Le Crotoy").of, guessed_name("Abbeville").of
    ('du Crotoy', "d'Abbeville")
    """
    for article, tncc in _ARTICLES:
        if name.startswith(article):
            return town_name(name, tncc)
    return town_name(name, "1" if name[:1] in "AEIOUÉÈÊÂÎÔÛŒ" else "0")


# The nature that a name starts with, the article it takes, and how long it is spelt.
_NATURES: Final = (
    (re.compile(r"(CA|CC|CU|Communauté|Métropole)\b"), "la ", "f"),
    (re.compile(r"(SCoT|Syndicat|Pays|Bassin|bassin|Secteur|secteur)\b"), "le ", "m"),
)
_DEPARTEMENTS: Final = {"59": "Nord", "62": "Pas-de-Calais"}


def unit_name(name: str, level: str) -> Name:
    """
    Return the forms of the name of a unit above the commune.

    Parameters
    ----------
    name
        Printed name: « CA de Lens-Liévin », « SCoT de l'Artois », « Nord ».
    level
        Its level; a name that says no nature is called by it.

    Examples
    --------
    >>> unit_name("CA de Lens-Liévin", "epci").of, unit_name("Nord", "departement").at
    ('de la CA de Lens-Liévin', 'dans le Nord')
    >>> unit_name("Lens", "arrondissement").of
    "de l'arrondissement de Lens"
    """
    if level == "arrondissement":
        whole = f"arrondissement {_town_of(name)}"
        return Name(f"l'{whole}", f"de l'{whole}", f"dans l'{whole}", "m", whole)
    if level == "region":
        return Name(f"les {name}", f"des {name}", f"dans les {name}", "f", name)
    if level == "departement":
        return Name(f"le {name}", f"du {name}", f"dans le {name}", "m", name)
    for pattern, article, gender in _NATURES:
        if pattern.match(name):
            of = "du " if gender == "m" else f"de {article}"
            return Name(
                article + name, of + name, f"dans {article}{name}", gender, name
            )
    return Name(name, f"de {name}", f"à {name}", "m", name)


def _town_of(name: str) -> str:
    """Return the chef-lieu of an arrondissement after « de »."""
    frame = embedded.communes_2026()
    rows = frame.index[frame["name"] == name]
    if rows.empty:
        return f"de {name}"
    return town_name(name, str(frame.loc[rows[0], "tncc"])).of


def named(code: str, level: str = "commune") -> Name:
    """
    Return the forms of the name of an embedded unit.

    Parameters
    ----------
    code
        Code, slug or unambiguous name.
    level
        Its level; `"bassin"` is the bassin minier.

    Raises
    ------
    CodeError
        If the unit is unknown, or its level has no embedded names.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.named("59314").of, bm.named("grand-douaisis", "scot").at
    ("d'Hornaing", 'dans le SCoT du Grand Douaisis')
    >>> bm.named("59", "departement").bare
    'le Nord'
    """
    check_given(named, locals())
    if level == "bassin" and code == BASSIN:
        return Name("le bassin minier", "du bassin minier", "dans le bassin minier")
    if level not in {
        "commune",
        "epci",
        "scot",
        "arrondissement",
        "departement",
        "region",
    }:
        msg = f"level {level!r} has no embedded names; make a bm.Name(bare, of, at)"
        raise CodeError(msg)
    (found,) = resolve_codes(code, level)
    if level != "commune":
        return unit_name(str(names_of(level)[found]), level)
    row: pd.Series = embedded.communes_2026().loc[found]
    return town_name(str(row["name"]), str(row["tncc"]))
