"""Whether a law that holds at some m holds at every larger m: not by samples, of which there is no end, but proved."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorycalc.error_curves.isotropic import isotropic_problem
from theorycalc.error_curves.polynomial import error_polynomials, is_positive_up_to
from theorycalc.exceptions import TheoryError
from theorycalc.fields import BALL, Array
from theorycalc.gamma.equivalent import is_mixed
from theorycalc.results import Metric
from theorycalc.thinking.validity_search import Found, Question

_BITS = 256
_SECONDS = 20.0  # for the polynomials of all steps


@dataclass(frozen=True)
class Tail:
    """Whether the law is proved at every larger m, and why."""

    proved: bool
    text: str


class Tails:
    """What is known of E_k at every larger m, for all k of a question; the polynomials are computed once."""

    def __init__(self, question: Question, steps: int) -> None:
        self.question, self.steps = question, steps
        self._known: tuple[int, Array | None] | None = None

    def at(self, k: int, found: Found) -> Tail:
        """Return the proof for m >= found.m at k, if there is one."""
        if found.method != "exact":
            return Tail(False, "An estimate says nothing of other m.")
        if k == 1:
            return Tail(True, "So it is for every larger m, as E_1 is linear in 1/m (ERR-01).")
        if self._is_convex():
            text = "So it is for every larger m, as E_k falls with m: the mean of a convex function of S (BND-08)."
            return Tail(True, text)
        if self._signs(k, found):
            text = (
                "So it is for every larger m, by the signs of its polynomial in 1/m, whose coefficients are enclosed."
            )
            return Tail(True, text)
        return Tail(False, "Whether it is for every larger m is not proved here.")

    def _is_convex(self) -> bool:
        """P̃ and Q̃ multiples of I, or C and one of them: then E_k is a multiple of E tr R^{2k}."""
        setup = self.question.setup
        if setup.noise_var or is_mixed(setup):
            return False
        if isotropic_problem(setup.replace(m=1), self.question.metric) is not None:
            return True
        same = setup.Lambda.is_diagonal and len(set(setup.Lambda.entries)) == 1
        return same and setup.standard_prior and self.question.metric is Metric.ESTIMATION

    def _signs(self, k: int, found: Found) -> bool:
        reach, polynomials = self._polynomials()
        if polynomials is None or k > reach:
            return False
        question, field = self.question, BALL(_BITS)
        low, high = question.law_at(k)
        top = Fraction(1, found.m)
        with field.working():
            coefficients = list(polynomials[k])
            above = [-x for x in coefficients]
            above[0] = above[0] + field.number(question.limit * low)
            if not is_positive_up_to(above, top, field):
                return False
            if question.law != "population":
                return True
            below: list[Any] = list(coefficients)
            below[0] = below[0] - field.number(high / question.limit)
            return is_positive_up_to(below, top, field)

    def _polynomials(self) -> tuple[int, Array | None]:
        """The polynomials of all k up to the largest that takes seconds."""
        if self._known is None:
            self._known = (0, None)
            for reach in range(self.steps, 1, -1):
                field = BALL(_BITS)
                try:
                    with field.working():
                        found = error_polynomials(
                            self.question.setup.replace(m=1), reach, self.question.metric, field, limit=_SECONDS
                        )
                except TheoryError:
                    continue
                self._known = (reach, found)
                break
        return self._known
