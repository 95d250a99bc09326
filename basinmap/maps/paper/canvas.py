"""A compact canvas for PDF: terse operators, halos as letters, one stream a page."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

import numpy as np
from matplotlib import _path
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, BboxBase, Transform, TransformedPath
from PIL import Image

from basinmap.maps.look.faces import Unset, set_line
from basinmap.maps.paper.stack import LAYERS

__all__ = ["HALOS", "DrawnPage", "Picture", "Undrawable", "draw_page"]

HALOS: Final = 0xE000
"""Codes of the letters of halos, which are read as nothing: from here, by glyph."""
_LAST_HALO: Final = 0xF8FF  # the private codes of Unicode end there
_PATTERN: Final = 72.0  # points: side of the tile of a hatch, as matplotlib has it
_FEW: Final = 10  # vertices that are sooner drawn than looked for in the frame
_AGAIN: Final = 3  # a shape drawn more often is kept as a form
_AT_FIRST: Final = {
    "opacity": (1.0, 1.0),
    "dashes": b"[] 0 d",
    "cap": 0,
    "join": 0,
    "mode": 0,
    "spacing": b"0",
}
"""What a page starts with, as PDF says."""
_PACKING: Final = 4
"""Half the time of the next level, for a twentieth of size."""
_WHOLE: Final = (None, b"")
"""Of a page that nothing cuts: rectangle and outline."""
_CODES: Final = [b"m", b"l", b"", b"c", b"h"]
_CAPS: Final = {"butt": 0, "round": 1, "projecting": 2}
_JOINS: Final = {"miter": 0, "round": 1, "bevel": 2}

Given: TypeAlias = Any
"""What matplotlib hands over, wider in its words than what it is."""
Color = Sequence[float]
Key = TypeVar("Key")
Box = tuple[float, float, float, float]


class Undrawable(Exception):  # noqa: N818 - no fault of the user: another way is taken
    """What this canvas does not draw; matplotlib's own file of PDF does."""


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A picture, packed.

    Attributes
    ----------
    width, height
        In pixels.
    colors
        Bytes a pixel: 3, or 1 of a picture in greys.
    data, mask
        Rows as PNG packs them; the mask is that of opacity, or nothing.
    """

    width: int
    height: int
    colors: int
    data: bytes
    mask: bytes = b""


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """
    A page that is drawn and waits for its file; made to be pickled.

    Attributes
    ----------
    width, height
        In points.
    content
        What draws it, packed.
    faces
        Files of the faces, in the order of their names: F0, F1…
    letters
        Codes that each face writes, in order.
    opacities
        Of strokes and of fills: A0, A1…
    patterns
        What draws a tile of each hatch: P0, P1…
    forms
        Boxes of what is drawn several times, and what draws it: X0, X1…
    pictures
        I0, I1…
    layers
        Names of the layers that are drawn in, in the order of their names: L0, L1…
    """

    width: float
    height: float
    content: bytes
    faces: tuple[str, ...] = ()
    letters: tuple[tuple[int, ...], ...] = ()
    opacities: tuple[tuple[float, float], ...] = ()
    patterns: tuple[bytes, ...] = ()
    forms: tuple[tuple[Box, bytes], ...] = ()
    pictures: tuple[Picture, ...] = ()
    layers: tuple[str, ...] = ()


class _Names(Generic[Key]):
    """Names of resources: a letter and a number, one for each thing that differs."""

    def __init__(self, letter: str) -> None:
        self._letter = letter
        self.found: dict[Key, bytes] = {}

    def of(self, key: Key) -> bytes:
        name = self.found.get(key)
        if name is None:
            name = f"/{self._letter}{len(self.found)}".encode()
            self.found[key] = name
        return name


@dataclass(frozen=True, slots=True)
class _Look:
    """How a shape is painted; colours as red, green, blue and opacity, from 0 to 1."""

    fill: tuple[float, ...] | None
    stroke: tuple[float, ...] | None
    width: float = 0.0
    dashes: tuple[float, tuple[float, ...]] = (0.0, ())
    hatch: tuple[str, tuple[float, ...], float] | None = None
    """Pattern, colour, width of its strokes."""

    @property
    def operator(self) -> bytes:
        """What paints the path."""
        filled = self.fill is not None or self.hatch is not None
        return b"B" if filled and self.stroke else b"f" if filled else b"S"

    @property
    def nothing(self) -> bool:
        """Whether it leaves no mark."""
        return self.fill is None and self.stroke is None and self.hatch is None


class _Renderer(RendererBase):
    """
    What draws a figure as a page of PDF, in few operators.

    A halo is its letters, stroked: readers of the text find them as nothing. Layers
    are the groups whose identifier is one of `stack.LAYERS`.

    Parameters
    ----------
    width, height
        In points.
    image_dpi
        Resolution of what becomes a picture.
    """

    def __init__(self, width: float, height: float, image_dpi: float) -> None:
        """Open a page."""
        super().__init__()
        self.size = (width, height)
        self._zoom = image_dpi / 72
        self._out: list[bytes] = []
        self._now: dict[str, object] = dict(_AT_FIRST)
        self._before: dict[str, object] = {}
        self._clip: tuple[tuple[float, ...] | None, bytes] = _WHOLE
        self._frame: Box = (0.0, 0.0, width, height)
        self._boxes: dict[int, tuple[BboxBase, tuple[float, ...]]] = {}
        self._moves: dict[int, tuple[Transform, tuple[float, ...]]] = {}
        self._groups: list[bool] = []
        self._letters: dict[str, set[int]] = {}
        self._faces: _Names[str] = _Names("F")
        self._opacities: _Names[tuple[float, float]] = _Names("A")
        self._patterns: _Names[bytes] = _Names("P")
        self._forms: _Names[tuple[Box, bytes]] = _Names("X")
        self._pictures: _Names[Picture] = _Names("I")
        self._layers: _Names[str] = _Names("L")

    def page(self) -> DrawnPage:
        """Return what was drawn."""
        self._leave_clip()
        paths = tuple(self._faces.found)
        return DrawnPage(
            *self.size,
            content=zlib.compress(b"\n".join(self._out), _PACKING),
            faces=paths,
            letters=tuple(tuple(sorted(self._letters[path])) for path in paths),
            opacities=tuple(self._opacities.found),
            patterns=tuple(self._patterns.found),
            forms=tuple(self._forms.found),
            pictures=tuple(self._pictures.found),
            layers=tuple(self._layers.found),
        )

    # -- what matplotlib asks of a renderer ----------------------------------------

    def flipy(self) -> bool:
        """Tell that y grows upwards."""
        return False

    def option_scale_image(self) -> bool:
        """Tell that a picture may be stretched."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size of the page, in points."""
        return self.size

    def get_image_magnification(self) -> float:
        """Return how many pixels a point has."""
        return self._zoom

    def start_rasterizing(self) -> None:
        """Leave to matplotlib what is to become pixels."""
        msg = "an artist is to become pixels"
        raise Undrawable(msg)

    def start_filter(self) -> None:
        """Leave to matplotlib what is filtered."""
        msg = "an artist has a filter"
        raise Undrawable(msg)

    def draw_gouraud_triangles(self, *_: object, **__: object) -> None:
        """Leave to matplotlib what is shaded from corner to corner."""
        msg = "an artist is shaded from corner to corner"
        raise Undrawable(msg)

    def draw_tex(self, *_: object, **__: object) -> None:
        """Leave to matplotlib what TeX sets."""
        msg = "a text is set by TeX"
        raise Undrawable(msg)

    def open_group(self, s: str, gid: str | None = None) -> None:
        """Enter a layer, if this is the name of one."""
        del s
        layer = gid in LAYERS
        self._groups.append(layer)
        if layer:
            self._leave_clip()
            self._put(b"/OC %b BDC" % self._layers.of(str(gid)))

    def close_group(self, s: str) -> None:
        """Leave what was entered last."""
        del s
        if self._groups.pop():
            self._leave_clip()
            self._put(b"EMC")

    # -- state ---------------------------------------------------------------------

    def _put(self, operators: bytes) -> None:
        self._out.append(operators)

    def _set(self, what: str, value: object, operators: bytes) -> None:
        if self._now.get(what) != value:
            self._now[what] = value
            self._out.append(operators)

    def _push(self) -> dict[str, object]:
        self._put(b"q")
        return dict(self._now)

    def _pop(self, before: dict[str, object]) -> None:
        self._put(b"Q")
        self._now = before

    def _leave_clip(self) -> None:
        if self._clip != _WHOLE:
            self._pop(self._before)
            self._clip = _WHOLE
            self._frame = (0.0, 0.0, *self.size)

    def _enter_clip(self, gc: GraphicsContextBase) -> None:
        """Cut what follows as a context says."""
        box = gc.get_clip_rectangle()
        path, move = gc.get_clip_path()
        sides = None if box is None else self._sides(box)
        outline = b"" if path is None or move is None else _operators(path, move)
        self._cut(sides, outline)

    def _cut(self, sides: tuple[float, ...] | None, outline: bytes) -> None:
        if self._clip == (sides, outline):
            return
        self._leave_clip()
        if sides is None and not outline:
            return
        self._before = self._push()
        if sides is not None:
            x, y, width, height = sides
            self._frame = (x, y, x + width, y + height)
            self._put(b" ".join(map(_number, sides)) + b" re W n")
        if outline:
            self._put(outline + b"W n")
        self._clip = (sides, outline)

    def _sides(self, box: BboxBase) -> tuple[float, ...]:
        """Return where a frame is, which does not change while a page is drawn."""
        found = self._boxes.get(id(box))
        if found is None:
            found = self._boxes[id(box)] = (box, tuple(map(float, box.bounds)))
        return found[1]

    def _set_opacity(self, stroke: float | None, fill: float | None) -> None:
        """Set the opacity of strokes and of fills, or leave it."""
        before: tuple[float, float] = self._now["opacity"]  # type: ignore[assignment]
        pair = (
            before[0] if stroke is None else round(float(stroke), 4),
            before[1] if fill is None else round(float(fill), 4),
        )
        if before != pair:
            self._set("opacity", pair, self._opacities.of(pair) + b" gs")

    def _set_line(self, gc: GraphicsContextBase, look: _Look) -> None:
        assert look.stroke is not None  # noqa: S101 - for the type checker
        self._set("stroke", look.stroke[:3], _color(look.stroke[:3], stroke=True))
        width = _number(look.width)
        self._set("width", width, width + b" w")
        start, lengths = look.dashes
        dashes = b"[%b] %b d" % (b" ".join(map(_number, lengths)), _number(start))
        self._set("dashes", dashes, dashes)
        cap, join = _CAPS[gc.get_capstyle()], _JOINS[gc.get_joinstyle()]
        self._set("cap", cap, b"%d J" % cap)
        self._set("join", join, b"%d j" % join)

    def _prepare(self, gc: GraphicsContextBase, look: _Look) -> None:
        """Set what a shape is painted with."""
        self._enter_clip(gc)
        if gc.get_forced_alpha():
            self._set_opacity(gc.get_alpha(), gc.get_alpha())
        else:
            filled = look.fill is not None or look.hatch is not None
            self._set_opacity(
                _opacity(look.stroke) if look.stroke is not None else None,
                _opacity(look.fill) if filled else None,
            )
        if look.stroke is not None:
            self._set_line(gc, look)
        if look.hatch is not None:
            name = self._patterns.of(_tile(look.hatch, look.fill))
            self._set("fill", name, b"/Pattern cs %b scn" % name)
        elif look.fill is not None:
            self._set("fill", look.fill[:3], _color(look.fill[:3], stroke=False))

    # -- shapes --------------------------------------------------------------------

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Given = None,  # noqa: N803 - matplotlib's
    ) -> None:
        """Draw a path."""
        look = _look_of(gc, rgbFace)
        if not look.nothing and self._is_seen(path, transform, look.width, gc):
            self._paint(gc, look, self._drawn(path, transform, look))

    def _paint(self, gc: GraphicsContextBase, look: _Look, path: bytes) -> None:
        if path:
            self._prepare(gc, look)
            self._put(path + look.operator)

    def _paint_alike(
        self,
        gc: GraphicsContextBase,
        look: _Look,
        paths: Sequence[Path],
        move: Transform,
    ) -> None:
        """Paint shapes of one look, which is set once."""
        drawn = [self._drawn(path, move, look) for path in paths]
        if look.nothing or not any(drawn):
            return
        self._prepare(gc, look)
        self._out += [path + look.operator for path in drawn if path]

    def _drawn(self, path: Path, transform: Transform, look: _Look) -> bytes:
        """Return a path as operators; a line stops a little out of the frame."""
        bare = look.fill is None and look.hatch is None
        if not bare or (
            path.codes is not None and np.any(np.asarray(path.codes) > Path.LINETO)
        ):
            return _operators(path, transform)
        # Dashes count from where a line starts: what is cut is out of the page.
        x0, y0, x1, y1 = (0, 0, *self.size) if look.dashes[1] else self._frame
        room = 0 if look.dashes[1] else 2 * look.width + 1
        box = (x0 - room, y0 - room, x1 + room, y1 + room)
        return _operators(path, transform, box)

    def _is_seen(
        self, path: Path, transform: Transform, width: float, gc: GraphicsContextBase
    ) -> bool:
        """Tell whether a path comes into the frame."""
        self._enter_clip(gc)
        if len(np.asarray(path.vertices)) < _FEW:
            return True
        spots = transform.transform(path.vertices)
        return bool(self._seen(*_reach(spots), width + 1))

    def _seen(self, low: np.ndarray, high: np.ndarray, room: float) -> np.ndarray:
        x0, y0, x1, y1 = self._frame
        # What is not told is drawn: a vertex that is no number breaks a line.
        out = (high[..., 0] < x0 - room) | (low[..., 0] > x1 + room)
        out |= (high[..., 1] < y0 - room) | (low[..., 1] > y1 + room)
        return ~out

    def draw_path_collection(  # noqa: PLR0913, PLR0917 - matplotlib's
        self,
        gc: GraphicsContextBase,
        master_transform: Transform,
        paths: Given,
        all_transforms: Given,
        offsets: Given,
        offset_trans: Transform,
        facecolors: Given,
        edgecolors: Given,
        linewidths: Given,
        linestyles: Given,
        antialiaseds: Given,
        urls: Given,
        offset_position: Given,
        *,
        hatchcolors: Given = None,
    ) -> None:
        """Draw many paths."""
        del antialiaseds, offset_position
        if any(url is not None for url in urls):
            msg = "an artist leads to an address"
            raise Undrawable(msg)
        shapes = max(len(paths), len(all_transforms))
        if not len(paths) or not (len(facecolors) or len(edgecolors)):
            return
        self._enter_clip(gc)
        looks = _looks(gc, facecolors, edgecolors, linewidths, linestyles, hatchcolors)
        moves = [Affine2D(matrix) + master_transform for matrix in all_transforms] or [
            master_transform
        ]
        if len(offsets) and (
            len(offsets) > 1 or np.any(offset_trans.transform(offsets))
        ):
            spots = np.asarray(offset_trans.transform(offsets), dtype=float)
            self._draw_placed(gc, (paths, moves, shapes), spots, looks)
            return
        seen = self._seen_of(paths, moves, shapes, max(linewidths, default=0.0))
        inks = (facecolors, edgecolors, linewidths, linestyles, hatchcolors)
        if len(moves) == 1 and all(ink is None or len(ink) < 2 for ink in inks):
            met = [paths[i] for i in np.flatnonzero(seen).tolist()]
            self._paint_alike(gc, looks(0), met, moves[0])
            return
        for i in np.flatnonzero(seen).tolist():
            look = looks(i)
            if not look.nothing:
                path, move = paths[i % len(paths)], moves[i % len(moves)]
                self._paint(gc, look, self._drawn(path, move, look))

    def _seen_of(
        self,
        paths: Sequence[Path],
        moves: Sequence[Transform],
        shapes: int,
        room: float,
    ) -> np.ndarray:
        """Tell which shapes of a collection come into the frame."""
        sizes = np.array([len(np.asarray(path.vertices)) for path in paths])
        if len(moves) > 1 or not sizes.all():
            return np.ones(shapes, bool)
        spots = moves[0].transform(np.concatenate([path.vertices for path in paths]))
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        low = np.fmin.reduceat(spots, starts)
        high = np.fmax.reduceat(spots, starts)
        return self._seen(low, high, room + 1)

    def _draw_placed(
        self,
        gc: GraphicsContextBase,
        shapes: tuple[Sequence[Path], Sequence[Transform], int],
        spots: np.ndarray,
        looks: Callable[[int], _Look],
    ) -> None:
        """Draw shapes at places, those that come back as forms."""
        paths, moves, count = shapes
        total = max(count, len(spots))
        if total <= _AGAIN * count:
            for i in range(total):
                x, y = spots[i % len(spots)].tolist()
                look, move = looks(i), moves[i % len(moves)]
                if math.isfinite(x) and math.isfinite(y):
                    self._draw_one(gc, look, paths[i % len(paths)], move, (x, y))
            return
        for run in _runs(total, count, looks):
            if run.look.nothing:
                continue
            path = paths[run.shape % len(paths)]
            move = moves[run.shape % len(moves)]
            where = spots[np.arange(run.first, run.end) % len(spots)]
            self._stamp(gc, run.look, path, move, where, again=True)

    def _draw_one(
        self,
        gc: GraphicsContextBase,
        look: _Look,
        path: Path,
        move: Transform,
        spot: tuple[float, float],
    ) -> None:
        if look.nothing:
            return
        moved = Affine2D(move.get_matrix()).translate(*spot)
        if self._is_seen(path, moved, look.width, gc):
            self._paint(gc, look, self._drawn(path, moved, look))

    def _stamp(
        self,
        gc: GraphicsContextBase,
        look: _Look,
        path: Path,
        move: Transform,
        spots: np.ndarray,
        *,
        again: bool = False,
    ) -> None:
        """Draw one shape at many places, or at some of those where it comes back."""
        self._enter_clip(gc)
        low, high = _reach(move.transform(path.vertices))
        room = look.width + 1
        seen = self._seen(spots + low, spots + high, room)
        seen &= np.isfinite(spots).all(axis=1)
        spots = spots[seen]
        if not len(spots):
            return
        if look.hatch is not None or (len(spots) <= _AGAIN and not again):
            for spot in spots.tolist():
                self._draw_one(gc, look, path, move, tuple(spot))
            return
        self._prepare(gc, look)
        drawn = _operators(path, move) + look.operator
        box = (*(low - room).tolist(), *(high + room).tolist())
        name = self._forms.of((tuple(round(side, 2) for side in box), drawn))
        # From place to place: rounded where they are, for steps not to add up.
        at = np.rint(spots * 100)
        steps = np.diff(at, axis=0, prepend=0) / 100
        one = "1 0 0 1 %.10g %.10g cm " + name.decode() + " Do\n"
        before = self._push()
        self._put(((one * len(steps)) % tuple(steps.ravel().tolist())).encode().strip())
        self._pop(before)

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Given = None,  # noqa: N803 - matplotlib's
    ) -> None:
        """Draw a marker at each vertex of a path."""
        look = _look_of(gc, rgbFace)
        spots = [
            vertices[-2:] for vertices, _ in path.iter_segments(trans, simplify=False)
        ]
        if spots and not look.nothing:
            self._stamp(gc, look, marker_path, marker_trans, np.array(spots))

    # -- pictures ------------------------------------------------------------------

    def draw_image(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        im: Given,
        transform: Given = None,
    ) -> None:
        """Draw a picture."""
        high, wide = im.shape[:2]
        if not high or not wide:
            return
        self._enter_clip(gc)
        # Without a transform, the opacity is in the pixels already.
        alpha = 1.0 if transform is None else float(gc.get_alpha())
        self._set_opacity(alpha, alpha)
        name = self._pictures.of(_packed(im[::-1]))
        before = self._push()
        if transform is None:
            place = (wide / self._zoom, 0, 0, high / self._zoom, x, y)
        else:
            a, b, c, d, e, f = transform.frozen().to_values()
            place = (a, b, c, d, x + e, y + f)
        sides = b" ".join(b"%.10g" % round(side, 4) for side in place)
        self._put(sides + b" cm %b Do" % name)
        self._pop(before)

    # -- text ----------------------------------------------------------------------

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | str = False,  # noqa: FBT001, FBT002 - matplotlib's
        mtext: object = None,
    ) -> None:
        """Write a line."""
        del mtext
        if ismath or gc.get_url() is not None:
            msg = f"{s!r} is set as a formula, or leads to an address"
            raise Undrawable(msg)
        look = _Look(tuple(gc.get_rgb()), None)
        self._prepare(gc, look)
        self._set("mode", 0, b"0 Tr")
        self._set("spacing", b"0", b"0 Tc")
        self._write((x, y), s, prop, angle, halo=False)

    def spot(self, move: Transform, place: tuple[float, float]) -> tuple[float, float]:
        """Return where a place is on the page; nothing moves while it is drawn."""
        found = self._moves.get(id(move))
        if found is None:
            (a, c, e), (b, d, f), _ = move.get_matrix().tolist()
            found = self._moves[id(move)] = (move, (a, b, c, d, e, f))
        a, b, c, d, e, f = found[1]
        x, y = place
        return a * x + c * y + e, b * x + d * y + f

    def write_line(
        self,
        place: tuple[float, float],
        line: str,
        style: FontProperties,
        color: Given,
        halo: float | None,
        frame: BboxBase | None,
        tracking: float,
        outline: TransformedPath | None = None,
    ) -> None:
        """Write a line, or what is around its letters."""
        size = float(style.get_size_in_points())
        spacing = _number(tracking * size) if tracking else b"0"
        self._set("spacing", spacing, spacing + b" Tc")
        edge = b"" if outline is None else _edge(outline)
        self._cut(None if frame is None else self._sides(frame), edge)
        ink = _ink(color)
        if halo is None:
            self._set_opacity(None, _opacity(ink))
            self._set("fill", ink[:3], _color(ink[:3], stroke=False))
            self._set("mode", 0, b"0 Tr")
            self._write(place, line, style, 0.0, halo=False)
            return
        self._set_opacity(_opacity(ink), None)
        self._set("stroke", ink[:3], _color(ink[:3], stroke=True))
        width = _number(halo)
        self._set("width", width, width + b" w")
        self._set("dashes", b"[] 0 d", b"[] 0 d")
        self._set("join", 1, b"1 j")
        self._set("mode", 1, b"1 Tr")
        # Read as nothing: readers go by the text that is told, or by the codes.
        self._put(b"/Span <</ActualText ()>> BDC")
        self._write(place, line, style, 0.0, halo=True)
        self._put(b"EMC")

    def _write(
        self,
        place: tuple[float, float],
        line: str,
        style: FontProperties,
        angle: float,
        *,
        halo: bool,
    ) -> None:
        size = float(style.get_size_in_points())
        for path, codes, start, shown in _written(line, style, halo):
            self._letters.setdefault(path, set()).update(codes)
            face = (self._faces.of(path), round(size, 3))
            if self._now.get("face") != face:
                self._set("face", face, b"%b %b Tf" % (face[0], _number(size, 3)))
            x, y = place[0] + start * size / 1000, place[1]
            if angle:
                turn = math.radians(angle)
                across, up = math.cos(turn), math.sin(turn)
                x = place[0] + start * size / 1000 * across
                y = place[1] + start * size / 1000 * up
                turned = b" ".join(_number(v, 5) for v in (across, up, -up, across))
                move = b"%b %b %b Tm" % (turned, _number(x), _number(y))
            else:
                move = b"%b %b Td" % (_number(x), _number(y))
            self._put(b"BT %b %b ET" % (move, shown))


