"""The forms an answer takes: numbers as text, tables, pages of a notebook, and files that give it back unchanged."""
