"""A web page as its readers use it: mouse, finger, keyboard, reader, paper."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import time

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.deliverables.subjects import subject
from basinmap.deliverables.web_pages import subject_page
from basinmap.deliverables.web_values import web_values
from basinmap.typography import number, typeset

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

DAY = dt.date(2026, 11, 29)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
FILLS = "nodes => nodes.map(node => node.getAttribute('fill'))"
SOMAIN, ANICHE = "59574", "59008"


@pytest.fixture(scope="module")
def basin(tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "bassin.html"
    about = subject(bm.perimeter("bassin-minier"), author="Essai", date=DAY)
    series, reference, _ = web_values(about)
    texts = {"title": "Bassin minier", "author": "Observatoire"}
    options = {
        "reference": reference,
        "default": "L04",
        "fragile": frozenset(about.fragile("L04")),
    }
    subject_page(path, about, series, texts=texts, **options)
    return path.as_uri()


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A page in which every kind of nothing stands, and a name with an apostrophe."""
    path = tmp_path_factory.mktemp("web") / "etats.html"
    codes = list(bm.communes(epci="call").index)
    rate = pd.Series(np.arange(36.0), pd.Index(codes, name="commune"), name="taux")
    told = dict(
        zip(
            codes,
            ("secret", "not_applicable", "not_available", "lower_bound", "estimated"),
            strict=False,
        )
    )
    rate.iloc[:3] = np.nan
    rate = bm.describe(
        rate, kind="ratio", label="Taux", unit="%", decimals=1, states=told
    )
    bm.write_web_page(
        path, [rate], perimeter="call", title="États", author="Essai", date=DAY,
        fragile=codes[-1:],
    )  # fmt: skip
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


