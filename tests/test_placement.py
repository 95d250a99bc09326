"""Label placement: answers known by hand, hard rules as properties, name splitting."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from basinmap.maps.layers import placement
from basinmap.maps.layers.placement import (
    POSITIONS,
    PlacedLabels,
    place_labels,
    split_label,
)

if TYPE_CHECKING:
    from random import Random

FRAME = (0.0, 0.0, 100.0, 60.0)


def names(labels: PlacedLabels) -> list[str]:
    return [POSITIONS[i] if i >= 0 else "-" for i in labels.position]


def gaps(boxes: np.ndarray) -> np.ndarray:
    """Distance along x or y, whichever is larger, for each pair of boxes."""
    i, j = np.triu_indices(len(boxes), 1)
    a, b = boxes[i], boxes[j]
    apart = np.maximum(a[:, :2] - b[:, 2:], b[:, :2] - a[:, 2:])
    return apart.max(axis=1)


# --- known answers --------------------------------------------------------------------


def test_single_label_is_centred() -> None:
    labels = place_labels([[50, 30]], [[12, 3]], priority=[1], frame=FRAME)
    assert names(labels) == ["centre"]
    assert (labels.x[0], labels.y[0]) == (50, 30)
    assert labels.boxes[0].tolist() == [44, 28.5, 56, 31.5]
    assert np.isnan(labels.leader).all()


def test_label_of_a_small_symbol_goes_to_the_right_outside_it() -> None:
    labels = place_labels([[50, 30]], [[12, 3]], radii=[2], priority=[1], frame=FRAME)
    assert names(labels) == ["E"]
    assert labels.boxes[0, 0] == pytest.approx(52.5)  # 2 mm of radius and 0.5 mm of gap
    assert labels.y[0] == 30


def test_label_sits_inside_its_own_large_symbol() -> None:
    labels = place_labels([[50, 30]], [[12, 3]], radii=[9], priority=[1], frame=FRAME)
    assert names(labels) == ["centre"]


def test_point_mode_never_centres_on_a_bare_anchor() -> None:
    labels = place_labels(
        [[50, 30]], [[12, 3]], priority=[1], frame=FRAME, centred_first=False
    )
    assert names(labels) == ["E"]


def test_two_labels_side_by_side() -> None:
    labels = place_labels(
        [[40, 30], [44, 30]],
        [[12, 3], [12, 3]],
        radii=[1, 1],
        priority=[1, 2],
        frame=FRAME,
    )
    assert names(labels) == ["W", "E"]
    assert labels.boxes[0, 2] <= 39.5
    assert labels.boxes[1, 0] >= 44.5


def test_obstacle_is_avoided() -> None:
    right_side = [[52, 20, 70, 40]]
    labels = place_labels(
        [[50, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME,
        obstacles=right_side,
    )  # fmt: skip
    assert labels.placed[0]
    assert labels.boxes[0, 2] <= 52 - 0.4 + 1e-9


def test_frame_pushes_the_label_to_the_left() -> None:
    labels = place_labels([[97, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME)
    assert names(labels) == ["W"]


def test_foreign_disc_is_not_covered() -> None:
    labels = place_labels(
        [[50, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME,
        discs=[[58, 30, 4]],
    )  # fmt: skip
    assert names(labels) == ["W"]


def test_repeating_the_symbols_as_discs_changes_nothing() -> None:
    anchors, radii = [[40, 30], [47, 31]], [6, 2]
    both = {"radii": radii, "priority": [2, 1], "frame": FRAME}
    alone = place_labels(anchors, [[9, 3], [9, 3]], **both)
    discs = [[40, 30, 6], [47, 31, 2]]
    again = place_labels(anchors, [[9, 3], [9, 3]], discs=discs, **both)
    np.testing.assert_array_equal(alone.boxes, again.boxes)


def test_home_keeps_the_name_in_its_polygon() -> None:
    """The centre is taken: by default the name goes up, in a flat polygon sideways."""
    scene = {"priority": [1], "frame": FRAME, "obstacles": [[53, 29, 54, 31]]}
    free = place_labels([[50, 30]], [[12, 3]], **scene)
    flat = place_labels([[50, 30]], [[12, 3]], home=[[12.5, 2]], **scene)
    assert names(free) == ["N"]
    assert names(flat) == ["W"]


def test_label_without_room_is_dropped() -> None:
    labels = place_labels(
        [[5, 2], [5, 2]], [[9, 3], [9, 3]], priority=[1, 2], frame=(0, 0, 10, 4)
    )
    assert labels.placed.tolist() == [False, True]
    assert labels.position[0] == -1
    assert np.isnan([labels.x[0], labels.y[0], *labels.boxes[0]]).all()


def test_label_wider_than_the_frame_is_dropped() -> None:
    labels = place_labels([[5, 5]], [[20, 3]], priority=[1], frame=(0, 0, 10, 10))
    assert not labels.placed.any()


def test_ties_are_taken_in_row_order() -> None:
    labels = place_labels(
        [[5, 2], [5, 2]], [[9, 3], [9, 3]], priority=[7, 7], frame=(0, 0, 10, 4)
    )
    assert labels.placed.tolist() == [True, False]


def corridor() -> dict[str, Any]:
    """Two symbols in a corridor one label high, closed on the left by an obstacle.

    The first label only fits between the symbols. A line on the right of the second
    one makes it prefer that same place.
    """
    return {
        "anchors": [[12, 2], [26, 2]],
        "sizes": [[11, 3], [11, 3]],
        "radii": [1, 1],
        "priority": [1, 2],
        "frame": (0, 0, 60, 4),
        "obstacles": [[0, 0, 10, 4]],
        "lines": [[34, 0, 34, 4]],
    }


def without_second_thoughts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay labels down once, each where it is cheapest."""
    for later in ("_rescue", "_fill"):
        monkeypatch.setattr(placement, later, lambda *_: None)


