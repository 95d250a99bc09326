"""The page of the ages of a territory: its pyramid, beside those that hold it."""

from __future__ import annotations

from typing import Final

import pandas as pd

from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.charts import age_pyramid
from basinmap.deliverables.printed import Other
from basinmap.deliverables.sentences import printed
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import (
    Cell,
    Column,
    Heading,
    Note,
    Page,
    Paragraph,
    Table,
)
from basinmap.typography import BROAD, number, percent, typeset
from basinmap.values.told import measures_of

__all__ = ["BANDS", "PYRAMID", "pyramid_page"]

BANDS: Final = {
    "0to14": "0-14 ans",
    "15to29": "15-29 ans",
    "30to44": "30-44 ans",
    "45to59": "45-59 ans",
    "60to74": "60-74 ans",
    "75to89": "75-89 ans",
    "90_plus": "90 ans ou plus",
}
"""Bands of ages of the census, youngest first: the end of a count, and its label."""
_SEXES: Final = {"men": "Hommes", "women": "Femmes"}
PYRAMID: Final = f"men_{next(iter(BANDS))}"
"""A count of the file that opens the page."""
_MOST_MM: Final = 150.0


def pyramid_page(about: Subject, running: str) -> Page | None:
    """
    Return the page of the ages, nothing without the counts by age and sex.

    Parameters
    ----------
    about
        What is observed.
    running
        What the head of the page says.

    Returns
    -------
    Page
        Nothing where a commune of the territory has no count: its pyramid would be of
        the others.
    """
    years = sorted(set.intersection(*(set(about.years(n)) for n in _names())))
    if not years:
        return None
    year = years[-1]
    mine = _ages(about, about.codes, year)
    if mine is None:
        return None
    known = {other: _ages(about, _codes(about, other), year) for other in about.others}
    others = {other: ages for other, ages in known.items() if ages is not None}
    sheet = Sheet([("title", Heading("Pyramide des âges"))])
    text = (
        f"Comment la population se répartit-elle par âge et par sexe en{BROAD}{year} ?"
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="pyramide.lead"))
    sheet.put("table", _table(about, mine, others, year))
    told = _said(about, mine, others, year)
    sheet.put("reading", Note("reading", "À retenir", told, key="pyramide.retenir"))
    beside = next(reversed(others), None)  # the widest, the steadiest to compare with
    name = "" if beside is None else beside.short
    against = "" if beside is None else f", et {beside.name.of} (trait)"
    high = min(_MOST_MM, sheet.room_mm())
    figure = age_pyramid(
        "pyramide",
        mine,
        other=None if beside is None else others[beside],
        other_name=name,
        caption=typeset(
            f"Population {about.name.of} par sexe et âge, en % de l’ensemble, "
            f"{year}{against}"
        ),
        source=_source(about, year),
        size_mm=(182.0, high),
    )
    sheet.put("wide", figure)
    return sheet.page("pyramide", running)


def _names() -> list[str]:
    return [f"{sex}_{band}" for sex in _SEXES for band in BANDS]


def _codes(about: Subject, other: Other) -> pd.Index:
    return about.table.index.intersection(sorted(other.communes))


def _ages(about: Subject, codes: pd.Index, year: int) -> pd.DataFrame | None:
    """Return people by age and sex of some communes, nothing if one has none."""
    found = {
        told: [float(about.sums(f"{sex}_{band}", codes)[year]) for band in BANDS]
        for sex, told in _SEXES.items()
    }
    ages = pd.DataFrame(found, index=list(BANDS.values()))
    return ages if ages.notna().all(axis=None) and ages.to_numpy().sum() > 0 else None


def _shares(ages: pd.DataFrame) -> pd.Series:
    both = ages.sum(axis=1)
    return 100 * both / both.sum()


def _source(about: Subject, year: int) -> str:
    known = measures_of(about.table)
    columns = (about.columns_of(name)[year] for name in _names())
    told = (known[column].source for column in columns if column in known)
    return typeset(" ; ".join(dict.fromkeys(filter(None, told))))


def _table(
    about: Subject,
    mine: pd.DataFrame,
    others: dict[Other, pd.DataFrame],
    year: int,
) -> Table:
    shares = [_shares(ages) for ages in (mine, *others.values())]
    rows = []
    for label in mine.index:
        counts = [float(mine.loc[label, sex]) for sex in _SEXES.values()]
        rows.append(
            (
                Cell(str(label)),
                *(Cell(number(count), value=count) for count in counts),
                *(Cell(percent(s[label], 1), value=float(s[label])) for s in shares),
            )
        )
    columns = (
        Column("Âge", "left", 1.6),
        *(Column(sex) for sex in _SEXES.values()),
        Column("Part", mine=True),
        *(Column(other.short) for other in others),
    )
    caption = (
        f"Population {about.name.of} selon l’âge en {year}, et territoires comparés"
    )
    return Table(
        columns,
        tuple(rows),
        typeset(caption),
        notes=(typeset("Parts : en % de la population de chaque territoire."),),
        source=_source(about, year),
    )


def _said(
    about: Subject,
    mine: pd.DataFrame,
    others: dict[Other, pd.DataFrame],
    year: int,
) -> tuple[str, ...]:
    """Say the largest band, and where the territory is farthest from another."""
    own = _shares(mine).map(_printed)
    women = _printed(100 * mine["Femmes"].sum() / mine.to_numpy().sum())
    top = own[own == own.max()].index
    told = [
        f"{about.name.at}, les femmes sont {percent(women, 1)} de la population en "
        f"{year}.",
    ]
    if len(top) == 1:
        told.append(
            f"La tranche d’âge la plus nombreuse est celle des {top[0]} : "
            f"{percent(own[top[0]], 1)} des habitants."
        )
    for other, ages in list(others.items())[-1:]:
        theirs = _shares(ages).map(_printed)
        gaps = (own - theirs).map(_printed)
        far = gaps.abs()[gaps.abs() == gaps.abs().max()].index
        if len(far) == 1 and gaps[far[0]] != 0:
            label = far[0]
            told.append(
                f"L’écart le plus grand avec {other.name.bare} est celui des {label} : "
                f"{percent(own[label], 1)}, contre {percent(theirs[label], 1)}."
            )
    return tuple(typeset(text[:1].upper() + text[1:]) for text in told)


def _printed(value: float) -> float:
    return printed(value, 1)
