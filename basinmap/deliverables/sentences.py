"""
Sentences that follow the numbers: one verdict a fact, gaps from printed values.

A sentence states what two or three printed values say, never why. A change is judged
once (`evolution`) and the headline, the key figure, the note and the chart read that
judgement; a gap is the difference of the values as they are printed, so that a reader
finds it again with the table beside; a rank too, with its ties.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import pandas as pd

from basinmap.errors import DataError, MeasureError, culprits
from basinmap.territory.naming import Name
from basinmap.typography import BROAD, number, percent, rounded, typeset, uncapital

__all__ = [
    "LITTLE",
    "REFUSED",
    "Evolution",
    "Noun",
    "against",
    "check_neutral",
    "counted",
    "enumerated",
    "evolution",
    "fraction",
    "letters",
    "objective",
    "part",
    "printed",
    "rank",
    "reunited",
    "stated",
    "titles",
    "trend",
]

Verdict = Literal["same", "small", "stable", "up", "down"]

REFUSED: Final = (
    "grâce à",
    "en raison d",
    "à cause d",
    "malgré",
    "explique",
    "permet",
    "entraîne",
    "impact",
    "effet",
    "dû à",
    "due à",
    "dus à",
    "dynamique",
    "attractif",
    "attractive",
    "tension",
    "seulement",
    "à peine",
    "hélas",
    "explose",
    "s'effondre",
)
"""What no generated sentence says: a cause, or a judgement."""
_REFUSED: Final = re.compile(
    rf"\b(?:{'|'.join(re.escape(word) for word in REFUSED)})", re.IGNORECASE
)

_LETTERS: Final = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    *("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept"),
    *("dix-huit", "dix-neuf", "vingt"),
)
LITTLE: Final = 20
"""A difference under this many units is told in units: no rate of it is printed."""
_DENOMINATORS: Final = (*range(2, 17), 20)
_CLOSE: Final = 0.02
"""How far a fraction in letters may be from the rate, as a share of it."""


@dataclass(frozen=True, slots=True)
class Noun:
    """
    What a value is called, with what a sentence must agree with.

    Attributes
    ----------
    singular, plural
        « logement », « logements ».
    gender
        `"m"` or `"f"`.
    percentage
        Whether it is printed in per cent, so that gaps are in points.
    unit
        What follows a value that is no percentage: « € ».
    decimals
        How many are printed.
    signed
        Whether a value above zero takes its plus: a growth does.

    Examples
    --------
    >>> Noun("taux de vacance", gender="m", percentage=True, decimals=1).the
    'le taux de vacance'
    """

    singular: str
    plural: str = ""
    gender: str = "m"
    percentage: bool = False
    unit: str = ""
    decimals: int = 0
    signed: bool = False

    @property
    def the(self) -> str:
        """The noun after its article."""
        if self.many:
            return f"les {self.singular}"
        if self.singular[0] in "aeiouéèêâîôûy":
            return f"l'{self.singular}"
        return f"{'la' if self.gender == 'f' else 'le'} {self.singular}"

    @property
    def many(self) -> bool:
        """Whether it is said in the plural alone: « logements »."""
        return bool(self.plural) and self.plural == self.singular

    def agree(self, masculine: str, feminine: str) -> str:
        """
        Return the form that agrees with the noun.

        Parameters
        ----------
        masculine, feminine
            Both forms.
        """
        return feminine if self.gender == "f" else masculine

    def write(self, value: float) -> str:
        """
        Write a value as tables do.

        Parameters
        ----------
        value
            The value.
        """
        return self._written(value, signed=self.signed)

    def _written(self, value: float, *, signed: bool) -> str:
        if self.percentage:
            return percent(value, self.decimals, signed=signed)
        text = number(value, self.decimals, signed=signed)
        return f"{text}{BROAD}{self.unit}" if self.unit else text

    def write_gap(self, gap: float) -> str:
        """
        Write a difference of two printed values, without sign.

        Parameters
        ----------
        gap
            The difference.
        """
        if self.percentage or self.unit.startswith("%"):  # « % par an » too
            return counted(abs(gap), "point", decimals=self.decimals)
        return self._written(abs(gap), signed=False)


@dataclass(frozen=True, slots=True)
class Evolution:
    """
    The judgement of a count at two dates; all that a page says of it reads this.

    Attributes
    ----------
    before, after
        The counts, whole.
    start, end
        Their years.
    rate
        Mean yearly change in per cent, as printed; NaN where no rate may be printed.
    verdict
        `"same"`, `"small"` (no rate anywhere on the page), `"stable"`, `"up"`,
        `"down"`.
    constant
        Whether the perimeter moved between the two dates, so that the sentence says
        « à périmètre constant ».
    steady
        Whether each year from the first to the last is above the one before, or each
        below: two ends alone tell no trend.
    """

    before: int
    after: int
    start: int
    end: int
    rate: float
    verdict: Verdict
    constant: bool = False
    steady: bool = False

    @property
    def difference(self) -> int:
        """How many more, or fewer if negative."""
        return self.after - self.before

    @property
    def short(self) -> str:
        """The change in a headline: « 722 de moins qu'en 2016 »."""
        if not self.difference:
            return f"autant qu'en{BROAD}{self.start}"
        if self.steady:
            way = "hausse" if self.difference > 0 else "baisse"
            return f"en {way} chaque année depuis{BROAD}{self.start}"
        more = "plus" if self.difference > 0 else "moins"
        gap = number(abs(self.difference))
        return f"{gap} de {more} qu'en{BROAD}{self.start}"


