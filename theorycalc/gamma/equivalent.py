"""One training task in place of a mixture: where A* is symmetric, some Λ and n leave the same map in the weights.

A* positive definite is the Γ⁻¹ of Λ' = (n'/(n' + 1)) (A*⁻¹ − tr(A*⁻¹)/(n' + 1 + d) I) at any n' for which Λ' is
positive definite, as tr Γ = ((n' + 1 + d)/n') tr Λ'.  The test error depends on training through A* alone, so whatever
is known of one task then holds for the mixture.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT
from theorycalc.exceptions import OutsideRegime
from theorycalc.fields import EXACT, F64, Array, as_fraction
from theorycalc.gamma.mixture import map_scalars, moment_pair
from theorycalc.model import Setup, as_setup
from theorycalc.spectra import Covariance

_MOST_EXACT = 32  # rows of full matrices whose commutation is decided in rationals
_APART = 1e-9  # relative commutator of moments in float64 above which they do not commute for certain
_MARGIN = 2  # Λ' keeps at least half of A*⁻¹ in every direction, so that nothing cancels


def is_mixed(setup: Setup) -> bool:
    """Whether training draws tasks per prompt or per example, so that A* is not the Γ⁻¹ of Λ̄.

    >>> is_mixed(Setup([1], n=1))
    False
    """
    mixture = as_setup(setup).mixture
    return mixture is not None and mixture.sampling != "pooled"


def equivalent_task(setup: Setup) -> Setup:
    """Return the same test question after training on one task that leaves the mixture's A* = E[S] (E[S²])⁻¹.

    Λ' = (n'/(n' + 1)) (A*⁻¹ − tr(A*⁻¹)/(n' + 1 + d) I) at the least n' that keeps half of A*⁻¹ in every direction.

    Parameters
    ----------
    setup : any; Σ, m, Ω, w_0 and noise_var are kept

    Returns
    -------
    Setup
        without a mixture, (1 + 1/n') Λ' + (tr Λ'/n') I = A*⁻¹ exactly; of "pooled" mixtures the task Λ̄ at the same n.
        Λ' and n' are one choice of many, and no covariance that was trained on.

    Raises
    ------
    OutsideRegime
        where A* is not symmetric: full matrices of which E[S] and E[S²] do not commute, or, above 32 rows, are not
        known to.

    Cost: O(T d) rational operations for spectra, O(T d³) for matrices.  Claims: MIX-07.  Source: theory section 10.

    Examples
    --------
    Tasks 1 and 3 with probability ½, n = 1, per prompt: A* = 2/15, so Γ = 15/2 = 3 Λ' at n' = 1.

    >>> from theorycalc.model import TaskMixture
    >>> one = equivalent_task(Setup(TaskMixture([[1], [3]], ["1/2", "1/2"], "per_prompt"), n=1))
    >>> print(one.Lambda.entries[0], one.n)
    5/2 1
    """
    if not is_mixed(setup):
        return _trained_on(setup, setup.Lambda, setup.n)
    found = one_task(setup)
    if found is None:
        raise OutsideRegime(why_no_task(setup))
    return found


def why_no_task(setup: Setup) -> str:
    """Say why no single task leaves the A* of this mixture."""
    known = "do not commute" if setup.d <= _MOST_EXACT else f"of more than {_MOST_EXACT} rows are not known to commute"
    mixture = setup.mixture
    sampling = "" if mixture is None else f'sampling = "{mixture.sampling}": '
    return f"{sampling}E[S] and E[S²] {known}, so that A* is not symmetric and no Γ⁻¹; use optimal_map"


def one_task(setup: Setup, *, bits: int | None = None) -> Setup | None:
    """Return :func:`equivalent_task` of a mixture that is not pooled, or None where A* is not symmetric.

    ``bits`` rounds A*⁻¹ of spectra to that many binary digits, for speed: what float64 reads does not change.
    """
    mixture = setup.mixture
    assert mixture is not None
    tasks = [task for task, weight in zip(mixture.covariances, mixture.weights, strict=True) if weight > 0]
    if all(task.same_as(tasks[0]) for task in tasks):
        return _trained_on(setup, tasks[0], setup.n)
    if all(task.is_diagonal for task in mixture.covariances):
        A = map_scalars(setup, EXACT)[0]
        Gamma = [1 / as_fraction(value) for value in A]
        return _diagonal(setup, [_rounded(value, bits) for value in Gamma] if bits else Gamma)
    if setup.d > _MOST_EXACT or not _commute(setup):
        return None
    return _full(setup, EXACT.inverse(map_scalars(setup, EXACT)[0]))


def _commute(setup: Setup) -> bool:
    """Whether E[S] and E[S²] commute: decided exactly, unless float64 sees that they do not."""
    first, second = moment_pair(setup, F64)
    gap = np.linalg.norm(first @ second - second @ first)
    if gap > _APART * np.linalg.norm(first) * np.linalg.norm(second):
        return False
    first, second = moment_pair(setup, EXACT)
    return bool(np.all(first @ second == second @ first))


def _rounded(value: Fraction, bits: int) -> Fraction:
    shift = bits - value.numerator.bit_length() + value.denominator.bit_length()
    scale = Fraction(2) ** shift
    return Fraction(round(value * scale)) / scale


def _diagonal(setup: Setup, Gamma: list[Fraction]) -> Setup:
    trace = sum(Gamma, Fraction(0))
    n = _length(setup, trace / min(Gamma))
    shift = trace / (n + 1 + setup.d)
    return _trained_on(setup, [(value - shift) * Fraction(n, n + 1) for value in Gamma], n)


def _full(setup: Setup, Gamma: Array) -> Setup:
    trace = as_fraction(np.trace(Gamma))
    smallest = Fraction(float(np.linalg.eigvalsh(F64.array(Gamma))[0]))
    if smallest <= trace * Fraction(1, 10**12):
        raise OutsideRegime("A* is symmetric, but too nearly singular for an equivalent task; use optimal_map")
    n = _length(setup, trace / smallest)
    shift = trace / (n + 1 + setup.d)
    entries = np.empty(Gamma.shape, dtype=object)
    for i, j in np.ndindex(*Gamma.shape):
        entries[i, j] = (as_fraction(Gamma[i, j]) - (shift if i == j else 0)) * Fraction(n, n + 1)
    return _trained_on(setup, entries, n)


def _length(setup: Setup, ratio: Fraction) -> int:
    """Return the least n' >= 1 with (n' + 1 + d) γ_min >= 2 tr Γ."""
    least = max(1, -(-_MARGIN * ratio.numerator // ratio.denominator) - 1 - setup.d)
    if least > MAX_COUNT:
        raise OutsideRegime(
            f"an equivalent task would need n = {float(least):.1g}, over {MAX_COUNT:.0g}; rescale tasks"
        )
    return least


def _trained_on(setup: Setup, Lambda: Any, n: int) -> Setup:
    matched = setup.matched and isinstance(Lambda, Covariance) and Lambda.same_as(setup.Lambda)
    return setup.replace(Lambda=Lambda, n=n, Sigma=None if matched else setup.Sigma)


__all__ = ["equivalent_task", "is_mixed", "one_task", "why_no_task"]
