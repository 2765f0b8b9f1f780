"""The façade: every public name is there, typed and lazily imported names agree, and nothing heavy comes with it."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import theorycalc as tc

PROMPT = ([[1, 2, 3], [4, 5, 6]], [1, 2, 3])
CALLS = {
    "gamma_matrix": tc.gamma_matrix,
    "attention_weights": tc.attention_weights,
    "population_loss": lambda setup: tc.population_loss(setup, [[1, 0], [0, 1]]),
    "minimal_loss": tc.minimal_loss,
    "contraction_factors": tc.contraction_factors,
    "iterate_cot": lambda setup: tc.iterate_cot(*PROMPT, setup, 2),
    "cot_closed_form": lambda setup: tc.cot_closed_form(*PROMPT, setup, 2),
    "expected_error": lambda setup: tc.expected_error(setup, 2),
    "one_step_error": tc.one_step_error,
    "one_step_bound": tc.one_step_bound,
    "long_chain_bound": lambda setup: tc.long_chain_bound(setup, 2),
    "montecarlo.expected_error": lambda setup: tc.montecarlo.expected_error(setup, 2, prompts=10, seed=0),
    "montecarlo.iterate_cot": lambda setup: tc.montecarlo.iterate_cot(*PROMPT, setup, 2),
    "reference.expected_error": lambda setup: tc.reference.expected_error(setup, 2),
    "reference.gamma_matrix": tc.reference.gamma_matrix,
    "reference.iterate_cot": lambda setup: tc.reference.iterate_cot(*PROMPT, setup, 2),
}
SOURCE = Path(tc.__file__)
HEAVY = ("numpy", "sympy", "scipy", "mpmath", "flint", "typer", "rich", "matplotlib")


def typed_names() -> dict[str, str]:
    """Return name -> module from the imports that only type checkers execute."""
    blocks = [node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


@pytest.mark.parametrize("name", tc.__all__)
def test_every_public_name_is_where_type_checkers_are_told(name):
    module = typed_names()[name]
    owner = importlib.import_module(module)
    expected = importlib.import_module(f"theorycalc.{name}") if module == "theorycalc" else getattr(owner, name)
    assert getattr(tc, name) is expected


def test_the_typed_names_are_the_public_names():
    assert set(typed_names()) == set(tc.__all__)
    assert len(set(tc.__all__)) == len(tc.__all__)
    assert set(tc.__all__) <= set(dir(tc))


def test_no_public_name_would_be_collected_by_pytest():
    assert not [name for name in tc.__all__ if name.lower().startswith("test")]


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no_such_name"):
        tc.no_such_name  # type: ignore[attr-defined]  # noqa: B018


def test_the_two_other_legs():
    setup = tc.Setup([1], n=2, m=1)
    assert tc.reference.expected_error(setup, 1).values[1] == tc.expected_error(setup, 1, field=tc.EXACT).values[1]
    assert tc.montecarlo.expected_error(setup, 1, prompts=10, seed=0).prompts == 10


@pytest.mark.parametrize(
    "code",
    ["import theorycalc", "import theorycalc as tc; tc.TheoryError", "import theorycalc.exceptions"],
)
def test_import_is_light(code):
    probe = f"import sys; {code}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(SOURCE.parents[1])}
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, env=environment, check=True)
    assert answer.stdout.strip() == ""


def test_computing_needs_no_face_and_no_symbols():
    code = "import theorycalc as tc; [getattr(tc, name) for name in tc.__all__]"
    code += "; tc.expected_error(tc.Setup([1, 2], n=3), 3)"
    heavy = ("sympy", "typer", "rich", "matplotlib", "theorycalc.cli", "theorycalc.plotting")
    probe = f"import sys; {code}; print(*[name for name in {heavy!r} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(SOURCE.parents[1])}
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, env=environment, check=True)
    assert answer.stdout.strip() == ""


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("wrong", [None, 3, "iso:2", [1, 2], {"Lambda": [1, 2]}], ids=repr)
def test_what_is_no_setup_is_refused_in_one_line(call, wrong):
    with pytest.raises(tc.InvalidSetup, match=r"^setup = .*: not a Setup; pass theorycalc\.Setup"):
        call(wrong)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e150])
@pytest.mark.parametrize("rung", ["exact", "population", "proportional"])
def test_the_estimation_error_does_not_depend_on_the_scale_of_features(scale, rung):
    for covariance in ([1.0, 2.0], [[2.0, 1.0], [1.0, 3.0]]):
        plain = tc.expected_error(tc.Setup(covariance, n=3, m=4), 3, rung=rung).values
        scaled = [[scale * x for x in row] if isinstance(row, list) else scale * row for row in covariance]
        assert tc.expected_error(tc.Setup(scaled, n=3, m=4), 3, rung=rung).values == pytest.approx(plain, rel=1e-12)
