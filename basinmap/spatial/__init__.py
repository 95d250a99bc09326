"""
Where: points into units, units into units that do not nest, rasters into units.

Everything here works on geometry in metres and knows no indicator. What is
given in degrees or in Web Mercator is refused, with the cure.
"""
