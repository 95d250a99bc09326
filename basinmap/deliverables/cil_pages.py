"""The pages of a conference that rest on QPV, landlords, leases and estates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.chapters import HAIR, map_figure
from basinmap.deliverables.charts import bar_chart, stacked_bars
from basinmap.deliverables.cil_files import LEAST, Estates, Landlords, situated
from basinmap.deliverables.sentences import counted, objective
from basinmap.deliverables.subjects import Subject
from basinmap.errors import DataError, culprits
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
from basinmap.maps.layers.points import draw_points
from basinmap.maps.paper.sheets import MapAxes
from basinmap.typography import BROAD, number, percent, typeset

__all__ = [
    "estates_page",
    "landlords_page",
    "leases_page",
    "missing_files",
    "quarters_page",
    "split_page",
]

_RULE: Final = 25.0
_OF_REST: Final = 50.0
_ROWS: Final = 22
_LEAST_MAP: Final = 50.0
_COLORS: Final = {"en QPV": "#b3202c", "bande des 300 m": "#c98b3a", "": "#1f4e79"}


def _blank() -> Cell:
    return Cell("n.d.", "not-available")


def _count(value: float) -> Cell:
    if pd.isna(value):
        return _blank()
    return Cell(number(value), "zero" if value == 0 else "value", float(value))


def _share(part: float, whole: float) -> Cell:
    if pd.isna(part) or pd.isna(whole):
        return _blank()
    if whole == 0:
        return Cell("s.o.", "not-applicable")
    return Cell(percent(100 * part / whole, 1), value=100 * part / whole)


# --- quarters -------------------------------------------------------------------


def quarters_page(
    about: Subject, quarters: gpd.GeoDataFrame, generation: str, running: str
) -> Page:
    """
    Return the page of the QPV: where they are, in which communes, how large.

    Parameters
    ----------
    about
        What is observed.
    quarters
        Outlines of the QPV of one generation, in EPSG:2154.
    generation
        Its year.
    running
        What the head of the page says.

    Raises
    ------
    DataError
        If none of them is of the territory.
    """
    mine = quarters[quarters.intersects(about.communes.union_all())]
    if mine.empty:
        msg = (
            f"quarters: none of the {len(quarters)} outlines meets {about.area.name}: "
            f"{culprits(list(map(str, quarters.index)))}; give those of its "
            "départements, or leave quarters= out"
        )
        raise DataError(msg)
    sheet = Sheet([("title", Heading("Quartiers prioritaires"))])
    text = (
        f"{counted(len(mine), 'quartier prioritaire')} de la génération {generation} "
        f"{'touchent' if len(mine) > 1 else 'touche'} {about.name.bare}. Un quartier "
        "peut être de plusieurs communes ; les générations 2015 et 2024 ne se "
        "comparent pas."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="qpv.chapeau"))
    sheet.put("table", _quarters_table(about, mine))

    def draw(ax: MapAxes) -> None:
        draw_outlines(
            ax, about.communes, label="limite de commune", width=0.3, color=HAIR
        )
        told = f"quartier prioritaire, génération {generation}"
        draw_outlines(ax, mine, label=told, fill="#e7b0a9", color="#b3202c", width=0.6)
        whole = about.communes.dissolve()
        draw_outlines(ax, whole, label="limite du territoire", width=1.1)
        draw_labels(ax, about.communes, most=30, strong=4)

    title = f"Les quartiers prioritaires, génération {generation}"

    def drawn(high: float) -> Figure:
        size = (182.0, high)
        return map_figure(about, "qpv-carte", draw, title=title, size_mm=size)

    sheet.fill("wide", drawn, (80.0, 196.0))
    return sheet.page("qpv", running)


def _quarters_table(about: Subject, quarters: gpd.GeoDataFrame) -> Table:
    rows = []
    for code, row in quarters.iterrows():
        over = about.communes.intersection(row.geometry).area
        shares = over[over > 1.0].sort_values(ascending=False)  # a square metre
        where = " ; ".join(str(about.names[c]) for c in shares.index)
        rows.append(
            (
                Cell(typeset(str(row.get("name", code)))),
                Cell(str(code)),
                Cell(typeset(where)),
                Cell(number(row.geometry.area / 10_000, 1)),
            )
        )
    columns = (
        Column("Quartier", "left", 2.4),
        Column("Code", "left", 1),
        Column("Communes", "left", 2.4),
        Column("Surface (ha)"),
    )
    return Table(columns, tuple(rows), "Les quartiers prioritaires et leurs communes")


def split_page(about: Subject, generation: str, running: str) -> Page | None:
    """
    Return social dwellings in and outside QPV, by commune; none without the counts.

    Parameters
    ----------
    about
        What is observed.
    generation
        Of the QPV that the counts are about.
    running
        What the head of the page says.
    """
    years = sorted(
        set(about.years("social_dwellings"))
        & set(about.years("social_dwellings_in_qpv"))
    )
    if not years:
        return None
    whole, inside = (
        about.counted(name, about.codes)[years[-1]]
        for name in ("social_dwellings", "social_dwellings_in_qpv")
    )
    known = (whole > 0) & inside.notna()
    top = whole[known].sort_values(ascending=False).index[:_ROWS]
    if not len(top):
        return None
    sheet = Sheet([("title", Heading("En QPV et hors QPV"))])
    sums = (inside.sum(skipna=False), whole.sum(skipna=False))
    if all(map(pd.notna, sums)) and sums[1] > 0:
        text = (
            f"Au 1er janvier {years[-1]}, {number(sums[0])} des {number(sums[1])} "
            f"logements locatifs sociaux sont en quartier prioritaire (génération "
            f"{generation}), soit {percent(100 * sums[0] / sums[1], 1)}."
        )
        sheet.put("lead", Paragraph(typeset(text), role="lead", key="partage.chapeau"))
    parts = pd.DataFrame(
        {
            "En QPV": 100 * inside[top] / whole[top],
            "Hors QPV": 100 * (whole[top] - inside[top]) / whole[top],
        }
    ).set_axis([str(about.names[code]) for code in top])
    sheet.put(
        "wide",
        stacked_bars(
            "partage-qpv",
            parts,
            caption=f"Logements sociaux en QPV et hors QPV (génération {generation}), "
            f"en %, {years[-1]} : les {len(top)} communes qui en comptent le plus",
            source=" ; ".join(about.told("S01").sources),
            size_mm=(182.0, min(120.0, 14.0 + 5.0 * len(top))),
        ),
    )
    rows = [
        (
            Cell(str(about.names[code])),
            _count(whole[code]),
            _count(inside[code]),
            _count(whole[code] - inside[code]),
            _share(inside[code], whole[code]),
        )
        for code in top
    ]
    rows.append(
        (
            Cell("Ensemble"),
            _count(sums[1]),
            _count(sums[0]),
            _count(sums[1] - sums[0]),
            _share(*sums),
        )
    )
    columns = (
        Column("Commune", "left", 2),
        Column("Logements sociaux"),
        Column("en QPV"),
        Column("hors QPV"),
        Column("Part en QPV"),
    )
    caption = f"Logements sociaux au 1er janvier {years[-1]}"
    sheet.put("table", Table(columns, tuple(rows), caption, total=len(rows) - 1))
    return sheet.page("partage", running)


# --- landlords ------------------------------------------------------------------


def landlords_page(about: Subject, landlords: Landlords, running: str) -> Page:
    """
    Return the stock by landlord, and their commitments where there are some.

    Parameters
    ----------
    about
        What is observed.
    landlords
        What `read_landlords` returned.
    running
        What the head of the page says.
    """
    table = landlords.table.sort_values("dwellings", ascending=False)
    total = float(table["dwellings"].sum(skipna=False))
    sheet = Sheet([("title", Heading("Parc social par bailleur"))])
    if total > 0:
        first = table.iloc[0]
        text = (
            f"En {landlords.year}, {counted(len(table), 'bailleur')} "
            f"{'détiennent' if len(table) > 1 else 'détient'} "
            f"{number(total)} logements sociaux {about.name.at} ; {first['landlord']} "
            f"en détient {percent(100 * float(first['dwellings']) / total, 1)}."
        )
        sheet.put(
            "lead", Paragraph(typeset(text), role="lead", key="bailleurs.chapeau")
        )
    shown = table.head(_ROWS)
    sheet.put("table", _landlords_table(table, total, landlords))
    if "objective" in table and "achieved" in table:
        sheet.put("reading", _committed(table))
    named = shown.set_index(shown["landlord"].astype("str"))
    split = _split_of(named, landlords.year)
    room = sheet.room_mm(rows=1 + (split is not None), lines=1)
    high = room - (split.size_mm[1] if split is not None else 0.0)
    sheet.put(
        "wide",
        bar_chart(
            "bailleurs",
            named["dwellings"].astype(float),
            caption=f"Logements sociaux par bailleur, {landlords.year}",
            source="",
            unit="logements",
            size_mm=(182.0, min(150.0, max(40.0, high), 12.0 + 14.0 * len(named))),
        ),
        split,
    )
    return sheet.page("bailleurs", running)


def _split_of(named: pd.DataFrame, year: int) -> Figure | None:
    """Draw what is in QPV and outside of the stock of each landlord."""
    if "in_qpv" not in named:
        return None
    known = named[named["in_qpv"].notna() & (named["dwellings"] > 0)]
    if known.empty:
        return None
    inside = 100 * known["in_qpv"].astype(float) / known["dwellings"].astype(float)
    return stacked_bars(
        "bailleurs-qpv",
        pd.DataFrame({"En QPV": inside, "Hors QPV": 100 - inside}),
        caption=f"Parc de chaque bailleur en QPV et hors QPV, en %, {year}",
        source="",
        size_mm=(182.0, min(110.0, 16.0 + 9.0 * len(known))),
    )


def _landlords_table(table: pd.DataFrame, total: float, landlords: Landlords) -> Table:
    heads = {
        "in_qpv": "dont en QPV",
        "objective": "Engagement",
        "achieved": "Réalisé",
    }
    also = [name for name in heads if name in table]
    rows = []
    for _, row in table.iterrows():
        cells = [_count(row["dwellings"]), _share(row["dwellings"], total)]
        cells += [_count(row[name]) for name in also]
        rows.append((Cell(typeset(str(row["landlord"]))), *cells))
    sums = [_count(table[name].sum(skipna=False)) for name in also]
    rows.append((Cell("Ensemble"), _count(total), _share(total, total), *sums))
    columns = (
        Column("Bailleur", "left", 2.4),
        Column("Logements"),
        Column("Part du parc"),
        *(Column(heads[name]) for name in also),
    )
    return Table(
        columns,
        tuple(rows),
        f"Parc social et engagements par bailleur, {landlords.year}",
        source=landlords.source,
        total=len(rows) - 1,
    )


def _committed(table: pd.DataFrame) -> Note | None:
    told = []
    for _, row in table.iterrows():
        aimed, done = row["objective"], row["achieved"]
        if pd.notna(aimed) and pd.notna(done) and aimed > 0:
            text = objective(float(done), float(aimed), "attribution", closed=False)
            said = f"{row['landlord']} : {text[:1].lower()}{text[1:]}"
            told.append(typeset(said))
    if not told:
        return None
    return Note("reading", "Engagements", tuple(told[:6]), key="bailleurs.engagements")


# --- leases ---------------------------------------------------------------------


def leases_page(
    about: Subject, generation: str, threshold: float | None, running: str
) -> Page | None:
    """
    Return the rule of 25 %: counts first, then the share, by commune.

    Parameters
    ----------
    about
        What is observed.
    generation
        Of the QPV that the leases are about.
    threshold
        First quartile of the applicants of the EPCI, in euros a year and a unit of
        consumption; « n.d. » where it was not given.
    running
        What the head of the page says.

    Returns
    -------
    Page
        Nothing without the counts of leases.
    """
    names = ("leases_outside_qpv", "leases_outside_qpv_q1")
    years = sorted(set(about.years(names[0])) & set(about.years(names[1])))
    if not years:
        return None
    year = years[-1]
    whole, first = (about.counted(name, about.codes)[year] for name in names)
    total = about.total("S11")
    sheet = Sheet([("title", Heading("Attributions : la règle des 25 %"))])
    sums = (first.sum(skipna=False), whole.sum(skipna=False))
    sheet.put("tiles", _lease_tiles(about, (first, whole), threshold))
    if all(map(pd.notna, sums)) and sums[1] > 0:
        share = percent(100 * sums[0] / sums[1], 1)
        text = (
            f"En{BROAD}{year}, {number(sums[0])} des {number(sums[1])} baux signés "
            "hors "
            f"quartier prioritaire (génération {generation}) le sont par des ménages "
            f"du premier quartile ou relogés, soit {share}, pour un objectif de 25 %."
        )
        sheet.put("lead", Paragraph(typeset(text), role="lead", key="baux.chapeau"))
    elif total is not None and total.plain:
        text = f"Hors quartier prioritaire, la part est de {total.text}."
        sheet.put("lead", Paragraph(typeset(text), role="lead", key="baux.chapeau"))
    elif whole.notna().any():
        there = counted(int(whole.notna().sum()), "commune")
        text = (
            f"En{BROAD}{year}, au moins {number(whole.sum())} baux sont signés hors "
            f"quartier prioritaire (génération {generation}), dans {there} dont le "
            "nombre est publié : la part de l’ensemble ne l’est pas."
        )
        sheet.put("lead", Paragraph(typeset(text), role="lead", key="baux.chapeau"))
    sheet.put("table", _leases_table(about, whole, first))
    lines = (
        "Un quart au moins des attributions suivies de baux signés hors quartier "
        "prioritaire va aux demandeurs du premier quartile et aux ménages relogés (CCH "
        "L. 441-1). Le seuil du premier quartile est propre à chaque intercommunalité "
        "et change chaque année : il ne s’additionne ni ne se compare.",
        "Les nombres viennent avant le taux : un taux sur peu de baux ne dit rien.",
    )
    sheet.put("reading", Note("method", "La règle", tuple(map(typeset, lines))))
    values = about.mine("S11")
    if values is not None and values.notna().sum() >= 2:
        line = values.dropna().sort_values(ascending=False).iloc[:_ROWS]
        high = max(50.0, sheet.room_mm())
        sheet.put(
            "wide",
            bar_chart(
                "baux-communes",
                line.set_axis([str(about.names[code]) for code in line.index]),
                caption=f"Part du premier quartile hors QPV, par commune, {year}",
                source=" ; ".join(about.told("S11").sources),
                unit="%",
                decimals=1,
                reference=("objectif", _RULE),
                size_mm=(182.0, min(high, 12.0 + 5.2 * len(line))),
            ),
        )
    return sheet.page("baux", running)


def _at_least(values: pd.Series) -> Cell:
    """Return a sum, a minimum where some of it is not published."""
    if values.notna().all() or values.isna().all():
        return _count(values.sum(skipna=False))
    known = float(values.sum())
    return Cell(f"≥\u202f{number(known)}", "bound", known)


def _lease_tiles(
    about: Subject, counts: tuple[pd.Series, pd.Series], threshold: float | None
) -> KeyFigures:
    first, whole = counts
    share = _share(first.sum(skipna=False), whole.sum(skipna=False))
    published = about.total("S11")
    if share.state == "not-available" and published is not None:
        share = published.cell()  # what secrecy hides is said to be
    told = (
        Cell("n.d.", "not-available")
        if threshold is None
        else Cell(typeset(f"{number(threshold)} €"), value=float(threshold))
    )
    epci = "par an et unité de consommation"
    tiles = [
        KeyFigure("Baux hors QPV", _at_least(whole)),
        KeyFigure("dont premier quartile", _at_least(first), "ou ménages relogés"),
        KeyFigure("Part", share, "objectif : 25 %"),
        KeyFigure("Seuil du premier quartile", told, epci),
    ]
    inside = about.total("S12")
    if inside is not None:
        detail = f"référence : {number(_OF_REST)} %"
        label = "Quartiles 2 à 4 en QPV"
        tiles.append(KeyFigure(label, inside.cell(), typeset(detail), "S12"))
    return KeyFigures(tuple(tiles))


def _leases_table(about: Subject, whole: pd.Series, first: pd.Series) -> Table:
    states = about.told("S11").states if about.of("S11") is not None else {}
    there = [c for c in about.alphabetical if pd.notna(whole[c]) or c in states]
    top = set(whole.nlargest(_ROWS).index) | {c for c in there if c in states}
    rows = []
    for code in [c for c in there if c in top][: _ROWS + 8]:
        share = about.commune("S11", code)
        hidden = states.get(code) == "secret"
        secret = Cell("s", "secret")
        cells = (
            [secret, secret] if hidden else [_count(whole[code]), _count(first[code])]
        )
        rows.append(
            (
                Cell(str(about.names[code])),
                *cells,
                _blank() if share is None else share.cell(),
            )
        )
    columns = (
        Column("Commune", "left", 2),
        Column("Baux hors QPV"),
        Column("Premier quartile ou relogés"),
        Column("Part"),
    )
    return Table(columns, tuple(rows), "Baux signés hors quartier prioritaire")


# --- estates --------------------------------------------------------------------


def estates_page(
    about: Subject,
    estates: Estates,
    quarters: gpd.GeoDataFrame | None,
    generation: str,
    running: str,
) -> Page:
    """
    Return the fragile estates: where each is, what may be said of its households.

    Parameters
    ----------
    about
        What is observed.
    estates
        What `read_estates` returned.
    quarters
        Outlines of QPV, if they were given.
    generation
        Of the QPV.
    running
        What the head of the page says.
    """
    found = situated(estates, about.communes, quarters)
    outside = found["commune"].isna()
    kept = found[~outside].copy()
    sheet = Sheet([("title", Heading("Résidences fragiles"))])
    text = f"La liste fournie compte {counted(len(found), 'résidence')}"
    if outside.any():
        text += f", dont {number(outside.sum())} hors du territoire, non représentées"
    sheet.put("lead", Paragraph(typeset(f"{text}."), role="lead", key="fragiles.lead"))
    sheet.put("table", _positions_table(kept, quarters is not None, generation))
    sheet.put("table", _estates_table(about, kept, estates.source))
    notes = [
        f"De moins de {LEAST} ménages, rien n’est imprimé (« s ») ; les sommes ne "
        "comptent que ce qui est imprimé, et sont alors des minimums.",
    ]
    if quarters is None:
        notes.append(
            "Les contours des quartiers prioritaires n’ont pas été fournis : la place "
            "des résidences n’est dite qu’à la commune."
        )
    sheet.put("reading", Note("method", "Secret et place", tuple(map(typeset, notes))))
    if len(kept) and sheet.room_mm(5) > _LEAST_MAP:
        draw = partial(_estates_map, about, estates, kept, quarters)
        sheet.fill("wide", draw, (_LEAST_MAP, 196.0))
    return sheet.page("fragiles", running)


def _households(value: float) -> Cell:
    if pd.isna(value):
        return _blank()
    if 0 < value < LEAST:
        return Cell("s", "secret")
    return _count(value)


def _visible(values: Sequence[float]) -> Cell:
    """Return the sum of what is printed: a minimum where something is hidden."""
    line = pd.Series(list(values), dtype=float)
    if line.isna().all():
        return _blank()
    hidden = line.isna() | ((line > 0) & (line < LEAST))
    total = float(line[~hidden].sum())
    if not hidden.any():
        return _count(total)
    if total == 0:
        return Cell("s", "secret")
    return Cell(f"≥\u202f{number(total)}", "bound", total)


def _positions_table(kept: pd.DataFrame, placed: bool, generation: str) -> Table:  # noqa: FBT001 - told once
    key = "place" if placed else "commune"
    rows = []
    groups = ("en QPV", "bande des 300 m", "hors QPV") if placed else ("",)
    for label in groups:
        part = kept[kept[key] == label] if placed else kept
        rows.append(
            (
                Cell(typeset(label or "Ensemble")),
                _count(float(len(part))),
                _count(part["dwellings"].sum(skipna=False) if len(part) else 0.0),
                _visible(list(part["households"])) if len(part) else _count(0.0),
            )
        )
    columns = (
        Column("Place", "left", 2),
        Column("Résidences"),
        Column("Logements"),
        Column("Ménages"),
    )
    told = f" (QPV de la génération {generation})" if placed and generation else ""
    return Table(
        columns, tuple(rows), typeset(f"Résidences fragiles, selon la place{told}")
    )


def _estates_table(about: Subject, kept: pd.DataFrame, source: str) -> Table:
    rows = []
    for _, row in kept.sort_values(["commune", "name"]).iterrows():
        where = " ; ".join(filter(None, [row["place"], row["quarter"]]))
        rows.append(
            (
                Cell(typeset(row["name"])),
                Cell(typeset(row["landlord"] or "–")),
                Cell(str(about.names[row["commune"]])),
                Cell(typeset(where or "–")),
                _count(row["dwellings"]),
                _households(row["households"]),
            )
        )
    columns = (
        Column("Résidence", "left", 2.2),
        Column("Bailleur", "left", 1.4),
        Column("Commune", "left", 1.6),
        Column("Place", "left", 2.2),
        Column("Logements"),
        Column("Ménages"),
    )
    return Table(columns, tuple(rows), "Liste des résidences fragiles", source=source)


def _estates_map(
    about: Subject,
    estates: Estates,
    kept: pd.DataFrame,
    quarters: gpd.GeoDataFrame | None,
    high: float,
) -> Figure:
    points = estates.points.reset_index(drop=True).loc[kept.index]

    def draw(ax: MapAxes) -> None:
        draw_outlines(
            ax, about.communes, label="limite de commune", width=0.3, color=HAIR
        )
        if quarters is not None:
            near = quarters[quarters.intersects(about.communes.union_all())]
            if len(near):
                draw_outlines(
                    ax, near, label="quartier prioritaire", fill="#f0cfca", width=0.4
                )
        for place, color in _COLORS.items():
            mine = kept["place"].isin([place] if place else ["", "hors QPV"])
            if mine.any():
                draw_points(
                    ax,
                    points[mine.to_numpy()],
                    label=f"résidence {place or 'hors QPV'}".strip()
                    if quarters is not None
                    else "résidence",
                    marker="o",
                    color=color,
                    size_mm=2.2,
                )
        whole = about.communes.dissolve()
        draw_outlines(ax, whole, label="limite du territoire", width=1.0)
        draw_labels(ax, about.communes, most=24, strong=4)

    return map_figure(
        about,
        "fragiles-carte",
        draw,
        title="Résidences fragiles",
        size_mm=(182.0, high),
    )


# --- what was not given ---------------------------------------------------------

_FILES: Final = (
    (
        "quarters",
        "Contours des QPV",
        "ANCT, data.gouv.fr",
        "géographie et code de chaque quartier, d’une génération",
        "Quartiers prioritaires, résidences fragiles",
    ),
    (
        "landlords",
        "Parc par bailleur",
        "Bailleurs, Union régionale pour l’habitat",
        "bailleur ; logements ; en_qpv ; objectif ; realise",
        "Parc social par bailleur, engagements",
    ),
    (
        "estates",
        "Liste des résidences fragiles",
        "EPCI et bailleurs (CCH L. 441-1-6)",
        "residence ; x ; y ; bailleur ; logements ; menages",
        "Résidences fragiles",
    ),
    (
        "threshold",
        "Seuil du premier quartile",
        "Arrêté annuel du ministre chargé du logement",
        "un nombre, en euros par an et unité de consommation",
        "Attributions",
    ),
)


def missing_files(given: Sequence[str]) -> Table | None:
    """
    Return the files of one's own that were not given: producer, layout, pages.

    Parameters
    ----------
    given
        Names of those that were.
    """
    rows = tuple(
        tuple(Cell(typeset(text)) for text in texts)
        for name, *texts in _FILES
        if name not in given
    )
    if not rows:
        return None
    columns = (
        Column("Fichier", "left", 1.4),
        Column("Producteur", "left", 1.6),
        Column("Ce qu’il contient", "left", 2.2),
        Column("Pages qu’il ouvre", "left", 1.6),
    )
    return Table(columns, rows, "Fichiers du territoire non fournis")
