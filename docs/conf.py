"""
The site, as Sphinx reads it: `make docs`, or `python docs/build.py`.

`docs/build.py` lays the pages out in `build/docs` first: those written by hand, those
that are made from what the library holds.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import basinmap as bm

sys.path.insert(0, str(Path(__file__).parent))

project = "basinmap"
author = "The basinmap developers"
project_copyright = "BSD 3-Clause"
version = release = bm.__version__
language = "fr"

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_nb", "sphinx_design"]
root_doc = "index"
templates_path: list[str] = []
exclude_patterns = ["**/.ipynb_checkpoints"]
nitpicky = True
smartquotes = False  # ours are written as they print

# -- Markdown and notebooks --------------------------------------------------------
myst_enable_extensions = ["colon_fence", "deflist", "html_image", "attrs_inline"]
myst_heading_anchors = 3
# Tests run the notebooks and the code of the pages; `make docs` shows what they print.
nb_execution_mode = os.environ.get("BASINMAP_NOTEBOOKS", "off")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"  # warnings name the files of who builds
nb_execution_cache_path = str(Path(__file__).resolve().parents[1] / "build/notebooks")

# -- reference ---------------------------------------------------------------------
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
default_role = "named"
python_maximum_signature_line_length = 76

# -- pages, without anything from elsewhere ----------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = "basinmap"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["basinmap.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options: dict[str, Any] = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        "comparaison": [],
        "catalogue/README": [],
        "aide-memoire": [],
    },
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": True,
}
html_sidebars = {"index": [], "aide-memoire": [], "gallery/README": []}

ENGLISH = ("reference/", "decisions/", "add/")
ENGLISH_PAGES = {
    *("how-to/files", "how-to/cluster", "how-to/quartiers", "conventions", "rooms"),
    *("reliability", "benchmarks", "changes", "contributing", "data"),
}
PUBLIC = set(bm.__all__) - {"__version__"}


def named(
    _name: str,
    rawtext: str,
    text: str,
    lineno: int,  # noqa: ARG001 - docutils asks for it
    inliner: object,  # noqa: ARG001 - as above
    options: object = None,  # noqa: ARG001 - as above
    content: object = None,  # noqa: ARG001 - as above
) -> tuple[list[nodes.Node], list[Any]]:
    """Return `text` of a docstring: a link where it is a public name, else code."""
    shown = nodes.literal(rawtext, text)
    bare = text.removeprefix("bm.").partition("(")[0]
    if bare not in PUBLIC:
        return [shown], []
    link = pending_xref(
        "", refdomain="py", reftype="obj", reftarget=f"basinmap.{bare}", refexplicit=1
    )
    link += shown
    return [link], []


def resolved(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Element
) -> nodes.Element | None:
    """Return where a name of a room leads: its public page; nowhere, if it has none."""
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py":
        return None
    if not target.startswith("basinmap."):  # a type of another library
        return None if node.get("refexplicit") else shown
    room, _, name = target.rpartition(".")
    if name in PUBLIC and room != "basinmap":
        domain = env.get_domain("py")
        return domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", f"basinmap.{name}", node, shown
        )
    try:
        getattr(importlib.import_module(room), name)
    except (ImportError, AttributeError):
        return None
    return shown


def in_their_language(
    _app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Say of each page the language that it is written in."""
    if pagename.startswith(ENGLISH) or pagename in ENGLISH_PAGES:
        context["language"] = "en"


def setup(app: Sphinx) -> dict[str, bool]:
    """Hand over what Sphinx calls."""
    app.add_role("named", named)
    app.connect("missing-reference", resolved)
    app.connect("html-page-context", in_their_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
