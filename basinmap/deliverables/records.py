"""
What a document rests on, kept in its manifest; and what changed from one to the next.

The record holds the perimeter and every figure as it is printed, so that next year's
edition says what moved without the files of this one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from basinmap.arguments import path_of
from basinmap.deliverables.sentences import counted
from basinmap.deliverables.subjects import Subject
from basinmap.errors import DataError
from basinmap.staging import MANIFEST
from basinmap.typography import number, rounded, typeset

__all__ = ["changes", "read_record", "record_of"]

_MOST: Final = 12
"""Values of an indicator that are written out; the others are counted."""
_PLATES: Final = (".svg", ".pdf", ".png")
Record = Mapping[str, Any]


def record_of(about: Subject, document: str) -> dict[str, Any]:
    """
    Return what a document rests on.

    Parameters
    ----------
    about
        What it is about, once it is made: the figures are those that were asked for.
    document
        Its kind, such as `"plh"`.
    """
    area = about.area
    names = {area.code: area.name}
    names |= {other.code: other.name.bare for other in about.others}
    names |= {str(code): str(name) for code, name in about.names.items()}
    return {
        "document": document,
        "perimeter": {
            "code": area.code,
            "name": area.name,
            "level": area.level,
            "vintage": area.vintage,
            "communes": list(about.codes),
        },
        "names": names,
        "figures": {id_: _figures(about, id_) for id_ in about.asked},
    }


def _figures(about: Subject, id_: str) -> dict[str, Any]:
    """Return the values of an indicator as they are printed, and what they are."""
    told = about.told(id_)
    values: dict[str, float] = {}
    states: dict[str, str] = {}
    every = {about.area.code: about.total(id_)}
    every |= {other.code: about.against(id_, other) for other in about.others}
    every |= {str(code): about.commune(id_, str(code)) for code in about.codes}
    for code, found in every.items():
        if found is None:
            continue
        if math.isfinite(found.value):
            values[code] = rounded(found.value, found.decimals)
        if found.state:
            states[code] = found.state
    return {
        "title": told.title,
        "unit": told.unit,
        "vintage": told.vintage,
        "decimals": 1 if told.decimals is None else told.decimals,
        "values": values,
        "states": states,
    }


def read_record(path: str | Path) -> dict[str, Record]:
    """
    Read the manifests of an edition, by the name of their folder.

    Parameters
    ----------
    path
        `manifest.json`, its folder, or the folder of several documents.

    Raises
    ------
    DataError
        If there is none, or it is none of a document.
    """
    where = path_of(path)
    files = [where]
    if where.is_dir():
        own = where / MANIFEST
        files = [own] if own.is_file() else sorted(where.glob(f"*/{MANIFEST}"))
    if not files:
        msg = f"{where}: no {MANIFEST} there, nor in its folders; give that of an "
        raise DataError(msg + "earlier edition: --since documents-2025")
    found: dict[str, Record] = {}
    for file in files:
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "is no JSON"
            msg = f"{file}: {reason}; give the manifest.json of an earlier edition"
            raise DataError(msg) from error
        if isinstance(told, dict) and told.get("in_progress"):
            msg = (
                f"{file}: its writing was stopped between two files; build that "
                "edition again"
            )
            raise DataError(msg)
        if not isinstance(told, dict) or not {"figures", "perimeter"} <= set(told):
            msg = (
                f"{file} holds no figures: it is of no document, or of a basinmap that "
                "did not keep them; build that edition again"
            )
            raise DataError(msg)
        found[file.parent.name] = told
    return found


# --- what changed -----------------------------------------------------------------


def changes(before: Record, after: Record) -> str:
    """
    Write in French what changed between two editions of a document, in Markdown.

    Parameters
    ----------
    before, after
        Their manifests.
    """
    lines = [
        f"## {after['title']}",
        "",
        f"Depuis l'édition du {_day(before)} ; celle-ci est du {_day(after)}.",
        "",
        "### Périmètre",
        "",
        *_moves(before, after),
        "",
        "### Millésimes",
        "",
        *(list(_vintages(before, after)) or ["Inchangés."]),
        "",
        "### Valeurs",
        "",
        *(list(_values(before, after)) or ["Aucune valeur imprimée n'a changé."]),
        "",
        "### Nouvellement masquées",
        "",
        *(list(_masked(before, after)) or ["Aucune."]),
        "",
        *_plates(before, after),
    ]
    return typeset("\n".join(lines))


def _day(record: Record) -> str:
    year, month, day = str(record.get("date", "")).split("-")
    return f"{day}/{month}/{year}"


def _named(record: Record, codes: Iterable[str]) -> str:
    names = record["names"]
    return ", ".join(f"{names.get(code, code)} ({code})" for code in codes)


def _moves(before: Record, after: Record) -> Iterator[str]:
    then, now = (set(one["perimeter"]["communes"]) for one in (before, after))
    if then == now:
        yield f"Inchangé : {counted(len(now), 'commune')}."
        return
    yield f"De {counted(len(then), 'commune')} à {number(len(now))}."
    if came := sorted(now - then):
        yield f"- Entrées ({len(came)}) : {_named(after, came)}."
    if left := sorted(then - now):
        yield f"- Sorties ({len(left)}) : {_named(before, left)}."


def _vintages(before: Record, after: Record) -> Iterator[str]:
    then, now = before["figures"], after["figures"]
    for id_, told in now.items():
        if id_ not in then:
            yield f"- {told['title']} ({id_}) : nouveau."
        elif (old := then[id_]["vintage"]) != told["vintage"]:
            yield f"- {told['title']} ({id_}) : {told['vintage']} au lieu de {old}."
    for id_ in [id_ for id_ in then if id_ not in now]:
        yield f"- {then[id_]['title']} ({id_}) : n'est plus donné."


def _values(before: Record, after: Record) -> Iterator[str]:
    """Return the values that print otherwise, the largest moves first."""
    for id_, told in after["figures"].items():
        old = before["figures"].get(id_)
        if old is None:
            continue
        moved = {
            code: (old["values"][code], value)
            for code, value in told["values"].items()
            if code in old["values"] and old["values"][code] != value
        }
        if not moved:
            continue
        revised = old["vintage"] == told["vintage"]
        why = "même millésime, valeurs révisées" if revised else told["vintage"]
        yield f"- **{told['title']}** ({id_}, {why}) : {counted(len(moved), 'valeur')}."
        size = {code: abs(b - a) for code, (a, b) in moved.items()}
        own = after["perimeter"]["code"]
        order = sorted(moved, key=lambda code: (code != own, -size[code], code))
        for code in order[:_MOST]:
            a, b = (number(x, told["decimals"]) for x in moved[code])
            yield f"    - {_named(after, [code])} : {a} → {b}"
        if len(order) > _MOST:
            yield f"    - et {counted(len(order) - _MOST, 'autre')}."


def _masked(before: Record, after: Record) -> Iterator[str]:
    for id_, told in after["figures"].items():
        old = before["figures"].get(id_, {"states": {}, "values": {}})
        hidden = [
            code
            for code, state in told["states"].items()
            if state == "secret" and code in old["values"]
        ]
        if hidden:
            yield f"- {told['title']} ({id_}) : {_named(after, hidden)}."


def _plates(before: Record, after: Record) -> Iterator[str]:
    """Return the plates by what is the same of them: bytes, words, or nothing."""
    then, now = (one.get("plates") or {} for one in (before, after))
    if not now:
        return
    same: dict[str, list[str]] = {"bytes": [], "words": [], "other": [], "new": []}
    for slug in now:
        same[_sameness(before, after, slug)].append(slug)
    heads = {
        "bytes": "Identiques",
        "words": "De même contenu (date, auteur ou tracé ont changé)",
        "other": "Changées",
        "new": "Nouvelles",
    }
    yield from ("### Planches", "")
    for kind, slugs in same.items():
        if slugs:
            yield f"- {heads[kind]} : {', '.join(slugs)}."
    if gone := [slug for slug in then if slug not in now]:
        yield f"- Absentes de cette édition : {', '.join(gone)}."


def _sameness(before: Record, after: Record, slug: str) -> str:
    then = before.get("plates") or {}
    if slug not in then:
        return "new"
    if _digests(before, slug) == _digests(after, slug):
        return "bytes"
    return "words" if then[slug] == after["plates"][slug] else "other"


def _digests(record: Record, slug: str) -> list[str | None]:
    outputs = record.get("outputs", {})
    return [outputs.get(f"{slug}{form}", {}).get("sha256") for form in _PLATES]
