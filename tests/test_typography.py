"""French typography of what is printed: numbers, dates, spaces, apostrophes."""

import datetime as dt
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.maps.look.themes import font, text_width, wrapped
from basinmap.typography import (
    BROAD,
    MINUS,
    THIN,
    interval,
    long_date,
    month,
    number,
    percent,
    rounded,
    typeset,
)

quick = settings(max_examples=100, deadline=None, database=None)
SPACES = " \u00a0\u202f"


def test_the_spaces_and_the_minus_are_the_typographic_ones():
    assert (THIN, BROAD, MINUS) == ("\u202f", "\u00a0", "\u2212")


# -- numbers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (7, 0, "7"),
        (999, 0, "999"),
        (1000, 0, "1_000"),
        (1255036, 0, "1_255_036"),
        (1234567.891, 1, "1_234_567,9"),
        (0.25, 2, "0,25"),
        (-3, 0, "−3"),
        (-1234.5, 1, "−1_234,5"),
        (9.96, 1, "10,0"),
        (999_999.6, 0, "1_000_000"),
        (np.int32(32920), 0, "32_920"),
        (np.float64(7.19), 2, "7,19"),
    ],
)
def test_a_number_is_written_the_french_way(value, decimals, text):
    assert number(value, decimals) == text.replace("_", THIN)


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "+0,25"), (-0.25, "−0,25"), (0, "0,00")]
)
def test_a_sign_is_written_on_demand(value, text):
    assert number(value, 2, signed=True) == text


@pytest.mark.parametrize("value", [-0.0, -0.04, 0.04, -1e-12])
@pytest.mark.parametrize("signed", [True, False])
def test_what_rounds_to_zero_has_no_sign(value, signed):
    assert number(value, 1, signed=signed) == "0,0"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        # 49 of 400 and 51 of 400, as a spreadsheet shows them.
        (100 * 49 / 400, 1, "12,3"),
        (100 * 51 / 400, 1, "12,8"),
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-12.25, 1, "−12,3"),
        (-0.05, 1, "−0,1"),
        (-0.04, 1, "0,0"),
        (-0.0, 1, "0,0"),
        # Their binary neighbours are below: 2.67499…, 1.00499…, 8.44999….
        (2.675, 2, "2,68"),
        (1.005, 2, "1,01"),
        (8.45, 1, "8,5"),
        # A computation that left a last digit: 12.249999999999998.
        (np.nextafter(12.25, 0), 1, "12,3"),
        (12.2499, 1, "12,2"),
        (1234567.25, 1, "1 234 567,3"),
        (999.95, 1, "1 000,0"),
        (1e22, 0, "10 000 000 000 000 000 000 000"),
        (np.float64(0.125), 2, "0,13"),
        (7, 1, "7,0"),
    ],
)
def test_a_half_is_rounded_up_as_french_statistics_do(value, decimals, text):
    assert number(value, decimals).replace("\u202f", " ") == text
    assert number(rounded(value, decimals), decimals) == number(value, decimals)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 4), st.integers(0, 3))
def test_rounding_is_that_of_the_decimals_written(digits, places, decimals):
    value = digits / 10**places
    text = number(value, decimals).replace("\u202f", "").replace(",", ".")
    step = 10 ** max(places - decimals, 0)
    due = (2 * digits + step) // (2 * step) if step > 1 else digits
    shown = int(text.replace(".", "")) if decimals else int(text)
    assert shown * 10 ** max(places - decimals, 0) == due * step * 10 ** max(
        decimals - places, 0
    )
    assert number(-value, decimals).lstrip("−") == number(value, decimals)


def test_a_missing_number_is_a_dash():
    assert number(float("nan"), 2, signed=True) == "–"


@pytest.mark.parametrize(
    ("value", "text"), [(7.1904, "7,2_%"), (-0.29, "−0,3_%"), (100, "100,0_%")]
)
def test_a_percentage_stands_off_its_sign(value, text):
    assert percent(value) == text.replace("_", THIN)


def test_a_missing_percentage_is_a_bare_dash():
    assert percent(float("nan")) == "–"


@quick
@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_written_number_reads_back(value, decimals):
    text = number(value, decimals)
    back = text.replace(THIN, "").replace(MINUS, "-").replace(",", ".")
    assert float(back) == pytest.approx(value, abs=0.5 * 10**-decimals + 1e-3)
    assert "-" not in text
    assert " " not in text


