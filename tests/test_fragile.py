"""Rates over too few: told by the catalogue, drawn apart, out of classes and ranks."""

from __future__ import annotations

import datetime as dt
import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex

import basinmap as bm
from basinmap.catalogue.entries import catalogue, indicator
from basinmap.deliverables.plates import (
    rate_headline,
    rate_plate,
    with_few_together,
)
from basinmap.deliverables.subjects import subject
from basinmap.maps.paper.blocks import ClassesBlock
from basinmap.values.told import tell, told_of

WHY = "moins de 200 logements"
CODES = list(bm.communes(epci="call").index[:12])


def units():
    boxes = [
        shapely.box(700_000 + 900 * i, 7_030_000, 700_900 + 900 * i, 7_038_000)
        for i in range(len(CODES))
    ]
    return gpd.GeoDataFrame(
        {"name": [f"Commune {c}" for c in CODES]},
        geometry=boxes,
        crs=2154,
        index=pd.Index(CODES, name="commune"),
    )


def rate(fragile=(CODES[0], CODES[11]), **told):
    """12 rates, 1 to 12, the first and the last of which are fragile."""
    values = pd.Series(np.arange(1.0, 13.0), pd.Index(CODES, name="commune"))
    facts = {"label": "Vacance", "unit": "%", "kind": "ratio", "decimals": 0} | told
    few = dict.fromkeys(fragile, WHY)
    return tell(values.rename("L04"), level="commune", fragile=few, **facts)


def page(**options):
    _, ax = bm.page(units(), title="Vacance", **options)
    return ax


def plain(texts):
    return [text.replace("\u202f", " ").replace("\u00a0", " ") for text in texts]


# -- the catalogue ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "variant", "right"),
    [
        ("L04", None, "moins de 200 logements"),
        ("D11", None, "moins de 500 habitants"),
        ("D02", None, "moins de 200 habitants"),
        ("C03", "detached", "moins de 50 logements commencés"),
    ],
)
def test_each_rate_says_over_how_few_it_is_fragile(id_, variant, right):
    assert indicator(id_, variant).prudence.told == right


def test_a_stock_a_density_and_a_median_are_never_fragile():
    for id_ in ("D01", "L01", "D05", "F03", "M01"):
        assert indicator(id_).prudence is None


def test_thresholds_are_data_of_counts_that_exist():
    every = catalogue()
    assert set(every.prudence) <= set(every.counts)
    assert all(10 <= care.least <= 1_000 for care in every.prudence.values())


# -- computing -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counts():
    table = pd.DataFrame(
        {
            "vacant_dwellings_2021": [10, 20, 20, np.nan, 0],
            "dwellings_2021": [58, 199, 200, 100, 0],
        },
        index=pd.Index(["62498", "62510", "62065", "62427", "62386"], name="commune"),
    )
    whole = {name: bm.Stock() for name in table.columns}
    return bm.describe(table, measures=whole)


def test_a_rate_over_199_dwellings_is_fragile_and_over_200_is_not(counts):
    values = bm.compute("L04", counts)
    # Without a value, or over nothing, there is nothing to read with care.
    assert told_of(values).fragile == {"62498": WHY, "62510": WHY}


def test_several_at_once_say_the_same_as_one(counts):
    both = bm.compute(["L04", "L01"], counts)
    one = bm.column(both, "L04")
    assert told_of(one).fragile == told_of(bm.compute("L04", counts)).fragile
    assert told_of(bm.column(both, "L01")).fragile == {}


def test_growth_of_few_inhabitants_is_fragile_by_those_at_the_start():
    table = pd.DataFrame(
        {"population_2016": [150.0, 250.0], "population_2023": [250.0, 150.0]},
        index=pd.Index(["62498", "62510"], name="commune"),
    )
    values = bm.compute("D02", table)
    assert told_of(values).fragile == {"62498": "moins de 200 habitants en 2016"}


@pytest.fixture(scope="module")
def peopled():
    """How many lived in three communes, at 1 January of five years."""
    people = {year: [500.0, 1_000.0, 30_000.0] for year in (2016, 2018, 2019, 2020)}
    codes = pd.Index(["62003", "62510", "62498"], name="commune")
    table = pd.DataFrame({f"population_{y}": n for y, n in people.items()}, codes)
    return table.assign(population_2021=[199.0, 1_001.0, 30_100.0])


