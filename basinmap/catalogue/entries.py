"""
The indicators and the counts they rest on, read once from `catalogue.toml`.

Counts are named without a year: `vacant_dwellings` stands for any column
`vacant_dwellings_2021`, of whatever year a table holds.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar

from basinmap.errors import CodeError, DataError, culprits
from basinmap.territory.levels import LEVELS
from basinmap.typography import number
from basinmap.values.masking import SecrecyRule, secrecy_rules

__all__ = [
    "Catalogue",
    "Count",
    "Indicator",
    "MapStyle",
    "Prudence",
    "Term",
    "catalogue",
    "indicator",
]

Span = Literal["one", "two", "period", "since"]
Made = TypeVar("Made")

_TERM: Final = re.compile(r"(-?)([a-z][a-z0-9_]*)(?:@([a-z]+))?")
_WHENS: Final = ("", "previous", "latest", "start", "end", "period", "since", "base")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kind": (
            *("stock", "ratio", "growth", "yearly", "gain", "mean"),
            *("median", "flow", "formula"),
        ),
        "family": ("", "P", "C"),
        "direction": ("up", "down", "neither"),
        "status": ("embedded", "file", "partner"),
    }
)
_MAPS: Final = ("choropleth", "symbols", "links", "chart")
_TIMES: Final = ("date", "year", "none")
_ROUND: Final = ("rolling", "quarter")
_SAMPLINGS: Final = ("full", *_ROUND, "survey", "modelled")
_STEP: Final = 50
_KINDS_OF_COUNT: Final = ("stock", "published")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """
    A count that indicators rest on, of no year.

    Attributes
    ----------
    label, unit
        French.
    family
        Sampling family of the census, `"P"` or `"C"`.
    sampling
        `"full"`, `"rolling"`, `"quarter"`, `"survey"` or `"modelled"`.
    time
        `"date"`, at 1 January; `"year"`, during one; `"none"`, of no year.
    kind
        `"stock"`, or `"published"` for what never adds up.
    """

    label: str
    unit: str
    sampling: str
    time: str
    family: str = ""
    kind: str = "stock"


@dataclass(frozen=True, slots=True)
class Term:
    """
    A count of a numerator or of a denominator.

    Attributes
    ----------
    count
        Name of the count, without a year.
    sign
        1, or -1 for what is taken away.
    when
        Of which year, or years: see `catalogue.toml`.
    """

    count: str
    sign: int = 1
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStyle:
    """
    How an indicator is drawn by default.

    Attributes
    ----------
    type
        `"choropleth"`, `"symbols"`, `"links"` or `"chart"`.
    palette
        Name of a palette.
    method
        How classes are made, of a choropleth.
    pivot
        Value that a diverging palette turns on.
    """

    type: str
    palette: str
    method: str
    pivot: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prudence:
    """
    Over how few a rate is to be read with care.

    Attributes
    ----------
    least
        The least number of units over which it is firm.
    noun
        How these units are called, in the plural.
    since
        Year of which they are, where it is not that of the rate.
    """

    least: int
    noun: str
    since: str = ""

    @property
    def told(self) -> str:
        """What is printed of what is fragile, such as « moins de 200 logements »."""
        of = f" en {self.since}" if self.since else ""
        return f"moins de {number(self.least)} {self.noun}{of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """
    In how many years the census goes round, and what two nearer dates call for.

    Attributes
    ----------
    years
        How long it takes.
    times
        How many times more units a change over a shorter span wants, for a part of
        them is interpolated.
    note
        What the foot of a page says of such a span, in French.
    """

    years: int
    times: int
    note: str

    def least(self, least: int, span: int) -> int:
        """
        Return the least number of units over which a change is firm.

        Parameters
        ----------
        least
            The number over a whole cycle.
        span
            Years between the two dates.

        Examples
        --------
        >>> cycle = catalogue().cycle
        >>> [cycle.least(200, span) for span in (1, 2, 3, 4, 5, 7)]
        [2000, 1000, 700, 500, 200, 200]
        """
        if span >= self.years:
            return least
        return -(-least * self.times * self.years // (span * _STEP)) * _STEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """
    An indicator: what is computed, and how it is named, written and drawn.

    An indicator is of no year: that is the year of the counts it is computed from.

    Attributes
    ----------
    id
        Id in the catalogue, such as `"L04"`.
    variant
        Which of its variants this is, such as `"T3"`; nothing where it has none.
    label, definition, unit
        French, as printed.
    kind
        How it is computed: see `catalogue.toml`.
    numerator, denominator
        Its counts.
    scale
        What a quotient, or a sum, is multiplied by.
    decimals
        Decimals when printed.
    family
        Sampling family of the census, `"P"` or `"C"`.
    levels
        Where it makes sense; none for what is of no territory.
    partition
        Whether it makes sense on units of the user's own.
    secrecy
        Rule that its values obey.
    floor
        Count that the rule of secrecy is about.
    prudence
        Over how few of its denominator a value is fragile; none where no count says.
        Between two dates of the census nearer than it goes round: see `Cycle`.
    deliverables
        Documents that print it.
    direction
        `"up"` or `"down"` if that is better, else `"neither"`.
    map
        How it is drawn.
    law
        Text that defines it.
    sources
        Files that can feed it, by id.
    status
        `"embedded"`, `"file"` that the user gives, or a `"partner"`'s extract.
    verified
        Whether its definition was read in a text, a file or a deliverable.
    doubt
        What was not.
    notes
        French lines for the foot of a page.
    variants
        Its variants by name, the first one first.
    """

    id: str
    variant: str = ""
    label: str
    definition: str
    kind: str
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]
    scale: float
    unit: str
    decimals: int
    family: str
    levels: tuple[str, ...]
    partition: bool
    secrecy: SecrecyRule
    floor: str
    deliverables: tuple[str, ...]
    direction: str
    map: MapStyle
    law: str
    sources: tuple[str, ...]
    status: str
    verified: bool
    doubt: str
    notes: tuple[str, ...]
    prudence: Prudence | None = None
    variants: Mapping[str, Indicator] = field(default_factory=dict)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All its terms, those of the numerator first."""
        return self.numerator + self.denominator

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts it needs, without a year, the first one first."""
        return tuple(dict.fromkeys(term.count for term in self.terms))

    @property
    def span(self) -> Span:
        """Whether it is of one year, of two, of a period, or of what follows 2021."""
        whens = {term.when for term in self.terms}
        if whens & {"start", "end"}:
            return "two"
        if "since" in whens:
            return "since"
        return "period" if "period" in whens else "one"

    @property
    def rolling(self) -> bool:
        """Whether it compares what the census counted, at two dates."""
        every, dates = catalogue().counts, {"start", "end"}
        found = {
            term.when
            for term in self.terms
            if every[term.count].sampling in _ROUND and term.when in dates
        }
        return found == dates

    def care(self, span: int, since: str = "") -> Prudence | None:
        """
        Return over how few its values are fragile between two years.

        Parameters
        ----------
        span
            How many years lie between them; of no matter to what is of one year.
        since
            The first of them, of whose units a growth is.

        Examples
        --------
        >>> [indicator("D02").care(span, "2016").told for span in (7, 3)]
        ['moins de 200 habitants en 2016', 'moins de 700 habitants en 2016']
        """
        found = self.prudence
        if found is not None and self.kind == "growth":
            found = replace(found, since=since)
        if found is None or not self.rolling:
            return found
        return replace(found, least=catalogue().cycle.least(found.least, span))

    def title(self, vintage: str = "") -> str:
        """
        Return the French title of a map.

        Parameters
        ----------
        vintage
            Year of the counts, or `"2016-2023"` for an indicator of two.
        """
        first, _, last = vintage.partition("-")
        if self.span == "since" and last:
            return f"{self.label}, au 1er janvier {last}"
        if last and self.span != "one":
            return f"{self.label} de {first} à {last}"
        return f"{self.label} en {vintage}" if vintage else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """
    All that `catalogue.toml` says.

    Attributes
    ----------
    counts, indicators
        By name, by id.
    sources
        French name of each file, by id.
    prudence
        Over how few of a count a rate is fragile, by its name.
    cycle
        In how many years the census goes round.
    sums
        The counts that a count is exactly the sum of.
    """

    counts: Mapping[str, Count]
    sources: Mapping[str, str]
    prudence: Mapping[str, Prudence]
    cycle: Cycle
    indicators: Mapping[str, Indicator]
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def catalogue() -> Catalogue:
    """
    Return the catalogue, read once and checked.

    Raises
    ------
    DataError
        If an entry of `catalogue.toml` lacks a field, or names what does not exist.

    Examples
    --------
    >>> len(catalogue().indicators)
    69
    """
    told = resources.files("basinmap.catalogue").joinpath("catalogue.toml")
    raw = tomllib.loads(told.read_text("utf-8"))
    return read(raw)


def read(raw: Mapping[str, Any]) -> Catalogue:
    """
    Return a catalogue from what its file says.

    Parameters
    ----------
    raw
        The tables `counts`, `sources`, `prudence`, `cycle` and `indicators`.

    Raises
    ------
    DataError
        Naming the entry, and what is wrong with it.
    """
    counts = {name: _made(Count, name, item) for name, item in raw["counts"].items()}
    for name, item in counts.items():
        _check_among(name, "time", item.time, _TIMES)
        _check_among(name, "sampling", item.sampling, _SAMPLINGS)
        _check_among(name, "kind", item.kind, _KINDS_OF_COUNT)
        _check_among(name, "family", item.family, _CHOICES["family"])
    rules = secrecy_rules()
    care = {n: _made(Prudence, n, told) for n, told in raw["prudence"].items()}
    for name in care:
        _check_among("prudence", "count", name, counts)
    sums = {total: tuple(parts) for total, parts in raw.get("sums", {}).items()}
    for total, parts in sums.items():
        for name in (total, *parts):
            _check_among(f"sums.{total}", "count", name, counts)
    known = _Known(counts, rules, dict(raw["sources"]), care)
    found = {id_: _entry(id_, item, known) for id_, item in raw["indicators"].items()}
    return Catalogue(
        counts=MappingProxyType(counts),
        sources=MappingProxyType(known.sources),
        prudence=MappingProxyType(care),
        cycle=_made(Cycle, "cycle", raw["cycle"]),
        indicators=MappingProxyType(found),
        sums=MappingProxyType(sums),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What entries may name."""

    counts: Mapping[str, Count]
    rules: Mapping[str, SecrecyRule]
    sources: Mapping[str, str]
    prudence: Mapping[str, Prudence]


