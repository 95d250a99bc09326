"""
What is said on the ground: one module a layer.

Each `draw_*` takes the map and a frame, comes in by the doors of `paper.guards`, draws
at its floor of the stack and leaves by `drawing`: an entry for the legend, sources for
the foot, words for who does not see. A layer knows no other layer.
"""
