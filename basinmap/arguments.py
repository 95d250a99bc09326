"""
One door for each sort of argument: what is given is what a verb takes, or named.

Something of another Python type is an `ArgumentError`, which is a `TypeError`; what is
of the right type and says nothing is the error of its subject.
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
import os
import sys
from collections import abc
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import islice
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import (
    Any,
    Final,
    Literal,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from basinmap.errors import ArgumentError, BasinmapError, DataError, VintageError

__all__ = [
    "check_choice",
    "check_fields",
    "check_flag",
    "check_given",
    "check_kind",
    "check_mapping",
    "day_of",
    "hints_of",
    "many_of",
    "number_of",
    "numbers_of",
    "path_of",
    "shown",
    "text_of",
    "texts_of",
    "whole_of",
]

Kind = TypeVar("Kind")
_LONGEST = 60
_NAME = 255  # bytes that file systems take


def shown(value: object) -> str:
    """
    Return what was given, short enough for a message.

    Parameters
    ----------
    value
        Anything.

    Examples
    --------
    >>> shown("x" * 1000), shown(None)
    ("a text of 1,000 letters, 'xxxxxxxxxxxxxxxxxxxx'…", 'None')
    """
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a text of {len(value):,} letters, {value[:20]!r}…"
    if isinstance(value, int) and value.bit_length() > 200:  # too long to be written
        return "a whole number of more than 60 digits"
    if isinstance(value, str | bytes | int | float | dt.date | type(None)):
        return repr(value)
    return f"of type {type(value).__name__}"


def check_kind(
    value: object,
    kind: type | tuple[type, ...],
    argument: str,
    instead: str,
) -> None:
    """
    Check the Python type of an argument.

    Parameters
    ----------
    value
        What was given.
    kind
        What it must be.
    argument
        Its name.
    instead
        What to pass.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_kind(3, str, "title", "text: title='Vacance'")
    Traceback (most recent call last):
    ...
    basinmap.errors.ArgumentError: title: 3 is no str; pass text: title='Vacance'
    """
    if isinstance(value, kind):
        return
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(one.__name__ for one in kinds)
    msg = f"{argument}: {shown(value)} is no {names}; pass {instead}"
    raise ArgumentError(msg)


def check_flag(value: object, argument: str) -> None:
    """
    Check that an argument is yes or no.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.

    Raises
    ------
    ArgumentError
        If it is neither True nor False.
    """
    # numpy's truth values are no bool, and a frame of them has no truth.
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return
    msg = f"{argument}: {shown(value)} is neither True nor False"
    raise ArgumentError(msg)


def text_of(
    value: object,
    argument: str,
    *,
    error: type[BasinmapError] = DataError,
    named: bool = False,
) -> str:
    """
    Return a text.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.
    error
        What to raise of a text that is none.
    named
        Whether it must hold a letter.

    Raises
    ------
    ArgumentError
        If it is no text.
    """
    check_kind(value, str, argument, f"text: {argument}='…'")
    assert isinstance(value, str)  # noqa: S101 - for the type checker
    if named and not value.strip():
        msg = f"{argument}: {value!r} is empty; give text"
        raise error(msg)
    return value


def check_choice(
    value: object,
    choices: Iterable[object],
    argument: str,
    *,
    error: type[BasinmapError] = DataError,
) -> None:
    """
    Check that an argument is one of a few words.

    Parameters
    ----------
    value
        What was given.
    choices
        The words.
    argument
        Its name.
    error
        What to raise of another word.

    Raises
    ------
    ArgumentError
        If it is no text.
    """
    words = [str(choice) for choice in choices]
    check_kind(value, str, argument, f"one of {', '.join(words)}")
    if value not in words:
        msg = f"unknown {argument} {shown(value)}; choose among {', '.join(words)}"
        raise error(msg)


def number_of(
    value: object,
    argument: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
    unit: str = "",
    such_as: float | str = "",
    error: type[BasinmapError] = DataError,
) -> float:
    """
    Return a finite number within bounds.

    Parameters
    ----------
    value
        What was given; no truth value, which Python counts as 1.
    argument
        Its name.
    least, most
        Bounds, which are allowed.
    above
        A bound, which is not.
    unit
        For the message, such as "metres".
    such_as
        An example.
    error
        What to raise of another number.

    Raises
    ------
    ArgumentError
        If it is no number.

    Examples
    --------
    >>> number_of(-3, "speed", above=0, such_as=15)
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: speed: -3 is no number above 0; pass speed=15
    """
    example = f"; pass {argument}={such_as}" if such_as != "" else ""
    truth = isinstance(value, bool) or type(value).__name__ == "bool_"
    if truth or not isinstance(value, Real | Decimal):
        of = f" of {unit}" if unit else ""
        msg = f"{argument}: {shown(value)} is no number{of}{example}"
        raise ArgumentError(msg)
    try:
        found = float(value)
    except (OverflowError, ValueError):
        found = math.nan
    if math.isfinite(found) and least <= found <= most and found > above:
        return found
    bounds = _bounds(least, most, above)
    of = f" of {unit}" if unit else ""
    finite = "" if bounds else "finite "
    msg = f"{argument}: {shown(value)} is no {finite}number{of}{bounds}{example}"
    raise error(msg)


def _bounds(least: float, most: float, above: float) -> str:
    """Write between which bounds a number lies."""
    if above > -math.inf:
        text = f" above {above:g}"
        return text + (f", up to {most:g}" if most < math.inf else "")
    if least > -math.inf and most < math.inf:
        return f" from {least:g} to {most:g}"
    if least > -math.inf:
        return f" of {least:g} or more"
    return f" up to {most:g}" if most < math.inf else ""


def whole_of(
    value: object,
    argument: str,
    *,
    least: int | None = None,
    most: int | None = None,
    such_as: object = "",
    error: type[BasinmapError] = DataError,
) -> int:
    """
    Return a whole number within bounds.

    Parameters
    ----------
    value
        What was given: `3`, or a number of numpy.
    argument
        Its name.
    least, most
        Bounds, which are allowed.
    such_as
        An example.
    error
        What to raise of a number out of bounds.

    Raises
    ------
    ArgumentError
        If it is no whole number.
    """
    example = f"; pass {argument}={such_as}" if such_as != "" else ""
    truth = isinstance(value, bool) or type(value).__name__ == "bool_"
    whole = isinstance(value, Integral) and not truth
    if not whole:
        msg = f"{argument}: {shown(value)} is no whole number{example}"
        raise ArgumentError(msg)
    found = int(value)  # type: ignore[call-overload] # an Integral
    if (least is not None and found < least) or (most is not None and found > most):
        bounds = _bounds(
            -math.inf if least is None else least,
            math.inf if most is None else most,
            -math.inf,
        )
        msg = f"{argument}: {shown(value)} is no whole number{bounds}{example}"
        raise error(msg)
    return int(found)


def numbers_of(
    values: object,
    argument: str,
    *,
    such_as: str,
    **bounds: Any,  # noqa: ANN401 - as number_of takes them
) -> list[float]:
    """
    Return several numbers; one alone is a list of one.

    Parameters
    ----------
    values
        A number, a list, an array, a series.
    argument
        Their name.
    such_as
        An example.
    **bounds
        As for `number_of`, of each.

    Raises
    ------
    ArgumentError
        If they are no numbers.
    DataError
        If there is none, or one is out of bounds.
    """
    if isinstance(values, Real | Decimal | Fraction):
        values = [values]
    found = [
        number_of(value, argument, such_as=such_as, **bounds)
        for value in many_of(values, argument, such_as)
    ]
    if not found:
        msg = f"{argument}: no number; pass {argument}={such_as}"
        raise bounds.get("error", DataError)(msg)
    return found


def many_of(values: object, argument: str, such_as: str) -> list[Any]:
    """
    Return what a list, a tuple, an array or a series holds.

    Parameters
    ----------
    values
        What was given: neither one text, which is a list of letters for Python, nor a
        table, which is one of columns.
    argument
        Their name.
    such_as
        An example.

    Raises
    ------
    ArgumentError
        If they are no list.
    """
    table = getattr(values, "ndim", 1) != 1
    if (
        table
        or isinstance(values, str | bytes | os.PathLike)
        or not isinstance(values, Iterable)
    ):
        msg = f"{argument}: {shown(values)} is no list; pass {argument}={such_as}"
        raise ArgumentError(msg)
    return list(values)


def texts_of(values: object, argument: str, such_as: str) -> list[str]:
    """
    Return several texts.

    Parameters
    ----------
    values
        A list, a tuple, a series of text; one text alone is a list of one.
    argument
        Their name.
    such_as
        An example.

    Raises
    ------
    ArgumentError
        If they are no list, or one is no text.
    """
    found = [values] if isinstance(values, str) else many_of(values, argument, such_as)
    for one in found:
        check_kind(one, str, argument, f"texts: {argument}={such_as}")
    return found


def path_of(
    value: object,
    argument: str = "path",
    *,
    error: type[BasinmapError] = DataError,
) -> Path:
    """
    Return a path.

    Parameters
    ----------
    value
        Text, or a path of `pathlib`.
    argument
        Its name.
    error
        What to raise of a text that is no name of a file.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    check_kind(value, (str, os.PathLike), argument, "a path: 'folder/file'")
    text = os.fspath(value)  # type: ignore[call-overload] # just checked
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    if not text.strip() or "\0" in text:
        msg = f"{argument}: {text!r} is no name of a file; give its path"
        raise error(msg)
    if any(len(part.encode(errors="replace")) > _NAME for part in Path(text).parts):
        msg = f"{argument}: {shown(text)} is too long for a name of a file"
        raise error(msg)
    try:
        os.fsencode(text)
        text.encode()
    except UnicodeEncodeError:
        msg = f"{argument}: {text!r} cannot be written here; rename it in UTF-8"
        raise error(msg) from None
    return Path(text)


