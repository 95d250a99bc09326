"""Charts beside the map of a chapter: peers, ends of the list, years, concentration."""

from __future__ import annotations

from typing import Final

import pandas as pd

from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.chapters import (
    is_rate,
    noun_of,
    short_title,
    sources_told,
)
from basinmap.deliverables.charts import bar_chart, line_chart, range_strips
from basinmap.deliverables.groups import basin_of, chosen_as, peers, spread
from basinmap.deliverables.printed import Other
from basinmap.deliverables.sentences import (
    Noun,
    counted,
    printed,
    rank,
    reunited,
)
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import Figure
from basinmap.typography import BROAD, number, typeset, uncapital

__all__ = [
    "BASED_SPAN",
    "concentration",
    "each_chart",
    "ends_chart",
    "peers_chart",
    "peers_rank",
    "ranked",
    "sources_line",
    "tied_out",
    "two_counts",
    "years_chart",
]

BASED_SPAN: Final = 2.0
"""Least range of an axis in base 100: « quasi stable » is then seen as such."""
_FEW: Final = 14
_TIGHT: Final = 1.3
"""Bars are that much thinner where all communes are shown for it."""
_BARS_AROUND, _BAR_MM = 14.0, 9.0
_PEOPLE: Final = "population"
_PEERS: Final = {
    "epci": "intercommunalités",
    "scot": "SCoT",
}


def sources_line(about: Subject, *ids: str) -> str:
    """
    Return whose figures some indicators are.

    Parameters
    ----------
    about
        What is observed.
    *ids
        Indicators whose counts there are.
    """
    told = (source for id_ in ids for source in sources_told(about, id_))
    return " ; ".join(dict.fromkeys(told))


def ranked(about: Subject, id_: str) -> pd.Series:
    """
    Return an indicator of the communes that are ranked, highest first.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    """
    kept = spread(about, id_, frozenset(about.codes))
    kept = kept.drop(list(about.fragile(id_)), errors="ignore")
    return kept.sort_values(ascending=False, kind="stable")


def ends_chart(
    about: Subject, id_: str, slug: str, size_mm: tuple[float, float]
) -> Figure | None:
    """
    Draw the communes at both ends of an indicator, all of them where they are few.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    slug
        Name of the figure.
    size_mm
        Width and height; where they are more, as many as it has room for.
    """
    values = ranked(about, id_)
    if len(values) < 3:
        return None
    room = max(4, int((size_mm[1] - 7) / 3.7))
    noun = noun_of(about, id_)
    title, kept = _ends(values, room, rate=is_rate(about, id_))
    if len(kept) == len(values) < len(about.codes):
        title = f"{title} classées"
    title += tied_out(kept, values.drop(kept.index), noun.decimals)
    total = about.total(id_)
    rate = is_rate(about, id_)
    reference = (
        (_own(about), total.value)
        if rate and total is not None and total.plain
        else None
    )
    return bar_chart(
        slug,
        kept.set_axis([typeset(str(about.names[code])) for code in kept.index]),
        caption=f"{short_title(about, id_)} : {title}",
        source="",
        decimals=noun.decimals,
        signed=noun.signed,
        unit=_unit(noun),
        reference=reference,
        size_mm=size_mm,
    )


def each_chart(
    about: Subject, id_: str, slug: str, size_mm: tuple[float, float]
) -> Figure | None:
    """
    Draw each commune, and under them the territories that hold them: those are few.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    slug
        Name of the figure.
    size_mm
        Width and height.

    Returns
    -------
    Figure
        Nothing where under two communes have a value that is neither hidden nor
        fragile.
    """
    few, noun = about.fragile(id_), noun_of(about, id_)
    found = {c: about.commune(id_, c) for c in about.alphabetical if c not in few}
    bars = {
        typeset(str(about.names[code])): value.value
        for code, value in found.items()
        if value is not None and value.plain
    }
    mine = list(bars)
    if len(bars) < 2:
        return None
    if is_rate(about, id_):  # an amount is not set beside the whole that holds it
        wholes = [(about.name.short, about.total(id_))]
        wholes += [(other.short, about.against(id_, other)) for other in about.others]
        bars |= {n: v.value for n, v in wholes if v is not None and v.plain}
    return bar_chart(
        slug,
        pd.Series(bars),
        caption=short_title(about, id_),
        source="",
        decimals=noun.decimals,
        signed=noun.signed,
        unit=_unit(noun),
        mine=mine if len(bars) > len(mine) else (),
        order=False,
        size_mm=(size_mm[0], min(size_mm[1], _BARS_AROUND + _BAR_MM * len(bars))),
    )