def _made(kind: type[Made], name: str, told: Mapping[str, Any]) -> Made:
    """Return an object from the fields that an entry gives."""
    try:
        return kind(**told)
    except TypeError as error:
        msg = f"catalogue: {name!r}: {error}"
        raise DataError(msg) from None


def _check_among(name: str, what: str, value: str, among: Collection[str]) -> None:
    if value not in among:
        msg = f"catalogue: {name!r}: {what} {value!r} is none of {', '.join(among)}"
        raise DataError(msg)


def _entry(id_: str, told: Mapping[str, Any], known: _Known) -> Indicator:
    """Return one indicator with its variants, all checked."""
    base = {name: value for name, value in told.items() if name != "variants"}
    variants = {
        name: _one(id_, name, {**base, **change}, known)
        for name, change in told.get("variants", {}).items()
    }
    first = next(iter(variants), "")
    return _one(id_, first, base, known, MappingProxyType(variants))


def _one(
    id_: str,
    variant: str,
    told: Mapping[str, Any],
    known: _Known,
    variants: Mapping[str, Indicator] = MappingProxyType({}),
) -> Indicator:
    made = _read_fields(id_, told, known)
    found: Indicator = _made(
        Indicator, id_, {**made, "id": id_, "variant": variant, "variants": variants}
    )
    _check(found, known)
    return found


