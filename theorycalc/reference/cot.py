"""The chain of thought on one prompt, by plain loops over Fractions."""

from fractions import Fraction
from typing import Any

from theorycalc import _checks
from theorycalc._checks import refuse
from theorycalc.fields import as_fraction
from theorycalc.model import Setup, as_setup
from theorycalc.reference._rational import object_array
from theorycalc.reference.gamma import training_optimum
from theorycalc.results import Trajectory
from theorycalc.spectra import read_numbers


def iterate_cot(X: Any, y: Any, setup: Setup, steps: int) -> Trajectory:
    """Return w_0 … w_k of w_{i+1} = w_i − A (1/m) Σ_j x_j (⟨w_i, x_j⟩ − y_j), exactly.

    Parameters
    ----------
    X : (d, m) features, examples are columns; floats are taken as the dyadic rationals they are
    y : (m,) labels
    setup : what training learned (Λ, n) and the first token w₀; a finite ``setup.m`` must equal m
    steps : number of CoT steps k >= 0

    Returns
    -------
    Trajectory
        ``.w`` (steps + 1, d), an object array of Fractions.

    Raises
    ------
    InvalidSetup
        for shapes that do not fit, m different from a finite ``setup.m``, NaN or inf, or invalid steps.
    OutsideRegime
        for d > 64.

    Cost: k d (m + d) rational operations, whose size doubles with each step.  Source: theory section 2.

    Examples
    --------
    Λ = 1, n = 2: Γ = 2.  One example x = 1, y = 4: each step halves the gap.

    >>> iterate_cot([[1]], [4], Setup([1], n=2), 2).w[:, 0].tolist()
    [Fraction(0, 1), Fraction(2, 1), Fraction(3, 1)]
    """
    count = _checks.steps(steps)
    features, labels = read_numbers("X", X), read_numbers("y", y)
    if features.ndim != 2 or features.shape[0] != as_setup(setup).d or features.shape[1] == 0:
        raise refuse("X", features.shape, f"not (d, m) with d = {setup.d}", "pass examples as columns")
    m = features.shape[1]
    if setup.m not in (None, m):
        raise refuse("X", features.shape, f"{m} examples but setup.m = {setup.m}", "use setup.replace(m=None)")
    if labels.shape != (m,):
        raise refuse("y", labels.shape, f"not ({m},)", "pass one label per column of X")
    x = [[as_fraction(features[i, j]) for j in range(m)] for i in range(setup.d)]  # (d, m)
    targets = [as_fraction(label) for label in labels]
    A = training_optimum(setup)
    w = [Fraction(0)] * setup.d if setup.w_0 is None else [as_fraction(value) for value in setup.w_0]
    thoughts = [w]
    for _ in range(count):
        gradient = [Fraction(0)] * setup.d
        for j in range(m):
            residual = sum((w[i] * x[i][j] for i in range(setup.d)), Fraction(0)) - targets[j]
            for i in range(setup.d):
                gradient[i] += x[i][j] * residual / m
        w = [w[a] - sum((A[a][b] * gradient[b] for b in range(setup.d)), Fraction(0)) for a in range(setup.d)]
        thoughts.append(w)
    return Trajectory(setup=setup, w=object_array(thoughts), field_name="EXACT", uncertainty="exact")
