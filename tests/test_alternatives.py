"""Alternative text: what a map shows, in French, from what its layers left."""

import datetime as dt
import importlib
import io
import pkgutil
import string

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import basinmap as bm
import basinmap.maps as room
from basinmap.maps.layers.bivariate import Axis, BivariateBlock
from basinmap.maps.layers.links import LinksBlock
from basinmap.maps.layers.typology import CategoriesBlock
from basinmap.maps.paper.alternatives import (
    LONGEST,
    Sentence,
    Told,
    alternative_text,
    counted,
    told,
)
from basinmap.maps.paper.blocks import (
    CirclesBlock,
    ClassesBlock,
    FiguresBlock,
    KeyBlock,
    Swatch,
)
from basinmap.maps.paper.pages import map_axes
from basinmap.maps.paper.portable import facts_of

DAY = dt.date(2026, 11, 23)


def row(count):
    """Squares of 2 km in a row, a to …"""
    shapes = [
        shapely.box(680_000 + 2_000 * i, 7_030_000, 682_000 + 2_000 * i, 7_032_000)
        for i in range(count)
    ]
    codes = pd.Index(list(string.ascii_lowercase[:count]), name="commune")
    return gpd.GeoDataFrame(geometry=shapes, index=codes, crs=2154)


def rates(values, **attrs):
    told_of = {"kind": "ratio", "unit": "%", "decimals": 1, "level": "commune"}
    series = pd.Series(values, index=list(string.ascii_lowercase[: len(values)]))
    series.attrs = {**told_of, "label": "taux d'essai", "sources": ("Insee",), **attrs}
    return series


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def sentences(sheet):
    return plain(alternative_text(sheet)).split(". ")


# -- what a map says, counted by hand ------------------------------------------------


@pytest.fixture
def map_of_rates():
    """Six communes: two below 5, one from 5, one secret, two with nothing to say."""
    units = row(6)
    values = rates([1, 4, 5, np.nan, np.nan, 9.96])
    values.attrs["states"] = {"d": "secret", "e": "not_applicable"}
    words = {"title": "L'essai en 2026", "subtitle": "part de ce qui compte"}
    fig, ax = bm.page(units, **words, ground=False)
    bm.draw_choropleth(ax, units, bm.classify(values, breaks=[5]))
    bm.draw_outlines(ax, units, label="limite d'EPCI")
    figures = pd.Series({"Ici": 4.99, "Là-bas": np.nan, "Ailleurs": 12.0})
    figures.attrs = {"unit": "%", "decimals": 1}
    bm.draw_comparison(ax, figures)
    bm.draw_furniture(ax, author="Mission d'essai", date=DAY, sources=["Mairie"])
    return fig, ax


def test_a_choropleth_is_told_from_its_title_to_its_author(map_of_rates):
    fig, _ = map_of_rates
    assert sentences(fig) == [
        "L’essai en 2026 (carte en classes de couleur)",
        "Part de ce qui compte",
        "Taux d’essai (%) : minimum 1,0, maximum 10,0",
        "4 communes en 2 classes : 5 et plus (2) ; moins de 5 (2)",
        "2 communes sans valeur : secret statistique (1) ; sans objet (1)",
        "Comparaison : Ici 5,0 % ; Là-bas sans valeur ; Ailleurs 12,0 %",
        "Contours : précision non communiquée",
        "Repères : limite d’EPCI",
        "Sources : Insee ; Mairie",
        "Réalisation : Mission d’essai, novembre 2026.",
    ]


def test_what_the_foot_notes_is_told_before_landmarks():
    units = row(3)
    values = rates([1, 4, 9])
    values.attrs["states"] = {"a": "estimated"}
    fig, ax = bm.page(units, title="x")
    bm.draw_choropleth(ax, units, bm.classify(values, breaks=[5]))
    bm.draw_outlines(ax, units, label="limite")
    before = sentences(fig)
    outlines = "Contours : précision non communiquée"
    assert before[3:6] == [outlines, "Estimation : 1 valeur", "Repères : limite"]
    bm.draw_furniture(ax, author="Moi", date=DAY, note="Lecture : 7 %.")
    assert sentences(fig)[3:7] == [
        *(outlines, "Estimation : 1 valeur", "Lecture : 7 %", "Repères : limite")
    ]


def test_notes_of_several_maps_are_told_map_by_map():
    units = row(2)
    fig, maps = bm.panels({2016: units, 2021: units}, title="x")
    maps[2016].notes["Estimation : 1 valeur"] = None
    assert sentences(fig)[-1] == "2016 – Estimation : 1 valeur."


