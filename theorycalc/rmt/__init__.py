"""The proportional limit d, m → ∞ with d/m → φ (theory section 6)."""

from theorycalc.rmt.edges import SpectralEdges, psi, spectral_edges
from theorycalc.rmt.recursion import LimitChains, limit_chains

__all__ = ["LimitChains", "SpectralEdges", "limit_chains", "psi", "spectral_edges"]
