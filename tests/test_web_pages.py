"""A web page is one file that asks nothing, says what plates say, and leaks nothing."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import tempfile
import warnings
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.deliverables.subjects import subject
from basinmap.deliverables.web_pages import subject_page
from basinmap.deliverables.web_values import web_values
from basinmap.export.web_figures import ranks_of
from basinmap.export.web_shapes import drawing_of
from basinmap.maps.look.fills import class_colors
from basinmap.maps.look.vision import lightness
from basinmap.typography import number

DAY = dt.date(2026, 11, 29)
SIGNED = {"title": "Essai", "author": "Observatoire", "date": DAY}


def read(path):
    """Return the text of a page and what its script reads."""
    text = path.read_text(encoding="utf-8")
    (data,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', text
    )
    return text, json.loads(data)


def shown(data, id_):
    (one,) = [one for one in data["indicators"] if one["id"] == id_]
    return one


@pytest.fixture(scope="module")
def basin_subject():
    return subject(bm.perimeter("bassin-minier"), author="Observatoire", date=DAY)


@pytest.fixture(scope="module")
def values(basin_subject):
    return web_values(basin_subject)


@pytest.fixture(scope="module")
def basin(basin_subject, values, tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "bassin.html"
    series, reference, _ = values
    texts = {"title": "Bassin minier", "author": "Observatoire"}
    report = subject_page(
        path, basin_subject, series, texts=texts, reference=reference, default="L04"
    )
    return path, report


@pytest.fixture(scope="module")
def rate():
    return bm.compute("L04", bm.statistics(epci="call"))


def test_the_basin_fits_in_350_kb_with_all_its_units(basin):
    path, report = basin
    assert path.stat().st_size <= 350_000
    assert report.units_after == 336 + 8 + 5
    assert "Page de" in str(report)


def test_every_unit_of_nord_and_pas_de_calais_fits_in_1_100_kb(tmp_path):
    everyone = bm.communes()
    where = bm.user_perimeter("deux", list(everyone.index), name="59-62", source="COG")
    about = subject(where, author="Observatoire", date=DAY)
    series, reference, _ = web_values(about)
    path = tmp_path / "deux.html"
    texts = {"title": "Nord et Pas-de-Calais", "author": "Observatoire"}
    subject_page(path, about, series, texts=texts, reference=reference)
    assert path.stat().st_size <= 1_100_000
    _, data = read(path)
    assert [len(level["codes"]) for level in data["levels"]] == [1534, 36, 5]


def test_the_same_content_gives_the_same_bytes(rate, tmp_path):
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    for path in (first, second):
        bm.write_web_page(path, [rate], perimeter="call", **SIGNED)
    assert first.read_bytes() == second.read_bytes()


class Parts(HTMLParser):
    """What a browser finds: the tags, their attributes, the text of scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.inside, self.texts = [], [], {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if self.inside and self.inside[-1] in self.texts:
            self.texts[self.inside[-1]].append(data)


def test_the_policy_lets_nothing_in_but_the_script_and_the_style_by_their_hashes(basin):
    parts = Parts(basin[0].read_text(encoding="utf-8"))
    (policy,) = [
        attrs["content"]
        for tag, attrs in parts.tags
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    for tag, text in (
        ("script", parts.texts["script"][-1]),
        ("style", parts.texts["style"][0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for _, attrs in parts.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        links = [attrs.get("src"), attrs.get("href"), attrs.get("action")]
        assert not [link for link in links if link and not link.startswith("#")]
    assert "innerHTML" not in parts.texts["script"][-1]


def test_each_value_is_the_printed_one_and_each_colour_that_of_the_plate(basin, values):
    _, data = read(basin[0])
    checked = 0
    for series in values[0]:
        told = bm.told_of(series)
        one = shown(data, told.indicator)
        level = next(lev for lev in data["levels"] if lev["id"] == told.level)
        view = one["levels"][told.level]["views"][told.vintage]
        for code, whole in list(zip(level["codes"], view["values"], strict=True))[::7]:
            text = number(series[code], told.decimals)
            assert number(whole / 10**told.decimals, told.decimals) == text
            checked += 1
        if told.kind == "stock" or len(one["levels"][told.level]["views"]) > 1:
            continue
        classes = bm.classify(
            series.reindex(level["codes"]).pipe(lambda s, of=series: keep(s, of)),
            k=5 if told.pivot is None else 6,
            firm=True,
        )
        drawn = one["levels"][told.level]
        assert drawn["labels"] == [
            str(c).replace("'", "’") for c in classes.cat.categories
        ]
        assert drawn["colors"] == class_colors(classes, None)
        assert [int(c) for c in view["classes"]] == classes.cat.codes.tolist()
    assert checked > 1000


def keep(values, of):
    from basinmap.values.told import carry  # noqa: PLC0415 - once

    return carry(values, of)


def test_years_share_their_classes(basin):
    _, data = read(basin[0])
    density = shown(data, "D05")["levels"]["commune"]
    assert list(density["views"]) == [str(year) for year in range(2016, 2024)]
    assert len(density["labels"]) == 5
    assert all(len(v["classes"]) == 336 for v in density["views"].values())


def test_a_stock_is_circles_and_never_classes(basin):
    _, data = read(basin[0])
    people = shown(data, "D01")
    assert people["circled"]
    assert people["levels"]["commune"]["colors"] == []
    # The largest is Douai or Valenciennes, above 42,000.
    assert people["levels"]["commune"]["circles"] == [20_000, 10_000, 2_000]


def test_without_its_script_it_shows_the_map_its_legend_and_its_table(basin):
    text = basin[0].read_text(encoding="utf-8")
    parts = Parts(text)
    units = text[
        text.index('<g id="units"') : text.index("</g>", text.index('<g id="units"'))
    ]
    assert units.count("<path") == 336
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    assert table.count("<tr>") == 336
    assert '<th scope="row">Somain</th>' in table
    assert '<h2 id="heading">Taux de vacance des logements en 2021</h2>' in text
    legend = text[text.index('<ul id="legend-list"') :]
    legend = legend[: legend.index("</ul>")]
    counts = [int(n) for n in re.findall(r"<small>\((\d+)\)</small>", legend)]
    assert sum(counts) == 336
    labels = shown(read(basin[0])[1], "L04")["levels"]["commune"]["labels"]
    assert legend.index(labels[-1]) < legend.index(labels[0])
    assert sum(tag == "h1" for tag, _ in parts.tags) == 1


def test_the_sentence_says_both_ends_and_the_whole(basin):
    _, data = read(basin[0])
    view = shown(data, "L04")["levels"]["commune"]["views"]["2021"]
    known = view["values"]
    names = data["levels"][0]["names"]
    low, high = min(known), max(known)
    assert view["lead"].startswith(
        f"De {number(low / 10, 1)}\u202f% ({names[known.index(low)]}) à "
        f"{number(high / 10, 1)}\u202f% ({names[known.index(high)]})."
    )
    assert "Bassin minier\u00a0:" in view["lead"]


def test_neighbours_keep_one_common_border_on_the_grid():
    units = bm.communes(epci="call")
    drawn = drawing_of(units, {}, level="commune")
    rings = {}
    for n, d in enumerate(drawn.paths["commune"]):
        for piece in re.findall(r"M(-?\d+) (-?\d+)l([^z]*)z", d):
            steps = [int(x) for x in re.findall(r"-?\d+", piece[2])]
            points = np.cumsum(
                [[int(piece[0]), int(piece[1])], *np.reshape(steps, (-1, 2))], axis=0
            )
            rings.setdefault(n, []).append(points)
    shapes = [
        shapely.polygonize([shapely.LinearRing(points) for points in some]).buffer(0)
        for some in rings.values()
    ]
    whole = sum(shape.area for shape in shapes)
    assert shapely.union_all(shapes).area == pytest.approx(whole, rel=1e-3)
    true = units.area.sum() / drawn.step**2
    assert whole == pytest.approx(true, rel=5e-3)


def test_the_land_around_is_there_with_its_names_and_its_credit(basin):
    text = basin[0].read_text(encoding="utf-8")
    ground = text[text.index('<g id="ground"') : text.index('<g id="units"')]
    kinds = re.findall(r'class="(country|departement|land)"', ground)
    assert set(kinds) == {"country", "departement", "land"}
    assert kinds == sorted(kinds, key=("country", "departement", "land").index)
    names = re.findall(r'class="around"[^>]*>([^<]+)<', text)
    assert {"MEL", "Belgique", "Somme"} <= set(names)
    assert "OpenStreetMap" in text
    assert 'id="map" class="sea"' in text


def test_links_to_units_above_follow_membership(basin):
    _, data = read(basin[0])
    towns, epcis, _ = data["levels"]
    where = towns["above"]["epci"][towns["codes"].index("59574")]
    assert epcis["codes"][where] == bm.membership("epci")["59574"]


# -- secrecy -------------------------------------------------------------------------


def counted(values, states, level, name="ménages"):
    index = pd.Index(list(values), name=level)
    found = pd.Series(list(values.values()), index=index, name="n", dtype=float)
    return bm.describe(
        found, kind="stock", label=name, unit=name, vintage="2024", decimals=0,
        states=states, sources=["Essai"],
    )  # fmt: skip


def test_what_is_masked_is_nowhere_in_the_bytes(tmp_path):
    codes = list(bm.communes(epci="call").index)
    truth = {code: 90_001.0 + 137 * n for n, code in enumerate(codes)}
    hidden = codes[3], codes[8], codes[20]
    seen = {c: (np.nan if c in hidden else v) for c, v in truth.items()}
    mine = counted(seen, dict.fromkeys(hidden, "secret"), "commune")
    path = tmp_path / "secret.html"
    report = bm.write_web_page(path, [mine], perimeter="call", **SIGNED)
    text, data = read(path)
    for code in hidden:
        value = int(truth[code])
        for form in (
            str(value),
            number(value),
            f"{value:,}",
            f"{value:,}".replace(",", " "),
        ):
            assert form not in text
    level = data["levels"][0]
    view = shown(data, "n")["levels"]["commune"]["views"]["2024"]
    for code in hidden:
        place = level["codes"].index(code)
        assert view["values"][place] is None
        assert view["states"][place] == "s"
    assert "Secret statistique" in text
    assert "secret" not in str(report.missing) or hidden[0] in str(report.missing)


def test_a_secret_that_a_total_gives_back_is_refused_by_name(tmp_path):
    codes = list(bm.communes(epci="call").index)
    seen = {code: 100.0 + n for n, code in enumerate(codes)}
    seen[codes[5]] = np.nan
    towns = counted(seen, {codes[5]: "secret"}, "commune")
    whole = counted({"CALL": 4300.0}, {}, "ensemble")
    path = tmp_path / "page.html"
    with pytest.raises(bm.errors.SecrecyError, match=f"1 masked value.*{codes[5]}"):
        bm.write_web_page(path, [towns], perimeter="call", reference=[whole], **SIGNED)
    assert not path.exists()


def test_a_rate_that_gives_a_secret_count_back_is_refused(tmp_path):
    table = bm.statistics(epci="call")
    homes, rate = bm.column(table, "dwellings_2021"), bm.compute("L04", table)
    vacant = bm.column(table, "vacant_dwellings_2021")
    code = homes.index[homes.argmin()]
    vacant = bm.describe(
        vacant.mask(vacant.index == code), kind="stock", label="Vacants",
        vintage="2021", states={code: "secret"},
    )  # fmt: skip
    with pytest.raises(bm.errors.SecrecyError, match=code):
        bm.write_web_page(
            tmp_path / "a.html", [homes, vacant, rate], perimeter="call", **SIGNED
        )


def test_a_value_that_is_said_to_be_secret_and_is_there_is_refused(rate, tmp_path):
    from basinmap.values.told import retell  # noqa: PLC0415 - to say what is false

    told = retell(rate.copy(), states={rate.index[0]: "secret"})
    with pytest.raises(bm.errors.SecrecyError, match="secrecy"):
        bm.write_web_page(tmp_path / "a.html", [told], perimeter="call", **SIGNED)


# -- states, names, refusals ---------------------------------------------------------


def test_states_stand_in_the_legend_with_counts_and_in_words(tmp_path):
    codes = list(bm.communes(epci="call").index)
    rate = pd.Series(np.arange(36.0), pd.Index(codes, name="commune"), name="taux")
    states = {
        codes[0]: "secret", codes[1]: "secret", codes[2]: "not_applicable",
        codes[3]: "not_available", codes[4]: "lower_bound", codes[5]: "estimated",
    }  # fmt: skip
    rate[codes[:4]] = np.nan
    rate = bm.describe(
        rate, kind="ratio", label="Taux", unit="%", decimals=1, states=states
    )
    path = tmp_path / "a.html"
    bm.write_web_page(path, [rate], perimeter="call", **SIGNED)
    text, data = read(path)
    for words, count in (
        ("Secret statistique", 2),
        ("Sans objet", 1),
        ("Données non disponibles", 1),
        ("Estimation", 1),
    ):
        assert f"<span>{words} <small>({count})</small></span>" in text
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    for sign in (">s<", ">s.o.<", ">n.d.<", ">≥\u202f4,0<", ">≈\u202f5,0<"):
        assert sign in table
    # What is a minimum has no rank; an estimate has one.
    assert sum(rank is not None for rank in ranks_of(*pair(data))) == 31


def test_what_is_made_from_few_is_starred_lined_and_has_no_rank(tmp_path, rate):
    path = tmp_path / "a.html"
    few = rate.index[rate.argmax()]
    options = {"perimeter": "call", "fragile": [few], **SIGNED}
    bm.write_web_page(path, [rate], **options)
    text, data = read(path)
    place = data["levels"][0]["codes"].index(few)
    values, states = pair(data)
    assert states[place] == "f"
    assert ranks_of(values, states)[place] is None
    assert f"<td>{number(rate[few], 1)}*</td>" in text
    lined = {few, *bm.told_of(rate).fragile}
    assert text.count('fill="url(#c') == len(lined) == 3
    assert bm.communes().loc[few, "name"] not in pair_view(data)["lead"]


def pair_view(data):
    (one,) = data["indicators"]
    (view,) = one["levels"]["commune"]["views"].values()
    return view


def pair(data):
    (one,) = data["indicators"]
    (view,) = one["levels"]["commune"]["views"].values()
    return view["values"], view["states"]


HOSTILE = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        "</script><script>alert(1)</script>", "<!--", "<img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)', "'); alert(1); ('", '=HYPERLINK("http://x")',
        "{{ 7 * 7 }}", "]]>", "\u2028\u2029", "Nœux-les-Mines & l'Escaut",
    ]
)  # fmt: skip


@settings(max_examples=6, deadline=None)
@given(names=st.lists(HOSTILE, min_size=3, max_size=3), title=HOSTILE)
def test_no_name_and_no_title_becomes_markup(names, title):

    from basinmap.values.told import carry  # noqa: PLC0415 - the same

    if not title.strip():
        return
    frame = bm.communes(epci="call").iloc[:3]
    frame = carry(frame.assign(name=names), frame)
    rate = pd.Series([1.0, 2.0, 3.0], frame.index, name="taux")
    rate = bm.describe(rate, kind="ratio", label=f"Taux {title}", unit="%")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.html"
        where = bm.user_perimeter(
            "x", list(frame.index), name="X", source="S", among=frame
        )
        try:
            bm.write_web_page(
                path, [rate], perimeter=where, communes=frame, title=title,
                author="A", date=DAY, contact=title,
            )  # fmt: skip
        except bm.errors.BasinmapError:
            return  # half a sign is refused, by name
        text, data = read(path)
    parts = Parts(text)
    assert [tag for tag, _ in parts.tags].count("script") == 2
    assert not [tag for tag, _ in parts.tags if tag in {"img", "iframe", "object"}]
    assert not [1 for _, attrs in parts.tags for name in attrs if name.startswith("on")]
    assert len(data["levels"][0]["names"]) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"values": []}, "none to show"),
        ({"default": "D01"}, "default='D01' is not in the page"),
        ({"max_bytes": 10_000}, "above max_bytes=10,000"),
        ({"methods": {"D05": "quantile"}}, "not in the page"),
        ({"methods": {"L04": "best"}}, "best"),
    ],
)
def test_what_cannot_be_a_page_is_refused_with_what_to_type(
    rate, tmp_path, change, said
):
    options = {"values": [rate], "perimeter": "call", **SIGNED, **change}
    with pytest.raises(bm.errors.BasinmapError, match=said):
        bm.write_web_page(tmp_path / "a.html", **options)
    assert not list(tmp_path.iterdir())


