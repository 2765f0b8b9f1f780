"""Make exact_errors.json: small problems with their exact expected errors, as "p/q" strings.

    python -m tests.vectors.make_exact_errors

The values are computed by ``theorycalc.reference`` (the error expanded in the entries of X, pairings).
Every one at finite m equals that of :func:`heat_witness`, which shares only Γ with it: SymPy's polynomials in
X, w* and ξ, and E f(z) = exp(½ Σ_ab cov_ab ∂_a ∂_b) f at z = 0, no pairings.  About 40 seconds, nearly all of
them for the witness.
"""

import json
import platform
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.rings import ring

from theorycalc import reference
from theorycalc.model import Setup

FILE = Path(__file__).with_name("exact_errors.json")

NON_COMMUTING = {"Lambda": [["1", "1/3"], ["1/3", "1/2"]], "Sigma": [["4", "2"], ["2", "2"]], "n": 5}
THREE = {
    "Lambda": [["2", "1", "1/3"], ["1", "3", "1/2"], ["1/3", "1/2", "1"]],
    "Sigma": [["3", "1", "0"], ["1", "2", "1/2"], ["0", "1/2", "1"]],
    "n": 7,
}
PRIOR = [["2", "1/2"], ["1/2", "1"]]

#: name, Setup's arguments, metric, steps
PROBLEMS: list[tuple[str, dict[str, Any], str, int]] = [
    ("d=1 by hand", {"Lambda": ["1"], "n": 2, "m": 1}, "estimation", 3),
    (
        "d=1 mismatched, start, noise",
        {
            "Lambda": ["1/2"],
            "Sigma": ["2"],
            "n": 3,
            "m": 3,
            "Omega": ["3"],
            "w_0": ["1/2"],
            "noise_var": "1/4",
        },
        "prediction",
        3,
    ),
    ("isotropic matched", {"Lambda": ["1", "1"], "n": 4, "m": 2}, "estimation", 3),
    ("diagonal matched", {"Lambda": ["1", "1/2"], "n": 6, "m": 3}, "estimation", 3),
    ("diagonal matched, prediction", {"Lambda": ["1", "1/2", "1/3"], "n": 4, "m": 4}, "prediction", 2),
    ("overthinking (theory section 11)", {"Lambda": ["1", "1/4"], "n": 2, "m": 2}, "estimation", 4),
    (
        "diagonal mismatched (theory section 5)",
        {"Lambda": ["1", "2", "3"], "Sigma": ["1", "1", "2"], "n": 10, "m": 7},
        "estimation",
        2,
    ),
    (
        "commuting full matrices",
        {"Lambda": [["2", "1"], ["1", "2"]], "Sigma": [["3", "-1"], ["-1", "3"]], "n": 4, "m": 2},
        "estimation",
        3,
    ),
    ("non-commuting (theory section 5)", NON_COMMUTING | {"m": 2}, "estimation", 3),
    ("non-commuting, prediction", NON_COMMUTING | {"m": 2}, "prediction", 3),
    ("non-commuting, prior", NON_COMMUTING | {"m": 1, "Omega": PRIOR}, "estimation", 3),
    (
        "non-commuting, prior and start",
        NON_COMMUTING | {"m": 3, "Omega": PRIOR, "w_0": ["1", "-1/2"]},
        "estimation",
        3,
    ),
    ("non-commuting, noise", NON_COMMUTING | {"m": 2, "noise_var": "1/3"}, "estimation", 3),
    (
        "non-commuting, everything",
        NON_COMMUTING | {"m": 2, "Omega": PRIOR, "w_0": ["1", "-1/2"], "noise_var": "2/5"},
        "prediction",
        2,
    ),
    (
        "singular prior",
        NON_COMMUTING | {"m": 4, "Omega": [["1", "2"], ["2", "4"]], "w_0": ["0", "1"]},
        "prediction",
        2,
    ),
    ("d=3 non-commuting", THREE | {"m": 2}, "estimation", 3),
    (
        "d=3 non-commuting, noise",
        THREE | {"m": 1, "Omega": ["1", "1/2", "2"], "noise_var": "1/7"},
        "prediction",
        2,
    ),
    (
        "non-commuting, infinite prompt",
        NON_COMMUTING | {"m": None, "Omega": PRIOR, "noise_var": "1/3"},
        "prediction",
        3,
    ),
]


