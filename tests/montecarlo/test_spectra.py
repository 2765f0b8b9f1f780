"""Eigenvalues of single prompts: traces, the null space, rotations, the limiting law."""

import numpy as np
import pytest

import theorycalc as tc
from tests.tolerances import Z_LIMIT
from theorycalc.exceptions import InvalidSetup, OutsideRegime
from theorycalc.montecarlo import prompt_spectra
from theorycalc.rmt.density import spectral_density


@pytest.mark.parametrize("m", [3, 8, 20])
def test_traces(m):
    """E tr N = tr C, and E tr N² = tr C² (1 + 1/m) + (tr C)²/m, for covariances that do not commute too."""
    U = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    for Sigma in (np.array([1.0, 0.5, 2.0, 0.1]), U * np.array([1.0, 0.5, 2.0, 0.1]) @ U.T):
        setup = tc.Setup([1, 2, 3, 4], n=5, m=m, Sigma=Sigma)
        values = prompt_spectra(setup, 4000, seed=2)
        assert values.shape == (4000, 4)
        assert np.all(values[:, : max(0, 4 - m)] == 0)
        assert np.all(np.diff(values, axis=1) >= 0)
        Gamma = 1.2 * np.arange(1, 5) + 2
        full = np.diag(Sigma) if Sigma.ndim == 1 else Sigma
        C = full / np.sqrt(np.outer(Gamma, Gamma))
        for power, mean in ((1, np.trace(C)), (2, np.trace(C @ C) * (1 + 1 / m) + np.trace(C) ** 2 / m)):
            traces = (values**power).sum(axis=1)
            assert abs(traces.mean() - mean) < Z_LIMIT * traces.std() / np.sqrt(4000)


def test_the_limiting_law():
    """The whole spectrum of a few prompts at d = 200 lies on the limiting distribution, and between its edges."""
    setup = tc.Setup(tc.power_law(200, 0.5), n=200, m=400)
    values = np.sort(prompt_spectra(setup, 5, seed=1).ravel())
    found = tc.phase(setup)
    law = spectral_density(list(found.spectrum), 400, multiplicity=[int(x) for x in found.multiplicity])
    steps = np.searchsorted(values, law.x) / values.size
    assert np.max(np.abs(np.cumsum(law.weight) - steps)) < 0.01
    scatter = 4 * found.edges.upper * 200 ** (-2 / 3)
    assert values[-1] == pytest.approx(found.edges.upper, abs=scatter)
    assert values[0] == pytest.approx(found.edges.lower, abs=scatter)


def test_refusals():
    with pytest.raises(OutsideRegime, match="m = ∞"):
        prompt_spectra(tc.Setup([1], n=1), 3, seed=0)
    with pytest.raises(InvalidSetup, match="prompts = 0"):
        prompt_spectra(tc.Setup([1], n=1, m=2), 0, seed=0)
    with pytest.raises(InvalidSetup, match="4 GiB"):
        prompt_spectra(tc.Setup([1, 2], n=1, m=2), 10**9, seed=0)