class Reader:
    """A page that is open, and all that it asked for or complained of."""

    def __init__(self, browser, address, size, *, script=True, touch=False):
        self.context = browser.new_context(
            viewport=size,
            offline=True,
            java_script_enabled=script,
            has_touch=touch,
            accept_downloads=True,
        )
        self.page = self.context.new_page()
        self.asked, self.said = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda line: self.said.append(line.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.address = address
        self.page.goto(address)
        if script:
            self.wait("window.READY > 0")

    def wait(self, condition):
        # The policy forbids what Playwright would evaluate to wait.
        until = time.monotonic() + 20
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, condition
            time.sleep(0.02)

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def key(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def active(self):
        return self.page.evaluate(
            "(document.getElementById(document.getElementById('map')"
            ".getAttribute('aria-activedescendant')) || document.body)"
            ".getAttribute('aria-label')"
        )

    def search(self, text, field="search"):
        self.page.fill(f"#{field}", text)
        return self.page.locator(f"#{field}-list li").all_inner_texts()

    def close(self):
        self.context.close()


@pytest.fixture(scope="module")
def wide(browser, basin):
    reader = Reader(browser, basin, WIDE)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def phone(browser, basin):
    reader = Reader(browser, basin, PHONE, touch=True)
    yield reader
    reader.close()


@pytest.fixture(autouse=True)
def afresh(request):
    """Bring the pages that are open back to what they first show."""
    for name in ("wide", "phone"):
        if name in request.fixturenames:
            page = request.getfixturevalue(name).page
            page.evaluate("location.hash = 'i=L04&a=2021&n=commune'")
            page.evaluate("document.activeElement.blur()")
            page.evaluate("window.scrollTo(0, 0)")


# -- choosing -------------------------------------------------------------------------


def test_another_indicator_year_and_level_change_all_that_is_seen(wide):
    page = wide.page
    before = page.locator("#units path").first.get_attribute("fill")
    page.select_option("#indicator", "D05")
    # The year is kept where there is one.
    assert wide.text("#heading") == "Densité de population en 2021"
    assert "hab./km²" in wide.text("#lead")
    assert page.locator("#units path").first.get_attribute("fill") != before
    assert "Superficie" not in wide.text("#source")
    page.select_option("#year", "2016")
    assert wide.text("#heading") == "Densité de population en 2016"
    assert "2016" in wide.text("#source")
    page.select_option("#level", "epci")
    assert page.locator("#units path").count() == 8
    assert page.locator("#table tbody tr").count() == 8
    page.select_option("#indicator", "L04")
    page.select_option("#level", "commune")
    assert page.locator("#units path").first.get_attribute("fill") == before
    assert wide.text("#year") == "2021"
    assert page.locator("#year").is_disabled()


def test_a_stock_is_circles_with_a_legend_of_round_ones(wide):
    wide.page.select_option("#indicator", "D01")
    assert wide.page.locator("#circles circle").count() == 336
    lines = wide.page.locator("#legend-list li").all_inner_texts()
    assert [line.strip() for line in lines] == [
        "20\u202f000\u00a0habitants",
        "10\u202f000\u00a0habitants",
        "2\u202f000\u00a0habitants",
    ]
    wide.page.select_option("#indicator", "L04")
    assert wide.page.locator("#circles circle").count() == 0


def test_coming_back_is_coming_back_to_the_page_that_was_written(wide, browser, basin):
    plain = Reader(browser, basin, WIDE, script=False)
    written = {s: plain.text(s) for s in ("#heading", "#lead", "#source", "#legend")}
    rows = plain.page.locator("#table tbody tr").all_inner_texts()
    fills = plain.page.locator("#units path").evaluate_all(FILLS)
    plain.close()
    wide.page.select_option("#indicator", "D02")
    wide.page.select_option("#level", "scot")
    wide.page.select_option("#indicator", "L04")
    wide.page.select_option("#level", "commune")
    for selector, text in written.items():
        assert wide.text(selector) == text
    assert wide.page.locator("#table tbody tr").all_inner_texts() == rows
    assert wide.page.locator("#units path").evaluate_all(FILLS) == fills


@pytest.mark.parametrize(
    ("id_", "year", "level"),
    [
        ("D01", "2018", "commune"),
        ("D02", "2016-2023", "commune"),
        ("D05", "2020", "epci"),
        ("L03", "2021", "scot"),
    ],
)
def test_the_script_writes_numbers_and_ranks_as_python_does(wide, id_, year, level):
    wide.page.evaluate(
        "hash => { location.hash = hash }", f"i={id_}&a={year}&n={level}"
    )
    wide.wait(f"document.getElementById('level').value === '{level}'")
    wide.wait(f"document.getElementById('indicator').value === '{id_}'")
    rows = wide.page.locator("#table tbody tr").evaluate_all(
        "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent))"
    )
    when = {} if "-" in year else {"year": int(year)}
    to = None if level == "commune" else level
    values = bm.compute(id_, bm.statistics(), to=to, **when)
    told = bm.told_of(values)
    names = {"commune": bm.communes, "epci": bm.epcis, "scot": bm.scots}[level]()[
        "name"
    ]
    codes = {typeset(name): code for code, name in names.items()}
    signed = told.kind == "growth"
    few = bm.statistics()["dwellings_2021"] < 200
    star = {
        row[0]: level == "commune" and told.kind != "stock" and few[codes[row[0]]]
        for row in rows
    }
    mine = {
        row[0]: number(values[codes[row[0]]], told.decimals, signed=signed)
        for row in rows
    }
    for name, _, text, *_ in rows:
        assert text == mine[name] + ("*" if star[name] else "")
    printed = pd.Series({n: float(plain(t)) for n, t in mine.items() if not star[n]})
    ranks = printed.rank(ascending=False, method="min").astype(int)
    for name, rank, *_ in rows:
        assert plain(rank) == ("–" if star[name] else str(ranks[name]))


def plain(text):
    return text.replace("\u202f", "").replace(",", ".").replace("\u2212", "-")


def test_hovering_says_name_value_and_rank(wide):
    path = wide.page.locator("#units path").nth(10)
    path.hover(force=True)
    tip = wide.text("#tip")
    assert re.fullmatch(r".+, [\d,]+\u202f%, \d+er?e? sur 295", tip), tip


def test_a_click_chooses_a_shift_click_compares_a_second_click_lets_go(wide):
    first, second = place(wide, SOMAIN), place(wide, ANICHE)
    first.click(force=True)
    assert "Somain" in wide.text("#card-a")
    second.click(force=True, modifiers=["Shift"])
    assert "Aniche" in wide.text("#card-b")
    head = wide.page.locator("#compared thead th").all_inner_texts()
    assert head == ["Indicateur", "Somain", "Aniche", "Bassin minier"]
    assert wide.page.locator("#compared tbody tr").count() == 9
    assert wide.page.input_value("#first") == "Somain"
    first.click(force=True)
    assert "Touchez" in wide.text("#card-a")


def place(reader, code):
    """Return the outline of a commune."""
    at = reader.page.evaluate(
        "code => JSON.parse(document.getElementById('data').textContent)"
        ".levels[0].codes.indexOf(code)",
        code,
    )
    return reader.page.locator(f"#u{at}")


# -- keyboard -------------------------------------------------------------------------


WALK = """
() => {
    const map = document.getElementById('map');
    const press = (key) => map.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const here = () => Number(map.getAttribute('aria-activedescendant').slice(1));
    const { levels } = JSON.parse(document.getElementById('data').textContent);
    const { x, y, codes } = levels[0];
    // The rule: the nearest in a cone, else the nearest on that side.
    const towards = (from, dx, dy) => {
        for (const slope of [1.2, Infinity]) {
            let best = null, least = Infinity;
            codes.forEach((_, to) => {
                const right = x[to] - x[from], down = y[to] - y[from];
                const ahead = right * dx + down * dy;
                const aside = Math.abs(right * dy) + Math.abs(down * dx);
                const cost = ahead * ahead + 4 * aside * aside;
                if (ahead <= 0 || aside > slope * ahead || cost >= least) return;
                least = cost;
                best = to;
            });
            if (best !== null) return best;
        }
        return from;
    };
    const keys = [
        ['ArrowRight', 1, 0], ['ArrowDown', 0, 1],
        ['ArrowLeft', -1, 0], ['ArrowUp', 0, -1],
    ];
    press('ArrowRight');
    const start = here(), found = new Set([start]), line = [start];
    while (line.length) {
        const from = line.pop();
        for (const [, dx, dy] of keys) {
            const to = towards(from, dx, dy);
            if (!found.has(to)) { found.add(to); line.push(to); }
        }
    }
    let at = start, agree = true;
    for (let n = 0; n < 40; n++) {
        const [key, dx, dy] = keys[(n * 7 + (n >> 2)) % 4];
        press(key);
        at = towards(at, dx, dy);
        agree = agree && here() === at;
    }
    return [found.size, agree];
}
"""


def test_the_map_is_one_stop_and_arrows_lead_to_every_commune(wide):
    assert wide.page.evaluate(WALK) == [336, True]


def test_keys_choose_compare_rank_zoom_and_leave(wide):
    page = wide.page
    page.focus("#map")
    wide.key("Home")
    assert ", 1er sur 295" in wide.active()
    wide.key("Enter")
    assert "1er sur 295" in wide.text("#card-a")
    wide.key("End")
    assert ", 295e sur 295" in wide.active()
    wide.key("Shift+Enter")
    assert "295e sur 295" in wide.text("#card-b")
    whole = page.get_attribute("#map", "viewBox")
    wide.key("+")
    assert page.get_attribute("#map", "viewBox") != whole
    wide.key("Escape")
    assert float(page.get_attribute("#map", "viewBox").split()[2]) == float(
        whole.split()[2]
    )
    assert wide.active() is None


def test_tab_goes_through_in_the_order_of_the_page(wide):
    wide.page.evaluate("document.querySelector('.skip').focus()")
    found = ["skip"]
    for _ in range(16):
        wide.key("Tab")
        name = wide.page.evaluate(
            "document.activeElement.id || document.activeElement.className"
        )
        found.append(name)
    wanted = ["skip", "indicator", "level", "search", "map", "nearer", "farther"]
    assert [name for name in found if name in wanted] == wanted
    assert found.count("map") == 1


# -- searching ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("béthune", "Béthune"),
        ("beth", "Béthune"),
        ("NOEUX", "Nœux-les-Mines"),
        ("saint amand", "Saint-Amand-les-Eaux"),
        ("bruay-sur-l'esc", "Bruay-sur-l’Escaut"),
        (SOMAIN, "Somain"),
        ("xyz", "Aucun territoire de ce nom"),
    ],
)
def test_a_commune_is_found_however_it_is_typed(wide, text, first):
    found = wide.search(text)
    assert found[0].split("\n")[0].startswith(first), found