def day_of(value: object, argument: str = "date") -> dt.date:
    """
    Return a day.

    Parameters
    ----------
    value
        Written `"2026-01-01"`, or a date of Python or of pandas.
    argument
        Its name.

    Raises
    ------
    ArgumentError
        If it is neither text nor a date.
    VintageError
        If it is no day of the calendar.

    Examples
    --------
    >>> import datetime as dt
    >>> day_of("2023-06-30"), day_of(dt.datetime(2023, 6, 30, 12))
    (datetime.date(2023, 6, 30), datetime.date(2023, 6, 30))
    """
    check_kind(value, (str, dt.date), argument, f"a day: {argument}='2026-01-01'")
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
        # A moment is a date for Python; so is the one of pandas that is none.
        return dt.date(value.year, value.month, value.day)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        where = "" if argument == "date" else f"{argument}: "
        msg = f"{where}not a date: {shown(value)}; write it as '2026-01-01'"
        raise VintageError(msg) from None


def check_mapping(
    value: object, argument: str, such_as: str, *, keys: Collection[str] = ()
) -> None:
    """
    Check that an argument gives things by name.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.
    such_as
        An example.
    keys
        The names that are known; none: any.

    Raises
    ------
    ArgumentError
        If it is no mapping.
    DataError
        If a name is not known.
    """
    check_kind(value, Mapping, argument, such_as)
    odd = [key for key in value if keys and key not in keys]  # type: ignore[attr-defined]
    if odd:
        msg = f"{argument}: unknown {shown(odd[0])}; choose among {', '.join(keys)}"
        raise DataError(msg)


