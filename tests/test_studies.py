"""The studies: an index that tells the truth of the notebooks, each of them whole."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

import basinmap as bm

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
LIST = ROOT / "basinmap" / "deliverables" / "studies.toml"
STUDIES = tomllib.loads(LIST.read_text(encoding="utf-8"))["studies"]
FIELDS = ("notebook", "title", "question", "data", "method", "gives")
named = pytest.mark.parametrize("study", STUDIES, ids=lambda study: study["notebook"])


def words(study):
    """Return the text of a notebook, and its code."""
    cells = nbformat.read(NOTEBOOKS / study["notebook"], as_version=4).cells
    told = [cell.source for cell in cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return "\n\n".join(told), "\n".join(code)


def test_every_study_is_in_the_index_and_no_other():
    listed = [study["notebook"] for study in STUDIES]
    assert listed == sorted(path.name for path in NOTEBOOKS.glob("*_etude_*.ipynb"))
    assert len(listed) >= 6
    assert all(set(study) == set(FIELDS) for study in STUDIES)


def test_the_list_is_there_for_documents_to_print():
    table = bm.studies()
    assert table.index.tolist() == [study["notebook"][:-6] for study in STUDIES]
    assert list(table.columns) == list(FIELDS[1:])
    assert "d’une commune à l’autre" in table["question"].iloc[0]


@named
def test_a_study_is_whole(study):
    text, code = words(study)
    title, question = text.split("\n\n")[:2]
    assert title == f"# {study['title']}"
    assert question.split("**Question.** ")[1].strip() == study["question"]
    for part in ("## Données", "> **Méthode.**", "## Planche", "## Résultat"):
        assert part in text, part
    assert text.index("## Résultat") < text.index("## Limites")
    assert len(re.findall(r"^\* ", text.split("## Limites")[1], re.MULTILINE)) >= 3
    assert "résultat = " in code
    assert "bm.draw_legend(" in code


@named
def test_a_study_claims_no_cause(study):
    text, code = words(study)
    assert not re.search(r"\b(impact|prouv\w+|grâce au musée)\b", text + code)


@named
def test_the_index_page_tells_each_study(study):
    page = (ROOT / "docs" / "etudes.md").read_text(encoding="utf-8")
    assert f"[{study['title']}](../notebooks/{study['notebook']})" in page
    for field in FIELDS[2:]:
        assert study[field] in page, field