def printed(value: float, decimals: int) -> float:
    """
    Return a value as it is printed.

    Parameters
    ----------
    value
        Any finite number.
    decimals
        How many decimals are printed.

    Examples
    --------
    >>> printed(7.5751, 1)
    7.6
    """
    return rounded(value, decimals)


def counted(value: float, singular: str, plural: str = "", *, decimals: int = 0) -> str:
    r"""
    Write a number and its noun, which is singular below 2, as printed.

    Parameters
    ----------
    value
        The number.
    singular, plural
        The noun; the plural is the singular with an s unless given.
    decimals
        How many are printed.

    Examples
    --------
    >>> counted(1.94, "point", decimals=1), counted(1.96, "point", decimals=1)
    ('1,9\xa0point', '2,0\xa0points')
    >>> counted(0, "logement"), counted(12_488, "logement")
    ('0\xa0logement', '12\u202f488\xa0logements')
    """
    noun = singular if abs(printed(value, decimals)) < 2 else plural or f"{singular}s"
    return f"{number(value, decimals)}{BROAD}{noun}"


def evolution(
    before: float,
    after: float,
    years: tuple[int, int],
    *,
    small: int = LITTLE,
    between: Sequence[float] = (),
    constant: bool = False,
) -> Evolution:
    """
    Judge the change of a count between two years.

    Parameters
    ----------
    before, after
        The counts: finite, not negative, both of the same perimeter.
    years
        Their years, in order.
    small
        A difference under this many units has no rate, whatever it is.
    between
        The counts of the years in between, in order: where none lacks and all go one
        way, the change is said to be of each year.
    constant
        Whether the perimeter moved in between.

    Raises
    ------
    DataError
        If a count is missing or negative: a state is said before any comment.
    MeasureError
        If the years are not in order.

    Examples
    --------
    >>> found = evolution(12_488, 11_766, (2016, 2023))
    >>> found.verdict, found.rate, found.difference
    ('down', -0.8, -722)
    >>> evolution(368, 355, (2016, 2023)).verdict
    'small'
    """
    start, end = years
    if start >= end:
        msg = f"years {start} and {end} are not in order; write (before, after)"
        raise MeasureError(msg)
    for year, count in zip(years, (before, after), strict=True):
        if not math.isfinite(count) or count < 0:
            msg = f"count of {year} is {count}; say its state, do not compare it"
            raise DataError(msg)
    first, last = int(rounded(before)), int(rounded(after))
    rate = math.nan
    if first and last:
        rate = printed(100 * ((last / first) ** (1 / (end - start)) - 1), 1)
    verdict = _verdict(last - first, rate, small=small)
    told = math.nan if verdict in {"same", "small"} else rate
    steady = len(between) == end - start - 1 and _one_way([before, *between, after])
    return Evolution(first, last, start, end, told, verdict, constant, steady)


