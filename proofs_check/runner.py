"""Run checks on the real formula and on its controls, in this process or in several."""

import importlib.util
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from proofs_check.evidence import Evidence, Grade, Verdict
from proofs_check.model import Check, Claim, Tier
from proofs_check.results import CheckResult, ClaimResult

Progress = Callable[[ClaimResult], None]


def run_check(check: Check) -> CheckResult:
    """Apply a check to its formula, with the smallest counterexample wanted, and to its controls."""
    started = time.perf_counter()
    evidence = _decided(check, check.formula, minimal=True)
    controls = {name: _decided(check, formula, minimal=False) for name, formula in check.controls.items()}
    return _result(check, evidence, controls, time.perf_counter() - started)


def _result(check: Check, evidence: Evidence, controls: dict[str, Evidence], seconds: float) -> CheckResult:
    return CheckResult(
        name=check.name, part=check.part, tier=check.tier, evidence=evidence, controls=controls, seconds=seconds
    )


def _decided(check: Check, candidate: object, *, minimal: bool) -> Evidence:
    try:
        return check.predicate(candidate, minimal)
    except Exception as error:  # a check that breaks settles nothing, and must not stop the others
        detail = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Evidence(verdict=Verdict.ERROR, grade=Grade.STATISTICAL, scope="—", detail=detail)


def run_claim(claim: Claim, *, tier: Tier = Tier.FAST) -> ClaimResult:
    """Run the checks of a claim: the fast ones, and in the full tier all."""
    chosen = [check for check in claim.checks if tier is Tier.FULL or check.tier is Tier.FAST]
    missing = [name for name in claim.needs if importlib.util.find_spec(name) is None]
    if missing:
        return ClaimResult(claim=claim, checks=tuple(_not_run(check, missing) for check in chosen))
    return ClaimResult(claim=claim, checks=tuple(run_check(check) for check in chosen))


def _not_run(check: Check, missing: Sequence[str]) -> CheckResult:
    detail = f"needs {', '.join(missing)}: pip install 'theorycalc[proofs]'"
    evidence = Evidence(verdict=Verdict.UNDECIDED, grade=Grade.STATISTICAL, scope="—", detail=detail)
    return _result(check, evidence, dict.fromkeys(check.controls, evidence), 0.0)


def run(
    claims: Sequence[Claim], *, tier: Tier = Tier.FAST, workers: int = 1, progress: Progress | None = None
) -> tuple[ClaimResult, ...]:
    """Run claims and return their results in the given order.

    Parameters
    ----------
    tier : FAST or FULL
    workers : processes; with more than one the claims must be those of the ledger, which each process finds by id
    progress : called with each result as it comes, in any order when there are several workers
    """
    report = progress or (lambda _: None)
    if workers == 1 or len(claims) < 2:
        results = []
        for claim in claims:
            results.append(run_claim(claim, tier=tier))
            report(results[-1])
        return tuple(results)
    by_id = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        tasks = {pool.submit(_checks_of, claim.id, tier): claim for claim in claims}
        try:
            for task in as_completed(tasks):
                claim = tasks[task]
                by_id[claim.id] = ClaimResult(claim=claim, checks=task.result())
                report(by_id[claim.id])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(by_id[claim.id] for claim in claims)


def _checks_of(name: str, tier: Tier) -> tuple[CheckResult, ...]:
    from proofs_check.ledger import all_claims

    return run_claim(next(claim for claim in all_claims() if claim.id == name), tier=tier).checks