def test_a_search_is_marked_by_arrows_and_taken_by_enter(wide):
    wide.search("bethune")
    wide.key("ArrowDown")
    assert wide.page.get_attribute("#search", "aria-activedescendant") == "search-0"
    wide.key("Enter")
    assert "Béthune" in wide.text("#card-a")
    wide.search("aniche", "second")
    wide.key("Enter")
    assert "Aniche" in wide.text("#card-b")
    wide.search("x")
    wide.key("Escape")
    assert wide.page.locator("#search-list").is_hidden()


def test_a_search_finds_an_epci_and_goes_to_its_level(wide):
    wide.search("lens-lievin")
    wide.page.locator("#search-list li").first.click()
    assert wide.page.input_value("#level") in {"epci", "scot"}
    assert "Liévin" in wide.text("#card-a")


# -- table, ranking, chart ------------------------------------------------------------


def test_the_table_sorts_both_ways_and_keeps_the_focus(wide):
    button = wide.page.locator("#table thead button").nth(2)
    button.click()
    cells = wide.page.locator("#table tbody td:nth-child(3)").all_inner_texts()
    numbers = [float(plain(cell).rstrip("*")) for cell in cells]
    assert numbers == sorted(numbers, reverse=True)
    assert wide.page.locator("#table th[aria-sort=descending]").count() == 1
    assert wide.page.evaluate("document.activeElement.dataset.by") == "value"
    wide.key("Enter")
    cells = wide.page.locator("#table tbody td:nth-child(3)").all_inner_texts()
    assert [float(plain(cell).rstrip("*")) for cell in cells] == sorted(numbers)
    wide.page.locator("#table thead button").first.click()
    names = wide.page.locator("#table tbody th").all_inner_texts()
    assert names[0] == "Ablain-Saint-Nazaire"