# -- all arguments of a verb -----------------------------------------------------------

_EXAMPLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool": "True or False",
        "float": "a number",
        "int": "a whole number",
        "str": "text: '…'",
        "Path": "a path: 'folder/file'",
        "PathLike": "a path: 'folder/file'",
        "NoneType": "None",
        "date": "a day: datetime.date(2026, 1, 1)",
        "GeoDataFrame": "a frame with outlines or points: bm.communes()",
        "GeoSeries": "its geometry: frame.geometry",
        "DataFrame": "a table: bm.statistics()",
        "Series": "a series: table['column']",
        "MapAxes": "the map of a page: fig, ax = bm.page(units, title='…')",
        "Sheet": "a page: fig, ax = bm.page(units, title='…')",
        "Network": "a network: bm.read_network(path, mode='walk')",
        "Timetable": "a timetable: bm.read_gtfs(path)",
        "Theme": "a theme: bm.PRINT",
        "Place": "a place: bm.LOUVRE_LENS",
        "Lookup": "bm.lookup(units)",
        "Callable": "a function",
        "Mapping": "names and values: {…}",
        "Stock": "bm.Stock(label='…')",
        "Walking": "bm.Walking(…)",
        "Weights": "neighbours: bm.contiguity_weights(units)",
        "Design": "a design: bm.design(table, outcome='…')",
        "Subject": "what it is about: bm.subject('call', author='…', date=…)",
        "OwnPlate": "a plate of one's own: bm.read_plates('planches.toml')",
        "Document": "a document: bm.Document(…)",
        "DocumentTheme": "a theme: bm.read_theme('theme.toml')",
        "Perimeter": "a perimeter: bm.perimeter('bassin-minier')",
    }
)
_MANY: Final = (abc.Sequence, abc.Iterable, abc.Collection, list, tuple, set, frozenset)
_KEPT: Final = (abc.Sequence, abc.Collection)
_CHECKED: Final = 10_000  # items of a list that are looked at
_PRINTED: Final = ("title", "subtitle", "label", "unit", "author", "note", "credit")
_MOST_LETTERS: Final = 5_000  # laid out letter by letter
_LARGEST: Final = 1e120
_EMPTY: Final = frozenset({type(None), bool})
"""Of which no value breaks anything."""
_BARE: Final = _EMPTY | {str, int, float}
"""Which hold nothing: an annotation takes each of their values, or none."""
_NAMED: Final = (abc.Mapping, dict)
_ANY: Final = (object, Any, str)  # codes that are numbers have a message of their own