@pytest.mark.parametrize(
    ("span", "least"),
    [((2020, 2021), 2_000), ((2018, 2020), 1_000), ((2018, 2021), 700)],
)
def test_the_shorter_the_span_the_more_inhabitants_growth_wants(peopled, span, least):
    # 200 over five years: twice as many, by five, over the years of the span.
    told = told_of(bm.compute("D02", peopled, year=span))
    few = [c for c, n in peopled[f"population_{span[0]}"].items() if n < least]
    assert plain(told.fragile.values()) == [
        f"moins de {f'{least:,}'.replace(',', ' ') if least >= 1000 else least} "
        f"habitants en {span[0]}"
    ] * len(few)
    assert list(told.fragile) == few
    note = "Évolution sur moins de cinq ans, durée d’un tour du recensement"
    assert any(line.startswith(note) for line in told.notes)


def test_over_a_whole_round_of_the_census_growth_says_nothing_of_its_span(peopled):
    told = told_of(bm.compute("D02", peopled, year=(2016, 2021)))
    assert not told.fragile
    assert not any("tour du recensement" in note for note in told.notes)


def test_what_the_registers_count_is_of_no_round_of_the_census(peopled):
    # Births and deaths are all counted, each year: only the people are of the census.
    flows = peopled.assign(births_2019_2021=4.0, deaths_2019_2021=3.0)
    told = told_of(bm.compute("D03", flows, year=(2019, 2021)))
    assert plain(told.fragile.values()) == []
    assert not any("tour du recensement" in note for note in told.notes)
    # What people come and go is what registers leave of what the census counts.
    moved = told_of(bm.compute("D04", flows, year=(2019, 2021)))
    assert set(plain(moved.fragile.values())) == {"moins de 2 500 habitants"}
    assert any("tour du recensement" in note for note in moved.notes)


def test_the_foot_and_the_hatch_say_that_a_span_is_short():
    communes = bm.communes(epci="call")
    growth = bm.compute("D02", bm.statistics(epci="call"), year=(2016, 2018))
    # Acheville, 576 inhabitants, is the loudest mark of a map of two years.
    assert {"62003", "62107"} <= set(told_of(growth).fragile)
    fig, ax = bm.page(communes, title="Population de 2016 à 2018")
    bm.draw_choropleth(ax, communes, bm.classify(growth, k=4, pivot=0, firm=True))
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="AULA", date=dt.date(2026, 11, 30))
    said = " ".join(plain(text.get_text() for text in fig.paper.texts))
    said = " ".join(said.split())
    assert "moins de 1 000 habitants en 2016 : à lire avec prudence" in said
    assert "Évolution sur moins de cinq ans, durée d’un tour du recensement" in said


def test_fragility_travels_through_a_table_and_back(counts):
    values = bm.compute("L04", counts)
    back = bm.column(bm.table_of({"L04": values}), "L04")
    assert told_of(back).fragile == told_of(values).fragile
    assert told_of(values - 1).fragile == told_of(values).fragile


# -- classes ---------------------------------------------------------------------------


def test_what_is_fragile_makes_no_class_and_still_has_one():
    classes = bm.classify(rate(), method="equal", k=3, firm=True)
    # 2 to 11 in three: 5, 8.
    assert classes.attrs["breaks"] == (5.0, 8.0)
    assert classes.attrs["bounds"] == (2.0, 11.0)
    assert classes.tolist()[0] == "moins de 5"
    assert classes.tolist()[-1] == "8 et plus"


def test_by_default_all_values_count_alike():
    classes = bm.classify(rate(), method="equal", k=2)
    assert classes.attrs["bounds"] == (1.0, 12.0)


def test_where_too_few_are_firm_all_make_the_classes_and_it_is_said():
    classes = bm.classify(rate(CODES[:8]), method="equal", k=2, firm=True)
    assert classes.attrs["bounds"] == (1.0, 12.0)
    (note,) = told_of(classes).notes
    assert "moins de cinq" in note


