"""Stored files: written in one step, and every damage is refused in one line that says what to do."""

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycalc as tc
from tests.forms.examples import EXAMPLES, MIXED
from tests.forms.sameness import difference

CURVE = tc.expected_error(MIXED.replace(w_0=["1/3", 2]), 2, field=tc.BALL(60))
TEXT = CURVE.to_json()
DATA = json.loads(TEXT)
RUNS = [
    json.loads(EXAMPLES[key][0]().to_json()) for key in ("Overthinking", "Selection", "Phase", "Frontier", "Estimate")
]


def refused(data, words):
    text = data if isinstance(data, str | bytes) else json.dumps(data)
    with pytest.raises(tc.InvalidSetup, match=words) as caught:
        tc.from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def changed(path, value, data=DATA):
    """The document with one node replaced; ``path`` as in error messages."""
    result = copy.deepcopy(data)
    place, keys = result, re.findall(r"\w+", path)
    for key in keys[:-1]:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if isinstance(place, list):
        place[int(keys[-1])] = value
    else:
        place[keys[-1]] = value
    return result


def fields(name):
    return f"value.fields.{name}"


def test_files(tmp_path):
    file = tmp_path / "curve.json"
    CURVE.save(file)
    assert difference(tc.load(file), CURVE) is None
    tc.save(MIXED, str(file))  # replaced
    assert difference(tc.load(str(file)), MIXED) is None
    assert [path.name for path in tmp_path.iterdir()] == ["curve.json"]
    tc.save(CURVE, os.devnull)


def test_what_cannot_be_stored():
    for value in (object(), [1], {1, 2}, b"x", np.array(["a"]), int, tc.Setup, np.ones(1, np.float32)):
        with pytest.raises(tc.InvalidSetup, match="no stored form"):
            tc.to_json(value)


def test_paths(tmp_path):
    odd: list[Any] = [3, None, "", "a\0b", b"name"]
    for path in odd:
        with pytest.raises(tc.InvalidSetup, match="not a path"):
            tc.load(path)
        with pytest.raises(tc.InvalidSetup, match="not a path"):
            tc.save(CURVE, path)
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(tc.InvalidSetup, match="cannot be read"):
            tc.load(path)
    for path in (tmp_path / "no folder" / "x.json", tmp_path):
        with pytest.raises(tc.InvalidSetup, match="cannot be written"):
            CURVE.save(path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "bad.json").write_text(TEXT[:-9])
    with pytest.raises(tc.InvalidSetup, match=r"^bad\.json: text = .*not JSON"):
        tc.load(tmp_path / "bad.json")


def test_a_failed_save_leaves_the_old_file(tmp_path):
    file = tmp_path / "x.json"
    CURVE.save(file)
    with pytest.raises(tc.InvalidSetup, match="no stored form"):
        tc.save((CURVE, object()), file)
    assert difference(tc.load(file), CURVE) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 100_000, "not JSON|nested too deeply"),
        ("1" * 5000, "not JSON"),
        ('{"theorycalc": "1", "schema": NaN}', "NaN is not JSON"),
        ("3", "not a stored result"),
        ('{"schema": 1}', "not a stored result"),
        (json.dumps(CURVE.to_dict()), "what to_dict or --json shows"),
        (changed("schema", 2) | {"theorycalc": "9.1"}, "schema = 2: newer than 1.*install theorycalc '9.1' or newer"),
        (changed("schema", True), "not a number of a schema"),
        (changed("schema", 0), "not a number of a schema"),
        (changed("schema", "1"), "not a number of a schema"),
        (DATA | {"more": 1}, "keys"),
        (changed("shared", {}), "shared = {}: not a list"),
        (changed("shared.0.type", "ErrorCurve"), "neither a Covariance nor a TaskMixture nor a Setup"),
        (changed("shared.0.fields.entries.values.0", {"fraction": "-3"}), "not positive definite"),
        (changed("shared.0.fields.entries.values.0", {"fraction": "1/0"}), "a denominator of 0"),
        (changed("shared.0.fields.entries.values.0", {"fraction": "1e999999999"}), "not an exact number"),
        (changed("shared.0.fields.entries.values.0", 1), "neither floats nor exact numbers"),
        (changed("shared.0.fields.entries.shape", [3]), "not the number of values"),
        (changed("shared.0.fields.entries.shape", [10**18]), "not the number of values"),
        (changed("shared.0.fields.entries.shape", [-2]), "not a shape"),
        (changed("shared.0.fields.entries.array", "<U3"), "unknown dtype"),
        (changed("shared.2.fields.weights", [{"fraction": "1"}, {"fraction": "1"}]), "shared.2.: weights .*sum 1"),
        (changed("shared.4.fields.Lambda", {"ref": 4}), "not a shared value before this one"),
        (changed("shared.4.fields.n", 0), r"shared\[4\]: n = 0: smaller than 1"),
        (changed("shared.4.fields.n", 2.0), "a value of another kind"),
        (changed("value.type", "os.system"), "value = 'os.system': unknown type; .* install a newer one"),
        (changed("value.type", "Setup"), "unknown type"),
        (changed(fields("setup"), {"ref": 99}), "not a shared value"),
        (changed(fields("setup"), {"ref": 0}), r"not a value of ErrorCurve\.setup"),
        (changed(fields("setup"), None), r"not a value of ErrorCurve\.setup"),
        (changed(fields("rung"), {"enum": ["Rung", "quantum"]}), "no Rung; .* install a newer one"),
        (changed(fields("rung"), {"enum": ["Path", "/"]}), "unknown list of words"),
        (changed(fields("rung"), "exact"), r"not a value of ErrorCurve\.rung"),
        (changed(fields("field_name"), "MP(x)"), "not a number field"),
        (changed(fields("field_name"), {"field": "BALL(1)"}), "bits = 1|not a value"),
        (changed(fields("uncertainty"), 7), r"not a value of ErrorCurve\.uncertainty"),
        (changed(fields("notes"), [1]), r"not a value of ErrorCurve\.notes"),
        (changed(fields("values"), 7), r"not a value of ErrorCurve\.values"),
        (changed(fields("values.values.0"), "many"), r"not a value of ErrorCurve\.values"),
        (changed(fields("values.values.0"), {"ball": ["1", "-1"]}), "a negative radius"),
        (changed(fields("values.values.0"), {"ball": ["1"]}), "not a midpoint and a radius"),
        (changed(fields("values.values.0"), {"mpf": ["1", 10**12]}), "an exponent beyond"),
        (changed(fields("values.values.0"), {"mpf": "one"}), "not a mantissa"),
        (changed(fields("values.values.0"), {"function": "system"}), "unknown function"),
        (changed(fields("values.values.0"), {"__reduce__": "x"}), "unknown kind of value"),
        (changed(fields("lower"), {"array": "float64", "shape": [2], "values": [0, 0]}), "not the shape of"),
        (changed(fields("lower"), {"array": "float64", "shape": [3], "values": [0, 0, None]}), "no float64"),
        (changed(fields("lower"), {"array": "int8", "shape": [3], "values": [0, 0, 999]}), "an integer does not fit"),
        (changed(fields("more"), 1), "more.: unknown field; install the theorycalc that wrote it"),
    ],
)  # fmt: skip
def test_damage(data, words):
    refused(data, words)


