"""The benchmark's baseline is right: on Fractions the reference's values, on floats the theory's table."""

from fractions import Fraction

import numpy as np
import pytest

from benchmarks.dictionary_recursion import TABLE, exact_error, main, matched
from theorycalc.model import Setup
from theorycalc.reference import expected_error, gamma_matrix


@pytest.mark.parametrize("metric", ["estimation", "prediction"])
@pytest.mark.parametrize(("m", "steps"), [(1, 3), (3, 3), (2, 4)])
def test_on_fractions_it_is_the_reference(m, steps, metric):
    sigma = [Fraction(1), Fraction(1, 3)]
    prior = [Fraction(2), Fraction(3, 5)]
    setup = Setup([2, 1], Sigma=sigma, n=4, m=m, Omega=prior)
    A = np.diagonal(gamma_matrix(setup).Gamma_inv)
    s, q = np.array(sigma, dtype=object), np.array(prior, dtype=object)
    P = A * s if metric == "prediction" else A
    values = [exact_error(A * s, P, q / A, Fraction(1, m), k) for k in range(steps + 1)]
    assert values == expected_error(setup, steps, metric=metric).values.tolist()


@pytest.mark.parametrize(("m", "k"), TABLE)
def test_on_floats_it_is_the_table_of_section_4(m, k):
    lam = np.arange(1, 51) ** -0.5
    assert f"{exact_error(*matched(lam, 50.0, float(m)), k):.6g}" == f"{TABLE[m, k]:.6g}"


def test_main_reports_seconds(capsys):
    assert set(main((1, 2))) == {1, 2}
    assert "k = 2: E_k = 12.9631" in capsys.readouterr().out
