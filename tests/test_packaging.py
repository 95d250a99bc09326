"""What is published: one version everywhere, and what is needed is in the wheel."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import basinmap as bm

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RECIPE = (ROOT / "recipe/meta.yaml").read_text("utf-8")
CITED = (ROOT / "CITATION.cff").read_text("utf-8")
# Names of conda-forge that are not those of PyPI.
CONDA = {"typst": "typst-py", "matplotlib": "matplotlib-base"}


def test_one_version_stands_everywhere():
    told = {
        "pyproject.toml": PROJECT["project"]["version"],
        "basinmap": bm.__version__,
        "CITATION.cff": re.search(r"^version: (\S+)", CITED, re.MULTILINE)[1],
        "recipe": re.search(r'set version = "([^"]+)"', RECIPE)[1],
    }
    assert len(set(told.values())) == 1, told


def test_the_citation_says_what_the_format_asks():
    for key in (
        "cff-version",
        "message",
        "title",
        "authors",
        "date-released",
        "license",
    ):
        assert re.search(rf"^{key}:", CITED, re.MULTILINE), key
    assert re.search(r"^date-released: \d{4}-\d\d-\d\d$", CITED, re.MULTILINE)
    assert PROJECT["project"]["license"] in CITED


def test_the_recipe_needs_what_the_project_needs():
    wanted = set()
    for line in PROJECT["project"]["dependencies"]:
        name, least = line.split(">=")
        wanted.add(f"{CONDA.get(name, name)} >={least}")
    run = RECIPE.partition("  run:\n")[2].partition("\ntest:")[0]
    found = set(re.findall(r"^    - (.+)$", run, re.MULTILINE)) - {"python >=3.11"}
    assert found == wanted


def test_the_recipe_starts_the_same_program():
    (script,) = PROJECT["project"]["scripts"].items()
    assert " = ".join(script) in RECIPE


@pytest.mark.parametrize(
    "part", ["data/communes.parquet", "french/territory.toml", "maps/fonts", "py.typed"]
)
def test_what_is_read_at_run_time_is_in_the_package(part):
    assert (Path(bm.__file__).parent / part).exists()
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [
        "basinmap"
    ]


def test_the_checklist_names_what_exists():
    text = (ROOT / "docs/publier.md").read_text("utf-8")
    made = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([\w-]+)`", text):
        assert re.search(rf"^{target}:", made, re.MULTILINE), target
    for path in re.findall(r"`((?:basinmap|recipe|tests|docs)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path
