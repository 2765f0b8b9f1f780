"""The proportional limit d, m → ∞ with d/m → φ (theory section 6)."""

from theorycalc.rmt.density import SpectralDensity, spectral_density
from theorycalc.rmt.edges import SpectralEdges, psi, spectral_edges
from theorycalc.rmt.equivalents import Resolvents, resolvent_equivalent, two_point_equivalent
from theorycalc.rmt.outliers import SpectralOutliers, spectral_outliers
from theorycalc.rmt.recursion import LimitChains, limit_chains
from theorycalc.rmt.support import SpectralSupport, spectral_support

__all__ = [
    "LimitChains",
    "Resolvents",
    "SpectralDensity",
    "SpectralEdges",
    "SpectralOutliers",
    "SpectralSupport",
    "limit_chains",
    "psi",
    "resolvent_equivalent",
    "spectral_density",
    "spectral_edges",
    "spectral_outliers",
    "spectral_support",
    "two_point_equivalent",
]
