"""
What a PLH has of its own: its balance, its secteurs, what changed since an edition.

All of it rests on tables of the user: objectives and what was done, the secteur of each
commune, the counts of a former edition. Without them a page says which file would fill
it, and how it is laid out; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.deliverables.chapter_figures import sources_line
from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.chapters import (
    is_rate,
    map_figure,
    noun_of,
    short_title,
)
from basinmap.deliverables.charts import bar_chart
from basinmap.deliverables.groups import grouped
from basinmap.deliverables.printed import PALES, Value
from basinmap.deliverables.reasons import reasons_of_communes, reasons_of_wholes
from basinmap.deliverables.sentences import counted, enumerated, objective, printed
from basinmap.deliverables.subjects import Subject
from basinmap.errors import CodeError, ColumnError, DataError, culprits
from basinmap.export.parts import (
    Cell,
    Column,
    Figure,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Page,
    Paragraph,
    Table,
)
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.paper.sheets import MapAxes
from basinmap.typography import BROAD, number, percent, typeset

__all__ = [
    "Balance",
    "balance_lacking",
    "balance_page",
    "former_page",
    "sectors_of",
    "sectors_page",
]

_LAYOUT: Final = (
    "Un tableau d’une ligne par commune : « commune » (code Insee), « objectif » et "
    "« realise » (nombres entiers de logements sur la période) ; une ligne par commune "
    "et par thème si une colonne « theme » est ajoutée (production, logements sociaux, "
    "réhabilitation…)."
)
_MOST_BARS: Final = 24
_APART: Final = 5


@dataclass(frozen=True)
class Balance:
    """
    The objectives of the previous PLH, and what was done of them.

    Attributes
    ----------
    table
        Columns `commune`, `objective`, `achieved`, and `theme` where there are several.
    source
        Whence the two are, as printed.
    period
        First and last year of the PLH.
    closed
        Whether the period is over: only then is an objective reached or not.
    """

    table: pd.DataFrame
    source: str
    period: tuple[int, int]
    closed: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be set beside anything."""
        lacking = {"commune", "objective", "achieved"} - set(self.table.columns)
        if lacking:
            msg = (
                f"balance lacks the column(s) {culprits(sorted(lacking))}: commune, "
                "objective, achieved, and theme where there are several"
            )
            raise ColumnError(msg)
        if not self.source.strip():
            msg = (
                "the balance has no source: Balance(table, source='Service habitat', …)"
            )
            raise DataError(msg)
        if self.period[0] > self.period[1]:
            msg = f"period {self.period} is not in order; write (first, last)"
            raise DataError(msg)
        for name in ("objective", "achieved"):
            _check_counts(self.table, name)
        keys = self.table[[n for n in ("commune", "theme") if n in self.table]]
        twice = keys.duplicated()
        if twice.any():
            listed = keys.loc[twice, "commune"].astype(str)
            msg = f"balance has {culprits(list(listed))} twice; one row a theme"
            raise DataError(msg)


def _check_counts(table: pd.DataFrame, name: str) -> None:
    if not pd.api.types.is_numeric_dtype(table[name]):
        msg = f"balance: column {name!r} holds no numbers; write 120, or nothing"
        raise DataError(msg)
    bad = table.loc[table[name] < 0, "commune"].astype(str)
    if len(bad):
        msg = f"balance: {name} of {culprits(list(bad))} is negative"
        raise DataError(msg)


def balance_page(about: Subject, balance: Balance, running: str) -> Page:
    """
    Return the balance of the previous PLH (CCH R. 302-1-1).

    Parameters
    ----------
    about
        What is observed.
    balance
        Objectives and what was done.
    running
        What the head of the page says.

    Raises
    ------
    CodeError
        If a commune of the balance is not in the perimeter.
    """
    table = balance.table.copy()
    table["commune"] = table["commune"].astype("str")
    strange = sorted(set(table["commune"]) - set(about.codes))
    if strange:
        msg = (
            f"balance: {len(strange)} commune(s) are not in {about.area.name}: "
            f"{culprits(strange)}; write codes such as {about.codes[0]}"
        )
        raise CodeError(msg)
    if "theme" not in table:
        table["theme"] = "Logements"
    themes = list(dict.fromkeys(map(str, table["theme"])))
    first = table[table["theme"].astype("str") == themes[0]].set_index("commune")
    years = f"{balance.period[0]}-{balance.period[1]}"
    sheet = Sheet([("title", Heading(typeset(f"Bilan du PLH {years}")))])
    sheet.put("tiles", _tiles_of(table, themes))
    for theme in themes[:4]:
        rows = table[table["theme"].astype("str") == theme]
        said = _said(rows, theme, balance)
        key = f"bilan.{themes.index(theme) + 1}"
        sheet.put("words", Paragraph(said, bullet=True, key=key) if said else None)
    sheet.put("table", _balance_table(about, table, themes, balance))
    note = (
        "Le bilan rapporte ce qui est réalisé à ce qui était visé, par commune. "
        "Une commune sans objectif n’a pas de part.",
        "Atteint ou non atteint ne se dit que d’une période close.",
    )
    sheet.put("reading", Note("method", "Lecture", tuple(map(typeset, note))))
    room = sheet.room_mm()
    if room > 40:
        sheet.put("wide", _balance_bars(about, first, themes[0], room))
    return sheet.page("bilan", running)


