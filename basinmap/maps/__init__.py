"""
Show: classes, a page in millimetres at a true scale, layers, legend, furniture.

The maps know frames and measures, never how a number was made. `page` makes a
sheet, `panels` one of several maps, `atlas` a sheet for each unit; each `draw_*`
adds to the axes it is handed, behind the one door of `guards`, and leaves word of
what it drew, so that legend, foot and alternative text say neither more nor less
than what is on the map. A sheet that is saved is whole, told and georeferenced.

Six rooms, each of which knows only those below it: `margins`, `layers`, `grounds`,
`paper`, then `look` and `classing`, which know nothing of each other.
"""
