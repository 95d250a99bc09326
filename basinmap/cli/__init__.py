"""
The command line: one module a command, one catalogue of its words.

`words` says a text in the language of the reader, `parsing` makes the parser, `options`
holds what several commands share, `places` and `files` turn options into a territory
and a table; `running` runs a command and gives its exit status.
"""

from basinmap.cli.running import main, run

__all__ = ["main", "run"]