def draw_page(figure: Figure, dpi: float) -> DrawnPage:
    """
    Draw a figure as a page that waits for its file.

    Parameters
    ----------
    figure
        Of 72 dots an inch, as a PDF counts.
    dpi
        Resolution of what becomes a picture.

    Raises
    ------
    Undrawable
        If it holds what this canvas does not draw.
    """
    width, height = (72 * float(side) for side in figure.get_size_inches())
    renderer = _Renderer(width, height, dpi)
    figure.draw(renderer)
    return renderer.page()


# -- operators ---------------------------------------------------------------------


def _number(value: float, digits: int = 2) -> bytes:
    """Return a number in as few signs as it takes."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return b"0" if text == "-0" else text.encode()


@lru_cache(maxsize=4096)
def _color(rgb: tuple[float, ...], *, stroke: bool) -> bytes:
    red, green, blue = (_number(part, 3) for part in rgb)
    if red == green == blue:
        return red + (b" G" if stroke else b" g")
    return b"%b %b %b %b" % (red, green, blue, b"RG" if stroke else b"rg")


@lru_cache(maxsize=1024)
def _ink(color: Given) -> tuple[float, ...]:
    return tuple(map(float, to_rgba(color)))


def _opacity(color: tuple[float, ...] | None) -> float:
    return 1.0 if color is None or len(color) < 4 else float(color[3])


def _edge(outline: TransformedPath) -> bytes:
    """Return a path that cuts what follows."""
    return _operators(*outline.get_transformed_path_and_affine())


def _operators(path: Given, transform: Transform, clip: Box | None = None) -> bytes:
    """Return a path, its numbers to a hundredth of a point, each line ended."""
    simplified, sketch, after = False, None, True
    options = (clip, simplified, sketch, 2, _CODES, after)
    found: bytes = _path.convert_to_string(path, transform, *options)  # type: ignore[attr-defined] # no stub
    return found


def _reach(spots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest of points; of none that is told, all."""
    if not np.isfinite(spots).any(axis=0).all():
        return np.full(2, -np.inf), np.full(2, np.inf)
    return np.nanmin(spots, axis=0), np.nanmax(spots, axis=0)


