"""Figures beside a map: an axis that does not exaggerate, a heading that says all."""

from __future__ import annotations

import dataclasses as dc

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.maps.margins.beside import decimals_kept, of_decades, on_axes
from basinmap.maps.paper.blocks import ClassesBlock, FiguresBlock
from basinmap.values.told import tell

LENS = bm.communes(epci="call")


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def figures(values, **told):
    return FiguresBlock("Taux", tuple(values.items()), 1, "%", **{"dots": True, **told})


@pytest.fixture(scope="module")
def plate():
    """The rate of Lens-Liévin, with its classes, its histogram and two references."""
    table = bm.statistics()
    rate = bm.compute("L04", table.loc[LENS.index])
    compared = bm.compare("L04", table, "call")
    _, ax = bm.page(LENS, title="Vacance")
    bm.draw_choropleth(ax, LENS, bm.classify(rate, breaks=[4, 6, 8]))
    bm.draw_comparison(ax, compared)
    bm.draw_legend(ax, histogram=rate)
    return ax, rate, compared


def test_the_heading_says_indicator_year_and_unit(plate):
    ax, _, _ = plate
    (block,) = [one for one in ax.blocks if isinstance(one, FiguresBlock)]
    assert plain(block.title) == "Taux de vacance des logements en 2021 (%)"


def test_dots_lie_on_the_axis_of_the_histogram_in_the_colour_of_their_class(plate):
    ax, rate, compared = plate
    (classes,) = [one for one in ax.blocks if isinstance(one, ClassesBlock)]
    _, drawn = on_axes(ax.blocks)
    assert (drawn.low, drawn.high) == (rate.min(), rate.max()) == classes.bounds
    paper = ax.sheet.paper
    dots = [
        c
        for c in paper.collections
        if len(c.get_offsets()) == 1 and c.get_linewidth()[0] > 0.3
    ]
    here = [c for c in dots if c.get_offsets()[0][0] > ax.plan.strip[0]]
    left, width = ax.plan.strip[0], ax.plan.column
    share = (float(compared["value"].iloc[0]) - drawn.low) / (drawn.high - drawn.low)
    places = [float(c.get_offsets()[0][0]) for c in here]
    assert any(abs(x - (left + share * width)) < 1e-6 for x in places)


def test_the_histogram_bears_the_figures_of_the_territory_and_of_the_basin(plate):
    ax, _, _ = plate
    texts = [plain(text.get_text()) for text in ax.sheet.paper.texts]
    assert "EPCI 7,2" in texts
    assert "bassin 8,1" in texts


def test_a_mark_that_could_be_any_of_the_peers_is_none():
    table = bm.statistics()
    rate = bm.compute("L04", table.loc[LENS.index])
    peers = bm.compute("L04", table, to="epci").loc[["246200364", "246200299"]]
    _, ax = bm.page(LENS, title="Vacance")
    bm.draw_choropleth(ax, LENS, bm.classify(rate, breaks=[4, 6, 8]))
    bm.draw_comparison(ax, peers, names=bm.epcis()["name"])
    bm.draw_legend(ax, histogram=rate)
    texts = [plain(text.get_text()) for text in ax.sheet.paper.texts]
    assert "CA de Lens-Liévin" in texts
    assert not [text for text in texts if text.startswith("EPCI")]


def test_the_histogram_of_several_maps_holds_the_firm_values_of_all():
    codes = {"call": "246200364", "cahc": "246200299"}
    rates = {k: bm.compute("L04", bm.statistics(epci=k)) for k in codes}
    communes = {k: bm.communes(epci=k) for k in codes}
    classes = bm.shared_classes(rates, breaks=[4, 6, 8], firm=True)
    fig, maps = bm.panels(communes, title="Vacance")
    for key, ax in maps.items():
        bm.draw_choropleth(ax, communes[key], classes[key])
    bm.draw_legend(maps, histogram=rates)
    strip = next(iter(maps.values())).strip
    (entry,) = [e for e in strip if type(e.block).__name__ == "_Histogram"]
    few = [code for one in rates.values() for code in bm.told_of(one).fragile]
    firm = pd.concat([pd.Series(one.to_numpy(), one.index) for one in rates.values()])
    assert few
    assert sorted(dc.asdict(entry.block)["values"]) == sorted(firm.drop(few))
    assert [t for t in fig.paper.texts if t.get_text() == "Distribution"]
    _, ax = bm.page(communes["call"], title="Vacance")
    bm.draw_choropleth(ax, communes["call"], classes["call"])
    with pytest.raises(bm.errors.DataError, match="no series"):
        bm.draw_legend(ax, histogram={})


def test_a_tenth_of_a_point_of_change_is_no_collapse():
    (drawn,) = on_axes([figures({"a": -0.12, "b": 0.01}, signed=True)])
    assert (drawn.low, drawn.high) == (-1.0, 1.0)


def test_rates_close_to_each_other_are_read_from_zero_and_not_blown_up():
    (drawn,) = on_axes([figures({"a": 7.2, "b": 7.4})])
    assert drawn.low == 0.0
    assert drawn.high > 7.4


def test_figures_out_of_the_classes_lengthen_the_axis_and_missing_ones_do_not():
    classes = ClassesBlock("Taux (%)", (), (4.0,), ("#eee", "#333"), (2.0, 9.0), 1)
    values = {"a": 12.0, "b": np.nan}
    _, drawn = on_axes([classes, figures(values, about="Taux (%)")])
    assert (drawn.low, drawn.high, drawn.breaks) == (2.0, 12.0, (4.0,))