def test_missing_and_optional_fields():
    data = copy.deepcopy(DATA)
    del data["value"]["fields"]["regimes"]  # it has a default: a file that was written before the field existed
    assert tc.from_json(json.dumps(data)).regimes == ()
    del data["value"]["fields"]["upper"]
    refused(data, "'upper': this field is missing")


def read(text):
    """The value, or the one line that refuses it."""
    try:
        return tc.from_json(text)
    except tc.TheoryError as error:
        message = str(error)
    assert "\n" not in message
    return message


def nodes(data, path=()):
    """Paths to all nodes of a document."""
    yield path
    items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    for key, item in items:
        yield from nodes(item, (*path, key))


PATHS = [(i, path) for i, data in enumerate([DATA, *RUNS]) for path in nodes(data) if path]
JUNK: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            *(None, True, 0, -1, 1, 7.5, 1e308, "", "nan", "exact", "EXACT", [], {}, [[]], {"ref": 0}, {"ref": 1}),
            *({"fraction": "1/3"}, {"ball": ["1", "0"]}, {"mpf": ["3", -2]}, {"float": "inf"}, {"dict": [[1, 2]]}),
            *({"enum": ["Fate", "converging"]}, {"field": "F64"}, {"function": "derive_gamma"}, {"complex": [1, 2]}),
            {"array": "float64", "shape": [], "values": [1]},
            {"type": "Minimum", "fields": {"lower": 1, "upper": 2}},
        ]
    ),
    st.text(max_size=4),
    st.integers(),
)


@settings(max_examples=400)
@given(st.sampled_from(PATHS), JUNK)
def test_any_node_replaced_is_refused_or_harmless(place, junk):
    """A value that is read all the same can be stored again, and is then itself."""
    i, path = place
    data = copy.deepcopy([DATA, *RUNS][i])
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = junk
    value = read(json.dumps(data))
    text = tc.to_json(value)
    assert tc.to_json(tc.from_json(text)) == text


@settings(max_examples=300)
@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.text(max_size=3))
def test_text_cut_and_spliced_is_refused_or_read(start, length, middle):
    read(TEXT[:start] + middle + TEXT[start + length :])


@given(st.binary(max_size=40))
def test_any_bytes(data):
    with pytest.raises(tc.InvalidSetup):
        tc.from_json(data)


def test_nothing_is_imported_that_the_tables_do_not_name():
    source = Path(tc.__file__).parent / "forms"
    for file in source.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\b(pickle|eval|exec|__import__|marshal)\b", text), file.name
    assert "import_module" not in (source / "decode.py").read_text(encoding="utf-8")
