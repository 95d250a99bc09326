"""
Who: the levels and their codes, the embedded frames, perimeters and places.

Everything here answers *which territory*: reading the embedded outlines and
statistics, checking codes, finding a unit by its name, adding a commune table
up to a level above. Nothing here measures distances, computes an indicator or
draws.
"""