def check_given(
    verb: Callable[..., object],
    given: Mapping[str, object],
    *,
    but: Collection[str] = (),
) -> None:
    """
    Check the Python type of every argument of a verb, as its signature says it.

    Parameters
    ----------
    verb
        A function, or a class whose instance is being made.
    given
        Its arguments by name: `locals()`, on its first line.
    but
        Arguments of whose type the verb says more, in the words of its subject.

    Raises
    ------
    ArgumentError
        If one is of another type: the message names it, and says what to pass.
    DataError
        If a number is too large for any computation.

    Examples
    --------
    >>> def rings(*, distances: float) -> None:
    ...     check_given(rings, locals())
    >>> rings(distances="1 km")
    Traceback (most recent call last):
    ...
    basinmap.errors.ArgumentError: distances: '1 km' is of no use here; pass a number
    """
    for name, hint in hints_of(verb):
        value = given[name]
        kind: Any = type(value)
        if kind not in _EMPTY:
            _check_content(name, value)
        suits = _accepts_kind(hint, kind) if kind in _BARE else _accepts(hint, value)
        if not suits and name not in but:
            msg = f"{name}: {shown(value)} is of no use here; pass {_asked(hint)}"
            if "'…'" in msg and _is_code(value):
                msg = msg.replace("'…'", repr(str(int(value))))
            raise ArgumentError(msg + _column(value, hint))


def check_fields(made: object) -> None:
    """
    Check the Python type of every field of what is being made.

    Parameters
    ----------
    made
        An instance of a dataclass, in its `__post_init__`.

    Raises
    ------
    ArgumentError
        If one is of another type.
    DataError
        If a number is too large for any computation.
    """
    kind: Any = type(made)
    check_given(kind, {name: getattr(made, name) for name, _ in hints_of(kind)})