def test_classes_of_values_of_which_nothing_is_fragile_are_the_same():
    values = rate(())
    pd.testing.assert_series_equal(
        bm.classify(values, k=4), bm.classify(values, k=4, firm=True)
    )


# -- maps ------------------------------------------------------------------------------


def test_what_is_fragile_is_pale_hatched_and_counted_in_a_line_of_its_own():
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5], firm=True))
    (block,) = ax.blocks
    assert plain(line.label for line in block.swatches) == [
        "5 et plus",
        "moins de 5",
        "moins de 200 logements : à lire avec prudence",
    ]
    assert [line.count for line in block.swatches] == [7, 3, 2]
    assert block.range == ("2", "11", "hors petits effectifs")
    hatched = [c for c in ax.collections if c.get_hatch()]
    assert [len(c.get_paths()) for c in hatched] == [2]
    # The key is that of the map: one pale grey, with the same strokes.
    few = bm.legend_entries(ax)[0].lines[-1]
    assert to_hex(hatched[0].get_facecolor()[0]) == few.color
    assert (few.hatched, few.slant) == (True, hatched[0].get_hatch()[0])
    assert few.stroke == to_hex(hatched[0].get_edgecolor()[0])


def test_where_most_are_fragile_their_hatch_is_quieter_than_what_is_firm():
    few, most = rate(CODES[:6]), rate(CODES[:7])
    looks = []
    for values in (few, most):
        ax = page()
        bm.draw_choropleth(ax, units(), bm.classify(values, breaks=[9], firm=True))
        (hatched,) = [c for c in ax.collections if c.get_hatch()]
        line = ax.blocks[0].swatches[-1]
        assert (line.hatch, line.edge) == (
            hatched.get_hatch(),
            to_hex(hatched.get_edgecolor()[0]),
        )
        assert line.count == len(told_of(values).fragile)
        looks.append((line.hatch, line.edge))
    assert len(looks[1][0]) < len(looks[0][0])
    assert int(looks[1][1][1:3], 16) > int(looks[0][1][1:3], 16)  # a paler ink


def test_maps_that_share_classes_share_the_look_of_what_is_fragile():
    both = {"a": rate(CODES[:10]), "b": rate(CODES[:1])}
    classes = bm.shared_classes(both, breaks=[9], firm=True)
    _, maps = bm.panels(dict.fromkeys(both, units()), title="Vacance")
    for key, ax in maps.items():
        bm.draw_choropleth(ax, units(), classes[key])
    bm.draw_legend(maps)
    hatches = {c.get_hatch() for ax in maps.values() for c in ax.collections}
    assert len(hatches - {None}) == 1


def sized(verb, few=(CODES[0], CODES[11])):
    """Return a map of symbols of two fragile rates, and its entry of classes."""
    ax = page()
    amounts = pd.Series([1, *range(10, 20), 900], rate().index, name="Logements")
    classes = bm.classify(rate(few), breaks=[5], firm=True)
    verb(ax, units(), amounts, classes=classes)
    (block,) = [one for one in ax.blocks if hasattr(one, "fragile")]
    assert block.fragile == 1
    return ax, block


def test_squares_of_fragile_rates_are_hatched_too():
    ax, block = sized(bm.draw_squares)
    line = block.swatches[-1]
    hatched = [c for c in ax.collections if c.get_hatch()]
    assert {c.get_hatch() for c in hatched} == {line.hatch}
    assert {to_hex(c.get_edgecolor()[0]) for c in hatched} == {line.edge}


def test_each_circle_of_a_fragile_rate_has_two_strokes_at_least_and_centred():
    """A hatch falls where its tile does: the least circles were the letter O."""
    ax, block = sized(bm.draw_symbols)
    assert not any(c.get_hatch() for c in ax.collections)
    drawn = [c for c in ax.collections if c.get_label() == "_strokes"]
    lines = np.vstack([
        ax.to_mm(np.vstack(c.get_segments())).reshape(-1, 4) for c in drawn
    ])  # fmt: skip
    assert {to_hex(c.get_color()[0]) for c in drawn} == {block.swatches[-1].edge}
    counts = []
    for code in (CODES[0], CODES[11]):
        x, y, radius = ax.symbols[code]
        middles = (lines[:, :2] + lines[:, 2:]) / 2
        mine = lines[np.hypot(*(middles - [x, y]).T) < radius]
        counts.append(len(mine))
        assert mine[:, 0] == pytest.approx(mine[:, 2])  # upright
        assert mine[:, 0].mean() == pytest.approx(x)
        assert np.hypot(mine[:, 0] - x, mine[:, 1] - y) == pytest.approx(radius)
    assert counts[0] == 2 < counts[1]
    assert sum(counts) == len(lines)


