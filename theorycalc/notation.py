"""The notation of the theory: one table, and the only place where SymPy symbols are made.

SymPy takes seconds to import, so nothing here imports it until a symbol is asked for: ``notation.Gamma`` (by
module attribute), ``symbol("Gamma")`` or ``latex(expression)``.
"""

import functools
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Notation:
    """One line of the table: how a quantity is written, called in the code, typeset and shaped."""

    symbol: str
    code: str
    meaning: str
    latex: str
    shape: str  # "count" (positive integer), "scalar", "(d, d)", "(d, d) symmetric", "(d,)", "(d, m)"


TABLE: tuple[Notation, ...] = (
    Notation("d", "d", "feature dimension", "d", "count"),
    Notation("n", "n", "in-context examples per training prompt", "n", "count"),
    Notation("m", "m", "in-context examples in the test prompt", "m", "count"),
    Notation("k", "k", "chain-of-thought steps at test time (argument `steps`)", "k", "count"),
    Notation("c", "c", "free scale of the attention weights, any c ≠ 0", "c", "scalar"),
    Notation("Λ", "Lambda", "feature covariance in training prompts", r"\Lambda", "(d, d) symmetric"),
    Notation("Σ", "Sigma", "feature covariance in the test prompt", r"\Sigma", "(d, d) symmetric"),
    Notation("Ω", "Omega", "prior covariance of the task weights", r"\Omega", "(d, d) symmetric"),
    Notation("Γ", "Gamma", "(1 + 1/n) Λ + (tr Λ / n) I", r"\Gamma", "(d, d) symmetric"),
    Notation("A", "Gamma_inv", "Γ⁻¹, what the trained transformer applies", r"\Gamma^{-1}", "(d, d) symmetric"),
    Notation("S_n", "S_n", "(1/n) X Xᵀ of a training prompt, columns N(0, Λ)", r"S_n", "(d, d) symmetric"),
    Notation("S", "Sigma_hat", "(1/m) X Xᵀ of the test prompt, columns N(0, Σ)", r"S", "(d, d) symmetric"),
    Notation("R", "R", "I − A S, the one-step error map", r"R", "(d, d)"),
    Notation("X", "X", "the features of a prompt, one column per example", r"X", "(d, m)"),
    Notation("w*", "w_star", "task weights, w* ~ N(0, Ω)", r"w_{*}", "(d,)"),
    Notation("w₀", "w_0", "first token of the chain of thought", r"w_{0}", "(d,)"),
    Notation("ŵ", "w_hat", "readout of one attention step", r"\hat{w}", "(d,)"),
    Notation("V", "V", "block V₃₁ of the value matrix", r"V", "(d, d)"),
    Notation("V*", "V_star", "the V that minimises the population loss", r"V_{*}", "(d, d)"),
    Notation("H", "H", "an arbitrary displacement of V", r"H", "(d, d)"),
    Notation("L", "L", "population loss of the training without chain of thought", r"L", "scalar"),
    Notation("L*", "L_star", "its minimum", r"L_{*}", "scalar"),
    Notation("∇L", "L_gradient", "gradient of the population loss in V", r"\nabla L(V)", "(d, d)"),
    Notation("∇L(V*)", "L_gradient_star", "gradient at the minimiser", r"\nabla L(V_{*})", "(d, d)"),
    Notation("L(V*+H)−L*", "L_excess", "excess loss of V* + H", r"L(V_{*} + H) - L(V_{*})", "scalar"),
)

_BY_CODE = {entry.code: entry for entry in TABLE}