def tied_out(shown: pd.Series, rest: pd.Series, decimals: int) -> str:
    """
    Say how many communes are left out of a list whose ends they equal, as printed.

    Parameters
    ----------
    shown, rest
        Values that are listed, and those that are not.
    decimals
        How many are printed.
    """
    seen = {printed(float(value), decimals) for value in shown}
    left = sum(printed(float(value), decimals) in seen for value in rest)
    if not left:
        return ""
    return f" ({counted(left, 'autre')} ex æquo, hors de la figure)"


def _unit(noun: Noun) -> str:
    """Return the unit of an axis: « % par an » is told by the caption."""
    return "%" if noun.percentage or noun.unit.startswith("%") else noun.unit


def _own(about: Subject) -> str:
    return {"epci": "EPCI", "scot": "SCoT", "bassin": "Bassin"}.get(
        about.area.level, "Ensemble"
    )


def _ends(values: pd.Series, room: int, *, rate: bool) -> tuple[str, pd.Series]:
    if len(values) <= max(_TIGHT * room, _FEW):
        return f"les {number(len(values))} communes", values
    if not rate:
        return f"les {room} valeurs les plus hautes", values.iloc[:room]
    top = (room + 1) // 2
    low = room - top
    told = f"les {top} valeurs les plus hautes et les {low} plus basses"
    return told, pd.concat([values.iloc[:top], values.iloc[len(values) - low :]])


def peers_chart(
    about: Subject, id_: str, slug: str, size_mm: tuple[float, float]
) -> Figure | None:
    """
    Draw an indicator of a territory among its peers: none where there are under three.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    slug
        Name of the figure.
    size_mm
        Width and height.
    """
    found = _peers_of(about, id_)
    if len(found) < 3:
        return None
    noun = noun_of(about, id_)
    mine = [other.short for other in found if other.code == about.area.code]
    totals = pd.Series({other.short: value for other, value in found.items()})
    title = f"Les {_PEERS.get(about.area.level, 'territoires')} {chosen_as(about)}"
    unit = _unit(noun)
    if not is_rate(about, id_):
        totals = totals.drop("Bassin minier", errors="ignore")
        return bar_chart(
            slug,
            totals,
            caption=f"{title} : {uncapital(about.told(id_).title)}",
            source="",
            mine=mine,
            unit=unit,
            decimals=noun.decimals,
            signed=noun.signed,
            size_mm=size_mm,
        )
    units = {other.short: spread(about, id_, other.communes) for other in found}
    caption = f"{title}, et leurs communes : {uncapital(about.told(id_).title)}"
    return range_strips(
        slug,
        totals,
        units,
        mine=mine,
        caption=caption,
        source="",
        unit=unit,
        decimals=noun.decimals,
        signed=noun.signed,
        size_mm=size_mm,
    )


def _peers_of(about: Subject, id_: str) -> dict[Other, float]:
    """Return the peers whose value is whole, and the bassin minier."""
    others = peers(about)
    basin = basin_of(about)
    found = {}
    for other in [*others, *([basin] if basin and others else [])]:
        value = about.against(id_, other)
        known = len(spread(about, id_, other.communes)) > 0
        if value is not None and value.plain and known:
            found[other] = value.value
    return found


