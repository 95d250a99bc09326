"""
Extracts of partners: SNE, OPS, Filocom, DV3F, rents, landlords, the museum.

Their layouts are those of whoever extracted them, so that none is guessed: the user
says which column is which count, and these say which counts are asked for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PARTNERS"]

PARTNERS: Final = MappingProxyType(
    {
        "sne": (
            "SNE, Infocentre",
            (
                "social_applications",
                "social_lettings",
                "leases_outside_qpv",
                "leases_outside_qpv_q1",
                "leases_in_qpv",
                "leases_in_qpv_q2to4",
            ),
        ),
        "ops": (
            "GIP SNE, enquête sur l'occupation du parc social",
            (
                "ops_households",
                "ops_households_under_20pct",
                "ops_households_under_40pct",
                "ops_households_under_60pct",
            ),
        ),
        "filocom": (
            "DGALN, Filocom",
            (
                "private_main_residences",
                "unfit_private_residences",
                "plai_households",
                "fiscal_households",
            ),
        ),
        "conventions-bailleurs": (
            "Bailleurs sociaux",
            ("landlord_dwellings", "social_dwellings"),
        ),
        "oll": (
            "Observatoire local des loyers",
            ("rent_observations", "median_rent_m2", "rent_m2_q1", "rent_m2_q3"),
        ),
        "louvre-lens": (
            "Musée du Louvre-Lens",
            (
                "museum_visits",
                "surveyed_visitors",
                "visitors_france",
                "visitors_abroad",
            ),
        ),
        "atout-france": ("Atout France", ("hotel_rooms", "hotel_rooms_3_stars")),
        "dv3f": (
            "Cerema, DV3F",
            ("sales", "sales_houses", "sales_flats", "median_price_houses"),
        ),
    }
)
"""Credit, and counts of the catalogue, of each extract whose layout is not known."""