def _one_way(counts: Sequence[float]) -> bool:
    """Tell whether each count is above the one before, or each is below."""
    steps = [b - a for a, b in pairwise(counts)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def _verdict(gap: int, rate: float, *, small: int) -> Verdict:
    if gap == 0:
        return "same"
    if abs(gap) < small:
        return "small"
    if rate == 0:  # as printed
        return "stable"
    return "up" if gap > 0 else "down"


def trend(
    name: Name,
    change: Evolution,
    *,
    noun: str = "habitant",
    subject: Noun | None = None,
) -> str:
    """
    Say how a count of a territory changed.

    Parameters
    ----------
    name
        The territory.
    change
        What `evolution` judged.
    noun
        What is counted, in the singular.
    subject
        Who changes: « population » unless told.

    Examples
    --------
    >>> from basinmap.territory.naming import named
    >>> trend(named("59574"), evolution(12_488, 11_766, (2016, 2023)))
    ... # doctest: +ELLIPSIS
    'La population de Somain diminue de...0,8... entre...2016 et...2023, soit ...'
    """
    who = subject or Noun("population", gender="f")
    head = f"{who.the} {name.of}"
    when = f"entre{BROAD}{change.start} et{BROAD}{change.end}"
    if change.constant:
        when += ", à périmètre constant"
    gap = change.difference
    signed = counted_signed(gap, noun)
    match change.verdict:
        case "same":
            is_same = who.agree("est le même", "est la même")
            both = f"en{BROAD}{change.start} et en{BROAD}{change.end}"
            told = f"{is_same} {both} ({counted(change.after, noun)})"
        case "small":
            # What is little is said in full: « stable » would be a threshold.
            moved = ", à périmètre constant" if change.constant else ""
            told = (
                f"passe de {counted(change.before, noun)} en{BROAD}{change.start} à "
                f"{number(change.after)} en{BROAD}{change.end}{moved} ({signed})"
            )
        case "stable":
            told = f"varie de moins de {percent(0.05, 2)} par an {when} ({signed})"
        case _:
            how = "augmente" if gap > 0 else "diminue"
            more = "plus" if gap > 0 else "moins"
            told = (
                f"{how} de{BROAD}{_rate(change)} par an en moyenne {when}, "
                f"soit {counted(abs(gap), noun)} de {more}"
            )
    return _sentence(f"{head} {told}")


def _rate(change: Evolution) -> str:
    if math.isnan(change.rate):  # from or to nothing: no rate exists
        msg = "no yearly rate exists from or to zero; say the two counts"
        raise MeasureError(msg)
    return percent(abs(change.rate), 1)


def counted_signed(value: int, noun: str) -> str:
    r"""
    Write a difference with its sign and its noun.

    Parameters
    ----------
    value
        The difference.
    noun
        What is counted, in the singular.

    Examples
    --------
    >>> counted_signed(38, "habitant"), counted_signed(-1, "habitant")
    ('+38\xa0habitants', '−1\xa0habitant')
    """
    text = counted(abs(value), noun)
    return f"{'+' if value > 0 else chr(0x2212)}{text}" if value else text


_THOSE: Final = (("celui", "celle"), ("ceux", "celles"))


def against(
    name: Name,
    value: float,
    reference: Name,
    reference_value: float,
    *,
    noun: Noun,
    near: float = 0.5,
) -> str:
    """
    Compare a rate with that of a reference, from the values as printed.

    Parameters
    ----------
    name, value
        The territory, and its value.
    reference, reference_value
        What it is compared with.
    noun
        What the value is.
    near
        A gap under this is « proche », in the unit of the noun.

    Raises
    ------
    DataError
        If a value is missing or infinite.

    Examples
    --------
    >>> from basinmap.territory.naming import Name, named
    >>> rate = Noun("taux de vacance", percentage=True, decimals=1)
    >>> epci = Name("l'intercommunalité", "de l'intercommunalité",
    ...             "dans l'intercommunalité", "f")
    >>> against(named("59574"), 7.58, epci, 6.74, noun=rate)  # doctest: +ELLIPSIS
    'À Somain, le taux de vacance est supérieur de...0,9...point à celui de l’...'
    """
    mine, theirs = (printed(v, noun.decimals) for v in _finite(value, reference_value))
    gap = printed(mine - theirs, noun.decimals)
    that = f"{noun.agree(*_THOSE[noun.many])} {reference.of}"
    s = "s" if noun.many else ""
    if gap == 0:
        the = "les" if noun.many else noun.agree("le", "la")
        told = f"{the} même{s} que {reference.at}"
    elif abs(gap) < near:
        told = f"proche{s} de {that}"
    else:
        how = ("supérieur", "supérieure") if gap > 0 else ("inférieur", "inférieure")
        told = f"{noun.agree(*how)}{s} de{BROAD}{noun.write_gap(gap)} à {that}"
    verb = "sont" if noun.many else "est"
    body = f"{name.at}, {noun.the} {verb} {told} ({noun.write(theirs)})"
    return _sentence(body)


def rank(
    code: str,
    values: pd.Series,
    names: pd.Series,
    *,
    noun: Noun,
    units: str = "communes",
    fragile: Collection[str] = (),
) -> str:
    """
    Say the rank of a unit among its peers, by printed values, ties « ex æquo ».

    Parameters
    ----------
    code
        The unit.
    values
        One value a unit; those without a value are out of the ranks.
    names
        Name of each unit.
    noun
        What the values are.
    units
        What the peers are called, in the plural.
    fragile
        Units whose value is not to be ranked: too few dwellings behind it.

    Raises
    ------
    DataError
        If the unit has no value, or one that is not to be ranked.

    Examples
    --------
    >>> values = pd.Series({"a": 8.93, "b": 7.58, "c": 1.7})
    >>> names = pd.Series({"a": "Aniche", "b": "Somain", "c": "Hornaing"})
    >>> rate = Noun("taux de vacance", percentage=True, decimals=1)
    >>> rank("a", values, names, noun=rate)  # doctest: +ELLIPSIS
    'Avec 8,9..., Aniche a le taux de vacance le plus élevé des 3...communes.'
    """
    kept = values.drop(list(fragile), errors="ignore").dropna()
    if code not in kept.index:
        msg = f"{code!r} has no value to rank (missing, secret, or fragile)"
        raise DataError(msg)
    seen = kept.map(lambda value: printed(value, noun.decimals))
    mine = seen[code]
    peers = f"des {number(len(seen))}{BROAD}{units}"
    if values.isna().any():  # those without a value are of the territory too
        peers += " classées" if units == "communes" else " qui ont une valeur"
    ties = sorted(str(names[c]) for c in seen.index[seen == mine] if c != code)
    if len(seen) > 1 and len(ties) == len(seen) - 1:
        same = "les mêmes" if noun.many else noun.agree("le même", "la même")
        body = f"les {number(len(seen))}{BROAD}{units} ont {same} {noun.singular}"
        return _sentence(f"{body} ({noun.write(mine)})")
    high, low = int((seen > mine).sum()) + 1, int((seen < mine).sum()) + 1
    placed = (
        f"est au {_ordinal(high) or f'1er{BROAD}'}rang {peers}"
        if noun.many
        else f"a {_placed(high, low, noun, peers)}"
    )
    told = f"avec {noun.write(mine)}, {names[code]} {placed}"
    if ties:
        told += f", ex æquo avec {enumerated(ties, most=2)}"
    if left := len([c for c in fragile if c in values.index]):
        told += (
            f" ({counted(left, 'taux', 'taux')} à lire avec prudence hors classement)"
        )
    return _sentence(told)


def _placed(high: int, low: int, noun: Noun, peers: str) -> str:
    """Return a rank in words: extremes at both ends, the order in between."""
    article = noun.agree("le", "la")
    if min(high, low) > 3:
        nth = _ordinal(high) + noun.singular
        return f"{article} {nth} {peers}, par ordre décroissant"
    top = high <= low
    nth = _ordinal(high if top else low) + noun.singular
    most = noun.agree("élevé", "élevée") if top else "faible"
    return f"{article} {nth} {article} plus {most} {peers}"


def _ordinal(rank: int) -> str:
    return "" if rank == 1 else f"{rank}e{BROAD}"


def enumerated(names: Collection[str], *, most: int = 3) -> str:
    r"""
    Write a list: some names, then how many others.

    Parameters
    ----------
    names
        What is listed, in order.
    most
        How many are named.

    Examples
    --------
    >>> enumerated(["Barlin", "Marles-les-Mines", "Noeux"], most=2)
    'Barlin, Marles-les-Mines et 1\xa0autre'
    >>> enumerated(["Douai", "Somain"])
    'Douai et Somain'
    """
    listed = list(names)
    shown = listed[:most]
    if rest := len(listed) - len(shown):
        return f"{', '.join(shown)} et {counted(rest, 'autre')}"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} et {shown[-1]}"