def test_a_long_note_leaves_the_classes_and_the_sources():
    units = row(3)
    fig, ax = bm.page(units, title="x")
    bm.draw_choropleth(ax, units, bm.classify(rates([1, 4, 9]), breaks=[5]))
    with pytest.warns(bm.errors.BasinmapWarning, match="run off the page"):
        bm.draw_furniture(ax, author="Moi", date=DAY, note="mot " * 700)
    said = sentences(fig)
    assert len(alternative_text(fig)) <= LONGEST
    assert "3 communes en 2 classes : 5 et plus (1) ; moins de 5 (2)" in said
    assert said[-1] == "Réalisation : Moi, novembre 2026."


def test_the_text_is_in_french_typography(map_of_rates):
    text = alternative_text(map_of_rates[0])
    assert "Taux d’essai (%)\u00a0: minimum" in text
    assert "(2)\u202f; moins" in text
    assert "5,0\u202f%" in text
    assert "'" not in text


def test_the_map_and_its_sheet_say_the_same_twice(map_of_rates):
    fig, ax = map_of_rates
    assert alternative_text(fig) == alternative_text(ax) == alternative_text(fig)
    assert facts_of(fig).alternative == alternative_text(fig)


def test_a_page_without_a_layer_has_its_title():
    fig, _ = bm.page(row(2), title="Deux communes.")
    assert sentences(fig) == [
        "Deux communes (carte de localisation)",
        "Contours : précision non communiquée.",
    ]


def test_sources_are_told_before_they_are_printed():
    units = row(2)
    units.attrs["sources"] = ("IGN",)
    fig, ax = bm.page(units, title="x", ground=False)
    bm.draw_outlines(ax, units)
    assert sentences(fig)[-1] == "Sources : IGN."


def test_circles_are_counted_and_their_lack_told():
    units = row(4)
    stock = rates([100, 50, 0, np.nan], kind="stock", label="logements", unit="")
    stock.attrs["states"] = {"d": "secret"}
    fig, ax = bm.page(units, title="x")
    bm.draw_symbols(ax, units, stock)
    said = sentences(fig)
    assert said[0] == "x (carte en cercles proportionnels)"
    (block,) = (b for b in ax.blocks if isinstance(b, CirclesBlock))
    marks = " ; ".join(map("{:.0f}".format, block.values))
    lead = "Logements, cercles de surface proportionnelle ; repères de la légende"
    assert said[1] == f"{lead} : {marks}"
    assert "Secret statistique : 1" in said
    assert "Symboles tracés : 2" in said  # nothing is drawn for zero


def test_coloured_circles_are_two_kinds_in_one():
    units = row(3)
    stock = rates([100, 50, 20], kind="stock", label="logements")
    fig, ax = bm.page(units, title="x")
    bm.draw_symbols(ax, units, stock, classes=bm.classify(rates([1, 2, 3]), breaks=[2]))
    said = sentences(fig)
    assert said[0] == "x (carte en classes de couleur et en cercles proportionnels)"
    assert "3 communes en 2 classes : 2 et plus (2) ; moins de 2 (1)" in said
    assert not any(text.startswith("Symboles") for text in said)


# -- what each entry says -----------------------------------------------------------


def said_by(block):
    return [plain(sentence.written(99)) for sentence in told(block).sentences]


