"""Every result as a dict, as CSV and as a data frame of both libraries: the same cells, with types that hold them."""

import csv
import io
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import theorycalc as tc
from tests.forms.examples import EXAMPLES, SMALL
from theorycalc.exceptions import InvalidSetup
from theorycalc.forms import tables
from theorycalc.forms.tables import csv_text, data_frame

CASES = [(key, i) for key, made in EXAMPLES.items() for i in range(len(made))]


@pytest.mark.parametrize("key", EXAMPLES)
def test_every_result_has_a_table_in_all_forms(key):
    for make in EXAMPLES[key]:
        result = make()
        columns = result.columns()
        lengths = {len(cells) for cells in columns.values()}
        assert len(lengths) <= 1
        count = lengths.pop() if lengths else 0
        assert all(
            cell is None or isinstance(cell, bool | int | float | str) for cells in columns.values() for cell in cells
        )
        rows = list(csv.reader(io.StringIO(result.to_csv())))
        assert rows[0] == list(columns) if columns else rows == [[]]
        assert len(rows) == count + 1
        for library, frame in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
            for floats in (False, True):
                found = result.to_dataframe(library, floats=floats)
                assert isinstance(found, frame)
                assert list(found.columns) == list(columns)
                assert len(found) == (count if columns else 0)
        text = json.dumps(result.to_dict(), default=refuse_arrays)
        assert text.startswith("{")


def refuse_arrays(value):
    raise AssertionError(f"{type(value)} in to_dict()")


def test_floats_integers_booleans_and_words_have_their_types():
    table: dict[str, Any] = {"x": [0.5, None], "n": [3, None], "ok": [True, None], "word": ["a", None]}
    table |= {"big": [2**70, 1], "mix": [1, 2.5]}
    for frame in (data_frame(table, "pandas"), data_frame(table, "polars")):
        cells = frame.to_dict("list") if isinstance(frame, pd.DataFrame) else frame.to_dict(as_series=False)
        assert cells["x"][0] == 0.5
        assert math.isnan(cells["x"][1])
        assert (cells["n"][0], cells["word"][0], cells["mix"]) == (3, "a", [1.0, 2.5])
        assert bool(cells["ok"][0]) is True
        assert int(cells["big"][0]) == 2**70
    assert [str(kind) for kind in data_frame(table, "pandas").dtypes] == [
        *("float64", "Int64", "boolean", "object", "object", "float64")
    ]
    assert data_frame(table, "pandas").isna().iloc[1].tolist() == [True, True, True, True, False, False]
    kinds = [pl.Float64, pl.Int64, pl.Boolean, pl.String, pl.String, pl.Float64]
    assert data_frame(table, "polars").dtypes == kinds
    assert data_frame({"none": [None, None]}, "polars").dtypes == [pl.Null]
    assert data_frame({}, "pandas").empty


def test_exact_numbers_stay_exact_or_are_rounded_once():
    third, huge = Fraction(1, 3), Fraction(10**400)
    ball = tc.Ball(third, Fraction(1, 10**30))
    table: dict[str, Any] = {
        "p": [third, huge],
        "q": [ball, -huge],
        "r": [tc.MP(30).public(tc.MP(30).number("1/3")), None],
    }
    kept = data_frame(table, "pandas")
    assert kept["p"].tolist() == [third, huge]
    assert kept["p"].sum() == third + huge
    assert kept["q"][0] is ball
    texts = data_frame(table, "polars", field_name="MP(30)")
    assert texts["p"].to_list() == ["1/3", "1" + "0" * 400]
    assert texts["q"][0] == str(ball)
    assert texts["r"].to_list()[0].startswith("0." + "3" * 30)
    for frame in (data_frame(table, "pandas", floats=True), data_frame(table, "polars", floats=True)):
        assert list(frame["p"]) == [1 / 3, math.inf]
        assert list(frame["q"]) == [1 / 3, -math.inf]
        assert frame["r"][0] == 1 / 3


def test_the_frame_holds_what_the_csv_holds():
    curve = tc.expected_error(SMALL, 3, field=tc.EXACT)
    rows = list(csv.DictReader(io.StringIO(curve.to_csv())))
    assert [str(x) for x in curve.to_dataframe("pandas")["values"]] == [row["values"] for row in rows]
    assert curve.to_dataframe("polars")["values"].to_list() == [row["values"] for row in rows]
    floats = tc.expected_error(SMALL, 3)
    assert np.array_equal(floats.to_dataframe()["values"].to_numpy(), floats.values)
    frontier = tc.frontier(SMALL, "1/1000", [1, 2])
    assert frontier.to_dataframe("pandas")["n"].tolist()[0] == frontier.n[0, 0]


def test_the_library_is_pandas_else_polars_else_an_import_error(monkeypatch):
    curve = tc.expected_error(SMALL, 1)
    missing: set[str] = set()

    def present(name: str) -> Any:
        if name in missing:
            raise ModuleNotFoundError(name)
        return {"pandas": pd, "polars": pl}[name]

    monkeypatch.setattr(tables, "import_module", present)
    assert isinstance(curve.to_dataframe(), pd.DataFrame)
    missing.add("pandas")
    assert isinstance(curve.to_dataframe(), pl.DataFrame)
    with pytest.raises(ImportError, match="data frames need pandas: install it with pip install pandas"):
        curve.to_dataframe("pandas")
    missing.add("polars")
    with pytest.raises(ImportError, match="data frames need pandas or polars: install it with pip install pandas"):
        curve.to_dataframe()
    with pytest.raises(InvalidSetup, match="library = 'dask': unknown; choose one of pandas, polars"):
        curve.to_dataframe("dask")


def test_words_with_commas_survive_csv():
    text = csv_text({"a, b": ['say "x"', "line\nbreak"], "c": [None, 1.5]})
    assert list(csv.reader(io.StringIO(text))) == [["a, b", "c"], ['say "x"', ""], ["line\nbreak", "1.5"]]