def test_what_stands_twice_or_has_no_level_or_no_order_is_refused(rate, tmp_path):
    kinds = pd.Series(["a", "b"] * 18, index=rate.index, name="genre")
    for values, said in (
        ([rate, rate], "more than once"),
        ([rate.rename_axis("zone").pipe(unlevelled)], "level"),
        ([bm.describe(kinds, kind="category", label="Genre")], "no order"),
    ):
        with pytest.raises(bm.errors.BasinmapError, match=said):
            bm.write_web_page(tmp_path / "a.html", values, perimeter="call", **SIGNED)


def unlevelled(values):
    return bm.describe(values, level="zone")


def test_what_is_outside_the_perimeter_is_left_out_and_told(tmp_path):
    everyone = bm.compute("L04", bm.statistics())
    report = bm.write_web_page(
        tmp_path / "a.html", [everyone], perimeter="call", **SIGNED
    )
    assert report.units_before == 1534
    assert report.units_after == 36
    assert "laissées de côté" in str(report)


@pytest.mark.parametrize("count", [1, 2])
def test_a_page_of_one_or_two_units_and_of_none_with_a_value(tmp_path, count):
    frame = bm.communes(epci="call").iloc[:count]
    where = bm.user_perimeter("x", list(frame.index), name="X", source="S")
    rate = pd.Series(np.nan, frame.index, name="taux")
    rate = bm.describe(rate, kind="ratio", label="Taux", unit="%")
    path = tmp_path / "a.html"
    bm.write_web_page(path, [rate], perimeter=where, **SIGNED)
    assert "Aucune valeur classée." in path.read_text(encoding="utf-8")