def _read_fields(id_: str, told: Mapping[str, Any], known: _Known) -> dict[str, object]:
    """Return the fields of an entry as an indicator holds them."""
    lists = {name: tuple(v) for name, v in told.items() if isinstance(v, list)}
    found = {**told, **lists}
    for side in ("numerator", "denominator"):
        found[side] = tuple(_term(id_, text) for text in told.get(side, ()))
    rule = told.get("secrecy", "")
    _check_among(id_, "secrecy", rule, known.rules)
    found["secrecy"] = known.rules[rule]
    style = told.get("map", {})
    found["map"] = _made(MapStyle, id_, style)
    found["prudence"] = _prudence(found, known)
    return found


def _prudence(found: Mapping[str, Any], known: _Known) -> Prudence | None:
    """Return over how few of its denominator a rate is fragile, if a count says."""
    terms: tuple[Term, ...] = found["denominator"]
    rate = found.get("kind") in {"ratio", "growth", "yearly", "mean"}
    care = known.prudence.get(terms[0].count) if rate and terms else None
    least = found.get("prudence")
    return replace(care, least=int(least)) if care and least else care


def _term(id_: str, text: str) -> Term:
    """Read a term such as `-deaths@period`."""
    read_ = _TERM.fullmatch(text)
    if read_ is None or (read_[3] or "") not in _WHENS:
        msg = (
            f"catalogue: {id_!r}: {text!r} is no term; write count, -count or "
            f"count@{', count@'.join(_WHENS[1:])}"
        )
        raise DataError(msg)
    return Term(read_[2], -1 if read_[1] else 1, read_[3] or "")