def test_below_zero_too_what_is_fragile_is_as_its_line_of_the_legend_shows_it():
    values = rate(CODES[:2]) - 6.5
    ax = page(theme=bm.GREY)
    with pytest.warns(bm.errors.BasinmapWarning):
        classes = bm.classify(values, breaks=[0], pivot=0, firm=True)
    bm.draw_choropleth(ax, units(), classes)
    hatches = {c.get_hatch() for c in ax.collections if c.get_hatch()}
    lines = bm.legend_entries(ax)[0].lines
    assert {line.slant for line in lines if line.hatched} == {h[0] for h in hatches}
    # A class below zero keeps its colour under its strokes.
    below = [line for line in lines if line.slant == "\\"]
    assert below
    assert all(line.color != "#ffffff" and line.stroke for line in below)


def test_the_histogram_holds_firm_values_only():
    far = rate()
    far.iloc[-1] = 99.0
    far = tell(far, label="Vacance", unit="%", fragile=told_of(rate()).fragile)
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(far, breaks=[5], firm=True))
    # 99 would be beyond the classes: it is left out first, then too few are left.
    with pytest.warns(bm.errors.BasinmapWarning, match="under 12"):
        bm.draw_legend(ax, histogram=far)


def test_where_they_are_not_set_apart_the_foot_says_how_many_are_fragile():
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5]))
    few = "2 communes de moins de 200 logements : à lire avec prudence"
    outlines = "Contours : précision non communiquée"
    assert sorted(plain(ax.notes)) == [few, outlines]
    other = page()
    bm.draw_choropleth(other, units(), bm.classify(rate(), breaks=[5], firm=True))
    assert plain(other.notes) == [outlines]


def test_two_rates_at_once_set_nothing_apart_and_the_foot_says_so():
    ax = page()
    firm = bm.classify(rate(), breaks=[5], firm=True)
    bm.draw_bivariate(ax, units(), firm, firm.rename("autre"))
    few = "2 communes de moins de 200 logements : à lire avec prudence"
    assert few in plain(ax.notes)


def test_the_alternative_text_tells_what_is_set_apart():
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5], firm=True))
    text = " ".join(plain([bm.alternative_text(ax)]))
    assert "moins de 200 logements : à lire avec prudence (2)" in text
    assert "hors petits effectifs de 2 à 11" in text


def test_maps_of_a_sheet_share_the_line_of_what_is_fragile():
    fig, maps = bm.panels({"a": units(), "b": units()}, title="Vacance")
    for ax in maps.values():
        bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5], firm=True))
    bm.draw_legend(maps)
    assert any("prudence" in text.get_text() for text in fig.paper.texts)


def test_maps_of_other_spans_say_once_that_each_has_its_threshold():
    kinds = {"kind": "growth", "label": "Évolution", "unit": "% par an"}
    a, b, c = (rate(**kinds) for _ in range(3))
    few = {"a": (a, "700"), "b": (b, "1\u202f000"), "c": (c, "")}
    for values, least in few.values():
        why = dict.fromkeys(CODES[:2], f"moins de {least} habitants") if least else {}
        tell(values, bm.told_of(values), fragile=why)
    series = {key: values for key, (values, _) in few.items()}
    found = bm.shared_classes(series, breaks=[5], firm=True)
    both = "moins de 700 ou 1 000 habitants selon la carte"
    assert [set(plain(told_of(one).fragile.values())) for one in found.values()] == [
        {both},
        {both},
        set(),
    ]
    # What was given is as it was.
    assert set(told_of(a).fragile.values()) == {"moins de 700 habitants"}
    fig, maps = bm.panels(dict.fromkeys(found, units()), title="Vacance")
    for key, ax in maps.items():
        bm.draw_choropleth(ax, units(), found[key])
    bm.draw_legend(maps)
    text = " ".join(" ".join(plain(t.get_text() for t in fig.paper.texts)).split())
    assert f"{both} : à lire avec prudence" in text


