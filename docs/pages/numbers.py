"""« Comment chaque nombre est fait » : from the catalogue itself, one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from basinmap.catalogue.entries import Indicator, Term, catalogue
from basinmap.deliverables.web_pages import FAMILIES
from basinmap.territory.levels import PRINTED
from basinmap.typography import number, typeset

WHENS: Final = {
    "": "",
    "previous": ", l'année d'avant",
    "latest": ", dernière année connue",
    "start": ", au début",
    "end": ", à la fin",
    "period": ", de la période",
    "since": ", depuis 2021",
    "base": ", de 2011 à 2021",
}
LEVELS: Final = {**PRINTED, "quartier": "quartiers", "secteur": "secteurs"}
_PLOTS: Final = {
    "choropleth": "aplats",
    "symbols": "cercles",
    "links": "liens",
    "chart": "graphique, sans carte",
}
_RULES: Final = """# Comment chaque nombre est fait

Écrit à partir du catalogue que la bibliothèque exécute : la formule, le texte de loi,
les fichiers, le secret, la carte.

* Un **effectif** s'additionne. Un **taux** est refait sur ses deux effectifs à chaque
  échelon : jamais la moyenne des taux des communes. Une **médiane** publiée se lit à
  son échelon et ne se combine pas.
* Une somme dont une commune est secrète ou manquante est un **minimum**, écrit « ≥ » ;
  un territoire dont une commune n'est pas dans le tableau n'a pas de taux.
* Une **évolution** compare le même périmètre aux deux dates ; les fichiers d'autres
  années sont d'abord amenés à la liste des communes de l'année (`bm.rebase`).
* Un taux sur trop peu d'unités est dit **fragile** : hors des classes, sans rang.
* L'**arrondi** se fait à l'impression ; un écart imprimé est la différence de deux
  valeurs imprimées.
"""


def write_numbers(path: Path) -> None:
    """Write the page."""
    path.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page, family by family."""
    parts = [_RULES]
    for letter, family in FAMILIES.items():
        parts.append(f"## {family}\n")
        parts += [
            entry(one) for one in catalogue().indicators.values() if one.id[0] == letter
        ]
    return "\n".join(parts)


def entry(item: Indicator) -> str:
    """Return how an indicator is made."""
    lines = [f"### {item.id} · {typeset(item.label)}\n"]
    if item.definition != item.label:
        lines.append(f"{typeset(item.definition)}.\n")
    lines.append(f"> {formula(item)}\n")
    lines += [
        f"* Variante `{name}` : {formula(one)}" for name, one in item.variants.items()
    ]
    told = {
        "Texte": item.law,
        "Fichiers": " ; ".join(catalogue().sources[name] for name in item.sources),
        "Échelons": ", ".join(LEVELS.get(one, one) for one in item.levels),
        "Secret": "" if item.secrecy.name == "none" else item.secrecy.rule,
        "Prudence": item.prudence.told if item.prudence else "",
        "Carte": _PLOTS[item.map.type],
        "À vérifier": item.doubt,
    }
    lines += [f"* {name} : {typeset(text)}" for name, text in told.items() if text]
    lines += [f"* {typeset(note)}" for note in item.notes]
    return "\n".join(lines) + "\n"


def formula(item: Indicator) -> str:
    """Return what is computed, in words and signs."""
    above, below = summed(item.numerator), summed(item.denominator)
    unit = f", en {item.unit}" if item.unit else ""
    if item.kind == "formula":
        return (
            f"formule, sur : {' ; '.join(summed((one,)) for one in item.terms)}{unit}"
        )
    if item.kind == "median":
        over = f" ÷ ({below})" if below else ""
        return f"valeur publiée, jamais agrégée : {above}{over}{unit}"
    if item.kind == "flow":
        return f"{above}, sommés, puis sans les échanges internes{unit}"
    if item.kind == "growth":
        return f"(({above}) ÷ ({below}))^(1 ÷ nombre d'années) − 1{unit}"
    if not below:
        return f"{above}{unit}"
    times = f" × {number(item.scale)}" if item.scale != 1 else ""
    yearly = " ÷ nombre d'années" if item.kind == "yearly" else ""
    return f"({above}) ÷ ({below}){yearly}{times}{unit}"


def summed(terms: tuple[Term, ...]) -> str:
    """Return a sum of counts, in French, each with its name in a table."""
    told = ""
    for term in terms:
        sign = "−" if term.sign < 0 else "+"
        label = typeset(catalogue().counts[term.count].label)
        told += f" {sign} {label} `{term.count}`{WHENS[term.when]}"
    return told.removeprefix(" + ").strip()