def titles(labels: Collection[str], *, most: int | None = None) -> str:
    r"""
    Write a list of names of indicators: only the first keeps its capital.

    Parameters
    ----------
    labels
        Names, in order.
    most
        How many are named, all of them by default.

    Examples
    --------
    >>> titles(["Population municipale", "Densité de population"])
    'Population municipale et densité de population'
    """
    first, *others = list(labels) or [""]
    told = [first, *map(uncapital, others)]
    return enumerated(told, most=len(told) if most is None else most)


def fraction(rate: float, singular: str, plural: str = "", *, gender: str = "m") -> str:
    """
    Write a rate as « un logement sur treize », or nothing if no fraction is near.

    Parameters
    ----------
    rate
        Per cent, 0–100.
    singular, plural
        What the rate is of.
    gender
        Its gender.

    Examples
    --------
    >>> fraction(7.6, "logement"), fraction(66.0, "ménage"), fraction(93.0, "ménage")
    ('un logement sur treize', 'deux ménages sur trois', '')
    """
    for over in (1, 2, 3):
        near = [
            (abs(rate - 100 * over / n), n)
            for n in _DENOMINATORS
            if over < n
            and math.gcd(over, n) == 1
            and abs(rate - 100 * over / n) <= _CLOSE * 100 * over / n
        ]
        if near:
            first = "une" if over == 1 and gender == "f" else _LETTERS[over]
            noun = singular if over == 1 else plural or f"{singular}s"
            return f"{first} {noun} sur {_LETTERS[min(near)[1]]}"
    return ""


