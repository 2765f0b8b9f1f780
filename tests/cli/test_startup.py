"""What a short answer may not import: a start is quick because nothing is loaded for it, whatever the clock says."""

import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT

NUMERIC = {"numpy", "scipy", "sympy", "flint", "mpmath", "matplotlib"}
FACES = {"typer", "click", "rich", "pydantic", "theorycalc.cli.app"}
RUN = """
import runpy, sys
sys.argv = ["theorycalc", *sys.argv[1:]]
try:
    runpy.run_module("theorycalc", run_name="__main__")
except SystemExit as done:
    assert not done.code, done.code
print(*sorted(sys.modules), file=sys.stderr)
"""


def _imported(*words, code=RUN):
    result = subprocess.run(
        [sys.executable, "-c", code, *words], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(result.stderr.split())


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (("--version",), NUMERIC | FACES),
        (("--help",), NUMERIC | {"rich", "pydantic", "theorycalc.cli.options"}),
        (("curve", "--help"), NUMERIC | {"rich"}),
        (
            ("hardness", "--train", "iso:3"),
            {"scipy", "sympy", "matplotlib", "theorycalc.error_curves", "theorycalc.rmt"},
        ),
    ],
)
def test_a_command_imports_what_it_needs(words, forbidden):
    imported = _imported(*words)
    assert "theorycalc.cli" in imported
    assert not imported & forbidden


def test_the_facade_imports_nothing():
    imported = _imported(code="import sys, theorycalc; print(*sorted(sys.modules), file=sys.stderr)")
    assert not imported & (NUMERIC | FACES)
    assert {name for name in imported if name.startswith("theorycalc.")} == set()


def test_an_import_would_be_noticed():
    code = "import sys, theorycalc as tc; tc.Setup; print(*sorted(sys.modules), file=sys.stderr)"
    assert "numpy" in _imported(code=code)
