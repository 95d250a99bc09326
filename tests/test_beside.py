"""Figures beside a map: an axis that does not exaggerate, a heading that says all."""

from __future__ import annotations

import dataclasses as dc

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.maps.margins.beside import on_axes
from basinmap.maps.paper.blocks import ClassesBlock, FiguresBlock

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