# -- documents -------------------------------------------------------------------------


def test_plates_set_apart_what_is_fragile():
    # CA de Béthune-Bruay: 15 communes of 100, too few to be put together.
    about = subject("200072460", author="basinmap", date=dt.date(2026, 11, 29))
    with pytest.warns(bm.errors.OutlineWarning):
        fig = rate_plate(about, indicator_id="L04", reading="{where} {value} {year}")
    block = fig.maps[0].blocks[0]
    line = block.swatches[len(block.colors)]
    assert (line.count, block.fragile) == (15, 1)


def test_where_most_are_fragile_all_of_them_are_compared_as_one(artois):
    rates = artois.computed("L04")
    found = with_few_together(artois, rates, artois.comparison("L04"))
    few = artois.table.loc[list(told_of(rates).fragile)]
    share = 100 * few["vacant_dwellings_2021"].sum() / few["dwellings_2021"].sum()
    name = found.index[1]
    assert plain([name]) == ["75 communes de moins de 200 logements"]
    assert found[name] == pytest.approx(share)
    assert list(found.drop(name)) == list(artois.comparison("L04"))
    growth = artois.computed("D02")  # of few of its communes
    same = artois.comparison("D02")
    assert with_few_together(artois, growth, same) is same
    assert with_few_together(artois, rates, None) is None


def test_the_highest_and_lowest_are_named_without_what_is_fragile():
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5], firm=True))
    text = " ".join(plain([bm.alternative_text(ax)]))
    said = [f"Commune {CODES[i]} {i + 1}" for i in (10, 9, 8)]
    assert f"Plus élevées : {' ; '.join(said)}." in text
    said = [f"Commune {CODES[i]} {i + 1}" for i in (1, 2, 3)]
    assert f"Plus faibles : {' ; '.join(said)}." in text


@pytest.mark.parametrize("firm", [True, False])
def test_a_ranking_crowns_nothing_fragile_hatched_or_not(firm):
    ax = page()
    classes = bm.classify(rate(), breaks=[5], firm=firm)
    bm.draw_choropleth(ax, units(), classes)
    (block,) = [b for b in ax.blocks if isinstance(b, ClassesBlock)]
    few = {f"Commune {code}" for code in told_of(rate()).fragile}
    assert few
    assert not few & {name for end in block.ends for name, _ in end}
    assert block.apart


def test_what_is_hatched_keeps_its_borders_on_white_and_in_print():
    ax = page()
    bm.draw_choropleth(ax, units(), bm.classify(rate(), breaks=[5], firm=True))
    rims = {
        to_hex(patches.get_edgecolor()[0])
        for patches in ax.collections
        if patches.get_label() == "_texture"
    }
    # White rims would make one block of all that is to be read with care.
    assert rims == {"#8a8f99"}


def test_a_class_that_is_emptied_by_hand_is_not_named_nor_written():
    classes = bm.classify(rate(()), breaks=[5])
    hidden = classes.where(classes.index != CODES[11])
    ax = page()
    bm.draw_choropleth(ax, units(), hidden)
    assert f"Commune {CODES[11]} 12" not in bm.alternative_text(ax)
    assert isinstance(hidden.attrs["classed"], str)
    assert "12" not in json.dumps(hidden.attrs["classed"])


# -- headlines -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def artois():
    return subject("200069482", author="basinmap", date=dt.date(2026, 11, 29))


def test_a_document_prints_the_threshold_that_it_applies(artois):
    people = [f"population_{year}" for year in (2021, 2023)]
    two = bm.statistics()[people]
    short = subject(
        "246200364",
        author="basinmap",
        date=dt.date(2026, 11, 29),
        counts=two,
        alone=True,
    )
    assert plain([short.care("D02")]) == ["moins de 1 000 habitants en 2021"]
    assert set(plain(told_of(short.computed("D02")).fragile.values())) == {
        "moins de 1 000 habitants en 2021"
    }
    assert artois.care("D02") == "moins de 200 habitants en 2016"
    assert artois.care("L04") == "moins de 200 logements"
    assert artois.care("L01") == ""