@pytest.mark.parametrize(
    ("block", "kind", "words"),
    [
        (
            ClassesBlock(
                "Pente",
                (Swatch("fort", "r"), Swatch("faible", "b")),
                (0.0,),
                ("b", "r"),
                (-1.5, 2.0),
                1,
                signed=True,
            ),
            "en classes de couleur",
            ["Pente : minimum −1,5, maximum +2,0.", "2 classes : fort ; faible."],
        ),
        (
            CirclesBlock("Lits", (1000.0, 2.5), (4.0, 1.0), "w", "k"),
            "en cercles proportionnels",
            [
                "Lits, cercles de surface proportionnelle ; repères de la légende : "
                "1 000 ; 2,5."
            ],
        ),
        (
            CategoriesBlock(
                "Type",
                (
                    Swatch("bourg", "r", 1),
                    Swatch("ville", "b", 0),
                    Swatch("Sans objet", "w", 1),
                ),
                "communes",
            ),
            "de typologie",
            [
                "Type (1 commune) : bourg (1) ; ville (0).",
                "1 commune sans valeur : sans objet (1).",
            ],
        ),
        (
            CategoriesBlock("", (Swatch("Secret statistique", "w", 3),)),
            "",
            ["3 unités sans valeur : secret statistique (3)."],
        ),
        (
            CategoriesBlock(
                "Écarts",
                (
                    Swatch("2 et plus", "k", 3, "line"),
                    Swatch("moins de 2 (non tracé)", "none", 4, "none"),
                ),
                "limites",
            ),
            "de discontinuités",
            ["Écarts (7 limites) : 2 et plus (3) ; moins de 2 (non tracé, 4)."],
        ),
        (
            BivariateBlock(
                "Croisement",
                (("a", "b"), ("c", "d")),
                ((1, 2), (3, 4)),
                Axis("Taux", ("5",), "de 1 à 9"),
                Axis("Pente", ("0",), "de −1 à 1"),
                "EPCI",
            ),
            "à deux variables",
            [
                "Croisement : Taux, de 1 à 9, bornes 5 ; Pente, de −1 à 1, bornes 0.",
                "10 EPCI en 2 × 2 classes, dont : faibles pour les deux (1) ; élevés "
                "pour les deux (4) ; seul le premier élevé (3) ; seul le second élevé "
                "(2).",
            ],
        ),
        (
            LinksBlock(
                "Navettes",
                (500.0, 50.0),
                (3.0, 0.3),
                "k",
                lines=("Flux internes : 7",),
                directed=True,
            ),
            "de flux",
            [
                "Navettes, largeur proportionnelle ; repères de la légende : 500 ; 50.",
                "Flux internes : 7.",
            ],
        ),
        (
            KeyBlock(
                (
                    Swatch("musée", "r", shape="o"),
                    Swatch("Secret : 2", "", shape="none"),
                )
            ),
            "",
            ["Secret : 2.", "Repères : musée."],
        ),
        (
            FiguresBlock(
                "Comparaison", (("Ici", 1.25), ("Là", -3.0)), 1, "pts", signed=True
            ),
            "",
            ["Comparaison : Ici +1,3 pts ; Là −3,0 pts."],
        ),
        (object(), "", []),
    ],
)
def test_an_entry_of_the_legend_says_what_it_shows(block, kind, words):
    assert told(block).kind == kind
    assert said_by(block) == words


def test_every_entry_that_a_layer_may_leave_has_words_or_is_a_small_map():
    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(room.__path__, "basinmap.maps.")
    ]
    blocks = {
        value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and name.endswith("Block")
    }
    silent = {
        block.__name__
        for block in blocks
        if told.dispatch(block) is told.dispatch(object)
    }
    assert silent == {"InsetBlock"}


@pytest.mark.parametrize(
    ("count", "plural", "words"),
    [
        (0, "communes", "0 commune"),
        (1, "carreaux", "1 carreau"),
        (2, "communes", "2 communes"),
        (1, "EPCI", "1 EPCI"),
        (1, "Iris", "1 Iris"),
        (1_500, "limites", "1 500 limites"),
    ],
)
def test_a_noun_is_in_the_plural_from_two(count, plural, words):
    assert plain(counted(count, plural)) == words


# -- several maps -----------------------------------------------------------------


def test_small_maps_are_named_after_the_map_that_holds_them():
    lens = bm.communes(epci="call")
    fig, ax = bm.page(lens, title="x", legend="right")
    bm.draw_outlines(ax, lens, label="commune")
    area = lens.loc[["62133"]]
    bm.draw_inset(ax, area, lambda s: bm.draw_outlines(s, lens), title="Le centre")
    bm.draw_locator(ax, None, bm.departements())
    said = sentences(fig)
    assert said[0] == "x (carte de localisation, 2 encarts)"
    assert said[1] == "Contours généralisés (± 170 m)"
    assert said[2] == "Repères : commune"
    assert said[3] == "Encart : Le centre – 1 : 50 000"
    assert said[4] == "Encart de situation"


def test_maps_side_by_side_are_each_told_and_what_they_share_once():
    units = row(4)
    fig, ax = bm.page(units, title="Deux dates")
    other = map_axes(fig, ax.plan, tuple(units.total_bounds))
    ax.caption, other.caption = "2015", "2021"
    bm.draw_choropleth(ax, units, bm.classify(rates([1, 2, 3, 4]), breaks=[3]))
    bm.draw_choropleth(other, units, bm.classify(rates([1, 2, 2, 9]), breaks=[3]))
    for one in (ax, other):
        bm.draw_outlines(one, units, label="commune")
    said = sentences(fig)
    assert said[0] == "Deux dates (2 cartes en classes de couleur)"
    assert said[1] == "Cartes : 2015 ; 2021"
    assert said[2] == "2015 – Taux d’essai (%) : minimum 1,0, maximum 4,0"
    assert said[3] == "4 communes en 2 classes : 3 et plus (2) ; moins de 3 (2)"
    assert said[4] == "2021 – Taux d’essai (%) : minimum 1,0, maximum 9,0"
    assert said[5] == "4 communes en 2 classes : 3 et plus (1) ; moins de 3 (3)"
    assert said.count("Repères : commune") == 1


