"""The chart of an estimate year by year, in the legend of a map."""

import datetime as dt

import pandas as pd
import pytest
from matplotlib.text import Text

import basinmap as bm
from basinmap.errors import ColumnError, DataError

CHART = pd.DataFrame(
    {
        "estimate": [-3.1, -0.3, 0, 4.2],
        "low": [-6.0, -2.0, 0, 1.2],
        "high": [0.5, 1.7, 0, float("inf")],
        "change": ["", "", "autre questionnaire", ""],
    },
    index=[1990, 1999, 2010, 2015],
)


@pytest.fixture(scope="module")
def sheet():
    fig, ax = bm.page(bm.communes(epci="call"), title="Essai – 2015")
    bm.draw_event_study(
        ax, CHART, event=dt.date(2012, 12, 12), title="Population : écart (%)"
    )
    bm.draw_legend(ax)
    return fig


def test_the_chart_writes_years_event_break_and_what_bars_are(sheet):
    written = {text.get_text() for text in sheet.findobj(Text)}
    assert {"1990", "1999", "2010", "2015", "+2,5", "−2,5", "0,0"} <= written
    assert "ouverture, décembre 2012" in written
    lines = [text.get_text() for text in sheet.findobj(Text)]
    whole = " ".join(lines).replace("\n", " ")
    assert "À partir de 2010\u00a0: autre questionnaire." in whole
    assert "Barres\u00a0: valeurs que la comparaison avec d’autres lieux" in whole


def test_no_line_crosses_a_break_of_the_series(sheet):
    (legend,) = [
        ax for ax in sheet.axes if "1990" in {text.get_text() for text in ax.texts}
    ]
    points = [line for line in legend.lines if line.get_marker() == "o"]
    spots = [float(line.get_xdata()[0]) for line in points]
    assert spots == sorted(spots)
    ends = [tuple(map(float, line.get_xdata())) for line in legend.lines]
    joined = [x for x in ends if len(set(x)) == 2 and set(x) <= set(spots)]
    assert joined == [(spots[0], spots[1]), (spots[2], spots[3])]
    marks = [line.get_marker() for line in legend.lines]
    assert marks.count("^") == 1  # a bar without an end says so


def test_the_alternative_text_tells_each_year_and_its_bar(sheet):
    told = bm.alternative_text(sheet)
    assert "1990 −3,1 (de −6,0 à +0,5)" in told
    assert "2015 +4,2" in told


@pytest.mark.parametrize(
    ("chart", "error"),
    [
        (CHART.drop(columns="low"), ColumnError),
        (CHART.iloc[:1], DataError),
        (CHART.set_axis(["a", "b", "c", "d"]), DataError),
        (CHART.set_axis([1990, 1990, 2010, 2015]), DataError),
        (CHART.assign(estimate=float("nan")), DataError),
    ],
)
def test_what_is_no_chart_is_refused(chart, error):
    _, ax = bm.page(bm.communes(epci="call"), title="Essai – 2015")
    with pytest.raises(error):
        bm.draw_event_study(ax, chart)
