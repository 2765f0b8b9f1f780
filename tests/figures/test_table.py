"""Tables: what is written is read back, to the last digit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycalc.exceptions import InvalidSetup
from theorycalc.figures import Table

WORDS = st.sampled_from(["exact", "a, b", 'say "so"', "λ₊", "two\nlines"])
CELLS = st.one_of(st.none(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), WORDS)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_a_table_survives_its_csv(rows):
    table = Table.of({"a": a, "b": b, "c": c} for a, b, c in rows)
    assert Table.from_csv(table.to_csv()) == table if rows else table.columns == ()


def test_columns_rows_and_words():
    table = Table.of([{"s": "x", "v": 1.5}, {"s": "y", "v": float("nan"), "more": np.int64(3)}, {"s": "x", "v": True}])
    assert table.columns == ("s", "v", "more")
    np.testing.assert_array_equal(table["v"], [1.5, math.nan, 1])
    assert table.where(s="x").rows == (("x", 1.5, None), ("x", 1, None))
    assert table.words("s") == ["x", "y"]
    assert table.numbers("more") == [3]
    assert table.to_csv().splitlines()[2] == "y,,3"


@pytest.mark.parametrize("word", ["10", "1e5", "inf", "nan", ""])
def test_a_word_that_reads_as_a_number_is_refused(word):
    with pytest.raises(InvalidSetup, match="reads as a number"):
        Table.of([{"s": word}])
