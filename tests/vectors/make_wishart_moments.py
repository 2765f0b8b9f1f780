"""Make wishart_moments.json: E tr Wʲ for W = X Xᵀ (sum, not mean), as "p/q" strings.

    python -m tests.vectors.make_wishart_moments

Values by listing pairings (``theorycalc.reference.wishart_trace_moments``); up to the power "by_entries" they
equal :func:`by_entries`, the sum over every feature and example index of an entry-by-entry Gaussian moment.
"""

import json
import platform
from collections import Counter
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from theorycalc import reference
from theorycalc.reference.pairings import ColumnMoments
from theorycalc.spectra import as_covariance

FILE = Path(__file__).with_name("wishart_moments.json")
MAX_TERMS = 250_000  # of by_entries: (d·m)^j

#: Sigma, m, order
CASES: list[tuple[Any, int, int]] = [
    (["1"], 7, 7),
    (["1", "2", "3"], 7, 6),
    (["1", "1"], 3, 6),
    (["1", "1/2", "1/3"], 1, 5),
    (["3", "1", "1", "1/2"], 2, 5),
    ([["2", "1"], ["1", "3"]], 4, 6),
    ([["1", "1/3"], ["1/3", "1/2"]], 2, 6),
    ([["3", "1", "0"], ["1", "2", "1/2"], ["0", "1/2", "1"]], 5, 5),
]


def by_entries(Sigma: Any, m: int, j: int) -> Fraction:
    """Return E tr Wʲ = Σ_{i,s} E Π_t X_{i_t s_t} X_{i_{t+1} s_t}, term by term."""
    covariance = as_covariance(Sigma)
    d = covariance.d
    rows = [[covariance.entries[i] if i == other else 0 for other in range(d)] for i in range(d)]
    moments = ColumnMoments(rows if covariance.is_diagonal else covariance.entries.tolist())
    total = Fraction(0)
    for i in product(range(d), repeat=j):
        for s in product(range(m), repeat=j):
            factors = Counter((i[(t + shift) % j], s[t]) for t in range(j) for shift in (0, 1))
            term = Fraction(1)
            for example in set(s):
                term *= moments(tuple(factors[feature, example] for feature in range(d)))
            total += term
    return total


def main() -> dict[str, Any]:
    """Compute and check all cases and write the file."""
    cases = []
    for Sigma, m, order in CASES:
        values = reference.wishart_trace_moments(Sigma, m, order)
        checked = 0
        while checked < order and (len(Sigma) * m) ** (checked + 1) <= MAX_TERMS:
            checked += 1
            if by_entries(Sigma, m, checked) != values[checked - 1]:
                raise AssertionError(f"Sigma = {Sigma}, m = {m}, power {checked}: pairings and entries disagree")
        cases.append({"Sigma": Sigma, "m": m, "by_entries": checked, "moments": [str(value) for value in values]})
    result = {
        "what": "E tr(W^j), j = 1 … order, W = X Xᵀ, X (d, m) with columns N(0, Sigma)",
        "made_by": "tests/vectors/make_wishart_moments.py",
        "python": platform.python_version(),
        "cases": cases,
    }
    FILE.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return result


if __name__ == "__main__":
    main()