def letters(count: int) -> str:
    """
    Write a small number in letters, a larger one in figures.

    Parameters
    ----------
    count
        A number, not under zero.

    Examples
    --------
    >>> letters(7), letters(31)
    ('sept', '31')
    """
    return _LETTERS[count] if count < len(_LETTERS) else number(count)


def part(
    count: float,
    total: float,
    noun: Noun,
    adjective: tuple[str, str],
    *,
    year: int,
    decimals: int = 1,
) -> str:
    """
    Say how many of how many, then the rate, then a fraction where one is near.

    Parameters
    ----------
    count, total
        The counts; the total is not zero.
    noun
        What is counted.
    adjective
        What they are, in the singular and in the plural.
    year
        Year of the counts.
    decimals
        Of the rate.

    Raises
    ------
    DataError
        If a count is missing, or the total is not positive.

    Examples
    --------
    >>> part(419, 5531, Noun("logement"), ("vacant", "vacants"), year=2021)
    ... # doctest: +ELLIPSIS
    'En...2021, 419 des 5...531...logements sont vacants, soit 7,6... (un logement ...'
    """
    _finite(count, total)
    if total <= 0 or count < 0:
        msg = f"{count} of {total} is no share: the total must be positive"
        raise DataError(msg)
    rate = printed(100 * count / total, decimals)
    verb, what = ("sont", adjective[1]) if count >= 2 else ("est", adjective[0])
    whole = counted(total, noun.singular, noun.plural)
    body = f"en{BROAD}{year}, {number(count)} des {whole} {verb} {what}"
    near = fraction(rate, noun.singular, noun.plural, gender=noun.gender)
    told = f"{body}, soit {percent(rate, decimals)}"
    return _sentence(f"{told} ({near})" if near else told)


