"""The conference on social housing: stock, occupancy, attributions, fragile estates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.deliverables.chapter_pages import Sheet, chapter_page
from basinmap.deliverables.chapters import (
    Chapter,
    comparison_table,
    ground_credit,
    key_figures,
    not_supplied,
    units_table,
)
from basinmap.deliverables.cil_files import LEAST, Estates, Landlords
from basinmap.deliverables.cil_pages import (
    estates_page,
    landlords_page,
    leases_page,
    missing_files,
    quarters_page,
    split_page,
)
from basinmap.deliverables.heights import SHEET_MM, of_words
from basinmap.deliverables.opening_pages import (
    cover_page,
    definitions_table,
    reading_page,
    since_and_among,
    situation_figure,
)
from basinmap.deliverables.sentences import check_neutral, counted
from basinmap.deliverables.subjects import Subject
from basinmap.errors import DataError
from basinmap.export.parts import Document, Heading, Note, Page, Paragraph
from basinmap.spatial.projections import check_metric
from basinmap.typography import capital, typeset

__all__ = ["CIL_CHAPTERS", "cil_document"]

CIL_CHAPTERS: Final = (
    Chapter(
        "contexte",
        "Ménages et logements",
        "Combien de ménages et de logements, dont vacants ?",
        ("D06", "L01", "L02", "L04"),
        mapped="L04",
        sized="L01",
        beside=("D01", "D02"),
    ),
    Chapter(
        "parc-social",
        "Parc social",
        "Combien de logements sociaux, et où ?",
        ("S01", "S02", "S07", "S09"),
        mapped="S02",
        sized="S01",
    ),
    Chapter(
        "vacance-mobilite",
        "Vacance et mobilité",
        "Les logements sociaux sont-ils vacants, changent-ils d'occupants ?",
        ("S04", "S05", "S06"),
    ),
    Chapter(
        "occupation",
        "Occupation",
        "Qui habite le parc social ?",
        ("S13", "S14", "R02", "L11"),
    ),
    Chapter(
        "demande",
        "Demande",
        "Combien de demandes pour une attribution ?",
        ("S10",),
    ),
    Chapter(
        "loyers",
        "Loyers",
        "À quel loyer moyen le parc social est-il loué ?",
        ("S08",),
    ),
)
"""The chapters of the document of the conference, in order."""


def cil_document(
    about: Subject,
    *,
    generation: str = "",
    quarters: gpd.GeoDataFrame | None = None,
    landlords: Landlords | None = None,
    threshold: float | None = None,
    estates: Estates | None = None,
) -> Document:
    """
    Return the document of the conference on social housing of an EPCI.

    Parameters
    ----------
    about
        What is observed, with the counts of RPLS, SNE and OPS that there are.
    generation
        Year of the generation of the QPV that counts are about: « 2024 »; printed
        wherever a share in QPV is. That of `quarters` by default.
    quarters
        Outlines of the QPV, as `read_units` returns them.
    landlords
        Stock by landlord, as `read_landlords` returns it.
    threshold
        First quartile of the applicants of the EPCI, in euros a year and a unit of
        consumption.
    estates
        Fragile estates, as `read_estates` returns them.

    Raises
    ------
    DataError
        If counts are about QPV and no generation is told, or that of the outlines is
        another; if the threshold is no amount.
    CRSError
        If the outlines are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> about = bm.subject("call", author="A", date=dt.date(2026, 11, 29))
    >>> bm.cil_document(about).title
    'Conférence intercommunale du logement – CA de Lens-Liévin'
    """
    check_given(cil_document, locals())
    dated = _generation(about, generation, quarters)
    if threshold is not None and not 0 < threshold < _MOST_EUROS:
        msg = f"threshold {threshold} is no income of a year; give euros, such as 9000"
        raise DataError(msg)
    running = typeset(f"Conférence intercommunale du logement · {about.area.name}")
    asked = [i for c in CIL_CHAPTERS for i in (*c.beside, *c.indicators)]
    ids = about.supplied(*dict.fromkeys([*asked, "S11", "S12"]))
    size = f"{counted(len(about.codes), 'commune')} au 1er janvier {about.area.vintage}"
    chapters = [
        page
        for chapter in CIL_CHAPTERS
        if (page := chapter_page(about, chapter, running)) is not None
    ]
    own: list[Page | None] = [
        cover_page(about, "Conférence intercommunale du logement", size),
        reading_page(
            about,
            ids,
            running,
            after=[("table", definitions_table(about, ids[:14]))],
            drawn=partial(since_and_among, about, "sommaire"),
            titled=len(CIL_CHAPTERS),
        ),
        _frame(about, dated, running),
        *chapters[:1],
        None if quarters is None else quarters_page(about, quarters, dated, running),
        *chapters[1:2],
        split_page(about, dated, running),
        None if landlords is None else landlords_page(about, landlords, running),
        *chapters[2:],
        leases_page(about, dated, threshold, running),
        None
        if estates is None
        else estates_page(about, estates, quarters, dated, running),
    ]
    given = {
        "quarters": quarters,
        "landlords": landlords,
        "estates": estates,
        "threshold": threshold,
    }
    own.append(_closing(about, [k for k, v in given.items() if v is not None], running))
    pages = tuple(page for page in own if page is not None)
    document = Document(
        slug="cil",
        title=typeset(f"Conférence intercommunale du logement – {about.area.name}"),
        author=about.author,
        date=about.date,
        pages=pages,
        subtitle=_subtitle([page.slug for page in pages]),
        subject=f"Conférence intercommunale du logement {about.name.of}",
    )
    check_neutral(
        {
            f"{page.slug}.{n}": str(one.text)
            for page in pages
            for n, one in enumerate(page.parts)
            if isinstance(one, Paragraph)
        }
    )
    return document


_ABOUT: Final = {
    "contexte": "ménages et logements",
    "parc-social": "parc social",
    "occupation": "occupation",
    "demande": "demande",
    "baux": "attributions",
}
"""What the pages of the document are about, by their slug."""


def _subtitle(slugs: Sequence[str]) -> str:
    """Return what is inside, as the cover says it."""
    told = [text for slug, text in _ABOUT.items() if slug in slugs]
    return capital(", ".join(told)) or "Cadre et périmètre"


def _generation(
    about: Subject, generation: str, quarters: gpd.GeoDataFrame | None
) -> str:
    """Return the generation of the QPV, once counts and outlines agree on it."""
    told = generation
    if quarters is not None:
        check_metric(quarters, "quarters")
        known = {str(g) for g in quarters.get("generation", pd.Series(dtype="str"))}
        if generation and known and known != {generation}:
            msg = (
                f"quarters are of generation {', '.join(sorted(known))}, the counts of "
                f"{generation}: their lists and outlines differ"
            )
            raise DataError(msg)
        told = told or ", ".join(sorted(known))
    in_qpv = about.supplied("S07", "S11", "S12")
    if (in_qpv or quarters is not None) and not told:
        what = ", ".join(in_qpv) or "the outlines"
        msg = (
            f"{what} are about QPV: say which, generation='2024' (or '2015'); their "
            "lists and outlines differ"
        )
        raise DataError(msg)
    return told


def _frame(about: Subject, generation: str, running: str) -> Page:
    sheet = Sheet([("title", Heading("Cadre et périmètre"))])
    text = (
        f"La conférence réunit, {about.name.at}, les communes, l'État, les bailleurs "
        "et "
        "les réservataires (CCH L. 441-1-5). Elle arrête des orientations que la "
        "convention intercommunale d'attribution chiffre par bailleur et par "
        "territoire "
        "(CCH L. 441-1-6)."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="cadre.texte"))
    if generation:
        told = f"Les quartiers prioritaires sont ceux de la génération {generation}."
        sheet.put("words", Paragraph(typeset(told)))
    ids = about.supplied("D01", "D06", "L01", "L04", "S01", "S02")
    sheet.put("tiles", key_figures(about, ids))
    sheet.put("table", comparison_table(about, ids, "Territoires comparés"))
    lines = (
        "Orientations : qui loger, où, avec quel équilibre entre quartiers "
        "prioritaires "
        "et reste du territoire.",
        "Convention : les engagements annuels, chiffrés et territorialisés, de chaque "
        "bailleur et de chaque réservataire.",
        "Liste des résidences à enjeu prioritaire de mixité sociale, revue tous les "
        "trois ans.",
    )
    note = Note("place", "Ce que la conférence établit", tuple(map(typeset, lines)))
    sheet.put("reading", note)
    sheet.fill("wide", lambda h: situation_figure(about, high=h), (80.0, 190.0))
    return sheet.page("cadre", running)


_MOST_EUROS: Final = 100_000.0
_TABLE_AROUND: Final = 24.0
"""Of a table: its caption, its head, the row of the whole and its notes."""
_ROW_MM: Final = 3.0


def _closing(about: Subject, given: Sequence[str], running: str) -> Page:
    sheet = Sheet([("title", Heading("Données non fournies, secret et lexique"))])
    leases = Chapter("attributions", "Attributions", "", ("S11", "S12"))
    sheet.put("table", not_supplied(about, [*CIL_CHAPTERS, leases]))
    sheet.put("table", missing_files(given))
    secrecy = (
        f"Une donnée sur moins de {LEAST} ménages est couverte par le secret "
        "statistique "
        "et s’imprime « s » ; ce qui permettrait de la retrouver par soustraction "
        "aussi.",
        "Rien n’est estimé à la place d’une donnée absente.",
    )
    words = (
        "CIA : convention intercommunale d’attribution. OPS : occupation du parc "
        "social. "
        "SNE : système national d’enregistrement de la demande.",
        "RPLS : répertoire des logements locatifs des bailleurs sociaux. QPV : "
        "quartier "
        "prioritaire de la politique de la ville. Bande des 300 m : ce qui est à moins "
        "de 300 m d’un quartier, à vol d’oiseau.",
        "Premier quartile : le quart des demandeurs aux revenus les plus bas, dont le "
        "seuil est fixé chaque année pour chaque intercommunalité.",
    )
    social = about.supplied("S01", "S02", "S07", "S04", "S06", "S10")
    ids = [*about.supplied("D06"), *(social or about.supplied("L01", "L02", "L04"))]
    told = Sheet([("foot", Paragraph(ground_credit(about), role="small"))])
    told.put("below", Note("method", "Secret", tuple(map(typeset, secrecy))))
    told.put("beside", Note("method", "Lexique", tuple(map(typeset, words))))
    room = SHEET_MM - of_words([*sheet.held, *told.held]) - _TABLE_AROUND
    if ids and room > 40:
        most = min(len(about.codes), int(room / _ROW_MM))
        caption = (
            "Le parc social et la demande, par commune"
            if social
            else "Ménages et logements, par commune"
        )
        if most < len(about.codes):
            caption += f" : les {most} plus peuplées"
        sheet.put("table", units_table(about, ids, typeset(caption), most=most))
    sheet.held += told.held
    return sheet.page("methode", running)
