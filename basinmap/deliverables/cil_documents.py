"""The conference on social housing: stock, occupancy, attributions, fragile estates."""

from __future__ import annotations

from typing import Final

from basinmap.arguments import check_given
from basinmap.deliverables.chapter_pages import chapter_page
from basinmap.deliverables.chapters import Chapter, not_supplied
from basinmap.deliverables.observed import Observed
from basinmap.deliverables.opening_pages import situation_figure
from basinmap.errors import DataError
from basinmap.export.parts import (
    Contents,
    Document,
    Heading,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
)
from basinmap.typography import typeset

__all__ = ["CIL_CHAPTERS", "cil_document"]

CIL_CHAPTERS: Final = (
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
        "attributions",
        "Attributions",
        "Un quart des attributions hors quartier prioritaire va-t-il au premier "
        "quartile ?",
        ("S11", "S12"),
        note=(
            "L’objectif de 25 %",
            "Hors des quartiers prioritaires, un quart au moins des attributions va "
            "aux demandeurs du premier quartile de revenus, dont le seuil est celui de "
            "l’intercommunalité (CCH L. 441-1). Les nombres viennent avant le taux.",
        ),
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
    about: Observed, *, generation: str = "", estates: Table | None = None
) -> Document:
    """
    Return the document of the conference on social housing of an EPCI.

    Parameters
    ----------
    about
        What is observed, with the counts of RPLS, SNE and OPS that there are.
    generation
        Year of the generation of the QPV that counts are about: « 2024 »; printed
        wherever a share in QPV is.
    estates
        Fragile estates of the user's list, as a table.

    Raises
    ------
    DataError
        If counts are about QPV, and no generation is told.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> from basinmap.deliverables.observed import observed
    >>> about = observed("call", author="A", date=dt.date(2026, 11, 29))
    >>> bm.cil_document(about).title
    'Conférence intercommunale du logement – CA de Lens-Liévin'
    """
    check_given(cil_document, locals())
    in_qpv = about.supplied("S07", "S11", "S12")
    if in_qpv and not generation:
        msg = (
            f"{', '.join(in_qpv)} are about QPV: say which, generation='2024' (or "
            "'2015'); their lists and outlines differ"
        )
        raise DataError(msg)
    running = typeset(f"Conférence intercommunale du logement · {about.area.name}")
    frame: list[Part] = [
        Heading("Cadre et périmètre"),
        Paragraph(
            typeset(
                f"La conférence réunit, {about.name.at}, les communes, l'État, les "
                "bailleurs et les réservataires (CCH L. 441-1-5)."
            ),
            key="cadre.texte",
        ),
    ]
    if generation:
        told = f"Les quartiers prioritaires sont ceux de la génération {generation}."
        frame.append(Paragraph(typeset(told)))
    frame.append(situation_figure(about))
    pages = [
        Page(
            (
                Heading("Conférence intercommunale du logement", listed=False),
                Paragraph(typeset(about.area.name), role="headline"),
            ),
            template="cover",
        ),
        Page((Contents(1),), running=running),
        Page(tuple(frame), running=running, slug="cadre"),
    ]
    pages += [
        page
        for chapter in CIL_CHAPTERS
        if (page := chapter_page(about, chapter, running)) is not None
    ]
    if estates is not None:
        pages.append(
            Page(
                (Heading("Résidences fragiles"), estates),
                running=running,
                slug="fragiles",
            )
        )
    pages.append(Page(_closing(about), running=running, slug="methode"))
    return Document(
        slug="cil",
        title=typeset(f"Conférence intercommunale du logement – {about.area.name}"),
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle="Parc social, occupation, attributions",
        subject=f"Conférence intercommunale du logement {about.name.of}",
    )


def _closing(about: Observed) -> tuple[Part, ...]:
    parts: list[Part] = [Heading("Données non fournies, secret et lexique")]
    missing = not_supplied(about, CIL_CHAPTERS)
    if missing is not None:
        parts.append(missing)
    secrecy = (
        "Une donnée sur moins de 11 ménages est couverte par le secret statistique et "
        "s’imprime « s » ; ce qui permettrait de la retrouver par soustraction aussi.",
    )
    words = (
        "OPS : occupation du parc social. SNE : système national d’enregistrement "
        "de la demande. RPLS : répertoire des logements locatifs des bailleurs "
        "sociaux. QPV : quartier prioritaire de la politique de la ville.",
    )
    parts.append(Note("method", "Secret", tuple(map(typeset, secrecy))))
    parts.append(Note("method", "Lexique", tuple(map(typeset, words))))
    return tuple(parts)
