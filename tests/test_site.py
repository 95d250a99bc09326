"""The site: every page is read without a warning; nothing in it is from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import basinmap as bm

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """Read the site as `make docs` does, and return its pages before they are HTML."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, DOCS / "build.py", "--check", out],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out / "docs"


def test_each_public_name_is_documented_once(laid):
    pages = "".join(p.read_text("utf-8") for p in laid.glob("reference/*.rst"))
    kinds = "autofunction|autoclass|py:data|py:module"
    # Those of `basinmap.testing` stand under it.
    told = re.findall(rf"^\.\. (?:{kinds}):: basinmap\.(\w+)$", pages, re.MULTILINE)
    assert sorted(told) == [name for name in bm.__all__ if name != "__version__"]


def test_pages_written_by_hand_are_all_there(laid):
    by_hand = {path.relative_to(DOCS) for path in DOCS.rglob("*.md")}
    assert by_hand <= {path.relative_to(laid) for path in laid.rglob("*.md")}


def test_the_numbers_of_all_indicators_are_told(laid):
    text = (laid / "nombres.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^### [A-Z]\d\d · ", text, re.MULTILINE)) == 69


def test_no_page_takes_a_picture_a_style_or_a_script_from_elsewhere(laid):
    for path in laid.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(!\[[^\]]*\]\(|src=\"|@import )https?:", text), path.name
    assert "http" not in (DOCS / "static" / "basinmap.css").read_text(encoding="utf-8")


def test_each_row_of_the_comparison_leads_to_what_does_it_here():
    text = (DOCS / "comparaison.md").read_text(encoding="utf-8")
    rows = [
        line.strip("| ").split(" | ")[-1] for line in text.splitlines() if "|" in line
    ]
    rows = [row for row in rows if not re.fullmatch(r"basinmap|[|: -]+", row)]
    assert len(rows) > 40
    lost = [row for row in rows if "basinmap." not in row and "](" not in row]
    assert all(row.startswith("✗") for row in lost), lost
