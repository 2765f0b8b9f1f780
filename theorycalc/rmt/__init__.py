"""The proportional limit d, m → ∞ with d/m → φ (theory section 6)."""

from theorycalc.rmt.recursion import LimitChains, limit_chains

__all__ = ["LimitChains", "limit_chains"]
