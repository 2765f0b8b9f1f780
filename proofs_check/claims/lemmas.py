"""Steps that several proofs share: powers keep order, lie above their tangents, and are convex in the exponent.

The first two hold for every power by induction: the step is a certificate in which a variable stands for the power.
"""

from collections.abc import Callable
from typing import Any

from proofs_check.checks import by_certificate
from proofs_check.engines.certificate import Domain
from proofs_check.model import Check


def gamma(lam: Any, trace: Any, n: Any) -> Any:
    """γ = (1 + 1/n) λ + tr(Λ)/n, the eigenvalue of Γ that belongs to λ."""
    return (1 + 1 / n) * lam + trace / n


def contraction(lam: Any, trace: Any, n: Any) -> Any:
    """1 − λ/γ, what one step leaves of the error in a matched direction."""
    return 1 - lam / gamma(lam, trace, n)


def powers_keep_order(part: str = "") -> Check:
    """Return the check of the step 0 <= y <= x, 0 < Y <= X => yY <= xX, strictly if 0 < y < x.

    With Y = yᵏ and X = xᵏ it proves yᵏ <= xᵏ for every k, and < for k >= 1 where y < x.
    """
    return by_certificate(
        "powers of ordered nonnegative numbers are ordered: the step of the induction over k",
        part=part,
        formula=lambda y, u, Y, s: (y + u, y, Y + s, Y),
        controls={
            "the smaller number with the larger power": lambda y, u, Y, s: (y + u, y, Y, Y + s),
            "the smaller number on the larger side": lambda y, u, Y, s: (y, y + u, Y + s, Y),
            "numbers of any sign": lambda y, u, Y, s: (u - y, -y, Y + s, Y),
        },
        gaps=lambda ordered: {"step": lambda **at: _products_differ(*ordered(**at))},
        strict=("step",),
        domain=Domain(positive=("u", "Y"), nonnegative=("y", "s")),
        scope="all 0 ≤ y < x and 0 < Y ≤ X; every k by induction, from 1 = 1 at k = 0",
    )


def _products_differ(x: Any, y: Any, X: Any, Y: Any) -> Any:
    return x * X - y * Y


Tangent = Callable[[Any, Any, Any, Any], Any]


def _tangent_gaps(tangent: Tangent) -> dict[str, Callable[..., Any]]:
    """Base k = 1, and the step from yᵏ = tangent + s to k + 1; y − z has either sign."""

    def base(low: Any, u: Any, up: bool) -> Any:
        y, z = (low + u, low) if up else (low, low + u)
        return y - tangent(1, z, y, 1)

    def step(low: Any, u: Any, Z: Any, s: Any, j: Any, up: bool) -> Any:
        y, z = (low + u, low) if up else (low, low + u)
        return y * (tangent(Z, z, y, 1 + j) + s) - tangent(z * Z, z, y, 2 + j)

    return {
        "base, y ≥ z": lambda low, u, **_: base(low, u, True),
        "base, y ≤ z": lambda low, u, **_: base(low, u, False),
        "step, y ≥ z": lambda **at: step(**at, up=True),
        "step, y ≤ z": lambda **at: step(**at, up=False),
    }


def powers_lie_above_tangents(part: str = "") -> Check:
    """Return the check of yᵏ >= zᵏ + k z^{k−1} (y − z) for all y, z >= 0 and k >= 1, by induction over k."""
    return by_certificate(
        "yᵏ ≥ zᵏ + k z^{k−1}(y − z): base and step of the induction over k",
        part=part,
        formula=lambda Z, z, y, k: Z * (z + k * (y - z)),  # Z = z^{k−1}
        controls={
            "slope (k + 1) z^{k−1}": lambda Z, z, y, k: Z * (z + (k + 1) * (y - z)),
            "slope (k − 1) z^{k−1}": lambda Z, z, y, k: Z * (z + (k - 1) * (y - z)),
            "slope k zᵏ": lambda Z, z, y, k: Z * z * (1 + k * (y - z)),
            "through yᵏ − zᵏ only at z + 1": lambda Z, z, y, k: Z * (z + k * (y - z)) + Z,
        },
        gaps=_tangent_gaps,
        domain=Domain(nonnegative=("low", "u", "Z", "s", "j")),
        scope="all y, z ≥ 0, every k ≥ 1 by induction",
    )


def curves_are_convex(part: str = "") -> Check:
    """Return the check of y^{k+1} − 2yᵏ + y^{k−1} = y^{k−1}(1 − y)² >= 0, whose mean is E_{k+1} − 2 E_k + E_{k−1}."""
    return by_certificate(
        "E_k is convex in k: its second difference is the mean of Y(1 − y)², y = R² and Y = y^{k−1}",
        part=part,
        formula=lambda y, Y: Y * (1 - y) * (1 - y),
        controls={
            "Y(1 − y²)": lambda y, Y: Y * (1 - y * y),
            "Y(1 + y)²": lambda y, Y: Y * (1 + y) * (1 + y),
            "y Y(1 − y)²": lambda y, Y: y * Y * (1 - y) * (1 - y),
        },
        gaps=lambda form: {},
        equal=lambda form: {"second difference": (lambda y, Y: Y * y * y - 2 * Y * y + Y, form)},
        domain=Domain(nonnegative=("y", "Y")),
        scope="every eigenvalue y ≥ 0 of R², R symmetric, and every k ≥ 1",
    )