def _look_of(gc: GraphicsContextBase, face: Color | None) -> _Look:
    if gc.get_sketch_params() is not None or gc.get_url() is not None:
        msg = "an artist is sketched, or leads to an address"
        raise Undrawable(msg)
    return _look(
        tuple(gc.get_rgb()), face, float(gc.get_linewidth()), gc.get_dashes(), gc
    )


def _look(
    stroke: Color | None,
    face: Color | None,
    width: float,
    dashes: Given,
    gc: GraphicsContextBase,
    hatch_color: Color | None = None,
) -> _Look:
    line = None if stroke is None else tuple(map(float, stroke))
    if line is None or width <= 0 or _opacity(line) == 0:
        line = None
    fill = None if face is None else tuple(map(float, face))
    fill = None if _opacity(fill) == 0 else fill
    start, lengths = dashes
    hatch = None
    if gc.get_hatch():
        color: Given = gc.get_hatch_color() if hatch_color is None else hatch_color
        hatch = (
            str(gc.get_hatch()),
            tuple(map(float, color)),
            float(gc.get_hatch_linewidth()),
        )
    told = (
        (float(start or 0), tuple(map(float, lengths)))
        if lengths is not None
        else (0.0, ())
    )
    return _Look(fill, line, width if line else 0.0, told, hatch)


