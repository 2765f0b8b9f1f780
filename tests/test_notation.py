"""The table of notation and its symbols."""

import subprocess
import sys

import pytest

from theorycalc import notation


def test_table_is_consistent():
    codes = [entry.code for entry in notation.TABLE]
    assert len(codes) == len(set(codes))
    for entry in notation.TABLE:
        assert entry.symbol
        assert entry.meaning
        assert notation.latex(notation.symbol(entry.code)) == entry.latex
        assert f"`{entry.code}`" in notation.markdown_table()


def test_symbols_are_made_once_and_shaped():
    import sympy as sp

    assert notation.Gamma is notation.symbol("Gamma")
    assert notation.symbol("d").is_positive
    assert notation.symbol("w_star").shape == (notation.symbol("d"), 1)
    assert notation.symbol("X").shape == (notation.symbol("d"), notation.symbol("m"))
    assert notation.symbol("Gamma_inv") == sp.Inverse(notation.symbol("Gamma"))
    assert notation.symbol("some_matrix").shape == (notation.symbol("d"), notation.symbol("d"))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = notation.nonsense


def test_expectations_are_typeset():
    square = notation.symbol("S_n") * notation.symbol("S_n")
    assert notation.latex(notation.expectation(square)) == r"\mathbb{E}\left[S_n^{2}\right]"
    assert notation.latex(notation.expectation(notation.symbol("c"), "1")) == r"\mathbb{E}_{1}\left[c\right]"


def test_sentences_become_latex():
    assert notation.tex_text("V₃₁ = −Γ⁻¹") == r"V$_{31}$ = $-$$\Gamma$$^{-1}$"


def test_sympy_is_imported_only_when_asked_for():
    code = (
        "import sys, theorycalc.notation, theorycalc.gamma.derive, theorycalc.gamma.loss, theorycalc.hardness, "
        "theorycalc.gamma.attention, theorycalc.cot.recursion, theorycalc.cot.closed_form, "
        "theorycalc.moments.pairings; print('sympy' in sys.modules, 'scipy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
