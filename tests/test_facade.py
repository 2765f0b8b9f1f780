"""The façade: every public name is there, typed and lazily imported names agree, and nothing heavy comes with it."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import theorycalc as tc

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
