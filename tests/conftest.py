"""What holds for every test: cycles are looked for seldom."""

import gc

# Of what tests make a twentieth of the time went into looking for them, among 13,000
# tests and all that was imported.
gc.set_threshold(50_000, 20, 50)
