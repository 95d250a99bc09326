"""What holds for every test: cycles are looked for seldom, no test asserts a timing."""

import gc

from hypothesis import settings

# Of what tests make a twentieth of the time went into looking for them, among 13,000
# tests and all that was imported.
gc.set_threshold(50_000, 20, 50)

# Hypothesis fails what takes more than 200 ms, unless it is told that a machine may be
# busy.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
