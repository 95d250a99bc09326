"""What a hostile reader would find: a mark cut off, a tie left out, a new name."""

import datetime as dt

import pandas as pd
import pytest
from matplotlib.axes import Axes

import basinmap as bm
from basinmap.deliverables.chapters import (
    comparison_table,
    not_supplied,
    row_label,
    sentences_of,
)
from basinmap.deliverables.cil_documents import cil_document
from basinmap.deliverables.housing_documents import CHAPTERS
from basinmap.deliverables.opening_pages import defined_early
from basinmap.deliverables.sentences import titles
from basinmap.export.parts import Table, worded


@pytest.fixture(scope="module")
def call():
    return bm.subject("call", author="A", date=dt.date(2026, 11, 29))


def limits(monkeypatch, name):
    """Keep what the last drawing set as the ends of an axis."""
    kept, set_ = [], getattr(Axes, name)

    def record(axes, *ends, **named):
        kept.append(ends)
        return set_(axes, *ends, **named)

    monkeypatch.setattr(Axes, name, record)
    return kept


def test_a_reference_beyond_the_bars_is_within_the_picture(monkeypatch):
    kept = limits(monkeypatch, "set_xlim")
    bars = bm.bar_chart(
        "b",
        pd.Series({"Mazingarbe": 5.7, "Courrières": 5.6}),
        caption="Vacance",
        source="Insee",
        reference=("SCoT", 7.2),
    )
    bars.render("svg", bars.size_mm)
    low, high = next(ends for ends in kept if len(ends) == 2)
    assert low <= 0
    assert high > 7.2


def test_what_hardly_changes_does_not_look_like_a_fall(monkeypatch):
    kept = limits(monkeypatch, "set_ylim")
    lines = pd.DataFrame({"Bassin": [100.0, 99.7]}, index=[2016, 2023])
    for span, most in ((2.0, 2.0), (0.0, None)):
        kept.clear()
        drawn = bm.line_chart("l", lines, caption="x", source="y", span=span)
        drawn.render("svg", drawn.size_mm)
        ends = [e for e in kept if len(e) == 2 and e[0] is not None]
        assert (ends[0][1] - ends[0][0] == pytest.approx(most)) if most else not ends


def test_the_legend_has_the_star_and_the_dashes_of_the_map():
    ax = bm.page(bm.communes(epci="call"), title="x")[1]
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000]))
    bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="Louvre-Lens")
    bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="puits", marker="^")
    shapes = {
        line.label: line.shape for key in bm.legend_entries(ax) for line in key.lines
    }
    assert shapes["Louvre-Lens"] == "star"
    assert shapes["puits"] == "triangle"
    assert "dashes" in shapes.values()


def test_only_the_first_name_of_a_list_keeps_its_capital():
    names = ["Population municipale", "Densité de population", "RP occupées"]
    assert titles(names) == (
        "Population municipale, densité de population et RP occupées"
    )
    assert titles(names, most=1) == "Population municipale et 2\u00a0autres"
    assert titles([]) == ""


def test_a_tie_at_an_end_is_told(call):
    told = " ".join(sentences_of(call, "D02"))
    # Both print 1,6 %.
    assert "(Ablain-Saint-Nazaire et Carency)" in told


def test_a_rank_says_among_how_many(call):
    table = comparison_table(call, ["D01", "D02", "L04"], "t", code="62003")
    # Acheville: 36 communes, 3 that vary little, 2 under 200 dwellings.
    assert [row[-1].text.replace("\u00a0", " ") for row in table.rows] == [
        "34e sur 36",
        "33e sur 33",
        "34e sur 34",
    ]


def test_what_lacks_is_called_as_in_the_table(call):
    table = comparison_table(call, ["L14", "R01", "S02"], "t", code="62003")
    labels = [row_label(call, i).text for i in ("L14", "R01", "S02")]
    assert [row[0].text for row in table.rows] == labels


def test_the_files_not_supplied_are_set_as_french(call):
    table = not_supplied(call, CHAPTERS)
    words = " ".join(worded(cell.text) for row in table.rows for cell in row)
    assert "'" not in words
    assert "d’une pièce (L06), part des" in words


def test_definitions_stand_under_the_contents_where_there_is_room(call):
    ids = ["D02", "D05", "D06", "L02", "L03", "L04", "L05"]
    assert defined_early(call, ids, titles=range(44, 67))
    wide = bm.subject("artois", author="A", date=dt.date(2026, 11, 29))
    assert not defined_early(
        wide, ids, titles=range(len(wide.codes) + 8, len(wide.codes) + 30)
    )


def test_a_table_of_the_communes_is_called_by_what_it_holds(call):
    last = cil_document(call).pages[-1]
    (table,) = (p for p in last.parts if isinstance(p, Table) and len(p.rows) > 20)
    # No file of the social stock was given.
    assert table.caption.startswith("Ménages et logements, par commune")
    assert len(table.columns) == 5
