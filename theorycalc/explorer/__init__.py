"""The explorer: one self-contained page that shows the theory, with a second implementation of its formulas."""