def test_ranks_are_of_printed_values_and_the_strip_bears_both(wide):
    wide.page.evaluate(f"location.hash = 'i=L04&n=commune&t={SOMAIN}&u={ANICHE}'")
    wide.wait("!!document.querySelector('#strip .mark.b')")
    highest = wide.page.locator("#highest li").all_inner_texts()
    assert len(highest) == 5
    assert highest[0].startswith("1er ")
    assert wide.page.locator("#strip .mark").count() == 2


def test_change_is_drawn_with_its_numbers_beside(wide):
    wide.page.evaluate(f"location.hash = 'i=D01&a=2023&n=commune&t={SOMAIN}'")
    wide.wait("document.getElementById('heading').textContent.includes('2023')")
    assert wide.text("#chart-title") == "Population municipale, base 100 en 2016"
    assert wide.page.locator("#chart polyline").count() == 2
    wide.page.locator("summary").click()
    rows = wide.page.locator("#chart tbody tr").all_inner_texts()
    table = bm.statistics()
    assert len(rows) == 8
    assert rows[0].split()[0] == "2016"
    first = f"{table.loc[SOMAIN, 'population_2016']:,.0f}".replace(",", "\u202f")
    assert first in rows[0]


def test_states_are_told_in_words_wherever_they_are_met(browser, states):
    reader = Reader(browser, states, WIDE)
    labels = reader.page.locator("#units path").evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('aria-label'))"
    )
    told = " | ".join(labels)
    for words in ("secret statistique", "sans objet", "données non disponibles"):
        assert words in told
    assert "≥\u202f3,0" in told
    assert "≈\u202f4,0" in told
    legend = reader.text("#legend")
    for words in (
        "Secret statistique (1)",
        "Sans objet (1)",
        "Données non disponibles (1)",
    ):
        assert words in legend
    fills = reader.page.locator("#units path").evaluate_all(FILLS)
    assert [fill for fill in fills if fill.startswith("url(#c")]
    assert "Valeur fragile, sans rang (1)" in legend
    assert "35,0\u202f%, valeur fragile, sans rang" in told
    assert {"url(#fs)", "url(#fo)", "url(#fn)"} <= set(fills)
    data = csv_of(reader)
    assert (data["état"].fillna("") == "Secret statistique").sum() == 1
    assert data.iloc[:, 2].isna().sum() == 3
    # Missing values come last, whichever way the table is sorted.
    for _ in range(2):
        reader.page.locator("#table thead button").nth(2).click()
        cells = reader.page.locator("#table tbody td:nth-child(3)").all_inner_texts()
        assert set(cells[-3:]) == {"s", "s.o.", "n.d."}
    assert reader.said == []
    axe = pytest.importorskip("axe_playwright_python.base")
    reader.page.evaluate(axe.AXE_FILE_PATH.read_text(encoding="utf-8"))
    assert violations(reader) == []
    reader.close()