def balance_lacking() -> Note:
    """Return what the balance of the previous PLH takes, where it was not given."""
    text = (
        "Le code de la construction et de l’habitation (R. 302-1-1) demande "
        "l’évaluation des actions engagées. Les objectifs du PLH précédent et leurs "
        "réalisations n’ont pas été fournis : ce bilan n’est pas dans cette édition."
    )
    told = (typeset(text), typeset(_LAYOUT))
    return Note("missing", "Bilan du PLH précédent", told, key="bilan.chapeau")


def _people_bars(about: Subject, high: float, slug: str) -> Figure | None:
    """Draw how much each commune gained or lost, the ground of any balance."""
    years = about.years("population")
    if len(years) < 2 or high < 40:
        return None
    counts = about.counted("population", about.codes)[[years[0], years[-1]]].dropna()
    change = (counts.iloc[:, 1] - counts.iloc[:, 0]).sort_values(ascending=False)
    room = max(6, int((high - 7) / 4.4))
    if len(change) > room:
        change = pd.concat([change.iloc[: room // 2], change.iloc[-(room // 2) :]])
    return bar_chart(
        slug,
        change.set_axis([str(about.names[c]) for c in change.index]),
        caption=f"Habitants gagnés ou perdus entre {years[0]} et {years[-1]}, aux deux "
        "bouts de la liste",
        source="",
        unit="habitants",
        size_mm=(182.0, high),
    )


def _tiles_of(table: pd.DataFrame, themes: Sequence[str]) -> KeyFigures:
    tiles = []
    for theme in themes[:6]:
        rows = table[table["theme"].astype("str") == theme]
        aimed, done = rows["objective"].sum(), rows["achieved"].sum()
        whole = rows[["objective", "achieved"]].notna().all(axis=None)
        cell = Cell(number(done), value=float(done))
        if not whole:
            cell = Cell("n.d.", "not-available")
        told = f"réalisés sur {number(aimed)}" if whole else "donnée incomplète"
        tiles.append(KeyFigure(typeset(theme), cell, typeset(told)))
    return KeyFigures(tuple(tiles))


def _said(rows: pd.DataFrame, theme: str, balance: Balance) -> str:
    if rows[["objective", "achieved"]].isna().any(axis=None):
        return ""
    aimed, done = float(rows["objective"].sum()), float(rows["achieved"].sum())
    if aimed <= 0:
        return ""
    text = objective(done, aimed, "logement", closed=balance.closed)
    return typeset(f"{theme} : {text[:1].lower()}{text[1:]}")


def _balance_bars(
    about: Subject, rows: pd.DataFrame, theme: str, room: float
) -> Figure | None:
    known = rows[rows["objective"] > 0].dropna(subset=["achieved", "objective"])
    share = (100 * known["achieved"] / known["objective"]).sort_values(ascending=False)
    if len(share) < 2:
        return None
    most = min(_MOST_BARS, max(6, int((room - 7) / 4.2)))
    shown = share.iloc[:most]
    return bar_chart(
        "bilan-parts",
        shown.set_axis([str(about.names[c]) for c in shown.index]),
        caption=f"{theme} : réalisé pour 100 visés, "
        + (
            f"les {most} communes les plus hautes"
            if len(share) > most
            else f"les {len(share)} communes qui ont un objectif"
        ),
        source="",
        unit="%",
        reference=("objectif", 100.0),
        size_mm=(182.0, min(120.0, 10 + 4.4 * len(shown))),
    )


def _balance_table(
    about: Subject, table: pd.DataFrame, themes: Sequence[str], balance: Balance
) -> Table:
    listed = themes[:3]
    columns = [Column("Commune", "left", 2)]
    for theme in listed:
        head = "" if len(listed) == 1 else f"{theme} : "
        columns += [Column(typeset(f"{head}{word}")) for word in ("visés", "réalisés")]
        columns.append(Column("part"))
    rows = []
    wide = table.set_index(["commune", table["theme"].astype("str")])
    for code in about.alphabetical:
        cells: list[Cell] = []
        for theme in listed:
            pair = (code, theme)
            there = pair in wide.index
            aimed, done = (
                float(wide.loc[pair, name]) if there else float("nan")
                for name in ("objective", "achieved")
            )
            cells += _three(aimed, done)
        if any(cell.state != "not-available" for cell in cells):
            rows.append((Cell(str(about.names[code])), *cells))
    totals: list[Cell] = []
    for theme in listed:
        part = table[table["theme"].astype("str") == theme]
        sums = part[["objective", "achieved"]].sum(skipna=False)
        totals += _three(float(sums.iloc[0]), float(sums.iloc[1]))
    rows.append((Cell("Ensemble"), *totals))
    return Table(
        tuple(columns),
        tuple(rows),
        typeset(f"Objectifs et réalisations, {balance.period[0]}-{balance.period[1]}"),
        source=balance.source,
        total=len(rows) - 1,
    )


def _three(aimed: float, done: float) -> list[Cell]:
    """Return what was aimed at, what was done, and the share of it."""
    cells = [
        Cell("n.d.", "not-available")
        if pd.isna(v)
        else Cell(number(v), "zero" if v == 0 else "value", v)
        for v in (aimed, done)
    ]
    if pd.isna(aimed) or pd.isna(done):
        return [*cells, Cell("n.d.", "not-available")]
    if aimed == 0:
        return [*cells, Cell("s.o.", "not-applicable")]
    return [*cells, Cell(percent(100 * done / aimed, 0), value=100 * done / aimed)]


# --- secteurs -------------------------------------------------------------------


def sectors_of(about: Subject, sectors: pd.Series) -> pd.Series:
    """
    Return the secteur of each commune, once there is one for each.

    Parameters
    ----------
    about
        What is observed.
    sectors
        Name of the secteur, by code of commune.

    Raises
    ------
    CodeError
        If a code is unknown, or stands twice.
    DataError
        If a commune has no secteur, or there is but one.
    """
    check_given(sectors_of, locals())
    if sectors.index.nlevels > 1:
        msg = f"sectors: an index of {sectors.index.nlevels} levels; give codes alone"
        raise CodeError(msg)
    index = pd.Index(sectors.index.astype("str"))
    if not index.is_unique:
        msg = f"sectors: {culprits(list(index[index.duplicated()]))} stand(s) twice"
        raise CodeError(msg)
    strange = [code for code in index if code not in about.codes]
    if strange:
        msg = (
            f"sectors: {len(strange)} code(s) are not of {about.area.name}: "
            f"{culprits(strange)}; write codes such as {about.codes[0]}"
        )
        raise CodeError(msg)
    told = sectors.set_axis(index).reindex(about.codes)
    lacking = [str(about.names[c]) for c in told.index[told.isna()]]
    if lacking:
        msg = (
            f"sectors: {len(lacking)} commune(s) are in none: {culprits(lacking)}; add "
            "a row for each, one sector for the rest if need be"
        )
        raise DataError(msg)
    found = told.astype("str").map(typeset).rename("secteur")
    if found.nunique() < 2:
        msg = "sectors: all communes are in one; give two at least, or leave them out"
        raise DataError(msg)
    return found


def sectors_page(
    about: Subject, sectors: pd.Series, ids: Sequence[str], running: str
) -> Page:
    """
    Return the page of the secteurs: where, their table, two indicators compared.

    Parameters
    ----------
    about
        What is observed.
    sectors
        What `sectors_of` returned.
    ids
        Indicators whose counts there are.
    running
        What the head of the page says.
    """
    names = list(dict.fromkeys(sectors.sort_values()))
    found = {i: grouped(about, i, sectors) for i in ids}
    kept = [i for i in ids if found[i]][:12]
    sheet = Sheet([("title", Heading("Secteurs"))])
    text = (
        f"Le territoire compte {counted(len(names), 'secteur')} : "
        f"{enumerated(names, most=8)}. Leurs taux sont ceux de leurs effectifs "
        "additionnés."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="secteurs.chapeau"))
    sheet.put("table", _sectors_table(about, sectors, names, kept, found))
    told = [_ends_said(about, i, found[i]) for i in kept if is_rate(about, i)]
    told = [text for text in told if text][:4]
    if told:
        note = Note("reading", "À retenir", tuple(told), key="secteurs.retenir")
        sheet.put("reading", note)
    room = sheet.room_mm(rows=2)
    high = min(112.0, max(64.0, 0.56 * room))
    sheet.put("map", _sectors_map(about, sectors, names, (110.0, high)))
    rates = [i for i in kept if is_rate(about, i)]
    charts = [_sector_bars(about, i, found[i], names) for i in rates[:3]]
    for slot, chart in zip(("side", "left", "right"), charts, strict=False):
        sheet.put(slot, chart)
    return sheet.page("secteurs", running)


def _ends_said(about: Subject, id_: str, values: dict[str, Value]) -> str:
    plain = {k: printed(v.value, v.decimals) for k, v in values.items() if v.plain}
    if len(plain) < 2 or len(set(plain.values())) < 2:
        return ""
    noun = noun_of(about, id_)
    low, high = min(plain, key=plain.__getitem__), max(plain, key=plain.__getitem__)
    ends = [f"{noun.write(plain[k])} ({k})" for k in (low, high)]
    goes = "vont" if noun.many else "va"
    return typeset(f"Entre secteurs, {noun.the} {goes} de {ends[0]} à {ends[1]}.")


def _sectors_map(
    about: Subject, sectors: pd.Series, names: Sequence[str], size: tuple[float, float]
) -> Figure:
    def draw(ax: MapAxes) -> None:
        for n, name in enumerate(names):
            codes = sectors.index[sectors == name]
            ground = about.communes.loc[codes]
            color = PALES[n % len(PALES)]
            told = f"{name} ({counted(len(codes), 'commune')})"
            draw_outlines(ax, ground, label=told, fill=color, width=0.35)
        for name in names:
            whole = about.communes.loc[sectors.index[sectors == name]].dissolve()
            draw_outlines(
                ax, whole, label="limite de secteur", width=1.0, color="#1f6fb2"
            )
        draw_labels(ax, about.communes, most=30, strong=4)

    return map_figure(
        about, "secteurs-carte", draw, title="Les secteurs du PLH", size_mm=size
    )


def _sector_bars(
    about: Subject, id_: str, values: dict[str, Value], names: Sequence[str]
) -> Figure:
    noun, total = noun_of(about, id_), about.total(id_)
    line = pd.Series(
        {
            name: values[name].value
            if name in values and values[name].plain
            else float("nan")
            for name in names
        }
    )
    plain = total is not None and total.plain
    return bar_chart(
        f"secteurs-{id_.lower()}",
        line,
        caption=f"{short_title(about, id_)}, par secteur",
        source="",
        decimals=noun.decimals,
        unit="%" if noun.percentage or noun.unit.startswith("%") else noun.unit,
        reference=("Ensemble", total.value) if plain and total is not None else None,
        size_mm=(88.0, 14.0 + 6.0 * len(names)),
    )


def _sectors_table(
    about: Subject,
    sectors: pd.Series,
    names: Sequence[str],
    ids: Sequence[str],
    found: dict[str, dict[str, Value]],
) -> Table:
    """Return one row an indicator, one column a secteur; the other way if many."""
    totals = {i: about.total(i) for i in ids}
    blank = Cell("n.d.", "not-available")

    def cell(id_: str, name: str) -> Cell:
        value = found[id_].get(name)
        return blank if value is None else value.cell()

    counts = sectors.value_counts()
    source = sources_line(about, *ids)
    title = "Les secteurs, indicateur par indicateur"
    if len(names) <= 6:
        rows = [
            (
                Cell("Communes"),
                *(Cell(number(counts[n])) for n in names),
                Cell(number(len(sectors))),
            )
        ]
        rows += [
            (
                Cell(short_title(about, i)),
                *(cell(i, name) for name in names),
                blank if (t := totals[i]) is None else t.cell(),
            )
            for i in ids
        ]
        columns = (
            Column("Indicateur", "left", 2),
            *(Column(name) for name in names),
            Column("Ensemble"),
        )
        notes = (*reasons_of_communes(about, ids), *reasons_of_wholes(about, ids))
        return Table(columns, tuple(rows), title, notes=notes, source=source)
    few = list(ids)[:7]
    wide = [
        (Cell(name), Cell(number(counts[name])), *(cell(i, name) for i in few))
        for name in names
    ]
    heads = (Column(short_title(about, i)) for i in few)
    columns = (Column("Secteur", "left", 2), Column("Communes"), *heads)
    notes = reasons_of_communes(about, few)
    return Table(columns, tuple(wide), title, notes=notes, source=source)


# --- since the former edition ---------------------------------------------------


_NO_GAP: Final = {
    "not-applicable": "s.o. : deux recensements à moins de cinq ans ne se comparent "
    "pas.",
    "not-available": "« n.d. » – Écart : une des deux valeurs est masquée, absente, "
    "estimée ou un minimum.",
}


def former_page(
    about: Subject, former: Subject, ids: Sequence[str], running: str
) -> Page | None:
    """
    Return what changed since a former edition, on the communes of today.

    Parameters
    ----------
    about
        What is observed.
    former
        The same communes, with the counts of then.
    ids
        Indicators whose counts there are today.
    running
        What the head of the page says.

    Returns
    -------
    Page
        Nothing where no indicator has two dates.

    Raises
    ------
    DataError
        If the two are not of the same communes.
    """
    if set(about.codes) != set(former.codes):
        odd = sorted(set(about.codes) ^ set(former.codes))
        msg = (
            f"the former edition is of other communes ({culprits(odd)}): bring its "
            "counts to the perimeter of today, compared at both dates"
        )
        raise DataError(msg)
    found = [one for id_ in ids if (one := _compared(about, former, id_))]
    if not found:
        return None
    rows = [row for row, _ in found]
    told = [text for _, text in found if text]
    told = [text[:1].upper() + text[1:] for text in told]
    sheet = Sheet([("title", Heading("Depuis l’édition précédente"))])
    text = (
        "Les deux dates sont comparées à périmètre constant, sur les communes "
        f"d’aujourd’hui ({counted(len(about.codes), 'commune')}). Un écart est la "
        "différence des valeurs imprimées ; un taux ne se compare qu’à cinq ans "
        "d’écart au moins au recensement."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="depuis.chapeau"))
    columns = (
        Column("Indicateur", "left", 3),
        Column("Alors"),
        Column("Date"),
        Column("Aujourd’hui"),
        Column("Date"),
        Column("Écart"),
    )
    gaps = {row[-1].state for row in rows}
    notes = tuple(told for state, told in _NO_GAP.items() if state in gaps)
    caption = "Deux éditions, indicateur par indicateur"
    table = Table(columns, tuple(rows), caption, notes=notes)
    sheet.put("table", table)
    if told:
        note = Note("reading", "À retenir", tuple(told[:6]), key="depuis.retenir")
        sheet.put("reading", note)
    room = sheet.room_mm()
    sheet.put("wide", _people_bars(about, min(130.0, room), "depuis-population"))
    return sheet.page("depuis", running)


def _compared(
    about: Subject, former: Subject, id_: str
) -> tuple[tuple[Cell, ...], str] | None:
    """Return the row of an indicator at two dates, and its sentence if it has one."""
    before = former.total(id_) if former.of(id_) is not None else None
    after = about.total(id_)
    if before is None or after is None:
        return None
    dates = (former.told(id_).vintage, about.told(id_).vintage)
    if dates[0] == dates[1]:
        return None
    gap = _gap(before, after, far=_far_enough(about, id_, dates))
    name = Cell(typeset(about.entry(id_).label))
    row = (name, *_dated(before, dates[0]), *_dated(after, dates[1]), gap)
    if gap.value is None or not is_rate(about, id_):
        return row, ""
    noun = noun_of(about, id_)
    ends = [
        f"{noun.write(v.value)} en{BROAD}{date}"
        for v, date in zip((before, after), dates, strict=True)
    ]
    goes = "passent" if noun.many else "passe"
    text = f"{about.name.at}, {noun.the} {goes} de {ends[0]} à {ends[1]}."
    return row, typeset(text)


def _dated(value: Value, date: str) -> tuple[Cell, Cell]:
    return value.cell(), Cell(date)


def _far_enough(about: Subject, id_: str, dates: tuple[str, str]) -> bool:
    """Tell whether two censuses are five years apart, as rolling surveys need."""
    ends = [date[-4:] for date in dates]
    if not about.entry(id_).family or not all(end.isdigit() for end in ends):
        return True
    return int(ends[1]) - int(ends[0]) >= _APART


def _gap(before: Value, after: Value, *, far: bool) -> Cell:
    if not (before.plain and after.plain):
        return Cell("n.d.", "not-available")
    if not far:
        return Cell("s.o.", "not-applicable")
    gap = printed(
        printed(after.value, after.decimals) - printed(before.value, before.decimals),
        after.decimals,
    )
    unit = f"{BROAD}pt" if after.unit.startswith("%") else ""
    text = (
        number(gap, after.decimals, signed=True) if gap else number(0, after.decimals)
    )
    return Cell(f"{text}{unit}", "zero" if gap == 0 else "value", gap)