def test_second_pass_moves_a_blocker(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = corridor()
    monkeypatch.setattr(placement, "_Units", partial(placement._Units, lined=4.0))
    assert names(place_labels(**scene)) == ["E", "E"]
    without_second_thoughts(monkeypatch)
    assert names(place_labels(**scene)) == ["-", "W"]


def test_foresight_leaves_the_only_place_free(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = corridor()
    without_second_thoughts(monkeypatch)
    assert names(place_labels(**scene)) == ["E", "E"]
    monkeypatch.setattr(placement, "_FORESIGHT_COST", 0.0)
    assert names(place_labels(**scene)) == ["-", "W"]


def pocket(x: float) -> tuple[list[list[float]], list[float]]:
    """Obstacles that only leave the right side, and a small disc that spoils it."""
    walls = [[x - 8, 20, x - 2, 40], [x - 2, 32, x + 30, 40], [x - 2, 20, x + 30, 28]]
    return [list(map(float, wall)) for wall in walls], [x + 4, 31.1, 0.5]


def test_leader_joins_symbol_and_label() -> None:
    walls, disc = pocket(50)
    labels = place_labels(
        [[50, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME,
        obstacles=walls, discs=[disc], leaders=1,
    )  # fmt: skip
    np.testing.assert_allclose(labels.leader, [[51, 30, 55, 30]])
    np.testing.assert_allclose(labels.boxes, [[55, 28.5, 67, 31.5]])


def test_leader_only_for_the_most_important() -> None:
    (left, _), (right, _) = pocket(10), pocket(60)
    labels = place_labels(
        [[10, 30], [60, 30]], [[12, 3], [12, 3]], radii=[1, 1], priority=[1, 2],
        frame=FRAME, obstacles=left + right, leaders=1,
        lines=[[14, 29, 14, 31], [64, 29, 64, 31]],
    )  # fmt: skip
    assert labels.placed.all()
    assert np.isfinite(labels.leader).all(axis=1).tolist() == [False, True]


def test_a_label_left_without_a_place_is_tried_again_with_a_leader(monkeypatch) -> None:
    """Two names wider than what is between them, each at home in a small polygon."""
    anchors = [[30.0, 20.0], [37.0, 20.0]]
    scene: dict[str, Any] = {
        "sizes": [[12.0, 3.0]] * 2,
        "priority": [2, 1],
        "frame": (0.0, 0.0, 60.0, 40.0),
        "inside": [shapely.Point(spot).buffer(1) for spot in anchors],
    }
    at_first = place_labels(anchors, **scene)
    lost = ~at_first.placed
    assert at_first.placed.tolist() == [True, False]
    asked = []

    def near(units):
        asked.append(units)
        return real(units)

    real = placement._near
    monkeypatch.setattr(placement, "_near", near)
    found = place_labels(anchors, **scene, spare=[True] * 2)
    again = place_labels(anchors, **scene, leaders=lost)
    assert found.placed.all()
    assert np.isfinite(found.leader).all(axis=1).tolist() == [False, True]
    np.testing.assert_array_equal(found.boxes, again.boxes)
    # One list of candidates for both tries, whoever may be moved away.
    assert len(asked) == 2


def test_the_name_of_a_circle_out_of_its_polygon_for_a_third_is_led() -> None:
    """A strip 10 mm wide: 12 mm of name beside the circle would be in the next one."""
    strip = shapely.box(45, 0, 55, 26.8)
    scene: dict[str, Any] = {
        "radii": [3.0], "priority": [1], "frame": FRAME, "inside": [strip],
    }  # fmt: skip
    free = place_labels([[50, 24]], [[12, 3]], **scene, spare=[True])
    assert names(free) == ["S"]  # 10 of its 12 mm are in the strip
    below = [[0.0, 0.0, 100.0, 20.8]]
    led = place_labels([[50, 24]], [[12, 3]], **scene, spare=[True], obstacles=below)
    assert np.isfinite(led.leader).all()
    # It is written astray, rather than not at all, where no leader may be.
    loose = place_labels([[50, 24]], [[12, 3]], **scene, obstacles=below)
    assert loose.placed.all()
    assert np.isnan(loose.leader).all()


def test_the_name_of_a_circle_is_never_nearer_another_without_a_leader() -> None:
    anchors = [[50.0, 30.0], [56.0, 30.0]]
    homes = [shapely.box(0, 0, 53, 60), shapely.box(53, 0, 100, 60)]
    walls = [[0.0, 0.0, 100.0, 27.9], [0.0, 32.1, 100.0, 60.0], [0.0, 28, 48, 32]]
    labels = place_labels(
        anchors, [[5, 3], [5, 3]], radii=[1.0, 1.0], priority=[1, 2], frame=FRAME,
        inside=homes, obstacles=walls,
    )  # fmt: skip
    # The only room is beside the other circle.
    assert labels.placed.tolist() == [False, True]


def test_the_name_of_a_circle_is_half_a_millimetre_nearer_to_it() -> None:
    """Between two circles, 0.4 mm nearer to one is of neither; 0.6 mm, of that one."""
    homes = [shapely.box(0, 0, 53.5, 60), shapely.box(53.5, 0, 100, 60)]
    walls = [[0.0, 0.0, 100.0, 28.0], [0.0, 32, 100, 60], [0, 28, 48, 32]]
    for further, placed in ((0.4, False), (0.6, True)):
        # The name goes 0.5 mm to the right of its circle: 5 mm, then the other one.
        other = 50 + 1.0 + 0.5 + 5 + 0.5 + further + 1.0
        labels = place_labels(
            [[50.0, 30.0], [other, 30.0]], [[5, 3], [5, 3]], radii=[1.0, 1.0],
            priority=[2, 1], frame=FRAME, inside=homes, obstacles=walls,
        )  # fmt: skip
        assert bool(labels.placed[0]) is placed


def test_the_led_name_of_a_circle_keeps_2_mm_off_another_where_there_is_room() -> None:
    walls, disc = pocket(50)
    labels = place_labels(
        [[50, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME,
        obstacles=walls, discs=[disc], leaders=1, inside=[shapely.box(0, 0, 100, 60)],
    )  # fmt: skip
    # 0.5 mm from it with 4 mm of line, 1.5 mm with 5; the next length is 6 mm.
    np.testing.assert_allclose(labels.leader, [[51, 30, 57, 30]])


def test_two_names_of_one_column_are_farther_than_lines_of_one() -> None:
    anchors, sizes = [[50.0, 30.0], [51.0, 26.8]], [[12.0, 3.0], [10.0, 3.0]]
    scene: dict[str, Any] = {"priority": [2, 1], "frame": FRAME, "padding": 0.1}
    stacked = place_labels(anchors, sizes, **scene)
    gap = stacked.boxes[0, 1] - stacked.boxes[1, 3]
    assert gap == pytest.approx(0.2)
    apart = place_labels(anchors, sizes, **scene, leading=1.0)
    assert apart.placed.all()
    assert gaps(apart.boxes)[0] >= 0.1
    shared = min(apart.boxes[:, 2]) - max(apart.boxes[:, 0])
    assert apart.boxes[0, 1] - apart.boxes[1, 3] >= 1.0 or shared <= 5.0
    # In a frame with room for both one under the other alone, both are written.
    tight = place_labels([[6, 2], [6, 5.2]], [[11, 3]] * 2, priority=[2, 1],
                         frame=(0, 0, 12, 7), padding=0.1, leading=1.0,
                         spare=[True] * 2)  # fmt: skip
    assert tight.placed.all()


def test_leader_does_not_run_over_another_symbol() -> None:
    walls, disc = pocket(50)
    labels = place_labels(
        [[50, 30]], [[12, 3]], radii=[1], priority=[1], frame=FRAME,
        obstacles=walls, discs=[disc, [54, 30.4, 0.3]], leaders=1,
    )  # fmt: skip
    assert np.isnan(labels.leader).all()


def test_no_label_at_all() -> None:
    labels = place_labels([], [], priority=[], frame=FRAME)
    assert labels.boxes.shape == (0, 4)
    assert labels.placed.shape == (0,)


def test_result_is_read_only() -> None:
    labels = place_labels([[50, 30]], [[12, 3]], priority=[1], frame=FRAME)
    with pytest.raises(ValueError, match="read-only"):
        labels.x[0] = 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [[1, 1], [1, 1]]}, "same length"),
        ({"sizes": [[0, 1]]}, "positive"),
        ({"anchors": [[np.nan, 1]]}, "finite"),
        ({"anchors": [[1, 1, 1]]}, "columns"),
        ({"priority": [np.nan]}, "priority"),
        ({"radii": [-1]}, "non-negative"),
        ({"radii": [np.nan]}, "non-negative"),
        ({"frame": (0, 0, 0, 10)}, "frame"),
        ({"padding": -1}, "non-negative"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], message: str) -> None:
    scene: dict[str, Any] = {
        "anchors": [[5, 5]],
        "sizes": [[2, 1]],
        "priority": [1],
        "frame": FRAME,
    }
    with pytest.raises(ValueError, match=message):
        place_labels(**(scene | change))


def test_four_hundred_labels_are_quick() -> None:
    rng = np.random.default_rng(7)
    n = 400
    anchors = rng.uniform(0, 1, (n, 2)) * [390, 270]
    sizes = np.column_stack([rng.uniform(7, 18, n), np.full(n, 2.4)])
    start = time.process_time()
    labels = place_labels(
        anchors, sizes, radii=rng.uniform(0.3, 3, n), priority=rng.permutation(n),
        frame=(0, 0, 390, 270),
    )  # fmt: skip
    # About 0.2 s; the bound only catches a change of complexity.
    assert time.process_time() - start < 2
    assert labels.placed.mean() > 0.9


# --- properties -----------------------------------------------------------------------

# Multiples of 1/8 mm: translations by whole numbers are then exact in floating point.
eighths = st.integers(0, 480).map(lambda k: k / 8)


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    n = draw(st.integers(1, 14))

    def table(columns: int, low: int, high: int, rows: int = n) -> np.ndarray:
        cells = st.lists(
            st.integers(low, high), min_size=rows * columns, max_size=rows * columns
        )
        return np.array(draw(cells), dtype=float).reshape(rows, columns) / 8

    corner = table(2, 0, 480, 2)
    return {
        "anchors": table(2, 0, 480),
        "sizes": table(2, 8, 120) * [1, 0.25],
        "radii": table(1, 0, 40)[:, 0] * draw(st.sampled_from([0, 1])),
        "priority": np.array(draw(st.permutations(range(n))), dtype=float),
        "frame": (0.0, 0.0, 60.0, 60.0),
        "obstacles": np.hstack([corner, corner + table(2, 8, 80, 2)]),
        "leaders": draw(st.integers(0, n)),
        "padding": draw(st.sampled_from([0.0, 0.25, 0.5])),
        "leading": draw(st.sampled_from([0.0, 1.0])),
        "home": draw(st.sampled_from([None, table(2, 4, 60)])),
        "centred_first": draw(st.booleans()),
    }


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_hard_rules_hold(scene: dict[str, Any]) -> None:
    labels = place_labels(**scene)
    boxes = labels.boxes[labels.placed]
    padding = float(scene["padding"])
    assert (gaps(boxes) >= padding - 1e-6).all()
    assert (boxes >= -1e-6).all()
    assert (boxes <= 60 + 1e-6).all()
    for block in np.asarray(scene["obstacles"]):
        apart = np.maximum(block[:2] - boxes[:, 2:], boxes[:, :2] - block[2:])
        assert (apart.max(axis=1) >= padding - 1e-6).all()
    # A leader stays out of the other labels: sample it along its length.
    drawn = np.isfinite(labels.leader[:, 0])
    for row in np.flatnonzero(drawn):
        x0, y0, x1, y1 = labels.leader[row]
        share = np.linspace(0, 1, 30)[:, None]
        points = np.array([x0, y0]) * (1 - share) + np.array([x1, y1]) * share
        others = np.delete(labels.boxes, row, axis=0)[:, None, :]
        inside = (points > others[..., :2] + 1e-6) & (points < others[..., 2:] - 1e-6)
        assert not inside.all(axis=2).any()
    assert np.isnan(labels.boxes[~labels.placed]).all()
    np.testing.assert_array_equal(labels.placed, labels.position >= 0)
    np.testing.assert_allclose(
        (boxes[:, 2:] - boxes[:, :2]), np.asarray(scene["sizes"])[labels.placed]
    )


def searched_in_full(cand: placement._Candidates, page: placement._Page) -> None:
    """Give each label its cheapest free candidate, every one looked at."""
    n = len(cand.boxes)
    best = cand.boxes[np.arange(n), cand.cost.argmin(axis=1)]
    best[~np.isfinite(cand.cost).any(axis=1)] = np.nan
    for row in range(n):
        choice = placement._cheapest(cand, page, row, best[row + 1 :])
        if choice >= 0:
            page.put(row, choice, cand)


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_a_place_taken_without_a_search_is_that_of_the_search(
    scene: dict[str, Any],
) -> None:
    labels = place_labels(**scene)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placement, "_greedy", searched_in_full)
        in_full = place_labels(**scene)
    np.testing.assert_array_equal(labels.boxes, in_full.boxes)
    np.testing.assert_array_equal(labels.leader, in_full.leader)


@settings(max_examples=30, deadline=None)
@given(scenes(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(scene: dict[str, Any], random: Random) -> None:
    order = np.arange(len(np.asarray(scene["anchors"])))
    random.shuffle(order)
    rows = ("anchors", "sizes", "radii", "priority", "home")
    shuffled = {
        key: value[order] if key in rows and isinstance(value, np.ndarray) else value
        for key, value in scene.items()
    }
    before = place_labels(**scene)
    after = place_labels(**shuffled)
    np.testing.assert_array_equal(before.boxes[order], after.boxes)
    np.testing.assert_array_equal(before.leader[order], after.leader)


@settings(max_examples=30, deadline=None)
@given(scenes(), st.integers(-200, 200), st.integers(-200, 200))
def test_translation_translates(scene: dict[str, Any], dx: int, dy: int) -> None:
    step = np.array([dx, dy], dtype=float)
    moved = scene | {
        "anchors": scene["anchors"] + step,
        "obstacles": scene["obstacles"] + np.tile(step, 2),
        "frame": (dx + 0.0, dy + 0.0, dx + 60.0, dy + 60.0),
    }
    before = place_labels(**scene)
    after = place_labels(**moved)
    np.testing.assert_array_equal(before.position, after.position)
    np.testing.assert_allclose(before.boxes + np.tile(step, 2), after.boxes)


# --- names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lens", "Lens"),
        ("Noyelles-sous-Lens", "Noyelles-\nsous-Lens"),
        ("Villeneuve-d'Ascq", "Villeneuve-\nd'Ascq"),
        ("Villeneuve d’ Ascq", "Villeneuve\nd’ Ascq"),
        ("Loos-en-Gohelle", "Loos-\nen-Gohelle"),
        ("Fouquières-lès-Lens", "Fouquières-\nlès-Lens"),
        ("Avesnes-le-Comte", "Avesnes-\nle-Comte"),
        ("Le Touquet-Paris-Plage", "Le Touquet-\nParis-Plage"),
        ("Saint-Laurent-Blangy", "Saint-Laurent-\nBlangy"),
        ("Sainte-Catherine", "Sainte-\nCatherine"),
        ("Éleu-dit-Leauwette", "Éleu-dit-\nLeauwette"),
        ("Hallennes-lez-Haubourdin", "Hallennes-\nlez-Haubourdin"),
        ("Armentières", "Armentières"),
        ("  Béthune ", "Béthune"),
        ("Déjà\ncoupé-ici même", "Déjà\ncoupé-ici même"),
    ],
)
def test_split_label(name: str, expected: str) -> None:
    assert split_label(name, 8) == expected


def test_short_names_stay_on_one_line() -> None:
    assert split_label("Noyelles-sous-Lens", 18) == "Noyelles-sous-Lens"
    assert split_label("Noyelles-sous-Lens", 17) == "Noyelles-\nsous-Lens"


def test_last_resort_break_after_the_article() -> None:
    assert split_label("La Bassée", 8) == "La\nBassée"


@given(st.text("abé -'", max_size=25), st.integers(1, 12))
def test_split_label_only_inserts_one_break(name: str, limit: int) -> None:
    broken = split_label(name, limit)
    assert broken.count("\n") <= 1
    assert broken.replace("\n", "").replace(" ", "") == name.replace(" ", "")
    for line in broken.split("\n"):
        assert line == line.strip()
