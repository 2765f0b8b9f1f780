"""Every result, in every field, comes back from JSON and from a pickle as it was, to the last bit."""

import copy
import dataclasses
import functools
import importlib
import inspect
import json
import math
import pickle
import pkgutil
import typing
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theorycalc as tc
from tests.forms.examples import EXAMPLES, FLOATS, MIXED, PER_PROMPT, SMALL
from tests.forms.sameness import difference
from theorycalc import montecarlo, reference, rmt
from theorycalc.fields import as_public, as_scalars
from theorycalc.forms.types import ENUMS, FUNCTIONS, REMADE, RESULTS, SHAPES, class_of, key_of
from theorycalc.results import Frozen

CASES = [(key, i) for key, made in EXAMPLES.items() for i in range(len(made))]
STATEMENTS = {
    "exact": SMALL,
    "floats": FLOATS,
    "mixture": MIXED,
    "drawn per prompt": PER_PROMPT,
    "named": tc.Setup(tc.power_law(4, "1/2"), Sigma=tc.spiked(4, [9.5]), n=2, m=10**15),
    "dense": tc.Setup(
        [[2, "1/3"], ["1/3", 1]], n=1, Omega=np.array([[1.0, 0.5], [0.5, 0.25]]), w_0=[Fraction(1, 3), 2]
    ),
}


@functools.cache
def made(case):
    key, i = case
    return EXAMPLES[key][i]()


# ------------------------------------------------------------------------------------------------- completeness


def every_class():
    for module in pkgutil.walk_packages(tc.__path__, "theorycalc."):
        if not module.name.endswith("__main__"):
            for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if cls.__module__.startswith("theorycalc."):
                    yield cls


def test_every_result_has_a_stored_form_and_an_example():
    frozen = {cls for cls in every_class() if issubclass(cls, Frozen)} - {Frozen}
    assert len(frozen) > 50
    assert {cls.__qualname__ for cls in frozen if key_of(cls) is None} == set()
    assert {key for key in RESULTS if class_of(key) not in frozen} == set()
    assert set(EXAMPLES) == set(RESULTS)
    assert all(key_of(class_of(key)) == key for key in RESULTS | ENUMS)
    assert set(REMADE.values()) <= set(FUNCTIONS)


def test_what_public_functions_return_is_a_result_or_a_plain_value():
    plain = {"Covariance", "Setup", "Field", "SeriesSpace", "int", "float", "bool", "NoneType", "str"}
    for module in (tc, montecarlo, reference, rmt):
        for name in module.__all__:
            call = inspect.unwrap(getattr(module, name)) if callable(getattr(module, name)) else None
            if inspect.isfunction(call):
                returned: Any = typing.get_type_hints(call).get("return")
                if isinstance(returned, type) and dataclasses.is_dataclass(returned) and returned.__name__ not in plain:
                    assert name == "limit_chains" or issubclass(returned, Frozen), name


def test_every_array_has_a_declared_shape():
    for key in RESULTS:
        named = {name for part in SHAPES.get(key, "").split(";") for name in part.partition(":")[0].split()}
        hints = {item.name: item.type for item in dataclasses.fields(class_of(key)) if key not in REMADE}
        arrays = {name for name, hint in hints.items() if "ndarray" in str(hint)}
        assert arrays <= named <= set(hints), key


def test_examples_are_what_they_say_and_hold_all_kinds_of_numbers():
    kinds = set()
    for case in CASES:
        value = made(case)
        assert key_of(type(value)) == case[0], case
        for item in dataclasses.fields(value):
            part = getattr(value, item.name)
            kinds |= (
                {type(x).__name__ for x in part.reshape(-1)} if isinstance(part, np.ndarray) else {type(part).__name__}
            )
    assert {"Fraction", "Ball", "mpf", "float64", "int64", "bool", "complex128", "NoneType", "dict", "Rung"} <= kinds


# --------------------------------------------------------------------------------------------------- round trips


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_json(case):
    value = made(case)
    text = value.to_json()
    data = json.loads(text)
    assert (data["schema"], data["theorycalc"], data["type"]) == (1, tc.__version__, case[0])
    again = tc.from_json(text)
    assert difference(again, value) is None
    assert again.to_json() == text
    assert value.same_as(again)
    assert repr(again) == repr(value)
    check_read_only(again)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_pickle_and_copies(case):
    value = made(case)
    twins = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for twin in (*twins, copy.deepcopy(value), copy.copy(value)):
        assert difference(twin, value) is None
        check_read_only(twin)


def check_read_only(value, depth=0):
    if isinstance(value, montecarlo.AttentionWeights):  # blocks that one may change to see what the layer does
        return
    for part in vars(value).values():
        if isinstance(part, np.ndarray):
            assert not part.flags.writeable
        elif dataclasses.is_dataclass(part) and depth < 4:
            check_read_only(part, depth + 1)
        elif isinstance(part, dict):
            assert not any(x.flags.writeable for x in part.values() if isinstance(x, np.ndarray))


