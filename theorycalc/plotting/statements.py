"""Problems in one line of text: what they are, what several have in common, and what sets each apart."""

from collections.abc import Sequence

from theorycalc._checks import six_digits
from theorycalc.model import Setup
from theorycalc.results import ErrorCurve
from theorycalc.spectra import Covariance


def describe(setup: Setup) -> str:
    """Return one line that states a problem, such as ``Λ: power:50:0.5,  d = 50,  n = 50,  Σ = Λ,  m = 100``."""
    return ",  ".join(_parts(setup).values())


def _parts(setup: Setup) -> dict[str, str]:
    parts = {
        "Lambda": f"Λ: {_named(setup.Lambda)}",
        "d": f"d = {setup.d}",
        "n": f"n = {setup.n:,}",
        "Sigma": "Σ = Λ" if setup.matched else f"Σ: {_named(setup.Sigma)}",
        "m": "m = ∞" if setup.m is None else f"m = {setup.m:,}",
    }
    if setup.Omega is not None:
        parts["Omega"] = f"Ω: {_named(setup.Omega)}"
    if setup.w_0 is not None:
        parts["w_0"] = "w₀ given"
    if setup.noise_var:
        parts["noise_var"] = f"σ² = {six_digits(setup.noise_var, longest=11)}"
    return parts


def _named(covariance: Covariance) -> str:
    if covariance.label and len(covariance.label) <= 40:
        return covariance.label
    if covariance.is_diagonal and covariance.d <= 4:
        text = f"diag({', '.join(str(entry) for entry in covariance.entries)})"
        if len(text) <= 40:
            return text
    return "spectrum" if covariance.is_diagonal else "matrix"


def same(setup: Setup, other: Setup) -> bool:
    """Whether two setups state one problem."""
    return setup is other or setup.to_dict() == other.to_dict()


def problems(curves: Sequence[ErrorCurve]) -> list[Setup]:
    """Return the different problems of some curves, in order."""
    found: list[Setup] = []
    for curve in curves:
        if not any(same(curve.setup, setup) for setup in found):
            found.append(curve.setup)
    return found


def common(stated: Sequence[Setup]) -> str:
    """Return the parts of the statement that all problems share."""
    first, *others = [_parts(setup) for setup in stated]
    return ",  ".join(text for key, text in first.items() if all(other.get(key) == text for other in others))


def differences(stated: Sequence[Setup]) -> list[str]:
    """Return for each problem what sets it apart from the others."""
    statements = [_parts(setup) for setup in stated]
    keys = list(dict.fromkeys(key for parts in statements for key in parts))
    apart = [key for key in keys if len({parts.get(key) for parts in statements}) > 1]
    named = [", ".join(parts[key] for key in apart if key in parts) for parts in statements]
    return [f"{i}: {name}" if named.count(name) > 1 else name for i, name in enumerate(named, 1)]
