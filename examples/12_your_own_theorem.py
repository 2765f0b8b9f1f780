"""State a theorem, prove it and try to break it; then state a false one and see the smallest counterexample.

True: with matched skills and an endless prompt every step shrinks the error in the direction of λ, by a factor of f =
1/(1 + nλ/(λ + tr Λ)) < 1. False: so the next step never hurts on a prompt of m examples either. A claim decorates the
formula it is about. A check judges any candidate formula, and is worth something because it refutes wrong ones, its
controls. The certificate proves the inequality for every λ, tr Λ and n at once; drawn rational instances tie it to
the calculator.

    python examples/12_your_own_theorem.py
"""

from fractions import Fraction
from itertools import count
from typing import Any

from course import Exercise, Lesson, Slip
from hypothesis import strategies as st

import theorycalc as tc
from proofs_check import ClaimFailed, Domain, Evidence, Source, check, check_claim, claim, strategies
from proofs_check.engines import certificate

HERE = Source("examples/12_your_own_theorem.py")


@claim("OWN-01", kind="upper", title="A step contracts", statement=r"f_i < 1", source=HERE, origin="ours")
def factor(lam: Any, t: Any, n: Any) -> Any:
    """Return the factor of the direction with eigenvalue lam, where t = tr Λ."""
    return 1 / (1 + n * lam / (lam + t))


WRONG = {
    "tr Λ forgotten": lambda lam, t, n: lam / (lam + n * lam),
    "n + 1 for n": lambda lam, t, n: 1 / (1 + (n + 1) * lam / (lam + t)),
    "sign": lambda lam, t, n: 1 / (1 - n * lam / (lam + t)),
}
EVERYWHERE = Domain(positive=("lam",), nonnegative=("v", "w"))  # t = tr Λ = lam + v, n = 1 + w


@check(factor, controls={"sign": WRONG["sign"], "inverted": lambda lam, t, n: 1 + n * lam / (lam + t)})
def below_one(formula: Any) -> Evidence:
    """Prove it: every coefficient of the polynomials behind 1 − f is >= 0."""
    gap = lambda lam, v, w: 1 - formula(lam, lam + v, 1 + w)  # noqa: E731
    return certificate.nonnegative(gap, EVERYWHERE, scope="every λ > 0, tr Λ >= λ, n >= 1", strict=True)


@check(factor, over=st.tuples(strategies.positives(), st.integers(1, 50)), controls=WRONG)
def is_what_the_calculator_says(formula: Any, instance: tuple[Fraction, int]) -> bool:
    """Tie it to the code: for d = 1 and m = ∞ the error after one step is f², in rationals."""
    lam, n = instance
    error = tc.expected_error(tc.Setup([lam], n=n), 1, rung="population", field=tc.EXACT).values[1]
    return bool(formula(lam, lam, n) ** 2 == error)


@claim("OWN-02", kind="upper", title="So does a finite prompt's", statement=r"E_{k+1} \le E_k", source=HERE)
def next_error(setup: tc.Setup, k: int) -> Any:
    """Return the exact mean error after one more step."""
    return tc.expected_error(setup, k + 1, field=tc.EXACT).values[k + 1]


@check(
    next_error,
    over=st.tuples(strategies.setups(max_d=2, max_m=5, spectra_only=True, paper=True), st.integers(0, 2)),
    controls={"twice the prior risk": lambda setup, k: 2 * setup.d},
)
def is_no_larger(formula: Any, instance: tuple[tc.Setup, int]) -> bool:
    """Compare with the error before the step, for matched skills."""
    setup, k = instance[0].replace(Sigma=None), instance[1]
    return bool(formula(setup, k) <= tc.expected_error(setup, k, field=tc.EXACT).values[k])


def solution() -> int:
    """Look for the smallest counterexample."""
    steps = (tc.expected_error(tc.Setup([1], n=n, m=1), 1, field=tc.EXACT).values for n in count(1))
    return next(n for n, error in enumerate(steps, 1) if error[1] >= error[0])


LESSON = Lesson(
    number=12,
    title="A theorem of your own",
    goal="State a theorem, prove it by a certificate, tie it to the code, and see a false one come back refuted.",
    minutes=40,
    before=(4, 5),
    claims=("HRD-02", "OVT-05", "ERR-05"),
    exercise=Exercise(
        question="Conjecture: with one matched skill and one test example (d = m = 1) the first step helps, E₁ < E₀, "
        "however long the training was. Which is the smallest n that refutes it?",
        solution=solution,
        because="With c = λ/γ = n/(n + 2), E₁ = (1 − c)² + 2c² = 1 − 2c + 3c², which is at least 1 from c = 2/3 on, "
        "and c = 2/3 at n = 4: there E₁ = E₀. Longer training makes the first step harmful (OVT-05).",
        hint="E₁ = (1 − c)² + 2c² with c = n/(n + 2). When is it 1 or more?",
        slips=(
            Slip(5, "One n before, E₁ = E₀, which is not smaller."),
            Slip(1, "At n = 1, E₁ = 2/3. Only the second step hurts there."),
        ),
    ),
)


def main() -> dict[str, Any]:
    """Return the grade of the true theorem and the counterexample of the false one."""
    grade = check_claim(factor, settled=True).grade
    try:
        check_claim(next_error)
    except ClaimFailed as failure:
        return {"true": grade, "false": str(failure).splitlines()[-1]}
    raise AssertionError("the false conjecture passed")


def show(numbers: dict[str, Any]) -> str:
    return f"The true theorem: {numbers['true']}.\nThe false one: {numbers['false']}."


if __name__ == "__main__":
    LESSON.run(lambda _picture: main(), show, draws=False)
