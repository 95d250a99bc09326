"""What is printed of secrecy, in French: the accounts of an attack and of a defence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from basinmap.secrecy.probes import Probe
from basinmap.secrecy.systems import System
from basinmap.typography import number, percent, shortest, typeset

__all__ = ["combination", "told_attack", "told_protection"]

_TERMS = 4


def combination(system: System, figure: int, probe: Probe, place: int) -> str:
    """
    Name the subtraction that finds a figure.

    Parameters
    ----------
    system
        All that is published.
    figure
        Which one.
    probe, place
        Where an intruder finds it.
    """
    factors = np.zeros(system.size)
    for row, factor in probe.proof(place, 1):
        start, end = system.matrix.indptr[row], system.matrix.indptr[row + 1]
        for at, value in zip(
            system.matrix.indices[start:end], system.matrix.data[start:end], strict=True
        ):
            factors[at] += factor * value
    mine = factors[figure]
    if abs(mine) < 1e-6:
        return "bornes de tout ce qui est publié"
    shares = -factors / mine
    shares[figure] = 0.0
    fixed = system.fixed
    used = np.flatnonzero((np.abs(shares) > 1e-6) & fixed)
    used = used[np.abs(np.nan_to_num(system.truth[used])) > 0]
    told = _terms(system, used, shares)
    rest = (np.abs(shares) > 1e-6) & ~fixed
    return told + (" ; aucun effectif n'est négatif" if rest.any() else "")


def _terms(system: System, used: np.ndarray, shares: np.ndarray) -> str:
    """Write what is added, then what is taken away."""
    size = shares * np.nan_to_num(system.truth)
    order = sorted(used.tolist(), key=lambda at: (shares[at] < 0, -abs(size[at]), at))
    parts: list[str] = []
    for at in order[:_TERMS]:
        sign = "−" if shares[at] < 0 else "+"
        times = (
            "" if abs(abs(shares[at]) - 1) < 1e-6 else f"{shortest(abs(shares[at]))} × "
        )
        figure = f"{times}{system.names[at]} ({shortest(system.truth[at])})"
        parts.append(f"{sign} {figure}" if parts or sign == "−" else figure)
    left = order[_TERMS:]
    if left:
        total = sum(size[at] for at in left)
        sign = "−" if total < 0 else "+"
        parts.append(
            f"{sign} {len(left)} autres valeurs publiées ({shortest(abs(total))})"
        )
    return " ".join(parts)


def told_attack(
    cells: pd.DataFrame, clashes: Sequence[str], checked: int, notes: Sequence[str]
) -> str:
    """
    Write what an attack found.

    Parameters
    ----------
    cells, clashes, checked, notes
        See `Attack`.
    """
    lines = [
        f"Attaque du secret : {_count(len(cells), 'valeur')} sous secret, "
        f"{_count(checked, 'valeur')} en clair."
    ]
    if clashes:
        lines.append(
            f"Contradictions entre les valeurs publiées ({len(clashes)}) : rien ne "
            "peut être tenu pour sûr."
        )
        lines += [f"– {line}" for line in clashes[:5]]
    found = cells[cells["found"]]
    if found.empty and not clashes:
        lines.append(_held(looked=len(cells) > 0 or checked > 0, whole=not notes))
    if len(found):
        lines.append(f"Retrouvées exactement ({len(found)}) :")
        lines += [
            f"– {_place(row)} = {shortest(row.low)} : {row.how}"
            for row in found.head(20).itertuples()
        ]
        if len(found) > 20:
            lines.append(f"– et {len(found) - 20} autres.")
    return typeset("\n".join([*lines, *notes]))


def _held(*, looked: bool, whole: bool) -> str:
    """Conclude, of what was read."""
    if not looked:
        return (
            "Aucune valeur n'est dite sous secret dans ce qui a été lu : rien n'a été "
            "cherché, et rien n'est à conclure."
        )
    end = "ucune valeur sous secret ne peut être retrouvée"
    return f"A{end}." if whole else f"Dans ce qui a été lu, a{end}."


def _place(row: object) -> str:
    table, code, column = (getattr(row, k) for k in ("table", "code", "column"))
    return ", ".join(part for part in (table, code, column) if part)


def _count(many: int, what: str) -> str:
    return f"{number(many)} {what}{'s' if many > 1 else ''}"


def told_protection(
    cells: pd.DataFrame,
    rules: Mapping[str, int],
    shares: pd.DataFrame,
    shown: int,
    ends: Sequence[str],
) -> str:
    """
    Write what a defence hid.

    Parameters
    ----------
    cells
        See `Protection`.
    rules
        Sentence of each rule to how many it hides.
    shares
        By table and column, `total` and `hidden`.
    shown
        How many figures there were.
    ends
        Last sentences.
    """
    share = percent(100 * len(cells) / shown, 1) if shown else percent(0, 1)
    lines = [
        f"Secret statistique : {_count(len(cells), 'cellule')} "
        f"masquée{'s' if len(cells) > 1 else ''} sur {number(shown)} ({share})."
    ]
    lines += [f"– {rule} : {number(many)}" for rule, many in rules.items()]
    kinds = cells["why"].value_counts()
    for why, told in (
        ("received", "reçues sous secret du producteur"),
        ("protection", "masquées pour protéger les précédentes"),
        ("rate", "taux masqués avec leurs effectifs"),
    ):
        if kinds.get(why, 0):
            lines.append(f"– {told} : {number(int(kinds[why]))}")
    some = shares[shares["hidden"] > 0]
    if len(some):
        lines.append("Part du total masquée, par tableau :")
        for (table, column), row in some.iterrows():
            told = percent(100 * row["hidden"] / row["total"], 1)
            name = f"{table}, {column}" if table else str(column)
            lines.append(f"– {name} : {told}")
    return typeset("\n".join([*lines, *ends]))