def _looks(
    gc: GraphicsContextBase,
    faces: np.ndarray,
    edges: np.ndarray,
    widths: Sequence[float],
    dashes: Sequence[Any],
    hatches: np.ndarray | None,
) -> Callable[[int], _Look]:
    """Return what tells how the nth shape of a collection is painted."""
    turn = [
        max(1, len(values))
        for values in (faces, edges, widths, dashes, () if hatches is None else hatches)
    ]
    known: dict[tuple[int, ...], _Look] = {}

    def look(i: int) -> _Look:
        key = tuple(i % length for length in turn)
        if key not in known:
            known[key] = _look(
                edges[key[1]] if len(edges) else None,
                faces[key[0]] if len(faces) else None,
                float(widths[key[2]] if len(widths) else gc.get_linewidth()),
                dashes[key[3]] if len(dashes) else gc.get_dashes(),
                gc,
                hatches[key[4]] if hatches is not None and len(hatches) else None,
            )
        return known[key]

    return look


@dataclass(frozen=True, slots=True)
class _Run:
    """Shapes that follow each other and look the same."""

    shape: int
    first: int
    end: int
    look: _Look


def _runs(total: int, shapes: int, looks: Callable[[int], _Look]) -> Iterator[_Run]:
    first = 0
    for i in range(1, total + 1):
        same = i < total and shapes == 1 and looks(i) == looks(first)
        if not same:
            yield _Run(first % shapes, first, i, looks(first))
            first = i


