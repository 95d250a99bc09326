"""
Build the gallery: run each script of this folder, write its picture and the page.

`python docs/gallery/build.py` writes `images/` and `README.md`; with `--check` it
writes nothing, runs every script and exits 1 if the page or a picture is not that of
the scripts.

A script is named `<family>_<rank>_<subject>.py`. It says in its docstring, in French,
« Type : what it is for. », then the rule of the trade, and leaves its sheet in `fig`.
To add a figure, add a script, then `make gallery`.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import runpy
import sys
from pathlib import Path
from typing import Final

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import basinmap as bm
from basinmap.maps.paper.sheets import Sheet

FOLDER: Final = Path(__file__).parent
IMAGES: Final = FOLDER / "images"
PAGE: Final = FOLDER / "README.md"

FAMILIES: Final = {
    "situer": "Situer un territoire",
    "taux": "Des taux et des catégories",
    "effectifs": "Des effectifs",
    "flux": "Des flux",
    "maille": "Des grilles et des surfaces",
    "distance": "Des distances et des temps",
    "evaluation": "Évaluer",
    "page": "La page",
}
"""Prefixes of the scripts, in the order of the page."""

TYPES: Final = {
    "Choroplèthe (commune)": "taux_1_choroplethe",
    "Symboles proportionnels": "effectifs_1_cercles",
    "Symboles et taux": "effectifs_3_cercles_et_taux",
    "Évolution divergente": "taux_3_evolution",
    "Flux": "flux_1_liens",
    "Couronnes et isochrones": "distance_1_couronnes",
    "Quartiers prioritaires": "taux_8_hachures",
    "Cités minières et patrimoine": "situer_3_cite_miniere",
    "Typologie": "taux_5_typologie",
    "Carreaux": "maille_1_carreaux",
    "Série de cartes": "page_4_series",
    "Situation et périmètres": "situer_1_contours",
    "Atlas": "page_5_atlas",
    "Graphique de comparaison": "taux_2_comparaison",
}
"""The map types of the documents of the field, each with its figure."""

_INTRO: Final = """# Galerie

<!-- Écrit par docs/gallery/build.py à partir des scripts : `make gallery`. -->

Un type de carte, une figure, le code qui la dessine. Tout est fait avec les données
embarquées (communes, EPCI, SCoT, populations 2016 à 2023, logements 2021) : chaque
script tourne tel quel, sans réseau. Là où aucune donnée réelle n'est embarquée (flux,
rues, logements sociaux, périmètres de quartiers), le titre ou la page le dit.

