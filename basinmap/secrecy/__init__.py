"""
Statistical secrecy that survives an attack.

Everything that is published together is one sparse system: tables at levels that nest
or not, counts that add up, rates with their decimals, dates of a perimeter that moved,
totals published elsewhere. `protect` hides what rules hide and what would let it be
found; `attack` is the intruder, and the test of `protect`. It knows no document.
"""
