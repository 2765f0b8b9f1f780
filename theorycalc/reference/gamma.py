"""What training learns, from its definition: the minimiser of the population loss, by Gaussian pairings."""

from fractions import Fraction

from theorycalc.exceptions import OutsideRegime
from theorycalc.model import Setup, as_setup
from theorycalc.reference._rational import Matrix, add, identity, inverse, matrix_of, multiply, object_array
from theorycalc.reference.pairings import ColumnMoments
from theorycalc.results import GammaResult

#: d³ fourth moments are summed; 64³ take a few seconds.
MAX_DIMENSION = 64


def refuse_large_dimension(setup: Setup) -> None:
    """Raise OutsideRegime for d > 64."""
    if as_setup(setup).d > MAX_DIMENSION:
        raise OutsideRegime(f"d = {setup.d}: the reference leg takes d <= {MAX_DIMENSION}")


def same_sample(Lambda: Matrix) -> Matrix:
    """Return E[(x xᵀ)²] for one x ~ N(0, Λ), entry by entry: Σ_b E[x_a x_b x_b x_e]."""
    d, moment = len(Lambda), ColumnMoments(Lambda)
    result = [[Fraction(0)] * d for _ in range(d)]
    for a in range(d):
        for e in range(d):
            for b in range(d):
                exponents = [0] * d
                for index in (a, b, b, e):
                    exponents[index] += 1
                result[a][e] += moment(tuple(exponents))
    return result


def expected_square(first: Matrix, square: Matrix, n: int) -> Matrix:
    """Return E[S²] = (1/n²)(n E[(x xᵀ)²] + n(n − 1) (E x xᵀ)²) for n independent samples of one law."""
    return add([[value / n for value in row] for row in square], multiply(first, first), Fraction(n - 1, n))


def training_optimum(setup: Setup) -> Matrix:
    """Return A = E[S] (E[S²])⁻¹ over the training prompts, the zero of the gradient of ½ E‖I − A S‖_F².

    Parameters
    ----------
    setup : Λ or a TaskMixture (each sampling model is followed literally), and n

    Returns
    -------
    nested list of Fractions, (d, d)

    Raises
    ------
    OutsideRegime
        for d > 64.

    Cost: d³ fourth moments.  Source: theory sections 3 and 10.

    Examples
    --------
    d = 1: A = λ / ((1 + 2/n) λ²).

    >>> training_optimum(Setup([3], n=4))
    [[Fraction(2, 9)]]
    """
    refuse_large_dimension(setup)
    mixture, n = setup.mixture, setup.n
    mean = matrix_of(setup.Lambda)
    if mixture is None or mixture.sampling == "pooled":
        return multiply(mean, inverse(expected_square(mean, same_sample(mean), n)))
    d = setup.d
    mean, square = ([[Fraction(0)] * d for _ in range(d)] for _ in range(2))
    for weight, task in zip(mixture.weights, mixture.covariances, strict=True):
        Lambda, probability = matrix_of(task), Fraction(weight)
        one = same_sample(Lambda)
        mean = add(mean, Lambda, probability)
        # per prompt all n samples share the task, per example each draws its own
        square = add(square, expected_square(Lambda, one, n) if mixture.sampling == "per_prompt" else one, probability)
    if mixture.sampling == "per_example":
        square = expected_square(mean, square, n)
    return multiply(mean, inverse(square))


def gamma_matrix(setup: Setup) -> GammaResult:
    """Return A = E[S] (E[S²])⁻¹ and Γ = A⁻¹ exactly, from the definition and not from a formula for Γ.

    Parameters
    ----------
    setup : the training distribution; only Λ (or the mixture) and n matter

    Returns
    -------
    GammaResult
        ``.Gamma`` and ``.Gamma_inv``, (d, d) object arrays of Fractions.

    Raises
    ------
    OutsideRegime
        for d > 64.

    Cost: d³ fourth moments.  Source: theory section 3.

    Examples
    --------
    d = 1: Γ = (1 + 2/n) λ.

    >>> gamma_matrix(Setup([3], n=4)).Gamma.tolist()
    [[Fraction(9, 2)]]
    """
    A = training_optimum(setup)
    Gamma = inverse(A)
    residual = add(multiply(Gamma, A), identity(setup.d), -1)
    return GammaResult(
        setup=setup,
        Gamma=object_array(Gamma),
        Gamma_inv=object_array(A),
        field_name="EXACT",
        residual_norm=max(abs(value) for row in residual for value in row),
    )
