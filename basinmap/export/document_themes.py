"""The look of a document: inks, logos and running texts, as a file that users write."""

from __future__ import annotations

import dataclasses as dc
import re
import tomllib
from pathlib import Path
from typing import Final

from basinmap.arguments import check_fields, check_given, path_of
from basinmap.errors import DataError, culprits

__all__ = ["DocumentTheme", "read_theme"]

_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_INKS: Final = ("main", "accent", "pale", "ink", "soft")
_LOGOS: Final = frozenset({".png", ".svg", ".jpg", ".jpeg"})


@dc.dataclass(frozen=True, slots=True)
class DocumentTheme:
    """
    Five inks, logos, and what the foot of a page says.

    Attributes
    ----------
    main, accent, pale, ink, soft
        `#rrggbb`: of titles and bands, of what is one's own, of grounds of tables and
        tiles, of the text, of secondary text.
    logos
        Files of logos, for the cover.
    logo_texts
        What each logo is, for those who do not see it; as many as logos.
    foot
        What the foot of each page says.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.DocumentTheme().main
    '#1f4e79'
    """

    main: str = "#1f4e79"
    accent: str = "#b3202c"
    pale: str = "#eff1f6"
    ink: str = "#1f2430"
    soft: str = "#5b6270"
    logos: tuple[Path, ...] = ()
    logo_texts: tuple[str, ...] = ()
    foot: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be printed, by name."""
        check_fields(self)
        bad = [i for i in _INKS if not _COLOR.fullmatch(str(getattr(self, i)))]
        if bad:
            told = ", ".join(f"{ink} = {getattr(self, ink)!r}" for ink in bad)
            msg = f"ink(s) of the theme are no '#rrggbb': {told}"
            raise DataError(msg)
        if len(self.logos) != len(self.logo_texts):
            msg = (
                f"{len(self.logos)} logo(s) and {len(self.logo_texts)} text(s) of "
                "logos: say what each is, such as 'Logo de la Mission Bassin Minier'"
            )
            raise DataError(msg)
        absent = [str(path) for path in self.logos if not path.is_file()]
        if absent:
            msg = (
                f"{len(absent)} logo(s) not found: {culprits(absent)}; put them there, "
                "or take their [[logo]] out of the theme"
            )
            raise DataError(msg)
        other = [str(p) for p in self.logos if p.suffix.lower() not in _LOGOS]
        if other:
            msg = f"logo(s) {culprits(other)} are none of {sorted(_LOGOS)}"
            raise DataError(msg)


def read_theme(path: str | Path) -> DocumentTheme:
    """
    Read the theme of an institution: `theme.toml`.

    Parameters
    ----------
    path
        A TOML file with `main`, `accent`, `pale`, `ink`, `soft`, `foot`, and
        `[[logo]]` tables with `file` (beside it) and `text`.

    Raises
    ------
    DataError
        If it is no TOML, or holds an unknown key; the keys there are are listed.
    DataError
        If a colour is none, or a logo is not found.

    Examples
    --------
    >>> import basinmap as bm
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "theme.toml"
    ...     _ = file.write_text('main = "#004b87"')
    ...     bm.read_theme(file).main
    '#004b87'
    """
    check_given(read_theme, locals())
    file = path_of(path)
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{file}: {error.strerror or 'cannot be read'}; give a theme.toml"
        raise DataError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} is no TOML: {error}"
        raise DataError(msg) from error
    known = {*_INKS, "foot", "logo"}
    if unknown := sorted(set(given) - known):
        msg = f"{file}: unknown key(s) {culprits(unknown)}; there are {sorted(known)}"
        raise DataError(msg)
    logos = given.pop("logo", [])
    whole = isinstance(logos, list) and all(
        isinstance(logo, dict) and set(logo) == {"file", "text"} for logo in logos
    )
    if not whole:
        msg = f"{file}: write each logo as [[logo]] with file = '…' and text = '…'"
        raise DataError(msg)
    return DocumentTheme(
        **{key: str(value) for key, value in given.items()},
        logos=tuple(file.parent / str(logo["file"]) for logo in logos),
        logo_texts=tuple(str(logo["text"]) for logo in logos),
    )
