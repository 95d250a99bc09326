"""
The sheet: frames at a true scale, what is left on them, and the file they make.

`page` and `panels` open a sheet, `atlas` one for each unit; `guards` are the doors by
which every layer comes in; a layer that leaves hands over a block (`blocks`), from
which legend, alternative text and notes are made; `portable` and `pictures`
finish the files. Nothing here knows what a layer draws.
"""
