"""Metadata of a layer: ISO 19139 for catalogues, and QGIS's own record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from basinmap.export.qgis.marks import figure_of, tag, words

__all__ = ["ISO", "QGIS", "About", "iso_of", "qgis_record_of"]

ISO: Final = "http://www.isotc211.org/2005/gmd"
QGIS: Final = "http://mrcc.com/qgis.dtd"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LISTS: Final = "http://standards.iso.org/ittf/PubliclyAvailableStandards/ISO_19139_Schemas/resources/codelist/gmxCodelists.xml"
_CRS: Final = "EPSG:4326"

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """
    What a catalogue wants to know of a layer, or of a file.

    Attributes
    ----------
    key
        What tells it from others, such as the file and the table.
    title, abstract
        French.
    author, licence
        Who made it, and on which terms; nothing where it is not told.
    date
        Of making.
    sources
        Credit lines.
    vintages
        Years of the figures.
    crs
        Such as `EPSG:2154`; nothing of a table.
    bounds
        West, south, east, north, in degrees; none of a table.
    """

    key: str
    title: str
    abstract: str = ""
    author: str = ""
    licence: str = ""
    date: dt.date
    sources: tuple[str, ...] = ()
    vintages: tuple[str, ...] = ()
    crs: str = ""
    bounds: Bounds | None = None

    @property
    def lineage(self) -> str:
        """Whose data, of which years."""
        told = [f"Sources : {' ; '.join(self.sources)}."] if self.sources else []
        if self.vintages:
            told.append(f"Millésimes : {', '.join(self.vintages)}.")
        return " ".join(told) or "Sources non indiquées."

    @property
    def terms(self) -> str:
        """On which terms, or that they are not told."""
        return self.licence or "Licence non indiquée."


def _text(name: str, text: str) -> str:
    return tag(f"gmd:{name}", None, tag("gco:CharacterString", None, words(text)))


def _code(name: str, kind: str, value: str) -> str:
    told = {"codeList": f"{_LISTS}#{kind}", "codeListValue": value}
    return tag(f"gmd:{name}", None, tag(f"gmd:{kind}", told, value))


def iso_of(about: About) -> str:
    """
    Return the record of a catalogue, ISO 19139.

    Parameters
    ----------
    about
        What is described.

    Examples
    --------
    >>> about = About(key="a", title="Communes", date=dt.date(2026, 11, 29))
    >>> "<gco:CharacterString>Communes</gco:CharacterString>" in iso_of(about)
    True
    """
    day = tag("gco:Date", None, about.date.isoformat())
    spaces = {
        "xmlns:gmd": ISO,
        "xmlns:gco": "http://www.isotc211.org/2005/gco",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    return _HEAD + tag(
        "gmd:MD_Metadata",
        spaces,
        _text("fileIdentifier", about.key),
        _code("language", "LanguageCode", "fre"),
        _code("characterSet", "MD_CharacterSetCode", "utf8"),
        _code("hierarchyLevel", "MD_ScopeCode", "dataset"),
        _party("contact", about),
        tag("gmd:dateStamp", None, day),
        _text("metadataStandardName", "ISO 19115"),
        _text("metadataStandardVersion", "2003/Cor.1:2006"),
        _reference(about),
        _identification(about, day),
        _quality(about),
    )


def _party(name: str, about: About) -> str:
    party = tag(
        "gmd:CI_ResponsibleParty",
        None,
        _text("organisationName", about.author or "Non indiqué"),
        _code("role", "CI_RoleCode", "pointOfContact"),
    )
    return tag(f"gmd:{name}", None, party)


def _reference(about: About) -> str:
    if not about.crs:
        return ""
    code = tag("gmd:RS_Identifier", None, _text("code", about.crs))
    inside = tag("gmd:referenceSystemIdentifier", None, code)
    return tag(
        "gmd:referenceSystemInfo", None, tag("gmd:MD_ReferenceSystem", None, inside)
    )


def _identification(about: About, day: str) -> str:
    dated = tag(
        "gmd:CI_Date",
        None,
        tag("gmd:date", None, day),
        _code("dateType", "CI_DateTypeCode", "creation"),
    )
    citation = tag(
        "gmd:CI_Citation",
        None,
        _text("title", about.title),
        tag("gmd:date", None, dated),
    )
    terms = tag(
        "gmd:MD_LegalConstraints",
        None,
        _text("useLimitation", about.terms),
        _code("useConstraints", "MD_RestrictionCode", "license"),
        _text("otherConstraints", about.terms),
    )
    inside = tag(
        "gmd:MD_DataIdentification",
        None,
        tag("gmd:citation", None, citation),
        _text("abstract", about.abstract or about.title),
        *(_text("credit", line) for line in about.sources),
        _party("pointOfContact", about),
        tag("gmd:resourceConstraints", None, terms),
        _code("language", "LanguageCode", "fre"),
        tag(
            "gmd:topicCategory", None, tag("gmd:MD_TopicCategoryCode", None, "society")
        ),
        _extent(about),
    )
    return tag("gmd:identificationInfo", None, inside)


def _extent(about: About) -> str:
    if about.bounds is None:
        return ""
    west, south, east, north = about.bounds
    sides = (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    )
    box = tag(
        "gmd:EX_GeographicBoundingBox",
        None,
        *(
            tag(f"gmd:{name}", None, tag("gco:Decimal", None, figure_of(value)))
            for name, value in sides
        ),
    )
    extent = tag("gmd:EX_Extent", None, tag("gmd:geographicElement", None, box))
    return tag("gmd:extent", None, extent)


def _quality(about: About) -> str:
    scope = tag("gmd:DQ_Scope", None, _code("level", "MD_ScopeCode", "dataset"))
    lineage = tag("gmd:LI_Lineage", None, _text("statement", about.lineage))
    inside = tag(
        "gmd:DQ_DataQuality",
        None,
        tag("gmd:scope", None, scope),
        tag("gmd:lineage", None, lineage),
    )
    return tag("gmd:dataQualityInfo", None, inside)


def qgis_record_of(about: About, crs: str = "") -> str:
    """
    Return the record that QGIS shows of a layer.

    Parameters
    ----------
    about
        What is described.
    crs
        Element that says its CRS, as projects write it.
    """
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + tag(
        "qgis", {"version": "3.22.16-Białowieża"}, *record_body_of(about, crs)
    )


def record_body_of(about: About, crs: str = "") -> tuple[str, ...]:
    """
    Return the elements of that record, for the layer of a project.

    Parameters
    ----------
    about
        What is described.
    crs
        Element that says its CRS.
    """

    def plain(name: str, text: str = "") -> str:
        return tag(name, None, words(text))

    extent = ""
    if about.bounds is not None:
        names = ("minx", "miny", "maxx", "maxy")
        box: dict[str, object] = dict(zip(names, about.bounds, strict=True))
        spatial = tag(
            "spatial", {**box, "minz": 0, "maxz": 0, "crs": _CRS, "dimensions": 2}
        )
        extent = tag("extent", None, spatial)
    contact = tag(
        "contact",
        None,
        plain("name"),
        plain("organization", about.author),
        plain("position"),
        plain("voice"),
        plain("fax"),
        plain("email"),
        plain("role", "pointOfContact"),
    )
    abstract = " ".join(filter(None, [about.abstract, about.lineage]))
    return (
        plain("identifier", about.key),
        plain("parentidentifier"),
        plain("language", "FRE"),
        plain("type", "dataset"),
        plain("title", about.title),
        plain("abstract", abstract),
        contact if about.author else "",
        tag("links"),
        plain("fees"),
        plain("rights", " ; ".join(about.sources)) if about.sources else "",
        plain("license", about.terms),
        plain("encoding", "UTF-8"),
        tag("crs", None, crs) if crs else tag("crs"),
        extent,
    )
