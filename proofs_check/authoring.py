"""State and check theorems of your own, in a test file or a notebook, with the engines of the ledger.

>>> from fractions import Fraction
>>> import theorycalc as tc
>>> from proofs_check import Source, check, check_claim, claim, strategies
>>> @claim("OWN-01", kind="upper", title="One step on an endless prompt never hurts", statement=r"E_1 \\le d",
...        source=Source("this docstring"), origin="ours")
... def prior_risk(setup):
...     return Fraction(setup.d)
>>> @check(prior_risk, over=strategies.training_setups(3), controls={"d/4": lambda setup: Fraction(setup.d, 4)})
... def bounds_the_error(bound, setup):
...     return tc.expected_error(setup, 1, rung="population", field=tc.EXACT).values[1] <= bound(setup)
>>> check_claim(prior_risk).grade.value
'SAMPLED'
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis.strategies import SearchStrategy

from proofs_check.engines import sampled, witness
from proofs_check.evidence import Evidence, Grade
from proofs_check.model import Check, Claim, InvalidClaim, Kind, Origin, Source, Tier, require_id
from proofs_check.results import ClaimResult
from proofs_check.runner import run_claim

Judge = TypeVar("Judge", bound=Callable[..., Any])


class ClaimFailed(AssertionError):
    """A claim that a check did not confirm, or one of whose controls survived."""


class Statement:
    """A claimed formula with what is stated of it; checks are added by :func:`check`.  Calling it calls the formula."""

    def __init__(self, formula: Any, stated: Mapping[str, Any]) -> None:
        self.formula, self.kind, self._stated = formula, stated["kind"], dict(stated)
        self.checks: list[Check] = []
        self.__doc__ = getattr(formula, "__doc__", None)

    def __repr__(self) -> str:
        return f"<claim {self._stated['id']} {self._stated['title']}: {len(self.checks)} checks>"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.formula(*arguments, **named)

    def claim(self) -> Claim:
        """Return the claim with the checks that it has now; InvalidClaim if there are none."""
        return Claim(checks=tuple(self.checks), **self._stated)


def claim(
    id: str,
    *,
    kind: Kind | str,
    title: str,
    statement: str,
    source: Source,
    origin: Origin | str = Origin.OURS,
    assumes: tuple[str, ...] = (),
    uses: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable[[Any], Statement]:
    """Return a decorator that states a claim about a formula: the function, or the object, that it decorates.

    Parameters
    ----------
    id : three capitals, a hyphen and two digits, such as "OWN-01"
    kind : identity, upper, lower, tight, limit or existence
    statement : LaTeX;  source : where it stands and how we know it
    origin : cited, derived, ours, corrected or conjecture
    assumes, uses, needs : conditions in words; ids of claims relied on; packages that its checks import

    Raises
    ------
    InvalidClaim
        for a malformed id, an unknown kind or origin; for the rest when the claim is first run.

    Examples: see :mod:`proofs_check.authoring`.
    """
    require_id(id)
    stated = {
        "id": id,
        "kind": _member(Kind, "kind", kind),
        "title": title,
        "statement": statement,
        "source": source,
        "origin": _member(Origin, "origin", origin),
        "assumes": assumes,
        "uses": uses,
        "needs": needs,
    }
    return lambda formula: Statement(formula, stated)


def check(
    stated: Statement,
    *,
    controls: Mapping[str, Any],
    over: SearchStrategy[Any] | None = None,
    name: str = "",
    scope: str = "",
    part: str = "",
    instances: int = 60,
    tier: Tier | str = Tier.FAST,
) -> Callable[[Judge], Judge]:
    """Return a decorator that adds a check to a claim; what it decorates judges one candidate formula.

    Parameters
    ----------
    stated : what :func:`claim` returned
    controls : name -> plausible wrong formula, which the check must refute; at least one
    over : a Hypothesis strategy: the function takes (formula, instance) and returns whether the formula holds there.
        Without it the function takes the formula and returns the Evidence of an engine, or a bool: an exact witness,
        which proves an existence claim and is one sample of any other
    name, scope : for reports; default the function's name, and the strategy
    instances : how many are drawn;  part, tier : see :class:`proofs_check.model.Check`

    Raises
    ------
    InvalidClaim
        without a control.
    """

    if not isinstance(stated, Statement):
        raise InvalidClaim(f"{getattr(stated, '__name__', stated)!r} is no claim: decorate the formula with claim(...)")
    if over is not None and not isinstance(over, SearchStrategy):
        raise InvalidClaim(f"over = {over!r}: pass a Hypothesis strategy, such as strategies.training_setups(3)")
    if instances < 1:
        raise InvalidClaim(f"instances = {instances}: draw at least 1")

    def decorate(judge: Judge) -> Judge:
        words = name or getattr(judge, "__name__", "check").replace("_", " ")

        def predicate(candidate: Any, minimal: bool) -> Evidence:
            if over is not None:
                return sampled.for_all(
                    over,
                    lambda instance: judge(_exact(candidate), instance),
                    scope=scope or "instances of the given strategy",
                    instances=instances,
                    minimal=minimal,
                )
            found = judge(candidate)
            if isinstance(found, Evidence):
                return found
            one = witness.exists(candidate, lambda _: found, scope=scope or "one exact instance")
            proves = stated.kind is Kind.EXISTENCE  # of anything else one instance is a sample
            return one if proves else replace(one, grade=Grade.SAMPLED)

        stated.checks[:] = [item for item in stated.checks if item.name != words]  # a notebook cell is run again
        stated.checks.append(
            Check(
                name=words,
                formula=stated.formula,
                controls=controls,
                predicate=predicate,
                part=part,
                tier=_member(Tier, "tier", tier),
            )
        )
        return judge

    return decorate


def check_claim(stated: Statement | Claim, *, tier: Tier | str = Tier.FAST, settled: bool = False) -> ClaimResult:
    """Run a claim and return its results; raise ClaimFailed unless every check confirms it and refutes its controls.

    With ``settled`` the claim must also have a proof of every part and exact samples, as in the ledger.  The message
    of a failure holds the smallest counterexample that was found.
    """
    if not isinstance(stated, Statement | Claim):
        raise InvalidClaim(f"{getattr(stated, '__name__', stated)!r} is no claim: decorate the formula with claim(...)")
    found = run_claim(stated.claim() if isinstance(stated, Statement) else stated, tier=_member(Tier, "tier", tier))
    if not (found.settled if settled else found.passed):
        raise ClaimFailed("\n".join([f"{found.claim.id} {found.claim.title}: {found.status}", *found.reasons]))
    return found


def _exact(candidate: Any) -> Any:
    """Return the candidate; one that returns a float is refused when called, as no verdict could be exact."""
    if not callable(candidate):
        return candidate

    @functools.wraps(candidate)
    def formula(*arguments: Any, **named: Any) -> Any:
        value = candidate(*arguments, **named)
        if isinstance(value, float):
            raise TypeError(
                f"the formula returned the float {value}: return an exact number, such as Fraction(2)/(n + 2)"
            )
        return value

    return formula


def _member(kinds: Any, name: str, value: Any) -> Any:
    try:
        return kinds(value)
    except ValueError:
        raise InvalidClaim(f"{name} = {value!r}: use one of {', '.join(item.value for item in kinds)}") from None
