"""
Census of Insee: base files by commune and IRIS, comparator, historical series.

All share their columns: `P21_LOG` is a count of the main exploitation of 2021, `C21_…`
of the complementary one, `D99_…` of a former census. A file is known by a few of them;
what it holds of the others is read by name, for their order changes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final

from basinmap.sources.layouts import Count, Marks, Source

__all__ = ["COUNTS", "SOURCES"]

_HOMES, _PEOPLE, _HOUSEHOLDS = "logements", "habitants", "ménages"


def _main(name: str, label: str, unit: str, *columns: str, less: str = "") -> Count:
    """Return a count of the main exploitation."""
    return Count(
        name=name,
        columns=tuple(f"P{{yy}}_{column}" for column in columns),
        label=label,
        unit=unit,
        family="P",
        minus=(f"P{{yy}}_{less}",) if less else (),
    )


def _complementary(name: str, label: str, unit: str, *columns: str) -> Count:
    found = _main(name, label, unit)
    names = tuple(f"C{{yy}}_{column}" for column in columns)
    return replace(found, columns=names, family="C")


def _former(count: Count, *columns: str) -> Count:
    """Return the same count in the censuses of 1968 to 1999, all were asked."""
    return replace(
        count, columns=tuple(f"D{{yy}}_{column}" for column in columns), family=""
    )


_homes = partial(_main, unit=_HOMES)
_POPULATION: Final = _main("population", "Population municipale", _PEOPLE, "POP")
_IN_HOUSEHOLDS: Final = _main(
    "household_population", "Population des ménages", _PEOPLE, "PMEN"
)
_STOCK: Final = tuple(
    (_main(name, label, _HOMES, column), column)
    for name, label, column in (
        ("dwellings", "Logements", "LOG"),
        ("main_residences", "Résidences principales", "RP"),
        (
            "secondary_residences",
            "Résidences secondaires et logements occasionnels",
            "RSECOCC",
        ),
        ("vacant_dwellings", "Logements vacants", "LOGVAC"),
    )
)
_ROOMS: Final = tuple(
    _main(f"main_residences_{key}", f"Résidences principales {told}", _HOMES, column)
    for key, told, column in (
        ("1_room", "d'une pièce", "RP_1P"),
        ("2_rooms", "de deux pièces", "RP_2P"),
        ("3_rooms", "de trois pièces", "RP_3P"),
        ("4_rooms", "de quatre pièces", "RP_4P"),
        ("5_rooms", "de cinq pièces ou plus", "RP_5PP"),
    )
)
# From 2022 on the names of columns hold whole years; 2005 and 1990 are the last of
# their period.
_AGES: Final = tuple(
    _main(f"main_residences_{key}", f"Résidences principales {told}", _HOMES, column)
    for key, told, names in (
        ("pre1919", "achevées avant 1919", ("RP_ACH19", "RP_ACH1919")),
        ("1919to1945", "achevées de 1919 à 1945", ("RP_ACH45", "RP_ACH1945")),
        ("1946to1970", "achevées de 1946 à 1970", ("RP_ACH70", "RP_ACH1970")),
        ("dated", "d'époque d'achèvement connue", ("RP_ACHTOT",)),
    )
    for column in names
)
_TENURES: Final = tuple(
    _main(f"main_residences_{key}", f"Résidences principales {told}", _HOMES, column)
    for key, told, column in (
        ("owned", "occupées par leur propriétaire", "RP_PROP"),
        ("rented", "louées", "RP_LOC"),
        ("rented_hlm", "HLM louées vides", "RP_LOCHLMV"),
    )
)
# Two definitions, never one series: studios of one person were left out until 2021.
_CROWDING: Final = (
    _complementary(
        "overcrowded_hstu1p",
        "Résidences principales suroccupées, hors studios d'une personne",
        _HOMES,
        "RP_HSTU1P_SUROCC",
    ),
    _complementary(
        "main_residences_hstu1p",
        "Résidences principales hors studios d'une personne",
        _HOMES,
        "RP_HSTU1P",
    ),
    _complementary(
        "overcrowded",
        "Résidences principales suroccupées",
        _HOMES,
        "RP_SUROCC_MOD",
        "RP_SUROCC_ACC",
    ),
    _complementary(
        "occupancy_known",
        "Résidences principales d'occupation classée",
        _HOMES,
        "RP_NORME",
        "RP_SOUSOCC_MOD",
        "RP_SOUSOCC_ACC",
        "RP_SOUSOCC_TACC",
        "RP_SUROCC_MOD",
        "RP_SUROCC_ACC",
    ),
)
_AGED: Final = (
    # IRIS files have them ready; those of communes by sex, or by narrower ages.
    _main("population_under_20", "Population de moins de 20 ans", _PEOPLE, "POP0019"),
    _main(
        "population_under_20",
        "Population de moins de 20 ans",
        _PEOPLE,
        "H0019",
        "F0019",
    ),
    _main("population_65_plus", "Population de 65 ans ou plus", _PEOPLE, "POP65P"),
    _main(
        "population_65_plus", "Population de 65 ans ou plus", _PEOPLE, "H65P", "F65P"
    ),
    _main("population_75_plus", "Population de 75 ans ou plus", _PEOPLE, "POP75P"),
    _main(
        "population_75_plus",
        "Population de 75 ans ou plus",
        _PEOPLE,
        "POP7589",
        "POP90P",
    ),
)
_SEXES: Final = (("men", "Hommes", "H"), ("women", "Femmes", "F"))
# The bands that communes and their IRIS share but for the last.
_PYRAMID: Final = tuple(
    _main(f"{name}_{key}", f"{told} de {ages}", _PEOPLE, f"{letter}{column}")
    for name, told, letter in _SEXES
    for key, ages, column in (
        ("0to14", "0 à 14 ans", "0014"),
        ("15to29", "15 à 29 ans", "1529"),
        ("30to44", "30 à 44 ans", "3044"),
        ("45to59", "45 à 59 ans", "4559"),
        ("60to74", "60 à 74 ans", "6074"),
        ("75to89", "75 à 89 ans", "7589"),
        ("90_plus", "90 ans ou plus", "90P"),
    )
)
_FAMILIES: Final = (
    _main("households", "Ménages", _HOUSEHOLDS, "MEN"),
    _main(
        "households_moved_in_2y",
        "Ménages emménagés depuis moins de deux ans",
        _HOUSEHOLDS,
        "MEN_ANEM0002",
    ),
    _complementary(
        "households_c", "Ménages (exploitation complémentaire)", _HOUSEHOLDS, "MEN"
    ),
    _complementary(
        "one_person_households", "Ménages d'une personne", _HOUSEHOLDS, "MENPSEUL"
    ),
    _complementary(
        "single_parent_households",
        "Ménages dont la famille principale est monoparentale",
        _HOUSEHOLDS,
        "MENFAMMONO",
    ),
    _complementary("families", "Familles", "familles", "FAM"),
    _complementary(
        "single_parent_families", "Familles monoparentales", "familles", "FAMMONO"
    ),
)
_WORK: Final = (
    _main("active_15_64", "Actifs de 15 à 64 ans", "actifs", "ACT1564"),
    _main(
        "unemployed_15_64",
        "Chômeurs de 15 à 64 ans au sens du recensement",
        "chômeurs",
        "CHOM1564",
    ),
    _main("jobs", "Emplois au lieu de travail", "emplois", "EMPLT"),
    _main("employed_residents", "Actifs occupés résidents", "actifs", "ACTOCC"),
    _main("employed_residents", "Actifs occupés résidents", "actifs", "ACTOCC15P"),
)
# « NAIS1520 » counts from 1 January 2015 to 31 December 2020, whatever its label; of
# before 1999 days of census are no 1 January, so that these are not read.
_SINCE_1999: Final = r"(?P<aa>99|[0-5]\d){bb}"
_EVENTS: Final = (
    Count(
        name="births",
        columns=(f"NAIS{_SINCE_1999}",),
        label="Naissances",
        unit="naissances",
    ),
    Count(name="deaths", columns=(f"DECE{_SINCE_1999}",), label="Décès", unit="décès"),
)
_AREA: Final = Count(
    name="area_km2", columns=("SUPERF",), label="Superficie", unit="km²"
)

COUNTS: Final[tuple[Count, ...]] = (
    _POPULATION,
    _former(_POPULATION, "POP"),
    _AREA,
    *_EVENTS,
    _IN_HOUSEHOLDS,
    _former(_IN_HOUSEHOLDS, "PMEN"),
    _former(_IN_HOUSEHOLDS, "NPER_RP"),
    *(count for count, _ in _STOCK),
    *(_former(count, column) for count, column in _STOCK),
    _main("houses", "Maisons", _HOMES, "MAISON"),
    _main("flats", "Appartements", _HOMES, "APPART"),
    *_ROOMS,
    *_AGES,
    *_TENURES,
    *_CROWDING,
    *_AGED,
    *_PYRAMID,
    *_FAMILIES,
    *_WORK,
)
"""What files of the census hold, of any of its themes."""

_ROUNDED: Final = "Effectifs pondérés, non entiers : à arrondir à l'impression."
_FILE: Final = Source(
    id="rp-logement",
    name="Insee, recensement, logement",
    credit="Insee, recensement de la population {year}",
    code=("CODGEO",),
    needs=("P{yy}_LOG", "P{yy}_RP_1P", "P{yy}_RP_PROP"),
    counts=COUNTS,
    # Geography of an edition: three years after the census, since 2018 at least.
    lag=3,
    marks=Marks(decimal="."),
    totals=MappingProxyType(
        {
            "dwellings": (
                "main_residences",
                "secondary_residences",
                "vacant_dwellings",
            ),
            "main_residences": tuple(count.name for count in _ROOMS),
        }
    ),
    parts=(
        ("houses", "dwellings"),
        ("main_residences_owned", "main_residences"),
        ("main_residences_rented", "main_residences"),
        ("main_residences_rented_hlm", "main_residences_rented"),
        ("main_residences_dated", "main_residences"),
        ("households_moved_in_2y", "households"),
        ("overcrowded_hstu1p", "main_residences_hstu1p"),
        ("single_parent_families", "families"),
        ("one_person_households", "households_c"),
        ("unemployed_15_64", "active_15_64"),
        ("population_under_20", "population"),
        ("population_65_plus", "population"),
        ("population_75_plus", "population_65_plus"),
        ("household_population", "population"),
        *((count.name, "population") for count in _PYRAMID),
    ),
    cautions=(
        _ROUNDED,
        "Suroccupation : définition changée en 2022, jamais une seule série.",
    ),
)


def _base(id_: str, theme: str, *needs: str, caution: str = "") -> Source:
    return replace(
        _FILE,
        id=id_,
        name=f"Insee, recensement, {theme}",
        needs=needs,
        cautions=(_ROUNDED, caution) if caution else (_ROUNDED,),
    )


def _iris(id_: str, theme: str, *needs: str) -> Source:
    """Return the file of the same theme by IRIS: one year, its list a year behind."""
    return replace(
        _base(id_, theme, "COM", "TYP_IRIS", *needs),
        code=("IRIS",),
        level="iris",
        lag=2,
    )


SOURCES: Final[tuple[Source, ...]] = (
    _FILE,
    _base(
        "rp-serie-historique",
        "séries historiques",
        "SUPERF",
        "D{yy}_POP",
        "D{yy}_LOG",
        "NAIS{aa}{bb}",
    ),
    _base(
        "rp-evol-struct-pop",
        "évolution et structure de la population",
        "P{yy}_POP",
        "P{yy}_H0019",
        "P{yy}_F65P",
    ),
    _base(
        "rp-couples-familles-menages",
        "couples, familles, ménages",
        "C{yy}_MEN",
        "C{yy}_MENPSEUL",
        "C{yy}_FAM",
    ),
    _base(
        "rp-emploi-pop-active",
        "emploi et population active",
        "P{yy}_ACT1564",
        "P{yy}_CHOM1564",
        "P{yy}_POP1564",
    ),
    _base(
        "rp-caract-emp",
        "caractéristiques de l'emploi",
        "P{yy}_ACTOCC15P",
        "P{yy}_EMPLT",
    ),
    replace(
        _base(
            "rp-comparateur",
            "comparateur de territoires",
            "P{yy}_POP",
            "SUPERF",
            "P{yy}_LOG",
            "P{yy}_EMPLT",
            "NAISD{yy}",
        ),
        # The months of births of an edition are those of the two censuses.
        cautions=(
            _ROUNDED,
            "Revenus, établissements et naissances domiciliées ne sont pas lus.",
        ),
    ),
    _base(
        "rp-dossier-complet",
        "dossier complet",
        "P{yy}_LOG",
        "P{yy}_RP_1P",
        "P{yy}_RP_PROP",
        "D{yy}_LOG",
        "C{yy}_MENPSEUL",
        "P{yy}_CHOM1564",
    ),
    _iris("rp-logement-iris", "logement par IRIS", "P{yy}_LOG", "P{yy}_RP_1P"),
    _iris(
        "rp-evol-struct-pop-iris", "population par IRIS", "P{yy}_POP", "P{yy}_POP65P"
    ),
    _iris(
        "rp-couples-familles-menages-iris",
        "familles et ménages par IRIS",
        "C{yy}_MEN",
        "C{yy}_MENPSEUL",
    ),
    _iris(
        "rp-emploi-pop-active-iris",
        "activité des résidents par IRIS",
        "P{yy}_ACT1564",
        "P{yy}_CHOM1564",
    ),
)
