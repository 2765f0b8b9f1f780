"""The explorer: one self-contained page that shows the theory, with a second implementation of its formulas."""

from theorycalc.explorer.page import explorer_page, write_explorer

__all__ = ["explorer_page", "write_explorer"]
