"""`python -m basinmap` is the command line."""

import gc
import sys

__all__ = ["start"]


def start() -> None:
    """Run the command line; Ctrl-C while it loads says one line too."""
    # Cycles are looked for seldom: a twentieth of the time of a document went into it.
    gc.set_threshold(50_000, 20, 20)
    try:
        from basinmap.cli import run  # noqa: PLC0415 - what takes time to load

        run()
    except KeyboardInterrupt:
        print("basinmap: interrupted; nothing was changed", file=sys.stderr)  # noqa: T201
        sys.exit(130)


if __name__ == "__main__":
    start()
