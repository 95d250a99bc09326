"""
Can the colours be told apart: in grey, and with a colour-vision deficiency.

Deficiencies are the full ones (severity 1.0): what they leave apart, the far more
common partial ones leave apart too.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from matplotlib.colors import to_hex, to_rgb, to_rgba

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits

__all__ = [
    "Vision",
    "check_colors",
    "difference",
    "least_color_difference",
    "lightness",
    "own_colors",
    "seen",
    "simulate_vision",
]

Vision = Literal["normal", "deuteranopia", "protanopia", "tritanopia", "grey"]
"""How a sheet is seen; grey is a black-and-white print."""

LEAST_DIFFERENCE: Final = 7.0
"""What two colours must differ by, in CIEDE2000, to be found again in a legend."""
LEAST_STEP: Final = 4.0
"""What the lightness L* of two neighbouring classes must differ by, out of 100."""
_SAME: Final = 2.0  # just noticeable side by side: never across a map

DEFICIENCIES: Final[tuple[Vision, ...]] = ("deuteranopia", "protanopia", "tritanopia")

# Table 1 of Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
_MATRICES: Final[Mapping[str, np.ndarray]] = MappingProxyType(
    {
        "protanopia": np.array(
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ]
        ),
        "deuteranopia": np.array(
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ]
        ),
        "tritanopia": np.array(
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ]
        ),
    }
)
# IEC 61966-2-1: linear sRGB to CIE XYZ under D65, the white being its row sums.
_TO_XYZ: Final = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)


def simulate_vision(image: np.ndarray, vision: Vision) -> np.ndarray:
    """
    Return an image as it is seen, to look at a whole map.

    Parameters
    ----------
    image
        (height, width, 3) or (…, 4) array of sRGB: integers of 0–255, or floats of 0–1.
        Transparency is kept.
    vision
        `"normal"`, `"deuteranopia"`, `"protanopia"`, `"tritanopia"` or `"grey"`.

    Returns
    -------
    ndarray
        Same shape and type.

    Raises
    ------
    DataError
        If the vision is unknown, or the array is no image.

    References
    ----------
    G. M. Machado, M. M. Oliveira, L. A. F. Fernandes (2009), A Physiologically-based
    Model for Simulation of Color Vision Deficiency, *IEEE Transactions on
    Visualization and Computer Graphics* 15(6). Grey keeps the luminance Y of CIE XYZ.

    Examples
    --------
    >>> import basinmap as bm
    >>> import numpy as np
    >>> pixel = np.array([[[255, 0, 0]]], dtype=np.uint8)
    >>> bm.simulate_vision(pixel, "grey").tolist()
    [[[127, 127, 127]]]
    """
    check_given(simulate_vision, locals())
    pixels = np.asarray(image)
    whole = pixels.dtype == np.uint8
    if pixels.ndim != 3 or pixels.shape[-1] not in {3, 4}:
        msg = f"an image of shape {pixels.shape}: give (height, width, 3) or (…, 4)"
        raise DataError(msg)
    if not whole and pixels.dtype.kind != "f":
        msg = f"an image of {pixels.dtype}: give integers of 0–255 (uint8), or floats"
        raise DataError(msg)
    colors = pixels[..., :3] / 255 if whole else pixels[..., :3]
    changed = _encoded(_as_seen(_linear(colors), vision))
    if whole:
        changed = np.rint(changed * 255)
    return np.concatenate([changed, pixels[..., 3:]], axis=-1).astype(pixels.dtype)


def seen(colors: Sequence[str], vision: Vision) -> list[str]:
    """
    Return colours as they are seen.

    Parameters
    ----------
    colors
        Colours matplotlib knows.
    vision
        See `simulate`.

    Raises
    ------
    DataError
        If the vision is unknown, or one is no colour.

    Examples
    --------
    >>> seen(["#d7191c", "#1a9641"], "deuteranopia")
    ['#8a7b0c', '#8a7f48']
    """
    return [
        to_hex(color) for color in _encoded(_as_seen(_linear(_rgb(colors)), vision))
    ]


def lightness(colors: Sequence[str]) -> np.ndarray:
    """
    Return the CIE lightness L* of colours, 0 (black) to 100 (white).

    Parameters
    ----------
    colors
        Colours matplotlib knows.

    Raises
    ------
    DataError
        If one is no colour.

    Examples
    --------
    >>> lightness(["black", "#777777", "white"]).round(1).tolist()
    [0.0, 50.0, 100.0]
    """
    return _lab(_linear(_rgb(colors)))[:, 0]


def least_color_difference(
    colors: Sequence[str], *, vision: Vision = "normal"
) -> float:
    """
    Return the least CIEDE2000 difference between two of the colours, as seen.

    Parameters
    ----------
    colors
        Two colours or more.
    vision
        See `simulate`.

    Raises
    ------
    DataError
        If the vision is unknown, or one is no colour.

    Examples
    --------
    >>> import basinmap as bm
    >>> red_and_green = ["#d7191c", "#1a9641"]
    >>> round(bm.least_color_difference(red_and_green), 1)
    70.6
    >>> round(bm.least_color_difference(red_and_green, vision="deuteranopia"), 1)
    8.1
    """
    check_given(least_color_difference, locals())
    return _closest(colors, vision)[0]


def _closest(
    colors: Sequence[str], vision: Vision, pairs: Iterable[tuple[int, int]] = ()
) -> tuple[float, int, int]:
    """Return the least difference among pairs, by default all, and which it is."""
    lab = _lab(_as_seen(_linear(_rgb(colors)), vision))
    chosen = np.array(list(pairs) or list(combinations(range(len(lab)), 2)), dtype=int)
    if not chosen.size:
        return np.inf, 0, 0
    apart = difference(lab[chosen[:, 0]], lab[chosen[:, 1]])
    least = int(np.argmin(apart))
    first, second = chosen[least].tolist()
    return float(apart[least]), first, second


def check_colors(
    colors: Sequence[str], *, ordered: bool, below: int | None = None
) -> None:
    """
    Check that the colours of classes can be told apart by everyone.

    Parameters
    ----------
    colors
        One a class, lowest first.
    ordered
        Whether the classes have an order: lightness must show it to everyone, in grey
        too. Types without an order differ by their hues, and grey is not checked.
    below
        Of a diverging palette, the number of classes under the pivot: each side darkens
        outwards, and the two sides differ by their hues.

    Raises
    ------
    DataError
        If one is no colour, or two can be told apart by nobody.

    Warns
    -----
    BasinmapWarning
        If the lightness L* of ordered classes goes up and down, or by steps under 4;
        if two types, or two classes across the pivot, differ by less than 7 (CIEDE2000)
        under full deuteranopia, protanopia or tritanopia.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.check_colors(["#fef0d9", "#fc8d59", "#b30000"], ordered=True)
    >>> bm.check_colors(["#fc8d59", "#fef0d9", "#67a9cf"], ordered=True, below=1)
    """
    check_given(check_colors, locals())
    apart, first, second = _closest(colors, "normal")
    if apart < _SAME:
        msg = (
            f"classes {first + 1} and {second + 1} have nearly one colour, "
            f"{colors[first]!r} and {colors[second]!r}: nobody would tell them apart"
        )
        raise DataError(msg)
    sides = _sides(len(colors), ordered=ordered, below=below)
    faults = [_out_of_order(colors, sides)] if ordered else []
    if len(sides) > 1:
        faults += [_confused(colors, vision, sides) for vision in DEFICIENCIES]
    told = [fault for fault in faults if fault]
    if told:
        msg = f"{'; '.join(told)}; choose a palette by its name, such as 'blues'"
        warnings.warn(msg, BasinmapWarning, stacklevel=2)


def _sides(count: int, *, ordered: bool, below: int | None) -> list[range]:
    """Return the runs of classes that lightness tells apart, from light to dark."""
    if not ordered:
        return [range(i, i + 1) for i in range(count)]
    if below is not None and not 0 <= below <= count:
        msg = f"below={below}: {count} colours have from 0 to {count} below the pivot"
        raise DataError(msg)
    if below is None:
        return [range(count)]
    return [range(below - 1, -1, -1), range(below, count)]


def _out_of_order(colors: Sequence[str], sides: list[range]) -> str:
    light = lightness(colors)
    # A plain palette may also go from dark to light, the same way for everyone.
    rising = len(sides) == 1 and (light[:1] < light[-1:]).all()
    for vision in ("normal", *DEFICIENCIES):
        light = lightness(seen(colors, vision))
        for side in sides:
            steps = np.diff(light[list(side)])
            if ((steps if rising else -steps) < LEAST_STEP).any():
                levels = ", ".join(f"{level:.0f}" for level in light)
                where = "in grey" if vision == "normal" else f"with {vision}"
                return (
                    f"{where} the order of the classes is lost (lightness {levels}; "
                    f"steps of {LEAST_STEP:g} needed)"
                )
    return ""


def _confused(colors: Sequence[str], vision: Vision, sides: list[range]) -> str:
    across = [
        pair for one, other in combinations(sides, 2) for pair in product(one, other)
    ]
    apart, first, second = _closest(colors, vision, across)
    if not across or apart >= LEAST_DIFFERENCE:
        return ""
    return (
        f"with {vision} classes {first + 1} and {second + 1} look alike "
        f"({colors[first]} and {colors[second]}: {apart:.1f} apart, "
        f"{LEAST_DIFFERENCE:g} needed)"
    )


def own_colors(
    colors: Sequence[str], count: int, *, ordered: bool, below: int | None = None
) -> list[str]:
    """
    Return the user's own colours as `#rrggbb`, one a class, once checked.

    Parameters
    ----------
    colors
        Colours matplotlib knows, lowest class first.
    count
        Number of classes.
    ordered, below
        See `check_colors`.

    Raises
    ------
    DataError
        If there are not `count` of them, one is no colour or is transparent, or two
        can be told apart by nobody.

    Warns
    -----
    BasinmapWarning
        See `check_colors`.

    Examples
    --------
    >>> own_colors(["gold", "#803"], 2, ordered=True)
    ['#ffd700', '#880033']
    """
    given = list(colors)
    if len(given) != count:
        msg = (
            f"{len(given)} colours for {count} classes: give one a class, lowest first"
        )
        raise DataError(msg)
    _rgb(given)
    clear = [color for color in given if to_rgba(color)[3] < 1]
    if clear:
        msg = (
            f"{len(clear)} transparent colours: {culprits(clear)}; what lies under "
            "would change them, give plain ones such as '#84b3d8'"
        )
        raise DataError(msg)
    found = [to_hex(color) for color in given]
    check_colors(found, ordered=ordered, below=below)
    return found


def difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """
    Return the CIEDE2000 difference between colours in CIE Lab.

    Parameters
    ----------
    first, second
        (n, 3) L*, a*, b*.

    References
    ----------
    G. Sharma, W. Wu, E. N. Dalal (2005), The CIEDE2000 Color-Difference Formula,
    *Color Research and Application* 30(1), whose test data it meets.

    Examples
    --------
    >>> import numpy as np
    >>> light, dark = np.array([[73, 25, -18]]), np.array([[50, 2.5, 0]])
    >>> difference(dark, light).round(4).tolist()
    [27.1492]
    """
    chromas = [np.hypot(lab[:, 1], lab[:, 2]) for lab in (first, second)]
    stretch = 1.5 - 0.5 * _saturation((chromas[0] + chromas[1]) / 2)
    a1, a2 = first[:, 1] * stretch, second[:, 1] * stretch
    c1, c2 = np.hypot(a1, first[:, 2]), np.hypot(a2, second[:, 2])
    h1, h2 = (
        np.degrees(np.arctan2(b, a)) % 360
        for a, b in ((a1, first[:, 2]), (a2, second[:, 2]))
    )
    colourless = c1 * c2 == 0
    turn = np.where(colourless, 0, (h2 - h1 + 180) % 360 - 180)
    # Half a turn has two middles: the paper takes that of h1 + h2.
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    hue = np.where(colourless, h1 + h2, (h1 + turn / 2) % 360)
    light, chroma = (first[:, 0] + second[:, 0]) / 2, (c1 + c2) / 2

    tint = (
        1
        - 0.17 * _cosine(hue - 30)
        + 0.24 * _cosine(2 * hue)
        + 0.32 * _cosine(3 * hue + 6)
        - 0.20 * _cosine(4 * hue - 63)
    )
    off = (light - 50) ** 2
    by_light = (second[:, 0] - first[:, 0]) / (1 + 0.015 * off / np.sqrt(20 + off))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    by_hue = by_hue / (1 + 0.015 * chroma * tint)
    bend = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rotation = -2 * _saturation(chroma) * bend
    return np.sqrt(
        by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue
    )


def _cosine(degrees: np.ndarray) -> np.ndarray:
    return np.cos(np.radians(degrees))


def _saturation(chroma: np.ndarray) -> np.ndarray:
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _rgb(colors: Sequence[str]) -> np.ndarray:
    try:
        return np.array([to_rgb(color) for color in colors]).reshape(-1, 3)
    except ValueError as error:
        msg = f"{error}; write colours as '#84b3d8'"
        raise DataError(msg) from error


def _linear(rgb: np.ndarray) -> np.ndarray:
    """Undo the encoding of sRGB."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _encoded(linear: np.ndarray) -> np.ndarray:
    """Encode as sRGB."""
    kept = np.clip(linear, 0, 1)
    return np.where(kept <= 0.0031308, kept * 12.92, 1.055 * kept ** (1 / 2.4) - 0.055)


def _as_seen(linear: np.ndarray, vision: Vision) -> np.ndarray:
    if vision not in get_args(Vision):
        msg = f"unknown vision {vision!r}: {', '.join(get_args(Vision))}"
        raise DataError(msg)
    if vision == "normal":
        return linear
    if vision == "grey":
        return np.repeat((linear @ _TO_XYZ[1])[..., None], 3, axis=-1)
    return np.clip(linear @ _MATRICES[vision].T, 0, 1)


def _lab(linear: np.ndarray) -> np.ndarray:
    """Return CIE Lab under D65."""
    ratio = linear @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    x, y, z = np.where(
        ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29
    ).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
