"""What tests of several files share: a folder that is made once for a run."""

import os
import time

from matplotlib import ft2font

SHAPED = hasattr(ft2font, "__libraqm_version__")
"""Letters are shaped (pairs closer, between pixels): matplotlib from 3.11 on."""
UNSHAPED = "matplotlib before 3.11 sets letters on whole pixels, and no pair closer"


def once(factory, name, make):
    """
    Make a folder once for all the workers of a run; the others wait for it.

    `make` is given the folder, which is not there yet.
    """
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = root / name, root / f"{name}.done"
    try:
        (root / f"{name}.lock").mkdir()
    except FileExistsError:
        for _ in range(3000):
            if done.exists():
                break
            time.sleep(0.1)
    else:
        try:
            make(folder)
        finally:
            done.touch()
    assert folder.is_dir(), "it could not be made; see the first failure"
    return folder
