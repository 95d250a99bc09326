"""
Where: points, units that do not nest and rasters into units, grids, smoothing.

Everything here works on geometry in metres and knows no indicator. What is
given in degrees or in Web Mercator is refused, with the cure.
"""
