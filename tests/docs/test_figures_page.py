"""The page of figures is that of the catalogue, and the picture kept in the repository shows today's numbers."""

import hashlib
import re

import numpy as np

from docs.figures_page import KEPT, PAGE, page
from theorycalc.figures import Table, chosen

#: numbers of one machine against those of another: some hundred float64 operations, other BLAS kernels.
OTHER_MACHINE = 1e-8
IMAGES = PAGE.parent / "images"


def test_the_page_is_that_of_the_catalogue():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python docs/figures_page.py"


def test_the_picture_in_the_repository_is_drawn_from_todays_data():
    """Make it again with: theorycalc figures mean-typical --formats svg --out FOLDER, and copy the SVG and the CSV."""
    picture, data = IMAGES / f"{KEPT}.svg", IMAGES / f"{KEPT}.csv"
    assert picture.stat().st_size < 150_000
    digest = re.search("sha256:([0-9a-f]{64})", picture.read_text(encoding="utf-8"))
    assert digest is not None
    assert digest[1] == hashlib.sha256(data.read_bytes()).hexdigest()
    kept, (recipe,) = Table.from_csv(data.read_text(encoding="utf-8")), chosen([KEPT])
    assert recipe.caption in " ".join(picture.read_text(encoding="utf-8").split())
    today = recipe.data()
    assert kept.columns == today.columns
    assert len(kept) == len(today)
    for name in kept.columns:
        if name in ("panel", "series", "kind"):
            assert [row[kept.columns.index(name)] for row in kept.rows] == [
                row[today.columns.index(name)] for row in today.rows
            ]
        else:
            np.testing.assert_allclose(kept[name], today[name], rtol=OTHER_MACHINE)
