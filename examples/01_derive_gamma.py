"""Derive Γ: what training without chain of thought leaves in the weights, symbolically and then in numbers.

Prints the derivation step by step, for general d and n, and checks its result on Λ = diag(1, 1/2, 1/3), n = 10.
"""

from fractions import Fraction
from typing import Any

import theorycalc as tc


def main() -> dict[str, Any]:
    """Return the steps of the derivation, Γ as an expression, and Γ of one Λ in exact rationals."""
    derivation = tc.derive_gamma()
    result = tc.gamma_matrix(tc.Setup([1, "1/2", "1/3"], n=10), field=tc.EXACT)
    trained = tc.attention_weights(result.setup, field=tc.EXACT)
    return {
        "steps": [f"{step.title}: {step.equation.lhs} = {step.equation.rhs}" for step in derivation.steps],
        "Gamma": str(derivation.Gamma),
        "diagonal": list(result.Gamma.diagonal()),
        "by_hand": [(1 + Fraction(1, 10)) * lam + Fraction(11, 60) for lam in (1, Fraction(1, 2), Fraction(1, 3))],
        "residual": result.residual(),
        "loss": tc.population_loss(result.setup, trained.V_31, field=tc.EXACT),
        "minimal_loss": tc.minimal_loss(result.setup, field=tc.EXACT),
    }


if __name__ == "__main__":
    numbers = main()
    print("\n".join(f"{i:2}. {step}" for i, step in enumerate(numbers["steps"], 1)))
    print("\nΓ =", numbers["Gamma"])
    print("Λ = diag(1, 1/2, 1/3), n = 10:  Γ = diag(", ", ".join(map(str, numbers["diagonal"])), ")")
    print("the trained layer's loss", numbers["loss"], "is the minimum", numbers["minimal_loss"])
