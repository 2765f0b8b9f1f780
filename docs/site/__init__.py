"""What the site adds to Sphinx: generated pages, links between claims and functions, maths without a network."""

from typing import Any

from sphinx.application import Sphinx

from docs.site import api, claims, commands, docstrings, links, mathjax, notation, pictures

_PARTS = (api, claims, commands, docstrings, links, mathjax, notation, pictures)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part; called by Sphinx."""
    for part in _PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