# -- intervals, dates ------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, "5", "moins de 5"),
        ("5", "7,8", "de 5 à moins de 7,8"),
        ("7,8", None, "7,8 et plus"),
        (None, None, "toutes les valeurs"),
    ],
)
def test_a_class_is_written_in_words(low, high, text):
    assert interval(low, high) == text


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (dt.date(2026, 1, 1), "1er_janvier 2026"),
        (dt.date(2012, 12, 4), "4_décembre 2012"),
        (dt.date(2012, 12, 12), "12_décembre 2012"),
        (dt.date(2024, 2, 29), "29_février 2024"),
        (dt.date(2026, 8, 31), "31_août 2026"),
    ],
)
def test_a_date_is_written_in_full(date, text):
    assert long_date(date) == text.replace("_", BROAD)


def test_months_are_in_french_and_in_order():
    names = [month(dt.date(2026, n, 15)).split()[0] for n in range(1, 13)]
    told = "janvier février mars avril mai juin juillet août septembre octobre"
    assert names == [*told.split(), "novembre", "décembre"]


# -- sentences -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("l'Insee", "l’Insee"),
        ("à vol d'oiseau", "à vol d’oiseau"),
        ("Sources : Insee", "Sources_: Insee"),
        ("Sources :", "Sources_:"),
        ("Échelle 1 : 200 000", "Échelle 1_: 200 000"),
        ("Insee ; IGN", "Insee~; IGN"),
        ("Quoi ?", "Quoi~?"),
        ("Oui !", "Oui~!"),
        ("12 %", "12~%"),
        ("12%", "12~%"),
        ("7,2 % des logements", "7,2~% des logements"),
        ("« Lens »", "«_Lens_»"),
        ("« Lens » ; « Liévin »", "«_Lens_»~; «_Liévin_»"),
        ("10:30", "10:30"),
        ("2016-2023", "2016-2023"),
        ("", ""),
    ],
)
def test_a_sentence_is_set(plain, set_):
    assert typeset(plain) == set_.replace("_", BROAD).replace("~", THIN)


@pytest.mark.parametrize(
    "text",
    [
        "l'Insee : « RP 2021 » ; 12 % !",
        "Sources : DGCL ; IGN, 1er janvier 2026",
        "12%; 5 ?",
    ],
)
def test_what_is_set_stays_set(text):
    assert typeset(typeset(text)) == typeset(text)


def test_an_address_is_left_alone():
    assert typeset("https://insee.fr/p2?x") == "https://insee.fr/p2?x"


words = st.lists(
    st.sampled_from(["Lens", "l'Insee", ":", ";", "?", "!", "«", "»", "12", "%", "5"]),
    min_size=1,
    max_size=12,
)


@quick
@given(words)
def test_one_space_never_becomes_two(words):
    assert not re.search(f"[{SPACES}]{{2}}", typeset(" ".join(words)))


@quick
@given(words)
def test_typesetting_changes_spaces_and_apostrophes_only(words):
    plain = " ".join(words)
    kept = re.sub(f"[{SPACES}]", "", typeset(plain)).replace("’", "'")
    assert kept == plain.replace(" ", "")


def printed():
    """Yield the French texts of the embedded data and of the catalogue."""
    for id_ in bm.indicators(status="embedded").index:
        attrs = bm.compute(id_, bm.statistics(epci="call")).attrs
        yield from (attrs["title"], attrs["definition"], attrs["label"])
        yield from attrs["sources"]
        yield from attrs["notes"]
    for frame in (bm.communes(), bm.epcis(), bm.scots(), bm.places(), bm.quartiers()):
        yield from frame.attrs["sources"]
        yield from frame["name"]


def test_nothing_printed_has_double_or_outer_spaces():
    for text in printed():
        assert text == text.strip()
        assert not re.search(f"[{SPACES}]{{2}}", typeset(text)), text


def test_nothing_printed_lost_its_accents():
    for text in printed():
        assert text == text.encode("utf-8").decode("utf-8")
        assert not re.search(r"Ã|Â|\ufffd|¿", text), text


def test_a_date_and_what_numbers_a_page_are_not_cut_at_the_end_of_a_line():
    style = font("Fira Sans", 8)
    for text, whole in (
        ("Insee, communes au 1er janvier 2026", "1er janvier 2026"),
        ("Ouverture du musée le 12 décembre 2012", "12 décembre 2012"),
        ("Voir la circulaire n° 12", "n° 12"),
        ("Bulletin officiel, p. 45", "p. 45"),
    ):
        for width in range(24, 60):
            lines = wrapped(text, width, style)
            assert " ".join(lines) == text  # spaces are those that were given
            if text_width(whole, style) <= width:
                assert any(whole in line for line in lines), (width, lines)
