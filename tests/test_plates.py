"""The plates: what each must show, and what would be in its way."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text

import basinmap as bm
from basinmap.deliverables.groups import chosen_as
from basinmap.deliverables.housing import PLATES, _method_of_groups
from basinmap.deliverables.plates import (
    RED,
    grouped_rates,
    plain_reading,
    rate_headline,
)
from basinmap.deliverables.subjects import SHARED, subject
from basinmap.maps.grounds.lands import REACH
from basinmap.maps.layers.placement import place_labels
from basinmap.maps.look.lettering import LEADING
from basinmap.maps.look.themes import MM_PER_POINT, font, text_width
from basinmap.maps.margins.insets import InsetBlock
from basinmap.maps.margins.rankings import Ranking
from basinmap.maps.paper.blocks import (
    CirclesBlock,
    ClassesBlock,
    FiguresBlock,
    KeyBlock,
)
from basinmap.maps.paper.crossings import clear_spot, crossed, keep_off
from basinmap.maps.paper.inks import contrast, inks_of
from basinmap.maps.paper.layouts import heading_of
from basinmap.maps.paper.stack import STACK
from basinmap.territory.embedded import spatial_table
from basinmap.values.told import told_of

LENS, DUNKERQUE, BOULONNAIS = "246200364", "245900428", "246200729"
OSARTIS, ARTOIS, BETHUNE = "200044048", "200069482", "200072460"
MEL, PORTE = "200093201", "200042190"
SIGNED = {"author": "essai", "date": dt.date(2026, 11, 30)}
PORTRAIT, LANDSCAPE = 210.0, 297.0
DRAW = {plate.slug[:2]: plate.draw for plate in PLATES}


@pytest.fixture(scope="module")
def drawn():
    """Each plate of these EPCI, drawn when it is first asked for."""
    about, sheets = {}, {}

    def plate(epci, number):
        if (epci, number) not in sheets:
            if epci not in about:
                about[epci] = subject(epci, **SIGNED)
            sheets[epci, number] = DRAW[number](about[epci])
        return sheets[epci, number]

    return plate


@pytest.mark.parametrize("epci", [ARTOIS, OSARTIS, BETHUNE, BOULONNAIS, DUNKERQUE])
def test_no_line_over_a_plate_is_wider_than_its_paper(epci):
    about = subject(epci, **SIGNED)
    words = [plate.words(about) for plate in PLATES if plate.words]
    assert any(";" in title for title, _ in words)
    for paper in (PORTRAIT, LANDSCAPE):
        within = paper - 2 * bm.PRINT.margin
        for one in words:
            heading = heading_of(one, within, bm.PRINT, among=words)
            large = font(bm.PRINT.family, heading.size, weight=700)
            small = font(bm.PRINT.family, bm.PRINT.subtitle)
            assert " ".join(heading.title) == one[0]
            # A line may stand out by a hair, of the margin, rather than wrap.
            assert (
                max(text_width(line, large) for line in heading.title) <= within + 0.2
            )
            assert max(text_width(line, small) for line in heading.subtitle) <= within


@given(
    st.lists(st.text("abcdefgh ", min_size=1, max_size=90), min_size=1, max_size=4),
    st.sampled_from(["; ", " – "]),
)
def test_a_title_is_cut_between_its_parts_where_each_has_room_and_only_there(
    parts, mark
):
    words = mark.join(parts), mark.join(parts)
    within = PORTRAIT - 2 * bm.PRINT.margin
    heading = heading_of(words, within, bm.PRINT)
    large = font(bm.PRINT.family, heading.size, weight=700)
    small = font(bm.PRINT.family, bm.PRINT.subtitle)
    assert all(text_width(line, large) <= within for line in heading.title)
    assert all(text_width(line, small) <= within for line in heading.subtitle)


@pytest.mark.parametrize(("epci", "number"), [(ARTOIS, "02"), (DUNKERQUE, "06")])
def test_all_that_is_written_on_a_plate_is_on_the_paper(drawn, epci, number):
    fig = drawn(epci, number)
    # At 100 to an inch, hinting would widen letters that print does not.
    width, height = fig.get_size_inches() * 600
    texts = [text for text in fig.findobj(Text) if text.get_text().strip()]
    assert len(texts) > 50
    for text in texts:
        box = text.get_window_extent(dpi=600)
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def written(fig, gid=None):
    ax = fig.maps[0]
    return [plain(t.get_text()) for t in ax.texts if gid is None or t.get_gid() == gid]


def box_of(ax, text):
    """Return the box of a text on a map, in its millimetres."""
    extent = text.get_window_extent(ax.figure.canvas.get_renderer())
    low, high = ax.transData.inverted().transform(extent.get_points())
    return np.concatenate(ax.to_mm(np.array([low, high])))


# -- the situation -----------------------------------------------------------------


def test_a_situation_is_about_its_subject(drawn):
    ax = drawn(LENS, "01").maps[0]
    keys = [swatch.label for block in ax.blocks for swatch in swatches(block)]
    assert keys[:2] == ["CA de Lens-Liévin", "autres EPCI du bassin minier"]
    assert "distance" not in " ".join(keys)
    names = written(drawn(LENS, "01"))
    assert {"Lens", "Liévin", "ARRAS", "Béthune", "Douai"} <= set(names)


def swatches(block):
    return getattr(block, "swatches", ())


def test_a_situation_out_of_the_basin_shows_nothing_of_it(drawn):
    for epci in (DUNKERQUE, BOULONNAIS):
        fig = drawn(epci, "01")
        said = " ".join([*written(fig), bm.alternative_text(fig)])
        assert "SCoT" not in said
        assert "bassin minier" not in said
        assert "Louvre" not in said
        assert "Sessevalle" not in said


def test_the_museum_is_red_and_named_out_of_the_territory_alone(drawn):
    assert "Louvre-Lens" not in written(drawn(LENS, "01"))
    fig = drawn(OSARTIS, "01")
    (name,) = [
        t
        for t in fig.maps[0].texts
        if t.get_text() == "Louvre-Lens" and t.get_gid() == "name"
    ]
    assert to_hex(name.get_color()) == RED


def test_france_is_beside_the_map_and_leaves_it_its_frame(drawn):
    for epci in (LENS, OSARTIS, DUNKERQUE):
        ax = drawn(epci, "01").maps[0]
        assert [b for b in ax.blocks if isinstance(b, InsetBlock)]
    framed = drawn(BOULONNAIS, "01").maps[0]  # whose legend is in the frame too
    assert not [b for b in framed.blocks if isinstance(b, InsetBlock)]


def test_exits_leave_by_land(drawn):
    land = shapely.union_all(
        [
            *spatial_table("surroundings").geometry,
            *spatial_table("abroad").geometry,
            *bm.departements().geometry,
        ]
    )
    assert shapely.box(*REACH).contains(land.centroid)
    for epci in (DUNKERQUE, BOULONNAIS):
        ax = drawn(epci, "01").maps[0]
        exits = [t for t in ax.texts if t.get_gid() == "exit"]
        assert len(exits) >= 3
        assert not {"Vers Folkestone", "Vers Hastings"} & set(written(ax.figure))
        for text in exits:
            assert land.buffer(100).contains(shapely.Point(text.get_position()))


# -- rates ------------------------------------------------------------------------


def test_rings_are_where_the_museum_is_near_alone(drawn):
    def rings(epci):
        labels = [line.get_label() for line in drawn(epci, "02").maps[0].lines]
        return [label for label in labels if label.startswith("_ring")]

    near = [float(label.split()[1]) for label in rings(LENS)]
    assert near
    assert max(near) <= 30_000
    assert not rings(DUNKERQUE)


def test_names_of_what_is_around_lie_on_no_ring_nor_limit(drawn):
    ax = drawn(LENS, "02").maps[0]
    around = [
        t
        for t in ax.texts
        if t.get_gid() in {"name", "town", "region", "exit"}
        and (t.get_fontproperties().get_style() == "italic" or t.get_gid() == "region")
    ]
    assert len(around) > 10
    boxes = np.array([box_of(ax, text) for text in around])
    inner = boxes + np.array([0.3, 0.3, -0.3, -0.3])
    on = [
        t.get_text() for t, hit in zip(around, crossed(ax, inner), strict=True) if hit
    ]
    assert on == []


def test_a_change_is_read_without_colour(drawn):
    ax = drawn(LENS, "03").maps[0]
    (block,) = [b for b in ax.blocks if isinstance(b, ClassesBlock)]
    below = [b <= 0 for b in (*block.breaks, np.inf)]
    assert [bool(hatch) for hatch in block.hatches] == below
    assert block.pivot == 0
    counts = [swatch.count for swatch in block.swatches]
    assert all(counts)  # no empty class


@pytest.mark.parametrize("number", ["02", "03", "04", "05", "06"])
def test_figures_beside_say_indicator_year_and_unit(drawn, number):
    ax = drawn(LENS, number).maps[0]
    (block,) = [b for b in ax.blocks if isinstance(b, FiguresBlock)]
    assert any(year in block.title for year in ("2021", "2023"))
    assert block.unit in block.title
    rows = [name for name, _ in block.rows]
    assert rows[0] == "CA de Lens-Liévin"
    assert "Bassin minier" in rows


def test_the_alternative_text_names_the_three_highest_and_lowest(drawn):
    said = plain(bm.alternative_text(drawn(LENS, "02")))
    rate = bm.compute("L04", bm.statistics(epci="call"))
    names = bm.communes(epci="call")["name"]
    firm = rate.drop(list(bm.told_of(rate).fragile)).sort_values()
    for code in [*firm.index[:3], *firm.index[-3:]]:
        assert names[code] in said


@pytest.mark.parametrize(("epci", "number"), [(BOULONNAIS, "02"), (BOULONNAIS, "05")])
def test_a_strip_that_would_be_void_ranks_the_ends_without_what_is_fragile(
    drawn, epci, number
):
    fig = drawn(epci, number)
    ranking = next(e for e in fig.maps[0].strip if isinstance(e.block, Ranking))
    rate = bm.compute("L04", bm.statistics(epci=epci))
    names = bm.communes(epci=epci)["name"]
    firm = rate.drop(list(bm.told_of(rate).fragile)).sort_values(ascending=False)
    high, low = ([name for name, _ in end] for end in ranking.block.block.ends)
    assert high == [plain(names[code]) for code in firm.index[: len(high)]]
    assert low[0] == names[firm.index[-1]]
    said = [plain(t.get_text()) for t in fig.beside.texts]
    assert "valeurs les plus élevées, hors petits effectifs" in said
    # It takes no more than the void: nothing is under the scale bar.
    bottom = min(entry.y - entry.height for entry in fig.maps[0].strip)
    assert bottom >= fig.maps[0].plan.strip[1] + 15


def test_a_strip_that_is_full_ranks_nothing(drawn):
    strip = drawn(LENS, "02").maps[0].strip
    assert not [entry for entry in strip if isinstance(entry.block, Ranking)]


def test_a_subtitle_of_two_lines_is_cut_between_its_parts(drawn):
    fig = drawn(BOULONNAIS, "02")
    lines = [t for t in fig.findobj(Text) if t.get_gid() == "subtitle"]
    first, second = (plain(line.get_text()) for line in lines)
    assert first == "Taux de vacance des logements en 2021 – CA du Boulonnais"
    assert second.startswith("Part des logements vacants")


@pytest.mark.parametrize("epci", [LENS, MEL, DUNKERQUE])
def test_each_line_and_sign_of_a_situation_has_its_entry(drawn, epci):
    ax = drawn(epci, "01").maps[0]
    keys = [swatch for block in ax.blocks for swatch in swatches(block)]
    labels = {plain(swatch.label) for swatch in keys}
    looks = {to_hex(c) for s in keys for c in (s.color, s.edge) if c != "none"}
    pale = {"#ffffff", ax.plan.theme.halo}
    for layer in ax.collections:
        for color in np.atleast_2d(layer.get_edgecolor()):
            assert not color.size or to_hex(color) in looks | pale, layer.get_label()
        for color in np.atleast_2d(layer.get_facecolor()):
            assert not color.size or color[-1] == 0 or to_hex(color) in looks
    frame = shapely.box(0, 0, *ax.plan.frame[2:])
    told = {
        "limit": "limite de département",
        "border": "frontière",
        "_neighbours": "limite d’EPCI",
    }
    drawn_as = {str(c.get_label()) for c in ax.collections}
    corners = set()
    for patch in ax.patches:
        kind = str(patch.get_label()).removeprefix("_lands ")
        lines = [
            shapely.LineString(ax.to_mm(line))
            for line in patch.get_path().to_polygons(closed_only=False)
            if len(line) > 1
        ]
        if shapely.intersects(lines, frame).any():
            drawn_as.add(kind)
        if kind == "town":
            corners.add(len(patch.get_path().vertices) < 8)
    assert "_neighbours" in drawn_as
    for kind, label in told.items():
        assert (kind in drawn_as) == (label in labels), label
    assert (False in corners) <= ("ville" in labels)
    assert (True in corners) <= ("préfecture" in labels)


# -- circles ----------------------------------------------------------------------


def test_a_name_in_a_dark_circle_is_white_and_has_no_halo(drawn):
    ax = drawn(LENS, "05").maps[0]
    (name,) = [t for t in ax.texts if t.get_gid() == "name" and t.get_text() == "Lens"]
    assert to_hex(name.get_color()) == "#ffffff"
    assert "Lens" not in [t.get_text() for t in ax.texts if t.get_gid() == "halo"]


def test_no_ring_runs_through_a_name_where_there_is_room_beside(drawn):
    ax = drawn(LENS, "02").maps[0]
    names = [t for t in ax.texts if t.get_gid() == "name"]
    lines = np.vstack([inked(ax, text) for text in names])
    assert not crossed(ax, lines).any()


def inked(ax, text):
    """Return the box of each line of a name, as its letters ink it, in millimetres."""
    (x, y), style = (
        ax.to_mm(np.array([text.get_position()]))[0],
        text.get_fontproperties(),
    )
    size = style.get_size_in_points() * MM_PER_POINT
    lines = text.get_text().split("\n")
    before = {"left": 0.0, "center": 0.5, "right": 1.0}[text.get_ha()]
    boxes = []
    for i, line in enumerate(lines):
        wide = text_width(line, style)
        middle = y + ((len(lines) - 1) / 2 - i) * LEADING * size
        left, half = x - before * wide, 0.36 * size
        boxes.append([left, middle - half, left + wide, middle + half])
    return np.array(boxes)


@pytest.mark.parametrize("epci", [ARTOIS, BETHUNE, OSARTIS, PORTE])
def test_no_letter_crosses_the_rim_of_a_circle(drawn, epci):
    """In its circle, without a halo, or wholly beside all of them."""
    ax = drawn(epci, "05").maps[0]
    names = [t for t in ax.texts if t.get_gid() in ("name", "town", "region")]
    boxes = [inked(ax, text) for text in names]
    assert sum(t.get_gid() == "name" for t in names) >= len(circled(ax))
    haloed = {t.get_position() for t in ax.texts if t.get_gid() == "halo"}
    held = 0
    for x, y, radius in ax.symbols.values():
        for text, box in zip(names, boxes, strict=True):
            shape, disc = shapely.box(*box.T), shapely.Point(x, y).buffer(radius, 64)
            if not shapely.intersects(shape, disc).any():
                continue
            assert shapely.contains(disc, shape).all(), text.get_text()
            assert text.get_position() not in haloed
            held += 1
    assert held


@pytest.mark.parametrize(("epci", "number"), [(MEL, "02"), (BETHUNE, "02")])
def test_a_halo_is_of_the_colour_of_the_fill_under_it_or_of_none(drawn, epci, number):
    """Where a name lies on two fills, its halo is of each, or white all along."""
    ax = drawn(epci, number).maps[0]
    theme = ax.plan.theme
    fills = [tint for tint in ax.tints if tint.floor == STACK["fills"]]
    halos = [t for t in ax.texts if t.get_gid() == "halo"]
    parts = [t for t in ax.texts if t.get_gid() == "halo part"]
    assert parts
    seen = 0
    for halo in halos:
        color = to_hex(halo.get_color())
        if color in (theme.halo, theme.land, theme.beyond):
            continue
        here = [p for p in parts if p.get_position() == halo.get_position()]
        taken = shapely.union_all([shapely.Polygon(), *map(clip_of, here)])
        corners = ax.to_metres(inked(ax, halo).reshape(-1, 2)).reshape(-1, 4)
        ground = shapely.union_all(shapely.box(*corners.T)).difference(taken)
        for tint in fills:
            over = shapely.area(shapely.intersection(tint.shapes, ground)).sum()
            if over > 0.05 * ground.area:
                assert near(color, tint.color), halo.get_text()
                seen += 1
    for part in parts:
        color = to_hex(part.get_color())
        tints = [t.color for t in ax.tints if clip_of(part).intersects(t.shapes).any()]
        assert color == theme.halo or any(near(color, tint) for tint in tints)
    assert seen > 10


def clip_of(part):
    """Return where a part of a halo is seen."""
    path = part.get_clip_path().get_transformed_path_and_affine()[0]
    return shapely.make_valid(
        shapely.MultiPolygon([shapely.Polygon(ring) for ring in path.to_polygons()])
    )


def near(color, tint):
    """Tell whether a colour is a tint, or that tint paled for letters to be read."""
    one, other = np.array(to_rgb(color)), np.array(to_rgb(tint))
    return any(
        np.abs(other + share * (end - other) - one).max() < 0.02
        for share, end in ((0.0, 0.0), (0.2, 0.0), (0.2, 1.0), (0.4, 0.0))
    )


@pytest.mark.parametrize(("epci", "number"), [(MEL, "03"), (MEL, "05"), (PORTE, "05")])
def test_no_line_to_a_name_strikes_another(drawn, epci, number):
    ax = drawn(epci, number).maps[0]
    boxes = [
        shapely.union_all(shapely.box(*inked(ax, text).T))
        for text in ax.texts
        if text.get_gid() == "name"
    ]
    ways = {
        shapely.LineString(ax.to_mm(np.array(line.get_xydata())))
        for line in ax.lines
        if line.get_zorder() == STACK["leaders"]
    }
    assert ways
    for way in ways:
        gaps = np.sort(shapely.distance(way, np.array(boxes)))
        assert gaps[1] > 0.3  # the nearest is the name that it leads to


def circled(ax):
    """Return the communes, and groups of them, that have a circle."""
    return next(one.units for one in ax.laid if one.kind.endswith("symbols"))


def named_boxes(ax, names):
    """Return the box of each name by the code of its unit, and the end of leaders."""
    codes = {
        plain(name).replace("'", "\u2019").replace("-", ""): code
        for code, name in names.items()
    }
    boxes = {}
    for text in ax.texts:
        said = plain(text.get_text()).replace("\n", " ").replace("- ", "-")
        code = codes.get(said.replace("-", "")) or codes.get(
            said.replace("-", "").replace(" ", "")
        )
        code = code or codes.get(said.title().replace("-", ""))
        if text.get_gid() == "name" and code is not None:
            boxes[code] = box_of(ax, text)
    ends = [
        ax.to_mm(np.array(line.get_xydata()))[1]
        for line in ax.lines
        if line.get_zorder() == STACK["leaders"]
    ]
    return boxes, np.array(ends).reshape(-1, 2)


@pytest.mark.parametrize("epci", [ARTOIS, BETHUNE, MEL, PORTE, OSARTIS])
def test_the_name_of_each_circle_is_in_its_commune_or_led_to_it(drawn, epci):
    ax = drawn(epci, "05").maps[0]
    units = circled(ax)
    boxes, ends = named_boxes(ax, units["name"])
    assert set(boxes) == set(units.index)  # none is left out for that
    discs = np.array([ax.symbols[code] for code in units.index])
    strays = []
    for row, code in enumerate(units.index):
        box = boxes[code]
        near = np.clip(ends, box[:2], box[2:]) - ends
        if (np.hypot(*near.T) < 0.6).any():
            continue
        ground = shapely.transform(units.geometry[code], ax.to_mm)
        ground = ground.union(shapely.Point(discs[row, :2]).buffer(discs[row, 2]))
        text = shapely.box(*box)
        away = np.clip(discs[:, :2], box[:2], box[2:]) - discs[:, :2]
        gap = np.maximum(np.hypot(*away.T) - discs[:, 2], 0)
        held = text.intersection(ground).area / text.area
        # Extents of texts are a little larger than what is placed.
        if held < 0.6 or gap[row] > np.delete(gap, row).min() + 0.3:
            strays.append((code, units["name"][code]))
    # One or two, where no other place is left in a hundred, off all circles.
    assert len(strays) <= len(units) // 50, strays


# Led names less than 2 mm from another circle, where no place is left: no one else's.
NEAR_ANOTHER = {BETHUNE: 4, ARTOIS: 2, MEL: 1}
TWELVE = [
    LENS, DUNKERQUE, BOULONNAIS, OSARTIS, ARTOIS, BETHUNE, MEL, PORTE,
    "245901152", "200069029", "245901160", "246200299",
]  # fmt: skip


@pytest.mark.parametrize("epci", TWELVE)
def test_a_name_is_nearer_its_circle_than_any_or_a_line_leads_to_it(drawn, epci):
    """By half a millimetre; and a line skirts no other circle, and ends at letters."""
    ax = drawn(epci, "05").maps[0]
    units = circled(ax)
    boxes, _ = named_boxes(ax, units["name"])
    assert set(boxes) == set(units.index)  # none is left out for that
    letters = {tuple(box_of(ax, t)): inked(ax, t) for t in ax.texts}
    lines = [
        ax.to_mm(np.array(line.get_xydata()))
        for line in ax.lines
        if line.get_zorder() == STACK["leaders"]
    ]
    discs = np.array([ax.symbols[code] for code in units.index])
    close = []
    for row, code in enumerate(units.index):
        inks = letters[tuple(boxes[code])]
        gaps = np.min([gap_to(discs, ink) for ink in inks], axis=0)
        own, near = gaps[row], np.delete(gaps, row).min()
        leads = [x for x in lines if abs(gap_to(discs[[row]], [*x[0], *x[0]])) < 0.05]
        if not leads:
            assert own == 0 or own + 0.45 < near, units["name"][code]
            continue
        (lead,) = leads
        others = shapely.points(np.delete(discs, row, axis=0)[:, :2])
        past = shapely.distance(others, shapely.LineString(lead))
        assert (past >= np.delete(discs, row, axis=0)[:, 2] + 0.45).all()
        tip = np.array([[*lead[1], 0.0]])
        assert min(gap_to(tip, ink) for ink in inks) < 0.5, units["name"][code]
        if near < 2:
            close.append(units["name"][code])
    assert len(close) <= NEAR_ANOTHER.get(epci, 0), close


def gap_to(discs, box):
    """Return how far discs are from a box, 0 where they meet it."""
    away = np.clip(discs[:, :2], box[:2], box[2:]) - discs[:, :2]
    return np.maximum(np.hypot(*away.T) - discs[:, 2], 0)


@pytest.mark.parametrize("epci", [BETHUNE, MEL])
def test_the_colour_of_the_smallest_circle_is_told_and_the_key_says_so(drawn, epci):
    ax = drawn(epci, "05").maps[0]
    radii = np.array([radius for _, _, radius in ax.symbols.values()])
    assert radii.min() == pytest.approx(0.8)
    (key,) = [
        plain(swatch.label)
        for block in ax.blocks
        for swatch in getattr(block, "swatches", ())
        if swatch.label.startswith("cercle")
    ]
    told = float(key.removeprefix("cercle minimal : moins de ").replace(" ", ""))
    amounts = bm.compute("L01", bm.statistics(epci=epci))
    assert int((amounts < told).sum()) == int((radii < 0.8 + 1e-9).sum())


@pytest.mark.parametrize(
    ("epci", "number"), [(DUNKERQUE, "01"), (DUNKERQUE, "02"), (OSARTIS, "01")]
)
def test_no_name_is_half_on_a_dark_fill(drawn, epci, number):
    """White letters with a dark halo were a stain on what is around."""
    ax = drawn(epci, number).maps[0]
    names = [t for t in ax.texts if t.get_gid() == "name"]
    boxes = np.array([box_of(ax, text) for text in names])
    alone = np.zeros(len(names), dtype=bool)
    assert not any(ink.torn for ink in inks_of(ax, boxes, alone, None))
    halos = [to_hex(t.get_color()) for t in ax.texts if t.get_gid() == "halo"]
    fills = {swatch.color for block in ax.blocks for swatch in swatches_of(block)}
    dark = {to_hex(color) for color in fills if contrast(color, "#ffffff") > 4.5}
    white = [t for t in names if to_hex(t.get_color()) == "#ffffff"]
    assert sum(halo in dark for halo in halos) <= len(white)


def swatches_of(block):
    return [s for s in getattr(block, "swatches", ()) if s.color != "none"]


def test_the_key_is_as_large_as_the_largest_circle(drawn):
    for epci in (ARTOIS, BETHUNE):
        ax = drawn(epci, "05").maps[0]
        (key,) = [b for b in ax.blocks if isinstance(b, CirclesBlock)]
        largest = max(radius for _, _, radius in ax.symbols.values())
        assert largest <= key.radii[0] <= 1.2 * largest


# -- the page ---------------------------------------------------------------------


def test_a_strip_is_narrower_where_that_shows_the_units_larger():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="T")
    _, wide = bm.page(lens, title="T", legend="right")
    assert (ax.plan.strip[2], wide.plan.strip[2]) == (48, 60)
    assert ax.plan.scale < 0.93 * wide.plan.scale
    _, same = bm.page(lens, title="T", scale=wide.plan.scale)
    assert same.plan.strip[2] == 60
    _, larger = bm.page(lens, title="T", scale=ax.plan.scale)
    assert larger.plan.strip[2] == 48


def test_a_scale_that_only_a_legend_in_a_corner_allows_may_be_asked_for():
    basin = bm.communes().loc[list(bm.perimeter("bassin-minier").communes)]
    _, ax = bm.page(basin, title="T", paper="A3")
    _, asked = bm.page(basin, title="T", paper="A3", scale=ax.plan.scale)
    assert (ax.plan.scale, ax.plan.inside) == (250_000, True)
    assert (asked.plan.scale, asked.plan.inside) == (250_000, True)
    _, strip = bm.page(basin, title="T", paper="A3", scale=350_000)
    assert not strip.plan.inside
    with pytest.raises(bm.errors.DataError, match="do not fit"):
        bm.page(basin, title="T", paper="A3", scale=200_000)


def test_a_blank_subtitle_takes_no_line():
    lens = bm.communes(epci="call")
    heights = [
        bm.page(lens, title="T", subtitle=text)[1].plan.frame[3] for text in ("", "x")
    ]
    assert heights[0] > heights[1] + 3


def test_a_half_column_is_grey_on_demand():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="T", paper="half-column", theme=bm.GREY)
    red, green, blue = (int(ax.plan.theme.land[i : i + 2], 16) for i in (1, 3, 5))
    assert red == green == blue


# -- lines that names keep off -----------------------------------------------------


def test_a_label_lies_beside_a_line_and_is_never_lost_for_it():
    options = {
        "anchors": [[30.0, 20.0]],
        "sizes": [[12.0, 3.0]],
        "priority": [1],
        "frame": (0.0, 0.0, 60.0, 40.0),
    }
    assert place_labels(**options).y[0] == 20
    moved = place_labels(**options, lines=[[0.0, 20.0, 60.0, 20.0]])
    assert moved.placed.all()
    low, high = moved.boxes[0, [1, 3]]
    assert low > 20 or high < 20
    lattice = [[0.0, y, 60.0, y] for y in np.arange(0, 40, 0.5)]
    assert place_labels(**options, lines=lattice).placed.all()


def test_lines_are_kept_in_the_millimetres_of_the_frame():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="T", ground=False)
    assert not crossed(ax, np.array([[0.0, 0.0, 300.0, 300.0]])).any()
    x, y = ax.to_metres(np.array([[100.0, 100.0]]))[0]
    keep_off(ax, [shapely.LineString([(x - 1e4, y), (x + 1e4, y)])])
    boxes = np.array([[90.0, 98.0, 110.0, 102.0], [90.0, 101.0, 110.0, 105.0]])
    assert crossed(ax, boxes).tolist() == [True, False]
    square = shapely.box(
        *ax.to_metres(np.array([[80.0, 80.0], [120.0, 120.0]])).ravel()
    )
    spot = clear_spot(ax, square, np.array([100.0, 100.0]), np.array([10.0, 2.0]))
    assert not crossed(
        ax, np.array([[spot[0] - 10, spot[1] - 2, spot[0] + 10, spot[1] + 2]])
    ).any()
    thin = shapely.box(x, y, x + 10, y + 10)
    assert clear_spot(ax, thin, spot, np.array([10.0, 2.0])) is None


# -- who is compared ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "right"),
    [
        (LENS, "du bassin minier"),
        (DUNKERQUE, "du Nord les plus proches en population, sur 17"),
    ],
)
def test_a_rank_says_among_whom_it_is(where, right):
    assert plain(chosen_as(subject(where, **SIGNED))) == right


def test_on_a_small_paper_the_histogram_goes_before_the_scale_bar_is_drawn_over():
    lens = bm.communes(epci="call")
    rate = bm.compute("L04", bm.statistics())
    mine = rate.reindex(lens.index)
    _, ax = bm.page(lens, title="T", paper="A5")
    bm.draw_choropleth(ax, lens, bm.classify(mine, firm=True))
    bm.draw_outlines(ax, bm.epcis().loc[[LENS]], label="limite")
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000]))
    bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="musée")
    bm.draw_comparison(ax, pd.Series(dict.fromkeys("ABCDE", 7.0)), title="Taux")
    with pytest.warns(bm.errors.BasinmapWarning, match="left out.*histogram"):
        bm.draw_legend(ax, histogram=mine)
    floor = ax.plan.strip[1] + 15
    assert min(entry.y - entry.height for entry in ax.strip) >= floor - 0.1


def test_a_situation_with_few_neighbours_tells_the_largest_communes(drawn):
    def headings(epci):
        blocks = drawn(epci, "01").maps[0].blocks
        return [plain(b.title) for b in blocks if isinstance(b, FiguresBlock)]

    both = ["Population municipale en 2023", "Communes les plus peuplées en 2023"]
    assert headings(DUNKERQUE) == both
    # Under its keys, the largest communes fill the column.
    assert headings(LENS) == both[::-1]
    (block,) = [
        b
        for b in drawn(DUNKERQUE, "01").maps[0].blocks
        if isinstance(b, FiguresBlock) and plain(b.title) == both[1]
    ]
    people = bm.communes(epci=DUNKERQUE).nlargest(8, "population")
    assert [name for name, _ in block.rows] == list(people["name"])


@pytest.mark.parametrize("epci", [BOULONNAIS, OSARTIS])
def test_the_thematic_plates_of_a_volume_share_scale_frame_and_size_of_title(
    drawn, epci
):
    sheets = [drawn(epci, number) for number in ("02", "03", "04", "05", "06")]
    maps = [sheet.maps[0] for sheet in sheets]
    assert len({(ax.plan.scale, ax.plan.frame) for ax in maps}) == 1
    titles = [
        text.get_fontsize()
        for sheet in sheets
        for text in sheet.findobj(Text)
        if text.get_gid() == "title"
    ]
    assert len(set(titles)) == 1


def test_a_ranking_stops_at_the_pivot_and_says_the_year(drawn):
    fig = drawn(BOULONNAIS, "03")
    (ranking,) = [e.block for e in fig.maps[0].strip if isinstance(e.block, Ranking)]
    (_, high), (_, low) = ranking.ends
    assert high
    assert all(round(value, 2) > 0 for _, value in high)
    assert all(round(value, 2) < 0 for _, value in low)
    assert "2016 à 2023" in plain(ranking.title)


def test_a_strip_of_which_a_fifth_is_void_ranks_two_at_each_end(drawn):
    strip = drawn(DUNKERQUE, "04").maps[0].strip
    (ranking,) = [entry.block for entry in strip if isinstance(entry.block, Ranking)]
    assert [len(units) for _, units in ranking.ends] == [2, 2]


def test_rings_are_drawn_where_the_museum_is_on_the_map(drawn):
    def ringed(epci):
        blocks = drawn(epci, "02").maps[0].blocks
        labels = [s.label for b in blocks for s in getattr(b, "swatches", ())]
        return any("vol d" in label for label in labels)

    assert ringed(LENS)
    assert not ringed(OSARTIS)
    # Its star would be cut by the frame.
    assert not ringed(ARTOIS)


def test_firm_communes_are_ringed_where_most_are_not(drawn):
    def ringed(ax):
        return "_firm" in {found.get_label() for found in ax.collections}

    about = subject(ARTOIS, **SIGNED)
    _, ax = bm.page(about.communes, title="Vacance")
    classes = bm.classify(about.computed("L04"), firm=True)
    bm.draw_choropleth(ax, about.communes, classes)
    assert ringed(ax)
    assert not ringed(drawn(LENS, "02").maps[0])
    # Nor where those of few are with their neighbours.
    assert not ringed(drawn(ARTOIS, "02").maps[0])


def test_a_value_that_is_a_minimum_is_read_as_one():
    towns = bm.communes(epci="call").loc[["62498", "62510"]]
    rates = pd.Series({"62498": 4.46, "62510": 3.0}, name="L14")
    told = {"label": "Taux de vacance", "unit": "%", "kind": "ratio", "decimals": 1}
    plain = bm.describe(rates, **told)
    assert "vacance : 4,5\u00a0%" in plain_reading(plain, towns, town=True)
    least = bm.describe(rates, states={"62498": "lower_bound"}, **told)
    assert "vacance : ≥\u202f4,5\u00a0%" in plain_reading(least, towns, town=True)


# -- communes of few together ----------------------------------------------------------


def classes_on(fig):
    return next(one for one in fig.maps[0].blocks if isinstance(one, ClassesBlock))


def told_breaks(classes):
    return tuple(classes.attrs["breaks"])


def key_lines(fig):
    blocks = [one for one in fig.maps[0].blocks if isinstance(one, KeyBlock)]
    return [plain(swatch.label) for block in blocks for swatch in block.swatches]


GROUPED = (
    "74 communes de moins de 200 logements regroupées avec leurs voisines : 24 groupes"
)


@pytest.mark.parametrize("number", ["02", "06"])
def test_where_most_communes_are_of_few_they_are_mapped_with_their_neighbours(
    drawn, number
):
    fig = drawn(ARTOIS, number)
    block = classes_on(fig)
    # 21 firm, 24 groups, and Hannescamps that has firm neighbours only.
    assert block.counted == "communes et groupes"
    assert sum(one.count for one in block.swatches[: len(block.colors)]) == 45
    assert [one.count for one in block.swatches[len(block.colors) :]] == [1]
    assert GROUPED in key_lines(fig)
    ax = fig.maps[0]
    assert any(c.get_label() == "_within" for c in ax.collections)
    text = plain(bm.alternative_text(ax))
    assert GROUPED in text
    assert "45 communes et groupes en 5 classes" in text
    assert "par commune ou groupe de communes" in " ".join(
        plain(one.get_text()) for one in fig.findobj(Text)
    )


def test_groups_are_of_the_classes_that_circles_of_the_volume_have(drawn):
    filled, circles = drawn(ARTOIS, "02"), drawn(ARTOIS, "05")
    assert classes_on(filled).breaks == classes_on(circles).breaks
    assert GROUPED in key_lines(circles)
    assert len(circles.maps[0].symbols) == 46


def test_groups_in_the_classes_of_the_basin_say_whose_classes_they_are():
    about = dataclasses.replace(subject(ARTOIS, **SIGNED), classes="bassin")
    fig = DRAW["02"](about)
    block = classes_on(fig)
    shared = bm.classify(about.shared("L04"), k=5, firm=True)
    assert block.breaks == told_breaks(shared)
    assert block.counted == "communes et groupes"
    assert plain(SHARED) in plain(bm.alternative_text(fig.maps[0]))


def test_the_rate_of_a_group_is_that_of_its_sums_and_a_firm_commune_keeps_its_own():
    about = subject(ARTOIS, **SIGNED)
    values = about.computed("L04")
    few = grouped_rates(about, values)
    assert len(few.rates) == 46
    homes = about.counted("dwellings", about.codes).iloc[:, -1]
    empty = about.counted("vacant_dwellings", about.codes).iloc[:, -1]
    for group, rate in few.rates.items():
        members = few.members(group)
        assert rate == pytest.approx(100 * empty[members].sum() / homes[members].sum())
    firm = values.index.difference(list(told_of(values).fragile))
    assert few.rates[firm].tolist() == values[firm].tolist()


def test_neither_a_change_nor_a_map_with_most_communes_firm_is_of_groups():
    about = subject(ARTOIS, **SIGNED)
    assert grouped_rates(about, about.computed("D02")) is None
    assert grouped_rates(about, about.computed("D05")) is None
    bethune = subject(BETHUNE, **SIGNED)  # 15 communes of 100
    assert grouped_rates(bethune, bethune.computed("L04")) is None


def test_a_plate_of_which_a_third_is_of_few_is_of_groups(drawn):
    osartis = subject(OSARTIS, **SIGNED)  # 20 communes of 49
    few = grouped_rates(osartis, osartis.computed("L04"))
    assert set(few.groups) == set(circled(drawn(OSARTIS, "05").maps[0]).index)


def test_a_headline_tells_of_whom_it_is_where_a_group_is_higher():
    about = subject(BETHUNE, **SIGNED)
    values = about.computed("L04")
    reading = "{where}, {value} % des logements sont vacants en {year}"
    assert "parmi" not in rate_headline(about, values, reading)
    higher = pd.concat([values, pd.Series({"62160+3": 99.0})])
    said = plain(rate_headline(about, values, reading, shown=higher))
    assert "parmi les communes de 200 logements et plus" in said


def test_a_headline_names_who_is_highest_once_whatever_the_reading():
    about = subject(BETHUNE, **SIGNED)
    said = rate_headline(about, about.computed("L04"), "{value} % : {where}")
    assert plain(said).startswith("13,0 % : à Auchel, 1,5 % à Vieille-Chapelle")


def test_outlines_that_do_not_match_are_hatched_as_they_were():
    about = subject(ARTOIS, **SIGNED)
    moved = about.communes.copy()
    shapes = moved.geometry.to_numpy().copy()
    shapes[::2] = shapely.transform(shapes[::2], lambda at: at + 0.5)
    about.__dict__["communes"] = moved.set_geometry(shapes)
    assert grouped_rates(about, about.computed("L04")) is None


def test_the_note_of_method_lists_the_groups():
    about = subject(ARTOIS, **SIGNED)
    lines = _method_of_groups(about)
    two = about.names.index[about.names.isin(["Bailleulmont", "Bailleulval"])]
    homes = about.counted("dwellings", two).iloc[:, -1].sum()
    empty = about.counted("vacant_dwellings", two).iloc[:, -1].sum()
    right = f"{100 * empty / homes:.1f}".replace(".", ",")
    assert f"- Bailleulmont, Bailleulval : {right} %." in lines
    assert lines[0] == "## Communes regroupées"
    assert _method_of_groups(subject(LENS, **SIGNED)) == []