`fig.savefig("carte.pdf")` écrit la page en PDF, SVG ou PNG, à l'échelle exacte.
"""
_LONGEST: Final = 1400  # pixels
_COLORS: Final = 128


def scripts() -> list[Path]:
    """Return the scripts, family by family."""
    order = list(FAMILIES)
    found = [path for path in FOLDER.glob("*.py") if path.name != "build.py"]
    lost = [path.name for path in found if path.stem.split("_")[0] not in FAMILIES]
    if lost:
        message = f"no family for {', '.join(lost)}: one of {', '.join(order)}, or add"
        raise SystemExit(message + " yours to FAMILIES in docs/gallery/build.py")
    return sorted(found, key=lambda p: (order.index(p.stem.split("_")[0]), p.stem))


def drawn(script: Path) -> Sheet:
    """Run a script and return the sheet that it leaves in `fig`."""
    fig = runpy.run_path(str(script)).get("fig")
    if not isinstance(fig, Sheet):
        message = f"{script.name}: end with a sheet named fig"
        raise SystemExit(message)
    return fig


def picture(script: Path) -> Path:
    """Return where the picture of a script is."""
    return IMAGES / f"{script.stem}.png"


def seal(script: Path) -> str:
    """Return what tells whether a picture was made by this text."""
    return hashlib.sha256(script.read_bytes()).hexdigest()


def rendered(fig: Sheet) -> Image.Image:
    """Return a sheet as the picture of a web page."""
    inches = max(fig.layout_mm.width, fig.layout_mm.height) / 25.4
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=_LONGEST / inches)
    return Image.open(raw).convert("RGB")


def write_picture(script: Path) -> None:
    """Write the picture of a script, with its title and its seal inside."""
    fig = drawn(script)
    told = PngInfo()
    told.add_itxt("Title", fig.about["Title"], lang="fr")
    told.add_text("Seal", seal(script))
    # An image of few colours is a third as large, and no eye sees the difference.
    small = rendered(fig).quantize(
        _COLORS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
    )
    small.save(picture(script), optimize=True, pnginfo=told)


def words(script: Path) -> tuple[str, str, str]:
    """Return the type of a script, what it is for, and its rule."""
    text = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    first, _, rule = text.partition("\n\n")
    kind, colon, purpose = first.partition(" : ")
    if not (colon and rule):
        message = f"{script.name}: write « Type : à quoi il sert. », then the rule"
        raise SystemExit(message)
    return kind, purpose[:1].upper() + purpose[1:], rule


def code(script: Path) -> str:
    """Return what a reader copies: the script without its docstring."""
    text = script.read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    return "\n".join(text.splitlines()[docstring.end_lineno :]).strip()


def page() -> str:
    """Return the page: an index of pictures, then each figure with its code."""
    parts = [_INTRO, _table_of_types()]
    for family, heading in FAMILIES.items():
        group = [p for p in scripts() if p.stem.startswith(f"{family}_")]
        if group:
            parts.append(f"## {heading}\n")
            parts.append("\n".join(_thumbnail(script) for script in group) + "\n")
            parts += [_entry(script) for script in group]
    return "\n".join(parts)


def _table_of_types() -> str:
    rows = [
        f"| {kind} | [{words(FOLDER / f'{stem}.py')[0]}](#{stem}) |"
        for kind, stem in TYPES.items()
    ]
    return "\n".join(["| Type de carte | Figure |", "|---|---|", *rows]) + "\n"


def _told(image: Path, what: str) -> str:
    with Image.open(image) as opened:
        return str(opened.info.get(what, ""))


def _thumbnail(script: Path) -> str:
    where = f"images/{picture(script).name}"
    kind = words(script)[0]
    link = f'<a href="#{script.stem}" title="{kind}">'
    return f'{link}<img src="{where}" alt="{kind}" width="200"></a>'


def _entry(script: Path) -> str:
    kind, purpose, rule = words(script)
    alt = f"{kind} : {_told(picture(script), 'Title')}"
    return "\n".join(
        [
            f'<a id="{script.stem}"></a>\n',
            f"### {kind}\n",
            f"**{purpose}** {' '.join(rule.split())}\n",
            f"![{alt}](images/{picture(script).name})\n",
            f"```python\n{code(script)}\n```\n",
        ]
    )


def stale() -> list[str]:
    """Return what is not up to date, in words."""
    found = []
    for script in scripts():
        image = picture(script)
        if not image.exists():
            found.append(f"{image.name} is missing")
        elif _told(image, "Seal") != seal(script):
            found.append(f"{image.name} was made by another {script.name}")
    known = {picture(script) for script in scripts()}
    found += [f"{p.name} has no script" for p in IMAGES.glob("*") if p not in known]
    if not found and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()):
        found.append(f"{PAGE.name} is not that of the scripts")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Build the gallery, or check it."""
    parser = argparse.ArgumentParser(description="Build the gallery of the docs.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args(arguments).check:
        for script in scripts():
            drawn(script)
        found = stale()
        print("\n".join([*found, "run make gallery"] if found else ["up to date"]))
        return bool(found)
    IMAGES.mkdir(exist_ok=True)
    for script in scripts():
        write_picture(script)
    for old in set(IMAGES.glob("*")) - {picture(script) for script in scripts()}:
        old.unlink()
    PAGE.write_text(page(), encoding="utf-8")
    size = sum(path.stat().st_size for path in IMAGES.iterdir())
    print(f"{len(scripts())} figures, {size / 1e6:.1f} MB, basinmap {bm.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
