"""
What travels with a number: what it is, whose, of which year, and what it is worth.

pandas has one place for that, `attrs`, and this room is the only one that reads or
writes it: `told` describes (`Told`, `told_of`, `tell`), `prints` says whether values
are still those described, `columns` is the door from a table to a series and back,
`checks` what a series must be before it is classed, drawn or written. It knows no map.
"""