READING = "{where}, {value} % des logements sont vacants en {year}"


def test_a_headline_names_the_ends_of_what_is_firm_and_says_among_whom(artois):
    rates = artois.computed("L04")
    (said,) = plain([rate_headline(artois, rates, READING)])
    # 17.6 % of 85 dwellings at Le Souich is higher, and is not said.
    assert said == (
        "12,9 % des logements sont vacants à Avesnes-le-Comte, 4,7 % à Duisans et à "
        "Magnicourt-en-Comte parmi les communes de 200 logements et plus ; 7,5 % dans "
        "la CC"
    )
    firm = rates.drop(list(told_of(rates).fragile))
    names = artois.communes["name"]
    assert len(firm) == 21
    assert names[firm.idxmax()] == "Avesnes-le-Comte"
    assert set(names[firm.index[firm < 4.75]]) == {"Duisans", "Magnicourt-en-Comte"}
    # Where none of few is beyond them, nothing is to be added.
    alone = tell(firm, told_of(rates), fragile=told_of(rates).fragile)
    assert "parmi" not in rate_headline(artois, alone, READING)
    # One of few that is as high makes the sentence false without it.
    few = told_of(rates).fragile
    equal = pd.concat([firm, pd.Series({next(iter(few)): firm.max()})])
    assert "parmi" in rate_headline(artois, tell(equal, told_of(rates)), READING)


def test_a_headline_of_change_says_first_what_the_whole_does(artois):
    growth = artois.computed("D02")
    people = artois.counted("population", artois.codes)
    change = people[2023] - people[2016]
    assert plain([rate_headline(artois, growth, "")]) == [
        f"La CC des Campagnes de l’Artois perd {-change.sum():.0f} habitants en sept "
        f"ans ; {(change > 0).sum()} communes sur 96, petites comprises, en gagnent"
    ]


def test_a_commune_as_large_as_before_neither_gains_nor_loses():
    osartis = subject("200044048", author="x", date=dt.date(2026, 11, 30))
    people = osartis.counted("population", osartis.codes)
    change = people[2023] - people[2016]
    (said,) = plain([rate_headline(osartis, osartis.computed("D02"), "")])
    # 42 999 in 2023, 41 920 in 2016.
    assert said == (
        "La CC Osartis-Marquion gagne 1 079 habitants en sept ans ; 27 communes sur "
        "49 en perdent"
    )
    assert (change < 0).sum() == 27


def test_no_headline_is_over_surfaces_drawn_too_roughly(artois):
    density = artois.computed("D05")
    assert rate_headline(artois, density, "{where}, {value}") == ""


def test_a_headline_is_silent_where_all_are_equal_or_few_are_firm(artois):
    rates = artois.computed("L04").copy()
    rates[:] = 20.0
    same = tell(rates, told_of(artois.computed("L04")), fragile={})
    assert rate_headline(artois, same, READING) == ""
    two = tell(rates.iloc[:2], told_of(same), fragile={})
    assert rate_headline(artois, two, READING) == ""


def test_a_headline_stands_over_the_title_and_the_file_keeps_the_title():
    fig, ax = bm.page(
        units(),
        title="Vacance en 2021",
        subtitle="Part des logements",
        headline="La vacance se concentre à l'est",
    )
    texts = {text.get_gid(): text.get_text() for text in fig.paper.texts}
    assert texts["title"] == "La vacance se concentre à l’est"
    assert texts["subtitle"] == "Vacance en 2021 · Part des logements"
    assert fig.about["Title"] == "Vacance en 2021"
    assert bm.alternative_text(ax).startswith("La vacance se concentre")


def test_a_workbook_says_how_many_values_are_fragile(counts, tmp_path):
    path = tmp_path / "t.xlsx"
    bm.write_workbook(
        path, {"Vacance": bm.table_of({"L04": bm.compute("L04", counts)})}
    )
    note = plain([openpyxl.load_workbook(path)["Vacance"]["A2"].value])[0]
    assert "2 sur moins de 200 logements (Lens, Liévin), à lire avec prudence." in note
