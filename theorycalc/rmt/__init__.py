"""The proportional limit d, m → ∞ with d/m → φ (theory section 6)."""

from theorycalc.rmt.edges import SpectralEdges, psi, spectral_edges
from theorycalc.rmt.equivalents import Resolvents, resolvent_equivalent, two_point_equivalent
from theorycalc.rmt.recursion import LimitChains, limit_chains

__all__ = [
    "LimitChains",
    "Resolvents",
    "SpectralEdges",
    "limit_chains",
    "psi",
    "resolvent_equivalent",
    "spectral_edges",
    "two_point_equivalent",
]
