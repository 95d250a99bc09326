"""
Why a value is « n.d. » in a table though its counts were given, told under it.

What was not given at all is no matter of this module: the last page lists it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from basinmap.deliverables.printed import Other, Value
from basinmap.deliverables.sentences import counted, enumerated, titles
from basinmap.deliverables.subjects import Subject
from basinmap.errors import DataError, MeasureError
from basinmap.typography import capital, typeset

__all__ = ["communes_lacking", "reasons_of_communes", "reasons_of_wholes"]

_PUBLISHED: Final = (
    "ne s'agrège pas ; à lire dans le fichier de son niveau chez le producteur"
)
_UNKNOWN: Final = "les effectifs fournis ne permettent pas de le calculer"
_WHOLLY: Final = "aucune de ses communes n'est dans le fichier fourni"
_SAID: Final = frozenset({"secret", "not_applicable"})


def _is_void(value: Value | None) -> bool:
    """Tell whether « n.d. » is printed: what its own sign explains is no void."""
    if value is None:
        return True
    return math.isnan(value.value) and value.state not in _SAID


def reasons_of_wholes(
    about: Subject, ids: Iterable[str], others: Sequence[Other] = ()
) -> tuple[str, ...]:
    """
    Say why totals of the territory, and of those beside it, are not there.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators of the rows.
    others
        Territories of the columns, after its own.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for id_ in ids:
        if about.of(id_) is None:
            continue
        label = about.entry(id_).label
        if _is_void(about.total(id_)):
            why = _why(about, id_, about.level_of_own, frozenset(map(str, about.codes)))
            found.setdefault((why, about.name.short), []).append(label)
        for other in others:
            if _is_void(about.against(id_, other)):
                why = _why(about, id_, other.level, other.communes)
                found.setdefault((why, other.short), []).append(label)
    return tuple(_grouped(found))


def _grouped(found: dict[tuple[str, str], list[str]]) -> list[str]:
    """Return one line a reason and set of indicators, with the territories."""
    lines: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (why, place), labels in found.items():
        lines.setdefault((why, tuple(labels)), []).append(place)
    told: dict[str, None] = {}
    for (why, named), places in lines.items():
        what = capital(titles(named, most=4))
        where = "" if why == _PUBLISHED else f" ({', '.join(places)})"
        told[typeset(f"« n.d. » – {what}{where} : {why}.")] = None
    return list(told)


def _why(about: Subject, id_: str, level: str, codes: frozenset[str]) -> str:
    refusal = about.refusal(id_, level)
    if refusal is not None and isinstance(refusal.error, MeasureError):
        return _PUBLISHED
    if refusal is not None and not isinstance(refusal.error, DataError):
        return refusal.why
    lacking = communes_lacking(about, id_, codes)
    if not lacking:
        return refusal.why if refusal is not None else _UNKNOWN
    if len(lacking) == len(codes):
        return _WHOLLY
    names = about.ground["name"].reindex(lacking).fillna("hors de la liste")
    told = enumerated([str(name) for name in names], most=3)
    return f"donnée absente pour {counted(len(lacking), 'commune')} ({told})"


def communes_lacking(
    about: Subject, id_: str, codes: Iterable[str] | None = None
) -> list[str]:
    """
    Return the communes without a value that no state explains.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    codes
        Communes, those of the territory by default.
    """
    values = about.of(id_)
    if values is None:
        return []
    states = about.told(id_).states
    wanted = sorted(about.codes if codes is None else codes)
    lines = values.reindex(wanted)
    return [c for c in lines.index[lines.isna()] if states.get(c, "") not in _SAID]


def reasons_of_communes(about: Subject, ids: Iterable[str]) -> tuple[str, ...]:
    """
    Say of how many communes a table has no value, and which.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators of the columns.
    """
    told = []
    for id_ in ids:
        lacking = communes_lacking(about, id_)
        if lacking:
            names = enumerated([str(about.names[c]) for c in lacking], most=3)
            count = counted(len(lacking), "commune")
            label = about.entry(id_).label
            text = f"« n.d. » – {label} : donnée absente pour {count} ({names})."
            told.append(typeset(text))
    return tuple(told)