@lru_cache(maxsize=256)
def _tile(
    hatch: tuple[str, tuple[float, ...], float], fill: tuple[float, ...] | None
) -> bytes:
    """Return what draws a tile of a hatch over its ground."""
    pattern, color, width = hatch
    side = _number(_PATTERN)
    parts = []
    if fill is not None:
        ground = _color(fill[:3], stroke=False)
        parts.append(b"%b 0 0 %b %b re f" % (ground, side, side))
    parts += [
        _color(color[:3], stroke=True),
        _color(color[:3], stroke=False),
        _number(width) + b" w",
        _operators(Path.hatch(pattern), Affine2D().scale(_PATTERN)) + b"B",
    ]
    return b"\n".join(parts)


@lru_cache(maxsize=8192)
def _written(
    line: str,
    style: FontProperties,
    halo: bool,  # noqa: FBT001
) -> tuple[tuple[str, tuple[int, ...], float, bytes], ...]:
    """Return, for each run of a line, file, codes, start and what shows it."""
    try:
        runs = set_line(line, style)
    except Unset as error:
        raise Undrawable(str(error)) from error
    found = []
    for run in runs:
        codes = tuple(HALOS + glyph for glyph in run.glyphs) if halo else run.codes
        if max(codes) > _LAST_HALO or (not halo and max(codes) >= HALOS):
            msg = f"{line!r} has signs beyond those that are set"
            raise Undrawable(msg)
        found.append((run.path, codes, run.start, _shown(codes, run.gaps)))
    return tuple(found)


