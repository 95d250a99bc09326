"""
Reach: rings, streets, timetables, travel times, isochrones, catchments.

What is drawn as the crow flies says so (« à vol d'oiseau »), and times say on
which streets, at which speeds; what is counted says by which rule. What cannot
be reached is missing, never a number.
"""