def reunited(
    names: Collection[str],
    share: float,
    whole: Name,
    *,
    of: str,
    against_share: float,
    against_of: str,
) -> str:
    """
    Say that a few units hold a share of something, for a share of something else.

    Parameters
    ----------
    names
        The units, two at least.
    share
        Per cent of the whole that they hold.
    whole
        The territory that they are of.
    of
        What they hold: « logements vacants ».
    against_share
        Per cent of what it is set against.
    against_of
        What it is set against: « logements ».

    Examples
    --------
    >>> scot = Name("le SCoT", "du SCoT", "dans le SCoT")
    >>> reunited(["Douai", "Sin-le-Noble", "Somain"], 51, scot,
    ...          of="logements vacants", against_share=34, against_of="logements")
    ... # doctest: +ELLIPSIS
    'Douai, Sin-le-Noble et Somain réunissent 51... des logements vacants du SCoT, ...'
    """
    _finite(share, against_share)
    listed = enumerated(names, most=len(names))
    verb = "réunissent" if len(names) > 1 else "réunit"
    body = f"{listed} {verb} {percent(share, 0)} des {of} {whole.of}, "
    return _sentence(f"{body}pour {percent(against_share, 0)} de ses {against_of}")


def objective(reached: float, aimed: float, noun: str, *, closed: bool) -> str:
    """
    Say how much of an objective is done; whether it is reached only at its end.

    Parameters
    ----------
    reached, aimed
        Counts; the objective is positive.
    noun
        What is counted, in the singular.
    closed
        Whether the period is over.

    Raises
    ------
    DataError
        If a count is missing or the objective is not positive.

    Examples
    --------
    >>> objective(120, 160, "logement", closed=False)  # doctest: +ELLIPSIS
    'Sont comptés 120...logements sur 160, soit 75... de l’objectif.'
    """
    _finite(reached, aimed)
    if aimed <= 0:
        msg = f"an objective of {aimed} cannot be divided by; leave the sentence out"
        raise DataError(msg)
    share = percent(100 * reached / aimed, 0)
    verb = "sont comptés" if reached >= 2 else "est compté"
    done = f"{counted(reached, noun)} sur {number(aimed)}"
    body = f"{verb} {done}, soit {share} de l'objectif"
    if closed:
        body += f", {'atteint' if reached >= aimed else 'non atteint'}"
    return _sentence(body)


def stated(state: str, value: float, noun: Noun) -> str:
    r"""
    Say a value that is not whole: its state comes before any comment.

    Parameters
    ----------
    state
        `"secret"`, `"not_available"`, `"not_applicable"`, `"lower_bound"`,
        `"estimated"`; anything else is a value as it is.
    value
        The value, NaN where there is none.
    noun
        What it is; without unit nor percentage, it is counted.

    Returns
    -------
    str
        Nothing where there is nothing to say.

    Examples
    --------
    >>> stated("lower_bound", 860, Noun("logement vacant", "logements vacants"))
    'au moins 860\xa0logements vacants'
    >>> stated("secret", math.nan, Noun("nombre de ménages"))
    'nombre de ménages couvert par le secret statistique'
    """
    if state == "secret":
        return f"{noun.singular} couvert{noun.agree('', 'e')} par le secret statistique"
    if state in {"not_available", "not_applicable"} or math.isnan(value):
        return ""
    bare = not (noun.unit or noun.percentage)
    text = (
        counted(value, noun.singular, noun.plural, decimals=noun.decimals)
        if bare
        else noun.write(value)
    )
    lead = {"lower_bound": "au moins ", "estimated": "environ "}.get(state, "")
    return f"{lead}{text}"


def check_neutral(texts: Mapping[str, str]) -> None:
    """
    Refuse a generated text that gives a cause or a judgement.

    Parameters
    ----------
    texts
        Sentences by key.

    Raises
    ------
    DataError
        With the words found, and where.

    Examples
    --------
    >>> check_neutral({"plh.vacance": "Le taux est de 7,6 %."})
    """
    found = {
        f"{key}: {hit.group()}": key
        for key, text in texts.items()
        if (hit := _REFUSED.search(text.replace("’", "'")))
    }
    if found:
        msg = (
            f"{len(found)} sentence(s) give a cause or a judgement: "
            f"{culprits(list(found))}; state the values alone"
        )
        raise DataError(msg)


def _finite(*values: float) -> tuple[float, ...]:
    if bad := [value for value in values if not math.isfinite(value)]:
        msg = f"{len(bad)} value(s) missing or infinite; a state is said, not compared"
        raise DataError(msg)
    return values


def _sentence(body: str) -> str:
    """Return a typeset sentence with its capital and its stop."""
    text = typeset(body)
    return f"{text[:1].upper()}{text[1:]}."