def peers_rank(about: Subject, id_: str) -> str:
    """
    Say the rank of a territory among its peers, nothing where there are under three.

    Parameters
    ----------
    about
        What is observed.
    id_
        A rate whose counts there are.
    """
    found = {o: v for o, v in _peers_of(about, id_).items() if o.level != "bassin"}
    mine = [other for other in found if other.code == about.area.code]
    if len(found) < 3 or not mine or about.entry(id_).kind == "growth":
        return ""
    values = pd.Series({other.code: value for other, value in found.items()})
    names = pd.Series({other.code: other.name.bare for other in found})
    units = f"{_PEERS[about.area.level]} {chosen_as(about)}"
    return rank(about.area.code, values, names, noun=noun_of(about, id_), units=units)


def years_chart(
    about: Subject, slug: str, size_mm: tuple[float, float], count: str = "population"
) -> Figure | None:
    """
    Draw a count over the years, base 100, beside the territories that hold it.

    Parameters
    ----------
    about
        What is observed.
    slug
        Name of the figure.
    size_mm
        Width and height.
    count
        Its name in the catalogue.
    """
    if len(about.years(count)) < 2:
        return None
    groups = {_own(about): about.codes}
    for other in about.others:
        codes = about.table.index.intersection(sorted(other.communes))
        groups[other.short] = codes
    lines = {}
    for name, codes in groups.items():
        line = about.sums(count, codes)
        if line.notna().iloc[0] and line.iloc[0] > 0:
            lines[name] = 100 * line / line.iloc[0]
    if not lines:
        return None
    based = pd.DataFrame(lines)
    label = catalogue().counts[count].label
    return line_chart(
        slug,
        based,
        caption=f"{label}, base 100 en{BROAD}{based.index[0]}",
        source="",
        size_mm=size_mm,
        span=BASED_SPAN,
    )


def concentration(about: Subject, id_: str) -> str:
    """
    Say what the three communes that count most hold of what a rate is a part of.

    What a stock is set against is the population of its year.

    Parameters
    ----------
    about
        What is observed.
    id_
        A ratio of one count to one count, or a stock of one count.
    """
    found = two_counts(about, id_) or _of_people(about, id_)
    if found is None or len(about.codes) < 8:
        return ""
    (part, whole), (of, against_of) = found
    if part.isna().any() or whole.isna().any() or part.sum() <= 0:
        return ""
    if not all(word.split()[0].endswith("s") for word in (of, against_of)):
        return ""  # « des population de 65 ans ou plus »
    top = part.sort_values(ascending=False, kind="stable").index[:3]
    shares = [100 * float(line[top].sum() / line.sum()) for line in (part, whole)]
    names = [str(about.names[code]) for code in top]
    return reunited(
        names,
        shares[0],
        about.name,
        of=of,
        against_share=shares[1],
        against_of=against_of,
    )


def _of_people(
    about: Subject, id_: str
) -> tuple[tuple[pd.Series, pd.Series], tuple[str, str]] | None:
    """Return a stock by commune and the inhabitants of its year; none without them."""
    entry, noun = about.entry(id_), noun_of(about, id_)
    if entry.kind != "stock" or not noun.many or about.told(id_).states:
        return None
    year, values = about.told(id_).vintage, about.mine(id_)
    if values is None or not year.isdigit() or int(year) not in about.years(_PEOPLE):
        return None
    people = about.counted(_PEOPLE, about.codes)[int(year)]
    if people.isna().any() or people.sum() <= 0:
        return None
    return (values.reindex(people.index), people), (noun.singular, "habitants")


def two_counts(
    about: Subject, id_: str
) -> tuple[tuple[pd.Series, pd.Series], tuple[str, str]] | None:
    """
    Return the two counts of a ratio by commune, and their names; none if not two.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    """
    entry, counts = about.entry(id_), catalogue().counts
    year, terms = about.told(id_).vintage, entry.counts
    whole_terms = len(entry.numerator) == len(entry.denominator) == 1
    if entry.kind != "ratio" or entry.span != "one" or not whole_terms:
        return None
    if not year.isdigit() or about.told(id_).states:
        return None  # a state is said before any comment
    if any(int(year) not in about.years(term) for term in terms):
        return None
    lines = [about.counted(term, about.codes)[int(year)] for term in terms]
    words = [uncapital(counts[term].label) for term in terms]
    return (lines[0], lines[1]), (words[0], words[1])