def heat_witness(setup: Setup, steps: int, metric: str) -> Fraction:
    """Return E_k from the heat semigroup: E f(z) = Σ_p (½ Σ_ab cov_ab ∂_a ∂_b)^p f / p! at z = 0."""
    d, m = setup.d, setup.m
    assert m is not None
    names = [f"x{i}_{j}" for j in range(m) for i in range(d)] + [f"w{i}" for i in range(d)]
    names += [f"xi{j}" for j in range(m)]
    variables = ring(names, sp.QQ)[1:]
    x, w_star, xi = variables[: d * m], variables[d * m : d * m + d], variables[d * m + d :]
    A = rationals(reference.gamma_matrix(setup).Gamma_inv)
    Sigma = rationals(dense(setup.Sigma))
    Omega = rationals(np.identity(d, dtype=int) if setup.Omega is None else dense(setup.Omega))
    noise = sp.QQ(setup.noise_var.numerator, setup.noise_var.denominator)  # type: ignore[union-attr]

    zero = x[0] - x[0]
    w = [zero + value for value in (rationals(setup.w_0) if setup.w_0 is not None else [sp.QQ(0)] * d)]
    for _ in range(steps):
        gaps = [sum(((w[i] - w_star[i]) * x[j * d + i] for i in range(d)), zero) - xi[j] for j in range(m)]
        gradient = [sum((x[j * d + i] * gaps[j] for j in range(m)), zero) for i in range(d)]
        w = [w[a] - sum((gradient[b] * (A[a][b] / m) for b in range(d)), zero) for a in range(d)]
    P = Sigma if metric == "prediction" else rationals(np.identity(d, dtype=int))
    e = [w[a] - w_star[a] for a in range(d)]
    f = sum((e[a] * e[b] * P[a][b] for a in range(d) for b in range(d)), zero)

    second = [(x[j * d + a], x[j * d + b], Sigma[a][b]) for j in range(m) for a in range(d) for b in range(d)]
    second += [(w_star[a], w_star[b], Omega[a][b]) for a in range(d) for b in range(d)]
    second += [(xi[j], xi[j], noise) for j in range(m)]  # xi stands for σξ
    value, order = sp.QQ(0), 0
    while f:
        value += f.coeff(1)
        order += 1
        f = sum((f.diff(a).diff(b) * (c / (2 * order)) for a, b, c in second if c), zero)
    return Fraction(int(value.numerator), int(value.denominator))


def dense(covariance: Any) -> Any:
    """Return the (d, d) entries of a covariance, exactly."""
    return np.diag(covariance.entries) if covariance.is_diagonal else covariance.entries


def rationals(values: Any) -> Any:
    """Return nested lists of SymPy's QQ."""
    if isinstance(values, list | np.ndarray):
        return [rationals(value) for value in values]
    return sp.QQ(int(values.numerator), int(values.denominator))


def solve(problem: dict[str, Any]) -> list[str]:
    """Return the "p/q" strings of one entry of the file, by the reference leg."""
    curve = reference.expected_error(Setup(**problem["setup"]), problem["steps"], metric=problem["metric"])
    return [str(value) for value in curve.values]


def main() -> dict[str, Any]:
    """Compute and check all problems and write the file."""
    problems = []
    for name, arguments, metric, steps in PROBLEMS:
        witnessed = arguments["m"] is not None
        problem: dict[str, Any] = {
            "name": name,
            "setup": Setup(**arguments).to_dict(),
            "metric": metric,
            "steps": steps,
            "witnessed": witnessed,
        }
        problem["values"] = solve(problem)
        if witnessed:
            for k in range(steps + 1):
                witness = heat_witness(Setup(**arguments), k, metric)
                if str(witness) != problem["values"][k]:
                    raise AssertionError(f"{name}, k = {k}: {problem['values'][k]} but the witness says {witness}")
        problems.append(problem)
    result = {
        "what": "E_k, k = 0 … steps, exact; setup holds the arguments of theorycalc.Setup",
        "made_by": "tests/vectors/make_exact_errors.py",
        "python": platform.python_version(),
        "sympy": sp.__version__,
        "problems": problems,
    }
    FILE.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return result


if __name__ == "__main__":
    main()