def csv_of(reader):
    with reader.page.expect_download() as found:
        reader.page.locator("#csv").click()
    raw = found.value.path().read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    kept = [
        line for line in raw.decode("utf-8-sig").splitlines() if line.count(";") > 1
    ]
    return pd.read_csv(
        io.StringIO("\n".join(kept)), sep=";", decimal=",", dtype={"code": str}
    )


def test_the_csv_is_what_a_french_spreadsheet_opens(wide):
    table = csv_of(wide)
    assert len(table) == 336
    values = bm.compute("L04", bm.statistics()).round(1)
    mine = table.set_index("code").iloc[:, 1]
    assert mine[SOMAIN] == values[SOMAIN]


# -- link -----------------------------------------------------------------------------


def test_a_link_keeps_indicator_year_level_and_both_territories(browser, basin):
    asked = f"#i=D05&a=2019&n=commune&t={SOMAIN}&u={ANICHE}"
    reader = Reader(browser, basin + asked, WIDE)
    assert reader.text("#heading") == "Densité de population en 2019"
    assert "Somain" in reader.text("#card-a")
    assert "Aniche" in reader.text("#card-b")
    assert reader.page.evaluate("location.hash") == asked
    reader.page.select_option("#level", "epci")
    # A commune becomes the EPCI that it is in.
    assert "Cœur d’Ostrevent" in reader.text("#card-a")
    assert "n=epci" in reader.page.evaluate("location.hash")
    reader.close()


@pytest.mark.parametrize(
    "asked",
    ["#i=X99", "#i=%E0%A4%A", "#i=<script>alert(1)</script>", "#t=99999&a=1789"],
)
def test_a_link_to_what_is_not_there_shows_the_first_page_and_says_so(
    browser, basin, asked
):
    reader = Reader(browser, basin + asked, WIDE)
    assert reader.text("#heading") == "Taux de vacance des logements en 2021"
    assert "n’a pas" in reader.text("#notice")
    assert reader.said == []
    reader.close()


# -- what it asks, what it is on a phone and on paper ---------------------------------


def test_nothing_is_asked_of_the_network_and_nothing_is_complained_of(wide, phone):
    for reader in (wide, phone):
        assert reader.asked == [reader.address]
        assert reader.said == []


def test_without_script_there_is_a_map_a_legend_and_a_table(browser, basin):
    reader = Reader(browser, basin, PHONE, script=False)
    assert reader.page.locator("#units path").count() == 336
    assert reader.page.locator("#table tr").count() == 337
    assert reader.page.locator("#legend").is_visible()
    assert reader.page.locator("#choice").is_hidden()
    assert reader.page.locator("noscript").count() == 1
    reader.close()


def test_nothing_goes_past_the_edge_from_320_to_1280(phone):
    for width in (320, 360, 640, 768, 1024, 1280):
        phone.page.set_viewport_size({"width": width, "height": 780})
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= width
    phone.page.set_viewport_size(PHONE)


