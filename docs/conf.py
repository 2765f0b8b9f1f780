"""Sphinx settings of the site: ``python -m docs.build``; why it is arranged so: adr/0019-a-site-from-the-same-files.md.

The source folder is the whole clone, so that the links between documents mean the same on the site, in a clone and
in an editor.  Everything generated is made in memory by ``docs/site``; nothing is written into the clone.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from theorycalc import __version__  # noqa: E402

project = "theorycalc"
author = "theorycalc developers"
project_copyright = "theorycalc developers, MIT licence"
version = release = __version__
language = "en"

root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "examples/README.md", "benchmarks/README.md"]
exclude_patterns = [
    ".*",
    "**/.*",
    "**/node_modules",
    "**/__pycache__",
    "out",
    "build",
    "dist",
    "tests",
    "theorycalc",
    "proofs_check",
    "*.egg-info",
]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "docs.site",
]

# ------------------------------------------------------------------------------------ Markdown and maths

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4  # the anchors that GitHub gives too
myst_dmath_double_inline = True
myst_update_mathjax = False  # it would have MathJax look for dollars itself
mathjax_path = "mathjax.js"  # copied from the npm package by docs/site/mathjax.py
mathjax3_config = {
    "options": {
        "enableMenu": False,  # its parts are files of their own, which are not copied
        "ignoreHtmlClass": "document",
        "processHtmlClass": "math",
    },
    "svg": {"fontCache": "global"},
}

# -------------------------------------------------------------------------------------------- docstrings

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"
viewcode_line_numbers = True

# ------------------------------------------------------------------------------------------------- HTML

html_theme = "furo"
html_title = f"theorycalc {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/logo.svg"
html_logo = "_static/logo.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}
