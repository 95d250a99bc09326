"""
Show: classes, a page in millimetres at a true scale, layers, legend, furniture.

The maps know frames and measures, never how a number was made. `page` makes a
sheet; each `draw_*` adds to the axes it is handed and leaves word of what it
drew, so that `draw_legend` and `draw_furniture` say neither more nor less than
what is on the map.
"""
