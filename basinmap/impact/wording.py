"""
What a result says, in French, and what it rests on.

« Effet » is written in the few sentences that a result allows, and nowhere else: an
estimate is « un écart ». No result is a result, and is said first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from basinmap.impact.designs import Design
from basinmap.typography import long_date, number, typeset

__all__ = [
    "amount",
    "assumptions_of",
    "communes",
    "describes",
    "drift",
    "kilometres",
    "left_out",
    "main_rows",
    "spoken",
    "told",
    "verdict",
]

_LEVEL: Final = 0.05
_FAR: Final = 2.0
"""Ratio of variances beyond which the rank is doubted."""
_RINGS: Final = {"treated": 0, "buffer": 1}


def amount(value: float, unit: str, *, signed: bool = True) -> str:
    r"""
    Write a difference with its unit.

    Parameters
    ----------
    value
        A number.
    unit
        `"%"`, `"point"`, or another, written as it is.
    signed
        Whether a plus sign is written.

    Examples
    --------
    >>> amount(0.84, "point"), amount(-2.31, "point"), amount(0.84, "%")
    ('+0,84\xa0point', '−2,31\xa0points', '+0,84\u202f%')
    """
    if math.isinf(value):
        return "plus l'infini" if value > 0 else "moins l'infini"
    decimals = 1 if abs(value) >= 10 else 2
    text = number(value, decimals, signed=signed)
    if unit == "%":
        return f"{text}\u202f%"
    plural = "s" if unit == "point" and abs(round(value, decimals)) >= 2 else ""
    return f"{text}\u00a0{unit}{plural}" if unit else text


def told(design: Design, value: float, *, signed: bool = True) -> str:
    """
    Write a difference of the outcome of a design.

    Parameters
    ----------
    design
        A design; of a count, differences of logarithms are written as growth.
    value
        In the unit of its values.
    signed
        Whether a plus sign is written.
    """
    return amount(design.outcome.shown(value), design.outcome.unit, signed=signed)


def communes(count: float) -> str:
    """
    Write how many communes there are.

    Parameters
    ----------
    count
        How many.

    Examples
    --------
    >>> communes(1), communes(47)
    ('1 commune', '47 communes')
    """
    return f"{number(count)} commune{'s' if count >= 2 else ''}"


def spoken(sentences: Sequence[str], assumptions: Sequence[str]) -> str:
    """
    Write a result as a text: a sentence a line, then what they rest on.

    Parameters
    ----------
    sentences, assumptions
        French.

    Examples
    --------
    >>> spoken(["Rien ne permet de conclure."], ["Un seul lieu."]).splitlines()[-1]
    '– Un seul lieu.'
    """
    lines = [f"– {line}" for line in assumptions]
    heading = [typeset("Hypothèses et limites :")] if lines else []
    return "\n".join([*sentences, *heading, *lines])


def left_out(reasons: Iterable[str]) -> list[str]:
    """
    Say how many communes were left out of all years, and why.

    Parameters
    ----------
    reasons
        One a commune.
    """
    return [
        f"{communes(count)} laissée{'s' if count > 1 else ''} de côté, toutes années : "
        f"{why}."
        for why, count in Counter(reasons).items()
    ]


def kilometres(metres: float) -> str:
    """
    Write kilometres, with the decimals that they have.

    Parameters
    ----------
    metres
        A distance.

    Examples
    --------
    >>> kilometres(7_500.0), kilometres(10_000)
    ('7,5', '10')
    """
    return number(metres / 1000, 0 if metres % 1000 == 0 else 1)


def main_rows(table: pd.DataFrame) -> pd.DataFrame:
    """
    Return the ranks of the treated ring under the main weighting, one row a term.

    Parameters
    ----------
    table
        What `estimates` returns.
    """
    levels = table.index.get_level_values
    kept = (
        (levels("ring") == "treated")
        & (levels("weighting") == levels("weighting")[0])
        & (levels("method") == "placebos")
    )
    return table[kept].droplevel(["ring", "weighting", "method"])


def describes(design: Design) -> str:
    """
    Say that there is no year before, and what that forbids.

    Parameters
    ----------
    design
        A design without a year before.
    """
    first = design.years[0]
    if design.opened is None:
        return typeset(
            f"Aucune date d'ouverture n'est donnée : ce chapitre décrit une évolution "
            f"depuis {first}, il n'en dit pas la cause."
        )
    return typeset(
        f"Les données commencent en {first}, après l'ouverture "
        f"({long_date(design.opened)}) : ce chapitre décrit une évolution, il ne "
        "mesure pas l'effet de l'ouverture."
    )


def verdict(
    design: Design, table: pd.DataFrame, term: object, *, reference: int | None
) -> list[str]:
    """
    Say what the treated ring has to say of one term.

    Parameters
    ----------
    design
        A design.
    table
        What `estimates` returns.
    term
        A year, or `"after"`.
    reference
        Year that others are compared with, or None.
    """
    main, other = design.weightings
    row = table.loc[("treated", main, term, "placebos")]
    even = table.loc[("treated", other, term, "placebos")]
    lines = [_what(design, row, term, reference), _conclusion(design, row)]
    if (row["p"] <= _LEVEL) != (even["p"] <= _LEVEL):
        lines.append(
            "Le résultat dépend de la pondération : à poids égaux, l'écart est de "
            f"{told(design, even['estimate'])} (rang {number(even['rank'])} sur "
            f"{number(even['places'])})."
        )
    if math.isinf(row["detectable"]):
        lines.append(
            f"Avec {number(row['places'] - 1)} autres lieux comparables, aucun écart, "
            "si grand soit-il, ne pourrait être distingué du hasard."
        )
    elif row["p"] > _LEVEL and not design.descriptive:
        least = told(design, row["detectable"], signed=False)
        lines.append(
            f"Seul un effet d'au moins {least} aurait pu être décelé quatre fois sur "
            "cinq ; l'absence de résultat ne prouve pas l'absence d'effet."
        )
    return [typeset(line) for line in lines]


def _what(design: Design, row: pd.Series, term: object, reference: int | None) -> str:
    """Say what was measured, without a word on its cause."""
    near, _, inner, outer = (kilometres(bound) for bound in design.bounds)
    before = [y for y, late in zip(design.years, design.after, strict=True) if not late]
    after = [y for y, late in zip(design.years, design.after, strict=True) if late]
    when = (
        f"entre {reference} et {term}"
        if reference is not None
        else f"entre {_span(before)} et {_span(after)}"
    )
    label = design.outcome.label
    how = "a varié" if design.outcome.logs else "a changé"
    gap = told(design, row["estimate"])
    return (
        f"{label} : {when}, l'écart entre les communes à moins de {near} km "
        f"({design.place.name}) et celles de {inner} à {outer} km {how} de {gap}."
    )


def _span(years: list[int]) -> str:
    first, last = years[0], years[-1]
    return f"{first}" if first == last else f"la moyenne de {first}-{last}"


def _conclusion(design: Design, row: pd.Series) -> str:
    gap = told(design, row["estimate"])
    where = (
        "de lieux tirés au hasard" if design.random else "de tous les lieux comparables"
    )
    rank = f"rang {number(row['rank'])} sur {number(row['places'])}"
    if row["p"] > _LEVEL:
        return (
            f"Rien ne permet de conclure : l'écart mesuré ({gap}) est de l'ordre de ce "
            f"qu'on observe autour {where} ({rank})."
        )
    share = math.floor(100 * (1 - row["p"]) + 1e-9)
    strong = (
        f"L'écart mesuré est plus fort qu'autour de {share} % des lieux "
        f"{'tirés au hasard' if design.random else 'comparables'} ({rank})"
    )
    low, high = (told(design, row[side]) for side in ("low", "high"))
    if design.descriptive:
        return (
            f"{strong} ; il est compris entre {low} et {high}, sans qu'on en sache la "
            "cause."
        )
    return f"{strong} ; il est compatible avec un effet compris entre {low} et {high}."


def drift(design: Design, value: float) -> str:
    """
    Say which steady drift would make the same difference.

    Parameters
    ----------
    design
        A design.
    value
        A year.
    """
    yearly = told(design, abs(value), signed=False)
    return typeset(
        f"Une dérive antérieure de {yearly} par an suffirait à produire cet écart."
    )


def assumptions_of(
    design: Design, table: pd.DataFrame, *, variation: float, perimeter: str
) -> tuple[str, ...]:
    """
    List what a result rests on.

    Parameters
    ----------
    design
        A design.
    table
        What `estimates` returns.
    variation
        Ratio of the variances of the perimeter and of the rest.
    perimeter
        Its French name.
    """
    near, buffer, inner, outer = (kilometres(bound) for bound in design.bounds)
    first = main_rows(table).iloc[0]
    lines = [
        f"Sans l'ouverture, les communes à moins de {near} km auraient évolué comme "
        f"celles de {inner} à {outer} km : c'est une hypothèse, rien ne la prouve."
        if not design.descriptive
        else "",
        "Les couronnes sont tracées à vol d'oiseau ; "
        f"{communes(first['communes'])} à moins de {near} km (effectif "
        f"équivalent : {number(first['effective'], 1)}).",
        f"De {near} à {buffer} km, les communes ont un écart à part : elles ne sont ni "
        "traitées, ni témoins."
        if design.bounds[1] > design.bounds[0]
        else "",
        "Avant et après sont les moyennes des années données, chacune pour une."
        if not design.descriptive and len(design.years) > 2
        else "",
        "Un seul lieu est traité : aucun calcul par commune ne peut donner une "
        "incertitude plus sûre que la comparaison entre lieux.",
        f"{number(len(design.places))} lieux comparés, dont les couronnes se "
        f"recouvrent : environ {number(design.disjoint)}, celui-ci compris, n'ont "
        "aucune couronne commune.",
        _varies(variation, perimeter),
        _expected(design),
        *left_out(design.left_out.values()),
        *design.outcome.notes,
        *(
            f"À partir de {year} : {what}."
            for year, what in design.outcome.breaks.items()
        ),
    ]
    return tuple(typeset(line) for line in lines if line)


def _varies(ratio: float, perimeter: str) -> str:
    if math.isnan(ratio):
        return ""
    text = (
        f"D'une date à l'autre, la variance des communes {perimeter} est "
        f"{number(ratio, 1)} fois celle des autres"
    )
    if 1 / _FAR <= ratio <= _FAR:
        return f"{text} : de ce point de vue, les lieux sont comparables."
    return (
        f"{text} : les lieux ne sont pas tout à fait comparables, le rang est fragile."
    )


def _expected(design: Design) -> str:
    years = design.expected
    if not years or design.announced is None:
        return ""
    listed = ", ".join(str(year) for year in years)
    return (
        f"Après l'annonce ({design.announced.year}) et avant l'ouverture ({listed}), "
        "ce qu'on en attendait a pu déjà compter : l'écart mesuré serait alors trop "
        "faible."
    )