def _check_content(name: str, value: Any) -> None:  # noqa: ANN401 - anything
    """Refuse what breaks whatever it is given to."""
    if isinstance(value, str):
        _check_text(name, value)
        return
    several = isinstance(value, list | tuple)
    if _is_huge(value) or (several and any(map(_is_huge, islice(value, _CHECKED)))):
        msg = f"{name}: {shown(value)} is too large to compute with"
        raise DataError(msg)
    kind = type(value).__name__
    if kind == "NaTType":  # a date for Python, and no day
        msg = f"{name}: not a date: NaT; write it as '2026-01-01'"
        raise VintageError(msg)
    if kind == "GeoDataFrame" and value.active_geometry_name is None:
        msg = f"{name}: a frame without a geometry; call .set_geometry(…) first"
        raise DataError(msg)
    if kind == "Series" and value.dtype == object and _has_lists(value):
        msg = f"{name}: a series of lists; one value a code: .explode(), or .str[0]"
        raise DataError(msg)


def _check_text(name: str, text: str) -> None:
    if not _is_encodable(text):
        msg = f"{name}: {text!r} holds half a sign; write it in UTF-8"
        raise DataError(msg)
    if name in _PRINTED and len(text) > _MOST_LETTERS:
        msg = f"{name}: {shown(text)}; at most {_MOST_LETTERS:,} are printed"
        raise DataError(msg)


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_lists(values: Any) -> bool:  # noqa: ANN401 - pandas' series of objects
    return any(
        isinstance(one, list | dict | set) or type(one).__name__ == "ndarray"
        for one in islice(values, _CHECKED)
    )


@cache
def hints_of(verb: Callable[..., object]) -> tuple[tuple[str, object], ...]:
    """
    Return the types of the arguments of a verb, those that can be told.

    Parameters
    ----------
    verb
        A function or a class.
    """
    names = vars(sys.modules[verb.__module__])
    found = []
    for name, asked in inspect.signature(verb).parameters.items():
        if asked.kind in (asked.VAR_POSITIONAL, asked.VAR_KEYWORD):
            continue
        hint = asked.annotation
        if isinstance(hint, str):
            try:
                hint = eval(hint, dict(names))  # noqa: S307 - our own annotations
            except NameError as error:  # known to type checkers alone
                public = _public(str(error.name))
                if not public:
                    continue
                hint = eval(hint, {**names, **public})  # noqa: S307 - as above
        found.append((name, hint))
    return tuple(found)


def _public(name: str) -> dict[str, object]:
    """Return a public name, whose module is loaded when it is first asked for."""
    package = sys.modules["basinmap"]
    return {name: getattr(package, name)} if name in package.__all__ else {}


@cache
def _accepts_kind(hint: Any, kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Tell whether any value of a kind of `_BARE` is of a type."""
    return _accepts(hint, kind())


def _accepts(hint: Any, value: object) -> bool:  # noqa: ANN401 - any annotation
    """Tell whether a value is of a type."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_accepts(one, value) for one in get_args(hint))
    if isinstance(hint, TypeVar):
        kinds = hint.__constraints__
        return not kinds or any(_accepts(one, value) for one in kinds)
    if origin is Literal:
        return isinstance(value, tuple({type(word) for word in get_args(hint)}))
    if hint in _PLAIN:
        return _PLAIN[hint](value)
    return _is_of(origin or hint, get_args(hint), value)


def _is_of(kind: Any, inside: tuple[Any, ...], value: object) -> bool:  # noqa: ANN401
    """Tell whether a value is of a kind, and what it holds of what is asked."""
    if kind is tuple:  # or the list that someone wrote for one
        return isinstance(value, list | tuple) and _is_row(inside, value)
    if kind in _MANY:
        if isinstance(value, str) and inside[:1] == (str,):
            return True  # one name, in the place of a list of one
        if kind in _KEPT and not _is_kept(kind, value):
            return False
        return _holds(inside, value)
    if kind in _NAMED and inside:
        return isinstance(value, Mapping) and _names(inside, value)
    protocol = getattr(kind, "_is_protocol", False)
    return not isinstance(kind, type) or protocol or isinstance(value, kind)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, Real) and hasattr(value, "dtype")
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _is_path(value: object) -> bool:
    return isinstance(value, os.PathLike)


