"""`python -m basinmap` is the command line."""

from basinmap.cli import run

if __name__ == "__main__":
    run()
