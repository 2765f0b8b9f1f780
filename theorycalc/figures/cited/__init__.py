"""Numbers that others published, with their sources in the first lines of each file."""

import csv
from collections.abc import Iterator
from importlib import resources


def cited_rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a file of this folder.

    >>> next(cited_rows("qwen_omega.csv"))["model"]
    'Qwen-Base'
    """
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