# -- length -------------------------------------------------------------------------


def test_a_long_list_is_cut_before_anything_is_left_out():
    units = row(2)
    fig, ax = bm.page(units, title="x")
    for i in range(60):
        ax.blocks.append(KeyBlock((Swatch(f"repère au nom assez long {i}", "r"),)))
    ax.blocks = [KeyBlock(tuple(s for block in ax.blocks for s in block.swatches))]
    text = plain(alternative_text(fig))
    assert len(text) <= LONGEST
    assert text.endswith("repère au nom assez long 11 ; et 48 de plus.")


def test_landmarks_go_before_sources_and_sources_before_the_sentence_that_names():
    units = row(2)
    fig, ax = bm.page(units, title="Titre")
    for i in range(9):
        label = f"{i} " + "mot " * 60
        ax.blocks.append(FiguresBlock(label, (("Ici", 1.0),), 0, ""))
    ax.blocks.append(KeyBlock((Swatch("dernier repère", "r"),)))
    bm.draw_furniture(ax, author="Moi", date=DAY, sources=["Insee"])
    text = plain(alternative_text(fig))
    assert len(text) <= LONGEST
    assert text.startswith("Titre (carte de localisation). 0 mot")
    assert "dernier repère" not in text
    assert text.endswith("Sources : Insee. Réalisation : Moi, novembre 2026.")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=400), max_size=30),
    st.text(min_size=1, max_size=3_000).filter(str.strip),
)
def test_whatever_the_labels_the_text_is_short_and_never_empty(labels, title):
    fig, ax = _blank()
    fig.about = {"Title": title}
    ax.blocks = [KeyBlock(tuple(Swatch(label, "r") for label in labels))]
    text = alternative_text(fig)
    assert 0 < len(text) <= LONGEST
    assert text == alternative_text(fig)


_KEPT = []


def _blank():
    if not _KEPT:
        _KEPT.append(bm.page(row(2), title="x"))
    return _KEPT[0]


def test_a_sentence_has_one_stop_and_says_how_many_it_leaves_out():
    assert Sentence("Fin.").written(9) == "Fin."
    assert Sentence("7 %. ").written(9) == "7\u202f%."
    assert Sentence("Et ici ?").written(9) == "Et ici\u202f?"
    assert plain(Sentence("Fin.", ("a.",)).written(9)) == "Fin : a."
    assert plain(Sentence("", ("a", "b", "c")).written(1)) == "a ; et 2 de plus."
    assert told(object()) == Told()


# -- one of the user's own -----------------------------------------------------------


def test_an_alternative_of_ones_own_replaces_it_everywhere():
    units = row(2)
    units.attrs["sources"] = ("IGN",)
    fig, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units)
    mine = "Une carte : l'essentiel."
    bm.draw_furniture(ax, author="Moi", date=DAY, alternative=mine)
    assert alternative_text(fig) == "Une carte\u00a0: l’essentiel."
    saved = io.BytesIO()
    fig.savefig(saved, format="svg")
    assert "Une carte\u00a0: l’essentiel.</desc>" in saved.getvalue().decode()


def test_a_blank_alternative_is_none():
    units = row(2)
    units.attrs["sources"] = ("IGN",)
    fig, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units)
    bm.draw_furniture(ax, author="Moi", date=DAY, alternative="  \n")
    assert alternative_text(fig).startswith("x (carte")


@pytest.mark.parametrize("other", [Figure(), None, "x"])
def test_what_page_did_not_make_has_no_text(other):
    with pytest.raises(bm.errors.DataError, match=r"page\(\)"):
        alternative_text(other)


def test_a_secret_of_a_comparison_is_told_as_one():
    lens = bm.communes(epci="call")
    fig, ax = bm.page(lens, title="Vacance en 2021")
    rates = bm.describe(
        pd.Series({"Ici": 5.0, "Là-bas": None, "Ailleurs": None}),
        unit="%",
        kind="ratio",
        states={"Là-bas": "secret"},
    )
    bm.draw_comparison(ax, rates)
    bm.draw_legend(ax)
    told = bm.alternative_text(fig).replace("\u202f", " ").replace("\xa0", " ")
    assert "Ici 5,0 % ; Là-bas secret statistique ; Ailleurs sans valeur" in told
