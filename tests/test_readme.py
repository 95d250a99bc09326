"""The README's Python runs as written, and its picture is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_every_python_block_runs_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own text
    for name in ("vacance.pdf", "atlas.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF")
    printed = capsys.readouterr().out.splitlines()
    refusal = printed.pop(2)
    assert refusal.startswith("no unit of level 'departement' is whole in the table")
    assert printed == [
        "7.19",
        "283410.0",
        "{'62498': 'secret'}",
        "points True",
        "[6.7, 8.5] SCoT du Grand Douaisis",
        "[70800, 70668, 70431]",
    ]


@pytest.mark.parametrize(
    "target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README), ids=str
)
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()
