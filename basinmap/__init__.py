"""
basinmap: territorial observation of the bassin minier, from data to documents.

Territorial units, spatial joins, reach around a place, indicators from counts,
print-ready maps in French, files that others reuse. Frames in, frames out: the
index is the official code, lengths are metres, everything works offline.

>>> import basinmap as bm
>>> len(bm.communes(epci="246200364"))
36
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

__version__ = "0.1.0"

# One name, one path. A room is imported when a name of it is first used, so that
# `import basinmap` costs next to nothing and drawing is paid by those who draw.
_ROOMS: Final = {
    "errors": ("errors",),
    "measures": (
        "Category",
        "Growth",
        "Mean",
        "Measure",
        "Median",
        "Ratio",
        "Stock",
        "parse_counts",
        "states_of",
    ),
    "reports": ("Report",),
    "values.columns": ("column", "describe", "table_of"),
    "values.masking": ("SecrecyRule", "secrecy_rules"),
    "values.told": ("Told", "measures_of", "report_of", "told_of"),
    "territory.aggregation": ("aggregate",),
    "territory.evolution": ("series",),
    "territory.flows": ("rebase_flows",),
    "territory.history": (
        "cog_codes",
        "cog_events",
        "cog_names",
        "guess_vintage",
        "trajectory",
    ),
    "territory.levels": ("check_codes", "find_unit", "repair_codes"),
    "territory.membership_files": ("read_memberships",),
    "territory.memberships": ("lineage", "membership"),
    "territory.movements": ("read_communes", "read_movements"),
    "territory.outlines": ("read_outlines",),
    "territory.passages": ("passage",),
    "territory.perimeters": ("Perimeter", "partition", "perimeter", "user_perimeter"),
    "territory.places": ("LOUVRE_LENS", "Place", "places", "town_halls"),
    "territory.reading": ("check_generations", "read_units"),
    "territory.rebasing": ("join_on_code", "rebase"),
    "territory.territory_files": ("read_territory",),
    "territory.units": (
        "communes",
        "departements",
        "epcis",
        "quartiers",
        "scots",
        "statistics",
    ),
    "secrecy.attacking": ("Attack", "attack"),
    "secrecy.folders": ("check_secrecy",),
    "secrecy.protecting": ("Protection", "protect"),
    "sources.reading": ("read_source",),
    "sources.tables": ("read_table",),
    "spatial.apportioning": ("Apportionment", "apportion"),
    "spatial.coverages": (
        "Cleaning",
        "check_coverage",
        "clean_coverage",
        "dissolve",
        "neighbours",
        "simplify_coverage",
    ),
    "spatial.grids": ("density", "grid_squares", "square_grid"),
    "spatial.joins": ("count", "locate"),
    "spatial.lookups": ("Lookup", "lookup"),
    "spatial.nesting": ("quartier_shares",),
    "spatial.rasters": ("zonal",),
    "spatial.smoothing": ("smooth",),
    "access.catchments": ("Decay", "catchment"),
    "access.circles": ("rings",),
    "access.counting": ("not_reached", "reach"),
    "access.gtfs": ("read_gtfs",),
    "access.inequality": ("inequality",),
    "access.isochrones": ("isochrones",),
    "access.layers": ("read_layer",),
    "access.networks": ("Network", "write_network"),
    "access.speeds": ("street_speeds",),
    "access.stops": ("departures", "served_area"),
    "access.streets": ("read_network",),
    "access.tables": ("read_travel_times",),
    "access.times": ("travel_times",),
    "access.timetables": ("Timetable",),
    "access.transit": ("Walking", "transit_times"),
    "access.valhalla": ("valhalla_isochrones", "valhalla_tiles", "valhalla_times"),
    "catalogue.computing": ("compute",),
    "catalogue.leases": ("count_leases",),
    "catalogue.listing": ("indicators",),
    "maps.alternatives": ("alternative_text",),
    "maps.atlases": ("atlas",),
    "maps.bands": ("draw_isochrones",),
    "maps.basemap": ("draw_basemap",),
    "maps.bivariate": ("draw_bivariate",),
    "maps.classes": ("SRU", "classify", "shared_classes"),
    "maps.discontinuities": ("draw_discontinuities",),
    "maps.dots": ("draw_dots",),
    "maps.exits": ("draw_exits",),
    "maps.furniture": ("draw_furniture",),
    "maps.geotiffs": ("write_geotiff",),
    "maps.grids": ("draw_grid", "draw_surface"),
    "maps.hatching": ("draw_hatching",),
    "maps.insets": ("draw_inset", "draw_locator"),
    "maps.layers": (
        "draw_choropleth",
        "draw_neighbours",
        "draw_outlines",
        "draw_points",
        "draw_rings",
        "draw_symbols",
    ),
    "maps.legends": ("draw_comparison", "draw_legend"),
    "maps.links": ("draw_links",),
    "maps.logos": ("draw_logos",),
    "maps.markers": ("draw_markers",),
    "maps.names": ("draw_labels",),
    "maps.pages": ("page",),
    "maps.panels": ("panels",),
    "maps.rasters": ("draw_raster",),
    "maps.relief": ("draw_hillshade",),
    "maps.squares": ("draw_squares",),
    "maps.themes": ("GREY", "HALF_COLUMN", "PRINT", "Theme", "in_grey", "with_fonts"),
    "maps.typology": ("draw_typology",),
    "maps.vision": ("check_colors", "least_difference", "simulate"),
    "export.geopackages": ("write_geopackage",),
    "export.workbooks": ("write_workbook",),
    "deliverables.housing": ("plh",),
}
_ORIGIN: Final = {name: room for room, names in _ROOMS.items() for name in names}

if TYPE_CHECKING:
    from basinmap import errors as errors
    from basinmap.access.catchments import Decay as Decay
    from basinmap.access.catchments import catchment as catchment
    from basinmap.access.circles import rings as rings
    from basinmap.access.counting import not_reached as not_reached
    from basinmap.access.counting import reach as reach
    from basinmap.access.gtfs import read_gtfs as read_gtfs
    from basinmap.access.inequality import inequality as inequality
    from basinmap.access.isochrones import isochrones as isochrones
    from basinmap.access.layers import read_layer as read_layer
    from basinmap.access.networks import Network as Network
    from basinmap.access.networks import write_network as write_network
    from basinmap.access.speeds import street_speeds as street_speeds
    from basinmap.access.stops import departures as departures
    from basinmap.access.stops import served_area as served_area
    from basinmap.access.streets import read_network as read_network
    from basinmap.access.tables import read_travel_times as read_travel_times
    from basinmap.access.times import travel_times as travel_times
    from basinmap.access.timetables import Timetable as Timetable
    from basinmap.access.transit import Walking as Walking
    from basinmap.access.transit import transit_times as transit_times
    from basinmap.access.valhalla import valhalla_isochrones as valhalla_isochrones
    from basinmap.access.valhalla import valhalla_tiles as valhalla_tiles
    from basinmap.access.valhalla import valhalla_times as valhalla_times
    from basinmap.catalogue.computing import compute as compute
    from basinmap.catalogue.leases import count_leases as count_leases
    from basinmap.catalogue.listing import indicators as indicators
    from basinmap.deliverables.housing import plh as plh
    from basinmap.export.geopackages import write_geopackage as write_geopackage
    from basinmap.export.workbooks import write_workbook as write_workbook
    from basinmap.maps.alternatives import alternative_text as alternative_text
    from basinmap.maps.atlases import atlas as atlas
    from basinmap.maps.bands import draw_isochrones as draw_isochrones
    from basinmap.maps.basemap import draw_basemap as draw_basemap
    from basinmap.maps.bivariate import draw_bivariate as draw_bivariate
    from basinmap.maps.classes import SRU as SRU
    from basinmap.maps.classes import classify as classify
    from basinmap.maps.classes import shared_classes as shared_classes
    from basinmap.maps.discontinuities import (
        draw_discontinuities as draw_discontinuities,
    )
    from basinmap.maps.dots import draw_dots as draw_dots
    from basinmap.maps.exits import draw_exits as draw_exits
    from basinmap.maps.furniture import draw_furniture as draw_furniture
    from basinmap.maps.geotiffs import write_geotiff as write_geotiff
    from basinmap.maps.grids import draw_grid as draw_grid
    from basinmap.maps.grids import draw_surface as draw_surface
    from basinmap.maps.hatching import draw_hatching as draw_hatching
    from basinmap.maps.insets import draw_inset as draw_inset
    from basinmap.maps.insets import draw_locator as draw_locator
    from basinmap.maps.layers import draw_choropleth as draw_choropleth
    from basinmap.maps.layers import draw_neighbours as draw_neighbours
    from basinmap.maps.layers import draw_outlines as draw_outlines
    from basinmap.maps.layers import draw_points as draw_points
    from basinmap.maps.layers import draw_rings as draw_rings
    from basinmap.maps.layers import draw_symbols as draw_symbols
    from basinmap.maps.legends import draw_comparison as draw_comparison
    from basinmap.maps.legends import draw_legend as draw_legend
    from basinmap.maps.links import draw_links as draw_links
    from basinmap.maps.logos import draw_logos as draw_logos
    from basinmap.maps.markers import draw_markers as draw_markers
    from basinmap.maps.names import draw_labels as draw_labels
    from basinmap.maps.pages import page as page
    from basinmap.maps.panels import panels as panels
    from basinmap.maps.rasters import draw_raster as draw_raster
    from basinmap.maps.relief import draw_hillshade as draw_hillshade
    from basinmap.maps.squares import draw_squares as draw_squares
    from basinmap.maps.themes import GREY as GREY
    from basinmap.maps.themes import HALF_COLUMN as HALF_COLUMN
    from basinmap.maps.themes import PRINT as PRINT
    from basinmap.maps.themes import Theme as Theme
    from basinmap.maps.themes import in_grey as in_grey
    from basinmap.maps.themes import with_fonts as with_fonts
    from basinmap.maps.typology import draw_typology as draw_typology
    from basinmap.maps.vision import check_colors as check_colors
    from basinmap.maps.vision import least_difference as least_difference
    from basinmap.maps.vision import simulate as simulate
    from basinmap.measures import Category as Category
    from basinmap.measures import Growth as Growth
    from basinmap.measures import Mean as Mean
    from basinmap.measures import Measure as Measure
    from basinmap.measures import Median as Median
    from basinmap.measures import Ratio as Ratio
    from basinmap.measures import Stock as Stock
    from basinmap.measures import parse_counts as parse_counts
    from basinmap.measures import states_of as states_of
    from basinmap.reports import Report as Report
    from basinmap.secrecy.attacking import Attack as Attack
    from basinmap.secrecy.attacking import attack as attack
    from basinmap.secrecy.folders import check_secrecy as check_secrecy
    from basinmap.secrecy.protecting import Protection as Protection
    from basinmap.secrecy.protecting import protect as protect
    from basinmap.sources.reading import read_source as read_source
    from basinmap.sources.tables import read_table as read_table
    from basinmap.spatial.apportioning import Apportionment as Apportionment
    from basinmap.spatial.apportioning import apportion as apportion
    from basinmap.spatial.coverages import Cleaning as Cleaning
    from basinmap.spatial.coverages import check_coverage as check_coverage
    from basinmap.spatial.coverages import clean_coverage as clean_coverage
    from basinmap.spatial.coverages import dissolve as dissolve
    from basinmap.spatial.coverages import neighbours as neighbours
    from basinmap.spatial.coverages import simplify_coverage as simplify_coverage
    from basinmap.spatial.grids import density as density
    from basinmap.spatial.grids import grid_squares as grid_squares
    from basinmap.spatial.grids import square_grid as square_grid
    from basinmap.spatial.joins import count as count
    from basinmap.spatial.joins import locate as locate
    from basinmap.spatial.lookups import Lookup as Lookup
    from basinmap.spatial.lookups import lookup as lookup
    from basinmap.spatial.nesting import quartier_shares as quartier_shares
    from basinmap.spatial.rasters import zonal as zonal
    from basinmap.spatial.smoothing import smooth as smooth
    from basinmap.territory.aggregation import aggregate as aggregate
    from basinmap.territory.evolution import series as series
    from basinmap.territory.flows import rebase_flows as rebase_flows
    from basinmap.territory.history import cog_codes as cog_codes
    from basinmap.territory.history import cog_events as cog_events
    from basinmap.territory.history import cog_names as cog_names
    from basinmap.territory.history import guess_vintage as guess_vintage
    from basinmap.territory.history import trajectory as trajectory
    from basinmap.territory.levels import check_codes as check_codes
    from basinmap.territory.levels import find_unit as find_unit
    from basinmap.territory.levels import repair_codes as repair_codes
    from basinmap.territory.membership_files import read_memberships as read_memberships
    from basinmap.territory.memberships import lineage as lineage
    from basinmap.territory.memberships import membership as membership
    from basinmap.territory.movements import read_communes as read_communes
    from basinmap.territory.movements import read_movements as read_movements
    from basinmap.territory.outlines import read_outlines as read_outlines
    from basinmap.territory.passages import passage as passage
    from basinmap.territory.perimeters import Perimeter as Perimeter
    from basinmap.territory.perimeters import partition as partition
    from basinmap.territory.perimeters import perimeter as perimeter
    from basinmap.territory.perimeters import user_perimeter as user_perimeter
    from basinmap.territory.places import Place as Place
    from basinmap.territory.places import places as places
    from basinmap.territory.places import town_halls as town_halls
    from basinmap.territory.reading import check_generations as check_generations
    from basinmap.territory.reading import read_units as read_units
    from basinmap.territory.rebasing import join_on_code as join_on_code
    from basinmap.territory.rebasing import rebase as rebase
    from basinmap.territory.territory_files import read_territory as read_territory
    from basinmap.territory.units import communes as communes
    from basinmap.territory.units import departements as departements
    from basinmap.territory.units import epcis as epcis
    from basinmap.territory.units import quartiers as quartiers
    from basinmap.territory.units import scots as scots
    from basinmap.territory.units import statistics as statistics
    from basinmap.values.columns import column as column
    from basinmap.values.columns import describe as describe
    from basinmap.values.columns import table_of as table_of
    from basinmap.values.masking import SecrecyRule as SecrecyRule
    from basinmap.values.masking import secrecy_rules as secrecy_rules
    from basinmap.values.told import Told as Told
    from basinmap.values.told import measures_of as measures_of
    from basinmap.values.told import report_of as report_of
    from basinmap.values.told import told_of as told_of

    LOUVRE_LENS: Place

__all__ = ["__version__", *sorted(_ORIGIN)]  # noqa: PLE0604 - made from _ROOMS


def __getattr__(name: str) -> object:
    """Import the room of a public name when the name is first used."""
    room = _ORIGIN.get(name)
    if room is None:
        msg = f"module 'basinmap' has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"basinmap.{room}")
    value = module if room == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