def _shown(codes: Sequence[int], gaps: Sequence[int]) -> bytes:
    """Return what shows letters, with what is taken back between them."""
    parts, letters = [], b""
    for code, gap in zip(codes, gaps, strict=True):
        letters += code.to_bytes(2, "big")
        if gap:
            parts += [_string(letters), b"%d" % gap]
            letters = b""
    if letters:
        parts.append(_string(letters))
    if len(parts) == 1:
        return parts[0] + b"Tj"
    return b"[%b]TJ" % b"".join(parts)


def _string(data: bytes) -> bytes:
    for sign in (b"\\", b"(", b")"):
        data = data.replace(sign, b"\\" + sign)
    return b"(%b)" % data.replace(b"\r", b"\\r")


def _packed(image: np.ndarray) -> Picture:
    """Return a picture as PNG would pack its rows, its opacity apart."""
    if image.ndim == 2:
        image = image[..., None].repeat(3, axis=2)
    colors = np.ascontiguousarray(image[..., :3])
    mask = b""
    if image.shape[2] == 4 and (image[..., 3] != 255).any():
        mask = _rows(np.ascontiguousarray(image[..., 3]))
    height, width = image.shape[:2]
    grey = (colors[..., 0] == colors[..., 1]).all()
    if grey and (colors[..., 0] == colors[..., 2]).all():
        data = _rows(np.ascontiguousarray(colors[..., 0]))
        return Picture(width, height, 1, data, mask)
    return Picture(width, height, 3, _rows(colors), mask)


def _rows(pixels: np.ndarray) -> bytes:
    """Return the rows of a PNG, without what is around them."""
    saved = io.BytesIO()
    Image.fromarray(pixels).save(saved, "png")
    data, at, rows = saved.getvalue(), 8, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            rows.append(data[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(rows)
