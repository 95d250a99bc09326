"""
How things look: themes, palettes, letters, and whether eyes tell them apart.

Nothing here knows a map, a class or a page: a theme is sizes and inks, a palette is
colours for so many places, a letter is a shape at a size. Whatever prints, on
paper or in a file of styles, takes its looks here and nowhere else.
"""