@functools.lru_cache(maxsize=4096)
def symbol(code: str) -> Any:
    """Return the SymPy symbol with this code name; an unknown name is a general (d, d) matrix.

    Examples
    --------
    >>> symbol("Gamma").shape == (symbol("d"), symbol("d"))
    True
    """
    import sympy as sp

    entry = _BY_CODE.get(code)
    if code == "Gamma_inv":
        return sp.Inverse(symbol("Gamma"))
    if entry is None or entry.shape.startswith("(d, d)"):
        return sp.MatrixSymbol(code, symbol("d"), symbol("d"))
    if entry.shape == "(d,)":
        return sp.MatrixSymbol(code, symbol("d"), 1)
    if entry.shape == "(d, m)":
        return sp.MatrixSymbol(code, symbol("d"), symbol("m"))
    if entry.shape == "count":
        return sp.Symbol(code, integer=True, positive=True)
    return sp.Symbol(code, real=True)


_EXPECTATION_LATEX: dict[str, str] = {}


def expectation(expression: Any, label: str = "") -> Any:
    """Return a symbol that stands for E[expression], of the expression's shape.

    ``label`` distinguishes parts of one expectation, such as the contributions of single pairings.

    Examples
    --------
    >>> expectation(symbol("S_n")).name
    'E[S_n]'
    """
    import sympy as sp

    name = f"E{label}[{expression}]"
    mark = rf"_{{{label}}}" if label else ""
    _EXPECTATION_LATEX[name] = rf"\mathbb{{E}}{mark}\left[{latex(expression)}\right]"
    shape = getattr(expression, "shape", ())
    return sp.MatrixSymbol(name, *shape) if shape else sp.Symbol(name, real=True)


def latex(expression: Any) -> str:
    """Return the LaTeX of a SymPy expression in the notation of the table.

    Examples
    --------
    >>> latex(symbol("w_star"))
    'w_{*}'
    """
    import sympy as sp

    names = {}
    for atom in expression.atoms(sp.Symbol, sp.MatrixSymbol):
        entry = _BY_CODE.get(atom.name)
        if entry is not None:
            names[atom] = entry.latex
        elif atom.name in _EXPECTATION_LATEX:
            names[atom] = _EXPECTATION_LATEX[atom.name]
    return str(sp.latex(expression, symbol_names=names))


def markdown_table() -> str:
    """Return the table as Markdown, for the documentation.

    Examples
    --------
    >>> print(markdown_table().splitlines()[2])
    | d | `d` | count | feature dimension |
    """
    rows = ["| symbol | code name | shape | meaning |", "|---|---|---|---|"]
    rows += [f"| {entry.symbol} | `{entry.code}` | {entry.shape} | {entry.meaning} |" for entry in TABLE]
    return "\n".join(rows) + "\n"


_TEX_CHARACTERS = {
    "Λ": r"$\Lambda$",
    "Γ": r"$\Gamma$",
    "Σ": r"$\Sigma$",
    "Ω": r"$\Omega$",
    "∇": r"$\nabla$",
    "⁻¹": "$^{-1}$",
    "²": "$^2$",
    "ᵀ": r"$^{\top}$",
    "ŵ": r"$\hat{w}$",
    "₀": "$_0$",
    "½": r"$\frac12$",
    "≠": r"$\neq$",
    "≻": r"$\succ$",
    "−": "$-$",
    "·": r"$\cdot$",
    "…": r"\dots{}",
    "→": r"$\to$",
    "ᵢ": "$_i$",
    "*": "$^{*}$",
    "_": r"\_",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "₃₁": "$_{31}$",
    "₁₃": "$_{13}$",
    "₂₄": "$_{24}$",
    "∈": r"$\in$",
    "≥": r"$\geq$",
    "‖": r"$\|$",
    "~": r"$\sim$",
    "×": r"$\times$",
    "∂": r"$\partial$",
}
_TEX_PATTERN = re.compile("|".join(sorted(map(re.escape, _TEX_CHARACTERS), key=len, reverse=True)))


def tex_text(sentence: str) -> str:
    """Return a sentence with its Greek letters and signs written for LaTeX.

    >>> tex_text("Λ ≻ 0")
    '$\\\\Lambda$ $\\\\succ$ 0'
    """
    return _TEX_PATTERN.sub(lambda match: _TEX_CHARACTERS[match[0]], sentence)


def __getattr__(name: str) -> Any:
    if name in _BY_CODE:
        return symbol(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
