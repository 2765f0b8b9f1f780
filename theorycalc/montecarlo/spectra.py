"""The spectrum of what one step learns, Γ^{-1/2} S Γ^{-1/2}, on prompts that are drawn."""

import numpy as np

from theorycalc._checks import MAX_COUNT, integer, refuse
from theorycalc.fields import Array
from theorycalc.model import Setup, as_setup
from theorycalc.montecarlo.prompts import MAX_BYTES, as_seed, draw_features, feature_factor, finite_m, streams
from theorycalc.montecarlo.training_tasks import symmetric_inverse

_BATCH_BYTES = 2**26


def prompt_spectra(setup: Setup, prompts: int, *, seed: int) -> Array:
    """Return the eigenvalues of Γ^{-1/2} S Γ^{-1/2}, S = X Xᵀ/m, on each of some prompts.

    Parameters
    ----------
    setup : the problem, with finite m; Λ and Σ need not commute
    prompts : how many, >= 1
    seed : integer >= 0

    Returns
    -------
    (prompts, d) array, ascending in each row; for d > m the first d − m of a row are exactly 0.

    Raises
    ------
    InvalidSetup
        for a bad count or seed, and for more than 4 GiB of numbers.
    OutsideRegime
        for m = ∞, and for mixtures of tasks that do not commute.

    Cost: O(min(d, m)² max(d, m)) per prompt.  Source: theory section 2.

    Examples
    --------
    d = 1, Λ = 1, n = 1: Γ = 3, and m S is chi-square with m degrees of freedom.

    >>> values = prompt_spectra(Setup([1], n=1, m=4), 2000, seed=0)
    >>> bool(abs(values.mean() - 1 / 3) < 0.02)
    True
    """
    m, d = finite_m(as_setup(setup)), setup.d
    count = integer("prompts", prompts, minimum=1, maximum=MAX_COUNT, remedy="pass an integer >= 1")
    if 8 * max(count * d, d * m + d * d) > MAX_BYTES:
        raise refuse("prompts", prompts, "over 4 GiB of numbers", "draw fewer prompts, or smaller ones")
    A, factor = symmetric_inverse(setup), feature_factor(setup)
    root = np.sqrt(A) if A.ndim == 1 else np.linalg.cholesky(A).T  # A = rootᵀ root
    generator = streams(as_seed(seed), 0).features
    batch = max(1, _BATCH_BYTES // (8 * d * m))
    found = np.zeros((count, d))
    for start in range(0, count, batch):
        size = min(batch, count - start)
        X = draw_features(generator, factor, np.empty((size, d, m)))
        Z = X * root[:, None] if root.ndim == 1 else np.matmul(root, X)
        gram = np.matmul(Z, Z.swapaxes(1, 2)) if d <= m else np.matmul(Z.swapaxes(1, 2), Z)
        found[start : start + size, max(0, d - m) :] = np.linalg.eigvalsh(gram / m)
    return found
