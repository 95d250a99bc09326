"""The cheat sheet: one page, a picture a layer, the line that draws it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Final

from PIL import Image

import basinmap as bm
from basinmap.questions import QUESTIONS
from pages.gallery import builder

SHOWN: Final = {
    "draw_basemap": ("page_6_fond", "un fond de plan, du réseau ou d'un fichier"),
    "draw_ground": ("page_8_calques", "mer, routes, rails : un fond à soi"),
    "draw_neighbours": ("situer_2_zoom", "les territoires voisins, pâles"),
    "draw_outlines": ("situer_1_contours", "des limites, un trait par échelon"),
    "draw_choropleth": ("taux_1_choroplethe", "un taux : aplats par classe"),
    "draw_bivariate": ("taux_4_bivariee", "deux taux croisés"),
    "draw_typology": ("taux_5_typologie", "des catégories"),
    "draw_hatching": ("taux_8_hachures", "des zones par-dessus (QPV)"),
    "draw_symbols": ("effectifs_1_cercles", "un effectif : cercles"),
    "draw_squares": ("effectifs_2_carres", "un effectif : carrés"),
    "draw_dots": ("effectifs_5_points", "un point pour tant d'unités"),
    "draw_points": ("situer_3_cite_miniere", "des lieux, un seul signe"),
    "draw_markers": ("situer_4_points", "des lieux par catégorie"),
    "draw_links": ("flux_1_liens", "des flux entre territoires"),
    "draw_discontinuities": ("taux_6_discontinuites", "les ruptures entre voisins"),
    "draw_rings": ("distance_1_couronnes", "des distances à vol d'oiseau"),
    "draw_isochrones": ("distance_2_isochrones", "des temps de parcours"),
    "draw_grid": ("maille_1_carreaux", "des carreaux"),
    "draw_surface": ("maille_2_lissage", "une surface lissée"),
    "draw_raster": ("maille_4_raster", "une image de classes"),
    "draw_hillshade": ("maille_3_ombrage", "l'ombre du relief"),
    "draw_area_names": ("page_2_planche_a3", "le nom de chaque SCoT, au bord"),
    "draw_labels": ("taux_2_comparaison", "les noms, là où il y a la place"),
    "draw_legend": ("taux_1_choroplethe", "la légende de tout ce qui est dessiné"),
    "draw_comparison": ("taux_2_comparaison", "le même taux ailleurs"),
    "draw_event_study": ("evaluation_1_couronnes", "un écart, année par année"),
    "draw_inset": ("situer_2_zoom", "un agrandissement"),
    "draw_locator": ("situer_2_zoom", "où l'on est"),
    "draw_exits": ("situer_1_contours", "où mènent les bords"),
    "draw_furniture": ("taux_1_choroplethe", "échelle, nord, sources, auteur, date"),
}
"""Each layer and margin: the figure that shows it, what it is for."""

_MIDDLE: Final = (0.14, 0.30, 0.54, 0.62)
PARTS: Final = {
    "draw_legend": (0.755, 0.11, 0.99, 0.44),
    "draw_comparison": (0.36, 0.70, 0.99, 0.92),
    "draw_event_study": (0.755, 0.38, 0.99, 0.70),
    "draw_inset": (0.02, 0.60, 0.26, 0.91),
    "draw_locator": (0.55, 0.66, 0.77, 0.91),
    "draw_exits": (0.60, 0.62, 0.76, 0.88),
    "draw_furniture": (0.74, 0.80, 1.0, 1.0),
    "draw_rings": (0.12, 0.10, 0.62, 0.62),
    "draw_isochrones": (0.28, 0.22, 0.68, 0.70),
    "draw_hatching": (0.30, 0.28, 0.80, 0.50),
}
"""What a card shows of its figure, as shares of its sides; by default, the middle."""

_FIRST: Final = """# Aide-mémoire

Une carte est une page, des calques, une légende, un pied. Un **taux** va en aplats, un
**effectif** en cercles.

```python
import datetime as dt
import basinmap as bm

communes = bm.communes(epci="call")
taux = bm.compute("L04", bm.statistics(epci="call"))
fig, ax = bm.page(communes, title="Taux de vacance en 2021 – CA de Lens-Liévin")
bm.draw_choropleth(ax, communes, bm.classify(taux, k=5))
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Observatoire", date=dt.date(2026, 11, 30))
fig.savefig("carte.pdf")
```
"""


_ASIDE: Final = """Les logos : `draw_logos(ax, paths)`. Ce que lit qui ne voit pas :
`alternative_text(fig)`. La légende, en données : `legend_entries(ax)`.
"""


def call(name: str) -> str:
    """Return how a layer is called in its figure, on one line, shortened."""
    build = builder()
    text = build.code(build.FOLDER / f"{SHOWN[name][0]}.py")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"bm.{name}":
            given = [
                "path"
                if isinstance(one, ast.JoinedStr)
                else ast.unparse(one).replace("bm.", "")
                for one in node.args
            ]
            given += ["…"] if node.keywords else []
            return f"{name}({', '.join(given)})"
    given = [
        one.name
        for one in inspect.signature(getattr(bm, name)).parameters.values()
        if one.kind is not inspect.Parameter.KEYWORD_ONLY
        and one.default is inspect.Parameter.empty
    ]
    return f"{name}({', '.join(given)})"


def cards(question: str) -> str:
    """Return the layers of a question as cards."""
    (asked,) = (one for one in QUESTIONS if one.title == question)
    lines = ["::::{grid} 2 3 5 6", ":gutter: 2", ":class-container: thumbs", ""]
    for name in asked.names:
        if name in SHOWN:
            stem, purpose = SHOWN[name][:2]
            lines += [
                ":::{grid-item-card}",
                f":img-top: cards/{name}.png",
                f":link: {stem}",
                ":link-type: ref",
                ":shadow: none",
                "",
                f"{purpose[:1].upper()}{purpose[1:]}",
                "",
                f"`{call(name)}`",
                ":::",
            ]
    return "\n".join([*lines, "::::"]) + "\n"


def picture(name: str) -> Image.Image:
    """Return the part of a figure where a layer is seen."""
    build = builder()
    stem = SHOWN[name][0]
    left, top, right, bottom = PARTS.get(name, _MIDDLE)
    with Image.open(build.IMAGES / f"{stem}.png") as whole:
        width, height = whole.size
        box = tuple(
            round(part * side)
            for part, side in zip(
                (left, top, right, bottom), (width, height) * 2, strict=True
            )
        )
        small = whole.convert("RGB").crop(box)
    small.thumbnail((420, 300))
    return small


def page() -> str:
    """Return the page."""
    parts = [_FIRST, "## Les calques\n", cards("Layers")]
    parts += ["## L'habillage\n", cards("Margins"), _ASIDE]
    parts += ["## Tout le reste, par question\n", "| Question | Noms |", "|---|---|"]
    for question in QUESTIONS:
        if question.title not in {"Layers", "Margins"}:
            verbs = [name for name in question.names if name[0].islower()]
            told = ", ".join(f"`{name}`" for name in verbs)
            where = f"reference/{question.title.lower().replace(' ', '-')}.rst"
            parts.append(f"| [{question.french}]({where}) | {told} |")
    return "\n".join(parts) + "\n"


def write_cheat_sheet(path: Path) -> None:
    """Write the page and its pictures."""
    path.write_text(page(), encoding="utf-8")
    folder = path.parent / "cards"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        picture(name).quantize(64).save(folder / f"{name}.png", optimize=True)