def test_on_a_phone_the_card_is_under_the_map_and_buttons_are_for_a_finger(phone):
    phone.page.evaluate(f"location.hash = 'i=L04&n=commune&t={SOMAIN}'")
    phone.wait("document.getElementById('card').textContent.includes('Somain')")
    boxes = {
        name: phone.page.locator(f"#{name}").bounding_box()
        for name in ("map", "card", "zoom", "legend", "comparer", "tableau")
    }
    tops = [boxes[name]["y"] for name in boxes]
    assert tops == sorted(tops)
    below = boxes["map"]["y"] + boxes["map"]["height"]
    assert 0 <= boxes["card"]["y"] - below < 20
    sizes = phone.page.locator("button:visible, select:visible, input:visible")
    for box in (one.bounding_box() for one in sizes.all()):
        assert box["height"] >= 44
        assert box["width"] >= 44


def test_on_paper_the_whole_map_its_legend_and_both_names_are_on_the_first_page(
    browser, basin
):
    pdfium = pytest.importorskip("pypdfium2")
    address = f"{basin}#i=L04&n=commune&t={SOMAIN}&u={ANICHE}"
    reader = Reader(browser, address, WIDE)
    reader.page.locator("#nearer").click()
    printed = reader.page.pdf(prefer_css_page_size=True, tagged=True)
    reader.close()
    book = pdfium.PdfDocument(printed)
    assert len(book) <= 5
    first = book[0].get_textpage().get_text_bounded()
    for words in (
        "Taux de vacance des logements en 2021",
        "11,0 et plus",
        "Somain",
        "Aniche",
    ):
        assert words in first
    everything = "".join(page.get_textpage().get_text_bounded() for page in book)
    assert "Ablain-Saint-Nazaire" in everything
    assert b"/StructTreeRoot" in printed


# -- for a screen reader --------------------------------------------------------------


def test_the_tree_names_the_map_its_communes_and_the_active_one(wide):
    wide.page.focus("#map")
    wide.key("Home")
    session = wide.context.new_cdp_session(wide.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]

    def named(role):
        return [
            node["name"]["value"]
            for node in nodes
            if not node["ignored"] and node["role"]["value"] == role
        ]

    assert "Taux de vacance des logements en 2021" in named("listbox")
    options = named("option")
    # Those of few dwellings say so, and have no rank.
    assert len([name for name in options if name.endswith("sur 295")]) == 295
    fragile = [name for name in options if name.endswith("valeur fragile, sans rang")]
    assert len(fragile) == 41
    communes = options
    assert any(name.startswith("Somain, ") for name in communes)
    (box,) = [
        node
        for node in nodes
        if node["role"]["value"] == "listbox"
        and node["name"]["value"].startswith("Taux")
    ]
    held = json.dumps(box["properties"])
    assert "activedescendant" in held


def test_axe_finds_nothing_at_1280_and_360(wide, phone):
    axe = pytest.importorskip("axe_playwright_python.base")
    script = axe.AXE_FILE_PATH.read_text(encoding="utf-8")
    for reader in (wide, phone):
        reader.page.evaluate(f"location.hash = 'i=L04&n=commune&t={SOMAIN}&u={ANICHE}'")
        reader.wait("!document.getElementById('card-b').hidden")
        reader.page.evaluate(script)
        assert violations(reader) == []
        if reader is wide:
            reader.search("len")
            assert violations(reader) == []
            reader.key("Escape")
        assert not [line for line in reader.said if "axe" not in line]
        reader.said.clear()


def violations(reader):
    found = reader.page.evaluate("axe.run().then(found => found.violations)")
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


def test_a_choice_is_spoken_in_one_region_that_is_always_there(wide):
    assert wide.page.locator("[role=status]").count() == 1
    wide.page.select_option("#indicator", "L05")
    assert wide.text("#status").startswith("Part des maisons en 2021.")
    place(wide, SOMAIN).click(force=True)
    assert wide.text("#status").startswith("A\u00a0: Somain, ")
    wide.search("lens")
    assert "territoire" in wide.text("#status")