def _check(item: Indicator, known: _Known) -> None:
    """Check that an indicator names what exists, and is whole."""
    for name, among in _CHOICES.items():
        _check_among(item.id, name, getattr(item, name), among)
    _check_among(item.id, "map.type", item.map.type, _MAPS)
    floors = [item.floor] if item.floor else []
    for name in (*item.counts, *floors):
        _check_among(item.id, "count", name, known.counts)
    for name in item.sources:
        _check_among(item.id, "source", name, known.sources)
    for level in item.levels:
        _check_among(item.id, "level", level, LEVELS)
    _check_terms(item, known.counts)
    wanted = {"label", "definition", "numerator", "deliverables", "sources"}
    void = sorted(name for name in wanted if not getattr(item, name))
    if void or item.verified == bool(item.doubt):
        msg = (
            f"catalogue: {item.id!r}: {culprits(void) or 'doubt'} must be written; "
            "an indicator that is not verified says what was not, in doubt"
        )
        raise DataError(msg)


def _check_terms(item: Indicator, counts: Mapping[str, Count]) -> None:
    """Check that terms are of the time, the kind and the family they can be of."""
    spans = {"period", "since", "base"}
    for term in item.terms:
        count = counts[term.count]
        if term.when in spans and count.time != "year":
            msg = f"catalogue: {item.id!r}: {term.count!r} is at a date, of no period"
            raise DataError(msg)
        if count.kind == "published" and item.kind not in {"median", "mean"}:
            msg = f"catalogue: {item.id!r}: {term.count!r} is published, never added up"
            raise DataError(msg)
        if {count.family, item.family} == {"P", "C"}:
            msg = f"catalogue: {item.id!r}: {term.count!r} is of family {count.family}"
            raise DataError(msg)
    both = item.kind in {"ratio", "growth", "yearly", "gain", "mean"}
    if both and not item.denominator:
        msg = f"catalogue: {item.id!r}: a {item.kind} has a denominator"
        raise DataError(msg)


def _near(id_: object, known: Iterable[str]) -> str:
    """Return the id that was meant: « l4 » and « L 04 » are L04."""
    form = re.fullmatch(r"\s*([A-Za-z])[\s-]*(\d{1,2})\s*", str(id_))
    meant = f"{form[1].upper()}{int(form[2]):02}" if form else ""
    return meant if meant in known else ""


def indicator(id_: str, variant: str | None = None) -> Indicator:
    """
    Return one indicator of the catalogue.

    Parameters
    ----------
    id_
        Its id.
    variant
        Which of its variants.

    Raises
    ------
    CodeError
        With the ids, or the variants, that exist.

    Examples
    --------
    >>> indicator("L04").title("2022")
    'Taux de vacance des logements en 2022'
    >>> indicator("L06", "T3").label
    'Part des résidences principales de trois pièces'
    """
    known = catalogue().indicators
    if not isinstance(id_, str) or id_ not in known:
        near = _near(id_, known)
        if near:
            msg = f"unknown indicator {id_!r}: did you mean {near!r}?"
        else:
            msg = f"unknown indicator {id_!r}; choose among {', '.join(known)}"
        raise CodeError(msg)
    item = known[id_]
    if variant is None:
        return item
    if variant not in item.variants:
        msg = f"{id_} has no variant {variant!r}; {_named(tuple(item.variants))}"
        raise CodeError(msg)
    return item.variants[variant]


def _named(variants: Sequence[str]) -> str:
    if not variants:
        return "it has none: leave variant= out"
    return f"write variant={' or '.join(map(repr, variants))}"