@pytest.mark.parametrize("name", STATEMENTS)
def test_setups_mixtures_and_covariances(name):
    setup = STATEMENTS[name]
    for value in (setup, setup.Lambda, setup.mixture, setup.Omega):
        if value is None:
            continue
        for again in (tc.from_json(tc.to_json(value)), pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
            assert difference(again, value) is None
            check_read_only(again)
    again = tc.from_json(tc.to_json(setup))
    assert again.replace(n=7).to_dict() == setup.replace(n=7).to_dict()


def test_loaded_results_work():
    """A loaded result computes on as the original: lazily derived parts come from its setup."""
    verdict = tc.from_json(made(("Overthinking", 0)).to_json())
    assert verdict.cure.same_as(made(("Overthinking", 0)).cure)
    assert len(tc.from_json(made(("GammaResult", 3)).to_json()).steps) > 3
    for i in range(8):
        program = made(("SelectionProgram", i))
        weights = ["1/3", "2/3"]
        for again in (tc.from_json(program.to_json()), pickle.loads(pickle.dumps(program))):
            assert difference(again.value(weights), program.value(weights)) is None
            assert difference(again.H, program.H) is None
    curve = tc.from_json(made(("ErrorCurve", 2)).to_json())
    assert curve.argmin() == made(("ErrorCurve", 2)).argmin()
    run = montecarlo.continue_training(tc.from_json(made(("montecarlo.TrainingRun", 0)).to_json()), 6)
    assert difference(run, montecarlo.continue_training(made(("montecarlo.TrainingRun", 0)), 6)) is None


def test_shared_setups_stay_shared():
    table = tc.from_json(made(("ValidityTable", 0)).to_json())
    text = made(("ValidityTable", 0)).to_json()
    assert text.count('"type": "Setup"') == len({id(row.setup) for row in table.rows} | {id(table.setup)})
    again = tc.from_json(tc.to_json((SMALL, SMALL, SMALL.Lambda)))
    assert again[0] is again[1]
    assert again[2] is again[0].Lambda


def test_a_rule_of_ones_own_is_not_stored():
    result = dataclasses.replace(made(("GammaResult", 0)), derivation=lambda: None)
    assert tc.from_json(result.to_json()).derivation is None


def test_same_as():
    curve = made(("ErrorCurve", 0))
    assert curve.same_as(tc.expected_error(SMALL, 3))
    nudged = dataclasses.replace(curve, values=np.nextafter(curve.values, 9))
    assert not curve.same_as(nudged)
    assert not curve.same_as(curve.values)
    assert not curve.same_as(tc.expected_error(SMALL, 3, field=tc.EXACT))
    negative = dataclasses.replace(curve, lower=-0.0 * curve.lower)
    assert not negative.same_as(dataclasses.replace(curve, lower=0.0 * curve.lower))


# ------------------------------------------------------------------------------------------------------- numbers

BITS = st.integers(24, 300)
PUBLIC = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**5000), 10**5000),
    st.floats(),
    st.text(max_size=5),
    st.fractions(),
    st.complex_numbers(),
    st.builds(lambda x, dps: tc.MP(dps).public(tc.MP(dps).number(x)), st.fractions(), st.integers(5, 60)),
    st.builds(lambda x, b: tc.BALL(b).public(tc.BALL(b).number(x)), st.fractions(), BITS),
    st.builds(tc.Ball, st.fractions(), st.fractions(min_value=0)),
    st.sampled_from([mpmath.inf, -mpmath.inf, mpmath.nan, tc.F64, tc.EXACT, tc.MP(9), tc.BALL(77), *tc.Rung]),
    st.sampled_from([mpmath.mpf(x) for x in ("inf", "-inf", "nan", "0")]),
)


@given(st.recursive(PUBLIC, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6))
def test_any_value(value):
    assert difference(tc.from_json(tc.to_json(value)), value) is None


@given(
    st.sampled_from(["float64", "int64", "int8", "uint8", "bool", "complex128"]),
    st.lists(st.integers(0, 3), max_size=3),
    st.binary(min_size=0, max_size=600),
)
def test_any_array(dtype, shape, data):
    """Arrays of any bits: also NaN, infinities, subnormal numbers and −0.0; empty and without axes."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.frombuffer((data * (size // max(1, len(data)) + 1) or bytes(size))[:size], dtype=np.uint8)
    array = (raw % 2).astype(bool)[: math.prod(shape)].reshape(shape) if dtype == "bool" else None
    array = raw.view(dtype).reshape(shape) if array is None else array
    plain = np.where(np.isnan(array), np.nan, array) if dtype == "float64" else array  # one NaN is as good as another
    if dtype == "complex128":
        plain = np.where(np.isnan(array), complex(np.nan, np.nan), array)
    assert difference(tc.from_json(tc.to_json(plain)), plain) is None


@given(st.lists(st.fractions(), min_size=1, max_size=4), BITS, st.integers(0, 5))
def test_scalars_of_balls_lose_nothing(values, bits, squarings):
    field = tc.BALL(bits)
    with field.working():
        scalars = field.array(values)
        for _ in range(squarings):
            scalars = scalars * scalars - scalars
    public = np.array([as_public(x) for x in scalars], dtype=object)
    assert difference(tuple(as_scalars(public, field)), tuple(scalars)) is None


def test_a_radius_that_python_flint_cannot_hold_is_refused():
    wide = np.array([tc.Ball(Fraction(1), Fraction(2**40 + 1))], dtype=object)
    with pytest.raises(tc.InvalidSetup, match="more than 30 bits"):
        as_scalars(wide, tc.BALL(100))
    with pytest.raises(tc.InvalidSetup, match="no dyadic number"):
        as_scalars(np.array([tc.Ball(Fraction(1, 3), Fraction(0))], dtype=object), tc.BALL(100))