def test_classes_of_another_thing_lend_no_axis():
    classes = ClassesBlock("Maisons (%)", (), (4.0,), ("#eee", "#333"), (2.0, 9.0), 1)
    _, drawn = on_axes([classes, figures({"a": 5.0}, about="Taux (%)")])
    assert drawn.colors == ()


def test_amounts_are_bars_from_zero():
    people = bm.describe(
        pd.Series({"CALL": 240_000.0, "Bassin": 1_255_000.0}),
        kind="stock",
        label="Population",
    )
    _, ax = bm.page(LENS, title="Population")
    bm.draw_comparison(ax, people)
    bm.draw_legend(ax)
    bars = sorted(p.get_width() for p in ax.sheet.paper.patches)[-2:]
    assert bars[0] / bars[1] == pytest.approx(240 / 1_255)


def test_the_only_commune_of_a_class_at_an_end_is_named():
    rate = bm.compute("L04", bm.statistics(epci="call"))
    top = rate.nlargest(2)
    _, ax = bm.page(LENS, title="Vacance")
    between = float(top.mean())
    bm.draw_choropleth(ax, LENS, bm.classify(rate, breaks=[4, 6, between]))
    assert ax.blocks[0].alone == (LENS["name"][top.index[0]], "", "", "")
    bm.draw_legend(ax)
    texts = [text.get_text() for text in ax.sheet.paper.texts]
    assert LENS["name"][top.index[0]] in texts
    assert f"(1, {LENS['name'][top.index[0]]})" in bm.alternative_text(ax)


def test_long_figures_stand_before_the_column_of_the_scale_bar():
    table = bm.statistics()
    communes = bm.communes(epci="245901152")
    rate = bm.compute("D02", table.loc[communes.index])
    _, ax = bm.page(communes, title="Population", legend="below")
    bm.draw_choropleth(ax, communes, bm.classify(rate, k=6, pivot=0))
    bm.draw_outlines(ax, bm.epcis().loc[["245901152"]], label="limite de l'EPCI")
    bm.draw_comparison(ax, bm.compare("D02", table, "245901152"))
    bm.draw_legend(ax, histogram=rate)
    columns = sorted({round(entry.x) for entry in ax.strip})
    assert len(columns) == 3  # none is void
    assert {entry.zoom for entry in ax.strip} == {1.0}


def page_of(values, *, breaks, beside, kind="ratio"):
    """A map of the communes of Lens-Liévin whose histogram has references."""
    told = {"kind": kind, "label": "Taux", "unit": "%", "decimals": 2}
    rates = tell(pd.Series(values, LENS.index[: len(values)]), **told)
    _, ax = bm.page(LENS, title="Taux")
    bm.draw_choropleth(ax, LENS, bm.classify(rates, breaks=breaks))
    bm.draw_comparison(ax, tell(pd.Series(beside), **told))
    bm.draw_legend(ax, histogram=rates)
    return ax


def test_what_lies_beyond_an_axis_is_told_at_its_end_never_drawn_outside():
    rates = np.linspace(88.6, 100.0, 14)
    beside = {"CC Osartis": 94.4, "Bassin minier": 80.5}
    ax = page_of(rates, breaks=[92.0, 96.0], beside=beside)
    (entry,) = [e for e in ax.strip if type(e.block).__name__ == "_Histogram"]
    left = entry.x
    columns = [(e.x - 1e-6, e.x + e.width + 1e-6) for e in ax.strip]
    paper = ax.sheet.beside
    marks = [c for c in paper.collections if len(c.get_offsets()) == 1]
    held = [spot for c in marks if (spot := c.get_offsets()[0]).any()]
    assert len(held) == 4
    assert all(any(a <= x <= b for a, b in columns) for x, _ in held)
    (said,) = [t for t in paper.texts if plain(t.get_text()).startswith("bassin 80,5")]
    # After its arrow, which is at the very end of the axis.
    assert left < said.get_position()[0] < left + 3


def test_values_over_decades_are_read_on_a_logarithmic_axis_that_says_so():
    assert not of_decades(88.6, 100.0)
    assert not of_decades(0.0, 1000.0)
    ax = page_of(
        np.geomspace(30, 3000, 14),
        breaks=[100, 1000],
        beside={"CA Lens": 300.0, "Bassin minier": 500.0},
    )
    texts = [plain(t.get_text()) for t in ax.sheet.beside.texts]
    assert "Distribution (échelle logarithmique)" in texts
    assert "échelle logarithmique" in texts
    _, compared = on_axes(ax.blocks)
    # 300 is half way from 30 to 3 000.
    (entry,) = [e for e in ax.strip if type(e.block).__name__ == "Compared"]
    dots = [c.get_offsets()[0][0] for c in ax.sheet.beside.collections]
    assert compared.log
    assert any(abs(x - entry.x - entry.width / 2) < 1e-6 for x in dots)


def test_a_figure_is_printed_as_of_the_class_whose_colour_it_has():
    assert decimals_kept([-0.502], [-0.5, 0.0], 2) == 3
    assert decimals_kept([-0.52], [-0.5, 0.0], 2) == 2
    ax = page_of(
        np.linspace(-2.0, 1.0, 14),
        breaks=[-0.5, 0.0],
        beside={"CU de Dunkerque": -0.502, "Nord": 0.065},
        kind="growth",
    )
    texts = [plain(t.get_text()) for t in ax.sheet.beside.texts]
    assert "EPCI −0,502" in texts
    assert "EPCI −0,50" not in texts
