"""
Write the page of the catalogue from what the library holds.

`python docs/catalogue/build.py` writes `README.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from basinmap.catalogue.entries import Indicator, Term, catalogue
from basinmap.deliverables.web_pages import FAMILIES
from basinmap.sources.producers import SOURCES
from basinmap.typography import typeset

PAGE: Final = Path(__file__).parent / "README.md"

STATUSES: Final = {
    "embedded": "embarqué",
    "file": "fichier à fournir",
    "partner": "extraction d'un partenaire",
}
PLURALS: Final = {
    "embedded": "sur données embarquées",
    "file": "sur un fichier à fournir",
    "partner": "sur l'extraction d'un partenaire",
}
WHENS: Final = {
    "": "",
    "previous": " de l'année précédente",
    "latest": " de la dernière année connue",
    "start": " au début",
    "end": " à la fin",
    "period": " de la période",
    "since": " depuis 2021",
    "base": " de 2011 à 2021",
}
EMBEDDED: Final = ("populations-reference", "rp-logement")
SOURCES_TOLD: Final = (
    'Un fichier est reconnu à ses colonnes ; `bm.read_source(path, "lovac")` insiste. '
    "Ce qui est embarqué ne l'est que d'un millésime : le fichier du suivant se lit de "
    "même."
)
PRUDENCE_TOLD: Final = (
    "Un taux qui porte sur peu d'unités varie beaucoup pour une seule : sous ces "
    "seuils, la valeur est dite fragile. Les planches et les documents la hachurent, "
    "ne la comptent pas dans les classes et ne la classent pas ; ailleurs, "
    "`bm.classify(…, firm=True)` fait de même, sinon une note le dit au pied de la "
    "carte."
)
TIMES: Final = {"date": "1er janvier", "year": "année", "none": "–"}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def page() -> str:
    """Return the page, in French."""
    known = catalogue().indicators
    tally = {
        name: sum(item.status == status for item in known.values())
        for status, name in PLURALS.items()
    }
    lines = [
        "# Catalogue des indicateurs",
        "",
        "<!-- Écrit par docs/catalogue/build.py : `make catalogue`. -->",
        "",
        f"{len(known)} indicateurs : "
        + ", ".join(f"{count} {name}" for name, count in tally.items())
        + '. Chacun se calcule par `bm.compute("L04", table, to="epci")` à partir '
        "d'une table dont les colonnes portent le nom des effectifs, avec leur année "
        "(`vacant_dwellings_2022`) ou leurs deux années (`births_2015_2021`, du "
        "1er janvier au 1er janvier). Un indicateur à variantes prend la première que "
        'la table permet, ou celle que l\'on demande : `variant="T3"`.',
        "",
        "« ? » : définition ou source non vérifiée dans un texte, un fichier ou un "
        "livrable.",
    ]
    for letter, family in FAMILIES.items():
        lines += ["", f"## {family}", ""]
        lines += ["| | Indicateur | Unité | Calcul | Secret | Statut, sources |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [row(item) for item in known.values() if item.id[0] == letter]
    lines += ["", "## Sources", "", SOURCES_TOLD, ""]
    lines += ["| Source | Fichier | Statut | Lecture |", "|---|---|---|---|"]
    lines += [source_row(id_, name) for id_, name in catalogue().sources.items()]
    lines += ["", *others()]
    lines += ["", "## Valeurs à lire avec prudence", "", PRUDENCE_TOLD, ""]
    lines += ["| Dénominateur | Seuil | Indicateurs |", "|---|---|---|"]
    lines += prudence_rows()
    lines += ["", "## Effectifs", "", "| Colonne | Effectif | Unité | Date |"]
    lines += ["|---|---|---|---|"]
    lines += [
        f"| `{name}` | {typeset(count.label)} | {count.unit or '–'} | "
        f"{TIMES[count.time]} |"
        for name, count in catalogue().counts.items()
    ]
    return "\n".join(lines) + "\n"


def row(item: Indicator) -> str:
    """
    Return the line of an indicator.

    Parameters
    ----------
    item
        The indicator.
    """
    doubt = "" if item.verified else " ?"
    variants = ", ".join(f"`{name}`" for name in item.variants)
    told = [f"**{item.label}**."]
    told += [f"{item.definition}."] if item.definition != item.label else []
    told += [f"{item.law}."] if item.law else []
    told += [f"Variantes : {variants}."] if variants else []
    told += [f"À vérifier : {item.doubt}."] if item.doubt else []
    named = " ; ".join(catalogue().sources[name] for name in item.sources)
    rule = item.secrecy.rule if item.secrecy.least else ""
    cells = [
        item.id + doubt,
        " ".join(told),
        item.unit or "–",
        computed(item),
        rule or "–",
        f"{STATUSES[item.status]} : {named}",
    ]
    return "| " + " | ".join(typeset(cell) for cell in cells) + " |"


def prudence_rows() -> list[str]:
    """Return a line a threshold: the count, how few, the indicators it is of."""
    of: dict[tuple[str, str], list[str]] = {}
    for item in catalogue().indicators.values():
        for one in (item, *item.variants.values()):
            if one.prudence is not None:
                key = one.denominator[0].count, one.prudence.told
                of.setdefault(key, []).append(item.id)
    return [
        f"| `{count}` | {typeset(told)} | {', '.join(dict.fromkeys(ids))} |"
        for (count, told), ids in of.items()
    ]


def source_row(id_: str, name: str) -> str:
    """
    Return the line of a source.

    Parameters
    ----------
    id_, name
        As the catalogue has them.
    """
    found = [item for item in SOURCES if f"{item.id}-".startswith(f"{id_}-")]
    of = {i.status for i in catalogue().indicators.values() if id_ in i.sources}
    under = "sous convention" in name or of == {"partner"}
    status = "partner" if under else "file"
    if id_ in EMBEDDED:
        status = "embedded"
    counts = any(item.read or item.counts for item in found)
    ways = ["`read_source`"] * counts
    ways += ["`read_points`"] * any(item.points for item in found)
    if id_ == "filosofi-carreaux":
        ways.append("`grid_squares`")
    told = ", ".join(ways) or "`read_table`, colonnes nommées par l'utilisateur"
    return typeset(f"| `{id_}` | {name} | {STATUSES[status]} | {told} |")


def others() -> list[str]:
    """Return the files that are recognised besides those of the indicators."""
    known = tuple(f"{id_}-" for id_ in catalogue().sources)
    found = [item for item in SOURCES if not f"{item.id}-".startswith(known)]
    lines = ["Sont reconnus aussi :", "", "| Source | Fichier |", "|---|---|"]
    return [*lines, *(typeset(f"| `{item.id}` | {item.name} |") for item in found)]


def computed(item: Indicator) -> str:
    """
    Return what an indicator is computed from.

    Parameters
    ----------
    item
        The indicator.
    """
    above, below = added(item.numerator), added(item.denominator)
    if item.kind == "formula":
        told = ", ".join(added((term,)) for term in item.terms)
        return f"formule, à l'échelle affichée : {told}"
    if item.kind == "median":
        told = f"{above} / {below}" if below else above
        return f"publié à son échelle, jamais agrégé : {told}"
    if item.kind == "flow":
        return f"{above}, sommés puis sans diagonale"
    if item.kind == "growth":
        return f"taux annuel moyen de {below} à {above}"
    return f"({above}) / ({below})" if below else above


def added(terms: tuple[Term, ...]) -> str:
    """
    Return a sum of counts.

    Parameters
    ----------
    terms
        Counts, each with its sign and when.
    """
    told = [
        ("- " if term.sign < 0 else "+ ") + f"`{term.count}`{WHENS[term.when]}"
        for term in terms
    ]
    return " ".join(told).removeprefix("+ ")


if __name__ == "__main__":
    main()