def test_inks_are_read_on_what_they_stand_on():
    def luminance(color):
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        high, low = sorted((luminance(one), luminance(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ink, ground in (
        ("#1f2430", "#ffffff"), ("#525866", "#ffffff"), ("#525866", "#f4f5f8"),
        ("#1f2430", "#eef3fc"), ("#ffffff", "#1f2430"), ("#5b6270", "#eeede9"),
        ("#1f2430", "#dfe9fa"), ("#1f2430", "#fff4d6"), ("#525866", "#eef3fc"),
    ):  # fmt: skip
        assert contrast(ink, ground) >= 4.5, (ink, ground)
    for line, ground in (
        ("#1253b5", "#ffffff"),
        ("#5b6270", "#ffffff"),
        ("#4b5160", "#eeede9"),
    ):
        assert contrast(line, ground) >= 3
    assert lightness(["#000000"])[0] < 1


def test_a_territory_of_the_user_needs_no_embedded_list(tmp_path):
    squares = [
        shapely.box(x, y, x + 1000, y + 1000) for x in (0, 1000) for y in (0, 1000)
    ]
    frame = gpd.GeoDataFrame(
        {"name": ["A", "B", "C", "D"], "epci": ["200000172"] * 4},
        geometry=[shapely.affinity.translate(s, 700_000, 6_600_000) for s in squares],
        crs=2154,
        index=pd.Index(["01001", "01002", "01004", "01005"], name="commune"),
    )
    towns = bm.read_territory(frame, year=2026)
    where = bm.user_perimeter(
        "x", list(towns.index), name="Ain", source="S", among=towns
    )
    rate = pd.Series([1.0, 2.0, 3.0, 4.0], towns.index, name="taux")
    rate = bm.describe(rate, kind="ratio", label="Taux", unit="%")
    path = tmp_path / "a.html"
    report = bm.write_web_page(path, [rate], perimeter=where, communes=towns, **SIGNED)
    assert report.units_after == 4


def test_the_guide_makes_the_page_that_it_shows(tmp_path, monkeypatch, capsys):
    guide = Path(__file__).parents[1] / "docs/how-to/page-web.md"
    (code,) = re.findall(
        r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "guide", "exec"), {})  # noqa: S102 - our own guide
    assert "Page de" in capsys.readouterr().out
    text, data = read(tmp_path / "page.html")
    assert "partiellement conforme (audit de novembre 2026)" in text
    assert data["address"] == "https://observatoire.exemple.fr/page.html"


@settings(max_examples=20, deadline=None)
@given(
    values=st.lists(
        st.none()
        | st.floats(allow_nan=True, allow_infinity=True)
        | st.integers(-(10**12), 10**12)
        | st.booleans()
        | st.text(max_size=4),
        min_size=4,
        max_size=4,
    ),
    dtype=st.sampled_from([object, "float64", "Int64", "float32", "string"]),
    kind=st.sampled_from(["ratio", "stock", "growth", "median", None]),
)
def test_any_value_of_any_dtype_is_what_is_printed_or_is_refused(values, dtype, kind):
    codes = list(bm.communes(epci="call").index[:4])
    where = bm.user_perimeter("x", codes, name="X", source="S")
    try:
        with np.errstate(all="ignore"):
            series = pd.Series(
                values, pd.Index(codes, name="commune"), name="n", dtype=dtype
            )
    except (TypeError, ValueError, OverflowError):
        return  # pandas has no such series
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.html"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bm.errors.BasinmapWarning)
            try:
                series = bm.describe(series, kind=kind, label="N", unit="%", decimals=1)
                bm.write_web_page(path, [series], perimeter=where, **SIGNED)
            except bm.errors.BasinmapError:
                assert not path.exists()
                return
        _, data = read(path)
    level, (one,) = data["levels"][0], data["indicators"]
    (view,) = one["levels"]["commune"]["views"].values()
    for code, whole in zip(level["codes"], view["values"], strict=True):
        value = series[code]
        if pd.isna(value):
            assert whole is None
        else:
            assert number(whole / 10, 1) == number(float(value), 1)


def test_a_document_has_its_page_beside_it_when_it_is_asked_for(tmp_path):
    made = bm.cil("call", out=tmp_path / "a", formats=["web"], date=DAY)
    assert sorted(path.name for path in made.iterdir()) == [
        "manifest.json",
        "page.html",
    ]
    _, data = read(made / "page.html")
    assert [level["id"] for level in data["levels"]] == ["commune"]
    assert data["whole"] == "CA de Lens-Liévin"
    page = bm.Page((bm.Heading("Vacance"),))
    note = bm.Document("note", "Note", "Observatoire", DAY, (page,))
    with pytest.raises(bm.errors.DataError, match="about="):
        bm.write_document(tmp_path / "b", note, formats=["web"])


def test_a_folder_is_attacked_with_the_page_that_is_in_it(tmp_path):
    codes = list(bm.communes(epci="call").index)
    seen = {code: 100.0 + n for n, code in enumerate(codes)}
    seen[codes[5]] = np.nan
    name = "vacant_dwellings_2024"
    towns = counted(seen, {codes[5]: "secret"}, "commune").rename(name)
    towns = bm.describe(towns, kind="stock", label="Vacants", vintage="2024",
                        states={codes[5]: "secret"}, decimals=0)  # fmt: skip
    bm.write_web_page(tmp_path / "page.html", [towns], perimeter="call", **SIGNED)
    assert bm.check_secrecy(tmp_path).safe
    (tmp_path / "plh.html").write_text("<p>Une page sans données.</p>", "utf-8")
    whole = pd.DataFrame({name: [4300]}, pd.Index(["200000000"], name="epci"))
    whole.index = pd.Index(["246200364"], name="epci")
    bm.write_workbook(tmp_path / "tableau.xlsx", {"EPCI": whole})
    found = bm.check_secrecy(tmp_path)
    assert found.found["code"].tolist() == [codes[5]]
