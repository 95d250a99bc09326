"""French typography: numbers, dates, apostrophes, spaces of what is printed."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from basinmap.errors import DataError

__all__ = [
    "capital",
    "decimals_had",
    "glued",
    "interval",
    "long_date",
    "month",
    "number",
    "percent",
    "printable",
    "rounded",
    "shortest",
    "stopped",
    "typeset",
    "unbroken",
    "uncapital",
    "yes_or_no",
]

THIN = "\u202f"  # narrow no-break space: thousands, before ; ? ! » %
BROAD = "\u00a0"  # no-break space: before a colon, inside guillemets
MINUS = "\u2212"
_MOST = 15  # decimals that a float holds
_TENS = tuple(10.0**decimals for decimals in range(_MOST + 1))
_WIDE = Context(prec=400)

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)

JOINER = "\u2060"  # no width, no break: after the slash of a unit
# What is counted or measured, after its number; « hab. » ends with its stop.
_UNIT = (
    r"(?:hab\.|(?:[kcm]?m|ha|min|h|M?€|k€|pp)[²³]?(?![\w²³])|(?:%|‰)"
    r"|(?:an|point|euro|minute|kilomètre|mètre|hectare|commune|habitant|logement"
    r"|ménage|personne|résidence|emploi|unité|demande|attribution|vente|mutation"
    r"|intercommunalité|visiteur|visite|autre|établissement|observation|fiche"
    r"|planche|tableau|figure|page)[sx]?\b|actifs?\b|mois\b)"
)
_BEFORE_UNIT = re.compile(rf"(?<=\d) (?={_UNIT})")
_BEFORE_YEAR = re.compile(r"\b([Ee]n) (?=(?:19|20)\d\d\b)")
_IN_UNIT = re.compile(r"(?<=[.€²])/(?=(?:[kcm]?m²|UC|ha|an|mois|h)(?![\w²]))")

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


_MONTH = rf"(?:{'|'.join(_MONTHS)})\b"
# « 1er janvier », « janvier 2026 ».
_IN_DATE = re.compile(
    rf"(?<=\d) (?={_MONTH})|(?<=\der) (?={_MONTH})|(?<=\dᵉʳ) (?={_MONTH})"
    + "".join(rf"|(?<={name}) (?=(?:19|20)\d\d\b)" for name in _MONTHS)
)
_AFTER_SHORT = re.compile(r"(?<!\w)((?:pp?|art|fig|tabl?|vol|chap)\.|[nN]°) (?=\d)")


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    r"""
    Write a number the French way; a half is rounded up, away from zero.

    Parameters
    ----------
    value
        A finite number, or NaN, written as a dash.
    decimals
        How many decimals are kept.
    signed
        Whether a plus sign is written before positive numbers.

    Examples
    --------
    >>> number(1234567.891, 1)
    '1\u202f234\u202f567,9'
    >>> number(12.25, 1), number(2.675, 2)
    ('12,3', '2,68')
    >>> number(-0.04, 1), number(0.25, 2, signed=True), number(float("nan"))
    ('0,0', '+0,25', '–')
    """
    if not 0 <= decimals <= _MOST:
        msg = f"decimals: {decimals} is no number of decimals from 0 to {_MOST}"
        raise DataError(msg)
    if math.isnan(value):
        return "–"
    shown = _half_up(abs(value), decimals)
    text = f"{shown:,.{decimals}f}".replace(",", THIN).replace(".", ",")
    if not any(digit in text for digit in "123456789"):
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def rounded(value: float, decimals: int = 0) -> float:
    """
    Return a number as it is printed: a half is rounded up, away from zero.

    Parameters
    ----------
    value
        Any number.
    decimals
        How many decimals are printed.

    Examples
    --------
    >>> rounded(12.25, 1), rounded(-12.25, 1), rounded(2.675, 2), rounded(0.5)
    (12.3, -12.3, 2.68, 1.0)
    """
    if not 0 <= decimals <= _MOST:
        return round(value, decimals)
    near = round(float(_half_up(abs(value), decimals)), decimals)
    return math.copysign(near, value) + 0.0


def _half_up(value: float, decimals: int) -> float | Decimal:
    """
    Return a number, not negative, whose nearest print rounds its half up.

    What is meant by a half is decimal, as in a spreadsheet, which shows fifteen
    digits: 49 of 400 is 12.25 %, however a computation left its last binary digit.
    """
    scaled = float(value) * _TENS[decimals]
    off = scaled % 1.0 - 0.5
    if not abs(off) < 1e-6 + 1e-12 * scaled:
        return value
    meant = Decimal(f"{float(value):.15g}")
    return meant.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)


def shortest(value: float) -> str:
    r"""
    Write a number with the decimals it has, six at most.

    Parameters
    ----------
    value
        A finite number.

    Examples
    --------
    >>> shortest(2.5), shortest(20_000.0), shortest(0.1 * 3)
    ('2,5', '20\u202f000', '0,3')
    """
    # What was computed is a hair off: 0.1 × 3 is 0.3.
    close = 1e-9 * max(1.0, abs(value))
    decimals = next(
        d for d in range(7) if d == 6 or abs(round(value, d) - value) < close
    )
    return number(value, decimals)


def decimals_had(values: Iterable[float]) -> int:
    """
    Return the fewest decimals that write values as they were given, two at most.

    Parameters
    ----------
    values
        Numbers; those that are missing or infinite say nothing.

    Examples
    --------
    >>> decimals_had([8.1, 7.95]), decimals_had([8.1, 7.0]), decimals_had([1204.0])
    (2, 1, 0)
    """
    known = [value for value in values if math.isfinite(value)]
    return next(
        d for d in (0, 1, 2) if d == 2 or all(_written(value, d) for value in known)
    )


def _written(value: float, decimals: int) -> bool:
    return abs(round(value, decimals) - value) < 1e-9 * max(1.0, abs(value))


def percent(value: float, decimals: int = 1, *, signed: bool = False) -> str:
    r"""
    Write a percentage given as 0–100.

    Parameters
    ----------
    value
        The percentage.
    decimals
        How many decimals are kept.
    signed
        Whether a plus sign is written before positive numbers.

    Examples
    --------
    >>> percent(7.1904)
    '7,2\u202f%'
    """
    text = number(value, decimals, signed=signed)
    return text if math.isnan(value) else f"{text}{THIN}%"


def interval(low: str | None, high: str | None) -> str:
    """
    Write the class `[low ; high[` in words; an open end is None.

    Parameters
    ----------
    low, high
        The bounds, already written as text.

    Examples
    --------
    >>> interval(None, "5"), interval("5", "7,8"), interval("7,8", None)
    ('moins de 5', 'de 5 à moins de 7,8', '7,8 et plus')
    """
    if low is None:
        return f"moins de {high}" if high is not None else "toutes les valeurs"
    return f"{low} et plus" if high is None else f"de {low} à moins de {high}"


def month(date: dt.date) -> str:
    """
    Write the month and the year.

    Parameters
    ----------
    date
        A day of that month.

    Examples
    --------
    >>> month(dt.date(2026, 11, 23))
    'novembre 2026'
    """
    return f"{_MONTHS[date.month - 1]} {date.year}"


def long_date(date: dt.date) -> str:
    r"""
    Write a date in full.

    Parameters
    ----------
    date
        The date.

    Examples
    --------
    >>> long_date(dt.date(2026, 1, 1)), long_date(dt.date(2012, 12, 12))
    ('1er\xa0janvier 2026', '12\xa0décembre 2012')
    """
    day = "1er" if date.day == 1 else str(date.day)
    return f"{day}{BROAD}{month(date)}"


def printable(text: str) -> str:
    r"""
    Return a text without the signs that print nothing; spaces and line ends stay.

    Control characters, soft hyphens, spaces of no width, marks of direction come with
    what is pasted; the first make a file of XML that nothing opens. Line ends that
    word processors have are spaces.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> printable("a\x01b\u200b 1\u202f000")
    'ab 1\u202f000'
    """
    return _printable(text)


@lru_cache(maxsize=8192)
def _printable(text: str) -> str:
    """Return the same for the same text: names come back from sheet to sheet."""
    return _UNPRINTABLE.sub("", re.sub("[\v\f\x85\u2028\u2029]", " ", text))


def typeset(text: str) -> str:
    r"""
    Set a French sentence: apostrophes, spaces before double signs, guillemets.

    Parameters
    ----------
    text
        Plain text, with straight apostrophes and ordinary spaces.

    Examples
    --------
    >>> typeset("Sources : l'Insee ; « RP 2021 »")
    'Sources\xa0: l’Insee\u202f; «\xa0RP 2021\xa0»'
    """
    return _typeset(text)


@lru_cache(maxsize=8192)
def _typeset(text: str) -> str:
    """Set a sentence once, however often it comes back."""
    text = printable(text).replace("'", "’")
    text = re.sub(r" {2,}", " ", text)
    # Not inside a web address: what follows the sign is a space or the end.
    text = re.sub(r" (?=[;?!%])|(?<=\d)(?=[;?!%](?:[\s,.)]|$))", THIN, text)
    text = re.sub(r" :(?=\s|$)", f"{BROAD}:", text)
    text = re.sub(r"\bCC (?=BY\b|0\b)", f"CC{BROAD}", text)
    return text.replace("« ", f"«{BROAD}").replace(" »", f"{BROAD}»")


def glued(text: str) -> str:
    r"""
    Keep on one line what a space would part: no-break spaces.

    A number and its unit, « en » and its year, a day and its month, « p. », « n° » or
    « art. » and its number.

    Parameters
    ----------
    text
        A text that is set already, or of the user.

    Examples
    --------
    >>> glued("218 hab./km² en 2021, pour 1\u202f000 habitants")
    '218\xa0hab./km² en\xa02021, pour 1\u202f000\xa0habitants'
    >>> glued("au 1er janvier 2026, p. 12, n° 3")
    'au 1er\xa0janvier\xa02026, p.\xa012, n°\xa03'
    """
    text = _IN_DATE.sub(BROAD, _AFTER_SHORT.sub(rf"\1{BROAD}", text))
    return _BEFORE_YEAR.sub(rf"\1{BROAD}", _BEFORE_UNIT.sub(BROAD, text))


def unbroken(text: str) -> str:
    r"""
    Keep the parts of a unit on one line: no line ends after its slash.

    Word ends no line there; browsers and typst do.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> unbroken("218\xa0hab./km², 14\xa0€/m²")
    '218\xa0hab./\u2060km², 14\xa0€/\u2060m²'
    """
    return _IN_UNIT.sub(f"/{JOINER}", text)


def stopped(text: str) -> str:
    r"""
    Return a sentence with its full stop, unless a sign ends it already.

    Parameters
    ----------
    text
        A sentence, or nothing, which stays so.

    Examples
    --------
    >>> stopped("le taux vaut 7 %. "), stopped("et ici ?"), stopped("Insee")
    ('le taux vaut 7 %.', 'et ici ?', 'Insee.')
    """
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def capital(text: str) -> str:
    """
    Return a text whose first letter is a capital, the others as they are.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> capital("temps de parcours à Lens")
    'Temps de parcours à Lens'
    """
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """
    Return a text whose first letter is small, unless it starts an acronym.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> uncapital("Taux de vacance"), uncapital("RP 2021")
    ('taux de vacance', 'RP 2021')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def yes_or_no(value: object) -> str:
    """
    Return a truth value in French, anything else as text.

    Parameters
    ----------
    value
        Anything; the truth values of numpy too.

    Examples
    --------
    >>> yes_or_no(True), yes_or_no(0)
    ('oui', '0')
    """
    if type(value).__name__ in ("bool", "bool_"):
        return "oui" if value else "non"
    return str(value)