_PLAIN: Final[Mapping[object, Callable[[object], bool]]] = MappingProxyType(
    {
        None: lambda value: value is None,
        Any: lambda _: True,
        object: lambda _: True,
        float: _is_number,
        int: _is_whole,
        bool: _is_flag,
        Path: _is_path,
        abc.Callable: callable,
    }
)


def _holds(inside: tuple[Any, ...], value: object) -> bool:
    """Tell whether a value is a list, and of numbers where numbers are asked for."""
    if isinstance(value, str | bytes | os.PathLike | Mapping):
        return False
    if not isinstance(value, Iterable) or getattr(value, "ndim", 1) != 1:
        return False
    if not inside or not isinstance(value, abc.Sized):
        return True
    if inside[0] is str:  # a list among them is no name
        return all(isinstance(one, abc.Hashable) for one in islice(value, _CHECKED))
    if inside[0] in _ANY:
        return True
    return all(_accepts(inside[0], one) for one in islice(value, _CHECKED))


def _is_kept(kind: object, value: object) -> bool:
    """Tell what may be read twice, in one order where there is one: no generator."""
    unordered = kind is abc.Sequence and isinstance(value, set | frozenset)
    return isinstance(value, abc.Sized) and not unordered


def _is_row(inside: tuple[Any, ...], value: Sequence[object]) -> bool:
    """Tell whether a value is a pair where a pair is asked for, or the list of one."""
    if not inside or inside[-1] is ...:
        return _holds(inside, value)
    return len(value) == len(inside) and all(map(_accepts, inside, value))


def _names(inside: tuple[Any, ...], value: Mapping[Any, object]) -> bool:
    """Tell whether a mapping is from and to what is asked for."""
    key, held = inside
    # Measures, series and frames by name have a message that names the column.
    told = held in (float, int, str) or get_origin(held) in (tuple, *_KEPT)
    return all(
        _accepts(key, one) and (not told or _accepts(held, other))
        for one, other in islice(value.items(), _CHECKED)
    )


def _is_huge(value: object) -> bool:
    """Tell a number whose square no float holds."""
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) > _LARGEST
    return type(value) is int and value.bit_length() > 400


def _asked(hint: Any) -> str:  # noqa: ANN401 - any annotation
    """Write what is of a type."""
    origin = get_origin(hint)
    if origin in (Union, UnionType) or isinstance(hint, TypeVar):
        kinds = hint.__constraints__ if origin is None else get_args(hint)
        words = dict.fromkeys(_asked(one) for one in kinds)
        words.pop("None", None)
        return " or ".join(words)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    kind = origin or hint
    if kind is tuple and get_args(hint)[-1:] not in ((), (...,)):
        return f"({', '.join(map(_asked, get_args(hint)))})"
    if kind in _MANY:
        inside = get_args(hint)
        many = {float: "numbers: [1, 2]", str: "a list of texts: ['…']"}
        return many.get(inside[0], "a list: […]") if inside else "a list: […]"
    name = getattr(kind, "__name__", "NoneType" if kind is None else str(kind))
    return _EXAMPLES.get(name, name)


def _is_code(value: object) -> TypeGuard[float]:
    """Tell a number that a code would be: « 246200364 », as a table reads it."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 1_000 <= value < 1e10
        and value == int(value)
    )


def _column(value: object, hint: object) -> str:
    """Say how to take a column out of a table, where one is asked for."""
    if type(value).__name__ in ("DataFrame", "GeoDataFrame") and "Series" in str(hint):
        return "; of a table, write table['column']"
    return ""
