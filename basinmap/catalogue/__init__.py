"""
What: the catalogue of indicators as data, and their values at any level.

An indicator is a measure with a French name, a unit and a source. It is always
computed from counts at the level asked for, never from the rates of the level
below. `catalogue.toml` says which indicators there are, from which counts.
"""
